//! What a muscle's own history and its length make of its force: potentiation and force-length.

use std::fs;

use stimtwin::device::pulse::Run;
use stimtwin::muscle::cursor::Cursor;
use stimtwin::muscle::makeup::Condition;
use stimtwin::muscle::pool::MotorUnitPool;
use stimtwin::muscle::profile::MuscleProfile;
use stimtwin::nerve::volley::{FiringSet, Volley};
use stimtwin::run::muscle::muscle_profile;
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use crate::root;

const RATE: SimTime = SimTime::from_nanos(33_333_333);

fn potentiating() -> MuscleProfile {
    let path = root().join("assets/muscles/multifidus-l2-potentiating.ron");
    muscle_profile(Some(&path)).unwrap()
}

fn pool(profile: &MuscleProfile) -> MotorUnitPool {
    MotorUnitPool::new(profile, Condition { strength: 1.0, type_i_fraction: profile.type_i_fraction.value })
}

fn volley(at: SimTime) -> Volley {
    Volley { at, fired: FiringSet::first(120) }
}

/// The largest force of a twitch then, N.
fn twitch_n(pool: &MotorUnitPool, at: SimTime) -> f64 {
    let mut pool = pool.clone();
    pool.advance(&[Run { first: volley(at), count: 1, period: SimTime::ZERO }]);
    let mut cursor = Cursor::new(&pool);
    let force_n = |ms: i64| {
        cursor.go_to(at + SimTime::from_nanos(ms * 1_000_000), &pool);
        cursor.force_n(&pool)
    };
    (0..150).map(force_n).fold(0.0, f64::max)
}

/// What a twitch has grown by so long after 6 s at 30 Hz, against one before.
fn grown(profile: &MuscleProfile, after_s: i64) -> f64 {
    let mut pool = pool(profile);
    let before_n = twitch_n(&pool, SimTime::SECOND);
    pool.advance(&[Run { first: volley(SimTime::from_secs(2)), count: 180, period: RATE }]);
    twitch_n(&pool, SimTime::from_secs(8 + after_s)) / before_n - 1.0
}

/// Strong men, a maximal effort of 6 s (medRxiv 2022.04.12.22273776): twitches 29.5 % larger after 10 s and 18.5 %
/// larger after a minute. The first is what the most is fitted to; with the half-life of 28 s (Vandervoort) the second
/// is missed by 12 points.
#[test]
fn val_twitches_grow_after_a_maximal_effort() {
    let profile = potentiating();
    let [soon, later] = [10, 60].map(|after_s| 100.0 * grown(&profile, after_s));
    println!("after 10 s {soon:.1} %, after 60 s {later:.1} %");
    assert!((soon - 29.5).abs() < 1.0, "{soon}");
    assert!((later - 6.1).abs() < 0.2, "missed, and docs/muscle.md says by how much: {later}");
    let plain = MuscleProfile { potentiation: None, ..profile };
    assert!(grown(&plain, 10) < 0.0, "a muscle without potentiation is only tired");
}

#[test]
fn verif_potentiation_raises_twitches_and_not_the_tetanus() {
    let profile = potentiating();
    let plain = MuscleProfile { potentiation: None, ..profile.clone() };
    let last_n = |profile: &MuscleProfile, period: SimTime| {
        let mut pool = pool(profile);
        let count = 5_000_000_000 / period.nanos();
        pool.advance(&[Run { first: volley(SimTime::ZERO), count, period }]);
        pool.settle(SimTime::from_secs(5));
        pool.impulse_n_s()
    };
    let gain = |hz: i64| {
        let period = SimTime::from_nanos(1_000_000_000 / hz);
        last_n(&profile, period) / last_n(&plain, period)
    };
    let gains = [1, 5, 20, 100].map(gain);
    assert!(gains[1] > 1.05 && gains[1] > gains[2] && gains[2] > gains[3], "{gains:?}");
    assert!((gains[3] - 1.0).abs() < 0.005, "a tetanus is what it was: {gains:?}");
    assert_eq!(twitch_n(&pool(&profile), SimTime::ZERO), twitch_n(&pool(&plain), SimTime::ZERO));
}

/// Potentiation is advanced from pulse to pulse: how pulses are put together changes no bit.
#[test]
fn verif_runs_of_pulses_and_pulses_one_by_one_potentiate_alike() {
    let profile = potentiating();
    let (mut together, mut apart) = (pool(&profile), pool(&profile));
    let period = SimTime::from_nanos(50_000_000);
    together.advance(&[Run { first: volley(SimTime::SECOND), count: 150, period }]);
    for index in 0..150 {
        apart.advance(&[Run { first: volley(SimTime::SECOND + period * index), count: 1, period }]);
    }
    let at = SimTime::from_secs(30);
    assert_eq!(twitch_n(&together, at), twitch_n(&apart, at));
}

/// A session in which the patient bends; the file of the muscle is that of the shipped one.
fn bending(flexion_deg: f64) -> Scenario {
    crate::scenario(&format!(
        "Scenario(version: 1, name: \"bent\", seed: 1, duration: \"20 s\", patient: \"healthy\", \
         device: \"restorative\", implant: \"l2-medial-branch\", program: (both: (amplitude_ma: 3.0)), timeline: [\
         (at: \"1 s\", do: Bend(flexion_deg: {flexion_deg})), (at: \"2 s\", do: StartSession), \
         (at: \"8 s\", do: Bend(flexion_deg: 0))])"
    ))
}

/// The multifidus works on the ascending limb in vivo, 1.98 µm extended to 2.70 µm flexed: bent forward it pulls
/// harder, as far as backs bend, and bent back weaker. Upright again it pulls as it did.
#[test]
fn verif_force_follows_the_length_of_the_fascicles() {
    let forces_n = |flexion_deg: f64| {
        let scenario = bending(flexion_deg);
        let mut simulation = Simulation::new(&scenario, None);
        [SimTime::from_secs(7), SimTime::from_secs(12)].map(|at| {
            simulation.advance_to(at).unwrap();
            Side::BOTH.map(|side| simulation.side(side).muscles_at(at)[side].evoked_n)
        })
    };
    let neutral = forces_n(0.0);
    for (flexion_deg, expected) in [(-20.0, 0.895), (20.0, 1.096), (40.0, 1.128), (60.0, 1.052)] {
        let [bent, upright] = forces_n(flexion_deg);
        let factor = bent[0] / neutral[0][0];
        assert!((factor - expected).abs() < 0.005, "{flexion_deg}°: {factor}");
        assert_eq!(bent[0], bent[1], "left and right");
        // What the stretched muscle tired more by is still there; the next train is not.
        assert!((upright[0] / neutral[1][0] - 1.0).abs() < 0.02);
    }
}

#[test]
fn verif_a_bend_needs_no_tick_and_is_in_the_digest() {
    let digest = |scenario: &Scenario, tick: Option<SimTime>| {
        let mut simulation = Simulation::new(scenario, tick);
        simulation.advance_to(scenario.duration).unwrap();
        simulation.digest().to_string()
    };
    let bent = bending(30.0);
    let straight = digest(&bent, None);
    for tick_ms in [1, 16, 700] {
        assert_eq!(digest(&bent, Some(SimTime::from_nanos(tick_ms * 1_000_000))), straight);
    }
    assert_ne!(digest(&bending(31.0), None), straight);
    assert_eq!(digest(&bending(0.0), None), digest(&bending(0.0), Some(SimTime::SECOND)));
}

#[test]
fn verif_the_muscle_that_is_potentiated_is_the_other_one() {
    let file = |name: &str| fs::read_to_string(root().join(format!("assets/muscles/{name}.ron"))).unwrap();
    let other = MuscleProfile { potentiation: None, ..potentiating() };
    let plain = muscle_profile(Some(&root().join("assets/muscles/multifidus-l2.ron"))).unwrap();
    assert_eq!(MuscleProfile { name: plain.name.clone(), description: plain.description.clone(), ..other }, plain);
    assert!(file("multifidus-l2-potentiating").contains("potentiation"));
}
