//! What a clinic does to tell how the multifidus works: a sudden load, a sudden release, the prone instability test,
//! the multifidus lift test, ultrasound. Each reads the patient as he is and changes nothing.
//!
//! How far the tests are from the patient's own: a trunk is one mass that bends evenly; all but the multifidus is
//! healthy; pain is a segment that turns too far; thickening goes with activation (Kiesel 2007 found r = 0.79).

use nalgebra::{SMatrix, SVector};
use serde::Serialize;

use crate::math;
use crate::side::{BySide, Side};
use crate::spine::fascicles::{Bone, JOINTS, PerJoint, Plane, Quadratic};
use crate::spine::profile::{GRAVITY, RAD};
use crate::spine::reflex::{Excursion, ReflexArc, STEP_S, Trunk, excursion};
use crate::spine::stability::{push_stiffness_n_per_m, smallest_eigenvalue};
use crate::spine::{MuscleNow, Posture, Spine};

/// A test of the clinic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClinicTest {
    /// The patient holds against a pull of so many N at the chest, which is suddenly gone.
    SuddenRelease(f64),
    /// The patient stands at ease, and is suddenly pulled forward at the chest by so many N.
    SuddenLoad(f64),
    /// The examiner presses on L4, the patient prone: relaxed, then with both legs lifted.
    ProneInstability,
    /// The patient, prone, lifts the opposite arm; the examiner feels the multifidus swell.
    MultifidusLift,
    /// The thickness of the multifidus at L4-5: at rest, with the opposite arm lifted, and as stimulation makes it now.
    Ultrasound,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "test", rename_all = "snake_case")]
pub enum Finding {
    /// See [`ClinicTest::SuddenRelease`].
    SuddenRelease(Pushed),
    /// See [`ClinicTest::SuddenLoad`].
    SuddenLoad(Pushed),
    /// See [`ClinicTest::ProneInstability`].
    ProneInstability(Pressed),
    /// See [`ClinicTest::MultifidusLift`].
    MultifidusLift(Felt),
    /// See [`ClinicTest::Ultrasound`].
    Ultrasound(Seen),
}

/// The trunk after a sudden load or release.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pushed {
    /// The load that came or went, N.
    pub push_n: f64,
    /// When the left multifidus answers, ms: it switches on, or after a release shuts off; none where it does not.
    pub left_ms: Option<f64>,
    /// The same on the right.
    pub right_ms: Option<f64>,
    /// How far the trunk moves, mm; none where it is not caught.
    pub excursion_mm: Option<f64>,
    /// When it is there, ms.
    pub peak_ms: Option<f64>,
    /// How far it would move if nothing kept the drive from the multifidus, mm.
    pub uninhibited_mm: Option<f64>,
    /// How far it would move without any reflex, mm.
    pub without_reflex_mm: Option<f64>,
}

/// Segments under the examiner's press.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pressed {
    /// The largest turn of a segment with the muscles relaxed, degrees; none where the column does not hold.
    pub relaxed_deg: Option<f64>,
    /// The same with both legs lifted.
    pub active_deg: Option<f64>,
    /// It hurts relaxed, and no longer hurts with the legs lifted.
    pub positive: bool,
}

/// What a finger feels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Felt {
    /// By what fraction the left multifidus becomes thicker.
    pub left_thickening: f64,
    /// The same on the right.
    pub right_thickening: f64,
    /// Whether that is felt on the left.
    pub left_palpable: bool,
    /// Whether it is felt on the right.
    pub right_palpable: bool,
}

/// What ultrasound shows, mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// Left, at rest.
    pub left_rest_mm: f64,
    /// Left, with the opposite arm lifted.
    pub left_contracted_mm: f64,
    /// Left, as stimulation makes it now.
    pub left_stimulated_mm: f64,
    /// Right, at rest.
    pub right_rest_mm: f64,
    /// Right, with the opposite arm lifted.
    pub right_contracted_mm: f64,
    /// Right, as stimulation makes it now.
    pub right_stimulated_mm: f64,
}

impl Finding {
    /// The name of its test, as results have it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SuddenRelease(_) => "sudden_release",
            Self::SuddenLoad(_) => "sudden_load",
            Self::ProneInstability(_) => "prone_instability",
            Self::MultifidusLift(_) => "multifidus_lift",
            Self::Ultrasound(_) => "ultrasound",
        }
    }
}

impl ClinicTest {
    /// Does it.
    pub fn examine(self, spine: &Spine, muscles: &BySide<MuscleNow>) -> Finding {
        match self {
            Self::SuddenRelease(push_n) => Finding::SuddenRelease(push(spine, muscles, push_n, true)),
            Self::SuddenLoad(push_n) => Finding::SuddenLoad(push(spine, muscles, push_n, false)),
            Self::ProneInstability => Finding::ProneInstability(press(spine, muscles)),
            Self::MultifidusLift => Finding::MultifidusLift(feel(spine, muscles)),
            Self::Ultrasound => Finding::Ultrasound(look(spine, muscles)),
        }
    }
}

/// When the multifidus of a side answers what a healthy one answers after `healthy_ms`; none if nothing reaches it.
fn answer_ms(spine: &Spine, muscle: &MuscleNow, healthy_ms: f64) -> Option<f64> {
    let reach = muscle.reach();
    let answers = reach > 0.0 && muscle.size > 0.0;
    answers.then(|| healthy_ms + spine.profile().reflex.delay_ms.value * (1.0 - reach))
}

fn push(spine: &Spine, muscles: &BySide<MuscleNow>, push_n: f64, is_release: bool) -> Pushed {
    let reflex = &spine.profile().reflex;
    let healthy_ms = if is_release { reflex.shut_off_ms.value } else { reflex.switch_on_ms.value };
    let moved = |muscles: &BySide<MuscleNow>, has_reflex| {
        let trunk = trunk(spine, muscles, push_n, is_release);
        let limit_m = reflex.caught_mm.value * 1e-3;
        let arcs = if has_reflex { arcs(spine, muscles, is_release) } else { Vec::new() };
        if is_release {
            let holding = holding(spine, muscles);
            excursion(trunk, &arcs, |at_s| -push_n * still_held(&holding, at_s), limit_m, STEP_S)
        } else {
            excursion(trunk, &arcs, |_| push_n, limit_m, STEP_S)
        }
    };
    let far_mm = |excursion: Option<Excursion>| excursion.map(|excursion| excursion.far_m * 1e3);
    let excursion = moved(muscles, true);
    let uninhibited = BySide { left: muscles.left.uninhibited(), right: muscles.right.uninhibited() };
    Pushed {
        push_n,
        left_ms: answer_ms(spine, &muscles.left, healthy_ms),
        right_ms: answer_ms(spine, &muscles.right, healthy_ms),
        excursion_mm: far_mm(excursion),
        peak_ms: excursion.map(|excursion| excursion.at_s * 1e3),
        uninhibited_mm: far_mm(moved(&uninhibited, true)),
        without_reflex_mm: far_mm(moved(muscles, false)),
    }
}

/// The trunk at the height of its load: at ease, or working against the pull that will be released.
fn trunk(spine: &Spine, muscles: &BySide<MuscleNow>, push_n: f64, is_release: bool) -> Trunk {
    let profile = spine.profile();
    let upright = spine.upright();
    // Nobody works with more than all of it.
    let working = (push_n * profile.load_mm.value * 1e-3 / profile.reflex.extension_max_nm.value).min(1.0);
    let effort = if is_release { working.max(upright.effort) } else { upright.effort };
    let stiffness = spine.stiffness(muscles, Plane::Sagittal, Posture { effort, ..upright });
    Trunk {
        mass_kg: profile.load_n.value / GRAVITY,
        stiffness_n_per_m: push_stiffness_n_per_m(&stiffness, &profile.levers_m(profile.load_mm.value)),
        damping_n_s_per_m: profile.reflex.damping_n_s_per_m.value,
    }
}

/// The reflexes against a displacement. After a load those of the back answer, the multifidus as it can; after a
/// release those of the belly, which are healthy.
fn arcs(spine: &Spine, muscles: &BySide<MuscleNow>, is_release: bool) -> Vec<ReflexArc> {
    let reflex = &spine.profile().reflex;
    let (all, lag_ms) = (reflex.reflex_n_per_m.value, reflex.force_lag_ms.value);
    let healthy_ms = reflex.switch_on_ms.value;
    let share = if is_release { 0.0 } else { reflex.multifidus_share.value };
    let arc = |part: f64, ms: f64| ReflexArc { gain_n_per_m: all * part, delay_s: (ms + lag_ms) * 1e-3 };
    let of_side = |side| {
        let muscle: &MuscleNow = &muscles[side];
        let ms = answer_ms(spine, muscle, healthy_ms)?;
        Some(arc(share / 2.0 * muscle.size * muscle.reach(), ms))
    };
    let mut sides: Vec<ReflexArc> = Side::BOTH.into_iter().filter_map(of_side).collect();
    // The order of the sum is that of time, whichever side is first.
    sides
        .sort_by(|a, b| (a.delay_s, a.gain_n_per_m).partial_cmp(&(b.delay_s, b.gain_n_per_m)).expect("finite figures"));
    let mut arcs = vec![arc(1.0 - share, healthy_ms)];
    arcs.extend(sides);
    arcs
}

/// The muscles that held against the pull: their parts of it, when their force begins to fall, s, and how fast, 1/s.
fn holding(spine: &Spine, muscles: &BySide<MuscleNow>) -> Vec<[f64; 3]> {
    let reflex = &spine.profile().reflex;
    let (share, healthy_ms) = (reflex.multifidus_share.value, reflex.shut_off_ms.value);
    let falls_per_s = 1e3 / reflex.relaxation_ms.value;
    let part = |part: f64, ms: f64| [part, (ms + reflex.force_lag_ms.value) * 1e-3, falls_per_s];
    let of_side = |side| {
        let muscle: &MuscleNow = &muscles[side];
        let ms = answer_ms(spine, muscle, healthy_ms)?;
        Some(part((share / 2.0 * muscle.size * muscle.reach()).min(0.5), ms))
    };
    let mut sides: Vec<[f64; 3]> = Side::BOTH.into_iter().filter_map(of_side).collect();
    sides.sort_by(|a, b| (a[1], a[0]).partial_cmp(&(b[1], b[0])).expect("finite figures"));
    let multifidus: f64 = sides.iter().map(|[part, ..]| part).sum();
    let mut holding = vec![part(1.0 - multifidus, healthy_ms)];
    holding.extend(sides);
    holding
}

/// The part of the force that is still there.
fn still_held(holding: &[[f64; 3]], at_s: f64) -> f64 {
    let left = |&[part, from_s, falls_per_s]: &[f64; 3]| part * math::exp(-falls_per_s * (at_s - from_s).max(0.0));
    holding.iter().map(left).sum()
}

fn press(spine: &Spine, muscles: &BySide<MuscleNow>) -> Pressed {
    let clinic = &spine.profile().clinic;
    let rested = BySide::new(|side| MuscleNow { evoked_n: 0.0, ..muscles[side] });
    let turned_deg = |effort| {
        let muscle = spine.muscle_stiffness(&rested, Plane::Sagittal, effort);
        turned_rad(spine, &muscle).map(|angles| angles.abs().max() / RAD)
    };
    let (relaxed_deg, active_deg) = (turned_deg(0.0), turned_deg(clinic.leg_lift_effort.value));
    let painful_deg = clinic.painful_deg.value;
    let hurts = relaxed_deg.is_some_and(|deg| deg > painful_deg);
    let eases = active_deg.is_some_and(|deg| deg <= painful_deg);
    Pressed { relaxed_deg, active_deg, positive: hurts && eases }
}

/// The most steps of Newton's method. Ours: the stiffness is made of straight pieces, and a few are enough.
const MOST_STEPS: usize = 60;

/// How joints turn under the press, the sacrum fixed and the chest on the table; none where they do not hold.
///
/// The chest's rest is a condition Σ lever·θ = 0 with a force that keeps it, so that each step of Newton's method
/// solves for six numbers.
fn turned_rad(spine: &Spine, muscle: &Quadratic) -> Option<PerJoint> {
    type Bordered = SMatrix<f64, 6, 6>;
    let profile = spine.profile();
    let (passive, chest_m) = (profile.passive(), profile.levers_m(profile.load_mm.value));
    let pressed = Bone::L4.joints_below();
    let middle_mm = (profile.joints_mm[pressed - 1].y + profile.joints_mm[pressed].y) / 2.0;
    let moments_nm = profile.levers_m(middle_mm) * -profile.clinic.press_n.value;
    let mut angles = PerJoint::zeros();
    let mut rest_n = 0.0;
    for _ in 0..MOST_STEPS {
        let mut matrix = Bordered::zeros();
        let mut short = SVector::<f64, 6>::zeros();
        let by_muscle = muscle * angles;
        for i in 0..JOINTS {
            (0..JOINTS).for_each(|j| matrix[(i, j)] = muscle[(i, j)]);
            matrix[(i, i)] += passive.stiffness_nm_per_rad(angles[i]);
            (matrix[(i, JOINTS)], matrix[(JOINTS, i)]) = (chest_m[i], chest_m[i]);
            short[i] = moments_nm[i] - passive.moment_nm(angles[i]) - by_muscle[i] - rest_n * chest_m[i];
        }
        short[JOINTS] = -chest_m.dot(&angles);
        let step = matrix.lu().solve(&short)?;
        angles += step.fixed_rows::<JOINTS>(0);
        rest_n += step[JOINTS];
        if step.fixed_rows::<JOINTS>(0).abs().max() < 1e-13 {
            let held = Quadratic::from_fn(|i, j| matrix[(i, j)]);
            return (smallest_eigenvalue(held) > 0.0).then_some(angles);
        }
    }
    None
}

/// By what fraction the multifidus becomes thicker with so much of it active: fat does not contract.
fn thickening(spine: &Spine, muscle: &MuscleNow, active: f64) -> f64 {
    spine.profile().clinic.thickening.value * active * (1.0 - muscle.fat_fraction)
}

fn feel(spine: &Spine, muscles: &BySide<MuscleNow>) -> Felt {
    let clinic = &spine.profile().clinic;
    let lifted = BySide::new(|side| {
        let muscle = &muscles[side];
        let active = if muscle.size > 0.0 { clinic.arm_lift_effort.value * muscle.reach() } else { 0.0 };
        thickening(spine, muscle, active)
    });
    let palpable = BySide::new(|side| lifted[side] >= clinic.palpable_fraction.value);
    Felt {
        left_thickening: lifted.left,
        right_thickening: lifted.right,
        left_palpable: palpable.left,
        right_palpable: palpable.right,
    }
}

fn look(spine: &Spine, muscles: &BySide<MuscleNow>) -> Seen {
    const IMAGED: usize = 1;
    let clinic = &spine.profile().clinic;
    let side = |side| {
        let muscle: &MuscleNow = &muscles[side];
        // A muscle grows in both directions of its cross-section.
        let rest_mm = clinic.thickness_mm.value * muscle.size.max(0.0).sqrt();
        let active = [clinic.arm_lift_effort.value * muscle.reach(), spine.evoked_activity(muscle, IMAGED)];
        let [lifted_mm, stimulated_mm] = active.map(|active| rest_mm * (1.0 + thickening(spine, muscle, active)));
        [rest_mm, lifted_mm, stimulated_mm]
    };
    let [left_rest_mm, left_contracted_mm, left_stimulated_mm] = side(Side::Left);
    let [right_rest_mm, right_contracted_mm, right_stimulated_mm] = side(Side::Right);
    Seen {
        left_rest_mm,
        left_contracted_mm,
        left_stimulated_mm,
        right_rest_mm,
        right_contracted_mm,
        right_stimulated_mm,
    }
}
