//! Output stage and leads against what follows from their circuit: pulses through one lead, nothing else around it.
//!
//! Thresholds: guesses; nothing here looks behind the contacts.

use std::sync::Arc;

use stimtwin::device::profile::DeviceProfile;
use stimtwin::device::pulse::{Contacts, Phase, Pulse, Purpose, Waveform};
use stimtwin::lead::conductor::{DeliveredPulse, Lead, Sensed};
use stimtwin::lead::contact::Contact;
use stimtwin::lead::faults::LeadCommand;
use stimtwin::math::exp;
use stimtwin::record::events::EventKind;
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use crate::{scenario, therapy};

/// A scenario with the restorative device, some of whose lines have been changed.
pub fn with_device(changes: &[(&str, &str)], duration: &str, fields: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let mut text = std::fs::read_to_string(crate::root().join("assets/devices/restorative.ron")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    std::fs::write(folder.path().join("device.ron"), text).unwrap();
    let text = therapy(duration, fields).replace("\"restorative\"", "\"device.ron\"");
    Scenario::from_text("f.ron", &text, folder.path()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// A lead with its contacts on a bench.
struct Bench {
    lead: Lead,
    contacts: [Contact; 5],
    device: Arc<DeviceProfile>,
}

const UNITS_NS: i64 = 1_000;

impl Bench {
    fn new(changes: &[(&str, &str)]) -> Self {
        let scenario = with_device(changes, "1 s", "");
        let contacts = std::array::from_fn(|k| scenario.implant.contact(k));
        Self { lead: Lead::new(Side::Left), contacts, device: scenario.device.clone() }
    }

    fn fault(&mut self, at: SimTime, command: LeadCommand) {
        self.lead.settle(at, &self.device, &mut self.contacts.each_mut());
        self.lead.change(command);
        self.contacts.iter_mut().for_each(|contact| contact.intact = self.lead.faults().intact(contact.index));
    }

    /// Phases in nA and µs, made as they are.
    fn pulse(&mut self, at: SimTime, phases: &[(i64, i64)], cathodes: &[usize]) -> (DeliveredPulse, Sensed) {
        let phase = |&(current_na, us): &(i64, i64)| Phase { current_na, width: SimTime::from_nanos(us * UNITS_NS) };
        let made = Waveform::new(phases.iter().map(phase), self.device.shorts_between);
        let pulse = Pulse {
            at,
            side: Side::Left,
            purpose: Purpose::Therapy,
            asked: made,
            made,
            cathodes: cathodes.iter().fold(Contacts::default(), |all, &k| all.with(k)),
            anodes: Contacts::default().with(3),
            rail_uv: self.device.rail_uv(),
        };
        let result = self.lead.deliver(&pulse, &self.device, &mut self.contacts.each_mut());
        self.lead.check(&self.device, &self.contacts.each_ref()).unwrap();
        result
    }

    fn layer_v(&self, at: SimTime, k: usize) -> f64 {
        self.lead.look(at, &self.device, self.contacts.each_ref()).layer_v[k]
    }

    /// Without charge transfer, or with one that no current changes, S/cm².
    fn transfer(&mut self, s_per_cm2: f64) {
        for contact in &mut self.contacts {
            (contact.interface.cathodic, contact.interface.anodic) = ([s_per_cm2, 0.0, 0.0], [s_per_cm2, 0.0, 0.0]);
        }
    }
}

fn millis(ms: i64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

const MISMATCHED: (&str, &str) = ("mismatch_fraction: (value: 0.003", "mismatch_fraction: (value: 0.02");
const NO_CAPACITOR: (&str, &str) = ("blocking_capacitor_uf: (value: 10", "blocking_capacitor_uf: (value: 0");
const NOT_SHORTED: (&str, &str) = ("shorts_between: true", "shorts_between: false");
const UNLIKE: [(i64, i64); 2] = [(-1_000_000, 214), (1_020_000, 214)];

/// Phases unlike by 2 %, a series capacitor and shorted terminals: over a period nothing goes through.
#[test]
fn verif_in_steady_state_a_capacitor_lets_nothing_through() {
    let mut bench = Bench::new(&[MISMATCHED]);
    let mut left = [0; 2];
    for n in 0..4000 {
        bench.pulse(millis(50 * n), &UNLIKE, &[0]);
        left = [left[1], bench.contacts[0].ledger.residual_ac];
    }
    let of_phase = (left[1] - left[0]) as f64 / 214e9;
    assert!(of_phase.abs() < 1e-9, "{of_phase} of the phase charge a period");
}

/// Without a capacitor, and nothing shorted: each phase charges the layer and loses through the transfer resistance.
#[test]
fn verif_without_a_capacitor_the_voltage_drifts_as_its_recurrence() {
    let mut bench = Bench::new(&[MISMATCHED, NO_CAPACITOR, NOT_SHORTED]);
    let surface = bench.contacts[0].surface();
    let step = |volts: f64, current_a: f64, seconds: f64| {
        let ohm = 1.0 / surface.transfer_s(current_a);
        let kept = exp(-seconds / (ohm * surface.double_layer_f()));
        current_a * ohm + (volts - current_a * ohm) * kept
    };
    let mut volts = 0.0;
    for n in 0..500 {
        bench.pulse(millis(50 * n), &UNLIKE, &[0]);
        volts = step(step(volts, -1e-3, 214e-6), 1.02e-3, 214e-6);
        let found = bench.layer_v(millis(50 * n) + SimTime::from_nanos(428_000), 0);
        assert!((found - volts).abs() < 1e-9 * volts.abs().max(1e-3), "pulse {n}: {found} for {volts}");
        volts = step(volts, 0.0, 50e-3 - 428e-6);
    }
}

/// Where no current changes the transfer resistance, the drift ends at ε Q f Rct.
#[test]
fn verif_without_a_capacitor_the_drift_ends_at_mismatch_times_charge_times_rate_times_resistance() {
    let mut bench = Bench::new(&[MISMATCHED, NO_CAPACITOR, NOT_SHORTED]);
    let ohm = 200_000.0;
    let area = bench.contacts[0].surface().area_cm2;
    bench.transfer(1.0 / ohm / area);
    let period = 5;
    for n in 0..20_000 {
        bench.pulse(millis(period * n), &UNLIKE, &[0]);
    }
    let expected = 0.02 * 214e-9 / (period as f64 * 1e-3) * ohm;
    // What is there before a pulse is what is there on average but for the pulse itself and the ripple.
    let found = bench.layer_v(millis(period * 20_000), 0);
    assert!((found / expected - 1.0).abs() < 0.05, "{found} for {expected}");
}

/// I up to the instant at which I (R + t / C) is the rail, from there on an exponential.
#[test]
fn verif_what_the_rail_cannot_push_is_the_analytic_charge() {
    let mut bench = Bench::new(&[]);
    bench.transfer(0.0);
    bench.fault(SimTime::ZERO, LeadCommand::Series(1_400.0));
    let (current_a, width_s) = (3e-3, 400e-6);
    let ohm = bench.contacts[0].resistance_ohm() + bench.contacts[3].resistance_ohm() + 2.0 * 1_400.0;
    let layer_f = bench.contacts[0].surface().double_layer_f();
    let farad = 1.0 / (2.0 / 10e-6 + 2.0 / layer_f);
    let rail_v = bench.device.rail_uv() as f64 * 1e-6;
    let until_s = farad * (rail_v / current_a - ohm);
    assert!(until_s > 10e-6 && until_s < width_s, "the rail is met within the phase: {until_s}");
    let after_c = current_a * ohm * farad * (1.0 - exp(-(width_s - until_s) / (ohm * farad)));
    let expected = current_a * until_s + after_c;
    let (_, sensed) = bench.pulse(SimTime::ZERO, &[(-3_000_000, 400)], &[0]);
    let found = bench.contacts[0].ledger.delivered_ac as f64 * 1e-18;
    assert!(sensed.limited && !sensed.open_circuit);
    // The rail has a milliohm beside some kiloohms; the instant is found to a nanosecond.
    assert!((found / expected - 1.0).abs() < 3e-7, "{found} for {expected}");
    let ledger = &bench.contacts[0].ledger;
    assert_eq!(ledger.quantised_ac, ledger.delivered_ac + ledger.withheld_ac);
}

#[test]
fn verif_cathodes_share_by_their_conductances() {
    let mut bench = Bench::new(&[]);
    bench.fault(SimTime::ZERO, LeadCommand::Corrode(1, 0.5));
    let conductance = [0, 1, 2].map(|k| 1.0 / bench.contacts[k].resistance_ohm());
    let (flowed, _) = bench.pulse(SimTime::ZERO, &[(-1_000_000, 1)], &[0, 1, 2]);
    for k in 0..3 {
        let share = conductance[k] / conductance.iter().sum::<f64>();
        assert!((flowed.shares[k] - share).abs() < 1e-3, "{k}: {} for {share}", flowed.shares[k]);
    }
    assert_eq!(bench.contacts.iter().map(|contact| contact.ledger.residual_ac).sum::<i128>(), 0);
}

/// Through the insulation flows what its resistance takes beside the contact; the device sees all of it.
#[test]
fn verif_a_leak_divides_the_current_and_is_no_open_circuit() {
    for leak_ohm in [1.0, 500.0, 20_000.0] {
        let mut bench = Bench::new(&[]);
        bench.fault(SimTime::ZERO, LeadCommand::InsulationLeak(0, leak_ohm));
        let (_, sensed) = bench.pulse(SimTime::ZERO, &[(-1_000_000, 1)], &[0]);
        let share = leak_ohm / (leak_ohm + bench.contacts[0].resistance_ohm());
        let found = bench.contacts[0].ledger.stimulus_ac as f64 / -1e9;
        assert!((found / share - 1.0).abs() < 1e-3, "{leak_ohm} Ω: {found} for {share}");
        assert_eq!(bench.contacts[0].ledger.leaked_ac + bench.contacts[0].ledger.stimulus_ac, -1_000_000_000);
        assert_eq!((sensed.current_na, sensed.open_circuit, sensed.limited), (1_000_000, false, false));
    }
}

/// Two rings touch: through the tissue flows what the resistance between them leaves.
#[test]
fn verif_a_short_takes_its_part_of_the_current() {
    let mut bench = Bench::new(&[]);
    bench.fault(SimTime::ZERO, LeadCommand::Short(0, 3, 100.0));
    let (_, sensed) = bench.pulse(SimTime::ZERO, &[(-1_000_000, 1)], &[0]);
    let tissue_ohm = bench.contacts[0].resistance_ohm() + bench.contacts[3].resistance_ohm();
    let share = 100.0 / (100.0 + tissue_ohm);
    let found = bench.contacts[0].ledger.stimulus_ac as f64 / -1e9;
    assert!((found / share - 1.0).abs() < 1e-3, "{found} for {share}");
    assert!(!sensed.open_circuit && sensed.current_na == 1_000_000);
}

/// With both ends cut off no current flows, and the ledger closes; so it does for an hour behind a gigaohm.
#[test]
fn verif_open_circuits_carry_nothing_and_close() {
    let mut bench = Bench::new(&[]);
    bench.pulse(SimTime::ZERO, &UNLIKE, &[0]);
    bench.fault(millis(20), LeadCommand::Disconnect);
    let before = bench.contacts[0].ledger.delivered_ac;
    let (_, sensed) = bench.pulse(millis(50), &UNLIKE, &[0]);
    assert!(sensed.open_circuit && bench.contacts[0].ledger.delivered_ac == before);
    bench.fault(millis(70), LeadCommand::Replace);
    bench.fault(millis(70), LeadCommand::Series(1e9));
    for n in 2..72_000 {
        bench.pulse(millis(50 * n), &UNLIKE, &[0]);
    }
}

/// All events of a scenario.
fn events(scenario: &Scenario) -> Vec<EventKind> {
    let mut simulation = Simulation::new(scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    simulation.take_events().into_iter().map(|event| event.kind).collect()
}

#[test]
fn verif_impedance_is_that_of_the_loop_until_the_rail_ends_it() {
    let readings = |faults: &str| -> Vec<f64> {
        let timeline = format!("timeline: [{faults} (at: \"0 s\", do: TestImpedance)],");
        let ohm = |kind| if let EventKind::ImpedanceMeasured { ohm, .. } = kind { Some(ohm) } else { None };
        events(&scenario(&therapy("3 s", &timeline))).into_iter().filter_map(ohm).collect()
    };
    let profile = scenario(&therapy("3 s", ""));
    let ring_ohm = |k: usize| profile.implant.contact(k).resistance_ohm() + profile.implant.encapsulation_ohm.value;
    let resolution_ohm = profile.device.impedance.resolution_mv.value / profile.device.impedance.current_ma.value;
    for series_ohm in [0.0, 1_000.0, 5_000.0] {
        let found = readings(&format!("(at: \"0 s\", do: SeriesResistance(side: Both, ohm: {series_ohm})),"));
        let most = ring_ohm(0) + ring_ohm(2) + 2.0 * series_ohm;
        let least = most - 2.0 * profile.implant.encapsulation_ohm.value;
        assert_eq!(found.len(), 2);
        let allowed = least - resolution_ohm..=most + resolution_ohm;
        assert!(found.iter().all(|ohm| allowed.contains(ohm)), "{found:?} for {allowed:?}");
    }
    // 12 V at 0.5 mA are 24 kΩ, whatever there is more.
    let found = readings("(at: \"0 s\", do: SeriesResistance(side: Both, ohm: 1000000)),");
    assert!(found.iter().all(|ohm| (ohm / 24_000.0 - 1.0).abs() < 0.01), "{found:?}");
}

#[test]
fn verif_what_cannot_be_pushed_is_said_once_an_episode() {
    let fields = "program: (session: \"5 min\", both: (amplitude_ma: 1.0)), \
                  timeline: [(at: \"0 s\", do: StartSession), \
                  (at: \"65 s\", do: SeriesResistance(side: Left, ohm: 20000)), \
                  (at: \"125 s\", do: RepairLead(side: Left)), \
                  (at: \"185 s\", do: SeriesResistance(side: Left, ohm: 20000))],";
    let events = events(&scenario(&therapy("5 min", fields)));
    let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|kind| wanted(kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::ComplianceLimited { side: Side::Left, .. })), 2);
    assert_eq!(count(|kind| matches!(kind, EventKind::ComplianceRestored { side: Side::Left })), 1);
    assert_eq!(count(|kind| matches!(kind, EventKind::ComplianceLimited { side: Side::Right, .. })), 0);
    assert_eq!(count(|kind| matches!(kind, EventKind::OpenCircuit { .. })), 0);
}

/// Pulses counted at instants, with the timeline given.
fn counts(timeline: &str, every: &str, duration: &str) -> Vec<f64> {
    let fields = format!(
        "program: (session: \"1 min\", both: (amplitude_ma: 1.0)), \
         timeline: [(at: \"0 s\", do: StartSession), {timeline}], \
         record: [(every: \"{every}\", probes: [\"left.pulses_count\"])],"
    );
    let scenario = scenario(&therapy(duration, &fields));
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    simulation.take_rows()[0].columns[0].clone()
}

#[test]
fn verif_a_timer_that_fails_in_a_train_moves_no_pulse_into_the_past() {
    let fast = counts("(at: \"5 s\", do: SlowTimer(factor: 0.1)),", "1 s", "30 s");
    assert_eq!(fast[5], 100.0);
    assert!((299.0..=301.0).contains(&fast[6]), "200 pulses in the next second: {}", fast[6]);
    assert!(fast[10] < 1_102.0 && fast[10] == fast[29], "the train ends with its time");
    let mended = counts("(at: \"0 s\", do: SlowTimer(factor: 4)), (at: \"5 s\", do: MendOutput),", "1 s", "10 s");
    assert_eq!(mended[7] - mended[6], 20.0, "{mended:?}");
    assert!(mended[6] - mended[4] <= 27.0, "none is caught up: {mended:?}");
}

#[test]
fn verif_a_session_that_begins_within_a_pulse_waits_for_its_end() {
    let timeline = "(at: \"100100 ns\", do: StopSession), (at: \"100100 ns\", do: StartSession),";
    let counts = counts(timeline, "100 us", "1 ms");
    assert_eq!((counts[1], counts[4], counts[5]), (1.0, 1.0, 2.0), "a pulse takes 428 µs");
}
