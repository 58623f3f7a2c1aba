//! Failing scenarios made small.
//!
//! Thresholds: guesses; what is left out of a scenario is the subject.

use std::fs;
use std::path::Path;
use std::process::Output;

use stimtwin::fuzz::failure::Failure;
use stimtwin::scenario::Scenario;

use crate::root;

fn stimtwin(arguments: &[&str]) -> Output {
    crate::program().args(arguments).current_dir(root()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A day with much in it, and one command that makes it fail.
const BUSY: &str = r#"// A busy day.
Scenario(
    version: 1,
    name: "Busy day",
    description: "much happens",
    seed: 7,
    starts_at: "07:00",
    duration: "1 day",
    patient: "mechanical-clbp",
    device: "restorative",
    implant: "l2-medial-branch",
    adherence: 0.9,
    program: (
        session_times: ["08:00", "20:00"],
        both: (amplitude_ma: 1.0, ramp_up: "1 s", ramp_down: "1 s"),
        right: (amplitude_ma: 1.2),
    ),
    timeline: [
        (at: "10 min", do: TestImpedance),
        (at: "day 0 09:00", do: StartSession), // by hand
        (at: "2 h 2 min 3.5 s", do: SetAmplitude(side: Left, amplitude_ma: 0.8)),
        (at: "day 0 09:05", do: BreakConductor(side: Both, contact: E0)),
        (at: "day 0 09:06", do: StepAmplitude(side: Right, steps: -2)),
        (at: "4 h", do: Activity(level: 0.7)),
        (at: "5 h", do: RepairLead(side: Both)),
        (at: "6 h", do: TestImpedance),
    ],
    record: [(every: "1 min", probes: ["left.pulses_count"])],
    expect: [
        Count(event: "impedance_measured", side: Left, count: 2),
        Never(event: "open_circuit", side: Right),
        Never(event: "limit_passed"),
    ],
)
"#;

#[test]
fn verif_a_busy_day_shrinks_to_what_makes_it_fail() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("busy.ron");
    fs::write(&file, BUSY).unwrap();
    let output = stimtwin(&["shrink", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let small = folder.path().join("busy.shrunk.ron");
    let shrunk = fs::read_to_string(&small).unwrap();
    let first = shrunk.lines().next().unwrap();
    assert!(
        first.starts_with("// Shrunk from ") && first.contains("expected no open_circuit on the right"),
        "{shrunk}"
    );
    // The session is needed, or the schedule; and the conductor.
    assert_eq!(shrunk.matches("do: ").count(), 2, "{shrunk}");
    assert!(shrunk.contains("BreakConductor(side: Right, contact: E0)"), "{shrunk}");
    assert!(shrunk.contains("do: StartSession)"), "{shrunk}");
    for gone in ["record", "description", "adherence", "session_times", "limit_passed", "impedance"] {
        assert!(!shrunk.contains(gone), "{gone} in {shrunk}");
    }
    let end = shrunk.lines().find(|line| line.contains("duration")).unwrap();
    assert!(end.contains(" ns\"") || end.contains(" ms\"") || end.contains(" us\"") || end.contains(" s\""), "{end}");
    let failing = Scenario::from_file(&small).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(matches!(Failure::of(&failing), Some(Failure::Unmet { place: 0, .. })));
    // The same again comes to the same, and is not overwritten by itself.
    let refused = stimtwin(&["shrink", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("add --overwrite"), "{}", text(&refused.stderr));
    let again = stimtwin(&["shrink", file.to_str().unwrap(), "--overwrite"]);
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(fs::read_to_string(&small).unwrap(), shrunk);
    // What is as small as can be stays.
    let smallest = stimtwin(&["shrink", small.to_str().unwrap(), "--out", folder.path().join("x").to_str().unwrap()]);
    assert_eq!(smallest.status.code(), Some(0));
    assert!(text(&smallest.stdout).contains("is as small as can be"), "{}", text(&smallest.stdout));
    assert!(!folder.path().join("x").exists());
}

#[test]
fn verif_what_is_to_stay_stays_and_profiles_are_found_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, file) = (folder.path().join("in"), folder.path().join("in/lead.ron"));
    fs::create_dir(&inside).unwrap();
    fs::copy(root().join("assets/devices/restorative.ron"), inside.join("mine.ron")).unwrap();
    let scenario = crate::therapy(
        "1 min",
        "program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"1 s\", do: StartSession), (at: \"5 s\", do: \
         BreakConductor(side: Left, contact: E0)), (at: \"7 s\", do: EraseLog)], expect: [Within(event: \
         \"session_started\", from: \"9 s\", within: \"3 s\")],",
    );
    fs::write(&file, scenario.replace("\"restorative\"", "\"./mine.ron\"")).unwrap();
    let out = folder.path().join("small.ron");
    let arguments = ["shrink", file.to_str().unwrap(), "--out", out.to_str().unwrap(), "--keep", "BreakConductor"];
    let output = stimtwin(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shrunk = fs::read_to_string(&out).unwrap();
    assert!(shrunk.contains("BreakConductor") && !shrunk.contains("EraseLog"), "{shrunk}");
    // It was seen too early, and still is.
    assert!(shrunk.contains("the last before that at") && shrunk.contains("StartSession"), "{shrunk}");
    assert!(Scenario::from_file(&out).is_ok(), "{shrunk}");
}

#[test]
fn verif_what_cannot_be_shrunk_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let passing = stimtwin(&["shrink", "scenarios/lead-fault.ron", "--out", folder.path().join("a").to_str().unwrap()]);
    let said = text(&passing.stderr);
    assert_eq!((passing.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("it does not fail; there is nothing to shrink"), "{said}");
    let absent = stimtwin(&["shrink", "nowhere.ron"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(text(&absent.stderr).contains("nowhere.ron: cannot be read"), "{}", text(&absent.stderr));
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing half-written");
    assert!(!Path::new("nowhere.shrunk.ron").exists());
}
