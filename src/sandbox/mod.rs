//! The window: edit the waveform, see the patient answer.
//!
//! A [`session`] plays a [`document`]: a scenario's text and what was done in the window, as entries of its timeline.
//! Panels are functions of a [`view`] and a list of [`act`]s out; they know no Bevy, and are tested without a window.
//! Nothing here writes a model's state: whatever is done is a command of the scenario language, read by the reader of
//! files, and can be saved and replayed to the same bits.

pub mod act;
pub mod deadline;
pub mod desk;
pub mod document;
pub mod export;
pub mod files;
pub mod gallery;
pub mod keys;
pub mod launch;
pub mod memory;
pub mod models;
pub mod panels;
pub mod player;
pub mod preview;
pub mod pulls;
pub mod recruiter;
pub mod scene;
pub mod session;
pub mod settings;
pub mod style;
pub mod theme;
pub mod units;
pub mod view;
pub mod window;
