//! What the device puts out, held from outside against its profile: an observer that knows the pulses as they flowed,
//! the events, and `docs/device.md`, and nothing of how the device decides.

use std::sync::Arc;

use bevy::ecs::world::World;

use crate::device::output::OutputFaults;
use crate::device::profile::DeviceProfile;
use crate::device::program::{SideProgram, pulses_within};
use crate::device::pulse::{CONTACT_NAMES, Run, microcoulombs};
use crate::device::safety::shannon_k;
use crate::device::therapy::State;
use crate::fuzz::judge::Finding;
use crate::lead::Delivered;
use crate::lead::conductor::{DeliveredPulse, TERMINALS};
use crate::record::events::{Event, EventKind};
use crate::record::probe::SideView;
use crate::scenario::Scenario;
use crate::side::{BySide, Side};
use crate::sim::{PatientEntities, Simulation, Window};
use crate::time::SimTime;

/// By how much a figure may pass a limit unreported: shares of contacts are known to a part in 8192, and those of the
/// first phase stand for all (ours).
const SLACK: f64 = 1.02;

/// The same for Shannon's k, which has the charge twice: 2·log₁₀ of it.
const SLACK_K: f64 = 0.0172;

/// How long a device may stay in a state beyond what its profile says: the time to the next nanosecond.
const INSTANT: SimTime = SimTime::from_nanos(1);

/// What flowed through a lead in a window, and what the device had been told.
struct Seen {
    side: Side,
    runs: Vec<Run<DeliveredPulse>>,
    told: SideProgram,
    safe_na: [i64; 2],
    faults: OutputFaults,
    /// Current can take another way than through the contacts.
    leaks: bool,
    areas_cm2: [f64; TERMINALS],
    /// The voltage left across a double layer just before the first pulse, mV, as far as it was known ahead.
    left_mv: Option<f64>,
}

/// When pulses may come: in a session, or in a measurement and singly.
struct Permit {
    session: bool,
    from: SimTime,
    until: Option<(SimTime, Closing)>,
}

/// How the time of pulses ends.
#[derive(Clone, Copy)]
enum Closing {
    /// Before that instant.
    Before,
    /// With the pulses of that instant.
    After,
    /// With the pulse of that side and instant: left comes before right.
    With(Side),
}

impl Permit {
    fn holds(&self, at: SimTime, side: Side) -> bool {
        let open = match self.until {
            None => true,
            Some((until, Closing::Before)) => at < until,
            Some((until, Closing::After)) => at <= until,
            Some((until, Closing::With(last))) => at < until || at == until && side as usize <= last as usize,
        };
        at >= self.from && open
    }
}

/// The last pulse of a side.
#[derive(Clone, Copy)]
struct Before {
    at: SimTime,
    over: SimTime,
    spacing: SimTime,
}

/// Watches a simulation.
pub struct Watcher {
    profile: Arc<DeviceProfile>,
    seen: Vec<Seen>,
    /// The instant of the next thing that the device does, and what is left on the double layers of a side then, mV.
    ahead: BySide<Option<(SimTime, f64)>>,
    permits: Vec<Permit>,
    limits: Vec<(SimTime, Side)>,
    before: BySide<Option<Before>>,
    state: (State, SimTime),
    session: Option<SimTime>,
    /// How long the program's sessions last, from when on.
    lengths: Vec<(SimTime, SimTime)>,
    /// Charge of stimulating phases that flowed, aC, and by how much it may be wrong; none once a lead has leaked.
    flowed_ac: BySide<Option<(f64, f64)>>,
}

impl Watcher {
    /// Before a scenario begins.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            profile: scenario.device.clone(),
            seen: Vec::new(),
            ahead: BySide::default(),
            permits: Vec::new(),
            limits: Vec::new(),
            before: BySide::default(),
            state: (State::Idle, SimTime::ZERO),
            session: None,
            lengths: vec![(SimTime::ZERO, scenario.program.session_length)],
            flowed_ac: BySide::new(|_| Some((0.0, 0.0))),
        }
    }

    /// Sees a window of the world.
    pub fn see(&mut self, world: &World, patient: &PatientEntities) {
        for side in Side::BOTH {
            let view = SideView::of(world, patient, side);
            let program = view.generator.program();
            let delivered = world.get::<Delivered>(patient.sides[side].lead).expect("the roster's entities live");
            if let Some(run) = delivered.0.first() {
                let ahead = self.ahead[side].filter(|(at, _)| *at == run.first.at);
                self.seen.push(Seen {
                    side,
                    runs: delivered.0.clone(),
                    told: program.sides[side].clone(),
                    safe_na: Side::BOTH.map(|side| program.sides[side].safe_amplitude_na),
                    faults: view.generator.output_faults(),
                    leaks: (0..TERMINALS).any(|k| view.lead.faults().concerns(k)),
                    areas_cm2: view.contacts.map(|contact| contact.surface().area_cm2),
                    left_mv: ahead.map(|(_, left_mv)| left_mv),
                });
            }
            if self.lengths.last().is_some_and(|(_, length)| *length != program.session_length) {
                self.lengths.push((world.resource::<Window>().from, program.session_length));
            }
            self.ahead[side] = view.generator.next_event().map(|at| {
                let look = view.lead.look(at, &self.profile, view.contacts);
                (at, look.layer_v.iter().fold(0.0, |most: f64, volts| most.max(volts.abs())) * 1e3)
            });
        }
    }

    /// Judges what was seen since the last time, with the events of that time.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn judge(&mut self, events: &[Event]) -> Result<(), Finding> {
        self.permits.retain(|permit| permit.until.is_none());
        self.limits.clear();
        events.iter().try_for_each(|event| self.follow(event))?;
        for seen in std::mem::take(&mut self.seen) {
            for run in &seen.runs {
                self.permitted(&seen, run)?;
                self.apart(&seen, run)?;
                amplitude(&self.profile, &seen, run)?;
                self.charge(&seen, run)?;
                self.count(&seen, run);
            }
            self.residual(&seen)?;
        }
        Ok(())
    }

    /// Follows what the device says of itself.
    fn follow(&mut self, event: &Event) -> Result<(), Finding> {
        let at = event.at;
        match &event.kind {
            EventKind::LimitPassed { side, .. } => self.limits.push((at, *side)),
            EventKind::SessionStarted { .. } => {
                self.session = Some(at);
                self.permits.push(Permit { session: true, from: at, until: None });
            }
            EventKind::SessionEnded { .. } => {
                self.shut(at);
                let begun = self.session.take();
                if let Some(begun) = begun.filter(|&begun| at - begun > self.length(begun)) {
                    let what = format!("a session of {} that began at {begun} ends at {at}", self.length(begun));
                    return Err(Finding::new("session", "too long", what));
                }
            }
            EventKind::StateChanged { from, to } => {
                self.lingers(at)?;
                self.state = (*to, at);
                match (from, to) {
                    (State::Testing, State::SessionOver) => self.close_permit(at, Closing::After),
                    (State::Testing, _) | (_, State::Paused) => self.shut(at),
                    (_, State::Testing) => self.permits.push(Permit { session: false, from: at, until: None }),
                    (State::Paused, State::Resting) => {
                        self.permits.push(Permit { session: true, from: at, until: None });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// How long a session lasts that begins then.
    fn length(&self, begun: SimTime) -> SimTime {
        let known = self.lengths.iter().rev().find(|(from, _)| *from <= begun);
        known.map_or(SimTime::ZERO, |(_, length)| *length)
    }

    /// No pulse comes any more; where a limit was passed at that instant, the one that passed it came.
    fn shut(&mut self, at: SimTime) {
        let passed = self.limits.iter().rev().find(|(when, _)| *when == at);
        self.close_permit(at, passed.map_or(Closing::Before, |(_, side)| Closing::With(*side)));
    }

    fn close_permit(&mut self, at: SimTime, closing: Closing) {
        if let Some(permit) = self.permits.last_mut().filter(|permit| permit.until.is_none()) {
            permit.until = Some((at, closing));
        }
    }

    /// Out of some states the device comes by itself, and soon.
    fn lingers(&self, at: SimTime) -> Result<(), Finding> {
        let (state, since) = self.state;
        let habits = &self.profile.habits;
        let longest_s = match state {
            State::Booting => habits.boot_s.value,
            State::SessionOver => habits.settle_s.value,
            _ => return Ok(()),
        };
        let longest = SimTime::from_nanos((longest_s * 1e9).round() as i64) + INSTANT;
        if at - since <= longest {
            return Ok(());
        }
        let what = format!("since {since}, at {at}, and {longest_s} s is how long that lasts");
        Err(Finding::new("lingers", state.name(), what))
    }

    /// Pulses come in sessions that are not paused, in measurements and as single ones, and at no other time.
    fn permitted(&self, seen: &Seen, run: &Run<DeliveredPulse>) -> Result<(), Finding> {
        let first = run.first.at;
        let last = first + run.period * (run.count - 1);
        let is_held = |permit: &Permit| permit.holds(first, seen.side) && permit.holds(last, seen.side);
        if self.permits.iter().any(is_held) {
            return Ok(());
        }
        let what = format!("{} pulses on the {} from {first} to {last}", run.count, seen.side.name());
        Err(Finding::new("pulse", "while none may come", what))
    }

    /// A pulse begins when the one before is over, and in a session not sooner than the program's timing says.
    fn apart(&mut self, seen: &Seen, run: &Run<DeliveredPulse>) -> Result<(), Finding> {
        let (side, first) = (seen.side, run.first.at);
        let length = run.first.waveform.length();
        let spacing = spacing(seen);
        let close = |at: SimTime, before: SimTime, what: &str| {
            let what = format!("on the {} at {at}, {} after the one before: {what}", side.name(), at - before);
            Err(Finding::new("pulse", "too close", what))
        };
        let sessions = || self.permits.iter().filter(|permit| permit.session && permit.holds(first, side));
        if let Some(before) = self.before[side] {
            if first < before.over {
                return close(first, before.at, "that was not over");
            }
            let least = spacing.min(before.spacing);
            if sessions().any(|permit| permit.holds(before.at, side)) && first - before.at < least {
                return close(first, before.at, &format!("the program's pulses are {least} apart"));
            }
        }
        let spacing_in = if sessions().next().is_some() { spacing } else { SimTime::ZERO };
        if run.count > 1 && run.period < length.max(spacing_in) {
            return close(first + run.period, first, &format!("the program's pulses are {spacing} apart"));
        }
        let last = first + run.period * (run.count - 1);
        self.before[side] = Some(Before { at: last, over: last + length, spacing });
        Ok(())
    }

    /// Charge of a phase, its density and Shannon's k stay within the limits, or the device says that they do not.
    fn charge(&self, seen: &Seen, run: &Run<DeliveredPulse>) -> Result<(), Finding> {
        let limits = &self.profile.limits;
        let most_ac = run.first.waveform.phases().iter().map(|phase| phase.charge_ac().abs()).max().unwrap_or(0);
        let said = run.count == 1 && self.limits.contains(&(run.first.at, seen.side));
        for k in (0..TERMINALS).filter(|_| !said && most_ac > 0) {
            let charge_uc = microcoulombs(most_ac) * run.first.shares[k].abs();
            let (density, per_phase) = (charge_uc / seen.areas_cm2[k], &limits.charge_per_phase_uc);
            let shannon = shannon_k(charge_uc.max(f64::MIN_POSITIVE), seen.areas_cm2[k]);
            let (density_most, k_most) = (limits.charge_density_uc_per_cm2.value, limits.shannon_k.value);
            for (limit, found, allowed, most) in [
                ("charge_per_phase_uc", charge_uc, per_phase.value, per_phase.value * SLACK),
                ("charge_density_uc_per_cm2", density, density_most, density_most * SLACK),
                ("shannon_k", shannon, k_most, k_most + SLACK_K),
            ] {
                if found > most {
                    let (contact, at) = (CONTACT_NAMES[k], run.first.at);
                    let what = format!(
                        "{found:.4} on {contact} of the {} at {at}, and {allowed} is allowed; the device says nothing",
                        seen.side.name()
                    );
                    return Err(Finding::new("limit", limit, what));
                }
            }
        }
        Ok(())
    }

    /// What is left on the contacts before a pulse stays within the limit, or the device says that it does not.
    fn residual(&self, seen: &Seen) -> Result<(), Finding> {
        let at = seen.runs.first().map(|run| run.first.at).unwrap_or_default();
        let allowed = self.profile.limits.residual_mv.value;
        match seen.left_mv.filter(|&left_mv| left_mv > allowed * SLACK) {
            Some(left_mv) if !self.limits.contains(&(at, seen.side)) => {
                let what = format!(
                    "{left_mv:.1} mV on the {} before the pulse at {at}, and {allowed} is allowed; the device says \
                     nothing",
                    seen.side.name()
                );
                Err(Finding::new("limit", "residual_mv", what))
            }
            _ => Ok(()),
        }
    }

    /// Adds up the charge of stimulating phases.
    fn count(&mut self, seen: &Seen, run: &Run<DeliveredPulse>) {
        let waveform = &run.first.waveform;
        let sum = &mut self.flowed_ac[seen.side];
        if seen.leaks {
            *sum = None;
        }
        let Some((flowed_ac, wrong_ac)) = sum else { return };
        let width_ns: i64 = waveform.phases().iter().map(|phase| phase.width.nanos()).sum();
        *flowed_ac += waveform.stimulus_ac() as f64 * run.count as f64;
        // A phase's mean current is known to a nanoampere, and pulses that are alike differ by their history.
        *wrong_ac += (width_ns as f64 + waveform.stimulus_ac() as f64 * 1e-3) * run.count as f64;
    }

    /// At the end: the ledger has what was seen to flow, and no state has outlasted its time.
    ///
    /// # Errors
    /// What does not hold.
    pub fn close(&self, simulation: &Simulation) -> Result<(), Finding> {
        self.lingers(simulation.now())?;
        for side in Side::BOTH {
            let (lead, contacts) = simulation.side(side).settled(simulation.now());
            let named = |what: &str| format!("{} of the {}", what, side.name());
            let wrong = |part: &str| {
                let part = named(part);
                move |why: String| Finding::new("ledger", part, why)
            };
            lead.source().check().map_err(wrong("source"))?;
            for contact in &contacts {
                contact.ledger.check().map_err(wrong(CONTACT_NAMES[contact.index]))?;
            }
            let Some((flowed_ac, wrong_ac)) = self.flowed_ac[side] else { continue };
            let entered_ac = lead.source().delivered_ac as f64;
            if (entered_ac - flowed_ac).abs() > wrong_ac {
                let what = format!("{entered_ac} aC are entered as delivered, and {flowed_ac} aC were seen to flow");
                return Err(Finding::new("ledger", named("source"), what));
            }
        }
        Ok(())
    }
}

/// The least time from one pulse of a session to the next: that of the rate, within bursts and from one to the next,
/// and from the last one of a train to the first of the next.
fn spacing(seen: &Seen) -> SimTime {
    let Seen { told, faults, .. } = seen;
    let period = faults.stretched(told.period);
    let last_pulse = period * (pulses_within(told.on, period) - 1);
    let burst_period = faults.stretched(told.burst.period);
    let burst = burst_period * i64::from(told.burst.pulses - 1);
    let between = told.cycle() - last_pulse - burst;
    let within = if told.burst.pulses > 1 { burst_period.min(period - burst) } else { period };
    within.min(between)
}

/// No pulse is stronger than the program and the safe amplitude allow, and with a stuck bit than the converter can.
fn amplitude(profile: &DeviceProfile, seen: &Seen, run: &Run<DeliveredPulse>) -> Result<(), Finding> {
    if seen.leaks {
        return Ok(());
    }
    let test_ma = profile.impedance.current_ma.value;
    let safe_na = seen.safe_na.into_iter().min().unwrap_or(0);
    let test_na = if test_ma > 0.0 { (test_ma * 1e6).round() as i64 } else { safe_na };
    let program_na = seen.told.amplitude_na.min(seen.told.safe_amplitude_na);
    // A pulse of a measurement is not of the program; which it is, only the device knows.
    let is_test = run.first.waveform.phases().len() == 1 && run.first.waveform.length() == test_width(profile, seen);
    let asked_na = if is_test { program_na.max(test_na) } else { program_na };
    let dac = &profile.stage.dac;
    let most_na = if seen.faults.stuck_bit.is_some() { dac.current_na(dac.full_scale()) } else { asked_na };
    // What leaks out of the stage, or flows past an output that is no ideal source, in nanoamperes.
    let beside_na = match profile.output_ohm.value {
        0.0 => profile.leakage_na.value.abs(),
        ohm => profile.leakage_na.value.abs() + profile.compliance_v.value / ohm * 1e9,
    };
    let waveform = &run.first.waveform;
    for phase in waveform.phases() {
        // Where the stimulus is lost, what comes first takes back.
        let takes_back = !waveform.stimulates(*phase) || seen.faults.lost.is_some();
        let mismatch = if takes_back { profile.stage.mismatch.abs() } else { 0.0 };
        let allowed_na = most_na as f64 * (1.0 + mismatch) + beside_na + 2.0;
        if phase.current_na.abs() as f64 > allowed_na {
            let what = format!(
                "{} mA on the {} at {}, and {} mA are allowed",
                phase.current_na as f64 / 1e6,
                seen.side.name(),
                run.first.at,
                allowed_na / 1e6
            );
            return Err(Finding::new("amplitude", if mismatch > 0.0 { "recharge" } else { "stimulus" }, what));
        }
    }
    Ok(())
}

/// The width of a test pulse, as the timer and the guards of the output stage make it.
fn test_width(profile: &DeviceProfile, seen: &Seen) -> SimTime {
    let asked = profile.impedance.waveform(1, 0);
    profile.stage.make(&asked, &seen.faults).length()
}
