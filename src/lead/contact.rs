//! A contact of a lead, and the ledger of every charge that went through it.

use bevy::ecs::component::Component;

use crate::lead::conductor::TERMINALS;
use crate::record::digest::StateWriter;

/// Charge through one contact since the start, in whole attocoulombs, so that the sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What the stimulating phases were told to carry, without sign.
    pub commanded_ac: i128,
    /// What converter and timer made of it.
    pub quantised_ac: i128,
    /// The part of that which did not flow: an open circuit, or more than the compliance voltage can push.
    pub withheld_ac: i128,
    /// The part of it that flowed, without sign.
    pub delivered_ac: i128,
    /// What flowed in stimulating phases, with its sign.
    pub stimulus_ac: i128,
    /// What flowed in all other phases and between pulses, with its sign.
    pub recovered_ac: i128,
    /// What flowed past the contact, through damaged insulation or into another conductor, with its sign.
    pub leaked_ac: i128,
    /// What is left on the contact.
    pub residual_ac: i128,
}

impl Ledger {
    /// Enters what a pulse was told to carry, and what converter and timer made of that; without sign.
    pub fn tell(&mut self, commanded_ac: i128, quantised_ac: i128) {
        self.commanded_ac += commanded_ac;
        self.quantised_ac += quantised_ac;
        self.withheld_ac += quantised_ac;
    }

    /// Enters what flowed in a stimulating phase.
    pub fn stimulate(&mut self, charge_ac: i128) {
        self.delivered_ac += charge_ac.abs();
        self.withheld_ac -= charge_ac.abs();
        self.stimulus_ac += charge_ac;
        self.residual_ac += charge_ac;
    }

    /// Enters what flowed in another phase or between pulses.
    pub fn recover(&mut self, charge_ac: i128) {
        self.recovered_ac += charge_ac;
        self.residual_ac += charge_ac;
    }

    /// Enters what flowed past the contact.
    pub fn leak(&mut self, charge_ac: i128) {
        self.leaked_ac += charge_ac;
    }

    /// Whether it balances: what was made flowed or was withheld, and what flowed came back or is left.
    ///
    /// # Errors
    /// Which account does not close, with its figures.
    pub fn check(&self) -> Result<(), String> {
        if self.quantised_ac != self.delivered_ac + self.withheld_ac {
            return Err(format!(
                "quantised {} aC is not delivered {} + withheld {} aC",
                self.quantised_ac, self.delivered_ac, self.withheld_ac
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
        for (name, charge_ac) in [
            ("commanded_ac", self.commanded_ac),
            ("quantised_ac", self.quantised_ac),
            ("withheld_ac", self.withheld_ac),
            ("recovered_ac", self.recovered_ac),
            ("leaked_ac", self.leaked_ac),
            ("residual_ac", self.residual_ac),
        ] {
            w.charge(name, charge_ac);
        }
    }
}

/// Where metal meets tissue: a double layer, and beside it a charge transfer that a current makes easier.
///
/// Mayer, Geddes and others 1992 measured the conductance of platinum against current density and gave it as a
/// parabola, c₀ + c₁ J + c₂ J²; we use it up to its top, and its top beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interface {
    /// Area that is wetted, cm².
    pub area_cm2: f64,
    /// Capacitance of the double layer, F/cm².
    pub double_layer_f_per_cm2: f64,
    /// Conductance of charge transfer, S/cm², against the density of cathodic current, A/cm²: c₀, c₁, c₂.
    pub cathodic: [f64; 3],
    /// The same for anodic current.
    pub anodic: [f64; 3],
}

impl Interface {
    /// Capacitance, F.
    pub fn double_layer_f(&self) -> f64 {
        self.double_layer_f_per_cm2 * self.area_cm2
    }

    /// Conductance of charge transfer under a current, A, cathodic negative; S.
    pub fn transfer_s(&self, current_a: f64) -> f64 {
        let [c0, c1, c2] = if current_a < 0.0 { self.cathodic } else { self.anodic };
        let top = if c2 < 0.0 { -c1 / (2.0 * c2) } else { f64::INFINITY };
        let density = (current_a.abs() / self.area_cm2).min(top);
        (c0 + c1 * density + c2 * density * density) * self.area_cm2
    }
}

/// A contact of a lead: a ring, or the case of the generator as the return of that lead.
#[derive(Clone, Debug, PartialEq, Component)]
pub struct Contact {
    /// Its index among [`CONTACT_NAMES`](crate::device::pulse::CONTACT_NAMES).
    pub index: usize,
    /// Resistance of its conductor, Ω.
    pub conductor_ohm: f64,
    /// Resistance from the contact to far away in the tissue on the day of the implant, Ω.
    pub access_ohm: f64,
    /// What encapsulation has added to that, Ω.
    pub encapsulation_ohm: f64,
    /// Its surface.
    pub interface: Interface,
    /// The part of its surface that corrosion has left, 0 to 1.
    pub intact: f64,
    /// Every charge that went through it.
    pub ledger: Ledger,
}

impl Contact {
    /// Resistance from the generator's terminal to far away in the tissue, Ω. Access resistance goes as one over the
    /// surface that is left.
    pub fn resistance_ohm(&self) -> f64 {
        self.conductor_ohm + self.access_ohm / self.intact + self.encapsulation_ohm
    }

    /// The surface that is left.
    pub fn surface(&self) -> Interface {
        Interface { area_cm2: self.interface.area_cm2 * self.intact, ..self.interface }
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        self.ledger.write_state(w);
        w.number("encapsulation_ohm", self.encapsulation_ohm);
        w.number("intact", self.intact);
    }
}

/// A charge and what was left of those before it in whole attocoulombs; what is left now stays.
pub(super) fn round_off(charge_ac: f64, left_ac: &mut f64) -> i128 {
    let whole = (charge_ac + *left_ac).round();
    *left_ac += charge_ac - whole;
    whole as i128
}

/// The share of a contact, to a part in 8192, so that pulses that are nearly alike recruit alike.
pub(super) fn share(charge_ac: i128, whole_ac: i128) -> f64 {
    const DIGITS: f64 = (1 << 13) as f64;
    if whole_ac == 0 { 0.0 } else { (charge_ac as f64 / whole_ac as f64 * DIGITS).round() / DIGITS }
}

/// Divides a whole number among the cathodes, and its opposite among the anodes, by their shares. The running sums are
/// rounded, so that each group sums to the whole and no part has the wrong sign.
pub(super) fn divide_whole(whole: i128, shares: &[f64; TERMINALS]) -> [i128; TERMINALS] {
    let mut parts = [0; TERMINALS];
    for sign in [1.0, -1.0] {
        let group = || (0..TERMINALS).filter(|&i| shares[i] * sign > 0.0);
        let (mut share, mut given) = (0.0, 0);
        for i in group() {
            share += shares[i] * sign;
            let is_last = group().next_back() == Some(i);
            let due = if is_last { whole } else { (whole as f64 * share.min(1.0)).round() as i128 };
            parts[i] = (due - given) * sign as i128;
            given = due;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_divided_charges_sum_to_the_whole() {
        let parts = divide_whole(-1_000_003, &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, -0.25, -0.75]);
        assert_eq!(parts[..3].iter().sum::<i128>(), -1_000_003);
        assert_eq!(parts.iter().sum::<i128>(), 0);
        for whole in [1, 2, 3, 5, 7] {
            let parts = divide_whole(whole, &[0.25, 0.25, 0.25, 0.25, -1.0]);
            assert!(parts[..4].iter().all(|part| *part >= 0), "{parts:?}");
        }
    }
}
