//! Where a number comes from: every figure in an asset carries its source.

use serde::Serialize;

/// The source of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Source {
    /// Read in the publication, document or measurement named.
    Published(String),
    /// Remembered from the publication named and not checked: never test against it.
    Recalled(String),
    /// Chosen or derived by us, for the reason given.
    Ours(String),
    /// Supported by no publication: a prior around the value, with its coefficient of variation.
    Hypothesis {
        /// The standard deviation of the prior divided by its mean.
        cv: f64,
        /// What is assumed, and what speaks for it.
        why: String,
    },
}

/// A number with its source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The value, in the unit that the field's name gives.
    pub value: f64,
    /// Where it comes from.
    pub source: Source,
}

impl Figure {
    /// A figure chosen in the code itself; for tests and examples.
    pub fn ours(value: f64) -> Self {
        Self { value, source: Source::Ours("set in code".to_string()) }
    }
}
