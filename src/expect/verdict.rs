//! What came of an expectation, and how instants are told.

use serde::Serialize;

use crate::expect::sketch::Plot;
use crate::time::{DayClock, SimTime};

/// Tells instants: on the first day by the time since the start, later by day and clock, as scenarios say both.
#[derive(Clone, Copy, Debug)]
pub struct Teller(pub DayClock);

impl Teller {
    /// An instant.
    pub fn at(self, at: SimTime) -> String {
        if at < SimTime::DAY { at.to_string() } else { self.0.show(at) }
    }

    /// From one instant to another.
    pub fn stretch(self, from: SimTime, until: SimTime) -> String {
        format!("from {} to {}", self.at(from), self.at(until))
    }
}

/// What came of an expectation, before it is put beside what was expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Whether it was met; none where nothing could be judged.
    pub met: Option<bool>,
    /// What was seen.
    pub seen: String,
    /// Where to look.
    pub at: Option<SimTime>,
    /// The trace around that, where it was not met.
    pub plot: Option<Plot>,
}

impl Outcome {
    /// Nothing could be judged, and why.
    pub fn unjudged(why: String) -> Self {
        Self { met: None, seen: why, at: None, plot: None }
    }
}

/// What came of an expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The requirement that it covers, by its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// The line of the scenario that it stands in.
    pub line: usize,
    /// What was expected.
    pub expected: String,
    /// Whether it was met; null where that could not be judged: the run was stopped before, or nothing was there to be
    /// judged.
    pub met: Option<bool>,
    /// What was seen of it.
    pub seen: String,
    /// Where to look, s since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_s: Option<f64>,
    /// The probe around that, where it was not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plot: Option<Plot>,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(requirement) = &self.requirement {
            write!(f, "{requirement}: ")?;
        }
        let word = if self.met.is_some() { "seen" } else { "not judged:" };
        write!(f, "expected {}; {word} {}", self.expected, self.seen)
    }
}
