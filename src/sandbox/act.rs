//! What a panel asks for: the only way from a panel to the session and to the window.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::scenario::program::WrittenProgram;
use crate::time::SimTime;

/// Something that a person did.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Let time go on; at the end of the scenario, beyond it.
    Play,
    /// Hold time.
    Pause,
    /// Simulated seconds for each second of the wall's clock.
    Speed(f64),
    /// Go on by a step.
    Step(Step),
    /// Go to an instant, back or forth; time is held there.
    Seek(SimTime),
    /// Go to the newest instant that has been computed.
    Follow,
    /// Give a command of the scenario language at the cursor, such as `SetAmplitude(side: Left, amplitude_ma: 2.0)`.
    Give(String),
    /// The draft of the program is now this.
    Draft(Box<WrittenProgram>),
    /// Give the draft to the device.
    Apply,
    /// Let the draft be what the device has.
    Revert,
    /// Give every edit to the device as it is made, or do so no more.
    ApplyAtOnce(bool),
    /// Take back the last edit.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Start the scenario anew, without what was done.
    New,
    /// Open a scenario file.
    Open(PathBuf),
    /// Open a scenario that is built in, by its name.
    OpenBuiltIn(&'static str),
    /// Close the window.
    Close,
    /// Save what was done as a scenario.
    Save(PathBuf),
    /// Write the traces up to the cursor, as CSV or Parquet by the file's ending.
    ExportTraces(PathBuf),
    /// Write a recording of what was played up to the cursor: it replays, and says where another run differs.
    Record(PathBuf),
    /// Write the picture on the screen as PNG.
    ExportPicture(PathBuf),
    /// Ask for a file.
    Ask(Dialog),
    /// Bring a tab to the front.
    Show(Tab),
    /// Lay the tabs out as at the first start.
    ResetLayout,
    /// Dark or light.
    Dark(bool),
    /// Size of the text, relative to the usual one, 0.7 to 2.
    TextSize(f32),
    /// Show the list of keys, or hide it.
    ShowKeys(bool),
    /// Show the gallery, or hide it.
    ShowGallery(bool),
}

/// A step of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the next whole millisecond.
    Tick,
    /// Past the next pulse of either side.
    Pulse,
    /// By a cycle of trains: on and off.
    Cycle,
}

/// What a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// A scenario to open.
    Open,
    /// Where to save what was done.
    Save,
    /// Where to write the traces.
    Traces,
    /// Where to write the recording.
    Recording,
    /// Where to write the picture.
    Picture,
}

/// A tab of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tab {
    /// The back, in 3D.
    Back,
    /// The programmer.
    Programmer,
    /// The waveform editor.
    Waveform,
    /// The scopes.
    Scopes,
    /// The device: state, battery, alarms, log.
    Device,
    /// The spine: the multifidus by level, whether the column stands, the tests of the clinic.
    Spine,
    /// What was done, and what happened.
    Timeline,
}

impl Tab {
    /// All of them, with their titles.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Back, "Back"),
        (Self::Programmer, "Programmer"),
        (Self::Waveform, "Waveform"),
        (Self::Scopes, "Scopes"),
        (Self::Device, "Device"),
        (Self::Spine, "Spine"),
        (Self::Timeline, "Timeline"),
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(tab, _)| *tab == self).map_or("", |(_, title)| title)
    }
}
