//! Where along a fibre a field excites most, how strongly, and what the field looks like there.
//!
//! What drives a node is the second difference of the potential along the nodes (Rattay 1986), spread over its
//! neighbours as the cable does. It tells where a fibre fires and about how much current that takes; the exact axon
//! tells the rest.

use crate::device::pulse::{Phase, Waveform};
use crate::nerve::axon::parameters::Geometry;
use crate::nerve::thresholds::{TABLE_S_PER_M, ThresholdTable, WidthTable, biphasic_ratio};
use crate::time::SimTime;

/// How much of a node's drive its neighbour shares. Ours: near the length constant of the MRG axon at its nodes.
const SPREAD: f64 = 0.35;

/// Neighbours to each side that share a node's drive: of the next it would be a part in five hundred.
const NEIGHBOURS: usize = 5;

/// A node that is driven less than this, of the most driven one, has no part in whether the fibre fires. Ours.
const DRIVEN: f64 = 0.1;

/// Nodes that have to be known to either side of those that are looked at.
pub const MARGIN: usize = NEIGHBOURS + 2;

/// Features of a site.
pub const FEATURES: usize = 4;

/// The place where a fibre is excited most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// The index of the node.
    pub node: usize,
    /// The first and the last node that is driven at least a tenth as strongly, whichever way.
    pub reach: (usize, usize),
    /// The spread second difference there, mV for a milliampere.
    pub drive_mv: f64,
    /// The shape of the field there, in parts of the drive: the second difference at the node itself, the sum of those
    /// of its neighbours, how much more is driven on one side than on the other, and the strongest drive of the
    /// opposite sign anywhere.
    pub shape: [f64; FEATURES],
}

fn second_difference(potentials_mv: &[f64], node: usize) -> f64 {
    potentials_mv[node - 1] - 2.0 * potentials_mv[node] + potentials_mv[node + 1]
}

fn drive(potentials_mv: &[f64], node: usize) -> f64 {
    let mut share = 1.0;
    let mut sum = second_difference(potentials_mv, node);
    for beside in 1..=NEIGHBOURS {
        share *= SPREAD;
        sum +=
            share * (second_difference(potentials_mv, node - beside) + second_difference(potentials_mv, node + beside));
    }
    sum
}

/// Where a current of that sign excites most, from the potentials at the nodes, mV for a milliampere; none where it
/// excites nowhere. The [`MARGIN`] at either end is not looked at.
pub fn site(potentials_mv: &[f64], sign: f64) -> Option<Site> {
    let nodes = MARGIN..potentials_mv.len().saturating_sub(MARGIN);
    let drives: Vec<f64> = nodes.clone().map(|node| sign * drive(potentials_mv, node)).collect();
    let (most, least) = drives.iter().fold((0.0_f64, 0.0_f64), |(most, least), &d| (most.max(d), least.min(d)));
    let node = nodes.start + drives.iter().position(|&d| d == most && d > 0.0)?;
    let f = |node: usize| sign * second_difference(potentials_mv, node) / most;
    let beside = |node: usize| sign * drive(potentials_mv, node) / most;
    let shape = [f(node), f(node - 1) + f(node + 1), (beside(node + 1) - beside(node - 1)).abs(), -least / most];
    let driven = |d: &f64| d.abs() >= DRIVEN * most;
    let first = drives.iter().position(driven).unwrap_or(0);
    let last = drives.iter().rposition(driven).unwrap_or(0);
    Some(Site { node, reach: (nodes.start + first, nodes.start + last), drive_mv: most, shape })
}

/// Phases that follow each other in one direction, as one of their mean current; and the time without current before
/// the next one.
pub fn lobes(waveform: &Waveform) -> Vec<(Phase, SimTime)> {
    let mut lobes: Vec<(Phase, SimTime)> = Vec::new();
    for &phase in waveform.phases() {
        match lobes.last_mut() {
            Some((_, gap)) if phase.current_na == 0 => *gap += phase.width,
            Some((lobe, gap)) if *gap == SimTime::ZERO && lobe.current_na.signum() == phase.current_na.signum() => {
                let width = lobe.width + phase.width;
                let charge_ac = lobe.charge_ac() + phase.charge_ac();
                *lobe = Phase { current_na: (charge_ac / i128::from(width.nanos())) as i64, width };
            }
            _ if phase.current_na != 0 => lobes.push((phase, SimTime::ZERO)),
            _ => {}
        }
    }
    lobes
}

/// Distances of the table that a site is compared with, mm.
const COMPARED_MM: [f64; 6] = [0.5, 1.0, 2.0, 3.0, 5.0, 10.0];

/// A lobe of a pulse, as a guess needs it.
struct Lobe {
    table: WidthTable,
    width_us: f64,
    /// Its current in parts of the first one's.
    share: f64,
    /// The gap to an opposite lobe after it, µs, and how many times longer and weaker that is.
    after: Option<(f64, f64)>,
}

/// About how much current a pulse needs, from the table of exact results for one cathodic phase above a node.
pub struct Guess(Vec<Lobe>);

impl Guess {
    /// For a pulse with a current.
    pub fn new(waveform: &Waveform) -> Self {
        let lobes = lobes(waveform);
        let first = lobes.first().map_or(1.0, |(phase, _)| phase.current_na.abs() as f64);
        let of = |(index, &(phase, gap)): (usize, &(Phase, SimTime))| {
            let width_us = phase.width.nanos() as f64 / 1e3;
            let after = lobes.get(index + 1).filter(|(next, _)| next.current_na.signum() != phase.current_na.signum());
            let times = |next: Phase| phase.current_na.abs() as f64 / next.current_na.abs() as f64;
            Lobe {
                table: ThresholdTable::embedded().at_width(width_us),
                width_us,
                share: phase.current_na as f64 / first,
                after: after.map(|&(next, _)| (gap.nanos() as f64 / 1e3, times(next))),
            }
        };
        Self(lobes.iter().enumerate().map(of).collect())
    }

    /// The amplitude of the first lobe at which a fibre of that diameter fires, mA, about; from the potentials at its
    /// nodes, mV for a milliampere. None where nothing excites it.
    pub fn threshold_ma(&self, diameter_um: f64, potentials_mv: &[f64]) -> Option<f64> {
        let internode_mm = Geometry::at(diameter_um).internode_um / 1e3;
        let of = |lobe: &Lobe| {
            let site = site(potentials_mv, lobe.share.signum())?;
            let (distance_mm, of_table) = compared(internode_mm, &site);
            let followed = |(gap, times)| biphasic_ratio(diameter_um, distance_mm, lobe.width_us, gap, times);
            let alone = lobe.table.threshold_ma(diameter_um, distance_mm) * of_table / site.drive_mv;
            Some(alone * lobe.after.map_or(1.0, followed) / lobe.share.abs())
        };
        self.0.iter().filter_map(of).reduce(f64::min)
    }
}

/// The distance of the table at which a point cathode's field is most like that of a site, and its drive there.
fn compared(internode_mm: f64, site: &Site) -> (f64, f64) {
    let nodes = 2 * MARGIN + 1;
    let of = |distance_mm: f64| {
        let at = |node: usize| {
            let z = (node as f64 - MARGIN as f64) * internode_mm;
            -1e3 / (4.0 * std::f64::consts::PI * TABLE_S_PER_M * (distance_mm * distance_mm + z * z).sqrt())
        };
        let potentials: Vec<f64> = (0..nodes).map(at).collect();
        let drive = drive(&potentials, MARGIN);
        (drive, second_difference(&potentials, MARGIN) / drive)
    };
    let unlike = |ratio: f64| (ratio - site.shape[0]).abs();
    let fields = COMPARED_MM.map(|distance| (distance, of(distance)));
    let best = fields.iter().min_by(|a, b| unlike(a.1.1).total_cmp(&unlike(b.1.1))).expect("there are six");
    (best.0, best.1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above_a_node(distance_mm: f64, internode_mm: f64, nodes: i64) -> Vec<f64> {
        let at = |node: i64| {
            let z = node as f64 * internode_mm;
            1e3 / (4.0 * std::f64::consts::PI * TABLE_S_PER_M * (distance_mm * distance_mm + z * z).sqrt())
        };
        (-nodes..=nodes).map(at).collect()
    }

    #[test]
    fn verif_a_cathode_excites_below_it_and_an_anode_beside_it() {
        let potentials = above_a_node(2.0, 1.15, 30);
        let cathode = site(&potentials, -1.0).unwrap();
        assert_eq!(cathode.node, 30);
        assert!(cathode.shape[2] < 1e-12);
        let anode = site(&potentials, 1.0).unwrap();
        assert!(anode.node.abs_diff(30) >= 2 && anode.drive_mv < cathode.drive_mv / 3.0);
        assert!((anode.drive_mv / cathode.drive_mv - cathode.shape[3]).abs() < 1e-12);
        assert_eq!(site(&[1.0; 40], 1.0), None);
    }

    #[test]
    fn verif_the_guess_is_the_table_where_the_table_is() {
        let width = SimTime::from_nanos(214_000);
        let guess = Guess::new(&Waveform::new([Phase { current_na: -1_000_000, width }], false));
        for (diameter, internode) in [(10.0, 1.15), (16.0, 1.5)] {
            for distance in COMPARED_MM {
                let exact = ThresholdTable::embedded().at_width(214.0).threshold_ma(diameter, distance);
                let found = guess.threshold_ma(diameter, &above_a_node(distance, internode, 60)).unwrap();
                assert!((found / exact - 1.0).abs() < 1e-9, "{diameter} {distance}: {found} for {exact}");
            }
        }
    }
}
