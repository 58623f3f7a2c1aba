//! The figures of a lumbar spine, read from a profile in `assets/spine/`.

use nalgebra::Point3;

use crate::source::{Figure, Source};
use crate::spine::fascicles::{Bone, Fascicles, JOINTS, PerJoint};
use crate::spine::segment::PassiveJoint;
use crate::spine::stability::heights_m;

/// Radians in a degree.
pub const RAD: f64 = std::f64::consts::PI / 180.0;

/// Gravity at the Earth's surface, m/s², by convention (CGPM 1901).
pub const GRAVITY: f64 = 9.806_65;

/// A lumbar spine with its multifidus.
#[derive(Clone, Debug, PartialEq)]
pub struct SpineProfile {
    /// What it is called.
    pub name: String,
    /// What it is, and what of it is known.
    pub description: String,
    /// The centres of the joints in the neutral pose, mm, from L5-S1 up.
    pub joints_mm: [Point3<f64>; JOINTS],
    /// Where they come from.
    pub joints_source: Source,
    /// The top of the first lumbar vertebra, mm above the L5-S1 joint.
    pub column_top_mm: Figure,
    /// The fascicles of the multifidus.
    pub fascicles: Fascicles,
    /// The medial branch that the device stimulates: its fascicles have the force of the motor units.
    pub stimulated: Bone,
    /// Stiffness of a motion segment within its neutral zone, Nm/deg.
    pub neutral_nm_per_deg: Figure,
    /// Its stiffness far outside, Nm/deg.
    pub elastic_nm_per_deg: Figure,
    /// How far the neutral zone reaches in each direction, degrees.
    pub neutral_zone_deg: Figure,
    /// Over how much beyond it the stiffness rises, degrees.
    pub ramp_deg: Figure,
    /// Stiffness of a muscle times its length over its force (q).
    pub muscle_stiffness_q: Figure,
    /// What all other muscles of the trunk add to each joint of a standing person, Nm/rad.
    pub others_nm_per_rad: Figure,
    /// The part of its strength that the multifidus works with in standing.
    pub standing_effort: Figure,
    /// The load on the first lumbar vertebra, N.
    pub load_n: Figure,
    /// Where it lies, mm above the L5-S1 joint.
    pub load_mm: Figure,
    /// How the trunk answers a push.
    pub reflex: ReflexFigures,
    /// What the tests of a clinic look at.
    pub clinic: ClinicFigures,
}

/// How the trunk answers a push.
#[derive(Clone, Debug, PartialEq)]
pub struct ReflexFigures {
    /// Damping of the trunk at the height of its load, N·s/m.
    pub damping_n_s_per_m: Figure,
    /// Force of all reflexes of a healthy person for each metre of displacement there, N/m.
    pub reflex_n_per_m: Figure,
    /// The part of reflexes and of extension strength that is the multifidus, both sides together.
    pub multifidus_share: Figure,
    /// From a load to the muscle that it switches on, ms.
    pub switch_on_ms: Figure,
    /// From a release to the muscle that it shuts off, ms.
    pub shut_off_ms: Figure,
    /// How much later a muscle answers that no drive reaches, ms.
    pub delay_ms: Figure,
    /// From a muscle's electrical answer to its force, ms.
    pub force_lag_ms: Figure,
    /// Time constant of the fall of a force that is shut off, ms.
    pub relaxation_ms: Figure,
    /// The largest extension moment of a healthy person, Nm.
    pub extension_max_nm: Figure,
    /// Displacement beyond which the trunk does not come back by itself, mm.
    pub caught_mm: Figure,
}

/// What the tests of a clinic look at.
#[derive(Clone, Debug, PartialEq)]
pub struct ClinicFigures {
    /// The press on L4 in the prone instability test, N.
    pub press_n: Figure,
    /// A segment that turns by more than this under the press hurts, degrees.
    pub painful_deg: Figure,
    /// The part of its strength that the multifidus works with when both legs are lifted.
    pub leg_lift_effort: Figure,
    /// The same when the opposite arm is lifted.
    pub arm_lift_effort: Figure,
    /// Thickness of a healthy multifidus at rest, mm.
    pub thickness_mm: Figure,
    /// How much thicker it becomes, fully active, as a fraction.
    pub thickening: Figure,
    /// The least thickening that a finger feels, as a fraction.
    pub palpable_fraction: Figure,
}

impl SpineProfile {
    /// The passive part of a joint.
    pub fn passive(&self) -> PassiveJoint {
        PassiveJoint {
            neutral_nm_per_rad: self.neutral_nm_per_deg.value / RAD,
            elastic_nm_per_rad: self.elastic_nm_per_deg.value / RAD,
            neutral_zone_rad: self.neutral_zone_deg.value * RAD,
            ramp_rad: self.ramp_deg.value * RAD,
        }
    }

    /// The heights of the bones above their joints, m, with a load that lies so high.
    pub fn heights_m(&self, load_mm: f64) -> PerJoint {
        heights_m(&self.joints_mm.map(|joint| joint.y), load_mm)
    }

    /// The heights of a point above each joint, m; 0 where it lies below.
    pub fn levers_m(&self, height_mm: f64) -> PerJoint {
        PerJoint::from_fn(|j, _| ((height_mm - self.joints_mm[j].y) * 1e-3).max(0.0))
    }

    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 27] {
        let Self { reflex, clinic, .. } = self;
        [
            ("column_top_mm", &self.column_top_mm),
            ("neutral_nm_per_deg", &self.neutral_nm_per_deg),
            ("elastic_nm_per_deg", &self.elastic_nm_per_deg),
            ("neutral_zone_deg", &self.neutral_zone_deg),
            ("ramp_deg", &self.ramp_deg),
            ("muscle_stiffness_q", &self.muscle_stiffness_q),
            ("others_nm_per_rad", &self.others_nm_per_rad),
            ("standing_effort", &self.standing_effort),
            ("load_n", &self.load_n),
            ("load_mm", &self.load_mm),
            ("damping_n_s_per_m", &reflex.damping_n_s_per_m),
            ("reflex_n_per_m", &reflex.reflex_n_per_m),
            ("multifidus_share", &reflex.multifidus_share),
            ("switch_on_ms", &reflex.switch_on_ms),
            ("shut_off_ms", &reflex.shut_off_ms),
            ("delay_ms", &reflex.delay_ms),
            ("force_lag_ms", &reflex.force_lag_ms),
            ("relaxation_ms", &reflex.relaxation_ms),
            ("extension_max_nm", &reflex.extension_max_nm),
            ("caught_mm", &reflex.caught_mm),
            ("press_n", &clinic.press_n),
            ("painful_deg", &clinic.painful_deg),
            ("leg_lift_effort", &clinic.leg_lift_effort),
            ("arm_lift_effort", &clinic.arm_lift_effort),
            ("thickness_mm", &clinic.thickness_mm),
            ("thickening", &clinic.thickening),
            ("palpable_fraction", &clinic.palpable_fraction),
        ]
    }
}
