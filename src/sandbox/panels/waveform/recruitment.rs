//! The recruitment curve: which part of the motor axons, and of the afferents, an amplitude fires, with this pulse
//! through these contacts.

use egui::Ui;
use egui_plot::{AxisHints, Line, LineStyle, MarkerShape, PlotBounds, PlotPoints, Points, VLine, uniform_grid_spacer};

use crate::sandbox::panels::waveform::pulse::{TIGHT_X, still_plot};
use crate::sandbox::preview::Preview;
use crate::sandbox::theme::Theme;
use crate::side::Side;

/// The curve up to the largest amplitude of the device, with the amplitude of the draft marked.
pub fn recruitment_ui(
    ui: &mut Ui,
    theme: &Theme,
    height: f32,
    side: Side,
    amplitude_ma: f64,
    most_ma: f64,
    preview: &Preview,
) {
    let points = curve(&preview.thresholds_na, most_ma);
    let afferents = curve(&preview.afferents_na, most_ma);
    let flowing_ma = preview.flowing_na / 1e6;
    let fires = preview.recruited(preview.flowing_na) * 100.0;
    // Room for the whole curve, also where it ends far below what the device can make.
    let half_ma = preview.half_na().map_or(most_ma, |half| half / 1e6);
    let to_ma = (half_ma * 3.0).max(amplitude_ma * 1.2).min(most_ma).max(1e-3);
    let across = AxisHints::new_x().label("mA").label_spacing(TIGHT_X);
    still_plot("recruitment", height, "% of axons")
        .custom_x_axes(vec![across])
        .y_grid_spacer(uniform_grid_spacer(|_| [100.0, 50.0, 25.0]))
        .show(ui, |plot| {
            plot.set_plot_bounds(PlotBounds::from_min_max([0.0, 0.0], [to_ma, 105.0]));
            let dashed = Line::new("afferents", PlotPoints::from(afferents)).color(theme.faint);
            plot.line(dashed.width(1.5).style(LineStyle::dashed_dense()));
            plot.line(Line::new("curve", PlotPoints::from(points)).color(theme.side(side)).width(2.0));
            let style = LineStyle::dashed_loose();
            plot.vline(VLine::new("amplitude", amplitude_ma).color(theme.text).style(style).allow_hover(false));
            if let Some(compliance_na) = preview.compliance_na {
                plot.vline(VLine::new("compliance", compliance_na / 1e6).color(theme.caution).allow_hover(false));
            }
            let here = Points::new("now", vec![[flowing_ma, fires]]);
            plot.points(here.shape(MarkerShape::Circle).radius(5.0).color(theme.accent).allow_hover(false));
        });
}

/// The steps of a curve through sorted thresholds, nA, up to an amplitude: mA and per cent.
fn curve(thresholds_na: &[f64], most_ma: f64) -> Vec<[f64; 2]> {
    let all = thresholds_na.len().max(1) as f64;
    let mut points = vec![[0.0, 0.0]];
    for (place, threshold) in thresholds_na.iter().filter(|threshold| threshold.is_finite()).enumerate() {
        let ma = threshold / 1e6;
        points.push([ma, place as f64 / all * 100.0]);
        points.push([ma, (place + 1) as f64 / all * 100.0]);
    }
    if let Some(&[ma, percent]) = points.last()
        && ma < most_ma
    {
        points.push([most_ma, percent]);
    }
    points
}
