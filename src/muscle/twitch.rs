//! The twitch of a motor unit, summed exactly.
//!
//! A firing adds a twitch (t/T)·e^(1−t/T), scaled by a gain that depends on how fast the unit is driven. The sum of all
//! twitches of a unit needs two numbers, whatever the history: with `pending` = Σ g·e^(−t/T) and `active` =
//! Σ g·(t/T)·e^(−t/T), a time step of any length is
//!
//! ```text
//! active'  = e^(−dt/T)·(active + pending·dt/T)
//! pending' = e^(−dt/T)·pending
//! ```
//!
//! Fatigue follows from what is active: a unit loses capacity as it pulls and regains it as it rests (see
//! [`crate::muscle::pool`]), d(deficit)/dt = k·S·active − r·deficit, with S the share of a tetanus that `active` of one
//! stands for. That is linear too, and its step is exact as well.

use crate::math;

/// Normalised rate T/interval up to which twitches add up linearly (Fuglevand 1993, eq. 16 to 18).
pub const LINEAR_RATE: f64 = 0.4;

/// S(0.4)/0.4 with S(x) = 1 − e^(−2x³): the slope of force against normalised rate where twitches add up linearly, and
/// so the share of a tetanus that an activity of one stands for. A test recomputes it.
pub const TETANUS_SHARE: f64 = 0.300_366_552_138_390_53;

/// The mean force of a unit driven at a steady rate, as a share of its tetanus (Fuglevand 1993, eq. 16; Potvin and
/// Fuglevand 2017, eq. 7). `rate` is the contraction time divided by the interval between firings.
pub fn relative_force(rate: f64) -> f64 {
    if rate <= LINEAR_RATE { TETANUS_SHARE * rate } else { 1.0 - math::exp(-2.0 * rate * rate * rate) }
}

/// The gain of a twitch that follows the one before it at that normalised rate: 1 where twitches add up linearly.
pub fn gain(rate: f64) -> f64 {
    if rate <= LINEAR_RATE { 1.0 } else { relative_force(rate) / (TETANUS_SHARE * rate) }
}

/// How many units are worked on together; arrays are padded to a multiple of it.
pub const LANES: usize = 8;

/// A number for each of a few units.
pub type Lane = [f64; LANES];

/// The state of a few units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Twitches {
    /// Σ g·e^(−t/T) over the firings so far.
    pub pending: Lane,
    /// Σ g·(t/T)·e^(−t/T) over the firings so far.
    pub active: Lane,
    /// Lost capacity, as a fraction of the rested one.
    pub deficit: Lane,
}

impl Twitches {
    /// Units at rest.
    pub const REST: Self = Self { pending: [0.0; LANES], active: [0.0; LANES], deficit: [0.0; LANES] };
}

/// What a time step of one length does to a few units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// e^(−dt/T).
    decay: Lane,
    /// dt/T.
    turn: Lane,
    /// e^(−r·dt).
    kept: Lane,
    /// Deficit from what was pending.
    from_pending: Lane,
    /// Deficit from what was active.
    from_active: Lane,
}

impl Step {
    /// A step that does nothing; [`Self::set`] makes it one.
    pub const NONE: Self = Self {
        decay: [1.0; LANES],
        turn: [0.0; LANES],
        kept: [1.0; LANES],
        from_pending: [0.0; LANES],
        from_active: [0.0; LANES],
    };

    /// Sets the step of one unit: `dt_s` seconds, contraction time `contraction_s`, fatigue and recovery rates in 1/s.
    /// The contraction time is much shorter than the recovery takes.
    pub fn set(&mut self, unit: usize, dt_s: f64, contraction_s: f64, fatigue_per_s: f64, recovery_per_s: f64) {
        let turn = dt_s / contraction_s;
        let decay = math::exp(-turn);
        let kept = math::exp(-recovery_per_s * dt_s);
        let faster_per_s = 1.0 / contraction_s - recovery_per_s;
        // ∫ e^(−r(dt−u))·e^(−u/T) du, and the same with u in front of it.
        let flat = (kept - decay) / faster_per_s;
        let rising = (flat - dt_s * decay) / faster_per_s;
        let loss_per_s = fatigue_per_s * TETANUS_SHARE;
        self.decay[unit] = decay;
        self.turn[unit] = turn;
        self.kept[unit] = kept;
        self.from_active[unit] = loss_per_s * flat;
        self.from_pending[unit] = loss_per_s * rising / contraction_s;
    }

    /// Takes `count` steps, each followed by the firings in `kick`.
    #[inline]
    pub fn repeat(&self, state: &mut Twitches, kick: &Lane, count: usize) {
        let Twitches { mut pending, mut active, mut deficit } = *state;
        for _ in 0..count {
            for i in 0..LANES {
                let lost = self.from_pending[i] * pending[i] + self.from_active[i] * active[i];
                deficit[i] = self.kept[i] * deficit[i] + lost;
                active[i] = self.decay[i] * (active[i] + self.turn[i] * pending[i]);
                pending[i] = self.decay[i] * pending[i] + kick[i];
            }
        }
        *state = Twitches { pending, active, deficit };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_share_of_a_tetanus() {
        assert!((TETANUS_SHARE - (1.0 - math::exp(-2.0 * 0.064)) / 0.4).abs() < 1e-15);
        assert!((relative_force(0.4) - (1.0 - math::exp(-2.0 * 0.064))).abs() < 1e-15);
        assert!((gain(0.4 + 1e-12) - 1.0).abs() < 1e-9, "the gain is continuous");
    }

    #[test]
    fn val_half_of_a_tetanus_is_where_macefield_measured_it() {
        // Macefield 1996: toe extensor units with a contraction time of 74.8 ms reach half force at 9.6 ± 0.6 Hz.
        let rate_hz = (50..200).map(|i| f64::from(i) / 10.0).find(|hz| relative_force(hz * 0.0748) >= 0.5).unwrap();
        assert!((rate_hz - 9.6).abs() < 0.65, "{rate_hz}");
    }

    #[test]
    fn verif_a_long_step_is_many_short_ones() {
        let (contraction, fatigue, recovery) = (0.05, 0.0225, 0.0089);
        let start = Twitches { pending: [1.3; LANES], active: [0.4; LANES], deficit: [0.2; LANES] };
        let step = |dt: f64| {
            let mut step = Step::NONE;
            (0..LANES).for_each(|i| step.set(i, dt, contraction, fatigue, recovery));
            step
        };
        let (mut long, mut short) = (start, start);
        step(0.2).repeat(&mut long, &[0.0; LANES], 1);
        step(0.0002).repeat(&mut short, &[0.0; LANES], 1000);
        for (a, b) in [
            (long.pending[0], short.pending[0]),
            (long.active[0], short.active[0]),
            (long.deficit[0], short.deficit[0]),
        ] {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn verif_a_twitch_peaks_at_its_contraction_time() {
        let at = |time: f64| {
            let mut step = Step::NONE;
            step.set(0, time, 0.05, 0.0, 0.0);
            let mut state = Twitches { pending: [1.0; LANES], ..Twitches::REST };
            step.repeat(&mut state, &[0.0; LANES], 1);
            state.active[0] * std::f64::consts::E
        };
        assert!((at(0.05) - 1.0).abs() < 1e-14);
        assert!(at(0.049) < 1.0 && at(0.051) < 1.0);
    }
}
