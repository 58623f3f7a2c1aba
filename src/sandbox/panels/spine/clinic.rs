//! The buttons for the tests of the clinic: each gives its command at the cursor, as the scenario language has it.

use egui::{DragValue, RichText, Ui};

use crate::sandbox::act::Act;
use crate::sandbox::panels::fields::button;
use crate::sandbox::view::View;
use crate::scenario::commands::MOST_PULL_N;

/// The pull of a sudden load or release unless another is typed, N (ours): that of the page on the spine.
pub const USUAL_N: f64 = 60.0;

/// The tests, and the pull of those that have one.
pub fn tests_ui(ui: &mut Ui, view: &View<'_>, push_n: &mut f64, out: &mut Vec<Act>) {
    let mut give = |command: String| out.push(Act::Give(command));
    let hint = "Each test reads the patient as he is at the cursor and changes nothing. It is a command of the \
                timeline: undo takes it back, and it is saved with the scenario.";
    ui.label(RichText::new("Tests of the clinic").strong()).on_hover_text(hint);
    ui.horizontal_wrapped(|ui| {
        let hint = format!("The pull at the chest of a sudden load or release, N; 1 to {MOST_PULL_N}");
        let label = ui.label(RichText::new("Pull").color(view.theme.faint)).on_hover_text(&hint);
        let pull = DragValue::new(push_n).range(1.0..=MOST_PULL_N).speed(1.0).max_decimals(0).suffix(" N");
        ui.add(pull.update_while_editing(false)).labelled_by(label.id).on_hover_text(&hint);
        let hint = "Standing at ease, the patient is suddenly pulled forward at the chest.";
        if button(ui, "Sudden load", hint, None) {
            give(format!("SuddenLoad(newton: {push_n})"));
        }
        let hint = "The patient holds against a pull at the chest, and is let go.";
        if button(ui, "Sudden release", hint, None) {
            give(format!("SuddenRelease(newton: {push_n})"));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let hint = "A press on L4, the patient prone: relaxed, then with both legs lifted.";
        if button(ui, "Prone instability", hint, None) {
            give("ProneInstability".to_string());
        }
        let hint = "Prone, the patient lifts the opposite arm; the examiner feels the multifidus swell.";
        if button(ui, "Multifidus lift", hint, None) {
            give("MultifidusLift".to_string());
        }
        let hint = "Thickness of the multifidus at L4-5: at rest, with the opposite arm lifted, and as stimulation \
                    makes it at this instant.";
        if button(ui, "Ultrasound", hint, None) {
            give("Ultrasound".to_string());
        }
    });
    if view.session.transport().playing {
        ui.label(RichText::new("Time goes on: pause to examine one instant.").small().color(view.theme.faint));
    }
    ui.add_space(2.0);
}
