//! The device: what it is doing, its battery, its alarms, its log, and what has happened.

pub mod alarms;
pub mod lists;

use egui::{RichText, Ui};
use serde::{Deserialize, Serialize};

use crate::device::battery::BatteryKind;
use crate::device::program::Program;
use crate::run::device::LongevitySummary;
use crate::sandbox::act::Act;
use crate::sandbox::panels::device::alarms::alarms_ui;
use crate::sandbox::panels::device::lists::{ListsState, events_ui, log_ui};
use crate::sandbox::panels::programmer::facts::{Facts, short_span};
use crate::sandbox::units::significant;
use crate::sandbox::view::View;

/// Which list is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum List {
    /// What has happened.
    #[default]
    Events,
    /// The device's own log.
    Log,
}

/// What the panel keeps for itself.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceState {
    /// The list that is shown.
    pub list: List,
    #[serde(skip)]
    lists: ListsState,
    /// How long a battery lasts with that program.
    #[serde(skip)]
    longevity: Option<(Program, LongevitySummary)>,
}

/// The device of a session.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut DeviceState, out: &mut Vec<Act>) {
    show(ui, &Facts::of(view), state, out);
}

/// The device of whatever the facts are of.
pub fn show(ui: &mut Ui, facts: &Facts<'_>, state: &mut DeviceState, out: &mut Vec<Act>) {
    alarms_ui(ui, facts, out);
    ui.separator();
    summary_ui(ui, facts);
    battery_ui(ui, facts, state);
    ui.separator();
    ui.horizontal(|ui| {
        ui.selectable_value(&mut state.list, List::Events, "Events")
            .on_hover_text("What has happened, to the patient too.");
        ui.selectable_value(&mut state.list, List::Log, "Device log").on_hover_text("What the device itself keeps.");
    });
    match state.list {
        List::Events => events_ui(ui, facts, &mut state.lists, out),
        List::Log => log_ui(ui, facts, &mut state.lists),
    }
}

fn summary_ui(ui: &mut Ui, facts: &Facts<'_>) {
    let (generator, theme) = (facts.generator, facts.theme);
    let left = generator.session_end().map(|end| format!(", {} left", short_span(end - facts.now)));
    let state = format!("{}{}", generator.state().name(), left.unwrap_or_default());
    ui.horizontal_wrapped(|ui| {
        let name = RichText::new(&generator.profile.name).strong();
        ui.label(name).on_hover_text(&generator.profile.description);
        ui.label(state).on_hover_text("What the device is doing.");
        let link = if generator.link.connected { "programmer connected" } else { "no programmer connected" };
        ui.label(RichText::new(link).color(theme.faint));
        let schedule = if generator.is_scheduling() { "schedule on" } else { "schedule off" };
        ui.label(RichText::new(schedule).color(theme.faint));
        let ahead_s = generator.clock_ahead_s(facts.now);
        if ahead_s.abs() >= 0.0005 {
            let text = format!("clock {} s ahead", significant(ahead_s));
            ui.label(RichText::new(text).color(theme.faint)).on_hover_text("Its clock against the true one.");
        }
        let text = format!("{} sessions, {} were due", generator.sessions(), generator.scheduled());
        ui.label(RichText::new(text).color(theme.faint)).on_hover_text("Since the start of the scenario.");
    });
}

fn battery_ui(ui: &mut Ui, facts: &Facts<'_>, state: &mut DeviceState) {
    let (generator, theme) = (facts.generator, facts.theme);
    let mut battery = generator.battery.clone();
    battery.settle(facts.now);
    let left = 1.0 - battery.depth_of_discharge();
    let text = format!(
        "🔋 {} V · {} mAh · {:.0} %",
        significant(battery.open_circuit_v()),
        significant(battery.remaining_mah()),
        left * 100.0
    );
    ui.horizontal_wrapped(|ui| {
        let hint = "Voltage of the battery at rest, what is left in it, and the part of its capacity that is.";
        ui.label(text).on_hover_text(hint);
        if battery.is_charging() {
            ui.label(RichText::new("⚡ charging").color(theme.good));
        }
        let program = generator.program();
        if state.longevity.as_ref().is_none_or(|(known, _)| known != program) {
            let summary = LongevitySummary::of(program, &generator.profile);
            state.longevity = Some((program.clone(), summary));
        }
        if let Some((_, longevity)) = &state.longevity {
            let lasts = match (generator.profile.battery.kind, longevity.days_between_charges) {
                (BatteryKind::Rechargeable, Some(days)) => format!("{} days between charges", significant(days)),
                _ => format!("{} years until replacement", significant(longevity.replacement_years)),
            };
            let text = format!("{lasts}, {} µA in the mean", significant(longevity.mean_ua));
            let hint = "A full battery with this program and all its scheduled sessions.";
            ui.label(RichText::new(text).color(theme.faint)).on_hover_text(hint);
        }
    });
}
