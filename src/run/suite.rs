//! A suite: scenarios whose expectations are held, many at a time, as a CI runs them.
//!
//! A scenario passes if it is read, runs to its end without a broken invariant, and meets all that it expects. Nothing
//! that could not be judged is green: a file that cannot be read, a folder without a scenario, a filter that leaves
//! nothing, an expectation of what was not there are errors.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::expect::verdict::Verdict;
use crate::run::golden::{bless, judge};
use crate::run::progress::Silent;
use crate::run::summary::Summary;
use crate::run::{RunError, RunOptions, run};
use crate::scenario::Scenario;
use crate::scenario::library::is_profile;
use crate::scenario::reader::Problem;
use crate::time::SimTime;

/// How a suite is run.
#[derive(Clone, Copy, Debug)]
pub struct SuiteOptions {
    /// How many scenarios run at a time, one at least.
    pub jobs: usize,
    /// Whether no further scenario is begun once one has not passed.
    pub fail_fast: bool,
    /// Whether a tape of each scenario that meets what it expects is kept beside it, instead of holding it against one.
    pub bless: bool,
    /// The longest window of a second run of each scenario, which must come to the same; none for no second run.
    pub tick: Option<SimTime>,
    /// How long a scenario may take by the clock on the wall; none for as long as it takes.
    pub time_limit: Option<Duration>,
    /// Begins no further scenario, and ends those that run, once this is set.
    pub stop: Option<&'static AtomicBool>,
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
    /// It took longer than it may.
    TimedOut {
        /// How far it came.
        why: String,
    },
    /// Somebody stopped the suite while it ran.
    Interrupted {
        /// How far it came.
        why: String,
    },
    /// It was not begun: another one had not passed, or somebody stopped the suite.
    Skipped,
}

/// What is to be thought of a scenario, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It ran and met all that it expects.
    Passed,
    /// It was not begun, because another one had not passed.
    Skipped,
    /// It did not meet what it expects, or not in time.
    Failed,
    /// It could not be judged: it cannot be read, it expects what was not there to be judged, it was interrupted.
    Unjudged,
    /// An invariant broke.
    Broken,
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
    /// What came of its expectations.
    pub fn verdicts(&self) -> &[Verdict] {
        match &self.outcome {
            Outcome::Ran { expectations, .. } => expectations,
            _ => &[],
        }
    }

    /// The expectations that were not met; one that could not be judged is not met.
    pub fn unmet(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts().iter().filter(|verdict| verdict.met != Some(true))
    }

    /// What is to be thought of it.
    pub fn grade(&self) -> Grade {
        match &self.outcome {
            Outcome::Ran { .. } if self.unmet().any(|verdict| verdict.met.is_none()) => Grade::Unjudged,
            Outcome::Ran { .. } if self.unmet().next().is_some() => Grade::Failed,
            Outcome::Ran { .. } => Grade::Passed,
            Outcome::Invalid { .. } | Outcome::Interrupted { .. } => Grade::Unjudged,
            Outcome::TimedOut { .. } => Grade::Failed,
            Outcome::Broken { .. } => Grade::Broken,
            Outcome::Skipped => Grade::Skipped,
        }
    }

    /// What is wrong with it as a whole, in lines.
    pub fn problems(&self) -> Vec<String> {
        match &self.outcome {
            Outcome::Ran { .. } | Outcome::Skipped => Vec::new(),
            Outcome::Invalid { problems } => problems.clone(),
            Outcome::Broken { fault: why } | Outcome::TimedOut { why } | Outcome::Interrupted { why } => {
                vec![why.clone()]
            }
        }
    }
}

/// The scenarios in files and folders, those of folders by name, folders within folders too; each once, by whatever
/// name. Profiles and hidden files in folders are left out.
///
/// # Errors
/// Something cannot be read, or a folder holds no scenario: a sentence for the user.
pub fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Found::default();
    for path in paths {
        let before = found.files.len() + found.twice;
        if path.is_dir() {
            found.folder(path)?;
            if found.files.len() + found.twice == before {
                return Err(format!("{}: holds no scenario, no file ending in .ron or .scenario.json", path.display()));
            }
        } else {
            found.file(path.clone());
        }
    }
    Ok(found.files)
}

/// Scenarios that were found, and what was seen on the way: a link may lead to the same again.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
    twice: usize,
}

impl Found {
    /// Whether a path is new.
    fn is_new(&mut self, path: &Path) -> bool {
        self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_path_buf()))
    }

    fn file(&mut self, path: PathBuf) {
        if self.is_new(&path) {
            self.files.push(path);
        } else {
            self.twice += 1;
        }
    }

    fn folder(&mut self, folder: &Path) -> Result<(), String> {
        if !self.is_new(folder) {
            return Ok(());
        }
        let wrong = |error: std::io::Error| format!("{}: cannot be read: {error}", folder.display());
        let entries = std::fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        let mut inside: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        inside.sort();
        for path in inside {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                self.folder(&path)?;
            } else if [".ron", ".scenario.json"].iter().any(|ending| name.ends_with(ending)) && !is_profile(&path) {
                self.file(path);
            }
        }
        Ok(())
    }
}

/// Every `of`-th of the files, beginning with the one of that number, from 1: for machines that share a suite.
pub fn shard(files: Vec<PathBuf>, number: usize, of: usize) -> Vec<PathBuf> {
    files.into_iter().skip(number - 1).step_by(of).collect()
}

/// Runs scenarios, `jobs` at a time; `done` hears of each as it ends. They come out in the order of the files.
#[expect(clippy::disallowed_methods, reason = "how long a test took is told by the clock on the wall, for people only")]
pub fn run_suite(files: &[PathBuf], options: SuiteOptions, done: &(dyn Fn(&Case) + Sync)) -> Vec<Case> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let cases: Mutex<Vec<(usize, Case)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { break };
                    let began = Instant::now();
                    let stopped = options.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
                    let skipped = stopped || options.fail_fast && failed.load(Ordering::Relaxed);
                    let deadline = options.time_limit.map(|limit| began + limit);
                    let of_run = RunOptions { deadline, stop: options.stop, ..RunOptions::default() };
                    let outcome = if skipped { Outcome::Skipped } else { run_one(file, of_run, options) };
                    let took_s = began.elapsed().as_secs_f64();
                    let case = Case { file: file.display().to_string(), outcome, took_s };
                    failed.fetch_or(case.grade() > Grade::Skipped, Ordering::Relaxed);
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

fn run_one(file: &Path, of_run: RunOptions, options: SuiteOptions) -> Outcome {
    let scenario = match Scenario::from_file(file) {
        Ok(scenario) => scenario,
        Err(problems) => return invalid(&problems),
    };
    let mut summary = match run(&scenario, of_run, None, &mut Silent) {
        Ok(summary) => summary,
        Err(error) => return not_run(error),
    };
    let of_tick = match options.tick.map(|tick| ticking(&scenario, of_run, tick, &summary)).transpose() {
        Ok(of_tick) => of_tick,
        Err(error) => return not_run(error),
    };
    let meets_all = summary.expectations.iter().chain(&of_tick).all(|verdict| verdict.met == Some(true));
    let of_golden = if !options.bless {
        judge(file, &scenario, &summary)
    } else if meets_all {
        match bless(file, &summary) {
            Ok(verdict) => Some(verdict),
            Err(why) => return Outcome::Invalid { problems: vec![why] },
        }
    } else {
        None
    };
    summary.expectations.extend(of_tick.into_iter().chain(of_golden));
    Outcome::Ran { digest: summary.digest, expectations: summary.expectations }
}

/// A run again, in ticks, held against the first one: neither the digest nor any figure of the summary differs.
fn ticking(scenario: &Scenario, of_run: RunOptions, tick: SimTime, expected: &Summary) -> Result<Verdict, RunError> {
    let found = run(scenario, RunOptions { tick: Some(tick), ..of_run }, None, &mut Silent)?;
    let seen = if found.digest == expected.digest && found != *expected {
        format!("the digest {}, and another summary", found.digest)
    } else {
        format!("the digest {}", found.digest)
    };
    Ok(Verdict {
        requirement: None,
        line: 1,
        expected: format!("the digest {} in ticks of {tick}, too", expected.digest),
        met: Some(found == *expected),
        seen,
        at_s: None,
        plot: None,
    })
}

fn invalid(problems: &[Problem]) -> Outcome {
    Outcome::Invalid { problems: problems.iter().map(ToString::to_string).collect() }
}

/// What became of a scenario whose run did not come to its end.
fn not_run(error: RunError) -> Outcome {
    match error {
        RunError::Fault(fault) => Outcome::Broken { fault: fault.to_string() },
        RunError::Output(error) => Outcome::Broken { fault: error.to_string() },
        RunError::Invalid(problems) => invalid(&problems),
        why @ RunError::TimedOut(_) => Outcome::TimedOut { why: why.to_string() },
        why @ RunError::Interrupted(_) => Outcome::Interrupted { why: why.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_ticks_that_matter_fail_a_scenario() {
        let mut scenario = Scenario::built_in().expect("it reads");
        scenario.duration = SimTime::from_secs(61);
        let run = |scenario: &Scenario| run(scenario, RunOptions::default(), None, &mut Silent).expect("it runs");
        let ticking = |expected: &Summary| {
            ticking(&scenario, RunOptions::default(), SimTime::from_secs(7), expected).expect("it runs")
        };
        let expected = run(&scenario);
        assert_eq!(ticking(&expected).met, Some(true));
        let other = ticking(&Summary { digest: "0".into(), ..expected.clone() });
        assert_eq!((other.met, other.seen), (Some(false), format!("the digest {}", expected.digest)));
        let other = ticking(&Summary { events: 4711, ..expected.clone() });
        assert_eq!(other.seen, format!("the digest {}, and another summary", expected.digest));
    }
}
