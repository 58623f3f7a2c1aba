//! What a scenario expects of its run: which events must come, when, how often; and what came of that.

use serde::Serialize;

use crate::record::events::{Event, EventKind};
use crate::side::Side;
use crate::time::SimTime;

/// Every event by its name in `events.jsonl`, and whether it has a side.
pub const EVENTS: [(&str, bool); 31] = [
    ("session_started", false),
    ("session_ended", false),
    ("session_missed", false),
    ("command_ignored", false),
    ("schedule", false),
    ("amplitude_set", true),
    ("program_set", false),
    ("open_circuit", true),
    ("circuit_closed", true),
    ("compliance_limited", true),
    ("compliance_restored", true),
    ("output_changed", false),
    ("state_changed", false),
    ("limit_passed", true),
    ("amplitude_lowered", true),
    ("width_cut", true),
    ("impedance_measured", true),
    ("elective_replacement", false),
    ("end_of_service", false),
    ("battery_renewed", false),
    ("clock_changed", false),
    ("link_changed", false),
    ("message_lost", false),
    ("message_delayed", false),
    ("message_refused", false),
    ("message_carried_out", false),
    ("magnet_removed", false),
    ("log_changed", false),
    ("lead_changed", true),
    ("habit_changed", false),
    ("day_adapted", true),
];

/// Which events are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The name of the event, one of [`EVENTS`].
    pub event: &'static str,
    /// Its side; none for either.
    pub side: Option<Side>,
    /// A text that its JSON must have in it; none for any.
    pub contains: Option<String>,
}

impl Pattern {
    fn matches(&self, kind: &EventKind) -> bool {
        let value = serde_json::to_value(kind).expect("events are plain values with text keys");
        value["event"] == self.event
            && self.side.is_none_or(|side| value["side"] == side.name())
            && self.contains.as_ref().is_none_or(|text| {
                serde_json::to_string(kind).expect("events are plain values with text keys").contains(text)
            })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.event)?;
        if let Some(side) = self.side {
            write!(f, " on the {}", side.name())?;
        }
        match &self.contains {
            Some(text) => write!(f, " with {text}"),
            None => Ok(()),
        }
    }
}

/// How often something is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowOften {
    /// At least once.
    Some,
    /// Not at all.
    Never,
    /// Exactly so often.
    Exactly(u64),
}

/// What a scenario expects: so many such events from one instant to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Which events.
    pub pattern: Pattern,
    /// How often.
    pub how_often: HowOften,
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub until: SimTime,
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pattern, how_often, from, until } = self;
        match how_often {
            HowOften::Some => write!(f, "{pattern}")?,
            HowOften::Never => write!(f, "no {pattern}")?,
            HowOften::Exactly(count) => write!(f, "{pattern} {}", times(*count))?,
        }
        write!(f, " from {from} to {until}")
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_string() } else { format!("{count} times") }
}

/// What came of an expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What was expected.
    pub expected: String,
    /// Whether it was met; null where the run was stopped before that was decided.
    pub met: Option<bool>,
    /// What was seen of it.
    pub seen: String,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {}; seen {}", self.expected, self.seen)
    }
}

/// An expectation while the run goes on.
#[derive(Clone, Debug)]
pub struct Watched {
    expectation: Expectation,
    count: u64,
    first: SimTime,
    last: SimTime,
    before: Option<SimTime>,
    after: Option<SimTime>,
}

impl Watched {
    /// Nothing has been seen yet.
    pub fn new(expectation: Expectation) -> Self {
        let nothing = SimTime::ZERO;
        Self { expectation, count: 0, first: nothing, last: nothing, before: None, after: None }
    }

    /// An event has happened; they come in the order of time.
    pub fn see(&mut self, event: &Event) {
        let Expectation { pattern, from, until, .. } = &self.expectation;
        let at = event.at;
        // What comes later still says nothing more.
        if at > *until && self.after.is_some() || !pattern.matches(&event.kind) {
            return;
        }
        if at < *from {
            self.before = Some(at);
        } else if at > *until {
            self.after = Some(at);
        } else {
            self.count += 1;
            self.first = if self.count == 1 { at } else { self.first };
            self.last = at;
        }
    }

    /// What came of it in a run that ended at `end`, or was stopped there.
    pub fn verdict(&self, end: SimTime) -> Verdict {
        let open = end < self.expectation.until;
        let met = match self.expectation.how_often {
            HowOften::Some if self.count > 0 => Some(true),
            HowOften::Never if self.count > 0 => Some(false),
            HowOften::Exactly(count) if self.count > count => Some(false),
            _ if open => None,
            HowOften::Some => Some(false),
            HowOften::Never => Some(true),
            HowOften::Exactly(count) => Some(self.count == count),
        };
        Verdict { expected: self.expectation.to_string(), met, seen: self.seen() }
    }

    fn seen(&self) -> String {
        let mut words = match self.count {
            0 => "none".to_string(),
            1 => format!("once, at {}", self.first),
            count => format!("{}, first at {}, last at {}", times(count), self.first, self.last),
        };
        if let Some(before) = self.before {
            words += &format!("; the last before that at {before}");
        }
        if let Some(after) = self.after {
            words += &format!("; the first after that at {after}");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names as `serde` makes them of the variants in the source.
    #[test]
    fn verif_the_list_of_events_is_that_of_the_source() {
        let source = include_str!("events.rs");
        let kinds = source.split("pub enum EventKind {").nth(1).unwrap().split("\n}").next().unwrap();
        let mut found: Vec<(String, bool)> = Vec::new();
        for line in kinds.lines() {
            match line.strip_prefix("    ").filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase())) {
                Some(variant) => {
                    let mut name = String::new();
                    for c in variant.chars().take_while(|c| c.is_ascii_alphanumeric()) {
                        if c.is_ascii_uppercase() && !name.is_empty() {
                            name.push('_');
                        }
                        name.push(c.to_ascii_lowercase());
                    }
                    found.push((name, false));
                }
                None if line.trim() == "side: Side," => found.last_mut().unwrap().1 = true,
                None => {}
            }
        }
        assert_eq!(found, EVENTS.map(|(name, sided)| (name.to_string(), sided)));
        let tag = |kind: &EventKind| serde_json::to_value(kind).unwrap()["event"].clone();
        assert_eq!(tag(&EventKind::ProgramSet {}), "program_set");
        assert_eq!(tag(&EventKind::OpenCircuit { side: Side::Left }), "open_circuit");
    }

    fn watched(how_often: HowOften, events: &[(i64, Side)]) -> Watched {
        let pattern = Pattern { event: "open_circuit", side: Some(Side::Left), contains: None };
        let (from, until) = (SimTime::from_secs(10), SimTime::from_secs(20));
        let mut watched = Watched::new(Expectation { pattern, how_often, from, until });
        for &(second, side) in events {
            watched.see(&Event { at: SimTime::from_secs(second), kind: EventKind::OpenCircuit { side } });
        }
        watched
    }

    #[test]
    fn verif_verdicts_are_those_of_the_window_both_ends_included() {
        let end = SimTime::from_secs(60);
        let met = |how_often, events: &[(i64, Side)]| watched(how_often, events).verdict(end).met;
        let left = |second| (second, Side::Left);
        for (events, count) in
            [(vec![left(9), (15, Side::Right), left(21)], 0), (vec![left(10)], 1), (vec![left(10), left(20)], 2)]
        {
            assert_eq!(met(HowOften::Some, &events), Some(count > 0), "{events:?}");
            assert_eq!(met(HowOften::Never, &events), Some(count == 0), "{events:?}");
            assert_eq!(met(HowOften::Exactly(1), &events), Some(count == 1), "{events:?}");
        }
    }

    #[test]
    fn verif_a_run_that_is_stopped_decides_only_what_it_saw() {
        let met = |how_often, events: &[(i64, Side)]| watched(how_often, events).verdict(SimTime::from_secs(12)).met;
        let seen = [(11, Side::Left)];
        assert_eq!([met(HowOften::Some, &[]), met(HowOften::Some, &seen)], [None, Some(true)]);
        assert_eq!([met(HowOften::Never, &[]), met(HowOften::Never, &seen)], [None, Some(false)]);
        assert_eq!([met(HowOften::Exactly(0), &seen), met(HowOften::Exactly(1), &seen)], [Some(false), None]);
    }

    #[test]
    fn verif_a_verdict_is_a_sentence() {
        let verdict = watched(HowOften::Some, &[(9, Side::Left), (21, Side::Left), (22, Side::Left)])
            .verdict(SimTime::from_secs(60));
        assert_eq!(
            verdict.to_string(),
            "expected open_circuit on the left from 10 s to 20 s; seen none; the last before that at 9 s; the first \
             after that at 21 s"
        );
    }

    #[test]
    fn verif_a_text_is_looked_for_in_the_json() {
        let pattern = |text: &str| Pattern { event: "lead_changed", side: None, contains: Some(text.to_string()) };
        let kind = EventKind::LeadChanged { side: Side::Left, state: "5 Ω in series".to_string() };
        assert!(pattern("5 Ω").matches(&kind) && pattern("\"side\":\"left\"").matches(&kind));
        assert!(!pattern("broken").matches(&kind));
    }
}
