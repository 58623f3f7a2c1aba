//! Traces and recordings of what was played, written to a file: the scenario runs once more, headless, beside the
//! window.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use crate::record::probe::{Probe, Recording};
use crate::record::trace::Format;
use crate::run::output::Output;
use crate::run::progress::Silent;
use crate::run::record::{RecordOptions, Source, record};
use crate::run::{RunOptions, run};
use crate::sandbox::session::{Said, Session};
use crate::scenario::Scenario;
use crate::time::SimTime;

/// Samples in the file, about: what a spreadsheet takes (ours).
const SAMPLES: i64 = 200_000;

/// A file that is being written.
pub struct Export {
    said: Receiver<Said>,
}

impl Export {
    /// Begins to write every probe from the start to the cursor, in the format that the file's ending tells.
    pub fn traces(session: &Session, path: PathBuf) -> Self {
        let (scenario, until) = (session.scenario().clone(), session.transport().cursor);
        Self::start(move || {
            let every = write(scenario, until, &path)?;
            Ok(format!("traces written to {}, a sample every {every}", path.display()))
        })
    }

    /// Begins to write a recording from the start to the cursor.
    pub fn recording(session: &Session, path: PathBuf) -> Self {
        let document = session.document();
        let (file, folder) = (PathBuf::from(document.origin().name()), document.origin().folder().to_path_buf());
        let source = Source { file, text: document.compose(), folder };
        let options =
            RecordOptions { until: Some(session.transport().cursor), overwrite: true, ..RecordOptions::default() };
        Self::start(move || {
            let recorded = record(&source, &path, options, &mut Silent).map_err(|error| error.to_string())?;
            Ok(format!("recording of {} bytes written to {}", recorded.bytes, path.display()))
        })
    }

    fn start(write: impl FnOnce() -> Result<String, String> + Send + 'static) -> Self {
        let (sender, said) = channel();
        std::thread::spawn(move || {
            // A window that has been closed meanwhile hears nothing.
            let _ = sender.send(write().map_or_else(Said::Refused, Said::Done));
        });
        Self { said }
    }

    /// What came of it, once.
    pub fn outcome(&mut self) -> Option<Said> {
        self.said.try_recv().ok()
    }
}

/// Runs the scenario up to an instant and writes its traces; returns the time between samples.
///
/// # Errors
/// The file cannot be written, or an invariant broke.
pub fn write(mut scenario: Scenario, until: SimTime, path: &Path) -> Result<SimTime, String> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
    let Some(format) = Format::of(&name) else {
        return Err(format!("{}: traces are written as {}", path.display(), Format::endings()));
    };
    let millisecond = SimTime::from_nanos(1_000_000);
    let every = SimTime::from_nanos(until.nanos() / SAMPLES).next_multiple(millisecond);
    let recording = Recording { file: name.clone(), every, from: SimTime::ZERO, until, probes: Probe::all() };
    format.check(&recording, scenario.clock).map_err(|why| format!("{}: {why}", path.display()))?;
    scenario.recordings = vec![recording];
    scenario.expectations.clear();
    // Beside the file, so that it can be moved to its place in one step.
    let folder = path.with_file_name(format!(".{name}.part"));
    let written = || -> Result<(), String> {
        let output = Output::create(&folder, &scenario.recordings, true).map_err(|error| error.to_string())?;
        let options = RunOptions { until: Some(until), ..RunOptions::default() };
        run(&scenario, options, Some(output), &mut Silent).map_err(|error| error.to_string())?;
        std::fs::rename(folder.join(&name), path).map_err(|why| format!("{}: cannot be written: {why}", path.display()))
    };
    let outcome = written();
    let _ = std::fs::remove_dir_all(&folder);
    outcome.map(|()| every)
}
