//! A suite: scenarios whose expectations are held, many at a time, as a CI runs them.
//!
//! A scenario passes if it is read, runs to its end without a broken invariant, and meets all that it expects. Nothing
//! that could not be judged is green: a file that cannot be read, a folder without a scenario and a filter that leaves
//! nothing are errors.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use crate::record::expectation::Verdict;
use crate::run::progress::Silent;
use crate::run::{RunError, RunOptions, run};
use crate::scenario::Scenario;

/// How a suite is run.
#[derive(Clone, Copy, Debug)]
pub struct SuiteOptions {
    /// How many scenarios run at a time, one at least.
    pub jobs: usize,
    /// Whether no further scenario is begun once one has not passed.
    pub fail_fast: bool,
}

/// What became of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It ran to its end; whether it passed is up to its verdicts.
    Ran {
        /// The digest.
        digest: String,
        /// One for each expectation.
        expectations: Vec<Verdict>,
    },
    /// It cannot be read.
    Invalid {
        /// Every mistake.
        problems: Vec<String>,
    },
    /// An invariant broke.
    Broken {
        /// Which one, where and when.
        fault: String,
    },
    /// It was not begun, because another one had not passed.
    Skipped,
}

/// A scenario of a suite.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Its file.
    pub file: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took by the clock on the wall, s.
    pub took_s: f64,
}

impl Case {
    /// The expectations that were not met; one that was not decided is not met.
    pub fn unmet(&self) -> impl Iterator<Item = &Verdict> {
        let verdicts = match &self.outcome {
            Outcome::Ran { expectations, .. } => &expectations[..],
            _ => &[],
        };
        verdicts.iter().filter(|verdict| verdict.met != Some(true))
    }

    /// Whether it ran and met all that it expects.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Ran { .. }) && self.unmet().next().is_none()
    }
}

/// The scenarios in files and folders, those of folders by name, folders within folders too; each once.
///
/// # Errors
/// Something cannot be read, or a folder holds no scenario: a sentence for the user.
pub fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        if path.is_dir() {
            collect_folder(path, &mut files)?;
            if files.len() == before {
                return Err(format!("{}: holds no scenario, no file ending in .ron or .scenario.json", path.display()));
            }
        } else {
            files.push(path.clone());
        }
    }
    let mut once: Vec<PathBuf> = Vec::new();
    for file in files {
        if !once.contains(&file) {
            once.push(file);
        }
    }
    Ok(once)
}

fn collect_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: cannot be read: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let mut inside: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        if path.is_dir() {
            collect_folder(&path, files)?;
        } else if [".ron", ".scenario.json"].iter().any(|ending| path.display().to_string().ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Every `of`-th of the files, beginning with the one of that number, from 1: for machines that share a suite.
pub fn shard(files: Vec<PathBuf>, number: usize, of: usize) -> Vec<PathBuf> {
    files.into_iter().skip(number - 1).step_by(of).collect()
}

/// Runs scenarios, `jobs` at a time; `done` hears of each as it ends. They come out in the order of the files.
#[expect(clippy::disallowed_methods, reason = "how long a test took is told by the clock on the wall, for people only")]
pub fn run_suite(files: &[PathBuf], options: SuiteOptions, done: &(dyn Fn(&Case) + Sync)) -> Vec<Case> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let cases: Mutex<Vec<(usize, Case)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { break };
                    let began = Instant::now();
                    let skipped = options.fail_fast && stop.load(Ordering::Relaxed);
                    let outcome = if skipped { Outcome::Skipped } else { run_one(file) };
                    let took_s = began.elapsed().as_secs_f64();
                    let case = Case { file: file.display().to_string(), outcome, took_s };
                    if !case.passed() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    done(&case);
                    cases.lock().expect("no thread panics while it holds the list").push((index, case));
                }
            });
        }
    });
    let mut cases = cases.into_inner().expect("no thread panics while it holds the list");
    cases.sort_by_key(|(index, _)| *index);
    cases.into_iter().map(|(_, case)| case).collect()
}

fn run_one(file: &Path) -> Outcome {
    let scenario = match Scenario::from_file(file) {
        Ok(scenario) => scenario,
        Err(problems) => return Outcome::Invalid { problems: problems.iter().map(ToString::to_string).collect() },
    };
    match run(&scenario, RunOptions::default(), None, &mut Silent) {
        Ok(summary) => Outcome::Ran { digest: summary.digest, expectations: summary.expectations },
        Err(RunError::Fault(fault)) => Outcome::Broken { fault: fault.to_string() },
        Err(RunError::Output(error)) => Outcome::Broken { fault: error.to_string() },
    }
}

/// The suite as JUnit XML: a suite for each scenario, a case for each expectation, and one for the run itself.
pub fn junit(cases: &[Case]) -> String {
    let mut report = Report::new("stimtwin");
    for case in cases {
        let mut suite = TestSuite::new(case.file.as_str());
        let time = Duration::from_secs_f64(case.took_s);
        let mut add = |name: &str, status: TestCaseStatus, time: Option<Duration>| {
            let mut test = TestCase::new(name, status);
            test.set_classname(case.file.as_str());
            if let Some(time) = time {
                test.set_time(time);
            }
            suite.add_test_case(test);
        };
        let not = |kind: NonSuccessKind, message: &str| {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(message);
            status
        };
        match &case.outcome {
            Outcome::Ran { expectations, .. } => {
                add("runs, and no invariant breaks", TestCaseStatus::success(), Some(time));
                for verdict in expectations {
                    let status = match verdict.met {
                        Some(true) => TestCaseStatus::success(),
                        _ => not(NonSuccessKind::Failure, &format!("{verdict}")),
                    };
                    add(&verdict.expected, status, None);
                }
            }
            Outcome::Invalid { problems } => {
                add("can be read", not(NonSuccessKind::Error, &problems.join("\n")), Some(time));
            }
            Outcome::Broken { fault } => {
                add("runs, and no invariant breaks", not(NonSuccessKind::Error, fault), Some(time));
            }
            Outcome::Skipped => add("runs, and no invariant breaks", TestCaseStatus::skipped(), None),
        }
        report.add_test_suite(suite);
    }
    report.to_string().expect("a report is plain text")
}
