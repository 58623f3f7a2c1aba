//! The muscle: motor units, their twitches, fatigue and force.

pub mod cursor;
pub mod force;
pub mod gauge;
pub mod length;
pub mod makeup;
pub mod pool;
pub mod potentiation;
pub mod profile;
pub mod twitch;

use bevy::app::App;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res};

use crate::muscle::pool::MotorUnitPool;
use crate::nerve::Volleys;
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick};

/// Adds the motor units to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, contract.in_set(SimSystems::Contract));
}

/// Lets the motor units take the volleys of the window.
fn contract(roster: Res<Roster>, nerves: Query<&Volleys>, mut pools: Query<&mut MotorUnitPool>) {
    for patient in roster.patients() {
        for side in Side::BOTH {
            let volleys = nerves.get(patient.sides[side].nerve).expect("the roster's entities live");
            if !volleys.0.is_empty() {
                let mut pool = pools.get_mut(patient.sides[side].pool).expect("the roster's entities live");
                pool.advance(&volleys.0);
            }
        }
    }
}
