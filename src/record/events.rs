//! Events: what happened, when. They are what a person reads after a run, and what a test waits for.

use bevy::ecs::resource::Resource;
use serde::Serialize;

use crate::device::generator::Cause;
use crate::device::impedance::Verdict;
use crate::device::therapy::State;
use crate::side::Side;
use crate::spine::clinic::Finding;
use crate::time::{DayClock, SimTime};

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
    /// A part of the output stage failed or was mended.
    OutputChanged {
        /// What is wrong with it now.
        state: String,
    },
    /// The device went from one state to another, but for those within a session.
    StateChanged {
        /// From.
        from: State,
        /// To.
        to: State,
    },
    /// A limit of safety was passed, and therapy stopped.
    LimitPassed {
        /// The side.
        side: Side,
        /// The contact.
        contact: &'static str,
        /// The limit, as it is called in the profile.
        limit: &'static str,
        /// What was found, in the limit's unit.
        found: f64,
        /// What is allowed.
        allowed: f64,
    },
    /// The device put out less than it was told: the safe amplitude.
    AmplitudeLowered {
        /// The side.
        side: Side,
        /// What it was told, mA.
        asked_ma: f64,
        /// What it stores now, mA.
        stored_ma: f64,
    },
    /// A width did not fit into the period, and was cut.
    WidthCut {
        /// The side.
        side: Side,
        /// What it was told, µs.
        asked_us: f64,
        /// What it stores now, µs.
        stored_us: f64,
    },
    /// Impedance was measured.
    ImpedanceMeasured {
        /// The side.
        side: Side,
        /// What the device reads, Ω.
        ohm: f64,
        /// What it makes of it.
        verdict: Verdict,
    },
    /// The battery's voltage fell to where it is to be replaced.
    ElectiveReplacement {
        /// The voltage read, V.
        volts: f64,
    },
    /// The battery's voltage fell to where therapy ends.
    EndOfService {
        /// The voltage read, V.
        volts: f64,
    },
    /// The battery was charged or replaced.
    BatteryRenewed {
        /// What was done.
        how: String,
    },
    /// The device's clock was set, jumped, or runs at another rate.
    ClockChanged {
        /// How far it is ahead of true time now, s.
        ahead_s: f64,
        /// How fast it runs, in parts per million too much.
        ppm: f64,
    },
    /// A programmer was connected, or the link ended.
    LinkChanged {
        /// Connected.
        connected: bool,
        /// Why.
        reason: String,
    },
    /// A message did not come.
    MessageLost {
        /// Its number.
        number: u64,
    },
    /// A message comes later than it was sent.
    MessageDelayed {
        /// Its number.
        number: u64,
        /// By how much, s.
        by_s: f64,
    },
    /// A message came and was not carried out.
    MessageRefused {
        /// Its number; none where it carried none.
        number: Option<u64>,
        /// Why.
        reason: String,
    },
    /// A message was carried out.
    MessageCarriedOut {
        /// Its number.
        number: u64,
    },
    /// A magnet was taken away.
    MagnetRemoved {
        /// For how many whole seconds it was there, as the device counts.
        held_s: i64,
    },
    /// The device's own event log changed its ways.
    LogChanged {
        /// What it does now.
        state: String,
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
    /// A test of the clinic was done.
    Examined {
        /// What was found.
        #[serde(flatten)]
        finding: Finding,
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

/// An event as a line of `events.jsonl`.
#[derive(Clone, Debug, Serialize)]
pub struct EventLine<'a> {
    time_ns: i64,
    clock: String,
    #[serde(flatten)]
    kind: &'a EventKind,
}

impl<'a> EventLine<'a> {
    /// The line of an event, by the clock of its scenario.
    pub fn new(event: &'a Event, clock: DayClock) -> Self {
        Self { time_ns: event.at.nanos(), clock: clock.show(event.at), kind: &event.kind }
    }

    /// The line, without its end.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("events are plain values with text keys")
    }
}

/// A test of the clinic with its place in the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Examination {
    /// Its name with its number among those of its kind, from 1: `ultrasound_2`.
    pub name: String,
    /// When it was done, s since the start.
    pub at_s: f64,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The events since they were last taken away, and the tests of the clinic since the start.
#[derive(Clone, Debug, Default, Resource)]
pub struct EventLog(Vec<Event>, Vec<Examination>);

impl EventLog {
    /// Adds an event.
    pub fn push(&mut self, at: SimTime, kind: EventKind) {
        self.0.push(Event { at, kind });
    }

    /// Adds what a test of the clinic found.
    pub fn examined(&mut self, at: SimTime, finding: Finding) {
        let kind = finding.name();
        let number = self.1.iter().filter(|earlier| earlier.finding.name() == kind).count() + 1;
        self.1.push(Examination { name: format!("{kind}_{number}"), at_s: at.as_secs(), finding });
        self.push(at, EventKind::Examined { finding });
    }

    /// The tests of the clinic since the start.
    pub fn examinations(&self) -> &[Examination] {
        &self.1
    }

    /// Takes all events away, in the order in which they happened.
    pub fn drain(&mut self) -> impl Iterator<Item = Event> + '_ {
        self.0.drain(..)
    }
}
