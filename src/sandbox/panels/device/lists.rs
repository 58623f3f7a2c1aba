//! The events of the run and the device's own log, the newest first.

use egui::{RichText, ScrollArea, TextEdit, Ui};

use crate::device::memory::Entry;
use crate::record::events::{Event, EventKind};
use crate::sandbox::act::Act;
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::units::number;

/// The most events that a filter looks through, and that it shows.
const MOST_LOOKED_AT: usize = 5_000;
const MOST_SHOWN: usize = 300;

/// What the lists keep.
#[derive(Clone, Debug, Default)]
pub struct ListsState {
    filter: String,
    /// What the log was when its lines were written out, and the lines.
    log: Option<((usize, u64, u64), Vec<String>)>,
}

/// Endings of names that are units.
const UNITS: [(&str, &str); 9] = [
    ("_n_s", "N·s"),
    ("_ma", "mA"),
    ("_us", "µs"),
    ("_s", "s"),
    ("_na", "nA"),
    ("volts", "V"),
    ("ohm", "Ω"),
    ("ppm", "ppm"),
    ("_v", "V"),
];

/// An event in words: its name, and what it says.
pub fn words(kind: &EventKind) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(kind) else { return format!("{kind:?}") };
    let name = fields.get("event").and_then(|name| name.as_str()).unwrap_or_default().replace('_', " ");
    let says = fields.iter().filter(|(field, _)| *field != "event").map(|(field, value)| {
        let (field, unit) =
            UNITS.iter().find_map(|(ending, unit)| Some((field.strip_suffix(ending)?, *unit))).unwrap_or((field, ""));
        let value = match value {
            serde_json::Value::Number(value) => value.as_f64().map_or_else(|| value.to_string(), number),
            serde_json::Value::String(text) => text.replace('_', " "),
            other => other.to_string(),
        };
        [field.replace('_', " ").as_str(), &value, unit]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    });
    let says: Vec<String> = says.collect();
    if says.is_empty() { name } else { format!("{name}: {}", says.join(", ")) }
}

/// The events, newest first; an instant can be gone to.
pub fn events_ui(ui: &mut Ui, facts: &Facts<'_>, state: &mut ListsState, out: &mut Vec<Act>) {
    let theme = facts.theme;
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Filter").color(theme.faint));
        let edit = TextEdit::singleline(&mut state.filter).hint_text("words that an event has").desired_width(180.0);
        ui.add(edit).labelled_by(label.id);
        let count = facts.events.len();
        ui.label(RichText::new(format!("{count} so far")).color(theme.faint).small());
    });
    let filter = state.filter.to_lowercase();
    let row = ui.text_style_height(&egui::TextStyle::Body) + ui.spacing().item_spacing.y;
    let area = ScrollArea::vertical().auto_shrink([false, false]);
    if facts.events.is_empty() {
        let text = "Nothing has happened yet. Start a session, or measure impedance.";
        ui.label(RichText::new(text).color(theme.faint));
        return;
    }
    if filter.is_empty() {
        let events = facts.events;
        area.show_rows(ui, row, events.len(), |ui, rows| {
            for place in rows {
                event_ui(ui, facts, &events[events.len() - 1 - place], None, out);
            }
        });
        return;
    }
    let looked_at = facts.events.iter().rev().take(MOST_LOOKED_AT).map(|event| (event, words(&event.kind)));
    let matching: Vec<_> =
        looked_at.filter(|(_, text)| text.to_lowercase().contains(&filter)).take(MOST_SHOWN).collect();
    area.show_rows(ui, row, matching.len(), |ui, rows| {
        for (event, text) in &matching[rows] {
            event_ui(ui, facts, event, Some(text), out);
        }
    });
}

fn event_ui(ui: &mut Ui, facts: &Facts<'_>, event: &Event, text: Option<&str>, out: &mut Vec<Act>) {
    ui.horizontal(|ui| {
        let at = RichText::new(facts.clock.show(event.at)).monospace().small();
        if ui.link(at).on_hover_text(format!("{}: go there", event.at)).clicked() {
            out.push(Act::Seek(event.at));
        }
        let text = text.map_or_else(|| words(&event.kind), str::to_string);
        ui.add(egui::Label::new(RichText::new(&text).small()).truncate()).on_hover_text(&text);
    });
}

/// The device's own log, newest first, as its own clock has it.
pub fn log_ui(ui: &mut Ui, facts: &Facts<'_>, state: &mut ListsState) {
    let memory = &facts.generator.memory;
    let key = (memory.write_pointer(), memory.overwritten(), memory.refused());
    if state.log.as_ref().is_none_or(|(known, _)| *known != key) {
        let mut lines: Vec<String> =
            memory.lines().map(|line| format!("{}  {}", line.device_clock, entry(line.entry))).collect();
        lines.reverse();
        state.log = Some((key, lines));
    }
    let Some((_, lines)) = &state.log else { return };
    let theme = facts.theme;
    let text = format!("{} entries, {} overwritten, {} refused", lines.len(), memory.overwritten(), memory.refused());
    ui.label(RichText::new(text).color(theme.faint).small())
        .on_hover_text("What the device itself keeps, with the time of its own clock.");
    let row = ui.text_style_height(&egui::TextStyle::Monospace) + ui.spacing().item_spacing.y;
    ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, row, lines.len(), |ui, rows| {
        for line in &lines[rows] {
            ui.add(egui::Label::new(RichText::new(line).monospace().small()).truncate());
        }
    });
}

/// An entry of the log in words.
fn entry(entry: &Entry) -> String {
    match entry {
        Entry::Event { code, text } if text.is_empty() => format!("{} {code:?}", code.text()),
        Entry::Event { code, text } => format!("{} {code:?} {text}", code.text()),
        Entry::Battery { a_v, b_v } => format!("battery {} V, {} V", number(*a_v), number(*b_v)),
        Entry::Impedance { ohm } => format!("impedance {ohm:.0} Ω"),
        Entry::Parameter { id, value } => format!("parameter {id} = {}", number(*value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::Side;

    #[test]
    fn verif_events_read_as_words_with_units() {
        let set = EventKind::AmplitudeSet { side: Side::Left, amplitude_ma: 1.5 };
        assert_eq!(words(&set), "amplitude set: amplitude 1.5 mA, side left");
        assert_eq!(words(&EventKind::ProgramSet {}), "program set");
        let ignored = EventKind::CommandIgnored { reason: "no session runs".to_string() };
        assert_eq!(words(&ignored), "command ignored: reason no session runs");
    }
}
