//! The window itself, or a picture of it without one: Bevy draws the back, bevy_egui the panels over it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use bevy::DefaultPlugins;
use bevy::app::{App, AppExit, PluginGroup, PluginsState, Startup, Update};
use bevy::camera::visibility::RenderLayers;
use bevy::camera::{Camera, Camera2d, CameraOutputMode, ClearColor, ClearColorConfig, RenderTarget};
use bevy::color::Color;
use bevy::ecs::message::{MessageReader, MessageWriter};
use bevy::ecs::observer::On;
use bevy::ecs::query::With;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Commands, NonSend, NonSendMut, Query, Res, ResMut};
use bevy::render::render_resource::BlendState;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::time::{Real, Time};
use bevy::window::{PrimaryWindow, Window, WindowCloseRequested, WindowPlugin, WindowResolution};
use bevy::winit::{UpdateMode, WinitSettings};
use bevy_egui::{EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, PrimaryEguiContext};
use egui::{LayerId, Ui, UiBuilder};

use crate::sandbox::act::Act;
use crate::sandbox::desk::Desk;
use crate::sandbox::models;
use crate::sandbox::recruiter;
use crate::sandbox::scene::link::{SceneControl, SceneReport};
use crate::sandbox::scene::state::{BackState, glow};
use crate::sandbox::scene::{self, SceneTarget, still};
use crate::sandbox::session::{Said, Session};
use crate::side::BySide;

/// Why there is no window, or no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// There is nothing to open a window on.
    #[error("no window can be opened: neither DISPLAY nor WAYLAND_DISPLAY names a display")]
    NoDisplay,
    /// There is a name of a display, and nothing answers to it.
    #[error("no window can be opened: the display that DISPLAY or WAYLAND_DISPLAY names does not answer")]
    DeadDisplay,
    /// The graphics driver refused.
    #[error("nothing can be drawn here: {0} (a software driver such as Debian's mesa-vulkan-drivers is enough)")]
    NoGraphics(String),
    /// The picture cannot be written.
    #[error("{0}")]
    NoPicture(String),
}

/// The size of the window at its start, and of captures unless they say otherwise, points.
pub const SIZE: (u32, u32) = (1600, 1000);

/// Frames that are drawn before a capture is taken: panels find their sizes, pipelines are made, and the back hears
/// from the panels where it is (ours).
const FRAMES_BEFORE: usize = 24;

/// Whether there is a display to open a window on.
pub fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Opens the window on a desk, and stays until it is closed.
///
/// # Errors
/// There is no display, or nothing that can draw on it.
pub fn open(desk: Desk) -> Result<(), WindowError> {
    if !has_display() {
        return Err(WindowError::NoDisplay);
    }
    let window = Window {
        title: "stimtwin".to_string(),
        name: Some("stimtwin".to_string()),
        resolution: WindowResolution::new(SIZE.0, SIZE.1),
        ..Window::default()
    };
    let mut app = started(desk, || {
        let mut app = App::new();
        // Closing waits for a word where something is not saved.
        let window = WindowPlugin { primary_window: Some(window), close_when_requested: false, ..Default::default() };
        app.add_plugins(DefaultPlugins.set(window));
        (app, RenderTarget::default())
    })?;
    app.add_systems(Update, (title, picture, pace, close));
    match app.run() {
        AppExit::Success => Ok(()),
        AppExit::Error(code) => Err(WindowError::NoGraphics(format!("the window ended with code {code}"))),
    }
}

/// Draws a desk without a window and writes the picture as PNG.
///
/// # Errors
/// Nothing can draw, or the picture cannot be written.
pub fn capture(desk: Desk, size: (u32, u32), path: &Path) -> Result<(), WindowError> {
    let mut image = None;
    let mut app = started(desk, || {
        let (mut app, target) = still::windowless(size.0, size.1);
        app.insert_resource(Still);
        image = Some(target.clone());
        (app, RenderTarget::Image(target.into()))
    })?;
    let image = image.expect("the app that was started has an image");
    // Two captures are the same only if both wait for the exact thresholds and the models, and draw them.
    let is_done = || recruiter::is_done() && models::is_done();
    (0..FRAMES_BEFORE).for_each(|_| app.update());
    loop {
        while !is_done() {
            std::thread::sleep(Duration::from_millis(20));
        }
        (0..FRAMES_BEFORE).for_each(|_| app.update());
        if is_done() {
            break;
        }
    }
    still::save(&mut app, &image, path).map_err(WindowError::NoPicture)
}

/// Present where one still picture is drawn: no wall time passes, so that it is the same each time.
#[derive(Resource)]
struct Still;

/// An app with what window and capture share, started. Bevy and winit say by a panic that they cannot start; here it
/// becomes a sentence.
fn started(desk: Desk, base: impl FnOnce() -> (App, RenderTarget)) -> Result<App, WindowError> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (mut app, target) = base();
        app.add_plugins(EguiPlugin::default())
            .insert_resource(EguiGlobalSettings { auto_create_primary_context: false, ..Default::default() })
            .insert_resource(ClearColor(Color::BLACK))
            .insert_resource(SceneTarget { target: target.clone(), order: 0 })
            .add_plugins(scene::plugin)
            .insert_non_send(desk)
            .add_systems(Startup, move |commands: Commands| spawn_panels_camera(commands, target.clone()))
            .add_systems(EguiPrimaryContextPass, frame);
        while app.plugins_state() == PluginsState::Adding {
            std::thread::yield_now();
        }
        app.finish();
        app.cleanup();
        app
    }));
    std::panic::set_hook(hook);
    outcome.map_err(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
        let why = text.unwrap_or("it did not start").lines().next().unwrap_or_default();
        // So begins what winit's plugin panics with where it cannot connect.
        let is_display = why.starts_with("Failed to build event loop");
        if is_display { WindowError::DeadDisplay } else { WindowError::NoGraphics(why.to_string()) }
    })
}

/// The camera that the panels are drawn by, over that of the back.
fn spawn_panels_camera(mut commands: Commands, target: RenderTarget) {
    let output_mode =
        CameraOutputMode::Write { blend_state: Some(BlendState::ALPHA_BLENDING), clear_color: ClearColorConfig::None };
    let clear_color = ClearColorConfig::Custom(Color::NONE);
    let camera = Camera { order: 1, output_mode, clear_color, ..Camera::default() };
    commands.spawn((Camera2d, camera, target, RenderLayers::none(), PrimaryEguiContext));
}

/// Draws the panels, and lets them and the back tell each other what they have to.
fn frame(
    mut contexts: EguiContexts,
    mut commands: Commands,
    mut desk: NonSendMut<Desk>,
    (mut control, mut clear): (ResMut<SceneControl>, ResMut<ClearColor>),
    report: Res<SceneReport>,
    still: Option<Res<Still>>,
    time: Res<Time<Real>>,
) -> bevy::ecs::error::Result {
    let ctx = contexts.ctx_mut()?.clone();
    // Where egui wants to lay out anew it runs this again within one frame, in which no more time passes.
    let is_again = ctx.current_pass_index() > 0;
    let wall = if still.is_some() || is_again { Duration::ZERO } else { time.delta() };
    let builder = UiBuilder::new().layer_id(LayerId::background()).max_rect(ctx.viewport_rect());
    let mut root = Ui::new(ctx.clone(), "desk".into(), builder);
    desk.back().answer(report.clone());
    desk.ui(&mut root, wall);
    let theme = desk.theme().clone();
    let mut asked = desk.back().control(ctx.pixels_per_point(), &theme);
    asked.go_to = asked.go_to.or(control.go_to);
    asked.at_once = still.is_some();
    if *control != asked {
        *control = asked;
    }
    clear.0 = scene::look::colour(theme.panel);
    let effort = desk.back().effort();
    commands.insert_resource(back_state(desk.session(), effort));
    Ok(())
}

/// What the back shows of a session, with the effort that was chosen.
fn back_state(session: &Session, effort: f64) -> BackState {
    let transport = session.transport();
    let flash = BySide::new(|side| glow(session.last_pulse(side), transport.cursor, transport.speed));
    BackState::of(session.simulation(), session.scenario(), flash, effort)
}

/// The window's title tells what is played.
fn title(desk: NonSend<Desk>, mut windows: Query<&mut Window, With<PrimaryWindow>>) {
    let session = desk.session();
    let mark = if session.is_unsaved() { "*" } else { "" };
    let title = format!("{}{mark} - stimtwin", session.scenario().name);
    for mut window in &mut windows {
        if window.title != title {
            window.title.clone_from(&title);
        }
    }
}

/// Writes the picture on the screen where somebody asked for it.
fn picture(mut desk: NonSendMut<Desk>, mut commands: Commands) {
    let Some(path) = desk.take_picture() else { return };
    commands.spawn(Screenshot::primary_window()).observe(
        move |captured: On<ScreenshotCaptured>, mut desk: NonSendMut<Desk>| {
            let outcome = still::write(captured.image.clone(), &path);
            desk.notify(match outcome {
                Ok(()) => Said::Done(format!("picture written to {}", path.display())),
                Err(why) => Said::Refused(why),
            });
        },
    );
}

/// Draws as often as the screen does while something moves, and otherwise when somebody touches the window.
fn pace(desk: NonSend<Desk>, mut settings: ResMut<WinitSettings>) {
    let mode = if desk.is_moving() { UpdateMode::Continuous } else { UpdateMode::reactive(Duration::from_millis(100)) };
    if settings.focused_mode != mode {
        settings.focused_mode = mode;
        settings.unfocused_mode = mode;
    }
}

/// Closes the window when that was asked for and the desk agrees; its settings are kept.
fn close(
    mut asked: MessageReader<WindowCloseRequested>,
    mut desk: NonSendMut<Desk>,
    mut contexts: EguiContexts,
    mut exits: MessageWriter<AppExit>,
) -> bevy::ecs::error::Result {
    if asked.read().next().is_some() {
        let ctx = contexts.ctx_mut()?.clone();
        desk.act(Act::Close, &ctx);
    }
    if desk.is_closing() {
        desk.keep_settings();
        exits.write(AppExit::Success);
    }
    Ok(())
}
