//! Numbers with their units, as people type them and as the device steps.

use crate::device::profile::Range;

/// The unit that a field is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// mA.
    MilliAmperes,
    /// µs.
    Microseconds,
    /// Hz.
    Hertz,
    /// s.
    Seconds,
    /// min.
    Minutes,
    /// A plain count.
    Count,
}

/// Other units that a field takes, with their factors.
type Others = &'static [(&'static str, f64)];

const CURRENTS: Others = &[("ma", 1.0), ("ua", 1e-3), ("na", 1e-6), ("a", 1e3)];
const TIMES_US: Others = &[("us", 1.0), ("ns", 1e-3), ("ms", 1e3), ("s", 1e6)];
const RATES: Others = &[("hz", 1.0), ("/s", 1.0), ("1/s", 1.0), ("pps", 1.0), ("khz", 1e3)];
const PERIODS_S: Others = &[("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];
const TIMES_S: Others = &[("s", 1.0), ("sec", 1.0), ("ms", 1e-3), ("us", 1e-6), ("min", 60.0), ("h", 3600.0)];
const TIMES_MIN: Others = &[("min", 1.0), ("m", 1.0), ("s", 1.0 / 60.0), ("h", 60.0)];

impl Unit {
    /// As it is written after a number.
    pub fn name(self) -> &'static str {
        match self {
            Self::MilliAmperes => "mA",
            Self::Microseconds => "µs",
            Self::Hertz => "Hz",
            Self::Seconds => "s",
            Self::Minutes => "min",
            Self::Count => "",
        }
    }

    /// Reads what a person types: a number in this unit, or one with a unit of its own, as `0.3 ms` for 300 µs and
    /// `50 ms` for 20 Hz.
    pub fn parse(self, text: &str) -> Option<f64> {
        let text = text.trim().replace(',', ".").replace('−', "-").replace(['µ', 'μ'], "u").to_lowercase();
        let digits = text.find(|c: char| !(c.is_ascii_digit() || ".+-".contains(c))).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (number, unit): (f64, _) = (number.trim().parse().ok()?, unit.trim());
        let factor = |units: Others| units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor * number);
        let value = match self {
            _ if unit.is_empty() => Some(number),
            Self::MilliAmperes => factor(CURRENTS),
            Self::Microseconds => factor(TIMES_US),
            Self::Hertz => factor(RATES).or_else(|| factor(PERIODS_S).filter(|s| *s > 0.0).map(|s| 1.0 / s)),
            Self::Seconds => factor(TIMES_S),
            Self::Minutes => factor(TIMES_MIN),
            Self::Count => None,
        };
        value.map(tidy).filter(|value| value.is_finite())
    }

    /// A value with the unit.
    pub fn show(self, value: f64) -> String {
        let (number, unit) = (number(value), self.name());
        if unit.is_empty() { number } else { format!("{number} {unit}") }
    }
}

/// Without the last binary digits of a decimal.
fn tidy(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// A number with three decimals at most, and none that say nothing.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_string();
    }
    let text = format!("{value:.3}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

/// A number with three significant digits.
pub fn significant(value: f64) -> String {
    let text = match value.abs() {
        _ if !value.is_finite() => "–".to_string(),
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => number(value),
    };
    text.replace('-', "−")
}

/// The value of a range that is nearest to `value`.
pub fn on_step(range: &Range, value: f64) -> f64 {
    let steps = ((value - range.min) / range.step).round();
    tidy(range.min + steps * range.step).clamp(range.min, range.max)
}

/// The smallest multiple of the amplitude's step whose recharge, so many times as weak, the converter can make; mA.
pub fn amplitude_step(range: &Range, dac_step_na: i64, times: i64) -> f64 {
    let step_na = (range.step * 1e6).round() as i64;
    let whole = |n: &i64| (n * step_na) % (times.max(1) * dac_step_na) == 0;
    (1..=100).find(whole).unwrap_or(1) as f64 * range.step
}

/// The amplitude nearest to `value`, mA, with a step that may be a multiple of the range's own.
pub fn amplitude_on_step(range: &Range, step_ma: f64, value: f64) -> f64 {
    let at = |steps: f64| tidy(steps * step_ma);
    let steps = (value / step_ma).round();
    if step_ma > range.step * 1.5 {
        let most = (range.max / step_ma + 1e-9).floor();
        return on_step(range, at(steps.clamp(0.0, most)));
    }
    on_step(range, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn verif_units_that_people_type() {
        let us = |text| Unit::Microseconds.parse(text);
        assert_eq!([us("300"), us("0.3 ms"), us("0,3ms"), us(" 300 µs ")], [Some(300.0); 4]);
        assert_eq!([us("3 Hz"), us(""), us("much"), us("1e999")], [None; 4]);
        assert_eq!(Unit::MilliAmperes.parse("1500 µA"), Some(1.5));
        assert_eq!(Unit::Hertz.parse("50 ms"), Some(20.0));
        assert_eq!(Unit::Seconds.parse("1 min"), Some(60.0));
        assert_eq!(Unit::Minutes.parse("2 h"), Some(120.0));
    }

    #[test]
    fn verif_steps_of_the_device() {
        let range = Range { min: 0.0, max: 7.0, step: 0.05, source: Source::Ours(String::new()) };
        assert_eq!([on_step(&range, 1.234), on_step(&range, 9.0), on_step(&range, -1.0)], [1.25, 7.0, 0.0]);
        // A recharge four times as weak, with steps of 10 µA: 40 µA and 50 µA meet at 200 µA.
        let step = amplitude_step(&range, 10_000, 4);
        assert!((step - 0.2).abs() < 1e-12);
        assert_eq!(amplitude_on_step(&range, step, 1.25), 1.2);
        assert_eq!(amplitude_on_step(&range, step, 99.0), 7.0);
    }

    #[test]
    fn verif_numbers_are_short() {
        assert_eq!([number(0.3), number(12.0), number(0.0004), number(-0.0001)], ["0.3", "12", "0", "0"]);
        assert_eq!([significant(0.1234), significant(12.345), significant(456.7)], ["0.123", "12.3", "457"]);
    }
}
