//! The simulated world and the one loop that drives it.
//!
//! Bevy's ECS holds the world. Everything that changes it runs in one schedule, [`SimTick`], once for each window of
//! simulated time: single-threaded, its sets chained here and nowhere else, an ambiguous order an error. A window is
//! half open: what happens at its end belongs to the next one. It never reaches across a command, midnight, or a whole
//! second at which the state has changed, nor across a sample if anything happens before that. That is why the tick
//! does not matter.

use bevy::app::App;
use bevy::ecs::entity::Entity;
use bevy::ecs::hierarchy::ChildOf;
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::{
    IntoScheduleConfigs, LogLevel, Schedule, ScheduleBuildSettings, ScheduleLabel, SingleThreadedExecutor, SystemSet,
};
use bevy::ecs::world::World;

use crate::adaptation::multifidus::Multifidus;
use crate::command::{CommandQueue, TimedCommand, apply_commands};
use crate::device::activator::Activator;
use crate::device::generator::PulseGenerator;
use crate::device::pulse::{CASE, CONTACT_NAMES};
use crate::lead::Delivered;
use crate::lead::conductor::{Lead, TERMINALS};
use crate::lead::contact::Contact;
use crate::lead::tissue::Tissue;
use crate::muscle::body::{Muscle, MuscleCursor};
use crate::nerve::Volleys;
use crate::nerve::bundle::Nerve;
use crate::random::StableId;
use crate::record::events::{Event, EventLog};
use crate::record::probe::SideView;
use crate::record::recorder::{Recorder, Rows};
use crate::record::{Broken, Digests};
use crate::scenario::Scenario;
use crate::side::{BySide, Side};
use crate::spine::Spine;
use crate::time::{DayClock, SimTime};

/// The schedule in which everything that changes a model runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, ScheduleLabel)]
pub struct SimTick;

/// The rooms in the order in which a pulse goes through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, SystemSet)]
pub enum SimSystems {
    /// Commands of the window's first instant; [`apply_commands`].
    Command,
    /// Generator and leads; [`crate::device::plugin`].
    Stimulate,
    /// Nerves; [`crate::nerve::plugin`].
    Recruit,
    /// Motor units; [`crate::muscle::plugin`].
    Contract,
    /// Samples within the window; [`crate::record::plugin`].
    Observe,
    /// Slow states, at midnight; [`crate::adaptation::plugin`] and [`crate::lead::plugin`].
    Adapt,
    /// Samples at the end of the window, invariants and digest; [`crate::record::plugin`].
    Record,
}

/// The stretch of simulated time that the tick is about: from `from` up to, and without, `to`.
#[derive(Clone, Copy, Debug, Resource)]
pub struct Window {
    /// Its beginning.
    pub from: SimTime,
    /// Its end.
    pub to: SimTime,
    /// The clock of the scenario.
    pub clock: DayClock,
    /// The end of the scenario.
    pub end: SimTime,
    /// Whether the state has changed since the last whole second: then the next one is to be seen.
    changed: bool,
}

impl Window {
    /// The window before the first: nothing happens in it, and what is to be seen at the very start is seen.
    fn empty(clock: DayClock, end: SimTime) -> Self {
        Self { from: SimTime::ZERO, to: SimTime::ZERO, clock, end, changed: false }
    }

    /// Whether the state is to be checked and its digest taken: at whole seconds and at the very end.
    pub fn ends_to_be_seen(&self) -> bool {
        self.to.is_multiple_of(SimTime::SECOND) || self.to == self.end
    }
}

/// The entities of one side of a patient.
#[derive(Clone, Copy, Debug)]
pub struct SideEntities {
    /// The lead.
    pub lead: Entity,
    /// Its rings and the case.
    pub contacts: [Entity; TERMINALS],
    /// The nerve near it.
    pub nerve: Entity,
    /// The motor units of that nerve.
    pub pool: Entity,
    /// The muscle that they make up.
    pub multifidus: Entity,
}

/// The entities of one patient.
#[derive(Clone, Debug)]
pub struct PatientEntities {
    /// The patient, whom all the others belong to, with the spine.
    pub patient: Entity,
    /// The name that ids are made of.
    pub name: String,
    /// The generator.
    pub generator: Entity,
    /// Both sides.
    pub sides: BySide<SideEntities>,
}

/// Every patient of the world, in the order of their names: the order of all loops, so that nothing depends on how the
/// ECS stores its entities.
#[derive(Clone, Debug, Default, Resource)]
pub struct Roster(Vec<PatientEntities>);

impl Roster {
    /// The patients.
    pub fn patients(&self) -> &[PatientEntities] {
        &self.0
    }
}

/// The tick: the longest window, where one was asked for.
#[derive(Clone, Copy, Debug, Default, Resource)]
struct Tick(Option<SimTime>);

/// A broken invariant: which component, when, and its values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("internal fault at {at} in {component}: {message}")]
pub struct Fault {
    /// When it was found.
    pub at: SimTime,
    /// Which component.
    pub component: String,
    /// Its values.
    pub message: String,
}

/// A scenario that runs.
pub struct Simulation {
    app: App,
}

impl Simulation {
    /// The world of a scenario, at its first instant. Without a tick, windows are as long as nothing is to be seen.
    pub fn new(scenario: &Scenario, tick: Option<SimTime>) -> Self {
        assert!(tick.is_none_or(|tick| tick > SimTime::ZERO));
        let mut app = App::new();
        app.insert_resource(Window::empty(scenario.clock, scenario.duration))
            .insert_resource(Tick(tick))
            .insert_resource(CommandQueue::new(scenario.timeline.iter().cloned()))
            .insert_resource(Recorder::new(&scenario.recordings))
            .init_resource::<Roster>()
            .init_resource::<EventLog>();
        add_schedule(&mut app);
        spawn_patient(app.world_mut(), scenario, "patient");
        // What is to be seen at the very start is seen in an empty window.
        app.world_mut().run_schedule(SimTick);
        Self { app }
    }

    /// The world, to look at.
    pub fn world(&self) -> &World {
        self.app.world()
    }

    /// The world, for tests that break it.
    #[doc(hidden)]
    pub fn world_mut(&mut self) -> &mut World {
        self.app.world_mut()
    }

    /// Adds systems to the tick, for tests that break it.
    #[doc(hidden)]
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// The instant up to which everything has happened.
    pub fn now(&self) -> SimTime {
        self.world().resource::<Window>().to
    }

    /// The end of the scenario.
    pub fn end(&self) -> SimTime {
        self.world().resource::<Window>().end
    }

    /// Goes on to an instant, or to the end of the scenario if that comes first.
    ///
    /// # Errors
    /// An invariant broke; the world stays as it was found.
    pub fn advance_to(&mut self, until: SimTime) -> Result<(), Fault> {
        self.advance_watched(until, |_| {})
    }

    /// As [`Simulation::advance_to`], and shows the world to somebody after each window: what was delivered and who
    /// fired in it lies in [`Delivered`] and [`Volleys`] until the next.
    ///
    /// # Errors
    /// As for [`Simulation::advance_to`].
    pub fn advance_watched(&mut self, until: SimTime, mut watch: impl FnMut(&World)) -> Result<(), Fault> {
        let until = until.min(self.end());
        self.app.world_mut().schedule_scope(SimTick, |world, schedule| advance(world, schedule, until, &mut watch))
    }

    /// Makes this what is still to come of the timeline, and the scenario end then; what has happened stays, and
    /// messages that are on their way arrive. A scenario that has ended cannot be made longer: its last state is in
    /// the digest.
    pub fn set_future(&mut self, timeline: &[TimedCommand], end: SimTime) {
        let now = self.now();
        assert!(now < self.end() && now <= end, "at {now}, with an end at {} to move to {end}", self.end());
        let to_come = timeline.iter().filter(|timed| timed.at >= now).cloned();
        self.app.world_mut().resource_mut::<CommandQueue>().replace(to_come);
        self.app.world_mut().resource_mut::<Window>().end = end;
    }

    /// Sends a command, to be applied at an instant that is not over yet.
    pub fn send(&mut self, timed: TimedCommand) {
        assert!(timed.at >= self.now(), "a command for {} at {}", timed.at, self.now());
        self.app.world_mut().resource_mut::<CommandQueue>().insert(timed);
    }

    /// The digest so far.
    pub fn digest(&self) -> crate::record::digest::RunDigest {
        self.world().resource::<Digests>().run
    }

    /// Takes the events since the last time.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.app.world_mut().resource_mut::<EventLog>().drain().collect()
    }

    /// Takes the samples since the last time, for each recording of the scenario.
    pub fn take_rows(&mut self) -> &mut [Rows] {
        self.app.world_mut().resource_mut::<Recorder>().into_inner().rows_mut()
    }

    /// The generator of the first patient.
    pub fn generator(&self) -> &PulseGenerator {
        let patient = &self.roster().patients()[0];
        self.world().get::<PulseGenerator>(patient.generator).expect("the roster's entities live")
    }

    /// A side of the first patient.
    pub fn side(&self, side: Side) -> SideView<'_> {
        SideView::of(self.world(), &self.roster().patients()[0], side)
    }

    /// The patients.
    pub fn roster(&self) -> &Roster {
        self.world().resource::<Roster>()
    }
}

/// The one loop: windows, one after the other, up to `until`.
fn advance(
    world: &mut World,
    schedule: &mut Schedule,
    until: SimTime,
    watch: &mut impl FnMut(&World),
) -> Result<(), Fault> {
    loop {
        if let Some(fault) = &world.resource::<Broken>().0 {
            return Err(fault.clone());
        }
        let from = world.resource::<Window>().to;
        if from >= until {
            return Ok(());
        }
        let (to, changed) = next_stop(world, from, until);
        assert!(to > from, "time stands still at {from}");
        let mut window = world.resource_mut::<Window>();
        (window.from, window.to, window.changed) = (from, to, changed);
        schedule.run(world);
        watch(world);
    }
}

/// The end of the window that begins at `from`, and whether the state will have changed since a whole second by then.
fn next_stop(world: &World, from: SimTime, until: SimTime) -> (SimTime, bool) {
    let window = world.resource::<Window>();
    let mut stop = until.min(window.clock.next_midnight(from));
    if let Some(tick) = world.resource::<Tick>().0 {
        stop = stop.min(from.next_multiple(tick));
    }
    // Commands of this very instant are applied as the window begins; it ends at the next ones. A message may put off
    // itself, nobody knows until when: it has a window to itself.
    let queue = world.resource::<CommandQueue>();
    let command = queue.next();
    if queue.has_message_at(from) {
        stop = stop.min(from + SimTime::from_nanos(1));
    }
    if let Some(later) = queue.next_after(from) {
        stop = stop.min(later);
    }
    // The state changes with a command and with the next event of a generator.
    let event = |patient: &PatientEntities| {
        world.get::<PulseGenerator>(patient.generator).expect("the roster's entities live").next_event()
    };
    let changes = world.resource::<Roster>().patients().iter().filter_map(event).chain(command).min();
    // Samples before the next change all see the same state, and are taken together; one after it ends the window.
    if let (Some(sample), Some(changes)) = (world.resource::<Recorder>().next_sample(), changes) {
        stop = stop.min(if sample <= changes { changes.max(sample) } else { sample });
    }
    let changed_before = window.changed && !from.is_multiple_of(SimTime::SECOND);
    let changes = if changed_before { Some(from) } else { changes };
    if let Some(changes) = changes {
        stop = stop.min(changes.max(from).next_multiple(SimTime::SECOND));
    }
    (stop, changes.is_some_and(|changes| changes < stop))
}

/// The schedule with its rooms.
fn add_schedule(app: &mut App) {
    let mut schedule = Schedule::new(SimTick);
    schedule
        .set_executor(SingleThreadedExecutor::new())
        .set_build_settings(ScheduleBuildSettings { ambiguity_detection: LogLevel::Error, ..Default::default() });
    schedule.configure_sets(
        (
            SimSystems::Command,
            SimSystems::Stimulate,
            SimSystems::Recruit,
            SimSystems::Contract,
            SimSystems::Observe,
            SimSystems::Adapt,
            SimSystems::Record,
        )
            .chain(),
    );
    app.add_schedule(schedule);
    app.add_systems(SimTick, apply_commands.in_set(SimSystems::Command));
    app.add_plugins((
        crate::device::plugin,
        crate::lead::plugin,
        crate::nerve::plugin,
        crate::muscle::plugin,
        crate::adaptation::plugin,
        crate::record::plugin,
    ));
}

/// Makes a patient with generator, leads, nerves and muscles.
fn spawn_patient(world: &mut World, scenario: &Scenario, name: &str) {
    let id = |part: &str| StableId::new(format!("{name}/{part}"));
    let activator = Activator {
        seed: scenario.seed,
        id: id("activator"),
        adherence: scenario.adherence,
        away_until: SimTime::ZERO,
    };
    let mut log = std::mem::take(&mut *world.resource_mut::<EventLog>());
    let (device, program) = (scenario.device.clone(), scenario.program.clone());
    let generator = PulseGenerator::new(device, program, activator, scenario.clock, &mut log);
    world.insert_resource(log);
    let patient = world.spawn((StableId::new(name), Spine::new(scenario.spine.clone()))).id();
    let generator = world.spawn((id("generator"), generator, ChildOf(patient))).id();
    let sides =
        BySide::new(|side| spawn_side(world, scenario, &format!("{name}/{}", side.name()), side, patient, generator));
    let mut roster = world.resource_mut::<Roster>();
    roster.0.push(PatientEntities { patient, name: name.to_string(), generator, sides });
    roster.0.sort_by(|a, b| a.name.cmp(&b.name));
}

fn spawn_side(
    world: &mut World,
    scenario: &Scenario,
    name: &str,
    side: Side,
    patient: Entity,
    generator: Entity,
) -> SideEntities {
    let id = |part: &str| StableId::new(format!("{name}/{part}"));
    let implant = &scenario.implant;
    let tissue = Tissue::new(implant.clone(), scenario.implanted_before);
    let (added_ohm, factor) = (tissue.added_ohm(SimTime::ZERO), tissue.threshold_factor(SimTime::ZERO));
    let lead = world.spawn((id("lead"), Lead::new(side), tissue, Delivered::default(), ChildOf(generator))).id();
    let contacts = std::array::from_fn(|index| {
        let encapsulation_ohm = if index == CASE { 0.0 } else { added_ohm };
        let contact = Contact { encapsulation_ohm, ..implant.contact(index) };
        let part = format!("contact/{}", CONTACT_NAMES[index]);
        world.spawn((id(&part), contact, ChildOf(lead))).id()
    });
    let nerve_id = id("nerve");
    let (profile, units, seed) = (&scenario.nerve, scenario.muscle.units, scenario.seed);
    let mut nerve = Nerve::new(profile, units, &nerve_id, seed, side, implant, scenario.thresholds);
    nerve.set_encapsulation(factor);
    let nerve = world.spawn((nerve_id, nerve, Volleys::default(), ChildOf(patient))).id();
    let start = &scenario.patient.sides[side];
    let multifidus = Multifidus::new(side, start, scenario.patient.activity.value, scenario.rates.clone());
    let pool = Muscle::new(&scenario.muscle, &scenario.models[side], multifidus.condition());
    let cursor = MuscleCursor::new(&pool);
    let multifidus = world.spawn((id("multifidus"), multifidus, ChildOf(patient))).id();
    let pool = world.spawn((id("pool"), pool, cursor, ChildOf(multifidus))).id();
    SideEntities { lead, contacts, nerve, pool, multifidus }
}
