//! What a device can make: its ranges, steps and output stage, read from a profile in `assets/devices/`.

use crate::device::program::{PhaseOrder, RechargeKind};
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
    /// The smallest step of the output current, µA: what ramps are made of.
    pub dac_step_ua: Figure,
    /// The tick of the timer that widths, gaps and periods are counted in, µs.
    pub timer_tick_us: Figure,
    /// The voltage that the output stage can push with, V.
    pub compliance_v: Figure,
    /// The capacitor in series with the output, µF: what discharges in a passive recharge.
    pub blocking_capacitor_uf: Figure,
    /// The resistance of the switch that shorts the terminals in a passive recharge, Ω.
    pub discharge_ohm: Figure,
    /// Pulses in one cycle of the programmed rate: 2 where the polarity alternates within a cycle.
    pub pulses_per_cycle: Figure,
    /// The phase orders that it can make.
    pub phase_orders: Vec<PhaseOrder>,
    /// The recharges that it can make.
    pub recharges: Vec<RechargeKind>,
}

impl DeviceProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 6] {
        [
            ("dac_step_ua", &self.dac_step_ua),
            ("timer_tick_us", &self.timer_tick_us),
            ("compliance_v", &self.compliance_v),
            ("blocking_capacitor_uf", &self.blocking_capacitor_uf),
            ("discharge_ohm", &self.discharge_ohm),
            ("pulses_per_cycle", &self.pulses_per_cycle),
        ]
    }

    /// The smallest step of the output current, nA.
    pub fn dac_step_na(&self) -> i64 {
        (self.dac_step_ua.value * 1e3).round() as i64
    }

    /// The tick of the timer.
    pub fn timer_tick(&self) -> SimTime {
        SimTime::from_nanos((self.timer_tick_us.value * 1e3).round() as i64)
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
