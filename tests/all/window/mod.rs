//! The window, tried as a person tries it.

mod session;
