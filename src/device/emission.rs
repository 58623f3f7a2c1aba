//! Pulses, and what comes of them: the generator puts them out, pays for them, and senses what became of them.

use crate::device::battery::Consumer;
use crate::device::generator::PulseGenerator;
use crate::device::memory::{Code, Entry, LogFormat};
use crate::device::program::pulses_within;
use crate::device::pulse::{Pulse, Purpose, Run};
use crate::device::therapy::Input;
use crate::device::trains::Timing;
use crate::lead::conductor::{DeliveredPulse, Sensed, TERMINALS};
use crate::record::events::{EventKind, EventLog};
use crate::side::{BySide, Side};
use crate::time::SimTime;

impl PulseGenerator {
    /// The pulses of each side that come before anything else happens and before `until`, as far as they are alike and
    /// need no look at each; and the instant up to which that is all that comes.
    pub fn alike(&mut self, until: SimTime) -> (BySide<Option<Run<Pulse>>>, SimTime) {
        let mut horizon = self.agenda().fold(until, |soonest, (at, _)| soonest.min(at));
        let mut runs = BySide::new(|_| None);
        for side in Side::BOTH {
            let Some(next) = self.trains[side].next.filter(|&next| next < horizon) else { continue };
            let look = self.watches[side].due(&self.profile.limits).unwrap_or(next);
            if look <= next {
                horizon = next;
                continue;
            }
            let timing = Timing::of(&self.program.sides[side], &self.output_faults);
            let (period, program) = (timing.period, &self.program.sides[side]);
            let (count, amplitude_na, odd) = self.trains[side].alike(program, timing);
            let count = count.min(pulses_within(horizon.min(look) - next, period));
            // What comes after them is not alike.
            horizon = horizon.min(next + period * count);
            let first = self.pulse(side, next, amplitude_na, odd);
            runs[side] = Some(Run { first, count, period });
        }
        (runs, horizon)
    }

    /// Pulses of therapy have been carried that were alike and needed no look.
    /// Each took that charge from the output stage, aC.
    pub fn repeated(&mut self, side: Side, run: &Run<DeliveredPulse>, moved_ac: i128) {
        let end = self.session.expect("pulses come in sessions only").end;
        let program = &self.program.sides[side];
        self.trains[side].skip(run.count, program, Timing::of(program, &self.output_faults), end);
        self.follow_trains();
        let last = run.first.at + run.period * (run.count - 1);
        self.busy_until[side] = last + run.first.waveform.length();
        self.pay(moved_ac, run.count);
    }

    /// The battery pays for pulses.
    fn pay(&mut self, moved_ac: i128, count: i64) {
        let cost_ac = self.battery.pulse_charge_ac(moved_ac, self.profile.compliance_v.value);
        self.battery.draw(Consumer::Stimulation, cost_ac * i128::from(count));
    }

    /// The state that the trains of both sides make.
    pub(super) fn follow_trains(&mut self) {
        let trains = Side::BOTH.map(|side| self.trains[side]);
        let input = if trains.iter().any(|train| train.is_on() && !train.ramps) {
            Input::FullAmplitude
        } else if trains.iter().any(|train| train.is_on()) {
            Input::Ramps
        } else {
            Input::Rests
        };
        if let Some(next) = self.state.after(input) {
            self.state = next;
        }
    }

    /// Puts out the pulse that is due.
    pub fn emit(&mut self, at: SimTime, side: Side, purpose: Purpose) -> Pulse {
        match purpose {
            Purpose::Test => return self.test_pulse(at),
            Purpose::Single => return self.single_pulse(at, side),
            Purpose::Therapy => {}
        }
        let end = self.session.expect("pulses come in sessions only").end;
        let program = &self.program.sides[side];
        let timing = Timing::of(program, &self.output_faults);
        let (amplitude_na, odd) = self.trains[side].take(program, timing, end);
        self.follow_trains();
        self.pulse(side, at, amplitude_na, odd)
    }

    /// A pulse of therapy of that amplitude. What the output stage made of the last one serves again.
    pub(super) fn pulse(&mut self, side: Side, at: SimTime, amplitude_na: i64, odd: bool) -> Pulse {
        let program = &self.program.sides[side];
        let asked = program.waveform(amplitude_na, odd);
        let made = match self.made[side].filter(|(known, _)| *known == asked) {
            Some((_, made)) => made,
            None => {
                let stage = &self.profile.stage;
                let on_step = program.waveform(program.on_step(amplitude_na, stage.dac.step_na()), odd);
                let made = stage.make(&on_step, &self.output_faults);
                self.made[side] = Some((asked, made));
                made
            }
        };
        let (cathodes, anodes) = (program.cathodes, program.anodes);
        Pulse { at, side, purpose: Purpose::Therapy, asked, made, cathodes, anodes, rail_uv: self.profile.rail_uv() }
    }

    /// The next pulse of the measurement of impedance.
    fn test_pulse(&self, at: SimTime) -> Pulse {
        let test = self.test.expect("a measurement runs");
        let asked = self.profile.impedance.waveform(test.current_na, test.index);
        let made = self.profile.stage.make(&asked, &self.output_faults);
        let program = &self.program.sides[test.side];
        let rail_uv = (self.profile.impedance.rail_v.value * 1e6).round() as i64;
        let (cathodes, anodes) = (program.cathodes, program.anodes);
        Pulse { at, side: test.side, purpose: Purpose::Test, asked, made, cathodes, anodes, rail_uv }
    }

    /// What came of a pulse: what it cost, what the device senses of it against what it asked for, and whether a limit
    /// was passed. `contacts` are the area, cm², and the charge, aC, of each contact.
    pub fn sense(
        &mut self,
        pulse: &Pulse,
        flowed: &DeliveredPulse,
        sensed: &Sensed,
        contacts: (&[f64; TERMINALS], &[i128; TERMINALS]),
        log: &mut EventLog,
    ) {
        self.pay(sensed.moved_ac, 1);
        self.busy_until[pulse.side] = pulse.at + pulse.made.length();
        let limits = &self.profile.limits;
        let watched = self.watches[pulse.side].look(limits, pulse.at, sensed, contacts.0, contacts.1);
        let program = &self.program.sides[pulse.side];
        let timing = Timing::of(program, &self.output_faults);
        let period = match pulse.purpose {
            Purpose::Therapy | Purpose::Single => {
                SimTime::from_nanos(timing.period.nanos() / i64::from(program.burst.pulses))
            }
            Purpose::Test => self.profile.impedance.period(),
        };
        let passed = watched
            .and_then(|()| limits.balance(pulse, &flowed.waveform, sensed))
            .and_then(|()| limits.rate(pulse, sensed, period));
        if let Err(excess) = passed {
            self.pass_limit(pulse.at, pulse.side, excess, log);
            return;
        }
        match pulse.purpose {
            Purpose::Therapy => self.notice(pulse, sensed, log),
            Purpose::Test => self.take_test(pulse.at, sensed, log),
            Purpose::Single => {
                self.notice(pulse, sensed, log);
                self.end_single(pulse.at, log);
            }
        }
    }

    fn notice(&mut self, pulse: &Pulse, sensed: &Sensed, log: &mut EventLog) {
        let Pulse { at, side, .. } = *pulse;
        let noticed = &mut self.noticed[side];
        // An open circuit says nothing about what the voltage could push.
        let limited = if sensed.open_circuit { noticed.limited } else { sensed.limited };
        if sensed.open_circuit != noticed.open_circuit {
            noticed.open_circuit = sensed.open_circuit;
            if sensed.open_circuit {
                log.push(at, EventKind::OpenCircuit { side });
                // OpenNerve has a code for it and never writes it.
                if self.profile.log_format != LogFormat::OpenNerve {
                    self.write(at, Entry::event(Code::OpenCircuit));
                }
            } else {
                log.push(at, EventKind::CircuitClosed { side });
            }
        }
        let noticed = &mut self.noticed[side];
        if limited != noticed.limited {
            noticed.limited = limited;
            let (asked_ma, made_ma) = (sensed.made_na as f64 / 1e6, sensed.current_na as f64 / 1e6);
            log.push(
                at,
                if limited {
                    EventKind::ComplianceLimited { side, asked_ma, made_ma }
                } else {
                    EventKind::ComplianceRestored { side }
                },
            );
        }
    }
}
