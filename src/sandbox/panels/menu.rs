//! The bar at the top: menus, and the name of what is open.

use egui::{Button, RichText, Ui};

use crate::sandbox::act::{Act, Tab};
use crate::sandbox::keys::find;
use crate::sandbox::settings::Settings;
use crate::sandbox::view::View;

/// Draws the bar.
pub fn ui(ui: &mut Ui, view: &View<'_>, settings: &Settings, out: &mut Vec<Act>) {
    egui::MenuBar::new().ui(ui, |ui| {
        ui.label(RichText::new("stimtwin").strong().color(view.theme.accent));
        ui.menu_button("File", |ui| file(ui, view, settings, out));
        ui.menu_button("Edit", |ui| edit(ui, view, out));
        ui.menu_button("View", |ui| show(ui, view, settings, out));
        ui.menu_button("Help", |ui| help(ui, view, out));
        ui.separator();
        name(ui, view);
    });
}

/// The name of what is open, and whether it is saved.
fn name(ui: &mut Ui, view: &View<'_>) {
    let session = view.session;
    let unsaved = session.is_unsaved();
    let mark = if unsaved { " ●" } else { "" };
    let text = format!("{}{mark}", session.scenario().name);
    let from = session.document().origin().name();
    let state = if unsaved { "what was done is not saved" } else { "nothing was done that is not saved" };
    ui.label(RichText::new(text).strong())
        .on_hover_text(format!("{from}: {state}\n{}", session.scenario().description));
}

/// An item that does what the table of commands says.
fn item(ui: &mut Ui, view: &View<'_>, what: &str, out: &mut Vec<Act>) {
    item_called(ui, view, what, what, out);
}

/// The same under another name.
fn item_called(ui: &mut Ui, view: &View<'_>, what: &str, name: &str, out: &mut Vec<Act>) {
    let Some(command) = find(what) else { return };
    let act = command.act(view, ui.ctx());
    let button = Button::new(name).shortcut_text(command.keys_text());
    if ui.add_enabled(act.is_some(), button).clicked() {
        out.extend(act);
        ui.close();
    }
}

fn file(ui: &mut Ui, view: &View<'_>, settings: &Settings, out: &mut Vec<Act>) {
    item(ui, view, "Open…", out);
    ui.add_enabled_ui(!settings.recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            for path in &settings.recent {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    out.push(Act::Open(path.clone()));
                    ui.close();
                }
            }
        });
    });
    ui.separator();
    item(ui, view, "Save", out);
    item(ui, view, "Save as…", out);
    ui.separator();
    item(ui, view, "Export traces…", out);
    item(ui, view, "Write recording…", out);
    item(ui, view, "Export picture…", out);
    ui.separator();
    item(ui, view, "Start the scenario anew", out);
}

fn edit(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Act>) {
    let last = view.session.entries().last().map(|entry| entry.command.as_str());
    let undo = match last {
        // A change of the draft is taken back before what was given.
        Some(command) if view.session.draft() == view.session.on_device() => format!("Undo {}", short(command)),
        _ => "Undo".to_string(),
    };
    item_called(ui, view, "Undo", &undo, out);
    item(ui, view, "Redo", out);
    ui.separator();
    item(ui, view, "Apply the draft", out);
    item(ui, view, "Revert the draft", out);
}

/// The beginning of a long command.
fn short(command: &str) -> String {
    const MOST: usize = 40;
    if command.chars().count() <= MOST {
        return command.to_string();
    }
    format!("{}…", command.chars().take(MOST).collect::<String>())
}

fn show(ui: &mut Ui, view: &View<'_>, settings: &Settings, out: &mut Vec<Act>) {
    for (_, title) in Tab::ALL {
        item(ui, view, title, out);
    }
    ui.separator();
    let gallery = if settings.gallery { "Hide the gallery" } else { "Show the gallery" };
    item(ui, view, gallery, out);
    item(ui, view, "Reset layout", out);
    ui.separator();
    let light = if view.theme.dark { "Light" } else { "Dark" };
    item_called(ui, view, "Dark or light", light, out);
    item(ui, view, "Larger text", out);
    item(ui, view, "Smaller text", out);
    item(ui, view, "Usual text", out);
}

fn help(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Act>) {
    item(ui, view, "Keys", out);
    // The palette is not an act: the bar only says how it is opened.
    if let Some(palette) = find("Commands…") {
        ui.label(RichText::new(format!("Every command: {}", palette.keys_text())).weak());
    }
    item(ui, view, "Show the gallery", out);
    ui.separator();
    let device = &view.session.scenario().device;
    ui.label(RichText::new(concat!("stimtwin ", env!("CARGO_PKG_VERSION"))).weak());
    ui.label(RichText::new(format!("device: {}", device.name)).weak());
    ui.label(RichText::new("A model, not a medical device.").weak());
}
