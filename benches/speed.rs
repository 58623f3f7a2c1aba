//! What we promise about speed: `cargo bench`. The README's table comes from here.
//!
//! One core, two sides of 120 units, every pulse simulated. Each benchmark prints the digest of what it ran, so that
//! making it faster by changing what it does shows.

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use stimtwin::device::activator::Activator;
use stimtwin::device::generator::PulseGenerator;
use stimtwin::device::{Output as Outlet, put_out};
use stimtwin::lead::Delivered;
use stimtwin::lead::conductor::{Lead, TERMINALS};
use stimtwin::lead::contact::Contact;
use stimtwin::muscle::makeup::Condition;
use stimtwin::muscle::pool::MotorUnitPool;
use stimtwin::nerve::bundle::Nerve;
use stimtwin::random::StableId;
use stimtwin::record::events::EventLog;
use stimtwin::run::output::Output;
use stimtwin::run::progress::Silent;
use stimtwin::run::{RunOptions, run};
use stimtwin::scenario::Scenario;
use stimtwin::side::Side;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

fn scenario(duration: &str, fields: &str) -> Scenario {
    let text = format!(
        "Scenario(version: 1, name: \"bench\", duration: \"{duration}\", patient: \"mechanical-clbp\", \
         device: \"restorative\", implant: \"l2-medial-branch\", {fields})"
    );
    Scenario::from_text("bench.ron", &text, Path::new(".")).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Runs a scenario from a world to the end.
fn through(scenario: &Scenario, tick: Option<SimTime>) -> String {
    let mut simulation = Simulation::new(scenario, tick);
    simulation.advance_to(scenario.duration).unwrap_or_else(|fault| panic!("{fault}"));
    simulation.digest().to_string()
}

const ONE_SESSION: &str = "program: (both: (amplitude_ma: 1.0)), timeline: [(at: \"0 s\", do: StartSession)],";

fn session(c: &mut Criterion) {
    let scenario = scenario("30 min", ONE_SESSION);
    println!("session: digest {}", through(&scenario, None));
    c.bench_function("session of 30 min", |b| b.iter(|| through(&scenario, None)));
}

fn year(c: &mut Criterion) {
    let scenario = scenario("365 days", "program: (session_times: [\"08:00\", \"20:00\"], both: (amplitude_ma: 1.0)),");
    println!("year: digest {}", through(&scenario, None));
    c.bench_function("year of 730 sessions", |b| b.iter(|| through(&scenario, None)));
}

fn recording(c: &mut Criterion) {
    let record = "record: [(every: \"1 ms\", probes: [\"left.force_n\", \"right.force_n\"])],";
    let scenario = scenario("30 min", &format!("{ONE_SESSION} {record}"));
    let folder = tempfile::tempdir().expect("a scratch folder");
    let record = || {
        let output =
            Output::create(folder.path(), &scenario.recordings, true).unwrap_or_else(|error| panic!("{error}"));
        run(&scenario, RunOptions::default(), Some(output), &mut Silent)
            .unwrap_or_else(|error| panic!("{error}"))
            .digest
    };
    println!("recording: digest {}", record());
    c.bench_function("session with force at 1 kHz to CSV", |b| b.iter(record));
}

/// The ECS shell: a session in ticks of 1 ms and of 50 ms, and the same models called from a plain loop.
fn shell(c: &mut Criterion) {
    let scenario = scenario("30 min", ONE_SESSION);
    let (ms, pulse) = (SimTime::from_nanos(1_000_000), SimTime::from_nanos(50_000_000));
    let mut group = c.benchmark_group("shell");
    group.bench_function("session in ticks of 1 ms", |b| b.iter(|| through(&scenario, Some(ms))));
    group.bench_function("session in ticks of 50 ms", |b| b.iter(|| through(&scenario, Some(pulse))));
    group.bench_function("session in a plain loop", |b| b.iter(|| plain_session(&scenario, SimTime::SECOND)));
    group.finish();
}

/// The arithmetic's own limit: what the innermost loop alone takes for the pulses of a session.
fn arithmetic(c: &mut Criterion) {
    use stimtwin::muscle::twitch::{LANES, Step, Twitches, repeat};
    let (mut step, mut states) = (Step::NONE, vec![Twitches::REST; 15]);
    for i in 0..LANES {
        step.set_recovery(i, 0.05, 0.005);
        step.set_twitch(i, 0.05, 0.06, 0.01, 0.005);
    }
    let (steps, kicks) = (vec![step; 15], vec![[1.0; LANES]; 15]);
    c.bench_function("24,000 pulses of 120 units, innermost loop", |b| {
        b.iter(|| (0..1200).for_each(|_| repeat(&steps, &kicks, &mut states, 20)));
    });
}

/// Thresholds of the double-cable axon at the default step, on one thread: 27 fibres, three distances for each diameter
/// of the published table.
fn axon(c: &mut Criterion) {
    use stimtwin::nerve::axon::parameters::DIAMETERS_UM;
    use stimtwin::nerve::axon::setup::Setup;
    use stimtwin::nerve::axon::threshold::{Task, Threshold, thresholds_on};
    let step = stimtwin::run::threshold::STEP;
    let width = SimTime::from_nanos(214_000);
    let at = |distance_mm: f64| DIAMETERS_UM.map(|diameter_um| Setup::new(diameter_um, distance_mm, width).task(step));
    let tasks: Vec<Task> = [1.0, 2.0, 3.0].into_iter().flat_map(at).collect();
    let sum: f64 = thresholds_on(1, &tasks, step).into_iter().filter_map(Threshold::ma).sum();
    println!("axon: {} thresholds, {sum} mA together", tasks.len());
    c.bench_function("thresholds of 27 fibres", |b| b.iter(|| thresholds_on(1, &tasks, step)));
}

/// The exact recruitment curve of 240 motor axons for a waveform that nobody has asked for before, with the surrogate
/// that it begins with, and that surrogate alone; on all processors.
fn recruitment(c: &mut Criterion) {
    use stimtwin::device::pulse::{Phase, Waveform};
    use stimtwin::nerve::recruitment::{Speed, all_threads};
    let mut scenario = Scenario::built_in().expect("it reads");
    scenario.nerve.afferents = None;
    let id = StableId::new("nerve");
    let nerve = Nerve::new(&scenario.nerve, 240, &id, 1, Side::Left, &scenario.implant, Speed::Fast);
    let mut nanos = 0;
    let mut question = || {
        nanos += 1;
        let phase = |current_na| Phase { current_na, width: SimTime::from_nanos(214_000 + nanos) };
        nerve.question(Waveform::new([phase(-1_000_000), phase(1_000_000)], false), &[1.0, 0.0, -1.0, 0.0, 0.0])
    };
    let mut group = c.benchmark_group("recruitment");
    group.sample_size(10);
    group.bench_function("240 motor axons, exact", |b| b.iter(|| question().exact(all_threads())));
    group.bench_function("a surrogate", |b| b.iter(|| question().fast(all_threads())));
    group.finish();
}

/// A session of Ding 2003 with fatigue, 12,000 pulses: one muscle, and each of 64 in the lanes of a batch.
fn ding(c: &mut Criterion) {
    use stimtwin::muscle::force::Asked;
    use stimtwin::muscle::force::parameters::Ding;
    use stimtwin::muscle::force::solve::{contract, contract_all};
    use stimtwin::muscle::force::stimulation::Pattern;
    let session = Pattern {
        rate_hz: 20.0,
        intervals: Vec::new(),
        doublet: None,
        most_pulses: None,
        widths_us: vec![214.0],
        currents_ma: vec![100.0],
        on: SimTime::from_secs(10),
        off: Some(SimTime::from_secs(20)),
        until: SimTime::from_secs(1800),
    };
    let session = session.stimulation().expect("12,000 pulses are not too many");
    let one = || contract(&Ding::DING_2003, &session, Asked::default()).expect("the published constants are allowed");
    println!("ding: {} N s", one().impulse_n_s);
    c.bench_function("Ding session, one muscle", |b| b.iter(one));
    let muscles: Vec<Ding> = (0..64).map(|i| Ding { km: 0.1 + 1e-3 * f64::from(i), ..Ding::DING_2003 }).collect();
    c.bench_function("Ding sessions, 64 muscles", |b| b.iter(|| contract_all(&muscles, &session, Asked::default())));
}

/// One session without world, schedule, recorder and digest.
fn plain_session(scenario: &Scenario, window: SimTime) -> f64 {
    let id = |part: &str| StableId::new(part);
    let activator = Activator { seed: scenario.seed, id: id("activator"), adherence: 1.0, away_until: SimTime::ZERO };
    let mut log = EventLog::default();
    let (device, program) = (scenario.device.clone(), scenario.program.clone());
    let mut generator = PulseGenerator::new(device, program, activator, scenario.clock, &mut log);
    generator.begin_session(SimTime::ZERO, stimtwin::device::generator::Cause::Command, &mut log);
    let implant = &scenario.implant;
    let mut sides = Side::BOTH.map(|side| {
        let contacts: [Contact; TERMINALS] = std::array::from_fn(|index| implant.contact(index));
        let id = id(side.name());
        let (nerve, units) = (&scenario.nerve, scenario.muscle.units);
        let nerve = Nerve::new(nerve, units, &id, scenario.seed, side, implant, scenario.thresholds);
        let condition = Condition { strength: 0.86, type_i_fraction: 0.62 };
        (Lead::new(side), contacts, nerve, MotorUnitPool::new(&scenario.muscle, condition))
    });
    let mut volleys = Vec::new();
    let mut until = SimTime::ZERO;
    let mut delivered: [Delivered; 2] = Default::default();
    while until < scenario.duration {
        until += window;
        let [left, right] = &mut sides;
        let [left_delivered, right_delivered] = &mut delivered;
        let (mut left_contacts, mut right_contacts) = (left.1.each_mut(), right.1.each_mut());
        let mut outputs = [
            Outlet { lead: &mut left.0, contacts: &mut left_contacts, delivered: left_delivered },
            Outlet { lead: &mut right.0, contacts: &mut right_contacts, delivered: right_delivered },
        ];
        put_out(&mut generator, &mut outputs, until, &mut log);
        for ((_, _, nerve, pool), delivered) in sides.iter_mut().zip(&mut delivered) {
            volleys.clear();
            delivered.0.drain(..).for_each(|run| nerve.recruit(&run, &mut volleys));
            pool.advance(&volleys);
        }
    }
    sides.iter_mut().map(|(_, _, _, pool)| pool.impulse_n_s()).sum()
}

criterion_group! {
    name = speed;
    config = Criterion::default()
        .sample_size(10)
        .measurement_time(Duration::from_secs(8))
        .warm_up_time(Duration::from_secs(1));
    targets = session, year, recording, shell, arithmetic, axon, recruitment, ding
}
criterion_main!(speed);
