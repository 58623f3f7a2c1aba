//! Whom a pulse would fire at which amplitude: the question, and its answers at two speeds.
//!
//! The exact answer is that of the double cable, for every axon in the field of the contacts as they lie. The fast one
//! is a [surrogate](crate::nerve::surrogate) that is made from exact thresholds for the waveform, lead and tissue at
//! hand, kept for the next who asks the same, and that comes with its error.

use std::f64::consts::TAU;
use std::sync::{Arc, OnceLock};

use nalgebra::Point2;

use crate::device::pulse::{Phase, Waveform};
use crate::lead::conductor::TERMINALS;
use crate::math;
use crate::nerve::axon::threshold::{REACHED, Shape, Task, Threshold, thresholds_on};
use crate::nerve::excitation::{Guess, MARGIN, Site, lobes, site};
use crate::nerve::kept;
use crate::nerve::layout::{Axon, Layout};
use crate::nerve::surrogate::{Accuracy, Sample, Surrogate};
use crate::time::SimTime;

/// How exact an exact threshold is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Time steps, the coarser twice the finer: twice the threshold at the finer less that at the coarser is that of no
    /// step at all, since the method is of the first order.
    pub steps: [SimTime; 2],
    /// How near a threshold is found at either step, relative to it.
    pub tolerance: f64,
    /// Nodes of a fibre beyond those that are driven.
    pub beyond: usize,
    /// About how much lower the threshold is at the finer step, relative to it, and how far the search goes from there.
    pub lower: (f64, f64),
}

impl Precision {
    /// What recruitment has: within a part in two hundred of what much finer steps, more nodes and a longer search
    /// give. The coarser step is a twenty-fifth of the shortest lobe, and 8 µs at most. Ours.
    pub fn of(waveform: &Waveform) -> Self {
        let shortest = lobes(waveform).iter().map(|(phase, _)| phase.width.nanos()).min().unwrap_or(0);
        let fine = SimTime::from_nanos((shortest / 50).clamp(500, 4_000));
        let lower = BY_STEP_PER_US * fine.nanos() as f64 / 1e3;
        Self { steps: [fine * 2, fine], tolerance: 5e-4, beyond: REACHED + 2, lower: (lower, lower / 4.0) }
    }
}

/// How much higher a threshold is for every microsecond of the step: 2.6e-3 for 214 µs, 3.5e-3 for 60 µs and 5e-3 for
/// 30 µs (`tests/reference/mrg_reference.csv`). The search works with any.
const BY_STEP_PER_US: f64 = 3e-3;

/// What a surrogate's axons have instead, and how far they go from there: wider than needed, and what the bits of its
/// thresholds come from.
const BY_STEP_OF_SURROGATE: (f64, f64) = (0.01, 0.02);

/// How far the guesses from the table are off, and those of a surrogate. Ours: the search works with any, and is
/// fastest where they are about right.
const OF_GUESS: f64 = 0.15;
const OF_SURROGATE: f64 = 0.02;

/// Fibres that a surrogate is made with, and others that it is tried on. Ours.
const MADE_WITH: usize = 40;
const TRIED_ON: usize = 24;

/// Axons of an exact answer that are worked on together where somebody waits: after each so many they can look.
const TOGETHER: usize = 64;

/// A pulse below this part of every guess fires nobody, whatever the guesses are off by. Ours: they are within a factor
/// of two of the exact thresholds.
const HOPELESS: f64 = 0.2;

/// How thresholds are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// By the axon itself, each one.
    Exact,
    /// By a surrogate made from it.
    #[default]
    Fast,
    /// By the table of one phase above a node and a law for second phases: at once, and within a factor of two.
    Guess,
}

impl Speed {
    /// The names, as files have them.
    pub const NAMES: [(&'static str, Self); 3] = [("Exact", Self::Exact), ("Fast", Self::Fast), ("Guess", Self::Guess)];

    /// The name, as files have it.
    pub fn word(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The name, as results have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fast => "fast",
            Self::Guess => "guess",
        }
    }
}

/// The cross-section of a nerve and the diameters in it: what a surrogate has to know about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    /// Radius of the nerve, mm.
    pub radius_mm: f64,
    /// The smallest and the largest diameter, µm.
    pub limits_um: (f64, f64),
}

impl Domain {
    /// A place at a share of the cross-section and of a turn.
    pub fn place_mm(radius_mm: f64, share: f64, turn: f64) -> Point2<f64> {
        let (radius, angle) = (radius_mm * share.sqrt(), TAU * turn);
        Point2::new(radius * math::cos(angle), radius * math::sin(angle))
    }

    /// The fibre of that number out of many that fill the domain evenly (the additive recurrence of the root of
    /// x⁶ = x + 1, after Roberts 2018).
    fn fibre(&self, number: usize) -> Axon {
        const ROOT: f64 = 1.134_724_138_401_519_4;
        let mut factor = 1.0;
        let mut share = || {
            factor /= ROOT;
            (0.5 + factor * (number + 1) as f64).fract()
        };
        let (smallest, largest) = self.limits_um;
        Axon {
            diameter_um: smallest + (largest - smallest) * share(),
            place_mm: Self::place_mm(self.radius_mm, share(), share()),
            node_offset: share(),
            path: share(),
        }
    }
}

/// What `of` makes of each number below `count`, on so many threads.
fn on_threads<T: Send>(threads: usize, count: usize, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let each = count.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let work = |from: usize| {
            let of = &of;
            scope.spawn(move || (from..count.min(from + each)).map(of).collect::<Vec<T>>())
        };
        let parts: Vec<_> = (0..count).step_by(each).map(work).collect();
        parts.into_iter().flat_map(|part| part.join().expect("a field does not panic")).collect()
    })
}

/// As many threads as there are processors. No answer depends on how many there are.
pub fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A pulse through contacts beside a nerve.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// Where everything lies.
    pub layout: Layout,
    /// The share of each contact, cathodes positive.
    pub shares: [f64; TERMINALS],
    /// The pulse.
    pub waveform: Waveform,
}

/// The potentials at the nodes of an axon, mV for a milliampere.
#[derive(Clone, Debug, PartialEq)]
struct Nodes {
    /// The number of the first along the nerve.
    first: i64,
    potentials_mv: Vec<f64>,
}

/// The potentials at the nodes of all axons, worked out when they are first needed.
#[derive(Clone, Debug, Default)]
struct AllNodes(Arc<OnceLock<Vec<Nodes>>>);

impl PartialEq for AllNodes {
    /// They follow from what they are worked out from.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Where an axon is excited: the nodes by their number along the nerve.
struct Excited {
    reach: (i64, i64),
    site: Site,
}

impl Stimulus {
    /// The sign of the current that excites: of the strongest lobe, and the first of those that are about as strong.
    fn sign(&self) -> f64 {
        const ABOUT: f64 = 0.9;
        let lobes = lobes(&self.waveform);
        let strongest = lobes.iter().map(|(phase, _)| phase.current_na.abs()).max().unwrap_or(0) as f64;
        let first = lobes.iter().find(|(phase, _)| phase.current_na.abs() as f64 >= ABOUT * strongest);
        first.map_or(-1.0, |(phase, _)| phase.current_na.signum() as f64)
    }

    /// The potentials at the nodes of an axon.
    fn nodes(&self, axon: &Axon) -> Nodes {
        let along = self.layout.along(axon, &self.shares);
        let (from, to) = along.nodes();
        let (first, last) = (from - MARGIN as i64, to + MARGIN as i64);
        let potentials_mv = (first..=last).map(|node| along.potential_mv(along.node_mm(node))).collect();
        Nodes { first, potentials_mv }
    }

    fn excited(&self, nodes: &Nodes) -> Option<Excited> {
        let site = site(&nodes.potentials_mv, self.sign())?;
        let number = |index: usize| nodes.first + index as i64;
        Some(Excited { reach: (number(site.reach.0), number(site.reach.1)), site })
    }

    /// About where the thresholds of axons are, mA; not finite where there is none.
    pub fn guesses_ma(&self, axons: &[Axon]) -> Vec<f64> {
        let nodes: Vec<Nodes> = axons.iter().map(|axon| self.nodes(axon)).collect();
        self.guesses_at_ma(axons, &nodes)
    }

    fn guesses_at_ma(&self, axons: &[Axon], nodes: &[Nodes]) -> Vec<f64> {
        let guess = Guess::new(&self.waveform);
        let of = |(axon, nodes): (&Axon, &Nodes)| {
            guess.threshold_ma(axon.diameter_um, &nodes.potentials_mv).unwrap_or(f64::INFINITY)
        };
        axons.iter().zip(nodes).map(of).collect()
    }

    /// The exact thresholds of axons, mA, as precisely as that, looked for from guesses that are off by about so much;
    /// not finite where there is none.
    pub fn precisely_ma(
        &self,
        axons: &[Axon],
        guesses_ma: &[f64],
        off: f64,
        threads: usize,
        precision: Precision,
    ) -> Vec<f64> {
        let Precision { steps, tolerance, beyond, lower } = precision;
        let mut found = vec![f64::INFINITY; axons.len()];
        let shape = Shape::new(&self.waveform, steps[0]);
        let task = |index: usize| {
            let (axon, guess) = (&axons[index], guesses_ma[index]);
            let excited = self.excited(&self.nodes(axon)).filter(|_| guess.is_finite())?;
            let fibre = self.layout.along(axon, &self.shares).fibre(excited.reach, beyond);
            // An action potential that has left all of the field behind it, to either side.
            let watched = vec![beyond - REACHED, fibre.nodes - 1 - (beyond - REACHED)];
            Some((index, Task { stride: off, tolerance, ..Task::new(fibre, shape.clone(), watched, guess) }))
        };
        let (asked, mut tasks): (Vec<usize>, Vec<Task>) =
            on_threads(threads, axons.len(), task).into_iter().flatten().unzip();
        let coarse = thresholds_on(threads, &tasks, steps[0]);
        let shape = Shape::new(&self.waveform, steps[1]);
        for (task, coarse) in tasks.iter_mut().zip(&coarse) {
            task.shape = shape.clone();
            task.stride = lower.1;
            if let Threshold::At(ma) = coarse {
                task.guess_ma = ma * (1.0 - lower.0);
            }
        }
        let fine = thresholds_on(threads, &tasks, steps[1]);
        for (index, answers) in asked.into_iter().zip(coarse.into_iter().zip(fine)) {
            if let (Threshold::At(coarse), Threshold::At(fine)) = answers {
                found[index] = 2.0 * fine - coarse;
            }
        }
        found
    }

    /// The same pulse as surrogates know it: lobes of one current each, to two parts in a hundred, and so the shares.
    ///
    /// A pulse that the circuit bends a little is taken for one that it does not. The charge of a later lobe is off by
    /// one part in a hundred at most, and a threshold by less than one in a thousand.
    fn plain(&self) -> Self {
        const UNIT_NA: f64 = 1e9;
        const STEP: f64 = 0.02;
        let lobes = lobes(&self.waveform);
        let first_na = lobes.first().map_or(1.0, |(phase, _)| phase.current_na.abs() as f64);
        let phases = lobes.iter().flat_map(|&(phase, gap)| {
            let steps = (math::ln(phase.current_na.abs() as f64 / first_na) / STEP).round();
            let current_na = (phase.current_na.signum() as f64 * UNIT_NA * math::exp(steps * STEP)).round() as i64;
            [Phase { current_na, ..phase }, Phase { current_na: 0, width: gap }]
        });
        let shares = self.shares.map(|share| (share / STEP).round() * STEP + 0.0);
        Self { waveform: Waveform::new(phases, false), shares, ..self.clone() }
    }

    /// The surrogate for this stimulus, made now or kept from before; none where too few fibres can be fired at all.
    fn surrogate(&self, domain: &Domain, threads: usize) -> Option<Arc<Surrogate>> {
        let plain = self.plain();
        kept::surrogate(&plain, domain, || plain.make_surrogate(domain, threads))
    }

    fn make_surrogate(&self, domain: &Domain, threads: usize) -> Option<Surrogate> {
        let axons: Vec<Axon> = (0..MADE_WITH + TRIED_ON).map(|number| domain.fibre(number)).collect();
        let precision = Precision { lower: BY_STEP_OF_SURROGATE, ..Precision::of(&self.waveform) };
        let exact_ma = self.precisely_ma(&axons, &self.guesses_ma(&axons), OF_GUESS, threads, precision);
        let sample = |(axon, &threshold_ma): (&Axon, &f64)| {
            let site = self.excited(&self.nodes(axon)).filter(|_| threshold_ma.is_finite())?.site;
            Some(Sample { diameter_um: axon.diameter_um, site, threshold_ma })
        };
        let samples = |from: usize, to: usize| -> Vec<Sample> {
            axons[from..to].iter().zip(&exact_ma[from..to]).filter_map(sample).collect()
        };
        Surrogate::new(&samples(0, MADE_WITH), &samples(MADE_WITH, MADE_WITH + TRIED_ON))
    }

    /// How much more current the first phase has than its lobe in the mean.
    fn first_of_lobe(&self) -> f64 {
        let lobe = lobes(&self.waveform).first().map_or(1.0, |(phase, _)| phase.current_na as f64);
        self.waveform.stimulus().current_na as f64 / lobe
    }
}

/// The axons of a nerve and a pulse: whom does it fire?
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The pulse and where it is.
    pub stimulus: Stimulus,
    /// What a surrogate has to know about.
    pub domain: Domain,
    /// The motor axons.
    pub motor: Arc<[Axon]>,
    /// The afferents.
    pub afferents: Arc<[Axon]>,
    /// The factor by which encapsulation has raised all thresholds.
    pub encapsulation: f64,
    nodes: AllNodes,
}

/// Thresholds: the amplitude of the first phase at which each axon fires from rest, mA; not finite where it never does.
#[derive(Clone, Debug, PartialEq)]
pub struct Recruitment {
    /// Of the motor axons.
    pub motor_ma: Vec<f64>,
    /// Of the afferents.
    pub afferent_ma: Vec<f64>,
    /// How far they are off where they come from a surrogate; none where they are exact.
    pub accuracy: Option<Accuracy>,
}

impl Recruitment {
    /// The share of some thresholds that an amplitude reaches.
    pub fn fraction(thresholds_ma: &[f64], amplitude_ma: f64) -> f64 {
        let fired = thresholds_ma.iter().filter(|threshold| **threshold <= amplitude_ma).count();
        fired as f64 / thresholds_ma.len().max(1) as f64
    }
}

impl Question {
    /// What that pulse does to those axons.
    pub fn new(stimulus: Stimulus, domain: Domain, motor: Arc<[Axon]>, afferents: Arc<[Axon]>) -> Self {
        Self { stimulus, domain, motor, afferents, encapsulation: 1.0, nodes: AllNodes::default() }
    }

    /// The same with thresholds raised by that factor.
    #[must_use]
    pub fn encapsulated(self, encapsulation: f64) -> Self {
        Self { encapsulation, ..self }
    }

    /// The same, knowing the field that another question has worked out where it is the same.
    #[must_use]
    pub fn after(self, other: &Self) -> Self {
        let (a, b) = (&self.stimulus, &other.stimulus);
        let alike = a.shares == b.shares && a.layout == b.layout && self.motor == other.motor;
        let nodes = if alike && self.afferents == other.afferents { other.nodes.clone() } else { self.nodes };
        Self { nodes, ..self }
    }

    fn nodes(&self) -> &[Nodes] {
        self.nodes.0.get_or_init(|| self.all().iter().map(|axon| self.stimulus.nodes(axon)).collect())
    }

    fn guesses_ma(&self) -> Vec<f64> {
        self.stimulus.guesses_at_ma(&self.all(), self.nodes())
    }

    fn all(&self) -> Vec<Axon> {
        self.motor.iter().chain(self.afferents.iter()).copied().collect()
    }

    fn answer(&self, of_all: &[f64], accuracy: Option<Accuracy>) -> Recruitment {
        let with_tissue: Vec<f64> = of_all.iter().map(|threshold| threshold * self.encapsulation).collect();
        let (motor, afferents) = with_tissue.split_at(self.motor.len());
        Recruitment { motor_ma: motor.to_vec(), afferent_ma: afferents.to_vec(), accuracy }
    }

    /// Whether no axon can be near its threshold at that amplitude, mA.
    pub fn is_hopeless(&self, amplitude_ma: f64) -> bool {
        let least = self.guesses_ma().into_iter().fold(f64::INFINITY, f64::min);
        amplitude_ma < HOPELESS * least * self.encapsulation
    }

    /// The answer at that speed, on so many threads.
    pub fn at(&self, speed: Speed, threads: usize) -> Recruitment {
        match speed {
            Speed::Exact => self.exact(threads),
            Speed::Fast => self.fast(threads),
            Speed::Guess => self.guess(),
        }
    }

    /// About what the answer will be, at once: within a factor of two.
    pub fn guess(&self) -> Recruitment {
        self.answer(&self.guesses_ma(), None)
    }

    /// The answer of the surrogate, with its error. On so many threads where one has to be made.
    pub fn fast(&self, threads: usize) -> Recruitment {
        let (of_all, accuracy) = self.by_surrogate(threads);
        self.answer(&of_all, Some(accuracy))
    }

    fn by_surrogate(&self, threads: usize) -> (Vec<f64>, Accuracy) {
        let axons = self.all();
        let Some(surrogate) = self.stimulus.surrogate(&self.domain, threads) else {
            let nobody = Accuracy { made_with: 0, tried_on: 0, rms_error: 0.0, largest_error: 0.0 };
            return (vec![f64::INFINITY; axons.len()], nobody);
        };
        let first = self.stimulus.first_of_lobe();
        let of = |(axon, nodes): (&Axon, &Nodes)| {
            let excited = self.stimulus.excited(nodes);
            excited.map_or(f64::INFINITY, |excited| first * surrogate.threshold_ma(axon.diameter_um, &excited.site))
        };
        (axons.iter().zip(self.nodes()).map(of).collect(), surrogate.accuracy)
    }

    /// The exact answer, on so many threads.
    pub fn exact(&self, threads: usize) -> Recruitment {
        let all = self.motor.len() + self.afferents.len();
        self.exactly(threads, all.max(1), |_| true).expect("it went on to the end")
    }

    /// The same, bit for bit. After every few axons `go_on` sees what is known, the rest still from the surrogate, and
    /// says whether to go on; none where it did not.
    pub fn exact_by_and_by(&self, threads: usize, go_on: impl FnMut(&Recruitment) -> bool) -> Option<Recruitment> {
        self.exactly(threads, TOGETHER, go_on)
    }

    fn exactly(
        &self,
        threads: usize,
        together: usize,
        mut go_on: impl FnMut(&Recruitment) -> bool,
    ) -> Option<Recruitment> {
        let (mut of_all, accuracy) = self.by_surrogate(threads);
        let axons = self.all();
        let (guesses_ma, off) = match accuracy.made_with {
            0 => (self.guesses_ma(), OF_GUESS),
            _ => (of_all.clone(), OF_SURROGATE),
        };
        // Neighbours in threshold together: their fibres are about as long, and their runs.
        let mut order: Vec<usize> = (0..axons.len()).collect();
        order.sort_by(|&a, &b| of_all[a].total_cmp(&of_all[b]).then(a.cmp(&b)));
        let precision = Precision::of(&self.stimulus.waveform);
        for part in order.chunks(together) {
            let some: Vec<Axon> = part.iter().map(|&index| axons[index]).collect();
            let guesses: Vec<f64> = part.iter().map(|&index| guesses_ma[index]).collect();
            let found = self.stimulus.precisely_ma(&some, &guesses, off, threads, precision);
            part.iter().zip(found).for_each(|(&index, found)| of_all[index] = found);
            if !go_on(&self.answer(&of_all, Some(accuracy))) {
                return None;
            }
        }
        Some(self.answer(&of_all, None))
    }
}
