//! What is chosen above the scopes: follow or hold, how long the stretch is, the markers, which scopes are shown.

use egui::{RichText, Ui};

use super::time_axis::span;
use super::{ScopesState, Seen, Shown};
use crate::side::Side;
use crate::time::SimTime;

/// Lengths of the stretch to choose from, ns.
const WIDTHS: [i64; 16] = [
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    5_000_000_000,
    10_000_000_000,
    60_000_000_000,
    600_000_000_000,
    3_600_000_000_000,
    6 * 3_600_000_000_000,
    86_400_000_000_000,
    7 * 86_400_000_000_000,
    30 * 86_400_000_000_000,
    180 * 86_400_000_000_000,
];

/// Draws the row of choices.
pub fn show(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState) {
    ui.horizontal_wrapped(|ui| {
        following(ui, seen, state);
        width(ui, seen, state);
        zoom_buttons(ui, seen, state);
        ui.separator();
        marker_buttons(ui, seen, state);
        ui.separator();
        scopes_menu(ui, state);
        ui.toggle_value(&mut state.months, "Months")
            .on_hover_text("What adaptation has changed since the start, over days: size, drive, inhibition, …");
        models(ui, state);
    });
}

fn following(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState) {
    let mut follows = state.window.follows();
    let name = if follows { "⏵ following" } else { "⏸ held" };
    let explanation = if follows {
        "The scopes go along with the simulation. Zoom or move them, and they stay where they are"
    } else {
        "The scopes stay where they are. F: go along with the simulation again"
    };
    let text = RichText::new(name).color(if follows { seen.theme.good } else { seen.theme.caution });
    if ui.toggle_value(&mut follows, text).on_hover_text(explanation).changed() {
        if follows {
            state.window.shown = Shown::Follows;
        } else {
            let (from, to) = state.window.range(seen.transport);
            state.window.show(from, to);
        }
    }
    if !state.window.follows() && ui.button("Follow (F)").on_hover_text("Go along with the simulation again").clicked()
    {
        state.window.shown = Shown::Follows;
    }
    if state.window.follows() {
        ui.add(egui::Slider::new(&mut state.window.cursor_at, 0.1..=1.0).show_value(false).text("place"))
            .on_hover_text(
                "Where the cursor stands while the scopes follow: what is to the right of it has been before",
            );
    }
}

fn width(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState) {
    let (from, to) = state.window.range(seen.transport);
    let shown = span(SimTime::from_nanos(rounded((to - from).nanos())));
    let automatic = state.window.width.is_none() && state.window.follows();
    let text = if automatic { format!("{shown} (auto)") } else { shown };
    let mut chosen = None;
    egui::ComboBox::from_id_salt("width of the scopes").selected_text(text).height(420.0).show_ui(ui, |ui| {
        if ui.selectable_label(automatic, "auto: with the speed").clicked() {
            chosen = Some(None);
        }
        for nanos in WIDTHS {
            let width = SimTime::from_nanos(nanos);
            if ui.selectable_label(state.window.width == Some(width), span(width)).clicked() {
                chosen = Some(Some(width));
            }
        }
    });
    if let Some(width) = chosen {
        state.window.set_width(seen.transport, width);
    }
}

/// Two digits of a number, for what is shown of a span.
fn rounded(nanos: i64) -> i64 {
    let mut unit = 1;
    while nanos / unit >= 1_000 {
        unit *= 10;
    }
    (nanos + unit / 2) / unit * unit
}

fn zoom_buttons(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState) {
    let (from, to) = state.window.range(seen.transport);
    let cursor = seen.transport.cursor;
    let middle = from + SimTime::from_nanos((to - from).nanos() / 2);
    let about = if from <= cursor && cursor <= to { cursor } else { middle };
    if ui.button("➕").on_hover_text("Zoom in, about the cursor; Ctrl and wheel: about the pointer").clicked() {
        state.window.zoom(seen.transport, about, 0.5);
    }
    if ui.button("➖").on_hover_text("Zoom out; a drag with the right button zooms to a box").clicked() {
        state.window.zoom(seen.transport, about, 2.0);
    }
    if ui.button("Fit").on_hover_text("Z: all that has been computed").clicked() {
        fit(seen, state);
    }
}

/// Shows all that has been computed.
pub fn fit(seen: &Seen<'_>, state: &mut ScopesState) {
    state.window.show(SimTime::ZERO, seen.transport.head.max(SimTime::from_nanos(1_000)));
}

/// Shows what lies between the markers, and a little around it.
pub fn fit_markers(state: &mut ScopesState) {
    if let Some((a, b)) = state.markers.stretch() {
        let around = SimTime::from_nanos((b - a).nanos() / 20);
        state.window.show(a - around, b + around);
    }
}

fn marker_buttons(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState) {
    let cursor = seen.transport.cursor;
    let explanation = |name: &str| {
        format!("Marker {name} at the cursor; the key {name} sets it where the pointer is. Drag it at the top")
    };
    if ui.button("A").on_hover_text(explanation("A")).clicked() {
        state.markers.a = Some(cursor);
    }
    if ui.button("B").on_hover_text(explanation("B")).clicked() {
        state.markers.b = Some(cursor);
    }
    let both = state.markers.stretch().is_some();
    if ui
        .add_enabled(both, egui::Button::new("A–B"))
        .on_hover_text("Shift Z: zoom to what lies between the markers")
        .on_disabled_hover_text("Set both markers first: keys A and B")
        .clicked()
    {
        fit_markers(state);
    }
    let any = state.markers.each().next().is_some();
    if ui.add_enabled(any, egui::Button::new("Clear")).on_hover_text("Removes both markers").clicked() {
        state.markers = super::Markers::default();
    }
}

/// Whether models are shown beside the force, and of which side.
fn models(ui: &mut Ui, state: &mut ScopesState) {
    let mut on = state.models_of.is_some();
    let explanation = "On the scope of the force: what the models of Ding 2003, Ding 2007 and Hmed 2018 make of the \
                       pulses that this side was given, beside the force of its motor units";
    if ui.toggle_value(&mut on, "Models").on_hover_text(explanation).changed() {
        state.models_of = on.then_some(Side::Left);
    }
    if let Some(side) = &mut state.models_of {
        for of in Side::BOTH {
            let explanation = format!("The pulses of the {} side; the force of the other is left out", of.name());
            ui.selectable_value(side, of, of.name()).on_hover_text(explanation);
        }
    }
}

fn scopes_menu(ui: &mut Ui, state: &mut ScopesState) {
    ui.menu_button("Scopes ⏷", |ui| {
        egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
            for lane in state.lanes.clone() {
                let mut shown = state.choices.shows(&lane);
                let unit = if lane.unit.is_empty() { String::new() } else { format!(", {}", lane.unit) };
                let name = format!("{}{unit}", lane.title);
                if ui.checkbox(&mut shown, name).on_hover_text(&lane.explanation).changed() {
                    state.choices.show(&lane, shown);
                }
            }
        });
        if ui.button("As at first").on_hover_text("The usual scopes, as high as at first").clicked() {
            state.choices = Default::default();
        }
    });
}
