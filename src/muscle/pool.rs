//! A pool of motor units: from volleys to force and fatigue, exact between pulses.
//!
//! The state lives at the last volley. Contraction times lengthen with fatigue; they are renewed at the first volley of
//! each whole second of simulated time, and only in units whose capacity has moved since, so that decay factors are
//! worked out once and used for many pulses.
//!
//! Fatigue is that of Potvin and Fuglevand 2017: a unit loses capacity at its own rate times its relative force.
//! Recovery is not in that paper; here it acts all the time, at the fatigue rate divided by `recovery_ratio` times the
//! deficit. Where the profile says so, twitches are potentiated ([`crate::muscle::potentiation`]), and force follows
//! the length of the fascicles ([`crate::muscle::length`]).

use crate::device::program::pulses_within;
use crate::device::pulse::Run;
use crate::muscle::gauge::{Gauge, LOOK, LOOK_EVERY, Look};
use crate::muscle::makeup::{Condition, Makeup};
use crate::muscle::potentiation::Potentiation;
use crate::muscle::profile::MuscleProfile;
use crate::muscle::twitch::{LANES, Lane, Step, Twitches, gain, impulse, out_of_range, relative_force, repeat, watch};
use crate::nerve::volley::{FiringSet, Volley};
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// Contraction times are renewed in units whose capacity has moved by this much since they last were. Ours: a
/// contraction time is then wrong by 0.4 % at most, which is what that of the fastest unit changes in a second.
const RENEWAL_DEFICIT: f64 = 0.01;

/// After this many of the longest contraction times nothing is left of a twitch: (1 + 45)·e^(−45) is 1e-18.
const TWITCH_LENGTHS: f64 = 45.0;

/// A pool of motor units on one side.
#[derive(Clone, Debug)]
pub struct MotorUnitPool {
    pub(super) makeup: Makeup,
    /// The instant that the state holds for.
    pub(super) at: SimTime,
    pub(super) state: Vec<Twitches>,
    /// Contraction times as last renewed, s, and the deficits that they were renewed at.
    pub(super) contraction_s: Vec<Lane>,
    /// Potentiation; none where the profile has none.
    potentiation: Option<Potentiation>,
    renewed_deficit: Vec<Lane>,
    renewed_second: i64,
    /// The last volley, and when each unit fired last before it.
    last: Option<Volley>,
    fired_before: Vec<Option<SimTime>>,
    /// Force-time integral since the start, N·s.
    impulse_n_s: f64,
    block: Block,
    pub(super) cache: Cache,
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
pub(super) struct Cache {
    /// Steps of the interval between pulses.
    step: Vec<Step>,
    step_length: Option<SimTime>,
    /// Steps over the tail of a twitch, and over the rest after it.
    tail_step: Vec<Step>,
    tail: SimTime,
    rest_step: Vec<Step>,
    rest_length: Option<SimTime>,
    look_step: Vec<Step>,
    /// Scratch of a look: the forces of its samples, N.
    look_forces_n: Vec<Lane>,
    kick: Vec<Lane>,
    pub(super) no_kick: Vec<Lane>,
    /// The interval for which `kick` holds, where all the units that fire also fired one interval before.
    kick_interval: Option<SimTime>,
    /// Goes up whenever the state changes, so that a reader knows.
    pub(super) version: u64,
    /// Goes up whenever contraction times change.
    pub(super) renewals: u64,
}

/// Which of the steps to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch {
    Interval,
    Tail,
    Rest,
}

impl MotorUnitPool {
    /// The pool of a muscle in that condition, rested.
    pub fn new(profile: &MuscleProfile, condition: Condition) -> Self {
        let makeup = Makeup::new(profile, condition);
        let (units, lanes) = (makeup.units(), makeup.lanes());
        let steps = || vec![Step::NONE; lanes];
        let mut pool = Self {
            makeup,
            at: SimTime::ZERO,
            state: vec![Twitches::REST; lanes],
            contraction_s: vec![[1.0; LANES]; lanes],
            potentiation: profile.potentiation.as_ref().map(|profile| Potentiation::new(profile, lanes)),
            renewed_deficit: vec![[0.0; LANES]; lanes],
            renewed_second: i64::MIN,
            last: None,
            fired_before: vec![None; units],
            impulse_n_s: 0.0,
            block: Block { start: vec![Twitches::REST; lanes], volleys: 0 },
            cache: Cache {
                step: steps(),
                step_length: None,
                tail_step: steps(),
                tail: SimTime::ZERO,
                rest_step: steps(),
                rest_length: None,
                look_step: steps(),
                look_forces_n: vec![[0.0; LANES]; (LOOK.nanos() / LOOK_EVERY.nanos()) as usize + 1],
                kick: vec![[0.0; LANES]; lanes],
                no_kick: vec![[0.0; LANES]; lanes],
                kick_interval: None,
                version: 0,
                renewals: 0,
            },
            gauge: Gauge::default(),
        };
        pool.recondition(SimTime::ZERO, condition);
        pool
    }

    /// The units as they are made up.
    pub fn makeup(&self) -> &Makeup {
        &self.makeup
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.makeup.units()
    }

    /// Whom the last volley fired.
    pub fn recruited(&self) -> FiringSet {
        self.last.map_or(FiringSet::default(), |last| last.fired)
    }

    /// Force-time integral since the start up to the last settling, N·s.
    pub fn impulse_n_s(&self) -> f64 {
        self.impulse_n_s
    }

    /// Force of all units in full tetanus without fatigue, N.
    pub fn max_force_n(&self) -> f64 {
        self.makeup.force_n().iter().flatten().sum()
    }

    /// Takes volleys, in the order of time.
    pub fn advance(&mut self, runs: &[Run<Volley>]) {
        for run in runs.iter().filter(|run| !run.first.fired.is_empty()) {
            let mut taken = 0;
            while taken < run.count {
                let volley = Volley { at: run.first.at + run.period * taken, ..run.first };
                if self.is_regular(&volley) {
                    // Regular volleys up to the next whole second, at which contraction times are renewed.
                    let second_ends = SimTime::from_secs(self.renewed_second + 1);
                    let alone = run.count == 1 || volley.at - self.at != run.period;
                    let count = if alone { 1 } else { pulses_within(second_ends - volley.at, run.period) };
                    let count = count.min(run.count - taken);
                    self.repeat(Volley { at: volley.at + run.period * (count - 1), ..volley }, count as usize);
                    taken += count;
                } else {
                    self.take(volley);
                    taken += 1;
                }
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

    /// Takes regular volleys, of which `last` is the last.
    fn repeat(&mut self, last: Volley, count: usize) {
        repeat(&self.cache.step, &self.cache.kick, &mut self.state, count);
        if let (Some(potentiation), Some(interval)) = (&mut self.potentiation, self.cache.step_length) {
            potentiation.repeat(&self.cache.kick, interval, count);
        }
        self.gauge.passed(last.at - self.at, count);
        self.block.volleys += count;
        self.at = last.at;
        self.last = Some(last);
        self.cache.version += 1;
    }

    /// Takes one volley, whatever it is.
    fn take(&mut self, volley: Volley) {
        self.step_to(volley.at);
        let second = volley.at.whole_second();
        let new_second = second != self.renewed_second;
        if new_second {
            self.close_block(Stretch::Interval);
            self.renewed_second = second;
            self.renew(RENEWAL_DEFICIT);
            if let Some(potentiation) = &mut self.potentiation {
                potentiation.renew();
                self.cache.kick_interval = None;
            }
        }
        let interval = self.last.map(|last| volley.at - last.at);
        let same_units = self.last.is_some_and(|last| last.fired == volley.fired);
        if !(same_units && interval == self.cache.kick_interval) {
            self.close_block(Stretch::Interval);
            self.set_kick(volley, interval.filter(|_| same_units));
        }
        for (state, kick) in self.state.iter_mut().zip(&self.cache.kick) {
            (0..LANES).for_each(|i| state.pending[i] += kick[i]);
        }
        if let Some(potentiation) = &mut self.potentiation {
            potentiation.fire(&self.cache.kick);
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
            let contraction_s = self.contraction_s[unit / LANES][unit % LANES];
            let fires = volley.fired.contains(unit);
            self.cache.kick[unit / LANES][unit % LANES] =
                if fires { self.kick(unit, contraction_s, interval) } else { 0.0 };
        }
        self.cache.kick_interval = regular_interval;
    }

    /// What a firing adds to a unit that fired `interval` before.
    fn kick(&self, unit: usize, contraction_s: f64, interval: Option<SimTime>) -> f64 {
        let rate = interval.map_or(0.0, |interval| contraction_s / interval.as_secs());
        let potentiated =
            |potentiation: &Potentiation| potentiation.factor(unit / LANES, unit % LANES, relative_force(rate));
        gain(rate) * self.potentiation.as_ref().map_or(1.0, potentiated)
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

    /// Brings the state to an instant, without a volley. Of an interval longer than a twitch lasts, its tail comes
    /// first; in the rest the units only recover.
    fn step_to(&mut self, at: SimTime) {
        let interval = at - self.at;
        if interval == SimTime::ZERO {
            return;
        }
        assert!(interval > SimTime::ZERO, "a volley at {at} after the state at {}", self.at);
        if self.gauge.wants_a_look() {
            self.look(interval);
        }
        self.gauge.passed(interval, 1);
        if interval > self.cache.tail {
            self.close_block(Stretch::Interval);
            self.step_by(self.cache.tail, Stretch::Tail);
            self.close_block(Stretch::Tail);
            self.step_by(interval - self.cache.tail, Stretch::Rest);
            self.close_block(Stretch::Rest);
        } else {
            self.step_by(interval, Stretch::Interval);
        }
    }

    fn step_by(&mut self, length: SimTime, stretch: Stretch) {
        let Cache { step, step_length, tail_step, rest_step, rest_length, no_kick, .. } = &mut self.cache;
        let steps = match stretch {
            Stretch::Interval => {
                if *step_length != Some(length) {
                    self.makeup.set_steps(step, length, &self.contraction_s);
                    *step_length = Some(length);
                }
                step
            }
            Stretch::Tail => {
                self.makeup.set_last_steps(tail_step, &self.contraction_s);
                tail_step
            }
            Stretch::Rest => {
                if *rest_length != Some(length) {
                    self.makeup.set_recoveries(rest_step, length);
                    *rest_length = Some(length);
                }
                rest_step
            }
        };
        repeat(steps, no_kick, &mut self.state, 1);
        if let Some(potentiation) = &mut self.potentiation {
            potentiation.decay(length);
        }
        self.at += length;
        self.cache.version += 1;
    }

    /// Renews the contraction times of the units whose deficit has moved by at least `moved`.
    fn renew(&mut self, moved: f64) {
        let fired = self.recruited();
        let mut any = false;
        for (lane, state) in self.state.iter().enumerate() {
            for i in 0..LANES {
                let deficit = state.deficit[i];
                if (deficit - self.renewed_deficit[lane][i]).abs() < moved {
                    continue;
                }
                any = true;
                let contraction_s = self.makeup.contraction_s(lane, i, deficit);
                self.renewed_deficit[lane][i] = deficit;
                self.contraction_s[lane][i] = contraction_s;
                self.cache.look_step[lane].set_decay(i, LOOK_EVERY.as_secs(), contraction_s);
                if let Some(length) = self.cache.step_length {
                    self.makeup.set_twitch(&mut self.cache.step, length, lane, i, contraction_s);
                }
                if self.cache.kick_interval.is_some() && fired.contains(lane * LANES + i) {
                    self.cache.kick[lane][i] = self.kick(lane * LANES + i, contraction_s, self.cache.kick_interval);
                }
            }
        }
        if any {
            self.cache.version += 1;
            self.cache.renewals += 1;
        }
    }

    /// Enters the force of the block into the force-time integral, and begins the next.
    ///
    /// Capacity is taken as the mean of both ends, which are at most a second of pulling apart; in a tail, where nearly
    /// all of the force comes first, as that at its start.
    fn close_block(&mut self, stretch: Stretch) {
        let volleys = self.block.volleys as f64;
        let at_end = if stretch == Stretch::Interval { 0.5 } else { 0.0 };
        let weights = self.makeup.force_per_activity_n();
        let kicks = (&self.cache.kick[..], volleys);
        self.impulse_n_s += impulse(&self.block.start, &self.state, kicks, &self.contraction_s, weights, at_end);
        self.block.start.copy_from_slice(&self.state);
        self.block.volleys = 0;
    }

    /// Feels the force after a volley, until the next one or for a while.
    fn look(&mut self, interval: SimTime) {
        let samples = (interval.min(LOOK).nanos() / LOOK_EVERY.nanos()) as usize;
        let forces_n = &mut self.cache.look_forces_n[..=samples];
        forces_n.fill([0.0; LANES]);
        watch(&self.cache.look_step, &self.state, self.makeup.force_per_activity_n(), forces_n);
        let mut look = Look::default();
        forces_n.iter().for_each(|lanes| look.add(lanes.iter().sum()));
        self.gauge.looked(look, capacity_lost(&self.makeup, &self.state));
    }

    /// Brings the state to an instant at which nothing fires, and the integrals with it: midnight, or the end.
    pub fn settle(&mut self, at: SimTime) {
        self.step_to(at);
        self.close_block(Stretch::Interval);
    }

    /// Changes the condition of the muscle at an instant; all contraction times are renewed.
    pub fn recondition(&mut self, at: SimTime, condition: Condition) {
        self.settle(at);
        self.makeup.set_condition(condition);
        let tail = SimTime::from_nanos((self.makeup.slowest_s() * TWITCH_LENGTHS * 1e9) as i64);
        self.cache.tail = tail.next_multiple(SimTime::SECOND);
        self.cache.step_length = None;
        self.cache.rest_length = None;
        self.makeup.set_recoveries(&mut self.cache.tail_step, self.cache.tail);
        self.renew(0.0);
    }

    /// Stretches the fascicles at an instant, see [`crate::muscle::length::Stretch::set`].
    pub fn stretch(&mut self, at: SimTime, fascicles: &[(f64, f64)]) {
        self.settle(at);
        self.makeup.set_stretch(fascicles);
        self.cache.version += 1;
    }

    /// Checks that the state is finite and in range.
    ///
    /// # Errors
    /// Which unit is not, with its values.
    pub fn check(&self) -> Result<(), String> {
        if let Some(lane) = out_of_range(&self.state) {
            let Twitches { pending, active, deficit } = self.state[lane];
            let first = lane * LANES + 1;
            let units = format!("units {first} to {}", first + LANES - 1);
            return Err(format!("{units}: pending {pending:?}, active {active:?}, deficit {deficit:?}"));
        }
        if !self.potentiation.as_ref().is_none_or(Potentiation::is_in_range) {
            return Err("potentiation is not between none and the most".to_string());
        }
        if self.impulse_n_s.is_finite() { Ok(()) } else { Err(format!("force-time integral {}", self.impulse_n_s)) }
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        let condition = self.makeup.condition();
        w.time("at", Some(self.at));
        w.numbers("condition", &[condition.strength, condition.type_i_fraction]);
        self.makeup.stretch().write_state(w);
        if let Some(potentiation) = &self.potentiation {
            potentiation.write_state(w);
        }
        w.lanes("pending", self.state.iter().map(|state| &state.pending));
        w.lanes("active", self.state.iter().map(|state| &state.active));
        w.lanes("deficit", self.state.iter().map(|state| &state.deficit));
        w.lanes("contraction_s", self.contraction_s.iter());
        w.time("last_volley", self.last.map(|last| last.at));
        self.recruited().write_state(w);
        w.number("impulse_n_s", self.impulse_n_s);
        w.count("block_volleys", self.block.volleys as u64);
        self.gauge.write_state(w);
    }

    /// What a test that drifts starts from.
    #[doc(hidden)]
    pub fn deficit_of_first(&self) -> f64 {
        self.state[0].deficit[0]
    }

    /// Lets a test put a value where no model would.
    #[doc(hidden)]
    pub fn poison(&mut self, deficit: f64) {
        self.state[0].deficit[0] = deficit;
    }
}

/// The force of each unit for each unit of its activity, with what fatigue has left of it, N.
pub(super) fn effective_weight(makeup: &Makeup, lane: usize, state: &Twitches) -> Lane {
    let weight = &makeup.force_per_activity_n()[lane];
    std::array::from_fn(|i| weight[i] * (1.0 - state.deficit[i]))
}

/// The part of the capacity that fatigue has taken away, weighted by force.
pub(super) fn capacity_lost(makeup: &Makeup, states: &[Twitches]) -> f64 {
    let (mut lost_n, mut all_n) = ([0.0; LANES], [0.0; LANES]);
    for (state, force_n) in states.iter().zip(makeup.force_n()) {
        for i in 0..LANES {
            lost_n[i] += force_n[i] * state.deficit[i];
            all_n[i] += force_n[i];
        }
    }
    let all_n: f64 = all_n.iter().sum();
    if all_n > 0.0 { lost_n.iter().sum::<f64>() / all_n } else { 0.0 }
}
