//! Force and length: a muscle that is stretched or slack is weaker than at the length of most overlap.
//!
//! The active curve is that of De Groote and others (Ann Biomed Eng 2016;44:2922), three bells over the length of the
//! fibres relative to the optimal one. Fibres take the same part of a stretch as the whole fascicle does, so that their
//! sarcomeres are as much longer as the fascicle is.
//!
//! Not modelled: passive force of stretched muscle, tendons, and how force falls with the speed of shortening.

use crate::math;
use crate::record::digest::StateWriter;
use crate::source::Figure;

/// b₁, b₂, b₃, b₄ of each bell: height, place, width, and how the width grows with length.
const BELLS: [[f64; 4]; 3] = [[0.815, 1.055, 0.162, 0.063], [0.433, 0.717, -0.030, 0.200], [0.1, 1.0, 0.354, 0.0]];

/// Force at a fibre length relative to the optimal one, as a share of the largest (De Groote 2016).
pub fn active_force(length: f64) -> f64 {
    let bell = |[height, place, width, growth]: [f64; 4]| {
        let away = (length - place) / (width + growth * length);
        height * math::exp(-0.5 * away * away)
    };
    BELLS.into_iter().map(bell).sum()
}

/// How long the sarcomeres of a muscle are, read from its profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Sarcomeres {
    /// Length in the neutral pose, µm.
    pub neutral_um: Figure,
    /// Length of the largest force, µm.
    pub optimal_um: Figure,
}

impl Sarcomeres {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 2] {
        [("sarcomere_um", &self.neutral_um), ("optimal_sarcomere_um", &self.optimal_um)]
    }

    /// Force of a fascicle that is so many times as long as in the neutral pose, relative to its force there.
    pub fn factor(&self, stretch: f64) -> f64 {
        let neutral = self.neutral_um.value / self.optimal_um.value;
        active_force(neutral * stretch) / active_force(neutral)
    }
}

/// How far the fascicles of a muscle are stretched now.
#[derive(Clone, Debug)]
pub struct Stretch {
    sarcomeres: Option<Sarcomeres>,
    factor: f64,
}

impl Stretch {
    /// The neutral pose; a muscle whose sarcomeres are not given pulls alike at every length.
    pub fn neutral(sarcomeres: Option<Sarcomeres>) -> Self {
        Self { sarcomeres, factor: 1.0 }
    }

    /// Stretches fascicles: the force of each in the neutral pose, and how many times as long it is as there.
    pub fn set(&mut self, fascicles: &[(f64, f64)]) {
        let Some(sarcomeres) = &self.sarcomeres else { return };
        let (mut neutral, mut now) = (0.0, 0.0);
        for &(force_n, stretch) in fascicles {
            neutral += force_n;
            now += force_n * sarcomeres.factor(stretch);
        }
        self.factor = if neutral > 0.0 { now / neutral } else { 1.0 };
    }

    /// Force, relative to that in the neutral pose.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Writes the state, for the digest; of the neutral pose nothing.
    pub fn write_state(&self, w: &mut StateWriter) {
        if self.factor != 1.0 {
            w.number("stretch", self.factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_force_is_largest_near_the_optimal_length() {
        assert!((active_force(1.0) - 1.0).abs() < 0.01, "{}", active_force(1.0));
        assert!(active_force(0.5) < 0.5 && active_force(1.5) < 0.5, "{} {}", active_force(0.5), active_force(1.5));
        let multifidus = Sarcomeres { neutral_um: Figure::ours(2.27), optimal_um: Figure::ours(2.7) };
        assert_eq!(multifidus.factor(1.0), 1.0);
        // On the ascending limb force rises with length, all the way to 2.7 µm.
        let stretches = [0.87, 0.95, 1.0, 1.1, 1.19];
        let forces = stretches.map(|stretch| multifidus.factor(stretch));
        assert!(forces.windows(2).all(|pair| pair[0] < pair[1]), "{forces:?}");
    }
}
