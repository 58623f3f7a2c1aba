//! The settings of the program as a whole: session, times of day, how the sides share time.

use egui::Ui;

use crate::device::program::Coordination;
use crate::sandbox::panels::fields::{Field, choice_field, complain, number_field, text_field};
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::units::Unit;
use crate::scenario::write::WrittenProgram;
use crate::time::{SimTime, parse_time_of_day, show_time_of_day};

const COORDINATIONS: [(&str, Coordination); 4] = [
    ("together", Coordination::Together),
    ("alternating", Coordination::Alternating),
    ("left only", Coordination::LeftOnly),
    ("right only", Coordination::RightOnly),
];

/// The text of the session times while it is typed, and why it cannot be read.
#[derive(Clone, Debug, Default)]
pub struct TimesState {
    text: Option<String>,
    why: Option<String>,
}

/// Session, times of day, coordination.
pub fn whole_ui(ui: &mut Ui, facts: &Facts<'_>, state: &mut TimesState, draft: &mut WrittenProgram) {
    let (device, on_device) = (facts.device(), facts.on_device);
    let field = |label, name, hint, on_device| Field {
        label,
        hint,
        on_device,
        problems: facts.problems_of(None, Some(name)).collect(),
    };
    let shown = |coordination| COORDINATIONS.iter().find(|(_, c)| *c == coordination).map_or("", |(name, _)| name);
    let differs = facts.draft.coordination != on_device.coordination;
    let differs = differs.then(|| shown(on_device.coordination).to_string());
    let hint = "How the sides share time: together, in turn, or one alone.";
    let coordination = field("Sides", "coordination", hint, differs);
    if let Some(new) = choice_field(ui, facts.theme, &coordination, &COORDINATIONS, facts.draft.coordination) {
        draft.coordination = new;
    }

    let minutes = |span: SimTime| span.as_secs() / 60.0;
    let differs = facts.draft.session_length != on_device.session_length;
    let differs = differs.then(|| Unit::Minutes.show(minutes(on_device.session_length)));
    let session = field("Session", "session", "How long a session lasts, min.", differs);
    let value = minutes(facts.draft.session_length);
    if let Some(new) = number_field(ui, facts.theme, &session, Unit::Minutes, &device.session_min, value) {
        draft.session_length = SimTime::from_nanos((new * 60e9).round() as i64);
    }

    let differs = facts.draft.session_times != on_device.session_times;
    let differs = differs.then(|| times_text(&on_device.session_times));
    let hint = "Times of day at which sessions begin, rising, as 08:00, 20:00.";
    let times = field("Every day at", "session_times", hint, differs);
    let mut text = state.text.clone().unwrap_or_else(|| times_text(&facts.draft.session_times));
    let before = text.clone();
    if let Some(done) = text_field(ui, facts.theme, &times, &mut text, "no sessions by themselves") {
        match read_times(&done) {
            Ok(times) => {
                draft.session_times = times;
                *state = TimesState::default();
            }
            Err(why) => *state = TimesState { text: Some(done), why: Some(why) },
        }
    } else if text != before {
        state.text = Some(text);
    }
    complain(ui, facts.theme, state.why.as_deref().into_iter());
}

fn times_text(times: &[SimTime]) -> String {
    let shown = times.iter().map(|&time| {
        let text = show_time_of_day(time);
        text.strip_suffix(":00").unwrap_or(&text).to_string()
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Reads times of day between commas or blanks.
fn read_times(text: &str) -> Result<Vec<SimTime>, String> {
    let parts = text.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| parse_time_of_day(part).map_err(|why| format!("{part}: {why}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_times_of_day_read_as_they_are_shown() {
        let times = read_times("08:00, 20:30:15 23:59").unwrap();
        assert_eq!(times_text(&times), "08:00, 20:30:15, 23:59");
        assert_eq!(read_times(&times_text(&times)).unwrap(), times);
        assert_eq!(read_times(" ").unwrap(), []);
        assert!(read_times("8:00").unwrap_err().starts_with("8:00: "));
    }
}
