//! The whole desk without a window.

use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use stimtwin::record::tape::Tape;
use stimtwin::run::progress::Silent;
use stimtwin::run::replay::{Verdict, verify};
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::desk::Desk;
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::settings::{Keeper, Settings};
use stimtwin::time::SimTime;

const ASKS: &str = "What was done is not saved";

fn act(harness: &mut Harness<'static, Desk>, act: Act) {
    let ctx = harness.ctx.clone();
    harness.state_mut().act(act, &ctx);
    harness.run_steps(3);
}

#[test]
fn verif_what_is_not_saved_is_asked_for_before_it_is_lost() {
    let session = Session::built_in("first-session").unwrap_or_else(|problems| panic!("{problems:#?}"));
    let desk = Desk::new(session, Settings::default(), Keeper::off());
    let mut harness = Harness::builder()
        .with_size([1600.0, 1000.0])
        .build_ui_state(|ui, desk: &mut Desk| desk.ui(ui, Duration::ZERO), desk);
    harness.run_steps(3);
    let given = |harness: &Harness<'static, Desk>| harness.state().session().entries().len();
    act(&mut harness, Act::Give("TestImpedance".to_string()));
    for lost in [Act::New, Act::OpenBuiltIn("six-months"), Act::Close] {
        act(&mut harness, lost);
        assert!(harness.query_by_label(ASKS).is_some());
        harness.get_by_label("Stay here").click();
        harness.run_steps(3);
        assert!(harness.query_by_label(ASKS).is_none() && !harness.state().is_closing());
        assert_eq!(given(&harness), 1);
    }
    // To ask twice is no answer.
    act(&mut harness, Act::Close);
    act(&mut harness, Act::Close);
    assert!(harness.query_by_label(ASKS).is_some() && !harness.state().is_closing());
    act(&mut harness, Act::New);
    harness.get_by_label("Go on without").click();
    harness.run_steps(3);
    assert_eq!(given(&harness), 0);
    act(&mut harness, Act::Close);
    assert!(harness.state().is_closing(), "nothing is lost, and nothing is asked");
}

#[test]
fn verif_what_the_panels_show_is_kept_until_the_next_start() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("sandbox.ron");
    let start = || {
        let (keeper, settings, told) = Keeper::at(&file);
        assert_eq!(told, None);
        let session = Session::built_in("first-session").unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut harness = Harness::builder()
            .with_size([1600.0, 1000.0])
            .build_ui_state(|ui, desk: &mut Desk| desk.ui(ui, Duration::ZERO), Desk::new(session, settings, keeper));
        harness.run_steps(3);
        harness
    };
    let months = |harness: &Harness<'static, Desk>| harness.query_by_label("Strength over months").is_some();
    let mut harness = start();
    assert!(months(&harness));
    harness.get_by_label("Months").click();
    harness.run_steps(3);
    assert!(!months(&harness));
    harness.state_mut().keep_settings();
    let mut again = start();
    assert!(!months(&again), "it was hidden when the window was closed");
    act(&mut again, Act::OpenBuiltIn("six-months"));
    assert!(!months(&again), "and stays so in another scenario");
}

/// What was done in the window, as a recording that a headless program verifies.
#[test]
fn verif_a_recording_of_the_window_replays() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("played.jsonl");
    let session = Session::built_in("first-session").unwrap_or_else(|problems| panic!("{problems:#?}"));
    let desk = Desk::new(session, Settings::default(), Keeper::off());
    let mut harness = Harness::builder()
        .with_size([1600.0, 1000.0])
        .build_ui_state(|ui, desk: &mut Desk| desk.ui(ui, Duration::ZERO), desk);
    let (when, until) = (SimTime::from_secs(3), SimTime::from_secs(20));
    let go = |harness: &mut Harness<'static, Desk>, to: SimTime| {
        act(harness, Act::Seek(to));
        while harness.state().session().transport().cursor < to {
            harness.run_steps(1);
        }
    };
    go(&mut harness, when);
    act(&mut harness, Act::Give("TestImpedance".to_string()));
    go(&mut harness, until);
    act(&mut harness, Act::Record(file.clone()));
    for _ in 0..1_000 {
        if file.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        harness.run_steps(1);
    }
    let tape = Tape::read(&file).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(tape.header.scenario.contains("TestImpedance"));
    let scenario = tape.header.scenario().unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(verify(&scenario, &tape, None, &mut Silent), Ok(Verdict::Same(until)));
}
