//! `stimtwin test`: what passes, what fails, what cannot be judged, and its reports.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn test(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_stimtwin")).arg("test").args(arguments).current_dir(folder).output().unwrap();
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
