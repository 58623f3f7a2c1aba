//! The safety engine: what a contact may be asked to carry, before a program runs and while it does.
//!
//! Shannon 1992 drew the line between stimulation that damages and stimulation that does not at log D = k − log Q,
//! with D the charge density in µC/cm² and Q the charge in µC of a phase. Each limit stands in the device profile with
//! its source, and can be moved there, knowingly and on record.

use crate::device::output::{OutputFaults, OutputStage};
use crate::device::program::SideProgram;
use crate::device::pulse::{CONTACT_NAMES, Pulse, Waveform, microcoulombs};
use crate::lead::conductor::{Sensed, TERMINALS};
use crate::lead::implant::ImplantProfile;
use crate::math;
use crate::record::digest::StateWriter;
use crate::source::Figure;
use crate::time::SimTime;

/// The limits of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Shannon's k.
    pub shannon_k: Figure,
    /// Charge density of a phase, µC/cm².
    pub charge_density_uc_per_cm2: Figure,
    /// Charge of a phase through a contact, µC.
    pub charge_per_phase_uc: Figure,
    /// Mean of the current through a contact without sign while pulses come, µA.
    pub mean_current_ua: Figure,
    /// Mean of the current through a contact with its sign, nA.
    pub dc_na: Figure,
    /// How long that is averaged over, s; longer than what settles at the start of a train.
    pub dc_window_s: Figure,
    /// Voltage left across the double layer of a contact before a pulse, mV.
    pub residual_mv: Figure,
    /// Charge that a pulse leaves whose phases are to take back what they leave, as a fraction of what stimulates.
    pub unbalanced_fraction: Figure,
}

/// What passes a limit: its name, how much, how much is allowed, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Excess {
    /// The limit, as its field in the profile is called.
    pub limit: &'static str,
    /// The figure found, in the limit's unit.
    pub found: f64,
    /// The figure allowed.
    pub allowed: f64,
    /// The contact.
    pub contact: &'static str,
}

impl std::fmt::Display for Excess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { limit, found, allowed, contact } = self;
        write!(f, "{limit} on {contact} is {found:.3}, and {allowed} is allowed")
    }
}

impl Limits {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 8] {
        [
            ("shannon_k", &self.shannon_k),
            ("charge_density_uc_per_cm2", &self.charge_density_uc_per_cm2),
            ("charge_per_phase_uc", &self.charge_per_phase_uc),
            ("mean_current_ua", &self.mean_current_ua),
            ("dc_na", &self.dc_na),
            ("dc_window_s", &self.dc_window_s),
            ("residual_mv", &self.residual_mv),
            ("unbalanced_fraction", &self.unbalanced_fraction),
        ]
    }

    /// Whether pulses that take the charge of this one, every `period`, pass the limit of the mean current.
    ///
    /// # Errors
    /// The excess.
    pub fn rate(&self, pulse: &Pulse, sensed: &Sensed, period: SimTime) -> Result<(), Excess> {
        let largest_ac = pulse.made.phases().iter().map(|phase| phase.charge_ac().abs()).max().unwrap_or(0);
        let contact = sensed.phase_contact();
        let share = sensed.phase_charges_ac[contact] as f64 / largest_ac.max(1) as f64;
        let mean_ua = sensed.moved_ac as f64 * share.min(1.0) / period.nanos() as f64 * 1e-3;
        first_excess(&[("mean_current_ua", mean_ua, &self.mean_current_ua)], contact)
    }

    /// How long direct current is averaged over.
    fn dc_window(&self) -> SimTime {
        SimTime::from_nanos((self.dc_window_s.value * 1e9) as i64)
    }

    /// Whether a phase of that charge through a contact of that area passes a limit.
    pub fn phase(&self, charge_uc: f64, area_cm2: f64, contact: usize) -> Result<(), Excess> {
        let density = charge_uc / area_cm2;
        let k = if charge_uc > 0.0 { shannon_k(charge_uc, area_cm2) } else { f64::NEG_INFINITY };
        let checks = [
            ("charge_per_phase_uc", charge_uc, &self.charge_per_phase_uc),
            ("charge_density_uc_per_cm2", density, &self.charge_density_uc_per_cm2),
            ("shannon_k", k, &self.shannon_k),
        ];
        first_excess(&checks, contact)
    }

    /// Whether a pulse of which that flowed leaves more than it may: a phase did not come. What the voltage could not
    /// push, or an open circuit kept back, says nothing about that.
    ///
    /// # Errors
    /// The excess.
    pub fn balance(&self, pulse: &Pulse, flowed: &Waveform, sensed: &Sensed) -> Result<(), Excess> {
        // Of nothing there is no fraction: what leaks through a source at rest is a matter of `dc_na`.
        let asked_ac = pulse.asked.stimulus_ac();
        if !pulse.is_balanced() || sensed.limited || sensed.open_circuit || asked_ac == 0 {
            return Ok(());
        }
        let fraction = flowed.left_ac().abs() as f64 / asked_ac as f64;
        first_excess(&[("unbalanced_fraction", fraction, &self.unbalanced_fraction)], sensed.phase_contact())
    }

    /// Whether the program of a side passes a limit on its way through the lead: what is known before it runs.
    ///
    /// # Errors
    /// The first excess.
    pub fn side(&self, program: &SideProgram, stage: &OutputStage, implant: &ImplantProfile) -> Result<(), Excess> {
        let asked = program.waveform(program.on_step(program.amplitude_na, stage.dac.step_na()), false);
        let waveform = stage.make(&asked, &OutputFaults::default());
        let largest = waveform.phases().iter().map(|phase| phase.charge_ac().abs()).max().unwrap_or(0);
        let seconds = program.period.as_secs() / f64::from(program.burst.pulses);
        for group in [program.cathodes, program.anodes] {
            let contacts: Vec<_> = group.indices().map(|k| implant.contact(k)).collect();
            let total: f64 = contacts.iter().map(|contact| 1.0 / contact.resistance_ohm()).sum();
            for contact in &contacts {
                let share = 1.0 / contact.resistance_ohm() / total;
                self.phase(microcoulombs(largest) * share, contact.interface.area_cm2, contact.index)?;
                let mean_ua = microcoulombs(waveform.moved_ac()) * share / seconds;
                let left_na = microcoulombs(waveform.left_ac().abs()) * share / seconds * 1e3;
                // Alternating polarity takes back with the next pulse what one leaves, and shorted terminals all of it.
                let left_na = if waveform.shorted_after || program.alternates() { 0.0 } else { left_na };
                let checks = [("mean_current_ua", mean_ua, &self.mean_current_ua), ("dc_na", left_na, &self.dc_na)];
                first_excess(&checks, contact.index)?;
            }
        }
        Ok(())
    }
}

/// Shannon's k of a phase: log D + log Q, decimal.
pub fn shannon_k(charge_uc: f64, area_cm2: f64) -> f64 {
    math::ln(charge_uc / area_cm2 * charge_uc) / std::f64::consts::LN_10
}

fn first_excess(checks: &[(&'static str, f64, &Figure)], contact: usize) -> Result<(), Excess> {
    match checks.iter().find(|(_, found, limit)| *found > limit.value) {
        Some(&(limit, found, allowed)) => {
            Err(Excess { limit, found, allowed: allowed.value, contact: CONTACT_NAMES[contact] })
        }
        None => Ok(()),
    }
}

/// Watches one lead while pulses come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    /// Since when the direct current is averaged, and what was on each contact then.
    since: Option<(SimTime, [i128; TERMINALS])>,
}

impl Watch {
    /// From when on a pulse is to be looked at; at once where none has been.
    pub fn due(&self, limits: &Limits) -> Option<SimTime> {
        self.since.map(|(since, _)| since + limits.dc_window())
    }

    /// Looks at a pulse that was sensed, at the areas of the contacts, cm², and at the charge that is on each of them.
    ///
    /// # Errors
    /// The limit that it passes.
    pub fn look(
        &mut self,
        limits: &Limits,
        at: SimTime,
        sensed: &Sensed,
        areas_cm2: &[f64; TERMINALS],
        charges_ac: &[i128; TERMINALS],
    ) -> Result<(), Excess> {
        // A ring that carries no more than the case, or less than a whole ring, has the smaller surface.
        for k in (0..TERMINALS).rev() {
            limits.phase(microcoulombs(sensed.phase_charges_ac[k]), areas_cm2[k], k)?;
        }
        first_excess(&[("residual_mv", sensed.residual_v * 1e3, &limits.residual_mv)], sensed.residual_contact)?;
        match self.since {
            Some((since, before)) if at - since >= limits.dc_window() => {
                self.since = Some((at, *charges_ac));
                for k in 0..TERMINALS {
                    let dc_na = (charges_ac[k] - before[k]).abs() as f64 / (at - since).nanos() as f64;
                    first_excess(&[("dc_na", dc_na, &limits.dc_na)], k)?;
                }
            }
            Some(_) => {}
            None => self.since = Some((at, *charges_ac)),
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.time("watched_since", self.since.map(|(since, _)| since));
    }
}
