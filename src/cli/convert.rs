//! `stimtwin convert`: a scenario or a profile in the other language.

use std::path::Path;
use std::process::ExitCode;

use stimtwin::scenario::convert::convert as converted;
use stimtwin::scenario::library::read_file;

use super::{explain, refuse, say};

/// Prints a file in JSON if it is in RON, and in RON if it is in JSON.
pub fn convert(file: &Path) -> ExitCode {
    let text = match read_file(file) {
        Ok(text) => text,
        Err(why) => return refuse(format_args!("{}: cannot be read: {why}", file.display())),
    };
    match converted(&file.display().to_string(), &text, file.parent().unwrap_or(Path::new("."))) {
        Ok(text) => say(&text.trim_end()),
        Err(problems) => explain(&problems),
    }
}
