//! What a device can make: its ranges, steps and output stage, read from a profile in `assets/devices/`.

use std::sync::Arc;

use crate::device::battery::BatteryProfile;
use crate::device::impedance::ImpedanceProfile;
use crate::device::memory::LogFormat;
use crate::device::output::OutputStage;
use crate::device::program::{PhaseOrder, RampShape, RechargeKind};
use crate::device::safety::Limits;
use crate::source::{Figure, Source};
use crate::time::SimTime;

/// The values that a parameter can take: from `min` to `max` in steps of `step`, counted from `min`.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The distance between two neighbours.
    pub step: f64,
    /// Where the range comes from.
    pub source: Source,
}

/// How far from a step a value may be and still mean that step: files write decimal fractions, the grid is binary.
const SAME_STEP: f64 = 1e-6;

impl Range {
    /// Whether the device can make `value`; if not, why, with the nearest two that it can.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn check(&self, value: f64, unit: &str) -> Result<(), String> {
        self.check_span(value, unit, |step| (value - step).abs() <= SAME_STEP * self.step)
    }

    /// The same with another meaning of being on a step: `is` tells whether the value is that step.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn check_span(&self, value: f64, unit: &str, is: impl Fn(f64) -> bool) -> Result<(), String> {
        let Self { min, max, step, .. } = self;
        let steps = (value - min) / step;
        let neighbour = |steps: f64| tidy(min + steps * step);
        if !value.is_finite() || steps < -SAME_STEP || value > max + SAME_STEP * step {
            return Err(format!("the device can make {min} to {max} {unit} in steps of {step} {unit}"));
        }
        if is(neighbour(steps.round())) {
            return Ok(());
        }
        Err(format!(
            "the device steps by {step} {unit}; the nearest that it can make are {} and {} {unit}",
            neighbour(steps.floor()),
            neighbour(steps.ceil()).min(*max)
        ))
    }
}

/// Without the last binary digits of a decimal step: 0.30000000000000004 is 0.3.
fn tidy(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// A device, as its profile describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceProfile {
    /// What the device is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// Amplitude, mA.
    pub amplitude_ma: Range,
    /// Width of the stimulating phase, µs.
    pub width_us: Range,
    /// Rate as it is programmed, Hz.
    pub rate_hz: Range,
    /// Time between the phases, µs.
    pub interphase_gap_us: Range,
    /// Train on time, s.
    pub on_s: Range,
    /// Time between trains, s.
    pub off_s: Range,
    /// Ramp up and ramp down of a train, s.
    pub ramp_s: Range,
    /// Length of a session, min.
    pub session_min: Range,
    /// Scheduled sessions a day.
    pub sessions_per_day: Range,
    /// Pulses in one cycle of the programmed rate: 2 where the polarity alternates within a cycle.
    pub pulses_per_cycle: Figure,
    /// The most pulses of a burst; 1 where it makes none.
    pub burst_pulses: Figure,
    /// The most edges of an arbitrary waveform; 0 where it makes none.
    pub most_edges: Figure,
    /// The phase orders that it can make.
    pub phase_orders: Vec<PhaseOrder>,
    /// The recharges that it can make.
    pub recharges: Vec<RechargeKind>,
    /// How its ramps rise.
    pub ramp_shape: RampShape,
    /// What it does with an amplitude beyond the safe one.
    pub beyond_safe: BeyondSafe,
    /// Whether a width that does not fit into the period is cut, and the cut value stored.
    pub cuts_width: bool,
    /// Converter, timer and guards.
    pub stage: OutputStage,
    /// The figures that the stage is made of, as files and reports show them.
    pub stage_figures: Vec<(&'static str, Figure)>,
    /// The voltage of the output's supply, V.
    pub compliance_v: Figure,
    /// The part of it that the current sources need for themselves, V.
    pub headroom_v: Figure,
    /// Resistance in parallel with the current source, Ω; 0 for an ideal source.
    pub output_ohm: Figure,
    /// Current that leaks out of the stage between pulses, nA.
    pub leakage_na: Figure,
    /// The capacitor in series with each output, µF; 0 for none.
    pub blocking_capacitor_uf: Figure,
    /// The resistance of the switches that short the terminals, Ω.
    pub discharge_ohm: Figure,
    /// Whether the terminals are shorted between pulses of active recharge too.
    pub shorts_between: bool,
    /// The limits of safety.
    pub limits: Limits,
    /// How it measures impedance.
    pub impedance: ImpedanceProfile,
    /// When it does what by itself.
    pub habits: Habits,
    /// What a magnet does, by how long it is held.
    pub magnet: Vec<MagnetWindow>,
    /// The size of the event log, bytes.
    pub log_bytes: Figure,
    /// The form of the event log.
    pub log_format: LogFormat,
    /// The battery.
    pub battery: Arc<BatteryProfile>,
}

/// What a device does with an amplitude beyond the safe one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeyondSafe {
    /// It puts out, stores and logs the safe one.
    Clamp,
    /// It refuses.
    Refuse,
}

impl BeyondSafe {
    /// Both, with their names in files.
    pub const ALL: [(&str, Self); 2] = [("Clamp", Self::Clamp), ("Refuse", Self::Refuse)];
}

/// When a device does what by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// How fast the clock runs, in parts per million too much.
    pub clock_ppm: Figure,
    /// Whether the device looks at the clock once a minute, and does what it does by itself at such looks only. Its
    /// session times are whole minutes.
    pub looks_once_a_minute: bool,
    /// Whether of several session times only the last is kept.
    pub arms_last_only: bool,
    /// Whether a short circuit in the event log keeps all sessions from beginning.
    pub short_blocks: bool,
    /// Whether a command must carry a signature: interference that looks like one does not.
    pub authenticates: bool,
    /// Time between battery tests, h.
    pub battery_every_h: Figure,
    /// How long a start takes, s.
    pub boot_s: Figure,
    /// How long the supplies run down after a session, s.
    pub settle_s: Figure,
    /// How long a silent programmer stays connected, s.
    pub link_s: Figure,
}

impl Habits {
    /// Those of the session times that the device keeps.
    pub fn armed<'a>(&self, times: &'a [SimTime]) -> &'a [SimTime] {
        let from = if self.arms_last_only { times.len().saturating_sub(1) } else { 0 };
        &times[from..]
    }

    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 5] {
        [
            ("clock_ppm", &self.clock_ppm),
            ("battery_every_h", &self.battery_every_h),
            ("boot_s", &self.boot_s),
            ("settle_s", &self.settle_s),
            ("link_s", &self.link_s),
        ]
    }
}

/// What a magnet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MagnetAction {
    /// Ends a session that runs; starts nothing.
    Stop,
    /// Ends a session that runs, and begins one where none does.
    Toggle,
    /// Cuts the power as long as it is there.
    CutsPower,
    /// Disconnects the battery.
    PowerOff,
    /// Connects it again.
    PowerOn,
}

impl MagnetAction {
    /// All of them, with their names in files.
    pub const ALL: [(&str, Self); 5] = [
        ("Stop", Self::Stop),
        ("Toggle", Self::Toggle),
        ("CutsPower", Self::CutsPower),
        ("PowerOff", Self::PowerOff),
        ("PowerOn", Self::PowerOn),
    ];
}

/// What a magnet does that is held for so long.
#[derive(Clone, Debug, PartialEq)]
pub struct MagnetWindow {
    /// From that many whole seconds on.
    pub from_s: f64,
    /// Up to that many.
    pub to_s: f64,
    /// What happens when it is taken away.
    pub action: MagnetAction,
    /// Where that comes from.
    pub source: Source,
}

impl DeviceProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> Vec<(&'static str, &Figure)> {
        let own = [
            ("pulses_per_cycle", &self.pulses_per_cycle),
            ("burst_pulses", &self.burst_pulses),
            ("most_edges", &self.most_edges),
            ("compliance_v", &self.compliance_v),
            ("headroom_v", &self.headroom_v),
            ("output_ohm", &self.output_ohm),
            ("leakage_na", &self.leakage_na),
            ("blocking_capacitor_uf", &self.blocking_capacitor_uf),
            ("discharge_ohm", &self.discharge_ohm),
            ("log_bytes", &self.log_bytes),
        ];
        let stage = self.stage_figures.iter().map(|(name, figure)| (*name, figure));
        let parts = [&self.limits.figures()[..], &self.impedance.figures(), &self.habits.figures()];
        let battery = self.battery.figures();
        own.into_iter().chain(stage).chain(parts.into_iter().flatten().copied()).chain(battery).collect()
    }

    /// The tick of the timer.
    pub fn timer_tick(&self) -> SimTime {
        self.stage.timer_tick
    }

    /// The voltage that pushes therapy through the load, µV.
    pub fn rail_uv(&self) -> i64 {
        ((self.compliance_v.value - self.headroom_v.value).max(0.0) * 1e6).round() as i64
    }

    /// The period between two pulses at the programmed rate, as the timer makes it: a whole number of ticks.
    pub fn period(&self, rate_hz: f64) -> SimTime {
        let tick = self.timer_tick().nanos();
        let period_ns = 1e9 / (rate_hz * self.pulses_per_cycle.value);
        SimTime::from_nanos(((period_ns / tick as f64).round() as i64).max(1) * tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_value_off_the_grid_names_its_neighbours() {
        let range = Range { min: 0.2, max: 5.0, step: 0.1, source: Source::Ours(String::new()) };
        assert_eq!(range.check(0.3, "mA"), Ok(()));
        assert_eq!(range.check(5.0, "mA"), Ok(()));
        let message = range.check(0.55, "mA").unwrap_err();
        assert!(message.contains("0.5 and 0.6 mA"), "{message}");
        for value in [0.1, 5.1, f64::NAN, f64::INFINITY] {
            assert!(range.check(value, "mA").unwrap_err().contains("0.2 to 5"), "{value}");
        }
    }
}
