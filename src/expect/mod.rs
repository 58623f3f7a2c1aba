//! What a scenario expects of its run: of events, of probes, of the summary, against another run or a kept trace; and
//! what came of that.
//!
//! Expectations change nothing in a run. What they need of it is sampled beside its recordings, and looked at as it
//! comes, so that memory stays the same however long the run is.

pub mod bounds;
pub mod events;
pub mod figure;
pub mod measure;
pub mod probe;
pub mod sketch;
pub mod trace;
pub mod verdict;
pub mod watch;
pub mod windows;

use std::sync::Arc;

use crate::command::TimedCommand;
use crate::device::program::Program;
use crate::expect::bounds::Bounds;
use crate::expect::events::EventExpectation;
use crate::expect::figure::FigureExpectation;
use crate::expect::probe::ProbeExpectation;
use crate::expect::trace::TraceExpectation;
use crate::expect::verdict::Teller;

/// Something that a scenario expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The line of the scenario that it stands in.
    pub line: usize,
    /// The requirement that it covers, by its identifier.
    pub requirement: Option<String>,
    /// What is expected.
    pub what: What,
}

/// What is expected.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Events come, or do not.
    Events(EventExpectation),
    /// A probe is within bounds.
    Probe(ProbeExpectation),
    /// A probe compares with that of the same patient under another program.
    Against(Against),
    /// A probe is as it was kept.
    Trace(TraceExpectation),
    /// A figure of the summary is within bounds.
    Figure(FigureExpectation),
}

impl What {
    /// The expectation in words.
    pub fn told(&self, teller: Teller) -> String {
        match self {
            Self::Events(events) => events.told(teller),
            Self::Probe(probe) => probe.told(teller),
            Self::Against(against) => against.told(teller),
            Self::Trace(trace) => trace.told(teller),
            Self::Figure(figure) => figure.told(),
        }
    }
}

/// How this run's number is put against the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// This one without the other.
    Difference,
    /// This one divided by the other.
    Ratio,
}

/// The same scenario under another program: the same patient, the same seed, the same random draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The program, as the scenario writes it.
    pub text: String,
    /// What the device is told at the start.
    pub program: Program,
    /// The timeline, whose programs build on that one.
    pub timeline: Vec<TimedCommand>,
}

/// A number taken of a probe, here and in a run of the same scenario under another program.
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    /// The other run.
    pub variant: Arc<Variant>,
    /// What is taken, in one stretch; its own bounds say nothing.
    pub taken: ProbeExpectation,
    /// How the two are put against each other.
    pub relation: Relation,
    /// What that may be.
    pub bounds: Bounds,
}

impl Against {
    /// The expectation in words.
    pub fn told(&self, teller: Teller) -> String {
        let relation = match self.relation {
            Relation::Difference => "more than",
            Relation::Ratio => "times that",
        };
        let stretch = self.taken.windows.told(teller);
        let (name, take) = (&self.taken.probe.name, self.taken.take_name());
        format!("{take} of {name} {stretch} {} {relation} under the program {}", self.bounds, self.variant.text)
    }
}
