//! Pictures without a window: the renderer on whatever there is, software included, into an image, into a file.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bevy::DefaultPlugins;
use bevy::app::{App, PluginGroup};
use bevy::asset::{Assets, Handle};
use bevy::ecs::observer::On;
use bevy::image::Image;
use bevy::render::RenderPlugin;
use bevy::render::render_resource::TextureFormat;
use bevy::render::settings::{Backends, WgpuSettings};
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::time::TimeUpdateStrategy;
use bevy::window::{ExitCondition, WindowPlugin};
use bevy::winit::WinitPlugin;

/// What a frame takes on the picture's clock: a frame of it is then the same picture whatever the machine.
const FRAME: Duration = Duration::from_millis(16);

/// How many frames a picture may take to come back from the renderer (ours: it takes three or four).
const MOST_FRAMES: usize = 200;

/// An app that renders and has no window, with an image of that size to render into.
pub fn windowless(width: u32, height: u32) -> (App, Handle<Image>) {
    let window =
        WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..WindowPlugin::default() };
    let mut app = App::new();
    // Without a display there is nothing for OpenGL to ask; it would only complain.
    let settings = WgpuSettings { backends: Some(Backends::PRIMARY), ..WgpuSettings::default() };
    let render = RenderPlugin { render_creation: settings.into(), ..RenderPlugin::default() };
    app.add_plugins(DefaultPlugins.set(window).set(render).disable::<WinitPlugin>())
        .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME));
    let image = Image::new_target_texture(width, height, TextureFormat::Rgba8UnormSrgb, None);
    let image = app.world_mut().resource_mut::<Assets<Image>>().add(image);
    (app, image)
}

/// Lets plugins finish what they began; before the first frame.
pub fn finish(app: &mut App) {
    app.finish();
    app.cleanup();
}

/// Renders a frame of the image and writes it to a file, whose ending tells the format.
///
/// # Errors
/// The picture does not come back, or cannot be written.
pub fn save(app: &mut App, image: &Handle<Image>, path: &Path) -> Result<(), String> {
    take(app, image).and_then(|picture| write(picture, path))
}

/// Writes a picture that was rendered to a file, whose ending tells the format.
///
/// # Errors
/// It cannot be written.
pub fn write(picture: Image, path: &Path) -> Result<(), String> {
    let picture = picture.try_into_dynamic().map_err(|error| error.to_string())?;
    picture.to_rgb8().save(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Renders a frame of the image.
///
/// # Errors
/// It does not come back from the renderer.
pub fn take(app: &mut App, image: &Handle<Image>) -> Result<Image, String> {
    let taken = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&taken);
    app.world_mut().spawn(Screenshot::image(image.clone())).observe(move |captured: On<ScreenshotCaptured>| {
        *slot.lock().expect("nobody panics with it") = Some(captured.image.clone());
    });
    for _ in 0..MOST_FRAMES {
        app.update();
        if let Some(image) = taken.lock().expect("nobody panics with it").take() {
            return Ok(image);
        }
    }
    Err(format!("no picture came back from the renderer in {MOST_FRAMES} frames"))
}
