//! The whole scenario on one strip: what has been computed, what happened, where the scopes look; a click goes there.

use egui::{Align2, CursorIcon, Rect, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::Facts;
use crate::record::events::EventKind;
use crate::sandbox::act::Act;
use crate::sandbox::panels::scopes::time_axis::{instant, marks};
use crate::sandbox::panels::scopes::{event_color, event_words, published};
use crate::time::SimTime;

/// The height of the strip, points.
const HEIGHT: f32 = 34.0;

/// Draws the strip.
pub fn show(ui: &mut Ui, facts: &Facts<'_>, out: &mut Vec<Act>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, "Whole scenario"));
    let last = facts.transport.end.max(facts.transport.head).max(SimTime::from_nanos(1));
    paint(ui, facts, rect, last);
    let at = |x: f32| {
        let part = f64::from((x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0);
        SimTime::from_nanos((last.nanos() as f64 * part).round() as i64).min(last)
    };
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged()) {
        out.push(Act::Seek(at(pointer.x)));
    }
    let Some(pointer) = response.hover_pos() else { return };
    let there = at(pointer.x);
    let within = SimTime::from_nanos(at(rect.left() + 4.0).nanos());
    let events = facts.memory.events(there - within, there + within);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    response.show_tooltip_ui(|ui| {
        ui.label(format!(
            "{}, {}",
            instant(there, SimTime::from_nanos(1_000_000), facts.clock),
            facts.clock.show(there)
        ));
        events.iter().take(5).for_each(|event| drop(ui.label(event_words(&event.kind))));
        let beyond = there > facts.transport.head;
        ui.weak(if beyond { "click to compute up to there" } else { "click to go there" });
    });
}

fn paint(ui: &Ui, facts: &Facts<'_>, rect: Rect, last: SimTime) {
    let (theme, transport) = (facts.theme, facts.transport);
    let painter = ui.painter().with_clip_rect(rect.expand(2.0).intersect(ui.clip_rect()));
    let font = TextStyle::Small.resolve(ui.style());
    let x =
        |at: SimTime| rect.left() + (at.nanos() as f64 / last.nanos() as f64).clamp(-0.01, 1.01) as f32 * rect.width();
    let bar = Rect::from_x_y_ranges(rect.x_range(), rect.top() + 4.0..=rect.top() + 18.0);
    let stretch = |from: SimTime, to: SimTime| Rect::from_x_y_ranges(x(from)..=x(to).max(x(from) + 1.0), bar.y_range());
    painter.rect_filled(bar, 3.0, theme.well);
    painter.rect_filled(stretch(SimTime::ZERO, transport.head), 3.0, theme.accent.gamma_multiply(0.35));
    for (from, to) in sessions(facts, last) {
        painter.rect_filled(stretch(from, to).shrink2(vec2(0.0, 4.0)), 0.0, theme.good.gamma_multiply(0.6));
    }
    let mut before = f32::NEG_INFINITY;
    for event in facts.memory.events(SimTime::ZERO, last + SimTime::from_nanos(1)) {
        let here = x(event.at);
        if here - before >= 3.0 {
            before = here;
            painter.vline(here, bar.top()..=bar.top() + 4.0, Stroke::new(1.5, event_color(theme, event)));
        }
    }
    let shown = published(ui);
    if let Some((from, to)) = shown.range {
        let view = stretch(from.max(SimTime::ZERO), to.min(last)).expand2(vec2(0.0, 2.0));
        painter.rect_stroke(view, 2.0, Stroke::new(1.0, theme.faint), egui::StrokeKind::Inside);
    }
    if let Some(goal) = transport.goal {
        painter.vline(x(goal), bar.y_range(), Stroke::new(1.5, theme.caution));
    }
    for (name, at) in shown.markers.each() {
        painter.vline(x(at), bar.y_range(), Stroke::new(1.2, theme.marker));
        painter.text(pos2(x(at) + 2.0, bar.top()), Align2::LEFT_TOP, name, font.clone(), theme.marker);
    }
    let cursor = x(transport.cursor);
    painter.vline(cursor, bar.top() - 3.0..=bar.bottom() + 2.0, Stroke::new(2.0, theme.cursor));
    let head =
        [pos2(cursor - 5.0, bar.top() - 4.0), pos2(cursor + 5.0, bar.top() - 4.0), pos2(cursor, bar.top() + 4.0)];
    painter.add(Shape::convex_polygon(head.to_vec(), theme.cursor, Stroke::NONE));
    let mut free_from = rect.left() - 1.0;
    for mark in marks(SimTime::ZERO, last, (rect.width() / 90.0) as usize, facts.clock).marks {
        let galley = painter.layout_no_wrap(mark.label, font.clone(), theme.faint);
        painter.vline(x(mark.at), bar.bottom()..=bar.bottom() + 3.0, Stroke::new(1.0, theme.faint));
        let left = (x(mark.at) - galley.size().x / 2.0).max(rect.left());
        if left > free_from && left + galley.size().x < rect.right() + 1.0 {
            free_from = left + galley.size().x + 6.0;
            painter.galley(pos2(left, bar.bottom() + 3.0), galley, theme.faint);
        }
    }
}

/// The sessions so far, from and to.
fn sessions(facts: &Facts<'_>, last: SimTime) -> Vec<(SimTime, SimTime)> {
    let mut sessions = Vec::new();
    let mut began = None;
    for event in facts.memory.events(SimTime::ZERO, last + SimTime::from_nanos(1)) {
        match event.kind {
            EventKind::SessionStarted { .. } => began = Some(event.at),
            EventKind::SessionEnded { .. } => sessions.extend(began.take().map(|from| (from, event.at))),
            _ => {}
        }
    }
    sessions.extend(began.map(|from| (from, facts.transport.head)));
    sessions
}
