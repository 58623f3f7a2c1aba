//! The state of a simulation as it is read: fields with their values as text, each in its own notation, so that two
//! states can be held against each other, kept in a file, and told apart by a sentence.

use crate::time::SimTime;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number, as the shortest decimal that reads back to the same bits.
    Number,
    /// A count.
    Count,
    /// A whole number that may be negative.
    Signed,
    /// A charge, in whole attocoulombs.
    Charge,
    /// An instant or a span; `none` where there is none.
    Time,
    /// `true` or `false`.
    Flag,
}

impl Kind {
    /// Words of 8 bytes that a value takes.
    pub fn words(self) -> usize {
        if self == Self::Charge { 2 } else { 1 }
    }

    /// A value of this kind, out of its words.
    pub fn show(self, words: &[[u8; 8]]) -> String {
        let word = u64::from_le_bytes(words[0]);
        match self {
            Self::Number => {
                let mut buffer = ryu::Buffer::new();
                let text = buffer.format(f64::from_bits(word));
                text.strip_suffix(".0").unwrap_or(text).to_string()
            }
            Self::Count => word.to_string(),
            Self::Signed => word.cast_signed().to_string(),
            Self::Charge => {
                let high = i128::from(u64::from_le_bytes(words[1]).cast_signed());
                format!("{} aC", high << 64 | i128::from(word))
            }
            Self::Time if word.cast_signed() == i64::MIN => "none".to_string(),
            Self::Time => SimTime::from_nanos(word.cast_signed()).to_string(),
            Self::Flag => (word != 0).to_string(),
        }
    }
}

/// A field of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as `owner/component.field`.
    pub name: String,
    /// Its values; none of them has a comma.
    pub values: Vec<String>,
}

/// A field of a state in a file, as its name and what has become of it since the state before: the values between
/// commas, each left out where it is as before; `=` and the name of an earlier field of which the same is said; none
/// where the field is gone.
pub type Change = (String, Option<String>);

/// The shortest text that is not said twice (ours): of both sides' motor units it is said once.
const WORTH_A_NAME: usize = 64;

/// The state of a simulation: the fields of its components, in the order of a pulse's way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The fields.
    pub fields: Vec<Field>,
}

/// A value that two states do not have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// Its field, with its index where the field has several.
    pub name: String,
    /// The value in the one state; none where it has no such value.
    pub was: Option<String>,
    /// The value in the other.
    pub is: Option<String>,
}

impl std::fmt::Display for Parting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not there".to_string());
        write!(f, "{} was {}, is {}", self.name, said(&self.was), said(&self.is))
    }
}

impl Field {
    /// The first value that differs from that of the same field in another state.
    fn parting(&self, is: &Self) -> Option<Parting> {
        let count = self.values.len().max(is.values.len());
        let index = (0..count).find(|&index| self.values.get(index) != is.values.get(index))?;
        let name = if count > 1 { format!("{}[{index}]", self.name) } else { self.name.clone() };
        Some(Parting { name, was: self.values.get(index).cloned(), is: is.values.get(index).cloned() })
    }
}

impl State {
    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The first value, in the order of a pulse's way, in which another state differs from this one.
    pub fn first_difference(&self, is: &Self) -> Option<Parting> {
        let parting = |name: &str| {
            let nothing = Field { name: name.to_string(), values: Vec::new() };
            let (was, is) = (self.field(name).unwrap_or(&nothing), is.field(name).unwrap_or(&nothing));
            was.parting(is)
        };
        // A field that only one of them has stands where it stands there.
        let mut here = self.fields.iter();
        for field in &is.fields {
            if self.field(&field.name).is_some() {
                let before = here.by_ref().take_while(|other| other.name != field.name);
                if let Some(found) = before.map(|gone| &gone.name).find_map(|name| parting(name)) {
                    return Some(found);
                }
            }
            if let Some(found) = parting(&field.name) {
                return Some(found);
            }
        }
        here.find_map(|field| parting(&field.name))
    }

    /// What has to be said to come to this state from the one before.
    pub fn changes(&self, before: &Self) -> Vec<Change> {
        let gone = before.fields.iter().filter(|field| self.field(&field.name).is_none());
        let gone = gone.map(|field| (field.name.clone(), None));
        let mut changes: Vec<Change> = gone.collect();
        let mut said_of: Vec<(String, &str)> = Vec::new();
        for field in &self.fields {
            let old = before.field(&field.name).filter(|old| old.values.len() == field.values.len());
            let is_same = |index: usize| old.is_some_and(|old| old.values[index] == field.values[index]);
            let values = field.values.iter().enumerate().map(|(index, value)| if is_same(index) { "" } else { value });
            let said = values.collect::<Vec<_>>().join(",");
            if (0..field.values.len()).all(is_same) {
                continue;
            }
            let other = said_of.iter().find(|(other, _)| said.len() >= WORTH_A_NAME && *other == said);
            match other {
                Some((_, name)) => changes.push((field.name.clone(), Some(format!("={name}")))),
                None => {
                    changes.push((field.name.clone(), Some(said.clone())));
                    said_of.push((said, &field.name));
                }
            }
        }
        changes
    }

    /// The state that comes of this one by those changes.
    ///
    /// # Errors
    /// A change refers to a value or a field that is not there: the name of the field that it is about.
    pub fn changed(mut self, changes: &[Change]) -> Result<Self, String> {
        for (name, said) in changes {
            let place = self.fields.iter().position(|field| field.name == *name);
            let Some(said) = said else {
                self.fields.remove(place.ok_or(name)?);
                continue;
            };
            let same_as = |other: &str| changes.iter().find(|(name, _)| name == other)?.1.as_ref();
            let said = match said.strip_prefix('=') {
                Some(other) => same_as(other).filter(|said| !said.starts_with('=')).ok_or(name)?,
                None => said,
            };
            let old = place.map_or(&[][..], |place| &self.fields[place].values[..]);
            let new: Vec<&str> = said.split(',').collect();
            let has_old = old.len() == new.len();
            let value = |(index, new): (usize, &&str)| match *new {
                "" if has_old => Ok(old[index].clone()),
                "" => Err(name),
                new => Ok(new.to_string()),
            };
            let values = new.iter().enumerate().map(value).collect::<Result<Vec<String>, _>>()?;
            match place {
                Some(place) => self.fields[place].values = values,
                None => {
                    // Behind the fields of its own component.
                    let component = |name: &str| name.split('.').next().map(str::to_string);
                    let of_component = |field: &Field| component(&field.name) == component(name);
                    let place = self.fields.iter().rposition(of_component).map_or(self.fields.len(), |at| at + 1);
                    self.fields.insert(place, Field { name: name.clone(), values });
                }
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(fields: &[(&str, &str)]) -> State {
        let field = |(name, values): &(&str, &str)| Field {
            name: name.to_string(),
            values: values.split(',').map(str::to_string).collect(),
        };
        State { fields: fields.iter().map(field).collect() }
    }

    #[test]
    fn verif_the_first_difference_is_named() {
        let was = state(&[("g.a", "1"), ("g.test", "5"), ("l/p.x", "0,1,2"), ("l/p.y", "7")]);
        let said = |is: &[(&str, &str)]| was.first_difference(&state(is)).map(|parting| parting.to_string());
        assert_eq!(was.first_difference(&was), None);
        let cases: [(&[(&str, &str)], &str); 4] = [
            (&[("g.a", "1"), ("g.test", "5"), ("l/p.x", "0,3,4"), ("l/p.y", "8")], "l/p.x[1] was 1, is 3"),
            (&[("g.a", "1"), ("l/p.x", "0,3,2"), ("l/p.y", "7")], "g.test was 5, is not there"),
            (
                &[("g.a", "1"), ("g.new", "2"), ("g.test", "5"), ("l/p.x", "0"), ("l/p.y", "7")],
                "g.new was not there, is 2",
            ),
            (&[("g.a", "1"), ("g.test", "5"), ("l/p.x", "0,1,2")], "l/p.y was 7, is not there"),
        ];
        for (is, words) in cases {
            assert_eq!(said(is).as_deref(), Some(words));
        }
    }

    #[test]
    fn verif_changes_lead_from_state_to_state() {
        let states = [
            State::default(),
            state(&[("g.a", "1"), ("l/p.x", "0,1,2"), ("r/p.x", "0")]),
            state(&[("g.a", "1"), ("g.test", "5,6"), ("l/p.x", "0,3,2"), ("r/p.x", "0")]),
            state(&[("g.a", "1"), ("g.test", "5,6,7"), ("l/p.x", "0,3,2")]),
        ];
        for pair in states.windows(2) {
            let changes = pair[1].changes(&pair[0]);
            assert_eq!(pair[0].clone().changed(&changes).as_ref(), Ok(&pair[1]));
        }
        let long = vec!["0.125"; 20].join(",");
        let both = state(&[("l/p.x", &long), ("r/p.x", &long)]);
        assert_eq!(both.changes(&states[0])[1], ("r/p.x".to_string(), Some("=l/p.x".to_string())));
        assert_eq!(states[1].clone().changed(&both.changes(&states[1])), Ok(both));
        assert_eq!(states[2].changes(&states[1])[1], ("l/p.x".to_string(), Some(",3,".to_string())));
        for odd in ["1,", "=g.a", "=g.b"] {
            let odd = [("g.a".to_string(), Some(odd.to_string()))];
            assert_eq!(states[1].clone().changed(&odd), Err("g.a".to_string()));
        }
        assert_eq!(State::default().changed(&[("g.b".to_string(), None)]), Err("g.b".to_string()));
    }
}
