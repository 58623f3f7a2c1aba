//! Trains of pulses, as they were put out: for traces that tell when there was stimulation.

use bevy::ecs::world::World;

use crate::device::generator::PulseGenerator;
use crate::lead::Delivered;
use crate::side::{BySide, Side};
use crate::sim::Roster;
use crate::time::SimTime;

/// A pulse that comes later than this after the one before it begins a new train: as the summary counts them.
const REST: SimTime = SimTime::SECOND;

/// Pulses of one side that come within a second of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Train {
    /// The side.
    pub side: Side,
    /// The first pulse.
    pub first: SimTime,
    /// The last pulse.
    pub last: SimTime,
    /// How many pulses.
    pub pulses: i64,
}

/// Follows the pulses of the first patient.
#[derive(Clone, Debug, Default)]
pub struct Trains {
    running: BySide<Option<Train>>,
    counted: BySide<u64>,
    over: Vec<Train>,
}

impl Trains {
    /// Looks at the pulses of the window that is over. Those of measurements make no train.
    pub fn see(&mut self, world: &World) {
        let Some(patient) = world.resource::<Roster>().patients().first() else { return };
        let generator = world.get::<PulseGenerator>(patient.generator).expect("the roster's entities live");
        for side in Side::BOTH {
            let counted = generator.pulses(side);
            if counted == self.counted[side] {
                continue;
            }
            self.counted[side] = counted;
            let delivered = world.get::<Delivered>(patient.sides[side].lead).expect("the roster's entities live");
            for run in &delivered.0 {
                let apart = if run.period > REST { run.count } else { 1 };
                let (count, period) = (run.count / apart, run.period);
                for i in 0..apart {
                    let first = run.first.at + period * i;
                    self.add(Train { side, first, last: first + period * (count - 1), pulses: count });
                }
            }
        }
    }

    fn add(&mut self, more: Train) {
        let running = &mut self.running[more.side];
        match running {
            Some(train) if more.first - train.last <= REST => {
                (train.last, train.pulses) = (more.last, train.pulses + more.pulses);
            }
            _ => self.over.extend(running.replace(more)),
        }
    }

    /// Takes the trains that are over at an instant, in the order in which they began.
    pub fn take(&mut self, now: SimTime) -> Vec<Train> {
        for side in Side::BOTH {
            self.over.extend(self.running[side].take_if(|train| now - train.last > REST));
        }
        let mut over = std::mem::take(&mut self.over);
        over.sort_by_key(|train| train.first);
        over
    }

    /// Takes the trains that are left at the end of the run.
    pub fn take_last(&mut self) -> Vec<Train> {
        self.take(SimTime::from_nanos(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_second_without_a_pulse_ends_a_train() {
        let ms = |ms: i64| SimTime::from_nanos(ms * 1_000_000);
        let mut trains = Trains::default();
        let run = |first, last, pulses| Train { side: Side::Left, first: ms(first), last: ms(last), pulses };
        trains.add(run(0, 950, 20));
        trains.add(run(1000, 1950, 20));
        trains.add(run(2950, 2950, 1));
        assert_eq!(trains.take(ms(3000)), []);
        trains.add(run(3951, 3951, 1));
        assert_eq!(trains.take(ms(4000)), [run(0, 2950, 41)]);
        assert_eq!(trains.take_last(), [run(3951, 3951, 1)]);
    }
}
