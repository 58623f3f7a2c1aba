//! `stimtwin run`: a scenario from its start to its end.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::expect::verdict::Verdict;
use stimtwin::run::output::Output;
use stimtwin::run::report::Report;
use stimtwin::run::{RunError, RunOptions, run};
use stimtwin::scenario::Scenario;
use stimtwin::time::{SimTime, positive};

use super::{BAD_INPUT, INTERNAL_FAULT, UNMET, complain, explain, progress, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct RunArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Write summary.json, traces and events.jsonl to this folder, which must be new or empty
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the results in the folder of --out
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// The longest step of simulated time, such as 1ms; changes no result
    #[arg(long, value_parser = positive)]
    tick: Option<SimTime>,
    /// Stop at this simulated time, such as "12 min"
    #[arg(long, value_parser = positive, value_name = "T")]
    until: Option<SimTime>,
    /// Use this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// Runs the scenario of a file.
pub fn run_file(args: RunArgs) -> ExitCode {
    let mut scenario = match Scenario::from_file(&args.scenario) {
        Ok(scenario) => scenario,
        Err(problems) => return explain(&problems),
    };
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    if let Some(until) = args.until.filter(|&until| until > scenario.duration) {
        return refuse(format_args!("--until is {until}, and the scenario ends at {}", scenario.duration));
    }
    let output = match args.out.map(|folder| Output::create(&folder, &scenario.recordings, args.overwrite)).transpose()
    {
        Ok(output) => output,
        Err(error) => return refuse(error),
    };
    run_scenario(
        &scenario,
        RunOptions { tick: args.tick, until: args.until, ..RunOptions::default() },
        output,
        args.quiet,
    )
}

/// Runs a scenario and says what came of it.
pub fn run_scenario(scenario: &Scenario, options: RunOptions, output: Option<Output>, quiet: bool) -> ExitCode {
    match run(scenario, options, output, progress(quiet).as_mut()) {
        Ok(summary) => {
            let code = if quiet { ExitCode::SUCCESS } else { say(&Report(&summary)) };
            let tell = |verdict: &Verdict| {
                complain(format_args!("error: {}:{}: {verdict}", scenario.file, verdict.line));
            };
            let of = |met| summary.expectations.iter().filter(move |verdict| verdict.met == met);
            of(Some(false)).for_each(tell);
            // A run that is stopped leaves some undecided.
            let whole = options.until.is_none_or(|until| until >= scenario.duration);
            of(None).filter(|_| whole).for_each(tell);
            match (of(Some(false)).count(), of(None).filter(|_| whole).count()) {
                (0, 0) => code,
                (0, _) => ExitCode::from(BAD_INPUT),
                _ => ExitCode::from(UNMET),
            }
        }
        Err(error) => {
            complain(format_args!("error: {error}"));
            ExitCode::from(if matches!(error, RunError::Fault(_)) { INTERNAL_FAULT } else { BAD_INPUT })
        }
    }
}
