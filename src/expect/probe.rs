//! What is expected of a probe: of one number that is taken of its samples in a window, or of every sample.

use crate::expect::bounds::{Bounds, told};
use crate::expect::measure::{Gauge, Take};
use crate::expect::sketch::Sketch;
use crate::expect::verdict::{Outcome, Teller};
use crate::expect::windows::{Each, Finder, Open, Windows};
use crate::record::events::Event;
use crate::record::probe::{Probe, Recording};
use crate::time::SimTime;

/// How the samples of a window are judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// By a number that is taken of them.
    By(Take, Bounds),
    /// Every one is within.
    Always(Bounds),
    /// None is within.
    Never(Bounds),
}

impl Judged {
    fn bounds(&self) -> &Bounds {
        let (Self::By(_, bounds) | Self::Always(bounds) | Self::Never(bounds)) = self;
        bounds
    }

    /// The bounds, where they are of the probe itself and can be drawn with it.
    fn drawn(&self) -> Option<&Bounds> {
        match self {
            Self::By(take, bounds) => take.is_of_the_probe().then_some(bounds),
            Self::Always(bounds) | Self::Never(bounds) => Some(bounds),
        }
    }
}

/// What is expected of a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeExpectation {
    /// The probe.
    pub probe: Probe,
    /// From one sample to the next.
    pub every: SimTime,
    /// Where it is looked at.
    pub windows: Windows,
    /// How it is judged.
    pub judged: Judged,
}

/// Samples before and after the instant of a single value, for the plot (ours).
const AROUND: i64 = 60;

impl ProbeExpectation {
    /// The expectation in words.
    pub fn told(&self, teller: Teller) -> String {
        let (name, windows) = (&self.probe.name, self.windows.told(teller));
        match &self.judged {
            Judged::By(..) => {
                format!("{} of {name} {bounds} {windows}", self.take_name(), bounds = self.judged.bounds())
            }
            Judged::Always(bounds) => format!("{name} always {bounds} {windows}"),
            Judged::Never(bounds) => format!("{name} never {bounds} {windows}"),
        }
    }

    /// What people call that which is taken.
    pub fn take_name(&self) -> &'static str {
        match &self.judged {
            Judged::By(Take::Last, _) if self.windows.from == self.windows.until => "value",
            Judged::By(take, _) => take.name(),
            _ => "every value",
        }
    }

    /// What is to be sampled for it in a scenario of that length: the probe, and what tells trains apart.
    pub fn recording(&self, end: SimTime) -> Recording {
        let mut probes = vec![self.probe.clone()];
        let Windows { each, from, until, .. } = &self.windows;
        if *each == Each::Train {
            let name = format!("{}.pulses_count", self.probe.side.name());
            probes.push(Probe::parse(&name, 0).expect("both sides have a count of pulses"));
        }
        let (from, until) = match each {
            Each::Stretch if from == until => {
                let before = (from.nanos() / self.every.nanos()).min(AROUND);
                (*from - self.every * before, end.min(*until + self.every * AROUND))
            }
            Each::Stretch => (*from, *until),
            _ => (SimTime::ZERO, end),
        };
        Recording { file: String::new(), every: self.every, from, until, probes }
    }
}

/// A window while it goes on.
#[derive(Clone, Debug)]
struct Running {
    open: Open,
    gauge: Gauge,
    /// The first sample that is not as expected.
    wrong: Option<(SimTime, f64)>,
    /// Samples that may come after the end of a train.
    pending: Vec<(SimTime, f64)>,
    sketch: Sketch,
}

/// The first window that is not as expected.
#[derive(Clone, Debug)]
struct Missed {
    open: Open,
    at: SimTime,
    value: f64,
    sketch: Sketch,
}

/// An expectation of a probe while the run goes on.
#[derive(Clone, Debug)]
pub struct ProbeWatch {
    expected: ProbeExpectation,
    finder: Finder,
    running: Vec<Running>,
    closed: u64,
    /// The least and the largest of what was judged.
    range: (f64, f64),
    last: Option<f64>,
    missed: Option<Missed>,
    unjudged: Option<(&'static str, SimTime)>,
}

impl ProbeWatch {
    /// Nothing has been seen yet.
    pub fn new(expected: ProbeExpectation) -> Self {
        let mut watch = Self {
            finder: Finder::new(expected.windows.clone()),
            expected,
            running: Vec::new(),
            closed: 0,
            range: (f64::INFINITY, f64::NEG_INFINITY),
            last: None,
            missed: None,
            unjudged: None,
        };
        if watch.expected.windows.each == Each::Stretch {
            let Windows { from, until, .. } = watch.expected.windows;
            watch.open(Open { from, until: Some(until) });
        }
        watch
    }

    fn open(&mut self, open: Open) {
        let ProbeExpectation { every, judged, .. } = &self.expected;
        let take = if let Judged::By(take, _) = judged { *take } else { Take::Last };
        let (gauge, sketch) = (Gauge::new(take, *every), Sketch::new(*every));
        self.running.push(Running { open, gauge, wrong: None, pending: Vec::new(), sketch });
    }

    /// An event has happened; they come in the order of time, and before the samples of the same stretch.
    pub fn see(&mut self, event: &Event) {
        let (open, closes) = self.finder.event(event);
        if closes {
            let ends = self.running.iter_mut().filter(|running| running.open.until.is_none());
            ends.for_each(|running| running.open.until = Some(event.at));
        }
        if let Some(open) = open {
            self.open(open);
        }
    }

    /// A sample was taken, and there had been so many pulses; they come in the order of time.
    pub fn sample(&mut self, at: SimTime, value: f64, pulses: Option<f64>) {
        let before = self.finder.last_pulse();
        if let Some(count) = pulses {
            let (open, over) = self.finder.pulses(at, count);
            if let Some(last) = over {
                self.running.iter_mut().for_each(|running| running.open.until = Some(last));
            }
            self.close_before(at);
            if let Some(open) = open {
                self.open(open);
            }
        } else {
            self.close_before(at);
        }
        // Within a train a sample counts once a later one has seen a pulse.
        let in_train = pulses.is_some().then_some(self.finder.last_pulse() != before);
        let Self { running, expected, .. } = self;
        for running in running.iter_mut() {
            let Windows { each, from, until, .. } = &expected.windows;
            if *each == Each::Stretch && from == until {
                // The plot shows what is around it, too.
                running.sketch.add(at, value);
            }
            if at < running.open.from || running.open.until.is_some_and(|until| at > until) {
                continue;
            }
            match in_train {
                Some(false) => running.pending.push((at, value)),
                Some(true) => {
                    let pending = std::mem::take(&mut running.pending);
                    pending.iter().for_each(|&(at, value)| running.take(at, value, expected));
                    running.take(at, value, expected);
                }
                None => running.take(at, value, expected),
            }
        }
    }

    /// Judges the windows that are over before an instant.
    fn close_before(&mut self, at: SimTime) {
        if self.running.iter().all(|running| running.open.until.is_none_or(|until| until >= at)) {
            return;
        }
        let Windows { each, from, until, .. } = &self.expected.windows;
        if *each == Each::Stretch && from == until {
            // What comes after a single value is for the plot, until the end.
            return;
        }
        let (over, running) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|running: &Running| running.open.until.is_some_and(|until| until < at));
        self.running = running;
        over.into_iter().for_each(|running| self.judge(running));
    }

    fn judge(&mut self, running: Running) {
        let open = running.open;
        let value = match running.gauge.value() {
            Ok(value) => value,
            Err(why) => {
                self.unjudged = self.unjudged.or(Some((why, open.from)));
                return;
            }
        };
        self.closed += 1;
        let wrong = match &self.expected.judged {
            Judged::By(_, bounds) => {
                self.range = (self.range.0.min(value), self.range.1.max(value));
                self.last = Some(value);
                (!bounds.hold(value)).then_some((open.from, value))
            }
            _ => {
                let (least, largest) = running.gauge.range();
                self.range = (self.range.0.min(least), self.range.1.max(largest));
                running.wrong
            }
        };
        if let (Some((at, value)), None) = (wrong, &self.missed) {
            self.missed = Some(Missed { open, at, value, sketch: running.sketch });
        }
    }

    /// The number that was taken of the one stretch, in a run that ended at `end`.
    ///
    /// # Errors
    /// There is none, in words.
    pub fn value(mut self, end: SimTime) -> Result<f64, String> {
        self.end(end);
        self.last.ok_or_else(|| self.unjudged.map_or("the run ended before", |(why, _)| why).to_string())
    }

    /// Judges what is over at the end; a train or a session that goes on then ends there.
    fn end(&mut self, end: SimTime) {
        let Each::Stretch = self.expected.windows.each else {
            let last = self.finder.last_pulse();
            for running in &mut self.running {
                running.open.until = running.open.until.or(last).or(Some(end));
            }
            for running in std::mem::take(&mut self.running) {
                // Of a window that goes on beyond the end, only what was wrong already says something.
                if running.wrong.is_none() && running.open.until.is_some_and(|until| until > end) {
                    self.unjudged = self.unjudged.or(Some(("the run ended before it was over", running.open.from)));
                } else {
                    self.judge(running);
                }
            }
            return;
        };
        if end >= self.expected.windows.until {
            std::mem::take(&mut self.running).into_iter().for_each(|running| self.judge(running));
        }
    }

    /// What came of it in a run that ended at `end`, or was stopped there.
    pub fn outcome(mut self, end: SimTime, teller: Teller) -> Outcome {
        self.end(end);
        let one = self.expected.windows.each == Each::Stretch;
        let judged = self.expected.windows.counted(self.closed);
        let all = if one { String::new() } else { format!("{judged}, ") };
        if let Some(missed) = &self.missed {
            return self.outcome_missed(missed, &all, teller);
        }
        if let Some((why, from)) = self.unjudged {
            let place = if one { String::new() } else { format!(" of the one from {}", teller.at(from)) };
            return Outcome::unjudged(format!("nothing to judge{place}: {why}"));
        }
        if self.closed == 0 {
            let why = match &self.expected.windows.each {
                Each::Stretch => "nothing: the run ended before".to_string(),
                Each::Train => "no train".to_string(),
                Each::Session => "no session".to_string(),
                Each::After(pattern, _) => format!("no {pattern}"),
            };
            return Outcome::unjudged(why);
        }
        let (least, largest) = self.range;
        let range = if least == largest { told(least) } else { format!("{} to {}", told(least), told(largest)) };
        Outcome { met: Some(true), seen: format!("{all}{range}"), at: None, plot: None }
    }

    fn outcome_missed(&self, missed: &Missed, all: &str, teller: Teller) -> Outcome {
        let Missed { open, at, value, sketch } = missed;
        let one = self.expected.windows.each == Each::Stretch;
        let seen = match &self.expected.judged {
            Judged::By(..) if one => told(*value),
            Judged::By(..) => {
                let until = open.until.map_or(String::new(), |until| format!(" to {}", teller.at(until)));
                let (least, largest) = (told(self.range.0), told(self.range.1));
                format!("{all}{least} to {largest}, and first {} from {}{until}", told(*value), teller.at(open.from))
            }
            _ => format!("{all}first {} at {}", told(*value), teller.at(*at)),
        };
        let plot = sketch.plot(&self.expected.probe.name, self.expected.judged.drawn());
        Outcome { met: Some(false), seen, at: Some(*at), plot }
    }
}

impl Running {
    fn take(&mut self, at: SimTime, value: f64, expected: &ProbeExpectation) {
        self.gauge.add(value);
        let windows = &expected.windows;
        if windows.each != Each::Stretch || windows.from != windows.until {
            self.sketch.add(at, value);
        }
        let wrong = match &expected.judged {
            Judged::By(..) => false,
            Judged::Always(bounds) => !bounds.hold(value),
            Judged::Never(bounds) => bounds.hold(value),
        };
        if wrong && self.wrong.is_none() {
            self.wrong = Some((at, value));
        }
    }
}
