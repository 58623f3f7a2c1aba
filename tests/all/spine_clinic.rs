//! The tests of a clinic: what they find, and that they change nothing.
//!
//! Thresholds: guesses; what a test finds in a force is the subject, not whose it is.

use stimtwin::run::progress::Silent;
use stimtwin::run::{RunOptions, run};
use stimtwin::side::BySide;
use stimtwin::spine::clinic::{ClinicTest, Felt, Finding, Pressed, Pushed, Seen};
use stimtwin::spine::fascicles::Plane;
use stimtwin::spine::stability::push_stiffness_n_per_m;
use stimtwin::spine::{MuscleNow, Spine};

use crate::spine::{both, healthy, spine_of};
use crate::{scenario, summary, therapy};

/// The muscle of a shipped patient, at rest.
fn muscle_of(patient: &str) -> MuscleNow {
    let scenario = scenario(&therapy("1 s", "").replace("mechanical-clbp", patient));
    let side = &scenario.patient.sides.left;
    MuscleNow {
        size: side.size.value,
        drive: side.drive.value,
        inhibition: side.inhibition.value,
        fat_fraction: side.fat_fraction.value,
        evoked_n: 0.0,
    }
}

fn pushed(test: ClinicTest, spine: &Spine, muscles: &BySide<MuscleNow>) -> Pushed {
    match test.examine(spine, muscles) {
        Finding::SuddenRelease(pushed) | Finding::SuddenLoad(pushed) => pushed,
        other => panic!("{other:?}"),
    }
}

fn pressed(spine: &Spine, muscle: MuscleNow) -> Pressed {
    match ClinicTest::ProneInstability.examine(spine, &both(muscle)) {
        Finding::ProneInstability(pressed) => pressed,
        other => panic!("{other:?}"),
    }
}

fn felt(spine: &Spine, muscles: &BySide<MuscleNow>) -> Felt {
    match ClinicTest::MultifidusLift.examine(spine, muscles) {
        Finding::MultifidusLift(felt) => felt,
        other => panic!("{other:?}"),
    }
}

fn seen(spine: &Spine, muscles: &BySide<MuscleNow>) -> Seen {
    match ClinicTest::Ultrasound.examine(spine, muscles) {
        Finding::Ultrasound(seen) => seen,
        other => panic!("{other:?}"),
    }
}

const TESTS: [ClinicTest; 5] = [
    ClinicTest::SuddenRelease(100.0),
    ClinicTest::SuddenLoad(60.0),
    ClinicTest::ProneInstability,
    ClinicTest::MultifidusLift,
    ClinicTest::Ultrasound,
];

/// Radebold 2000 (PMID 10767807): healthy people shut off 53 ms after a release and switch on 70 ms after a load;
/// patients shut off after 70 ms. The drive of mechanical-clbp is what that last figure is fitted at.
#[test]
fn val_muscles_answer_when_radebold_measured_it() {
    let spine = healthy();
    let release = pushed(ClinicTest::SuddenRelease(100.0), &spine, &both(MuscleNow::HEALTHY));
    let load = pushed(ClinicTest::SuddenLoad(60.0), &spine, &both(MuscleNow::HEALTHY));
    assert_eq!([release.left_ms, release.right_ms, load.left_ms], [Some(53.0), Some(53.0), Some(70.0)]);
    let patient = Spine::new(spine_of("mechanical-clbp"));
    let release = pushed(ClinicTest::SuddenRelease(100.0), &patient, &both(muscle_of("mechanical-clbp")));
    assert!((release.left_ms.expect("it answers") - 70.0).abs() < 0.1, "{release:?}");
}

/// Moorhouse and Granata 2007 (PMC1851677): reflexes make 42 % of the stiffness of the healthy trunk. The gain is
/// worked out from it.
#[test]
fn regress_reflexes_make_42_percent_of_the_stiffness_moorhouse_2007() {
    let spine = healthy();
    let stiffness = spine.stiffness(&both(MuscleNow::HEALTHY), Plane::Sagittal, spine.upright());
    let profile = spine.profile();
    let without = push_stiffness_n_per_m(&stiffness, &profile.levers_m(profile.load_mm.value));
    let share = profile.reflex.reflex_n_per_m.value / (profile.reflex.reflex_n_per_m.value + without);
    assert!((share - 0.42).abs() < 0.002, "{share} with {without} N/m without reflexes");
}

#[test]
fn verif_a_symmetric_patient_is_symmetric_to_the_bit_and_sides_swap() {
    let spine = Spine::new(spine_of("mechanical-clbp"));
    let muscle = MuscleNow { evoked_n: 37.0, ..muscle_of("mechanical-clbp") };
    let other = MuscleNow { evoked_n: 11.0, drive: 0.9, inhibition: 0.05, size: 0.95, fat_fraction: 0.1 };
    for test in &TESTS[..2] {
        let same = pushed(*test, &spine, &both(muscle));
        assert_eq!(same.left_ms, same.right_ms);
        let one = pushed(*test, &spine, &BySide { left: muscle, right: other });
        let two = pushed(*test, &spine, &BySide { left: other, right: muscle });
        assert!(one.left_ms != one.right_ms);
        assert_eq!(one, Pushed { left_ms: two.right_ms, right_ms: two.left_ms, ..two });
    }
    let (one, two) = (BySide { left: muscle, right: other }, BySide { left: other, right: muscle });
    let press = |muscles| ClinicTest::ProneInstability.examine(&spine, muscles);
    assert_eq!(press(&one), press(&two));
    let (a, b) = (felt(&spine, &one), felt(&spine, &two));
    assert_eq!((a.left_thickening, a.left_palpable), (b.right_thickening, b.right_palpable));
    let (a, b) = (seen(&spine, &one), seen(&spine, &two));
    let left = [a.left_rest_mm, a.left_contracted_mm, a.left_stimulated_mm];
    assert_eq!(left, [b.right_rest_mm, b.right_contracted_mm, b.right_stimulated_mm]);
    let same = seen(&spine, &both(muscle));
    assert_eq!([same.left_rest_mm, same.left_stimulated_mm], [same.right_rest_mm, same.right_stimulated_mm]);
}

#[test]
fn verif_a_muscle_that_nothing_reaches_does_not_answer() {
    let spine = healthy();
    let healthy = MuscleNow::HEALTHY;
    for muscle in [
        MuscleNow { drive: 0.0, ..healthy },
        MuscleNow { inhibition: 1.0, ..healthy },
        MuscleNow { size: 0.0, ..healthy },
    ] {
        let muscles = both(muscle);
        for test in &TESTS[..2] {
            let found = pushed(*test, &spine, &muscles);
            assert_eq!([found.left_ms, found.right_ms], [None; 2]);
            assert!(found.excursion_mm.is_some_and(f64::is_finite), "the rest of the trunk holds it: {found:?}");
        }
        assert_eq!(felt(&spine, &muscles).left_thickening, 0.0);
        let seen = seen(&spine, &muscles);
        assert_eq!(seen.left_rest_mm, seen.left_contracted_mm);
        assert_eq!(seen.left_rest_mm, seen.left_stimulated_mm);
        let pressed = pressed(&spine, muscle);
        assert_eq!(pressed.relaxed_deg, pressed.active_deg);
        let json: Vec<String> =
            TESTS.iter().map(|test| serde_json::to_string(&test.examine(&spine, &muscles)).expect("JSON")).collect();
        assert!(!json.concat().contains("NaN"), "{json:?}");
    }
}

/// What a reflex adds, and what inhibition takes away: without reflexes the trunk goes farthest, inhibited less far,
/// healthy least.
#[test]
fn verif_reflexes_hold_the_trunk_and_inhibition_takes_of_that() {
    let spine = Spine::new(spine_of("mechanical-clbp"));
    let load = pushed(ClinicTest::SuddenLoad(60.0), &spine, &both(muscle_of("mechanical-clbp")));
    let [now, whole, without] =
        [load.excursion_mm, load.uninhibited_mm, load.without_reflex_mm].map(|far| far.expect("the trunk is caught"));
    assert!(whole < now && now < without, "{load:?}");
    let healthy = pushed(ClinicTest::SuddenLoad(60.0), &healthy(), &both(MuscleNow::HEALTHY));
    assert_eq!(healthy.excursion_mm, healthy.uninhibited_mm);
    assert!(healthy.excursion_mm.expect("caught") < now);
    let hard = pushed(ClinicTest::SuddenLoad(500.0), &spine, &both(muscle_of("mechanical-clbp")));
    assert_eq!([hard.excursion_mm, hard.peak_ms], [None; 2], "the person steps: {hard:?}");
    assert!(hard.left_ms.is_some());
}

/// The patients of the trials had a positive prone instability test; a healthy person has none, for nothing hurts.
#[test]
fn verif_the_prone_instability_test_of_the_shipped_patients() {
    let healthy = pressed(&healthy(), muscle_of("healthy"));
    let patient = pressed(&Spine::new(spine_of("mechanical-clbp")), muscle_of("mechanical-clbp"));
    let wasted = pressed(&Spine::new(spine_of("severe-atrophy")), muscle_of("severe-atrophy"));
    assert!(!healthy.positive && healthy.relaxed_deg < patient.relaxed_deg);
    assert!(patient.positive && patient.active_deg < patient.relaxed_deg);
    assert!(patient.active_deg < wasted.active_deg && !wasted.positive, "a wasted muscle steadies less: {wasted:?}");
}

/// Colloca and Keller 2004 (PMID 15148461): in patients the spine answers a press on L3 17.0 % more stiffly when the
/// back works. Ours, where only the multifidus does, becomes 10.7 % stiffer: the target is missed by 6 points.
#[test]
fn regress_working_stiffens_the_pressed_spine_less_than_in_colloca_2004() {
    let patient = pressed(&Spine::new(spine_of("mechanical-clbp")), muscle_of("mechanical-clbp"));
    let stiffer = patient.relaxed_deg.expect("it holds") / patient.active_deg.expect("it holds") - 1.0;
    assert!((stiffer - 0.107).abs() < 0.002, "{stiffer}");
}

#[test]
fn verif_the_lift_and_the_ultrasound_tell_patients_apart() {
    let spine = healthy();
    let (well, ill) = (both(muscle_of("healthy")), both(muscle_of("mechanical-clbp")));
    assert!(felt(&spine, &well).left_palpable && !felt(&spine, &ill).left_palpable);
    assert!(felt(&spine, &ill).left_thickening > 0.0);
    let (a, b) = (seen(&spine, &well), seen(&spine, &ill));
    assert!(b.left_rest_mm < a.left_rest_mm && b.left_contracted_mm < a.left_contracted_mm);
    let pulled = both(MuscleNow { evoked_n: 100.0, ..muscle_of("mechanical-clbp") });
    assert!(seen(&spine, &pulled).left_stimulated_mm > b.left_stimulated_mm);
}

const CLINIC: &str = "(at: \"70 s\", do: SuddenRelease(newton: 100)), (at: \"75 s 3 ms\", do: SuddenLoad(newton: 60)), \
                      (at: \"80 s\", do: ProneInstability), (at: \"80 s\", do: MultifidusLift), \
                      (at: \"95 s\", do: Ultrasound), (at: \"200 s\", do: Ultrasound)";

fn session(clinic: &str) -> String {
    let timeline =
        format!("program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"60 s\", do: StartSession), {clinic}]");
    therapy("4 min", &timeline)
}

/// The tests read the patient in the middle of a train and change nothing: the digest is that of the run without them,
/// at any tick.
#[test]
fn verif_the_tests_of_the_clinic_disturb_nothing() {
    let plain = summary(&scenario(&session("")));
    let with = scenario(&session(CLINIC));
    let examined = summary(&with);
    assert_eq!((&plain.digest, plain.digested_seconds), (&examined.digest, examined.digested_seconds));
    assert_eq!(examined.events, plain.events + 6);
    assert!(plain.clinic.is_empty());
    let names: Vec<&str> = examined.clinic.iter().map(|examination| examination.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "sudden_release_1",
            "sudden_load_1",
            "prone_instability_1",
            "multifidus_lift_1",
            "ultrasound_1",
            "ultrasound_2"
        ]
    );
    let Finding::Ultrasound(first) = examined.clinic[4].finding else { panic!("{:?}", examined.clinic) };
    assert!(first.left_stimulated_mm > first.left_rest_mm, "in a train the muscle is thicker: {first:?}");
    for tick_ms in [7, 1000] {
        let tick = Some(stimtwin::time::SimTime::from_nanos(tick_ms * 1_000_000));
        let options = RunOptions { tick, ..RunOptions::default() };
        let ticked = run(&with, options, None, &mut Silent).expect("it runs");
        assert_eq!((&ticked.digest, &ticked.clinic), (&examined.digest, &examined.clinic));
    }
}

/// Of the spine nothing is in the digest: two patients that differ in nothing else have the same one.
#[test]
fn verif_the_spine_has_no_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let patient = include_str!("../../assets/patients/mechanical-clbp.ron");
    assert!(patient.contains("spine: \"lumbar-lax\""));
    std::fs::write(folder.path().join("patient.ron"), patient.replace("lumbar-lax", "lumbar")).expect("a file");
    let text = session(CLINIC).replace("\"mechanical-clbp\"", "\"patient.ron\"");
    let stiffer = stimtwin::scenario::Scenario::from_text("test.ron", &text, folder.path()).expect("it reads");
    let (stiff, lax) = (summary(&stiffer), summary(&scenario(&session(CLINIC))));
    assert_eq!(stiff.digest, lax.digest);
    assert_ne!(stiff.clinic, lax.clinic);
}

/// Moments and stability of the spine while the muscle is pulled, as probes see them.
#[test]
fn verif_probes_of_the_spine_follow_the_force() {
    use stimtwin::record::probe::Probe;
    let mut simulation = stimtwin::sim::Simulation::new(&scenario(&session("")), None);
    let at = |simulation: &mut stimtwin::sim::Simulation, second: i64, name: &str| {
        let until = stimtwin::time::SimTime::from_secs(second);
        simulation.advance_to(until).expect("it runs");
        let probe = Probe::parse(name, 120).expect("a probe");
        let view = simulation.side(probe.side);
        let mut cursor = stimtwin::muscle::body::MuscleCursor::new(view.pool);
        view.at(simulation.now()).read(probe.quantity, &mut cursor)
    };
    let names = ["left.moment_l4_5_nm", "spine.stability_nm_per_rad", "spine.buckling_load_n"];
    let rest = names.map(|name| at(&mut simulation, 50, name));
    let pulled = names.map(|name| at(&mut simulation, 68, name));
    assert_eq!(rest[0], 0.0);
    assert!(rest.iter().zip(pulled).all(|(rest, pulled)| pulled > *rest), "{rest:?} {pulled:?}");
    let force_n = at(&mut simulation, 68, "left.force_n");
    let arm_m = pulled[0] / force_n;
    assert!((arm_m - 4.6 / 144.139).abs() < 1e-3, "{arm_m} m");
}
