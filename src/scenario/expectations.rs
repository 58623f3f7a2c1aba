//! Reading what a scenario expects of its run.

use crate::record::expectation::{EVENTS, Expectation, HowOften, Pattern};
use crate::scenario::reader::{Fields, Node, closest};
use crate::scenario::timeline::instant;
use crate::side::Side;
use crate::time::{DayClock, LONGEST, SimTime};

/// Reads the list of expectations.
pub fn read_expectations(node: Node<'_>, clock: DayClock, duration: Option<SimTime>) -> Vec<Expectation> {
    node.list().into_iter().filter_map(|entry| read_expectation(entry, clock, duration)).collect()
}

fn read_expectation(node: Node<'_>, clock: DayClock, duration: Option<SimTime>) -> Option<Expectation> {
    let (name, fields) = node.variant(&["Within", "Never", "Count"])?;
    let pattern = read_pattern(&fields);
    let at = |node| instant(node, clock, duration);
    let (how_often, from, until) = if name == "Within" {
        let from_node = fields.required("from");
        let within_node = fields.required("within");
        let from = from_node.map(at);
        let within = within_node.and_then(|node| node.span(&(SimTime::ZERO..=LONGEST)));
        let until = from? + within?;
        if let Some(end) = duration.filter(|&end| until > end) {
            node.wrong(format!("from and within lead to \"{until}\", and the scenario ends at \"{end}\""));
        }
        (HowOften::Some, from?, until)
    } else {
        let count = (name == "Count").then(|| fields.required("count"));
        let how_often = match count {
            Some(count) => HowOften::Exactly(count.map_or(0, |node| node.integer(&(0..=u64::MAX)))),
            None => HowOften::Never,
        };
        let from = fields.optional("from").map_or(SimTime::ZERO, at);
        let until_node = fields.optional("until");
        let until = until_node.map(at).or(duration)?;
        if until_node.is_some() && until < from {
            node.problem(format!("until is {until}, which is before from, {from}"));
        }
        (how_often, from, until)
    };
    Some(Expectation { pattern: pattern?, how_often, from, until })
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
