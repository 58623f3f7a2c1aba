//! A period of a train as one map: the rest after a pulse and the next pulse, for as long as nothing but the voltages
//! of the capacitors changes from one to the next.
//!
//! Rest and phases are linear as long as the current source holds its current, and so is what follows from them: the
//! voltages after the pulse, the voltages that are held against limits, the charges. Charges are linear in the sum of
//! the states that the periods begin with: they are worked out once for a run of pulses.

use crate::device::pulse::Waveform;
use crate::lead::circuit::MAX_CONTACTS;
use crate::lead::propagator::Step;
use crate::time::SimTime;

/// The most values of a state: two capacitors for each contact, and the constant.
const VALUES: usize = 2 * MAX_CONTACTS + 1;

/// Voltages of the capacitors and the constant 1, as a period begins: at the end of the pulse before.
pub type Values = [f64; VALUES];

/// A period of a train.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// The pulse as it was asked for.
    pub asked: Waveform,
    /// The pulse as it is made.
    pub made: Waveform,
    /// The supply, µV.
    pub rail_uv: i64,
    /// The rest before it.
    pub rest: SimTime,
    /// Twice the conductors: capacitors.
    order: usize,
    /// The state after the period, row by row.
    next: Vec<f64>,
    /// Voltages that must stay within limits, row by row, and the limits, V.
    held: Vec<(Vec<f64>, f64)>,
    /// Charges through and past each contact in stimulating phases, C, row by row.
    stimulus: Vec<f64>,
    /// The same in all other phases and in the rest.
    other: Vec<f64>,
}

/// Pulses that have been carried and not been entered into the ledgers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pending {
    /// How many.
    pub count: i64,
    /// The sum of the states that their periods began with.
    pub sums: Values,
}

/// A cycle while it is put together: the state now, and the charges so far, as functions of the state at the beginning.
pub struct Builder {
    order: usize,
    /// The state, a row for each value.
    state: Vec<Vec<f64>>,
    held: Vec<(Vec<f64>, f64)>,
    stimulus: Vec<Vec<f64>>,
    other: Vec<Vec<f64>>,
}

impl Builder {
    /// The beginning of a period of a circuit of `n` conductors.
    pub fn new(n: usize) -> Self {
        let order = 2 * n;
        let unit = |i: usize| (0..=order).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
        let nothing = vec![vec![0.0; order + 1]; order];
        Self {
            order,
            state: (0..=order).map(unit).collect(),
            held: Vec::new(),
            stimulus: nothing.clone(),
            other: nothing,
        }
    }

    /// A function of the state now, as one of the state at the beginning.
    fn at_the_beginning(&self, row: &[f64]) -> Vec<f64> {
        let column = |j: usize| row.iter().zip(&self.state).map(|(weight, value)| weight * value[j]).sum();
        (0..=self.order).map(column).collect()
    }

    /// A voltage, as a function of the state now, must not be more than that.
    pub fn hold(&mut self, row: &[f64], most_v: f64) {
        self.held.push((self.at_the_beginning(row), most_v));
    }

    /// The voltage across double layer `k` must not be more than that, whatever its sign.
    pub fn hold_layer(&mut self, k: usize, most_v: f64) {
        let mut row = vec![0.0; self.order + 1];
        for sign in [1.0, -1.0] {
            row[self.order / 2 + k] = sign;
            self.hold(&row, most_v);
        }
    }

    /// A stretch of the period goes by.
    pub fn go(&mut self, step: &Step, stimulates: bool) {
        let changes: Vec<Vec<f64>> = (0..2 * self.order).map(|row| self.at_the_beginning(&step.row(row))).collect();
        let (voltages, charges) = changes.split_at(self.order);
        let sums = if stimulates { &mut self.stimulus } else { &mut self.other };
        for (sum, change) in self.state.iter_mut().zip(voltages).chain(sums.iter_mut().zip(charges)) {
            sum.iter_mut().zip(change).for_each(|(value, change)| *value += change);
        }
    }

    /// The whole period.
    pub fn finish(self, asked: Waveform, made: Waveform, rail_uv: i64, rest: SimTime) -> Cycle {
        let Self { order, state, held, stimulus, other } = self;
        let next = state[..order].concat();
        Cycle { asked, made, rail_uv, rest, order, next, held, stimulus: stimulus.concat(), other: other.concat() }
    }
}

impl Cycle {
    /// Goes through at most so many periods, as long as all voltages stay within their limits; returns how many.
    pub fn run(&self, values: &mut Values, pending: &mut Pending, before: &mut Values, most: i64) -> i64 {
        match self.order {
            4 => self.run_sized::<4, 5>(values, pending, before, most),
            6 => self.run_sized::<6, 7>(values, pending, before, most),
            8 => self.run_sized::<8, 9>(values, pending, before, most),
            10 => self.run_sized::<10, 11>(values, pending, before, most),
            _ => 0,
        }
    }

    fn run_sized<const N: usize, const WITH_ONE: usize>(
        &self,
        values: &mut Values,
        pending: &mut Pending,
        before: &mut Values,
        most: i64,
    ) -> i64 {
        let dot = |row: &[f64], values: &[f64; WITH_ONE]| {
            let row: &[f64; WITH_ONE] = row.try_into().expect("rows are as long as the state");
            let mut sum = 0.0;
            for i in 0..WITH_ONE {
                sum += row[i] * values[i];
            }
            sum
        };
        let mut now: [f64; WITH_ONE] = values[..WITH_ONE].try_into().expect("the state is as long");
        let mut sums: [f64; WITH_ONE] = pending.sums[..WITH_ONE].try_into().expect("the sums are as long");
        let mut last = now;
        let mut count = 0;
        while count < most && self.held.iter().all(|(row, limit)| dot(row, &now) <= *limit) {
            let mut next = now;
            for (value, row) in next[..N].iter_mut().zip(self.next.chunks_exact(WITH_ONE)) {
                *value = dot(row, &now);
            }
            sums.iter_mut().zip(&now).for_each(|(sum, value)| *sum += value);
            (last, now) = (now, next);
            count += 1;
        }
        values[..WITH_ONE].copy_from_slice(&now);
        pending.sums[..WITH_ONE].copy_from_slice(&sums);
        pending.count += count;
        if count > 0 {
            before[..WITH_ONE].copy_from_slice(&last);
        }
        count
    }

    /// The charge through contact `place` in the stimulating phases of the pulses that are pending, C, and in all else.
    pub fn through_c(&self, pending: &Pending, place: usize) -> (f64, f64) {
        self.charges_c(pending, place)
    }

    /// The same past contact `place`.
    pub fn past_c(&self, pending: &Pending, place: usize) -> (f64, f64) {
        self.charges_c(pending, self.order / 2 + place)
    }

    fn charges_c(&self, pending: &Pending, row: usize) -> (f64, f64) {
        let width = self.order + 1;
        let of = |rows: &[f64]| {
            rows[row * width..][..width].iter().zip(&pending.sums).map(|(weight, sum)| weight * sum).sum()
        };
        (of(&self.stimulus), of(&self.other))
    }
}
