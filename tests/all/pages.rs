//! The pages and the code say the same: fields, probes, examples, keys of results, states of the device.
//!
//! Thresholds: guesses; pages are about names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stimtwin::device::therapy;
use stimtwin::record::probe::Probe;
use stimtwin::scenario::Scenario;

use crate::{root, scenario, summary, therapy as scenario_of_therapy};

fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn is_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

/// The names of fields that a source asks for: a text in the arguments of a function that reads a field, before any
/// other call.
fn fields_read(source: &str) -> BTreeSet<String> {
    const READERS: [&str; 16] = [
        "choices",
        "contacts",
        "figure",
        "flag",
        "fraction",
        "number",
        "on_grid",
        "optional",
        "part",
        "point",
        "range",
        "required",
        "seconds",
        "span_on_grid",
        "text",
        "whole",
    ];
    let mut names = BTreeSet::new();
    for reader in READERS {
        let call = format!("{reader}(");
        for (at, _) in source.match_indices(&call) {
            if source[..at].ends_with(|c: char| is_name(c)) {
                continue;
            }
            let arguments = source[at + call.len()..].trim_start_matches(|c: char| is_name(c) || "&, \n".contains(c));
            let Some(name) = arguments.strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
            if name.chars().all(is_name) {
                names.insert(name.to_string());
            }
        }
    }
    names
}

/// The body of a function of a source.
fn body<'a>(source: &'a str, function: &str) -> &'a str {
    let from = source.find(&format!("fn {function}(")).unwrap_or_else(|| panic!("no {function}"));
    source[from..].split("\n}\n").next().unwrap()
}

/// Whether a page has a field: by itself in code, or with a value.
fn has(page: &str, field: &str) -> bool {
    let with_value = page.match_indices(&format!("{field}: ")).any(|(at, _)| !page[..at].ends_with(is_name));
    with_value || page.contains(&format!("`{field}`"))
}

/// The blocks of code of a page that are RON.
fn ron_blocks(page: &str) -> Vec<&str> {
    page.split("```ron\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn verif_every_field_that_is_read_is_on_a_page() {
    let (device, scenarios) = (file("docs/device.md"), file("docs/scenario.md"));
    let mut read = BTreeSet::new();
    for part in ["device", "battery", "force", "program"] {
        read.append(&mut fields_read(&file(&format!("src/scenario/{part}.rs"))));
    }
    read.append(&mut fields_read(body(&file("src/scenario/profiles.rs"), "read_implant")));
    // The scanner itself: names of every kind of call.
    for known in ["amplitude_ma", "step_mv", "from_s", "cells", "curve", "transfer_levelling_ms_cm2_per_ma2", "at_us"] {
        assert!(read.contains(known), "{known} is not found in the sources");
    }
    assert!(read.len() > 110, "{read:?}");
    for field in read {
        assert!(has(&device, &field) || has(&scenarios, &field), "{field} is on no page");
    }
    let expected = fields_read(&file("src/scenario/expectations.rs"));
    assert!(expected.contains("requirement") && expected.contains("tolerance_percent"), "{expected:?}");
    for field in expected.into_iter().chain(fields_read(body(&file("src/scenario/mod.rs"), "read_scenario"))) {
        assert!(has(&scenarios, &field), "{field} is not in scenario.md");
    }
}

#[test]
fn verif_every_probe_is_on_its_page() {
    let page = file("docs/scenario.md");
    for name in Probe::names() {
        assert!(page.contains(&format!("`{}`", name.replace("unit_1.", "unit_N."))), "{name} is not in scenario.md");
    }
    for name in Probe::device_names() {
        assert!(page.contains(&format!("`device.{name}`")), "device.{name} is not in scenario.md");
    }
}

/// Whole scenarios are read as they are; what is not whole is fields of one.
#[test]
fn verif_every_example_reads() {
    let mut whole = 0;
    for page in ["device", "faults", "results", "scenario"] {
        for block in ron_blocks(&file(&format!("docs/{page}.md"))) {
            let code = block.trim_start_matches(|c: char| c.is_whitespace());
            let first = code.lines().find(|line| !line.starts_with("//")).unwrap_or_default();
            let is_whole = first.starts_with("Scenario(") || first.starts_with("(version");
            whole += usize::from(is_whole);
            let text = if is_whole { code.to_string() } else { scenario_of_therapy("10 min", code) };
            if let Err(problems) = Scenario::from_text(&format!("{page}.md"), &text, Path::new(".")) {
                panic!("{page}.md: {problems:#?}\n{block}");
            }
        }
    }
    assert!(whole >= 2, "{whole} whole scenarios on the pages");
}

fn keys(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn verif_every_key_of_a_summary_is_on_its_page() {
    let fields = "program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"1 s\", do: StartSession)], \
                  expect: [Never(event: \"limit_passed\"), \
                  Always(probe: \"left.force_n\", max: 0, requirement: \"R\")]";
    let summary = summary(&scenario(&scenario_of_therapy("1 min", fields)));
    let mut found = BTreeSet::new();
    keys(&serde_json::to_value(&summary).unwrap(), &mut found);
    // What is listed only where there is some.
    for key in ["cv", "met", "contact", "quiescent", "quantised_uc"] {
        assert!(found.contains(key), "the run shows no {key}");
    }
    let page = file("docs/results.md");
    for key in found {
        assert!(page.contains(&format!("`{key}`")), "{key} is not in results.md");
    }
}

/// `STIMTWIN_WRITE_PAGES=1 cargo test --test all pages` draws the page anew.
#[test]
fn verif_the_page_of_states_is_drawn_from_the_table() {
    let path = root().join("docs/therapy-states.md");
    if std::env::var_os("STIMTWIN_WRITE_PAGES").is_some() {
        fs::write(&path, therapy::document()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), therapy::document());
}
