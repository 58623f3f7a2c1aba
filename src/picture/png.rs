//! A picture as PNG.

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use crate::picture::SIZE;
use crate::picture::font::{FONT, Pen};
use crate::picture::layout::{Anchor, Colour, Ink, PAPER};

/// The file.
pub(super) fn write(ink: &[Ink]) -> Vec<u8> {
    let mut pixels = Pixmap::new(SIZE.0 as u32, SIZE.1 as u32).expect("the size is not nothing");
    pixels.fill(Color::from_rgba8(PAPER[0], PAPER[1], PAPER[2], 255));
    ink.iter().for_each(|ink| put(&mut pixels, ink));
    pixels.encode_png().expect("memory takes what is written")
}

fn put(pixels: &mut Pixmap, ink: &Ink) {
    match ink {
        Ink::Line { points, colour, width, dashed } => {
            let Some(path) = path(points, false) else { return };
            let stroke = Stroke {
                width: *width as f32,
                line_cap: LineCap::Butt,
                line_join: LineJoin::Round,
                dash: dashed.then(|| StrokeDash::new(vec![12.0, 9.0], 0.0)).flatten(),
                ..Stroke::default()
            };
            pixels.stroke_path(&path, &paint(*colour, 1.0), &stroke, Transform::identity(), None);
        }
        Ink::Area { points, colour, opacity } => fill(pixels, path(points, true), *colour, *opacity),
        Ink::Dot { at, radius, colour } => {
            fill(pixels, PathBuilder::from_circle(at.0 as f32, at.1 as f32, *radius as f32), *colour, 1.0);
        }
        Ink::Text { at, size, colour, anchor, text } => {
            let width = FONT.width(text, *size);
            let before = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => width / 2.0,
                Anchor::End => width,
            };
            let mut outline = PathBuilder::new();
            FONT.draw(text, *size, (at.0 - before, at.1), &mut outline);
            fill(pixels, outline.finish(), *colour, 1.0);
        }
    }
}

fn paint(colour: Colour, opacity: f64) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(colour[0], colour[1], colour[2], (opacity * 255.0).round() as u8);
    paint
}

fn fill(pixels: &mut Pixmap, path: Option<Path>, colour: Colour, opacity: f64) {
    if let Some(path) = path {
        pixels.fill_path(&path, &paint(colour, opacity), FillRule::Winding, Transform::identity(), None);
    }
}

fn path(points: &[(f64, f64)], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(x as f32, y as f32) } else { path.line_to(x as f32, y as f32) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

impl Pen for PathBuilder {
    fn move_to(&mut self, x: f32, y: f32) {
        PathBuilder::move_to(self, x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        PathBuilder::line_to(self, x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        PathBuilder::quad_to(self, x1, y1, x, y);
    }

    fn close(&mut self) {
        PathBuilder::close(self);
    }
}
