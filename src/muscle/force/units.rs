//! The motor-unit pool as a force model among others: every pulse fires the units that it recruits.

use crate::device::pulse::Run;
use crate::muscle::cursor::Cursor;
use crate::muscle::force::stimulation::{Stimulation, Train};
use crate::muscle::force::{Contraction, Sample, Steady, Tired, TrainForce};
use crate::muscle::makeup::Condition;
use crate::muscle::pool::MotorUnitPool;
use crate::muscle::profile::MuscleProfile;
use crate::nerve::volley::{FiringSet, Volley};
use crate::time::SimTime;

/// How often force is looked at for its extremes. Ours: a twitch that peaks after 30 ms is then seen within 2e-4.
const LOOK_EVERY: SimTime = SimTime::from_nanos(1_000_000);

/// After a pulse force is looked at for so long. Ours: ten of the longest contraction times.
const LOOK_FOR: SimTime = SimTime::from_nanos(1_250_000_000);

/// A muscle of motor units, and who of them is recruited.
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    profile: MuscleProfile,
    recruited: FiringSet,
}

impl Units {
    /// A muscle of which each pulse recruits a fraction of the units, 0 to 1, spread evenly from the weakest to the
    /// strongest: a nerve's electrode knows no types.
    pub fn new(profile: MuscleProfile, fraction: f64) -> Self {
        let mut recruited = FiringSet::default();
        let up_to = |count: usize| (count as f64 * fraction + 1e-9) as usize;
        (0..profile.units).filter(|&unit| up_to(unit + 1) > up_to(unit)).for_each(|unit| recruited.insert(unit));
        Self { profile, recruited }
    }

    /// The same muscle without fatigue.
    #[must_use]
    pub fn tireless(&self) -> Self {
        let mut units = self.clone();
        units.profile.fatigue_rate_per_s.value = 0.0;
        units
    }

    /// The constants with their units.
    pub fn constants(&self) -> Vec<(String, &'static str, f64)> {
        let unit = |name: &str| match name {
            "max_force_n" => "N",
            "slowest_contraction_ms" => "ms",
            "fatigue_rate_per_s" => "1/s",
            _ => "",
        };
        let own = [("units".to_string(), "", self.profile.units as f64)];
        let recruited = [("units_recruited".to_string(), "", self.recruited.len() as f64)];
        let figures = self.profile.figures();
        let figures = figures.iter().map(|(name, figure)| (name.to_string(), unit(name), figure.value));
        own.into_iter().chain(recruited).chain(figures).collect()
    }

    /// Who each pulse recruits.
    pub fn recruited(&self) -> FiringSet {
        self.recruited
    }

    /// The muscle, rested and healthy.
    pub fn pool(&self) -> MotorUnitPool {
        let type_i_fraction = self.profile.type_i_fraction.value;
        MotorUnitPool::new(&self.profile, Condition { strength: 1.0, type_i_fraction })
    }

    /// Stimulates the muscle, with samples so far apart.
    pub fn contract(&self, stimulation: &Stimulation, every: Option<SimTime>) -> Contraction {
        let mut bench = Bench::new(self.pool(), every);
        let mut trains = Vec::with_capacity(stimulation.trains.len());
        for (index, train) in stimulation.trains.iter().enumerate() {
            let next = stimulation.trains.get(index + 1).map_or(stimulation.until, |next| next.start);
            trains.push(bench.train(train, next, self.recruited));
        }
        let mut pool = bench.pool;
        let mut cursor = Cursor::new(&pool);
        cursor.go_to(stimulation.until, &pool);
        let end = sample(&pool, &cursor, stimulation.until);
        if every.is_some() && bench.next_sample == stimulation.until {
            bench.samples.push(end);
        }
        pool.settle(stimulation.until);
        Contraction { trains, samples: bench.samples, end, impulse_n_s: pool.impulse_n_s(), error: None }
    }
}

fn sample(pool: &MotorUnitPool, cursor: &Cursor, at: SimTime) -> Sample {
    let tired = Tired::Pool { capacity: cursor.capacity(pool) };
    Sample { at, force_n: cursor.force_n(pool), calcium: None, tired }
}

/// Force-time integral up to an instant, N·s, and the pool there.
fn settled(pool: &MotorUnitPool, at: SimTime) -> (f64, MotorUnitPool) {
    let mut pool = pool.clone();
    pool.settle(at);
    (pool.impulse_n_s(), pool)
}

/// A pool that is stimulated and looked at.
struct Bench {
    pool: MotorUnitPool,
    looks: Cursor,
    reads: Cursor,
    samples: Vec<Sample>,
    every: Option<SimTime>,
    next_sample: SimTime,
}

impl Bench {
    fn new(pool: MotorUnitPool, every: Option<SimTime>) -> Self {
        let (looks, reads) = (Cursor::new(&pool), Cursor::new(&pool));
        Self { pool, looks, reads, samples: Vec::new(), every, next_sample: SimTime::ZERO }
    }

    /// Goes through a train and the rest after it.
    fn train(&mut self, train: &Train, next: SimTime, fired: FiringSet) -> TrainForce {
        let last_second = train.start.max(train.end - SimTime::SECOND);
        let marks = [train.start, last_second, train.end];
        let mut impulses = [0.0; 3];
        let mut tired = Tired::Pool { capacity: 1.0 };
        let steady_part = train.steady();
        let mut steady = Steady { max_n: f64::MIN, min_n: f64::MAX, mean_n: 0.0 };
        let (mut peak_n, mut since) = (0.0_f64, 0.0);
        for (index, pulse) in train.pulses.iter().enumerate() {
            let until = train.pulses.get(index + 1).map_or(next, |pulse| pulse.at);
            if let Some((from, to)) = steady_part {
                let impulse = || settled(&self.pool, pulse.at).0;
                if index == from {
                    since = impulse();
                } else if index == to {
                    let length = train.pulses[to].at - train.pulses[from].at;
                    steady.mean_n = (impulse() - since) / length.as_secs();
                }
            }
            let volley = Volley { at: pulse.at, fired };
            self.pool.advance(&[Run { first: volley, count: 1, period: SimTime::ZERO }]);
            let (max_n, min_n) = self.look(pulse.at, until);
            peak_n = peak_n.max(max_n);
            if steady_part.is_some_and(|(from, to)| (from..to).contains(&index)) {
                steady = Steady { max_n: steady.max_n.max(max_n), min_n: steady.min_n.min(min_n), ..steady };
            }
            for (mark, impulse) in marks.iter().zip(&mut impulses) {
                if *mark >= pulse.at && (*mark < until || *mark == train.end && until == next) {
                    let (there, pool) = settled(&self.pool, *mark);
                    *impulse = there;
                    if *mark == train.end {
                        let mut cursor = Cursor::new(&pool);
                        cursor.go_to(*mark, &pool);
                        tired = Tired::Pool { capacity: cursor.capacity(&pool) };
                    }
                }
            }
        }
        let mean = |from: usize| (impulses[2] - impulses[from]) / (marks[2] - marks[from]).as_secs();
        TrainForce {
            start: train.start,
            end: train.end,
            pulses: train.pulses.len(),
            peak_n,
            mean_n: mean(0),
            last_second_mean_n: mean(1),
            steady: steady_part.map(|_| steady),
            tired,
        }
    }

    /// The largest and the smallest force between two instants, N; samples on the way.
    fn look(&mut self, from: SimTime, until: SimTime) -> (f64, f64) {
        let (mut max_n, mut min_n) = (f64::MIN, f64::MAX);
        let mut at = from;
        while at <= until && at - from <= LOOK_FOR {
            self.looks.go_to(at, &self.pool);
            let force_n = self.looks.force_n(&self.pool);
            (max_n, min_n) = (max_n.max(force_n), min_n.min(force_n));
            at += LOOK_EVERY;
        }
        if let Some(every) = self.every {
            while self.next_sample < until {
                self.reads.go_to(self.next_sample, &self.pool);
                self.samples.push(sample(&self.pool, &self.reads, self.next_sample));
                self.next_sample += every;
            }
        }
        (max_n, min_n)
    }
}
