//! Faults of leads, supply, output, clock and link, to be put in by hand: each with its fields.

use std::collections::BTreeMap;

use egui::{ComboBox, RichText, TextEdit, Ui};

use crate::sandbox::act::Act;
use crate::sandbox::theme::Theme;

/// What a field of a fault takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// One of a few names, the first by default.
    Choice(&'static [&'static str]),
    /// A number with its unit, and a default.
    Number(&'static str, &'static str),
    /// A span with its unit, and a default.
    Span(&'static str),
}

/// A fault: the command, what it is, and its fields.
pub struct Fault {
    /// The command of the scenario language.
    pub command: &'static str,
    /// What happens, in a few words.
    pub says: &'static str,
    /// Its fields.
    pub fields: &'static [(&'static str, Kind)],
}

const SIDE: (&str, Kind) = ("side", Kind::Choice(&["Left", "Right", "Both"]));
const RINGS: Kind = Kind::Choice(&["E0", "E1", "E2", "E3"]);
const OTHERS: Kind = Kind::Choice(&["E1", "E0", "E2", "E3"]);
const CONTACT: (&str, Kind) = ("contact", RINGS);
const CARRIED: Kind =
    Kind::Choice(&["StartSession", "StopSession", "TestImpedance", "ScheduleOff", "EraseLog", "ClearFault"]);

const fn fault(command: &'static str, says: &'static str, fields: &'static [(&'static str, Kind)]) -> Fault {
    Fault { command, says, fields }
}

/// Every fault, and what mends it.
pub const FAULTS: [(&str, &[Fault]); 4] = [
    (
        "Leads",
        &[
            fault("DisconnectLead", "the connector comes off", &[SIDE]),
            fault("BreakConductor", "a conductor breaks", &[SIDE, CONTACT]),
            fault(
                "IntermittentConductor",
                "a conductor opens again and again",
                &[
                    SIDE,
                    CONTACT,
                    ("open_for", Kind::Span("200 ms")),
                    ("every", Kind::Span("1 s")),
                    ("times", Kind::Number("10", "")),
                ],
            ),
            fault("SeriesResistance", "resistance in every conductor", &[SIDE, ("ohm", Kind::Number("3000", "Ω"))]),
            fault(
                "ShortContacts",
                "two conductors touch",
                &[SIDE, CONTACT, ("other", OTHERS), ("ohm", Kind::Number("50", "Ω"))],
            ),
            fault(
                "InsulationLeak",
                "insulation lets current out",
                &[SIDE, CONTACT, ("ohm", Kind::Number("1000", "Ω"))],
            ),
            fault(
                "CorrodeContact",
                "corrosion leaves a part of a contact",
                &[SIDE, CONTACT, ("intact", Kind::Number("0.1", ""))],
            ),
            fault(
                "MigrateLead",
                "the lead moves",
                &[SIDE, ("along_mm", Kind::Number("0", "mm")), ("across_mm", Kind::Number("2", "mm"))],
            ),
            fault("RepairLead", "the lead is replaced", &[SIDE]),
        ],
    ),
    (
        "Supply and processor",
        &[
            fault("BrownOut", "the supply fails for a while", &[("for", Kind::Span("1 s"))]),
            fault("Reset", "the processor starts anew", &[]),
            fault("Drain", "something draws a current", &[("ua", Kind::Number("100", "µA"))]),
            fault(
                "SwapBattery",
                "the battery is replaced",
                &[("used_fraction", Kind::Number("0.5", "")), ("shelf", Kind::Span("0 s"))],
            ),
            fault("Charge", "a charger is put on", &[("for", Kind::Span("1 h"))]),
            fault("Magnet", "a magnet is held over the device", &[("for", Kind::Span("3 s"))]),
        ],
    ),
    (
        "Output stage",
        &[
            fault(
                "StickBit",
                "a bit of the converter is stuck",
                &[("bit", Kind::Number("9", "")), ("high", Kind::Choice(&["true", "false"]))],
            ),
            fault("LosePhase", "a phase never comes", &[("phase", Kind::Choice(&["Recharge", "Stimulus"]))]),
            fault("SlowTimer", "the timer is slow", &[("factor", Kind::Number("1.5", ""))]),
            fault("MendOutput", "converter, switches and timer are mended", &[]),
        ],
    ),
    (
        "Clock, log and link",
        &[
            fault("JumpClock", "the clock jumps ahead", &[("forward", Kind::Span("2 h"))]),
            fault("DriftClock", "the clock runs fast", &[("ppm", Kind::Number("100", "ppm"))]),
            fault("SetClock", "the programmer sets the clock right", &[]),
            fault("FillLog", "the log takes no entries", &[]),
            fault("FreeLog", "the log takes entries again", &[]),
            fault("EraseLog", "the programmer erases the log", &[]),
            fault("ConnectProgrammer", "a programmer is connected", &[]),
            fault("DisconnectProgrammer", "the programmer goes", &[]),
            fault("LoseTelemetry", "messages are lost", &[("for", Kind::Span("10 s"))]),
            fault("DropMessage", "the next message is lost", &[]),
            fault("DelayMessage", "the next message comes later", &[("by", Kind::Span("3 s"))]),
            fault("RepeatMessage", "the next message comes again", &[("times", Kind::Number("2", ""))]),
            fault(
                "Message",
                "the programmer sends a command",
                &[("number", Kind::Number("1", "")), ("command", CARRIED)],
            ),
            fault("Interference", "interference looks like a command", &[("command", CARRIED)]),
        ],
    ),
];

impl Kind {
    /// What a field has as long as nobody says otherwise.
    pub fn default(self) -> &'static str {
        match self {
            Self::Choice(names) => names.first().copied().unwrap_or_default(),
            Self::Number(default, _) | Self::Span(default) => default,
        }
    }

    /// The value as scenario files write it.
    fn written(self, value: &str) -> String {
        match self {
            Self::Span(_) => format!("{:?}", value.trim()),
            Self::Choice(_) | Self::Number(..) => value.trim().to_string(),
        }
    }
}

impl Fault {
    /// The command in the scenario language, with the values that a function tells.
    pub fn command(&self, value: impl Fn(&'static str, Kind) -> String) -> String {
        if self.fields.is_empty() {
            return self.command.to_string();
        }
        let fields = self.fields.iter().map(|&(name, kind)| format!("{name}: {}", kind.written(&value(name, kind))));
        format!("{}({})", self.command, fields.collect::<Vec<_>>().join(", "))
    }
}

/// Which fault is chosen, and what has been typed.
#[derive(Clone, Debug, Default)]
pub struct FaultsState {
    group: usize,
    fault: usize,
    typed: BTreeMap<(&'static str, &'static str), String>,
}

/// A fault is chosen, its fields are filled, and it is put in.
pub fn faults_ui(ui: &mut Ui, theme: &Theme, state: &mut FaultsState, out: &mut Vec<Act>) {
    ui.horizontal_wrapped(|ui| {
        for (index, (name, _)) in FAULTS.iter().enumerate() {
            if ui.selectable_label(state.group == index, *name).clicked() {
                (state.group, state.fault) = (index, 0);
            }
        }
    });
    let faults = FAULTS[state.group].1;
    let chosen = &faults[state.fault.min(faults.len() - 1)];
    ComboBox::from_id_salt("fault").width(280.0).selected_text(chosen.says).show_ui(ui, |ui| {
        for (index, fault) in faults.iter().enumerate() {
            ui.selectable_value(&mut state.fault, index, fault.says).on_hover_text(fault.command);
        }
    });
    let typed = &mut state.typed;
    ui.horizontal_wrapped(|ui| {
        for &(name, kind) in chosen.fields {
            let value = typed.entry((chosen.command, name)).or_insert_with(|| kind.default().to_string());
            field_ui(ui, theme, name, kind, value);
        }
    });
    let value =
        |name, kind: Kind| typed.get(&(chosen.command, name)).cloned().unwrap_or_else(|| kind.default().to_string());
    let command = chosen.command(value);
    ui.horizontal_wrapped(|ui| {
        if ui.button("Inject").on_hover_text("Happens at the cursor, and stands in the timeline.").clicked() {
            out.push(Act::Give(command.clone()));
        }
        ui.label(RichText::new(&command).monospace().small().color(theme.faint));
    });
}

fn field_ui(ui: &mut Ui, theme: &Theme, name: &'static str, kind: Kind, value: &mut String) {
    let label = ui.label(RichText::new(name).color(theme.faint));
    match kind {
        Kind::Choice(names) => {
            let combo = ComboBox::from_id_salt(name).selected_text(value.clone());
            let inner = combo.show_ui(ui, |ui| {
                for choice in names {
                    ui.selectable_value(value, (*choice).to_string(), *choice);
                }
            });
            inner.response.labelled_by(label.id);
        }
        Kind::Number(_, unit) => {
            ui.add(TextEdit::singleline(value).desired_width(60.0)).labelled_by(label.id);
            ui.label(unit);
        }
        Kind::Span(_) => {
            ui.add(TextEdit::singleline(value).desired_width(70.0)).labelled_by(label.id);
        }
    }
}
