//! What the device is told: the therapy program.

use serde::Serialize;

use crate::device::profile::{BeyondSafe, DeviceProfile};
use crate::device::pulse::{Contacts, Phase, Waveform};
use crate::math;
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
    pub fn times(self) -> i64 {
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

/// How the amplitude of a train rises and falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RampShape {
    /// In equal steps.
    Line,
    /// As a sine from 0 to a quarter of its period.
    QuarterSine,
}

impl RampShape {
    /// All of them, with their names in files.
    pub const ALL: [(&str, Self); 2] = [("Line", Self::Line), ("QuarterSine", Self::QuarterSine)];
}

/// Pulses that come close together, in the place of each pulse of a train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// How many; 1 is no burst.
    pub pulses: u8,
    /// From one to the next.
    pub period: SimTime,
}

/// A corner of an arbitrary waveform: from here on the current is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Time since the beginning of the pulse.
    pub at: SimTime,
    /// Millionths of the amplitude; positive in the direction of the stimulus.
    pub level_ppm: i64,
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
    /// How it rises and falls.
    pub ramp_shape: RampShape,
    /// The pulses in the place of each.
    pub burst: Burst,
    /// The corners of an arbitrary waveform, which takes the place of width, gap and recharge; none for those.
    pub edges: Vec<Edge>,
    /// Whether the terminals are shorted between pulses.
    pub shorted_between: bool,
    /// The amplitude that the device does not go beyond, nA.
    pub safe_amplitude_na: i64,
    /// The amplitude that the patient cannot go beyond, nA.
    pub patient_max_na: i64,
}

impl SideProgram {
    /// The program as a device stores it that lowers an amplitude or cuts a width rather than refuse it.
    #[must_use]
    pub fn stored(&self, device: &DeviceProfile) -> Self {
        let clamps = device.beyond_safe == BeyondSafe::Clamp;
        Self {
            amplitude_na: if clamps { self.amplitude_na.min(self.safe_amplitude_na) } else { self.amplitude_na },
            width: if device.cuts_width { self.width.min(self.period) } else { self.width },
            ..self.clone()
        }
    }

    /// From the start of a train to the start of the next.
    pub fn cycle(&self) -> SimTime {
        self.on + self.off
    }

    /// From the start of a pulse to the end of its last phase; with a burst, of its last pulse.
    pub fn pulse_length(&self) -> SimTime {
        let last = self.burst.period * i64::from(self.burst.pulses - 1);
        last + self.waveform(1_000_000, false).length()
    }

    /// Whether the next pulse takes back what one leaves.
    pub fn alternates(&self) -> bool {
        self.phase_order == PhaseOrder::Alternating
    }

    /// The amplitude after so many pulses of a train, or bursts, nA, and whether it is on a ramp.
    ///
    /// A ramp over n pulses rises in n + 1 steps, so that its first pulse is not nothing and the one after it has the
    /// full amplitude.
    pub fn amplitude_na(&self, index: i64, period: SimTime) -> (i64, bool) {
        let bursts = pulses_within(self.on, period);
        let up = pulses_within(self.ramp_up, period);
        let down = pulses_within(self.ramp_down, period);
        if index >= up && index < bursts - down {
            return (self.amplitude_na, false);
        }
        let part = |step: i64, steps: i64| match self.ramp_shape {
            _ if step > steps => self.amplitude_na,
            RampShape::Line => (i128::from(self.amplitude_na) * i128::from(step) / i128::from(steps + 1)) as i64,
            RampShape::QuarterSine => {
                let angle = std::f64::consts::FRAC_PI_2 * step as f64 / (steps + 1) as f64;
                (self.amplitude_na as f64 * math::sin(angle)) as i64
            }
        };
        (part(index + 1, up).min(part(bursts - index, down)), true)
    }

    /// The first pulse of a train, or burst, after those of full amplitude.
    pub fn full_until(&self, period: SimTime) -> i64 {
        pulses_within(self.on, period) - pulses_within(self.ramp_down, period)
    }

    /// The waveform of a pulse of that amplitude; `odd` tells the second of an alternating pair.
    pub fn waveform(&self, amplitude_na: i64, odd: bool) -> Waveform {
        let cathodic_first = match self.phase_order {
            PhaseOrder::CathodicFirst => true,
            PhaseOrder::AnodicFirst => false,
            PhaseOrder::Alternating => !odd,
        };
        let current_na = if cathodic_first { -amplitude_na } else { amplitude_na };
        if !self.edges.is_empty() {
            let phase = |pair: &[Edge]| Phase {
                current_na: (i128::from(current_na) * i128::from(pair[0].level_ppm) / 1_000_000) as i64,
                width: pair[1].at - pair[0].at,
            };
            return Waveform::new(self.edges.windows(2).map(phase), self.shorted_between);
        }
        let stimulus = Phase { current_na, width: self.width };
        match self.recharge {
            Recharge::Active { times } => {
                let gap = Phase { current_na: 0, width: self.interphase_gap };
                let recharge = Phase { current_na: -current_na / times, width: self.width * times };
                Waveform::new([stimulus, gap, recharge], self.shorted_between)
            }
            Recharge::Passive => Waveform::new([stimulus], true),
        }
    }

    /// That amplitude cut to what a converter of that step can make with all phases in balance, nA.
    pub fn on_step(&self, amplitude_na: i64, step_na: i64) -> i64 {
        let step = step_na * if self.edges.is_empty() { self.recharge.times() } else { 1 };
        amplitude_na / step * step
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
            w.count("burst", u64::from(side.burst.pulses));
            w.time("burst_period", Some(side.burst.period));
            w.count("safe_amplitude_na", side.safe_amplitude_na.unsigned_abs());
            w.count("patient_max_na", side.patient_max_na.unsigned_abs());
            for edge in &side.edges {
                w.time("edge", Some(edge.at));
                w.number("level_ppm", edge.level_ppm as f64);
            }
        }
    }
}
