//! The equations of Ding, Wexler and Binder-Macleod, a few muscles together.
//!
//! ```text
//! CN' = (Σ Rᵢ·e^(−(t−tᵢ)/τc) − CN)/τc            Rᵢ = 1 + (R0 − 1)·e^(−(tᵢ−tᵢ₋₁)/τc)
//! F'  = A·CN/(Km + CN) − F/(τ1 + τ2·CN/(Km + CN))
//! A'  = −(A − A₀)/τfat + αA·F,   Km' and τ1' likewise
//! ```
//!
//! The calcium CN is closed between pulses: with S the sum over the pulses so far and u the time since then over τc,
//! CN(u) = (CN + S·u)·e^(−u) and S(u) = S·e^(−u), exactly. A, Km and τ1 share one equation and start at rest together,
//! so that one number carries all three: with W' = F − W/τfat, A = A₀ + αA·W, Km = Km₀ + αKm·W and τ1 = τ1₀ + ατ1·W,
//! exactly. F and W alone are integrated, by the pair 5(4) of Dormand and Prince (1980), with steps that are planned
//! from the time since the last pulse alone, so that muscles go in step; the pair's difference estimates the error.

use crate::math::exp_each;
use crate::muscle::force::parameters::{Ding, R0};
use crate::muscle::force::vector::Lane;

/// How many muscles go together where there are many.
pub const LANES: usize = 8;

/// The nodes of the pair of Dormand and Prince, but for the first, which is 0, and the last two, which are 1.
const NODES: [f64; 4] = [0.2, 0.3, 0.8, 8.0 / 9.0];

/// Where a muscle is at the end of a step.
#[derive(Clone, Copy, Debug)]
pub struct Knot<const N: usize> {
    /// Calcium, CN.
    pub calcium: Lane<N>,
    /// The sum over the pulses so far, S.
    pub sum: Lane<N>,
    /// Force, N.
    pub force_n: Lane<N>,
    /// Its slope, N/s.
    pub slope: Lane<N>,
    /// W, N·s.
    pub work: Lane<N>,
    /// Force-time integral since the start, N·s.
    pub impulse: Lane<N>,
}

impl<const N: usize> Knot<N> {
    /// Muscles at rest.
    pub const REST: Self = Self {
        calcium: Lane([0.0; N]),
        sum: Lane([0.0; N]),
        force_n: Lane([0.0; N]),
        slope: Lane([0.0; N]),
        work: Lane([0.0; N]),
        impulse: Lane([0.0; N]),
    };

    /// The knot of one muscle.
    pub fn one(&self, i: usize) -> Knot<1> {
        Knot {
            calcium: self.calcium.one(i),
            sum: self.sum.one(i),
            force_n: self.force_n.one(i),
            slope: self.slope.one(i),
            work: self.work.one(i),
            impulse: self.impulse.one(i),
        }
    }
}

/// Constants of the muscles, one in each lane; see [`Ding`].
#[derive(Clone, Copy, Debug)]
pub struct Constants<const N: usize> {
    a: Lane<N>,
    tau1: Lane<N>,
    tau2: Lane<N>,
    km: Lane<N>,
    per_tauc: Lane<N>,
    alpha_a: Lane<N>,
    alpha_tau1: Lane<N>,
    alpha_km: Lane<N>,
    per_tau_fat: Lane<N>,
    /// R0 at rest, and what each N·s of W adds to it: αKm where R0 tracks Km, else 0.
    r0_rest: Lane<N>,
    r0_slope: Lane<N>,
}

impl<const N: usize> Constants<N> {
    /// The constants of so many muscles.
    pub fn new(muscles: &[Ding; N]) -> Self {
        let each = |get: fn(&Ding) -> f64| Lane(std::array::from_fn(|i| get(&muscles[i])));
        Self {
            a: each(|m| m.a_n_per_s),
            tau1: each(|m| m.tau1_s),
            tau2: each(|m| m.tau2_s),
            km: each(|m| m.km),
            per_tauc: each(|m| 1.0 / m.tauc_s),
            alpha_a: each(|m| m.fatigue.alpha_a),
            alpha_tau1: each(|m| m.fatigue.alpha_tau1),
            alpha_km: each(|m| m.fatigue.alpha_km),
            per_tau_fat: each(|m| 1.0 / m.fatigue.tau_fat_s),
            r0_rest: each(Ding::r0_at_rest),
            r0_slope: each(|m| if m.r0 == R0::TracksKm { m.fatigue.alpha_km } else { 0.0 }),
        }
    }

    /// A, τ1 and Km with that W.
    #[inline(always)]
    pub fn tired(&self, work: Lane<N>) -> [Lane<N>; 3] {
        [self.a + self.alpha_a * work, self.tau1 + self.alpha_tau1 * work, self.km + self.alpha_km * work]
    }

    /// F' with that share of A; the two fractions of the equation over one denominator, whose inverse does not wait for
    /// the force.
    #[inline(always)]
    fn slope(&self, share: Lane<N>, calcium: Lane<N>, force: Lane<N>, work: Lane<N>) -> Lane<N> {
        let [a, tau1, km] = self.tired(work);
        let half = km + calcium;
        let relax = tau1 * half + self.tau2 * calcium;
        let inverse = Lane::all(1.0) / (half * relax);
        (share * a * calcium * relax - force * (half * half)) * inverse
    }

    /// F'' at a knot.
    pub fn bend(&self, share: Lane<N>, knot: &Knot<N>) -> Lane<N> {
        let (calcium, force, work) = (knot.calcium, knot.force_n, knot.work);
        let [a, tau1, km] = self.tired(work);
        let dcalcium = (knot.sum - calcium) * self.per_tauc;
        let dwork = force - work * self.per_tau_fat;
        let half = km + calcium;
        let bound = calcium / half;
        let dbound = (dcalcium * km - calcium * self.alpha_km * dwork) / (half * half);
        let tau = tau1 + self.tau2 * bound;
        let dtau = self.alpha_tau1 * dwork + self.tau2 * dbound;
        share * (self.alpha_a * dwork * bound + a * dbound) - knot.slope / tau + force * dtau / (tau * tau)
    }

    /// What is left of calcium after that time, s, of which nothing new comes.
    pub fn decay(&self, dt_s: f64) -> Lane<N> {
        Lane(exp_each(&(-dt_s * self.per_tauc).0))
    }
}

/// What steps of one length need, worked out once.
#[derive(Clone, Copy, Debug)]
pub struct Table<const N: usize> {
    /// The length, s.
    pub dt_s: f64,
    /// dt/τc, and e to the power of minus that.
    turn: Lane<N>,
    decay: Lane<N>,
    /// The decay up to each node.
    nodes: [Lane<N>; 4],
}

impl<const N: usize> Table<N> {
    /// A table for steps of that length, s.
    pub fn new(constants: &Constants<N>, dt_s: f64) -> Self {
        let nodes = NODES.map(|node| constants.decay(node * dt_s));
        Self { dt_s, turn: dt_s * constants.per_tauc, decay: constants.decay(dt_s), nodes }
    }
}

/// What is known of the error of the muscles so far.
#[derive(Clone, Copy, Debug)]
pub struct Watch<const N: usize> {
    /// The largest error of force: that of a step for each second, times how long the muscle remembers it, N.
    pub error_n: Lane<N>,
    /// The largest force at a knot, N.
    pub largest_n: Lane<N>,
    /// The smallest A, N/s: below zero the muscle would push.
    pub least_a: Lane<N>,
}

impl<const N: usize> Watch<N> {
    /// Nothing yet.
    pub const NEW: Self =
        Self { error_n: Lane([0.0; N]), largest_n: Lane([0.0; N]), least_a: Lane([f64::INFINITY; N]) };
}

/// Enters a pulse: what it adds to the sum is `gain` times Rᵢ, with the decay of calcium since the pulse before.
pub fn enter<const N: usize>(constants: &Constants<N>, knot: &mut Knot<N>, gain: Lane<N>, decay: Lane<N>) {
    let r0 = constants.r0_rest + constants.r0_slope * knot.work;
    let one = Lane::all(1.0);
    knot.sum = knot.sum + gain * (one + (r0 - one) * decay);
}

/// Sets the slopes anew, where the share of A has changed.
pub fn turn<const N: usize>(constants: &Constants<N>, share: Lane<N>, knot: &mut Knot<N>) {
    knot.slope = constants.slope(share, knot.calcium, knot.force_n, knot.work);
}

/// Takes a step of each table's length with those shares of A, and notes the knot at the end of each.
#[inline(always)]
pub fn steps<const N: usize>(
    constants: &Constants<N>,
    share: Lane<N>,
    tables: &[Table<N>],
    watch: &mut Watch<N>,
    knots: &mut Vec<Knot<N>>,
) {
    let mut knot = *knots.last().expect("a stretch begins at a knot");
    for table in tables {
        knot = step(constants, share, table, &knot, watch);
        knots.push(knot);
    }
}

/// One step: the pair 5(4) of Dormand and Prince for F and W, with the calcium known at every node.
#[inline(always)]
pub fn step<const N: usize>(
    c: &Constants<N>,
    share: Lane<N>,
    table: &Table<N>,
    knot: &Knot<N>,
    watch: &mut Watch<N>,
) -> Knot<N> {
    step_tired_by(|force| force, c, share, table, knot, watch)
}

/// One step of muscles of which each is tired by a force that `tiring` makes of those of all lanes.
#[inline(always)]
pub fn step_tired_by<const N: usize>(
    tiring: impl Fn(Lane<N>) -> Lane<N>,
    c: &Constants<N>,
    share: Lane<N>,
    table: &Table<N>,
    knot: &Knot<N>,
    watch: &mut Watch<N>,
) -> Knot<N> {
    const A5: [f64; 4] = [19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0];
    const A6: [f64; 5] = [9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0];
    const B: [f64; 5] = [35.0 / 384.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0];
    const E: [f64; 6] = [71.0 / 57600.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -0.025];
    let (dt, lost) = (table.dt_s, c.per_tau_fat);
    let (calcium, sum, f, w) = (knot.calcium, knot.sum, knot.force_n, knot.work);
    let at = |node: usize| (calcium + sum * (NODES[node] * table.turn)) * table.nodes[node];
    let end = (calcium + sum * table.turn) * table.decay;
    let k1 = knot.slope;
    let w1 = tiring(f) - w * lost;
    let (f2, q2) = (f + dt * (0.2 * k1), w + dt * (0.2 * w1));
    let (k2, w2) = (c.slope(share, at(0), f2, q2), tiring(f2) - q2 * lost);
    let f3 = f + dt * (3.0 / 40.0 * k1 + 9.0 / 40.0 * k2);
    let q3 = w + dt * (3.0 / 40.0 * w1 + 9.0 / 40.0 * w2);
    let (k3, w3) = (c.slope(share, at(1), f3, q3), tiring(f3) - q3 * lost);
    let f4 = f + dt * (44.0 / 45.0 * k1 - 56.0 / 15.0 * k2 + 32.0 / 9.0 * k3);
    let q4 = w + dt * (44.0 / 45.0 * w1 - 56.0 / 15.0 * w2 + 32.0 / 9.0 * w3);
    let (k4, w4) = (c.slope(share, at(2), f4, q4), tiring(f4) - q4 * lost);
    let f5 = f + dt * (A5[0] * k1 + A5[1] * k2 + A5[2] * k3 + A5[3] * k4);
    let q5 = w + dt * (A5[0] * w1 + A5[1] * w2 + A5[2] * w3 + A5[3] * w4);
    let (k5, w5) = (c.slope(share, at(3), f5, q5), tiring(f5) - q5 * lost);
    let f6 = f + dt * (A6[0] * k1 + A6[1] * k2 + A6[2] * k3 + A6[3] * k4 + A6[4] * k5);
    let q6 = w + dt * (A6[0] * w1 + A6[1] * w2 + A6[2] * w3 + A6[3] * w4 + A6[4] * w5);
    let (k6, w6) = (c.slope(share, end, f6, q6), tiring(f6) - q6 * lost);
    let force_n = f + dt * (B[0] * k1 + B[1] * k3 + B[2] * k4 + B[3] * k5 + B[4] * k6);
    let work = w + dt * (B[0] * w1 + B[1] * w3 + B[2] * w4 + B[3] * w5 + B[4] * w6);
    let slope = c.slope(share, end, force_n, work);
    let error = E[0] * k1 + E[1] * k3 + E[2] * k4 + E[3] * k5 + E[4] * k6 + E[5] * slope;
    let [a, tau1, _] = c.tired(work);
    watch.error_n = watch.error_n.larger(error.abs() * (tau1 + c.tau2));
    watch.largest_n = watch.largest_n.larger(force_n);
    watch.least_a = watch.least_a.smaller(a);
    let pulled = B[0] * f + B[1] * f3 + B[2] * f4 + B[3] * f5 + B[4] * f6;
    let impulse = knot.impulse + dt * pulled;
    Knot { calcium: end, sum: sum * table.decay, force_n, slope, work, impulse }
}

/// The rest after a train, in which no calcium is left: force relaxes with τ1 as it is now, and W is closed.
///
/// What that leaves out is entered into the watch: the force that the last calcium makes, and τ1 moving.
pub fn tail<const N: usize>(constants: &Constants<N>, dt_s: f64, watch: &mut Watch<N>, from: &Knot<N>) -> Knot<N> {
    tail_tired_by(|force| force, constants, dt_s, watch, from)
}

/// The rest of muscles of which each is tired by a force that `tiring` makes of those of all lanes.
pub fn tail_tired_by<const N: usize>(
    tiring: impl Fn(Lane<N>) -> Lane<N>,
    constants: &Constants<N>,
    dt_s: f64,
    watch: &mut Watch<N>,
    from: &Knot<N>,
) -> Knot<N> {
    let one = Lane::all(1.0);
    let lost = constants.per_tau_fat;
    let [a, tau1, km] = constants.tired(from.work);
    let per_tau1 = one / tau1;
    let force_decay = Lane(exp_each(&(-dt_s * per_tau1).0));
    let work_decay = Lane(exp_each(&(-dt_s * lost).0));
    let calcium_decay = constants.decay(dt_s);
    let force = from.force_n;
    let force_n = force * force_decay;
    let made = a * (from.calcium + from.sum) / (km * constants.per_tauc);
    let tired_by = tiring(force);
    let moved = force * constants.alpha_tau1 * (tired_by + from.work * lost);
    watch.error_n = watch.error_n.larger(made + moved.abs());
    Knot {
        calcium: (from.calcium + from.sum * (dt_s * constants.per_tauc)) * calcium_decay,
        sum: from.sum * calcium_decay,
        force_n,
        slope: Lane::all(0.0) - force_n * per_tau1,
        work: from.work * work_decay + tired_by / (per_tau1 - lost) * (work_decay - force_decay),
        impulse: from.impulse + force * tau1 * (one - force_decay),
    }
}

/// A stretch of steps of many muscles. Compiled once more for wider registers: no sum changes its order and no product
/// is fused, so the bits are the same.
#[multiversion::multiversion(targets("x86_64+avx2"))]
pub fn steps_wide(
    constants: &Constants<LANES>,
    share: Lane<LANES>,
    tables: &[Table<LANES>],
    watch: &mut Watch<LANES>,
    knots: &mut Vec<Knot<LANES>>,
) {
    steps(constants, share, tables, watch, knots);
}
