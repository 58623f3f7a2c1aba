//! Reading a pool between its volleys.

use crate::muscle::pool::{MotorUnitPool, capacity_lost, effective_weight};
use crate::muscle::twitch::{LANES, Step, Twitches, force_now, repeat};
use crate::time::SimTime;

/// Reads a pool between its volleys, without touching its state. It goes from sample to sample, so that samples at even
/// distances need no exponentials.
#[derive(Clone, Debug)]
pub struct Cursor {
    at: SimTime,
    version: Option<u64>,
    renewals: Option<u64>,
    state: Vec<Twitches>,
    step: Vec<Step>,
    step_length: Option<SimTime>,
}

impl Cursor {
    /// A cursor on a pool, at its last volley.
    pub fn new(pool: &MotorUnitPool) -> Self {
        let steps = vec![Step::NONE; pool.state.len()];
        Self { at: pool.at, version: None, renewals: None, state: pool.state.clone(), step: steps, step_length: None }
    }

    /// Goes to an instant that is not before the pool's last volley.
    pub fn go_to(&mut self, at: SimTime, pool: &MotorUnitPool) {
        if self.version != Some(pool.cache.version) || at < self.at {
            self.version = Some(pool.cache.version);
            self.state.copy_from_slice(&pool.state);
            self.at = pool.at;
        }
        if self.renewals != Some(pool.cache.renewals) {
            self.renewals = Some(pool.cache.renewals);
            self.step_length = None;
        }
        let interval = at - self.at;
        if interval <= SimTime::ZERO {
            return;
        }
        if self.step_length != Some(interval) {
            pool.makeup.set_steps(&mut self.step, interval, &pool.contraction_s);
            self.step_length = Some(interval);
        }
        repeat(&self.step, &pool.cache.no_kick, &mut self.state, 1);
        self.at = at;
    }

    /// Force of the pool, N.
    pub fn force_n(&self, pool: &MotorUnitPool) -> f64 {
        force_now(&self.state, pool.makeup.force_per_activity_n()).iter().sum()
    }

    /// Force of one unit, N; `unit` counts from 0.
    pub fn unit_force_n(&self, pool: &MotorUnitPool, unit: usize) -> f64 {
        let (lane, i) = (unit / LANES, unit % LANES);
        effective_weight(&pool.makeup, lane, &self.state[lane])[i] * self.state[lane].active[i]
    }

    /// Capacity of the pool, as a fraction of the rested one, weighted by force.
    pub fn capacity(&self, pool: &MotorUnitPool) -> f64 {
        1.0 - capacity_lost(&pool.makeup, &self.state)
    }
}
