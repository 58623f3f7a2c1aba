//! What is noted of one muscle as it goes from pulse to pulse: peaks, means, the steady part, samples.

use crate::muscle::force::lanes::{Constants, Knot, Table, Watch, step, tail};
use crate::muscle::force::stimulation::Train;
use crate::muscle::force::vector::Lane;
use crate::muscle::force::{Sample, Steady, Tired, TrainForce};
use crate::time::SimTime;

/// The steps of a stretch between two pulses, and what is left as a tail.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Where it begins.
    pub start: SimTime,
    /// Where it ends.
    pub end: SimTime,
    /// The lengths of its steps, s.
    pub steps_s: Vec<f64>,
    /// The length of the tail after them, s.
    pub tail_s: Option<f64>,
}

/// One muscle along a stretch: its constants and share of A, and its knots there.
#[derive(Clone, Copy)]
pub struct Along<'a> {
    /// Constants of the muscle.
    pub constants: &'a Constants<1>,
    /// Share of A.
    pub share: Lane<1>,
    /// The stretch.
    pub stretch: &'a Stretch,
}

/// The muscle `dt_s` after a knot, within the step that begins there.
fn after(constants: &Constants<1>, share: Lane<1>, knot: &Knot<1>, dt_s: f64) -> Knot<1> {
    if dt_s > 0.0 { step(constants, share, &Table::new(constants, dt_s), knot, &mut { Watch::NEW }) } else { *knot }
}

impl Along<'_> {
    /// The muscle at an instant of the stretch; `knots` gives the one at the start of each step.
    fn at(&self, at: SimTime, knots: impl Fn(usize) -> Knot<1>) -> Knot<1> {
        let mut left_s = (at - self.stretch.start).as_secs();
        for (index, &dt_s) in self.stretch.steps_s.iter().enumerate() {
            if left_s < dt_s {
                return after(self.constants, self.share, &knots(index), left_s);
            }
            left_s -= dt_s;
        }
        let last = knots(self.stretch.steps_s.len());
        let in_tail = left_s > 0.0 && self.stretch.tail_s.is_some();
        if in_tail { tail(self.constants, left_s, &mut { Watch::NEW }, &last) } else { last }
    }

    /// About where within a step the slope of force is zero, and the force there, N: by the cubic through slopes and
    /// bends at both ends.
    fn turning(&self, from: &Knot<1>, to: &Knot<1>, dt_s: f64) -> Extreme {
        let bend = |knot: &Knot<1>| dt_s * self.constants.bend(self.share, knot).0[0];
        let (s0, s1, b0, b1) = (from.slope.0[0], to.slope.0[0], bend(from), bend(to));
        let (square, cube) = (3.0 * (s1 - s0) - 2.0 * b0 - b1, 2.0 * (s0 - s1) + b0 + b1);
        let (mut low, mut high, mut x) = (0.0, 1.0, s0 / (s0 - s1));
        for _ in 0..4 {
            let slope = s0 + x * (b0 + x * (square + x * cube));
            if (slope > 0.0) == (s0 > 0.0) {
                low = x
            } else {
                high = x
            }
            let next = x - slope / (b0 + x * (2.0 * square + 3.0 * x * cube));
            x = if next > low && next < high { next } else { 0.5 * (low + high) };
        }
        let rise = s0 + x * (b0 / 2.0 + x * (square / 3.0 + x * cube / 4.0));
        Extreme { force_n: from.force_n.0[0] + dt_s * x * rise, inside: Some((*from, x * dt_s, dt_s, self.share)) }
    }
}

/// A largest or smallest force so far.
#[derive(Clone, Copy, Debug)]
struct Extreme {
    /// About how large, N.
    force_n: f64,
    /// Where it lies within a step: the knot that the step begins at, the time since then and the step's length, s, and
    /// the share of A. None where it lies at a knot, and the force is what the knot says.
    inside: Option<(Knot<1>, f64, f64, Lane<1>)>,
}

impl Extreme {
    fn at_knot(force_n: f64) -> Self {
        Self { force_n, inside: None }
    }

    /// Takes the other one if it is larger.
    fn top(&mut self, other: Self) {
        if other.force_n > self.force_n {
            *self = other;
        }
    }

    /// Takes the other one if it is smaller.
    fn sink(&mut self, other: Self) {
        if other.force_n < self.force_n {
            *self = other;
        }
    }

    /// The force exactly, N: by steps to where it lies, each from where the slope that was left says.
    fn exactly(&self, constants: &Constants<1>) -> f64 {
        let Some((from, mut dt_s, length_s, share)) = self.inside else { return self.force_n };
        let mut there = after(constants, share, &from, dt_s);
        let (mut low_s, mut high_s) = (0.0, length_s);
        for _ in 0..20 {
            let slope = there.slope.0[0];
            if (slope > 0.0) == (from.slope.0[0] > 0.0) {
                low_s = dt_s
            } else {
                high_s = dt_s
            }
            let newton_s = dt_s - slope / constants.bend(share, &there).0[0];
            let next_s = if newton_s > low_s && newton_s < high_s { newton_s } else { 0.5 * (low_s + high_s) };
            if (next_s - dt_s).abs() <= 1e-9 * length_s {
                break;
            }
            dt_s = next_s;
            there = after(constants, share, &from, dt_s);
        }
        there.force_n.0[0]
    }
}

/// The train that a muscle is in.
#[derive(Clone, Debug)]
struct Open {
    start: SimTime,
    last_second: SimTime,
    end: SimTime,
    pulses: usize,
    peak: Extreme,
    impulse_at_start: f64,
    impulse_before_last_second: f64,
    mean_n: f64,
    last_second_mean_n: f64,
    tired: Tired,
    steady: Option<Part>,
}

/// The steady part of a train.
#[derive(Clone, Debug)]
struct Part {
    since: SimTime,
    impulse_at_start: f64,
    max: Extreme,
    min: Extreme,
    /// Mean force; none until the part is over.
    mean_n: Option<f64>,
}

/// What is noted of one muscle.
#[derive(Clone, Debug)]
pub struct Track {
    trains: Vec<TrainForce>,
    open: Option<Open>,
    samples: Vec<Sample>,
    every: Option<SimTime>,
    next_sample: SimTime,
}

/// Fatigue of the one muscle at a knot.
pub fn tired(constants: &Constants<1>, knot: &Knot<1>) -> Tired {
    let [a, tau1, km] = constants.tired(knot.work);
    Tired::Ding { a_n_per_s: a.0[0], tau1_s: tau1.0[0], km: km.0[0] }
}

fn sample(constants: &Constants<1>, at: SimTime, knot: &Knot<1>) -> Sample {
    Sample { at, force_n: knot.force_n.0[0], calcium: Some(knot.calcium.0[0]), tired: tired(constants, knot) }
}

impl Track {
    /// Nothing yet; samples so far apart, the first at the start.
    pub fn new(every: Option<SimTime>) -> Self {
        Self { trains: Vec::new(), open: None, samples: Vec::new(), every, next_sample: SimTime::ZERO }
    }

    /// A train begins.
    pub fn begin(&mut self, train: &Train, constants: &Constants<1>, knot: &Knot<1>) {
        self.close(constants);
        let last_second = train.start.max(train.end - SimTime::SECOND);
        self.open = Some(Open {
            start: train.start,
            last_second,
            end: train.end,
            pulses: train.pulses.len(),
            peak: Extreme::at_knot(knot.force_n.0[0]),
            impulse_at_start: knot.impulse.0[0],
            impulse_before_last_second: knot.impulse.0[0],
            mean_n: 0.0,
            last_second_mean_n: 0.0,
            tired: tired(constants, knot),
            steady: None,
        });
    }

    fn close(&mut self, constants: &Constants<1>) {
        if let Some(open) = self.open.take() {
            self.trains.push(TrainForce {
                start: open.start,
                end: open.end,
                pulses: open.pulses,
                peak_n: open.peak.exactly(constants),
                mean_n: open.mean_n,
                last_second_mean_n: open.last_second_mean_n,
                steady: open.steady.and_then(|part| {
                    let (max_n, min_n) = (part.max.exactly(constants), part.min.exactly(constants));
                    part.mean_n.map(|mean_n| Steady { max_n, min_n, mean_n })
                }),
                tired: open.tired,
            });
        }
    }

    /// The steady part begins at this pulse.
    pub fn begin_steady(&mut self, at: SimTime, knot: &Knot<1>) {
        if let Some(open) = &mut self.open {
            let here = Extreme::at_knot(knot.force_n.0[0]);
            let impulse_at_start = knot.impulse.0[0];
            open.steady = Some(Part { since: at, impulse_at_start, max: here, min: here, mean_n: None });
        }
    }

    /// The steady part ends at this pulse.
    pub fn end_steady(&mut self, at: SimTime, knot: &Knot<1>) {
        if let Some(part) = self.open.as_mut().and_then(|open| open.steady.as_mut()) {
            part.mean_n = Some((knot.impulse.0[0] - part.impulse_at_start) / (at - part.since).as_secs());
        }
    }

    /// The muscle has gone along a stretch.
    pub fn see<const N: usize>(&mut self, along: Along<'_>, knots: &[Knot<N>], lane: usize) {
        self.see_extremes(along, knots, lane);
        let (start, end) = (along.stretch.start, along.stretch.end);
        let within = |at: SimTime| at > start && at <= end;
        let read = |at: SimTime| along.at(at, |index| knots[index].one(lane));
        if let Some(open) = &mut self.open {
            if within(open.last_second) {
                open.impulse_before_last_second = read(open.last_second).impulse.0[0];
            }
            if within(open.end) {
                let knot = read(open.end);
                let mean = |since: SimTime, impulse: f64| (knot.impulse.0[0] - impulse) / (open.end - since).as_secs();
                open.mean_n = mean(open.start, open.impulse_at_start);
                open.last_second_mean_n = mean(open.last_second, open.impulse_before_last_second);
                open.tired = tired(along.constants, &knot);
            }
        }
        if let Some(every) = self.every {
            while self.next_sample < end {
                self.samples.push(sample(along.constants, self.next_sample, &read(self.next_sample)));
                self.next_sample += every;
            }
        }
    }

    /// Extremes of force, in the steady part both, else what may be a peak.
    fn see_extremes<const N: usize>(&mut self, along: Along<'_>, knots: &[Knot<N>], lane: usize) {
        let Some(open) = &mut self.open else { return };
        let mut steady = open.steady.as_mut().filter(|part| part.mean_n.is_none());
        for (index, &dt_s) in along.stretch.steps_s.iter().enumerate() {
            let (from, to) = (&knots[index], &knots[index + 1]);
            let (s0, s1) = (from.slope.0[lane], to.slope.0[lane]);
            let (f0, f1) = (from.force_n.0[lane], to.force_n.0[lane]);
            if (s0 > 0.0) == (s1 > 0.0) {
                if f1 > open.peak.force_n {
                    open.peak = Extreme::at_knot(f1);
                }
                if let Some(part) = &mut steady {
                    part.max.top(Extreme::at_knot(f1));
                    part.min.sink(Extreme::at_knot(f1));
                }
                continue;
            }
            // No force within the step is beyond its ends by more than the steeper slope takes it.
            let reach = dt_s * larger(s0.abs(), s1.abs());
            if steady.is_some() || larger(f0, f1) + reach > open.peak.force_n {
                let turning = along.turning(&from.one(lane), &to.one(lane), dt_s);
                open.peak.top(turning);
                open.peak.top(Extreme::at_knot(f1));
                if let Some(part) = &mut steady {
                    for here in [turning, Extreme::at_knot(f1)] {
                        part.max.top(here);
                        part.min.sink(here);
                    }
                }
            }
        }
    }

    /// What was noted, the last train included, and the end.
    pub fn finish(
        mut self,
        constants: &Constants<1>,
        at: SimTime,
        knot: &Knot<1>,
    ) -> (Vec<TrainForce>, Vec<Sample>, Sample) {
        self.close(constants);
        let end = sample(constants, at, knot);
        if self.every.is_some() && self.next_sample == at {
            self.samples.push(end);
        }
        (self.trains, self.samples, end)
    }
}

fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}
