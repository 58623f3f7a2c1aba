//! Who fired, when: what the nerve hands on to the motor units.

use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// The most motor units that a pool can have.
pub const MAX_UNITS: usize = 256;

/// A set of motor units, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FiringSet([u64; MAX_UNITS / 64]);

impl FiringSet {
    /// Adds a unit, which is less than [`MAX_UNITS`].
    pub fn insert(&mut self, unit: usize) {
        self.0[unit / 64] |= 1 << (unit % 64);
    }

    /// Whether a unit is in it.
    pub fn contains(&self, unit: usize) -> bool {
        self.0[unit / 64] >> (unit % 64) & 1 == 1
    }

    /// Does something with each of its units, in their order.
    pub fn each(&self, mut of: impl FnMut(usize)) {
        for (place, &word) in self.0.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                of(place * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }

    /// Whether it has no unit.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; MAX_UNITS / 64]
    }

    /// How many units it has.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Those that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }

    /// The set of the first `count` units.
    pub fn first(count: usize) -> Self {
        let word = |i: usize| match count.saturating_sub(i * 64) {
            0 => 0,
            bits @ 1..64 => (1 << bits) - 1,
            _ => u64::MAX,
        };
        Self(std::array::from_fn(word))
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        for word in self.0 {
            w.count("fired", word);
        }
    }
}

/// Motor units that fired together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volley {
    /// When.
    pub at: SimTime,
    /// Who.
    pub fired: FiringSet,
}
