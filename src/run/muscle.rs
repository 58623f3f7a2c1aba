//! A muscle by itself under a stimulation: `stimtwin muscle`.

pub mod compare;
pub mod plot;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::muscle::force::parameters::{CONSTANTS, Constant, Ding};
use crate::muscle::force::stimulation::{Pattern, Stimulation};
use crate::muscle::force::units::Units;
use crate::muscle::force::{Asked, Contraction, ForceError, ForceModel, Tired};
use crate::muscle::profile::MuscleProfile;
use crate::scenario::library::{ASSETS, Kind, read_file, read_text};
use crate::scenario::profiles::read_muscle;
use crate::scenario::reader::{Problem, closest};
use crate::time::SimTime;

/// The tolerance of the verb: a muscle or two have the time to be exact.
pub const TOLERANCE: f64 = 1e-8;

/// A muscle by itself: which model, and what it is stimulated with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The name of the model.
    pub name: String,
    /// The model with its constants.
    pub model: ForceModel,
    /// What its trains are made from.
    pub pattern: Pattern,
    /// What a reader should know of this choice.
    pub warnings: Vec<String>,
}

/// The muscle of a file; the built-in one where there is none.
///
/// # Errors
/// Every mistake in the file.
pub fn muscle_profile(path: Option<&Path>) -> Result<MuscleProfile, Vec<Problem>> {
    let Some(path) = path else {
        let is_muscle = |asset: &&crate::scenario::library::Asset| asset.kind == Kind::Muscles;
        let built_in = ASSETS.iter().find(is_muscle).expect("the library has a muscle; a test reads it");
        return read_text(built_in.name, built_in.text, |node| read_muscle(node, Path::new(".")));
    };
    let file = path.display().to_string();
    let text = read_file(path).map_err(|why| vec![whole(&file, format!("cannot be read: {why}"))])?;
    read_text(&file, &text, |node| read_muscle(node, Path::new(".")))
}

fn whole(file: &str, message: String) -> Problem {
    Problem { file: file.to_string(), line: 0, column: 0, message }
}

/// Sets constants from a RON or JSON file: `(A: 3009, tau1: 0.05)`.
///
/// # Errors
/// Every mistake in the file.
pub fn set_from_file(muscle: &mut Ding, path: &Path) -> Result<(), Vec<Problem>> {
    let file = path.display().to_string();
    let text = read_file(path).map_err(|why| vec![whole(&file, format!("cannot be read: {why}"))])?;
    *muscle = read_text(&file, &text, |node| {
        let fields = node.fields("Parameters");
        let mut set = *muscle;
        for constant in CONSTANTS.iter().filter(|constant| constant.get(muscle).is_some()) {
            let Some(node) = fields.optional(constant.name) else { continue };
            if node.any_number().is_some_and(|value| constant.set(&mut set, value).is_err()) {
                node.wrong(format!("allowed is {}", constant.allowed()));
            }
        }
        set
    })?;
    Ok(())
}

/// Sets a constant as the command line writes it: `A=3009`.
///
/// # Errors
/// One sentence.
pub fn set(muscle: &mut Ding, text: &str) -> Result<(), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(format!("found {text}; allowed is NAME=VALUE, such as A=3009"));
    };
    let known: Vec<&str> =
        CONSTANTS.iter().filter(|constant| constant.get(muscle).is_some()).map(|constant| constant.name).collect();
    let Some(constant) = Constant::named(name).filter(|_| known.contains(&name)) else {
        let hint = closest(name, &known).map_or(String::new(), |name| format!("did you mean {name}? "));
        return Err(format!("found the constant {name}; {hint}this model has {}", known.join(", ")));
    };
    match value.parse::<f64>() {
        Ok(value) => constant.set(muscle, value),
        Err(_) => Err(format!("{name}: found {value}; allowed is {}", constant.allowed())),
    }
}

/// The model of that name; of the pool a fraction of the units is recruited.
pub fn model(name: &str, profile: &MuscleProfile, recruited: f64) -> Option<ForceModel> {
    ForceModel::named(name, || Units::new(profile.clone(), recruited))
}

/// Figures by their names.
type Figures = BTreeMap<&'static str, f64>;

fn figures(tired: &Tired) -> Figures {
    tired.figures().into_iter().map(|(name, _, value)| (name, value)).collect()
}

/// A constant in a report.
#[derive(Debug, Serialize)]
struct ConstantLine {
    value: f64,
    unit: &'static str,
}

/// A train in a report.
#[derive(Debug, Serialize)]
struct TrainLine {
    start_s: f64,
    end_s: f64,
    pulses: usize,
    peak_n: f64,
    mean_n: f64,
    last_second_mean_n: f64,
    ripple: Option<f64>,
    steady_max_n: Option<f64>,
    steady_min_n: Option<f64>,
    steady_mean_n: Option<f64>,
    fatigue: Figures,
}

/// The end in a report.
#[derive(Debug, Serialize)]
struct EndLine {
    time_s: f64,
    force_n: f64,
    fatigue: Figures,
}

/// What was asked for.
#[derive(Debug, Serialize)]
struct PatternLine {
    rate_hz: Option<f64>,
    intervals_s: Vec<f64>,
    doublet_s: Option<f64>,
    most_pulses: Option<usize>,
    on_s: f64,
    off_s: Option<f64>,
    for_s: f64,
    width_us: Vec<f64>,
    amplitude_ma: Vec<f64>,
}

/// Everything about one muscle under one stimulation, for JSON.
#[derive(Debug, Serialize)]
pub struct Report {
    model: String,
    description: &'static str,
    parameters: BTreeMap<String, ConstantLine>,
    r0: Option<&'static str>,
    stimulation: PatternLine,
    definitions: BTreeMap<&'static str, &'static str>,
    peak_n: f64,
    impulse_n_s: f64,
    estimated_error: Option<f64>,
    end: EndLine,
    trains: Vec<TrainLine>,
    warnings: Vec<String>,
}

/// What the keys of a report mean.
const DEFINITIONS: [(&str, &str); 12] = [
    ("start_s", "first pulse of the train"),
    ("end_s", "end of the train's on-time, start_s + on_s, or of the watch"),
    ("peak_n", "largest force from start_s to the start of the next train"),
    ("mean_n", "mean force from start_s to end_s"),
    ("last_second_mean_n", "mean force in the last second before end_s; of a shorter train as mean_n"),
    (
        "steady",
        "the last whole intervals before the last pulse, the fewest that last a second; else a train's second half",
    ),
    ("ripple", "(steady_max_n - steady_min_n)/steady_mean_n; null for a train of one pulse"),
    ("fatigue", "at end_s: A in N/s, tau1 in s, Km; of the pool the capacity left, as a fraction of the rested one"),
    ("end", "at the end of the watch, for_s"),
    ("impulse_n_s", "integral of force over the watch"),
    (
        "estimated_error",
        "estimated error of force, relative to its largest; null where the model is exact between pulses",
    ),
    ("r0", "R0 = Km + R0_minus_Km: fixed takes Km at rest, tracks takes Km at each pulse"),
];

impl Setup {
    /// Stimulates the muscle; samples so far apart.
    ///
    /// # Errors
    /// There are too many pulses, or the model cannot follow them.
    pub fn contract(&self, every: Option<SimTime>, tolerance: f64) -> Result<(Stimulation, Contraction), String> {
        let stimulation = self.pattern.stimulation()?;
        let asked = Asked { every, tolerance };
        let contraction =
            self.model.contract(&stimulation, asked).map_err(|error: ForceError| format!("{}: {error}", self.name))?;
        Ok((stimulation, contraction))
    }

    /// The report of a contraction.
    pub fn report(&self, contraction: &Contraction) -> Report {
        let line = |(name, unit, value)| (name, ConstantLine { value, unit });
        let r0 = match &self.model {
            ForceModel::Ding(ding) => crate::muscle::force::parameters::R0::ALL
                .iter()
                .find(|(_, rule)| *rule == ding.r0)
                .map(|(name, _)| *name),
            ForceModel::Pool(_) => None,
        };
        let trains = contraction.trains.iter().map(|train| TrainLine {
            start_s: train.start.as_secs(),
            end_s: train.end.as_secs(),
            pulses: train.pulses,
            peak_n: train.peak_n,
            mean_n: train.mean_n,
            last_second_mean_n: train.last_second_mean_n,
            ripple: train.steady.map(|steady| steady.ripple()),
            steady_max_n: train.steady.map(|steady| steady.max_n),
            steady_min_n: train.steady.map(|steady| steady.min_n),
            steady_mean_n: train.steady.map(|steady| steady.mean_n),
            fatigue: figures(&train.tired),
        });
        let end = &contraction.end;
        Report {
            model: self.name.clone(),
            description: ForceModel::NAMES.iter().find(|(name, _)| *name == self.name).map_or("", |(_, what)| what),
            parameters: self.model.constants().into_iter().map(line).collect(),
            r0,
            stimulation: pattern_line(&self.pattern),
            definitions: DEFINITIONS.into_iter().collect(),
            peak_n: contraction.peak_n(),
            impulse_n_s: contraction.impulse_n_s,
            estimated_error: contraction.error,
            end: EndLine { time_s: end.at.as_secs(), force_n: end.force_n, fatigue: figures(&end.tired) },
            trains: trains.collect(),
            warnings: self.warnings.clone(),
        }
    }

    /// The trains as a table for people: all of up to twelve, else the first ten and the last.
    pub fn table(&self, contraction: &Contraction) -> String {
        let all = contraction.trains.len();
        let mut text = format!("{:>6}{:>10}{:>8}", "train", "start, s", "pulses");
        text += &format!("{:>12}{:>12}{:>10}", "peak, N", "mean, N", "ripple");
        for (name, unit, _) in contraction.end.tired.figures() {
            let blank = if unit.is_empty() { "" } else { ", " };
            text += &format!("{:>14}", format!("{name}{blank}{unit}"));
        }
        for (index, train) in contraction.trains.iter().enumerate() {
            if all > 12 && index == 10 {
                text += &format!("\n{:>6}", "...");
            }
            if all > 12 && (10..all - 1).contains(&index) {
                continue;
            }
            text += &format!("\n{:>6}{:>10}{:>8}", index + 1, train.start.as_secs(), train.pulses);
            text += &format!("{:>12.3}{:>12.3}", train.peak_n, train.mean_n);
            text += &train.steady.map_or(format!("{:>10}", "-"), |steady| format!("{:>10.4}", steady.ripple()));
            for (_, _, value) in train.tired.figures() {
                text += &format!("{:>14}", format!("{value:.6}").trim_end_matches('0').trim_end_matches('.'));
            }
        }
        text + &format!("\nforce-time integral {:.3} N s over {}", contraction.impulse_n_s, contraction.end.at)
    }
}

fn pattern_line(pattern: &Pattern) -> PatternLine {
    PatternLine {
        rate_hz: pattern.intervals.is_empty().then_some(pattern.rate_hz),
        intervals_s: pattern.intervals.iter().map(|interval| interval.as_secs()).collect(),
        doublet_s: pattern.doublet.map(SimTime::as_secs),
        most_pulses: pattern.most_pulses,
        on_s: pattern.on.as_secs(),
        off_s: pattern.off.map(SimTime::as_secs),
        for_s: pattern.until.as_secs(),
        width_us: pattern.widths_us.clone(),
        amplitude_ma: pattern.currents_ma.clone(),
    }
}

/// Writes the samples as CSV, each with its train and what came of that: `time_s`, `force_n`, `CN` where the model has
/// it, fatigue, `train` from 1, `train_peak_n`, `train_mean_n` and `train_ripple`.
///
/// # Errors
/// They cannot be written.
pub fn write_samples(contraction: &Contraction, out: impl Write) -> csv::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let calcium = contraction.end.calcium.map(|_| "CN");
    let fatigue = contraction.end.tired.figures().into_iter().map(|(name, _, _)| name);
    let header = ["time_s", "force_n"].into_iter().chain(calcium).chain(fatigue);
    writer.write_record(header.chain(["train", "train_peak_n", "train_mean_n", "train_ripple"]))?;
    let mut begun = 0;
    let mut buffer = ryu::Buffer::new();
    for sample in &contraction.samples {
        begun += contraction.trains[begun..].iter().take_while(|train| train.start <= sample.at).count();
        let state = sample.tired.figures().into_iter().map(|(_, _, value)| value);
        for number in [sample.at.as_secs(), sample.force_n].into_iter().chain(sample.calcium).chain(state) {
            writer.write_field(buffer.format(number))?;
        }
        let train = &contraction.trains[begun - 1];
        writer.write_field(begun.to_string())?;
        writer.write_field(buffer.format(train.peak_n))?;
        writer.write_field(buffer.format(train.mean_n))?;
        writer.write_field(train.steady.map_or("", |steady| buffer.format(steady.ripple())))?;
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(())
}
