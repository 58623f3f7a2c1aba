//! Reading a device: what it can make, what it is made of, how it behaves.

use std::sync::Arc;

use crate::device::impedance::ImpedanceProfile;
use crate::device::memory::LogFormat;
use crate::device::output::{Dac, MirrorParts, OutputStage};
use crate::device::profile::{BeyondSafe, DeviceProfile, Habits, MagnetAction, MagnetWindow};
use crate::device::program::{PhaseOrder, RampShape, RechargeKind};
use crate::device::safety::Limits;
use crate::scenario::battery::read_battery;
use crate::scenario::profiles::{figure, range, source, text};
use crate::scenario::reader::{Fields, Node};
use crate::source::Figure;
use crate::time::SimTime;

/// The least supply of an output stage, V.
const LEAST_SUPPLY_V: f64 = 0.01;

/// Yes or no, for a field that must be there.
fn flag(fields: &Fields<'_>, name: &'static str) -> bool {
    fields.required(name).and_then(|node| node.choice(&[("true", true), ("false", false)])).unwrap_or_default()
}

fn choices<T: Copy>(fields: &Fields<'_>, name: &'static str, all: &[(&str, T)]) -> Vec<T> {
    let Some(node) = fields.required(name) else { return Vec::new() };
    let items = node.list();
    if items.is_empty() {
        node.wrong("at least one is needed");
    }
    items.iter().filter_map(|item| item.choice(all)).collect()
}

/// A device. Its default program is read separately, with the ranges at hand.
pub fn read_device(fields: &Fields<'_>) -> DeviceProfile {
    let range = |name, allowed, unit| range(fields, name, allowed, unit);
    let output = fields.required("output").map(|node| node.fields("Output"));
    let nothing = Fields::absent(fields.owner());
    let output = output.as_ref().unwrap_or(&nothing);
    let (stage, stage_figures) = read_stage(output, fields);
    let battery = fields.required("battery").map(read_battery);
    let log = fields.required("log").map(|node| node.fields("Log"));
    let log = log.as_ref().unwrap_or(&nothing);
    let formats = [("OpenNerve", LogFormat::OpenNerve), ("Lines", LogFormat::Lines)];
    let device = DeviceProfile {
        name: text(fields, "name"),
        description: text(fields, "description"),
        amplitude_ma: range("amplitude_ma", 0.0..=25.0, "mA"),
        width_us: range("width_us", 1.0..=2000.0, "µs"),
        rate_hz: range("rate_hz", 0.01..=2000.0, "Hz"),
        interphase_gap_us: range("interphase_gap_us", 0.0..=2000.0, "µs"),
        on_s: range("on_s", 0.0..=86_400.0, "s"),
        off_s: range("off_s", 0.0..=86_400.0, "s"),
        ramp_s: range("ramp_s", 0.0..=600.0, "s"),
        session_min: range("session_min", 0.0..=1440.0, "min"),
        sessions_per_day: range("sessions_per_day", 0.0..=96.0, ""),
        pulses_per_cycle: figure(fields, "pulses_per_cycle", 1.0..=2.0, ""),
        burst_pulses: figure(fields, "burst_pulses", 1.0..=16.0, ""),
        most_edges: figure(fields, "most_edges", 0.0..=12.0, ""),
        phase_orders: choices(fields, "phase_orders", &PhaseOrder::ALL),
        recharges: choices(fields, "recharges", &RechargeKind::ALL),
        ramp_shape: fields.required("ramp_shape").and_then(|n| n.choice(&RampShape::ALL)).unwrap_or(RampShape::Line),
        beyond_safe: fields
            .required("beyond_safe")
            .and_then(|node| node.choice(&BeyondSafe::ALL))
            .unwrap_or(BeyondSafe::Refuse),
        cuts_width: flag(fields, "cuts_width"),
        stage,
        stage_figures,
        compliance_v: figure(output, "compliance_v", LEAST_SUPPLY_V..=100.0, "V"),
        headroom_v: figure(output, "headroom_v", 0.0..=10.0, "V"),
        output_ohm: figure(output, "output_ohm", 0.0..=1e12, "Ω"),
        leakage_na: figure(output, "leakage_na", -1e4..=1e4, "nA"),
        blocking_capacitor_uf: figure(output, "blocking_capacitor_uf", 0.0..=1000.0, "µF"),
        discharge_ohm: figure(output, "discharge_ohm", 0.0..=1e6, "Ω"),
        shorts_between: flag(output, "shorts_between"),
        limits: read_limits(fields, &nothing),
        impedance: read_impedance(fields, &nothing),
        habits: read_habits(fields, &nothing),
        magnet: fields.required("magnet").map_or(Vec::new(), read_magnet),
        log_bytes: figure(log, "bytes", 512.0..=16_777_216.0, "bytes"),
        log_format: log.required("format").and_then(|node| node.choice(&formats)).unwrap_or(LogFormat::Lines),
        battery: Arc::new(battery.unwrap_or_else(crate::scenario::battery::none)),
    };
    check_device(&device, fields);
    device
}

/// What no single field tells.
fn check_device(device: &DeviceProfile, fields: &Fields<'_>) {
    let problem = |message: String| fields.owner().problem(message);
    let tick_us = device.timer_tick().as_secs() * 1e6;
    if device.rate_hz.max * device.pulses_per_cycle.value * tick_us > 1e6 {
        problem("rate_hz goes up to more than a pulse for each timer_tick_us".to_string());
    }
    // A supply that was wrong itself has been said, and reads as the least.
    if device.headroom_v.value >= device.compliance_v.value && device.compliance_v.value > LEAST_SUPPLY_V {
        problem("headroom_v leaves nothing of compliance_v to push with".to_string());
    }
    let most_na = device.stage.dac.current_na(device.stage.dac.full_scale());
    if (device.amplitude_ma.max * 1e6).round() as i64 > most_na {
        problem(format!(
            "amplitude_ma goes up to {} mA, and the converter to {} mA",
            device.amplitude_ma.max,
            most_na as f64 / 1e6
        ));
    }
    for (name, figure) in [("burst_pulses", &device.burst_pulses), ("most_edges", &device.most_edges)] {
        if figure.value.fract() != 0.0 {
            problem(format!("{name} is {}; it is a count", figure.value));
        }
    }
}

/// Converter, timer and guards.
fn read_stage(output: &Fields<'_>, device: &Fields<'_>) -> (OutputStage, Vec<(&'static str, Figure)>) {
    let timer_tick_us = figure(output, "timer_tick_us", 0.001..=1000.0, "µs");
    let mismatch = figure(output, "mismatch_fraction", -0.5..=0.5, "");
    let longest_us = figure(output, "longest_phase_us", 0.0..=1e6, "µs");
    let largest_uc = figure(output, "largest_phase_uc", 0.0..=1e3, "µC");
    let mut figures = vec![
        ("timer_tick_us", timer_tick_us.clone()),
        ("mismatch_fraction", mismatch.clone()),
        ("longest_phase_us", longest_us.clone()),
        ("largest_phase_uc", largest_uc.clone()),
    ];
    let stage = OutputStage {
        dac: read_dac(output, device, &mut figures),
        timer_tick: SimTime::from_nanos(((timer_tick_us.value * 1e3).round() as i64).max(1)),
        mismatch: mismatch.value,
        longest_phase: (longest_us.value > 0.0).then(|| SimTime::from_nanos((longest_us.value * 1e3).round() as i64)),
        largest_charge_ac: (largest_uc.value > 0.0).then(|| (largest_uc.value * 1e12).round() as i128),
    };
    (stage, figures)
}

fn read_dac(output: &Fields<'_>, device: &Fields<'_>, figures: &mut Vec<(&'static str, Figure)>) -> Dac {
    let nothing = Dac::Linear { step_na: 1, full_scale: i64::MAX / 2 };
    let Some((name, fields)) = output.required("dac").and_then(|node| node.variant(&["Linear", "Mirror"])) else {
        return nothing;
    };
    let mut part = |name, allowed, unit| {
        let figure = figure(&fields, name, allowed, unit);
        figures.push((name, figure.clone()));
        figure.value
    };
    let full_scale = |codes: f64| {
        if codes.fract() != 0.0 {
            device.owner().problem(format!("full_scale is {codes}; it is a code"));
        }
        codes as i64
    };
    if name == "Linear" {
        let step_na = (part("step_ua", 0.001..=1000.0, "µA") * 1e3).round() as i64;
        return Dac::Linear { step_na, full_scale: full_scale(part("full_scale", 1.0..=1e6, "")) };
    }
    Dac::mirror(MirrorParts {
        step_v: part("step_mv", 0.001..=1000.0, "mV") * 1e-3,
        full_scale: full_scale(part("full_scale", 1.0..=65_535.0, "")),
        reference_s: part("reference_us", 1.0..=1e5, "µS") * 1e-6,
        reference_ohm: part("reference_ohm", 1.0..=1e6, "Ω"),
        output_ohm: part("output_emitter_ohm", 1.0..=1e6, "Ω"),
        thermal_v: part("thermal_mv", 20.0..=35.0, "mV") * 1e-3,
    })
}

fn read_limits(device: &Fields<'_>, nothing: &Fields<'_>) -> Limits {
    let fields = device.required("limits").map(|node| node.fields("Limits"));
    let fields = fields.as_ref().unwrap_or(nothing);
    Limits {
        shannon_k: figure(fields, "shannon_k", -5.0..=5.0, ""),
        charge_density_uc_per_cm2: figure(fields, "charge_density_uc_per_cm2", 0.01..=1e4, "µC/cm²"),
        charge_per_phase_uc: figure(fields, "charge_per_phase_uc", 0.001..=1e3, "µC"),
        mean_current_ua: figure(fields, "mean_current_ua", 0.01..=1e5, "µA"),
        dc_na: figure(fields, "dc_na", 0.1..=1e6, "nA"),
        dc_window_s: figure(fields, "dc_window_s", 0.1..=86_400.0, "s"),
        residual_mv: figure(fields, "residual_mv", 0.1..=1e4, "mV"),
        unbalanced_fraction: figure(fields, "unbalanced_fraction", 0.001..=1.0, ""),
    }
}

fn read_impedance(device: &Fields<'_>, nothing: &Fields<'_>) -> ImpedanceProfile {
    let fields = device.required("impedance").map(|node| node.fields("Impedance"));
    let fields = fields.as_ref().unwrap_or(nothing);
    let profile = ImpedanceProfile {
        current_ma: figure(fields, "current_ma", 0.0..=25.0, "mA"),
        width_us: figure(fields, "width_us", 1.0..=10_000.0, "µs"),
        period_ms: figure(fields, "period_ms", 0.1..=1000.0, "ms"),
        settle_ms: figure(fields, "settle_ms", 0.0..=10_000.0, "ms"),
        rail_v: figure(fields, "rail_v", 0.1..=100.0, "V"),
        resolution_mv: figure(fields, "resolution_mv", 0.0..=1000.0, "mV"),
        short_ohm: figure(fields, "short_ohm", 0.0..=1e5, "Ω"),
        open_ohm: figure(fields, "open_ohm", 1.0..=1e9, "Ω"),
        every_h: figure(fields, "every_h", 0.0..=8760.0, "h"),
    };
    if profile.width_us.value > profile.period_ms.value * 1e3 {
        fields.owner().problem("width_us is longer than period_ms");
    }
    profile
}

fn read_habits(device: &Fields<'_>, nothing: &Fields<'_>) -> Habits {
    let fields = device.required("habits").map(|node| node.fields("Habits"));
    let fields = fields.as_ref().unwrap_or(nothing);
    Habits {
        clock_ppm: figure(fields, "clock_ppm", -10_000.0..=10_000.0, "ppm"),
        looks_once_a_minute: flag(fields, "looks_once_a_minute"),
        arms_last_only: flag(fields, "arms_last_only"),
        short_blocks: flag(fields, "short_blocks"),
        authenticates: flag(fields, "authenticates"),
        battery_every_h: figure(fields, "battery_every_h", 0.01..=8760.0, "h"),
        boot_s: figure(fields, "boot_s", 0.001..=600.0, "s"),
        settle_s: figure(fields, "settle_s", 0.001..=600.0, "s"),
        link_s: figure(fields, "link_s", 1.0..=86_400.0, "s"),
    }
}

fn read_magnet(node: Node<'_>) -> Vec<MagnetWindow> {
    let window = |node: &Node<'_>| {
        let fields = node.fields("Hold");
        let seconds = |name| fields.required(name).map_or(0.0, |node| node.number(&(0.0..=86_400.0), "s"));
        MagnetWindow {
            from_s: seconds("from_s"),
            to_s: seconds("to_s"),
            action: fields.required("action").and_then(|n| n.choice(&MagnetAction::ALL)).unwrap_or(MagnetAction::Stop),
            source: source(&fields),
        }
    };
    let windows: Vec<MagnetWindow> = node.list().iter().map(window).collect();
    for (i, a) in windows.iter().enumerate() {
        if a.from_s > a.to_s {
            node.problem(format!("from_s is {}, which is more than to_s, {}", a.from_s, a.to_s));
        }
        if windows[..i].iter().any(|b| a.from_s <= b.to_s && b.from_s <= a.to_s) {
            node.problem(format!("two actions for a magnet that is held for {} s", a.from_s));
        }
    }
    windows
}
