//! The generator in its pocket, and the ways of the leads from it to the contacts.

use bevy::math::{Mat3, Vec3};

use crate::device::pulse::CONTACTS_PER_LEAD;
use crate::sandbox::scene::anatomy::{Anatomy, on};
use crate::sandbox::scene::surface::{Surface, curve};
use crate::side::Side;

/// How much thicker leads, contacts and nerve are drawn than they are, so that they can be seen (ours).
pub const THICKER: f32 = 1.6;

/// Half of width, height and thickness of the generator, mm: within the 66 by 51 by 13 mm of OpenNerve's.
const HALF_MM: Vec3 = Vec3::new(29.0, 22.0, 5.5);

/// The generator: where it lies and how it is turned.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    centre: Vec3,
    /// Its axes: along its width towards the patient's right, along its height, out of the skin.
    axes: Mat3,
}

impl Generator {
    /// The generator in its pocket: parallel to the skin of the buttock, which falls off to the side and downward.
    pub fn new(anatomy: &Anatomy) -> Self {
        let out = Vec3::new(0.30, -0.10, 1.0).normalize();
        let width = Vec3::Y.cross(out).normalize();
        Self { centre: anatomy.point("generator_centre"), axes: Mat3::from_cols(width, out.cross(width), out) }
    }

    /// Its middle, mm.
    pub fn centre(&self) -> Vec3 {
        self.centre
    }

    /// A point given in its own axes, in the world.
    fn place(&self, own: Vec3) -> Vec3 {
        self.centre + self.axes * own
    }

    fn own(&self, at: Vec3) -> Vec3 {
        self.axes.transpose() * (at - self.centre)
    }

    /// Distance to a rounded slab, mm: corners rounded over `corner`, edges over `edge`.
    fn slab(own: Vec3, half: Vec3, corner: f32, edge: f32) -> f32 {
        let beyond = Vec3::new(own.x.abs() - half.x + corner, own.y.abs() - half.y + corner, 0.0);
        let side = beyond.max(Vec3::ZERO).length() + beyond.x.max(beyond.y).min(0.0) - corner;
        let face = own.z.abs() - half.z;
        let h = (edge - (side - face).abs()).max(0.0) / edge;
        side.max(face) + h * h * edge / 4.0
    }

    /// Distance to its surface, mm; negative inside.
    pub fn distance(&self, at: Vec3) -> f32 {
        let own = self.own(at);
        Self::slab(own, HALF_MM, 17.0, 4.0).min(Self::header(own))
    }

    /// The block of clear epoxy that the leads are plugged into.
    fn header(own: Vec3) -> f32 {
        Self::slab(own - Vec3::new(-8.0, HALF_MM.y + 1.0, 0.0), Vec3::new(15.0, 6.5, 4.4), 5.0, 3.0)
    }

    /// Can, header and pocket.
    pub fn surfaces(&self) -> [Surface; 3] {
        let reach = Vec3::new(46.0, 46.0, 30.0);
        let of = |distance: &dyn Fn(Vec3) -> f32, cell: f32| {
            Surface::of(|at| distance(self.own(at)), self.centre - reach, self.centre + reach, cell)
        };
        let can = |own: Vec3| Self::slab(own, HALF_MM, 17.0, 4.0);
        let pocket =
            |own: Vec3| Self::slab(own - Vec3::new(-1.5, 2.0, 0.0), HALF_MM + Vec3::new(7.0, 8.5, 3.0), 21.0, 7.0);
        [of(&can, 2.6), of(&Self::header, 2.0), of(&pocket, 4.0)]
    }

    /// Where the lead of a side leaves it, mm.
    fn port(&self, side: Side) -> Vec3 {
        let out = if side == Side::Right { 1.9 } else { -1.9 };
        self.place(Vec3::new(-23.0, HALF_MM.y + 2.0 + out, 0.0))
    }

    /// The lamp that tells what it is doing: in the middle of the can's upper part, on its surface.
    pub fn lamp(&self) -> Vec3 {
        self.place(Vec3::new(15.0, 11.0, HALF_MM.z))
    }
}

/// The way of a lead from the generator by its anchor to the tip, mm.
pub fn lead_course(
    anatomy: &Anatomy,
    generator: &Generator,
    side: Side,
    contacts_mm: &[Vec3; CONTACTS_PER_LEAD],
) -> Vec<Vec3> {
    let (tip, end) = (contacts_mm[0], contacts_mm[CONTACTS_PER_LEAD - 1]);
    let along = (tip - end).normalize_or(Vec3::Y);
    let port = generator.port(side);
    let anchor = on(side, anatomy.point("lead_anchor"));
    // Both leads go under the skin side by side to the midline, where each has its anchor.
    let apart = if side == Side::Right { 2.0 } else { -2.0 };
    let mut points = vec![
        port + Vec3::X * 4.0,
        port - Vec3::X * 10.0,
        Vec3::new(20.0 + apart, -4.0 + apart, 76.0),
        Vec3::new(6.0 + 2.0 * apart, 22.0, 62.0),
        anchor,
        end - along * 13.0,
        end,
        tip,
    ];
    points.dedup_by(|a, b| (*a - *b).length() < 1e-3);
    let mut course = curve(&points, 8);
    course.push(tip + along * 3.2);
    course
}

/// The medial branch of a side, and its twigs to the fascicles that it serves, mm.
pub fn nerve_courses(anatomy: &Anatomy, side: Side) -> Vec<Vec<Vec3>> {
    let nerve = anatomy.nerve();
    let entry = nerve[nerve.len() - 1];
    let trunk = curve(&nerve, 8);
    let twig = |caudal: Vec3, cranial: Vec3| {
        let length = (caudal - cranial).length();
        // Into the belly from below, not far from where the nerve comes in (ours: drawn, not measured).
        let goal = cranial.lerp(caudal, (24.0 / length).min(0.5)) - Vec3::Z * 1.5;
        let bend = entry.lerp(goal, 0.45) + Vec3::new(1.0, 0.0, -1.5);
        curve(&[entry, bend, goal], 6)
    };
    let fascicles = anatomy.fascicles();
    let served = fascicles.iter().filter(|fascicle| fascicle.is_stimulated());
    let twigs = served.map(|fascicle| twig(fascicle.caudal_mm, fascicle.cranial_mm));
    std::iter::once(trunk).chain(twigs).map(|way| way.into_iter().map(|at| on(side, at)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_lead_goes_from_the_generator_through_its_contacts() {
        let anatomy = Anatomy::embedded();
        let generator = Generator::new(&anatomy);
        let right =
            [[20.0, 88.8, 12.1], [17.3, 85.2, 16.1], [14.6, 81.6, 20.0], [11.9, 78.0, 24.0]].map(Vec3::from_array);
        for side in Side::BOTH {
            let contacts = right.map(|at| on(side, at));
            let course = lead_course(&anatomy, &generator, side, &contacts);
            let away = |at: Vec3| course.iter().map(|&on| (on - at).length()).fold(f32::INFINITY, f32::min);
            assert!(generator.distance(course[0]) < 0.0, "it is plugged in");
            assert!(contacts.iter().all(|&contact| away(contact) < 1.5), "it goes through its contacts");
            assert!(course.windows(2).all(|pair| (pair[1] - pair[0]).length() < 12.0), "it goes without a jump");
        }
    }

    #[test]
    fn verif_the_nerve_has_a_twig_for_each_fascicle_that_it_serves() {
        let courses = nerve_courses(&Anatomy::embedded(), Side::Left);
        assert_eq!(courses.len(), 1 + 5);
        assert!(courses.iter().flatten().all(|at| at.x < 0.0), "on the left");
    }
}
