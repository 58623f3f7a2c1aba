//! The force models side by side on one stimulation.

use std::io::Write;

use serde::Serialize;

use crate::muscle::force::parameters::Ding;
use crate::muscle::force::stimulation::{Pattern, Pulse, Stimulation, Train};
use crate::muscle::force::units::Units;
use crate::muscle::force::{Asked, Contraction, ForceModel};
use crate::muscle::profile::MuscleProfile;
use crate::time::SimTime;

/// One model in the comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What it is called.
    pub model: String,
    /// The largest steady force of the rested muscle at 100 Hz, with the same pulses, N.
    pub tetanus_n: f64,
    /// The largest force of one pulse over that.
    pub twitch_share: f64,
    /// Mean steady force of the first train, in a muscle that does not tire, over the tetanus.
    pub share: f64,
    /// Its ripple: (largest − smallest)/mean.
    pub ripple: f64,
    /// Its fusion: 1 − (largest − smallest)/(largest force of one pulse); 1 is smooth (Nagamori 2021).
    pub fusion: f64,
    /// The largest force of the last train over that of the first, with fatigue; 1 where the model has none.
    pub last_over_first: f64,
}

/// A model in the comparison, what came of it, and its line.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Its line.
    pub line: Line,
    /// The contraction, with samples where they were asked for.
    pub contraction: Contraction,
}

/// The models that are compared: names with constants as published.
pub fn models(profile: &MuscleProfile, recruited: f64) -> Vec<(String, ForceModel)> {
    let slow = Ding { tau2_s: 0.100, ..Ding::DING_2003 };
    vec![
        ("pool".to_string(), ForceModel::Pool(Box::new(Units::new(profile.clone(), recruited)))),
        ("ding2003, tau2 60 ms".to_string(), ForceModel::Ding(Ding::DING_2003)),
        ("ding2003, tau2 100 ms".to_string(), ForceModel::Ding(slow)),
        ("ding2007".to_string(), ForceModel::Ding(Ding::DING_2007)),
        ("hmed2018".to_string(), ForceModel::Ding(Ding::HMED_2018)),
    ]
}

/// One pulse, watched for two seconds.
fn one_pulse(pulse: Pulse) -> Stimulation {
    let until = SimTime::from_secs(2);
    let pulses = vec![Pulse { at: SimTime::ZERO, ..pulse }];
    Stimulation { trains: vec![Train { start: SimTime::ZERO, end: until, pulses }], until }
}

fn over(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Stimulates a model and works out its line.
///
/// # Errors
/// What the model says.
pub fn compare(name: &str, model: &ForceModel, pattern: &Pattern, asked: Asked) -> Result<Compared, String> {
    let contract = |model: &ForceModel, stimulation: &Stimulation, asked: Asked| {
        model.contract(stimulation, asked).map_err(|error| format!("{name}: {error}"))
    };
    let stimulation = pattern.stimulation()?;
    let contraction = contract(model, &stimulation, asked)?;
    let first = &stimulation.trains[0];
    let alone = Stimulation { trains: vec![first.clone()], until: first.end };
    let rested = model.tireless();
    let quiet = Asked { every: None, ..asked };
    let steady = contract(&rested, &alone, quiet)?.trains[0].steady;
    let twitch_n = contract(&rested, &one_pulse(first.pulses[0]), quiet)?.peak_n();
    let pulse = first.pulses[0];
    let tetanus_n = model.tetanus_n(pulse.width_us, pulse.current_ma).map_err(|error| format!("{name}: {error}"))?;
    let trains = &contraction.trains;
    let (mean_n, ripple, swing_n) =
        steady.map_or((0.0, 0.0, 0.0), |steady| (steady.mean_n, steady.ripple(), steady.max_n - steady.min_n));
    let line = Line {
        model: name.to_string(),
        tetanus_n,
        twitch_share: over(twitch_n, tetanus_n),
        share: over(mean_n, tetanus_n),
        ripple,
        fusion: if twitch_n > 0.0 { 1.0 - swing_n / twitch_n } else { 0.0 },
        last_over_first: over(trains[trains.len() - 1].peak_n, trains[0].peak_n),
    };
    Ok(Compared { line, contraction })
}

/// The lines as a table for people.
pub fn table(compared: &[Compared]) -> String {
    let mut text = format!("{:<22}{:>12}{:>10}{:>10}", "model", "tetanus, N", "twitch", "force");
    text += &format!("{:>10}{:>10}{:>14}", "ripple", "fusion", "last/first");
    for Compared { line, .. } in compared {
        text += &format!("\n{:<22}{:>12.1}", line.model, line.tetanus_n);
        text += &format!("{:>8.1} %{:>8.1} %", 100.0 * line.twitch_share, 100.0 * line.share);
        text += &format!("{:>8.1} %{:>10.3}{:>14.3}", 100.0 * line.ripple, line.fusion, line.last_over_first);
    }
    text + "\ntwitch and force are shares of the same muscle's steady force at 100 Hz; more in docs/muscle.md"
}

/// The lines as CSV.
///
/// # Errors
/// They cannot be written.
pub fn write(compared: &[Compared], out: impl Write) -> csv::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    for compared in compared {
        writer.serialize(&compared.line)?;
    }
    writer.flush()?;
    Ok(())
}
