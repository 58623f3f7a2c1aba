//! What is made of the samples of a window: one number.

use crate::time::SimTime;

/// What is taken of a window's samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Take {
    /// The first sample.
    First,
    /// The last sample.
    Last,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// The mean.
    Mean,
    /// The root of the mean square.
    Rms,
    /// The largest without the least.
    Range,
    /// The range as a fraction of the mean: the ripple of a force.
    Ripple,
    /// The last without the first.
    Change,
    /// How often it rises through that level.
    Rises(f64),
    /// How long it takes from 10 % to 90 % of the way from its first value to its largest, s.
    RiseTime,
    /// How long it takes until it stays within that fraction of its last value, s since the window's beginning.
    Settling(f64),
}

impl Take {
    /// The names without a figure of their own.
    pub const PLAIN: [(&'static str, Self); 10] = [
        ("First", Self::First),
        ("Last", Self::Last),
        ("Min", Self::Min),
        ("Max", Self::Max),
        ("Mean", Self::Mean),
        ("Rms", Self::Rms),
        ("Range", Self::Range),
        ("Ripple", Self::Ripple),
        ("Change", Self::Change),
        ("RiseTime", Self::RiseTime),
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first value",
            Self::Last => "last value",
            Self::Min => "least",
            Self::Max => "largest",
            Self::Mean => "mean",
            Self::Rms => "rms",
            Self::Range => "range",
            Self::Ripple => "ripple",
            Self::Change => "change",
            Self::Rises(_) => "number of rises",
            Self::RiseTime => "rise time",
            Self::Settling(_) => "settling time",
        }
    }

    /// Whether it is a value of the probe, in its unit.
    pub fn is_of_the_probe(self) -> bool {
        matches!(self, Self::First | Self::Last | Self::Min | Self::Max | Self::Mean | Self::Rms)
    }

    /// Whether every sample is needed at the end.
    fn keeps_samples(self) -> bool {
        matches!(self, Self::RiseTime | Self::Settling(_))
    }
}

/// The most samples of a window of which all are needed at its end: 32 MB (ours).
pub const MOST_KEPT: usize = 4_000_000;

/// The samples of one window, as far as what is taken of them needs.
#[derive(Clone, Debug)]
pub struct Gauge {
    take: Take,
    every: SimTime,
    count: u64,
    first: f64,
    last: f64,
    min: f64,
    max: f64,
    sum: f64,
    sum_of_squares: f64,
    rises: u64,
    samples: Vec<f64>,
}

impl Gauge {
    /// No sample yet, of those that come so often.
    pub fn new(take: Take, every: SimTime) -> Self {
        let (first, last, sum, sum_of_squares) = (0.0, 0.0, 0.0, 0.0);
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { take, every, count: 0, first, last, min, max, sum, sum_of_squares, rises: 0, samples: Vec::new() }
    }

    /// Adds a sample.
    pub fn add(&mut self, value: f64) {
        if self.count == 0 {
            self.first = value;
        } else if let Take::Rises(level) = self.take {
            self.rises += u64::from(self.last < level && value >= level);
        }
        self.count += 1;
        self.last = value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        self.sum_of_squares += value * value;
        if self.take.keeps_samples() && self.samples.len() < MOST_KEPT {
            self.samples.push(value);
        }
    }

    /// The least and the largest sample.
    pub fn range(&self) -> (f64, f64) {
        (self.min, self.max)
    }

    /// What was taken.
    ///
    /// # Errors
    /// There is no such number, in words: no sample, no mean to divide by, no rise.
    pub fn value(&self) -> Result<f64, &'static str> {
        if self.count == 0 {
            return Err("no sample lies in it");
        }
        if self.take.keeps_samples() && self.samples.len() as u64 != self.count {
            return Err("it has more samples than are kept; sample less often");
        }
        let mean = self.sum / self.count as f64;
        match self.take {
            Take::First => Ok(self.first),
            Take::Last => Ok(self.last),
            Take::Min => Ok(self.min),
            Take::Max => Ok(self.max),
            Take::Mean => Ok(mean),
            Take::Rms => Ok((self.sum_of_squares / self.count as f64).sqrt()),
            Take::Range => Ok(self.max - self.min),
            Take::Ripple if mean == 0.0 => Err("its mean is 0, and a ripple is a fraction of it"),
            Take::Ripple => Ok((self.max - self.min) / mean.abs()),
            Take::Change => Ok(self.last - self.first),
            Take::Rises(_) => Ok(self.rises as f64),
            Take::RiseTime => self.rise_time().ok_or("it does not rise above its first value"),
            Take::Settling(fraction) => Ok(self.settling(fraction)),
        }
    }

    /// Between samples the way is taken for straight.
    fn rise_time(&self) -> Option<f64> {
        let rise = self.max - self.first;
        let crossing = |part: f64| {
            let level = self.first + part * rise;
            let after = self.samples.iter().position(|&value| value >= level)?;
            let before = self.samples[after.checked_sub(1)?];
            Some(after as f64 - (self.samples[after] - level) / (self.samples[after] - before))
        };
        (rise > 0.0).then(|| Some((crossing(0.9)? - crossing(0.1)?) * self.every.as_secs()))?
    }

    fn settling(&self, fraction: f64) -> f64 {
        let far = |value: &f64| (value - self.last).abs() > fraction * self.last.abs();
        let settled = self.samples.iter().rposition(far).map_or(0, |outside| outside + 1);
        settled as f64 * self.every.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;

    fn taken(take: Take, samples: impl IntoIterator<Item = f64>) -> Result<f64, &'static str> {
        let mut gauge = Gauge::new(take, SimTime::from_nanos(1_000_000));
        samples.into_iter().for_each(|value| gauge.add(value));
        gauge.value()
    }

    #[test]
    fn verif_measures_of_a_hand_made_window() {
        let samples = [1.0, 3.0, -1.0, 3.0, 4.0];
        for (take, expected) in [
            (Take::First, 1.0),
            (Take::Last, 4.0),
            (Take::Min, -1.0),
            (Take::Max, 4.0),
            (Take::Mean, 2.0),
            (Take::Rms, 7.2_f64.sqrt()),
            (Take::Range, 5.0),
            (Take::Ripple, 2.5),
            (Take::Change, 3.0),
            (Take::Rises(2.0), 2.0),
            (Take::Rises(4.0), 1.0),
            (Take::Rises(1.0), 1.0),
        ] {
            assert_eq!(taken(take, samples), Ok(expected), "{take:?}");
        }
    }

    #[test]
    fn verif_rise_and_settling_are_those_of_a_first_order_step() {
        // A step with a time constant of 100 ms: from 10 % to 90 % in ln 9 of it, within 5 % after ln 20 of it.
        let step = || (0..2_000).map(|i| 1.0 - math::exp(-f64::from(i) / 100.0));
        let rise = taken(Take::RiseTime, step()).unwrap();
        assert!((rise - 0.1 * math::ln(9.0)).abs() < 1e-4, "{rise}");
        let settling = taken(Take::Settling(0.05), step()).unwrap();
        assert!((settling - 0.1 * math::ln(20.0)).abs() < 1e-3, "{settling}");
        assert_eq!(taken(Take::Settling(0.05), [2.0; 5]), Ok(0.0));
    }

    #[test]
    fn verif_what_has_no_number_says_why() {
        for (take, samples, why) in [
            (Take::Mean, vec![], "no sample"),
            (Take::Ripple, vec![1.0, -1.0], "mean is 0"),
            (Take::RiseTime, vec![3.0, 2.0], "does not rise"),
        ] {
            assert!(taken(take, samples).unwrap_err().contains(why), "{take:?}");
        }
    }
}
