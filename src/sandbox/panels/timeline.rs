//! What was done, as the scenario that it can be saved as.

use egui::{RichText, Ui};

use crate::sandbox::act::{Act, Dialog};
use crate::sandbox::view::View;

/// The commands given in the window, each with its instant; a click goes there.
pub fn ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Act>) {
    let (session, theme) = (view.session, view.theme);
    let entries = session.entries();
    ui.horizontal_wrapped(|ui| {
        if ui.button("Save as a scenario…").on_hover_text("Writes the scenario with all that was done").clicked() {
            out.push(Act::Ask(Dialog::Save));
        }
        if ui.button("Start anew").on_hover_text("Leaves out all that was done").clicked() {
            out.push(Act::New);
        }
        let digest = session.simulation().digest().to_string();
        ui.label(RichText::new(format!("digest {digest}")).color(theme.faint).monospace())
            .on_hover_text("Fingerprint of all state up to the cursor; a headless run up to here shows the same");
    });
    ui.separator();
    if entries.is_empty() {
        ui.label(
            RichText::new("Nothing was done yet. What you give the device in the window is listed here.")
                .color(theme.faint),
        );
        return;
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let clock = session.scenario().clock;
        for entry in entries.iter().rev() {
            ui.horizontal_wrapped(|ui| {
                let at = RichText::new(entry.at.to_string()).monospace();
                if ui.link(at).on_hover_text(format!("{}; go there", clock.show(entry.at))).clicked() {
                    out.push(Act::Seek(entry.at));
                }
                ui.monospace(first_line(&entry.command)).on_hover_text(&entry.command);
            });
        }
    });
}

/// A command of several lines, shortened to its first.
fn first_line(command: &str) -> String {
    match command.split_once('\n') {
        Some((first, _)) => format!("{first}…"),
        None => command.to_string(),
    }
}
