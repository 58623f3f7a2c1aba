//! `stimtwin test`: scenarios held to what they expect.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::run::suite::{Case, Outcome, SuiteOptions, collect, junit, run_suite, shard};

use super::{BAD_INPUT, INTERNAL_FAULT, UNMET, refuse, say};

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
            return refuse(format_args!("{}: cannot be written: {error}", file.display()));
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
