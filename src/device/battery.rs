//! The battery: an exact ledger of the charge that every consumer takes, the voltage that is left, and how the device
//! reads it.
//!
//! Charge is counted in whole attocoulombs, because 1 nA for 1 ns is 1 aC: steady currents add up to the same integer
//! however time is cut. What is not linear in time (the voltage that the converter sees, the loss of capacity, being
//! full, being empty) changes only at [`Battery::renew`], which others call at fixed instants.

use std::sync::Arc;

use bevy::ecs::component::Component;

use crate::device::longevity::Usage;
use crate::record::digest::StateWriter;
use crate::source::{Figure, Source};
use crate::time::SimTime;

/// Attocoulombs in a milliampere hour.
const AC_PER_MAH: f64 = 3.6e18;
/// Hours in a year of 365.25 days.
pub(super) const HOURS_PER_YEAR: f64 = 8766.0;

/// Whether a cell can be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatteryKind {
    /// Used once.
    Primary,
    /// Charged through the skin.
    Rechargeable,
}

/// One point of the discharge curve of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Depth of discharge, as a fraction of the capacity.
    pub depth: f64,
    /// Open-circuit voltage, V.
    pub volts: f64,
    /// Internal resistance of one cell, Ω.
    pub ohm: f64,
}

/// A battery, as the profile of its device describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct BatteryProfile {
    /// Whether it can be charged.
    pub kind: BatteryKind,
    /// Cells in parallel, a count.
    pub cells: Figure,
    /// Capacity of one new cell, mAh.
    pub capacity_mah: Figure,
    /// The discharge curve from depth 0 to depth 1, straight between its points; its voltage never rises.
    pub curve: Vec<CurvePoint>,
    /// Where the curve comes from.
    pub curve_source: Source,
    /// What a cell loses by itself, as a fraction of its new capacity per year; charging brings it back.
    pub self_discharge_per_year: Figure,
    /// Capacity lost for good, as a fraction of the new capacity per year; 0 for a primary cell.
    pub fade_per_year: Figure,
    /// Capacity lost for good by each charge of one full capacity, as a fraction; 0 for a primary cell.
    pub fade_per_cycle: Figure,
    /// The fraction of the new capacity at which a rechargeable cell counts as worn out.
    pub worn_out_fraction: Figure,
    /// The terminal voltage at or below which a reading counts towards elective replacement, V.
    pub elective_replacement_v: Figure,
    /// The terminal voltage at or below which a reading counts towards the end of service, V.
    pub end_of_service_v: Figure,
    /// How many such readings, with none above elective replacement in between, make it so; a count.
    pub low_readings: Figure,
    /// What the device draws at rest, µA, more than 0.
    pub quiescent_ua: Figure,
    /// What a pulse draws beyond what its output needs, nC at the battery.
    pub pulse_overhead_nc: Figure,
    /// Energy at the stimulation rail divided by energy from the battery.
    pub converter_efficiency: Figure,
    /// Mean current of listening for a programmer, µA.
    pub telemetry_listening_ua: Figure,
    /// Current of an open telemetry link, mA.
    pub telemetry_on_ma: Figure,
    /// Current of the charger into all cells together, mA; 0 for a primary cell.
    pub charge_ma: Figure,
}

impl BatteryProfile {
    /// Every figure with its name, as files and reports show them.
    pub fn figures(&self) -> [(&'static str, &Figure); 15] {
        [
            ("cells", &self.cells),
            ("capacity_mah", &self.capacity_mah),
            ("self_discharge_per_year", &self.self_discharge_per_year),
            ("fade_per_year", &self.fade_per_year),
            ("fade_per_cycle", &self.fade_per_cycle),
            ("worn_out_fraction", &self.worn_out_fraction),
            ("elective_replacement_v", &self.elective_replacement_v),
            ("end_of_service_v", &self.end_of_service_v),
            ("low_readings", &self.low_readings),
            ("quiescent_ua", &self.quiescent_ua),
            ("pulse_overhead_nc", &self.pulse_overhead_nc),
            ("converter_efficiency", &self.converter_efficiency),
            ("telemetry_listening_ua", &self.telemetry_listening_ua),
            ("telemetry_on_ma", &self.telemetry_on_ma),
            ("charge_ma", &self.charge_ma),
        ]
    }

    /// Capacity of all cells when new, mAh.
    pub fn new_mah(&self) -> f64 {
        self.cells.value * self.capacity_mah.value
    }

    /// Open-circuit voltage, V, and internal resistance of all cells in parallel, Ω, at a depth of discharge; outside
    /// of the curve its ends hold.
    pub fn at_depth(&self, depth: f64) -> (f64, f64) {
        let (first, last) = (self.curve[0], self.curve[self.curve.len() - 1]);
        let depth = depth.clamp(first.depth, last.depth);
        let upper = self.curve.iter().position(|point| point.depth >= depth).unwrap_or(0).max(1);
        let (a, b) = (self.curve[upper - 1], self.curve[upper]);
        let part = (depth - a.depth) / (b.depth - a.depth);
        (a.volts + (b.volts - a.volts) * part, (a.ohm + (b.ohm - a.ohm) * part) / self.cells.value)
    }

    /// Self-discharge as a current, µA.
    pub(super) fn self_discharge_ua(&self) -> f64 {
        self.new_mah() * 1e3 * self.self_discharge_per_year.value / HOURS_PER_YEAR
    }
}

/// Who takes charge from the battery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// The device at rest.
    Quiescent,
    /// The pulses.
    Stimulation,
    /// The radio, listening and linked.
    Telemetry,
    /// The cell itself.
    SelfDischarge,
    /// A drain that a fault has opened.
    Fault,
}

impl Consumer {
    /// Every consumer with its name, in the order of their accounts.
    pub const ALL: [(&'static str, Self); 5] = [
        ("quiescent", Self::Quiescent),
        ("stimulation", Self::Stimulation),
        ("telemetry", Self::Telemetry),
        ("self_discharge", Self::SelfDischarge),
        ("fault", Self::Fault),
    ];
}

/// What the device learns from one test of its battery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The terminal voltage, V.
    pub volts: f64,
    /// Whether enough readings have been at or below elective replacement.
    pub elective_replacement: bool,
    /// Whether enough readings have been at or below the end of service.
    pub end_of_service: bool,
}

/// The battery of one device. What it tells holds at the instant that it was last settled or renewed.
#[derive(Clone, Debug, PartialEq, Component)]
pub struct Battery {
    /// What it is.
    pub profile: Arc<BatteryProfile>,
    settled: SimTime,
    made: SimTime,
    currents_na: [i64; 5],
    used_ac: [i128; 5],
    before_ac: i128,
    charged_ac: i128,
    unserved_ac: i128,
    missing_ac: i128,
    capacity_ac: i128,
    charging: Option<(SimTime, SimTime)>,
    supply_v: f64,
    low: [u32; 2],
}

/// Whole nanoamperes of a current in µA.
fn whole_na(ua: f64) -> i64 {
    (ua * 1e3).round() as i64
}

impl Battery {
    /// A new, full battery put in at that instant; the device draws what it draws at rest and listens.
    pub fn new(profile: Arc<BatteryProfile>, at: SimTime) -> Self {
        let at_rest_ua = Usage::default().currents_ua(&profile, 1.0);
        let mut battery = Self {
            settled: at,
            made: at,
            currents_na: at_rest_ua.map(whole_na),
            used_ac: [0; 5],
            before_ac: 0,
            charged_ac: 0,
            unserved_ac: 0,
            missing_ac: 0,
            capacity_ac: 0,
            charging: None,
            supply_v: 0.0,
            low: [0; 2],
            profile,
        };
        battery.renew(at);
        battery
    }

    /// Accounts for the steady currents until `at`, not before the last time; doing so more often changes nothing.
    pub fn settle(&mut self, at: SimTime) {
        assert!(at >= self.settled, "a battery does not go back in time");
        let elapsed_ns = i128::from((at - self.settled).nanos());
        for (used_ac, current_na) in self.used_ac.iter_mut().zip(self.currents_na) {
            *used_ac += i128::from(current_na) * elapsed_ns;
            self.missing_ac += i128::from(current_na) * elapsed_ns;
        }
        let charge_ac = self.charged_by(at) - self.charged_by(self.settled);
        self.charged_ac += charge_ac;
        self.missing_ac -= charge_ac;
        self.settled = at;
    }

    /// What the charger that is on has put in by `at`, aC.
    fn charged_by(&self, at: SimTime) -> i128 {
        self.charging.map_or(0, |(from, until)| {
            let current_na = whole_na(self.profile.charge_ma.value * 1e3);
            i128::from(current_na) * i128::from((at.min(until) - from).nanos())
        })
    }

    /// Takes charge for pulses and the like, aC.
    pub fn draw(&mut self, consumer: Consumer, charge_ac: i128) {
        self.used_ac[consumer as usize] += charge_ac;
        self.missing_ac += charge_ac;
    }

    /// Sets the steady current of a consumer from `at` on, nA, not negative.
    pub fn set_current(&mut self, at: SimTime, consumer: Consumer, current_na: i64) {
        self.settle(at);
        self.currents_na[consumer as usize] = current_na.max(0);
    }

    /// Opens or closes the telemetry link.
    pub fn set_telemetry(&mut self, at: SimTime, on: bool) {
        let p = &self.profile;
        let ua = if on { p.telemetry_on_ma.value * 1e3 } else { p.telemetry_listening_ua.value };
        self.set_current(at, Consumer::Telemetry, whole_na(ua));
    }

    /// Charges from `at` until `until`, or until a renewal finds the battery full; `until = at` takes the charger
    /// away. A primary cell does not charge.
    pub fn charge(&mut self, at: SimTime, until: SimTime) {
        self.settle(at);
        let possible = self.profile.kind == BatteryKind::Rechargeable && until > at;
        self.charging = possible.then_some((at, until));
    }

    /// Connects the device to the battery, at rest and listening, or disconnects it; the cell loses charge by itself
    /// and
    /// to a fault all the same.
    pub fn set_connected(&mut self, at: SimTime, connected: bool) {
        let quiescent_na = if connected { whole_na(self.profile.quiescent_ua.value) } else { 0 };
        self.set_current(at, Consumer::Quiescent, quiescent_na);
        if connected {
            self.set_telemetry(at, false);
        } else {
            self.set_current(at, Consumer::Telemetry, 0);
        }
    }

    /// Puts in another cell, which has been used to that fraction of its capacity and has lain on the shelf so long.
    /// The device's counters are lost with the power; its currents go on.
    pub fn swap(&mut self, at: SimTime, used_fraction: f64, shelf: SimTime) {
        self.settle(at);
        let lost_na = self.currents_na[Consumer::SelfDischarge as usize];
        let used_ac = (self.profile.new_mah() * AC_PER_MAH * used_fraction.clamp(0.0, 1.0)).round() as i128;
        self.before_ac = used_ac + i128::from(lost_na) * i128::from(shelf.nanos());
        self.missing_ac = self.before_ac;
        (self.charged_ac, self.unserved_ac, self.used_ac) = (0, 0, [0; 5]);
        (self.charging, self.low, self.made) = (None, [0; 2], at - shelf);
        self.renew(at);
    }

    /// Brings what is not linear in time up to date: the capacity that is left, being full or empty, the voltage that
    /// pulses are paid at. To be called at instants that do not depend on how time is cut.
    pub fn renew(&mut self, at: SimTime) {
        self.settle(at);
        let p = &self.profile;
        let new_ac = p.new_mah() * AC_PER_MAH;
        let years = (at - self.made).as_secs() / (HOURS_PER_YEAR * 3600.0);
        let fade = p.fade_per_year.value * years + p.fade_per_cycle.value * self.charged_ac as f64 / new_ac;
        // A thousandth is nothing, and nothing has to divide by zero.
        self.capacity_ac = (new_ac * (1.0 - fade).max(1e-3)).round() as i128;
        if self.missing_ac < 0 {
            self.charged_ac += self.missing_ac;
            self.missing_ac = 0;
            self.charging = None;
        }
        if self.missing_ac > self.capacity_ac {
            self.unserved_ac += self.missing_ac - self.capacity_ac;
            self.missing_ac = self.capacity_ac;
        }
        self.charging = self.charging.filter(|(_, until)| *until > at);
        let charger_ua = self.charging.map_or(0.0, |_| p.charge_ma.value * 1e3);
        self.supply_v = self.terminal_v(self.currents_na.iter().sum::<i64>() as f64 * 1e-3 - charger_ua);
    }

    /// Tests the battery as the device does: a reading above elective replacement clears both counters, one at or
    /// below it counts towards it, one at or below the end of service counts towards both.
    pub fn test(&mut self, at: SimTime) -> Reading {
        self.renew(at);
        let (volts, p) = (self.supply_v, &self.profile);
        // The counters stop where they tell all that they can, so that the state of a flat battery rests.
        let enough = p.low_readings.value as u32;
        let count = |counted: u32| (counted + 1).min(enough);
        if volts > p.elective_replacement_v.value {
            self.low = [0; 2];
        } else {
            self.low[0] = count(self.low[0]);
            if volts <= p.end_of_service_v.value {
                self.low[1] = count(self.low[1]);
            }
        }
        let [elective_replacement, end_of_service] = self.low.map(|counted| counted >= enough);
        Reading { volts, elective_replacement, end_of_service }
    }

    /// What pulses take from the battery for that charge at the output, aC: charge x rail / (efficiency x voltage of
    /// the battery when last renewed), and the overhead of one pulse.
    pub fn pulse_charge_ac(&self, output_charge_ac: i128, rail_v: f64) -> i128 {
        let p = &self.profile;
        // A heavier load than the cell can bear leaves no voltage; the converter stops pulling below half of EOS.
        let volts = self.supply_v.max(p.end_of_service_v.value / 2.0);
        let needed_ac = output_charge_ac as f64 * rail_v / (p.converter_efficiency.value * volts);
        (needed_ac + p.pulse_overhead_nc.value * 1e9).round() as i128
    }

    /// What is missing as a fraction of the capacity that is left to the cell, 0 to 1.
    pub fn depth_of_discharge(&self) -> f64 {
        (self.missing_ac as f64 / self.capacity_ac as f64).clamp(0.0, 1.0)
    }

    /// Whether all charge is gone. The voltage then stays at the end of the curve, but nothing can be had at it: the
    /// device stops. What is drawn nevertheless is set apart as not served.
    pub fn is_empty(&self) -> bool {
        self.missing_ac >= self.capacity_ac
    }

    /// Whether the charger is on: from the start of a charge until the renewal that finds it over or the cell full.
    pub fn is_charging(&self) -> bool {
        self.charging.is_some()
    }

    /// Open-circuit voltage, V.
    pub fn open_circuit_v(&self) -> f64 {
        self.profile.at_depth(self.depth_of_discharge()).0
    }

    /// Voltage at the terminals under a load in µA, V; a negative load charges.
    pub fn terminal_v(&self, load_ua: f64) -> f64 {
        let (volts, ohm) = self.profile.at_depth(self.depth_of_discharge());
        (volts - load_ua * 1e-6 * ohm).max(0.0)
    }

    /// What a consumer has taken from this cell, aC.
    pub fn used_ac(&self, consumer: Consumer) -> i128 {
        self.used_ac[consumer as usize]
    }

    /// What is missing from a full cell, aC: lost before it was put in, and used, less charged and not served.
    pub fn missing_ac(&self) -> i128 {
        self.missing_ac
    }

    /// What is left, mAh.
    pub fn remaining_mah(&self) -> f64 {
        (self.capacity_ac - self.missing_ac).clamp(0, self.capacity_ac) as f64 / AC_PER_MAH
    }

    /// Whether the ledger balances and everything is within its bounds.
    ///
    /// # Errors
    /// What is wrong, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let sum = self.before_ac + self.used_ac.iter().sum::<i128>() - self.charged_ac - self.unserved_ac;
        if sum != self.missing_ac {
            return Err(format!("the accounts of the battery sum to {sum} aC, not {} aC", self.missing_ac));
        }
        let accounts = [self.before_ac, self.charged_ac, self.unserved_ac];
        if let Some(account) = self.used_ac.iter().chain(&accounts).find(|account| **account < 0) {
            return Err(format!("an account of the battery is {account} aC"));
        }
        let depth = self.depth_of_discharge();
        if !self.supply_v.is_finite() || self.capacity_ac <= 0 || !(0.0..=1.0).contains(&depth) {
            return Err(format!("the battery has {} V, {} aC, depth {depth}", self.supply_v, self.capacity_ac));
        }
        Ok(())
    }

    /// Writes the state, for the digest. Each account is written as the line that it follows reaches back to the
    /// start, which does not depend on when it was last settled.
    pub fn write_state(&self, w: &mut StateWriter) {
        let now = i128::from(self.settled.nanos());
        for ((name, consumer), current_na) in Consumer::ALL.into_iter().zip(self.currents_na) {
            w.charge(name, self.used_ac(consumer) - i128::from(current_na) * now);
            w.signed("current_na", current_na);
        }
        w.charge("before_ac", self.before_ac);
        w.charge("charged_ac", self.charged_ac - self.charged_by(self.settled));
        w.charge("unserved_ac", self.unserved_ac);
        w.charge("capacity_ac", self.capacity_ac);
        w.time("made", Some(self.made));
        w.time("charging_from", self.charging.map(|(from, _)| from));
        w.time("charging_until", self.charging.map(|(_, until)| until));
        w.number("supply_v", self.supply_v);
        self.low.iter().for_each(|counted| w.count("low", u64::from(*counted)));
    }
}
