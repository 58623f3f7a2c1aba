//! The camera of the view of the back: where it stands, and what it sees where.

use bevy::camera::{
    Camera, Camera3d, ClearColorConfig, OrthographicProjection, Projection, RenderTarget, ScalingMode, Viewport,
};
use bevy::core_pipeline::tonemapping::{DebandDither, Tonemapping};
use bevy::ecs::entity::Entity;
use bevy::ecs::system::Commands;
use bevy::math::{Rect, UVec2, Vec2, Vec3};
use bevy::render::view::Msaa;
use bevy::transform::components::Transform;
use bevy_panorbit_camera::PanOrbitCamera;
use std::f32::consts::{FRAC_PI_2, TAU};

use crate::sandbox::scene::link::{PixelRect, StandardView};
use crate::sandbox::scene::look::colour;
use crate::sandbox::scene::pick::Ray;
use crate::sandbox::theme::Theme;

/// What is in view at scale 1 at least, mm: the back from L1 to the sacrum, with the generator.
const WIDTH_MM: f32 = 216.0;
const HEIGHT_MM: f32 = 296.0;

/// How far the camera sees, mm.
const FAR_MM: f32 = 1000.0;

/// Adds the camera.
pub fn spawn(commands: &mut Commands, target: RenderTarget, order: isize, theme: &Theme) -> Entity {
    let (yaw, pitch, focus, scale) = place(StandardView::Back);
    commands
        .spawn((
            Camera3d::default(),
            Camera {
                order,
                is_active: false,
                clear_color: ClearColorConfig::Custom(colour(theme.back.backdrop)),
                ..Camera::default()
            },
            target,
            Projection::Orthographic(OrthographicProjection {
                scaling_mode: ScalingMode::AutoMin { min_width: WIDTH_MM, min_height: HEIGHT_MM },
                near: 0.0,
                far: FAR_MM,
                ..OrthographicProjection::default_3d()
            }),
            Transform::from_translation(focus + Vec3::Z * FAR_MM / 2.0),
            PanOrbitCamera {
                focus,
                target_focus: focus,
                yaw: Some(yaw),
                pitch: Some(pitch),
                radius: Some(scale),
                zoom_lower_limit: 0.04,
                zoom_upper_limit: Some(2.5),
                use_real_time: true,
                ..PanOrbitCamera::default()
            },
            Msaa::Off,
            Tonemapping::None,
            DebandDither::Disabled,
        ))
        .id()
}

/// Yaw and pitch, rad, the point looked at, mm, and the scale of a standard view.
fn place(view: StandardView) -> (f32, f32, Vec3, f32) {
    let middle = Vec3::new(0.0, 21.0, 24.0);
    match view {
        StandardView::Back => (0.0, 0.0, middle, 1.0),
        StandardView::Right => (FRAC_PI_2, 0.0, middle, 1.0),
        StandardView::Left => (-FRAC_PI_2, 0.0, middle, 1.0),
        StandardView::Top => (0.0, FRAC_PI_2, middle, 0.78),
        // Half onto the plane of lead and nerve, which rises by 42 degrees towards the back.
        StandardView::Leads => (0.0, 0.62, Vec3::new(0.0, 82.0, 18.0), 0.34),
    }
}

/// Sends the camera to a standard view, the short way round.
pub fn go_to(camera: &mut PanOrbitCamera, view: StandardView, at_once: bool) {
    let (yaw, pitch, focus, scale) = place(view);
    let turns = ((camera.yaw.unwrap_or(yaw) - yaw) / TAU).round();
    let yaw = yaw + turns * TAU;
    (camera.target_yaw, camera.target_pitch, camera.target_focus, camera.target_radius) = (yaw, pitch, focus, scale);
    if at_once {
        (camera.yaw, camera.pitch, camera.focus, camera.radius) = (Some(yaw), Some(pitch), focus, Some(scale));
    }
    camera.force_update = true;
}

/// The part of a rectangle that lies on a target of that size; none where nothing of it does.
pub fn viewport(rect: PixelRect, target: UVec2) -> Option<Viewport> {
    let width = rect.width.min(target.x.saturating_sub(rect.left));
    let height = rect.height.min(target.y.saturating_sub(rect.top));
    (width > 0 && height > 0).then(|| Viewport {
        physical_position: UVec2::new(rect.left, rect.top),
        physical_size: UVec2::new(width, height),
        ..Viewport::default()
    })
}

/// What the camera sees where.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Where it stands and how it is turned.
    pub transform: Transform,
    /// What it sees, mm around its axis.
    pub area: Rect,
    /// Where that is, in points of the panels.
    pub points: Rect,
}

impl Sight {
    /// Millimetres for each point.
    pub fn mm_per_point(&self) -> f32 {
        self.area.height() / self.points.height()
    }

    /// Where a place of the body is, in points.
    pub fn project(&self, at: Vec3) -> Vec2 {
        let from = at - self.transform.translation;
        let seen = Vec2::new(from.dot(*self.transform.right()), from.dot(*self.transform.up()));
        let part = (seen - self.area.min) / self.area.size();
        self.points.min + Vec2::new(part.x, 1.0 - part.y) * self.points.size()
    }

    /// The ray through a point.
    pub fn ray(&self, point: Vec2) -> Ray {
        let part = (point - self.points.min) / self.points.size();
        let seen = self.area.min + Vec2::new(part.x, 1.0 - part.y) * self.area.size();
        let origin = self.transform.translation + self.transform.right() * seen.x + self.transform.up() * seen.y;
        Ray { origin, direction: *self.transform.forward() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(view: StandardView) -> Sight {
        let (yaw, pitch, focus, _) = place(view);
        let rotation = bevy::math::Quat::from_rotation_y(yaw) * bevy::math::Quat::from_rotation_x(-pitch);
        Sight {
            transform: Transform::from_rotation(rotation).with_translation(focus + rotation * Vec3::Z * 500.0),
            area: Rect::new(-100.0, -150.0, 100.0, 150.0),
            points: Rect::new(10.0, 20.0, 410.0, 620.0),
        }
    }

    #[test]
    fn verif_each_view_shows_the_side_that_it_is_named_for() {
        let on_screen = |view, axis: Vec3| {
            let sight = sight(view);
            let away = sight.project(axis * 10.0) - sight.project(Vec3::ZERO);
            (away.x.round(), away.y.round())
        };
        assert_eq!(on_screen(StandardView::Back, Vec3::X), (20.0, 0.0), "the patient's right is on the right");
        assert_eq!(on_screen(StandardView::Back, Vec3::Y), (0.0, -20.0), "the head is up");
        assert_eq!(on_screen(StandardView::Right, Vec3::Z), (-20.0, 0.0), "from the right, the back is on the left");
        assert_eq!(on_screen(StandardView::Left, Vec3::Z), (20.0, 0.0));
        assert_eq!(on_screen(StandardView::Top, Vec3::Z), (0.0, 20.0), "from above, the back is below");
    }

    #[test]
    fn verif_the_ray_through_a_point_meets_what_is_drawn_there() {
        let sight = sight(StandardView::Leads);
        let at = Vec3::new(17.0, 85.0, 16.0);
        let ray = sight.ray(sight.project(at));
        let from = at - ray.origin;
        assert!((from - ray.direction * from.dot(ray.direction)).length() < 1e-3);
        assert!((sight.mm_per_point() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn verif_views_are_reached_the_short_way() {
        let mut camera = PanOrbitCamera { yaw: Some(TAU + 0.1), ..PanOrbitCamera::default() };
        go_to(&mut camera, StandardView::Back, false);
        assert!((camera.target_yaw - TAU).abs() < 1e-5);
        assert_eq!(camera.yaw, Some(TAU + 0.1), "it glides");
        go_to(&mut camera, StandardView::Top, true);
        assert_eq!(camera.pitch, Some(FRAC_PI_2));
    }

    #[test]
    fn verif_a_viewport_never_leaves_its_target() {
        let rect = PixelRect { left: 90, top: 10, width: 40, height: 40 };
        let inside = viewport(rect, UVec2::new(100, 100)).expect("a part is on it");
        assert_eq!(inside.physical_size, UVec2::new(10, 40));
        assert!(viewport(rect, UVec2::new(80, 100)).is_none());
        assert!(viewport(PixelRect { width: 0, ..rect }, UVec2::new(100, 100)).is_none());
    }
}
