//! Samples of many traces at the same instants, under a pyramid of blocks: any stretch is drawn or measured at a cost
//! that goes with the pixels, old samples live on in ever coarser blocks, and no spike is lost.
//!
//! Level 0 are the samples; a block of level k stands for 8^k of them. Each level keeps its newest cells alone, and
//! the levels above it what was before them. So a stretch falls into regions, each with its finest level.

use std::ops::Range;

use crate::time::SimTime;

/// Cells of one level in a block of the next.
pub(super) const BRANCH: usize = 8;

/// Samples that are kept as they are; older ones live on in blocks.
pub const MOST_SAMPLES: usize = 1 << 18;

/// Blocks that each level keeps: some more than it takes to stand for [`MOST_SAMPLES`] at the first level.
const MOST_BLOCKS: usize = (MOST_SAMPLES / BRANCH) * 5 / 4;

/// Samples that come one after the other, as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// The first number among them; not a number if there is none.
    pub first: f64,
    /// The least.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The last.
    pub last: f64,
    /// Integral over the stretches between neighbours that are both numbers, in the unit of the values times seconds.
    pub area: f64,
    /// How long those stretches are together, s.
    pub held_s: f64,
}

impl Block {
    /// No sample.
    pub const NONE: Self =
        Self { first: f64::NAN, min: f64::NAN, max: f64::NAN, last: f64::NAN, area: 0.0, held_s: 0.0 };

    fn of(value: f64) -> Self {
        Self { first: value, min: value, max: value, last: value, ..Self::NONE }
    }

    /// Both, one after the other; `ends` are the last value and instant of the earlier one, `begins` the first of the
    /// later one, gaps included.
    pub(super) fn then(self, later: Self, ends: (f64, i64), begins: (f64, i64)) -> Self {
        let mean = 0.5 * (ends.0 + begins.0);
        let (area, held_s) =
            if mean.is_finite() { (mean * secs(begins.1 - ends.1), secs(begins.1 - ends.1)) } else { (0.0, 0.0) };
        Self {
            first: if self.first.is_nan() { later.first } else { self.first },
            min: self.min.min(later.min),
            max: self.max.max(later.max),
            last: if later.last.is_nan() { self.last } else { later.last },
            area: self.area + later.area + area,
            held_s: self.held_s + later.held_s + held_s,
        }
    }
}

fn secs(nanos: i64) -> f64 {
    SimTime::from_nanos(nanos).as_secs()
}

/// One level: its newest cells, as long as they are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    /// The place of the first kept cell among all that ever were.
    pub(super) start: usize,
    /// First and last instant of each cell, ns.
    pub(super) spans: Vec<(i64, i64)>,
    /// The cells of each trace; empty at level 0, whose samples are `raw`.
    pub(super) blocks: Vec<Blocks>,
}

/// Blocks of a trace. Their extremes lie apart from the rest: they are what a picture needs most of.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// Least and largest of each.
    pub(super) extremes: Vec<(f64, f64)>,
    rests: Vec<Rest>,
}

/// What a block has besides its extremes.
#[derive(Clone, Copy, Debug)]
struct Rest {
    first: f64,
    last: f64,
    area: f64,
    held_s: f64,
}

impl Blocks {
    fn push(&mut self, block: Block) {
        let Block { first, min, max, last, area, held_s } = block;
        self.extremes.push((min, max));
        self.rests.push(Rest { first, last, area, held_s });
    }

    fn get(&self, place: usize) -> Block {
        let ((min, max), Rest { first, last, area, held_s }) = (self.extremes[place], self.rests[place]);
        Block { first, min, max, last, area, held_s }
    }

    fn drop_first(&mut self, count: usize) {
        self.extremes.drain(..count);
        self.rests.drain(..count);
    }

    fn truncate(&mut self, count: usize) {
        self.extremes.truncate(count);
        self.rests.truncate(count);
    }
}

impl Level {
    pub(super) fn end(&self) -> usize {
        self.start + self.spans.len()
    }
}

/// Cells of one level that lie next to each other, by their places among all that ever were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) level: usize,
    pub(super) cells: Range<usize>,
}

/// The samples.
#[derive(Clone, Debug)]
pub struct Pyramid {
    pub(super) levels: Vec<Level>,
    /// The samples of each trace, of level 0.
    pub(super) raw: Vec<Vec<f64>>,
    most_samples: usize,
    most_blocks: usize,
}

impl Pyramid {
    /// No samples, of so many traces.
    pub fn new(traces: usize) -> Self {
        Self::with_caps(traces, MOST_SAMPLES, MOST_BLOCKS)
    }

    /// The same with other bounds, for tests.
    pub(super) fn with_caps(traces: usize, most_samples: usize, most_blocks: usize) -> Self {
        assert!(most_samples >= 64 && most_blocks * BRANCH >= most_samples);
        Self { levels: vec![Level::default()], raw: vec![Vec::new(); traces], most_samples, most_blocks }
    }

    /// How many samples ever came, less those forgotten.
    pub fn samples(&self) -> usize {
        self.levels[0].end()
    }

    /// The newest sample.
    pub fn newest(&self) -> Option<SimTime> {
        let last = |level: &Level| level.spans.last().map(|span| span.1);
        self.levels.iter().filter_map(last).max().map(SimTime::from_nanos)
    }

    /// The oldest sample.
    pub fn oldest(&self) -> Option<SimTime> {
        let first = |level: &Level| level.spans.first().map(|span| span.0);
        self.levels.iter().filter_map(first).min().map(SimTime::from_nanos)
    }

    /// The instant from which each sample is kept as it is.
    pub fn fine_from(&self) -> Option<SimTime> {
        self.levels[0].spans.first().map(|span| SimTime::from_nanos(span.0))
    }

    /// Adds a sample of every trace, later than the newest. What is not finite is a gap.
    pub fn push(&mut self, at: SimTime, values: &[f64]) {
        assert_eq!(values.len(), self.raw.len());
        assert!(self.newest().is_none_or(|newest| newest < at));
        self.levels[0].spans.push((at.nanos(), at.nanos()));
        for (trace, value) in self.raw.iter_mut().zip(values) {
            trace.push(if value.is_finite() { *value } else { f64::NAN });
        }
        let mut level = 1;
        while self.levels[level - 1].end().is_multiple_of(BRANCH) {
            self.close_block(level);
            level += 1;
        }
        self.drop_old();
    }

    /// Makes the newest block of a level from those below.
    fn close_block(&mut self, level: usize) {
        let end = self.levels[level - 1].end();
        let children = end - BRANCH..end;
        if level == self.levels.len() {
            let start = children.start / BRANCH;
            self.levels.push(Level { start, spans: Vec::new(), blocks: vec![Blocks::default(); self.raw.len()] });
        }
        let below = &self.levels[level - 1];
        let span = (below.spans[children.start - below.start].0, below.spans[children.end - 1 - below.start].1);
        for trace in 0..self.raw.len() {
            let block = self.fold(trace, level - 1, children.clone());
            self.levels[level].blocks[trace].push(block);
        }
        self.levels[level].spans.push(span);
    }

    /// Drops what is more than is kept: a quarter at a time, so that it costs little, and whole blocks of the next
    /// level.
    fn drop_old(&mut self) {
        let quarter = |most: usize| (most / 4).next_multiple_of(BRANCH);
        if self.levels[0].spans.len() > self.most_samples {
            let count = quarter(self.most_samples);
            self.levels[0].spans.drain(..count);
            self.levels[0].start += count;
            self.raw.iter_mut().for_each(|trace| drop(trace.drain(..count)));
        }
        let most_blocks = self.most_blocks;
        for level in self.levels[1..].iter_mut().filter(|level| level.spans.len() > most_blocks) {
            let count = quarter(most_blocks);
            level.spans.drain(..count);
            level.start += count;
            level.blocks.iter_mut().for_each(|trace| trace.drop_first(count));
        }
    }

    /// Forgets the samples at and after an instant; where only blocks are left of that time, the block it lies in too.
    pub fn forget_from(&mut self, at: SimTime) {
        let at = at.nanos();
        let regions = self.regions();
        let mut keep = 0;
        for region in &regions {
            let level = &self.levels[region.level];
            let cells = &level.spans[region.cells.start - level.start..region.cells.end - level.start];
            let count = cells.partition_point(|span| span.1 < at);
            keep = (region.cells.start + count) * BRANCH.pow(region.level as u32);
            if count < cells.len() {
                break;
            }
        }
        for (k, level) in self.levels.iter_mut().enumerate() {
            let end = keep / BRANCH.pow(k as u32);
            let count = end.saturating_sub(level.start);
            level.spans.truncate(count);
            level.blocks.iter_mut().for_each(|trace| trace.truncate(count));
            if k == 0 {
                self.raw.iter_mut().for_each(|trace| trace.truncate(count));
            }
            level.start = level.start.min(end);
        }
    }

    /// The regions, the oldest and coarsest first.
    pub(super) fn regions(&self) -> Vec<Region> {
        let mut regions = Vec::new();
        for (level, cells) in self.levels.iter().enumerate().rev() {
            let end = if level == 0 { cells.end() } else { self.levels[level - 1].start / BRANCH };
            if cells.start < end {
                regions.push(Region { level, cells: cells.start..end });
            }
        }
        regions
    }

    pub(super) fn span(&self, level: usize, cell: usize) -> (i64, i64) {
        self.levels[level].spans[cell - self.levels[level].start]
    }

    /// One cell of a trace.
    pub(super) fn cell(&self, trace: usize, level: usize, cell: usize) -> Block {
        let place = cell - self.levels[level].start;
        if level == 0 { Block::of(self.raw[trace][place]) } else { self.levels[level].blocks[trace].get(place) }
    }

    /// Cells of one level that follow each other, as one block.
    fn fold(&self, trace: usize, level: usize, cells: Range<usize>) -> Block {
        let mut all = Block::NONE;
        let mut ends = (f64::NAN, 0);
        for cell in cells {
            let block = self.cell(trace, level, cell);
            let span = self.span(level, cell);
            all = all.then(block, ends, (block.first, span.0));
            ends = (block.last, span.1);
        }
        all
    }

    /// Goes through cells in the order of time, by the largest blocks that fit.
    pub(super) fn walk(&self, level: usize, cells: Range<usize>, mut visit: impl FnMut(usize, Range<usize>)) {
        let (mut level, mut from, mut to) = (level, cells.start, cells.end);
        // What is left over at the end of each level, to be visited on the way down.
        let mut rests: Vec<(usize, Range<usize>)> = Vec::new();
        loop {
            let (up_from, up_to) = (from.div_ceil(BRANCH), to / BRANCH);
            let above = self.levels.get(level + 1).filter(|above| up_from >= above.start && up_to <= above.end());
            if above.is_none() || up_from >= up_to {
                visit(level, from..to);
                break;
            }
            visit(level, from..up_from * BRANCH);
            rests.push((level, up_to * BRANCH..to));
            (level, from, to) = (level + 1, up_from, up_to);
        }
        for (level, rest) in rests.into_iter().rev() {
            visit(level, rest);
        }
    }

    /// What a trace was from one instant to another: the cells that lie in between, and the ends of the line on both
    /// sides of them.
    pub fn measure(&self, trace: usize, from: SimTime, to: SimTime) -> Block {
        let mut all = Block::NONE;
        let mut ends = (f64::NAN, 0);
        let mut add = |block: Block, span: (i64, i64)| {
            all = all.then(block, ends, (block.first, span.0));
            ends = (block.last, span.1);
        };
        let at_end = |at: SimTime| self.value(trace, at).map(|value| (Block::of(value), (at.nanos(), at.nanos())));
        if let Some((block, span)) = at_end(from) {
            add(block, span);
        }
        for Region { level, cells } in self.regions() {
            let start = self.levels[level].start;
            let spans = &self.levels[level].spans[cells.start - start..cells.end - start];
            let first = spans.partition_point(|span| span.0 < from.nanos());
            let last = spans.partition_point(|span| span.1 <= to.nanos());
            if first >= last {
                continue;
            }
            self.walk(level, cells.start + first..cells.start + last, |level, cells| {
                cells.for_each(|cell| add(self.cell(trace, level, cell), self.span(level, cell)));
            });
        }
        if let Some((block, span)) = at_end(to) {
            add(block, span);
        }
        all
    }

    /// The cells around an instant: the last that began at or before it, and the next.
    fn around(&self, at: SimTime) -> (Option<(usize, usize)>, Option<(usize, usize)>) {
        let mut before = None;
        for Region { level, cells } in self.regions() {
            let start = self.levels[level].start;
            let spans = &self.levels[level].spans[cells.start - start..cells.end - start];
            let count = spans.partition_point(|span| span.0 <= at.nanos());
            if count > 0 {
                before = Some((level, cells.start + count - 1));
            }
            if count < spans.len() {
                return (before, Some((level, cells.start + count)));
            }
        }
        (before, None)
    }

    /// What a trace shows at an instant: between two samples, the straight line that is drawn; after the newest, its
    /// value.
    pub fn value(&self, trace: usize, at: SimTime) -> Option<f64> {
        let (before, after) = self.around(at);
        let (level, cell) = before?;
        let (block, span) = (self.cell(trace, level, cell), self.span(level, cell));
        let line = |(t0, v0): (i64, f64), (t1, v1): (i64, f64)| {
            let part = if t1 > t0 { (at.nanos() - t0) as f64 / (t1 - t0) as f64 } else { 0.0 };
            Some(v0 + (v1 - v0) * part).filter(|value| value.is_finite())
        };
        if at.nanos() <= span.1 {
            return line((span.0, block.first), (span.1, block.last));
        }
        let Some((level, cell)) = after else { return Some(block.last).filter(|value| value.is_finite()) };
        line((span.1, block.last), (self.span(level, cell).0, self.cell(trace, level, cell).first))
    }
}
