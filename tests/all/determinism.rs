//! The same scenario gives the same bits, however it is run.
//!
//! Thresholds: guesses in scenarios of its own, for it is about ticks and bits; those of the axon in shipped ones.

use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res};
use stimtwin::muscle::body::Muscle;
use stimtwin::record::digest::RunDigest;
use stimtwin::scenario::Scenario;
use stimtwin::sim::{SimSystems, SimTick, Simulation, Window};
use stimtwin::time::SimTime;

use crate::{scenario, shipped, summary, therapy};

fn digest(scenario: &Scenario, tick: Option<&str>) -> RunDigest {
    let tick = tick.map(|tick| tick.parse().expect("a time"));
    let mut simulation = Simulation::new(scenario, tick);
    simulation.advance_to(scenario.duration).unwrap_or_else(|fault| panic!("{fault}"));
    simulation.digest()
}

/// A day in which everything happens: ramps, alternating sides, faults, odd rates and instants, midnight, a command in
/// the middle of a train.
fn busy_day() -> Scenario {
    scenario(&therapy(
        "1 h 10 min",
        "starts_at: \"23:30\", adherence: 0.5, \
         program: (session: \"20 min\", session_times: [\"00:05\", \"23:32\"], coordination: Alternating, \
           left: (amplitude_ma: 0.9, rate_hz: 17, ramp_up: \"2 s\", ramp_down: \"1.5 s\"), \
           right: (amplitude_ma: 0.5, rate_hz: 33, recharge: Passive)), \
         timeline: [ \
           (at: \"90.0123 s\", do: StartSession), \
           (at: \"3 min 3.3 s\", do: SetAmplitude(side: Left, amplitude_ma: 0.45)), \
           (at: \"3 min 3.301 s\", do: SetAmplitude(side: Left, amplitude_ma: 0.5)), \
           (at: \"5 min\", do: SeriesResistance(side: Right, ohm: 30000)), \
           (at: \"8 min\", do: DisconnectLead(side: Right)), \
           (at: \"9 min 0.001 s\", do: RepairLead(side: Right)), \
           (at: \"day 1 00:20\", do: StopSession), \
           (at: \"day 1 00:21\", do: StartSession)],",
    ))
}

/// The first pulse after a pause repeats the last one in all but the rest before it.
#[test]
fn verif_the_tick_does_not_matter_after_a_pause() {
    let scenario = scenario(&therapy(
        "35 s",
        "program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"0 s\", do: StartSession), \
           (at: \"10 ms\", do: PauseSession), (at: \"5 s\", do: ResumeSession)],",
    ));
    let expected = digest(&scenario, None);
    for tick in ["1 ms", "20 ms", "1 s"] {
        assert_eq!(digest(&scenario, Some(tick)), expected, "tick {tick}");
    }
}

#[test]
fn verif_the_tick_does_not_matter() {
    let scenario = busy_day();
    let expected = digest(&scenario, None);
    assert!(expected.seconds() > 600, "{} seconds", expected.seconds());
    for tick in ["0.5 ms", "1 ms", "16 ms", "0.7 s", "1 s", "30 s", "10 min"] {
        assert_eq!(digest(&scenario, Some(tick)), expected, "tick {tick}");
    }
}

#[test]
fn verif_chunks_do_not_matter() {
    let scenario = busy_day();
    let expected = digest(&scenario, None);
    for nanos in [333_333_333, 7_777_777_777, 61_000_000_001] {
        let chunk = SimTime::from_nanos(nanos);
        let mut simulation = Simulation::new(&scenario, None);
        while simulation.now() < scenario.duration {
            simulation.advance_to(simulation.now() + chunk).unwrap();
        }
        assert_eq!(simulation.digest(), expected, "chunks of {chunk}");
    }
}

/// A system that drifts: it moves a state by a little in every tick.
fn drift(window: Res<Window>, mut pools: Query<&mut Muscle>) {
    if window.from < window.to {
        for mut pool in &mut pools {
            let deficit = pool.tiredness();
            pool.poison(deficit * 0.999 + 1e-9);
        }
    }
}

#[test]
fn verif_a_drifting_system_is_found() {
    let scenario = busy_day();
    let drifting = |tick: &str| {
        let mut simulation = Simulation::new(&scenario, Some(tick.parse().unwrap()));
        simulation.app_mut().add_systems(SimTick, drift.after(SimSystems::Contract).before(SimSystems::Observe));
        simulation.advance_to(SimTime::from_secs(200)).unwrap();
        simulation.digest()
    };
    assert_ne!(drifting("1 ms"), drifting("16 ms"));
}

#[test]
fn verif_a_recording_changes_no_result() {
    let bare = busy_day();
    let mut recorded = bare.clone();
    recorded.recordings = shipped("first-session").recordings;
    recorded.recordings[0].every = SimTime::from_nanos(12_345_678);
    recorded.recordings[0].until = recorded.duration;
    assert_eq!(digest(&bare, None), digest(&recorded, None));
}

#[test]
fn verif_samples_do_not_depend_on_the_tick() {
    let mut scenario = busy_day();
    scenario.recordings = shipped("first-session").recordings;
    scenario.recordings[0].every = SimTime::from_nanos(70_000_000);
    scenario.recordings[0].until = SimTime::from_secs(300);
    let rows = |tick: Option<SimTime>| {
        let mut simulation = Simulation::new(&scenario, tick);
        simulation.advance_to(SimTime::from_secs(300)).unwrap();
        simulation.take_rows()[0].clone()
    };
    let expected = rows(None);
    assert_eq!(expected.times.len(), 300_000 / 70 + 1);
    assert_eq!(rows(Some(SimTime::from_nanos(1_000_000))), expected);
}

#[test]
fn verif_another_seed_changes_what_it_should() {
    let mut scenario = scenario(&therapy(
        "20 days",
        "adherence: 0.5, program: (session_times: [\"08:00\", \"20:00\"], both: (amplitude_ma: 0.45)),",
    ));
    let one = summary(&scenario);
    assert_eq!(one, summary(&scenario));
    scenario.seed = 2;
    let two = summary(&scenario);
    assert_ne!(one.digest, two.digest);
    assert_ne!(one.sessions, two.sessions, "the patient misses other sessions");
    assert_ne!(one.left.recruited_fraction, two.left.recruited_fraction, "the axons lie elsewhere");
    assert_eq!(one.left.max_force_n.start, two.left.max_force_n.start);
}

#[test]
fn verif_two_simulations_in_one_process_do_not_touch() {
    let (a, b) = (busy_day(), shipped("titration"));
    let (alone_a, alone_b) = (digest(&a, None), digest(&b, None));
    let (mut both_a, mut both_b) = (Simulation::new(&a, None), Simulation::new(&b, None));
    for second in 1..=4200 {
        both_a.advance_to(SimTime::from_secs(second)).unwrap();
        both_b.advance_to(SimTime::from_secs(second)).unwrap();
    }
    assert_eq!((both_a.digest(), both_b.digest()), (alone_a, alone_b));
}

/// The digests of this version of the program: debug and release, this machine and any other.
///
/// A change here means that results change. If that is meant, put the new values in, and say in the commit what
/// changed.
#[test]
fn regress_digests() {
    let digests = [
        ("first-session", "d1b9c6ff3efd8243"),
        ("titration", "f64ed446c2b310a7"),
        ("lead-fault", "d0e6000b8417bf46"),
        ("sham", "625cd9f7c100899c"),
        ("faults/insulation-leak", "95da6e70a0e268ab"),
        ("faults/opennerve-missed-minute", "f90dd345e28be131"),
    ];
    for (name, expected) in digests {
        assert_eq!(digest(&shipped(name), None).to_string(), expected, "{name}");
    }
    assert_eq!(digest(&busy_day(), None).to_string(), "c6d8eee6c8a29063", "busy day");
}
