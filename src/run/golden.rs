//! Goldens: the tape beside a scenario that its runs are held against.

use std::path::Path;

use crate::expect::verdict::Verdict;
use crate::record::tape::Tape;
use crate::run::progress::Silent;
use crate::run::record::{RecordOptions, Source, golden_path, record};
use crate::run::replay::explain;
use crate::run::summary::Summary;
use crate::scenario::Scenario;

/// Holds a run of the scenario of that file against the tape beside it; none where there is no such tape.
pub fn judge(file: &Path, scenario: &Scenario, summary: &Summary) -> Option<Verdict> {
    let golden = golden_path(file);
    // A link that leads nowhere is there, and is no tape.
    if golden.symlink_metadata().is_err() {
        return None;
    }
    let verdict = |met: Option<bool>, seen: String| Verdict {
        requirement: None,
        line: 1,
        expected: format!("what {} has kept", golden.display()),
        met,
        seen,
        at_s: None,
        plot: None,
    };
    let tape = match Tape::read(&golden) {
        Ok(tape) => tape,
        Err(problem) => return Some(verdict(None, problem.to_string())),
    };
    let Some(kept) = tape.run_digest().filter(|_| tape.end.is_some()) else {
        let until = tape.until();
        return Some(verdict(None, format!("a tape that breaks off at {until}; bless it anew with --bless")));
    };
    if format!("{kept:016x}") == summary.digest {
        return Some(verdict(Some(true), format!("the digest {}", summary.digest)));
    }
    let text = match Source::from_file(file) {
        Ok(source) => source.text,
        Err(problem) => return Some(verdict(None, problem.to_string())),
    };
    Some(match explain(scenario, &text, &tape) {
        Ok(Some(difference)) => verdict(Some(false), format!("what {difference}")),
        Ok(None) => verdict(Some(false), format!("the digest {} instead of {kept:016x}", summary.digest)),
        Err(fault) => verdict(None, fault.to_string()),
    })
}

/// Keeps a tape of a run beside the scenario of that file; one that says the same already stays as it is.
///
/// # Errors
/// It cannot be written: a sentence.
pub fn bless(file: &Path, summary: &Summary) -> Result<Verdict, String> {
    let golden = golden_path(file);
    let same = Tape::read(&golden)
        .is_ok_and(|tape| tape.run_digest().is_some_and(|kept| format!("{kept:016x}") == summary.digest));
    if !same {
        let source = Source::from_file(file).map_err(|problem| problem.to_string())?;
        let options = RecordOptions { overwrite: true, ..RecordOptions::default() };
        record(&source, &golden, options, &mut Silent).map_err(|error| error.to_string())?;
    }
    let words = if same { "is blessed already" } else { "is blessed" };
    Ok(Verdict {
        requirement: None,
        line: 1,
        expected: format!("what {} has kept", golden.display()),
        met: Some(true),
        seen: format!("the digest {}, which {words}", summary.digest),
        at_s: None,
        plot: None,
    })
}
