//! The speed of play: read as people write it, written as they read it, and its slider.

use crate::sandbox::session::SPEEDS;

/// Units of simulated time for a second of the wall's clock, the longest first, with the other names they go by.
const UNITS: [(&str, f64, &[&str]); 7] = [
    ("d", 86_400.0, &["day", "days"]),
    ("h", 3_600.0, &["hour", "hours"]),
    ("min", 60.0, &["minute", "minutes"]),
    ("s", 1.0, &["sec", "second", "seconds"]),
    ("ms", 1e-3, &[]),
    ("µs", 1e-6, &["us", "μs"]),
    ("ns", 1e-9, &[]),
];

/// Where the slider holds on to: decades, and round times above a second.
pub const DETENTS: [f64; 16] =
    [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 10.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 864_000.0];

/// Those with a name below the slider.
pub const NAMED: [(f64, &str); 6] =
    [(1e-6, "1 µs"), (1e-3, "1 ms"), (1.0, "real"), (60.0, "1 min"), (3_600.0, "1 h"), (86_400.0, "1 d")];

/// What a speed looks like, for messages.
pub const HELP: &str = "a speed such as \"200 us/s\", \"0.06x\", \"1 min/s\" or \"1 d/s\"";

/// Reads a speed: simulated seconds for each second of the wall's clock.
///
/// # Errors
/// Why it is none.
pub fn parse(text: &str) -> Result<f64, String> {
    let text = text.trim().to_lowercase().replace(',', ".");
    let text = text.strip_suffix("/s").unwrap_or(&text).trim_end();
    if text == "real" || text == "real time" {
        return Ok(1.0);
    }
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = if number.is_empty() && !unit.is_empty() { 1.0 } else { number.parse().map_err(|_| wrong())? };
    let unit = unit.trim();
    let factor = match unit {
        "" | "x" | "×" => 1.0,
        _ => UNITS
            .iter()
            .find(|(name, _, others)| *name == unit || others.contains(&unit))
            .map(|(_, factor, _)| *factor)
            .ok_or_else(|| format!("{unit:?} is not a unit of time; expected {HELP}"))?,
    };
    let speed = number * factor;
    // A little beyond the ends is rounding.
    if !(SPEEDS.start() * 0.999..=SPEEDS.end() * 1.001).contains(&speed) {
        return Err(format!("from {} to {}", format(*SPEEDS.start()), format(*SPEEDS.end())));
    }
    Ok(speed.clamp(*SPEEDS.start(), *SPEEDS.end()))
}

fn wrong() -> String {
    format!("expected {HELP}")
}

/// Writes a speed so that it reads back: `200 µs/s`, `1 s/s`, `2.5 h/s`.
pub fn format(speed: f64) -> String {
    if !speed.is_finite() || speed <= 0.0 {
        return "0 s/s".to_string();
    }
    let smallest = UNITS[UNITS.len() - 1];
    let (unit, factor, _) = UNITS.into_iter().find(|(_, factor, _)| speed >= factor * 0.9995).unwrap_or(smallest);
    let value = speed / factor;
    let digits = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}/s")
}

/// A place on the slider, 0 to 1, as a speed.
pub fn of_place(place: f64) -> f64 {
    let (slow, fast) = ends();
    crate::math::exp(slow + (fast - slow) * place.clamp(0.0, 1.0)).clamp(*SPEEDS.start(), *SPEEDS.end())
}

/// A speed as a place on the slider, 0 to 1.
pub fn place_of(speed: f64) -> f64 {
    let (slow, fast) = ends();
    ((crate::math::ln(speed.clamp(*SPEEDS.start(), *SPEEDS.end())) - slow) / (fast - slow)).clamp(0.0, 1.0)
}

fn ends() -> (f64, f64) {
    (crate::math::ln(*SPEEDS.start()), crate::math::ln(*SPEEDS.end()))
}

/// The detent that a place on the slider is close to, or else the speed there in two digits.
pub fn held(place: f64) -> f64 {
    const CLOSE: f64 = 0.012;
    let near = |detent: &&f64| (place_of(**detent) - place).abs() < CLOSE;
    DETENTS.iter().find(near).copied().unwrap_or_else(|| parse(&format(of_place(place))).unwrap_or(1.0))
}

/// The next detent in a direction: how a key makes play faster or slower.
pub fn next_detent(speed: f64, faster: bool) -> f64 {
    let beyond = |detent: &&f64| if faster { **detent > speed * 1.001 } else { **detent < speed * 0.999 };
    let found = if faster { DETENTS.iter().find(beyond) } else { DETENTS.iter().rfind(beyond) };
    found.copied().unwrap_or(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_speeds_read_as_people_write_them() {
        for (text, speed) in [
            ("200 us/s", 200e-6),
            ("200µs", 200e-6),
            ("0.06x", 0.06),
            ("0,5 x", 0.5),
            ("1 d/s", 86_400.0),
            ("10 days/s", 864_000.0),
            ("3", 3.0),
            ("1 min/s", 60.0),
            ("real", 1.0),
            ("ms/s", 1e-3),
        ] {
            let read = parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert!((read / speed - 1.0).abs() < 1e-12, "{text}: {read}");
        }
        for text in ["", "fast", "-1", "1 parsec/s", "1e9", "100 d/s", "0.1 us/s", "1.2.3"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn verif_speeds_are_written_so_that_they_read_back() {
        for (speed, text) in
            [(200e-6, "200 µs/s"), (1.0, "1 s/s"), (0.06, "60 ms/s"), (86_400.0, "1 d/s"), (90.0, "1.5 min/s")]
        {
            assert_eq!(format(speed), text);
        }
        for detent in DETENTS {
            assert!((parse(&format(detent)).unwrap() / detent - 1.0).abs() < 1e-9, "{detent}");
        }
    }

    #[test]
    fn verif_the_slider_holds_on_to_detents() {
        for detent in DETENTS {
            assert_eq!(held(place_of(detent) + 0.004), detent);
            assert!((of_place(place_of(detent)) / detent - 1.0).abs() < 1e-9);
        }
        assert_eq!((next_detent(1.0, true), next_detent(1.0, false)), (2.0, 0.5));
        assert_eq!(next_detent(864_000.0, true), 864_000.0);
    }
}
