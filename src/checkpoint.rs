//! Checkpoints: all state of a simulation at an instant, to go back to.
//!
//! What happens after going back is what happened before, to the bit: a checkpoint holds every component and every
//! resource that the tick reads.

use bevy::ecs::component::{Component, Mutable};
use bevy::ecs::entity::Entity;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::World;

use crate::adaptation::multifidus::Multifidus;
use crate::command::CommandQueue;
use crate::device::generator::PulseGenerator;
use crate::lead::Delivered;
use crate::lead::conductor::Lead;
use crate::lead::contact::Contact;
use crate::lead::tissue::Tissue;
use crate::muscle::body::{Muscle, MuscleCursor};
use crate::nerve::Volleys;
use crate::nerve::bundle::Nerve;
use crate::record::events::EventLog;
use crate::record::recorder::Recorder;
use crate::record::{Broken, Digests};
use crate::side::Side;
use crate::sim::{PatientEntities, Roster, Simulation, Window};
use crate::time::SimTime;

/// One component of one entity, or one resource, that can be put back.
trait Kept: Send + Sync {
    fn put_back(&self, world: &mut World);
}

/// A component with its entity.
struct KeptComponent<C>(Entity, C);

impl<C: Component<Mutability = Mutable> + Clone> Kept for KeptComponent<C> {
    fn put_back(&self, world: &mut World) {
        *world.get_mut::<C>(self.0).expect("the roster's entities live") = self.1.clone();
    }
}

/// A resource.
struct KeptResource<R>(R);

impl<R: Resource<Mutability = Mutable> + Clone> Kept for KeptResource<R> {
    fn put_back(&self, world: &mut World) {
        *world.resource_mut::<R>() = self.0.clone();
    }
}

/// All state of a simulation at an instant.
pub struct Checkpoint {
    at: SimTime,
    kept: Vec<Box<dyn Kept>>,
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checkpoint({}, {} parts)", self.at, self.kept.len())
    }
}

impl Checkpoint {
    /// The state of a simulation now.
    pub fn of(simulation: &Simulation) -> Self {
        let world = simulation.world();
        let mut keeper = Keeper { world, kept: Vec::new() };
        keeper.resource::<Window>();
        keeper.resource::<CommandQueue>();
        keeper.resource::<Recorder>();
        keeper.resource::<EventLog>();
        keeper.resource::<Broken>();
        keeper.resource::<Digests>();
        world.resource::<Roster>().patients().iter().for_each(|patient| keeper.patient(patient));
        Self { at: simulation.now(), kept: keeper.kept }
    }

    /// The instant of that state.
    pub fn at(&self) -> SimTime {
        self.at
    }

    /// Puts the state back into the simulation that it was taken of.
    pub fn restore(&self, simulation: &mut Simulation) {
        let world = simulation.world_mut();
        self.kept.iter().for_each(|kept| kept.put_back(world));
    }
}

/// Collects what is to be kept.
struct Keeper<'w> {
    world: &'w World,
    kept: Vec<Box<dyn Kept>>,
}

impl Keeper<'_> {
    fn resource<R: Resource<Mutability = Mutable> + Clone>(&mut self) {
        self.kept.push(Box::new(KeptResource(self.world.resource::<R>().clone())));
    }

    fn component<C: Component<Mutability = Mutable> + Clone>(&mut self, entity: Entity) {
        let component = self.world.get::<C>(entity).expect("the roster's entities live");
        self.kept.push(Box::new(KeptComponent(entity, component.clone())));
    }

    fn patient(&mut self, patient: &PatientEntities) {
        self.component::<PulseGenerator>(patient.generator);
        for side in Side::BOTH {
            let entities = &patient.sides[side];
            self.component::<Lead>(entities.lead);
            self.component::<Tissue>(entities.lead);
            self.component::<Delivered>(entities.lead);
            entities.contacts.iter().for_each(|&contact| self.component::<Contact>(contact));
            self.component::<Nerve>(entities.nerve);
            self.component::<Volleys>(entities.nerve);
            self.component::<Muscle>(entities.pool);
            self.component::<MuscleCursor>(entities.pool);
            self.component::<Multifidus>(entities.multifidus);
        }
    }
}
