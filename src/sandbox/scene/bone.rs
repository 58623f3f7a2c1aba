//! Bones and discs as signed distances: a few rounded shapes, melted into each other.
//!
//! They are drawings with the right places and sizes, not anatomy: corners of bodies and tips of processes come from
//! the points of the model; what lies between follows a common plan.

use bevy::math::Vec3;

use crate::sandbox::scene::anatomy::{Anatomy, LEVELS, VertebraPoints};
use crate::sandbox::scene::surface::{Surface, curve};

/// Half the width of a lumbar body, mm: 40 to 42 mm in the meshes of MyoTorso.
const BODY_HALF_WIDTH_MM: f32 = 21.0;

/// Size of the cells that bones are made of, mm.
const CELL_MM: f32 = 2.9;

/// The smaller of two distances, the seam rounded over `round`.
fn melt(a: f32, b: f32, round: f32) -> f32 {
    let h = (round - (a - b).abs()).max(0.0) / round;
    a.min(b) - h * h * round / 4.0
}

/// The larger of two distances, the edge rounded over `round`.
fn cut(a: f32, b: f32, round: f32) -> f32 {
    -melt(-a, -b, round)
}

/// Distance to a rod from `a` to `b` whose radius goes from `ra` to `rb`.
fn rod(at: Vec3, (a, ra): (Vec3, f32), (b, rb): (Vec3, f32)) -> f32 {
    let along = b - a;
    let t = ((at - a).dot(along) / along.length_squared()).clamp(0.0, 1.0);
    (at - a - along * t).length() - (ra + (rb - ra) * t)
}

/// Distance to an ellipsoid; near its surface, a good guess.
fn ellipsoid(at: Vec3, centre: Vec3, radii: Vec3) -> f32 {
    let relative = (at - centre) / radii;
    let length = relative.length();
    if length < 1e-4 { -radii.min_element() } else { length * (length - 1.0) / (relative / radii).length() }
}

/// Where a bone lies: its origin, and which way up and back are for it.
#[derive(Clone, Copy, Debug)]
struct Frame {
    origin: Vec3,
    up: Vec3,
    back: Vec3,
}

impl Frame {
    /// A frame in the midline plane.
    fn new(origin: Vec3, up: Vec3) -> Self {
        let up = Vec3::new(0.0, up.y, up.z).normalize();
        Self { origin, up, back: Vec3::new(0.0, -up.z, up.y) }
    }

    /// A point of the world in this frame, on its right half: x to the side, y up, z back.
    fn right_half(&self, at: Vec3) -> Vec3 {
        let from = at - self.origin;
        Vec3::new(from.x.abs(), from.dot(self.up), from.dot(self.back))
    }
}

/// A lumbar vertebra.
#[derive(Clone, Copy, Debug)]
pub struct Vertebra {
    frame: Frame,
    /// Depth of the body, mm.
    depth: f32,
    /// Height of the upper and of the lower endplate at the back and at the front, mm.
    upper: (f32, f32),
    lower: (f32, f32),
    spinous_tip: Vec3,
    transverse_tip: Vec3,
}

impl Vertebra {
    /// The vertebra through those points.
    pub fn new(points: &VertebraPoints) -> Self {
        let frame = Frame::new((points.post_sup + points.post_inf) / 2.0, points.post_sup - points.post_inf);
        let local = |at: Vec3| frame.right_half(at);
        let depth = -(local(points.ant_sup).z + local(points.ant_inf).z) / 2.0;
        Self {
            frame,
            depth,
            upper: (local(points.post_sup).y, local(points.ant_sup).y),
            lower: (local(points.post_inf).y, local(points.ant_inf).y),
            spinous_tip: local(points.spinous_tip),
            transverse_tip: local(points.transverse_tip),
        }
    }

    /// Distance to its surface, mm; negative inside.
    pub fn distance(&self, at: Vec3) -> f32 {
        let p = self.frame.right_half(at);
        let posterior = melt(self.arch(p), self.processes(p), 4.0);
        melt(self.body(p), posterior, 5.0)
    }

    fn body(&self, p: Vec3) -> f32 {
        let half_depth = self.depth / 2.0;
        let front = (-p.z / self.depth).clamp(0.0, 1.0);
        let top = self.upper.0 + (self.upper.1 - self.upper.0) * front;
        let bottom = self.lower.0 + (self.lower.1 - self.lower.0) * front;
        let height = ((p.y - bottom) / (top - bottom) * 2.0 - 1.0).clamp(-1.0, 1.0);
        let waist = 0.90 + 0.10 * height * height;
        let (x, z) = (p.x / BODY_HALF_WIDTH_MM, (p.z + half_depth) / half_depth);
        let side = ((x * x + z * z).sqrt() - waist) * half_depth;
        cut(side, (p.y - top).max(bottom - p.y), 5.0)
    }

    /// Pedicle, pars and lamina: the ring around the canal.
    fn arch(&self, p: Vec3) -> f32 {
        let pedicle = rod(p, (Vec3::new(11.5, 5.5, -5.0), 5.0), (Vec3::new(14.0, 5.0, 9.0), 4.6));
        let pars = rod(p, (Vec3::new(14.5, 5.0, 10.0), 4.6), (Vec3::new(12.5, -8.0, 16.0), 4.0));
        let upper = rod(p, (Vec3::new(12.5, -1.0, 14.5), 3.2), (Vec3::new(2.0, -5.0, 21.5), 3.2));
        let lower = rod(p, (Vec3::new(12.0, -8.0, 16.0), 3.4), (Vec3::new(2.0, -11.0, 21.5), 3.2));
        melt(melt(pedicle, pars, 4.0), melt(upper, lower, 7.0), 4.0)
    }

    fn processes(&self, p: Vec3) -> f32 {
        let transverse = rod(p, (Vec3::new(14.0, 6.0, 8.0), 5.4), (self.transverse_tip, 3.2));
        let superior = rod(p, (Vec3::new(15.5, 5.0, 10.5), 4.8), (Vec3::new(17.0, 14.0, 12.5), 4.2));
        let inferior = rod(p, (Vec3::new(12.0, -8.0, 16.0), 4.4), (Vec3::new(12.5, -18.0, 16.5), 4.2));
        let mamillary = (p - Vec3::new(18.2, 8.0, 15.5)).length() - 3.4;
        let facets = melt(melt(superior, mamillary, 6.0), inferior, 3.0);
        let tip = self.spinous_tip;
        let edge =
            |dy: f32, start: f32| rod(p, (Vec3::new(0.0, start, 21.0), 2.8), (tip + Vec3::new(0.0, dy, -2.0), 2.9));
        let spinous = melt(melt(edge(6.0, -3.0), edge(0.0, -7.5), 8.0), edge(-5.0, -12.0), 8.0);
        let knob = ellipsoid(p, tip + Vec3::new(0.0, 0.0, -3.0), Vec3::new(3.8, 9.0, 4.0));
        melt(melt(transverse, facets, 5.0), melt(spinous, knob, 4.0), 4.0)
    }

    /// Its surface.
    pub fn surface(&self) -> Surface {
        let middle = self.frame.origin + self.frame.back * 2.0;
        let half = Vec3::new(self.transverse_tip.x + 6.0, 42.0, 50.0);
        Surface::of(|at| self.distance(at), middle - half, middle + half, CELL_MM)
    }
}

/// A disc between the endplates above and below it, given by their front and back corners.
fn disc(above: [Vec3; 2], below: [Vec3; 2]) -> Surface {
    let [front, back] = [0, 1].map(|i| (above[i] + below[i]) / 2.0);
    let middle = (front + back) / 2.0;
    let frame = Frame::new(middle, (above[0] + above[1]) - (below[0] + below[1]));
    let half_depth = (front - back).length() / 2.0 - 1.0;
    let half_height = |i: usize| (frame.right_half(above[i]).y - frame.right_half(below[i]).y) / 2.0 + 1.5;
    let (front_height, back_height) = (half_height(0), half_height(1));
    let distance = |at: Vec3| {
        let p = frame.right_half(at);
        let t = (0.5 - p.z / (2.0 * half_depth)).clamp(0.0, 1.0);
        let height = back_height + (front_height - back_height) * t;
        let (x, z) = (p.x / (BODY_HALF_WIDTH_MM - 1.0), p.z / half_depth);
        cut(((x * x + z * z).sqrt() - 1.0) * half_depth, p.y.abs() - height, 4.0)
    };
    let half = Vec3::new(24.0, 20.0, 24.0);
    Surface::of(distance, middle - half, middle + half, CELL_MM)
}

/// The five discs below L1 to L5.
pub fn discs(anatomy: &Anatomy) -> Surface {
    let mut all = Surface::default();
    for (i, level) in LEVELS.into_iter().enumerate() {
        let upper = anatomy.vertebra(level);
        let below = LEVELS.get(i + 1).map(|level| anatomy.vertebra(level)).map_or_else(
            || [anatomy.point("S1_endplate_ant"), anatomy.point("S1_endplate_post")],
            |lower| [lower.ant_sup, lower.post_sup],
        );
        all.add(&disc([upper.ant_inf, upper.post_inf], below));
    }
    all
}

/// The sacrum, from its endplate down its bend, with its crest and its foramina.
#[derive(Clone, Debug)]
pub struct Sacrum {
    /// Centres of its five segments with their half width and half thickness, mm.
    segments: Vec<(Vec3, f32, f32)>,
    frame: Frame,
}

impl Sacrum {
    /// The sacrum below that endplate.
    pub fn new(anatomy: &Anatomy) -> Self {
        let (front, back) = (anatomy.point("S1_endplate_ant"), anatomy.point("S1_endplate_post"));
        let top = (front + back) / 2.0;
        let frame = Frame::new(top, Vec3::new(0.0, back.z - front.z, front.y - back.y));
        // Down the bend: where the fascicles end on its back tells how far back it lies.
        let at = |y: f32, z: f32| Vec3::new(0.0, y, z);
        let segments = vec![
            (at(-18.0, 6.0), 42.0, 16.0),
            (at(-40.0, 25.0), 36.0, 14.5),
            (at(-60.0, 41.0), 30.0, 13.0),
            (at(-79.0, 47.0), 24.0, 11.0),
            (at(-98.0, 51.0), 18.0, 9.0),
            (at(-114.0, 47.0), 7.0, 5.5),
        ];
        Self { segments, frame }
    }

    /// Distance to its surface, mm; negative inside.
    pub fn distance(&self, at: Vec3) -> f32 {
        let p = Vec3::new(at.x.abs(), at.y, at.z);
        let mut whole = f32::INFINITY;
        for pair in self.segments.windows(2) {
            let [(a, wide_a, thick_a), (b, wide_b, thick_b)] = [pair[0], pair[1]];
            let along = b - a;
            let t = ((p - a).dot(along) / along.length_squared()).clamp(0.0, 1.0);
            let (wide, thick) = (wide_a + (wide_b - wide_a) * t, thick_a + (thick_b - thick_a) * t);
            let from = p - a - along * t;
            let beyond = Vec3::new((from.x - (wide - thick)).max(0.0), from.y, from.z);
            whole = melt(whole, beyond.length() - thick, 6.0);
        }
        let local = self.frame.right_half(at);
        let promontory = {
            let (x, z) = (local.x / BODY_HALF_WIDTH_MM, local.z / 14.0);
            cut(((x * x + z * z).sqrt() - 1.0) * 14.0, (local.y).max(-local.y - 24.0), 5.0)
        };
        // The wings of the first segment, and its articular processes for L5.
        let wing = rod(p, (Vec3::new(16.0, -18.0, 0.0), 12.0), (Vec3::new(40.0, -24.0, 4.0), 11.0));
        let facet = rod(p, (Vec3::new(18.0, -12.0, 15.0), 6.5), (Vec3::new(18.5, 4.0, 13.5), 4.4));
        let mut bone = melt(melt(whole, promontory, 8.0), melt(wing, facet, 5.0), 8.0);
        for pair in self.segments[..5].windows(2) {
            let middle = (pair[0].0 + pair[1].0) / 2.0;
            let back = Frame::new(middle, pair[0].0 - pair[1].0).back;
            let (wide, thick) = ((pair[0].1 + pair[1].1) / 2.0, (pair[0].2 + pair[1].2) / 2.0);
            // A knob of the crest, and a foramen beside it.
            let knob = ellipsoid(p, middle + back * (thick + 1.0), Vec3::new(3.6, 8.5, 5.0));
            bone = melt(bone, knob, 6.0);
            let foramen = (p - middle - back * (thick + 2.0) - Vec3::X * (wide * 0.48)).length() - 4.2;
            bone = cut(bone, -foramen, 3.0);
        }
        bone
    }

    /// Its surface.
    pub fn surface(&self) -> Surface {
        let (low, high) = (Vec3::new(-60.0, -122.0, -30.0), Vec3::new(60.0, 20.0, 70.0));
        Surface::of(|at| self.distance(at), low, high, CELL_MM)
    }
}

/// Distance to a triangle (after Quilez).
fn triangle(at: Vec3, [a, b, c]: [Vec3; 3]) -> f32 {
    let edges = [(a, b), (b, c), (c, a)];
    let normal = (b - a).cross(c - a);
    let within = edges.iter().all(|&(from, to)| (to - from).cross(normal).dot(at - from) <= 0.0);
    if within {
        return normal.dot(at - a).abs() / normal.length();
    }
    let from_edge = |&(from, to): &(Vec3, Vec3)| rod(at, (from, 0.0), (to, 0.0));
    edges.iter().map(from_edge).fold(f32::INFINITY, f32::min)
}

/// The upper part of the hip bone on the right, enough to see where the crest is, mm.
pub fn ilium(anatomy: &Anatomy) -> Surface {
    let crest = [
        anatomy.point("psis_region_point"),
        anatomy.point("iliac_crest_point"),
        anatomy.point("iliac_crest_lateral_point"),
        Vec3::new(82.0, -4.0, -30.0),
        Vec3::new(85.0, -24.0, -54.0),
    ];
    let root = [
        Vec3::new(42.0, -58.0, 32.0),
        Vec3::new(46.0, -72.0, 20.0),
        Vec3::new(60.0, -78.0, 0.0),
        Vec3::new(70.0, -76.0, -22.0),
        Vec3::new(78.0, -64.0, -44.0),
    ];
    let (crest, root) = (curve(&crest, 3), curve(&root, 3));
    let distance = |at: Vec3| {
        let (mut blade, mut rim) = (f32::INFINITY, f32::INFINITY);
        for i in 0..crest.len() - 1 {
            let corners = [crest[i], crest[i + 1], root[i + 1], root[i]];
            blade = blade.min(triangle(at, [corners[0], corners[1], corners[2]]));
            blade = blade.min(triangle(at, [corners[0], corners[2], corners[3]]));
            rim = rim.min(rod(at, (crest[i], 5.6), (crest[i + 1], 5.6)));
        }
        // Towards the hip joint it is left out.
        cut(melt(blade - 3.8, rim, 8.0), -64.0 - at.y, 8.0)
    };
    Surface::of(distance, Vec3::new(24.0, -80.0, -70.0), Vec3::new(100.0, 14.0, 50.0), CELL_MM * 1.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn val_a_vertebra_reaches_from_corner_to_tip() {
        let anatomy = Anatomy::embedded();
        for level in LEVELS {
            let points = anatomy.vertebra(level);
            let vertebra = Vertebra::new(&points);
            for (name, at) in [
                ("upper back corner", points.post_sup),
                ("lower back corner", points.post_inf),
                ("upper front corner", points.ant_sup),
                ("spinous tip", points.spinous_tip),
                ("transverse tip", points.transverse_tip),
            ] {
                let away = vertebra.distance(at);
                assert!(away.abs() < 5.0, "the {name} of {level} is {away} mm from the surface");
            }
            assert!(vertebra.distance((points.post_sup + points.ant_inf) / 2.0) < -5.0, "{level} has a body");
            let canal = (points.post_sup + points.post_inf) / 2.0 + Vec3::Z * 10.0;
            assert!(vertebra.distance(canal) > 2.0, "{level} has a canal");
        }
    }

    #[test]
    fn verif_bones_are_few_triangles_and_closed() {
        let anatomy = Anatomy::embedded();
        let bones: Vec<Surface> =
            LEVELS.iter().map(|level| Vertebra::new(&anatomy.vertebra(level)).surface()).collect();
        let sacrum = Sacrum::new(&anatomy).surface();
        let (discs, ilium) = (discs(&anatomy), ilium(&anatomy));
        for surface in bones.iter().chain([&sacrum, &discs, &ilium]) {
            // Every edge of a closed surface is gone along once each way.
            let mut edges = std::collections::BTreeMap::new();
            for t in surface.indices.chunks(3) {
                for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                    *edges.entry((a.min(b), a.max(b))).or_insert(0) += if a < b { 1 } else { -1 };
                }
            }
            assert!(edges.values().all(|&turns| turns == 0));
        }
        let triangles: usize = bones.iter().chain([&sacrum, &discs, &ilium, &ilium]).map(Surface::triangles).sum();
        assert!(triangles < 36_000, "{triangles} triangles of bone");
    }
}
