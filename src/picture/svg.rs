//! A picture as SVG.

use std::fmt::Write;

use crate::picture::SIZE;
use crate::picture::layout::{Anchor, Colour, Ink, PAPER};

/// The font that the layout measured with, and those that come nearest where it is not installed.
const FAMILY: &str = "Open Sans, Noto Sans, Segoe UI, Helvetica, Arial, sans-serif";

/// The file.
pub(super) fn write(ink: &[Ink]) -> String {
    let (width, height) = SIZE;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"{FAMILY}\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        hex(PAPER)
    );
    for ink in ink {
        put(&mut out, ink);
    }
    out.push_str("</svg>\n");
    out
}

fn put(out: &mut String, ink: &Ink) {
    let written = match ink {
        Ink::Line { points, colour, width, dashed } => {
            let dash = if *dashed { " stroke-dasharray=\"12 9\"" } else { "" };
            let (points, colour) = (places(points), hex(*colour));
            writeln!(
                out,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
                 stroke-linejoin=\"round\"{dash}/>"
            )
        }
        Ink::Area { points, colour, opacity } => {
            let (points, colour) = (places(points), hex(*colour));
            writeln!(out, "<polygon points=\"{points}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>")
        }
        Ink::Dot { at, radius, colour } => {
            let colour = hex(*colour);
            writeln!(out, "<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"{radius}\" fill=\"{colour}\"/>", at.0, at.1)
        }
        Ink::Text { at, size, colour, anchor, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let (colour, text) = (hex(*colour), escaped(text));
            writeln!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{size}\" fill=\"{colour}\" \
                 text-anchor=\"{anchor}\">{text}</text>",
                at.0, at.1
            )
        }
    };
    written.expect("a string takes what is written");
}

fn places(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect::<Vec<_>>().join(" ")
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
