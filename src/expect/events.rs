//! What is expected of events: which must come, when, how often.

use crate::expect::verdict::{Outcome, Teller};
use crate::record::events::{Event, EventKind};
use crate::side::Side;
use crate::time::SimTime;

/// Every event by its name in `events.jsonl`, and whether it has a side.
pub const EVENTS: [(&str, bool); 32] = [
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
    ("examined", false),
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
    /// Whether an event is meant.
    pub fn matches(&self, kind: &EventKind) -> bool {
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

/// So many such events from one instant to another, both included; or within a time after each of some other events
/// that lie there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventExpectation {
    /// Which events.
    pub pattern: Pattern,
    /// How often.
    pub how_often: HowOften,
    /// From when.
    pub from: SimTime,
    /// Until when.
    pub until: SimTime,
    /// After which events, and within which time; none for the whole stretch.
    pub after: Option<(Pattern, SimTime)>,
}

impl EventExpectation {
    /// The expectation in words.
    pub fn told(&self, teller: Teller) -> String {
        let Self { pattern, how_often, from, until, after } = self;
        let what = match how_often {
            HowOften::Some => pattern.to_string(),
            HowOften::Never => format!("no {pattern}"),
            HowOften::Exactly(count) => format!("{pattern} {}", times(*count)),
        };
        let stretch = teller.stretch(*from, *until);
        match after {
            Some((trigger, within)) => format!("{what} within {within} after each {trigger} {stretch}"),
            None => format!("{what} {stretch}"),
        }
    }

    /// Whether so many are right, once all that could come has come; and whether more could change nothing.
    fn met(&self, count: u64) -> (bool, bool) {
        match self.how_often {
            HowOften::Some => (count > 0, count > 0),
            HowOften::Never => (count == 0, count > 0),
            HowOften::Exactly(expected) => (count == expected, count > expected),
        }
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_string() } else { format!("{count} times") }
}

/// How often an event came, and when.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    count: u64,
    first: SimTime,
    last: SimTime,
}

impl Seen {
    fn add(&mut self, at: SimTime) {
        self.count += 1;
        self.first = if self.count == 1 { at } else { self.first };
        self.last = at;
    }
}

/// An expectation of events while the run goes on.
#[derive(Clone, Debug)]
pub struct EventWatch {
    expected: EventExpectation,
    /// Such events in the stretch; of those that come after others, these others.
    seen: Seen,
    before: Option<SimTime>,
    after: Option<SimTime>,
    /// How many came at the last instant at which one came.
    at_once: (SimTime, u64),
    /// The events after which something is awaited, and how many came after each so far.
    awaiting: Vec<(SimTime, u64)>,
    /// The first after which not so many came, and how many did.
    missed: Option<(SimTime, u64)>,
}

impl EventWatch {
    /// Nothing has been seen yet.
    pub fn new(expected: EventExpectation) -> Self {
        Self {
            expected,
            seen: Seen::default(),
            before: None,
            after: None,
            at_once: (SimTime::ZERO, 0),
            awaiting: Vec::new(),
            missed: None,
        }
    }

    /// An event has happened; they come in the order of time.
    pub fn see(&mut self, event: &Event) {
        match &self.expected.after {
            Some((trigger, within)) => {
                let (is_trigger, within) = (trigger.matches(&event.kind), *within);
                self.see_after(event, is_trigger, within);
            }
            None => self.see_one(event),
        }
    }

    fn see_one(&mut self, event: &Event) {
        let EventExpectation { pattern, from, until, .. } = &self.expected;
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
            self.seen.add(at);
        }
    }

    fn see_after(&mut self, event: &Event, is_trigger: bool, within: SimTime) {
        let at = event.at;
        self.close(at, within);
        let matches = self.expected.pattern.matches(&event.kind);
        if matches {
            self.awaiting.iter_mut().for_each(|(_, count)| *count += 1);
            self.at_once = if self.at_once.0 == at { (at, self.at_once.1 + 1) } else { (at, 1) };
        }
        if is_trigger && (self.expected.from..=self.expected.until).contains(&at) {
            self.seen.add(at);
            // What came at the same instant counts, whichever of the two was noted first; an event does not follow
            // itself.
            let together = if self.at_once.0 == at { self.at_once.1 - u64::from(matches) } else { 0 };
            self.awaiting.push((at, together));
        }
    }

    /// Judges those after which nothing more can come, now that it is so late.
    fn close(&mut self, now: SimTime, within: SimTime) {
        let Self { expected, awaiting, missed, .. } = self;
        awaiting.retain(|&(trigger, count)| {
            let is_open = trigger + within >= now;
            if !is_open && missed.is_none() && !expected.met(count).0 {
                *missed = Some((trigger, count));
            }
            is_open
        });
    }

    /// What came of it in a run that ended at `end`, or was stopped there.
    pub fn outcome(&self, end: SimTime, teller: Teller) -> Outcome {
        if let Some((_, within)) = &self.expected.after {
            return self.clone().outcome_after(end, *within, teller);
        }
        let (met, decided) = self.expected.met(self.seen.count);
        let open = end < self.expected.until && !decided;
        let first = (self.seen.count > 0).then_some(self.seen.first);
        Outcome { met: (!open).then_some(met), seen: self.told(teller), at: first, plot: None }
    }

    fn outcome_after(mut self, end: SimTime, within: SimTime, teller: Teller) -> Outcome {
        let trigger = self.expected.after.as_ref().map(|(trigger, _)| trigger.to_string()).unwrap_or_default();
        // An event at the very end of the scenario is the last that can come.
        let undecided = self.awaiting.iter().any(|&(at, count)| at + within > end && !self.expected.met(count).1);
        self.close(end + SimTime::from_nanos(1), within);
        let late = self.awaiting.iter().find(|&&(_, count)| self.expected.met(count) == (false, true));
        let missed = self.missed.or(late.copied());
        if self.seen.count == 0 {
            let met = (end >= self.expected.until).then_some(false);
            return Outcome { met, seen: format!("no {trigger}"), at: None, plot: None };
        }
        let all = format!("{trigger} {}", times(self.seen.count));
        match missed {
            Some((at, count)) => {
                let seen = format!("{all}; {} after the one at {}", times(count), teller.at(at));
                Outcome { met: Some(false), seen: seen.replace("0 times", "none"), at: Some(at), plot: None }
            }
            None if undecided => {
                Outcome::unjudged(format!("{all}; the run ended before {within} after the last were over"))
            }
            None => Outcome { met: Some(true), seen: all, at: None, plot: None },
        }
    }

    fn told(&self, teller: Teller) -> String {
        let Seen { count, first, last } = self.seen;
        let mut words = match count {
            0 => "none".to_string(),
            1 => format!("once, at {}", teller.at(first)),
            count => format!("{}, first at {}, last at {}", times(count), teller.at(first), teller.at(last)),
        };
        if let Some(before) = self.before {
            words += &format!("; the last before that at {}", teller.at(before));
        }
        if let Some(after) = self.after {
            words += &format!("; the first after that at {}", teller.at(after));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DayClock;

    /// The names as `serde` makes them of the variants in the source.
    #[test]
    fn verif_the_list_of_events_is_that_of_the_source() {
        let source = include_str!("../record/events.rs");
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

    fn teller() -> Teller {
        Teller(DayClock::starting_at(SimTime::ZERO))
    }

    fn pattern(side: Side) -> Pattern {
        Pattern { event: "open_circuit", side: Some(side), contains: None }
    }

    fn watch(how_often: HowOften, after: Option<(Pattern, SimTime)>, events: &[(i64, Side)]) -> EventWatch {
        let (from, until) = (SimTime::from_secs(10), SimTime::from_secs(20));
        let pattern = pattern(Side::Left);
        let mut watch = EventWatch::new(EventExpectation { pattern, how_often, from, until, after });
        for &(second, side) in events {
            watch.see(&Event { at: SimTime::from_secs(second), kind: EventKind::OpenCircuit { side } });
        }
        watch
    }

    fn left(second: i64) -> (i64, Side) {
        (second, Side::Left)
    }

    fn right(second: i64) -> (i64, Side) {
        (second, Side::Right)
    }

    #[test]
    fn verif_verdicts_are_those_of_the_window_both_ends_included() {
        let met = |how_often, events: &[(i64, Side)]| {
            watch(how_often, None, events).outcome(SimTime::from_secs(60), teller()).met
        };
        for (events, count) in
            [(vec![left(9), right(15), left(21)], 0), (vec![left(10)], 1), (vec![left(10), left(20)], 2)]
        {
            assert_eq!(met(HowOften::Some, &events), Some(count > 0), "{events:?}");
            assert_eq!(met(HowOften::Never, &events), Some(count == 0), "{events:?}");
            assert_eq!(met(HowOften::Exactly(1), &events), Some(count == 1), "{events:?}");
        }
    }

    #[test]
    fn verif_a_run_that_is_stopped_decides_only_what_it_saw() {
        let met = |how_often, events: &[(i64, Side)]| {
            watch(how_often, None, events).outcome(SimTime::from_secs(12), teller()).met
        };
        let seen = [left(11)];
        assert_eq!([met(HowOften::Some, &[]), met(HowOften::Some, &seen)], [None, Some(true)]);
        assert_eq!([met(HowOften::Never, &[]), met(HowOften::Never, &seen)], [None, Some(false)]);
        assert_eq!([met(HowOften::Exactly(0), &seen), met(HowOften::Exactly(1), &seen)], [Some(false), None]);
    }

    /// Left within two seconds after each right.
    fn after(how_often: HowOften, events: &[(i64, Side)], end: i64) -> Outcome {
        let trigger = Some((pattern(Side::Right), SimTime::from_secs(2)));
        watch(how_often, trigger, events).outcome(SimTime::from_secs(end), teller())
    }

    #[test]
    fn verif_what_is_to_come_after_events_comes_after_each() {
        for (events, some, never) in [
            (vec![right(12), left(14)], true, false),
            (vec![right(12), left(15)], false, true),
            (vec![left(12), right(12)], true, false),
            (vec![right(12), left(12), right(18), left(21)], false, false),
            (vec![right(12), right(13), left(14)], true, false),
            (vec![right(9), left(9)], false, false),
        ] {
            let met = |how_often| after(how_often, &events, 60).met;
            assert_eq!([met(HowOften::Some), met(HowOften::Never)], [Some(some), Some(never)], "{events:?}");
        }
        assert_eq!(after(HowOften::Exactly(2), &[right(12), left(12), left(14), left(15)], 60).met, Some(true));
        let missed = after(HowOften::Some, &[right(12), left(13), right(15)], 60);
        assert_eq!(missed.seen, "open_circuit on the right 2 times; none after the one at 15 s");
        assert_eq!(missed.at, Some(SimTime::from_secs(15)));
        // Stopped before it could come.
        assert_eq!(after(HowOften::Some, &[right(12)], 13).met, None);
        assert_eq!(after(HowOften::Never, &[right(12), left(13)], 13).met, Some(false));
        assert_eq!(after(HowOften::Some, &[], 13).met, None);
    }

    #[test]
    fn verif_an_outcome_is_told_in_words() {
        let watch = watch(HowOften::Some, None, &[left(9), left(21), left(22)]);
        assert_eq!(watch.expected.told(teller()), "open_circuit on the left from 10 s to 20 s");
        assert_eq!(
            watch.outcome(SimTime::from_secs(60), teller()).seen,
            "none; the last before that at 9 s; the first after that at 21 s"
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
