//! A trace as EDF+: 16-bit samples between physical limits, and annotations, as laboratories read them
//! (edfplus.info; Kemp and Olivan 2003).
//!
//! The limits of a signal are those of its samples, which are known at the end only: until then samples wait as doubles
//! in one file beside the trace, and annotations in another.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::record::events::Event;
use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trace::edf_fields::{
    annotation, label, limits, record_of, start_of, text_of_event, text_of_train, word,
};
use crate::record::trace::{About, Trace, TraceError, seconds, unit_of};
use crate::record::trains::Train;
use crate::time::{DayClock, SimTime};

/// The bytes of samples in a data record: EDF asks for 61 440 with the annotations.
const RECORD_BYTES: usize = 60_000;

/// The fewest bytes of annotations in a data record (ours).
const LEAST_NOTE_BYTES: usize = 64;

/// Steps from the lower to the upper limit of a signal.
const STEPS: f64 = 65_535.0;

/// The most data records that a header can count.
const MOST_RECORDS: i64 = 99_999_999;

/// Whether EDF can hold a recording.
///
/// # Errors
/// What stands against it, with what to do.
pub fn check(recording: &Recording, clock: DayClock) -> Result<(), String> {
    let Recording { every, from, until, probes, .. } = recording;
    let Some((_, samples)) = record_of(*every, probes.len().max(1), RECORD_BYTES) else {
        return Err(format!(
            "every is {every}, and no data record of EDF, whose span has eight characters, holds a whole number of \
             that; choose a whole number of microseconds, or .csv"
        ));
    };
    if (*until - *from).nanos() / every.nanos() / samples >= MOST_RECORDS {
        return Err("EDF counts 99999999 data records at most; choose a longer every, or .csv".to_string());
    }
    start_of(*from, clock).map(|_| ())
}

/// A column of the recording.
struct Signal {
    probe: String,
    min: f64,
    max: f64,
}

/// An EDF+ file while it is written.
pub struct EdfTrace {
    file: BufWriter<File>,
    paths: [PathBuf; 2],
    samples: BufWriter<File>,
    notes: BufWriter<File>,
    signals: Vec<Signal>,
    rows: u64,
    /// The bytes of all annotations and of the longest.
    note_bytes: usize,
    longest_note: usize,
    recording: Recording,
}

impl EdfTrace {
    /// Begins the file, and those beside it.
    pub fn new(path: &Path, file: File, recording: &Recording) -> Result<Self, TraceError> {
        let paths = ["samples", "notes"].map(|kind| {
            let mut name = path.as_os_str().to_os_string();
            name.push(format!(".{kind}"));
            PathBuf::from(name)
        });
        let signal = |probe: String| Signal { probe, min: f64::INFINITY, max: f64::NEG_INFINITY };
        Ok(Self {
            file: BufWriter::new(file),
            samples: BufWriter::new(File::create(&paths[0])?),
            notes: BufWriter::new(File::create(&paths[1])?),
            paths,
            signals: recording.probes.iter().map(|probe| signal(probe.name.clone())).collect(),
            rows: 0,
            note_bytes: 0,
            longest_note: 0,
            recording: recording.clone(),
        })
    }

    /// The whole second that the header shows: the one in which the first sample lies.
    fn second(&self, clock: DayClock) -> SimTime {
        let of_day = clock.since_midnight(self.recording.from);
        self.recording.from - SimTime::from_nanos(of_day.nanos().rem_euclid(SimTime::SECOND.nanos()))
    }

    fn note(&mut self, at: SimTime, lasts: Option<SimTime>, text: &str, clock: DayClock) -> Result<(), TraceError> {
        let list = annotation(at - self.second(clock), lasts, text);
        self.note_bytes += list.len();
        self.longest_note = self.longest_note.max(list.len());
        self.notes.write_all(&(list.len() as u32).to_le_bytes())?;
        Ok(self.notes.write_all(&list)?)
    }

    /// Whether something happened while samples were taken.
    fn is_within(&self, at: SimTime) -> bool {
        (self.recording.from..=self.recording.until).contains(&at)
    }
}

impl Trace for EdfTrace {
    fn append(&mut self, rows: &Rows) -> Result<(), TraceError> {
        for i in 0..rows.times.len() {
            for (signal, column) in self.signals.iter_mut().zip(&rows.columns) {
                let value = column[i];
                if !value.is_finite() {
                    let (probe, at) = (&signal.probe, rows.times[i]);
                    return Err(TraceError::Unfit(format!("{probe} is {value} at {at}, which EDF cannot say")));
                }
                (signal.min, signal.max) = (signal.min.min(value), signal.max.max(value));
                self.samples.write_all(&value.to_le_bytes())?;
            }
        }
        self.rows += rows.times.len() as u64;
        Ok(())
    }

    fn hear(&mut self, events: &[Event], trains: &[Train], clock: DayClock) -> Result<(), TraceError> {
        for event in events.iter().filter(|event| self.is_within(event.at)).collect::<Vec<_>>() {
            self.note(event.at, None, &text_of_event(event), clock)?;
        }
        for train in trains.iter().filter(|train| self.is_within(train.first)).collect::<Vec<_>>() {
            self.note(train.first, Some(train.last - train.first), &text_of_train(train), clock)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, about: &About) -> Result<(), TraceError> {
        if self.rows > 0 {
            let last = self.recording.from + self.recording.every * (self.rows as i64 - 1);
            self.note(last, None, "last sample", about.clock)?;
        }
        self.samples.flush()?;
        self.notes.flush()?;
        let written = Finished::of(&self, about)?.write(&mut self.file, &self.paths);
        self.file.flush()?;
        for path in &self.paths {
            fs::remove_file(path)?;
        }
        written
    }
}

/// What is known of an EDF+ file at its end.
struct Finished {
    header: String,
    /// The lower limit of each signal and the span between its limits.
    scales: Vec<(f64, f64)>,
    rows: u64,
    samples: usize,
    records: u64,
    note_bytes: usize,
    first: SimTime,
    span: SimTime,
}

impl Finished {
    fn of(trace: &EdfTrace, about: &About) -> Result<Self, TraceError> {
        let Recording { every, from, .. } = trace.recording;
        let unfit = |why: &str| TraceError::Unfit(why.to_string());
        let (span, samples) = record_of(every, trace.signals.len(), RECORD_BYTES)
            .ok_or_else(|| unfit("no data record of EDF holds a whole number of samples"))?;
        let records = trace.rows.div_ceil(samples.unsigned_abs());
        let mut texts = Vec::new();
        for Signal { probe, min, max } in &trace.signals {
            let (min, max) = if trace.rows == 0 { (0.0, 0.0) } else { (*min, *max) };
            let limits = limits(min, max).ok_or_else(|| {
                unfit(&format!("{probe} goes from {min} to {max}, and EDF has eight characters for a limit"))
            })?;
            texts.push(limits);
        }
        let number = |text: &String| text.parse::<f64>().expect("limits are written as numbers");
        let scales = texts.iter().map(|[low, high]| (number(low), number(high) - number(low))).collect();
        let first = from - trace.second(about.clock);
        // Each record first says when it begins, with nine decimals at most and a point; then it takes annotations as
        // long as the next one fits.
        let clock = annotation(first + span * records as i64, None, "").len() + 10;
        let share = trace.note_bytes.div_ceil(records.max(1) as usize);
        let note_bytes = (clock + share + trace.longest_note).max(LEAST_NOTE_BYTES).next_multiple_of(2);
        let layout = Layout { texts: &texts, records, samples, span, note_bytes };
        let header = header(trace, about, &layout).map_err(TraceError::Unfit)?;
        Ok(Self { header, scales, rows: trace.rows, samples: samples as usize, records, note_bytes, first, span })
    }

    fn write(&self, file: &mut impl Write, paths: &[PathBuf; 2]) -> Result<(), TraceError> {
        file.write_all(self.header.as_bytes())?;
        let mut samples = BufReader::new(File::open(&paths[0])?);
        let mut notes = BufReader::new(File::open(&paths[1])?);
        let signals = self.scales.len();
        let mut columns = vec![vec![0_u8; 2 * self.samples]; signals];
        let (mut left, mut waiting) = (self.rows, next_note(&mut notes)?);
        let mut row = vec![0_u8; 8 * signals];
        for record in 0..self.records {
            for i in 0..self.samples {
                // The last record is filled up with the last sample.
                if left > 0 {
                    samples.read_exact(&mut row)?;
                    left -= 1;
                }
                for ((value, (low, span)), column) in row.chunks_exact(8).zip(&self.scales).zip(&mut columns) {
                    let value = f64::from_le_bytes(value.try_into().expect("chunks of eight bytes"));
                    let step = ((value - low) / span * STEPS).round().clamp(0.0, STEPS) - 32_768.0;
                    column[2 * i..2 * i + 2].copy_from_slice(&(step as i16).to_le_bytes());
                }
            }
            for column in &columns {
                file.write_all(column)?;
            }
            let mut list = annotation(self.first + self.span * record as i64, None, "");
            while let Some(note) = waiting.take_if(|note| list.len() + note.len() <= self.note_bytes) {
                list.extend_from_slice(&note);
                waiting = next_note(&mut notes)?;
            }
            list.resize(self.note_bytes, 0);
            file.write_all(&list)?;
        }
        Ok(())
    }
}

fn next_note(notes: &mut impl Read) -> Result<Option<Vec<u8>>, TraceError> {
    let mut length = [0; 4];
    match notes.read_exact(&mut length) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        outcome => outcome?,
    }
    let mut note = vec![0; u32::from_le_bytes(length) as usize];
    notes.read_exact(&mut note)?;
    Ok(Some(note))
}

/// How the data of a file are laid out.
struct Layout<'a> {
    texts: &'a [[String; 2]],
    records: u64,
    samples: i64,
    span: SimTime,
    note_bytes: usize,
}

/// The header: 256 bytes, and as many for each signal.
fn header(trace: &EdfTrace, about: &About, layout: &Layout<'_>) -> Result<String, String> {
    let start = start_of(trace.recording.from, about.clock)?;
    let count = trace.signals.len() + 1;
    let equipment = word(&about.program);
    let named: String = word(&about.scenario).chars().take(80 - 27 - equipment.len()).collect();
    let recording = format!("Startdate {} {named} X {equipment}", start.spelt);
    let mut header = String::new();
    let mut field = |text: &str, width: usize| header.push_str(&format!("{text:<width$.width$}"));
    for (text, width) in [
        ("0", 8),
        ("X X X X", 80),
        (recording.as_str(), 80),
        (start.date.as_str(), 8),
        (start.time.as_str(), 8),
        ((256 * (count + 1)).to_string().as_str(), 8),
        ("EDF+C", 44),
        (layout.records.to_string().as_str(), 8),
        (seconds(layout.span.nanos()).as_str(), 8),
        (count.to_string().as_str(), 4),
    ] {
        field(text, width);
    }
    // Each field for all signals, the annotations last; the whole name of a probe stands where a transducer would.
    let mut fields = |of: &dyn Fn(usize, &Signal) -> String, of_notes: &str, width: usize| {
        trace.signals.iter().enumerate().for_each(|(i, signal)| field(&of(i, signal), width));
        field(of_notes, width);
    };
    fields(&|_, signal| label(&signal.probe), "EDF Annotations", 16);
    fields(&|_, signal| signal.probe.clone(), "", 80);
    fields(&|_, signal| unit_of(&signal.probe).1.to_string(), "", 8);
    fields(&|i, _| layout.texts[i][0].clone(), "-1", 8);
    fields(&|i, _| layout.texts[i][1].clone(), "1", 8);
    fields(&|_, _| "-32768".to_string(), "-32768", 8);
    fields(&|_, _| "32767".to_string(), "32767", 8);
    fields(&|_, _| String::new(), "", 80);
    fields(&|_, _| layout.samples.to_string(), &(layout.note_bytes / 2).to_string(), 8);
    fields(&|_, _| String::new(), "", 32);
    Ok(header)
}
