//! How long the simulation may take of a frame: what reads the wall's clock here decides how far a frame goes, never
//! what happens on the way.

use std::time::{Duration, Instant};

/// An instant of the wall's clock.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(span: Duration) -> Self {
        Self(now() + span)
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        now() >= self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "a frame is as long as the wall's clock says")]
fn now() -> Instant {
    Instant::now()
}
