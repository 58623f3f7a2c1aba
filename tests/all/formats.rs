//! Files in other formats: scenarios as JSON, their schema, and traces that other programs open. What those programs
//! make of the traces is checked by `tests/readers/check.py`, with their own readers.
//!
//! Thresholds: guesses, for it is about files; those of the axon in shipped scenarios.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;
use stimtwin::scenario::convert::convert;
use stimtwin::scenario::schema::published;

use crate::{root, therapy};

fn stimtwin(arguments: &[&str]) -> Output {
    crate::program().args(arguments).current_dir(root()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(path.strip_prefix(root()).expect("within").to_str().expect("UTF-8")));
        } else if path.extension().is_some_and(|ending| ending == "ron") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(file: &str, text: &str, folder: &Path) -> Scenario {
    Scenario::from_text(file, text, folder).unwrap_or_else(|problems| panic!("{file}: {problems:#?}\n{text}"))
}

fn converted(file: &str, text: &str, folder: &Path) -> String {
    convert(file, text, folder).unwrap_or_else(|problems| panic!("{file}: {problems:#?}\n{text}"))
}

/// What is read of a scenario, all of it but where it stands in which file, as a text.
fn all_of(scenario: &Scenario) -> String {
    let text = format!("{scenario:#?}");
    let place = |line: &&str| ["file:", "line:", "text:"].iter().all(|place| !line.trim().starts_with(place));
    text.lines().filter(place).collect::<Vec<_>>().join("\n")
}

#[test]
fn verif_every_shipped_scenario_is_the_same_in_json_and_back() {
    let mut scenarios = files("scenarios");
    assert!(scenarios.len() > 40);
    scenarios.push(root().join("docs/schema/every-field.ron"));
    scenarios.push(root().join("tests/readers/formats.ron"));
    for path in scenarios {
        let (name, folder) = (path.display().to_string(), path.parent().expect("a folder"));
        let ron = fs::read_to_string(&path).expect("a file");
        let json = converted(&name, &ron, folder);
        let back = converted("back.json", &json, folder);
        let first = all_of(&read(&name, &ron, folder));
        assert_eq!(all_of(&read("it.json", &json, folder)), first, "{name}");
        assert_eq!(all_of(&read("back.ron", &back, folder)), first, "{name}");
        assert_eq!(converted("back.ron", &back, folder), json, "{name}");
    }
}

#[test]
fn verif_a_scenario_in_json_comes_to_the_same_digest() {
    let digest = |scenario: &Scenario| {
        let done = run(scenario, RunOptions::default(), None, &mut stimtwin::run::progress::Silent);
        done.unwrap_or_else(|error| panic!("{error}")).digest
    };
    for path in files("scenarios/faults") {
        let (name, folder) = (path.display().to_string(), path.parent().expect("a folder"));
        let ron = fs::read_to_string(&path).expect("a file");
        let json = converted(&name, &ron, folder);
        let of_ron = crate::shipped_summary(&format!("faults/{}", path.file_stem().expect("a name").display()));
        assert_eq!(digest(&read("it.json", &json, folder)), of_ron.digest, "{name}");
    }
}

#[test]
fn verif_every_built_in_profile_is_the_same_in_json_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    for path in files("assets").into_iter().filter(|path| !path.ends_with("gallery.ron")) {
        let ron = fs::read_to_string(&path).expect("a file");
        let json = converted(&path.display().to_string(), &ron, Path::new("."));
        let back = converted("it.json", &json, Path::new("."));
        assert_eq!(converted("back.ron", &back, Path::new(".")), json, "{}", path.display());
    }
    // A scenario in JSON whose profiles are in JSON too reads as with the built-in ones.
    let profile = |name: &str| fs::read_to_string(root().join("assets").join(name)).expect("a file");
    for (name, file) in [
        ("patients/healthy.ron", "p.json"),
        ("devices/restorative.ron", "d.json"),
        ("implants/l2-medial-branch.ron", "i.json"),
    ] {
        write(file, &converted(name, &profile(name), Path::new(".")));
    }
    let with = |patient: &str, device: &str, implant: &str| {
        format!(
            "{{\"$schema\": \"https://example.org/s.json\", \"version\": 1, \"name\": \"n\", \"duration\": \"1 min\", \
             \"patient\": \"{patient}\", \"device\": \"{device}\", \"implant\": \"{implant}\"}}"
        )
    };
    let built_in = read("a.json", &with("healthy", "restorative", "l2-medial-branch"), folder.path());
    let own = read("a.json", &with("p.json", "./d.json", "i.json"), folder.path());
    assert_eq!(all_of(&own), all_of(&built_in));
}

fn problems(json: &str) -> Vec<String> {
    let found = Scenario::from_text("f.json", json, Path::new("."));
    found.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// A scenario in JSON with further fields.
fn scenario(fields: &str) -> String {
    format!(
        "{{\n\"version\": 1, \"name\": \"n\", \"duration\": \"1 min\", \"patient\": \"healthy\",\n\
         \"device\": \"restorative\", \"implant\": \"l2-medial-branch\",\n{fields}\n}}"
    )
}

#[test]
fn verif_mistakes_in_json_are_all_explained_each_at_its_place() {
    assert_eq!(problems(&scenario("\"seed\": 2")), [""; 0]);
    for (fields, expected) in [
        ("\"sed\": 2", "f.json:4:2: unknown field sed; did you mean seed?"),
        ("\"seed\": \"2\"", "f.json:4:9: seed: found \"2\"; allowed is a whole number from 0 to"),
        ("\"seed\": 2.5", "f.json:4:9: seed: found 2.5; allowed is a whole number"),
        ("\"seed\": 1, \"seed\": 2", "seed is given twice"),
        ("\"adherence\": 2", "f.json:4:14: adherence: found 2; allowed is a number from 0 to 1"),
        ("\"adherence\": \"NaN\"", "adherence: found \"NaN\""),
        ("\"name\": \"é\", \"seed\": -1", "f.json:4:22: seed: found -1"),
        ("\"program\": []", "program: found []; expected fields in braces"),
        ("\"program\": {\"coordination\": \"Togther\"}", "did you mean Together?"),
        ("\"program\": {\"coordination\": true}", "coordination: found true; allowed: Together"),
        ("\"program\": {\"both\": {\"cathodes\": \"E0\"}}", "cathodes: found \"E0\"; expected a list in brackets"),
        ("\"program\": {\"both\": {\"recharge\": {\"Actve\": {}}}}", "did you mean Active?"),
        ("\"timeline\": [{\"at\": \"1 s\", \"do\": {\"StartSession\": 5}}]", "expected fields in braces"),
        ("\"timeline\": [{\"at\": \"1 s\", \"do\": {\"Reset\": {}, \"SetClock\": {}}}]", "allowed: StartSession"),
        (
            "\"timeline\": [{\"at\": \"1 s\", \"do\": {\"StickBit\": {\"bit\": 1, \"high\": \"true\"}}}]",
            "allowed: true, false",
        ),
        ("\"timeline\": [{\"at\": \"2 min\", \"do\": \"Reset\"}]", "the scenario ends at"),
        ("\"record\": [{\"every\": \"1 s\", \"probes\": [\"left.force\"]}]", "did you mean \"left.force_n\"?"),
    ] {
        let found = problems(&scenario(fields));
        assert!(found.iter().any(|problem| problem.contains(expected)), "{fields}: {found:#?}");
    }
    let several = problems(&scenario("\"seed\": -1, \"adherence\": 2,\n\"implanted_before\": \"x\""));
    assert_eq!(several.len(), 3, "{several:#?}");
}

#[test]
fn verif_grammar_of_json_is_explained_with_its_place() {
    for (json, expected) in [
        ("", "f.json:1:1: EOF while parsing a value"),
        ("{\"version\": 1,}", "f.json:1:15: key must be a string"),
        ("{\"name\": \"é\" \"x\": 1}", "f.json:1:14: expected `,` or `}`"),
        ("{\n// comment\n}", "f.json:2:1: key must be a string"),
        ("{} {}", "f.json:1:4: trailing characters"),
        ("(version: 1)", "f.json:1:1: expected value"),
        ("[1]", "f.json:1:1: the file: found [1]; expected fields in braces"),
        ("\"text\"", "expected fields in braces"),
        ("{\"a\": 1e999}", "unknown field a"),
    ] {
        let found = problems(json);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{json}: {found:#?}");
    }
}

/// `STIMTWIN_WRITE_PAGES=1 cargo test --test all formats` writes the schema anew.
#[test]
fn verif_the_published_schema_is_the_one_that_is_made() {
    let path = root().join("docs/schema/scenario.schema.json");
    let schema = published();
    if std::env::var_os("STIMTWIN_WRITE_PAGES").is_some() {
        fs::write(&path, &schema).expect("it can be written");
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), schema);
    assert_eq!(text(&stimtwin(&["schema"]).stdout), schema);
}

/// What validates a value of the few keywords that the schema uses, as far as they are used.
#[test]
fn verif_every_field_and_command_of_the_reader_is_in_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&published()).expect("JSON");
    let commands =
        schema["$defs"]["do"]["anyOf"].as_array().expect("a list").last().expect("objects")["properties"].clone();
    for command in ["SetAmplitude", "Message", "JumpClock", "SwapBattery", "IntermittentConductor"] {
        assert!(commands[command].is_object(), "{command}");
    }
    let settings = &schema["$defs"]["Side"]["properties"];
    assert_eq!(settings["amplitude_ma"]["type"], "number");
    assert_eq!(schema["$defs"]["Burst"]["required"], serde_json::json!(["pulses"]));
    assert_eq!(schema["properties"]["seed"]["maximum"], u64::MAX);
    assert_eq!(schema["properties"]["patient"]["examples"][2], "mechanical-clbp");
}

#[test]
fn verif_what_edf_cannot_hold_is_refused_when_it_is_read() {
    for (record, expected) in [
        ("every: \"1000000001 ns\"", "no data record of EDF"),
        ("every: \"1 us\", from: \"0 s\"", ""),
        ("every: \"333333333 ns\"", "choose a whole number of microseconds, or .csv"),
    ] {
        let fields = format!("record: [(file: \"t.edf\", {record}, probes: [\"left.force_n\"])]");
        let found = Scenario::from_text("f.ron", &therapy("1 min", &fields), Path::new("."));
        let found: Vec<String> = found.err().unwrap_or_default().iter().map(ToString::to_string).collect();
        assert_eq!(found.is_empty(), expected.is_empty(), "{record}: {found:#?}");
        assert!(found.iter().all(|problem| problem.contains(expected)), "{record}: {found:#?}");
    }
    let late = "record: [(file: \"t.edf\", every: \"1 min\", from: \"day 25000 08:00\", probes: [\"left.force_n\"])]";
    let found = Scenario::from_text("f.ron", &therapy("30000 days", late), Path::new(".")).err().unwrap_or_default();
    assert!(found.iter().any(|problem| problem.message.contains("EDF knows dates up to 2084")), "{found:#?}");
}

/// A run that is stopped ends its traces well, and files of an earlier one that failed are replaced.
#[test]
fn verif_a_stopped_run_ends_every_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("a folder");
    for left in ["traces.edf.partial", "traces.edf.partial.samples", "traces.mcap.partial"] {
        fs::write(out.join(left), "half").expect("a file");
    }
    let arguments = ["run", "tests/readers/formats.ron", "--until", "70 s", "--quiet", "--overwrite", "--out"];
    let output = stimtwin(&[&arguments[..], &[out.to_str().expect("UTF-8")]].concat());
    assert_eq!(text(&output.stderr), "");
    let names: Vec<String> = fs::read_dir(&out)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    assert!(names.iter().all(|name| !name.contains("partial")), "{names:?}");
    let samples = fs::read_to_string(out.join("traces.csv")).expect("a file").lines().count() - 1;
    assert_eq!(samples, 791);
    let sto = fs::read_to_string(out.join("traces.sto")).expect("a file");
    assert!(sto.contains("\nnRows=0791\n"), "{}", &sto[..80]);
    let edf = fs::read(out.join("traces.edf")).expect("a file");
    assert_eq!(edf[236..244].trim_ascii(), b"40", "data records");
    let mcap = fs::read(out.join("traces.mcap")).expect("a file");
    assert!(mcap.starts_with(b"\x89MCAP0\r\n") && mcap.ends_with(b"\x89MCAP0\r\n"));
}
