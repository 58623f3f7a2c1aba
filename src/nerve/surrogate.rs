//! The fast threshold: a surrogate of the exact axon for one waveform, lead and tissue.
//!
//! Where a fibre is excited, its threshold depends on its diameter and on what the field looks like there, and on
//! nothing else; of that, the spread second difference takes the largest part out. What is left over, the logarithm of
//! threshold times drive, is a smooth function of diameter and shape. It is interpolated through exact thresholds by
//! kriging with a linear trend (Sacks and others 1989), its length of correlation chosen by leaving one out.
//! Fibres that were not used to make it tell how far it is off.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use serde::{Deserialize, Serialize};

use crate::math;
use crate::nerve::excitation::{FEATURES, Site};

/// Diameter and shape.
const INPUTS: usize = FEATURES + 1;

/// Lengths of correlation that are tried, in standard deviations of the inputs. Ours.
const LENGTHS: [f64; 7] = [0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

/// Variance of a threshold that the inputs do not explain, relative to that of all. Ours.
const NUGGET: f64 = 1e-5;

/// Variance of the trend's coefficients, relative to that of all: so wide that the points alone decide. Ours.
const TREND: f64 = 100.0;

/// How far a logarithm may lie beyond all points, to either side. Ours.
const BEYOND: f64 = 0.1;

/// The fewest points that a surrogate is made through.
pub const FEWEST: usize = 2 * INPUTS;

/// How far a surrogate is off, on fibres that were not used to make it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Fibres that it was made with.
    pub made_with: usize,
    /// Fibres that it was tried on.
    pub tried_on: usize,
    /// Root mean square of the relative error.
    pub rms_error: f64,
    /// The largest relative error.
    pub largest_error: f64,
}

impl Accuracy {
    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.largest_error > self.largest_error { other } else { self }
    }
}

/// A fibre with its exact threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Its diameter, µm.
    pub diameter_um: f64,
    /// Where it is excited.
    pub site: Site,
    /// Its threshold, mA.
    pub threshold_ma: f64,
}

/// A surrogate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surrogate {
    mean: [f64; INPUTS],
    scale: [f64; INPUTS],
    points: Vec<[f64; INPUTS]>,
    weights: Vec<f64>,
    level: f64,
    spread: f64,
    /// The smallest and the largest value of the points: beyond these nothing is known.
    range: (f64, f64),
    length: f64,
    /// How far it is off.
    pub accuracy: Accuracy,
}

fn inputs(diameter_um: f64, site: &Site) -> [f64; INPUTS] {
    let [a, b, c, d] = site.shape;
    [math::ln(diameter_um), a, b, c, d]
}

/// What is interpolated.
fn output(sample: &Sample) -> f64 {
    math::ln(sample.threshold_ma * sample.site.drive_mv)
}

fn covariance(a: &[f64; INPUTS], b: &[f64; INPUTS], length: f64) -> f64 {
    let mut square = 0.0;
    let mut product = 1.0;
    for i in 0..INPUTS {
        square += (a[i] - b[i]) * (a[i] - b[i]);
        product += a[i] * b[i];
    }
    math::exp(-square / (2.0 * length * length)) + TREND * product
}

fn factorised(points: &[[f64; INPUTS]], length: f64) -> Option<Cholesky<f64, Dyn>> {
    let matrix = DMatrix::from_fn(points.len(), points.len(), |i, j| {
        covariance(&points[i], &points[j], length) + if i == j { NUGGET } else { 0.0 }
    });
    matrix.cholesky()
}

/// The weights for a length of correlation, and the root mean square of what is off when one point is left out
/// (Dubrule 1983: each weight over its place in the diagonal of the inverse).
fn fitted(points: &[[f64; INPUTS]], values: &DVector<f64>, length: f64) -> Option<(DVector<f64>, f64)> {
    let cholesky = factorised(points, length)?;
    let weights = cholesky.solve(values);
    let inverse = cholesky.inverse();
    let off = |i: usize| weights[i] / inverse[(i, i)];
    let square: f64 = (0..points.len()).map(|i| off(i) * off(i)).sum();
    Some((weights, (square / points.len() as f64).sqrt()))
}

impl Surrogate {
    /// A surrogate through samples, tried on others; none where they are fewer than [`FEWEST`].
    pub fn new(samples: &[Sample], others: &[Sample]) -> Option<Self> {
        if samples.len() < FEWEST || others.is_empty() {
            return None;
        }
        let n = samples.len() as f64;
        let raw: Vec<[f64; INPUTS]> = samples.iter().map(|sample| inputs(sample.diameter_um, &sample.site)).collect();
        let mean = std::array::from_fn(|i| raw.iter().map(|point| point[i]).sum::<f64>() / n);
        let mut scale: [f64; INPUTS] = std::array::from_fn(|i| {
            (raw.iter().map(|point| (point[i] - mean[i]) * (point[i] - mean[i])).sum::<f64>() / n).sqrt()
        });
        // What is the same for all fibres tells nothing.
        scale.iter_mut().filter(|scale| **scale < 1e-9).for_each(|scale| *scale = f64::INFINITY);
        let values: Vec<f64> = samples.iter().map(output).collect();
        let level = values.iter().sum::<f64>() / n;
        let spread = (values.iter().map(|value| (value - level) * (value - level)).sum::<f64>() / n).sqrt().max(1e-9);
        let nothing = Accuracy { made_with: 0, tried_on: 0, rms_error: 0.0, largest_error: 0.0 };
        let mut made = Self {
            mean,
            scale,
            points: Vec::new(),
            weights: Vec::new(),
            level,
            spread,
            range: values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v))),
            length: LENGTHS[0],
            accuracy: nothing,
        };
        made.points = raw.iter().map(|point| made.scaled(point)).collect();
        let values = DVector::from_iterator(values.len(), values.iter().map(|value| (value - level) / spread));
        let tried = LENGTHS.iter().filter_map(|&length| Some((length, fitted(&made.points, &values, length)?)));
        let (length, (weights, _)) = tried.min_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
        (made.length, made.weights) = (length, weights.iter().copied().collect());
        made.accuracy = made.tried_on(others);
        Some(made)
    }

    fn scaled(&self, point: &[f64; INPUTS]) -> [f64; INPUTS] {
        std::array::from_fn(|i| (point[i] - self.mean[i]) / self.scale[i])
    }

    /// The threshold of a fibre that is excited there, mA.
    pub fn threshold_ma(&self, diameter_um: f64, site: &Site) -> f64 {
        let point = self.scaled(&inputs(diameter_um, site));
        let sum: f64 =
            self.points.iter().zip(&self.weights).map(|(at, w)| w * covariance(&point, at, self.length)).sum();
        let (low, high) = self.range;
        math::exp((self.level + self.spread * sum).clamp(low - BEYOND, high + BEYOND)) / site.drive_mv
    }

    fn tried_on(&self, others: &[Sample]) -> Accuracy {
        let off: Vec<f64> = others
            .iter()
            .map(|other| self.threshold_ma(other.diameter_um, &other.site) / other.threshold_ma - 1.0)
            .collect();
        let square: f64 = off.iter().map(|off| off * off).sum();
        Accuracy {
            made_with: self.points.len(),
            tried_on: others.len(),
            rms_error: (square / others.len() as f64).sqrt(),
            largest_error: off.iter().fold(0.0, |most, off| most.max(off.abs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of a law that is smooth and not linear.
    fn sample(i: usize) -> Sample {
        let share = |root: f64| (i as f64 * root).fract();
        let (u, v, w) = (share(0.819_172_513), share(0.671_043_606), share(0.549_700_477));
        let diameter_um = 8.0 + 6.0 * u;
        let site =
            Site { node: 0, reach: (0, 0), drive_mv: 3.0 + v, shape: [0.5 + 0.3 * v, 0.2 - 0.3 * w, w * v, 0.25] };
        let law = 0.3 * u - 0.8 * v * w + 0.1 * math::sin(2.0 * v) + 0.2 * u * u;
        Sample { diameter_um, site, threshold_ma: math::exp(law) / site.drive_mv }
    }

    #[test]
    fn verif_it_meets_its_points_and_tells_its_error() {
        let all: Vec<Sample> = (0..64).map(sample).collect();
        let made = Surrogate::new(&all[..48], &all[48..]).unwrap();
        for sample in &all[..48] {
            let found = made.threshold_ma(sample.diameter_um, &sample.site);
            assert!((found / sample.threshold_ma - 1.0).abs() < 5e-3);
        }
        assert!(made.accuracy.rms_error < 0.03, "{:?}", made.accuracy);
        // What is written reads back to the same bits, also what is infinite because all fibres share it.
        assert_eq!(made.scale[4], f64::INFINITY);
        let text = ron::to_string(&made).unwrap();
        assert_eq!(format!("{:?}", ron::from_str::<Surrogate>(&text).unwrap()), format!("{made:?}"));
        let far: Vec<Sample> = all[48..].iter().map(|s| Sample { threshold_ma: 1.1 * s.threshold_ma, ..*s }).collect();
        let off = made.tried_on(&far);
        assert!((off.rms_error - (1.0 - 1.0 / 1.1)).abs() < 0.01, "an error is told: {off:?}");
        assert_eq!(Surrogate::new(&all[..FEWEST - 1], &all[48..]), None);
    }
}
