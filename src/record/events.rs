//! Events: what happened, when. They are what a person reads after a run, and what a test waits for.

use bevy::ecs::resource::Resource;
use serde::Serialize;

use crate::device::generator::Cause;
use crate::side::Side;
use crate::time::SimTime;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A session began.
    SessionStarted {
        /// By schedule or by command.
        cause: Cause,
    },
    /// A session ended.
    SessionEnded {
        /// Its length was over, or a command ended it.
        cause: Cause,
    },
    /// A scheduled session did not take place.
    SessionMissed {
        /// Why.
        reason: String,
    },
    /// A command had nothing to do.
    CommandIgnored {
        /// Why.
        reason: String,
    },
    /// The schedule was turned on or off.
    Schedule {
        /// On.
        on: bool,
    },
    /// The amplitude of a side was set.
    AmplitudeSet {
        /// The side.
        side: Side,
        /// The new amplitude, mA.
        amplitude_ma: f64,
    },
    /// The program was replaced.
    ProgramSet {},
    /// The device found that no current flows on a side.
    OpenCircuit {
        /// The side.
        side: Side,
    },
    /// Current flows again.
    CircuitClosed {
        /// The side.
        side: Side,
    },
    /// The device could not push the current that it was told to; said once, when it begins.
    ComplianceLimited {
        /// The side.
        side: Side,
        /// What it was told, mA.
        asked_ma: f64,
        /// What flowed, mA.
        made_ma: f64,
    },
    /// The full current flows again.
    ComplianceRestored {
        /// The side.
        side: Side,
    },
    /// A fault of a lead began or was mended.
    LeadChanged {
        /// The side.
        side: Side,
        /// What the lead is like now.
        state: String,
    },
    /// The patient's habit changed.
    HabitChanged {
        /// What it is now.
        habit: String,
    },
    /// A day's adaptation.
    DayAdapted {
        /// The side.
        side: Side,
        /// Force-time integral of the day, N·s.
        impulse_n_s: f64,
        /// Size of the muscle, relative to the healthy one.
        size: f64,
        /// Neural drive, relative to a healthy one.
        drive: f64,
    },
}

/// Something that happened at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: EventKind,
}

/// The events since they were last taken away.
#[derive(Clone, Debug, Default, Resource)]
pub struct EventLog(Vec<Event>);

impl EventLog {
    /// Adds an event.
    pub fn push(&mut self, at: SimTime, kind: EventKind) {
        self.0.push(Event { at, kind });
    }

    /// Takes all events away, in the order in which they happened.
    pub fn drain(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.0.drain(..)
    }
}
