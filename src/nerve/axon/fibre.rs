//! A straight fibre in the field of point contacts, and the state that it rests in.

use std::f64::consts::PI;

use crate::nerve::axon::cable::{Cable, FibreState};
use crate::nerve::axon::gates::LANES;
use crate::nerve::axon::parameters::{Geometry, PERIOD};

/// Conductivity of the tissue, S/m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conductivity {
    /// Across the fibre.
    pub across_s_per_m: f64,
    /// Along the fibre.
    pub along_s_per_m: f64,
}

impl Conductivity {
    /// The same in every direction.
    pub fn isotropic(s_per_m: f64) -> Self {
        Self { across_s_per_m: s_per_m, along_s_per_m: s_per_m }
    }

    /// The potential of a milliampere from a point, mV.
    pub fn potential_mv(self, distance_mm: f64, along_mm: f64) -> f64 {
        let (across, along) = (self.across_s_per_m, self.along_s_per_m);
        let square = across * along * (distance_mm * distance_mm) + across * across * (along_mm * along_mm);
        // mA over S/m times mm: 1e3 mV.
        1e3 / (4.0 * PI * square.sqrt())
    }
}

/// A point contact beside the fibre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointContact {
    /// From the fibre, mm.
    pub distance_mm: f64,
    /// Along the fibre, from its central node, mm.
    pub along_mm: f64,
    /// The current out of it for a milliampere of the pulse, mA; negative for a cathode.
    pub share: f64,
}

/// A fibre and what a milliampere does outside of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fibre {
    /// Its dimensions.
    pub geometry: Geometry,
    /// How many nodes it has: an odd number, so that there is a central one.
    pub nodes: usize,
    /// Whether its first and last node have no channels, so that no current fires its ends.
    pub passive_ends: bool,
    /// The potential outside each compartment, mV for a milliampere of the pulse.
    pub field: Vec<f64>,
}

impl Fibre {
    /// A fibre that reaches so many nodes to either side of its central one, in the field of contacts.
    pub fn new(diameter_um: f64, reach: usize, contacts: &[PointContact], tissue: Conductivity) -> Self {
        let geometry = Geometry::at(diameter_um);
        let nodes = 2 * reach + 1;
        let (node, between) = (geometry.node(), geometry.between());
        let mut middle_um = -(reach as f64) * geometry.internode_um;
        let mut field = Vec::with_capacity((nodes - 1) * PERIOD + 1);
        for index in 0..=(nodes - 1) * PERIOD {
            let part = if index % PERIOD == 0 { &node } else { &between[index % PERIOD - 1] };
            if index > 0 {
                middle_um += part.length_um / 2.0;
            }
            // Sums of lengths round; a node is where its number says.
            let nth = (index / PERIOD) as f64 - reach as f64;
            if index % PERIOD == 0 {
                middle_um = nth * geometry.internode_um;
            }
            let of = |contact: &PointContact| {
                contact.share * tissue.potential_mv(contact.distance_mm, middle_um / 1e3 - contact.along_mm)
            };
            field.push(contacts.iter().map(of).sum());
            middle_um += part.length_um / 2.0;
        }
        Self { geometry, nodes, passive_ends: true, field }
    }

    /// The index of the central node.
    pub fn centre(&self) -> usize {
        self.nodes / 2
    }
}

/// Nodes of the fibre that is brought to rest in place of a longer one: its middle is as that of any longer one.
const RESTING_NODES: usize = 21;

/// The states that fibres of those dimensions come to without a current, fewer than [`LANES`] or as many.
///
/// 39 steps of 5 ms from −80 mV and 500 of 10 µs, as the reference results do it.
pub fn at_rest(fibres: &[(Geometry, bool)]) -> Vec<FibreState> {
    assert!(fibres.len() <= LANES);
    let mut states: Vec<Option<FibreState>> = vec![None; fibres.len()];
    for (dt_ms, steps) in [(5.0, 39), (0.01, 500)] {
        let mut cable = Cable::new(dt_ms, RESTING_NODES);
        for (lane, (geometry, passive_ends)) in fibres.iter().enumerate() {
            cable.place(lane, geometry, RESTING_NODES, *passive_ends);
        }
        cable.rest_gates();
        for (lane, state) in states.iter().enumerate() {
            if let Some(state) = state {
                cable.set_state(lane, state);
            }
        }
        (0..steps).for_each(|_| cable.step(&[0.0; LANES]));
        states = (0..fibres.len()).map(|lane| Some(cable.state(lane))).collect();
    }
    states.into_iter().flatten().collect()
}

/// The rest of a fibre of so many nodes, at least [`RESTING_NODES`]: the ends of that of a short one, and its middle as
/// often as needed.
pub fn stretch(short: &FibreState, nodes: usize) -> FibreState {
    let have = short.gates.len();
    let more = nodes.checked_sub(have).expect("a fibre is at least as long as the one that was brought to rest");
    let middle = have / 2;
    let mut long = FibreState { spots: Vec::new(), gates: Vec::new() };
    long.gates.extend_from_slice(&short.gates[..middle]);
    long.spots.extend_from_slice(&short.spots[..middle * PERIOD]);
    for _ in 0..more {
        long.gates.push(short.gates[middle]);
        long.spots.extend_from_slice(&short.spots[middle * PERIOD..(middle + 1) * PERIOD]);
    }
    long.gates.extend_from_slice(&short.gates[middle..]);
    long.spots.extend_from_slice(&short.spots[middle * PERIOD..]);
    long
}
