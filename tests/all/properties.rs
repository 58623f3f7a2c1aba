//! What holds for any scenario: random programs, timelines and faults.
//!
//! Thresholds: guesses; a surrogate for each random program would be nearly all of the work.

use proptest::prelude::*;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use crate::{scenario, therapy};

/// A command of the timeline, as it is written.
fn command() -> impl Strategy<Value = String> {
    let side = prop_oneof![Just("Left"), Just("Right"), Just("Both")];
    prop_oneof![
        Just("StartSession".to_string()),
        Just("StopSession".to_string()),
        side.clone().prop_map(|side| format!("SinglePulse(side: {side})")),
        Just("ScheduleOff".to_string()),
        Just("ScheduleOn".to_string()),
        (side.clone(), 0..=100_i32)
            .prop_map(|(side, n)| format!("SetAmplitude(side: {side}, amplitude_ma: {:.2})", f64::from(n) * 0.05)),
        side.clone().prop_map(|side| format!("DisconnectLead(side: {side})")),
        (side.clone(), 0..4).prop_map(|(side, n)| format!("BreakConductor(side: {side}, contact: E{n})")),
        (side.clone(), 0..100_000).prop_map(|(side, ohm)| format!("SeriesResistance(side: {side}, ohm: {ohm})")),
        side.prop_map(|side| format!("RepairLead(side: {side})")),
        (0..100).prop_map(|n| format!("Adherence(chance: 0.{n:02})")),
        (0..100).prop_map(|n| format!("Activity(level: 0.{n:02})")),
        (1..48).prop_map(|hours| format!("Away(for: \"{hours} h\")")),
    ]
}

/// The program of one side, as it is written.
fn side_program() -> impl Strategy<Value = String> {
    (
        (0..=100_i32, 25..=400_i32, 1..=40_i32, 0..=20_i32),
        (2..=10_i32, 20..=30_i32, 0..=2_i32, 0..=2_i32),
        prop_oneof![Just("Active(times: 1)"), Just("Active(times: 5)"), Just("Passive")],
        prop_oneof![Just("CathodicFirst"), Just("AnodicFirst")],
        prop_oneof![Just(("E0", "E1")), Just(("E1, E2", "Case")), Just(("E3", "E0, E1, E2"))],
    )
        .prop_map(|((amplitude, width, rate, gap), (on, off, up, down), recharge, order, (cathodes, anodes))| {
            let (amplitude_ma, gap_us) = (f64::from(amplitude) * 0.05, gap * 10);
            let (up, down) = (f64::from(up) * 0.5, f64::from(down) * 0.5);
            format!(
                "(amplitude_ma: {amplitude_ma:.2}, width_us: {width}, rate_hz: {rate}, interphase_gap_us: {gap_us}, \
                 on: \"{on} s\", off: \"{off} s\", ramp_up: \"{up} s\", ramp_down: \"{down} s\", recharge: {recharge}, \
                 phase_order: {order}, cathodes: [{cathodes}], anodes: [{anodes}])"
            )
        })
}

/// Half a day around midnight, with what happens in it.
fn any_scenario() -> impl Strategy<Value = String> {
    let coordination = prop_oneof![Just("Together"), Just("LeftOnly"), Just("RightOnly")];
    let timeline = prop::collection::vec((0..1_800_000_i64, command()), 0..12);
    (side_program(), side_program(), coordination, timeline, 0..1000_u64).prop_map(
        |(left, right, coordination, timeline, seed)| {
            let timeline: String =
                timeline.iter().map(|(at, command)| format!("(at: \"{at} ms\", do: {command}), ")).collect();
            therapy(
                "30 min",
                &format!(
                    "seed: {seed}, starts_at: \"23:50\", adherence: 0.7, \
                     program: (session: \"5 min\", session_times: [\"00:02\", \"23:53\"], \
                       coordination: {coordination}, left: {left}, right: {right}), timeline: [{timeline}],"
                ),
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The invariants hold at every second, charge balances, and neither tick nor chunks matter.
    #[test]
    fn verif_any_scenario(text in any_scenario(), tick_ns in 20_000_000..5_000_000_000_i64) {
        let scenario = scenario(&text);
        let mut straight = Simulation::new(&scenario, None);
        straight.advance_to(scenario.duration).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        let tick = SimTime::from_nanos(tick_ns);
        let mut ticking = Simulation::new(&scenario, Some(tick));
        while ticking.now() < scenario.duration {
            ticking.advance_to(ticking.now() + tick * 3).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        }
        prop_assert_eq!(straight.digest(), ticking.digest());
        let times = |simulation: &mut Simulation| {
            simulation.take_events().iter().map(|event| event.at).collect::<Vec<_>>()
        };
        let events = times(&mut straight);
        prop_assert!(events.is_sorted(), "events in the order of time");
        prop_assert_eq!(events, times(&mut ticking));
    }

    /// Mirrored programs on mirrored leads: what differs between the sides is their axons alone.
    #[test]
    fn verif_charge_is_the_same_on_both_sides_under_one_program(program in side_program()) {
        let text = therapy("2 min", &format!(
            "program: (session: \"2 min\", both: {program}), timeline: [(at: \"0 s\", do: StartSession)],"
        ));
        let summary = crate::summary(&scenario(&text));
        prop_assert_eq!(summary.left.pulses, summary.right.pulses);
        prop_assert_eq!(summary.left.charge, summary.right.charge);
    }
}
