//! The gallery at the left: scenarios to open, and beside the open one what to try and what one should then see.

use std::collections::{BTreeMap, VecDeque};

use egui::{Button, Frame, RichText, Ui};

use crate::sandbox::act::{Act, Dialog};
use crate::sandbox::document::Origin;
use crate::sandbox::gallery::{Card, Part, Seen, Try, cards, number};
use crate::sandbox::settings::Settings;
use crate::sandbox::view::View;
use crate::time::SimTime;

/// How far from the instant of a part one may be: a command that was given has moved time on by a nanosecond.
const NEAR: SimTime = SimTime::from_nanos(1_000);

/// The places of a card, a try and a number.
type Place = (usize, usize, usize);

/// What the gallery shows.
#[derive(Debug, Default)]
pub struct GalleryState {
    /// The numbers that were seen as they should be.
    seen: BTreeMap<Place, f64>,
    doing: Option<Doing>,
    /// The card that is open, and what its scenario is called: it stays open when the scenario is saved as a file.
    open: Option<(usize, String)>,
    /// Where time was when the numbers were last looked at.
    looked_at: Option<SimTime>,
}

/// A try that is being done.
#[derive(Debug)]
struct Doing {
    card: usize,
    attempt: usize,
    parts: VecDeque<(SimTime, Part<'static>)>,
    /// Whether the session was asked to go to the instant of the first part.
    asked: bool,
}

impl GalleryState {
    /// The try that is being done, as the places of its card and of itself.
    pub fn doing(&self) -> Option<(usize, usize)> {
        self.doing.as_ref().map(|doing| (doing.card, doing.attempt))
    }

    /// What was seen of a number, where it was as it should be.
    pub fn seen(&self, card: usize, attempt: usize, number: usize) -> Option<f64> {
        self.seen.get(&(card, attempt, number)).copied()
    }

    /// Whether all numbers of a try were seen.
    pub fn is_done(&self, card: usize, attempt: usize) -> bool {
        let numbers = cards()[card].tries[attempt].see.len();
        (0..numbers).all(|number| self.seen.contains_key(&(card, attempt, number)))
    }

    /// Takes over which card is open, and goes on with what is being done.
    fn follow(&mut self, view: &View<'_>, out: &mut Vec<Act>) {
        let session = view.session;
        let name = &session.scenario().name;
        match session.document().origin() {
            Origin::BuiltIn(scenario) => {
                let card = cards().iter().position(|card| card.scenario() == Some(scenario));
                self.open = card.map(|card| (card, name.clone()));
            }
            Origin::File(_) => self.open = self.open.take().filter(|(_, open)| open == name),
        }
        let open = self.open.as_ref().map(|(card, _)| *card);
        if self.doing.as_ref().is_some_and(|doing| Some(doing.card) != open) {
            self.doing = None;
        }
        if self.doing.is_some() {
            self.go_on(view, out);
        } else if let Some(card) = open {
            self.look(card, view);
        }
    }

    /// Goes on with the try that is being done: to an instant, and there a command or a look.
    fn go_on(&mut self, view: &View<'_>, out: &mut Vec<Act>) {
        let Some(doing) = &mut self.doing else { return };
        let transport = view.session.transport();
        while let Some((at, part)) = doing.parts.front().copied() {
            let away = transport.cursor - at;
            let there = transport.goal.is_none() && (SimTime::ZERO..=NEAR).contains(&away);
            if !there {
                if !doing.asked {
                    out.push(Act::Seek(at));
                    doing.asked = true;
                } else if transport.goal != Some(at) {
                    // Somebody has gone elsewhere.
                    self.doing = None;
                }
                return;
            }
            doing.parts.pop_front();
            doing.asked = false;
            match part {
                Part::Look(index) => {
                    let place = (doing.card, doing.attempt, index);
                    note(&mut self.seen, place, view);
                }
                Part::Give(command) => {
                    out.push(Act::Give(command.to_string()));
                    return;
                }
            }
        }
        self.doing = None;
    }

    /// Looks whether somebody who does it by hand sees what is to be seen.
    fn look(&mut self, card: usize, view: &View<'_>) {
        let now = view.session.transport().cursor;
        if self.looked_at.replace(now) == Some(now) {
            return;
        }
        let clock = view.session.scenario().clock;
        for (attempt, what) in cards()[card].tries.iter().enumerate() {
            if self.is_done(card, attempt) {
                continue;
            }
            // Each look counts once its instant is over and what comes before it was done.
            let parts = what.parts(clock).unwrap_or_default();
            for (at, part) in parts {
                match part {
                    Part::Give(command) if !was_given(view, command) => break,
                    Part::Look(index) if at <= now => note(&mut self.seen, (card, attempt, index), view),
                    Part::Give(_) | Part::Look(_) => {}
                }
            }
        }
    }

    /// Begins a try: from the scenario as it is written, unless one only looks.
    fn begin(&mut self, card: usize, attempt: usize, view: &View<'_>, out: &mut Vec<Act>) {
        let what = &cards()[card].tries[attempt];
        let parts = what.parts(view.session.scenario().clock).unwrap_or_default();
        self.seen.retain(|place, _| (place.0, place.1) != (card, attempt));
        if !view.session.entries().is_empty() {
            out.push(Act::New);
        }
        if let Some((first, _)) = parts.first() {
            out.push(Act::Seek(*first));
        }
        self.doing = Some(Doing { card, attempt, parts: parts.into(), asked: true });
    }
}

/// Keeps a number if it is as it should be.
fn note(seen: &mut BTreeMap<Place, f64>, place: Place, view: &View<'_>) {
    let wanted = &cards()[place.0].tries[place.1].see[place.2];
    let now = view.session.simulation().now();
    if let Ok(value) = wanted.read(now, |side| view.session.side(side))
        && wanted.holds(value)
    {
        seen.insert(place, value);
    }
}

/// Whether a command was given, at whatever instant.
fn was_given(view: &View<'_>, command: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    view.session.entries().iter().any(|entry| plain(&entry.command) == plain(command))
}

/// Draws the gallery.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut GalleryState, settings: &Settings, out: &mut Vec<Act>) {
    state.follow(view, out);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Gallery").heading());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let hide = ui.add(Button::new("Hide").frame_when_inactive(false));
            if hide.on_hover_text("The menus View and Help show it again").clicked() {
                out.push(Act::ShowGallery(false));
            }
        });
    });
    ui.separator();
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let open = state.open.as_ref().map(|(card, _)| *card);
        for (index, card) in cards().iter().enumerate() {
            let is_open = open == Some(index);
            head(ui, view, card, is_open, out);
            if is_open {
                note_of(ui, view, index, state, out);
            }
            ui.add_space(6.0);
        }
        ui.separator();
        files(ui, view, settings, out);
    });
}

/// Title and line of a card; the title opens it.
fn head(ui: &mut Ui, view: &View<'_>, card: &Card, is_open: bool, out: &mut Vec<Act>) {
    let title = RichText::new(&card.title).strong();
    let button = Button::new(title).selected(is_open).min_size([ui.available_width(), 0.0].into());
    let hint = if is_open { "This one is open" } else { "Open it" };
    if ui.add(button).on_hover_text(hint).clicked()
        && !is_open
        && let Some(name) = card.scenario()
    {
        out.push(Act::OpenBuiltIn(name));
    }
    ui.label(RichText::new(&card.line).color(view.theme.faint));
}

/// The note beside the open scenario: what to try.
fn note_of(ui: &mut Ui, view: &View<'_>, card: usize, state: &mut GalleryState, out: &mut Vec<Act>) {
    for (attempt, what) in cards()[card].tries.iter().enumerate() {
        ui.add_space(4.0);
        let frame = Frame::new().fill(view.theme.well).corner_radius(6).inner_margin(8);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            let done = state.is_done(card, attempt);
            ui.label(RichText::new(&what.say).color(if done { view.theme.good } else { view.theme.text }));
            for (index, wanted) in what.see.iter().enumerate() {
                number_line(ui, view, wanted, state.seen(card, attempt, index), out);
            }
            ui.horizontal(|ui| {
                let doing = state.doing() == Some((card, attempt));
                let (name, hint) = button_of(what, doing);
                let button = Button::new(name);
                if ui.add(button).on_hover_text(hint).clicked() {
                    if doing {
                        state.doing = None;
                        out.push(Act::Pause);
                    } else {
                        state.begin(card, attempt, view, out);
                    }
                }
                if doing {
                    ui.spinner();
                } else if done {
                    ui.colored_label(view.theme.good, "✔ seen");
                }
            });
        });
    }
}

/// What the button of a try is called, and what it does.
fn button_of(what: &Try, doing: bool) -> (&'static str, &'static str) {
    match (doing, what.give.is_empty()) {
        (true, _) => ("Leave it", "Stay where it has come to"),
        (_, true) => ("Show me", "Starts the scenario anew and goes to each of these instants"),
        _ => {
            ("Do it", "Starts the scenario anew, does this at its instant and goes to where the numbers are to be seen")
        }
    }
}

/// A number that is to be seen: when, what, how much, and what that means.
fn number_line(ui: &mut Ui, view: &View<'_>, wanted: &Seen, seen: Option<f64>, out: &mut Vec<Act>) {
    let theme = view.theme;
    let (name, unit) = spoken(&wanted.probe);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let (mark, colour) = if seen.is_some() { ("✔", theme.good) } else { ("○", theme.off) };
        ui.colored_label(colour, mark);
        let link = ui.link(RichText::new(wanted.at()).small());
        if link.on_hover_text("Go to this instant").clicked()
            && let Ok(at) = crate::time::parse_instant(wanted.at(), view.session.scenario().clock)
        {
            out.push(Act::Seek(at));
        }
        let text = format!("{name} {} {unit}", wanted.range());
        let hover = match seen {
            Some(value) => format!("{}: seen {} {unit}", wanted.probe, number(value)),
            None => format!("{}: not seen yet", wanted.probe),
        };
        ui.label(RichText::new(text.trim_end()).small().strong()).on_hover_text(hover);
        ui.label(RichText::new(&wanted.say).small().color(theme.faint));
    });
}

/// A probe's name as people say it, and its unit.
fn spoken(probe: &str) -> (String, &'static str) {
    const UNITS: [(&str, &str); 9] = [
        ("_n_s", "N·s"),
        ("_n", "N"),
        ("_mah", "mAh"),
        ("_ma", "mA"),
        ("_v", "V"),
        ("_uc", "µC"),
        ("_s", "s"),
        ("_fraction", ""),
        ("_count", ""),
    ];
    let found = UNITS.iter().find_map(|(ending, unit)| probe.strip_suffix(ending).map(|name| (name, *unit)));
    let (name, unit) = found.unwrap_or((probe, ""));
    (name.replace(['.', '_'], " "), unit)
}

/// What is open, and files.
fn files(ui: &mut Ui, view: &View<'_>, settings: &Settings, out: &mut Vec<Act>) {
    ui.label(RichText::new("Open now").color(view.theme.faint));
    let mark = if view.session.is_unsaved() { " ●" } else { "" };
    let name = format!("{}{mark}", view.session.scenario().name);
    ui.label(name).on_hover_text(view.session.document().origin().name());
    ui.add_space(4.0);
    if ui.button("Open a file…").clicked() {
        out.push(Act::Ask(Dialog::Open));
    }
    if !settings.recent.is_empty() {
        ui.add_space(4.0);
        ui.label(RichText::new("Recent files").color(view.theme.faint));
    }
    for path in &settings.recent {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        if ui.link(name).on_hover_text(path.display().to_string()).clicked() {
            out.push(Act::Open(path.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_probes_are_spoken_with_their_unit() {
        for (probe, name, unit) in [
            ("left.force_n", "left force", "N"),
            ("right.impulse_n_s", "right impulse", "N·s"),
            ("left.recruited_fraction", "left recruited", ""),
            ("left.E0.interface_v", "left E0 interface", "V"),
            ("device.battery_mah", "device battery", "mAh"),
        ] {
            assert_eq!(spoken(probe), (name.to_string(), unit));
        }
    }
}
