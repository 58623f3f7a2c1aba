//! The summary that a person reads in ten seconds.

use std::fmt::{self, Display, Formatter};

use crate::device::therapy::State;
use crate::nerve::surrogate::Accuracy;
use crate::run::device::{DeviceSummary, LongevitySummary};
use crate::run::summary::{Change, SideSummary, Summary, Thresholds};

/// The report of a summary.
pub struct Report<'a>(pub &'a Summary);

/// The width of the column of names.
const NAME: usize = 24;

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Summary { scenario, patient, device, sessions, simulated_s, left, right, .. } = self.0;
        let simulated = crate::run::progress::coarse(crate::time::SimTime::from_nanos((simulated_s * 1e9) as i64));
        let due = self.0.device_at_end.sessions_scheduled;
        let of_due = if due > 0 { format!(", {due} scheduled") } else { String::new() };
        writeln!(f, "{scenario}: {patient}, {device}, {simulated}, {sessions} session{}{of_due}", plural(*sessions))?;
        writeln!(f)?;
        writeln!(f, "{:NAME$} {:>16} {:>16}", "", "left", "right")?;
        let mut row = |name: &str, show: &dyn Fn(&SideSummary) -> String| {
            writeln!(f, "{name:NAME$} {:>16} {:>16}", show(left), show(right))
        };
        row("pulses", &|side| side.pulses.to_string())?;
        row("charge delivered, µC", &|side| format!("{:.3}", side.charge.delivered_uc))?;
        row("  of that commanded", &|side| share(side.charge.delivered_uc, side.charge.commanded_uc))?;
        // Less than a picocoulomb is rounding, and has no sign.
        row("  left on contacts, µC", &|side| format!("{:.6}", (side.charge.residual_uc * 1e6).round() / 1e6 + 0.0))?;
        row("amplitude at the end, mA", &|side| format!("{:.2}", side.amplitude_ma))?;
        row("motor units recruited", &|side| percent(side.recruited_fraction))?;
        row("  by the last pulse", &|side| percent(side.recruited_last_fraction))?;
        row("afferents recruited", &|side| percent(side.afferents_fraction))?;
        row("thresholds, error", &|side| error(side.thresholds))?;
        row("force, peak, N", &|side| format!("{:.1}", side.peak_force_n))?;
        row("force in trains, mean, N", &|side| side.mean_force_n.map_or("-".into(), |n| format!("{n:.1}")))?;
        row("ripple", &|side| side.ripple.map_or("-".into(), percent))?;
        row("tired by, at worst", &|side| if side.trains > 0 { percent(side.tired_fraction) } else { "-".into() })?;
        row("size", &|side| change(side.size_fraction))?;
        row("drive", &|side| change(side.drive_fraction))?;
        row("strength", &|side| change(side.strength_fraction))?;
        writeln!(f)?;
        writeln!(f, "{}", battery(&self.0.device_at_end))?;
        if self.0.device_at_end.state != State::Idle {
            writeln!(f, "the device ends in the state {}", self.0.device_at_end.state.name())?;
        }
        let count = self.0.hypotheses.len();
        if count > 0 {
            writeln!(f, "rests on {count} hypotheses; summary.json names them")?;
        }
        write!(f, "digest {}", self.0.digest)
    }
}

/// What the program would take out of a full battery.
fn battery(device: &DeviceSummary) -> String {
    let LongevitySummary { replacement_years, mean_ua, shares, days_between_charges, .. } = &device.longevity;
    let lasts = match days_between_charges {
        Some(days) => format!("{days:.0} days between charges"),
        None => format!("{replacement_years:.1} years to replacement"),
    };
    format!(
        "battery: {lasts} at {mean_ua:.1} µA: {:.0} % stimulation, {:.0} % at rest, {:.0} % radio, \
         {:.0} % self-discharge",
        shares.stimulation * 100.0,
        shares.quiescent * 100.0,
        shares.telemetry * 100.0,
        shares.self_discharge * 100.0
    )
}

/// How far thresholds are off: root mean square, and at most.
fn error(thresholds: Thresholds) -> String {
    let of = |Accuracy { rms_error, largest_error, .. }: Accuracy| {
        format!("{:.1}, ≤ {:.1} %", rms_error * 100.0, largest_error * 100.0)
    };
    match thresholds.speed {
        "guess" => "guess, factor 2".to_string(),
        speed => thresholds.surrogate.map_or(speed.replace("fast", "-"), of),
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

fn share(part: f64, whole: f64) -> String {
    if whole > 0.0 { percent(part / whole) } else { "-".into() }
}

fn change(Change { start, end }: Change) -> String {
    format!("{:.1} → {:.1} %", start * 100.0, end * 100.0)
}
