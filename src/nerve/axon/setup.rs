//! What a threshold is asked for: a fibre, contacts beside it, the tissue and a pulse.

use nalgebra::{Point3, Vector3};

use crate::device::pulse::{Phase, Waveform};
use crate::math;
use crate::nerve::axon::fibre::{Conductivity, Fibre};
use crate::nerve::axon::parameters::Geometry;
use crate::nerve::axon::threshold::{REACHED, Shape, Task};
use crate::nerve::excitation::{Guess, MARGIN};
use crate::nerve::thresholds::TABLE_S_PER_M;
use crate::nerve::tissue::{self, CurrentSource, Field, Shell, shell_mv};
use crate::time::SimTime;

/// Which way the first phase goes through the contact above the fibre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Current flows into the contact.
    Cathodic,
    /// Current flows out of it.
    Anodic,
}

/// How the contacts are: both alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContactLayout {
    /// How they give out their current.
    pub shape: tissue::Shape,
    /// Their length along the lead, mm.
    pub length_mm: f64,
    /// Their radius, mm: of a ring.
    pub radius_mm: f64,
    /// Between lead and fibre, degrees; the lead keeps its distance from the fibre.
    pub angle_deg: f64,
    /// New tissue around a point, in tissue that conducts alike in every direction.
    pub shell: Option<Shell>,
}

impl ContactLayout {
    /// A point.
    pub const POINT: Self =
        Self { shape: tissue::Shape::Point, length_mm: 0.0, radius_mm: 0.0, angle_deg: 0.0, shell: None };
}

/// A straight fibre, a contact beside it, perhaps a second one that takes the current back, and a pulse.
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
    /// What the contacts are.
    pub contact: ContactLayout,
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
            contact: ContactLayout::POINT,
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

    /// The contacts with their shares of the current.
    fn sources(&self) -> Vec<(Field, f64)> {
        let ContactLayout { shape, length_mm, radius_mm, angle_deg, .. } = self.contact;
        let angle = angle_deg.to_radians();
        let axis = Vector3::new(0.0, math::sin(angle), math::cos(angle));
        let at = |z_mm: f64| {
            let centre_mm = Point3::new(self.distance_mm, 0.0, z_mm);
            CurrentSource { shape, centre_mm, axis, length_mm, radius_mm }.field(self.tissue)
        };
        let back = self.return_mm.map(|mm| (at(self.offset_mm + mm), -1.0));
        std::iter::once((at(self.offset_mm), 1.0)).chain(back).collect()
    }

    /// The search for the threshold at a time step.
    pub fn task(&self, step: SimTime) -> Task {
        let (reach, sources) = (self.reach(), self.sources());
        let potential_mv = |z_mm: f64| -> f64 {
            let of = |(field, share): &(Field, f64)| {
                let along = z_mm - field.centre_mm().z;
                let distance_mm = (self.distance_mm * self.distance_mm + along * along).sqrt();
                let shell = self.contact.shell.map(|shell| shell_mv(shell, self.tissue.across_s_per_m, distance_mm));
                let point = Point3::new(0.0, 0.0, z_mm);
                share * (field.potential_mv(point) + shell.unwrap_or(0.0))
            };
            sources.iter().map(of).sum()
        };
        let internode_mm = Geometry::at(self.diameter_um).internode_um / 1e3;
        let looked_at = (reach + MARGIN) as i64;
        let nodes: Vec<f64> = (-looked_at..=looked_at).map(|node| potential_mv(node as f64 * internode_mm)).collect();
        let waveform = self.waveform();
        // Where nothing excites there is no guess, and the search finds nothing from any.
        let guess_ma = Guess::new(&waveform).threshold_ma(self.diameter_um, &nodes).unwrap_or(1.0);
        // Both halves of a fibre below the middle of a contact do the same.
        let mirrored = self.offset_mm == 0.0 && self.return_mm.is_none();
        let whole = Fibre::in_field(self.diameter_um, (reach, reach), potential_mv);
        let fibre = if mirrored { whole.half() } else { whole };
        let watched = self.watched(&fibre);
        Task::new(fibre, Shape::new(&waveform, step), watched, guess_ma)
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
