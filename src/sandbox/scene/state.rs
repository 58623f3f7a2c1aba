//! What the view of the back shows: plain figures, taken from the simulation once a frame.

use bevy::ecs::resource::Resource;
use nalgebra::Point3;

use crate::device::pulse::{CASE, CONTACTS_PER_LEAD};
use crate::device::therapy::State;
use crate::lead::conductor::TERMINALS;
use crate::muscle::body::MuscleCursor;
use crate::record::probe::{Quantity, SideView};
use crate::sandbox::pulls::Pulls;
use crate::sandbox::scene::anatomy::{Anatomy, FASCICLES};
use crate::scenario::Scenario;
use crate::side::{BySide, Side};
use crate::sim::Simulation;
use crate::time::SimTime;

/// For how long a pulse is seen, s of the wall's time (ours: long for the eye, and short enough that 20 Hz flickers).
const GLOW_S: f64 = 0.08;

/// What a contact is in the program of its side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Nothing flows through it.
    #[default]
    Off,
    /// Current comes back through it in the cathodic phase.
    Cathode,
    /// Its counterpart.
    Anode,
}

impl Role {
    /// Its sign, as it is drawn.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Off => "",
            Self::Cathode => "−",
            Self::Anode => "+",
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Cathode => "cathode −",
            Self::Anode => "anode +",
        }
    }
}

/// One side of the back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SideState {
    /// What each ring and the case are in the program.
    pub roles: [Role; TERMINALS],
    /// Where the rings lie now, mm, in the anatomical frame.
    pub contacts_mm: [[f32; 3]; CONTACTS_PER_LEAD],
    /// How strongly the contacts light up, 0 to 1: see [`glow`].
    pub flash: f32,
    /// Share of the axons that the last pulse fired, 0 to 1.
    pub recruited: f32,
    /// Force of each fascicle that is drawn, as a fraction of what it could do unfatigued, 0 to 1: by stimulation, and
    /// by an effort that was chosen.
    pub pull: [f32; FASCICLES],
    /// What fatigue has left of the force of the stimulated ones, 0 to 1.
    pub capacity: f32,
    /// Size of the muscle, relative to a healthy one.
    pub size: f32,
    /// Share of fat in its cross-section, 0 to 1.
    pub fat: f32,
}

impl SideState {
    fn of(view: &SideView<'_>, scenario: &Scenario, at: SimTime, (flash, effort): (f32, f64)) -> Self {
        let side = view.lead.side;
        let glance = view.at(at);
        let mut cursor = MuscleCursor::new(view.pool);
        let mut read = |quantity| glance.read(quantity, &mut cursor) as f32;
        let pulls: Vec<_> = Pulls::of(view, at, effort).of_fascicles(side).collect();
        let pull = |name: &String| {
            let found = pulls.iter().find(|(fascicle, _)| fascicle.name == *name);
            // A spine of another profile may lack one that is drawn.
            found.map_or(0.0, |(_, pull)| pull.fraction() as f32)
        };
        let names = Anatomy::fascicle_names();
        Self {
            roles: roles(view),
            contacts_mm: std::array::from_fn(|index| {
                let at = view.nerve.contact_mm(index).unwrap_or_else(|| scenario.implant.contact_mm(side, index));
                drawn(at)
            }),
            flash: flash.clamp(0.0, 1.0),
            recruited: read(Quantity::Recruited),
            pull: std::array::from_fn(|index| pull(&names[index])),
            capacity: read(Quantity::Capacity).clamp(0.0, 1.0),
            size: read(Quantity::Size),
            fat: read(Quantity::Fat).clamp(0.0, 1.0),
        }
    }

    /// The current through each ring while a milliampere flows through the cathodes, mA, cathodic negative. Rings of a
    /// group share it alike here.
    pub fn currents_ma(&self) -> [f32; CONTACTS_PER_LEAD] {
        let count = |role| self.roles.iter().filter(|&&other| other == role).count() as f32;
        let (cathodes, anodes) = (count(Role::Cathode), count(Role::Anode));
        std::array::from_fn(|index| match self.roles[index] {
            _ if cathodes == 0.0 || anodes == 0.0 => 0.0,
            Role::Off => 0.0,
            Role::Cathode => -1.0 / cathodes,
            Role::Anode => 1.0 / anodes,
        })
    }
}

/// What the view of the back shows.
#[derive(Clone, Debug, PartialEq, Resource)]
pub struct BackState {
    /// Both sides.
    pub sides: BySide<SideState>,
    /// What the generator is doing.
    pub device: State,
    /// Length and diameter of a ring, mm.
    pub ring_mm: (f32, f32),
    /// Conductivity of the tissue, S/m.
    pub tissue_s_per_m: f32,
}

impl BackState {
    /// The back as the simulation is now; `flash` says how strongly the contacts of each side light up, see [`glow`],
    /// and `effort` with which part of its strength the multifidus works beside stimulation, 0 to 1.
    pub fn of(simulation: &Simulation, scenario: &Scenario, flash: BySide<f32>, effort: f64) -> Self {
        let now = simulation.now();
        let implant = &scenario.implant;
        Self {
            sides: BySide::new(|side| SideState::of(&simulation.side(side), scenario, now, (flash[side], effort))),
            device: simulation.generator().state(),
            ring_mm: (implant.contact_length_mm.value as f32, implant.contact_diameter_mm.value as f32),
            tissue_s_per_m: implant.tissue_s_per_m.value as f32,
        }
    }

    /// The back of a scenario before anything has happened.
    pub fn at_rest(scenario: &Scenario) -> Self {
        Self::of(&Simulation::new(scenario, None), scenario, BySide::default(), 0.0)
    }
}

/// How strongly contacts light up at an instant, 0 to 1: fully while a pulse of that length flows, then less and less
/// over the next 80 ms on the screen, which are more or less of simulated time at another speed (simulated seconds a
/// second; 0 where time is held).
pub fn glow(last_pulse: Option<(SimTime, SimTime)>, at: SimTime, speed: f64) -> f32 {
    let Some((began, length)) = last_pulse.filter(|(began, _)| *began <= at) else { return 0.0 };
    let past_s = (at - began - length).as_secs();
    if past_s <= 0.0 {
        return 1.0;
    }
    // While time is held, what was to be seen at real time stays.
    let fades_s = GLOW_S * if speed > 0.0 { speed } else { 1.0 };
    (1.0 - past_s / fades_s).max(0.0) as f32
}

fn roles(view: &SideView<'_>) -> [Role; TERMINALS] {
    let program = &view.generator.program().sides[view.lead.side];
    std::array::from_fn(|index| match (program.cathodes.contains(index), program.anodes.contains(index)) {
        (true, _) => Role::Cathode,
        (_, true) => Role::Anode,
        _ => Role::Off,
    })
}

fn drawn(at: Point3<f64>) -> [f32; 3] {
    [at.x as f32, at.y as f32, at.z as f32]
}

/// The name of a ring, such as "left E1", or "case".
pub fn contact_name(side: Side, index: usize) -> String {
    if index == CASE { "case".to_string() } else { format!("{} E{index}", side.name()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_session() -> Scenario {
        Scenario::built_in().expect("a built-in scenario")
    }

    #[test]
    fn verif_a_pulse_glows_on_the_screen_as_long_at_any_speed() {
        let at = |ns| SimTime::from_nanos(ns);
        let pulse = Some((at(1_000_000), at(500_000)));
        assert_eq!(glow(None, at(0), 1.0), 0.0);
        assert_eq!(glow(pulse, at(999_999), 1.0), 0.0, "it has not begun");
        assert_eq!(glow(pulse, at(1_500_000), 1e-6), 1.0, "it flows");
        assert!((glow(pulse, at(41_500_000), 1.0) - 0.5).abs() < 1e-5, "40 ms later at real time");
        assert!((glow(pulse, at(401_500_000), 10.0) - 0.5).abs() < 1e-5, "400 ms later ten times as fast");
        assert!((glow(pulse, at(1_540_000), 1e-3) - 0.5).abs() < 1e-5, "40 µs later at a thousandth");
        assert_eq!(glow(pulse, at(90_000_000), 1.0), 0.0);
        assert!((glow(pulse, at(41_500_000), 0.0) - 0.5).abs() < 1e-5, "time held");
    }

    #[test]
    fn verif_it_shows_what_the_simulation_has() {
        let scenario = first_session();
        let rest = BackState::at_rest(&scenario);
        for side in Side::BOTH {
            let state = &rest.sides[side];
            assert_eq!((state.pull, state.recruited, state.flash), ([0.0; FASCICLES], 0.0, 0.0));
            assert!((state.capacity - 1.0).abs() < 1e-6);
            let program = &scenario.program.sides[side];
            for index in 0..CONTACTS_PER_LEAD {
                let exact = scenario.implant.contact_mm(side, index);
                assert!((f64::from(state.contacts_mm[index][0]) - exact.x).abs() < 1e-4);
                assert_eq!(state.roles[index] == Role::Cathode, program.cathodes.contains(index));
                assert_eq!(state.roles[index] == Role::Anode, program.anodes.contains(index));
            }
            let sum: f32 = state.currents_ma().iter().sum();
            assert!(sum.abs() < 1e-6 || state.roles[CASE] != Role::Off, "what goes in comes out");
        }
    }

    #[test]
    fn verif_stimulation_pulls_and_a_moved_lead_moves() {
        let text = r#"Scenario(version: 1, name: "moved", duration: "20 s", timeline: [
            At(at: "1 s", do: Migrate(side: Right, along_mm: 0, across_mm: 2)),
            At(at: "2 s", do: StartSession),
        ])"#;
        let mut scenario = first_session();
        if let Ok(read) = Scenario::from_text("moved", text, std::path::Path::new(".")) {
            scenario = read;
        }
        let mut simulation = Simulation::new(&scenario, None);
        let rest = BackState::of(&simulation, &scenario, BySide::default(), 0.0);
        simulation.advance_to(scenario.duration).expect("no invariant breaks");
        let after = BackState::of(&simulation, &scenario, BySide::default(), 0.0);
        assert_ne!(rest, after);
    }

    /// Stimulation pulls on what its branch serves, each fascicle by its own force; an effort pulls on all.
    #[test]
    fn verif_each_fascicle_has_its_own_force() {
        let scenario = first_session();
        let mut simulation = Simulation::new(&scenario, None);
        // The session begins after a minute.
        simulation.advance_to(SimTime::from_secs(66)).expect("no invariant breaks");
        let look = |effort| BackState::of(&simulation, &scenario, BySide::default(), effort).sides.left.pull;
        let (stimulated, working) = (look(0.0), look(0.3));
        let fascicles = Anatomy::embedded().fascicles();
        for (index, fascicle) in fascicles.iter().enumerate() {
            assert_eq!(stimulated[index] > 0.1, fascicle.is_stimulated(), "{}: {stimulated:?}", fascicle.name);
            assert!(working[index] > stimulated[index], "{}", fascicle.name);
        }
    }
}
