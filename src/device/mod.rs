//! The pulse generator: what it is told, and the pulses that it puts out.

pub mod activator;
pub mod battery;
pub mod clock;
pub mod generator;
pub mod impedance;
pub mod memory;
pub mod orders;
pub mod output;
pub mod profile;
pub mod program;
pub mod pulse;
pub mod safety;
pub mod telemetry;
pub mod therapy;
pub mod trains;
pub mod upkeep;

use bevy::app::App;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res, ResMut};

use crate::device::generator::PulseGenerator;
use crate::lead::Delivered;
use crate::lead::conductor::{Lead, TERMINALS};
use crate::lead::contact::Contact;
use crate::record::events::EventLog;
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick, Window};

/// Adds the generator and its leads to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, stimulate.in_set(SimSystems::Stimulate));
}

/// Puts out the pulses of the window, each through its lead: what the device senses of one pulse it knows before the
/// next that is not like it.
fn stimulate(
    window: Res<Window>,
    roster: Res<Roster>,
    mut log: ResMut<EventLog>,
    mut generators: Query<&mut PulseGenerator>,
    mut leads: Query<(&mut Lead, &mut Delivered)>,
    mut contacts: Query<&mut Contact>,
) {
    for patient in roster.patients() {
        let [left, right] = Side::BOTH.map(|side| &patient.sides[side]);
        let mut sides = leads.get_many_mut([left.lead, right.lead]).expect("the roster's entities live");
        sides.iter_mut().for_each(|(_, delivered)| delivered.0.clear());
        let mut generator = generators.get_mut(patient.generator).expect("the roster's entities live");
        if generator.next_event().is_none_or(|next| next >= window.to) {
            continue;
        }
        let [l0, l1, l2, l3, l4] = left.contacts;
        let [r0, r1, r2, r3, r4] = right.contacts;
        let all: [_; 2 * TERMINALS] = [l0, l1, l2, l3, l4, r0, r1, r2, r3, r4];
        let mut contacts = contacts.get_many_mut(all).expect("the roster's entities live");
        let [l0, l1, l2, l3, l4, r0, r1, r2, r3, r4] = contacts.each_mut().map(|contact| &mut **contact);
        let mut contacts = [[l0, l1, l2, l3, l4], [r0, r1, r2, r3, r4]];
        let profile = generator.profile.clone();
        while let Some(pulse) = generator.next_pulse(window.to, &mut log) {
            let side = pulse.side as usize;
            let (lead, delivered) = &mut sides[side];
            let (flowed, sensed) = lead.deliver(&pulse, &profile, &mut contacts[side]);
            delivered.push(flowed);
            let areas_cm2 = contacts[side].each_ref().map(|contact| contact.surface().area_cm2);
            let charges_ac = contacts[side].each_ref().map(|contact| contact.ledger.residual_ac);
            generator.sense(&pulse, &sensed, (&areas_cm2, &charges_ac), &mut log);
        }
    }
}
