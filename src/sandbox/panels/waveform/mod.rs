//! The waveform editor: the pulse to scale, its edges in the hand; beside it what it comes to, and whom it fires.

pub mod figures;
pub mod pulse;
pub mod recruitment;
pub mod shape;
pub mod slice;
pub mod typed;

use egui::{RichText, ScrollArea, Ui};
use serde::{Deserialize, Serialize};

use crate::device::program::PhaseOrder;
use crate::sandbox::act::Act;
use crate::sandbox::panels::fields::{button, complain};
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::panels::programmer::side::Which;
use crate::sandbox::panels::waveform::figures::figures_ui;
use crate::sandbox::panels::waveform::pulse::{Grab, pulse_ui, voltage_ui};
use crate::sandbox::panels::waveform::recruitment::recruitment_ui;
use crate::sandbox::panels::waveform::shape::{Preset, add_corner};
use crate::sandbox::panels::waveform::slice::slice_ui;
use crate::sandbox::panels::waveform::typed::typed_ui;
use crate::sandbox::preview::{Preview, Previews};
use crate::sandbox::recruiter::Stage;
use crate::sandbox::theme::Theme;
use crate::sandbox::units::{number, significant};
use crate::sandbox::view::View;
use crate::scenario::write::{DraftProblem, Settings};

/// The most problems that are said here; the programmer says them all.
const MOST_PROBLEMS: usize = 3;

/// What the editor keeps for itself.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WaveformState {
    /// The side that is edited.
    pub which: Which,
    #[serde(skip)]
    grab: Option<Grab>,
    #[serde(skip)]
    previews: Previews,
}

/// The waveform editor of a session.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut WaveformState, out: &mut Vec<Act>) {
    show(ui, &Facts::of(view), state, out);
}

/// The waveform editor of whatever the facts are of.
pub fn show(ui: &mut Ui, facts: &Facts<'_>, state: &mut WaveformState, out: &mut Vec<Act>) {
    let side = state.which.shown();
    let before = &facts.draft.sides[side];
    let mut settings = before.clone();
    let preview = state.previews.of(before, &facts.sides[side]);
    ui.horizontal_wrapped(|ui| {
        for (name, which) in Which::ALL {
            let hint = if which == Which::Both { "Edit both sides at once." } else { "Edit this side." };
            ui.selectable_value(&mut state.which, which, name).on_hover_text(hint);
        }
        ui.separator();
        presets_ui(ui, facts, &mut settings);
    });
    typed_ui(ui, facts.theme, &mut settings, facts.device());
    let problems: Vec<String> = facts.problems.iter().take(MOST_PROBLEMS).map(placed).collect();
    complain(ui, facts.theme, problems.iter().map(String::as_str));
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let wide = ui.available_width() > 560.0;
        let beside = if wide { 232.0 } else { 0.0 };
        let height = (ui.available_height() - 40.0).max(320.0);
        let (device, battery) = (facts.device(), &facts.generator.battery);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - beside);
                legend_ui(ui, facts, &settings, &preview);
                pulse_ui(ui, facts.theme, height * 0.42, &mut settings, &preview, device, &mut state.grab);
                ui.label(RichText::new("Voltage across the load; time in µs").color(facts.theme.faint).small());
                voltage_ui(ui, facts.theme, height * 0.2, before, &preview, device, &state.grab);
                certainty_ui(ui, facts.theme, &preview);
                let most_ma = device.amplitude_ma.max;
                ui.horizontal_top(|ui| {
                    let edge = (height * 0.3).min(ui.available_width() * 0.4);
                    ui.vertical(|ui| {
                        ui.set_width(ui.available_width() - edge - 8.0);
                        let amplitude_ma = before.amplitude_ma;
                        recruitment_ui(ui, facts.theme, height * 0.3, side, amplitude_ma, most_ma, &preview);
                    });
                    slice_ui(ui, facts.theme, edge, side, &preview);
                });
            });
            if wide {
                ui.vertical(|ui| figures_ui(ui, facts.theme, &preview, device, battery));
            }
        });
        if !wide {
            figures_ui(ui, facts.theme, &preview, device, battery);
        }
    });
    if settings != *before {
        let mut draft = facts.draft.clone();
        for &side in state.which.sides() {
            reshape(&mut draft.sides[side], before, &settings);
        }
        if draft != *facts.draft {
            out.push(Act::Draft(Box::new(draft)));
        }
    }
}

/// Takes over what has been edited; all else stays as each side has it.
fn reshape(settings: &mut Settings, before: &Settings, edited: &Settings) {
    fn take<T: Clone + PartialEq>(value: &mut T, before: &T, edited: &T) {
        if before != edited {
            *value = edited.clone();
        }
    }
    take(&mut settings.amplitude_ma, &before.amplitude_ma, &edited.amplitude_ma);
    take(&mut settings.width_us, &before.width_us, &edited.width_us);
    take(&mut settings.interphase_gap_us, &before.interphase_gap_us, &edited.interphase_gap_us);
    take(&mut settings.recharge, &before.recharge, &edited.recharge);
    take(&mut settings.burst, &before.burst, &edited.burst);
    take(&mut settings.edges, &before.edges, &edited.edges);
}

/// A problem with its place: for where no field is there to stand beneath.
fn placed(problem: &DraftProblem) -> String {
    let side = problem.side.map(|side| format!("{} ", side.name())).unwrap_or_default();
    let field = problem.field.map(|field| format!("{field}: ")).unwrap_or_default();
    format!("{side}{field}{}", problem.message)
}

fn presets_ui(ui: &mut Ui, facts: &Facts<'_>, settings: &mut Settings) {
    let device = facts.device();
    for (name, preset) in Preset::ALL {
        if button(ui, name, preset.hint(), preset.why_not(device)) {
            preset.shape(settings, device);
        }
    }
    if !settings.edges.is_empty() {
        ui.separator();
        let full = settings.edges.len() >= device.most_edges.value as usize;
        let full = full.then_some("the device makes no more corners");
        if button(ui, "Add corner", "In the middle of the longest stretch.", full) {
            add_corner(&mut settings.edges, device.timer_tick());
        }
        let few = (settings.edges.len() <= 2).then_some("a pulse has two corners at least");
        if button(ui, "Remove corner", "The last but one.", few) {
            settings.edges.remove(settings.edges.len() - 2);
        }
    }
}

/// What the thresholds are, and how far they may be off.
fn certainty_ui(ui: &mut Ui, theme: &Theme, preview: &Preview) {
    let percent = |fraction: f64| significant(fraction * 100.0);
    let known = match (preview.stage, preview.accuracy) {
        (Some(Stage::Exact), _) => "thresholds of the axon itself".to_string(),
        (Some(Stage::Fast), Some(accuracy)) => format!(
            "surrogate, off by {} % and at most {} %; the axon itself is being asked",
            percent(accuracy.rms_error),
            percent(accuracy.largest_error)
        ),
        (Some(_), _) => "a guess; the axon itself is being asked".to_string(),
        (None, _) => "no current flows".to_string(),
    };
    let text = format!("Recruitment of motor axons and, dashed, of afferents: {known}");
    let hint = "Off: in the root mean square, and at most, on exact axons that the surrogate was not made with.";
    ui.label(RichText::new(text).color(theme.faint).small()).on_hover_text(hint);
    if preview.stage.is_some_and(|stage| stage < Stage::Exact) {
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(60));
    }
}

/// What the lines are, in their colours and in words; and what of the pulse is not as it was asked for.
fn legend_ui(ui: &mut Ui, facts: &Facts<'_>, settings: &Settings, preview: &Preview) {
    let theme = facts.theme;
    ui.horizontal_wrapped(|ui| {
        for (name, color, width, hint) in [
            ("asked", theme.ghost, 2.0, "The pulse as the draft asks for it."),
            ("made", theme.text, 1.2, "The pulse as converter and timer of the device make it."),
            ("flows", theme.accent, 2.5, "What flows through this lead, from rest, as far as the voltage can push it."),
        ] {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(16.0, 10.0), egui::Sense::hover());
            let line = [rect.left_center(), rect.right_center()];
            ui.painter().line_segment(line, egui::Stroke::new(width, color));
            ui.label(RichText::new(name).color(theme.faint).small()).on_hover_text(hint);
        }
        let burst = settings.burst.pulses;
        if burst > 1 {
            let text = format!("one of {burst} pulses, {} ms apart", number(settings.burst.period.as_secs() * 1e3));
            ui.label(RichText::new(text).color(theme.faint).small());
        }
        if settings.phase_order == PhaseOrder::Alternating {
            ui.label(RichText::new("every second pulse is the other way round").color(theme.faint).small());
        }
        let (asked, made) = (preview.asked.stimulus(), preview.made.stimulus());
        if asked != made && !preview.made.phases().is_empty() {
            let ma = |phase: crate::device::pulse::Phase| (phase.current_na as f64 / 1e6).abs();
            let us = |phase: crate::device::pulse::Phase| phase.width.nanos() as f64 / 1e3;
            let text = format!("makes {} mA, {} µs", number(ma(made)), number(us(made)));
            ui.label(RichText::new(text).color(theme.caution).small());
        }
        if preview.open {
            ui.label(RichText::new("⚠ no current can flow").color(theme.alarm).small());
        } else if preview.limited {
            let text = format!("⚠ {} V do not suffice", significant(preview.rail_v));
            ui.label(RichText::new(text).color(theme.alarm).small());
        }
    });
}
