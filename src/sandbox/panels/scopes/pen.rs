//! Lines of scopes as shapes: from instants and values to points on the screen, solid or dashed.

use egui::{Color32, Pos2, Rect, Shape, Stroke, pos2};
use egui_plot::PlotTransform;

use crate::time::SimTime;

/// Where instants and values lie on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The rectangle of the plot.
    pub frame: Rect,
    /// The instant at its left edge.
    pub from: SimTime,
    /// Points of the screen for a nanosecond.
    pub points_per_ns: f64,
    bottom_value: f64,
    points_per_value: f64,
}

impl Scale {
    /// The scale of a plot whose left edge is `from`.
    pub fn new(transform: &PlotTransform, from: SimTime) -> Self {
        let (frame, bounds) = (*transform.frame(), transform.bounds());
        Self {
            frame,
            from,
            points_per_ns: f64::from(frame.width()) / (bounds.width() * 1e9),
            bottom_value: bounds.min()[1],
            points_per_value: f64::from(frame.height()) / bounds.height(),
        }
    }

    /// Where an instant lies, not farther outside than a screen is wide.
    pub fn x(&self, at: SimTime) -> f32 {
        let x = (at - self.from).nanos() as f64 * self.points_per_ns;
        self.frame.left() + x.clamp(-5e3, 2e4) as f32
    }

    /// Where a value lies.
    pub fn y(&self, value: f64) -> f32 {
        let y = (value - self.bottom_value) * self.points_per_value;
        self.frame.bottom() - y.clamp(-2e4, 2e4) as f32
    }
}

/// How a line is broken, so that lines are told apart without colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// In dashes.
    Dashes,
    /// In dots.
    Dots,
    /// In long dashes and dots.
    Alternating,
}

impl Dash {
    /// Points of what is drawn and of the gap after it, over and over; nothing where it is solid.
    pub fn pattern(self) -> &'static [(f64, f64)] {
        match self {
            Self::Solid => &[],
            Self::Dashes => &[(7.0, 4.0)],
            Self::Dots => &[(1.5, 3.0)],
            Self::Alternating => &[(10.0, 3.0), (1.5, 3.0)],
        }
    }

    /// The length of the pattern, points.
    fn period(self) -> f64 {
        self.pattern().iter().map(|(on, off)| on + off).sum()
    }

    /// Whether a place in the pattern is drawn, and how far it goes on so.
    fn at(self, mut phase: f64) -> (bool, f64) {
        for &(on, off) in self.pattern() {
            if phase < on {
                return (true, on - phase);
            }
            phase -= on;
            if phase < off {
                return (false, off - phase);
            }
            phase -= off;
        }
        (true, 0.0)
    }
}

/// What rises by more than some points, and more than it goes on, is drawn in a gap too: a dash hides no spike.
fn is_steep(by: egui::Vec2) -> bool {
    by.y.abs() >= 2.0 && by.y.abs() > by.x.abs()
}

/// A place along a line: across in f64, because far outside of the plot single precision would bend the line.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f32,
}

impl Place {
    /// Where the line from here to there is at `x`.
    fn towards(self, there: Self, x: f64) -> Self {
        let part = if there.x > self.x { (x - self.x) / (there.x - self.x) } else { 0.0 };
        Self { x, y: self.y + (there.y - self.y) * part as f32 }
    }
}

/// Draws strips of a line.
struct Strips<'a> {
    strip: Vec<Pos2>,
    left: f32,
    stroke: Stroke,
    dash: Dash,
    shapes: &'a mut Vec<Shape>,
}

impl Strips<'_> {
    /// On to a place; one that lies on the way, within a point of the screen, is left out.
    fn go_to(&mut self, place: Place) {
        let next = pos2(self.left + place.x as f32, place.y);
        if let [.., before, last] = self.strip[..] {
            let on_the_way = (before.y <= last.y && last.y <= next.y) || (before.y >= last.y && last.y >= next.y);
            if on_the_way && next.x - before.x <= 1.0 {
                self.strip.pop();
            }
        }
        self.strip.push(next);
    }

    fn lift(&mut self) {
        match self.strip.len() {
            0 => {}
            1 => self.shapes.push(Shape::circle_filled(self.strip[0], self.stroke.width * 0.75, self.stroke.color)),
            _ => self.shapes.push(Shape::line(std::mem::take(&mut self.strip), self.stroke)),
        }
        self.strip.clear();
    }

    /// Goes along the pattern of dashes, which begins at `origin`.
    fn dash(&mut self, from: Place, to: Place, origin: f64) {
        let period = self.dash.period();
        let mut x = from.x;
        while x < to.x {
            let (is_on, left) = self.dash.at((x - origin).rem_euclid(period));
            let next = (x + left).max(x + 0.01).min(to.x);
            if is_on {
                if self.strip.is_empty() {
                    self.go_to(from.towards(to, x));
                }
                self.go_to(from.towards(to, next));
            } else if self.strip.len() > 1 {
                self.lift();
            } else {
                self.strip.clear();
            }
            x = next;
        }
    }
}

/// A line through points, broken where a value is not a number.
pub fn line(scale: &Scale, points: &[(SimTime, f64)], gain: f64, stroke: Stroke, dash: Dash, shapes: &mut Vec<Shape>) {
    let dashed = dash != Dash::Solid;
    let (least, most) = (-20.0, f64::from(scale.frame.width()) + 20.0);
    // Dashes are fixed to time, or they would crawl along a line that moves.
    let origin = -(scale.from.nanos() as f64 * scale.points_per_ns).rem_euclid(dash.period().max(1.0));
    let strip = Vec::with_capacity(if dashed { 16 } else { points.len() });
    let mut strips = Strips { strip, left: scale.frame.left(), stroke, dash, shapes };
    let mut before: Option<Place> = None;
    for (at, value) in points {
        if !value.is_finite() {
            before = None;
            strips.lift();
            continue;
        }
        let x = (*at - scale.from).nanos() as f64 * scale.points_per_ns;
        let here = Place { x, y: scale.y(value * gain) };
        let Some(there) = before else {
            before = Some(here);
            if (least..=most).contains(&x) {
                strips.go_to(here);
            }
            continue;
        };
        if (x - there.x).abs() < 0.25 && (here.y - there.y).abs() < 0.25 {
            continue;
        }
        before = Some(here);
        if x < least || there.x > most {
            continue;
        }
        let from = if there.x < least { there.towards(here, least) } else { there };
        let to = if x > most { there.towards(here, most) } else { here };
        if dashed && !is_steep(egui::vec2((to.x - from.x) as f32, to.y - from.y)) {
            strips.dash(from, to, origin);
        } else {
            if strips.strip.is_empty() {
                strips.go_to(from);
            }
            strips.go_to(to);
        }
    }
    if strips.strip.len() > 1 || !dashed {
        strips.lift();
    }
}

/// A colour between two.
pub fn mixed(one: Color32, other: Color32, part: f32) -> Color32 {
    one.lerp_to_gamma(other, part)
}

/// What is less than this is drawn and written as nothing: a force that has died away, not a figure of 300 zeros (ours;
/// in every unit that is shown it is far below what can be measured).
const NOTHING: f64 = 1e-9;

/// A range that holds values and ends on round numbers, so that it stays where it is while they move.
pub fn round_range(least: f64, largest: f64) -> (f64, f64) {
    if !(least.is_finite() && largest.is_finite()) {
        return (0.0, 1.0);
    }
    let (mut low, mut high) = (least.min(largest), largest.max(least));
    if low.abs().max(high.abs()) < NOTHING {
        (low, high) = (0.0, 0.0);
    }
    // Near zero, zero belongs to it.
    if low > 0.0 && low < 0.6 * high {
        low = 0.0;
    } else if high < 0.0 && high > 0.6 * low {
        high = 0.0;
    }
    // What does not change still has a scale: that of its size, or of one.
    let size = high.abs().max(low.abs());
    let span = (high - low).max(if size > 0.0 { 0.02 * size } else { 1.0 });
    let step = round_step(span / 4.0);
    let (bottom, top) = ((low / step).floor() * step, (high / step).ceil() * step);
    if top > bottom { (bottom, top) } else { (bottom - step, top + step) }
}

/// The least of 1, 2 and 5 times a power of ten that is not less.
pub fn round_step(least: f64) -> f64 {
    let mut decade = 1.0;
    while decade > least {
        decade /= 10.0;
    }
    while decade * 10.0 <= least {
        decade *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * decade).find(|step| *step >= least).unwrap_or(10.0 * decade)
}

/// A value in four digits.
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "–".to_string();
    }
    if size < NOTHING {
        return "0".to_string();
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.3e}").replace('-', "−");
    }
    let mut digits: usize = 3;
    let mut bound = 10.0;
    while size >= bound && digits > 0 {
        bound *= 10.0;
        digits -= 1;
    }
    let mut bound = 1.0;
    while size < bound {
        bound /= 10.0;
        digits += 1;
    }
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_ranges_are_round_and_hold_what_they_are_made_of() {
        for (low, high) in [(0.0, 1.0), (-2.13, 2.0), (93.2, 99.9), (1e-5, 3e-5), (5.0, 5.0), (-1.0, -0.9)] {
            let (bottom, top) = round_range(low, high);
            assert!(bottom <= low && high <= top && bottom < top, "{low} {high}: {bottom} {top}");
        }
        assert_eq!(round_range(0.3, 9.4), (0.0, 10.0));
        assert_eq!(round_range(-2.13, 2.0), (-4.0, 2.0));
        assert_eq!(round_range(0.0, 0.0), (-0.5, 0.5));
    }

    #[test]
    fn verif_figures_have_four_digits() {
        let shown = [0.0, 1.23456, -12.3456, 1234.56, 0.000_123_4, 5e7, f64::NAN, 100.0].map(figure);
        assert_eq!(shown, ["0", "1.235", "−12.35", "1235", "0.0001234", "5.000e7", "–", "100"]);
    }

    #[test]
    fn verif_patterns_go_on_and_off_over_their_whole_length() {
        for dash in [Dash::Dashes, Dash::Dots, Dash::Alternating] {
            let (mut phase, mut drawn) = (0.0, 0.0);
            while phase < dash.period() - 1e-9 {
                let (is_on, left) = dash.at(phase);
                assert!(left > 0.0, "{dash:?} at {phase}");
                drawn += if is_on { left } else { 0.0 };
                phase += left;
            }
            let on: f64 = dash.pattern().iter().map(|(on, _)| on).sum();
            assert!((drawn - on).abs() < 1e-9 && (phase - dash.period()).abs() < 1e-9, "{dash:?}");
        }
    }

    #[test]
    fn verif_a_dash_hides_no_spike() {
        let scale = Scale {
            frame: Rect::from_min_size(Pos2::ZERO, egui::vec2(100.0, 100.0)),
            from: SimTime::ZERO,
            points_per_ns: 1.0,
            bottom_value: 0.0,
            points_per_value: 1.0,
        };
        for spike in 0..100 {
            let points: Vec<_> =
                (0..100).map(|i| (SimTime::from_nanos(i), if i == spike { 50.0 } else { 0.0 })).collect();
            let mut shapes = Vec::new();
            line(&scale, &points, 1.0, Stroke::new(1.0, Color32::WHITE), Dash::Dashes, &mut shapes);
            let top = shapes.iter().map(|shape| shape.visual_bounding_rect().top()).fold(f32::INFINITY, f32::min);
            assert!(top <= 51.0, "the spike at {spike} is hidden");
            assert!(shapes.len() > 5, "dashes");
        }
    }
}
