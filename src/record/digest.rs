//! The digest: a fingerprint of all state, taken at every whole simulated second at which the state has changed.
//!
//! Every component writes its state, field by field and in a fixed order, into one buffer; the digest of the second is
//! the XXH3 hash of that buffer. The digest of the run folds, in order, each second whose digest differs from that of
//! the last one folded. State lives at its last event, so a second in which nothing happens has the digest of the one
//! before it, and leaping over it changes nothing.

use xxhash_rust::xxh3::xxh3_64;

use crate::record::state::{Field, Kind, State};
use crate::time::SimTime;

/// What lies from a word on.
#[derive(Clone, Debug)]
enum Label {
    /// The fields of that component, as `owner/name`.
    Component(String),
    /// The values of a field.
    Field(&'static str, Kind),
}

/// A buffer that components write their state into, in words of 8 bytes.
#[derive(Clone, Debug, Default)]
pub struct StateWriter {
    words: Vec<[u8; 8]>,
    labels: Option<Vec<(Label, usize)>>,
}

impl StateWriter {
    /// A writer that also remembers which field lies where, so that it can be read as a [`State`].
    pub fn labelled() -> Self {
        Self { words: Vec::new(), labels: Some(Vec::new()) }
    }

    /// Empties the buffer and keeps its memory.
    pub fn clear(&mut self) {
        self.words.clear();
        if let Some(labels) = &mut self.labels {
            labels.clear();
        }
    }

    fn label(&mut self, name: &'static str, kind: Kind) {
        if let Some(labels) = &mut self.labels {
            labels.push((Label::Field(name, kind), self.words.len()));
        }
    }

    /// Begins the state of the component of that name, which belongs to that owner.
    pub fn component(&mut self, owner: &str, name: &str) {
        if let Some(labels) = &mut self.labels {
            labels.push((Label::Component(format!("{owner}/{name}")), self.words.len()));
        }
    }

    /// Numbers; minus zero counts as zero.
    pub fn numbers(&mut self, name: &'static str, values: &[f64]) {
        self.label(name, Kind::Number);
        self.words.reserve(values.len());
        values.iter().for_each(|value| self.words.push(word(*value)));
    }

    /// Numbers that lie in lanes, as one field.
    pub fn lanes<'a, const N: usize>(&mut self, name: &'static str, lanes: impl Iterator<Item = &'a [f64; N]>) {
        self.label(name, Kind::Number);
        for lane in lanes {
            self.words.extend_from_slice(&lane.map(word));
        }
    }

    /// One number.
    pub fn number(&mut self, name: &'static str, value: f64) {
        self.numbers(name, &[value]);
    }

    /// A count.
    pub fn count(&mut self, name: &'static str, value: u64) {
        self.label(name, Kind::Count);
        self.words.push(value.to_le_bytes());
    }

    /// A whole number that may be negative.
    pub fn signed(&mut self, name: &'static str, value: i64) {
        self.label(name, Kind::Signed);
        self.words.push(value.to_le_bytes());
    }

    /// A charge in attocoulombs.
    pub fn charge(&mut self, name: &'static str, value_ac: i128) {
        self.label(name, Kind::Charge);
        self.words.extend_from_slice(&[(value_ac as u64).to_le_bytes(), ((value_ac >> 64) as u64).to_le_bytes()]);
    }

    /// An instant that may not be.
    pub fn time(&mut self, name: &'static str, at: Option<SimTime>) {
        self.label(name, Kind::Time);
        self.words.push(at.map_or(i64::MIN, SimTime::nanos).to_le_bytes());
    }

    /// Instants that may not be, as one field.
    pub fn times(&mut self, name: &'static str, at: &[Option<SimTime>]) {
        self.label(name, Kind::Time);
        self.words.extend(at.iter().map(|at| at.map_or(i64::MIN, SimTime::nanos).to_le_bytes()));
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &'static str, value: bool) {
        self.label(name, Kind::Flag);
        self.words.push(u64::from(value).to_le_bytes());
    }

    /// The digest of what has been written.
    pub fn digest(&self) -> u64 {
        xxh3_64(self.words.as_flattened())
    }

    /// What has been written, in the order of writing; fields of one name in one component become one. Nothing where
    /// the writer has no labels.
    pub fn state(&self) -> State {
        let labels = self.labels.as_deref().unwrap_or_default();
        let ends = labels.iter().skip(1).map(|(_, start)| *start).chain([self.words.len()]);
        let mut fields: Vec<Field> = Vec::new();
        let (mut component, mut first) = ("", 0);
        for ((label, start), end) in labels.iter().zip(ends) {
            match label {
                Label::Component(name) => (component, first) = (name, fields.len()),
                Label::Field(name, kind) => {
                    let values = self.words[*start..end].chunks(kind.words()).map(|words| kind.show(words));
                    let name = format!("{component}.{name}");
                    match fields[first..].iter_mut().find(|field| field.name == name) {
                        Some(field) => field.values.extend(values),
                        None => fields.push(Field { name, values: values.collect() }),
                    }
                }
            }
        }
        fields.retain(|field| !field.values.is_empty());
        State { fields }
    }
}

/// A number as it goes into the digest; minus zero counts as zero.
fn word(value: f64) -> [u8; 8] {
    (value + 0.0).to_bits().to_le_bytes()
}

/// The digest of a run, folded second by second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunDigest {
    folded: u64,
    last: Option<u64>,
    seconds: u64,
}

impl RunDigest {
    /// Takes the digest of the state at a whole second; one like the last is not folded again.
    pub fn fold(&mut self, second: i64, state: u64) {
        if self.last == Some(state) {
            return;
        }
        self.last = Some(state);
        self.seconds += 1;
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.folded.to_le_bytes());
        bytes[8..16].copy_from_slice(&second.to_le_bytes());
        bytes[16..].copy_from_slice(&state.to_le_bytes());
        self.folded = xxh3_64(&bytes);
    }

    /// How many seconds have been folded.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// The digest as a number; [`Display`](std::fmt::Display) writes it in 16 hexadecimal digits.
    pub fn value(&self) -> u64 {
        self.folded
    }
}

impl std::fmt::Display for RunDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_state_is_read_as_what_it_is() {
        let mut w = StateWriter::labelled();
        w.component("left", "pool");
        w.numbers("activity", &[-0.0, 1.0]);
        w.charge("residual_ac", -(1 << 70));
        w.flag("fired", true);
        w.component("right", "pool");
        w.numbers("activity", &[]);
        w.count("fired", u64::MAX);
        w.signed("drift", -2);
        w.time("at", Some(SimTime::from_secs(90)));
        w.count("fired", 7);
        w.time("until", None);
        let fields: Vec<String> =
            w.state().fields.iter().map(|field| format!("{} {}", field.name, field.values.join(","))).collect();
        assert_eq!(
            fields,
            [
                "left/pool.activity 0,1",
                "left/pool.residual_ac -1180591620717411303424 aC",
                "left/pool.fired true",
                "right/pool.fired 18446744073709551615,7",
                "right/pool.drift -2",
                "right/pool.at 1 min 30 s",
                "right/pool.until none",
            ]
        );
        let digest = |value: f64| {
            let mut w = StateWriter::default();
            w.number("deficit", value);
            w.digest()
        };
        assert_ne!(digest(1.0), digest(2.0));
        assert_eq!(digest(0.0), digest(-0.0));
    }

    #[test]
    fn verif_a_quiet_second_folds_to_nothing() {
        let (mut leaping, mut stepping) = (RunDigest::default(), RunDigest::default());
        leaping.fold(1, 7);
        leaping.fold(9, 8);
        for second in 1..=9 {
            stepping.fold(second, if second < 9 { 7 } else { 8 });
        }
        assert_eq!(leaping, stepping);
        assert_eq!(leaping.seconds(), 2);
    }
}
