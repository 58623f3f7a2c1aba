//! The rules of the house, kept by a test.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        files(&root().join(folder), "rs", &mut found);
    }
    found
        .into_iter()
        .map(|path| (path.strip_prefix(root()).unwrap().display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn verif_no_file_is_two_things() {
    for (name, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 500, "{name} has {lines} lines; over 500 it is two things");
    }
}

#[test]
fn verif_lines_fit_and_every_file_says_what_it_is() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "{name} does not begin with what it is");
        for (number, line) in text.lines().enumerate() {
            assert!(line.chars().count() <= 120, "{name}:{} is longer than 120 columns", number + 1);
            assert!(
                !line.contains('\t') && !line.ends_with(' '),
                "{name}:{} has a tab or a blank at its end",
                number + 1
            );
        }
    }
}

#[test]
fn verif_nothing_is_left_behind() {
    // Spelt in two parts, so that this file does not find itself.
    let banned = [
        ("todo", "!("),
        ("unimplemented", "!("),
        ("dbg", "!("),
        ("FIX", "ME"),
        ("TO", "DO"),
        ("#[ig", "nore"),
        ("#[al", "low("),
    ];
    for (name, text) in sources() {
        for (head, tail) in banned {
            assert!(!text.contains(&format!("{head}{tail}")), "{name} has {head}{tail}");
        }
    }
}

#[test]
fn verif_models_know_no_ecs() {
    // A model file may derive `Component`; a query or a system's parameter has no place in it.
    for (name, text) in sources() {
        let is_window = name == "src/sandbox/window.rs" || name.starts_with("src/sandbox/scene/");
        let is_room = name.ends_with("/mod.rs") || name == "src/command.rs" || name == "src/sim.rs" || is_window;
        if name.starts_with("src/") && !is_room {
            assert!(!text.contains("Query<") && !text.contains("ResMut<"), "{name} has a query or a resource");
        }
    }
}

#[test]
fn verif_the_state_has_no_hash_order_no_wall_clock_and_no_local() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("src/")) {
        for banned in ["HashMap", "HashSet", "Local<", "SystemTime", "thread_rng"] {
            assert!(!text.contains(banned), "{name} has {banned}");
        }
    }
}

#[test]
fn verif_every_dependency_has_its_reason() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut in_dependencies = false;
    let mut reasoned = false;
    for line in text.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
            reasoned = false;
        } else if line.starts_with('#') {
            reasoned = true;
        } else if line.trim().is_empty() {
            reasoned = false;
        } else if in_dependencies {
            assert!(reasoned, "no reason above {line}");
            let plain = line.contains("default-features = false");
            assert!(plain, "no default-features = false in {line}");
        }
    }
}

/// Links and files that the pages name exist.
#[test]
fn verif_the_pages_point_to_what_is_there() {
    let mut pages = vec![root().join("README.md")];
    files(&root().join("docs"), "md", &mut pages);
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let path = target.split('#').next().unwrap();
            if !path.is_empty() && !path.contains("://") {
                assert!(folder.join(path).exists(), "{} points to {target}, which is not there", page.display());
            }
        }
    }
}
