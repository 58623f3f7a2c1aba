//! A real window on a virtual display, with real mouse and keys: what is done in it is saved, replayed headless, and
//! comes to the same digest.
//!
//! It needs Xvfb, xdotool and a Vulkan driver, software will do (Debian: xvfb, xdotool, mesa-vulkan-drivers), and so it
//! is run by its name: `cargo test --release --test window`. Where things are on the screen it learns from the same
//! panels, laid out without a window.

mod captures;
mod pictures;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use stimtwin::sandbox::desk::Desk;
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::settings::{Keeper, Settings};
use stimtwin::sandbox::window::SIZE;

/// How long anything may take before the test gives up: software rendering on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// One test draws at a time: on two cores in software each is slow enough by itself.
static DRAWING: Mutex<()> = Mutex::new(());

/// Waits for the others that draw, also for one that has failed.
fn my_turn() -> MutexGuard<'static, ()> {
    DRAWING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program. What it keeps of surrogates stays within the build's own folder.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stimtwin"));
    command.env("STIMTWIN_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("surrogates"));
    command
}

/// A virtual display, and its name.
fn display() -> (Running, String) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", &format!("{}x{}x24", SIZE.0, SIZE.1), "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|why| panic!("this test needs Xvfb (Debian: apt install xvfb): {why}"));
    let output = server.stdout.take().expect("it is piped");
    let mut number = String::new();
    BufReader::new(output).read_line(&mut number).expect("the server tells its number");
    (Running(server), format!(":{}", number.trim()))
}

/// Mouse and keys of a display.
struct Hands<'a>(&'a str);

impl Hands<'_> {
    fn xdotool(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool").args(args).env("DISPLAY", self.0).output();
        let output =
            output.unwrap_or_else(|why| panic!("this test needs xdotool (Debian: apt install xdotool): {why}"));
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    }

    fn click(&self, (x, y): (f32, f32)) {
        let (x, y) = (format!("{x:.0}"), format!("{y:.0}"));
        self.xdotool(&["mousemove", &x, &y]);
        pause(400);
        self.xdotool(&["mousedown", "1"]);
        pause(200);
        self.xdotool(&["mouseup", "1"]);
        pause(400);
    }

    fn key(&self, key: &str) {
        self.xdotool(&["key", key]);
        pause(400);
    }

    /// A key with Ctrl held, as slowly as a person does it: a frame in software takes a while.
    fn with_control(&self, key: &str) {
        self.xdotool(&["keydown", "ctrl"]);
        pause(400);
        self.key(key);
        self.xdotool(&["keyup", "ctrl"]);
        pause(400);
    }
}

fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Waits until something is there.
fn wait_for<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(found) = there() {
            return found;
        }
        pause(200);
    }
    panic!("{what} did not come in {PATIENCE:?}");
}

/// Where the middle of a button is, by its label, in a window of the usual size at its first start.
fn place(file: &Path, label: &str) -> (f32, f32) {
    let session = Session::open(file).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let desk = Desk::new(session, Settings::default(), Keeper::off());
    let mut harness = Harness::builder()
        .with_size([SIZE.0 as f32, SIZE.1 as f32])
        .build_ui_state(|ui, desk: &mut Desk| desk.ui(ui, Duration::ZERO), desk);
    harness.run_steps(8);
    let middle = harness.get_by_label(label).rect().center();
    (middle.x, middle.y)
}

/// The digest that a headless run prints.
fn replay(file: &Path, until: &str) -> String {
    let output = program()
        .args(["run".as_ref(), file.as_os_str(), "--until".as_ref(), until.as_ref()])
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn verif_what_is_done_in_a_real_window_replays_headless() {
    let _turn = my_turn();
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("played.ron");
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/first-session.ron");
    std::fs::copy(scenario, &file).expect("the scenario can be copied");
    let [start, stop] = ["Start", "Stop"].map(|label| place(&file, label));

    let (_server, display) = display();
    let window = program()
        .arg("sandbox")
        .arg(&file)
        .env("DISPLAY", &display)
        .env_remove("WAYLAND_DISPLAY")
        .env("XDG_CONFIG_HOME", folder.path().join("config"))
        .spawn()
        .expect("the program starts");
    let _window = Running(window);
    let hands = Hands(&display);
    let id = wait_for("the window", || {
        let found = hands.xdotool(&["search", "--name", "First session"]);
        found.lines().next().map(str::to_string).filter(|id| !id.is_empty())
    });
    hands.xdotool(&["windowfocus", &id]);
    pause(3_000);

    // Time goes on, a session is started with the mouse, and stopped with the key that always stops.
    hands.key("space");
    pause(1_500);
    hands.click(start);
    pause(4_000);
    hands.click(stop);
    pause(1_000);
    hands.click(start);
    pause(2_000);
    hands.key("Escape");
    hands.key("space");
    hands.with_control("s");
    let text = wait_for("the saved scenario", || {
        std::fs::read_to_string(&file).ok().filter(|text| text.starts_with("// Saved by stimtwin"))
    });

    assert_eq!(text.matches("do: StartSession").count(), 2, "{text}");
    assert_eq!(text.matches("do: StopSession").count(), 2, "{text}");
    let note = text.lines().next().unwrap_or_default();
    let (_, rest) = note.split_once(" at ").expect("the note tells when");
    let (at, digest) = rest.split_once(", when the digest was ").expect("the note tells the digest");
    let digest = digest.trim_end_matches('.');
    let replayed = replay(&file, at);
    assert!(replayed.contains(digest), "saved at {at} with {digest}; replayed:\n{replayed}");
}
