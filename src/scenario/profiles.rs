//! Reading the profiles in `assets/`: every figure with its range and its source.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use nalgebra::Point3;

use crate::adaptation::multifidus::AdaptationRates;
use crate::adaptation::patient::{PatientProfile, SideCondition};
use crate::device::profile::Range;
use crate::lead::implant::ImplantProfile;
use crate::muscle::choice::Choice;
use crate::muscle::length::Sarcomeres;
use crate::muscle::potentiation::PotentiationProfile;
use crate::muscle::profile::{MuscleProfile, UnitCurve};
use crate::nerve::profile::{AfferentProfile, NerveProfile, Spectrum};
use crate::nerve::sampled::SampledField;
use crate::nerve::tissue::Shape;
use crate::nerve::volley::MAX_UNITS;
use crate::scenario::force::read_choice;
use crate::scenario::library::read_named;
use crate::scenario::reader::{Fields, Node};
use crate::side::BySide;
use crate::source::{Figure, Source};

/// The spine of a patient whose profile names none.
pub(super) const DEFAULT_SPINE: &str = "lumbar";

/// The version of the file formats that this program reads.
pub const VERSION: u64 = 1;

/// Checks the version of a file.
pub fn read_version(fields: &Fields<'_>) {
    if let Some(node) = fields.required("version") {
        node.integer(&(VERSION..=VERSION));
    }
}

pub(super) fn text(fields: &Fields<'_>, name: &'static str) -> String {
    fields.required(name).map(|node| node.text()).unwrap_or_default()
}

pub(super) fn source(fields: &Fields<'_>) -> Source {
    let nothing = Source::Ours(String::new());
    let Some(node) = fields.required("source") else { return nothing };
    if let Some((name, inner)) = node.newtype(&["Published", "Recalled", "Ours"]) {
        let words = inner.text();
        return match name {
            "Published" => Source::Published(words),
            "Recalled" => Source::Recalled(words),
            _ => Source::Ours(words),
        };
    }
    let Some((name, fields)) = node.variant(&["Published", "Recalled", "Ours", "Hypothesis"]) else { return nothing };
    if name != "Hypothesis" {
        node.wrong(format!("expected {}", node.syntax().show_newtype(name, "where it comes from")));
        return nothing;
    }
    let cv = fields.required("cv").map_or(0.0, |node| node.number(&(0.0..=10.0), ""));
    Source::Hypothesis { cv, why: text(&fields, "why") }
}

pub(super) fn figure(fields: &Fields<'_>, name: &'static str, allowed: RangeInclusive<f64>, unit: &str) -> Figure {
    let Some(node) = fields.required(name) else { return Figure::ours(*allowed.start()) };
    figure_of(node, allowed, unit)
}

fn figure_of(node: Node<'_>, allowed: RangeInclusive<f64>, unit: &str) -> Figure {
    let fields = node.fields("Figure");
    let value = fields.required("value").map_or(*allowed.start(), |node| node.number(&allowed, unit));
    Figure { value, source: source(&fields) }
}

fn optional_figure(
    fields: &Fields<'_>,
    name: &'static str,
    allowed: RangeInclusive<f64>,
    unit: &str,
) -> Option<Figure> {
    fields.optional(name).map(|node| figure_of(node, allowed, unit))
}

pub(super) fn range(fields: &Fields<'_>, name: &'static str, allowed: RangeInclusive<f64>, unit: &str) -> Range {
    let nothing = Range { min: 0.0, max: 0.0, step: 1.0, source: Source::Ours(String::new()) };
    let Some(node) = fields.required(name) else { return nothing };
    let fields = node.fields("Range");
    let number = |name| fields.required(name).map_or(*allowed.start(), |node| node.number(&allowed, unit));
    let (min, max) = (number("min"), number("max"));
    let smallest = 1e-6_f64;
    let step = fields.required("step").map_or(1.0, |node| node.number(&(smallest..=allowed.end().max(1.0)), unit));
    if min > max {
        node.problem(format!("min is {min}, which is more than max, {max}"));
    }
    Range { min, max, step, source: source(&fields) }
}

fn point(fields: &Fields<'_>, name: &'static str) -> Point3<f64> {
    fields.required(name).map_or(Point3::origin(), point_of)
}

pub(super) fn point_of(node: Node<'_>) -> Point3<f64> {
    let numbers: Vec<f64> = node.list().iter().map(|n| n.number(&(-1000.0..=1000.0), "mm")).collect();
    match numbers[..] {
        [x, y, z] => Point3::new(x, y, z),
        _ => {
            node.wrong("expected a point, [x, y, z] in mm");
            Point3::origin()
        }
    }
}

/// The leads.
pub fn read_implant(node: Node<'_>, folder: &Path) -> ImplantProfile {
    let fields = node.fields("Implant");
    read_version(&fields);
    let mut contacts_mm = [Point3::origin(); 4];
    if let Some(node) = fields.required("contacts_mm") {
        let points: Vec<_> = node.list().into_iter().map(point_of).collect();
        match <[_; 4]>::try_from(points) {
            Ok(points) => contacts_mm = points,
            Err(points) => node.problem(format!("found {} contacts; a lead has 4", points.len())),
        }
    }
    let contacts_source = fields.required("contacts_source").map(|node| node.fields("Source"));
    let shape = fields.optional("contact_shape").and_then(|node| node.choice(&Shape::NAMES));
    ImplantProfile {
        name: text(&fields, "name"),
        description: text(&fields, "description"),
        contact_length_mm: figure(&fields, "contact_length_mm", 0.1..=50.0, "mm"),
        contact_diameter_mm: figure(&fields, "contact_diameter_mm", 0.05..=10.0, "mm"),
        conductor_ohm: figure(&fields, "conductor_ohm", 0.0..=1e5, "Ω"),
        case_ohm: figure(&fields, "case_ohm", 0.1..=1e5, "Ω"),
        contact_shape: shape.unwrap_or(Shape::Ring),
        tissue_s_per_m: figure(&fields, "tissue_s_per_m", 0.001..=10.0, "S/m"),
        tissue_along_s_per_m: optional_figure(&fields, "tissue_along_s_per_m", 0.001..=10.0, "S/m"),
        field: fields.optional("field").and_then(|node| read_field(&node, folder)),
        case_cm2: figure(&fields, "case_cm2", 0.01..=1000.0, "cm²"),
        double_layer_uf_per_cm2: figure(&fields, "double_layer_uf_per_cm2", 0.1..=1e5, "µF/cm²"),
        transfer_ms_per_cm2: figure(&fields, "transfer_ms_per_cm2", 0.0..=1e3, "mS/cm²"),
        transfer_cathodic_ms_per_ma: figure(&fields, "transfer_cathodic_ms_per_ma", 0.0..=1e3, "mS/mA"),
        transfer_anodic_ms_per_ma: figure(&fields, "transfer_anodic_ms_per_ma", 0.0..=1e3, "mS/mA"),
        transfer_levelling_ms_cm2_per_ma2: figure(
            &fields,
            "transfer_levelling_ms_cm2_per_ma2",
            0.0..=1e3,
            "mS·cm²/mA²",
        ),
        encapsulation_ohm: figure(&fields, "encapsulation_ohm", 0.0..=1e5, "Ω"),
        encapsulation_threshold: figure(&fields, "encapsulation_threshold", 0.0..=10.0, ""),
        encapsulation_days: figure(&fields, "encapsulation_days", 0.1..=1e4, "days"),
        contacts_mm,
        contacts_source: contacts_source.map_or(Source::Ours(String::new()), |fields| source(&fields)),
    }
}

/// A field of the leads that was computed elsewhere.
fn read_field(node: &Node<'_>, folder: &Path) -> Option<Arc<SampledField>> {
    let (file, text) = read_named(node, folder)?;
    match SampledField::from_text(&file, &text) {
        Ok(field) => Some(Arc::new(field)),
        Err(problems) => {
            node.adopt(problems);
            None
        }
    }
}

/// The diameters that the axon is known for, µm.
const DIAMETERS_UM: RangeInclusive<f64> = 5.7..=16.0;

fn spectrum(fields: &Fields<'_>) -> Spectrum {
    let limit = |name| figure(fields, name, DIAMETERS_UM, "µm").value;
    let (smallest, largest) = (limit("smallest_um"), limit("largest_um"));
    if smallest > largest {
        fields.owner().problem(format!("smallest_um is {smallest}, which is more than largest_um, {largest}"));
    }
    Spectrum {
        mean_um: figure(fields, "diameter_mean_um", DIAMETERS_UM, "µm"),
        sd_um: figure(fields, "diameter_sd_um", 0.0..=10.0, "µm"),
        limits_um: (smallest, largest),
    }
}

/// A nerve.
pub fn read_nerve(node: Node<'_>, _folder: &Path) -> NerveProfile {
    let fields = node.fields("Nerve");
    read_version(&fields);
    let (through_mm, towards_mm) = (point(&fields, "through_mm"), point(&fields, "towards_mm"));
    if (towards_mm - through_mm).norm() < 1e-3 {
        fields.owner().problem("through_mm and towards_mm are the same point; a nerve needs a direction");
    }
    let course_source = fields.required("course_source").map(|node| node.fields("Source"));
    let afferents = fields.optional("afferents").map(|node| {
        let fields = node.fields("Afferents");
        let count = figure(&fields, "count", 0.0..=MAX_UNITS as f64, "axons");
        if count.value.fract() != 0.0 {
            fields.owner().problem(format!("count is {}; allowed are whole numbers", count.value));
        }
        AfferentProfile { count, spectrum: spectrum(&fields) }
    });
    NerveProfile {
        name: text(&fields, "name"),
        description: text(&fields, "description"),
        through_mm,
        towards_mm,
        course_source: course_source.map_or(Source::Ours(String::new()), |fields| source(&fields)),
        radius_mm: figure(&fields, "radius_mm", 0.0..=5.0, "mm"),
        motor: spectrum(&fields),
        afferents,
        refractory_ms: figure(&fields, "refractory_ms", 0.0..=100.0, "ms"),
        threshold_noise: optional_figure(&fields, "threshold_noise", 0.0..=0.2, "").unwrap_or(Figure::ours(0.0)),
    }
}

/// A muscle.
pub fn read_muscle(node: Node<'_>, _folder: &Path) -> MuscleProfile {
    let fields = node.fields("Muscle");
    read_version(&fields);
    let units = fields.required("units").map(|node| node.fields("Units"));
    let count = units.as_ref().and_then(|fields| fields.required("value"));
    MuscleProfile {
        name: text(&fields, "name"),
        description: text(&fields, "description"),
        units: count.map_or(2, |node| node.integer(&(2..=MAX_UNITS as u64)) as usize),
        units_source: units.as_ref().map_or(Source::Ours(String::new()), source),
        max_force_n: figure(&fields, "max_force_n", 0.0..=1e5, "N"),
        force_range: figure(&fields, "force_range", 1.001..=1e4, ""),
        contraction_time_range: figure(&fields, "contraction_time_range", 1.001..=100.0, ""),
        slowest_contraction_ms: figure(&fields, "slowest_contraction_ms", 5.0..=500.0, "ms"),
        unit_curve: fields
            .required("unit_curve")
            .and_then(|node| node.choice(&UnitCurve::ALL))
            .unwrap_or(UnitCurve::Potvin2017),
        fatigue_rate_per_s: figure(&fields, "fatigue_rate_per_s", 0.0..=1.0, "1/s"),
        fatigue_range: figure(&fields, "fatigue_range", 1.001..=1e4, ""),
        fatigue_slowing: figure(&fields, "fatigue_slowing", 0.0..=5.0, ""),
        recovery_ratio: figure(&fields, "recovery_ratio", 0.5..=1e9, ""),
        type_i_fraction: figure(&fields, "type_i_fraction", 0.0..=0.95, ""),
        type_i_slowness: figure(&fields, "type_i_slowness", 1.0..=5.0, ""),
        potentiation: fields.optional("potentiation").map(|node| {
            let fields = node.fields("Potentiation");
            PotentiationProfile {
                most: figure(&fields, "most", 0.0..=5.0, ""),
                per_firing: figure(&fields, "per_firing", 0.0..=1.0, ""),
                decay_s: figure(&fields, "decay_s", 0.1..=1e4, "s"),
            }
        }),
        sarcomeres: fields.optional("sarcomeres").map(|node| {
            let fields = node.fields("Sarcomeres");
            Sarcomeres {
                neutral_um: figure(&fields, "neutral_um", 1.5..=4.0, "µm"),
                optimal_um: figure(&fields, "optimal_um", 1.5..=4.0, "µm"),
            }
        }),
        model: read_choice(&fields, &Choice::Pool),
    }
}

/// Rates of adaptation.
pub fn read_adaptation(node: Node<'_>, _folder: &Path) -> AdaptationRates {
    let fields = node.fields("Adaptation");
    read_version(&fields);
    let days = |name| figure(&fields, name, 0.1..=1e5, "days");
    let fraction = |name| figure(&fields, name, 0.0..=1.0, "");
    AdaptationRates {
        name: text(&fields, "name"),
        description: text(&fields, "description"),
        atrophy_days: days("atrophy_days"),
        growth_days: days("growth_days"),
        min_size: fraction("min_size"),
        max_size: figure(&fields, "max_size", 1.0..=2.0, ""),
        growth_threshold: figure(&fields, "growth_threshold", 0.0..=0.99, ""),
        drive_days: days("drive_days"),
        drive_without_use: fraction("drive_without_use"),
        release_days: days("release_days"),
        relapse_days: days("relapse_days"),
        dose_reference_s: figure(&fields, "dose_reference_s", 0.1..=86_400.0, "s"),
        dose_use: fraction("dose_use"),
        type_i_days: days("type_i_days"),
        type_i_continuous: fraction("type_i_continuous"),
        fat_gain_per_year: fraction("fat_gain_per_year"),
        fat_loss_per_year: fraction("fat_loss_per_year"),
    }
}

/// A patient.
pub fn read_patient(fields: &Fields<'_>) -> PatientProfile {
    read_version(fields);
    let side = |node: Node<'_>| {
        let fields = node.fields("Side");
        SideCondition {
            size: figure(&fields, "size", 0.05..=2.0, ""),
            drive: figure(&fields, "drive", 0.0..=1.0, ""),
            inhibition: figure(&fields, "inhibition", 0.0..=1.0, ""),
            type_i_fraction: figure(&fields, "type_i_fraction", 0.0..=1.0, ""),
            fat_fraction: figure(&fields, "fat_fraction", 0.0..=1.0, ""),
        }
    };
    let nothing = || SideCondition {
        size: Figure::ours(1.0),
        drive: Figure::ours(1.0),
        inhibition: Figure::ours(0.0),
        type_i_fraction: Figure::ours(0.5),
        fat_fraction: Figure::ours(0.0),
    };
    let (both, left, right) = (fields.optional("both"), fields.optional("left"), fields.optional("right"));
    let sides = match (both, left, right) {
        (Some(node), None, None) => {
            let both = side(node);
            BySide { left: both.clone(), right: both }
        }
        (None, Some(left), Some(right)) => BySide { left: side(left), right: side(right) },
        _ => {
            fields.owner().problem("expected either both, or left and right");
            BySide::new(|_| nothing())
        }
    };
    PatientProfile {
        name: text(fields, "name"),
        description: text(fields, "description"),
        nerve: text(fields, "nerve"),
        muscle: text(fields, "muscle"),
        adaptation: text(fields, "adaptation"),
        spine: fields.optional("spine").map_or(DEFAULT_SPINE.to_string(), |node| node.text()),
        activity: figure(fields, "activity", 0.0..=2.0, ""),
        sides,
    }
}
