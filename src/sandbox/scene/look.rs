//! How things look: colours from the theme, mixed by what the simulation says of them.

use bevy::asset::{Assets, Handle};
use bevy::color::Color;
use bevy::math::{Quat, Vec3};
use bevy::transform::components::Transform;
use egui::Color32;

use crate::sandbox::scene::anatomy::Fascicle;
use crate::sandbox::scene::link::Flesh;
use crate::sandbox::scene::state::{Role, SideState};
use crate::sandbox::scene::tissue::Tissue;
use crate::sandbox::theme::Theme;

/// Specific tension that a fascicle's cross-section is drawn from, N/mm² (ours: 30 N/cm², a common figure for muscle).
const TENSION_N_PER_MM2: f32 = 0.30;

/// Its largest radius against that of a cylinder (ours: a spindle has less at its ends).
const SPINDLE: f32 = 1.25;

/// The part of a fascicle that is belly; tendon is the rest (ours).
const BELLY: f32 = 0.86;

/// By how much a belly shortens at full force (ours: against the give of its tendons and of the spine).
const SHORTENING: f32 = 0.10;

/// How many times as much is drawn, so that it can be seen.
pub const EXAGGERATION: f32 = 2.0;

/// A colour for the renderer.
pub fn colour(colour: Color32) -> Color {
    Color::srgb_u8(colour.r(), colour.g(), colour.b())
}

/// A part of the way from one colour to another.
pub fn mix(from: Color32, to: Color32, part: f32) -> Color32 {
    let part = part.clamp(0.0, 1.0);
    let of = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
    Color32::from_rgb(of(from.r(), to.r()), of(from.g(), to.g()), of(from.b(), to.b()))
}

/// How a surface looks now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Its colour.
    pub base: Color32,
    /// How much of its colour it gives off by itself, from 0.
    pub glow: f32,
    /// How solid it is, 0 to 1.
    pub alpha: f32,
}

impl Look {
    /// A solid surface that gives off nothing.
    pub fn solid(base: Color32) -> Self {
        Self { base, glow: 0.0, alpha: 1.0 }
    }

    /// The same, brighter if it is picked or pointed at.
    pub fn noticed(self, picked: bool, hovered: bool) -> Self {
        let more = if picked {
            0.30
        } else if hovered {
            0.14
        } else {
            0.0
        };
        Self { glow: self.glow + more, ..self }
    }

    /// Puts it onto a material, which is touched only where it differs: a touched one is sent to the renderer again.
    pub fn wear(self, materials: &mut Assets<Tissue>, handle: &Handle<Tissue>, backdrop: Color32) {
        let Some(now) = materials.get(handle) else { return };
        let worn = now.worn(self.base, self.glow, self.alpha, backdrop);
        if !now.looks_like(&worn)
            && let Some(mut material) = materials.get_mut(handle)
        {
            *material = worn;
        }
    }
}

/// The colour of a fascicle: dark at rest and bright with its own force, 0 to 1, yellower with fat; where the
/// stimulated nerve reaches it paler with fatigue, and elsewhere duller at rest.
pub fn muscle(theme: &Theme, side: &SideState, pull: f32, stimulated: bool, flesh: Flesh) -> Look {
    let back = &theme.back;
    let lean = mix(back.muscle, back.fat, side.fat * 1.3);
    let rest = if stimulated { lean } else { mix(lean, back.backdrop, 0.22) };
    // The eye sees small forces, too: the root stretches the lower end.
    let active = mix(rest, back.muscle_active, pull.sqrt());
    let base = if stimulated { mix(active, back.tired, (1.0 - side.capacity) * 0.75) } else { active };
    let glow = 0.22 * pull.sqrt();
    let alpha = if flesh == Flesh::SeeThrough { 0.30 } else { 1.0 };
    Look { base, glow, alpha }
}

/// Where the belly of a fascicle lies and how thick it is: of constant volume, shorter and thicker with its own force,
/// 0 to 1, thicker with the size of the muscle. `cranial` and `caudal` are its ends on this side, mm.
pub fn belly(fascicle: &Fascicle, (cranial, caudal): (Vec3, Vec3), pull: f32, size: f32) -> Transform {
    let along = cranial - caudal;
    let resting = along.length() * BELLY;
    let length = resting * (1.0 - SHORTENING * EXAGGERATION * pull);
    let area_mm2 = fascicle.max_force_n / TENSION_N_PER_MM2 * size.max(0.05);
    let radius = SPINDLE * (area_mm2 / std::f32::consts::PI).sqrt() * (resting / length).sqrt();
    Transform {
        translation: (cranial + caudal) / 2.0,
        rotation: Quat::from_rotation_arc(Vec3::Y, along.normalize_or(Vec3::Y)),
        scale: Vec3::new(radius, length, radius),
    }
}

/// The colour of a contact, and how it lights up.
pub fn contact(theme: &Theme, role: Role, flash: f32) -> Look {
    let base = match role {
        Role::Off => theme.off,
        Role::Cathode => theme.cathode,
        Role::Anode => theme.anode,
    };
    let flash = if role == Role::Off { 0.0 } else { flash };
    Look { base, glow: if role == Role::Off { 0.0 } else { 0.25 + 0.9 * flash }, alpha: 1.0 }
}

/// The colour of a nerve: brighter the more of its axons the pulse that is to be seen has fired.
pub fn nerve(theme: &Theme, side: &SideState) -> Look {
    let fires = side.flash * side.recruited.sqrt();
    Look { base: mix(theme.back.nerve, theme.back.nerve_active, fires), glow: 0.10 + 0.8 * fires, alpha: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::pulse::CONTACTS_PER_LEAD;
    use crate::sandbox::scene::anatomy::{Anatomy, FASCICLES};
    use bevy::material::AlphaMode;

    fn side() -> SideState {
        SideState {
            roles: Default::default(),
            contacts_mm: [[0.0; 3]; CONTACTS_PER_LEAD],
            flash: 0.0,
            recruited: 0.0,
            pull: [0.0; FASCICLES],
            capacity: 1.0,
            size: 1.0,
            fat: 0.0,
        }
    }

    fn brightness(colour: Color32) -> u32 {
        u32::from(colour.r()) + u32::from(colour.g()) + u32::from(colour.b())
    }

    #[test]
    fn verif_a_belly_keeps_its_volume_as_its_own_force_shortens_it() {
        for fascicle in Anatomy::embedded().fascicles() {
            let ends = (fascicle.cranial_mm, fascicle.caudal_mm);
            let (rest, pulled) = (belly(&fascicle, ends, 0.0, 1.0), belly(&fascicle, ends, 1.0, 1.0));
            let volume = |t: &Transform| t.scale.x * t.scale.y * t.scale.z;
            assert!((volume(&pulled) / volume(&rest) - 1.0).abs() < 1e-5);
            let shortened = 1.0 - pulled.scale.y / rest.scale.y;
            assert!((shortened - SHORTENING * EXAGGERATION).abs() < 1e-5, "{}: {shortened}", fascicle.name);
        }
    }

    #[test]
    fn verif_force_brightens_fatigue_fades_and_fat_yellows() {
        for theme in [Theme::dark(), Theme::light()] {
            for stimulated in [true, false] {
                let base = |side: &SideState, pull| muscle(&theme, side, pull, stimulated, Flesh::Solid).base;
                let (rest, pulled) = (base(&side(), 0.0), base(&side(), 1.0));
                assert!(brightness(pulled) > brightness(rest) + 60);
                let tired = base(&SideState { capacity: 0.4, ..side() }, 1.0);
                let paler = tired.r().abs_diff(tired.b()) < pulled.r().abs_diff(pulled.b());
                assert_eq!(paler, stimulated, "what is not stimulated does not tire");
                let fat = base(&SideState { fat: 0.4, ..side() }, 0.0);
                assert!(fat.g() > rest.g() + 20, "yellower");
            }
        }
    }

    #[test]
    fn verif_a_material_is_touched_only_when_it_changes() {
        let mut materials = Assets::<Tissue>::default();
        let handle = materials.add(Tissue::matt());
        let mode = |materials: &Assets<Tissue>| materials.get(&handle).map(|material| material.alpha_mode);
        let look = Look::solid(Color32::from_rgb(10, 20, 30));
        look.wear(&mut materials, &handle, Color32::BLACK);
        let first = materials.get(&handle).map(|material| material.shade);
        assert!(first.is_some_and(|shade| shade.base.w == 1.0 && shade.base.z > shade.base.x));
        Look { alpha: 0.3, ..look }.wear(&mut materials, &handle, Color32::BLACK);
        assert_eq!(mode(&materials), Some(AlphaMode::Blend));
        look.wear(&mut materials, &handle, Color32::BLACK);
        assert_eq!(mode(&materials), Some(AlphaMode::Opaque));
        assert_eq!(materials.get(&handle).map(|material| material.shade), first);
    }
}
