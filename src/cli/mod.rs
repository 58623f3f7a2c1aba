//! What the verbs of the command line do; one file for each that has arguments of its own.

pub mod assets;
pub mod cache;
pub mod check;
pub mod convert;
pub mod curve;
pub mod fuzz;
pub mod muscle;
pub mod record;
pub mod recruit;
pub mod replay;
pub mod run;
pub mod schema;
pub mod shrink;
pub mod test;
pub mod threshold;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use stimtwin::run::progress::{Bar, Progress, Silent};
use stimtwin::scenario::reader::Problem;

/// The scenario expects of its run what did not come.
pub const UNMET: u8 = 1;

/// Bad input or usage.
pub const BAD_INPUT: u8 = 2;

/// An invariant broke.
pub const INTERNAL_FAULT: u8 = 3;

/// Prints to standard output; a reader that has gone away, as `head` does, is not an error.
pub fn say(text: &dyn std::fmt::Display) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(format_args!("error: standard output cannot be written: {error}"));
            ExitCode::from(BAD_INPUT)
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints to standard error; where that is gone too, the exit code is all that is left to say.
pub fn complain(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A bar on a terminal, else nobody.
pub fn progress(quiet: bool) -> Box<dyn Progress> {
    if quiet || !std::io::stderr().is_terminal() { Box::new(Silent) } else { Box::new(Bar::new()) }
}

/// Prints one sentence about bad input.
pub fn refuse(why: impl std::fmt::Display) -> ExitCode {
    complain(format_args!("error: {why}"));
    ExitCode::from(BAD_INPUT)
}

/// Prints every mistake of a file.
pub fn explain(problems: &[Problem]) -> ExitCode {
    problems.iter().for_each(|problem| complain(format_args!("error: {problem}")));
    ExitCode::from(BAD_INPUT)
}
