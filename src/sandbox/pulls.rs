//! What each fascicle of the multifidus pulls with at an instant, and what that comes to by level: for the panels and
//! for the view of the back.
//!
//! Stimulation pulls by the motor units of one branch; an effort that a person chooses in the window pulls on all of
//! them. The effort is a question, never part of the simulation: nothing of it is in a command or in the digest.

use crate::record::probe::SideView;
use crate::side::{BySide, Side};
use crate::spine::fascicles::{Bone, Fascicle, JOINTS, PerJoint};
use crate::spine::{MuscleNow, Spine, Standing};
use crate::time::SimTime;

/// The bones that fascicles come from, from above; a branch has the number of its bone.
pub const LEVELS: [(&str, Bone); 5] =
    [("L1", Bone::L1), ("L2", Bone::L2), ("L3", Bone::L3), ("L4", Bone::L4), ("L5", Bone::L5)];

/// The joints that have probes of their moment, from above, with their places in [`PerJoint`].
pub const MOMENTS: [(&str, usize); JOINTS - 1] = [("L2-3", 3), ("L3-4", 2), ("L4-5", 1), ("L5-S1", 0)];

/// What a fascicle or several pull with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pull {
    /// By stimulation, N.
    pub evoked_n: f64,
    /// What the effort adds, N.
    pub effort_n: f64,
    /// What they could do unfatigued at their present size, N.
    pub most_n: f64,
}

impl Pull {
    /// All of it, N.
    pub fn force_n(&self) -> f64 {
        self.evoked_n + self.effort_n
    }

    /// All of it as a part of the most, 0 to 1.
    pub fn fraction(&self) -> f64 {
        if self.most_n > 0.0 { (self.force_n() / self.most_n).clamp(0.0, 1.0) } else { 0.0 }
    }

    fn and(self, other: Self) -> Self {
        Self {
            evoked_n: self.evoked_n + other.evoked_n,
            effort_n: self.effort_n + other.effort_n,
            most_n: self.most_n + other.most_n,
        }
    }
}

/// The multifidus of both sides at an instant.
#[derive(Clone, Debug)]
pub struct Pulls<'a> {
    spine: &'a Spine,
    muscles: BySide<MuscleNow>,
    effort: f64,
}

impl<'a> Pulls<'a> {
    /// The multifidus at an instant that is not before a last volley, working with that part of its strength, 0 to 1.
    pub fn of(view: &SideView<'a>, at: SimTime, effort: f64) -> Self {
        Self { spine: view.spine, muscles: view.muscles_at(at), effort }
    }

    /// The spine.
    pub fn spine(&self) -> &'a Spine {
        self.spine
    }

    /// What each fascicle of a side pulls with, in the order of the profile.
    pub fn of_fascicles(&self, side: Side) -> impl Iterator<Item = (&'a Fascicle, Pull)> {
        let muscle = &self.muscles[side];
        let (evoked_n, all_n) = (self.spine.forces_n(muscle, 0.0), self.spine.forces_n(muscle, self.effort));
        let size = muscle.size;
        let pull = move |(fascicle, (evoked_n, all_n)): (&'a Fascicle, (f64, f64))| {
            let most_n = fascicle.max_force_n * size;
            (fascicle, Pull { evoked_n, effort_n: all_n - evoked_n, most_n })
        };
        self.spine.profile().fascicles.right.iter().zip(evoked_n.into_iter().zip(all_n)).map(pull)
    }

    /// What the fascicle of that name pulls with; nothing where the spine has none.
    pub fn of_fascicle(&self, side: Side, name: &str) -> Pull {
        self.of_fascicles(side).find(|(fascicle, _)| fascicle.name == name).map_or(Pull::default(), |(_, pull)| pull)
    }

    /// What the fascicles pull with together that the branch of that bone serves.
    pub fn of_level(&self, side: Side, bone: Bone) -> Pull {
        let of_bone = self.of_fascicles(side).filter(|(fascicle, _)| fascicle.branch() == bone);
        of_bone.fold(Pull::default(), |sum, (_, pull)| sum.and(pull))
    }

    /// The extension moment of a side at each joint by stimulation, and what the effort adds, Nm.
    pub fn moments_nm(&self, side: Side) -> (PerJoint, PerJoint) {
        let muscle = &self.muscles[side];
        let [evoked, all] =
            [0.0, self.effort].map(|effort| self.spine.moments_nm(&self.spine.forces_n(muscle, effort)));
        (evoked, all - evoked)
    }

    /// The column of the person standing at ease, stimulated as it is now; the effort chosen has no part in it.
    pub fn standing(&self) -> Standing {
        self.spine.standing(&self.muscles)
    }
}
