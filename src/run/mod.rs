//! A scenario from its start to its end, and what is written of it.

pub mod built_in;
pub mod curve;
pub mod device;
pub mod golden;
pub mod junit;
pub mod muscle;
pub mod output;
pub mod progress;
pub mod record;
pub mod recruit;
pub mod replay;
pub mod report;
pub mod requirements;
pub mod suite;
pub mod summary;
pub mod threshold;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bevy::ecs::world::World;

use crate::expect::Variant;
use crate::expect::watch::Watch;
use crate::record::probe::Recording;
use crate::record::recorder::Rows;
use crate::record::trains::Trains;
use crate::run::output::{Output, OutputError};
use crate::run::progress::Progress;
use crate::run::summary::Summary;
use crate::scenario::Scenario;
use crate::scenario::reader::Problem;
use crate::sim::{Fault, Simulation};
use crate::time::SimTime;

/// What a run is asked for beyond its scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// The longest window; none for as long as nothing is to be seen.
    pub tick: Option<SimTime>,
    /// Where to stop, if before the end.
    pub until: Option<SimTime>,
    /// When to give up, by the clock on the wall.
    pub deadline: Option<Instant>,
    /// Gives up once this is set.
    pub stop: Option<&'static AtomicBool>,
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
    /// It expects figures that no summary has.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
    /// The deadline has passed.
    #[error("its time was over; it had come to {0}")]
    TimedOut(SimTime),
    /// Somebody asked to stop.
    #[error("it was interrupted; it had come to {0}")]
    Interrupted(SimTime),
}

/// The longest stretch between two looks at the progress, at the clock on the wall and at what is to be written.
const CHUNK: SimTime = SimTime::from_secs(6 * 3600);

/// Windows of a tick between two such looks at most (ours): about a tenth of a second.
const WINDOWS_WITHOUT_A_LOOK: i64 = 100_000;

/// Samples of a recording that are kept in memory at most.
const ROWS_IN_MEMORY: i64 = 1 << 16;

/// Runs a scenario, writes its results as they come, and sums it up.
///
/// # Errors
/// Results cannot be written, an invariant broke, it took too long; then there is no summary.
pub fn run(
    scenario: &Scenario,
    options: RunOptions,
    mut output: Option<Output>,
    progress: &mut dyn Progress,
) -> Result<Summary, RunError> {
    let end = options.until.map_or(scenario.duration, |until| until.min(scenario.duration));
    let mut watch = Watch::new(scenario);
    // What nobody writes is not sampled.
    let written = if output.is_some() { scenario.recordings.len() } else { 0 };
    let recordings = [&scenario.recordings[..written], watch.recordings()].concat();
    let sampled = Scenario { recordings, ..scenario.clone() };
    let mut simulation = Simulation::new(&sampled, options.tick);
    check_figures(scenario, &simulation, &watch)?;
    let mut events = 0;
    let trains = RefCell::new(Trains::default());
    progress.begin(end);
    // Only traces tell of trains.
    let follows = written > 0;
    let look = |world: &World| {
        if follows {
            trains.borrow_mut().see(world);
        }
    };
    follow(&mut simulation, &sampled.recordings, end, options, look, |simulation| {
        let happened = simulation.take_events();
        events += happened.len() as u64;
        watch.see(&happened, &simulation.take_rows()[written..]);
        if let Some(output) = &mut output {
            let now = simulation.now();
            let mut trains = trains.borrow_mut();
            let over = if now < end { trains.take(now) } else { trains.take_last() };
            output.write_events(&happened, &over, scenario.clock)?;
            let rows = simulation.take_rows();
            output.write_rows(&rows[..written])?;
        }
        simulation.take_rows().iter_mut().for_each(Rows::clear);
        progress.at(simulation.now());
        Ok(())
    })?;
    progress.end();
    let mut summary = Summary::of(scenario, &simulation, events);
    let others = watch.variants().into_iter().map(|variant| other_run(scenario, variant, options));
    let others = others.collect::<Result<Vec<_>, _>>()?;
    summary.expectations = watch.verdicts(end, &summary.to_json(), &others);
    if let Some(output) = output {
        output.finish(&summary, &simulation)?;
    }
    Ok(summary)
}

/// Goes on to an instant in stretches; somebody looks at the world after each window, and sees each stretch.
fn follow(
    simulation: &mut Simulation,
    recordings: &[Recording],
    end: SimTime,
    options: RunOptions,
    mut look: impl FnMut(&World),
    mut see: impl FnMut(&mut Simulation) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let rows_fill = |recording: &Recording| recording.every.nanos().saturating_mul(ROWS_IN_MEMORY);
    let windows = |tick: SimTime| tick.nanos().saturating_mul(WINDOWS_WITHOUT_A_LOOK);
    let chunks = recordings.iter().map(rows_fill).chain(options.tick.map(windows));
    let chunk = chunks.map(SimTime::from_nanos).fold(CHUNK, SimTime::min);
    while simulation.now() < end {
        if options.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(RunError::Interrupted(simulation.now()));
        }
        if options.deadline.is_some_and(is_over) {
            return Err(RunError::TimedOut(simulation.now()));
        }
        let until = (simulation.now() + chunk).min(end);
        simulation.advance_watched(until, &mut look)?;
        see(simulation)?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a limit on the time that a test may take is one of the clock on the wall"
)]
fn is_over(deadline: Instant) -> bool {
    Instant::now() >= deadline
}

/// Whether the summary of such a run has every figure that is expected of it.
fn check_figures(scenario: &Scenario, simulation: &Simulation, watch: &Watch) -> Result<(), RunError> {
    let unknown = watch.unknown_figures(&Summary::foreseen(scenario, simulation).to_json());
    let problem = |(line, message)| Problem { file: scenario.file.clone(), line, column: 1, message };
    let problems: Vec<Problem> = unknown.into_iter().map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(RunError::Invalid(problems)) }
}

/// The same scenario under another program, as far as the expectations that compare with it need it.
fn other_run(
    scenario: &Scenario,
    variant: Arc<Variant>,
    options: RunOptions,
) -> Result<(Arc<Variant>, Watch), RunError> {
    let mut watch = Watch::new(scenario);
    let sampled = Scenario {
        program: variant.program.clone(),
        timeline: variant.timeline.clone(),
        recordings: watch.recordings().to_vec(),
        ..scenario.clone()
    };
    let mut simulation = Simulation::new(&sampled, options.tick);
    let end = options.until.map_or(scenario.duration, |until| until.min(scenario.duration));
    follow(
        &mut simulation,
        &sampled.recordings,
        end,
        options,
        |_| {},
        |simulation| {
            let happened = simulation.take_events();
            let rows = simulation.take_rows();
            watch.see(&happened, rows);
            rows.iter_mut().for_each(Rows::clear);
            Ok(())
        },
    )?;
    Ok((variant, watch))
}
