//! The trunk after a push: a mass on a spring, with reflexes that come late.
//!
//! ```text
//! m·x'' = push(t) − c·x' − k·x(t) − Σ gᵢ·x(t − dᵢ)
//! ```
//!
//! from rest at t = 0. It is stepped by the classical method of Runge and Kutta with steps of one length; what was, is
//! read from the steps taken, by the cubic that has their places and speeds (Hermite), which is as exact as the method.
//! Every delay is at least a step, so that nothing is read before it is known.

/// The trunk at the height of its load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trunk {
    /// Its mass, kg; above 0.
    pub mass_kg: f64,
    /// Stiffness without reflexes, N/m; negative where it would fall.
    pub stiffness_n_per_m: f64,
    /// Damping, N·s/m.
    pub damping_n_s_per_m: f64,
}

/// A reflex that pulls the trunk back to where it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReflexArc {
    /// Its force for each metre, N/m.
    pub gain_n_per_m: f64,
    /// How late it comes, s; at least a step.
    pub delay_s: f64,
}

/// Step of the method, s. Ours: its error in an excursion is below a part in a million, as a test shows.
pub const STEP_S: f64 = 1e-3;

/// How long the trunk is followed, s. Ours: some periods of its swing.
pub const FOLLOWED_S: f64 = 3.0;

/// The largest displacement after a push.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excursion {
    /// How far, m, without sign.
    pub far_m: f64,
    /// When, s after the push.
    pub at_s: f64,
}

/// Place and speed.
type State = [f64; 2];

/// How far a push moves the trunk, whose force is a function of time, N; none where it goes beyond `limit_m`.
pub fn excursion(
    trunk: Trunk,
    arcs: &[ReflexArc],
    push_n: impl Fn(f64) -> f64,
    limit_m: f64,
    step_s: f64,
) -> Option<Excursion> {
    assert!(arcs.iter().all(|arc| arc.delay_s >= step_s), "a delay is shorter than a step of {step_s} s: {arcs:?}");
    let steps = (FOLLOWED_S / step_s).round() as usize;
    let mut was: Vec<State> = Vec::with_capacity(steps + 1);
    was.push([0.0, 0.0]);
    let mut farthest = Excursion { far_m: 0.0, at_s: 0.0 };
    for step in 0..steps {
        let t = step as f64 * step_s;
        let slope = |ahead_s: f64, [x, v]: State| {
            let pulled: f64 =
                arcs.iter().map(|arc| arc.gain_n_per_m * place(&was, step_s, t + ahead_s - arc.delay_s)).sum();
            let force_n = push_n(t + ahead_s) - trunk.damping_n_s_per_m * v - trunk.stiffness_n_per_m * x - pulled;
            [v, force_n / trunk.mass_kg]
        };
        let now = was[step];
        let ahead = |by: State, h: f64| [now[0] + h * by[0], now[1] + h * by[1]];
        let a = slope(0.0, now);
        let b = slope(step_s / 2.0, ahead(a, step_s / 2.0));
        let c = slope(step_s / 2.0, ahead(b, step_s / 2.0));
        let d = slope(step_s, ahead(c, step_s));
        let next = ahead([0, 1].map(|i| (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]) / 6.0), step_s);
        let turns = now[1] * next[1] < 0.0;
        was.push(next);
        let part = if turns { now[1] / (now[1] - next[1]) } else { 1.0 };
        let at_s = t + part * step_s;
        let far_m = place(&was, step_s, at_s).abs();
        if far_m > farthest.far_m {
            farthest = Excursion { far_m, at_s };
        }
        if far_m > limit_m {
            return None;
        }
    }
    Some(farthest)
}

/// Where the trunk was at a time that the steps reach, m; at rest before the first.
fn place(was: &[State], step_s: f64, at_s: f64) -> f64 {
    if at_s <= 0.0 {
        return 0.0;
    }
    let last = was.len() - 1;
    let before = ((at_s / step_s) as usize).min(last.saturating_sub(1));
    let part = at_s / step_s - before as f64;
    if last == 0 {
        return was[0][0];
    }
    let ([x0, v0], [x1, v1]) = (was[before], was[before + 1]);
    let (square, cube) = (part * part, part * part * part);
    (2.0 * cube - 3.0 * square + 1.0) * x0
        + (cube - 2.0 * square + part) * step_s * v0
        + (3.0 * square - 2.0 * cube) * x1
        + (cube - square) * step_s * v1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;

    const TRUNK: Trunk = Trunk { mass_kg: 36.0, stiffness_n_per_m: 1200.0, damping_n_s_per_m: 200.0 };

    #[test]
    fn verif_without_reflexes_it_swings_as_a_mass_on_a_spring() {
        // The overshoot of a step: 1 + e^(−π·ζ/√(1 − ζ²)), at half a period of the damped swing.
        let omega = (TRUNK.stiffness_n_per_m / TRUNK.mass_kg).sqrt();
        let zeta = TRUNK.damping_n_s_per_m / (2.0 * TRUNK.mass_kg * omega);
        let root = (1.0 - zeta * zeta).sqrt();
        let expected_m = 100.0 / TRUNK.stiffness_n_per_m * (1.0 + math::exp(-std::f64::consts::PI * zeta / root));
        let expected_s = std::f64::consts::PI / (omega * root);
        let found = excursion(TRUNK, &[], |_| 100.0, 1.0, STEP_S).expect("it is caught");
        assert!((found.far_m / expected_m - 1.0).abs() < 1e-9, "{} {expected_m}", found.far_m);
        assert!((found.at_s - expected_s).abs() < 1e-6, "{} {expected_s}", found.at_s);
    }

    #[test]
    fn verif_the_error_of_the_step_is_below_a_millionth_and_falls_with_it() {
        let arcs =
            [ReflexArc { gain_n_per_m: 900.0, delay_s: 0.1003 }, ReflexArc { gain_n_per_m: 60.0, delay_s: 0.117 }];
        let far = |step_s| excursion(TRUNK, &arcs, |_| 100.0, 1.0, step_s).expect("it is caught").far_m;
        let exact = far(1e-4);
        let error = |step_s| (far(step_s) / exact - 1.0).abs();
        assert!(error(STEP_S) < 1e-6, "{}", error(STEP_S));
        assert!(error(4e-3) < 1e-4 && error(8e-3) > 4.0 * error(2e-3), "{} {}", error(8e-3), error(2e-3));
    }

    /// Until the first reflex comes it makes no difference; one without delay would only stiffen the spring.
    #[test]
    fn verif_a_reflex_holds_the_trunk_back_and_a_late_one_less() {
        let far = |gain_n_per_m, delay_s| {
            let arcs = [ReflexArc { gain_n_per_m, delay_s }];
            excursion(TRUNK, &arcs, |_| 100.0, 1.0, STEP_S).expect("it is caught").far_m
        };
        let (none, early, late) = (far(0.0, 0.1), far(800.0, 0.08), far(800.0, 0.16));
        assert!(early < late && late < none, "{early} {late} {none}");
        assert_eq!(far(800.0, 2.0 * FOLLOWED_S), none);
        let stiffer = Trunk { stiffness_n_per_m: 2000.0, ..TRUNK };
        let at_once = excursion(stiffer, &[], |_| 100.0, 1.0, STEP_S).expect("it is caught").far_m;
        assert!((far(800.0, STEP_S) / at_once - 1.0).abs() < 0.01);
    }

    #[test]
    fn verif_a_trunk_that_falls_is_not_caught() {
        let falling = Trunk { stiffness_n_per_m: -300.0, ..TRUNK };
        assert_eq!(excursion(falling, &[], |_| 100.0, 0.15, STEP_S), None);
        let arcs = [ReflexArc { gain_n_per_m: 2000.0, delay_s: 0.05 }];
        assert!(excursion(falling, &arcs, |_| 100.0, 0.15, STEP_S).is_some(), "reflexes hold what muscles do not");
    }
}
