//! Every mistake is said at once, each with its place, what was found and what is allowed.
//!
//! Thresholds: guesses; what is refused never runs.

use std::fs;
use std::path::Path;

use crate::{root, therapy};
use stimtwin::scenario::Scenario;

/// The mistakes of a text, a line each.
fn mistakes(text: &str) -> Vec<String> {
    match Scenario::from_text("f.ron", text, Path::new(".")) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// One mistake, with these words in it.
#[track_caller]
fn one_mistake(fields: &str, words: &[&str]) {
    let found = mistakes(&therapy("1 h", fields));
    assert_eq!(found.len(), 1, "{found:#?}");
    for word in words {
        assert!(found[0].contains(word), "{word:?} in {}", found[0]);
    }
}

#[test]
fn verif_all_mistakes_come_at_once_in_the_order_of_the_file() {
    let text = "Scenario(
    version: 1,
    name: \"many\",
    duration: \"12 parsecs\",
    patient: \"mechanical-clpb\",
    device: \"restorative\",
    implant: \"l2-medial-branch\",
    program: (
        both: (amplitude_ma: 1.03, width_us: 900, rate_Hz: 20),
        sesion: \"30 min\",
    ),
    timeline: [
        (at: \"0 s\", do: StratSession),
        (at: \"1 min\", do: SetAmplitude(side: Left, amplitude_ma: 9)),
    ],
    record: [(every: \"1 ms\", probes: [\"left.forcen\"])],
    seed: -3,
)";
    let found = mistakes(text);
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "f.ron:4:15",
            "f.ron:5:14",
            "f.ron:9:30",
            "f.ron:9:46",
            "f.ron:9:51",
            "f.ron:10:9",
            "f.ron:13:25",
            "f.ron:14:66",
            "f.ron:16:39",
            "f.ron:17:11",
        ],
        "{found:#?}"
    );
    for (line, words) in found.iter().zip([
        "\"parsecs\" is not a unit of time",
        "did you mean \"mechanical-clbp\"?",
        "the nearest that it can make are 1 and 1.05 mA",
        "the device can make 25 to 500 µs",
        "unknown field rate_Hz; did you mean rate_hz?",
        "did you mean session?",
        "did you mean StartSession?",
        "found 9; the device can make 0 to 7 mA",
        "did you mean \"left.force_n\"?",
        "allowed is a whole number from 0",
    ]) {
        assert!(line.contains(words), "{words:?} in {line}");
    }
}

#[test]
fn verif_programs_that_do_not_fit_are_explained() {
    one_mistake("program: (both: (cathodes: [E0], anodes: [E0])),", &["E0 is both cathode and anode"]);
    one_mistake("program: (both: (cathodes: [])),", &["at least one of E0, E1, E2, E3"]);
    one_mistake("program: (both: (cathodes: [Case])),", &["found Case", "E0"]);
    one_mistake("program: (both: (ramp_up: \"5 s\", ramp_down: \"5 s\", on: \"8 s\")),", &["do not fit into on 8 s"]);
    one_mistake("program: (both: (burst: (pulses: 9, period_us: 3000))),", &["found 9; allowed is 1 to 5"]);
    one_mistake("program: (both: (burst: (pulses: 2, period_us: 300))),", &["before the last is over"]);
    one_mistake(
        "program: (both: (edges: [(at_us: 0, level: 1), (at_us: 10, level: 0.5)])),",
        &["the last has the level 0"],
    );
    one_mistake("program: (both: (edges: [(at_us: 5, level: 1), (at_us: 9, level: 0)])),", &["the first edge is at 0"]);
    one_mistake("program: (both: (amplitude_ma: 7.0, width_us: 500)),", &["shannon_k on E0 is 2.0", "1.85 is allowed"]);
    one_mistake("program: (coordination: Alternating, left: (off: \"30 s\")),", &["equal cycles", "40 s and 30 s"]);
    one_mistake("program: (session_times: [\"08:00\", \"08:10\"]),", &["08:00:00", "08:10:00", "when the next begins"]);
    one_mistake("program: (session_times: [\"20:00\", \"08:00\"]),", &["must rise"]);
    one_mistake("program: (session_times: [\"8 o'clock\"]),", &["a time of day"]);
    one_mistake("program: (session_times: [\"01:00\", \"02:00\", \"03:00\", \"04:00\", \"05:00\"]),", &["0 to 4"]);
    one_mistake("program: (both: (amplitude_ma: 1.0, recharge: Active(times: 7))),", &["not a multiple of the 10 µA"]);
    one_mistake("program: (both: (rate_hz: 19.5)),", &["19 and 20 Hz"]);
    one_mistake("program: (both: (on: \"2.5 s\")),", &["2 and 3 s"]);
    one_mistake(
        "program: (both: (rate_hz: 40, width_us: 500, recharge: Active(times: 20), interphase_gap_us: 200)), \
         timeline: [(at: \"1 s\", do: SetProgram(program: (both: (burst: (pulses: 5, period_us: 15000)))))],",
        &["until the next"],
    );
    let opennerve = therapy("1 h", "program: (both: (phase_order: CathodicFirst)),");
    let found = mistakes(&opennerve.replace("restorative", "opennerve-gen2"));
    assert!(found[0].contains("the device can make [Alternating]"), "{found:#?}");
    let text = therapy("1 h", "program: (coordination: Alternating, both: (on: \"20 s\", off: \"10 s\")),")
        .replace("restorative", "opennerve-gen2");
    let found = mistakes(&text);
    assert!(found[0].contains("must not overlap"), "{found:#?}");
}

#[test]
fn verif_timelines_and_recordings_are_checked() {
    one_mistake("timeline: [(at: \"2 h\", do: StopSession)],", &["the scenario ends at \"1 h\""]);
    one_mistake("timeline: [(at: \"day 1\", do: StopSession)],", &["a day and a time of day"]);
    one_mistake("timeline: [(do: StopSession)],", &["the field at is missing"]);
    one_mistake("timeline: [(at: \"1 s\", do: Away())],", &["the field for is missing"]);
    one_mistake("timeline: [(at: \"1 s\", do: BreakConductor(side: Left, contact: E7))],", &["E0, E1, E2, E3"]);
    one_mistake("timeline: [(at: \"1 s\", do: SetAmplitude(side: Up, amplitude_ma: 1))],", &["Left, Right, Both"]);
    one_mistake("record: [(every: \"1 s\", probes: [])],", &["at least one probe"]);
    one_mistake("record: [(every: \"0 s\", probes: [\"left.force_n\"])],", &["\"1 us\""]);
    one_mistake("record: [(file: \"../x.csv\", every: \"1 s\", probes: [\"left.force_n\"])],", &["without a folder"]);
    one_mistake(
        "record: [(file: \"x.xlsx\", every: \"1 s\", probes: [\"left.force_n\"])],",
        &[".csv, .parquet, .mcap, .edf or .sto"],
    );
    one_mistake(
        "record: [(every: \"1 s\", probes: [\"left.force_n\"]), (every: \"2 s\", probes: [\"left.force_n\"])],",
        &["two recordings write traces.csv"],
    );
    one_mistake("record: [(every: \"1 s\", probes: [\"left.unit_121.force_n\"])],", &["units 1 to 120"]);
    one_mistake(
        "record: [(every: \"1 s\", from: \"5 s\", until: \"4 s\", probes: [\"left.force_n\"])],",
        &["before from"],
    );
    one_mistake("adherence: 1.5,", &["0 to 1"]);
    one_mistake("starts_at: \"24:00\",", &["a time of day"]);
}

#[test]
fn verif_nothing_is_ignored_in_silence() {
    one_mistake("program: (both: (recharge: Passive(times: 3))),", &["unknown field times"]);
    one_mistake("timeline: [(at: \"1 h\", do: StopSession)],", &["no time to act"]);
    one_mistake("program: (session_times: [\"00:10\", \"23:50\"]),", &["23:50:00", "not over at 00:10:00"]);
    one_mistake("record: [(every: \"1 s\", probes: [\"left.force_n\", \"left.force_n\"])],", &["is there already"]);
    // An amplitude is checked against the program that runs at its instant, wherever it stands in the file.
    let program = "(at: \"1 s\", do: SetProgram(program: (both: (amplitude_ma: 0.9, recharge: Active(times: 3)))))";
    let amplitude = "(at: \"2 s\", do: SetAmplitude(side: Left, amplitude_ma: 1.0))";
    one_mistake(&format!("timeline: [{amplitude}, {program}],"), &["3 times as weak as 1 mA"]);
}

#[test]
fn verif_comments_may_stand_anywhere() {
    let text = therapy(
        "1 h /* c */",
        "program: (/* c */ coordination: /* c */ Together /* c */, both: /* c */ (cathodes: [/* c */ E0, // c
            E1 /* c */], recharge: /* c */ Active(/* c */) /* c */)), // c\n",
    )
    .replace("1 h /* c */\"", "1 h\" /* c */");
    assert_eq!(mistakes(&text), [""; 0]);
}

#[test]
fn verif_whole_files_that_are_wrong() {
    assert!(mistakes("")[0].contains("1:1"));
    assert!(mistakes("Scenario(").len() == 1);
    assert!(mistakes("Szenario()")[0].contains("expected Scenario"));
    assert!(mistakes("()").iter().any(|line| line.contains("the field version is missing")));
    assert!(mistakes(&therapy("1 h", "").replace("version: 1", "version: 2"))[0].contains("from 1 to 1"));
    assert!(mistakes("[1, 2]")[0].contains("expected"));
    assert!(mistakes("\"text\"")[0].contains("expected"));
    assert!(mistakes(&"(".repeat(100_000)).len() == 1, "depth is limited");
    assert!(mistakes(&" ".repeat(5 << 20))[0].contains("bytes"), "size is limited");
}

#[test]
fn verif_mistakes_in_a_profile_carry_its_own_place() {
    let folder = tempfile::tempdir().unwrap();
    let device = fs::read_to_string(root().join("assets/devices/restorative.ron")).unwrap();
    fs::write(
        folder.path().join("mine.ron"),
        device.replace("compliance_v: (value: 12,", "compliance_v: (value: -12,"),
    )
    .unwrap();
    let text = therapy("1 h", "").replace("\"restorative\"", "\"mine.ron\"");
    let problems = Scenario::from_text("f.ron", &text, folder.path()).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].file.ends_with("mine.ron") && problems[0].line > 10);
    assert!(problems[0].message.contains("found -12; allowed is a number from 0.01 to 100 V"), "{}", problems[0]);
    let missing = therapy("1 h", "").replace("\"restorative\"", "\"nowhere.ron\"");
    let problems = Scenario::from_text("f.ron", &missing, folder.path()).unwrap_err();
    assert!(problems[0].message.contains("cannot read"), "{}", problems[0]);
}

#[test]
fn verif_a_user_device_runs() {
    let folder = tempfile::tempdir().unwrap();
    let device = fs::read_to_string(root().join("assets/devices/restorative.ron")).unwrap();
    fs::write(folder.path().join("mine.ron"), device.replace("name: \"restorative\"", "name: \"mine\"")).unwrap();
    let text =
        therapy("1 min", "timeline: [(at: \"0 s\", do: StartSession)],").replace("\"restorative\"", "\"mine.ron\"");
    let scenario =
        Scenario::from_text("f.ron", &text, folder.path()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(crate::summary(&scenario).device, "mine");
}

#[test]
fn verif_the_program_exits_with_2_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.ron");
    fs::write(&file, therapy("1 h", "program: (both: (amplitude_ma: 99)),")).unwrap();
    let out = folder.path().join("out");
    let run = |arguments: &[&str]| crate::program().args(arguments).output().expect("the program runs");
    for arguments in [
        vec!["run", file.to_str().unwrap(), "--out", out.to_str().unwrap()],
        vec!["check", file.to_str().unwrap()],
        vec!["run", "/nowhere/at/all.ron"],
        vec!["run", folder.path().to_str().unwrap()],
        vec!["fly"],
        vec!["run"],
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.starts_with("error: "), "{errors}");
        assert!(!errors.contains("panicked"));
    }
    assert!(!out.exists());
}
