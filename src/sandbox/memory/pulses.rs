//! Current and voltage of the pulses, as lines: exact with their edges where a pulse has some pixels, and as their full
//! range where it has less than that.

use crate::device::pulse::Waveform;
use crate::sandbox::memory::Memory;
use crate::sandbox::memory::pyramid::Block;
use crate::sandbox::memory::repeats::Repeats;
use crate::side::Side;
use crate::time::SimTime;

/// What of a pulse is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulseQuantity {
    /// Current through the cathodes, mA, cathodic negative.
    Current,
    /// Voltage at the outputs, cathodes less anodes, V.
    Load,
}

/// Longer than any pulse: how far back one may have begun that is not over.
const LONGEST_PULSE: SimTime = SimTime::from_nanos(200_000_000);

/// A pulse that is wider than this many columns is drawn as it is.
const EXACT_FROM_COLUMNS: i64 = 2;

/// A line's least and largest value, zero included, and its area, in its unit times seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outline {
    min: f64,
    max: f64,
    area: f64,
    length: SimTime,
}

/// What is the same in equal pulses: what flowed and the voltage, drawn apart from each other, and their outlines,
/// which serve where pulses are too narrow to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PulseShape {
    current: Outline,
    load: Outline,
    body: Box<Body>,
}

#[derive(Clone, Debug, PartialEq)]
struct Body {
    phases: Waveform,
    asked_na: i64,
    load_v: Vec<(SimTime, f64)>,
}

impl PulseShape {
    /// A pulse that flowed so, of which that amplitude was asked, nA without sign; time since it began, and V.
    pub fn new(phases: Waveform, asked_na: i64, load_v: Vec<(SimTime, f64)>) -> Self {
        let body = Box::new(Body { phases, asked_na, load_v });
        let outline = |quantity| {
            let corners = body.corners(quantity);
            let end = corners[corners.len() - 1].0;
            let (min, max, area) = part(&corners, 0, end);
            Outline { min: min.min(0.0), max: max.max(0.0), area, length: SimTime::from_nanos(end) }
        };
        Self { current: outline(PulseQuantity::Current), load: outline(PulseQuantity::Load), body }
    }

    /// What flowed.
    pub fn phases(&self) -> &Waveform {
        &self.body.phases
    }

    fn outline(&self, quantity: PulseQuantity) -> &Outline {
        match quantity {
            PulseQuantity::Current => &self.current,
            PulseQuantity::Load => &self.load,
        }
    }
}

impl Body {
    /// The corners of a pulse: nanoseconds since it began, and the value, with two at an edge.
    fn corners(&self, quantity: PulseQuantity) -> Vec<(i64, f64)> {
        let mut corners = vec![(0, 0.0)];
        match quantity {
            PulseQuantity::Current => {
                let mut at = 0;
                for phase in self.phases.phases() {
                    let current_ma = phase.current_na as f64 / 1e6;
                    corners.push((at, current_ma));
                    at += phase.width.nanos();
                    corners.push((at, current_ma));
                }
            }
            PulseQuantity::Load => corners.extend(self.load_v.iter().map(|(since, v)| (since.nanos(), *v))),
        }
        let end = corners[corners.len() - 1].0;
        corners.push((end, 0.0));
        corners
    }
}

/// What corners show at an offset; just after an edge that lies there.
fn value_at(corners: &[(i64, f64)], offset: i64) -> f64 {
    let next = corners.partition_point(|corner| corner.0 <= offset);
    let (Some(one), Some(other)) = (next.checked_sub(1).and_then(|i| corners.get(i)), corners.get(next)) else {
        return 0.0;
    };
    one.1 + (other.1 - one.1) * (offset - one.0) as f64 / (other.0 - one.0) as f64
}

/// Least, largest and area of corners between two offsets.
fn part(corners: &[(i64, f64)], from: i64, to: i64) -> (f64, f64, f64) {
    let (mut min, mut max, mut area) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
    for pair in corners.windows(2) {
        let ((t0, v0), (t1, v1)) = (pair[0], pair[1]);
        let (a, b) = (t0.max(from), t1.min(to));
        // At an edge there is no width; its ends belong to what is before and after it.
        if a >= b {
            continue;
        }
        let line = |t: i64| v0 + (v1 - v0) * (t - t0) as f64 / (t1 - t0) as f64;
        let ends = (line(a), line(b));
        area += 0.5 * (ends.0 + ends.1) * SimTime::from_nanos(b - a).as_secs();
        min = min.min(ends.0).min(ends.1);
        max = max.max(ends.0).max(ends.1);
    }
    (min, max, area)
}

/// Collects a line: columns that are full from least to largest, and corners.
struct Pen<'a> {
    points: &'a mut Vec<(SimTime, f64)>,
    width: i64,
    column: Option<(i64, SimTime, f64, f64)>,
}

impl Pen<'_> {
    /// A pulse within a column.
    fn bar(&mut self, at: SimTime, (min, max): (f64, f64)) {
        let number = at.nanos().div_euclid(self.width);
        match self.column.as_mut() {
            Some(column) if column.0 == number => {
                (column.2, column.3) = (column.2.min(min), column.3.max(max));
            }
            _ => {
                self.finish();
                self.column = Some((number, at, min, max));
            }
        }
    }

    /// Draws the column; down to zero and up again where there is room between columns.
    fn finish(&mut self) {
        let Some((_, at, min, max)) = self.column.take() else { return };
        let apart = self.points.last().is_none_or(|last| (at - last.0).nanos() > 2 * self.width);
        if apart {
            let back = self.points.last().filter(|last| last.1 != 0.0).map(|last| (last.0, 0.0));
            self.points.extend(back.into_iter().chain([(at, 0.0)]));
        }
        self.points.extend([(at, max), (at, min)]);
    }
}

impl Memory {
    /// Current or voltage of a side's pulses from one instant to another, drawn in columns so wide: at most four points
    /// a column where pulses are narrower than that, their corners otherwise. Between pulses it is zero.
    pub fn pulse_line(
        &self,
        side: Side,
        quantity: PulseQuantity,
        (from, to): (SimTime, SimTime),
        width: SimTime,
        points: &mut Vec<(SimTime, f64)>,
    ) {
        points.clear();
        points.push((from, 0.0));
        let mut pen = Pen { points, width: width.nanos().max(1), column: None };
        for run in self.pulse_runs(side, from - LONGEST_PULSE, to) {
            let outline = run.what.outline(quantity);
            let length = outline.length;
            let visible = run.within(from - length, to);
            let at = |number: i64| run.at + run.period * number;
            if length > width * EXACT_FROM_COLUMNS {
                pen.finish();
                let last = pen.points.last().filter(|last| last.1 != 0.0).map(|last| (last.0, 0.0));
                pen.points.extend(last);
                let corners = run.what.body.corners(quantity);
                for number in visible {
                    let begin = at(number);
                    pen.points.extend(corners.iter().map(|(offset, v)| (begin + SimTime::from_nanos(*offset), *v)));
                }
            } else if !visible.is_empty() {
                let range = (outline.min, outline.max);
                if run.period >= width || visible.end - visible.start == 1 {
                    visible.for_each(|number| pen.bar(at(number).max(from), range));
                } else {
                    let (mut begin, last) = (at(visible.start).max(from), at(visible.end - 1));
                    while begin < last {
                        pen.bar(begin, range);
                        begin += width;
                    }
                    pen.bar(last, range);
                }
            }
        }
        pen.finish();
        let last = points.last().filter(|last| last.1 != 0.0).map(|last| (last.0, 0.0));
        points.extend(last.into_iter().chain([(to, 0.0)]));
    }

    /// Where the stimulus of a side's pulses did not flow as strong as the program asks, as in a ramp or where voltage
    /// did not suffice: beginning, end and what was asked, mA, cathodic negative. At most so many.
    pub fn weaker_than_asked(
        &self,
        side: Side,
        (from, to): (SimTime, SimTime),
        most: usize,
    ) -> Vec<(SimTime, SimTime, f64)> {
        let is_weaker = |run: &&Repeats<PulseShape>| {
            let flowed_na = run.what.body.phases.stimulus().current_na.abs();
            flowed_na > 0 && (run.what.body.asked_na - flowed_na) * 200 > run.what.body.asked_na
        };
        let mut found = Vec::new();
        for run in self.pulse_runs(side, from - LONGEST_PULSE, to).filter(is_weaker) {
            let Body { phases, asked_na, .. } = &*run.what.body;
            let before = phases.phases().iter().take_while(|phase| phase.current_na == 0);
            let offset = before.fold(SimTime::ZERO, |sum, phase| sum + phase.width);
            let asked_ma = (asked_na * phases.stimulus().current_na.signum()) as f64 / 1e6;
            for number in run.within(from - LONGEST_PULSE, to) {
                if found.len() == most {
                    return found;
                }
                let begin = run.at + run.period * number + offset;
                found.push((begin, begin + phases.stimulus().width, asked_ma));
            }
        }
        found
    }

    /// Current or voltage of a side at an instant.
    pub fn pulse_value(&self, side: Side, quantity: PulseQuantity, at: SimTime) -> f64 {
        let just_after = at + SimTime::from_nanos(1);
        let last = self.pulse_runs(side, at - LONGEST_PULSE, just_after).last();
        let value = last.map(|run| {
            let number = run.within(run.at, just_after).end - 1;
            value_at(&run.what.body.corners(quantity), (at - run.at - run.period * number).nanos())
        });
        value.unwrap_or(0.0)
    }

    /// Least, largest, area and ends of current or voltage between two instants.
    pub fn measure_pulses(&self, side: Side, quantity: PulseQuantity, (from, to): (SimTime, SimTime)) -> Block {
        let first = self.pulse_value(side, quantity, from);
        let last = self.pulse_value(side, quantity, to);
        let (mut min, mut max, mut area) = (first.min(last), first.max(last), 0.0);
        let mut busy = SimTime::ZERO;
        for run in self.pulse_runs(side, from - LONGEST_PULSE, to) {
            let outline = run.what.outline(quantity);
            let touched = run.within(from - outline.length, to);
            let whole = run.within(from, to - outline.length + SimTime::from_nanos(1));
            if !whole.is_empty() {
                (min, max) = (min.min(outline.min), max.max(outline.max));
                area += outline.area * (whole.end - whole.start) as f64;
            }
            let at_edges = (touched.start..whole.start.max(touched.start)).chain(whole.end..touched.end);
            let cut: Vec<i64> = if whole.is_empty() { touched.clone().collect() } else { at_edges.collect() };
            for number in cut {
                let begin = run.at + run.period * number;
                let corners = run.what.body.corners(quantity);
                let (least, largest, sum) = part(&corners, (from - begin).nanos(), (to - begin).nanos());
                (min, max) = (min.min(least), max.max(largest));
                area += sum;
            }
            busy += outline.length * (touched.end - touched.start);
        }
        if busy < to - from {
            (min, max) = (min.min(0.0), max.max(0.0));
        }
        Block { first, min, max, last, area, held_s: (to - from).as_secs() }
    }

    /// The pulse edge, volley or event that is nearest to an instant, no farther away than so much.
    pub fn nearest_mark(&self, at: SimTime, within: SimTime) -> Option<SimTime> {
        let (from, to) = (at - within, at + within + SimTime::from_nanos(1));
        let mut nearest: Option<SimTime> = None;
        let mut consider = |mark: SimTime| {
            let distance = |instant: SimTime| (instant - at).nanos().abs();
            let is_near = distance(mark) <= within.nanos();
            if is_near && nearest.is_none_or(|known| distance(mark) < distance(known)) {
                nearest = Some(mark);
            }
        };
        self.events(from, to).iter().for_each(|event| consider(event.at));
        for side in Side::BOTH {
            for run in self.pulse_runs(side, from - LONGEST_PULSE, to) {
                let numbers = run.within(at - LONGEST_PULSE, at);
                let around = [numbers.end - 2, numbers.end - 1, numbers.end];
                for number in around.into_iter().filter(|number| (0..run.count).contains(number)) {
                    let begin = run.at + run.period * number;
                    let offsets = run.what.body.corners(PulseQuantity::Current);
                    offsets.iter().for_each(|(offset, _)| consider(begin + SimTime::from_nanos(*offset)));
                }
            }
            for run in self.volley_runs(side, from, to) {
                let next = run.within(run.at, at).end;
                let around = [next - 1, next].into_iter().filter(|number| (0..run.count).contains(number));
                around.for_each(|number| consider(run.at + run.period * number));
            }
        }
        nearest
    }
}
