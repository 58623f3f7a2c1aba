//! Simulated time: whole nanoseconds, never a float.
//!
//! An instant counts from the start of the scenario; the same type carries the span between two instants.
//! Files and the command line write spans as people do: `"12 min"`, `"1 h 30 min"`, `"0.5 ms"`.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// Nanoseconds in a second.
pub const NANOS_PER_SEC: i64 = 1_000_000_000;

/// The longest time that a scenario may span: a hundred years of 365.25 days.
pub const LONGEST: SimTime = SimTime::from_secs(36_525 * 86_400);

/// An instant since the start of the scenario, or a span: whole nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

impl SimTime {
    /// The start of the scenario.
    pub const ZERO: Self = Self(0);
    /// One second.
    pub const SECOND: Self = Self::from_secs(1);
    /// One day of 24 hours; simulated days know no daylight saving.
    pub const DAY: Self = Self::from_secs(86_400);

    /// A time of whole nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// A time of whole seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * NANOS_PER_SEC)
    }

    /// Whole nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Seconds as a float: for models and for people, never to compute an instant from.
    pub const fn as_secs(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC as f64
    }

    /// The whole second that this instant lies in.
    pub const fn whole_second(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SEC)
    }

    /// The first multiple of `step` after this instant. `step` is positive.
    pub const fn next_multiple(self, step: Self) -> Self {
        Self((self.0.div_euclid(step.0) + 1) * step.0)
    }

    /// Whether this instant is a multiple of `step`. `step` is positive.
    pub const fn is_multiple_of(self, step: Self) -> bool {
        self.0.rem_euclid(step.0) == 0
    }
}

impl Add for SimTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for SimTime {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for SimTime {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul<i64> for SimTime {
    type Output = Self;
    fn mul(self, count: i64) -> Self {
        Self(self.0 * count)
    }
}

/// The units of a written span, the longest first, with the other names that they go by.
const UNITS: [(&str, i64, &[&str]); 8] = [
    ("weeks", 7 * 86_400 * NANOS_PER_SEC, &["week", "wk"]),
    ("days", 86_400 * NANOS_PER_SEC, &["day", "d"]),
    ("h", 3_600 * NANOS_PER_SEC, &["hour", "hours"]),
    ("min", 60 * NANOS_PER_SEC, &["minute", "minutes"]),
    ("s", NANOS_PER_SEC, &["sec", "second", "seconds"]),
    ("ms", 1_000_000, &[]),
    ("us", 1_000, &["µs", "μs"]),
    ("ns", 1, &[]),
];

/// Every name of a unit of a written span.
pub fn unit_names() -> impl Iterator<Item = &'static str> {
    UNITS.iter().flat_map(|(name, _, others)| std::iter::once(*name).chain(others.iter().copied()))
}

/// What a written span looks like, for messages.
pub const SPAN_HELP: &str = "a time with its unit, such as \"12 min\", \"1 h 30 min\" or \"0.5 ms\"";

impl fmt::Display for SimTime {
    /// The shortest exact form that [`str::parse`] reads back: `1 h 30 min`, `12.5 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0 s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        let mut separator = "";
        for (name, nanos, _) in &UNITS[1..4] {
            let count = rest / nanos.unsigned_abs();
            rest %= nanos.unsigned_abs();
            if count > 0 {
                let name = if *name == "days" && count == 1 { "day" } else { name };
                write!(f, "{separator}{count} {name}")?;
                separator = " ";
            }
        }
        if rest > 0 {
            let (name, nanos, _) = UNITS[4..]
                .iter()
                .find(|(_, nanos, _)| rest >= nanos.unsigned_abs())
                .expect("a nanosecond is the smallest unit and rest is a whole number of them");
            let whole = rest / nanos.unsigned_abs();
            let digits = nanos.ilog10() as usize;
            let fraction = format!("{:0digits$}", rest % nanos.unsigned_abs());
            let fraction = if digits == 0 { "" } else { fraction.trim_end_matches('0') };
            let point = if fraction.is_empty() { "" } else { "." };
            write!(f, "{separator}{whole}{point}{fraction} {name}")?;
        }
        Ok(())
    }
}

impl std::str::FromStr for SimTime {
    type Err = String;

    /// Reads a span of one or more numbers, each with a unit. Exact: a fraction of a nanosecond is an error.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        let mut total: i128 = 0;
        if rest.is_empty() {
            return Err(format!("expected {SPAN_HELP}"));
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            let after = after.trim_start();
            let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            total += nanos_of(number, unit)?;
            rest = after.trim_start();
        }
        if total > i128::from(LONGEST.0) {
            return Err("longer than 100 years".to_string());
        }
        Ok(Self(total as i64))
    }
}

/// Reads a span that is more than nothing, as the command line asks for it.
///
/// # Errors
/// What is expected.
pub fn positive(text: &str) -> Result<SimTime, String> {
    match text.parse::<SimTime>() {
        Ok(time) if time > SimTime::ZERO => Ok(time),
        Ok(_) => Err("must be more than nothing".to_string()),
        Err(why) => Err(why),
    }
}

/// The nanoseconds of `number` times `unit`.
fn nanos_of(number: &str, unit: &str) -> Result<i128, String> {
    if number.is_empty() {
        return Err(format!("expected {SPAN_HELP}"));
    }
    if unit.is_empty() {
        return Err(format!("{number} has no unit; expected {SPAN_HELP}"));
    }
    let nanos = UNITS
        .iter()
        .find(|(name, _, others)| *name == unit || others.contains(&unit))
        .map(|(_, nanos, _)| i128::from(*nanos))
        .ok_or_else(|| format!("{unit:?} is not a unit of time; allowed are ns, us, ms, s, min, h, days and weeks"))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() > 18 || fraction.len() > 18 || fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err(format!("{number:?} is not a number"));
    }
    let parse = |digits: &str| -> i128 { digits.parse().unwrap_or(0) };
    let scale = 10_i128.pow(fraction.len() as u32);
    let too_long = || "longer than 100 years".to_string();
    let scaled = (parse(whole) * scale + parse(fraction)).checked_mul(nanos).ok_or_else(too_long)?;
    if scaled / scale > i128::from(LONGEST.0) {
        return Err(too_long());
    }
    if scaled % scale != 0 {
        return Err(format!("{number} {unit} is not a whole number of nanoseconds"));
    }
    Ok(scaled / scale)
}

/// The clock on the wall of the simulated patient: which time of day an instant is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayClock {
    /// The time of day at the start of the scenario, whole seconds, less than a day.
    start: SimTime,
}

impl DayClock {
    /// A clock that shows `start` when the scenario begins; whole seconds, less than a day.
    pub fn starting_at(start: SimTime) -> Self {
        assert!(start >= SimTime::ZERO && start < SimTime::DAY && start.is_multiple_of(SimTime::SECOND));
        Self { start }
    }

    /// The number of midnights since the day that the scenario begins on, and the time of day.
    pub fn read(self, at: SimTime) -> (i64, SimTime) {
        let shown = at + self.start;
        let day = shown.nanos().div_euclid(SimTime::DAY.nanos());
        (day, shown - SimTime::DAY * day)
    }

    /// What the clock shows, as the time since the midnight before the scenario begins.
    pub fn since_midnight(self, at: SimTime) -> SimTime {
        at + self.start
    }

    /// The instant at which the clock shows `time_of_day` on day `day`; may lie before the start.
    pub fn instant(self, day: i64, time_of_day: SimTime) -> SimTime {
        SimTime::DAY * day + time_of_day - self.start
    }

    /// The first midnight after `at`.
    pub fn next_midnight(self, at: SimTime) -> SimTime {
        (at + self.start).next_multiple(SimTime::DAY) - self.start
    }

    /// Whether `at` is a midnight.
    pub fn is_midnight(self, at: SimTime) -> bool {
        (at + self.start).is_multiple_of(SimTime::DAY)
    }

    /// `day 3 08:00:30`, as events and messages show it; whole seconds.
    pub fn show(self, at: SimTime) -> String {
        let (day, time) = self.read(at);
        format!("day {day} {}", show_time_of_day(time))
    }
}

/// `08:00:30`, a time of day in whole seconds.
pub fn show_time_of_day(time: SimTime) -> String {
    let secs = time.whole_second();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// Reads `08:00` or `08:00:30`.
pub fn parse_time_of_day(text: &str) -> Result<SimTime, String> {
    let wrong = || "expected a time of day such as \"08:00\" or \"20:15:30\"".to_string();
    let parts: Vec<&str> = text.trim().split(':').collect();
    if !(2..=3).contains(&parts.len()) || parts.iter().any(|p| p.len() != 2 || !p.bytes().all(|b| b.is_ascii_digit())) {
        return Err(wrong());
    }
    let number = |i: usize| parts.get(i).and_then(|p| p.parse::<i64>().ok()).unwrap_or(0);
    let (hours, minutes, seconds) = (number(0), number(1), number(2));
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err(wrong());
    }
    Ok(SimTime::from_secs(hours * 3600 + minutes * 60 + seconds))
}

/// What a written instant looks like, for messages.
pub const INSTANT_HELP: &str =
    "a time since the start such as \"12 min\", or a day and a time of day such as \"day 30 08:00\"";

/// Reads an instant of a scenario: a span since its start (`"12 min"`), or the day and the clock (`"day 30 08:00"`).
pub fn parse_instant(text: &str, clock: DayClock) -> Result<SimTime, String> {
    let Some(after) = text.trim().strip_prefix("day ") else {
        return text
            .parse()
            .map_err(|e: String| if e.starts_with("expected") { format!("expected {INSTANT_HELP}") } else { e });
    };
    let wrong = || format!("expected {INSTANT_HELP}");
    let (day, time) = after.trim().split_once(' ').ok_or_else(wrong)?;
    let day: i64 = day.parse().map_err(|_| wrong())?;
    if !(0..=36_525).contains(&day) {
        return Err("the day must be from 0 to 36525".to_string());
    }
    let at = clock.instant(day, parse_time_of_day(time)?);
    if at < SimTime::ZERO {
        return Err(format!("{} lies before the start, which is {}", text.trim(), clock.show(SimTime::ZERO)));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_spans_read_as_written() {
        for (text, nanos) in [
            ("12 min", 720 * NANOS_PER_SEC),
            ("1h 30min", 5_400 * NANOS_PER_SEC),
            ("0.5ms", 500_000),
            ("1 day 2 s", 86_402 * NANOS_PER_SEC),
            ("214 µs", 214_000),
            ("0 s", 0),
        ] {
            assert_eq!(text.parse(), Ok(SimTime(nanos)), "{text}");
        }
        for text in [
            "",
            "12",
            "min",
            "1.2.3 s",
            "0.1 ns",
            "5 parsecs",
            "200 years",
            "-1 s",
            "1 s!",
            ".",
            "1813183029964542.981590014591156224 weeks",
        ] {
            assert!(text.parse::<SimTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn verif_a_shown_span_reads_back() {
        for nanos in [0, 1, 999, 1_500, 12_500_000, NANOS_PER_SEC, 90 * NANOS_PER_SEC + 1, 100_000 * NANOS_PER_SEC] {
            let time = SimTime(nanos);
            assert_eq!(time.to_string().parse(), Ok(time), "{time}");
        }
        assert_eq!(SimTime::from_secs(5_400).to_string(), "1 h 30 min");
    }

    #[test]
    fn verif_the_clock_knows_day_and_midnight() {
        let clock = DayClock::starting_at(SimTime::from_secs(8 * 3600));
        assert_eq!(clock.show(SimTime::ZERO), "day 0 08:00:00");
        assert_eq!(clock.next_midnight(SimTime::ZERO), SimTime::from_secs(16 * 3600));
        assert!(clock.is_midnight(SimTime::from_secs(16 * 3600)));
        assert_eq!(parse_instant("day 1 08:00", clock), Ok(SimTime::DAY));
        assert!(parse_instant("day 0 07:59", clock).is_err());
    }
}
