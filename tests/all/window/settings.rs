//! Settings come back as they were, and a broken file costs a sentence and nothing else.

use std::fs;
use std::path::PathBuf;

use stimtwin::sandbox::act::Tab;
use stimtwin::sandbox::settings::{Keeper, MOST_RECENT, Settings};

#[test]
fn verif_settings_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/er/sandbox.ron");
    let (mut keeper, mut settings, told) = Keeper::at(&file);
    assert_eq!((&settings, told), (&Settings::default(), None));
    assert_eq!(keeper.keep(&settings), None);
    assert!(!file.exists(), "nothing has changed, nothing is written");

    settings.dark = false;
    settings.text_size = 1.3;
    settings.speed = 60.0;
    settings.remember(&folder.path().join("a \"quoted\" µ.ron"));
    // What a layout of tabs holds: places that are infinite before they are drawn.
    let layout = (Tab::Scopes, [f32::INFINITY, f32::NEG_INFINITY, 0.25]);
    settings.set_layout(&layout);
    assert_eq!(keeper.keep(&settings), None);
    let (_, again, told) = Keeper::at(&file);
    assert_eq!((&again, told), (&settings, None));
    assert_eq!(again.layout(), Some(layout));
    let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["sandbox.ron"], "no half-written file is left");
}

#[test]
fn verif_a_layout_of_another_version_is_none() {
    let mut settings = Settings::default();
    assert_eq!(settings.layout::<Tab>(), None);
    settings.set_layout(&"something else");
    assert_eq!(settings.layout::<Tab>(), None);
    settings.set_layout(&Tab::Back);
    assert_eq!(settings.layout(), Some(Tab::Back));
}

#[test]
fn verif_the_last_files_come_first_and_each_once() {
    let mut settings = Settings::default();
    for number in 0..15 {
        settings.remember(&PathBuf::from(format!("/scenarios/{number}.ron")));
    }
    settings.remember(&PathBuf::from("/scenarios/12.ron"));
    let names: Vec<_> = settings.recent.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["12", "14", "13", "11", "10", "9", "8", "7", "6", "5"]);
    assert_eq!(settings.recent.len(), MOST_RECENT);
}

#[test]
fn verif_a_broken_file_is_set_aside_and_told_about() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.ron");
    let deep = "[".repeat(100_000);
    for broken in ["(dark: perhaps)", "(text_size", "\u{0}\u{1}", "(recent: 7)", deep.as_str()] {
        fs::write(&file, broken).unwrap();
        let (mut keeper, settings, told) = Keeper::at(&file);
        let told = told.expect("something is to be told");
        assert!(told.contains("cannot be read") && told.contains("sandbox.broken.ron"), "{told}");
        assert_eq!(told.matches(". ").count(), 0, "one sentence: {told}");
        assert_eq!(settings, Settings::default());
        assert_eq!(fs::read_to_string(folder.path().join("sandbox.broken.ron")).unwrap(), broken);
        assert!(!file.exists());
        assert_eq!(keeper.keep(&Settings { dark: false, ..settings }), None);
        assert!(Keeper::at(&file).2.is_none());
    }
    fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    assert!(Keeper::at(&file).2.unwrap().contains("UTF-8"));
}

#[test]
fn verif_what_cannot_be_drawn_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.ron");
    for (written, text_size, speed) in [
        ("(text_size: 1e9, speed: 1e99)", 2.0, 864_000.0),
        ("(text_size: -3, speed: -1)", 0.7, 1e-6),
        ("(text_size: NaN, speed: NaN)", 1.0, 1.0),
        ("(something_newer: 3)", 1.0, 1.0),
    ] {
        fs::write(&file, written).unwrap();
        let (_, settings, told) = Keeper::at(&file);
        assert_eq!((settings.text_size, settings.speed, told), (text_size, speed, None), "{written}");
    }
}

#[test]
fn verif_settings_that_cannot_be_kept_are_told_about_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a-file"), "").unwrap();
    let (mut keeper, mut settings, told) = Keeper::at(&folder.path().join("a-file/sandbox.ron"));
    assert_eq!(told, None);
    settings.dark = false;
    assert!(keeper.keep(&settings).unwrap().contains("cannot be kept"));
    assert_eq!(keeper.keep(&settings), None);
}

#[test]
fn verif_settings_that_are_off_touch_no_file() {
    let mut keeper = Keeper::off();
    assert_eq!(keeper.keep(&Settings { dark: false, ..Settings::default() }), None);
}
