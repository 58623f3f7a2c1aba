//! Muscles of the Ding family along a stimulation, with an error that is held to a tolerance.
//!
//! A muscle goes through all of its stimulation at one length of step; where the estimated error is above the
//! tolerance, it goes through it again at half of that. Steps depend on the muscle itself and on the stimulation alone,
//! so that a muscle has the same bits alone and among others.

use crate::math;
use crate::muscle::force::lanes::{Constants, Knot, LANES, Table, Watch, enter, steps, steps_wide, tail, turn};
use crate::muscle::force::parameters::Ding;
use crate::muscle::force::stimulation::Stimulation;
use crate::muscle::force::track::{Along, Stretch, Track};
use crate::muscle::force::vector::Lane;
use crate::muscle::force::{Asked, Contraction, ForceError};
use crate::time::SimTime;

/// The tolerance of the estimate unless another is asked for. The pair's difference is the error of its lower order;
/// what is kept is the higher, and a test holds it to a third of the tolerance.
pub const TOLERANCE: f64 = 5e-5;

/// The first step after a pulse, s. Ours, as are those below: calcium turns fastest there, and bends as if from a pole
/// of CN/(Km + CN) a little before the pulse, so that steps may grow with the time since then.
const FIRST_S: f64 = 0.002;

/// How much longer each step is than the one before.
const GROWTH: f64 = 1.8;

/// The longest step, s: well within what the method is stable with.
const LONGEST_S: f64 = 0.025;

/// Without a pulse for so long, s, the rest is closed; a second more with each halving. Calcium is then e^(−75).
const TAIL_AFTER_S: f64 = 1.5;

/// How often steps are halved at most.
pub const HALVINGS: u32 = 8;

/// The calcium's time constant and τ1 that the steps above are for, s; where a muscle is faster, they are halved.
const FOR_S: (f64, f64) = (0.020, 0.045);

/// How often steps are halved for this muscle before the first try.
pub fn first_halving(muscle: &Ding) -> u32 {
    let faster = (FOR_S.0 / muscle.tauc_s).max(FOR_S.1 / muscle.tau1_s);
    (0..HALVINGS).find(|&halvings| f64::from(1 << halvings) >= faster * (1.0 - 1e-9)).unwrap_or(HALVINGS)
}

/// The lengths of the steps after a pulse, s, until the tail.
fn ladder(halvings: u32) -> Vec<f64> {
    let finer = f64::from(1 << halvings);
    let growth = math::pow(GROWTH, 1.0 / finer);
    let tail_after_s = TAIL_AFTER_S + f64::from(halvings);
    let (mut lengths, mut length_s, mut sum_s) = (Vec::new(), FIRST_S / finer, 0.0);
    while sum_s < tail_after_s {
        lengths.push(length_s);
        sum_s += length_s;
        length_s = (length_s * growth).min(LONGEST_S / finer);
    }
    lengths
}

/// The steps after a pulse until the tail, and when each ends.
#[derive(Clone, Debug)]
pub struct Ladder<const N: usize> {
    /// The steps.
    pub steps: Vec<Table<N>>,
    /// When each ends, s.
    ends_s: Vec<f64>,
}

/// How a stretch without a pulse is gone along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// So many steps of the ladder.
    pub whole: usize,
    /// What is left then, s.
    pub last_s: f64,
    /// Whether that is a tail, else it is a step.
    pub in_tail: bool,
}

impl<const N: usize> Ladder<N> {
    /// The steps of muscles with those constants, halved so often.
    pub fn new(constants: &Constants<N>, halvings: u32) -> Self {
        let lengths = ladder(halvings);
        let ends_s = lengths.iter().scan(0.0, |sum, dt_s| {
            *sum += dt_s;
            Some(*sum)
        });
        let ends_s = ends_s.collect();
        Self { steps: lengths.iter().map(|&dt_s| Table::new(constants, dt_s)).collect(), ends_s }
    }

    /// How a stretch of that length is gone along: the last step is as long as is left, which is up to a third more
    /// than the ladder's; after the ladder comes the tail.
    pub fn plan(&self, length_s: f64) -> Plan {
        let steps = self.ends_s.partition_point(|&end_s| end_s <= length_s);
        let ladder_s = if steps == 0 { 0.0 } else { self.ends_s[steps - 1] };
        let in_tail = steps == self.ends_s.len();
        let left_s = length_s - ladder_s;
        let merges = steps > 0 && !in_tail && left_s < self.steps[steps - 1].dt_s / 3.0;
        let whole = if merges { steps - 1 } else { steps };
        let last_s = if merges { left_s + self.steps[whole].dt_s } else { left_s };
        Plan { whole, last_s, in_tail }
    }
}

/// A few values that were worked out for a key and may be needed again.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    entries: Vec<(u64, T)>,
    oldest: usize,
}

impl<T> Default for Kept<T> {
    /// None yet.
    fn default() -> Self {
        Self { entries: Vec::new(), oldest: 0 }
    }
}

impl<T: Copy> Kept<T> {
    const ROOM: usize = 8;

    /// The value of a key, made where it is not there.
    pub fn get(&mut self, key: u64, make: impl FnOnce() -> T) -> T {
        if let Some((_, value)) = self.entries.iter().find(|(other, _)| *other == key) {
            return *value;
        }
        let value = make();
        if self.entries.len() < Self::ROOM {
            self.entries.push((key, value));
        } else {
            self.entries[self.oldest] = (key, value);
            self.oldest = (self.oldest + 1) % Self::ROOM;
        }
        value
    }
}

/// How lanes take their steps: plainly, or with wider registers where there are many.
trait Width<const N: usize> {
    fn steps(
        constants: &Constants<N>,
        share: Lane<N>,
        tables: &[Table<N>],
        watch: &mut Watch<N>,
        knots: &mut Vec<Knot<N>>,
    );
}

/// One muscle by itself.
struct Alone;

impl Width<1> for Alone {
    fn steps(c: &Constants<1>, s: Lane<1>, t: &[Table<1>], w: &mut Watch<1>, k: &mut Vec<Knot<1>>) {
        steps(c, s, t, w, k);
    }
}

/// As many as there are lanes.
struct Together;

impl Width<LANES> for Together {
    fn steps(c: &Constants<LANES>, s: Lane<LANES>, t: &[Table<LANES>], w: &mut Watch<LANES>, k: &mut Vec<Knot<LANES>>) {
        steps_wide(c, s, t, w, k);
    }
}

/// A few muscles on their way.
struct Course<'a, const N: usize> {
    muscles: &'a [Ding; N],
    constants: Constants<N>,
    each: [Constants<1>; N],
    ladder: Ladder<N>,
    share: Lane<N>,
    watch: Watch<N>,
    knots: Vec<Knot<N>>,
    stretch: Stretch,
    tables: Kept<Table<N>>,
    decays: Kept<Lane<N>>,
    shares: Kept<Lane<N>>,
    gains: Kept<Lane<N>>,
}

impl<'a, const N: usize> Course<'a, N> {
    fn new(muscles: &'a [Ding; N], halvings: u32) -> Self {
        let constants = Constants::new(muscles);
        Self {
            muscles,
            constants,
            each: std::array::from_fn(|i| Constants::new(&[muscles[i]])),
            ladder: Ladder::new(&constants, halvings),
            share: Lane::all(1.0),
            watch: Watch::NEW,
            knots: vec![Knot::REST],
            stretch: Stretch::default(),
            tables: Kept::default(),
            decays: Kept::default(),
            shares: Kept::default(),
            gains: Kept::default(),
        }
    }

    fn knot(&self) -> &Knot<N> {
        self.knots.last().expect("there is always one")
    }

    /// Goes from an instant to another without a pulse.
    fn go<W: Width<N>>(&mut self, start: SimTime, end: SimTime) {
        let Plan { whole, last_s, in_tail } = self.ladder.plan((end - start).as_secs());
        let last = *self.knot();
        self.knots.clear();
        self.knots.push(last);
        (self.stretch.start, self.stretch.end) = (start, end);
        self.stretch.steps_s.clear();
        self.stretch.steps_s.extend(self.ladder.steps[..whole].iter().map(|table| table.dt_s));
        self.stretch.tail_s = in_tail.then_some(last_s);
        W::steps(&self.constants, self.share, &self.ladder.steps[..whole], &mut self.watch, &mut self.knots);
        if in_tail {
            let before = *self.knot();
            let after = tail(&self.constants, last_s, &mut self.watch, &before);
            self.knots.push(after);
        } else if last_s > 0.0 {
            let table = self.tables.get(last_s.to_bits(), || Table::new(&self.constants, last_s));
            W::steps(&self.constants, self.share, &[table], &mut self.watch, &mut self.knots);
            self.stretch.steps_s.push(last_s);
        }
    }

    /// A pulse comes, so long after the one before.
    fn pulse(&mut self, since_last: Option<SimTime>, width_us: f64, current_ma: f64) {
        let muscles = self.muscles;
        let each = |share: &dyn Fn(&Ding) -> f64| Lane(std::array::from_fn(|i| share(&muscles[i])));
        let share = self
            .shares
            .get(width_us.to_bits(), || each(&|muscle: &Ding| muscle.width.map_or(1.0, |law| law.share(width_us))));
        let gain = self.gains.get(current_ma.to_bits(), || {
            each(&|muscle: &Ding| muscle.current.map_or(1.0, |law| law.share(current_ma)))
        });
        let decay = since_last.map_or(Lane::all(0.0), |since| {
            self.decays.get(since.nanos() as u64, || self.constants.decay(since.as_secs()))
        });
        let knot = self.knots.last_mut().expect("there is always one");
        enter(&self.constants, knot, gain, decay);
        if share != self.share {
            self.share = share;
            turn(&self.constants, self.share, knot);
        }
    }

    /// Goes through a stimulation.
    fn run<W: Width<N>>(mut self, stimulation: &Stimulation, asked: Asked) -> [Result<Contraction, ForceError>; N] {
        let mut tracks: [Track; N] = std::array::from_fn(|_| Track::new(asked.every));
        let (mut now, mut last) = (SimTime::ZERO, None);
        for train in &stimulation.trains {
            let steady = train.steady();
            for (index, pulse) in train.pulses.iter().enumerate() {
                self.go_and_see::<W>(now, pulse.at, &mut tracks);
                now = pulse.at;
                for (i, track) in tracks.iter_mut().enumerate() {
                    let knot = self.knots[self.knots.len() - 1].one(i);
                    if index == 0 {
                        track.begin(train, &self.each[i], &knot);
                    }
                    if steady.is_some_and(|(from, _)| from == index) {
                        track.begin_steady(now, &knot);
                    } else if steady.is_some_and(|(_, to)| to == index) {
                        track.end_steady(now, &knot);
                    }
                }
                let since_last = last.map(|last| pulse.at - last);
                self.pulse(since_last, pulse.width_us, pulse.current_ma);
                last = Some(pulse.at);
            }
        }
        self.go_and_see::<W>(now, stimulation.until, &mut tracks);
        let mut tracks = tracks.into_iter();
        std::array::from_fn(|i| {
            let track = tracks.next().expect("a track for each muscle");
            self.verdict(i, asked.tolerance).map(|error| {
                let knot = self.knot().one(i);
                let (trains, samples, end) = track.finish(&self.each[i], stimulation.until, &knot);
                Contraction { trains, samples, end, impulse_n_s: knot.impulse.0[0], error: Some(error) }
            })
        })
    }

    fn go_and_see<W: Width<N>>(&mut self, from: SimTime, to: SimTime, tracks: &mut [Track; N]) {
        if to > from {
            self.go::<W>(from, to);
            for (i, track) in tracks.iter_mut().enumerate() {
                let along = Along { constants: &self.each[i], share: self.share.one(i), stretch: &self.stretch };
                track.see(along, &self.knots, i);
            }
        }
    }

    /// The estimated error of one muscle relative to its largest force, where it can be trusted.
    fn verdict(&self, i: usize, tolerance: f64) -> Result<f64, ForceError> {
        let (knot, watch) = (self.knot(), &self.watch);
        let largest_n = watch.largest_n.0[i];
        if !(knot.force_n.0[i].is_finite() && knot.work.0[i].is_finite()) {
            return Err(ForceError::NotFinite);
        }
        let found = if largest_n > 0.0 { watch.error_n.0[i] / largest_n } else { 0.0 };
        if found > tolerance {
            return Err(ForceError::Inexact { found, tolerance });
        }
        if watch.least_a.0[i] < 0.0 {
            return Err(ForceError::Exhausted { least_a: watch.least_a.0[i] });
        }
        Ok(found)
    }
}

/// Whether shorter steps may help.
fn is_inexact(result: &Result<Contraction, ForceError>) -> bool {
    matches!(result, Err(ForceError::Inexact { .. } | ForceError::NotFinite))
}

/// Stimulates one muscle, rested at the start.
///
/// # Errors
/// See [`ForceError`].
pub fn contract(muscle: &Ding, stimulation: &Stimulation, asked: Asked) -> Result<Contraction, ForceError> {
    let mut halvings = first_halving(muscle);
    loop {
        let [result] = Course::new(&[*muscle], halvings).run::<Alone>(stimulation, asked);
        if !is_inexact(&result) || halvings >= HALVINGS {
            return result;
        }
        halvings += 1;
    }
}

/// Stimulates many muscles alike, each rested at the start: the same bits as one by one, in less time.
pub fn contract_all(muscles: &[Ding], stimulation: &Stimulation, asked: Asked) -> Vec<Result<Contraction, ForceError>> {
    let mut results: Vec<Option<Result<Contraction, ForceError>>> = muscles.iter().map(|_| None).collect();
    let mut waiting: Vec<(u32, usize)> = muscles.iter().map(first_halving).zip(0..).collect();
    waiting.sort_unstable();
    while !waiting.is_empty() {
        let mut again = Vec::new();
        for alike in waiting.chunk_by(|a, b| a.0 == b.0) {
            for few in alike.chunks(LANES) {
                // Lanes that are left over do as the first.
                let lanes = std::array::from_fn(|i| muscles[few[if i < few.len() { i } else { 0 }].1]);
                let found = Course::new(&lanes, few[0].0).run::<Together>(stimulation, asked);
                for (&(halvings, index), result) in few.iter().zip(found) {
                    if is_inexact(&result) && halvings < HALVINGS {
                        again.push((halvings + 1, index));
                    } else {
                        results[index] = Some(result);
                    }
                }
            }
        }
        again.sort_unstable();
        waiting = again;
    }
    results.into_iter().map(|result| result.expect("every muscle has come to an end")).collect()
}
