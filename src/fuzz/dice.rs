//! What a case is drawn with.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::device::profile::Range;
use crate::time::SimTime;

/// Draws for one case: a function of seed and number of the case, and of nothing else.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The draws of a case. Each case has a stream of ChaCha8 to itself.
    pub fn new(seed: u64, case: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(case);
        Self(rng)
    }

    /// A whole number from 0 up to, and without, `count`, which is above 0.
    pub fn below(&mut self, count: u64) -> u64 {
        // The high half of a product: as even as 64 bits allow.
        ((u128::from(self.0.next_u64()) * u128::from(count)) >> 64) as u64
    }

    /// A whole number from one to another, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least).unsigned_abs() + 1) as i64
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list, which is not empty.
    pub fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len() as u64) as usize]
    }

    /// A value of a device's range: every fifth time the smallest, every tenth the largest, half of the others near
    /// the smallest.
    pub fn of_range(&mut self, range: &Range) -> f64 {
        let steps = ((range.max - range.min) / range.step + 1e-6).floor() as i64;
        let step = match self.below(10) {
            0 | 1 => 0,
            2 => steps,
            3..6 => self.between(0, steps / 5),
            _ => self.between(0, steps),
        };
        // As files write it: without the last binary digits of a decimal step.
        ((range.min + step as f64 * range.step) * 1e9).round() / 1e9
    }

    /// A span of a device's range, in units of so long.
    pub fn span_of_range(&mut self, range: &Range, unit: SimTime) -> SimTime {
        SimTime::from_nanos((self.of_range(range) * unit.nanos() as f64).round() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn verif_draws_depend_on_seed_and_case_alone_and_stay_in_range() {
        let draws = |seed, case| {
            let mut dice = Dice::new(seed, case);
            (0..100).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1, 2), draws(1, 2));
        assert_ne!(draws(1, 2), draws(1, 3));
        assert_ne!(draws(1, 2), draws(2, 2));
        assert!(draws(1, 2).iter().all(|&draw| draw < 1_000));
        let range = Range { min: 0.2, max: 5.0, step: 0.1, source: Source::Ours(String::new()) };
        let mut dice = Dice::new(1, 1);
        for _ in 0..1_000 {
            let value = dice.of_range(&range);
            assert_eq!(range.check(value, "mA"), Ok(()), "{value}");
        }
    }
}
