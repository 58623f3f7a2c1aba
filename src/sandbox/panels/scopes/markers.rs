//! Markers A and B, and what lies between them in numbers.

use egui::{Grid, RichText, Ui};

use super::lanes::{Lane, What};
use super::pen::figure;
use super::{Seen, time_axis};
use crate::sandbox::memory::PulseQuantity;
use crate::sandbox::memory::pyramid::Block;
use crate::side::Side;
use crate::time::SimTime;

/// The markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Markers {
    /// Marker A.
    pub a: Option<SimTime>,
    /// Marker B.
    pub b: Option<SimTime>,
}

impl Markers {
    /// The stretch between them, in the order of time.
    pub fn stretch(&self) -> Option<(SimTime, SimTime)> {
        let (a, b) = (self.a?, self.b?);
        Some((a.min(b), a.max(b)))
    }

    /// Both that are set, with their names.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, SimTime)> {
        [("A", self.a), ("B", self.b)].into_iter().filter_map(|(name, at)| at.map(|at| (name, at)))
    }
}

/// One trace between the markers.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its name, with its unit.
    pub name: String,
    /// Its value at A.
    pub at_a: Option<f64>,
    /// Its value at B.
    pub at_b: Option<f64>,
    /// What lies between, once both are set.
    pub between: Option<Block>,
    /// The unit of its integral, and what a value times seconds is multiplied with to be in it.
    pub integral: (String, f64),
}

/// Measures the traces of scopes.
pub fn measure(seen: &Seen<'_>, lanes: &[&Lane], markers: Markers) -> Vec<Measured> {
    let memory = seen.memory;
    let mut all = Vec::new();
    for lane in lanes {
        match &lane.what {
            What::Pulses(quantity, side) => {
                let value = |at: Option<SimTime>| at.map(|at| memory.pulse_value(*side, *quantity, at));
                // A milliampere for a second is 1000 µC.
                let integral = match quantity {
                    PulseQuantity::Current => ("µC".to_string(), 1e3),
                    PulseQuantity::Load => ("V·s".to_string(), 1.0),
                };
                all.push(Measured {
                    name: format!("{}, {}", lane.title, lane.unit),
                    at_a: value(markers.a),
                    at_b: value(markers.b),
                    between: markers.stretch().map(|stretch| memory.measure_pulses(*side, *quantity, stretch)),
                    integral,
                });
            }
            What::Group(group) => all.extend(group.traces.iter().map(|trace| {
                let value =
                    |at: Option<SimTime>| at.and_then(|at| memory.value(trace.probe, at)).map(|v| v * group.scale);
                let between = markers.stretch().map(|(from, to)| memory.measure(trace.probe, from, to));
                let scaled = |block: Block| Block {
                    first: block.first * group.scale,
                    min: block.min * group.scale,
                    max: block.max * group.scale,
                    last: block.last * group.scale,
                    area: block.area * group.scale,
                    held_s: block.held_s,
                };
                let unit = if group.unit.is_empty() { String::new() } else { format!(", {}", group.unit) };
                Measured {
                    name: format!("{} {}{unit}", group.title, trace.name()),
                    at_a: value(markers.a),
                    at_b: value(markers.b),
                    between: between.map(scaled),
                    integral: (if group.unit.is_empty() { "s".into() } else { format!("{}·s", group.unit) }, 1.0),
                }
            })),
            What::Raster => all.extend(Side::BOTH.map(|side| Measured {
                name: format!("Volleys {}, 1/s", side.name()),
                at_a: None,
                at_b: None,
                between: markers.stretch().map(|(from, to)| Block {
                    area: super::volleys_between(memory, side, (from, to)) as f64,
                    held_s: (to - from).as_secs(),
                    ..Block::NONE
                }),
                integral: ("volleys".to_string(), 1.0),
            })),
        }
    }
    all
}

/// The line of instants: A, B, their difference, and how often it fits into a second.
fn instants(ui: &mut Ui, seen: &Seen<'_>, markers: Markers) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        for (name, at) in markers.each() {
            let text = format!("{name}  {}", time_axis::instant(at, SimTime::from_nanos(1), seen.clock));
            ui.label(RichText::new(text).monospace().color(seen.theme.marker)).on_hover_text(seen.clock.show(at));
        }
        if let (Some(a), Some(b)) = (markers.a, markers.b) {
            let difference = b - a;
            ui.label(RichText::new(format!("Δt  {}", time_axis::span(difference))).monospace())
                .on_hover_text(format!("B − A: {} ns", difference.nanos()));
            if difference != SimTime::ZERO {
                let hz = 1e9 / difference.nanos().abs() as f64;
                ui.label(RichText::new(format!("1/Δt  {} Hz", figure(hz))).monospace());
            }
        }
    });
}

/// The height of the table, points.
pub fn height(ui: &Ui, lanes: &[&Lane]) -> f32 {
    let traces = |lane: &&Lane| match &lane.what {
        What::Raster => 2,
        What::Pulses(..) => 1,
        What::Group(group) => group.traces.len(),
    };
    let rows = lanes.iter().map(traces).sum::<usize>() as f32;
    ((rows + 2.0) * (ui.text_style_height(&egui::TextStyle::Body) + 4.0) + 16.0).min(0.33 * ui.available_height())
}

/// The table of what is measured.
pub fn table(ui: &mut Ui, seen: &Seen<'_>, lanes: &[&Lane], markers: Markers) {
    instants(ui, seen, markers);
    let measured = measure(seen, lanes, markers);
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        Grid::new("between the markers").striped(true).spacing([14.0, 2.0]).show(ui, |ui| {
            let heads = [
                ("", "The traces that are shown"),
                ("at A", "Value at marker A"),
                ("at B", "Value at marker B"),
                ("B − A", "Difference of the values at the markers"),
                ("min", "The least between the markers"),
                ("max", "The largest between the markers"),
                ("mean", "Mean over the time between the markers"),
                ("∫ dt", "Integral over the time between the markers"),
            ];
            for (head, explanation) in heads {
                ui.label(RichText::new(head).color(seen.theme.faint)).on_hover_text(explanation);
            }
            ui.end_row();
            for row in &measured {
                ui.label(&row.name);
                let cells = cells(row);
                for cell in cells {
                    ui.monospace(cell);
                }
                ui.end_row();
            }
        });
    });
}

/// The figures of a row.
fn cells(row: &Measured) -> [String; 7] {
    let one = |value: Option<f64>| value.map_or("–".to_string(), figure);
    let difference = row.at_a.zip(row.at_b).map(|(a, b)| b - a);
    let of_block = |value: fn(&Block) -> f64| one(row.between.as_ref().map(value));
    let integral = row
        .between
        .as_ref()
        .map_or("–".to_string(), |block| format!("{} {}", figure(block.area * row.integral.1), row.integral.0));
    [
        one(row.at_a),
        one(row.at_b),
        one(difference),
        of_block(|block| block.min),
        of_block(|block| block.max),
        of_block(|block| block.area / block.held_s),
        integral,
    ]
}
