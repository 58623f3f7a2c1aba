//! The leads: conductors, contacts, where they lie, and what breaks.

pub mod circuit;
pub mod conductor;
pub mod contact;
pub mod cycle;
pub mod faults;
pub mod implant;
pub mod looks;
pub mod propagator;
pub mod tissue;
pub mod trial;
pub mod wiring;

use bevy::app::App;
use bevy::ecs::component::Component;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res};

use crate::device::generator::PulseGenerator;
use crate::device::pulse::{CASE, Run};
use crate::lead::conductor::{DeliveredPulse, Lead};
use crate::lead::contact::Contact;
use crate::lead::tissue::Tissue;
use crate::nerve::bundle::Nerve;
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick, Window};

/// Adds the tissue around the leads to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, encapsulate.in_set(SimSystems::Adapt));
}

/// At midnight: encapsulation has grown by a day.
fn encapsulate(
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

/// The pulses that flowed through a lead in this window, those that are alike as one run: what it hands on to the
/// nerve.
#[derive(Clone, Debug, Default, Component)]
pub struct Delivered(pub Vec<Run<DeliveredPulse>>);

impl Delivered {
    /// Adds pulses: to those before them, if they go on with them at even intervals.
    pub fn push(&mut self, run: Run<DeliveredPulse>) {
        if let Some(before) = self.0.last_mut() {
            let period = run.first.at - (before.first.at + before.period * (before.count - 1));
            let alike = DeliveredPulse { at: run.first.at, ..before.first } == run.first;
            let even = (before.count == 1 || before.period == period) && (run.count == 1 || run.period == period);
            if alike && even {
                before.period = period;
                before.count += run.count;
                return;
            }
        }
        self.0.push(run);
    }
}
