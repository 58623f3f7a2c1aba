//! How a circuit moves: exactly, over any time.
//!
//! The state of a circuit is the voltage of every capacitor; with the charges that have flowed it obeys x' = A x + b.
//! [`Propagator`] keeps E = exp(A h) − 1 for steps h that double, from a nanosecond on, so that a stretch of any length
//! is a few products of small matrices, as exact as the numbers are: there is no time step. Keeping E and not exp(A h)
//! is what keeps the digits: 1 + 1e-12 has lost them.

use nalgebra::DMatrix;

use crate::lead::circuit::{Bus, Circuit, Currents, MAX_CONTACTS};
use crate::lead::cycle::Values;
use crate::time::SimTime;

/// Usual lengths that are kept at a time: a width, a gap and a rest, and those of another program.
const KEPT: usize = 6;

/// The state of a circuit: voltages of the blocking capacitors, then of the double layers, then the constant 1; behind
/// them the charges that have flowed through each contact and past it, C.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    values: [f64; 4 * MAX_CONTACTS + 1],
}

/// How a circuit moves its state: exactly, over any time.
#[derive(Clone, Debug)]
pub struct Propagator {
    /// Conductors.
    n: usize,
    /// exp(A h) − 1 for h = 1, 2, 4, … ns, as far as it was needed; column after column, one for each capacitor and the
    /// constant, with a row for each of the state's values but the constant.
    steps: Vec<Vec<f64>>,
    /// The same for lengths that are wanted again and again.
    usual: Vec<(SimTime, Vec<f64>)>,
    /// Voltage between the buses as a function of the state.
    load: Vec<f64>,
    /// Current through the source, out of the bus of the cathodes, as a function of the state.
    source: Vec<f64>,
}

impl Propagator {
    /// The propagator of a circuit.
    pub fn new(circuit: &Circuit) -> Self {
        let (n, order) = (circuit.branches.len(), circuit.order());
        let Currents { contact, bypass, output, load } = circuit.currents();
        let mut rates = DMatrix::<f64>::zeros(2 * order, order + 1);
        let mut source = vec![0.0; order + 1];
        for (k, branch) in circuit.branches.iter().enumerate() {
            if branch.blocking_f.is_finite() && branch.bus != Bus::Off {
                rates.set_row(k, &(output.row(k) / branch.blocking_f));
            }
            rates.set_row(n + k, &(contact.row(k) / branch.double_layer_f));
            rates[(n + k, n + k)] -= branch.transfer_s / branch.double_layer_f;
            rates.set_row(order + k, &contact.row(k));
            rates.set_row(order + n + k, &bypass.row(k));
            if branch.bus == Bus::Cathodes {
                source.iter_mut().zip(output.row(k).iter()).for_each(|(sum, value)| *sum += value);
            }
        }
        let first = first_step(&rates, order);
        Self { n, steps: vec![first], usual: Vec::new(), load: load.iter().copied().collect(), source }
    }

    /// Voltage between the buses, V: cathodes less anodes.
    pub fn load_v(&self, state: &State) -> f64 {
        self.read(&self.load, state)
    }

    /// Current through the source, A, cathodic negative.
    pub fn source_a(&self, state: &State) -> f64 {
        self.read(&self.source, state)
    }

    fn read(&self, row: &[f64], state: &State) -> f64 {
        row.iter().zip(&state.values).map(|(weight, value)| weight * value).sum()
    }

    /// Moves the state on by `span`, which is kept in mind: for a length that comes again and again.
    pub fn advance_usual(&mut self, state: &mut State, span: SimTime) {
        let place = self.usual.iter().position(|(known, _)| *known == span).unwrap_or_else(|| {
            if self.usual.len() == KEPT {
                self.usual.remove(0);
            }
            let whole = self.whole(span);
            self.usual.push((span, whole));
            self.usual.len() - 1
        });
        state.take(&self.usual[place].1, self.n);
    }

    /// Moves the state on by `span`.
    pub fn advance(&mut self, state: &mut State, span: SimTime) {
        let nanos = span.nanos();
        assert!(nanos >= 0, "a stretch of {span}");
        for bit in 0..64 - nanos.leading_zeros() {
            if nanos >> bit & 1 == 1 {
                self.need(bit as usize);
                state.take(&self.steps[bit as usize], self.n);
            }
        }
    }

    /// Moves the state on as long as `holds`, by `span` at most, to a nanosecond; returns how far. What has once ceased
    /// to hold is taken not to hold again.
    pub fn advance_while(
        &mut self,
        state: &mut State,
        span: SimTime,
        holds: impl Fn(&Self, &State) -> bool,
    ) -> SimTime {
        let mut gone = 0;
        for bit in (0..64 - span.nanos().leading_zeros() as usize).rev() {
            let step = 1_i64 << bit;
            if gone + step > span.nanos() {
                continue;
            }
            self.need(bit);
            let mut next = *state;
            next.take(&self.steps[bit], self.n);
            if holds(self, &next) {
                *state = next;
                gone += step;
            }
        }
        SimTime::from_nanos(gone)
    }

    /// Makes the step of 2^bit ns: exp(2Ah) − 1 = 2E + E².
    fn need(&mut self, bit: usize) {
        while self.steps.len() <= bit {
            let last = self.steps.last().expect("there is always the first");
            let next = product(last, last, 2 * self.n);
            self.steps.push(next);
        }
    }

    /// What a stretch of `span` does.
    pub fn step(&mut self, span: SimTime) -> Step {
        Step { values: self.whole(span), rows: 4 * self.n }
    }

    /// Voltage between the buses as a function of the state.
    pub fn load_row(&self) -> &[f64] {
        &self.load
    }

    /// exp(A span) − 1 as one matrix.
    fn whole(&mut self, span: SimTime) -> Vec<f64> {
        let mut whole: Option<Vec<f64>> = None;
        for bit in 0..64 - span.nanos().leading_zeros() as usize {
            if span.nanos() >> bit & 1 == 1 {
                self.need(bit);
                let step = &self.steps[bit];
                whole = Some(whole.map_or_else(|| step.clone(), |whole| product(step, &whole, 2 * self.n)));
            }
        }
        whole.unwrap_or_else(|| vec![0.0; self.steps[0].len()])
    }
}

/// exp(A span) − 1 for one stretch.
pub struct Step {
    values: Vec<f64>,
    rows: usize,
}

impl Step {
    /// What the stretch adds to a value of the state, or to a charge behind them, as a function of the state.
    pub fn row(&self, row: usize) -> Vec<f64> {
        self.values.chunks_exact(self.rows).map(|column| column[row]).collect()
    }
}

/// E for two stretches one after the other, `then` after `first`: E₂E₁ + E₁ + E₂.
fn product(then: &[f64], first: &[f64], order: usize) -> Vec<f64> {
    let rows = 2 * order;
    let mut result = then.to_vec();
    for column in 0..=order {
        let (own, target) = (&first[column * rows..][..rows], &mut result[column * rows..][..rows]);
        target.iter_mut().zip(own).for_each(|(value, own)| *value += own);
        // The constant stays the constant, and charges act on nothing.
        for (inner, weight) in own[..order].iter().enumerate() {
            let through = &then[inner * rows..][..rows];
            target.iter_mut().zip(through).for_each(|(value, through)| *value += through * weight);
        }
    }
    result
}

/// exp(A h) − 1 for h = 1 ns: a series where it falls by half with each term, at a fraction of h if need be.
fn first_step(rates: &DMatrix<f64>, order: usize) -> Vec<f64> {
    const STEP_S: f64 = 1e-9;
    let among_voltages = rates.view((0, 0), (order, order));
    let steepest = among_voltages.iter().fold(0.0_f64, |most, rate| most.max(rate.abs())) * order as f64;
    let is_enough = |k: &u32| steepest * STEP_S < (1_u64 << k) as f64 / 2.0;
    let halvings = (0..MOST_HALVINGS).find(is_enough).unwrap_or(MOST_HALVINGS);
    let step_s = STEP_S / (1_u64 << halvings) as f64;
    let square = rates.view((0, 0), (order, order + 1)) * step_s;
    let mut term = rates * step_s;
    let mut sum = term.clone();
    for factor in 2..=TERMS {
        let mut next = DMatrix::<f64>::zeros(2 * order, order + 1);
        for column in 0..=order {
            for inner in 0..order {
                for row in 0..2 * order {
                    next[(row, column)] += term[(row, inner)] * square[(inner, column)];
                }
            }
        }
        term = next / f64::from(factor);
        sum += &term;
    }
    (0..halvings).fold(sum.as_slice().to_vec(), |step, _| product(&step, &step, order))
}

/// Times that the first step is halved at most: down to where no circuit is any faster.
const MOST_HALVINGS: u32 = 40;

/// Terms of the series for the first step.
const TERMS: u32 = 12;

impl State {
    /// The state of conductors whose blocking capacitors and double layers are charged to those voltages, V; no charge
    /// has flowed.
    pub fn new(blocking_v: &[f64], double_layer_v: &[f64]) -> Self {
        let n = blocking_v.len();
        let mut values = [0.0; 4 * MAX_CONTACTS + 1];
        values[..n].copy_from_slice(blocking_v);
        values[n..2 * n].copy_from_slice(double_layer_v);
        values[2 * n] = 1.0;
        Self { values }
    }

    /// The voltages and the constant.
    pub fn values(&self, n: usize) -> Values {
        let mut values = [0.0; 2 * MAX_CONTACTS + 1];
        values[..=2 * n].copy_from_slice(&self.values[..=2 * n]);
        values
    }

    /// A state of those voltages; no charge has flowed.
    pub fn of(values: &Values, n: usize) -> Self {
        Self::new(&values[..n], &values[n..2 * n])
    }

    /// Voltage of the blocking capacitor of conductor k, V, for a circuit of n.
    pub fn blocking_v(&self, k: usize) -> f64 {
        self.values[k]
    }

    /// Voltage across the double layer of contact k, V, for a circuit of n.
    pub fn double_layer_v(&self, n: usize, k: usize) -> f64 {
        self.values[n + k]
    }

    /// Charge that has flowed through contact k, C.
    pub fn contact_c(&self, n: usize, k: usize) -> f64 {
        self.values[2 * n + 1 + k]
    }

    /// Charge that has flowed out of output k past its contact, C.
    pub fn bypass_c(&self, n: usize, k: usize) -> f64 {
        self.values[3 * n + 1 + k]
    }

    /// Forgets the charges that have flowed.
    pub fn forget_charges(&mut self, n: usize) {
        self.values[2 * n + 1..4 * n + 1].fill(0.0);
    }

    /// Adds E x.
    fn take(&mut self, step: &[f64], n: usize) {
        let (order, rows) = (2 * n, 4 * n);
        let mut change = [0.0; 4 * MAX_CONTACTS];
        for column in 0..=order {
            let weight = self.values[column];
            let through = &step[column * rows..][..rows];
            change[..rows].iter_mut().zip(through).for_each(|(sum, through)| *sum += through * weight);
        }
        let (voltages, charges) = change[..rows].split_at(order);
        self.values[..order].iter_mut().zip(voltages).for_each(|(value, change)| *value += change);
        self.values[order + 1..][..order].iter_mut().zip(charges).for_each(|(value, change)| *value += change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::circuit::{Branch, Drive};
    use crate::math;

    const OHM: f64 = 500.0;
    const TRANSFER_OHM: f64 = 20_000.0;
    const LAYER_F: f64 = 3e-6;

    fn branch(bus: Bus, blocking_f: f64) -> Branch {
        Branch {
            bus,
            blocking_f,
            series_s: 1.0 / OHM,
            double_layer_f: LAYER_F,
            transfer_s: 1.0 / TRANSFER_OHM,
            leak_s: 0.0,
        }
    }

    fn pair(blocking_f: f64, drive: Drive) -> Propagator {
        let branches = vec![branch(Bus::Cathodes, blocking_f), branch(Bus::Anodes, blocking_f)];
        Propagator::new(&Circuit { branches, shorts: Vec::new(), drive })
    }

    fn current(current_a: f64) -> Drive {
        Drive { current_a, conductance_s: 0.0 }
    }

    /// v = I Rs + I Rct (1 − e^(−t/τ)), twice, as cathode and anode are alike.
    #[test]
    fn verif_the_step_response_is_that_of_randles() {
        let mut pair = pair(f64::INFINITY, current(-1e-3));
        for micros in [0, 1, 10, 214, 1_000, 10_000, 100_000, 10_000_000] {
            let mut state = State::new(&[0.0; 2], &[0.0; 2]);
            pair.advance(&mut state, SimTime::from_nanos(micros * 1_000));
            let t = micros as f64 * 1e-6;
            let layer = 1e-3 * TRANSFER_OHM * (1.0 - math::exp(-t / (TRANSFER_OHM * LAYER_F)));
            let expected = -2.0 * (1e-3 * OHM + layer);
            let found = pair.load_v(&state);
            assert!((found / expected - 1.0).abs() < 1e-9, "{micros} µs: {found} for {expected}");
            assert!((state.contact_c(2, 0) + 1e-3 * t).abs() <= 1e-9 * t, "{micros} µs");
            assert!((state.contact_c(2, 1) - 1e-3 * t).abs() <= 1e-9 * t, "{micros} µs");
        }
    }

    /// Shorted through a resistance, without charge transfer: one exponential.
    #[test]
    fn verif_a_shorted_capacitor_discharges_with_its_time_constant() {
        let mut branches = vec![branch(Bus::Cathodes, 10e-6), branch(Bus::Anodes, 10e-6)];
        branches.iter_mut().for_each(|branch| branch.transfer_s = 0.0);
        let drive = Drive::voltage(0.0, 100.0);
        let mut shorted = Propagator::new(&Circuit { branches, shorts: Vec::new(), drive });
        let capacitance = 1.0 / (2.0 / 10e-6 + 2.0 / LAYER_F);
        let tau = (2.0 * OHM + 100.0) * capacitance;
        let mut state = State::new(&[0.05, -0.05], &[0.0; 2]);
        shorted.advance(&mut state, SimTime::from_nanos(3_000_000));
        // The charge that flows is C V (1 − e^(−t/τ)).
        let expected = -capacitance * 0.1 * (1.0 - math::exp(-3e-3 / tau));
        assert!((state.contact_c(2, 0) / expected - 1.0).abs() < 1e-9, "{} {expected}", state.contact_c(2, 0));
    }

    /// A picofarad behind 500 Ω has half a nanosecond, less than the first step.
    #[test]
    fn verif_a_circuit_faster_than_the_first_step_is_as_exact() {
        let mut branches = vec![branch(Bus::Cathodes, 1e-12), branch(Bus::Anodes, 1e-12)];
        branches.iter_mut().for_each(|branch| branch.transfer_s = 0.0);
        let mut driven = Propagator::new(&Circuit { branches, shorts: Vec::new(), drive: Drive::voltage(-1.0, 0.0) });
        let mut state = State::new(&[0.0; 2], &[0.0; 2]);
        driven.advance(&mut state, SimTime::from_nanos(100));
        let expected = -1.0 / (2.0 / 1e-12 + 2.0 / LAYER_F);
        assert!((state.contact_c(2, 0) / expected - 1.0).abs() < 1e-9, "{} {expected}", state.contact_c(2, 0));
    }

    #[test]
    fn verif_a_stretch_is_the_same_in_parts() {
        let mut pair = pair(10e-6, current(2e-3));
        let (mut whole, mut parts) = (State::new(&[0.1, 0.2], &[0.3, -0.1]), State::new(&[0.1, 0.2], &[0.3, -0.1]));
        pair.advance(&mut whole, SimTime::from_nanos(1_234_567));
        for nanos in [1, 99, 234_567, 900, 999_000] {
            pair.advance(&mut parts, SimTime::from_nanos(nanos));
        }
        for (a, b) in whole.values.iter().zip(&parts.values) {
            assert!((a - b).abs() <= 1e-12 * a.abs().max(1e-9), "{a} {b}");
        }
        let mut usual = State::new(&[0.1, 0.2], &[0.3, -0.1]);
        pair.advance_usual(&mut usual, SimTime::from_nanos(1_234_567));
        for (a, b) in whole.values.iter().zip(&usual.values) {
            assert!((a - b).abs() <= 1e-12 * a.abs().max(1e-9), "{a} {b}");
        }
    }

    #[test]
    fn verif_a_limit_is_found_to_a_nanosecond() {
        let mut pair = pair(f64::INFINITY, current(-1e-3));
        let mut state = State::new(&[0.0; 2], &[0.0; 2]);
        let limit = 1.1;
        let span = SimTime::from_nanos(1_000_000);
        let gone = pair.advance_while(&mut state, span, |pair, state| pair.load_v(state).abs() <= limit);
        // 1.1 V = 2 I (Rs + Rct (1 − e^(−t/τ))).
        let tau = TRANSFER_OHM * LAYER_F;
        let expected = -tau * math::ln(1.0 - (limit / 2e-3 - OHM) / TRANSFER_OHM);
        assert!((gone.as_secs() - expected).abs() <= 1e-9, "{gone} for {expected}");
        assert!(pair.load_v(&state).abs() <= limit);
    }

    #[test]
    fn verif_an_open_circuit_carries_nothing_and_a_short_takes_all() {
        let mut branches = vec![branch(Bus::Cathodes, 10e-6), branch(Bus::Anodes, 10e-6)];
        branches[0].series_s = 0.0;
        let drive = Drive::voltage(-12.0, 0.0);
        let mut open = Propagator::new(&Circuit { branches: branches.clone(), shorts: Vec::new(), drive });
        let mut state = State::new(&[0.0; 2], &[0.0; 2]);
        open.advance(&mut state, SimTime::from_nanos(214_000));
        assert!(state.contact_c(2, 0).abs() < 1e-15 && state.contact_c(2, 1).abs() < 1e-15, "{state:?}");
        branches[0].series_s = 1.0 / OHM;
        let circuit = Circuit { branches, shorts: vec![(0, 1, 1.0)], drive: current(-1e-3) };
        let mut shorted = Propagator::new(&circuit);
        let mut state = State::new(&[0.0; 2], &[0.0; 2]);
        shorted.advance(&mut state, SimTime::from_nanos(214_000));
        let share = state.contact_c(2, 0) / -214e-9;
        assert!(share > 0.0 && share < 1.0 / 900.0, "{share}");
        assert!((shorted.source_a(&state) + 1e-3).abs() < 1e-12);
    }
}
