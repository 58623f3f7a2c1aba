//! A contact of a lead, and the ledger of every charge that went through it.

use bevy::ecs::component::Component;

use crate::device::pulse::Phase;
use crate::record::digest::StateWriter;

/// Charge through one contact since the start, in whole attocoulombs, so that the sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What the stimulating phases were told to carry, without sign.
    pub commanded_ac: i128,
    /// The part of it that did not flow: an open circuit, or more than the compliance voltage can push.
    pub withheld_ac: i128,
    /// The part of it that flowed, without sign.
    pub delivered_ac: i128,
    /// What flowed in stimulating phases, with its sign.
    pub stimulus_ac: i128,
    /// What flowed back in recharge phases and through the shorted terminals, with its sign.
    pub recovered_ac: i128,
    /// What is left on the contact.
    pub residual_ac: i128,
}

impl Ledger {
    /// What one pulse enters: the stimulating phase as told and as it flowed, and the recharge phase as it flowed.
    pub fn entry(told: Phase, stimulus: Phase, recharge: Phase) -> Self {
        let (told_ac, stimulus_ac, recharge_ac) = (told.charge_ac(), stimulus.charge_ac(), recharge.charge_ac());
        Self {
            commanded_ac: told_ac.abs(),
            withheld_ac: told_ac.abs() - stimulus_ac.abs(),
            delivered_ac: stimulus_ac.abs(),
            stimulus_ac,
            recovered_ac: recharge_ac,
            residual_ac: stimulus_ac + recharge_ac,
        }
    }

    /// Adds an entry to every account, `count` times.
    pub fn enter(&mut self, entry: &Self, count: i64) {
        let count = i128::from(count);
        self.commanded_ac += entry.commanded_ac * count;
        self.withheld_ac += entry.withheld_ac * count;
        self.delivered_ac += entry.delivered_ac * count;
        self.stimulus_ac += entry.stimulus_ac * count;
        self.recovered_ac += entry.recovered_ac * count;
        self.residual_ac += entry.residual_ac * count;
    }

    /// Enters charge that flows back.
    pub fn recover(&mut self, charge_ac: i128) {
        self.recovered_ac += charge_ac;
        self.residual_ac += charge_ac;
    }

    /// Whether it balances: what was told flowed or was withheld, and what flowed came back or is left.
    ///
    /// # Errors
    /// Which account does not close, with its figures.
    pub fn check(&self) -> Result<(), String> {
        if self.commanded_ac != self.delivered_ac + self.withheld_ac {
            return Err(format!(
                "commanded {} aC is not delivered {} + withheld {} aC",
                self.commanded_ac, self.delivered_ac, self.withheld_ac
            ));
        }
        if self.residual_ac != self.stimulus_ac + self.recovered_ac {
            return Err(format!(
                "residual {} aC is not stimulus {} + recovered {} aC",
                self.residual_ac, self.stimulus_ac, self.recovered_ac
            ));
        }
        Ok(())
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.charge("commanded_ac", self.commanded_ac);
        w.charge("withheld_ac", self.withheld_ac);
        w.charge("recovered_ac", self.recovered_ac);
        w.charge("residual_ac", self.residual_ac);
    }
}

/// A contact of a lead: a ring, or the case of the generator as the return of that lead.
#[derive(Clone, Debug, PartialEq, Component)]
pub struct Contact {
    /// Its index among [`CONTACT_NAMES`](crate::device::pulse::CONTACT_NAMES).
    pub index: usize,
    /// Resistance from the generator's terminal to far away in the tissue, Ω: conductor and access.
    pub resistance_ohm: f64,
    /// Every charge that went through it.
    pub ledger: Ledger,
}
