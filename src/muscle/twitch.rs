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
    /// A step that does nothing, to be set unit by unit.
    pub const NONE: Self = Self {
        decay: [1.0; LANES],
        turn: [0.0; LANES],
        kept: [1.0; LANES],
        from_pending: [0.0; LANES],
        from_active: [0.0; LANES],
    };

    /// Sets how much of a deficit one unit keeps in `dt_s` seconds, at a recovery rate in 1/s.
    pub fn set_recovery(&mut self, i: usize, dt_s: f64, recovery_per_s: f64) {
        self.kept[i] = math::exp(-recovery_per_s * dt_s);
    }

    /// Sets how the twitch of one unit goes on in `dt_s` seconds, at a contraction time; enough to [`watch`].
    pub fn set_decay(&mut self, i: usize, dt_s: f64, contraction_s: f64) {
        self.turn[i] = dt_s / contraction_s;
        self.decay[i] = math::exp(-self.turn[i]);
    }

    /// Sets the rest of the step of one unit, whose recovery is set: `dt_s` seconds, a contraction time that is much
    /// shorter than the recovery takes, fatigue and recovery rates in 1/s.
    pub fn set_twitch(&mut self, i: usize, dt_s: f64, contraction_s: f64, fatigue_per_s: f64, recovery_per_s: f64) {
        self.set_decay(i, dt_s, contraction_s);
        self.set_loss(i, contraction_s, fatigue_per_s, recovery_per_s);
    }

    /// The same for a step so long that nothing is left of a twitch at its end.
    pub fn set_last(&mut self, i: usize, contraction_s: f64, fatigue_per_s: f64, recovery_per_s: f64) {
        self.turn[i] = 0.0;
        self.decay[i] = 0.0;
        self.set_loss(i, contraction_s, fatigue_per_s, recovery_per_s);
    }

    /// Sets what the step adds to the deficit, with ∫ e^(−r(dt−u))·e^(−u/T) du over T and the same with u/T in front.
    fn set_loss(&mut self, i: usize, contraction_s: f64, fatigue_per_s: f64, recovery_per_s: f64) {
        let spread = 1.0 / (1.0 - recovery_per_s * contraction_s);
        let flat = (self.kept[i] - self.decay[i]) * spread;
        let rising = (flat - self.turn[i] * self.decay[i]) * spread;
        let loss = fatigue_per_s * TETANUS_SHARE * contraction_s;
        self.from_active[i] = loss * flat;
        self.from_pending[i] = loss * rising;
    }
}

/// Takes `count` steps, each followed by the firings in `kicks`, all units together.
///
/// Compiled once more for wider registers: no sum changes its order and no product is fused, so the bits are the same.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn repeat(steps: &[Step], kicks: &[Lane], states: &mut [Twitches], count: usize) {
    for ((step, kick), state) in steps.iter().zip(kicks).zip(states) {
        let Twitches { mut pending, mut active, mut deficit } = *state;
        for _ in 0..count {
            for i in 0..LANES {
                let lost = step.from_pending[i] * pending[i] + step.from_active[i] * active[i];
                let lost = step.kept[i] * deficit[i] + lost;
                // Nothing is left to lose beyond all of it. Written so that what is not a number stays so, to be found.
                deficit[i] = if lost > 1.0 { 1.0 } else { lost };
                active[i] = step.decay[i] * (active[i] + step.turn[i] * pending[i]);
                pending[i] = step.decay[i] * pending[i] + kick[i];
            }
        }
        *state = Twitches { pending, active, deficit };
    }
}

/// The force of all units, N: now into the first of `forces_n`, and after each further step into the others. `weights`
/// are the forces at an activity of one. The states stay as they are; compiled as [`repeat`] is.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn watch(steps: &[Step], states: &[Twitches], weights: &[Lane], forces_n: &mut [Lane]) {
    for ((step, state), weight) in steps.iter().zip(states).zip(weights) {
        let Twitches { mut pending, mut active, deficit } = *state;
        let weight: Lane = std::array::from_fn(|i| weight[i] * (1.0 - deficit[i]));
        for force_n in &mut *forces_n {
            for i in 0..LANES {
                force_n[i] += weight[i] * active[i];
                active[i] = step.decay[i] * (active[i] + step.turn[i] * pending[i]);
                pending[i] *= step.decay[i];
            }
        }
    }
}

/// The force of all units now, N, as [`watch`] has it first. Compiled as [`repeat`] is.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn force_now(states: &[Twitches], weights: &[Lane]) -> Lane {
    let mut force_n = [0.0; LANES];
    for (Twitches { active, deficit, .. }, weight) in states.iter().zip(weights) {
        for i in 0..LANES {
            force_n[i] += weight[i] * (1.0 - deficit[i]) * active[i];
        }
    }
    force_n
}

/// What the force-time integral of a stretch is made of, N·s, from the states at its start and its end, with `volleys`
/// firings of `kicks` between. `weights` are the forces at an activity of one; `at_end` is how much the deficit at the
/// end counts. Compiled as [`repeat`] is.
///
/// With `u = pending + active`, du/dt = −active/T between volleys, so that the integral of what is active is
/// T·(u_start − u_end + all kicks), exactly.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn impulse(
    start: &[Twitches],
    end: &[Twitches],
    (kicks, volleys): (&[Lane], f64),
    contraction_s: &[Lane],
    weights: &[Lane],
    at_end: f64,
) -> f64 {
    let mut impulses = [0.0; LANES];
    for (((start, end), (kick, contraction_s)), weight) in
        start.iter().zip(end).zip(kicks.iter().zip(contraction_s)).zip(weights)
    {
        for i in 0..LANES {
            let spent = start.pending[i] + start.active[i] - end.pending[i] - end.active[i] + volleys * kick[i];
            let deficit = start.deficit[i] + at_end * (end.deficit[i] - start.deficit[i]);
            impulses[i] += weight[i] * contraction_s[i] * spent * (1.0 - deficit);
        }
    }
    impulses.iter().sum()
}

/// The first few units whose state is not finite or not in its range, if any. Compiled as [`repeat`] is.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn out_of_range(states: &[Twitches]) -> Option<usize> {
    const MOST_ACTIVE: f64 = 1e9;
    states.iter().position(|Twitches { pending, active, deficit }| {
        let mut fine = true;
        for i in 0..LANES {
            fine &= (pending[i] >= 0.0) & (pending[i] < MOST_ACTIVE) & (active[i] >= 0.0) & (active[i] < MOST_ACTIVE);
            fine &= (deficit[i] >= -1e-9) & (deficit[i] <= 1.0);
        }
        !fine
    })
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
            for i in 0..LANES {
                step.set_recovery(i, dt, recovery);
                step.set_twitch(i, dt, contraction, fatigue, recovery);
            }
            step
        };
        let (mut long, mut short) = (start, start);
        repeat(&[step(0.2)], &[[0.0; LANES]], std::slice::from_mut(&mut long), 1);
        repeat(&[step(0.0002)], &[[0.0; LANES]], std::slice::from_mut(&mut short), 1000);
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
            step.set_twitch(0, time, 0.05, 0.0, 0.0);
            let mut state = Twitches { pending: [1.0; LANES], ..Twitches::REST };
            repeat(&[step], &[[0.0; LANES]], std::slice::from_mut(&mut state), 1);
            state.active[0] * std::f64::consts::E
        };
        assert!((at(0.05) - 1.0).abs() < 1e-14);
        assert!(at(0.049) < 1.0 && at(0.051) < 1.0);
    }
}
