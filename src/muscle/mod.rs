//! The muscle: motor units or a lump of fibres, their twitches, fatigue and force.

pub mod body;
pub mod choice;
pub mod cursor;
pub mod force;
pub mod gauge;
pub mod length;
pub mod lump;
pub mod makeup;
pub mod pool;
pub mod potentiation;
pub mod profile;
pub mod twitch;

use bevy::app::App;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res};

use crate::lead::Delivered;
use crate::muscle::body::Muscle;
use crate::nerve::Volleys;
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick};

/// Adds the muscles to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, contract.in_set(SimSystems::Contract));
}

/// Lets the muscles take the volleys of the window.
fn contract(roster: Res<Roster>, leads: Query<&Delivered>, nerves: Query<&Volleys>, mut muscles: Query<&mut Muscle>) {
    for patient in roster.patients() {
        for side in Side::BOTH {
            let entities = &patient.sides[side];
            let delivered = leads.get(entities.lead).expect("the roster's entities live");
            let volleys = nerves.get(entities.nerve).expect("the roster's entities live");
            if !(volleys.0.is_empty() && delivered.0.is_empty()) {
                let mut muscle = muscles.get_mut(entities.pool).expect("the roster's entities live");
                muscle.advance(&volleys.0, &delivered.0);
            }
        }
    }
}
