//! What a set of contacts does to a fibre: one number, the drive, which is one at threshold for one milliampere.
//!
//! A point source makes the potential I/(4πσr). What excites a node is the second difference of the potential along the
//! fibre, spread over the neighbouring nodes as the cable does. The threshold table tells how strong that is directly
//! above a node; the shape of the spread second difference along the fibre tells how much of it is left elsewhere, and
//! where an anode makes a virtual cathode. Contacts superpose, so that bipolar and tripolar programs and the case come
//! by themselves. Where the nodes of a fibre lie is not modelled here: a fibre has one where it is driven most. (In the
//! exact model a contact midway between nodes needs 1.2 times the current at 1 mm, and less than 1.03 times from 2 mm.)

use crate::math;
use crate::nerve::thresholds::WidthTable;

/// How much of a node's drive its neighbour shares. Ours: with it the ratio of anodic to cathodic thresholds of the
/// exact model is met within 17 % (diameters 5.7 to 16 µm, distances 1 to 3 mm).
const SPREAD: f64 = 0.3;

/// Neighbours on each side that share a node's drive: SPREAD to the power of 4 is less than one per cent.
const NEIGHBOURS: usize = 3;

/// Distance between nodes against fibre diameter, µm (McIntyre, Richardson and Grill 2002, table 1).
const INTERNODE_UM: [(f64, f64); 9] = [
    (5.7, 500.0),
    (7.3, 750.0),
    (8.7, 1000.0),
    (10.0, 1150.0),
    (11.5, 1250.0),
    (12.8, 1350.0),
    (14.0, 1400.0),
    (15.0, 1450.0),
    (16.0, 1500.0),
];

/// How far along the fibre from a contact it is looked at, in internodes.
const REACH: usize = 14;

/// Distance between the nodes of a fibre, mm.
pub fn internode_mm(diameter_um: f64) -> f64 {
    math::curve(&INTERNODE_UM.map(|(diameter, _)| diameter), &INTERNODE_UM.map(|(_, length)| length), diameter_um) / 1e3
}

/// A contact as a fibre sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourcePoint {
    /// Distance from the fibre, mm.
    pub distance_mm: f64,
    /// Place along the fibre, mm.
    pub along_mm: f64,
    /// The current through it for one milliampere through the cathodes in an anodic phase, mA: cathodes positive.
    pub share_ma: f64,
}

/// The strongest excitation anywhere on a fibre, per milliampere, of a cathodic and of an anodic phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    /// When the cathodes are cathodes.
    pub cathodic: f64,
    /// When the current is reversed.
    pub anodic: f64,
}

/// The weights of the potentials at nodes −(NEIGHBOURS + 1) to NEIGHBOURS + 1 in the spread second difference.
fn spread_second_difference() -> [f64; 2 * NEIGHBOURS + 3] {
    let mut weights = [0.0; 2 * NEIGHBOURS + 3];
    let mut share = 1.0;
    for neighbour in 0..=NEIGHBOURS {
        for centre in [NEIGHBOURS + 1 - neighbour, NEIGHBOURS + 1 + neighbour] {
            let both = if neighbour == 0 { 0.5 } else { 1.0 };
            weights[centre - 1] += both * share;
            weights[centre] -= 2.0 * both * share;
            weights[centre + 1] += both * share;
        }
        share *= SPREAD;
    }
    weights
}

/// The spread second difference of a unit source's potential, at points half an internode apart, `points` of them from
/// `first_mm` along the fibre from the source.
fn shape(distance_mm: f64, first_mm: f64, internode_mm: f64, points: usize) -> Vec<f64> {
    let weights = spread_second_difference();
    let reach = NEIGHBOURS + 1;
    let potential = |half_steps: usize| {
        let z = first_mm + (half_steps as f64 / 2.0 - reach as f64) * internode_mm;
        1.0 / (distance_mm * distance_mm + z * z).sqrt()
    };
    let potentials: Vec<f64> = (0..points + 4 * reach).map(potential).collect();
    let at = |point: usize| weights.iter().enumerate().map(|(node, w)| w * potentials[point + 2 * node]).sum();
    (0..points).map(at).collect()
}

/// The drive of a set of contacts on a fibre, in tissue of the table's conductivity.
pub fn drive(diameter_um: f64, sources: &[SourcePoint], table: &WidthTable) -> Drive {
    let internode = internode_mm(diameter_um);
    let points = 4 * REACH + 1;
    let mut drive = Drive { cathodic: 0.0, anodic: 0.0 };
    for origin in sources {
        let mut excitation = vec![0.0; points];
        for source in sources {
            let at_once = shape(source.distance_mm, 0.0, internode, 1)[0];
            let strength = source.share_ma / (table.threshold_ma(diameter_um, source.distance_mm) * at_once);
            let first_mm = origin.along_mm - source.along_mm - REACH as f64 * internode;
            let shape = shape(source.distance_mm, first_mm, internode, points);
            excitation.iter_mut().zip(shape).for_each(|(sum, shape)| *sum += strength * shape);
        }
        for excitation in excitation {
            drive.cathodic = drive.cathodic.max(excitation);
            drive.anodic = drive.anodic.max(-excitation);
        }
    }
    drive
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nerve::thresholds::ThresholdTable;

    fn single(distance_mm: f64, share_ma: f64) -> SourcePoint {
        SourcePoint { distance_mm, along_mm: 0.0, share_ma }
    }

    #[test]
    fn verif_one_cathode_above_a_node_is_the_table() {
        let table = ThresholdTable::embedded().at_width(214.0);
        for (diameter, distance) in [(10.0, 1.0), (10.0, 5.0), (15.0, 3.0)] {
            let drive = drive(diameter, &[single(distance, 1.0)], &table);
            let threshold = table.threshold_ma(diameter, distance);
            assert!((drive.cathodic * threshold - 1.0).abs() < 1e-12);
        }
    }

    /// MRG at 214 µs: anodic over cathodic threshold, for 1, 2 and 3 mm.
    #[test]
    fn val_anodic_thresholds() {
        let table = ThresholdTable::embedded().at_width(214.0);
        for (diameter, ratios) in
            [(5.7, [4.083, 3.942, 4.013]), (10.0, [4.934, 4.166, 3.987]), (16.0, [5.535, 4.484, 4.158])]
        {
            for (distance, ratio) in [1.0, 2.0, 3.0].into_iter().zip(ratios) {
                let drive = drive(diameter, &[single(distance, 1.0)], &table);
                let found = drive.cathodic / drive.anodic;
                assert!((found / ratio - 1.0).abs() < 0.17, "{diameter} µm {distance} mm: {found} for {ratio}");
            }
        }
    }

    #[test]
    fn verif_an_anode_beside_the_cathode_takes_drive_away_and_far_away_does_nothing() {
        let table = ThresholdTable::embedded().at_width(214.0);
        let with_anode_at = |along_mm: f64| {
            let anode = SourcePoint { distance_mm: 3.0, along_mm, share_ma: -1.0 };
            drive(10.0, &[single(3.0, 1.0), anode], &table).cathodic
        };
        let alone = drive(10.0, &[single(3.0, 1.0)], &table).cathodic;
        assert!(with_anode_at(0.5) < 0.5 * alone);
        assert!((with_anode_at(150.0) / alone - 1.0).abs() < 1e-3);
        assert!(with_anode_at(0.0).abs() < 1e-12, "two equal and opposite currents at one place are nothing");
    }

    #[test]
    fn verif_internodes_are_those_of_the_paper() {
        assert!((internode_mm(10.0) - 1.15).abs() < 1e-12);
        assert!((1.0..1.15).contains(&internode_mm(9.3)));
    }
}
