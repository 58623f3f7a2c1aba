//! What scenarios expect of probes, events, the summary, other runs and kept traces: met, not met, not to be judged,
//! and refused.
//!
//! Thresholds: guesses; an expectation is met or not, whoever fires.

use std::fs;
use std::path::Path;

use stimtwin::run::progress::Silent;
use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;

use crate::{scenario, summary, therapy};

/// A train of ten seconds from 2 s on; the left cathode breaks in the second one, from 32 s on.
fn expecting(expectation: &str) -> String {
    let fields = format!(
        "program: (both: (amplitude_ma: 1.2)), timeline: [(at: \"2 s\", do: StartSession), \
         (at: \"35 s\", do: BreakConductor(side: Left, contact: E0)), (at: \"50 s\", do: StopSession)], \
         expect: [{expectation}]"
    );
    therapy("1 min", &fields)
}

fn verdict(expectation: &str) -> (Option<bool>, String) {
    let verdict = summary(&scenario(&expecting(expectation))).expectations.remove(0);
    (verdict.met, verdict.to_string())
}

#[test]
fn verif_expectations_are_met_or_not_and_say_what_was_seen() {
    for (met, not, words) in [
        (
            r#"Value(probe: "left.amplitude_ma", at: "10 s", is: 1.2, tolerance: 0)"#,
            r#"Value(probe: "left.amplitude_ma", at: "10 s", is: 1.3, tolerance_percent: 1)"#,
            "expected value of left.amplitude_ma 1.3 within 1 % at 10 s; seen 1.2",
        ),
        (
            r#"Measure(probe: "left.pulses_count", take: Change, from: "2 s", until: "12 s", is: 200, tolerance: 1)"#,
            r#"Measure(probe: "left.pulses_count", take: Change, from: "2 s", until: "12 s", max: 100)"#,
            "expected change of left.pulses_count at most 100 from 2 s to 12 s; seen ",
        ),
        (
            r#"Measure(probe: "right.force_n", take: Mean, each: Train, delay: "3 s", min: 20)"#,
            r#"Measure(probe: "left.force_n", take: Last, each: Train, min: 20)"#,
            "expected last value of left.force_n at least 20 in each train from 0 s to 1 min; seen 2 trains, ",
        ),
        (
            r#"Measure(probe: "right.force_n", take: Max, each: Session, min: 20)"#,
            r#"Measure(probe: "right.force_n", take: Max, each: Session, max: 20)"#,
            "in each session from 0 s to 1 min; seen 1 session, ",
        ),
        (
            r#"Measure(probe: "left.force_n", take: Last, after: (event: "open_circuit"), within: "2 s", max: 5)"#,
            r#"Measure(probe: "left.force_n", take: First, after: (event: "open_circuit"), within: "2 s", max: 5)"#,
            "within 2 s after each open_circuit from 0 s to 1 min; seen 1 times open_circuit, ",
        ),
        (
            r#"Always(probe: "left.force_n", min: 0, max: 100)"#,
            r#"Always(probe: "left.force_n", max: 10)"#,
            "expected left.force_n always at most 10 from 0 s to 1 min; seen first 1",
        ),
        (
            r#"Never(probe: "left.force_n", min: 100)"#,
            r#"Never(probe: "left.force_n", min: 10)"#,
            "expected left.force_n never at least 10 from 0 s to 1 min; seen first 1",
        ),
        (
            r#"Within(event: "session_ended", after: (event: "open_circuit"), within: "15 s")"#,
            r#"Never(event: "state_changed", after: (event: "session_started"), within: "49 s")"#,
            "expected no state_changed within 49 s after each session_started from 0 s to 1 min; seen session_started \
             once;",
        ),
        (
            r#"Against(program: (both: (amplitude_ma: 0.35)), probe: "right.force_n", take: Max, relation: Ratio,
                min: 2)"#,
            r#"Against(program: (both: (amplitude_ma: 1.2)), probe: "right.force_n", take: Max,
                relation: Difference, min: 1)"#,
            "at least 1 more than under the program (both: (amplitude_ma: 1.2)); seen 0: ",
        ),
        (
            r#"Summary(key: "left.trains", is: 2, tolerance: 0)"#,
            r#"Summary(key: "left.contacts.E0.delivered_uc", max: 1)"#,
            "expected left.contacts.E0.delivered_uc at most 1 in the summary; seen ",
        ),
    ] {
        assert_eq!(verdict(met).0, Some(true), "{}", verdict(met).1);
        let (is_met, text) = verdict(not);
        assert_eq!(is_met, Some(false), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

/// What a summary has only once a surrogate was used can be expected of a run that may use one, and of no other.
#[test]
fn verif_a_figure_that_comes_later_can_be_expected() {
    let text = |speed: &str, key: &str| {
        let fields = format!(
            "thresholds: {speed}, program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"0 s\", do: StartSession)], \
             expect: [Summary(key: \"left.thresholds.surrogate.{key}\", max: 0.02)],"
        );
        crate::therapy_by_axons("3 s", &fields)
    };
    let met = |speed: &str, key: &str| {
        let done = run(&scenario(&text(speed, key)), RunOptions::default(), None, &mut Silent);
        done.map(|summary| summary.expectations[0].met).map_err(|error| error.to_string())
    };
    assert_eq!(met("Fast", "rms_error"), Ok(Some(true)));
    assert!(met("Fast", "rms_eror").unwrap_err().contains("did you mean rms_error?"));
    assert!(met("Guess", "rms_error").unwrap_err().contains("has no rms_error"));
}

#[test]
fn verif_what_is_not_there_is_not_judged() {
    for (expectation, words) in [
        (r#"Measure(probe: "left.force_n", take: Max, each: Train, from: "55 s", min: 0)"#, "not judged: no train"),
        (r#"Always(probe: "left.force_n", each: Session, from: "20 s", min: 0)"#, "not judged: no session"),
        (
            r#"Measure(probe: "left.force_n", take: Max, after: (event: "end_of_service"), within: "1 s", min: 0)"#,
            "not judged: no end_of_service",
        ),
        (r#"Measure(probe: "left.force_n", take: Ripple, from: "0 s", until: "1 s", max: 1)"#, "its mean is 0"),
        (r#"Summary(key: "left.ripple", max: 1)"#, "seen"),
    ] {
        let (met, text) = verdict(expectation);
        if expectation.contains("Summary") {
            assert!(met.is_some(), "{text}");
            continue;
        }
        assert_eq!(met, None, "{text}");
        assert!(text.contains(words), "{text}");
    }
    let stopped = scenario(&expecting(r#"Value(probe: "left.force_n", at: "30 s", min: 0)"#));
    let options = RunOptions { until: Some("20 s".parse().unwrap()), ..RunOptions::default() };
    let summary = run(&stopped, options, None, &mut stimtwin::run::progress::Silent).unwrap();
    assert_eq!(summary.expectations[0].met, None, "{}", summary.expectations[0]);
}

#[test]
fn verif_what_is_wrong_is_said_where_it_stands() {
    for (expectation, words) in [
        (r#"Value(probe: "left.force", at: "1 s", min: 0)"#, "did you mean \"left.force_n\"?"),
        (r#"Value(probe: "left.force_n", at: "2 min", min: 0)"#, "1 min"),
        (r#"Value(probe: "left.force_n", at: "1 s")"#, "nothing is said of the value"),
        (r#"Value(probe: "left.force_n", at: "1 s", is: 3)"#, "is needs a tolerance"),
        (r#"Value(probe: "left.force_n", at: "1 s", is: 3, max: 4)"#, "expected either min and max, or is"),
        (r#"Value(probe: "left.force_n", at: "1 s", min: 3, max: 2)"#, "min is 3, which is above max, 2"),
        (r#"Value(probe: "left.force_n", at: "1 s", min: 3, tolerance: 1)"#, "a tolerance belongs to is"),
        (r#"Measure(probe: "left.force_n", take: Maen, max: 1)"#, "did you mean Mean?"),
        (r#"Measure(probe: "left.force_n", take: Rises, max: 1)"#, "the field level is missing"),
        (r#"Measure(probe: "left.force_n", take: Max, level: 1, max: 1)"#, "level belongs to Rises"),
        (r#"Measure(probe: "left.force_n", take: Max, each: Train, every: "1 s", max: 1)"#, "trains are told apart"),
        (r#"Measure(probe: "device.battery_v", take: Max, each: Train, max: 1)"#, "the device has no trains"),
        (r#"Measure(probe: "left.force_n", take: Max, delay: "1 s", max: 1)"#, "delay belongs to each or after"),
        (r#"Always(probe: "left.force_n", every: "1 us", max: 1)"#, "give a longer every"),
        (r#"SameAs(trace: "nowhere.csv", probe: "left.force_n", tolerance: 0)"#, "nowhere.csv cannot be read"),
        (r#"Within(event: "open_circuit", after: (event: "no"), within: "1 s")"#, "events are: "),
        (
            r#"Against(program: (both: (amplitude_ma: 9)), probe: "left.force_n", take: Max, relation: Ratio, min: 1)"#,
            "amplitude_ma",
        ),
        (r#"Value(probe: "left.force_n", at: "1 s", min: 0, mni: 1)"#, "unknown field mni"),
    ] {
        let problems = Scenario::from_text("test.ron", &expecting(expectation), Path::new("."))
            .map(|_| ())
            .expect_err(expectation);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|problem| problem.contains(words)), "{expectation}: {told:#?}");
        assert!(told.iter().all(|problem| problem.starts_with("test.ron:1:")), "{told:#?}");
    }
    // A figure that no summary has is known before the run.
    let wrong = scenario(&expecting(r#"Summary(key: "left.trians", max: 1)"#));
    let error = run(&wrong, RunOptions::default(), None, &mut stimtwin::run::progress::Silent).unwrap_err().to_string();
    assert!(error.starts_with("test.ron:1:1: left has no trians; did you mean trains? it has: "), "{error}");
}

#[test]
fn verif_a_kept_trace_is_held_sample_by_sample() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    let rows = |amplitude: f64| (0..60).map(|s| format!("{},{amplitude}\n", s * 1_000_000_000_i64)).collect::<String>();
    kept("same.csv", format!("time_ns,left.amplitude_ma\n{}", rows(1.2)));
    kept(
        "other.csv",
        format!("time_ns,left.amplitude_ma\n{}", rows(1.2).replace("17000000000,1.2", "17000000000,1.5")),
    );
    kept("uneven.csv", format!("time_ns,left.amplitude_ma\n{}", rows(1.2).replace("17000000000,", "17000000001,")));
    kept("words.csv", format!("time_ns,left.amplitude_ma\n{}", rows(1.2).replace("17000000000,1.2", "17000000000,no")));
    kept("long.csv", format!("time_ns,left.amplitude_ma\n{}600000000000,1.2\n", "0,1.2\n"));
    let read = |file: &str, tolerance: &str| {
        let text = expecting(&format!(r#"SameAs(trace: "{file}", probe: "left.amplitude_ma", {tolerance})"#));
        Scenario::from_text("test.ron", &text, folder.path())
    };
    let verdict = |file: &str, tolerance: &str| summary(&read(file, tolerance).unwrap()).expectations.remove(0);
    assert_eq!(verdict("same.csv", "tolerance: 0").met, Some(true));
    assert_eq!(verdict("other.csv", "tolerance_percent: 25").met, Some(true));
    let off = verdict("other.csv", "tolerance: 0.1");
    assert_eq!((off.met, off.at_s), (Some(false), Some(17.0)));
    assert!(off.seen.starts_with("1.2 where 1.5 was kept, at 17 s; off by 0.3 at most"), "{}", off.seen);
    for (file, words) in [
        ("uneven.csv", "line 19: its instants are not evenly spaced"),
        ("words.csv", "line 19: left.amplitude_ma is \"no\""),
        ("long.csv", "goes on to 10 min, and the scenario ends at 1 min"),
    ] {
        let problems = read(file, "tolerance: 0").unwrap_err();
        assert!(problems[0].message.contains(words), "{problems:#?}");
    }
}

/// What is wrong in a window that goes on beyond the end is wrong.
#[test]
fn verif_what_was_wrong_before_the_end_is_not_met() {
    let (met, text) =
        verdict(r#"Always(probe: "left.pulses_count", after: (event: "session_started"), within: "10 min", max: 100)"#);
    assert_eq!(met, Some(false), "{text}");
}

/// What is sampled for expectations changes nothing in the run.
#[test]
fn verif_expectations_change_no_bit() {
    let plain = summary(&scenario(&expecting(""))).digest;
    let watched = r#"Always(probe: "left.force_n", every: "3 ms", min: 0),
        Measure(probe: "right.E1.interface_v", take: Max, each: Train, max: 9),
        Against(program: (both: (amplitude_ma: 0.3)), probe: "right.force_n", take: Max, relation: Ratio, min: 2)"#;
    assert_eq!(summary(&scenario(&expecting(watched))).digest, plain);
}
