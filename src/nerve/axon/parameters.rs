//! The fibre of McIntyre, Richardson and Grill: its table, diameters between, and the electrics of a compartment.
//!
//! Units: mV, ms, nA, µS, nF, MΩ, and µm for lengths. Source: ModelDB 3810 (`MRGaxon.hoc`), 37 °C.

use std::f64::consts::PI;

use crate::math;

/// The diameters of the published table, µm: the smallest and the largest are the limits of the model.
pub const DIAMETERS_UM: [f64; 9] = [5.7, 7.3, 8.7, 10.0, 11.5, 12.8, 14.0, 15.0, 16.0];

/// Diameter of the axon under the myelin, µm; that of the paranode's FLUT is the same.
const AXON_UM: [f64; 9] = [3.4, 4.6, 5.8, 6.9, 8.1, 9.2, 10.4, 11.5, 12.7];

/// Diameter of the node, µm; that of the paranode's MYSA is the same.
const NODE_UM: [f64; 9] = [1.9, 2.4, 2.8, 3.3, 3.7, 4.2, 4.7, 5.0, 5.5];

/// From node to node, µm.
const INTERNODE_UM: [f64; 9] = [500.0, 750.0, 1000.0, 1150.0, 1250.0, 1350.0, 1400.0, 1450.0, 1500.0];

/// Length of the FLUT, µm.
const FLUT_UM: [f64; 9] = [35.0, 38.0, 40.0, 46.0, 50.0, 54.0, 56.0, 58.0, 60.0];

/// Lamellae of the myelin.
const LAMELLAE: [f64; 9] = [80.0, 100.0, 110.0, 120.0, 130.0, 135.0, 140.0, 145.0, 150.0];

/// Length of a node and of a MYSA, µm.
const NODE_LENGTH_UM: f64 = 1.0;
const MYSA_LENGTH_UM: f64 = 3.0;

/// Compartments between two nodes: MYSA, FLUT, six of STIN, FLUT, MYSA.
pub const BETWEEN: usize = 10;

/// Compartments from a node to the next, the node included.
pub const PERIOD: usize = BETWEEN + 1;

/// The potential that the model starts at and that the passive membrane drives to, mV.
pub const REST_MV: f64 = -80.0;

/// Resistivity of the axoplasm and of the periaxonal space, Ω·cm.
const RESISTIVITY_OHM_CM: f64 = 70.0;

/// Capacity of the axon's membrane, µF/cm².
const MEMBRANE_UF_PER_CM2: f64 = 2.0;

/// A fibre's dimensions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Over the myelin, µm.
    pub diameter_um: f64,
    /// Under it, µm.
    pub axon_um: f64,
    /// At the node, µm.
    pub node_um: f64,
    /// From node to node, µm.
    pub internode_um: f64,
    /// Length of the FLUT, µm.
    pub flut_um: f64,
    /// Lamellae of the myelin; between the tabulated diameters not a whole number.
    pub lamellae: f64,
}

impl Geometry {
    /// The fibre of that diameter, from 5.7 to 16 µm.
    ///
    /// A tabulated diameter has the tabulated dimensions to the bit. Between them each dimension follows the cubic
    /// through the four nearest tabulated ones (three at the ends of the table).
    pub fn at(diameter_um: f64) -> Self {
        let curve = |ys: &[f64; 9]| {
            let tabulated = DIAMETERS_UM.iter().position(|&diameter| diameter == diameter_um);
            tabulated.map_or_else(|| math::curve(&DIAMETERS_UM, ys, diameter_um), |row| ys[row])
        };
        Self {
            diameter_um,
            axon_um: curve(&AXON_UM),
            node_um: curve(&NODE_UM),
            internode_um: curve(&INTERNODE_UM),
            flut_um: curve(&FLUT_UM),
            lamellae: curve(&LAMELLAE),
        }
    }

    /// Length of one of the six STIN, µm.
    fn stin_um(&self) -> f64 {
        (self.internode_um - NODE_LENGTH_UM - 2.0 * MYSA_LENGTH_UM - 2.0 * self.flut_um) / 6.0
    }

    /// The node.
    pub fn node(&self) -> Part {
        let area_cm2 = area_cm2(self.node_um, NODE_LENGTH_UM);
        Part {
            length_um: NODE_LENGTH_UM,
            area_cm2,
            membrane_nf: MEMBRANE_UF_PER_CM2 * area_cm2 * 1e3,
            leak_us: 0.0,
            sheath_nf: 0.0,
            // Shorted to the outside.
            sheath_us: 1e10 * area_cm2 * 1e6,
            axial_megohm: axial_megohm(self.node_um, NODE_LENGTH_UM),
            periaxonal_megohm: periaxonal_megohm(self.node_um, 0.002, NODE_LENGTH_UM),
        }
    }

    /// The compartments from a node to the next.
    pub fn between(&self) -> [Part; BETWEEN] {
        let mysa = self.sheathed(self.node_um, MYSA_LENGTH_UM, 0.001, 0.002);
        let flut = self.sheathed(self.axon_um, self.flut_um, 0.0001, 0.004);
        let stin = self.sheathed(self.axon_um, self.stin_um(), 0.0001, 0.004);
        [mysa, flut, stin, stin, stin, stin, stin, stin, flut, mysa]
    }

    /// From the middle of a node to that of each compartment up to the next node, µm; the node itself is the first.
    pub fn middles_um(&self) -> [f64; PERIOD] {
        let mut middles = [0.0; PERIOD];
        let mut end = NODE_LENGTH_UM / 2.0;
        for (middle, part) in middles[1..].iter_mut().zip(self.between()) {
            *middle = end + part.length_um / 2.0;
            end += part.length_um;
        }
        middles
    }

    /// A compartment under the myelin: diameter of its axon, length, leak in S/cm², width of the periaxonal space.
    fn sheathed(&self, axon_um: f64, length_um: f64, leak_s_per_cm2: f64, space_um: f64) -> Part {
        let area_cm2 = area_cm2(axon_um, length_um);
        let sheath_cm2 = self::area_cm2(self.diameter_um, length_um);
        let membranes = 2.0 * self.lamellae;
        Part {
            length_um,
            area_cm2,
            membrane_nf: MEMBRANE_UF_PER_CM2 * area_cm2 * 1e3,
            leak_us: leak_s_per_cm2 * area_cm2 * 1e6,
            sheath_nf: 0.1 / membranes * sheath_cm2 * 1e3,
            sheath_us: 0.001 / membranes * sheath_cm2 * 1e6,
            axial_megohm: axial_megohm(axon_um, length_um),
            periaxonal_megohm: periaxonal_megohm(axon_um, space_um, length_um),
        }
    }
}

/// The electrics of one compartment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Length, µm.
    pub length_um: f64,
    /// Surface of the axon's membrane, cm².
    pub area_cm2: f64,
    /// Capacity of the axon's membrane, nF.
    pub membrane_nf: f64,
    /// Its passive conductance, which drives to [`REST_MV`], µS; the node's channels are not in it.
    pub leak_us: f64,
    /// Capacity of the myelin, nF.
    pub sheath_nf: f64,
    /// Conductance of the myelin, µS.
    pub sheath_us: f64,
    /// Resistance of the axoplasm from end to end, MΩ.
    pub axial_megohm: f64,
    /// Resistance of the periaxonal space from end to end, MΩ.
    pub periaxonal_megohm: f64,
}

/// Conductance inside the axon, and in the periaxonal space, from the middle of a compartment to that of the next, µS.
pub fn coupling_us(a: &Part, b: &Part) -> (f64, f64) {
    (2.0 / (a.axial_megohm + b.axial_megohm), 2.0 / (a.periaxonal_megohm + b.periaxonal_megohm))
}

fn area_cm2(diameter_um: f64, length_um: f64) -> f64 {
    PI * diameter_um * length_um * 1e-8
}

fn axial_megohm(diameter_um: f64, length_um: f64) -> f64 {
    // Ω·cm times µm over µm² is 1e4 Ω.
    RESISTIVITY_OHM_CM * length_um / (PI / 4.0 * diameter_um * diameter_um) * 1e-2
}

fn periaxonal_megohm(axon_um: f64, space_um: f64, length_um: f64) -> f64 {
    let (inner, outer) = (axon_um / 2.0, axon_um / 2.0 + space_um);
    RESISTIVITY_OHM_CM * length_um / (PI * (outer * outer - inner * inner)) * 1e-2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_tabulated_diameters_are_the_table_and_those_between_lie_between() {
        for (row, &diameter) in DIAMETERS_UM.iter().enumerate() {
            let fibre = Geometry::at(diameter);
            assert_eq!((fibre.axon_um, fibre.node_um), (AXON_UM[row], NODE_UM[row]));
            assert_eq!(
                (fibre.internode_um, fibre.flut_um, fibre.lamellae),
                (INTERNODE_UM[row], FLUT_UM[row], LAMELLAE[row])
            );
        }
        let mut before = Geometry::at(5.7);
        for tenth in 58..=160 {
            let fibre = Geometry::at(f64::from(tenth) / 10.0);
            assert!(fibre.axon_um > before.axon_um && fibre.node_um > before.node_um, "{fibre:?}");
            assert!(fibre.internode_um > before.internode_um && fibre.flut_um > before.flut_um, "{fibre:?}");
            assert!(fibre.lamellae > before.lamellae, "{fibre:?}");
            before = fibre;
        }
    }

    #[test]
    fn verif_the_compartments_are_as_long_as_the_internode() {
        for diameter in DIAMETERS_UM {
            let fibre = Geometry::at(diameter);
            let length = fibre.node().length_um + fibre.between().iter().map(|part| part.length_um).sum::<f64>();
            assert!((length - fibre.internode_um).abs() < 1e-9);
        }
    }
}
