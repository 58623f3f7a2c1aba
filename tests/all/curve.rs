//! The curves of `stimtwin threshold --curve`: their fits against independent ones, what people were measured to have,
//! and what the command line takes and refuses.

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use stimtwin::nerve::axon::setup::{Polarity, Setup};
use stimtwin::nerve::axon::threshold::{Task, Threshold, thresholds};
use stimtwin::run::curve::{Ask, Curve, Fit, Kind, over_distance, weiss};
use stimtwin::time::SimTime;

use crate::root;

fn micros(us: f64) -> SimTime {
    SimTime::from_nanos((us * 1e3).round() as i64)
}

fn numbers(line: &str) -> Vec<f64> {
    line.split(',').map(|field| field.parse().expect("a number")).collect()
}

/// Widths and thresholds at no step, by diameter and distance in tenths.
fn reference() -> BTreeMap<(u32, u32), Vec<(f64, f64)>> {
    let mut found: BTreeMap<(u32, u32), Vec<(f64, f64)>> = BTreeMap::new();
    for row in include_str!("../reference/mrg_reference.csv").lines().skip(1).map(numbers) {
        found
            .entry(((row[0] * 10.0).round() as u32, (row[1] * 10.0).round() as u32))
            .or_default()
            .push((row[2], row[7]));
    }
    found
}

#[test]
fn val_rheobase_and_chronaxie_of_the_reference_thresholds() {
    let reference = reference();
    let mut compared = 0;
    for row in include_str!("../reference/mrg_fits.csv").lines().skip(1).map(numbers) {
        let key = ((row[0] * 10.0).round() as u32, (row[1] * 10.0).round() as u32);
        let Some(points) = reference.get(&key).filter(|points| points.len() == 7) else { continue };
        let Some(Fit::Weiss { rheobase_ma, chronaxie_us, off }) = weiss(points) else { panic!("no fit of {key:?}") };
        assert!((rheobase_ma / row[2] - 1.0).abs() < 1e-3, "{key:?}: {rheobase_ma} mA for {}", row[2]);
        assert!((chronaxie_us / row[3] - 1.0).abs() < 1e-3, "{key:?}: {chronaxie_us} µs for {}", row[3]);
        assert!((off - row[4]).abs() < 1e-3, "{key:?}: {off} for {}", row[4]);
        compared += 1;
    }
    assert!(compared >= 28, "{compared} fits");
}

#[test]
fn verif_a_law_is_found_in_points_that_follow_it() {
    let law = [20.0, 60.0, 200.0, 1000.0].map(|width: f64| (width, 0.3 * (1.0 + 250.0 / width)));
    let Some(Fit::Weiss { rheobase_ma, chronaxie_us, off }) = weiss(&law) else { panic!("no fit") };
    assert!((rheobase_ma - 0.3).abs() < 1e-6 && (chronaxie_us - 250.0).abs() < 1e-3 && off < 1e-6);
    let law = [0.5, 1.0, 4.0, 10.0].map(|d: f64| (d, 0.02 + 0.05 * d * d));
    let Some(Fit::Distance { start_ma, k_ma_per_mm2, .. }) = over_distance(&law) else { panic!("no fit") };
    assert!((start_ma - 0.02).abs() < 1e-6 && (k_ma_per_mm2 - 0.05).abs() < 1e-6);
    let law = [0.5, 1.0, 4.0, 10.0].map(|d: f64| (d, 0.1 * d * d.sqrt()));
    let Some(Fit::Distance { exponent, .. }) = over_distance(&law) else { panic!("no fit") };
    assert!((exponent - 1.5).abs() < 1e-9);
    assert!(weiss(&[(1.0, 1.0), (2.0, 1.0)]).is_none());
}

fn ask(kind: Kind, diameters_um: &[f64], distances_mm: &[f64], widths_us: &[f64]) -> Ask {
    Ask {
        kind,
        base: Setup::new(10.0, 2.0, micros(214.0)),
        diameters_um: diameters_um.to_vec(),
        distances_mm: distances_mm.to_vec(),
        widths: widths_us.iter().copied().map(micros).collect(),
        intervals: Vec::new(),
        step: micros(5.0),
    }
}

fn chronaxie_us(curve: &Curve) -> f64 {
    let Some(Fit::Weiss { chronaxie_us, .. }) = curve.fit else { panic!("{curve:?}") };
    chronaxie_us
}

/// Mogyoros 1996 measured 459 ± 126 µs in human motor axons, which lie millimetres below the skin's electrode.
#[test]
fn val_chronaxie_is_where_people_have_it_and_rises_with_distance() {
    let widths = [30.0, 60.0, 90.0, 120.0, 214.0, 300.0, 500.0];
    let curves = ask(Kind::StrengthDuration, &[8.7, 11.5, 14.0], &[1.0, 5.0, 10.0], &widths).curves();
    for of_diameter in curves.chunks(3) {
        let found: Vec<f64> = of_diameter.iter().map(chronaxie_us).collect();
        println!("{}: chronaxies {found:?} µs", of_diameter[0].name);
        assert!(found.is_sorted(), "{found:?}");
        assert!(found[1..].iter().all(|us| (333.0..585.0).contains(us)), "{found:?}");
    }
}

/// A cuff on branches of the human femoral nerve needed 23.3 ± 8.5 nC (PMC2928075). The largest fibres need 14.4 nC at
/// 1 mm, a little less than that range.
#[test]
fn val_threshold_charge_beside_the_nerve_is_what_a_cuff_needed() {
    let curves = ask(Kind::CurrentDistance, &[10.0, 12.8], &[1.0, 1.5], &[214.0]).curves();
    for point in curves.iter().flat_map(|curve| &curve.points) {
        let charge_nc = point.threshold.ma().expect("a threshold") * 214.0;
        println!("{} µm at {} mm: {charge_nc:.1} nC", point.setup.diameter_um, point.setup.distance_mm);
        assert!((23.3 - 8.5..23.3 + 8.5).contains(&charge_nc), "{point:?}: {charge_nc} nC");
    }
}

/// Whatever the guess, the answer is the same to the tolerance: from a guess fifty times too high the fibre is excited
/// and blocked by the flanks of its own field, which is neither silence nor a threshold.
#[test]
fn verif_no_guess_changes_a_threshold() {
    let step = micros(10.0);
    let bipolar = Setup { return_mm: Some(0.3), ..Setup::new(10.0, 0.1, micros(100.0)) };
    let anodic = |diameter, distance, width| Setup {
        polarity: Polarity::Anodic,
        ..Setup::new(diameter, distance, micros(width))
    };
    let setups = [
        Setup::new(10.0, 0.1, micros(1.0)),
        Setup::new(16.0, 0.1, micros(5000.0)),
        Setup::new(5.7, 1.0, micros(200.0)),
        Setup::new(16.0, 30.0, micros(5000.0)),
        Setup::new(16.0, 30.0, micros(1.0)),
        anodic(10.0, 1.0, 60.0),
        anodic(16.0, 30.0, 200.0),
        bipolar,
        Setup { polarity: Polarity::Anodic, ..bipolar },
        Setup { return_mm: Some(-3.0), width: micros(1.0), ..bipolar },
    ];
    let factors = [1.0, 50.0, 0.02, 6.0];
    let tasks: Vec<Task> = setups
        .iter()
        .flat_map(|setup| factors.map(|_| setup.task(step)).into_iter().zip(factors))
        .map(|(task, factor)| Task { guess_ma: factor * task.guess_ma, ..task })
        .collect();
    let found = thresholds(&tasks, step);
    for (setup, found) in setups.iter().zip(found.chunks(factors.len())) {
        let ma: Vec<f64> = found.iter().map(|answer| answer.ma().expect("a threshold")).collect();
        assert!(ma.iter().all(|ma_here| (ma_here / ma[0] - 1.0).abs() < 1.5e-4), "{setup:?}: {ma:?}");
    }
    // What it is at: a little less is silent, a little more fires, also where no search has gone.
    let within = |factor: f64, limit: f64| Task { guess_ma: 1e-3, limit_ma: factor * limit, ..setups[2].task(step) };
    let ma = found[2 * factors.len()].ma().expect("a threshold");
    let around = thresholds(&[within(0.999, ma), within(1.001, ma)], step);
    assert_eq!(around[0], Threshold::NoneBelow(0.999 * ma));
    assert!(around[1].ma().is_some(), "{around:?}");
}

fn threshold(arguments: &[&str]) -> Output {
    crate::program().arg("threshold").args(arguments).current_dir(root()).output().expect("the program runs")
}

#[test]
fn verif_a_curve_comes_as_csv_and_as_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, out) = (folder.path().join("a.svg"), folder.path().join("a.csv"));
    let (picture, out) = (picture.to_str().unwrap(), out.to_str().unwrap());
    let arguments = ["--curve", "strength-duration", "--width", "50us..1ms", "--points", "4", "--step", "10us"];
    let files = ["--picture", picture, "--out", out];
    let made = threshold(&[&arguments[..], &files[..]].concat());
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let text = fs::read_to_string(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# 10 µm, 2 mm: rheobase 0."), "{text}");
    assert_eq!(lines[1], "fiber_diameter_um,distance_mm,width_us,threshold_ma,charge_nc");
    assert!(lines.len() == 6 && lines[2].starts_with("10,2,50,") && lines[5].starts_with("10,2,1000,"), "{text}");
    let svg = fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("chronaxie"), "{svg}");
    let again = threshold(&[&arguments[..], &["--picture", picture]].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8(again.stderr).unwrap().contains("--overwrite"));
}

#[test]
fn verif_curves_that_cannot_be_drawn_exit_with_2() {
    for (arguments, words) in [
        (&["--curve", "straight"][..], "strength-duration"),
        (&["--curve", "recovery", "--interval", "100us..10ms"], "shorter than the pulse"),
        (&["--curve", "recovery", "--diameter", "20"], "allowed is 5.7 to 16"),
        (&["--curve", "current-distance", "--distance", "10..1"], "a range rises"),
        (&["--curve", "current-distance", "--distance", "1,1"], "a list rises"),
        (&["--curve", "current-distance", "--width", "214"], "no unit"),
        (&["--curve", "current-distance", "--gap", "30us"], "--phases 2"),
        (&["--curve", "current-distance", "--return", "0.01"], "0.1 mm"),
        (&["--curve", "current-distance", "--picture", "a.jpg"], ".svg or .png"),
        (&["--curve", "current-distance", "--rows", "docs/threshold_rows.csv"], "cannot be used with"),
        (&["--rows", "docs/threshold_rows.csv", "--distance", "2"], "cannot be used with"),
        (&["--rows", "docs/threshold_rows.csv", "--tolerance", "0"], "1e-6 to 0.1"),
    ] {
        let output = threshold(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(words) && output.stdout.is_empty(), "{arguments:?}: {told}");
    }
}
