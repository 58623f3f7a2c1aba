//! Months as a second axis of time: what adaptation has changed, from the start to what has been computed.

use egui::{
    Align2, CursorIcon, FontId, Painter, Rect, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, pos2, vec2,
};

use super::Seen;
use super::groups::{Group, OF_MONTHS};
use super::pen::{figure, mixed, round_range};
use super::ruler::Along;
use super::time_axis::{instant, marks};
use crate::sandbox::act::Act;
use crate::side::Side;
use crate::time::SimTime;

/// The height of one small plot with its figures, points, and that of the figures alone.
const HEIGHTS: (f32, f32) = (76.0, 30.0);

/// The least width of one, points.
const NARROWEST: f32 = 150.0;

/// Draws the strip.
pub fn show(ui: &mut Ui, seen: &Seen<'_>, groups: &[Group], out: &mut Vec<Act>) {
    let slow: Vec<&Group> = OF_MONTHS.iter().filter_map(|key| groups.iter().find(|group| group.key == *key)).collect();
    if slow.is_empty() {
        ui.weak("Nothing that months change is sampled.");
        return;
    }
    let across = ((ui.available_width() / NARROWEST) as usize).clamp(1, slow.len());
    for row in slow.chunks(across) {
        ui.columns(across, |cells| {
            for (cell, group) in cells.iter_mut().zip(row) {
                small_plot(cell, seen, group, out);
            }
        });
    }
}

/// The change since the start, as a text such as `62.1 (+4.3)`.
fn change(seen: &Seen<'_>, group: &Group, side: Side) -> Option<String> {
    let trace = group.traces.iter().find(|trace| trace.side == Some(side))?;
    let start = seen.memory.value(trace.probe, seen.memory.oldest()?)? * group.scale;
    let now = seen.memory.value(trace.probe, seen.transport.cursor)? * group.scale;
    let by = format!("{:+.1}", now - start).replace('-', "−");
    Some(format!("{now:.1} ({by})"))
}

fn small_plot(ui: &mut Ui, seen: &Seen<'_>, group: &Group, out: &mut Vec<Act>) {
    // Nothing adapts before the first midnight: until then the figures are enough.
    let plots = seen.transport.head >= SimTime::DAY;
    let height = if plots { HEIGHTS.0 } else { HEIGHTS.1 };
    let (whole, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, format!("{} over months", group.title)));
    let theme = seen.theme;
    let painter = ui.painter().with_clip_rect(whole.intersect(ui.clip_rect()));
    let font = TextStyle::Small.resolve(ui.style());
    let title = format!("{}  {}", group.title, group.unit);
    painter.text(whole.min, Align2::LEFT_TOP, title, font.clone(), theme.text);
    for (i, side) in Side::BOTH.into_iter().enumerate() {
        let place = whole.min + vec2(i as f32 * whole.width() / 2.0, 14.0);
        if let Some(text) = change(seen, group, side) {
            let text = format!("{} {text}", &side.name()[..1].to_uppercase());
            painter.text(place, Align2::LEFT_TOP, text, font.clone(), theme.side(side));
        }
    }
    let explanation =
        format!("{}. At the cursor, and in brackets what adaptation has changed since the start", group.explanation);
    if !plots {
        response.on_hover_text_at_pointer(explanation);
        return;
    }
    let plot = Rect::from_min_max(whole.min + vec2(0.0, 30.0), whole.max - vec2(6.0, 12.0));
    let along = Along { from: SimTime::ZERO, to: seen.transport.head, left: plot.left(), right: plot.right() };
    paint(&painter, seen, group, &along, plot, font);
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged()) {
        out.push(Act::Seek(along.at(pointer.x).max(SimTime::ZERO)));
    }
    let there = response.hover_pos().map(|pointer| instant(along.at(pointer.x), SimTime::SECOND, seen.clock));
    let explanation = format!("{explanation}. {}: click to go there", there.unwrap_or_default());
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text_at_pointer(explanation);
}

/// The curves of both sides, the days, and the cursor.
fn paint(painter: &Painter, seen: &Seen<'_>, group: &Group, along: &Along, plot: Rect, font: FontId) {
    let theme = seen.theme;
    painter.rect_filled(plot, 2.0, theme.well);
    let lines: Vec<_> = group
        .traces
        .iter()
        .filter_map(|trace| Some((trace.side?, trace.probe)))
        .map(|(side, probe)| (side, seen.memory.decimate(probe, along.from, along.to, plot.width() as usize)))
        .collect();
    let values = lines.iter().flat_map(|(_, points)| points.iter().map(|point| point.1 * group.scale));
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let range = values.filter(|v| v.is_finite()).fold(ends, |(low, high), v| (low.min(v), high.max(v)));
    let (bottom, top) = round_range(range.0, range.1);
    let y = |value: f64| plot.bottom() - ((value - bottom) / (top - bottom)) as f32 * plot.height();
    let faint = mixed(theme.faint, theme.well, 0.3);
    for mark in marks(along.from, along.to, (plot.width() / 50.0) as usize, seen.clock).marks {
        let x = along.x(mark.at);
        painter.vline(x, plot.y_range(), Stroke::new(0.5, theme.line));
        let galley = painter.layout_no_wrap(mark.label, font.clone(), faint);
        if x + galley.size().x < plot.right() {
            painter.galley(pos2(x + 2.0, plot.bottom()), galley, faint);
        }
    }
    for (side, points) in lines {
        let strip: Vec<_> = points.iter().map(|(at, v)| pos2(along.x(*at), y(v * group.scale))).collect();
        let stroke = Stroke::new(1.4, theme.side(side));
        match side {
            Side::Left => drop(painter.add(Shape::line(strip, stroke))),
            Side::Right => painter.extend(Shape::dashed_line(&strip, stroke, 5.0, 3.0)),
        }
    }
    painter.text(plot.right_top(), Align2::RIGHT_TOP, figure(top), font.clone(), faint);
    painter.text(plot.right_bottom(), Align2::RIGHT_BOTTOM, figure(bottom), font, faint);
    painter.vline(along.x(seen.transport.cursor), plot.y_range(), Stroke::new(1.2, theme.cursor));
}
