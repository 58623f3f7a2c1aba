//! Reading by which model a muscle contracts: in its profile, and for each side in a scenario.

use crate::muscle::choice::{Choice, Lumped, Model, Recruitment};
use crate::muscle::force::parameters::{CONSTANTS, Ding, R0};
use crate::record::probe::{Probe, Quantity};
use crate::scenario::reader::{Fields, Node};
use crate::side::BySide;

/// Both readings of R0, with their names in files.
const R0_RULES: [(&str, R0); 2] = [("Fixed", R0::FixedAtRest), ("Tracks", R0::TracksKm)];

/// Reads the model of each side, over that of the muscle's profile: a side over `both`.
pub(super) fn read_choices(node: Node<'_>, of_profile: &Choice) -> BySide<Choice> {
    let fields = node.fields("Muscles");
    let over = |name: &'static str, base: &Choice| {
        fields.optional(name).map_or_else(|| base.clone(), |node| read_choice(&node.fields("Force"), base))
    };
    let both = over("both", of_profile);
    BySide { left: over("left", &both), right: over("right", &both) }
}

/// Reads a model over another: one that names its model begins with what is published.
pub(super) fn read_choice(fields: &Fields<'_>, base: &Choice) -> Choice {
    let model = fields.optional("model").map(|node| node.choice(&Model::ALL));
    let constants = fields.optional("constants");
    let r0 = fields.optional("r0");
    let recruitment = fields.optional("recruitment");
    let base = match (model, base) {
        (Some(Some(Model { name, published: Some(constants) })), _) => Some((name, constants, Recruitment::Nerve)),
        (None, Choice::Lump(lumped)) => Some((lumped.model, lumped.constants, lumped.recruitment)),
        // Of a model that is not known nothing more is said.
        (Some(None), _) => return Choice::Pool,
        _ => None,
    };
    let Some((name, mut muscle, mut recruits)) = base else {
        let more = [constants, r0, recruitment].into_iter().flatten();
        more.for_each(|node| node.problem("Pool has none; its figures are those of the muscle's profile"));
        return Choice::Pool;
    };
    if let Some(rule) = r0.and_then(|node| node.choice(&R0_RULES)) {
        muscle.r0 = rule;
    }
    if let Some(node) = recruitment {
        let has_law = muscle.width.is_some() || muscle.current.is_some();
        match node.choice(&Recruitment::ALL) {
            Some(Recruitment::Published) if !has_law => {
                node.problem(format!("{name} has no law of recruitment; allowed is Nerve"));
            }
            Some(found) => recruits = found,
            None => {}
        }
    }
    if let Some(node) = constants {
        read_constants(&node.fields("Constants"), name, &mut muscle, recruits);
    }
    match Lumped::new(name, muscle, recruits) {
        Ok(lumped) => Choice::Lump(lumped),
        Err(why) => {
            fields.owner().problem(why);
            Choice::Pool
        }
    }
}

/// Reads constants by their published names.
fn read_constants(fields: &Fields<'_>, model: &str, muscle: &mut Ding, recruitment: Recruitment) {
    let lawless = Ding { width: None, current: None, ..*muscle };
    for constant in &CONSTANTS {
        let Some(node) = fields.optional(constant.name) else { continue };
        let Some(value) = node.any_number() else { continue };
        if constant.get(muscle).is_none() {
            let has = CONSTANTS.iter().filter(|constant| constant.get(muscle).is_some()).map(|constant| constant.name);
            node.problem(format!("{model} has no such constant; it has {}", has.collect::<Vec<_>>().join(", ")));
        } else if recruitment == Recruitment::Nerve && constant.get(&lawless).is_none() {
            node.problem("belongs to the law of recruitment, which counts with recruitment: Published alone");
        } else if constant.set(muscle, value).is_err() {
            node.wrong(format!("allowed is {}", constant.allowed()));
        }
    }
}

/// What a scenario's probes are read for.
#[derive(Clone, Copy, Debug)]
pub struct Muscles {
    /// Motor units of the muscle; 0 where that is not known.
    pub units: usize,
    /// Whether the muscle of a side is a lump.
    pub lumped: BySide<bool>,
}

impl Muscles {
    /// Reads the name of a probe.
    ///
    /// # Errors
    /// What is allowed; or that a lump has no units.
    pub fn probe(&self, name: &str) -> Result<Probe, String> {
        let probe = Probe::parse(name, self.units)?;
        if matches!(probe.quantity, Quantity::UnitForce(_)) && self.lumped[probe.side] {
            let side = probe.side.name();
            return Err(format!("the muscle of the {side} is a lump without units; allowed is \"{side}.force_n\""));
        }
        Ok(probe)
    }
}
