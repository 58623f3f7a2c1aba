//! The list of keys, and the palette: everything that can be done, found by typing a part of its name.

use egui::{Align2, Context, Key, Modifiers, RichText, Ui};

use crate::sandbox::act::Act;
use crate::sandbox::gallery::{Card, cards};
use crate::sandbox::keys::{COMMANDS, Command, Does, Group};
use crate::sandbox::view::View;

/// Which of the two is open, and what is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysState {
    /// The list of keys is shown.
    pub shown: bool,
    palette: bool,
    /// The palette was opened in this frame: its field takes the focus.
    fresh: bool,
    typed: String,
    chosen: usize,
}

impl KeysState {
    /// Whether the list or the palette lies over the window.
    pub fn is_open(&self) -> bool {
        self.shown || self.palette
    }

    /// Closes both.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// Opens the palette.
    pub fn open_palette(&mut self) {
        *self = Self { palette: true, fresh: true, ..Self::default() };
    }
}

/// A line of the palette.
enum Line {
    Command(&'static Command),
    Card(&'static Card),
}

impl Line {
    fn what(&self) -> String {
        match self {
            Self::Command(command) => command.what.to_string(),
            Self::Card(card) => format!("Open the scenario {}", card.title),
        }
    }

    fn act(&self, view: &View<'_>, ctx: &Context) -> Option<Act> {
        match self {
            Self::Command(command) => command.act(view, ctx),
            Self::Card(card) => card.scenario().map(Act::OpenBuiltIn),
        }
    }
}

/// Draws the list of keys or the palette over the window, if one is open.
pub fn ui(ctx: &Context, view: &View<'_>, state: &mut KeysState, out: &mut Vec<Act>) {
    if state.shown {
        list(ctx, view, out);
    }
    if state.palette {
        palette(ctx, view, state, out);
    }
}

fn list(ctx: &Context, view: &View<'_>, out: &mut Vec<Act>) {
    let mut open = true;
    let window = egui::Window::new("Keys").open(&mut open).collapsible(false).resizable(false);
    window.anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(ctx, |ui| {
        // Two columns of much the same height.
        ui.horizontal_top(|ui| {
            for groups in [&Group::ALL[..2], &Group::ALL[2..]] {
                ui.vertical(|ui| groups.iter().for_each(|(group, title)| section(ui, view, *group, title)));
                ui.add_space(16.0);
            }
        });
        ui.separator();
        ui.label(
            RichText::new("While a text is being typed, keys without Ctrl belong to it; Esc stops always.").small(),
        );
    });
    if !open {
        out.push(Act::ShowKeys(false));
    }
}

fn section(ui: &mut Ui, view: &View<'_>, group: Group, title: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(title).strong().color(view.theme.accent));
    egui::Grid::new(title).num_columns(2).min_col_width(170.0).spacing([12.0, 3.0]).show(ui, |ui| {
        for command in COMMANDS.iter().filter(|command| command.group == group && !command.keys.is_empty()) {
            ui.label(RichText::new(command.keys_text()).monospace());
            ui.label(command.what);
            ui.end_row();
        }
    });
}

fn palette(ctx: &Context, view: &View<'_>, state: &mut KeysState, out: &mut Vec<Act>) {
    // Before the field sees them.
    let (up, down, enter) = ctx.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter))
    });
    let mut done = false;
    let window = egui::Window::new("Commands").title_bar(false).collapsible(false).resizable(false);
    window.anchor(Align2::CENTER_TOP, [0.0, 60.0]).fixed_size([480.0, 380.0]).show(ctx, |ui| {
        let field = egui::TextEdit::singleline(&mut state.typed).hint_text("What to do").desired_width(f32::INFINITY);
        let field = ui.add(field);
        if std::mem::take(&mut state.fresh) {
            field.request_focus();
        }
        if field.changed() {
            state.chosen = 0;
        }
        let lines = matching(&state.typed);
        let last = lines.len().saturating_sub(1);
        state.chosen = match (up, down) {
            (true, _) => state.chosen.saturating_sub(1),
            (_, true) => state.chosen + 1,
            _ => state.chosen,
        }
        .min(last);
        ui.separator();
        if lines.is_empty() {
            ui.weak("Nothing is called so.");
        }
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            for (index, line) in lines.iter().enumerate() {
                let act = line.act(view, ctx);
                let keys = if let Line::Command(command) = line { command.keys_text() } else { String::new() };
                let button = egui::Button::new(line.what())
                    .selected(index == state.chosen)
                    .frame_when_inactive(index == state.chosen);
                let button = button.shortcut_text(keys).min_size([ui.available_width(), 0.0].into());
                let response = ui.add_enabled(act.is_some(), button).on_disabled_hover_text("Not now");
                if index == state.chosen && (up || down) {
                    response.scroll_to_me(None);
                }
                if response.clicked() || (enter && index == state.chosen) {
                    done = act.is_some();
                    out.extend(act);
                }
            }
        });
    });
    if done {
        state.close();
    }
}

/// The lines that have every word that was typed, whatever its case.
fn matching(typed: &str) -> Vec<Line> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let commands = COMMANDS.iter().filter(|command| matches!(command.does, Does::Acts(_))).map(Line::Command);
    let lines = commands.chain(cards().iter().map(Line::Card));
    lines
        .filter(|line| {
            let what = line.what().to_lowercase();
            words.iter().all(|word| what.contains(word.as_str()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_palette_finds_by_parts_of_words() {
        let found = |typed| matching(typed).iter().map(Line::what).collect::<Vec<_>>();
        assert_eq!(found("exp tr"), ["Export traces…"]);
        assert_eq!(found("SIX"), ["Open the scenario Six months"]);
        assert!(found("").len() > 30);
        assert!(found("no such thing").is_empty());
    }
}
