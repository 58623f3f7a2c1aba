//! Verdicts as CI systems show them: JUnit XML, and annotations at the lines of a scenario.

use std::collections::BTreeSet;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::expect::verdict::Verdict;
use crate::run::suite::{Case, Outcome};

/// The suite as JUnit XML: a suite for each scenario, a case for each expectation, and one for the run itself, which
/// has the time.
pub fn junit(cases: &[Case]) -> String {
    let mut report = Report::new("stimtwin");
    for case in cases {
        let mut suite = TestSuite::new(case.file.as_str());
        let mut of_run = TestCase::new(name_of_run(case), status_of_run(case));
        of_run.set_time(Duration::from_secs_f64(case.took_s));
        if let Outcome::Ran { digest, .. } = &case.outcome {
            of_run.set_system_out(format!("digest {digest}"));
        }
        let mut names = BTreeSet::new();
        let expectations = case.verdicts().iter().map(|verdict| {
            // Two that say the same are told apart by their lines.
            let is_new = names.insert(&verdict.expected);
            let name =
                if is_new { verdict.expected.clone() } else { format!("{}, line {}", verdict.expected, verdict.line) };
            let mut test = TestCase::new(name, status(verdict));
            test.set_time(Duration::ZERO);
            test.set_system_out(format!("seen: {}", verdict.seen));
            test.extra.insert("line".into(), verdict.line.to_string().into());
            if let Some(requirement) = &verdict.requirement {
                test.add_property(("requirement", requirement.as_str()));
            }
            test
        });
        for mut test in std::iter::once(of_run).chain(expectations) {
            test.set_classname(case.file.as_str());
            test.extra.insert("file".into(), case.file.as_str().into());
            suite.add_test_case(test);
        }
        report.add_test_suite(suite);
    }
    report.to_string().expect("a report is plain text")
}

fn name_of_run(case: &Case) -> &'static str {
    if matches!(case.outcome, Outcome::Invalid { .. }) { "can be read" } else { "runs, and no invariant breaks" }
}

fn status_of_run(case: &Case) -> TestCaseStatus {
    let kind = match &case.outcome {
        Outcome::Ran { .. } => return TestCaseStatus::success(),
        Outcome::Skipped => return TestCaseStatus::skipped(),
        Outcome::TimedOut { .. } => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(case.problems().join("\n"));
    status
}

fn status(verdict: &Verdict) -> TestCaseStatus {
    let kind = match verdict.met {
        Some(true) => return TestCaseStatus::success(),
        Some(false) => NonSuccessKind::Failure,
        None => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(verdict.to_string());
    if let Some(plot) = &verdict.plot {
        status.set_description(format!("{verdict}\n{plot}"));
    }
    status
}

/// What is wrong with a scenario as commands of GitHub's workflows, which shows them at its lines.
pub fn annotations(case: &Case) -> Vec<String> {
    let file = property(&case.file);
    let whole = case.problems().into_iter().map(|problem| {
        // A mistake of the file names its place itself.
        let place = problem.strip_prefix(&format!("{}:", case.file)).and_then(|rest| rest.split(':').next());
        let line = place.and_then(|line| line.parse::<usize>().ok()).unwrap_or(1);
        format!("::error file={file},line={line},title=stimtwin::{}", data(&problem))
    });
    let unmet = case.unmet().map(|verdict| {
        let title = property(verdict.requirement.as_deref().unwrap_or("stimtwin"));
        format!("::error file={file},line={},title={title}::{}", verdict.line, data(&verdict.to_string()))
    });
    whole.chain(unmet).collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
