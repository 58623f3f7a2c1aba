//! The numbers of a thing that is picked in the view of the back.

use nalgebra::Vector3;

use crate::device::pulse::{CONTACTS_PER_LEAD, microcoulombs};
use crate::lead::implant::mirrored;
use crate::muscle::body::MuscleCursor;
use crate::record::probe::Quantity;
use crate::sandbox::pulls::{LEVELS, Pulls};
use crate::sandbox::scene::anatomy::Anatomy;
use crate::sandbox::scene::link::Thing;
use crate::sandbox::scene::state::{Role, contact_name};
use crate::sandbox::view::View;
use crate::side::Side;

/// A figure with its name and unit.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Its value with its unit.
    pub value: String,
    /// What it is and where it comes from.
    pub meaning: &'static str,
}

/// What is to be said of a thing.
pub struct Numbers {
    /// Its name.
    pub title: String,
    /// Its figures.
    pub rows: Vec<Row>,
    /// What else is to be known.
    pub note: &'static str,
}

/// A number with three digits that mean something, and no zeros at its end.
pub fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

fn row(name: &'static str, value: String, meaning: &'static str) -> Row {
    Row { name, value, meaning }
}

fn percent(fraction: f64) -> String {
    format!("{} %", short(fraction * 100.0))
}

/// What is to be said of a thing at the cursor, the multifidus working with that part of its strength, 0 to 1.
pub fn numbers(thing: &Thing, view: &View<'_>, effort: f64) -> Numbers {
    match thing {
        Thing::Bone(level) => Numbers { rows: of_level(level, view, effort), ..bone(level) },
        Thing::Generator => generator(view),
        Thing::Lead(side) => lead(view, *side),
        Thing::Contact(side, index) => contact(view, *side, *index),
        Thing::Nerve(side) => nerve(view, *side),
        Thing::Fascicle(side, index) => fascicle(view, *side, *index, effort),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn bone(level: &str) -> Numbers {
    let title = match level {
        "L1" => "First lumbar vertebra, L1",
        "L2" => "Second lumbar vertebra, L2",
        "L3" => "Third lumbar vertebra, L3",
        "L4" => "Fourth lumbar vertebra, L4",
        "L5" => "Fifth lumbar vertebra, L5",
        _ => "Sacrum, S1 and below",
    };
    let note = match level {
        "L2" => "The fascicles from its spinous process are served by the branch that is stimulated.",
        "L3" => "The L2 medial branch crosses the root of its transverse process; the leads lie there.",
        _ => "",
    };
    Numbers { title: title.to_string(), rows: Vec::new(), note }
}

/// What the fascicles from a vertebra pull with, and the moment at the joint below it.
fn of_level(level: &str, view: &View<'_>, effort: f64) -> Vec<Row> {
    let Some((_, bone)) = LEVELS.into_iter().find(|(name, _)| *name == level) else { return Vec::new() };
    let pulls = Pulls::of(&view.session.side(Side::Left), view.session.transport().cursor, effort);
    let force = |side| {
        let pull = pulls.of_level(side, bone);
        format!("{} of {} N", short(pull.force_n()), short(pull.most_n))
    };
    let joint = bone.joints_below() - 1;
    let moment_nm: f64 = Side::BOTH
        .into_iter()
        .map(|side| {
            let (evoked, effort) = pulls.moments_nm(side);
            evoked[joint] + effort[joint]
        })
        .sum();
    let meaning = "Force of the multifidus fascicles from its spinous process now, and the most they could do, N";
    vec![
        row("Left fascicles", force(Side::Left), meaning),
        row("Right fascicles", force(Side::Right), meaning),
        row(
            "Moment below it",
            format!("{} Nm", short(moment_nm)),
            "Extension moment of the multifidus of both sides at the joint below this vertebra, Nm",
        ),
    ]
}

fn generator(view: &View<'_>) -> Numbers {
    let generator = view.session.generator();
    let side = view.session.side(Side::Right);
    let glance = side.at(view.session.transport().cursor);
    let mut cursor = MuscleCursor::new(side.pool);
    let mut read = |quantity| glance.read(quantity, &mut cursor);
    let pulses = Side::BOTH.map(|side| generator.pulses(side).to_string());
    Numbers {
        title: "Pulse generator".to_string(),
        rows: vec![
            row("State", generator.state().name().to_string(), "What the device is doing; its therapy states"),
            row("Battery", format!("{} V", short(read(Quantity::BatteryVolts))), "Voltage of the battery at rest, V"),
            row("Left in it", format!("{} mAh", short(read(Quantity::BatteryLeft))), "Charge that is left, mAh"),
            row("Pulses", format!("{} left, {} right", pulses[0], pulses[1]), "Pulses of therapy since the start"),
            row("Sessions", generator.sessions().to_string(), "Sessions begun since the start"),
        ],
        note: "Where its pocket lies is an assumption.",
    }
}

fn lead(view: &View<'_>, side: Side) -> Numbers {
    let lead = view.session.side(side).lead;
    let (along, across) = lead.faults().migrated_mm();
    Numbers {
        title: format!("{} lead", capital(side.name())),
        rows: vec![
            row("Condition", lead.faults().describe(), "What is wrong with it, if anything is"),
            row(
                "Moved",
                format!("{} mm along, {} mm away", short(along), short(across)),
                "Since the implant: towards its tip, and away from the nerve",
            ),
        ],
        note: "Drawn thicker than it is; its way is an assumption.",
    }
}

fn contact(view: &View<'_>, side: Side, index: usize) -> Numbers {
    let of_side = view.session.side(side);
    let glance = of_side.at(view.session.transport().cursor);
    let mut cursor = MuscleCursor::new(of_side.pool);
    let mut read = |quantity| glance.read(quantity, &mut cursor);
    let program = &of_side.generator.program().sides[side];
    let role = match (program.cathodes.contains(index), program.anodes.contains(index)) {
        (true, _) => Role::Cathode,
        (_, true) => Role::Anode,
        _ => Role::Off,
    };
    let contact = of_side.contacts[index];
    let settled = &of_side.settled(view.session.transport().cursor).1[index];
    let mut rows = vec![
        row("Role", role.name().to_string(), "What it is in the program that the device has"),
        row(
            "Resistance",
            format!("{} kΩ", short(contact.resistance_ohm() / 1e3)),
            "From the generator's terminal to far away in the tissue: conductor, spread and encapsulation, kΩ",
        ),
        row(
            "Delivered",
            format!("{} µC", short(microcoulombs(settled.ledger.delivered_ac))),
            "Charge of stimulating phases since the start, without sign, µC; from the ledger",
        ),
        row(
            "Residual",
            format!("{} µC", short(read(Quantity::ContactResidual(index)))),
            "Charge that is left on it, µC; from the ledger",
        ),
        row(
            "Double layer",
            format!("{} mV", short(read(Quantity::ContactInterface(index)) * 1e3)),
            "Voltage across its double layer now, mV",
        ),
        row("Surface", percent(contact.intact), "What corrosion has left of it"),
    ];
    if index < CONTACTS_PER_LEAD {
        let distance = distance_to_nerve_mm(view, side, index);
        rows.push(row(
            "From the nerve",
            format!("{} mm", short(distance)),
            "From its centre to the axis of the nerve, mm",
        ));
    }
    Numbers { title: capital(&contact_name(side, index)), rows, note: "" }
}

/// Distance of a ring from the axis of the nerve, mm.
fn distance_to_nerve_mm(view: &View<'_>, side: Side, index: usize) -> f64 {
    let profile = &view.session.scenario().nerve;
    let (through, towards) = (mirrored(profile.through_mm, side), mirrored(profile.towards_mm, side));
    let along: Vector3<f64> = (towards - through).normalize();
    let ring = view.session.side(side).nerve.contact_mm(index);
    let from = ring.unwrap_or_else(|| view.session.scenario().implant.contact_mm(side, index)) - through;
    (from - along * from.dot(&along)).norm()
}

fn nerve(view: &View<'_>, side: Side) -> Numbers {
    let nerve = view.session.side(side).nerve;
    let axons = nerve.axons();
    let count = axons.len() as f64;
    Numbers {
        title: format!("{} L2 medial branch", capital(side.name())),
        rows: vec![
            row("Motor axons", axons.len().to_string(), "One for each motor unit"),
            row(
                "Diameters",
                axons.first().zip(axons.last()).map_or_else(String::new, |(thin, thick)| {
                    format!("{} to {} µm", short(thin.diameter_um), short(thick.diameter_um))
                }),
                "Fibre diameters, myelin included, µm",
            ),
            row(
                "Last pulse",
                format!(
                    "{} axons, {}",
                    (nerve.recruited_fraction() * count).round(),
                    percent(nerve.recruited_fraction())
                ),
                "Whom the last pulse fired",
            ),
            row("At most", percent(nerve.recruited_most_fraction()), "The largest share that a pulse has fired"),
        ],
        note: "Its course is derived from bones and published dissections, not measured; drawn thicker than it is.",
    }
}

fn fascicle(view: &View<'_>, side: Side, index: usize, effort: f64) -> Numbers {
    let fascicles = Anatomy::embedded().fascicles();
    let Some(fascicle) = fascicles.get(index) else {
        return Numbers { title: String::new(), rows: Vec::new(), note: "" };
    };
    let length = f64::from((fascicle.cranial_mm - fascicle.caudal_mm).length());
    let mut rows = vec![
        row("From", format!("{}, served by its branch", fascicle.origin), "The vertebra that it comes from"),
        row("Length", format!("{} mm", short(length)), "From end to end in the neutral pose, mm; MyoTorso"),
        row(
            "Strength",
            format!("{} N", short(fascicle.max_force_n.into())),
            "Largest force of this fascicle, N; MyoTorso",
        ),
    ];
    let of_side = view.session.side(side);
    let glance = of_side.at(view.session.transport().cursor);
    let mut cursor = MuscleCursor::new(of_side.pool);
    let mut read = |quantity| glance.read(quantity, &mut cursor);
    let pull = Pulls::of(&of_side, view.session.transport().cursor, effort).of_fascicle(side, &fascicle.name);
    rows.push(row(
        "Its own force",
        format!("{} of {} N", short(pull.force_n()), short(pull.most_n)),
        "What this fascicle pulls with now, and the most it could do unfatigued at its present size, N; those that are \
         stimulated share the force of the motor units by their strength",
    ));
    if effort > 0.0 {
        rows.push(row("Of that by effort", format!("{} N", short(pull.effort_n)), "What the effort adds, N"));
    }
    if fascicle.is_stimulated() {
        let (force, most) = (read(Quantity::Force), read(Quantity::MaxForce));
        rows.push(row(
            "Force of all five",
            format!("{} of {} N", short(force), short(most)),
            "Force of the pool of motor units that the stimulated nerve serves, and what it could do unfatigued, N",
        ));
        rows.push(row("Capacity", percent(read(Quantity::Capacity)), "What fatigue has left of its force"));
    }
    rows.push(row("Size", percent(read(Quantity::Size)), "Of the contractile muscle, relative to a healthy one"));
    rows.push(row("Fat", percent(read(Quantity::Fat)), "Share of the cross-section"));
    let note = match (fascicle.is_stimulated(), effort > 0.0) {
        (true, _) => "",
        (false, false) => "The stimulated nerve does not reach it: it rests here.",
        (false, true) => "The stimulated nerve does not reach it: it works by effort alone.",
    };
    Numbers { title: format!("{} multifidus, {}", capital(side.name()), fascicle.name), rows, note }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_numbers_are_short_and_signed() {
        for (value, text) in [
            (0.0, "0"),
            (1234.5, "1234"),
            (12.34, "12.3"),
            (-0.5, "−0.5"),
            (2.0, "2"),
            (100.0, "100"),
            (0.01234, "0.0123"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn verif_every_bone_has_a_name() {
        for level in ["L1", "L2", "L3", "L4", "L5", "S1"] {
            assert!(bone(level).title.contains(level));
        }
    }
}
