//! Replay: a tape's scenario runs again and is held against the tape; what differs is named by its first second and
//! its first value.

use crate::checkpoint::Checkpoint;
use crate::record::digest::StateWriter;
use crate::record::state::{Parting, State};
use crate::record::tape::{Header, Mark, PROGRAM, Tape};
use crate::record::{Digests, write_state};
use crate::run::CHUNK;
use crate::run::progress::{Progress, Silent};
use crate::scenario::Scenario;
use crate::sim::{Fault, Simulation, Window};
use crate::time::{DayClock, SimTime};

/// What came of holding a run against a tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the same up to that instant.
    Same(SimTime),
    /// It is not.
    Differs(Box<Difference>),
}

/// Where two runs begin to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// At that whole second; or at the end, where that is none.
    At(SimTime),
    /// After the one instant, and at the other at the latest.
    Within(SimTime, SimTime),
    /// Not at all while both last: the one ended then, the other does then.
    Length(SimTime, SimTime),
}

/// How two runs differ. It is written as a sentence or two for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it begins.
    pub first: First,
    /// The clock of the scenario.
    pub clock: DayClock,
    /// The first state that is known of both and differs: when, and the first value in the order of a pulse's way. It
    /// may come later than the first difference. None where no later state of the tape differs.
    pub value: Option<(SimTime, Parting)>,
    /// What else is not as it was, a clause each.
    pub notes: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |at: SimTime| format!("{at} ({})", self.clock.show(at));
        match self.first {
            First::At(at) => write!(f, "first differs at {}", show(at))?,
            First::Within(after, at) => write!(f, "first differs after {after} and by {}", show(at))?,
            First::Length(was, is) => write!(f, "is the same while both last, but lasted {was}, and lasts {is}")?,
        }
        match (&self.value, self.first) {
            (Some((at, parting)), First::At(first) | First::Within(_, first)) if *at == first => {
                write!(f, ": {parting}")?;
            }
            (Some((at, parting)), _) => write!(f, "; in the next state on the tape, at {}, {parting}", show(*at))?,
            (None, First::Length(..)) => {}
            (None, _) => write!(f, "; no later state on the tape differs")?,
        }
        self.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

/// A simulation, and the digests that it has come to since somebody last took them.
struct Follower {
    simulation: Simulation,
    folds: Vec<Mark>,
    folded: u64,
    checkpoint: Checkpoint,
}

impl Follower {
    fn new(scenario: &Scenario) -> Self {
        // A recording of samples is not looked at here, and changes no result.
        let bare = Scenario { recordings: Vec::new(), ..scenario.clone() };
        let simulation = Simulation::new(&bare, None);
        let first = Mark::of(SimTime::ZERO, simulation.digest());
        let checkpoint = Checkpoint::of(&simulation);
        Self { simulation, folds: vec![first], folded: first.folded, checkpoint }
    }

    fn now(&self) -> SimTime {
        self.simulation.now()
    }

    /// Goes on, from a new checkpoint.
    fn advance(&mut self, until: SimTime) -> Result<(), Fault> {
        self.checkpoint = Checkpoint::of(&self.simulation);
        let Self { simulation, folds, folded, .. } = self;
        let advanced = simulation.advance_watched(until, |world| {
            let mark = Mark::of(world.resource::<Window>().to, world.resource::<Digests>().run);
            if mark.folded > *folded {
                folds.push(mark);
                *folded = mark.folded;
            }
        });
        simulation.take_events();
        advanced
    }

    /// The state at an instant after the checkpoint.
    fn state_at(&mut self, at: SimTime) -> Result<State, Fault> {
        if at < self.now() {
            self.checkpoint.restore(&mut self.simulation);
        }
        self.simulation.advance_to(at)?;
        self.simulation.take_events();
        let mut writer = StateWriter::labelled();
        write_state(self.simulation.world(), &mut writer);
        Ok(writer.state())
    }
}

/// The digests of a tape that a run has not been held against yet.
struct Expected<'t> {
    marks: &'t [Mark],
    end: Option<Mark>,
    agreed: Option<Mark>,
}

impl Expected<'_> {
    /// Holds the next digests of a run that has come to `now` against the tape.
    fn meet(&mut self, folds: &mut Vec<Mark>, now: SimTime) -> Result<(), First> {
        let mut behind = 0;
        for (index, fold) in folds.iter().enumerate() {
            match self.marks.first() {
                Some(next) if fold == next => {
                    (self.agreed, self.marks) = (Some(*next), &self.marks[1..]);
                    behind = index + 1;
                }
                Some(next) if fold.folded < next.folded && fold.at < next.at => {}
                None if self.end.is_none_or(|end| fold.at > end.at) => {}
                next => return Err(self.parted(next.copied(), folds.get(behind))),
            }
        }
        folds.drain(..behind);
        match self.marks.first() {
            Some(next) if next.at <= now => Err(self.parted(Some(*next), folds.first())),
            _ => Ok(()),
        }
    }

    /// Where a run and the tape part: `next` is what the tape has and `fold` what the run has behind what they agree
    /// on.
    fn parted(&self, next: Option<Mark>, fold: Option<&Mark>) -> First {
        let agreed = self.agreed.map_or(0, |agreed| agreed.folded);
        match (next, self.agreed) {
            (Some(next), Some(last)) if next.folded > agreed + 1 => First::Within(last.at, next.at),
            _ => First::At(next.iter().chain(fold).map(|mark| mark.at).min().unwrap_or_default()),
        }
    }
}

/// Holds a run of a scenario against a tape, up to an instant or as far as the tape goes.
///
/// # Errors
/// An invariant broke.
pub fn verify(
    scenario: &Scenario,
    tape: &Tape,
    until: Option<SimTime>,
    progress: &mut dyn Progress,
) -> Result<Verdict, Fault> {
    let until = until.unwrap_or(tape.until()).min(tape.until());
    let end = until.min(scenario.duration);
    let mut follower = Follower::new(scenario);
    let mut expected = Expected { marks: &tape.digests, end: tape.end, agreed: None };
    progress.begin(end);
    let mut advanced = Ok(());
    let first = loop {
        let now = follower.now();
        if let Err(first) = expected.meet(&mut follower.folds, now) {
            break Some(first);
        }
        advanced?;
        if now >= end {
            break None;
        }
        advanced = follower.advance((now + CHUNK).min(end));
        progress.at(follower.now());
    };
    progress.end();
    let first = match first {
        None if end < until => First::Length(tape.until(), scenario.duration),
        None => return Ok(Verdict::Same(until)),
        Some(first) => first,
    };
    let value = match first {
        First::At(at) | First::Within(_, at) => known_value(&mut follower, tape, at)?,
        First::Length(..) => None,
    };
    let notes = notes(&tape.header);
    Ok(Verdict::Differs(Box::new(Difference { first, clock: scenario.clock, value, notes })))
}

/// The first value that differs in a state that the tape keeps, from an instant on.
fn known_value(follower: &mut Follower, tape: &Tape, from: SimTime) -> Result<Option<(SimTime, Parting)>, Fault> {
    let end = follower.simulation.end();
    for (at, was) in tape.states.iter().filter(|(at, _)| (from..=end).contains(at)) {
        if let Some(parting) = was.first_difference(&follower.state_at(*at)?) {
            return Ok(Some((*at, parting)));
        }
    }
    Ok(None)
}

/// What is not as it was when a tape was recorded.
fn notes(header: &Header) -> Vec<String> {
    let mut notes = Vec::new();
    if header.program != PROGRAM {
        notes.push(format!("it was recorded by {}, this is {PROGRAM}", header.program));
    }
    let changed = header.changed_profiles();
    if !changed.is_empty() {
        notes.push(format!("not built in as it was: {}", changed.join(", ")));
    }
    notes
}

/// The first difference between a run that was and one that is, both run here, side by side up to an instant.
fn side_by_side(was: &Scenario, is: &Scenario, until: SimTime) -> Result<Option<Difference>, Fault> {
    let mut both = [Follower::new(was), Follower::new(is)];
    let (shorter, longer) = (was.duration.min(is.duration), was.duration.max(is.duration));
    // The end of a scenario is seen even where it is no whole second, but not if the other one goes on.
    let common = if shorter == longer { shorter } else { SimTime::from_secs(shorter.whole_second()) };
    let end = common.min(until);
    loop {
        let [one, other] = &mut both;
        let same = one.folds.iter().zip(&other.folds).take_while(|(one, other)| one == other).count();
        one.folds.drain(..same);
        other.folds.drain(..same);
        if let Some(at) = one.folds.first().into_iter().chain(other.folds.first()).map(|mark| mark.at).min() {
            let parting = one.state_at(at)?.first_difference(&other.state_at(at)?);
            let value = parting.map(|parting| (at, parting));
            return Ok(Some(Difference { first: First::At(at), clock: is.clock, value, notes: Vec::new() }));
        }
        if one.now() >= end {
            break;
        }
        let next = (one.now() + CHUNK).min(end);
        one.advance(next)?;
        other.advance(next)?;
    }
    let first = First::Length(was.duration, is.duration);
    let length = || Difference { first, clock: is.clock, value: None, notes: Vec::new() };
    Ok((shorter < longer && common <= until).then(length))
}

/// Why a scenario as it is now does not come to the digest of a tape of it. If this program still runs the tape's own
/// scenario as the tape says, then the scenario has changed, and both are run side by side; else the program has, and
/// the tape is all that is known of what was. None if the tape breaks off before there is a difference.
///
/// # Errors
/// An invariant broke.
pub fn explain(scenario: &Scenario, text: &str, tape: &Tape) -> Result<Option<Difference>, Fault> {
    let lines = |text: &str| text.lines().map(str::to_string).collect::<Vec<_>>();
    let same_text = lines(text) == lines(&tape.header.scenario);
    let then = tape.header.scenario();
    if let Ok(then) = &then
        && let Verdict::Same(until) = verify(then, tape, None, &mut Silent)?
    {
        let difference = side_by_side(then, scenario, until)?;
        let note = if same_text { "a file that the scenario names has changed" } else { "the scenario has changed" };
        return Ok(difference.map(|difference| Difference { notes: vec![note.to_string()], ..difference }));
    }
    let Verdict::Differs(mut difference) = verify(scenario, tape, None, &mut Silent)? else { return Ok(None) };
    if let Err(problems) = then {
        difference.notes.push(format!("this program no longer reads the tape's scenario: {}", problems[0]));
    }
    if !same_text {
        difference.notes.push("the scenario has changed too".to_string());
    }
    Ok(Some(*difference))
}
