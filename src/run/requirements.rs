//! Requirements and the scenarios that cover them.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use crate::run::suite::Case;

/// A requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its identifier, as expectations name it.
    pub id: String,
    /// What it says; may be empty.
    pub text: String,
}

/// Reads a list of requirements: CSV with a header, whose column `id` names each, and `text` says what it is.
///
/// # Errors
/// What is wrong with the file, in a sentence that names it.
pub fn read_requirements(path: &Path) -> Result<Vec<Requirement>, String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let mut reader = csv::Reader::from_path(path).map_err(|error| named(format!("cannot be read: {error}")))?;
    let header = reader.headers().map_err(|error| named(format!("cannot be read: {error}")))?.clone();
    let column = |name: &str| header.iter().position(|column| column.trim() == name);
    let Some(id) = column("id") else {
        let found = header.iter().collect::<Vec<_>>().join(", ");
        return Err(named(format!("has no column id; its columns are {found}")));
    };
    let text = column("text");
    let mut requirements: Vec<Requirement> = Vec::new();
    for (index, row) in reader.records().enumerate() {
        let line = index + 2;
        let row = row.map_err(|error| named(format!("line {line} cannot be read: {error}")))?;
        let requirement = Requirement {
            id: row[id].trim().to_string(),
            text: text.map(|text| row[text].split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default(),
        };
        if requirement.id.is_empty() {
            return Err(named(format!("line {line}: its id is empty")));
        }
        if requirements.iter().any(|other| other.id == requirement.id) {
            return Err(named(format!("line {line}: {} is there already", requirement.id)));
        }
        requirements.push(requirement);
    }
    if requirements.is_empty() { Err(named("lists no requirement".to_string())) } else { Ok(requirements) }
}

/// Which scenarios cover which requirements, and with what verdict.
pub struct Coverage<'a> {
    requirements: &'a [Requirement],
    cases: &'a [Case],
}

impl<'a> Coverage<'a> {
    /// The coverage of requirements by scenarios.
    ///
    /// # Errors
    /// Expectations that name no requirement of the list, a sentence each.
    pub fn new(requirements: &'a [Requirement], cases: &'a [Case]) -> Result<Self, Vec<String>> {
        let mut unknown = Vec::new();
        for case in cases {
            for verdict in case.verdicts() {
                let id = verdict.requirement.as_ref();
                if let Some(id) = id.filter(|id| !requirements.iter().any(|requirement| requirement.id == **id)) {
                    unknown.push(format!("{}:{}: no requirement is called {id}", case.file, verdict.line));
                }
            }
        }
        if unknown.is_empty() { Ok(Self { requirements, cases }) } else { Err(unknown) }
    }
}

impl Display for Coverage<'_> {
    /// A line for each requirement and each expectation that covers it; then those that nothing covers.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let width = self.requirements.iter().map(|requirement| requirement.id.chars().count()).max().unwrap_or(0);
        let (mut uncovered, mut met) = (Vec::new(), 0);
        writeln!(f, "requirements:")?;
        for requirement in self.requirements {
            let (mut covered, mut all_met) = (false, true);
            for case in self.cases {
                let verdicts = case.verdicts().iter();
                for verdict in verdicts.filter(|verdict| verdict.requirement.as_ref() == Some(&requirement.id)) {
                    let word = match verdict.met {
                        Some(true) => "met",
                        Some(false) => "not met",
                        None => "not judged",
                    };
                    covered = true;
                    all_met &= verdict.met == Some(true);
                    writeln!(f, "  {:width$}  {word:10}  {}:{}", requirement.id, case.file, verdict.line)?;
                }
            }
            met += usize::from(covered && all_met);
            if !covered {
                uncovered.push(requirement);
            }
        }
        for requirement in &uncovered {
            let text = if requirement.text.is_empty() { String::new() } else { format!(": {}", requirement.text) };
            writeln!(f, "  {:width$}  nothing covers it{text}", requirement.id)?;
        }
        let count = self.requirements.len();
        write!(f, "{} of {count} requirements are covered, {met} are met", count - uncovered.len())
    }
}
