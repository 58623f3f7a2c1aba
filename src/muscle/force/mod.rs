//! Force of a whole muscle, by models that can be compared: all of them take a [`Stimulation`] and give a
//! [`Contraction`].
//!
//! - the motor-unit pool of [`crate::muscle::pool`]: Fuglevand 1993 twitches, Potvin and Fuglevand 2017 fatigue;
//! - [`Ding`]: Ding 2003, Ding 2007 with the width of each pulse, Hmed 2018 with its current.
//!
//! They do not agree: how much of a tetanus 20 Hz is, how smooth it is and how it tires differ between them by a factor
//! of two. That is a result, and `stimtwin muscle --compare` shows it.

pub mod lanes;
pub mod parameters;
pub mod solve;
pub mod stimulation;
pub mod track;
pub mod units;
pub mod vector;

use crate::muscle::force::parameters::{Constant, Ding};
use crate::muscle::force::stimulation::Stimulation;
use crate::muscle::force::units::Units;
use crate::time::SimTime;

/// A model of a muscle's force, with its constants.
#[derive(Clone, Debug)]
pub enum ForceModel {
    /// The motor-unit pool.
    Pool(Box<Units>),
    /// A model of the Ding family.
    Ding(Ding),
}

/// What a contraction is asked for beyond its trains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Time between samples; none for no samples.
    pub every: Option<SimTime>,
    /// How large the estimated error of force may be, relative to the largest force: 1e-10 to 1e-2.
    pub tolerance: f64,
}

impl Default for Asked {
    /// No samples, and the tolerance of [`solve::TOLERANCE`].
    fn default() -> Self {
        Self { every: None, tolerance: solve::TOLERANCE }
    }
}

/// Force in the steady part of a train, see [`stimulation::Train::steady`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// The largest, N.
    pub max_n: f64,
    /// The smallest, N.
    pub min_n: f64,
    /// The mean, N.
    pub mean_n: f64,
}

impl Steady {
    /// (largest − smallest)/mean; 0 where there is no force.
    pub fn ripple(&self) -> f64 {
        if self.mean_n > 0.0 { (self.max_n - self.min_n) / self.mean_n } else { 0.0 }
    }
}

/// What fatigue has made of a muscle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tired {
    /// A, τ1 and Km of the Ding family.
    Ding {
        /// A, N/s.
        a_n_per_s: f64,
        /// τ1, s.
        tau1_s: f64,
        /// Km.
        km: f64,
    },
    /// The pool: the capacity that is left, as a fraction of the rested one, units weighted by force.
    Pool {
        /// That fraction.
        capacity: f64,
    },
}

impl Tired {
    /// Its figures with their names and units, as files have them.
    pub fn figures(&self) -> Vec<(&'static str, &'static str, f64)> {
        match *self {
            Self::Ding { a_n_per_s, tau1_s, km } => {
                vec![("A", "N/s", a_n_per_s), ("tau1", "s", tau1_s), ("Km", "", km)]
            }
            Self::Pool { capacity } => vec![("capacity", "", capacity)],
        }
    }
}

/// What came of one train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainForce {
    /// When it begins.
    pub start: SimTime,
    /// When its on-time is over.
    pub end: SimTime,
    /// Its pulses.
    pub pulses: usize,
    /// The largest force from its start to the start of the next, N.
    pub peak_n: f64,
    /// Mean force from start to end, N.
    pub mean_n: f64,
    /// Mean force in the last second before its end, of a shorter train in all of it, N.
    pub last_second_mean_n: f64,
    /// Force in its steady part; none of a train of one pulse.
    pub steady: Option<Steady>,
    /// Fatigue at its end.
    pub tired: Tired,
}

/// Force and fatigue at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: SimTime,
    /// Force, N.
    pub force_n: f64,
    /// The calcium CN of the Ding family; none for the pool.
    pub calcium: Option<f64>,
    /// Fatigue.
    pub tired: Tired,
}

/// What came of a stimulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Contraction {
    /// Its trains.
    pub trains: Vec<TrainForce>,
    /// Samples, where they were asked for.
    pub samples: Vec<Sample>,
    /// The end.
    pub end: Sample,
    /// Force-time integral over all of it, N·s.
    pub impulse_n_s: f64,
    /// The estimated error of force, relative to the largest; none where the model is exact between pulses.
    pub error: Option<f64>,
}

impl Contraction {
    /// The largest force, N; 0 where nothing contracted.
    pub fn peak_n(&self) -> f64 {
        self.trains.iter().fold(0.0, |peak, train| train.peak_n.max(peak))
    }
}

/// Why there is no contraction.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ForceError {
    /// The error stays above the tolerance at the shortest steps.
    #[error(
        "the error of force is estimated at {found:.1e} of the largest; it cannot be brought below {tolerance:.1e}"
    )]
    Inexact {
        /// The estimate at the shortest steps.
        found: f64,
        /// What was asked for.
        tolerance: f64,
    },
    /// Fatigue takes more than there is.
    #[error("A falls below zero, to {least_a} N/s: alpha_A and tau_fat take more than the muscle has")]
    Exhausted {
        /// The least A, N/s.
        least_a: f64,
    },
    /// A number is not finite.
    #[error("force is not finite with these constants")]
    NotFinite,
}

impl ForceModel {
    /// The names of the models on the command line, and what they are.
    pub const NAMES: [(&str, &str); 4] = [
        ("pool", "motor-unit pool: Fuglevand 1993 twitches, Potvin and Fuglevand 2017 fatigue, recovery ours"),
        ("ding2003", "Ding 2003: force and fatigue at any pattern of pulses"),
        ("ding2007", "Ding 2007: with the width of each pulse; no fatigue of its own"),
        ("hmed2018", "Hmed 2018: Ding 2003 with the current of each pulse"),
    ];

    /// The model of that name as published; the pool is that of `units`.
    pub fn named(name: &str, units: impl FnOnce() -> Units) -> Option<Self> {
        match name {
            "pool" => Some(Self::Pool(Box::new(units()))),
            "ding2003" => Some(Self::Ding(Ding::DING_2003)),
            "ding2007" => Some(Self::Ding(Ding::DING_2007)),
            "hmed2018" => Some(Self::Ding(Ding::HMED_2018)),
            _ => None,
        }
    }

    /// Its constants with their units.
    pub fn constants(&self) -> Vec<(String, &'static str, f64)> {
        match self {
            Self::Pool(units) => units.constants(),
            Self::Ding(ding) => parameters::CONSTANTS
                .iter()
                .filter_map(|constant: &Constant| Some((constant.name.to_string(), constant.unit, constant.get(ding)?)))
                .collect(),
        }
    }

    /// Stimulates the muscle, rested at the start.
    ///
    /// # Errors
    /// See [`ForceError`].
    pub fn contract(&self, stimulation: &Stimulation, asked: Asked) -> Result<Contraction, ForceError> {
        match self {
            Self::Pool(units) => Ok(units.contract(stimulation, asked.every)),
            Self::Ding(ding) => solve::contract(ding, stimulation, asked),
        }
    }

    /// The largest steady force that pulses of that width and current make at 100 Hz without fatigue, N: the tetanus
    /// that shares are of. Two seconds are enough for all models to be steady.
    ///
    /// # Errors
    /// See [`ForceError`].
    pub fn tetanus_n(&self, width_us: f64, current_ma: f64) -> Result<f64, ForceError> {
        let rested = self.tireless();
        let train = stimulation::Pattern {
            rate_hz: 100.0,
            intervals: Vec::new(),
            doublet: None,
            most_pulses: None,
            widths_us: vec![width_us],
            currents_ma: vec![current_ma],
            on: SimTime::from_secs(2),
            off: None,
            until: SimTime::from_secs(2),
        };
        let stimulation = train.stimulation().expect("200 pulses are not too many");
        let contraction = rested.contract(&stimulation, Asked::default())?;
        Ok(contraction.trains[0].steady.map_or(0.0, |steady| steady.max_n))
    }

    /// The same muscle without fatigue.
    #[must_use]
    pub fn tireless(&self) -> Self {
        match self {
            Self::Pool(units) => Self::Pool(Box::new(units.tireless())),
            Self::Ding(ding) => Self::Ding(Ding { fatigue: parameters::Fatigue::NONE, ..*ding }),
        }
    }
}
