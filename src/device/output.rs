//! The output stage: what it makes of the current that it is told.
//!
//! An amplitude goes through a digital-to-analogue converter, a width through a timer, and both through the guards of
//! the hardware. Current sources of the two directions are not quite alike, and each part can fail.

use std::sync::Arc;

use crate::device::pulse::{Phase, Waveform};
use crate::math;
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// The converter from a code to a current.
#[derive(Clone, Debug, PartialEq)]
pub enum Dac {
    /// Equal steps.
    Linear {
        /// Current of one step, nA.
        step_na: i64,
        /// The largest code.
        full_scale: i64,
    },
    /// A voltage in equal steps, a current that follows it, and a mirror of two transistors: not quite linear.
    Mirror {
        /// Current of each code, nA.
        currents_na: Arc<[i64]>,
    },
}

/// The parts of a current mirror, [`Dac::mirror`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MirrorParts {
    /// Voltage of one step, V.
    pub step_v: f64,
    /// The largest code.
    pub full_scale: i64,
    /// Reference current for a voltage, A/V.
    pub reference_s: f64,
    /// Emitter resistor on the side of the reference, Ω.
    pub reference_ohm: f64,
    /// Emitter resistor on the side of the output, Ω.
    pub output_ohm: f64,
    /// Thermal voltage kT/q, V.
    pub thermal_v: f64,
}

impl Dac {
    /// The mirror of OpenNerve: the voltages across both emitters are equal, R₁ I₁ + Vt ln I₁ = R₂ I₂ + Vt ln I₂.
    pub fn mirror(parts: MirrorParts) -> Self {
        let MirrorParts { step_v, full_scale, reference_s, reference_ohm, output_ohm, thermal_v } = parts;
        let current_a = |code: i64| {
            let reference_a = code as f64 * step_v * reference_s;
            let emitter_v = reference_ohm * reference_a;
            // Newton's steps from the ratio of the resistors; the function is smooth and nearly straight.
            let mut current_a = emitter_v / output_ohm;
            for _ in 0..20 {
                let error_v = output_ohm * current_a + thermal_v * math::ln(current_a / reference_a) - emitter_v;
                current_a = (current_a - error_v / (output_ohm + thermal_v / current_a)).max(reference_a * 1e-3);
            }
            current_a
        };
        let currents = (0..=full_scale).map(|code| if code == 0 { 0 } else { (current_a(code) * 1e9).round() as i64 });
        Self::Mirror { currents_na: currents.collect() }
    }

    /// The largest code that makes no more than that current; nA, not negative.
    pub fn code(&self, current_na: i64) -> i64 {
        match self {
            Self::Linear { step_na, full_scale } => (current_na / step_na).min(*full_scale),
            Self::Mirror { currents_na } => currents_na.partition_point(|&made| made <= current_na) as i64 - 1,
        }
    }

    /// The largest code.
    pub fn full_scale(&self) -> i64 {
        match self {
            Self::Linear { full_scale, .. } => *full_scale,
            Self::Mirror { currents_na } => currents_na.len() as i64 - 1,
        }
    }

    /// The current of a code, nA.
    pub fn current_na(&self, code: i64) -> i64 {
        match self {
            Self::Linear { step_na, .. } => step_na * code,
            Self::Mirror { currents_na } => currents_na[code as usize],
        }
    }

    /// The step that every phase of a balanced pulse is to be a multiple of, nA; 1 where steps are not equal.
    pub fn step_na(&self) -> i64 {
        match self {
            Self::Linear { step_na, .. } => *step_na,
            Self::Mirror { .. } => 1,
        }
    }
}

/// The output stage of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputStage {
    /// The converter.
    pub dac: Dac,
    /// The tick of the timer that widths are counted in.
    pub timer_tick: SimTime,
    /// The part by which phases that take charge back are stronger than those that stimulate.
    pub mismatch: f64,
    /// The longest phase that the hardware lets through; none where it has no such guard.
    pub longest_phase: Option<SimTime>,
    /// The largest charge of a phase that the hardware lets through, aC; none where it has no such guard.
    pub largest_charge_ac: Option<i128>,
}

/// A phase that an output switch that is stuck keeps from coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostPhase {
    /// The phases that stimulate.
    Stimulus,
    /// The phases that take charge back.
    Recharge,
}

impl LostPhase {
    /// Both, with their names in files.
    pub const ALL: [(&str, Self); 2] = [("Stimulus", Self::Stimulus), ("Recharge", Self::Recharge)];
}

/// What is wrong with an output stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutputFaults {
    /// A bit of the converter that is always so.
    pub stuck_bit: Option<(u32, bool)>,
    /// Factor by which the timer is slow.
    pub timer_factor: f64,
    /// A phase that never comes.
    pub lost: Option<LostPhase>,
}

impl Default for OutputFaults {
    fn default() -> Self {
        Self { stuck_bit: None, timer_factor: 1.0, lost: None }
    }
}

impl OutputFaults {
    /// What is wrong, in words.
    pub fn describe(&self) -> String {
        let bit = self.stuck_bit.map(|(bit, high)| format!("bit {bit} stuck {}", if high { "high" } else { "low" }));
        let timer = (self.timer_factor != 1.0).then(|| format!("timer slow by a factor of {}", self.timer_factor));
        let lost = self.lost.map(|lost| format!("{lost:?} never comes"));
        let words: Vec<String> = [bit, timer, lost].into_iter().flatten().collect();
        if words.is_empty() { "intact".to_string() } else { words.join(", ") }
    }

    /// A span as the faulty timer makes it.
    pub fn stretched(&self, span: SimTime) -> SimTime {
        if self.timer_factor == 1.0 {
            return span;
        }
        SimTime::from_nanos((span.nanos() as f64 * self.timer_factor).round().max(1.0) as i64)
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("stuck_bit", self.stuck_bit.map_or(0, |(bit, high)| 1 + 2 * u64::from(bit) + u64::from(high)));
        w.number("timer_factor", self.timer_factor);
        w.count("lost_phase", self.lost.map_or(0, |lost| 1 + lost as u64));
    }
}

impl OutputStage {
    /// What comes out of the stage for a pulse that is asked of it, before the leads have their say.
    pub fn make(&self, asked: &Waveform, faults: &OutputFaults) -> Waveform {
        asked.map(|phase| self.make_phase(phase, asked.stimulates(phase), faults))
    }

    fn make_phase(&self, phase: Phase, stimulates: bool, faults: &OutputFaults) -> Phase {
        let tick = self.timer_tick.nanos();
        let width = faults.stretched(SimTime::from_nanos((phase.width.nanos() + tick / 2) / tick * tick));
        let lost = if stimulates { LostPhase::Stimulus } else { LostPhase::Recharge };
        if phase.current_na == 0 || faults.lost == Some(lost) {
            return Phase { current_na: 0, width };
        }
        let mut code = self.dac.code(phase.current_na.abs());
        if let Some((bit, high)) = faults.stuck_bit {
            code = if high { code | 1 << bit } else { code & !(1 << bit) };
        }
        let mut current_na = self.dac.current_na(code.min(self.dac.full_scale()));
        if !stimulates && self.mismatch != 0.0 {
            current_na = (current_na as f64 * (1.0 + self.mismatch)).round() as i64;
        }
        let mut width = self.longest_phase.map_or(width, |longest| width.min(longest));
        if let Some(largest) = self.largest_charge_ac.filter(|_| current_na != 0) {
            width = width.min(SimTime::from_nanos((largest / i128::from(current_na)).min(i64::MAX.into()) as i64));
        }
        Phase { current_na: current_na * phase.current_na.signum(), width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opennerve() -> Dac {
        Dac::mirror(MirrorParts {
            step_v: 1e-3,
            full_scale: 2500,
            reference_s: 357e-6,
            reference_ohm: 1000.0,
            output_ohm: 150.0,
            thermal_v: 25.85e-3,
        })
    }

    /// The voltages that the firmware of OpenNerve sets, cut to whole millivolts, and the clamp near 5.6 mA.
    #[test]
    fn val_the_mirror_is_that_of_opennerve() {
        let dac = opennerve();
        for (current_ma, millivolts) in [(0.2, 170), (0.5, 317), (1.0, 539), (2.0, 967), (5.0, 2233)] {
            let code = dac.code((current_ma * 1e6) as i64);
            assert!((code - millivolts).abs() <= 1, "{current_ma} mA: {code} for {millivolts} mV");
        }
        let most_ma = dac.current_na(dac.full_scale()) as f64 / 1e6;
        assert!((most_ma - 5.6).abs() < 0.05, "{most_ma}");
        let step_ua = |ma: f64| {
            let code = dac.code((ma * 1e6) as i64);
            (dac.current_na(code + 1) - dac.current_na(code)) as f64 / 1e3
        };
        for (ma, ua) in [(0.2, 1.9), (0.5, 2.2), (5.0, 2.38)] {
            assert!((step_ua(ma) - ua).abs() < 0.1, "{ma} mA: {} for {ua} µA", step_ua(ma));
        }
    }

    fn stage() -> OutputStage {
        OutputStage {
            dac: Dac::Linear { step_na: 10_000, full_scale: 700 },
            timer_tick: SimTime::from_nanos(1_000),
            mismatch: 0.0,
            longest_phase: None,
            largest_charge_ac: None,
        }
    }

    fn pulse(current_na: i64) -> Waveform {
        let width = SimTime::from_nanos(200_000);
        let gap = Phase { current_na: 0, width: SimTime::from_nanos(50_000) };
        Waveform::new([Phase { current_na, width }, gap, Phase { current_na: -current_na, width }], false)
    }

    #[test]
    fn verif_a_pulse_on_the_grid_is_made_as_it_is() {
        assert_eq!(stage().make(&pulse(-1_000_000), &OutputFaults::default()), pulse(-1_000_000));
        assert_eq!(stage().make(&pulse(-1_009_999), &OutputFaults::default()), pulse(-1_000_000));
    }

    #[test]
    fn verif_faults_do_what_they_say() {
        let with = |faults: OutputFaults| stage().make(&pulse(-1_000_000), &faults);
        let none = OutputFaults::default();
        let lost = with(OutputFaults { lost: Some(LostPhase::Recharge), ..none });
        assert_eq!(lost.phases()[2].current_na, 0);
        assert_eq!(lost.left_ac(), -200_000_000_000);
        let slow = with(OutputFaults { timer_factor: 1.5, ..none });
        assert_eq!(slow.length().nanos(), 675_000);
        // Code 100 is 0b1100100.
        let high = with(OutputFaults { stuck_bit: Some((9, true)), ..none });
        assert_eq!(high.phases()[0].current_na, -6_120_000);
        let low = with(OutputFaults { stuck_bit: Some((6, false)), ..none });
        assert_eq!(low.phases()[0].current_na, -360_000);
    }

    #[test]
    fn verif_the_guards_hold_whatever_fails() {
        let stage = OutputStage {
            longest_phase: Some(SimTime::from_nanos(1_000_000)),
            largest_charge_ac: Some(500_000_000_000),
            ..stage()
        };
        let faults = OutputFaults { stuck_bit: Some((9, true)), timer_factor: 20.0, lost: None };
        let made = stage.make(&pulse(-1_000_000), &faults);
        assert!(made.phases().iter().all(|phase| phase.charge_ac().abs() <= 500_000_000_000));
    }
}
