//! The tissue around a lead: encapsulation grows over weeks, and with it impedance and thresholds.

use bevy::ecs::component::Component;
use bevy::ecs::system::{Query, Res};
use std::sync::Arc;

use crate::device::generator::PulseGenerator;
use crate::device::pulse::CASE;
use crate::lead::conductor::Lead;
use crate::lead::contact::Contact;
use crate::lead::implant::ImplantProfile;
use crate::nerve::bundle::Nerve;
use crate::side::Side;
use crate::sim::{Roster, Window};
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

/// At midnight: encapsulation has grown by a day.
pub fn encapsulate(
    window: Res<Window>,
    roster: Res<Roster>,
    generators: Query<&PulseGenerator>,
    mut leads: Query<(&mut Lead, &Tissue)>,
    mut contacts: Query<&mut Contact>,
    mut nerves: Query<&mut Nerve>,
) {
    let midnight = window.to;
    if window.from == window.to || !window.clock.is_midnight(midnight) {
        return;
    }
    for patient in roster.patients() {
        let profile = &generators.get(patient.generator).expect("the roster's entities live").profile;
        for side in Side::BOTH {
            let entities = &patient.sides[side];
            let (mut lead, tissue) = leads.get_mut(entities.lead).expect("the roster's entities live");
            let mut of_lead = contacts.get_many_mut(entities.contacts).expect("the roster's entities live");
            lead.settle(midnight, profile, &mut of_lead.each_mut().map(|contact| &mut **contact));
            lead.rewire();
            for contact in of_lead.iter_mut().filter(|contact| contact.index != CASE) {
                contact.encapsulation_ohm = tissue.added_ohm(midnight);
            }
            let mut nerve = nerves.get_mut(entities.nerve).expect("the roster's entities live");
            nerve.set_encapsulation(tissue.threshold_factor(midnight));
        }
    }
}
