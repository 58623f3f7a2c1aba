//! What a session plays: a scenario's text and what was done since, as entries of its timeline.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::scenario::Scenario;
use crate::scenario::compose::{Entry, compose};
use crate::scenario::library::{self, ASSETS, Kind};
use crate::scenario::reader::{Problem, Syntax};
use crate::time::SimTime;

/// Where a scenario's text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Built in, by its name.
    BuiltIn(&'static str),
}

impl Origin {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::BuiltIn(name) => format!("{name}.ron (built in)"),
        }
    }

    /// Where files that it names are looked for.
    pub fn folder(&self) -> &Path {
        match self {
            Self::File(path) => path.parent().unwrap_or(Path::new(".")),
            Self::BuiltIn(_) => Path::new("."),
        }
    }
}

/// How the first line of a saved scenario begins.
const NOTE: &str = "// Saved by stimtwin ";

/// A scenario's text and what was done since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    origin: Origin,
    text: Arc<str>,
    entries: Vec<Entry>,
    /// The duration, where it is no longer the one that the text says.
    duration: Option<SimTime>,
}

impl Document {
    /// The document of a file, with its scenario.
    ///
    /// # Errors
    /// Every mistake in it and in the files that it names.
    pub fn open(path: &Path) -> Result<(Self, Scenario), Vec<Problem>> {
        let file = path.display().to_string();
        let text = library::read_file(path).map_err(|why| {
            let message = format!("cannot be read: {why}");
            vec![Problem { file: file.clone(), line: 0, column: 0, message }]
        })?;
        if Syntax::of(&file) == Syntax::Json {
            let message = format!("the window opens RON; stimtwin convert {file} writes that scenario so");
            return Err(vec![Problem { file, line: 0, column: 0, message }]);
        }
        Self::of(Origin::File(path.to_path_buf()), &text)
    }

    /// The document of a scenario that is built in.
    ///
    /// # Errors
    /// None of that name is.
    pub fn built_in(name: &str) -> Result<(Self, Scenario), Vec<Problem>> {
        let asset = ASSETS.iter().find(|asset| asset.kind == Kind::Scenarios && asset.name == name);
        let Some(asset) = asset else {
            let message = "no scenario of that name is built in".to_string();
            return Err(vec![Problem { file: name.to_string(), line: 0, column: 0, message }]);
        };
        Self::of(Origin::BuiltIn(asset.name), asset.text)
    }

    fn of(origin: Origin, text: &str) -> Result<(Self, Scenario), Vec<Problem>> {
        let document = Self { origin, text: text.into(), entries: Vec::new(), duration: None };
        let scenario = document.read()?;
        Ok((document, scenario))
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What was done, in the order of time.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The text of the scenario that says all of this.
    pub fn compose(&self) -> String {
        compose(&self.origin.name(), &self.text, &self.entries, self.duration)
            .expect("the text was read when the document was opened")
    }

    /// The scenario that says all of this.
    ///
    /// # Errors
    /// What was done cannot be: each reason, as the reader of files says it.
    pub fn read(&self) -> Result<Scenario, Vec<Problem>> {
        Scenario::from_text(&self.origin.name(), &self.compose(), self.origin.folder())
    }

    /// How long the scenario lasts as it was written; none where its text does not tell.
    pub fn length(&self) -> Option<SimTime> {
        self.bare().read().ok().map(|scenario| scenario.duration)
    }

    /// With another command at an instant; what was done at it and after it stays undone.
    #[must_use]
    pub fn with(&self, at: SimTime, command: &str) -> Self {
        let mut document = self.clone();
        document.entries.retain(|entry| entry.at < at);
        document.entries.push(Entry { at, command: command.to_string() });
        document
    }

    /// With another end.
    #[must_use]
    pub fn until(&self, duration: SimTime) -> Self {
        Self { duration: Some(duration), ..self.clone() }
    }

    /// As it was opened.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self { entries: Vec::new(), duration: None, ..self.clone() }
    }

    /// The first instant at which two documents of the same text differ; none where they do not.
    pub fn differs_at(&self, other: &Self) -> Option<SimTime> {
        let same = self.entries.iter().zip(&other.entries).take_while(|(a, b)| a == b).count();
        [self, other].iter().filter_map(|document| document.entries.get(same)).map(|entry| entry.at).min()
    }

    /// Writes it as a scenario, with a note in its first line; from then on it is the document of that file.
    ///
    /// # Errors
    /// It cannot be written, or names files that are not found from there.
    pub fn save(&self, path: &Path, note: &str) -> Result<Self, String> {
        let composed = self.compose();
        // The note of an earlier save gives way.
        let body =
            composed.strip_prefix(NOTE).and_then(|rest| rest.split_once('\n')).map_or(&*composed, |(_, body)| body);
        let text = format!("{NOTE}{note}\n{body}");
        let origin = Origin::File(path.to_path_buf());
        let found = Scenario::from_text(&origin.name(), &text, origin.folder());
        found.map_err(|problems| {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            format!("as {} it would not be read again: {}", path.display(), list.join("; "))
        })?;
        write_whole(path, text.as_bytes()).map_err(|why| format!("{}: cannot be written: {why}", path.display()))?;
        Ok(Self { origin, ..self.clone() })
    }
}

/// Writes a file so that either all of it is there or what was there before.
///
/// # Errors
/// What the system says.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}
