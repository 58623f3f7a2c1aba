//! The trains of one side: which pulse comes next, and when.

use crate::device::output::OutputFaults;
use crate::device::program::SideProgram;
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// The periods of pulses and within bursts, as the timer makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From one pulse or burst to the next.
    pub period: SimTime,
    /// From one pulse of a burst to the next.
    pub burst_period: SimTime,
}

impl Timing {
    /// Those of a program, with a timer that may be wrong.
    pub fn of(program: &SideProgram, faults: &OutputFaults) -> Self {
        let stretched = |span| faults.stretched(span);
        Self { period: stretched(program.period), burst_period: stretched(program.burst.period) }
    }
}

/// Where a side stands in its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Train {
    /// The start of the train that the next pulse belongs to.
    start: SimTime,
    /// The start of the burst that the next pulse belongs to, and its place in it; most bursts are of one pulse.
    burst_start: SimTime,
    in_burst: u8,
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
        (self.start, self.burst_start, self.in_burst, self.rests_at) = (start, start, 0, None);
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
        let start =
            self.start + SimTime::from_nanos(cycle) * (begun + i64::from(at > self.start + program.cycle() * begun));
        self.begin(start, session_end);
    }

    /// How many pulses from the next one on have the same amplitude, that amplitude, nA, and whether the next one is
    /// the
    /// second of an alternating pair. Pulses of a burst do not come at even intervals and count one by one.
    pub fn alike(&self, program: &SideProgram, Timing { period, .. }: Timing) -> (i64, i64, bool) {
        let place = self.place(period);
        let (amplitude_na, ramps) = program.amplitude_na(place, period);
        let single = ramps || program.burst.pulses > 1 || program.alternates();
        let count = if single { 1 } else { program.full_until(period) - place };
        (count, amplitude_na, self.pulses % 2 == 1)
    }

    /// How many bursts of that period come before the next pulse's in its train.
    fn place(&self, period: SimTime) -> i64 {
        (self.burst_start - self.start).nanos() / period.nanos()
    }

    /// The next pulses, of one train and alike, are put out.
    pub fn skip(&mut self, count: i64, program: &SideProgram, timing: Timing, session_end: SimTime) {
        self.burst_start += timing.period * (count - 1);
        self.pulses += (count - 1).unsigned_abs();
        self.take(program, timing, session_end);
    }

    /// The pulse that is due is put out: returns its amplitude, nA, and whether it is the second of an alternating
    /// pair.
    pub fn take(&mut self, program: &SideProgram, timing: Timing, session_end: SimTime) -> (i64, bool) {
        let Timing { period, burst_period } = timing;
        let (amplitude_na, ramps) = program.amplitude_na(self.place(period), period);
        let odd = self.pulses % 2 == 1;
        self.ramps = ramps;
        self.rests_at = Some((self.start + program.on).min(session_end));
        self.pulses += 1;
        self.in_burst += 1;
        if self.in_burst == program.burst.pulses {
            self.in_burst = 0;
            self.burst_start += period;
            if self.burst_start >= self.start + program.on {
                self.start += program.cycle();
                self.burst_start = self.start;
            }
        }
        let next = self.burst_start + burst_period * i64::from(self.in_burst);
        self.next = (next < session_end).then_some(next);
        (amplitude_na, odd)
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("pulses", self.pulses);
        w.time("train_start", Some(self.start));
        w.count("in_burst", u64::from(self.in_burst));
        w.time("burst_start", Some(self.burst_start));
        w.time("next_pulse", self.next);
        w.time("rests_at", self.rests_at);
        w.flag("ramps", self.ramps);
    }
}
