//! What a panel sees.

use crate::sandbox::session::Session;
use crate::sandbox::theme::Theme;

/// What a panel sees, and cannot change.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What is played.
    pub session: &'a Session,
    /// The colours.
    pub theme: &'a Theme,
}
