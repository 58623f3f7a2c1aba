//! The head of the programmer, which never scrolls away: Start, what the device is doing, and the draft. Stop has its
//! own corner of the window.

use egui::{Button, RichText, Ui, WidgetInfo, WidgetType};

use crate::device::therapy::State;
use crate::sandbox::act::Act;
use crate::sandbox::panels::fields::{button, complain};
use crate::sandbox::panels::programmer::facts::{Facts, short_span};
use crate::scenario::write::orders;

/// Start, the state, and the draft against the device.
pub fn header_ui(ui: &mut Ui, facts: &Facts<'_>, out: &mut Vec<Act>) {
    ui.horizontal(|ui| {
        let why_not = facts.generator.begins_not();
        let start = ui.add_enabled_ui(why_not.is_none(), |ui| ui.add_sized([84.0, 30.0], Button::new("▶ Start"))).inner;
        start.widget_info(|| WidgetInfo::labeled(WidgetType::Button, why_not.is_none(), "Start"));
        let start = match &why_not {
            Some(reason) => start.on_disabled_hover_text(format!("A session cannot begin: {reason}")),
            None => start.on_hover_text("Begin a session now, with the program that the device has."),
        };
        if start.clicked() {
            out.push(Act::Give("StartSession".to_string()));
        }
        ui.vertical(|ui| {
            ui.label(RichText::new(state(facts)).strong()).on_hover_text("What the device is doing.");
            let quiet = facts.generator.state().in_session();
            if let Some(reason) = why_not.filter(|_| !quiet) {
                ui.label(RichText::new(format!("No start: {reason}")).color(facts.theme.caution).small());
            }
        });
    });
    draft_ui(ui, facts, out);
}

/// What the device is doing, and for how long still.
fn state(facts: &Facts<'_>) -> String {
    let generator = facts.generator;
    let symbol = match generator.state() {
        State::On | State::Ramping => "⚡",
        State::Fault | State::EndOfService => "⚠",
        State::Paused => "⏸",
        _ => "○",
    };
    let left = generator.session_end().map(|end| format!(", {} left", short_span(end - facts.now)));
    format!("{symbol} {}{}", generator.state().name(), left.unwrap_or_default())
}

/// The draft against the device: what is not applied, and what applying would do.
fn draft_ui(ui: &mut Ui, facts: &Facts<'_>, out: &mut Vec<Act>) {
    let changes = facts.changes();
    let orders = orders(facts.on_device, facts.draft);
    let ends = facts.generator.session_end().is_some() && orders.iter().any(|order| order.starts_with("SetProgram"));
    ui.horizontal_wrapped(|ui| {
        let (text, color) = match changes {
            0 => ("✔ device = draft".to_string(), facts.theme.good),
            1 => ("1 unsaved change".to_string(), facts.theme.caution),
            _ => (format!("{changes} unsaved changes"), facts.theme.caution),
        };
        ui.label(RichText::new(text).color(color)).on_hover_text("Settings that differ from those of the device.");
        let nothing = (changes == 0).then_some("the device has these settings already");
        let refused = (!facts.problems.is_empty()).then_some("the device would refuse the draft: see the fields");
        let hint = if ends {
            "Gives the draft to the device, and ends the session."
        } else {
            "Gives the draft to the device."
        };
        if button(ui, "Apply", hint, nothing.or(refused)) {
            out.push(Act::Apply);
        }
        if button(ui, "Revert", "Go back to what the device has.", nothing) {
            out.push(Act::Revert);
        }
        let mut at_once = facts.at_once;
        let hint = "Give every edit to the device as it is made. A real device takes a new program as a whole.";
        if ui.checkbox(&mut at_once, "Apply at once").on_hover_text(hint).changed() {
            out.push(Act::ApplyAtOnce(at_once));
        }
    });
    if ends && changes > 0 {
        let text = "⚠ Applying ends the session that runs: the device takes a new program as a whole. Amplitude alone \
                    changes while it runs.";
        ui.add(egui::Label::new(RichText::new(text).color(facts.theme.caution).small()).wrap());
    }
    complain(ui, facts.theme, facts.problems_of(None, None));
}
