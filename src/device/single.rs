//! A single pulse on command, outside a session: how a programmer looks for a threshold.
//!
//! It is a pulse of the program at its full amplitude, or a burst where the program has bursts, and goes the way of all
//! pulses: output stage, lead, battery, limits of safety.

use crate::device::generator::PulseGenerator;
use crate::device::pulse::{Pulse, Purpose};
use crate::device::therapy::Input;
use crate::device::trains::Timing;
use crate::record::digest::StateWriter;
use crate::record::events::{EventKind, EventLog};
use crate::side::{BySide, Side};
use crate::time::SimTime;

/// A pulse that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Single {
    /// When.
    pub at: SimTime,
    /// Its place in the burst.
    place: u8,
}

impl PulseGenerator {
    /// Begins to put out a single pulse, or burst, on those sides, left before right, unless something keeps it.
    pub fn pulse_once(&mut self, at: SimTime, sides: BySide<bool>, log: &mut EventLog) {
        let is_meant = |side: &Side| sides[*side] && self.program.coordination.uses(*side);
        let meant: Vec<Side> = Side::BOTH.into_iter().filter(is_meant).collect();
        let reason = if self.state.in_session() {
            Some("a session runs".to_string())
        } else if meant.is_empty() {
            Some("the program does not stimulate that side".to_string())
        } else {
            self.begins_not()
        };
        if let Some(reason) = reason {
            log.push(at, EventKind::CommandIgnored { reason });
            return;
        }
        self.take(at, Input::TestBegins, log);
        self.wakes_at = None;
        for side in meant {
            self.singles[side] = Some(Single { at: at.max(self.busy_until[side]), place: 0 });
        }
    }

    /// Puts out the single pulse that is due.
    pub(super) fn single_pulse(&mut self, at: SimTime, side: Side) -> Pulse {
        let program = &self.program.sides[side];
        let single = self.singles[side].expect("a single pulse is due");
        let place = single.place + 1;
        let next = at + Timing::of(program, &self.output_faults).burst_period;
        self.singles[side] = (place < program.burst.pulses).then_some(Single { at: next, place });
        let (amplitude_na, odd) = (program.amplitude_na, self.trains[side].pulses % 2 == 1);
        self.trains[side].pulses += 1;
        Pulse { purpose: Purpose::Single, ..self.pulse(side, at, amplitude_na, odd) }
    }

    /// A single pulse has been sensed: with the last one the device comes to rest.
    pub(super) fn end_single(&mut self, at: SimTime, log: &mut EventLog) {
        if Side::BOTH.into_iter().all(|side| self.singles[side].is_none()) {
            self.take(at, Input::TestEnds, log);
            self.wakes_at = Some(at + self.seconds(self.profile.habits.settle_s.value));
        }
    }

    /// Writes the single pulses that are to come, for the digest.
    pub(super) fn write_singles(&self, w: &mut StateWriter) {
        for single in Side::BOTH.into_iter().filter_map(|side| self.singles[side]) {
            w.time("single_pulse", Some(single.at));
            w.count("single_place", u64::from(single.place));
        }
    }
}
