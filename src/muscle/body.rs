//! A muscle of a scenario, whichever model it contracts by: what everybody else sees of it.

use bevy::ecs::component::Component;

use crate::device::pulse::Run;
use crate::lead::conductor::DeliveredPulse;
use crate::muscle::choice::Choice;
use crate::muscle::cursor::Cursor;
use crate::muscle::gauge::Gauge;
use crate::muscle::lump::{Lump, LumpCursor};
use crate::muscle::makeup::Condition;
use crate::muscle::pool::MotorUnitPool;
use crate::muscle::profile::MuscleProfile;
use crate::nerve::volley::Volley;
use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// The muscle of one side.
#[derive(Clone, Debug, Component)]
pub enum Muscle {
    /// A pool of motor units.
    Pool(Box<MotorUnitPool>),
    /// A lump of the Ding family.
    Lump(Box<Lump>),
}

impl Muscle {
    /// A muscle in that condition, rested, by that model.
    pub fn new(profile: &MuscleProfile, choice: &Choice, condition: Condition) -> Self {
        match choice {
            Choice::Pool => Self::Pool(Box::new(MotorUnitPool::new(profile, condition))),
            Choice::Lump(lumped) => Self::Lump(Box::new(Lump::new(profile, lumped, condition))),
        }
    }

    /// What its part of the state is called.
    pub fn part(&self) -> &'static str {
        match self {
            Self::Pool(_) => "pool",
            Self::Lump(_) => "lump",
        }
    }

    /// The number of motor units.
    pub fn units(&self) -> usize {
        match self {
            Self::Pool(pool) => pool.units(),
            Self::Lump(lump) => lump.units(),
        }
    }

    /// Force of each motor unit in full tetanus without fatigue, N: of a lump the part that firing it recruits.
    pub fn units_n(&self) -> Vec<f64> {
        match self {
            Self::Pool(pool) => pool.makeup().force_n().iter().flatten().take(pool.units()).copied().collect(),
            Self::Lump(lump) => lump.units_n(),
        }
    }

    /// Force-time integral since the start up to the last settling, N·s.
    pub fn impulse_n_s(&self) -> f64 {
        match self {
            Self::Pool(pool) => pool.impulse_n_s(),
            Self::Lump(lump) => lump.impulse_n_s(),
        }
    }

    /// Force in full tetanus without fatigue, N.
    pub fn max_force_n(&self) -> f64 {
        match self {
            Self::Pool(pool) => pool.max_force_n(),
            Self::Lump(lump) => lump.max_force_n(),
        }
    }

    /// What was felt of the force.
    pub fn gauge(&self) -> &Gauge {
        match self {
            Self::Pool(pool) => &pool.gauge,
            Self::Lump(lump) => &lump.gauge,
        }
    }

    /// The same, to begin a new day.
    pub fn gauge_mut(&mut self) -> &mut Gauge {
        match self {
            Self::Pool(pool) => &mut pool.gauge,
            Self::Lump(lump) => &mut lump.gauge,
        }
    }

    /// Takes the volleys of the nerve, and the pulses that were delivered for a muscle that those recruit; in the order
    /// of time.
    pub fn advance(&mut self, volleys: &[Run<Volley>], delivered: &[Run<DeliveredPulse>]) {
        match self {
            Self::Pool(pool) => pool.advance(volleys),
            Self::Lump(lump) => lump.advance(volleys, delivered),
        }
    }

    /// Brings the state to an instant at which nothing fires, and the integrals with it: midnight, or the end.
    pub fn settle(&mut self, at: SimTime) {
        match self {
            Self::Pool(pool) => pool.settle(at),
            Self::Lump(lump) => lump.settle(at),
        }
    }

    /// Changes the condition of the muscle at an instant.
    pub fn recondition(&mut self, at: SimTime, condition: Condition) {
        match self {
            Self::Pool(pool) => pool.recondition(at, condition),
            Self::Lump(lump) => lump.recondition(at, condition),
        }
    }

    /// Stretches the fascicles at an instant: the force of each in the neutral pose, and how many times as long it is
    /// as there.
    pub fn stretch(&mut self, at: SimTime, fascicles: &[(f64, f64)]) {
        match self {
            Self::Pool(pool) => pool.stretch(at, fascicles),
            Self::Lump(lump) => lump.stretch(at, fascicles),
        }
    }

    /// Checks that the state is finite and in range.
    ///
    /// # Errors
    /// What is not, with its values.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Pool(pool) => pool.check(),
            Self::Lump(lump) => lump.check(),
        }
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        match self {
            Self::Pool(pool) => pool.write_state(w),
            Self::Lump(lump) => lump.write_state(w),
        }
    }

    /// What a test that drifts starts from: a state of fatigue.
    #[doc(hidden)]
    pub fn tiredness(&self) -> f64 {
        match self {
            Self::Pool(pool) => pool.deficit_of_first(),
            Self::Lump(lump) => lump.work(),
        }
    }

    /// Lets a test put a state of fatigue where no model would.
    #[doc(hidden)]
    pub fn poison(&mut self, tiredness: f64) {
        match self {
            Self::Pool(pool) => pool.poison(tiredness),
            Self::Lump(lump) => lump.poison(tiredness),
        }
    }
}

/// Reads a muscle between its volleys, without touching its state.
#[derive(Clone, Debug, Component)]
pub enum MuscleCursor {
    /// Of a pool.
    Pool(Box<Cursor>),
    /// Of a lump.
    Lump(Box<LumpCursor>),
}

impl MuscleCursor {
    /// A cursor on a muscle, at its last volley.
    pub fn new(muscle: &Muscle) -> Self {
        match muscle {
            Muscle::Pool(pool) => Self::Pool(Box::new(Cursor::new(pool))),
            Muscle::Lump(lump) => Self::Lump(Box::new(LumpCursor::new(lump))),
        }
    }

    /// Goes to an instant that is not before the muscle's last volley.
    pub fn go_to(&mut self, at: SimTime, muscle: &Muscle) {
        match (&mut *self, muscle) {
            (Self::Pool(cursor), Muscle::Pool(pool)) => cursor.go_to(at, pool),
            (Self::Lump(cursor), Muscle::Lump(lump)) => cursor.go_to(at, lump),
            _ => {
                *self = Self::new(muscle);
                self.go_to(at, muscle);
            }
        }
    }

    /// Force of the muscle that the cursor has gone to, N.
    pub fn force_n(&self, muscle: &Muscle) -> f64 {
        match (self, muscle) {
            (Self::Pool(cursor), Muscle::Pool(pool)) => cursor.force_n(pool),
            (Self::Lump(cursor), Muscle::Lump(lump)) => cursor.force_n(lump),
            _ => f64::NAN,
        }
    }

    /// Force of one motor unit of a pool that the cursor has gone to, N; `unit` counts from 0. Not a number of a lump,
    /// which has none: a scenario that asks is refused.
    pub fn unit_force_n(&self, muscle: &Muscle, unit: usize) -> f64 {
        match (self, muscle) {
            (Self::Pool(cursor), Muscle::Pool(pool)) => cursor.unit_force_n(pool, unit),
            _ => f64::NAN,
        }
    }

    /// What fatigue has left of the muscle that the cursor has gone to, as a fraction.
    pub fn capacity(&self, muscle: &Muscle) -> f64 {
        match (self, muscle) {
            (Self::Pool(cursor), Muscle::Pool(pool)) => cursor.capacity(pool),
            (Self::Lump(cursor), Muscle::Lump(lump)) => cursor.capacity(lump),
            _ => f64::NAN,
        }
    }
}
