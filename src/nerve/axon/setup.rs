//! What a threshold is asked for: a fibre, contacts beside it, the tissue and a pulse.

use crate::device::pulse::{Phase, Waveform};
use crate::nerve::axon::fibre::{Conductivity, Fibre, PointContact};
use crate::nerve::axon::parameters::Geometry;
use crate::nerve::axon::threshold::{REACHED, Shape, Task};
use crate::nerve::field::{SourcePoint, drive};
use crate::nerve::thresholds::{TABLE_S_PER_M, ThresholdTable, biphasic_ratio};
use crate::time::SimTime;

/// Which way the first phase goes through the contact above the fibre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Current flows into the contact.
    Cathodic,
    /// Current flows out of it.
    Anodic,
}

/// A straight fibre, a point contact beside it, perhaps a second one that takes the current back, and a pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// Diameter of the fibre, µm.
    pub diameter_um: f64,
    /// From the fibre to the contact, and to the second one, mm.
    pub distance_mm: f64,
    /// Width of the first phase.
    pub width: SimTime,
    /// Its direction.
    pub polarity: Polarity,
    /// How much longer and weaker a second, opposite phase is; none for a pulse of one phase.
    pub recovery: Option<f64>,
    /// Between the phases.
    pub gap: SimTime,
    /// From the central node to the contact along the fibre, mm.
    pub offset_mm: f64,
    /// From the contact to the second one along the fibre, mm; none where the current returns far away.
    pub return_mm: Option<f64>,
    /// Of the tissue.
    pub tissue: Conductivity,
}

/// The current of a shape's first phase, nA: large, so that a weak long phase keeps its digits.
const UNIT_NA: i64 = 1_000_000_000;

impl Setup {
    /// One cathodic phase from a contact above a node, in the tissue of the table.
    pub fn new(diameter_um: f64, distance_mm: f64, width: SimTime) -> Self {
        Self {
            diameter_um,
            distance_mm,
            width,
            polarity: Polarity::Cathodic,
            recovery: None,
            gap: SimTime::ZERO,
            offset_mm: 0.0,
            return_mm: None,
            tissue: Conductivity::isotropic(TABLE_S_PER_M),
        }
    }

    /// How many nodes the fibre has to either side of the central one, as the reference computations have them: for one
    /// cathode more would change a threshold by less than 1e-4. An anode excites farther away, with a current that the
    /// ends of a shorter fibre feel.
    fn reach(&self) -> usize {
        let internode_mm = Geometry::at(self.diameter_um).internode_um / 1e3;
        let distances = if self.polarity == Polarity::Cathodic && self.return_mm.is_none() { 3.0 } else { 8.0 };
        let beside_mm = self.offset_mm.abs() + self.return_mm.unwrap_or(0.0).abs();
        ((distances * self.distance_mm * self.stretch() + beside_mm) / internode_mm + 12.0).ceil() as usize
    }

    /// How much wider the field is along the fibre than in tissue that conducts alike.
    fn stretch(&self) -> f64 {
        (self.tissue.along_s_per_m / self.tissue.across_s_per_m).sqrt().max(1.0)
    }

    /// The pulse, for a unit of current.
    pub(super) fn waveform(&self) -> Waveform {
        let sign = if self.polarity == Polarity::Cathodic { -1 } else { 1 };
        let first = Phase { current_na: sign * UNIT_NA, width: self.width };
        let Some(times) = self.recovery else { return Waveform::new([first], false) };
        let nanos = |span: f64| SimTime::from_nanos(span.round() as i64);
        let width = nanos(self.width.nanos() as f64 * times);
        // As much charge as the first took.
        let current_na = (UNIT_NA as f64 * self.width.nanos() as f64 / width.nanos() as f64).round() as i64;
        let gap = Phase { current_na: 0, width: self.gap };
        Waveform::new([first, gap, Phase { current_na: -sign * current_na, width }], false)
    }

    /// From the beginning of the pulse to the end of its last phase.
    pub fn length(&self) -> SimTime {
        self.waveform().length()
    }

    /// The contacts, for a milliampere of the pulse.
    fn contacts(&self) -> Vec<PointContact> {
        let first = PointContact { distance_mm: self.distance_mm, along_mm: self.offset_mm, share: 1.0 };
        let back = self.return_mm.map(|mm| PointContact { along_mm: self.offset_mm + mm, share: -1.0, ..first });
        std::iter::once(first).chain(back).collect()
    }

    /// About where the threshold is, mA: from the table, which is exact for one cathodic phase above a node.
    fn guess_ma(&self) -> f64 {
        let width_us = self.width.nanos() as f64 / 1e3;
        // In tissue that conducts better along the fibre, a contact is as if it were nearer.
        let (across, along) = (self.tissue.across_s_per_m, self.tissue.along_s_per_m);
        let distance_mm = self.distance_mm * (along / across).sqrt();
        let sources: Vec<SourcePoint> = self
            .contacts()
            .iter()
            .map(|contact| SourcePoint { distance_mm, along_mm: contact.along_mm, share_ma: contact.share })
            .collect();
        let drive = drive(self.diameter_um, &sources, &ThresholdTable::embedded().at_width(width_us));
        let strongest = match self.polarity {
            Polarity::Cathodic => drive.cathodic,
            Polarity::Anodic => drive.anodic,
        };
        let ratio = self.recovery.map_or(1.0, |times| {
            biphasic_ratio(self.diameter_um, self.distance_mm, width_us, self.gap.nanos() as f64 / 1e3, times)
        });
        across / TABLE_S_PER_M * ratio / strongest
    }

    /// The search for the threshold at a time step.
    pub fn task(&self, step: SimTime) -> Task {
        let fibre = Fibre::new(self.diameter_um, self.reach(), &self.contacts(), self.tissue);
        let watched = self.watched(&fibre);
        Task::new(fibre, Shape::new(&self.waveform(), step), watched, self.guess_ma())
    }

    /// Nodes where an action potential is looked for.
    fn watched(&self, fibre: &Fibre) -> Vec<usize> {
        let internode_mm = fibre.geometry.internode_um / 1e3;
        let (below, above) = (fibre.centre.saturating_sub(REACHED), fibre.centre + REACHED);
        match (self.return_mm, self.polarity) {
            // Beside an anode an action potential may be stopped: it is looked for on the other side.
            (Some(mm), Polarity::Cathodic) => vec![if mm > 0.0 { below } else { above }],
            (Some(mm), Polarity::Anodic) => {
                let beyond = ((self.offset_mm + mm) / internode_mm).round() as isize;
                let beyond = beyond + if mm > 0.0 { REACHED as isize } else { -(REACHED as isize) };
                vec![fibre.centre.saturating_add_signed(beyond).min(fibre.nodes - 1)]
            }
            // A far anode excites beside itself, and holds down what is under it.
            (None, Polarity::Anodic) => {
                let beside = REACHED + (1.3 * self.distance_mm * self.stretch() / internode_mm).ceil() as usize;
                let far = (fibre.centre.saturating_sub(beside), (fibre.centre + beside).min(fibre.nodes - 1));
                if fibre.centre == 0 { vec![above, far.1] } else { vec![below, above, far.0, far.1] }
            }
            (None, Polarity::Cathodic) if fibre.centre == 0 => vec![above],
            (None, Polarity::Cathodic) => vec![below, above],
        }
    }
}
