//! A kept trace that a probe is held against, sample by sample.

use std::path::Path;
use std::sync::Arc;

use crate::expect::bounds::{Bounds, told};
use crate::expect::sketch::Sketch;
use crate::expect::verdict::{Outcome, Teller};
use crate::record::probe::{Probe, Recording};
use crate::time::SimTime;

/// How far a sample may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// So much, in the probe's unit.
    Absolute(f64),
    /// So many percent of the kept value.
    Percent(f64),
}

impl Tolerance {
    fn bounds(self, kept: f64) -> Bounds {
        match self {
            Self::Absolute(tolerance) => Bounds::around(kept, tolerance),
            Self::Percent(percent) => Bounds::around_percent(kept, percent),
        }
    }
}

impl std::fmt::Display for Tolerance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absolute(tolerance) => f.write_str(&told(*tolerance)),
            Self::Percent(percent) => write!(f, "{} %", told(*percent)),
        }
    }
}

/// A column of a trace that was kept, on its grid of instants.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTrace {
    /// The file, as the scenario names it.
    pub file: String,
    /// The first instant.
    pub from: SimTime,
    /// From one to the next.
    pub every: SimTime,
    /// The values.
    pub values: Arc<[f64]>,
}

/// The largest trace that is read, bytes (ours).
const MAX_BYTES: u64 = 256 << 20;

impl KeptTrace {
    /// Reads the column of a probe from a CSV as `stimtwin run` writes it.
    ///
    /// # Errors
    /// What is wrong, in a sentence without the file's name.
    pub fn read(path: &Path, probe: &str) -> Result<Self, String> {
        let metadata = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
        if metadata.len() > MAX_BYTES {
            return Err(format!("has {} bytes; at most {MAX_BYTES} are read", metadata.len()));
        }
        let mut reader = csv::Reader::from_path(path).map_err(|error| format!("cannot be read: {error}"))?;
        let header = reader.headers().map_err(|error| format!("cannot be read: {error}"))?.clone();
        let column = |name: &str| {
            let names: Vec<&str> = header.iter().collect();
            let place = names.iter().position(|column| *column == name);
            if names.iter().filter(|column| **column == name).count() > 1 {
                return Err(format!("has the column {name} twice"));
            }
            place.ok_or_else(|| format!("has no column {name}; its columns are {}", names.join(", ")))
        };
        let (time, value) = (column("time_ns")?, column(probe)?);
        let (mut times, mut values) = (Vec::new(), Vec::new());
        for (index, row) in reader.records().enumerate() {
            let line = index + 2;
            let row = row.map_err(|error| format!("line {line} cannot be read: {error}"))?;
            let wrong = |name: &str, found: &str| format!("line {line}: {name} is {found:?}; a number is expected");
            times.push(row[time].parse::<i64>().map_err(|_| wrong("time_ns", &row[time]))?);
            let number = row[value].parse::<f64>().ok().filter(|number| number.is_finite());
            values.push(number.ok_or_else(|| wrong(probe, &row[value]))?);
        }
        let &[first, second, ..] = &times[..] else {
            return Err(format!("has {} rows; two are needed to know how often it was sampled", times.len()));
        };
        let every = second - first;
        let off = times.windows(2).position(|pair| pair[1] - pair[0] != every || every <= 0);
        if let Some(row) = off {
            return Err(format!("line {}: its instants are not evenly spaced, every {every} ns", row + 3));
        }
        if first < 0 {
            return Err(format!("begins at {first} ns, before the start"));
        }
        let (from, every) = (SimTime::from_nanos(first), SimTime::from_nanos(every));
        Ok(Self { file: path.display().to_string(), from, every, values: values.into() })
    }

    /// The last instant.
    pub fn until(&self) -> SimTime {
        self.from + self.every * (self.values.len() as i64 - 1)
    }
}

/// A probe is the same as a kept trace, within a tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceExpectation {
    /// The probe.
    pub probe: Probe,
    /// What was kept.
    pub kept: KeptTrace,
    /// How far each sample may be off.
    pub tolerance: Tolerance,
}

impl TraceExpectation {
    /// The expectation in words.
    pub fn told(&self, teller: Teller) -> String {
        let Self { probe, kept, tolerance } = self;
        let stretch = teller.stretch(kept.from, kept.until());
        format!("{} as in {} within {tolerance}, every {} {stretch}", probe.name, kept.file, kept.every)
    }

    /// What is to be sampled for it.
    pub fn recording(&self) -> Recording {
        let KeptTrace { from, every, .. } = self.kept;
        Recording { file: String::new(), every, from, until: self.kept.until(), probes: vec![self.probe.clone()] }
    }
}

/// A comparison with a kept trace while the run goes on.
#[derive(Clone, Debug)]
pub struct TraceWatch {
    expected: TraceExpectation,
    compared: usize,
    furthest: (f64, SimTime),
    /// The first sample that is off: its instant, its value and the kept one.
    missed: Option<(SimTime, f64, f64)>,
    sketch: Sketch,
}

impl TraceWatch {
    /// Nothing has been compared yet.
    pub fn new(expected: TraceExpectation) -> Self {
        let sketch = Sketch::new(expected.kept.every);
        Self { expected, compared: 0, furthest: (0.0, SimTime::ZERO), missed: None, sketch }
    }

    /// A sample was taken; they come in the order of time.
    pub fn sample(&mut self, at: SimTime, value: f64) {
        let Some(&kept) = self.expected.kept.values.get(self.compared) else { return };
        self.compared += 1;
        let off = value - kept;
        self.sketch.add(at, off);
        if off.abs() > self.furthest.0 {
            self.furthest = (off.abs(), at);
        }
        if self.missed.is_none() && !self.expected.tolerance.bounds(kept).hold(value) {
            self.missed = Some((at, value, kept));
        }
    }

    /// What came of it.
    pub fn outcome(&self, teller: Teller) -> Outcome {
        let (off, at) = self.furthest;
        let count = self.compared;
        let furthest = if off > 0.0 {
            format!("off by {} at most, at {}", told(off), teller.at(at))
        } else {
            format!("the same, {count} samples")
        };
        if let Some((at, value, kept)) = self.missed {
            let seen = format!("{} where {} was kept, at {}; {furthest}", told(value), told(kept), teller.at(at));
            let bounds = match self.expected.tolerance {
                Tolerance::Absolute(tolerance) => Some(Bounds::around(0.0, tolerance)),
                Tolerance::Percent(_) => None,
            };
            let name = format!("{} without what was kept", self.expected.probe.name);
            return Outcome { met: Some(false), seen, at: Some(at), plot: self.sketch.plot(&name, bounds.as_ref()) };
        }
        if self.compared < self.expected.kept.values.len() {
            return Outcome::unjudged(format!("{furthest}, until the run ended before the trace"));
        }
        Outcome { met: Some(true), seen: furthest, at: None, plot: None }
    }
}
