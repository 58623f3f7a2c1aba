//! Muscles of the Ding family in scenarios.
//!
//! Thresholds: guesses; what a lump makes of those who fire is its subject.

use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res, ResMut};
use stimtwin::checkpoint::Checkpoint;
use stimtwin::device::pulse::{Phase, Run, Waveform};
use stimtwin::lead::conductor::DeliveredPulse;
use stimtwin::muscle::body::{Muscle, MuscleCursor};
use stimtwin::muscle::choice::{Choice, Lumped, Recruitment};
use stimtwin::muscle::force::parameters::{Ding, R0};
use stimtwin::muscle::force::solve::{TOLERANCE, contract};
use stimtwin::muscle::force::stimulation::{Pattern, Pulse, Stimulation, Train};
use stimtwin::muscle::force::{Asked, Contraction};
use stimtwin::muscle::makeup::Condition;
use stimtwin::muscle::profile::MuscleProfile;
use stimtwin::nerve::Volleys;
use stimtwin::nerve::volley::{FiringSet, Volley};
use stimtwin::record::digest::RunDigest;
use stimtwin::record::probe::Quantity;
use stimtwin::run::muscle::muscle_profile;
use stimtwin::scenario::Scenario;
use stimtwin::scenario::convert::convert;
use stimtwin::side::Side;
use stimtwin::sim::{Roster, SimSystems, SimTick, Simulation};
use stimtwin::time::SimTime;

use crate::{root, scenario, summary, therapy};

const HEALTHY: Condition = Condition { strength: 1.0, type_i_fraction: 0.62 };

/// As exact as the verb `stimtwin muscle`.
const EXACT: Asked = Asked { every: None, tolerance: 1e-8 };

fn profile() -> MuscleProfile {
    muscle_profile(None).expect("it is built in")
}

fn lumped(constants: Ding, recruitment: Recruitment) -> Lumped {
    Lumped::new("test", constants, recruitment).expect("it contracts")
}

fn lump(constants: Ding) -> Muscle {
    Muscle::new(&profile(), &Choice::Lump(lumped(constants, Recruitment::Nerve)), HEALTHY)
}

fn ms(ms: i64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn force_n(muscle: &Muscle, at: SimTime) -> f64 {
    let mut cursor = MuscleCursor::new(muscle);
    cursor.go_to(at, muscle);
    cursor.force_n(muscle)
}

fn capacity(muscle: &Muscle, at: SimTime) -> f64 {
    let mut cursor = MuscleCursor::new(muscle);
    cursor.go_to(at, muscle);
    cursor.capacity(muscle)
}

/// Volleys of those units, at even intervals.
fn volleys(fired: FiringSet, from: SimTime, period: SimTime, count: i64) -> Run<Volley> {
    Run { first: Volley { at: from, fired }, count, period }
}

fn all() -> FiringSet {
    FiringSet::first(profile().units)
}

/// Every second unit.
fn half() -> FiringSet {
    let mut half = FiringSet::default();
    (0..profile().units).step_by(2).for_each(|unit| half.insert(unit));
    half
}

/// The published muscle with pulses at those instants, each with that width and current.
fn published(
    muscle: &Ding,
    at: &[SimTime],
    width_us: f64,
    current_ma: f64,
    asked: Asked,
    until: SimTime,
) -> Contraction {
    let pulses: Vec<Pulse> = at.iter().map(|&at| Pulse { at, width_us, current_ma }).collect();
    let train = Train { start: at[0], end: until, pulses };
    contract(muscle, &Stimulation { trains: vec![train], until }, asked).expect("it can be followed")
}

#[test]
fn verif_a_lump_recruited_whole_is_the_published_muscle() {
    let tracks = Ding { r0: R0::TracksKm, ..Ding::DING_2003 };
    for (constants, bare) in [
        (Ding::DING_2003, Ding::DING_2003),
        (tracks, tracks),
        (Ding::DING_2007, Ding { width: None, ..Ding::DING_2007 }),
        (Ding::HMED_2018, Ding::DING_2003),
    ] {
        let scale = profile().max_force_n.value / lumped(constants, Recruitment::Nerve).tetanus_n;
        // Trains of ten seconds with rests, in which tails are closed; the last is watched.
        let mut at: Vec<SimTime> = Vec::new();
        let mut muscle = lump(constants);
        for train in 0..4 {
            let start = SimTime::from_secs(1 + 30 * train);
            muscle.advance(&[volleys(all(), start, ms(50), 200)], &[]);
            at.extend((0..200).map(|pulse| start + ms(50) * pulse));
        }
        for after in [0, 3, 17, 50, 333, 1400, 1600, 9000] {
            let until = *at.last().unwrap() + ms(after);
            let exact = published(&bare, &at, 600.0, 100.0, EXACT, until);
            let (found, expected) = (force_n(&muscle, until), scale * exact.end.force_n);
            let error = (found - expected).abs() / profile().max_force_n.value;
            assert!(error < TOLERANCE, "{constants:?}: {found} N, not {expected}, {after} ms after the last pulse");
        }
        let until = *at.last().unwrap() + ms(20_000);
        let exact = published(&bare, &at, 600.0, 100.0, EXACT, until);
        muscle.settle(until);
        let ratio = muscle.impulse_n_s() / (scale * exact.impulse_n_s);
        assert!((ratio - 1.0).abs() < TOLERANCE, "force-time integral {ratio}");
    }
}

/// When pulses fired something on each side.
#[derive(Default, Resource)]
struct Fired([Vec<Volley>; 2]);

fn collect(roster: Res<Roster>, nerves: Query<&Volleys>, mut fired: ResMut<Fired>) {
    for side in Side::BOTH {
        let volleys = nerves.get(roster.patients()[0].sides[side].nerve).expect("the roster's entities live");
        for run in &volleys.0 {
            let each = (0..run.count).map(|index| Volley { at: run.first.at + run.period * index, ..run.first });
            fired.0[side as usize].extend(each);
        }
    }
}

/// A healthy patient, all of whose units contract.
fn strong(duration: &str, fields: &str) -> Scenario {
    let text = therapy(duration, fields).replace("mechanical-clbp", "healthy");
    scenario(&text)
}

const STRONG: &str = "program: (both: (amplitude_ma: 3.0, ramp_up: \"0 s\", ramp_down: \"0 s\")), \
    timeline: [(at: \"1 s\", do: StartSession)],";

#[test]
fn verif_a_scenario_contracts_as_the_verb_does() {
    let scenario = strong("45 s", &format!("muscles: (both: (model: Ding2003)), {STRONG}"));
    let mut simulation = Simulation::new(&scenario, None);
    simulation.app_mut().init_resource::<Fired>().add_systems(SimTick, collect.after(SimSystems::Contract));
    let mut found = Vec::new();
    for step in 0..450 {
        let at = ms(100) * step;
        simulation.advance_to(at).unwrap();
        let view = simulation.side(Side::Left);
        found.push(view.at(at).read(Quantity::Force, &mut MuscleCursor::new(view.pool)));
    }
    simulation.advance_to(scenario.duration).unwrap();
    let volleys = &simulation.world().resource::<Fired>().0[0];
    assert!(volleys.len() > 250 && volleys.iter().all(|volley| volley.fired == all()), "{}", volleys.len());
    let at: Vec<SimTime> = volleys.iter().map(|volley| volley.at).collect();
    let asked = Asked { every: Some(ms(100)), tolerance: 1e-8 };
    let exact = published(&Ding::DING_2003, &at, 600.0, 100.0, asked, scenario.duration);
    let tetanus_n = lumped(Ding::DING_2003, Recruitment::Nerve).tetanus_n;
    let largest = found.iter().fold(0.0_f64, |largest, &force| largest.max(force));
    assert!(largest > 100.0, "{largest} N");
    for (found, sample) in found.iter().zip(&exact.samples) {
        let expected = sample.force_n * profile().max_force_n.value / tetanus_n;
        let error = (found - expected).abs() / profile().max_force_n.value;
        assert!(error < TOLERANCE, "{found} N at {}, not {expected}", sample.at);
    }
}

#[test]
fn verif_half_a_lump_pulls_half_and_tires_like_a_whole_one() {
    let (mut whole, mut part) = (lump(Ding::DING_2003), lump(Ding::DING_2003));
    for train in 0..3 {
        let start = SimTime::from_secs(30 * train);
        whole.advance(&[volleys(all(), start, ms(50), 200)], &[]);
        part.advance(&[volleys(half(), start, ms(50), 200)], &[]);
    }
    let units = profile().motor_units();
    let strength = |fired: FiringSet| -> f64 {
        units.iter().enumerate().filter(|(unit, _)| fired.contains(*unit)).map(|(_, unit)| unit.force_n).sum()
    };
    let share = strength(half()) / strength(all());
    assert!((0.4..0.6).contains(&share));
    for after in [60_000, 69_950, 70_100, 75_000] {
        let at = ms(after).max(ms(69_950));
        let ratio = force_n(&part, at) / force_n(&whole, at);
        assert!((ratio - share).abs() < 1e-12, "{ratio}, not {share}");
        assert_eq!(capacity(&part, at).to_bits(), capacity(&whole, at).to_bits());
    }
    assert!(capacity(&whole, ms(75_000)) < 0.6);
}

#[test]
fn verif_who_is_let_go_does_not_tire_those_who_are_left() {
    let (mut whole, mut falling) = (lump(Ding::DING_2003), lump(Ding::DING_2003));
    let second = SimTime::SECOND;
    whole.advance(&[volleys(all(), SimTime::ZERO, ms(50), 40)], &[]);
    falling
        .advance(&[volleys(all(), SimTime::ZERO, ms(50), 20), volleys(FiringSet::first(1), second, ms(50), 20)], &[]);
    let at = second * 2;
    assert_eq!(capacity(&falling, at).to_bits(), capacity(&whole, at).to_bits());
    let [fallen_n, whole_n] = [&falling, &whole].map(|muscle| force_n(muscle, at));
    assert!(fallen_n > 0.0 && fallen_n < 0.02 * whole_n, "{fallen_n} N of {whole_n}");
    falling.check().unwrap();
}

#[test]
fn verif_a_lump_that_nothing_reaches_does_nothing() {
    for recruitment in ["", ", recruitment: Published"] {
        // A milliampere is far below what Hmed 2018 was fitted with: 17 mA.
        let amplitude = if recruitment.is_empty() { 0.05 } else { 1.0 };
        let scenario = scenario(&therapy(
            "26 h",
            &format!(
                "starts_at: \"23:59\", muscles: (both: (model: Hmed2018{recruitment})), \
                 program: (both: (amplitude_ma: {amplitude}), session: \"10 min\", session_times: [\"08:00\"]),"
            ),
        ));
        let mut simulation = Simulation::new(&scenario, None);
        simulation.advance_to(SimTime::from_secs(8 * 3600 + 180)).unwrap();
        let view = simulation.side(Side::Left);
        assert_eq!(force_n(view.pool, simulation.now()), 0.0);
        simulation.advance_to(scenario.duration).unwrap();
        let muscle = simulation.side(Side::Left).pool;
        assert_eq!((muscle.impulse_n_s(), muscle.gauge().peak_n, force_n(muscle, scenario.duration)), (0.0, 0.0, 0.0));
        assert_eq!(capacity(muscle, scenario.duration), 1.0);
        let summary = summary(&scenario);
        assert!(!summary.to_json().to_string().contains("NaN"));
    }
}

#[test]
fn verif_published_recruitment_is_that_of_the_verb() {
    let stimulus = |current_na, width_us: i64| DeliveredPulse {
        at: SimTime::ZERO,
        waveform: Waveform::new([Phase { current_na, width: SimTime::from_nanos(width_us * 1000) }], false),
        shares: [1.0, -1.0, 0.0, 0.0, 0.0],
    };
    for (constants, width_us, current_ma) in [(Ding::DING_2007, 214.0, 1.0), (Ding::HMED_2018, 300.0, 40.0)] {
        let lumped = lumped(constants, Recruitment::Published);
        let scale = profile().max_force_n.value / lumped.tetanus_n;
        let mut muscle = Muscle::new(&profile(), &Choice::Lump(lumped), HEALTHY);
        let first = stimulus(-(current_ma * 1e6) as i64, width_us as i64);
        muscle.advance(&[], &[Run { first, count: 100, period: ms(50) }]);
        let at: Vec<SimTime> = (0..100).map(|pulse| ms(50) * pulse).collect();
        let until = ms(5_000);
        let exact = published(&constants, &at, width_us, current_ma, EXACT, until);
        let (found, expected) = (force_n(&muscle, until), scale * exact.end.force_n);
        assert!((found - expected).abs() < TOLERANCE * profile().max_force_n.value, "{found} N, not {expected}");
        assert!(found > 1.0 && found < 0.9 * profile().max_force_n.value);
    }
}

fn digest(scenario: &Scenario, tick: Option<&str>) -> RunDigest {
    let tick = tick.map(|tick| tick.parse().expect("a time"));
    let mut simulation = Simulation::new(scenario, tick);
    simulation.advance_to(scenario.duration).unwrap_or_else(|fault| panic!("{fault}"));
    simulation.digest()
}

/// Over midnight, with ramps, a rate that is no round one, changes within a train, and what breaks.
fn busy(muscles: &str) -> Scenario {
    scenario(&therapy(
        "12 min",
        &format!(
            "starts_at: \"23:55\", {muscles} \
             program: (session: \"10 min\", coordination: Alternating, \
               left: (amplitude_ma: 0.9, rate_hz: 17, ramp_up: \"2 s\", ramp_down: \"1.5 s\"), \
               right: (amplitude_ma: 0.5, rate_hz: 33, recharge: Passive)), \
             timeline: [ \
               (at: \"90.0123 s\", do: StartSession), \
               (at: \"3 min 3.3 s\", do: SetAmplitude(side: Left, amplitude_ma: 0.45)), \
               (at: \"4 min\", do: SeriesResistance(side: Right, ohm: 30000))],"
        ),
    ))
}

const MIXED: &str = "muscles: (left: (model: Ding2003, r0: Tracks), right: (model: Ding2007, recruitment: Published)),";

#[test]
fn verif_the_tick_does_not_matter_to_a_lump() {
    let scenario = busy(MIXED);
    let expected = digest(&scenario, None);
    for tick in ["1 ms", "16 ms", "7 s"] {
        assert_eq!(digest(&scenario, Some(tick)), expected, "tick {tick}");
    }
}

#[test]
fn verif_a_recording_changes_nothing_of_a_lump() {
    let record = "record: [(every: \"12.345678 ms\", probes: [\"left.force_n\", \"left.impulse_n_s\", \
        \"right.capacity_fraction\", \"left.moment_l4_5_nm\", \"spine.stability_nm_per_rad\"])],";
    assert_eq!(digest(&busy(MIXED), None), digest(&busy(&format!("{MIXED} {record}")), None));
}

#[test]
fn verif_a_lump_goes_back_to_a_checkpoint() {
    let scenario = busy(MIXED);
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(SimTime::from_secs(200)).unwrap();
    let checkpoint = Checkpoint::of(&simulation);
    simulation.advance_to(scenario.duration).unwrap();
    let expected = simulation.digest();
    checkpoint.restore(&mut simulation);
    simulation.advance_to(scenario.duration).unwrap();
    assert_eq!(simulation.digest(), expected);
}

#[test]
fn verif_a_pool_that_is_named_is_the_one_that_is_not() {
    assert_eq!(digest(&busy("muscles: (both: (model: Pool)),"), None), digest(&busy(""), None));
    assert_ne!(digest(&busy("muscles: (right: (model: Ding2003)),"), None), digest(&busy(""), None));
}

#[test]
fn verif_sides_are_alike_and_can_be_swapped() {
    let forces = |muscles: &str| {
        let scenario = strong("40 s", &format!("{muscles} {STRONG}"));
        let mut simulation = Simulation::new(&scenario, None);
        simulation.advance_to(SimTime::from_secs(36)).unwrap();
        let at = |side| {
            let muscle = simulation.side(side).pool;
            let mut settled = muscle.clone();
            settled.settle(simulation.now());
            [force_n(muscle, simulation.now()), settled.impulse_n_s()].map(f64::to_bits)
        };
        Side::BOTH.map(at)
    };
    let [left, right] = forces("muscles: (both: (model: Ding2003)),");
    assert_eq!(left, right);
    let [lump, pool] = forces("muscles: (left: (model: Ding2003)),");
    assert_eq!(lump, left);
    assert_ne!(pool, left);
    assert_eq!(forces("muscles: (right: (model: Ding2003)),"), [pool, lump]);
}

#[test]
fn verif_midnight_makes_no_difference_but_strength() {
    let [mut through, mut settled] = [lump(Ding::DING_2003), lump(Ding::DING_2003)];
    for muscle in [&mut through, &mut settled] {
        muscle.advance(&[volleys(all(), SimTime::ZERO, ms(50), 100)], &[]);
    }
    settled.recondition(ms(4_967), HEALTHY);
    for muscle in [&mut through, &mut settled] {
        muscle.advance(&[volleys(all(), ms(5_000), ms(50), 100)], &[]);
    }
    let [a, b] = [&through, &settled].map(|muscle| force_n(muscle, ms(10_000)));
    assert!((a - b).abs() < TOLERANCE * a, "{a} and {b}");
    settled.recondition(ms(10_000), Condition { strength: 0.5, type_i_fraction: 0.2 });
    assert!((force_n(&settled, ms(10_000)) - 0.5 * b).abs() < 1e-9 * b);
    assert_eq!(settled.max_force_n(), 0.5 * profile().max_force_n.value);
}

#[test]
fn val_a_session_tires_a_lump_as_published() {
    let mut muscle = lump(Ding::DING_2003);
    let tetanus_n = lumped(Ding::DING_2003, Recruitment::Nerve).tetanus_n;
    assert!((tetanus_n - 310.97).abs() < 0.05, "{tetanus_n} N");
    let mut peaks = Vec::new();
    for train in 0..60 {
        let start = SimTime::from_secs(30 * train);
        muscle.advance(&[volleys(all(), start, ms(50), 200)], &[]);
        muscle.gauge_mut().day_peak_n = 0.0;
        muscle.settle(start + SimTime::from_secs(20));
        peaks.push(muscle.gauge().peak_n);
    }
    // The gauge looks once a second: peaks are those of the session's first train.
    let pattern = Pattern {
        rate_hz: 20.0,
        intervals: Vec::new(),
        doublet: None,
        most_pulses: None,
        widths_us: vec![600.0],
        currents_ma: vec![100.0],
        on: SimTime::from_secs(10),
        off: Some(SimTime::from_secs(20)),
        until: SimTime::from_secs(1800),
    };
    let exact = contract(&Ding::DING_2003, &pattern.stimulation().unwrap(), EXACT).unwrap();
    let last = exact.trains.last().unwrap();
    assert!((last.peak_n / exact.trains[0].peak_n - 0.583).abs() < 5e-4);
    let shown = peaks[0] / profile().max_force_n.value * tetanus_n;
    assert!((shown / exact.trains[0].peak_n - 1.0).abs() < 0.01, "{shown} N");
}

#[test]
fn verif_files_convert_and_read_the_same() {
    let text = therapy(
        "1 min",
        "muscles: (both: (model: Ding2003, constants: (A: 2500, alpha_A: -0.3), r0: Tracks), \
         left: (constants: (tau2: 0.1)), right: (model: Hmed2018, recruitment: Published, constants: (Is: 50))),",
    );
    let read = Scenario::from_text("a.ron", &text, &root()).unwrap();
    let Choice::Lump(left) = &read.models.left else { panic!("{:?}", read.models) };
    let constants = left.constants;
    assert_eq!((constants.a_n_per_s, constants.tau2_s, constants.r0), (2500.0, 0.1, R0::TracksKm));
    let json = convert("a.ron", &text, &root()).unwrap();
    let back = convert("a.json", &json, &root()).unwrap();
    for (file, text) in [("a.json", &json), ("a.ron", &back)] {
        assert_eq!(Scenario::from_text(file, text, &root()).unwrap().models, read.models, "{text}");
    }
}

#[test]
fn verif_a_profile_names_its_model_and_a_scenario_another() {
    let text = std::fs::read_to_string(root().join("assets/muscles/multifidus-l2.ron")).unwrap();
    let end = text.rfind(')').unwrap();
    let muscle = format!("{}    model: Ding2007,\n    constants: (A: 5000),\n{}", &text[..end], &text[end..]);
    let patient = std::fs::read_to_string(root().join("assets/patients/healthy.ron")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.ron"), muscle).unwrap();
    let patient = patient.replace("\"multifidus-l2\"", "\"m.ron\"");
    std::fs::write(folder.path().join("p.ron"), patient).unwrap();
    let text = therapy("1 min", "muscles: (right: (model: Pool)),").replace("mechanical-clbp", "p.ron");
    let read = Scenario::from_text("a.ron", &text, folder.path()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let Choice::Lump(left) = &read.models.left else { panic!("{:?}", read.models) };
    assert_eq!((left.model, left.constants.a_n_per_s), ("Ding2007", 5000.0));
    assert_eq!(read.models.right, Choice::Pool);
}

#[test]
fn verif_bad_models_are_explained() {
    let said = |fields: &str| {
        let problems = Scenario::from_text("a.ron", &therapy("1 min", fields), &root()).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (fields, words) in [
        ("muscles: (both: (model: Ding2030)),", "did you mean Ding2003? allowed: Pool, Ding2003, Ding2007, Hmed2018"),
        ("muscles: (both: (model: Pool, constants: (A: 1))),", "constants: Pool has none"),
        ("muscles: (left: (r0: Tracks)),", "r0: Pool has none"),
        ("muscles: (left: (model: Ding2003, recruitment: Published)),", "Ding2003 has no law of recruitment"),
        ("muscles: (left: (model: Ding2003, constants: (A: -1))),", "A: found -1; allowed is 1 to 1000000 N/s"),
        ("muscles: (left: (model: Ding2003, constants: (PD0: 100))),", "Ding2003 has no such constant; it has A, tau1"),
        ("muscles: (left: (model: Ding2007, constants: (PD0: 100))),", "PD0: belongs to the law of recruitment"),
        ("muscles: (left: (model: Ding2003, constants: (tau_1: 0.1))),", "unknown field tau_1; did you mean tau1?"),
        ("muscles: (middle: (model: Pool)),", "unknown field middle"),
        (
            "muscles: (left: (model: Ding2003)), record: [(every: \"1 s\", probes: [\"left.unit_1.force_n\"])],",
            "the muscle of the left is a lump without units; allowed is \"left.force_n\"",
        ),
        (
            "muscles: (left: (model: Ding2003)), expect: [Value(probe: \"left.unit_1.force_n\", at: \"1 s\", min: 0)],",
            "the muscle of the left is a lump without units",
        ),
    ] {
        assert!(said(fields).contains(words), "{fields}: {}", said(fields));
    }
    let right = "muscles: (left: (model: Ding2003)), record: [(every: \"1 s\", probes: [\"right.unit_1.force_n\"])],";
    scenario(&therapy("1 min", right));
}

#[test]
fn verif_a_lump_whose_state_is_no_number_is_found() {
    let mut muscle = lump(Ding::DING_2003);
    muscle.advance(&[volleys(all(), SimTime::ZERO, ms(50), 20)], &[]);
    muscle.check().unwrap();
    muscle.poison(1e5);
    assert!(muscle.check().unwrap_err().contains("A is -"));
    muscle.poison(f64::NAN);
    assert!(muscle.check().unwrap_err().contains("NaN"));
}

#[test]
fn verif_the_fuzzer_finds_nothing_in_lumps() {
    let text = therapy(
        "50 s",
        &format!(
            "{MIXED} program: (both: (amplitude_ma: 0.6, ramp_up: \"2 s\")), \
             timeline: [(at: \"0 s\", do: StartSession), (at: \"13.7 s\", do: PauseSession), \
               (at: \"14 s\", do: ResumeSession)],"
        ),
    );
    let scenario = Scenario::from_text("f.ron", &text, &root()).unwrap();
    assert_eq!(stimtwin::fuzz::judge::judge(&scenario, &text, &root(), &|_| {}), None);
}
