//! The motor units against independent results.

use std::collections::BTreeMap;

use stimtwin::device::pulse::Run;
use stimtwin::muscle::choice::Choice;
use stimtwin::muscle::cursor::Cursor;
use stimtwin::muscle::makeup::Condition;
use stimtwin::muscle::pool::MotorUnitPool;
use stimtwin::muscle::profile::{MuscleProfile, UnitCurve};
use stimtwin::muscle::twitch::{TETANUS_SHARE, gain, relative_force};
use stimtwin::nerve::volley::{FiringSet, Volley};
use stimtwin::source::{Figure, Source};
use stimtwin::time::SimTime;

const UNITS: usize = 120;

/// The pool of the references: forces in the references' units, without fatigue unless asked for.
fn profile(unit_curve: UnitCurve, fatigue_per_s: f64, recovery_ratio: f64) -> MuscleProfile {
    let figure = Figure::ours;
    let mut profile = MuscleProfile {
        name: "reference".to_string(),
        description: String::new(),
        units: UNITS,
        units_source: Source::Ours(String::new()),
        max_force_n: figure(1.0),
        force_range: figure(100.0),
        contraction_time_range: figure(3.0),
        slowest_contraction_ms: figure(90.0),
        unit_curve,
        fatigue_rate_per_s: figure(fatigue_per_s),
        fatigue_range: figure(180.0),
        fatigue_slowing: figure(0.379),
        recovery_ratio: figure(recovery_ratio),
        type_i_fraction: figure(0.5),
        type_i_slowness: figure(2.0),
        potentiation: None,
        sarcomeres: None,
        model: Choice::Pool,
    };
    // A tetanus in the units of the paper: the twitch forces times e over the share of a tetanus.
    let total: f64 = profile.motor_units().iter().map(|unit| unit.relative_force).sum();
    profile.max_force_n = figure(total);
    profile
}

fn pool(profile: &MuscleProfile) -> MotorUnitPool {
    MotorUnitPool::new(profile, Condition { strength: 1.0, type_i_fraction: profile.type_i_fraction.value })
}

fn all() -> FiringSet {
    FiringSet::first(UNITS)
}

fn nanos(seconds: f64) -> SimTime {
    SimTime::from_nanos((seconds * 1e9).round() as i64)
}

/// Largest, smallest and mean force of a sampled window, the mean by the trapezoid rule.
struct Steady {
    max: f64,
    min: f64,
    mean: f64,
}

impl Steady {
    fn of(samples: Vec<f64>) -> Self {
        Self {
            max: samples.iter().copied().fold(f64::MIN, f64::max),
            min: samples.iter().copied().fold(f64::MAX, f64::min),
            mean: samples.iter().sum::<f64>() / samples.len() as f64,
        }
    }
}

/// A train of 3 s sampled every 0.1 ms; its last whole periods within half a second, as the reference has them.
/// `pulse` is the instant of a pulse, by its number.
fn steady(
    profile: &MuscleProfile,
    rate_hz: f64,
    pulse: impl Fn(usize) -> SimTime,
    force: impl Fn(&MotorUnitPool, &Cursor) -> f64,
) -> Steady {
    const SAMPLE_S: f64 = 1e-4;
    let mut pool = pool(profile);
    let pulses = (3.0 * rate_hz).ceil() as usize;
    let periods = (0.5 * rate_hz).floor().max(1.0) as usize;
    let sample_at = |pulse: usize| (pulse as f64 / rate_hz / SAMPLE_S).round() as i64;
    let mut cursor = Cursor::new(&pool);
    let (mut samples, mut fired) = (Vec::new(), 0);
    for sample in sample_at(pulses - 1 - periods)..sample_at(pulses - 1) {
        let at = SimTime::from_nanos(sample * 100_000);
        while fired < pulses && pulse(fired) <= at {
            let volley = Volley { at: pulse(fired), fired: all() };
            pool.advance(&[Run { first: volley, count: 1, period: SimTime::ZERO }]);
            fired += 1;
        }
        cursor.go_to(at, &pool);
        samples.push(force(&pool, &cursor));
    }
    Steady::of(samples)
}

/// The same window as [`steady`], every twitch of every unit added up as the papers write it.
fn plain_sum(profile: &MuscleProfile, rate_hz: f64, pulse: impl Fn(usize) -> SimTime) -> Steady {
    let units = profile.motor_units();
    let pulses = (3.0 * rate_hz).ceil() as usize;
    let periods = (0.5 * rate_hz).floor().max(1.0) as usize;
    let sample_at = |pulse: usize| (pulse as f64 / rate_hz / 1e-4).round() as i64;
    let force = |sample: i64| -> f64 {
        let at_s = sample as f64 * 1e-4;
        let mut sum = 0.0;
        for unit in &units {
            for k in (0..pulses).rev().skip_while(|&k| pulse(k).as_secs() > at_s).take(40) {
                let gain = if k == 0 { 1.0 } else { gain(unit.contraction_s * rate_hz) };
                let turn = (at_s - pulse(k).as_secs()) / unit.contraction_s;
                sum += unit.relative_force * gain * turn * stimtwin::math::exp(1.0 - turn);
            }
        }
        sum
    };
    Steady::of((sample_at(pulses - 1 - periods)..sample_at(pulses - 1)).map(force).collect())
}

/// One of the three, by the reference's name.
fn of(steady: &Steady, quantity: &str) -> f64 {
    match quantity {
        "steady_max" => steady.max,
        "steady_min" => steady.min,
        _ => steady.mean,
    }
}

/// variant, unit, rate and quantity to value.
fn reference() -> BTreeMap<(String, String, String, String), f64> {
    let text = include_str!("../reference/fuglevand_reference.csv");
    let mut table = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [variant, unit, rate, quantity, value] = fields[..] else { panic!("{line}") };
        let key = [variant, unit, rate, quantity].map(str::to_string);
        table.insert(key.into(), value.parse().expect("a number"));
    }
    table
}

fn variant(name: &str) -> Option<UnitCurve> {
    match name {
        "fuglevand1993" => Some(UnitCurve::Fuglevand1993),
        "potvin2017" => Some(UnitCurve::Potvin2017),
        _ => None,
    }
}

/// Forces of the reference are in units of the first twitch; ours are shares of a tetanus. A twitch of force P has a
/// tetanus of P·e/TETANUS_SHARE.
const TETANUS_OF_TWITCH: f64 = std::f64::consts::E / TETANUS_SHARE;

fn close(found: f64, expected: f64, tolerance: f64, scale: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(scale)
}

#[test]
fn val_units_have_the_published_forces_and_times() {
    let mut checked = 0;
    for ((name, unit, _, quantity), expected) in reference() {
        let (Some(curve), Ok(index)) = (variant(&name), unit.parse::<usize>()) else { continue };
        let unit = profile(curve, 0.0, 1.0).motor_units()[index - 1];
        let found = match quantity.as_str() {
            "P" => unit.relative_force,
            "T_ms" => unit.contraction_s * 1e3,
            _ => continue,
        };
        assert!(close(found, expected, 1e-6, 0.0), "{name} {index} {quantity}: {found} for {expected}");
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
}

#[test]
fn val_unit_gains_and_trains() {
    let mut checked = 0;
    for ((name, unit, rate, quantity), expected) in reference() {
        let (Some(curve), Ok(index), Ok(rate_hz)) = (variant(&name), unit.parse::<usize>(), rate.parse::<f64>()) else {
            continue;
        };
        let profile = profile(curve, 0.0, 1.0);
        let motor_unit = profile.motor_units()[index - 1];
        if quantity == "gain_g" {
            let found = gain(motor_unit.contraction_s * rate_hz);
            assert!(close(found, expected, 1e-6, 0.0), "{name} {index} {rate} Hz: {found} for {expected}");
            checked += 1;
            continue;
        }
        if !quantity.starts_with("steady_") {
            continue;
        }
        let exactly = |k: usize| nanos(k as f64 / rate_hz);
        let steady =
            steady(&profile, rate_hz, exactly, |pool, cursor| cursor.unit_force_n(pool, index - 1) * TETANUS_OF_TWITCH);
        let found = of(&steady, &quantity);
        let largest = motor_unit.relative_force;
        assert!(close(found, expected, 1e-4, largest), "{name} {index} {rate} Hz {quantity}: {found} for {expected}");
        checked += 1;
    }
    assert!(checked > 300, "{checked}");
}

/// What a pool pulls in a train, and what the published sum says that it should: of the pulses as ours have them, and
/// of those that the reference has.
struct Pulled {
    ours: Steady,
    plain: Option<(Steady, Steady)>,
}

#[test]
fn val_the_pool_pulls_as_published() {
    let mut checked = 0;
    let mut known: BTreeMap<(String, String), Pulled> = BTreeMap::new();
    for ((name, unit, rate, quantity), expected) in reference() {
        let (Some(curve), "pool_synchronous_all120", Ok(rate_hz)) =
            (variant(&name), unit.as_str(), rate.parse::<f64>())
        else {
            continue;
        };
        if !quantity.starts_with("steady_m") {
            continue;
        }
        let pulled = known.entry((name.clone(), rate)).or_insert_with(|| {
            let rounded = |k: usize| SimTime::from_nanos((k as f64 / rate_hz * 5_000.0).round() as i64 * 200_000);
            let exact = |k: usize| nanos(k as f64 / rate_hz);
            let profile = profile(curve, 0.0, 1.0);
            let force = |pool: &MotorUnitPool, cursor: &Cursor| cursor.force_n(pool) * TETANUS_OF_TWITCH;
            // The reference rounds the pulses of the pool to 0.2 ms and works out gains from the rate, ours come from
            // the intervals. Where that is not the same, the published sum is checked, and the pool against it.
            if (5_000.0 / rate_hz).fract() == 0.0 || rate_hz < 4.0 {
                return Pulled { ours: steady(&profile, rate_hz, rounded, force), plain: None };
            }
            let plain = (plain_sum(&profile, rate_hz, exact), plain_sum(&profile, rate_hz, rounded));
            Pulled { ours: steady(&profile, rate_hz, exact, force), plain: Some(plain) }
        });
        let mut found = of(&pulled.ours, &quantity);
        if let Some((exact, rounded)) = &pulled.plain {
            let plain = of(exact, &quantity);
            assert!(close(found, plain, 1e-6, 0.0), "{name} {rate_hz} Hz {quantity}: {found} for {plain}");
            found = of(rounded, &quantity);
        }
        assert!(close(found, expected, 1e-4, 0.0), "{name} {rate_hz} Hz {quantity}: {found} for {expected}");
        checked += 1;
    }
    assert!(checked >= 12, "{checked}");
}

/// The published model is quasi-static: our constitutive functions, stepped as the reference is.
#[test]
fn val_fatigue_of_the_pool() {
    let profile = profile(UnitCurve::Potvin2017, 0.0225, 1e9);
    let units = profile.motor_units();
    let pool = pool(&profile);
    let text = include_str!("../reference/pool_fatigue_reference.csv");
    let mut rows: BTreeMap<String, Vec<Vec<f64>>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let numbers: Vec<f64> = line.split(',').map(|field| field.parse().expect("a number")).collect();
        rows.entry(line.split(',').next().expect("a rate").to_string()).or_default().push(numbers);
    }
    let (dt_s, mut checked) = (0.01, 0);
    for rows in rows.values() {
        let rate_hz = rows[0][0];
        let mut deficit = [0.0; UNITS];
        let last = rows.last().expect("a row")[1];
        for step in 0..=(last / dt_s).round() as usize {
            let relative: Vec<f64> = (0..UNITS)
                .map(|i| relative_force(pool.makeup().contraction_s(i / 8, i % 8, deficit[i]) * rate_hz))
                .collect();
            let force = |i: usize| units[i].force_n * (1.0 - deficit[i]) * relative[i];
            let forces: Vec<f64> = (0..UNITS).map(force).collect();
            for i in 0..UNITS {
                deficit[i] = (deficit[i] + units[i].fatigue_per_s * relative[i] * dt_s).min(1.0);
            }
            let Some(row) = rows.iter().find(|row| (row[1] - step as f64 * dt_s).abs() < dt_s / 2.0) else { continue };
            let capacity: f64 = (0..UNITS).map(|i| units[i].force_n * (1.0 - deficit[i])).sum();
            let found = [forces.iter().sum(), forces[0], forces[59], forces[119], capacity];
            for (column, (found, expected)) in found.iter().zip(&row[2..]).enumerate() {
                assert!(
                    close(*found, *expected, 1e-4, 1e-3),
                    "{rate_hz} Hz {} s, {column}: {found} for {expected}",
                    row[1]
                );
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 48 * 5);
}

/// The dynamic pool fatigues as the quasi-static law says: what it pulls in whole periods is the static force.
#[test]
fn val_the_dynamic_pool_follows_the_static_law() {
    let profile = profile(UnitCurve::Potvin2017, 0.0225, 1e9);
    let text = include_str!("../reference/pool_fatigue_reference.csv");
    for line in text.lines().skip(1) {
        let row: Vec<f64> = line.split(',').map(|field| field.parse().expect("a number")).collect();
        let (rate_hz, time_s, force) = (row[0], row[1], row[2]);
        if !(10.0..=130.0).contains(&time_s) {
            continue;
        }
        let period = nanos(1.0 / rate_hz);
        let pulses = (time_s * rate_hz).round() as i64;
        let mut pool = pool(&profile);
        let train = |from: i64, count: i64| Run { first: Volley { at: period * from, fired: all() }, count, period };
        pool.advance(&[train(0, pulses)]);
        let before = {
            let mut p = pool.clone();
            p.settle(period * pulses);
            p.impulse_n_s()
        };
        let ten = rate_hz as i64;
        pool.advance(&[train(pulses, ten)]);
        pool.settle(period * (pulses + ten));
        let mean = (pool.impulse_n_s() - before) / (period * ten).as_secs();
        // Half a second on, and with contraction times renewed once a second: a few parts in a thousand.
        assert!(close(mean, force, 0.012, 0.0), "{rate_hz} Hz {time_s} s: {mean} for {force}");
    }
}

#[test]
fn verif_a_twitch_to_tetanus_ratio_for_every_unit() {
    // A single volley, then its integral: the impulse of a twitch is its tetanus times TETANUS_SHARE times T.
    let profile = profile(UnitCurve::Potvin2017, 0.0, 1.0);
    let mut pool = pool(&profile);
    pool.advance(&[Run { first: Volley { at: SimTime::ZERO, fired: all() }, count: 1, period: SimTime::ZERO }]);
    pool.settle(SimTime::from_secs(60));
    let expected: f64 =
        profile.motor_units().iter().map(|unit| unit.force_n * TETANUS_SHARE * unit.contraction_s).sum();
    assert!((pool.impulse_n_s() / expected - 1.0).abs() < 1e-12);
}

#[test]
fn verif_rest_gives_back_what_work_took() {
    let profile = profile(UnitCurve::Potvin2017, 0.0225, 2.53);
    let mut pool = pool(&profile);
    let period = SimTime::from_nanos(50_000_000);
    pool.advance(&[Run { first: Volley { at: SimTime::ZERO, fired: all() }, count: 1200, period }]);
    let capacity = |pool: &MotorUnitPool, at: SimTime| {
        let mut cursor = Cursor::new(pool);
        cursor.go_to(at, pool);
        cursor.capacity(pool)
    };
    let tired = capacity(&pool, SimTime::from_secs(60));
    let rested = capacity(&pool, SimTime::from_secs(3600));
    let long_rested = capacity(&pool, SimTime::from_secs(30 * 86_400));
    assert!(tired < 0.75 && rested > tired && long_rested > 0.9999, "{tired} {rested} {long_rested}");
}
