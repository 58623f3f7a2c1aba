//! The pulse generator: sessions, trains and pulses at exact instants.
//!
//! A session runs for its length from its scheduled time or from a command. In it each side repeats its cycle: a train
//! for the on time, rest for the off time. Pulse k of a train begins k periods after the train does. The generator
//! keeps the next instant of everything that it will do, so that it is asked and never polled.

use bevy::ecs::component::Component;
use std::sync::Arc;

use crate::device::activator::Activator;
use crate::device::profile::DeviceProfile;
use crate::device::program::{PhaseOrder, Program, Recharge, pulses_within};
use crate::device::pulse::{Pulse, Run};
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
    /// A command of the timeline or the window.
    Command,
    /// Its length is over.
    Complete,
}

/// A session that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Session {
    end: SimTime,
}

/// Where a side stands in its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TrainState {
    /// The start of the train that the next pulse belongs to.
    train_start: SimTime,
    /// The number of the next pulse in it.
    index: i64,
    /// When the next pulse begins, if there is one.
    next: Option<SimTime>,
    /// Pulses since the start of the scenario.
    pulses: u64,
}

/// What the device has noticed about a lead; each is reported once, when it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Noticed {
    /// The last pulse met an open circuit.
    open_circuit: bool,
    /// The last pulse asked for more than the compliance voltage could push.
    limited: bool,
}

/// What the device can sense of a pulse at its own terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sensed {
    /// Current in the stimulating phase, nA, without sign.
    pub current_na: i64,
    /// No current flows whatever the voltage.
    pub open_circuit: bool,
}

/// The pulse generator of one patient.
#[derive(Clone, Debug, Component)]
pub struct PulseGenerator {
    /// What the device can make.
    pub profile: Arc<DeviceProfile>,
    /// The patient's habit.
    pub activator: Activator,
    program: Program,
    clock: DayClock,
    scheduling: bool,
    session: Option<Session>,
    /// The next scheduled session and the index of its draw; none where nothing is scheduled.
    due: Option<(SimTime, u64)>,
    sides: BySide<TrainState>,
    noticed: BySide<Noticed>,
    sessions: u64,
}

impl PulseGenerator {
    /// A generator with that program, its schedule running.
    pub fn new(profile: Arc<DeviceProfile>, program: Program, activator: Activator, clock: DayClock) -> Self {
        let mut generator = Self {
            profile,
            activator,
            program,
            clock,
            scheduling: true,
            session: None,
            due: None,
            sides: BySide::default(),
            noticed: BySide::default(),
            sessions: 0,
        };
        generator.due = generator.first_due(SimTime::ZERO);
        generator
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Pulses on a side since the start.
    pub fn pulses(&self, side: Side) -> u64 {
        self.sides[side].pulses
    }

    /// Sessions begun since the start.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Whether a session runs.
    pub fn in_session(&self) -> bool {
        self.session.is_some()
    }

    /// The instant of the next thing that it will do by itself.
    pub fn next_event(&self) -> Option<SimTime> {
        let due = self.due.map(|(at, _)| at);
        let end = self.session.map(|session| session.end);
        [due, end, self.sides.left.next, self.sides.right.next].into_iter().flatten().min()
    }

    /// The first scheduled session at or after `from`.
    fn first_due(&self, from: SimTime) -> Option<(SimTime, u64)> {
        let times = &self.program.session_times;
        if !self.scheduling || times.is_empty() {
            return None;
        }
        let (today, _) = self.clock.read(from);
        (today..=today + 1).flat_map(|day| times.iter().enumerate().map(move |(i, &time)| (day, i, time))).find_map(
            |(day, i, time)| {
                let at = self.clock.instant(day, time);
                (at >= from).then_some((at, day as u64 * MOST_SESSIONS_A_DAY + i as u64))
            },
        )
    }

    /// Goes on to the next pulse before `until` and returns it with those that are like it; sessions begin and end on
    /// the way.
    pub fn next_pulses(&mut self, until: SimTime, log: &mut EventLog) -> Option<Run<Pulse>> {
        loop {
            let at = self.next_event().filter(|&at| at < until)?;
            if self.session.is_some_and(|session| session.end == at) {
                self.end_session(at, Cause::Complete, log);
            } else if let Some((_, number)) = self.due.filter(|&(due, _)| due == at) {
                self.due = self.first_due(at + SimTime::from_nanos(1));
                self.session_due(at, number, log);
            } else {
                let side = Side::BOTH.into_iter().find(|&side| self.sides[side].next == Some(at));
                return Some(self.emit(side.expect("the next event is a session's or a side's"), at, until));
            }
        }
    }

    fn session_due(&mut self, at: SimTime, number: u64, log: &mut EventLog) {
        if self.session.is_some() {
            log.push(at, EventKind::SessionMissed { reason: "another session runs".to_string() });
        } else if self.activator.takes(number, at) {
            self.begin_session(at, Cause::Schedule, log);
        } else {
            let reason = if at < self.activator.away_until { "the patient is away" } else { "not taken" };
            log.push(at, EventKind::SessionMissed { reason: reason.to_string() });
        }
    }

    /// Begins a session, unless one runs.
    pub fn begin_session(&mut self, at: SimTime, cause: Cause, log: &mut EventLog) {
        if self.session.is_some() {
            log.push(at, EventKind::CommandIgnored { reason: "a session runs already".to_string() });
            return;
        }
        self.session = Some(Session { end: at + self.program.session_length });
        self.sessions += 1;
        for side in Side::BOTH {
            self.start_side(side, at);
        }
        log.push(at, EventKind::SessionStarted { cause });
    }

    fn start_side(&mut self, side: Side, session_start: SimTime) {
        if !self.program.coordination.uses(side) {
            self.sides[side].next = None;
            return;
        }
        let start = session_start + self.program.first_train(side);
        let state = &mut self.sides[side];
        state.train_start = start;
        state.index = 0;
        state.next = self.session.filter(|session| start < session.end).map(|_| start);
    }

    /// Ends the session, if one runs.
    pub fn end_session(&mut self, at: SimTime, cause: Cause, log: &mut EventLog) {
        if self.session.take().is_none() {
            log.push(at, EventKind::CommandIgnored { reason: "no session runs".to_string() });
            return;
        }
        for side in Side::BOTH {
            self.sides[side].next = None;
        }
        log.push(at, EventKind::SessionEnded { cause });
    }

    /// Puts out the pulse that is due on that side, and those before `until` that are like it. Where the polarity
    /// alternates, or what a pulse leaves on the contacts decays before the next, each is for itself.
    fn emit(&mut self, side: Side, at: SimTime, until: SimTime) -> Run<Pulse> {
        let program = &self.program.sides[side];
        let state = &mut self.sides[side];
        let (amplitude_na, changes_at) = program.amplitude_na(state.index, &self.profile);
        let pulse = Pulse {
            at,
            side,
            waveform: program.waveform(amplitude_na, state.pulses % 2 == 1),
            cathodes: program.cathodes,
            anodes: program.anodes,
        };
        let ends = [self.session.map(|session| session.end), self.due.map(|(due, _)| due)];
        let limit = ends.into_iter().flatten().fold(until, SimTime::min);
        let alike = program.phase_order != PhaseOrder::Alternating && program.recharge != Recharge::Passive;
        let count = if alike { pulses_within(limit - at, program.period).min(changes_at - state.index) } else { 1 };
        state.pulses += count.unsigned_abs();
        state.index += count;
        if state.index >= program.pulses_per_train() {
            state.train_start += program.cycle();
            state.index = 0;
        }
        let next = state.train_start + program.period * state.index;
        state.next = Some(next).filter(|&next| self.session.is_some_and(|session| next < session.end));
        Run { first: pulse, count, period: program.period }
    }

    /// What the device senses of a pulse, against what it asked for.
    pub fn sense(&mut self, pulse: &Pulse, sensed: Sensed, log: &mut EventLog) {
        let asked_na = pulse.waveform.stimulus.current_na.abs();
        let noticed = &mut self.noticed[pulse.side];
        // An open circuit says nothing about what the voltage could push.
        let limited = if sensed.open_circuit { noticed.limited } else { sensed.current_na < asked_na };
        if sensed.open_circuit != noticed.open_circuit {
            noticed.open_circuit = sensed.open_circuit;
            let side = pulse.side;
            let kind =
                if sensed.open_circuit { EventKind::OpenCircuit { side } } else { EventKind::CircuitClosed { side } };
            log.push(pulse.at, kind);
        }
        if limited != noticed.limited {
            noticed.limited = limited;
            let side = pulse.side;
            log.push(
                pulse.at,
                if limited {
                    EventKind::ComplianceLimited {
                        side,
                        asked_ma: asked_na as f64 / 1e6,
                        made_ma: sensed.current_na as f64 / 1e6,
                    }
                } else {
                    EventKind::ComplianceRestored { side }
                },
            );
        }
    }

    /// Turns the schedule on or off; a session that runs goes on.
    pub fn set_scheduling(&mut self, at: SimTime, on: bool, log: &mut EventLog) {
        self.scheduling = on;
        self.due = self.first_due(at);
        log.push(at, EventKind::Schedule { on });
    }

    /// Changes the amplitude of a side, from the next pulse on.
    pub fn set_amplitude(&mut self, at: SimTime, side: Side, amplitude_na: i64, log: &mut EventLog) {
        self.program.sides[side].amplitude_na = amplitude_na;
        log.push(at, EventKind::AmplitudeSet { side, amplitude_ma: amplitude_na as f64 / 1e6 });
    }

    /// Replaces the program; a session that runs ends, as the new one may have another shape.
    pub fn set_program(&mut self, at: SimTime, program: Program, log: &mut EventLog) {
        if self.session.is_some() {
            self.end_session(at, Cause::Command, log);
        }
        self.program = program;
        self.due = self.first_due(at);
        log.push(at, EventKind::ProgramSet {});
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.flag("scheduling", self.scheduling);
        w.number("adherence", self.activator.adherence);
        w.time("away_until", Some(self.activator.away_until));
        self.program.write_state(w);
        w.time("session_end", self.session.map(|session| session.end));
        w.time("session_due", self.due.map(|(at, _)| at));
        w.count("sessions", self.sessions);
        for side in Side::BOTH {
            let state = &self.sides[side];
            w.count("pulses", state.pulses);
            w.time("train_start", Some(state.train_start));
            w.count("pulse_index", state.index as u64);
            w.time("next_pulse", state.next);
            w.flag("open_circuit", self.noticed[side].open_circuit);
            w.flag("limited", self.noticed[side].limited);
        }
    }
}
