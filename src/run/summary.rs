//! What a run came to: `summary.json`. `docs/results.md` tells what every key means.

use serde::Serialize;

use crate::command::Command;
use crate::device::pulse::{CONTACT_NAMES, microcoulombs};
use crate::expect::verdict::Verdict;
use crate::lead::contact::Ledger;
use crate::nerve::recruitment::Speed;
use crate::nerve::surrogate::Accuracy;
use crate::record::events::{EventLog, Examination};
use crate::record::probe::SideView;
use crate::record::recorder::Recorder;
use crate::run::device::DeviceSummary;
use crate::scenario::Scenario;
use crate::side::Side;
use crate::sim::{PatientEntities, Simulation};
use crate::source::{Figure, Source};
use crate::time::SimTime;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// `stimtwin` and its version.
    pub program: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The patient, the device and the implant, by name.
    pub patient: String,
    /// See `patient`.
    pub device: String,
    /// See `patient`.
    pub implant: String,
    /// Simulated time, s.
    pub simulated_s: f64,
    /// The digest of all state over the whole run.
    pub digest: String,
    /// Whole seconds that the digest has folded.
    pub digested_seconds: u64,
    /// Sessions that took place.
    pub sessions: u64,
    /// Events written to `events.jsonl`.
    pub events: u64,
    /// The device at the end.
    pub device_at_end: DeviceSummary,
    /// The limits of safety that were in force, with where each comes from: on record, because a profile can move them.
    pub limits: Vec<LimitInForce>,
    /// The patient's left.
    pub left: SideSummary,
    /// The patient's right.
    pub right: SideSummary,
    /// The tests of the clinic, in the order of time.
    pub clinic: Vec<Examination>,
    /// What no publication supports, and this run rests on.
    pub hypotheses: Vec<Hypothesis>,
    /// What the scenario expects of the run, and what came of it.
    pub expectations: Vec<Verdict>,
}

/// A limit of safety.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitInForce {
    /// Its name.
    pub limit: &'static str,
    /// Its figure, with its source.
    #[serde(flatten)]
    pub figure: Figure,
}

/// What a run came to on one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideSummary {
    /// Pulses put out.
    pub pulses: u64,
    /// Charge through the source.
    #[serde(flatten)]
    pub charge: Charge,
    /// Charge through each contact.
    pub contacts: Vec<ContactCharge>,
    /// Trains: contractions with a rest of more than a second between them.
    pub trains: u64,
    /// Motor units that the pulse that fired most fired, as a fraction.
    pub recruited_fraction: f64,
    /// Motor units that the last pulse fired, as a fraction.
    pub recruited_last_fraction: f64,
    /// Afferents that the pulse that fired most of them fired, as a fraction: what the patient may have felt.
    pub afferents_fraction: f64,
    /// How thresholds were found, and how far they are off.
    pub thresholds: Thresholds,
    /// The amplitude that the device has in the end, mA.
    pub amplitude_ma: f64,
    /// The largest force felt, N.
    pub peak_force_n: f64,
    /// Mean force during trains, N; null if there was none.
    pub mean_force_n: Option<f64>,
    /// (largest − smallest)/mean force between pulses of steady trains; null if there was none.
    pub ripple: Option<f64>,
    /// Force-time integral, N·s.
    pub impulse_n_s: f64,
    /// The largest part of the pool's capacity that fatigue took away, as a fraction.
    pub tired_fraction: f64,
    /// Force in full tetanus without fatigue, N, at the start and at the end.
    pub max_force_n: Change,
    /// Size of the muscle, relative to a healthy one.
    pub size_fraction: Change,
    /// Neural drive, relative to a healthy one.
    pub drive_fraction: Change,
    /// Arthrogenic inhibition.
    pub inhibition_fraction: Change,
    /// Voluntary strength, relative to a healthy one: size times drive.
    pub strength_fraction: Change,
    /// Fraction of type I fibres.
    pub type_i_fraction: Change,
    /// Fraction of fat.
    pub fat_fraction: Change,
}

/// How it was found out whom a pulse fires.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// `exact`: the axon itself; `fast`: a surrogate of it; `guess`: a table, within a factor of two.
    pub speed: &'static str,
    /// The worst of the surrogates that were used, on fibres that it was not made with; null where none was.
    pub surrogate: Option<Accuracy>,
}

/// A quantity at the start and at the end of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// At the start.
    pub start: f64,
    /// At the end.
    pub end: f64,
}

/// Charge since the start, µC.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Charge {
    /// What stimulating phases were told to carry.
    pub commanded_uc: f64,
    /// What converter and timer made of it.
    pub quantised_uc: f64,
    /// The part of that which flowed.
    pub delivered_uc: f64,
    /// The part of it that did not.
    pub withheld_uc: f64,
    /// What flowed back, signed: against a cathodic stimulus it is positive.
    pub recovered_uc: f64,
    /// What flowed past the contacts, through damaged insulation or into other conductors, signed.
    pub leaked_uc: f64,
    /// What is left on the contacts, signed.
    pub residual_uc: f64,
}

/// Charge through one contact.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactCharge {
    /// Its name.
    pub contact: &'static str,
    /// The charge.
    #[serde(flatten)]
    pub charge: Charge,
}

/// A figure that is a hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hypothesis {
    /// Which figure.
    pub figure: String,
    /// Its value.
    pub value: f64,
    /// The coefficient of variation of its prior.
    pub cv: f64,
    /// What is assumed, and what speaks for it.
    pub why: String,
}

impl Charge {
    fn of(ledger: &Ledger) -> Self {
        Self {
            commanded_uc: microcoulombs(ledger.commanded_ac),
            quantised_uc: microcoulombs(ledger.quantised_ac),
            delivered_uc: microcoulombs(ledger.delivered_ac),
            withheld_uc: microcoulombs(ledger.withheld_ac),
            recovered_uc: microcoulombs(ledger.recovered_ac),
            leaked_uc: microcoulombs(ledger.leaked_ac),
            residual_uc: microcoulombs(ledger.residual_ac),
        }
    }
}

impl Summary {
    /// What a simulation has come to.
    pub fn of(scenario: &Scenario, simulation: &Simulation, events: u64) -> Self {
        let digest = simulation.digest();
        let patient = &simulation.roster().patients()[0];
        let generator = simulation.generator();
        let side = |side| SideSummary::of(scenario, simulation, patient, side);
        Self {
            program: format!("stimtwin {}", env!("CARGO_PKG_VERSION")),
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            patient: scenario.patient.name.clone(),
            device: scenario.device.name.clone(),
            implant: scenario.implant.name.clone(),
            simulated_s: simulation.now().as_secs(),
            digest: digest.to_string(),
            digested_seconds: digest.seconds(),
            sessions: generator.sessions(),
            events,
            device_at_end: DeviceSummary::of(generator, simulation.now()),
            limits: scenario
                .device
                .limits
                .figures()
                .into_iter()
                .map(|(limit, figure)| LimitInForce { limit, figure: figure.clone() })
                .collect(),
            left: side(Side::Left),
            right: side(Side::Right),
            clinic: simulation.world().resource::<EventLog>().examinations().to_vec(),
            hypotheses: hypotheses(scenario, simulation),
            expectations: Vec::new(),
        }
    }
}

impl Summary {
    /// A summary of a simulation at its start with every key that it may have at the end: the tests of the clinic that
    /// the timeline has are in it, done now, and a surrogate where one may come to be used.
    pub fn foreseen(scenario: &Scenario, simulation: &Simulation) -> Self {
        let view = simulation.side(Side::Left);
        let muscles = view.muscles_at(simulation.now());
        let mut log = EventLog::default();
        for timed in &scenario.timeline {
            if let Command::Examine(test) = timed.command {
                log.examined(timed.at, test.examine(view.spine, &muscles));
            }
        }
        let mut summary = Self { clinic: log.examinations().to_vec(), ..Self::of(scenario, simulation, 0) };
        if scenario.thresholds == Speed::Fast {
            let none = Accuracy { made_with: 0, tried_on: 0, rms_error: 0.0, largest_error: 0.0 };
            for side in [&mut summary.left, &mut summary.right] {
                side.thresholds.surrogate.get_or_insert(none);
            }
        }
        summary
    }

    /// As `summary.json` says it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a summary is plain values with text keys")
    }
}

impl SideSummary {
    fn of(scenario: &Scenario, simulation: &Simulation, patient: &PatientEntities, side: Side) -> Self {
        let view = SideView::of(simulation.world(), patient, side);
        let (lead, contacts) = view.settled(simulation.now());
        let mut pool = view.pool.clone();
        pool.settle(simulation.now());
        let (start, end) = (view.multifidus.start(), view.multifidus.state());
        let pulled_s = pool.gauge().pulled.as_secs();
        Self {
            pulses: view.generator.pulses(side),
            charge: Charge::of(lead.source()),
            contacts: contacts
                .iter()
                .map(|contact| ContactCharge {
                    contact: CONTACT_NAMES[contact.index],
                    charge: Charge::of(&contact.ledger),
                })
                .collect(),
            trains: pool.gauge().trains,
            recruited_fraction: view.nerve.recruited_most_fraction(),
            recruited_last_fraction: view.nerve.recruited_fraction(),
            afferents_fraction: view.nerve.felt_most_fraction(),
            thresholds: Thresholds { speed: view.nerve.speed().name(), surrogate: view.nerve.accuracy() },
            amplitude_ma: view.generator.program().sides[side].amplitude_na as f64 / 1e6,
            peak_force_n: pool.gauge().peak_n,
            mean_force_n: (pool.gauge().pulled > SimTime::ZERO).then(|| pool.impulse_n_s() / pulled_s),
            ripple: pool.gauge().ripple(),
            impulse_n_s: pool.impulse_n_s(),
            tired_fraction: pool.gauge().tired,
            max_force_n: Change { start: scenario.muscle.max_force_n.value * start.size, end: pool.max_force_n() },
            size_fraction: Change { start: start.size, end: end.size },
            drive_fraction: Change { start: start.drive, end: end.drive },
            inhibition_fraction: Change { start: start.inhibition, end: end.inhibition },
            strength_fraction: Change { start: start.size * start.drive, end: end.size * end.drive },
            type_i_fraction: Change { start: start.type_i_fraction, end: end.type_i_fraction },
            fat_fraction: Change { start: start.fat_fraction, end: end.fat_fraction },
        }
    }
}

/// Every figure of the run's profiles that is a hypothesis; of the spine only where somebody looks at it, for nothing
/// else in a run rests on it.
fn hypotheses(scenario: &Scenario, simulation: &Simulation) -> Vec<Hypothesis> {
    let examines = scenario.timeline.iter().any(|timed| matches!(timed.command, Command::Examine(_)));
    let reads_spine = examines || simulation.world().resource::<Recorder>().reads_spine();
    let Scenario { rates, patient, nerve, muscle, implant, device, spine, .. } = scenario;
    let of_sides = Side::BOTH.into_iter().flat_map(|side| {
        let condition = &patient.sides[side];
        [
            ("size", &condition.size),
            ("drive", &condition.drive),
            ("inhibition", &condition.inhibition),
            ("type_i_fraction", &condition.type_i_fraction),
            ("fat_fraction", &condition.fat_fraction),
        ]
        .map(|(name, figure)| (format!("patient.{}.{name}", side.name()), figure))
    });
    let named = |profile: &str, figures: &[(&str, &'_ Figure)]| -> Vec<(String, Figure)> {
        figures.iter().map(|(name, figure)| (format!("{profile}.{name}"), Figure::clone(figure))).collect()
    };
    let of_profiles = [
        named("adaptation", &rates.figures()),
        named("patient", &[("activity", &patient.activity)]),
        of_sides.map(|(name, figure)| (name, figure.clone())).collect(),
        named("nerve", &nerve.figures()),
        named("muscle", &muscle.figures()),
        if reads_spine { named("spine", &spine.figures()) } else { Vec::new() },
        named("implant", &implant.figures()),
        named("device", &device.figures()),
    ];
    let hypothesis = |(figure, Figure { value, source }): (String, Figure)| match source {
        Source::Hypothesis { cv, why } => Some(Hypothesis { figure, value, cv, why }),
        _ => None,
    };
    of_profiles.into_iter().flatten().filter_map(hypothesis).collect()
}
