//! From a chart to strokes and words, each with its place.

use crate::picture::axis::Scale;
use crate::picture::font::FONT;
use crate::picture::{Chart, Mark, Panel, SIZE, Series};

/// Colours that people with any colour vision tell apart (Okabe and Ito 2008, without the yellow and with black last).
const COLOURS: [Colour; 7] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [0, 0, 0]];

/// Of the paper, of words, of small words, of axes and of the grid.
pub(super) const PAPER: Colour = [255, 255, 255];
const INK: Colour = [32, 36, 42];
const PALE_INK: Colour = [92, 98, 108];
const AXIS: Colour = [120, 126, 136];
const GRID: Colour = [230, 232, 236];

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// Sizes of letters.
const TITLE: f64 = 34.0;
const LABEL: f64 = 24.0;
const SMALL: f64 = 21.0;

/// Around the picture, and from the field of a panel to its list of names.
const MARGIN: f64 = 44.0;
const TO_NAMES: f64 = 36.0;
/// The piece of a line before its name, and the space after it.
const SAMPLE: f64 = 40.0;
const AFTER_SAMPLE: f64 = 12.0;
/// From a line of names to the next, and what one name has more above it.
const LINE: f64 = 29.0;
const BETWEEN_NAMES: f64 = 9.0;

/// Which side of a place a text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What a picture is made of, drawn in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ink {
    Line { points: Vec<(f64, f64)>, colour: Colour, width: f64, dashed: bool },
    Area { points: Vec<(f64, f64)>, colour: Colour, opacity: f64 },
    Dot { at: (f64, f64), radius: f64, colour: Colour },
    Text { at: (f64, f64), size: f64, colour: Colour, anchor: Anchor, text: String },
}

/// A rectangle that a panel's curves are drawn in.
#[derive(Clone, Copy, Debug)]
struct Field {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// The two scales of a panel and where they are.
struct Place<'a> {
    field: Field,
    x: &'a Scale,
    y: &'a Scale,
}

impl Place<'_> {
    fn x(&self, number: f64) -> Option<f64> {
        self.x.share(number).map(|share| self.field.left + share * (self.field.right - self.field.left))
    }

    fn y(&self, number: f64) -> Option<f64> {
        self.y.share(number).map(|share| self.field.bottom - share * (self.field.bottom - self.field.top))
    }

    fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        self.x(x).zip(self.y(y))
    }
}

fn text(at: (f64, f64), size: f64, colour: Colour, anchor: Anchor, text: &str) -> Ink {
    Ink::Text { at, size, colour, anchor, text: text.to_string() }
}

fn stroke(from: (f64, f64), to: (f64, f64), colour: Colour, width: f64) -> Ink {
    Ink::Line { points: vec![from, to], colour, width, dashed: false }
}

/// The colour and the style of each series of a panel: those without a colour of their own take the next one, and when
/// all are used their lines are dashed.
fn looks(panel: &Panel) -> Vec<(Colour, bool)> {
    let mut next = 0;
    let look = |series: &Series| {
        let index = series.colour.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        (COLOURS[index % COLOURS.len()], index >= COLOURS.len() || series.mark == Mark::Dashed)
    };
    panel.series.iter().map(look).collect()
}

/// Small text in lines that are no wider than that, broken between words.
fn lines(words: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if FONT.width(&format!("{line} {word}"), SMALL) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// What a whole chart is drawn with.
pub(super) fn layout(chart: &Chart) -> Vec<Ink> {
    let numbers = chart.panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
    let x = Scale::new(&chart.x, numbers.map(|point| point[0]), false);
    let ys: Vec<Scale> = chart.panels.iter().map(scale_of).collect();
    let total: f64 = chart.panels.iter().map(|panel| panel.height).sum();
    let left = ys.iter().flat_map(|y| y.ticks(8)).map(|(_, words)| FONT.width(&words, SMALL)).fold(0.0, f64::max);
    let names = chart.panels.iter().map(names_width).fold(0.0, f64::max);
    let subtitle = lines(&chart.subtitle, SIZE.0 - 2.0 * MARGIN);
    let head = MARGIN + TITLE + if subtitle.is_empty() { 0.0 } else { LINE * subtitle.len() as f64 + 4.0 };
    let foot = SIZE.1 - MARGIN - LABEL - SMALL - 22.0;
    let mut ink = vec![text((MARGIN, MARGIN + TITLE * 0.75), TITLE, INK, Anchor::Start, &chart.title)];
    for (row, words) in subtitle.iter().enumerate() {
        let at = (MARGIN, MARGIN + TITLE + LINE * (row as f64 + 0.75));
        ink.push(text(at, SMALL, PALE_INK, Anchor::Start, words));
    }
    let mut top = head;
    for (index, (panel, y)) in chart.panels.iter().zip(&ys).enumerate() {
        let above = LABEL + 38.0;
        let height = (foot - head) * panel.height / total;
        let field = Field {
            left: MARGIN + left + 14.0,
            right: SIZE.0 - MARGIN - if names > 0.0 { names + TO_NAMES } else { 0.0 },
            top: top + above,
            bottom: top + height,
        };
        let place = Place { field, x: &x, y };
        let last = index + 1 == chart.panels.len();
        frame(&mut ink, &place, panel, last);
        let looks = looks(panel);
        panel.series.iter().zip(&looks).for_each(|(series, look)| draw(&mut ink, &place, series, *look));
        list_names(&mut ink, panel, &looks, field);
        if last {
            let at = ((field.left + field.right) / 2.0, field.bottom + SMALL + LABEL + 26.0);
            ink.push(text(at, LABEL, INK, Anchor::Middle, &chart.x.label));
        }
        top += height;
    }
    ink
}

fn scale_of(panel: &Panel) -> Scale {
    let half = |series: &Series| if series.mark == Mark::Raster { 0.4 } else { 0.0 };
    let numbers = panel.series.iter().flat_map(|series| {
        series.points.iter().flat_map(move |point| [point[1] - half(series), point[2] + half(series)])
    });
    Scale::new(&panel.y, numbers, true)
}

/// Grid, axes, their numbers and the label above.
fn frame(ink: &mut Vec<Ink>, place: &Place, panel: &Panel, numbers_below: bool) {
    let Field { left, right, top, bottom } = place.field;
    let most = (((bottom - top) / 70.0) as usize).clamp(2, 8);
    for (tick, words) in place.y.ticks(most) {
        let Some(y) = place.y(tick) else { continue };
        ink.push(stroke((left, y), (right, y), GRID, 1.5));
        ink.push(text((left - 12.0, y + SMALL * 0.36), SMALL, PALE_INK, Anchor::End, &words));
    }
    for (tick, words) in place.x.ticks(12) {
        let Some(x) = place.x(tick) else { continue };
        ink.push(stroke((x, top), (x, bottom), GRID, 1.5));
        if numbers_below {
            ink.push(stroke((x, bottom), (x, bottom + 8.0), AXIS, 2.0));
            ink.push(text((x, bottom + SMALL + 12.0), SMALL, PALE_INK, Anchor::Middle, &words));
        }
    }
    ink.push(stroke((left, bottom), (right, bottom), AXIS, 2.0));
    ink.push(text((MARGIN, top - 22.0), LABEL, INK, Anchor::Start, &panel.y.label));
}

/// One series.
fn draw(ink: &mut Vec<Ink>, place: &Place, series: &Series, (colour, dashed): (Colour, bool)) {
    match series.mark {
        Mark::Points => {
            let dots = series.points.iter().filter_map(|point| place.at(point[0], point[1]));
            ink.extend(dots.map(|at| Ink::Dot { at, radius: 6.0, colour }));
        }
        Mark::Raster => {
            for point in &series.points {
                let ends = (place.at(point[0], point[1] - 0.4), place.at(point[0], point[1] + 0.4));
                if let (Some(from), Some(to)) = ends {
                    ink.push(stroke(from, to, colour, 2.0));
                }
            }
        }
        Mark::Band => {
            for run in runs(place, series, |point| place.y(point[1]).zip(place.y(point[2]))) {
                let lower = run.iter().map(|&(x, (low, _))| (x, low));
                let upper = run.iter().rev().map(|&(x, (_, high))| (x, high));
                ink.push(Ink::Area { points: lower.chain(upper).collect(), colour, opacity: 0.22 });
            }
        }
        Mark::Line | Mark::Dashed | Mark::Steps => {
            for run in runs(place, series, |point| place.y(point[1])) {
                let mut points: Vec<(f64, f64)> = Vec::with_capacity(run.len());
                for (x, y) in run {
                    if let (Mark::Steps, Some(&(_, before))) = (series.mark, points.last()) {
                        points.push((x, before));
                    }
                    points.push((x, y));
                }
                ink.push(Ink::Line { points, colour, width: 3.5, dashed });
            }
        }
    }
}

/// The points of a series between its gaps: where each is across, and what is made of it.
fn runs<T>(place: &Place, series: &Series, value: impl Fn(&[f64; 3]) -> Option<T>) -> Vec<Vec<(f64, T)>> {
    let mut runs = vec![Vec::new()];
    for point in &series.points {
        match place.x(point[0]).zip(value(point)) {
            Some(found) => runs.last_mut().expect("there is always one").push(found),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}

/// How much room the names beside a panel need; none without names.
fn names_width(panel: &Panel) -> f64 {
    let lines = panel.series.iter().flat_map(|series| series.name.lines());
    let widest = lines.map(|line| FONT.width(line, SMALL)).fold(0.0, f64::max);
    if widest > 0.0 { SAMPLE + AFTER_SAMPLE + widest } else { 0.0 }
}

/// The names of a panel's series, to the right of its field.
fn list_names(ink: &mut Vec<Ink>, panel: &Panel, looks: &[(Colour, bool)], field: Field) {
    let left = field.right + TO_NAMES;
    let mut y = field.top + SMALL * 0.6;
    for (series, &(colour, dashed)) in panel.series.iter().zip(looks).filter(|(series, _)| !series.name.is_empty()) {
        let middle = y - SMALL * 0.34;
        ink.push(match series.mark {
            Mark::Points => Ink::Dot { at: (left + SAMPLE / 2.0, middle), radius: 6.0, colour },
            Mark::Raster => {
                let x = left + SAMPLE / 2.0;
                stroke((x, middle - 9.0), (x, middle + 9.0), colour, 2.0)
            }
            Mark::Band => {
                let (top, bottom) = (middle - 8.0, middle + 8.0);
                let points = vec![(left, top), (left + SAMPLE, top), (left + SAMPLE, bottom), (left, bottom)];
                Ink::Area { points, colour, opacity: 0.22 }
            }
            Mark::Line | Mark::Dashed | Mark::Steps => {
                let points = vec![(left, middle), (left + SAMPLE, middle)];
                Ink::Line { points, colour, width: 3.5, dashed }
            }
        });
        for (index, line) in series.name.lines().enumerate() {
            let colour = if index == 0 { INK } else { PALE_INK };
            ink.push(text((left + SAMPLE + AFTER_SAMPLE, y), SMALL, colour, Anchor::Start, line));
            y += LINE;
        }
        y += BETWEEN_NAMES;
    }
}
