//! What a pulse comes to: charge, balance, and how far every limit of the device is.

use egui::{Grid, Pos2, Rect, RichText, Sense, Ui, Vec2};

use crate::device::battery::Battery;
use crate::device::profile::DeviceProfile;
use crate::device::pulse::CONTACT_NAMES;
use crate::sandbox::preview::{Margin, Preview};
use crate::sandbox::theme::Theme;
use crate::sandbox::units::significant;

/// The limits by their fields in the profile: name, unit, what they are and where they come from.
const LIMITS: [(&str, &str, &str, &str); 5] = [
    ("charge_per_phase_uc", "Charge per phase", "µC", "The largest charge of a phase through a contact."),
    ("charge_density_uc_per_cm2", "Charge density", "µC/cm²", "That charge over the wetted area of the contact."),
    (
        "shannon_k",
        "Shannon k",
        "",
        "log D + log Q, D in µC/cm² and Q in µC (Shannon 1992): damage was seen above 1.85.",
    ),
    ("mean_current_ua", "Mean current", "µA", "Mean of the current without sign while pulses come."),
    ("dc_na", "Direct current", "nA", "What the pulses leave in the mean, and nothing takes back."),
];

/// A margin as a part of what is allowed: for bars, and for the colour of the words.
fn used(margin: &Margin) -> f64 {
    match margin.limit {
        // A logarithm: a decade below the line is nothing of it, the line is all.
        "shannon_k" => (1.0 + (margin.found - margin.allowed) / 2.0).max(0.0),
        _ if margin.allowed > 0.0 => margin.found / margin.allowed,
        _ => 0.0,
    }
}

/// Charge, balance, duty, and the limits.
pub fn figures_ui(ui: &mut Ui, theme: &Theme, preview: &Preview, device: &DeviceProfile, battery: &Battery) {
    Grid::new("figures").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
        let mut row = |name: &str, value: String, hint: &str| {
            ui.label(RichText::new(name).color(theme.faint)).on_hover_text(hint);
            ui.label(RichText::new(value).color(theme.text)).on_hover_text(hint);
            ui.end_row();
        };
        row("Charge", format!("{} µC", significant(preview.charge_uc)), "What flows in the stimulating phases, µC.");
        let balance = match (preview.left_nc.abs() < 0.05, preview.shorted_after) {
            (true, _) => "balanced".to_string(),
            (_, true) => format!("{} nC, shorted", significant(preview.left_nc)),
            _ => format!("{} nC left", significant(preview.left_nc)),
        };
        row(
            "Balance",
            balance,
            "Charge that the phases leave on the cathodes, nC; shorted terminals take it back after the pulse.",
        );
        let load = format!("{} of {} V", significant(preview.load_v), significant(preview.rail_v));
        row("Voltage", load, "Across the load at the end of the first phase, of what the stage can push, V.");
        row("Duty", format!("{} %", significant(preview.duty * 100.0)), "The part of a train in which current flows.");
        let mean = format!("{} µA", significant(preview.mean_ua()));
        row("Mean current", mean, "Mean of the output's current without sign while a train is on, µA.");
        let battery = format!("{} µA", significant(preview.battery_ua(battery, device)));
        row("From the battery", battery, "What stimulation of this side takes out of the battery in a session, µA.");
    });
    ui.add_space(4.0);
    ui.label(RichText::new("Limits of the device").strong());
    for (limit, name, unit, hint) in LIMITS {
        if let Some(margin) = preview.margin(limit) {
            margin_ui(ui, theme, margin, name, unit, hint);
        }
    }
}

fn margin_ui(ui: &mut Ui, theme: &Theme, margin: &Margin, name: &str, unit: &str, hint: &str) {
    let used = used(margin);
    let (mark, color) = match used {
        1.0000001.. => ("⚠", theme.alarm),
        0.8.. => ("⚠", theme.caution),
        _ => ("✔", theme.good),
    };
    let found = if margin.found == f64::NEG_INFINITY { "–".to_string() } else { significant(margin.found) };
    let text = format!("{mark} {name} {found} of {} {unit}", significant(margin.allowed));
    let hint =
        format!("{hint}\nNearest at {}. The limit stands in the device's profile.", CONTACT_NAMES[margin.contact]);
    ui.label(RichText::new(text).color(color).small()).on_hover_text(&hint);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width().min(180.0), 5.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, theme.line);
    let right = rect.left() + rect.width() * used.clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(Rect::from_min_max(rect.min, Pos2::new(right, rect.bottom())), 2.0, color);
    response.on_hover_text(hint);
}
