//! Whether the column stands: the stiffness of its joints together, with muscles and load.
//!
//! A chain of inverted pendula above the sacrum. With what the joints turn by, θ from below, bone j stands inclined by
//! φj = θ1 + … + θj, and a load P on top sinks by Σ hj·(1 − cos φj), so that in the neutral pose
//!
//! ```text
//! K = K_passive + K_others + Σ F·(∂²L + (q/L)·∂L ∂Lᵀ) − P·Tᵀ·diag(h)·T      φ = T·θ
//! ```
//!
//! A fascicle of force F has the stiffness q·F/L (Gardner-Morse, Stokes and Laible 1995) and, because it pulls along a
//! line, F·∂²L, which is negative where it compresses the column. The column stands if the smallest eigenvalue of K is
//! positive. The moments themselves are taken to be in balance, by muscles and loads that add no stiffness.

use nalgebra::SymmetricEigen;

use crate::spine::fascicles::{JOINTS, Line, PerJoint, Quadratic};

/// The smallest eigenvalue of a symmetric matrix.
pub fn smallest_eigenvalue(matrix: Quadratic) -> f64 {
    SymmetricEigen::new(matrix).eigenvalues.min()
}

/// What fascicles add to the stiffness, Nm/rad: their lines with the force of both sides together, N.
pub fn muscle<'a>(fascicles: impl Iterator<Item = (&'a Line, f64)>, q: f64) -> Quadratic {
    fascicles.fold(Quadratic::zeros(), |sum, (line, force_n)| {
        let (pull, spring) = (line.curvature_m, line.slope_m * line.slope_m.transpose() / line.length_m);
        sum + (pull + spring * q) * force_n
    })
}

/// What a load adds to the stiffness, Nm/rad: the heights of the bones above their joints, m, and the load, N.
pub fn load(heights_m: &PerJoint, load_n: f64) -> Quadratic {
    Quadratic::from_fn(|i, j| -load_n * heights_m.iter().skip(i.max(j)).sum::<f64>())
}

/// The load at which a column of that stiffness, which has none in it, buckles, N; negative where it does not stand
/// without one. The heights are positive.
///
/// P is the smallest eigenvalue of D⁻¹·T⁻ᵀ·K·T⁻¹·D⁻¹ with D² = diag(h).
pub fn buckling_load_n(stiffness: &Quadratic, heights_m: &PerJoint) -> f64 {
    // The angles of the joints from the inclinations of the bones.
    let of_inclination = Quadratic::from_fn(|i, j| f64::from(u8::from(i == j)) - f64::from(u8::from(i == j + 1)));
    let inclined = of_inclination.transpose() * stiffness * of_inclination;
    smallest_eigenvalue(Quadratic::from_fn(|i, j| inclined[(i, j)] / (heights_m[i] * heights_m[j]).sqrt()))
}

/// The least q at which the column stands: its stiffness without what q multiplies, and that; none where no q makes it
/// stand.
pub fn critical_q(without: &Quadratic, per_q: &Quadratic) -> Option<f64> {
    let root = per_q.cholesky()?.l();
    let half = root.solve_lower_triangular(without)?;
    let whole = root.solve_lower_triangular(&half.transpose())?;
    Some(-smallest_eigenvalue((whole + whole.transpose()) / 2.0))
}

/// The stiffness against a push at a height, N/m, of a column that bends evenly: `levers_m` are the heights of the push
/// above the joints.
pub fn push_stiffness_n_per_m(stiffness: &Quadratic, levers_m: &PerJoint) -> f64 {
    let moved_m = levers_m.sum();
    stiffness.sum() / (moved_m * moved_m)
}

/// The heights of the bones above their joints, m: the joints' heights and that of the load, mm.
pub fn heights_m(joints_mm: &[f64; JOINTS], load_mm: f64) -> PerJoint {
    PerJoint::from_fn(|j, _| (joints_mm.get(j + 1).copied().unwrap_or(load_mm) - joints_mm[j]) * 1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;

    fn even(height_m: f64) -> PerJoint {
        PerJoint::from_element(height_m)
    }

    #[test]
    fn verif_an_even_chain_buckles_as_a_chain_of_links_does() {
        // n equal links, fixed below and free above: P = 4·(k/h)·sin²(π/(2(2n + 1))).
        let (k, h) = (40.0, 0.03);
        let sine = math::sin(std::f64::consts::PI / 22.0);
        let expected = 4.0 * k / h * sine * sine;
        let found = buckling_load_n(&(Quadratic::identity() * k), &even(h));
        assert!((found / expected - 1.0).abs() < 1e-13, "{found} {expected}");
    }

    #[test]
    fn verif_at_the_buckling_load_the_smallest_eigenvalue_is_zero() {
        let heights = PerJoint::new(0.029, 0.031, 0.032, 0.028, 0.18);
        let stiffness = Quadratic::from_fn(|i, j| if i == j { 100.0 + 7.0 * i as f64 } else { 3.0 });
        let load_n = buckling_load_n(&stiffness, &heights);
        let at = |load_n| smallest_eigenvalue(stiffness + load(&heights, load_n));
        assert!(load_n > 0.0 && at(load_n).abs() < 1e-9, "{load_n} N, {}", at(load_n));
        assert!(at(load_n * 0.99) > 0.0 && at(load_n * 1.01) < 0.0);
        let shaky = stiffness - Quadratic::identity() * 200.0;
        assert!(buckling_load_n(&shaky, &heights) < 0.0, "it does not stand without a load");
    }

    #[test]
    fn verif_a_load_sinks_as_its_stiffness_says() {
        let heights = PerJoint::new(0.029, 0.031, 0.032, 0.028, 0.18);
        let angles = PerJoint::new(1e-4, -2e-4, 3e-4, 1e-4, -1e-4);
        let mut inclined = 0.0;
        let sunk: f64 = (0..JOINTS)
            .map(|j| {
                inclined += angles[j];
                heights[j] * (1.0 - math::cos(inclined))
            })
            .sum();
        let energy_j = (angles.transpose() * load(&heights, 350.0) * angles)[0] / 2.0;
        assert!((energy_j / (-350.0 * sunk) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn verif_the_critical_q_is_where_it_begins_to_stand() {
        let per_q = Quadratic::from_fn(|i, j| if i == j { 2.0 + i as f64 } else { 0.4 });
        let without = Quadratic::from_fn(|i, j| if i == j { -9.0 } else { 0.7 });
        let q = critical_q(&without, &per_q).expect("it can stand");
        assert!(smallest_eigenvalue(without + per_q * q).abs() < 1e-12);
        assert!(smallest_eigenvalue(without + per_q * (q + 0.1)) > 0.0);
        assert_eq!(critical_q(&without, &Quadratic::zeros()), None);
    }
}
