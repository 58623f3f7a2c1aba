//! Random draws that are functions, not sequences.
//!
//! A draw depends on the scenario's seed, the [`StableId`] of what it is for, a [`Stream`] and an index, and on nothing
//! else: adding a stream, an entity or a draw shifts no other. The generator is ChaCha8, keyed by seed and id, with its
//! stream and block counter set to ours; its output is specified and the same everywhere.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use xxhash_rust::xxh3::xxh3_64;

use crate::math;

/// The name that a scenario gives to something, such as `patient/left/nerve`: stable between runs and versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bevy::ecs::component::Component)]
pub struct StableId(String);

impl StableId {
    /// The id of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What a draw is for. The numbers are part of the file format of results: never renumber, only add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The diameter of an axon; the index is its place in the pool.
    AxonDiameter = 1,
    /// The place of an axon in the cross-section of its nerve.
    AxonPlace = 2,
    /// Where along the nerve the nodes of Ranvier of an axon lie.
    NodeOffset = 3,
    /// Whether the patient takes a scheduled session; the index is its day and its place in it.
    Adherence = 4,
    /// How far an axon's threshold is off at one pulse: eight pulses a block; the index is the block and the axon.
    ThresholdNoise = 5,
}

/// A source of a few draws for one index.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The draws for `index` of `stream` of the thing called `id`; up to 8 uniform or 4 normal numbers, each used once.
    pub fn new(seed: u64, id: &StableId, stream: Stream, index: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&xxh3_64(id.name().as_bytes()).to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream as u64);
        // One block of 16 words for each index: eight 64-bit numbers that no other index uses.
        rng.set_word_pos(u128::from(index) * 16);
        Self(rng)
    }

    /// Uniform in [0, 1), with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller 1958, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * math::ln(1.0 - self.uniform())).sqrt();
        radius * math::cos(std::f64::consts::TAU * self.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_draw_depends_on_its_four_arguments_alone() {
        let draw = |seed, id: &str, stream, index| Draw::new(seed, &StableId::new(id), stream, index).uniform();
        let base = draw(1, "a", Stream::AxonPlace, 0);
        assert_eq!(base, draw(1, "a", Stream::AxonPlace, 0));
        for other in [
            draw(2, "a", Stream::AxonPlace, 0),
            draw(1, "b", Stream::AxonPlace, 0),
            draw(1, "a", Stream::NodeOffset, 0),
            draw(1, "a", Stream::AxonPlace, 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn verif_uniform_and_normal_have_their_moments() {
        let id = StableId::new("moments");
        let count = 20_000;
        let (mut sum, mut normal_sum, mut square_sum) = (0.0, 0.0, 0.0);
        for index in 0..count {
            let mut draw = Draw::new(7, &id, Stream::AxonDiameter, index);
            sum += draw.uniform();
            let z = draw.normal();
            normal_sum += z;
            square_sum += z * z;
        }
        let n = count as f64;
        assert!((sum / n - 0.5).abs() < 0.01);
        assert!((normal_sum / n).abs() < 0.03);
        assert!((square_sum / n - 1.0).abs() < 0.05);
    }
}
