//! The window: what it plays, and its panels as a person uses them, by label, by mouse and by key.

mod gallery;
mod keys;
mod pictures;
mod session;
mod settings;

use std::time::Duration;

use stimtwin::sandbox::session::Session;

/// Lets some frames of a sixtieth of a second pass.
fn frames(session: &mut Session, count: usize) {
    (0..count).for_each(|_| session.frame(Duration::from_micros(16_667)));
}
