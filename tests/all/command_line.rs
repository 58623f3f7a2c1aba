//! The program as a user meets it.
//!
//! Thresholds: of the axon, as the scenarios are shipped.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::root;

fn stimtwin(arguments: &[&str]) -> Output {
    crate::program().args(arguments).current_dir(root()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it exits")
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

// Elsewhere there is always a display, and a window would open.
#[cfg(any(target_os = "linux", not(feature = "sandbox")))]
#[test]
fn verif_without_a_command_and_a_display_the_built_in_scenario_runs() {
    let mut command = crate::program();
    let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("the program starts");
    assert_eq!(code(&output), 0);
    let out = text(&output.stdout);
    for word in ["First session", "pulses", "12000", "force, peak, N", "digest"] {
        assert!(out.contains(word), "{word} in {out}");
    }
    let said = text(&output.stderr);
    let no_window = "no window can be opened: neither DISPLAY nor WAYLAND_DISPLAY names a display; the built-in \
                     scenario runs without a window\n";
    let expected = if cfg!(feature = "sandbox") { no_window } else { "" };
    assert_eq!(said, expected);
}

#[test]
fn verif_results_are_written_and_agree_with_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = stimtwin(&["run", "scenarios/first-session.ron", "--out", out.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let summary = json(&out.join("summary.json"));
    let trace = fs::read_to_string(out.join("traces.csv")).unwrap();
    let mut lines = trace.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let last: Vec<f64> = lines.last().unwrap().split(',').map(|field| field.parse().unwrap()).collect();
    let column = |name: &str| last[header.iter().position(|column| *column == name).unwrap()];
    assert_eq!(column("time_ns"), 35.0 * 60e9);
    for side in ["left", "right"] {
        assert_eq!(summary[side]["pulses"], 12_000);
        assert_eq!(summary[side]["commanded_uc"], 2568.0);
        assert_eq!(summary[side]["delivered_uc"], 2568.0);
        assert!(summary[side]["residual_uc"].as_f64().unwrap().abs() < 1e-6, "{}", summary[side]["residual_uc"]);
        assert_eq!(column(&format!("{side}.pulses_count")), 12_000.0);
    }
    assert!(text(&output.stdout).contains(summary["digest"].as_str().unwrap()));
    let events = fs::read_to_string(out.join("events.jsonl")).unwrap();
    let events: Vec<serde_json::Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "session_started");
    assert_eq!(events[0]["clock"], "day 0 08:00:00");
    assert_eq!(events.len() as u64, summary["events"].as_u64().unwrap());
    assert!(fs::read_dir(&out).unwrap().all(|entry| !entry.unwrap().file_name().to_str().unwrap().contains("partial")));
}

#[test]
fn verif_an_output_folder_is_not_silently_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "keep me").unwrap();
    let out = folder.path().to_str().unwrap();
    let refused = stimtwin(&["run", "scenarios/lead-fault.ron", "--out", out]);
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("not empty"), "{}", text(&refused.stderr));
    assert_eq!(code(&stimtwin(&["run", "scenarios/lead-fault.ron", "--out", out, "--overwrite"])), 0);
    assert_eq!(fs::read_to_string(folder.path().join("mine.txt")).unwrap(), "keep me");
}

#[test]
fn verif_a_killed_run_leaves_no_summary() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut child = crate::program()
        .args(["run", "scenarios/six-months.ron", "--tick", "1ms", "--out", out.to_str().unwrap()])
        .current_dir(root())
        .spawn()
        .expect("the program runs");
    while !out.join("events.jsonl.partial").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!out.join("summary.json").exists() && !out.join("events.jsonl").exists());
}

#[test]
fn verif_parquet_holds_what_csv_holds() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let folder = tempfile::tempdir().unwrap();
    let scenario = fs::read_to_string(root().join("scenarios/lead-fault.ron")).unwrap();
    let files = ["traces.csv", "traces.parquet"].map(|file| {
        let path = folder.path().join(format!("{file}.ron"));
        fs::write(&path, scenario.replace("(every:", &format!("(file: \"{file}\", every:"))).unwrap();
        let out = folder.path().join(file).with_extension("out");
        let arguments = ["run", path.to_str().unwrap(), "--overwrite", "--out", out.to_str().unwrap(), "--quiet"];
        let output = stimtwin(&arguments);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "quiet");
        fs::read(out.join(file)).unwrap()
    });
    let csv = text(&files[0]);
    let path = folder.path().join("copy.parquet");
    fs::write(&path, &files[1]).unwrap();
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let mut rows = 0;
    for (line, row) in csv.lines().skip(1).zip(reader.get_row_iter(None).unwrap()) {
        let row = row.unwrap();
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(row.get_long(0).unwrap(), fields[0].parse::<i64>().unwrap());
        for (i, field) in fields.iter().enumerate().skip(1) {
            assert_eq!(row.get_double(i).unwrap().to_bits(), field.parse::<f64>().unwrap().to_bits());
        }
        rows += 1;
    }
    assert_eq!(rows, 600 * 20 + 1);
}

#[test]
fn verif_options_do_what_they_say() {
    let digest = |arguments: &[&str]| {
        let output = stimtwin(arguments);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        text(&output.stdout).lines().last().unwrap().to_string()
    };
    let plain = digest(&["run", "scenarios/first-session.ron"]);
    for tick in ["0.5ms", "1ms", "16ms", "1s"] {
        assert_eq!(digest(&["run", "scenarios/first-session.ron", "--tick", tick]), plain, "{tick}");
    }
    assert_ne!(digest(&["run", "scenarios/first-session.ron", "--until", "2 min"]), plain);
    assert_ne!(digest(&["run", "scenarios/first-session.ron", "--seed", "2"]), plain);
    let titration = digest(&["run", "scenarios/titration.ron"]);
    assert_ne!(digest(&["run", "scenarios/titration.ron", "--seed", "2"]), titration);
    for arguments in [
        ["run", "scenarios/first-session.ron", "--tick", "0 s"],
        ["run", "scenarios/first-session.ron", "--tick", "1"],
        ["run", "scenarios/first-session.ron", "--until", "2 h"],
        ["run", "scenarios/first-session.ron", "--seed", "-1"],
    ] {
        let output = stimtwin(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(!text(&output.stderr).is_empty());
    }
}

#[test]
fn verif_check_and_assets() {
    let output = stimtwin(&["check", "scenarios/sham.ron", "scenarios/titration.ron"]);
    assert_eq!((code(&output), text(&output.stdout).lines().count()), (0, 2));
    assert!(text(&stimtwin(&["assets"]).stdout).contains("devices/restorative"));
    assert!(text(&stimtwin(&["assets", "devices/restorative"]).stdout).contains("Device("));
    let wrong = stimtwin(&["assets", "devices/restorativ"]);
    assert_eq!(code(&wrong), 2);
    assert!(text(&wrong.stderr).contains("did you mean devices/restorative?"));
}

/// The examples of --help, as pasted.
#[test]
fn verif_the_examples_in_the_help_work() {
    for verb in ["run", "check", "assets", "convert", "schema"] {
        let help = text(&stimtwin(&[verb, "--help"]).stdout);
        let example =
            help.lines().skip_while(|line| !line.starts_with("Example:")).nth(1).unwrap_or_else(|| panic!("{help}"));
        let folder = tempfile::tempdir().unwrap();
        let words = example.trim().strip_prefix("stimtwin ").unwrap().split('>').next().unwrap();
        let out = folder.path().join("out");
        let arguments: Vec<&str> =
            words.split_whitespace().map(|word| if word == "out/" { out.to_str().unwrap() } else { word }).collect();
        assert_eq!(code(&stimtwin(&arguments)), 0, "{example}");
    }
}

#[test]
fn verif_a_broken_invariant_stops_the_run_and_leaves_no_summary() {
    use stimtwin::muscle::body::Muscle;
    use stimtwin::sim::Simulation;
    use stimtwin::time::SimTime;
    let scenario = crate::shipped("first-session");
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(SimTime::from_secs(65)).unwrap();
    let pool = simulation.roster().patients()[0].sides.right.pool;
    simulation.world_mut().get_mut::<Muscle>(pool).unwrap().poison(f64::NAN);
    let fault = simulation.advance_to(scenario.duration).unwrap_err();
    assert_eq!(fault.component, "patient/right/pool");
    assert_eq!(fault.at, SimTime::from_secs(66));
    assert!(fault.message.contains("NaN"), "{fault}");
    assert_eq!(simulation.advance_to(scenario.duration), Err(fault), "it stays stopped");
}
