//! The channels of the node: fast and persistent sodium, slow potassium, leak (ModelDB 3810, `AXNODE.mod`, 37 °C).

use crate::math;

/// How many fibres are worked on together.
pub const LANES: usize = 8;

/// A number for each of a few fibres.
pub type Lane = [f64; LANES];

/// Greatest conductances, S/cm².
const PERSISTENT_SODIUM: f64 = 0.01;
const FAST_SODIUM: f64 = 3.0;
const SLOW_POTASSIUM: f64 = 0.08;
const LEAK: f64 = 0.007;

/// Potentials that they drive to, mV.
const SODIUM_MV: f64 = 50.0;
const POTASSIUM_MV: f64 = -90.0;
const LEAK_MV: f64 = -90.0;

/// How much faster the gates are at 37 °C than where they were measured: 2.2^1.7 for m and p, 2.9^1.7 for h, 3^0.1 for
/// s. A test recomputes them.
const WARMTH_MP: f64 = 3.820_485_514_654_338;
const WARMTH_H: f64 = 6.110_497_861_271_662_5;
const WARMTH_S: f64 = 1.116_123_174_033_904_4;

/// The gates of a node of each of a few fibres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gates {
    /// Persistent sodium, activation.
    pub p: Lane,
    /// Fast sodium, activation.
    pub m: Lane,
    /// Fast sodium, inactivation: 1 is open.
    pub h: Lane,
    /// Slow potassium, activation.
    pub s: Lane,
}

/// Beyond this a gate is as open or as closed as it gets, mV: the rates are taken here.
const SATURATED_MV: f64 = 400.0;

/// A rate as a quotient, so that a gate needs two divisions and not four.
struct Rate {
    over: Lane,
    under: Lane,
}

/// rate·x/(1 − e^(−x/scale)), and its limit where x is nearly nothing.
#[inline(always)]
fn ramp(rate: f64, x_mv: &Lane, scale_mv: f64) -> Rate {
    let per_mv = 1.0 / scale_mv;
    let e = math::exp_each(&x_mv.map(|x| -x * per_mv));
    let flat = |i: usize| (x_mv[i] * per_mv).abs() < 1e-6;
    Rate {
        over: std::array::from_fn(|i| if flat(i) { rate * scale_mv } else { rate * x_mv[i] }),
        under: std::array::from_fn(|i| if flat(i) { 1.0 } else { 1.0 - e[i] }),
    }
}

/// rate/(1 + e^(x/scale)).
#[inline(always)]
fn sigmoid(rate: f64, x_mv: &Lane, scale_mv: f64) -> Rate {
    let per_mv = 1.0 / scale_mv;
    let e = math::exp_each(&x_mv.map(|x| x * per_mv));
    Rate { over: [rate; LANES], under: e.map(|e| 1.0 + e) }
}

/// One gate, over a step: the exact exponential towards where opening and closing balance.
#[inline(always)]
fn relax(gate: &mut Lane, opening: &Rate, closing: &Rate, warm_ms: f64) {
    let opens: Lane = std::array::from_fn(|i| opening.over[i] * closing.under[i]);
    let both: Lane = std::array::from_fn(|i| opens[i] + closing.over[i] * opening.under[i]);
    let exponent: Lane = std::array::from_fn(|i| -warm_ms * (both[i] / (opening.under[i] * closing.under[i])));
    let kept = math::exp_each(&exponent);
    for i in 0..LANES {
        let end = opens[i] / both[i];
        gate[i] = end + (gate[i] - end) * kept[i];
    }
}

impl Gates {
    /// All gates closed, to be set lane by lane.
    pub const CLOSED: Self = Self { p: [0.0; LANES], m: [0.0; LANES], h: [0.0; LANES], s: [0.0; LANES] };

    /// The gates after a step at that potential, mV; a very long step is where they come to rest.
    #[inline(always)]
    pub fn advance(&mut self, v: &Lane, dt_ms: f64) {
        // Written so that what is not a number stays so, to be found.
        let v = v.map(|v| if v > SATURATED_MV { SATURATED_MV } else { v });
        let v = v.map(|v| if v < -SATURATED_MV { -SATURATED_MV } else { v });
        let up = |offset: f64| v.map(|v| v + offset);
        let down = |offset: f64| v.map(|v| -(v + offset));
        relax(&mut self.p, &ramp(0.01, &up(27.0), 10.2), &ramp(0.00025, &down(34.0), 10.0), WARMTH_MP * dt_ms);
        relax(&mut self.m, &ramp(1.86, &up(21.4), 10.3), &ramp(0.086, &down(25.7), 9.16), WARMTH_MP * dt_ms);
        relax(&mut self.h, &ramp(0.062, &down(114.0), 11.0), &sigmoid(2.3, &up(31.8), -13.4), WARMTH_H * dt_ms);
        relax(&mut self.s, &sigmoid(0.3, &up(53.0), -5.0), &sigmoid(0.03, &up(90.0), -1.0), WARMTH_S * dt_ms);
    }

    /// The conductance of a node of lane `i`, and the current that it drives in at 0 mV: S/cm² and mA/cm² · 1e3.
    #[inline(always)]
    pub fn conductance(&self, i: usize) -> (f64, f64) {
        let (p, m) = (self.p[i], self.m[i]);
        let sodium = PERSISTENT_SODIUM * (p * p * p) + FAST_SODIUM * (m * m * m) * self.h[i];
        let potassium = SLOW_POTASSIUM * self.s[i];
        (sodium + potassium + LEAK, sodium * SODIUM_MV + potassium * POTASSIUM_MV + LEAK * LEAK_MV)
    }

    /// Sets the gates of one lane to those of a lane of others.
    pub fn set(&mut self, lane: usize, from: [f64; 4]) {
        [self.p[lane], self.m[lane], self.h[lane], self.s[lane]] = from;
    }

    /// The gates of one lane.
    pub fn get(&self, lane: usize) -> [f64; 4] {
        [self.p[lane], self.m[lane], self.h[lane], self.s[lane]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_gates_are_warmed_as_published() {
        for (ours, base, power) in [(WARMTH_MP, 2.2, 1.7), (WARMTH_H, 2.9, 1.7), (WARMTH_S, 3.0, 0.1)] {
            assert!((ours / math::pow(base, power) - 1.0).abs() < 1e-14, "{base}^{power}: {}", math::pow(base, power));
        }
    }

    #[test]
    fn verif_a_step_is_exact_in_its_length_and_goes_through_the_gaps_of_the_formulas() {
        let start = Gates { p: [0.1; LANES], m: [0.2; LANES], h: [0.5; LANES], s: [0.3; LANES] };
        for v in [-300.0, -114.0, -80.0, -34.0, -27.0, -25.7, -21.4, 0.0, 60.0, 400.0] {
            let (mut once, mut twice) = (start, start);
            once.advance(&[v; LANES], 0.02);
            twice.advance(&[v; LANES], 0.01);
            twice.advance(&[v; LANES], 0.01);
            let mut beside = start;
            beside.advance(&[v + 1e-4; LANES], 0.02);
            for ((a, b), near) in once.get(3).iter().zip(twice.get(3)).zip(beside.get(3)) {
                assert!((a - b).abs() < 1e-13, "{v}: {a} {b}");
                assert!((0.0..=1.0).contains(a) && (a - near).abs() < 1e-5, "{v}: {a} {near}");
            }
        }
    }
}
