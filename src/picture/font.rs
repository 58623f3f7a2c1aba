//! The letters of pictures: Open Sans, inside the program.

use std::sync::LazyLock;

use ttf_parser::{Face, OutlineBuilder};

/// Open Sans Regular by Steve Matteson, Apache-2.0: `assets/fonts`.
const OPEN_SANS: &[u8] = include_bytes!("../../assets/fonts/OpenSans-Regular.ttf");

/// The font.
pub(super) static FONT: LazyLock<Font> =
    LazyLock::new(|| Font(Face::parse(OPEN_SANS, 0).expect("the embedded font is one; a test reads it")));

/// What the words of a picture are written with.
pub(super) struct Font(Face<'static>);

impl Font {
    /// How wide a text is at that size.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        text.chars().map(|letter| self.advance(letter)).sum::<f64>() * size
    }

    /// From one letter to the next, for a size of 1.
    fn advance(&self, letter: char) -> f64 {
        let glyph = self.0.glyph_index(letter).unwrap_or_default();
        f64::from(self.0.glyph_hor_advance(glyph).unwrap_or_default()) / f64::from(self.0.units_per_em())
    }

    /// Draws a text that begins at a place on its base line, letter by letter; y grows downwards.
    pub(super) fn draw(&self, text: &str, size: f64, (mut x, y): (f64, f64), pen: &mut dyn Pen) {
        let scale = size / f64::from(self.0.units_per_em());
        for letter in text.chars() {
            let glyph = self.0.glyph_index(letter).unwrap_or_default();
            self.0.outline_glyph(glyph, &mut Outline { pen, scale, x, y });
            x += self.advance(letter) * size;
        }
    }

    #[cfg(test)]
    fn knows(&self, letter: char) -> bool {
        self.0.glyph_index(letter).is_some()
    }
}

/// What outlines are drawn with.
pub(super) trait Pen {
    /// Begins a contour.
    fn move_to(&mut self, x: f32, y: f32);
    /// A straight line.
    fn line_to(&mut self, x: f32, y: f32);
    /// A parabola.
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32);
    /// Ends a contour.
    fn close(&mut self);
}

/// A glyph on its way to a pen.
struct Outline<'a> {
    pen: &'a mut dyn Pen,
    scale: f64,
    x: f64,
    y: f64,
}

impl Outline<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        ((self.x + f64::from(x) * self.scale) as f32, (self.y - f64::from(y) * self.scale) as f32)
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.pen.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.pen.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.pen.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {
        unreachable!("a TrueType font has no cubic curves");
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_font_has_the_letters_of_the_field() {
        for letter in "AZaz09 µ²³°·×−–±≤≥σΩΔτ%√∞".chars() {
            assert!(FONT.knows(letter), "{letter}");
        }
        assert!(FONT.width("wide", 10.0) > FONT.width("il", 10.0) && FONT.width("", 10.0) == 0.0);
    }
}
