//! A case: a random scenario, made of the seed and its number alone.

use crate::device::program::pulses_within;
use crate::fuzz::Bench;
use crate::fuzz::commands::Orders;
use crate::fuzz::dice::Dice;
use crate::fuzz::programs::{self, Room};
use crate::scenario::Scenario;
use crate::scenario::reader::Problem;
use crate::scenario::write::WrittenProgram;
use crate::side::Side;
use crate::time::{SimTime, show_time_of_day};

/// Pulses of a case at most, as estimated (ours): half a second of computing or less.
const PULSES: f64 = 30_000.0;

/// The patients, of which a case has one.
const PATIENTS: [&str; 3] = ["healthy", "mechanical-clbp", "severe-atrophy"];

/// The models of the muscles, of which a case in four has one of these.
const MUSCLES: [&str; 5] = [
    "both: (model: Ding2003)",
    "left: (model: Ding2003, r0: Tracks)",
    "right: (model: Ding2007, constants: (tau2: 0.05))",
    "left: (model: Ding2007, recruitment: Published), right: (model: Hmed2018, recruitment: Published)",
    "both: (model: Hmed2018, constants: (tauc: 0.002, tau1: 0.005))",
];

/// The scenario of a case as a file.
pub fn text(bench: &Bench, seed: u64, case: u64) -> String {
    let mut dice = Dice::new(seed, case);
    let duration = match dice.below(20) {
        0..12 => SimTime::from_secs(dice.between(30, 600)),
        12..18 => SimTime::from_secs(60 * dice.between(10, 180)),
        _ => SimTime::from_secs(3_600 * dice.between(20, 72)),
    };
    // At midnight there is more to do than at other times, and at whole minutes.
    let starts_at = match dice.below(3) {
        0 => SimTime::from_secs(86_400 - dice.between(1, 600)),
        1 => SimTime::from_secs(60 * dice.between(0, 1_439)),
        _ => SimTime::from_secs(dice.between(0, 86_399)),
    };
    let room = Room { starts_at, duration, pulses: PULSES };
    let program = programs::draw(&mut dice, bench, room, &bench.program);
    let mut draft = Draft {
        head: head(&mut dice, bench, seed, case, room),
        program: program.to_ron(),
        entries: entries(&mut dice, bench, room, &program),
    };
    // The last draw, so that those before it are as they were before a muscle had a choice.
    if dice.percent(25) {
        draft.head += &format!("    muscles: ({}),\n", dice.pick(&MUSCLES));
    }
    // What the reader does not take is left out: it is no case for the device.
    for _ in 0..10 {
        let Err(problems) = Scenario::from_text("case", &draft.text(), &bench.folder) else { break };
        draft.leave_out(&problems);
    }
    draft.text()
}

fn head(dice: &mut Dice, bench: &Bench, seed: u64, case: u64, room: Room) -> String {
    let Room { starts_at, duration, .. } = room;
    let adherence = *dice.pick(&["1", "1", "0.7", "0"]);
    let implanted = *dice.pick(&["0 s", "14 days", "200 days"]);
    format!(
        "    version: 1,\n    name: \"Case {case} of seed {seed}\",\n    seed: {},\n    starts_at: \"{}\",\n    \
         duration: \"{duration}\",\n    patient: \"{}\",\n    device: \"{}\",\n    implant: \"l2-medial-branch\",\n    \
         implanted_before: \"{implanted}\",\n    adherence: {adherence},\n    thresholds: {},\n",
        dice.below(1_000),
        show_time_of_day(starts_at),
        dice.pick(&PATIENTS),
        bench.device_name,
        bench.thresholds.word(),
    )
}

/// A scenario while it is made.
struct Draft {
    head: String,
    program: String,
    entries: Vec<(SimTime, String)>,
}

impl Draft {
    /// The file: each entry of the timeline has a line to itself.
    fn text(&self) -> String {
        let mut text = format!("Scenario(\n{}", self.head);
        if !self.program.is_empty() {
            text += &format!("    program: {},\n", self.program.replace('\n', "\n    "));
        }
        text += "    timeline: [\n";
        for (at, command) in &self.entries {
            text += &format!("        (at: \"{at}\", do: {command}),\n");
        }
        text + "    ],\n)\n"
    }

    /// Leaves out the entries that something is wrong with; the program too, if it is that.
    fn leave_out(&mut self, problems: &[Problem]) {
        let before = self.text().lines().count() - self.entries.len() - 2;
        let is_wrong = |place: usize| problems.iter().any(|problem| problem.line == before + place + 1);
        let mut places = 0..self.entries.len();
        let entries = self.entries.len();
        self.entries.retain(|_| places.next().is_none_or(|place| !is_wrong(place)));
        if self.entries.len() == entries {
            self.program.clear();
        }
    }
}

/// What happens in a case, in the order of time.
fn entries(dice: &mut Dice, bench: &Bench, room: Room, program: &WrittenProgram) -> Vec<(SimTime, String)> {
    let mut moments = Moments::new(dice, room, program);
    let most = if dice.percent(70) { 12 } else { 40 };
    let count = 1 + dice.below(most);
    let mut orders = Orders::new(bench, room, program.clone());
    let mut entries = Vec::new();
    if dice.percent(75) {
        let at = SimTime::from_nanos(dice.below(5) as i64 * 1_000_000_000);
        moments.session(at, &bench.program_of(program), room.duration);
        entries.push((at, "StartSession".to_string()));
    }
    for _ in 0..count {
        let at = moments.draw(dice, room.duration);
        for command in orders.draw(dice) {
            if command == "StartSession" || command == "PatientStart" {
                moments.session(at, &bench.program_of(&orders.program), room.duration);
            }
            moments.add(at);
            entries.push((at, command));
        }
    }
    entries.sort_by_key(|(at, _)| *at);
    entries
}

/// Instants at which something happens: where mistakes hide.
struct Moments(Vec<SimTime>);

impl Moments {
    /// The start, midnight, and the sessions that are scheduled.
    fn new(dice: &mut Dice, room: Room, program: &WrittenProgram) -> Self {
        let midnight = SimTime::DAY - room.starts_at;
        let mut moments = vec![SimTime::ZERO, midnight];
        for &time in &program.session_times {
            let later = (time - room.starts_at).nanos().rem_euclid(SimTime::DAY.nanos());
            let begins = SimTime::from_nanos(later);
            let inside = dice.between(0, program.session_length.nanos());
            moments.extend([begins, begins + program.session_length, begins + SimTime::from_nanos(inside)]);
        }
        Self(moments)
    }

    fn add(&mut self, at: SimTime) {
        self.0.push(at);
    }

    /// The moments of a session that begins then: trains, pulses within the first ones, ramps, its end.
    fn session(&mut self, at: SimTime, program: &crate::device::program::Program, end: SimTime) {
        self.0.push(at + program.session_length);
        for side in Side::BOTH.into_iter().filter(|&side| program.coordination.uses(side)) {
            let told = &program.sides[side];
            let first = at + program.first_train(side);
            let last_pulse = told.period * (pulses_within(told.on, told.period) - 1);
            for train in 0..3 {
                let begins = first + told.cycle() * train;
                let inside = [SimTime::ZERO, told.width, told.period, told.ramp_up, last_pulse, told.on];
                self.0.extend(inside.map(|later| begins + later).into_iter().filter(|&moment| moment < end));
            }
        }
    }

    /// An instant of the case: half of them near such a moment, or on it.
    fn draw(&self, dice: &mut Dice, duration: SimTime) -> SimTime {
        let last = duration.nanos() - 1;
        let at = match dice.below(6) {
            0 | 1 => dice.pick(&self.0).nanos(),
            2 => {
                let near = *dice.pick(&[-1, 1, 1_000, -1_000, 500_000_000, 1_000_000_000, 3_000_000_000]);
                dice.pick(&self.0).nanos() + near
            }
            3 => dice.between(0, last),
            _ => dice.between(0, last / 1_000_000_000) * 1_000_000_000,
        };
        SimTime::from_nanos(at.clamp(0, last))
    }
}
