//! Commands: what the timeline, the window and later a remote tell the simulated world. Nothing else changes it.

use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Query, Res, ResMut};
use std::collections::VecDeque;

use crate::adaptation::multifidus::Multifidus;
use crate::device::battery::Consumer;
use crate::device::generator::{Cause, PulseGenerator};
use crate::device::output::{LostPhase, OutputFaults};
use crate::device::program::Program;
use crate::device::telemetry::{Arrival, LinkFault};
use crate::lead::conductor::Lead;
use crate::lead::contact::Contact;
use crate::lead::faults::LeadCommand;
use crate::muscle::body::Muscle;
use crate::nerve::bundle::Nerve;
use crate::record::events::{EventKind, EventLog};
use crate::side::{BySide, Side};
use crate::sim::{PatientEntities, Roster, Window};
use crate::spine::clinic::ClinicTest;
use crate::spine::profile::RAD;
use crate::spine::{MuscleNow, Spine};
use crate::time::SimTime;

/// A command to the device, the patient or the leads, or what befalls them.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The device is told something, or something befalls it.
    Device(DeviceCommand),
    /// The patient takes no session for that long.
    Away(SimTime),
    /// The chance that a scheduled session is taken.
    Adherence(f64),
    /// The patient's own daily loading, relative to a healthy person's.
    Activity(f64),
    /// The patient bends the lower back forward by so many degrees, or back where that is negative.
    Bend(f64),
    /// A change of a lead.
    Lead(Side, LeadCommand),
    /// A test of the clinic, which changes nothing.
    Examine(ClinicTest),
}

/// What the device is told, or what befalls it.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceCommand {
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
    /// Measure impedance now.
    TestImpedance,
    /// Put out a single pulse, or burst, on those sides now.
    SinglePulse(BySide<bool>),
    /// Clear the fault that stopped therapy.
    ClearFault,
    /// Set the device's clock right.
    SetClock,
    /// Erase the device's event log.
    EraseLog,
    /// The patient begins a session with the activator.
    PatientStart,
    /// The patient ends it.
    PatientStop,
    /// The patient pauses it.
    Pause,
    /// The patient goes on with it.
    Resume,
    /// The patient changes the amplitude of a side by so many steps.
    StepAmplitude(Side, i64),
    /// A magnet is held over the device for so long.
    Magnet(SimTime),
    /// A charger is put on for so long.
    Charge(SimTime),
    /// A programmer connects.
    Connect,
    /// It disconnects.
    Disconnect,
    /// A command comes as a message with a number over the link.
    Message(u64, Box<Self>),
    /// A message that has been on its way arrives.
    Arrival(u64, Box<Self>),
    /// Something happens to the link.
    Link(LinkFault),
    /// Interference looks like a command.
    Interference(Box<Self>),
    /// The supply fails for so long.
    BrownOut(SimTime),
    /// The processor starts anew.
    Reset,
    /// A bit of the converter is stuck, low or high.
    StickBit(u32, bool),
    /// A switch is stuck, and a phase never comes.
    LosePhase(LostPhase),
    /// The timer is slow by a factor.
    SlowTimer(f64),
    /// The output stage is mended.
    MendOutput,
    /// The device's clock jumps, forwards or backwards.
    JumpClock(SimTime),
    /// The device's clock runs too fast by so many parts per billion.
    DriftClock(i64),
    /// The device's event log takes no entries, or does again.
    FillLog(bool),
    /// Something in the device draws a current, nA.
    Drain(i64),
    /// The battery is replaced by one that is used by that part, after so long on the shelf.
    SwapBattery(f64, SimTime),
    /// Several at once, as for both sides.
    Several(Vec<Self>),
}

impl DeviceCommand {
    /// Whether the device's processor is what hears it.
    fn is_heard(&self) -> bool {
        use DeviceCommand as C;
        matches!(
            self,
            C::StartSession
                | C::StopSession
                | C::Schedule(_)
                | C::SetAmplitude(..)
                | C::SetProgram(_)
                | C::TestImpedance
                | C::SinglePulse(_)
                | C::ClearFault
                | C::SetClock
                | C::EraseLog
                | C::PatientStart
                | C::PatientStop
                | C::Pause
                | C::Resume
                | C::StepAmplitude(..)
        )
    }
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
#[derive(Clone, Debug, Default, Resource)]
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

    /// Whether a message is sent at `at`.
    pub fn has_message_at(&self, at: SimTime) -> bool {
        let mut now = self.0.iter().take_while(|timed| timed.at <= at);
        now.any(|timed| matches!(timed.command, Command::Device(DeviceCommand::Message(..))))
    }

    /// Makes those the commands to come, in the order of time; messages that are on their way stay, behind those of
    /// the same instant.
    pub fn replace(&mut self, commands: impl IntoIterator<Item = TimedCommand>) {
        let is_on_its_way = |timed: &TimedCommand| matches!(timed.command, Command::Device(DeviceCommand::Arrival(..)));
        let on_their_way: Vec<TimedCommand> = self.0.drain(..).filter(is_on_its_way).collect();
        self.0.extend(commands);
        on_their_way.into_iter().for_each(|timed| self.insert(timed));
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
    Query<'w, 's, &'static mut Nerve>,
    Query<'w, 's, &'static mut Multifidus>,
    Query<'w, 's, &'static mut Muscle>,
    Query<'w, 's, &'static Spine>,
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
            let late = apply(&command, at, patient, &mut targets, &mut log);
            if let Some((at, command)) = late {
                queue.insert(TimedCommand { at, command: Command::Device(command) });
            }
        }
    }
}

/// A command to the device that comes later.
type Late = Option<(SimTime, DeviceCommand)>;

fn apply(command: &Command, at: SimTime, patient: &PatientEntities, targets: &mut Targets, log: &mut EventLog) -> Late {
    let mut generator = targets.0.get_mut(patient.generator).expect("the roster's entities live");
    let habit = match command {
        Command::Device(command) => return tell(command, at, &mut generator, log),
        Command::Lead(side, change) => {
            change_lead(*side, *change, at, patient, targets, log);
            return None;
        }
        Command::Examine(test) => {
            examine(*test, at, patient, targets, log);
            return None;
        }
        Command::Away(span) => {
            generator.activator.away_until = at + *span;
            format!("away for {span}")
        }
        Command::Adherence(chance) => {
            generator.activator.adherence = *chance;
            format!("adherence {chance}")
        }
        Command::Activity(level) => {
            for side in Side::BOTH {
                let entity = patient.sides[side].multifidus;
                targets.4.get_mut(entity).expect("the roster's entities live").activity = *level;
            }
            format!("activity {level}")
        }
        Command::Bend(flexion_deg) => {
            let spine = targets.6.get(patient.patient).expect("the roster's entities live");
            let fascicles = spine.stretches(flexion_deg * RAD);
            for side in Side::BOTH {
                let entity = patient.sides[side].pool;
                targets.5.get_mut(entity).expect("the roster's entities live").stretch(at, &fascicles);
            }
            format!("lower back bent by {flexion_deg}°")
        }
    };
    log.push(at, EventKind::HabitChanged { habit });
    None
}

/// The clinic looks at the patient as he is.
fn examine(test: ClinicTest, at: SimTime, patient: &PatientEntities, targets: &Targets, log: &mut EventLog) {
    let (.., multifidi, pools, spines) = targets;
    let spine = spines.get(patient.patient).expect("the roster's entities live");
    let muscles = BySide::new(|side| {
        let entities = &patient.sides[side];
        let pool = pools.get(entities.pool).expect("the roster's entities live");
        MuscleNow::of(pool, multifidi.get(entities.multifidus).expect("the roster's entities live"), at)
    });
    log.examined(at, test.examine(spine, &muscles));
}

/// Something happens to a lead.
fn change_lead(
    side: Side,
    change: LeadCommand,
    at: SimTime,
    patient: &PatientEntities,
    targets: &mut Targets,
    log: &mut EventLog,
) {
    let (generators, leads, contacts, nerves, ..) = targets;
    let entities = &patient.sides[side];
    let profile = &generators.get(patient.generator).expect("the roster's entities live").profile;
    let mut lead = leads.get_mut(entities.lead).expect("the roster's entities live");
    let mut of_lead = contacts.get_many_mut(entities.contacts).expect("the roster's entities live");
    lead.settle(at, profile, &mut of_lead.each_mut().map(|contact| &mut **contact));
    lead.change(change);
    for contact in &mut of_lead {
        contact.intact = lead.faults().intact(contact.index);
    }
    if matches!(change, LeadCommand::Migrate { .. } | LeadCommand::Replace) {
        nerves.get_mut(entities.nerve).expect("the roster's entities live").move_lead(lead.faults().migrated_mm());
    }
    log.push(at, EventKind::LeadChanged { side, state: lead.faults().describe() });
}

/// The device is told something, or something befalls it; returns what comes later.
fn tell(command: &DeviceCommand, at: SimTime, device: &mut PulseGenerator, log: &mut EventLog) -> Late {
    use DeviceCommand as C;
    if command.is_heard() && device.is_deaf(at, log) {
        return None;
    }
    match command {
        C::StartSession => device.begin_session(at, Cause::Command, log),
        C::StopSession => device.end_session(at, Cause::Command, log),
        C::Schedule(on) => device.set_scheduling(at, *on, log),
        C::SetAmplitude(side, amplitude_na) => device.set_amplitude(at, *side, *amplitude_na, log),
        C::SetProgram(program) => device.set_program(at, Program::clone(program), log),
        C::TestImpedance => device.test_impedance(at, log),
        C::SinglePulse(sides) => device.pulse_once(at, *sides, log),
        C::ClearFault => device.clear_fault(at, log),
        C::SetClock => device.set_clock(at, log),
        C::EraseLog => device.erase_log(at, log),
        C::PatientStart => device.begin_session(at, Cause::Patient, log),
        C::PatientStop => device.end_session(at, Cause::Patient, log),
        C::Pause => device.pause(at, log),
        C::Resume => device.resume(at, log),
        C::StepAmplitude(side, steps) => device.step_amplitude(at, *side, *steps, log),
        C::Magnet(span) => device.hold_magnet(at, *span, log),
        C::Charge(span) => device.charge(at, *span, log),
        C::Connect => device.connect(at, log),
        C::Disconnect => device.disconnect(at, "the programmer has gone", log),
        C::Message(number, inner) => return send(*number, inner, at, device, log),
        C::Arrival(number, inner) => arrive(*number, inner, at, device, log),
        C::Link(fault) => device.link.fail(at, *fault),
        C::Interference(inner) if device.is_fooled(at, log) => return tell(inner, at, device, log),
        C::Interference(_) => {}
        C::BrownOut(span) => device.lose_power(at, Some(*span), log),
        C::Reset => device.reset(at, log),
        C::MendOutput => device.fail_output(at, OutputFaults::default(), log),
        C::StickBit(..) | C::LosePhase(_) | C::SlowTimer(_) => {
            let mut faults = device.output_faults();
            match command {
                C::StickBit(bit, high) => faults.stuck_bit = Some((*bit, *high)),
                C::LosePhase(lost) => faults.lost = Some(*lost),
                C::SlowTimer(factor) => faults.timer_factor = *factor,
                _ => {}
            }
            device.fail_output(at, faults, log);
        }
        C::JumpClock(by) => device.jump_clock(at, *by, log),
        C::DriftClock(ppb) => device.set_drift(at, *ppb, log),
        C::FillLog(full) => device.fill_log(at, *full, log),
        C::Drain(current_na) => device.battery.set_current(at, Consumer::Fault, *current_na),
        C::SwapBattery(used, shelf) => device.swap_battery(at, *used, *shelf, log),
        C::Several(commands) => commands.iter().for_each(|command| {
            tell(command, at, device, log);
        }),
    }
    None
}

/// A message is sent: it arrives now, later, more than once or never.
fn send(number: u64, inner: &DeviceCommand, at: SimTime, device: &mut PulseGenerator, log: &mut EventLog) -> Late {
    match device.link.send(at) {
        Arrival::Lost => log.push(at, EventKind::MessageLost { number }),
        Arrival::Late(later) => {
            log.push(at, EventKind::MessageDelayed { number, by_s: (later - at).as_secs() });
            return Some((later, DeviceCommand::Arrival(number, Box::new(inner.clone()))));
        }
        Arrival::Now(times) => (0..times).for_each(|_| arrive(number, inner, at, device, log)),
    }
    None
}

/// A message comes.
fn arrive(number: u64, inner: &DeviceCommand, at: SimTime, device: &mut PulseGenerator, log: &mut EventLog) {
    if device.receives(at, number, log) {
        tell(inner, at, device, log);
    }
}
