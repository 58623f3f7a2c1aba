//! The verb `sandbox`: what it can be asked for, and how it starts.

use std::path::PathBuf;

use crate::sandbox::act::{Act, Tab};
use crate::sandbox::desk::Desk;
use crate::sandbox::scene::link::StandardView;
use crate::sandbox::session::{Said, Session};
use crate::sandbox::settings::{Keeper, Settings};
use crate::sandbox::window::{self, SIZE, WindowError};
use crate::scenario::reader::Problem;
use crate::side::Side;
use crate::sim::Fault;
use crate::time::{SimTime, positive};

/// What the window opens on if nothing is named: it contracts from its third second on.
const FIRST_SEEN: &str = "gallery/first-contraction";

/// What the verb `sandbox` can be asked for.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxArgs {
    /// The scenario file; without one the first of the gallery
    scenario: Option<PathBuf>,
    /// Draw one picture to this PNG file instead, without a window or a display
    #[arg(long, value_name = "FILE", value_parser = png)]
    capture: Option<PathBuf>,
    /// Go to this simulated time first, such as "12 s"
    #[arg(long, value_name = "T", value_parser = positive)]
    at: Option<SimTime>,
    /// Show this tab in front: back, programmer, waveform, scopes, device, spine or timeline; can be given again
    #[arg(long, value_name = "TAB", requires = "capture", value_parser = tab)]
    tab: Vec<Tab>,
    /// The picture's size, points
    #[arg(long, value_name = "WxH", requires = "capture", value_parser = picture_size)]
    size: Option<(u32, u32)>,
    /// The light theme
    #[arg(long, requires = "capture")]
    light: bool,
    /// From where the back is seen: back, right, left, top or leads
    #[arg(long, value_name = "VIEW", requires = "capture", value_parser = standard_view)]
    look: Option<StandardView>,
    /// Show the field around the contacts
    #[arg(long, requires = "capture")]
    slice: bool,
    /// On the scopes, show what other force models make of the pulses of this side: left or right
    #[arg(long, value_name = "SIDE", requires = "capture", value_parser = side)]
    models: Option<Side>,
}

impl SandboxArgs {
    /// The window on the first scenario of the gallery.
    pub fn plain() -> Self {
        let (scenario, capture, at, look, size, models) = (None, None, None, None, None, None);
        Self { scenario, capture, at, tab: Vec::new(), size, light: false, look, slice: false, models }
    }
}

/// Why the window did not open, or the picture was not drawn.
#[derive(Debug)]
pub enum LaunchError {
    /// The scenario cannot be read: every mistake.
    Problems(Vec<Problem>),
    /// What was asked for cannot be.
    Refused(String),
    /// An invariant broke on the way.
    Fault(Fault),
    /// Nothing can be drawn on.
    Window(WindowError),
}

/// Opens the window and stays until it is closed, or draws one picture of it.
///
/// # Errors
/// The scenario cannot be read, an invariant broke, or there is nothing to draw on.
pub fn launch(args: SandboxArgs) -> Result<(), LaunchError> {
    if args.capture.is_none() && !window::has_display() {
        return Err(LaunchError::Window(WindowError::NoDisplay));
    }
    let session = match &args.scenario {
        Some(file) => Session::open(file),
        None => Session::built_in(FIRST_SEEN),
    };
    let mut session = session.map_err(LaunchError::Problems)?;
    if args.scenario.is_none() && args.capture.is_none() {
        // Who has never been here sees something happen.
        session.act(Act::Play);
    }
    let end = session.scenario().duration;
    if let Some(at) = args.at.filter(|&at| at > end) {
        return Err(LaunchError::Refused(format!("--at is {at}, and the scenario ends at {end}")));
    }
    let (keeper, settings, told) = match args.capture {
        Some(_) => (Keeper::off(), Settings { dark: !args.light, ..Settings::default() }, None),
        None => Keeper::of_desktop(),
    };
    let mut desk = Desk::new(session, settings, keeper);
    if let Some(told) = told {
        desk.notify(Said::Refused(told));
    }
    if let Some(view) = args.look {
        desk.back().look_from(view);
    }
    desk.back().show_slice(args.slice);
    desk.show_models(args.models);
    desk.pose(args.at, &args.tab).map_err(LaunchError::Fault)?;
    let outcome = match &args.capture {
        Some(file) => window::capture(desk, args.size.unwrap_or(SIZE), file),
        None => window::open(desk),
    };
    outcome.map_err(LaunchError::Window)
}

fn png(text: &str) -> Result<PathBuf, String> {
    if text.ends_with(".png") { Ok(text.into()) } else { Err("a picture is written as .png".to_string()) }
}

fn tab(text: &str) -> Result<Tab, String> {
    let found = Tab::ALL.iter().find(|(_, title)| title.eq_ignore_ascii_case(text)).map(|(tab, _)| *tab);
    found.ok_or_else(|| format!("allowed are {}", Tab::ALL.map(|(_, title)| title.to_lowercase()).join(", ")))
}

fn standard_view(text: &str) -> Result<StandardView, String> {
    let all = StandardView::ALL;
    let found = all.iter().find(|view| view.name().eq_ignore_ascii_case(text)).copied();
    found.ok_or_else(|| format!("allowed are {}", all.map(|view| view.name().to_lowercase()).join(", ")))
}

fn side(text: &str) -> Result<Side, String> {
    let found = Side::BOTH.into_iter().find(|side| side.name() == text);
    found.ok_or_else(|| "allowed are left and right".to_string())
}

fn picture_size(text: &str) -> Result<(u32, u32), String> {
    let allowed = 320..=8192;
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| allowed.contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
    sides.ok_or_else(|| "expected a size such as 1600x1000, each side 320 to 8192".to_string())
}
