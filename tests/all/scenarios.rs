//! The shipped scenarios show what they say.
//!
//! Thresholds: of the axon, as the scenarios are shipped.

use std::fs;

use crate::{root, scenario, shipped, shipped_summary, summary, therapy};
use stimtwin::run::summary::SideSummary;
use stimtwin::scenario::Scenario;
use stimtwin::scenario::library::{ASSETS, Kind};
use stimtwin::sim::Simulation;

#[test]
fn verif_every_shipped_scenario_is_well_and_described() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "ron") {
            continue;
        }
        let scenario = Scenario::from_file(&path).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(!scenario.description.is_empty(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 6);
}

#[test]
fn verif_the_built_in_files_are_those_of_the_repository() {
    for asset in ASSETS {
        let folder =
            if asset.kind == Kind::Scenarios { "scenarios".into() } else { format!("assets/{}", asset.kind.folder()) };
        let path = root().join(format!("{folder}/{}.ron", asset.name));
        assert_eq!(fs::read_to_string(&path).unwrap(), asset.text, "{}", path.display());
    }
    let built_in = Scenario::built_in().unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(summary(&built_in).digest, shipped_summary("first-session").digest);
}

/// Every profile in assets/ is built in.
#[test]
fn verif_no_profile_is_forgotten() {
    let inside = fs::read_dir(root().join("assets")).unwrap().map(|entry| entry.unwrap().path());
    for folder in inside.filter(|path| path.is_dir()) {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "ron") {
                let name = path.file_stem().unwrap().to_str().unwrap();
                assert!(ASSETS.iter().any(|asset| asset.name == name), "{} is not in library.rs", path.display());
            }
        }
    }
}

#[test]
fn verif_titration_recruits_step_by_step_to_a_plateau() {
    let scenario = shipped("titration");
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    let recruited = &simulation.take_rows()[1].columns[1].clone();
    assert!(recruited[0] < 0.1 && *recruited.last().unwrap() == 1.0);
    assert!(recruited.windows(2).all(|pair| pair[1] >= pair[0]), "{recruited:?}");
    let between = recruited.iter().filter(|&&share| share > 0.1 && share < 0.9).count();
    assert!(between >= 3, "recruitment is a curve, not a step: {recruited:?}");
}

#[test]
fn verif_sham_moves_nothing() {
    let summary = shipped_summary("sham");
    for side in [&summary.left, &summary.right] {
        assert_eq!(side.pulses, 30 * 24_000);
        assert_eq!((side.peak_force_n, side.impulse_n_s, side.trains), (0.0, 0.0, 0));
        assert!((side.strength_fraction.end / side.strength_fraction.start - 1.0).abs() < 2e-3);
    }
}

#[test]
fn verif_six_months_restore() {
    let summary = shipped_summary("six-months");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("digest {}", summary.digest)), "the README shows another run: {}", summary.digest);
    // 360 sessions at an adherence of 0.8, four standard deviations either way.
    assert!((258..=318).contains(&summary.sessions), "{}", summary.sessions);
    assert_eq!(summary.left.pulses, summary.sessions * 12_000);
    let SideSummary { strength_fraction, size_fraction, inhibition_fraction, .. } = &summary.left;
    assert!(strength_fraction.end > 1.3 * strength_fraction.start);
    assert!(size_fraction.end > size_fraction.start);
    assert!(inhibition_fraction.end < inhibition_fraction.start);
    assert!(summary.hypotheses.iter().any(|hypothesis| hypothesis.figure == "adaptation.release_days"));
}

#[test]
fn verif_what_therapy_gave_is_lost_slowly_without_it() {
    let with = shipped_summary("detraining");
    let mut scenario = shipped("detraining");
    scenario.timeline.clear();
    let kept_on = summary(&scenario);
    let strength = |summary: &stimtwin::run::summary::Summary| summary.left.strength_fraction;
    assert!(strength(&with).end > strength(&with).start, "eight months later something is left");
    assert!(strength(&with).end < strength(&kept_on).end);
}

#[test]
fn verif_the_device_notices_a_lead_fault_and_the_other_side_goes_on() {
    let scenario = shipped("lead-fault");
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(scenario.duration).unwrap();
    let events: Vec<String> = simulation
        .take_events()
        .iter()
        .map(|event| format!("{} {}", event.at.whole_second(), serde_json::to_value(&event.kind).unwrap()["event"]))
        .collect();
    for expected in
        ["125 \"compliance_limited\"", "245 \"open_circuit\"", "365 \"circuit_closed\"", "485 \"open_circuit\""]
    {
        assert!(events.iter().any(|event| event == expected), "{expected} in {events:#?}");
    }
    let noticed = events.iter().filter(|event| event.contains("open_circuit")).count();
    assert_eq!(noticed, 2, "once an episode, not once a pulse");
}

#[test]
fn verif_a_patient_who_is_away_takes_nothing() {
    let scenario = scenario(&therapy(
        "10 days",
        "program: (session_times: [\"08:00\"], both: (amplitude_ma: 1.0)), \
         timeline: [(at: \"day 2 00:00\", do: Away(for: \"3 days\"))],",
    ));
    assert_eq!(summary(&scenario).sessions, 7);
}

/// The scenario that the README shows, as pasted, and its two mistakes.
#[test]
fn verif_the_readme_shows_a_scenario_that_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(!readme.contains("TABLE"), "a placeholder is left");
    let text = readme.split("```ron\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(summary(&scenario(text)).left.recruited_fraction > 0.5);
    let wrong = text.replace("0.55", "0.52").replace("StartSession", "StratSession");
    let problems = Scenario::from_text("my.ron", &wrong, &root()).unwrap_err();
    for problem in &problems {
        let shown: String = format!("error: {problem}").chars().take(100).collect();
        assert!(readme.contains(&shown), "{shown}");
    }
    assert_eq!(problems.len(), 2);
}
