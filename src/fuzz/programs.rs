//! Random programs that a device takes: within its ranges, and at their edges.

use crate::device::program::{Burst, Coordination, Edge, Recharge, RechargeKind};
use crate::device::pulse::{CASE, Contacts};
use crate::fuzz::Bench;
use crate::fuzz::dice::Dice;
use crate::scenario::write::{Settings, WrittenProgram};
use crate::side::{BySide, Side};
use crate::time::SimTime;

/// A minute.
const MINUTE: SimTime = SimTime::from_secs(60);

/// Programs that are drawn until the device takes one; then it is the one before.
const ATTEMPTS: usize = 40;

/// What a case leaves room for.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The time of day at the start.
    pub starts_at: SimTime,
    /// How long the case lasts.
    pub duration: SimTime,
    /// Pulses that it has at most, as estimated: what bounds the time that it takes.
    pub pulses: f64,
}

/// A program that the device takes, or the one given.
pub fn draw(dice: &mut Dice, bench: &Bench, room: Room, before: &WrittenProgram) -> WrittenProgram {
    for _ in 0..ATTEMPTS {
        let mut program = draw_any(dice, bench, room, before);
        for _ in 0..4 {
            if pulses(&program, bench, room) > room.pulses {
                break;
            }
            if program.problems(bench.maker()).is_empty() {
                return program;
            }
            // Too much charge is the most frequent reason: less of it.
            for side in Side::BOTH {
                let settings = &mut program.sides[side];
                settings.amplitude_ma = on_grid(bench, settings.amplitude_ma / 3.0);
                settings.width_us = bench.device.width_us.min.max((settings.width_us / 2.0).floor());
            }
        }
    }
    before.clone()
}

/// The amplitude of the device's grid at or below that, mA.
pub fn on_grid(bench: &Bench, amplitude_ma: f64) -> f64 {
    let range = &bench.device.amplitude_ma;
    let steps = ((amplitude_ma.clamp(range.min, range.max) - range.min) / range.step + 1e-6).floor();
    ((range.min + steps * range.step) * 1e9).round() / 1e9
}

/// Pulses of a case with that program, as estimated from its sessions: those scheduled, and some that are told.
fn pulses(program: &WrittenProgram, bench: &Bench, room: Room) -> f64 {
    let days = room.duration.as_secs() / SimTime::DAY.as_secs();
    let sessions = (days.ceil() * program.session_times.len() as f64) + 3.0;
    let seconds = (sessions * program.session_length.as_secs()).min(room.duration.as_secs());
    let a_second = |side: Side| {
        let settings = &program.sides[side];
        let period = bench.device.period(settings.rate_hz).as_secs();
        let part = settings.on.as_secs() / (settings.on + settings.off).as_secs().max(1.0);
        f64::from(settings.burst.pulses) / period * part
    };
    seconds * Side::BOTH.into_iter().map(a_second).sum::<f64>()
}

fn draw_any(dice: &mut Dice, bench: &Bench, room: Room, before: &WrittenProgram) -> WrittenProgram {
    let left = side(dice, bench);
    let mut right = if dice.percent(50) { left.clone() } else { side(dice, bench) };
    let coordinations = Coordination::ALL.map(|(_, coordination)| coordination);
    let coordination = *dice.pick(&coordinations);
    if coordination == Coordination::Alternating {
        (right.on, right.off) = (left.on, left.off);
    }
    let sides = if dice.percent(10) { before.sides.clone() } else { BySide { left, right } };
    let session_length = dice.span_of_range(&bench.device.session_min, MINUTE);
    let short = SimTime::from_secs(60 * dice.between(1, 10));
    let session_length = if dice.percent(70) { session_length.min(short) } else { session_length };
    let session_times = session_times(dice, bench, room);
    WrittenProgram { sides, coordination, session_length, session_times }
}

/// Times of day soon after the start, mostly, so that the case sees them.
fn session_times(dice: &mut Dice, bench: &Bench, room: Room) -> Vec<SimTime> {
    let most = (bench.device.sessions_per_day.max as u64).min(4);
    let count = if dice.percent(40) { 0 } else { dice.below(most + 1) };
    let minutes = (room.duration.whole_second() / 60).clamp(1, 1_439);
    let time = |dice: &mut Dice| {
        let later = SimTime::from_secs(60 * if dice.percent(30) { 1 } else { dice.between(1, minutes) });
        let whole = room.starts_at.whole_second() / 60 * 60;
        let second = if bench.device.habits.looks_once_a_minute || dice.percent(70) { 0 } else { dice.between(0, 59) };
        let at = SimTime::from_secs(whole + second) + later;
        SimTime::from_nanos(at.nanos() % SimTime::DAY.nanos())
    };
    let mut times: Vec<SimTime> = (0..count).map(|_| time(dice)).collect();
    times.sort();
    times.dedup();
    times
}

fn side(dice: &mut Dice, bench: &Bench) -> Settings {
    let device = &bench.device;
    let (cathodes, anodes) = contacts(dice);
    let second = SimTime::SECOND;
    let on = dice.span_of_range(&device.on_s, second);
    let off = dice.span_of_range(&device.off_s, second);
    let ramp =
        |dice: &mut Dice| if dice.percent(50) { SimTime::ZERO } else { dice.span_of_range(&device.ramp_s, second) };
    let amplitude_ma = dice.of_range(&device.amplitude_ma);
    let amplitude_ma = if dice.percent(50) { on_grid(bench, amplitude_ma / 4.0) } else { amplitude_ma };
    let rate_hz = dice.of_range(&device.rate_hz);
    let usual_hz = device.rate_hz.min.max(dice.between(2, 40) as f64);
    let safe_ma = dice.of_range(&device.amplitude_ma);
    let top_ma = device.amplitude_ma.max;
    let patient_max_ma = dice.of_range(&device.amplitude_ma);
    Settings {
        amplitude_ma,
        width_us: dice.of_range(&device.width_us),
        rate_hz: if dice.percent(75) { usual_hz.min(device.rate_hz.max) } else { rate_hz },
        interphase_gap_us: dice.of_range(&device.interphase_gap_us),
        phase_order: *dice.pick(&device.phase_orders),
        recharge: recharge(dice, bench),
        cathodes,
        anodes,
        on: if dice.percent(80) { on.min(dice_span(&device.on_s, 10)) } else { on },
        off: if dice.percent(80) { off.min(dice_span(&device.off_s, 20)) } else { off },
        ramp_up: ramp(dice),
        ramp_down: ramp(dice),
        burst: burst(dice, bench),
        edges: edges(dice, bench),
        safe_amplitude_ma: if dice.percent(60) { top_ma } else { safe_ma },
        patient_max_ma: if dice.percent(40) { top_ma } else { patient_max_ma },
    }
}

/// So many seconds, or the shortest span of a range where that is longer.
fn dice_span(range: &crate::device::profile::Range, seconds: i64) -> SimTime {
    SimTime::from_nanos((range.min * 1e9).round() as i64).max(SimTime::from_secs(seconds))
}

fn contacts(dice: &mut Dice) -> (Contacts, Contacts) {
    let (mut cathodes, mut anodes) = (Contacts::default(), Contacts::default());
    for ring in 0..CASE {
        match dice.below(4) {
            0 => cathodes = cathodes.with(ring),
            1 => anodes = anodes.with(ring),
            _ => {}
        }
    }
    if anodes.is_empty() || dice.percent(20) {
        anodes = anodes.with(CASE);
    }
    if cathodes.is_empty() {
        let ring = dice.below(CASE as u64) as usize;
        (cathodes, anodes) = (cathodes.with(ring), anodes.without(ring));
    }
    (cathodes, if anodes.is_empty() { anodes.with(CASE) } else { anodes })
}

fn recharge(dice: &mut Dice, bench: &Bench) -> Recharge {
    match dice.pick(&bench.device.recharges) {
        RechargeKind::Active => Recharge::Active { times: *dice.pick(&[1, 1, 1, 2, 5, 10, Recharge::MAX_TIMES]) },
        RechargeKind::Passive => Recharge::Passive,
    }
}

fn burst(dice: &mut Dice, bench: &Bench) -> Burst {
    let most = bench.device.burst_pulses.value as i64;
    if most < 2 || dice.percent(80) {
        return Burst { pulses: 1, period: SimTime::ZERO };
    }
    let period = SimTime::from_nanos(1_000_000 * dice.between(1, 10));
    Burst { pulses: dice.between(2, most) as u8, period }
}

/// The corners of a waveform that takes back what it leaves, as steep or as long as the dice say.
fn edges(dice: &mut Dice, bench: &Bench) -> Vec<Edge> {
    if (bench.device.most_edges.value as usize) < 5 || dice.percent(85) {
        return Vec::new();
    }
    let unit = bench.device.timer_tick() * dice.between(20, 200);
    let level = *dice.pick(&[1_000_000, 500_000, 250_000]);
    let long = 1_000_000 / level;
    let edge = |units: i64, level_ppm: i64| Edge { at: unit * units, level_ppm };
    vec![edge(0, level), edge(long, 1_000_000), edge(long + 1, 0), edge(long + 2, -1_000_000), edge(long + 4, 0)]
}
