//! The leads: conductors, contacts, where they lie, and what breaks.

pub mod circuit;
pub mod conductor;
pub mod contact;
pub mod faults;
pub mod implant;
pub mod tissue;
pub mod wiring;

use bevy::app::App;
use bevy::ecs::component::Component;
use bevy::ecs::schedule::IntoScheduleConfigs;

use crate::device::pulse::Run;
use crate::lead::conductor::DeliveredPulse;
use crate::sim::{SimSystems, SimTick};
use crate::time::SimTime;

/// Adds the tissue around the leads to the tick.
pub fn plugin(app: &mut App) {
    app.add_systems(SimTick, tissue::encapsulate.in_set(SimSystems::Adapt));
}

/// The pulses that flowed through a lead in this window, those that are alike as one run: what it hands on to the nerve.
#[derive(Debug, Default, Component)]
pub struct Delivered(pub Vec<Run<DeliveredPulse>>);

impl Delivered {
    /// Adds a pulse: to the run before it, if it goes on with that at even intervals.
    pub fn push(&mut self, pulse: DeliveredPulse) {
        if let Some(run) = self.0.last_mut() {
            let period = pulse.at - run.last_at();
            let alike = DeliveredPulse { at: pulse.at, ..run.first } == pulse;
            if alike && (run.count == 1 || run.period == period) {
                run.period = period;
                run.count += 1;
                return;
            }
        }
        self.0.push(Run { first: pulse, count: 1, period: SimTime::ZERO });
    }
}

impl Run<DeliveredPulse> {
    /// When the last of them begins.
    fn last_at(&self) -> SimTime {
        self.first.at + self.period * (self.count - 1)
    }
}
