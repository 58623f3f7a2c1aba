//! The panels of the window: each a function of what is to be seen, and a list of acts out.

pub mod back;
pub mod back_numbers;
pub mod device;
pub mod fields;
pub mod gallery;
pub mod keys;
pub mod menu;
pub mod programmer;
pub mod scopes;
pub mod spine;
pub mod timeline;
pub mod transport;
pub mod waveform;
