//! Every fault scenario holds what it says: what the device must notice, how soon, and what it must do.
//!
//! Thresholds: of the axon, as the scenarios are shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use crate::{root, shipped_summary, therapy};
use stimtwin::run::progress::Silent;
use stimtwin::run::summary::Summary;
use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;
use stimtwin::time::SimTime;

fn fault_files() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("scenarios/faults")).expect("the folder of the faults");
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// What the scenario of a fault comes to.
fn as_it_is(file: &Path) -> Arc<Summary> {
    shipped_summary(&format!("faults/{}", file.file_stem().expect("a name").display()))
}

fn read(path: &Path) -> Scenario {
    Scenario::from_file(path).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn run_with(scenario: &Scenario, tick: Option<SimTime>) -> Summary {
    let options = RunOptions { tick, ..RunOptions::default() };
    run(scenario, options, None, &mut Silent).unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
}

fn unmet(summary: &Summary) -> Vec<String> {
    summary.expectations.iter().filter(|verdict| verdict.met != Some(true)).map(ToString::to_string).collect()
}

fn stimtwin(arguments: &[&str]) -> Output {
    crate::program().args(arguments).current_dir(root()).output().expect("the program runs")
}

#[test]
fn verif_every_fault_is_noticed_as_its_scenario_says() {
    let files = fault_files();
    assert!(files.len() >= 30, "{}", files.len());
    for file in files {
        let scenario = read(&file);
        let text = fs::read_to_string(&file).expect("it has been read");
        for words in ["What happens:", "The device must notice:", "How soon:", "It must:"] {
            assert!(text.starts_with("// What happens:") && text.contains(words), "{}: {words}", file.display());
        }
        assert!(!scenario.description.is_empty() && !scenario.expectations.is_empty(), "{}", file.display());
        let summary = as_it_is(&file);
        assert_eq!(unmet(&summary), [""; 0], "{}", file.display());
        assert_eq!(summary.expectations.len(), scenario.expectations.len());
    }
}

#[test]
fn verif_no_fault_depends_on_the_tick() {
    for file in fault_files() {
        let scenario = read(&file);
        let digest = &as_it_is(&file).digest;
        // Long scenarios in longer ticks, none of them a whole second, so that all take about the same.
        let fine = (scenario.duration.nanos() / 20_000).max(7_000_000) | 1;
        for tick in [SimTime::SECOND, SimTime::from_nanos(fine)] {
            assert_eq!(run_with(&scenario, Some(tick)).digest, *digest, "{} with {tick}", file.display());
        }
    }
}

/// What a scenario expects is missed where the fault does not come; only what is said of the healthy device stays.
#[test]
fn verif_without_its_timeline_a_fault_scenario_fails() {
    for file in fault_files() {
        let mut scenario = read(&file);
        if scenario.timeline.is_empty() {
            continue;
        }
        scenario.timeline.clear();
        assert!(!unmet(&run_with(&scenario, None)).is_empty(), "{} expects nothing of its fault", file.display());
    }
}

/// The exit code, the sentence and the key of the summary.
#[test]
fn verif_an_expectation_that_is_not_met_fails_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(root().join("scenarios/faults/open-conductor.ron")).expect("the scenario");
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("BreakConductor")).collect();
    let without = kept.join("\n");
    for (name, text, code) in [("as-it-is", text, 0), ("without", without, 1)] {
        let file = folder.path().join(format!("{name}.ron"));
        fs::write(&file, text).expect("it is written");
        let out = folder.path().join(name);
        let run = stimtwin(&["run", file.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()]);
        let errors = String::from_utf8(run.stderr).expect("UTF-8");
        assert_eq!(run.status.code(), Some(code), "{errors}");
        let expected = ".ron:22: expected open_circuit on the left from 1 min 5 s to 1 min 5.05 s; seen none";
        assert_eq!(errors.contains(expected), code == 1, "{errors}");
        let summary = fs::read_to_string(out.join("summary.json")).expect("a run that fails so is whole all the same");
        let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
        let verdict = &summary["expectations"][0];
        assert_eq!(verdict["met"], code == 0);
        assert_eq!(verdict["seen"], if code == 0 { "once, at 1 min 5 s" } else { "none" });
        assert_eq!(verdict["expected"], "open_circuit on the left from 1 min 5 s to 1 min 5.05 s");
    }
}

/// A run that is stopped before a window is over neither meets nor misses what is expected in it.
#[test]
fn verif_a_run_that_is_stopped_early_decides_nothing_of_what_is_to_come() {
    let scenario = read(&root().join("scenarios/faults/open-conductor.ron"));
    let options = RunOptions { until: Some(SimTime::from_secs(30)), ..RunOptions::default() };
    let summary = run(&scenario, options, None, &mut Silent).unwrap_or_else(|error| panic!("{error}"));
    assert!(summary.expectations.iter().all(|verdict| verdict.met.is_none()), "{:#?}", summary.expectations);
    let stopped = stimtwin(&["run", "scenarios/faults/open-conductor.ron", "--quiet", "--until", "30 s"]);
    assert_eq!(stopped.status.code(), Some(0));
}

#[test]
fn verif_expectations_that_cannot_be_read_are_explained() {
    for (entry, words) in [
        (r#"Within(event: "open_circiut", from: "1 s", within: "1 s")"#, "did you mean \"open_circuit\"? events are:"),
        (r#"Within(event: "session_ended", side: Left, from: "1 s", within: "1 s")"#, "session_ended has no side"),
        (r#"Within(event: "open_circuit", from: "1 s")"#, "the field within is missing"),
        (r#"Within(event: "open_circuit", within: "1 s")"#, "the field from is missing"),
        (r#"Within(event: "open_circuit", from: "59 min", within: "2 min")"#, "the scenario ends at \"1 h\""),
        (r#"Within(event: "open_circuit", side: Both, from: "1 s", within: "1 s")"#, "allowed: Left, Right"),
        (r#"Never(event: "open_circuit", from: "2 h")"#, "the scenario ends at \"1 h\""),
        (r#"Never(event: "open_circuit", from: "2 s", until: "1 s")"#, "before from, 2 s"),
        (r#"Never(from: "2 s")"#, "the field event is missing"),
        (r#"Never(event: "open_circuit", within: "2 s")"#, "unknown field within"),
        (r#"Count(event: "open_circuit")"#, "the field count is missing"),
        (r#"Count(event: "open_circuit", count: -1)"#, "allowed is a whole number"),
        (r#"Often(event: "open_circuit")"#, "allowed: Within, Never, Count"),
    ] {
        let text = therapy("1 h", &format!("expect: [{entry}],"));
        let problems = Scenario::from_text("f.ron", &text, Path::new(".")).expect_err(entry);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].to_string().contains(words), "{words:?} in {}", problems[0]);
    }
}

/// The page names every scenario, and every scenario that it names is there.
#[test]
fn verif_the_page_of_the_faults_names_them_all() {
    let page = fs::read_to_string(root().join("docs/faults.md")).expect("the page");
    for file in fault_files() {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(page.contains(&format!("(../scenarios/faults/{name})")), "{name} is not on the page");
    }
}

#[test]
fn verif_the_pages_describe_every_command_and_every_event() {
    let page = |name: &str| fs::read_to_string(root().join("docs").join(name)).expect("the page");
    let (scenarios, results) = (page("scenario.md"), page("results.md"));
    for (event, _) in stimtwin::expect::events::EVENTS {
        assert!(results.contains(&format!("| `{event}` |")), "{event} is not in results.md");
    }
    let source = fs::read_to_string(root().join("src/scenario/commands.rs")).expect("the reader of commands");
    let listed = |line: &str| line.strip_prefix("    \"").and_then(|name| name.strip_suffix("\",")).map(str::to_string);
    let commands: Vec<String> = source.lines().filter_map(listed).collect();
    assert!(commands.len() >= 49, "{commands:?}");
    for command in commands {
        assert!(scenarios.contains(&format!("`{command}`")), "{command} is not in scenario.md");
    }
}
