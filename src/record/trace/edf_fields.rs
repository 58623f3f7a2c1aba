//! The fields of EDF+ (edfplus.info): numbers in eight characters, labels in sixteen, dates, and lists of annotations.

use std::fmt::Write as _;

use crate::device::clock::{CENTURY_DAYS, OPENNERVE_EPOCH, date};
use crate::record::events::Event;
use crate::record::trace::{seconds, unit_of};
use crate::record::trains::Train;
use crate::time::{DayClock, NANOS_PER_SEC, SimTime};

/// The longest text of a number in a header.
const NUMBER_CHARS: usize = 8;

/// The last year that the eight characters of a date can tell: 85 to 99 are of the century before.
const LAST_YEAR: i64 = 84;

/// Nanoseconds in a second, in a tenth of one, and so on.
const NANOS_PER_DECIMAL: [i64; 9] =
    [NANOS_PER_SEC, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10];

/// Powers of ten up to the most decimals that fit behind `0.`.
const TENS: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// The number of eight characters next to a value, not above it, or not below it: with as many decimals as fit.
pub fn next_to(value: f64, above: bool) -> Option<String> {
    for (decimals, ten) in TENS.iter().enumerate().rev() {
        let scaled = value * ten;
        let nearest = if above { scaled.ceil() } else { scaled.floor() };
        // The product may have been rounded to the wrong side.
        for steps in [nearest, if above { nearest + 1.0 } else { nearest - 1.0 }] {
            let text = format!("{:.decimals$}", steps / ten);
            let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            let text = if text == "-0" { "0" } else { text };
            let read: f64 = text.parse().ok()?;
            if text.len() <= NUMBER_CHARS && (if above { read >= value } else { read <= value }) {
                return Some(text.to_string());
            }
        }
    }
    None
}

/// The physical limits of a signal that goes from `min` to `max`: eight characters each, and never equal. Whatever does
/// not change is exact where eight characters can say it.
pub fn limits(min: f64, max: f64) -> Option<[String; 2]> {
    let (low, high) = (next_to(min, false)?, next_to(max, true)?);
    if low != high {
        return Some([low, high]);
    }
    match next_to(max + 1.0, true) {
        Some(high) => Some([low, high]),
        None => Some([next_to(min - 1.0, false)?, high]),
    }
}

/// The label of a probe: `L force`, `R E0 residual`, `D clock_ahead`. The unit has a field of its own, but for the
/// battery, where it tells voltage and charge apart.
pub fn label(probe: &str) -> String {
    let (side, place) = probe.split_once('.').expect("a probe's name has a dot");
    let place = if place.starts_with("battery_") { place } else { unit_of(place).0 };
    let place = place.replace('.', " ").replace("unit_", "unit ");
    format!("{} {place}", side[..1].to_uppercase())
}

/// The span of a data record of samples that come `every` so often, and how many samples of each signal it holds: the
/// one whose text is whole seconds, or has the fewest decimals, and of those the shortest, as far as `bytes` go.
pub fn record_of(every: SimTime, signals: usize, bytes: usize) -> Option<(SimTime, i64)> {
    let most = (bytes / (2 * signals)).max(1) as i64;
    let mut best: Option<(usize, i64)> = None;
    for samples in 1..=most {
        let Some(nanos) = every.nanos().checked_mul(samples) else { break };
        let decimals = NANOS_PER_DECIMAL.iter().position(|unit| nanos % unit == 0).unwrap_or(9);
        let whole = (nanos / NANOS_PER_SEC).checked_ilog10().unwrap_or(0) as usize + 1;
        let length = whole + if decimals > 0 { 1 + decimals } else { 0 };
        if length <= NUMBER_CHARS && best.is_none_or(|(fewest, _)| decimals < fewest) {
            best = Some((decimals, samples));
        }
        // No longer one is better than whole seconds.
        if decimals == 0 {
            break;
        }
    }
    best.map(|(_, samples)| (every * samples, samples))
}

/// The date and the time that a header shows for an instant: the second that it lies in. Day 0 is 1 January 2023, as in
/// the device's own log.
///
/// # Errors
/// The year is past those that EDF can tell.
pub fn start_of(at: SimTime, clock: DayClock) -> Result<Start, String> {
    let (days, time) = clock.read(at);
    let (year, month, day) = date(OPENNERVE_EPOCH + days);
    if OPENNERVE_EPOCH + days >= CENTURY_DAYS || year > LAST_YEAR {
        return Err(format!("EDF knows dates up to 2084, and day {days} is later; day 0 is 1 January 2023"));
    }
    let second = time.whole_second();
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    Ok(Start {
        date: format!("{day:02}.{month:02}.{year:02}"),
        time: format!("{:02}.{:02}.{:02}", second / 3600, second / 60 % 60, second % 60),
        spelt: format!("{day:02}-{}-20{year:02}", MONTHS[(month - 1) as usize]),
    })
}

/// When a file begins.
pub struct Start {
    /// `01.01.23`.
    pub date: String,
    /// `08.00.00`.
    pub time: String,
    /// `01-JAN-2023`.
    pub spelt: String,
}

/// A text of one word, as the subfields of a header have it.
pub fn word(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '_' };
    let word: String = text.chars().map(plain).collect();
    if word.is_empty() { "X".to_string() } else { word }
}

/// An annotation: so much after the second that the file begins in, with a duration where it has one.
pub fn annotation(onset: SimTime, lasts: Option<SimTime>, text: &str) -> Vec<u8> {
    let nanos = onset.nanos();
    let mut list = format!("{}{}", if nanos < 0 { "" } else { "+" }, seconds(nanos));
    if let Some(lasts) = lasts {
        write!(list, "\u{15}{}", seconds(lasts.nanos())).expect("a string takes all");
    }
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    write!(list, "\u{14}{clean}\u{14}\0").expect("a string takes all");
    list.into_bytes()
}

/// What an annotation says of an event: its name, then what else its line in `events.jsonl` has.
pub fn text_of_event(event: &Event) -> String {
    let value = serde_json::to_value(&event.kind).expect("events are plain values with text keys");
    let mut text = value["event"].as_str().unwrap_or_default().to_string();
    let keys = value.as_object().into_iter().flatten().filter(|(key, _)| *key != "event");
    for (i, (key, value)) in keys.enumerate() {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        write!(text, "{} {key} {plain}", if i > 0 { "," } else { ":" }).expect("a string takes all");
    }
    text
}

/// What an annotation says of a train.
pub fn text_of_train(train: &Train) -> String {
    format!("train: side {}, pulses {}", train.side.name(), train.pulses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::probe::Probe;
    use proptest::prelude::*;

    #[test]
    fn verif_labels_fit_and_differ() {
        let mut labels: Vec<String> = Probe::all().iter().map(|probe| label(&probe.name)).collect();
        labels.push(label("right.unit_120.force_n"));
        for label in &labels {
            assert!(label.len() <= 16 && label.is_ascii(), "{label}");
        }
        let count = labels.len();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), count);
        assert_eq!(label("left.force_n"), "L force");
        assert_eq!(label("right.Case.residual_uc"), "R Case residual");
        assert_eq!(label("device.battery_mah"), "D battery_mah");
    }

    #[test]
    fn verif_records_are_whole_seconds_where_they_can_be() {
        let ms = |ms: i64| SimTime::from_nanos(ms * 1_000_000);
        assert_eq!(record_of(ms(50), 3, 60_000), Some((ms(1000), 20)));
        assert_eq!(record_of(ms(60_000), 3, 60_000), Some((ms(60_000), 1)));
        assert_eq!(record_of(ms(7), 1, 60_000), Some((ms(7000), 1000)));
        assert_eq!(record_of(SimTime::from_nanos(1_000), 2, 60_000), Some((ms(10), 10_000)));
        assert_eq!(record_of(SimTime::from_nanos(1_000_000_001), 2, 60_000), None);
        assert_eq!(record_of(SimTime::DAY * 366, 2, 60_000), Some((SimTime::DAY * 366, 1)));
    }

    #[test]
    fn verif_dates_and_annotations_are_spelt_as_edf_has_them() {
        let clock = DayClock::starting_at(SimTime::from_secs(8 * 3600));
        let start = start_of(SimTime::DAY * 31, clock).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!([start.date, start.time, start.spelt], ["01.02.23", "08.00.00", "01-FEB-2023"]);
        assert!(start_of(SimTime::from_secs(61 * 366 * 86_400), clock).is_ok());
        assert!(start_of(SimTime::from_secs(63 * 365 * 86_400), clock).is_err());
        assert!(start_of(SimTime::from_secs(80 * 365 * 86_400), clock).is_err());
        let list = annotation(SimTime::from_nanos(1_500_000_000), Some(SimTime::SECOND), "on");
        assert_eq!(list, b"+1.5\x151\x14on\x14\0");
    }

    proptest! {
        #[test]
        fn verif_limits_hold_what_is_between_them(a in -9_999_999.0..99_999_999.0_f64, scale in 0..14_usize) {
            let scaled = a / [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13][scale];
            let [low, high] = limits(scaled, scaled).expect("it fits into eight characters");
            prop_assert!(low.len() <= 8 && high.len() <= 8);
            let (low, high): (f64, f64) = (low.parse().expect("a number"), high.parse().expect("a number"));
            prop_assert!(low <= scaled && scaled <= high && low < high);
        }
    }

    #[test]
    fn verif_limits_are_as_near_as_eight_characters_go() {
        let text = |min, max| limits(min, max).map(|[low, high]| format!("{low} {high}"));
        assert_eq!(text(0.0, 0.0).as_deref(), Some("0 1"));
        assert_eq!(text(-1.0, 1.0).as_deref(), Some("-1 1"));
        assert_eq!(text(-0.1234567, 12.345678901).as_deref(), Some("-0.12346 12.34568"));
        assert_eq!(text(1e-9, 2e-9).as_deref(), Some("0 0.000001"));
        assert_eq!(text(0.0, 1e8), None);
        assert_eq!(text(99_999_999.0, 99_999_999.0).as_deref(), Some("99999998 99999999"));
    }
}
