//! What the device is told: the therapy program.

use serde::Serialize;

use crate::device::profile::DeviceProfile;
use crate::device::pulse::{Contacts, Phase, Waveform};
use crate::record::digest::StateWriter;
use crate::side::{BySide, Side};
use crate::time::SimTime;

/// Which phase comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PhaseOrder {
    /// The cathodes sink current first: what stimulates best.
    CathodicFirst,
    /// The opposite.
    AnodicFirst,
    /// Cathodic first and anodic first in turn, from pulse to pulse.
    Alternating,
}

impl PhaseOrder {
    /// All of them, with their names in files.
    pub const ALL: [(&str, Self); 3] = [
        ("CathodicFirst", Self::CathodicFirst),
        ("AnodicFirst", Self::AnodicFirst),
        ("Alternating", Self::Alternating),
    ];
}

/// How the charge of the stimulating phase is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Recharge {
    /// By a phase of opposite current, `times` as long and 1/`times` as strong.
    Active {
        /// 1 is the symmetric pulse; whole.
        times: i64,
    },
    /// By shorting the terminals until the next pulse.
    Passive,
}

/// The kinds of [`Recharge`], as a device profile lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RechargeKind {
    /// [`Recharge::Active`].
    Active,
    /// [`Recharge::Passive`].
    Passive,
}

impl RechargeKind {
    /// All of them, with their names in files.
    pub const ALL: [(&str, Self); 2] = [("Active", Self::Active), ("Passive", Self::Passive)];
}

impl Recharge {
    /// The longest recharge phase, in widths of the stimulating phase.
    pub const MAX_TIMES: i64 = 20;

    /// Its kind.
    pub fn kind(self) -> RechargeKind {
        match self {
            Self::Active { .. } => RechargeKind::Active,
            Self::Passive => RechargeKind::Passive,
        }
    }

    /// How much weaker the recharge phase is.
    fn times(self) -> i64 {
        match self {
            Self::Active { times } => times,
            Self::Passive => 1,
        }
    }
}

/// How the two sides share time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Coordination {
    /// Both trains start together.
    Together,
    /// The right side's trains start half a cycle after the left side's.
    Alternating,
    /// The left side alone.
    LeftOnly,
    /// The right side alone.
    RightOnly,
}

impl Coordination {
    /// All of them, with their names in files.
    pub const ALL: [(&str, Self); 4] = [
        ("Together", Self::Together),
        ("Alternating", Self::Alternating),
        ("LeftOnly", Self::LeftOnly),
        ("RightOnly", Self::RightOnly),
    ];

    /// Whether that side is stimulated.
    pub fn uses(self, side: Side) -> bool {
        !matches!((self, side), (Self::LeftOnly, Side::Right) | (Self::RightOnly, Side::Left))
    }
}

/// What one side is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideProgram {
    /// Amplitude of the stimulating phase, nA, positive.
    pub amplitude_na: i64,
    /// Width of the stimulating phase.
    pub width: SimTime,
    /// Time between two pulses of a train.
    pub period: SimTime,
    /// Time between the phases of a pulse.
    pub interphase_gap: SimTime,
    /// Which phase comes first.
    pub phase_order: PhaseOrder,
    /// How the charge is taken back.
    pub recharge: Recharge,
    /// The contacts that are cathodes.
    pub cathodes: Contacts,
    /// The contacts that are anodes.
    pub anodes: Contacts,
    /// How long a train lasts.
    pub on: SimTime,
    /// The rest between trains.
    pub off: SimTime,
    /// The part of a train over which the amplitude rises to its full value.
    pub ramp_up: SimTime,
    /// The part of a train over which it falls again.
    pub ramp_down: SimTime,
}

impl SideProgram {
    /// Pulses in a train: those that begin before its end.
    pub fn pulses_per_train(&self) -> i64 {
        pulses_within(self.on, self.period)
    }

    /// From the start of a train to the start of the next.
    pub fn cycle(&self) -> SimTime {
        self.on + self.off
    }

    /// From the start of a pulse to the end of its last phase.
    pub fn pulse_length(&self) -> SimTime {
        let recharge = match self.recharge {
            Recharge::Active { times } => self.width * times,
            Recharge::Passive => SimTime::ZERO,
        };
        self.width + self.interphase_gap + recharge
    }

    /// The amplitude of pulse `index` of a train, nA: ramped, and rounded down to what the device can make of it; and
    /// the index of the first pulse after it that may have another one.
    ///
    /// A ramp over n pulses rises in n + 1 equal steps, so that its first pulse is not nothing and the one after it
    /// has the full amplitude.
    pub fn amplitude_na(&self, index: i64, device: &DeviceProfile) -> (i64, i64) {
        let pulses = self.pulses_per_train();
        let up = pulses_within(self.ramp_up, self.period);
        let down = pulses_within(self.ramp_down, self.period);
        if index >= up && index < pulses - down {
            return (self.amplitude_na, pulses - down);
        }
        let full = i128::from(self.amplitude_na);
        let rising = if index < up { full * i128::from(index + 1) / i128::from(up + 1) } else { full };
        let left = pulses - 1 - index;
        let falling = if left < down { full * i128::from(left + 1) / i128::from(down + 1) } else { full };
        let step = i128::from(device.dac_step_na() * self.recharge.times());
        ((rising.min(falling) / step * step) as i64, index + 1)
    }

    /// The waveform of a pulse of that amplitude; `odd` tells the second of an alternating pair.
    pub fn waveform(&self, amplitude_na: i64, odd: bool) -> Waveform {
        let cathodic_first = match self.phase_order {
            PhaseOrder::CathodicFirst => true,
            PhaseOrder::AnodicFirst => false,
            PhaseOrder::Alternating => !odd,
        };
        let current_na = if cathodic_first { -amplitude_na } else { amplitude_na };
        let recharge = match self.recharge {
            Recharge::Active { times } => Phase { current_na: -current_na / times, width: self.width * times },
            Recharge::Passive => Phase::default(),
        };
        Waveform {
            stimulus: Phase { current_na, width: self.width },
            gap: if recharge.width == SimTime::ZERO { SimTime::ZERO } else { self.interphase_gap },
            recharge,
            passive_recharge: self.recharge == Recharge::Passive,
        }
    }
}

/// How many pulses, one every `period` from 0 on, begin before `span` is over.
pub fn pulses_within(span: SimTime, period: SimTime) -> i64 {
    (span.nanos() + period.nanos() - 1).div_euclid(period.nanos())
}

/// The therapy program of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What each side is told.
    pub sides: BySide<SideProgram>,
    /// How the sides share time.
    pub coordination: Coordination,
    /// How long a session lasts.
    pub session_length: SimTime,
    /// The times of day at which sessions begin, rising.
    pub session_times: Vec<SimTime>,
}

impl Program {
    /// How long after the start of the session the first train of a side begins.
    pub fn first_train(&self, side: Side) -> SimTime {
        if self.coordination == Coordination::Alternating && side == Side::Right {
            SimTime::from_nanos(self.sides[side].cycle().nanos() / 2)
        } else {
            SimTime::ZERO
        }
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("coordination", self.coordination as u64);
        w.time("session_length", Some(self.session_length));
        self.session_times.iter().for_each(|&time| w.time("session_time", Some(time)));
        for side in Side::BOTH {
            let side = &self.sides[side];
            w.count("amplitude_na", side.amplitude_na.unsigned_abs());
            for (name, time) in [
                ("width", side.width),
                ("period", side.period),
                ("interphase_gap", side.interphase_gap),
                ("on", side.on),
                ("off", side.off),
                ("ramp_up", side.ramp_up),
                ("ramp_down", side.ramp_down),
            ] {
                w.time(name, Some(time));
            }
            w.count("phase_order", side.phase_order as u64);
            w.count("recharge", if side.recharge == Recharge::Passive { 0 } else { side.recharge.times() as u64 });
            w.count("cathodes", u64::from(side.cathodes.bits()));
            w.count("anodes", u64::from(side.anodes.bits()));
        }
    }
}
