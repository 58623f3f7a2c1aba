//! stimtwin follows one current pulse from an implanted generator to the patient's muscle, and the patient through
//! years of therapy.
//!
//! The rooms, in the order of a pulse's way; a room knows what it receives and what it hands on, nothing else:
//!
//! - [`scenario`]: what is to happen, read from a file with all of its mistakes reported at once
//! - [`command`]: what the timeline and the window tell the world
//! - [`device`]: the pulse generator, its program and its pulses
//! - [`lead`]: conductors and contacts, what really flows, and the ledger of every charge
//! - [`nerve`]: who fires
//! - [`muscle`]: motor units, force and fatigue
//! - [`spine`]: what the muscle does for the spine, and what a clinic finds
//! - [`adaptation`]: what months change
//! - [`record`]: samples, events, invariants and the digest
//! - [`expect`]: what a scenario expects of its run, and what came of that
//! - [`run`]: a scenario from start to end, and what is written of it
//! - [`fuzz`]: random scenarios held to what must always hold, and failing ones made small
//! - [`picture`]: curves as SVG and PNG
//! - `sandbox`: the window, with the feature of that name
//!
//! and what they stand on: [`sim`] (the world and the one loop that drives it), [`checkpoint`], [`time`], [`math`],
//! [`random`], [`side`], [`source`].
//!
//! # What always holds
//! 1. A run is a function of scenario, seed and program version, to the bit: any tick, any chunks, debug or release,
//!    any machine. State is `f64`; transcendental functions come from [`math`] alone; sums have a fixed order; a random
//!    draw is a function of seed, id, stream and index.
//! 2. Charge is counted in whole attocoulombs, and the ledgers close.
//! 3. Units are in the names. Cathodic current is negative. Left and right are the patient's.
//! 4. Deliberately absent: the wall clock, floating-point instants, threads within a world, and any way to change a
//!    model but a [`command::Command`].

pub mod adaptation;
pub mod checkpoint;
pub mod command;
pub mod device;
pub mod expect;
pub mod fuzz;
pub mod lead;
pub mod math;
pub mod muscle;
pub mod nerve;
pub mod picture;
pub mod random;
pub mod record;
pub mod run;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod scenario;
pub mod side;
pub mod sim;
pub mod source;
pub mod spine;
pub mod time;
