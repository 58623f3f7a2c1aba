//! The tape: a file that says what was run and what it came to, so that any later program can run it again and say
//! where it differs. `docs/recordings.md` describes it.
//!
//! It is written line by line and never changed: what has been written of it can be read, wherever it breaks off. Each
//! line is a JSON object and ends in a check of itself and of all lines before it.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::record::digest::RunDigest;
use crate::record::state::{Change, State};
use crate::scenario::Scenario;
use crate::scenario::compose::Entry;
use crate::scenario::library::{ASSETS, Asset, Shelf};
use crate::scenario::reader::Problem;
use crate::time::SimTime;

/// The format that is written and read.
pub const FORMAT: u64 = 1;

/// What a tape of this program says of it.
pub const PROGRAM: &str = concat!("stimtwin ", env!("CARGO_PKG_VERSION"));

/// The largest tape that is read, bytes (ours): some hundred times what a recording of years comes to.
pub const MAX_BYTES: u64 = 256 << 20;

/// Folded seconds from the start on that a tape has all the digests of (ours): a quarter of an hour of therapy.
const DENSE: u64 = 1024;

/// After those, each time that their number doubles, so many digests are kept (ours).
const PER_DOUBLING: u64 = 256;

/// Whether the digest of the folded second of that number, from 1, is kept.
pub fn keeps(folded: u64) -> bool {
    folded <= DENSE || folded.is_multiple_of((1 << folded.ilog2()) / PER_DOUBLING)
}

/// The first line: everything that the run is a function of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The format, [`FORMAT`].
    pub tape: u64,
    /// The program that recorded, with its version.
    pub program: String,
    /// The name of the scenario's file, without its folder.
    pub file: String,
    /// The seed, which may be another one than the scenario's.
    pub seed: u64,
    /// The text of the scenario.
    pub scenario: String,
    /// The files that it names, by their paths from the scenario's folder, with their texts.
    pub files: Vec<(PathBuf, String)>,
    /// The built-in profiles that it names, with the hashes of their texts, 16 hexadecimal digits.
    pub built_in: Vec<(String, String)>,
}

/// A built-in file as a tape names it.
fn built_in(asset: &Asset) -> (String, String) {
    (format!("{}/{}", asset.kind.folder(), asset.name), format!("{:016x}", xxh3_64(asset.text.as_bytes())))
}

impl Header {
    /// The header of a scenario's text, and the scenario itself.
    ///
    /// # Errors
    /// Every mistake in it and in the files that it names.
    pub fn of(file: &Path, text: &str, folder: &Path, seed: Option<u64>) -> Result<(Self, Scenario), Vec<Problem>> {
        let shelf = Shelf::default();
        let mut scenario = Scenario::from_shelf(&file.display().to_string(), text, folder, &shelf)?;
        scenario.seed = seed.unwrap_or(scenario.seed);
        let (read, named) = shelf.into_read();
        let inside = |path: PathBuf| path.strip_prefix(folder).map_or_else(|_| path.clone(), Path::to_path_buf);
        let header = Self {
            tape: FORMAT,
            program: PROGRAM.to_string(),
            file: file.file_name().unwrap_or(file.as_os_str()).display().to_string(),
            seed: scenario.seed,
            scenario: text.to_string(),
            files: read.into_iter().map(|(path, text)| (inside(path), text)).collect(),
            built_in: named.into_iter().map(built_in).collect(),
        };
        Ok((header, scenario))
    }

    /// The scenario, out of the texts of the tape alone and the built-in profiles.
    ///
    /// # Errors
    /// This program does not read it: every mistake that it finds.
    pub fn scenario(&self) -> Result<Scenario, Vec<Problem>> {
        let shelf = Shelf::of(self.files.clone());
        let mut scenario = Scenario::from_shelf(&self.file, &self.scenario, Path::new(""), &shelf)?;
        scenario.seed = self.seed;
        Ok(scenario)
    }

    /// The built-in profiles that are no longer what they were.
    pub fn changed_profiles(&self) -> Vec<&str> {
        let now: Vec<(String, String)> = ASSETS.iter().map(built_in).collect();
        self.built_in.iter().filter(|then| !now.contains(then)).map(|(name, _)| name.as_str()).collect()
    }
}

/// An instant as it is written: `9 min 17 s`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Stamp(SimTime);

impl From<Stamp> for String {
    fn from(stamp: Stamp) -> Self {
        stamp.0.to_string()
    }
}

impl TryFrom<String> for Stamp {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// A digest as it is written: 16 hexadecimal digits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Hex(u64);

impl From<Hex> for String {
    fn from(hex: Hex) -> Self {
        format!("{:016x}", hex.0)
    }
}

impl TryFrom<String> for Hex {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        u64::from_str_radix(&text, 16).map(Self).map_err(|_| format!("{text:?} is no digest of 16 hexadecimal digits"))
    }
}

/// A line after the first.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// A command of the scenario is applied.
    Command(Stamp, String),
    /// The digest of the run at an instant, after so many folded seconds.
    Digest(Stamp, u64, Hex),
    /// What the state at an instant has that the one of the line before of this kind does not have.
    State(Stamp, Vec<Change>),
    /// The end of the recording, with the digest.
    End(Stamp, u64, Hex),
}

/// The digest of a run at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// How many seconds it has folded.
    pub folded: u64,
    /// [`RunDigest::value`].
    pub run: u64,
}

impl Mark {
    /// The digest of a run at an instant.
    pub fn of(at: SimTime, run: RunDigest) -> Self {
        Self { at, folded: run.seconds(), run: run.value() }
    }

    fn read((at, folded, run): (Stamp, u64, Hex)) -> Self {
        Self { at: at.0, folded, run: run.0 }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.run)
    }
}

/// The check of a line that follows one of that check.
fn check(before: u32, body: &str) -> u32 {
    let mut bytes = before.to_le_bytes().to_vec();
    bytes.extend_from_slice(body.as_bytes());
    xxh3_64(&bytes) as u32
}

/// A tape that is being written.
pub struct TapeWriter<W> {
    out: W,
    check: u32,
    state: State,
    bytes: u64,
}

impl<W: Write> TapeWriter<W> {
    /// Begins a tape.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self { out, check: 0, state: State::default(), bytes: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// A line goes out as a whole, so that whoever is killed leaves at most one that is not.
    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let body = serde_json::to_string(line).expect("lines are plain values with text keys");
        self.check = check(self.check, &body);
        let open = body.strip_suffix('}').expect("a line is a JSON object");
        let whole = format!("{open},\"check\":\"{:08x}\"}}\n", self.check);
        self.bytes += whole.len() as u64;
        self.out.write_all(whole.as_bytes())?;
        self.out.flush()
    }

    /// A command of the scenario is applied.
    ///
    /// # Errors
    /// It cannot be written; so for the others.
    pub fn command(&mut self, entry: &Entry) -> io::Result<()> {
        self.line(&Line::Command(Stamp(entry.at), entry.command.clone()))
    }

    /// The digest at an instant.
    ///
    /// # Errors
    /// As for [`Self::command`].
    pub fn digest(&mut self, mark: Mark) -> io::Result<()> {
        self.line(&Line::Digest(Stamp(mark.at), mark.folded, Hex(mark.run)))
    }

    /// The state at an instant.
    ///
    /// # Errors
    /// As for [`Self::command`].
    pub fn state(&mut self, at: SimTime, state: State) -> io::Result<()> {
        self.line(&Line::State(Stamp(at), state.changes(&self.state)))?;
        self.state = state;
        Ok(())
    }

    /// Ends the tape; returns how many bytes it has.
    ///
    /// # Errors
    /// As for [`Self::command`].
    pub fn end(mut self, mark: Mark) -> io::Result<u64> {
        self.line(&Line::End(Stamp(mark.at), mark.folded, Hex(mark.run)))?;
        Ok(self.bytes)
    }
}

/// A tape that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tape {
    /// What was run.
    pub header: Header,
    /// The commands of its scenario that were applied, in the order of time.
    pub commands: Vec<Entry>,
    /// Digests of the run, in the order of time: of every folded second at first, then of some.
    pub digests: Vec<Mark>,
    /// States, in the order of time.
    pub states: Vec<(SimTime, State)>,
    /// The end; none where the recording broke off.
    pub end: Option<Mark>,
}

impl Tape {
    /// Reads a tape.
    ///
    /// # Errors
    /// One sentence: the file cannot be read, it is no tape or one of another format, its header is not complete, or a
    /// line is not what was written.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let file = path.display().to_string();
        let of_file = |message: String| Problem { file: file.clone(), line: 0, column: 0, message };
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(path);
        let read = opened.and_then(|opened| opened.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| of_file(format!("cannot be read: {error}")))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(of_file(format!("has more than {} MiB, which no tape comes to", MAX_BYTES >> 20)));
        }
        Self::from_bytes(&file, &bytes)
    }

    /// Reads a tape from the bytes of that file. A last line that is not complete is left out.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Self, Problem> {
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let mut lines = bytes[..whole].split_inclusive(|&byte| byte == b'\n').zip(1..);
        let problem = |line: usize, message: String| Problem { file: file.to_string(), line, column: 1, message };
        let Some((first, _)) = lines.next() else {
            let message = "breaks off within its header, so there is nothing to replay".to_string();
            return Err(Problem { file: file.to_string(), line: 0, column: 0, message });
        };
        let mut before = 0;
        read_format(first).map_err(|message| problem(1, message))?;
        let header = read_line(first, &mut before).map_err(|message| problem(1, message))?;
        let mut tape = Self { header, commands: Vec::new(), digests: Vec::new(), states: Vec::new(), end: None };
        for (line, number) in lines {
            let line = read_line(line, &mut before).map_err(|message| problem(number, message))?;
            tape.take(line).map_err(|message| problem(number, message))?;
        }
        Ok(tape)
    }

    /// Takes a line in.
    fn take(&mut self, line: Line) -> Result<(), String> {
        if self.end.is_some() {
            return Err("stands behind the end of the tape".to_string());
        }
        match line {
            Line::Command(at, command) => self.commands.push(Entry { at: at.0, command }),
            Line::Digest(at, folded, run) => {
                let mark = Mark::read((at, folded, run));
                let rises = |last: &Mark| last.at <= mark.at && last.folded < mark.folded;
                if !self.digests.last().is_none_or(rises) {
                    return Err("digests are to be in the order of time".to_string());
                }
                self.digests.push(mark);
            }
            Line::State(at, changes) => {
                let last = self.states.last().map(|(_, state)| state.clone()).unwrap_or_default();
                let state = last.changed(&changes).map_err(|field| format!("{field} was not there before"))?;
                self.states.push((at.0, state));
            }
            Line::End(at, folded, run) => self.end = Some(Mark::read((at, folded, run))),
        }
        Ok(())
    }

    /// The digest of the run, as far as the tape goes; none where it breaks off before the first one.
    pub fn run_digest(&self) -> Option<u64> {
        self.end.as_ref().or(self.digests.last()).map(|mark| mark.run)
    }

    /// The instant up to which it can be verified.
    pub fn until(&self) -> SimTime {
        self.end.as_ref().or(self.digests.last()).map_or(SimTime::ZERO, |mark| mark.at)
    }
}

/// Looks at the first line for the format alone: of another one nothing else is known.
fn read_format(line: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Format {
        tape: u64,
    }
    match serde_json::from_slice::<Format>(line) {
        Ok(Format { tape: FORMAT }) => Ok(()),
        Ok(Format { tape }) => Err(format!("is a tape of format {tape}; this program, {PROGRAM}, reads {FORMAT}")),
        Err(_) => Err("is no tape: its first line has no format, such as {\"tape\":1,…}".to_string()),
    }
}

/// Reads a line and holds it against its check.
fn read_line<T: for<'a> Deserialize<'a>>(line: &[u8], before: &mut u32) -> Result<T, String> {
    let damaged = || "is not what was written: the line does not come to its check".to_string();
    let text = std::str::from_utf8(line).map_err(|_| damaged())?.trim_end_matches(['\r', '\n']);
    let (open, end) = text.rsplit_once(",\"check\":\"").ok_or_else(damaged)?;
    let found = end.strip_suffix("\"}").filter(|digits| digits.len() == 8);
    let body = format!("{open}}}");
    *before = check(*before, &body);
    if found != Some(&format!("{before:08x}")) {
        return Err(damaged());
    }
    serde_json::from_str(&body).map_err(|error| format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_digests_thin_out_and_are_bounded() {
        assert!((1..=DENSE).all(keeps) && !keeps(DENSE + 1));
        let (mut kept, mut last, mut widest) = (0, 0, 0.0_f64);
        for folded in (1..=10_000_000).filter(|&folded| keeps(folded)) {
            widest = if folded > DENSE { widest.max((folded - last) as f64 / folded as f64) } else { 0.0 };
            (kept, last) = (kept + 1, folded);
        }
        // Ten million seconds of current are fifteen years of two sessions a day.
        assert!((4096..5120).contains(&kept), "{kept}");
        assert!(widest < 1.0 / 200.0, "a gap is less than half a percent of what came before it: {widest}");
    }
}
