//! The double-cable axon of McIntyre, Richardson and Grill (J Neurophysiol 2002;87:995), solved exactly.
//!
//! Every compartment has two unknowns, the potential inside the axon and the one in the periaxonal space under the
//! myelin. A step is backward Euler for both with the gates held, a block-tridiagonal system, and then the gates by the
//! exact exponential at the new potential, as NEURON staggers them: at an equal step the results compare. [`lanes`]
//! fibres are worked on together, one in each lane; what a lane does never changes the bits of another.
//!
//! - [`parameters`]: the published table, between its diameters, and what it makes of each compartment
//! - [`gates`]: the channels of the node
//! - [`cable`]: one time step of a few fibres
//! - [`fibre`]: a fibre in the field of its contacts, and its rest
//! - [`setup`]: fibre, contacts, tissue and pulse of a threshold that is asked for
//! - `search`: from what single currents do to the least that fires
//! - [`threshold`]: the least current that fires, for many fibres
//! - [`recovery`]: the same for a second pulse, and for trains
//!
//! [`lanes`]: crate::nerve::axon::gates::LANES

pub mod cable;
pub mod fibre;
pub mod gates;
pub mod parameters;
pub mod recovery;
mod search;
pub mod setup;
pub mod threshold;
