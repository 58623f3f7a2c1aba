//! `stimtwin threshold`: the least current that fires a nerve fibre.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stimtwin::nerve::axon::threshold::Threshold;
use stimtwin::picture;
use stimtwin::run::threshold::{self, Rows};
use stimtwin::time::SimTime;

use super::curve::CurveArgs;
use super::{complain, explain, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct ThresholdArgs {
    /// The table, CSV with the columns fiber_diameter_um, distance_mm and width_us; more in docs/threshold.md
    #[arg(long, value_name = "FILE", required_unless_present = "curve", conflicts_with = "curve")]
    rows: Option<PathBuf>,
    /// The time step, from 50ns to 20us; the answer's error is in proportion
    #[arg(long, value_parser = threshold_step, default_value = "1us", value_name = "T")]
    step: SimTime,
    /// How far apart a silent and a firing current may be at the end, relative to them, from 1e-6 to 0.1
    #[arg(long, value_parser = tolerance, default_value = "5e-5", value_name = "SHARE", conflicts_with = "curve")]
    tolerance: f64,
    /// Write to this file, which must be new, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the files of --out and --picture
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    curve: CurveArgs,
}

fn threshold_step(text: &str) -> Result<SimTime, String> {
    let step = text.parse::<SimTime>()?;
    let allowed = threshold::STEPS;
    if allowed.contains(&step) { Ok(step) } else { Err(format!("allowed is {} to {}", allowed.start(), allowed.end())) }
}

fn tolerance(text: &str) -> Result<f64, String> {
    let tolerance = text.parse::<f64>().map_err(|_| format!("found {text}; expected a number"))?;
    if (1e-6..=0.1).contains(&tolerance) { Ok(tolerance) } else { Err("allowed is 1e-6 to 0.1".to_string()) }
}

/// Computes the thresholds of a table, or a curve of them.
pub fn thresholds(args: &ThresholdArgs) -> ExitCode {
    if let Some(path) = args.out.as_deref().filter(|path| path.exists() && !args.overwrite) {
        return refuse(format_args!("{}: is there already; add --overwrite to replace it", path.display()));
    }
    match (&args.curve.curve, &args.rows) {
        (Some(kind), _) => curve(args, kind),
        (None, Some(rows)) => table(args, rows),
        (None, None) => refuse("--rows or --curve is needed"),
    }
}

fn table(args: &ThresholdArgs, rows: &Path) -> ExitCode {
    let rows = match Rows::from_file(rows) {
        Ok(rows) => rows,
        Err(problems) => return explain(&problems),
    };
    let found = rows.thresholds(args.step, args.tolerance);
    tell_missing(found.iter().enumerate().map(|(row, threshold)| (format!("row {}", row + 1), *threshold)));
    let mut text = Vec::new();
    rows.write(&found, &mut text).expect("memory takes what is written");
    put(args, &text)
}

fn curve(args: &ThresholdArgs, kind: &str) -> ExitCode {
    if let Some(Err(why)) = args.curve.picture.as_deref().map(|path| picture::may_write(path, args.overwrite)) {
        return refuse(why);
    }
    let ask = match args.curve.ask(kind, args.step) {
        Ok(ask) => ask,
        Err(why) => return refuse(why),
    };
    let curves = ask.curves();
    let missing =
        curves.iter().flat_map(|curve| curve.points.iter().map(|point| (curve.name.clone(), point.threshold)));
    if !matches!(ask.kind, stimtwin::run::curve::Kind::Recovery) {
        tell_missing(missing);
    }
    let mut text = Vec::new();
    ask.write(&curves, &mut text).expect("memory takes what is written");
    if let Some(path) = &args.curve.picture
        && let Err(why) = ask.chart(&curves).write(path, args.overwrite)
    {
        return refuse(why);
    }
    put(args, &text)
}

/// Says of each answer without a threshold what it is.
fn tell_missing(found: impl Iterator<Item = (String, Threshold)>) {
    for (place, threshold) in found.filter(|(_, threshold)| threshold.ma().is_none()) {
        complain(format_args!("{place}: {threshold}; its cell is empty"));
    }
}

/// Writes the table that came of it.
fn put(args: &ThresholdArgs, text: &[u8]) -> ExitCode {
    let Some(path) = &args.out else { return say(&String::from_utf8_lossy(text).trim_end()) };
    match std::fs::write(path, text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(format_args!("{}: cannot be written: {error}", path.display())),
    }
}
