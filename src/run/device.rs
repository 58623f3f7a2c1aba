//! The device at the end of a run: what it is doing, what its battery has left, and how long that lasts.

use serde::Serialize;

use crate::device::battery::{Battery, Consumer};
use crate::device::generator::PulseGenerator;
use crate::device::longevity::{Longevity, Usage, longevity};
use crate::device::profile::DeviceProfile;
use crate::device::program::{Program, pulses_within};
use crate::device::pulse::microcoulombs;
use crate::device::therapy::State;
use crate::side::Side;
use crate::time::SimTime;

/// The device at the end of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceSummary {
    /// What it is doing.
    pub state: State,
    /// Sessions that were due.
    pub sessions_scheduled: u64,
    /// How far its clock is ahead, s.
    pub clock_ahead_s: f64,
    /// Entries that its log holds.
    pub log_entries: usize,
    /// Entries that its log has overwritten.
    pub log_overwritten: u64,
    /// Voltage of the battery at rest, V.
    pub battery_v: f64,
    /// Charge that the battery has left, mAh.
    pub battery_mah: f64,
    /// Charge that each consumer has drawn, mAh.
    pub used_mah: Shares,
    /// What the program would give from a full battery.
    pub longevity: LongevitySummary,
}

/// A figure for each consumer of the battery.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// The electronics at rest.
    pub quiescent: f64,
    /// The output stage.
    pub stimulation: f64,
    /// The radio.
    pub telemetry: f64,
    /// What the cell loses by itself.
    pub self_discharge: f64,
    /// A fault that draws current.
    pub fault: f64,
}

impl Shares {
    fn of(figure: impl Fn(Consumer) -> f64) -> Self {
        Self {
            quiescent: figure(Consumer::Quiescent),
            stimulation: figure(Consumer::Stimulation),
            telemetry: figure(Consumer::Telemetry),
            self_discharge: figure(Consumer::SelfDischarge),
            fault: figure(Consumer::Fault),
        }
    }
}

/// How long a full battery lasts with the program that the device has at the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LongevitySummary {
    /// Years until elective replacement is indicated; of a rechargeable battery without a charge.
    pub replacement_years: f64,
    /// Years until the end of service.
    pub service_years: f64,
    /// Mean current drawn from the battery, µA.
    pub mean_ua: f64,
    /// The share of the charge that goes to each consumer.
    pub shares: Shares,
    /// Days between charges; null for a primary cell.
    pub days_between_charges: Option<f64>,
    /// Years until charging and age have worn it out; null for a primary cell.
    pub worn_out_years: Option<f64>,
}

/// What a program takes out of the battery in a day on which all its sessions are taken.
pub fn usage(program: &Program, device: &DeviceProfile) -> Usage {
    let sessions = device.habits.armed(&program.session_times).len() as f64;
    let mut usage = Usage { rail_v: device.compliance_v.value, ..Usage::default() };
    for side in Side::BOTH.into_iter().filter(|&side| program.coordination.uses(side)) {
        let side_program = &program.sides[side];
        let (bursts, burst) = (pulses_within(side_program.on, side_program.period), side_program.burst.pulses);
        let charge_uc = |index: i64| {
            let (amplitude_na, _) = side_program.amplitude_na(index, side_program.period);
            microcoulombs(side_program.waveform(amplitude_na, false).moved_ac())
        };
        let train_uc = (0..bursts).map(charge_uc).sum::<f64>() * f64::from(burst);
        let trains = pulses_within(program.session_length - program.first_train(side), side_program.cycle()) as f64;
        usage.output_uc_per_day += sessions * trains * train_uc;
        usage.pulses_per_day += sessions * trains * bursts as f64 * f64::from(burst);
    }
    usage
}

impl LongevitySummary {
    /// What the device's program gives.
    pub fn of(program: &Program, device: &DeviceProfile) -> Self {
        let Longevity { replacement_years, service_years, mean_ua, shares, recharge } =
            longevity(&device.battery, &usage(program, device));
        Self {
            replacement_years,
            service_years,
            mean_ua,
            shares: Shares::of(|consumer| shares[consumer as usize]),
            days_between_charges: recharge.as_ref().map(|recharge| recharge.days_between_charges),
            worn_out_years: recharge.as_ref().map(|recharge| recharge.worn_out_years),
        }
    }
}

impl DeviceSummary {
    /// The device at that instant.
    pub fn of(generator: &PulseGenerator, at: SimTime) -> Self {
        const ATTOCOULOMBS_PER_MAH: f64 = 3.6e18;
        let mut battery: Battery = generator.battery.clone();
        battery.settle(at);
        Self {
            state: generator.state(),
            sessions_scheduled: generator.scheduled(),
            clock_ahead_s: generator.clock_ahead_s(at),
            log_entries: generator.memory.entries().count(),
            log_overwritten: generator.memory.overwritten(),
            battery_v: battery.open_circuit_v(),
            battery_mah: battery.remaining_mah(),
            used_mah: Shares::of(|consumer| battery.used_ac(consumer) as f64 / ATTOCOULOMBS_PER_MAH),
            longevity: LongevitySummary::of(generator.program(), &generator.profile),
        }
    }
}
