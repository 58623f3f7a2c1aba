//! The strip of time at the bottom: play, steps, speed, the clock, and the whole scenario to go about in.

mod overview;
pub mod speed;

use egui::{Color32, Id, Rect, RichText, Sense, Stroke, TextEdit, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::sandbox::act::{Act, Step};
use crate::sandbox::memory::Memory;
use crate::sandbox::panels::scopes::time_axis::{instant, span};
use crate::sandbox::session::Transport;
use crate::sandbox::theme::Theme;
use crate::sandbox::view::View;
use crate::time::{DayClock, SimTime};

/// What the strip sees.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// What is remembered.
    pub memory: &'a Memory,
    /// Where in time we are.
    pub transport: &'a Transport,
    /// The clock of the scenario.
    pub clock: DayClock,
    /// When the device does something next by itself, if it does.
    pub next: Option<SimTime>,
    /// The colours.
    pub theme: &'a Theme,
}

/// What the strip itself needs: the speed that is being typed, and why it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransportState {
    typed: Option<String>,
    refused: Option<String>,
}

/// The panel.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut TransportState, out: &mut Vec<Act>) {
    let session = view.session;
    let facts = Facts {
        memory: session.memory(),
        transport: session.transport(),
        clock: session.scenario().clock,
        next: session.generator().next_event(),
        theme: view.theme,
    };
    strip(ui, &facts, state, out);
}

/// The panel, for what it sees.
pub fn strip(ui: &mut Ui, facts: &Facts<'_>, state: &mut TransportState, out: &mut Vec<Act>) {
    ui.horizontal_wrapped(|ui| {
        buttons(ui, facts, out);
        ui.separator();
        speed_controls(ui, facts, state, out);
        ui.separator();
        clock(ui, facts);
    });
    overview::show(ui, facts, out);
}

/// Play, steps, start and head.
fn buttons(ui: &mut Ui, facts: &Facts<'_>, out: &mut Vec<Act>) {
    let transport = facts.transport;
    let mut press = |ui: &mut Ui, text: &str, explanation: &str, act: Act| {
        if ui.button(text).on_hover_text(explanation).clicked() {
            out.push(act);
        }
    };
    press(ui, "⏮ Start", "Home: back to the first instant", Act::Seek(SimTime::ZERO));
    let at_end = transport.cursor >= transport.end;
    if transport.playing {
        press(ui, "⏸ Pause", "Space: hold time", Act::Pause);
    } else if at_end {
        press(ui, "▶ Go on beyond the end", "Space: the scenario becomes longer, and time goes on", Act::Play);
    } else if transport.cursor < transport.head {
        press(
            ui,
            "▶ Play",
            "Space: time goes on from the cursor; up to the newest instant it is shown again",
            Act::Play,
        );
    } else {
        press(ui, "▶ Play", "Space: let time go on", Act::Play);
    }
    ui.label(RichText::new("step").color(facts.theme.faint).small());
    press(ui, "Tick", "Full stop: on to the next whole millisecond", Act::Step(Step::Tick));
    press(ui, "Pulse", "➡: on past the next pulse of either side", Act::Step(Step::Pulse));
    press(ui, "Cycle", "Shift ➡: on by a cycle of trains, on and off", Act::Step(Step::Cycle));
    press(ui, "⏭ Head", "End: to the newest instant that has been computed, and on from there", Act::Follow);
}

/// The slider, the typed speed, and what is achieved.
fn speed_controls(ui: &mut Ui, facts: &Facts<'_>, state: &mut TransportState, out: &mut Vec<Act>) {
    let before = out.len();
    slider(ui, facts, out);
    if out.len() > before {
        *state = TransportState::default();
    }
    let id = Id::new("typed speed");
    let mut text = state.typed.clone().unwrap_or_else(|| speed::format(facts.transport.speed));
    let color = if state.refused.is_some() { facts.theme.alarm } else { facts.theme.text };
    let label = ui.label(RichText::new("speed").color(facts.theme.faint).small());
    let edit = TextEdit::singleline(&mut text).id(id).desired_width(74.0).text_color(color);
    let response = ui.add(edit).labelled_by(label.id);
    if response.changed() {
        state.typed = Some(text.clone());
        state.refused = None;
    }
    if response.lost_focus()
        && let Some(typed) = state.typed.take()
    {
        match speed::parse(&typed) {
            Ok(speed) => out.push(Act::Speed(speed)),
            // Nothing typed is nothing asked for.
            Err(_) if typed.trim().is_empty() => {}
            Err(why) => (state.refused, state.typed) = (Some(why), Some(typed)),
        }
    }
    let help = format!("Simulated time for each second: {}. [ and ]: slower and faster", speed::HELP);
    response.on_hover_text(help);
    if let Some(why) = &state.refused {
        ui.label(RichText::new(why).color(facts.theme.alarm).small());
    }
    achieved(ui, facts);
}

fn achieved(ui: &mut Ui, facts: &Facts<'_>) {
    let transport = facts.transport;
    let ratio = transport.achieved / transport.speed;
    let behind = transport.playing && ratio < 0.9;
    let text = if transport.playing { speed::format(transport.achieved) } else { "held".to_string() };
    let color = if behind { facts.theme.caution } else { facts.theme.faint };
    let text = if transport.goal.is_some() { "on the way".to_string() } else { text };
    let explanation = if behind {
        "Achieved lately: less than asked for, this machine computes as fast as it can"
    } else {
        "The speed that was achieved lately"
    };
    ui.add_sized([74.0, 18.0], egui::Label::new(RichText::new(text).color(color).monospace().small()))
        .on_hover_text(explanation);
    if let Some(text) = waiting(facts) {
        ui.label(RichText::new(text).color(facts.theme.faint).small())
            .on_hover_text("Until then nothing changes in steps; at this speed it takes so long");
    }
}

/// `next pulse or event in 12.3 ms: 61 s at this speed`, where play is so slow that nothing would be seen to change.
pub fn waiting(facts: &Facts<'_>) -> Option<String> {
    let transport = facts.transport;
    let left = facts.next? - transport.cursor;
    let wall_s = left.as_secs() / transport.speed;
    if left <= SimTime::ZERO || wall_s < 1.0 || wall_s > 1e6 || transport.goal.is_some() {
        return None;
    }
    let wall = span(SimTime::from_nanos((wall_s * 10.0) as i64 * 100_000_000));
    Some(format!("next pulse or event in {}: {wall} at this speed", span(left)))
}

/// The slider of speed, in decades, with its detents.
fn slider(ui: &mut Ui, facts: &Facts<'_>, out: &mut Vec<Act>) {
    let theme = facts.theme;
    let (rect, response) = ui.allocate_exact_size(vec2(230.0, 26.0), Sense::click_and_drag());
    let track = Rect::from_x_y_ranges(rect.left() + 8.0..=rect.right() - 8.0, rect.top() + 6.0..=rect.top() + 10.0);
    let x = |speed: f64| track.left() + speed::place_of(speed) as f32 * track.width();
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged()) {
        let place = f64::from((pointer.x - track.left()) / track.width());
        let speed = speed::held(place);
        if speed != facts.transport.speed {
            out.push(Act::Speed(speed));
        }
    }
    let focused = response.has_focus();
    for (key, faster) in [(egui::Key::ArrowLeft, false), (egui::Key::ArrowRight, true)] {
        if focused && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key)) {
            out.push(Act::Speed(speed::next_detent(facts.transport.speed, faster)));
        }
    }
    response.widget_info(|| WidgetInfo::slider(true, facts.transport.speed, "Speed slider"));
    let painter = ui.painter();
    painter.rect_filled(track, 2.0, theme.line);
    for detent in speed::DETENTS {
        painter.vline(x(detent), track.bottom()..=track.bottom() + 3.0, Stroke::new(1.0, theme.faint));
    }
    let font = egui::FontId::new(TextStyle::Small.resolve(ui.style()).size * 0.85, egui::FontFamily::Proportional);
    for (named, name) in speed::NAMED {
        painter.text(pos2(x(named), rect.bottom()), egui::Align2::CENTER_BOTTOM, name, font.clone(), theme.faint);
    }
    let color: Color32 = if response.hovered() || focused { theme.text } else { theme.accent };
    painter.circle_filled(pos2(x(facts.transport.speed), track.center().y), 6.0, color);
    response.on_hover_text("Simulated time for each second, from 1 µs to 10 days: drag, click, or arrows");
}

/// The simulated instant: since the start, and as the patient's clock shows it.
fn clock(ui: &mut Ui, facts: &Facts<'_>) {
    let at = facts.transport.cursor;
    let elapsed = if at < SimTime::from_secs(600) {
        instant(at, SimTime::from_nanos(1_000), facts.clock)
    } else {
        span(SimTime::from_secs(at.whole_second()))
    };
    ui.label(RichText::new(elapsed).monospace().strong())
        .on_hover_text(format!("Simulated time since the start: {at}"));
    ui.label(RichText::new(facts.clock.show(at)).monospace().color(facts.theme.faint))
        .on_hover_text("The patient's clock: days since the start, and the time of day");
}
