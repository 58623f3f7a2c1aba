//! The panels of the window: each a function of what is to be seen, and a list of acts out.

pub mod gallery;
pub mod keys;
pub mod menu;
pub mod timeline;
