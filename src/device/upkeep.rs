//! What befalls the generator, and what it does to keep itself going: starts, tests, limits, the battery, the clock.

use std::sync::Arc;

use crate::device::activator::Activator;
use crate::device::battery::{Battery, BatteryKind};
use crate::device::clock::{DeviceClock, OPENNERVE_EPOCH, day_and_time};
use crate::device::generator::{Cause, Next, PulseGenerator, Routines};
use crate::device::impedance::{ImpedanceTest, Verdict};
use crate::device::memory::{Code, Entry, EventMemory};
use crate::device::output::OutputFaults;
use crate::device::profile::{DeviceProfile, MagnetAction};
use crate::device::program::Program;
use crate::device::safety::Excess;
use crate::device::telemetry::Link;
use crate::device::therapy::{Input, State};
use crate::lead::conductor::Sensed;
use crate::record::events::{EventKind, EventLog};
use crate::side::{BySide, Side};
use crate::time::{DayClock, SimTime};

/// How often a battery that is being charged is looked at.
const CHARGE_LOOK: SimTime = SimTime::from_secs(60);

/// How much later a routine test is tried again that found the device at something else.
const LATER: SimTime = SimTime::from_secs(60);

/// Hours.
fn hours(hours: f64) -> SimTime {
    SimTime::from_nanos((hours * 3600e9).round() as i64)
}

impl PulseGenerator {
    /// A generator that has just been switched on with that program, its schedule running and its clock right.
    pub fn new(
        profile: Arc<DeviceProfile>,
        program: Program,
        activator: Activator,
        clock: DayClock,
        log: &mut EventLog,
    ) -> Self {
        let battery = Battery::new(profile.battery.clone(), SimTime::ZERO);
        let ppb = (profile.habits.clock_ppm.value * 1e3).round() as i64;
        let memory = EventMemory::new(profile.log_format, profile.log_bytes.value as usize, OPENNERVE_EPOCH);
        let mut generator = Self {
            clock: DeviceClock::new(SimTime::ZERO, clock.since_midnight(SimTime::ZERO), ppb),
            profile,
            activator,
            battery,
            memory,
            link: Link::default(),
            program,
            state: State::Idle,
            true_clock: clock,
            scheduling: true,
            session: None,
            due: None,
            trains: BySide::default(),
            noticed: BySide::default(),
            watches: BySide::default(),
            test: None,
            singles: BySide::default(),
            routines: Routines::default(),
            wakes_at: None,
            power_at: None,
            charged_at: None,
            magnet: None,
            output_faults: OutputFaults::default(),
            made: BySide::default(),
            busy_until: BySide::default(),
            sessions: 0,
            scheduled: 0,
            replace: false,
            spent: false,
            faulty: false,
        };
        generator.write(SimTime::ZERO, Entry::event(Code::PowerOn));
        generator.store_program(SimTime::ZERO, log);
        generator.plan_routines(SimTime::ZERO);
        generator
    }

    /// What is due and is no pulse, session or rest.
    pub(super) fn keep_up(&mut self, next: Next, at: SimTime, log: &mut EventLog) {
        match next {
            Next::Power => self.power_on(at, log),
            Next::Charged => self.look_at_charge(at, log),
            Next::Wake => self.wake(at, log),
            Next::LinkTimeout => self.disconnect(at, "nothing came over the link", log),
            Next::Magnet => self.magnet_removed(at, log),
            Next::Impedance => {
                if self.state.is_ready() {
                    self.routines.impedance = None;
                    self.write(at, Entry::event(Code::Wake));
                    self.test_impedance(at, log);
                } else {
                    self.routines.impedance = Some(self.look_after(at + LATER));
                }
            }
            Next::Battery => self.test_battery(at, log),
            other => unreachable!("{other:?} is done by the generator itself"),
        }
    }

    /// The next look at the clock at or after `at`, where the device looks once a minute; else `at` itself.
    fn look_after(&self, at: SimTime) -> SimTime {
        if !self.profile.habits.looks_once_a_minute {
            return at.max(SimTime::ZERO);
        }
        let minute = SimTime::from_secs(60);
        let shown = self.clock.read(at);
        let look = if shown.is_multiple_of(minute) { shown } else { shown.next_multiple(minute) };
        self.clock.when(look).unwrap_or(at).max(at)
    }

    /// Plans the routine tests that are not planned yet.
    fn plan_routines(&mut self, at: SimTime) {
        let plan = |this: &Self, every_h: f64| (every_h > 0.0).then(|| this.look_after(at + hours(every_h)));
        if self.routines.impedance.is_none() {
            self.routines.impedance = plan(self, self.profile.impedance.every_h.value);
        }
        if self.routines.battery.is_none() {
            self.routines.battery = plan(self, self.profile.habits.battery_every_h.value);
        }
        self.due = self.due.or_else(|| self.first_due(at));
    }

    /// A start, or the running down of the supplies, is over.
    fn wake(&mut self, at: SimTime, log: &mut EventLog) {
        self.wakes_at = None;
        match self.state {
            State::Booting => {
                self.take(at, Input::Booted, log);
                if self.spent {
                    self.take(at, Input::BatterySpent, log);
                } else if self.faulty {
                    self.take(at, Input::LimitPassed, log);
                }
            }
            _ => {
                self.take(at, Input::Settled, log);
            }
        }
        self.idle(at, log);
    }

    /// The device has come to rest.
    fn idle(&mut self, at: SimTime, log: &mut EventLog) {
        if self.replace {
            self.take(at, Input::BatteryLow, log);
        }
        self.plan_routines(at);
    }

    fn power_on(&mut self, at: SimTime, log: &mut EventLog) {
        self.power_at = None;
        if self.take(at, Input::PowerOn, log) {
            self.battery.set_connected(at, true);
            self.wakes_at = Some(at + self.seconds(self.profile.habits.boot_s.value));
            self.write(at, Entry::event(Code::PowerOn));
        }
    }

    /// Everything that a processor forgets when it starts anew is gone; what lies in memory stays.
    fn forget(&mut self, at: SimTime, input: Input, cause: Cause, log: &mut EventLog) -> bool {
        let changed = self.take(at, input, log);
        if changed {
            self.stop_session(at, cause, log);
            if self.link.connected {
                self.battery.set_telemetry(at, false);
                let reason = "the device has started anew".to_string();
                log.push(at, EventKind::LinkChanged { connected: false, reason });
            }
            self.link.reset();
            (self.test, self.wakes_at, self.routines, self.due) = (None, None, Routines::default(), None);
            self.singles = BySide::default();
            self.due = self.first_due(at);
        }
        changed
    }

    /// The supply goes for so long; it comes back by itself where it is said how long.
    pub fn lose_power(&mut self, at: SimTime, span: Option<SimTime>, log: &mut EventLog) {
        if self.forget(at, Input::PowerLost, Cause::PowerLost, log) {
            self.battery.set_connected(at, false);
            self.power_at = span.map(|span| at + span);
        }
    }

    /// The processor starts anew, as after its watchdog bit.
    pub fn reset(&mut self, at: SimTime, log: &mut EventLog) {
        if self.forget(at, Input::Reset, Cause::Reset, log) {
            self.write(at, Entry::event(Code::UnresponsiveFunction));
            self.wakes_at = Some(at + self.seconds(self.profile.habits.boot_s.value));
        }
    }

    /// A limit of safety has been passed: therapy stops.
    pub(super) fn pass_limit(&mut self, at: SimTime, side: Side, excess: Excess, log: &mut EventLog) {
        let Excess { limit, found, allowed, contact } = excess;
        log.push(at, EventKind::LimitPassed { side, contact, limit, found, allowed });
        self.faulty = true;
        self.take(at, Input::LimitPassed, log);
        self.stop_session(at, Cause::Limit, log);
        (self.test, self.singles, self.wakes_at) = (None, BySide::default(), None);
    }

    /// Somebody clears the fault.
    pub fn clear_fault(&mut self, at: SimTime, log: &mut EventLog) {
        if self.take(at, Input::FaultCleared, log) {
            self.faulty = false;
            self.idle(at, log);
        } else {
            log.push(at, EventKind::CommandIgnored { reason: "there is no fault to clear".to_string() });
        }
    }

    /// Begins a measurement of impedance, unless something keeps it from beginning.
    pub fn test_impedance(&mut self, at: SimTime, log: &mut EventLog) {
        let fixed_ma = self.profile.impedance.current_ma.value;
        let current_na = match fixed_ma {
            0.0 => Side::BOTH.map(|side| self.program.sides[side].safe_amplitude_na).into_iter().min().unwrap_or(0),
            fixed_ma => (fixed_ma * 1e6).round() as i64,
        };
        let reason = if current_na == 0 {
            Some("the safe amplitude, which it tests with, is 0 mA".to_string())
        } else if !self.take(at, Input::TestBegins, log) {
            Some(format!("the device is in the state {}", self.state.name()))
        } else {
            None
        };
        if let Some(reason) = reason {
            log.push(at, EventKind::CommandIgnored { reason });
            return;
        }
        self.wakes_at = None;
        let free = Side::BOTH.map(|side| self.busy_until[side]).into_iter().fold(at, SimTime::max);
        self.test = Some(ImpedanceTest::new(free, current_na));
    }

    /// Takes what was sensed of a test pulse.
    pub(super) fn take_test(&mut self, at: SimTime, sensed: &Sensed, log: &mut EventLog) {
        let Some(mut test) = self.test else { return };
        let side = test.side;
        let reading = test.take(&self.profile.impedance, &self.profile.stage.dac, sensed);
        self.test = Some(test);
        let Some(ohm) = reading else { return };
        let verdict = self.profile.impedance.verdict(ohm);
        log.push(at, EventKind::ImpedanceMeasured { side, ohm, verdict });
        self.write(at, Entry::Impedance { ohm });
        let was_high = std::mem::replace(&mut self.noticed[side].high_impedance, verdict == Verdict::Open);
        match (verdict, was_high) {
            (Verdict::Short, _) => self.write(at, Entry::event(Code::ShortCircuit)),
            (Verdict::Open, false) => self.write(at, Entry::event(Code::HighImpedance)),
            (Verdict::Normal, true) => self.write(at, Entry::event(Code::NormalImpedance)),
            _ => {}
        }
        if side == Side::Left {
            test.side = Side::Right;
            self.test = Some(test);
            return;
        }
        self.test = None;
        self.take(at, Input::TestEnds, log);
        self.wakes_at = Some(at + self.seconds(self.profile.habits.settle_s.value));
    }

    /// Reads the battery, as the device does now and then.
    fn test_battery(&mut self, at: SimTime, log: &mut EventLog) {
        let every = hours(self.profile.habits.battery_every_h.value);
        self.routines.battery = Some(self.look_after(at + every));
        if matches!(self.state, State::Off | State::Booting) || self.battery.is_charging() {
            self.battery.renew(at);
            return;
        }
        let reading = self.battery.test(at);
        self.write(at, Entry::Battery { a_v: reading.volts, b_v: reading.volts });
        if reading.elective_replacement && !self.replace {
            self.replace = true;
            self.write(at, Entry::event(Code::ElectiveReplacement));
            log.push(at, EventKind::ElectiveReplacement { volts: reading.volts });
            self.take(at, Input::BatteryLow, log);
        }
        if reading.end_of_service && !self.spent {
            self.spent = true;
            self.write(at, Entry::event(Code::EndOfService));
            log.push(at, EventKind::EndOfService { volts: reading.volts });
            self.take(at, Input::BatterySpent, log);
            self.stop_session(at, Cause::Battery, log);
            (self.test, self.singles, self.wakes_at) = (None, BySide::default(), None);
        }
        if self.battery.is_empty() {
            self.lose_power(at, None, log);
        }
    }

    /// A charger is put on for so long; a session that runs ends.
    pub fn charge(&mut self, at: SimTime, span: SimTime, log: &mut EventLog) {
        if self.battery.profile.kind == BatteryKind::Primary {
            log.push(at, EventKind::CommandIgnored { reason: "a primary cell is not charged".to_string() });
            return;
        }
        if self.session.is_some() {
            self.end_session(at, Cause::Charging, log);
        }
        self.battery.charge(at, at + span);
        self.charged_at = Some((at + CHARGE_LOOK).min(at + span));
        log.push(at, EventKind::BatteryRenewed { how: format!("a charger is put on for {span}") });
        if self.state == State::Off {
            self.power_on(at, log);
        }
    }

    fn look_at_charge(&mut self, at: SimTime, log: &mut EventLog) {
        self.battery.renew(at);
        if self.battery.is_charging() {
            self.charged_at = Some(at + CHARGE_LOOK);
            return;
        }
        self.charged_at = None;
        self.battery_is_good(at, log);
        log.push(at, EventKind::BatteryRenewed { how: "the charge is over".to_string() });
    }

    /// Looks whether the battery is well again, as after a charge or a swap.
    fn battery_is_good(&mut self, at: SimTime, log: &mut EventLog) {
        let volts = self.battery.open_circuit_v();
        if volts > self.battery.profile.elective_replacement_v.value {
            (self.replace, self.spent) = (false, false);
            self.take(at, Input::BatteryGood, log);
            self.plan_routines(at);
        }
    }

    /// The battery is replaced by one of which that part has been used, after so long on the shelf. The device goes
    /// without supply and starts anew.
    pub fn swap_battery(&mut self, at: SimTime, used_fraction: f64, shelf: SimTime, log: &mut EventLog) {
        self.lose_power(at, None, log);
        self.battery.swap(at, used_fraction, shelf);
        (self.replace, self.spent, self.charged_at) = (false, false, None);
        let how = format!("a cell, {} % used, after {shelf} on the shelf", used_fraction * 100.0);
        log.push(at, EventKind::BatteryRenewed { how });
        self.power_on(at, log);
    }

    /// A magnet is held over the device for so long.
    pub fn hold_magnet(&mut self, at: SimTime, span: SimTime, log: &mut EventLog) {
        if self.magnet.is_some() {
            log.push(at, EventKind::CommandIgnored { reason: "a magnet is there already".to_string() });
            return;
        }
        self.magnet = Some((at, at + span));
        if self.profile.magnet.iter().any(|window| window.action == MagnetAction::CutsPower) {
            self.lose_power(at, None, log);
        }
    }

    fn magnet_removed(&mut self, at: SimTime, log: &mut EventLog) {
        let (since, _) = self.magnet.take().expect("a magnet is there");
        // Counted in whole seconds: 2.9 s are 2.
        let held_s = (at - since).whole_second();
        log.push(at, EventKind::MagnetRemoved { held_s });
        let held = |from_s: f64, to_s: f64| (from_s..=to_s).contains(&(held_s as f64));
        let action = self.profile.magnet.iter().find(|window| held(window.from_s, window.to_s));
        let action = action.map(|window| window.action);
        if self.state != State::Off && action.is_some() {
            self.write(at, Entry::event(Code::Magnet));
        }
        match action {
            Some(MagnetAction::Stop) if self.session.is_some() => self.end_session(at, Cause::Magnet, log),
            Some(MagnetAction::Toggle) if self.session.is_some() => self.end_session(at, Cause::Magnet, log),
            Some(MagnetAction::Toggle) => self.begin_session(at, Cause::Magnet, log),
            Some(MagnetAction::PowerOff) => self.lose_power(at, None, log),
            Some(MagnetAction::PowerOn | MagnetAction::CutsPower) => self.power_on(at, log),
            _ => {}
        }
    }

    /// The clock jumps; a session whose time it jumps over does not take place.
    pub fn jump_clock(&mut self, at: SimTime, by: SimTime, log: &mut EventLog) {
        let before = self.clock.read(at);
        self.clock.jump(at, by);
        self.clock_changed(at, before, log);
    }

    /// The clock runs at another rate from now on, in parts per billion too fast.
    pub fn set_drift(&mut self, at: SimTime, ppb: i64, log: &mut EventLog) {
        let before = self.clock.read(at);
        self.clock.set_drift(at, ppb);
        self.clock_changed(at, before, log);
    }

    /// The programmer sets the clock right.
    pub fn set_clock(&mut self, at: SimTime, log: &mut EventLog) {
        let before = self.clock.read(at);
        self.clock.set(at, self.true_clock.since_midnight(at));
        self.clock_changed(at, before, log);
    }

    fn clock_changed(&mut self, at: SimTime, before: SimTime, log: &mut EventLog) {
        let now = self.clock.read(at);
        let (ahead_s, ppm) = (self.clock_ahead_s(at), self.clock.drift_ppb() as f64 / 1e3);
        log.push(at, EventKind::ClockChanged { ahead_s, ppm });
        if self.scheduling && self.state != State::Off {
            let (first, _) = day_and_time(before);
            let (last, _) = day_and_time(now);
            let times = self.profile.habits.armed(&self.program.session_times);
            let jumped_over = (first..=last).flat_map(|day| times.iter().map(move |&time| SimTime::DAY * day + time));
            for _ in jumped_over.filter(|&time| before < time && time < now) {
                self.scheduled += 1;
                let reason = "the clock jumped past it".to_string();
                log.push(at, EventKind::SessionMissed { reason });
            }
        }
        self.due = self.first_due(at);
    }
}
