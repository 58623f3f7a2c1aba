//! Who fired: each volley while there are few of them, how many fall into each cell when there are many.

use crate::nerve::volley::{FiringSet, MAX_UNITS};
use crate::sandbox::memory::Memory;
use crate::side::Side;
use crate::time::SimTime;

/// Marks that are drawn one by one; more than these become a picture of how many there are.
pub const MOST_MARKS: usize = 20_000;

/// The volleys of a stretch, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Raster {
    /// Each volley.
    Marks(Vec<(SimTime, FiringSet)>),
    /// How many fall into cells.
    Cells {
        /// Where the first column begins.
        from: SimTime,
        /// How long a column is.
        width: SimTime,
        /// Firings in each column, the units of a column one after the other.
        counts: Vec<u16>,
        /// Units in a column.
        units: usize,
    },
}

impl Memory {
    /// The firings of a side of so many units, in columns so wide where they are too many to be drawn one by one.
    pub fn raster(&self, side: Side, (from, to): (SimTime, SimTime), width: SimTime, units: usize) -> Raster {
        let units = units.min(MAX_UNITS);
        let mut marks = 0_usize;
        for run in self.volley_runs(side, from, to) {
            let visible = run.within(from, to);
            marks = marks.saturating_add((visible.end - visible.start) as usize * run.what.len().max(1));
            if marks > MOST_MARKS {
                return self.cells(side, (from, to), width, units);
            }
        }
        let mut volleys = Vec::new();
        for run in self.volley_runs(side, from, to) {
            volleys.extend(run.within(from, to).map(|number| (run.at + run.period * number, run.what)));
        }
        Raster::Marks(volleys)
    }

    fn cells(&self, side: Side, (from, to): (SimTime, SimTime), width: SimTime, units: usize) -> Raster {
        let width = SimTime::from_nanos(width.nanos().max(1));
        let columns = ((to - from).nanos().max(0) as usize).div_ceil(width.nanos() as usize);
        let mut counts = vec![0_u16; columns * units];
        // Volleys of the same units in the same column are added together.
        let mut pending: (usize, FiringSet, i64) = (0, FiringSet::default(), 0);
        let mut add = |(column, fired, count): (usize, FiringSet, i64)| {
            let count = count.min(i64::from(u16::MAX)) as u16;
            let cells = counts[column * units..].iter_mut().take(units).enumerate();
            cells.filter(|(unit, _)| fired.contains(*unit)).for_each(|(_, cell)| *cell = cell.saturating_add(count));
        };
        let column_of = |at: SimTime| ((at - from).nanos() / width.nanos()) as usize;
        for run in self.volley_runs(side, from, to) {
            let visible = run.within(from, to);
            let (first, last) = (run.at + run.period * visible.start, run.at + run.period * (visible.end - 1));
            for column in column_of(first)..=column_of(last) {
                let begin = from + width * column as i64;
                let here = run.within(begin, (begin + width).min(to));
                if (column, run.what) != (pending.0, pending.1) {
                    add(std::mem::replace(&mut pending, (column, run.what, 0)));
                }
                pending.2 += here.end - here.start;
            }
        }
        add(pending);
        Raster::Cells { from, width, counts, units }
    }
}
