//! `stimtwin schema`: the JSON Schema of scenarios.

use std::process::ExitCode;

use stimtwin::scenario::schema::published;

use super::say;

/// Prints the schema.
pub fn schema() -> ExitCode {
    say(&published().trim_end())
}
