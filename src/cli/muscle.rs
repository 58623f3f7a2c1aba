//! `stimtwin muscle`: one muscle by itself under a stimulation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stimtwin::muscle::force::parameters::{Fatigue, R0};
use stimtwin::muscle::force::stimulation::Pattern;
use stimtwin::muscle::force::{Asked, ForceModel};
use stimtwin::muscle::profile::MuscleProfile;
use stimtwin::picture::{Chart, may_write};
use stimtwin::run::muscle::compare::{self, Compared};
use stimtwin::run::muscle::{self, Setup, plot};
use stimtwin::scenario::reader::closest;
use stimtwin::time::{SimTime, positive};

use super::{complain, explain, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct MuscleArgs {
    /// The model: pool, ding2003, ding2007 or hmed2018; more in docs/muscle.md
    #[arg(long, value_name = "NAME", required_unless_present = "compare", conflicts_with = "compare")]
    model: Option<String>,
    /// All models side by side, with their constants as published
    #[arg(long)]
    compare: bool,
    /// Pulses a second, 0.1 to 1000
    #[arg(long, value_name = "HZ", value_parser = rate, required_unless_present = "intervals")]
    rate_hz: Option<f64>,
    /// Intervals between pulses instead of a rate, over and over, such as 10ms,40ms
    #[arg(long, value_name = "T,...", value_delimiter = ',', value_parser = positive, conflicts_with = "rate_hz")]
    intervals: Vec<SimTime>,
    /// At most so many pulses in a train
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pulses: Option<u32>,
    /// An extra pulse so long after the first of each train, such as 5ms
    #[arg(long, value_name = "T", value_parser = positive)]
    doublet: Option<SimTime>,
    /// How long each train is on; all of the time unless given
    #[arg(long, value_name = "T", value_parser = positive)]
    on: Option<SimTime>,
    /// The pause after each train; one train only unless given
    #[arg(long, value_name = "T", value_parser = positive, requires = "on")]
    off: Option<SimTime>,
    /// How long all of it takes
    #[arg(long = "for", value_name = "T", value_parser = positive)]
    until: SimTime,
    /// Widths of the pulses, over and over, µs, for ding2007; 600 unless given
    #[arg(long, value_name = "US,...", value_delimiter = ',', value_parser = width)]
    width_us: Vec<f64>,
    /// Amplitudes of the pulses, over and over, mA, for hmed2018; 100 unless given
    #[arg(long, value_name = "MA,...", value_delimiter = ',', value_parser = amplitude)]
    amplitude_ma: Vec<f64>,
    /// Set a constant by its published name, in s, N and mA: --set A=3009 --set tau2=0.1
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "compare")]
    set: Vec<String>,
    /// Set constants from a RON file, such as (A: 3009, tau2: 0.1)
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    parameters: Option<PathBuf>,
    /// R0 = Km + 1.04 with Km at rest (fixed) or at each pulse (tracks); fixed unless given
    #[arg(long, value_name = "RULE", conflicts_with = "compare")]
    r0: Option<String>,
    /// Fatigue: none, ding2003, or cocofest for ding2007 with the constants of 2003; the model's own unless given
    #[arg(long, value_name = "NAME", conflicts_with = "compare")]
    fatigue: Option<String>,
    /// The muscle of the pool, a file such as `stimtwin assets muscles/multifidus-l2` prints; that one unless given
    #[arg(long, value_name = "FILE")]
    muscle: Option<PathBuf>,
    /// The fraction of the pool's units that each pulse recruits, weak and strong alike; 1 unless given
    #[arg(long, value_name = "FRACTION", value_parser = fraction)]
    recruited: Option<f64>,
    /// The largest estimated error of force, relative to the largest force, 1e-10 to 1e-2
    #[arg(long, value_name = "X", value_parser = tolerance, default_value_t = muscle::TOLERANCE)]
    tolerance: f64,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Write force and fatigue over time, with what came of each train, to this CSV file; of --compare the table
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Time between the rows of --out
    #[arg(long, value_name = "T", value_parser = positive, default_value = "10ms")]
    every: SimTime,
    /// Draw it into this file, which ends in .svg or .png
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Replace the files of --out and --picture
    #[arg(long)]
    overwrite: bool,
}

/// Rows of --out at most. Ours: an hour at 1 kHz is 3.6 million.
const MOST_ROWS: i64 = 20_000_000;

fn within(text: &str, from: f64, to: f64, unit: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (from..=to).contains(&number) => Ok(number),
        _ => Err(format!("allowed is a number from {from} to {to}{unit}")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    within(text, 0.1, 1000.0, " Hz")
}

fn width(text: &str) -> Result<f64, String> {
    within(text, 0.0, 5000.0, " µs")
}

fn amplitude(text: &str) -> Result<f64, String> {
    within(text, 0.0, 500.0, " mA")
}

fn fraction(text: &str) -> Result<f64, String> {
    within(text, 0.0, 1.0, "")
}

fn tolerance(text: &str) -> Result<f64, String> {
    within(text, 1e-10, 1e-2, "")
}

/// Stimulates a muscle, or all models of one.
pub fn muscle(args: &MuscleArgs) -> ExitCode {
    let allowed = args.allowed();
    let profile = match allowed.map(|()| muscle::muscle_profile(args.muscle.as_deref())) {
        Ok(Ok(profile)) => profile,
        Ok(Err(problems)) => return explain(&problems),
        Err(why) => return refuse(why),
    };
    if args.compare {
        return compare_all(args, &profile);
    }
    match args.setup(&profile) {
        Ok(setup) => one(args, &setup),
        Err(code) => code,
    }
}

fn one(args: &MuscleArgs, setup: &Setup) -> ExitCode {
    setup.warnings.iter().for_each(|warning| complain(format_args!("warning: {warning}")));
    let (_, contraction) = match setup.contract(args.sampling(), args.tolerance) {
        Ok(found) => found,
        Err(why) => return refuse(why),
    };
    let mut rows = Vec::new();
    if args.out.is_some() {
        muscle::write_samples(&contraction, &mut rows).expect("memory takes what is written");
    }
    let chart = args.picture.is_some().then(|| plot::of_one(setup, &contraction));
    let report = if args.json {
        serde_json::to_string_pretty(&setup.report(&contraction)).expect("a report has numbers and texts alone")
    } else {
        setup.table(&contraction)
    };
    args.put_out(&rows, chart.as_ref(), &report)
}

fn compare_all(args: &MuscleArgs, profile: &MuscleProfile) -> ExitCode {
    let pattern = args.pattern();
    // A picture alone wants samples; the table wants none.
    let every = args.picture.is_some().then_some(args.every);
    let asked = Asked { every, tolerance: args.tolerance };
    let models = compare::models(profile, args.recruited.unwrap_or(1.0));
    let compared: Result<Vec<Compared>, String> =
        models.iter().map(|(name, model)| compare::compare(name, model, &pattern, asked)).collect();
    let compared = match compared {
        Ok(compared) => compared,
        Err(why) => return refuse(why),
    };
    let mut rows = Vec::new();
    compare::write(&compared, &mut rows).expect("memory takes what is written");
    let chart = args.picture.is_some().then(|| plot::of_all(&compared));
    let report = if args.json {
        let lines: Vec<_> = compared.iter().map(|one| &one.line).collect();
        serde_json::to_string_pretty(&lines).expect("a line has numbers and texts alone")
    } else {
        compare::table(&compared)
    };
    args.put_out(&rows, chart.as_ref(), &report)
}

impl MuscleArgs {
    /// What can be refused before anything is computed.
    fn allowed(&self) -> Result<(), String> {
        if let Some(path) = self.out.as_deref().filter(|path| path.exists() && !self.overwrite) {
            return Err(format!("{}: is there already; add --overwrite to replace it", path.display()));
        }
        if let Some(path) = &self.picture {
            may_write(path, self.overwrite).map_err(|error| error.to_string())?;
        }
        if self.overwrite && self.out.is_none() && self.picture.is_none() {
            return Err("--overwrite: there is no --out and no --picture to replace".to_string());
        }
        if self.until.nanos() / self.every.nanos() > MOST_ROWS && self.sampling().is_some() {
            return Err(format!("--every {}: these are more than {MOST_ROWS} rows; allowed are so many", self.every));
        }
        let Some(model) = &self.model else { return Ok(()) };
        let names = ForceModel::NAMES.map(|(name, _)| name);
        if !names.contains(&model.as_str()) {
            let hint = closest(model, &names).map_or(String::new(), |name| format!("did you mean {name}? "));
            return Err(format!("--model: found {model}; {hint}allowed are {}", names.join(", ")));
        }
        let is = |name: &str| model == name;
        let useless = [
            ("--width-us", !self.width_us.is_empty() && !is("ding2007"), "ding2007"),
            ("--amplitude-ma", !self.amplitude_ma.is_empty() && !is("hmed2018"), "hmed2018"),
            ("--recruited", self.recruited.is_some() && !is("pool"), "pool"),
            ("--muscle", self.muscle.is_some() && !is("pool"), "pool"),
        ];
        match useless.into_iter().find(|(_, useless, _)| *useless) {
            Some((flag, _, other)) => Err(format!("{flag}: {model} does not depend on it; {other} does")),
            None => Ok(()),
        }
    }

    fn sampling(&self) -> Option<SimTime> {
        (self.picture.is_some() || (self.out.is_some() && !self.compare)).then_some(self.every)
    }

    fn pattern(&self) -> Pattern {
        let or = |given: &[f64], usual: f64| if given.is_empty() { vec![usual] } else { given.to_vec() };
        Pattern {
            rate_hz: self.rate_hz.unwrap_or(1.0),
            intervals: self.intervals.clone(),
            doublet: self.doublet,
            most_pulses: self.pulses.map(|pulses| pulses as usize),
            widths_us: or(&self.width_us, 600.0),
            currents_ma: or(&self.amplitude_ma, 100.0),
            on: self.on.unwrap_or(self.until),
            off: self.off,
            until: self.until,
        }
    }

    /// The model with its constants, or what was printed about why there is none.
    fn setup(&self, profile: &MuscleProfile) -> Result<Setup, ExitCode> {
        let name = self.model.as_deref().unwrap_or_default();
        let mut model = muscle::model(name, profile, self.recruited.unwrap_or(1.0))
            .ok_or_else(|| refuse(format_args!("--model: found {name}")))?;
        let mut warnings = Vec::new();
        match &mut model {
            ForceModel::Ding(ding) => {
                if let Some(rule) = &self.r0 {
                    let found = R0::ALL.iter().find(|(name, _)| name == rule);
                    let wrong = || refuse(format_args!("--r0: found {rule}; allowed are fixed and tracks"));
                    ding.r0 = found.ok_or_else(wrong)?.1;
                }
                if let Some(fatigue) = self.fatigue.as_deref() {
                    ding.fatigue = fatigue_of(name, fatigue, &mut warnings).map_err(refuse)?;
                }
                if let Some(path) = &self.parameters {
                    muscle::set_from_file(ding, path).map_err(|problems| explain(&problems))?;
                }
                for text in &self.set {
                    muscle::set(ding, text).map_err(|why| refuse(format_args!("--set: {why}")))?;
                }
            }
            ForceModel::Pool(_) => {
                if !self.set.is_empty() || self.parameters.is_some() || self.r0.is_some() {
                    let how = "stimtwin assets muscles/multifidus-l2 > mine.ron, and --muscle mine.ron";
                    return Err(refuse(format_args!(
                        "--set, --parameters, --r0: the pool's figures are in a file: {how}"
                    )));
                }
                match self.fatigue.as_deref() {
                    None => {}
                    Some("none") => model = model.tireless(),
                    Some(other) => {
                        return Err(refuse(format_args!("--fatigue: found {other}; the pool has its own, or none")));
                    }
                }
            }
        }
        Ok(Setup { name: name.to_string(), model, pattern: self.pattern(), warnings })
    }

    /// Writes what was asked for, and prints the report.
    fn put_out(&self, rows: &[u8], chart: Option<&Chart>, report: &str) -> ExitCode {
        if let Some(path) = &self.out
            && let Err(error) = write_whole(path, rows)
        {
            return refuse(format_args!("{}: cannot be written: {error}", path.display()));
        }
        if let (Some(path), Some(chart)) = (&self.picture, chart)
            && let Err(error) = chart.write(path, self.overwrite)
        {
            return refuse(error);
        }
        say(&report)
    }
}

/// Writes a file under another name first, so that none looks whole that is not.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)).inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

/// The fatigue of that name for a model.
fn fatigue_of(model: &str, name: &str, warnings: &mut Vec<String>) -> Result<Fatigue, String> {
    match (model, name) {
        (_, "none") => Ok(Fatigue::NONE),
        ("ding2007", "cocofest") => {
            warnings.push(
                "ding2007 with the fatigue of ding2003: as the muscle works force rises, because tau1 grows faster \
                 than A falls; this is what a public port does, not physiology"
                    .to_string(),
            );
            Ok(Fatigue::DING_2003)
        }
        ("ding2007", "ding2003") => Err("--fatigue: ding2003's constants do not belong to ding2007's force: it would \
                                         rise as the muscle works; allowed are none, and cocofest to see just that"
            .to_string()),
        ("ding2003" | "hmed2018", "ding2003") => Ok(Fatigue::DING_2003),
        ("ding2007", _) => Err(format!("--fatigue: found {name}; allowed are none and cocofest")),
        _ => Err(format!("--fatigue: found {name}; allowed are none and ding2003")),
    }
}
