//! What can be done by a key: one table for the keyboard, the list of keys, the palette and the menus.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

use crate::device::therapy::State;
use crate::sandbox::act::{Act, Dialog, Step, Tab};
use crate::sandbox::panels::keys::KeysState;
use crate::sandbox::session::SPEEDS;
use crate::sandbox::settings::TEXT_SIZES;
use crate::sandbox::view::View;
use crate::side::Side;
use crate::time::SimTime;

/// Where a command stands in the list of keys and in the menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Stimulation.
    Therapy,
    /// Time.
    Time,
    /// Files.
    File,
    /// Edits.
    Edit,
    /// What is shown.
    View,
    /// In scopes and in the waveform.
    Scopes,
    /// In the view of the back.
    Back,
}

impl Group {
    /// All of them with their titles, in the order in which they are listed.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Therapy, "Therapy"),
        (Self::Time, "Time"),
        (Self::File, "File"),
        (Self::Edit, "Edit"),
        (Self::View, "View"),
        (Self::Scopes, "In the scopes"),
        (Self::Back, "In the view of the back"),
    ];
}

/// What a command does.
#[derive(Clone, Copy)]
pub enum Does {
    /// What it comes to now; nothing where it cannot be done now.
    Acts(fn(&View<'_>, &Context) -> Option<Act>),
    /// Opens the palette of commands.
    Palette,
    /// The panel that has the pointer listens to the key.
    Panel,
}

/// When a key is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Always, also while a text is being typed.
    Always,
    /// While no text is being typed.
    NoText,
    /// While nothing that arrows move has the focus.
    NoFocus,
}

/// Something that can be done.
pub struct Command {
    /// Where it stands.
    pub group: Group,
    /// What it does, as a menu says it.
    pub what: &'static str,
    /// Its keys, the usual ones first.
    pub keys: &'static [KeyboardShortcut],
    when: When,
    /// What it does.
    pub does: Does,
}

const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

/// A key by itself.
const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

/// A key with others held.
const fn with(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const fn command(
    group: Group,
    what: &'static str,
    keys: &'static [KeyboardShortcut],
    when: When,
    does: fn(&View<'_>, &Context) -> Option<Act>,
) -> Command {
    Command { group, what, keys, when, does: Does::Acts(does) }
}

const fn of_panel(group: Group, what: &'static str, keys: &'static [KeyboardShortcut]) -> Command {
    Command { group, what, keys, when: When::NoText, does: Does::Panel }
}

/// Everything that can be done by a key or from the palette.
pub const COMMANDS: &[Command] = &[
    command(Group::Therapy, "Stop stimulation", &[plain(Key::Escape)], When::Always, |view, _| stop(view)),
    command(Group::Therapy, "Start a session", &[], When::NoText, |view, _| {
        (!in_session(view)).then(|| Act::Give("StartSession".to_string()))
    }),
    command(Group::Therapy, "Measure impedance", &[], When::NoText, |view, _| {
        (!in_session(view)).then(|| Act::Give("TestImpedance".to_string()))
    }),
    command(Group::Therapy, "Apply the draft", &[with(CTRL, Key::Enter)], When::Always, |view, _| {
        let session = view.session;
        (session.draft() != session.on_device() && session.draft_problems().is_empty()).then_some(Act::Apply)
    }),
    command(Group::Therapy, "Revert the draft", &[], When::NoText, |view, _| {
        (view.session.draft() != view.session.on_device()).then_some(Act::Revert)
    }),
    command(Group::Time, "Play or pause", &[plain(Key::Space)], When::NoText, |view, _| {
        Some(if view.session.transport().playing { Act::Pause } else { Act::Play })
    }),
    command(Group::Time, "A tick on", &[plain(Key::Period)], When::NoText, |_, _| Some(Act::Step(Step::Tick))),
    command(Group::Time, "A tick back", &[plain(Key::Comma)], When::NoText, |view, _| Some(tick_back(view))),
    command(Group::Time, "A pulse on", &[plain(Key::ArrowRight)], When::NoFocus, |_, _| Some(Act::Step(Step::Pulse))),
    command(Group::Time, "A pulse back", &[plain(Key::ArrowLeft)], When::NoFocus, |view, _| Some(pulse_back(view))),
    command(Group::Time, "A cycle on", &[with(SHIFT, Key::ArrowRight)], When::NoFocus, |_, _| {
        Some(Act::Step(Step::Cycle))
    }),
    command(Group::Time, "A cycle back", &[with(SHIFT, Key::ArrowLeft)], When::NoFocus, |view, _| {
        Some(back(view, view.session.generator().program().sides.left.cycle()))
    }),
    command(Group::Time, "To the start", &[plain(Key::Home)], When::NoText, |_, _| Some(Act::Seek(SimTime::ZERO))),
    command(Group::Time, "To the newest instant", &[plain(Key::End)], When::NoText, |_, _| Some(Act::Follow)),
    command(Group::Time, "Ten times slower", &[plain(Key::OpenBracket)], When::NoText, |view, _| speed(view, 0.1)),
    command(Group::Time, "Ten times faster", &[plain(Key::CloseBracket)], When::NoText, |view, _| speed(view, 10.0)),
    command(Group::Time, "Real time", &[], When::NoText, |_, _| Some(Act::Speed(1.0))),
    command(Group::Time, "Start the scenario anew", &[], When::NoText, |_, _| Some(Act::New)),
    command(Group::File, "Open…", &[with(CTRL, Key::O)], When::Always, |_, _| Some(Act::Ask(Dialog::Open))),
    command(Group::File, "Save", &[with(CTRL, Key::S)], When::Always, |view, _| {
        Some(view.session.file().map_or(Act::Ask(Dialog::Save), Act::Save))
    }),
    command(Group::File, "Save as…", &[with(CTRL_SHIFT, Key::S)], When::Always, |_, _| Some(Act::Ask(Dialog::Save))),
    command(Group::File, "Export traces…", &[with(CTRL, Key::E)], When::Always, |_, _| {
        Some(Act::Ask(Dialog::Traces))
    }),
    command(Group::File, "Write recording…", &[], When::Always, |_, _| Some(Act::Ask(Dialog::Recording))),
    command(Group::File, "Export picture…", &[plain(Key::F12)], When::Always, |_, _| Some(Act::Ask(Dialog::Picture))),
    command(Group::Edit, "Undo", &[with(CTRL, Key::Z)], When::NoText, |view, _| {
        view.session.can_undo().then_some(Act::Undo)
    }),
    command(Group::Edit, "Redo", &[with(CTRL, Key::Y), with(CTRL_SHIFT, Key::Z)], When::NoText, |view, _| {
        view.session.can_redo().then_some(Act::Redo)
    }),
    Command {
        group: Group::View,
        what: "Commands…",
        keys: &[with(CTRL, Key::K)],
        when: When::Always,
        does: Does::Palette,
    },
    command(Group::View, "Keys", &[plain(Key::Questionmark)], When::NoText, |_, _| Some(Act::ShowKeys(true))),
    command(Group::View, "Show the gallery", &[], When::NoText, |_, _| Some(Act::ShowGallery(true))),
    command(Group::View, "Hide the gallery", &[], When::NoText, |_, _| Some(Act::ShowGallery(false))),
    command(Group::View, "Dark or light", &[], When::NoText, |view, _| Some(Act::Dark(!view.theme.dark))),
    command(Group::View, "Larger text", &[with(CTRL, Key::Plus), with(CTRL, Key::Equals)], When::Always, |_, ctx| {
        text_size(ctx, 0.1)
    }),
    command(Group::View, "Smaller text", &[with(CTRL, Key::Minus)], When::Always, |_, ctx| text_size(ctx, -0.1)),
    command(Group::View, "Usual text", &[with(CTRL, Key::Num0)], When::Always, |_, _| Some(Act::TextSize(1.0))),
    command(Group::View, "Back", &[], When::NoText, |_, _| Some(Act::Show(Tab::Back))),
    command(Group::View, "Programmer", &[], When::NoText, |_, _| Some(Act::Show(Tab::Programmer))),
    command(Group::View, "Waveform", &[], When::NoText, |_, _| Some(Act::Show(Tab::Waveform))),
    command(Group::View, "Scopes", &[], When::NoText, |_, _| Some(Act::Show(Tab::Scopes))),
    command(Group::View, "Device", &[], When::NoText, |_, _| Some(Act::Show(Tab::Device))),
    command(Group::View, "Spine", &[], When::NoText, |_, _| Some(Act::Show(Tab::Spine))),
    command(Group::View, "Timeline", &[], When::NoText, |_, _| Some(Act::Show(Tab::Timeline))),
    command(Group::View, "Reset layout", &[], When::NoText, |_, _| Some(Act::ResetLayout)),
    of_panel(Group::Scopes, "Set marker A at the pointer", &[plain(Key::A)]),
    of_panel(Group::Scopes, "Set marker B at the pointer", &[plain(Key::B)]),
    of_panel(Group::Scopes, "Follow the cursor", &[plain(Key::F)]),
    of_panel(Group::Scopes, "Show all", &[plain(Key::Z)]),
    of_panel(Group::Scopes, "Show what lies from A to B", &[with(SHIFT, Key::Z)]),
    of_panel(Group::Back, "From behind", &[plain(Key::Num1)]),
    of_panel(Group::Back, "From the right", &[plain(Key::Num3)]),
    of_panel(Group::Back, "From above", &[plain(Key::Num7)]),
];

/// The command that a menu calls so.
pub fn find(what: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.what == what)
}

impl Command {
    /// What it comes to now; nothing where it cannot be done now.
    pub fn act(&self, view: &View<'_>, ctx: &Context) -> Option<Act> {
        match self.does {
            Does::Acts(act) => act(view, ctx),
            Does::Palette | Does::Panel => None,
        }
    }

    /// Its keys as people write them, such as `Ctrl+Y or Ctrl+Shift+Z`; empty where it has none.
    pub fn keys_text(&self) -> String {
        self.keys.iter().map(shown).collect::<Vec<_>>().join(" or ")
    }
}

/// A shortcut as people write it.
fn shown(shortcut: &KeyboardShortcut) -> String {
    let Modifiers { shift, command, .. } = shortcut.modifiers;
    let key = match shortcut.logical_key {
        Key::Escape => "Esc",
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        key => key.symbol_or_name(),
    };
    format!("{}{}{key}", if command { "Ctrl+" } else { "" }, if shift { "Shift+" } else { "" })
}

/// What the keys of this frame come to. To be called before anything is drawn: a focused button would take Space.
///
/// While a dialog is open, which asks for a file, keys are for it.
pub fn take(ctx: &Context, view: &View<'_>, state: &mut KeysState, dialog_is_open: bool) -> Vec<Act> {
    let mut acts = Vec::new();
    if dialog_is_open {
        return acts;
    }
    // A window that lies over the others is what Esc closes first.
    if state.is_open() && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        state.close();
        acts.push(Act::ShowKeys(false));
    }
    let typing = ctx.text_edit_focused();
    let focused = ctx.memory(|memory| memory.focused().is_some());
    // A shortcut also answers where more keys are held than it names: the ones with most come first.
    let mut listening: Vec<(&Command, &KeyboardShortcut)> = COMMANDS
        .iter()
        .filter(|command| match command.when {
            When::Always => true,
            When::NoText => !typing,
            When::NoFocus => !focused,
        })
        .flat_map(|command| command.keys.iter().map(move |keys| (command, keys)))
        .filter(|(command, _)| !matches!(command.does, Does::Panel))
        .collect();
    listening.sort_by_key(|(_, keys)| -i32::from(keys.modifiers.shift) - i32::from(keys.modifiers.command));
    for (command, keys) in listening {
        let opens_palette = matches!(command.does, Does::Palette);
        if !ctx.input(|input| input.key_pressed(keys.logical_key)) {
            continue;
        }
        // What cannot be done now leaves its key to whoever has the focus.
        if !opens_palette && command.act(view, ctx).is_none() {
            continue;
        }
        let presses = if keys.logical_key == Key::Escape {
            // It also closes menus and leaves fields.
            usize::from(ctx.input(|input| input.key_pressed(Key::Escape)))
        } else {
            ctx.input_mut(|input| input.count_and_consume_key(keys.modifiers, keys.logical_key))
        };
        if presses > 0 && opens_palette {
            state.open_palette();
        }
        // A key that is held repeats: a frame may have several presses of it.
        acts.extend((0..presses).filter_map(|_| command.act(view, ctx)));
    }
    acts
}

fn in_session(view: &View<'_>) -> bool {
    matches!(view.session.generator().state(), State::Resting | State::Ramping | State::On | State::Paused)
}

fn stop(view: &View<'_>) -> Option<Act> {
    in_session(view).then(|| Act::Give("StopSession".to_string()))
}

/// To the whole millisecond before.
fn tick_back(view: &View<'_>) -> Act {
    let tick = SimTime::from_nanos(1_000_000);
    let before = view.session.transport().cursor - SimTime::from_nanos(1);
    Act::Seek(before.next_multiple(tick) - tick)
}

/// To the last pulse before the cursor that is remembered; where none is, by the time from pulse to pulse.
fn pulse_back(view: &View<'_>) -> Act {
    let session = view.session;
    // Stepping on goes past a pulse by that much: there one is at that pulse, and wants the one before it.
    let past = SimTime::from_nanos(1);
    let before = session.transport().cursor - past;
    let last = |side| {
        let run = session.memory().pulse_runs(side, SimTime::ZERO, before).last()?;
        Some(run.at + run.period * (run.within(run.at, before).end - 1))
    };
    match Side::BOTH.into_iter().filter_map(last).max() {
        Some(at) => Act::Seek(at + past),
        None => {
            let sides = &session.generator().program().sides;
            back(view, sides.left.period.min(sides.right.period))
        }
    }
}

fn back(view: &View<'_>, span: SimTime) -> Act {
    Act::Seek((view.session.transport().cursor - span).max(SimTime::ZERO))
}

/// A decade slower or faster, from decade to decade, as far as it goes.
fn speed(view: &View<'_>, times: f64) -> Option<Act> {
    let speed = view.session.transport().speed;
    let next = (speed * times).clamp(*SPEEDS.start(), *SPEEDS.end());
    (next != speed).then_some(Act::Speed(next))
}

fn text_size(ctx: &Context, by: f32) -> Option<Act> {
    let size = ctx.zoom_factor();
    let next = ((size + by) * 10.0).round() / 10.0;
    TEXT_SIZES.contains(&next).then_some(Act::TextSize(next))
}
