//! The trains of one side: which pulse comes next, and when.

use crate::device::output::OutputFaults;
use crate::device::program::SideProgram;
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// Where a side stands in its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Train {
    /// The start of the train that the next pulse belongs to.
    start: SimTime,
    /// When the burst of the next pulse begins; with no bursts, that pulse itself.
    burst: SimTime,
    /// The number of the next pulse in it.
    index: i64,
    /// When the next pulse begins, if there is one.
    pub next: Option<SimTime>,
    /// When the train of the last pulse ends, if it has not.
    pub rests_at: Option<SimTime>,
    /// Whether the last pulse was on a ramp.
    pub ramps: bool,
    /// Pulses since the start of the scenario.
    pub pulses: u64,
}

impl Train {
    /// The first train begins at `start`, if the session has not ended by then.
    pub fn begin(&mut self, start: SimTime, session_end: SimTime) {
        (self.start, self.burst, self.index, self.rests_at) = (start, start, 0, None);
        self.next = (start < session_end).then_some(start);
    }

    /// No pulse comes any more.
    pub fn halt(&mut self) {
        (self.next, self.rests_at) = (None, None);
    }

    /// Whether the side is in a train.
    pub fn is_on(&self) -> bool {
        self.rests_at.is_some()
    }

    /// The first train that begins at `at` or later: after a pause.
    pub fn skip_to(&mut self, at: SimTime, program: &SideProgram, session_end: SimTime) {
        let cycle = program.cycle().nanos();
        let begun = (at - self.start).nanos().div_euclid(cycle);
        let start = self.start + SimTime::from_nanos(cycle) * (begun + i64::from(at > self.start + program.cycle() * begun));
        self.begin(start, session_end);
    }

    /// The pulse that is due is put out: returns its amplitude, nA, and whether it is the second of an alternating pair.
    /// A timer that fails counts the times between pulses anew from there on, and never back.
    pub fn take(&mut self, program: &SideProgram, faults: &OutputFaults, session_end: SimTime) -> (i64, bool) {
        let (period, burst_period) = (faults.stretched(program.period), faults.stretched(program.burst.period));
        let pulses = i64::from(program.burst.pulses);
        // On a ramp it is time that counts, however many pulses there were.
        let place = (self.burst - self.start).nanos() / period.nanos() * pulses;
        let (amplitude_na, ramps) = program.amplitude_na(place, period);
        let odd = self.pulses % 2 == 1;
        let now = self.next.expect("a pulse is due");
        self.ramps = ramps;
        self.rests_at = Some((self.start + program.on).min(session_end));
        self.pulses += 1;
        self.index += 1;
        let mut next = now + burst_period;
        if self.index % pulses == 0 {
            next = (self.burst + period).max(next);
            if next >= self.start + program.on {
                self.start += program.cycle();
                (self.index, next) = (0, self.start);
            }
            self.burst = next;
        }
        self.next = (next < session_end).then_some(next);
        (amplitude_na, odd)
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("pulses", self.pulses);
        w.time("train_start", Some(self.start));
        w.time("burst_start", Some(self.burst));
        w.count("pulse_index", self.index as u64);
        w.time("next_pulse", self.next);
        w.time("rests_at", self.rests_at);
        w.flag("ramps", self.ramps);
    }
}
