//! The scopes, tried with mouse and keys on a memory made by hand: what they measure is known.

use egui::{Event, Key, Modifiers, Pos2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stimtwin::device::pulse::{Phase, Run, Waveform};
use stimtwin::muscle::force::stimulation::Pattern;
use stimtwin::muscle::force::{Asked, ForceModel};
use stimtwin::nerve::volley::{FiringSet, Volley};
use stimtwin::record::events::{Event as Happened, EventKind};
use stimtwin::record::probe::Probe;
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::memory::{Memory, PulsePicture};
use stimtwin::sandbox::models::{MODELS, Question, REST, Silence};
use stimtwin::sandbox::panels::scopes::{ScopesState, Seen, scopes};
use stimtwin::sandbox::session::Transport;
use stimtwin::sandbox::theme::Theme;
use stimtwin::side::{BySide, Side};
use stimtwin::time::{DayClock, SimTime};

pub fn ns(nanos: i64) -> SimTime {
    SimTime::from_nanos(nanos)
}

/// Twenty seconds: on both sides 20 pulses of 2 mA and 200 µs from second 10 on, and a force that rises by 1 N/s.
pub fn memory() -> Memory {
    let mut probes: Vec<Probe> =
        ["left.force_n", "right.force_n"].iter().map(|name| Probe::parse(name, 120).unwrap()).collect();
    probes.push(Probe { name: "left.blood_flow_hz".to_string(), ..probes[0].clone() });
    let mut memory = Memory::new(probes);
    memory.event(Happened { at: SimTime::from_secs(10), kind: EventKind::ProgramSet {} });
    for side in Side::BOTH {
        let width = ns(200_000);
        let phases = [-2_000_000, 2_000_000].map(|current_na| Phase { current_na, width });
        memory.pulse(PulsePicture {
            at: SimTime::from_secs(10),
            side,
            phases: Waveform::new(phases, false),
            asked_na: 2_000_000,
            load_v: vec![(ns(0), -1.0), (ns(200_000), -1.5)],
            count: 20,
            period: ns(50_000_000),
        });
        let first = Volley { at: SimTime::from_secs(10) + ns(3_000_000), fired: FiringSet::first(60) };
        memory.volleys(side, Run { first, count: 20, period: ns(50_000_000) });
    }
    for i in 0..=2000 {
        let at = i as f64 * 0.01;
        memory.sample(ns(i * 10_000_000), &[at, 2.0 * at, 70.0]);
    }
    memory
}

pub fn transport() -> Transport {
    let at = SimTime::from_secs;
    Transport { playing: false, speed: 1.0, achieved: 1.0, cursor: at(20), head: at(20), end: at(60), goal: None }
}

/// A newton of tetanus for each of 120 units.
static UNITS_N: [f64; 120] = [1.0; 120];

struct Bench {
    memory: Memory,
    transport: Transport,
    theme: Theme,
    state: ScopesState,
    out: Vec<Act>,
}

fn seen<'a>(memory: &'a Memory, transport: &'a Transport, theme: &'a Theme) -> Seen<'a> {
    let (units, units_n) = (BySide::new(|_| 120), BySide::new(|_| &UNITS_N[..]));
    Seen { memory, transport, clock: DayClock::default(), units, units_n, theme }
}

fn harness() -> Harness<'static, Bench> {
    let bench = Bench {
        memory: memory(),
        transport: transport(),
        theme: Theme::dark(),
        state: ScopesState::default(),
        out: Vec::new(),
    };
    let mut harness = Harness::builder().with_size(vec2(1200.0, 800.0)).with_max_steps(20).build_ui_state(
        |ui, bench: &mut Bench| {
            let seen = seen(&bench.memory, &bench.transport, &bench.theme);
            scopes(ui, &seen, &mut bench.state, &mut bench.out);
        },
        bench,
    );
    harness.run_steps(3);
    harness
}

fn range(harness: &Harness<'_, Bench>) -> (SimTime, SimTime) {
    harness.state().state.window.range(&harness.state().transport)
}

/// Where an instant lies on a scope.
fn place(harness: &Harness<'_, Bench>, scope: &str, at: SimTime) -> Pos2 {
    let rect = harness.get_by_label(scope).rect();
    let (from, to) = range(harness);
    let part = (at - from).nanos() as f64 / (to - from).nanos() as f64;
    pos2(rect.left() + part as f32 * rect.width(), rect.center().y)
}

fn show(harness: &mut Harness<'_, Bench>, from: SimTime, to: SimTime) {
    harness.state_mut().state.window.show(from, to);
    harness.run_steps(2);
}

#[test]
fn verif_zoom_leaves_follow_says_so_and_a_key_takes_hold_again() {
    let mut harness = harness();
    assert!(harness.query_by_label_contains("following").is_some());
    let (from, to) = range(&harness);
    let pointer = place(&harness, "Scope Force", SimTime::from_secs(18));
    harness.hover_at(pointer);
    harness.run_steps(1);
    harness.event(Event::Zoom(4.0));
    harness.run_steps(2);
    let (zoomed_from, zoomed_to) = range(&harness);
    assert!(!harness.state().state.window.follows());
    let factor = (to - from).nanos() as f64 / (zoomed_to - zoomed_from).nanos() as f64;
    assert!((factor - 4.0).abs() < 0.01, "{factor}");
    let under = place(&harness, "Scope Force", SimTime::from_secs(18));
    assert!((under.x - pointer.x).abs() < 2.0, "the instant under the pointer stays there");
    assert!(harness.query_by_label_contains("held").is_some());
    harness.key_press(Key::F);
    harness.run_steps(2);
    assert!(harness.state().state.window.follows());
    assert!(harness.query_by_label_contains("following").is_some());
}

#[test]
fn verif_a_drag_moves_and_a_drag_with_the_other_button_zooms() {
    let mut harness = harness();
    show(&mut harness, SimTime::from_secs(5), SimTime::from_secs(15));
    let at = |harness: &Harness<'_, Bench>, secs| place(harness, "Scope Force", SimTime::from_secs(secs));
    let (a, b) = (at(&harness, 10), at(&harness, 8));
    harness.hover_at(a);
    harness.drag_at(a);
    harness.hover_at(b);
    harness.run_steps(3);
    harness.drop_at(b);
    harness.run_steps(2);
    let (from, to) = range(&harness);
    assert!(((from - SimTime::from_secs(7)).as_secs()).abs() < 0.05, "{from}");
    assert_eq!(to - from, SimTime::from_secs(10));
    let press = |pos, pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Secondary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let (a, b) = (at(&harness, 9), at(&harness, 12));
    harness.hover_at(a);
    harness.event(press(a, true));
    harness.hover_at(b);
    harness.run_steps(3);
    harness.event(press(b, false));
    harness.run_steps(2);
    let (from, to) = range(&harness);
    assert!(((from - SimTime::from_secs(9)).as_secs()).abs() < 0.05, "{from}");
    assert!(((to - SimTime::from_secs(12)).as_secs()).abs() < 0.05, "{to}");
}

/// Markers set with the keys near the edges of a pulse lie on them, and the table has the numbers of that phase.
#[test]
fn verif_markers_snap_to_edges_and_measure_the_phase() {
    let mut harness = harness();
    let pulse = SimTime::from_secs(10) + ns(50_000_000);
    show(&mut harness, pulse - ns(500_000), pulse + ns(1_000_000));
    for (key, edge) in [(Key::A, pulse), (Key::B, pulse + ns(200_000))] {
        let near = place(&harness, "Scope Current left", edge + ns(4_000));
        harness.hover_at(near);
        harness.run_steps(2);
        harness.key_press(key);
        harness.run_steps(2);
    }
    let markers = harness.state().state.markers;
    assert_eq!((markers.a, markers.b), (Some(pulse), Some(pulse + ns(200_000))));
    assert!(harness.query_by_label("Δt  200 µs").is_some());
    assert!(harness.query_by_label("1/Δt  5000 Hz").is_some());
    assert!(harness.query_all_by_label("−0.4 µC").count() >= 2, "2 mA for 200 µs on both sides");
    let measured = {
        let bench = harness.state();
        let seen = seen(&bench.memory, &bench.transport, &bench.theme);
        bench.state.measured(&seen)
    };
    let find = |name: &str| measured.iter().find(|row| row.name.starts_with(name)).unwrap();
    let voltage = find("Voltage left").between.unwrap();
    assert!((voltage.min + 1.5).abs() < 1e-9 && (voltage.area / voltage.held_s + 1.25).abs() < 1e-9);
    let force = find("Force right");
    assert!((force.at_b.unwrap() - 2.0 * markers.b.unwrap().as_secs()).abs() < 1e-9);
}

#[test]
fn verif_a_click_on_the_axis_goes_there() {
    let mut harness = harness();
    show(&mut harness, SimTime::ZERO, SimTime::from_secs(20));
    let rect = harness.get_by_label("Time axis").rect();
    let middle = rect.center();
    harness.hover_at(middle);
    harness.drag_at(middle);
    harness.drop_at(middle);
    harness.run_steps(2);
    let seeks: Vec<_> = harness.state().out.iter().filter(|act| matches!(act, Act::Seek(_))).collect();
    let Some(Act::Seek(at)) = seeks.first() else { panic!("no seek in {:?}", harness.state().out) };
    assert!((at.as_secs() - 10.0).abs() < 0.05, "{at}");
}

/// A quantity that the window has never heard of is in the list of scopes, and is shown when it is chosen.
#[test]
fn verif_a_new_quantity_finds_its_scope() {
    let mut harness = harness();
    assert!(harness.query_by_label("Scope Blood flow").is_none());
    harness.get_by_label_contains("Scopes").click();
    harness.run_steps(3);
    harness.get_by_label("Blood flow, Hz").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Scope Blood flow").is_some());
}

#[test]
fn verif_a_scope_is_made_higher_by_its_edge() {
    let mut harness = harness();
    let height = harness.get_by_label("Scope Force").rect().height();
    let edge = harness.get_by_label("Height of Force").rect().center();
    harness.hover_at(edge);
    harness.drag_at(edge);
    harness.hover_at(edge + vec2(0.0, 60.0));
    harness.run_steps(3);
    harness.drop_at(edge + vec2(0.0, 60.0));
    harness.run_steps(2);
    let higher = harness.get_by_label("Scope Force").rect().height();
    assert!(higher > height + 20.0, "{height} to {higher}");
}

/// What the scope shows is what `stimtwin muscle` says of the same pulses, scaled to the units that they fire.
#[test]
fn verif_models_on_the_scope_are_those_of_the_verb() {
    let memory = memory();
    let stretch = (SimTime::from_secs(9), SimTime::from_secs(13));
    let question = Question::of(&memory, Side::Left, stretch, ns(6_000_000), &UNITS_N).expect("there are pulses");
    let answer = question.answer().unwrap_or_else(|why| panic!("{why}"));
    let fired = SimTime::from_secs(10) + ns(3_000_000);
    assert_eq!((answer.rested, answer.tetanus_n), (fired, 60.0));
    let pattern = Pattern {
        rate_hz: 20.0,
        intervals: Vec::new(),
        doublet: None,
        most_pulses: Some(20),
        widths_us: vec![600.0],
        currents_ma: vec![100.0],
        on: SimTime::from_secs(2),
        off: None,
        until: SimTime::from_secs(2),
    };
    let stimulation = pattern.stimulation().expect("twenty pulses are not too many");
    for (trace, name) in ["ding2003", "ding2007", "hmed2018"].into_iter().enumerate() {
        let model = ForceModel::named(name, || panic!("{name} is not the pool")).expect("a model of the verb");
        let asked = Asked { every: Some(ns(10_000_000)), tolerance: 1e-8 };
        let verb = model.contract(&stimulation, asked).expect("it can be followed");
        let tetanus_n = model.tetanus_n(600.0, 100.0).expect("it has one");
        let largest = verb.peak_n() / tetanus_n * 60.0;
        assert!(largest > 20.0, "{name}: {largest} N");
        for sample in &verb.samples {
            let expected = sample.force_n / tetanus_n * 60.0;
            let found = answer.traces.value(trace, fired + sample.at).expect("it is within the stretch");
            let at = sample.at;
            assert!((found - expected).abs() < 2e-3 * largest, "{name} at {at}: {found} N, and {expected} there");
        }
        assert!(MODELS[trace].0.replace(' ', "").eq_ignore_ascii_case(name));
    }
}

#[test]
fn verif_models_come_when_they_are_switched_on_and_say_what_is_assumed() {
    let mut harness = harness();
    show(&mut harness, SimTime::from_secs(8), SimTime::from_secs(14));
    assert!(harness.query_by_label_contains("Models, left").is_none());
    let wait_for = |harness: &mut Harness<'_, Bench>, words: &str| {
        for _ in 0..500 {
            harness.run_steps(2);
            if harness.query_by_label_contains(words).is_some() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{words} is not said within seconds");
    };
    harness.get_by_label("Models").click();
    wait_for(&mut harness, "Models, left");
    let said = harness.get_by_label_contains("Models, left");
    let said = said.accesskit_node().value().or_else(|| said.accesskit_node().label()).unwrap_or_default();
    assert!(said.contains("60 N") && said.contains("Assumed: rested"), "{said}");
    harness.get_by_label("right").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.models_of, Some(Side::Right));
    show(&mut harness, SimTime::ZERO, SimTime::from_secs(3_601));
    wait_for(&mut harness, "longer than an hour");
    harness.get_by_label("Models").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("longer than an hour").is_none());
}

/// Nothing is shown where it would be wrong: without pulses, without a rest before, without a memory of it.
#[test]
fn verif_models_are_silent_where_they_would_be_wrong() {
    let ask = |memory: &Memory, from: i64, to: i64| {
        let stretch = (SimTime::from_secs(from), SimTime::from_secs(to));
        Question::of(memory, Side::Left, stretch, ns(1_000_000), &UNITS_N)
    };
    let mut memory = memory();
    assert_eq!(ask(&memory, 0, 9), Err(Silence::NoVolley));
    assert_eq!(ask(&memory, 0, 3_601), Err(Silence::TooLong));
    // A pulse every five minutes for three hours: never a rest.
    for i in 1..36 {
        let first = Volley { at: SimTime::from_secs(300 * i), fired: FiringSet::first(9) };
        memory.volleys(Side::Left, Run { first, count: 1, period: SimTime::ZERO });
    }
    memory.reached(SimTime::from_secs(10_800));
    assert_eq!(ask(&memory, 10_000, 10_500), Err(Silence::Restless));
    // From the start on there was rest before; and a rest begins everything anew.
    assert_eq!(ask(&memory, 600, 700).map(|question| question.volleys[0].at.whole_second()), Ok(10));
    let later = SimTime::from_secs(10_500) + REST;
    let first = Volley { at: later, fired: FiringSet::first(9) };
    memory.volleys(Side::Left, Run { first, count: 3, period: ns(50_000_000) });
    memory.reached(later + SimTime::SECOND);
    let question = ask(&memory, 11_090, 11_105).expect("ten minutes without a pulse are a rest");
    assert_eq!((question.volleys.len(), question.volleys[0].at), (3, later));
}
