//! The electrical circuit of a lead, solved exactly between two switchings.
//!
//! From each output of the generator a current goes through a DC-blocking capacitor, the conductor and the tissue's
//! access resistance to the interface of the contact, the double layer `Cdl` in parallel with the charge transfer
//! resistance `Rct` (Randles 1947), and on into the tissue, which is one node far away. Cathodes hang together on one
//! bus of the output stage, anodes on the other, and between the buses stands a source.
//!
//! As long as nothing switches this is a linear system; [`crate::lead::propagator`] follows it.

use nalgebra::{DMatrix, DVector};

/// The most contacts of a circuit: the rings of a lead and the case.
pub const MAX_CONTACTS: usize = 5;

/// Conductance from every node to the tissue, S: what makes an open circuit a circuit. A petaohm.
const STRAY_S: f64 = 1e-15;

/// The bus of the output stage that an output is switched to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    /// The bus of the cathodes: the source's current flows out of it into the tissue, negative when cathodic.
    Cathodes,
    /// The bus of the anodes, where it comes back.
    Anodes,
    /// Neither.
    Off,
}

/// What stands between the buses: a current and, in parallel, a conductance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    /// Current, A; cathodic is negative.
    pub current_a: f64,
    /// Conductance of the source, S: 0 is an ideal current source, a large one a voltage source.
    pub conductance_s: f64,
}

impl Drive {
    /// Conductance that stands for an ideal voltage source or an ideal switch, S.
    const IDEAL_S: f64 = 1e3;

    /// A voltage, V, behind a resistance, Ω; the resistance of an ideal source is taken as a milliohm.
    pub fn voltage(volts: f64, ohm: f64) -> Self {
        let conductance_s = if ohm > 0.0 { (1.0 / ohm).min(Self::IDEAL_S) } else { Self::IDEAL_S };
        Self { current_a: volts * conductance_s, conductance_s }
    }
}

/// One conductor with its contact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Branch {
    /// Where its output is switched to.
    pub bus: Bus,
    /// The blocking capacitor, F; infinite where there is none.
    pub blocking_f: f64,
    /// Conductance of conductor and access, S; 0 where it is broken.
    pub series_s: f64,
    /// The double layer, F.
    pub double_layer_f: f64,
    /// Conductance of charge transfer, S.
    pub transfer_s: f64,
    /// Conductance through damaged insulation into the tissue, S.
    pub leak_s: f64,
}

/// A circuit between two switchings.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    /// The conductors.
    pub branches: Vec<Branch>,
    /// Conductances between conductors, S.
    pub shorts: Vec<(usize, usize, f64)>,
    /// What stands between the buses.
    pub drive: Drive,
}

/// Currents as linear functions of the state: a row for each, a column for each capacitor, and one for the constant.
pub struct Currents {
    /// Through each contact into the tissue.
    pub contact: DMatrix<f64>,
    /// Past each contact: through the insulation of its conductor and into other conductors.
    pub bypass: DMatrix<f64>,
    /// Out of each output of the generator.
    pub output: DMatrix<f64>,
    /// Voltage between the buses, cathodes less anodes.
    pub load: DVector<f64>,
}

impl Circuit {
    /// The number of state variables: blocking capacitor and double layer of each conductor.
    pub fn order(&self) -> usize {
        2 * self.branches.len()
    }

    /// Solves the resistive network for every capacitor charged to a volt in turn, and for the source alone.
    ///
    /// The unknowns are the voltages of the two buses and of the conductors that are on neither. The conductor of an
    /// output on a bus is at the voltage of the bus less that of its blocking capacitor.
    pub fn currents(&self) -> Currents {
        let (n, order) = (self.branches.len(), self.order());
        let unknown = |k: usize| match self.branches[k].bus {
            Bus::Cathodes => 0,
            Bus::Anodes => 1,
            Bus::Off => 2 + k,
        };
        let on_bus = |k: usize| self.branches[k].bus != Bus::Off;
        let mut conductance = DMatrix::<f64>::identity(n + 2, n + 2) * STRAY_S;
        let mut sources = DMatrix::<f64>::zeros(n + 2, order + 1);
        // A conductance from conductor k to a node of known voltage, or to another conductor.
        for (k, branch) in self.branches.iter().enumerate() {
            let (u, to_tissue) = (unknown(k), branch.series_s + branch.leak_s);
            conductance[(u, u)] += to_tissue;
            if on_bus(k) {
                sources[(u, k)] += to_tissue;
            }
            sources[(u, n + k)] += branch.series_s;
        }
        for &(a, b, short_s) in &self.shorts {
            for (here, there) in [(a, b), (b, a)] {
                let (u, v) = (unknown(here), unknown(there));
                conductance[(u, u)] += short_s;
                conductance[(u, v)] -= short_s;
                if on_bus(here) {
                    sources[(u, here)] += short_s;
                }
                if on_bus(there) {
                    sources[(u, there)] -= short_s;
                }
            }
        }
        // The current law of both buses together, in which the source does not appear, takes the place of that of the
        // second: however strong the source is, it drowns no other conductance.
        for column in 0..n + 2 {
            conductance[(1, column)] += conductance[(0, column)];
        }
        for column in 0..=order {
            sources[(1, column)] += sources[(0, column)];
        }
        let Drive { current_a, conductance_s } = self.drive;
        conductance[(0, 0)] += conductance_s;
        conductance[(0, 1)] -= conductance_s;
        sources[(0, order)] += current_a;
        let nodes = conductance.lu().solve(&sources).expect("the stray conductances make every node's voltage one");
        // Voltage of conductor k, as a row over the state.
        let conductor = |k: usize| {
            let mut row = nodes.row(unknown(k)).transpose();
            if on_bus(k) {
                row[k] -= 1.0;
            }
            row
        };
        let mut contact = DMatrix::zeros(n, order + 1);
        let mut bypass = DMatrix::zeros(n, order + 1);
        for (k, branch) in self.branches.iter().enumerate() {
            let mut across = conductor(k);
            bypass.set_row(k, &(across.transpose() * branch.leak_s));
            across[n + k] -= 1.0;
            contact.set_row(k, &(across.transpose() * branch.series_s));
        }
        for &(a, b, short_s) in &self.shorts {
            let through = (conductor(a) - conductor(b)).transpose() * short_s;
            bypass.set_row(a, &(bypass.row(a) + &through));
            bypass.set_row(b, &(bypass.row(b) - &through));
        }
        let output = &contact + &bypass;
        let load = (nodes.row(0) - nodes.row(1)).transpose();
        Currents { contact, bypass, output, load }
    }
}
