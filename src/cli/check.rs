//! `stimtwin check`: read scenarios and report every mistake.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::scenario::Scenario;

use super::{explain, say};

/// Reads scenarios, without running them.
pub fn check(files: &[PathBuf]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match Scenario::from_file(file) {
            Ok(scenario) => {
                let said = say(&format_args!("{}: {}, {}, is well", file.display(), scenario.name, scenario.duration));
                code = if code == ExitCode::SUCCESS { said } else { code };
            }
            Err(problems) => code = explain(&problems),
        }
    }
    code
}
