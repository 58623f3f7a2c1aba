//! Pictures of the window, drawn without one, held against those that are kept in `docs/pictures/`.
//!
//! They are drawn by the software driver, so that they are the same on every machine, or nearly.

use std::path::Path;

use crate::pictures::hold_against_kept;

/// Where Mesa's software driver for Vulkan says where it is.
const SOFTWARE_DRIVERS: &str = "/usr/share/vulkan/icd.d";

/// Draws a picture and holds it against the kept one of that name.
fn held(name: &str, args: &[&str]) {
    let _turn = crate::my_turn();
    let drivers = std::fs::read_dir(SOFTWARE_DRIVERS).into_iter().flatten().flatten().map(|entry| entry.path());
    let software = drivers
        .into_iter()
        .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("lvp_icd")));
    let software = software.expect("this test needs a software driver (Debian: apt install mesa-vulkan-drivers)");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let picture = folder.join(format!("{name}.png"));
    let output = crate::program()
        .arg("sandbox")
        .args(args)
        .arg("--capture")
        .arg(&picture)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("VK_DRIVER_FILES", &software)
        .env("VK_ICD_FILENAMES", &software)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    hold_against_kept(name, &picture).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn regress_a_train_of_the_first_contraction() {
    held("session", &["--at", "1 min 3 s"]);
}

#[test]
fn regress_the_leads_from_close_by_in_the_light_theme() {
    held("leads", &["--at", "1 min 3 s", "--light", "--look", "leads", "--slice", "--tab", "device"]);
}

#[test]
fn regress_a_broken_lead_and_what_the_device_says_of_it() {
    held("fault", &["scenarios/lead-fault.ron", "--at", "4 min 30 s", "--tab", "device", "--look", "right"]);
}

#[test]
fn regress_the_spine_and_the_models_beside_the_force() {
    held("spine", &["--at", "1 min 3 s", "--tab", "spine", "--models", "left"]);
}

#[test]
fn regress_half_a_year() {
    held("months", &["scenarios/six-months.ron", "--at", "150 days 1 h 12 min", "--tab", "timeline", "--look", "top"]);
}

#[test]
fn verif_a_display_that_does_not_answer_gets_a_sentence() {
    let output = crate::program()
        .arg("sandbox")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("DISPLAY", ":4711")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("does not answer") && !said.contains("panicked"), "{said}");
}

#[test]
fn verif_without_a_driver_there_is_a_sentence() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let nothing = folder.path().join("none.json");
    let output = crate::program()
        .args(["sandbox", "--capture", "none.png"])
        .current_dir(folder.path())
        .env("VK_DRIVER_FILES", &nothing)
        .env("VK_ICD_FILENAMES", &nothing)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("error: nothing can be drawn here") && !said.contains("panicked"), "{said}");
    assert!(!folder.path().join("none.png").exists());
}
