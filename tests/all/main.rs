//! What a user could check from outside: one binary, because linking is slow.
//!
//! Names tell the kind of evidence: `val_` against independent results, `verif_` against what follows from the
//! definitions, `regress_` against our own earlier values.
//!
//! A surrogate of the axon takes a second to make. So each module says by which thresholds it has its scenarios:
//! guesses where charge, ticks, states, commands or files are its subject, those of the axon where it is who fires.

mod adaptation_reference;
mod axon_reference;
mod bad_input;
mod battery_acceptance;
mod cache;
mod command_line;
mod curve;
mod determinism;
mod device_and_lead;
mod ding_reference;
mod expectations;
mod faults;
mod formats;
mod fuzz;
mod hardware;
mod lumps;
mod muscle_models;
mod muscle_reference;
mod mutants;
mod nerve;
mod pages;
mod potentiation_and_length;
mod programmer;
mod properties;
mod reader_fuzz;
mod recovery;
mod safety;
mod scenarios;
mod shrink;
mod spine;
mod spine_clinic;
mod suite;
mod tape;
mod threshold_rows;
mod tidy;
#[cfg(feature = "sandbox")]
mod window;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stimtwin::run::progress::Silent;
use stimtwin::run::summary::Summary;
use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program. What it keeps of surrogates stays within the build's own folder.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stimtwin"));
    command.env("STIMTWIN_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("surrogates"));
    command
}

/// A scenario from its text, which must be right.
fn scenario(text: &str) -> Scenario {
    match Scenario::from_text("test.ron", text, Path::new(".")) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{problems:#?}\n{text}"),
    }
}

/// A shipped scenario.
fn shipped(name: &str) -> Scenario {
    Scenario::from_file(&root().join(format!("scenarios/{name}.ron")))
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// What a shipped scenario comes to: worked out once, for all tests of this process.
fn shipped_summary(name: &str) -> Arc<Summary> {
    type Once = Arc<OnceLock<Arc<Summary>>>;
    static KNOWN: Mutex<BTreeMap<String, Once>> = Mutex::new(BTreeMap::new());
    let once = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_string()).or_default().clone();
    once.get_or_init(|| Arc::new(summary(&shipped(name)))).clone()
}

/// What a scenario comes to.
fn summary(scenario: &Scenario) -> Summary {
    run(scenario, RunOptions::default(), None, &mut Silent).unwrap_or_else(|error| panic!("{error}"))
}

/// Does something with each item, as many at a time as there are processors.
fn on_all_cores<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

/// A scenario of the CLBP patient with the restorative device: how long, and further fields. For what it matters
/// little who fires: thresholds are guesses, which cost nothing.
fn therapy(duration: &str, fields: &str) -> String {
    therapy_by_axons(duration, &format!("thresholds: Guess, {fields}"))
}

/// The same for those about who fires: thresholds are of a surrogate of the axon.
fn therapy_by_axons(duration: &str, fields: &str) -> String {
    format!(
        "Scenario(version: 1, name: \"test\", duration: \"{duration}\", patient: \"mechanical-clbp\", \
         device: \"restorative\", implant: \"l2-medial-branch\", {fields})"
    )
}
