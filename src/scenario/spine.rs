//! Reading the profiles in `assets/spine/`.

use std::path::Path;

use nalgebra::Point3;

use crate::scenario::profiles::{figure, point_of, read_version, source, text};
use crate::scenario::reader::{Fields, Node};
use crate::source::Source;
use crate::spine::fascicles::{Attachment, Bone, Fascicle, Fascicles, JOINTS};
use crate::spine::profile::{ClinicFigures, ReflexFigures, SpineProfile};

/// The most fascicles of a side (ours): four times those of the built-in spine.
const MOST_FASCICLES: usize = 100;

/// A spine.
pub fn read_spine(node: Node<'_>, _folder: &Path) -> SpineProfile {
    let fields = node.fields("Spine");
    read_version(&fields);
    let joints_mm = read_joints(&fields);
    let top = figure(&fields, "column_top_mm", 1.0..=1000.0, "mm");
    let load_mm = figure(&fields, "load_mm", 1.0..=1000.0, "mm");
    for (name, height) in [("column_top_mm", top.value), ("load_mm", load_mm.value)] {
        if height <= joints_mm[JOINTS - 1].y {
            fields.owner().problem(format!("{name} is {height}, which is not above the L1-2 joint"));
        }
    }
    let neutral = figure(&fields, "neutral_nm_per_deg", 0.001..=100.0, "Nm/deg");
    let elastic = figure(&fields, "elastic_nm_per_deg", 0.001..=1000.0, "Nm/deg");
    if elastic.value < neutral.value {
        let (elastic, neutral) = (elastic.value, neutral.value);
        let problem = format!("elastic_nm_per_deg is {elastic}, which is less than neutral_nm_per_deg, {neutral}");
        fields.owner().problem(problem);
    }
    SpineProfile {
        name: text(&fields, "name"),
        description: text(&fields, "description"),
        joints_mm,
        joints_source: read_source(&fields, "joints_source"),
        column_top_mm: top,
        fascicles: read_fascicles(&fields),
        stimulated: read_bone(&fields, "stimulated").unwrap_or(Bone::L2),
        neutral_nm_per_deg: neutral,
        elastic_nm_per_deg: elastic,
        neutral_zone_deg: figure(&fields, "neutral_zone_deg", 0.0..=30.0, "degrees"),
        ramp_deg: figure(&fields, "ramp_deg", 0.01..=30.0, "degrees"),
        muscle_stiffness_q: figure(&fields, "muscle_stiffness_q", 0.0..=1000.0, ""),
        others_nm_per_rad: figure(&fields, "others_nm_per_rad", 0.0..=1e5, "Nm/rad"),
        standing_effort: figure(&fields, "standing_effort", 0.0..=1.0, ""),
        load_n: figure(&fields, "load_n", 1.0..=1e4, "N"),
        load_mm,
        reflex: read_reflex(&part(&fields, "reflex", "Reflex")),
        clinic: read_clinic(&part(&fields, "clinic", "Clinic")),
    }
}

/// A struct within the profile.
fn part<'a>(fields: &Fields<'a>, name: &'static str, kind: &'static str) -> Fields<'a> {
    fields.required(name).map_or_else(|| Fields::absent(fields.owner()), |node| node.fields(kind))
}

fn read_source(fields: &Fields<'_>, name: &'static str) -> Source {
    let fields = fields.required(name).map(|node| node.fields("Source"));
    fields.map_or(Source::Ours(String::new()), |fields| source(&fields))
}

fn read_bone(fields: &Fields<'_>, name: &'static str) -> Option<Bone> {
    fields.required(name)?.choice(&Bone::ALL)
}

/// The centres of the joints, each above the one before.
fn read_joints(fields: &Fields<'_>) -> [Point3<f64>; JOINTS] {
    let any = std::array::from_fn(|j| Point3::new(0.0, 30.0 * j as f64, 0.0));
    let Some(node) = fields.required("joints_mm") else { return any };
    let points: Vec<_> = node.list().into_iter().map(point_of).collect();
    let Ok(joints) = <[_; JOINTS]>::try_from(points) else {
        node.wrong("expected five joints, from L5-S1 up to L1-2");
        return any;
    };
    if joints.windows(2).any(|pair| pair[1].y <= pair[0].y) {
        node.problem("each joint must lie above the one before it: y rises");
        return any;
    }
    joints
}

fn read_fascicles(fields: &Fields<'_>) -> Fascicles {
    let source = read_source(fields, "fascicles_source");
    let Some(node) = fields.required("fascicles") else { return Fascicles { source, right: Vec::new() } };
    let list = node.list();
    if list.is_empty() || list.len() > MOST_FASCICLES {
        node.problem(format!("found {} fascicles; a side has 1 to {MOST_FASCICLES}", list.len()));
    }
    Fascicles { source, right: list.into_iter().filter_map(read_fascicle).collect() }
}

fn read_fascicle(node: Node<'_>) -> Option<Fascicle> {
    let fields = node.fields("Fascicle");
    let name = text(&fields, "name");
    let force = fields.required("max_force_n").map(|node| node.number(&(0.0..=1e4), "N"));
    let end = |name| {
        let fields = part(&fields, name, "Attachment");
        let (bone, at) = (read_bone(&fields, "bone"), fields.required("at_mm").map(point_of));
        Some(Attachment { bone: bone?, at_mm: at? })
    };
    let (caudal, cranial) = (end("caudal"), end("cranial"));
    let (caudal, cranial) = (caudal?, cranial?);
    if caudal.bone >= cranial.bone {
        node.problem("the cranial end must be on a higher bone than the caudal one");
        return None;
    }
    if (cranial.at_mm - caudal.at_mm).norm() < 1.0 {
        node.problem("the ends are less than 1 mm apart");
        return None;
    }
    Some(Fascicle { name, max_force_n: force?, caudal, cranial })
}

fn read_reflex(fields: &Fields<'_>) -> ReflexFigures {
    let late = |name| figure(fields, name, 0.0..=1000.0, "ms");
    // An answer takes at least a step of the method that follows the trunk.
    let answers = |name| figure(fields, name, 1.0..=1000.0, "ms");
    ReflexFigures {
        damping_n_s_per_m: figure(fields, "damping_n_s_per_m", 0.0..=1e5, "N·s/m"),
        reflex_n_per_m: figure(fields, "reflex_n_per_m", 0.0..=1e5, "N/m"),
        multifidus_share: figure(fields, "multifidus_share", 0.0..=1.0, ""),
        switch_on_ms: answers("switch_on_ms"),
        shut_off_ms: answers("shut_off_ms"),
        delay_ms: late("delay_ms"),
        force_lag_ms: late("force_lag_ms"),
        relaxation_ms: answers("relaxation_ms"),
        extension_max_nm: figure(fields, "extension_max_nm", 1.0..=1e4, "Nm"),
        caught_mm: figure(fields, "caught_mm", 1.0..=1000.0, "mm"),
    }
}

fn read_clinic(fields: &Fields<'_>) -> ClinicFigures {
    let fraction = |name| figure(fields, name, 0.0..=1.0, "");
    ClinicFigures {
        press_n: figure(fields, "press_n", 0.0..=1000.0, "N"),
        painful_deg: figure(fields, "painful_deg", 0.0..=90.0, "degrees"),
        leg_lift_effort: fraction("leg_lift_effort"),
        arm_lift_effort: fraction("arm_lift_effort"),
        thickness_mm: figure(fields, "thickness_mm", 1.0..=100.0, "mm"),
        thickening: figure(fields, "thickening", 0.0..=5.0, ""),
        palpable_fraction: fraction("palpable_fraction"),
    }
}
