//! A fibre soon after it has fired, and the action potential itself.

use stimtwin::nerve::axon::cable::{Cable, End, Ends};
use stimtwin::nerve::axon::gates::LANES;
use stimtwin::nerve::axon::parameters::Geometry;
use stimtwin::nerve::axon::recovery::{Recovery, recovery, train_task};
use stimtwin::nerve::axon::setup::Setup;
use stimtwin::nerve::axon::threshold::{TOLERANCE, Threshold, thresholds};
use stimtwin::time::SimTime;

fn micros(us: f64) -> SimTime {
    SimTime::from_nanos((us * 1e3).round() as i64)
}

fn after(diameters: &[f64], intervals_ms: &[f64], step_us: f64) -> Vec<Recovery> {
    let setups: Vec<Setup> = diameters.iter().map(|&diameter| Setup::new(diameter, 2.0, micros(214.0))).collect();
    let intervals: Vec<SimTime> = intervals_ms.iter().map(|ms| micros(ms * 1e3)).collect();
    let asked: Vec<(Setup, &[SimTime])> = setups.iter().map(|setup| (*setup, intervals.as_slice())).collect();
    recovery(&asked, micros(step_us), TOLERANCE)
}

/// The trace of ModelDB 3810: 10 µm, 21 nodes, 2 nA for 0.1 ms into the node in the middle after 1 ms, step 5 µs. Its
/// highest points are 30.923 mV at 1.100 ms there and 28.477 mV at 1.235 ms five nodes on.
#[test]
fn val_the_action_potential_of_the_published_model() {
    let mut cable = Cable::new(0.005, 21);
    cable.place(0, &Geometry::at(10.0), 21, Ends(End::Active, End::Active));
    cable.rest_gates();
    let mut highest = [(f64::NEG_INFINITY, 0.0); 2];
    for step in 0..600 {
        let from = (step as f64 + 0.5) * 0.005;
        cable.inject(10, [if (1.0..1.1).contains(&from) { 2.0 } else { 0.0 }; LANES]);
        cable.step(&[0.0; LANES]);
        let at_ms = (step + 1) as f64 * 0.005;
        for (highest, node) in highest.iter_mut().zip([10, 15]) {
            if cable.node_mv(node, 0) > highest.0 {
                *highest = (cable.node_mv(node, 0), at_ms);
            }
        }
    }
    println!("highest: {highest:?}");
    for ((mv, ms), (expected_mv, expected_ms)) in highest.into_iter().zip([(30.923, 1.100), (28.477, 1.235)]) {
        assert!((mv - expected_mv).abs() < 0.01, "{mv} mV for {expected_mv}");
        assert!((ms - expected_ms).abs() < 0.0051, "{ms} ms for {expected_ms}");
    }
}

/// The phases that people have (Kopec 1978: absolutely refractory for 2.5 to 3 ms, relatively to about 5 ms, at skin
/// temperature; the model is at 37 °C and about twice as fast), each where the model has it.
#[test]
fn val_refractory_supernormal_and_late_subnormal_phases() {
    let found = after(&[5.7, 10.0, 16.0], &[0.6, 1.0, 1.15, 1.5, 3.0, 5.0, 10.0, 30.0, 200.0], 5.0);
    for found in &found {
        assert!(found.after[..2].iter().all(|answer| answer.ma().is_none()), "refractory: {found:?}");
        let factors: Vec<f64> = found.factors()[2..].iter().map(|factor| factor.expect("a threshold")).collect();
        println!("factors from 1.15 ms on: {factors:?}");
        assert!(factors[0] > 1.3 && factors[0] > factors[1], "relatively refractory: {factors:?}");
        assert!(factors[2].min(factors[3]) < 0.96, "supernormal: {factors:?}");
        assert!(factors[5] > 1.04, "late subnormal: {factors:?}");
        assert!((factors[6] - 1.0).abs() < 1e-3, "at rest again: {factors:?}");
    }
}

#[test]
fn regress_the_table_of_recovery() {
    let table: Vec<Vec<f64>> = include_str!("../../assets/nerve/mrg_recovery.csv")
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.split(',').map(|field| field.parse().expect("a number")).collect())
        .collect();
    let (diameters, intervals) = ([5.7, 12.8], [1.2, 2.0, 6.0]);
    for (diameter, found) in diameters.into_iter().zip(after(&diameters, &intervals, 2.0)) {
        for (interval, factor) in intervals.into_iter().zip(found.factors()) {
            let row = table.iter().find(|row| row[0] == diameter && row[1] == interval).expect("a row");
            let factor = factor.expect("a threshold");
            assert!((factor / row[2] - 1.0).abs() < 2e-4, "{diameter} µm, {interval} ms: {factor} for {}", row[2]);
        }
    }
}

/// An action potential of the first pulse that is still on its way to where a second is looked for does not count.
#[test]
fn verif_the_first_spike_does_not_count_and_what_comes_earlier_is_whole() {
    let setup = Setup::new(16.0, 2.0, micros(60.0));
    let soon = [micros(60.0), micros(150.0), micros(250.0)];
    let found = recovery(&[(setup, &soon)], micros(5.0), TOLERANCE);
    assert!(found[0].after.iter().all(|answer| answer.ma().is_none()), "{found:?}");
    // Among others, on any number of threads, and with intervals beside it, an answer keeps its bits.
    let alone = after(&[10.0], &[2.0], 5.0)[0].after[0];
    assert_eq!(after(&[5.7, 10.0, 16.0], &[1.5, 2.0, 4.0], 5.0)[1].after[1], alone);
}

/// Ten pulses far apart are followed at the threshold of one; at a rate at which the last spike lingers they need less
/// or more, as a second pulse does.
#[test]
fn verif_a_train_needs_what_its_recovery_says() {
    let setup = Setup::new(10.0, 2.0, micros(214.0));
    let one = after(&[10.0], &[1.4, 10.0], 10.0).remove(0);
    let rest = one.rest.ma().expect("a threshold");
    let at = |pulses, period_us| {
        let task = train_task(&setup, pulses, micros(period_us), micros(10.0));
        thresholds(&[task], micros(10.0))[0].ma().expect("a threshold") / rest
    };
    assert!((at(1, 1000.0) - 1.0).abs() < 1e-4);
    // A supernormal second pulse needs less than the first, so that a pair needs what the first needs.
    assert!((at(2, 10_000.0) - 1.0).abs() < 1e-4);
    let fast = at(3, 1400.0);
    println!("three pulses every 1.4 ms: {fast}; one interval: {:?}", one.factors());
    assert!(fast > 1.1, "{fast}");
    let task = train_task(&setup, 3, micros(500.0), micros(10.0));
    let refractory = thresholds(&[task], micros(10.0))[0];
    assert!(!matches!(refractory, Threshold::At(ma) if ma < 10.0 * rest), "{refractory:?}");
}
