//! Surfaces: from a signed distance to triangles (naive surface nets), and sweeps along a curve.

use bevy::asset::RenderAssetUsages;
use bevy::math::{UVec3, Vec3};
use bevy::mesh::{Indices, Mesh, PrimitiveTopology};

/// Triangles with a normal at each corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// Corners, mm.
    pub positions: Vec<Vec3>,
    /// Normals, of length 1.
    pub normals: Vec<Vec3>,
    /// Three corners for each triangle, counter-clockwise as seen from outside.
    pub indices: Vec<u32>,
}

impl Surface {
    /// The number of triangles.
    pub fn triangles(&self) -> usize {
        self.indices.len() / 3
    }

    /// Adds another surface.
    pub fn add(&mut self, other: &Self) {
        let first = self.positions.len() as u32;
        self.positions.extend(&other.positions);
        self.normals.extend(&other.normals);
        self.indices.extend(other.indices.iter().map(|index| first + index));
    }

    /// The same on the other side of the body.
    pub fn mirrored(&self) -> Self {
        let mirror = |vectors: &[Vec3]| vectors.iter().map(|v| Vec3::new(-v.x, v.y, v.z)).collect();
        let turned = self.indices.chunks_exact(3).flat_map(|t| [t[0], t[2], t[1]]);
        Self { positions: mirror(&self.positions), normals: mirror(&self.normals), indices: turned.collect() }
    }

    /// As a mesh for the renderer.
    pub fn mesh(&self) -> Mesh {
        let arrays = |vectors: &[Vec3]| vectors.iter().map(|v| v.to_array()).collect::<Vec<_>>();
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default())
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, arrays(&self.positions))
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, arrays(&self.normals))
            .with_inserted_indices(Indices::U32(self.indices.clone()))
    }

    /// The surface on which `distance` is zero, within a box, on a grid of cells of that size.
    ///
    /// Each cell that the surface goes through gets one corner, which two steps of Newton's bring onto the surface;
    /// each edge of the grid that it crosses, a quadrangle. What leaves the box stays open.
    pub fn of(distance: impl Fn(Vec3) -> f32, low: Vec3, high: Vec3, cell: f32) -> Self {
        let cells = ((high - low) / cell).ceil().as_uvec3();
        let points = cells + UVec3::ONE;
        let place = |at: UVec3| (at.x + points.x * (at.y + points.y * at.z)) as usize;
        let values: Vec<f32> = grid(points).map(|at| distance(low + at.as_vec3() * cell)).collect();
        let mut surface = Self::default();
        let mut corner_of = vec![u32::MAX; values.len()];
        for at in grid(cells) {
            let value = |corner: u32| values[place(at + corner_offset(corner))];
            if let Some(middle) = crossing(value) {
                let mut position = low + (at.as_vec3() + middle) * cell;
                let mut normal = gradient(&distance, position);
                for _ in 0..2 {
                    position -= normal * distance(position).clamp(-cell, cell);
                    normal = gradient(&distance, position);
                }
                corner_of[place(at)] = surface.positions.len() as u32;
                surface.positions.push(position);
                surface.normals.push(normal);
            }
        }
        for at in grid(cells) {
            for axis in 0..3 {
                let (mut along, mut u, mut v) = (UVec3::ZERO, UVec3::ZERO, UVec3::ZERO);
                (along[axis], u[(axis + 1) % 3], v[(axis + 2) % 3]) = (1, 1, 1);
                let (here, there) = (values[place(at)] < 0.0, values[place(at + along)] < 0.0);
                if here != there && at[(axis + 1) % 3] > 0 && at[(axis + 2) % 3] > 0 {
                    // In this order they go round the axis; the surface looks along it where it leads out.
                    let [a, b, c, d] = [at, at - u, at - u - v, at - v].map(|at| corner_of[place(at)]);
                    surface.quadrangle(if here { [a, b, c, d] } else { [d, c, b, a] });
                }
            }
        }
        surface
    }

    /// Adds a quadrangle, split along its shorter diagonal.
    fn quadrangle(&mut self, [a, b, c, d]: [u32; 4]) {
        let at = |corner: u32| self.positions[corner as usize];
        let (ac, bd) = ((at(c) - at(a)).length(), (at(d) - at(b)).length());
        self.indices.extend(if ac < bd { [a, b, c, a, c, d] } else { [a, b, d, b, c, d] });
    }

    /// A surface of revolution about +y, from rings of (height, radius), with so many sides; closed where a radius is
    /// zero.
    pub fn turned(rings: &[(f32, f32)], sides: u32) -> Self {
        let mut surface = Self::default();
        for (i, &(y, radius)) in rings.iter().enumerate() {
            let (before, after) = (rings[i.saturating_sub(1)], rings[(i + 1).min(rings.len() - 1)]);
            let slope = (after.1 - before.1, after.0 - before.0);
            for side in 0..sides {
                let (sin, cos) = (side as f32 / sides as f32 * std::f32::consts::TAU).sin_cos();
                surface.positions.push(Vec3::new(radius * cos, y, radius * sin));
                surface.normals.push(Vec3::new(slope.1 * cos, -slope.0, slope.1 * sin).normalize_or(Vec3::Y));
            }
        }
        surface.join_rings(rings.len() as u32, sides);
        surface
    }

    /// A tube along a curve, with rounded ends.
    pub fn tube(curve: &[Vec3], radius: f32, sides: u32) -> Self {
        let mut surface = Self::default();
        let Some(directions) = directions(curve) else { return surface };
        let mut across = directions[0].any_orthonormal_vector();
        let last = curve.len() - 1;
        // The ends are drawn in twice more, narrower and further out, to round them.
        let ends = [(0, -1.0, 0.0), (0, -0.6, 0.8)];
        let rings = ends.into_iter().chain((0..=last).map(|i| (i, 0.0, 1.0)));
        let rings = rings.chain([(last, 0.6, 0.8), (last, 1.0, 0.0)]);
        let mut count = 0;
        for (i, out, part) in rings {
            let direction = directions[i];
            across = (across - direction * across.dot(direction)).normalize_or(direction.any_orthonormal_vector());
            let other = direction.cross(across);
            for side in 0..sides {
                let (sin, cos) = (side as f32 / sides as f32 * std::f32::consts::TAU).sin_cos();
                let around = across * cos + other * sin;
                surface.positions.push(curve[i] + direction * (out * radius) + around * (radius * part));
                surface.normals.push((around * part + direction * out).normalize_or(direction));
            }
            count += 1;
        }
        surface.join_rings(count, sides);
        surface
    }

    fn join_rings(&mut self, rings: u32, sides: u32) {
        for ring in 1..rings {
            for side in 0..sides {
                let next = (side + 1) % sides;
                let (below, above) = ((ring - 1) * sides, ring * sides);
                for [a, b, c] in
                    [[below + side, above + side, above + next], [below + side, above + next, below + next]]
                {
                    let at = |corner: u32| self.positions[corner as usize];
                    let face = (at(b) - at(a)).cross(at(c) - at(a));
                    if face.length_squared() < 1e-12 {
                        continue;
                    }
                    let outward: Vec3 = [a, b, c].iter().map(|&corner| self.normals[corner as usize]).sum();
                    self.indices.extend(if face.dot(outward) < 0.0 { [a, c, b] } else { [a, b, c] });
                }
            }
        }
    }
}

/// A smooth curve through points (Catmull and Rom), with so many steps between two of them.
pub fn curve(points: &[Vec3], steps: usize) -> Vec<Vec3> {
    let Some(last) = points.len().checked_sub(1) else { return Vec::new() };
    let mut curve = Vec::with_capacity(last * steps + 1);
    for i in 0..last {
        let [p1, p2] = [points[i], points[i + 1]];
        let p0 = if i == 0 { p1 * 2.0 - p2 } else { points[i - 1] };
        let p3 = if i + 2 > last { p2 * 2.0 - p1 } else { points[i + 2] };
        for step in 0..steps {
            let t = step as f32 / steps as f32;
            let cubic = (p1 - p2) * 3.0 + p3 - p0;
            let square = p0 * 2.0 - p1 * 5.0 + p2 * 4.0 - p3;
            curve.push(p1 + ((p2 - p0) + (square + cubic * t) * t) * (0.5 * t));
        }
    }
    curve.push(points[last]);
    curve
}

/// The direction at each point of a curve; none where there are not two.
fn directions(curve: &[Vec3]) -> Option<Vec<Vec3>> {
    let last = curve.len().checked_sub(1).filter(|&last| last > 0)?;
    let direction = |i: usize| (curve[(i + 1).min(last)] - curve[i.saturating_sub(1)]).normalize_or(Vec3::Y);
    Some((0..=last).map(direction).collect())
}

fn grid(count: UVec3) -> impl Iterator<Item = UVec3> {
    (0..count.z).flat_map(move |z| (0..count.y).flat_map(move |y| (0..count.x).map(move |x| UVec3::new(x, y, z))))
}

fn corner_offset(corner: u32) -> UVec3 {
    UVec3::new(corner & 1, corner >> 1 & 1, corner >> 2 & 1)
}

/// The mean of the points at which the edges of a unit cell are crossed.
fn crossing(value: impl Fn(u32) -> f32) -> Option<Vec3> {
    let (mut sum, mut count) = (Vec3::ZERO, 0.0);
    for corner in 0..8_u32 {
        for bit in [1, 2, 4].into_iter().filter(|bit| corner & bit == 0) {
            let (from, to) = (value(corner), value(corner | bit));
            if (from < 0.0) != (to < 0.0) {
                let (start, end) = (corner_offset(corner).as_vec3(), corner_offset(corner | bit).as_vec3());
                sum += start + (end - start) * (from / (from - to));
                count += 1.0;
            }
        }
    }
    (count > 0.0).then(|| sum / count)
}

/// The direction in which a distance grows.
pub fn gradient(distance: impl Fn(Vec3) -> f32, at: Vec3) -> Vec3 {
    const STEP_MM: f32 = 0.2;
    let along = |axis: Vec3| distance(at + axis * STEP_MM) - distance(at - axis * STEP_MM);
    Vec3::new(along(Vec3::X), along(Vec3::Y), along(Vec3::Z)).normalize_or(Vec3::Y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_sphere_is_closed_round_and_turned_outward() {
        let surface = Surface::of(|at| at.length() - 10.0, Vec3::splat(-12.0), Vec3::splat(12.0), 1.5);
        assert!(surface.triangles() > 500);
        for (position, normal) in surface.positions.iter().zip(&surface.normals) {
            assert!((position.length() - 10.0).abs() < 0.01, "{position}");
            assert!(normal.dot(position.normalize()) > 0.99);
        }
        // The signed volume of all tetrahedra with the centre: a hole or a wrong turn would spoil it.
        let corner = |i: u32| surface.positions[i as usize];
        let volume: f32 =
            surface.indices.chunks(3).map(|t| corner(t[0]).dot(corner(t[1]).cross(corner(t[2]))) / 6.0).sum();
        assert!((volume / (4.0 / 3.0 * std::f32::consts::PI * 1000.0) - 1.0).abs() < 0.03, "{volume}");
    }

    #[test]
    fn verif_a_curve_goes_through_its_points_and_a_tube_around_it() {
        let points = [Vec3::ZERO, Vec3::new(0.0, 10.0, 0.0), Vec3::new(5.0, 20.0, 3.0)];
        let curve = curve(&points, 8);
        assert_eq!(curve.len(), 17);
        assert!((curve[8] - points[1]).length() < 1e-5 && curve[16] == points[2]);
        let tube = Surface::tube(&curve, 1.0, 8);
        let nearest = |at: Vec3| curve.iter().map(|on| (*on - at).length()).fold(f32::INFINITY, f32::min);
        assert!(tube.positions.iter().all(|&at| nearest(at) < 1.01));
        assert!(Surface::tube(&points[..1], 1.0, 8).indices.is_empty());
    }
}
