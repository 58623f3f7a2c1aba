//! The field around the contacts as a slice: the plane of lead and nerve, and the potential in it as a picture.
//!
//! As for recruitment, each ring is a point source in homogeneous tissue: I/(4πσr); no nearer than its own radius. The
//! case is too far away to matter. The picture is for a milliampere through the cathodes.

use bevy::math::Vec3;

use crate::device::pulse::CONTACTS_PER_LEAD;
use crate::sandbox::scene::state::SideState;
use crate::sandbox::theme::Theme;

/// Pixels along an edge of the picture.
pub const PIXELS: usize = 192;

/// Length of an edge, mm.
pub const EDGE_MM: f32 = 46.0;

/// Potentials at which a line is drawn, mV, of either sign.
pub const LINES_MV: [f32; 6] = [5.0, 10.0, 20.0, 50.0, 100.0, 200.0];

/// The potential whose colour is strongest, mV.
pub const FULL_MV: f32 = 200.0;

/// What a slice is worked out from: while that stays the same, so does the slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sources {
    /// Where the rings are, mm.
    pub at_mm: [Vec3; CONTACTS_PER_LEAD],
    /// The current through each, mA, cathodic negative.
    pub current_ma: [f32; CONTACTS_PER_LEAD],
    /// Radius of a ring, mm.
    pub radius_mm: f32,
    /// Conductivity of the tissue, S/m.
    pub tissue_s_per_m: f32,
}

impl Sources {
    /// The rings of a side.
    pub fn of(side: &SideState, ring_diameter_mm: f32, tissue_s_per_m: f32) -> Self {
        Self {
            at_mm: side.contacts_mm.map(Vec3::from_array),
            current_ma: side.currents_ma(),
            radius_mm: ring_diameter_mm / 2.0,
            tissue_s_per_m,
        }
    }

    /// Potential at a point, mV.
    pub fn potential_mv(&self, at: Vec3) -> f32 {
        let scale = 1.0 / (4.0 * std::f32::consts::PI * self.tissue_s_per_m);
        let of = |(contact, current_ma): (&Vec3, &f32)| {
            // mA over S/m and mm is V; in mV a thousand times that.
            1e3 * scale * current_ma / (at - *contact).length().max(self.radius_mm)
        };
        self.at_mm.iter().zip(&self.current_ma).map(of).sum()
    }

    /// Whether any current flows.
    pub fn any(&self) -> bool {
        self.current_ma.iter().any(|&current| current != 0.0)
    }
}

/// A square through the middle of a lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// Its middle, mm.
    pub centre: Vec3,
    /// Its axes, of length 1: along the lead, and across it towards the nerve.
    pub along: Vec3,
    /// See `along`.
    pub across: Vec3,
}

impl Plane {
    /// The plane of a lead and of a direction, that of the nerve; it lies in the middle of the contacts.
    pub fn of(contacts_mm: &[Vec3; CONTACTS_PER_LEAD], nerve: Vec3) -> Self {
        let centre = contacts_mm.iter().sum::<Vec3>() / CONTACTS_PER_LEAD as f32;
        let along = (contacts_mm[0] - contacts_mm[CONTACTS_PER_LEAD - 1]).normalize_or(Vec3::Y);
        let across =
            (nerve - along * nerve.dot(along)).try_normalize().unwrap_or_else(|| along.any_orthonormal_vector());
        Self { centre, along, across }
    }

    /// Its normal, towards the back.
    pub fn normal(&self) -> Vec3 {
        let normal = self.along.cross(self.across);
        if normal.z < 0.0 { -normal } else { normal }
    }

    /// The point at a place of the picture, 0 to 1 each way.
    pub fn at(&self, u: f32, v: f32) -> Vec3 {
        self.centre + (self.across * (u - 0.5) + self.along * (0.5 - v)) * EDGE_MM
    }
}

/// The picture of a slice: sRGB with alpha, row by row.
///
/// Blue is negative and vermilion positive, as the contacts are; stronger towards [`FULL_MV`]; lines at [`LINES_MV`];
/// clear where there is next to nothing, and towards the rim.
pub fn picture(sources: &Sources, plane: &Plane, theme: &Theme) -> Vec<u8> {
    let step = EDGE_MM / PIXELS as f32;
    let mut pixels = Vec::with_capacity(PIXELS * PIXELS * 4);
    for row in 0..PIXELS {
        for column in 0..PIXELS {
            let (u, v) = ((column as f32 + 0.5) / PIXELS as f32, (row as f32 + 0.5) / PIXELS as f32);
            let at = plane.at(u, v);
            let mv = sources.potential_mv(at);
            let slope_mv = {
                let along = sources.potential_mv(at + plane.along * step) - mv;
                let across = sources.potential_mv(at + plane.across * step) - mv;
                (along * along + across * across).sqrt()
            };
            let colour = if mv < 0.0 { theme.cathode } else { theme.anode };
            let strength = strength(mv);
            let line = line(mv, slope_mv);
            let (du, dv) = (u * 2.0 - 1.0, v * 2.0 - 1.0);
            let rim = ((1.0 - (du * du + dv * dv).sqrt()) * 6.0).clamp(0.0, 1.0);
            let alpha = (0.10 + 0.72 * strength).max(0.9 * line * (0.35 + 0.65 * strength)) * rim;
            let whiten = 0.10 + 0.45 * line;
            let mixed = |c: u8| (f32::from(c) + (255.0 - f32::from(c)) * whiten * 0.6) as u8;
            pixels.extend([mixed(colour.r()), mixed(colour.g()), mixed(colour.b()), (alpha * 255.0) as u8]);
        }
    }
    pixels
}

/// How strong the colour of a potential is, 0 to 1: its logarithm from 2 mV to [`FULL_MV`].
fn strength(mv: f32) -> f32 {
    const LEAST_MV: f32 = 2.0;
    ((mv.abs() / LEAST_MV).max(1.0).ln() / (FULL_MV / LEAST_MV).ln()).min(1.0)
}

/// How much of a line a potential is, 0 to 1, where it changes by so much from pixel to pixel.
fn line(mv: f32, slope_mv: f32) -> f32 {
    let nearest = LINES_MV.iter().map(|at| (mv.abs() - at).abs()).fold(f32::INFINITY, f32::min);
    (1.2 - nearest / slope_mv.max(1e-6)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bipolar() -> Sources {
        let at = |i: usize| Vec3::new(0.0, 6.0 * i as f32, 0.0);
        Sources {
            at_mm: [0, 1, 2, 3].map(at),
            current_ma: [1.0, -1.0, 0.0, 0.0],
            radius_mm: 0.635,
            tissue_s_per_m: 0.2,
        }
    }

    #[test]
    fn val_a_point_source_has_its_potential() {
        let sources = Sources { current_ma: [-1.0, 0.0, 0.0, 0.0], ..bipolar() };
        // I/(4πσr): 1 mA, 0.2 S/m, 10 mm.
        assert!((sources.potential_mv(Vec3::X * 10.0) + 39.789).abs() < 0.01);
        assert_eq!(sources.potential_mv(Vec3::ZERO), sources.potential_mv(Vec3::X * 0.635));
        assert!(bipolar().potential_mv(Vec3::new(8.0, 3.0, 0.0)).abs() < 1e-3, "nothing halfway between both");
    }

    #[test]
    fn verif_the_plane_holds_lead_and_nerve() {
        let contacts = bipolar().at_mm;
        let plane = Plane::of(&contacts, Vec3::new(0.5, 1.0, 0.0));
        assert!(plane.along.dot(plane.across).abs() < 1e-6);
        assert!((plane.across - Vec3::X).length() < 1e-6);
        assert_eq!(plane.at(0.5, 0.5), plane.centre);
        assert!(contacts.iter().all(|&contact| (contact - plane.centre).dot(plane.normal()).abs() < 1e-6));
        let beside = Plane::of(&contacts, Vec3::Y);
        assert!(beside.across.dot(beside.along).abs() < 1e-6, "a nerve along the lead has a plane, too");
    }

    #[test]
    fn verif_the_picture_is_blue_at_the_cathode_and_clear_at_the_rim() {
        let (sources, theme) = (bipolar(), Theme::dark());
        let plane = Plane::of(&sources.at_mm, Vec3::X);
        let picture = picture(&sources, &plane, &theme);
        assert_eq!(picture.len(), PIXELS * PIXELS * 4);
        let pixel = |at: Vec3| {
            let place = |d: f32| ((d / EDGE_MM + 0.5) * PIXELS as f32) as usize;
            let (column, row) =
                (place((at - plane.centre).dot(plane.across)), place(-(at - plane.centre).dot(plane.along)));
            let first = (row * PIXELS + column) * 4;
            [picture[first], picture[first + 1], picture[first + 2], picture[first + 3]]
        };
        let (cathode, anode) = (pixel(sources.at_mm[1]), pixel(sources.at_mm[0]));
        assert!(cathode[2] > cathode[0] && cathode[3] > 180, "{cathode:?}");
        assert!(anode[0] > anode[2] && anode[3] > 180, "{anode:?}");
        assert_eq!(picture[3], 0, "the corner");
    }
}
