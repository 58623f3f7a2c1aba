//! The least current that fires a fibre, for many fibres.
//!
//! A fibre fires when the potential of a node eight from the centre rises above −20 mV, during the pulse or in the 3 ms
//! after it. The search starts from a guess, widens its steps until one current is silent and another fires, and halves
//! what is between to [`TOLERANCE`]. Each lane is a search of its own: a run ends as soon as it is decided, the next
//! current of that fibre begins in the next step, and when a fibre is done the next fibre takes its lane. What the
//! other lanes do changes no bit of a result, so that neither the order of the fibres nor the number of threads does.

use std::collections::BTreeMap;

use crate::device::pulse::Waveform;
use crate::nerve::axon::cable::{Cable, FibreState};
use crate::nerve::axon::fibre::{Fibre, at_rest, rest_of};
use crate::nerve::axon::gates::LANES;
use crate::nerve::axon::parameters::Geometry;
use crate::time::SimTime;

/// How far apart the silent and the firing current are at the end, relative to them; the result is between.
pub const TOLERANCE: f64 = 5e-5;

/// A node that rises above this has fired, mV.
const FIRED_MV: f64 = -20.0;

/// How long after the pulse a fibre may take to fire.
const WATCHED: SimTime = SimTime::from_nanos(3_000_000);

/// How many nodes from the centre an action potential has to reach.
pub const REACHED: usize = 8;

/// After the pulse a fibre all of whose nodes are between these cannot fire any more, mV: no channel is open that could
/// drive it, and no node is so low that it would come back with more channels ready.
const SILENT_MV: (f64, f64) = (-90.0, -70.0);

/// Steps between two looks at whether a fibre has gone silent.
const LOOK_EVERY: usize = 16;

/// The first step away from the guess; every further one is twice as wide, up to [`WIDEST`].
const FIRST_STEP: f64 = 0.01;
const WIDEST: f64 = 1.0;

/// How far from the guess a threshold is looked for.
const FARTHEST: f64 = 50.0;

/// One threshold that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The fibre in its field.
    pub fibre: Fibre,
    /// The current through the contacts over time, for a pulse of 1 mA.
    pub shape: Shape,
    /// Nodes where an action potential is looked for.
    pub watched: [usize; 2],
    /// About where the threshold is, mA.
    pub guess_ma: f64,
    /// Whether every run goes to its end: only to prove that what is decided early is decided right.
    pub to_the_end: bool,
}

/// A pulse of 1 mA in time steps: the mean current in each, mA, and none after.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    steps: Vec<f64>,
    step: SimTime,
}

impl Shape {
    /// The shape of a waveform of which the first phase has a current: that becomes 1 mA, and keeps its sign.
    ///
    /// A phase that ends within a step counts in it by its share, so that charge is kept to the last bit of it.
    pub fn new(waveform: &Waveform, step: SimTime) -> Self {
        let unit_na = waveform.stimulus().current_na.unsigned_abs() as f64;
        let count = steps_in(waveform.length(), step);
        let mut steps = vec![0.0; count];
        let mut begin = SimTime::ZERO;
        for phase in waveform.phases() {
            let end = begin + phase.width;
            let first = (begin.nanos() / step.nanos()) as usize;
            for (index, sum) in steps[..steps_in(end, step)].iter_mut().enumerate().skip(first) {
                let from = begin.max(step * index as i64);
                let to = end.min(step * (index as i64 + 1));
                let share = (to - from).nanos() as f64 / step.nanos() as f64;
                *sum += phase.current_na as f64 / unit_na * share;
            }
            begin = end;
        }
        Self { steps, step }
    }

    fn at(&self, step: usize) -> f64 {
        self.steps.get(step).copied().unwrap_or(0.0)
    }

    /// When a run is over, in steps.
    fn end(&self) -> usize {
        self.steps.len() + steps_in(WATCHED, self.step)
    }
}

/// How many steps a span takes, the last perhaps not whole.
fn steps_in(span: SimTime, step: SimTime) -> usize {
    ((span.nanos() + step.nanos() - 1) / step.nanos()) as usize
}

/// The search for one threshold: what is known so far.
#[derive(Clone, Copy, Debug)]
struct Search {
    silent_ma: Option<f64>,
    fires_ma: Option<f64>,
    guess_ma: f64,
    stride: f64,
    current_ma: f64,
}

impl Search {
    fn new(guess_ma: f64) -> Self {
        Self { silent_ma: None, fires_ma: None, guess_ma, stride: FIRST_STEP, current_ma: guess_ma }
    }

    /// Notes what the current did; the threshold, if it is known now or is not to be found.
    fn learn(&mut self, fired: bool) -> Option<Option<f64>> {
        *(if fired { &mut self.fires_ma } else { &mut self.silent_ma }) = Some(self.current_ma);
        self.current_ma = match (self.silent_ma, self.fires_ma) {
            (Some(silent), Some(fires)) => {
                let middle = 0.5 * (silent + fires);
                if fires - silent <= TOLERANCE * middle {
                    return Some(Some(middle));
                }
                middle
            }
            _ => {
                let factor = 1.0 + self.stride;
                self.stride = (2.0 * self.stride).min(WIDEST);
                if fired { self.current_ma / factor } else { self.current_ma * factor }
            }
        };
        let off = self.current_ma / self.guess_ma;
        (!(1.0 / FARTHEST..=FARTHEST).contains(&off)).then_some(None)
    }
}

/// What a lane is doing.
#[derive(Clone, Debug)]
struct Lane {
    task: usize,
    search: Search,
    rest: FibreState,
    /// Steps of this run so far.
    steps: usize,
}

/// The rest of a short fibre of every diameter among the tasks, by the bits of it.
fn rests(tasks: &[Task]) -> BTreeMap<u64, FibreState> {
    let kind = |task: &Task| (task.fibre.geometry.diameter_um.to_bits(), task.fibre.geometry);
    let kinds: BTreeMap<u64, Geometry> = tasks.iter().map(kind).collect();
    let geometries: Vec<Geometry> = kinds.values().copied().collect();
    kinds.into_keys().zip(geometries.chunks(LANES).flat_map(at_rest)).collect()
}

/// The threshold of each task in mA, without sign; none where it is not within a factor of fifty of the guess.
///
/// On as many threads as there are processors.
pub fn thresholds(tasks: &[Task], step: SimTime) -> Vec<Option<f64>> {
    thresholds_on(std::thread::available_parallelism().map_or(1, usize::from), tasks, step)
}

/// The same on so many threads at most: fewer where a thread would not have all its lanes full.
pub fn thresholds_on(threads: usize, tasks: &[Task], step: SimTime) -> Vec<Option<f64>> {
    let rests = rests(tasks);
    // The longest first, and neighbours in length together: a step takes as long as the longest fibre in it.
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(tasks[index].fibre.nodes), index));
    let threads = threads.min(tasks.len().div_ceil(LANES)).max(1);
    let mut found = vec![None; tasks.len()];
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
) -> Vec<(usize, Option<f64>)> {
    let longest = order.iter().map(|&task| tasks[task].fibre.nodes).max().unwrap_or(0);
    let mut cable = Cable::new(step.as_secs() * 1e3, longest);
    let mut waiting = order.iter().copied();
    let mut found = Vec::with_capacity(order.len());
    let mut lanes: [Option<Lane>; LANES] =
        std::array::from_fn(|lane| begin(waiting.next(), tasks, rests, lane, &mut cable));
    while lanes.iter().any(Option::is_some) {
        let current = std::array::from_fn(|lane| {
            lanes[lane].as_ref().map_or(0.0, |run| run.search.current_ma * tasks[run.task].shape.at(run.steps))
        });
        cable.step(&current);
        for (lane, slot) in lanes.iter_mut().enumerate() {
            let Some(run) = slot else { continue };
            run.steps += 1;
            let Some(fired) = decided(&tasks[run.task], run.steps, &cable, lane) else { continue };
            if let Some(threshold) = run.search.learn(fired) {
                found.push((run.task, threshold));
                cable.clear(lane);
                *slot = begin(waiting.next(), tasks, rests, lane, &mut cable);
            } else {
                run.steps = 0;
                cable.set_state(lane, &run.rest);
            }
        }
    }
    found
}

/// Puts a task into a lane.
fn begin(
    task: Option<usize>,
    tasks: &[Task],
    rests: &BTreeMap<u64, FibreState>,
    lane: usize,
    cable: &mut Cable,
) -> Option<Lane> {
    let task = task?;
    let Task { fibre, guess_ma, .. } = &tasks[task];
    let rest = rest_of(fibre, &rests[&fibre.geometry.diameter_um.to_bits()]);
    cable.place(lane, &fibre.geometry, fibre.nodes, fibre.ends);
    cable.set_field(lane, &fibre.field);
    cable.set_state(lane, &rest);
    Some(Lane { task, search: Search::new(*guess_ma), rest, steps: 0 })
}

/// Whether the fibre in a lane has fired after so many steps; none while that is open.
fn decided(task: &Task, steps: usize, cable: &Cable, lane: usize) -> Option<bool> {
    if task.watched.iter().any(|&node| cable.node_mv(node, lane) > FIRED_MV) {
        return Some(true);
    }
    if steps >= task.shape.end() {
        return Some(false);
    }
    let looks = !task.to_the_end && steps > task.shape.steps.len() && steps.is_multiple_of(LOOK_EVERY);
    let (low, high) = if looks { cable.extremes_mv(lane) } else { return None };
    (low > SILENT_MV.0 && high < SILENT_MV.1).then_some(false)
}
