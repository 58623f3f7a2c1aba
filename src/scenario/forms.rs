//! What a file's values are, as those who read it say: for converting a file, and for the schema of scenarios.
//!
//! The readers of `scenario/` ask each value for what it must be. What they ask is noted by the place of the value, so
//! that nothing about the format of files is written down a second time.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::scenario::library::Kind;
use crate::time::SimTime;

/// What a value was read as.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A number within a range, in a unit; no range where somebody else checks it.
    Number(Option<RangeInclusive<f64>>),
    /// A whole number within a range.
    Integer(RangeInclusive<u64>),
    /// A text.
    Text,
    /// A span of time within a range.
    Span(RangeInclusive<SimTime>),
    /// A time of day.
    TimeOfDay,
    /// The name of a profile of that kind, or a path to one.
    Profile(Kind),
    /// One of a few names.
    Choice(Vec<String>),
    /// A list.
    List,
    /// A struct of that name.
    Struct(String),
    /// One of a few names, with fields or without: the name that was found, and all.
    Variant(&'static str, Vec<&'static str>),
    /// A name with a single unnamed value: the name that was found.
    Newtype(&'static str),
}

/// A field that was asked for: its name, and whether it must be there.
pub type Asked = (&'static str, bool);

/// The values of a file by their places, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    forms: BTreeMap<usize, Form>,
    fields: BTreeMap<usize, Vec<Asked>>,
}

impl Forms {
    /// What the value at that place was read as; where it was read twice, what was said first, but a text may turn out
    /// to be something narrower.
    pub fn of(&self, place: usize) -> Option<&Form> {
        self.forms.get(&place)
    }

    /// The fields that the struct or variant at that place was asked for.
    pub fn fields_of(&self, place: usize) -> &[Asked] {
        self.fields.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Notes what a value is read as.
    pub(super) fn note(&mut self, place: usize, form: Form) {
        match self.forms.get(&place) {
            None | Some(Form::Text) => drop(self.forms.insert(place, form)),
            Some(_) => {}
        }
    }

    /// Notes that a field is asked for.
    pub(super) fn ask(&mut self, place: usize, name: &'static str, required: bool) {
        let fields = self.fields.entry(place).or_default();
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known |= required,
            None => fields.push((name, required)),
        }
    }
}
