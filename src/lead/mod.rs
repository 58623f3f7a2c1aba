//! The leads: conductors, contacts, where they lie, and what breaks.

pub mod circuit;
pub mod conductor;
pub mod contact;
pub mod faults;
pub mod implant;
pub mod wiring;

use bevy::ecs::component::Component;

use crate::device::pulse::Run;
use crate::lead::conductor::DeliveredPulse;

/// The pulses that flowed through a lead in this window: what it hands on to the nerve.
#[derive(Debug, Default, Component)]
pub struct Delivered(pub Vec<Run<DeliveredPulse>>);
