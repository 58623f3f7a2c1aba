//! What the tests of the clinic have found up to the cursor: a table for each kind of test, a column for each time it
//! was done, so that before and after stand side by side.

use egui::{Grid, RichText, ScrollArea, Ui};
use serde_json::Value;

use crate::record::events::{EventLog, Examination};
use crate::sandbox::act::Act;
use crate::sandbox::panels::back_numbers::short;
use crate::sandbox::view::View;
use crate::time::SimTime;

/// A key of a finding in words: the key, the words, the unit, what a value is multiplied with to be in it, and what it
/// is.
type Key = (&'static str, &'static str, &'static str, f64, &'static str);

/// A test: its name in results, its title, and its keys in the order in which they are shown.
type Test = (&'static str, &'static str, &'static [Key]);

/// Every test with every key that it finds.
pub const TESTS: [Test; 5] = [
    (
        "sudden_load",
        "Sudden load",
        &[
            ("push_n", "Pull", "N", 1.0, "The pull that came"),
            (
                "left_ms",
                "Left switches on",
                "ms",
                1.0,
                "When the left multifidus answers; none where nothing reaches it",
            ),
            ("right_ms", "Right switches on", "ms", 1.0, "The same on the right"),
            EXCURSION,
            PEAK,
            UNINHIBITED,
            WITHOUT_REFLEX,
        ],
    ),
    (
        "sudden_release",
        "Sudden release",
        &[
            ("push_n", "Pull", "N", 1.0, "The pull that went"),
            (
                "left_ms",
                "Left shuts off",
                "ms",
                1.0,
                "When the left multifidus shuts off; none where nothing reaches it",
            ),
            ("right_ms", "Right shuts off", "ms", 1.0, "The same on the right"),
            EXCURSION,
            PEAK,
            UNINHIBITED,
            WITHOUT_REFLEX,
        ],
    ),
    (
        "prone_instability",
        "Prone instability",
        &[
            ("positive", "Positive", "", 1.0, "It hurts relaxed, and no longer hurts with the legs lifted"),
            (
                "relaxed_deg",
                "Turn, relaxed",
                "°",
                1.0,
                "The largest turn of a segment under the press; none where it does not hold",
            ),
            ("active_deg", "Turn, legs lifted", "°", 1.0, "The same with both legs lifted"),
        ],
    ),
    (
        "multifidus_lift",
        "Multifidus lift",
        &[
            ("left_palpable", "Felt on the left", "", 1.0, "Whether a finger feels the left multifidus swell"),
            ("right_palpable", "Felt on the right", "", 1.0, "The same on the right"),
            ("left_thickening", "Left swells by", "%", 100.0, "By how much it is thicker with the opposite arm lifted"),
            ("right_thickening", "Right swells by", "%", 100.0, "The same on the right"),
        ],
    ),
    (
        "ultrasound",
        "Ultrasound",
        &[
            ("left_rest_mm", "Left, at rest", "mm", 1.0, "Thickness of the left multifidus at L4-5 at rest"),
            ("left_contracted_mm", "Left, arm lifted", "mm", 1.0, "The same with the opposite arm lifted"),
            ("left_stimulated_mm", "Left, stimulated", "mm", 1.0, "The same as stimulation made it at that instant"),
            ("right_rest_mm", "Right, at rest", "mm", 1.0, "Thickness of the right multifidus at L4-5 at rest"),
            ("right_contracted_mm", "Right, arm lifted", "mm", 1.0, "The same with the opposite arm lifted"),
            ("right_stimulated_mm", "Right, stimulated", "mm", 1.0, "The same as stimulation made it at that instant"),
        ],
    ),
];

const EXCURSION: Key = (
    "excursion_mm",
    "Trunk moves",
    "mm",
    1.0,
    "How far the trunk moves at the height of the chest; none where it is not caught and the person steps",
);
const PEAK: Key = ("peak_ms", "Farthest after", "ms", 1.0, "When it is there; none where it is not caught");
const UNINHIBITED: Key = (
    "uninhibited_mm",
    "With all of the drive",
    "mm",
    1.0,
    "How far it would move if nothing kept the drive from the multifidus; none where it is not caught",
);
const WITHOUT_REFLEX: Key = (
    "without_reflex_mm",
    "Without reflexes",
    "mm",
    1.0,
    "How far it would move without any reflex; none where it is not caught",
);

/// Where a test has been done: at its own instant it has yet to be.
const JUST_AFTER: SimTime = SimTime::from_nanos(1);

/// A value of a finding as it is shown, without its unit.
fn shown(value: &Value, scale: f64) -> String {
    match value {
        Value::Bool(true) => "yes".to_string(),
        Value::Bool(false) => "no".to_string(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |value| short(value * scale)),
        _ => "none".to_string(),
    }
}

/// The tests that were done up to the cursor, and what each found.
pub fn findings_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Act>) {
    let done = view.session.simulation().world().resource::<EventLog>().examinations();
    if done.is_empty() {
        let text = "No test was done up to the cursor. Press one of the buttons.";
        ui.label(RichText::new(text).small().color(view.theme.faint));
        return;
    }
    for (kind, title, keys) in &TESTS {
        let times: Vec<&Examination> = done.iter().filter(|one| one.finding.name() == *kind).collect();
        if !times.is_empty() {
            ui.add_space(4.0);
            ui.label(RichText::new(*title).strong());
            ScrollArea::horizontal().id_salt(*kind).show(ui, |ui| table_ui(ui, view, kind, keys, &times, out));
        }
    }
}

/// One kind of test: its keys down, the times it was done across.
fn table_ui(ui: &mut Ui, view: &View<'_>, kind: &str, keys: &[Key], times: &[&Examination], out: &mut Vec<Act>) {
    let (theme, clock) = (view.theme, view.session.scenario().clock);
    let found: Vec<Value> = times.iter().map(|one| serde_json::json!(one.finding)).collect();
    Grid::new(("findings", kind)).num_columns(times.len() + 1).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
        ui.label("");
        for one in times {
            let at = SimTime::from_nanos((one.at_s * 1e9).round() as i64);
            let hint = format!("clinic.{} in the summary, done at {}: {}; go there", one.name, clock.show(at), at);
            // A test at the very cursor is given a nanosecond after the one before.
            let shown = SimTime::from_nanos((one.at_s * 1e3).round() as i64 * 1_000_000);
            if ui.link(RichText::new(shown.to_string()).small()).on_hover_text(hint).clicked() {
                out.push(Act::Seek(at + JUST_AFTER));
            }
        }
        ui.end_row();
        for (key, words, unit, scale, meaning) in keys {
            let of_unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
            let meaning = format!("{meaning}{of_unit}. Its key in results is {key}.");
            let name = RichText::new(*words).small().color(theme.faint);
            ui.label(name).on_hover_text(&meaning);
            for finding in &found {
                let value = shown(&finding[*key], *scale);
                let unit = if value == "none" { "" } else { unit };
                let text = if unit.is_empty() { value } else { format!("{value} {unit}") };
                ui.label(RichText::new(text).small().color(theme.text)).on_hover_text(&meaning);
            }
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spine::clinic::{Felt, Finding, Pressed, Pushed, Seen};

    /// What the clinic finds has words, and words are of something that it finds.
    #[test]
    fn verif_every_key_of_every_finding_has_its_words() {
        let pushed = Pushed {
            push_n: 60.0,
            left_ms: None,
            right_ms: Some(70.0),
            excursion_mm: Some(45.1),
            peak_ms: Some(400.0),
            uninhibited_mm: None,
            without_reflex_mm: None,
        };
        let pressed = Pressed { relaxed_deg: Some(3.5), active_deg: None, positive: true };
        let felt = Felt { left_thickening: 0.1, right_thickening: 0.2, left_palpable: false, right_palpable: true };
        let seen = Seen {
            left_rest_mm: 27.0,
            left_contracted_mm: 30.0,
            left_stimulated_mm: 28.0,
            right_rest_mm: 27.0,
            right_contracted_mm: 30.0,
            right_stimulated_mm: 28.0,
        };
        let findings = [
            Finding::SuddenLoad(pushed),
            Finding::SuddenRelease(pushed),
            Finding::ProneInstability(pressed),
            Finding::MultifidusLift(felt),
            Finding::Ultrasound(seen),
        ];
        for finding in findings {
            let (_, _, keys) = TESTS.iter().find(|(name, ..)| *name == finding.name()).expect("every test is listed");
            let value = serde_json::json!(finding);
            let mut found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
            found.retain(|key| *key != "test");
            let mut listed: Vec<&str> = keys.iter().map(|(key, ..)| *key).collect();
            found.sort_unstable();
            listed.sort_unstable();
            assert_eq!(found, listed, "{}", finding.name());
        }
        for (text, value) in
            [("no", false.into()), ("yes", true.into()), ("none", Value::Null), ("45.1", 45.1_f64.into())]
        {
            assert_eq!(shown(&value, 1.0), text);
        }
        assert_eq!(shown(&Value::from(0.12), 100.0), "12");
    }
}
