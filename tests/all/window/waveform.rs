//! The waveform editor: edges dragged, stepped and shaped; what a draft would come to.

use egui::accesskit::Role;
use egui::{Key, Pos2, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use stimtwin::device::program::Recharge;
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::panels::waveform::{self, WaveformState};
use stimtwin::sandbox::preview::{Preview, preview};
use stimtwin::sandbox::session::Session;
use stimtwin::scenario::write::Settings;
use stimtwin::side::Side;
use stimtwin::time::SimTime;

use super::{Bench, bench};

type Editor = Harness<'static, Bench<WaveformState>>;

fn editor() -> Editor {
    bench("first-session", [760.0, 700.0], waveform::ui)
}

fn left(harness: &Editor) -> Settings {
    harness.state().session.draft().sides.left.clone()
}

/// Drags a handle by so much; every frame has its events.
fn drag(harness: &mut Editor, label: &str, by: Vec2) {
    let from = harness.get_by_role_and_label(Role::Slider, label).rect().center();
    let at = |part: f32| Pos2::new(from.x + by.x * part, from.y + by.y * part);
    harness.hover_at(from);
    harness.drag_at(from);
    for part in [0.4, 0.7, 1.0] {
        harness.hover_at(at(part));
    }
    harness.run_steps(4);
    harness.drop_at(at(1.0));
    harness.run_steps(4);
}

#[test]
fn verif_the_edge_is_dragged_by_the_steps_of_the_device() {
    let mut harness = editor();
    let before = left(&harness);
    drag(&mut harness, "Pulse width", Vec2::new(41.3, 0.0));
    let after = left(&harness);
    assert!(after.width_us > before.width_us + 5.0, "{} {}", before.width_us, after.width_us);
    assert_eq!(after.width_us.fract(), 0.0, "a step is 1 µs");
    assert_eq!(Settings { width_us: before.width_us, ..after.clone() }, before, "nothing else has changed");
    let drafts = harness.state().acts.iter().filter(|act| matches!(act, Act::Draft(_))).count();
    assert!(drafts >= 2, "it follows the mouse: {drafts}");

    drag(&mut harness, "Amplitude", Vec2::new(0.0, 60.0));
    let amplitude_ma = left(&harness).amplitude_ma;
    assert!(amplitude_ma > before.amplitude_ma, "down is more of a cathodic pulse: {amplitude_ma}");
    assert!(((amplitude_ma / 0.05).round() * 0.05 - amplitude_ma).abs() < 1e-9, "{amplitude_ma}");
}

#[test]
fn verif_arrow_keys_make_single_steps() {
    let mut harness = editor();
    let before = left(&harness);
    harness.get_by_label("Pulse width").focus();
    harness.run_steps(4);
    harness.key_press(Key::ArrowRight);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(4);
    assert_eq!(left(&harness).width_us, before.width_us + 2.0);
    harness.key_press_modifiers(egui::Modifiers::SHIFT, Key::ArrowLeft);
    harness.run_steps(4);
    assert_eq!(left(&harness).width_us, before.width_us - 8.0);
    harness.get_by_role_and_label(Role::Slider, "Amplitude").focus();
    harness.run_steps(4);
    harness.key_press(Key::ArrowDown);
    harness.run_steps(4);
    assert!((left(&harness).amplitude_ma - before.amplitude_ma - 0.05).abs() < 1e-9);
}

#[test]
fn verif_edges_are_typed_too() {
    let mut harness = editor();
    for (label, text) in [("Width", "0.25 ms"), ("Amplitude", "1500 µA")] {
        harness.get_by_role_and_label(Role::SpinButton, label).focus();
        harness.run_steps(4);
        harness.get_by_role_and_label(Role::SpinButton, label).type_text(text);
        harness.run_steps(4);
        harness.key_press(Key::Enter);
        harness.run_steps(4);
    }
    assert_eq!((left(&harness).width_us, left(&harness).amplitude_ma), (250.0, 1.5));
}

/// With both sides linked, what differs between them and is not edited stays as it is.
#[test]
fn verif_linked_sides_share_what_is_edited_alone() {
    let mut harness = editor();
    let mut draft = harness.state().session.draft().clone();
    draft.sides.right.amplitude_ma = 0.5;
    harness.state_mut().session.act(Act::Draft(Box::new(draft)));
    harness.run_steps(4);
    drag(&mut harness, "Pulse width", Vec2::new(30.0, 0.0));
    let draft = harness.state().session.draft();
    assert_eq!(draft.sides.left.width_us, draft.sides.right.width_us);
    assert_eq!(draft.sides.right.amplitude_ma, 0.5);
}

#[test]
fn verif_presets_are_what_they_are_called_and_the_device_takes_them() {
    for (name, is) in [
        ("Symmetric", (|s| s.recharge == Recharge::Active { times: 1 }) as fn(&Settings) -> bool),
        ("Asymmetric", |s| s.recharge == Recharge::Active { times: 4 }),
        ("Passive", |s| s.recharge == Recharge::Passive),
        ("With gap", |s| s.interphase_gap_us == 50.0),
        ("Burst", |s| s.burst.pulses == 3),
        ("Arbitrary", |s| s.edges.len() >= 3),
    ] {
        let mut harness = editor();
        harness.get_by_label(name).click();
        harness.run_steps(4);
        let session = &harness.state().session;
        assert!(is(&session.draft().sides.left), "{name}: {:?}", session.draft().sides.left);
        assert_eq!(session.draft_problems(), [], "{name}");
    }
}

#[test]
fn verif_corners_are_put_between_their_neighbours() {
    let mut harness = editor();
    harness.get_by_label("Arbitrary").click();
    harness.run_steps(4);
    let corners = left(&harness).edges;
    drag(&mut harness, "Corner 2", Vec2::new(-900.0, 0.0));
    let after = left(&harness).edges;
    assert_eq!(after[1].at, SimTime::from_nanos(1_000), "a tick after the first");
    assert_eq!(after[2..], corners[2..]);
    harness.get_by_label("Add corner").click();
    harness.run_steps(4);
    assert_eq!(left(&harness).edges.len(), corners.len() + 1);
    harness.get_by_label("Remove corner").click();
    harness.run_steps(4);
    assert_eq!(left(&harness).edges.len(), corners.len());
}

fn of(session: &Session, settings: &Settings) -> Preview {
    preview(settings, &session.side(Side::Left))
}

/// What a preview says is what a run then shows.
#[test]
fn verif_a_preview_is_what_the_simulation_does() {
    let mut session = Session::built_in("first-session").unwrap();
    let mut settings = session.draft().sides.left.clone();
    settings.amplitude_ma = 2.0;
    let seen = of(&session, &settings);
    assert!(!seen.limited && !seen.open);
    assert!((seen.charge_uc - 2e-3 * settings.width_us).abs() < 1e-6, "{}", seen.charge_uc);
    for command in ["SetAmplitude(side: Left, amplitude_ma: 2.0)", "SinglePulse(side: Left)"] {
        session.act(Act::Give(command.to_string()));
    }
    session.act(Act::Seek(SimTime::from_secs(2)));
    session.arrive().unwrap();
    let side = session.side(Side::Left);
    let recruited = side.nerve.recruited_fraction();
    assert!(recruited > 0.0);
    assert_eq!(seen.recruited(seen.flowing_na), recruited);
    // The trace begins with the current, ends without, and holds the charge.
    let stimulus: Vec<_> = seen.trace.iter().filter(|(s, _, _)| s * 1e6 < settings.width_us - 0.01).collect();
    assert!(stimulus.iter().all(|(_, ma, _)| (ma + 2.0).abs() < 1e-3), "{stimulus:?}");
    assert!(stimulus.last().unwrap().2 < stimulus[0].2, "the double layer charges");
}

#[test]
fn verif_a_preview_knows_compliance_and_broken_leads() {
    let mut session = Session::built_in("first-session").unwrap();
    let settings = Settings { amplitude_ma: 3.0, ..session.draft().sides.left.clone() };
    let well = of(&session, &settings);
    session.act(Act::Give("SeriesResistance(side: Left, ohm: 3000)".to_string()));
    let limited = of(&session, &settings);
    assert!(limited.limited && limited.flowing_na < well.flowing_na);
    let (most, before) = (limited.compliance_na.unwrap(), well.compliance_na.unwrap());
    assert!(most < 3.0e6 && most > 0.5e6 && before > 3.0e6, "{most} {before}");
    // At the largest amplitude that it tells, the voltage just suffices; a tenth above it does not.
    let at = |ma: f64| of(&session, &Settings { amplitude_ma: (ma * 20.0).floor() / 20.0, ..settings.clone() });
    assert!(!at(most / 1e6 * 0.97).limited);
    assert!(at(most / 1e6 * 1.1).limited);
    session.act(Act::Give("DisconnectLead(side: Left)".to_string()));
    let open = of(&session, &settings);
    assert!(open.open && open.compliance_na.is_none() && open.recruited(open.flowing_na) == 0.0);
}

/// Whatever is typed, a preview has an answer.
#[test]
fn verif_a_preview_of_nonsense_is_no_panic() {
    let session = Session::built_in("first-session").unwrap();
    let good = session.draft().sides.left.clone();
    let changes: [fn(&mut Settings); 9] = [
        |s| s.rate_hz = 0.0,
        |s| s.rate_hz = f64::MAX,
        |s| s.amplitude_ma = -3.0,
        |s| s.amplitude_ma = 1e9,
        |s| s.width_us = 0.0,
        |s| s.width_us = 1e7,
        |s| s.cathodes = s.anodes,
        |s| s.anodes = Default::default(),
        |s| (s.on, s.off) = (SimTime::ZERO, SimTime::ZERO),
    ];
    for (place, change) in changes.iter().enumerate() {
        let mut settings = good.clone();
        change(&mut settings);
        let seen = of(&session, &settings);
        assert!(seen.trace.iter().all(|(s, ma, v)| s.is_finite() && ma.is_finite() && v.is_finite()), "{place}");
    }
}
