//! `stimtwin threshold --curve`: what it is asked with.

use std::ops::RangeInclusive;

use stimtwin::math;
use stimtwin::nerve::axon::fibre::Conductivity;
use stimtwin::nerve::axon::setup::{Polarity, Setup};
use stimtwin::run::curve::{Ask, Kind};
use stimtwin::run::threshold::{DIAMETERS_UM, DISTANCES_MM, WIDTHS_US};
use stimtwin::time::SimTime;

/// The intervals of a recovery that may be asked for, ms.
const INTERVALS_MS: RangeInclusive<f64> = 0.1..=1000.0;

/// Several numbers: a list, or a range that is filled evenly in its logarithm.
#[derive(Clone, Debug, PartialEq)]
pub enum Several {
    List(Vec<f64>),
    Range(f64, f64),
}

impl Several {
    fn read(
        text: &str,
        allowed: RangeInclusive<f64>,
        one: impl Fn(&str) -> Result<f64, String>,
    ) -> Result<Self, String> {
        let (least, most) = (allowed.start(), allowed.end());
        let one = |part: &str| match one(part.trim())? {
            number if allowed.contains(&number) => Ok(number),
            number => Err(format!("found {number}; allowed is {least} to {most}")),
        };
        if let Some((from, to)) = text.split_once("..") {
            let (from, to) = (one(from)?, one(to)?);
            return if from < to { Ok(Self::Range(from, to)) } else { Err("a range rises".to_string()) };
        }
        let list: Vec<f64> = text.split(',').map(one).collect::<Result<_, _>>()?;
        if list.windows(2).all(|pair| pair[0] < pair[1]) {
            Ok(Self::List(list))
        } else {
            Err("a list rises".to_string())
        }
    }

    /// The numbers; so many of a range, each to four digits.
    fn numbers(&self, points: usize) -> Vec<f64> {
        match self {
            Self::List(list) => list.clone(),
            Self::Range(from, to) => {
                let (ln_from, ln_to) = (math::ln(*from), math::ln(*to));
                let between = |index: usize| {
                    let number = math::exp(ln_from + (ln_to - ln_from) * index as f64 / (points - 1) as f64);
                    format!("{number:.3e}").parse().expect("a number that was just written")
                };
                (0..points)
                    .map(|index| {
                        if index == 0 {
                            *from
                        } else if index + 1 == points {
                            *to
                        } else {
                            between(index)
                        }
                    })
                    .collect()
            }
        }
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("found {text}; expected a number"))
}

fn diameters(text: &str) -> Result<Several, String> {
    Several::read(text, DIAMETERS_UM, number)
}

fn distances(text: &str) -> Result<Several, String> {
    Several::read(text, DISTANCES_MM, number)
}

fn micros(text: &str) -> Result<f64, String> {
    Ok(text.parse::<SimTime>()?.nanos() as f64 / 1e3)
}

fn widths(text: &str) -> Result<Several, String> {
    Several::read(text, WIDTHS_US, micros).map_err(|why| if why.starts_with("found") { why + " µs" } else { why })
}

fn intervals(text: &str) -> Result<Several, String> {
    let millis = |text: &str| Ok(micros(text)? / 1e3);
    Several::read(text, INTERVALS_MS, millis).map_err(|why| if why.starts_with("found") { why + " ms" } else { why })
}

fn within(text: &str, allowed: RangeInclusive<f64>) -> Result<f64, String> {
    match number(text)? {
        number if allowed.contains(&number) => Ok(number),
        number => Err(format!("found {number}; allowed is {} to {}", allowed.start(), allowed.end())),
    }
}

fn conductivity(text: &str) -> Result<f64, String> {
    within(text, 0.001..=10.0)
}

fn ratio(text: &str) -> Result<f64, String> {
    within(text, 1.0..=100.0)
}

fn offset(text: &str) -> Result<f64, String> {
    within(text, -30.0..=30.0)
}

fn back(text: &str) -> Result<f64, String> {
    let mm = within(text, -60.0..=60.0)?;
    if mm.abs() < 0.1 { Err("a second contact is at least 0.1 mm away".to_string()) } else { Ok(mm) }
}

fn gap(text: &str) -> Result<SimTime, String> {
    let gap = text.parse::<SimTime>()?;
    if gap.nanos() <= 5_000_000 { Ok(gap) } else { Err("allowed is 0us to 5ms".to_string()) }
}

/// What a curve is asked with; all of it has a default.
#[derive(clap::Args)]
#[command(next_help_heading = "Curves")]
pub struct CurveArgs {
    /// Draw a curve instead of reading a table
    #[arg(long, value_name = "KIND", value_parser = Kind::NAMES.map(|(name, _)| name))]
    pub curve: Option<String>,
    /// The picture, an .svg or .png file, which must be new
    #[arg(long, value_name = "FILE", conflicts_with = "rows")]
    pub picture: Option<std::path::PathBuf>,
    /// Diameters of the fibre, µm: a list, or a range such as 8..14
    #[arg(long, value_parser = diameters, default_value = "10", value_name = "UM", conflicts_with = "rows")]
    diameter: Several,
    /// Distances from the fibre to the contact, mm: a list or a range [default: 2, and 0.5..10 for current-distance]
    #[arg(long, value_parser = distances, value_name = "MM", conflicts_with = "rows")]
    distance: Option<Several>,
    /// Widths of the first phase: a list or a range [default: 214us, and 20us..2ms for strength-duration]
    #[arg(long, value_parser = widths, value_name = "T", conflicts_with = "rows")]
    width: Option<Several>,
    /// Intervals between the onsets of two pulses, for recovery: a list or a range
    #[arg(long, value_parser = intervals, default_value = "500us..200ms", value_name = "T", conflicts_with = "rows")]
    interval: Several,
    /// How many points a range has
    #[arg(long, value_parser = clap::value_parser!(u16).range(2..=500), default_value = "25", conflicts_with = "rows")]
    points: u16,
    /// Direction of the first phase
    #[arg(long, value_parser = ["cathodic", "anodic"], default_value = "cathodic", conflicts_with = "rows")]
    polarity: String,
    /// 2 for a second phase that takes the charge back
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2), default_value = "1", conflicts_with = "rows")]
    phases: u8,
    /// Between the phases
    #[arg(long, value_parser = gap, default_value = "0us", value_name = "T", conflicts_with = "rows")]
    gap: SimTime,
    /// How many times longer and weaker the second phase is
    #[arg(long, value_parser = ratio, default_value = "1", value_name = "N", conflicts_with = "rows")]
    recovery_ratio: f64,
    /// From the central node to the contact, along the fibre, mm
    #[arg(
        long,
        value_parser = offset,
        default_value = "0",
        value_name = "MM",
        conflicts_with = "rows",
        allow_hyphen_values = true
    )]
    offset: f64,
    /// From the contact to a second one that takes the current back, along the fibre, mm
    #[arg(long, value_parser = back, value_name = "MM", conflicts_with = "rows", allow_hyphen_values = true)]
    r#return: Option<f64>,
    /// Conductivity of the tissue across the fibre, S/m
    #[arg(long, value_parser = conductivity, default_value = "0.2", value_name = "S/M", conflicts_with = "rows")]
    conductivity: f64,
    /// The same along the fibre [default: as across]
    #[arg(long, value_parser = conductivity, value_name = "S/M", conflicts_with = "rows")]
    conductivity_along: Option<f64>,
}

impl CurveArgs {
    /// The curves that are asked for.
    ///
    /// # Errors
    /// What does not go together.
    pub fn ask(&self, name: &str, step: SimTime) -> Result<Ask, String> {
        let kind = Kind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let kind = kind.expect("clap takes no other");
        if self.phases == 1 && (self.gap > SimTime::ZERO || self.recovery_ratio != 1.0) {
            return Err("--gap and --recovery-ratio are about the second of two phases; add --phases 2".to_string());
        }
        let points = usize::from(self.points);
        let or = |given: &Option<Several>, default: Several| given.clone().unwrap_or(default).numbers(points);
        let over = |here: bool, range: Several, one: f64| if here { range } else { Several::List(vec![one]) };
        let distances = over(kind == Kind::CurrentDistance, Several::Range(0.5, 10.0), 2.0);
        let widths = over(kind == Kind::StrengthDuration, Several::Range(20.0, 2000.0), 214.0);
        let nanos = |ns: f64| SimTime::from_nanos(ns.round() as i64);
        let tissue = Conductivity {
            across_s_per_m: self.conductivity,
            along_s_per_m: self.conductivity_along.unwrap_or(self.conductivity),
        };
        let base = Setup {
            polarity: if self.polarity == "cathodic" { Polarity::Cathodic } else { Polarity::Anodic },
            recovery: (self.phases == 2).then_some(self.recovery_ratio),
            gap: self.gap,
            offset_mm: self.offset,
            return_mm: self.r#return,
            tissue,
            ..Setup::new(10.0, 2.0, step)
        };
        let ask = Ask {
            kind,
            base,
            diameters_um: self.diameter.numbers(points),
            distances_mm: or(&self.distance, distances),
            widths: or(&self.width, widths).into_iter().map(|us| nanos(us * 1e3)).collect(),
            intervals: self.interval.numbers(points).into_iter().map(|ms| nanos(ms * 1e6)).collect(),
            step,
        };
        let (longest, shortest) = (ask.widths.last().copied(), ask.intervals.first().copied());
        let pulse = |width: SimTime| Setup { width, ..ask.base }.length();
        if let (Kind::Recovery, Some(longest), Some(shortest)) = (kind, longest.map(pulse), shortest)
            && shortest < longest
        {
            return Err(format!("an interval of {shortest} is shorter than the pulse, {longest}"));
        }
        Ok(ask)
    }
}
