//! `stimtwin recruit`: the recruitment curve of a scenario's program.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stimtwin::nerve::recruitment::Speed;
use stimtwin::picture::may_write;
use stimtwin::run::recruit::{Curves, curves};
use stimtwin::scenario::Scenario;

use super::{complain, explain, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct RecruitArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Use the fast thresholds that a run has, and tell their error, instead of the exact axons
    #[arg(long)]
    fast: bool,
    /// The largest amplitude, mA; without it as far as axons are left, or as the device goes
    #[arg(long, value_name = "MA", value_parser = amplitude)]
    to: Option<f64>,
    /// Write the curves to this CSV file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draw them: a file that ends in .svg or .png
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Write every axon with its threshold to this CSV file
    #[arg(long, value_name = "FILE")]
    axons: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long)]
    overwrite: bool,
    /// Use this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn amplitude(text: &str) -> Result<f64, String> {
    let allowed = 0.001..=1000.0;
    text.parse().ok().filter(|ma| allowed.contains(ma)).ok_or("allowed are numbers from 0.001 to 1000 mA".to_string())
}

/// Writes the curves of a scenario.
pub fn recruit(args: &RecruitArgs) -> ExitCode {
    let mut scenario = match Scenario::from_file(&args.scenario) {
        Ok(scenario) => scenario,
        Err(problems) => return explain(&problems),
    };
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    let tables = [&args.out, &args.axons];
    if let Some(path) = tables.into_iter().flatten().find(|path| path.exists() && !args.overwrite) {
        return refuse(format_args!("{}: is there already; add --overwrite to replace it", path.display()));
    }
    if let Some(Err(error)) = args.picture.as_deref().map(|path| may_write(path, args.overwrite)) {
        return refuse(error);
    }
    let speed = if args.fast { Speed::Fast } else { Speed::Exact };
    let curves = curves(&scenario, speed, args.to.map(|ma| (ma * 1e6).round() as i64));
    match write(args, &curves) {
        Ok(code) => code,
        Err(why) => refuse(why),
    }
}

fn write(args: &RecruitArgs, curves: &Curves) -> Result<ExitCode, String> {
    let mut table = Vec::new();
    curves.write(&mut table).expect("memory takes what is written");
    let mut code = ExitCode::SUCCESS;
    match &args.out {
        Some(path) => whole(path, &table)?,
        None => code = say(&String::from_utf8_lossy(&table).trim_end()),
    }
    if let Some(path) = &args.axons {
        let mut table = Vec::new();
        curves.write_axons(&mut table).expect("memory takes what is written");
        whole(path, &table)?;
    }
    if let Some(path) = &args.picture {
        curves.chart().write(path, args.overwrite).map_err(|error| error.to_string())?;
    }
    if args.out.is_some() {
        curves.notes().iter().for_each(|note| complain(format_args!("{note}")));
    }
    Ok(code)
}

/// Writes a file as a whole or not at all.
fn whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let written = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}
