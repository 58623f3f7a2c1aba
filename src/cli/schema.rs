//! `stimtwin schema`: the JSON Schema of scenarios.

use std::process::ExitCode;

use stimtwin::scenario::schema::published;

use super::{explain, say};

/// Prints the schema.
pub fn schema() -> ExitCode {
    match published() {
        Ok(text) => say(&text.trim_end()),
        Err(problems) => explain(&problems),
    }
}
