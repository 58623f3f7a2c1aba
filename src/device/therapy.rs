//! The states of the device and what leads from one to another, as one table.
//!
//! `docs/therapy-states.md` is drawn from it. What stands in no line of the table does not change the state.

use std::fmt::Write;

/// What the device is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Without supply: nothing is kept but what lies in memory, and the clock.
    Off,
    /// Starting up.
    Booting,
    /// Waiting.
    #[default]
    Idle,
    /// Waiting, and the battery is to be replaced.
    LowBattery,
    /// In a session, between trains.
    Resting,
    /// In a train, the amplitude rising or falling.
    Ramping,
    /// In a train at full amplitude.
    On,
    /// In a session that the patient has paused.
    Paused,
    /// A session is over, and the supplies run down.
    SessionOver,
    /// Measuring impedance, or putting out a single pulse on command.
    Testing,
    /// Therapy has been stopped by a limit, until somebody clears the fault.
    Fault,
    /// The battery is spent: no therapy.
    EndOfService,
}

/// What makes the device change its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The supply comes.
    PowerOn,
    /// The supply goes.
    PowerLost,
    /// The processor starts anew.
    Reset,
    /// The start is over.
    Booted,
    /// A session begins.
    SessionBegins,
    /// The amplitude of a side begins to rise or fall.
    Ramps,
    /// A side has its full amplitude.
    FullAmplitude,
    /// No side is in a train.
    Rests,
    /// The patient pauses the session.
    Pause,
    /// The patient goes on with it.
    Resume,
    /// The session ends.
    SessionEnds,
    /// The supplies have run down.
    Settled,
    /// A measurement or a single pulse begins.
    TestBegins,
    /// It is over.
    TestEnds,
    /// A limit of safety has been passed.
    LimitPassed,
    /// Somebody clears the fault.
    FaultCleared,
    /// The battery is to be replaced.
    BatteryLow,
    /// The battery is spent.
    BatterySpent,
    /// The battery is well again: charged or replaced.
    BatteryGood,
}

use Input as I;
use State as S;

/// Every transition: from, on what, to.
pub const TRANSITIONS: [(State, Input, State); 68] = [
    (S::Off, I::PowerOn, S::Booting),
    (S::Booting, I::Booted, S::Idle),
    (S::Booting, I::BatterySpent, S::EndOfService),
    (S::Booting, I::Reset, S::Booting),
    (S::Booting, I::PowerLost, S::Off),
    (S::Idle, I::SessionBegins, S::Resting),
    (S::Idle, I::TestBegins, S::Testing),
    (S::Idle, I::LimitPassed, S::Fault),
    (S::Idle, I::BatteryLow, S::LowBattery),
    (S::Idle, I::BatterySpent, S::EndOfService),
    (S::Idle, I::Reset, S::Booting),
    (S::Idle, I::PowerLost, S::Off),
    (S::LowBattery, I::SessionBegins, S::Resting),
    (S::LowBattery, I::TestBegins, S::Testing),
    (S::LowBattery, I::LimitPassed, S::Fault),
    (S::LowBattery, I::BatteryGood, S::Idle),
    (S::LowBattery, I::BatterySpent, S::EndOfService),
    (S::LowBattery, I::Reset, S::Booting),
    (S::LowBattery, I::PowerLost, S::Off),
    (S::Resting, I::Ramps, S::Ramping),
    (S::Resting, I::FullAmplitude, S::On),
    (S::Resting, I::Pause, S::Paused),
    (S::Resting, I::SessionEnds, S::SessionOver),
    (S::Resting, I::LimitPassed, S::Fault),
    (S::Resting, I::BatterySpent, S::EndOfService),
    (S::Resting, I::Reset, S::Booting),
    (S::Resting, I::PowerLost, S::Off),
    (S::Ramping, I::FullAmplitude, S::On),
    (S::Ramping, I::Rests, S::Resting),
    (S::Ramping, I::Pause, S::Paused),
    (S::Ramping, I::SessionEnds, S::SessionOver),
    (S::Ramping, I::LimitPassed, S::Fault),
    (S::Ramping, I::BatterySpent, S::EndOfService),
    (S::Ramping, I::Reset, S::Booting),
    (S::Ramping, I::PowerLost, S::Off),
    (S::On, I::Ramps, S::Ramping),
    (S::On, I::Rests, S::Resting),
    (S::On, I::Pause, S::Paused),
    (S::On, I::SessionEnds, S::SessionOver),
    (S::On, I::LimitPassed, S::Fault),
    (S::On, I::BatterySpent, S::EndOfService),
    (S::On, I::Reset, S::Booting),
    (S::On, I::PowerLost, S::Off),
    (S::Paused, I::Resume, S::Resting),
    (S::Paused, I::SessionEnds, S::SessionOver),
    (S::Paused, I::LimitPassed, S::Fault),
    (S::Paused, I::BatterySpent, S::EndOfService),
    (S::Paused, I::Reset, S::Booting),
    (S::Paused, I::PowerLost, S::Off),
    (S::SessionOver, I::SessionBegins, S::Resting),
    (S::SessionOver, I::TestBegins, S::Testing),
    (S::SessionOver, I::Settled, S::Idle),
    (S::SessionOver, I::LimitPassed, S::Fault),
    (S::SessionOver, I::BatterySpent, S::EndOfService),
    (S::SessionOver, I::Reset, S::Booting),
    (S::SessionOver, I::PowerLost, S::Off),
    (S::Testing, I::TestEnds, S::SessionOver),
    (S::Testing, I::LimitPassed, S::Fault),
    (S::Testing, I::BatterySpent, S::EndOfService),
    (S::Testing, I::Reset, S::Booting),
    (S::Testing, I::PowerLost, S::Off),
    (S::Fault, I::FaultCleared, S::Idle),
    (S::Fault, I::BatterySpent, S::EndOfService),
    (S::Fault, I::Reset, S::Booting),
    (S::Fault, I::PowerLost, S::Off),
    (S::EndOfService, I::BatteryGood, S::Idle),
    (S::EndOfService, I::Reset, S::Booting),
    (S::EndOfService, I::PowerLost, S::Off),
];

impl State {
    /// Every state.
    pub const ALL: [Self; 12] = [
        S::Off,
        S::Booting,
        S::Idle,
        S::LowBattery,
        S::Resting,
        S::Ramping,
        S::On,
        S::Paused,
        S::SessionOver,
        S::Testing,
        S::Fault,
        S::EndOfService,
    ];

    /// The state that an input leads to; none where it changes nothing.
    pub fn after(self, input: Input) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, input)).map(|(_, _, to)| *to)
    }

    /// Whether a session runs, paused or not.
    pub fn in_session(self) -> bool {
        matches!(self, S::Resting | S::Ramping | S::On | S::Paused)
    }

    /// Whether pulses may come out.
    pub fn may_put_out(self) -> bool {
        matches!(self, S::Resting | S::Ramping | S::On | S::Testing)
    }

    /// Whether nothing keeps a session or a test from beginning.
    pub fn is_ready(self) -> bool {
        self.after(I::SessionBegins).is_some()
    }

    /// The state in words.
    pub fn name(self) -> &'static str {
        match self {
            S::Off => "off",
            S::Booting => "booting",
            S::Idle => "idle",
            S::LowBattery => "low battery",
            S::Resting => "resting",
            S::Ramping => "ramping",
            S::On => "on",
            S::Paused => "paused",
            S::SessionOver => "session over",
            S::Testing => "testing",
            S::Fault => "fault",
            S::EndOfService => "end of service",
        }
    }
}

impl Input {
    /// Every input.
    pub const ALL: [Self; 19] = [
        I::PowerOn,
        I::PowerLost,
        I::Reset,
        I::Booted,
        I::SessionBegins,
        I::Ramps,
        I::FullAmplitude,
        I::Rests,
        I::Pause,
        I::Resume,
        I::SessionEnds,
        I::Settled,
        I::TestBegins,
        I::TestEnds,
        I::LimitPassed,
        I::FaultCleared,
        I::BatteryLow,
        I::BatterySpent,
        I::BatteryGood,
    ];
}

/// `docs/therapy-states.md`: the table and its picture.
pub fn document() -> String {
    let mut page = String::from(
        "# The states of the device\n\nDrawn from the table in [therapy.rs](../src/device/therapy.rs); a test keeps \
         the two alike.\nWhat is in no line changes nothing. In any state but `off` the supply can go and the \
         processor can start anew; the picture leaves that out.\n\n```mermaid\nstateDiagram-v2\n",
    );
    let id = |state: State| format!("{state:?}");
    for state in State::ALL {
        writeln!(page, "    {}: {}", id(state), state.name()).expect("a string takes all");
    }
    for (from, on, to) in TRANSITIONS.iter().filter(|(_, on, _)| !matches!(on, I::PowerLost | I::Reset)) {
        writeln!(page, "    {} --> {}: {on:?}", id(*from), id(*to)).expect("a string takes all");
    }
    page.push_str("```\n\n| state | on | leads to |\n|---|---|---|\n");
    for (from, on, to) in &TRANSITIONS {
        writeln!(page, "| {} | {on:?} | {} |", from.name(), to.name()).expect("a string takes all");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_every_pair_has_one_answer_and_the_sets_agree() {
        for state in State::ALL {
            for input in Input::ALL {
                let lines = TRANSITIONS.iter().filter(|(from, on, _)| (*from, *on) == (state, input)).count();
                assert!(lines <= 1, "{state:?} {input:?}");
                let next = state.after(input).unwrap_or(state);
                assert!(State::ALL.contains(&next));
                // What must hold whatever comes when.
                match input {
                    Input::PowerLost => assert_eq!(next, State::Off),
                    Input::LimitPassed => assert!(!next.may_put_out(), "{state:?}"),
                    Input::BatterySpent => assert!(!next.may_put_out(), "{state:?}"),
                    Input::Reset => assert!(!next.may_put_out()),
                    _ => {}
                }
                // Pulses begin with a session or a test, never by themselves.
                if next.may_put_out() && !state.may_put_out() {
                    assert!(matches!(input, Input::SessionBegins | Input::TestBegins | Input::Resume), "{state:?}");
                }
                if next.in_session() && !state.in_session() {
                    assert_eq!(input, Input::SessionBegins, "{state:?}");
                }
            }
        }
    }

    #[test]
    fn verif_no_state_is_without_a_way_in_or_out() {
        let reached = |start: State| {
            let mut seen = vec![start];
            let mut next = 0;
            while next < seen.len() {
                let here: State = seen[next];
                for (_, _, to) in TRANSITIONS.iter().filter(|(from, ..)| *from == here) {
                    if !seen.contains(to) {
                        seen.push(*to);
                    }
                }
                next += 1;
            }
            seen
        };
        for state in State::ALL {
            assert!(reached(state).contains(&State::Idle), "{state:?} never gets to idle");
            assert!(reached(State::Idle).contains(&state), "{state:?} is never got to");
        }
    }
}
