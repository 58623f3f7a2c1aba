//! What a user could check from outside: one binary, because linking is slow.
//!
//! Names tell the kind of evidence: `val_` against independent results, `verif_` against what follows from the
//! definitions, `regress_` against our own earlier values.

mod adaptation_reference;
mod axon_reference;
mod bad_input;
mod battery_acceptance;
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

use std::path::{Path, PathBuf};

use stimtwin::run::progress::Silent;
use stimtwin::run::summary::Summary;
use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
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

/// What a scenario comes to.
fn summary(scenario: &Scenario) -> Summary {
    run(scenario, RunOptions::default(), None, &mut Silent).unwrap_or_else(|error| panic!("{error}"))
}

/// A scenario of the CLBP patient with the restorative device: how long, and further fields.
fn therapy(duration: &str, fields: &str) -> String {
    format!(
        "Scenario(version: 1, name: \"test\", duration: \"{duration}\", patient: \"mechanical-clbp\", \
         device: \"restorative\", implant: \"l2-medial-branch\", {fields})"
    )
}
