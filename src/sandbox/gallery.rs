//! The gallery: scenarios to open, three things to try with each, and the numbers that one should then see.
//!
//! It is data, `assets/gallery.ron`; a test replays every try.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::muscle::body::MuscleCursor;
use crate::record::probe::{Probe, SideView};
use crate::scenario::library::{ASSETS, Kind};
use crate::time::{DayClock, SimTime, parse_instant};

/// A scenario of the gallery.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The name of the scenario, which is built in.
    scenario: String,
    /// What it is called.
    pub title: String,
    /// What it is about, in a line.
    pub line: String,
    /// What to try with it.
    pub tries: Vec<Try>,
}

/// Something to try.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// What to do.
    pub say: String,
    /// The same as commands; none where one only looks.
    pub give: Vec<Given>,
    /// What is then to be seen.
    pub see: Vec<Seen>,
}

/// A command at an instant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// When, as a scenario says it.
    at: String,
    /// What, as a scenario says it.
    #[serde(rename = "do")]
    pub command: String,
}

/// A number at an instant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// When, as a scenario says it.
    at: String,
    /// The name of the probe.
    pub probe: String,
    /// The least that it shows, in the probe's unit.
    pub from: f64,
    /// The most that it shows.
    pub to: f64,
    /// What that means.
    pub say: String,
}

/// What a try consists of, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The number of that place in the list is looked at.
    Look(usize),
    /// A command is given.
    Give(&'a str),
}

/// The cards.
pub fn cards() -> &'static [Card] {
    static CARDS: LazyLock<Vec<Card>> = LazyLock::new(|| {
        let text = include_str!("../../assets/gallery.ron");
        ron::from_str(text).unwrap_or_else(|error| panic!("assets/gallery.ron is built in, and tests read it: {error}"))
    });
    &CARDS
}

impl Card {
    /// The name of its scenario among those that are built in.
    pub fn scenario(&self) -> Option<&'static str> {
        let found = ASSETS.iter().find(|asset| asset.kind == Kind::Scenarios && asset.name == self.scenario);
        found.map(|asset| asset.name)
    }
}

impl Try {
    /// Its parts with their instants, in the order of time. What is looked at at the instant of a command is seen
    /// before it, as samples are.
    ///
    /// # Errors
    /// An instant that cannot be read; a test reads them all.
    pub fn parts(&self, clock: DayClock) -> Result<Vec<(SimTime, Part<'_>)>, String> {
        let looks = self.see.iter().enumerate().map(|(index, seen)| (&seen.at, Part::Look(index)));
        let gives = self.give.iter().map(|given| (&given.at, Part::Give(&given.command)));
        let timed = looks.chain(gives).map(|(at, part)| parse_instant(at, clock).map(|at| (at, part)));
        let mut parts = timed.collect::<Result<Vec<_>, _>>()?;
        parts.sort_by_key(|(at, _)| *at);
        Ok(parts)
    }
}

impl Seen {
    /// When, as a scenario says it.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// Whether a value is what is to be seen.
    pub fn holds(&self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }

    /// The range as people read it.
    pub fn range(&self) -> String {
        if self.from == self.to { number(self.from) } else { format!("{} to {}", number(self.from), number(self.to)) }
    }

    /// What the probe shows at an instant at which the simulation is; `side` gives a side of the patient.
    ///
    /// # Errors
    /// There is no such probe; a test reads them all.
    pub fn read<'a>(&self, at: SimTime, side: impl Fn(crate::side::Side) -> SideView<'a>) -> Result<f64, String> {
        let probe = Probe::parse(&self.probe, 0)?;
        let view = side(probe.side);
        Ok(view.at(at).read(probe.quantity, &mut MuscleCursor::new(view.pool)))
    }
}

/// A number with three digits that tell something, as people write it.
pub fn number(value: f64) -> String {
    // -0 is 0.
    let value = value + 0.0;
    let decimals = match value.abs() {
        size if size < 1e-6 => 0,
        size if size < 0.1 => 4,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_look_at_the_instant_of_a_command_comes_before_it() {
        let given = |at: &str, command: &str| Given { at: at.to_string(), command: command.to_string() };
        let seen = |at: &str| Seen {
            at: at.to_string(),
            probe: "left.force_n".to_string(),
            from: 0.0,
            to: 1.0,
            say: String::new(),
        };
        let give = vec![given("5 s", "StopSession"), given("5 s", "StartSession")];
        let try_ = Try { say: String::new(), give, see: vec![seen("8 s"), seen("5 s")] };
        let second = SimTime::from_secs;
        let expected = [
            (second(5), Part::Look(1)),
            (second(5), Part::Give("StopSession")),
            (second(5), Part::Give("StartSession")),
            (second(8), Part::Look(0)),
        ];
        assert_eq!(try_.parts(DayClock::default()).as_deref(), Ok(&expected[..]));
        assert!(Try { see: vec![seen("soon")], ..try_ }.parts(DayClock::default()).is_err());
    }

    #[test]
    fn verif_numbers_are_short_and_ranges_hold_their_ends() {
        for (value, text) in
            [(0.0, "0"), (-0.0, "0"), (0.98, "0.98"), (12000.0, "12000"), (-11.848, "-11.8"), (1.0, "1")]
        {
            assert_eq!(number(value), text);
        }
        let seen = Seen { at: "1 s".into(), probe: String::new(), from: 0.6, to: 0.8, say: String::new() };
        assert!(seen.holds(0.6) && seen.holds(0.8) && !seen.holds(0.81) && !seen.holds(f64::NAN));
        assert_eq!(seen.range(), "0.6 to 0.8");
    }
}
