//! Probes: the quantities that can be recorded, each with its unit in its name.

use std::cell::OnceCell;

use bevy::ecs::component::Component;
use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;

use crate::adaptation::multifidus::Multifidus;
use crate::device::battery::Battery;
use crate::device::generator::PulseGenerator;
use crate::device::pulse::{CONTACT_NAMES, microcoulombs};
use crate::lead::conductor::{Lead, TERMINALS};
use crate::lead::contact::Contact;
use crate::lead::looks::Look;
use crate::muscle::body::{Muscle, MuscleCursor};
use crate::nerve::bundle::Nerve;
use crate::scenario::reader::closest;
use crate::side::{BySide, Side};
use crate::sim::PatientEntities;
use crate::spine::{MuscleNow, Spine, Standing};
use crate::time::SimTime;

/// What a probe of a side measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Force of the muscle, N.
    Force,
    /// Force that the muscle could make in full tetanus without fatigue, N.
    MaxForce,
    /// Capacity that fatigue has left, as a fraction.
    Capacity,
    /// Motor units that the last pulse fired, as a fraction.
    Recruited,
    /// Afferents that the last pulse fired, as a fraction; 0 where the nerve has none.
    Afferents,
    /// Pulses since the start.
    Pulses,
    /// Amplitude that the program has now, mA.
    Amplitude,
    /// Charge commanded in stimulating phases since the start, µC.
    Commanded,
    /// Charge delivered in them, µC.
    Delivered,
    /// Charge left on the cathodes, µC.
    Residual,
    /// Force-time integral since the start, N·s.
    Impulse,
    /// Size of the muscle, relative to a healthy one.
    Size,
    /// Neural drive, relative to a healthy one.
    Drive,
    /// Arthrogenic inhibition, as a fraction.
    Inhibition,
    /// Voluntary strength, relative to a healthy one: size times drive.
    Strength,
    /// Fraction of type I fibres.
    TypeI,
    /// Fraction of fat.
    Fat,
    /// Force of one motor unit, N; counted from 0.
    UnitForce(usize),
    /// Charge left on one contact, µC.
    ContactResidual(usize),
    /// Voltage across the double layer of one contact, V.
    ContactInterface(usize),
    /// Current out of the generator's outputs, mA, cathodic negative.
    Current,
    /// Voltage between the cathodes' and the anodes' outputs, V.
    Load,
    /// Voltage of the battery at rest, V; of the device, as the next ones.
    BatteryVolts,
    /// Charge that the battery has left, mAh.
    BatteryLeft,
    /// How far the device's clock is ahead, s.
    ClockAhead,
    /// What the device is doing: the place in the list of its states, from 0.
    DeviceState,
    /// Extension moment of the stimulated fascicles at that joint, Nm; joints count from L5-S1 up, from 0.
    Moment(usize),
    /// The smallest eigenvalue of the standing spine's stiffness, Nm/rad; of the spine, as the next one.
    Stability,
    /// The load at which the standing spine would buckle, N.
    BucklingLoad,
}

/// The quantities of a side with their names, which carry the unit.
const QUANTITIES: [(&str, Quantity); 23] = [
    ("current_ma", Quantity::Current),
    ("load_v", Quantity::Load),
    ("force_n", Quantity::Force),
    ("max_force_n", Quantity::MaxForce),
    ("capacity_fraction", Quantity::Capacity),
    ("recruited_fraction", Quantity::Recruited),
    ("afferents_fraction", Quantity::Afferents),
    ("pulses_count", Quantity::Pulses),
    ("amplitude_ma", Quantity::Amplitude),
    ("commanded_uc", Quantity::Commanded),
    ("delivered_uc", Quantity::Delivered),
    ("residual_uc", Quantity::Residual),
    ("impulse_n_s", Quantity::Impulse),
    ("size_fraction", Quantity::Size),
    ("drive_fraction", Quantity::Drive),
    ("inhibition_fraction", Quantity::Inhibition),
    ("strength_fraction", Quantity::Strength),
    ("type_i_fraction", Quantity::TypeI),
    ("fat_fraction", Quantity::Fat),
    ("moment_l2_3_nm", Quantity::Moment(3)),
    ("moment_l3_4_nm", Quantity::Moment(2)),
    ("moment_l4_5_nm", Quantity::Moment(1)),
    ("moment_l5_s1_nm", Quantity::Moment(0)),
];

/// The quantities of the device, which has no side.
const OF_DEVICE: [(&str, Quantity); 4] = [
    ("battery_v", Quantity::BatteryVolts),
    ("battery_mah", Quantity::BatteryLeft),
    ("clock_ahead_s", Quantity::ClockAhead),
    ("state_code", Quantity::DeviceState),
];

/// The quantities of the spine, which has no side.
const OF_SPINE: [(&str, Quantity); 2] =
    [("stability_nm_per_rad", Quantity::Stability), ("buckling_load_n", Quantity::BucklingLoad)];

/// A quantity of the contact of that index.
type OfContact = fn(usize) -> Quantity;

/// The quantities of a contact.
const OF_CONTACT: [(&str, OfContact); 2] =
    [("residual_uc", Quantity::ContactResidual), ("interface_v", Quantity::ContactInterface)];

/// One column of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its name, such as `left.force_n`.
    pub name: String,
    /// The side.
    pub side: Side,
    /// What it measures.
    pub quantity: Quantity,
}

impl Probe {
    /// The names of all probes of a side, with stand-ins for those that carry a number or a contact.
    pub fn names() -> impl Iterator<Item = &'static str> {
        QUANTITIES.iter().map(|(name, _)| *name).chain(["unit_1.force_n", "E0.residual_uc", "E0.interface_v"])
    }

    /// Every probe of both sides, of the device and of the spine, but for those of single motor units.
    pub fn all() -> Vec<Self> {
        let of_contacts = CONTACT_NAMES.iter().enumerate().flat_map(|(index, contact)| {
            OF_CONTACT.iter().map(move |(name, of_contact)| (format!("{contact}.{name}"), of_contact(index)))
        });
        let of_side = QUANTITIES.iter().map(|(name, quantity)| (name.to_string(), *quantity)).chain(of_contacts);
        let of_sides = of_side.flat_map(|(name, quantity)| {
            Side::BOTH.map(|side| Self { name: format!("{}.{name}", side.name()), side, quantity })
        });
        let without_side = |owner: &'static str, list: &'static [(&str, Quantity)]| {
            list.iter().map(move |(name, quantity)| Self {
                name: format!("{owner}.{name}"),
                side: Side::Left,
                quantity: *quantity,
            })
        };
        of_sides.chain(without_side("device", &OF_DEVICE)).chain(without_side("spine", &OF_SPINE)).collect()
    }

    /// The names of all probes of the device.
    pub fn device_names() -> impl Iterator<Item = &'static str> {
        OF_DEVICE.iter().map(|(name, _)| *name)
    }

    /// The names of all probes of the spine.
    pub fn spine_names() -> impl Iterator<Item = &'static str> {
        OF_SPINE.iter().map(|(name, _)| *name)
    }

    /// Whether it is of a side: then it has trains.
    pub fn has_side(&self) -> bool {
        !(self.name.starts_with("device.") || self.name.starts_with("spine."))
    }

    /// Reads a name such as `left.force_n`, `right.unit_120.force_n` or `left.E0.residual_uc`, for a pool of so many
    /// units.
    ///
    /// # Errors
    /// What is allowed, and the closest name.
    pub fn parse(name: &str, units: usize) -> Result<Self, String> {
        let wrong = || {
            let of_sides =
                Side::BOTH.iter().flat_map(|side| Self::names().map(move |q| format!("{}.{q}", side.name())));
            let of_device = Self::device_names().map(|q| format!("device.{q}"));
            let of_spine = Self::spine_names().map(|q| format!("spine.{q}"));
            let all: Vec<String> = of_sides.chain(of_device).chain(of_spine).collect();
            let names: Vec<&str> = all.iter().map(String::as_str).collect();
            let hint = closest(name, &names).map_or(String::new(), |close| format!("did you mean \"{close}\"? "));
            format!(
                "{hint}a probe is left or right, a dot, and one of {}; or device, a dot, and one of {}; or spine, a \
                 dot, and one of {}",
                Self::names().collect::<Vec<_>>().join(", "),
                Self::device_names().collect::<Vec<_>>().join(", "),
                Self::spine_names().collect::<Vec<_>>().join(", ")
            )
        };
        for (owner, list) in [("device.", &OF_DEVICE[..]), ("spine.", &OF_SPINE[..])] {
            if let Some(rest) = name.strip_prefix(owner) {
                let (_, quantity) = list.iter().find(|(known, _)| *known == rest).ok_or_else(wrong)?;
                return Ok(Self { name: name.to_string(), side: Side::Left, quantity: *quantity });
            }
        }
        let (side, rest) = name.split_once('.').ok_or_else(wrong)?;
        let side = Side::BOTH.into_iter().find(|s| s.name() == side).ok_or_else(wrong)?;
        let named = QUANTITIES.iter().find(|(known, _)| *known == rest).map(|(_, quantity)| *quantity);
        let quantity = match (named, rest.split_once('.')) {
            (Some(quantity), _) => quantity,
            (None, Some((unit, "force_n"))) => {
                let digits = unit.strip_prefix("unit_").ok_or_else(wrong)?;
                let number = digits.parse::<usize>().ok().filter(|n| n.to_string() == digits).ok_or_else(wrong)?;
                if units > 0 && !(1..=units).contains(&number) {
                    return Err(format!("the muscle has units 1 to {units}"));
                }
                Quantity::UnitForce(number.max(1) - 1)
            }
            (None, Some((contact, rest))) => {
                let index = CONTACT_NAMES.iter().position(|known| *known == contact).ok_or_else(wrong)?;
                let (_, of_contact) = OF_CONTACT.iter().find(|(known, _)| *known == rest).ok_or_else(wrong)?;
                of_contact(index)
            }
            _ => return Err(wrong()),
        };
        Ok(Self { name: name.to_string(), side, quantity })
    }
}

/// Probes that are sampled together and written to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The file's name; its ending tells the format.
    pub file: String,
    /// Time between samples.
    pub every: SimTime,
    /// The first sample.
    pub from: SimTime,
    /// No sample comes after this.
    pub until: SimTime,
    /// The columns.
    pub probes: Vec<Probe>,
}

impl Recording {
    /// The first sample at or after `at`.
    pub fn next_sample(&self, at: SimTime) -> Option<SimTime> {
        let next = if at <= self.from {
            self.from
        } else {
            let steps = (at - self.from).nanos() + self.every.nanos() - 1;
            self.from + self.every * (steps / self.every.nanos())
        };
        (next <= self.until).then_some(next)
    }
}

/// Everything of one side that a probe can look at.
pub struct SideView<'a> {
    /// The generator of the patient.
    pub generator: &'a PulseGenerator,
    /// The lead of the side.
    pub lead: &'a Lead,
    /// Its contacts.
    pub contacts: [&'a Contact; TERMINALS],
    /// The nerve.
    pub nerve: &'a Nerve,
    /// The motor units, or the lump that contracts for them.
    pub pool: &'a Muscle,
    /// The muscle over months.
    pub multifidus: &'a Multifidus,
    /// The spine, which both sides share.
    pub spine: &'a Spine,
    /// The motor units and the muscle of both sides.
    pub muscles: BySide<(&'a Muscle, &'a Multifidus)>,
}

impl<'a> SideView<'a> {
    /// A side of a patient of that world.
    pub fn of(world: &'a World, patient: &PatientEntities, side: Side) -> Self {
        fn part<C: Component>(world: &World, entity: Entity) -> &C {
            world.get::<C>(entity).expect("the roster's entities live")
        }
        let entities = &patient.sides[side];
        Self {
            generator: part(world, patient.generator),
            lead: part(world, entities.lead),
            contacts: entities.contacts.map(|contact| part(world, contact)),
            nerve: part(world, entities.nerve),
            pool: part(world, entities.pool),
            multifidus: part(world, entities.multifidus),
            spine: part(world, patient.patient),
            muscles: BySide::new(|side| {
                let entities = &patient.sides[side];
                (part(world, entities.pool), part(world, entities.multifidus))
            }),
        }
    }

    /// What the spine sees of the muscles at an instant that is not before a last volley.
    pub fn muscles_at(&self, at: SimTime) -> BySide<MuscleNow> {
        BySide::new(|side| MuscleNow::of(self.muscles[side].0, self.muscles[side].1, at))
    }

    /// The side as it is at an instant, to read several probes of.
    pub fn at(&self, at: SimTime) -> Glance<'_, 'a> {
        Glance {
            view: self,
            at,
            settled: OnceCell::new(),
            look: OnceCell::new(),
            battery: OnceCell::new(),
            standing: OnceCell::new(),
        }
    }

    /// Lead and contacts as they are at an instant at which nothing is delivered.
    pub fn settled(&self, at: SimTime) -> (Lead, [Contact; TERMINALS]) {
        self.lead.settled(at, &self.generator.profile, self.contacts)
    }
}

/// A side at an instant; what several probes need is worked out once.
pub struct Glance<'v, 'a> {
    view: &'v SideView<'a>,
    at: SimTime,
    settled: OnceCell<(Lead, [Contact; TERMINALS])>,
    look: OnceCell<Look>,
    battery: OnceCell<Battery>,
    standing: OnceCell<Standing>,
}

impl Glance<'_, '_> {
    /// What a probe of this side shows.
    pub fn read(&self, quantity: Quantity, cursor: &mut MuscleCursor) -> f64 {
        let SideView { generator, lead, nerve, pool, multifidus, .. } = self.view;
        let state = multifidus.state();
        match quantity {
            Quantity::Force | Quantity::Capacity | Quantity::UnitForce(_) => {
                cursor.go_to(self.at, pool);
                match quantity {
                    Quantity::Force => cursor.force_n(pool),
                    Quantity::UnitForce(unit) => cursor.unit_force_n(pool, unit),
                    _ => cursor.capacity(pool),
                }
            }
            Quantity::MaxForce => pool.max_force_n(),
            Quantity::Recruited => nerve.recruited_fraction(),
            Quantity::Afferents => nerve.felt_fraction(),
            Quantity::Pulses => generator.pulses(lead.side) as f64,
            Quantity::Amplitude => generator.program().sides[lead.side].amplitude_na as f64 / 1e6,
            Quantity::Commanded => microcoulombs(self.settled().0.source().commanded_ac),
            Quantity::Delivered => microcoulombs(self.settled().0.source().delivered_ac),
            Quantity::Residual => microcoulombs(self.settled().0.source().residual_ac),
            Quantity::ContactResidual(index) => microcoulombs(self.settled().1[index].ledger.residual_ac),
            Quantity::Current => self.look().current_a * 1e3,
            Quantity::Load => self.look().load_v,
            Quantity::ContactInterface(index) => self.look().layer_v[index],
            Quantity::BatteryVolts => self.battery().open_circuit_v(),
            Quantity::BatteryLeft => self.battery().remaining_mah(),
            Quantity::ClockAhead => generator.clock_ahead_s(self.at),
            Quantity::DeviceState => generator.state() as usize as f64,
            Quantity::Impulse => {
                let mut pool = (*pool).clone();
                pool.settle(self.at);
                pool.impulse_n_s()
            }
            Quantity::Size => state.size,
            Quantity::Drive => state.drive,
            Quantity::Inhibition => state.inhibition,
            Quantity::Strength => state.size * state.drive,
            Quantity::TypeI => state.type_i_fraction,
            Quantity::Fat => state.fat_fraction,
            Quantity::Moment(joint) => {
                cursor.go_to(self.at, pool);
                self.view.spine.evoked_moments_nm(cursor.force_n(pool))[joint]
            }
            Quantity::Stability => self.standing().stability_nm_per_rad,
            Quantity::BucklingLoad => self.standing().buckling_load_n,
        }
    }

    fn standing(&self) -> &Standing {
        self.standing.get_or_init(|| self.view.spine.standing(&self.view.muscles_at(self.at)))
    }

    fn settled(&self) -> &(Lead, [Contact; TERMINALS]) {
        self.settled.get_or_init(|| self.view.settled(self.at))
    }

    fn look(&self) -> &Look {
        let SideView { lead, generator, contacts, .. } = self.view;
        self.look.get_or_init(|| lead.look(self.at, &generator.profile, *contacts))
    }

    fn battery(&self) -> &Battery {
        self.battery.get_or_init(|| {
            let mut battery = self.view.generator.battery.clone();
            battery.settle(self.at);
            battery
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_names_read_and_mistakes_are_explained() {
        for name in Probe::names() {
            assert!(Probe::parse(&format!("left.{name}"), 120).is_ok(), "{name}");
        }
        assert!(Probe::all().iter().all(|probe| Probe::parse(&probe.name, 120).as_ref() == Ok(probe)));
        assert!(Probe::parse("left.force", 120).unwrap_err().contains("left.force_n"));
        assert!(Probe::parse("right.unit_121.force_n", 120).unwrap_err().contains("1 to 120"));
        assert!(Probe::parse("middle.force_n", 120).is_err());
    }

    #[test]
    fn verif_samples_lie_on_their_own_grid() {
        let seconds = SimTime::from_secs;
        let recording = Recording {
            file: String::new(),
            every: seconds(3),
            from: seconds(1),
            until: seconds(8),
            probes: Vec::new(),
        };
        assert_eq!(recording.next_sample(SimTime::ZERO), Some(seconds(1)));
        assert_eq!(recording.next_sample(seconds(1)), Some(seconds(1)));
        assert_eq!(recording.next_sample(seconds(2)), Some(seconds(4)));
        assert_eq!(recording.next_sample(seconds(7)), Some(seconds(7)));
        assert_eq!(recording.next_sample(seconds(8)), None);
    }
}
