//! The only transcendental functions in the path of the state.
//!
//! They come from the `libm` crate, which is the same Rust code on every platform, so that a run gives the same bits
//! everywhere; the platform's own differ in the last bit in up to one result in ten. `clippy.toml` forbids the others.
//! `+ - * / sqrt` are exact in IEEE 754 and need no wrapper; no fused multiply-add is used.

/// e to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm of `x`, which is positive.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `base` to the power of `exponent`; `base` is not negative.
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
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
