//! The least current that fires a fibre, for many fibres.
//!
//! A fibre fires when the potential of a watched node rises above −20 mV, during the pulse or in the 3 ms after it.
//! The search (`search.rs`) starts from a guess, widens its steps until one current is silent and another fires, and
//! narrows what is between to the tolerance. Each lane is a search of its own: a run ends as soon as it is decided,
//! the next current of that fibre begins in the next step, and when a fibre is done the next fibre takes its lane.
//! What the other lanes do changes no bit of a result, so that neither the order of the fibres nor the number of
//! threads does.

use std::collections::BTreeMap;

use crate::device::pulse::Waveform;
use crate::nerve::axon::cable::{Cable, FibreState};
use crate::nerve::axon::fibre::{Fibre, at_rest, rest_of};
use crate::nerve::axon::gates::LANES;
use crate::nerve::axon::parameters::{Geometry, PERIOD};
use crate::nerve::axon::search::{Outcome, Search};
use crate::time::SimTime;

pub use crate::nerve::axon::search::Threshold;

/// How far apart the silent and the firing current are at the end unless a task says otherwise, relative to them; the
/// result is between.
pub const TOLERANCE: f64 = 5e-5;

/// How far from its guess a search goes first unless a task says otherwise, relative to it.
pub const STRIDE: f64 = 0.01;

/// The largest current that is tried, mA. Ours: far beyond every stimulator, and every threshold at 30 mm is below.
pub const LIMIT_MA: f64 = 1e7;

/// A node that rises above this has fired, mV.
pub(super) const FIRED_MV: f64 = -20.0;

/// How long after the pulse a fibre may take to fire.
const WATCHED: SimTime = SimTime::from_nanos(3_000_000);

/// How many nodes from the centre an action potential has to reach.
pub const REACHED: usize = 8;

/// After the pulse a fibre all of whose nodes are between these cannot fire any more, mV: no channel is open that could
/// drive it, and no node is so low that it would come back with more channels ready.
const SILENT_MV: (f64, f64) = (-90.0, -70.0);

/// How long after the pulse that is looked at first: until then what its last phase left under the myelin may still
/// lift the nodes that it held down.
const SETTLED: SimTime = SimTime::from_nanos(100_000);

/// One threshold that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The fibre in its field.
    pub fibre: Fibre,
    /// The current through the contacts over time, for a pulse of 1 mA.
    pub shape: Shape,
    /// Nodes where an action potential is looked for; it has fired when one has come to any of them.
    pub watched: Vec<usize>,
    /// How many action potentials have to come: one, or as many as a train has pulses, each within 3 ms of its pulse.
    pub spikes: usize,
    /// What the pulse meets; none is a fibre at rest.
    pub start: Option<Start>,
    /// About where the threshold is, mA; the answer does not depend on it by more than the tolerance.
    pub guess_ma: f64,
    /// How far from the guess the search goes first, relative to it: [`STRIDE`], or more where less is known.
    pub stride: f64,
    /// How far apart the silent and the firing current may be at the end, relative to them: [`TOLERANCE`].
    pub tolerance: f64,
    /// The largest current that is tried, mA.
    pub limit_ma: f64,
    /// Whether every run goes to its end: only to prove that what is decided early is decided right.
    pub to_the_end: bool,
}

impl Task {
    /// The threshold of a fibre at rest, near a guess.
    pub fn new(fibre: Fibre, shape: Shape, watched: Vec<usize>, guess_ma: f64) -> Self {
        Self {
            fibre,
            shape,
            watched,
            spikes: 1,
            start: None,
            guess_ma,
            stride: STRIDE,
            tolerance: TOLERANCE,
            limit_ma: LIMIT_MA,
            to_the_end: false,
        }
    }
}

/// A fibre on which something is still under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Its state when the pulse begins.
    pub state: FibreState,
    /// Steps until the last earlier action potential has passed the watched nodes: none counts before.
    pub passes: usize,
    /// Steps until it has left the fibre.
    pub leaves: usize,
}

/// Pulses of 1 mA in time steps, and none after.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Each pulse: its first step, and the mean current in each of its steps, mA.
    pulses: Vec<(usize, Vec<f64>)>,
    step: SimTime,
}

impl Shape {
    /// The shape of a waveform of which the first phase has a current: that becomes 1 mA, and keeps its sign.
    ///
    /// A phase that ends within a step counts in it by its share, so that charge is kept to the last bit of it.
    pub fn new(waveform: &Waveform, step: SimTime) -> Self {
        Self::train(waveform, step, 1, waveform.length().max(step))
    }

    /// The same for so many pulses, one every period, which is no shorter than the pulse or a step.
    pub fn train(waveform: &Waveform, step: SimTime, pulses: usize, period: SimTime) -> Self {
        assert!(pulses > 0 && period >= waveform.length().max(step), "one pulse after the other");
        let unit_na = waveform.stimulus().current_na.unsigned_abs() as f64;
        let index_of = |time: SimTime| (time.nanos() / step.nanos()) as usize;
        let pulse = |number: usize| {
            let mut begin = period * number as i64;
            let start = index_of(begin);
            let mut steps = vec![0.0; steps_in(begin + waveform.length(), step) - start];
            for phase in waveform.phases() {
                let (end, first) = (begin + phase.width, index_of(begin));
                for (index, sum) in steps[..steps_in(end, step) - start].iter_mut().enumerate().skip(first - start) {
                    let index = (start + index) as i64;
                    let (from, to) = (begin.max(step * index), end.min(step * (index + 1)));
                    let share = (to - from).nanos() as f64 / step.nanos() as f64;
                    *sum += phase.current_na as f64 / unit_na * share;
                }
                begin = end;
            }
            (start, steps)
        };
        Self { pulses: (0..pulses).map(pulse).collect(), step }
    }

    /// Steps from its beginning to the end of its last phase.
    pub(super) fn len(&self) -> usize {
        self.pulses.last().map_or(0, |(start, steps)| start + steps.len())
    }

    /// The current in a step, mA: where the end of a pulse shares it with the beginning of the next, of both.
    pub(super) fn at(&self, step: usize) -> f64 {
        let begun = self.pulses.partition_point(|(start, _)| *start <= step);
        let last = &self.pulses[begun.saturating_sub(2)..begun];
        last.iter().filter_map(|(start, steps)| steps.get(step - start)).fold(0.0, |sum, current| sum + current)
    }

    /// How many of its pulses should have been answered after so many steps.
    fn due(&self, step: usize) -> usize {
        let watched = steps_in(WATCHED, self.step);
        self.pulses.partition_point(|(start, steps)| start + steps.len() + watched <= step)
    }

    /// When what the pulse left has settled, in steps.
    fn settled(&self) -> usize {
        self.len() + steps_in(SETTLED, self.step)
    }

    /// When a run is over, in steps.
    fn end(&self) -> usize {
        self.len() + steps_in(WATCHED, self.step)
    }
}

/// How many steps a span takes, the last perhaps not whole.
pub(super) fn steps_in(span: SimTime, step: SimTime) -> usize {
    ((span.nanos() + step.nanos() - 1) / step.nanos()) as usize
}

/// What a lane is doing.
#[derive(Clone, Debug)]
struct Lane {
    task: usize,
    search: Search,
    start: FibreState,
    run: Run,
}

/// One current on its way through a fibre.
#[derive(Clone, Debug, Default)]
struct Run {
    /// Steps so far.
    steps: usize,
    /// Whether each watched node is risen, and how often one rose that counts.
    risen: Vec<(bool, usize)>,
    /// Whether any node has risen since the last earlier action potential left.
    excited: bool,
}

impl Run {
    fn new(task: &Task) -> Self {
        let begun = |&node: &usize| {
            let risen = |start: &Start| start.state.spots[node * PERIOD][0] > FIRED_MV;
            (task.start.as_ref().is_some_and(risen), 0)
        };
        Self { steps: 0, risen: task.watched.iter().map(begun).collect(), excited: false }
    }

    /// Looks at the fibre after a step; what the current did, when that is decided.
    fn look(&mut self, task: &Task, cable: &Cable, lane: usize) -> Option<Outcome> {
        self.steps += 1;
        let (passes, leaves) = task.start.as_ref().map_or((0, 0), |start| (start.passes, start.leaves));
        let (low, high) = cable.extremes_mv(lane);
        if high > FIRED_MV {
            self.excited |= self.steps > leaves;
            for ((risen, count), &node) in self.risen.iter_mut().zip(&task.watched) {
                let rises = cable.node_mv(node, lane) > FIRED_MV;
                *count += usize::from(rises && !*risen && self.steps > passes);
                *risen = rises;
                if *count >= task.spikes {
                    return Some(Outcome::Fired);
                }
            }
        } else {
            self.risen.iter_mut().for_each(|(risen, _)| *risen = false);
        }
        let silent = low > SILENT_MV.0 && high < SILENT_MV.1 && !task.to_the_end;
        // One pulse of a train without an answer is enough.
        let most = || self.risen.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let missed = task.spikes > 1 && !task.to_the_end && most() < task.shape.due(self.steps);
        let over = missed || self.steps >= task.shape.end() || (silent && self.steps >= task.shape.settled());
        over.then_some(if self.excited { Outcome::Local } else { Outcome::Quiet })
    }
}

/// The rest of a short fibre of every diameter among the tasks, by the bits of it.
fn rests(tasks: &[Task]) -> BTreeMap<u64, FibreState> {
    let resting = tasks.iter().filter(|task| task.start.is_none());
    let kind = |task: &Task| (task.fibre.geometry.diameter_um.to_bits(), task.fibre.geometry);
    let kinds: BTreeMap<u64, Geometry> = resting.map(kind).collect();
    let geometries: Vec<Geometry> = kinds.values().copied().collect();
    kinds.into_keys().zip(geometries.chunks(LANES).flat_map(at_rest)).collect()
}

/// The threshold of each task.
///
/// On as many threads as there are processors.
pub fn thresholds(tasks: &[Task], step: SimTime) -> Vec<Threshold> {
    thresholds_on(std::thread::available_parallelism().map_or(1, usize::from), tasks, step)
}

/// The same on so many threads at most: fewer where a thread would not have all its lanes full.
pub fn thresholds_on(threads: usize, tasks: &[Task], step: SimTime) -> Vec<Threshold> {
    let rests = rests(tasks);
    // The longest first, and neighbours in length together: a step takes as long as the longest fibre in it.
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(tasks[index].fibre.nodes), index));
    let threads = threads.min(tasks.len().div_ceil(LANES)).max(1);
    let mut found = vec![Threshold::NoneBelow(0.0); tasks.len()];
    let parts: Vec<Vec<usize>> =
        (0..threads).map(|thread| order.iter().copied().skip(thread).step_by(threads).collect()).collect();
    std::thread::scope(|scope| {
        let work = |part: Vec<usize>| {
            let rests = &rests;
            scope.spawn(move || search_all(tasks, &part, rests, step))
        };
        for thread in parts.into_iter().map(work).collect::<Vec<_>>() {
            let results = thread.join().expect("a search does not panic");
            results.into_iter().for_each(|(task, threshold)| found[task] = threshold);
        }
    });
    found
}

/// Searches the thresholds of some of the tasks, in that order.
fn search_all(
    tasks: &[Task],
    order: &[usize],
    rests: &BTreeMap<u64, FibreState>,
    step: SimTime,
) -> Vec<(usize, Threshold)> {
    let longest = order.iter().map(|&task| tasks[task].fibre.nodes).max().unwrap_or(0);
    let step_ms = step.as_secs() * 1e3;
    let mut cable = Cable::new(step_ms, longest);
    let mut waiting = order.iter().copied();
    let mut found = Vec::with_capacity(order.len());
    let mut lanes: [Option<Lane>; LANES] =
        std::array::from_fn(|lane| begin(waiting.next(), tasks, rests, lane, &mut cable));
    while lanes.iter().any(Option::is_some) {
        let current = std::array::from_fn(|lane| {
            lanes[lane].as_ref().map_or(0.0, |at| at.search.current_ma * tasks[at.task].shape.at(at.run.steps))
        });
        cable.step(&current);
        for (lane, slot) in lanes.iter_mut().enumerate() {
            let Some(at) = slot else { continue };
            let task = &tasks[at.task];
            let Some(outcome) = at.run.look(task, &cable, lane) else { continue };
            if let Some(threshold) = at.search.learn(outcome, at.run.steps as f64 * step_ms) {
                found.push((at.task, threshold));
                cable.clear(lane);
                *slot = begin(waiting.next(), tasks, rests, lane, &mut cable);
            } else {
                at.run = Run::new(task);
                cable.set_state(lane, &at.start);
            }
        }
    }
    found
}

/// Puts a task into a lane.
fn begin(
    index: Option<usize>,
    tasks: &[Task],
    rests: &BTreeMap<u64, FibreState>,
    lane: usize,
    cable: &mut Cable,
) -> Option<Lane> {
    let task = &tasks[index?];
    let fibre = &task.fibre;
    let rest = || rest_of(fibre, &rests[&fibre.geometry.diameter_um.to_bits()]);
    let start = task.start.as_ref().map_or_else(rest, |start| start.state.clone());
    cable.place(lane, &fibre.geometry, fibre.nodes, fibre.ends);
    cable.set_field(lane, &fibre.field);
    cable.set_state(lane, &start);
    let search = Search::new(task.guess_ma, task.stride, task.tolerance, task.limit_ma);
    Some(Lane { task: index?, search, start, run: Run::new(task) })
}
