//! The back, in 3D: what the simulation says of the implant, the nerve and the muscle, drawn where it lies.
//!
//! The scene knows no window and no panel. It reads [`BackState`], which the shell takes from the simulation once a
//! frame, and [`SceneControl`], which the panel over it fills; and it answers with a [`SceneReport`]: where things are
//! on the screen, and what the pointer is over. It never touches the simulation.
//!
//! The camera is orthographic, so that lengths can be compared, and looks from +z onto the back: the patient's right is
//! on the right. Bones are melted from simple shapes around the points of a published model; see `bone` and
//! `assets/anatomy_points.csv`.

pub mod anatomy;
pub mod bone;
pub mod camera;
pub mod field;
pub mod implant;
pub mod link;
pub mod look;
pub mod pick;
pub mod stage;
pub mod state;
pub mod still;
pub mod surface;
pub mod tissue;

use bevy::app::{App, PostUpdate, Startup, Update};
use bevy::asset::Assets;
use bevy::camera::visibility::Visibility;
use bevy::camera::{Camera, CameraUpdateSystems, ClearColorConfig, Projection, RenderTarget};
use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::entity::Entity;
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::schedule::common_conditions::resource_exists;
use bevy::ecs::system::{Commands, Query, Res, ResMut};
use bevy::image::Image;
use bevy::math::{Mat3, Quat, Rect, Vec2, Vec3};
use bevy::mesh::Mesh;
use bevy::transform::TransformSystems;
use bevy::transform::components::Transform;
use bevy_panorbit_camera::{PanOrbitCamera, PanOrbitCameraPlugin};
use egui::Color32;

use crate::device::pulse::CONTACTS_PER_LEAD;
use crate::device::therapy::State;
use crate::sandbox::scene::anatomy::on;
use crate::sandbox::scene::camera::Sight;
use crate::sandbox::scene::field::{Plane, Sources, picture};
use crate::sandbox::scene::implant::{THICKER, lead_course};
use crate::sandbox::scene::link::{Flesh, Label, SceneControl, SceneReport, Thing};
use crate::sandbox::scene::look::{Look, mix};
use crate::sandbox::scene::pick::pick;
use crate::sandbox::scene::stage::{Maker, SideStage, Stage};
use crate::sandbox::scene::state::{BackState, Role};
use crate::sandbox::scene::surface::Surface;
use crate::sandbox::scene::tissue::{Tissue, TissuePlugin};
use crate::side::Side;

/// Whereto the scene is drawn and when among the cameras of that target; the window unless said otherwise, first.
#[derive(Clone, Debug, Default, Resource)]
pub struct SceneTarget {
    /// A window or an image.
    pub target: RenderTarget,
    /// Cameras of higher order draw over it.
    pub order: isize,
}

/// Adds the view of the back.
pub fn plugin(app: &mut App) {
    app.add_plugins((PanOrbitCameraPlugin, TissuePlugin))
        .init_resource::<SceneTarget>()
        .init_resource::<SceneControl>()
        .init_resource::<SceneReport>()
        .add_systems(Startup, raise)
        .add_systems(Update, steer)
        .add_systems(
            Update,
            (dress_body, dress_implant, dress_muscle, place_rings, cut_slices)
                .chain()
                .after(steer)
                .run_if(resource_exists::<BackState>),
        )
        .add_systems(PostUpdate, (turn_halos, report).after(TransformSystems::Propagate).after(CameraUpdateSystems));
}

/// Makes everything.
fn raise(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<Tissue>>,
    mut images: ResMut<Assets<Image>>,
    target: Res<SceneTarget>,
    control: Res<SceneControl>,
) {
    let (meshes, materials, images) = (&mut *meshes, &mut *materials, &mut *images);
    let maker = Maker { commands: &mut commands, meshes, materials, images };
    let stage = maker.stage(target.target.clone(), target.order, &control.theme);
    commands.insert_resource(stage);
}

/// Does with the camera what the panel asks.
fn steer(stage: Res<Stage>, mut control: ResMut<SceneControl>, mut cameras: Query<(&mut Camera, &mut PanOrbitCamera)>) {
    let Ok((mut camera, mut orbit)) = cameras.get_mut(stage.camera) else { return };
    // How large the target is, is known from the second frame on.
    let target = camera.physical_target_size();
    let viewport = control.viewport.zip(target).and_then(|(rect, target)| camera::viewport(rect, target));
    let is_active = viewport.is_some();
    if camera.is_active != is_active {
        camera.is_active = is_active;
    }
    let rect = |viewport: &bevy::camera::Viewport| (viewport.physical_position, viewport.physical_size);
    if is_active && viewport.as_ref().map(rect) != camera.viewport.as_ref().map(rect) {
        camera.viewport = viewport;
    }
    let backdrop = look::colour(control.theme.back.backdrop);
    if !matches!(camera.clear_color, ClearColorConfig::Custom(now) if now == backdrop) {
        camera.clear_color = ClearColorConfig::Custom(backdrop);
    }
    if orbit.enabled != control.takes_input {
        orbit.enabled = control.takes_input;
    }
    if let Some(view) = control.bypass_change_detection().go_to.take() {
        camera::go_to(&mut orbit, view, control.at_once);
    }
}

/// Colours bones, discs, tendons, nerves.
fn dress_body(
    stage: Res<Stage>,
    state: Res<BackState>,
    control: Res<SceneControl>,
    report: Res<SceneReport>,
    mut materials: ResMut<Assets<Tissue>>,
    mut visibilities: Query<&mut Visibility>,
) {
    let noticed = |thing: &Thing| notice(thing, &control, &report);
    let back = &control.theme.back;
    for (thing, paint) in &stage.bones {
        let (picked, hovered) = noticed(thing);
        Look::solid(back.bone).noticed(picked, hovered).wear(&mut materials, paint, back.backdrop);
    }
    Look::solid(back.disc).wear(&mut materials, &stage.discs, back.backdrop);
    Look::solid(back.tendon).wear(&mut materials, &stage.tendons, back.backdrop);
    Look::solid(mix(back.bone, back.backdrop, 0.35)).wear(&mut materials, &stage.hips, back.backdrop);
    for side in Side::BOTH {
        let (picked, hovered) = noticed(&Thing::Nerve(side));
        let look = look::nerve(&control.theme, &state.sides[side]).noticed(picked, hovered);
        wear_twice(look, &stage.sides[side].nerve_paints, 0.30, &mut materials, back.backdrop);
    }
    let shown = if control.flesh == Flesh::Solid { Visibility::Inherited } else { Visibility::Hidden };
    show(&mut visibilities, stage.tendon_entity, shown);
}

/// Colours generator, leads and contacts.
fn dress_implant(
    stage: Res<Stage>,
    state: Res<BackState>,
    control: Res<SceneControl>,
    report: Res<SceneReport>,
    mut materials: ResMut<Assets<Tissue>>,
) {
    let noticed = |thing: &Thing| notice(thing, &control, &report);
    let (theme, back) = (&control.theme, &control.theme.back);
    let (picked, hovered) = noticed(&Thing::Generator);
    let [can, header, pocket, lamp] = &stage.case;
    Look::solid(back.can).noticed(picked, hovered).wear(&mut materials, can, back.backdrop);
    Look { alpha: 0.55, ..Look::solid(back.header) }.wear(&mut materials, header, back.backdrop);
    Look { alpha: 0.13, ..Look::solid(back.pocket) }.wear(&mut materials, pocket, back.backdrop);
    let (colour, glow) = match state.device {
        State::Ramping | State::On => (theme.good, 0.9),
        State::Resting | State::Testing | State::Paused => (theme.good, 0.25),
        State::Fault => (theme.alarm, 0.8),
        State::LowBattery | State::EndOfService => (theme.caution, 0.6),
        State::Off | State::Booting | State::Idle | State::SessionOver => (theme.off, 0.0),
    };
    Look { glow, ..Look::solid(colour) }.wear(&mut materials, lamp, back.backdrop);
    for side in Side::BOTH {
        let (now, parts) = (&state.sides[side], &stage.sides[side]);
        let (picked, hovered) = noticed(&Thing::Lead(side));
        wear_twice(
            Look::solid(back.lead).noticed(picked, hovered),
            &parts.lead_paints,
            0.22,
            &mut materials,
            back.backdrop,
        );
        for (index, ring) in parts.rings.iter().enumerate() {
            let (picked, hovered) = noticed(&Thing::Contact(side, index));
            let [own, ghost, halo] = &ring.paints;
            let look = look::contact(theme, now.roles[index], now.flash);
            wear_twice(
                look.noticed(picked, hovered),
                &[own.clone(), ghost.clone()],
                0.75,
                &mut materials,
                back.backdrop,
            );
            let shines = now.roles[index] != Role::Off;
            Look { glow: 0.0, alpha: if shines { 0.9 * now.flash } else { 0.0 }, ..look }.wear(
                &mut materials,
                halo,
                back.backdrop,
            );
        }
    }
}

/// Shortens, thickens and colours the fascicles.
fn dress_muscle(
    stage: Res<Stage>,
    state: Res<BackState>,
    control: Res<SceneControl>,
    report: Res<SceneReport>,
    mut materials: ResMut<Assets<Tissue>>,
    mut placed: Query<(&mut Transform, &mut Visibility)>,
) {
    for side in Side::BOTH {
        let now = &state.sides[side];
        for (index, belly) in stage.sides[side].bellies.iter().enumerate() {
            let Ok((mut transform, mut visibility)) = placed.get_mut(belly.entity) else { continue };
            let hidden = control.flesh == Flesh::Hidden;
            let shown = if hidden { Visibility::Hidden } else { Visibility::Inherited };
            visibility.set_if_neq(shown);
            if hidden {
                continue;
            }
            let pull = now.pull[index];
            let place = look::belly(&belly.fascicle, belly.ends, pull, now.size);
            if *transform != place {
                *transform = place;
            }
            let (picked, hovered) = notice(&Thing::Fascicle(side, index), &control, &report);
            let stimulated = belly.fascicle.is_stimulated();
            let look = look::muscle(&control.theme, now, pull, stimulated, control.flesh);
            look.noticed(picked, hovered).wear(&mut materials, &belly.paint, control.theme.back.backdrop);
        }
    }
}

/// Puts rings and leads where they are; a lead is made anew when it has moved.
fn place_rings(
    mut stage: ResMut<Stage>,
    state: Res<BackState>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut placed: Query<&mut Transform>,
) {
    let stage = stage.bypass_change_detection();
    for side in Side::BOTH {
        let contacts = state.sides[side].contacts_mm.map(Vec3::from_array);
        if stage.sides[side].lead_at == Some(contacts) {
            continue;
        }
        let along = (contacts[0] - contacts[CONTACTS_PER_LEAD - 1]).normalize_or(Vec3::Y);
        let own = Transform {
            translation: Vec3::ZERO,
            rotation: Quat::from_rotation_arc(Vec3::Y, along),
            scale: stage::ring_scale(state.ring_mm),
        };
        for (ring, at) in stage.sides[side].rings.iter().zip(contacts) {
            for entity in &ring.entities[..2] {
                if let Ok(mut transform) = placed.get_mut(*entity) {
                    *transform = Transform { translation: at, ..own };
                }
            }
            if let Ok(mut halo) = placed.get_mut(ring.entities[2]) {
                *halo = Transform::from_translation(at).with_scale(Vec3::splat(15.0));
            }
        }
        let course = lead_course(&stage.anatomy, &stage.generator, side, &contacts);
        let tube = Surface::tube(&course, state.ring_mm.1 / 2.0 * THICKER * 0.82, 8);
        let parts = &mut stage.sides[side];
        if let Some(mut mesh) = meshes.get_mut(&parts.lead) {
            *mesh = tube.mesh();
        }
        parts.lead_at = Some(contacts);
        let lead = pick::Target { thing: Thing::Lead(side), shape: pick::Shape::Rod(course, 1.0) };
        let rings = contacts.iter().enumerate().map(|(index, &at)| {
            let half = along * (state.ring_mm.0 / 2.0);
            let shape = pick::Shape::Rod(vec![at - half, at + half], state.ring_mm.1 / 2.0 * THICKER);
            pick::Target { thing: Thing::Contact(side, index), shape }
        });
        let is_own = |thing: &Thing| matches!(thing, Thing::Lead(other) | Thing::Contact(other, _) if *other == side);
        stage.targets.retain(|target| !is_own(&target.thing));
        stage.targets.extend(rings.chain([lead]));
    }
}

/// Works slices out where their sources have changed, and shows them or not.
fn cut_slices(
    mut stage: ResMut<Stage>,
    state: Res<BackState>,
    control: Res<SceneControl>,
    mut images: ResMut<Assets<Image>>,
    mut materials: ResMut<Assets<Tissue>>,
    mut placed: Query<(&mut Transform, &mut Visibility)>,
) {
    let nerve = stage.anatomy.nerve();
    for side in Side::BOTH {
        let parts: &mut SideStage = &mut stage.bypass_change_detection().sides[side];
        let sources = Sources::of(&state.sides[side], state.ring_mm.1, state.tissue_s_per_m);
        let Ok((mut transform, mut visibility)) = placed.get_mut(parts.slice.0) else { continue };
        let shown = control.slice && sources.any();
        visibility.set_if_neq(if shown { Visibility::Inherited } else { Visibility::Hidden });
        let wanted = (sources, control.theme.clone());
        if !shown || parts.sliced.as_ref() == Some(&wanted) {
            continue;
        }
        // The way of the nerve past the contacts: from the process to the ligament.
        let plane = Plane::of(&sources.at_mm, on(side, nerve[2] - nerve[3]));
        let axes = Mat3::from_cols(plane.across, plane.along, plane.across.cross(plane.along));
        *transform = Transform::from_translation(plane.centre).with_rotation(Quat::from_mat3(&axes));
        if let Some(mut image) = images.get_mut(&parts.slice.1) {
            image.data = Some(picture(&sources, &plane, &control.theme));
        }
        // A material holds on to the picture that it was given: touched, it takes the new one.
        if let Some(mut material) = materials.get_mut(&parts.slice.2) {
            material.depth_bias = tissue::SLICE_BIAS;
        }
        parts.sliced = Some(wanted);
    }
}

/// Turns the halos towards the camera.
fn turn_halos(stage: Res<Stage>, mut placed: Query<&mut Transform>) {
    let Ok(rotation) = placed.get(stage.camera).map(|camera| camera.rotation) else { return };
    for side in Side::BOTH {
        for ring in &stage.sides[side].rings {
            if let Ok(mut halo) = placed.get_mut(ring.entities[2])
                && halo.rotation != rotation
            {
                halo.rotation = rotation;
            }
        }
    }
}

/// Says where things are on the screen and what the pointer is over.
fn report(
    stage: Res<Stage>,
    control: Res<SceneControl>,
    mut report: ResMut<SceneReport>,
    cameras: Query<(&Camera, &Transform, &Projection)>,
) {
    let answer = cameras.get(stage.camera).ok().and_then(|(camera, transform, projection)| {
        let (viewport, Projection::Orthographic(seen)) = (camera.viewport.as_ref()?, projection) else { return None };
        if !camera.is_active {
            return None;
        }
        let size = viewport.physical_size.as_vec2() / control.pixels_per_point;
        let min = viewport.physical_position.as_vec2() / control.pixels_per_point;
        let sight = Sight { transform: *transform, area: seen.area, points: Rect { min, max: min + size } };
        Some(seen_from(&stage, &control, &sight))
    });
    report.set_if_neq(answer.unwrap_or_default());
}

fn seen_from(stage: &Stage, control: &SceneControl, sight: &Sight) -> SceneReport {
    let labels: Vec<Label> =
        stage.labelled().map(|(thing, at)| Label { thing, at: sight.project(at).to_array() }).collect();
    let takes = |thing: &Thing| control.flesh != Flesh::Hidden || !matches!(thing, Thing::Fascicle(..));
    let mm_per_point = sight.mm_per_point();
    let hovered = control.pointer.and_then(|pointer| {
        let ray = sight.ray(Vec2::from_array(pointer));
        pick(&stage.targets, ray, mm_per_point, takes).cloned()
    });
    let picked_at = control.picked.as_ref().map(|thing| sight.project(stage.middle(thing)).to_array());
    SceneReport {
        labels,
        mm_per_point,
        right_up: [sight.transform.right(), sight.transform.up()].map(|axis| axis.to_array()),
        hovered,
        picked_at,
    }
}

/// Whether a thing is picked, and whether the pointer is over it.
fn notice(thing: &Thing, control: &SceneControl, report: &SceneReport) -> (bool, bool) {
    (control.picked.as_ref() == Some(thing), report.hovered.as_ref() == Some(thing))
}

/// Puts a look onto a material and, so much fainter, onto what of it shows through.
fn wear_twice(
    look: Look,
    [own, ghost]: &[stage::Paint; 2],
    faint: f32,
    materials: &mut Assets<Tissue>,
    backdrop: Color32,
) {
    look.wear(materials, own, backdrop);
    Look { alpha: look.alpha * faint, glow: 0.0, ..look }.wear(materials, ghost, backdrop);
}

fn show(visibilities: &mut Query<&mut Visibility>, entity: Entity, wanted: Visibility) {
    if let Ok(mut visibility) = visibilities.get_mut(entity) {
        visibility.set_if_neq(wanted);
    }
}
