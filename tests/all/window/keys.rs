//! Keys: each does one thing, the longest comes first, a text that is being typed is left alone, and Esc stops always.

use std::fs;

use egui::accesskit::Role;
use egui::{FontFamily, Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use stimtwin::sandbox::act::{Act, Dialog, Step};
use stimtwin::sandbox::gallery::cards;
use stimtwin::sandbox::keys::{self, COMMANDS, Does, Group};
use stimtwin::sandbox::panels::keys::KeysState;
use stimtwin::sandbox::panels::{self, menu};
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::settings::Settings;
use stimtwin::sandbox::style;
use stimtwin::sandbox::theme::Theme;
use stimtwin::sandbox::view::View;
use stimtwin::time::SimTime;

use crate::root;

/// A window with a menu, a text, a slider and a button.
struct Room {
    session: Session,
    theme: Theme,
    settings: Settings,
    keys: KeysState,
    dialog: bool,
    text: String,
    value: f32,
    pressed: usize,
    acts: Vec<Act>,
}

fn draw(ui: &mut egui::Ui, room: &mut Room) {
    let Room { session, theme, settings, keys, dialog, text, value, pressed, acts } = room;
    let view = View { session, theme };
    let ctx = ui.ctx().clone();
    acts.extend(keys::take(&ctx, &view, keys, *dialog));
    menu::ui(ui, &view, settings, acts);
    ui.text_edit_singleline(text);
    ui.add(egui::Slider::new(value, 0.0..=1.0).text("Value"));
    *pressed += usize::from(ui.button("Press").clicked());
    panels::keys::ui(&ctx, &view, keys, acts);
}

fn harness() -> Harness<'static, Room> {
    let room = Room {
        session: Session::built_in("gallery/first-contraction").unwrap(),
        theme: Theme::dark(),
        settings: Settings { recent: vec!["/scenarios/mine.ron".into()], ..Settings::default() },
        keys: KeysState::default(),
        dialog: false,
        text: String::new(),
        value: 0.5,
        pressed: 0,
        acts: Vec::new(),
    };
    let mut harness = Harness::builder().with_size(vec2(900.0, 700.0)).with_step_dt(0.016).build_ui_state(draw, room);
    harness.run_steps(2);
    harness
}

/// What a key comes to.
fn press(harness: &mut Harness<'_, Room>, modifiers: Modifiers, key: Key) -> Vec<Act> {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(3);
    std::mem::take(&mut harness.state_mut().acts)
}

/// Does what was asked for.
fn act(harness: &mut Harness<'_, Room>, act: Act) {
    let session = &mut harness.state_mut().session;
    session.act(act);
    session.arrive().unwrap();
    harness.run_steps(2);
}

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;

fn seek(text: &str) -> Act {
    Act::Seek(text.parse().unwrap())
}

#[test]
fn verif_no_two_commands_have_one_key_or_one_name() {
    for (index, command) in COMMANDS.iter().enumerate() {
        assert!(keys::find(command.what).is_some());
        for other in &COMMANDS[index + 1..] {
            assert_ne!(command.what, other.what);
            let apart = matches!(command.does, Does::Panel) && command.group != other.group;
            let shared = command.keys.iter().find(|keys| other.keys.contains(keys));
            assert!(apart || shared.is_none(), "{} and {} share {shared:?}", command.what, other.what);
        }
    }
    for (group, title) in Group::ALL {
        assert!(COMMANDS.iter().any(|command| command.group == group), "{title} is empty");
    }
}

#[test]
fn verif_every_key_does_what_the_table_says() {
    let mut harness = harness();
    for (modifiers, key, expected) in [
        (NONE, Key::Space, Act::Play),
        (NONE, Key::Period, Act::Step(Step::Tick)),
        (NONE, Key::ArrowRight, Act::Step(Step::Pulse)),
        (Modifiers::SHIFT, Key::ArrowRight, Act::Step(Step::Cycle)),
        (NONE, Key::Home, Act::Seek(SimTime::ZERO)),
        (NONE, Key::End, Act::Follow),
        (NONE, Key::OpenBracket, Act::Speed(0.1)),
        (NONE, Key::CloseBracket, Act::Speed(10.0)),
        (CTRL, Key::O, Act::Ask(Dialog::Open)),
        (CTRL, Key::S, Act::Ask(Dialog::Save)),
        (CTRL | Modifiers::SHIFT, Key::S, Act::Ask(Dialog::Save)),
        (CTRL, Key::E, Act::Ask(Dialog::Traces)),
        (NONE, Key::F12, Act::Ask(Dialog::Picture)),
        (Modifiers::SHIFT, Key::Questionmark, Act::ShowKeys(true)),
        (CTRL, Key::Plus, Act::TextSize(1.1)),
        (CTRL, Key::Minus, Act::TextSize(0.9)),
    ] {
        assert_eq!(press(&mut harness, modifiers, key), [expected], "{modifiers:?} {key:?}");
    }
    // Nothing to take back, nothing to stop: no act.
    for (modifiers, key) in [(CTRL, Key::Z), (CTRL, Key::Y), (CTRL, Key::Enter), (NONE, Key::Escape), (NONE, Key::A)] {
        assert_eq!(press(&mut harness, modifiers, key), [], "{modifiers:?} {key:?}");
    }
}

#[test]
fn verif_the_longest_shortcut_comes_first() {
    let mut harness = harness();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved.ron");
    act(&mut harness, Act::Give("StopSession".to_string()));
    act(&mut harness, Act::Save(file.clone()));
    assert_eq!(press(&mut harness, CTRL, Key::S), [Act::Save(file)], "what has a file is saved to it");
    assert_eq!(press(&mut harness, CTRL | Modifiers::SHIFT, Key::S), [Act::Ask(Dialog::Save)]);
    assert_eq!(press(&mut harness, CTRL, Key::Z), [Act::Undo]);
    act(&mut harness, Act::Undo);
    assert_eq!(press(&mut harness, CTRL | Modifiers::SHIFT, Key::Z), [Act::Redo]);
    assert_eq!(press(&mut harness, CTRL, Key::Y), [Act::Redo]);
}

#[test]
fn verif_steps_back_land_where_steps_on_did() {
    let mut harness = harness();
    act(&mut harness, seek("2 s"));
    assert_eq!(press(&mut harness, NONE, Key::Comma), [seek("1.999 s")]);
    act(&mut harness, seek("1.9995 s"));
    assert_eq!(press(&mut harness, NONE, Key::Comma), [seek("1.999 s")]);
    assert_eq!(press(&mut harness, Modifiers::SHIFT, Key::ArrowLeft), [seek("0 s")]);
    act(&mut harness, seek("1.02 s"));
    let mut places = Vec::new();
    for _ in 0..3 {
        act(&mut harness, Act::Step(Step::Pulse));
        places.push(harness.state().session.transport().cursor);
    }
    assert_eq!(places[2] - places[1], "50 ms".parse().unwrap());
    assert_eq!(press(&mut harness, NONE, Key::ArrowLeft), [Act::Seek(places[1])]);
    act(&mut harness, Act::Seek(places[1]));
    assert_eq!(press(&mut harness, NONE, Key::ArrowLeft), [Act::Seek(places[0])]);
}

#[test]
fn verif_a_text_that_is_typed_is_left_alone_and_esc_stops_always() {
    let mut harness = harness();
    act(&mut harness, seek("5 s"));
    harness.get_by_role(Role::TextInput).click();
    harness.run_steps(2);
    assert_eq!(press(&mut harness, NONE, Key::Space), []);
    assert_eq!(press(&mut harness, NONE, Key::Period), []);
    assert_eq!(press(&mut harness, CTRL, Key::Z), []);
    harness.event(egui::Event::Text(" .[".to_string()));
    harness.run_steps(2);
    assert_eq!(harness.state().text, " .[");
    assert_eq!(press(&mut harness, CTRL, Key::O), [Act::Ask(Dialog::Open)]);
    harness.get_by_role(Role::TextInput).click();
    harness.run_steps(2);
    assert_eq!(press(&mut harness, NONE, Key::Escape), [Act::Give("StopSession".to_string())]);
}

#[test]
fn verif_space_plays_where_a_button_has_the_focus_and_arrows_move_what_has_it() {
    let mut harness = harness();
    harness.get_by_label("Press").focus();
    harness.run_steps(2);
    assert_eq!(press(&mut harness, NONE, Key::Space), [Act::Play]);
    assert_eq!(harness.state().pressed, 0);
    harness.get_by_role_and_label(Role::Slider, "Value").focus();
    harness.run_steps(2);
    assert_eq!(press(&mut harness, NONE, Key::ArrowRight), []);
    assert!(harness.state().value > 0.5);
}

#[test]
fn verif_a_key_that_is_held_repeats_and_a_dialog_has_all_keys() {
    let mut harness = harness();
    let repeat =
        |repeat| egui::Event::Key { key: Key::Period, physical_key: None, pressed: true, repeat, modifiers: NONE };
    harness.input_mut().events.extend([repeat(false), repeat(true), repeat(true)]);
    harness.step();
    assert_eq!(std::mem::take(&mut harness.state_mut().acts), vec![Act::Step(Step::Tick); 3]);
    harness.state_mut().dialog = true;
    assert_eq!(press(&mut harness, CTRL, Key::S), []);
    assert_eq!(press(&mut harness, NONE, Key::Space), []);
}

#[test]
fn verif_the_palette_finds_and_does() {
    let mut harness = harness();
    assert_eq!(press(&mut harness, CTRL, Key::K), []);
    harness.event(egui::Event::Text("slow".to_string()));
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Ten times faster").is_none());
    assert_eq!(press(&mut harness, NONE, Key::Enter), [Act::Speed(0.1)]);
    assert!(!harness.state().keys.is_open());
    // Esc closes it before it stops anything.
    act(&mut harness, seek("5 s"));
    press(&mut harness, CTRL, Key::K);
    assert_eq!(press(&mut harness, NONE, Key::Escape), [Act::ShowKeys(false)]);
    assert!(!harness.state().keys.is_open());
    press(&mut harness, CTRL, Key::K);
    harness.event(egui::Event::Text("six months".to_string()));
    harness.run_steps(2);
    assert_eq!(press(&mut harness, NONE, Key::Enter), [Act::OpenBuiltIn("six-months")]);
}

#[test]
fn verif_the_list_of_keys_names_them_all() {
    let mut harness = harness();
    harness.state_mut().keys.shown = true;
    harness.run_steps(3);
    for command in COMMANDS.iter().filter(|command| !command.keys.is_empty()) {
        assert!(harness.query_all_by_label(command.what).next().is_some(), "{}", command.what);
        assert!(harness.query_all_by_label(&command.keys_text()).next().is_some(), "{}", command.keys_text());
    }
}

#[test]
fn verif_menus_do_what_they_say() {
    let mut harness = harness();
    for (menu, item, expected) in [
        ("File", "Open…", Act::Ask(Dialog::Open)),
        ("Edit", "Revert the draft", Act::Revert),
        ("View", "Light", Act::Dark(false)),
        ("View", "Hide the gallery", Act::ShowGallery(false)),
        ("Help", "Keys", Act::ShowKeys(true)),
    ] {
        harness.get_by_label(menu).click();
        harness.run_steps(3);
        let node = harness.query_by_label_contains(item).unwrap_or_else(|| panic!("{menu} has no {item}"));
        if item == "Revert the draft" {
            assert!(node.accesskit_node().is_disabled(), "there is nothing to revert");
            harness.key_press(Key::Escape);
            harness.run_steps(3);
            continue;
        }
        node.click();
        harness.run_steps(3);
        assert_eq!(std::mem::take(&mut harness.state_mut().acts), [expected]);
    }
    // Every item of the menus is a command of the table.
    let source = fs::read_to_string(root().join("src/sandbox/panels/menu.rs")).unwrap();
    let items: Vec<&str> = source.split("(ui, view, \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(items.len() > 15, "{items:?}");
    for item in items {
        assert!(keys::find(item).is_some(), "{item} is no command");
    }
}

/// Everything that may be shown: letters outside of ASCII in the code of the program, in the gallery and in scenarios.
#[test]
fn verif_no_letter_is_missing_in_the_fonts() {
    let ctx = egui::Context::default();
    ctx.set_fonts(style::fonts());
    let _ = ctx.run_ui(egui::RawInput::default(), |_| {});
    let mut letters = std::collections::BTreeMap::new();
    let mut folders = vec![root().join("src"), root().join("assets"), root().join("scenarios")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "ron") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                for letter in code.flat_map(|line| line.chars()).filter(|letter| !letter.is_ascii()) {
                    letters.entry(letter).or_insert_with(|| path.clone());
                }
            }
        }
    }
    assert!(letters.contains_key(&'→') && letters.contains_key(&'µ'), "{letters:?}");
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        // What `has_glyph` says is wrong for the letters of the font that has the sign for missing ones.
        let known: Vec<char> = ctx.fonts_mut(|view| view.fonts.font(&family).characters().keys().copied().collect());
        for (letter, path) in &letters {
            let number = *letter as u32;
            assert!(
                known.contains(letter),
                "no font of {family:?} has {letter} (U+{number:04X}), in {}",
                path.display()
            );
        }
        assert!(!known.contains(&'\u{2713}'), "what is known to be missing is found missing");
    }
}

/// `STIMTWIN_WRITE_PAGES=1 cargo test --test all window` writes the tables anew.
#[test]
fn verif_the_page_lists_keys_and_gallery_as_they_are() {
    let path = root().join("docs/sandbox.md");
    let page = fs::read_to_string(&path).unwrap();
    let written = replaced(&replaced(&page, "keys", &table_of_keys()), "gallery", &table_of_cards());
    if std::env::var_os("STIMTWIN_WRITE_PAGES").is_some() {
        fs::write(&path, &written).unwrap();
    } else {
        assert_eq!(page, written);
    }
}

/// A page with what stands between two marks replaced.
fn replaced(page: &str, mark: &str, new: &str) -> String {
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the page has no {end}"));
    format!("{before}{begin}{new}{end}{after}")
}

fn table_of_keys() -> String {
    let mut table = "| | key | what it does |\n|---|---|---|\n".to_string();
    for (group, title) in Group::ALL {
        let mut title = title;
        for command in COMMANDS.iter().filter(|command| command.group == group && !command.keys.is_empty()) {
            table += &format!("| {title} | `{}` | {} |\n", command.keys_text(), command.what.trim_end_matches('…'));
            title = "";
        }
    }
    table
}

fn table_of_cards() -> String {
    let mut table = "| scenario | what it is about |\n|---|---|\n".to_string();
    for card in cards() {
        table += &format!("| {}, `{}` | {} |\n", card.title, card.scenario().unwrap(), card.line);
    }
    table
}
