//! Reading a therapy program, against what the device can make.

use crate::device::profile::{BeyondSafe, DeviceProfile, Range};
use crate::device::program::{Burst, Coordination, Edge, PhaseOrder, Program, Recharge, SideProgram, pulses_within};
use crate::device::pulse::{CONTACT_NAMES, Contacts};
use crate::lead::implant::ImplantProfile;
use crate::scenario::reader::{Fields, Node};
pub use crate::scenario::write::{Settings, WrittenProgram};
use crate::side::{BySide, Side};
use crate::time::{SimTime, show_time_of_day};

/// The longest span of a program's field; the device's own ranges are narrower.
const ANY_SPAN: std::ops::RangeInclusive<SimTime> = SimTime::ZERO..=SimTime::DAY;

/// What makes pulses of a program: the device, through the leads; a device alone has no limits to be held against.
#[derive(Clone, Copy)]
pub struct Maker<'a> {
    /// The device.
    pub device: &'a DeviceProfile,
    /// The leads.
    pub implant: &'a ImplantProfile,
}

/// A number, in nano-units of a micro-unit: 1 µs is 1000 ns, 1 µA is 1000 nA.
pub(super) fn nano_of_micro(value: f64) -> i64 {
    (value * 1e3).round() as i64
}

/// A number that the device can make.
fn on_grid(fields: &Fields<'_>, name: &'static str, range: &Range, unit: &str, default: f64) -> f64 {
    let Some(node) = fields.optional(name) else { return default };
    let Some(value) = node.any_number() else { return default };
    match range.check(value, unit) {
        Ok(()) => value,
        Err(why) => {
            node.wrong(why);
            default
        }
    }
}

/// A span that the device can make.
fn span_on_grid(fields: &Fields<'_>, name: &'static str, range: &Range, unit: SimTime, default: SimTime) -> SimTime {
    let Some(node) = fields.optional(name) else { return default };
    let Some(span) = node.span(&ANY_SPAN) else { return default };
    let unit_name = if unit == SimTime::SECOND { "s" } else { "min" };
    let exact = |value: f64| SimTime::from_nanos((value * unit.nanos() as f64).round() as i64);
    match range.check_span(span.nanos() as f64 / unit.nanos() as f64, unit_name, |value| exact(value) == span) {
        Ok(()) => {}
        Err(why) => node.wrong(why),
    }
    span
}

fn contacts(fields: &Fields<'_>, name: &'static str, allowed: &[&str], default: Contacts) -> Contacts {
    let Some(node) = fields.optional(name) else { return default };
    let named: Vec<(&str, usize)> = allowed.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let items = node.list();
    if items.is_empty() {
        node.wrong(format!("at least one of {} is needed", allowed.join(", ")));
    }
    let chosen = items.iter().filter_map(|n| n.choice(&named)).fold(Contacts::default(), Contacts::with);
    if chosen.is_empty() { default } else { chosen }
}

fn recharge(node: Node<'_>, device: &DeviceProfile) -> Option<Recharge> {
    let (name, fields) = node.variant(&["Active", "Passive"])?;
    let times = if name == "Active" { fields.optional("times") } else { None };
    let times = times.map_or(1, |node| node.integer(&(1..=Recharge::MAX_TIMES as u64)) as i64);
    let recharge = if name == "Active" { Recharge::Active { times } } else { Recharge::Passive };
    if !device.recharges.contains(&recharge.kind()) {
        node.wrong(format!("the device can make {:?}", device.recharges));
    }
    Some(recharge)
}

fn settings(node: Node<'_>, device: &DeviceProfile, base: &Settings) -> Settings {
    let fields = node.fields("Side");
    let second = SimTime::SECOND;
    let phase_order = fields.optional("phase_order").and_then(|node| {
        let order = node.choice(&PhaseOrder::ALL)?;
        if !device.phase_orders.contains(&order) {
            node.wrong(format!("the device can make {:?}", device.phase_orders));
        }
        Some(order)
    });
    Settings {
        amplitude_ma: on_grid(&fields, "amplitude_ma", &device.amplitude_ma, "mA", base.amplitude_ma),
        width_us: on_grid(&fields, "width_us", &device.width_us, "µs", base.width_us),
        rate_hz: on_grid(&fields, "rate_hz", &device.rate_hz, "Hz", base.rate_hz),
        interphase_gap_us: on_grid(
            &fields,
            "interphase_gap_us",
            &device.interphase_gap_us,
            "µs",
            base.interphase_gap_us,
        ),
        phase_order: phase_order.unwrap_or(base.phase_order),
        recharge: fields.optional("recharge").and_then(|node| recharge(node, device)).unwrap_or(base.recharge),
        cathodes: contacts(&fields, "cathodes", &CONTACT_NAMES[..4], base.cathodes),
        anodes: contacts(&fields, "anodes", &CONTACT_NAMES, base.anodes),
        on: span_on_grid(&fields, "on", &device.on_s, second, base.on),
        off: span_on_grid(&fields, "off", &device.off_s, second, base.off),
        ramp_up: span_on_grid(&fields, "ramp_up", &device.ramp_s, second, base.ramp_up),
        ramp_down: span_on_grid(&fields, "ramp_down", &device.ramp_s, second, base.ramp_down),
        burst: fields.optional("burst").map_or(base.burst, |node| burst(node, device)),
        edges: fields.optional("edges").map_or_else(|| base.edges.clone(), |node| edges(node, device)),
        safe_amplitude_ma: on_grid(&fields, "safe_amplitude_ma", &device.amplitude_ma, "mA", base.safe_amplitude_ma),
        patient_max_ma: on_grid(&fields, "patient_max_ma", &device.amplitude_ma, "mA", base.patient_max_ma),
    }
}

/// A span that is a whole number of the timer's ticks, µs.
fn ticks(node: Node<'_>, allowed_us: std::ops::RangeInclusive<f64>, device: &DeviceProfile) -> SimTime {
    let span = SimTime::from_nanos(nano_of_micro(node.number(&allowed_us, "µs")));
    if !span.is_multiple_of(device.timer_tick()) {
        node.wrong(format!("the timer counts in steps of {}", device.timer_tick()));
    }
    span
}

fn burst(node: Node<'_>, device: &DeviceProfile) -> Burst {
    let fields = node.fields("Burst");
    let most = device.burst_pulses.value as u64;
    let pulses = fields.required("pulses").map_or(1, |node| {
        let pulses = node.integer(&(1..=u64::from(u8::MAX)));
        if pulses <= most {
            return pulses as u8;
        }
        node.wrong(if most == 1 {
            "the device makes no bursts".to_string()
        } else {
            format!("allowed is 1 to {most}")
        });
        1
    });
    // One pulse is no burst and has no period.
    let period_us = if pulses > 1 { fields.required("period_us") } else { fields.optional("period_us") };
    Burst { pulses, period: period_us.map_or(SimTime::ZERO, |node| ticks(node, 1.0..=1e6, device)) }
}

/// The corners of an arbitrary waveform: from (0 µs, some level) on, to one of level 0.
fn edges(node: Node<'_>, device: &DeviceProfile) -> Vec<Edge> {
    let edge = |node: &Node<'_>| {
        let fields = node.fields("Edge");
        Edge {
            at: fields.required("at_us").map_or(SimTime::ZERO, |node| ticks(node, 0.0..=1e6, device)),
            level_ppm: fields.required("level").map_or(0, |node| (node.number(&(-1.0..=1.0), "") * 1e6).round() as i64),
        }
    };
    let edges: Vec<Edge> = node.list().iter().map(edge).collect();
    let most = device.most_edges.value as usize;
    if edges.len() > most {
        node.problem(format!("found {} edges; the device makes {most} at most", edges.len()));
    } else if !edges.is_empty() {
        let (first, last) = (edges[0], edges[edges.len() - 1]);
        if first.at != SimTime::ZERO || first.level_ppm <= 0 {
            node.problem("the first edge is at 0 µs, with a level above 0: the direction of the stimulus");
        }
        if last.level_ppm != 0 || edges.windows(2).any(|pair| pair[1].at <= pair[0].at) {
            node.problem("edges rise in time, and the last has the level 0");
        }
    }
    edges
}

/// What no single field tells: whether the fields fit together.
fn check_side(node: &Node<'_>, settings: &Settings, side: &SideProgram, device: &DeviceProfile) {
    let both = side.cathodes.and(side.anodes);
    if let Some(index) = both.indices().next() {
        node.problem(format!("{} is both cathode and anode; a contact can be one of them", CONTACT_NAMES[index]));
    }
    if side.on == SimTime::ZERO {
        node.problem("on is 0 s; a train needs time for at least one pulse");
        return;
    }
    if side.ramp_up + side.ramp_down > side.on {
        node.problem(format!(
            "ramp_up {} and ramp_down {} do not fit into on {}",
            side.ramp_up, side.ramp_down, side.on
        ));
    }
    if side.burst.pulses > 1 && side.burst.period < side.waveform(1_000_000, false).length() {
        node.problem(format!("the pulses of a burst come every {}, before the last is over", side.burst.period));
    }
    let last_pulse = side.period * (pulses_within(side.on, side.period) - 1);
    let room = side.period.min(side.cycle() - last_pulse);
    if side.stored(device).pulse_length() > room {
        node.problem(format!(
            "a pulse with its gap and recharge takes {}, and at {} Hz there are {} until the next",
            side.pulse_length(),
            settings.rate_hz,
            room
        ));
    }
    check_recharge(node, side.amplitude_na, side.recharge, device);
    if side.amplitude_na > side.safe_amplitude_na && device.beyond_safe == BeyondSafe::Refuse {
        node.problem(format!(
            "amplitude_ma is {}, which is beyond safe_amplitude_ma, {}; the device refuses it",
            settings.amplitude_ma, settings.safe_amplitude_ma
        ));
    }
    // An edge that the converter cannot make is another waveform than the one that is asked for.
    let least = side.edges.iter().map(|edge| edge.level_ppm.abs()).filter(|&level| level > 0).min();
    if let Some(level_ppm) = least.filter(|_| side.amplitude_na > 0) {
        let asked_na = (i128::from(side.amplitude_na) * i128::from(level_ppm) / 1_000_000) as i64;
        if device.stage.dac.current_na(device.stage.dac.code(asked_na)) == 0 {
            node.problem(format!(
                "a level of {} of {} mA is less than the device can make",
                level_ppm as f64 / 1e6,
                settings.amplitude_ma
            ));
        }
    }
}

/// Whether the device can make the recharge phase of that amplitude.
fn check_recharge(node: &Node<'_>, amplitude_na: i64, recharge: Recharge, device: &DeviceProfile) {
    let step_na = device.stage.dac.step_na();
    if let Recharge::Active { times } = recharge
        && times > 1
        && amplitude_na % (times * step_na) != 0
    {
        node.problem(format!(
            "a recharge {times} times as weak as {} mA is not a multiple of the {} µA that the device steps by",
            amplitude_na as f64 / 1e6,
            step_na as f64 / 1e3
        ));
    }
}

/// The default program of a device, whose fields are all there.
pub fn read_default(fields: &Fields<'_>, device: &DeviceProfile) -> Option<WrittenProgram> {
    let node = fields.required("program")?;
    let fields = node.fields("Program");
    for name in ["coordination", "session", "session_times"] {
        fields.required(name);
    }
    let side = fields.required("both")?;
    // A field that is left out gets a value that no device makes, so that its absence shows.
    let written = side.fields("Side");
    for name in [
        "amplitude_ma",
        "width_us",
        "rate_hz",
        "interphase_gap_us",
        "phase_order",
        "recharge",
        "cathodes",
        "anodes",
        "on",
        "off",
        "ramp_up",
        "ramp_down",
        "safe_amplitude_ma",
        "patient_max_ma",
    ] {
        written.required(name);
    }
    let base = Settings::least(device);
    let side = settings(side, device, &base);
    let base = WrittenProgram {
        sides: BySide { left: side.clone(), right: side },
        coordination: Coordination::Together,
        session_length: SimTime::from_secs(60),
        session_times: Vec::new(),
    };
    let whole = read_whole(&fields, device, &base);
    check_whole(&node, &whole.program(device));
    Some(whole)
}

fn session_times(node: Node<'_>, device: &DeviceProfile) -> Vec<SimTime> {
    let times: Vec<SimTime> = node.list().iter().map(Node::time_of_day).collect();
    if let Err(why) = device.sessions_per_day.check(times.len() as f64, "sessions a day") {
        node.problem(format!("found {} sessions a day; {why}", times.len()));
    }
    let minute = SimTime::from_secs(60);
    if let Some(&time) =
        times.iter().find(|time| !time.is_multiple_of(minute)).filter(|_| device.habits.looks_once_a_minute)
    {
        node.problem(format!("found {}; the device knows whole minutes", show_time_of_day(time)));
    }
    if let Some(pair) = times.windows(2).find(|pair| pair[0] >= pair[1]) {
        let (first, second) = (show_time_of_day(pair[0]), show_time_of_day(pair[1]));
        node.problem(format!("{second} comes after {first}; session times must rise"));
    }
    times
}

/// Reads the fields of a program over a default.
fn read_whole(fields: &Fields<'_>, device: &DeviceProfile, base: &WrittenProgram) -> WrittenProgram {
    let over = |node: Option<Node<'_>>, base: &Settings| {
        node.map_or_else(|| base.clone(), |node| settings(node, device, base))
    };
    let (both, left, right) = (fields.optional("both"), fields.optional("left"), fields.optional("right"));
    let sides =
        BySide { left: over(left, &over(both, &base.sides.left)), right: over(right, &over(both, &base.sides.right)) };
    for (side, own) in Side::BOTH.into_iter().zip([left, right]) {
        let node = own.or(both).unwrap_or(fields.owner());
        check_side(&node, &sides[side], &sides[side].program(device), device);
    }
    WrittenProgram {
        sides,
        coordination: fields
            .optional("coordination")
            .and_then(|node| node.choice(&Coordination::ALL))
            .unwrap_or(base.coordination),
        session_length: span_on_grid(
            fields,
            "session",
            &device.session_min,
            SimTime::from_secs(60),
            base.session_length,
        ),
        session_times: fields
            .optional("session_times")
            .map_or_else(|| base.session_times.clone(), |node| session_times(node, device)),
    }
}

/// Reads a program over another one, which stands for what the file does not say.
pub fn read_program(node: Node<'_>, maker: Maker<'_>, base: &WrittenProgram) -> WrittenProgram {
    let whole = read_whole(&node.fields("Program"), maker.device, base);
    let program = whole.program(maker.device);
    check_whole(&node, &program);
    maker.check_limits(&node, &program);
    whole
}

impl Maker<'_> {
    /// Whether a program is within the limits of safety.
    pub fn check_limits(&self, node: &Node<'_>, program: &Program) {
        let excess = |side: Side| {
            let used = program.coordination.uses(side);
            let stored = program.sides[side].stored(self.device);
            used.then(|| self.device.limits.side(&stored, &self.device.stage, self.implant).err()).flatten()
        };
        let [left, right] = Side::BOTH.map(excess);
        match (left, right) {
            (Some(left), Some(right)) if left == right => node.problem(left),
            (left, right) => {
                left.into_iter().for_each(|excess| node.problem(format!("on the left, {excess}")));
                right.into_iter().for_each(|excess| node.problem(format!("on the right, {excess}")));
            }
        }
    }
}

fn check_whole(node: &Node<'_>, program: &Program) {
    let BySide { left, right } = &program.sides;
    if program.coordination == Coordination::Alternating {
        let half = SimTime::from_nanos(left.cycle().nanos() / 2);
        if left.cycle() != right.cycle() {
            node.problem(format!("alternating sides need equal cycles; found {} and {}", left.cycle(), right.cycle()));
        } else if left.on > half || right.on > half {
            node.problem("alternating trains must not overlap: on must not be longer than off");
        }
    }
    let longest = Side::BOTH.map(|side| program.sides[side].on + program.first_train(side)).into_iter().max();
    if longest.is_some_and(|longest| longest > program.session_length) {
        node.problem(format!("a session of {} is over before its first train is", program.session_length));
    }
    let times = &program.session_times;
    let tomorrow = times.first().map(|&first| first + SimTime::DAY);
    let after = times.iter().skip(1).copied().chain(tomorrow);
    for (&time, next) in times.iter().zip(after).filter(|(time, next)| **time < *next) {
        if next - time < program.session_length {
            let next = if next < SimTime::DAY { next } else { next - SimTime::DAY };
            node.problem(format!(
                "the session at {} lasts {} and is not over at {}, when the next begins",
                show_time_of_day(time),
                program.session_length,
                show_time_of_day(next)
            ));
        }
    }
}

/// An amplitude for one side of a program; nA.
pub fn read_amplitude_na(node: Node<'_>, maker: Maker<'_>, program: &SideProgram) -> i64 {
    let device = maker.device;
    let value = node.any_number().unwrap_or(device.amplitude_ma.min);
    if let Err(why) = device.amplitude_ma.check(value, "mA") {
        node.wrong(why);
    }
    let amplitude_na = nano_of_micro(value * 1e3);
    check_recharge(&node, amplitude_na, program.recharge, device);
    let stored = SideProgram { amplitude_na, ..program.clone() }.stored(device);
    if let Err(excess) = device.limits.side(&stored, &device.stage, maker.implant) {
        node.wrong(excess);
    }
    amplitude_na
}
