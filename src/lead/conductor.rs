//! A lead: what of a commanded pulse really flows, and where the charge goes.
//!
//! The output stage is a current source with a compliance voltage. It pushes the current that it makes as long as the
//! voltage across the load lets it; from the nanosecond on at which it does not, what the voltage can push. Current
//! divides among the contacts of a group as the circuit has it, [`crate::lead::circuit`], which is followed exactly
//! from one switching to the next. The state of a lead lives at the end of its last pulse.

use bevy::ecs::component::Component;

use crate::device::profile::DeviceProfile;
use crate::device::pulse::{CONTACT_NAMES, Contacts, Phase, Pulse, Waveform};
use crate::lead::contact::{Contact, Ledger};
use crate::lead::faults::{LeadCommand, LeadFaults};
use crate::lead::propagator::{Propagator, State};
use crate::lead::wiring::{Driven, Wiring};
use crate::record::digest::StateWriter;
use crate::side::Side;
use crate::time::SimTime;

/// Contacts of one lead, with the case as its return: what its arrays are over.
pub const TERMINALS: usize = CONTACT_NAMES.len();

/// Attocoulombs in a coulomb.
const ATTO: f64 = 1e18;

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
    /// Voltage across the load before the pulse, V.
    pub before_v: f64,
    /// Voltage across the load at the end of the first stimulating phase, V.
    pub load_v: f64,
    /// Voltage across the load after the pulse, V.
    pub after_v: f64,
    /// The largest voltage that is left across the double layer of a contact before the pulse, V, without sign.
    pub residual_v: f64,
    /// The contact of that.
    pub residual_contact: usize,
    /// The largest charge of a phase through a contact, aC, without sign, and that contact.
    pub phase_charge_ac: i128,
    /// See `phase_charge_ac`.
    pub phase_contact: usize,
}

/// One lead, from the connector of the generator to its tip.
#[derive(Clone, Debug, Component)]
pub struct Lead {
    /// The side that it lies on.
    pub side: Side,
    faults: LeadFaults,
    /// Everything that went through the generator's terminals for this lead, as seen at the cathodes.
    source: Ledger,
    /// Voltages of the blocking capacitors and of the double layers, V, at `at`.
    blocking_v: [f64; TERMINALS],
    layer_v: [f64; TERMINALS],
    at: SimTime,
    /// What has flowed through and past each contact and is less than a whole attocoulomb.
    unbooked_ac: [[f64; 2]; TERMINALS],
    /// How the outputs are switched since the last pulse, and whether the two buses are shorted.
    cathodes: Contacts,
    anodes: Contacts,
    shorted: bool,
    /// What has been worked out for that.
    wiring: Option<Wiring>,
    /// The last pulse, and the voltages before it: for those who look into it.
    last: Option<(Pulse, [f64; TERMINALS], [f64; TERMINALS])>,
}

/// What an oscilloscope at the outputs of a side shows at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Current out of the bus of the cathodes, A, cathodic negative.
    pub current_a: f64,
    /// Voltage between the buses, cathodes less anodes, V.
    pub load_v: f64,
    /// Voltage across the double layer of each contact, V.
    pub layer_v: [f64; TERMINALS],
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
        }
    }

    /// Everything that went through the generator's terminals for this lead.
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
        self.last = Some((*pulse, self.blocking_v, self.layer_v));
        let mut sensed = Sensed::default();
        for (k, volts) in self.layer_v.iter().enumerate() {
            if volts.abs() > sensed.residual_v {
                (sensed.residual_v, sensed.residual_contact) = (volts.abs(), k);
            }
        }
        self.tell(pulse, contacts);

        let mut state = self.state();
        sensed.before_v = self.wiring().open.load_v(&state);
        let (mut flowed, mut shares) = (Vec::with_capacity(pulse.made.phases().len()), None);
        let (mut stimulus_ac, mut stimulus_ns) = (0, 0);
        for phase in pulse.made.phases() {
            let (limited, load_v) = self.run_phase(&mut state, *phase, pulse.rail_uv, contacts);
            let exact = (!limited && device.output_ohm.value == 0.0).then_some(*phase);
            let stimulates = pulse.made.stimulates(*phase);
            let (through, source_ac) = self.book(&mut state, exact, stimulates, contacts);
            sensed.limited |= limited;
            let tissue_ac: i128 = pulse.cathodes.indices().map(|k| through[k]).sum();
            let nanos = i128::from(phase.width.nanos().max(1));
            flowed.push(Phase { current_na: ((tissue_ac + tissue_ac.signum() * nanos / 2) / nanos) as i64, ..*phase });
            sensed.moved_ac += if phase.current_na == 0 { 0 } else { source_ac.abs() };
            stimulus_ac += if stimulates { source_ac.abs() } else { 0 };
            stimulus_ns += if stimulates { nanos } else { 0 };
            if let Some(most) = (0..TERMINALS).max_by_key(|&k| through[k].abs())
                && through[most].abs() > sensed.phase_charge_ac
            {
                (sensed.phase_charge_ac, sensed.phase_contact) = (through[most].abs(), most);
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
        let waveform = Waveform::new(flowed, pulse.made.shorted_after);
        let mean_na = |charge_ac: i128| (charge_ac / stimulus_ns.max(1)) as i64;
        (sensed.current_na, sensed.made_na) = (mean_na(stimulus_ac), mean_na(pulse.made.stimulus_ac()));
        sensed.open_circuit = (sensed.current_na as f64) < OPEN_BELOW * sensed.made_na as f64;
        (DeliveredPulse { at: pulse.at, waveform, shares: shares.unwrap_or_default() }, sensed)
    }

    /// Enters what the pulse was told to carry, at the source and at each contact that is meant to carry it.
    fn tell(&mut self, pulse: &Pulse, contacts: &mut [&mut Contact; TERMINALS]) {
        let (asked_ac, made_ac) = (pulse.asked.stimulus_ac(), pulse.made.stimulus_ac());
        self.source.tell(asked_ac, made_ac);
        let meant = &self.wiring().meant;
        let (asked, made) = (divide_whole(asked_ac, meant), divide_whole(made_ac, meant));
        for (contact, (asked_ac, made_ac)) in contacts.iter_mut().zip(asked.into_iter().zip(made)) {
            contact.ledger.tell(asked_ac.abs(), made_ac.abs());
        }
    }

    /// Runs one phase; returns whether the voltage did not suffice, and the voltage across the load at its end.
    fn run_phase(
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

    /// Enters the charges that have flowed, in whole attocoulombs that sum to nothing over all contacts; returns what
    /// went through each, and what the source pushed. What an ideal source pushed is known exactly.
    fn book(
        &mut self,
        state: &mut State,
        exact: Option<Phase>,
        stimulates: bool,
        contacts: &mut [&mut Contact; TERMINALS],
    ) -> ([i128; TERMINALS], i128) {
        let Wiring { cathodes, live, .. } = self.wiring.as_ref().expect("a pulse or a rest has been wired");
        let (cathodes, n) = (*cathodes, live.len());
        let mut through = [0_i128; TERMINALS];
        let mut past = [0_i128; TERMINALS];
        for (place, &k) in live.iter().enumerate() {
            // What rounding leaves is rounded with the next charge, or small ones would be lost for years.
            let [left_through, left_past] = &mut self.unbooked_ac[k];
            through[k] = round_off(state.contact_c(n, place) * ATTO, left_through);
            past[k] = round_off(state.bypass_c(n, place) * ATTO, left_past);
        }
        let of_cathodes = |charges: &[i128]| cathodes.indices().map(|k| charges[k]).sum::<i128>();
        let flows = live.iter().any(|&k| through[k] != 0);
        if let Some(phase) = exact.filter(|phase| phase.current_na != 0 && flows) {
            // The rounding of the sum is put where it is least.
            let most = cathodes.indices().max_by_key(|&k| through[k].abs()).expect("a pulse has a cathode");
            through[most] += phase.charge_ac() - of_cathodes(&through) - of_cathodes(&past);
        }
        let rest: i128 = through.iter().sum::<i128>() + past.iter().sum::<i128>();
        if let Some(&most) = live.iter().filter(|&&k| !cathodes.contains(k)).max_by_key(|&&k| through[k].abs()) {
            through[most] -= rest;
        }
        let source_ac = of_cathodes(&through) + of_cathodes(&past);
        for &k in live {
            let ledger = &mut contacts[k].ledger;
            if stimulates { ledger.stimulate(through[k]) } else { ledger.recover(through[k]) }
            ledger.leak(past[k]);
        }
        if stimulates { self.source.stimulate(source_ac) } else { self.source.recover(source_ac) }
        state.forget_charges(n);
        (through, source_ac)
    }

    fn wiring(&self) -> &Wiring {
        self.wiring.as_ref().expect("a pulse or a rest has been wired")
    }

    fn wiring_mut(&mut self) -> &mut Wiring {
        self.wiring.as_mut().expect("a pulse or a rest has been wired")
    }

    fn state(&self) -> State {
        let live = &self.wiring().live;
        let (mut blocking, mut layers) = ([0.0; TERMINALS], [0.0; TERMINALS]);
        for (place, &k) in live.iter().enumerate() {
            (blocking[place], layers[place]) = (self.blocking_v[k], self.layer_v[k]);
        }
        State::new(&blocking[..live.len()], &layers[..live.len()])
    }

    fn keep(&mut self, state: &State) {
        let live = &self.wiring.as_ref().expect("a pulse or a rest has been wired").live;
        let n = live.len();
        for (place, &k) in live.iter().enumerate() {
            self.blocking_v[k] = state.blocking_v(place);
            self.layer_v[k] = state.double_layer_v(n, place);
        }
    }

    /// Works out the circuit, unless it is so.
    fn wire(&mut self, device: &DeviceProfile, contacts: &[&mut Contact; TERMINALS]) {
        let groups = (self.cathodes, self.anodes);
        if self.wiring.as_ref().is_none_or(|wiring| (wiring.cathodes, wiring.anodes) != groups) {
            let charged = |k: usize| self.layer_v[k] != 0.0;
            self.wiring = Some(Wiring::new(groups, charged, &self.faults, device, contacts));
        }
    }

    /// Follows the charge on the contacts to `at`: through the shorted terminals, or as the double layers lose it.
    pub fn settle(&mut self, at: SimTime, device: &DeviceProfile, contacts: &mut [&mut Contact; TERMINALS]) {
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
        self.book(&mut state, None, false, contacts);
    }

    /// A copy without what has been worked out for currents: for looks between the pulses.
    fn outline(&self) -> Self {
        let wiring = self.wiring.as_ref().map(Wiring::at_rest);
        Self { faults: self.faults.clone(), wiring, last: None, ..*self }
    }

    /// Lead and contacts as they are at an instant at which nothing is delivered.
    pub fn settled(
        &self,
        at: SimTime,
        device: &DeviceProfile,
        contacts: [&Contact; TERMINALS],
    ) -> (Self, [Contact; TERMINALS]) {
        let mut lead = self.outline();
        let mut contacts = contacts.map(Clone::clone);
        lead.settle(at, device, &mut contacts.each_mut());
        (lead, contacts)
    }

    /// What an oscilloscope shows at an instant, be it within the last pulse.
    pub fn look(&self, at: SimTime, device: &DeviceProfile, contacts: [&Contact; TERMINALS]) -> Look {
        let mut lead = self.outline();
        let mut contacts = contacts.map(Clone::clone);
        let contacts = &mut contacts.each_mut();
        let within = self.last.as_ref().filter(|(pulse, ..)| pulse.at <= at && at < self.at);
        if let Some(&(pulse, blocking_v, layer_v)) = within {
            (lead.blocking_v, lead.layer_v) = (blocking_v, layer_v);
            lead.wire(device, contacts);
            let mut state = lead.state();
            let mut left = at - pulse.at;
            for phase in pulse.made.phases() {
                let width = phase.width.min(left);
                let (limited, load_v) = lead.run_phase(&mut state, Phase { width, ..*phase }, pulse.rail_uv, contacts);
                left = left - width;
                if width < phase.width {
                    lead.keep(&state);
                    let current_a = match (phase.current_na, limited) {
                        (0, _) => 0.0,
                        (current_na, _) => {
                            let driven = lead.wiring_mut().driven(current_na, pulse.rail_uv, contacts);
                            let propagator = if limited { &driven.clamped } else { &driven.regulated };
                            propagator.source_a(&state)
                        }
                    };
                    return Look { current_a, load_v, layer_v: lead.layer_v };
                }
            }
        }
        lead.settle(at, device, contacts);
        lead.wire(device, contacts);
        let wiring = lead.wiring();
        let resting = if lead.shorted { &wiring.shorted } else { &wiring.open };
        let state = lead.state();
        Look { current_a: resting.source_a(&state), load_v: resting.load_v(&state), layer_v: lead.layer_v }
    }

    /// Checks that every account closes: those of the source and of each contact, what is on all contacts together, and
    /// what went through each blocking capacitor against its voltage.
    ///
    /// # Errors
    /// Which one does not, with its figures.
    pub fn check(&self, device: &DeviceProfile, contacts: &[&Contact; TERMINALS]) -> Result<(), String> {
        self.source.check().map_err(|why| format!("source: {why}"))?;
        let capacitor_f = device.blocking_capacitor_uf.value * 1e-6;
        for contact in contacts {
            let Contact { index, ledger, .. } = contact;
            ledger.check().map_err(|why| format!("{}: {why}", CONTACT_NAMES[*index]))?;
            let (passed_c, stored_c) =
                ((ledger.residual_ac + ledger.leaked_ac) as f64 / ATTO, capacitor_f * self.blocking_v[*index]);
            let moved_c = (ledger.commanded_ac + ledger.recovered_ac.abs() + ledger.leaked_ac.abs()) as f64 / ATTO;
            if capacitor_f > 0.0 && (passed_c - stored_c).abs() > SAME_CHARGE * moved_c + PICOCOULOMB {
                return Err(format!(
                    "{}: {passed_c} C went through the blocking capacitor, which holds {stored_c} C",
                    CONTACT_NAMES[*index]
                ));
            }
            if !self.layer_v[*index].is_finite() {
                return Err(format!("{}: {} V across the double layer", CONTACT_NAMES[*index], self.layer_v[*index]));
            }
        }
        let sum = |of: fn(&Ledger) -> i128| contacts.iter().map(|contact| of(&contact.ledger)).sum::<i128>();
        let left = sum(|ledger| ledger.residual_ac + ledger.leaked_ac);
        if left != 0 {
            return Err(format!("{left} aC more went in than came out over all contacts"));
        }
        let (through, source) = (sum(|ledger| ledger.commanded_ac), self.source.commanded_ac);
        if through != 2 * source {
            return Err(format!("{through} aC were commanded of the contacts, {source} aC of the source, in and out"));
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        self.source.write_state(w);
        w.time("settled_at", Some(self.at));
        w.numbers("blocking_v", &self.blocking_v);
        w.numbers("layer_v", &self.layer_v);
        w.numbers("unbooked_ac", self.unbooked_ac.as_flattened());
        w.count("cathodes", u64::from(self.cathodes.bits()));
        w.count("anodes", u64::from(self.anodes.bits()));
        w.flag("shorted", self.shorted);
        self.faults.write_state(w);
    }
}

/// How far charge counted and charge stored may lie apart, as a part of all that has moved: rounding.
const SAME_CHARGE: f64 = 1e-9;

/// What the accounts close to, C, where next to nothing has moved.
const PICOCOULOMB: f64 = 1e-12;

/// A charge and what was left of those before it in whole attocoulombs; what is left now stays.
fn round_off(charge_ac: f64, left_ac: &mut f64) -> i128 {
    let whole = (charge_ac + *left_ac).round();
    *left_ac += charge_ac - whole;
    whole as i128
}

/// The share of a contact, to a part in 8192, so that pulses that are nearly alike recruit alike.
fn share(charge_ac: i128, whole_ac: i128) -> f64 {
    const DIGITS: f64 = (1 << 13) as f64;
    if whole_ac == 0 { 0.0 } else { (charge_ac as f64 / whole_ac as f64 * DIGITS).round() / DIGITS }
}

/// Divides a whole number among the cathodes, and its opposite among the anodes, by their shares. The running sums are
/// rounded, so that each group sums to the whole and no part has the wrong sign.
fn divide_whole(whole: i128, shares: &[f64; TERMINALS]) -> [i128; TERMINALS] {
    let mut parts = [0; TERMINALS];
    for sign in [1.0, -1.0] {
        let group = || (0..TERMINALS).filter(|&i| shares[i] * sign > 0.0);
        let (mut share, mut given) = (0.0, 0);
        for i in group() {
            share += shares[i] * sign;
            let is_last = group().next_back() == Some(i);
            let due = if is_last { whole } else { (whole as f64 * share.min(1.0)).round() as i128 };
            parts[i] = (due - given) * sign as i128;
            given = due;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_divided_charges_sum_to_the_whole() {
        let parts = divide_whole(-1_000_003, &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, -0.25, -0.75]);
        assert_eq!(parts[..3].iter().sum::<i128>(), -1_000_003);
        assert_eq!(parts.iter().sum::<i128>(), 0);
        for whole in [1, 2, 3, 5, 7] {
            let parts = divide_whole(whole, &[0.25, 0.25, 0.25, 0.25, -1.0]);
            assert!(parts[..4].iter().all(|part| *part >= 0), "{parts:?}");
        }
    }
}
