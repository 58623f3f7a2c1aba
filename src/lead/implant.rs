//! Where the leads lie and what they are made of, read from a profile in `assets/implants/`.

use std::sync::Arc;

use nalgebra::Point3;

use crate::device::pulse::{CASE, CONTACTS_PER_LEAD};
use crate::lead::contact::{Contact, Interface, Ledger};
use crate::math;
use crate::nerve::axon::fibre::Conductivity;
use crate::nerve::sampled::SampledField;
use crate::nerve::tissue::Shape;
use crate::side::Side;
use crate::source::{Figure, Source};
use crate::time::SimTime;

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
    /// How a ring gives out its current to the nerve.
    pub contact_shape: Shape,
    /// Conductivity of the tissue around lead and nerve, across the nerve, S/m.
    pub tissue_s_per_m: Figure,
    /// The same along the nerve, S/m; as across where the profile has none.
    pub tissue_along_s_per_m: Option<Figure>,
    /// The potential along the nerve's fibres, from a file; none where it is worked out from positions and
    /// conductivity.
    pub field: Option<Arc<SampledField>>,
    /// Wetted area of the generator's case, cm².
    pub case_cm2: Figure,
    /// Capacitance of the double layer, µF per cm² of geometric area.
    pub double_layer_uf_per_cm2: Figure,
    /// Conductance of charge transfer at rest, mS/cm².
    pub transfer_ms_per_cm2: Figure,
    /// How it grows with the density of cathodic current, mS/mA.
    pub transfer_cathodic_ms_per_ma: Figure,
    /// How it grows with the density of anodic current, mS/mA.
    pub transfer_anodic_ms_per_ma: Figure,
    /// How that growth levels off, mS·cm²/mA².
    pub transfer_levelling_ms_cm2_per_ma2: Figure,
    /// Resistance that encapsulation adds to each ring in the end, Ω.
    pub encapsulation_ohm: Figure,
    /// Part by which encapsulation raises thresholds in the end.
    pub encapsulation_threshold: Figure,
    /// Time constant of encapsulation, days.
    pub encapsulation_days: Figure,
    /// Centres of the rings E0 to E3 of the right lead, mm; the left lead mirrors it.
    pub contacts_mm: [Point3<f64>; CONTACTS_PER_LEAD],
    /// Where the positions come from.
    pub contacts_source: Source,
}

impl ImplantProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> Vec<(&'static str, &Figure)> {
        let along = self.tissue_along_s_per_m.as_ref().map(|figure| ("tissue_along_s_per_m", figure));
        let always = [
            ("contact_length_mm", &self.contact_length_mm),
            ("contact_diameter_mm", &self.contact_diameter_mm),
            ("conductor_ohm", &self.conductor_ohm),
            ("case_ohm", &self.case_ohm),
            ("tissue_s_per_m", &self.tissue_s_per_m),
            ("case_cm2", &self.case_cm2),
            ("double_layer_uf_per_cm2", &self.double_layer_uf_per_cm2),
            ("transfer_ms_per_cm2", &self.transfer_ms_per_cm2),
            ("transfer_cathodic_ms_per_ma", &self.transfer_cathodic_ms_per_ma),
            ("transfer_anodic_ms_per_ma", &self.transfer_anodic_ms_per_ma),
            ("transfer_levelling_ms_cm2_per_ma2", &self.transfer_levelling_ms_cm2_per_ma2),
            ("encapsulation_ohm", &self.encapsulation_ohm),
            ("encapsulation_threshold", &self.encapsulation_threshold),
            ("encapsulation_days", &self.encapsulation_days),
        ];
        always.into_iter().chain(along).collect()
    }

    /// Conductivity of the tissue across and along the nerve.
    pub fn conductivity(&self) -> Conductivity {
        let across_s_per_m = self.tissue_s_per_m.value;
        let along_s_per_m = self.tissue_along_s_per_m.as_ref().map_or(across_s_per_m, |figure| figure.value);
        Conductivity { across_s_per_m, along_s_per_m }
    }

    /// Contact `index` on the day of the implant.
    ///
    /// The access resistance of a ring is that of a cylinder of length L and radius a, ρ/(2πL)·asinh(L/2a).
    pub fn contact(&self, index: usize) -> Contact {
        let is_case = index == CASE;
        let length_m = self.contact_length_mm.value * 1e-3;
        let diameter_m = self.contact_diameter_mm.value * 1e-3;
        let resistivity_ohm_m = 1.0 / self.tissue_s_per_m.value;
        let ring_ohm = resistivity_ohm_m / (std::f64::consts::TAU * length_m) * math::asinh(length_m / diameter_m);
        Contact {
            index,
            conductor_ohm: if is_case { 0.0 } else { self.conductor_ohm.value },
            access_ohm: if is_case { self.case_ohm.value } else { ring_ohm },
            encapsulation_ohm: 0.0,
            interface: self.interface(if is_case { self.case_cm2.value } else { self.ring_cm2() }),
            intact: 1.0,
            ledger: Ledger::default(),
        }
    }

    /// Area of a ring, cm².
    pub fn ring_cm2(&self) -> f64 {
        std::f64::consts::PI * self.contact_diameter_mm.value * self.contact_length_mm.value * 1e-2
    }

    fn interface(&self, area_cm2: f64) -> Interface {
        let parabola = |slope_ms_per_ma: f64| {
            let levelling = self.transfer_levelling_ms_cm2_per_ma2.value;
            [self.transfer_ms_per_cm2.value * 1e-3, slope_ms_per_ma, -levelling * 1e3]
        };
        Interface {
            area_cm2,
            double_layer_f_per_cm2: self.double_layer_uf_per_cm2.value * 1e-6,
            cathodic: parabola(self.transfer_cathodic_ms_per_ma.value),
            anodic: parabola(self.transfer_anodic_ms_per_ma.value),
        }
    }

    /// How far encapsulation has come so long after the implant, 0 to 1: 1 − e^(−t/τ). No law of its growth is
    /// published; this one is ours.
    pub fn encapsulated(&self, since_implant: SimTime) -> f64 {
        let days = since_implant.nanos() as f64 / SimTime::DAY.nanos() as f64;
        1.0 - math::exp(-days / self.encapsulation_days.value)
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
