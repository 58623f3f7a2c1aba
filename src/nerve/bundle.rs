//! The medial branch: which motor axons a pulse fires.
//!
//! Each motor unit has one axon, with a diameter and a place in the cross-section of a straight nerve. An axon fires
//! when the current that flows reaches its threshold for that waveform, and when it is not still refractory.
//! Recruitment is what falls out of diameters, places and contacts.

use bevy::ecs::component::Component;
use nalgebra::{Point3, Vector3};
use std::sync::Arc;

use crate::device::pulse::{CONTACTS_PER_LEAD, Phase, Run, Waveform};
use crate::lead::conductor::{DeliveredPulse, TERMINALS};
use crate::lead::implant::{ImplantProfile, mirrored};
use crate::nerve::field::{Drive, SourcePoint, drive};
use crate::nerve::thresholds::{TABLE_S_PER_M, ThresholdTable, biphasic_ratio};
use crate::nerve::volley::{FiringSet, Volley};
use crate::random::{Draw, StableId, Stream};
use crate::record::digest::StateWriter;
use crate::side::Side;
use crate::source::{Figure, Source};
use crate::time::SimTime;

/// A nerve, read from a profile in `assets/nerve/`.
#[derive(Clone, Debug, PartialEq)]
pub struct NerveProfile {
    /// What it is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// A point that the right nerve goes through, mm in the anatomical frame; the left one mirrors it.
    pub through_mm: Point3<f64>,
    /// Another point that it goes through.
    pub towards_mm: Point3<f64>,
    /// Where the points come from.
    pub course_source: Source,
    /// Radius of the nerve, mm.
    pub radius_mm: Figure,
    /// Mean diameter of its motor axons, µm.
    pub diameter_mean_um: Figure,
    /// Standard deviation of the diameters, µm.
    pub diameter_sd_um: Figure,
    /// The smallest and the largest diameter, µm.
    pub diameter_limits_um: (f64, f64),
    /// Time after firing in which an axon cannot fire again, ms.
    pub refractory_ms: Figure,
}

impl NerveProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 4] {
        [
            ("radius_mm", &self.radius_mm),
            ("diameter_mean_um", &self.diameter_mean_um),
            ("diameter_sd_um", &self.diameter_sd_um),
            ("refractory_ms", &self.refractory_ms),
        ]
    }
}

/// One motor axon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axon {
    /// Fibre diameter, myelin included, µm.
    pub diameter_um: f64,
    /// A point that it goes through, mm in the anatomical frame.
    pub through_mm: Point3<f64>,
}

/// The motor axons of a nerve, and what they did last.
#[derive(Clone, Debug, Component)]
pub struct Nerve {
    axons: Vec<Axon>,
    direction: Vector3<f64>,
    /// A point on the nerve's axis, mm.
    axis_mm: Point3<f64>,
    /// Where the rings lay at the implant, and where the contacts lie now, mm; the case is far away.
    implanted_mm: [Point3<f64>; CONTACTS_PER_LEAD],
    contacts_mm: [Option<Point3<f64>>; TERMINALS],
    /// Factor by which encapsulation has raised thresholds.
    encapsulation: f64,
    contact_radius_mm: f64,
    conductivity_s_per_m: f64,
    refractory: SimTime,
    table: Arc<ThresholdTable>,
    /// Volleys that some axon may still be refractory from.
    recent: Vec<Volley>,
    /// How many axons the last pulse fired, and how many the pulse that fired most.
    recruited: usize,
    recruited_most: usize,
    /// Thresholds for the waveforms and the contacts of the last pulses, cathodic and anodic first.
    tuned: [Option<Tuned>; 2],
}

/// Thresholds of all axons for one shape of pulse through one choice of contacts.
#[derive(Clone, Debug)]
struct Tuned {
    shape: Waveform,
    shares: [f64; TERMINALS],
    /// Amplitude of the stimulating phase at which each axon fires, nA.
    thresholds_na: Vec<f64>,
    /// The last waveform and whom it fires.
    last: (Waveform, FiringSet),
}

/// The waveform as it would be with a stimulating phase of a milliampere, to a part in 10,000: what thresholds depend
/// on, and alike for all amplitudes of a ramp.
fn unit_shape(waveform: Waveform) -> Waveform {
    const UNIT_NA: i64 = 1_000_000;
    const STEP_NA: i64 = 100;
    let amplitude = i128::from(waveform.stimulus().current_na.abs().max(1));
    waveform.map(|phase| {
        let scaled = i128::from(phase.current_na) * i128::from(UNIT_NA / STEP_NA) * 2 / amplitude;
        Phase { current_na: ((scaled + scaled.signum()) / 2) as i64 * STEP_NA, ..phase }
    })
}

/// Phases that follow each other in one direction, as one of their mean current; and the time without current before
/// the next one.
fn lobes(waveform: &Waveform) -> Vec<(Phase, SimTime)> {
    let mut lobes: Vec<(Phase, SimTime)> = Vec::new();
    for &phase in waveform.phases() {
        match lobes.last_mut() {
            Some((_, gap)) if phase.current_na == 0 => *gap += phase.width,
            Some((lobe, gap)) if *gap == SimTime::ZERO && lobe.current_na.signum() == phase.current_na.signum() => {
                let width = lobe.width + phase.width;
                let charge_ac = lobe.charge_ac() + phase.charge_ac();
                *lobe = Phase { current_na: (charge_ac / i128::from(width.nanos())) as i64, width };
            }
            _ if phase.current_na != 0 => lobes.push((phase, SimTime::ZERO)),
            _ => {}
        }
    }
    lobes
}

impl Nerve {
    /// The axons of a nerve of `count` motor units on one side, drawn from the spectrum of the profile; the axon of
    /// unit 0 is the thinnest.
    pub fn new(
        profile: &NerveProfile,
        count: usize,
        id: &StableId,
        seed: u64,
        side: Side,
        implant: &ImplantProfile,
    ) -> Self {
        let mirror = |point| mirrored(point, side);
        let (through, towards) = (mirror(profile.through_mm), mirror(profile.towards_mm));
        let direction = (towards - through).normalize();
        // Any two directions across the nerve do, as long as they mirror with it.
        let reference = if direction.y.abs() < 0.9 { Vector3::y() } else { Vector3::z() };
        let across = direction.cross(&reference).normalize();
        let other = direction.cross(&across);
        let mut diameters: Vec<f64> = (0..count)
            .map(|i| {
                let z = Draw::new(seed, id, Stream::AxonDiameter, i as u64).normal();
                let (smallest, largest) = profile.diameter_limits_um;
                (profile.diameter_mean_um.value + profile.diameter_sd_um.value * z).clamp(smallest, largest)
            })
            .collect();
        diameters.sort_by(f64::total_cmp);
        let axons = diameters
            .into_iter()
            .enumerate()
            .map(|(i, diameter_um)| {
                let mut draw = Draw::new(seed, id, Stream::AxonPlace, i as u64);
                let radius = profile.radius_mm.value * draw.uniform().sqrt();
                let angle = std::f64::consts::TAU * draw.uniform();
                let offset = across * (radius * crate::math::cos(angle)) + other * (radius * crate::math::sin(angle));
                Axon { diameter_um, through_mm: through + offset }
            })
            .collect();
        Self {
            axons,
            direction,
            axis_mm: through,
            implanted_mm: std::array::from_fn(|index| implant.contact_mm(side, index)),
            contacts_mm: std::array::from_fn(|index| {
                (index < CONTACTS_PER_LEAD).then(|| implant.contact_mm(side, index))
            }),
            encapsulation: 1.0,
            contact_radius_mm: implant.contact_diameter_mm.value / 2.0,
            conductivity_s_per_m: implant.tissue_s_per_m.value,
            refractory: SimTime::from_nanos((profile.refractory_ms.value * 1e6).round() as i64),
            table: ThresholdTable::embedded(),
            recent: Vec::new(),
            recruited: 0,
            recruited_most: 0,
            tuned: [None, None],
        }
    }

    /// The axons, the thinnest first.
    pub fn axons(&self) -> &[Axon] {
        &self.axons
    }

    /// Where the centre of a contact lies now, mm; none for the case, which is far away.
    pub fn contact_mm(&self, index: usize) -> Option<Point3<f64>> {
        self.contacts_mm[index]
    }

    /// The share of the axons that the last pulse fired.
    pub fn recruited_fraction(&self) -> f64 {
        self.recruited as f64 / self.axons.len() as f64
    }

    /// The largest share of the axons that a pulse has fired.
    pub fn recruited_most_fraction(&self) -> f64 {
        self.recruited_most as f64 / self.axons.len() as f64
    }

    fn fired(&mut self, count: usize) {
        self.recruited = count;
        self.recruited_most = self.recruited_most.max(count);
    }

    /// Adds whom a run of pulses fires to `volleys`. Pulses so close that axons are refractory are taken one by one.
    pub fn recruit(&mut self, run: &Run<DeliveredPulse>, volleys: &mut Vec<Run<Volley>>) {
        let pulse = &run.first;
        let amplitude_na = pulse.waveform.stimulus().current_na.abs();
        let fired = if amplitude_na == 0 { FiringSet::default() } else { self.above_threshold(pulse, amplitude_na) };
        self.fired(fired.len());
        if fired.is_empty() {
            return;
        }
        let is_close = |earlier: &Volley| pulse.at - earlier.at < self.refractory;
        if run.period >= self.refractory && !self.recent.iter().any(is_close) {
            volleys.push(run.with(Volley { at: pulse.at, fired }));
            self.recent.clear();
            self.recent.push(Volley { at: pulse.at + run.period * (run.count - 1), fired });
            return;
        }
        for i in 0..run.count {
            self.recruit_one(Volley { at: pulse.at + run.period * i, fired }, volleys);
        }
    }

    fn recruit_one(&mut self, mut volley: Volley, volleys: &mut Vec<Run<Volley>>) {
        self.recent.retain(|earlier| volley.at - earlier.at < self.refractory);
        for earlier in &self.recent {
            volley.fired = volley.fired.without(earlier.fired);
        }
        self.fired(volley.fired.len());
        if !volley.fired.is_empty() {
            self.recent.push(volley);
            volleys.push(Run { first: volley, count: 1, period: SimTime::ZERO });
        }
    }

    /// Whom a pulse of that amplitude fires if nobody is refractory; the last answer serves again for the same pulse.
    fn above_threshold(&mut self, pulse: &DeliveredPulse, amplitude_na: i64) -> FiringSet {
        let polarity = usize::from(pulse.waveform.stimulus().current_na > 0);
        let here = self.tuned[polarity].as_ref().filter(|tuned| tuned.shares == pulse.shares);
        if let Some(tuned) = here.filter(|tuned| tuned.last.0 == pulse.waveform) {
            return tuned.last.1;
        }
        let shape = unit_shape(pulse.waveform);
        if here.is_none_or(|tuned| tuned.shape != shape) {
            let thresholds_na = self.thresholds_ma(shape, &pulse.shares).into_iter().map(|ma| ma * 1e6).collect();
            let last = (Waveform::default(), FiringSet::default());
            self.tuned[polarity] = Some(Tuned { shape, shares: pulse.shares, thresholds_na, last });
        }
        let tuned = self.tuned[polarity].as_mut().expect("tuned to this shape just now");
        let mut fired = FiringSet::default();
        for (unit, threshold_na) in tuned.thresholds_na.iter().enumerate() {
            if amplitude_na as f64 >= *threshold_na {
                fired.insert(unit);
            }
        }
        tuned.last = (pulse.waveform, fired);
        fired
    }

    /// The amplitude of the first phase at which each axon fires, mA, for that shape through those contacts.
    ///
    /// Each phase excites by itself; a phase that an opposite one follows needs more. What flows back through shorted
    /// terminals is too weak to matter.
    pub fn thresholds_ma(&self, waveform: Waveform, shares: &[f64; TERMINALS]) -> Vec<f64> {
        let width_us = |phase: Phase| phase.width.nanos() as f64 / 1e3;
        let lobes = lobes(&waveform);
        let tables: Vec<_> = lobes.iter().map(|&(phase, _)| self.table.at_width(width_us(phase))).collect();
        let amplitude = waveform.stimulus().current_na.abs() as f64;
        let threshold_ma = |axon: &Axon| {
            let sources = self.sources(axon, shares);
            let nearest_mm = sources.iter().map(|source| source.distance_mm).fold(f64::INFINITY, f64::min);
            let mut drives: Vec<Drive> = Vec::new();
            let mut threshold_ma = f64::INFINITY;
            for (order, &(phase, gap)) in lobes.iter().enumerate() {
                let same_width = (0..order).find(|&earlier| lobes[earlier].0.width == phase.width);
                let drive = same_width
                    .map_or_else(|| drive(axon.diameter_um, &sources, &tables[order]), |earlier| drives[earlier]);
                drives.push(drive);
                let per_ma = if phase.current_na < 0 { drive.cathodic } else { drive.anodic };
                let opposite = |later: &&(Phase, SimTime)| later.0.current_na.signum() != phase.current_na.signum();
                let followed = lobes.get(order + 1).filter(opposite).map_or(1.0, |(later, _)| {
                    let times = phase.current_na.abs() as f64 / later.current_na.abs() as f64;
                    let gap_us = gap.nanos() as f64 / 1e3;
                    biphasic_ratio(axon.diameter_um, nearest_mm, width_us(phase), gap_us, times)
                });
                let relative = phase.current_na.abs() as f64 / amplitude;
                threshold_ma = threshold_ma.min(followed / (per_ma * relative));
            }
            threshold_ma * self.conductivity_s_per_m / TABLE_S_PER_M * self.encapsulation
        };
        self.axons.iter().map(threshold_ma).collect()
    }

    /// The lead has moved since the implant, mm: towards its tip, and away from the nerve.
    pub fn move_lead(&mut self, (along_mm, across_mm): (f64, f64)) {
        let implanted = self.implanted_mm;
        let [tip, .., end] = implanted;
        let along = (tip - end).normalize();
        let middle = Point3::from((tip.coords + end.coords) / 2.0);
        let to_lead = middle - self.axis_mm;
        // Across both lead and nerve: the way on which every contact gets further from the nerve. A lead along the
        // nerve
        // has only its distance to go by.
        let away = match along.cross(&self.direction).try_normalize(1e-6) {
            Some(across) if across.dot(&to_lead) < 0.0 => -across,
            Some(across) => across,
            None => {
                let distance = to_lead - along * to_lead.dot(&along);
                distance.try_normalize(1e-9).unwrap_or_else(Vector3::z)
            }
        };
        for (contact, implanted) in self.contacts_mm.iter_mut().zip(implanted) {
            *contact = Some(implanted + along * along_mm + away * across_mm);
        }
        self.tuned = [None, None];
    }

    /// Encapsulation has raised all thresholds by that factor.
    pub fn set_encapsulation(&mut self, factor: f64) {
        self.encapsulation = factor;
        self.tuned = [None, None];
    }

    /// The contacts that carry current, as an axon sees them. The case is too far away to matter.
    fn sources(&self, axon: &Axon, shares: &[f64; TERMINALS]) -> Vec<SourcePoint> {
        self.contacts_mm
            .iter()
            .zip(shares)
            .filter_map(|(contact, &share_ma)| contact.filter(|_| share_ma != 0.0).map(|contact| (contact, share_ma)))
            .map(|(contact, share_ma)| {
                let to_contact = contact - axon.through_mm;
                let along_mm = to_contact.dot(&self.direction);
                // A contact is a ring: no axon is nearer to its centre than its radius.
                let distance_mm = (to_contact - self.direction * along_mm).norm().max(self.contact_radius_mm);
                SourcePoint { distance_mm, along_mm, share_ma }
            })
            .collect()
    }

    /// Checks that every threshold is a threshold.
    ///
    /// # Errors
    /// Which axon has none, with its value.
    pub fn check(&self) -> Result<(), String> {
        for tuned in self.tuned.iter().flatten() {
            if let Some(unit) = tuned.thresholds_na.iter().position(|threshold| threshold.is_nan() || *threshold <= 0.0)
            {
                return Err(format!("axon {}: threshold {} nA", unit + 1, tuned.thresholds_na[unit]));
            }
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        for contact in self.contacts_mm.iter().flatten() {
            w.numbers("contact_mm", &[contact.x, contact.y, contact.z]);
        }
        w.number("encapsulation", self.encapsulation);
        w.count("recruited", self.recruited as u64);
        w.count("recruited_most", self.recruited_most as u64);
        w.count("recent", self.recent.len() as u64);
        if let Some(last) = self.recent.last() {
            w.time("last_volley", Some(last.at));
            last.fired.write_state(w);
        }
    }
}
