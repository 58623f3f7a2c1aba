//! What can be wrong with a lead.

use crate::device::pulse::{CASE, CONTACT_NAMES, Contacts};
use crate::lead::conductor::TERMINALS;
use crate::lead::contact::Contact;
use crate::record::digest::StateWriter;

/// What happens to a lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeadCommand {
    /// The connector comes off: no conductor reaches the generator.
    Disconnect,
    /// The conductor of a contact breaks.
    Break(usize),
    /// Its ends touch again.
    Mend(usize),
    /// Resistance appears in series with each conductor, Ω, as of a corroded connector.
    Series(f64),
    /// Two conductors touch, with a resistance, Ω.
    Short(usize, usize, f64),
    /// The insulation of a conductor lets current out into the tissue, through a resistance, Ω.
    InsulationLeak(usize, f64),
    /// Corrosion leaves that part of a contact's surface, 0 to 1.
    Corrode(usize, f64),
    /// The lead has moved, mm: along itself towards its tip, and away from the nerve.
    Migrate {
        /// Towards the tip.
        along_mm: f64,
        /// Away from the nerve.
        across_mm: f64,
    },
    /// The lead is replaced, in its old place.
    Replace,
}

/// What is wrong with a lead.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadFaults {
    disconnected: bool,
    broken: Contacts,
    series_ohm: f64,
    shorts: Vec<(usize, usize, f64)>,
    leak_ohm: [Option<f64>; TERMINALS],
    migrated_mm: (f64, f64),
    corroded: [Option<f64>; TERMINALS],
}

impl LeadFaults {
    /// Something happens to the lead.
    pub fn apply(&mut self, command: LeadCommand) {
        match command {
            LeadCommand::Disconnect => self.disconnected = true,
            LeadCommand::Break(contact) => self.broken = self.broken.with(contact),
            LeadCommand::Mend(contact) => self.broken = self.broken.without(contact),
            LeadCommand::Series(ohm) => self.series_ohm = ohm,
            LeadCommand::Short(a, b, ohm) => {
                self.shorts.retain(|&(other_a, other_b, _)| (other_a, other_b) != (a, b));
                self.shorts.push((a, b, ohm));
            }
            LeadCommand::InsulationLeak(contact, ohm) => self.leak_ohm[contact] = Some(ohm),
            LeadCommand::Corrode(contact, intact) => self.corroded[contact] = Some(intact),
            LeadCommand::Migrate { along_mm, across_mm } => {
                self.migrated_mm = (self.migrated_mm.0 + along_mm, self.migrated_mm.1 + across_mm);
            }
            LeadCommand::Replace => *self = Self::default(),
        }
    }

    /// Conductance from the generator's output through a contact to far away, S; 0 where it is cut off.
    pub fn series_s(&self, k: usize, contact: &Contact) -> f64 {
        if self.broken.contains(k) || self.disconnected && k != CASE {
            return 0.0;
        }
        1.0 / (contact.resistance_ohm() + if k == CASE { 0.0 } else { self.series_ohm })
    }

    /// Conductance through the insulation of a conductor, S.
    pub fn leak_s(&self, k: usize) -> f64 {
        if self.disconnected { 0.0 } else { self.leak_ohm[k].map_or(0.0, |ohm| 1.0 / ohm) }
    }

    /// Conductances between conductors, S.
    pub fn shorts(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        self.shorts.iter().filter(|_| !self.disconnected).map(|&(a, b, ohm)| (a, b, 1.0 / ohm))
    }

    /// Whether current can go to or from a conductor that is not switched to anything.
    pub fn concerns(&self, k: usize) -> bool {
        self.leak_s(k) > 0.0 || self.shorts().any(|(a, b, _)| a == k || b == k)
    }

    /// The part of a contact's surface that corrosion has left.
    pub fn intact(&self, k: usize) -> f64 {
        self.corroded[k].unwrap_or(1.0)
    }

    /// How far the lead has moved, mm: towards its tip, and away from the nerve.
    pub fn migrated_mm(&self) -> (f64, f64) {
        self.migrated_mm
    }

    /// What the lead is like, in words.
    pub fn describe(&self) -> String {
        let mut words = Vec::new();
        if self.disconnected {
            words.push("disconnected".to_string());
        }
        words.extend(self.broken.indices().map(|k| format!("{} broken", CONTACT_NAMES[k])));
        if self.series_ohm > 0.0 {
            words.push(format!("{} Ω in series", self.series_ohm));
        }
        for &(a, b, ohm) in &self.shorts {
            words.push(format!("{} and {} touch through {ohm} Ω", CONTACT_NAMES[a], CONTACT_NAMES[b]));
        }
        for ((name, leak_ohm), corroded) in CONTACT_NAMES.iter().zip(self.leak_ohm).zip(self.corroded) {
            words.extend(leak_ohm.map(|ohm| format!("{name} leaks through {ohm} Ω")));
            words.extend(corroded.map(|intact| format!("{name} has {} % of its surface", intact * 100.0)));
        }
        if self.migrated_mm != (0.0, 0.0) {
            words.push(format!("moved by {} mm along and {} mm across", self.migrated_mm.0, self.migrated_mm.1));
        }
        if words.is_empty() { "intact".to_string() } else { words.join(", ") }
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.flag("disconnected", self.disconnected);
        w.count("broken", u64::from(self.broken.bits()));
        w.number("series_ohm", self.series_ohm);
        for &(a, b, ohm) in &self.shorts {
            w.numbers("short", &[a as f64, b as f64, ohm]);
        }
        w.numbers("leak_ohm", &self.leak_ohm.map(Option::unwrap_or_default));
        w.numbers("intact", &std::array::from_fn::<_, TERMINALS, _>(|k| self.intact(k)));
        w.numbers("migrated_mm", &[self.migrated_mm.0, self.migrated_mm.1]);
    }
}
