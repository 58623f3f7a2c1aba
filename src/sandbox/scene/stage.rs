//! What stands in the view of the back: made once, and kept by handle.

use bevy::asset::{Assets, Handle, RenderAssetUsages};
use bevy::camera::RenderTarget;
use bevy::camera::visibility::Visibility;
use bevy::ecs::entity::Entity;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::Commands;
use bevy::image::Image;
use bevy::math::Vec3;
use bevy::math::primitives::Rectangle;
use bevy::mesh::{Mesh, Mesh3d};
use bevy::pbr::MeshMaterial3d;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use bevy::transform::components::Transform;

use crate::device::pulse::CONTACTS_PER_LEAD;
use crate::sandbox::scene::anatomy::{Anatomy, Fascicle, LEVELS, on};
use crate::sandbox::scene::bone::{Sacrum, Vertebra, discs, ilium};
use crate::sandbox::scene::camera;
use crate::sandbox::scene::field::{EDGE_MM, PIXELS, Sources};
use crate::sandbox::scene::implant::{Generator, THICKER, nerve_courses};
use crate::sandbox::scene::link::Thing;
use crate::sandbox::scene::pick::{Shape, Target};
use crate::sandbox::scene::surface::Surface;
use crate::sandbox::scene::tissue::Tissue;
use crate::sandbox::theme::Theme;
use crate::side::{BySide, Side};

/// A material by handle.
pub type Paint = Handle<Tissue>;

/// A fascicle on a side.
pub struct Belly {
    /// The fascicle, as on the right.
    pub fascicle: Fascicle,
    /// Its ends on this side: cranial, caudal; mm.
    pub ends: (Vec3, Vec3),
    /// Its entity.
    pub entity: Entity,
    /// Its material.
    pub paint: Paint,
}

/// A ring of a lead.
pub struct Ring {
    /// The ring, what of it shows through, and its halo.
    pub entities: [Entity; 3],
    /// Their materials.
    pub paints: [Paint; 3],
}

/// What lies on one side.
pub struct SideStage {
    /// The fascicles.
    pub bellies: Vec<Belly>,
    /// The rings.
    pub rings: Vec<Ring>,
    /// The lead's mesh, which is made anew when it moves, and its materials: itself, and what shows through.
    pub lead: Handle<Mesh>,
    /// See `lead`.
    pub lead_paints: [Paint; 2],
    /// Where the rings were when the lead was last made.
    pub lead_at: Option<[Vec3; CONTACTS_PER_LEAD]>,
    /// The nerve's materials.
    pub nerve_paints: [Paint; 2],
    /// The slice: its entity and picture, and what it was last worked out from.
    pub slice: (Entity, Handle<Image>, Paint),
    /// See `slice`.
    pub sliced: Option<(Sources, Theme)>,
}

/// Everything that stands in the view.
#[derive(Resource)]
pub struct Stage {
    /// The camera.
    pub camera: Entity,
    /// The points that all of it is built on.
    pub anatomy: Anatomy,
    /// The generator.
    pub generator: Generator,
    /// Bones with their materials.
    pub bones: Vec<(Thing, Paint)>,
    /// Materials of discs, tendons, hip bones.
    pub discs: Paint,
    /// See `discs`.
    pub tendons: Paint,
    /// See `discs`.
    pub hips: Paint,
    /// The tendons' entity.
    pub tendon_entity: Entity,
    /// Materials of can, header, pocket and lamp.
    pub case: [Paint; 4],
    /// Both sides.
    pub sides: BySide<SideStage>,
    /// What can be pointed at.
    pub targets: Vec<Target>,
}

impl Stage {
    /// Things that have a name on the screen, and where they are, mm.
    pub fn labelled(&self) -> impl Iterator<Item = (Thing, Vec3)> + '_ {
        let bones = self.bones.iter().map(|(thing, _)| thing.clone());
        let contacts = Side::BOTH
            .into_iter()
            .flat_map(|side| (0..CONTACTS_PER_LEAD).map(move |index| Thing::Contact(side, index)));
        bones.chain(contacts).chain([Thing::Generator]).map(|thing| {
            let middle = self.middle(&thing);
            (thing, middle)
        })
    }

    /// Where the middle of a thing is, mm.
    pub fn middle(&self, thing: &Thing) -> Vec3 {
        match thing {
            Thing::Bone("S1") => Vec3::new(0.0, -30.0, 14.0),
            Thing::Bone(level) => {
                let points = self.anatomy.vertebra(level);
                (points.post_sup + points.post_inf) / 2.0
            }
            Thing::Generator => self.generator.centre(),
            Thing::Lead(side) => on(*side, self.anatomy.point("lead_anchor")),
            Thing::Contact(side, index) => self.sides[*side].lead_at.map_or(Vec3::ZERO, |at| at[*index]),
            Thing::Nerve(side) => on(*side, self.anatomy.nerve()[3]),
            Thing::Fascicle(side, index) => {
                let ends = self.sides[*side].bellies[*index].ends;
                (ends.0 + ends.1) / 2.0
            }
        }
    }
}

/// Where meshes, materials and pictures go.
pub struct Maker<'a, 'w, 's> {
    /// For entities.
    pub commands: &'a mut Commands<'w, 's>,
    /// For meshes.
    pub meshes: &'a mut Assets<Mesh>,
    /// For materials.
    pub materials: &'a mut Assets<Tissue>,
    /// For pictures.
    pub images: &'a mut Assets<Image>,
}

impl Maker<'_, '_, '_> {
    fn spawn(&mut self, mesh: Handle<Mesh>, paint: &Paint, transform: Transform) -> Entity {
        self.commands.spawn((Mesh3d(mesh), MeshMaterial3d(paint.clone()), transform)).id()
    }

    /// A surface of its own with a material of its own.
    fn part(&mut self, surface: &Surface, material: Tissue) -> (Entity, Paint) {
        let (mesh, paint) = (self.meshes.add(surface.mesh()), self.materials.add(material));
        (self.spawn(mesh, &paint, Transform::default()), paint)
    }

    /// A mesh twice: as it is, and as it shows through what covers it.
    fn twice(&mut self, mesh: &Handle<Mesh>, material: Tissue) -> [(Entity, Paint); 2] {
        [material, Tissue::through()].map(|material| {
            let paint = self.materials.add(material);
            (self.spawn(mesh.clone(), &paint, Transform::default()), paint)
        })
    }

    fn picture(&mut self, edge: usize, pixels: Vec<u8>) -> Handle<Image> {
        let size = Extent3d { width: edge as u32, height: edge as u32, depth_or_array_layers: 1 };
        let (format, usage) = (TextureFormat::Rgba8UnormSrgb, RenderAssetUsages::default());
        self.images.add(Image::new(size, TextureDimension::D2, pixels, format, usage))
    }

    /// Everything, in front of a camera onto that target.
    pub fn stage(mut self, target: RenderTarget, order: isize, theme: &Theme) -> Stage {
        let anatomy = Anatomy::embedded();
        let camera = camera::spawn(self.commands, target, order, theme);
        let mut targets = Vec::new();
        let bones = self.bones(&anatomy, &mut targets);
        let (_, discs) = self.part(&discs(&anatomy), Tissue::matt());
        let right = ilium(&anatomy);
        let mut hips = right.clone();
        hips.add(&right.mirrored());
        let (_, hips) = self.part(&hips, Tissue::matt());
        let (tendon_entity, tendons) = self.part(&tendons(&anatomy), Tissue::moist());
        let generator = Generator::new(&anatomy);
        let case = self.case(&generator, &mut targets);
        let halo = self.halo();
        let sides = BySide::new(|side| self.side(side, &anatomy, &halo, &mut targets));
        Stage { camera, anatomy, generator, bones, discs, tendons, hips, tendon_entity, case, sides, targets }
    }

    fn bones(&mut self, anatomy: &Anatomy, targets: &mut Vec<Target>) -> Vec<(Thing, Paint)> {
        let mut bones = Vec::new();
        for level in LEVELS {
            let points = anatomy.vertebra(level);
            let vertebra = Vertebra::new(&points);
            let (_, paint) = self.part(&vertebra.surface(), Tissue::matt());
            bones.push((Thing::Bone(level), paint));
            let centre = (points.post_sup + points.post_inf) / 2.0;
            let distance = Box::new(move |at| vertebra.distance(at));
            targets.push(Target { thing: Thing::Bone(level), shape: Shape::Solid(centre, 52.0, distance) });
        }
        let sacrum = Sacrum::new(anatomy);
        let (_, paint) = self.part(&sacrum.surface(), Tissue::matt());
        bones.push((Thing::Bone("S1"), paint));
        let distance = Box::new(move |at| sacrum.distance(at));
        let shape = Shape::Solid(Vec3::new(0.0, -50.0, 20.0), 85.0, distance);
        targets.push(Target { thing: Thing::Bone("S1"), shape });
        bones
    }

    fn case(&mut self, generator: &Generator, targets: &mut Vec<Target>) -> [Paint; 4] {
        let [can, header, pocket] = generator.surfaces();
        let (_, can) = self.part(&can, Tissue::moist());
        let (_, header) = self.part(&header, Tissue::clear());
        let (_, pocket) = self.part(&pocket, Tissue::clear());
        let lamp = Surface::of(|at| at.length() - 2.2, Vec3::splat(-3.5), Vec3::splat(3.5), 0.7);
        let lamp = self.meshes.add(lamp.mesh());
        let paint = self.materials.add(Tissue::moist());
        self.spawn(lamp, &paint, Transform::from_translation(generator.lamp()));
        let own = *generator;
        let shape = Shape::Solid(generator.centre(), 45.0, Box::new(move |at| own.distance(at)));
        targets.push(Target { thing: Thing::Generator, shape });
        [can, header, pocket, paint]
    }

    /// A soft round spot, to be tinted: what a pulse looks like from afar.
    fn halo(&mut self) -> (Handle<Mesh>, Handle<Image>) {
        const EDGE: usize = 64;
        let mut pixels = Vec::with_capacity(EDGE * EDGE * 4);
        for place in 0..EDGE * EDGE {
            let [x, y] = [place % EDGE, place / EDGE].map(|i| (i as f32 + 0.5) / EDGE as f32 * 2.0 - 1.0);
            let left = (1.0 - (x * x + y * y).sqrt()).max(0.0);
            pixels.extend([255, 255, 255, (left * left * 255.0) as u8]);
        }
        (self.meshes.add(Mesh::from(Rectangle::new(1.0, 1.0))), self.picture(EDGE, pixels))
    }

    fn side(
        &mut self,
        side: Side,
        anatomy: &Anatomy,
        halo: &(Handle<Mesh>, Handle<Image>),
        targets: &mut Vec<Target>,
    ) -> SideStage {
        let spindle = self.meshes.add(spindle().mesh());
        let mut bellies = Vec::new();
        for (index, fascicle) in anatomy.fascicles().into_iter().enumerate() {
            let ends = (on(side, fascicle.cranial_mm), on(side, fascicle.caudal_mm));
            let paint = self.materials.add(Tissue::moist());
            let entity = self.spawn(spindle.clone(), &paint, Transform::default());
            let rod = Shape::Rod(vec![ends.1.lerp(ends.0, 0.1), ends.0.lerp(ends.1, 0.1)], 3.6);
            targets.push(Target { thing: Thing::Fascicle(side, index), shape: rod });
            bellies.push(Belly { fascicle, ends, entity, paint });
        }
        let mut nerve = Surface::default();
        for (index, course) in nerve_courses(anatomy, side).into_iter().enumerate() {
            nerve.add(&Surface::tube(&course, if index == 0 { 1.15 } else { 0.6 }, 6));
            let shape = Shape::Rod(course, 1.2);
            targets.push(Target { thing: Thing::Nerve(side), shape });
        }
        let nerve = self.meshes.add(nerve.mesh());
        let nerve_paints = self.twice(&nerve, Tissue::moist()).map(|(_, paint)| paint);
        // A stand-in until it is known where the contacts are: a mesh cannot be empty.
        let anchor = on(side, anatomy.point("lead_anchor"));
        let lead = self.meshes.add(Surface::tube(&[anchor, anchor + Vec3::Y], 0.5, 3).mesh());
        let lead_paints = self.twice(&lead, Tissue::moist()).map(|(_, paint)| paint);
        let rings = (0..CONTACTS_PER_LEAD).map(|_| self.ring(halo)).collect();
        let slice = self.slice();
        SideStage { bellies, rings, lead, lead_paints, lead_at: None, nerve_paints, slice, sliced: None }
    }

    fn ring(&mut self, (quad, spot): &(Handle<Mesh>, Handle<Image>)) -> Ring {
        // Of length and radius 1: a ring's transform has its size.
        let profile = [(-0.5, 0.0), (-0.5, 0.9), (-0.44, 1.0), (0.44, 1.0), (0.5, 0.9), (0.5, 0.0)];
        let mesh = self.meshes.add(Surface::turned(&profile, 16).mesh());
        let [ring, ghost] = self.twice(&mesh, Tissue::moist());
        let paint = self.materials.add(Tissue::halo(spot.clone()));
        let entity = self.spawn(quad.clone(), &paint, Transform::default());
        Ring { entities: [ring.0, ghost.0, entity], paints: [ring.1, ghost.1, paint] }
    }

    fn slice(&mut self) -> (Entity, Handle<Image>, Paint) {
        let picture = self.picture(PIXELS, vec![0; PIXELS * PIXELS * 4]);
        let paint = self.materials.add(Tissue::slice(picture.clone()));
        let quad = self.meshes.add(Mesh::from(Rectangle::new(EDGE_MM, EDGE_MM)));
        let entity = self.spawn(quad, &paint, Transform::default());
        self.commands.entity(entity).insert(Visibility::Hidden);
        (entity, picture, paint)
    }
}

/// A belly of length and largest radius 1 along +y.
fn spindle() -> Surface {
    const RINGS: u8 = 12;
    let ring = |i: u8| {
        let u = f32::from(i) / f32::from(RINGS) * 2.0 - 1.0;
        (u / 2.0, (1.0 - u * u).max(0.0).powf(0.85))
    };
    Surface::turned(&(0..=RINGS).map(ring).collect::<Vec<_>>(), 12)
}

/// Thin cords from end to end of every fascicle: what is to be seen of them where the bellies end is tendon.
fn tendons(anatomy: &Anatomy) -> Surface {
    let mut cords = Surface::default();
    for fascicle in anatomy.fascicles() {
        let radius = 0.16 * fascicle.max_force_n.sqrt();
        for side in Side::BOTH {
            let ends = [on(side, fascicle.cranial_mm), on(side, fascicle.caudal_mm)];
            cords.add(&Surface::tube(&ends, radius, 6));
        }
    }
    cords
}

/// The size of a ring as it is drawn, from its length and diameter, mm.
pub fn ring_scale((length, diameter): (f32, f32)) -> Vec3 {
    Vec3::new(diameter / 2.0 * THICKER, length, diameter / 2.0 * THICKER)
}
