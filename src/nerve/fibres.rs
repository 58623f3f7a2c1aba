//! A population of axons as it is stimulated: who fires at each of many pulses, and who still recovers.

use std::sync::Arc;

use crate::device::pulse::Run;
use crate::math;
use crate::nerve::layout::Axon;
use crate::nerve::profile::{NerveProfile, Spectrum};
use crate::nerve::recovery::Recovery;
use crate::nerve::recruitment::Domain;
use crate::nerve::volley::{FiringSet, Volley};
use crate::random::{Draw, StableId, Stream};
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// Beyond so many standard deviations a threshold does not stray. Ours: one pulse in sixteen thousand would.
const FARTHEST: f64 = 4.0;

/// Pulses at even intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulses {
    /// When the first begins.
    pub at: SimTime,
    /// How many there are, one at least.
    pub count: i64,
    /// From one to the next.
    pub period: SimTime,
}

/// Axons of one kind.
#[derive(Clone, Debug)]
pub struct Fibres {
    axons: Arc<[Axon]>,
    recoveries: Arc<[Recovery]>,
    /// What their threshold noise is drawn from.
    id: StableId,
    seed: u64,
    noise: f64,
    /// When each fired last.
    fired_at: Vec<Option<SimTime>>,
    /// When all of them fired last, if they did so together: follows from `fired_at`.
    together: Option<SimTime>,
    /// Follows from the thresholds that came last.
    certain: Certain,
    /// Pulses until now, but for those far below all thresholds: what noise is drawn for.
    pulses: u64,
    /// What was worked out last for each: no state, only to be had again.
    worked_out: Vec<WorkedOut>,
    /// How many the last pulse fired, and how many the pulse that fired most.
    last: usize,
    most: usize,
}

/// Draws that one block of the generator gives.
const DRAWS: u64 = 8;

/// What is needed for an axon again and again.
#[derive(Clone, Copy, Debug)]
struct WorkedOut {
    /// Factors of its recovery after the intervals that came last.
    factors: [(SimTime, f64); 2],
    /// A block of draws, by its number.
    draws: (u64, [f64; DRAWS as usize]),
}

/// What is certain whatever noise and recovery do.
#[derive(Clone, Debug, Default)]
struct Certain {
    /// The thresholds that it is for.
    thresholds_ma: Vec<f64>,
    /// Below that amplitude an axon never fires, and from the other on always once it can.
    limits_ma: Vec<(f64, f64)>,
    /// From that amplitude on all do.
    all_from_ma: f64,
    /// After so long every axon can fire again.
    rested_after: SimTime,
}

const NOT_YET: WorkedOut =
    WorkedOut { factors: [(SimTime::from_nanos(-1), 1.0); 2], draws: (u64::MAX, [0.0; DRAWS as usize]) };

/// What a run of pulses does to an axon.
enum Fate {
    /// It fires at every one.
    Always,
    /// It fires at none.
    Never,
    /// That has to be looked at pulse by pulse.
    Open,
}

impl Fibres {
    /// So many axons, drawn from a spectrum and sorted by diameter.
    pub fn new(nerve: &NerveProfile, spectrum: &Spectrum, count: usize, id: &StableId, seed: u64) -> Self {
        let (smallest, largest) = spectrum.limits_um;
        let mut diameters: Vec<f64> = (0..count)
            .map(|i| {
                let z = Draw::new(seed, id, Stream::AxonDiameter, i as u64).normal();
                (spectrum.mean_um.value + spectrum.sd_um.value * z).clamp(smallest, largest)
            })
            .collect();
        diameters.sort_by(f64::total_cmp);
        let axon = |(i, diameter_um): (usize, f64)| {
            let mut place = Draw::new(seed, id, Stream::AxonPlace, i as u64);
            let mut nodes = Draw::new(seed, id, Stream::NodeOffset, i as u64);
            let place_mm = Domain::place_mm(nerve.radius_mm.value, place.uniform(), place.uniform());
            Axon { diameter_um, place_mm, node_offset: nodes.uniform(), path: nodes.uniform() }
        };
        let axons: Arc<[Axon]> = diameters.into_iter().enumerate().map(axon).collect();
        let refractory = SimTime::from_nanos((nerve.refractory_ms.value * 1e6).round() as i64);
        Self {
            recoveries: axons.iter().map(|axon| Recovery::new(axon.diameter_um, refractory)).collect(),
            fired_at: vec![None; axons.len()],
            together: None,
            certain: Certain::default(),
            worked_out: vec![NOT_YET; axons.len()],
            pulses: 0,
            axons,
            id: id.clone(),
            seed,
            noise: nerve.threshold_noise.value,
            last: 0,
            most: 0,
        }
    }

    /// The axons, the thinnest first.
    pub fn axons(&self) -> &Arc<[Axon]> {
        &self.axons
    }

    fn fraction(&self, count: usize) -> f64 {
        count as f64 / self.axons.len().max(1) as f64
    }

    /// The share that the last pulse fired.
    pub fn last_fraction(&self) -> f64 {
        self.fraction(self.last)
    }

    /// The largest share that a pulse has fired.
    pub fn most_fraction(&self) -> f64 {
        self.fraction(self.most)
    }

    /// A pulse fired nobody.
    pub fn nobody(&mut self) {
        self.last = 0;
    }

    /// What is certain about an axon, whatever its threshold's noise is.
    fn fate(&self, axon: usize, pulses: Pulses, amplitude_ma: f64, threshold_ma: f64) -> Fate {
        let recovery = &self.recoveries[axon];
        let (least, most) = (1.0 - FARTHEST * self.noise, 1.0 + FARTHEST * self.noise);
        // An axon at rest that does not fire stays at rest.
        let at_rest = self.fired_at[axon].is_none_or(|before| pulses.at - before >= recovery.over());
        if amplitude_ma < threshold_ma * least * if at_rest { 1.0 } else { recovery.range().0 } {
            return Fate::Never;
        }
        // Mostly neither how long ago it fired nor how long it has from pulse to pulse matters.
        let rested = |interval: SimTime| interval >= recovery.refractory();
        let can_fire = self.fired_at[axon].is_none_or(|before| rested(pulses.at - before));
        if can_fire
            && (pulses.count == 1 || rested(pulses.period))
            && amplitude_ma >= threshold_ma * most * recovery.range().1
        {
            return Fate::Always;
        }
        // If it fires at all of them, this is how long it has each time.
        let first = self.fired_at[axon].map_or(1.0, |before| recovery.factor(pulses.at - before));
        let later = if pulses.count > 1 { recovery.factor(pulses.period) } else { 1.0 };
        if amplitude_ma >= threshold_ma * most * first.max(later) { Fate::Always } else { Fate::Open }
    }

    /// Works out what is certain with those thresholds, unless it is known.
    fn make_certain(&mut self, thresholds_ma: &[f64]) {
        if self.certain.thresholds_ma == thresholds_ma && !thresholds_ma.is_empty() {
            return;
        }
        let (least, most) = (1.0 - FARTHEST * self.noise, 1.0 + FARTHEST * self.noise);
        let limits = |(recovery, &threshold_ma): (&Recovery, &f64)| {
            let (low, high) = recovery.range();
            (threshold_ma * least * low, threshold_ma * most * high)
        };
        let limits_ma: Vec<(f64, f64)> = self.recoveries.iter().zip(thresholds_ma).map(limits).collect();
        self.certain = Certain {
            thresholds_ma: thresholds_ma.to_vec(),
            all_from_ma: limits_ma.iter().fold(0.0, |all, &(_, from)| all.max(from)),
            rested_after: self.recoveries.iter().map(Recovery::refractory).max().unwrap_or(SimTime::ZERO),
            limits_ma,
        };
    }

    /// Whether all axons have fired together, and do so at every one of these pulses: what [`Self::fate`] says of each,
    /// found for all at once.
    fn all_fire(&self, pulses: Pulses, amplitude_ma: f64) -> bool {
        let rested = |interval: SimTime| interval >= self.certain.rested_after;
        amplitude_ma >= self.certain.all_from_ma
            && self.together.is_some_and(|before| rested(pulses.at - before))
            && (pulses.count == 1 || rested(pulses.period))
    }

    /// Who fires at every one of the pulses, and who has to be looked at pulse by pulse: what [`Self::fate`] says of
    /// each, looked up where it is certain.
    fn fates(&self, pulses: Pulses, amplitude_ma: f64, thresholds_ma: &[f64]) -> (FiringSet, Vec<usize>) {
        let (mut always, mut open) = (FiringSet::default(), Vec::new());
        let rested_after = self.certain.rested_after;
        let again = pulses.count == 1 || pulses.period >= rested_after;
        for (axon, (&(never_below_ma, always_from_ma), before)) in
            self.certain.limits_ma.iter().zip(&self.fired_at).enumerate()
        {
            let rested = || before.is_none_or(|before| pulses.at - before >= rested_after);
            if again && amplitude_ma >= always_from_ma && rested() {
                always.insert(axon);
            } else if amplitude_ma >= never_below_ma {
                match self.fate(axon, pulses, amplitude_ma, thresholds_ma[axon]) {
                    Fate::Always => always.insert(axon),
                    Fate::Never => {}
                    Fate::Open => open.push(axon),
                }
            }
        }
        (always, open)
    }

    /// The factor of an axon's recovery at an instant.
    fn recovery(&mut self, axon: usize, at: SimTime) -> f64 {
        let Some(before) = self.fired_at[axon] else { return 1.0 };
        let since = at - before;
        let factors = &mut self.worked_out[axon].factors;
        if let Some((_, factor)) = factors.iter().find(|(interval, _)| *interval == since) {
            return *factor;
        }
        let factor = self.recoveries[axon].factor(since);
        *factors = [(since, factor), factors[0]];
        factor
    }

    /// A number between 0 and 1 for an axon at a pulse.
    fn draw(&mut self, axon: usize, pulse: u64) -> f64 {
        let block = pulse / DRAWS;
        let draws = &mut self.worked_out[axon].draws;
        if draws.0 != block {
            let index = block * self.axons.len() as u64 + axon as u64;
            let mut draw = Draw::new(self.seed, &self.id, Stream::ThresholdNoise, index);
            *draws = (block, std::array::from_fn(|_| draw.uniform()));
        }
        draws.1[(pulse % DRAWS) as usize]
    }

    /// Whether an axon fires at the pulse of that number and instant.
    fn fires(&mut self, axon: usize, (pulse, at): (u64, SimTime), amplitude_ma: f64, threshold_ma: f64) -> bool {
        let threshold_ma = threshold_ma * self.recovery(axon, at);
        // A draw is made only where it decides.
        if amplitude_ma < threshold_ma * (1.0 - FARTHEST * self.noise) {
            return false;
        }
        if amplitude_ma >= threshold_ma * (1.0 + FARTHEST * self.noise) {
            return true;
        }
        self.draw(axon, pulse) < math::normal_below((amplitude_ma / threshold_ma - 1.0) / self.noise)
    }

    /// Tells who fires at each of the pulses, those that are alike as one run; the amplitude and the thresholds in mA.
    pub fn fire(
        &mut self,
        pulses: Pulses,
        amplitude_ma: f64,
        thresholds_ma: &[f64],
        mut tell: impl FnMut(Run<Volley>),
    ) {
        let end = pulses.at + pulses.period * (pulses.count - 1);
        self.make_certain(thresholds_ma);
        if self.all_fire(pulses, amplitude_ma) {
            let first = Volley { at: pulses.at, fired: FiringSet::first(self.axons.len()) };
            tell(Run { first, count: pulses.count, period: pulses.period });
            (self.last, self.most) = (self.axons.len(), self.axons.len());
            self.pulses += pulses.count as u64;
            self.together = Some(end);
            self.fired_at.fill(Some(end));
            return;
        }
        let (always, open) = self.fates(pulses, amplitude_ma, thresholds_ma);
        let mut run: Option<Run<Volley>> = None;
        let mut tell_run = |run: Option<Run<Volley>>| {
            run.filter(|run| !run.first.fired.is_empty()).into_iter().for_each(&mut tell);
        };
        let looks = if open.is_empty() { 1 } else { pulses.count };
        for pulse in 0..looks {
            let at = pulses.at + pulses.period * pulse;
            let mut fired = always;
            for &axon in &open {
                if self.fires(axon, (self.pulses + pulse as u64, at), amplitude_ma, thresholds_ma[axon]) {
                    fired.insert(axon);
                    self.fired_at[axon] = Some(at);
                }
            }
            self.most = self.most.max(fired.len());
            self.last = fired.len();
            match &mut run {
                Some(run) if run.first.fired == fired => run.count += 1,
                _ => {
                    let next = Run { first: Volley { at, fired }, count: 1, period: pulses.period };
                    tell_run(run.replace(next));
                }
            }
        }
        if let Some(run) = run.as_mut().filter(|_| open.is_empty()) {
            run.count = pulses.count;
        }
        tell_run(run);
        self.pulses += pulses.count as u64;
        self.together = (always.len() == self.axons.len() && !always.is_empty()).then_some(end);
        always.each(|axon| self.fired_at[axon] = Some(end));
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.count("recruited", self.last as u64);
        w.count("recruited_most", self.most as u64);
        w.times("fired_at", &self.fired_at);
        w.count("pulses", self.pulses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fibres(noise: f64) -> Fibres {
        let profile = crate::scenario::Scenario::built_in().expect("it reads").nerve;
        let profile = NerveProfile { threshold_noise: crate::source::Figure::ours(noise), ..profile };
        Fibres::new(&profile, &profile.motor, 40, &StableId::new("test"), 3)
    }

    /// Thresholds of 1 to 1.039 mA.
    fn thresholds() -> Vec<f64> {
        (0..40).map(|i| 1.0 + f64::from(i) / 1000.0).collect()
    }

    fn told(fibres: &mut Fibres, pulses: Pulses, amplitude_ma: f64) -> Vec<Volley> {
        let mut all = Vec::new();
        fibres.fire(pulses, amplitude_ma, &thresholds(), |run| {
            all.extend((0..run.count).map(|i| Volley { at: run.first.at + run.period * i, ..run.first }));
        });
        all
    }

    const MS: i64 = 1_000_000;

    fn at_ms(ms: i64) -> SimTime {
        SimTime::from_nanos(ms * MS)
    }

    /// What is found for all axons at once is what is found for each.
    #[test]
    fn verif_all_at_once_is_each_by_itself() {
        for (amplitude_ma, period_ms) in [(1.2, 50), (2.0, 50), (2.0, 2), (1.045, 50), (3.0, 5)] {
            let (mut at_once, mut each) = (fibres(0.01), fibres(0.01));
            for train in 0..3 {
                let pulses = Pulses { at: at_ms(3 + train * 2_000), count: 20, period: at_ms(period_ms) };
                each.together = None;
                assert_eq!(told(&mut at_once, pulses, amplitude_ma), told(&mut each, pulses, amplitude_ma));
                assert_eq!((&at_once.fired_at, at_once.pulses), (&each.fired_at, each.pulses));
                assert_eq!((at_once.last, at_once.most), (each.last, each.most));
            }
            assert_eq!(at_once.together.is_some(), amplitude_ma >= 1.2 && period_ms > 2, "{amplitude_ma} mA");
        }
    }

    /// A run of pulses does what its pulses do one by one, with and without noise, at any rate.
    #[test]
    fn verif_a_run_is_its_pulses() {
        for noise in [0.0, 0.01] {
            for period_ms in [1, 4, 20, 50, 400] {
                for amplitude_ma in [0.9, 0.99, 1.0, 1.02, 1.05, 1.3] {
                    let (mut whole, mut single) = (fibres(noise), fibres(noise));
                    let pulses = Pulses { at: at_ms(3), count: 30, period: at_ms(period_ms) };
                    let of_run = told(&mut whole, pulses, amplitude_ma);
                    let one = |i: i64| Pulses { at: pulses.at + pulses.period * i, count: 1, period: SimTime::ZERO };
                    let one_by_one: Vec<Volley> =
                        (0..30).flat_map(|i| told(&mut single, one(i), amplitude_ma)).collect();
                    assert_eq!(of_run, one_by_one, "{noise} {period_ms} {amplitude_ma}");
                    assert_eq!(
                        (whole.fired_at, whole.most, whole.pulses),
                        (single.fired_at, single.most, single.pulses)
                    );
                }
            }
        }
    }

    #[test]
    fn verif_late_subnormality_makes_an_axon_near_threshold_miss_pulses_of_20_hz() {
        let mut fibres = fibres(0.0);
        let all = told(&mut fibres, Pulses { at: at_ms(0), count: 20, period: at_ms(50) }, 1.02);
        let counts: Vec<usize> = all.iter().map(|volley| volley.fired.len()).collect();
        assert!(counts[0] > counts[1], "the first pulse meets rested axons: {counts:?}");
        let slow = told(&mut self::fibres(0.0), Pulses { at: at_ms(0), count: 20, period: at_ms(1000) }, 1.02);
        assert!(slow.iter().all(|volley| volley.fired.len() == counts[0]));
    }

    #[test]
    fn verif_noise_makes_firing_likely_and_not_certain() {
        let mut fibres = fibres(0.01);
        let mut count = [0; 40];
        for volley in told(&mut fibres, Pulses { at: at_ms(0), count: 1000, period: at_ms(1000) }, 1.02) {
            (0..40).filter(|&axon| volley.fired.contains(axon)).for_each(|axon| count[axon] += 1);
        }
        // Half at threshold; 16 % a standard deviation above it and 84 % below.
        for (axon, expected) in [(20, 500.0), (30, 160.0), (10, 840.0)] {
            assert!((f64::from(count[axon]) - expected).abs() < 60.0, "{axon}: {count:?}");
        }
    }
}
