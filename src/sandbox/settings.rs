//! What the window keeps between starts: looks, recent files and layout, in a file of the desktop's configuration.
//!
//! Nothing depends on it: without the file, or with a broken one, the window starts as at the first time.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::sandbox::document::write_whole;
use crate::sandbox::session::SPEEDS;
use crate::scenario::library::read_file;

/// How many recent files are kept.
pub const MOST_RECENT: usize = 10;

/// The smallest and the largest text, relative to the usual one.
pub const TEXT_SIZES: std::ops::RangeInclusive<f32> = 0.7..=2.0;

/// What is kept between starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether the dark theme is on.
    pub dark: bool,
    /// Size of the text, relative to the usual one.
    pub text_size: f32,
    /// Whether the gallery is shown.
    pub gallery: bool,
    /// Simulated seconds for each second of the wall's clock.
    pub speed: f64,
    /// Whether edits go to the device as they are made.
    pub apply_at_once: bool,
    /// Files opened and saved lately, the last one first.
    pub recent: Vec<PathBuf>,
    /// The layout of the tabs, as whoever lays them out has written it.
    pub layout: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dark: true,
            text_size: 1.0,
            gallery: true,
            speed: 1.0,
            apply_at_once: false,
            recent: Vec::new(),
            layout: None,
        }
    }
}

impl Settings {
    /// Notes a file that was opened or saved.
    pub fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        self.recent.retain(|other| *other != path);
        self.recent.insert(0, path);
        self.recent.truncate(MOST_RECENT);
    }

    /// The layout of tabs and panels; none where none is kept, or where it is of another version of the program.
    pub fn layout<T: DeserializeOwned>(&self) -> Option<T> {
        ron::from_str(self.layout.as_deref()?).ok()
    }

    /// Keeps the layout.
    pub fn set_layout<T: Serialize>(&mut self, layout: &T) {
        self.layout = ron::to_string(layout).ok();
    }

    /// With figures that the window can be drawn with, whatever the file says.
    fn tidied(mut self) -> Self {
        let usual = Self::default();
        if !self.text_size.is_finite() {
            self.text_size = usual.text_size;
        }
        self.text_size = self.text_size.clamp(*TEXT_SIZES.start(), *TEXT_SIZES.end());
        if !self.speed.is_finite() {
            self.speed = usual.speed;
        }
        self.speed = self.speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        self.recent.truncate(MOST_RECENT);
        self
    }
}

/// The file that settings are kept in.
#[derive(Debug, Default)]
pub struct Keeper {
    file: Option<PathBuf>,
    /// What the file says.
    kept: Settings,
    /// Whether it was said that they cannot be kept: once is enough.
    complained: bool,
}

impl Keeper {
    /// Settings are not kept: for captures and tests.
    pub fn off() -> Self {
        Self::default()
    }

    /// Settings in the desktop's folder for them, and what there is to be told about it, if anything.
    pub fn of_desktop() -> (Self, Settings, Option<String>) {
        match dirs::config_dir() {
            Some(folder) => Self::at(&folder.join("stimtwin").join("sandbox.ron")),
            None => {
                let told = "This desktop names no folder for settings: they are not kept.";
                (Self::off(), Settings::default(), Some(told.to_string()))
            }
        }
    }

    /// Settings in that file, and what there is to be told about it, if anything.
    pub fn at(file: &Path) -> (Self, Settings, Option<String>) {
        let (settings, told) = load(file);
        let keeper = Self { file: Some(file.to_path_buf()), kept: settings.clone(), complained: false };
        (keeper, settings, told)
    }

    /// Writes settings that have changed; what there is to be told about that, if anything.
    pub fn keep(&mut self, settings: &Settings) -> Option<String> {
        let file = self.file.as_ref().filter(|_| *settings != self.kept)?;
        match save(file, settings) {
            Ok(()) => {
                self.kept = settings.clone();
                None
            }
            Err(why) => {
                let told = format!("The settings cannot be kept in {}: {why}.", file.display());
                (!std::mem::replace(&mut self.complained, true)).then_some(told)
            }
        }
    }
}

/// Reads the file; a broken one is set aside.
fn load(file: &Path) -> (Settings, Option<String>) {
    if !file.exists() {
        return (Settings::default(), None);
    }
    let read = read_file(file).and_then(|text| ron::from_str::<Settings>(&text).map_err(|error| error.to_string()));
    match read {
        Ok(settings) => (settings.tidied(), None),
        Err(why) => {
            let aside = file.with_extension("broken.ron");
            let became = match std::fs::rename(file, &aside) {
                Ok(()) => format!("it is set aside as {}", aside.display()),
                Err(error) => format!("it cannot be set aside: {error}"),
            };
            let told = format!("The settings in {} cannot be read ({why}); {became}.", file.display());
            (Settings::default(), Some(told))
        }
    }
}

fn save(file: &Path, settings: &Settings) -> Result<(), String> {
    let pretty = ron::ser::PrettyConfig::default();
    let text = ron::ser::to_string_pretty(settings, pretty).map_err(|error| error.to_string())?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    write_whole(file, text.as_bytes()).map_err(|error| error.to_string())
}
