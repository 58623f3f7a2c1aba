//! A lead: what of a commanded pulse really flows, and where the charge goes.
//!
//! The output stage is a current source with a compliance voltage. It pushes the programmed current as long as the
//! resistance of the loop lets it; beyond that, what the voltage can push. The current divides among the cathodes, and
//! among the anodes, as their conductances do. In a passive recharge the terminals are shorted between pulses, and what
//! is left on the contacts decays with the time constant of loop resistance and blocking capacitor. Not modelled yet:
//! the double layer of the contacts, and how fast the source settles.

use bevy::ecs::component::Component;

use crate::command::LeadCommand;
use crate::device::generator::Sensed;
use crate::device::profile::DeviceProfile;
use crate::device::pulse::{CONTACT_NAMES, Contacts, Phase, Pulse, Run, Waveform};
use crate::lead::contact::{Contact, Ledger};
use crate::math;
use crate::record::digest::StateWriter;
use crate::side::Side;
use crate::time::SimTime;

/// Contacts of one lead, with the case as its return: what its arrays are over.
pub const TERMINALS: usize = CONTACT_NAMES.len();

/// What is wrong with a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LeadFaults {
    /// The connector has come off: no conductor reaches the generator.
    pub disconnected: bool,
    /// Conductors that are broken.
    pub broken: Contacts,
    /// Resistance in series with the whole lead, Ω, as of a corroded connector.
    pub series_ohm: f64,
}

impl LeadFaults {
    /// What the lead is like, in words.
    pub fn describe(&self) -> String {
        let mut words = Vec::new();
        if self.disconnected {
            words.push("disconnected".to_string());
        }
        words.extend(self.broken.indices().map(|index| format!("{} broken", CONTACT_NAMES[index])));
        if self.series_ohm > 0.0 {
            words.push(format!("{} Ω in series", self.series_ohm));
        }
        if words.is_empty() { "intact".to_string() } else { words.join(", ") }
    }
}

/// A pulse as it flows through the tissue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeliveredPulse {
    /// The instant at which its first phase begins.
    pub at: SimTime,
    /// What flowed through the cathodes together.
    pub waveform: Waveform,
    /// The share of that current through each ring and the case, signed: cathodes positive, anodes negative, each
    /// group summing to one.
    pub shares: [f64; TERMINALS],
}

/// One lead, from the connector of the generator to its tip.
#[derive(Clone, Debug, PartialEq, Component)]
pub struct Lead {
    /// The side that it lies on.
    pub side: Side,
    faults: LeadFaults,
    /// Everything that went through the generator's terminals for this lead, as seen at the cathodes.
    source: Ledger,
    /// Until when the charge left on the contacts has been followed, where it decays.
    settled_at: SimTime,
    /// What the last pulse came to: pulses repeat, and what has been worked out once is used again.
    plan: Option<Plan>,
    /// The lead has changed since then.
    changed: bool,
}

/// How a pulse flows through the lead as it is.
#[derive(Clone, Debug, PartialEq)]
struct Plan {
    /// The pulse that this was worked out for; its instant does not count.
    pulse: Pulse,
    flowed: Waveform,
    shares: [f64; TERMINALS],
    /// What a pulse enters into the ledger of each contact, and into that of the source.
    entries: [Ledger; TERMINALS],
    source_entry: Ledger,
    open: bool,
}

impl Lead {
    /// An intact lead.
    pub fn new(side: Side) -> Self {
        let (faults, source) = (LeadFaults::default(), Ledger::default());
        Self { side, faults, source, settled_at: SimTime::ZERO, plan: None, changed: false }
    }

    /// Everything that went through the generator's terminals for this lead.
    pub fn source(&self) -> &Ledger {
        &self.source
    }

    /// What is wrong with it.
    pub fn faults(&self) -> LeadFaults {
        self.faults
    }

    /// Something happens to it. The charge on the contacts has been settled up to then, with the lead as it was.
    pub fn change(&mut self, command: LeadCommand) {
        match command {
            LeadCommand::Disconnect => self.faults.disconnected = true,
            LeadCommand::Break(contact) => self.faults.broken = self.faults.broken.with(contact),
            LeadCommand::Series(ohm) => self.faults.series_ohm = ohm,
            LeadCommand::Repair => self.faults = LeadFaults::default(),
        }
        self.changed = true;
    }

    /// Carries a run of pulses: enters every charge into the ledgers, and returns what flowed of each and what the
    /// device can sense.
    pub fn deliver(
        &mut self,
        run: &Run<Pulse>,
        device: &DeviceProfile,
        contacts: &mut [&mut Contact; TERMINALS],
    ) -> (DeliveredPulse, Sensed) {
        let pulse = &run.first;
        self.settle(pulse.at, device, contacts);
        if pulse.waveform.passive_recharge {
            self.settled_at = pulse.at + pulse.waveform.stimulus.width;
        }
        let same = |plan: &Plan| (Pulse { at: pulse.at, ..plan.pulse }) == *pulse;
        if self.changed || !self.plan.as_ref().is_some_and(same) {
            self.plan = Some(self.plan(pulse, device, contacts));
            self.changed = false;
        }
        let plan = self.plan.as_ref().expect("planned just now");
        for (i, contact) in contacts.iter_mut().enumerate().filter(|(i, _)| plan.entries[*i].commanded_ac != 0) {
            contact.ledger.enter(&plan.entries[i], run.count);
        }
        self.source.enter(&plan.source_entry, run.count);
        let delivered = DeliveredPulse { at: pulse.at, waveform: plan.flowed, shares: plan.shares };
        let sensed = Sensed { current_na: plan.flowed.stimulus.current_na.abs(), open_circuit: plan.open };
        (delivered, sensed)
    }

    /// Conductance from the generator's terminal through a contact to far away, S.
    fn conductance(&self, index: usize, contacts: &[&mut Contact; TERMINALS]) -> f64 {
        let cut = self.faults.disconnected || self.faults.broken.contains(index);
        if cut { 0.0 } else { 1.0 / contacts[index].resistance_ohm }
    }

    /// Resistance around the loop of a pulse, Ω; infinite where it is open.
    fn loop_ohm(&self, pulse: &Pulse, contacts: &[&mut Contact; TERMINALS]) -> f64 {
        let total = |group: Contacts| group.indices().map(|index| self.conductance(index, contacts)).sum::<f64>();
        1.0 / total(pulse.cathodes) + 1.0 / total(pulse.anodes) + self.faults.series_ohm
    }

    /// Works out how a pulse flows.
    fn plan(&self, pulse: &Pulse, device: &DeviceProfile, contacts: &[&mut Contact; TERMINALS]) -> Plan {
        let conductance = |index: usize| self.conductance(index, contacts);
        let total = |group: Contacts| group.indices().map(conductance).sum::<f64>();
        let (cathodic, anodic) = (total(pulse.cathodes), total(pulse.anodes));
        let loop_ohm = self.loop_ohm(pulse, contacts);
        let open = loop_ohm.is_infinite();
        let limit_na = (device.compliance_v.value / loop_ohm * 1e9).floor() as i64;
        let clip = |phase: Phase| Phase { current_na: phase.current_na.clamp(-limit_na, limit_na), ..phase };
        let asked = pulse.waveform;
        let flowed = Waveform { stimulus: clip(asked.stimulus), recharge: clip(asked.recharge), ..asked };

        let mut shares = [0.0; TERMINALS];
        if !open {
            pulse.cathodes.indices().for_each(|index| shares[index] = conductance(index) / cathodic);
            pulse.anodes.indices().for_each(|index| shares[index] = -conductance(index) / anodic);
        }
        // What an open circuit withholds is booked to the contacts that were meant to carry it, in equal parts.
        let mut meant = shares;
        if open {
            let part = |group: Contacts| 1.0 / group.indices().count() as f64;
            pulse.cathodes.indices().for_each(|index| meant[index] = part(pulse.cathodes));
            pulse.anodes.indices().for_each(|index| meant[index] = -part(pulse.anodes));
        }
        let told = divide(asked.stimulus, &meant);
        let (stimulus, recharge) = (divide(flowed.stimulus, &shares), divide(flowed.recharge, &shares));
        let entries = std::array::from_fn(|i| Ledger::entry(told[i], stimulus[i], recharge[i]));
        let source_entry = Ledger::entry(asked.stimulus, flowed.stimulus, flowed.recharge);
        Plan { pulse: *pulse, flowed, shares, entries, source_entry, open }
    }

    /// Follows the charge on the contacts to `at`, as it flows back through the shorted terminals since the last pulse.
    ///
    /// Each connected cathode of that pulse loses the same part of what is on it; the anodes take it up as their
    /// conductances are. What is on any other contact stays.
    pub fn settle(&mut self, at: SimTime, device: &DeviceProfile, contacts: &mut [&mut Contact; TERMINALS]) {
        let Some(plan) = self.plan.as_ref().filter(|plan| plan.flowed.passive_recharge) else { return };
        let loop_ohm = self.loop_ohm(&plan.pulse, contacts);
        if loop_ohm.is_infinite() || at <= self.settled_at {
            return;
        }
        let time_constant_s = (loop_ohm + device.discharge_ohm.value) * device.blocking_capacitor_uf.value * 1e-6;
        let lost = 1.0 - math::exp(-(at - self.settled_at).as_secs() / time_constant_s);
        self.settled_at = at;
        let mut through_cathodes = 0;
        for index in plan.pulse.cathodes.indices() {
            if self.conductance(index, contacts) == 0.0 {
                continue;
            }
            let charge_ac = -((contacts[index].ledger.residual_ac as f64 * lost).round() as i128);
            contacts[index].ledger.recover(charge_ac);
            through_cathodes += charge_ac;
        }
        let anodes: f64 = plan.pulse.anodes.indices().map(|index| self.conductance(index, contacts)).sum();
        let mut shares = [0.0; TERMINALS];
        for index in plan.pulse.anodes.indices() {
            shares[index] = -self.conductance(index, contacts) / anodes;
        }
        for (contact, charge_ac) in contacts.iter_mut().zip(divide_whole(through_cathodes, &shares)) {
            contact.ledger.recover(charge_ac);
        }
        self.source.recover(through_cathodes);
    }

    /// Checks that every account closes: those of the source and of each contact, and what is on all contacts together.
    ///
    /// # Errors
    /// Which one does not, with its figures.
    pub fn check(&self, contacts: &[&Contact; TERMINALS]) -> Result<(), String> {
        self.source.check().map_err(|why| format!("source: {why}"))?;
        for contact in contacts {
            contact.ledger.check().map_err(|why| format!("{}: {why}", CONTACT_NAMES[contact.index]))?;
        }
        let sum = |of: fn(&Ledger) -> i128| contacts.iter().map(|contact| of(&contact.ledger)).sum::<i128>();
        let left = sum(|ledger| ledger.residual_ac);
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
        w.time("settled_at", Some(self.settled_at));
        w.flag("disconnected", self.faults.disconnected);
        w.count("broken", u64::from(self.faults.broken.bits()));
        w.number("series_ohm", self.faults.series_ohm);
    }
}

/// Divides a phase among the contacts by their shares, in whole nanoamperes that sum to zero over all contacts.
fn divide(phase: Phase, shares: &[f64; TERMINALS]) -> [Phase; TERMINALS] {
    let currents = divide_whole(i128::from(phase.current_na), shares);
    currents.map(|current_na| Phase { current_na: current_na as i64, width: phase.width })
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
    fn verif_divided_currents_sum_to_the_whole() {
        let phase = Phase { current_na: -1_000_003, width: SimTime::from_nanos(214_000) };
        let shares = [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, -0.25, -0.75];
        let parts = divide(phase, &shares);
        assert_eq!(parts[..3].iter().map(|p| p.current_na).sum::<i64>(), -1_000_003);
        assert_eq!(parts.iter().map(|p| p.current_na).sum::<i64>(), 0);
        for current_na in [1, 2, 3, 5, 7] {
            let parts = divide(Phase { current_na, ..phase }, &[0.25, 0.25, 0.25, 0.25, -1.0]);
            assert!(parts[..4].iter().all(|part| part.current_na >= 0), "{parts:?}");
        }
    }
}
