//! A straight fibre in a field, and the state that it rests in.

use std::f64::consts::PI;

use crate::nerve::axon::cable::{Cable, End, Ends, FibreState};
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

/// A fibre and what a milliampere does outside of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fibre {
    /// Its dimensions.
    pub geometry: Geometry,
    /// How many nodes it has.
    pub nodes: usize,
    /// How it ends.
    pub ends: Ends,
    /// The index of the central node: the first where the fibre is mirrored there.
    pub centre: usize,
    /// The potential outside each compartment, mV for a milliampere of the pulse.
    pub field: Vec<f64>,
}

impl Fibre {
    /// The half of a fibre beyond its central node, for a field that is the same on both sides of it: what it does, the
    /// other half does too.
    #[must_use]
    pub fn half(&self) -> Self {
        let field = self.field[self.centre * PERIOD..].to_vec();
        let nodes = self.nodes - self.centre;
        Self { nodes, ends: Ends(End::Mirror, self.ends.1), centre: 0, field, ..self.clone() }
    }

    /// A fibre of so many nodes before and after its central one, in a field: mV for a milliampere of the pulse, at a
    /// distance along the fibre from the central node, mm.
    pub fn in_field(diameter_um: f64, (before, after): (usize, usize), field: impl Fn(f64) -> f64) -> Self {
        let geometry = Geometry::at(diameter_um);
        let nodes = before + 1 + after;
        let middles_um = geometry.middles_um();
        let of_place = |index: usize| {
            let node = (index / PERIOD) as f64 - before as f64;
            field((node * geometry.internode_um + middles_um[index % PERIOD]) / 1e3)
        };
        let field = (0..=(nodes - 1) * PERIOD).map(of_place).collect();
        Self { geometry, nodes, ends: Ends(End::Passive, End::Passive), centre: before, field }
    }
}

/// Nodes of the fibre that is brought to rest in place of a longer one: its middle is as that of any longer one.
const RESTING_NODES: usize = 21;

/// The states that short fibres of those dimensions and with passive ends come to without a current; [`LANES`] of them
/// at most.
///
/// 39 steps of 5 ms from −80 mV and 500 of 10 µs, as the reference results do it.
pub fn at_rest(geometries: &[Geometry]) -> Vec<FibreState> {
    assert!(geometries.len() <= LANES);
    let place = |dt_ms: f64| {
        let mut cable = Cable::new(dt_ms, RESTING_NODES);
        for (lane, geometry) in geometries.iter().enumerate() {
            cable.place(lane, geometry, RESTING_NODES, Ends(End::Passive, End::Passive));
        }
        cable
    };
    let (mut coarse, mut fine) = (place(5.0), place(0.01));
    coarse.rest_gates();
    (0..39).for_each(|_| coarse.step(&[0.0; LANES]));
    (0..geometries.len()).for_each(|lane| fine.set_state(lane, &coarse.state(lane)));
    (0..500).for_each(|_| fine.step(&[0.0; LANES]));
    (0..geometries.len()).map(|lane| fine.state(lane)).collect()
}

/// The rest of a fibre from that of a short one: its ends, and its middle as often as needed.
pub fn rest_of(fibre: &Fibre, short: &FibreState) -> FibreState {
    let middle = short.gates.len() / 2;
    let nodes = if fibre.ends.0 == End::Mirror { 2 * fibre.nodes - 1 } else { fibre.nodes };
    let more = nodes.checked_sub(short.gates.len()).expect("a fibre is at least as long as the short one");
    let (before, after) = (middle * PERIOD, (middle + 1) * PERIOD);
    let mut gates = short.gates[..middle].to_vec();
    let mut spots = short.spots[..before].to_vec();
    for _ in 0..more {
        gates.push(short.gates[middle]);
        spots.extend_from_slice(&short.spots[before..after]);
    }
    gates.extend_from_slice(&short.gates[middle..]);
    spots.extend_from_slice(&short.spots[before..]);
    let left_out = nodes - fibre.nodes;
    FibreState { spots: spots.split_off(left_out * PERIOD), gates: gates.split_off(left_out) }
}
