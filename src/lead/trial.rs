//! A pulse tried on a copy of a lead: what would flow of it, without anything flowing.
//!
//! The pulse is put through the same output stage and the same circuit as in a run, on a lead on which no charge lies.

use crate::device::output::OutputFaults;
use crate::device::profile::DeviceProfile;
use crate::device::program::SideProgram;
use crate::device::pulse::{Pulse, Purpose, Waveform};
use crate::lead::conductor::{Lead, Sensed, TERMINALS};
use crate::lead::contact::Contact;
use crate::lead::looks::Look;
use crate::record::probe::SideView;
use crate::side::Side;
use crate::time::SimTime;

/// Looks at the voltage within a phase, and after the pulse.
const LOOKS_PER_PHASE: i64 = 16;
const LOOKS_AFTER: i64 = 32;

/// The current that contacts and thresholds are tried with where a program has none, nA.
const PROBE_NA: i64 = 1_000_000;

/// The pulse of a program at that amplitude, as the device puts it out.
pub fn pulse_of(
    program: &SideProgram,
    amplitude_na: i64,
    side: Side,
    device: &DeviceProfile,
    faults: &OutputFaults,
) -> Pulse {
    let asked = program.waveform(amplitude_na, false);
    let on_step = program.waveform(program.on_step(amplitude_na, device.stage.dac.step_na()), false);
    Pulse {
        at: SimTime::ZERO,
        side,
        purpose: Purpose::Single,
        asked,
        made: device.stage.make(&on_step, faults),
        cathodes: program.cathodes,
        anodes: program.anodes,
        rail_uv: device.rail_uv(),
    }
}

/// A pulse that has been tried.
pub struct Tried {
    lead: Lead,
    contacts: [Contact; TERMINALS],
    /// What flowed: the mean current of each phase.
    pub flowed: Waveform,
    /// The share of each contact, cathodes positive.
    pub shares: [f64; TERMINALS],
    /// What the device would sense.
    pub sensed: Sensed,
    made: Waveform,
}

impl Tried {
    /// Tries a pulse on the lead of a side.
    pub fn new(pulse: &Pulse, view: &SideView<'_>) -> Self {
        let mut lead = view.lead.uncharged();
        let mut contacts = view.contacts.map(Clone::clone);
        let (flowed, sensed) = lead.deliver(pulse, &view.generator.profile, &mut contacts.each_mut());
        Self { lead, contacts, flowed: flowed.waveform, shares: flowed.shares, sensed, made: pulse.made }
    }

    /// Tries a small pulse of a program, which the voltage suffices for: for what does not depend on the amplitude.
    pub fn probe(program: &SideProgram, view: &SideView<'_>) -> Self {
        let device = &view.generator.profile;
        Self::new(&pulse_of(program, PROBE_NA, view.lead.side, device, &OutputFaults::default()), view)
    }

    /// What is sensed of the largest half, quarter or smaller part of a program's amplitude that the voltage suffices
    /// for.
    pub fn below(program: &SideProgram, view: &SideView<'_>) -> Sensed {
        let device = &view.generator.profile;
        let mut amplitude_na = program.amplitude_na / 2;
        loop {
            let pulse = pulse_of(program, amplitude_na, view.lead.side, device, &OutputFaults::default());
            let sensed = Self::new(&pulse, view).sensed;
            if !sensed.limited || amplitude_na < PROBE_NA / 100 {
                return sensed;
            }
            amplitude_na /= 2;
        }
    }

    /// Current out of the cathodes' bus, mA, and voltage across the load, V, at times since the beginning, s.
    pub fn trace(&mut self, device: &DeviceProfile, period: SimTime) -> Vec<(f64, f64, f64)> {
        let mut times = Vec::new();
        let mut begun = SimTime::ZERO;
        for phase in self.made.phases() {
            // The last look of a phase is the nanosecond before its end: edges stay edges.
            let last = (phase.width.nanos() - 1).max(0);
            let looks = LOOKS_PER_PHASE.min(last);
            times.extend((0..=looks).map(|i| begun + SimTime::from_nanos(last * i / looks.max(1))));
            begun += phase.width;
        }
        times.dedup();
        let after = SimTime::from_nanos((begun.nanos()).min(period.nanos() - begun.nanos()).max(0));
        times.extend((0..=LOOKS_AFTER).map(|i| begun + SimTime::from_nanos(after.nanos() * i / LOOKS_AFTER)));
        let looks = self.lead.over_last(&times, device, &mut self.contacts.each_mut());
        let point = |(time, look): (&SimTime, Look)| (time.as_secs(), look.current_a * 1e3, look.load_v);
        times.iter().zip(looks).map(point).collect()
    }
}
