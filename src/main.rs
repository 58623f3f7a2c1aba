//! The command line: reads what is asked for and calls the library.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use stimtwin::run::output::Output;
use stimtwin::run::progress::{Bar, Progress, Silent};
use stimtwin::run::report::Report;
use stimtwin::run::suite::{Case, Outcome, SuiteOptions, collect, junit, run_suite, shard};
use stimtwin::run::threshold::{self, Rows};
use stimtwin::run::{RunError, RunOptions, run};
#[cfg(feature = "sandbox")]
use stimtwin::sandbox::launch::{LaunchError, SandboxArgs, launch};
use stimtwin::scenario::Scenario;
use stimtwin::scenario::library::{ASSETS, Asset};
use stimtwin::scenario::reader::{Problem, closest};
use stimtwin::time::{SimTime, positive};

/// Hardware simulator and digital twin of restorative neurostimulation.
///
/// Without a command the window opens on the built-in scenario; without a display it runs here and now.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all well, 1 the scenario expects what did not come, 2 bad input or usage, \
                  3 an internal fault (an invariant broke)."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a scenario from start to end
    #[command(after_help = "Example:\n  stimtwin run scenarios/first-session.ron --out out/")]
    Run(RunArgs),
    /// Read scenarios and report every mistake, without running them
    #[command(after_help = "Example:\n  stimtwin check scenarios/first-session.ron scenarios/sham.ron")]
    Check {
        /// The scenario files
        #[arg(required = true, value_name = "SCENARIO")]
        scenarios: Vec<PathBuf>,
    },
    /// Run scenarios and whole folders of them, and hold them to what they expect
    #[command(after_help = "Example:\n  stimtwin test scenarios/faults --junit out/junit.xml")]
    Test(TestArgs),
    /// List the built-in profiles and scenarios, or print one to start your own from
    #[command(after_help = "Example:\n  stimtwin assets devices/restorative > my-device.ron")]
    Assets {
        /// The one to print, such as devices/restorative
        name: Option<String>,
    },
    /// Open the window: edit the waveform, see the patient answer
    #[cfg(feature = "sandbox")]
    #[command(
        after_help = "Example:\n  stimtwin sandbox scenarios/first-session.ron --capture out.png --at \"1 min 12 s\""
    )]
    Sandbox(SandboxArgs),
    /// Compute the least current that fires a nerve fibre, for every row of a table
    #[command(after_help = "Example:\n  stimtwin threshold --rows docs/threshold_rows.csv")]
    Threshold(ThresholdArgs),
}

#[derive(clap::Args)]
struct ThresholdArgs {
    /// The table, CSV with the columns fiber_diameter_um, distance_mm and width_us; more in docs/threshold.md
    #[arg(long, value_name = "FILE")]
    rows: PathBuf,
    /// The time step, from 50ns to 20us; the answer's error is in proportion
    #[arg(long, value_parser = threshold_step, default_value = "1us", value_name = "T")]
    step: SimTime,
    /// Write to this file, which must be new, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file of --out
    #[arg(long, requires = "out")]
    overwrite: bool,
}

#[derive(clap::Args)]
struct RunArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Write summary.json, traces and events.jsonl to this folder, which must be new or empty
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the results in the folder of --out
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// The longest step of simulated time, such as 1ms; changes no result
    #[arg(long, value_parser = positive)]
    tick: Option<SimTime>,
    /// Stop at this simulated time, such as "12 min"
    #[arg(long, value_parser = positive, value_name = "T")]
    until: Option<SimTime>,
    /// Use this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// The scenario expects of its run what did not come.
const UNMET: u8 = 1;

#[derive(clap::Args)]
struct TestArgs {
    /// Scenario files, and folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How many run at a time; as many as there are processors if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Only files whose path contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only the i-th of n parts, such as 2/4: for machines that share a suite
    #[arg(long, value_name = "I/N", value_parser = part)]
    shard: Option<(usize, usize)>,
    /// Begin no further scenario once one has not passed
    #[arg(long)]
    fail_fast: bool,
    /// Name the scenarios and run none
    #[arg(long)]
    list: bool,
    /// Write the verdicts as JUnit XML, as CI systems read it
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn part(text: &str) -> Result<(usize, usize), String> {
    let wrong = || "expected a part such as 2/4".to_string();
    let (number, of) = text.split_once('/').ok_or_else(wrong)?;
    match (number.parse::<usize>(), of.parse::<usize>()) {
        (Ok(number), Ok(of)) if (1..=of).contains(&number) => Ok((number, of)),
        _ => Err(wrong()),
    }
}

/// Bad input or usage.
const BAD_INPUT: u8 = 2;

/// An invariant broke.
const INTERNAL_FAULT: u8 = 3;

fn threshold_step(text: &str) -> Result<SimTime, String> {
    let step = text.parse::<SimTime>()?;
    let allowed = threshold::STEPS;
    if allowed.contains(&step) { Ok(step) } else { Err(format!("allowed is {} to {}", allowed.start(), allowed.end())) }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not mistakes; clap prints both to the right place and knows which they are.
            let code = if error.use_stderr() { BAD_INPUT } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match cli.command {
        None => no_verb(),
        #[cfg(feature = "sandbox")]
        Some(Verb::Sandbox(args)) => window_closed(launch(args)),
        Some(Verb::Run(args)) => run_file(args),
        Some(Verb::Check { scenarios }) => check(&scenarios),
        Some(Verb::Test(args)) => test(&args),
        Some(Verb::Assets { name }) => assets(name.as_deref()),
        Some(Verb::Threshold(args)) => thresholds(&args),
    }
}

/// Without a command: the window where there can be one, and otherwise the built-in scenario.
fn no_verb() -> ExitCode {
    #[cfg(feature = "sandbox")]
    match launch(SandboxArgs::plain()) {
        Err(LaunchError::Window(why)) => complain(format_args!("{why}; the built-in scenario runs without a window")),
        outcome => return window_closed(outcome),
    }
    match Scenario::built_in() {
        Ok(scenario) => run_scenario(&scenario, RunOptions::default(), None, false),
        Err(problems) => explain(&problems),
    }
}

/// What became of the window.
#[cfg(feature = "sandbox")]
fn window_closed(outcome: Result<(), LaunchError>) -> ExitCode {
    let (why, code): (&dyn std::fmt::Display, u8) = match &outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(LaunchError::Problems(problems)) => return explain(problems),
        Err(LaunchError::Refused(why)) => (why, BAD_INPUT),
        Err(LaunchError::Window(why)) => (why, BAD_INPUT),
        Err(LaunchError::Fault(why)) => (why, INTERNAL_FAULT),
    };
    complain(format_args!("error: {why}"));
    ExitCode::from(code)
}

/// Runs a suite.
fn test(args: &TestArgs) -> ExitCode {
    let files = match suite_files(args) {
        Ok(files) => files,
        Err(message) => {
            complain(format_args!("error: {message}"));
            return ExitCode::from(BAD_INPUT);
        }
    };
    if args.list {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        return say(&names.join("\n"));
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = args.jobs.map_or(processors, usize::from);
    let cases = run_suite(&files, SuiteOptions { jobs, fail_fast: args.fail_fast }, &|case| tell(case));
    let reports = [
        (&args.junit, junit(&cases)),
        (&args.json, serde_json::to_string_pretty(&cases).expect("verdicts are plain values with text keys") + "\n"),
    ];
    for (file, text) in reports {
        let Some(file) = file else { continue };
        if let Err(error) = std::fs::write(file, text) {
            complain(format_args!("error: {}: cannot be written: {error}", file.display()));
            return ExitCode::from(BAD_INPUT);
        }
    }
    let passed = cases.iter().filter(|case| case.passed()).count();
    let verdict = say(&format_args!("{passed} of {} scenarios passed", cases.len()));
    // What could not be judged weighs more than what failed.
    let code = |case: &Case| match &case.outcome {
        Outcome::Broken { .. } => INTERNAL_FAULT,
        Outcome::Invalid { .. } => BAD_INPUT,
        _ if case.passed() => 0,
        _ => UNMET,
    };
    match cases.iter().map(code).max().unwrap_or(BAD_INPUT) {
        0 => verdict,
        worst => ExitCode::from(worst),
    }
}

/// The scenarios that a suite is asked to run.
fn suite_files(args: &TestArgs) -> Result<Vec<PathBuf>, String> {
    let mut files = collect(&args.paths)?;
    if let Some(text) = &args.filter {
        files.retain(|file| file.display().to_string().contains(text.as_str()));
        if files.is_empty() {
            return Err(format!("no scenario's path contains {text}"));
        }
    }
    if let Some((number, of)) = args.shard {
        let count = files.len();
        files = shard(files, number, of);
        if files.is_empty() {
            return Err(format!("part {number} of {of} is empty: there are {count} scenarios"));
        }
    }
    Ok(files)
}

/// Says what became of a scenario, a line for each thing that is wrong.
fn tell(case: &Case) {
    let word = match &case.outcome {
        Outcome::Skipped => "skipped",
        Outcome::Invalid { .. } => "invalid",
        Outcome::Broken { .. } => "broken",
        Outcome::Ran { .. } if case.passed() => "passed",
        Outcome::Ran { .. } => "failed",
    };
    let mut text = format!("{word} {} ({:.2} s)", case.file, case.took_s);
    match &case.outcome {
        Outcome::Invalid { problems } => problems.iter().for_each(|problem| text += &format!("\n    {problem}")),
        Outcome::Broken { fault } => text += &format!("\n    {fault}"),
        _ => case.unmet().for_each(|verdict| text += &format!("\n    {verdict}")),
    }
    say(&text);
}

fn run_file(args: RunArgs) -> ExitCode {
    let mut scenario = match Scenario::from_file(&args.scenario) {
        Ok(scenario) => scenario,
        Err(problems) => return explain(&problems),
    };
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    if let Some(until) = args.until.filter(|&until| until > scenario.duration) {
        complain(format_args!("error: --until is {until}, and the scenario ends at {}", scenario.duration));
        return ExitCode::from(BAD_INPUT);
    }
    let output = match args.out.map(|folder| Output::create(&folder, &scenario.recordings, args.overwrite)).transpose()
    {
        Ok(output) => output,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return ExitCode::from(BAD_INPUT);
        }
    };
    run_scenario(&scenario, RunOptions { tick: args.tick, until: args.until }, output, args.quiet)
}

fn run_scenario(scenario: &Scenario, options: RunOptions, output: Option<Output>, quiet: bool) -> ExitCode {
    let mut progress: Box<dyn Progress> =
        if quiet || !std::io::stderr().is_terminal() { Box::new(Silent) } else { Box::new(Bar::new()) };
    match run(scenario, options, output, progress.as_mut()) {
        Ok(summary) => {
            let code = if quiet { ExitCode::SUCCESS } else { say(&Report(&summary)) };
            let unmet: Vec<_> = summary.expectations.iter().filter(|verdict| verdict.met == Some(false)).collect();
            unmet.iter().for_each(|verdict| complain(format_args!("error: {verdict}")));
            if unmet.is_empty() { code } else { ExitCode::from(UNMET) }
        }
        Err(error) => {
            complain(format_args!("error: {error}"));
            ExitCode::from(if matches!(error, RunError::Fault(_)) { INTERNAL_FAULT } else { BAD_INPUT })
        }
    }
}

fn check(files: &[PathBuf]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match Scenario::from_file(file) {
            Ok(scenario) => {
                let said = say(&format_args!("{}: {}, {}, is well", file.display(), scenario.name, scenario.duration));
                code = if code == ExitCode::SUCCESS { said } else { code };
            }
            Err(problems) => code = explain(&problems),
        }
    }
    code
}

fn assets(name: Option<&str>) -> ExitCode {
    let path = |asset: &Asset| format!("{}/{}", asset.kind.folder(), asset.name);
    let Some(name) = name else {
        let list: Vec<String> = ASSETS.iter().map(path).collect();
        return say(&list.join("\n"));
    };
    if let Some(asset) = ASSETS.iter().find(|asset| path(asset) == name) {
        return say(&asset.text.trim_end());
    }
    let paths: Vec<String> = ASSETS.iter().map(path).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let hint = closest(name, &paths).map_or(String::new(), |close| format!("did you mean {close}? "));
    complain(format_args!("error: {name} is not built in; {hint}built in: {}", paths.join(", ")));
    ExitCode::from(BAD_INPUT)
}

fn thresholds(args: &ThresholdArgs) -> ExitCode {
    let rows = match Rows::from_file(&args.rows) {
        Ok(rows) => rows,
        Err(problems) => return explain(&problems),
    };
    if let Some(path) = args.out.as_deref().filter(|path| path.exists() && !args.overwrite) {
        complain(format_args!("error: {}: is there already; add --overwrite to replace it", path.display()));
        return ExitCode::from(BAD_INPUT);
    }
    let found = rows.thresholds(args.step);
    let mut text = Vec::new();
    rows.write(&found, &mut text).expect("memory takes what is written");
    let missing = found.iter().filter(|threshold| threshold.is_none()).count();
    if missing > 0 {
        complain(format_args!("{missing} rows have no threshold near where it was looked for; their cells are empty"));
    }
    let Some(path) = &args.out else { return say(&String::from_utf8_lossy(&text).trim_end()) };
    match std::fs::write(path, &text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("error: {}: cannot be written: {error}", path.display()));
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// Prints to standard output; a reader that has gone away, as `head` does, is not an error.
fn say(text: &dyn std::fmt::Display) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(format_args!("error: standard output cannot be written: {error}"));
            ExitCode::from(BAD_INPUT)
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints to standard error; where that is gone too, the exit code is all that is left to say.
fn complain(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn explain(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        complain(format_args!("error: {problem}"));
    }
    ExitCode::from(BAD_INPUT)
}
