//! Where the contacts lie beside the fibres of a nerve, and what a milliampere through them does along a fibre.
//!
//! The frame of the nerve: z along its fibres, towards the muscle, x and y across. It is that of the patient's right
//! side; the left side mirrors it, so that both have the same numbers.

use std::sync::Arc;

use nalgebra::{Point2, Point3, Vector2, Vector3};

use crate::device::pulse::CONTACTS_PER_LEAD;
use crate::lead::conductor::TERMINALS;
use crate::lead::implant::ImplantProfile;
use crate::nerve::axon::fibre::{Conductivity, Fibre};
use crate::nerve::axon::parameters::Geometry;
use crate::nerve::profile::NerveProfile;
use crate::nerve::sampled::SampledField;
use crate::nerve::tissue::{CurrentSource, Field, Shape};

/// Between the metal of a lead and the nearest fibre there are at least the sheath of the nerve and some new tissue,
/// mm. Ours; a fibre that would run through the lead runs past it.
const CLEARANCE_MM: f64 = 0.1;

/// How far along a fibre a contact is looked at, in distances of the two.
const REACH: f64 = 3.0;

/// An axon of a nerve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axon {
    /// Fibre diameter, myelin included, µm.
    pub diameter_um: f64,
    /// Its place in the cross-section of the nerve, mm from its axis.
    pub place_mm: Point2<f64>,
    /// Where its nodes lie along the nerve, in internodes from the nerve's point, 0 to 1.
    pub node_offset: f64,
    /// Which of the paths of a field from a file it takes: 0 is the first, 1 would be past the last.
    pub path: f64,
}

impl Axon {
    /// From node to node, mm.
    pub fn internode_mm(&self) -> f64 {
        Geometry::at(self.diameter_um).internode_um / 1e3
    }
}

/// A nerve and a lead beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// A point on the nerve's axis, and its directions x, y and z, in the anatomical frame of the right side.
    origin_mm: Point3<f64>,
    directions: [Vector3<f64>; 3],
    /// Where the rings lay at the implant, and where they lie now, mm in the nerve's frame.
    implanted_mm: [Point3<f64>; CONTACTS_PER_LEAD],
    contacts_mm: [Point3<f64>; CONTACTS_PER_LEAD],
    shape: Shape,
    length_mm: f64,
    radius_mm: f64,
    tissue: Conductivity,
    /// A field from a file instead.
    sampled: Option<Arc<SampledField>>,
}

impl Layout {
    /// A nerve and a lead as they lie at the implant.
    pub fn new(nerve: &NerveProfile, implant: &ImplantProfile) -> Self {
        let z = (nerve.towards_mm - nerve.through_mm).normalize();
        // Any two directions across the nerve do.
        let reference = if z.y.abs() < 0.9 { Vector3::y() } else { Vector3::z() };
        let x = z.cross(&reference).normalize();
        let y = z.cross(&x);
        let directions = [x, y, z];
        let of = |point: Point3<f64>| {
            let to = point - nerve.through_mm;
            Point3::new(to.dot(&x), to.dot(&y), to.dot(&z))
        };
        let contacts_mm = implant.contacts_mm.map(of);
        Self {
            origin_mm: nerve.through_mm,
            directions,
            implanted_mm: contacts_mm,
            contacts_mm,
            shape: implant.contact_shape,
            length_mm: implant.contact_length_mm.value,
            radius_mm: implant.contact_diameter_mm.value / 2.0,
            tissue: implant.conductivity(),
            sampled: implant.field.clone(),
        }
    }

    /// A point of the nerve's frame in the anatomical frame of the right side.
    pub fn anatomical(&self, point: Point3<f64>) -> Point3<f64> {
        let [x, y, z] = self.directions;
        self.origin_mm + x * point.x + y * point.y + z * point.z
    }

    /// Where the rings lie now, mm in the nerve's frame.
    pub fn contacts_mm(&self) -> &[Point3<f64>; CONTACTS_PER_LEAD] {
        &self.contacts_mm
    }

    /// The field that was read from a file, where there is one.
    pub fn sampled(&self) -> Option<&Arc<SampledField>> {
        self.sampled.as_ref()
    }

    /// The lead has moved since the implant, mm: towards its tip, and away from the nerve.
    pub fn move_lead(&mut self, (along_mm, across_mm): (f64, f64)) {
        let [tip, .., end] = self.implanted_mm;
        let along = (tip - end).normalize();
        let middle = (tip.coords + end.coords) / 2.0;
        // Across both lead and nerve: the way on which every contact gets further from the nerve. A lead along the
        // nerve has only its distance to go by.
        let away = match along.cross(&Vector3::z()).try_normalize(1e-6) {
            Some(across) if across.dot(&middle) < 0.0 => -across,
            Some(across) => across,
            None => (middle - along * middle.dot(&along)).try_normalize(1e-9).unwrap_or_else(Vector3::x),
        };
        self.contacts_mm = self.implanted_mm.map(|contact| contact + along * along_mm + away * across_mm);
    }

    /// Where a fibre runs: its place, or beside the lead where that would be inside of it.
    fn beside_lead(&self, place: Point2<f64>) -> Point2<f64> {
        let [tip, .., end] = self.contacts_mm;
        let axis = (tip - end).normalize();
        let least = self.radius_mm + CLEARANCE_MM;
        // The shortest way from the lead to the fibre is across both.
        let way = match Vector2::new(axis.y, -axis.x).try_normalize(1e-6) {
            Some(across) => {
                let distance = (place - tip.xy()).dot(&across);
                across * if distance < 0.0 { (-least).min(distance) - distance } else { least.max(distance) - distance }
            }
            None => {
                let from = place - tip.xy();
                let outward = from.try_normalize(1e-9).unwrap_or_else(Vector2::x);
                outward * (least.max(from.norm()) - from.norm())
            }
        };
        place + way
    }

    /// The contacts that carry current, each with its share of it: an anode gives it out.
    fn sources(&self, shares: &[f64; TERMINALS]) -> Vec<(Field, f64)> {
        let [tip, .., end] = self.contacts_mm;
        let axis = (tip - end).normalize();
        let carrying = self.contacts_mm.iter().zip(shares).filter(|(_, share)| **share != 0.0);
        let field = |centre_mm: Point3<f64>| {
            let (shape, length_mm, radius_mm) = (self.shape, self.length_mm, self.radius_mm);
            CurrentSource { shape, centre_mm, axis, length_mm, radius_mm }.field(self.tissue)
        };
        carrying.map(|(contact, share)| (field(*contact), *share)).collect()
    }

    /// A slice across the nerve where the nearest of the contacts that carry current is, so many cells wide and high.
    /// A field from a file has none: it is known along fibres alone.
    pub fn slice(&self, shares: &[f64; TERMINALS], radius_mm: f64, cells: usize) -> Option<Slice> {
        let sources = if self.sampled.is_some() { Vec::new() } else { self.sources(shares) };
        let distance = |field: &Field| field.centre_mm().xy().coords.norm();
        let near = sources.iter().min_by(|a, b| distance(&a.0).total_cmp(&distance(&b.0)))?;
        let (along_mm, half_mm) = (near.0.centre_mm().z, 1.15 * radius_mm.max(0.05));
        let at = |index: usize| half_mm * ((2 * index + 1) as f64 / cells as f64 - 1.0);
        let place = |index: usize| Point2::new(at(index % cells), -at(index / cells));
        let potential = |index: usize| {
            let place = self.beside_lead(place(index));
            let there = Point3::new(place.x, place.y, along_mm);
            sources.iter().map(|(field, share)| share * field.potential_mv(there)).sum()
        };
        let potentials_mv = (0..cells * cells).map(potential).collect();
        Some(Slice { along_mm, half_mm, radius_mm, cells, potentials_mv })
    }

    /// The field that an axon runs through, with `shares` of each milliampere through the contacts: cathodes positive,
    /// as the lead tells them.
    pub fn along(&self, axon: &Axon, shares: &[f64; TERMINALS]) -> Along<'_> {
        let place = self.beside_lead(axon.place_mm);
        let sources = if self.sampled.is_some() { Vec::new() } else { self.sources(shares) };
        let near = |(field, _): &(Field, f64)| (field.centre_mm().z, (field.centre_mm().xy() - place).norm());
        let sites: Vec<(f64, f64)> = match &self.sampled {
            Some(field) => field.sites(axon.path, shares),
            None => sources.iter().map(near).collect(),
        };
        Along { layout: self, axon: *axon, place, sources, shares: *shares, sites }
    }
}

/// The potential across the nerve.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Where it is along the nerve, mm.
    pub along_mm: f64,
    /// How far it reaches from the nerve's axis, mm.
    pub half_mm: f64,
    /// Radius of the nerve, mm.
    pub radius_mm: f64,
    /// Cells of a row, and rows.
    pub cells: usize,
    /// The potential of each cell, mV for a milliampere, from the row of largest y on.
    pub potentials_mv: Vec<f64>,
}

impl Slice {
    /// The smallest and the largest potential, mV for a milliampere.
    pub fn range_mv(&self) -> (f64, f64) {
        let all = self.potentials_mv.iter();
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &mv| (low.min(mv), high.max(mv)))
    }
}

/// A field along an axon.
pub struct Along<'a> {
    layout: &'a Layout,
    /// The axon.
    pub axon: Axon,
    place: Point2<f64>,
    sources: Vec<(Field, f64)>,
    shares: [f64; TERMINALS],
    /// Where a contact is nearest along the nerve, and how far from the fibre, mm.
    sites: Vec<(f64, f64)>,
}

impl Along<'_> {
    /// The potential at a place along the nerve, mV for a milliampere of a pulse whose positive current flows out of
    /// what the program calls cathodes.
    pub fn potential_mv(&self, z_mm: f64) -> f64 {
        if let Some(field) = &self.layout.sampled {
            return field.potential_mv(self.axon.path, &self.shares, z_mm);
        }
        let at = Point3::new(self.place.x, self.place.y, z_mm);
        self.sources.iter().map(|(field, share)| share * field.potential_mv(at)).sum()
    }

    /// Where a node lies along the nerve, mm.
    pub fn node_mm(&self, node: i64) -> f64 {
        (node as f64 + self.axon.node_offset) * self.axon.internode_mm()
    }

    /// The first and the last node that any contact reaches.
    pub fn nodes(&self) -> (i64, i64) {
        let internode = self.axon.internode_mm();
        let reach = |sign: f64| self.sites.iter().map(move |&(z, distance)| z + sign * REACH * distance);
        let least = reach(-1.0).fold(f64::INFINITY, f64::min);
        let most = reach(1.0).fold(f64::NEG_INFINITY, f64::max);
        if least > most {
            return (0, 0);
        }
        let node = |z: f64| z / internode - self.axon.node_offset;
        (node(least).floor() as i64, node(most).ceil() as i64)
    }

    /// The axon from one of its nodes to another in this field, with so many nodes more at both ends.
    pub fn fibre(&self, (from, to): (i64, i64), more: usize) -> Fibre {
        let first_mm = self.node_mm(from - more as i64);
        let nodes = (to - from) as usize + 2 * more;
        Fibre::in_field(self.axon.diameter_um, (0, nodes), |at_mm| self.potential_mv(first_mm + at_mm))
    }
}
