//! The surrogates that come with the program: those that the shipped profiles ask for at their default programs, and
//! those that scenarios ask for.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use crate::nerve::kept;
use crate::nerve::recruitment::Speed;
use crate::run::recruit::curves;
use crate::run::suite::{Outcome, SuiteOptions, run_suite};
use crate::scenario::Scenario;
use crate::scenario::library::{ASSETS, Kind};

/// The file of the surrogates that come with the program: of what the shipped profiles ask for at their default
/// programs, and of what those scenarios ask for as they run.
///
/// # Errors
/// A scenario cannot be read, or does not come to its end.
pub fn built_in_surrogates(scenarios: &[PathBuf]) -> Result<String, String> {
    let names = |kind: Kind| ASSETS.iter().filter(move |asset| asset.kind == kind).map(|asset| asset.name);
    for device in names(Kind::Devices) {
        for implant in names(Kind::Implants) {
            for patient in names(Kind::Patients) {
                let text = format!(
                    "(version: 1, name: \"built in\", duration: \"1 s\", patient: {patient:?}, device: {device:?}, \
                     implant: {implant:?})"
                );
                let scenario = Scenario::from_text("built in", &text, Path::new("."));
                curves(&scenario.expect("shipped profiles are right; a test reads them"), Speed::Fast, Some(0));
            }
        }
    }
    let jobs = std::thread::available_parallelism().map_or(1, NonZero::get);
    let options = SuiteOptions { jobs, fail_fast: false, bless: false, tick: None, time_limit: None, stop: None };
    let cases = run_suite(scenarios, options, &|_| {});
    match cases.iter().find(|case| !matches!(case.outcome, Outcome::Ran { .. })) {
        Some(case) => Err(format!("{}: {}", case.file, case.problems().join("; "))),
        None => Ok(kept::as_built_in()),
    }
}
