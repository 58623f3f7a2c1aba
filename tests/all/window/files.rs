//! Files are asked for in the window, and what was chosen becomes an act.

use std::path::Path;

use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use stimtwin::sandbox::act::{Act, Dialog};
use stimtwin::sandbox::files::{Files, Notices};
use stimtwin::sandbox::session::Said;
use stimtwin::sandbox::theme::Theme;

#[derive(Default)]
struct Room {
    files: Files,
    acts: Vec<Act>,
}

fn harness() -> Harness<'static, Room> {
    let draw = |ui: &mut egui::Ui, room: &mut Room| room.acts.extend(room.files.show(ui.ctx()));
    let builder = Harness::builder().with_size(vec2(900.0, 600.0)).with_step_dt(0.016);
    builder.build_ui_state(draw, Room::default())
}

/// Draws frames until that holds; a folder is read beside the window.
fn until(harness: &mut Harness<'_, Room>, holds: impl Fn(&Room) -> bool) {
    for _ in 0..400 {
        harness.step();
        if holds(harness.state()) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("it does not come about");
}

fn ask(harness: &mut Harness<'_, Room>, what: Dialog, open: &Path) {
    harness.state_mut().files.ask(what, Some(open));
    assert!(harness.state().files.is_open());
    harness.run_steps(4);
}

#[test]
fn verif_what_is_saved_gets_the_name_that_is_proposed_or_typed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let mut harness = harness();
    ask(&mut harness, Dialog::Save, &folder.join("mine.ron"));
    harness.key_press(Key::Enter);
    until(&mut harness, |room| !room.files.is_open());
    assert_eq!(harness.state().acts, [Act::Save(folder.join("mine.ron"))]);
    // The next dialog proposes the same stem, with the ending of what it writes; it is selected, so that one can type.
    ask(&mut harness, Dialog::Traces, &folder.join("mine.ron"));
    harness.event(egui::Event::Text("today".to_string()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    until(&mut harness, |room| !room.files.is_open());
    assert_eq!(harness.state().acts[1..], [Act::ExportTraces(folder.join("today.csv"))]);
}

#[test]
fn verif_a_dialog_that_is_left_asks_for_nothing_and_leaves_the_theme() {
    let mut harness = harness();
    Theme::light().apply(&harness.ctx, 1.0);
    harness.run_steps(2);
    let before = harness.ctx.style_of(egui::Theme::Light).visuals.clone();
    ask(&mut harness, Dialog::Open, Path::new("nowhere/x.ron"));
    harness.key_press_modifiers(Modifiers::NONE, Key::Escape);
    until(&mut harness, |room| !room.files.is_open());
    assert_eq!(harness.state().acts, []);
    assert_eq!(harness.ctx.style_of(egui::Theme::Light).visuals, before);
}

#[test]
fn verif_notices_stay_for_a_while_and_refusals_longer() {
    let draw = |ui: &mut egui::Ui, notices: &mut Notices| notices.show(ui.ctx(), &Theme::dark());
    let mut harness = Harness::builder().with_step_dt(0.25).build_ui_state(draw, Notices::default());
    harness.state_mut().say(Said::Done("saved".to_string()));
    harness.state_mut().say(Said::Refused("it cannot be written".to_string()));
    harness.run_steps(8);
    assert_eq!(harness.state().count(), 2);
    harness.run_steps(24);
    assert_eq!(harness.state().count(), 1, "after 8 s the refusal is there");
    harness.run_steps(40);
    assert_eq!(harness.state().count(), 0);
}
