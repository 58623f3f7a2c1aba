//! The potential that a contact makes in the tissue around it, for a milliampere out of it.
//!
//! Closed forms of a quasi-static field in tissue without limits that conducts alike everywhere, and in every direction
//! but one: along the fibres it may conduct better (models of this kind: Plonsey and Barr, Bioelectricity, 2007).
//! Stretching space by √(σ across/σ along) along the fibres makes it conduct alike, so that one formula serves both.
//! Contacts superpose. How the metal spreads its own current is not solved: a line and a ring give it out evenly.

use std::f64::consts::{PI, TAU};
use std::sync::LazyLock;

use nalgebra::{Point3, Vector3};

use crate::math;
use crate::nerve::axon::fibre::Conductivity;

/// How a contact gives out its current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// From its centre.
    Point,
    /// Evenly along the lead, from a line as long as the contact.
    Line,
    /// Evenly from the surface of a cylinder as long and as thick as the contact.
    Ring,
}

impl Shape {
    /// The shapes by name, as files have them.
    pub const NAMES: [(&'static str, Self); 3] = [("Point", Self::Point), ("Line", Self::Line), ("Ring", Self::Ring)];
}

/// Lines that a ring is made of. Ours: a quarter of a radius from its surface the potential is within a part in a
/// thousand of that of four times as many.
const STAVES: usize = 24;

/// Where the staves are: cosine and sine of their angles.
static AROUND: LazyLock<[(f64, f64); STAVES]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        let angle = TAU * index as f64 / STAVES as f64;
        (math::cos(angle), math::sin(angle))
    })
});

/// A shell of tissue around a point, grown after the implant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shell {
    /// Outer radius, mm.
    pub radius_mm: f64,
    /// Conductivity, S/m.
    pub s_per_m: f64,
}

/// A contact in the frame of a nerve: z along its fibres, x and y across them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurrentSource {
    /// How it gives out its current.
    pub shape: Shape,
    /// Its centre, mm.
    pub centre_mm: Point3<f64>,
    /// The direction of the lead, of length 1.
    pub axis: Vector3<f64>,
    /// Its length along the lead, mm; of no meaning for a point.
    pub length_mm: f64,
    /// Its radius, mm; of meaning for a ring.
    pub radius_mm: f64,
}

impl CurrentSource {
    /// A point.
    pub fn point(centre_mm: Point3<f64>) -> Self {
        Self { shape: Shape::Point, centre_mm, axis: Vector3::z(), length_mm: 0.0, radius_mm: 0.0 }
    }

    /// Its field in that tissue, to be asked at many places.
    pub fn field(&self, tissue: Conductivity) -> Field {
        let half = self.axis * (self.length_mm / 2.0);
        let middles: Vec<Point3<f64>> = match self.shape {
            Shape::Point => Vec::new(),
            Shape::Line => vec![self.centre_mm],
            Shape::Ring => {
                let reference = if self.axis.y.abs() < 0.9 { Vector3::y() } else { Vector3::z() };
                let across = self.axis.cross(&reference).normalize() * self.radius_mm;
                let other = self.axis.cross(&across);
                AROUND.iter().map(|(cosine, sine)| self.centre_mm + across * *cosine + other * *sine).collect()
            }
        };
        let stretch = (tissue.across_s_per_m / tissue.along_s_per_m).sqrt();
        let stretched = |v: Vector3<f64>| Vector3::new(v.x, v.y, v.z * stretch);
        let ends = |middle: Point3<f64>| (stretched((middle - half).coords), stretched((middle + half).coords));
        let length = stretched(half * 2.0).norm();
        let conductivity = (tissue.across_s_per_m * tissue.along_s_per_m).sqrt();
        Field {
            tissue,
            centre_mm: self.centre_mm,
            stretch,
            length,
            each_mv: 1e3 / (4.0 * PI * conductivity * length) / middles.len() as f64,
            lines: middles.into_iter().map(ends).collect(),
        }
    }

    /// The potential there, mV for a milliampere; without limit at the contact itself.
    pub fn potential_mv(&self, tissue: Conductivity, at_mm: Point3<f64>) -> f64 {
        self.field(tissue).potential_mv(at_mm)
    }
}

/// The field of a contact: of a point, or of lines that share a milliampere evenly.
#[derive(Clone, Debug)]
pub struct Field {
    tissue: Conductivity,
    /// The centre of the contact, mm.
    centre_mm: Point3<f64>,
    /// By how much z is stretched, for the rest.
    stretch: f64,
    /// The ends of the lines, and the length that all of them have.
    lines: Vec<(Vector3<f64>, Vector3<f64>)>,
    length: f64,
    /// What a logarithm of one of them stands for, mV.
    each_mv: f64,
}

impl Field {
    /// The centre of the contact, mm.
    pub fn centre_mm(&self) -> Point3<f64> {
        self.centre_mm
    }

    /// The potential there, mV for a milliampere; without limit at the contact itself.
    ///
    /// A line with r the distances to its ends and L its length makes I/(2πσL)·artanh(L/(r₁ + r₂)), in stretched space.
    /// An artanh is half a logarithm, and the sum of the lines' logarithms one of their product: a factor is two metres
    /// at most for contacts in a body, so that it stays a number.
    pub fn potential_mv(&self, at_mm: Point3<f64>) -> f64 {
        if self.lines.is_empty() {
            let to = at_mm - self.centre_mm;
            return self.tissue.potential_mv((to.x * to.x + to.y * to.y).sqrt(), to.z);
        }
        let at = Vector3::new(at_mm.x, at_mm.y, at_mm.z * self.stretch);
        let (mut above, mut below) = (1.0, 1.0);
        for (a, b) in &self.lines {
            let both = (at - a).norm() + (at - b).norm();
            above *= both + self.length;
            below *= both - self.length;
        }
        self.each_mv * math::ln(above / below)
    }
}

/// What a shell adds to the potential of a point in tissue that conducts alike in every direction, mV for a
/// milliampere.
///
/// Outside of the shell that is nothing at all: a current source pushes its current through whatever surrounds it, and
/// only its voltage grows. Inside it is I/4π·(1/σ shell − 1/σ)·(1/r − 1/R).
pub fn shell_mv(shell: Shell, tissue_s_per_m: f64, distance_mm: f64) -> f64 {
    if distance_mm >= shell.radius_mm {
        return 0.0;
    }
    1e3 / (4.0 * PI) * (1.0 / shell.s_per_m - 1.0 / tissue_s_per_m) * (1.0 / distance_mm - 1.0 / shell.radius_mm)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TISSUE: Conductivity = Conductivity { across_s_per_m: 0.086, along_s_per_m: 0.35 };

    fn source(shape: Shape, axis: Vector3<f64>) -> CurrentSource {
        let centre_mm = Point3::new(0.3, -0.2, 0.1);
        CurrentSource { shape, centre_mm, axis: axis.normalize(), length_mm: 3.0, radius_mm: 0.635 }
    }

    /// A line is the sum of the points that it is made of, whichever way it lies in whatever tissue.
    #[test]
    fn verif_a_line_is_many_points() {
        for tissue in [Conductivity::isotropic(0.2), TISSUE] {
            for axis in [Vector3::new(0.0, 0.0, 1.0), Vector3::new(1.0, 2.0, -0.7)] {
                let line = source(Shape::Line, axis);
                let at = Point3::new(0.9, 0.8, 1.1);
                let count = 20_000;
                let sum: f64 = (0..count)
                    .map(|i| {
                        let along = (f64::from(i) + 0.5) / f64::from(count) - 0.5;
                        CurrentSource::point(line.centre_mm + line.axis * (along * line.length_mm))
                            .potential_mv(tissue, at)
                    })
                    .sum();
                let found = line.potential_mv(tissue, at);
                assert!((found / (sum / f64::from(count)) - 1.0).abs() < 1e-7, "{tissue:?} {axis:?}");
            }
        }
    }

    #[test]
    fn verif_far_away_every_shape_is_a_point() {
        for shape in [Shape::Line, Shape::Ring] {
            let axis = Vector3::new(0.2, -1.0, 0.4);
            let there = Point3::new(60.0, -20.0, 90.0);
            let point = CurrentSource::point(source(shape, axis).centre_mm).potential_mv(TISSUE, there);
            assert!((source(shape, axis).potential_mv(TISSUE, there) / point - 1.0).abs() < 1e-3);
        }
    }

    /// On its axis a ring without length is exact: all of it is equally far.
    #[test]
    fn verif_a_narrow_ring_on_its_axis() {
        let ring = CurrentSource { length_mm: 1e-6, ..source(Shape::Ring, Vector3::z()) };
        let tissue = Conductivity::isotropic(0.2);
        let found = ring.potential_mv(tissue, ring.centre_mm + Vector3::z() * 2.0);
        let distance = (4.0 + 0.635 * 0.635_f64).sqrt();
        assert!((found / (1e3 / (4.0 * PI * 0.2 * distance)) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn verif_a_ring_of_staves_is_even() {
        let ring = source(Shape::Ring, Vector3::z());
        let tissue = Conductivity::isotropic(0.2);
        let around = |angle: f64| {
            let (x, y) = (0.8 * math::cos(angle), 0.8 * math::sin(angle));
            ring.potential_mv(tissue, ring.centre_mm + Vector3::new(x, y, 0.4))
        };
        for step in 1..7 {
            assert!((around(0.04 * f64::from(step)) / around(0.0) - 1.0).abs() < 2e-3);
        }
    }

    #[test]
    fn verif_a_shell_changes_nothing_outside_and_is_continuous() {
        let shell = Shell { radius_mm: 1.0, s_per_m: 0.05 };
        assert_eq!(shell_mv(shell, 0.2, 1.0), 0.0);
        assert_eq!(shell_mv(shell, 0.2, 3.0), 0.0);
        assert!(shell_mv(shell, 0.2, 0.999_999) < 1e-2);
        let inside = 1e3 / (4.0 * PI) * (1.0 / 0.05 - 1.0 / 0.2);
        assert!((shell_mv(shell, 0.2, 0.5) - inside).abs() < 1e-9);
    }
}
