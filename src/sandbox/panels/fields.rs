//! Fields of a form: a label, a number with its unit or a choice, what differs from the device, what it would refuse.

use egui::{ComboBox, DragValue, Response, RichText, Stroke, StrokeKind, Ui};

use crate::device::profile::Range;
use crate::sandbox::theme::Theme;
use crate::sandbox::units::{Unit, number, on_step};

/// Width of the labels, points.
const LABEL_WIDTH: f32 = 92.0;

/// A field of a form.
pub struct Field<'a> {
    /// What it is called.
    pub label: &'a str,
    /// What it is, in a sentence.
    pub hint: &'a str,
    /// What the device has instead; none where it has the same.
    pub on_device: Option<String>,
    /// Why the device would refuse the value.
    pub problems: Vec<&'a str>,
}

impl Field<'_> {
    /// The label, the widget and what is to be said of both.
    fn show(&self, ui: &mut Ui, theme: &Theme, add: impl FnOnce(&mut Ui) -> Response) -> Response {
        let response = ui.horizontal(|ui| {
            let size = egui::vec2(LABEL_WIDTH, ui.spacing().interact_size.y);
            let layout = egui::Layout::left_to_right(egui::Align::Center);
            let text = RichText::new(self.label).color(theme.faint);
            let label = ui.allocate_ui_with_layout(size, layout, |ui| ui.add(egui::Label::new(text).truncate())).inner;
            ui.add_space((LABEL_WIDTH - label.rect.width()).max(0.0));
            add(ui).labelled_by(label.id)
        });
        let response = response.inner;
        let mut hint = self.hint.to_string();
        if let Some(value) = &self.on_device {
            mark(ui, &response, theme.caution);
            hint += &format!("\nNot applied yet. On the device: {value}");
        }
        if !self.problems.is_empty() {
            mark(ui, &response, theme.alarm);
        }
        let response = response.on_hover_text(hint);
        complain(ui, theme, self.problems.iter().copied());
        response
    }
}

/// An outline around a field.
fn mark(ui: &Ui, response: &Response, color: egui::Color32) {
    ui.painter().rect_stroke(response.rect.expand(1.0), 3.0, Stroke::new(1.5, color), StrokeKind::Outside);
}

/// Says in words why the device would refuse something.
pub fn complain<'a>(ui: &mut Ui, theme: &Theme, problems: impl Iterator<Item = &'a str>) {
    for problem in problems {
        ui.add(egui::Label::new(RichText::new(format!("⚠ {problem}")).color(theme.alarm).small()).wrap());
    }
}

/// A number: typed, with whatever unit, or dragged by the device's steps. The wheel changes nothing. Returns the new
/// value if there is one.
pub fn number_field(
    ui: &mut Ui,
    theme: &Theme,
    field: &Field<'_>,
    unit: Unit,
    range: &Range,
    value: f64,
) -> Option<f64> {
    let mut new = value;
    let response = field.show(ui, theme, |ui| {
        let suffix = if unit.name().is_empty() { String::new() } else { format!(" {}", unit.name()) };
        let drag = DragValue::new(&mut new)
            .speed(range.step)
            .custom_formatter(|value, _| number(value))
            .custom_parser(|text| unit.parse(text))
            .update_while_editing(false)
            .suffix(suffix);
        ui.add(drag)
    });
    if response.dragged() {
        new = on_step(range, new);
    }
    (new != value).then_some(new)
}

/// One of a few values. Returns the new one if another was chosen.
pub fn choice_field<T: PartialEq + Copy>(
    ui: &mut Ui,
    theme: &Theme,
    field: &Field<'_>,
    choices: &[(&str, T)],
    value: T,
) -> Option<T> {
    let mut new = value;
    field.show(ui, theme, |ui| {
        let shown = choices.iter().find(|(_, choice)| *choice == value).map_or("–", |(name, _)| name);
        let combo = ComboBox::from_id_salt(field.label).selected_text(shown);
        let inner = combo.show_ui(ui, |ui| {
            for (name, choice) in choices {
                ui.selectable_value(&mut new, *choice, *name);
            }
        });
        inner.response
    });
    (new != value).then_some(new)
}

/// A line of text. Returns the new text when it has been left or confirmed.
pub fn text_field(
    ui: &mut Ui,
    theme: &Theme,
    field: &Field<'_>,
    text: &mut String,
    placeholder: &str,
) -> Option<String> {
    let response = field.show(ui, theme, |ui| {
        let edit = egui::TextEdit::singleline(text).hint_text(placeholder).desired_width(150.0);
        ui.add(edit)
    });
    response.lost_focus().then(|| text.clone())
}

/// A button with the reason beside it where it cannot be pressed; returns whether it was.
pub fn button(ui: &mut Ui, text: &str, hint: &str, why_not: Option<&str>) -> bool {
    press(ui, egui::Button::new(text), hint, why_not)
}

/// The same with a button of one's own.
pub fn press(ui: &mut Ui, button: egui::Button<'_>, hint: &str, why_not: Option<&str>) -> bool {
    let response = ui.add_enabled(why_not.is_none(), button);
    let response = match why_not {
        Some(reason) => response.on_disabled_hover_text(reason),
        None => response.on_hover_text(hint),
    };
    response.clicked()
}
