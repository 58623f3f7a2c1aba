//! The settings of one side, or of both together.

use egui::{RichText, Ui};

use crate::device::profile::Range;
use crate::device::program::{Burst, PhaseOrder, Recharge, RechargeKind};
use crate::sandbox::panels::fields::{Field, choice_field, complain, number_field};
use crate::sandbox::panels::programmer::amplitude::amplitude_ui;
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::preview::Preview;
use crate::sandbox::units::Unit;
use crate::scenario::write::{Settings, WrittenProgram};
use crate::side::Side;
use crate::source::Source;
use crate::time::SimTime;

/// Which sides are edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Which {
    /// The patient's left.
    Left,
    /// The patient's right.
    Right,
    /// Both, linked: an edit is made on both sides.
    #[default]
    Both,
}

impl Which {
    /// All of them, with their names.
    pub const ALL: [(&str, Self); 3] = [("Left", Self::Left), ("Right", Self::Right), ("Both", Self::Both)];

    /// The sides that an edit is for.
    pub fn sides(self) -> &'static [Side] {
        match self {
            Self::Left => &[Side::Left],
            Self::Right => &[Side::Right],
            Self::Both => &Side::BOTH,
        }
    }

    /// The side whose values are shown.
    pub fn shown(self) -> Side {
        self.sides()[0]
    }
}

/// The fields of a side while they are drawn.
struct Form<'a, 'f> {
    facts: &'a Facts<'f>,
    which: Which,
    draft: &'a mut WrittenProgram,
}

/// A number of the settings: how it is read and written.
struct Number {
    label: &'static str,
    field: &'static str,
    hint: &'static str,
    unit: Unit,
    get: fn(&Settings) -> f64,
    set: fn(&mut Settings, f64),
}

const WIDTH: Number = Number {
    label: "Width",
    field: "width_us",
    hint: "Width of the stimulating phase, µs. Takes units, as 0.3 ms.",
    unit: Unit::Microseconds,
    get: |settings| settings.width_us,
    set: |settings, value| settings.width_us = value,
};

const RATE: Number = Number {
    label: "Rate",
    field: "rate_hz",
    hint: "Pulses, or cycles of alternating pulses, in a second of a train, Hz. Takes a period, as 50 ms.",
    unit: Unit::Hertz,
    get: |settings| settings.rate_hz,
    set: |settings, value| settings.rate_hz = value,
};

const GAP: Number = Number {
    label: "Gap",
    field: "interphase_gap_us",
    hint: "Time without current between the phases, µs.",
    unit: Unit::Microseconds,
    get: |settings| settings.interphase_gap_us,
    set: |settings, value| settings.interphase_gap_us = value,
};

const SAFE: Number = Number {
    label: "Safe amplitude",
    field: "safe_amplitude_ma",
    hint: "The amplitude that the device does not go beyond, mA.",
    unit: Unit::MilliAmperes,
    get: |settings| settings.safe_amplitude_ma,
    set: |settings, value| settings.safe_amplitude_ma = value,
};

const PATIENT_MAX: Number = Number {
    label: "Patient max",
    field: "patient_max_ma",
    hint: "The amplitude that the patient cannot step beyond, mA.",
    unit: Unit::MilliAmperes,
    get: |settings| settings.patient_max_ma,
    set: |settings, value| settings.patient_max_ma = value,
};

/// A span in seconds, and a span of so many seconds.
fn seconds(span: SimTime) -> f64 {
    span.as_secs()
}

fn span(seconds: f64) -> SimTime {
    SimTime::from_nanos((seconds * 1e9).round() as i64)
}

const SPANS: [Number; 4] = [
    Number {
        label: "On",
        field: "on",
        hint: "Length of a train, s.",
        unit: Unit::Seconds,
        get: |settings| seconds(settings.on),
        set: |settings, value| settings.on = span(value),
    },
    Number {
        label: "Off",
        field: "off",
        hint: "Rest between trains, s.",
        unit: Unit::Seconds,
        get: |settings| seconds(settings.off),
        set: |settings, value| settings.off = span(value),
    },
    Number {
        label: "Ramp up",
        field: "ramp_up",
        hint: "The part of a train over which the amplitude rises, s.",
        unit: Unit::Seconds,
        get: |settings| seconds(settings.ramp_up),
        set: |settings, value| settings.ramp_up = span(value),
    },
    Number {
        label: "Ramp down",
        field: "ramp_down",
        hint: "The part of a train over which it falls, s.",
        unit: Unit::Seconds,
        get: |settings| seconds(settings.ramp_down),
        set: |settings, value| settings.ramp_down = span(value),
    },
];

/// The settings of the sides that are edited; the draft takes what is changed.
pub fn side_ui(ui: &mut Ui, facts: &Facts<'_>, which: Which, preview: &Preview, draft: &mut WrittenProgram) {
    let [left, right] = Side::BOTH.map(|side| &facts.draft.sides[side]);
    if which == Which::Both && left != right {
        let text = "Left and right differ. The left is shown; an edit makes that setting alike on both.";
        ui.add(egui::Label::new(RichText::new(text).color(facts.theme.caution).small()).wrap());
    }
    for &side in which.sides() {
        complain(ui, facts.theme, facts.problems_of(Some(side), None));
    }
    let mut form = Form { facts, which, draft };
    form.amplitude(ui, preview);
    let columns = if ui.available_width() > 460.0 { 2 } else { 1 };
    ui.columns(columns, |ui| {
        form.pulse(&mut ui[0]);
        form.train(&mut ui[columns - 1]);
    });
}

impl<'f> Form<'_, 'f> {
    fn settings(&self) -> &'f Settings {
        &self.facts.draft.sides[self.which.shown()]
    }

    fn on_device(&self) -> &'f Settings {
        &self.facts.on_device.sides[self.which.shown()]
    }

    fn edit(&mut self, change: impl Fn(&mut Settings)) {
        for &side in self.which.sides() {
            change(&mut self.draft.sides[side]);
        }
    }

    /// A field: what the device has instead, and why it would refuse it on any side that is edited.
    fn field<'l>(&self, label: &'l str, name: &str, hint: &'l str, on_device: Option<String>) -> Field<'l>
    where
        'f: 'l,
    {
        let mut problems: Vec<&str> = Vec::new();
        for &side in self.which.sides() {
            problems.extend(self.facts.problems_of(Some(side), Some(name)));
        }
        problems.dedup();
        Field { label, hint, on_device, problems }
    }

    fn number(&mut self, ui: &mut Ui, number: &Number, range: &Range) {
        let (value, on_device) = ((number.get)(self.settings()), (number.get)(self.on_device()));
        let differs = (value != on_device).then(|| number.unit.show(on_device));
        let field = self.field(number.label, number.field, number.hint, differs);
        if let Some(new) = number_field(ui, self.facts.theme, &field, number.unit, range, value) {
            self.edit(|settings| (number.set)(settings, new));
        }
    }

    fn amplitude(&mut self, ui: &mut Ui, preview: &Preview) {
        let (settings, on_device) = (self.settings(), self.on_device().amplitude_ma);
        let differs = (settings.amplitude_ma != on_device).then(|| Unit::MilliAmperes.show(on_device));
        let hint = "Current of the stimulating phase, mA. Takes units, as 800 µA. While a session runs it is the one \
                    setting that changes without ending it.";
        let field = self.field("Amplitude", "amplitude_ma", hint, differs);
        if let Some(new) = amplitude_ui(ui, self.facts, self.which.shown(), settings, preview, &field) {
            self.edit(|settings| settings.amplitude_ma = new);
        }
    }

    /// What makes a pulse.
    fn pulse(&mut self, ui: &mut Ui) {
        let device = self.facts.device();
        self.number(ui, &WIDTH, &device.width_us);
        self.number(ui, &RATE, &device.rate_hz);
        self.number(ui, &GAP, &device.interphase_gap_us);
        let (now, on_device) = (self.settings(), self.on_device());
        let name_of = |order: PhaseOrder| ORDERS.iter().find(|(_, o)| *o == order).map_or("", |(name, _)| name);
        let differs = (now.phase_order != on_device.phase_order).then(|| name_of(on_device.phase_order).to_string());
        let hint = "Which phase comes first at the cathodes. A cathodic phase excites at a fifth of the current.";
        let field = self.field("Order", "phase_order", hint, differs);
        let orders: Vec<_> = ORDERS.into_iter().filter(|(_, order)| device.phase_orders.contains(order)).collect();
        if let Some(new) = choice_field(ui, self.facts.theme, &field, &orders, now.phase_order) {
            self.edit(|settings| settings.phase_order = new);
        }
        self.recharge(ui);
        if device.burst_pulses.value > 1.0 {
            self.burst(ui);
        }
        let edges = now.edges.len();
        if edges > 0 {
            let text = format!("Arbitrary waveform of {edges} corners: width, gap and recharge shape nothing.");
            ui.add(egui::Label::new(RichText::new(text).color(self.facts.theme.faint).small()).wrap());
        }
    }

    fn recharge(&mut self, ui: &mut Ui) {
        let kinds = &self.facts.device().recharges;
        let mut choices: Vec<(String, Recharge)> = Vec::new();
        if kinds.contains(&RechargeKind::Active) {
            let name = |times: i64| if times == 1 { "symmetric".to_string() } else { format!("1 : {times}") };
            choices.extend((1..=Recharge::MAX_TIMES).map(|times| (name(times), Recharge::Active { times })));
        }
        if kinds.contains(&RechargeKind::Passive) {
            choices.push(("passive".to_string(), Recharge::Passive));
        }
        let (now, on_device) = (self.settings().recharge, self.on_device().recharge);
        let named = |recharge: Recharge| choices.iter().find(|(_, choice)| *choice == recharge);
        let differs = (now != on_device).then(|| named(on_device).map_or(String::new(), |(name, _)| name.clone()));
        let hint = "How the charge is taken back: 1 : 4 is a phase four times as long and a quarter as strong; passive \
                    shorts the terminals.";
        let field = self.field("Recharge", "recharge", hint, differs);
        let choices: Vec<(&str, Recharge)> = choices.iter().map(|(name, choice)| (name.as_str(), *choice)).collect();
        if let Some(new) = choice_field(ui, self.facts.theme, &field, &choices, now) {
            self.edit(|settings| settings.recharge = new);
        }
    }

    fn burst(&mut self, ui: &mut Ui) {
        let most = self.facts.device().burst_pulses.value as u8;
        let (now, on_device) = (self.settings().burst, self.on_device().burst);
        let show = |burst: Burst| match burst.pulses {
            1 => "no burst".to_string(),
            pulses => format!("{pulses} every {} µs", burst.period.nanos() / 1000),
        };
        let differs = (now != on_device).then(|| show(on_device));
        let field = self.field("Burst", "burst", "Pulses in the place of each pulse; 1 is no burst.", differs);
        let range = Range { min: 1.0, max: f64::from(most), step: 1.0, source: Source::Ours(String::new()) };
        let pulses = number_field(ui, self.facts.theme, &field, Unit::Count, &range, f64::from(now.pulses));
        let mut new = now;
        if let Some(pulses) = pulses {
            new.pulses = pulses.round().clamp(1.0, 255.0) as u8;
            new.period = match (new.pulses, now.period) {
                (1, _) => SimTime::ZERO,
                (_, SimTime::ZERO) => BURST_PERIOD,
                (_, period) => period,
            };
        }
        if now.pulses > 1 {
            let field = Field {
                label: "Burst period",
                hint: "From one pulse of a burst to the next, µs.",
                on_device: None,
                problems: Vec::new(),
            };
            let range = Range { min: 1.0, max: 1e6, step: 1.0, source: Source::Ours(String::new()) };
            let value = now.period.nanos() as f64 / 1e3;
            if let Some(us) = number_field(ui, self.facts.theme, &field, Unit::Microseconds, &range, value) {
                new.period = SimTime::from_nanos((us * 1e3).round() as i64);
            }
        }
        if new != now {
            self.edit(|settings| settings.burst = new);
        }
    }

    /// What makes a train, and the limits.
    fn train(&mut self, ui: &mut Ui) {
        let device = self.facts.device();
        let ranges = [&device.on_s, &device.off_s, &device.ramp_s, &device.ramp_s];
        for (number, range) in SPANS.iter().zip(ranges) {
            self.number(ui, number, range);
        }
        self.number(ui, &SAFE, &device.amplitude_ma);
        self.number(ui, &PATIENT_MAX, &device.amplitude_ma);
    }
}

/// The orders of phases, as people call them.
const ORDERS: [(&str, PhaseOrder); 3] = [
    ("cathodic first", PhaseOrder::CathodicFirst),
    ("anodic first", PhaseOrder::AnodicFirst),
    ("alternating", PhaseOrder::Alternating),
];

/// From one pulse of a burst to the next, where none has been said.
pub const BURST_PERIOD: SimTime = SimTime::from_nanos(5_000_000);
