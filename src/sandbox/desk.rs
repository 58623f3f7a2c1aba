//! The desk: every panel around one session, laid out in tabs. It knows egui and no Bevy, so that tests drive it as a
//! person does.

use std::time::Duration;

use egui::{RichText, Ui};
use egui_dock::tab_viewer::TabViewer;
use egui_dock::{DockArea, DockState, NodeIndex, Style};
use serde::{Deserialize, Serialize};

use crate::sandbox::act::{Act, Dialog, Tab};
use crate::sandbox::export::Export;
use crate::sandbox::files::{Files, Notices};
use crate::sandbox::keys;
use crate::sandbox::panels::back::BackPanel;
use crate::sandbox::panels::gallery::GalleryState;
use crate::sandbox::panels::keys::KeysState;
use crate::sandbox::panels::programmer::ProgrammerState;
use crate::sandbox::panels::scopes::ScopesState;
use crate::sandbox::panels::spine::SpineState;
use crate::sandbox::panels::transport::TransportState;
use crate::sandbox::panels::waveform::WaveformState;
use crate::sandbox::panels::{self, device};
use crate::sandbox::session::{Said, Session};
use crate::sandbox::settings::{Keeper, Settings};
use crate::sandbox::theme::Theme;
use crate::sandbox::view::View;
use crate::side::Side;
use crate::sim::Fault;
use crate::time::SimTime;

/// What the panels keep for themselves; some of it until the next start.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct States {
    programmer: ProgrammerState,
    waveform: WaveformState,
    scopes: ScopesState,
    device: device::DeviceState,
    spine: SpineState,
    #[serde(skip)]
    back: BackPanel,
    #[serde(skip)]
    transport: TransportState,
    #[serde(skip)]
    gallery: GalleryState,
    #[serde(skip)]
    keys: KeysState,
}

/// Every panel around one session.
pub struct Desk {
    session: Session,
    theme: Theme,
    settings: Settings,
    keeper: Keeper,
    dock: DockState<Tab>,
    states: States,
    files: Files,
    notices: Notices,
    export: Option<Export>,
    /// What would lose what was done and not saved: it waits for a word.
    waiting: Option<Act>,
    /// The window is to close.
    closing: bool,
    /// A picture that somebody asked for; the shell takes it.
    picture: Option<std::path::PathBuf>,
    themed: bool,
}

impl Desk {
    /// A desk with those settings, which the keeper keeps.
    pub fn new(mut session: Session, settings: Settings, keeper: Keeper) -> Self {
        let (dock, states) = settings.layout().unwrap_or_else(|| (first_layout(), States::default()));
        let theme = if settings.dark { Theme::dark() } else { Theme::light() };
        session.act(Act::Speed(settings.speed));
        session.act(Act::ApplyAtOnce(settings.apply_at_once));
        Self {
            session,
            theme,
            settings,
            keeper,
            dock,
            states,
            files: Files::default(),
            notices: Notices::default(),
            export: None,
            waiting: None,
            closing: false,
            picture: None,
            themed: false,
        }
    }

    /// What is played.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The colours.
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// What the view of the back and its panel tell each other.
    pub fn back(&mut self) -> &mut BackPanel {
        &mut self.states.back
    }

    /// Shows on the scopes what the force models make of the pulses of a side, or nothing of it.
    pub fn show_models(&mut self, of: Option<Side>) {
        self.states.scopes.models_of = of;
    }

    /// The file that a picture of the screen is to be written to, if somebody asked for one.
    pub fn take_picture(&mut self) -> Option<std::path::PathBuf> {
        self.picture.take()
    }

    /// Tells a person something for a while.
    pub fn notify(&mut self, said: Said) {
        self.notices.say(said);
    }

    /// Whether the window is to close: somebody asked for it, and nothing unsaved is in the way.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether the window has to be drawn again without anybody touching it.
    pub fn is_moving(&self) -> bool {
        let transport = self.session.transport();
        transport.playing || transport.goal.is_some() || self.export.is_some()
    }

    /// Keeps looks and layout until the next start.
    pub fn keep_settings(&mut self) {
        self.settings.set_layout(&(&self.dock, &self.states));
        self.settings.speed = self.session.transport().speed;
        self.settings.apply_at_once = self.session.applies_at_once();
        if let Some(told) = self.keeper.keep(&self.settings) {
            self.notices.say(Said::Refused(told));
        }
    }

    /// Lets so much of the wall's time pass and draws everything.
    pub fn ui(&mut self, root: &mut Ui, wall: Duration) {
        let ctx = root.ctx().clone();
        if !std::mem::replace(&mut self.themed, true) {
            self.theme.apply(&ctx, self.settings.text_size);
        }
        self.session.frame(wall);
        let view = View { session: &self.session, theme: &self.theme };
        let mut out = keys::take(&ctx, &view, &mut self.states.keys, self.files.is_open());
        self.draw(root, &mut out);
        let answered = self.ask(&ctx);
        out.into_iter().for_each(|act| self.act(act, &ctx));
        if let Some(act) = answered {
            self.carry_out(act, &ctx);
        }
        let let_go = ctx.input(|input| !input.pointer.any_down());
        if let_go {
            self.session.end_gesture();
        }
        self.session.take_said().into_iter().for_each(|said| self.notices.say(said));
        if let Some(said) = self.export.as_mut().and_then(Export::outcome) {
            self.notices.say(said);
            self.export = None;
        }
        self.notices.show(&ctx, &self.theme);
    }

    /// Goes to an instant at once, and shows those tabs in front: for captures.
    pub fn pose(&mut self, at: Option<SimTime>, tabs: &[Tab]) -> Result<(), Fault> {
        if let Some(at) = at {
            self.session.act(Act::Seek(at));
        }
        self.session.arrive()?;
        tabs.iter().for_each(|&tab| show(&mut self.dock, tab));
        Ok(())
    }

    /// Asks whether what was done may be lost; returns what is to be carried out then.
    fn ask(&mut self, ctx: &egui::Context) -> Option<Act> {
        self.waiting.as_ref()?;
        let name = self.session.scenario().name.clone();
        let answer = egui::Modal::new(egui::Id::new("unsaved")).show(ctx, |ui| {
            ui.set_max_width(380.0);
            ui.heading("What was done is not saved");
            ui.label(format!("The commands given in {name} would be lost."));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                let buttons = ["Save first…", "Go on without", "Stay here"].map(|label| ui.button(label).clicked());
                buttons.iter().position(|&clicked| clicked)
            })
            .inner
        });
        match answer.inner {
            Some(0) => {
                self.waiting = None;
                return Some(Act::Ask(Dialog::Save));
            }
            Some(1) => return self.waiting.take(),
            None if !answer.should_close() => {}
            _ => self.waiting = None,
        }
        None
    }

    fn draw(&mut self, root: &mut Ui, out: &mut Vec<Act>) {
        let Self { session, theme, settings, dock, states, files, .. } = self;
        let view = View { session, theme };
        states.back.set_effort(states.spine.effort());
        egui::Panel::top("menu").show(root, |ui| {
            ui.horizontal(|ui| {
                panels::menu::ui(ui, &view, settings, out);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| stop(ui, &view, out));
            });
        });
        egui::Panel::bottom("transport").show(root, |ui| {
            panels::transport::ui(ui, &view, &mut states.transport, out);
        });
        if settings.gallery {
            egui::Panel::left("gallery").default_size(232.0).show(root, |ui| {
                panels::gallery::ui(ui, &view, &mut states.gallery, settings, out);
            });
        }
        egui::CentralPanel::default().frame(egui::Frame::NONE).show(root, |ui| {
            let mut tabs = Tabs { view, states, out };
            DockArea::new(dock).style(dock_style(ui, theme)).show_inside(ui, &mut tabs);
        });
        let ctx = root.ctx().clone();
        panels::keys::ui(&ctx, &view, &mut states.keys, out);
        out.extend(files.show(&ctx));
    }

    /// Does what a panel asks for; what would lose unsaved work waits for a word.
    pub fn act(&mut self, act: Act, ctx: &egui::Context) {
        let loses = matches!(act, Act::New | Act::Open(_) | Act::OpenBuiltIn(_) | Act::Close);
        if loses && self.session.is_unsaved() {
            self.waiting = Some(act);
        } else {
            self.carry_out(act, ctx);
        }
    }

    fn carry_out(&mut self, act: Act, ctx: &egui::Context) {
        if let Act::Save(path) = &act {
            self.settings.remember(path);
        }
        let Some(act) = self.session.act(act) else { return };
        match act {
            Act::Open(path) => match Session::open(&path) {
                Ok(session) => {
                    self.settings.remember(&path);
                    self.replace(session);
                }
                Err(problems) => self.refuse(&problems),
            },
            Act::OpenBuiltIn(name) => match Session::built_in(name) {
                Ok(session) => self.replace(session),
                Err(problems) => self.refuse(&problems),
            },
            Act::Close => self.closing = true,
            Act::ExportTraces(_) | Act::Record(_) if self.export.is_some() => {
                self.notices.say(Said::Refused("a file is being written already; wait until it is".to_string()));
            }
            Act::ExportTraces(path) => self.export = Some(Export::traces(&self.session, path)),
            Act::Record(path) => self.export = Some(Export::recording(&self.session, path)),
            Act::ExportPicture(path) => self.picture = Some(path),
            Act::Ask(dialog) => self.files.ask(dialog, self.session.file().as_deref()),
            Act::Show(tab) => show(&mut self.dock, tab),
            Act::ResetLayout => self.dock = first_layout(),
            Act::Dark(dark) => {
                self.settings.dark = dark;
                self.theme = if dark { Theme::dark() } else { Theme::light() };
                self.theme.apply(ctx, self.settings.text_size);
            }
            Act::TextSize(size) => {
                self.settings.text_size = size;
                self.theme.apply(ctx, size);
            }
            Act::ShowKeys(shown) => self.states.keys.shown = shown,
            Act::ShowGallery(shown) => self.settings.gallery = shown,
            // The session does all the others.
            _ => {}
        }
    }

    /// Plays another session; how it is played stays.
    fn replace(&mut self, mut session: Session) {
        session.act(Act::Speed(self.session.transport().speed));
        session.act(Act::ApplyAtOnce(self.session.applies_at_once()));
        self.session = session;
        self.states.scopes = self.states.scopes.for_another();
    }

    fn refuse(&mut self, problems: &[crate::scenario::reader::Problem]) {
        for problem in problems {
            self.notices.say(Said::Refused(problem.to_string()));
        }
    }
}

/// Stop: always in the same corner, and on Esc.
fn stop(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Act>) {
    let text = RichText::new("■ STOP").strong().color(view.theme.on_alarm);
    let button = egui::Button::new(text).fill(view.theme.alarm).min_size(egui::vec2(92.0, 26.0));
    let button = ui.add(button).on_hover_text("Ends stimulation now. Esc does the same, anywhere in the window.");
    button.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, "Stop"));
    if button.clicked() {
        out.push(Act::Give("StopSession".to_string()));
    }
}

/// The tabs as they lie at the first start.
fn first_layout() -> DockState<Tab> {
    let mut dock = DockState::new(vec![Tab::Back]);
    let tree = dock.main_surface_mut();
    let [middle, _scopes] = tree.split_right(NodeIndex::root(), 0.63, vec![Tab::Scopes]);
    let [middle, _programmer] =
        tree.split_left(middle, 0.47, vec![Tab::Programmer, Tab::Device, Tab::Spine, Tab::Timeline]);
    tree.split_below(middle, 0.50, vec![Tab::Waveform]);
    dock
}

/// Brings a tab to the front; one that was closed comes back.
fn show(dock: &mut DockState<Tab>, tab: Tab) {
    match dock.find_tab(&tab) {
        Some(place) => {
            let _ = dock.set_active_tab(place);
        }
        None => dock.push_to_focused_leaf(tab),
    }
}

fn dock_style(ui: &Ui, theme: &Theme) -> Style {
    let mut style = Style::from_egui(ui.style());
    style.main_surface_border_stroke = egui::Stroke::NONE;
    style.separator.color_idle = theme.background;
    style
}

/// What the dock shows in its tabs.
struct Tabs<'a> {
    view: View<'a>,
    states: &'a mut States,
    out: &'a mut Vec<Act>,
}

impl TabViewer for Tabs<'_> {
    type Tab = Tab;

    fn id(&mut self, tab: &mut Tab) -> egui::Id {
        egui::Id::new(tab.title())
    }

    fn title(&mut self, tab: &mut Tab) -> egui::WidgetText {
        tab.title().into()
    }

    fn ui(&mut self, ui: &mut Ui, tab: &mut Tab) {
        let Self { view, states, out } = self;
        match tab {
            Tab::Back => panels::back::ui(ui, view, &mut states.back, out),
            Tab::Programmer => panels::programmer::ui(ui, view, &mut states.programmer, out),
            Tab::Waveform => panels::waveform::ui(ui, view, &mut states.waveform, out),
            Tab::Scopes => panels::scopes::ui(ui, view, &mut states.scopes, out),
            Tab::Device => device::ui(ui, view, &mut states.device, out),
            Tab::Spine => panels::spine::ui(ui, view, &mut states.spine, out),
            Tab::Timeline => panels::timeline::ui(ui, view, out),
        }
    }

    fn clear_background(&self, tab: &Tab) -> bool {
        // The back shows through from behind the panels.
        *tab != Tab::Back
    }

    fn allowed_in_windows(&self, tab: &mut Tab) -> bool {
        *tab != Tab::Back
    }

    fn scroll_bars(&self, tab: &Tab) -> [bool; 2] {
        [false, matches!(tab, Tab::Programmer | Tab::Device | Tab::Spine)]
    }
}
