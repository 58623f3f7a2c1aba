//! A scenario with more in its timeline: what was done in the window, written as a file says it.
//!
//! The text stays as its author wrote it, comments and all; entries come behind those of the timeline, and the duration
//! is replaced where it is another one. What comes out is read like any file, with the same refusals.

use std::ops::Range;

use crate::scenario::reader::{Fields, Node, Problem, Reader};
use crate::time::{DayClock, SimTime, parse_instant};

/// Something that was done: an entry of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// The command as a scenario says it, such as `SetAmplitude(side: Left, amplitude_ma: 2.0)`.
    pub command: String,
}

/// A scenario's text with those entries behind the ones of its timeline, and with that duration if one is given.
///
/// # Errors
/// The text is not that of a scenario.
pub fn compose(file: &str, text: &str, entries: &[Entry], duration: Option<SimTime>) -> Result<String, Vec<Problem>> {
    let reader = Reader::new(file, text, None);
    let changes = reader.root().map(|root| {
        let fields = root.fields("Scenario");
        let changes = changes(&fields, root.range(), entries, duration);
        // Whether the fields are known is for whoever reads the result.
        changes
    });
    let Some(mut changes) = changes else { return reader.finish(None) };
    changes.sort_by_key(|(range, _)| range.start);
    let mut composed = String::with_capacity(text.len() + 80 * entries.len());
    let mut from = 0;
    for (range, new) in changes {
        composed += &text[from..range.start];
        composed += &new;
        from = range.end;
    }
    composed += &text[from..];
    Ok(composed)
}

/// The entries of a scenario's timeline as they are written, in the order of time, those of one instant as they stand.
/// The text is one that has been read without a mistake.
pub fn timeline(text: &str, clock: DayClock) -> Vec<Entry> {
    let reader = Reader::new("", text, None);
    let Some(root) = reader.root() else { return Vec::new() };
    let entry = |node: Node<'_>| {
        let fields = node.fields("At");
        let at = fields.optional("at")?.with_text(|text| parse_instant(text, clock))?;
        Some(Entry { at, command: text[fields.optional("do")?.range()].to_string() })
    };
    let list = root.fields("Scenario").optional("timeline").map(|node| node.list()).unwrap_or_default();
    let mut entries: Vec<Entry> = list.into_iter().filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// What to put into which places.
fn changes(
    fields: &Fields<'_>,
    whole: Range<usize>,
    entries: &[Entry],
    duration: Option<SimTime>,
) -> Vec<(Range<usize>, String)> {
    let mut changes = Vec::new();
    if let (Some(node), Some(duration)) = (fields.optional("duration"), duration) {
        changes.push((node.range(), format!("\"{duration}\"")));
    }
    if entries.is_empty() {
        return changes;
    }
    let written = |indent: &str| {
        let lines = entries.iter().map(|Entry { at, command }| format!("{indent}(at: \"{at}\", do: {command}),\n"));
        lines.collect::<String>()
    };
    let list = written("        ");
    match fields.optional("timeline") {
        Some(timeline) => match timeline.list().last() {
            // A comma that was there ends the last new entry.
            Some(last) => {
                let end = last.range().end;
                changes.push((end..end, format!(",\n{}", list.trim_end_matches([',', '\n']))));
            }
            None => changes.push((timeline.range(), format!("[\n{list}    ]"))),
        },
        None => {
            let field = format!("timeline: [\n{list}    ]");
            match fields.last() {
                Some(last) => {
                    let end = last.range().end;
                    changes.push((end..end, format!(",\n    {field}")));
                }
                None => changes.push((whole.end - 1..whole.end - 1, format!("{field},\n"))),
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at_s: i64, command: &str) -> Entry {
        Entry { at: SimTime::from_secs(at_s), command: command.to_string() }
    }

    #[test]
    fn verif_entries_come_behind_those_that_are_there() {
        let entries = [entry(3, "StartSession"), entry(5, "StopSession")];
        for (text, expected) in [
            (
                "(name: \"a\", duration: \"9 s\")",
                "(name: \"a\", duration: \"9 s\",\n    timeline: [\n        (at: \"3 s\", do: StartSession),\n        \
                 (at: \"5 s\", do: StopSession),\n    ])",
            ),
            (
                "(timeline: [ (at: \"1 s\", do: Reset) /* yes */ , // why\n], // end\n)",
                "(timeline: [ (at: \"1 s\", do: Reset),\n        (at: \"3 s\", do: StartSession),\n        \
                 (at: \"5 s\", do: StopSession) /* yes */ , // why\n], // end\n)",
            ),
            (
                "(timeline: [/* none */], name: \"a\")",
                "(timeline: [\n        (at: \"3 s\", do: StartSession),\n        (at: \"5 s\", do: StopSession),\n    \
                 ], name: \"a\")",
            ),
        ] {
            assert_eq!(compose("f.ron", text, &entries, None).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn verif_a_timeline_comes_out_as_it_is_written() {
        let text = "(timeline: [(at: \"day 1 00:00\", do: Reset), (do: /* no */ Away(for: \"1 h\"), at: \"3 s\")])";
        let clock = DayClock::starting_at(SimTime::from_secs(86_399));
        assert_eq!(timeline(text, clock), [entry(1, "Reset"), entry(3, "Away(for: \"1 h\")")]);
        assert_eq!(timeline("(name: \"a\")", clock), []);
    }

    #[test]
    fn verif_the_duration_is_replaced_and_the_rest_stays() {
        let text = "Scenario(\n  duration: /* long */ \"9 s\", // enough\n)";
        let composed = compose("f.ron", text, &[], Some(SimTime::from_secs(90)));
        assert_eq!(composed.as_deref(), Ok("Scenario(\n  duration: /* long */ \"1 min 30 s\", // enough\n)"));
        assert!(compose("f.ron", "(duration: ", &[], None).is_err());
    }
}
