//! What the patient does with the handheld activator: takes the scheduled sessions, or does not.

use crate::random::{Draw, StableId, Stream};
use crate::time::SimTime;

/// The patient's habit of taking sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct Activator {
    /// The seed and the id that the draws are a function of.
    pub seed: u64,
    /// Whose habit it is.
    pub id: StableId,
    /// The chance that a scheduled session is taken, 0 to 1.
    pub adherence: f64,
    /// Until when the patient takes none at all.
    pub away_until: SimTime,
}

impl Activator {
    /// Whether the patient takes the scheduled session of that index, which is due at `at`.
    pub fn takes(&self, index: u64, at: SimTime) -> bool {
        at >= self.away_until && Draw::new(self.seed, &self.id, Stream::Adherence, index).uniform() < self.adherence
    }
}
