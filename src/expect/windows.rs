//! The windows in which a probe is looked at: one stretch, each train, each session, or the time after some events.

use crate::expect::events::Pattern;
use crate::expect::verdict::Teller;
use crate::record::events::{Event, EventKind};
use crate::time::SimTime;

/// The rest after which a train is over: as the summary counts trains.
pub const REST: SimTime = SimTime::SECOND;

/// The longest time between samples at which trains are told apart (ours): a tenth of the rest.
pub const COARSEST_FOR_TRAINS: SimTime = SimTime::from_nanos(100_000_000);

/// What makes a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each {
    /// There is one, the whole stretch.
    Stretch,
    /// Every train: pulses without a rest of more than a second between them, from the first sample that sees one of
    /// them to the first that sees the last.
    Train,
    /// Every session of the device.
    Session,
    /// After every such event, for so long.
    After(Pattern, SimTime),
}

/// The windows of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// What makes one.
    pub each: Each,
    /// They begin in this stretch, both ends included.
    pub from: SimTime,
    /// Its end.
    pub until: SimTime,
    /// How much of their beginning does not count.
    pub delay: SimTime,
}

impl Windows {
    /// The windows in words.
    pub fn told(&self, teller: Teller) -> String {
        let stretch = teller.stretch(self.from, self.until);
        let after = if self.delay > SimTime::ZERO { format!(", {} in,", self.delay) } else { String::new() };
        match &self.each {
            Each::Stretch if self.from == self.until => format!("at {}", teller.at(self.from)),
            Each::Stretch => stretch,
            Each::Train => format!("in each train{after} {stretch}"),
            Each::Session => format!("in each session{after} {stretch}"),
            Each::After(pattern, within) => format!("within {within} after each {pattern}{after} {stretch}"),
        }
    }

    /// What one is called, with its number of them.
    pub fn counted(&self, count: u64) -> String {
        let name = match &self.each {
            Each::Stretch => "stretch",
            Each::Train => "train",
            Each::Session => "session",
            Each::After(pattern, _) => return format!("{count} times {pattern}"),
        };
        if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
    }
}

/// A window that has begun, and its end where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its first instant that counts.
    pub from: SimTime,
    /// Its last.
    pub until: Option<SimTime>,
}

/// Finds windows as a run goes on: told of every event, and of how many pulses there were at each sample.
#[derive(Clone, Debug)]
pub struct Finder {
    windows: Windows,
    /// Pulses at the last sample, and the sample that saw the last of them come.
    pulses: Option<f64>,
    last_pulse: Option<SimTime>,
}

impl Finder {
    /// A finder of those windows.
    pub fn new(windows: Windows) -> Self {
        Self { windows, pulses: None, last_pulse: None }
    }

    /// The window that an event opens, and whether it closes one that is open at that instant.
    pub fn event(&self, event: &Event) -> (Option<Open>, bool) {
        let Windows { each, from, until, delay } = &self.windows;
        let here = (*from..=*until).contains(&event.at);
        let begin = event.at + *delay;
        match (each, &event.kind) {
            (Each::Session, EventKind::SessionStarted { .. }) => {
                (here.then_some(Open { from: begin, until: None }), false)
            }
            (Each::Session, EventKind::SessionEnded { .. }) => (None, true),
            (Each::After(pattern, within), kind) if here && pattern.matches(kind) => {
                (Some(Open { from: begin, until: Some(event.at + *within) }), false)
            }
            _ => (None, false),
        }
    }

    /// The window that a sample opens, and the last instant of one that this sample shows to be over.
    pub fn pulses(&mut self, at: SimTime, count: f64) -> (Option<Open>, Option<SimTime>) {
        // What pulsed before the first sample has begun nobody knows when.
        let came = self.pulses.is_some_and(|before| count > before);
        self.pulses = Some(count);
        let over = self.last_pulse.filter(|&last| at - last > REST);
        if over.is_some() {
            self.last_pulse = None;
        }
        let begins = came && self.last_pulse.is_none();
        if came {
            self.last_pulse = Some(at);
        }
        let here = (self.windows.from..=self.windows.until).contains(&at);
        ((begins && here).then_some(Open { from: at + self.windows.delay, until: None }), over)
    }

    /// The last sample so far that saw a pulse come, of a train that may go on.
    pub fn last_pulse(&self) -> Option<SimTime> {
        self.last_pulse
    }
}
