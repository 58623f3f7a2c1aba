//! The motor-unit pool in protocols that were measured in people, and what holds for every force model.

use std::path::Path;
use std::process::Output;

use stimtwin::device::pulse::Run;
use stimtwin::muscle::force::stimulation::Pattern;
use stimtwin::muscle::force::units::Units;
use stimtwin::muscle::force::{Asked, ForceModel};
use stimtwin::muscle::pool::MotorUnitPool;
use stimtwin::muscle::profile::MuscleProfile;
use stimtwin::nerve::volley::{FiringSet, Volley};
use stimtwin::run::muscle::muscle_profile;
use stimtwin::time::SimTime;

use crate::root;

fn profile() -> MuscleProfile {
    muscle_profile(None).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn ms(ms: i64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn pattern(rate_hz: f64, on: SimTime, off: Option<SimTime>, until: SimTime) -> Pattern {
    Pattern {
        rate_hz,
        intervals: Vec::new(),
        doublet: None,
        most_pulses: None,
        widths_us: vec![600.0],
        currents_ma: vec![100.0],
        on,
        off,
        until,
    }
}

/// Mean force of a second of 25 Hz from a pool that has come to `at`, N, and the pool after it.
fn a_second(pool: &MotorUnitPool, at: SimTime, fired: FiringSet) -> (f64, MotorUnitPool) {
    let mut pool = pool.clone();
    let before = pool.impulse_n_s();
    pool.advance(&[Run { first: Volley { at, fired }, count: 25, period: ms(40) }]);
    pool.settle(at + SimTime::SECOND);
    (pool.impulse_n_s() - before, pool)
}

/// How long the pool holds a fifth of its maximum at 25 Hz, where an electrode reaches some of the units, spread over
/// all strengths, and feedback recruits as few of them as are enough, s. It ends where
/// all of them are not.
fn endurance_s(reach: f64) -> i64 {
    let units = Units::new(profile(), reach);
    let mut pool = units.pool();
    let target_n = 0.2 * pool.max_force_n();
    let within: Vec<usize> = (0..pool.units()).filter(|&unit| units.recruited().contains(unit)).collect();
    let some = |count: usize| {
        let mut fired = FiringSet::default();
        // As few as are enough, again spread over all strengths.
        let chosen = |index: usize| (index + 1) * count / within.len() > index * count / within.len();
        within.iter().enumerate().filter(|(index, _)| chosen(*index)).for_each(|(_, &unit)| fired.insert(unit));
        fired
    };
    let mut count = 1;
    for second in 0..7200 {
        let at = SimTime::from_secs(second);
        let mut found = a_second(&pool, at, some(count));
        while found.0 < target_n && count < within.len() {
            count += 1;
            found = a_second(&pool, at, some(count));
        }
        // The first two seconds are the rise.
        if found.0 < target_n && second >= 2 {
            return second;
        }
        pool = found.1;
    }
    7200
}

/// Target 13. PMC6370345, tibialis anterior held at a fifth of its maximum at 25 Hz: 787 ± 201 s by its nerve, 84 ± 19
/// s by one electrode in the muscle. The same law of fatigue, and nothing but the fraction of units that is reached.
#[test]
fn val_pmc6370345_endurance_goes_with_the_fraction_that_is_reached() {
    let found = [1.0, 0.5, 0.4, 0.3].map(endurance_s);
    assert_eq!(found, [408, 126, 77, 36], "docs/muscle.md has these");
    // The ratio of nerve to electrode, 9.4 as measured, is to be 5 at least; the nerve is 1.9 standard deviations low.
    assert!(found[0] >= 5 * found[2] && (787 - found[0]) < 2 * 201 && (84 - found[2]).abs() < 19, "{found:?}");
}

/// Target 14, missed. Bickel 2004: 180 trains of 6 pulses 70 ms apart, as long on as off, take 44 % of the torque of
/// the able-bodied. The pool loses 3 %, because tired units contract more slowly and their twitches add up to more;
/// Ding 2003 loses 58 %. The test holds both to what docs/muscle.md says.
#[test]
fn val_bickel_2004_180_trains_is_missed() {
    let train = Pattern {
        intervals: vec![ms(70)],
        most_pulses: Some(6),
        ..pattern(1.0, ms(420), Some(ms(420)), ms(840 * 180))
    };
    let stimulation = train.stimulation().expect("not too many pulses");
    for (name, expected) in [("pool", 2.8), ("ding2003", 58.3)] {
        let model = ForceModel::named(name, || Units::new(profile(), 1.0)).unwrap();
        let trains = model.contract(&stimulation, Asked::default()).unwrap().trains;
        assert_eq!(trains.len(), 180);
        let lost = 100.0 * (1.0 - trains[179].peak_n / trains[0].peak_n);
        assert!((lost - expected).abs() < 0.1, "{name}: {lost} %");
    }
}

#[test]
fn verif_a_muscle_that_nothing_reaches_does_not_pull() {
    let session = pattern(20.0, ms(1000), Some(ms(1000)), ms(4000)).stimulation().unwrap();
    for every in [None, Some(ms(10))] {
        let silent = Units::new(profile(), 0.0).contract(&session, every);
        assert_eq!((silent.peak_n(), silent.impulse_n_s, silent.end.force_n), (0.0, 0.0, 0.0));
        assert!(silent.trains.iter().all(|train| train.mean_n == 0.0 && train.steady.unwrap().ripple() == 0.0));
    }
}

/// Every model: more pulses a second pull harder and smoother, up to its tetanus.
#[test]
fn verif_force_rises_with_the_rate_and_ripple_falls() {
    for (name, _) in ForceModel::NAMES {
        let model = ForceModel::named(name, || Units::new(profile(), 1.0)).unwrap().tireless();
        let tetanus_n = model.tetanus_n(600.0, 100.0).unwrap();
        let steady = [5.0, 12.5, 20.0, 50.0, 100.0].map(|rate_hz| {
            let train = pattern(rate_hz, ms(3000), None, ms(3000)).stimulation().unwrap();
            model.contract(&train, Asked::default()).unwrap().trains[0].steady.unwrap()
        });
        assert!(steady.windows(2).all(|pair| pair[0].mean_n < pair[1].mean_n * 1.001), "{name}: {steady:?}");
        assert!(steady.windows(2).all(|pair| pair[0].ripple() > pair[1].ripple()), "{name}: {steady:?}");
        assert!((steady[4].max_n / tetanus_n - 1.0).abs() < 0.02, "{name}: {steady:?} {tetanus_n}");
    }
}

fn stimtwin(arguments: &[&str]) -> Output {
    let mut command = crate::program();
    command.arg("muscle").args(arguments).current_dir(root()).output().expect("the program runs")
}

fn refused(arguments: &[&str]) -> String {
    let output = stimtwin(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

const SESSION: [&str; 8] = ["--rate-hz", "20", "--on", "10s", "--off", "20s", "--for", "5min"];

fn of_model<'a>(model: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["--model", model].into_iter().chain(SESSION).chain(more.iter().copied()).collect()
}

#[test]
fn verif_the_report_has_trains_with_their_fatigue() {
    let output = stimtwin(&of_model("ding2003", &["--json", "--set", "A=3009"]));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let trains = report["trains"].as_array().unwrap();
    assert_eq!((trains.len(), report["parameters"]["A"]["value"].as_f64()), (10, Some(3009.0)));
    let first = &trains[0];
    assert!((first["peak_n"].as_f64().unwrap() - 236.9398).abs() < 1e-3, "{first}");
    assert!((first["fatigue"]["A"].as_f64().unwrap() - 2129.6047).abs() < 1e-3, "{first}");
    assert!(first["ripple"].as_f64().unwrap() > 0.0 && report["definitions"]["ripple"].is_string());
}

#[test]
fn verif_files_are_written_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, picture) = (folder.path().join("force.csv"), folder.path().join("force.svg"));
    let names = [csv.to_str().unwrap(), picture.to_str().unwrap()];
    let arguments = of_model("hmed2018", &["--amplitude-ma", "60", "--out", names[0], "--picture", names[1]]);
    assert_eq!(stimtwin(&arguments).status.code(), Some(0));
    let text = std::fs::read_to_string(&csv).unwrap();
    let header = "time_s,force_n,CN,A,tau1,Km,train,train_peak_n,train_mean_n,train_ripple";
    assert_eq!((text.lines().next(), text.lines().count()), (Some(header), 30_002));
    assert!(std::fs::read_to_string(&picture).unwrap().contains("<svg"));
    assert!(refused(&arguments).contains("is there already; add --overwrite"));
    assert!(!Path::new(&format!("{}.partial", names[0])).exists());
}

#[test]
fn verif_the_models_side_by_side() {
    let output = stimtwin(&["--compare", "--rate-hz", "20", "--on", "2s", "--off", "1s", "--for", "6s"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for name in ["pool", "ding2003, tau2 60 ms", "ding2003, tau2 100 ms", "ding2007", "hmed2018"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
}

#[test]
fn verif_bad_input_gets_a_sentence() {
    for (model, more, expected) in [
        ("ding203", &[][..], "did you mean ding2003?"),
        ("ding2003", &["--set", "tau1=50.957"], "tau1: found 50.957; allowed is 0.005 to 1 s"),
        ("ding2003", &["--set", "alpha_A=-4e-7"], "alpha_A: found -0.0000004; allowed is 0 or -5 to -0.001 1/s^2"),
        ("ding2003", &["--set", "PD0=100"], "found the constant PD0;"),
        ("ding2003", &["--width-us", "300"], "--width-us: ding2003 does not depend on it; ding2007 does"),
        ("ding2003", &["--r0", "loose"], "--r0: found loose; allowed are fixed and tracks"),
        ("ding2003", &["--parameters", "missing.ron"], "missing.ron: cannot be read"),
        ("ding2003", &["--picture", "force.gif"], "a picture is a file that ends in .svg or .png"),
        ("ding2007", &["--fatigue", "ding2003"], "it would rise as the muscle works"),
        ("pool", &["--set", "A=3"], "the pool's figures are in a file"),
    ] {
        let said = refused(&of_model(model, more));
        assert!(said.contains(expected), "{said}");
    }
}
