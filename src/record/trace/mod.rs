//! Traces on disk, a file for each recording, whose ending tells the format. `docs/formats.md` describes each.
//!
//! Every format holds the samples of the recording, with their instants and units. MCAP and EDF+ also hold the events
//! of the run and the trains of pulses.

mod csv;
mod edf;
mod edf_fields;
mod mcap;
mod parquet;
mod sto;

use std::path::Path;

use crate::record::events::Event;
use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trains::Train;
use crate::time::DayClock;

/// Why a trace cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The CSV writer cannot go on.
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
    /// The Parquet writer cannot go on.
    #[error(transparent)]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// The MCAP writer cannot go on.
    #[error(transparent)]
    Mcap(#[from] ::mcap::McapError),
    /// The format has no way to say this.
    #[error("{0}")]
    Unfit(String),
}

/// The format of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// MCAP, as Foxglove opens it.
    Mcap,
    /// EDF+, as EDFbrowser opens it.
    Edf,
    /// OpenSim's storage file.
    Sto,
}

impl Format {
    /// Every format.
    const ALL: [Self; 5] = [Self::Csv, Self::Parquet, Self::Mcap, Self::Edf, Self::Sto];

    /// What each is called, and the ending of its files, without the dot.
    pub const KINDS: [(&'static str, &'static str); 5] =
        [("CSV", "csv"), ("Parquet", "parquet"), ("MCAP", "mcap"), ("EDF+", "edf"), ("OpenSim", "sto")];

    /// The format of a file of that name.
    pub fn of(file: &str) -> Option<Self> {
        let (_, ending) = file.rsplit_once('.')?;
        Self::KINDS.iter().position(|(_, known)| *known == ending).map(|place| Self::ALL[place])
    }

    /// `.csv, .parquet, …`, for messages.
    pub fn endings() -> String {
        let all = Self::KINDS.map(|(_, ending)| format!(".{ending}"));
        let (last, others) = all.split_last().expect("there are several formats");
        format!("{} or {last}", others.join(", "))
    }

    /// Whether a file of this format can hold a recording.
    ///
    /// # Errors
    /// What stands against it, with what to do.
    pub fn check(self, recording: &Recording, clock: DayClock) -> Result<(), String> {
        if self == Self::Edf { edf::check(recording, clock) } else { Ok(()) }
    }
}

/// The run that a trace is of, as it is known at its end.
#[derive(Clone, Debug)]
pub struct About {
    /// `stimtwin` and its version.
    pub program: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The digest, 16 hexadecimal digits.
    pub digest: String,
    /// The clock of the scenario.
    pub clock: DayClock,
}

/// A trace of one format while it is written.
trait Trace {
    /// Appends samples.
    fn append(&mut self, rows: &Rows) -> Result<(), TraceError>;

    /// Hears what happened: before the samples of the same time, each thing once, in the order of time.
    fn hear(&mut self, _events: &[Event], _trains: &[Train], _clock: DayClock) -> Result<(), TraceError> {
        Ok(())
    }

    /// Ends the trace.
    fn finish(self: Box<Self>, about: &About) -> Result<(), TraceError>;
}

/// A trace that is being written.
pub struct TraceWriter(Box<dyn Trace>);

impl TraceWriter {
    /// Begins the trace of a recording in that file, which must be new.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(path: &Path, recording: &Recording) -> Result<Self, TraceError> {
        let file = std::fs::File::create_new(path)?;
        Ok(Self(match Format::of(&recording.file).unwrap_or(Format::Csv) {
            Format::Csv => Box::new(csv::CsvTrace::new(file, recording)?),
            Format::Parquet => Box::new(parquet::ParquetTrace::new(file, recording)?),
            Format::Mcap => Box::new(mcap::McapTrace::new(file, recording)?),
            Format::Edf => Box::new(edf::EdfTrace::new(path, file, recording)?),
            Format::Sto => Box::new(sto::StoTrace::new(file, recording)?),
        }))
    }

    /// Appends samples.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        self.0.append(rows)
    }

    /// Hears what happened since the last time, before the samples of that time are appended.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn hear(&mut self, events: &[Event], trains: &[Train], clock: DayClock) -> Result<(), TraceError> {
        self.0.hear(events, trains, clock)
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// The file cannot be written, or the format has no way to say what was recorded.
    pub fn finish(self, about: &About) -> Result<(), TraceError> {
        self.0.finish(about)
    }
}

/// The units that end the names of probes, the longer before those that they end in, and how a person writes each.
const UNITS: [(&str, &str); 13] = [
    ("_nm_per_rad", "Nm/rad"),
    ("_nm", "Nm"),
    ("_n_s", "N.s"),
    ("_mah", "mAh"),
    ("_ma", "mA"),
    ("_uc", "uC"),
    ("_ohm", "Ohm"),
    ("_n", "N"),
    ("_v", "V"),
    ("_s", "s"),
    ("_fraction", "fraction"),
    ("_count", "count"),
    ("_code", "code"),
];

/// The name of a probe without its unit, and the unit; ASCII.
fn unit_of(probe: &str) -> (&str, &'static str) {
    let known = UNITS.iter().find_map(|(ending, unit)| Some((probe.strip_suffix(ending)?, *unit)));
    known.unwrap_or((probe, ""))
}

/// An instant or a span in seconds, exact, in the shortest way: `0.05`.
fn seconds(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{rest:09}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::probe::Probe;

    #[test]
    fn verif_every_probe_has_a_unit() {
        for probe in Probe::all() {
            assert!(!unit_of(&probe.name).1.is_empty(), "{}", probe.name);
        }
        assert_eq!(unit_of("left.impulse_n_s"), ("left.impulse", "N.s"));
        assert_eq!(unit_of("left.unit_12.force_n"), ("left.unit_12.force", "N"));
    }

    #[test]
    fn verif_seconds_are_exact() {
        assert_eq!(seconds(0), "0");
        assert_eq!(seconds(50_000_000), "0.05");
        assert_eq!(seconds(-1_500_000_001), "-1.500000001");
        assert_eq!(Format::of("a.b.edf"), Some(Format::Edf));
        assert_eq!(Format::of("traces.edfx"), None);
        assert_eq!(Format::endings(), ".csv, .parquet, .mcap, .edf or .sto");
    }
}
