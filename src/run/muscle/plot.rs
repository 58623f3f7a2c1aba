//! Pictures of contractions.

use crate::muscle::force::{Contraction, Sample, TrainForce};
use crate::picture::{Axis, Chart, Mark, Panel, Series};
use crate::run::muscle::Setup;
use crate::run::muscle::compare::Compared;

/// A curve of more samples than this is drawn as a band. Ours: a pixel and a half of a picture each.
const MOST_POINTS: usize = 2_400;

/// Bins of a band.
const BINS: usize = 1_200;

/// Force over time, divided by a scale: a line, or between the smallest and the largest of each bin.
fn force(name: &str, samples: &[Sample], scale_n: f64) -> Series {
    let point = |sample: &Sample| (sample.at.as_secs(), sample.force_n / scale_n);
    if samples.len() <= MOST_POINTS {
        return Series::line(name, samples.iter().map(point));
    }
    let bins = samples.chunks(samples.len().div_ceil(BINS)).map(|bin| {
        let values = || bin.iter().map(|sample| point(sample).1);
        (point(&bin[bin.len() / 2]).0, values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max))
    });
    Series::band(name, bins)
}

/// Each figure of fatigue at the trains' ends, over that of the rested muscle.
fn fatigue(contraction: &Contraction, rested: &[(&'static str, &'static str, f64)]) -> Vec<Series> {
    let at_ends = |index: usize, rest: f64| {
        contraction.trains.iter().map(move |train| (train.end.as_secs(), train.tired.figures()[index].2 / rest))
    };
    let series = |(index, (name, _, rest)): (usize, &(&'static str, &'static str, f64))| {
        Series::new(*name, Mark::Line, at_ends(index, *rest))
    };
    rested.iter().enumerate().map(series).collect()
}

/// Force, ripple and fatigue of one muscle.
pub fn of_one(setup: &Setup, contraction: &Contraction) -> Chart {
    let seconds = |at: f64, value: f64| (at, value);
    let peaks = contraction.trains.iter().map(|train| seconds(train.start.as_secs(), train.peak_n));
    let mut forces = vec![force("force", &contraction.samples, 1.0)];
    let mut panels = Vec::new();
    if contraction.trains.len() > 1 {
        forces.push(Series::new("peak of each train", Mark::Points, peaks));
        let ripples = contraction
            .trains
            .iter()
            .filter_map(|train| train.steady.map(|steady| seconds(train.end.as_secs(), 100.0 * steady.ripple())));
        let ripple = Series::new("ripple", Mark::Line, ripples);
        panels.push(Panel { height: 0.5, ..Panel::new(Axis::linear("ripple, %"), vec![ripple]) });
        if let Some(first) = contraction.samples.first() {
            let rested = first.tired.figures();
            let state = fatigue(contraction, &rested);
            panels.push(Panel { height: 0.5, ..Panel::new(Axis::linear("of the rested"), state) });
        }
    }
    panels.insert(0, Panel::new(Axis::linear("force, N"), forces));
    Chart {
        title: format!("Force of a muscle: {}", setup.name),
        subtitle: subtitle(setup.pattern.stimulation().map_or(0, |all| all.trains.len()), contraction),
        x: Axis::linear("time, s"),
        panels,
    }
}

fn subtitle(trains: usize, contraction: &Contraction) -> String {
    let pulses: usize = contraction.trains.iter().map(|train| train.pulses).sum();
    let plural = if trains == 1 { "train" } else { "trains" };
    format!("{trains} {plural}, {pulses} pulses, {}", contraction.end.at)
}

/// Force of each model as a share of its own tetanus, where it is too much to see the peaks of its trains instead; and
/// those over the first.
pub fn of_all(compared: &[Compared]) -> Chart {
    let share = |one: &Compared| {
        if one.contraction.samples.len() <= MOST_POINTS {
            return force(&one.line.model, &one.contraction.samples, one.line.tetanus_n);
        }
        let peak = |train: &TrainForce| (train.start.as_secs(), train.peak_n / one.line.tetanus_n);
        Series::line(&*one.line.model, one.contraction.trains.iter().map(peak))
    };
    let all = compared.iter().filter(|one| one.line.tetanus_n > 0.0).map(share).collect();
    let whole = compared.iter().all(|one| one.contraction.samples.len() <= MOST_POINTS);
    let label = if whole { "share of tetanus" } else { "peak, share of tetanus" };
    let mut panels = vec![Panel::new(Axis::linear(label), all)];
    if compared.iter().any(|one| one.contraction.trains.len() > 1) {
        let peaks = compared.iter().map(|one| {
            let first_n = one.contraction.trains[0].peak_n;
            let trains = one.contraction.trains.iter();
            let point = move |train: &TrainForce| (train.start.as_secs(), train.peak_n / first_n);
            Series::line(&*one.line.model, trains.map(point))
        });
        let fatigue = Panel::new(Axis::linear("peak over the first"), peaks.collect());
        panels.push(Panel { height: 0.6, ..fatigue });
    }
    let trains = compared.first().map_or(0, |one| one.contraction.trains.len());
    Chart {
        title: "Force models on one stimulation".to_string(),
        subtitle: compared.first().map_or(String::new(), |one| subtitle(trains, &one.contraction)),
        x: Axis::linear("time, s"),
        panels,
    }
}
