//! `stimtwin fuzz`: random scenarios held to what must always hold.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stimtwin::fuzz::judge::{Finding, judge};
use stimtwin::fuzz::shrink::Bounds;
use stimtwin::fuzz::{Bench, Tried, shrink_broken, try_case};
use stimtwin::nerve::recruitment::Speed;
use stimtwin::run::progress::coarse;
use stimtwin::scenario::Scenario;
use stimtwin::scenario::library::read_file;
use stimtwin::scenario::tree::Tree;
use stimtwin::time::{SimTime, positive};

use super::shrink::{one_line, report, timer, write_whole};
use super::{UNMET, complain, explain, refuse, say};

/// Cases that are tried unless somebody says how many or how long (ours).
const CASES: u64 = 100;

/// Candidates that are run at most to make a case small (ours).
const CANDIDATES: u64 = 500;

/// The arguments.
#[derive(clap::Args)]
pub struct FuzzArgs {
    /// The device: the name of one that is built in, or the path of a profile
    #[arg(long, value_name = "D", default_value = "restorative")]
    device: String,
    /// Stop after this long by the clock on the wall, such as "10 min"; changes no case
    #[arg(long = "for", value_name = "T", value_parser = positive)]
    wall: Option<SimTime>,
    /// Try so many cases; 100, or with --for as many as there is time for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    cases: Option<u64>,
    /// Try the case of this number alone, from 0, and save it whatever comes of it
    #[arg(long, value_name = "K", conflicts_with_all = ["cases", "wall"], value_parser = case_number)]
    case: Option<u64>,
    /// What the cases are drawn from: the same seed makes the same cases
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How cases find out whom a pulse fires: Guess, Fast or Exact, as a scenario's thresholds
    #[arg(long, value_name = "HOW", default_value = "Guess", value_parser = thresholds)]
    thresholds: Speed,
    /// Save cases that break something to this folder, which must be new or empty
    #[arg(long, value_name = "DIR", default_value = "fuzz")]
    out: PathBuf,
    /// Save to the folder of --out whatever is in it
    #[arg(long)]
    overwrite: bool,
    /// Hold these scenarios to the same, instead of random ones; nothing is saved
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["case", "cases", "wall", "seed", "device"])]
    again: Vec<PathBuf>,
}

fn thresholds(text: &str) -> Result<Speed, String> {
    let named = Speed::NAMES.iter().find(|(name, _)| *name == text);
    named.map(|(_, speed)| *speed).ok_or(format!("expected {}", Speed::NAMES.map(|(name, _)| name).join(", ")))
}

fn case_number(text: &str) -> Result<u64, String> {
    let number = text.parse::<u64>().ok().filter(|number| *number < u64::MAX);
    number.ok_or(format!("expected a whole number from 0 to {}", u64::MAX - 1))
}

/// Tries cases until there are enough, and saves what breaks.
pub fn fuzz(args: &FuzzArgs) -> ExitCode {
    // A panic is a finding, and is told as one.
    std::panic::set_hook(Box::new(|_| {}));
    if !args.again.is_empty() {
        return again(&args.again);
    }
    match bench(&args.device).and_then(|bench| may_save(args).map(|()| bench)) {
        Ok(bench) => tried(args, &Bench { thresholds: args.thresholds, ..bench }),
        Err(code) => code,
    }
}

/// What is tested; a path is made one from the root, so that saved cases find it.
fn bench(device: &str) -> Result<Bench, ExitCode> {
    let is_path = device.contains('/') || device.ends_with(".ron");
    let rooted = std::path::absolute(device).ok().filter(|_| is_path);
    let name = rooted.map_or(device.to_string(), |path| path.display().to_string());
    Bench::new(&name).map_err(|problems| explain(&problems))
}

/// Whether there is a folder to save to, before hours are spent.
fn may_save(args: &FuzzArgs) -> Result<(), ExitCode> {
    let out = args.out.display();
    match std::fs::read_dir(&args.out).map(Iterator::count) {
        Ok(1..) if !args.overwrite => Err(refuse(format_args!(
            "{out}: is not empty; name another folder with --out, or add --overwrite to save beside what is there"
        ))),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(refuse(format_args!("{out}: cannot be read: {error}")))
        }
        _ => Ok(()),
    }
}

fn tried(args: &FuzzArgs, bench: &Bench) -> ExitCode {
    let stop = timer(args.wall);
    let cases = match (args.case, args.cases, args.wall) {
        (Some(case), ..) => case..case.saturating_add(1),
        (_, Some(cases), _) => 0..cases,
        (_, None, Some(_)) => 0..u64::MAX,
        _ => 0..CASES,
    };
    let teller = Teller::new();
    let (mut count, mut simulated_s, mut found) = (0_u64, 0.0, Vec::<Finding>::new());
    for case in cases {
        if stop() {
            break;
        }
        teller.tell(format!("case {case}, {} found", found.len()));
        let tried = try_case(bench, args.seed, case, &|_| {});
        count += 1;
        simulated_s += tried.simulated.as_secs();
        if tried.finding.is_some() || args.case.is_some() {
            teller.tell(format!("case {case} is made small"));
            let is_new = |finding: &Finding| !found.iter().any(|other| other.is_like(finding));
            if let Err(why) = teller.aside(|| save(args, bench, case, &tried, &is_new)) {
                return refuse(why);
            }
        }
        found.extend(tried.finding);
    }
    drop(teller);
    let simulated = coarse(SimTime::from_secs(simulated_s as i64));
    let end = say(&format_args!("{count} cases of seed {}, {simulated} simulated, {} found", args.seed, found.len()));
    if found.is_empty() { end } else { ExitCode::from(UNMET) }
}

/// Saves a case; one that is the first to break something is made small too.
fn save(
    args: &FuzzArgs,
    bench: &Bench,
    case: u64,
    tried: &Tried,
    is_new: &dyn Fn(&Finding) -> bool,
) -> Result<(), String> {
    std::fs::create_dir_all(&args.out).map_err(|error| format!("{}: cannot be made: {error}", args.out.display()))?;
    let path = |ending: &str| args.out.join(format!("seed-{}-case-{case}{ending}.ron", args.seed));
    let broken = tried.finding.as_ref().map_or("nothing breaks".to_string(), ToString::to_string);
    let head = one_line(&format!("Case {case} of seed {} for {}: {broken}", args.seed, bench.device_name));
    let whole = path("");
    write_whole(&whole, &format!("// {head}\n{}", tried.text))?;
    say(&format_args!("{}: {broken}", whole.display()));
    let Some(finding) = tried.finding.as_ref().filter(|finding| is_new(finding)) else { return Ok(()) };
    let bounds = Bounds { candidates: CANDIDATES, keep: &[], stop: &|| false };
    let shrunk = shrink_broken(&tried.text, finding, &bench.folder, &bounds, &|_| {});
    let Some((shrunk, before)) = shrunk.zip(Tree::parse(&tried.text)) else { return Ok(()) };
    let Some(small) = Tree::parse(&shrunk.text) else { return Ok(()) };
    let out = path(".shrunk");
    write_whole(&out, &format!("// {head}\n// Shrunk.\n{}", shrunk.text))?;
    report(&out, &before, &small, &shrunk, &format!("{} ({})", finding.check, finding.part));
    Ok(())
}

/// Holds scenarios to what random ones are held to.
fn again(files: &[PathBuf]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        let scenario = match Scenario::from_file(file) {
            Ok(scenario) => scenario,
            Err(problems) => return explain(&problems),
        };
        let text = match read_file(file) {
            Ok(text) => text,
            Err(why) => return refuse(format_args!("{}: cannot be read: {why}", file.display())),
        };
        match judge(&scenario, &text, file.parent().unwrap_or(Path::new(".")), &|_| {}) {
            None => drop(say(&format_args!("{}: nothing breaks", file.display()))),
            Some(finding) => {
                complain(format_args!("error: {}: {finding}", file.display()));
                code = ExitCode::from(UNMET);
            }
        }
    }
    code
}

/// Says how far the work is, on a terminal.
struct Teller(indicatif::ProgressBar);

impl Teller {
    /// Says nothing yet.
    fn new() -> Self {
        let bar = indicatif::ProgressBar::with_draw_target(None, indicatif::ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(indicatif::ProgressStyle::with_template("{msg}").expect("the template above is right"));
        Self(bar)
    }

    /// Says that.
    fn tell(&self, text: String) {
        self.0.set_message(text);
        self.0.tick();
    }

    /// Makes room for something else that is said.
    fn aside<T>(&self, say: impl FnOnce() -> T) -> T {
        self.0.suspend(say)
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
