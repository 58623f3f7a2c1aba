//! Adaptation: what months change in the patient.

pub mod multifidus;
pub mod patient;

use bevy::app::App;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res, ResMut};

use crate::adaptation::multifidus::{DayMark, Multifidus};
use crate::muscle::body::Muscle;
use crate::record::events::{EventKind, EventLog};
use crate::side::Side;
use crate::sim::{Roster, SimSystems, SimTick, Window};
use crate::time::SimTime;

/// Adds adaptation to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, adapt.in_set(SimSystems::Adapt));
}

/// At midnight, after everything that happened before it: the muscle adapts to its day, and the motor units to the
/// muscle. The first day may be a part of one.
fn adapt(
    window: Res<Window>,
    roster: Res<Roster>,
    mut log: ResMut<EventLog>,
    mut pools: Query<&mut Muscle>,
    mut multifidi: Query<&mut Multifidus>,
) {
    let midnight = window.to;
    if window.from == window.to || !window.clock.is_midnight(midnight) {
        return;
    }
    let days = midnight.min(SimTime::DAY).as_secs() / SimTime::DAY.as_secs();
    for patient in roster.patients() {
        for side in Side::BOTH {
            let mut pool = pools.get_mut(patient.sides[side].pool).expect("the roster's entities live");
            let mut muscle = multifidi.get_mut(patient.sides[side].multifidus).expect("the roster's entities live");
            pool.settle(midnight);
            let now = DayMark { impulse_n_s: pool.impulse_n_s(), pulled_s: pool.gauge().pulled.as_secs() };
            let (peak_n, max_force_n) = (pool.gauge().day_peak_n, pool.max_force_n());
            let impulse_n_s = now.impulse_n_s - muscle.day_began().impulse_n_s;
            let dose = muscle.end_day(now, peak_n, max_force_n);
            muscle.adapt(dose, days);
            pool.gauge_mut().day_peak_n = 0.0;
            pool.recondition(midnight, muscle.condition());
            let state = muscle.state();
            let (size, drive) = (state.size, state.drive);
            log.push(midnight, EventKind::DayAdapted { side, impulse_n_s, size, drive });
        }
    }
}
