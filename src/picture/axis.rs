//! Where a number stands on an axis, and which numbers are written at it.

use crate::math;

/// An axis: its label, with the unit, and how numbers stand on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is measured, and in which unit.
    pub label: String,
    /// Whether equal ratios are equally far apart.
    pub log: bool,
    /// A range that is shown whatever is drawn; what is drawn beyond widens it.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// An axis on which equal differences are equally far apart.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), log: false, range: None }
    }

    /// An axis on which equal ratios are equally far apart; it has no place for numbers that are not positive.
    pub fn log(label: impl Into<String>) -> Self {
        Self { label: label.into(), log: true, range: None }
    }

    /// The same, showing at least that range.
    pub fn showing(self, from: f64, to: f64) -> Self {
        Self { range: Some((from, to)), ..self }
    }
}

/// An axis with its numbers known: from a number to its share of the way along.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    log: bool,
    from: f64,
    to: f64,
}

impl Scale {
    /// The scale of an axis that all those numbers have a place on.
    pub(super) fn new(axis: &Axis, numbers: impl Iterator<Item = f64>, pad: bool) -> Self {
        let log = axis.log;
        let here = |number: &f64| number.is_finite() && (!log || *number > 0.0);
        let mut bounds: Option<(f64, f64)> = None;
        let drawn = numbers.filter(here).map(|number| (number, false));
        let given = axis.range.into_iter().flat_map(|(from, to)| [from, to]).filter(here).map(|number| (number, true));
        let mut fixed = (f64::INFINITY, f64::NEG_INFINITY);
        for (number, given) in drawn.chain(given) {
            let number = if log { math::ln(number) } else { number };
            let (low, high) = bounds.unwrap_or((number, number));
            bounds = Some((low.min(number), high.max(number)));
            if given {
                fixed = (fixed.0.min(number), fixed.1.max(number));
            }
        }
        let (mut low, mut high) = bounds.unwrap_or((0.0, 1.0));
        if !log && low > 0.0 && low < 0.5 * high {
            low = 0.0;
        }
        if low == high {
            let around = if log { 1.0 } else { (0.5 * low.abs()).max(0.5) };
            (low, high) = (low - around, high + around);
        }
        let margin = if pad { 0.04 * (high - low) } else { 0.0 };
        let at_zero = !log && low == 0.0;
        let from = if low == fixed.0 || at_zero { low } else { low - margin };
        let to = if high == fixed.1 { high } else { high + margin };
        Self { log, from, to }
    }

    /// How far along the axis a number stands, 0 to 1; none where it has no place.
    pub(super) fn share(&self, number: f64) -> Option<f64> {
        if !number.is_finite() || (self.log && number <= 0.0) {
            return None;
        }
        let number = if self.log { math::ln(number) } else { number };
        Some((number - self.from) / (self.to - self.from))
    }

    /// The numbers that are written at the axis, about so many at most, each with its words.
    pub(super) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let ticks = if self.log { self.log_ticks(most) } else { linear_ticks(self.from, self.to, most) };
        let inside = |tick: &f64| self.share(*tick).is_some_and(|share| (-1e-9..=1.0 + 1e-9).contains(&share));
        ticks.into_iter().filter(inside).map(|tick| (tick, words(tick))).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let decade = math::ln(10.0);
        let (from, to) = (self.from / decade, self.to / decade);
        if to - from < 0.7 {
            return linear_ticks(math::exp(self.from), math::exp(self.to), most);
        }
        // 1, 2 and 5 of every decade, or else powers of ten, and no more of those than there is room for.
        let full = (to - from) * 3.0 <= 1.3 * most as f64;
        let steps: &[f64] = if full { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = if full { 1 } else { ((to - from) / most as f64).ceil() as i64 };
        let decades = (from.floor() as i64..=to.ceil() as i64).filter(|decade| decade.rem_euclid(every.max(1)) == 0);
        decades.flat_map(|decade| steps.iter().map(move |step| step * ten_to(decade))).collect()
    }
}

/// A power of ten, the nearest number to it.
fn ten_to(power: i64) -> f64 {
    format!("1e{power}").parse().expect("a number that was just written")
}

/// Multiples of one, two or five times a power of ten.
fn linear_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let least = (to - from) / most as f64;
    let power = (math::ln(least) / math::ln(10.0)).floor() as i64;
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| (factor, power)).into_iter();
    let (factor, power) = step
        .into_iter()
        .find(|&(factor, power)| factor * ten_to(power) >= least * (1.0 - 1e-9))
        .unwrap_or((1.0, power + 1));
    let step = factor * ten_to(power);
    let (first, last) = ((from / step - 1e-9).ceil() as i64, (to / step + 1e-9).floor() as i64);
    // Written and read, so that three times 0.1 is 0.3.
    let tick =
        |index: i64| format!("{}e{power}", index * factor as i64).parse().expect("a number that was just written");
    (first..=last).map(tick).collect()
}

/// A number as it is written at an axis, with a real minus sign.
fn words(number: f64) -> String {
    let size = number.abs();
    let text = if number == 0.0 || (1e-4..1e6).contains(&size) { format!("{number}") } else { format!("{number:e}") };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(axis: &Axis, numbers: &[f64], most: usize) -> Vec<String> {
        Scale::new(axis, numbers.iter().copied(), true).ticks(most).into_iter().map(|(_, words)| words).collect()
    }

    #[test]
    fn verif_ticks_are_round_and_few() {
        assert_eq!(words_of(&Axis::linear(""), &[0.0, 1.0], 6), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(words_of(&Axis::linear(""), &[-3.0, 2.0], 6), ["−3", "−2", "−1", "0", "1", "2"]);
        assert_eq!(words_of(&Axis::linear(""), &[90.0, 100.0], 5), ["90", "95", "100"]);
        assert_eq!(words_of(&Axis::log(""), &[10.0, 500.0], 10), ["10", "20", "50", "100", "200", "500"]);
        assert_eq!(words_of(&Axis::log(""), &[1.0, 1e5], 10), ["1", "10", "100", "1000", "10000", "100000"]);
        assert_eq!(words_of(&Axis::log(""), &[0.05, 9.0], 5), ["0.1", "1", "10"]);
        assert_eq!(words_of(&Axis::log(""), &[0.2, 0.5], 4), ["0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(words_of(&Axis::linear(""), &[], 4), ["0", "0.5", "1"]);
    }

    #[test]
    fn verif_what_has_no_place_has_none_and_a_single_number_has_one() {
        let scale = Scale::new(&Axis::log(""), [1.0, 100.0, -1.0, f64::NAN].into_iter(), false);
        assert_eq!((scale.share(0.0), scale.share(f64::NAN), scale.share(f64::INFINITY)), (None, None, None));
        assert!((scale.share(10.0).expect("a place") - 0.5).abs() < 1e-12);
        let scale = Scale::new(&Axis::linear(""), [0.0].into_iter(), true);
        assert!(scale.share(0.0).expect("a place").is_finite());
        let scale = Scale::new(&Axis::linear("").showing(0.0, 10.0), [3.0].into_iter(), true);
        assert_eq!((scale.share(0.0), scale.share(10.0)), (Some(0.0), Some(1.0)));
    }
}
