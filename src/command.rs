//! Commands: what the timeline, the window and later a remote tell the simulated world. Nothing else changes it.

use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Query, Res, ResMut};
use std::collections::VecDeque;

use crate::adaptation::multifidus::Multifidus;
use crate::device::generator::{Cause, PulseGenerator};
use crate::device::program::Program;
use crate::lead::conductor::Lead;
use crate::lead::contact::Contact;
use crate::record::events::{EventKind, EventLog};
use crate::side::Side;
use crate::sim::{PatientEntities, Roster, Window};
use crate::time::SimTime;

/// A command to the device, the patient or the leads.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin a session now.
    StartSession,
    /// End the session that runs.
    StopSession,
    /// Turn the schedule on or off.
    Schedule(bool),
    /// Set the amplitude of a side, nA.
    SetAmplitude(Side, i64),
    /// Replace the program.
    SetProgram(Box<Program>),
    /// The patient takes no session for that long.
    Away(SimTime),
    /// The chance that a scheduled session is taken.
    Adherence(f64),
    /// The patient's own daily loading, relative to a healthy person's.
    Activity(f64),
    /// A change of a lead.
    Lead(Side, LeadCommand),
}

/// What happens to a lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeadCommand {
    /// The connector comes off.
    Disconnect,
    /// The conductor of a contact breaks.
    Break(usize),
    /// Resistance appears in series with the whole lead, Ω.
    Series(f64),
    /// All is mended.
    Repair,
}

/// A command with its instant.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedCommand {
    /// When.
    pub at: SimTime,
    /// What.
    pub command: Command,
}

/// Commands that are still to come, in the order of time.
#[derive(Debug, Default, Resource)]
pub struct CommandQueue(VecDeque<TimedCommand>);

impl CommandQueue {
    /// A queue of those commands, which are in the order of time.
    pub fn new(commands: impl IntoIterator<Item = TimedCommand>) -> Self {
        Self(commands.into_iter().collect())
    }

    /// The instant of the next one.
    pub fn next(&self) -> Option<SimTime> {
        self.0.front().map(|timed| timed.at)
    }

    /// The instant of the first one after `at`.
    pub fn next_after(&self, at: SimTime) -> Option<SimTime> {
        self.0.iter().map(|timed| timed.at).find(|&next| next > at)
    }

    /// Adds a command behind those of the same instant.
    pub fn insert(&mut self, timed: TimedCommand) {
        let place = self.0.partition_point(|other| other.at <= timed.at);
        self.0.insert(place, timed);
    }
}

/// What commands change, in the world's queries.
type Targets<'w, 's> = (
    Query<'w, 's, &'static mut PulseGenerator>,
    Query<'w, 's, &'static mut Lead>,
    Query<'w, 's, &'static mut Contact>,
    Query<'w, 's, &'static mut Multifidus>,
);

/// Applies the commands of the instant at which the window begins, before anything else happens at it.
pub fn apply_commands(
    window: Res<Window>,
    roster: Res<Roster>,
    mut queue: ResMut<CommandQueue>,
    mut log: ResMut<EventLog>,
    mut targets: Targets,
) {
    let at = window.from;
    while queue.next().is_some_and(|next| next <= at && window.from < window.to) {
        let Some(TimedCommand { command, .. }) = queue.0.pop_front() else { break };
        for patient in roster.patients() {
            apply(&command, at, patient, &mut targets, &mut log);
        }
    }
}

fn apply(command: &Command, at: SimTime, patient: &PatientEntities, targets: &mut Targets, log: &mut EventLog) {
    let (generators, leads, contacts, multifidi) = targets;
    let mut generator = generators.get_mut(patient.generator).expect("the roster's entities live");
    match command {
        Command::StartSession => generator.begin_session(at, Cause::Command, log),
        Command::StopSession => generator.end_session(at, Cause::Command, log),
        Command::Schedule(on) => generator.set_scheduling(at, *on, log),
        Command::SetAmplitude(side, amplitude_na) => generator.set_amplitude(at, *side, *amplitude_na, log),
        Command::SetProgram(program) => generator.set_program(at, Program::clone(program), log),
        Command::Away(span) => {
            generator.activator.away_until = at + *span;
            log.push(at, EventKind::HabitChanged { habit: format!("away for {span}") });
        }
        Command::Adherence(chance) => {
            generator.activator.adherence = *chance;
            log.push(at, EventKind::HabitChanged { habit: format!("adherence {chance}") });
        }
        Command::Activity(level) => {
            for side in Side::BOTH {
                let entity = patient.sides[side].multifidus;
                multifidi.get_mut(entity).expect("the roster's entities live").activity = *level;
            }
            log.push(at, EventKind::HabitChanged { habit: format!("activity {level}") });
        }
        Command::Lead(side, change) => {
            let entities = &patient.sides[*side];
            let mut lead = leads.get_mut(entities.lead).expect("the roster's entities live");
            let mut of_lead = contacts.get_many_mut(entities.contacts).expect("the roster's entities live");
            lead.settle(at, &generator.profile, &mut of_lead.each_mut().map(|contact| &mut **contact));
            lead.change(*change);
            log.push(at, EventKind::LeadChanged { side: *side, state: lead.faults().describe() });
        }
    }
}
