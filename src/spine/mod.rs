//! The spine: what the multifidus does for it. Segments, muscles and load become stability; a push and the tests of a
//! clinic read it.
//!
//! Nothing here has a state of its own: the spine is what the profile, the muscles' slow states and the force of the
//! motor units make it at an instant.

pub mod clinic;
pub mod fascicles;
pub mod profile;
pub mod reflex;
pub mod segment;
pub mod stability;

use bevy::ecs::component::Component;
use std::sync::Arc;

use crate::adaptation::multifidus::Multifidus;
use crate::muscle::body::{Muscle, MuscleCursor};
use crate::side::{BySide, Side};
use crate::spine::fascicles::{JOINTS, Line, PerJoint, Plane, Quadratic};
use crate::spine::profile::SpineProfile;
use crate::time::SimTime;

/// What the spine sees of the multifidus on one side at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MuscleNow {
    /// Size of the contractile muscle, relative to a healthy one; it holds for all fascicles of the side.
    pub size: f64,
    /// Neural drive, relative to a healthy one.
    pub drive: f64,
    /// Arthrogenic inhibition, 0 to 1.
    pub inhibition: f64,
    /// Fraction of fat in the cross-section.
    pub fat_fraction: f64,
    /// Force of the stimulated motor units, N.
    pub evoked_n: f64,
}

impl MuscleNow {
    /// A healthy muscle at rest.
    pub const HEALTHY: Self = Self { size: 1.0, drive: 1.0, inhibition: 0.0, fat_fraction: 0.0, evoked_n: 0.0 };

    /// What motor units and slow states are at an instant that is not before the last volley; neither is touched.
    pub fn of(pool: &Muscle, multifidus: &Multifidus, at: SimTime) -> Self {
        let mut cursor = MuscleCursor::new(pool);
        cursor.go_to(at, pool);
        let state = multifidus.state();
        Self {
            size: state.size,
            drive: state.drive,
            inhibition: state.inhibition,
            fat_fraction: state.fat_fraction,
            evoked_n: cursor.force_n(pool),
        }
    }

    /// The part of a command or a reflex that reaches the muscle: the drive, but no more than inhibition leaves.
    /// Ours: the slow drive follows inhibition by weeks, a joint inhibits at once.
    pub fn reach(&self) -> f64 {
        self.drive.min(1.0 - self.inhibition).max(0.0)
    }

    /// The same muscle with all of the drive and no inhibition.
    pub fn uninhibited(self) -> Self {
        Self { drive: 1.0, inhibition: 0.0, ..self }
    }
}

/// What the column carries, and what works beside the multifidus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posture {
    /// The part of its strength that the multifidus works with, 0 to 1.
    pub effort: f64,
    /// What other muscles add to each joint, Nm/rad.
    pub others_nm_per_rad: f64,
    /// The load on top, N.
    pub load_n: f64,
}

/// The column of a standing person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The smallest eigenvalue of its stiffness against flexion and extension, Nm/rad: negative where it would fall.
    pub stability_nm_per_rad: f64,
    /// The load at which it would buckle there, N.
    pub buckling_load_n: f64,
}

/// A lumbar spine with its multifidus.
#[derive(Clone, Debug, Component)]
pub struct Spine {
    profile: Arc<SpineProfile>,
    /// The fascicles' lines in each plane, of the right side.
    lines: [Vec<Line>; 2],
    /// Force of the stimulated fascicles of a healthy side, N.
    stimulated_n: f64,
}

impl Spine {
    /// The spine of a profile.
    pub fn new(profile: Arc<SpineProfile>) -> Self {
        let fascicles = &profile.fascicles.right;
        let line = |plane| fascicles.iter().map(|fascicle| fascicle.line(&profile.joints_mm, plane)).collect();
        let of_branch = fascicles.iter().filter(|fascicle| fascicle.branch() == profile.stimulated);
        let stimulated_n = of_branch.map(|fascicle| fascicle.max_force_n).sum();
        Self { lines: Plane::BOTH.map(line), stimulated_n, profile }
    }

    /// Its figures.
    pub fn profile(&self) -> &SpineProfile {
        &self.profile
    }

    /// Force of the stimulated fascicles of a healthy side, N.
    pub fn stimulated_n(&self) -> f64 {
        self.stimulated_n
    }

    /// The fascicles' lines in a plane, of the right side; the left one mirrors them.
    pub fn lines(&self, plane: Plane) -> &[Line] {
        &self.lines[plane as usize]
    }

    /// The stimulated fascicles of a side in a back that is bent forward by that much, evenly over all joints: the
    /// force of each, N, and how many times as long it is as in the neutral pose.
    pub fn stretches(&self, flexion_rad: f64) -> Vec<(f64, f64)> {
        let SpineProfile { fascicles, joints_mm, stimulated, .. } = &*self.profile;
        // Extension is positive.
        let angles = PerJoint::repeat(-flexion_rad / JOINTS as f64);
        let length_mm =
            |fascicle: &fascicles::Fascicle, angles: &PerJoint| fascicle.turned_mm(joints_mm, Plane::Sagittal, angles);
        let of_branch = fascicles.right.iter().filter(|fascicle| fascicle.branch() == *stimulated);
        let stretch = |fascicle| length_mm(fascicle, &angles) / length_mm(fascicle, &PerJoint::zeros());
        of_branch.map(|fascicle| (fascicle.max_force_n, stretch(fascicle))).collect()
    }

    /// The force of each fascicle of a side, N. The stimulated ones share the evoked force by their strength; what
    /// stimulation leaves of a fascicle works with the effort, as far as that reaches it.
    pub fn forces_n(&self, muscle: &MuscleNow, effort: f64) -> Vec<f64> {
        let force_n = |fascicle: &fascicles::Fascicle| {
            let is_stimulated = fascicle.branch() == self.profile.stimulated && self.stimulated_n > 0.0;
            let share = if is_stimulated { fascicle.max_force_n / self.stimulated_n } else { 0.0 };
            let evoked_n = muscle.evoked_n * share;
            let left_n = (fascicle.max_force_n * muscle.size - evoked_n).max(0.0);
            evoked_n + effort * muscle.reach() * left_n
        };
        self.profile.fascicles.right.iter().map(force_n).collect()
    }

    /// The extension moment of fascicles of one side with those forces at each joint, Nm.
    pub fn moments_nm(&self, forces_n: &[f64]) -> PerJoint {
        let lines = self.lines(Plane::Sagittal).iter();
        lines.zip(forces_n).fold(PerJoint::zeros(), |sum, (line, &force_n)| sum - line.slope_m * force_n)
    }

    /// The extension moment of the stimulated fascicles of one side at each joint, Nm, at a force of the motor units.
    pub fn evoked_moments_nm(&self, evoked_n: f64) -> PerJoint {
        let muscle = MuscleNow { evoked_n, ..MuscleNow::HEALTHY };
        self.moments_nm(&self.forces_n(&muscle, 0.0))
    }

    /// What the multifidus adds to the stiffness of the joints, Nm/rad. Both sides count alike: a mirrored line has the
    /// same curvature and the same square of its slope.
    pub fn muscle_stiffness(&self, muscles: &BySide<MuscleNow>, plane: Plane, effort: f64) -> Quadratic {
        let [left, right] = Side::BOTH.map(|side| self.forces_n(&muscles[side], effort));
        let both = left.iter().zip(&right).map(|(left, right)| left + right);
        stability::muscle(self.lines(plane).iter().zip(both), self.profile.muscle_stiffness_q.value)
    }

    /// The stiffness of the joints in the neutral pose without what the load takes, Nm/rad.
    pub fn unloaded(&self, muscles: &BySide<MuscleNow>, plane: Plane, posture: Posture) -> Quadratic {
        let each = self.profile.passive().stiffness_nm_per_rad(0.0) + posture.others_nm_per_rad;
        Quadratic::identity() * each + self.muscle_stiffness(muscles, plane, posture.effort)
    }

    /// The stiffness of the joints in the neutral pose, Nm/rad.
    pub fn stiffness(&self, muscles: &BySide<MuscleNow>, plane: Plane, posture: Posture) -> Quadratic {
        self.unloaded(muscles, plane, posture) + stability::load(&self.load_heights_m(), posture.load_n)
    }

    /// Upright, at ease.
    pub fn upright(&self) -> Posture {
        Posture {
            effort: self.profile.standing_effort.value,
            others_nm_per_rad: self.profile.others_nm_per_rad.value,
            load_n: self.profile.load_n.value,
        }
    }

    /// The column of the person, standing.
    pub fn standing(&self, muscles: &BySide<MuscleNow>) -> Standing {
        let unloaded = self.unloaded(muscles, Plane::Sagittal, self.upright());
        let heights_m = self.load_heights_m();
        let loaded = unloaded + stability::load(&heights_m, self.profile.load_n.value);
        Standing {
            stability_nm_per_rad: stability::smallest_eigenvalue(loaded),
            buckling_load_n: stability::buckling_load_n(&unloaded, &heights_m),
        }
    }

    /// The load at which the column alone buckles, loaded on top of the first lumbar vertebra, N.
    pub fn bare_buckling_load_n(&self) -> f64 {
        let each = self.profile.passive().stiffness_nm_per_rad(0.0);
        let heights_m = self.profile.heights_m(self.profile.column_top_mm.value);
        stability::buckling_load_n(&(Quadratic::identity() * each), &heights_m)
    }

    /// The least q at which the multifidus of both sides, fully active, holds the column that it compresses by itself:
    /// without segments, other muscles and load, in flexion and extension.
    pub fn critical_q(&self) -> Option<f64> {
        let both = self.profile.fascicles.right.iter().map(|fascicle| 2.0 * fascicle.max_force_n);
        let pull = |q| stability::muscle(self.lines(Plane::Sagittal).iter().zip(both.clone()), q);
        let without = pull(0.0);
        stability::critical_q(&without, &(pull(1.0) - without))
    }

    fn load_heights_m(&self) -> PerJoint {
        self.profile.heights_m(self.profile.load_mm.value)
    }

    /// How much of all fascicles that cross a joint is active by stimulation, 0 to 1.
    fn evoked_activity(&self, muscle: &MuscleNow, joint: usize) -> f64 {
        assert!(joint < JOINTS);
        let forces_n = self.forces_n(muscle, 0.0);
        let crossing =
            self.profile.fascicles.right.iter().zip(forces_n).filter(|(fascicle, _)| fascicle.crosses(joint));
        let (evoked_n, all_n) =
            crossing.fold((0.0, 0.0), |(evoked_n, all_n), (fascicle, n)| (evoked_n + n, all_n + fascicle.max_force_n));
        let all_n = all_n * muscle.size;
        if all_n > 0.0 { (evoked_n / all_n).min(1.0) } else { 0.0 }
    }
}
