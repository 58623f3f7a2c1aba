//! A pool of motor units: from volleys to force and fatigue, exact between pulses.
//!
//! The state lives at the last volley. Contraction times lengthen with fatigue (Potvin and Fuglevand 2017, eq. 11);
//! they are renewed at the first volley of each whole second of simulated time, and only in units whose capacity has
//! moved by a thousandth since, so that decay factors are worked out once and used for many pulses.
//!
//! Fatigue is that of Potvin and Fuglevand 2017: a unit loses capacity at its own rate times its relative force.
//! Recovery is not in that paper; here it acts all the time, at the fatigue rate divided by `recovery_ratio` times the
//! deficit.

use bevy::ecs::component::Component;

use crate::muscle::gauge::{Gauge, LOOK, LOOK_EVERY, Look};
use crate::muscle::profile::{MotorUnit, MuscleProfile};
use crate::muscle::twitch::{LANES, Lane, Step, TETANUS_SHARE, Twitches, gain};
use crate::nerve::volley::{FiringSet, Volley};
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// Contraction times are renewed in units whose capacity has moved by this much since they last were. Ours: it keeps
/// the error of a contraction time below 0.04 %.
const RENEWAL_DEFICIT: f64 = 1e-3;

/// An interval longer than this is taken in two steps: the tail, in which the force dies away, and the rest, in which
/// the units recover.
const TAIL: SimTime = SimTime::SECOND;

/// What months change in a muscle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Force that the muscle can make, relative to the healthy one.
    pub strength: f64,
    /// Fraction of type I fibres.
    pub type_i_fraction: f64,
}

/// What does not change from pulse to pulse: the units as the muscle's condition makes them.
#[derive(Clone, Debug)]
struct Makeup {
    rested: Vec<MotorUnit>,
    slowing: f64,
    recovery_ratio: f64,
    reference_type_i: f64,
    type_i_slowness: f64,
    /// Contraction times and fatigue rates of the rested units in the present condition.
    contraction_s: Vec<f64>,
    fatigue_per_s: Vec<f64>,
    /// Force of each unit in full tetanus without fatigue, N.
    force_n: Vec<Lane>,
}

impl Makeup {
    fn condition(&mut self, condition: Condition) {
        let speed = |type_i: f64| type_i * self.type_i_slowness + 1.0 - type_i;
        let slower = speed(condition.type_i_fraction) / speed(self.reference_type_i);
        let tiring = (1.0 - condition.type_i_fraction) / (1.0 - self.reference_type_i);
        for (i, unit) in self.rested.iter().enumerate() {
            self.contraction_s[i] = unit.contraction_s * slower;
            self.fatigue_per_s[i] = unit.fatigue_per_s * tiring;
            self.force_n[i / LANES][i % LANES] = unit.force_n * condition.strength;
        }
    }
}

/// A pool of motor units on one side.
#[derive(Clone, Debug, Component)]
pub struct MotorUnitPool {
    makeup: Makeup,
    condition: Condition,
    /// The instant that the state holds for.
    at: SimTime,
    state: Vec<Twitches>,
    /// Contraction times as last renewed, s, and the deficits that they were renewed at.
    contraction_s: Vec<f64>,
    renewed_deficit: Vec<f64>,
    renewed_second: i64,
    /// The last volley, and when each unit fired last before it.
    last: Option<Volley>,
    fired_before: Vec<Option<SimTime>>,
    /// How often each unit has fired.
    firings: Vec<u64>,
    /// Force-time integral since the start, N·s.
    impulse_n_s: f64,
    block: Block,
    cache: Cache,
    /// What was felt of the force.
    pub gauge: Gauge,
}

/// A stretch of volleys with the same units, contraction times and gains: what the force is integrated over.
#[derive(Clone, Debug)]
struct Block {
    start: Vec<Twitches>,
    volleys: usize,
}

/// What is worked out once and used while nothing changes.
#[derive(Clone, Debug)]
struct Cache {
    step: Vec<Step>,
    step_length: Option<SimTime>,
    look_step: Vec<Step>,
    kick: Vec<Lane>,
    /// The interval for which `kick` holds, where all the units that fire also fired one interval before.
    kick_interval: Option<SimTime>,
    /// Scratch of a look.
    look_state: Vec<Twitches>,
    /// Goes up whenever the state changes, so that a reader knows.
    version: u64,
    /// Goes up whenever contraction times change.
    renewals: u64,
}

impl MotorUnitPool {
    /// The pool of a muscle in that condition, rested.
    pub fn new(profile: &MuscleProfile, condition: Condition) -> Self {
        let rested = profile.motor_units();
        let units = rested.len();
        let lanes = units.div_ceil(LANES);
        let mut pool = Self {
            makeup: Makeup {
                rested,
                slowing: profile.fatigue_slowing.value,
                recovery_ratio: profile.recovery_ratio.value,
                reference_type_i: profile.type_i_fraction.value,
                type_i_slowness: profile.type_i_slowness.value,
                contraction_s: vec![0.0; units],
                fatigue_per_s: vec![0.0; units],
                force_n: vec![[0.0; LANES]; lanes],
            },
            condition,
            at: SimTime::ZERO,
            state: vec![Twitches::REST; lanes],
            contraction_s: vec![0.0; units],
            renewed_deficit: vec![0.0; units],
            renewed_second: i64::MIN,
            last: None,
            fired_before: vec![None; units],
            firings: vec![0; units],
            impulse_n_s: 0.0,
            block: Block { start: vec![Twitches::REST; lanes], volleys: 0 },
            cache: Cache {
                step: vec![Step::NONE; lanes],
                step_length: None,
                look_step: vec![Step::NONE; lanes],
                kick: vec![[0.0; LANES]; lanes],
                kick_interval: None,
                look_state: vec![Twitches::REST; lanes],
                version: 0,
                renewals: 0,
            },
            gauge: Gauge::default(),
        };
        pool.recondition(SimTime::ZERO, condition);
        pool
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.makeup.rested.len()
    }

    /// Whom the last volley fired.
    pub fn recruited(&self) -> FiringSet {
        self.last.map_or(FiringSet::default(), |last| last.fired)
    }

    /// How often each unit has fired since the start.
    pub fn firings(&self) -> &[u64] {
        &self.firings
    }

    /// Force-time integral since the start up to the last settling, N·s.
    pub fn impulse_n_s(&self) -> f64 {
        self.impulse_n_s
    }

    /// The muscle's condition.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Force of all units in full tetanus without fatigue, N.
    pub fn max_force_n(&self) -> f64 {
        self.makeup.force_n.iter().flatten().sum()
    }

    /// Takes volleys, in the order of time.
    pub fn advance(&mut self, volleys: &[Volley]) {
        let mut rest = volleys.iter().filter(|volley| !volley.fired.is_empty()).peekable();
        while let Some(&volley) = rest.next() {
            if self.is_regular(&volley) {
                let mut count = 1;
                let mut at = volley.at;
                while let Some(next) = rest.next_if(|next| {
                    Some(next.at - at) == self.cache.step_length
                        && next.fired == volley.fired
                        && next.at.whole_second() == self.renewed_second
                }) {
                    at = next.at;
                    count += 1;
                }
                self.repeat(at, volley, count);
            } else {
                self.take(volley);
            }
        }
    }

    /// Whether a volley comes after the same interval as the one before, in the same second, and fires the same units.
    fn is_regular(&self, volley: &Volley) -> bool {
        let same_units = self.last.is_some_and(|last| last.fired == volley.fired && last.at == self.at);
        let interval = Some(volley.at - self.at);
        same_units
            && interval == self.cache.step_length
            && interval == self.cache.kick_interval
            && volley.at.whole_second() == self.renewed_second
            && !self.gauge.wants_a_look()
    }

    fn repeat(&mut self, at: SimTime, volley: Volley, count: usize) {
        for ((state, step), kick) in self.state.iter_mut().zip(&self.cache.step).zip(&self.cache.kick) {
            step.repeat(state, kick, count);
        }
        self.gauge.pulled_for(at - self.at);
        self.block.volleys += count;
        self.at = at;
        self.last = Some(Volley { at, ..volley });
        self.cache.version += 1;
    }

    /// Takes one volley, whatever it is.
    fn take(&mut self, volley: Volley) {
        self.step_to(volley.at);
        let second = volley.at.whole_second();
        let new_second = second != self.renewed_second;
        if new_second {
            self.close_block();
            self.renewed_second = second;
            self.renew(RENEWAL_DEFICIT);
        }
        let interval = self.last.map(|last| volley.at - last.at);
        let same_units = self.last.is_some_and(|last| last.fired == volley.fired);
        if !(same_units && interval == self.cache.kick_interval) {
            self.close_block();
            self.set_kick(volley, same_units.then_some(interval).flatten());
        }
        for (state, kick) in self.state.iter_mut().zip(&self.cache.kick) {
            (0..LANES).for_each(|i| state.pending[i] += kick[i]);
        }
        self.block.volleys += 1;
        self.last = Some(volley);
        self.cache.version += 1;
        if new_second {
            self.gauge.look_next();
        }
    }

    /// Works out what a volley adds to each unit: its gain, which depends on how long ago the unit fired.
    fn set_kick(&mut self, volley: Volley, regular_interval: Option<SimTime>) {
        if regular_interval.is_none() {
            self.remember_last();
        }
        for unit in 0..self.units() {
            let interval = regular_interval.or_else(|| self.fired_before[unit].map(|before| volley.at - before));
            let kick = match interval {
                _ if !volley.fired.contains(unit) => 0.0,
                Some(interval) => gain(self.contraction_s[unit] / interval.as_secs()),
                None => 1.0,
            };
            self.cache.kick[unit / LANES][unit % LANES] = kick;
        }
        self.cache.kick_interval = regular_interval;
    }

    /// Notes when the units of the last volley fired.
    fn remember_last(&mut self) {
        let Some(last) = self.last else { return };
        for (unit, before) in self.fired_before.iter_mut().enumerate() {
            if last.fired.contains(unit) {
                *before = Some(last.at);
            }
        }
    }

    /// Brings the state to an instant, without a volley.
    fn step_to(&mut self, at: SimTime) {
        let interval = at - self.at;
        if interval == SimTime::ZERO {
            return;
        }
        assert!(interval > SimTime::ZERO, "a volley at {} after the state at {}", at, self.at);
        if self.gauge.wants_a_look() {
            self.look(interval);
        }
        if interval > TAIL {
            self.close_block();
            self.step_by(TAIL);
            self.close_block();
            self.gauge.rested_for(interval);
            self.step_by(interval - TAIL);
            self.close_block();
        } else {
            self.gauge.pulled_for(interval);
            self.step_by(interval);
        }
    }

    fn step_by(&mut self, interval: SimTime) {
        if self.cache.step_length != Some(interval) {
            let all = 0..self.units();
            self.set_steps(interval, all);
        }
        for (state, step) in self.state.iter_mut().zip(&self.cache.step) {
            step.repeat(state, &[0.0; LANES], 1);
        }
        self.at += interval;
        self.cache.version += 1;
    }

    fn set_steps(&mut self, interval: SimTime, units: impl Iterator<Item = usize>) {
        for unit in units {
            self.set_step(unit, interval.as_secs());
        }
        self.cache.step_length = Some(interval);
    }

    fn set_step(&mut self, unit: usize, dt_s: f64) {
        let step = &mut self.cache.step[unit / LANES];
        set_step(step, unit, dt_s, self.contraction_s[unit], &self.makeup);
    }

    /// Renews the contraction times of the units whose deficit has moved by at least `moved`.
    fn renew(&mut self, moved: f64) {
        let mut any = false;
        for unit in 0..self.units() {
            let deficit = self.state[unit / LANES].deficit[unit % LANES];
            if (deficit - self.renewed_deficit[unit]).abs() < moved {
                continue;
            }
            any = true;
            self.renewed_deficit[unit] = deficit;
            self.contraction_s[unit] = self.makeup.contraction_s[unit] * (1.0 + self.makeup.slowing * deficit);
            let step = &mut self.cache.look_step[unit / LANES];
            set_step(step, unit, LOOK_EVERY.as_secs(), self.contraction_s[unit], &self.makeup);
            if let Some(length) = self.cache.step_length {
                self.set_step(unit, length.as_secs());
            }
        }
        if any {
            self.cache.kick_interval = None;
            self.cache.version += 1;
            self.cache.renewals += 1;
        }
    }

    /// Enters the force of the block into the force-time integral, and the firings into the counts.
    ///
    /// With `u = pending + active`, du/dt = −active/T between volleys, so that the integral of what is active is
    /// T·(u_start − u_end + all kicks), exactly. Capacity is taken as the mean of both ends, which are at most a second
    /// of pulling apart.
    fn close_block(&mut self) {
        let volleys = self.block.volleys as f64;
        let mut impulse_n_s = 0.0;
        for unit in 0..self.units() {
            let (lane, i) = (unit / LANES, unit % LANES);
            let (start, end) = (&mut self.block.start[lane], &mut self.state[lane]);
            end.deficit[i] = end.deficit[i].min(1.0);
            let spent = start.pending[i] + start.active[i] - end.pending[i] - end.active[i]
                + volleys * self.cache.kick[lane][i];
            let capacity = 1.0 - 0.5 * (start.deficit[i] + end.deficit[i]);
            let weight = self.makeup.force_n[lane][i] * TETANUS_SHARE * self.contraction_s[unit];
            impulse_n_s += weight * spent * capacity;
        }
        if let Some(last) = self.last.filter(|_| self.block.volleys > 0) {
            for (unit, firings) in self.firings.iter_mut().enumerate() {
                *firings += if last.fired.contains(unit) { self.block.volleys as u64 } else { 0 };
            }
        }
        self.impulse_n_s += impulse_n_s;
        self.block.start.copy_from_slice(&self.state);
        self.block.volleys = 0;
    }

    /// Feels the force after a volley, until the next one or for a while.
    fn look(&mut self, interval: SimTime) {
        let mut state = std::mem::take(&mut self.cache.look_state);
        state.copy_from_slice(&self.state);
        let mut seen = Look::default();
        seen.add(self.force_of(&state));
        for _ in 0..interval.min(LOOK).nanos() / LOOK_EVERY.nanos() {
            for (state, step) in state.iter_mut().zip(&self.cache.look_step) {
                step.repeat(state, &[0.0; LANES], 1);
            }
            seen.add(self.force_of(&state));
        }
        self.cache.look_state = state;
        self.gauge.looked(seen);
    }

    /// The force of all units in that state, N.
    fn force_of(&self, state: &[Twitches]) -> f64 {
        let mut sums = [0.0; LANES];
        for (state, force_n) in state.iter().zip(&self.makeup.force_n) {
            for i in 0..LANES {
                sums[i] += force_n[i] * (state.active[i] * (1.0 - state.deficit[i]).max(0.0));
            }
        }
        TETANUS_SHARE * sums.iter().sum::<f64>()
    }

    /// Brings the state to an instant at which nothing fires, and the integrals with it: midnight, or the end.
    pub fn settle(&mut self, at: SimTime) {
        self.step_to(at);
        self.close_block();
    }

    /// Changes the condition of the muscle at an instant; all contraction times are renewed.
    pub fn recondition(&mut self, at: SimTime, condition: Condition) {
        self.settle(at);
        self.condition = condition;
        self.makeup.condition(condition);
        self.cache.step_length = None;
        self.renew(0.0);
    }

    /// A reader of the force between volleys.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.at,
            version: None,
            renewals: None,
            state: self.state.clone(),
            step: self.cache.step.clone(),
            step_length: None,
        }
    }

    /// Checks that the state is finite and in range.
    ///
    /// # Errors
    /// Which unit is not, with its values.
    pub fn check(&self) -> Result<(), String> {
        for unit in 0..self.units() {
            let state = &self.state[unit / LANES];
            let i = unit % LANES;
            let (pending, active, deficit) = (state.pending[i], state.active[i], state.deficit[i]);
            // A second of full force takes at most the fatigue rate beyond a capacity of nothing.
            let in_range = pending >= 0.0 && active >= 0.0 && (-1e-12..=1.1).contains(&deficit);
            if !(in_range && pending.is_finite() && active.is_finite()) {
                return Err(format!("unit {}: pending {pending}, active {active}, deficit {deficit}", unit + 1));
            }
        }
        if !self.impulse_n_s.is_finite() {
            return Err(format!("force-time integral {}", self.impulse_n_s));
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.time("at", Some(self.at));
        w.numbers("strength", &[self.condition.strength, self.condition.type_i_fraction]);
        w.lanes("pending", self.state.iter().map(|state| &state.pending));
        w.lanes("active", self.state.iter().map(|state| &state.active));
        w.lanes("deficit", self.state.iter().map(|state| &state.deficit));
        w.numbers("contraction_s", &self.contraction_s);
        w.time("last_volley", self.last.map(|last| last.at));
        self.recruited().write_state(w);
        w.number("impulse_n_s", self.impulse_n_s);
        w.count("block_volleys", self.block.volleys as u64);
        self.gauge.write_state(w);
    }

    /// Lets a test put a value where no model would.
    #[doc(hidden)]
    pub fn poison(&mut self, deficit: f64) {
        self.state[0].deficit[0] = deficit;
    }
}

fn set_step(step: &mut Step, unit: usize, dt_s: f64, contraction_s: f64, makeup: &Makeup) {
    let fatigue_per_s = makeup.fatigue_per_s[unit];
    step.set(unit % LANES, dt_s, contraction_s, fatigue_per_s, fatigue_per_s / makeup.recovery_ratio);
}

/// Reads a pool between its volleys, without touching its state. It goes from sample to sample, so that samples at even
/// distances need no exponentials.
#[derive(Clone, Debug, Component)]
pub struct Cursor {
    at: SimTime,
    version: Option<u64>,
    renewals: Option<u64>,
    state: Vec<Twitches>,
    step: Vec<Step>,
    step_length: Option<SimTime>,
}

impl Cursor {
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
            for unit in 0..pool.units() {
                let step = &mut self.step[unit / LANES];
                set_step(step, unit, interval.as_secs(), pool.contraction_s[unit], &pool.makeup);
            }
            self.step_length = Some(interval);
        }
        for (state, step) in self.state.iter_mut().zip(&self.step) {
            step.repeat(state, &[0.0; LANES], 1);
        }
        self.at = at;
    }

    /// Force of the pool, N.
    pub fn force_n(&self, pool: &MotorUnitPool) -> f64 {
        pool.force_of(&self.state)
    }

    /// Force of one unit, N; `unit` counts from 0.
    pub fn unit_force_n(&self, pool: &MotorUnitPool, unit: usize) -> f64 {
        let (state, i) = (&self.state[unit / LANES], unit % LANES);
        let capacity = (1.0 - state.deficit[i]).max(0.0);
        TETANUS_SHARE * pool.makeup.force_n[unit / LANES][i] * state.active[i] * capacity
    }

    /// Capacity of the pool, as a fraction of the rested one, weighted by force.
    pub fn capacity(&self, pool: &MotorUnitPool) -> f64 {
        let mut lost = 0.0;
        for (state, force_n) in self.state.iter().zip(&pool.makeup.force_n) {
            for i in 0..LANES {
                lost += force_n[i] * state.deficit[i].min(1.0);
            }
        }
        1.0 - lost / pool.max_force_n()
    }
}
