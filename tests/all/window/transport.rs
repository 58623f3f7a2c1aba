//! The strip of time, tried with mouse and keys.

use egui::accesskit::Role;
use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use stimtwin::sandbox::act::{Act, Step};
use stimtwin::sandbox::memory::Memory;
use stimtwin::sandbox::panels::transport::{Facts, TransportState, strip, waiting};
use stimtwin::sandbox::session::Transport;
use stimtwin::sandbox::theme::Theme;
use stimtwin::time::{DayClock, SimTime};

use super::scopes::{memory, ns, transport};

struct Bench {
    memory: Memory,
    transport: Transport,
    theme: Theme,
    state: TransportState,
    out: Vec<Act>,
}

fn harness(transport: Transport) -> Harness<'static, Bench> {
    let bench =
        Bench { memory: memory(), transport, theme: Theme::dark(), state: TransportState::default(), out: Vec::new() };
    let mut harness = Harness::builder().with_size(vec2(1300.0, 90.0)).with_max_steps(20).build_ui_state(
        |ui, bench: &mut Bench| {
            let facts = Facts {
                memory: &bench.memory,
                transport: &bench.transport,
                clock: DayClock::default(),
                next: None,
                theme: &bench.theme,
            };
            strip(ui, &facts, &mut bench.state, &mut bench.out);
        },
        bench,
    );
    harness.run_steps(2);
    harness
}

fn pressed(transport: Transport, label: &str) -> Vec<Act> {
    let mut harness = harness(transport);
    harness.get_by_label(label).click();
    harness.run_steps(2);
    std::mem::take(&mut harness.state_mut().out)
}

#[test]
fn verif_each_button_asks_for_what_it_says() {
    assert_eq!(pressed(transport(), "▶ Play"), [Act::Play]);
    assert_eq!(pressed(Transport { playing: true, ..transport() }, "⏸ Pause"), [Act::Pause]);
    assert_eq!(pressed(transport(), "Tick"), [Act::Step(Step::Tick)]);
    assert_eq!(pressed(transport(), "Pulse"), [Act::Step(Step::Pulse)]);
    assert_eq!(pressed(transport(), "Cycle"), [Act::Step(Step::Cycle)]);
    assert_eq!(pressed(transport(), "⏮ Start"), [Act::Seek(SimTime::ZERO)]);
    assert_eq!(pressed(transport(), "⏭ Head"), [Act::Follow]);
    let at_end = Transport { cursor: SimTime::from_secs(60), head: SimTime::from_secs(60), ..transport() };
    assert_eq!(pressed(at_end, "▶ Go on beyond the end"), [Act::Play]);
}

fn typed(text: &str) -> Harness<'static, Bench> {
    let mut harness = harness(transport());
    let field = |harness: &Harness<'static, Bench>, act: fn(&egui_kittest::Node<'_>, &str)| {
        act(&harness.get_by_role_and_label(Role::TextInput, "speed"), text);
    };
    field(&harness, |node, _| node.focus());
    harness.run_steps(1);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    field(&harness, |node, text| node.type_text(text));
    harness.run_steps(1);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    harness
}

#[test]
fn verif_a_typed_speed_is_read_as_people_write_it() {
    for (text, speed) in [("200 us/s", 200e-6), ("0.06x", 0.06), ("1 d/s", 86_400.0)] {
        let harness = typed(text);
        let [Act::Speed(read)] = harness.state().out[..] else { panic!("{text}: {:?}", harness.state().out) };
        assert!((read / speed - 1.0).abs() < 1e-12, "{text}: {read}");
    }
}

#[test]
fn verif_what_is_no_speed_is_explained_where_it_was_typed() {
    let harness = typed("1 parsec/s");
    assert_eq!(harness.state().out, []);
    assert!(harness.query_by_label_contains("is not a unit of time").is_some());
}

#[test]
fn verif_a_click_on_the_whole_scenario_goes_there_even_where_nothing_was_computed_yet() {
    let mut harness = harness(transport());
    let rect = harness.get_by_label("Whole scenario").rect();
    for (part, secs) in [(0.25, 15.0), (0.75, 45.0)] {
        let place = rect.lerp_inside(vec2(part, 0.5));
        harness.hover_at(place);
        harness.drag_at(place);
        harness.drop_at(place);
        harness.run_steps(2);
        let acts = std::mem::take(&mut harness.state_mut().out);
        let Some(Act::Seek(at)) = acts.first() else { panic!("{acts:?}") };
        assert!((at.as_secs() - secs).abs() < 0.1, "{at}");
    }
}

#[test]
fn verif_slow_play_says_when_something_happens_next() {
    let (memory, theme) = (memory(), Theme::dark());
    let said = |speed: f64| {
        let transport = Transport { speed, ..transport() };
        let next = Some(transport.cursor + ns(20_000_000));
        waiting(&Facts { memory: &memory, transport: &transport, clock: DayClock::default(), next, theme: &theme })
    };
    assert_eq!(said(1.0), None);
    assert_eq!(said(1e-3).as_deref(), Some("next pulse or event in 20 ms: 20 s at this speed"));
}
