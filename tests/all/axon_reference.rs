//! The double-cable axon against NEURON and an independent solver: `tests/reference/README.md`.

use stimtwin::nerve::axon::setup::{Polarity, Setup};
use stimtwin::nerve::axon::threshold::thresholds;
use stimtwin::time::SimTime;

fn micros(us: f64) -> SimTime {
    SimTime::from_nanos((us * 1e3).round() as i64)
}

/// Thresholds in mA, all of which are found.
fn solve(setups: &[Setup], step_us: f64) -> Vec<f64> {
    let step = micros(step_us);
    let tasks: Vec<_> = setups.iter().map(|setup| setup.task(step)).collect();
    thresholds(&tasks, step).into_iter().map(|threshold| threshold.expect("a threshold")).collect()
}

/// How far the values found are from those expected, at most and in the root mean square, as shares of them.
fn deviation(found: &[f64], expected: &[f64]) -> (f64, f64) {
    assert_eq!(found.len(), expected.len());
    let off = |(found, expected): (&f64, &f64)| found / expected - 1.0;
    let offs: Vec<f64> = found.iter().zip(expected).map(off).collect();
    let greatest = offs.iter().fold(0.0, |most: f64, off| most.max(off.abs()));
    (greatest, (offs.iter().map(|off| off * off).sum::<f64>() / offs.len() as f64).sqrt())
}

/// Every `nth` row of the thresholds: what is asked for, and at 2 µs, 1 µs and no step at all.
fn reference(nth: usize) -> (Vec<Setup>, [Vec<f64>; 3]) {
    let text = include_str!("../reference/mrg_reference.csv");
    let (mut setups, mut columns): (Vec<Setup>, [Vec<f64>; 3]) = Default::default();
    for line in text.lines().skip(1).step_by(nth) {
        let row: Vec<f64> = line.split(',').map(|field| field.parse().expect("a number")).collect();
        setups.push(Setup::new(row[0], row[1], micros(row[2])));
        columns.iter_mut().zip(&row[5..]).for_each(|(column, value)| column.push(*value));
    }
    (setups, columns)
}

#[test]
fn val_thresholds_at_a_step_of_2_us() {
    let nth = std::env::var("EVERY").map_or(8, |n| n.parse().unwrap());
    let (setups, [at_2_us, ..]) = reference(nth);
    let at = std::time::Instant::now();
    let found = solve(&setups, 2.0);
    println!("{} rows {:?}: {:?}", found.len(), at.elapsed(), deviation(&found, &at_2_us));
    for (setup, (found, expected)) in setups.iter().zip(found.iter().zip(&at_2_us)) {
        println!("{} {} {}: {} {}", setup.diameter_um, setup.distance_mm, setup.width, found, found / expected - 1.0);
    }
}
