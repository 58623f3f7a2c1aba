//! What the scopes draw: samples, pulses, volleys and events as they come, in bounded memory.
//!
//! The session tells what happened in the order of time: pulses, volleys and events of the time that has passed, then
//! [`Memory::reached`]. What it tells twice, because it went back to a checkpoint and over known ground again, counts
//! once. It says [`Memory::goes_again_from`] when it goes back, so that details long dropped are kept again, and
//! [`Memory::forget_from`] when the future is to be another one.
//!
//! Bounds: [`pyramid::MOST_SAMPLES`] samples as they are, older ones as ever coarser blocks of least and largest;
//! [`MOST_PULSES`] runs of equal pulses and [`MOST_VOLLEYS`] of volleys a side; [`MOST_EVENTS`] events.

mod columns;
mod pulses;
pub mod pyramid;
mod raster;
pub mod repeats;

use crate::device::pulse::{Run, Waveform};
use crate::lead::conductor::DeliveredPulse;
use crate::nerve::volley::{FiringSet, Volley};
use crate::record::events::Event;
use crate::record::probe::Probe;
use crate::side::{BySide, Side};
use crate::time::SimTime;
use pyramid::{Block, Pyramid};
use repeats::{History, Repeats};

pub use columns::Column;
pub use pulses::{PulseQuantity, PulseShape};
pub use raster::Raster;

/// Runs of equal pulses that are kept for a side.
pub const MOST_PULSES: usize = 50_000;
/// Runs of equal volleys that are kept for a side.
pub const MOST_VOLLEYS: usize = 50_000;
/// Events that are kept.
pub const MOST_EVENTS: usize = 20_000;

/// Equal pulses at even intervals, as they flowed.
#[derive(Clone, Debug, PartialEq)]
pub struct PulsePicture {
    /// The instant at which the first of them begins.
    pub at: SimTime,
    /// The lead that they went to.
    pub side: Side,
    /// What flowed.
    pub phases: Waveform,
    /// Amplitude that the program asks for, nA, without sign.
    pub asked_na: i64,
    /// Voltage at the outputs: time since the pulse began, and V; drawn as straight lines in between.
    pub load_v: Vec<(SimTime, f64)>,
    /// How many there are, one at least.
    pub count: i64,
    /// From one to the next.
    pub period: SimTime,
}

impl PulsePicture {
    /// Pulses of a side as they were delivered, the amplitude that was asked of them, and their voltage, where it was
    /// looked at.
    pub fn new(side: Side, run: &Run<DeliveredPulse>, asked_na: i64, load_v: Vec<(SimTime, f64)>) -> Self {
        let DeliveredPulse { at, waveform, .. } = run.first;
        Self { at, side, phases: waveform, asked_na, load_v, count: run.count, period: run.period }
    }
}

/// What is remembered of a simulation.
#[derive(Clone, Debug)]
pub struct Memory {
    probes: Vec<Probe>,
    samples: Pyramid,
    pulses: BySide<History<PulseShape>>,
    volleys: BySide<History<FiringSet>>,
    events: Vec<Event>,
    reached: SimTime,
    version: u64,
    epoch: u64,
}

impl Memory {
    /// Remembers nothing yet; the probes are those of each sample, in that order.
    pub fn new(probes: Vec<Probe>) -> Self {
        Self {
            samples: Pyramid::new(probes.len()),
            probes,
            pulses: BySide::new(|_| History::new(MOST_PULSES)),
            volleys: BySide::new(|_| History::new(MOST_VOLLEYS)),
            events: Vec::new(),
            reached: SimTime::ZERO,
            version: 0,
            epoch: 0,
        }
    }

    /// What is sampled.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// A number that changes with what is remembered.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// A number that changes when what was remembered of the past becomes another: after a branch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Takes a sample of every probe; one that is not later than the newest is known already.
    pub fn sample(&mut self, at: SimTime, values: &[f64]) {
        if self.samples.newest().is_none_or(|newest| newest < at) {
            self.samples.push(at, values);
            self.version += 1;
        }
        self.reached(at);
    }

    /// Takes pulses.
    pub fn pulse(&mut self, picture: PulsePicture) {
        let PulsePicture { at, side, phases, asked_na, load_v, count, period } = picture;
        self.pulses[side].push(Repeats { at, count, period, what: PulseShape::new(phases, asked_na, load_v) });
        self.version += 1;
    }

    /// Takes the volleys of a side.
    pub fn volleys(&mut self, side: Side, run: Run<Volley>) {
        let Run { first, count, period } = run;
        self.volleys[side].push(Repeats { at: first.at, count, period, what: first.fired });
        self.version += 1;
    }

    /// Takes an event.
    pub fn event(&mut self, event: Event) {
        let later = self.events.last().is_none_or(|newest| newest.at < event.at);
        let same_instant = self.events.iter().rev().take_while(|known| known.at >= event.at);
        let newest_at = self.events.last().map(|newest| newest.at);
        if later || (newest_at == Some(event.at) && !same_instant.into_iter().any(|known| *known == event)) {
            self.events.push(event);
            self.version += 1;
        }
        if self.events.len() > MOST_EVENTS {
            self.events.drain(..MOST_EVENTS / 4);
        }
    }

    /// Everything before an instant has been told. A sample says so too.
    pub fn reached(&mut self, at: SimTime) {
        self.reached = self.reached.max(at);
        for side in Side::BOTH {
            self.pulses[side].reached(at);
            self.volleys[side].reached(at);
        }
    }

    /// The simulation was taken back to an instant, and goes over known ground from there.
    pub fn goes_again_from(&mut self, at: SimTime) {
        for side in Side::BOTH {
            self.pulses[side].goes_again_from(at);
            self.volleys[side].goes_again_from(at);
        }
    }

    /// Forgets everything at and after an instant: the future will be another one.
    pub fn forget_from(&mut self, at: SimTime) {
        self.samples.forget_from(at);
        for side in Side::BOTH {
            self.pulses[side].forget_from(at);
            self.volleys[side].forget_from(at);
        }
        self.events.truncate(self.events.partition_point(|event| event.at < at));
        self.reached = self.reached.min(at);
        self.version += 1;
        self.epoch += 1;
    }

    /// The newest instant that something is known of.
    pub fn head(&self) -> SimTime {
        self.reached
    }

    /// The oldest sample.
    pub fn oldest(&self) -> Option<SimTime> {
        self.samples.oldest()
    }

    /// The instant from which each sample is kept as it is; before it, they are blocks.
    pub fn fine_from(&self) -> Option<SimTime> {
        self.samples.fine_from()
    }

    /// Whether every pulse and volley of a side from one instant to another is remembered.
    pub fn remembers(&self, side: Side, from: SimTime, to: SimTime) -> bool {
        let from = from.max(SimTime::ZERO);
        self.pulses[side].remembers(from, to) && self.volleys[side].remembers(from, to)
    }

    /// The columns of a stretch: those with samples, and the neighbours outside.
    pub fn columns(&self, from: SimTime, to: SimTime, width: SimTime) -> Vec<Column> {
        self.samples.columns(from, to, width)
    }

    /// What a probe shows in columns: at most four points for each, with every spike; not a number where a gap is.
    pub fn points(&self, probe: usize, columns: &[Column], points: &mut Vec<(SimTime, f64)>) {
        self.samples.points(probe, columns, points);
    }

    /// What a probe shows from one instant to another in so many columns; for one trace alone.
    pub fn decimate(&self, probe: usize, from: SimTime, to: SimTime, columns: usize) -> Vec<(SimTime, f64)> {
        let width = SimTime::from_nanos(((to - from).nanos() / columns.max(1) as i64).max(1));
        let mut points = Vec::new();
        self.points(probe, &self.columns(from, to, width), &mut points);
        points
    }

    /// The value of a probe at an instant that has been reached, on the line that is drawn.
    pub fn value(&self, probe: usize, at: SimTime) -> Option<f64> {
        self.samples.value(probe, at).filter(|_| at <= self.reached)
    }

    /// Least, largest, area and ends of a probe between two instants.
    pub fn measure(&self, probe: usize, from: SimTime, to: SimTime) -> Block {
        self.samples.measure(probe, from, to)
    }

    /// The events from one instant up to, and without, another.
    pub fn events(&self, from: SimTime, to: SimTime) -> &[Event] {
        let first = self.events.partition_point(|event| event.at < from);
        let end = self.events.partition_point(|event| event.at < to);
        &self.events[first..end.max(first)]
    }

    /// The runs of pulses of a side that have one from one instant up to, and without, another.
    pub fn pulse_runs(&self, side: Side, from: SimTime, to: SimTime) -> impl Iterator<Item = &Repeats<PulseShape>> {
        self.pulses[side].within(from, to)
    }

    /// The runs of volleys of a side that have one from one instant up to, and without, another.
    pub fn volley_runs(&self, side: Side, from: SimTime, to: SimTime) -> impl Iterator<Item = &Repeats<FiringSet>> {
        self.volleys[side].within(from, to)
    }
}

#[cfg(test)]
mod tests;
