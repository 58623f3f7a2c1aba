//! Reading the commands of a timeline.

use crate::command::{Command, DeviceCommand};
use crate::device::output::LostPhase;
use crate::device::pulse::CONTACT_NAMES;
use crate::device::telemetry::LinkFault;
use crate::lead::faults::LeadCommand;
use crate::scenario::program::{Maker, read_amplitude_na, read_program};
use crate::scenario::reader::{Fields, Node};
use crate::scenario::write::WrittenProgram;
use crate::side::{BySide, Side};
use crate::spine::clinic::ClinicTest;
use crate::time::{LONGEST, SimTime};

/// The names of the commands to the patient, to the leads and of the clinic.
pub(crate) const OTHERS: [&str; 18] = [
    "Away",
    "Adherence",
    "Activity",
    "Bend",
    "DisconnectLead",
    "BreakConductor",
    "IntermittentConductor",
    "SeriesResistance",
    "ShortContacts",
    "InsulationLeak",
    "CorrodeContact",
    "MigrateLead",
    "RepairLead",
    "SuddenRelease",
    "SuddenLoad",
    "ProneInstability",
    "MultifidusLift",
    "Ultrasound",
];

/// The largest pull of a test, N (ours): more than anybody holds.
pub const MOST_PULL_N: f64 = 500.0;

/// The names of the commands to the device, and of what befalls it.
pub(crate) const OF_DEVICE: [&str; 38] = [
    "StartSession",
    "StopSession",
    "ScheduleOn",
    "ScheduleOff",
    "SetAmplitude",
    "SetProgram",
    "TestImpedance",
    "SinglePulse",
    "ClearFault",
    "SetClock",
    "EraseLog",
    "StepAmplitude",
    "PatientStart",
    "PatientStop",
    "PauseSession",
    "ResumeSession",
    "Magnet",
    "Charge",
    "ConnectProgrammer",
    "DisconnectProgrammer",
    "Message",
    "DropMessage",
    "DelayMessage",
    "RepeatMessage",
    "LoseTelemetry",
    "Interference",
    "BrownOut",
    "Reset",
    "StickBit",
    "LosePhase",
    "SlowTimer",
    "MendOutput",
    "JumpClock",
    "DriftClock",
    "FillLog",
    "FreeLog",
    "Drain",
    "SwapBattery",
];

/// How many of those, from the first on, a message can carry.
pub(crate) const CARRIED: usize = 12;

/// The sides that a command is for: `Left`, `Right` or `Both`.
fn sides(fields: &Fields<'_>) -> Vec<Side> {
    let choices: [(&str, &[Side]); 3] = [("Left", &[Side::Left]), ("Right", &[Side::Right]), ("Both", &Side::BOTH)];
    fields.required("side").and_then(|node| node.choice(&choices)).unwrap_or_default().to_vec()
}

fn number(fields: &Fields<'_>, name: &'static str, allowed: std::ops::RangeInclusive<f64>, unit: &str) -> f64 {
    fields.required(name).map_or(*allowed.start(), |node| node.number(&allowed, unit))
}

fn span(fields: &Fields<'_>, name: &'static str) -> SimTime {
    let shortest = SimTime::from_nanos(1);
    fields.required(name).and_then(|node| node.span(&(shortest..=LONGEST))).unwrap_or(shortest)
}

fn ring(fields: &Fields<'_>, name: &'static str) -> usize {
    let rings: Vec<(&str, usize)> = CONTACT_NAMES[..4].iter().copied().zip(0..).collect();
    fields.required(name).and_then(|node| node.choice(&rings)).unwrap_or_default()
}

/// Reads a command: what happens, and how much later than its instant. A program is read over the one before it.
pub fn read_command(node: Node<'_>, maker: Maker<'_>, program: &mut WrittenProgram) -> Vec<(SimTime, Command)> {
    let names: Vec<&'static str> = OF_DEVICE.into_iter().chain(OTHERS).collect();
    let Some((name, fields)) = node.variant(&names) else { return Vec::new() };
    let now = |command| vec![(SimTime::ZERO, command)];
    let on_sides = |change: LeadCommand| {
        sides(&fields).into_iter().map(|side| (SimTime::ZERO, Command::Lead(side, change))).collect()
    };
    match name {
        "Away" => now(Command::Away(span(&fields, "for"))),
        "Adherence" => now(Command::Adherence(number(&fields, "chance", 0.0..=1.0, ""))),
        "Activity" => now(Command::Activity(number(&fields, "level", 0.0..=2.0, ""))),
        "Bend" => now(Command::Bend(number(&fields, "flexion_deg", -20.0..=60.0, "°"))),
        "DisconnectLead" => on_sides(LeadCommand::Disconnect),
        "BreakConductor" => on_sides(LeadCommand::Break(ring(&fields, "contact"))),
        "IntermittentConductor" => intermittent(&fields),
        "SeriesResistance" => on_sides(LeadCommand::Series(number(&fields, "ohm", 0.0..=1e9, "Ω"))),
        "ShortContacts" => {
            let (a, b) = (ring(&fields, "contact"), ring(&fields, "other"));
            if a == b {
                fields.owner().problem("contact and other are the same; two are needed");
            }
            on_sides(LeadCommand::Short(a.min(b), a.max(b), number(&fields, "ohm", 1.0..=1e9, "Ω")))
        }
        "InsulationLeak" => {
            let ohm = number(&fields, "ohm", 1.0..=1e9, "Ω");
            on_sides(LeadCommand::InsulationLeak(ring(&fields, "contact"), ohm))
        }
        "CorrodeContact" => {
            let intact = number(&fields, "intact", 0.01..=1.0, "");
            on_sides(LeadCommand::Corrode(ring(&fields, "contact"), intact))
        }
        "MigrateLead" => {
            let mm = |name| fields.optional(name).map_or(0.0, |node| node.number(&(-100.0..=100.0), "mm"));
            let (along_mm, across_mm) = (mm("along_mm"), mm("across_mm"));
            if maker.implant.field.is_some() {
                fields.owner().problem("the implant's field comes from a file, and such a lead cannot move");
            }
            on_sides(LeadCommand::Migrate { along_mm, across_mm })
        }
        "RepairLead" => on_sides(LeadCommand::Replace),
        "SuddenRelease" => now(Command::Examine(ClinicTest::SuddenRelease(pull_n(&fields)))),
        "SuddenLoad" => now(Command::Examine(ClinicTest::SuddenLoad(pull_n(&fields)))),
        "ProneInstability" => now(Command::Examine(ClinicTest::ProneInstability)),
        "MultifidusLift" => now(Command::Examine(ClinicTest::MultifidusLift)),
        "Ultrasound" => now(Command::Examine(ClinicTest::Ultrasound)),
        _ => now(Command::Device(device_command(name, &fields, maker, program))),
    }
}

/// A pull at the chest, N.
fn pull_n(fields: &Fields<'_>) -> f64 {
    number(fields, "newton", 1.0..=MOST_PULL_N, "N")
}

/// The conductor of a contact opens again and again.
fn intermittent(fields: &Fields<'_>) -> Vec<(SimTime, Command)> {
    let (sides, contact) = (sides(fields), ring(fields, "contact"));
    let (open_for, every) = (span(fields, "open_for"), span(fields, "every"));
    let times = fields.optional("times").map_or(1, |node| node.integer(&(1..=10_000)));
    if open_for >= every {
        fields.owner().problem(format!("open_for is {open_for}, which is not less than every, {every}"));
    }
    let mut commands = Vec::new();
    for time in 0..times as i64 {
        for &side in &sides {
            commands.push((every * time, Command::Lead(side, LeadCommand::Break(contact))));
            commands.push((every * time + open_for, Command::Lead(side, LeadCommand::Mend(contact))));
        }
    }
    commands
}

/// A command to the device, of that name.
fn device_command(name: &str, fields: &Fields<'_>, maker: Maker<'_>, program: &mut WrittenProgram) -> DeviceCommand {
    use DeviceCommand as C;
    let span = |name| span(fields, name);
    let count = |name, allowed| fields.required(name).map_or(0, |node| node.integer(&allowed));
    match name {
        "StartSession" => C::StartSession,
        "StopSession" => C::StopSession,
        "ScheduleOn" => C::Schedule(true),
        "ScheduleOff" => C::Schedule(false),
        "SetAmplitude" => set_amplitude(fields, maker, program),
        "SetProgram" => match fields.required("program") {
            Some(node) => {
                *program = read_program(node, maker, program);
                C::SetProgram(Box::new(program.program(maker.device)))
            }
            None => C::Several(Vec::new()),
        },
        "TestImpedance" => C::TestImpedance,
        "SinglePulse" => {
            let meant = sides(fields);
            C::SinglePulse(BySide::new(|side| meant.contains(&side)))
        }
        "ClearFault" => C::ClearFault,
        "SetClock" => C::SetClock,
        "EraseLog" => C::EraseLog,
        "PatientStart" => C::PatientStart,
        "PatientStop" => C::PatientStop,
        "PauseSession" => C::Pause,
        "ResumeSession" => C::Resume,
        "StepAmplitude" => {
            let steps = number(fields, "steps", -1000.0..=1000.0, "");
            if steps.fract() != 0.0 {
                fields.owner().problem(format!("steps is {steps}; it is a whole number"));
            }
            C::Several(sides(fields).into_iter().map(|side| C::StepAmplitude(side, steps as i64)).collect())
        }
        "Magnet" => C::Magnet(span("for")),
        "Charge" => C::Charge(span("for")),
        "ConnectProgrammer" => C::Connect,
        "DisconnectProgrammer" => C::Disconnect,
        "Message" => {
            let number = count("number", 0..=u64::MAX);
            C::Message(number, Box::new(inner_command(fields, maker, program)))
        }
        "DropMessage" => C::Link(LinkFault::Drop),
        "DelayMessage" => C::Link(LinkFault::Delay(span("by"))),
        "RepeatMessage" => C::Link(LinkFault::Repeat(count("times", 1..=1000) as u32)),
        "LoseTelemetry" => C::Link(LinkFault::Lost(span("for"))),
        "Interference" => C::Interference(Box::new(inner_command(fields, maker, program))),
        "BrownOut" => C::BrownOut(span("for")),
        "Reset" => C::Reset,
        "StickBit" => {
            let high = fields.required("high").and_then(|node| node.choice(&[("true", true), ("false", false)]));
            C::StickBit(count("bit", 0..=15) as u32, high.unwrap_or_default())
        }
        "LosePhase" => {
            let lost = fields.required("phase").and_then(|node| node.choice(&LostPhase::ALL));
            C::LosePhase(lost.unwrap_or(LostPhase::Recharge))
        }
        "SlowTimer" => C::SlowTimer(number(fields, "factor", 0.1..=10.0, "")),
        "MendOutput" => C::MendOutput,
        "JumpClock" => jump_clock(fields),
        "DriftClock" => C::DriftClock((number(fields, "ppm", -10_000.0..=10_000.0, "ppm") * 1e3).round() as i64),
        "FillLog" => C::FillLog(true),
        "FreeLog" => C::FillLog(false),
        "Drain" => C::Drain((number(fields, "ua", 0.0..=1e6, "µA") * 1e3).round() as i64),
        _ => {
            let shelf = fields.optional("shelf").and_then(|node| node.span(&(SimTime::ZERO..=LONGEST)));
            C::SwapBattery(number(fields, "used_fraction", 0.0..=1.0, ""), shelf.unwrap_or_default())
        }
    }
}

fn set_amplitude(fields: &Fields<'_>, maker: Maker<'_>, program: &WrittenProgram) -> DeviceCommand {
    let (running, sides) = (program.program(maker.device), sides(fields));
    let Some(node) = fields.required("amplitude_ma") else { return DeviceCommand::Several(Vec::new()) };
    let set = |side| DeviceCommand::SetAmplitude(side, read_amplitude_na(node, maker, &running.sides[side]));
    DeviceCommand::Several(sides.into_iter().map(set).collect())
}

fn jump_clock(fields: &Fields<'_>) -> DeviceCommand {
    let by = |name| fields.optional(name).and_then(|node| node.span(&(SimTime::from_nanos(1)..=LONGEST)));
    match (by("forward"), by("back")) {
        (Some(span), None) => DeviceCommand::JumpClock(span),
        (None, Some(span)) => DeviceCommand::JumpClock(SimTime::ZERO - span),
        _ => {
            fields.owner().problem("expected either forward or back");
            DeviceCommand::Several(Vec::new())
        }
    }
}

/// The command that a message or interference carries.
fn inner_command(fields: &Fields<'_>, maker: Maker<'_>, program: &mut WrittenProgram) -> DeviceCommand {
    let Some((name, inner)) = fields.required("command").and_then(|node| node.variant(&OF_DEVICE[..CARRIED])) else {
        return DeviceCommand::Several(Vec::new());
    };
    device_command(name, &inner, maker, program)
}
