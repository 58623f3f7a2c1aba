//! The progress of a run, for people.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Instant;

use crate::time::SimTime;

/// Somebody who wants to know how far a run is.
pub trait Progress {
    /// The run begins, and will go on to that instant.
    fn begin(&mut self, end: SimTime);
    /// The run has come to that instant.
    fn at(&mut self, now: SimTime);
    /// The run is over.
    fn end(&mut self);
}

/// Nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _end: SimTime) {}
    fn at(&mut self, _now: SimTime) {}
    fn end(&mut self) {}
}

/// A bar on standard error, drawn only if that is a terminal: simulated time, speed, time left.
pub struct Bar {
    bar: ProgressBar,
    began: Instant,
}

impl Bar {
    /// A bar that is not yet drawn.
    #[expect(clippy::disallowed_methods, reason = "the speed of a run is measured by the wall clock, for people only")]
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let template = "{wide_bar} {msg}, {eta} left";
        bar.set_style(ProgressStyle::with_template(template).expect("the template above is right; a test draws it"));
        Self { bar, began: Instant::now() }
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bar {
    fn begin(&mut self, end: SimTime) {
        self.bar.set_length(end.nanos().unsigned_abs());
    }

    fn at(&mut self, now: SimTime) {
        let speed = now.as_secs() / self.began.elapsed().as_secs_f64().max(1e-9);
        self.bar.set_position(now.nanos().unsigned_abs());
        self.bar.set_message(format!("{} simulated, {speed:.0} times real time", coarse(now)));
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A time as people say it: days and hours, or minutes and seconds.
pub fn coarse(time: SimTime) -> String {
    let unit = if time >= SimTime::DAY {
        SimTime::from_secs(3600)
    } else if time >= SimTime::SECOND {
        SimTime::SECOND
    } else {
        SimTime::from_nanos(1_000)
    };
    let rounded = SimTime::from_nanos(time.nanos() / unit.nanos() * unit.nanos());
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_the_bar_has_a_right_template_and_draws() {
        let mut bar = Bar::new();
        bar.begin(SimTime::DAY);
        bar.at(SimTime::from_secs(3_600));
        assert!(bar.bar.message().starts_with("1 h simulated, "), "{}", bar.bar.message());
        bar.end();
    }

    #[test]
    fn verif_times_are_said_as_people_do() {
        assert_eq!(coarse(SimTime::from_secs(90_061)), "1 day 1 h");
        assert_eq!(coarse(SimTime::from_nanos(1_234_567_890)), "1 s");
        assert_eq!(coarse(SimTime::from_nanos(1_234_567)), "1.234 ms");
    }
}
