//! How long a battery lasts with a device that does the same every day.

use crate::device::battery::{BatteryKind, BatteryProfile, HOURS_PER_YEAR};

/// What a device does on a mean day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Charge at the output, µC per day.
    pub output_uc_per_day: f64,
    /// The voltage that it is pushed with, V.
    pub rail_v: f64,
    /// Pulses per day.
    pub pulses_per_day: f64,
    /// Open telemetry link, s per day.
    pub telemetry_s_per_day: f64,
    /// A fault's drain, µA.
    pub fault_ua: f64,
}

impl Usage {
    /// Mean current of each consumer, µA, from a battery of that voltage.
    pub fn currents_ua(&self, p: &BatteryProfile, volts: f64) -> [f64; 5] {
        let needed_uc = self.output_uc_per_day * self.rail_v / (p.converter_efficiency.value * volts);
        let pulses_uc = needed_uc + self.pulses_per_day * p.pulse_overhead_nc.value * 1e-3;
        let linked = self.telemetry_s_per_day / 86_400.0;
        let radio_ua = p.telemetry_on_ma.value * 1e3 * linked + p.telemetry_listening_ua.value * (1.0 - linked);
        [p.quiescent_ua.value, pulses_uc / 86_400.0, radio_ua, p.self_discharge_ua(), self.fault_ua]
    }
}

/// How long a new battery lasts in a usage that does not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Longevity {
    /// Years from full until elective replacement; of a rechargeable cell, until it asks to be charged.
    pub replacement_years: f64,
    /// Years from full until the end of service, by voltage or because the cell is empty.
    pub service_years: f64,
    /// Mean current until elective replacement, µA.
    pub mean_ua: f64,
    /// The share of each consumer in the charge used until then, in the order of
    /// [`Consumer::ALL`](crate::device::battery::Consumer::ALL); they sum to 1.
    pub shares: [f64; 5],
    /// For a rechargeable cell.
    pub recharge: Option<Recharge>,
}

/// How a rechargeable battery is lived with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recharge {
    /// Days from full until the voltage of elective replacement.
    pub days_between_charges: f64,
    /// Hours that the charger then needs, the device running on; not finite if it draws more than the charger gives.
    pub charge_hours: f64,
    /// Years until the capacity has faded to the worn-out fraction.
    pub worn_out_years: f64,
}

/// The life of a new battery, integrated over its curve: as its voltage falls, stimulation takes more.
pub fn longevity(p: &BatteryProfile, usage: &Usage) -> Longevity {
    let (steps, mut years, mut used_mah, mut replacement_years) = (10_000_u32, 0.0, [0.0; 5], None);
    let step_mah = p.new_mah() / f64::from(steps);
    for step in 0..steps {
        let (volts, ohm) = p.at_depth((f64::from(step) + 0.5) / f64::from(steps));
        let currents_ua = usage.currents_ua(p, volts);
        let total_ua: f64 = currents_ua.iter().sum();
        let terminal_v = volts - total_ua * 1e-6 * ohm;
        if terminal_v <= p.end_of_service_v.value {
            break;
        }
        if replacement_years.is_none() {
            if terminal_v <= p.elective_replacement_v.value {
                replacement_years = Some(years);
            } else {
                (0..5).for_each(|i| used_mah[i] += step_mah * currents_ua[i] / total_ua);
            }
        }
        years += step_mah * 1e3 / total_ua / HOURS_PER_YEAR;
    }
    let replacement_years = replacement_years.unwrap_or(years);
    // A load that a new cell cannot bear at all has the shares of its first instant.
    let at_first = || (usage.currents_ua(p, p.curve[0].volts).map(|ua| ua * 1e-3), 1.0);
    let hours = replacement_years * HOURS_PER_YEAR;
    let (used_mah, hours) = if hours > 0.0 { (used_mah, hours) } else { at_first() };
    let total_mah: f64 = used_mah.iter().sum();
    let mean_ua = total_mah * 1e3 / hours;
    let recharge = (p.kind == BatteryKind::Rechargeable).then(|| {
        let cycles_per_year = mean_ua * 1e-3 * HOURS_PER_YEAR / p.new_mah();
        let fade_per_year = p.fade_per_year.value + p.fade_per_cycle.value * cycles_per_year;
        let net_ma = p.charge_ma.value - mean_ua * 1e-3;
        Recharge {
            days_between_charges: replacement_years * 365.25,
            charge_hours: if net_ma > 0.0 { total_mah / net_ma } else { f64::INFINITY },
            worn_out_years: (1.0 - p.worn_out_fraction.value) / fade_per_year,
        }
    });
    let shares = used_mah.map(|mah| mah / total_mah);
    Longevity { replacement_years, service_years: years, mean_ua, shares, recharge }
}
