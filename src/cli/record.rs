//! `stimtwin record`: a scenario runs, and a tape of it is written.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::run::record::{RecordError, RecordOptions, Source, record};
use stimtwin::time::{SimTime, positive};

use super::{INTERNAL_FAULT, complain, explain, progress, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct RecordArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Write the recording to this file, which must be new
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file of --out
    #[arg(long)]
    overwrite: bool,
    /// Stop at this simulated time, such as "12 min"
    #[arg(long, value_parser = positive, value_name = "T")]
    until: Option<SimTime>,
    /// Use this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Records the scenario of a file.
pub fn record_file(args: &RecordArgs) -> ExitCode {
    let source = match Source::from_file(&args.scenario) {
        Ok(source) => source,
        Err(problem) => return refuse(problem),
    };
    let options = RecordOptions { until: args.until, seed: args.seed, overwrite: args.overwrite };
    match record(&source, &args.out, options, progress(false).as_mut()) {
        Ok(recorded) => {
            let kib = recorded.bytes.div_ceil(1024);
            say(&format_args!("{}: {}, {kib} KiB\ndigest {}", args.out.display(), recorded.end.at, recorded.end))
        }
        Err(RecordError::Problems(problems)) => explain(&problems),
        Err(error @ RecordError::Fault(..)) => {
            complain(format_args!("error: {error}"));
            ExitCode::from(INTERNAL_FAULT)
        }
        Err(error) => refuse(error),
    }
}
