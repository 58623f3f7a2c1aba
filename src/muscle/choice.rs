//! By which model a muscle of a scenario contracts.

use crate::muscle::force::ForceModel;
use crate::muscle::force::parameters::Ding;

/// A width, µs, and a current, mA, at which the published laws of recruitment have nothing more to give.
const FULL: f64 = 1e9;

/// A model as files name it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Its name.
    pub name: &'static str,
    /// The constants as published; none of the pool, whose figures are those of the muscle's profile.
    pub published: Option<Ding>,
}

impl Model {
    /// All of them, with their names in files.
    pub const ALL: [(&str, Self); 4] = [
        ("Pool", Self { name: "Pool", published: None }),
        ("Ding2003", Self { name: "Ding2003", published: Some(Ding::DING_2003) }),
        ("Ding2007", Self { name: "Ding2007", published: Some(Ding::DING_2007) }),
        ("Hmed2018", Self { name: "Hmed2018", published: Some(Ding::HMED_2018) }),
    ];
}

/// Who says how much of a lump a pulse recruits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recruitment {
    /// The nerve: the share of the motor units that it fired, by their force.
    #[default]
    Nerve,
    /// The published law of the model, by the width or the current of the pulse that was delivered.
    Published,
}

impl Recruitment {
    /// Both, with their names in files.
    pub const ALL: [(&str, Self); 2] = [("Nerve", Self::Nerve), ("Published", Self::Published)];
}

/// The model of a muscle.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Choice {
    /// The motor-unit pool.
    #[default]
    Pool,
    /// A model of the Ding family, which knows no units: a lump.
    Lump(Lumped),
}

impl Choice {
    /// Whether it is a lump.
    pub fn is_lump(&self) -> bool {
        matches!(self, Self::Lump(_))
    }
}

/// A lump: its constants, and who recruits it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lumped {
    /// The model.
    pub model: &'static str,
    /// Its constants, those of its law of recruitment among them.
    pub constants: Ding,
    /// Who recruits it.
    pub recruitment: Recruitment,
    /// Its steady maximum at 100 Hz without fatigue, recruited in full, N of the muscle that was fitted.
    pub tetanus_n: f64,
}

impl Lumped {
    /// A lump with those constants.
    ///
    /// # Errors
    /// In a sentence, why no force comes of them.
    pub fn new(model: &'static str, constants: Ding, recruitment: Recruitment) -> Result<Self, String> {
        let mut lumped = Self { model, constants, recruitment, tetanus_n: 0.0 };
        let tetanus = ForceModel::Ding(lumped.muscle()).tetanus_n(FULL, FULL);
        lumped.tetanus_n = tetanus.map_err(|why| format!("{model} with these constants: {why}"))?;
        if lumped.tetanus_n > 0.0 && lumped.tetanus_n.is_finite() {
            return Ok(lumped);
        }
        Err(format!("{model} with these constants makes {} N at 100 Hz; allowed is more than 0", lumped.tetanus_n))
    }

    /// The muscle: without its law of recruitment where the nerve recruits, so that nobody is counted twice.
    pub fn muscle(&self) -> Ding {
        match self.recruitment {
            Recruitment::Nerve => Ding { width: None, current: None, ..self.constants },
            Recruitment::Published => self.constants,
        }
    }
}
