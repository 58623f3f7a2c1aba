//! How a scenario fails, and whether another one fails in the same way.

use crate::expect::verdict::Verdict;
use crate::fuzz::caught;
use crate::run::progress::Silent;
use crate::run::{RunError, RunOptions, run};
use crate::scenario::Scenario;
use crate::sim::Fault;

/// How a scenario fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// An expectation is not met.
    Unmet {
        /// Its place in the list, from 0.
        place: usize,
        /// What was expected and seen.
        verdict: Verdict,
    },
    /// An invariant breaks.
    Broken(Fault),
    /// The program panics, with that message.
    Panicked(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unmet { verdict, .. } => verdict.fmt(f),
            Self::Broken(fault) => fault.fmt(f),
            Self::Panicked(message) => write!(f, "panic: {message}"),
        }
    }
}

impl Failure {
    /// How a scenario fails that is run to its end: an invariant, or the first expectation that is not met; none where
    /// it does not.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let outcome = match caught(|| run(scenario, RunOptions::default(), None, &mut Silent)) {
            Ok(outcome) => outcome,
            Err(message) => return Some(Self::Panicked(message)),
        };
        match outcome {
            Err(RunError::Fault(fault)) => Some(Self::Broken(fault)),
            // Nothing is written, nobody waits for it, and what cannot be read has been said before.
            Err(_) => None,
            Ok(summary) => {
                let mut verdicts = summary.expectations.into_iter().enumerate();
                let unmet = verdicts.find(|(_, verdict)| verdict.met == Some(false));
                unmet.map(|(place, verdict)| Self::Unmet { place, verdict })
            }
        }
    }

    /// Whether another scenario that was made out of this one's fails in the same way: by the expectation that is left
    /// of its, and with something seen or nothing seen as here; in the same component; with the same panic.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unmet { verdict, .. }, Self::Unmet { verdict: other, .. }) => {
                form(&verdict.seen) == form(&other.seen)
            }
            (Self::Broken(fault), Self::Broken(other)) => fault.component == other.component,
            (Self::Panicked(message), Self::Panicked(other)) => plain(message) == plain(other),
            _ => false,
        }
    }
}

/// What was seen without its figures. Where nothing was seen at the right time, what came too early or too late is a
/// part of how it fails; where something was seen, that is enough.
fn form(seen: &str) -> String {
    if !seen.starts_with("none") {
        return "something".to_string();
    }
    let words = |clause: &str| clause.split(" at ").next().unwrap_or_default().trim().to_string();
    seen.split(';').map(words).collect::<Vec<_>>().join("; ")
}

/// A message without its figures.
pub fn plain(message: &str) -> String {
    message.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimTime;

    fn unmet(seen: &str) -> Failure {
        let verdict = Verdict {
            requirement: None,
            line: 1,
            expected: "no x".to_string(),
            met: Some(false),
            seen: seen.to_string(),
            at_s: None,
            plot: None,
        };
        Failure::Unmet { place: 0, verdict }
    }

    #[test]
    fn verif_failures_are_alike_but_for_their_figures() {
        let late = unmet("none; the first after that at 5 s");
        assert!(late.is_like(&unmet("none; the first after that at 1 min 2 s")));
        assert!(!late.is_like(&unmet("none")) && !late.is_like(&unmet("once, at 5 s")));
        assert!(unmet("once, at 5 s").is_like(&unmet("300 times, first at 1 s, last at 9 s")));
        let broken = |component: &str, message: &str| {
            Failure::Broken(Fault { at: SimTime::ZERO, component: component.into(), message: message.into() })
        };
        assert!(broken("a", "1").is_like(&broken("a", "2")) && !broken("a", "1").is_like(&broken("b", "1")));
        assert!(Failure::Panicked("at 5".into()).is_like(&Failure::Panicked("at 61".into())));
        assert!(!Failure::Panicked("at 5".into()).is_like(&broken("a", "1")));
    }
}
