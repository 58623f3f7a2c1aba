//! What a programmer does with a device: programs read back, changed and written; single pulses.
//!
//! Thresholds: guesses; a programmer reads and writes settings.

use proptest::prelude::*;
use stimtwin::command::{Command, DeviceCommand};
use stimtwin::device::program::{Burst, Coordination, Edge, PhaseOrder, Program, Recharge};
use stimtwin::device::therapy::State;
use stimtwin::record::events::{Event, EventKind};
use stimtwin::scenario::Scenario;
use stimtwin::scenario::program::Maker;
use stimtwin::scenario::write::{self, DraftProblem, WrittenProgram};
use stimtwin::side::Side;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use crate::{scenario, therapy};

const DEVICES: [&str; 3] = ["restorative", "cosmiic-pg4", "opennerve-gen2"];

/// A scenario of that device, with further fields.
fn with_device(device: &str, fields: &str) -> Scenario {
    scenario(&therapy("10 min", fields).replace("device: \"restorative\"", &format!("device: \"{device}\"")))
}

fn maker(scenario: &Scenario) -> Maker<'_> {
    Maker { device: &scenario.device, implant: &scenario.implant }
}

/// What a file makes of a written program.
fn read_again(device: &str, written: &WrittenProgram) -> Program {
    with_device(device, &format!("program: {}", written.to_ron())).program
}

fn problem(side: Option<Side>, field: Option<&'static str>, message: &str) -> DraftProblem {
    DraftProblem { side, field, message: message.to_string() }
}

#[test]
fn verif_the_default_program_of_every_device_is_written_and_read() {
    for device in DEVICES {
        let scenario = with_device(device, "");
        let written = WrittenProgram::of(&scenario.program, &scenario.device);
        assert_eq!(written.program(&scenario.device), scenario.program, "{device}");
        assert_eq!(read_again(device, &written), scenario.program, "{}", written.to_ron());
        assert_eq!(written.problems(maker(&scenario)), [], "{device}");
    }
}

#[test]
fn verif_a_complete_program_leaves_nothing_of_the_one_before() {
    let full = "program: (session_times: [\"08:00\"], both: (amplitude_ma: 1.0, burst: (pulses: 3, period_us: 5000), \
                edges: [(at_us: 0, level: 1.0), (at_us: 200, level: -1.0), (at_us: 400, level: 0.0)]))";
    let plain = with_device("restorative", "");
    let written = WrittenProgram::of(&plain.program, &plain.device);
    let order = format!("timeline: [(at: \"1 s\", do: SetProgram(program: {}))]", written.to_ron());
    let scenario = with_device("restorative", &format!("{full}, {order}"));
    let Command::Device(DeviceCommand::SetProgram(program)) = &scenario.timeline[0].command else { panic!() };
    assert_eq!(**program, plain.program);
    assert_ne!(scenario.program, plain.program);
}

/// The rates of the device that each has a period of its own read back as they were typed.
#[test]
fn verif_rates_read_back_as_they_were_typed() {
    for (device, rates) in
        [("restorative", vec![1.0, 3.0, 7.0, 20.0, 40.0]), ("cosmiic-pg4", vec![1.0, 2.5, 33.5, 99.5])]
    {
        for rate_hz in rates {
            let scenario = with_device(device, &format!("program: (both: (rate_hz: {rate_hz}))"));
            let written = WrittenProgram::of(&scenario.program, &scenario.device);
            assert_eq!(written.sides.left.rate_hz, rate_hz, "{device}");
        }
    }
}

#[test]
fn verif_a_problem_stands_at_its_field() {
    let scenario = with_device("restorative", "");
    let good = WrittenProgram::of(&scenario.program, &scenario.device);
    let problems = |change: &dyn Fn(&mut WrittenProgram)| {
        let mut draft = good.clone();
        change(&mut draft);
        draft.problems(maker(&scenario))
    };
    let off_grid = problems(&|draft| draft.sides.right.amplitude_ma = 1.23);
    let sentence = "found 1.23; the device steps by 0.05 mA; the nearest that it can make are 1.2 and 1.25 mA";
    assert_eq!(off_grid, [problem(Some(Side::Right), Some("amplitude_ma"), sentence)]);
    let contacts = problems(&|draft| draft.sides.left.anodes = draft.sides.left.cathodes);
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert_eq!((contacts[0].side, contacts[0].field), (Some(Side::Left), None));
    assert!(contacts[0].message.starts_with("E"), "{}", contacts[0].message);
    let whole = problems(&|draft| draft.session_length = SimTime::from_secs(90));
    assert_eq!((whole[0].side, whole[0].field), (None, Some("session")), "{whole:?}");
    let beyond = problems(&|draft| {
        for side in Side::BOTH {
            draft.sides[side].safe_amplitude_ma = 7.0;
        }
        (draft.sides.left.amplitude_ma, draft.sides.left.width_us) = (7.0, 500.0);
    });
    assert_eq!(beyond.len(), 1, "{beyond:?}");
    assert_eq!((beyond[0].side, beyond[0].field), (Some(Side::Left), None), "{beyond:?}");
    assert!(beyond[0].message.starts_with("on the left, "), "{beyond:?}");
}

#[test]
fn verif_amplitudes_alone_are_set_and_all_else_replaces_the_program() {
    let scenario = with_device("restorative", "");
    let from = WrittenProgram::of(&scenario.program, &scenario.device);
    let orders = |change: &dyn Fn(&mut WrittenProgram)| {
        let mut to = from.clone();
        change(&mut to);
        write::orders(&from, &to)
    };
    assert_eq!(orders(&|_| {}), [""; 0]);
    assert_eq!(orders(&|to| to.sides.left.amplitude_ma = 1.5), ["SetAmplitude(side: Left, amplitude_ma: 1.5)"]);
    let both = orders(&|to| Side::BOTH.into_iter().for_each(|side| to.sides[side].amplitude_ma = 2.0));
    assert_eq!(both, ["SetAmplitude(side: Both, amplitude_ma: 2)"]);
    let each = orders(&|to| (to.sides.left.amplitude_ma, to.sides.right.amplitude_ma) = (1.0, 2.0));
    assert_eq!(each.len(), 2, "{each:?}");
    let whole = orders(&|to| (to.sides.left.amplitude_ma, to.sides.left.width_us) = (1.0, 100.0));
    assert_eq!(whole.len(), 1);
    // What is given is what a file can hold.
    for order in each.iter().chain(&whole).chain(&both) {
        let timeline = format!("timeline: [(at: \"1 s\", do: {order})]");
        assert_eq!(with_device("restorative", &timeline).timeline.len(), 1);
    }
}

/// Numbers, spans and shapes of a side, which the device takes or not.
type Change = ((i64, i64, i64, i64), (i64, i64, i64, i64), (usize, i64, u8, bool, bool, usize));

fn change() -> impl Strategy<Value = Change> {
    let numbers = (0..140_i64, 25..500_i64, 1..80_i64, 0..20_i64);
    let spans = (1..20_i64, 20..60_i64, 0..6_i64, 0..6_i64);
    (numbers, spans, (0..3_usize, 0..5_i64, 1..4_u8, any::<bool>(), any::<bool>(), 0..4_usize))
}

fn changed(mut draft: WrittenProgram, (numbers, spans, shape): Change) -> WrittenProgram {
    let side = &mut draft.sides.right;
    side.amplitude_ma = numbers.0 as f64 / 20.0;
    side.width_us = numbers.1 as f64;
    side.rate_hz = numbers.2 as f64 / 2.0;
    side.interphase_gap_us = numbers.3 as f64 * 10.0;
    [side.on, side.off] = [spans.0, spans.1].map(SimTime::from_secs);
    [side.ramp_up, side.ramp_down] = [spans.2, spans.3].map(|halves| SimTime::from_nanos(halves * 500_000_000));
    side.phase_order = PhaseOrder::ALL[shape.0].1;
    side.recharge = if shape.1 == 0 { Recharge::Passive } else { Recharge::Active { times: shape.1 } };
    let period = SimTime::from_nanos(if shape.2 > 1 { 5_000_000 } else { 0 });
    side.burst = Burst { pulses: shape.2, period };
    if shape.3 {
        let edge = |us: i64, level_ppm| Edge { at: SimTime::from_nanos(us * 1000), level_ppm };
        side.edges = vec![edge(0, 1_000_000), edge(100 + numbers.1, -333_333), edge(900, 0)];
    }
    if shape.4 {
        (side.cathodes, side.anodes) = (side.anodes.without(4), side.cathodes.with(4));
    }
    draft.coordination = Coordination::ALL[shape.5].1;
    draft.session_times = vec![SimTime::from_secs(3600 * 8), SimTime::from_secs(3600 * 20 + 60)];
    draft
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// A program is written so that it reads as the same; one that has problems is refused by a file for the same
    /// number of reasons.
    #[test]
    fn verif_written_and_read_again(change in change(), device in prop::sample::select(DEVICES.to_vec())) {
        let scenario = with_device(device, "");
        let draft = changed(WrittenProgram::of(&scenario.program, &scenario.device), change);
        let text = therapy("10 min", &format!("program: {}", draft.to_ron()))
            .replace("device: \"restorative\"", &format!("device: \"{device}\""));
        let problems = draft.problems(maker(&scenario));
        match Scenario::from_text("draft.ron", &text, std::path::Path::new(".")) {
            Ok(read) => {
                prop_assert_eq!(&problems, &[]);
                prop_assert_eq!(&read.program, &draft.program(&scenario.device));
                // The device's program, written, is the device's program.
                let again = WrittenProgram::of(&read.program, &scenario.device);
                prop_assert_eq!(again.program(&scenario.device), read.program);
                prop_assert_eq!(again.problems(maker(&scenario)), []);
            }
            Err(_) => prop_assert!(!problems.is_empty(), "{}", draft.to_ron()),
        }
    }
}

/// Runs a scenario: the device and the reasons for what it ignored, in the order of time.
fn run(scenario: &Scenario, tick: Option<SimTime>) -> (Simulation, Vec<String>) {
    let mut simulation = Simulation::new(scenario, tick);
    simulation.advance_to(scenario.duration).unwrap_or_else(|fault| panic!("{fault}"));
    let reason = |event: Event| match event.kind {
        EventKind::CommandIgnored { reason } => Some(reason),
        _ => None,
    };
    let ignored = simulation.take_events().into_iter().filter_map(reason).collect();
    (simulation, ignored)
}

fn pulses(simulation: &Simulation) -> [u64; 2] {
    Side::BOTH.map(|side| simulation.generator().pulses(side))
}

/// The accounts are closed once a second while it runs, whoever looks.
#[test]
fn verif_a_single_pulse_is_one_pulse() {
    let text = |side: &str| {
        let fields = "program: (both: (amplitude_ma: 2.0, ramp_up: \"1 s\", ramp_down: \"1 s\")), timeline: [";
        therapy("10 s", &format!("{fields}(at: \"1500 ms\", do: SinglePulse(side: {side}))]"))
    };
    let alone = crate::summary(&scenario(&text("Left")));
    assert_eq!((alone.left.pulses, alone.right.pulses), (1, 0));
    let width_us = scenario(&text("Left")).program.sides.left.width.nanos() as f64 / 1e3;
    assert!((alone.left.charge.delivered_uc - 2e-3 * width_us).abs() < 1e-9, "{:?}", alone.left.charge);
    assert_eq!(alone.right.charge.delivered_uc, 0.0);
    assert!(alone.left.peak_force_n > 0.0 && alone.right.peak_force_n == 0.0);

    let both = scenario(&text("Both"));
    let (straight, ignored) = run(&both, None);
    assert_eq!((pulses(&straight), ignored), ([1, 1], vec![]));
    assert_eq!(straight.generator().state(), State::Idle);
    for tick_ns in [1_234_567, 7_777_777, 1_500_000_000] {
        let tick = SimTime::from_nanos(tick_ns);
        assert_eq!(run(&both, Some(tick)).0.digest(), straight.digest(), "{tick}");
    }
}

#[test]
fn verif_a_single_burst_alternates_and_the_battery_pays() {
    let fields = |timeline: &str| {
        format!(
            "program: (both: (amplitude_ma: 1.0, phase_order: Alternating, recharge: Passive, \
             burst: (pulses: 3, period_us: 5000))), timeline: [{timeline}]"
        )
    };
    let pulse = |at: u32| format!("(at: \"{at} s\", do: SinglePulse(side: Right)), ");
    let (one, _) = run(&scenario(&therapy("20 s", &fields(&pulse(1)))), None);
    let (two, _) = run(&scenario(&therapy("20 s", &fields(&(pulse(1) + &pulse(5))))), None);
    let (none, _) = run(&scenario(&therapy("20 s", &fields(""))), None);
    assert_eq!([&none, &one, &two].map(|simulation| pulses(simulation)[1]), [0, 3, 6]);
    let left_mah = [&none, &one, &two].map(|simulation| simulation.generator().battery.remaining_mah());
    assert!(left_mah[0] > left_mah[1] && left_mah[1] > left_mah[2], "{left_mah:?}");
}

#[test]
fn verif_no_single_pulse_where_no_session_could_begin() {
    let ignored = |fields: &str| run(&scenario(&therapy("30 s", fields)), None).1;
    let at = |at: u32, what: &str| format!("(at: \"{at} s\", do: {what}), ");
    let pulse = "SinglePulse(side: Left)";
    let amplitude = "program: (both: (amplitude_ma: 1.0))";
    let during = format!("{amplitude}, timeline: [{}{}]", at(1, "StartSession"), at(5, pulse));
    assert_eq!(ignored(&during), ["a session runs"]);
    let test = format!("{amplitude}, timeline: [{}{}]", at(1, "TestImpedance"), at(1, pulse));
    assert_eq!(ignored(&test), ["the device is in the state testing"]);
    let off = format!("{amplitude}, timeline: [{}{}]", at(1, "BrownOut(for: \"9 s\")"), at(5, pulse));
    assert_eq!(ignored(&off), ["the device does not answer"]);
    let other = format!("program: (coordination: RightOnly), timeline: [{}]", at(1, pulse));
    assert_eq!(ignored(&other), ["the program does not stimulate that side"]);
    let message = format!("Message(number: 1, command: {pulse})");
    let carried = format!("{amplitude}, timeline: [{}{}]", at(1, "ConnectProgrammer"), at(2, &message));
    let (simulation, reasons) = run(&scenario(&therapy("30 s", &carried)), None);
    assert_eq!((pulses(&simulation), reasons), ([1, 0], vec![]));
}

/// A pulse that passes a limit is as if a session had made it.
#[test]
fn verif_a_single_pulse_that_is_not_balanced_stops_the_device() {
    let fields = "program: (both: (amplitude_ma: 3.0)), timeline: [(at: \"1 s\", do: LosePhase(phase: Recharge)), \
                  (at: \"2 s\", do: SinglePulse(side: Both)), (at: \"9 s\", do: SinglePulse(side: Right))]";
    let (simulation, ignored) = run(&scenario(&therapy("20 s", fields)), None);
    assert_eq!(simulation.generator().state(), State::Fault);
    assert_eq!((pulses(&simulation), ignored), ([1, 0], vec!["the device is in the state fault".to_string()]));
}
