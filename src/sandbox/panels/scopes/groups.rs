//! Which probes share a scope: those that measure the same, whoever they are of. The unit is in the name, so a new
//! quantity finds its scope by itself.

use crate::record::probe::Probe;
use crate::side::Side;

/// Endings of names, their units, and what turns a value into that unit; the longest that fits counts.
const UNITS: [(&str, &str, f64); 15] = [
    ("n_s", "N·s", 1.0),
    ("fraction", "%", 100.0),
    ("count", "", 1.0),
    ("code", "", 1.0),
    ("mah", "mAh", 1.0),
    ("ma", "mA", 1.0),
    ("na", "nA", 1.0),
    ("uc", "µC", 1.0),
    ("ohm", "Ω", 1.0),
    ("mv", "mV", 1.0),
    ("mm", "mm", 1.0),
    ("hz", "Hz", 1.0),
    ("v", "V", 1.0),
    ("n", "N", 1.0),
    ("s", "s", 1.0),
];

/// What people call a quantity where its name does not say it well, and what it is.
const TITLES: [(&str, &str, &str); 20] = [
    ("force_n", "Force", "Force of the muscle of a side, N"),
    ("capacity_fraction", "Capacity", "What fatigue has left of each unit's force, on average, % of rested"),
    ("impulse_n_s", "Dose", "Force-time integral since the start, N·s: what the muscle was trained with"),
    ("max_force_n", "Tetanic force", "Force in full tetanus without fatigue, N"),
    ("recruited_fraction", "Recruited", "Motor units that the last pulse fired, % of all"),
    ("pulses_count", "Pulses", "Pulses since the start"),
    ("amplitude_ma", "Amplitude", "Amplitude of the program, mA"),
    ("commanded_uc", "Commanded charge", "Charge commanded in stimulating phases since the start, µC"),
    ("delivered_uc", "Delivered charge", "Charge that flowed in stimulating phases since the start, µC"),
    ("residual_uc", "Residual charge", "Charge left on the cathodes, µC"),
    ("size_fraction", "Size", "Size of the muscle, % of a healthy one"),
    ("drive_fraction", "Drive", "Neural drive, % of a healthy one"),
    ("inhibition_fraction", "Inhibition", "Arthrogenic inhibition, %"),
    ("strength_fraction", "Strength", "Voluntary strength: size times drive, % of a healthy one"),
    ("type_i_fraction", "Type I fibres", "Share of type I fibres, %"),
    ("fat_fraction", "Fat", "Share of fat in the muscle, %"),
    ("battery_v", "Battery voltage", "Voltage of the battery at rest, V"),
    ("battery_mah", "Battery charge", "Charge that the battery has left, mAh"),
    ("clock_ahead_s", "Clock error", "How far the device's clock is ahead of true time, s"),
    ("state_code", "Device state", "What the device is doing: the place in the list of its states"),
];

/// Quantities that months change: they have a strip of their own.
pub const OF_MONTHS: [&str; 5] =
    ["size_fraction", "drive_fraction", "inhibition_fraction", "strength_fraction", "fat_fraction"];

/// Quantities that are drawn from the pulses themselves.
const OF_PULSES: [&str; 2] = ["current_ma", "load_v"];

/// A trace of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The place among the probes.
    pub probe: usize,
    /// Its side; none for the device.
    pub side: Option<Side>,
    /// What it is of, where it is of a part: `E0`, `unit_12`.
    pub part: Option<String>,
    /// Its place among the traces of its side.
    pub variant: usize,
}

impl Trace {
    /// `left`, `right E0`, `device`.
    pub fn name(&self) -> String {
        let side = self.side.map_or("device", Side::name);
        self.part.as_ref().map_or(side.to_string(), |part| format!("{side} {}", part.replace('_', " ")))
    }
}

/// Probes that share a scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the group is known by.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it is, in a sentence.
    pub explanation: String,
    /// The unit that is shown.
    pub unit: &'static str,
    /// What a value is multiplied with to be in that unit.
    pub scale: f64,
    /// The traces.
    pub traces: Vec<Trace>,
}

/// The groups of some probes, in the order in which they come.
pub fn groups(probes: &[Probe]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, probe) in probes.iter().enumerate() {
        let parts: Vec<&str> = probe.name.split('.').collect();
        let quantity = parts[parts.len() - 1];
        let part = (parts.len() > 2).then(|| parts[1].to_string());
        let side = parts.first().and_then(|first| Side::BOTH.into_iter().find(|side| side.name() == *first));
        if part.is_none() && OF_PULSES.contains(&quantity) {
            continue;
        }
        let kind = part.as_ref().map(|part| if part.starts_with("unit") { "unit" } else { "contact" });
        let key = kind.map_or(quantity.to_string(), |kind| format!("{kind} {quantity}"));
        let place = groups.iter().position(|group| group.key == key).unwrap_or_else(|| {
            groups.push(group(key, quantity, kind));
            groups.len() - 1
        });
        let traces = &mut groups[place].traces;
        let variant = traces.iter().filter(|trace| trace.side == side).count();
        traces.push(Trace { probe: index, side, part, variant });
    }
    groups
}

fn group(key: String, quantity: &str, kind: Option<&str>) -> Group {
    let ending = |ending: &str| quantity == ending || quantity.ends_with(&format!("_{ending}"));
    let (suffix, unit, scale) = UNITS.into_iter().find(|(suffix, ..)| ending(suffix)).unwrap_or(("", "", 1.0));
    let words = quantity.strip_suffix(suffix).unwrap_or(quantity).replace('_', " ");
    let known = TITLES.iter().find(|(known, ..)| *known == quantity && kind.is_none());
    let (title, explanation) = match (known, kind) {
        (Some((_, title, explanation)), _) => (title.to_string(), explanation.to_string()),
        (None, kind) => {
            let all = format!("{} {}", kind.unwrap_or_default(), words.trim());
            let title = capitalised(all.trim());
            let explanation = format!("{title}, as the probe {quantity} shows it");
            (title, explanation)
        }
    };
    Group { key, title, explanation, unit, scale, traces: Vec::new() }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_new_quantity_finds_its_scope() {
        let mut probes: Vec<Probe> = ["left.force_n", "right.force_n", "left.E0.residual_uc", "left.current_ma"]
            .iter()
            .map(|name| Probe::parse(name, 120).unwrap())
            .collect();
        probes.push(Probe { name: "right.blood_flow_ml_hz".to_string(), ..probes[1].clone() });
        let groups = groups(&probes);
        let seen: Vec<_> = groups.iter().map(|g| (g.title.as_str(), g.unit, g.traces.len())).collect();
        assert_eq!(seen, [("Force", "N", 2), ("Contact residual", "µC", 1), ("Blood flow ml", "Hz", 1)]);
        assert_eq!(groups[1].traces[0].name(), "left E0");
        assert_eq!(groups[2].traces[0].side, Some(Side::Right));
    }
}
