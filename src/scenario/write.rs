//! A therapy program as it is written: in the file's units, to be changed, held against the device and written again.

use std::fmt::{Display, Write};

use crate::device::profile::{DeviceProfile, Range};
use crate::device::program::{Burst, Coordination, Edge, PhaseOrder, Program, Recharge, SideProgram};
use crate::device::pulse::{CONTACT_NAMES, Contacts};
use crate::scenario::library::read_text;
use crate::scenario::program::{Maker, nano_of_micro, read_program};
use crate::scenario::reader::Problem;
use crate::side::{BySide, Side};
use crate::time::{SimTime, show_time_of_day};

/// The settings of one side as they are written, in the file's units. `docs/scenario.md` tells what each does, and
/// the device's profile which values it can make.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Amplitude of the stimulating phase, mA, without sign.
    pub amplitude_ma: f64,
    /// Width of the stimulating phase, µs.
    pub width_us: f64,
    /// The programmed rate, Hz.
    pub rate_hz: f64,
    /// Time without current between the phases, µs.
    pub interphase_gap_us: f64,
    /// Which phase comes first.
    pub phase_order: PhaseOrder,
    /// How the charge is taken back.
    pub recharge: Recharge,
    /// The contacts that are cathodes: rings only.
    pub cathodes: Contacts,
    /// The contacts that are anodes: rings and the case.
    pub anodes: Contacts,
    /// Length of a train.
    pub on: SimTime,
    /// Rest between trains.
    pub off: SimTime,
    /// The part of a train in which the amplitude rises.
    pub ramp_up: SimTime,
    /// The part of a train in which it falls.
    pub ramp_down: SimTime,
    /// The pulses in the place of each; one is no burst.
    pub burst: Burst,
    /// The corners of an arbitrary waveform; none for width, gap and recharge.
    pub edges: Vec<Edge>,
    /// The amplitude that the device does not go beyond, mA.
    pub safe_amplitude_ma: f64,
    /// The amplitude that the patient cannot step beyond, mA.
    pub patient_max_ma: f64,
}

/// A program as it is written, which the fields of another one can be read over.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenProgram {
    /// The settings of each side.
    pub sides: BySide<Settings>,
    /// How the sides share time.
    pub coordination: Coordination,
    /// How long a session lasts.
    pub session_length: SimTime,
    /// The times of day at which sessions begin, rising; whole seconds.
    pub session_times: Vec<SimTime>,
}

/// What a line of a written program says: side and field.
type Place = (Option<Side>, Option<&'static str>);

/// Why a device would not take a program, in the reader's words, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftProblem {
    /// The side; none where it is the program as a whole.
    pub side: Option<Side>,
    /// The field, as files call it; none where several decide together.
    pub field: Option<&'static str>,
    /// What was found and what is allowed.
    pub message: String,
}

impl Settings {
    /// The least that a device can make of everything, through E0 and E1: what a file goes on with where it says
    /// something that the device cannot make.
    pub fn least(device: &DeviceProfile) -> Self {
        Self {
            amplitude_ma: device.amplitude_ma.min,
            width_us: device.width_us.min,
            rate_hz: device.rate_hz.min,
            interphase_gap_us: device.interphase_gap_us.min,
            phase_order: PhaseOrder::CathodicFirst,
            recharge: Recharge::Passive,
            cathodes: Contacts::default().with(0),
            anodes: Contacts::default().with(1),
            on: SimTime::SECOND,
            off: SimTime::SECOND,
            ramp_up: SimTime::ZERO,
            ramp_down: SimTime::ZERO,
            burst: Burst { pulses: 1, period: SimTime::ZERO },
            edges: Vec::new(),
            safe_amplitude_ma: device.amplitude_ma.max,
            patient_max_ma: device.amplitude_ma.max,
        }
    }

    /// The settings as the device runs them.
    pub fn program(&self, device: &DeviceProfile) -> SideProgram {
        SideProgram {
            amplitude_na: nano_of_micro(self.amplitude_ma * 1e3),
            width: SimTime::from_nanos(nano_of_micro(self.width_us)),
            period: device.period(self.rate_hz),
            interphase_gap: SimTime::from_nanos(nano_of_micro(self.interphase_gap_us)),
            phase_order: self.phase_order,
            recharge: self.recharge,
            cathodes: self.cathodes,
            anodes: self.anodes,
            on: self.on,
            off: self.off,
            ramp_up: self.ramp_up,
            ramp_down: self.ramp_down,
            ramp_shape: device.ramp_shape,
            burst: self.burst,
            edges: self.edges.clone(),
            shorted_between: device.shorts_between || self.recharge == Recharge::Passive,
            safe_amplitude_na: nano_of_micro(self.safe_amplitude_ma * 1e3),
            patient_max_na: nano_of_micro(self.patient_max_ma * 1e3),
        }
    }

    /// The settings that a device runs so.
    fn of(side: &SideProgram, device: &DeviceProfile) -> Self {
        let milliamperes = |nano: i64| nano as f64 / 1e6;
        let microseconds = |span: SimTime| span.nanos() as f64 / 1e3;
        Self {
            amplitude_ma: milliamperes(side.amplitude_na),
            width_us: microseconds(side.width),
            rate_hz: rate_hz(side.period, device),
            interphase_gap_us: microseconds(side.interphase_gap),
            phase_order: side.phase_order,
            recharge: side.recharge,
            cathodes: side.cathodes,
            anodes: side.anodes,
            on: side.on,
            off: side.off,
            ramp_up: side.ramp_up,
            ramp_down: side.ramp_down,
            burst: side.burst,
            edges: side.edges.clone(),
            safe_amplitude_ma: milliamperes(side.safe_amplitude_na),
            patient_max_ma: milliamperes(side.patient_max_na),
        }
    }

    /// How many fields differ from those of other settings.
    pub fn changes(&self, other: &Self) -> usize {
        self.fields().into_iter().zip(other.fields()).filter(|((_, here), (_, there))| here != there).count()
    }

    /// Every field with its value, as files write them.
    fn fields(&self) -> [(&'static str, String); 16] {
        let span = |span: SimTime| format!("\"{span}\"");
        [
            ("amplitude_ma", self.amplitude_ma.to_string()),
            ("width_us", self.width_us.to_string()),
            ("rate_hz", self.rate_hz.to_string()),
            ("interphase_gap_us", self.interphase_gap_us.to_string()),
            ("phase_order", name_of(&PhaseOrder::ALL, self.phase_order)),
            ("recharge", recharge(self.recharge)),
            ("cathodes", list(self.cathodes.indices().map(|index| CONTACT_NAMES[index]))),
            ("anodes", list(self.anodes.indices().map(|index| CONTACT_NAMES[index]))),
            ("on", span(self.on)),
            ("off", span(self.off)),
            ("ramp_up", span(self.ramp_up)),
            ("ramp_down", span(self.ramp_down)),
            ("burst", burst(self.burst)),
            ("edges", list(self.edges.iter().map(edge))),
            ("safe_amplitude_ma", self.safe_amplitude_ma.to_string()),
            ("patient_max_ma", self.patient_max_ma.to_string()),
        ]
    }
}

fn name_of<T: PartialEq>(choices: &[(&'static str, T)], value: T) -> String {
    let named = choices.iter().find(|(_, choice)| *choice == value);
    named.expect("every value has a name").0.to_string()
}

fn list(items: impl Iterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}

fn recharge(recharge: Recharge) -> String {
    match recharge {
        Recharge::Active { times } => format!("Active(times: {times})"),
        Recharge::Passive => "Passive".to_string(),
    }
}

fn burst(Burst { pulses, period }: Burst) -> String {
    match period {
        SimTime::ZERO => format!("(pulses: {pulses})"),
        period => format!("(pulses: {pulses}, period_us: {})", period.nanos() as f64 / 1e3),
    }
}

fn edge(Edge { at, level_ppm }: &Edge) -> String {
    format!("(at_us: {}, level: {})", at.nanos() as f64 / 1e3, *level_ppm as f64 / 1e6)
}

/// The rate that has that period: one that the device lets be programmed where there is one, else the shortest decimal.
fn rate_hz(period: SimTime, device: &DeviceProfile) -> f64 {
    let exact = 1e9 / (period.nanos() as f64 * device.pulses_per_cycle.value);
    let has_period = |rate: &f64| *rate > 0.0 && device.period(*rate) == period;
    let Range { min, max, step, .. } = &device.rate_hz;
    let steps = (exact - min) / step;
    let on_grid = |steps: f64| ((min + steps * step) * 1e9).round() / 1e9;
    let near = [on_grid(steps.floor()), on_grid(steps.ceil())];
    let near = near.into_iter().filter(|rate| (min..=max).contains(&rate) && has_period(rate));
    let shortest = |digits: i32| {
        let scale = (0..digits).fold(1.0, |scale, _| scale * 10.0);
        [(exact * scale).floor() / scale, (exact * scale).ceil() / scale].into_iter().find(has_period)
    };
    near.min_by_key(|rate| rate.to_string().len()).or_else(|| (0..16).find_map(shortest)).unwrap_or(exact)
}

impl WrittenProgram {
    /// The program as the device runs it.
    pub fn program(&self, device: &DeviceProfile) -> Program {
        Program {
            sides: BySide::new(|side| self.sides[side].program(device)),
            coordination: self.coordination,
            session_length: self.session_length,
            session_times: self.session_times.clone(),
        }
    }

    /// A program that a device runs, as it is written: the inverse of [`Self::program`]. Of several rates that the
    /// device makes with the same period it is one that can be programmed.
    pub fn of(program: &Program, device: &DeviceProfile) -> Self {
        Self {
            sides: BySide::new(|side| Settings::of(&program.sides[side], device)),
            coordination: program.coordination,
            session_length: program.session_length,
            session_times: program.session_times.clone(),
        }
    }

    /// The program in the language of scenario files, complete, each field on a line of its own.
    pub fn to_ron(&self) -> String {
        self.written().0
    }

    /// The text, and what each line of it says: side and field.
    fn written(&self) -> (String, Vec<Place>) {
        let (mut text, mut lines) = (String::new(), Vec::new());
        let mut line = |side, field, indent: usize, content: String| {
            writeln!(text, "{:1$}{content}", "", 4 * indent).expect("a string takes all");
            lines.push((side, field));
        };
        line(None, None, 0, "Program(".to_string());
        let times = list(self.session_times.iter().map(|&time| format!("\"{}\"", show_time_of_day(time))));
        for (field, value) in [
            ("coordination", name_of(&Coordination::ALL, self.coordination)),
            ("session", format!("\"{}\"", self.session_length)),
            ("session_times", times),
        ] {
            line(None, Some(field), 1, format!("{field}: {value},"));
        }
        for side in Side::BOTH {
            line(Some(side), None, 1, format!("{}: Side(", side.name()));
            for (field, value) in self.sides[side].fields() {
                line(Some(side), Some(field), 2, format!("{field}: {value},"));
            }
            line(Some(side), None, 1, "),".to_string());
        }
        line(None, None, 0, ")".to_string());
        text.truncate(text.trim_end().len());
        (text, lines)
    }

    /// Why that device would not take the program, with those leads: the reader's sentences, each with its place. None
    /// where it would.
    pub fn problems(&self, maker: Maker<'_>) -> Vec<DraftProblem> {
        let (text, lines) = self.written();
        let least = Settings::least(maker.device);
        let base = Self {
            sides: BySide { left: least.clone(), right: least },
            coordination: Coordination::Together,
            session_length: SimTime::from_secs(60),
            session_times: Vec::new(),
        };
        let found = read_text("the program", &text, |root| read_program(root, maker, &base)).err();
        let place = |problem: &Problem| problem.line.checked_sub(1).and_then(|line| lines.get(line).copied());
        let draft_problem = |problem: Problem| {
            let (side, field) = place(&problem).unwrap_or_default();
            let of_side = |side: &Side| problem.message.contains(&format!("on the {}, ", side.name()));
            let side = side.or_else(|| Side::BOTH.into_iter().find(of_side));
            // The value's name is said by where the message stands.
            let name = field.or(side.map(Side::name)).unwrap_or("the file");
            let message = ["the file", name].iter().find_map(|name| problem.message.strip_prefix(&format!("{name}: ")));
            DraftProblem { side, field, message: message.unwrap_or(&problem.message).to_string() }
        };
        found.unwrap_or_default().into_iter().map(draft_problem).collect()
    }
}

/// The commands of the scenario language that make of one program that a device has another: of amplitudes where
/// nothing else differs, which a session that runs takes; else of the whole program, which ends it.
pub fn orders(from: &WrittenProgram, to: &WrittenProgram) -> Vec<String> {
    let mut alike = from.clone();
    for side in Side::BOTH {
        alike.sides[side].amplitude_ma = to.sides[side].amplitude_ma;
    }
    if alike != *to {
        return vec![format!("SetProgram(program: {})", to.to_ron())];
    }
    let set = |side: &str, amplitude_ma: f64| format!("SetAmplitude(side: {side}, amplitude_ma: {amplitude_ma})");
    let changed = |side: &Side| from.sides[*side].amplitude_ma != to.sides[*side].amplitude_ma;
    let [left, right] = Side::BOTH.map(|side| to.sides[side].amplitude_ma);
    if Side::BOTH.iter().all(changed) && left == right {
        return vec![set("Both", left)];
    }
    let name = |side: Side| if side == Side::Left { "Left" } else { "Right" };
    let sides = Side::BOTH.into_iter().filter(changed);
    sides.map(|side| set(name(side), to.sides[side].amplitude_ma)).collect()
}
