//! The folder that a run writes its results to.
//!
//! Every file is written under a name ending in `.partial` and gets its own when the run is over; `summary.json` comes
//! last. A run that fails or is killed leaves no file that looks whole, and no summary.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::record::events::{Event, EventLine};
use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trace::{About, TraceError, TraceWriter};
use crate::record::trains::Train;
use crate::run::summary::Summary;
use crate::sim::{Simulation, Window};
use crate::time::DayClock;

/// Why results cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The folder has something in it.
    #[error("{}: is not empty; name another folder, or add --overwrite to replace its results", .0.display())]
    NotEmpty(PathBuf),
    /// A file or folder cannot be written.
    #[error("{}: cannot be written: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
    /// A trace cannot be written.
    #[error("{}: cannot be written: {}", .0.display(), .1)]
    Trace(PathBuf, TraceError),
}

/// The names of the results' own files.
const EVENTS: &str = "events.jsonl";
const SUMMARY: &str = "summary.json";
const DEVICE_LOG: &str = "device.log";
const DEVICE_LINES: &str = "device.jsonl";

/// A run's results while they are written.
pub struct Output {
    folder: PathBuf,
    events: BufWriter<File>,
    traces: Vec<(String, TraceWriter)>,
}

fn partial(folder: &Path, file: &str) -> PathBuf {
    folder.join(format!("{file}.partial"))
}

impl Output {
    /// Begins the results of those recordings in a folder that is new or empty, or whose results may be replaced.
    ///
    /// # Errors
    /// The folder is not empty, or something cannot be written.
    pub fn create(folder: &Path, recordings: &[Recording], overwrite: bool) -> Result<Self, OutputError> {
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |error| OutputError::Io(path, error)
        };
        fs::create_dir_all(folder).map_err(at(folder))?;
        let occupied = fs::read_dir(folder).map_err(at(folder))?.next().is_some();
        if occupied && !overwrite {
            return Err(OutputError::NotEmpty(folder.to_path_buf()));
        }
        // The summary goes first: while results are replaced, none of them looks whole.
        let files: Vec<&str> = [SUMMARY, EVENTS, DEVICE_LOG, DEVICE_LINES]
            .into_iter()
            .chain(recordings.iter().map(|recording| recording.file.as_str()))
            .collect();
        for path in files.iter().flat_map(|file| [folder.join(file), partial(folder, file)]) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&path)(error)),
                _ => {}
            }
        }
        let path = partial(folder, EVENTS);
        let events = BufWriter::new(File::create_new(&path).map_err(at(&path))?);
        let mut traces = Vec::new();
        for recording in recordings {
            let path = partial(folder, &recording.file);
            let writer =
                TraceWriter::create(&path, recording).map_err(|error| OutputError::Trace(path.clone(), error))?;
            traces.push((recording.file.clone(), writer));
        }
        Ok(Self { folder: folder.to_path_buf(), events, traces })
    }

    /// Writes events, a line each, and tells them and the trains that are over to the traces, before the samples of the
    /// same time.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_events(&mut self, events: &[Event], trains: &[Train], clock: DayClock) -> Result<(), OutputError> {
        let path = partial(&self.folder, EVENTS);
        for event in events {
            let line = EventLine::new(event, clock).json();
            writeln!(self.events, "{line}").map_err(|error| OutputError::Io(path.clone(), error))?;
        }
        for (file, trace) in &mut self.traces {
            let told = trace.hear(events, trains, clock);
            told.map_err(|error| OutputError::Trace(partial(&self.folder, file), error))?;
        }
        Ok(())
    }

    /// Writes samples, those of each recording to its trace.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_rows(&mut self, rows: &[Rows]) -> Result<(), OutputError> {
        for ((file, trace), rows) in self.traces.iter_mut().zip(rows) {
            trace.append(rows).map_err(|error| OutputError::Trace(partial(&self.folder, file), error))?;
        }
        Ok(())
    }

    /// Gives every file its name, and the summary last.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(mut self, summary: &Summary, simulation: &Simulation) -> Result<(), OutputError> {
        let folder = self.folder;
        let write = |file: &str, bytes: &[u8]| {
            let path = partial(&folder, file);
            fs::write(&path, bytes).map_err(|error| OutputError::Io(path, error))
        };
        let settle = |file: &str| {
            let path = folder.join(file);
            fs::rename(partial(&folder, file), &path).map_err(|error| OutputError::Io(path, error))
        };
        self.events.flush().map_err(|error| OutputError::Io(folder.join(EVENTS), error))?;
        settle(EVENTS)?;
        let about = About {
            program: summary.program.clone(),
            scenario: summary.scenario.clone(),
            seed: summary.seed,
            digest: summary.digest.clone(),
            clock: simulation.world().resource::<Window>().clock,
        };
        for (file, trace) in self.traces {
            trace.finish(&about).map_err(|error| OutputError::Trace(partial(&folder, &file), error))?;
            settle(&file)?;
        }
        let memory = &simulation.generator().memory;
        write(DEVICE_LOG, &memory.export())?;
        settle(DEVICE_LOG)?;
        let line = |line| serde_json::to_string(&line).expect("a log's lines are plain values with text keys") + "\n";
        write(DEVICE_LINES, memory.lines().map(line).collect::<String>().as_bytes())?;
        settle(DEVICE_LINES)?;
        let json = serde_json::to_string_pretty(summary).expect("a summary is plain values with text keys");
        write(SUMMARY, (json + "\n").as_bytes())?;
        settle(SUMMARY)
    }
}
