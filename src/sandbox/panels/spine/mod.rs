//! The spine: whether the column stands, what the multifidus pulls with by level, and what a clinic finds.

pub mod bars;
pub mod clinic;
pub mod findings;

use egui::{RichText, Slider, Ui};
use serde::{Deserialize, Serialize};

use crate::sandbox::act::Act;
use crate::sandbox::panels::spine::bars::{Bar, Row, bars_ui};
use crate::sandbox::pulls::{LEVELS, MOMENTS, Pulls};
use crate::sandbox::view::View;
use crate::side::{BySide, Side};

/// What the panel keeps for itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SpineState {
    /// The part of its strength that the multifidus is asked to work with, %.
    #[serde(skip)]
    effort_percent: f64,
    /// The pull of a sudden load or release, N.
    push_n: f64,
}

impl Default for SpineState {
    fn default() -> Self {
        Self { effort_percent: 0.0, push_n: clinic::USUAL_N }
    }
}

impl SpineState {
    /// The part of its strength that the multifidus is asked to work with beside stimulation, 0 to 1.
    pub fn effort(&self) -> f64 {
        self.effort_percent / 100.0
    }
}

/// The spine at the cursor.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut SpineState, out: &mut Vec<Act>) {
    let session = view.session;
    let pulls = Pulls::of(&session.side(Side::Left), session.transport().cursor, state.effort());
    standing_ui(ui, view, &pulls);
    ui.separator();
    effort_ui(ui, view, state);
    forces_ui(ui, view, &pulls);
    moments_ui(ui, view, &pulls);
    ui.separator();
    clinic::tests_ui(ui, view, &mut state.push_n, out);
    findings::findings_ui(ui, view, out);
}

/// Stability, buckling load and load of the patient who stands at the cursor.
fn standing_ui(ui: &mut Ui, view: &View<'_>, pulls: &Pulls<'_>) {
    let theme = view.theme;
    let standing = pulls.standing();
    let load_n = pulls.spine().profile().load_n.value;
    let stands = standing.stability_nm_per_rad > 0.0;
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("Standing").strong())
            .on_hover_text("The patient stands upright, at ease, with the stimulation of this instant.");
        let (sign, color) = if stands { ("✔ the column holds", theme.good) } else { ("⚠ it buckles", theme.alarm) };
        ui.label(RichText::new(sign).color(color))
            .on_hover_text("It holds while the smallest eigenvalue of its stiffness is above zero.");
    });
    let readings = [
        (
            "Stability",
            format!("{:.1} Nm/rad", standing.stability_nm_per_rad),
            "The smallest eigenvalue of the column's stiffness in flexion and extension, Nm/rad; the probe \
             spine.stability_nm_per_rad",
        ),
        (
            "Buckles at",
            format!("{:.1} N", standing.buckling_load_n),
            "The load on top at which that would be zero, N; the probe spine.buckling_load_n",
        ),
        ("Load", format!("{load_n:.0} N"), "What the column carries on top in this spine's profile, load_n, N"),
    ];
    ui.columns(readings.len(), |columns| {
        for (column, (name, value, meaning)) in columns.iter_mut().zip(readings) {
            column.spacing_mut().item_spacing.y = 1.0;
            column.label(RichText::new(name).small().color(theme.faint)).on_hover_text(meaning);
            let value = RichText::new(value.replace('-', "−")).size(16.0).color(theme.text);
            column.label(value).on_hover_text(meaning);
        }
    });
}

/// The effort that a person asks for.
fn effort_ui(ui: &mut Ui, view: &View<'_>, state: &mut SpineState) {
    ui.horizontal(|ui| {
        let hint = "With which part of its strength the patient lets the multifidus work beside stimulation, on both \
                    sides, %. It is a question put to the model here and in the view of the back: it is no command, \
                    and changes neither the simulation nor the tests below.";
        let label = ui.label("Effort").on_hover_text(hint);
        let slider = Slider::new(&mut state.effort_percent, 0.0..=100.0).suffix(" %").fixed_decimals(0);
        ui.add(slider).labelled_by(label.id).on_hover_text(hint);
        let effort = view.session.side(Side::Left).spine.profile().standing_effort.value;
        let hint = format!("{} % of its strength: what the multifidus works with in standing", effort * 100.0);
        if ui.small_button("standing").on_hover_text(hint).clicked() {
            state.effort_percent = effort * 100.0;
        }
        if ui.small_button("none").on_hover_text("Stimulation alone").clicked() {
            state.effort_percent = 0.0;
        }
    });
}

/// Force of the fascicles of each level.
fn forces_ui(ui: &mut Ui, view: &View<'_>, pulls: &Pulls<'_>) {
    let stimulated = pulls.spine().profile().stimulated;
    let rows = LEVELS.map(|(name, bone)| {
        let sides = BySide::new(|side| {
            let pull = pulls.of_level(side, bone);
            Bar { evoked: pull.evoked_n, effort: pull.effort_n, most: Some(pull.most_n) }
        });
        let whom = if bone == stimulated { ", whose branch is stimulated" } else { "" };
        Row { name, what: format!("The multifidus fascicles from {name}{whom}"), sides }
    });
    let hint = "What the fascicles from each vertebra pull with: filled by stimulation, hatched what the effort adds; \
                the frame is what they could do unfatigued at their present size, N.";
    bars_ui(ui, view.theme, ("Multifidus by level", "N", hint), &rows);
}

/// The extension moment at each joint.
fn moments_ui(ui: &mut Ui, view: &View<'_>, pulls: &Pulls<'_>) {
    let moments = BySide::new(|side| pulls.moments_nm(side));
    let rows = MOMENTS.map(|(name, joint)| {
        let sides = BySide::new(|side| {
            let (evoked, effort) = &moments[side];
            Bar { evoked: evoked[joint], effort: effort[joint], most: None }
        });
        Row { name, what: format!("Extension moment of the multifidus at {name}"), sides }
    });
    let hint = "Force times moment arm, summed over the fascicles of a side, Nm: filled by stimulation, as the probes \
                such as left.moment_l4_5_nm have it, hatched what the effort adds.";
    bars_ui(ui, view.theme, ("Extension moment", "Nm", hint), &rows);
}
