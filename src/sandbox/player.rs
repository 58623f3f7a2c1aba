//! The simulation as the window plays it: forward by steps with everything remembered on the way, and back by
//! checkpoints.

use bevy::ecs::world::World;

use crate::checkpoint::Checkpoint;
use crate::command::TimedCommand;
use crate::lead::Delivered;
use crate::lead::conductor::DeliveredPulse;
use crate::muscle::body::MuscleCursor;
use crate::nerve::Volleys;
use crate::record::probe::{Probe, SideView};
use crate::sandbox::deadline::Deadline;
use crate::sandbox::memory::{Memory, PulsePicture};
use crate::scenario::Scenario;
use crate::side::{BySide, Side};
use crate::sim::{Fault, PatientEntities, Simulation};
use crate::time::SimTime;

/// Windows from one checkpoint to the next: some hundredths of a second of work (ours).
const WINDOWS_PER_CHECKPOINT: usize = 2_000;

/// The most checkpoints that are kept; beyond it every second one goes (ours).
const MOST_CHECKPOINTS: usize = 160;

/// How closely time is looked at on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grain {
    /// From one sample to the next.
    pub every: SimTime,
    /// Whether each pulse is looked at, with its voltage.
    pub pulses: bool,
}

impl Grain {
    /// What shows each pulse and the ripple of the force.
    pub const FINE: Self = Self { every: SimTime::from_nanos(1_000_000), pulses: true };

    /// What shows nothing on the way.
    pub const COARSE: Self = Self { every: SimTime::DAY, pulses: false };

    /// The fastest play, in simulated seconds a second, at which each pulse is looked at (ours).
    const PULSES_UP_TO: f64 = 20.0;

    /// For play at so many simulated seconds a second: some 8 samples a frame or more, at decades.
    pub fn of_speed(speed: f64) -> Self {
        Self { every: decade_below(speed * 1e9 / (60.0 * 8.0)), pulses: speed <= Self::PULSES_UP_TO }
    }

    /// For going over a span as fast as can be: some 2000 samples.
    pub fn of_span(span: SimTime) -> Self {
        let every = decade_below(span.nanos() as f64 / 2_000.0).max(Self::FINE.every);
        Self { every, pulses: every <= Self::FINE.every }
    }

    /// For the way to the device's next event, whose pulse is looked at: some 200 samples.
    fn towards(span: SimTime) -> Self {
        Self { every: decade_below(span.nanos() as f64 / 200.0).max(Self::FINE.every), pulses: true }
    }

    /// Whether this shows something that the other does not.
    fn is_finer(self, other: Self) -> bool {
        self.every < other.every || (self.pulses && !other.pulses)
    }
}

/// The decade of nanoseconds below that many, from 100 ns to about an hour.
fn decade_below(nanos: f64) -> SimTime {
    let mut decade = SimTime::from_nanos(100);
    while (decade.nanos() * 10) as f64 <= nanos && decade < SimTime::from_secs(1_000) {
        decade = decade * 10;
    }
    decade
}

/// The simulation, what is remembered of it, and the way back.
pub struct Player {
    simulation: Simulation,
    patient: PatientEntities,
    memory: Memory,
    checkpoints: Vec<Checkpoint>,
    /// What is to come, also after going back: a checkpoint knows only what was to come when it was taken.
    timeline: Vec<TimedCommand>,
    end: SimTime,
    /// Windows since the last checkpoint, and pulses since the start of the program.
    windows: usize,
    pulses: u64,
    /// The last pulse of each side and how long it is.
    last_pulses: BySide<Option<(SimTime, SimTime)>>,
    cursors: [MuscleCursor; 2],
    /// From when on time was looked at how closely, in the order of time.
    grains: Vec<(SimTime, Grain)>,
    values: Vec<f64>,
}

impl Player {
    /// A scenario at its first instant.
    pub fn new(scenario: &Scenario) -> Self {
        let mut simulation = Simulation::new(&Scenario { recordings: Vec::new(), ..scenario.clone() }, None);
        let patient = simulation.roster().patients()[0].clone();
        let mut memory = Memory::new(Probe::all());
        simulation.take_events().into_iter().for_each(|event| memory.event(event));
        let checkpoints = vec![Checkpoint::of(&simulation)];
        let cursors = Side::BOTH.map(|side| MuscleCursor::new(simulation.side(side).pool));
        let mut player = Self {
            simulation,
            patient,
            memory,
            checkpoints,
            timeline: scenario.timeline.clone(),
            end: scenario.duration,
            windows: 0,
            pulses: 0,
            last_pulses: BySide::default(),
            cursors,
            grains: Vec::new(),
            values: Vec::new(),
        };
        player.sample();
        player
    }

    /// The simulation, to look at.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// What is remembered.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// When the last pulse of a side began, and how long it is; none where none has been seen since the last leap.
    pub fn last_pulse(&self, side: Side) -> Option<(SimTime, SimTime)> {
        self.last_pulses[side]
    }

    /// Goes on towards an instant until the wall's clock shows `deadline`.
    ///
    /// # Errors
    /// An invariant broke.
    pub fn advance(&mut self, until: SimTime, grain: Grain, deadline: Deadline) -> Result<(), Fault> {
        let until = until.min(self.simulation.end());
        self.note_grain(grain);
        while self.simulation.now() < until && !deadline.is_over() {
            self.step(until, grain)?;
        }
        self.sample_here();
        Ok(())
    }

    /// Goes on past the next pulse of either side, but not beyond `until`; returns whether one came.
    ///
    /// # Errors
    /// An invariant broke.
    pub fn advance_past_pulse(&mut self, until: SimTime, deadline: Deadline) -> Result<bool, Fault> {
        let before = self.pulses;
        while self.simulation.now() < until && !deadline.is_over() {
            // It may be half a day away: the more there is to pass until the device does something or is told to, the
            // less closely.
            let now = self.simulation.now();
            let command = self.timeline.iter().map(|command| command.at).find(|at| *at >= now);
            let event = [self.simulation.generator().next_event(), command].into_iter().flatten().min();
            let event = event.unwrap_or(until).max(now);
            let grain = Grain::towards(event - now);
            self.note_grain(grain);
            self.step(until.min(event + SimTime::from_nanos(1)), grain)?;
            if self.pulses > before {
                self.sample_here();
                return Ok(true);
            }
        }
        self.sample_here();
        Ok(false)
    }

    /// One step: to the next sample, and with pulses to be seen not past the next of them.
    fn step(&mut self, until: SimTime, grain: Grain) -> Result<(), Fault> {
        let now = self.simulation.now();
        let mut next = until.min(now.next_multiple(grain.every));
        if let Some(event) = self.simulation.generator().next_event().filter(|_| grain.pulses) {
            next = next.min(event.max(now) + SimTime::from_nanos(1));
        }
        let Self { simulation, patient, memory, windows, pulses, last_pulses, .. } = self;
        simulation.advance_watched(next, |world| {
            *windows += 1;
            for side in Side::BOTH {
                *pulses += remember(world, patient, side, memory, grain.pulses, &mut last_pulses[side]);
            }
        })?;
        simulation.take_events().into_iter().for_each(|event| memory.event(event));
        if next.is_multiple_of(grain.every) || next == until {
            self.sample();
        }
        if self.windows >= WINDOWS_PER_CHECKPOINT && next < self.simulation.end() {
            self.windows = 0;
            self.keep_checkpoint();
        }
        Ok(())
    }

    /// What is shown is where the cursor is, also when it came to rest between two samples.
    fn sample_here(&mut self) {
        if self.simulation.now() > self.memory.head() {
            self.sample();
        }
    }

    /// Reads every probe.
    fn sample(&mut self) {
        let at = self.simulation.now();
        let Self { simulation, memory, cursors, values, .. } = self;
        let views = Side::BOTH.map(|side| simulation.side(side));
        let glances = views.each_ref().map(|view| view.at(at));
        values.clear();
        values.extend(memory.probes().iter().map(|probe| {
            let side = probe.side as usize;
            glances[side].read(probe.quantity, &mut cursors[side])
        }));
        memory.sample(at, values);
    }

    fn keep_checkpoint(&mut self) {
        if self.checkpoints.last().is_some_and(|last| last.at() >= self.simulation.now()) {
            return;
        }
        self.checkpoints.push(Checkpoint::of(&self.simulation));
        if self.checkpoints.len() > MOST_CHECKPOINTS {
            // The newer half is thinned least: there people scrub.
            let mut index = 0;
            let older = MOST_CHECKPOINTS / 2;
            self.checkpoints.retain(|_| {
                index += 1;
                index > older || index % 2 == 1
            });
        }
    }

    /// Goes back to the last checkpoint at or before an instant; the simulation is then to be advanced to it.
    pub fn go_back(&mut self, at: SimTime) {
        let found = self.checkpoints.iter().rposition(|checkpoint| checkpoint.at() <= at);
        let checkpoint = &self.checkpoints[found.expect("the first checkpoint is at the start")];
        checkpoint.restore(&mut self.simulation);
        self.memory.goes_again_from(checkpoint.at());
        self.simulation.set_future(&self.timeline, self.end);
        self.windows = 0;
        self.last_pulses = BySide::default();
        self.cursors = Side::BOTH.map(|side| MuscleCursor::new(self.simulation.side(side).pool));
    }

    /// Makes this the future from `changes` on: the simulation goes back to before it, where it is further, and what
    /// was remembered of another future is forgotten.
    pub fn set_future(&mut self, changes: SimTime, timeline: &[TimedCommand], end: SimTime) {
        // A state at the end of the scenario has no future.
        let last = SimTime::from_nanos(1);
        let before = changes.min(end - last).min(self.end - last);
        (self.timeline, self.end) = (timeline.to_vec(), end);
        self.checkpoints.retain(|checkpoint| checkpoint.at() <= before);
        if self.simulation.now() > before {
            self.go_back(before);
        } else {
            self.simulation.set_future(timeline, end);
        }
        self.memory.forget_from(changes);
    }

    /// Time is looked at this closely from now on; what was remembered of it less closely is forgotten.
    fn note_grain(&mut self, grain: Grain) {
        let now = self.simulation.now();
        let noted = self.grains.iter().rev().find(|(from, _)| *from <= now).map(|(_, noted)| *noted);
        if noted == Some(grain) && self.grains.last().is_some_and(|(from, _)| *from <= now) {
            return;
        }
        if self.memory.head() > now && noted.is_some_and(|noted| grain.is_finer(noted)) {
            self.memory.forget_from(now + SimTime::from_nanos(1));
        }
        if self.memory.head() <= now {
            self.grains.retain(|(from, _)| *from < now);
            self.grains.push((now, grain));
        }
    }
}

/// Remembers what was delivered to a side and who fired there in the window that is over; returns how many pulses there
/// were.
fn remember(
    world: &World,
    patient: &PatientEntities,
    side: Side,
    memory: &mut Memory,
    voltages: bool,
    last_pulse: &mut Option<(SimTime, SimTime)>,
) -> u64 {
    let entities = &patient.sides[side];
    let delivered = world.get::<Delivered>(entities.lead).expect("the roster's entities live");
    let mut pulses = 0;
    for (index, run) in delivered.0.iter().enumerate() {
        let view = SideView::of(world, patient, side);
        let newest = run.first.at + run.period * (run.count - 1);
        let is_last = index + 1 == delivered.0.len();
        let load_v = if voltages && is_last { voltage(&view, newest, &run.first) } else { Vec::new() };
        let asked_na = view.generator.program().sides[side].amplitude_na;
        memory.pulse(PulsePicture::new(side, run, asked_na, load_v));
        pulses += run.count as u64;
        *last_pulse = Some((newest, run.first.waveform.length()));
    }
    let volleys = world.get::<Volleys>(entities.nerve).expect("the roster's entities live");
    volleys.0.iter().for_each(|run| memory.volleys(side, *run));
    pulses
}

/// The voltage at the outputs over the newest pulse and a while after it, as time since its beginning and V: just
/// inside both ends of each phase, so that its edges stay upright.
fn voltage(view: &SideView<'_>, at: SimTime, pulse: &DeliveredPulse) -> Vec<(SimTime, f64)> {
    const EDGE: SimTime = SimTime::from_nanos(1);
    let mut times = Vec::new();
    let mut since = SimTime::ZERO;
    for phase in pulse.waveform.phases() {
        times.extend([since + EDGE, since + phase.width - EDGE]);
        since += phase.width;
    }
    times.extend([1_000, 30_000, 100_000, 300_000, 1_000_000].map(|nanos| since + SimTime::from_nanos(nanos)));
    let look = |since: SimTime| view.lead.look(at + since, &view.generator.profile, view.contacts).load_v;
    times.into_iter().map(|since| (since, look(since))).collect()
}
