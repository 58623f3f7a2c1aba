//! What must hold of every scenario that the reader takes. `docs/fuzz.md` lists it for users.

use std::path::Path;

use crate::checkpoint::Checkpoint;
use crate::fuzz::caught;
use crate::fuzz::failure::plain;
use crate::fuzz::watch::Watcher;
use crate::record::digest::RunDigest;
use crate::scenario::Scenario;
use crate::scenario::tree::Tree;
use crate::scenario::write::WrittenProgram;
use crate::sim::{Fault, Simulation};
use crate::time::SimTime;

/// What is done to a simulation before it runs: nothing, or what a test breaks in it.
pub type Prepare<'a> = &'a dyn Fn(&mut Simulation);

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What does not hold, as `docs/fuzz.md` calls it.
    pub check: &'static str,
    /// Which part of it: a component, a limit, a tick.
    pub part: String,
    /// What was found, in a sentence.
    pub what: String,
}

impl Finding {
    /// A finding.
    pub fn new(check: &'static str, part: impl Into<String>, what: impl Into<String>) -> Self {
        Self { check, part: part.into(), what: what.into() }
    }

    /// Whether another one is the same but for its figures.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.check, &self.part) == (other.check, &other.part)
    }

    fn of_fault(fault: &Fault) -> Self {
        Self::new("invariant", fault.component.clone(), fault.to_string())
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.check, self.part, self.what)
    }
}

/// Simulated time between two looks at what was delivered.
const CHUNK: SimTime = SimTime::from_secs(60);

/// Ticks that a scenario is run with once more, with the longest scenario that each is for (ours).
const TICKS: [(i64, i64); 3] = [(7_000_000_000, i64::MAX), (333_333_333, 3_600), (1_000_000, 60)];

/// Judges a scenario, whose text that is: the first thing that does not hold.
pub fn judge(scenario: &Scenario, text: &str, folder: &Path, prepare: Prepare<'_>) -> Option<Finding> {
    let judged = caught(|| hold(scenario, text, folder, prepare));
    match judged {
        Ok(Ok(())) => None,
        Ok(Err(finding)) => Some(finding),
        Err(message) => Some(Finding::new("panic", plain(&message), message)),
    }
}

fn hold(scenario: &Scenario, text: &str, folder: &Path, prepare: Prepare<'_>) -> Result<(), Finding> {
    let digest = watched(scenario, prepare)?;
    gone_back(scenario, prepare, digest)?;
    for (tick, longest) in TICKS {
        if scenario.duration.whole_second() <= longest {
            with_tick(scenario, prepare, SimTime::from_nanos(tick), digest)?;
        }
    }
    saved(scenario, text, folder)
}

/// A run that is watched from outside: no invariant breaks, and what is delivered is within what the profile allows.
fn watched(scenario: &Scenario, prepare: Prepare<'_>) -> Result<RunDigest, Finding> {
    let mut simulation = Simulation::new(scenario, None);
    prepare(&mut simulation);
    let mut watcher = Watcher::new(scenario);
    while simulation.now() < simulation.end() {
        let until = simulation.now() + CHUNK;
        let roster = simulation.roster().clone();
        let patient = &roster.patients()[0];
        let advanced = simulation.advance_watched(until, |world| watcher.see(world, patient));
        let events = simulation.take_events();
        advanced.map_err(|fault| Finding::of_fault(&fault))?;
        watcher.judge(&events)?;
    }
    watcher.close(&simulation)?;
    Ok(simulation.digest())
}

/// A run again, and from a checkpoint in its middle: the same digest.
fn gone_back(scenario: &Scenario, prepare: Prepare<'_>, expected: RunDigest) -> Result<(), Finding> {
    let mut simulation = Simulation::new(scenario, None);
    prepare(&mut simulation);
    let middle = SimTime::from_nanos(scenario.duration.nanos() / 7 * 3);
    let fault = |fault: Fault| Finding::of_fault(&fault);
    simulation.advance_to(middle).map_err(fault)?;
    let checkpoint = Checkpoint::of(&simulation);
    for part in ["run again", "from a checkpoint"] {
        simulation.advance_to(scenario.duration).map_err(fault)?;
        compare(part.to_string(), simulation.digest(), expected)?;
        checkpoint.restore(&mut simulation);
    }
    Ok(())
}

/// A run with a tick: the same digest.
fn with_tick(scenario: &Scenario, prepare: Prepare<'_>, tick: SimTime, expected: RunDigest) -> Result<(), Finding> {
    let mut simulation = Simulation::new(scenario, Some(tick));
    prepare(&mut simulation);
    simulation.advance_to(scenario.duration).map_err(|fault| Finding::of_fault(&fault))?;
    compare(format!("tick {tick}"), simulation.digest(), expected)
}

fn compare(part: String, found: RunDigest, expected: RunDigest) -> Result<(), Finding> {
    if found == expected {
        return Ok(());
    }
    let what = format!("the digest is {found}, and that of a run straight on is {expected}");
    Err(Finding::new("digest", part, what))
}

/// The file written anew, and the program as the device would write it, read as they were.
fn saved(scenario: &Scenario, text: &str, folder: &Path) -> Result<(), Finding> {
    let wrong = |part: &str, what: String| Err(Finding::new("saved", part, what));
    let Some(mut tree) = Tree::parse(text) else { return wrong("scenario", "its tree cannot be taken".to_string()) };
    let read = |tree: &Tree| Scenario::from_text(&scenario.file, &tree.to_string(), folder);
    // Expectations stand in other lines then.
    let bare = |scenario: &Scenario| format!("{:?}", Scenario { expectations: Vec::new(), ..scenario.clone() });
    match read(&tree) {
        Ok(again) if bare(&again) == bare(scenario) => {}
        Ok(_) => return wrong("scenario", "it reads otherwise when it is written anew".to_string()),
        Err(problems) => return wrong("scenario", problems[0].to_string()),
    }
    let written = Tree::parse(&WrittenProgram::of(&scenario.program, &scenario.device).to_ron());
    let Some(written) = written else { return wrong("program", "its tree cannot be taken".to_string()) };
    if let Tree::Struct(_, fields) = &mut tree {
        fields.retain(|(name, _)| name != "program");
        fields.push(("program".to_string(), written));
    }
    match read(&tree) {
        Ok(again) if again.program == scenario.program => Ok(()),
        Ok(again) => wrong("program", format!("{:?} is saved as {:?}", scenario.program, again.program)),
        Err(problems) => wrong("program", problems[0].to_string()),
    }
}
