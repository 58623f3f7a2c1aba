//! The scenario: a therapy written in a file, in RON or JSON, read with all of its mistakes reported at once.
//!
//! `docs/scenario.md` describes the file for its authors.

pub mod battery;
pub mod commands;
pub mod compose;
pub mod convert;
pub mod device;
pub mod expectations;
pub mod force;
pub mod forms;
pub mod library;
pub mod problem;
pub mod profiles;
pub mod program;
mod raw;
pub mod reader;
pub mod schema;
mod spine;
pub mod timeline;
pub mod tree;
pub mod write;

use std::path::Path;
use std::sync::Arc;

use crate::adaptation::multifidus::AdaptationRates;
use crate::adaptation::patient::PatientProfile;
use crate::command::TimedCommand;
use crate::device::profile::DeviceProfile;
use crate::device::program::Program;
use crate::expect::Expectation;
use crate::lead::implant::ImplantProfile;
use crate::muscle::choice::Choice;
use crate::muscle::profile::MuscleProfile;
use crate::nerve::profile::NerveProfile;
use crate::nerve::recruitment::Speed;
use crate::record::probe::Recording;
use crate::scenario::expectations::{Around, read_expectations};
use crate::scenario::force::{Muscles, read_choices};
use crate::scenario::library::{Kind, Shelf, load, read_from};
use crate::scenario::program::{Maker, read_default, read_program};
use crate::scenario::reader::{Fields, Node, Problem};
use crate::scenario::timeline::{read_recordings, read_timeline};
use crate::scenario::write::WrittenProgram;
use crate::side::BySide;
use crate::spine::profile::SpineProfile;
use crate::time::{DayClock, LONGEST, SimTime};

/// How long before the start the leads were implanted, unless the scenario says: therapy begins some 14 days after the
/// implant (NICE IPG739).
const DEFAULT_IMPLANTED_BEFORE: SimTime = SimTime::from_secs(14 * 86_400);

/// Everything that a run is a function of.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file that it was read from, as the user named it.
    pub file: String,
    /// What it is called.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// What the random draws are a function of.
    pub seed: u64,
    /// The clock at its start.
    pub clock: DayClock,
    /// How long it lasts.
    pub duration: SimTime,
    /// Who is treated.
    pub patient: PatientProfile,
    /// The patient's nerve.
    pub nerve: NerveProfile,
    /// The patient's muscle.
    pub muscle: MuscleProfile,
    /// The model that it contracts by on each side.
    pub models: BySide<Choice>,
    /// How the muscle adapts.
    pub rates: Arc<AdaptationRates>,
    /// The patient's spine.
    pub spine: Arc<SpineProfile>,
    /// What stimulates.
    pub device: Arc<DeviceProfile>,
    /// Through which leads.
    pub implant: Arc<ImplantProfile>,
    /// How it is found out whom a pulse fires.
    pub thresholds: Speed,
    /// How long before the start the leads were implanted.
    pub implanted_before: SimTime,
    /// What the device is told at the start.
    pub program: Program,
    /// The chance that a scheduled session is taken.
    pub adherence: f64,
    /// What happens, in the order of time.
    pub timeline: Vec<TimedCommand>,
    /// What is recorded.
    pub recordings: Vec<Recording>,
    /// What is expected of the run.
    pub expectations: Vec<Expectation>,
}

impl Scenario {
    /// Reads a scenario from a file.
    ///
    /// # Errors
    /// Every mistake in it and in the files that it names.
    pub fn from_file(path: &Path) -> Result<Self, Vec<Problem>> {
        let file = path.display().to_string();
        match library::read_file(path) {
            Ok(text) => Self::from_text(&file, &text, path.parent().unwrap_or(Path::new("."))),
            Err(why) => {
                let message = format!("cannot be read: {why}");
                Err(vec![Problem { file, line: 0, column: 0, message }])
            }
        }
    }

    /// The scenario that is built in.
    ///
    /// # Errors
    /// None, as a test shows; the signature is that of the others.
    pub fn built_in() -> Result<Self, Vec<Problem>> {
        let asset = library::default_scenario();
        Self::from_text(&format!("{}.ron (built in)", asset.name), asset.text, Path::new("."))
    }

    /// Reads a scenario from a text; files that it names are looked for from `folder`.
    ///
    /// # Errors
    /// Every mistake in it and in the files that it names.
    pub fn from_text(file: &str, text: &str, folder: &Path) -> Result<Self, Vec<Problem>> {
        Self::from_shelf(file, text, folder, &Shelf::default())
    }

    /// As [`Self::from_text`], with a shelf for the files that it names; it then knows which were read.
    ///
    /// # Errors
    /// As for [`Self::from_text`].
    pub fn from_shelf(file: &str, text: &str, folder: &Path, shelf: &Shelf) -> Result<Self, Vec<Problem>> {
        read_from(Some(shelf), file, text, |root| read_scenario(root, folder)).and_then(|scenario| {
            let message = "the scenario is not complete".to_string();
            scenario.ok_or(vec![Problem { file: file.to_string(), line: 0, column: 0, message }])
        })
    }
}

/// The device with its default program.
fn read_device(root: Node<'_>, _folder: &Path) -> Option<(DeviceProfile, WrittenProgram)> {
    let fields = root.fields("Device");
    profiles::read_version(&fields);
    let device = device::read_device(&fields);
    let program = read_default(&fields, &device)?;
    Some((device, program))
}

/// Who is treated, with nerve, muscle and rates.
struct Treated {
    patient: PatientProfile,
    nerve: NerveProfile,
    muscle: MuscleProfile,
    rates: AdaptationRates,
    spine: SpineProfile,
}

fn read_treated(fields: &Fields<'_>, folder: &Path) -> Option<Treated> {
    let node = fields.required("patient")?;
    load(node, Kind::Patients, folder, |root, folder| {
        let fields = root.fields("Patient");
        let patient = profiles::read_patient(&fields);
        let nerve = fields.optional("nerve").and_then(|node| load(node, Kind::Nerve, folder, profiles::read_nerve));
        let muscle =
            fields.optional("muscle").and_then(|node| load(node, Kind::Muscles, folder, profiles::read_muscle));
        let rates = fields
            .optional("adaptation")
            .and_then(|node| load(node, Kind::Adaptation, folder, profiles::read_adaptation));
        let spine = match fields.optional("spine") {
            Some(node) => load(node, Kind::Spine, folder, spine::read_spine),
            None => library::load_built_in(root.shelf(), Kind::Spine, profiles::DEFAULT_SPINE, spine::read_spine),
        };
        Some(Treated { patient, nerve: nerve?, muscle: muscle?, rates: rates?, spine: spine? })
    })?
}

/// Reads a file of that kind, for what is in it and not for what it means.
fn read_any(kind: Kind, root: Node<'_>, folder: &Path) -> Option<()> {
    match kind {
        Kind::Scenarios => drop(read_scenario(root, folder)?),
        Kind::Devices => drop(read_device(root, folder)?),
        Kind::Implants => drop(profiles::read_implant(root, folder)),
        Kind::Nerve => drop(profiles::read_nerve(root, folder)),
        Kind::Muscles => drop(profiles::read_muscle(root, folder)),
        Kind::Patients => drop(profiles::read_patient(&root.fields("Patient"))),
        Kind::Adaptation => drop(profiles::read_adaptation(root, folder)),
        Kind::Spine => drop(spine::read_spine(root, folder)),
    }
    Some(())
}

fn read_scenario(root: Node<'_>, folder: &Path) -> Option<Scenario> {
    let fields = root.fields("Scenario");
    profiles::read_version(&fields);
    let name = fields.required("name").map(|node| node.text());
    let description = fields.optional("description").map(|node| node.text()).unwrap_or_default();
    let seed = fields.optional("seed").map_or(1, |node| node.integer(&(0..=u64::MAX)));
    let clock = DayClock::starting_at(fields.optional("starts_at").map_or(SimTime::ZERO, |node| node.time_of_day()));
    let duration = fields.required("duration").and_then(|node| node.span(&(SimTime::from_nanos(1)..=LONGEST)));
    let adherence = fields.optional("adherence").map_or(1.0, |node| node.number(&(0.0..=1.0), ""));

    let implanted = fields.optional("implanted_before").and_then(|node| node.span(&(SimTime::ZERO..=LONGEST)));
    let implanted_before = implanted.unwrap_or(DEFAULT_IMPLANTED_BEFORE);

    let thresholds = fields.optional("thresholds").and_then(|node| node.choice(&Speed::NAMES)).unwrap_or_default();

    let treated = read_treated(&fields, folder);
    let of_profile = treated.as_ref().map_or(Choice::Pool, |treated| treated.muscle.model.clone());
    let models = fields.optional("muscles").map_or_else(
        || BySide { left: of_profile.clone(), right: of_profile.clone() },
        |node| read_choices(node, &of_profile),
    );
    let device = fields.required("device").and_then(|node| load(node, Kind::Devices, folder, read_device)).flatten();
    let implant =
        fields.required("implant").and_then(|node| load(node, Kind::Implants, folder, profiles::read_implant));

    // Without a device nothing can be said about program and timeline; its own mistakes come first.
    let (program_node, timeline_node) = (fields.optional("program"), fields.optional("timeline"));
    let record_node = fields.optional("record");
    let units = treated.as_ref().map_or(0, |treated| treated.muscle.units);
    let muscles = Muscles { units, lumped: BySide::new(|side| models[side].is_lump()) };
    let recordings = record_node.map_or(Vec::new(), |node| read_recordings(node, clock, duration, muscles));
    // A recording goes again without what was expected of it: traces that it is held against are not kept with it.
    let expected = fields.optional("expect").filter(|node| !node.shelf().is_some_and(Shelf::is_kept));
    let (device, base) = device?;
    let implant = implant?;
    let maker = Maker { device: &device, implant: &implant };
    let written = program_node.map_or_else(|| base.clone(), |node| read_program(node, maker, &base));
    let program = written.program(&device);
    if let (None, Some(node)) = (program_node, fields.optional("device")) {
        maker.check_limits(&node, &program);
    }
    let timeline = timeline_node.map_or(Vec::new(), |node| read_timeline(node, clock, duration, maker, &written));
    let around = Around { clock, duration, muscles, folder, maker, base: &base, timeline: timeline_node };
    let expectations = expected.map_or(Vec::new(), |node| read_expectations(node, around));
    let Treated { patient, nerve, muscle, rates, spine } = treated?;
    Some(Scenario {
        file: root.file().to_string(),
        name: name?,
        description,
        seed,
        clock,
        duration: duration?,
        patient,
        nerve,
        muscle,
        models,
        rates: Arc::new(rates),
        spine: Arc::new(spine),
        device: Arc::new(device),
        implant: Arc::new(implant),
        thresholds,
        implanted_before,
        program,
        adherence,
        timeline,
        recordings,
        expectations,
    })
}
