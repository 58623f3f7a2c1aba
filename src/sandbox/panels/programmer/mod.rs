//! The programmer: what a clinician sets, and does, with the device.
//!
//! Edits are a draft until they are applied, as on real programmers; what differs is outlined, and what the device
//! would refuse is said beneath its field in the words of the reader of scenario files.

pub mod actions;
pub mod amplitude;
pub mod contacts;
pub mod facts;
pub mod faults;
pub mod header;
pub mod side;
pub mod whole;

use egui::{CollapsingHeader, RichText, ScrollArea, Ui};
use serde::{Deserialize, Serialize};

use crate::sandbox::act::Act;
use crate::sandbox::panels::programmer::actions::actions_ui;
use crate::sandbox::panels::programmer::contacts::{contacts_ui, set_role};
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::panels::programmer::faults::{FaultsState, faults_ui};
use crate::sandbox::panels::programmer::header::header_ui;
use crate::sandbox::panels::programmer::side::{Which, side_ui};
use crate::sandbox::panels::programmer::whole::{TimesState, whole_ui};
use crate::sandbox::preview::Previews;
use crate::sandbox::view::View;
use crate::side::{BySide, Side};

/// What the programmer keeps for itself.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgrammerState {
    /// The side that is edited.
    pub which: Which,
    #[serde(skip)]
    times: TimesState,
    #[serde(skip)]
    faults: FaultsState,
    #[serde(skip)]
    previews: Previews,
}

/// The programmer of a session.
pub fn ui(ui: &mut Ui, view: &View<'_>, state: &mut ProgrammerState, out: &mut Vec<Act>) {
    show(ui, &Facts::of(view), state, out);
}

/// The programmer of whatever the facts are of.
pub fn show(ui: &mut Ui, facts: &Facts<'_>, state: &mut ProgrammerState, out: &mut Vec<Act>) {
    header_ui(ui, facts, out);
    ui.separator();
    let previews = BySide::new(|side| state.previews.of(&facts.draft.sides[side], &facts.sides[side]));
    let mut draft = facts.draft.clone();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let seen = BySide { left: &*previews.left, right: &*previews.right };
        if let Some((side, index, role)) = contacts_ui(ui, facts, &seen) {
            let sides = if state.which == Which::Both { &Side::BOTH[..] } else { &[side][..] };
            for &side in sides {
                set_role(&mut draft.sides[side], index, role, facts.device().amplitude_ma.min.max(0.0));
            }
        }
        contacts_note(ui, facts);
        ui.separator();
        ui.horizontal(|ui| {
            for (name, which) in Which::ALL {
                let hint = if which == Which::Both { "Edit both sides at once." } else { "Edit this side." };
                ui.selectable_value(&mut state.which, which, name).on_hover_text(hint);
            }
        });
        side_ui(ui, facts, state.which, &previews[state.which.shown()], &mut draft);
        ui.separator();
        whole_ui(ui, facts, &mut state.times, &mut draft);
        ui.separator();
        actions_ui(ui, facts, state.which, out);
        CollapsingHeader::new("Faults").show(ui, |ui| faults_ui(ui, facts.theme, &mut state.faults, out));
    });
    if draft != *facts.draft {
        out.push(Act::Draft(Box::new(draft)));
    }
}

/// Says that a change of contacts has set the amplitude to its lowest value.
fn contacts_note(ui: &mut Ui, facts: &Facts<'_>) {
    let lowest = facts.device().amplitude_ma.min.max(0.0);
    let changed = |side: &Side| {
        let (draft, device) = (&facts.draft.sides[*side], &facts.on_device.sides[*side]);
        let moved = (draft.cathodes, draft.anodes) != (device.cathodes, device.anodes);
        moved && draft.amplitude_ma == lowest && device.amplitude_ma != lowest
    };
    let sides: Vec<&str> = Side::BOTH.into_iter().filter(changed).map(Side::name).collect();
    if !sides.is_empty() {
        let text = format!("Amplitude {} set to {lowest} mA: its contacts have changed.", sides.join(" and "));
        ui.label(RichText::new(text).color(facts.theme.caution).small());
    }
}
