//! The tab of the spine: it shows what the headless run says, its buttons give commands that replay, and what each test
//! of the clinic finds is there in words.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stimtwin::muscle::body::MuscleCursor;
use stimtwin::record::events::{EventKind, EventLog};
use stimtwin::record::probe::Probe;
use stimtwin::run::summary::Summary;
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::panels::back_numbers::short;
use stimtwin::sandbox::panels::spine::findings::TESTS;
use stimtwin::sandbox::panels::spine::{self, SpineState};
use stimtwin::scenario::Scenario;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use super::{Bench, bench};

type Tab = Harness<'static, Bench<SpineState>>;

/// The tab in a train of the first contraction.
fn tab() -> Tab {
    let mut tab = bench("gallery/first-contraction", [420.0, 1_600.0], spine::ui);
    go(&mut tab, "1 min 3 s");
    tab
}

fn go(tab: &mut Tab, to: &str) {
    let at = to.parse().unwrap_or_else(|why| panic!("{to}: {why}"));
    let session = &mut tab.state_mut().session;
    session.act(Act::Seek(at));
    session.arrive().unwrap_or_else(|fault| panic!("{fault}"));
    tab.run();
}

/// A headless run of what was done in the window, up to where the window is.
fn headless(tab: &Tab) -> Simulation {
    let session = &tab.state().session;
    let text = session.document().compose();
    let scenario = Scenario::from_text("played.ron", &text, std::path::Path::new("."));
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(session.transport().cursor).unwrap_or_else(|fault| panic!("{fault}"));
    simulation
}

fn probe(simulation: &Simulation, name: &str) -> f64 {
    let probe = Probe::parse(name, 0).unwrap_or_else(|why| panic!("{why}"));
    let side = simulation.side(probe.side);
    side.at(simulation.now()).read(probe.quantity, &mut MuscleCursor::new(side.pool))
}

fn shows(tab: &Tab, text: &str) {
    assert!(tab.query_all_by_label_contains(text).next().is_some(), "the tab shows no {text}");
}

#[test]
fn verif_the_tab_shows_what_the_headless_run_says() {
    let tab = tab();
    let run = headless(&tab);
    shows(&tab, &format!("{:.1} Nm/rad", probe(&run, "spine.stability_nm_per_rad")));
    shows(&tab, &format!("{:.1} N", probe(&run, "spine.buckling_load_n")));
    for side in ["left", "right"] {
        let force_n = probe(&run, &format!("{side}.force_n"));
        assert!(force_n > 10.0, "{side}: {force_n} N in a train");
        shows(&tab, &format!("L2, {side}: {} N of ", short(force_n)));
        shows(&tab, &format!("L4, {side}: 0 N of "));
        for (joint, key) in [("L2-3", "l2_3"), ("L3-4", "l3_4"), ("L4-5", "l4_5"), ("L5-S1", "l5_s1")] {
            let moment_nm = probe(&run, &format!("{side}.moment_{key}_nm"));
            assert!(moment_nm > 0.0);
            shows(&tab, &format!("{joint}, {side}: {} Nm", short(moment_nm)));
        }
    }
}

#[test]
fn verif_an_effort_pulls_on_every_level_and_is_no_command() {
    let mut tab = tab();
    let before = tab.state().session.simulation().digest().to_string();
    tab.get_by_label("standing").click();
    tab.run();
    assert_eq!(tab.state().state.effort(), 0.03);
    for level in ["L1", "L2", "L3", "L4", "L5"] {
        let words = tab.get_by_label_contains(&format!("{level}, left: ")).accesskit_node().label().unwrap_or_default();
        assert!(words.contains(" by effort") && !words.contains(" 0 by effort"), "{words}");
    }
    tab.get_by_label("none").click();
    tab.run();
    assert_eq!(tab.state().state.effort(), 0.0);
    assert!(tab.state().session.entries().is_empty());
    assert_eq!(tab.state().session.simulation().digest().to_string(), before);
}

const BUTTONS: [&str; 5] = ["Sudden load", "Sudden release", "Prone instability", "Multifidus lift", "Ultrasound"];

/// Presses every button, the first of them twice.
fn examine(tab: &mut Tab) {
    for name in BUTTONS.into_iter().chain(["Sudden load"]) {
        tab.get_by_role_and_label(Role::Button, name).click();
        tab.run();
    }
}

#[test]
fn verif_buttons_give_commands_that_replay_to_the_same_digest() {
    let mut tab = tab();
    shows(&tab, "No test was done");
    examine(&mut tab);
    let commands: Vec<&str> = tab.state().session.entries().iter().map(|entry| entry.command.as_str()).collect();
    let sudden = "SuddenLoad(newton: 60)";
    let rest = ["SuddenRelease(newton: 60)", "ProneInstability", "MultifidusLift", "Ultrasound", sudden];
    assert_eq!((commands[0], &commands[1..]), (sudden, &rest[..]));
    let run = headless(&tab);
    let session = &tab.state().session;
    assert_eq!(run.digest().to_string(), session.simulation().digest().to_string());
    let found = |simulation: &Simulation| simulation.world().resource::<EventLog>().examinations().to_vec();
    assert_eq!(found(&run), found(session.simulation()));
    assert_eq!(found(&run).len(), 6);
    // They are in the list of events, and undo takes them back one by one.
    let events = session.memory().events(SimTime::ZERO, session.memory().head() + SimTime::SECOND);
    assert_eq!(events.iter().filter(|event| matches!(event.kind, EventKind::Examined { .. })).count(), 6);
    tab.state_mut().session.act(Act::Undo);
    tab.state_mut().session.arrive().unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(tab.state().session.entries().len(), 5);
}

/// The numbers of the summary, under the words of their keys; before the tests were done there are none.
#[test]
fn verif_what_each_test_finds_is_there_in_words() {
    let mut tab = tab();
    examine(&mut tab);
    let text = tab.state().session.document().compose();
    let scenario = Scenario::from_text("played.ron", &text, std::path::Path::new(".")).expect("it is well");
    let clinic = serde_json::to_value(Summary::of(&scenario, &headless(&tab), 0).clinic).expect("plain values");
    let clinic = clinic.as_array().expect("a list");
    for (kind, title, keys) in TESTS {
        shows(&tab, title);
        let finding =
            clinic.iter().find(|one| one["test"] == kind).unwrap_or_else(|| panic!("no {kind} in {clinic:?}"));
        for (key, words, unit, scale, _) in keys {
            shows(&tab, words);
            if let Some(number) = finding[key].as_f64() {
                shows(&tab, &format!("{} {unit}", short(number * scale)));
            } else {
                assert!(finding[key].is_boolean(), "{key}: {}", finding[key]);
            }
        }
    }
    go(&mut tab, "30 s");
    shows(&tab, "No test was done");
    go(&mut tab, "1 min 4 s");
    shows(&tab, "Trunk moves");
}

#[test]
fn verif_every_button_has_a_name_and_does_something() {
    let mut tab = tab();
    examine(&mut tab);
    let names: Vec<String> =
        tab.query_all_by_role(Role::Button).map(|node| node.accesskit_node().label().unwrap_or_default()).collect();
    assert!(names.len() >= BUTTONS.len() + 2, "{names:?}");
    assert!(names.iter().all(|name| !name.trim().is_empty()), "{names:?}");
    let pull = tab.get_by_role_and_label(Role::SpinButton, "Pull");
    assert!(pull.accesskit_node().value().unwrap_or_default().contains("60"));
}
