//! A trace in a few hundred numbers: what is drawn where an expectation was not met.

use serde::Serialize;
use textplots::{Chart, Plot as _, Shape};

use crate::expect::bounds::{Bounds, told};
use crate::time::SimTime;

/// The most buckets of a sketch (ours): twice what a line of text shows.
const BUCKETS: usize = 128;

/// The least and the largest of samples on a grid, in buckets that grow as samples come: memory stays the same.
#[derive(Clone, Debug)]
pub struct Sketch {
    from: Option<SimTime>,
    every: SimTime,
    per_bucket: u64,
    in_last: u64,
    buckets: Vec<(f64, f64)>,
}

/// A sketch that is told to somebody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plot {
    /// The probe.
    pub probe: String,
    /// The instant of the first sample, s since the start.
    pub from_s: f64,
    /// From one entry of `min` and `max` to the next, s.
    pub step_s: f64,
    /// The least sample of each step.
    pub min: Vec<f64>,
    /// The largest sample of each step.
    pub max: Vec<f64>,
    /// What the values are held against.
    pub bounds: Vec<f64>,
}

impl Sketch {
    /// Nothing yet, of samples that come so often.
    pub fn new(every: SimTime) -> Self {
        Self { from: None, every, per_bucket: 1, in_last: 0, buckets: Vec::new() }
    }

    /// Adds a sample; they come in the order of time, none left out.
    pub fn add(&mut self, at: SimTime, value: f64) {
        if self.from.is_none() {
            self.from = Some(at);
        }
        match self.buckets.last_mut() {
            Some((min, max)) if self.in_last < self.per_bucket => {
                (*min, *max) = (min.min(value), max.max(value));
                self.in_last += 1;
            }
            _ => {
                if self.buckets.len() == BUCKETS {
                    self.halve();
                }
                self.buckets.push((value, value));
                self.in_last = 1;
            }
        }
    }

    fn halve(&mut self) {
        let of_two = |pair: &[(f64, f64)]| (pair[0].0.min(pair[1].0), pair[0].1.max(pair[1].1));
        self.buckets = self.buckets.chunks_exact(2).map(of_two).collect();
        self.per_bucket *= 2;
    }

    /// The sketch of that probe, with what it is held against; none where there was no sample.
    pub fn plot(&self, probe: &str, bounds: Option<&Bounds>) -> Option<Plot> {
        Some(Plot {
            probe: probe.to_string(),
            from_s: self.from?.as_secs(),
            step_s: self.every.as_secs() * self.per_bucket as f64,
            min: self.buckets.iter().map(|bucket| bucket.0).collect(),
            max: self.buckets.iter().map(|bucket| bucket.1).collect(),
            bounds: bounds.map(|bounds| bounds.ends().collect()).unwrap_or_default(),
        })
    }
}

impl std::fmt::Display for Plot {
    /// Some ten lines of text: the trace, and the bounds as lines across it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let step = |i: usize| self.from_s + self.step_s * i as f64;
        let pairs = self.min.iter().zip(&self.max).enumerate();
        let points: Vec<(f32, f32)> =
            pairs.flat_map(|(i, (min, max))| [(step(i) as f32, *min as f32), (step(i) as f32, *max as f32)]).collect();
        let (from, to) = (step(0), step(self.min.len().max(2) - 1));
        let held: Vec<[(f32, f32); 2]> =
            self.bounds.iter().map(|&at| [(from as f32, at as f32), (to as f32, at as f32)]).collect();
        let all = || self.min.iter().chain(&self.max).chain(&self.bounds).copied();
        let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        // A constant needs some height too.
        let margin = if most > least { 0.0 } else { most.abs().max(1.0) * 0.1 };
        let (least, most) = ((least - margin) as f32, (most + margin) as f32);
        let trace = Shape::Lines(&points);
        let lines: Vec<Shape<'_>> = held.iter().map(|line| Shape::Lines(line)).collect();
        let mut chart = Chart::new_with_y_range(128, 32, from as f32, to as f32, least, most);
        let mut drawn = chart.lineplot(&trace);
        for line in &lines {
            drawn = drawn.lineplot(line);
        }
        drawn.axis();
        drawn.figures();
        writeln!(f, "{} from {} to {} s{}:", self.probe, told(from), told(to), self.told_bounds())?;
        // Blank cells at the end of a line say nothing.
        let text = drawn.to_string();
        let lines = text.lines().map(|line| line.trim_end_matches(['\u{2800}', ' ']));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Plot {
    fn told_bounds(&self) -> String {
        let told: Vec<String> = self.bounds.iter().map(|bound| told(*bound)).collect();
        if told.is_empty() { String::new() } else { format!(", with a line at {}", told.join(" and at ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_no_spike_is_lost_however_long_the_trace() {
        let every = SimTime::from_nanos(1_000_000);
        let mut sketch = Sketch::new(every);
        for i in 0..100_000 {
            sketch.add(every * i, if i == 77_777 { 9.0 } else { 1.0 });
        }
        let plot = sketch.plot("left.force_n", None).unwrap();
        assert!(plot.min.len() <= BUCKETS && plot.min.len() > BUCKETS / 4);
        let place = plot.max.iter().position(|&max| max == 9.0).unwrap();
        let from = plot.from_s + plot.step_s * place as f64;
        assert!((from..from + plot.step_s).contains(&77.777), "{from} and {}", plot.step_s);
        assert_eq!(plot.max.iter().filter(|&&max| max > 1.0).count(), 1);
    }

    #[test]
    fn verif_a_plot_is_a_few_lines_of_text() {
        let mut sketch = Sketch::new(SimTime::SECOND);
        for i in 0..50 {
            sketch.add(SimTime::from_secs(i), (i % 10) as f64);
        }
        let text = sketch.plot("left.force_n", Some(&Bounds::between(f64::NEG_INFINITY, 8.0))).unwrap().to_string();
        assert!(text.starts_with("left.force_n from 0 to 49 s, with a line at 8:\n"), "{text}");
        assert!(
            (8..14).contains(&text.lines().count()) && text.lines().all(|line| line.chars().count() < 90),
            "{text}"
        );
        let mut flat = Sketch::new(SimTime::SECOND);
        flat.add(SimTime::ZERO, 0.0);
        assert!(flat.plot("left.force_n", None).unwrap().to_string().lines().count() > 3);
    }
}
