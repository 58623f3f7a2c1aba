//! Bars that go to both sides from a column of names, as the back does from the spine: the patient's left on the left.
//! What stimulation does is filled, what an effort adds is hatched, so that they are told apart without colour.

use egui::{Align2, FontId, Painter, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType};
use egui::{pos2, vec2};

use crate::sandbox::panels::back_numbers::short;
use crate::sandbox::theme::Theme;
use crate::side::{BySide, Side};

/// Height of a row, points.
const ROW: f32 = 19.0;

/// Width of the names in the middle, and of the numbers at the edges, points.
const NAMES: f32 = 50.0;
/// See [`NAMES`].
const NUMBERS: f32 = 46.0;

/// Points from one line of the hatching to the next.
const HATCH: f32 = 4.0;

/// The bar of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// By stimulation.
    pub evoked: f64,
    /// What an effort adds.
    pub effort: f64,
    /// How much it could be, where that is known.
    pub most: Option<f64>,
}

impl Bar {
    fn all(&self) -> f64 {
        self.evoked + self.effort
    }

    /// In words.
    fn words(&self, unit: &str) -> String {
        let most = self.most.map_or(String::new(), |most| format!(" of {} {unit}", short(most)));
        let parts = if self.effort != 0.0 {
            format!(": {} by stimulation, {} by effort", short(self.evoked), short(self.effort))
        } else {
            String::new()
        };
        format!("{} {unit}{most}{parts}", short(self.all()))
    }
}

/// A row of bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The name in the middle.
    pub name: &'static str,
    /// What it is, as the beginning of a sentence.
    pub what: String,
    /// The bar of each side.
    pub sides: BySide<Bar>,
}

/// Draws rows under a title with their unit and what it all is; all on one scale.
pub fn bars_ui(ui: &mut Ui, theme: &Theme, (title, unit, hint): (&str, &str, &str), rows: &[Row]) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).strong()).on_hover_text(hint);
        ui.label(RichText::new(unit).color(theme.faint)).on_hover_text(hint);
    });
    let font = FontId::proportional(12.5);
    let (whole, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), ROW * (rows.len() as f32 + 0.7)), Sense::hover());
    let painter = ui.painter().with_clip_rect(whole.intersect(ui.clip_rect()));
    let reach = ((whole.width() - NAMES) / 2.0 - NUMBERS).max(10.0);
    let largest = rows.iter().flat_map(|row| Side::BOTH.map(|side| row.sides[side]));
    let largest = largest.map(|bar| bar.most.unwrap_or(0.0).max(bar.all())).fold(0.0, f64::max);
    let middle = whole.center().x;
    for side in Side::BOTH {
        let x = middle + outward(side) * (NAMES / 2.0 + 2.0);
        let align = if side == Side::Left { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
        let at = pos2(x, whole.top() + ROW * 0.35);
        painter.text(at, align, side.name(), FontId::proportional(11.5), theme.side(side));
    }
    for (place, row) in rows.iter().enumerate() {
        let y = whole.top() + ROW * (place as f32 + 1.2);
        painter.text(pos2(middle, y), Align2::CENTER_CENTER, row.name, font.clone(), theme.text);
        for side in Side::BOTH {
            let bar = &row.sides[side];
            let inner = middle + outward(side) * NAMES / 2.0;
            let at = |value: f64| {
                let part = if largest > 0.0 { (value / largest).clamp(0.0, 1.0) as f32 } else { 0.0 };
                inner + outward(side) * reach * part
            };
            let over = |from: f64, to: f64| {
                let (a, b) = (at(from), at(to));
                Rect::from_x_y_ranges(a.min(b)..=a.max(b), y - 0.36 * ROW..=y + 0.36 * ROW)
            };
            paint(&painter, theme, side, bar, over);
            let (edge, align) = match side {
                Side::Left => (whole.left() + NUMBERS - 5.0, Align2::RIGHT_CENTER),
                Side::Right => (whole.right() - NUMBERS + 5.0, Align2::LEFT_CENTER),
            };
            painter.text(pos2(edge, y), align, short(bar.all()), font.clone(), theme.text);
            let half = match side {
                Side::Left => whole.left()..=middle,
                Side::Right => middle..=whole.right(),
            };
            let area = Rect::from_x_y_ranges(half, y - ROW / 2.0..=y + ROW / 2.0);
            let words = format!("{}, {}: {}", row.name, side.name(), bar.words(unit));
            let response = ui.interact(area, ui.id().with((title, row.name, side.name())), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(WidgetType::ProgressIndicator, true, &words));
            response.on_hover_text(format!("{}, on the {}.\n{}", row.what, side.name(), bar.words(unit)));
        }
    }
}

/// The direction of a side on the screen.
fn outward(side: Side) -> f32 {
    match side {
        Side::Left => -1.0,
        Side::Right => 1.0,
    }
}

/// The frame of what it could be, what stimulation does, and what the effort adds.
fn paint(painter: &Painter, theme: &Theme, side: Side, bar: &Bar, over: impl Fn(f64, f64) -> Rect) {
    let color = theme.side(side);
    painter.rect_filled(over(0.0, bar.evoked), 1.0, color);
    if bar.effort > 0.0 {
        let added = over(bar.evoked, bar.all());
        painter.rect_filled(added, 1.0, color.gamma_multiply(0.22));
        let hatched = painter.with_clip_rect(added.intersect(painter.clip_rect()));
        let lines = ((added.width() + added.height()) / HATCH).ceil().max(0.0) as usize;
        hatched.extend((0..lines).map(|line| {
            let x = added.left() + line as f32 * HATCH;
            let ends = [pos2(x, added.top()), pos2(x - added.height(), added.bottom())];
            Shape::line_segment(ends, Stroke::new(1.0, color))
        }));
    }
    if let Some(most) = bar.most {
        painter.rect_stroke(over(0.0, most), 1.0, Stroke::new(1.0, theme.off), StrokeKind::Inside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_bar_says_its_parts_and_its_unit() {
        let bar = Bar { evoked: 54.9, effort: 0.0, most: Some(144.1) };
        assert_eq!(bar.words("N"), "54.9 N of 144 N");
        let working = Bar { effort: 10.0, ..bar };
        assert_eq!(working.words("N"), "64.9 N of 144 N: 54.9 by stimulation, 10 by effort");
        assert_eq!(Bar { evoked: 2.5, ..Bar::default() }.words("Nm"), "2.5 Nm");
    }
}
