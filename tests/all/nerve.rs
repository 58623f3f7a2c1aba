//! Whom a pulse fires: the surrogate against the axon itself, fields, both sides, and `stimtwin recruit`.
//!
//! Thresholds: of the axon; they are the subject.

use std::fs;
use std::path::Path;
use std::process::Output;

use stimtwin::device::pulse::{Phase, Waveform};
use stimtwin::nerve::bundle::Nerve;
use stimtwin::nerve::layout::{Axon, Layout};
use stimtwin::nerve::profile::NerveProfile;
use stimtwin::nerve::recruitment::{Precision, Question, Recruitment, Speed};
use stimtwin::random::StableId;
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;
use stimtwin::time::SimTime;

use crate::{root, summary};

/// Current is taken back through another ring, or far away.
const BIPOLAR: [f64; 5] = [1.0, 0.0, -1.0, 0.0, 0.0];
const MONOPOLAR: [f64; 5] = [0.0, 1.0, 0.0, 0.0, -1.0];

fn phase(current_na: i64, us: i64) -> Phase {
    Phase { current_na, width: SimTime::from_nanos(us * 1_000) }
}

fn balanced() -> Waveform {
    Waveform::new([phase(-1_000_000, 214), phase(0, 30), phase(1_000_000, 214)], false)
}

/// A nerve of a few axons of each kind beside the built-in lead.
fn nerve(change: impl Fn(&mut Scenario), count: usize, side: Side) -> Nerve {
    let mut scenario = Scenario::built_in().unwrap();
    if let Some(afferents) = &mut scenario.nerve.afferents {
        afferents.count.value = count as f64;
    }
    change(&mut scenario);
    Nerve::new(&scenario.nerve, count, &StableId::new("test"), 5, side, &scenario.implant, Speed::Fast)
}

fn exact(question: &Question, threads: usize) -> Recruitment {
    question.exact(threads)
}

/// The largest difference between thresholds, relative.
fn apart(one: &Recruitment, other: &Recruitment) -> f64 {
    let all = |of: &Recruitment| of.motor_ma.iter().chain(&of.afferent_ma).copied().collect::<Vec<_>>();
    all(one).into_iter().zip(all(other)).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
}

/// The surrogate is off by what it says, on axons that it has never seen.
#[test]
fn val_a_surrogate_is_as_near_to_the_axon_as_it_says() {
    let nerve = nerve(|_| (), 16, Side::Right);
    for (shares, most) in [(BIPOLAR, 0.04), (MONOPOLAR, 0.06)] {
        let question = nerve.question(balanced(), &shares);
        let (fast, exact) = (question.fast(2), exact(&question, 2));
        let accuracy = fast.accuracy.unwrap();
        assert_eq!((accuracy.made_with, accuracy.tried_on, exact.accuracy), (40, 24, None));
        assert!(accuracy.rms_error < 0.02 && accuracy.largest_error < most, "{accuracy:?}");
        let off = apart(&fast, &exact);
        assert!(off < 2.0 * accuracy.largest_error, "{off} for {accuracy:?}");
        assert!(apart(&question.guess(), &exact) < 1.0, "a guess is within a factor of two");
    }
}

/// Finer steps, a longer search and longer fibres change an exact threshold by less than a part in two hundred.
#[test]
fn verif_an_exact_threshold_is_converged() {
    let nerve = nerve(|_| (), 6, Side::Right);
    let steps = [SimTime::from_nanos(2_000), SimTime::from_nanos(1_000)];
    let fine = Precision { steps, tolerance: 2e-5, beyond: 24, lower: (0.003, 0.001) };
    let short = Waveform::new([phase(-1_000_000, 60), phase(1_000_000, 60)], false);
    for (waveform, shares) in [(balanced(), BIPOLAR), (balanced(), MONOPOLAR), (short, BIPOLAR)] {
        let question = nerve.question(waveform, &shares);
        let found = exact(&question, 2);
        let precise = question.stimulus.precisely_ma(&question.motor, &found.motor_ma, 0.005, 2, fine);
        for (found, precise) in found.motor_ma.iter().zip(&precise) {
            println!("{:+.4} %", (found / precise - 1.0) * 100.0);
            assert!((found / precise - 1.0).abs() < 5e-3, "{found} for {precise} mA");
        }
    }
}

/// The same thresholds to the bit with and without optimisation, on this machine and on any other.
#[test]
fn regress_the_bits_of_exact_thresholds() {
    let nerve = nerve(|_| (), 4, Side::Right);
    let Question { stimulus, motor, .. } = nerve.question(balanced(), &BIPOLAR);
    let precision = Precision::of(&stimulus.waveform);
    let found = stimulus.precisely_ma(&motor, &stimulus.guesses_ma(&motor), 0.15, 1, precision);
    let bits: Vec<String> = found.iter().map(|ma| format!("{:016x}", ma.to_bits())).collect();
    assert_eq!(bits, ["3fd54d914883aa8e", "3fd765c714fae339", "3fddda944bd3a718", "3fdb74549c232190"], "{found:?} mA");
}

#[test]
fn verif_neither_threads_nor_who_asked_before_change_a_bit() {
    let nerve = nerve(|_| (), 6, Side::Left);
    let question = nerve.question(balanced(), &BIPOLAR);
    let first = exact(&question, 1);
    question.fast(1);
    assert_eq!(first, exact(&question, 2));
    assert_eq!(question.exact_by_and_by(2, |_| true), Some(first));
    assert_eq!(question.fast(1), question.fast(2));
    // Whoever stops it gets nothing.
    assert_eq!(question.exact_by_and_by(2, |_| false), None);
}

#[test]
fn verif_both_sides_are_mirror_images_to_the_bit() {
    let (left, right) = (nerve(|_| (), 6, Side::Left), nerve(|_| (), 6, Side::Right));
    let of = |nerve: &Nerve| nerve.question(balanced(), &BIPOLAR).fast(2);
    assert_eq!(of(&left), of(&right));
    let (a, b) = (left.through_mm(&left.axons()[0]), right.through_mm(&right.axons()[0]));
    assert_eq!((a.x, a.y, a.z), (-b.x, b.y, b.z));
}

#[test]
fn verif_tissue_that_conducts_twice_as_well_needs_twice_the_current() {
    let of = |s_per_m: f64| {
        let nerve = nerve(|scenario| with_tissue(scenario, s_per_m, None), 4, Side::Right);
        exact(&nerve.question(balanced(), &MONOPOLAR), 2)
    };
    let (one, two) = (of(0.2), of(0.4));
    let doubled = Recruitment {
        motor_ma: one.motor_ma.iter().map(|ma| 2.0 * ma).collect(),
        afferent_ma: one.afferent_ma.iter().map(|ma| 2.0 * ma).collect(),
        accuracy: None,
    };
    assert!(apart(&doubled, &two) < 2e-3, "{}", apart(&doubled, &two));
    let along = nerve(|scenario| with_tissue(scenario, 0.2, Some(0.6)), 4, Side::Right);
    let along = exact(&along.question(balanced(), &MONOPOLAR), 2);
    assert!(along.motor_ma.iter().zip(&one.motor_ma).all(|(along, even)| along > even), "the field is flatter");
}

fn with_tissue(scenario: &mut Scenario, across: f64, along: Option<f64>) {
    let mut implant = (*scenario.implant).clone();
    implant.tissue_s_per_m.value = across;
    implant.tissue_along_s_per_m = along.map(stimtwin::source::Figure::ours);
    scenario.implant = implant.into();
}

/// The field of the contacts, written to a file and read again, recruits as the contacts do.
#[test]
fn verif_a_field_from_a_file_recruits_as_the_field_that_it_was_made_of() {
    let scenario = Scenario::built_in().unwrap();
    let narrow = |profile: &mut NerveProfile| profile.radius_mm.value = 0.0;
    let mut profile = scenario.nerve.clone();
    narrow(&mut profile);
    let layout = Layout::new(&profile, &scenario.implant);
    let axon = Axon { diameter_um: 10.0, place_mm: nalgebra::Point2::origin(), node_offset: 0.0, path: 0.0 };
    let mut text = "along_mm,E0,E1,E2,E3\n".to_string();
    for i in -600..=600 {
        let z_mm = f64::from(i) * 0.1;
        let of = |contact: usize| {
            let mut shares = [0.0; 5];
            shares[contact] = 1.0;
            layout.along(&axon, &shares).potential_mv(z_mm)
        };
        text += &format!("{z_mm},{},{},{},{}\n", of(0), of(1), of(2), of(3));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lead.csv"), text).unwrap();
    let implant = fs::read_to_string(root().join("assets/implants/l2-medial-branch.ron")).unwrap();
    let implant = implant.replace("    contact_length_mm", "    field: \"lead.csv\",\n    contact_length_mm");
    fs::write(folder.path().join("implant.ron"), implant).unwrap();
    let text = |more: &str| {
        format!(
            "Scenario(version: 1, name: \"f\", duration: \"5 s\", patient: \"healthy\", device: \"restorative\", \
             implant: \"./implant.ron\", {more})"
        )
    };
    let read = |more: &str| Scenario::from_text("f.ron", &text(more), folder.path());
    let from_file = read("").unwrap();
    let of = |scenario: &Scenario| {
        let mut profile = scenario.nerve.clone();
        narrow(&mut profile);
        let nerve = Nerve::new(&profile, 5, &StableId::new("test"), 5, Side::Right, &scenario.implant, Speed::Fast);
        exact(&nerve.question(balanced(), &BIPOLAR), 2)
    };
    let (from_contacts, from_file) = (of(&scenario), of(&from_file));
    assert!(apart(&from_contacts, &from_file) < 5e-3, "{}", apart(&from_contacts, &from_file));
    let moved = "timeline: [(at: \"1 s\", do: MigrateLead(side: Left, along_mm: 1))]";
    let problems = read(moved).unwrap_err();
    assert!(problems[0].to_string().contains("cannot move"), "{problems:?}");
}

/// A run with exact thresholds and one with fast ones fire nearly the same axons.
#[test]
fn val_a_run_is_about_the_same_at_both_speeds() {
    let run = |speed: &str| {
        let text = format!(
            "Scenario(version: 1, name: \"s\", duration: \"5 s\", patient: \"mechanical-clbp\", \
             device: \"restorative\", implant: \"l2-medial-branch\", thresholds: {speed}, \
             program: (both: (amplitude_ma: 0.5)), timeline: [(at: \"0 s\", do: StartSession)])"
        );
        summary(&crate::scenario(&text))
    };
    let (fast, exact, guess) = (run("Fast"), run("Exact"), run("Guess"));
    assert_eq!((fast.left.thresholds.speed, exact.left.thresholds.speed), ("fast", "exact"));
    // A guess is named as what it is.
    assert_eq!((guess.left.thresholds.speed, guess.left.thresholds.surrogate), ("guess", None));
    let report = stimtwin::run::report::Report(&guess).to_string();
    assert!(report.contains("guess, factor 2  guess, factor 2"), "{report}");
    assert!(guess.left.recruited_fraction > 0.1, "{}", guess.left.recruited_fraction);
    assert!(fast.left.thresholds.surrogate.is_some() && exact.left.thresholds.surrogate.is_none());
    assert!((fast.left.recruited_fraction - exact.left.recruited_fraction).abs() < 0.05);
    assert!((fast.right.afferents_fraction - exact.right.afferents_fraction).abs() < 0.05);
    assert!(fast.left.afferents_fraction > 0.1);
}

fn recruit(arguments: &[&str], folder: &Path) -> Output {
    crate::program().arg("recruit").args(arguments).current_dir(folder).output().expect("the program runs")
}

#[test]
fn verif_recruit_writes_curves_axons_and_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = root().join("scenarios/first-session.ron");
    let arguments =
        [scenario.to_str().unwrap(), "--fast", "--out", "c.csv", "--axons", "a.csv", "--picture", "p.svg", "--to", "2"];
    let output = recruit(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("root mean square"), "nobody goes without its error");
    let table = fs::read_to_string(folder.path().join("c.csv")).unwrap();
    let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines[0],
        "amplitude_ma,left.motor_fraction,left.afferents_fraction,right.motor_fraction,right.afferents_fraction"
    );
    let rows: Vec<Vec<f64>> =
        lines[1..].iter().map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    assert_eq!(rows[0], [0.0; 5]);
    assert!(rows.windows(2).all(|pair| pair[0].iter().zip(&pair[1]).all(|(a, b)| a <= b)), "all rise");
    assert_eq!(rows.last().unwrap()[1], 1.0);
    let axons = fs::read_to_string(folder.path().join("a.csv")).unwrap();
    assert_eq!(axons.lines().count(), 1 + 2 * (120 + 120));
    assert!(fs::read_to_string(folder.path().join("p.svg")).unwrap().starts_with("<svg"));
    let again = recruit(&arguments, folder.path());
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--overwrite"));
    for bad in [&["nowhere.ron"][..], &[arguments[0], "--to", "-1"], &[arguments[0], "--picture", "p.jpg"]] {
        assert_eq!(recruit(bad, folder.path()).status.code(), Some(2), "{bad:?}");
    }
}
