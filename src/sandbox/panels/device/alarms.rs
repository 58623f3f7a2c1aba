//! What is wrong as far as the device knows, in words, the gravest first; and apart from that, what is really wrong.

use egui::{Frame, RichText, Ui};

use crate::device::impedance::Verdict;
use crate::device::therapy::State;
use crate::record::events::EventKind;
use crate::sandbox::act::Act;
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::units::significant;
use crate::side::{BySide, Side};

/// How grave an alarm is; the gravest is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// Therapy has stopped, or must.
    High,
    /// Therapy is not what it is meant to be.
    Medium,
    /// To be known.
    Low,
}

/// An alarm: how grave, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// How grave it is.
    pub gravity: Gravity,
    /// What is wrong, and what helps.
    pub says: String,
}

/// All alarms that the device gives now.
pub fn alarms(facts: &Facts<'_>) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut add = |gravity, says: String| alarms.push(Alarm { gravity, says });
    match facts.generator.state() {
        State::Fault => {
            let passed = facts.events.iter().rev().find_map(|event| match &event.kind {
                EventKind::LimitPassed { side, contact, limit, found, allowed } => {
                    let (found, allowed) = (significant(*found), significant(*allowed));
                    Some(format!("{limit} on the {}, {contact}: {found}, and {allowed} is allowed", side.name()))
                }
                _ => None,
            });
            let why = passed.unwrap_or_else(|| "a limit of safety was passed".to_string());
            add(Gravity::High, format!("Therapy was stopped: {why}. Mend the cause, then clear the fault."));
        }
        State::EndOfService => add(Gravity::High, "The battery is spent: no therapy until it is renewed.".to_string()),
        State::Off => add(Gravity::High, "The device has no supply.".to_string()),
        State::LowBattery => add(Gravity::Medium, "The battery is to be replaced or charged.".to_string()),
        State::Booting => add(Gravity::Low, "The device is starting up.".to_string()),
        _ => {}
    }
    for side in Side::BOTH {
        let name = side.name();
        let noticed = noticed(facts, side);
        if noticed.open {
            add(Gravity::Medium, format!("No current flows on the {name}: the circuit is open. Measure impedance."));
        } else if let Some((asked_ma, made_ma)) = noticed.limited {
            let (asked, made) = (significant(asked_ma), significant(made_ma));
            let says = format!("The voltage does not suffice on the {name}: {made} mA of {asked} mA flow.");
            add(Gravity::Medium, says);
        }
        match facts.measured(side).map(|measured| (measured.verdict, significant(measured.ohm))) {
            Some((Verdict::Short, ohm)) => {
                add(Gravity::Medium, format!("Contacts touch on the {name}: {ohm} Ω were measured."));
            }
            Some((Verdict::Open, ohm)) => add(Gravity::Medium, format!("The lead on the {name} is open: {ohm} Ω.")),
            _ => {}
        }
    }
    alarms.sort_by_key(|alarm| alarm.gravity);
    alarms
}

/// What the device noticed last of a side's pulses.
#[derive(Clone, Copy, Debug, Default)]
struct Noticed {
    open: bool,
    limited: Option<(f64, f64)>,
}

fn noticed(facts: &Facts<'_>, of: Side) -> Noticed {
    let (mut open, mut limited) = (None, None);
    for event in facts.events.iter().rev() {
        match event.kind {
            EventKind::OpenCircuit { side } if side == of => open = open.or(Some(true)),
            EventKind::CircuitClosed { side } if side == of => open = open.or(Some(false)),
            EventKind::ComplianceLimited { side, asked_ma, made_ma } if side == of => {
                limited = limited.or(Some(Some((asked_ma, made_ma))));
            }
            EventKind::ComplianceRestored { side } if side == of => limited = limited.or(Some(None)),
            _ => {}
        }
        if open.is_some() && limited.is_some() {
            break;
        }
    }
    Noticed { open: open.unwrap_or(false), limited: limited.flatten() }
}

/// The banner: never colour alone, always a sign and words.
pub fn alarms_ui(ui: &mut Ui, facts: &Facts<'_>, out: &mut Vec<Act>) {
    let theme = facts.theme;
    let alarms = alarms(facts);
    if alarms.is_empty() {
        ui.label(RichText::new("✔ No alarms").color(theme.good)).on_hover_text("The device has noticed nothing wrong.");
    }
    for Alarm { gravity, says } in &alarms {
        let (sign, color) = match gravity {
            Gravity::High => ("⛔ ALARM", theme.alarm),
            Gravity::Medium => ("⚠ Alert", theme.caution),
            Gravity::Low => ("ℹ Note", theme.accent),
        };
        Frame::group(ui.style()).stroke(egui::Stroke::new(2.0, color)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(sign).color(color).strong());
            ui.add(egui::Label::new(says.as_str()).wrap());
        });
    }
    if facts.generator.state() == State::Fault && ui.button("Clear fault").clicked() {
        out.push(Act::Give("ClearFault".to_string()));
    }
    real_faults_ui(ui, facts);
}

/// What is really wrong, whether the device knows or not.
fn real_faults_ui(ui: &mut Ui, facts: &Facts<'_>) {
    let leads = BySide::new(|side| facts.sides[side].lead.faults().describe());
    let parts = [
        ("left lead", leads.left),
        ("right lead", leads.right),
        ("output", facts.generator.output_faults().describe()),
    ];
    let wrong: Vec<String> =
        parts.iter().filter(|(_, what)| what != "intact").map(|(part, what)| format!("{part}: {what}")).collect();
    if !wrong.is_empty() {
        let text = format!("Really wrong, whether the device knows or not: {}", wrong.join("; "));
        ui.add(egui::Label::new(RichText::new(text).color(facts.theme.faint).small()).wrap());
    }
}
