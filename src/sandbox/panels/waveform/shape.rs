//! The shape of a pulse as hands change it: presets, and handles that are dragged by the device's steps.

use crate::device::profile::DeviceProfile;
use crate::device::program::{Burst, Edge, PhaseOrder, Recharge, RechargeKind};
use crate::sandbox::panels::programmer::side::BURST_PERIOD;
use crate::sandbox::units::{Unit, amplitude_on_step, amplitude_step, on_step};
use crate::scenario::write::Settings;
use crate::time::SimTime;

/// A usual shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The charge is taken back as fast as it was given.
    Symmetric,
    /// It is taken back four times as slowly.
    Asymmetric,
    /// The terminals are shorted.
    Passive,
    /// Symmetric, with a gap between the phases.
    Gap,
    /// Three pulses in the place of one.
    Burst,
    /// Corners that can be put anywhere.
    Arbitrary,
}

/// How much weaker the recharge of [`Preset::Asymmetric`] is.
const ASYMMETRIC: i64 = 4;

/// The gap of [`Preset::Gap`], µs, if the device can make it.
const GAP_US: f64 = 50.0;

/// The least level of a corner, and its steps, ppm.
const LEVEL_STEP_PPM: i64 = 10_000;

impl Preset {
    /// All of them, with their names.
    pub const ALL: [(&str, Self); 6] = [
        ("Symmetric", Self::Symmetric),
        ("Asymmetric", Self::Asymmetric),
        ("Passive", Self::Passive),
        ("With gap", Self::Gap),
        ("Burst", Self::Burst),
        ("Arbitrary", Self::Arbitrary),
    ];

    /// What it is.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Symmetric => "Two phases alike: the charge is taken back as fast as it was given.",
            Self::Asymmetric => "The charge is taken back four times as slowly, with a quarter of the current.",
            Self::Passive => "One phase; then the terminals are shorted, and the charge flows back.",
            Self::Gap => "Symmetric, with 50 µs between the phases: what takes back comes too late to undo.",
            Self::Burst => "Three pulses, 5 ms apart, in the place of each.",
            Self::Arbitrary => "Corners that can be put anywhere; nothing makes them balance but the limits.",
        }
    }

    /// Why the device cannot make it; none where it can.
    pub fn why_not(self, device: &DeviceProfile) -> Option<&'static str> {
        let active = device.recharges.contains(&RechargeKind::Active);
        let gap = device.interphase_gap_us.max > device.interphase_gap_us.min;
        match self {
            Self::Symmetric | Self::Asymmetric if !active => Some("the device makes no active recharge"),
            Self::Passive if !device.recharges.contains(&RechargeKind::Passive) => {
                Some("the device makes no passive recharge")
            }
            Self::Gap if !active || !gap => Some("the device makes no gap before an active recharge"),
            Self::Burst if device.burst_pulses.value < 2.0 => Some("the device makes no bursts"),
            Self::Arbitrary if device.most_edges.value < 2.0 => Some("the device makes no arbitrary waveforms"),
            _ => None,
        }
    }

    /// Gives a pulse that shape; amplitude, width and rate stay, but for what the shape's steps ask.
    pub fn shape(self, settings: &mut Settings, device: &DeviceProfile) {
        if self == Self::Arbitrary {
            settings.edges = corners(settings, device);
            settings.burst = Burst { pulses: 1, period: SimTime::ZERO };
            return;
        }
        settings.edges.clear();
        if self == Self::Burst {
            let pulses = 3.min(device.burst_pulses.value as u8);
            settings.burst = Burst { pulses, period: BURST_PERIOD };
            return;
        }
        settings.burst = Burst { pulses: 1, period: SimTime::ZERO };
        settings.recharge = match self {
            Self::Passive => Recharge::Passive,
            Self::Asymmetric => Recharge::Active { times: ASYMMETRIC },
            _ => Recharge::Active { times: 1 },
        };
        let gap_us = if self == Self::Gap { GAP_US } else { 0.0 };
        settings.interphase_gap_us = on_step(&device.interphase_gap_us, gap_us);
        settings.amplitude_ma = amplitude_at(settings, device, settings.amplitude_ma);
    }
}

/// The amplitude nearest to that which the device can make with its recharge, mA.
fn amplitude_at(settings: &Settings, device: &DeviceProfile, ma: f64) -> f64 {
    let times = if settings.edges.is_empty() { settings.recharge.times() } else { 1 };
    let step_ma = amplitude_step(&device.amplitude_ma, device.stage.dac.step_na(), times);
    amplitude_on_step(&device.amplitude_ma, step_ma, ma)
}

/// The corners of a pulse as it is.
fn corners(settings: &Settings, device: &DeviceProfile) -> Vec<Edge> {
    if !settings.edges.is_empty() {
        return settings.edges.clone();
    }
    let asked = settings.program(device).waveform(1_000_000, false);
    let sign = asked.stimulus().current_na.signum();
    let mut at = SimTime::ZERO;
    let mut edges = Vec::new();
    for phase in asked.phases() {
        edges.push(Edge { at, level_ppm: phase.current_na * sign });
        at += phase.width;
    }
    edges.push(Edge { at, level_ppm: 0 });
    edges
}

/// Adds a corner in the middle of the longest stretch.
pub fn add_corner(edges: &mut Vec<Edge>, tick: SimTime) {
    let lengths = edges.windows(2).map(|pair| pair[1].at - pair[0].at).enumerate();
    let Some((place, length)) = lengths.max_by_key(|(_, length)| *length).filter(|(_, length)| *length >= tick * 2)
    else {
        return;
    };
    let half = SimTime::from_nanos(length.nanos() / 2 / tick.nanos() * tick.nanos());
    let edge = Edge { at: edges[place].at + half, level_ppm: edges[place].level_ppm };
    edges.insert(place + 1, edge);
}

/// A part of the pulse that can be dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handle {
    /// The end of the stimulating phase.
    Width,
    /// Its height.
    Amplitude,
    /// The beginning of the recharge.
    Gap,
    /// The end of the recharge.
    Recharge,
    /// A corner of an arbitrary waveform.
    Corner(usize),
}

impl Handle {
    /// What a pulse of those settings can be dragged by.
    pub fn of(settings: &Settings, device: &DeviceProfile) -> Vec<Self> {
        if !settings.edges.is_empty() {
            return (0..settings.edges.len()).map(Self::Corner).chain([Self::Amplitude]).collect();
        }
        let mut handles = vec![Self::Width, Self::Amplitude];
        if matches!(settings.recharge, Recharge::Active { .. }) {
            if device.interphase_gap_us.max > device.interphase_gap_us.min {
                handles.push(Self::Gap);
            }
            handles.push(Self::Recharge);
        }
        handles
    }

    /// What it is called.
    pub fn label(self) -> String {
        match self {
            Self::Width => "Pulse width".to_string(),
            Self::Amplitude => "Amplitude".to_string(),
            Self::Gap => "Gap".to_string(),
            Self::Recharge => "Recharge".to_string(),
            Self::Corner(index) => format!("Corner {}", index + 1),
        }
    }

    /// Whether it moves along time, and whether along current.
    pub fn moves(self) -> (bool, bool) {
        match self {
            Self::Amplitude => (false, true),
            Self::Corner(index) => (index > 0, true),
            _ => (true, false),
        }
    }

    /// Where it is: µs since the beginning and mA, cathodic negative.
    pub fn place(self, settings: &Settings) -> (f64, f64) {
        let signed = signed_ma(settings);
        let (width, gap) = (settings.width_us, settings.interphase_gap_us);
        let times = settings.recharge.times() as f64;
        match self {
            Self::Width => (width, signed / 2.0),
            Self::Amplitude if !settings.edges.is_empty() => {
                let end = settings.edges.get(1).map_or(0.0, |edge| micros(edge.at));
                (end / 2.0, signed * settings.edges.first().map_or(1.0, level))
            }
            Self::Amplitude => (width / 2.0, signed),
            Self::Gap => (width + gap, -signed / times / 2.0),
            Self::Recharge => (width + gap + width * times, -signed / times / 2.0),
            Self::Corner(index) => {
                settings.edges.get(index).map_or((0.0, 0.0), |edge| (micros(edge.at), signed * level(edge)))
            }
        }
    }

    /// Its value as it is said: with the unit.
    pub fn says(self, settings: &Settings) -> String {
        let edge =
            |index: usize| settings.edges.get(index).copied().unwrap_or(Edge { at: SimTime::ZERO, level_ppm: 0 });
        match self {
            Self::Width => Unit::Microseconds.show(settings.width_us),
            Self::Amplitude => Unit::MilliAmperes.show(settings.amplitude_ma),
            Self::Gap => Unit::Microseconds.show(settings.interphase_gap_us),
            Self::Recharge => format!("{} times as long", settings.recharge.times()),
            Self::Corner(index) => {
                let edge = edge(index);
                format!("{} at level {:.2}", Unit::Microseconds.show(micros(edge.at)), level(&edge))
            }
        }
    }

    /// Its value as a number, in its unit.
    pub fn value(self, settings: &Settings) -> f64 {
        match self {
            Self::Width => settings.width_us,
            Self::Amplitude => settings.amplitude_ma,
            Self::Gap => settings.interphase_gap_us,
            Self::Recharge => settings.recharge.times() as f64,
            Self::Corner(_) => self.place(settings).0,
        }
    }

    /// Moves it to a place, µs and mA, or to the nearest that the device can make.
    pub fn put(self, settings: &mut Settings, device: &DeviceProfile, us: f64, ma: f64) {
        let (width, sign) = (settings.width_us, sign(settings));
        match self {
            Self::Width => settings.width_us = on_step(&device.width_us, us),
            Self::Amplitude => {
                let level = settings.edges.first().map_or(1.0, level).max(1e-3);
                settings.amplitude_ma = amplitude_at(settings, device, (ma * sign / level).max(0.0));
            }
            Self::Gap => settings.interphase_gap_us = on_step(&device.interphase_gap_us, us - width),
            Self::Recharge => {
                let times = ((us - width - settings.interphase_gap_us) / width.max(1e-9)).round();
                settings.recharge = Recharge::Active { times: times.clamp(1.0, Recharge::MAX_TIMES as f64) as i64 };
                settings.amplitude_ma = amplitude_at(settings, device, settings.amplitude_ma);
            }
            Self::Corner(index) => put_corner(settings, device, index, us, ma * sign),
        }
    }

    /// Gives it the value that is nearest to that, in its unit, of those that the device can make.
    pub fn put_value(self, settings: &mut Settings, device: &DeviceProfile, value: f64) {
        match self {
            Self::Width => settings.width_us = on_step(&device.width_us, value),
            Self::Amplitude => settings.amplitude_ma = amplitude_at(settings, device, value.max(0.0)),
            Self::Gap => settings.interphase_gap_us = on_step(&device.interphase_gap_us, value),
            Self::Recharge | Self::Corner(_) => {
                let ma = self.place(settings).1;
                self.put(settings, device, value, ma);
            }
        }
    }

    /// Moves it by steps of the device: to the right, and away from zero.
    pub fn step(self, settings: &mut Settings, device: &DeviceProfile, right: i64, up: i64) {
        let (us, ma) = self.place(settings);
        let tick_us = micros(device.timer_tick());
        let amplitude_ma = settings.amplitude_ma;
        match self {
            Self::Width => self.put(settings, device, us + right as f64 * device.width_us.step, ma),
            Self::Gap => self.put(settings, device, us + right as f64 * device.interphase_gap_us.step, ma),
            Self::Recharge => self.put(settings, device, us + right as f64 * settings.width_us, ma),
            Self::Amplitude => {
                let times = if settings.edges.is_empty() { settings.recharge.times() } else { 1 };
                let step_ma = amplitude_step(&device.amplitude_ma, device.stage.dac.step_na(), times);
                let asked = amplitude_ma + (up + right) as f64 * step_ma;
                settings.amplitude_ma = amplitude_at(settings, device, asked.max(0.0));
            }
            Self::Corner(_) => {
                let by_ma = up as f64 * LEVEL_STEP_PPM as f64 / 1e6 * amplitude_ma * sign(settings);
                self.put(settings, device, us + right as f64 * tick_us, ma + by_ma);
            }
        }
    }
}

fn micros(span: SimTime) -> f64 {
    span.nanos() as f64 / 1e3
}

fn level(edge: &Edge) -> f64 {
    edge.level_ppm as f64 / 1e6
}

/// The direction of the stimulating phase; of an alternating pair the cathodic pulse is drawn.
fn sign(settings: &Settings) -> f64 {
    if settings.phase_order == PhaseOrder::AnodicFirst { 1.0 } else { -1.0 }
}

fn signed_ma(settings: &Settings) -> f64 {
    settings.amplitude_ma * sign(settings)
}

/// Puts a corner between its neighbours, on the timer's ticks; the first stays at the beginning, the last ends the
/// pulse.
fn put_corner(settings: &mut Settings, device: &DeviceProfile, index: usize, us: f64, along_ma: f64) {
    let tick = device.timer_tick();
    let last = settings.edges.len() - 1;
    if index > 0 {
        let after = settings.edges[index - 1].at + tick;
        let before = settings.edges.get(index + 1).map_or(SimTime::SECOND, |next| next.at - tick);
        let ticks = (us * 1e3 / tick.nanos() as f64).round() as i64;
        settings.edges[index].at = (tick * ticks).min(before).max(after);
    }
    if index < last && settings.amplitude_ma > 0.0 {
        let steps = (along_ma / settings.amplitude_ma * 1e6 / LEVEL_STEP_PPM as f64).round() as i64;
        let least = if index == 0 { LEVEL_STEP_PPM } else { -1_000_000 };
        settings.edges[index].level_ppm = (steps * LEVEL_STEP_PPM).clamp(least, 1_000_000);
    }
}
