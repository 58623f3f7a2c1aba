//! What changes a session's document and draft: commands given, edits, undo and saving.

use crate::sandbox::deadline::Deadline;
use crate::sandbox::document::Document;
use crate::sandbox::player::Grain;
use crate::sandbox::session::{Goal, INSTANT, MOST_UNDO, Point, SEEK_BUDGET, Said, Session};
use crate::scenario::program::{Maker, WrittenProgram};
use crate::scenario::write::orders;
use crate::time::SimTime;
use std::path::Path;

impl Session {
    /// Gives a command at the cursor; what was done later is undone with it. Returns whether it was accepted.
    pub(super) fn give(&mut self, command: &str) -> bool {
        let now = self.transport.cursor;
        let mut document = self.document.with(now, command);
        if now == self.transport.end {
            document = document.until(now + SimTime::SECOND * 60);
        }
        let undone = self.document.entries().iter().filter(|entry| entry.at >= now).count();
        if !self.adopt(document, Some(now)) {
            return false;
        }
        if undone > 0 {
            self.said.push(Said::Done(format!(
                "what was done after {now} no longer follows and is left out ({undone}); undo brings it back"
            )));
        }
        // Its effect is to be seen at once, also while time is held.
        let deadline = Deadline::after(SEEK_BUDGET);
        if let Err(fault) = self.player.advance(now + INSTANT, Grain::FINE, deadline) {
            self.said.push(Said::Refused(fault.to_string()));
        }
        self.look_up();
        true
    }

    /// Makes this the document, whose entries differ from those of the one before from `changes` on; the simulation
    /// goes back where it has to, and on to where it was. Returns whether it can be.
    pub(super) fn adopt(&mut self, document: Document, changes: Option<SimTime>) -> bool {
        let scenario = match document.read() {
            Ok(scenario) => scenario,
            Err(problems) => {
                let list: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
                self.said.push(Said::Refused(list.join("; ")));
                return false;
            }
        };
        let now = self.simulation().now();
        let ends = [self.scenario.duration, scenario.duration];
        let shorter = ends.into_iter().min().filter(|_| ends[0] != ends[1]);
        if let Some(changes) = [changes, shorter].into_iter().flatten().min() {
            self.player.set_future(changes, &scenario.timeline, scenario.duration);
        }
        self.document = document;
        self.scenario = scenario;
        if self.simulation().now() < now {
            let span = now - self.simulation().now();
            self.goal = Some(Goal::At(now.min(self.scenario.duration), Grain::of_span(span)));
        }
        self.look_up();
        true
    }

    pub(super) fn point(&self) -> Point {
        Point { document: self.document.clone(), draft: self.draft.clone() }
    }

    /// Keeps what was before an edit, so that it can be taken back.
    pub(super) fn keep(&mut self, point: Point) {
        self.past.push(point);
        if self.past.len() > MOST_UNDO {
            self.past.remove(0);
        }
        self.future.clear();
    }

    pub(super) fn edit(&mut self, draft: WrittenProgram) {
        if draft == self.draft {
            return;
        }
        if !self.in_gesture {
            let point = self.point();
            self.keep(point);
            self.in_gesture = true;
        }
        self.problems = draft.problems(Maker { device: &self.scenario.device, implant: &self.scenario.implant });
        self.draft = draft;
    }

    /// Gives the draft to the device.
    pub(super) fn apply(&mut self) {
        let point = self.point();
        let orders = orders(&self.on_device, &self.draft);
        let given = orders.iter().take_while(|order| self.give(order)).count();
        if given > 0 {
            self.keep(point);
        }
    }

    /// Takes an edit back, or does it again.
    pub(super) fn exchange(&mut self, back: bool) {
        let here = self.point();
        let (from, to) = if back { (&mut self.past, &mut self.future) } else { (&mut self.future, &mut self.past) };
        let Some(point) = from.pop() else { return };
        to.push(here);
        self.in_gesture = false;
        let changes = self.document.differs_at(&point.document);
        if self.document != point.document {
            self.adopt(point.document, changes);
        }
        self.draft = point.draft;
        self.problems = self.draft.problems(Maker { device: &self.scenario.device, implant: &self.scenario.implant });
    }

    pub(super) fn start_anew(&mut self) {
        let (document, speed, at_once) = (self.document.bare(), self.transport.speed, self.at_once);
        match document.read() {
            Ok(scenario) => {
                *self = Self::new(document, scenario);
                (self.transport.speed, self.at_once) = (speed, at_once);
            }
            Err(problems) => self.said.extend(problems.iter().map(|problem| Said::Refused(problem.to_string()))),
        }
    }

    pub(super) fn save(&mut self, path: &Path) {
        let (version, digest) = (env!("CARGO_PKG_VERSION"), self.simulation().digest());
        let note = format!("{version} at {}, when the digest was {digest}.", self.transport.cursor);
        match self.document.save(path, &note) {
            Ok(document) => {
                self.document = document;
                self.saved = self.document.clone();
                self.said.push(Said::Done(format!("saved as {}", path.display())));
            }
            Err(why) => self.said.push(Said::Refused(why)),
        }
    }
}
