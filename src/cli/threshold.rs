//! `stimtwin threshold`: the least current that fires a nerve fibre.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::run::threshold::{self, Rows};
use stimtwin::time::SimTime;

use super::{complain, explain, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct ThresholdArgs {
    /// The table, CSV with the columns fiber_diameter_um, distance_mm and width_us; more in docs/threshold.md
    #[arg(long, value_name = "FILE")]
    rows: PathBuf,
    /// The time step, from 50ns to 20us; the answer's error is in proportion
    #[arg(long, value_parser = threshold_step, default_value = "1us", value_name = "T")]
    step: SimTime,
    /// Write to this file, which must be new, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file of --out
    #[arg(long, requires = "out")]
    overwrite: bool,
}

fn threshold_step(text: &str) -> Result<SimTime, String> {
    let step = text.parse::<SimTime>()?;
    let allowed = threshold::STEPS;
    if allowed.contains(&step) { Ok(step) } else { Err(format!("allowed is {} to {}", allowed.start(), allowed.end())) }
}

/// Computes the thresholds of a table.
pub fn thresholds(args: &ThresholdArgs) -> ExitCode {
    let rows = match Rows::from_file(&args.rows) {
        Ok(rows) => rows,
        Err(problems) => return explain(&problems),
    };
    if let Some(path) = args.out.as_deref().filter(|path| path.exists() && !args.overwrite) {
        return refuse(format_args!("{}: is there already; add --overwrite to replace it", path.display()));
    }
    let found = rows.thresholds(args.step);
    let mut text = Vec::new();
    rows.write(&found, &mut text).expect("memory takes what is written");
    for (row, none) in found.iter().enumerate().filter(|(_, threshold)| threshold.ma().is_none()) {
        complain(format_args!("row {}: {none}; its cell is empty", row + 1));
    }
    let Some(path) = &args.out else { return say(&String::from_utf8_lossy(&text).trim_end()) };
    match std::fs::write(path, &text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(format_args!("{}: cannot be written: {error}", path.display())),
    }
}
