//! Reading what a scenario expects of its run.

use std::path::Path;
use std::sync::Arc;

use crate::expect::bounds::Bounds;
use crate::expect::events::{EVENTS, EventExpectation, HowOften, Pattern};
use crate::expect::figure::FigureExpectation;
use crate::expect::measure::{MOST_KEPT, Take};
use crate::expect::probe::{Judged, ProbeExpectation};
use crate::expect::trace::{KeptTrace, Tolerance, TraceExpectation};
use crate::expect::windows::{COARSEST_FOR_TRAINS, Each, Windows};
use crate::expect::{Against, Expectation, Relation, Variant, What};
use crate::record::probe::Probe;
use crate::scenario::force::Muscles;
use crate::scenario::program::{Maker, read_program};
use crate::scenario::reader::{Fields, Node, closest};
use crate::scenario::timeline::{instant, read_timeline};
use crate::scenario::write::WrittenProgram;
use crate::side::Side;
use crate::time::{DayClock, LONGEST, SimTime};

/// What an expectation is read with: the scenario around it.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Its clock.
    pub clock: DayClock,
    /// Its length, where that could be read.
    pub duration: Option<SimTime>,
    /// Its muscles.
    pub muscles: Muscles,
    /// The folder that files are looked for from.
    pub folder: &'a Path,
    /// What programs are made for.
    pub maker: Maker<'a>,
    /// The program of the device that others are read over.
    pub base: &'a WrittenProgram,
    /// The timeline.
    pub timeline: Option<Node<'a>>,
}

/// Every kind of expectation.
const KINDS: [&str; 9] = ["Within", "Never", "Count", "Value", "Measure", "Always", "Against", "SameAs", "Summary"];

/// From one sample to the next, unless the expectation says (ours): it shows the ripple of a force.
const DEFAULT_EVERY: SimTime = SimTime::from_nanos(1_000_000);

/// The most samples that an expectation may take (ours): some seconds of computing.
const MOST_SAMPLES: i64 = 20_000_000;

/// The part of its last value that something stays within once it has settled, %, unless the expectation says: the
/// usual one of control engineering.
const DEFAULT_BAND_PERCENT: f64 = 5.0;

/// Reads the list of expectations.
pub fn read_expectations<'a>(node: Node<'a>, around: Around<'a>) -> Vec<Expectation> {
    node.list().into_iter().filter_map(|entry| read_expectation(entry, around)).collect()
}

fn read_expectation<'a>(node: Node<'a>, around: Around<'a>) -> Option<Expectation> {
    let (kind, fields) = node.variant(&KINDS)?;
    let requirement = fields.optional("requirement").map(|node| node.text());
    let what = match kind {
        "Within" | "Count" => What::Events(read_events(kind, &fields, around)?),
        "Never" if fields.optional("probe").is_none() => What::Events(read_events(kind, &fields, around)?),
        "Value" | "Measure" | "Always" | "Never" => What::Probe(read_probe(kind, &fields, around)?),
        "Against" => What::Against(read_against(&fields, around)?),
        "SameAs" => What::Trace(read_trace(&fields, around)?),
        _ => {
            let key = fields.required("key").map(|node| node.text());
            let bounds = read_bounds(&fields);
            What::Figure(FigureExpectation { key: key?, bounds: bounds? })
        }
    };
    Some(Expectation { line: node.line(), requirement, what })
}

/// Where something begins and where it ends: the whole scenario where it does not say.
fn read_stretch(fields: &Fields<'_>, around: Around<'_>) -> Option<(SimTime, SimTime)> {
    let at = |node| instant(node, around.clock, around.duration);
    let from = fields.optional("from").map_or(SimTime::ZERO, at);
    let until_node = fields.optional("until");
    let until = until_node.map(at).or(around.duration)?;
    if until_node.is_some() && until < from {
        fields.owner().problem(format!("until is {until}, which is before from, {from}"));
    }
    Some((from, until))
}

fn read_within(fields: &Fields<'_>) -> Option<SimTime> {
    fields.required("within")?.span(&(SimTime::ZERO..=LONGEST))
}

fn read_events(kind: &str, fields: &Fields<'_>, around: Around<'_>) -> Option<EventExpectation> {
    let pattern = read_pattern(fields);
    let trigger = fields.optional("after").map(|node| read_pattern(&node.fields("After")));
    let how_often = match kind {
        "Within" => HowOften::Some,
        "Never" => HowOften::Never,
        _ => HowOften::Exactly(fields.required("count").map_or(0, |node| node.integer(&(0..=u64::MAX)))),
    };
    if let Some(trigger) = trigger {
        let within = read_within(fields);
        let (from, until) = read_stretch(fields, around)?;
        return Some(EventExpectation { pattern: pattern?, how_often, from, until, after: Some((trigger?, within?)) });
    }
    let (from, until) = if kind == "Within" {
        let from = fields.required("from").map(|node| instant(node, around.clock, around.duration));
        let within_node = fields.required("within");
        let within = within_node.and_then(|node| node.span(&(SimTime::ZERO..=LONGEST)));
        let until = from? + within?;
        if let (Some(node), Some(end)) = (within_node, around.duration.filter(|&end| until > end)) {
            node.wrong(format!("from and within lead to \"{until}\", and the scenario ends at \"{end}\""));
        }
        (from?, until)
    } else {
        read_stretch(fields, around)?
    };
    Some(EventExpectation { pattern: pattern?, how_often, from, until, after: None })
}

fn read_pattern(fields: &Fields<'_>) -> Option<Pattern> {
    let contains = fields.optional("contains").map(|node| node.text());
    let side = fields.optional("side");
    let (event, sided) = fields.required("event")?.with_text(event)?;
    if let Some(node) = side.filter(|_| !sided) {
        node.problem(format!("{event} has no side"));
    }
    let side = side.and_then(|node| node.choice(&[("Left", Side::Left), ("Right", Side::Right)]));
    Some(Pattern { event, side, contains })
}

/// The event of that name, and whether it has a side.
fn event(text: &str) -> Result<(&'static str, bool), String> {
    EVENTS.into_iter().find(|(name, _)| *name == text).ok_or_else(|| {
        let names = EVENTS.map(|(name, _)| name);
        let hint = closest(text, &names).map_or(String::new(), |name| format!("did you mean \"{name}\"? "));
        format!("{hint}events are: {}", names.join(", "))
    })
}

fn read_probe_name(fields: &Fields<'_>, around: Around<'_>) -> Option<Probe> {
    fields.required("probe")?.with_text(|text| around.muscles.probe(text))
}

/// What a value may be: `min`, `max` or both, or `is` with how far off it may be.
fn read_bounds(fields: &Fields<'_>) -> Option<Bounds> {
    let number = |name: &'static str| fields.optional(name).map(|node| node.any_number());
    let (min, max, is) = (number("min"), number("max"), number("is"));
    let tolerance = read_tolerance(fields);
    let owner = fields.owner();
    match (min, max, is) {
        (None, None, None) => {
            owner.problem("nothing is said of the value; expected min, max or both, or is with a tolerance");
            None
        }
        (None, None, Some(is)) => {
            if tolerance.is_none() {
                owner.problem("is needs a tolerance or a tolerance_percent; 0 stands for exactly");
            }
            Some(match tolerance? {
                Tolerance::Absolute(tolerance) => Bounds::around(is?, tolerance),
                Tolerance::Percent(percent) => Bounds::around_percent(is?, percent),
            })
        }
        (min, max, None) => {
            if tolerance.is_some() {
                owner.problem("a tolerance belongs to is; min and max say themselves how far it may go");
            }
            let (min, max) = (min.unwrap_or(Some(f64::NEG_INFINITY))?, max.unwrap_or(Some(f64::INFINITY))?);
            if min > max {
                owner.problem(format!("min is {min}, which is above max, {max}"));
            }
            Some(Bounds::between(min, max))
        }
        _ => {
            owner.problem("expected either min and max, or is with a tolerance");
            None
        }
    }
}

fn read_tolerance(fields: &Fields<'_>) -> Option<Tolerance> {
    let number = |name| fields.optional(name).map(|node| node.number(&(0.0..=1e12), ""));
    match (number("tolerance"), number("tolerance_percent")) {
        (Some(tolerance), None) => Some(Tolerance::Absolute(tolerance)),
        (None, Some(percent)) => Some(Tolerance::Percent(percent)),
        (None, None) => None,
        _ => {
            fields.owner().problem("expected either tolerance or tolerance_percent");
            None
        }
    }
}

fn read_take(fields: &Fields<'_>) -> Option<Take> {
    let (level, band) = (fields.optional("level"), fields.optional("band_percent"));
    let mut names = Take::PLAIN.to_vec();
    names.extend([("Rises", Take::Rises(0.0)), ("Settling", Take::Settling(0.0))]);
    let take = fields.required("take")?.choice(&names)?;
    Some(match take {
        Take::Rises(_) => Take::Rises(fields.required("level")?.any_number()?),
        Take::Settling(_) => {
            let percent = band.map(|node| node.number(&(0.0..=100.0), "%"));
            Take::Settling(percent.unwrap_or(DEFAULT_BAND_PERCENT) / 100.0)
        }
        take => {
            if let Some(node) = level.or(band) {
                node.problem("level belongs to Rises, band_percent to Settling");
            }
            take
        }
    })
}

fn read_probe(kind: &str, fields: &Fields<'_>, around: Around<'_>) -> Option<ProbeExpectation> {
    let probe = read_probe_name(fields, around);
    let take = if kind == "Measure" { read_take(fields) } else { Some(Take::Last) };
    let every_node = fields.optional("every");
    let every = every_node.map_or(Some(DEFAULT_EVERY), read_every);
    let windows = if kind == "Value" {
        let at = instant(fields.required("at")?, around.clock, around.duration);
        Some(Windows { each: Each::Stretch, from: at, until: at, delay: SimTime::ZERO })
    } else {
        read_windows(fields, around)
    };
    let bounds = read_bounds(fields);
    let (probe, windows, every) = (probe?, windows?, every?);
    check_samples(fields, &windows, every, take, around);
    if windows.each == Each::Train && !probe.has_side() {
        let owner = probe.name.split('.').next().unwrap_or_default();
        let problem = format!("the {owner} has no trains of its own; expected a probe of a side, or each: Session");
        fields.owner().problem(problem);
    }
    let judged = match kind {
        "Always" => Judged::Always(bounds?),
        "Never" => Judged::Never(bounds?),
        _ => Judged::By(take?, bounds?),
    };
    Some(ProbeExpectation { probe, every, windows, judged })
}

fn read_every(node: Node<'_>) -> Option<SimTime> {
    node.span(&(SimTime::from_nanos(1_000)..=SimTime::DAY * 366))
}

fn read_windows(fields: &Fields<'_>, around: Around<'_>) -> Option<Windows> {
    let each_node = fields.optional("each");
    let stretch = read_stretch(fields, around);
    let after = fields.optional("after").map(|node| read_pattern(&node.fields("After")));
    let delay = fields.optional("delay").map(|node| node.span(&(SimTime::ZERO..=LONGEST)));
    let each = match (each_node, after) {
        (Some(node), Some(_)) => {
            node.problem("expected either each or after");
            return None;
        }
        (Some(node), None) => {
            if node.choice(&[("Train", true), ("Session", false)])? {
                Each::Train
            } else {
                Each::Session
            }
        }
        (None, Some(pattern)) => Each::After(pattern?, read_within(fields)?),
        (None, None) => Each::Stretch,
    };
    if each == Each::Stretch && delay.is_some() {
        fields.owner().problem("delay belongs to each or after; from says where a stretch begins");
    }
    let delay = delay.unwrap_or(Some(SimTime::ZERO))?;
    if let Each::After(_, within) = &each
        && delay > *within
    {
        fields.owner().problem(format!("delay is {delay}, which is more than within, {within}"));
    }
    let (from, until) = stretch?;
    Some(Windows { each, from, until, delay })
}

/// Whether so many samples are reasonable, and trains can be told apart.
fn check_samples(fields: &Fields<'_>, windows: &Windows, every: SimTime, take: Option<Take>, around: Around<'_>) {
    let Some(duration) = around.duration else { return };
    let span = if windows.each == Each::Stretch { windows.until - windows.from } else { duration };
    let samples = span.nanos() / every.nanos();
    let keeps = matches!(take, Some(Take::RiseTime | Take::Settling(_))) && windows.each == Each::Stretch;
    let most = if keeps { MOST_KEPT as i64 } else { MOST_SAMPLES };
    if samples > most {
        let problem =
            format!("{span} every {every} are {samples} samples; at most {most} are taken: give a longer every");
        fields.owner().problem(problem);
    }
    if windows.each == Each::Train && every > COARSEST_FOR_TRAINS {
        let problem = format!("every is {every}; trains are told apart by samples every {COARSEST_FOR_TRAINS} or less");
        fields.owner().problem(problem);
    }
}

fn read_against<'a>(fields: &Fields<'a>, around: Around<'a>) -> Option<Against> {
    let probe = read_probe_name(fields, around);
    let take = read_take(fields);
    let every = fields.optional("every").map_or(Some(DEFAULT_EVERY), read_every);
    let relation = fields
        .required("relation")
        .and_then(|node| node.choice(&[("Difference", Relation::Difference), ("Ratio", Relation::Ratio)]));
    let stretch = read_stretch(fields, around);
    let bounds = read_bounds(fields);
    let program = fields.required("program")?;
    let written = read_program(program, around.maker, around.base);
    let timeline =
        around.timeline.map(|node| read_timeline(node, around.clock, around.duration, around.maker, &written));
    let (from, until) = stretch?;
    let windows = Windows { each: Each::Stretch, from, until, delay: SimTime::ZERO };
    check_samples(fields, &windows, every?, take, around);
    let variant = Variant {
        text: program.written(),
        program: written.program(around.maker.device),
        timeline: timeline.unwrap_or_default(),
    };
    let judged = Judged::By(take?, Bounds::between(f64::NEG_INFINITY, f64::INFINITY));
    let taken = ProbeExpectation { probe: probe?, every: every?, windows, judged };
    Some(Against { variant: Arc::new(variant), taken, relation: relation?, bounds: bounds? })
}

fn read_trace(fields: &Fields<'_>, around: Around<'_>) -> Option<TraceExpectation> {
    let probe = read_probe_name(fields, around);
    let tolerance = read_tolerance(fields);
    if tolerance.is_none() {
        fields.owner().problem("a tolerance or a tolerance_percent is needed; 0 stands for exactly");
    }
    let node = fields.required("trace")?;
    let (probe, file) = (probe?, node.text());
    let kept = match KeptTrace::read(&around.folder.join(&file), &probe.name) {
        Ok(kept) => KeptTrace { file: file.clone(), ..kept },
        Err(why) => {
            node.problem(format!("{file} {why}"));
            return None;
        }
    };
    if let Some(end) = around.duration.filter(|&end| kept.until() > end) {
        node.problem(format!("{file} goes on to {}, and the scenario ends at {end}", kept.until()));
    }
    Some(TraceExpectation { probe, kept, tolerance: tolerance? })
}
