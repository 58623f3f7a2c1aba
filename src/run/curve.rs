//! Curves of thresholds: strength against duration, current against distance, and recovery after a first pulse.

use std::io::Write;

use crate::math;
use crate::nerve::axon::recovery::{CONDITIONING, FARTHEST, recovery};
use crate::nerve::axon::setup::{Polarity, Setup};
use crate::nerve::axon::threshold::{TOLERANCE, Threshold, thresholds};
use crate::picture::{Axis, Chart, Mark, Panel, Series};
use crate::run::threshold::six_digits;
use crate::time::SimTime;

/// What stands on the x axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Width of the first phase; with the law of Weiss (1901): rheobase and chronaxie.
    StrengthDuration,
    /// Distance from fibre to contact; with I₀ + k·d² and the exponent of a power law.
    CurrentDistance,
    /// Interval from the onset of a first pulse to that of a second.
    Recovery,
}

impl Kind {
    /// The kinds by name, as the command line has them.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("strength-duration", Self::StrengthDuration),
        ("current-distance", Self::CurrentDistance),
        ("recovery", Self::Recovery),
    ];
}

/// The curves that are asked for: one for every diameter at every one of the other values.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What stands on the x axis.
    pub kind: Kind,
    /// All that is the same for all of them.
    pub base: Setup,
    /// Diameters, µm.
    pub diameters_um: Vec<f64>,
    /// Distances, mm; they rise.
    pub distances_mm: Vec<f64>,
    /// Widths; they rise.
    pub widths: Vec<SimTime>,
    /// Intervals, for a recovery; they rise, and none is shorter than the longest pulse.
    pub intervals: Vec<SimTime>,
    /// The time step.
    pub step: SimTime,
}

/// A point of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Fibre, contact and pulse.
    pub setup: Setup,
    /// From a first pulse, for a recovery.
    pub interval: Option<SimTime>,
    /// The threshold, of the second pulse where there are two.
    pub threshold: Threshold,
}

/// What a curve comes to, in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    /// I = rheobase·(1 + chronaxie/width), least squares in the logarithm of I.
    Weiss {
        /// mA.
        rheobase_ma: f64,
        /// µs.
        chronaxie_us: f64,
        /// The largest deviation of a point, relative to it.
        off: f64,
    },
    /// I = I₀ + k·d², least squares in the logarithm of I, and the exponent of I ∝ dⁿ, by the same.
    Distance {
        /// I₀, mA.
        start_ma: f64,
        /// k, mA/mm².
        k_ma_per_mm2: f64,
        /// n.
        exponent: f64,
    },
    /// The threshold at rest and the first interval with a threshold.
    Recovery {
        /// mA.
        rest_ma: f64,
        /// The shortest of the intervals at which a second pulse is conducted, ms; none where it never is.
        first_ms: Option<f64>,
    },
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name in the picture.
    pub name: String,
    /// In the order of x.
    pub points: Vec<Point>,
    /// What it comes to; none with fewer than three thresholds.
    pub fit: Option<Fit>,
}

fn micros(width: SimTime) -> f64 {
    width.nanos() as f64 / 1e3
}

fn millis(interval: SimTime) -> f64 {
    interval.nanos() as f64 / 1e6
}

/// A span as it stands in a picture.
fn shown(span: SimTime) -> String {
    span.to_string().replace("us", "µs")
}

impl Ask {
    /// Computes the curves.
    pub fn curves(&self) -> Vec<Curve> {
        let setups = self.diameters_um.iter().flat_map(|&diameter_um| {
            let of_distance = move |&distance_mm: &f64| {
                let width = move |&width: &SimTime| Setup { diameter_um, distance_mm, width, ..self.base };
                self.widths.iter().map(width)
            };
            self.distances_mm.iter().flat_map(of_distance)
        });
        let setups: Vec<Setup> = setups.collect();
        if self.kind == Kind::Recovery { self.recoveries(&setups) } else { self.families(&setups) }
    }

    fn recoveries(&self, setups: &[Setup]) -> Vec<Curve> {
        let several = self.widths.len() > 1;
        let of = |(setup, found): (&Setup, crate::nerve::axon::recovery::Recovery)| {
            let point = |(&interval, &threshold): (&SimTime, &Threshold)| Point {
                setup: *setup,
                interval: Some(interval),
                threshold,
            };
            let points: Vec<Point> = self.intervals.iter().zip(&found.after).map(point).collect();
            let first = points.iter().find(|point| point.threshold.ma().is_some());
            let first_ms = first.and_then(|point| point.interval).map(millis);
            let mut name = format!("{} µm, {} mm", setup.diameter_um, setup.distance_mm);
            if several {
                name += &format!(", {}", shown(setup.width));
            }
            Curve { name, points, fit: found.rest.ma().map(|rest_ma| Fit::Recovery { rest_ma, first_ms }) }
        };
        let asked: Vec<(Setup, &[SimTime])> = setups.iter().map(|setup| (*setup, self.intervals.as_slice())).collect();
        setups.iter().zip(recovery(&asked, self.step, TOLERANCE)).map(of).collect()
    }

    fn families(&self, setups: &[Setup]) -> Vec<Curve> {
        let tasks: Vec<_> = setups.iter().map(|setup| setup.task(self.step)).collect();
        let found = thresholds(&tasks, self.step);
        let points = setups.iter().zip(found);
        let points: Vec<Point> =
            points.map(|(setup, threshold)| Point { setup: *setup, interval: None, threshold }).collect();
        let over_width = self.kind == Kind::StrengthDuration;
        let mut curves: Vec<Curve> = Vec::new();
        for &diameter in &self.diameters_um {
            let others = if over_width { self.distances_mm.len() } else { self.widths.len() };
            for other in 0..others {
                let belongs = |setup: &Setup| {
                    let same = |distance: f64| setup.distance_mm == distance;
                    setup.diameter_um == diameter
                        && if over_width { same(self.distances_mm[other]) } else { setup.width == self.widths[other] }
                };
                let name = if over_width {
                    format!("{diameter} µm, {} mm", self.distances_mm[other])
                } else {
                    format!("{diameter} µm, {}", shown(self.widths[other]))
                };
                let own = points.iter().filter(|point| belongs(&point.setup));
                let points: Vec<Point> = own.cloned().collect();
                let known = points.iter().filter_map(|point| Some((point.setup, point.threshold.ma()?)));
                let fit = if over_width {
                    weiss(&known.map(|(setup, ma)| (micros(setup.width), ma)).collect::<Vec<_>>())
                } else {
                    over_distance(&known.map(|(setup, ma)| (setup.distance_mm, ma)).collect::<Vec<_>>())
                };
                curves.push(Curve { name, points, fit });
            }
        }
        curves
    }

    /// The columns that the points of these curves have.
    fn columns(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Recovery => {
                &["fiber_diameter_um", "distance_mm", "width_us", "interval_ms", "threshold_ma", "factor"]
            }
            _ => &["fiber_diameter_um", "distance_mm", "width_us", "threshold_ma", "charge_nc"],
        }
    }

    /// Writes the curves as CSV: what each comes to as comments, then a row for each point. A point without a threshold
    /// has empty cells, and then all rows have one more column with the name of the answer.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, curves: &[Curve], mut out: impl Write) -> csv::Result<()> {
        for (curve, fit) in curves.iter().filter_map(|curve| Some((curve, curve.fit?))) {
            writeln!(out, "# {}: {}", curve.name, fit.words())?;
        }
        let noted = curves.iter().flat_map(|curve| &curve.points).any(|point| point.threshold.ma().is_none());
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.columns().iter().copied().chain(noted.then_some(crate::run::threshold::NOTE)))?;
        for curve in curves {
            for point in &curve.points {
                let setup = &point.setup;
                let mut row: Vec<String> =
                    [setup.diameter_um, setup.distance_mm, micros(setup.width)].map(|number| number.to_string()).into();
                row.extend(point.interval.map(|interval| millis(interval).to_string()));
                let last = match curve.fit {
                    Some(Fit::Recovery { rest_ma, .. }) => 1.0 / rest_ma,
                    _ => micros(setup.width),
                };
                let cell = |number: Option<f64>| number.map_or(String::new(), six_digits);
                row.push(cell(point.threshold.ma()));
                row.push(cell(point.threshold.ma().map(|ma| ma * last)));
                if noted {
                    let known = point.threshold.ma().is_some();
                    row.push(if known { "" } else { point.threshold.name() }.to_string());
                }
                writer.write_record(&row)?;
            }
        }
        writer.flush()?;
        Ok(())
    }

    /// The picture of the curves.
    pub fn chart(&self, curves: &[Curve]) -> Chart {
        let (title, x, y) = match self.kind {
            Kind::StrengthDuration => ("Strength and duration", "Width of the first phase (µs)", "Threshold (mA)"),
            Kind::CurrentDistance => ("Current and distance", "Distance from fibre to contact (mm)", "Threshold (mA)"),
            Kind::Recovery => {
                ("Recovery after a first pulse", "Interval from onset to onset (ms)", "Second threshold / first")
            }
        };
        let mut panels = vec![Panel::new(
            if self.kind == Kind::Recovery { Axis::linear(y) } else { Axis::log(y) },
            curves.iter().enumerate().flat_map(|(index, curve)| self.series(index, curve)).collect(),
        )];
        if self.kind == Kind::StrengthDuration {
            panels[0].height = 1.6;
            let charge = |(index, curve): (usize, &Curve)| {
                let nc = |point: &Point| (micros(point.setup.width), in_ma(point) * micros(point.setup.width));
                Series::line("", curve.points.iter().map(nc)).coloured(index)
            };
            let series = curves.iter().enumerate().map(charge).collect();
            panels.push(Panel::new(Axis::log("Threshold charge (nC)"), series));
        }
        Chart { title: title.to_string(), subtitle: self.subtitle(), x: Axis::log(x), panels }
    }

    fn series(&self, index: usize, curve: &Curve) -> Vec<Series> {
        let words = curve.fit.map_or(String::new(), |fit| format!("\n{}", fit.words().replace("; ", "\n")));
        let name = format!("{}{words}", curve.name);
        let at = |point: &Point| {
            let x = match self.kind {
                Kind::StrengthDuration => micros(point.setup.width),
                Kind::CurrentDistance => point.setup.distance_mm,
                Kind::Recovery => point.interval.map_or(f64::NAN, millis),
            };
            let scale = if let Some(Fit::Recovery { rest_ma, .. }) = curve.fit { rest_ma } else { 1.0 };
            (x, in_ma(point) / scale)
        };
        let points: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
        let dots = Series::new("", Mark::Points, points.clone()).coloured(index);
        let fitted = match curve.fit {
            Some(Fit::Weiss { rheobase_ma, chronaxie_us, .. }) => {
                let law = points.iter().map(|&(width_us, _)| (width_us, rheobase_ma * (1.0 + chronaxie_us / width_us)));
                Some(Series::new("", Mark::Dashed, law.collect::<Vec<_>>()).coloured(index))
            }
            _ => None,
        };
        fitted.into_iter().chain([Series::line(name, points).coloured(index), dots]).collect()
    }

    /// What holds for all curves.
    fn subtitle(&self) -> String {
        let base = &self.base;
        let first = if base.polarity == Polarity::Cathodic { "cathodic" } else { "anodic" };
        let phases = match base.recovery {
            None => format!("{first}, one phase"),
            Some(times) => format!("{first} first, second phase {times} times as long after {}", shown(base.gap)),
        };
        let (across, along) = (base.tissue.across_s_per_m, base.tissue.along_s_per_m);
        let tissue = if across == along { format!("{across} S/m") } else { format!("{across} and {along} S/m") };
        let place = if base.offset_mm == 0.0 { String::new() } else { format!(", {} mm from a node", base.offset_mm) };
        let back = base.return_mm.map_or(String::new(), |mm| format!(", return {mm} mm along the fibre"));
        let width = if self.kind == Kind::Recovery && self.widths.len() == 1 {
            format!(", {}; first pulse {CONDITIONING} times its threshold", shown(self.widths[0]))
        } else {
            String::new()
        };
        format!("MRG axon; {phases}{width}; point contact{place}{back}; {tissue}; step {}", shown(self.step))
    }
}

/// A threshold, mA; what has no place in a picture where there is none.
fn in_ma(point: &Point) -> f64 {
    point.threshold.ma().unwrap_or(f64::NAN)
}

impl Fit {
    /// The numbers with their names.
    pub fn words(&self) -> String {
        let short = |number: f64| {
            let rounded: f64 = format!("{number:.3e}").parse().expect("a number that was just written");
            rounded.to_string()
        };
        match *self {
            Self::Weiss { rheobase_ma, chronaxie_us, off } => format!(
                "rheobase {} mA, chronaxie {chronaxie_us:.0} µs; Weiss within {:.1} %",
                short(rheobase_ma),
                off * 100.0
            ),
            Self::Distance { start_ma, k_ma_per_mm2, exponent } => format!(
                "I = {} mA + {} mA/mm² · d²; as a power of d: {exponent:.2}",
                short(start_ma),
                short(k_ma_per_mm2)
            ),
            Self::Recovery { rest_ma, first_ms } => {
                let first = first_ms.map_or(format!("none up to {FARTHEST} times that is conducted"), |ms| {
                    format!("first conducted at {ms} ms")
                });
                format!("at rest {} mA; {first}", short(rest_ma))
            }
        }
    }
}

/// The law of Weiss through points of width, µs, and threshold, mA; none with fewer than three of them.
///
/// The squares of ln I − ln(rheobase·(1 + c/width)) are least: for every chronaxie c the best rheobase is a mean, and c
/// is found by golden section between 1 µs and 1 s.
pub fn weiss(points: &[(f64, f64)]) -> Option<Fit> {
    let law = |chronaxie_us: f64, width_us: f64| math::ln(1.0 + chronaxie_us / width_us);
    let (ln_chronaxie, ln_rheobase) = fitted(points, (0.0, math::ln(1e6)), |c, width| law(math::exp(c), width))?;
    let (rheobase_ma, chronaxie_us) = (math::exp(ln_rheobase), math::exp(ln_chronaxie));
    let off = |&(width, ma): &(f64, f64)| (rheobase_ma * (1.0 + chronaxie_us / width) / ma - 1.0).abs();
    Some(Fit::Weiss { rheobase_ma, chronaxie_us, off: points.iter().map(off).fold(0.0, f64::max) })
}

/// The laws of distance through points of distance, mm, and threshold, mA; none with fewer than three of them.
pub fn over_distance(points: &[(f64, f64)]) -> Option<Fit> {
    // I₀·(1 + q·d²), with q between 1e-6 and 1e6 per mm².
    let limits = (-math::ln(1e6), math::ln(1e6));
    let (ln_q, ln_start) = fitted(points, limits, |q, d| math::ln(1.0 + math::exp(q) * (d * d)))?;
    let count = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|&(d, ma)| (math::ln(d), math::ln(ma))).collect();
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let over: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let under: f64 = logs.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum();
    let start_ma = math::exp(ln_start);
    Some(Fit::Distance { start_ma, k_ma_per_mm2: start_ma * math::exp(ln_q), exponent: over / under })
}

/// The parameter within limits and the constant with which ln y is nearest to constant + law(parameter, x) in the least
/// squares; none with fewer than three points.
fn fitted(points: &[(f64, f64)], limits: (f64, f64), law: impl Fn(f64, f64) -> f64) -> Option<(f64, f64)> {
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let rest = |parameter: f64| points.iter().map(|&(x, y)| math::ln(y) - law(parameter, x)).collect::<Vec<f64>>();
    let mean = |rest: &[f64]| rest.iter().sum::<f64>() / count;
    let squares = |parameter: f64| {
        let rest = rest(parameter);
        let mean = mean(&rest);
        rest.iter().map(|rest| (rest - mean) * (rest - mean)).sum::<f64>()
    };
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = limits;
    for _ in 0..90 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if squares(a) < squares(b) { high = b } else { low = a }
    }
    let parameter = 0.5 * (low + high);
    Some((parameter, mean(&rest(parameter))))
}
