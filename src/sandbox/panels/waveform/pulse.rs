//! The pulse, to scale in current and time, with the handles that change it; the voltage below on the same axis.

use egui::{Color32, CursorIcon, EventFilter, Key, Modifiers, Pos2, Rangef, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo};
use egui_plot::{AxisHints, HLine, Line, LineStyle, Plot, PlotBounds, PlotPoint, PlotPoints, PlotTransform, Polygon};

use crate::device::profile::DeviceProfile;
use crate::device::pulse::Waveform;
use crate::sandbox::panels::waveform::shape::Handle;
use crate::sandbox::preview::Preview;
use crate::sandbox::theme::Theme;
use crate::scenario::write::Settings;

/// Width of the axes of current and voltage, so that their times are above each other, points.
const AXIS_WIDTH: f32 = 52.0;

/// How close labels of the axes come before they fade, points.
pub const TIGHT_X: Rangef = Rangef { min: 36.0, max: 52.0 };
const TIGHT_Y: Rangef = Rangef { min: 16.0, max: 26.0 };

/// The least and the largest time, µs, and current, mA, that are shown.
type Bounds = ([f64; 2], [f64; 2]);

/// What is held while a handle is dragged: the scale, and where in the handle it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Grab {
    handle: Handle,
    off: Vec2,
    bounds: Bounds,
}

/// The corners of a waveform as a line, µs and mA.
fn outline(waveform: &Waveform) -> Vec<[f64; 2]> {
    let (mut us, mut points) = (0.0, vec![[0.0, 0.0]]);
    for phase in waveform.phases() {
        let ma = phase.current_na as f64 / 1e6;
        points.push([us, ma]);
        us += phase.width.nanos() as f64 / 1e3;
        points.push([us, ma]);
    }
    points.push([us, 0.0]);
    points
}

/// The stretch of time and current that is shown: the pulse, as much again after it, and some room.
fn bounds(settings: &Settings, preview: &Preview, device: &DeviceProfile) -> Bounds {
    let length_us = (preview.asked.length().nanos() as f64 / 1e3).max(1.0);
    let end_us = preview.trace.last().map_or(0.0, |point| point.0 * 1e6).max(length_us * 1.5);
    let most_ma = settings.amplitude_ma.max(device.amplitude_ma.max * 0.05) * 1.3;
    ([-0.06 * end_us, -most_ma], [end_us * 1.03, most_ma])
}

/// A plot that nothing moves but its data.
pub fn still_plot<'a>(id: &str, height: f32, unit: &'a str) -> Plot<'a> {
    Plot::new(id.to_string())
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .allow_axis_zoom_drag(false)
        .show_x(false)
        .show_y(false)
        .custom_x_axes(vec![AxisHints::new_x().label_spacing(TIGHT_X)])
        .custom_y_axes(vec![AxisHints::new_y().label(unit).min_thickness(AXIS_WIDTH).label_spacing(TIGHT_Y)])
}

/// The pulse with its handles. Changes the settings where a handle is moved.
pub fn pulse_ui(
    ui: &mut Ui,
    theme: &Theme,
    height: f32,
    settings: &mut Settings,
    preview: &Preview,
    device: &DeviceProfile,
    grab: &mut Option<Grab>,
) {
    let bounds = grab.map_or_else(|| bounds(settings, preview, device), |grab| grab.bounds);
    let plot = still_plot("pulse", height, "mA").show(ui, |plot| {
        plot.set_plot_bounds(PlotBounds::from_min_max(bounds.0, bounds.1));
        plot.hline(HLine::new("zero", 0.0).color(theme.line).allow_hover(false));
        let mut us = 0.0;
        for phase in preview.made.phases() {
            let (ma, end) = (phase.current_na as f64 / 1e6, us + phase.width.nanos() as f64 / 1e3);
            let color = if ma < 0.0 { theme.cathode } else { theme.anode };
            let corners = vec![[us, 0.0], [us, ma], [end, ma], [end, 0.0]];
            let area = Polygon::new("phase", corners).fill_color(color.gamma_multiply(0.35)).stroke(Stroke::NONE);
            plot.polygon(area.allow_hover(false));
            us = end;
        }
        let line = |name: &str, points: Vec<[f64; 2]>, color: Color32, width: f32| {
            Line::new(name, PlotPoints::from(points)).color(color).width(width).allow_hover(false)
        };
        plot.line(line("asked", outline(&preview.asked), theme.ghost, 2.0).style(LineStyle::dashed_loose()));
        plot.line(line("made", outline(&preview.made), theme.text, 1.2));
        let flowed: Vec<[f64; 2]> = preview.trace.iter().map(|(s, ma, _)| [s * 1e6, *ma]).collect();
        plot.line(line("flows", flowed, theme.accent, 2.5));
    });
    for handle in Handle::of(settings, device) {
        handle_ui(ui, theme, handle, (&plot.transform, bounds), settings, device, grab);
    }
    if let Some(held) = grab
        && !ui.ctx().is_being_dragged(id_of(ui, held.handle))
    {
        *grab = None;
    }
}

fn id_of(ui: &Ui, handle: Handle) -> egui::Id {
    ui.id().with(("handle", handle))
}

/// A handle over the plot: dragged by the device's steps, moved by arrow keys, known by its name.
fn handle_ui(
    ui: &mut Ui,
    theme: &Theme,
    handle: Handle,
    (transform, bounds): (&PlotTransform, Bounds),
    settings: &mut Settings,
    device: &DeviceProfile,
    grab: &mut Option<Grab>,
) {
    let (us, ma) = handle.place(settings);
    let center = transform.position_from_point(&PlotPoint::new(us, ma));
    let rect = Rect::from_center_size(center, Vec2::splat(18.0));
    let (along, across) = handle.moves();
    let cursor = match (along, across) {
        (true, false) => CursorIcon::ResizeHorizontal,
        (false, true) => CursorIcon::ResizeVertical,
        _ => CursorIcon::Move,
    };
    let label = handle.label();
    let response = ui.interact(rect, id_of(ui, handle), Sense::click_and_drag()).on_hover_cursor(cursor);
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    if response.drag_started() {
        let off = response.interact_pointer_pos().map_or(Vec2::ZERO, |pos| pos - center);
        *grab = Some(Grab { handle, off, bounds });
    }
    if response.dragged()
        && let Some(pos) = response.interact_pointer_pos()
    {
        let off = grab.map_or(Vec2::ZERO, |grab| grab.off);
        let to = transform.value_from_position(pos - off);
        handle.put(settings, device, to.x, to.y);
    }
    if response.has_focus() {
        let (right, up) = arrows(ui, response.id);
        if (right, up) != (0, 0) {
            let out = if ma < 0.0 || (ma == 0.0 && settings.edges.is_empty()) { -up } else { up };
            handle.step(settings, device, right, out);
        }
    }
    let says = handle.says(settings);
    response.widget_info(|| WidgetInfo::slider(true, handle.value(settings), &label));
    draw_handle(ui, theme, center, (along, across), response.hovered() || response.dragged() || response.has_focus());
    if response.dragged() {
        let font = egui::FontId::proportional(12.0);
        let at = Pos2::new(center.x + 12.0, center.y - 14.0);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, &says, font, theme.text);
    }
    response.on_hover_text(format!("{label}: {says}. Drag, or use the arrow keys; Shift makes ten steps."));
}

/// How many steps the arrow keys ask for, to the right and up.
fn arrows(ui: &Ui, id: egui::Id) -> (i64, i64) {
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let count = |key: Key| {
        ui.input_mut(|input| {
            let ten = input.count_and_consume_key(Modifiers::SHIFT, key) * 10;
            (ten + input.count_and_consume_key(Modifiers::NONE, key)) as i64
        })
    };
    (count(Key::ArrowRight) - count(Key::ArrowLeft), count(Key::ArrowUp) - count(Key::ArrowDown))
}

fn draw_handle(ui: &Ui, theme: &Theme, center: Pos2, (along, across): (bool, bool), lit: bool) {
    let size = match (along, across) {
        (true, false) => Vec2::new(6.0, 14.0),
        (false, true) => Vec2::new(14.0, 6.0),
        _ => Vec2::splat(9.0),
    };
    let rect = Rect::from_center_size(center, size);
    let fill = if lit { theme.accent } else { theme.text };
    ui.painter().rect(rect, 2.0, fill, Stroke::new(1.0, theme.well), egui::StrokeKind::Outside);
}

/// The voltage across the load on the same time axis, and what the stage can push.
pub fn voltage_ui(
    ui: &mut Ui,
    theme: &Theme,
    height: f32,
    settings: &Settings,
    preview: &Preview,
    device: &DeviceProfile,
    grab: &Option<Grab>,
) {
    let ([from, _], [to, _]) = grab.map_or_else(|| bounds(settings, preview, device), |grab| grab.bounds);
    let found_v = preview.trace.iter().map(|(_, _, volts)| volts.abs()).fold(0.0, f64::max);
    let near = found_v > preview.rail_v * 0.6;
    let most_v = if near { preview.rail_v * 1.15 } else { (found_v * 1.3).max(0.1) };
    let color = if preview.limited { theme.alarm } else { theme.accent };
    still_plot("voltage", height, "V").show(ui, |plot| {
        plot.set_plot_bounds(PlotBounds::from_min_max([from, -most_v], [to, most_v]));
        plot.hline(HLine::new("zero", 0.0).color(theme.line).allow_hover(false));
        for rail_v in [preview.rail_v, -preview.rail_v] {
            let style = LineStyle::dashed_loose();
            plot.hline(HLine::new("rail", rail_v).color(theme.caution).style(style).allow_hover(false));
        }
        let points: Vec<[f64; 2]> = preview.trace.iter().map(|(s, _, volts)| [s * 1e6, *volts]).collect();
        plot.line(Line::new("load", PlotPoints::from(points)).color(color).width(2.0).allow_hover(false));
    });
}
