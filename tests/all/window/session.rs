//! A session of the window: played forward, scrubbed back, taken back, saved, and always the same bits as a headless
//! run.

use std::time::Duration;

use stimtwin::checkpoint::Checkpoint;
use stimtwin::sandbox::act::{Act, Step};
use stimtwin::sandbox::memory::PulseQuantity;
use stimtwin::sandbox::session::{Said, Session};
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

fn at(text: &str) -> SimTime {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn opened(text: &str) -> (tempfile::TempDir, Session) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("played.ron");
    std::fs::write(&file, text).expect("the scratch folder can be written");
    let session = Session::open(&file).unwrap_or_else(|problems| panic!("{problems:#?}"));
    (folder, session)
}

const PLAYED: &str = r#"// What the author wrote stays.
Scenario(
    version: 1, name: "Played", duration: "3 min", patient: "mechanical-clbp", device: "restorative",
    implant: "l2-medial-branch", seed: 7, starts_at: "23:58",
    program: (both: (amplitude_ma: 1.2)),
    timeline: [(at: "2 s", do: StartSession), (at: "50 s", do: SetProgram(program: (both: (width_us: 180))))],
)"#;

/// Does what was asked, and goes where that leads.
fn act(session: &mut Session, act: Act) {
    assert_eq!(session.act(act.clone()), None, "{act:?} is for the session");
    session.arrive().unwrap_or_else(|fault| panic!("{fault}"));
}

fn refused(session: &mut Session) -> Vec<String> {
    let refused = |said| if let Said::Refused(why) = said { Some(why) } else { None };
    session.take_said().into_iter().filter_map(refused).collect()
}

/// The digest of a headless run of that text up to an instant.
fn headless(text: &str, until: SimTime) -> String {
    let scenario = Scenario::from_text("saved.ron", text, std::path::Path::new("."));
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    let mut simulation = Simulation::new(&scenario, None);
    simulation.advance_to(until).unwrap_or_else(|fault| panic!("{fault}"));
    simulation.digest().to_string()
}

fn digest(session: &Session) -> String {
    session.simulation().digest().to_string()
}

#[test]
fn verif_a_checkpoint_leads_to_the_same_bits() {
    let scenario = Scenario::from_text("played.ron", PLAYED, std::path::Path::new(".")).expect("it is well");
    let mut simulation = Simulation::new(&scenario, None);
    let whole = headless(PLAYED, scenario.duration);
    // Within a train, between trains, right after midnight.
    for instant in ["3.0171 s", "14 s", "2 min 0.5 s"] {
        simulation.advance_to(at(instant)).expect("it runs");
        let checkpoint = Checkpoint::of(&simulation);
        simulation.advance_to(scenario.duration).expect("it runs");
        assert_eq!(simulation.digest().to_string(), whole, "on from {instant}");
        checkpoint.restore(&mut simulation);
        assert_eq!(simulation.now(), at(instant));
        simulation.advance_to(scenario.duration).expect("it runs");
        assert_eq!(simulation.digest().to_string(), whole, "again from {instant}");
        checkpoint.restore(&mut simulation);
    }
}

#[test]
fn verif_what_is_done_is_a_scenario_of_the_same_bits() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("7 s")));
    act(&mut session, Act::Give("SetAmplitude(side: Left, amplitude_ma: 2.0)".to_string()));
    act(&mut session, Act::Step(Step::Pulse));
    act(&mut session, Act::Give("TestImpedance".to_string()));
    act(&mut session, Act::Seek(at("30 s")));
    act(&mut session, Act::Give("BreakConductor(side: Right, contact: E0)".to_string()));
    act(&mut session, Act::Seek(at("3 min")));
    let text = session.document().compose();
    assert!(text.starts_with("// What the author wrote stays."), "{text}");
    assert_eq!(headless(&text, at("3 min")), digest(&session));
    assert_ne!(headless(PLAYED, at("3 min")), digest(&session), "what was done mattered");
    assert_eq!(session.entries().len(), 3);
}

#[test]
fn verif_scrubbing_back_and_playing_by_frames_comes_to_the_same_bits() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("2 min 30 s")));
    act(&mut session, Act::Seek(at("11.5 s")));
    assert_eq!(session.transport().cursor, at("11.5 s"));
    assert_eq!(session.transport().head, at("2 min 30 s"), "what was computed stays");
    assert_eq!(digest(&session), headless(PLAYED, at("11.5 s")));
    act(&mut session, Act::Speed(30.0));
    act(&mut session, Act::Play);
    while session.transport().playing {
        session.frame(Duration::from_micros(16_667));
    }
    assert_eq!(session.transport().cursor, at("3 min"));
    assert_eq!(digest(&session), headless(PLAYED, at("3 min")));
}

#[test]
fn verif_undo_takes_back_and_redo_does_again_to_the_same_bits() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("20 s")));
    let before = digest(&session);
    act(&mut session, Act::Give("StopSession".to_string()));
    act(&mut session, Act::Seek(at("40 s")));
    let stopped = digest(&session);
    assert_eq!(stopped, headless(&session.document().compose(), at("40 s")));
    act(&mut session, Act::Undo);
    assert!(session.entries().is_empty() && session.transport().cursor == at("40 s"));
    assert_eq!(digest(&session), headless(PLAYED, at("40 s")));
    act(&mut session, Act::Redo);
    assert_eq!(digest(&session), stopped);
    act(&mut session, Act::Seek(at("20 s")));
    assert_eq!(digest(&session), before);
    // A new deed at an earlier instant leaves out what was done later, and says so; undo brings it back.
    session.take_said();
    act(&mut session, Act::Seek(at("10 s")));
    act(&mut session, Act::Give("TestImpedance".to_string()));
    assert_eq!(session.entries().len(), 1);
    assert!(matches!(&session.take_said()[..], [Said::Done(text)] if text.contains("undo brings it back")));
    act(&mut session, Act::Undo);
    assert_eq!(session.entries()[0].command, "StopSession");
}

#[test]
fn verif_a_refusal_is_the_sentence_of_the_reader_and_changes_nothing() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Give("SetAmplitude(side: Left, amplitude_ma: 99)".to_string()));
    let why = refused(&mut session).join(" ");
    assert!(why.contains("found 99") && why.contains("mA"), "{why}");
    act(&mut session, Act::Give("SetAmplitud(side: Left)".to_string()));
    assert!(refused(&mut session).join(" ").contains("SetAmplitude"));
    assert!(session.entries().is_empty() && !session.can_undo());
    assert_eq!(session.transport().cursor, SimTime::ZERO);
}

#[test]
fn verif_a_draft_is_given_at_once_undone_as_one_and_followed_when_the_device_changes() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("10 s")));
    let mut draft = session.draft().clone();
    for step in 0..20 {
        draft.sides.left.amplitude_ma = 1.3 + 0.05 * f64::from(step % 2);
        act(&mut session, Act::Draft(Box::new(draft.clone())));
    }
    session.end_gesture();
    assert_eq!(session.entries().len(), 0, "a draft is not given before it is applied");
    act(&mut session, Act::Apply);
    assert_eq!(session.entries().len(), 1, "{:?}", session.entries());
    assert_eq!(session.on_device(), session.draft());
    act(&mut session, Act::Undo);
    act(&mut session, Act::Undo);
    assert!(!session.can_undo(), "twenty moves of one drag are one edit");
    assert_eq!(session.draft().sides.left.amplitude_ma, 1.2);
    act(&mut session, Act::Seek(at("51 s")));
    assert_eq!(session.draft().sides.right.width_us, 180.0, "the draft follows the device");
    draft.sides.left.amplitude_ma = 50.0;
    act(&mut session, Act::Draft(Box::new(draft)));
    assert!(session.draft_problems().iter().any(|problem| problem.side == Some(Side::Left)));
    act(&mut session, Act::Revert);
    assert!(session.draft_problems().is_empty());
}

#[test]
fn verif_beyond_the_end_the_scenario_becomes_longer_and_undo_takes_that_back() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("3 min")));
    act(&mut session, Act::Play);
    assert_eq!(session.transport().end, at("6 min"));
    act(&mut session, Act::Seek(at("4 min")));
    assert_eq!(digest(&session), headless(&session.document().compose(), at("4 min")));
    act(&mut session, Act::Undo);
    assert_eq!((session.transport().end, session.transport().cursor), (at("3 min"), at("3 min")));
    assert_eq!(digest(&session), headless(PLAYED, at("3 min")));
}

#[test]
fn verif_saved_it_is_a_file_that_replays_and_opens_again() {
    let (folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("5 s")));
    act(&mut session, Act::Give("PatientStop".to_string()));
    assert!(session.is_unsaved());
    let file = folder.path().join("saved.ron");
    act(&mut session, Act::Save(file.clone()));
    act(&mut session, Act::Save(file.clone()));
    assert!(!session.is_unsaved());
    let text = std::fs::read_to_string(&file).expect("it was saved");
    assert_eq!(text.matches("Saved by stimtwin").count(), 1, "{text}");
    let first = text.lines().next().unwrap_or_default();
    assert!(first.ends_with(&format!("when the digest was {}.", digest(&session))), "{first}");
    assert_eq!(headless(&text, session.transport().cursor), digest(&session));
    let again = Session::open(&file).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(again.scenario().timeline, session.scenario().timeline);
    // What cannot be written says so, and nothing is lost.
    act(&mut session, Act::Save(folder.path().join("nowhere/else.ron")));
    assert!(refused(&mut session).join(" ").contains("cannot be written"));
    assert_eq!(std::fs::read_to_string(&file).expect("it is still there"), text);
}

#[test]
fn verif_pulses_are_remembered_with_current_and_voltage() {
    let (_folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("2 s")));
    let force = |session: &Session| session.side(Side::Left).pool.max_force_n();
    assert!(force(&session) > 0.0);
    (0..3).for_each(|_| act(&mut session, Act::Step(Step::Pulse)));
    let pulses = session.generator().pulses(Side::Left) + session.generator().pulses(Side::Right);
    assert!((3..=6).contains(&pulses), "{pulses} pulses after three steps");
    // 1.2 mA flow through the cathodes and back, and the voltage follows.
    let from_to = (at("2 s"), at("2.4 s"));
    let current = session.memory().measure_pulses(Side::Left, PulseQuantity::Current, from_to);
    assert!((current.min + 1.2).abs() < 0.01 && (current.max - 1.2).abs() < 0.01, "{current:?}");
    let voltage = session.memory().measure_pulses(Side::Left, PulseQuantity::Load, from_to);
    assert!(voltage.min < -1.0 && voltage.max > 0.5, "{voltage:?}");
}

#[test]
fn verif_a_step_to_a_pulse_half_a_day_away_is_short() {
    let mut session = Session::built_in("six-months").unwrap_or_else(|problems| panic!("{problems:#?}"));
    // After the session of the evening nothing comes before that of the morning.
    act(&mut session, Act::Seek(at("21 h")));
    let from = session.transport().cursor;
    let before = session.memory().version();
    act(&mut session, Act::Step(Step::Pulse));
    assert!(session.transport().cursor - from > at("8 h"), "{}", session.transport().cursor);
    let taken = session.memory().version() - before;
    assert!(taken < 100_000, "{taken} things are remembered of the way");
}

#[test]
fn verif_traces_are_written_whole_or_not_at_all() {
    use stimtwin::sandbox::export;
    let (folder, mut session) = opened(PLAYED);
    act(&mut session, Act::Seek(at("4 s")));
    let file = folder.path().join("traces.csv");
    let scenario = session.scenario().clone();
    assert_eq!(export::write(scenario.clone(), at("4 s"), &file), Ok(at("1 ms")));
    let text = std::fs::read_to_string(&file).expect("it was written");
    assert_eq!(text.lines().count(), 1 + 4_001, "a header and a sample every millisecond, both ends included");
    let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
    let force = header.iter().position(|name| *name == "left.force_n").expect("every probe has its column");
    let peak =
        text.lines().skip(1).filter_map(|row| row.split(',').nth(force)?.parse::<f64>().ok()).fold(0.0, f64::max);
    assert!(peak > 10.0, "the train from 2 s on pulls: {peak} N");
    let why = export::write(scenario, at("4 s"), &folder.path().join("traces.txt")).unwrap_err();
    assert!(why.contains(".csv, .parquet"), "{why}");
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).expect("it is there").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names.len(), 2, "the scenario and the traces, and nothing half: {names:?}");
}
