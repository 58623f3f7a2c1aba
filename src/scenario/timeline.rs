//! The timeline: what happens, when; and what is recorded.

use crate::command::{Command, TimedCommand};
use crate::record::probe::{Probe, Recording};
use crate::record::trace::Format;
use crate::scenario::commands::read_command;
use crate::scenario::force::Muscles;
use crate::scenario::program::Maker;
use crate::scenario::reader::{Fields, Node};
use crate::scenario::write::WrittenProgram;
use crate::time::{DayClock, SimTime, parse_instant};

/// Reads an instant within the scenario, the end included.
pub fn instant(node: Node<'_>, clock: DayClock, duration: Option<SimTime>) -> SimTime {
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
    maker: Maker<'_>,
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
    let mut timeline: Vec<TimedCommand> = Vec::new();
    for (at, node) in timed {
        let commands: Vec<(SimTime, Command)> =
            node.map(|node| read_command(node, maker, &mut program)).unwrap_or_default();
        timeline.extend(commands.into_iter().map(|(later, command)| TimedCommand { at: at + later, command }));
    }
    // Some commands go on by themselves, past others and past the end.
    timeline.retain(|timed| duration.is_none_or(|end| timed.at < end));
    timeline.sort_by_key(|timed| timed.at);
    timeline
}

/// Reads what is to be recorded.
pub fn read_recordings(node: Node<'_>, clock: DayClock, duration: Option<SimTime>, muscles: Muscles) -> Vec<Recording> {
    let mut recordings: Vec<Recording> = Vec::new();
    for entry in node.list() {
        let fields = entry.fields("Record");
        let file = fields.optional("file").map_or("traces.csv".to_string(), |node| {
            let file = node.text();
            let plain = file.len() <= 100
                && file.starts_with(|c: char| c.is_ascii_alphanumeric())
                && file.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if !plain || Format::of(&file).is_none() {
                let endings = Format::endings();
                node.wrong(format!(
                    "expected a file name of letters, digits, ., _ and -, without a folder, ending in {endings}"
                ));
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
            let Some(probe) = node.with_text(|text| muscles.probe(text)) else { continue };
            if columns.contains(&probe) {
                node.problem(format!("{} is there already", probe.name));
            }
            columns.push(probe);
        }
        let recording = Recording { file, every: every.unwrap_or(SimTime::SECOND), from, until, probes: columns };
        if let Some(Err(why)) = Format::of(&recording.file).map(|format| format.check(&recording, clock)) {
            entry.problem(format!("{} cannot hold this: {why}", recording.file));
        }
        recordings.push(recording);
    }
    recordings
}
