//! Who the patient is at the start: read from a profile in `assets/patients/`.

use crate::side::BySide;
use crate::source::Figure;

/// One side of a patient's multifidus at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct SideCondition {
    /// Size of the contractile muscle, relative to a healthy one.
    pub size: Figure,
    /// Neural drive that the patient can give it, relative to a healthy one.
    pub drive: Figure,
    /// Arthrogenic inhibition: the share of the drive that the joint's state takes away.
    pub inhibition: Figure,
    /// Fraction of type I fibres.
    pub type_i_fraction: Figure,
    /// Fraction of fat in the cross-section.
    pub fat_fraction: Figure,
}

/// A patient.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientProfile {
    /// What the profile is called.
    pub name: String,
    /// Who it stands for, and what of it is known.
    pub description: String,
    /// The nerve profile: a name in `assets/nerve/` or a file.
    pub nerve: String,
    /// The muscle profile: a name in `assets/muscles/` or a file.
    pub muscle: String,
    /// The adaptation rates: a name in `assets/adaptation/` or a file.
    pub adaptation: String,
    /// The spine: a name in `assets/spine/` or a file; `lumbar` where the profile names none.
    pub spine: String,
    /// The patient's own daily loading of the muscle, relative to a healthy person's.
    pub activity: Figure,
    /// Both sides.
    pub sides: BySide<SideCondition>,
}
