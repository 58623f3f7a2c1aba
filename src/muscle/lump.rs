//! A muscle of the Ding family in a scenario: from volleys to force and fatigue, with an error that is held to a
//! tolerance.
//!
//! It is a lump. All of its fibres share one calcium, which every pulse that fires anything feeds, and one state of
//! fatigue, which is that of fibres that each of those pulses reaches. What a pulse recruits is a share of the lump:
//! that of the motor units that the nerve fired, by their force. With s the share of the last pulse,
//!
//! ```text
//! F' = s·A·CN/(Km + CN) − F/τ          f' = A·CN/(Km + CN) − f/τ          W' = f − W/τfat
//! ```
//!
//! F is the force, f that of a lump recruited whole, which the fibres that work feel: half a lump tires like a whole
//! one and pulls half. While s stays as it is from rest on, f is F/s. Where it falls, F/s would tire the fibres that
//! are left by the force that the others still let go of, hence f.
//!
//! The published constants are those of the quadriceps; force is scaled so that the steady maximum at 100 Hz is what
//! the profile says.
//!
//! The state lives at the last pulse. Each stretch from there is gone along by the steps of
//! [`crate::muscle::force::solve`], and again by halved ones where their error is above the tolerance: force depends on
//! the pulses alone.

use std::sync::Arc;

use crate::device::pulse::Run;
use crate::lead::conductor::DeliveredPulse;
use crate::muscle::choice::{Lumped, Recruitment};
use crate::muscle::force::lanes::{Constants, Knot, Table, Watch, enter, step_tired_by, tail_tired_by, turn};
use crate::muscle::force::parameters::Ding;
use crate::muscle::force::solve::{HALVINGS, Kept, Ladder, Plan, TOLERANCE, first_halving};
use crate::muscle::force::vector::Lane;
use crate::muscle::gauge::{Gauge, LOOK, LOOK_EVERY, Look};
use crate::muscle::length::Stretch;
use crate::muscle::makeup::Condition;
use crate::muscle::profile::MuscleProfile;
use crate::nerve::volley::{FiringSet, Volley};
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// The force that fibres feel, by lane: the first has the lump recruited whole, the second has its share.
fn felt(force: Lane<2>) -> Lane<2> {
    Lane([force.0[0]; 2])
}

/// What does not change from pulse to pulse.
#[derive(Debug)]
struct Fibres {
    muscle: Ding,
    recruitment: Recruitment,
    constants: Constants<2>,
    first_halving: u32,
    /// The steady maximum at 100 Hz, N of the muscle that was fitted.
    tetanus_n: f64,
    /// The same of the healthy muscle of the profile, N.
    max_force_n: f64,
    /// Force of each motor unit of the profile, N.
    units_n: Vec<f64>,
}

/// What is worked out once and used while nothing changes; nothing that comes of a lump depends on it.
#[derive(Clone, Debug)]
struct Cache {
    ladders: Vec<Arc<Ladder<2>>>,
    lasts: Kept<Table<2>>,
    decays: Kept<Lane<2>>,
}

impl Cache {
    fn new(fibres: &Fibres) -> Self {
        let first = Arc::new(Ladder::new(&fibres.constants, fibres.first_halving));
        Self { ladders: vec![first], lasts: Kept::default(), decays: Kept::default() }
    }

    /// The steps that are halved so often.
    fn ladder(&mut self, fibres: &Fibres, halvings: u32) -> Arc<Ladder<2>> {
        let index = (halvings - fibres.first_halving) as usize;
        while self.ladders.len() <= index {
            let next = fibres.first_halving + self.ladders.len() as u32;
            self.ladders.push(Arc::new(Ladder::new(&fibres.constants, next)));
        }
        self.ladders[index].clone()
    }
}

/// A lump on one side.
#[derive(Clone, Debug)]
pub struct Lump {
    fibres: Arc<Fibres>,
    condition: Condition,
    stretch: Stretch,
    /// Newtons of the muscle for each of the one that was fitted.
    scale: f64,
    /// The instant that the state holds for.
    at: SimTime,
    knot: Knot<2>,
    /// Shares of A since the last pulse.
    share: Lane<2>,
    last_pulse: Option<SimTime>,
    /// The whole second of the last pulse.
    second: i64,
    /// Force-time integral up to where that of the knot began, N·s.
    impulse_before_n_s: f64,
    /// The largest estimated error of force that no halving has brought down, relative to the tetanus.
    error: f64,
    /// Whom the last volley fired, and their share.
    fired: Option<(FiringSet, f64)>,
    /// Goes up whenever the state changes, so that a reader knows.
    version: u64,
    cache: Cache,
    /// What was felt of the force.
    pub gauge: Gauge,
}

impl Lump {
    /// The lump of a muscle in that condition, rested.
    pub fn new(profile: &MuscleProfile, lumped: &Lumped, condition: Condition) -> Self {
        let muscle = lumped.muscle();
        let fibres = Fibres {
            muscle,
            recruitment: lumped.recruitment,
            constants: Constants::new(&[muscle; 2]),
            first_halving: first_halving(&muscle),
            tetanus_n: lumped.tetanus_n,
            max_force_n: profile.max_force_n.value,
            units_n: profile.motor_units().iter().map(|unit| unit.force_n).collect(),
        };
        let cache = Cache::new(&fibres);
        let mut lump = Self {
            fibres: Arc::new(fibres),
            condition,
            stretch: Stretch::neutral(profile.sarcomeres.clone()),
            scale: 0.0,
            at: SimTime::ZERO,
            knot: Knot::REST,
            share: Lane([1.0; 2]),
            last_pulse: None,
            second: i64::MIN,
            impulse_before_n_s: 0.0,
            error: 0.0,
            fired: None,
            version: 0,
            cache,
            gauge: Gauge::default(),
        };
        lump.recondition(SimTime::ZERO, condition);
        lump
    }

    /// The number of motor units that its nerve fires.
    pub fn units(&self) -> usize {
        self.fibres.units_n.len()
    }

    /// Force-time integral since the start up to the last pulse or settling, N·s.
    pub fn impulse_n_s(&self) -> f64 {
        self.impulse_before_n_s + self.scale * self.knot.impulse.0[1]
    }

    /// The steady maximum at 100 Hz without fatigue, N.
    pub fn max_force_n(&self) -> f64 {
        self.fibres.max_force_n * self.condition.strength * self.stretch.factor()
    }

    /// The part of that which each motor unit recruits, N.
    pub fn units_n(&self) -> Vec<f64> {
        let now = self.condition.strength * self.stretch.factor();
        self.fibres.units_n.iter().map(|force_n| force_n * now).collect()
    }

    /// Takes the volleys of the nerve, or the pulses that were delivered, whichever recruits it; in the order of time.
    pub fn advance(&mut self, volleys: &[Run<Volley>], delivered: &[Run<DeliveredPulse>]) {
        match self.fibres.recruitment {
            Recruitment::Nerve => {
                for run in volleys.iter().filter(|run| !run.first.fired.is_empty()) {
                    let share = Lane([1.0, self.share_of(run.first.fired)]);
                    (0..run.count).for_each(|index| self.pulse(run.first.at + run.period * index, share, 1.0));
                }
            }
            Recruitment::Published => {
                let Ding { width, current, .. } = self.fibres.muscle;
                for run in delivered {
                    let stimulus = run.first.waveform.stimulus();
                    let width_us = stimulus.width.nanos() as f64 / 1e3;
                    let current_ma = stimulus.current_na.abs() as f64 / 1e6;
                    let share = Lane::all(width.map_or(1.0, |law| law.share(width_us)));
                    let gain = current.map_or(1.0, |law| law.share(current_ma));
                    (0..run.count).for_each(|index| self.pulse(run.first.at + run.period * index, share, gain));
                }
            }
        }
    }

    /// The share of the lump that those units are, by their force.
    fn share_of(&mut self, fired: FiringSet) -> f64 {
        if let Some((_, share)) = self.fired.filter(|(known, _)| *known == fired) {
            return share;
        }
        let (mut all_n, mut fired_n) = (0.0, 0.0);
        for (unit, &force_n) in self.fibres.units_n.iter().enumerate() {
            all_n += force_n;
            fired_n += if fired.contains(unit) { force_n } else { 0.0 };
        }
        // A muscle without force has units alike.
        let share = if all_n > 0.0 { fired_n / all_n } else { fired.len() as f64 / self.units() as f64 };
        self.fired = Some((fired, share));
        share
    }

    /// A pulse comes, with those shares of A and that gain of its calcium.
    fn pulse(&mut self, at: SimTime, share: Lane<2>, gain: f64) {
        self.step_to(at);
        let constants = &self.fibres.constants;
        let decay = self.last_pulse.map_or(Lane::all(0.0), |last| {
            let since = at - last;
            self.cache.decays.get(since.nanos() as u64, || constants.decay(since.as_secs()))
        });
        enter(constants, &mut self.knot, Lane::all(gain), decay);
        if share != self.share {
            self.share = share;
            turn(constants, share, &mut self.knot);
        }
        self.last_pulse = Some(at);
        self.version += 1;
        let second = at.whole_second();
        if second != self.second {
            self.second = second;
            self.gauge.look_next();
        }
    }

    /// Brings the state to an instant, without a pulse.
    fn step_to(&mut self, at: SimTime) {
        let interval = at - self.at;
        if interval == SimTime::ZERO {
            return;
        }
        assert!(interval > SimTime::ZERO, "a pulse at {at} after the state at {}", self.at);
        if self.gauge.wants_a_look() {
            self.look(interval);
        }
        self.gauge.passed(interval, 1);
        let (knot, error) = go(&self.fibres, &mut self.cache, self.share, &self.knot, interval);
        self.knot = knot;
        self.error = self.error.max(error);
        self.at = at;
        self.version += 1;
    }

    /// Feels the force after a pulse, until the next one or for a while.
    fn look(&mut self, interval: SimTime) {
        let samples = interval.min(LOOK).nanos() / LOOK_EVERY.nanos();
        let mut look = Look::default();
        for index in 0..=samples {
            let (knot, _) = go(&self.fibres, &mut self.cache, self.share, &self.knot, LOOK_EVERY * index);
            look.add(self.scale * knot.force_n.0[1]);
        }
        let tired = 1.0 - self.capacity(&self.knot);
        self.gauge.looked(look, tired);
    }

    /// What fatigue has left of A.
    fn capacity(&self, knot: &Knot<2>) -> f64 {
        self.fibres.constants.tired(knot.work)[0].0[1] / self.fibres.muscle.a_n_per_s
    }

    /// Brings the state to an instant at which nothing fires, and the integrals with it: midnight, or the end.
    pub fn settle(&mut self, at: SimTime) {
        self.step_to(at);
    }

    /// Changes the condition of the muscle at an instant: force goes with strength. The types of fibres change
    /// nothing, for the model knows none.
    pub fn recondition(&mut self, at: SimTime, condition: Condition) {
        self.settle(at);
        self.condition = condition;
        self.rescale();
    }

    /// Stretches the fascicles at an instant, see [`Stretch::set`].
    pub fn stretch(&mut self, at: SimTime, fascicles: &[(f64, f64)]) {
        self.settle(at);
        self.stretch.set(fascicles);
        self.rescale();
    }

    /// Force is from now on what condition and length make of it.
    fn rescale(&mut self) {
        self.impulse_before_n_s = self.impulse_n_s();
        self.knot.impulse = Lane::all(0.0);
        self.scale = self.max_force_n() / self.fibres.tetanus_n;
        self.version += 1;
    }

    /// Checks that the state is finite and in range.
    ///
    /// # Errors
    /// What is not, with its value.
    pub fn check(&self) -> Result<(), String> {
        let Knot { calcium, sum, force_n, work, .. } = &self.knot;
        let [a, ..] = self.fibres.constants.tired(*work);
        let impulse_n_s = self.impulse_n_s();
        let values = [calcium.0[1], sum.0[1], force_n.0[0], force_n.0[1], work.0[1], impulse_n_s];
        if values.iter().any(|value| !value.is_finite()) {
            let words = "calcium, its sum, force whole and of the share, W, force-time integral";
            return Err(format!("{words}: {values:?}"));
        }
        if a.0[1] < 0.0 {
            return Err(format!("A is {} N/s: alpha_A and tau_fat take more than the muscle has", a.0[1]));
        }
        if self.error > TOLERANCE {
            return Err(format!("the error of force is estimated at {:.1e} of the tetanus", self.error));
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.time("at", Some(self.at));
        w.numbers("condition", &[self.condition.strength, self.condition.type_i_fraction]);
        self.stretch.write_state(w);
        w.numbers("calcium", &[self.knot.calcium.0[1], self.knot.sum.0[1]]);
        w.numbers("force_n", &self.knot.force_n.0);
        w.number("work", self.knot.work.0[1]);
        w.numbers("share", &self.share.0);
        w.time("last_pulse", self.last_pulse);
        w.number("impulse_n_s", self.impulse_n_s());
        self.gauge.write_state(w);
    }

    /// What a test that drifts starts from.
    #[doc(hidden)]
    pub fn work(&self) -> f64 {
        self.knot.work.0[1]
    }

    /// Lets a test put a value where no model would.
    #[doc(hidden)]
    pub fn poison(&mut self, work: f64) {
        self.knot.work = Lane::all(work);
    }
}

/// Where a lump is so long after a knot, without a pulse; and the estimated error of force on the way, relative to the
/// tetanus: above the tolerance only where no halving helps.
fn go(fibres: &Fibres, cache: &mut Cache, share: Lane<2>, from: &Knot<2>, length: SimTime) -> (Knot<2>, f64) {
    if length <= SimTime::ZERO {
        return (*from, 0.0);
    }
    let (c, length_s) = (&fibres.constants, length.as_secs());
    let mut halvings = fibres.first_halving;
    loop {
        let ladder = cache.ladder(fibres, halvings);
        let Plan { whole, last_s, in_tail } = ladder.plan(length_s);
        let (mut watch, mut knot) = (Watch::NEW, *from);
        for table in &ladder.steps[..whole] {
            knot = step_tired_by(felt, c, share, table, &knot, &mut watch);
        }
        if in_tail {
            knot = tail_tired_by(felt, c, last_s, &mut watch, &knot);
        } else if last_s > 0.0 {
            let table = cache.lasts.get(last_s.to_bits(), || Table::new(c, last_s));
            knot = step_tired_by(felt, c, share, &table, &knot, &mut watch);
        }
        let error = watch.error_n.0[0].max(watch.error_n.0[1]) / fibres.tetanus_n;
        if error <= TOLERANCE || halvings >= HALVINGS {
            return (knot, error);
        }
        halvings += 1;
    }
}

/// Reads a lump between its pulses, without touching its state. Each reading goes from the last pulse, so that none
/// depends on others.
#[derive(Clone, Debug)]
pub struct LumpCursor {
    at: SimTime,
    version: Option<u64>,
    knot: Knot<2>,
    cache: Cache,
}

impl LumpCursor {
    /// A cursor on a lump, at its last pulse.
    pub fn new(lump: &Lump) -> Self {
        Self { at: lump.at, version: None, knot: lump.knot, cache: lump.cache.clone() }
    }

    /// Goes to an instant that is not before the lump's last pulse.
    pub fn go_to(&mut self, at: SimTime, lump: &Lump) {
        if self.version != Some(lump.version) || at != self.at {
            (self.knot, _) = go(&lump.fibres, &mut self.cache, lump.share, &lump.knot, at - lump.at);
            (self.at, self.version) = (at, Some(lump.version));
        }
    }

    /// Force of the lump, N.
    pub fn force_n(&self, lump: &Lump) -> f64 {
        lump.scale * self.knot.force_n.0[1]
    }

    /// Capacity of the lump: what fatigue has left of A, as a fraction.
    pub fn capacity(&self, lump: &Lump) -> f64 {
        lump.capacity(&self.knot)
    }
}
