//! The motor units of a muscle: how strong, how slow and how tireless each one is.
//!
//! Fuglevand, Winter and Patla (J Neurophysiol 1993;70:2470) order the units of a pool by twitch force, over a range
//! `RP`, and let the contraction time fall as the force rises, over a range `RT`. Potvin and Fuglevand (PLoS Comput
//! Biol 2017;13:e1005581) add how fast each unit fatigues, over a range of 180.

use crate::math;
use crate::muscle::choice::Choice;
use crate::muscle::length::Sarcomeres;
use crate::muscle::potentiation::PotentiationProfile;
use crate::nerve::volley::MAX_UNITS;
use crate::source::{Figure, Source};

/// Where the exponent of the unit curves runs from and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitCurve {
    /// i/n, so that the first unit already has more than the least force (1993).
    Fuglevand1993,
    /// (i − 1)/(n − 1), from exactly 1 to exactly the range (2017).
    Potvin2017,
}

impl UnitCurve {
    /// Both, with their names in files.
    pub const ALL: [(&str, Self); 2] = [("Fuglevand1993", Self::Fuglevand1993), ("Potvin2017", Self::Potvin2017)];

    /// Where unit `index`, counted from 0, stands between the least and the most.
    fn position(self, index: usize, count: usize) -> f64 {
        match self {
            Self::Fuglevand1993 => (index + 1) as f64 / count as f64,
            Self::Potvin2017 => index as f64 / (count - 1) as f64,
        }
    }
}

/// A muscle, or the part of it that one nerve serves, read from a profile in `assets/muscles/`.
#[derive(Clone, Debug, PartialEq)]
pub struct MuscleProfile {
    /// What it is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// Number of motor units, 2 to [`MAX_UNITS`].
    pub units: usize,
    /// Where the number comes from.
    pub units_source: Source,
    /// Force of all units in full tetanus in a healthy muscle, N.
    pub max_force_n: Figure,
    /// Force of the strongest unit over that of the weakest (RP).
    pub force_range: Figure,
    /// Contraction time of the slowest unit over that of the fastest (RT).
    pub contraction_time_range: Figure,
    /// Contraction time of the slowest unit, ms (T_L).
    pub slowest_contraction_ms: Figure,
    /// Which exponents the unit curves run over.
    pub unit_curve: UnitCurve,
    /// How fast the strongest unit loses capacity in full tetanus, 1/s.
    pub fatigue_rate_per_s: Figure,
    /// Fatigue rate of the strongest unit over that of the weakest.
    pub fatigue_range: Figure,
    /// How much longer the contraction time of a fully fatigued unit is, as a fraction.
    pub fatigue_slowing: Figure,
    /// Fatigue rate of a unit over its recovery rate.
    pub recovery_ratio: Figure,
    /// Fraction of type I fibres for which the contraction times and fatigue rates above hold.
    pub type_i_fraction: Figure,
    /// Contraction time of a type I fibre over that of a type II fibre.
    pub type_i_slowness: Figure,
    /// How twitches grow as a unit works; none where they do not.
    pub potentiation: Option<PotentiationProfile>,
    /// How long the sarcomeres are; none where posture does not change force.
    pub sarcomeres: Option<Sarcomeres>,
    /// The model that it contracts by, unless the scenario names another.
    pub model: Choice,
}

/// One motor unit at rest, in a healthy muscle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotorUnit {
    /// Relative force: the `P` of the paper, from about 1 to RP.
    pub relative_force: f64,
    /// Force in full tetanus, N.
    pub force_n: f64,
    /// Contraction time of its twitch, s.
    pub contraction_s: f64,
    /// Fraction of its capacity that it loses in a second of full tetanus, 1/s.
    pub fatigue_per_s: f64,
}

impl MuscleProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> Vec<(&'static str, &Figure)> {
        let mut figures = vec![
            ("max_force_n", &self.max_force_n),
            ("force_range", &self.force_range),
            ("contraction_time_range", &self.contraction_time_range),
            ("slowest_contraction_ms", &self.slowest_contraction_ms),
            ("fatigue_rate_per_s", &self.fatigue_rate_per_s),
            ("fatigue_range", &self.fatigue_range),
            ("fatigue_slowing", &self.fatigue_slowing),
            ("recovery_ratio", &self.recovery_ratio),
            ("type_i_fraction", &self.type_i_fraction),
            ("type_i_slowness", &self.type_i_slowness),
        ];
        figures.extend(self.potentiation.iter().flat_map(PotentiationProfile::figures));
        figures.extend(self.sarcomeres.iter().flat_map(Sarcomeres::figures));
        figures
    }

    /// The units, the weakest first.
    pub fn motor_units(&self) -> Vec<MotorUnit> {
        assert!((2..=MAX_UNITS).contains(&self.units));
        let ln_force_range = math::ln(self.force_range.value);
        let ln_time_range = math::ln(self.contraction_time_range.value);
        let ln_fatigue_range = math::ln(self.fatigue_range.value);
        let slowest_s = self.slowest_contraction_ms.value * 1e-3;
        let position = |i: usize| self.unit_curve.position(i, self.units);
        let relative: Vec<f64> = (0..self.units).map(|i| math::exp(ln_force_range * position(i))).collect();
        let total: f64 = relative.iter().sum();
        relative
            .iter()
            .enumerate()
            .map(|(i, &relative_force)| MotorUnit {
                relative_force,
                force_n: self.max_force_n.value * relative_force / total,
                // T_L·(1/P)^(1/c) with c = ln RP / ln RT.
                contraction_s: slowest_s * math::exp(-ln_time_range * position(i)),
                fatigue_per_s: self.fatigue_rate_per_s.value / self.fatigue_range.value
                    * math::exp(ln_fatigue_range * UnitCurve::Potvin2017.position(i, self.units)),
            })
            .collect()
    }
}
