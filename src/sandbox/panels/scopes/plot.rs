//! One scope: its traces over time, with the cursor, the markers and what is under the pointer.

use egui::{Align2, Color32, Id, Painter, Rect, Response, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, WidgetType};
use egui_plot::{AxisHints, GridMark, Plot, PlotResponse};

use super::lanes::{Lane, What};
use super::markers::Markers;
use super::pen::{Dash, Scale, figure, line, mixed, round_range, round_step};
use super::time_axis::Marks;
use super::{Seen, raster};
use crate::sandbox::memory::Column;
use crate::sandbox::memory::PulseQuantity;
use crate::sandbox::models::{Answer, MODELS};
use crate::side::Side;
use crate::time::SimTime;

/// Width of the axes of values: the same for all, or the axes of time would not lie above each other.
pub const AXIS_WIDTH: f32 = 56.0;

/// The scope that models are shown on.
pub const FORCE: &str = "force_n";

/// What all scopes of a frame share.
pub struct Frame<'a> {
    /// What is to be seen.
    pub seen: &'a Seen<'a>,
    /// The stretch that is shown.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
    /// What one column of the screen stands for.
    pub column: SimTime,
    /// The samples of the stretch, by columns.
    pub columns: &'a [Column],
    /// The marks of time.
    pub marks: &'a Marks,
    /// The instant under the pointer.
    pub pointed: Option<SimTime>,
    /// A and B.
    pub markers: Markers,
    /// What is being dragged out to zoom in.
    pub boxed: Option<(SimTime, SimTime)>,
    /// The side whose models are shown beside its force, and what they make of its pulses as far as that is known.
    pub models: Option<(Side, Option<&'a Answer>)>,
}

/// What a scope keeps from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The values that it has shown since its stretch had the length that it has: its axis grows with them and does not
    /// shrink, or it would jump between the trains.
    range: Option<(f64, f64)>,
    /// Room for points, so that it is not asked for in every frame.
    room: Vec<Vec<(SimTime, f64)>>,
}

impl Kept {
    /// The axis begins anew.
    pub fn forget_range(&mut self) {
        self.range = None;
    }

    /// Round ends of an axis for all values so far.
    fn hold(&mut self, traces: &[Drawn]) -> (f64, f64) {
        for trace in traces {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for (_, value) in &trace.points {
                (low, high) = (if *value < low { *value } else { low }, if *value > high { *value } else { high });
            }
            if low <= high {
                let (low, high) = (low * trace.gain, high * trace.gain);
                self.range = Some(self.range.map_or((low, high), |(least, most)| (least.min(low), most.max(high))));
            }
        }
        self.range.map_or((0.0, 1.0), |(low, high)| round_range(low, high))
    }
}

/// A little more on both sides, so that no line and no label lies on the edge.
fn padded((bottom, top): (f64, f64)) -> (f64, f64) {
    let more = 0.09 * (top - bottom);
    (bottom - more, top + more)
}

/// A trace that is ready to be drawn.
struct Drawn {
    points: Vec<(SimTime, f64)>,
    gain: f64,
    color: Color32,
    dash: Dash,
    name: String,
    value: Option<f64>,
}

/// Draws a scope; what happened to it, and where it lies on the screen.
pub fn show(ui: &mut Ui, frame: &Frame<'_>, lane: &Lane, height: f32, kept: &mut Kept) -> (Response, Rect) {
    let traces = drawn(frame, lane, &mut kept.room);
    let (bottom, top) = match lane.what {
        What::Raster => (0.0, 2.0),
        _ => padded(kept.hold(&traces)),
    };
    let response = axes(ui, frame, lane, height, (bottom, top));
    let scale = Scale::new(&response.transform, frame.from);
    let painter = ui.painter().with_clip_rect(scale.frame.intersect(ui.clip_rect()));
    let mut shapes = Vec::new();
    shade_unknown(frame, &scale, &mut shapes);
    match lane.what {
        What::Raster => raster::paint(frame, &scale, &mut shapes),
        _ => {
            if let What::Pulses(PulseQuantity::Current, side) = lane.what {
                paint_asked(frame, side, &scale, &mut shapes);
            }
            for trace in &traces {
                let stroke = Stroke::new(1.3, trace.color);
                line(&scale, &trace.points, trace.gain, stroke, trace.dash, &mut shapes);
            }
        }
    }
    paint_instants(frame, &scale, &mut shapes);
    painter.extend(shapes);
    paint_head(frame, lane, &traces, &painter, ui, scale.frame);
    kept.room.extend(traces.into_iter().map(|trace| trace.points));
    response.response.widget_info(|| WidgetInfo::labeled(WidgetType::Image, true, format!("Scope {}", lane.title)));
    (response.response, scale.frame)
}

/// The empty plot: its axis of values, and the grid of both.
fn axes(ui: &mut Ui, frame: &Frame<'_>, lane: &Lane, height: f32, (bottom, top): (f64, f64)) -> PlotResponse<()> {
    let theme = frame.seen.theme;
    let span = (frame.to - frame.from).as_secs();
    let grid: Vec<GridMark> = frame
        .marks
        .marks
        .iter()
        .map(|mark| GridMark { value: (mark.at - frame.from).as_secs(), step_size: frame.marks.step.as_secs() })
        .collect();
    let rows = matches!(lane.what, What::Raster);
    let axis = AxisHints::new_y()
        .min_thickness(AXIS_WIDTH)
        .label_spacing(10.0..=16.0)
        .tick_label_font(TextStyle::Small.resolve(ui.style()))
        .tick_label_color(theme.faint)
        .formatter(move |mark, _| if rows { row_label(mark.value) } else { short(mark.value) });
    let spacer = move |input: egui_plot::GridInput| {
        if rows {
            return vec![GridMark { value: 0.5, step_size: 1.0 }, GridMark { value: 1.5, step_size: 1.0 }];
        }
        value_marks(input.bounds, input.base_step_size)
    };
    Plot::new(Id::new(("scope", &lane.key)))
        .height(height)
        .show_axes([false, true])
        .custom_y_axes(vec![axis])
        .grid_color(theme.line)
        .grid_spacing(10.0..=40.0)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .x_grid_spacer(move |_| grid.clone())
        .y_grid_spacer(spacer)
        .sense(Sense::click_and_drag())
        .show(ui, |plot| {
            plot.set_plot_bounds_x(0.0..=span);
            plot.set_plot_bounds_y(bottom..=top);
        })
}

/// The traces of a scope, within what is shown.
fn drawn(frame: &Frame<'_>, lane: &Lane, room: &mut Vec<Vec<(SimTime, f64)>>) -> Vec<Drawn> {
    let (memory, theme) = (frame.seen.memory, frame.seen.theme);
    let at = frame.pointed.unwrap_or(frame.seen.transport.cursor);
    match &lane.what {
        What::Raster => Vec::new(),
        What::Pulses(quantity, side) => {
            let mut points = room.pop().unwrap_or_default();
            points.clear();
            let to = frame.to.min(memory.head());
            if frame.from < to {
                memory.pulse_line(*side, *quantity, (frame.from, to), frame.column, &mut points);
            }
            let value = Some(memory.pulse_value(*side, *quantity, at));
            vec![Drawn { points, gain: 1.0, color: theme.side(*side), dash: Dash::Solid, name: String::new(), value }]
        }
        What::Group(group) => {
            let models = frame.models.filter(|_| group.key == FORCE);
            let seen = group.traces.iter().filter(|trace| models.is_none_or(|(side, _)| trace.side == Some(side)));
            let measured = seen.map(|trace| {
                let mut points = room.pop().unwrap_or_default();
                memory.points(trace.probe, frame.columns, &mut points);
                let color = trace.side.map_or(theme.text, |side| theme.side(side));
                let dashed = trace.side == Some(Side::Right) && models.is_none();
                Drawn {
                    points,
                    gain: group.scale,
                    color: mixed(color, theme.text, (0.22 * trace.variant as f32).min(0.8)),
                    dash: if dashed { Dash::Dashes } else { Dash::Solid },
                    name: trace.name(),
                    value: memory.value(trace.probe, at).map(|value| value * group.scale),
                }
            });
            let mut traces: Vec<Drawn> = measured.collect();
            let answer = models.and_then(|(_, answer)| answer);
            traces.extend(answer.into_iter().flat_map(|answer| of_models(frame, answer, at)));
            traces
        }
    }
}

/// What the models make of the pulses, each in a colour and a pattern of its own.
fn of_models<'a>(frame: &'a Frame<'_>, answer: &'a Answer, at: SimTime) -> impl Iterator<Item = Drawn> + 'a {
    let theme = frame.seen.theme;
    let looks = [(theme.accent, Dash::Dashes), (theme.marker, Dash::Dots), (theme.text, Dash::Alternating)];
    let (from, to) = (frame.from, frame.to);
    let columns = answer.traces.columns(from, to, frame.column);
    MODELS.into_iter().zip(looks).enumerate().map(move |(trace, ((name, _), (color, dash)))| {
        let mut points = Vec::new();
        answer.traces.points(trace, &columns, &mut points);
        let is_known = answer.traces.newest().is_some_and(|newest| at <= newest);
        let value = answer.traces.value(trace, at).filter(|_| is_known);
        Drawn { points, gain: 1.0, color, dash, name: name.to_string(), value }
    })
}

/// A label of the axis of values, short enough for its width.
fn short(value: f64) -> String {
    let text = figure(value);
    if text.chars().count() <= 7 { text } else { format!("{value:.1e}").replace('-', "−") }
}

fn row_label(value: f64) -> String {
    if value > 1.0 { "left".to_string() } else { "right".to_string() }
}

/// Round marks of an axis of values: some four, and two at the least where there is room for them.
fn value_marks((low, high): (f64, f64), least: f64) -> Vec<GridMark> {
    let marks = |step: f64| -> Vec<GridMark> {
        let first = (low / step).ceil();
        let count = ((high - low) / step).floor() as usize + 1;
        let mark = |i: usize| GridMark { value: (first + i as f64) * step, step_size: step };
        (0..count.min(50)).map(mark).filter(|mark| mark.value <= high + 1e-9 * step).collect()
    };
    let step = round_step((1.8 * least).max((high - low) / 4.0));
    let usual = marks(step);
    let finer = round_step(1.15 * least);
    if usual.len() < 3 && finer < step { marks(finer) } else { usual }
}

/// Shades what has not been computed, and of pulses and firings what is not remembered any more.
fn shade_unknown(frame: &Frame<'_>, scale: &Scale, shapes: &mut Vec<Shape>) {
    let shade = frame.seen.theme.panel;
    let mut cover = |from: SimTime, to: SimTime| {
        if from < to {
            let rect = Rect::from_x_y_ranges(scale.x(from)..=scale.x(to), scale.frame.y_range());
            shapes.push(Shape::rect_filled(rect.intersect(scale.frame.shrink(1.0)), 0.0, shade));
        }
    };
    cover(frame.from, frame.to.min(SimTime::ZERO));
    cover(frame.from.max(frame.seen.transport.head), frame.to);
}

/// What the program asks of pulses that are weaker, where they are wide enough to be told apart.
fn paint_asked(frame: &Frame<'_>, side: Side, scale: &Scale, shapes: &mut Vec<Shape>) {
    if frame.column > SimTime::from_nanos(100_000) {
        return;
    }
    for (from, to, asked_ma) in frame.seen.memory.weaker_than_asked(side, (frame.from, frame.to), 200) {
        let y = scale.y(asked_ma).clamp(scale.frame.top() + 1.0, scale.frame.bottom() - 1.0);
        let ends = [egui::pos2(scale.x(from), y), egui::pos2(scale.x(to), y)];
        shapes.extend(Shape::dashed_line(&ends, Stroke::new(1.0, frame.seen.theme.faint), 3.0, 3.0));
    }
}

/// The cursor, the markers, the pointer, and what is being dragged out.
fn paint_instants(frame: &Frame<'_>, scale: &Scale, shapes: &mut Vec<Shape>) {
    let theme = frame.seen.theme;
    let mut upright = |at: SimTime, stroke: Stroke| {
        if frame.from <= at && at <= frame.to {
            shapes.push(Shape::vline(scale.x(at), scale.frame.y_range(), stroke));
        }
    };
    if let Some(pointed) = frame.pointed {
        upright(pointed, Stroke::new(1.0, theme.faint.gamma_multiply(0.6)));
    }
    upright(frame.seen.transport.cursor, Stroke::new(1.5, theme.cursor));
    for (_, at) in frame.markers.each() {
        upright(at, Stroke::new(1.2, theme.marker));
    }
    for (stretch, color) in [(frame.markers.stretch(), theme.marker), (frame.boxed, theme.accent)] {
        if let Some((a, b)) = stretch {
            let rect = Rect::from_x_y_ranges(scale.x(a.min(b))..=scale.x(a.max(b)), scale.frame.y_range());
            shapes.push(Shape::rect_filled(rect.intersect(scale.frame), 0.0, color.gamma_multiply(0.09)));
        }
    }
}

/// What the scope is, and the values at the pointer or else at the cursor.
fn paint_head(frame: &Frame<'_>, lane: &Lane, traces: &[Drawn], painter: &Painter, ui: &Ui, rect: Rect) {
    let theme = frame.seen.theme;
    let font = TextStyle::Small.resolve(ui.style());
    let mut place = rect.left_top() + egui::vec2(5.0, 3.0);
    let title = if lane.unit.is_empty() { lane.title.clone() } else { format!("{}  {}", lane.title, lane.unit) };
    let mut write = |text: String, color: Color32, line: Option<Dash>| {
        let galley = painter.layout_no_wrap(text, font.clone(), color);
        let length = line.map_or(0.0, |dash| if matches!(dash, Dash::Solid | Dash::Dashes) { 16.0 } else { 24.0 });
        // What does not fit goes to the next row.
        if place.x + length + 4.0 + galley.size().x > rect.right() {
            place = egui::pos2(rect.left() + 5.0, place.y + galley.size().y);
        }
        if let Some(dash) = line {
            let y = place.y + font.size * 0.55;
            let stroke = Stroke::new(1.5, color);
            let ends = [egui::pos2(place.x, y), egui::pos2(place.x + length, y)];
            let pattern = dash.pattern();
            if pattern.is_empty() {
                painter.line_segment(ends, stroke);
            } else {
                let on: Vec<f32> = pattern.iter().map(|(on, _)| *on as f32).collect();
                let off: Vec<f32> = pattern.iter().map(|(_, off)| *off as f32).collect();
                painter.extend(Shape::dashed_line_with_offset(&ends, stroke, &on, &off, 0.0));
            }
            place.x += length + 4.0;
        }
        let behind = Rect::from_min_size(place, galley.size()).expand2(egui::vec2(2.0, 0.0));
        painter.rect_filled(behind, 2.0, theme.well.gamma_multiply(0.75));
        let width = galley.size().x;
        painter.galley(place, galley, color);
        place.x += width + 12.0;
    };
    write(title, theme.text, None);
    for trace in traces.iter().take(10) {
        let value = trace.value.map_or("–".to_string(), figure);
        let text = if trace.name.is_empty() { value } else { format!("{} {value}", trace.name) };
        write(text, trace.color, Some(trace.dash).filter(|_| !trace.name.is_empty()));
    }
    let is_detail = matches!(lane.what, What::Pulses(..) | What::Raster);
    let (from, to) = (frame.from.max(SimTime::ZERO), frame.to.min(frame.seen.transport.head));
    let is_gone = Side::BOTH.into_iter().any(|side| from < to && !frame.seen.memory.remembers(side, from, to));
    if is_detail && is_gone {
        let text = "details of this stretch are kept no more; go there and they come back";
        painter.text(rect.right_top() + egui::vec2(-6.0, 3.0), Align2::RIGHT_TOP, text, font, theme.caution);
    }
}
