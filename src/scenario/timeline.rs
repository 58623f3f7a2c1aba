//! The timeline: what happens, when; and what is recorded.

use crate::command::{Command, LeadCommand, TimedCommand};
use crate::device::profile::DeviceProfile;
use crate::device::pulse::CONTACT_NAMES;
use crate::record::probe::{Probe, Recording};
use crate::scenario::program::{WrittenProgram, read_amplitude_na, read_program};
use crate::scenario::reader::{Fields, Node};
use crate::side::Side;
use crate::time::{DayClock, LONGEST, SimTime, parse_instant};

/// The names of the commands in files.
const COMMANDS: [&str; 13] = [
    "StartSession",
    "StopSession",
    "ScheduleOn",
    "ScheduleOff",
    "SetAmplitude",
    "SetProgram",
    "Away",
    "Adherence",
    "Activity",
    "DisconnectLead",
    "BreakConductor",
    "SeriesResistance",
    "RepairLead",
];

/// Reads an instant within the scenario, the end included.
fn instant(node: Node<'_>, clock: DayClock, duration: Option<SimTime>) -> SimTime {
    let at = node.with_text(|text| parse_instant(text, clock)).unwrap_or_default();
    if let Some(end) = duration.filter(|&end| at > end) {
        node.wrong(format!("the scenario ends at \"{end}\" ({})", clock.show(end)));
    }
    at
}

/// Reads the timeline; the commands come out in the order of time, those of one instant as they are written. A program
/// is read over the one before it.
pub fn read_timeline(
    node: Node<'_>,
    clock: DayClock,
    duration: Option<SimTime>,
    device: &DeviceProfile,
    program: &WrittenProgram,
) -> Vec<TimedCommand> {
    let entries: Vec<Fields<'_>> = node.list().into_iter().map(|entry| entry.fields("At")).collect();
    let at = |fields: &Fields<'_>| {
        let node = fields.required("at")?;
        let at = instant(node, clock, duration);
        if duration == Some(at) {
            node.wrong("a command at the very end has no time to act");
        }
        Some(at)
    };
    let mut timed: Vec<(SimTime, Option<Node<'_>>)> =
        entries.iter().map(|fields| (at(fields).unwrap_or_default(), fields.required("do"))).collect();
    timed.sort_by_key(|(at, _)| *at);
    let mut program = program.clone();
    let mut timeline = Vec::new();
    for (at, node) in timed {
        let commands = node.map(|node| read_command(node, device, &mut program)).unwrap_or_default();
        timeline.extend(commands.into_iter().map(|command| TimedCommand { at, command }));
    }
    timeline
}

/// The sides that a command is for: `Left`, `Right` or `Both`.
fn sides(fields: &Fields<'_>) -> Vec<Side> {
    let choices: [(&str, &[Side]); 3] = [("Left", &[Side::Left]), ("Right", &[Side::Right]), ("Both", &Side::BOTH)];
    fields.required("side").and_then(|node| node.choice(&choices)).unwrap_or_default().to_vec()
}

fn read_command(node: Node<'_>, device: &DeviceProfile, program: &mut WrittenProgram) -> Vec<Command> {
    let Some((name, fields)) = node.variant(&COMMANDS) else { return Vec::new() };
    let lead = |command: LeadCommand| sides(&fields).into_iter().map(|side| Command::Lead(side, command)).collect();
    let one = |command: Option<Command>| command.into_iter().collect();
    match name {
        "StartSession" => vec![Command::StartSession],
        "StopSession" => vec![Command::StopSession],
        "ScheduleOn" => vec![Command::Schedule(true)],
        "ScheduleOff" => vec![Command::Schedule(false)],
        "SetAmplitude" => {
            let (sides, node) = (sides(&fields), fields.required("amplitude_ma"));
            let running = program.program(device);
            sides
                .into_iter()
                .filter_map(|side| {
                    let amplitude_na = read_amplitude_na(node?, device, &running.sides[side]);
                    Some(Command::SetAmplitude(side, amplitude_na))
                })
                .collect()
        }
        "SetProgram" => one(fields.required("program").map(|node| {
            *program = read_program(node, device, program);
            Command::SetProgram(Box::new(program.program(device)))
        })),
        "Away" => {
            let span = fields.required("for").and_then(|node| node.span(&(SimTime::ZERO..=LONGEST)));
            one(span.map(Command::Away))
        }
        "Adherence" => one(fields.required("chance").map(|node| Command::Adherence(node.number(&(0.0..=1.0), "")))),
        "Activity" => one(fields.required("level").map(|node| Command::Activity(node.number(&(0.0..=2.0), "")))),
        "DisconnectLead" => lead(LeadCommand::Disconnect),
        "BreakConductor" => {
            let rings: Vec<(&str, usize)> = CONTACT_NAMES[..4].iter().copied().zip(0..).collect();
            let contact = fields.required("contact").and_then(|node| node.choice(&rings));
            lead(LeadCommand::Break(contact.unwrap_or(0)))
        }
        "SeriesResistance" => {
            let ohm = fields.required("ohm").map_or(0.0, |node| node.number(&(0.0..=1e9), "Ω"));
            lead(LeadCommand::Series(ohm))
        }
        _ => lead(LeadCommand::Repair),
    }
}

/// Reads what is to be recorded.
pub fn read_recordings(node: Node<'_>, clock: DayClock, duration: Option<SimTime>, units: usize) -> Vec<Recording> {
    let mut recordings: Vec<Recording> = Vec::new();
    for entry in node.list() {
        let fields = entry.fields("Record");
        let file = fields.optional("file").map_or("traces.csv".to_string(), |node| {
            let file = node.text();
            let plain = file.len() <= 100
                && file.starts_with(|c: char| c.is_ascii_alphanumeric())
                && file.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if !plain || !(file.ends_with(".csv") || file.ends_with(".parquet")) {
                node.wrong(
                    "expected a file name of letters, digits, ., _ and -, without a folder, ending in .csv or .parquet",
                );
            }
            file
        });
        if recordings.iter().any(|other| other.file == file) {
            entry.problem(format!("two recordings write {file}; give each its own file"));
        }
        let shortest = SimTime::from_nanos(1_000);
        let every = fields.required("every").and_then(|node| node.span(&(shortest..=SimTime::DAY * 366)));
        let from = fields.optional("from").map_or(SimTime::ZERO, |node| instant(node, clock, duration));
        let until = fields.optional("until").map(|node| instant(node, clock, duration)).or(duration);
        let until = until.unwrap_or(from);
        if until < from {
            entry.problem(format!("until is {until}, which is before from, {from}"));
        }
        let probes = fields.required("probes").map_or(Vec::new(), |node| node.list());
        if probes.is_empty() {
            entry.problem("a recording needs at least one probe");
        }
        let mut columns: Vec<Probe> = Vec::new();
        for node in probes {
            let Some(probe) = node.with_text(|text| Probe::parse(text, units)) else { continue };
            if columns.contains(&probe) {
                node.problem(format!("{} is there already", probe.name));
            }
            columns.push(probe);
        }
        let every = every.unwrap_or(SimTime::SECOND);
        recordings.push(Recording { file, every, from, until, probes: columns });
    }
    recordings
}
