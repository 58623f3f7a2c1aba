//! The scopes: what flowed, who fired, what force came of it and what it tires, on one axis of time.
//!
//! Every frame draws all of it for one stretch of time and one cursor. The stretch goes along with the simulation, or a
//! person holds it: zooming and panning let go of the simulation, F takes hold of it again.

mod events;
mod groups;
mod lanes;
mod markers;
mod models;
mod months;
mod pen;
mod plot;
mod raster;
mod ruler;
pub mod time_axis;
mod toolbar;
mod window;

use egui::{CursorIcon, Key, Modifiers, Rect, Sense, Ui, vec2};
use serde::{Deserialize, Serialize};

pub use self::events::{color as event_color, words as event_words};
use self::groups::{Group, groups};
use self::lanes::{Choices, Lane, lanes};
pub use self::markers::{Markers, Measured};
use self::plot::{AXIS_WIDTH, Frame, Kept};
use self::ruler::Along;
pub use self::window::{Shown, TimeWindow};
use crate::record::probe::Probe;
use crate::sandbox::act::Act;
use crate::sandbox::memory::Memory;
use crate::sandbox::models::{Answer, Models};
use crate::sandbox::session::Transport;
use crate::sandbox::theme::Theme;
use crate::sandbox::view::View;
use crate::side::{BySide, Side};
use crate::time::{DayClock, SimTime};

/// The height of the edge between two scopes, points.
const GRIP: f32 = 4.0;

/// What the scopes see.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// What is remembered.
    pub memory: &'a Memory,
    /// Where in time we are.
    pub transport: &'a Transport,
    /// The clock of the scenario.
    pub clock: DayClock,
    /// Motor units of each side.
    pub units: BySide<usize>,
    /// Tetanus of each motor unit of each side, N.
    pub units_n: BySide<&'a [f64]>,
    /// The colours.
    pub theme: &'a Theme,
}

/// What the panel itself needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopesState {
    choices: Choices,
    /// Whether the strip of months is shown.
    pub months: bool,
    /// Whether models are shown beside the force of a side, and of which.
    #[serde(skip)]
    pub models_of: Option<Side>,
    #[serde(skip)]
    models: Models,
    /// Which stretch of time is shown.
    #[serde(skip)]
    pub window: TimeWindow,
    /// A and B.
    #[serde(skip)]
    pub markers: Markers,
    #[serde(skip)]
    lanes: Vec<Lane>,
    #[serde(skip)]
    groups: Vec<Group>,
    #[serde(skip)]
    probes: Vec<Probe>,
    /// Where the plots lay in the last frame: their left and right edge, and all of them.
    #[serde(skip)]
    placed: Option<Rect>,
    /// What each scope keeps, and the length of the stretch and the past that it belongs to.
    #[serde(skip)]
    kept: Vec<(String, Kept)>,
    #[serde(skip)]
    kept_for: (SimTime, u64),
    /// Where a box was begun.
    #[serde(skip)]
    box_from: Option<SimTime>,
}

impl Default for ScopesState {
    fn default() -> Self {
        Self {
            choices: Choices::default(),
            months: true,
            models_of: None,
            models: Models::default(),
            window: TimeWindow::default(),
            markers: Markers::default(),
            lanes: Vec::new(),
            groups: Vec::new(),
            probes: Vec::new(),
            placed: None,
            kept: Vec::new(),
            kept_for: (SimTime::ZERO, 0),
            box_from: None,
        }
    }
}

impl ScopesState {
    /// For another scenario: which scopes are shown stays, and how high they are.
    #[must_use]
    pub fn for_another(&self) -> Self {
        let (choices, models_of) = (self.choices.clone(), self.models_of);
        Self { choices, months: self.months, models_of, ..Self::default() }
    }

    fn know(&mut self, probes: &[Probe]) {
        if self.lanes.is_empty() || self.probes != probes {
            self.probes = probes.to_vec();
            self.lanes = lanes(probes);
            self.groups = groups(probes);
        }
    }

    /// What a scope keeps from frame to frame; another length of the stretch or another past begins its axis anew.
    fn kept(&mut self, lane: &Lane, fits: (SimTime, u64)) -> &mut Kept {
        if self.kept_for != fits {
            self.kept.iter_mut().for_each(|(_, kept)| kept.forget_range());
            self.kept_for = fits;
        }
        let known = self.kept.iter().position(|(key, _)| *key == lane.key);
        let place = known.unwrap_or_else(|| {
            self.kept.push((lane.key.clone(), Kept::default()));
            self.kept.len() - 1
        });
        &mut self.kept[place].1
    }

    /// What lies between the markers in numbers, for each trace that is shown.
    pub fn measured(&self, seen: &Seen<'_>) -> Vec<Measured> {
        markers::measure(seen, &self.shown(), self.markers)
    }

    fn shown(&self) -> Vec<&Lane> {
        self.lanes.iter().filter(|lane| self.choices.shows(lane)).collect()
    }
}

/// The panel.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut ScopesState, out: &mut Vec<Act>) {
    let session = view.session;
    let units_n = BySide::new(|side| session.side(side).pool.units_n());
    let seen = Seen {
        memory: session.memory(),
        transport: session.transport(),
        clock: session.scenario().clock,
        units: BySide::new(|side| session.side(side).pool.units()),
        units_n: BySide::new(|side| &units_n[side][..]),
        theme: view.theme,
    };
    scopes(ui, &seen, state, out);
}

/// The panel, for what it sees.
pub fn scopes(ui: &mut Ui, seen: &Seen<'_>, state: &mut ScopesState, out: &mut Vec<Act>) {
    state.know(seen.memory.probes());
    let range = state.window.range(seen.transport);
    let pointed = pointed(ui, state, range);
    keys(ui, seen, state, pointed);
    toolbar::show(ui, seen, state);
    let answer = models::show(ui, seen, state, range);
    let shown: Vec<Lane> = state.shown().into_iter().cloned().collect();
    if state.markers.each().next().is_some() {
        let shown: Vec<&Lane> = shown.iter().collect();
        let height = markers::height(ui, &shown);
        egui::Panel::bottom("scopes: between the markers").resizable(false).exact_size(height).show(ui, |ui| {
            markers::table(ui, seen, &shown, state.markers);
        });
    }
    if state.months {
        egui::Panel::bottom("scopes: months").resizable(false).show(ui, |ui| {
            months::show(ui, seen, &state.groups, out);
        });
    }
    let frame = egui::Frame::NONE;
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        stack(ui, seen, state, &shown, range, (pointed, answer.as_deref()), out);
    });
    publish(ui, state, range);
}

/// The ruler, and under it the scopes that are shown.
fn stack(
    ui: &mut Ui,
    seen: &Seen<'_>,
    state: &mut ScopesState,
    shown: &[Lane],
    (from, to): (SimTime, SimTime),
    (pointed, answer): (Option<SimTime>, Option<&Answer>),
    out: &mut Vec<Act>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let width = (ui.available_width() - AXIS_WIDTH).max(16.0);
    let marks = time_axis::marks(from, to, (width / 90.0) as usize, seen.clock);
    let (along, ruler) = ruler::show(ui, seen, &marks, (from, to), &mut state.markers, out);
    // Columns are fixed to time, or what is drawn would shimmer while it moves.
    let column = column(width, (from, to));
    let first = SimTime::from_nanos(from.nanos().div_euclid(column.nanos()) * column.nanos());
    let columns = seen.memory.columns(first, to, column);
    let boxed = state.box_from.zip(pointed);
    let markers = state.markers;
    let models = state.models_of.map(|side| (side, answer));
    let frame = Frame { seen, from, to, column, columns: &columns, marks: &marks, pointed, markers, boxed, models };
    let mut placed = Rect::from_min_max(egui::pos2(along.left, ruler.rect.top()), ruler.rect.max);
    if shown.is_empty() {
        ui.weak("No scope is shown: choose some under Scopes above.");
    }
    // Where there is room, the scopes share it.
    let wanted: f32 = shown.iter().map(|lane| state.choices.height(lane)).sum();
    let share = ((ui.available_height() - shown.len() as f32 * GRIP - 2.0) / wanted.max(1.0)).clamp(1.0, 4.0);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for lane in shown {
            let height = (state.choices.height(lane) * share).floor();
            let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
            if !ui.is_rect_visible(rect) {
                ui.allocate_rect(rect, Sense::hover());
            } else {
                let kept = state.kept(lane, (to - from, seen.memory.epoch()));
                let (response, plot) = plot::show(ui, &frame, lane, height, kept);
                placed = placed.union(plot);
                navigate(ui, seen, state, &along, &response);
            }
            grip(ui, state, lane, share);
        }
    });
    placed.set_left(along.left);
    placed.set_right(along.right);
    state.placed = Some(placed);
    if ruler.contains_pointer() {
        wheel(ui, seen, state, &along, true);
    }
}

/// What a column of the screen stands for where a stretch has that width, points.
fn column(width: f32, (from, to): (SimTime, SimTime)) -> SimTime {
    SimTime::from_nanos(((to - from).nanos() as f64 / f64::from(width)).ceil().max(1.0) as i64)
}

/// The instant under the pointer, by where the plots lay in the last frame.
fn pointed(ui: &Ui, state: &ScopesState, (from, to): (SimTime, SimTime)) -> Option<SimTime> {
    let placed = state.placed?;
    let pointer = ui.input(|input| input.pointer.hover_pos())?;
    let along = Along { from, to, left: placed.left(), right: placed.right() };
    let over = placed.contains(pointer) && ui.rect_contains_pointer(placed);
    over.then(|| along.at(pointer.x))
}

/// Drag moves, drag with the other button draws a box to zoom to, Ctrl and wheel zooms.
fn navigate(ui: &Ui, seen: &Seen<'_>, state: &mut ScopesState, along: &Along, response: &egui::Response) {
    if response.dragged_by(egui::PointerButton::Primary) {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let by = response.drag_delta().x;
        if by != 0.0 {
            state.window.pan(seen.transport, SimTime::ZERO - along.points(by));
        }
    }
    if response.drag_started_by(egui::PointerButton::Secondary) {
        let origin = ui.input(|input| input.pointer.press_origin());
        state.box_from = origin.map(|origin| along.at(origin.x));
    }
    if response.drag_stopped_by(egui::PointerButton::Secondary) {
        let end = response.interact_pointer_pos().map(|end| along.at(end.x));
        if let (Some(from), Some(to)) = (state.box_from.take(), end) {
            state.window.show(from, to);
        }
    }
    if response.double_clicked() {
        state.window.shown = Shown::Follows;
    }
    if response.contains_pointer() {
        wheel(ui, seen, state, along, false);
    }
}

/// Zooms and moves by the wheel; a plain wheel zooms on the ruler alone, elsewhere it scrolls the scopes.
fn wheel(ui: &Ui, seen: &Seen<'_>, state: &mut ScopesState, along: &Along, plain: bool) {
    let (zoom, scroll, pointer) =
        ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta(), input.pointer.hover_pos()));
    let Some(pointer) = pointer else { return };
    let about = along.at(pointer.x);
    if zoom != 1.0 {
        state.window.zoom(seen.transport, about, 1.0 / f64::from(zoom));
    } else if plain && scroll.y != 0.0 {
        state.window.zoom(seen.transport, about, f64::from((-scroll.y / 200.0).exp()));
    }
    if scroll.x != 0.0 {
        state.window.pan(seen.transport, SimTime::ZERO - along.points(scroll.x));
    }
}

/// The edge under a scope, which is dragged to make it higher.
fn grip(ui: &mut Ui, state: &mut ScopesState, lane: &Lane, share: f32) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), GRIP));
    let response = ui.interact(rect, ui.id().with(("grip", &lane.key)), Sense::drag());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::ResizeHandle, true, format!("Height of {}", lane.title))
    });
    if response.dragged() {
        state.choices.stretch(lane, response.drag_delta().y / share);
    }
    response.on_hover_cursor(CursorIcon::ResizeVertical);
}

/// A and B where the pointer is, F follows, Z shows all, Shift and Z shows what lies between the markers.
fn keys(ui: &Ui, seen: &Seen<'_>, state: &mut ScopesState, pointed: Option<SimTime>) {
    if ui.ctx().text_edit_focused() || !ui.is_enabled() {
        return;
    }
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::SHIFT, Key::Z) {
        toolbar::fit_markers(state);
    } else if pressed(Modifiers::NONE, Key::Z) {
        toolbar::fit(seen, state);
    }
    if pressed(Modifiers::NONE, Key::F) {
        state.window.shown = Shown::Follows;
    }
    let Some(placed) = state.placed else { return };
    let (from, to) = state.window.range(seen.transport);
    let along = Along { from, to, left: placed.left(), right: placed.right() };
    for (key, is_a) in [(Key::A, true), (Key::B, false)] {
        if let Some(at) = pointed.filter(|_| pressed(Modifiers::NONE, key)) {
            let at = Some(ruler::snapped(ui, seen, &along, at));
            if is_a { state.markers.a = at } else { state.markers.b = at }
        }
    }
}

/// What other panels show of the scopes: the markers, and the stretch that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Published {
    /// A and B.
    pub markers: Markers,
    /// What is shown.
    pub range: Option<(SimTime, SimTime)>,
}

fn publish(ui: &Ui, state: &ScopesState, range: (SimTime, SimTime)) {
    let published = Published { markers: state.markers, range: Some(range) };
    ui.data_mut(|data| data.insert_temp(egui::Id::new("what the scopes show"), published));
}

/// What the scopes showed last.
pub fn published(ui: &Ui) -> Published {
    ui.data(|data| data.get_temp(egui::Id::new("what the scopes show"))).unwrap_or_default()
}

/// How many volleys of a side lie in a stretch.
pub fn volleys_between(memory: &Memory, side: Side, (from, to): (SimTime, SimTime)) -> i64 {
    memory.volley_runs(side, from, to).map(|run| run.within(from, to)).map(|numbers| numbers.end - numbers.start).sum()
}
