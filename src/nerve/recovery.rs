//! How an axon's threshold recovers after it has fired.
//!
//! The curve is that of the exact axon, from `assets/nerve/mrg_recovery.csv`: the factor by which a second pulse needs
//! more current than one at rest. A refractory phase, a supernormal one and a late subnormal one follow each other, as
//! in people (Kiernan, Burke and others 1996); at 37 °C the model recovers faster than a human arm does, so how long an
//! axon cannot fire at all comes from the nerve's profile. Only the last firing counts.

use std::sync::LazyLock;

use crate::math;
use crate::time::SimTime;

/// The curves, embedded in the program.
const CURVES: &str = include_str!("../../assets/nerve/mrg_recovery.csv");

/// The recovery of one diameter.
#[derive(Clone, Debug, PartialEq)]
struct OfDiameter {
    diameter_um: f64,
    ln_intervals: Vec<f64>,
    factors: Vec<f64>,
}

/// The curves, read once.
static EMBEDDED: LazyLock<Vec<OfDiameter>> = LazyLock::new(|| {
    let mut curves: Vec<OfDiameter> = Vec::new();
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(CURVES.as_bytes());
    for row in reader.deserialize() {
        let (diameter_um, interval_ms, factor): (f64, f64, f64) =
            row.expect("the embedded curves are three numbers a row; a test reads them");
        if curves.last().is_none_or(|last| last.diameter_um != diameter_um) {
            curves.push(OfDiameter { diameter_um, ln_intervals: Vec::new(), factors: Vec::new() });
        }
        let curve = curves.last_mut().expect("one was just pushed");
        curve.ln_intervals.push(math::ln(interval_ms));
        curve.factors.push(factor);
    }
    curves
});

/// The recovery of one axon.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    ln_intervals: Vec<f64>,
    factors: Vec<f64>,
    refractory: SimTime,
    /// The last interval of the curve: after it the axon is as at rest.
    over: SimTime,
    /// The smallest and the largest factor after the absolute refractory period.
    range: (f64, f64),
}

impl Recovery {
    /// Of an axon of that diameter, µm, which cannot fire for so long after it has.
    pub fn new(diameter_um: f64, refractory: SimTime) -> Self {
        let curves = &*EMBEDDED;
        let diameters: Vec<f64> = curves.iter().map(|curve| curve.diameter_um).collect();
        // Each diameter's curve begins where that axon can fire again; from the last of these on all are known.
        let of = |curve: &OfDiameter, ln: f64| curve.ln_intervals.iter().position(|&at| at == ln);
        let mut ln_intervals = curves[0].ln_intervals.clone();
        ln_intervals.retain(|&ln| curves.iter().all(|curve| of(curve, ln).is_some()));
        let at = |ln: f64| {
            let factor = |curve: &OfDiameter| curve.factors[of(curve, ln).expect("all curves have it")];
            let factors: Vec<f64> = curves.iter().map(factor).collect();
            math::curve(&diameters, &factors, diameter_um)
        };
        let factors: Vec<f64> = ln_intervals.iter().map(|&ln| at(ln)).collect();
        let over_ms = math::exp(ln_intervals[ln_intervals.len() - 1]);
        let over = SimTime::from_nanos((over_ms * 1e6).round() as i64).max(refractory);
        let mut made = Self { ln_intervals, factors, refractory, over, range: (1.0, 1.0) };
        let start = made.factor(refractory.max(SimTime::from_nanos(1)));
        let after = made.ln_intervals.iter().zip(&made.factors);
        let reached =
            after.filter(|(ln, _)| math::exp(**ln) * 1e6 >= refractory.nanos() as f64).map(|(_, factor)| *factor);
        made.range =
            reached.chain([start, 1.0]).fold((1.0, 1.0), |(low, high): (f64, f64), f| (low.min(f), high.max(f)));
        made
    }

    /// The factor on the threshold so long after the axon has fired; without limit while it cannot fire.
    pub fn factor(&self, since: SimTime) -> f64 {
        if since < self.refractory {
            return f64::INFINITY;
        }
        if since >= self.over {
            return 1.0;
        }
        let ln = math::ln(since.nanos() as f64 / 1e6);
        let last = self.ln_intervals.len() - 1;
        let upper = self.ln_intervals.partition_point(|&at| at < ln).clamp(1, last);
        let (from, to) = (self.ln_intervals[upper - 1], self.ln_intervals[upper]);
        let share = ((ln - from) / (to - from)).clamp(0.0, 1.0);
        self.factors[upper - 1] + share * (self.factors[upper] - self.factors[upper - 1])
    }

    /// Between which the factor lies once the axon can fire again.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// How long after a firing the axon cannot fire at all.
    pub fn refractory(&self) -> SimTime {
        self.refractory
    }

    /// How long after a firing the axon is as at rest.
    pub fn over(&self) -> SimTime {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_recovery_has_its_phases_and_ends() {
        let ms = |ms: f64| SimTime::from_nanos((ms * 1e6) as i64);
        for diameter in [5.7, 8.0, 11.0, 16.0] {
            let recovery = Recovery::new(diameter, ms(2.75));
            assert_eq!(recovery.factor(ms(2.74)), f64::INFINITY);
            assert!(recovery.factor(ms(2.75)).is_finite());
            assert_eq!(recovery.factor(recovery.over()), 1.0);
            let (low, high) = recovery.range();
            for tenth in 28..3000 {
                let factor = recovery.factor(ms(f64::from(tenth) / 10.0));
                assert!(factor >= low - 1e-12 && factor <= high + 1e-12, "{diameter}: {factor}");
            }
            assert!(recovery.factor(ms(5.0)) < 1.0, "supernormal");
            assert!(recovery.factor(ms(50.0)) > 1.0, "late subnormal");
        }
    }
}
