//! The pulse generator: sessions, trains and pulses at exact instants.
//!
//! A session runs for its length from its scheduled time or from a command. In it each side repeats its cycle: a train
//! for the on time, rest for the off time. The generator keeps the next instant of everything that it will do, so that
//! it is asked and never polled. What it does when is here; the pulses are in [`crate::device::emission`], what it is
//! told in [`crate::device::orders`], and what befalls it in [`crate::device::upkeep`].

use bevy::ecs::component::Component;
use std::sync::Arc;

use crate::device::activator::Activator;
use crate::device::battery::Battery;
use crate::device::clock::{DeviceClock, day_and_time};
use crate::device::impedance::ImpedanceTest;
use crate::device::memory::{Code, Entry, EventMemory};
use crate::device::output::OutputFaults;
use crate::device::profile::DeviceProfile;
use crate::device::program::Program;
use crate::device::pulse::{Purpose, Waveform};
use crate::device::safety::Watch;
use crate::device::single::Single;
use crate::device::telemetry::Link;
use crate::device::therapy::{Input, State};
use crate::device::trains::Train;
use crate::record::digest::StateWriter;
use crate::record::events::{EventKind, EventLog};
use crate::side::{BySide, Side};
use crate::time::{DayClock, SimTime};

/// The most sessions that any device schedules in a day: what the indices of their draws leave room for.
pub const MOST_SESSIONS_A_DAY: u64 = 96;

/// Why a session began or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The schedule said so.
    Schedule,
    /// A command of the timeline, the programmer or the window.
    Command,
    /// The patient, with the activator.
    Patient,
    /// A magnet.
    Magnet,
    /// Its length is over.
    Complete,
    /// A limit of safety was passed.
    Limit,
    /// The battery is spent.
    Battery,
    /// The battery is being charged.
    Charging,
    /// The supply went.
    PowerLost,
    /// The processor started anew.
    Reset,
}

/// A session that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub end: SimTime,
}

/// What the device has noticed about a lead; each is reported once, when it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noticed {
    /// The last pulse met an open circuit.
    pub open_circuit: bool,
    /// The last pulse asked for more than the compliance voltage could push.
    pub limited: bool,
    /// The last measurement found the impedance above its limit.
    pub high_impedance: bool,
}

/// A battery test or a measurement of impedance that a device does by itself, and when the next is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Routines {
    pub impedance: Option<SimTime>,
    pub battery: Option<SimTime>,
}

/// The pulse generator of one patient.
#[derive(Clone, Debug, Component)]
pub struct PulseGenerator {
    /// What the device can make.
    pub profile: Arc<DeviceProfile>,
    /// The patient's habit.
    pub activator: Activator,
    /// The battery.
    pub battery: Battery,
    /// The device's own event log.
    pub memory: EventMemory,
    /// The link to the programmer.
    pub link: Link,
    pub(super) program: Program,
    pub(super) state: State,
    /// The clock of the scenario.
    pub(super) true_clock: DayClock,
    pub(super) clock: DeviceClock,
    pub(super) scheduling: bool,
    pub(super) session: Option<Session>,
    /// The next scheduled session and the index of its draw; none where nothing is scheduled.
    pub(super) due: Option<(SimTime, u64)>,
    pub(super) trains: BySide<Train>,
    pub(super) noticed: BySide<Noticed>,
    pub(super) watches: BySide<Watch>,
    pub(super) test: Option<ImpedanceTest>,
    pub(super) singles: BySide<Option<Single>>,
    pub(super) routines: Routines,
    /// When a start or the running down of the supplies is over.
    pub(super) wakes_at: Option<SimTime>,
    /// When the supply comes back, or a charge ends.
    pub(super) power_at: Option<SimTime>,
    pub(super) charged_at: Option<SimTime>,
    /// Since when a magnet is there, and when it is taken away.
    pub(super) magnet: Option<(SimTime, SimTime)>,
    pub(super) output_faults: OutputFaults,
    /// What the output stage made of the last waveform asked of it.
    pub(super) made: BySide<Option<(Waveform, Waveform)>>,
    /// When the last pulse of a side is over: it goes on to its end, whatever the device is told.
    pub(super) busy_until: BySide<SimTime>,
    pub(super) sessions: u64,
    pub(super) scheduled: u64,
    /// Replacement of the battery is indicated.
    pub(super) replace: bool,
    /// The battery is spent.
    pub(super) spent: bool,
    /// A limit has been passed and nobody has cleared the fault: it lies in memory, and outlives a start.
    pub(super) faulty: bool,
}

/// The next thing that a generator does by itself, in the order in which it does them at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    SessionEnd,
    Power,
    Charged,
    Wake,
    LinkTimeout,
    Magnet,
    Impedance,
    Battery,
    Due,
    Rest(Side),
    TestPulse,
    Single(Side),
    Pulse(Side),
}

impl PulseGenerator {
    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What it is doing.
    pub fn state(&self) -> State {
        self.state
    }

    /// Pulses of therapy on a side since the start.
    pub fn pulses(&self, side: Side) -> u64 {
        self.trains[side].pulses
    }

    /// When the session that runs ends; none where none runs.
    pub fn session_end(&self) -> Option<SimTime> {
        self.session.map(|session| session.end)
    }

    /// Whether scheduled sessions take place.
    pub fn is_scheduling(&self) -> bool {
        self.scheduling
    }

    /// Sessions begun since the start.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Sessions that were due since the start.
    pub fn scheduled(&self) -> u64 {
        self.scheduled
    }

    /// How far the device's clock is ahead of the scenario's, s.
    pub fn clock_ahead_s(&self, at: SimTime) -> f64 {
        (self.clock.read(at) - self.true_clock.since_midnight(at)).as_secs()
    }

    /// What it will do by itself but for pulses of therapy, and when, in the order in which it does them at one
    /// instant.
    pub(super) fn agenda(&self) -> impl Iterator<Item = (SimTime, Next)> {
        let [left, right] = Side::BOTH.map(|side| &self.trains[side]);
        let single = |side: Side| self.singles[side].map(|single| single.at);
        [
            (self.session.map(|session| session.end), Next::SessionEnd),
            (self.power_at, Next::Power),
            (self.charged_at, Next::Charged),
            (self.wakes_at, Next::Wake),
            (self.link.times_out_at, Next::LinkTimeout),
            (self.magnet.map(|(_, removed)| removed), Next::Magnet),
            (self.routines.impedance, Next::Impedance),
            (self.routines.battery, Next::Battery),
            (self.due.map(|(due, _)| due), Next::Due),
            (left.rests_at, Next::Rest(Side::Left)),
            (right.rests_at, Next::Rest(Side::Right)),
            (self.test.map(|test| test.next), Next::TestPulse),
            (single(Side::Left), Next::Single(Side::Left)),
            (single(Side::Right), Next::Single(Side::Right)),
        ]
        .into_iter()
        .filter_map(|(at, next)| at.map(|at| (at, next)))
    }

    /// What it will do next, and when.
    fn next(&self) -> Option<(SimTime, Next)> {
        let pulse = |side: Side| self.trains[side].next.map(|at| (at, Next::Pulse(side)));
        let pulses = Side::BOTH.into_iter().filter_map(pulse);
        self.agenda().chain(pulses).min_by_key(|(at, _)| *at)
    }

    /// The instant of the next thing that it will do by itself.
    pub fn next_event(&self) -> Option<SimTime> {
        self.next().map(|(at, _)| at)
    }

    /// Goes on to the next pulse before `until`, and tells whose it is; sessions begin and end on the way, and all else
    /// happens that is due.
    pub fn next_pulse(&mut self, until: SimTime, log: &mut EventLog) -> Option<(SimTime, Side, Purpose)> {
        loop {
            let (at, next) = self.next().filter(|(at, _)| *at < until)?;
            match next {
                Next::SessionEnd => self.end_session(at, Cause::Complete, log),
                Next::Due => self.session_due(at, log),
                Next::Rest(side) => {
                    self.trains[side].rests_at = None;
                    self.follow_trains();
                }
                Next::TestPulse => return self.test.map(|test| (at, test.side, Purpose::Test)),
                Next::Single(side) => return Some((at, side, Purpose::Single)),
                Next::Pulse(side) => return Some((at, side, Purpose::Therapy)),
                other => self.keep_up(other, at, log),
            }
        }
    }

    /// Takes an input into the table of states; returns whether it changed anything.
    pub(super) fn take(&mut self, at: SimTime, input: Input, log: &mut EventLog) -> bool {
        let Some(next) = self.state.after(input) else { return false };
        let from = std::mem::replace(&mut self.state, next);
        // Within a session the trains say enough.
        if !(from.in_session() && next.in_session()) || from == State::Paused || next == State::Paused {
            log.push(at, EventKind::StateChanged { from, to: next });
        }
        true
    }

    /// Writes into the device's own log.
    pub(super) fn write(&mut self, at: SimTime, entry: Entry) {
        let stamp = self.clock.read(at);
        self.memory.write(stamp, at, entry);
    }

    /// The first scheduled session at or after `from`.
    pub(super) fn first_due(&self, from: SimTime) -> Option<(SimTime, u64)> {
        let times = self.profile.habits.armed(&self.program.session_times);
        if !self.scheduling || times.is_empty() {
            return None;
        }
        let (today, _) = day_and_time(self.clock.read(from));
        let at = |day: i64, time: SimTime| self.clock.when(SimTime::DAY * day + time);
        (today..=today + 1).flat_map(|day| times.iter().enumerate().map(move |(i, &time)| (day, i, time))).find_map(
            |(day, i, time)| {
                let number = day.unsigned_abs() * MOST_SESSIONS_A_DAY + i as u64;
                at(day, time).filter(|&at| at >= from).map(|at| (at, number))
            },
        )
    }

    fn session_due(&mut self, at: SimTime, log: &mut EventLog) {
        let (_, number) = self.due.take().expect("a session is due now");
        self.due = self.first_due(at + SimTime::from_nanos(1));
        self.scheduled += 1;
        let reason = if !self.activator.takes(number, at) {
            Some(if at < self.activator.away_until { "the patient is away" } else { "not taken" }.to_string())
        } else {
            self.begins_not()
        };
        match reason {
            Some(reason) => log.push(at, EventKind::SessionMissed { reason }),
            None => self.begin(at, Cause::Schedule, log),
        }
    }

    /// Why no session can begin now; none where one can.
    pub fn begins_not(&self) -> Option<String> {
        if self.state.in_session() {
            return Some("another session runs".to_string());
        }
        if self.charged_at.is_some() {
            return Some("the battery is being charged".to_string());
        }
        if self.profile.habits.short_blocks && self.memory.holds(Code::ShortCircuit) {
            return Some("a short circuit is in the event log".to_string());
        }
        (!self.state.is_ready()).then(|| format!("the device is in the state {}", self.state.name()))
    }

    /// Begins a session, unless something keeps it from beginning.
    pub fn begin_session(&mut self, at: SimTime, cause: Cause, log: &mut EventLog) {
        match self.begins_not() {
            Some(reason) => log.push(at, EventKind::CommandIgnored { reason }),
            None => self.begin(at, cause, log),
        }
    }

    fn begin(&mut self, at: SimTime, cause: Cause, log: &mut EventLog) {
        let end = at + self.program.session_length;
        self.session = Some(Session { end });
        self.sessions += 1;
        self.wakes_at = None;
        log.push(at, EventKind::SessionStarted { cause });
        self.take(at, Input::SessionBegins, log);
        self.write(at, Entry::event(Code::StimulationStart));
        for side in Side::BOTH {
            self.watches[side] = Watch::default();
            self.trains[side].halt();
            if self.program.coordination.uses(side) {
                let free = at.max(self.busy_until[side]);
                self.trains[side].begin(free + self.program.first_train(side), end);
            }
        }
    }

    /// Ends the session, if one runs.
    pub fn end_session(&mut self, at: SimTime, cause: Cause, log: &mut EventLog) {
        if self.session.is_none() {
            log.push(at, EventKind::CommandIgnored { reason: "no session runs".to_string() });
            return;
        }
        self.stop_session(at, cause, log);
        self.take(at, Input::SessionEnds, log);
        self.wakes_at = Some(at + self.seconds(self.profile.habits.settle_s.value));
    }

    /// The session is over, whatever the state then is.
    pub(super) fn stop_session(&mut self, at: SimTime, cause: Cause, log: &mut EventLog) {
        if self.session.take().is_some() {
            let text = format!("{cause:?}").to_lowercase();
            self.write(at, Entry::Event { code: Code::StimulationStop, text });
            log.push(at, EventKind::SessionEnded { cause });
        }
        Side::BOTH.into_iter().for_each(|side| self.trains[side].halt());
    }

    /// A span of so many seconds.
    pub(super) fn seconds(&self, seconds: f64) -> SimTime {
        SimTime::from_nanos((seconds * 1e9).round() as i64)
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("state", self.state as u64);
        w.flag("scheduling", self.scheduling);
        w.number("adherence", self.activator.adherence);
        w.time("away_until", Some(self.activator.away_until));
        self.program.write_state(w);
        for (name, at) in [
            ("session_end", self.session.map(|session| session.end)),
            ("session_due", self.due.map(|(at, _)| at)),
            ("impedance_due", self.routines.impedance),
            ("battery_due", self.routines.battery),
            ("wakes_at", self.wakes_at),
            ("power_at", self.power_at),
            ("charged_at", self.charged_at),
            ("magnet_until", self.magnet.map(|(_, removed)| removed)),
        ] {
            w.time(name, at);
        }
        w.count("sessions", self.sessions);
        w.count("scheduled", self.scheduled);
        w.flag("replace", self.replace);
        w.flag("spent", self.spent);
        w.flag("faulty", self.faulty);
        self.clock.write_state(w);
        self.battery.write_state(w);
        self.memory.write_state(w);
        self.link.write_state(w);
        self.output_faults.write_state(w);
        if let Some(test) = &self.test {
            test.write_state(w);
        }
        self.write_singles(w);
        for side in Side::BOTH {
            self.trains[side].write_state(w);
            self.watches[side].write_state(w);
            let noticed = self.noticed[side];
            w.time("busy_until", Some(self.busy_until[side]));
            w.flag("open_circuit", noticed.open_circuit);
            w.flag("limited", noticed.limited);
            w.flag("high_impedance", noticed.high_impedance);
        }
    }
}
