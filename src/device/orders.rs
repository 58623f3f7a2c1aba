//! What the generator is told by programmer, patient and timeline.

use crate::device::generator::{Cause, PulseGenerator};
use crate::device::memory::{Code, Entry};
use crate::device::output::OutputFaults;
use crate::device::profile::BeyondSafe;
use crate::device::program::Program;
use crate::device::therapy::{Input, State};
use crate::record::events::{EventKind, EventLog};
use crate::side::Side;
use crate::time::SimTime;

impl PulseGenerator {
    /// Whether the device hears nothing now; says so.
    pub fn is_deaf(&self, at: SimTime, log: &mut EventLog) -> bool {
        let deaf = matches!(self.state, State::Off | State::Booting);
        if deaf {
            log.push(at, EventKind::CommandIgnored { reason: "the device does not answer".to_string() });
        }
        deaf
    }

    /// Turns the schedule on or off; a session that runs goes on.
    pub fn set_scheduling(&mut self, at: SimTime, on: bool, log: &mut EventLog) {
        self.scheduling = on;
        self.due = self.first_due(at);
        log.push(at, EventKind::Schedule { on });
    }

    /// Changes the amplitude of a side, from the next pulse on.
    pub fn set_amplitude(&mut self, at: SimTime, side: Side, amplitude_na: i64, log: &mut EventLog) {
        let safe_na = self.program.sides[side].safe_amplitude_na;
        if amplitude_na > safe_na && self.profile.beyond_safe == BeyondSafe::Refuse {
            let (asked_ma, safe_ma) = (amplitude_na as f64 / 1e6, safe_na as f64 / 1e6);
            let reason = format!("{asked_ma} mA is beyond the safe amplitude, {safe_ma} mA");
            log.push(at, EventKind::CommandIgnored { reason });
            return;
        }
        self.program.sides[side].amplitude_na = amplitude_na;
        self.lower_amplitude(at, side, log);
        let amplitude_ma = self.program.sides[side].amplitude_na as f64 / 1e6;
        log.push(at, EventKind::AmplitudeSet { side, amplitude_ma });
    }

    /// The patient changes the amplitude of a side by so many steps, within the limit that the program sets.
    pub fn step_amplitude(&mut self, at: SimTime, side: Side, steps: i64, log: &mut EventLog) {
        let program = &self.program.sides[side];
        let range = &self.profile.amplitude_ma;
        let wanted_na = program.amplitude_na + steps * (range.step * 1e6).round() as i64;
        let least_na = (range.min * 1e6).round() as i64;
        if wanted_na > program.patient_max_na || wanted_na < least_na {
            let limits_ma = (range.min, program.patient_max_na as f64 / 1e6);
            let wanted_ma = wanted_na as f64 / 1e6;
            let reason =
                format!("{wanted_ma} mA is beyond the patient's limits, {} to {} mA", limits_ma.0, limits_ma.1);
            log.push(at, EventKind::CommandIgnored { reason });
            return;
        }
        self.set_amplitude(at, side, wanted_na, log);
    }

    /// Lowers an amplitude that is beyond the safe one, stores it and says so.
    fn lower_amplitude(&mut self, at: SimTime, side: Side, log: &mut EventLog) {
        let program = &mut self.program.sides[side];
        let (asked_na, safe_na) = (program.amplitude_na, program.safe_amplitude_na);
        if asked_na > safe_na {
            program.amplitude_na = safe_na;
            let (asked_ma, stored_ma) = (asked_na as f64 / 1e6, safe_na as f64 / 1e6);
            log.push(at, EventKind::AmplitudeLowered { side, asked_ma, stored_ma });
            self.write(at, Entry::event(Code::AmplitudeLowered));
        }
    }

    /// Replaces the program; a session that runs ends, as the new one may have another shape.
    pub fn set_program(&mut self, at: SimTime, program: Program, log: &mut EventLog) {
        if self.session.is_some() {
            self.end_session(at, Cause::Command, log);
        }
        self.program = program;
        log.push(at, EventKind::ProgramSet {});
        self.store_program(at, log);
    }

    /// Stores the program as the device stores it: what it would cut is cut.
    pub(super) fn store_program(&mut self, at: SimTime, log: &mut EventLog) {
        for side in Side::BOTH {
            self.lower_amplitude(at, side, log);
            let program = &mut self.program.sides[side];
            if program.width > program.period && self.profile.cuts_width {
                let (asked_us, stored_us) = (program.width.as_secs() * 1e6, program.period.as_secs() * 1e6);
                program.width = program.period;
                log.push(at, EventKind::WidthCut { side, asked_us, stored_us });
            }
            self.made[side] = None;
        }
        self.due = self.first_due(at);
    }

    /// The patient pauses the session; its end stays where it is.
    pub fn pause(&mut self, at: SimTime, log: &mut EventLog) {
        if self.take(at, Input::Pause, log) {
            Side::BOTH.into_iter().for_each(|side| self.trains[side].halt());
        } else {
            log.push(at, EventKind::CommandIgnored { reason: "no session runs".to_string() });
        }
    }

    /// The patient goes on with the session, with the next train that would have begun.
    pub fn resume(&mut self, at: SimTime, log: &mut EventLog) {
        let Some(session) = self.session.filter(|_| self.state == State::Paused) else {
            log.push(at, EventKind::CommandIgnored { reason: "no session is paused".to_string() });
            return;
        };
        self.take(at, Input::Resume, log);
        for side in Side::BOTH.into_iter().filter(|&side| self.program.coordination.uses(side)) {
            self.trains[side].skip_to(at.max(self.busy_until[side]), &self.program.sides[side], session.end);
        }
    }

    /// A programmer is connected.
    pub fn connect(&mut self, at: SimTime, log: &mut EventLog) {
        let deaf = matches!(self.state, State::Off | State::Booting);
        if deaf || self.link.connected {
            let reason = if deaf { "the device does not answer" } else { "a programmer is connected already" };
            log.push(at, EventKind::CommandIgnored { reason: reason.to_string() });
            return;
        }
        self.link.connected = true;
        self.battery.set_telemetry(at, true);
        self.write(at, Entry::event(Code::RadioConnected));
        log.push(at, EventKind::LinkChanged { connected: true, reason: "a programmer is connected".to_string() });
        self.hear(at);
    }

    /// Something came over the link, which is kept open for a while from now on.
    fn hear(&mut self, at: SimTime) {
        self.link.times_out_at = Some(at + self.seconds(self.profile.habits.link_s.value));
    }

    /// The link ends.
    pub fn disconnect(&mut self, at: SimTime, why: &str, log: &mut EventLog) {
        self.link.times_out_at = None;
        if !std::mem::take(&mut self.link.connected) {
            log.push(at, EventKind::CommandIgnored { reason: "no programmer is connected".to_string() });
            return;
        }
        self.battery.set_telemetry(at, false);
        self.write(at, Entry::event(Code::RadioDisconnected));
        log.push(at, EventKind::LinkChanged { connected: false, reason: why.to_string() });
    }

    /// Whether the message of that number, which has come, is to be carried out.
    pub fn receives(&mut self, at: SimTime, number: u64, log: &mut EventLog) -> bool {
        let deaf = matches!(self.state, State::Off | State::Booting);
        let answer = if deaf { Err("the device does not answer".to_string()) } else { self.link.receive(number) };
        match answer {
            Ok(()) => log.push(at, EventKind::MessageCarriedOut { number }),
            Err(reason) => {
                log.push(at, EventKind::MessageRefused { number: Some(number), reason });
                return false;
            }
        }
        self.hear(at);
        true
    }

    /// Whether interference that looks like a command is taken for one.
    pub fn is_fooled(&self, at: SimTime, log: &mut EventLog) -> bool {
        let deaf = matches!(self.state, State::Off | State::Booting);
        if deaf || self.profile.habits.authenticates {
            let reason = if deaf { "the device does not answer" } else { "it carries no signature" };
            log.push(at, EventKind::MessageRefused { number: None, reason: reason.to_string() });
            return false;
        }
        true
    }

    /// The output stage fails or is mended.
    pub fn fail_output(&mut self, at: SimTime, faults: OutputFaults, log: &mut EventLog) {
        self.output_faults = faults;
        self.made = crate::side::BySide::default();
        log.push(at, EventKind::OutputChanged { state: faults.describe() });
    }

    /// What is wrong with the output stage.
    pub fn output_faults(&self) -> OutputFaults {
        self.output_faults
    }

    /// The event log takes no more entries, or does again.
    pub fn fill_log(&mut self, at: SimTime, full: bool, log: &mut EventLog) {
        self.memory.fill(full);
        let state = if full { "takes no entries" } else { "takes entries" };
        log.push(at, EventKind::LogChanged { state: state.to_string() });
    }

    /// The programmer erases the event log.
    pub fn erase_log(&mut self, at: SimTime, log: &mut EventLog) {
        let state = if self.memory.erase() { "erased" } else { "does not let itself be erased" };
        log.push(at, EventKind::LogChanged { state: state.to_string() });
    }
}
