//! The pulse generator: what it is told, and the pulses that it puts out.

pub mod activator;
pub mod battery;
pub mod clock;
pub mod emission;
pub mod generator;
pub mod impedance;
pub mod longevity;
pub mod memory;
pub mod orders;
pub mod output;
pub mod profile;
pub mod program;
pub mod pulse;
pub mod safety;
pub mod single;
pub mod telemetry;
pub mod therapy;
pub mod trains;
pub mod upkeep;

use bevy::app::App;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res, ResMut};

use crate::device::generator::PulseGenerator;
use crate::device::program::pulses_within;
use crate::device::pulse::{Purpose, Run};
use crate::lead::Delivered;
use crate::lead::conductor::{Lead, TERMINALS};
use crate::lead::contact::Contact;
use crate::record::events::EventLog;
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick, Window};
use crate::time::SimTime;

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
        let [(left_lead, left_delivered), (right_lead, right_delivered)] = &mut sides;
        let [left_contacts, right_contacts] = &mut contacts;
        let mut sides = [
            Output { lead: left_lead, contacts: left_contacts, delivered: left_delivered },
            Output { lead: right_lead, contacts: right_contacts, delivered: right_delivered },
        ];
        put_out(&mut generator, &mut sides, window.to, &mut log);
    }
}

/// What a generator puts pulses out to on one side.
pub struct Output<'a, 'b> {
    /// The lead.
    pub lead: &'a mut Lead,
    /// Its contacts.
    pub contacts: &'a mut [&'b mut Contact; TERMINALS],
    /// What flowed.
    pub delivered: &'a mut Delivered,
}

/// Puts out the pulses before `until`. Pulses that repeat the ones before them go out together, both sides side by side
/// up to the first that does not; that one goes out by itself, and what the device senses of it, it knows before the
/// next.
pub fn put_out(generator: &mut PulseGenerator, sides: &mut [Output; 2], until: SimTime, log: &mut EventLog) {
    let profile = generator.profile.clone();
    while let Some((at, side, purpose)) = generator.next_pulse(until, log) {
        let (runs, mut horizon) = generator.alike(until);
        if purpose == Purpose::Therapy && horizon > at {
            for side in Side::BOTH {
                let Some(run) = &runs[side] else { continue };
                let Output { lead, contacts, .. } = &mut sides[side as usize];
                let count = lead.repeats(run, &profile, contacts);
                if count < run.count {
                    horizon = horizon.min(run.first.at + run.period * count);
                }
            }
        }
        if purpose == Purpose::Therapy && horizon > at {
            for side in Side::BOTH {
                let Some(run) = runs[side].as_ref().filter(|run| run.first.at < horizon) else { continue };
                let count = pulses_within(horizon - run.first.at, run.period).min(run.count);
                let Output { lead, delivered, .. } = &mut sides[side as usize];
                let (flowed, moved_ac) = lead.repeat(run, count);
                generator.repeated(side, &flowed, moved_ac);
                delivered.push(flowed);
            }
            continue;
        }
        let pulse = generator.emit(at, side, purpose);
        let Output { lead, contacts, delivered } = &mut sides[side as usize];
        let (flowed, sensed) = lead.deliver(&pulse, &profile, contacts);
        delivered.push(Run { first: flowed, count: 1, period: SimTime::ZERO });
        let areas_cm2 = contacts.each_ref().map(|contact| contact.surface().area_cm2);
        let charges_ac = contacts.each_ref().map(|contact| contact.ledger.residual_ac);
        generator.sense(&pulse, &flowed, &sensed, (&areas_cm2, &charges_ac), log);
    }
}
