//! Over the view of the back: names, scale, sides, the buttons that steer it, and the numbers of what is picked.
//!
//! The scene draws behind this panel and knows no egui; the shell carries [`BackPanel::control`] to it after each frame
//! and [`BackPanel::answer`] back before the next.

use egui::{
    Align, Align2, CornerRadius, FontId, Layout, Pos2, Rect, RichText, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, WidgetType, pos2, vec2,
};

use crate::sandbox::act::Act;
use crate::sandbox::panels::back_numbers::{Numbers, numbers};
use crate::sandbox::scene::field::{FULL_MV, LINES_MV};
use crate::sandbox::scene::link::{Direction, Flesh, PixelRect, SceneControl, SceneReport, StandardView, Thing};
use crate::sandbox::scene::look::EXAGGERATION;
use crate::sandbox::scene::state::{Role, contact_name};
use crate::sandbox::theme::Theme;
use crate::sandbox::view::View;
use crate::side::Side;

/// What the panel keeps for itself.
#[derive(Clone, Debug, Default)]
pub struct BackPanel {
    /// Where it was drawn this frame, in points; nowhere while its tab is hidden.
    rect: Option<Rect>,
    go_to: Option<StandardView>,
    slice: bool,
    flesh: Flesh,
    picked: Option<Thing>,
    effort: f64,
    pointer: Option<Pos2>,
    takes_input: bool,
    /// What lay over the view in the last frame: buttons, badges, the card.
    covered: Vec<Rect>,
    report: SceneReport,
}

impl BackPanel {
    /// What the scene is to do. Called once after each frame: a tab that is hidden does not say where it is.
    pub fn control(&mut self, pixels_per_point: f32, theme: &Theme) -> SceneControl {
        let viewport = self.rect.take().map(|rect| {
            let pixel = |points: f32| (points * pixels_per_point).round().max(0.0) as u32;
            let (left, top) = (pixel(rect.left()), pixel(rect.top()));
            PixelRect { left, top, width: pixel(rect.right()) - left, height: pixel(rect.bottom()) - top }
        });
        SceneControl {
            viewport,
            pixels_per_point,
            go_to: self.go_to.take(),
            at_once: false,
            slice: self.slice,
            flesh: self.flesh,
            picked: self.picked.clone(),
            pointer: self.pointer.filter(|_| viewport.is_some()).map(|at| [at.x, at.y]),
            takes_input: self.takes_input && viewport.is_some(),
            theme: theme.clone(),
        }
    }

    /// What the scene said. Called before each frame.
    pub fn answer(&mut self, report: SceneReport) {
        self.report = report;
    }

    /// Sends the camera to a standard view.
    pub fn look_from(&mut self, view: StandardView) {
        self.go_to = Some(view);
    }

    /// Shows the field around the contacts, or not.
    pub fn show_slice(&mut self, shown: bool) {
        self.slice = shown;
    }

    /// Picks a thing, or nothing.
    pub fn pick(&mut self, thing: Option<Thing>) {
        self.picked = thing;
    }

    /// Lets the multifidus work with that part of its strength beside stimulation, 0 to 1.
    pub fn set_effort(&mut self, effort: f64) {
        self.effort = effort;
    }

    /// The part of its strength that the multifidus works with beside stimulation, 0 to 1.
    pub fn effort(&self) -> f64 {
        self.effort
    }

    /// What is picked.
    pub fn picked(&self) -> Option<&Thing> {
        self.picked.as_ref()
    }
}

/// Draws what lies over the view of the back.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut BackPanel, _out: &mut Vec<Act>) {
    let rect = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(rect, Sense::click_and_drag());
    let label = "The back: drag to turn, right drag to move, wheel to zoom, click to pick";
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, label));
    state.rect = (rect.width() >= 1.0 && rect.height() >= 1.0).then_some(rect);
    // egui lets a drag through a button to what lies behind it; the camera must not have it.
    let covered = std::mem::take(&mut state.covered);
    let is_free = |at: &Pos2| !covered.iter().any(|rect| rect.contains(*at));
    let (any_down, origin) = ui.input(|input| (input.pointer.any_down(), input.pointer.press_origin()));
    state.pointer = response.hover_pos().filter(is_free);
    state.takes_input = if any_down {
        response.is_pointer_button_down_on() && origin.as_ref().is_some_and(is_free)
    } else {
        state.pointer.is_some()
    };
    if response.clicked() && state.pointer.is_some() {
        state.picked = state.report.hovered.clone();
    }
    let over = &mut ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)));
    over.set_clip_rect(rect.intersect(ui.clip_rect()));
    if state.report.mm_per_point > 0.0 {
        bones(over, view.theme, state);
        contacts(over, view, state);
        edges(over, view.theme, rect, &state.report);
        scale_bar(over, view.theme, rect, state.report.mm_per_point);
    }
    if let Some(thing) = state.report.hovered.as_ref().filter(|_| state.pointer.is_some() && !any_down) {
        response.on_hover_text_at_pointer(numbers(thing, view, state.effort).title);
    }
    toolbar(over, rect, state);
    caption(over, view.theme, rect, state.effort);
    if state.slice {
        legend(over, view, rect);
    }
    card(over, view, rect, state);
}

/// Views, muscle, field.
fn toolbar(ui: &mut Ui, rect: Rect, state: &mut BackPanel) {
    let place = Rect::from_min_size(rect.min + vec2(8.0, 6.0), vec2(rect.width() - 16.0, 24.0));
    let wrapped = Layout::left_to_right(Align::Center).with_main_wrap(true);
    let bar = ui.scope_builder(UiBuilder::new().max_rect(place).layout(wrapped), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for view in StandardView::ALL {
            let from = match view {
                StandardView::Back => "From behind, as a surgeon sees it",
                StandardView::Right => "From the patient's right",
                StandardView::Left => "From the patient's left",
                StandardView::Top => "From above, the belly at the top",
                StandardView::Leads => "The leads from close by",
            };
            if ui.small_button(view.name()).on_hover_text(from).clicked() {
                state.go_to = Some(view);
            }
        }
        ui.separator();
        for (flesh, name, what) in [
            (Flesh::Solid, "Muscle", "Fascicles of the multifidus as they are"),
            (Flesh::SeeThrough, "Clear", "Muscle that one can see through"),
            (Flesh::Hidden, "Bone", "Without muscle"),
        ] {
            ui.selectable_value(&mut state.flesh, flesh, RichText::new(name).small()).on_hover_text(what);
        }
        ui.separator();
        let text = "The potential around the contacts while 1 mA flows through the cathodes, mV, in the plane of lead \
                    and nerve. Rings are point sources in homogeneous tissue, I/(4πσr), as for recruitment.";
        ui.toggle_value(&mut state.slice, RichText::new("Field").small()).on_hover_text(text);
    });
    state.covered.push(bar.response.rect);
}

/// The levels, in a column beside the spine.
fn bones(ui: &Ui, theme: &Theme, state: &BackPanel) {
    let [right, up] = state.report.right_up;
    if up[1].abs() < 0.5 {
        // From above they would lie on top of each other.
        return;
    }
    // Beside the transverse processes; from the side, before the bodies.
    let from_side = right[2].abs() > 0.7;
    let away_mm = if from_side { -52.0 * right[2].signum() } else { -66.0 };
    let painter = ui.painter();
    for label in &state.report.labels {
        let Thing::Bone(level) = label.thing else { continue };
        let at = pos2(label.at[0] + away_mm / state.report.mm_per_point, label.at[1]);
        let colour = if state.picked.as_ref() == Some(&label.thing) { theme.accent } else { theme.faint };
        painter.text(at, Align2::CENTER_CENTER, level, FontId::proportional(13.0), colour);
    }
}

/// The contacts of both leads as badges beside them, each with a line to its ring.
fn contacts(ui: &mut Ui, view: &View<'_>, state: &mut BackPanel) {
    let [right, up] = state.report.right_up;
    let towards_us_x = right[1] * up[2] - right[2] * up[1];
    let Some(spine) = state.report.labels.iter().find(|label| label.thing == Thing::Bone("L3")) else { return };
    let spine_x = spine.at[0];
    for side in Side::BOTH {
        let from_side = right[0].abs() < 0.4;
        let faces_us = (towards_us_x > 0.0) == (side == Side::Right);
        if from_side && !faces_us {
            continue;
        }
        let mut rings: Vec<(usize, Pos2)> = state
            .report
            .labels
            .iter()
            .filter_map(|label| match label.thing {
                Thing::Contact(other, index) if other == side => Some((index, pos2(label.at[0], label.at[1]))),
                _ => None,
            })
            .collect();
        if rings.is_empty() {
            continue;
        }
        rings.sort_by(|a, b| a.1.y.total_cmp(&b.1.y));
        let count = rings.len() as f32;
        let middle = rings.iter().fold(egui::Vec2::ZERO, |sum, (_, at)| sum + at.to_vec2()) / count;
        let outward = if from_side { -right[2].signum() } else { (middle.x - spine_x).signum() };
        let reach = rings.iter().map(|(_, at)| (at.x - middle.x) * outward).fold(0.0, f32::max);
        let column = middle.x + outward * (reach + (26.0 / state.report.mm_per_point).clamp(44.0, 110.0));
        for (place, (index, ring)) in rings.into_iter().enumerate() {
            let y = middle.y + (place as f32 - (count - 1.0) / 2.0) * 19.0;
            badge(ui, view, state, Thing::Contact(side, index), (ring, pos2(column, y)));
        }
    }
}

/// One contact: sign, name and colour, as everywhere; pressed, it is picked.
fn badge(ui: &mut Ui, view: &View<'_>, state: &mut BackPanel, thing: Thing, (ring, at): (Pos2, Pos2)) {
    let Thing::Contact(side, index) = thing else { return };
    let program = &view.session.generator().program().sides[side];
    let role = match (program.cathodes.contains(index), program.anodes.contains(index)) {
        (true, _) => Role::Cathode,
        (_, true) => Role::Anode,
        _ => Role::Off,
    };
    let theme = view.theme;
    let colour = match role {
        Role::Off => theme.off,
        Role::Cathode => theme.cathode,
        Role::Anode => theme.anode,
    };
    let frame = Rect::from_center_size(at, vec2(38.0, 16.0));
    state.covered.push(frame);
    let id = ui.id().with(("contact", side.name(), index));
    let response = ui.interact(frame.expand(1.0), id, Sense::click());
    let label = format!("{}, {}", contact_name(side, index), role.name());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &label));
    let picked = state.picked == Some(thing.clone());
    let stroke = if picked || response.hovered() { Stroke::new(1.5, theme.text) } else { Stroke::new(1.0, colour) };
    let painter = ui.painter();
    let edge = pos2(if ring.x < at.x { frame.left() } else { frame.right() }, at.y);
    painter.line_segment([edge, ring], Stroke::new(1.0, colour.gamma_multiply(0.65)));
    let fill = if role == Role::Off { theme.panel.gamma_multiply(0.8) } else { colour };
    painter.rect(frame, CornerRadius::same(4), fill, stroke, StrokeKind::Inside);
    let text = if role == Role::Off { theme.faint } else { theme.on_role };
    let words = if role == Role::Off { format!("E{index}") } else { format!("E{index} {}", role.sign()) };
    painter.text(frame.center(), Align2::CENTER_CENTER, words, FontId::proportional(11.5), text);
    if response.on_hover_text(label).clicked() {
        state.picked = (!picked).then_some(thing);
    }
}

/// Which way is which, at the edges: the patient's left and right large.
fn edges(ui: &Ui, theme: &Theme, rect: Rect, report: &SceneReport) {
    let [right, up] = report.right_up;
    let back = |axis: [f32; 3]| axis.map(|part| -part);
    let inner = rect.shrink2(vec2(14.0, 34.0));
    for (axis, at, align) in [
        (right, inner.right_center(), Align2::RIGHT_CENTER),
        (back(right), inner.left_center(), Align2::LEFT_CENTER),
        (up, inner.center_top(), Align2::CENTER_TOP),
        (back(up), inner.center_bottom(), Align2::CENTER_BOTTOM),
    ] {
        let (direction, much) = Direction::of(axis);
        if much < 0.80 {
            continue;
        }
        let (size, colour) = match direction {
            Direction::Right => (22.0, theme.right),
            Direction::Left => (22.0, theme.left),
            _ => (11.0, theme.faint),
        };
        ui.painter().text(at, align, direction.name(), FontId::proportional(size), colour);
    }
}

/// A length of a round number of millimetres that is between 60 and 150 points long.
fn round_length(mm_per_point: f32) -> f32 {
    let mut length = 1e-3;
    for step in [2.0, 2.5, 2.0].into_iter().cycle().take(24) {
        if length / mm_per_point >= 60.0 {
            break;
        }
        length *= step;
    }
    length
}

fn scale_bar(ui: &Ui, theme: &Theme, rect: Rect, mm_per_point: f32) {
    let length = round_length(mm_per_point);
    let start = rect.left_bottom() + vec2(14.0, -16.0);
    let end = start + vec2(length / mm_per_point, 0.0);
    let stroke = Stroke::new(1.5, theme.text);
    let painter = ui.painter();
    painter.line_segment([start, end], stroke);
    for at in [start, end] {
        painter.line_segment([at - vec2(0.0, 4.0), at + vec2(0.0, 4.0)], stroke);
    }
    let words = format!("{} mm", crate::sandbox::panels::back_numbers::short(f64::from(length)));
    painter.text(
        start.lerp(end, 0.5) - vec2(0.0, 5.0),
        Align2::CENTER_BOTTOM,
        words,
        FontId::proportional(12.0),
        theme.text,
    );
}

/// What is not as it is.
fn caption(ui: &Ui, theme: &Theme, rect: Rect, effort: f64) {
    let words = format!("movement ×{EXAGGERATION}, leads and nerve drawn thicker; nerve and implant: estimated places");
    let at = rect.right_bottom() - vec2(10.0, 8.0);
    if rect.width() > 560.0 {
        ui.painter().text(at, Align2::RIGHT_BOTTOM, words, FontId::proportional(10.5), theme.faint);
    }
    if effort > 0.0 {
        let words = format!("with an effort of {:.0} %, chosen under Spine", effort * 100.0);
        let at = rect.right_bottom() - vec2(10.0, 24.0);
        ui.painter().text(at, Align2::RIGHT_BOTTOM, words, FontId::proportional(12.0), theme.caution);
    }
}

/// The colours of the slice.
fn legend(ui: &Ui, view: &View<'_>, rect: Rect) {
    let theme = view.theme;
    let bar = Rect::from_min_size(rect.right_bottom() - vec2(214.0, 62.0), vec2(200.0, 9.0));
    let painter = ui.painter();
    painter.rect_filled(bar.expand2(vec2(8.0, 22.0)), CornerRadius::same(5), theme.panel.gamma_multiply(0.85));
    // As the picture has it: by the logarithm, from 2 mV, of either sign.
    let place = |mv: f32| {
        let part = ((mv.abs() / 2.0).max(1.0).ln() / (FULL_MV / 2.0).ln()).min(1.0);
        0.5 + 0.5 * part * mv.signum()
    };
    const STEPS: usize = 50;
    for step in 0..STEPS {
        let part = (step as f32 + 0.5) / STEPS as f32 * 2.0 - 1.0;
        let colour = if part < 0.0 { theme.cathode } else { theme.anode };
        let cell = Rect::from_min_size(
            bar.min + vec2(bar.width() * step as f32 / STEPS as f32, 0.0),
            vec2(bar.width() / STEPS as f32 + 0.5, bar.height()),
        );
        painter.rect_filled(cell, CornerRadius::ZERO, colour.gamma_multiply(0.10 + 0.80 * part.abs()));
    }
    for mv in LINES_MV.into_iter().flat_map(|mv| [-mv, mv]).filter(|mv| [5.0, 20.0, 200.0].contains(&mv.abs())) {
        let at = pos2(bar.left() + bar.width() * place(mv), bar.bottom());
        painter.line_segment([at - vec2(0.0, 9.0), at + vec2(0.0, 2.0)], Stroke::new(1.0, theme.text));
        let words = format!("{}{}", if mv < 0.0 { "−" } else { "+" }, mv.abs());
        painter.text(at + vec2(0.0, 3.0), Align2::CENTER_TOP, words, FontId::proportional(10.0), theme.text);
    }
    let sigma = view.session.scenario().implant.tissue_s_per_m.value;
    let words = format!("mV at 1 mA · point sources, {sigma} S/m");
    painter.text(
        bar.center_top() - vec2(0.0, 4.0),
        Align2::CENTER_BOTTOM,
        words,
        FontId::proportional(10.5),
        theme.faint,
    );
}

/// The numbers of what is picked.
fn card(ui: &mut Ui, view: &View<'_>, rect: Rect, state: &mut BackPanel) {
    let Some(thing) = state.picked.clone() else { return };
    let Numbers { title, rows, note } = numbers(&thing, view, state.effort);
    let width = 232.0_f32.min(rect.width() - 16.0);
    let place = Rect::from_min_size(rect.right_top() + vec2(-width - 8.0, 36.0), vec2(width, rect.height() - 44.0));
    let mut closed = false;
    let shown = ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
        let frame = egui::Frame::NONE.fill(view.theme.panel.gamma_multiply(0.92)).corner_radius(6).inner_margin(10);
        let frame = frame.stroke(Stroke::new(1.0, view.theme.line));
        frame.show(ui, |ui| {
            ui.set_width(width - 22.0);
            ui.horizontal(|ui| {
                ui.label(RichText::new(&title).strong().color(view.theme.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    closed = ui.small_button("✖").on_hover_text("Put it down").clicked();
                });
            });
            egui::Grid::new("numbers").num_columns(2).spacing(vec2(12.0, 3.0)).show(ui, |ui| {
                for row in &rows {
                    ui.label(RichText::new(row.name).small().color(view.theme.faint)).on_hover_text(row.meaning);
                    ui.label(RichText::new(&row.value).small().color(view.theme.text)).on_hover_text(row.meaning);
                    ui.end_row();
                }
            });
            if !note.is_empty() {
                ui.label(RichText::new(note).small().italics().color(view.theme.faint));
            }
        });
    });
    state.covered.push(shown.response.rect);
    if closed {
        state.picked = None;
    }
    if let Some(at) = state.report.picked_at.map(|[x, y]| pos2(x, y)).filter(|at| rect.contains(*at)) {
        ui.painter().circle_stroke(at, 5.0, Stroke::new(1.5, view.theme.accent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_scale_bar_is_round_and_of_a_length_to_read() {
        for mm_per_point in [0.004_f32, 0.03, 0.1, 0.27, 0.41, 0.9, 1.7] {
            let length = round_length(mm_per_point);
            let points = length / mm_per_point;
            assert!((60.0..=150.1).contains(&points), "{length} mm are {points} points");
            let digits = format!("{length:.3e}");
            assert!(["1.000", "2.000", "5.000"].iter().any(|start| digits.starts_with(start)), "{digits}");
        }
    }

    #[test]
    fn verif_a_hidden_tab_hides_the_scene() {
        let theme = Theme::dark();
        let mut panel = BackPanel {
            rect: Some(Rect::from_min_max(pos2(10.0, 20.0), pos2(110.0, 220.0))),
            takes_input: true,
            ..BackPanel::default()
        };
        let shown = panel.control(2.0, &theme);
        assert_eq!(shown.viewport, Some(PixelRect { left: 20, top: 40, width: 200, height: 400 }));
        assert!(shown.takes_input);
        let hidden = panel.control(2.0, &theme);
        assert_eq!((hidden.viewport, hidden.takes_input), (None, false));
    }

    #[test]
    fn verif_a_view_is_asked_for_once() {
        let mut panel = BackPanel::default();
        panel.look_from(StandardView::Top);
        assert_eq!(panel.control(1.0, &Theme::dark()).go_to, Some(StandardView::Top));
        assert_eq!(panel.control(1.0, &Theme::dark()).go_to, None);
    }
}
