//! How the outputs of a side are switched, and what has been worked out for it: pulses repeat.

use crate::device::profile::DeviceProfile;
use crate::device::pulse::{Contacts, Pulse};
use crate::lead::circuit::{Branch, Bus, Circuit, Drive};
use crate::lead::conductor::TERMINALS;
use crate::lead::contact::Contact;
use crate::lead::cycle::{Builder, Cycle};
use crate::lead::faults::LeadFaults;
use crate::lead::propagator::Propagator;
use crate::time::SimTime;

/// The outputs of a side, cathodes on one bus and anodes on the other.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// The contacts that are cathodes.
    pub cathodes: Contacts,
    /// The contacts that are anodes.
    pub anodes: Contacts,
    /// The contacts that take part in the circuit, in their order.
    pub live: Vec<usize>,
    /// The share that each contact is meant to carry: cathodes positive, anodes negative, each group summing to one.
    pub meant: [f64; TERMINALS],
    /// Nothing between the buses.
    pub open: Propagator,
    /// The buses shorted.
    pub shorted: Propagator,
    /// A current between them.
    driven: Vec<Driven>,
    /// Periods of trains, and the one that was gone through last.
    pub cycles: Vec<Cycle>,
    /// See `cycles`.
    pub current: usize,
    /// What each live contact is like with no current.
    branches: Vec<Branch>,
    /// Conductances between live contacts, S.
    shorts: Vec<(usize, usize, f64)>,
    /// Conductance of the output stage while it drives, S.
    source_s: f64,
}

/// How the circuit moves while a current is driven.
#[derive(Clone, Debug)]
pub struct Driven {
    current_na: i64,
    rail_uv: i64,
    /// The source makes its current.
    pub regulated: Propagator,
    /// The voltage does not suffice for it.
    pub clamped: Propagator,
}

/// Currents whose propagators are kept at a time: more than a ramp has.
const KEPT: usize = 256;

/// Cycles that are kept at a time.
const KEPT_CYCLES: usize = 8;

impl Wiring {
    /// The circuit of a lead that is switched so; `charged` tells which other contacts hold a charge.
    pub fn new(
        (cathodes, anodes): (Contacts, Contacts),
        charged: impl Fn(usize) -> bool,
        faults: &LeadFaults,
        device: &DeviceProfile,
        contacts: &[&mut Contact; TERMINALS],
    ) -> Self {
        let in_use = |k: &usize| cathodes.contains(*k) || anodes.contains(*k) || faults.concerns(*k) || charged(*k);
        let live: Vec<usize> = (0..TERMINALS).filter(in_use).collect();
        let capacitor_f = device.blocking_capacitor_uf.value * 1e-6;
        let branch = |&k: &usize| Branch {
            bus: match (cathodes.contains(k), anodes.contains(k)) {
                (true, _) => Bus::Cathodes,
                (_, true) => Bus::Anodes,
                _ => Bus::Off,
            },
            blocking_f: if capacitor_f > 0.0 { capacitor_f } else { f64::INFINITY },
            series_s: faults.series_s(k, contacts[k]),
            double_layer_f: contacts[k].surface().double_layer_f(),
            transfer_s: contacts[k].surface().transfer_s(0.0),
            leak_s: faults.leak_s(k),
        };
        let branches: Vec<Branch> = live.iter().map(branch).collect();
        let place = |k: usize| live.iter().position(|&other| other == k);
        let shorts: Vec<_> = faults.shorts().filter_map(|(a, b, s)| Some((place(a)?, place(b)?, s))).collect();
        let circuit = |drive| Circuit { branches: branches.clone(), shorts: shorts.clone(), drive };
        // What leaks comes from the supply, and ends where the load has its voltage.
        let leakage_a = device.leakage_na.value * 1e-9;
        let leakage = Drive { current_a: leakage_a, conductance_s: leakage_a.abs() / device.compliance_v.value };
        let discharge = Drive::voltage(0.0, device.discharge_ohm.value);
        let (open, shorted) = (Propagator::new(&circuit(leakage)), Propagator::new(&circuit(discharge)));
        let mut meant = [0.0; TERMINALS];
        for (group, sign) in [(cathodes, 1.0), (anodes, -1.0)] {
            let conductance = |k: usize| faults.series_s(k, contacts[k]);
            let total: f64 = group.indices().map(conductance).sum();
            let equal = 1.0 / group.indices().count() as f64;
            // Where a group is cut off, its contacts are meant to carry equal parts.
            group.indices().for_each(|k| meant[k] = sign * if total > 0.0 { conductance(k) / total } else { equal });
        }
        let source_s = if device.output_ohm.value > 0.0 { 1.0 / device.output_ohm.value } else { 0.0 };
        let (driven, cycles) = (Vec::new(), Vec::new());
        Self { cathodes, anodes, live, meant, open, shorted, driven, cycles, current: 0, branches, shorts, source_s }
    }

    /// The same without what has been worked out for currents.
    pub fn at_rest(&self) -> Self {
        Self {
            live: self.live.clone(),
            open: self.open.clone(),
            shorted: self.shorted.clone(),
            driven: Vec::new(),
            cycles: self.cycles.clone(),
            branches: self.branches.clone(),
            shorts: self.shorts.clone(),
            ..*self
        }
    }

    /// Whether the source is an ideal one, so that what it pushes is known exactly.
    pub fn is_ideal(&self) -> bool {
        self.source_s == 0.0
    }

    /// The place of the cycle of that pulse after that rest. Pulses that are pending belong to the current cycle: while
    /// there are some, there is no other.
    pub fn cycle(
        &mut self,
        pulse: &Pulse,
        rest: SimTime,
        shorted: bool,
        limit_v: f64,
        has_pending: bool,
        contacts: &[&mut Contact; TERMINALS],
    ) -> Option<usize> {
        let is_it = |cycle: &Cycle| {
            (cycle.rest, cycle.rail_uv) == (rest, pulse.rail_uv)
                && cycle.made == pulse.made
                && cycle.asked == pulse.asked
        };
        if has_pending {
            return self.cycles.get(self.current).is_some_and(is_it).then_some(self.current);
        }
        if let Some(place) = self.cycles.iter().position(is_it) {
            return Some(place);
        }
        if self.cycles.len() == KEPT_CYCLES {
            self.cycles.clear();
        }
        let cycle = self.make_cycle(pulse, rest, shorted, limit_v, contacts);
        self.cycles.push(cycle);
        Some(self.cycles.len() - 1)
    }

    fn make_cycle(
        &mut self,
        pulse: &Pulse,
        rest: SimTime,
        shorted: bool,
        limit_v: f64,
        contacts: &[&mut Contact; TERMINALS],
    ) -> Cycle {
        let n = self.live.len();
        let mut cycle = Builder::new(n);
        let resting = if shorted { &mut self.shorted } else { &mut self.open };
        cycle.go(&resting.step(rest), false);
        (0..n).for_each(|k| cycle.hold_layer(k, limit_v));
        for phase in pulse.made.phases() {
            if phase.current_na == 0 {
                cycle.go(&self.open.step(phase.width), false);
                continue;
            }
            let (rail_v, sign) = (pulse.rail_uv as f64 * 1e-6, phase.current_na.signum() as f64);
            let regulated = &mut self.driven(phase.current_na, pulse.rail_uv, contacts).regulated;
            let load: Vec<f64> = regulated.load_row().iter().map(|weight| weight * sign).collect();
            cycle.hold(&load, rail_v);
            cycle.go(&regulated.step(phase.width), pulse.made.stimulates(*phase));
            cycle.hold(&load, rail_v);
        }
        cycle.finish(pulse.asked, pulse.made, pulse.rail_uv, rest)
    }

    /// How the circuit moves under a current from that supply, nA and µV. Charge transfer goes by the current that each
    /// contact is meant to carry.
    pub fn driven(&mut self, current_na: i64, rail_uv: i64, contacts: &[&mut Contact; TERMINALS]) -> &mut Driven {
        let known = self.driven.iter().position(|d| (d.current_na, d.rail_uv) == (current_na, rail_uv));
        let place = known.unwrap_or_else(|| {
            let current_a = current_na as f64 * 1e-9;
            let mut branches = self.branches.clone();
            for (branch, &k) in branches.iter_mut().zip(&self.live) {
                branch.transfer_s = contacts[k].surface().transfer_s(current_a * self.meant[k]);
            }
            let circuit = |drive| Circuit { branches: branches.clone(), shorts: self.shorts.clone(), drive };
            let regulated = Propagator::new(&circuit(Drive { current_a, conductance_s: self.source_s }));
            let rail_v = rail_uv as f64 * 1e-6 * current_a.signum();
            let clamped = Propagator::new(&circuit(Drive::voltage(rail_v, 0.0)));
            if self.driven.len() == KEPT {
                self.driven.remove(0);
            }
            self.driven.push(Driven { current_na, rail_uv, regulated, clamped });
            self.driven.len() - 1
        });
        &mut self.driven[place]
    }
}
