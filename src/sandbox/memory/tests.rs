//! Tests of the memory: what is drawn and measured of it against all that was put in.

use proptest::prelude::*;

use super::pyramid::Pyramid;
use super::*;
use crate::device::pulse::Phase;

fn ns(nanos: i64) -> SimTime {
    SimTime::from_nanos(nanos)
}

/// Samples at uneven instants, with gaps and spikes.
fn samples() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let value = prop_oneof![20 => -1.0..1.0_f64, 1 => Just(f64::NAN), 1 => -1e3..1e3_f64];
    let step = prop_oneof![10 => 1..50_i64, 1 => 1_000..100_000_i64];
    prop::collection::vec((step, value), 1..1500).prop_map(|steps| {
        let mut at = 0;
        let next = |(step, value)| {
            at += step;
            (at, value)
        };
        steps.into_iter().map(next).collect()
    })
}

fn filled(samples: &[(i64, f64)], most: usize) -> Pyramid {
    let mut pyramid = Pyramid::with_caps(1, most, most / 4);
    samples.iter().for_each(|(at, value)| pyramid.push(ns(*at), &[*value]));
    pyramid
}

/// Checks the points of a stretch, all of whose samples are kept, against the samples: column by column, or where many
/// samples fall into a column, to a quarter of one.
fn check_columns(all: &[(i64, f64)], points: &[(SimTime, f64)], (from, to): (i64, i64), width: i64) {
    assert!(points.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in the order of time");
    let inside: Vec<_> = all.iter().filter(|s| (from..to).contains(&s.0) && s.1.is_finite()).collect();
    let columns = (to - from + width - 1) / width;
    let covered = inside.last().map_or(0, |last| last.0 - inside[0].0);
    let slack = if inside.len() as i64 >= 30 * (covered / width).max(1) { width / 4 } else { 0 };
    assert!(points.len() as i64 <= 4 * columns + 2 + if slack > 0 { 4 } else { 0 }, "four points a column");
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (v.min(a), v.max(b)))
    };
    for column in (0..columns).map(|i| from + i * width) {
        let end = (column + width).min(to);
        let kept = |a: i64, b: i64| range(&mut inside.iter().filter(|s| (a..b).contains(&s.0)).map(|s| s.1));
        let drawn = |a: i64, b: i64| range(&mut points.iter().filter(|p| (a..b).contains(&p.0.nanos())).map(|p| p.1));
        // What is drawn holds all samples, and nothing that is not one of those around.
        let (least, most) = (kept(column, end), kept(column - slack, end + slack));
        let shown = drawn(column - slack, end + slack);
        assert!(shown.0 <= least.0 && shown.1 >= least.1, "{shown:?} for {least:?} from {column} of {width}");
        let shown = drawn(column, end);
        assert!(shown.0 >= most.0 && shown.1 <= most.1, "{shown:?} for {most:?} from {column} of {width}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every column shows the first, the least, the largest and the last of its samples, in four points at most.
    #[test]
    fn verif_decimation_loses_no_spike(all in samples(), from in 0..60_000_i64, span in 1..90_000_i64,
                                       columns in 1..400_i64) {
        let pyramid = filled(&all, 4096);
        let width = (span / columns).max(1);
        let mut points = Vec::new();
        pyramid.points(0, &pyramid.columns(ns(from), ns(from + span), ns(width)), &mut points);
        check_columns(&all, &points, (from, from + span), width);
    }

    /// Where old samples are only blocks, the extremes of everything are still shown, and the area is what it was.
    #[test]
    fn verif_old_samples_coarsen_without_losing_a_spike(all in samples(), columns in 1..400_i64) {
        let pyramid = filled(&all, 64);
        let (end, finite) = (all[all.len() - 1].0 + 1, all.iter().map(|s| s.1).filter(|v| v.is_finite()));
        let (min, max) = finite.fold((f64::NAN, f64::NAN), |(a, b), v| (v.min(a), v.max(b)));
        let mut points = Vec::new();
        let width = (end / columns).max(1);
        pyramid.points(0, &pyramid.columns(ns(0), ns(end), ns(width)), &mut points);
        let shown = points.iter().map(|p| p.1).filter(|v| v.is_finite());
        let shown = shown.fold((f64::NAN, f64::NAN), |(a, b), v| (v.min(a), v.max(b)));
        prop_assert!(shown == (min, max) || min.is_nan());
        let block = pyramid.measure(0, ns(0), ns(end - 1));
        prop_assert!(min.is_nan() || (block.min, block.max) == (min, max));
        if all.iter().all(|s| s.1.is_finite()) {
            let area: f64 = all.windows(2).map(|p| 0.5 * (p[0].1 + p[1].1) * ns(p[1].0 - p[0].0).as_secs()).sum();
            prop_assert!((block.area - area).abs() <= 1e-9 * area.abs().max(1.0), "{} for {area}", block.area);
        }
    }

    /// A branch forgets the future, and what comes then is as if it had always been so.
    #[test]
    fn verif_a_branch_is_as_good_as_new(all in samples(), at in 0..30_000_i64) {
        let mut branched = filled(&all, 4096);
        branched.forget_from(ns(at));
        let fresh: Vec<_> = all.iter().map(|s| (s.0, s.1 * 2.0)).filter(|s| s.0 >= at).collect();
        fresh.iter().for_each(|(at, value)| branched.push(ns(*at), &[*value]));
        let both: Vec<_> = all.iter().copied().filter(|s| s.0 < at).chain(fresh).collect();
        let whole = filled(&both, 4096);
        for (from, to, width) in [(0, 100_000, 100), (at - 50, at + 50, 1), (0, 2_000_000, 20_000)] {
            let points = |pyramid: &Pyramid| {
                let mut points = Vec::new();
                pyramid.points(0, &pyramid.columns(ns(from), ns(to), ns(width)), &mut points);
                format!("{points:?}")
            };
            prop_assert_eq!(points(&branched), points(&whole));
        }
    }

    /// A branch in what is only blocks leaves a pyramid that goes on.
    #[test]
    fn verif_a_branch_in_the_coarse_past_goes_on(all in samples(), at in 0..30_000_i64) {
        let mut branched = filled(&all, 64);
        branched.forget_from(ns(at));
        prop_assert!(branched.newest().is_none_or(|newest| newest < ns(at)));
        for i in 0..1000 {
            branched.push(ns(at + i), &[if i == 500 { 1e6 } else { 0.0 }]);
        }
        prop_assert_eq!(branched.measure(0, ns(0), ns(at + 1000)).max, 1e6);
    }
}

/// A pulse of 1 mA for 200 µs and its recharge.
fn pulse(at: SimTime, count: i64) -> PulsePicture {
    let width = ns(200_000);
    let phases = [-1_000_000, 0, 1_000_000].map(|current_na| Phase { current_na, width });
    PulsePicture {
        at,
        side: Side::Left,
        phases: Waveform::new(phases, false),
        asked_na: 1_500_000,
        load_v: [(0, -0.5), (200_000, -0.9), (200_000, -0.4), (600_000, 0.1)].map(|(at, v)| (ns(at), v)).to_vec(),
        count,
        period: ns(50_000_000),
    }
}

fn memory() -> Memory {
    let mut memory = Memory::new(Vec::new());
    memory.pulse(pulse(SimTime::SECOND, 100));
    memory
}

#[test]
fn verif_a_pulse_is_drawn_with_its_edges_where_there_is_room() {
    let mut points = Vec::new();
    let from = SimTime::SECOND + ns(50_000_000 - 100_000);
    memory().pulse_line(Side::Left, PulseQuantity::Current, (from, from + ns(1_000_000)), ns(1_000), &mut points);
    let corners: Vec<_> = points.iter().map(|(at, ma)| ((*at - from).nanos() / 1000 - 100, *ma)).collect();
    let zero_to = [(-100, 0.0), (0, 0.0), (0, -1.0), (200, -1.0), (200, 0.0), (400, 0.0), (400, 1.0), (600, 1.0)];
    assert_eq!(corners[..8], zero_to);
    assert_eq!(corners[8..], [(600, 0.0), (900, 0.0)]);
}

#[test]
fn verif_a_train_is_drawn_in_full_range_where_there_is_none() {
    let memory = memory();
    for (span_s, width_ns) in [(1, 1_000_000), (1000, 1_000_000_000)] {
        let mut points = Vec::new();
        let range = (SimTime::ZERO, SimTime::from_secs(span_s + 1));
        memory.pulse_line(Side::Left, PulseQuantity::Current, range, ns(width_ns), &mut points);
        assert!(points.len() <= 4 * 1000 + 2, "{}", points.len());
        assert!(points.iter().any(|p| p.1 == -1.0) && points.iter().any(|p| p.1 == 1.0));
        assert!(points.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        let last = points.iter().rfind(|p| p.1 != 0.0).unwrap().0;
        assert!(span_s == 1 || (last - SimTime::from_secs(6)).nanos().abs() <= width_ns);
    }
}

#[test]
fn verif_pulses_are_measured_exactly() {
    let memory = memory();
    let begin = SimTime::SECOND;
    let current = |from: i64, to: i64| {
        memory.measure_pulses(Side::Left, PulseQuantity::Current, (begin + ns(from), begin + ns(to)))
    };
    let stimulus = current(0, 200_000);
    assert_eq!((stimulus.min, stimulus.max, stimulus.first, stimulus.last), (-1.0, 0.0, -1.0, 0.0));
    assert!((stimulus.area + 200e-6).abs() < 1e-12, "{}", stimulus.area);
    assert!(current(0, 600_000).area.abs() < 1e-12);
    assert!((current(-10, 10 * 50_000_000 + 200_000).area + 200e-6).abs() < 1e-12);
    assert_eq!(memory.pulse_value(Side::Left, PulseQuantity::Current, begin + ns(450_000)), 1.0);
    let load = memory.pulse_value(Side::Left, PulseQuantity::Load, begin + ns(100_000));
    assert!((load + 0.7).abs() < 1e-12, "{load}");
}

#[test]
fn verif_marks_are_found_near_a_pointer() {
    let memory = memory();
    let edge = SimTime::SECOND + ns(3 * 50_000_000 + 200_000);
    assert_eq!(memory.nearest_mark(edge + ns(30_000), ns(50_000)), Some(edge));
    assert_eq!(memory.nearest_mark(edge - ns(80_000), ns(50_000)), None);
    let weaker = memory.weaker_than_asked(Side::Left, (SimTime::ZERO, SimTime::from_secs(9)), 5);
    assert_eq!((weaker.len(), weaker[0].2), (5, -1.5));
}

#[test]
fn verif_few_volleys_are_marks_and_many_are_cells() {
    let mut memory = Memory::new(Vec::new());
    let first = Volley { at: SimTime::SECOND, fired: FiringSet::first(50) };
    memory.volleys(Side::Right, Run { first, count: 100_000, period: ns(50_000_000) });
    let second = (SimTime::SECOND, SimTime::from_secs(2));
    let Raster::Marks(marks) = memory.raster(Side::Right, second, ns(1_000_000), 120) else { panic!("cells") };
    assert_eq!((marks.len(), marks[19].0), (20, SimTime::SECOND + ns(950_000_000)));
    let long = (SimTime::ZERO, SimTime::from_secs(1000));
    let Raster::Cells { counts, units, .. } = memory.raster(Side::Right, long, SimTime::SECOND, 120) else {
        panic!("marks")
    };
    assert_eq!((counts.len(), counts[0], counts[units], counts[units + 50]), (120_000, 0, 20, 0));
    assert_eq!(counts.iter().map(|count| u64::from(*count)).sum::<u64>(), 50 * 999 * 20);
}

#[test]
fn verif_samples_told_twice_count_once() {
    let probe = Probe::parse("left.force_n", 120).unwrap();
    let mut memory = Memory::new(vec![probe]);
    for at in [1, 2, 3, 2, 3, 4] {
        memory.sample(SimTime::from_secs(at), &[at as f64]);
    }
    assert_eq!(memory.decimate(0, SimTime::ZERO, SimTime::from_secs(9), 100).len(), 4);
    assert_eq!(memory.value(0, ns(2_500_000_000)), Some(2.5));
    memory.forget_from(SimTime::from_secs(3));
    memory.sample(SimTime::from_secs(3), &[7.0]);
    assert_eq!((memory.value(0, SimTime::from_secs(3)), memory.head()), (Some(7.0), SimTime::from_secs(3)));
}
