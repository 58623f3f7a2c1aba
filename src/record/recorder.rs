//! The recorder: takes samples at exact instants and keeps them until somebody writes them away.

use bevy::ecs::resource::Resource;

use crate::record::probe::{Probe, Recording};
use crate::time::SimTime;

/// Samples of one recording: a column for each probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The instants.
    pub times: Vec<SimTime>,
    /// The values, a vector for each probe.
    pub columns: Vec<Vec<f64>>,
}

impl Rows {
    /// Forgets the samples, and keeps the memory.
    pub fn clear(&mut self) {
        self.times.clear();
        self.columns.iter_mut().for_each(Vec::clear);
    }
}

/// The recordings of a scenario, and the samples taken since they were last written away.
#[derive(Clone, Debug, Resource)]
pub struct Recorder {
    recordings: Vec<Recording>,
    next: Vec<Option<SimTime>>,
    rows: Vec<Rows>,
    earliest: Option<SimTime>,
}

impl Recorder {
    /// A recorder of those recordings.
    pub fn new(recordings: &[Recording]) -> Self {
        let next: Vec<_> = recordings.iter().map(|recording| recording.next_sample(SimTime::ZERO)).collect();
        let rows = recordings
            .iter()
            .map(|recording| Rows { times: Vec::new(), columns: vec![Vec::new(); recording.probes.len()] })
            .collect();
        let earliest = next.iter().copied().flatten().min();
        Self { recordings: recordings.to_vec(), next, rows, earliest }
    }

    /// The instant of the next sample.
    pub fn next_sample(&self) -> Option<SimTime> {
        self.earliest
    }

    /// Whether a probe of the spine is sampled.
    pub fn reads_spine(&self) -> bool {
        self.recordings.iter().flat_map(|recording| &recording.probes).any(|probe| probe.name.starts_with("spine."))
    }

    /// The samples so far, to be read and cleared.
    pub fn rows_mut(&mut self) -> &mut [Rows] {
        &mut self.rows
    }

    /// Samples every recording that is due.
    pub fn sample(&mut self, at: SimTime, mut read: impl FnMut(&Probe) -> f64) {
        for ((recording, next), rows) in self.recordings.iter().zip(&mut self.next).zip(&mut self.rows) {
            if *next != Some(at) {
                continue;
            }
            rows.times.push(at);
            for (probe, column) in recording.probes.iter().zip(&mut rows.columns) {
                column.push(read(probe));
            }
            *next = recording.next_sample(at + SimTime::from_nanos(1));
        }
        self.earliest = self.next.iter().copied().flatten().min();
    }
}
