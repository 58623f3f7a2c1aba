//! What the window tells the view of the back each frame, and what the view answers.

use bevy::ecs::resource::Resource;
use serde::{Deserialize, Serialize};

use crate::sandbox::theme::Theme;
use crate::side::Side;

/// A thing that can be pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A vertebra, `L1` to `L5`, or the sacrum, `S1`.
    Bone(&'static str),
    /// The generator.
    Generator,
    /// The lead of a side.
    Lead(Side),
    /// A ring of a lead, counted from 0.
    Contact(Side, usize),
    /// The medial branch of a side.
    Nerve(Side),
    /// A fascicle of the multifidus: its side, and its place in the list.
    Fascicle(Side, usize),
}

/// A direction to look from, or a place to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandardView {
    /// From behind, as a surgeon sees it.
    Back,
    /// From the patient's right.
    Right,
    /// From the patient's left.
    Left,
    /// From above.
    Top,
    /// Both leads from close by, looking onto the plane that lead and nerve lie in.
    Leads,
}

impl StandardView {
    /// All, in the order of their buttons.
    pub const ALL: [Self; 5] = [Self::Back, Self::Right, Self::Left, Self::Top, Self::Leads];

    /// The name of its button.
    pub fn name(self) -> &'static str {
        match self {
            Self::Back => "Back",
            Self::Right => "Right",
            Self::Left => "Left",
            Self::Top => "Top",
            Self::Leads => "Leads",
        }
    }
}

/// How muscle is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flesh {
    /// As it is.
    #[default]
    Solid,
    /// So that what lies below shows through.
    SeeThrough,
    /// Not at all.
    Hidden,
}

/// A rectangle of the target, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelRect {
    /// Left edge.
    pub left: u32,
    /// Upper edge.
    pub top: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

/// What the window tells the view of the back.
#[derive(Clone, Debug, PartialEq, Resource)]
pub struct SceneControl {
    /// Where the back is drawn; nowhere while its tab is hidden.
    pub viewport: Option<PixelRect>,
    /// Pixels of the target for each point of the panels.
    pub pixels_per_point: f32,
    /// The view to go to; the scene takes it.
    pub go_to: Option<StandardView>,
    /// Whether it is there at once, without a glide: for captures.
    pub at_once: bool,
    /// Whether the field around the contacts is shown.
    pub slice: bool,
    /// How muscle is drawn.
    pub flesh: Flesh,
    /// What is picked: it is drawn brighter.
    pub picked: Option<Thing>,
    /// Where the pointer is, in points of the panels; none where it is over something else.
    pub pointer: Option<[f32; 2]>,
    /// Whether the camera follows the mouse: the pointer is over the view itself, or a drag that began there is held.
    pub takes_input: bool,
    /// The colours.
    pub theme: Theme,
}

impl Default for SceneControl {
    fn default() -> Self {
        Self {
            viewport: None,
            pixels_per_point: 1.0,
            go_to: Some(StandardView::Back),
            at_once: true,
            slice: false,
            flesh: Flesh::Solid,
            picked: None,
            pointer: None,
            takes_input: false,
            theme: Theme::dark(),
        }
    }
}

/// A direction of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The patient's right.
    Right,
    /// The patient's left.
    Left,
    /// Towards the head.
    Cranial,
    /// Towards the feet.
    Caudal,
    /// Towards the back.
    Dorsal,
    /// Towards the belly.
    Ventral,
}

impl Direction {
    /// The direction that a vector of the anatomical frame points in most, and how much: 1 along an axis, 0.58 between
    /// three.
    pub fn of([x, y, z]: [f32; 3]) -> (Self, f32) {
        let axes = [(x, Self::Right, Self::Left), (y, Self::Cranial, Self::Caudal), (z, Self::Dorsal, Self::Ventral)];
        let length = (x * x + y * y + z * z).sqrt().max(f32::MIN_POSITIVE);
        let (value, plus, minus) =
            axes.into_iter().max_by(|a, b| a.0.abs().total_cmp(&b.0.abs())).expect("there are three");
        (if value >= 0.0 { plus } else { minus }, value.abs() / length)
    }

    /// Its name, as the edge of the view shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "R",
            Self::Left => "L",
            Self::Cranial => "cranial",
            Self::Caudal => "caudal",
            Self::Dorsal => "dorsal",
            Self::Ventral => "ventral",
        }
    }
}

/// Where a thing is on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// What.
    pub thing: Thing,
    /// Where, in points of the panels.
    pub at: [f32; 2],
}

/// What the view of the back answers: for the panel over it.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
pub struct SceneReport {
    /// Where vertebrae, contacts and the generator are, in points.
    pub labels: Vec<Label>,
    /// Millimetres of the body for each point of the panels; 0 before anything was drawn.
    pub mm_per_point: f32,
    /// Which way is right and which way is up on the screen, in the anatomical frame.
    pub right_up: [[f32; 3]; 2],
    /// What the pointer is over.
    pub hovered: Option<Thing>,
    /// Where what is picked is, in points.
    pub picked_at: Option<[f32; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_directions_are_the_patients() {
        assert_eq!(Direction::of([1.0, 0.0, 0.0]).0, Direction::Right);
        assert_eq!(Direction::of([0.0, -2.0, 1.0]).0, Direction::Caudal);
        assert_eq!(Direction::of([0.1, 0.0, -0.3]).0, Direction::Ventral);
        assert!((Direction::of([1.0, 1.0, 1.0]).1 - 0.577).abs() < 1e-3);
    }
}
