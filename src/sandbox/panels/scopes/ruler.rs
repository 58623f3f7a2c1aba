//! The axis of time above the scopes: where we are, what happened, the markers; a click goes there.

use egui::{Align2, CursorIcon, Pos2, Rect, Response, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, WidgetType};
use egui::{pos2, vec2};

use super::markers::Markers;
use super::plot::AXIS_WIDTH;
use super::time_axis::{Marks, instant, span};
use super::{Seen, events};
use crate::sandbox::act::Act;
use crate::time::SimTime;

/// The height of the ruler, points.
const HEIGHT: f32 = 38.0;

/// From an instant to a place and back.
#[derive(Clone, Copy, Debug)]
pub struct Along {
    /// The stretch that is shown.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
    /// Its left edge on the screen.
    pub left: f32,
    /// Its right edge.
    pub right: f32,
}

impl Along {
    /// Where an instant lies.
    pub fn x(&self, at: SimTime) -> f32 {
        let part = (at - self.from).nanos() as f64 / (self.to - self.from).nanos().max(1) as f64;
        self.left + (part * f64::from(self.right - self.left)).clamp(-1e4, 2e4) as f32
    }

    /// The instant at a place.
    pub fn at(&self, x: f32) -> SimTime {
        let part = f64::from(x - self.left) / f64::from((self.right - self.left).max(1.0));
        self.from + SimTime::from_nanos(((self.to - self.from).nanos() as f64 * part).round() as i64)
    }

    /// How long so many points are.
    pub fn points(&self, points: f32) -> SimTime {
        self.at(self.left + points) - self.from
    }
}

/// Draws the ruler; a marker that was dragged is where it now is.
pub fn show(
    ui: &mut Ui,
    seen: &Seen<'_>,
    marks: &Marks,
    (from, to): (SimTime, SimTime),
    markers: &mut Markers,
    out: &mut Vec<Act>,
) -> (Along, Response) {
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let rect = Rect::from_min_max(pos2(whole.left() + AXIS_WIDTH, whole.top()), whole.max);
    let along = Along { from, to, left: rect.left(), right: rect.right() };
    let response = ui.interact(rect, ui.id().with("time"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, "Time axis"));
    paint(ui, seen, marks, &along, whole, rect);
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged()) {
        out.push(Act::Seek(along.at(pointer.x).max(SimTime::ZERO)));
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let hovered = response.hover_pos().filter(|_| !response.dragged());
    if let Some(pointer) = hovered {
        let near = events::near(seen, along.at(pointer.x), along.points(5.0));
        response.show_tooltip_ui(|ui| {
            let at = along.at(pointer.x);
            ui.label(format!("{}, {}", instant(at, along.points(1.0), seen.clock), seen.clock.show(at)));
            near.iter().for_each(|line| drop(ui.label(line)));
            ui.weak("click to go there");
        });
    }
    handle(ui, seen, &along, rect, ("A", &mut markers.a));
    handle(ui, seen, &along, rect, ("B", &mut markers.b));
    (along, response)
}

fn paint(ui: &Ui, seen: &Seen<'_>, marks: &Marks, along: &Along, whole: Rect, rect: Rect) {
    let theme = seen.theme;
    let painter = ui.painter().with_clip_rect(whole.intersect(ui.clip_rect()));
    let font = TextStyle::Small.resolve(ui.style());
    painter.rect_filled(rect, 0.0, theme.panel);
    let head = along.x(seen.transport.head).clamp(rect.left(), rect.right());
    let start = along.x(SimTime::ZERO).clamp(rect.left(), rect.right());
    let known = Rect::from_x_y_ranges(start..=head, rect.top()..=rect.bottom());
    painter.rect_filled(known, 0.0, theme.well);
    painter.hline(start..=head, rect.bottom() - 1.0, Stroke::new(2.0, theme.accent));
    if let Some(base) = &marks.base {
        painter.text(
            pos2(whole.left() + 2.0, rect.bottom() - 4.0),
            Align2::LEFT_BOTTOM,
            base,
            font.clone(),
            theme.faint,
        );
    }
    let mut free_from = if marks.base.is_some() { rect.left() + 20.0 } else { rect.left() - 20.0 };
    for mark in &marks.marks {
        let x = along.x(mark.at);
        painter.vline(x, rect.bottom() - 6.0..=rect.bottom(), Stroke::new(1.0, theme.faint));
        let galley = painter.layout_no_wrap(mark.label.clone(), font.clone(), theme.text);
        let left = x - galley.size().x / 2.0;
        if left > free_from && left + galley.size().x < rect.right() + 2.0 {
            free_from = left + galley.size().x + 6.0;
            painter.galley(pos2(left, rect.bottom() - 8.0 - galley.size().y), galley, theme.text);
        }
    }
    let mut last = f32::NEG_INFINITY;
    for event in seen.memory.events(along.from, along.to) {
        let x = along.x(event.at);
        if x - last >= 4.0 {
            last = x;
            flag(&painter, pos2(x, rect.top() + 2.0), events::color(theme, event));
        }
    }
    let x = along.x(seen.transport.cursor);
    if rect.x_range().contains(x) {
        painter.vline(x, rect.y_range(), Stroke::new(1.5, theme.cursor));
        let top = [pos2(x - 5.0, rect.top()), pos2(x + 5.0, rect.top()), pos2(x, rect.top() + 8.0)];
        painter.add(Shape::convex_polygon(top.to_vec(), theme.cursor, Stroke::NONE));
    }
}

/// A small flag: something happened here.
fn flag(painter: &egui::Painter, at: Pos2, color: egui::Color32) {
    let corners = vec![at + vec2(-3.0, 0.0), at + vec2(3.0, 0.0), at + vec2(0.0, 6.0)];
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}

/// The handle of a marker: dragged along, it snaps to edges of pulses, volleys and events, but not with Alt.
fn handle(ui: &Ui, seen: &Seen<'_>, along: &Along, rect: Rect, (name, marker): (&'static str, &mut Option<SimTime>)) {
    let Some(at) = *marker else { return };
    let theme = seen.theme;
    let x = along.x(at);
    if x < rect.left() - 8.0 || x > rect.right() + 8.0 {
        return;
    }
    let place = Rect::from_center_size(pos2(x, rect.top() + 8.0), vec2(16.0, 15.0));
    let response = ui.interact(place, ui.id().with(("marker", name)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, at.as_secs(), format!("Marker {name}")));
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        *marker = Some(snapped(ui, seen, along, along.at(pointer.x)));
    }
    let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
    if response.secondary_clicked() {
        *marker = None;
    }
    response.on_hover_text(format!(
        "Marker {name} at {}; from the cursor {}. Drag it: it snaps to edges of pulses, volleys and events, but not \
         with Alt. A right click removes it",
        instant(at, along.points(1.0), seen.clock),
        span(at - seen.transport.cursor)
    ));
    ui.painter().rect_filled(place, 3.0, theme.marker);
    let font = TextStyle::Small.resolve(ui.style());
    ui.painter().text(place.center(), Align2::CENTER_CENTER, name, font, theme.background);
}

/// An instant that a person points at: that of something that happens close by.
pub fn snapped(ui: &Ui, seen: &Seen<'_>, along: &Along, at: SimTime) -> SimTime {
    let at = at.max(SimTime::ZERO);
    if ui.input(|input| input.modifiers.alt) {
        return at;
    }
    seen.memory.nearest_mark(at, along.points(8.0)).unwrap_or(at).max(SimTime::ZERO)
}
