//! A lead: what of a commanded pulse really flows, and where the charge goes.
//!
//! The output stage is a current source with a compliance voltage. It pushes the current that it makes as long as the
//! voltage across the load lets it; from the nanosecond on at which it does not, what the voltage can push. Current
//! divides among the contacts of a group as the circuit has it, [`crate::lead::circuit`], which is followed exactly
//! from one switching to the next. The state of a lead lives at the end of its last pulse.

use bevy::ecs::component::Component;

use crate::device::profile::DeviceProfile;
use crate::device::pulse::{CONTACT_NAMES, Contacts, Phase, Pulse, Run, Waveform};
use crate::lead::contact::{Contact, Ledger, divide_whole, round_off, share};
use crate::lead::cycle::{Pending, Values};
use crate::lead::faults::{LeadCommand, LeadFaults};
use crate::lead::propagator::{Propagator, State};
use crate::lead::wiring::{Driven, Wiring};
use crate::side::Side;
use crate::time::SimTime;

/// Contacts of one lead, with the case as its return: what its arrays are over.
pub const TERMINALS: usize = CONTACT_NAMES.len();

/// Attocoulombs in a coulomb.
pub(super) const ATTO: f64 = 1e18;

/// Below this part of what was asked, a device takes the circuit for open.
const OPEN_BELOW: f64 = 0.01;

/// A pulse as it flows through the tissue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeliveredPulse {
    /// The instant at which its first phase begins.
    pub at: SimTime,
    /// What flowed through the cathodes together: the mean current of each phase.
    pub waveform: Waveform,
    /// The share of the stimulating phase through each ring and the case, signed: cathodes positive, anodes negative.
    pub shares: [f64; TERMINALS],
}

/// What the device can sense of a pulse at its own terminals, and what the contacts felt.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sensed {
    /// Mean current of the stimulating phases out of the output stage, wherever it then goes, nA, without sign.
    pub current_na: i64,
    /// The same of what the output stage made, nA, without sign.
    pub made_na: i64,
    /// Charge that the output stage has pushed, aC, without sign.
    pub moved_ac: i128,
    /// All but no current flows.
    pub open_circuit: bool,
    /// The voltage did not suffice for some phase.
    pub limited: bool,
    /// Voltage across the load at the end of the first stimulating phase, V.
    pub load_v: f64,
    /// Voltage across the load after the pulse, V.
    pub after_v: f64,
    /// The largest voltage that is left across the double layer of a contact before the pulse, V, without sign.
    pub residual_v: f64,
    /// The contact of that.
    pub residual_contact: usize,
    /// The largest charge of a phase through each contact, aC, without sign.
    pub phase_charges_ac: [i128; TERMINALS],
}

impl Sensed {
    /// The contact through which the largest charge of a phase went.
    pub fn phase_contact(&self) -> usize {
        (0..TERMINALS).max_by_key(|&k| self.phase_charges_ac[k]).unwrap_or_default()
    }
}

/// One lead, from the connector of the generator to its tip.
#[derive(Clone, Debug, Component)]
pub struct Lead {
    /// The side that it lies on.
    pub side: Side,
    pub(super) faults: LeadFaults,
    /// Everything that went through the generator's terminals for this lead, as seen at the cathodes.
    pub(super) source: Ledger,
    /// Voltages of the blocking capacitors and of the double layers, V, at `at`.
    pub(super) blocking_v: [f64; TERMINALS],
    pub(super) layer_v: [f64; TERMINALS],
    pub(super) at: SimTime,
    /// What has flowed through and past each contact and is less than a whole attocoulomb.
    pub(super) unbooked_ac: [[f64; 2]; TERMINALS],
    /// How the outputs are switched since the last pulse, and whether the two buses are shorted.
    pub(super) cathodes: Contacts,
    pub(super) anodes: Contacts,
    pub(super) shorted: bool,
    /// What has been worked out for that.
    pub(super) wiring: Option<Wiring>,
    /// The last pulse: pulses repeat.
    pub(super) last: Option<Last>,
    /// Pulses that have been carried and not been entered into the ledgers.
    pub(super) pending: Pending,
    /// Voltages of the blocking capacitors when the ledgers were last made up, V.
    pub(super) booked_v: [f64; TERMINALS],
    /// How far the pulses to come can be carried without a look at each; worked out ahead.
    pub(super) trial: Option<Trial>,
}

/// The last pulse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) pulse: Pulse,
    /// What came of it.
    flowed: DeliveredPulse,
    /// Charge that the output stage pushed for it, aC, without sign.
    moved_ac: i128,
    /// Whether the device pushed all of it.
    whole: bool,
    /// An instant at or before its beginning, and the state then: for those who look into it.
    pub(super) from: SimTime,
    pub(super) state: State,
}

/// Periods that have been gone through ahead of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    /// The cycle, among those of the wiring.
    place: usize,
    count: i64,
    values: Values,
    before: Values,
    pending: Pending,
}

impl Lead {
    /// An intact lead.
    pub fn new(side: Side) -> Self {
        Self {
            side,
            faults: LeadFaults::default(),
            source: Ledger::default(),
            blocking_v: [0.0; TERMINALS],
            layer_v: [0.0; TERMINALS],
            at: SimTime::ZERO,
            unbooked_ac: [[0.0; 2]; TERMINALS],
            cathodes: Contacts::default(),
            anodes: Contacts::default(),
            shorted: false,
            wiring: None,
            last: None,
            pending: Pending::default(),
            booked_v: [0.0; TERMINALS],
            trial: None,
        }
    }

    /// Everything that went through the generator's terminals for this lead, as far as the ledgers have been made up:
    /// as they are in a lead that has been [settled](Self::settled).
    pub fn source(&self) -> &Ledger {
        &self.source
    }

    /// What is wrong with it.
    pub fn faults(&self) -> &LeadFaults {
        &self.faults
    }

    /// Something happens to it. The charge on the contacts has been settled up to then, with the lead as it was.
    pub fn change(&mut self, command: LeadCommand) {
        self.faults.apply(command);
        self.rewire();
    }

    /// What was worked out is not so any more: the lead or the tissue has changed.
    pub fn rewire(&mut self) {
        self.wiring = None;
        self.last = None;
    }

    /// How many pulses of a run can be carried without a look at each, because they repeat the last one in every way
    /// and pass no limit.
    pub fn repeats(&mut self, run: &Run<Pulse>, device: &DeviceProfile, contacts: &[&mut Contact; TERMINALS]) -> i64 {
        self.trial = None;
        let pulse = &run.first;
        let alike = |last: &Last| last.whole && Pulse { at: pulse.at, ..last.pulse } == *pulse;
        let rest = pulse.at - self.at;
        // The rest before it tells, and not how many come: that depends on who looks how often.
        let even = run.period == rest + pulse.made.length();
        if !self.last.as_ref().is_some_and(alike) || self.wiring.is_none() || rest <= SimTime::ZERO || !even {
            return 0;
        }
        let shorted = self.shorted;
        let (mut values, mut pending) = (self.state().values(self.wiring().live.len()), self.pending);
        let mut before = values;
        let limit_v = device.limits.residual_mv.value * 1e-3;
        let wiring = self.wiring_mut();
        let Some(place) = wiring.cycle(pulse, rest, shorted, limit_v, pending.count > 0, contacts) else { return 0 };
        let count = wiring.cycles[place].run(&mut values, &mut pending, &mut before, run.count);
        self.trial = Some(Trial { place, count, values, before, pending });
        count
    }

    /// Carries the first `count` pulses of a run, as many as [`Self::repeats`] at most.
    /// Returns what flowed, and the charge that the output stage pushed for each, aC.
    pub fn repeat(&mut self, run: &Run<Pulse>, count: i64) -> (Run<DeliveredPulse>, i128) {
        let mut trial = self.trial.take().expect("pulses that repeat have been tried");
        if trial.count != count {
            let Trial { place, values, before, pending, .. } = &mut trial;
            (*values, *pending) = (self.state().values(self.wiring().live.len()), self.pending);
            trial.count = self.wiring().cycles[*place].run(values, pending, before, count);
        }
        assert_eq!(trial.count, count, "as many pulses repeat as have been tried");
        self.wiring_mut().current = trial.place;
        let n = self.wiring().live.len();
        self.keep(&State::of(&trial.values, n));
        self.pending = trial.pending;
        let last = self.last.as_mut().expect("pulses that repeat have one before them");
        let rest = run.first.at - self.at;
        let at = run.first.at + run.period * (count - 1);
        (last.pulse.at, last.from, last.state) = (at, at - rest, State::of(&trial.before, n));
        self.at = at + run.first.made.length();
        let flowed = Run { first: DeliveredPulse { at: run.first.at, ..last.flowed }, count, period: run.period };
        (flowed, last.moved_ac)
    }

    /// Enters the pulses that are pending into the ledgers. When that happens follows from the pulses alone, never from
    /// who looks.
    fn make_up(&mut self, contacts: &mut [&mut Contact; TERMINALS]) {
        let pending = std::mem::take(&mut self.pending);
        if pending.count > 0 {
            let cycle = self.wiring().cycles[self.wiring().current].clone();
            self.tell(&cycle.asked, &cycle.made, pending.count, contacts);
            let exact_ac = self.wiring().is_ideal().then(|| {
                let stimulates = |phase: &&Phase| cycle.made.stimulates(**phase);
                let charge_ac: i128 =
                    cycle.made.phases().iter().filter(stimulates).map(|phase| phase.charge_ac()).sum();
                charge_ac * i128::from(pending.count)
            });
            let in_c = |place: usize| (cycle.through_c(&pending, place), cycle.past_c(&pending, place));
            self.book(|place| (in_c(place).0.0, in_c(place).1.0), exact_ac, true, contacts);
            self.book(|place| (in_c(place).0.1, in_c(place).1.1), None, false, contacts);
        }
        self.booked_v = self.blocking_v;
    }

    /// Carries a pulse: enters every charge into the ledgers, and returns what flowed and what the device can sense.
    pub fn deliver(
        &mut self,
        pulse: &Pulse,
        device: &DeviceProfile,
        contacts: &mut [&mut Contact; TERMINALS],
    ) -> (DeliveredPulse, Sensed) {
        self.settle(pulse.at, device, contacts);
        (self.cathodes, self.anodes) = (pulse.cathodes, pulse.anodes);
        self.wire(device, contacts);
        let before = self.state();
        let mut sensed = Sensed::default();
        for (k, volts) in self.layer_v.iter().enumerate() {
            if volts.abs() > sensed.residual_v {
                (sensed.residual_v, sensed.residual_contact) = (volts.abs(), k);
            }
        }
        self.tell(&pulse.asked, &pulse.made, 1, contacts);

        let mut state = self.state();
        let (mut flowed, mut shares) = (Vec::with_capacity(pulse.made.phases().len()), None);
        let (mut stimulus_ac, mut stimulus_ns) = (0, 0);
        for phase in pulse.made.phases() {
            let (limited, load_v) = self.run_phase(&mut state, *phase, pulse.rail_uv, contacts);
            let exact_ac = (!limited && phase.current_na != 0 && self.wiring().is_ideal()).then(|| phase.charge_ac());
            let stimulates = pulse.made.stimulates(*phase);
            let (through, source_ac) = self.book_state(&mut state, exact_ac, stimulates, contacts);
            sensed.limited |= limited;
            let tissue_ac: i128 = pulse.cathodes.indices().map(|k| through[k]).sum();
            let nanos = i128::from(phase.width.nanos().max(1));
            flowed.push(Phase { current_na: ((tissue_ac + tissue_ac.signum() * nanos / 2) / nanos) as i64, ..*phase });
            sensed.moved_ac += if phase.current_na == 0 { 0 } else { source_ac.abs() };
            stimulus_ac += if stimulates { source_ac.abs() } else { 0 };
            stimulus_ns += if stimulates { nanos } else { 0 };
            for (most_ac, charge_ac) in sensed.phase_charges_ac.iter_mut().zip(through) {
                *most_ac = charge_ac.abs().max(*most_ac);
            }
            if stimulates && shares.is_none() {
                sensed.load_v = load_v;
                shares = Some(through.map(|charge_ac| share(charge_ac, tissue_ac)));
            }
        }
        sensed.after_v = self.wiring().open.load_v(&state);
        self.keep(&state);
        self.at = pulse.at + pulse.made.length();
        self.shorted = pulse.made.shorted_after;
        self.booked_v = self.blocking_v;
        let waveform = Waveform::new(flowed, pulse.made.shorted_after);
        let mean_na = |charge_ac: i128| (charge_ac / stimulus_ns.max(1)) as i64;
        (sensed.current_na, sensed.made_na) = (mean_na(stimulus_ac), mean_na(pulse.made.stimulus_ac()));
        sensed.open_circuit = (sensed.current_na as f64) < OPEN_BELOW * sensed.made_na as f64;
        let flowed = DeliveredPulse { at: pulse.at, waveform, shares: shares.unwrap_or_default() };
        let whole = !sensed.limited && !sensed.open_circuit;
        let moved_ac = sensed.moved_ac;
        self.last = Some(Last { pulse: *pulse, flowed, moved_ac, whole, from: pulse.at, state: before });
        (flowed, sensed)
    }

    /// Enters what pulses were told to carry, at the source and at each contact that is meant to carry it.
    fn tell(&mut self, asked: &Waveform, made: &Waveform, count: i64, contacts: &mut [&mut Contact; TERMINALS]) {
        let count = i128::from(count);
        let (asked_ac, made_ac) = (asked.stimulus_ac() * count, made.stimulus_ac() * count);
        self.source.tell(asked_ac, made_ac);
        let meant = &self.wiring().meant;
        let (asked, made) = (divide_whole(asked_ac, meant), divide_whole(made_ac, meant));
        for (contact, (asked_ac, made_ac)) in contacts.iter_mut().zip(asked.into_iter().zip(made)) {
            contact.ledger.tell(asked_ac.abs(), made_ac.abs());
        }
    }

    /// Runs one phase; returns whether the voltage did not suffice, and the voltage across the load at its end.
    pub(super) fn run_phase(
        &mut self,
        state: &mut State,
        phase: Phase,
        rail_uv: i64,
        contacts: &[&mut Contact; TERMINALS],
    ) -> (bool, f64) {
        let wiring = self.wiring_mut();
        if phase.current_na == 0 {
            wiring.open.advance_usual(state, phase.width);
            return (false, wiring.open.load_v(state));
        }
        let Driven { regulated, clamped, .. } = wiring.driven(phase.current_na, rail_uv, contacts);
        let (rail_v, sign) = (rail_uv as f64 * 1e-6, phase.current_na.signum() as f64);
        let within = |regulated: &Propagator, state: &State| regulated.load_v(state) * sign <= rail_v;
        let before = *state;
        let mut gone = SimTime::ZERO;
        if within(regulated, state) {
            regulated.advance_usual(state, phase.width);
            if within(regulated, state) {
                return (false, regulated.load_v(state));
            }
            *state = before;
            gone = regulated.advance_while(state, phase.width, within);
        }
        clamped.advance(state, phase.width - gone);
        (true, clamped.load_v(state))
    }

    /// Enters the charges of a state, which forgets them.
    fn book_state(
        &mut self,
        state: &mut State,
        exact_ac: Option<i128>,
        stimulates: bool,
        contacts: &mut [&mut Contact; TERMINALS],
    ) -> ([i128; TERMINALS], i128) {
        let n = self.wiring().live.len();
        let flowed = *state;
        state.forget_charges(n);
        let charges_c = |place: usize| (flowed.contact_c(n, place), flowed.bypass_c(n, place));
        self.book(charges_c, exact_ac, stimulates, contacts)
    }

    /// Enters the charges that have flowed through and past each live contact, C, in whole attocoulombs that sum to
    /// nothing over all contacts; returns what went through each, and what the source pushed. What an ideal source
    /// pushed is known exactly.
    fn book(
        &mut self,
        charges_c: impl Fn(usize) -> (f64, f64),
        exact_ac: Option<i128>,
        stimulates: bool,
        contacts: &mut [&mut Contact; TERMINALS],
    ) -> ([i128; TERMINALS], i128) {
        let Wiring { cathodes, live, .. } = self.wiring.as_ref().expect("a pulse or a rest has been wired");
        let cathodes = *cathodes;
        let mut through = [0_i128; TERMINALS];
        let mut past = [0_i128; TERMINALS];
        for (place, &k) in live.iter().enumerate() {
            let (through_c, past_c) = charges_c(place);
            // What rounding leaves is rounded with the next charge, or small ones would be lost for years.
            let [left_through, left_past] = &mut self.unbooked_ac[k];
            through[k] = round_off(through_c * ATTO, left_through);
            past[k] = round_off(past_c * ATTO, left_past);
        }
        let of_cathodes = |charges: &[i128]| cathodes.indices().map(|k| charges[k]).sum::<i128>();
        let flows = live.iter().any(|&k| through[k] != 0);
        if let Some(exact_ac) = exact_ac.filter(|_| flows) {
            // The rounding of the sum is put where it is least.
            let most = cathodes.indices().max_by_key(|&k| through[k].abs()).expect("a pulse has a cathode");
            through[most] += exact_ac - of_cathodes(&through) - of_cathodes(&past);
        }
        let rest: i128 = through.iter().sum::<i128>() + past.iter().sum::<i128>();
        if let Some(&most) = live.iter().filter(|&&k| !cathodes.contains(k)).max_by_key(|&&k| through[k].abs()) {
            through[most] -= rest;
        }
        let source_ac = of_cathodes(&through) + of_cathodes(&past);
        for &k in live {
            let ledger = &mut contacts[k].ledger;
            if stimulates {
                ledger.stimulate(through[k])
            } else {
                ledger.recover(through[k])
            }
            ledger.leak(past[k]);
        }
        if stimulates {
            self.source.stimulate(source_ac)
        } else {
            self.source.recover(source_ac)
        }
        self.source.leak(of_cathodes(&past));
        (through, source_ac)
    }

    pub(super) fn wiring(&self) -> &Wiring {
        self.wiring.as_ref().expect("a pulse or a rest has been wired")
    }

    pub(super) fn wiring_mut(&mut self) -> &mut Wiring {
        self.wiring.as_mut().expect("a pulse or a rest has been wired")
    }

    pub(super) fn state(&self) -> State {
        let live = &self.wiring().live;
        let (mut blocking, mut layers) = ([0.0; TERMINALS], [0.0; TERMINALS]);
        for (place, &k) in live.iter().enumerate() {
            (blocking[place], layers[place]) = (self.blocking_v[k], self.layer_v[k]);
        }
        State::new(&blocking[..live.len()], &layers[..live.len()])
    }

    pub(super) fn keep(&mut self, state: &State) {
        let live = &self.wiring.as_ref().expect("a pulse or a rest has been wired").live;
        let n = live.len();
        for (place, &k) in live.iter().enumerate() {
            self.blocking_v[k] = state.blocking_v(place);
            self.layer_v[k] = state.double_layer_v(n, place);
        }
    }

    /// Works out the circuit, unless it is so.
    pub(super) fn wire(&mut self, device: &DeviceProfile, contacts: &[&mut Contact; TERMINALS]) {
        let groups = (self.cathodes, self.anodes);
        if self.wiring.as_ref().is_none_or(|wiring| (wiring.cathodes, wiring.anodes) != groups) {
            let charged = |k: usize| self.layer_v[k] != 0.0;
            self.wiring = Some(Wiring::new(groups, charged, &self.faults, device, contacts));
        }
    }

    /// Follows the charge on the contacts to `at`: through the shorted terminals, or as the double layers lose it.
    pub fn settle(&mut self, at: SimTime, device: &DeviceProfile, contacts: &mut [&mut Contact; TERMINALS]) {
        self.make_up(contacts);
        let span = at - self.at;
        if span <= SimTime::ZERO {
            return;
        }
        self.at = at;
        if self.layer_v.iter().chain(&self.blocking_v).all(|&volts| volts == 0.0) {
            return;
        }
        self.wire(device, contacts);
        let mut state = self.state();
        let shorted = self.shorted;
        let wiring = self.wiring_mut();
        let resting = if shorted { &mut wiring.shorted } else { &mut wiring.open };
        // Rests between the pulses of a train are alike; longer ones are not.
        if span < SimTime::SECOND {
            resting.advance_usual(&mut state, span);
        } else {
            resting.advance(&mut state, span);
        }
        self.keep(&state);
        self.book_state(&mut state, None, false, contacts);
        self.booked_v = self.blocking_v;
    }
}
