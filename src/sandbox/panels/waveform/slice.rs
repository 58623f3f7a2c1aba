//! A slice through the nerve beside the contacts: the potential, and the axons that fire in it.

use egui::{Color32, Mesh, Pos2, Rect, RichText, Sense, Stroke, Ui, Vec2, pos2};

use crate::nerve::layout::Axon;
use crate::sandbox::preview::{Field, Preview};
use crate::sandbox::theme::Theme;
use crate::sandbox::units::significant;
use crate::side::Side;

/// The slice with its axons, as wide as high.
pub fn slice_ui(ui: &mut Ui, theme: &Theme, edge: f32, side: Side, preview: &Preview) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(edge), Sense::hover());
    let Some(field) = &preview.field else {
        let note = RichText::new("no field: no current flows").color(theme.faint).small();
        ui.put(rect, egui::Label::new(note));
        return;
    };
    let slice = &field.slice;
    let (low, high) = slice.range_mv();
    let scale = rect.width() / (2.0 * slice.half_mm) as f32;
    let at = |x_mm: f64, y_mm: f64| pos2(rect.center().x + x_mm as f32 * scale, rect.center().y - y_mm as f32 * scale);
    let mut mesh = Mesh::default();
    let cell = rect.width() / slice.cells as f32;
    for (index, potential_mv) in slice.potentials_mv.iter().enumerate() {
        let (row, column) = (index / slice.cells, index % slice.cells);
        let min = rect.min + Vec2::new(column as f32 * cell, row as f32 * cell);
        let share = ((potential_mv - low) / (high - low).max(1e-12)) as f32;
        let color = theme.ghost.gamma_multiply(0.15 + 0.75 * share);
        mesh.add_colored_rect(Rect::from_min_size(min, Vec2::splat(cell + 0.5)), color);
    }
    let painter = ui.painter_at(rect);
    painter.add(mesh);
    painter.circle_stroke(rect.center(), slice.radius_mm as f32 * scale, Stroke::new(1.0, theme.faint));
    let flowing_ma = preview.flowing_na / 1e6;
    let dot = |axon: &Axon, threshold_ma: f64, color: Color32| {
        let radius = (axon.diameter_um / 2e3) as f32 * scale;
        let (centre, radius): (Pos2, f32) = (at(axon.place_mm.x, axon.place_mm.y), (3.0 * radius).max(1.5));
        if threshold_ma <= flowing_ma {
            painter.circle_filled(centre, radius, color);
        } else {
            painter.circle_stroke(centre, radius, Stroke::new(1.0, color));
        }
    };
    let (question, found) = (&field.question, &field.recruitment);
    question.afferents.iter().zip(&found.afferent_ma).for_each(|(axon, &ma)| dot(axon, ma, theme.faint));
    question.motor.iter().zip(&found.motor_ma).for_each(|(axon, &ma)| dot(axon, ma, theme.side(side)));
    response.on_hover_text(words(field, low, high));
}

fn words(field: &Field, low_mv: f64, high_mv: f64) -> String {
    let slice = &field.slice;
    format!(
        "Across the nerve, {} mm along it from its point, where a contact is nearest; {} mm wide. Shade: the \
         potential, {} to {} mV for a milliampere. Circles: axons, three times as wide as they are; filled ones fire \
         at this amplitude. Coloured are motor axons, grey are afferents.",
        significant(slice.along_mm),
        significant(2.0 * slice.half_mm),
        significant(low_mv),
        significant(high_mv)
    )
}
