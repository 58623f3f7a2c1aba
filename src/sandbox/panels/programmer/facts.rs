//! What programmer, waveform editor and device panel are drawn from: plain data, so that they can be tried without a
//! session.

use crate::device::generator::PulseGenerator;
use crate::device::impedance::Verdict;
use crate::device::profile::DeviceProfile;
use crate::record::events::{Event, EventKind};
use crate::record::probe::SideView;
use crate::sandbox::theme::Theme;
use crate::sandbox::view::View;
use crate::scenario::write::{DraftProblem, WrittenProgram};
use crate::side::{BySide, Side};
use crate::time::{DayClock, SimTime};

/// What is to be seen.
pub struct Facts<'a> {
    /// The device.
    pub generator: &'a PulseGenerator,
    /// Each side, live.
    pub sides: BySide<SideView<'a>>,
    /// What is being edited.
    pub draft: &'a WrittenProgram,
    /// What the device has.
    pub on_device: &'a WrittenProgram,
    /// Why the device would refuse the draft.
    pub problems: &'a [DraftProblem],
    /// Whether edits go to the device as they are made.
    pub at_once: bool,
    /// The instant that is shown.
    pub now: SimTime,
    /// The clock on the wall.
    pub clock: DayClock,
    /// What has happened so far, in the order of time.
    pub events: &'a [Event],
    /// The colours.
    pub theme: &'a Theme,
}

/// An impedance as the device measured it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// When.
    pub at: SimTime,
    /// Ω.
    pub ohm: f64,
    /// What the device makes of it.
    pub verdict: Verdict,
}

impl<'a> Facts<'a> {
    /// The facts of a session.
    pub fn of(view: &View<'a>) -> Self {
        let session = view.session;
        let now = session.transport().cursor;
        Self {
            generator: session.generator(),
            sides: BySide::new(|side| session.side(side)),
            draft: session.draft(),
            on_device: session.on_device(),
            problems: session.draft_problems(),
            at_once: session.applies_at_once(),
            now,
            clock: session.scenario().clock,
            events: session.memory().events(SimTime::ZERO, now + SimTime::from_nanos(1)),
            theme: view.theme,
        }
    }

    /// What the device can make.
    pub fn device(&self) -> &'a DeviceProfile {
        &self.generator.profile
    }

    /// Why the device would refuse that field of that side, or, with neither, the program as a whole.
    pub fn problems_of(&self, side: Option<Side>, field: Option<&str>) -> impl Iterator<Item = &'a str> {
        let is_it = move |problem: &&DraftProblem| problem.side == side && problem.field == field;
        // The iterator lives as long as the draft, not as long as the name of the field.
        let found: Vec<&'a str> = self.problems.iter().filter(is_it).map(|problem| problem.message.as_str()).collect();
        found.into_iter()
    }

    /// The last measurement of a side.
    pub fn measured(&self, side: Side) -> Option<Measured> {
        self.events.iter().rev().find_map(|event| match event.kind {
            EventKind::ImpedanceMeasured { side: measured, ohm, verdict } if measured == side => {
                Some(Measured { at: event.at, ohm, verdict })
            }
            _ => None,
        })
    }

    /// How many settings differ from those of the device.
    pub fn changes(&self) -> usize {
        let (draft, device) = (self.draft, self.on_device);
        let whole = [
            draft.coordination != device.coordination,
            draft.session_length != device.session_length,
            draft.session_times != device.session_times,
        ];
        let whole = whole.into_iter().filter(|differs| *differs).count();
        whole + Side::BOTH.map(|side| draft.sides[side].changes(&device.sides[side])).into_iter().sum::<usize>()
    }
}

/// A span in words that a glance takes in: `12:04`, or `3 h 05 min`.
pub fn short_span(span: SimTime) -> String {
    let secs = span.whole_second().max(0);
    match secs {
        0..3_600 => format!("{:02}:{:02}", secs / 60, secs % 60),
        3_600..86_400 => format!("{} h {:02} min", secs / 3600, secs / 60 % 60),
        _ => format!("{} d {} h", secs / 86_400, secs / 3600 % 24),
    }
}
