//! A figure of the summary: counters, ledgers, the battery, what a run came to.

use serde_json::Value;

use crate::expect::bounds::{Bounds, told};
use crate::expect::verdict::Outcome;
use crate::scenario::reader::closest;

/// A figure of `summary.json` lies within bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureExpectation {
    /// Its key, with a dot between the key of an object and those in it; an entry of a list goes by its first text:
    /// `left.contacts.E0.residual_uc`.
    pub key: String,
    /// What it may be.
    pub bounds: Bounds,
}

impl FigureExpectation {
    /// The expectation in words.
    pub fn told(&self) -> String {
        format!("{} {} in the summary", self.key, self.bounds)
    }

    /// What came of it.
    pub fn outcome(&self, summary: &Value) -> Outcome {
        match figure(summary, &self.key) {
            Ok(Some(value)) => Outcome { met: Some(self.bounds.hold(value)), seen: told(value), at: None, plot: None },
            Ok(None) => Outcome::unjudged("null: there is no such figure of this run".to_string()),
            Err(why) => Outcome::unjudged(why),
        }
    }
}

/// The number at a key of a summary; none where it is null. Yes is 1, and no is 0.
///
/// # Errors
/// There is no such key, or no number behind it: what there is.
pub fn figure(summary: &Value, key: &str) -> Result<Option<f64>, String> {
    let mut here = summary;
    for (depth, part) in key.split('.').enumerate() {
        let inside = entries(here);
        here = inside.iter().find(|(name, _)| *name == part).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = inside.iter().map(|(name, _)| *name).collect();
            let hint = closest(part, &names).map_or(String::new(), |close| format!("did you mean {close}? "));
            let before: Vec<&str> = key.split('.').take(depth).collect();
            let place = if before.is_empty() { "the summary".to_string() } else { before.join(".") };
            format!("{place} has no {part}; {hint}it has: {}", names.join(", "))
        })?;
    }
    match here {
        Value::Number(number) => Ok(number.as_f64()),
        Value::Bool(yes) => Ok(Some(f64::from(u8::from(*yes)))),
        Value::Null => Ok(None),
        Value::String(text) => Err(format!("{key} is the text {text:?}, not a number")),
        Value::Array(_) | Value::Object(_) => {
            let names: Vec<&str> = entries(here).iter().map(|(name, _)| *name).collect();
            Err(format!("{key} is not a number; it has: {}", names.join(", ")))
        }
    }
}

/// What is in a value, by name.
fn entries(value: &Value) -> Vec<(&str, &Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        Value::Array(list) => list.iter().filter_map(|entry| Some((first_text(entry)?, entry))).collect(),
        _ => Vec::new(),
    }
}

fn first_text(entry: &Value) -> Option<&str> {
    entry.as_object()?.values().find_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_key_leads_through_objects_and_lists() {
        let summary = serde_json::json!({
            "sessions": 2,
            "left": { "ripple": null, "contacts": [{ "contact": "E0", "residual_uc": -0.5 }], "on": true },
            "scenario": "a text",
        });
        assert_eq!(figure(&summary, "sessions"), Ok(Some(2.0)));
        assert_eq!(figure(&summary, "left.contacts.E0.residual_uc"), Ok(Some(-0.5)));
        assert_eq!(figure(&summary, "left.ripple"), Ok(None));
        assert_eq!(figure(&summary, "left.on"), Ok(Some(1.0)));
        for (key, words) in [
            ("sesions", "the summary has no sesions; did you mean sessions? it has: "),
            ("left.contacts.E9.residual_uc", "left.contacts has no E9; did you mean E0? it has: E0"),
            ("left", "left is not a number; it has: "),
            ("scenario", "scenario is the text \"a text\""),
        ] {
            let why = figure(&summary, key).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
