//! The panels of the window: each a function of what is to be seen, and a list of acts out.

pub mod timeline;
