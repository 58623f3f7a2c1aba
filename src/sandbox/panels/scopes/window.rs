//! Which stretch of time the scopes show: one that goes along with the simulation, or one that a person holds.

use crate::sandbox::session::Transport;
use crate::time::{LONGEST, SimTime};

/// The stretch that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Shown {
    /// It goes along with the cursor.
    #[default]
    Follows,
    /// It stays, from one instant to another.
    Free(SimTime, SimTime),
}

/// The window of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeWindow {
    /// What is shown.
    pub shown: Shown,
    /// How long it is while it follows; none: as long as some seconds of play last.
    pub width: Option<SimTime>,
    /// Where the cursor stands in it while it follows, as a fraction from the left.
    pub cursor_at: f64,
}

impl Default for TimeWindow {
    fn default() -> Self {
        Self { shown: Shown::Follows, width: None, cursor_at: 0.9 }
    }
}

/// Wall seconds of play that the window shows where no width was chosen (ours).
const AUTOMATIC_S: f64 = 5.0;

/// The narrowest window.
const NARROWEST: SimTime = SimTime::from_nanos(1_000);

/// `factor` times a span, within what a window can be.
fn scaled(span: SimTime, factor: f64) -> SimTime {
    let nanos = (span.nanos() as f64 * factor).clamp(NARROWEST.nanos() as f64, LONGEST.nanos() as f64);
    SimTime::from_nanos(nanos as i64)
}

impl TimeWindow {
    /// How long it is while it follows.
    pub fn following_width(&self, transport: &Transport) -> SimTime {
        self.width.unwrap_or_else(|| scaled(SimTime::SECOND, AUTOMATIC_S * transport.speed))
    }

    /// What is shown, from and to.
    pub fn range(&self, transport: &Transport) -> (SimTime, SimTime) {
        match self.shown {
            Shown::Free(from, to) => (from, to),
            Shown::Follows => {
                let width = self.following_width(transport);
                let from = transport.cursor - scaled(width, self.cursor_at.clamp(0.0, 1.0));
                (from, from + width)
            }
        }
    }

    /// Whether it follows.
    pub fn follows(&self) -> bool {
        self.shown == Shown::Follows
    }

    /// Shows a stretch, and follows no more.
    pub fn show(&mut self, from: SimTime, to: SimTime) {
        let (from, to) = (from.min(to), from.max(to));
        let middle = SimTime::from_nanos(from.nanos() / 2 + to.nanos() / 2);
        let short = to - from < NARROWEST;
        let half = SimTime::from_nanos(NARROWEST.nanos() / 2);
        self.shown = if short { Shown::Free(middle - half, middle + half) } else { Shown::Free(from, to) };
    }

    /// Makes what is shown `factor` times as long about an instant that stays where it is, and follows no more.
    pub fn zoom(&mut self, transport: &Transport, about: SimTime, factor: f64) {
        let (from, to) = self.range(transport);
        let width = scaled(to - from, factor);
        let part = (about - from).nanos() as f64 / (to - from).nanos().max(1) as f64;
        let from = about - SimTime::from_nanos((width.nanos() as f64 * part) as i64);
        self.show(from, from + width);
        self.keep_near(transport);
    }

    /// Moves what is shown, and follows no more.
    pub fn pan(&mut self, transport: &Transport, by: SimTime) {
        let (from, to) = self.range(transport);
        self.show(from + by, to + by);
        self.keep_near(transport);
    }

    /// Chooses how long the window is; where it is free, about its middle.
    pub fn set_width(&mut self, transport: &Transport, width: Option<SimTime>) {
        self.width = width;
        if let Shown::Free(from, to) = self.shown {
            let width = self.following_width(transport);
            let from = from + SimTime::from_nanos((to - from).nanos() / 2 - width.nanos() / 2);
            self.show(from, from + width);
        }
    }

    /// Something of the scenario always stays in sight.
    fn keep_near(&mut self, transport: &Transport) {
        if let Shown::Free(from, to) = self.shown {
            let last = transport.end.max(transport.head);
            let back = (from - last).max(SimTime::ZERO);
            let forth = (SimTime::ZERO - to).max(SimTime::ZERO);
            self.shown = Shown::Free(from - back + forth, to - back + forth);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport() -> Transport {
        let at = SimTime::from_secs;
        Transport { playing: true, speed: 2.0, achieved: 2.0, cursor: at(50), head: at(60), end: at(100), goal: None }
    }

    #[test]
    fn verif_following_keeps_the_cursor_in_its_place() {
        let window = TimeWindow::default();
        assert_eq!(window.range(&transport()), (SimTime::from_secs(41), SimTime::from_secs(51)));
    }

    #[test]
    fn verif_zoom_leaves_follow_and_keeps_the_instant_under_the_pointer() {
        let mut window = TimeWindow::default();
        let about = SimTime::from_secs(46);
        window.zoom(&transport(), about, 0.01);
        let (from, to) = window.range(&transport());
        assert!(!window.follows());
        assert_eq!(to - from, SimTime::from_nanos(100_000_000));
        assert_eq!((about - from) * 2, to - from);
        for _ in 0..100 {
            window.zoom(&transport(), about, 0.5);
        }
        let (from, to) = window.range(&transport());
        assert_eq!(to - from, NARROWEST);
    }

    #[test]
    fn verif_nobody_gets_lost() {
        let mut window = TimeWindow::default();
        window.pan(&transport(), SimTime::DAY);
        assert_eq!(window.range(&transport()).0, SimTime::from_secs(100));
        window.pan(&transport(), SimTime::ZERO - SimTime::DAY);
        assert_eq!(window.range(&transport()).1, SimTime::ZERO);
    }
}
