//! What is played in the window: a document, its simulation, the draft of a program, and where in time we are.

mod editing;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::device::generator::PulseGenerator;
use crate::device::program::Program;
use crate::record::probe::SideView;
use crate::sandbox::act::{Act, Step};
use crate::sandbox::deadline::Deadline;
use crate::sandbox::document::{Document, Origin};
use crate::sandbox::memory::Memory;
use crate::sandbox::player::{Grain, Player};
use crate::scenario::Scenario;
use crate::scenario::compose::Entry;
use crate::scenario::program::WrittenProgram;
use crate::scenario::reader::Problem;
use crate::scenario::write::DraftProblem;
use crate::side::Side;
use crate::sim::{Fault, Simulation};
use crate::time::SimTime;

/// What the simulation may take of a frame while time plays, and while it goes somewhere as fast as it can (ours: at 60
/// frames a second the rest is for panels and picture).
const PLAY_BUDGET: Duration = Duration::from_millis(9);
const SEEK_BUDGET: Duration = Duration::from_millis(20);

/// How much of the way to an instant is looked at pulse by pulse: what a scope then shows (ours).
const SEEN_CLOSELY: SimTime = SimTime::from_secs(10);

/// The slowest and the fastest play, simulated seconds a second: a microsecond and ten days.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 1e-6..=864_000.0;

/// How many edits can be taken back (ours).
const MOST_UNDO: usize = 500;

/// The smallest span: a command that is given while time is held is carried out by going on this far.
const INSTANT: SimTime = SimTime::from_nanos(1);

/// Where in time we are, and how it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Time goes on.
    pub playing: bool,
    /// Simulated seconds a second that are asked for.
    pub speed: f64,
    /// Those that were achieved lately.
    pub achieved: f64,
    /// The instant that is shown: the simulation's.
    pub cursor: SimTime,
    /// The newest instant that is remembered.
    pub head: SimTime,
    /// The end of the scenario.
    pub end: SimTime,
    /// Where it is going as fast as it can, if it is going somewhere.
    pub goal: Option<SimTime>,
}

/// Where the simulation goes as fast as it can.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    /// To an instant.
    At(SimTime, Grain),
    /// Past the next pulse.
    Pulse,
}

/// What the session has to say to a person: shown for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Something was done.
    Done(String),
    /// Something was refused or failed, and why.
    Refused(String),
}

/// What undo goes back to.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    document: Document,
    draft: WrittenProgram,
}

/// What is played.
pub struct Session {
    document: Document,
    saved: Document,
    scenario: Scenario,
    player: Player,
    transport: Transport,
    goal: Option<Goal>,
    /// Simulated nanoseconds that frames have not made up yet: slow motion moves less than one a frame.
    owed_ns: f64,
    draft: WrittenProgram,
    on_device: WrittenProgram,
    program: Program,
    problems: Vec<DraftProblem>,
    at_once: bool,
    past: Vec<Point>,
    future: Vec<Point>,
    /// Edits of one gesture, such as a drag, are taken back together; whether one has begun.
    in_gesture: bool,
    said: Vec<Said>,
}

impl Session {
    /// A session of a document, at its first instant, with time held.
    pub fn new(document: Document, scenario: Scenario) -> Self {
        let player = Player::new(&scenario);
        let program = player.simulation().generator().program().clone();
        let on_device = WrittenProgram::of(&program, &scenario.device);
        let transport = Transport {
            playing: false,
            speed: 1.0,
            achieved: 0.0,
            cursor: SimTime::ZERO,
            head: SimTime::ZERO,
            end: scenario.duration,
            goal: None,
        };
        Self {
            saved: document.clone(),
            document,
            scenario,
            player,
            transport,
            goal: None,
            owed_ns: 0.0,
            draft: on_device.clone(),
            on_device,
            program,
            problems: Vec::new(),
            at_once: false,
            past: Vec::new(),
            future: Vec::new(),
            in_gesture: false,
            said: Vec::new(),
        }
    }

    /// A session of a scenario file.
    ///
    /// # Errors
    /// Every mistake in it and in the files that it names.
    pub fn open(path: &Path) -> Result<Self, Vec<Problem>> {
        Document::open(path).map(|(document, scenario)| Self::new(document, scenario))
    }

    /// A session of a scenario that is built in.
    ///
    /// # Errors
    /// None of that name is.
    pub fn built_in(name: &str) -> Result<Self, Vec<Problem>> {
        Document::built_in(name).map(|(document, scenario)| Self::new(document, scenario))
    }

    /// The scenario, with what was done in it.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The world at the cursor.
    pub fn simulation(&self) -> &Simulation {
        self.player.simulation()
    }

    /// The generator at the cursor.
    pub fn generator(&self) -> &PulseGenerator {
        self.simulation().generator()
    }

    /// A side of the patient at the cursor.
    pub fn side(&self, side: Side) -> SideView<'_> {
        self.simulation().side(side)
    }

    /// When the last pulse of a side began, and how long it is; none where none has been seen since the last leap.
    pub fn last_pulse(&self, side: Side) -> Option<(SimTime, SimTime)> {
        self.player.last_pulse(side)
    }

    /// Where in time we are.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// What the scopes draw.
    pub fn memory(&self) -> &Memory {
        self.player.memory()
    }

    /// The program as it is being edited.
    pub fn draft(&self) -> &WrittenProgram {
        &self.draft
    }

    /// The program that the device has.
    pub fn on_device(&self) -> &WrittenProgram {
        &self.on_device
    }

    /// Why the device would refuse the draft.
    pub fn draft_problems(&self) -> &[DraftProblem] {
        &self.problems
    }

    /// Whether edits go to the device as they are made.
    pub fn applies_at_once(&self) -> bool {
        self.at_once
    }

    /// What was done.
    pub fn entries(&self) -> &[Entry] {
        self.document.entries()
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is something to do again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Whether something was done since it was opened or saved.
    pub fn is_unsaved(&self) -> bool {
        self.document != self.saved
    }

    /// What it has to say since the last time.
    pub fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// Says something to the person.
    pub fn say(&mut self, said: Said) {
        self.said.push(said);
    }

    /// A person has let go of the mouse or left a field: what is edited next is another edit, and with
    /// [`Act::ApplyAtOnce`] the draft goes to the device.
    pub fn end_gesture(&mut self) {
        self.in_gesture = false;
        if self.at_once && self.draft != self.on_device && self.problems.is_empty() {
            self.apply();
        }
    }

    /// Does what a panel asks of the session; returns what is for somebody else.
    pub fn act(&mut self, act: Act) -> Option<Act> {
        // What changes the document is done where the cursor is, and it may still be on its way.
        if matches!(act, Act::Play | Act::Give(_) | Act::Apply | Act::Undo | Act::Redo)
            && let Err(fault) = self.arrive()
        {
            self.said.push(Said::Refused(fault.to_string()));
            return None;
        }
        match act {
            Act::Play => self.play(),
            Act::Pause => self.transport.playing = false,
            Act::Speed(speed) => self.transport.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end()),
            Act::Step(step) => self.step(step),
            Act::Seek(at) => self.seek(at),
            Act::Follow => self.seek(self.transport.head),
            Act::Give(command) => {
                let point = self.point();
                if self.give(&command) {
                    self.keep(point);
                }
            }
            Act::Draft(draft) => self.edit(*draft),
            Act::Apply => self.apply(),
            Act::Revert => self.edit(self.on_device.clone()),
            Act::ApplyAtOnce(on) => {
                self.at_once = on;
                self.end_gesture();
            }
            Act::Undo => self.exchange(true),
            Act::Redo => self.exchange(false),
            Act::New => self.start_anew(),
            Act::Save(path) => self.save(&path),
            other => return Some(other),
        }
        None
    }

    /// Lets so much of the wall's time pass.
    pub fn frame(&mut self, wall: Duration) {
        let from = self.transport.cursor;
        let outcome = match self.goal {
            Some(goal) => self.go_on(goal),
            None if self.transport.playing => self.play_on(wall),
            None => Ok(()),
        };
        if let Err(fault) = outcome {
            self.goal = None;
            self.transport.playing = false;
            self.said.push(Said::Refused(fault.to_string()));
        }
        self.look_up();
        let passed = (self.transport.cursor - from).as_secs();
        if self.transport.playing && !wall.is_zero() && passed >= 0.0 {
            // Smoothed over some half a second (ours), or the figure cannot be read.
            let share = (wall.as_secs_f64() * 2.0).min(1.0);
            self.transport.achieved += (passed / wall.as_secs_f64() - self.transport.achieved) * share;
        }
    }

    /// Takes over where the simulation is and what the device has.
    fn look_up(&mut self) {
        self.transport.cursor = self.simulation().now();
        self.transport.end = self.simulation().end();
        self.transport.head = self.memory().head().max(self.transport.cursor);
        self.transport.goal = self.goal.map(|goal| match goal {
            Goal::At(at, _) => at,
            Goal::Pulse => self.transport.end,
        });
        if *self.generator().program() != self.program {
            self.program = self.generator().program().clone();
            let on_device = WrittenProgram::of(&self.program, &self.scenario.device);
            // Two rates may come to one period, and so a draft to the very program that the device has now.
            if self.draft == self.on_device || self.draft.program(&self.scenario.device) == self.program {
                self.draft = on_device.clone();
                self.problems.clear();
            }
            self.on_device = on_device;
        }
    }

    fn play(&mut self) {
        if self.transport.cursor == self.transport.end {
            // As much again as the scenario was long when it was opened, in whole seconds.
            let length = self.document.length().unwrap_or(self.transport.end).max(SimTime::SECOND);
            let end = (self.transport.end + length - INSTANT).next_multiple(SimTime::SECOND);
            let longer = self.document.until(end);
            let point = self.point();
            if self.adopt(longer, None) {
                self.keep(point);
            }
        }
        self.transport.playing = true;
        self.transport.achieved = self.transport.speed;
    }

    fn play_on(&mut self, wall: Duration) -> Result<(), Fault> {
        let speed = self.transport.speed;
        self.owed_ns += speed * wall.as_secs_f64() * 1e9;
        let whole = self.owed_ns.floor();
        let target = self.simulation().now() + SimTime::from_nanos(whole as i64);
        // Where a frame takes long anyway, on a software renderer, the simulation may take longer too, lest it fall
        // behind.
        let deadline = Deadline::after((wall / 2).clamp(PLAY_BUDGET, SEEK_BUDGET * 2));
        self.player.advance(target.min(self.transport.end), Grain::of_speed(speed), deadline)?;
        // What could not be made up in this frame is let go: it would never be.
        self.owed_ns -= whole;
        if self.simulation().now() >= self.transport.end {
            self.transport.playing = false;
        }
        Ok(())
    }

    fn go_on(&mut self, goal: Goal) -> Result<(), Fault> {
        let deadline = Deadline::after(SEEK_BUDGET);
        let reached = match goal {
            Goal::At(at, grain) => {
                let near = at - SEEN_CLOSELY;
                if grain != Grain::COARSE && self.simulation().now() < near {
                    self.player.advance(near, grain, deadline)?;
                } else {
                    let grain = if grain == Grain::COARSE { grain } else { Grain::FINE };
                    self.player.advance(at, grain, deadline)?;
                }
                self.simulation().now() >= at.min(self.simulation().end())
            }
            Goal::Pulse => {
                let end = self.simulation().end();
                self.player.advance_past_pulse(end, deadline)? || self.simulation().now() >= end
            }
        };
        if reached {
            self.goal = None;
        }
        Ok(())
    }

    /// Goes to where it is going, however long that takes: for captures, tests and the export.
    ///
    /// # Errors
    /// An invariant broke.
    pub fn arrive(&mut self) -> Result<(), Fault> {
        while let Some(goal) = self.goal {
            self.go_on(goal)?;
        }
        self.look_up();
        Ok(())
    }

    fn step(&mut self, step: Step) {
        self.transport.playing = false;
        let now = self.transport.cursor;
        self.goal = match step {
            Step::Tick => Some(Goal::At(now.next_multiple(Grain::FINE.every), Grain::FINE)),
            Step::Pulse => Some(Goal::Pulse),
            Step::Cycle => Some(Goal::At(now + self.program.sides.left.cycle(), Grain::FINE)),
        };
    }

    fn seek(&mut self, at: SimTime) {
        let at = at.max(SimTime::ZERO).min(self.transport.end);
        self.transport.playing = false;
        if at < self.simulation().now() {
            self.player.go_back(at);
        }
        // What is remembered already is not looked at again on the way.
        let span = at - self.simulation().now();
        let grain = if at <= self.memory().head() { Grain::COARSE } else { Grain::of_span(span) };
        self.goal = Some(Goal::At(at, grain));
    }

    /// The file that it was opened from or saved to, if one.
    pub fn file(&self) -> Option<PathBuf> {
        match self.document.origin() {
            Origin::File(path) => Some(path.clone()),
            Origin::BuiltIn(_) => None,
        }
    }
}
