//! The programmer and the device panel, used by label, mouse and key.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stimtwin::device::therapy::State;
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::panels::device::{self, DeviceState};
use stimtwin::sandbox::panels::programmer::faults::FAULTS;
use stimtwin::sandbox::panels::programmer::side::Which;
use stimtwin::sandbox::panels::programmer::{self, ProgrammerState};
use stimtwin::sandbox::panels::waveform::{self, WaveformState};
use stimtwin::side::Side;
use stimtwin::time::SimTime;

use super::{Bench, bench};
use crate::{scenario, therapy};

type Programmer = Harness<'static, Bench<ProgrammerState>>;

fn programmer() -> Programmer {
    bench("first-session", [620.0, 1200.0], programmer::ui)
}

/// Types into a field of a number, and confirms.
fn type_number<S>(harness: &mut Harness<'static, Bench<S>>, label: &str, text: &str) {
    let field = || egui::accesskit::Role::SpinButton;
    harness.get_by_role_and_label(field(), label).focus();
    harness.run();
    harness.get_by_role_and_label(field(), label).type_text(text);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

fn gave<S>(harness: &Harness<'static, Bench<S>>) -> Vec<String> {
    let given = harness.state().acts.iter().filter_map(|act| match act {
        Act::Give(command) => Some(command.clone()),
        _ => None,
    });
    given.collect()
}

#[test]
fn verif_a_width_is_typed_with_a_unit() {
    let mut harness = programmer();
    type_number(&mut harness, "Width", "0.3 ms");
    let draft = harness.state().session.draft();
    assert_eq!(Side::BOTH.map(|side| draft.sides[side].width_us), [300.0, 300.0]);
    assert!(harness.query_by_label_contains("2 unsaved changes").is_some());
    harness.get_by_label("Apply").click();
    harness.run();
    assert_eq!(harness.state().session.on_device().sides.left.width_us, 300.0);
    assert!(harness.query_by_label_contains("device = draft").is_some());
}

#[test]
fn verif_a_refused_value_is_explained_beneath_its_field() {
    let mut harness = programmer();
    harness.state_mut().state.which = Which::Right;
    harness.run();
    type_number(&mut harness, "Amplitude", "1.23");
    assert_eq!(harness.state().session.draft().sides.right.amplitude_ma, 1.23);
    let refusal = harness.get_by_label_contains("the nearest that it can make are 1.2 and 1.25 mA").rect();
    let field = harness.get_by_role_and_label(egui::accesskit::Role::SpinButton, "Amplitude").rect();
    assert!(refusal.top() > field.top() && refusal.top() < field.bottom() + 20.0, "{field:?} {refusal:?}");
    assert!(harness.get_by_label("Apply").accesskit_node().is_disabled());
    harness.get_by_label("Revert").click();
    harness.run();
    let session = &harness.state().session;
    assert_eq!(session.draft(), session.on_device());
}

#[test]
fn verif_a_contact_that_changes_its_role_sets_the_amplitude_to_nothing() {
    let mut harness = programmer();
    harness.state_mut().state.which = Which::Left;
    harness.run();
    let before = harness.state().session.draft().clone();
    assert!(before.sides.left.amplitude_ma > 0.0);
    harness.get_by_label("Left E1: off").click();
    harness.run();
    let draft = harness.state().session.draft().clone();
    assert!(draft.sides.left.cathodes.contains(1));
    assert_eq!(draft.sides.left.amplitude_ma, 0.0);
    assert_eq!(draft.sides.right, before.sides.right);
    assert!(harness.query_by_label_contains("its contacts have changed").is_some());
    for after in ["Left E1: anode", "Left E1: off"] {
        harness.get_by_label_contains("Left E1:").click();
        harness.run();
        assert!(harness.query_by_label(after).is_some(), "{after}");
    }
    harness.get_by_label("Left Case: off").click();
    harness.run();
    assert!(harness.query_by_label("Left Case: anode").is_some());
}

#[test]
fn verif_the_amplitude_goes_by_the_steps_of_the_device() {
    let mut harness = programmer();
    let before = harness.state().session.draft().sides.left.amplitude_ma;
    harness.get_by_label("+").click();
    harness.run();
    let after = harness.state().session.draft().sides.left.amplitude_ma;
    assert!((after - before - 0.05).abs() < 1e-9, "{before} {after}");
    harness.get_by_label("−").click();
    harness.run();
    assert_eq!(harness.state().session.draft().sides.left.amplitude_ma, before);
    assert!(harness.query_by_label_contains("threshold").is_some());
}

#[test]
fn verif_start_says_why_it_cannot() {
    let mut harness = programmer();
    harness.get_by_label("Start").click();
    harness.run();
    assert_eq!(gave(&harness), ["StartSession"]);
    assert!(harness.state().session.generator().state().in_session());
    assert!(harness.get_by_label("Start").accesskit_node().is_disabled());
    assert!(harness.query_by_label_contains("left").is_some());
    harness.state_mut().session.act(Act::Give("StopSession".to_string()));
    harness.run();
    assert_eq!(harness.state().session.generator().state(), State::SessionOver);
    harness.get_by_label("Measure impedance").click();
    harness.run();
    assert!(harness.query_by_label_contains("No start: the device is in the state testing").is_some());
    assert!(harness.get_by_label("Start").accesskit_node().is_disabled());
}

#[test]
fn verif_while_a_session_runs_amplitude_alone_does_not_end_it() {
    let mut harness = programmer();
    harness.get_by_label("Start").click();
    harness.run();
    type_number(&mut harness, "Amplitude", "900 µA");
    assert!(harness.query_by_label_contains("ends the session").is_none());
    harness.get_by_label("Apply").click();
    harness.run();
    assert!(harness.state().session.generator().state().in_session());
    assert_eq!(harness.state().session.on_device().sides.right.amplitude_ma, 0.9);
    type_number(&mut harness, "Rate", "50 ms");
    assert!(harness.query_by_label_contains("Applying ends the session").is_none(), "20 Hz is what it has");
    type_number(&mut harness, "Rate", "10");
    assert!(harness.query_by_label_contains("Applying ends the session").is_some());
    harness.get_by_label("Apply").click();
    harness.run();
    assert!(!harness.state().session.generator().state().in_session());
}

#[test]
fn verif_a_single_pulse_is_given_and_comes() {
    let mut harness = programmer();
    harness.get_by_label_contains("Single pulse").click();
    harness.run();
    assert_eq!(gave(&harness), ["SinglePulse(side: Both)"]);
    harness.state_mut().session.act(Act::Seek(SimTime::from_secs(1)));
    harness.state_mut().session.arrive().unwrap();
    let pulses = Side::BOTH.map(|side| harness.state().session.generator().pulses(side));
    assert_eq!(pulses, [1, 1]);
}

#[test]
fn verif_every_fault_is_what_a_file_can_hold() {
    let mut commands = 0;
    for (_, faults) in FAULTS {
        for fault in faults {
            let command = fault.command(|_, kind| kind.default().to_string());
            scenario(&therapy("1 day", &format!("timeline: [(at: \"1 s\", do: {command})]")));
            commands += 1;
        }
    }
    assert!(commands >= 30, "{commands}");
    let mut harness = programmer();
    harness.get_by_label("Faults").click();
    harness.run();
    harness.get_by_label("Output stage").click();
    harness.run();
    harness.get_by_label("Inject").scroll_to_me();
    harness.run();
    harness.get_by_label("Inject").click();
    harness.run();
    assert_eq!(gave(&harness), ["StickBit(bit: 9, high: true)"]);
}

#[test]
fn verif_an_alarm_has_words_and_the_events_can_be_filtered() {
    let mut harness = bench::<DeviceState>("first-session", [520.0, 700.0], device::ui);
    assert!(harness.query_by_label_contains("No alarms").is_some());
    for command in ["LosePhase(phase: Recharge)", "StartSession"] {
        harness.state_mut().session.act(Act::Give(command.to_string()));
    }
    harness.state_mut().session.act(Act::Seek(SimTime::from_secs(20)));
    harness.state_mut().session.arrive().unwrap();
    harness.run();
    assert!(harness.query_by_label_contains("ALARM").is_some());
    assert!(harness.query_by_label_contains("Therapy was stopped: unbalanced_fraction").is_some());
    assert!(harness.query_by_label_contains("output: Recharge never comes").is_some());
    assert!(harness.query_by_label_contains("session started").is_some());
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Filter").focus();
    harness.run();
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Filter").type_text("limit passed");
    harness.run();
    assert!(harness.query_by_label_contains("session started").is_none());
    assert!(harness.query_by_label_contains("limit passed").is_some());
    harness.get_by_label("Device log").click();
    harness.run();
    assert!(harness.query_by_label_contains("PO PowerOn").is_some());
    harness.get_by_label("Clear fault").click();
    harness.run();
    assert_eq!(harness.state().session.generator().state(), State::Idle);
}

/// Whoever cannot see the window is told what every button is.
#[test]
fn verif_every_button_has_a_name() {
    let look = |root: egui_kittest::Node<'_>| {
        let mut buttons = 0;
        for node in root.children_recursive() {
            let node = node.accesskit_node();
            if node.role() == egui::accesskit::Role::Button {
                assert!(!node.label().unwrap_or_default().trim().is_empty(), "{node:?}");
                buttons += 1;
            }
        }
        buttons
    };
    let mut programmer = programmer();
    programmer.get_by_label("Faults").click();
    programmer.run();
    assert!(look(programmer.root()) > 25);
    assert!(look(bench::<WaveformState>("first-session", [760.0, 700.0], waveform::ui).root()) > 8);
    let mut device = bench::<DeviceState>("first-session", [520.0, 700.0], device::ui);
    device.state_mut().session.act(Act::Give("TestImpedance".to_string()));
    device.run();
    assert!(look(device.root()) > 1);
}
