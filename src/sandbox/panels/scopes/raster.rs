//! Who fired, as marks of single volleys or as a picture of how many: left above, right below.

use egui::{Color32, Mesh, Rect, Shape, pos2};

use super::pen::Scale;
use super::plot::Frame;
use crate::nerve::volley::{FiringSet, MAX_UNITS};
use crate::sandbox::memory::Raster;
use crate::side::Side;
use crate::time::SimTime;

/// Columns of a picture are this wide, in points.
const CELL: i64 = 2;

/// The rectangle of a side.
fn half(frame: Rect, side: Side) -> Rect {
    let middle = frame.center().y;
    match side {
        Side::Left => Rect::from_x_y_ranges(frame.x_range(), frame.top() + 1.0..=middle - 1.0),
        Side::Right => Rect::from_x_y_ranges(frame.x_range(), middle + 1.0..=frame.bottom() - 1.0),
    }
}

/// Draws who fired.
pub fn paint(frame: &Frame<'_>, scale: &Scale, shapes: &mut Vec<Shape>) {
    let middle = scale.frame.center().y;
    shapes.push(Shape::hline(scale.frame.x_range(), middle, egui::Stroke::new(1.0, frame.seen.theme.line)));
    for side in Side::BOTH {
        let units = frame.seen.units[side].clamp(1, MAX_UNITS);
        let width = frame.column * CELL;
        // Columns are fixed to time, or the picture would shimmer while it moves.
        let from = SimTime::from_nanos(frame.from.nanos().div_euclid(width.nanos()) * width.nanos());
        let color = frame.seen.theme.side(side);
        let mut mesh = Mesh::default();
        let rect = half(scale.frame, side);
        match frame.seen.memory.raster(side, (from, frame.to), width, units) {
            Raster::Marks(volleys) => volleys.iter().for_each(|(at, fired)| {
                let x = scale.x(*at);
                marks(&mut mesh, rect, units, fired, (x - 0.6, x + 0.6), color);
            }),
            Raster::Cells { from, width, counts, units } => {
                cells(&mut mesh, rect, scale, (from, width, &counts, units), color);
            }
        }
        shapes.push(Shape::mesh(mesh));
    }
}

/// The top and the bottom of units that lie above each other, from `first` up to, and without, `end`.
fn rows(rect: Rect, units: usize, first: usize, end: usize) -> (f32, f32) {
    let height = rect.height() / units as f32;
    let gap = if height >= 3.0 { 1.0 } else { 0.0 };
    (rect.bottom() - end as f32 * height + gap, rect.bottom() - first as f32 * height)
}

/// A volley: a bar for units that lie above each other, or for each where they are high enough to be told apart.
fn marks(mesh: &mut Mesh, rect: Rect, units: usize, fired: &FiringSet, (left, right): (f32, f32), color: Color32) {
    let apart = rect.height() / units as f32 >= 3.0;
    let mut unit = 0;
    while unit < units {
        if !fired.contains(unit) {
            unit += 1;
            continue;
        }
        let mut end = unit + 1;
        while !apart && end < units && fired.contains(end) {
            end += 1;
        }
        let (top, bottom) = rows(rect, units, unit, end);
        mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(right, bottom.max(top + 1.0))), color);
        unit = end;
    }
}

/// Nothing, some, or at least half of the most: finer steps would show the beat of rate and pixels.
fn brightness(count: u16, most: u16) -> u8 {
    match count {
        0 => 0,
        _ if u32::from(count) * 2 < u32::from(most) => 1,
        _ => 2,
    }
}

fn cells(
    mesh: &mut Mesh,
    rect: Rect,
    scale: &Scale,
    (from, width, counts, units): (SimTime, SimTime, &[u16], usize),
    color: Color32,
) {
    let most = counts.iter().copied().max().unwrap_or(0);
    let columns = counts.len() / units.max(1);
    let shade = |column: usize, unit: usize| brightness(counts[column * units + unit], most);
    // Units of the same column that look the same and lie above each other are one rectangle; so are equal columns.
    let mut column = 0;
    while column < columns {
        let cells = |column: usize| &counts[column * units..(column + 1) * units];
        let mut next = column + 1;
        while next < columns && alike(cells(column), cells(next), most) {
            next += 1;
        }
        let left = scale.x(from + width * column as i64).max(rect.left());
        let right = scale.x(from + width * next as i64).min(rect.right());
        let mut unit = 0;
        while unit < units {
            let bright = shade(column, unit);
            let mut end = unit + 1;
            while end < units && shade(column, end) == bright {
                end += 1;
            }
            if bright > 0 && left < right {
                let (top, bottom) = rows(rect, units, unit, end);
                let color = color.gamma_multiply(0.4 * f32::from(bright));
                mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(right, bottom)), color);
            }
            unit = end;
        }
        column = next;
    }
}

fn alike(one: &[u16], other: &[u16], most: u16) -> bool {
    one == other || one.iter().zip(other).all(|(a, b)| brightness(*a, most) == brightness(*b, most))
}
