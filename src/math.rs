//! The only transcendental functions in the path of the state.
//!
//! They come from the `libm` crate, which is the same Rust code on every platform, so that a run gives the same bits
//! everywhere; the platform's own differ in the last bit in up to one result in ten. `clippy.toml` forbids the others.
//! `+ - * / sqrt` are exact in IEEE 754 and need no wrapper; no fused multiply-add is used.

/// e to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// e to the power of each of a few numbers, for loops that work on several at once.
///
/// Nothing but sums, products and bits: the same on every platform, however wide its registers, and within two units in
/// the last place of [`exp`]. Below −708 it is nearly nothing and above 709 it stays what it is there.
#[inline(always)]
pub fn exp_each<const N: usize>(xs: &[f64; N]) -> [f64; N] {
    // Adding this rounds to a whole number, which then stands in the last bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // 1/n!, from n = 13 on; |r| is below 0.35, so that the next would add less than 1e-17.
    const FACTORS: [f64; 14] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let mut out = [0.0; N];
    for i in 0..N {
        let x = if xs[i] < -708.0 { -708.0 } else { xs[i] };
        let x = if x > 709.0 { 709.0 } else { x };
        let rounded = x * std::f64::consts::LOG2_E + ROUND;
        let whole = rounded - ROUND;
        let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
        let mut sum = FACTORS[0];
        for factor in &FACTORS[1..] {
            sum = sum * r + factor;
        }
        out[i] = sum * f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52));
    }
    out
}

/// The natural logarithm of `x`, which is positive.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `base` to the power of `exponent`; `base` is not negative.
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// The hyperbolic tangent.
pub fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// The inverse hyperbolic sine.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// The cosine of an angle in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The sine of an angle in radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// The chance that a normal number of mean 0 and standard deviation 1 is below `x`.
pub fn normal_below(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// A smooth curve through points that need not be evenly spaced: the cubic through the four nearest, which is a
/// straight line or a parabola at the ends where there are fewer. `xs` rises strictly; outside of it the line through
/// the two outermost points goes on.
pub fn curve(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    assert!(xs.len() == ys.len() && xs.len() >= 2);
    let last = xs.len() - 1;
    if x < xs[0] || x > xs[last] {
        let (i, j) = if x < xs[0] { (0, 1) } else { (last - 1, last) };
        return ys[i] + (ys[j] - ys[i]) * (x - xs[i]) / (xs[j] - xs[i]);
    }
    let upper = xs.iter().position(|&point| point >= x).unwrap_or(last).max(1);
    let from = upper.saturating_sub(2);
    let to = (upper + 1).min(last);
    (from..=to)
        .map(|i| {
            let weight: f64 = (from..=to).filter(|&j| j != i).map(|j| (x - xs[j]) / (xs[i] - xs[j])).product();
            weight * ys[i]
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_few_exponentials_at_once_are_those_of_one() {
        for i in -7080..7090 {
            let xs: [f64; 4] = std::array::from_fn(|lane| f64::from(i) / 10.0 + 0.025 * lane as f64);
            for (x, found) in xs.into_iter().zip(exp_each(&xs)) {
                assert!((found / exp(x) - 1.0).abs() < 5e-16, "{x}: {found}");
            }
        }
        assert_eq!(exp_each(&[0.0, -0.0]), [1.0; 2]);
        assert!(exp_each(&[-1e9, f64::NEG_INFINITY])[0] < 1e-300 && exp_each(&[1e9])[0] > 1e300);
        assert!(exp_each(&[f64::NAN])[0].is_nan());
    }

    #[test]
    fn verif_the_curve_is_exact_for_a_cubic_and_goes_on_as_a_line() {
        let cubic = |x: f64| 1.0 - 2.0 * x + 0.5 * x * x * x;
        let xs = [0.0, 1.0, 1.5, 3.0, 4.0, 6.0];
        let ys = xs.map(cubic);
        for x in [1.2, 2.0, 3.3] {
            assert!((curve(&xs, &ys, x) - cubic(x)).abs() < 1e-12, "{x}");
        }
        for (x, y) in xs.iter().zip(ys) {
            assert!((curve(&xs, &ys, *x) - y).abs() < 1e-12, "through its own points");
        }
        let slope = (ys[5] - ys[4]) / 2.0;
        assert!((curve(&xs, &ys, 8.0) - (ys[5] + 2.0 * slope)).abs() < 1e-12);
    }
}
