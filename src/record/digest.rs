//! The digest: a fingerprint of all state, taken at every whole simulated second at which the state has changed.
//!
//! Every component writes its state, field by field and in a fixed order, into one buffer; the digest of the second is
//! the XXH3 hash of that buffer. The digest of the run folds, in order, each second whose digest differs from that of
//! the last one folded. State lives at its last event, so a second in which nothing happens has the digest of the one
//! before it, and leaping over it changes nothing.

use xxhash_rust::xxh3::xxh3_64;

use crate::time::SimTime;

/// A buffer that components write their state into, in words of 8 bytes.
#[derive(Clone, Debug, Default)]
pub struct StateWriter {
    words: Vec<[u8; 8]>,
    labels: Option<Vec<(String, usize)>>,
}

impl StateWriter {
    /// A writer that also remembers which field lies where, so that a difference can be named.
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

    fn label(&mut self, name: &str) {
        if let Some(labels) = &mut self.labels {
            labels.push((name.to_string(), self.words.len()));
        }
    }

    /// Begins the state of the component of that name, which belongs to that owner.
    pub fn component(&mut self, owner: &str, name: &str) {
        if let Some(labels) = &mut self.labels {
            labels.push((format!("{owner}/{name}"), self.words.len()));
        }
    }

    /// Numbers; minus zero counts as zero.
    pub fn numbers(&mut self, name: &str, values: &[f64]) {
        self.label(name);
        self.words.reserve(values.len());
        values.iter().for_each(|value| self.words.push(word(*value)));
    }

    /// Numbers that lie in lanes, as one field.
    pub fn lanes<'a, const N: usize>(&mut self, name: &str, lanes: impl Iterator<Item = &'a [f64; N]>) {
        self.label(name);
        for lane in lanes {
            self.words.extend_from_slice(&lane.map(word));
        }
    }

    /// One number.
    pub fn number(&mut self, name: &str, value: f64) {
        self.numbers(name, &[value]);
    }

    /// A count.
    pub fn count(&mut self, name: &str, value: u64) {
        self.label(name);
        self.words.push(value.to_le_bytes());
    }

    /// A charge in attocoulombs.
    pub fn charge(&mut self, name: &str, value_ac: i128) {
        self.label(name);
        self.words.extend_from_slice(&[(value_ac as u64).to_le_bytes(), ((value_ac >> 64) as u64).to_le_bytes()]);
    }

    /// An instant that may not be.
    pub fn time(&mut self, name: &str, at: Option<SimTime>) {
        self.label(name);
        self.words.push(at.map_or(i64::MIN, SimTime::nanos).to_le_bytes());
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.count(name, u64::from(value));
    }

    /// The digest of what has been written.
    pub fn digest(&self) -> u64 {
        xxh3_64(self.words.as_flattened())
    }

    /// The first field at which two labelled states differ, as `owner/component.field[index]`; none if they are equal.
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        let at = self
            .words
            .iter()
            .zip(&other.words)
            .position(|(a, b)| a != b)
            .or_else(|| (self.words.len() != other.words.len()).then(|| self.words.len().min(other.words.len())))?;
        let labels = self.labels.as_deref().unwrap_or_default();
        let field = labels.iter().rposition(|(_, start)| *start <= at)?;
        let component = labels[..=field].iter().rev().find(|(name, _)| name.contains('/'))?;
        Some(format!("{}.{}[{}]", component.0, labels[field].0, at - labels[field].1))
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
    fn verif_a_difference_is_named() {
        let write = |value: f64| {
            let mut w = StateWriter::labelled();
            w.component("left", "pool");
            w.numbers("activity", &[0.0, 1.0]);
            w.numbers("deficit", &[0.5, value]);
            w
        };
        assert_eq!(write(1.0).first_difference(&write(1.0)), None);
        assert_eq!(write(1.0).first_difference(&write(2.0)).as_deref(), Some("left/pool.deficit[1]"));
        assert_ne!(write(1.0).digest(), write(2.0).digest());
        assert_eq!(write(0.0).digest(), write(-0.0).digest());
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
