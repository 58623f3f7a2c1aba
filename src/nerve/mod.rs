//! The nerve: from the current at the contacts to who fires.

pub mod axon;
pub mod bundle;
pub mod excitation;
pub mod fibres;
pub mod kept;
pub mod layout;
pub mod profile;
pub mod recovery;
pub mod recruitment;
pub mod sampled;
pub mod store;
pub mod surrogate;
pub mod thresholds;
pub mod tissue;
pub mod volley;

use bevy::app::App;
use bevy::ecs::component::Component;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res};

use crate::device::pulse::Run;
use crate::lead::Delivered;
use crate::nerve::bundle::Nerve;
use crate::nerve::volley::Volley;
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick};

/// The volleys of this window: what a nerve hands on to its motor units.
#[derive(Clone, Debug, Default, Component)]
pub struct Volleys(pub Vec<Run<Volley>>);

/// Adds the nerves to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, recruit.in_set(SimSystems::Recruit));
}

/// Finds whom each delivered pulse fires.
fn recruit(roster: Res<Roster>, leads: Query<&Delivered>, mut nerves: Query<(&mut Nerve, &mut Volleys)>) {
    for patient in roster.patients() {
        for side in Side::BOTH {
            let delivered = leads.get(patient.sides[side].lead).expect("the roster's entities live");
            let (mut nerve, mut volleys) =
                nerves.get_mut(patient.sides[side].nerve).expect("the roster's entities live");
            volleys.0.clear();
            delivered.0.iter().for_each(|run| nerve.recruit(run, &mut volleys.0));
        }
    }
}
