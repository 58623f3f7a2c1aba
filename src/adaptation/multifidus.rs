//! What months of use and disuse change in one side of the multifidus, once a simulated day.
//!
//! Five slow states: size, neural drive, inhibition, fibre type and fat. Each relaxes towards where the day's use would
//! take it, and a day's step is the exact solution of that. The use is the patient's own, as far as the drive lets it
//! reach the muscle, and what the stimulation adds:
//!
//! ```text
//! dose        = min(1, day's force-time integral / (maximal force · dose_reference))
//! use         = min(1, activity·drive + dose_use·dose)
//! inhibition: di/dt = −dose·i/release + (i₀ − i)/relapse
//! drive:      dn/dt = (n∞ − n)/drive_days,   n∞ = (1 − i)·(1 − (1 − drive_without_use)·unused)
//! unused      = 1 − min(1, activity + dose_use·dose)
//! size:       dm/dt = (m∞ − m)/τ,            m∞ = m_min + (1 − m_min)·use + (m_max − 1)·dose·growth
//! growth      = max(0, (peak force / maximal force − growth_threshold)/(1 − growth_threshold))
//! type I:     dφ/dt = (φ∞ − φ)/type_i_days,  φ∞ = φ₀ + (φ_continuous − φ₀)·share of the day under contraction
//! fat:        df/dt = fat_gain·(1 − use) − fat_loss·use
//! ```
//!
//! τ is the time of atrophy where a muscle smaller than the healthy one shrinks, else that of growth. The fall of size
//! and drive without use is fitted to Wall 2014; most of the rest is hypothesis, and says so in the rates' file.

use bevy::ecs::component::Component;
use std::sync::Arc;

use crate::adaptation::patient::SideCondition;
use crate::math;
use crate::muscle::makeup::Condition;
use crate::record::digest::StateWriter;
use crate::side::Side;
use crate::source::Figure;

/// How fast and how far a muscle adapts, read from a profile in `assets/adaptation/`.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptationRates {
    /// What the set of rates is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// Time constant of atrophy, days.
    pub atrophy_days: Figure,
    /// Time constant of growth, days.
    pub growth_days: Figure,
    /// Size that is left without any use.
    pub min_size: Figure,
    /// Size that the hardest use leads to.
    pub max_size: Figure,
    /// Peak force of the day, as a fraction of the maximum, below which nothing grows beyond the healthy size.
    pub growth_threshold: Figure,
    /// Time constant of neural drive, days.
    pub drive_days: Figure,
    /// Drive that is left without any use.
    pub drive_without_use: Figure,
    /// Time in which a full daily dose would release inhibition, days.
    pub release_days: Figure,
    /// Time in which inhibition comes back, days.
    pub relapse_days: Figure,
    /// Seconds of maximal force a day that make a full dose.
    pub dose_reference_s: Figure,
    /// How much of a healthy day's use a full dose stands for.
    pub dose_use: Figure,
    /// Time constant of fibre type, days.
    pub type_i_days: Figure,
    /// Type I fraction under contraction all day long.
    pub type_i_continuous: Figure,
    /// Fat gained in a year without use, as a fraction of the cross-section.
    pub fat_gain_per_year: Figure,
    /// Fat lost in a year of full use, as a fraction of the cross-section.
    pub fat_loss_per_year: Figure,
}

impl AdaptationRates {
    /// Every rate with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 15] {
        [
            ("atrophy_days", &self.atrophy_days),
            ("growth_days", &self.growth_days),
            ("min_size", &self.min_size),
            ("max_size", &self.max_size),
            ("growth_threshold", &self.growth_threshold),
            ("drive_days", &self.drive_days),
            ("drive_without_use", &self.drive_without_use),
            ("release_days", &self.release_days),
            ("relapse_days", &self.relapse_days),
            ("dose_reference_s", &self.dose_reference_s),
            ("dose_use", &self.dose_use),
            ("type_i_days", &self.type_i_days),
            ("type_i_continuous", &self.type_i_continuous),
            ("fat_gain_per_year", &self.fat_gain_per_year),
            ("fat_loss_per_year", &self.fat_loss_per_year),
        ]
    }
}

/// What a muscle has done in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DayDose {
    /// Force-time integral, in seconds of maximal force.
    pub impulse_s: f64,
    /// Largest force, as a fraction of the maximum.
    pub peak: f64,
    /// Time under contraction, s.
    pub pulled_s: f64,
}

/// The slow states of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowState {
    /// Size of the contractile muscle, relative to a healthy one.
    pub size: f64,
    /// Neural drive, relative to a healthy one.
    pub drive: f64,
    /// Arthrogenic inhibition, 0 to 1.
    pub inhibition: f64,
    /// Fraction of type I fibres.
    pub type_i_fraction: f64,
    /// Fraction of fat in the cross-section.
    pub fat_fraction: f64,
}

/// One side of the multifidus over months.
#[derive(Clone, Debug, Component)]
pub struct Multifidus {
    /// The side.
    pub side: Side,
    /// The patient's own daily loading, relative to a healthy person's.
    pub activity: f64,
    rates: Arc<AdaptationRates>,
    start: SlowState,
    state: SlowState,
    /// What the pool had done when the day began.
    day_began: DayMark,
}

/// What a pool has done up to an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DayMark {
    /// Force-time integral since the start, N·s.
    pub impulse_n_s: f64,
    /// Time in trains since the start, s.
    pub pulled_s: f64,
}

/// Where x lies after `days`, on its way to `goal` with a time constant of `days_constant`.
fn relax(x: f64, goal: f64, days: f64, days_constant: f64) -> f64 {
    goal + (x - goal) * math::exp(-days / days_constant)
}

impl Multifidus {
    /// A side as it is at the start.
    pub fn new(side: Side, start: &SideCondition, activity: f64, rates: Arc<AdaptationRates>) -> Self {
        let state = SlowState {
            size: start.size.value,
            drive: start.drive.value,
            inhibition: start.inhibition.value,
            type_i_fraction: start.type_i_fraction.value,
            fat_fraction: start.fat_fraction.value,
        };
        Self { side, activity, rates, start: state, state, day_began: DayMark::default() }
    }

    /// The slow states now.
    pub fn state(&self) -> &SlowState {
        &self.state
    }

    /// The slow states at the start.
    pub fn start(&self) -> &SlowState {
        &self.start
    }

    /// The rates that it adapts with.
    pub fn rates(&self) -> &AdaptationRates {
        &self.rates
    }

    /// What the motor units see of it.
    pub fn condition(&self) -> Condition {
        Condition { strength: self.state.size, type_i_fraction: self.state.type_i_fraction }
    }

    /// What the pool had done when the day began.
    pub fn day_began(&self) -> DayMark {
        self.day_began
    }

    /// What the pool did since the day began; the next day begins.
    pub fn end_day(&mut self, now: DayMark, peak_n: f64, max_force_n: f64) -> DayDose {
        let began = std::mem::replace(&mut self.day_began, now);
        let of_maximum = |value: f64| if max_force_n > 0.0 { value / max_force_n } else { 0.0 };
        DayDose {
            impulse_s: of_maximum(now.impulse_n_s - began.impulse_n_s),
            peak: of_maximum(peak_n),
            pulled_s: now.pulled_s - began.pulled_s,
        }
    }

    /// Adapts to `days` days like the one with that dose.
    pub fn adapt(&mut self, dose: DayDose, days: f64) {
        let rates = &self.rates;
        let state = self.state;
        let share = (dose.impulse_s / rates.dose_reference_s.value).min(1.0);
        let added = rates.dose_use.value * share;
        let used = (self.activity * state.drive + added).min(1.0);

        let relapse_per_day = 1.0 / rates.relapse_days.value;
        let release_per_day = share / rates.release_days.value + relapse_per_day;
        let inhibition_goal = self.start.inhibition * relapse_per_day / release_per_day;
        let unused = 1.0 - (self.activity + added).min(1.0);
        let drive_goal = (1.0 - state.inhibition) * (1.0 - (1.0 - rates.drive_without_use.value) * unused);

        let threshold = rates.growth_threshold.value;
        let growth = ((dose.peak - threshold) / (1.0 - threshold)).max(0.0);
        let kept = rates.min_size.value + (1.0 - rates.min_size.value) * used;
        let size_goal = kept + (rates.max_size.value - 1.0) * share * growth;
        let shrinks = size_goal < state.size && state.size <= 1.0;
        let size_days = if shrinks { rates.atrophy_days.value } else { rates.growth_days.value };

        let day_share = (dose.pulled_s / 86_400.0 / days).min(1.0);
        let type_i_start = self.start.type_i_fraction;
        let type_i_goal = type_i_start + (rates.type_i_continuous.value - type_i_start) * day_share;
        let fat_per_year = rates.fat_gain_per_year.value * (1.0 - used) - rates.fat_loss_per_year.value * used;

        self.state = SlowState {
            size: relax(state.size, size_goal, days, size_days),
            drive: relax(state.drive, drive_goal, days, rates.drive_days.value),
            inhibition: relax(state.inhibition, inhibition_goal, days, 1.0 / release_per_day),
            type_i_fraction: relax(state.type_i_fraction, type_i_goal, days, rates.type_i_days.value),
            fat_fraction: (state.fat_fraction + fat_per_year * days / 365.25).clamp(0.0, 1.0),
        };
    }

    /// Checks that the state is finite and in range.
    ///
    /// # Errors
    /// The values, where one is not.
    pub fn check(&self) -> Result<(), String> {
        let SlowState { size, drive, inhibition, type_i_fraction, fat_fraction } = self.state;
        let fractions = [drive, inhibition, type_i_fraction, fat_fraction];
        let fine = (0.0..=3.0).contains(&size) && fractions.iter().all(|x| (0.0..=1.0).contains(x));
        if fine { Ok(()) } else { Err(format!("{:?}", self.state)) }
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.number("size", self.state.size);
        w.number("drive", self.state.drive);
        w.number("inhibition", self.state.inhibition);
        w.number("type_i_fraction", self.state.type_i_fraction);
        w.number("fat_fraction", self.state.fat_fraction);
        w.number("activity", self.activity);
        w.numbers("day_began", &[self.day_began.impulse_n_s, self.day_began.pulled_s]);
    }
}
