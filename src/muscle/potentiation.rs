//! Potentiation: twitches grow as a unit works, and for a while afterwards.
//!
//! Every firing brings a unit's potentiation `p` nearer to its most, and in between it decays:
//!
//! ```text
//! p' = p + κ·(p_most − p)   at a firing
//! p(t) = p·e^(−t/τ)         between firings
//! ```
//!
//! so that it needs no samples and has the same bits for any tick. A twitch grows by the factor (1 + p)/(1 + p·r), with
//! r the unit's share of a tetanus at the rate at which it fires (Fuglevand 1993, eq. 16): all of it for single
//! twitches, nothing for a tetanus, which potentiation does not raise. The form is ours; it is that of the fact that
//! people measure in twitches and not in tetani.
//!
//! What a twitch grows by is renewed with the contraction times, at the first volley of each whole second.

use crate::math;
use crate::muscle::twitch::{LANES, Lane};
use crate::record::digest::StateWriter;
use crate::source::Figure;
use crate::time::SimTime;

/// How much and how long a muscle is potentiated, read from the profile of a muscle.
#[derive(Clone, Debug, PartialEq)]
pub struct PotentiationProfile {
    /// The most by which a twitch grows, as a fraction.
    pub most: Figure,
    /// The part of what is missing to that which a firing adds (κ).
    pub per_firing: Figure,
    /// The time constant of decay, s (τ).
    pub decay_s: Figure,
}

impl PotentiationProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 3] {
        [
            ("potentiation_most", &self.most),
            ("potentiation_per_firing", &self.per_firing),
            ("potentiation_decay_s", &self.decay_s),
        ]
    }
}

/// The potentiation of the units of a pool.
#[derive(Clone, Debug)]
pub struct Potentiation {
    most: f64,
    per_firing: f64,
    decay_s: f64,
    /// p of each unit, at the instant of the pool.
    now: Vec<Lane>,
    /// p as last renewed: what twitches grow by.
    renewed: Vec<Lane>,
}

impl Potentiation {
    /// Rested units, in so many lanes.
    pub fn new(profile: &PotentiationProfile, lanes: usize) -> Self {
        Self {
            most: profile.most.value,
            per_firing: profile.per_firing.value,
            decay_s: profile.decay_s.value,
            now: vec![[0.0; LANES]; lanes],
            renewed: vec![[0.0; LANES]; lanes],
        }
    }

    /// Lets time pass without a firing.
    pub fn decay(&mut self, span: SimTime) {
        let kept = math::exp(-span.as_secs() / self.decay_s);
        self.now.iter_mut().flatten().for_each(|p| *p *= kept);
    }

    /// The units that get a kick fire.
    pub fn fire(&mut self, kicks: &[Lane]) {
        self.repeat(kicks, SimTime::ZERO, 1);
    }

    /// They fire `count` times, each time after that interval.
    pub fn repeat(&mut self, kicks: &[Lane], interval: SimTime, count: usize) {
        let kept = math::exp(-interval.as_secs() / self.decay_s);
        for (now, kick) in self.now.iter_mut().zip(kicks) {
            // A unit that does not fire only decays.
            let per_firing: Lane = kick.map(|kick| if kick > 0.0 { self.per_firing } else { 0.0 });
            for _ in 0..count {
                for i in 0..LANES {
                    now[i] *= kept;
                    now[i] += per_firing[i] * (self.most - now[i]);
                }
            }
        }
    }

    /// From now on twitches grow by what potentiation is now.
    pub fn renew(&mut self) {
        self.renewed.copy_from_slice(&self.now);
    }

    /// What a twitch of a unit grows by where the unit's rate makes that share of a tetanus; 1 is no growth.
    pub fn factor(&self, lane: usize, i: usize, share: f64) -> f64 {
        let p = self.renewed[lane][i];
        (1.0 + p) / (1.0 + p * share)
    }

    /// Whether every unit's potentiation is in range.
    pub fn is_in_range(&self) -> bool {
        self.now.iter().flatten().all(|p| (0.0..=self.most).contains(p))
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.lanes("potentiation", self.now.iter());
        w.lanes("potentiation_renewed", self.renewed.iter());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rested() -> Potentiation {
        let profile = PotentiationProfile {
            most: Figure::ours(0.5),
            per_firing: Figure::ours(0.01),
            decay_s: Figure::ours(40.0),
        };
        Potentiation::new(&profile, 1)
    }

    const FIRST: [Lane; 1] = [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]];

    #[test]
    fn verif_firings_together_are_firings_one_by_one() {
        let interval = SimTime::from_nanos(50_000_000);
        let (mut together, mut apart) = (rested(), rested());
        together.repeat(&FIRST, interval, 200);
        for _ in 0..200 {
            apart.decay(interval);
            apart.fire(&FIRST);
        }
        assert_eq!(together.now, apart.now);
        assert_eq!(together.now[0][1], 0.0);
        // The fixed point of p = κ·p_most + (1 − κ)·e^(−Δ/τ)·p.
        together.repeat(&FIRST, interval, 5000);
        let fixed = 0.01 * 0.5 / (1.0 - 0.99 * math::exp(-0.05 / 40.0));
        assert!((together.now[0][0] - fixed).abs() < 1e-12);
        assert!(together.is_in_range());
    }

    #[test]
    fn verif_twitches_grow_and_a_tetanus_does_not() {
        let mut potentiation = rested();
        potentiation.repeat(&FIRST, SimTime::ZERO, 10_000);
        assert_eq!(potentiation.factor(0, 0, 0.0), 1.0, "not renewed yet");
        potentiation.renew();
        assert!((potentiation.factor(0, 0, 0.0) - 1.5).abs() < 1e-12);
        assert!((potentiation.factor(0, 0, 1.0) - 1.0).abs() < 1e-15);
        assert_eq!(potentiation.factor(0, 1, 0.3), 1.0);
    }
}
