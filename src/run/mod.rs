//! A scenario from its start to its end, and what is written of it.

pub mod device;
pub mod output;
pub mod progress;
pub mod report;
pub mod suite;
pub mod summary;
pub mod threshold;

use crate::record::expectation::Watched;
use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trains::Trains;
use crate::run::output::{Output, OutputError};
use crate::run::progress::Progress;
use crate::run::summary::Summary;
use crate::scenario::Scenario;
use crate::sim::{Fault, Simulation};
use crate::time::SimTime;

/// What a run is asked for beyond its scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// The longest window; none for as long as nothing is to be seen.
    pub tick: Option<SimTime>,
    /// Where to stop, if before the end.
    pub until: Option<SimTime>,
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// An invariant broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The longest stretch between two looks at the progress and at what is to be written.
const CHUNK: SimTime = SimTime::from_secs(6 * 3600);

/// Samples of a recording that are kept in memory at most.
const ROWS_IN_MEMORY: i64 = 1 << 16;

/// Runs a scenario, writes its results as they come, and sums it up.
///
/// # Errors
/// Results cannot be written, or an invariant broke; then there is no summary.
pub fn run(
    scenario: &Scenario,
    options: RunOptions,
    mut output: Option<Output>,
    progress: &mut dyn Progress,
) -> Result<Summary, RunError> {
    let mut simulation = Simulation::new(scenario, options.tick);
    let end = options.until.map_or(scenario.duration, |until| until.min(scenario.duration));
    let rows_fill = |recording: &Recording| recording.every.nanos().saturating_mul(ROWS_IN_MEMORY);
    let chunk = scenario.recordings.iter().map(rows_fill).map(SimTime::from_nanos).fold(CHUNK, SimTime::min);
    let mut events = 0;
    let mut watched: Vec<Watched> = scenario.expectations.iter().cloned().map(Watched::new).collect();
    let mut trains = Trains::default();
    progress.begin(end);
    while simulation.now() < end {
        let until = (simulation.now() + chunk).min(end);
        // Only traces tell of trains.
        let follows = output.is_some() && !scenario.recordings.is_empty();
        simulation.advance_watched(until, |world| {
            if follows {
                trains.see(world)
            }
        })?;
        let happened = simulation.take_events();
        events += happened.len() as u64;
        happened.iter().for_each(|event| watched.iter_mut().for_each(|expectation| expectation.see(event)));
        let rows = simulation.take_rows();
        if let Some(output) = &mut output {
            let over = if until < end { trains.take(until) } else { trains.take_last() };
            output.write_events(&happened, &over, scenario.clock)?;
            output.write_rows(rows)?;
        }
        rows.iter_mut().for_each(Rows::clear);
        progress.at(until);
    }
    progress.end();
    let mut summary = Summary::of(scenario, &simulation, events);
    summary.expectations = watched.iter().map(|expectation| expectation.verdict(end)).collect();
    if let Some(output) = output {
        output.finish(&summary, &simulation)?;
    }
    Ok(summary)
}
