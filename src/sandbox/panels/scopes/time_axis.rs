//! The marks of a time axis, from nanoseconds to years: exact in whole nanoseconds, labelled as people read time.

use crate::time::{DayClock, NANOS_PER_SEC, SimTime, show_time_of_day};

/// A mark of a time axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// What is written beside it.
    pub label: String,
}

/// The marks of a stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    /// What the labels count from, where they count from something.
    pub base: Option<String>,
    /// From one mark to the next.
    pub step: SimTime,
    /// The marks.
    pub marks: Vec<Mark>,
}

/// Steps that are not decades of a second, in seconds.
const LONG_STEPS_S: [i64; 28] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    86_400,
    2 * 86_400,
    5 * 86_400,
    7 * 86_400,
    14 * 86_400,
    30 * 86_400,
    60 * 86_400,
    90 * 86_400,
    180 * 86_400,
    365 * 86_400,
    3_650 * 86_400,
];

/// The shortest round step that is not shorter than `least`.
pub fn step(least: SimTime) -> SimTime {
    let least = least.nanos().max(1);
    let mut decade = 1;
    while decade < NANOS_PER_SEC {
        if let Some(step) = [1, 2, 5].into_iter().map(|n| n * decade).find(|step| *step >= least) {
            return SimTime::from_nanos(step);
        }
        decade *= 10;
    }
    let long = LONG_STEPS_S.into_iter().map(|secs| secs * NANOS_PER_SEC).find(|step| *step >= least);
    SimTime::from_nanos(long.unwrap_or(36_500 * 86_400 * NANOS_PER_SEC))
}

/// The marks of a stretch with no more than so many.
pub fn marks(from: SimTime, to: SimTime, most: usize, clock: DayClock) -> Marks {
    let span = (to - from).nanos().max(1);
    let step = step(SimTime::from_nanos(span / most.max(1) as i64 + 1));
    let base = base(from, step);
    // Long steps lie on midnights and whole hours of the clock, short ones on whole multiples since the start.
    let shift = if step >= SimTime::from_secs(60) { clock.since_midnight(SimTime::ZERO) } else { SimTime::ZERO };
    let first = (from + shift).nanos().div_euclid(step.nanos()) * step.nanos() - shift.nanos();
    let mut at = SimTime::from_nanos(first);
    if at < from {
        at += step;
    }
    let mut marks = Vec::new();
    while at <= to && marks.len() < most + 2 {
        marks.push(Mark { at, label: label(at, step, base, to, clock) });
        at += step;
    }
    Marks { base: base.map(|base| instant(base, SimTime::from_nanos(1), clock)), step, marks }
}

/// Where labels of a step shorter than a tenth of a second count from.
fn base(from: SimTime, step: SimTime) -> Option<SimTime> {
    let floor = |unit: i64| SimTime::from_nanos(from.nanos().div_euclid(unit) * unit);
    match step.nanos() {
        ..1_000_000 => Some(floor(1_000_000)),
        1_000_000..100_000_000 => Some(floor(NANOS_PER_SEC)),
        _ => None,
    }
}

fn label(at: SimTime, step: SimTime, base: Option<SimTime>, to: SimTime, clock: DayClock) -> String {
    if let Some(base) = base {
        let since = (at - base).nanos();
        return match step.nanos() {
            ..1_000 => format!("+{} ns", since),
            1_000..1_000_000 => format!("+{} µs", since / 1_000),
            _ => format!("+{} ms", since / 1_000_000),
        };
    }
    if step >= SimTime::DAY {
        return format!("day {}", clock.read(at).0);
    }
    if clock.is_midnight(at) && step >= SimTime::from_secs(60) {
        return format!("day {}", clock.read(at).0);
    }
    if step >= SimTime::from_secs(60) {
        return show_time_of_day(clock.read(at).1)[..5].to_string();
    }
    if to < SimTime::from_secs(600) {
        return elapsed(at, step);
    }
    let time = show_time_of_day(clock.read(at).1);
    if step < SimTime::SECOND { format!("{time}.{}", at.nanos().rem_euclid(NANOS_PER_SEC) / 100_000_000) } else { time }
}

/// Seconds since the start.
fn elapsed(at: SimTime, step: SimTime) -> String {
    let (whole, rest) = (at.nanos().div_euclid(NANOS_PER_SEC), at.nanos().rem_euclid(NANOS_PER_SEC));
    if step < SimTime::SECOND { format!("{whole}.{} s", rest / 100_000_000) } else { format!("{whole} s") }
}

/// An instant, with as many digits as tell steps of `resolution` apart: seconds since the start, or day and clock.
pub fn instant(at: SimTime, resolution: SimTime, clock: DayClock) -> String {
    let digits = match resolution.nanos() {
        ..10 => 9,
        10..1_000 => 8,
        1_000..10_000 => 6,
        10_000..1_000_000 => 5,
        1_000_000..NANOS_PER_SEC => 3,
        _ => 0,
    };
    let rest = at.nanos().rem_euclid(NANOS_PER_SEC);
    let fraction = format!("{rest:09}")[..digits].trim_end_matches('0').to_string();
    let point = if fraction.is_empty() { "" } else { "." };
    if at < SimTime::from_secs(600) {
        return format!("{}{point}{fraction} s", at.nanos().div_euclid(NANOS_PER_SEC));
    }
    format!("{}{point}{fraction}", clock.show(at))
}

/// A span as people say it, three or four digits: `250 µs`, `1.5 s`, `2 h 5 min`.
pub fn span(span: SimTime) -> String {
    let nanos = span.nanos();
    let sign = if nanos < 0 { "−" } else { "" };
    let nanos = nanos.abs();
    let decimal = |unit: i64, name: &str| {
        let value = nanos as f64 / unit as f64;
        let digits = if value >= 100.0 { 1 } else { 3 };
        let text = format!("{value:.digits$}");
        format!("{sign}{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    let two = |large: i64, large_name: &str, small: i64, small_name: &str| {
        let (whole, rest) = (nanos / large, nanos % large / small);
        if rest == 0 {
            format!("{sign}{whole} {large_name}")
        } else {
            format!("{sign}{whole} {large_name} {rest} {small_name}")
        }
    };
    match nanos {
        0 => "0 s".to_string(),
        ..1_000 => format!("{sign}{nanos} ns"),
        1_000..1_000_000 => decimal(1_000, "µs"),
        1_000_000..NANOS_PER_SEC => decimal(1_000_000, "ms"),
        NANOS_PER_SEC..60_000_000_000 => decimal(NANOS_PER_SEC, "s"),
        60_000_000_000..3_600_000_000_000 => two(60 * NANOS_PER_SEC, "min", NANOS_PER_SEC, "s"),
        3_600_000_000_000..86_400_000_000_000 => two(3_600 * NANOS_PER_SEC, "h", 60 * NANOS_PER_SEC, "min"),
        _ => two(86_400 * NANOS_PER_SEC, "d", 3_600 * NANOS_PER_SEC, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: i64, to: i64) -> (Option<String>, Vec<String>) {
        let clock = DayClock::starting_at(SimTime::from_secs(8 * 3600));
        let Marks { base, marks, .. } = marks(SimTime::from_nanos(from), SimTime::from_nanos(to), 6, clock);
        (base, marks.into_iter().map(|mark| mark.label).collect())
    }

    #[test]
    fn verif_marks_read_as_people_read_time() {
        let s = NANOS_PER_SEC;
        assert_eq!(labels(0, 10 * s).1, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]);
        assert_eq!(labels(0, s).1, ["0.0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s"]);
        let (base, micro) = labels(12 * s + 345_000_100, 12 * s + 345_500_000);
        assert_eq!(base.as_deref(), Some("12.345 s"));
        assert_eq!(micro, ["+100 µs", "+200 µs", "+300 µs", "+400 µs", "+500 µs"].map(str::to_string)[..]);
        assert_eq!(labels(0, 3600 * s).1, ["08:00", "08:15", "08:30", "08:45", "09:00"]);
        assert_eq!(labels(0, 86_400 * s).1, ["12:00", "18:00", "day 1", "06:00"]);
        assert_eq!(labels(0, 5 * 86_400 * s).1, ["day 1", "day 2", "day 3", "day 4", "day 5"]);
        let (base, late) = labels(200 * 86_400 * s + 1_000_000, 200 * 86_400 * s + 51_000_000);
        assert_eq!(base.as_deref(), Some("day 200 08:00:00"));
        assert_eq!(late, ["+10 ms", "+20 ms", "+30 ms", "+40 ms", "+50 ms"]);
    }

    #[test]
    fn verif_spans_are_short() {
        let spans = [250, 250_000, 1_500_000_000, 7_500 * NANOS_PER_SEC, 90 * 86_400 * NANOS_PER_SEC, -12_500_000];
        let shown = spans.map(|nanos| span(SimTime::from_nanos(nanos)));
        assert_eq!(shown, ["250 ns", "250 µs", "1.5 s", "2 h 5 min", "90 d", "−12.5 ms"]);
    }
}
