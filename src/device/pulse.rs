//! What the generator puts out: one pulse of current.

use crate::side::Side;
use crate::time::SimTime;

/// Attocoulombs in a microcoulomb: a nanoampere for a nanosecond is one attocoulomb.
pub const ATTOCOULOMBS_PER_MICROCOULOMB: f64 = 1e12;

/// A charge in attocoulombs as microcoulombs, for people.
pub fn microcoulombs(charge_ac: i128) -> f64 {
    charge_ac as f64 / ATTOCOULOMBS_PER_MICROCOULOMB
}

/// A constant current for a while, through the contacts that the program calls cathodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// Nanoamperes; cathodic is negative.
    pub current_na: i64,
    /// How long it flows.
    pub width: SimTime,
}

impl Phase {
    /// The charge through the cathodes, attocoulombs, negative when cathodic: a whole number, so that sums are exact.
    pub fn charge_ac(self) -> i128 {
        i128::from(self.current_na) * i128::from(self.width.nanos())
    }
}

/// The most phases of a pulse, those without current included.
pub const MAX_PHASES: usize = 12;

/// The shape of a pulse: constant currents one after the other, and what the terminals do until the next pulse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waveform {
    phases: [Phase; MAX_PHASES],
    count: usize,
    /// Whether the terminals are shorted until the next pulse, so that charge left on the contacts flows back.
    pub shorted_after: bool,
}

impl Waveform {
    /// A pulse of those phases, of which there are at most [`MAX_PHASES`]; those without width are left out.
    pub fn new(phases: impl IntoIterator<Item = Phase>, shorted_after: bool) -> Self {
        let mut waveform = Self { shorted_after, ..Self::default() };
        for phase in phases.into_iter().filter(|phase| phase.width > SimTime::ZERO) {
            waveform.phases[waveform.count] = phase;
            waveform.count += 1;
        }
        waveform
    }

    /// The phases, in the order of time.
    pub fn phases(&self) -> &[Phase] {
        &self.phases[..self.count]
    }

    /// The first phase with a current; one without current or width where there is none.
    pub fn stimulus(&self) -> Phase {
        self.phases().iter().copied().find(|phase| phase.current_na != 0).unwrap_or_default()
    }

    /// Whether a phase stimulates, as those do that have the direction of the first; the others take charge back.
    pub fn stimulates(&self, phase: Phase) -> bool {
        phase.current_na != 0 && phase.current_na.signum() == self.stimulus().current_na.signum()
    }

    /// From its beginning to the end of its last phase.
    pub fn length(&self) -> SimTime {
        self.phases().iter().fold(SimTime::ZERO, |sum, phase| sum + phase.width)
    }

    /// Charge of the stimulating phases, attocoulombs, without sign.
    pub fn stimulus_ac(&self) -> i128 {
        self.phases().iter().filter(|phase| self.stimulates(**phase)).map(|phase| phase.charge_ac().abs()).sum()
    }

    /// Charge of all phases, attocoulombs, without sign: what the output stage has to push.
    pub fn moved_ac(&self) -> i128 {
        self.phases().iter().map(|phase| phase.charge_ac().abs()).sum()
    }

    /// Charge that the phases leave on the cathodes, attocoulombs.
    pub fn left_ac(&self) -> i128 {
        self.phases().iter().map(|phase| phase.charge_ac()).sum()
    }

    /// The same shape with each phase replaced.
    #[must_use]
    pub fn map(&self, change: impl FnMut(Phase) -> Phase) -> Self {
        Self::new(self.phases().iter().copied().map(change), self.shorted_after)
    }
}

/// Which contacts of a lead carry current, a bit each: E0 to E3, then the case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contacts(u8);

/// The names of the contacts of a lead, from its tip, and of the generator's case.
pub const CONTACT_NAMES: [&str; 5] = ["E0", "E1", "E2", "E3", "Case"];

/// The number of contacts on a lead.
pub const CONTACTS_PER_LEAD: usize = 4;

/// The index of the case among [`CONTACT_NAMES`].
pub const CASE: usize = 4;

impl Contacts {
    /// The same contacts and the one of that index, which is less than 5.
    #[must_use]
    pub fn with(self, index: usize) -> Self {
        assert!(index < CONTACT_NAMES.len());
        Self(self.0 | 1 << index)
    }

    /// The same contacts but the one of that index.
    #[must_use]
    pub fn without(self, index: usize) -> Self {
        Self(self.0 & !(1 << index))
    }

    /// Whether the contact of that index is one of them.
    pub fn contains(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// The indices, from the tip.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..CONTACT_NAMES.len()).filter(move |&index| self.contains(index))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// As bits, for the state's digest.
    pub fn bits(self) -> u8 {
        self.0
    }
}

/// What a pulse is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To stimulate.
    Therapy,
    /// To measure impedance.
    Test,
    /// To stimulate once, outside a session.
    Single,
}

/// One pulse as the generator commands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// The instant at which its first phase begins.
    pub at: SimTime,
    /// The lead that it goes to.
    pub side: Side,
    /// What it is for.
    pub purpose: Purpose,
    /// Its shape as the program asks for it.
    pub asked: Waveform,
    /// Its shape as the output stage makes it: quantised, with the stage's own errors.
    pub made: Waveform,
    /// The contacts that are cathodes in a cathodic phase.
    pub cathodes: Contacts,
    /// The contacts that take the current back.
    pub anodes: Contacts,
    /// The voltage that can push it, µV.
    pub rail_uv: i64,
}

impl Pulse {
    /// Whether its phases are meant to take back what they leave, but for rounding: no short and no other pulse has to.
    pub fn is_balanced(&self) -> bool {
        self.asked.left_ac().abs() * 100 <= self.asked.stimulus_ac()
    }
}

/// Equal things that happen one after the other at even intervals: pulses of a train, and what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<T> {
    /// The first of them, with its instant.
    pub first: T,
    /// How many there are, one at least.
    pub count: i64,
    /// The time from one to the next.
    pub period: SimTime,
}

impl<T> Run<T> {
    /// The same run of what follows from its things.
    pub fn with<U>(&self, first: U) -> Run<U> {
        Run { first, count: self.count, period: self.period }
    }
}
