//! The recruitment curve of a scenario's program: `stimtwin recruit`.

use std::io::Write;

use crate::lead::trial::Tried;
use crate::nerve::layout::Axon;
use crate::nerve::recruitment::{Question, Recruitment, Speed, all_threads};
use crate::picture::{Axis, Chart, Panel, Series};
use crate::record::probe::SideView;
use crate::scenario::Scenario;
use crate::side::{BySide, Side};
use crate::sim::Simulation;

/// Amplitudes of a curve at most, beyond the zero that it begins with.
const MOST_POINTS: i64 = 10_000;

/// Whom the program's pulse fires on one side.
pub struct OfSide {
    /// The axons and the pulse.
    pub question: Question,
    /// Their thresholds.
    pub recruitment: Recruitment,
}

/// Whom a program's pulses fire, over amplitude.
pub struct Curves {
    /// The scenario's name.
    pub scenario: String,
    /// How thresholds were found.
    pub speed: Speed,
    /// What the amplitudes are: from zero in steps of the device, nA.
    pub amplitudes_na: Vec<i64>,
    /// Each side; none where no current flows.
    pub sides: BySide<Option<OfSide>>,
}

/// The curves of a scenario at its start, up to an amplitude in nA; up to where every axon of both sides fires, or to
/// what the device can make, where none is given.
pub fn curves(scenario: &Scenario, speed: Speed, to_na: Option<i64>) -> Curves {
    let simulation = Simulation::new(scenario, None);
    let patient = &simulation.roster().patients()[0];
    let sides = BySide::new(|side| {
        let view = SideView::of(simulation.world(), patient, side);
        let program = &scenario.program.sides[side];
        let tried = Tried::probe(program, &view);
        let flows = tried.flowed.stimulus().current_na != 0 && tried.shares.iter().any(|share| *share != 0.0);
        flows.then(|| {
            let question = view.nerve.question(tried.flowed, &tried.shares);
            let recruitment = question.at(speed, all_threads());
            OfSide { question, recruitment }
        })
    });
    let step_na = scenario.device.stage.dac.step_na();
    let most_na = (scenario.device.amplitude_ma.max * 1e6).round() as i64;
    let thresholds = Side::BOTH.into_iter().filter_map(|side| sides[side].as_ref()).flat_map(|of| {
        of.recruitment.motor_ma.iter().chain(&of.recruitment.afferent_ma).copied().filter(|ma| ma.is_finite())
    });
    let highest_na = (thresholds.fold(0.0, f64::max) * 1e6).ceil() as i64;
    let end_na = to_na.unwrap_or(if highest_na > 0 { highest_na.min(most_na) } else { most_na });
    let step_na = step_na.max(1) * (end_na / step_na.max(1) / MOST_POINTS + 1);
    let amplitudes_na = (0..=(end_na + step_na - 1) / step_na).map(|i| i * step_na).collect();
    Curves { scenario: scenario.name.clone(), speed, amplitudes_na, sides }
}

impl Curves {
    /// What the thresholds are and how far they may be off, a line for each side.
    pub fn notes(&self) -> Vec<String> {
        let of = |side: Side| match &self.sides[side] {
            None => format!("{}: no current flows", side.name()),
            Some(of) => match of.recruitment.accuracy {
                None if self.speed == Speed::Guess => format!("{}: guesses, within a factor of two", side.name()),
                None => format!("{}: exact axons", side.name()),
                Some(accuracy) => format!(
                    "{}: surrogate of {} exact axons; on {} others it is off by {:.2} % in the root mean square and \
                     {:.2} % at most",
                    side.name(),
                    accuracy.made_with,
                    accuracy.tried_on,
                    accuracy.rms_error * 100.0,
                    accuracy.largest_error * 100.0
                ),
            },
        };
        Side::BOTH.map(of).to_vec()
    }

    fn fraction(&self, side: Side, afferents: bool, amplitude_na: i64) -> f64 {
        self.sides[side].as_ref().map_or(0.0, |of| {
            let thresholds = if afferents { &of.recruitment.afferent_ma } else { &of.recruitment.motor_ma };
            Recruitment::fraction(thresholds, amplitude_na as f64 / 1e6)
        })
    }

    /// Writes the curves as CSV: an amplitude a row, each side's motor axons and afferents apart.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, mut out: impl Write) -> csv::Result<()> {
        for note in self.notes() {
            writeln!(out, "# {note}")?;
        }
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record([
            "amplitude_ma",
            "left.motor_fraction",
            "left.afferents_fraction",
            "right.motor_fraction",
            "right.afferents_fraction",
        ])?;
        for &amplitude_na in &self.amplitudes_na {
            let of = |side, afferents| self.fraction(side, afferents, amplitude_na);
            let [left, right] = [Side::Left, Side::Right].map(|side| [of(side, false), of(side, true)]);
            let fractions = left.into_iter().chain(right);
            let cells = std::iter::once(amplitude_na as f64 / 1e6).chain(fractions);
            writer.write_record(cells.map(|cell| cell.to_string()))?;
        }
        writer.flush()?;
        Ok(())
    }

    /// Writes every axon with its threshold as CSV; an empty cell where it has none.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write_axons(&self, out: impl Write) -> csv::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["side", "kind", "diameter_um", "x_mm", "y_mm", "node_offset", "threshold_ma"])?;
        for side in Side::BOTH {
            let Some(of) = &self.sides[side] else { continue };
            let kinds: [(&str, &[Axon], &[f64]); 2] = [
                ("motor", &of.question.motor, &of.recruitment.motor_ma),
                ("afferent", &of.question.afferents, &of.recruitment.afferent_ma),
            ];
            for (kind, axons, thresholds_ma) in kinds {
                for (axon, threshold) in axons.iter().zip(thresholds_ma) {
                    let shown = |number: f64| format!("{number:.4}");
                    writer.write_record([
                        side.name(),
                        kind,
                        &shown(axon.diameter_um),
                        &shown(axon.place_mm.x),
                        &shown(axon.place_mm.y),
                        &shown(axon.node_offset),
                        &if threshold.is_finite() { format!("{threshold:.6}") } else { String::new() },
                    ])?;
                }
            }
        }
        writer.flush()?;
        Ok(())
    }

    /// The curves as a picture.
    pub fn chart(&self) -> Chart {
        let curve = |side: Side, afferents: bool| {
            let point = |&na: &i64| (na as f64 / 1e6, 100.0 * self.fraction(side, afferents, na));
            let kind = if afferents { "afferents" } else { "motor axons" };
            let colour = if afferents { 1 } else { 0 };
            Series::line(kind, self.amplitudes_na.iter().map(point)).coloured(colour)
        };
        let panel = |side: Side| {
            let axis = Axis::linear(format!("{}, % that fire", side.name())).showing(0.0, 100.0);
            Panel::new(axis, vec![curve(side, false), curve(side, true)])
        };
        Chart {
            title: format!("Recruitment: {}", self.scenario),
            subtitle: self.notes().join("; "),
            x: Axis::linear("amplitude (mA)"),
            panels: Side::BOTH.map(panel).to_vec(),
        }
    }
}
