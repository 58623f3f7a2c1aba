//! The tissue around a lead: encapsulation grows over weeks, and with it impedance and thresholds.

use bevy::ecs::component::Component;
use std::sync::Arc;

use crate::lead::implant::ImplantProfile;
use crate::time::SimTime;

/// The tissue around one lead.
#[derive(Clone, Debug, Component)]
pub struct Tissue {
    implant: Arc<ImplantProfile>,
    /// How long before the start of the scenario the lead was implanted.
    implanted_before: SimTime,
}

impl Tissue {
    /// The tissue around a lead that was implanted so long before the start.
    pub fn new(implant: Arc<ImplantProfile>, implanted_before: SimTime) -> Self {
        Self { implant, implanted_before }
    }

    /// What encapsulation has added to the resistance of a ring by then, Ω.
    pub fn added_ohm(&self, at: SimTime) -> f64 {
        self.implant.encapsulation_ohm.value * self.implant.encapsulated(self.implanted_before + at)
    }

    /// The factor by which it has raised thresholds by then.
    pub fn threshold_factor(&self, at: SimTime) -> f64 {
        1.0 + self.implant.encapsulation_threshold.value * self.implant.encapsulated(self.implanted_before + at)
    }
}
