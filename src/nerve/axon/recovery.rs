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
/// times the threshold at rest, for the intervals of each setup from the onset of the first to that of the second.
///
/// The state at the onset of the second pulse is what its search begins with; an action potential of the first that is
/// still under way does not count. Intervals rise, none is shorter than the pulse, and each counts as whole steps.
pub fn recovery(asked: &[(Setup, &[SimTime])], step: SimTime, tolerance: f64) -> Vec<Recovery> {
    assert!(asked.iter().all(|(_, intervals)| intervals.is_sorted()), "intervals rise");
    let tasks: Vec<Task> = asked.iter().map(|(setup, _)| Task { tolerance, ..setup.task(step) }).collect();
    let rests = thresholds(&tasks, step);
    let conditioned_by = |((task, rest), (_, intervals)): ((_, &Threshold), &(Setup, &[SimTime]))| {
        let onsets = intervals.iter().map(|&interval| steps_in(interval, step)).collect();
        rest.ma().map(|rest_ma| First { task, rest_ma, onsets })
    };
    let firsts: Vec<First<'_>> = tasks.iter().zip(&rests).zip(asked).filter_map(conditioned_by).collect();
    let starts = firsts.chunks(LANES).flat_map(|firsts| conditioned(firsts, step));
    let of = |first: &First<'_>, start: Start| Task {
        start: Some(start),
        guess_ma: first.rest_ma,
        stride: 0.02,
        limit_ma: FARTHEST * first.rest_ma,
        ..first.task.clone()
    };
    let second = |(first, starts): (_, Vec<Start>)| starts.into_iter().map(move |start| of(first, start));
    let seconds: Vec<Task> = firsts.iter().zip(starts).flat_map(second).collect();
    let mut found = thresholds(&seconds, step).into_iter();
    let after = |(rest, (_, intervals)): (Threshold, &(Setup, &[SimTime]))| {
        let count = if rest.ma().is_some() { intervals.len() } else { 0 };
        Recovery { rest, after: found.by_ref().take(count).collect() }
    };
    rests.into_iter().zip(asked).map(after).collect()
}

/// A first pulse.
struct First<'a> {
    task: &'a Task,
    /// The threshold at rest, mA.
    rest_ma: f64,
    /// When the second pulses begin, in steps; they rise.
    onsets: Vec<usize>,
}

/// The states of a few fibres at the onsets of their second pulses.
fn conditioned(firsts: &[First<'_>], step: SimTime) -> Vec<Vec<Start>> {
    let longest = firsts.iter().map(|first| first.task.fibre.nodes).max().unwrap_or(0);
    let mut cable = Cable::new(step.as_secs() * 1e3, longest);
    let geometries: Vec<_> = firsts.iter().map(|first| first.task.fibre.geometry).collect();
    for (lane, (first, rest)) in firsts.iter().zip(at_rest(&geometries)).enumerate() {
        let fibre = &first.task.fibre;
        cable.place(lane, &fibre.geometry, fibre.nodes, fibre.ends);
        cable.set_field(lane, &fibre.field);
        cable.set_state(lane, &rest_of(fibre, &rest));
    }
    let mut starts: Vec<Vec<Start>> = firsts.iter().map(|first| Vec::with_capacity(first.onsets.len())).collect();
    // When a watched node, and any node, was last risen: far enough beyond the last interval to see the spike leave.
    let (mut passed, mut left) = ([0; LANES], [0; LANES]);
    let last = firsts.iter().filter_map(|first| first.onsets.last().copied()).max().unwrap_or(0);
    let pulse = firsts.iter().map(|first| first.task.shape.len()).max().unwrap_or(0);
    let ends = steps_in(SimTime::from_nanos(5_000_000), step) + pulse;
    for steps in 0..=last.max(ends) {
        for (lane, (first, starts)) in firsts.iter().zip(&mut starts).enumerate() {
            for _ in first.onsets.iter().filter(|&&onset| onset == steps) {
                starts.push(Start { state: cable.state(lane), passes: 0, leaves: 0 });
            }
        }
        cable.step(&std::array::from_fn(|lane| {
            firsts.get(lane).map_or(0.0, |first| CONDITIONING * first.rest_ma * first.task.shape.at(steps))
        }));
        for (lane, first) in firsts.iter().enumerate() {
            if cable.extremes_mv(lane).1 > FIRED_MV {
                left[lane] = steps + 1;
                if first.task.watched.iter().any(|&node| cable.node_mv(node, lane) > FIRED_MV) {
                    passed[lane] = steps + 1;
                }
            }
        }
    }
    for (lane, (first, starts)) in firsts.iter().zip(&mut starts).enumerate() {
        for (start, onset) in starts.iter_mut().zip(&first.onsets) {
            start.passes = passed[lane].saturating_sub(*onset);
            start.leaves = left[lane].saturating_sub(*onset);
        }
    }
    starts
}

/// The search for the least current at which a fibre at rest answers every one of so many pulses, one every period,
/// with an action potential that is conducted; the period is no shorter than the pulse.
pub fn train_task(setup: &Setup, pulses: usize, period: SimTime, step: SimTime) -> Task {
    let shape = Shape::train(&setup.waveform(), step, pulses, period);
    Task { shape, spikes: pulses, ..setup.task(step) }
}
