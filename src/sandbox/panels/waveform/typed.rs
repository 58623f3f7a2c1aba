//! The edges of the pulse as numbers, for those who would rather type.

use egui::{DragValue, Response, RichText, Ui};

use crate::device::profile::DeviceProfile;
use crate::device::program::Recharge;
use crate::sandbox::panels::waveform::shape::Handle;
use crate::sandbox::theme::Theme;
use crate::sandbox::units::{Unit, number};
use crate::scenario::write::Settings;
use crate::time::SimTime;

/// A number behind its label; whether it was changed tells the response.
fn typed(ui: &mut Ui, theme: &Theme, label: &str, unit: Unit, step: f64, value: &mut f64) -> Response {
    let label = ui.label(RichText::new(label).color(theme.faint));
    let suffix = if unit.name().is_empty() { String::new() } else { format!(" {}", unit.name()) };
    let drag = DragValue::new(value)
        .speed(step)
        .custom_formatter(|value, _| number(value))
        .custom_parser(|text| unit.parse(text))
        .update_while_editing(false)
        .suffix(suffix);
    ui.add(drag).labelled_by(label.id)
}

/// Width, amplitude, gap and recharge, or the corners of an arbitrary waveform.
pub fn typed_ui(ui: &mut Ui, theme: &Theme, settings: &mut Settings, device: &DeviceProfile) {
    let before = settings.clone();
    let handles = Handle::of(&before, device);
    let has = |handle: Handle| handles.contains(&handle);
    ui.horizontal_wrapped(|ui| {
        let range = &device.amplitude_ma;
        let mut ma = settings.amplitude_ma;
        if typed(ui, theme, "Amplitude", Unit::MilliAmperes, range.step, &mut ma).dragged() {
            // What is dragged goes by the device's steps; what is typed stays, and is refused in words if it has to be.
            Handle::Amplitude.put_value(settings, device, ma);
        } else {
            settings.amplitude_ma = ma;
        }
        for (handle, label, step) in
            [(Handle::Width, "Width", device.width_us.step), (Handle::Gap, "Gap", device.interphase_gap_us.step)]
        {
            let mut us = handle.value(settings);
            if has(handle) {
                if typed(ui, theme, label, Unit::Microseconds, step, &mut us).dragged() {
                    handle.put_value(settings, device, us);
                } else if handle == Handle::Width {
                    settings.width_us = us;
                } else {
                    settings.interphase_gap_us = us;
                }
            }
        }
        if has(Handle::Recharge) {
            let mut times = settings.recharge.times() as f64;
            typed(ui, theme, "Recharge 1 :", Unit::Count, 1.0, &mut times);
            let times = times.round().clamp(1.0, Recharge::MAX_TIMES as f64) as i64;
            settings.recharge = Recharge::Active { times };
        }
        corners_ui(ui, theme, settings, device);
    });
}

/// The corners: when, and at which part of the amplitude.
fn corners_ui(ui: &mut Ui, theme: &Theme, settings: &mut Settings, device: &DeviceProfile) {
    let tick_us = device.timer_tick().nanos() as f64 / 1e3;
    for (index, edge) in settings.edges.iter_mut().enumerate() {
        let mut us = edge.at.nanos() as f64 / 1e3;
        if typed(ui, theme, &format!("{}:", index + 1), Unit::Microseconds, tick_us, &mut us).changed() {
            edge.at = SimTime::from_nanos((us.clamp(0.0, 1e6) * 1e3).round() as i64);
        }
        let mut level = edge.level_ppm as f64 / 1e6;
        if typed(ui, theme, "at", Unit::Count, 0.01, &mut level).changed() {
            edge.level_ppm = (level.clamp(-1.0, 1.0) * 1e6).round() as i64;
        }
    }
}
