//! A gauge on the tendon: peak, ripple and fatigue, felt now and then.
//!
//! Following the force between all pulses would cost more than the pulses themselves. The gauge looks after the first
//! volley of each whole second, every 5 ms until the next volley, a quarter of a second at most. The first look of a
//! train sees it rise and tells nothing about ripple.

use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// Time between two samples of a look. Ours: the fastest twitch peaks at 30 ms.
pub const LOOK_EVERY: SimTime = SimTime::from_nanos(5_000_000);

/// The longest look.
pub const LOOK: SimTime = SimTime::from_nanos(250_000_000);

/// Volleys further apart than this belong to different trains. Ours.
const TRAIN_GAP: SimTime = SimTime::SECOND;

/// What one look saw.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    max_n: f64,
    min_n: f64,
    sum_n: f64,
    samples: u32,
}

impl Look {
    /// Adds a sample, N.
    pub fn add(&mut self, force_n: f64) {
        self.min_n = if self.samples == 0 { force_n } else { self.min_n.min(force_n) };
        self.max_n = self.max_n.max(force_n);
        self.sum_n += force_n;
        self.samples += 1;
    }
}

/// What was felt of the force of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gauge {
    /// The largest force since the start, N.
    pub peak_n: f64,
    /// The largest force since the day began, N.
    pub day_peak_n: f64,
    /// The largest part of the pool's capacity that fatigue has taken away, as a fraction, since the start.
    pub tired: f64,
    /// Trains since the start.
    pub trains: u64,
    /// Time in trains since the start: intervals between volleys, a second at most.
    pub pulled: SimTime,
    ripple_sum: f64,
    ripples: u32,
    last_interval: SimTime,
    in_train: bool,
    due: bool,
}

impl Gauge {
    /// Asks for a look at the force after the volley that comes now.
    pub fn look_next(&mut self) {
        self.due = true;
    }

    /// Whether a look is asked for.
    pub fn wants_a_look(&self) -> bool {
        self.due
    }

    /// Enters a look, and the part of the pool's capacity that fatigue has taken away by then.
    pub fn looked(&mut self, look: Look, tired: f64) {
        self.due = false;
        self.tired = self.tired.max(tired);
        self.peak_n = self.peak_n.max(look.max_n);
        self.day_peak_n = self.day_peak_n.max(look.max_n);
        if !self.in_train {
            self.in_train = true;
            self.trains += 1;
        } else if look.sum_n > 0.0 {
            self.ripple_sum += (look.max_n - look.min_n) / (look.sum_n / f64::from(look.samples));
            self.ripples += 1;
        }
    }

    /// Enters `count` equal intervals, together as long as `span`: between volleys of a train, or a rest.
    pub fn passed(&mut self, span: SimTime, count: usize) {
        let interval = SimTime::from_nanos(span.nanos() / count as i64);
        if interval <= TRAIN_GAP {
            self.pulled += span;
            self.last_interval = interval;
        } else {
            // The last pull of a train lasts as long as those before it.
            self.pulled += self.last_interval;
            self.last_interval = SimTime::ZERO;
            self.in_train = false;
        }
    }

    /// Mean over all looks of (largest − smallest)/mean force, in the steady part of trains; none if there was no such
    /// look.
    pub fn ripple(&self) -> Option<f64> {
        (self.ripples > 0).then(|| self.ripple_sum / f64::from(self.ripples))
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.numbers("gauge", &[self.peak_n, self.day_peak_n, self.tired]);
        w.count("trains", self.trains);
        w.time("pulled", Some(self.pulled));
        w.number("ripple_sum", self.ripple_sum);
        w.count("ripples", u64::from(self.ripples));
        w.time("last_interval", Some(self.last_interval));
        w.flag("in_train", self.in_train);
        w.flag("look_due", self.due);
    }
}
