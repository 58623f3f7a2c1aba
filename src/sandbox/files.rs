//! Files to open and to write, asked for in the window itself, and short notices of what became of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui_file_dialog::{DialogState, FileDialog, OpeningMode};
use egui_notify::{Anchor, Toast, ToastLevel, Toasts};

use crate::record::trace::Format;
use crate::sandbox::act::{Act, Dialog};
use crate::sandbox::session::Said;
use crate::sandbox::style::visuals;
use crate::sandbox::theme::Theme;

/// How long a notice stays: long enough to read a sentence; a refusal longer.
const STAYS: Duration = Duration::from_secs(5);
const REFUSAL_STAYS: Duration = Duration::from_secs(12);

/// The dialog that asks for a file.
#[derive(Default)]
pub struct Files {
    dialog: FileDialog,
    asked: Option<Dialog>,
    /// Where a file was last chosen.
    folder: Option<PathBuf>,
}

impl Files {
    /// Asks for a file; `open` is the one that the scenario was opened from or saved to, if any.
    pub fn ask(&mut self, what: Dialog, open: Option<&Path>) {
        // The folder is remembered here, so that all dialogs share it.
        let mut dialog = FileDialog::new()
            .default_size([720.0, 440.0])
            .anchor(egui::Align2::CENTER_CENTER, [0.0, 0.0])
            .opening_mode(OpeningMode::AlwaysInitialDir);
        let of_open = open.and_then(Path::parent).map(Path::to_path_buf);
        if let Some(folder) = self.folder.clone().or(of_open).filter(|folder| folder.is_dir()) {
            dialog = dialog.initial_directory(folder);
        }
        let About { title, kinds, name } = about(what);
        dialog = dialog.title(title);
        if what == Dialog::Open {
            for (kind, ending) in kinds {
                dialog = dialog.add_file_filter_extensions(kind, vec![*ending]);
            }
            dialog = dialog.default_file_filter(kinds[0].0);
            dialog.pick_file();
        } else {
            for (kind, ending) in kinds {
                dialog = dialog.add_save_extension(kind, ending);
            }
            let stem = open.and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or(name);
            let name = format!("{stem}.{}", kinds[0].1);
            dialog = dialog.default_save_extension(kinds[0].0).default_file_name(&name);
            dialog.save_file();
        }
        self.dialog = dialog;
        self.asked = Some(what);
    }

    /// Whether a dialog is open: then keys belong to it.
    pub fn is_open(&self) -> bool {
        matches!(self.dialog.state(), DialogState::Open)
    }

    /// Draws the dialog, if one is open; what was chosen becomes an act.
    pub fn show(&mut self, ctx: &egui::Context) -> Option<Act> {
        if self.is_open() {
            // It writes into black fields whatever the theme: in the light one nobody could read what is typed.
            let of = ctx.theme();
            let usual = ctx.style_of(of).visuals.clone();
            ctx.set_visuals_of(of, visuals(&Theme::dark()));
            self.dialog.update(ctx);
            ctx.set_visuals_of(of, usual);
        }
        let path = self.dialog.take_picked()?;
        self.folder = path.parent().map(Path::to_path_buf);
        self.asked.map(|what| act(what, path))
    }
}

/// What a chosen file is for.
fn act(what: Dialog, path: PathBuf) -> Act {
    match what {
        Dialog::Open => Act::Open(path),
        Dialog::Save => Act::Save(path),
        Dialog::Traces => Act::ExportTraces(path),
        Dialog::Recording => Act::Record(path),
        Dialog::Picture => Act::ExportPicture(path),
    }
}

/// What a dialog says.
struct About {
    title: &'static str,
    /// The kinds of its files with their endings.
    kinds: &'static [(&'static str, &'static str)],
    /// What a new file is called, without its ending.
    name: &'static str,
}

fn about(what: Dialog) -> About {
    match what {
        Dialog::Open => About { title: "Open a scenario", kinds: &[("Scenarios", "ron")], name: "scenario" },
        Dialog::Save => {
            About { title: "Save what was done as a scenario", kinds: &[("Scenario", "ron")], name: "scenario" }
        }
        Dialog::Traces => About { title: "Export the traces", kinds: &Format::KINDS, name: "traces" },
        Dialog::Recording => About { title: "Write a recording", kinds: &[("Recording", "jsonl")], name: "recording" },
        Dialog::Picture => About { title: "Export the picture", kinds: &[("PNG", "png")], name: "picture" },
    }
}

/// Short notices in a corner of the window.
pub struct Notices {
    toasts: Toasts,
    /// What was said since the last frame: only there the colours are known.
    waiting: Vec<Said>,
}

impl Default for Notices {
    fn default() -> Self {
        // Above the bar of time, and set off from what lies behind.
        let shadow = egui::Shadow { offset: [0, 2], blur: 12, spread: 2, color: egui::Color32::from_black_alpha(110) };
        let toasts = Toasts::new().with_anchor(Anchor::BottomRight).with_margin(egui::vec2(12.0, 64.0));
        Self { toasts: toasts.with_shadow(shadow), waiting: Vec::new() }
    }
}

impl Notices {
    /// Tells a person something for a while.
    pub fn say(&mut self, said: Said) {
        self.waiting.push(said);
    }

    fn add(&mut self, text: &str, sign: &str, colour: egui::Color32, stays: Duration) {
        let mut toast = Toast::custom(folded(text), ToastLevel::Custom(sign.to_string(), colour));
        toast.duration(stays).closable(true).show_progress_bar(false);
        self.toasts.add(toast);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.toasts.len() + self.waiting.len()
    }

    /// Draws them; last in a frame, above everything.
    pub fn show(&mut self, ctx: &egui::Context, theme: &Theme) {
        for said in std::mem::take(&mut self.waiting) {
            match said {
                Said::Done(text) => self.add(&text, "✔", theme.good, STAYS),
                Said::Refused(text) => self.add(&text, "⚠", theme.caution, REFUSAL_STAYS),
            }
        }
        self.toasts.show(ctx);
    }
}

/// A text in lines of at most some 72 characters: notices do not fold by themselves.
fn folded(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + word.chars().count() >= 72 {
            lines.push(word.to_string());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_every_question_has_its_act_and_its_ending() {
        let path = PathBuf::from("a.x");
        for (what, expected) in [
            (Dialog::Open, Act::Open(path.clone())),
            (Dialog::Save, Act::Save(path.clone())),
            (Dialog::Traces, Act::ExportTraces(path.clone())),
            (Dialog::Recording, Act::Record(path.clone())),
            (Dialog::Picture, Act::ExportPicture(path.clone())),
        ] {
            assert_eq!(act(what, path.clone()), expected);
            assert!(!about(what).kinds.is_empty());
        }
    }

    #[test]
    fn verif_notices_are_folded() {
        let text = "word ".repeat(40);
        assert!(folded(&text).lines().count() >= 3);
        assert!(folded(&text).lines().all(|line| line.chars().count() <= 72));
        assert_eq!(folded("short"), "short");
    }
}
