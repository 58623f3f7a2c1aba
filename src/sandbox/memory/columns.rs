//! What of the samples falls into the columns of the screen, and the points that show it.

use std::ops::Range;

use crate::sandbox::memory::pyramid::{BRANCH, Block, Pyramid, Region};
use crate::time::SimTime;

/// The cells of a stretch that fall into one column of the screen.
#[derive(Clone, Debug)]
pub struct Column {
    /// Which column, counted from the stretch's start; -1 and the one after the last are the neighbours outside.
    number: i64,
    level: usize,
    cells: Range<usize>,
}

/// The columns of a stretch, ns, and the finest level that there is of it.
struct Grid {
    from: i64,
    to: i64,
    width: i64,
    finest: usize,
}

/// Blocks stand for samples where at least so many fall into a column.
const BLOCKS_IN_COLUMN: i64 = 4;

impl Pyramid {
    /// The columns of a stretch: those with cells, each `width` long, and the neighbours outside.
    pub fn columns(&self, from: SimTime, to: SimTime, width: SimTime) -> Vec<Column> {
        let (from, to, width) = (from.nanos(), to.nanos(), width.nanos().max(1));
        let mut columns: Vec<Column> = Vec::new();
        for Region { level, cells } in self.regions() {
            let start = self.levels[level].start;
            let spans = &self.levels[level].spans[..cells.end - start];
            let first = cells.start - start + spans[cells.start - start..].partition_point(|span| span.0 < from);
            if first > cells.start - start {
                // The neighbour before the stretch: the newest of all regions counts.
                columns.retain(|column| column.number >= 0);
                if columns.is_empty() {
                    let place = start + first - 1;
                    columns.push(Column { number: -1, level, cells: place..place + 1 });
                }
            }
            let end = first + spans[first..].partition_point(|span| span.0 < to);
            let covered = if first < end { spans[end - 1].1 - spans[first].0 } else { 0 };
            let each = (end - first) as i64 / (covered / width).max(1);
            let grid = Grid { from, to, width, finest: level };
            self.gather(&grid, (level, start + first..start + end), each, &mut columns);
            let place = end;
            if place < spans.len() {
                columns.push(Column { number: i64::MAX, level, cells: start + place..start + place + 1 });
                break;
            }
        }
        columns
    }

    /// Adds the columns of cells, of which some `each` fall into one.
    ///
    /// Where many do, blocks stand for them, if they are short beside a column: a block belongs to the column that it
    /// begins in, and what is drawn is off by no more than a quarter of a column.
    fn gather(&self, grid: &Grid, (level, cells): (usize, Range<usize>), each: i64, columns: &mut Vec<Column>) {
        let (up_from, up_to) = (cells.start.div_ceil(BRANCH), cells.end / BRANCH);
        let above = self.levels.get(level + 1).filter(|above| up_from >= above.start && up_to <= above.end());
        if each >= BLOCKS_IN_COLUMN * BRANCH as i64 && above.is_some() && up_from < up_to {
            self.gather(grid, (level, cells.start..up_from * BRANCH), 0, columns);
            self.gather(grid, (level + 1, up_from..up_to), each / BRANCH as i64, columns);
            self.gather(grid, (level, up_to * BRANCH..cells.end), 0, columns);
            return;
        }
        let start = self.levels[level].start;
        let spans = &self.levels[level].spans[..cells.end - start];
        let is_short = |span: &(i64, i64)| level == grid.finest || span.1 - span.0 <= grid.width / 4;
        let mut place = cells.start - start;
        while place < spans.len() {
            if !is_short(&spans[place]) {
                let children = (start + place) * BRANCH..(start + place + 1) * BRANCH;
                self.gather(grid, (level - 1, children), 0, columns);
                place += 1;
                continue;
            }
            let number = (spans[place].0 - grid.from) / grid.width;
            let bound = (grid.from + (number + 1) * grid.width).min(grid.to);
            let next = if level == grid.finest {
                gallop(spans, place, bound)
            } else {
                let beyond = |span: &(i64, i64)| span.0 >= bound || !is_short(span);
                place + 1 + spans[place + 1..].iter().position(beyond).unwrap_or(spans.len() - place - 1)
            };
            columns.push(Column { number, level, cells: start + place..start + next });
            place = next;
        }
    }

    /// What a trace shows in the columns: at most four points for each, none lost that stands out; not a number where
    /// there is a gap.
    pub fn points(&self, trace: usize, columns: &[Column], points: &mut Vec<(SimTime, f64)>) {
        points.clear();
        let mut i = 0;
        while i < columns.len() {
            // Two regions can meet in a column.
            let parts = 1 + columns[i + 1..].iter().take_while(|next| next.number == columns[i].number).count();
            self.column_points(trace, &columns[i..i + parts], points);
            i += parts;
        }
    }

    fn column_points(&self, trace: usize, parts: &[Column], points: &mut Vec<(SimTime, f64)>) {
        let [only] = parts else {
            let of_parts = parts.iter().map(|part| (self.block(trace, part), self.span_of(part)));
            let whole = of_parts.reduce(|(all, span), (block, later)| {
                (all.then(block, (f64::NAN, 0), (f64::NAN, 0)), (span.0, later.1))
            });
            if let Some((block, span)) = whole {
                push_block(block, span, points);
            }
            return;
        };
        if only.level == 0 && only.cells.len() <= 4 {
            let start = self.levels[0].start;
            for cell in only.cells.clone() {
                let at = SimTime::from_nanos(self.levels[0].spans[cell - start].0);
                points.push((at, self.raw[trace][cell - start]));
            }
            return;
        }
        push_block(self.block(trace, only), self.span_of(only), points);
    }

    fn span_of(&self, column: &Column) -> (i64, i64) {
        (self.span(column.level, column.cells.start).0, self.span(column.level, column.cells.end - 1).1)
    }

    /// Extremes and ends of a column; without its area.
    fn block(&self, trace: usize, column: &Column) -> Block {
        // Comparisons pass over what is not a number.
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        self.walk(column.level, column.cells.clone(), |level, cells| {
            let start = self.levels[level].start;
            let places = cells.start - start..cells.end - start;
            if level == 0 {
                for value in &self.raw[trace][places] {
                    (min, max) = (if *value < min { *value } else { min }, if *value > max { *value } else { max });
                }
            } else {
                for (low, high) in &self.levels[level].blocks[trace].extremes[places] {
                    (min, max) = (if *low < min { *low } else { min }, if *high > max { *high } else { max });
                }
            }
        });
        if min > max {
            return Block::NONE;
        }
        let cell = |cell: usize| self.cell(trace, column.level, cell);
        let number = |value: &f64| !value.is_nan();
        let first = column.cells.clone().map(|place| cell(place).first).find(number);
        let last = column.cells.clone().rev().map(|place| cell(place).last).find(number);
        Block { first: first.unwrap_or(f64::NAN), min, max, last: last.unwrap_or(f64::NAN), ..Block::NONE }
    }
}

/// The points of a block: its ends, and its extremes in between where they stand out.
fn push_block(block: Block, span: (i64, i64), points: &mut Vec<(SimTime, f64)>) {
    let middle = SimTime::from_nanos(span.0 + (span.1 - span.0) / 2);
    points.push((SimTime::from_nanos(span.0), block.first));
    // The order that makes the shorter way.
    let rises = block.first <= block.last;
    let (one, other) = if rises { (block.min, block.max) } else { (block.max, block.min) };
    if one != block.first && one != block.last {
        points.push((middle, one));
    }
    if other != block.first && other != block.last {
        points.push((middle, other));
    }
    if span.1 > span.0 {
        points.push((SimTime::from_nanos(span.1), block.last));
    }
}

/// The first place after `place` whose cell begins at or after `bound`; near places cost least.
fn gallop(spans: &[(i64, i64)], place: usize, bound: i64) -> usize {
    let mut step = 1;
    while place + step < spans.len() && spans[place + step].0 < bound {
        step *= 2;
    }
    let from = place + step / 2;
    let to = (place + step).min(spans.len());
    from + spans[from..to].partition_point(|span| span.0 < bound)
}
