//! All expectations of a run while it goes on.

use std::sync::Arc;

use serde_json::Value;

use crate::expect::bounds::told;
use crate::expect::events::EventWatch;
use crate::expect::figure::{FigureExpectation, figure};
use crate::expect::probe::ProbeWatch;
use crate::expect::trace::TraceWatch;
use crate::expect::verdict::{Outcome, Teller, Verdict};
use crate::expect::{Against, Expectation, Relation, Variant, What};
use crate::record::events::Event;
use crate::record::probe::{Probe, Recording};
use crate::record::recorder::Rows;
use crate::scenario::Scenario;
use crate::time::SimTime;

/// The columns that somebody looks at: of which recording, and which of it.
#[derive(Clone, Debug)]
struct Columns {
    recording: usize,
    columns: Vec<usize>,
}

/// One expectation while the run goes on.
#[derive(Clone, Debug)]
enum Watched {
    Events(EventWatch),
    Probe(ProbeWatch, Columns),
    Against(ProbeWatch, Columns, Box<Against>),
    Trace(TraceWatch, Columns),
    Figure(FigureExpectation),
}

/// All expectations of a run.
#[derive(Clone, Debug)]
pub struct Watch {
    expectations: Vec<Expectation>,
    watched: Vec<Watched>,
    recordings: Vec<Recording>,
    teller: Teller,
    /// The end of the scenario.
    end: SimTime,
}

impl Watch {
    /// The expectations of a scenario, of which nothing has been seen yet.
    pub fn new(scenario: &Scenario) -> Self {
        let mut recordings = Vec::new();
        let mut columns = |recording| place(&mut recordings, recording);
        let end = scenario.duration;
        let watched = scenario.expectations.iter().map(|expectation| match &expectation.what {
            What::Events(events) => Watched::Events(EventWatch::new(events.clone())),
            What::Probe(probe) => Watched::Probe(ProbeWatch::new(probe.clone()), columns(probe.recording(end))),
            What::Against(against) => {
                let taken = against.taken.clone();
                Watched::Against(
                    ProbeWatch::new(taken),
                    columns(against.taken.recording(end)),
                    Box::new(against.clone()),
                )
            }
            What::Trace(trace) => Watched::Trace(TraceWatch::new(trace.clone()), columns(trace.recording())),
            What::Figure(figure) => Watched::Figure(figure.clone()),
        });
        let watched = watched.collect();
        let expectations = scenario.expectations.clone();
        Self { expectations, watched, recordings, teller: Teller(scenario.clock), end }
    }

    /// What is to be sampled.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// The other runs that some expectations are about, each once.
    pub fn variants(&self) -> Vec<Arc<Variant>> {
        let mut variants: Vec<Arc<Variant>> = Vec::new();
        for watched in &self.watched {
            if let Watched::Against(_, _, against) = watched
                && !variants.contains(&against.variant)
            {
                variants.push(Arc::clone(&against.variant));
            }
        }
        variants
    }

    /// A stretch of the run is over: what happened in it, and what was sampled.
    pub fn see(&mut self, events: &[Event], rows: &[Rows]) {
        for watched in &mut self.watched {
            match watched {
                Watched::Events(watch) => events.iter().for_each(|event| watch.see(event)),
                Watched::Probe(watch, columns) | Watched::Against(watch, columns, _) => {
                    events.iter().for_each(|event| watch.see(event));
                    let rows = &rows[columns.recording];
                    let column = |place: usize| columns.columns.get(place).map(|&column| &rows.columns[column]);
                    let (Some(values), pulses) = (column(0), column(1)) else { continue };
                    for (i, at) in rows.times.iter().enumerate() {
                        watch.sample(*at, values[i], pulses.map(|pulses| pulses[i]));
                    }
                }
                Watched::Trace(watch, columns) => {
                    let rows = &rows[columns.recording];
                    let samples = rows.times.iter().zip(&rows.columns[columns.columns[0]]);
                    samples.for_each(|(at, value)| watch.sample(*at, *value));
                }
                Watched::Figure(_) => {}
            }
        }
    }

    /// What came of all, in a run that ended at `end` or was stopped there, and whose summary that is; of the other
    /// runs, each with its program, likewise.
    pub fn verdicts(&self, end: SimTime, summary: &Value, others: &[(Arc<Variant>, Watch)]) -> Vec<Verdict> {
        let outcomes = self.watched.iter().enumerate().map(|(index, watched)| match watched {
            Watched::Events(watch) => watch.outcome(end, self.teller),
            Watched::Probe(watch, _) => watch.clone().outcome(end, self.teller),
            Watched::Trace(watch, _) => watch.outcome(self.teller),
            // The summary of a run that was stopped is another one.
            Watched::Figure(_) if end < self.end => Outcome::unjudged("nothing: the run ended before".to_string()),
            Watched::Figure(figure) => figure.outcome(summary),
            Watched::Against(watch, _, against) => {
                let other = others.iter().find(|(variant, _)| *variant == against.variant);
                let other = other.and_then(|(_, other)| match &other.watched[index] {
                    Watched::Against(watch, ..) => Some(watch.clone().value(end)),
                    _ => None,
                });
                compare(against, watch.clone().value(end), other.expect("every variant was run"))
            }
        });
        self.expectations
            .iter()
            .zip(outcomes)
            .map(|(expectation, outcome)| Verdict {
                requirement: expectation.requirement.clone(),
                line: expectation.line,
                expected: expectation.what.told(self.teller),
                met: outcome.met,
                seen: outcome.seen,
                at_s: outcome.at.map(SimTime::as_secs),
                plot: outcome.plot,
            })
            .collect()
    }

    /// The figures that the summary of a run of this scenario does not have, each with its line and a sentence.
    pub fn unknown_figures(&self, summary: &Value) -> Vec<(usize, String)> {
        let unknown = |(expectation, watched): (&Expectation, &Watched)| match watched {
            Watched::Figure(expected) => Some((expectation.line, figure(summary, &expected.key).err()?)),
            _ => None,
        };
        self.expectations.iter().zip(&self.watched).filter_map(unknown).collect()
    }
}

/// Puts a recording among others; probes that are sampled at the same instants share one.
fn place(recordings: &mut Vec<Recording>, wanted: Recording) -> Columns {
    let same = |other: &Recording| (other.every, other.from, other.until) == (wanted.every, wanted.from, wanted.until);
    let recording = recordings.iter().position(same).unwrap_or_else(|| {
        recordings.push(Recording { probes: Vec::new(), ..wanted.clone() });
        recordings.len() - 1
    });
    let probes = &mut recordings[recording].probes;
    let mut column = |probe: &Probe| {
        probes.iter().position(|other| other == probe).unwrap_or_else(|| {
            probes.push(probe.clone());
            probes.len() - 1
        })
    };
    let columns = wanted.probes.iter().map(&mut column).collect();
    Columns { recording, columns }
}

fn compare(against: &Against, here: Result<f64, String>, there: Result<f64, String>) -> Outcome {
    let (here, there) = match (here, there) {
        (Ok(here), Ok(there)) => (here, there),
        (Err(why), _) => return Outcome::unjudged(format!("nothing to judge here: {why}")),
        (_, Err(why)) => return Outcome::unjudged(format!("nothing to judge in the other run: {why}")),
    };
    let related = match against.relation {
        Relation::Difference => here - there,
        Relation::Ratio if there == 0.0 => {
            return Outcome::unjudged("the other run has 0 there, and nothing is so many times that".to_string());
        }
        Relation::Ratio => here / there,
    };
    let seen = format!("{}: {} here, {} there", told(related), told(here), told(there));
    Outcome { met: Some(against.bounds.hold(related)), seen, at: None, plot: None }
}
