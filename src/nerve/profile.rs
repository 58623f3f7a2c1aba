//! What a nerve is made of, read from a profile in `assets/nerve/`.

use nalgebra::Point3;

use crate::source::{Figure, Source};

/// The diameters of a kind of axon: a normal distribution between limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Mean diameter, myelin included, µm.
    pub mean_um: Figure,
    /// Standard deviation, µm.
    pub sd_um: Figure,
    /// The smallest and the largest, µm.
    pub limits_um: (f64, f64),
}

/// The axons that a patient would feel.
#[derive(Clone, Debug, PartialEq)]
pub struct AfferentProfile {
    /// How many there are.
    pub count: Figure,
    /// Their diameters.
    pub spectrum: Spectrum,
}

/// A nerve.
#[derive(Clone, Debug, PartialEq)]
pub struct NerveProfile {
    /// What it is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// A point that the right nerve goes through, mm in the anatomical frame; the left one mirrors it.
    pub through_mm: Point3<f64>,
    /// Another point that it goes through, nearer to the muscle.
    pub towards_mm: Point3<f64>,
    /// Where the points come from.
    pub course_source: Source,
    /// Radius of the nerve, mm.
    pub radius_mm: Figure,
    /// Its motor axons, one for each motor unit.
    pub motor: Spectrum,
    /// Its afferents; none where the profile has none.
    pub afferents: Option<AfferentProfile>,
    /// Time after firing in which an axon cannot fire again, ms.
    pub refractory_ms: Figure,
    /// Standard deviation of an axon's threshold from pulse to pulse, relative to it.
    pub threshold_noise: Figure,
}

impl NerveProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> Vec<(&'static str, &Figure)> {
        let mut figures = vec![
            ("radius_mm", &self.radius_mm),
            ("diameter_mean_um", &self.motor.mean_um),
            ("diameter_sd_um", &self.motor.sd_um),
            ("refractory_ms", &self.refractory_ms),
            ("threshold_noise", &self.threshold_noise),
        ];
        if let Some(afferents) = &self.afferents {
            figures.extend([
                ("afferents.count", &afferents.count),
                ("afferents.diameter_mean_um", &afferents.spectrum.mean_um),
                ("afferents.diameter_sd_um", &afferents.spectrum.sd_um),
            ]);
        }
        figures
    }

    /// The smallest and the largest diameter of all axons, µm.
    pub fn limits_um(&self) -> (f64, f64) {
        let (low, high) = self.motor.limits_um;
        let others = self.afferents.as_ref().map_or((low, high), |afferents| afferents.spectrum.limits_um);
        (low.min(others.0), high.max(others.1))
    }
}
