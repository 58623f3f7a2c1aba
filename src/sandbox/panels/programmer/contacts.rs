//! The contacts of both leads as circles, the case as a square: a click makes one a cathode, an anode, or neither.

use egui::{
    Color32, Pos2, Rect, Response, RichText, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, WidgetType,
};

use crate::device::impedance::Verdict;
use crate::device::pulse::{CASE, CONTACT_NAMES, Contacts};
use crate::sandbox::panels::programmer::facts::{Facts, short_span};
use crate::sandbox::preview::Preview;
use crate::sandbox::theme::Theme;
use crate::sandbox::units::significant;
use crate::scenario::write::Settings;
use crate::side::{BySide, Side};

/// Diameter of a contact, points.
const SIZE: f32 = 30.0;

/// What a contact does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Carries nothing.
    Off,
    /// Sinks the current of a cathodic phase.
    Cathode,
    /// Takes it back.
    Anode,
}

impl Role {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Cathode => "cathode",
            Self::Anode => "anode",
        }
    }

    /// The role of a contact in those settings.
    pub fn of(settings: &Settings, index: usize) -> Self {
        if settings.cathodes.contains(index) {
            Self::Cathode
        } else if settings.anodes.contains(index) {
            Self::Anode
        } else {
            Self::Off
        }
    }

    /// The roles that a contact can have, in the order of clicks; the case is no cathode.
    pub fn of_contact(index: usize) -> &'static [Self] {
        if index == CASE { &[Self::Off, Self::Anode] } else { &[Self::Off, Self::Cathode, Self::Anode] }
    }

    /// The role after the next click.
    pub fn next(self, index: usize) -> Self {
        let roles = Self::of_contact(index);
        let place = roles.iter().position(|role| *role == self).unwrap_or(0);
        roles[(place + 1) % roles.len()]
    }
}

/// Gives a contact a role. As on real programmers the amplitude goes to the lowest that there is: another contact is
/// another nerve.
pub fn set_role(settings: &mut Settings, index: usize, role: Role, lowest_ma: f64) {
    let with = |contacts: Contacts, is: bool| if is { contacts.with(index) } else { contacts.without(index) };
    settings.cathodes = with(settings.cathodes, role == Role::Cathode);
    settings.anodes = with(settings.anodes, role == Role::Anode);
    settings.amplitude_ma = lowest_ma;
}

/// Both leads, tips together, with the case at the outer ends. Returns the contact that was given a role.
pub fn contacts_ui(ui: &mut Ui, facts: &Facts<'_>, previews: &BySide<&Preview>) -> Option<(Side, usize, Role)> {
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for side in Side::BOTH {
            ui.vertical(|ui| {
                let name = if side == Side::Left { "Left lead" } else { "Right lead" };
                ui.label(RichText::new(name).color(facts.theme.side(side)).strong());
                ui.horizontal(|ui| {
                    let order: [usize; 5] = if side == Side::Left { [CASE, 3, 2, 1, 0] } else { [0, 1, 2, 3, CASE] };
                    for index in order {
                        let role = contact_ui(ui, facts, side, index, previews[side]);
                        chosen = role.map(|role| (side, index, role)).or(chosen);
                    }
                });
                impedance_ui(ui, facts, side);
            });
            if side == Side::Left {
                ui.separator();
            }
        }
    });
    chosen
}

fn contact_ui(ui: &mut Ui, facts: &Facts<'_>, side: Side, index: usize, preview: &Preview) -> Option<Role> {
    let settings = &facts.draft.sides[side];
    let role = Role::of(settings, index);
    let differs = Role::of(&facts.on_device.sides[side], index) != role;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(SIZE, SIZE + 28.0), Sense::click());
    let center = Pos2::new(rect.center().x, rect.top() + SIZE / 2.0 + 2.0);
    draw(ui, facts.theme, center, index, role, &response, differs);
    let share = preview.shares[index].abs();
    let below = if role == Role::Off || share == 0.0 { String::new() } else { format!("{:.0} %", share * 100.0) };
    let text = |y: f32, text: &str, color: Color32| {
        let font = egui::FontId::proportional(10.5);
        ui.painter().text(Pos2::new(center.x, y), egui::Align2::CENTER_CENTER, text, font, color);
    };
    text(rect.bottom() - 17.0, CONTACT_NAMES[index], facts.theme.text);
    text(rect.bottom() - 5.0, &below, facts.theme.faint);
    let side_name = if side == Side::Left { "Left" } else { "Right" };
    let label = format!("{side_name} {}: {}", CONTACT_NAMES[index], role.name());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &label));
    let mut chosen = response.clicked().then(|| role.next(index));
    response.context_menu(|ui| {
        for &role in Role::of_contact(index) {
            if ui.button(format!("{} {}", sign(role), role.name())).clicked() {
                chosen = Some(role);
                ui.close();
            }
        }
    });
    let next = role.next(index).name();
    let hint = format!("{label}. Click for {next}; a change sets the amplitude of this side to its lowest value.");
    response.on_hover_text(hint);
    chosen
}

fn sign(role: Role) -> &'static str {
    match role {
        Role::Off => "○",
        Role::Cathode => "−",
        Role::Anode => "+",
    }
}

/// Sign and shape tell the role by themselves; colour repeats it.
fn draw(ui: &Ui, theme: &Theme, center: Pos2, index: usize, role: Role, response: &Response, differs: bool) {
    let painter = ui.painter();
    let color = match role {
        Role::Off => theme.off,
        Role::Cathode => theme.cathode,
        Role::Anode => theme.anode,
    };
    let (radius, square) = (SIZE / 2.0 - 2.0, Rect::from_center_size(center, Vec2::splat(SIZE - 5.0)));
    let (fill, stroke) = match role {
        Role::Off => (Color32::TRANSPARENT, Stroke::new(1.5, color)),
        _ => (color, Stroke::new(1.5, color)),
    };
    if index == CASE {
        painter.rect(square, 4.0, fill, stroke, StrokeKind::Inside);
    } else {
        painter.circle(center, radius, fill, stroke);
    }
    let bar = |size: Vec2| Shape::rect_filled(Rect::from_center_size(center, size), 1.0, theme.on_role);
    if role != Role::Off {
        painter.add(bar(Vec2::new(14.0, 3.0)));
    }
    if role == Role::Anode {
        painter.add(bar(Vec2::new(3.0, 14.0)));
    }
    let ring = if response.has_focus() || response.hovered() { Some(theme.accent) } else { None };
    if let Some(ring) = ring.or(differs.then_some(theme.caution)) {
        painter.circle_stroke(center, radius + 3.0, Stroke::new(1.5, ring));
    }
}

/// What the device measured through these contacts, in words.
fn impedance_ui(ui: &mut Ui, facts: &Facts<'_>, side: Side) {
    let (text, color) = match facts.measured(side) {
        None => ("impedance not measured".to_string(), facts.theme.faint),
        Some(measured) => {
            let (word, color) = match measured.verdict {
                Verdict::Normal => ("✔ normal", facts.theme.good),
                Verdict::Short => ("⚠ short", facts.theme.alarm),
                Verdict::Open => ("⚠ open", facts.theme.alarm),
            };
            let ago = short_span(facts.now - measured.at);
            (format!("{} kΩ {word}, {ago} ago", significant(measured.ohm / 1e3)), color)
        }
    };
    let hint = "Impedance between the cathodes and the anodes of the program, as the device measured it last, kΩ.";
    ui.label(RichText::new(text).color(color).small()).on_hover_text(hint);
}
