//! The gallery shows what it says: every try of every card is replayed, by its text and by its button.

use std::collections::BTreeMap;

use egui::vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use stimtwin::record::probe::Probe;
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::document::Document;
use stimtwin::sandbox::gallery::{Card, Part, Try, cards};
use stimtwin::sandbox::panels::gallery::{self, GalleryState};
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::settings::Settings;
use stimtwin::sandbox::theme::Theme;
use stimtwin::sandbox::view::View;
use stimtwin::scenario::Scenario;
use stimtwin::scenario::compose::{Entry, compose};
use stimtwin::scenario::library::{ASSETS, Kind};
use stimtwin::sim::Simulation;

use super::frames;

fn text(card: &Card) -> &'static str {
    let name = card.scenario().unwrap_or_else(|| panic!("the scenario of {} is not built in", card.title));
    ASSETS.iter().find(|asset| asset.kind == Kind::Scenarios && asset.name == name).unwrap().text
}

/// The scenario of a card, with a try written into its timeline.
fn scenario(card: &Card, what: &Try) -> Scenario {
    let bare = crate::scenario(text(card));
    let parts = what.parts(bare.clock).unwrap_or_else(|why| panic!("{}: {why}", card.title));
    let entries: Vec<Entry> = parts
        .into_iter()
        .filter_map(|(at, part)| match part {
            Part::Give(command) => Some(Entry { at, command: command.to_string() }),
            Part::Look(_) => None,
        })
        .collect();
    crate::scenario(&compose(&card.title, text(card), &entries, None).unwrap())
}

/// What the numbers of a try come to in a run of that scenario, in the order of the card.
fn numbers(scenario: &Scenario, what: &Try) -> Vec<f64> {
    let mut simulation = Simulation::new(scenario, None);
    let mut seen = BTreeMap::new();
    for (at, part) in what.parts(scenario.clock).unwrap() {
        if let Part::Look(index) = part {
            assert!(at <= scenario.duration, "{at} is after the end");
            simulation.advance_to(at).unwrap();
            seen.insert(index, what.see[index].read(at, |side| simulation.side(side)).unwrap());
        }
    }
    seen.into_values().collect()
}

#[test]
fn verif_the_gallery_has_eight_scenarios_with_three_tries_each() {
    assert_eq!(cards().len(), 8);
    for card in cards() {
        let units = crate::scenario(text(card)).muscle.units;
        assert_eq!(card.tries.len(), 3, "{}", card.title);
        for what in &card.tries {
            assert!(!what.see.is_empty(), "{}: {} shows nothing", card.title, what.say);
            for wanted in &what.see {
                assert!(wanted.from <= wanted.to && !wanted.say.is_empty(), "{}: {}", card.title, what.say);
                Probe::parse(&wanted.probe, units).unwrap_or_else(|why| panic!("{}: {why}", card.title));
            }
        }
    }
    let first = Document::built_in(cards()[0].scenario().unwrap()).unwrap().1;
    assert_eq!(first.name, cards()[0].title);
}

#[test]
fn verif_every_try_shows_the_numbers_that_it_says() {
    for card in cards() {
        for what in &card.tries {
            for (wanted, value) in what.see.iter().zip(numbers(&scenario(card, what), what)) {
                let title = &card.title;
                let say = &what.say;
                assert!(
                    wanted.holds(value),
                    "{title}: {say}\n{} at {} is {value}, not {} ({})",
                    wanted.probe,
                    wanted.at(),
                    wanted.range(),
                    wanted.say
                );
            }
        }
    }
}

/// A try that shows the same without being done shows nothing.
#[test]
fn verif_no_try_shows_its_numbers_without_being_done() {
    for card in cards() {
        let bare = crate::scenario(text(card));
        for what in card.tries.iter().filter(|what| !what.give.is_empty()) {
            let values = numbers(&bare, what);
            let all = what.see.iter().zip(&values).all(|(wanted, value)| wanted.holds(*value));
            assert!(!all, "{}: {} makes no difference", card.title, what.say);
        }
    }
}

/// What a gallery panel is drawn from.
struct Room {
    session: Session,
    theme: Theme,
    settings: Settings,
    gallery: GalleryState,
    acts: Vec<Act>,
}

impl Room {
    fn new(scenario: &str) -> Self {
        Self {
            session: Session::built_in(scenario).unwrap(),
            theme: Theme::dark(),
            settings: Settings::default(),
            gallery: GalleryState::default(),
            acts: Vec::new(),
        }
    }
}

fn harness(scenario: &str) -> Harness<'static, Room> {
    let draw = |ui: &mut egui::Ui, room: &mut Room| {
        let Room { session, theme, settings, gallery, acts } = room;
        gallery::ui(ui, &View { session, theme }, gallery, settings, acts);
    };
    let builder = Harness::builder().with_size(vec2(300.0, 1600.0)).with_step_dt(0.016);
    builder.build_ui_state(draw, Room::new(scenario))
}

/// Does what was asked for, and lets it come about.
fn carry_out(harness: &mut Harness<'_, Room>) {
    let room = harness.state_mut();
    for act in std::mem::take(&mut room.acts) {
        assert_eq!(room.session.act(act), None);
    }
    frames(&mut room.session, 1);
    room.session.arrive().unwrap();
}

/// Draws frames, and does between them what was asked for, until nothing is being done.
fn until_done(harness: &mut Harness<'_, Room>) {
    for _ in 0..200 {
        carry_out(harness);
        harness.step();
        if harness.state().gallery.doing().is_none() {
            return;
        }
    }
    panic!("a try does not come to an end");
}

#[test]
fn verif_the_button_of_a_try_does_it_and_ticks_what_is_seen() {
    for (card, scenario) in [(0, "gallery/first-contraction"), (2, "gallery/wrong-contact"), (4, "lead-fault")] {
        let mut harness = harness(scenario);
        harness.step();
        for (attempt, what) in cards()[card].tries.iter().enumerate() {
            let label = if what.give.is_empty() { "Show me" } else { "Do it" };
            let before = cards()[card].tries[..attempt].iter();
            let nth = before.filter(|other| other.give.is_empty() == what.give.is_empty()).count();
            assert!(!harness.state().gallery.is_done(card, attempt));
            harness.get_all_by_label(label).nth(nth).unwrap().click();
            harness.step();
            assert_eq!(harness.state().gallery.doing(), Some((card, attempt)));
            until_done(&mut harness);
            assert!(harness.state().gallery.is_done(card, attempt), "{}", what.say);
            let given: Vec<&str> =
                harness.state().session.entries().iter().map(|entry| entry.command.as_str()).collect();
            let wanted: Vec<&str> = what.give.iter().map(|given| given.command.as_str()).collect();
            assert_eq!(given, wanted, "each try begins with the scenario as it is written");
        }
        harness.step();
        assert_eq!(harness.get_all_by_label("✔ seen").count(), 3);
    }
}

#[test]
fn verif_somebody_who_does_it_by_hand_gets_the_tick_and_nobody_else() {
    let mut harness = harness("gallery/first-contraction");
    let act = |harness: &mut Harness<'_, Room>, act: Act| {
        let session = &mut harness.state_mut().session;
        session.act(act);
        session.arrive().unwrap();
        harness.step();
    };
    let at = |text: &str| text.parse().unwrap();
    act(&mut harness, Act::Seek(at("9 s")));
    assert_eq!(harness.state().gallery.seen(0, 0, 1), None, "the right side shows it, but nothing was done");
    act(&mut harness, Act::Seek(at("6 s")));
    act(&mut harness, Act::Give("SetAmplitude(side: Left,amplitude_ma: 0.8)".to_string()));
    assert_eq!(harness.state().gallery.seen(0, 0, 0), None, "no pulse has come yet, nor is it 8 s");
    act(&mut harness, Act::Seek(at("9 s")));
    assert_eq!(harness.state().gallery.seen(0, 0, 0), Some(1.0));
    assert!(harness.state().gallery.is_done(0, 0) && !harness.state().gallery.is_done(0, 1));
}

#[test]
fn verif_a_card_opens_its_scenario_and_files_are_offered() {
    let mut harness = harness("gallery/first-contraction");
    harness.state_mut().settings.remember(std::path::Path::new("/scenarios/mine.ron"));
    harness.step();
    harness.get_by_label("Six months").click();
    harness.step();
    harness.get_by_label("mine.ron").click();
    harness.step();
    harness.get_by_label("Hide").click();
    harness.step();
    let recent = Act::Open(harness.state().settings.recent[0].clone());
    assert_eq!(harness.state().acts, [Act::OpenBuiltIn("six-months"), recent, Act::ShowGallery(false)]);
}

#[test]
fn verif_a_try_is_left_when_somebody_goes_elsewhere() {
    let mut harness = harness("gallery/first-contraction");
    harness.step();
    harness.get_all_by_label("Do it").next().unwrap().click();
    harness.step();
    carry_out(&mut harness);
    harness.step();
    assert_eq!(harness.state().gallery.doing(), Some((0, 0)));
    carry_out(&mut harness);
    let session = &mut harness.state_mut().session;
    session.act(Act::Seek("20 s".parse().unwrap()));
    session.arrive().unwrap();
    harness.step();
    assert_eq!((harness.state().gallery.doing(), harness.state().acts.len()), (Some((0, 0)), 1));
    harness.state_mut().acts.clear();
    harness.step();
    assert_eq!((harness.state().gallery.doing(), harness.state().acts.len()), (None, 0));
}
