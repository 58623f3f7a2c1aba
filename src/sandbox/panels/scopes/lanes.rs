//! The scopes that there are: what each shows, and which are shown.

use serde::{Deserialize, Serialize};

use super::groups::{Group, OF_MONTHS, groups};
use crate::record::probe::Probe;
use crate::sandbox::memory::PulseQuantity;
use crate::side::Side;

/// What a scope shows.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The pulses of a side.
    Pulses(PulseQuantity, Side),
    /// Who fired.
    Raster,
    /// Probes.
    Group(Group),
}

/// A scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// What it is known by.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// The unit of its axis.
    pub unit: &'static str,
    /// What it is, in a sentence.
    pub explanation: String,
    /// What it shows.
    pub what: What,
}

/// Those that are shown unless somebody chose otherwise.
const SHOWN: [&str; 8] = [
    "current left",
    "current right",
    "load left",
    "load right",
    "raster",
    "force_n",
    "capacity_fraction",
    "impulse_n_s",
];

/// Every scope there is for some probes, those that are shown by default first.
pub fn lanes(probes: &[Probe]) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for (quantity, key, title, unit, explanation) in [
        (
            PulseQuantity::Current,
            "current",
            "Current",
            "mA",
            "Current through the cathodes as it flowed, mA, cathodic negative; zero between pulses",
        ),
        (
            PulseQuantity::Load,
            "load",
            "Voltage",
            "V",
            "Voltage between the outputs, cathodes less anodes, V: during and shortly after the pulses, \
             where play is slow enough to look at each of them",
        ),
    ] {
        lanes.extend(Side::BOTH.map(|side| Lane {
            key: format!("{key} {}", side.name()),
            title: format!("{title} {}", side.name()),
            unit,
            explanation: explanation.to_string(),
            what: What::Pulses(quantity, side),
        }));
    }
    lanes.push(Lane {
        key: "raster".to_string(),
        title: "Who fired".to_string(),
        unit: "",
        explanation: "Each mark is a motor unit that fired: left above, right below, unit 1 at the bottom of each"
            .to_string(),
        what: What::Raster,
    });
    lanes.extend(groups(probes).into_iter().filter(|group| !OF_MONTHS.contains(&group.key.as_str())).map(|group| {
        let (key, title, explanation) = (group.key.clone(), group.title.clone(), group.explanation.clone());
        Lane { key, title, unit: group.unit, explanation, what: What::Group(group) }
    }));
    lanes.sort_by_key(|lane| SHOWN.iter().position(|key| *key == lane.key).unwrap_or(SHOWN.len()));
    lanes
}

/// What somebody chose about a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Choice {
    key: String,
    shown: bool,
    height: f32,
}

/// Which scopes are shown, and how high.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices(Vec<Choice>);

impl Choices {
    fn of(&self, lane: &Lane) -> Choice {
        let chosen = self.0.iter().find(|choice| choice.key == lane.key).cloned();
        chosen.unwrap_or_else(|| Choice {
            key: lane.key.clone(),
            shown: SHOWN.contains(&lane.key.as_str()),
            height: match lane.what {
                What::Pulses(..) => 58.0,
                What::Raster => 96.0,
                What::Group(_) => 76.0,
            },
        })
    }

    fn change(&mut self, lane: &Lane, change: impl FnOnce(&mut Choice)) {
        let mut choice = self.of(lane);
        change(&mut choice);
        self.0.retain(|other| other.key != lane.key);
        self.0.push(choice);
    }

    /// Whether a scope is shown.
    pub fn shows(&self, lane: &Lane) -> bool {
        self.of(lane).shown
    }

    /// Shows a scope, or hides it.
    pub fn show(&mut self, lane: &Lane, shown: bool) {
        self.change(lane, |choice| choice.shown = shown);
    }

    /// Its height, points.
    pub fn height(&self, lane: &Lane) -> f32 {
        self.of(lane).height
    }

    /// Makes it higher or lower.
    pub fn stretch(&mut self, lane: &Lane, by: f32) {
        self.change(lane, |choice| choice.height = (choice.height + by).clamp(32.0, 600.0));
    }
}
