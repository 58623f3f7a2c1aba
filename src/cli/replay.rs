//! `stimtwin replay`: a recording runs again and is held against itself.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::record::tape::Tape;
use stimtwin::run::replay::{Verdict, verify};
use stimtwin::time::{SimTime, positive};

use super::{INTERNAL_FAULT, UNMET, complain, explain, progress, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct ReplayArgs {
    /// The recording
    file: PathBuf,
    /// Stop at this simulated time, such as "12 min"
    #[arg(long, value_parser = positive, value_name = "T")]
    until: Option<SimTime>,
}

/// Replays a recording, and names the first difference.
pub fn replay(args: &ReplayArgs) -> ExitCode {
    let file = args.file.display();
    let tape = match Tape::read(&args.file) {
        Ok(tape) => tape,
        Err(problem) => return refuse(problem),
    };
    let scenario = match tape.header.scenario() {
        Ok(scenario) => scenario,
        Err(problems) => {
            complain(format_args!("error: {file}: this program does not read its scenario"));
            return explain(&problems);
        }
    };
    if tape.digests.is_empty() {
        return refuse(format_args!("{file}: breaks off before its first digest, so there is nothing to replay"));
    }
    if let Some(until) = args.until.filter(|&until| until > tape.until()) {
        return refuse(format_args!("--until is {until}, and the recording goes to {}", tape.until()));
    }
    match verify(&scenario, &tape, args.until, progress(false).as_mut()) {
        Ok(Verdict::Same(until)) => {
            let whole = until == tape.until();
            let (to, break_off) = match tape.end {
                Some(_) if whole => ("to its end,", ""),
                None if whole => ("up to", "; there the recording breaks off"),
                _ => ("up to", ""),
            };
            say(&format_args!("{file}: the same {to} {until}{break_off}"))
        }
        Ok(Verdict::Differs(difference)) => {
            complain(format_args!("error: {file}: {difference}"));
            ExitCode::from(UNMET)
        }
        Err(fault) => {
            complain(format_args!("error: {file}: {fault}"));
            ExitCode::from(INTERNAL_FAULT)
        }
    }
}
