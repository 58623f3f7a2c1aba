//! What must hold whatever is asked of the device and whatever breaks.
//!
//! Thresholds: guesses; limits are about charge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proptest::prelude::*;
use stimtwin::device::generator::PulseGenerator;
use stimtwin::device::output::{LostPhase, OutputFaults};
use stimtwin::device::profile::DeviceProfile;
use stimtwin::device::pulse::{Phase, Waveform};
use stimtwin::device::therapy::State;
use stimtwin::record::events::{Event, EventKind};
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use crate::hardware::with_device;
use crate::{scenario, therapy};

fn generator(simulation: &Simulation) -> &PulseGenerator {
    let entity = simulation.roster().patients()[0].generator;
    simulation.world().get::<PulseGenerator>(entity).unwrap()
}

#[test]
fn verif_a_program_over_a_limit_is_refused_with_figure_and_limit() {
    let text = therapy("1 min", "program: (both: (amplitude_ma: 7.0, width_us: 500)),");
    let changed = std::fs::read_to_string(crate::root().join("assets/devices/restorative.ron")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lower = changed.replace("charge_per_phase_uc: (value: 3.5", "charge_per_phase_uc: (value: 2.5");
    assert_ne!(lower, changed);
    std::fs::write(folder.path().join("device.ron"), lower).unwrap();
    let text = text.replace("\"restorative\"", "\"device.ron\"");
    let problems = format!("{:?}", Scenario::from_text("f.ron", &text, folder.path()).unwrap_err());
    assert!(problems.contains("charge_per_phase_uc on E0 is 3.500, and 2.5 is allowed"), "{problems}");
}

#[test]
fn verif_a_limit_that_is_passed_stops_therapy_until_the_fault_is_cleared() {
    let fields = "program: (session: \"5 min\", both: (amplitude_ma: 3.0)), \
                  timeline: [(at: \"0 s\", do: StartSession), \
                  (at: \"5 s\", do: LosePhase(phase: Recharge)), (at: \"60 s\", do: StartSession), \
                  (at: \"70 s\", do: MendOutput), (at: \"70 s\", do: ClearFault), (at: \"70 s\", do: StartSession)],";
    let changes = [("shorts_between: true", "shorts_between: false")];
    let scenario = with_device(&changes, "80 s", fields);
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(SimTime::from_secs(70)).unwrap();
    let passed =
        |events: &[Event]| events.iter().filter(|event| matches!(event.kind, EventKind::LimitPassed { .. })).count();
    let events = simulation.take_events();
    assert_eq!((passed(&events), generator(&simulation).state()), (1, State::Fault));
    let pulses = generator(&simulation).pulses(Side::Left);
    assert!(pulses > 100 && pulses < 200, "{pulses}");
    simulation.advance_to(SimTime::from_secs(72)).unwrap();
    assert!(generator(&simulation).pulses(Side::Left) > pulses);
}

/// Of nothing there is no fraction: a source that leaks a little while it puts out nothing is balanced.
#[test]
fn verif_a_leak_is_no_fraction_of_a_pulse_without_current() {
    let fields = "program: (session: \"5 min\", both: (amplitude_ma: 0.0)), \
                  timeline: [(at: \"0 s\", do: StartSession)],";
    let scenario = with_device(&[("leakage_na: (value: 0", "leakage_na: (value: 1")], "30 s", fields);
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(SimTime::from_secs(20)).unwrap();
    let events = simulation.take_events();
    assert!(!events.iter().any(|event| matches!(event.kind, EventKind::LimitPassed { .. })), "{events:?}");
    assert_eq!((generator(&simulation).state(), generator(&simulation).sessions()), (State::Resting, 1));
}

/// A bit of the converter that sticks makes six times the current: within the charge of a phase, and too much a second.
#[test]
fn verif_a_stuck_bit_that_raises_the_mean_current_stops_therapy_at_once() {
    let fields = "program: (session: \"5 min\", both: (amplitude_ma: 1.0)), \
                  timeline: [(at: \"0 s\", do: StartSession), (at: \"5 s\", do: StickBit(bit: 9, high: true))],";
    let scenario = with_device(&[("mean_current_ua: (value: 300", "mean_current_ua: (value: 40")], "10 s", fields);
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    let passed: Vec<_> = simulation
        .take_events()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::LimitPassed { limit, found, .. } => Some((event.at, limit, found)),
            _ => None,
        })
        .collect();
    assert_eq!(passed.len(), 1, "{passed:?}");
    // 6.12 mA for 214 µs, there and back with its mismatch, 20 times a second.
    let (at, limit, found) = passed[0];
    assert_eq!((at, limit), (SimTime::from_secs(5), "mean_current_ua"));
    assert!((found - 6.12 * 0.214 * 2.003 * 20.0).abs() < 0.1, "{found}");
}

/// Limits that no built-in device can pass, because another one comes first or the hardware is in the way, with
/// profiles in which they do.
#[test]
fn verif_every_limit_that_is_passed_is_named() {
    let stuck = "(at: \"5 s\", do: StickBit(bit: 9, high: true))";
    let lost = "(at: \"5 s\", do: LosePhase(phase: Recharge))";
    let no_shannon = ("shannon_k: (value: 1.85", "shannon_k: (value: 5");
    let no_balance = ("unbalanced_fraction: (value: 0.1", "unbalanced_fraction: (value: 1");
    let no_residual = ("residual_mv: (value: 500", "residual_mv: (value: 10000");
    let no_short = ("shorts_between: true", "shorts_between: false");
    for (limit, changes, fault) in [
        ("shannon_k", vec![], stuck),
        ("unbalanced_fraction", vec![], lost),
        ("residual_mv", vec![no_balance, no_short], lost),
        ("dc_na", vec![no_balance, no_short, no_residual], lost),
        ("charge_density_uc_per_cm2", vec![no_shannon, ("per_cm2: (value: 50", "per_cm2: (value: 15")], stuck),
        ("charge_per_phase_uc", vec![no_shannon, ("per_phase_uc: (value: 3.5", "per_phase_uc: (value: 2.5")], stuck),
        ("mean_current_ua", vec![no_shannon, ("mean_current_ua: (value: 300", "mean_current_ua: (value: 80")], stuck),
    ] {
        let fields = format!(
            "program: (session: \"5 min\", both: (amplitude_ma: 1.0, width_us: 500)), \
             timeline: [(at: \"0 s\", do: StartSession), {fault}],"
        );
        let scenario = with_device(&changes, "4 min", &fields);
        let mut simulation = Simulation::new(&scenario, None);
        simulation.advance_to(scenario.duration).unwrap();
        let first = simulation.take_events().into_iter().find_map(|event| match event.kind {
            EventKind::LimitPassed { limit, .. } => Some(limit),
            _ => None,
        });
        assert_eq!(first, Some(limit));
        assert_eq!(generator(&simulation).state(), State::Fault, "{limit}");
    }
}

/// What befalls the device, the leads and the patient, as it is written.
fn command() -> impl Strategy<Value = String> {
    let side = || prop_oneof![Just("Left"), Just("Right"), Just("Both")];
    let ring = || 0..4_usize;
    let plain = prop::sample::select(vec![
        "StartSession",
        "StartSession",
        "StopSession",
        "ScheduleOff",
        "ScheduleOn",
        "TestImpedance",
        "SinglePulse(side: Both)",
        "SinglePulse(side: Left)",
        "ClearFault",
        "SetClock",
        "EraseLog",
        "PatientStart",
        "PatientStop",
        "PauseSession",
        "ResumeSession",
        "ConnectProgrammer",
        "DisconnectProgrammer",
        "DropMessage",
        "RepeatMessage(times: 3)",
        "DelayMessage(by: \"3 s\")",
        "LoseTelemetry(for: \"9 s\")",
        "BrownOut(for: \"1 s\")",
        "Reset",
        "Reset",
        "MendOutput",
        "FillLog",
        "FreeLog",
        "LosePhase(phase: Stimulus)",
        "LosePhase(phase: Recharge)",
        "Interference(command: StartSession)",
        "SwapBattery(used_fraction: 0.5)",
        "SwapBattery(used_fraction: 0.99)",
        "Charge(for: \"5 s\")",
        "Drain(ua: 100000)",
        "Drain(ua: 0)",
        "DriftClock(ppm: 10000)",
        "JumpClock(back: \"90 s\")",
        "JumpClock(forward: \"2 min\")",
        "Magnet(for: \"3 s\")",
        "Magnet(for: \"500 ms\")",
    ]);
    prop_oneof![
        6 => plain.prop_map(str::to_string),
        1 => (0..9_u32).prop_map(|n| format!("Message(number: {n}, command: StartSession)")),
        1 => (0..9_u32).prop_map(|n| format!("Message(number: {n}, command: TestImpedance)")),
        1 => (side(), 0..=7_u8).prop_map(|(side, ma)| format!("SetAmplitude(side: {side}, amplitude_ma: {ma})")),
        1 => (side(), -9..9_i8).prop_map(|(side, n)| format!("StepAmplitude(side: {side}, steps: {n})")),
        1 => (0..10_u8, any::<bool>()).prop_map(|(bit, high)| format!("StickBit(bit: {bit}, high: {high})")),
        1 => (1..100_u8).prop_map(|n| format!("SlowTimer(factor: {:.1})", f64::from(n) / 10.0)),
        1 => side().prop_map(|side| format!("DisconnectLead(side: {side})")),
        1 => side().prop_map(|side| format!("RepairLead(side: {side})")),
        1 => (side(), ring()).prop_map(|(side, k)| format!("BreakConductor(side: {side}, contact: E{k})")),
        1 => (side(), ring()).prop_map(|(side, k)| {
            let how = "open_for: \"7 ms\", every: \"90 ms\", times: 99";
            format!("IntermittentConductor(side: {side}, contact: E{k}, {how})")
        }),
        1 => (side(), 0..10_u32).prop_map(|(side, n)| {
            format!("SeriesResistance(side: {side}, ohm: {})", 10_u64.pow(n) - 1)
        }),
        1 => (side(), ring(), 1..4_usize, 0..7_u32).prop_map(|(side, k, more, n)| {
            format!("ShortContacts(side: {side}, contact: E{k}, other: E{}, ohm: {})", (k + more) % 4, 10_u64.pow(n))
        }),
        1 => (side(), ring(), 0..7_u32).prop_map(|(side, k, n)| {
            format!("InsulationLeak(side: {side}, contact: E{k}, ohm: {})", 10_u64.pow(n))
        }),
        1 => (side(), ring(), 1..=100_u8).prop_map(|(side, k, n)| {
            format!("CorrodeContact(side: {side}, contact: E{k}, intact: {})", f64::from(n) / 100.0)
        }),
        1 => (side(), -9..9_i8).prop_map(|(side, mm)| {
            format!("MigrateLead(side: {side}, along_mm: {mm}, across_mm: 1)")
        }),
    ]
}

/// The program of one side, as it is written.
fn side_program() -> impl Strategy<Value = String> {
    let shape = prop_oneof![
        (25..=400_u32, 0..=5_u32).prop_map(|(us, gap)| format!("width_us: {us}, interphase_gap_us: {}", gap * 10)),
        (25..=400_u32).prop_map(|us| format!("width_us: {us}, recharge: Passive")),
        (25..=200_u32).prop_map(|us| format!("width_us: {us}, recharge: Active(times: 5)")),
        (25..=200_u32).prop_map(|us| format!("width_us: {us}, burst: (pulses: 3, period_us: 2000)")),
        (50..=300_u32).prop_map(|us| {
            let edges = [(0, "0.5"), (us, "1"), (us * 2, "0"), (us * 3, "-1"), (us * 4, "-0.5"), (us * 5, "0")];
            let edges = edges.map(|(at, level)| format!("(at_us: {at}, level: {level})"));
            format!("edges: [{}]", edges.join(", "))
        }),
    ];
    let order = prop::sample::select(vec!["CathodicFirst", "AnodicFirst", "Alternating"]);
    let contacts = prop::sample::select(vec![("E0", "E1"), ("E1, E2", "Case"), ("E3", "E0, E1, E2"), ("E0", "Case")]);
    (0..=10_u32, 10..=40_u32, 2..=6_u32, 0..=2_u32, shape, order, contacts).prop_map(
        |(amplitude, rate, on, ramp, shape, order, (cathodes, anodes))| {
            format!(
                "(amplitude_ma: {}, rate_hz: {rate}, on: \"{on} s\", off: \"20 s\", ramp_up: \"{} s\", \
                 ramp_down: \"{} s\", phase_order: {order}, cathodes: [{cathodes}], anodes: [{anodes}], {shape})",
                f64::from(amplitude) * 0.25,
                f64::from(ramp) * 0.5,
                f64::from(ramp) * 0.5
            )
        },
    )
}

fn any_scenario() -> impl Strategy<Value = String> {
    let coordination = prop::sample::select(vec!["Together", "LeftOnly", "RightOnly"]);
    let timeline = prop::collection::vec((0..240_000_000_000_i64, command()), 0..40);
    (side_program(), side_program(), coordination, timeline).prop_map(|(left, right, coordination, mut timeline)| {
        timeline.push((0, "StartSession".to_string()));
        timeline.sort_by_key(|(at, _)| *at);
        let line = |(at, command): &(i64, String)| format!("(at: \"{at} ns\", do: {command}), ");
        let timeline: String = timeline.iter().map(line).collect();
        let program = format!(
            "session: \"2 min\", session_times: [\"00:01\", \"23:58\"], coordination: {coordination}, \
             left: {left}, right: {right}"
        );
        therapy("5 min", &format!("starts_at: \"23:57\", program: ({program}), timeline: [{timeline}],"))
    })
}

/// How long the device may be in a state out of which it comes by itself.
fn by_itself(state: State) -> Option<SimTime> {
    match state {
        State::Booting | State::SessionOver => Some(SimTime::from_secs(2)),
        State::Testing => Some(SimTime::from_secs(2)),
        State::Resting | State::Ramping | State::On | State::Paused => Some(SimTime::from_secs(122)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// No fault of the model, no charge beyond the limit, no therapy after a limit, no state without a way out, nothing
    /// lost from the log in a start, and no matter the tick.
    #[test]
    fn verif_whatever_is_asked_and_whatever_breaks(text in any_scenario(), tick_ns in 20_000_000..2_000_000_000_i64) {
        let scenario = scenario(&text);
        let mut simulation = Simulation::new(&scenario, None);
        let mut stopped: Option<[u64; 2]> = None;
        let (mut state, mut since, mut logged) = (State::Idle, SimTime::ZERO, Vec::new());
        let mut erased = false;
        while simulation.now() < scenario.duration {
            let now = simulation.now() + SimTime::from_nanos(250_000_000);
            simulation.advance_to(now).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
            let device = generator(&simulation);
            let pulses = Side::BOTH.map(|side| device.pulses(side));
            if device.state() == State::Fault {
                prop_assert!(stopped.is_none_or(|before| before == pulses), "pulses after a limit at {}", now);
                stopped = Some(pulses);
            } else {
                stopped = None;
            }
            if device.state() != state {
                (state, since) = (device.state(), now);
            }
            if state.in_session() {
                // Within a session the states change, and it ends.
            } else if let Some(longest) = by_itself(state) {
                prop_assert!(now - since <= longest, "{:?} since {} at {}", state, since, now);
            }
            let entries: Vec<_> = device.memory.entries().cloned().collect();
            for event in simulation.take_events() {
                match event.kind {
                    EventKind::LimitPassed { limit: "charge_per_phase_uc", found, allowed, .. } => {
                        prop_assert!(found <= allowed * (1.0 + 1e-6), "{} of {}", found, allowed);
                    }
                    EventKind::LogChanged { .. } => erased = true,
                    _ => {}
                }
            }
            if !erased {
                prop_assert!(entries.starts_with(&logged), "the log has lost entries at {}", now);
            }
            (logged, erased) = (entries, false);
        }
        let tick = SimTime::from_nanos(tick_ns);
        let mut ticking = Simulation::new(&scenario, Some(tick));
        ticking.advance_to(scenario.duration).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        prop_assert_eq!(simulation.digest(), ticking.digest());
    }

    /// A device that starts anew in the middle of anything comes back to rest, without therapy.
    #[test]
    fn verif_a_start_in_the_middle_of_anything_ends_at_rest(
        at_ms in 0..150_000_i64,
        how in prop::sample::select(vec!["Reset", "BrownOut(for: \"200 ms\")"]),
        before in prop::sample::select(vec![
            "StartSession", "TestImpedance", "SinglePulse(side: Both)", "StopSession", "ConnectProgrammer",
        ]),
    ) {
        let fields = format!(
            "program: (session: \"1 min\", both: (amplitude_ma: 1.0)), \
             timeline: [(at: \"0 s\", do: {before}), (at: \"{at_ms} ms\", do: {how})],"
        );
        let scenario = scenario(&therapy("4 min", &fields));
        let mut simulation = Simulation::new(&scenario, None);
        simulation.advance_to(SimTime::from_nanos(at_ms * 1_000_000)).unwrap();
        let logged: Vec<_> = generator(&simulation).memory.entries().cloned().collect();
        simulation.advance_to(simulation.now() + SimTime::from_secs(2)).unwrap();
        let device = generator(&simulation);
        prop_assert_eq!(device.state(), State::Idle);
        let entries: Vec<_> = device.memory.entries().cloned().collect();
        prop_assert!(entries.starts_with(&logged) && entries.len() > logged.len());
        let pulses = device.pulses(Side::Left);
        simulation.advance_to(scenario.duration).unwrap();
        prop_assert_eq!(generator(&simulation).pulses(Side::Left), pulses);
    }
}

/// What the hardware of a device lets through, whatever it is told and whatever fails.
fn hardware() -> impl Strategy<Value = (&'static str, i64, i64, OutputFaults)> {
    let device = prop_oneof![Just("restorative"), Just("opennerve-gen2"), Just("cosmiic-pg4")];
    let bit = prop::option::of((0..16_u32, any::<bool>()));
    let lost = prop::option::of(prop_oneof![Just(LostPhase::Stimulus), Just(LostPhase::Recharge)]);
    (device, 0..30_000_000_i64, 1..3_000_000_i64, bit, 0.1..10.0_f64, lost).prop_map(
        |(device, current_na, width_ns, stuck_bit, timer_factor, lost)| {
            (device, current_na, width_ns, OutputFaults { stuck_bit, timer_factor, lost })
        },
    )
}

/// A device by its name, read once.
fn device_of(name: &'static str) -> Arc<DeviceProfile> {
    static READ: Mutex<BTreeMap<&str, Arc<DeviceProfile>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.entry(name).or_insert_with(|| scenario(&therapy("1 s", "").replace("restorative", name)).device).clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn verif_the_hardware_lets_no_phase_through_that_passes_the_limit(
        (device, current_na, width_ns, faults) in hardware()
    ) {
        let profile = device_of(device);
        let width = SimTime::from_nanos(width_ns);
        let asked = Waveform::new([Phase { current_na: -current_na, width }, Phase { current_na, width }], true);
        let limit_ac = (profile.limits.charge_per_phase_uc.value * 1e12).round() as i128;
        for phase in profile.stage.make(&asked, &faults).phases() {
            prop_assert!(phase.charge_ac().abs() <= limit_ac, "{device}: {phase:?} with {faults:?}");
        }
    }
}

/// A fault lies in memory: the device comes back in it, and no session begins until somebody clears it.
#[test]
fn verif_a_fault_outlives_a_reset() {
    let fields = "program: (session: \"5 min\", both: (amplitude_ma: 1.0)), \
                  timeline: [(at: \"0 s\", do: StartSession), \
                  (at: \"5 s\", do: LosePhase(phase: Recharge)), (at: \"8 s\", do: Reset), \
                  (at: \"9 s\", do: MendOutput), (at: \"9 s\", do: StartSession)],";
    let scenario = scenario(&therapy("12 s", fields));
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    assert_eq!((generator(&simulation).state(), generator(&simulation).sessions()), (State::Fault, 1));
}
