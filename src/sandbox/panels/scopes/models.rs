//! The models beside the force: the line that says what is scaled and what is assumed, or why there is nothing.

use std::sync::Arc;

use egui::{Label, RichText, Ui};

use super::pen::figure;
use super::plot::FORCE;
use super::{ScopesState, Seen, column};
use crate::sandbox::models::{self, Answer, CURRENT_MA, Shown, WIDTH_US};
use crate::time::SimTime;

/// Width of the scopes where they have yet to be drawn, points (ours).
const USUAL_WIDTH: f32 = 400.0;

/// How often is looked whether models are worked out (ours).
const SOON: std::time::Duration = std::time::Duration::from_millis(60);

/// Asks for the models of the stretch where they are switched on, and says what is to be known of them; what there is
/// to be drawn.
pub fn show(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState, range: (SimTime, SimTime)) -> Option<Arc<Answer>> {
    let side = state.models_of?;
    if !models::is_done() {
        ui.ctx().request_repaint_after(SOON);
    }
    let theme = seen.theme;
    let mut say = |text: String, color, meaning: &str| {
        let text = RichText::new(text).small().color(color);
        ui.add(Label::new(text).wrap()).on_hover_text(meaning);
    };
    if !state.lanes.iter().any(|lane| lane.key == FORCE && state.choices.shows(lane)) {
        say(
            "⚠ Models: the scope of the force is not shown; choose it under Scopes".to_string(),
            theme.caution,
            "They are drawn there",
        );
        return None;
    }
    // By where the plots lay in the last frame.
    let width = state.placed.map_or(USUAL_WIDTH, |placed| placed.width().max(16.0));
    let shown = state.models.of(seen.memory, side, range, column(width, range), seen.units_n[side]);
    match shown {
        Shown::Lines(answer) => {
            let text = format!(
                "Models, {}: each scaled so that its tetanus is that of the units that the pulses fire, {} N at the \
                 end here. Assumed: rested until {}, a quadriceps as published.",
                side.name(),
                figure(answer.tetanus_n),
                seen.clock.show(answer.rested)
            );
            let meaning = format!(
                "Force over the model's own tetanus at 100 Hz, times the tetanus of the motor units that the last \
                 pulses fired. Whom width and current recruit is in that: the models are given pulses of {WIDTH_US} µs \
                 and {CURRENT_MA} mA, as stimtwin muscle is, at the instants at which units fired. Ding 2007 has no \
                 fatigue of its own; Hmed 2018 is Ding 2003 with a law for the current, and lies close to it."
            );
            say(text, theme.faint, &meaning);
            Some(answer)
        }
        Shown::Soon => {
            say("Models: being worked out…".to_string(), theme.faint, "Beside the window, from the last long rest on");
            None
        }
        Shown::Nothing(why) => {
            say(format!("⚠ Models: {why}"), theme.caution, "Nothing is shown rather than something wrong");
            None
        }
    }
}
