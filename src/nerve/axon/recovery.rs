//! How much more or less current a fibre needs soon after it has fired, and to follow a train.

use crate::nerve::axon::cable::Cable;
use crate::nerve::axon::fibre::{at_rest, rest_of};
use crate::nerve::axon::gates::LANES;
use crate::nerve::axon::setup::Setup;
use crate::nerve::axon::threshold::{FIRED_MV, Shape, Start, Task, Threshold, steps_in, thresholds};
use crate::time::SimTime;

/// The conditioning pulse's amplitude, of the threshold at rest.
pub const CONDITIONING: f64 = 1.5;

/// The largest second pulse that is tried, of the threshold at rest. Ours: a fibre that needs more is refractory.
pub const FARTHEST: f64 = 10.0;

/// A fibre's recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// The threshold of one pulse at rest.
    pub rest: Threshold,
    /// The threshold of a second pulse for each interval; empty where there is none at rest.
    pub after: Vec<Threshold>,
}

impl Recovery {
    /// What the second pulse needs for each interval, of the threshold at rest; none where it is refractory.
    pub fn factors(&self) -> Vec<Option<f64>> {
        let rest = self.rest.ma().unwrap_or(f64::NAN);
        self.after.iter().map(|after| after.ma().map(|ma| ma / rest)).collect()
    }
}

/// The thresholds of a second pulse like the first and through the same contact, after a first of [`CONDITIONING`]
/// times the threshold at rest, for intervals from the onset of the first to that of the second.
///
/// The state at the onset of the second pulse is what its search begins with; an action potential of the first that is
/// still under way does not count. Intervals rise, none is shorter than the pulse, and each counts as whole steps.
pub fn recovery(setups: &[Setup], intervals: &[SimTime], step: SimTime) -> Vec<Recovery> {
    assert!(intervals.is_sorted(), "intervals rise");
    let tasks: Vec<Task> = setups.iter().map(|setup| setup.task(step)).collect();
    let rests = thresholds(&tasks, step);
    let answered: Vec<(&Task, f64)> =
        tasks.iter().zip(&rests).filter_map(|(task, rest)| rest.ma().map(|ma| (task, ma))).collect();
    let at: Vec<usize> = intervals.iter().map(|&interval| steps_in(interval, step)).collect();
    let starts = answered.chunks(LANES).flat_map(|tasks| conditioned(tasks, &at, step));
    let second: Vec<Task> = answered
        .iter()
        .zip(starts)
        .flat_map(|(&(task, rest_ma), starts)| {
            starts.into_iter().map(move |start| Task {
                start: Some(start),
                guess_ma: rest_ma,
                stride: 0.02,
                limit_ma: FARTHEST * rest_ma,
                ..task.clone()
            })
        })
        .collect();
    let mut found = thresholds(&second, step).into_iter();
    let after = |rest: Threshold| {
        let count = if rest.ma().is_some() { intervals.len() } else { 0 };
        Recovery { rest, after: found.by_ref().take(count).collect() }
    };
    rests.into_iter().map(after).collect()
}

/// The states of a few fibres so many steps after the onset of their conditioning pulse.
fn conditioned(tasks: &[(&Task, f64)], at: &[usize], step: SimTime) -> Vec<Vec<Start>> {
    let longest = tasks.iter().map(|(task, _)| task.fibre.nodes).max().unwrap_or(0);
    let mut cable = Cable::new(step.as_secs() * 1e3, longest);
    let geometries: Vec<_> = tasks.iter().map(|(task, _)| task.fibre.geometry).collect();
    for (lane, ((task, _), rest)) in tasks.iter().zip(at_rest(&geometries)).enumerate() {
        cable.place(lane, &task.fibre.geometry, task.fibre.nodes, task.fibre.ends);
        cable.set_field(lane, &task.fibre.field);
        cable.set_state(lane, &rest_of(&task.fibre, &rest));
    }
    let mut starts: Vec<Vec<Start>> = vec![Vec::with_capacity(at.len()); tasks.len()];
    // When a watched node, and any node, was last risen: far enough beyond the last interval to see the spike leave.
    let (mut passed, mut left) = ([0; LANES], [0; LANES]);
    let last = at.last().copied().unwrap_or(0);
    let ends = steps_in(SimTime::from_nanos(5_000_000), step) + tasks.first().map_or(0, |(task, _)| task.shape.len());
    for steps in 0..=last.max(ends) {
        for _ in at.iter().filter(|&&onset| onset == steps) {
            for (lane, starts) in starts.iter_mut().enumerate() {
                starts.push(Start { state: cable.state(lane), passes: 0, leaves: 0 });
            }
        }
        cable.step(&std::array::from_fn(|lane| {
            tasks.get(lane).map_or(0.0, |(task, rest_ma)| CONDITIONING * rest_ma * task.shape.at(steps))
        }));
        for (lane, (task, _)) in tasks.iter().enumerate() {
            if cable.extremes_mv(lane).1 > FIRED_MV {
                left[lane] = steps + 1;
                if task.watched.iter().any(|&node| cable.node_mv(node, lane) > FIRED_MV) {
                    passed[lane] = steps + 1;
                }
            }
        }
    }
    for (lane, starts) in starts.iter_mut().enumerate() {
        for (start, onset) in starts.iter_mut().zip(at) {
            start.passes = passed[lane].saturating_sub(*onset);
            start.leaves = left[lane].saturating_sub(*onset);
        }
    }
    starts
}

/// The least current at which a fibre at rest answers every one of so many pulses, one every period, with an action
/// potential that is conducted; the period is no shorter than the pulse.
pub fn train_thresholds(setups: &[Setup], pulses: usize, period: SimTime, step: SimTime) -> Vec<Threshold> {
    let train = |setup: &Setup| {
        let task = setup.task(step);
        let shape = Shape::train(&setup.waveform(), step, pulses, period);
        Task { shape, spikes: pulses, ..task }
    };
    thresholds(&setups.iter().map(train).collect::<Vec<_>>(), step)
}
