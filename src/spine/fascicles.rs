//! Fascicles of the multifidus: straight lines between two bones, whose length changes as the joints turn.
//!
//! The column is a chain of bones above the sacrum. Turning joint j turns all that is above it. For a fascicle from `c`
//! on a lower bone to `p` on an upper one, with d = p − c, L = |d|, and only joints between the two,
//!
//! ```text
//! ∂p/∂θj     = J·(p − oj)          J turns a quarter in the plane, oj is the centre of joint j
//! ∂²p/∂θi∂θj = −(p − o_max(i,j))   in the plane
//! ∂L/∂θi     = d·∂p/∂θi / L
//! ∂²L/∂θi∂θj = (∂p/∂θi·∂p/∂θj + d·∂²p/∂θi∂θj)/L − (∂L/∂θi)·(∂L/∂θj)/L
//! ```
//!
//! which is exact in the neutral pose. The moment arm is −∂L/∂θ. Not modelled: fascicles that bend around bone, and
//! rotation about the long axis of the column.

use nalgebra::{Point3, SMatrix, SVector, Vector3};

use crate::math;
use crate::source::Source;

/// Joints of the column, from L5-S1 up to L1-2.
pub const JOINTS: usize = 5;

/// The joints' names, from below.
pub const JOINT_NAMES: [&str; JOINTS] = ["l5_s1", "l4_5", "l3_4", "l2_3", "l1_2"];

/// A number for each joint, from below.
pub type PerJoint = SVector<f64, JOINTS>;

/// What the joints' moments change by when they turn, Nm/rad, or another quadratic form over them.
pub type Quadratic = SMatrix<f64, JOINTS, JOINTS>;

/// A plane that the column bends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Flexion and extension; extension is positive.
    Sagittal,
    /// Lateral bending; to the right is positive.
    Frontal,
}

impl Plane {
    /// Both planes.
    pub const BOTH: [Self; 2] = [Self::Sagittal, Self::Frontal];

    /// The axis that lies in the plane beside the upright one: z is dorsal, x the patient's right.
    const fn axis(self) -> usize {
        match self {
            Self::Sagittal => 2,
            Self::Frontal => 0,
        }
    }

    /// What a turn by one radian about `centre` moves a point by, mm.
    fn turn(self, arm: Vector3<f64>) -> Vector3<f64> {
        let mut moved = Vector3::zeros();
        moved[self.axis()] = arm.y;
        moved.y = -arm[self.axis()];
        moved
    }

    /// The part of an arm that lies in the plane.
    fn within(self, arm: Vector3<f64>) -> Vector3<f64> {
        let mut flat = Vector3::zeros();
        flat[self.axis()] = arm[self.axis()];
        flat.y = arm.y;
        flat
    }
}

/// A bone of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bone {
    /// The sacrum, which stands still.
    S1,
    /// The fifth lumbar vertebra.
    L5,
    /// The fourth.
    L4,
    /// The third.
    L3,
    /// The second.
    L2,
    /// The first, with all that it carries.
    L1,
}

impl Bone {
    /// All, from below, with the names that files use.
    pub const ALL: [(&'static str, Self); JOINTS + 1] =
        [("S1", Self::S1), ("L5", Self::L5), ("L4", Self::L4), ("L3", Self::L3), ("L2", Self::L2), ("L1", Self::L1)];

    /// How many joints lie below it.
    pub const fn joints_below(self) -> usize {
        self as usize
    }
}

/// Where a fascicle is fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attachment {
    /// To which bone.
    pub bone: Bone,
    /// Where, mm: +x the patient's right, +y cranial, +z dorsal, from the centre of the L5-S1 joint.
    pub at_mm: Point3<f64>,
}

/// A fascicle of the right side; the left one mirrors it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fascicle {
    /// Its name in the model that it comes from.
    pub name: String,
    /// Its force in a healthy muscle, fully active, N.
    pub max_force_n: f64,
    /// Its lower end.
    pub caudal: Attachment,
    /// Its upper end, which lies on a higher bone.
    pub cranial: Attachment,
}

/// All fascicles of one side, as a profile has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Fascicles {
    /// Their source.
    pub source: Source,
    /// The fascicles of the right side.
    pub right: Vec<Fascicle>,
}

/// How the length of a fascicle changes as the joints turn in a plane, in the neutral pose.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its length, m.
    pub length_m: f64,
    /// ∂L/∂θ, m/rad.
    pub slope_m: PerJoint,
    /// ∂²L/∂θ², m/rad².
    pub curvature_m: Quadratic,
}

impl Fascicle {
    /// The nerve that serves it: the medial branch of the bone that it comes from (Bogduk 1982).
    pub fn branch(&self) -> Bone {
        self.cranial.bone
    }

    /// Whether it crosses that joint.
    pub fn crosses(&self, joint: usize) -> bool {
        (self.caudal.bone.joints_below()..self.cranial.bone.joints_below()).contains(&joint)
    }

    /// Its length with the joints turned in a plane by those angles, mm. Bone by bone from above, so that every turn is
    /// about a centre that has not moved yet.
    pub fn turned_mm(&self, centres_mm: &[Point3<f64>; JOINTS], plane: Plane, angles: &PerJoint) -> f64 {
        let place = |end: Attachment| {
            let mut point = end.at_mm;
            for joint in (0..end.bone.joints_below()).rev() {
                let flat = plane.within(point - centres_mm[joint]);
                point += flat * (math::cos(angles[joint]) - 1.0) + plane.turn(flat) * math::sin(angles[joint]);
            }
            point
        };
        (place(self.cranial) - place(self.caudal)).norm()
    }

    /// How its length changes as joints with those centres turn in a plane.
    pub fn line(&self, centres_mm: &[Point3<f64>; JOINTS], plane: Plane) -> Line {
        let d = self.cranial.at_mm - self.caudal.at_mm;
        let length = d.norm();
        let arm = |joint: usize| self.cranial.at_mm - centres_mm[joint];
        let first = |joint| if self.crosses(joint) { plane.turn(arm(joint)) } else { Vector3::zeros() };
        let slope = PerJoint::from_fn(|joint, _| d.dot(&first(joint)) / length);
        let curvature = Quadratic::from_fn(|i, j| {
            if !(self.crosses(i) && self.crosses(j)) {
                return 0.0;
            }
            let second = -plane.within(arm(i.max(j)));
            (first(i).dot(&first(j)) + d.dot(&second)) / length - slope[i] * slope[j] / length
        });
        Line { length_m: length * 1e-3, slope_m: slope * 1e-3, curvature_m: curvature * 1e-3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fascicle() -> (Fascicle, [Point3<f64>; JOINTS]) {
        let centres = std::array::from_fn(|j| Point3::new(0.0, 30.0 * j as f64, -4.0 + 3.0 * j as f64));
        let caudal = Attachment { bone: Bone::L5, at_mm: Point3::new(17.0, 12.0, 20.0) };
        let cranial = Attachment { bone: Bone::L2, at_mm: Point3::new(3.0, 95.0, 33.0) };
        (Fascicle { name: "f".to_string(), max_force_n: 10.0, caudal, cranial }, centres)
    }

    #[test]
    fn verif_slope_and_curvature_are_those_of_the_length() {
        let (fascicle, centres) = fascicle();
        for plane in Plane::BOTH {
            let line = fascicle.line(&centres, plane);
            let at = |i: usize, di: f64, j: usize, dj: f64| {
                let mut angles = PerJoint::zeros();
                angles[i] += di;
                angles[j] += dj;
                fascicle.turned_mm(&centres, plane, &angles) * 1e-3
            };
            assert!((line.length_m - at(0, 0.0, 0, 0.0)).abs() < 1e-15);
            let h = 1e-4;
            for i in 0..JOINTS {
                let slope = (at(i, h, i, 0.0) - at(i, -h, i, 0.0)) / (2.0 * h);
                assert!((line.slope_m[i] - slope).abs() < 1e-9, "{plane:?} {i}: {} {slope}", line.slope_m[i]);
                for j in 0..JOINTS {
                    let both = at(i, h, j, h) - at(i, h, j, -h) - at(i, -h, j, h) + at(i, -h, j, -h);
                    let second = both / (4.0 * h * h);
                    let found = line.curvature_m[(i, j)];
                    assert!((found - second).abs() < 1e-7, "{plane:?} {i} {j}: {found} {second}");
                    assert_eq!(found, line.curvature_m[(j, i)]);
                }
            }
        }
    }

    #[test]
    fn verif_a_mirrored_fascicle_bends_the_other_way_and_extends_the_same() {
        let (right, centres) = fascicle();
        let mut left = right.clone();
        left.caudal.at_mm.x = -right.caudal.at_mm.x;
        left.cranial.at_mm.x = -right.cranial.at_mm.x;
        let lines = |fascicle: &Fascicle| Plane::BOTH.map(|plane| fascicle.line(&centres, plane));
        let ([of_right, bends_right], [of_left, bends_left]) = (lines(&right), lines(&left));
        assert_eq!(of_right, of_left);
        assert_eq!(bends_right.slope_m, -bends_left.slope_m);
        assert_eq!(bends_right.curvature_m, bends_left.curvature_m);
    }
}
