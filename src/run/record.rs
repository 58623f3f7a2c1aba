//! Recording: a scenario runs, and a tape of it is written.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bevy::ecs::world::World;

use crate::record::digest::StateWriter;
use crate::record::state::State;
use crate::record::tape::{Header, Mark, TapeWriter, keeps};
use crate::record::{Digests, write_state};
use crate::run::CHUNK;
use crate::run::progress::Progress;
use crate::scenario::compose::{Entry, timeline};
use crate::scenario::library::read_file;
use crate::scenario::reader::Problem;
use crate::sim::{Fault, Simulation, Window};
use crate::time::{DayClock, SimTime};

/// Folded seconds from the start on whose states are kept (ours): the start, and the first changes.
const FIRST_STATES: u64 = 3;

/// States that are kept behind commands, one each (ours).
const STATES_AFTER_COMMANDS: usize = 6;

/// Midnights whose states are kept (ours): adaptation.
const STATES_AT_MIDNIGHT: i64 = 2;

/// A scenario's text, with what the files that it names are looked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// The folder from which it names other files.
    pub folder: PathBuf,
}

impl Source {
    /// The scenario of a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, Problem> {
        let text = read_file(path).map_err(|why| {
            let message = format!("cannot be read: {why}");
            Problem { file: path.display().to_string(), line: 0, column: 0, message }
        })?;
        let folder = path.parent().unwrap_or(Path::new(".")).to_path_buf();
        Ok(Self { file: path.to_path_buf(), text, folder })
    }
}

/// What a recording is asked for beyond its scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordOptions {
    /// Where to stop, if before the end.
    pub until: Option<SimTime>,
    /// The seed, if not the scenario's.
    pub seed: Option<u64>,
    /// Whether a tape that is there may be replaced.
    pub overwrite: bool,
}

/// Why there is no tape.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The scenario cannot be read.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    /// It is to go on beyond its end.
    #[error("the recording is to go on until {}, and the scenario ends at {}", .0, .1)]
    Until(SimTime, SimTime),
    /// There is a file of that name.
    #[error("{}: is there already; add --overwrite to replace it", .0.display())]
    Exists(PathBuf),
    /// The scenario would be written over.
    #[error("{}: is the scenario itself", .0.display())]
    Itself(PathBuf),
    /// What is there is not to be replaced: a folder, a link, a device.
    #[error("{}: is there, and is no plain file", .0.display())]
    NoFile(PathBuf),
    /// The tape cannot be written.
    #[error("{}: cannot be written: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
    /// An invariant broke; the tape up to there keeps its unfinished name.
    #[error("{}; {} has the recording up to there", .0, .1.display())]
    Fault(Fault, PathBuf),
}

/// A recording that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it stopped, and the digest there.
    pub end: Mark,
    /// Bytes of its file.
    pub bytes: u64,
}

/// The tape that is kept beside a scenario: `first-session.golden.jsonl` beside `first-session.ron`.
pub fn golden_path(scenario: &Path) -> PathBuf {
    scenario.with_extension("golden.jsonl")
}

/// Runs a scenario and writes a tape of it, under a name ending in `.partial` until it is complete.
///
/// # Errors
/// The scenario cannot be read, the tape cannot be written or may not be replaced, or an invariant broke.
pub fn record(
    source: &Source,
    out: &Path,
    options: RecordOptions,
    progress: &mut dyn Progress,
) -> Result<Recorded, RecordError> {
    let (header, mut scenario) =
        Header::of(&source.file, &source.text, &source.folder, options.seed).map_err(RecordError::Problems)?;
    let end = options.until.unwrap_or(scenario.duration);
    if end > scenario.duration {
        return Err(RecordError::Until(end, scenario.duration));
    }
    if out.symlink_metadata().is_ok_and(|there| !there.file_type().is_file()) {
        return Err(RecordError::NoFile(out.to_path_buf()));
    }
    let real = |path: &Path| path.canonicalize().ok();
    if real(out).is_some() && real(out) == real(&source.file) {
        return Err(RecordError::Itself(out.to_path_buf()));
    }
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = out.with_file_name(name);
    if let Some(there) = [out, &partial].into_iter().find(|path| path.exists() && !options.overwrite) {
        return Err(RecordError::Exists(there.to_path_buf()));
    }
    let wrong = |error| RecordError::Io(partial.clone(), error);
    let file = File::create(&partial).map_err(wrong)?;
    let entries = timeline(&source.text, scenario.clock);
    // A recording of samples is not looked at here, and changes no result.
    scenario.recordings.clear();
    let mut simulation = Simulation::new(&scenario, None);
    let mut scribe = Scribe::new(TapeWriter::new(file, &header).map_err(wrong)?, entries, scenario.clock);
    scribe.see(simulation.world());
    progress.begin(end);
    while simulation.now() < end {
        let until = (simulation.now() + CHUNK).min(end);
        let advanced = simulation.advance_watched(until, |world| scribe.see(world));
        if let Some(error) = scribe.failed.take() {
            return Err(wrong(error));
        }
        advanced.map_err(|fault| RecordError::Fault(fault, partial.clone()))?;
        simulation.take_events();
        progress.at(until);
    }
    progress.end();
    let recorded = scribe.end(simulation.world()).map_err(wrong)?;
    fs::rename(&partial, out).map_err(|error| RecordError::Io(out.to_path_buf(), error))?;
    Ok(recorded)
}

/// Writes down what it sees of a world.
struct Scribe {
    tape: TapeWriter<File>,
    /// What went wrong with that; nothing more is written then.
    failed: Option<io::Error>,
    /// Commands that have not been written, the next one last.
    entries: Vec<Entry>,
    clock: DayClock,
    /// The last digest that was seen, and the last that was written.
    seen: Option<Mark>,
    written: Option<Mark>,
    /// Whether a command was applied since the last state, and how many states may still be kept for that.
    commanded: bool,
    left_after_commands: usize,
    /// The day of the last state seen.
    day: i64,
    states: StateWriter,
    last_state: SimTime,
}

impl Scribe {
    fn new(tape: TapeWriter<File>, mut entries: Vec<Entry>, clock: DayClock) -> Self {
        entries.reverse();
        Self {
            tape,
            failed: None,
            entries,
            clock,
            seen: None,
            written: None,
            commanded: false,
            left_after_commands: STATES_AFTER_COMMANDS,
            day: 0,
            states: StateWriter::labelled(),
            last_state: SimTime::ZERO,
        }
    }

    /// Looks at a world after a window.
    fn see(&mut self, world: &World) {
        if self.failed.is_none() {
            self.failed = self.look(world).err();
        }
    }

    fn look(&mut self, world: &World) -> io::Result<()> {
        let (at, run) = (world.resource::<Window>().to, world.resource::<Digests>().run);
        // What happens at the end of a window belongs to the next one.
        while let Some(entry) = self.entries.pop_if(|entry| entry.at < at) {
            self.tape.command(&entry)?;
            self.commanded = true;
        }
        let mark = Mark::of(at, run);
        if self.seen.is_some_and(|seen| seen.folded == mark.folded) {
            return Ok(());
        }
        self.seen = Some(mark);
        let day = self.clock.read(at).0;
        let after_command = self.commanded && self.left_after_commands > 0;
        let keeps_state = mark.folded <= FIRST_STATES || after_command || self.day < day.min(STATES_AT_MIDNIGHT);
        if keeps(mark.folded) || keeps_state {
            self.tape.digest(mark)?;
            self.written = Some(mark);
        }
        if keeps_state {
            self.left_after_commands -= usize::from(after_command);
            (self.commanded, self.day) = (false, day);
            self.keep_state(world, at)?;
        }
        Ok(())
    }

    fn keep_state(&mut self, world: &World, at: SimTime) -> io::Result<()> {
        self.states.clear();
        write_state(world, &mut self.states);
        let state: State = self.states.state();
        self.last_state = at;
        self.tape.state(at, state)
    }

    /// The recording is over: the last digest and the last state are kept whatever they are.
    fn end(mut self, world: &World) -> io::Result<Recorded> {
        let at = world.resource::<Window>().to;
        if let Some(seen) = self.seen.filter(|_| self.seen != self.written) {
            self.tape.digest(seen)?;
        }
        if self.last_state < at {
            self.keep_state(world, at)?;
        }
        let end = Mark::of(at, world.resource::<Digests>().run);
        Ok(Recorded { end, bytes: self.tape.end(end)? })
    }
}
