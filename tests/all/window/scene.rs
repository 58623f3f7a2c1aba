//! The view of the back: its panel as a person uses it, and pictures of it, without a window.

use bevy::app::App;
use bevy::asset::Handle;
use bevy::image::Image;
use egui::{Event, Modifiers, PointerButton, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::panels::back::{self, BackPanel};
use stimtwin::sandbox::scene::anatomy::Anatomy;
use stimtwin::sandbox::scene::link::{Label, PixelRect, SceneControl, SceneReport, StandardView, Thing};
use stimtwin::sandbox::scene::state::BackState;
use stimtwin::sandbox::scene::{self, SceneTarget, still};
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::theme::Theme;
use stimtwin::sandbox::view::View;
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;

struct Stand {
    session: Session,
    theme: Theme,
    panel: BackPanel,
    out: Vec<Act>,
}

/// What the scene says from behind: the spine in the middle, contacts on both sides of it.
fn from_behind() -> SceneReport {
    let label = |thing, x, y| Label { thing, at: [x, y] };
    let mut labels = vec![label(Thing::Bone("L3"), 300.0, 200.0), label(Thing::Generator, 460.0, 420.0)];
    for index in 0..4 {
        let (x, y) = (40.0 - 6.0 * index as f32, 180.0 + 9.0 * index as f32);
        labels.push(label(Thing::Contact(Side::Left, index), 300.0 - x, y));
        labels.push(label(Thing::Contact(Side::Right, index), 300.0 + x, y));
    }
    SceneReport {
        labels,
        mm_per_point: 0.5,
        right_up: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        hovered: None,
        picked_at: None,
    }
}

fn harness<'a>() -> Harness<'a, Stand> {
    let session = Session::built_in("first-session").expect("a built-in scenario");
    let mut panel = BackPanel::default();
    panel.answer(from_behind());
    let stand = Stand { session, theme: Theme::dark(), panel, out: Vec::new() };
    Harness::builder().with_size(vec2(620.0, 520.0)).build_ui_state(
        |ui, stand: &mut Stand| {
            let view = View { session: &stand.session, theme: &stand.theme };
            back::ui(ui, &view, &mut stand.panel, &mut stand.out);
        },
        stand,
    )
}

fn control(harness: &mut Harness<'_, Stand>) -> SceneControl {
    let theme = harness.state().theme.clone();
    harness.state_mut().panel.control(1.0, &theme)
}

#[test]
fn verif_a_contact_is_picked_by_its_badge_and_shows_its_numbers() {
    let mut harness = harness();
    let program = harness.state().session.generator().program().sides[Side::Left].clone();
    let cathode = program.cathodes.indices().next().expect("the scenario has a cathode");
    harness.get_by_label(&format!("left E{cathode}, cathode −")).click();
    harness.run();
    assert_eq!(harness.state().panel.picked(), Some(&Thing::Contact(Side::Left, cathode)));
    for row in ["Role", "Resistance", "Residual", "Double layer", "From the nerve"] {
        harness.get_by_label(row);
    }
    assert_eq!(control(&mut harness).picked, Some(Thing::Contact(Side::Left, cathode)), "the scene hears of it");
    harness.get_by_label("✖").click();
    harness.run();
    assert_eq!(harness.state().panel.picked(), None);
}

#[test]
fn verif_every_thing_has_numbers() {
    let mut harness = harness();
    let mut things = vec![Thing::Generator, Thing::Bone("L3"), Thing::Bone("S1")];
    for side in Side::BOTH {
        things.extend([Thing::Lead(side), Thing::Nerve(side), Thing::Contact(side, 3), Thing::Fascicle(side, 0)]);
        things.push(Thing::Fascicle(side, 8));
    }
    for (thing, expected) in things.into_iter().zip([
        "Battery",
        "Third lumbar vertebra, L3",
        "Sacrum, S1 and below",
        "Condition",
        "Motor axons",
        "Surface",
        "Length",
        "Capacity",
        "Condition",
        "Motor axons",
        "Surface",
        "Length",
        "Capacity",
    ]) {
        harness.state_mut().panel.pick(Some(thing.clone()));
        harness.run();
        assert!(harness.query_by_label(expected).is_some(), "{thing:?} has no {expected}");
    }
}

#[test]
fn verif_buttons_ask_the_scene() {
    let mut harness = harness();
    let first = control(&mut harness);
    assert!(!first.slice && first.go_to.is_none());
    assert_eq!(first.viewport.map(|rect| rect.width > 500 && rect.height > 400), Some(true));
    harness.get_by_label("Top").click();
    harness.get_by_label("Field").click();
    harness.run();
    let asked = control(&mut harness);
    assert_eq!((asked.go_to, asked.slice), (Some(StandardView::Top), true));
}

#[test]
fn verif_the_camera_follows_the_mouse_over_the_view_and_nowhere_else() {
    let mut harness = harness();
    harness.hover_at(pos2(300.0, 300.0));
    harness.run();
    assert!(control(&mut harness).takes_input, "over the view");
    let button = harness.get_by_label("Left").rect().center();
    harness.hover_at(button);
    harness.run();
    assert!(!control(&mut harness).takes_input, "over a button that lies on the view");
    harness.hover_at(pos2(300.0, 300.0));
    let press = |pressed| Event::PointerButton {
        pos: pos2(300.0, 300.0),
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(press(true));
    harness.run();
    harness.hover_at(button);
    harness.run();
    assert!(control(&mut harness).takes_input, "a drag that began on the view goes on over a button");
    harness.event(press(false));
    harness.run();
    harness.hover_at(button);
    harness.run();
    assert!(!control(&mut harness).takes_input, "until it is let go");
}

const WIDTH: u32 = 360;
const HEIGHT: u32 = 400;

/// The scene in a picture, its view in the right part of it.
fn stage(scenario: &Scenario) -> (App, Handle<Image>) {
    let (mut app, image) = still::windowless(WIDTH, HEIGHT);
    app.insert_resource(SceneTarget { target: image.clone().into(), order: 0 });
    app.insert_resource(BackState::at_rest(scenario));
    app.insert_resource(SceneControl {
        viewport: Some(PixelRect { left: 60, top: 0, width: WIDTH - 60, height: HEIGHT }),
        ..SceneControl::default()
    });
    app.add_plugins(scene::plugin);
    still::finish(&mut app);
    (app, image)
}

fn picture(app: &mut App, image: &Handle<Image>) -> Vec<[u8; 4]> {
    (0..3).for_each(|_| app.update());
    let picture = still::take(app, image).expect("a picture");
    let data = picture.data.expect("it has pixels");
    data.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[3]]).collect()
}

/// How many pixels are so.
fn count(picture: &[[u8; 4]], is: impl Fn(i32, i32, i32) -> bool) -> usize {
    picture.iter().filter(|[r, g, b, _]| is((*r).into(), (*g).into(), (*b).into())).count()
}

/// One app draws all of this, since making one takes long: bone and muscle where they belong, force that brightens, and
/// the field, when asked.
#[test]
fn verif_the_scene_is_drawn_where_it_is_asked_for() {
    let scenario = Scenario::built_in().expect("a built-in scenario");
    let (mut app, image) = stage(&scenario);
    let rest = picture(&mut app, &image);
    let bone = |r: i32, g: i32, b: i32| r > 140 && g > 120 && b > 90 && r - b < 90;
    let bright = |r: i32, g: i32, b: i32| r > 150 && r > 2 * b && r > g + 60;
    let inside: Vec<[u8; 4]> =
        rest.iter().enumerate().filter(|(i, _)| i % WIDTH as usize >= 60).map(|(_, p)| *p).collect();
    assert!(count(&inside, bone) > 3_000, "{} pixels of bone", count(&inside, bone));
    let outside: Vec<[u8; 4]> =
        rest.iter().enumerate().filter(|(i, _)| i % WIDTH as usize <= 55).map(|(_, p)| *p).collect();
    assert_eq!(count(&outside, bone), 0, "nothing is drawn beside the viewport");
    let report = app.world().resource::<SceneReport>().clone();
    assert!(report.mm_per_point > 0.3 && report.mm_per_point < 2.0, "{}", report.mm_per_point);
    assert!(report.labels.iter().any(|label| label.thing == Thing::Contact(Side::Right, 2)));

    let mut pulled = BackState::at_rest(&scenario);
    let fascicles = Anatomy::embedded().fascicles();
    for side in Side::BOTH {
        let pull = std::array::from_fn(|index| if fascicles[index].is_stimulated() { 0.9 } else { 0.0 });
        (pulled.sides[side].pull, pulled.sides[side].flash) = (pull, 1.0);
    }
    app.insert_resource(pulled);
    let force = picture(&mut app, &image);
    let (before, after) = (count(&rest, bright), count(&force, bright));
    assert!(after > before + 1_000, "force brightens: {before} pixels before, {after} after");

    app.world_mut().resource_mut::<SceneControl>().slice = true;
    let sliced = picture(&mut app, &image);
    let changed = force.iter().zip(&sliced).filter(|(a, b)| a != b).count();
    assert!(changed > 300, "the field is drawn: {changed} pixels");

    app.world_mut().resource_mut::<SceneControl>().viewport = None;
    (0..3).for_each(|_| app.update());
    assert_eq!(app.world().resource::<SceneReport>(), &SceneReport::default(), "a hidden view says nothing");
}
