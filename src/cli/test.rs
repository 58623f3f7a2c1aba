//! `stimtwin test`: scenarios held to what they expect.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};
use stimtwin::run::junit::{annotations, junit};
use stimtwin::run::requirements::{Coverage, read_requirements};
use stimtwin::run::suite::{Case, Grade, Outcome, SuiteOptions, collect, run_suite, shard};
use stimtwin::time::{SimTime, positive};

use super::{BAD_INPUT, INTERNAL_FAULT, UNMET, complain, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct TestArgs {
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
    /// How long each scenario may take, such as "30 s" by the clock on the wall
    #[arg(long, value_name = "T", value_parser = positive)]
    time_limit: Option<SimTime>,
    /// Run each scenario once more, in ticks of simulated time such as 7s: it must come to the same, to the bit
    #[arg(long, value_name = "T", value_parser = positive)]
    tick: Option<SimTime>,
    /// Keep a tape of each scenario that meets what it expects beside it: later runs are held against that
    #[arg(long)]
    bless: bool,
    /// Name the scenarios and run none
    #[arg(long)]
    list: bool,
    /// Print which requirements of this list are met, by which scenario: CSV with the columns id and text
    #[arg(long, value_name = "FILE")]
    requirements: Option<PathBuf>,
    /// Write the verdicts as JUnit XML, as CI systems read it
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print annotations for GitHub; done unasked where GITHUB_ACTIONS is set
    #[arg(long)]
    github: bool,
}

fn part(text: &str) -> Result<(usize, usize), String> {
    let wrong = || "expected a part such as 2/4".to_string();
    let (number, of) = text.split_once('/').ok_or_else(wrong)?;
    match (number.parse::<usize>(), of.parse::<usize>()) {
        (Ok(number), Ok(of)) if (1..=of).contains(&number) => Ok((number, of)),
        _ => Err(wrong()),
    }
}

/// Set once somebody asks the suite to stop.
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Watches for interrupts: the first asks the suite to stop, the second ends it at once.
fn watch_for_interrupts() -> std::io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, i32::from(BAD_INPUT), Arc::clone(&STOP))?;
        register(signal, Arc::clone(&STOP))?;
    }
    Ok(())
}

/// Runs a suite.
pub fn test(args: &TestArgs) -> ExitCode {
    let files = match suite_files(args) {
        Ok(files) => files,
        Err(message) => return refuse(message),
    };
    if args.list {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        return say(&names.join("\n"));
    }
    if let Err(message) = check_reports(args, &files) {
        return refuse(message);
    }
    // A list that cannot be read is known before hours are spent.
    let requirements = match args.requirements.as_deref().map(read_requirements).transpose() {
        Ok(requirements) => requirements,
        Err(message) => return refuse(message),
    };
    if let Err(error) = watch_for_interrupts() {
        return refuse(format_args!("interrupts cannot be watched for: {error}"));
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = SuiteOptions {
        jobs: args.jobs.map_or(processors, usize::from),
        fail_fast: args.fail_fast,
        bless: args.bless,
        tick: args.tick,
        time_limit: args.time_limit.map(|limit| std::time::Duration::from_nanos(limit.nanos().unsigned_abs())),
        stop: Some(&STOP),
    };
    let github = args.github || std::env::var_os("GITHUB_ACTIONS").is_some_and(|set| set == "true");
    let cases = run_suite(&files, options, &|case| tell(case, github));
    if let Err(code) = write_reports(args, &cases) {
        return code;
    }
    let mut worst = cases.iter().map(Case::grade).max().unwrap_or(Grade::Unjudged);
    if let Some(requirements) = &requirements {
        match Coverage::new(requirements, &cases) {
            Ok(coverage) => say(&coverage),
            Err(unknown) => {
                unknown.iter().for_each(|sentence| complain(format_args!("error: {sentence}")));
                worst = worst.max(Grade::Unjudged);
                ExitCode::SUCCESS
            }
        };
    }
    sum_up(&cases, worst)
}

/// Says how many passed and what was not run.
fn sum_up(cases: &[Case], mut worst: Grade) -> ExitCode {
    let count = |grade| cases.iter().filter(|case| case.grade() == grade).count();
    let verdict = say(&format_args!("{} of {} scenarios passed", count(Grade::Passed), cases.len()));
    let skipped = count(Grade::Skipped);
    if STOP.load(Ordering::Relaxed) {
        complain(format_args!("error: the suite was interrupted; {skipped} scenarios were not run"));
        worst = worst.max(Grade::Unjudged);
    } else if cases.iter().all(|case| case.verdicts().is_empty() && case.grade() == Grade::Passed) {
        complain(format_args!("error: none of them expects anything, so nothing was judged"));
        worst = Grade::Unjudged;
    }
    match worst {
        Grade::Passed | Grade::Skipped => verdict,
        Grade::Failed => ExitCode::from(UNMET),
        // What could not be judged weighs more than what failed.
        Grade::Unjudged => ExitCode::from(BAD_INPUT),
        Grade::Broken => ExitCode::from(INTERNAL_FAULT),
    }
}

fn write_reports(args: &TestArgs, cases: &[Case]) -> Result<(), ExitCode> {
    let write = |file: &Path, text: &str| {
        let wrong = |error| refuse(format_args!("{}: cannot be written: {error}", file.display()));
        std::fs::write(file, text).map_err(wrong)
    };
    if let Some(file) = &args.junit {
        write(file, &junit(cases))?;
    }
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&cases).expect("verdicts are plain values with text keys");
        write(file, &(json + "\n"))?;
    }
    Ok(())
}

/// Whether each report has a file of its own, which is none of the scenarios.
fn check_reports(args: &TestArgs, files: &[PathBuf]) -> Result<(), String> {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    if args.junit.is_some() && args.junit.as_ref().map(real) == args.json.as_ref().map(real) {
        return Err("--junit and --json name the same file".to_string());
    }
    let scenarios: Vec<PathBuf> = files.iter().map(real).collect();
    let written = [&args.junit, &args.json].into_iter().flatten();
    match written.into_iter().find(|report| scenarios.contains(&real(report))) {
        Some(report) => Err(format!("{}: is one of the scenarios, and would be written over", report.display())),
        None => Ok(()),
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

/// Says what became of a scenario: a line for each thing that is wrong, and where it helps a plot.
fn tell(case: &Case, github: bool) {
    let word = match (&case.outcome, case.grade()) {
        (Outcome::Skipped, _) => "skipped",
        (Outcome::Invalid { .. }, _) => "invalid",
        (Outcome::Broken { .. }, _) => "broken",
        (Outcome::TimedOut { .. }, _) => "too slow",
        (Outcome::Interrupted { .. }, _) => "interrupted",
        (_, Grade::Passed) if case.verdicts().is_empty() => "ran, expecting nothing,",
        (_, Grade::Passed) => "passed",
        _ if case.unmet().any(|verdict| verdict.met == Some(false)) => "failed",
        (_, Grade::Failed) => "failed",
        _ => "unjudged",
    };
    let mut text = format!("{word} {} ({:.2} s)", case.file, case.took_s);
    case.problems().iter().for_each(|problem| text += &format!("\n    {problem}"));
    for verdict in case.unmet() {
        text += &format!("\n    line {}: {verdict}", verdict.line);
        if let Some(plot) = &verdict.plot {
            plot.to_string().lines().for_each(|line| text += &format!("\n        {line}"));
        }
    }
    if github {
        annotations(case).iter().for_each(|annotation| text += &format!("\n{annotation}"));
    }
    say(&text);
}
