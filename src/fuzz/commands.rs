//! Random commands of a timeline, as a file says them: what programmers and patients do, and what breaks.

use crate::fuzz::Bench;
use crate::fuzz::dice::Dice;
use crate::fuzz::programs::{self, Room};
use crate::scenario::commands::{CARRIED, OF_DEVICE, OTHERS};
use crate::scenario::write::WrittenProgram;

/// Commands without which little happens: they come more often than the others (ours).
const OFTEN: [&str; 8] = [
    "StartSession",
    "StartSession",
    "PatientStart",
    "StopSession",
    "SetAmplitude",
    "TestImpedance",
    "SinglePulse",
    "ClearFault",
];

/// What the commands of one case have in common.
pub struct Orders<'a> {
    /// What is tested.
    pub bench: &'a Bench,
    /// What the case leaves room for.
    pub room: Room,
    /// The program before the next one.
    pub program: WrittenProgram,
    /// The number of the next message.
    number: u64,
}

impl<'a> Orders<'a> {
    /// The orders of a case that begins with that program.
    pub fn new(bench: &'a Bench, room: Room, program: WrittenProgram) -> Self {
        Self { bench, room, program, number: 1 }
    }

    /// What happens at one instant: a command, sometimes with the one that it needs.
    pub fn draw(&mut self, dice: &mut Dice) -> Vec<String> {
        let all: Vec<&str> = OF_DEVICE.into_iter().chain(OTHERS).collect();
        let name = if dice.percent(30) { *dice.pick(&OFTEN) } else { *dice.pick(&all) };
        let command = self.command(dice, name);
        if name == "Message" && dice.percent(70) {
            return vec!["ConnectProgrammer".to_string(), command];
        }
        vec![command]
    }

    /// The command of that name.
    pub fn command(&mut self, dice: &mut Dice, name: &str) -> String {
        match name {
            "Message" => {
                let number = if dice.percent(80) { self.number } else { dice.below(self.number + 2) };
                self.number += 1;
                let number = if dice.percent(2) { u64::MAX } else { number };
                format!("Message(number: {number}, command: {})", self.carried(dice))
            }
            "Interference" => format!("Interference(command: {})", self.carried(dice)),
            _ => match self.arguments(dice, name) {
                Some(arguments) => format!("{name}({arguments})"),
                None => name.to_string(),
            },
        }
    }

    fn carried(&mut self, dice: &mut Dice) -> String {
        let name = *dice.pick(&OF_DEVICE[..CARRIED]);
        self.command(dice, name)
    }

    /// What stands in the parentheses of a command; none for one without.
    fn arguments(&mut self, dice: &mut Dice, name: &str) -> Option<String> {
        Some(match name {
            "SetAmplitude" => {
                let amplitude_ma = dice.of_range(&self.bench.device.amplitude_ma);
                let low_ma = programs::on_grid(self.bench, amplitude_ma / 4.0);
                let amplitude_ma = if dice.percent(60) { low_ma } else { amplitude_ma };
                format!("{}, amplitude_ma: {amplitude_ma}", side(dice))
            }
            "SetProgram" => {
                self.program = programs::draw(dice, self.bench, self.room, &self.program);
                let lines: Vec<String> = self.program.to_ron().lines().map(|line| line.trim().to_string()).collect();
                format!("program: {}", lines.join(" "))
            }
            "StepAmplitude" => {
                let far = *dice.pick(&[-1_000, 1_000]);
                let steps = if dice.percent(10) { far } else { dice.between(-20, 20) };
                format!("{}, steps: {steps}", side(dice))
            }
            "SinglePulse" => side(dice),
            "Away" | "Magnet" | "Charge" | "LoseTelemetry" | "BrownOut" => format!("for: {}", self.span(dice)),
            "DelayMessage" => format!("by: {}", self.span(dice)),
            "JumpClock" => format!("{}: {}", dice.pick(&["forward", "back"]), self.span(dice)),
            "RepeatMessage" => format!("times: {}", dice.pick(&[1, 2, 3, 1_000])),
            "StickBit" => format!("bit: {}, high: {}", dice.below(16), dice.percent(50)),
            "LosePhase" => format!("phase: {}", dice.pick(&["Stimulus", "Recharge"])),
            "SlowTimer" => format!("factor: {}", dice.pick(&["0.1", "0.5", "0.99", "1", "1.01", "1.5", "3", "10"])),
            "DriftClock" => format!("ppm: {}", dice.pick(&[-10_000, -20, 0, 20, 500, 10_000])),
            "Drain" => format!("ua: {}", dice.pick(&[0, 10, 1_000, 100_000, 1_000_000])),
            "SwapBattery" => {
                let shelf = dice.pick(&["", ", shelf: \"500 days\"", ", shelf: \"20000 days\""]);
                format!("used_fraction: {}{shelf}", dice.pick(&["0", "0.5", "0.9", "0.97", "0.99", "1"]))
            }
            _ => return of_others(dice, name),
        })
    }

    /// A span: of those that mean something to the device, or any.
    fn span(&self, dice: &mut Dice) -> String {
        let habits = &self.bench.device.habits;
        let of_device = [habits.boot_s.value, habits.settle_s.value, habits.link_s.value];
        let nanos = match dice.below(4) {
            0 => (dice.pick(&of_device) * 1e9).round() as i64,
            1 => *dice.pick(&[1, 1_000, 1_000_000, 250_000_000, 1_000_000_000]),
            2 => dice.between(1, 600) * 1_000_000_000,
            _ => dice.between(1, 90_000_000_000_000),
        };
        format!("\"{}\"", crate::time::SimTime::from_nanos(nanos))
    }
}

fn side(dice: &mut Dice) -> String {
    format!("side: {}", dice.pick(&["Left", "Right", "Both"]))
}

/// What stands in the parentheses of commands to leads and to the patient.
fn of_others(dice: &mut Dice, name: &str) -> Option<String> {
    let ohm = |dice: &mut Dice| *dice.pick(&["1", "10", "150", "1000", "4700", "100000", "1000000000"]);
    let (ring, other) = (dice.below(4), dice.between(1, 3).unsigned_abs());
    Some(match name {
        "Adherence" => format!("chance: {}", dice.pick(&["0", "0.3", "0.9", "1"])),
        "Bend" => format!("flexion_deg: {}", dice.pick(&["-20", "0", "30", "60"])),
        "Activity" => format!("level: {}", dice.pick(&["0", "0.5", "1", "2"])),
        "SuddenRelease" | "SuddenLoad" => format!("newton: {}", dice.pick(&["1", "50", "500"])),
        "DisconnectLead" | "RepairLead" => side(dice),
        "BreakConductor" => format!("{}, contact: E{ring}", side(dice)),
        "IntermittentConductor" => {
            let (every_ms, times) = (dice.between(2, 5_000), dice.pick(&[1, 3, 50]));
            let open_ms = dice.between(1, every_ms - 1);
            let spans = format!("open_for: \"{open_ms} ms\", every: \"{every_ms} ms\", times: {times}");
            format!("{}, contact: E{ring}, {spans}", side(dice))
        }
        "SeriesResistance" => format!("{}, ohm: {}", side(dice), dice.pick(&["0", "50", "1000", "5000", "1000000000"])),
        "ShortContacts" => {
            format!("{}, contact: E{ring}, other: E{}, ohm: {}", side(dice), (ring + other) % 4, ohm(dice))
        }
        "InsulationLeak" => format!("{}, contact: E{ring}, ohm: {}", side(dice), ohm(dice)),
        "CorrodeContact" => {
            format!("{}, contact: E{ring}, intact: {}", side(dice), dice.pick(&["0.01", "0.1", "0.5", "0.9", "1"]))
        }
        "MigrateLead" => {
            let (along_mm, across_mm) = (dice.between(-20, 20), dice.pick(&[-100, 0, 1, 3, 100]));
            format!("{}, along_mm: {along_mm}, across_mm: {across_mm}", side(dice))
        }
        _ => return None,
    })
}
