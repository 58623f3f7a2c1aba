//! The points that the view of the back is built on, read from `assets/anatomy_points.csv`.
//!
//! The frame is that of the simulation: +x the patient's right, +y cranial, +z dorsal, in millimetres from the centre
//! of the L5-S1 joint. Bevy's axes are the same, so that a camera on +z sees the back as a surgeon does.

use std::sync::LazyLock;

use bevy::math::Vec3;
use serde::Deserialize;

use crate::side::Side;

/// The vertebrae that are drawn, from above.
pub const LEVELS: [&str; 5] = ["L1", "L2", "L3", "L4", "L5"];

/// How many fascicles of the multifidus are drawn on each side.
pub const FASCICLES: usize = 25;

/// The level whose medial branch is stimulated: the fascicles from its spinous process have this origin.
pub const STIMULATED: &str = "L2";

/// A row of the file.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    name: String,
    x_mm: f32,
    y_mm: f32,
    z_mm: f32,
    max_force_n: Option<f32>,
}

impl Row {
    fn at(&self) -> Vec3 {
        Vec3::new(self.x_mm, self.y_mm, self.z_mm)
    }
}

/// A fascicle of the multifidus on the patient's right; the left one mirrors it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fascicle {
    /// Its name in the MyoTorso model, such as `m2t.1`.
    pub name: String,
    /// The vertebra that it comes from, whose medial branch serves it.
    pub origin: &'static str,
    /// Where it comes from: lamina or spinous process, mm.
    pub cranial_mm: Vec3,
    /// Where it goes to: mamillary process, sacrum or ilium, mm.
    pub caudal_mm: Vec3,
    /// Its largest force, N.
    pub max_force_n: f32,
}

impl Fascicle {
    /// Whether the stimulated nerve serves it.
    pub fn is_stimulated(&self) -> bool {
        self.origin == STIMULATED
    }
}

/// The midline corners of a vertebral body and the tips of the processes, on the right where there are two; mm.
#[derive(Clone, Copy, Debug)]
pub struct VertebraPoints {
    /// Upper front corner.
    pub ant_sup: Vec3,
    /// Upper back corner.
    pub post_sup: Vec3,
    /// Lower front corner.
    pub ant_inf: Vec3,
    /// Lower back corner.
    pub post_inf: Vec3,
    /// Tip of the spinous process.
    pub spinous_tip: Vec3,
    /// Tip of the transverse process.
    pub transverse_tip: Vec3,
}

/// All points.
#[derive(Clone, Debug)]
pub struct Anatomy {
    rows: Vec<Row>,
}

impl Anatomy {
    /// Those that are built in.
    pub fn embedded() -> Self {
        let text = include_str!("../../../assets/anatomy_points.csv");
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let rows = reader.deserialize().collect::<Result<_, _>>().expect("a built-in file; a test reads it");
        Self { rows }
    }

    /// A point on the midline or on the patient's right, mm.
    pub fn point(&self, name: &str) -> Vec3 {
        let row = self.rows.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| panic!("the built-in points have no {name}")).at()
    }

    /// The points of a lumbar vertebra.
    pub fn vertebra(&self, level: &str) -> VertebraPoints {
        let of = |part: &str| self.point(&format!("{level}_{part}"));
        VertebraPoints {
            ant_sup: of("body_ant_sup"),
            post_sup: of("body_post_sup"),
            ant_inf: of("body_ant_inf"),
            post_inf: of("body_post_inf"),
            spinous_tip: of("spinous_process_tip"),
            transverse_tip: of("transverse_process_tip"),
        }
    }

    /// The fascicles of the multifidus of one side, in the order of the file.
    pub fn fascicles(&self) -> Vec<Fascicle> {
        let fascicle = |row: &Row| {
            let name = row.name.strip_suffix(" caudal")?;
            let origin = LEVELS.into_iter().find(|level| name[1..].starts_with(&level[1..]))?;
            Some(Fascicle {
                name: name.to_string(),
                origin,
                cranial_mm: self.point(&format!("{name} cranial")),
                caudal_mm: row.at(),
                max_force_n: row.max_force_n?,
            })
        };
        self.rows.iter().filter_map(fascicle).collect()
    }

    /// The names of the fascicles, in the order of the file; read once.
    pub fn fascicle_names() -> &'static [String] {
        static NAMES: LazyLock<Vec<String>> =
            LazyLock::new(|| Anatomy::embedded().fascicles().into_iter().map(|fascicle| fascicle.name).collect());
        &NAMES
    }

    /// The way of the L2 medial branch on the right, from the foramen to where it enters the muscle, mm.
    pub fn nerve(&self) -> [Vec3; 6] {
        [
            "dorsal_ramus_exit",
            "dorsal_ramus_bifurcation",
            "medial_branch_at_L3_TP_SAP_junction",
            "medial_branch_under_MAL",
            "medial_branch_lamina",
            "medial_branch_motor_entry",
        ]
        .map(|part| self.point(&format!("L2_{part}")))
    }
}

/// A point given for the patient's right, on that side.
pub fn on(side: Side, right: Vec3) -> Vec3 {
    match side {
        Side::Right => right,
        Side::Left => Vec3::new(-right.x, right.y, right.z),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_built_in_points_are_a_back() {
        let anatomy = Anatomy::embedded();
        let fascicles = anatomy.fascicles();
        assert_eq!(fascicles.len(), FASCICLES);
        let stimulated: Vec<&str> =
            fascicles.iter().filter(|fascicle| fascicle.is_stimulated()).map(|fascicle| &*fascicle.name).collect();
        assert_eq!(stimulated, ["m2.laminar", "m2s", "m2t.1", "m2t.2", "m2t.3"]);
        for fascicle in &fascicles {
            assert!(fascicle.caudal_mm.y < fascicle.cranial_mm.y, "{} goes down", fascicle.name);
            assert!(fascicle.caudal_mm.x > fascicle.cranial_mm.x, "{} goes to the side", fascicle.name);
        }
        for pair in LEVELS.windows(2) {
            let (upper, lower) = (anatomy.vertebra(pair[0]), anatomy.vertebra(pair[1]));
            assert!(upper.post_inf.y > lower.post_sup.y, "a disc lies between {} and {}", pair[0], pair[1]);
            assert!(upper.spinous_tip.z > upper.post_sup.z && upper.post_sup.z > upper.ant_sup.z);
        }
        assert!(anatomy.nerve().windows(2).all(|pair| pair[1].y < pair[0].y), "the nerve runs down");
    }

    /// The first contact of the right lead lies at the junction that the nerve crosses, 3 mm from it.
    #[test]
    fn val_nerve_and_lead_share_their_frame() {
        let junction = Anatomy::embedded().point("L2_medial_branch_at_L3_TP_SAP_junction");
        assert!((junction - Vec3::new(17.0, 88.8, 12.1)).length() < 1e-4);
        assert_eq!(on(Side::Left, junction).x, -17.0);
    }
}
