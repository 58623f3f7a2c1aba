//! Things that happen one after the other and often alike, kept as runs: pulses and volleys of a side.
//!
//! The newest are kept, up to a bound. What was before them is gone, but for one stretch that was gone over again: a
//! person who goes back to look sees it.

use std::ops::Range;

use crate::time::SimTime;

/// Equal things at even intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats<T> {
    /// When the first of them happens.
    pub at: SimTime,
    /// How many, one at least.
    pub count: i64,
    /// From one to the next.
    pub period: SimTime,
    /// What happens.
    pub what: T,
}

impl<T> Repeats<T> {
    /// When the last of them happens.
    pub fn last(&self) -> SimTime {
        self.at + self.period * (self.count - 1)
    }

    /// Those that happen from one instant up to, and without, another, by their number from 0.
    pub fn within(&self, from: SimTime, to: SimTime) -> Range<i64> {
        let number = |bound: SimTime| {
            let after = (bound - self.at).nanos();
            let period = self.period.nanos();
            match (after <= 0, period > 0) {
                (true, _) => 0,
                (false, false) => self.count,
                (false, true) => ((after - 1) / period + 1).min(self.count),
            }
        };
        let (first, end) = (number(from), number(to));
        first..end.max(first)
    }
}

/// Runs in the order of time, the newest up to a bound.
#[derive(Clone, Debug)]
struct Stretch<T> {
    runs: Vec<Repeats<T>>,
    /// Everything from here on is kept.
    from: SimTime,
    /// Everything before this was told.
    until: SimTime,
}

impl<T: Clone + PartialEq> Stretch<T> {
    fn beginning(at: SimTime) -> Self {
        Self { runs: Vec::new(), from: at, until: at }
    }

    fn push(&mut self, mut run: Repeats<T>, most: usize) {
        self.until = run.last() + SimTime::from_nanos(1);
        if let Some(before) = self.runs.last_mut() {
            let period = run.at - before.last();
            let even = (before.count == 1 || before.period == period) && (run.count == 1 || run.period == period);
            if even && before.what == run.what {
                before.period = period;
                before.count += run.count;
                return;
            }
        }
        if run.count == 1 {
            run.period = SimTime::ZERO;
        }
        self.runs.push(run);
        if self.runs.len() > most {
            self.runs.drain(..most / 4);
            self.from = self.runs[0].at;
        }
    }

    fn forget_from(&mut self, at: SimTime) {
        while let Some(run) = self.runs.last_mut() {
            run.count = run.within(run.at, at).end;
            if run.count > 0 {
                break;
            }
            self.runs.pop();
        }
        self.until = self.until.min(at);
        self.from = self.from.min(at);
    }

    /// The runs that have something from one instant up to, and without, another.
    fn within(&self, from: SimTime, to: SimTime) -> &[Repeats<T>] {
        let first = self.runs.partition_point(|run| run.last() < from);
        let end = self.runs.partition_point(|run| run.at < to);
        &self.runs[first..end.max(first)]
    }
}

/// All that is remembered of one kind of things.
#[derive(Clone, Debug)]
pub struct History<T> {
    main: Stretch<T>,
    again: Option<Stretch<T>>,
    most: usize,
}

impl<T: Clone + PartialEq> History<T> {
    /// Nothing yet, and never more than so many runs.
    pub fn new(most: usize) -> Self {
        assert!(most >= 8);
        Self { main: Stretch::beginning(SimTime::ZERO), again: None, most }
    }

    /// Adds a run that begins after all before it, or goes over known ground again: then what is known counts once.
    pub fn push(&mut self, run: Repeats<T>) {
        let known = self.main.until;
        if let Some(again) = self.again.as_mut() {
            let gone = run.within(again.until, self.main.from);
            if !gone.is_empty() {
                let at = run.at + run.period * gone.start;
                again.push(Repeats { at, count: gone.end - gone.start, ..run.clone() }, self.most / 2);
            }
        }
        let told = run.within(run.at, known).end;
        if told < run.count {
            let at = run.at + run.period * told;
            self.main.push(Repeats { at, count: run.count - told, ..run }, self.most);
        }
    }

    /// The simulation was taken back to an instant, and goes over known ground from there.
    pub fn goes_again_from(&mut self, at: SimTime) {
        let known = self.again.as_ref().is_some_and(|again| again.from <= at && at <= again.until);
        if at < self.main.from && !known {
            self.again = Some(Stretch::beginning(at));
        }
    }

    /// All before an instant was told, even if nothing happened.
    pub fn reached(&mut self, at: SimTime) {
        if let Some(again) = self.again.as_mut().filter(|again| again.until < at) {
            again.until = at.min(self.main.from);
        }
    }

    /// Forgets everything at and after an instant.
    pub fn forget_from(&mut self, at: SimTime) {
        self.main.forget_from(at);
        match self.again.as_mut() {
            Some(again) if again.from < at => again.forget_from(at),
            _ => self.again = None,
        }
    }

    /// The runs that have something from one instant up to, and without, another, in the order of time.
    pub fn within(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = &Repeats<T>> {
        let again = self.again.as_ref().map_or(&[][..], |again| again.within(from, to));
        again.iter().chain(self.main.within(from, to))
    }

    /// The stretches within which everything is remembered, up to what was told last.
    pub fn remembered(&self) -> Vec<Range<SimTime>> {
        let again = self.again.as_ref().map(|again| again.from..again.until);
        again.into_iter().chain([self.main.from..SimTime::from_nanos(i64::MAX)]).collect()
    }

    /// Whether everything from one instant to another is remembered.
    pub fn remembers(&self, from: SimTime, to: SimTime) -> bool {
        self.remembered().iter().any(|stretch| stretch.start <= from && to <= stretch.end)
    }

    /// How many runs are kept.
    pub fn runs(&self) -> usize {
        self.main.runs.len() + self.again.as_ref().map_or(0, |again| again.runs.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    fn run(first: i64, count: i64, period: i64, what: u8) -> Repeats<u8> {
        Repeats { at: at(first), count, period: at(period), what }
    }

    fn told(history: &History<u8>) -> Vec<(i64, u8)> {
        let all = history.within(at(0), at(i64::MAX));
        all.flat_map(|run| (0..run.count).map(|i| ((run.at + run.period * i).nanos(), run.what))).collect()
    }

    #[test]
    fn verif_equal_things_at_even_intervals_are_one_run() {
        let mut history = History::new(8);
        for i in 0..10 {
            history.push(run(i * 50, 1, 0, 1));
        }
        history.push(run(500, 3, 50, 1));
        history.push(run(650, 1, 0, 2));
        assert_eq!(history.runs(), 2);
        assert_eq!(told(&history).len(), 14);
        assert_eq!(history.within(at(501), at(601)).next().unwrap().within(at(501), at(601)), 11..13);
    }

    #[test]
    fn verif_known_ground_comes_once_even_if_cut_differently() {
        let mut history = History::new(8);
        history.push(run(0, 10, 50, 1));
        history.push(run(100, 20, 50, 1));
        let once: Vec<_> = (0..22).map(|i| (i * 50, 1)).collect();
        assert_eq!(told(&history), once);
    }

    #[test]
    fn verif_the_future_is_forgotten() {
        let mut history = History::new(8);
        history.push(run(0, 10, 50, 1));
        history.forget_from(at(100));
        assert_eq!(told(&history), [(0, 1), (50, 1)]);
        history.push(run(120, 1, 0, 2));
        assert_eq!(told(&history), [(0, 1), (50, 1), (120, 2)]);
    }

    #[test]
    fn verif_what_is_gone_comes_back_where_it_is_gone_over_again() {
        let mut history = History::new(8);
        for i in 0..100 {
            history.push(run(i * 50, 1, 0, i as u8));
        }
        assert!(history.runs() <= 8);
        assert!(!history.remembers(at(500), at(600)));
        history.goes_again_from(at(490));
        for i in 10..14 {
            history.push(run(i * 50, 1, 0, i as u8));
        }
        history.reached(at(690));
        assert!(history.remembers(at(500), at(690)) && !history.remembers(at(400), at(600)));
        assert_eq!(history.within(at(500), at(700)).count(), 4);
        assert!(history.remembers(at(4990), at(5000)));
        assert_eq!(history.within(at(4900), at(5000)).count(), 2);
    }
}
