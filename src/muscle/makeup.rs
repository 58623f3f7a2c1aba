//! The motor units of a pool as the muscle's condition makes them.

use crate::muscle::length::Stretch;
use crate::muscle::profile::{MotorUnit, MuscleProfile};
use crate::muscle::twitch::{LANES, Lane, Step, TETANUS_SHARE};
use crate::time::SimTime;

/// What months change in a muscle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Force that the muscle can make, relative to the healthy one.
    pub strength: f64,
    /// Fraction of type I fibres.
    pub type_i_fraction: f64,
}

/// What does not change from pulse to pulse. Lanes beyond the last unit belong to units without force.
#[derive(Clone, Debug)]
pub struct Makeup {
    rested: Vec<MotorUnit>,
    slowing: f64,
    recovery_ratio: f64,
    reference_type_i: f64,
    type_i_slowness: f64,
    condition: Condition,
    stretch: Stretch,
    contraction_s: Vec<Lane>,
    fatigue_per_s: Vec<Lane>,
    recovery_per_s: Vec<Lane>,
    force_n: Vec<Lane>,
    force_per_activity_n: Vec<Lane>,
}

impl Makeup {
    /// The units of a muscle in that condition.
    pub fn new(profile: &MuscleProfile, condition: Condition) -> Self {
        let rested = profile.motor_units();
        let lanes = rested.len().div_ceil(LANES);
        let mut makeup = Self {
            rested,
            slowing: profile.fatigue_slowing.value,
            recovery_ratio: profile.recovery_ratio.value,
            reference_type_i: profile.type_i_fraction.value,
            type_i_slowness: profile.type_i_slowness.value,
            condition,
            stretch: Stretch::neutral(profile.sarcomeres.clone()),
            contraction_s: vec![[1.0; LANES]; lanes],
            fatigue_per_s: vec![[0.0; LANES]; lanes],
            recovery_per_s: vec![[0.0; LANES]; lanes],
            force_n: vec![[0.0; LANES]; lanes],
            force_per_activity_n: vec![[0.0; LANES]; lanes],
        };
        makeup.set_condition(condition);
        makeup
    }

    /// Changes the condition: force goes with strength, contraction times and fatigue rates with the fibres' types.
    pub fn set_condition(&mut self, condition: Condition) {
        self.condition = condition;
        let speed = |type_i: f64| type_i * self.type_i_slowness + 1.0 - type_i;
        let slower = speed(condition.type_i_fraction) / speed(self.reference_type_i);
        let tiring = (1.0 - condition.type_i_fraction) / (1.0 - self.reference_type_i);
        for (unit, rested) in self.rested.iter().enumerate() {
            let (lane, i) = (unit / LANES, unit % LANES);
            self.contraction_s[lane][i] = rested.contraction_s * slower;
            self.fatigue_per_s[lane][i] = rested.fatigue_per_s * tiring;
            self.recovery_per_s[lane][i] = rested.fatigue_per_s * tiring / self.recovery_ratio;
            self.force_n[lane][i] = rested.force_n * condition.strength * self.stretch.factor();
            self.force_per_activity_n[lane][i] = TETANUS_SHARE * self.force_n[lane][i];
        }
    }

    /// Stretches the fascicles, see [`Stretch::set`].
    pub fn set_stretch(&mut self, fascicles: &[(f64, f64)]) {
        self.stretch.set(fascicles);
        self.set_condition(self.condition);
    }

    /// How far the fascicles are stretched.
    pub fn stretch(&self) -> &Stretch {
        &self.stretch
    }

    /// The condition.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.rested.len()
    }

    /// The number of lanes.
    pub fn lanes(&self) -> usize {
        self.force_n.len()
    }

    /// Force of each unit in full tetanus without fatigue, N.
    pub fn force_n(&self) -> &[Lane] {
        &self.force_n
    }

    /// Force of each unit at an activity of one without fatigue, N.
    pub fn force_per_activity_n(&self) -> &[Lane] {
        &self.force_per_activity_n
    }

    /// Contraction time of a unit with that deficit, s (Potvin and Fuglevand 2017, eq. 11).
    pub fn contraction_s(&self, lane: usize, i: usize, deficit: f64) -> f64 {
        self.contraction_s[lane][i] * (1.0 + self.slowing * deficit)
    }

    /// The longest contraction time that a unit can have, s.
    pub fn slowest_s(&self) -> f64 {
        self.contraction_s.iter().flatten().fold(0.0_f64, |slowest, &time| slowest.max(time)) * (1.0 + self.slowing)
    }

    /// Sets the recovery of all units in steps of that length.
    pub fn set_recoveries(&self, steps: &mut [Step], length: SimTime) {
        let dt_s = length.as_secs();
        for (step, recovery_per_s) in steps.iter_mut().zip(&self.recovery_per_s) {
            (0..LANES).for_each(|i| step.set_recovery(i, dt_s, recovery_per_s[i]));
        }
    }

    /// Sets the twitch of one unit in a step of that length, whose recovery is set.
    pub fn set_twitch(&self, steps: &mut [Step], length: SimTime, lane: usize, i: usize, contraction_s: f64) {
        let (fatigue_per_s, recovery_per_s) = (self.fatigue_per_s[lane][i], self.recovery_per_s[lane][i]);
        steps[lane].set_twitch(i, length.as_secs(), contraction_s, fatigue_per_s, recovery_per_s);
    }

    /// Sets steps for all units, whose recovery is set, so long that nothing is left of a twitch at their end.
    pub fn set_last_steps(&self, steps: &mut [Step], contraction_s: &[Lane]) {
        for (lane, (step, contraction_s)) in steps.iter_mut().zip(contraction_s).enumerate() {
            for (i, &contraction_s) in contraction_s.iter().enumerate() {
                step.set_last(i, contraction_s, self.fatigue_per_s[lane][i], self.recovery_per_s[lane][i]);
            }
        }
    }

    /// Sets steps of that length for all units.
    pub fn set_steps(&self, steps: &mut [Step], length: SimTime, contraction_s: &[Lane]) {
        self.set_recoveries(steps, length);
        for (lane, contraction_s) in contraction_s.iter().enumerate() {
            (0..LANES).for_each(|i| self.set_twitch(steps, length, lane, i, contraction_s[i]));
        }
    }
}
