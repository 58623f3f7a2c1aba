//! The files that come with the program, and how a scenario names them.
//!
//! A name such as `restorative` means the profile of that name that is built in; a name with a `/` or ending in `.ron`
//! or `.json` means a file, looked for from the folder of the file that names it.

use std::cell::RefCell;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::scenario::raw::Syntax;
use crate::scenario::reader::{MAX_FILE_BYTES, Node, Problem, Reader, closest};

/// What a profile describes: the folders of `assets/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A device.
    Devices,
    /// Leads and where they lie.
    Implants,
    /// A nerve.
    Nerve,
    /// A muscle.
    Muscles,
    /// A patient.
    Patients,
    /// Rates of adaptation.
    Adaptation,
    /// A spine.
    Spine,
    /// A scenario.
    Scenarios,
}

impl Kind {
    /// The folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Devices => "devices",
            Self::Implants => "implants",
            Self::Nerve => "nerve",
            Self::Muscles => "muscles",
            Self::Patients => "patients",
            Self::Adaptation => "adaptation",
            Self::Spine => "spine",
            Self::Scenarios => "scenarios",
        }
    }
}

/// A file that is built in.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// What it describes.
    pub kind: Kind,
    /// Its name, without folder and ending.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! asset {
    ($kind:ident, $name:literal, $path:literal) => {
        Asset { kind: Kind::$kind, name: $name, text: include_str!(concat!("../../", $path)) }
    };
}

/// Every file that is built in.
pub const ASSETS: &[Asset] = &[
    asset!(Devices, "restorative", "assets/devices/restorative.ron"),
    asset!(Devices, "cosmiic-pg4", "assets/devices/cosmiic-pg4.ron"),
    asset!(Devices, "opennerve-gen2", "assets/devices/opennerve-gen2.ron"),
    asset!(Devices, "bench-stimulator", "assets/devices/bench-stimulator.ron"),
    asset!(Implants, "l2-medial-branch", "assets/implants/l2-medial-branch.ron"),
    asset!(Nerve, "l2-medial-branch", "assets/nerve/l2-medial-branch.ron"),
    asset!(Muscles, "multifidus-l2", "assets/muscles/multifidus-l2.ron"),
    asset!(Muscles, "multifidus-l2-potentiating", "assets/muscles/multifidus-l2-potentiating.ron"),
    asset!(Patients, "healthy", "assets/patients/healthy.ron"),
    asset!(Patients, "healthy-potentiating", "assets/patients/healthy-potentiating.ron"),
    asset!(Patients, "mechanical-clbp", "assets/patients/mechanical-clbp.ron"),
    asset!(Patients, "severe-atrophy", "assets/patients/severe-atrophy.ron"),
    asset!(Adaptation, "default", "assets/adaptation/default.ron"),
    asset!(Spine, "lumbar", "assets/spine/lumbar.ron"),
    asset!(Spine, "lumbar-lax", "assets/spine/lumbar-lax.ron"),
    asset!(Scenarios, "first-session", "scenarios/first-session.ron"),
    asset!(Scenarios, "six-months", "scenarios/six-months.ron"),
    asset!(Scenarios, "titration", "scenarios/titration.ron"),
    asset!(Scenarios, "lead-fault", "scenarios/lead-fault.ron"),
    asset!(Scenarios, "sham", "scenarios/sham.ron"),
    asset!(Scenarios, "detraining", "scenarios/detraining.ron"),
    asset!(Scenarios, "gallery/first-contraction", "scenarios/gallery/first-contraction.ron"),
    asset!(Scenarios, "gallery/find-the-threshold", "scenarios/gallery/find-the-threshold.ron"),
    asset!(Scenarios, "gallery/wrong-contact", "scenarios/gallery/wrong-contact.ron"),
    asset!(Scenarios, "gallery/lead-migration", "scenarios/gallery/lead-migration.ron"),
    asset!(Scenarios, "gallery/fatigue-and-pauses", "scenarios/gallery/fatigue-and-pauses.ron"),
];

/// The scenario that runs when none is named: the first in the list.
pub fn default_scenario() -> &'static Asset {
    ASSETS.iter().find(|asset| asset.kind == Kind::Scenarios).expect("the list above has one; a test reads it")
}

/// Where the files are that a scenario names, and which of them it has read: the disk, or texts that are kept, as a
/// recording keeps them.
#[derive(Debug, Default)]
pub struct Shelf {
    kept: Option<Vec<(PathBuf, String)>>,
    read: RefCell<Vec<(PathBuf, String)>>,
    built_in: RefCell<Vec<&'static Asset>>,
}

impl Shelf {
    /// A shelf of those texts, by their paths; nothing is looked for on the disk.
    pub fn of(kept: Vec<(PathBuf, String)>) -> Self {
        Self { kept: Some(kept), ..Self::default() }
    }

    /// Whether its texts are kept ones.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        let text = match &self.kept {
            None => read_file(path)?,
            Some(kept) => {
                let found = kept.iter().find(|(other, _)| other == path);
                found.map(|(_, text)| text.clone()).ok_or("it is not among the files that are kept")?
            }
        };
        let mut read = self.read.borrow_mut();
        if !read.iter().any(|(other, _)| other == path) {
            read.push((path.to_path_buf(), text.clone()));
        }
        Ok(text)
    }

    fn built_in(&self, asset: &'static Asset) {
        let mut built_in = self.built_in.borrow_mut();
        if !built_in.iter().any(|other| std::ptr::eq(*other, asset)) {
            built_in.push(asset);
        }
    }

    /// The files that were read, each once, with their paths and texts; and the built-in ones.
    pub fn into_read(self) -> (Vec<(PathBuf, String)>, Vec<&'static Asset>) {
        (self.read.into_inner(), self.built_in.into_inner())
    }
}

/// A profile file that was found: where and what.
struct Found {
    file: String,
    text: String,
    folder: PathBuf,
}

/// Reads a text file, but no more of it than a scenario can have; a byte order mark is left out.
///
/// # Errors
/// What the system says, or that it is not text.
pub fn read_file(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_string())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

/// Whether a file is a profile by the name that it begins with: a device and the like beside scenarios.
pub fn is_profile(path: &Path) -> bool {
    const NAMES: [&str; 7] = ["Device", "Patient", "Nerve", "Muscle", "Implant", "Adaptation", "Spine"];
    let Ok(text) = read_file(path) else { return false };
    let (name, _) = Syntax::Ron.structure(Syntax::Ron.trimmed(&text));
    NAMES.contains(&name)
}

/// Finds the profile that a node names.
fn find(node: &Node<'_>, name: &str, kind: Kind, folder: &Path) -> Option<Found> {
    if name.contains('/') || name.ends_with(".ron") || name.ends_with(".json") {
        let path = folder.join(name);
        return match node.shelf().map_or_else(|| read_file(&path), |shelf| shelf.read(&path)) {
            Ok(text) => {
                let folder = path.parent().unwrap_or(folder).to_path_buf();
                Some(Found { file: path.display().to_string(), text, folder })
            }
            Err(error) => {
                node.problem(format!("cannot read {}: {error}", path.display()));
                None
            }
        };
    }
    let of_kind = || ASSETS.iter().filter(|asset| asset.kind == kind);
    if let Some(asset) = of_kind().find(|asset| asset.name == name) {
        if let Some(shelf) = node.shelf() {
            shelf.built_in(asset);
        }
        let file = format!("assets/{}/{name}.ron", kind.folder());
        return Some(Found { file, text: asset.text.to_string(), folder: folder.to_path_buf() });
    }
    let names: Vec<&str> = of_kind().map(|asset| asset.name).collect();
    let hint = closest(name, &names).map_or(String::new(), |name| format!("did you mean \"{name}\"? "));
    node.wrong(format!("{hint}built in: {}; or give a path to a .ron or .json file", names.join(", ")));
    None
}

/// Reads the file that a node names by its path, which is seen from a folder: the path and the text.
pub fn read_named(node: &Node<'_>, folder: &Path) -> Option<(String, String)> {
    let path = folder.join(node.with_text(|name| Ok(name.to_string()))?);
    let read = node.shelf().map_or_else(|| read_file(&path), |shelf| shelf.read(&path));
    let text = read.map_err(|error| node.problem(format!("cannot read {}: {error}", path.display()))).ok()?;
    Some((path.display().to_string(), text))
}

/// Reads the profile that a node names, by a function of its root and its folder; mistakes in it are noted as its own.
pub fn load<T>(node: Node<'_>, kind: Kind, folder: &Path, read: impl FnOnce(Node<'_>, &Path) -> T) -> Option<T> {
    node.is_profile(kind);
    let name = node.with_text(|name| Ok(name.to_string()))?;
    let found = find(&node, &name, kind, folder)?;
    match read_from(node.shelf(), &found.file, &found.text, |root| read(root, &found.folder)) {
        Ok(value) => Some(value),
        Err(problems) => {
            node.adopt(problems);
            None
        }
    }
}

/// Reads a built-in profile that nothing names, by a function of its root and its folder.
pub fn load_built_in<T>(
    shelf: Option<&Shelf>,
    kind: Kind,
    name: &str,
    read: impl FnOnce(Node<'_>, &Path) -> T,
) -> Option<T> {
    let asset = ASSETS.iter().find(|asset| asset.kind == kind && asset.name == name)?;
    if let Some(shelf) = shelf {
        shelf.built_in(asset);
    }
    read_from(shelf, &format!("assets/{}/{name}.ron", kind.folder()), asset.text, |root| read(root, Path::new(".")))
        .ok()
}

/// Reads a text by a function of its root.
///
/// # Errors
/// Every mistake in it.
pub fn read_text<T>(file: &str, text: &str, read: impl FnOnce(Node<'_>) -> T) -> Result<T, Vec<Problem>> {
    read_from(None, file, text, read)
}

/// As [`read_text`], with a shelf for the files that the text names; the disk where there is none.
///
/// # Errors
/// As for [`read_text`].
pub fn read_from<T>(
    shelf: Option<&Shelf>,
    file: &str,
    text: &str,
    read: impl FnOnce(Node<'_>) -> T,
) -> Result<T, Vec<Problem>> {
    let reader = Reader::new(file, text, shelf);
    let value = reader.root().map(read);
    reader.finish(value)
}
