//! `stimtwin test`: what passes, what fails, what cannot be judged, and its reports.
//!
//! Thresholds: guesses, for it is about verdicts and reports; those of the axon in shipped scenarios.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn test(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        crate::program().arg("test").args(arguments).current_dir(folder).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap(), text)
}

/// A folder with the scenario that the page shows, which fails, and the same as it passes.
fn checks() -> tempfile::TempDir {
    let page = fs::read_to_string(crate::root().join("docs/testing.md")).unwrap();
    let red = page.split("```ron\n").nth(1).unwrap().split("```").next().unwrap();
    let green = red.replace("within: \"10 ms\"", "within: \"60 ms\"");
    assert_ne!(red, green);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("checks")).unwrap();
    fs::write(folder.path().join("checks/green.ron"), green).unwrap();
    fs::write(folder.path().join("checks/red.ron"), red).unwrap();
    folder
}

#[test]
fn verif_the_page_goes_from_red_to_green() {
    let folder = checks();
    let (code, text) = test(folder.path(), &["checks", "--junit", "report.xml", "--json", "report.json"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("passed checks/green.ron") && text.contains("failed checks/red.ron"), "{text}");
    assert!(text.contains("expected open_circuit") && text.contains("1 of 2 scenarios passed"), "{text}");
    let xml = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(xml.contains("tests=\"6\" skipped=\"0\" failures=\"1\" errors=\"0\""), "{xml}");
    assert!(xml.contains("file=\"checks/red.ron\"") && xml.contains("line=\"14\""), "{xml}");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(
        (json[0]["file"].as_str(), json[1]["expectations"][0]["met"].as_bool()),
        (Some("checks/green.ron"), Some(false))
    );
    let (code, text) = test(folder.path(), &["checks", "--filter", "green"]);
    assert_eq!((code, text.contains("1 of 1 scenarios passed")), (0, true), "{text}");
}

#[test]
fn verif_what_cannot_be_judged_is_never_green() {
    let folder = checks();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (arguments, words) in [
        (vec!["empty"], "holds no scenario"),
        (vec!["checks", "--filter", "blue"], "no scenario's path contains blue"),
        (vec!["nowhere.ron"], "nowhere.ron: cannot be read"),
        (vec!["checks", "--shard", "3/3"], "part 3 of 3 is empty"),
        (vec!["checks", "--shard", "0/3"], "expected a part such as 2/4"),
        (vec!["checks", "--jobs", "0"], "0"),
        (vec!["checks", "--filter", "green", "--junit", "nowhere/report.xml"], "cannot be written"),
    ] {
        let (code, text) = test(folder.path(), &arguments);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
    fs::write(folder.path().join("checks/odd.ron"), "Scenario(").unwrap();
    let (code, text) = test(folder.path(), &["checks"]);
    assert_eq!((code, text.contains("invalid checks/odd.ron")), (2, true), "{text}");
}

#[test]
fn verif_parts_make_the_whole_and_fail_fast_stops() {
    let folder = checks();
    let list = |arguments: &[&str]| test(folder.path(), &[&["checks", "--list"], arguments].concat()).1;
    assert_eq!(list(&[]), "checks/green.ron\nchecks/red.ron\n");
    assert_eq!(list(&["--shard", "1/2"]) + &list(&["--shard", "2/2"]), list(&[]));
    fs::rename(folder.path().join("checks/red.ron"), folder.path().join("checks/a-red.ron")).unwrap();
    let (code, text) = test(folder.path(), &["checks", "--jobs", "1", "--fail-fast"]);
    assert_eq!((code, text.contains("skipped checks/green.ron")), (1, true), "{text}");
}

/// Each scenario once more, in ticks: a verdict of its own, in the report too.
#[test]
fn verif_ticks_are_held_against_the_run_without() {
    let folder = checks();
    let (code, text) = test(folder.path(), &["checks", "--filter", "green", "--tick", "7s", "--json", "r.json"]);
    assert_eq!(code, 0, "{text}");
    let report = fs::read_to_string(folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let digest = report[0]["digest"].as_str().unwrap();
    let last = report[0]["expectations"].as_array().unwrap().last().unwrap();
    assert_eq!(last["expected"], format!("the digest {digest} in ticks of 7 s, too"));
    assert_eq!((last["met"].as_bool(), last["seen"].as_str()), (Some(true), Some(&*format!("the digest {digest}"))));
    assert_eq!(test(folder.path(), &["checks", "--tick", "0 s"]).0, 2);
}

/// Scenarios of ten seconds, some of which fail, one of which expects what is not there.
fn many(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..count {
        let bound = if i % 7 == 3 { 0.1 } else { 1e3 };
        let window = if i == 5 { "from: \"9500 ms\", each: Train" } else { "until: \"3 s\"" };
        let text = crate::therapy(
            "10 s",
            &format!(
                "seed: {i}, program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"1 s\", do: StartSession), \
                 (at: \"4 s\", do: StopSession)], expect: [Always(probe: \"left.force_n\", {window}, max: {bound}, \
                 requirement: \"FORCE-{}\")]",
                i % 3
            ),
        );
        fs::write(folder.path().join(format!("{i:04}.ron")), text).unwrap();
    }
    folder
}

/// File, digest, verdicts: everything that a report says but for the time that it took.
fn verdicts(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let (_, text) = test(folder, &[&["--json", "report.json"], arguments].concat());
    let report = fs::read_to_string(folder.join("report.json")).unwrap_or_else(|_| panic!("{text}"));
    let cases: Vec<serde_json::Value> = serde_json::from_str(&report).unwrap();
    let said = |mut case: serde_json::Value| {
        case.as_object_mut().unwrap().remove("took_s");
        case.to_string()
    };
    let mut said: Vec<String> = cases.into_iter().map(said).collect();
    said.sort();
    said
}

#[test]
fn verif_jobs_order_and_parts_change_no_verdict() {
    let folder = many(24);
    let all = verdicts(folder.path(), &[".", "--jobs", "1"]);
    assert_eq!(all.len(), 24);
    assert_eq!(verdicts(folder.path(), &[".", "--jobs", "2"]), all);
    let mut backwards: Vec<String> = (0..24).rev().map(|i| format!("./{i:04}.ron")).collect();
    backwards.push("--jobs".to_string());
    backwards.push("3".to_string());
    let backwards: Vec<&str> = backwards.iter().map(String::as_str).collect();
    assert_eq!(verdicts(folder.path(), &backwards), all);
    let mut parts =
        [verdicts(folder.path(), &[".", "--shard", "1/2"]), verdicts(folder.path(), &[".", "--shard", "2/2"])];
    let mut parts = parts.iter_mut().flat_map(std::mem::take).collect::<Vec<_>>();
    parts.sort();
    assert_eq!(parts, all);
}

#[test]
fn verif_what_failed_is_shown_and_annotated_and_what_was_not_there_is_an_error() {
    let folder = many(8);
    let (code, text) = test(folder.path(), &["0003.ron", "--github"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("line 1: FORCE-0: expected left.force_n always at most 0.1 from 0 s to 3 s; seen first "),
        "{text}"
    );
    assert!(text.contains("left.force_n from 0 to ") && text.contains("with a line at 0.1:"), "{text}");
    assert!(text.contains("::error file=0003.ron,line=1,title=FORCE-0::FORCE-0: expected left.force_n"), "{text}");
    let (code, text) = test(folder.path(), &["0005.ron", "0003.ron"]);
    assert_eq!(
        (code, text.contains("unjudged 0005.ron") && text.contains("not judged: no train")),
        (2, true),
        "{text}"
    );
    fs::write(folder.path().join("nothing.ron"), crate::therapy("1 s", "")).unwrap();
    let (code, text) = test(folder.path(), &["nothing.ron"]);
    assert_eq!((code, text.contains("nothing was judged")), (2, true), "{text}");
    assert_eq!(test(folder.path(), &["nothing.ron", "0001.ron"]).0, 0);
}

#[test]
fn verif_requirements_are_listed_with_what_covers_them() {
    let folder = many(5);
    let list = |text: &str| fs::write(folder.path().join("list.csv"), text).unwrap();
    list("id,text\nFORCE-0,Force is bounded\nFORCE-1,\nFORCE-2,\nFORCE-9,\"Nobody, yet\"\n");
    let (code, text) = test(folder.path(), &[".", "--jobs", "1", "--requirements", "list.csv"]);
    assert_eq!(code, 1, "{text}");
    for line in [
        "  FORCE-0  met         ./0000.ron:1\n",
        "  FORCE-0  not met     ./0003.ron:1\n",
        "  FORCE-9  nothing covers it: Nobody, yet\n",
        "3 of 4 requirements are covered, ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    list("id\nFORCE-0\nFORCE-1\n");
    let (code, text) = test(folder.path(), &[".", "--requirements", "list.csv"]);
    assert_eq!((code, text.contains("./0002.ron:1: no requirement is called FORCE-2")), (2, true), "{text}");
    for (content, words) in [
        ("name\nFORCE-0\n", "list.csv: has no column id; its columns are name"),
        ("id\nA\nA\n", "list.csv: line 3: A is there already"),
        ("id\n", "list.csv: lists no requirement"),
    ] {
        list(content);
        let (code, text) = test(folder.path(), &[".", "--requirements", "list.csv"]);
        assert_eq!((code, text.contains(words)), (2, true), "{text}");
    }
}

/// Two sessions a day.
const SESSIONS: &str = "program: (session_times: [\"08:00\", \"20:00\"], both: (amplitude_ma: 1.0)), \
                        expect: [Never(event: \"end_of_service\")]";

#[test]
fn verif_a_scenario_that_takes_too_long_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let years = crate::therapy("3000 days", SESSIONS);
    fs::write(folder.path().join("years.ron"), years).unwrap();
    let (code, text) = test(folder.path(), &["years.ron", "--time-limit", "200 ms"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("too slow years.ron") && text.contains("its time was over; it had come to "), "{text}");
}

/// Asked to stop, a suite says what it did not run, and still writes its reports.
#[cfg(unix)]
#[test]
fn verif_an_interrupted_suite_says_what_was_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let years = crate::therapy("3000 days", SESSIONS);
    for name in ["a.ron", "b.ron", "c.ron"] {
        fs::write(folder.path().join(name), &years).unwrap();
    }
    let mut child = crate::program()
        .args(["test", ".", "--jobs", "1", "--junit", "report.xml"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success() && child.try_wait().unwrap().is_none(), "it was over before");
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(2), "{text}");
    assert!(text.contains("interrupted ./a.ron") && text.contains("skipped ./c.ron"), "{text}");
    assert!(text.contains("the suite was interrupted; 2 scenarios were not run"), "{text}");
    assert!(fs::read_to_string(folder.path().join("report.xml")).unwrap().contains("skipped=\"2\""));
}

/// The most memory that a process has had, as Linux counts it.
#[cfg(target_os = "linux")]
#[test]
fn verif_a_thousand_scenarios_take_no_more_memory_than_a_hundred() {
    let folder = many(1_000);
    let peak_kb = |filter: &str| {
        let mut child = crate::program()
            .args(["test", ".", "--jobs", "2", "--filter", filter])
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kb = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            peak = peak.max(kb.unwrap_or(0));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        peak
    };
    let (hundred, thousand) = (peak_kb("/00"), peak_kb(".ron"));
    assert!(
        hundred > 0 && thousand < hundred * 3 / 2 + 8_000,
        "{hundred} kB for a hundred, {thousand} kB for a thousand"
    );
}

/// What a golden keeps is held to the bit, and what changed is named.
#[test]
fn verif_a_golden_is_kept_and_a_change_is_named() {
    let folder = many(2);
    let file = folder.path().join("0000.ron");
    let golden = folder.path().join("0000.golden.jsonl");
    let (code, text) = test(folder.path(), &["0000.ron", "--bless"]);
    assert_eq!((code, golden.exists()), (0, true), "{text}");
    let kept = fs::read(&golden).unwrap();
    assert_eq!(test(folder.path(), &["0000.ron"]).0, 0);
    // What is the same stays as it is; a folder's goldens are no scenarios.
    assert_eq!(test(folder.path(), &[".", "--bless"]).0, 0);
    assert_eq!(fs::read(&golden).unwrap(), kept);
    let before = fs::read_to_string(&file).unwrap();
    fs::write(&file, before.replace("amplitude_ma: 1.0", "amplitude_ma: 0.9")).unwrap();
    let (code, text) = test(folder.path(), &["0000.ron"]);
    assert_eq!(code, 1, "{text}");
    for words in ["first differs at 0 s", "amplitude_na", "was 1000000, is 900000", "the scenario has changed"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // One that does not meet what it expects is not blessed.
    fs::write(&file, before.replace("max: 1000", "max: 0.1")).unwrap();
    assert_eq!(test(folder.path(), &["0000.ron", "--bless"]).0, 1);
    assert_eq!(fs::read(&golden).unwrap(), kept);
    // One that breaks off decides nothing.
    fs::write(&file, before).unwrap();
    fs::write(&golden, &kept[..kept.len() - 20]).unwrap();
    let (code, text) = test(folder.path(), &["0000.ron"]);
    assert_eq!((code, text.contains("breaks off")), (2, true), "{text}");
}

/// What lies in a folder beside scenarios: profiles, hidden files, links to what was seen already.
#[cfg(unix)]
#[test]
fn verif_folders_are_gone_through_once() {
    let folder = many(2);
    let here = folder.path();
    fs::create_dir(here.join("inner")).unwrap();
    for name in ["a", "b"] {
        std::os::unix::fs::symlink(here, here.join("inner").join(name)).unwrap();
    }
    fs::write(here.join(".hidden.ron"), "Scenario(").unwrap();
    fs::copy(crate::root().join("assets/devices/restorative.ron"), here.join("mine.ron")).unwrap();
    let (code, text) = test(here, &[".", "./0000.ron", "inner/../0001.ron", "--list"]);
    assert_eq!((code, text.as_str()), (0, "./0000.ron\n./0001.ron\n"));
}

#[test]
fn verif_reports_write_over_no_scenario_and_not_over_each_other() {
    let folder = many(1);
    let before = fs::read(folder.path().join("0000.ron")).unwrap();
    for (arguments, words) in [
        (vec!["0000.ron", "--junit", "./0000.ron"], "is one of the scenarios"),
        (vec!["0000.ron", "--junit", "same", "--json", "same"], "--junit and --json name the same file"),
    ] {
        let (code, text) = test(folder.path(), &arguments);
        assert_eq!((code, text.contains(words)), (2, true), "{text}");
    }
    assert_eq!(fs::read(folder.path().join("0000.ron")).unwrap(), before);
}
