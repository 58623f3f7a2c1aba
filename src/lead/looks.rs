//! What others see of a lead: its state at any instant, whether its accounts close, its part of the digest.

use crate::device::profile::DeviceProfile;
use crate::device::pulse::{CONTACT_NAMES, Phase};
use crate::lead::conductor::{ATTO, Last, Lead, TERMINALS};
use crate::lead::contact::{Contact, Ledger};
use crate::lead::propagator::State;
use crate::lead::wiring::Wiring;
use crate::record::digest::StateWriter;
use crate::time::SimTime;

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
    /// A copy without what has been worked out for currents: for looks between the pulses.
    fn outline(&self) -> Self {
        let wiring = self.wiring.as_ref().map(Wiring::at_rest);
        Self { faults: self.faults.clone(), wiring, last: None, trial: None, ..*self }
    }

    /// A lead with the same faults on which no charge lies: to try a pulse on.
    pub fn uncharged(&self) -> Self {
        Self { faults: self.faults.clone(), ..Self::new(self.side) }
    }

    /// What an oscilloscope shows of the last pulse and of what comes after it, at rising times since its beginning.
    pub fn over_last(
        &mut self,
        times: &[SimTime],
        device: &DeviceProfile,
        contacts: &mut [&mut Contact; TERMINALS],
    ) -> Vec<Look> {
        let Some(Last { pulse, mut state, .. }) = self.last else { return Vec::new() };
        self.wire(device, contacts);
        let (mut gone, mut looks) = (SimTime::ZERO, Vec::with_capacity(times.len()));
        let mut times = times.iter().peekable();
        let mut begun = SimTime::ZERO;
        for phase in pulse.made.phases() {
            let end = begun + phase.width;
            while let Some(time) = times.next_if(|&&time| time < end) {
                let part = Phase { width: *time - gone, ..*phase };
                let (limited, load_v) = self.run_phase(&mut state, part, pulse.rail_uv, contacts);
                gone = *time;
                self.keep(&state);
                let current_a = self.driven_a(&state, phase.current_na, pulse.rail_uv, limited, contacts);
                looks.push(Look { current_a, load_v, layer_v: self.layer_v });
            }
            self.run_phase(&mut state, Phase { width: end - gone, ..*phase }, pulse.rail_uv, contacts);
            (begun, gone) = (end, end);
        }
        for &time in times {
            let wiring = self.wiring_mut();
            let resting = if pulse.made.shorted_after { &mut wiring.shorted } else { &mut wiring.open };
            resting.advance(&mut state, time - gone);
            gone = time;
            let (current_a, load_v) = (resting.source_a(&state), resting.load_v(&state));
            self.keep(&state);
            looks.push(Look { current_a, load_v, layer_v: self.layer_v });
        }
        looks
    }

    /// The current that flows out of the bus of the cathodes in a phase, A.
    fn driven_a(
        &mut self,
        state: &State,
        current_na: i64,
        rail_uv: i64,
        limited: bool,
        contacts: &[&mut Contact; TERMINALS],
    ) -> f64 {
        if current_na == 0 {
            return 0.0;
        }
        let driven = self.wiring_mut().driven(current_na, rail_uv, contacts);
        let propagator = if limited { &driven.clamped } else { &driven.regulated };
        propagator.source_a(state)
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
        let within = self.last.as_ref().filter(|last| last.pulse.at <= at && at < self.at);
        if let Some(&Last { pulse, from, mut state, .. }) = within {
            lead.wire(device, contacts);
            let rest = if lead.shorted { &mut lead.wiring_mut().shorted } else { &mut lead.wiring_mut().open };
            rest.advance(&mut state, pulse.at - from);
            let mut left = at - pulse.at;
            for phase in pulse.made.phases() {
                let width = phase.width.min(left);
                let (limited, load_v) = lead.run_phase(&mut state, Phase { width, ..*phase }, pulse.rail_uv, contacts);
                left = left - width;
                if width < phase.width {
                    lead.keep(&state);
                    let current_a = lead.driven_a(&state, phase.current_na, pulse.rail_uv, limited, contacts);
                    return Look { current_a, load_v, layer_v: lead.layer_v };
                }
            }
        }
        if lead.cathodes.is_empty() {
            // Nothing has been switched to anything yet.
            return Look { current_a: 0.0, load_v: 0.0, layer_v: lead.layer_v };
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
                ((ledger.residual_ac + ledger.leaked_ac) as f64 / ATTO, capacitor_f * self.booked_v[*index]);
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
        w.count("pending", self.pending.count as u64);
        w.numbers("pending_sums", &self.pending.sums);
        self.faults.write_state(w);
    }
}

/// How far charge counted and charge stored may lie apart, as a part of all that has moved: rounding.
const SAME_CHARGE: f64 = 1e-9;

/// What the accounts close to, C, where next to nothing has moved.
const PICOCOULOMB: f64 = 1e-12;
