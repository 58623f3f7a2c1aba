//! The force models of Ding's family on the pulses that a side was given, beside the force of its motor units.
//!
//! Each model is a muscle of its own that goes through every pulse that fired a motor unit, from a long rest on. Shown
//! is its force over its tetanus times the tetanus of the units that the pulses fired, so that shape, ripple, fusion
//! and fatigue compare and sizes do not. Whom width and current recruit is in who fired; the models are given the width
//! and the current that `stimtwin muscle` takes.
//!
//! It is worked out on a thread of its own, one stretch at a time, and only while somebody looks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex};

use crate::muscle::force::parameters::Ding;
use crate::muscle::force::stimulation::{Pulse, Stimulation, Train};
use crate::muscle::force::{Asked, ForceError, ForceModel};
use crate::nerve::volley::{FiringSet, Volley};
use crate::sandbox::memory::Memory;
use crate::sandbox::memory::pyramid::Pyramid;
use crate::side::Side;
use crate::time::SimTime;

/// The models with what people call them, their constants as published.
pub const MODELS: [(&str, Ding); 3] =
    [("Ding 2003", Ding::DING_2003), ("Ding 2007", Ding::DING_2007), ("Hmed 2018", Ding::HMED_2018)];

/// Width, µs, and current, mA, of the pulses that the models are given: those of `stimtwin muscle` unless told.
pub const WIDTH_US: f64 = 600.0;
/// See [`WIDTH_US`].
pub const CURRENT_MA: f64 = 100.0;

/// The longest stretch that models are shown for (ours): a session is half of it.
pub const LONGEST: SimTime = SimTime::from_secs(3_600);

/// After so long without a pulse a model counts as rested: fatigue returns with 127 s (Ding 2003), and less than a
/// hundredth is left.
pub const REST: SimTime = SimTime::from_secs(600);

/// How far before the stretch a rest is looked for (ours): a session, and the rest before it.
const LOOKED_BACK: SimTime = SimTime::from_secs(4_200);

/// The most volleys that are taken (ours): an hour and a half at 35 Hz.
const MOST_VOLLEYS: usize = 200_000;

/// The most samples of a model, and the closest that they lie (ours): seven to the ripple of 20 Hz in half an hour.
const MOST_SAMPLES: i64 = 250_000;
/// See [`MOST_SAMPLES`].
const CLOSEST: SimTime = SimTime::from_nanos(1_000_000);

/// The volleys whose tetanus counts together (ours): those of about the length of a contraction, so that a unit that
/// fires now and then counts with its part.
const TOGETHER: SimTime = SimTime::from_nanos(200_000_000);

/// Why no model is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// The stretch is too long.
    #[error("the stretch is longer than an hour, and a session is half of that: zoom in")]
    TooLong,
    /// Nothing fired.
    #[error("no pulse has fired a motor unit here")]
    NoVolley,
    /// The muscle did not rest before.
    #[error("within 70 minutes before the stretch there were no 10 without a pulse: nobody knows how tired a model is")]
    Restless,
    /// Details are gone.
    #[error("the pulses of this stretch are remembered no more; go back to before it and they come again")]
    Forgotten,
    /// There are too many.
    #[error("these are more than 200000 pulses: zoom in")]
    TooMany,
}

/// What is to be worked out: for which stretch of which side, how closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    side: Side,
    from: SimTime,
    to: SimTime,
    column: SimTime,
    epoch: u64,
}

/// All that an answer is a function of.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The volleys from a rest on, each later than the one before; at least one.
    pub volleys: Vec<Volley>,
    /// Tetanus of each motor unit, N.
    pub units_n: Vec<f64>,
    /// The stretch that is looked at.
    pub from: SimTime,
    /// See `from`.
    pub to: SimTime,
    /// What a column of the screen stands for.
    pub column: SimTime,
}

/// The models over a stretch.
#[derive(Clone, Debug)]
pub struct Answer {
    /// A trace for each of [`MODELS`], N.
    pub traces: Pyramid,
    /// When the muscles set out from rest: the first pulse.
    pub rested: SimTime,
    /// Tetanus of the units that the last pulses of the stretch fired, N.
    pub tetanus_n: f64,
}

/// Tetanus of units, N.
fn tetanus_n(fired: &FiringSet, units_n: &[f64]) -> f64 {
    units_n.iter().enumerate().filter(|(unit, _)| fired.contains(*unit)).map(|(_, force_n)| force_n).sum()
}

impl Question {
    /// What to ask about a side from one instant to another; `units_n` is the tetanus of each motor unit, N.
    ///
    /// # Errors
    /// Why there is nothing to be asked.
    pub fn of(
        memory: &Memory,
        side: Side,
        (from, to): (SimTime, SimTime),
        column: SimTime,
        units_n: &[f64],
    ) -> Result<Self, Silence> {
        if to - from > LONGEST {
            return Err(Silence::TooLong);
        }
        let (from, to) = (from.max(SimTime::ZERO), to.min(memory.head()));
        let earliest = (from - LOOKED_BACK).max(SimTime::ZERO);
        let mut volleys: Vec<Volley> = Vec::new();
        for run in memory.volley_runs(side, earliest, to).filter(|run| !run.what.is_empty()) {
            let numbers = run.within(earliest, to);
            if volleys.len() + (numbers.end - numbers.start) as usize > MOST_VOLLEYS {
                return Err(Silence::TooMany);
            }
            volleys.extend(numbers.map(|number| Volley { at: run.at + run.period * number, fired: run.what }));
        }
        let before = |index: usize| match index.checked_sub(1) {
            Some(last) => volleys[index].at - volleys[last].at,
            // What was before the scenario was rest.
            None if earliest == SimTime::ZERO => REST,
            None => volleys[index].at - earliest,
        };
        if volleys.is_empty() {
            return Err(if memory.remembers(side, from, to) { Silence::NoVolley } else { Silence::Forgotten });
        }
        let there = volleys.partition_point(|volley| volley.at <= from);
        // Where no rest came before the stretch, one that ends within it does as well.
        let mut places = (0..there).rev().chain([there]).filter(|&index| index < volleys.len());
        let first = places.find(|&index| before(index) >= REST).ok_or(Silence::Restless)?;
        let rest = (volleys[first].at - REST).max(SimTime::ZERO);
        if !memory.remembers(side, rest, to) {
            return Err(Silence::Forgotten);
        }
        Ok(Self { volleys: volleys.split_off(first), units_n: units_n.to_vec(), from, to, column })
    }

    /// Works it out.
    ///
    /// # Errors
    /// What a model says.
    pub fn answer(&self) -> Result<Answer, ForceError> {
        let start = self.volleys[0].at;
        let until = self.to.max(self.volleys[self.volleys.len() - 1].at) - start;
        let pulse = |volley: &Volley| Pulse { at: volley.at - start, width_us: WIDTH_US, current_ma: CURRENT_MA };
        let pulses: Vec<Pulse> = self.volleys.iter().map(pulse).collect();
        let stimulation = Stimulation { trains: vec![Train { start: SimTime::ZERO, end: until, pulses }], until };
        let every = SimTime::from_nanos((self.column.nanos() / 8).max(until.nanos() / MOST_SAMPLES)).max(CLOSEST);
        let asked = Asked { every: Some(every), ..Asked::default() };
        // Shares of each model's tetanus: at even distances, and at the end.
        let mut shares: Vec<Vec<f64>> = Vec::with_capacity(MODELS.len());
        for (_, ding) in MODELS {
            let model = ForceModel::Ding(ding);
            let tetanus_n = model.tetanus_n(WIDTH_US, CURRENT_MA)?;
            let contraction = model.contract(&stimulation, asked)?;
            let ends_on_one = until.is_multiple_of(every);
            let end = (!ends_on_one).then_some(contraction.end.force_n);
            let forces = contraction.samples.iter().map(|sample| sample.force_n).chain(end);
            shares.push(forces.map(|force_n| force_n / tetanus_n).collect());
        }
        let fired = self.fired();
        let mut traces = Pyramid::new(MODELS.len());
        let mut place = 0;
        for index in 0..shares[0].len() {
            let at = start + (every * index as i64).min(until);
            // One before the stretch, so that lines come in from outside.
            if at + every >= self.from {
                let tetanus_n = between(&fired, &mut place, at);
                let values: Vec<f64> = shares.iter().map(|share| share[index] * tetanus_n).collect();
                traces.push(at, &values);
            }
        }
        let tetanus_n = fired.last().map_or(0.0, |(_, tetanus_n)| *tetanus_n);
        Ok(Answer { traces, rested: start, tetanus_n })
    }

    /// The tetanus of the units that fire about each volley, N: the mean of those that count together.
    fn fired(&self) -> Vec<(SimTime, f64)> {
        let all: Vec<f64> = self.volleys.iter().map(|volley| tetanus_n(&volley.fired, &self.units_n)).collect();
        let mut first = 0;
        let mean = |(index, volley): (usize, &Volley)| {
            while volley.at - self.volleys[first].at >= TOGETHER {
                first += 1;
            }
            let together = &all[first..=index];
            (volley.at, together.iter().sum::<f64>() / together.len() as f64)
        };
        self.volleys.iter().enumerate().map(mean).collect()
    }
}

/// What lies between two volleys, in a straight line where they count together; `place` is that of the last volley, and
/// goes on.
fn between(fired: &[(SimTime, f64)], place: &mut usize, at: SimTime) -> f64 {
    while fired.get(*place + 1).is_some_and(|next| next.0 <= at) {
        *place += 1;
    }
    let (since, tetanus_n) = fired[*place];
    match fired.get(*place + 1) {
        Some(&(next, next_n)) if next - since < TOGETHER && at > since => {
            let part = (at - since).nanos() as f64 / (next - since).nanos() as f64;
            tetanus_n + (next_n - tetanus_n) * part
        }
        _ => tetanus_n,
    }
}

/// How many stretches are being worked out now, in all windows of the program.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// Whether nothing is being worked out.
pub fn is_done() -> bool {
    AT_WORK.load(Ordering::SeqCst) == 0
}

/// One more at work, until it is dropped: a thread that panics counts no more.
struct AtWork;

impl AtWork {
    fn begin() -> Self {
        AT_WORK.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a thread sends once.
type Outcome = Result<Answer, ForceError>;

/// What is shown of the models: the newest answer, and the one that is being worked out.
#[derive(Clone, Debug, Default)]
pub struct Models {
    known: Option<(Key, Arc<Answer>)>,
    at_work: Option<(Key, Arc<Mutex<Receiver<Outcome>>>)>,
    refused: Option<(Key, String)>,
}

/// What there is to be shown now.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The models, as far as they are worked out.
    Lines(Arc<Answer>),
    /// They are being worked out.
    Soon,
    /// Nothing, and why.
    Nothing(String),
}

impl Models {
    /// The models of a stretch; what is not known yet is worked out beside the window, one stretch at a time.
    pub fn of(
        &mut self,
        memory: &Memory,
        side: Side,
        (from, to): (SimTime, SimTime),
        column: SimTime,
        units_n: &[f64],
    ) -> Shown {
        self.take();
        // Little matters how many columns there are: whoever makes a panel wider asks nothing new.
        let column = SimTime::from_nanos(1 << column.nanos().max(1).ilog2());
        let key = Key { side, from, to: to.min(memory.head()), column, epoch: memory.epoch() };
        if self.known.as_ref().is_some_and(|(known, _)| (known.side, known.epoch) != (side, key.epoch)) {
            self.known = None;
        }
        let is_new = self.known.as_ref().is_none_or(|(known, _)| *known != key)
            && self.refused.as_ref().is_none_or(|(refused, _)| *refused != key);
        if is_new && self.at_work.is_none() {
            match Question::of(memory, side, (from, to), column, units_n) {
                Ok(question) => self.ask(key, question),
                Err(silence) => self.refuse(key, silence.to_string()),
            }
        }
        match (&self.known, &self.refused) {
            (Some((_, answer)), _) => Shown::Lines(answer.clone()),
            (None, Some((refused, why))) if *refused == key => Shown::Nothing(why.clone()),
            (None, _) => Shown::Soon,
        }
    }

    fn ask(&mut self, key: Key, question: Question) {
        let (sender, receiver) = channel();
        let at_work = AtWork::begin();
        std::thread::spawn(move || {
            // Whoever asked may look no more.
            let _ = sender.send(question.answer());
            drop(at_work);
        });
        self.at_work = Some((key, Arc::new(Mutex::new(receiver))));
    }

    fn refuse(&mut self, key: Key, why: String) {
        self.known = None;
        self.refused = Some((key, why));
    }

    /// Takes what has been worked out since.
    fn take(&mut self) {
        let Some((key, receiver)) = &self.at_work else { return };
        let key = *key;
        let outcome = receiver.lock().expect("nobody panics while holding it").try_recv();
        match outcome {
            Err(TryRecvError::Empty) => return,
            Ok(Ok(answer)) => {
                self.refused = None;
                self.known = Some((key, Arc::new(answer)));
            }
            Ok(Err(error)) => self.refuse(key, error.to_string()),
            Err(TryRecvError::Disconnected) => self.refuse(key, "the models could not be worked out".to_string()),
        }
        self.at_work = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: SimTime = SimTime::from_nanos(1_000_000);

    fn units_n() -> Vec<f64> {
        vec![1.0; 120]
    }

    fn question(volleys: Vec<Volley>, to: SimTime) -> Question {
        Question { volleys, units_n: units_n(), from: SimTime::ZERO, to, column: MS * 8 }
    }

    /// Ten seconds of 20 Hz that fire so many units of a newton.
    fn train(units: impl Fn(i64) -> usize) -> Vec<Volley> {
        let volley = |i: i64| Volley { at: MS * (1_000 + 50 * i), fired: FiringSet::first(units(i)) };
        (0..200).map(volley).collect()
    }

    /// Where the units that fire change slowly, the models go along; where they flicker, by the mean.
    #[test]
    fn verif_models_are_scaled_to_the_units_that_fire() {
        let to = SimTime::from_secs(12);
        let value = |units: &dyn Fn(i64) -> usize, at: SimTime| {
            let answer = question(train(units), to).answer().expect("they can be worked out");
            MODELS.iter().enumerate().map(|(trace, _)| answer.traces.value(trace, at).unwrap()).collect::<Vec<_>>()
        };
        let at = SimTime::from_secs(9);
        let (all, half) = (value(&|_| 120, at), value(&|_| 60, at));
        let flicker = value(&|i| if i % 2 == 0 { 50 } else { 70 }, at);
        for trace in 0..MODELS.len() {
            assert!((all[trace] / half[trace] - 2.0).abs() < 1e-9, "{all:?} {half:?}");
            assert!((flicker[trace] / half[trace] - 1.0).abs() < 0.05, "{flicker:?} {half:?}");
            assert!(all[trace] > 30.0 && all[trace] < 120.0, "{all:?} of a tetanus of 120 N");
        }
        let rest = value(&|_| 120, SimTime::from_secs(12));
        assert!(rest.iter().all(|force_n| *force_n < 1.0), "a second after the train nothing pulls: {rest:?}");
    }
}
