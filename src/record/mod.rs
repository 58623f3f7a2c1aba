//! What a run leaves behind: samples, events, ledger, digest; and the invariants that stop it.

pub mod digest;
pub mod events;
pub mod probe;
pub mod recorder;
pub mod state;
pub mod tape;
pub mod trace;
pub mod trains;

use bevy::app::App;
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Query, Res, ResMut};
use bevy::ecs::world::World;

use crate::adaptation::multifidus::Multifidus;
use crate::device::generator::PulseGenerator;
use crate::device::pulse::CONTACT_NAMES;
use crate::lead::conductor::Lead;
use crate::lead::contact::Contact;
use crate::muscle::body::{Muscle, MuscleCursor};
use crate::nerve::bundle::Nerve;
use crate::record::digest::{RunDigest, StateWriter};
use crate::record::probe::SideView;
use crate::record::recorder::Recorder;
use crate::side::{BySide, Side};
use crate::sim::{Fault, PatientEntities, Roster, SimSystems, SimTick, Window};
use crate::spine::Spine;

/// The first invariant that broke, if one did.
#[derive(Clone, Debug, Default, Resource)]
pub struct Broken(pub Option<Fault>);

/// The digest of the run, and the buffer that states are written into.
#[derive(Clone, Debug, Default, Resource)]
pub struct Digests {
    /// The digest so far.
    pub run: RunDigest,
    writer: StateWriter,
}

/// Adds samples, invariants and the digest to the tick.
pub fn plugin(app: &mut App) {
    app.init_resource::<Broken>().init_resource::<Digests>();
    app.add_systems(SimTick, sample::<false>.in_set(SimSystems::Observe));
    app.add_systems(SimTick, (sample::<true>, check, take_digest).chain().in_set(SimSystems::Record));
}

/// Samples what is due: before midnight's adaptation at instants within the window, in which then nothing has happened,
/// and after it at the window's end.
fn sample<const AT_END: bool>(
    window: Res<Window>,
    roster: Res<Roster>,
    mut recorder: ResMut<Recorder>,
    states: States,
    mut cursors: Query<&mut MuscleCursor>,
) {
    let due = |recorder: &Recorder| {
        recorder.next_sample().filter(|&at| if AT_END { at == window.to } else { at < window.to })
    };
    if due(&recorder).is_none() {
        return;
    }
    let Some(patient) = roster.patients().first() else { return };
    let views = Side::BOTH.map(|side| view(patient, side, &states));
    let pools = Side::BOTH.map(|side| patient.sides[side].pool);
    let mut cursors = cursors.get_many_mut(pools).expect("the roster's entities live");
    while let Some(at) = due(&recorder) {
        let glances = views.each_ref().map(|view| view.at(at));
        recorder.sample(at, |probe| {
            let side = probe.side as usize;
            glances[side].read(probe.quantity, &mut cursors[side])
        });
    }
}

/// What the state is made of, in the world's queries.
type States<'w, 's> = (
    Query<'w, 's, &'static PulseGenerator>,
    Query<'w, 's, &'static Lead>,
    Query<'w, 's, &'static Contact>,
    Query<'w, 's, &'static Nerve>,
    Query<'w, 's, &'static Muscle>,
    Query<'w, 's, &'static Multifidus>,
    Query<'w, 's, &'static Spine>,
);

/// A side of a patient, out of the world's queries.
fn view<'a>(patient: &PatientEntities, side: Side, states: &'a States) -> SideView<'a> {
    let (generators, leads, contacts, nerves, pools, multifidi, spines) = states;
    let entities = &patient.sides[side];
    let muscle = |side: Side| {
        let entities = &patient.sides[side];
        Some((pools.get(entities.pool).ok()?, multifidi.get(entities.multifidus).ok()?))
    };
    let view = || {
        Some(SideView {
            generator: generators.get(patient.generator).ok()?,
            lead: leads.get(entities.lead).ok()?,
            contacts: contacts.get_many(entities.contacts).ok()?,
            nerve: nerves.get(entities.nerve).ok()?,
            pool: pools.get(entities.pool).ok()?,
            multifidus: multifidi.get(entities.multifidus).ok()?,
            spine: spines.get(patient.patient).ok()?,
            muscles: BySide { left: muscle(Side::Left)?, right: muscle(Side::Right)? },
        })
    };
    view().expect("the roster's entities live")
}

/// Checks every component at each whole second and at the end.
fn check(window: Res<Window>, roster: Res<Roster>, mut broken: ResMut<Broken>, states: States) {
    let at = window.to;
    if !window.ends_to_be_seen() || broken.0.is_some() {
        return;
    }
    for patient in roster.patients() {
        if let Err((component, message)) = check_patient(patient, &states) {
            broken.0 = Some(Fault { at, component, message });
            return;
        }
    }
}

fn check_patient(patient: &PatientEntities, states: &States) -> Result<(), (String, String)> {
    let (generators, leads, contacts, nerves, pools, multifidi, _) = states;
    let generator = generators.get(patient.generator).expect("the roster's entities live");
    generator.battery.check().map_err(|message| (format!("{}/generator", patient.name), message))?;
    for side in Side::BOTH {
        let entities = &patient.sides[side];
        let named = |part: &str| format!("{}/{}/{part}", patient.name, side.name());
        let nerve = nerves.get(entities.nerve).expect("the roster's entities live");
        nerve.check().map_err(|message| (named("nerve"), message))?;
        let pool = pools.get(entities.pool).expect("the roster's entities live");
        pool.check().map_err(|message| (named(pool.part()), message))?;
        let multifidus = multifidi.get(entities.multifidus).expect("the roster's entities live");
        multifidus.check().map_err(|message| (named("multifidus"), message))?;
        let lead = leads.get(entities.lead).expect("the roster's entities live");
        let contacts = contacts.get_many(entities.contacts).expect("the roster's entities live");
        lead.check(&generator.profile, &contacts).map_err(|message| (named("lead"), message))?;
    }
    Ok(())
}

/// Takes the digest of all state at each whole second and at the end.
fn take_digest(window: Res<Window>, roster: Res<Roster>, mut digests: ResMut<Digests>, states: States) {
    if !window.ends_to_be_seen() {
        return;
    }
    let Digests { run, writer } = &mut *digests;
    writer.clear();
    for patient in roster.patients() {
        write_patient(&patient.name, Side::BOTH.map(|side| view(patient, side, &states)), writer);
    }
    run.fold(window.to.whole_second(), writer.digest());
}

/// Writes the state of every component of a world, patient by patient, in the order of a pulse's way: what the digest
/// is taken of.
pub fn write_state(world: &World, w: &mut StateWriter) {
    for patient in world.resource::<Roster>().patients() {
        write_patient(&patient.name, Side::BOTH.map(|side| SideView::of(world, patient, side)), w);
    }
}

fn write_patient(name: &str, views: [SideView<'_>; 2], w: &mut StateWriter) {
    w.component(name, "generator");
    views[0].generator.write_state(w);
    for (side, view) in Side::BOTH.into_iter().zip(views) {
        w.component(side.name(), "lead");
        view.lead.write_state(w);
        for contact in view.contacts {
            w.component(side.name(), CONTACT_NAMES[contact.index]);
            contact.write_state(w);
        }
        w.component(side.name(), "nerve");
        view.nerve.write_state(w);
        w.component(side.name(), view.pool.part());
        view.pool.write_state(w);
        w.component(side.name(), "multifidus");
        view.multifidus.write_state(w);
    }
}
