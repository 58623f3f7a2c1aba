//! Reading the battery of a device profile.

use crate::device::battery::{BatteryKind, BatteryProfile, CurvePoint};
use crate::scenario::profiles::{figure, source};
use crate::scenario::reader::Node;
use crate::source::{Figure, Source};

/// The curve: at least two points `[depth of discharge, V, Ω]`, from depth 0 to depth 1, with a voltage that falls or
/// stays.
fn read_curve(node: Node<'_>) -> Vec<CurvePoint> {
    let curve: Vec<_> = node
        .list()
        .iter()
        .filter_map(|point| match point.list()[..] {
            [depth, volts, ohm] => Some(CurvePoint {
                depth: depth.number(&(0.0..=1.0), ""),
                volts: volts.number(&(0.5..=20.0), "V"),
                ohm: ohm.number(&(0.0..=1e5), "Ω"),
            }),
            _ => {
                point.wrong("expected a point, [depth of discharge, V, Ω]");
                None
            }
        })
        .collect();
    let ends = curve.first().is_some_and(|p| p.depth == 0.0) && curve.last().is_some_and(|p| p.depth == 1.0);
    if !ends || curve.windows(2).any(|pair| pair[1].depth <= pair[0].depth) {
        node.problem("the depths of discharge must rise from 0 to 1");
    }
    if curve.windows(2).any(|pair| pair[1].volts > pair[0].volts) {
        node.problem("the voltage rises from one point to the next; a cell that is used up loses voltage");
    }
    curve
}

/// A battery.
pub fn read_battery(node: Node<'_>) -> BatteryProfile {
    let fields = node.fields("Battery");
    let kinds = [("Primary", BatteryKind::Primary), ("Rechargeable", BatteryKind::Rechargeable)];
    let kind = fields.required("kind").and_then(|node| node.choice(&kinds)).unwrap_or(BatteryKind::Primary);
    let curve_source = fields.required("curve_source").map(|node| node.fields("Source"));
    let fraction = |name| figure(&fields, name, 0.0..=1.0, "");
    let whole = |name, most: f64| {
        let figure = figure(&fields, name, 1.0..=most, "");
        if figure.value.fract() != 0.0 {
            fields.owner().problem(format!("{name} is {}; it is a count", figure.value));
        }
        figure
    };
    let profile = BatteryProfile {
        kind,
        cells: whole("cells", 16.0),
        capacity_mah: figure(&fields, "capacity_mah", 0.01..=1e5, "mAh"),
        curve: fields.required("curve").map_or(Vec::new(), read_curve),
        curve_source: curve_source.map_or(Source::Ours(String::new()), |fields| source(&fields)),
        self_discharge_per_year: fraction("self_discharge_per_year"),
        fade_per_year: fraction("fade_per_year"),
        fade_per_cycle: fraction("fade_per_cycle"),
        worn_out_fraction: fraction("worn_out_fraction"),
        elective_replacement_v: figure(&fields, "elective_replacement_v", 0.5..=20.0, "V"),
        end_of_service_v: figure(&fields, "end_of_service_v", 0.5..=20.0, "V"),
        low_readings: whole("low_readings", 100.0),
        quiescent_ua: figure(&fields, "quiescent_ua", 0.001..=1e5, "µA"),
        pulse_overhead_nc: figure(&fields, "pulse_overhead_nc", 0.0..=1e6, "nC"),
        converter_efficiency: figure(&fields, "converter_efficiency", 0.01..=1.0, ""),
        telemetry_listening_ua: figure(&fields, "telemetry_listening_ua", 0.0..=1e5, "µA"),
        telemetry_on_ma: figure(&fields, "telemetry_on_ma", 0.0..=1e3, "mA"),
        charge_ma: figure(&fields, "charge_ma", 0.0..=1e4, "mA"),
    };
    if profile.end_of_service_v.value > profile.elective_replacement_v.value {
        fields.owner().problem("end_of_service_v is above elective_replacement_v");
    }
    if profile.curve.first().is_some_and(|point| point.volts <= profile.elective_replacement_v.value) {
        fields.owner().problem("a full cell is not above elective_replacement_v");
    }
    let never = [&profile.fade_per_year, &profile.fade_per_cycle, &profile.charge_ma];
    if kind == BatteryKind::Primary && never.iter().any(|figure| figure.value != 0.0) {
        fields.owner().problem("fade_per_year, fade_per_cycle and charge_ma are 0 for a primary cell");
    }
    profile
}

/// Stands for a battery that is missing, which has been noted.
pub fn none() -> BatteryProfile {
    let nothing = || Figure::ours(1.0);
    BatteryProfile {
        kind: BatteryKind::Primary,
        cells: nothing(),
        capacity_mah: nothing(),
        curve: vec![CurvePoint { depth: 0.0, volts: 3.0, ohm: 0.0 }, CurvePoint { depth: 1.0, volts: 2.0, ohm: 0.0 }],
        curve_source: Source::Ours(String::new()),
        self_discharge_per_year: nothing(),
        fade_per_year: nothing(),
        fade_per_cycle: nothing(),
        worn_out_fraction: nothing(),
        elective_replacement_v: nothing(),
        end_of_service_v: nothing(),
        low_readings: nothing(),
        quiescent_ua: nothing(),
        pulse_overhead_nc: nothing(),
        converter_efficiency: nothing(),
        telemetry_listening_ua: nothing(),
        telemetry_on_ma: nothing(),
        charge_ma: nothing(),
    }
}
