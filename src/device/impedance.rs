//! The measurement of impedance, as the device does it: a burst of pulses of alternating polarity, the voltage sampled
//! during the last two.
//!
//! What it takes for impedance is the step of the voltage at the end of a pulse, over the current that it believes to
//! put out. The double layer and the blocking capacitors do not enter into the step; what enters is the supply, which
//! cuts off what is above it, and the resolution of the converter.

use crate::device::output::Dac;
use crate::device::pulse::{Phase, Waveform};
use crate::lead::conductor::Sensed;
use crate::record::digest::StateWriter;
use crate::side::Side;
use crate::source::Figure;
use crate::time::SimTime;

/// How a device measures impedance.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpedanceProfile {
    /// The test current, mA; 0 for the stored safe amplitude.
    pub current_ma: Figure,
    /// Width of a test pulse, µs.
    pub width_us: Figure,
    /// From one pulse to the next one, of the other polarity, ms.
    pub period_ms: Figure,
    /// How long the burst lasts before the voltage is sampled, ms.
    pub settle_ms: Figure,
    /// The voltage that can push the test current, V.
    pub rail_v: Figure,
    /// What the converter of the front end resolves at the electrodes, mV.
    pub resolution_mv: Figure,
    /// Below this the device takes a lead for shorted, Ω.
    pub short_ohm: Figure,
    /// Above this it takes it for open, Ω.
    pub open_ohm: Figure,
    /// Time between routine measurements, h; 0 for none.
    pub every_h: Figure,
}

impl ImpedanceProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 9] {
        [
            ("current_ma", &self.current_ma),
            ("width_us", &self.width_us),
            ("period_ms", &self.period_ms),
            ("settle_ms", &self.settle_ms),
            ("rail_v", &self.rail_v),
            ("resolution_mv", &self.resolution_mv),
            ("short_ohm", &self.short_ohm),
            ("open_ohm", &self.open_ohm),
            ("every_h", &self.every_h),
        ]
    }

    /// From one test pulse to the next.
    pub fn period(&self) -> SimTime {
        SimTime::from_nanos((self.period_ms.value * 1e6).round() as i64)
    }

    /// Pulses before those that are sampled.
    fn settling(&self) -> u32 {
        (self.settle_ms.value / self.period_ms.value).ceil() as u32
    }

    /// Test pulse `index` of that current, nA.
    pub fn waveform(&self, current_na: i64, index: u32) -> Waveform {
        let width = SimTime::from_nanos((self.width_us.value * 1e3).round() as i64);
        let current_na = if index.is_multiple_of(2) { -current_na } else { current_na };
        Waveform::new([Phase { current_na, width }], false)
    }

    /// What the device makes of a reading, Ω.
    pub fn verdict(&self, ohm: f64) -> Verdict {
        if ohm < self.short_ohm.value {
            Verdict::Short
        } else if ohm > self.open_ohm.value {
            Verdict::Open
        } else {
            Verdict::Normal
        }
    }
}

/// What a device makes of an impedance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Below the limit: contacts touch.
    Short,
    /// Between the limits.
    Normal,
    /// Above the limit: a conductor is broken.
    Open,
}

/// A measurement that runs: left, then right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImpedanceTest {
    /// The side that is measured now.
    pub side: Side,
    /// The number of the next pulse.
    pub index: u32,
    /// When it comes.
    pub next: SimTime,
    /// The current, nA.
    pub current_na: i64,
    /// Voltages of the pulses that have been sampled, V.
    sum_v: f64,
}

impl ImpedanceTest {
    /// A measurement that begins at `at`.
    pub fn new(at: SimTime, current_na: i64) -> Self {
        Self { side: Side::Left, index: 0, next: at, current_na, sum_v: 0.0 }
    }

    /// Takes what was sensed of a test pulse; with the last of a side, its impedance in Ω.
    pub fn take(&mut self, profile: &ImpedanceProfile, dac: &Dac, sensed: &Sensed) -> Option<f64> {
        self.index += 1;
        self.next += profile.period();
        if self.index > profile.settling() {
            let step_v = (sensed.load_v - sensed.after_v).abs();
            let resolution_v = profile.resolution_mv.value * 1e-3;
            self.sum_v += if resolution_v > 0.0 { (step_v / resolution_v).round() * resolution_v } else { step_v };
        }
        if self.index < profile.settling() + 2 {
            return None;
        }
        let believed_a = dac.current_na(dac.code(self.current_na)).max(1) as f64 * 1e-9;
        let ohm = self.sum_v / 2.0 / believed_a;
        (self.index, self.sum_v) = (0, 0.0);
        Some(ohm)
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("test_side", self.side as u64);
        w.count("test_index", u64::from(self.index));
        w.time("test_next", Some(self.next));
        w.number("test_sum_v", self.sum_v);
    }
}
