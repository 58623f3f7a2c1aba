//! What the pointer is over: our own picking, by a ray against rods and signed distances.
//!
//! The camera is orthographic, so that all rays are parallel. Contacts come first, then leads and nerves, then whatever
//! is nearest: small things are drawn through large ones, and are to be had through them.

use bevy::math::Vec3;

use crate::sandbox::scene::link::Thing;

/// A ray of an orthographic camera; `direction` has length 1.
#[derive(Clone, Copy, Debug)]
pub struct Ray {
    /// Where it starts, mm.
    pub origin: Vec3,
    /// Where it goes.
    pub direction: Vec3,
}

/// A signed distance, mm.
type Distance = Box<dyn Fn(Vec3) -> f32 + Send + Sync>;

/// The shape that stands for a thing.
pub enum Shape {
    /// A bent rod through points, of that radius, mm.
    Rod(Vec<Vec3>, f32),
    /// A solid within a sphere around a point, mm.
    Solid(Vec3, f32, Distance),
}

/// A thing with its shape.
pub struct Target {
    /// The thing.
    pub thing: Thing,
    /// What stands for it.
    pub shape: Shape,
}

/// How near to a thing of that kind the pointer has to come, in points beyond its radius; and what goes before what.
fn ease(thing: &Thing) -> (f32, u8) {
    match thing {
        Thing::Contact(..) => (6.0, 0),
        Thing::Nerve(_) | Thing::Lead(_) => (4.0, 1),
        Thing::Generator | Thing::Fascicle(..) | Thing::Bone(_) => (0.0, 2),
    }
}

/// The first thing that a ray meets.
pub fn pick<'t>(
    targets: &'t [Target],
    ray: Ray,
    mm_per_point: f32,
    takes: impl Fn(&Thing) -> bool,
) -> Option<&'t Thing> {
    let hit = |target: &'t Target| {
        let (slack, rank) = ease(&target.thing);
        let depth = match &target.shape {
            Shape::Rod(points, radius) => rod_depth(points, radius + slack * mm_per_point, ray),
            Shape::Solid(centre, reach, distance) => solid_depth(*centre, *reach, distance, ray),
        }?;
        Some((rank, depth, &target.thing))
    };
    let hits = targets.iter().filter(|target| takes(&target.thing)).filter_map(hit);
    // Among contacts the nearest to the pointer would do as well; they lie apart.
    hits.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map(|(_, _, thing)| thing)
}

/// How far along the ray a bent rod is met.
fn rod_depth(points: &[Vec3], radius: f32, ray: Ray) -> Option<f32> {
    let across = |at: Vec3| {
        let from = at - ray.origin;
        from - ray.direction * from.dot(ray.direction)
    };
    let mut nearest: Option<f32> = None;
    for pair in points.windows(2) {
        let (a, b) = (across(pair[0]), across(pair[1]));
        let along = b - a;
        let t = (-a.dot(along) / along.length_squared().max(1e-12)).clamp(0.0, 1.0);
        let away = (a + along * t).length();
        if away <= radius {
            let middle = (pair[0].lerp(pair[1], t) - ray.origin).dot(ray.direction);
            let depth = middle - (radius * radius - away * away).sqrt();
            nearest = Some(nearest.map_or(depth, |other| other.min(depth)));
        }
    }
    nearest
}

/// How far along the ray a solid is met: by steps as long as the distance allows.
fn solid_depth(centre: Vec3, reach: f32, distance: &Distance, ray: Ray) -> Option<f32> {
    // Distances of melted shapes are a little too long.
    const TRUST: f32 = 0.8;
    const STEPS: usize = 120;
    const TOUCH_MM: f32 = 0.3;
    let to_centre = centre - ray.origin;
    let middle = to_centre.dot(ray.direction);
    let away = (to_centre - ray.direction * middle).length();
    let half = (reach * reach - away * away).max(0.0).sqrt();
    let mut depth = middle - half;
    for _ in 0..STEPS {
        let left = distance(ray.origin + ray.direction * depth);
        if left < TOUCH_MM {
            return (away < reach).then_some(depth);
        }
        depth += left * TRUST;
        if depth > middle + half {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::Side;

    fn targets() -> Vec<Target> {
        let ball = |centre: Vec3, radius: f32| {
            Shape::Solid(centre, radius + 1.0, Box::new(move |at| (at - centre).length() - radius))
        };
        vec![
            Target { thing: Thing::Bone("L3"), shape: ball(Vec3::ZERO, 10.0) },
            Target { thing: Thing::Generator, shape: ball(Vec3::new(0.0, 0.0, 30.0), 5.0) },
            Target {
                thing: Thing::Contact(Side::Left, 1),
                shape: Shape::Rod(vec![Vec3::new(-2.0, 8.0, 0.0), Vec3::new(2.0, 8.0, 0.0)], 1.0),
            },
        ]
    }

    fn at(x: f32, y: f32) -> Ray {
        Ray { origin: Vec3::new(x, y, 500.0), direction: Vec3::NEG_Z }
    }

    #[test]
    fn verif_the_nearest_is_picked_and_contacts_show_through() {
        let targets = targets();
        let picked = |x, y| pick(&targets, at(x, y), 0.2, |_| true);
        assert_eq!(picked(0.0, 0.0), Some(&Thing::Generator));
        assert_eq!(picked(8.0, 0.0), Some(&Thing::Bone("L3")));
        assert_eq!(picked(0.0, 8.5), Some(&Thing::Contact(Side::Left, 1)), "inside the bone's outline");
        assert_eq!(picked(0.0, 11.0), None, "beyond a point's slack of 1.2 mm");
        assert_eq!(picked(0.0, 10.1), Some(&Thing::Contact(Side::Left, 1)), "within it");
        assert_eq!(picked(50.0, 0.0), None);
    }

    #[test]
    fn verif_what_is_not_shown_is_not_picked() {
        let targets = targets();
        assert_eq!(pick(&targets, at(0.0, 0.0), 0.2, |thing| *thing != Thing::Generator), Some(&Thing::Bone("L3")));
    }
}
