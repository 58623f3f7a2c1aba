//! The amplitude: by the device's step, on a bar with what there is to know about it.

use egui::{Pos2, Rect, RichText, Sense, Stroke, Ui, Vec2};

use crate::sandbox::panels::fields::{Field, number_field, press};
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::preview::Preview;
use crate::sandbox::units::{Unit, amplitude_on_step, amplitude_step, number, significant};
use crate::scenario::write::Settings;
use crate::side::Side;

/// A place on the bar.
struct Tick {
    name: &'static str,
    hint: &'static str,
    at_ma: f64,
}

/// The amplitude of a side with its steps, and the bar. Returns the new amplitude if there is one, mA.
pub fn amplitude_ui(
    ui: &mut Ui,
    facts: &Facts<'_>,
    side: Side,
    settings: &Settings,
    preview: &Preview,
    field: &Field<'_>,
) -> Option<f64> {
    let (device, range) = (facts.device(), &facts.device().amplitude_ma);
    let step_ma = amplitude_step(range, device.stage.dac.step_na(), settings.recharge.times());
    let mut new = number_field(ui, facts.theme, field, Unit::MilliAmperes, range, settings.amplitude_ma);
    ui.horizontal(|ui| {
        let by = |steps: f64| amplitude_on_step(range, step_ma, settings.amplitude_ma + steps * step_ma);
        let step = number(step_ma);
        for (text, name, steps) in [("−", "less", -1.0), ("+", "more", 1.0)] {
            let next = by(steps);
            let at_end = (next == settings.amplitude_ma).then_some("that is as far as the device goes");
            let large = egui::Button::new(text).min_size(Vec2::new(26.0, 22.0));
            if press(ui, large, &format!("{step} mA {name}: the device's step"), at_end) {
                new = Some(next);
            }
        }
        bar(ui, facts, side, settings.amplitude_ma, preview, &ticks(settings, preview, range.max));
    });
    legend(ui, facts, settings, preview, range.max);
    new
}

fn ticks(settings: &Settings, preview: &Preview, most_ma: f64) -> Vec<Tick> {
    let ma = |nano: Option<f64>| nano.map(|nano| nano / 1e6);
    let all = [
        ("threshold", "Lowest threshold of a motor axon.", ma(preview.motor_threshold_na())),
        ("half", "Half of the motor axons fire.", ma(preview.half_na())),
        ("patient max", "What the patient cannot step beyond.", Some(settings.patient_max_ma)),
        ("safe", "What the device does not go beyond.", Some(settings.safe_amplitude_ma)),
        ("compliance", "What the voltage of the output stage can push through this load.", ma(preview.compliance_na)),
        ("device max", "What the device can make.", Some(most_ma)),
    ];
    all.into_iter().filter_map(|(name, hint, at_ma)| at_ma.map(|at_ma| Tick { name, hint, at_ma })).collect()
}

fn bar(ui: &mut Ui, facts: &Facts<'_>, side: Side, amplitude_ma: f64, preview: &Preview, ticks: &[Tick]) {
    let theme = facts.theme;
    let most_ma = facts.device().amplitude_ma.max.max(1e-9);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width().max(120.0), 22.0), Sense::hover());
    let x = |ma: f64| rect.left() + rect.width() * (ma / most_ma).clamp(0.0, 1.0) as f32;
    let track =
        Rect::from_min_max(Pos2::new(rect.left(), rect.top() + 7.0), Pos2::new(rect.right(), rect.top() + 15.0));
    ui.painter().rect_filled(track, 2.0, theme.line);
    let filled = Rect::from_min_max(track.min, Pos2::new(x(amplitude_ma), track.bottom()));
    let color = if preview.limited { theme.alarm } else { theme.side(side) };
    ui.painter().rect_filled(filled, 2.0, color);
    for tick in ticks {
        let line = [Pos2::new(x(tick.at_ma), rect.top() + 2.0), Pos2::new(x(tick.at_ma), rect.bottom() - 2.0)];
        ui.painter().line_segment(line, Stroke::new(1.0, theme.faint));
    }
    let lines = ticks.iter().map(|tick| format!("{}: {} mA. {}", tick.name, significant(tick.at_ma), tick.hint));
    response.on_hover_text(lines.collect::<Vec<_>>().join("\n"));
}

/// The ticks in words, and what the amplitude does.
fn legend(ui: &mut Ui, facts: &Facts<'_>, settings: &Settings, preview: &Preview, most_ma: f64) {
    let theme = facts.theme;
    let words = ticks(settings, preview, most_ma);
    let words = words.iter().map(|tick| format!("{} {}", tick.name, significant(tick.at_ma)));
    let text = format!("{} mA", words.collect::<Vec<_>>().join(" · "));
    ui.add(egui::Label::new(RichText::new(text).color(theme.faint).small()).wrap());
    let fires = preview.recruited(preview.flowing_na) * 100.0;
    let (text, color) = if preview.open {
        ("⚠ no current can flow: check contacts and lead".to_string(), theme.alarm)
    } else if preview.limited {
        let flowing = significant(preview.flowing_na / 1e6);
        (format!("⚠ the voltage does not suffice: {flowing} mA flow, {fires:.0} % of the axons fire"), theme.alarm)
    } else {
        (format!("fires {fires:.0} % of the motor axons"), theme.text)
    };
    let hint = "From the law of thresholds that the simulation uses, for this pulse through these contacts.";
    ui.label(RichText::new(text).color(color).small()).on_hover_text(hint);
    let text = format!(
        "{} µC a phase · {} µC/cm² · {} of {} V · {} µA in the mean",
        significant(preview.charge_uc),
        significant(preview.margin("charge_density_uc_per_cm2").map_or(0.0, |margin| margin.found)),
        significant(preview.load_v),
        significant(preview.rail_v),
        significant(preview.mean_ua())
    );
    let hint = "Charge of the stimulating phase; its largest density at a contact; the voltage across the load, of \
                what the stage can push; mean of the current without sign while a train is on.";
    ui.add(egui::Label::new(RichText::new(text).color(theme.faint).small()).wrap()).on_hover_text(hint);
}
