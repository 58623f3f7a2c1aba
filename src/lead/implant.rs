//! Where the leads lie and what they are made of, read from a profile in `assets/implants/`.

use nalgebra::Point3;

use crate::device::pulse::{CASE, CONTACTS_PER_LEAD};
use crate::math;
use crate::side::Side;
use crate::source::{Figure, Source};

/// The leads of one patient. Positions are in the anatomical frame: +x the patient's right, +y cranial, +z dorsal, in
/// millimetres from the centre of the L5-S1 joint.
#[derive(Clone, Debug, PartialEq)]
pub struct ImplantProfile {
    /// What it is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// Length of a ring, mm.
    pub contact_length_mm: Figure,
    /// Diameter of a ring, mm.
    pub contact_diameter_mm: Figure,
    /// Resistance of the conductor from the generator to a ring, Ω.
    pub conductor_ohm: Figure,
    /// Resistance from the generator's case to far away in the tissue, Ω.
    pub case_ohm: Figure,
    /// Conductivity of the tissue around lead and nerve, S/m.
    pub tissue_s_per_m: Figure,
    /// Centres of the rings E0 to E3 of the right lead, mm; the left lead mirrors it.
    pub contacts_mm: [Point3<f64>; CONTACTS_PER_LEAD],
    /// Where the positions come from.
    pub contacts_source: Source,
}

impl ImplantProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 5] {
        [
            ("contact_length_mm", &self.contact_length_mm),
            ("contact_diameter_mm", &self.contact_diameter_mm),
            ("conductor_ohm", &self.conductor_ohm),
            ("case_ohm", &self.case_ohm),
            ("tissue_s_per_m", &self.tissue_s_per_m),
        ]
    }

    /// Resistance from the generator's terminal through contact `index` to far away, Ω.
    ///
    /// The access resistance of a ring is that of a cylinder of length L and radius a, ρ/(2πL)·asinh(L/2a).
    pub fn resistance_ohm(&self, index: usize) -> f64 {
        if index == CASE {
            return self.case_ohm.value;
        }
        let length_m = self.contact_length_mm.value * 1e-3;
        let diameter_m = self.contact_diameter_mm.value * 1e-3;
        let resistivity_ohm_m = 1.0 / self.tissue_s_per_m.value;
        let access = resistivity_ohm_m / (std::f64::consts::TAU * length_m) * math::asinh(length_m / diameter_m);
        access + self.conductor_ohm.value
    }

    /// The centre of a ring on that side, mm.
    pub fn contact_mm(&self, side: Side, index: usize) -> Point3<f64> {
        mirrored(self.contacts_mm[index], side)
    }
}

/// A point given for the patient's right, on that side.
pub fn mirrored(right: Point3<f64>, side: Side) -> Point3<f64> {
    match side {
        Side::Right => right,
        Side::Left => Point3::new(-right.x, right.y, right.z),
    }
}
