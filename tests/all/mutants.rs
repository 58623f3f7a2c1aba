//! The suite notices: a constant that is changed in each room makes one of its scenarios fail.
//!
//! Thresholds: of the axon, as the scenarios are shipped: two of the constants are of the nerve.

use std::fs;
use std::path::Path;

use stimtwin::run::progress::Silent;
use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;

use crate::{on_all_cores, root};

/// A constant that is changed.
struct Mutant {
    room: &'static str,
    /// The profile that it stands in, under `assets/`.
    profile: &'static str,
    /// The constant, and what it becomes.
    change: (&'static str, f64, f64),
    /// The scenario that fails.
    scenario: &'static str,
}

const fn mutant(
    room: &'static str,
    profile: &'static str,
    change: (&'static str, f64, f64),
    scenario: &'static str,
) -> Mutant {
    Mutant { room, profile, change, scenario }
}

const MUTANTS: [Mutant; 12] = [
    mutant("generator", "devices/restorative", ("step_ua", 10.0, 11.0), "rooms/device"),
    mutant("generator", "devices/restorative", ("converter_efficiency", 0.75, 0.65), "rooms/device"),
    mutant("lead", "implants/l2-medial-branch", ("tissue_s_per_m", 0.2, 0.21), "rooms/lead"),
    mutant("lead", "implants/l2-medial-branch", ("double_layer_uf_per_cm2", 30.0, 27.0), "rooms/lead"),
    mutant("nerve", "nerve/l2-medial-branch", ("diameter_mean_um", 11.0, 11.5), "rooms/nerve"),
    mutant("nerve", "nerve/l2-medial-branch", ("radius_mm", 0.5, 0.7), "rooms/nerve"),
    mutant("muscle", "muscles/multifidus-l2", ("max_force_n", 144.139, 150.0), "rooms/muscle"),
    mutant("muscle", "muscles/multifidus-l2", ("slowest_contraction_ms", 90.0, 80.0), "targets/fuglevand-twitches"),
    mutant("muscle", "muscles/multifidus-l2", ("fatigue_rate_per_s", 0.0225, 0.024), "rooms/muscle"),
    mutant("adaptation", "adaptation/default", ("release_days", 90.0, 100.0), "rooms/adaptation"),
    mutant("adaptation", "adaptation/default", ("dose_use", 0.3, 0.33), "rooms/adaptation"),
    mutant("adaptation", "adaptation/default", ("drive_without_use", 0.633, 0.7), "targets/disuse"),
];

/// The built-in profiles as files of a folder that name each other, so that one of them can be changed.
fn profiles(folder: &Path) {
    for kind in ["devices", "implants", "nerve", "muscles", "adaptation", "patients"] {
        for entry in fs::read_dir(root().join("assets").join(kind)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "ron") {
                continue;
            }
            let mut text = fs::read_to_string(&path).unwrap();
            for (field, name) in [
                ("nerve", "nerve/l2-medial-branch"),
                ("muscle", "muscles/multifidus-l2"),
                ("adaptation", "adaptation/default"),
            ] {
                let built_in = name.split('/').next_back().unwrap();
                text = text.replace(&format!("{field}: \"{built_in}\""), &format!("{field}: \"../{name}.ron\""));
            }
            fs::create_dir_all(folder.join(kind)).unwrap();
            fs::write(folder.join(kind).join(path.file_name().unwrap()), text).unwrap();
        }
    }
}

/// The expectations of a shipped scenario that are not met with the profiles of that folder.
fn unmet(folder: &Path, name: &str) -> Vec<String> {
    let mut text = fs::read_to_string(root().join(format!("scenarios/{name}.ron"))).unwrap();
    for (field, kind) in [("patient", "patients"), ("device", "devices"), ("implant", "implants")] {
        let at = text.find(&format!("    {field}: \"")).unwrap() + field.len() + 7;
        let end = at + text[at..].find('"').unwrap();
        let path = format!("{}/{kind}/{}.ron", folder.display(), &text[at..end]);
        text.replace_range(at..end, &path);
    }
    let scenario = Scenario::from_text(name, &text, folder).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let summary = run(&scenario, RunOptions::default(), None, &mut Silent).unwrap();
    summary.expectations.iter().filter(|verdict| verdict.met != Some(true)).map(ToString::to_string).collect()
}

/// What a scenario does not meet once a constant is changed in the profile that it stands in.
fn unmet_with(Mutant { profile, change: (constant, from, to), scenario, .. }: &Mutant) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    profiles(folder.path());
    let file = folder.path().join(format!("{profile}.ron"));
    let text = fs::read_to_string(&file).unwrap();
    let before = format!("{constant}: (value: ");
    // Motor axons have a spectrum, and behind them afferents; the first is changed.
    let times = if *constant == "diameter_mean_um" { 2 } else { 1 };
    assert_eq!(text.matches(&before).count(), times, "{before} in {profile}");
    let at = text.find(&before).unwrap() + before.len();
    let end = at + text[at..].find(',').unwrap();
    assert_eq!(text[at..end].parse(), Ok(*from), "{constant} in {profile}");
    fs::write(&file, format!("{}{to}{}", &text[..at], &text[end..])).unwrap();
    unmet(folder.path(), scenario)
}

#[test]
fn verif_a_changed_constant_in_each_room_makes_a_scenario_fail() {
    let mut scenarios: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.scenario).collect();
    scenarios.dedup();
    on_all_cores(&scenarios, |scenario| {
        let folder = tempfile::tempdir().unwrap();
        profiles(folder.path());
        assert_eq!(unmet(folder.path(), scenario), [""; 0], "{scenario} as it is");
    });
    on_all_cores(&MUTANTS, |mutant| {
        let Mutant { room, change: (constant, _, to), scenario, .. } = mutant;
        assert!(!unmet_with(mutant).is_empty(), "{room}: {constant} of {to} goes unnoticed by {scenario}");
    });
}

/// The README says what the suite notices, and by which scenario.
#[test]
fn verif_the_readme_names_every_mutant() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for Mutant { room, change: (constant, from, to), scenario, .. } in &MUTANTS {
        let row = format!("| {room} | `{constant}` | {from} | {to} | [{scenario}](scenarios/{scenario}.ron) |");
        assert!(readme.contains(&row), "the README lacks the row\n{row}");
    }
}
