//! Trains of pulses as a muscle meets them: at any instants, each with its width and current.

use crate::time::SimTime;

/// One pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulse {
    /// When it comes.
    pub at: SimTime,
    /// Width of its first phase, µs; for models that know it.
    pub width_us: f64,
    /// Its current, mA; for models that know it.
    pub current_ma: f64,
}

/// A train: at least one pulse.
#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    /// When it begins: its first pulse.
    pub start: SimTime,
    /// When its on-time is over, after the last pulse.
    pub end: SimTime,
    /// The pulses, each later than the one before.
    pub pulses: Vec<Pulse>,
}

/// What a muscle is stimulated with.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulation {
    /// The trains; each begins no earlier than the one before has ended.
    pub trains: Vec<Train>,
    /// How long is watched: no earlier than the last train has ended.
    pub until: SimTime,
}

/// A pattern that a stimulation is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Pulses a second, 0.1 to 1000; used where `intervals` is empty.
    pub rate_hz: f64,
    /// Intervals between the pulses of a train, over and over.
    pub intervals: Vec<SimTime>,
    /// An extra pulse so long after the first of each train.
    pub doublet: Option<SimTime>,
    /// At most so many pulses in a train, the one of the doublet not counted.
    pub most_pulses: Option<usize>,
    /// Widths of the pulses of a train, over and over, µs; at least one.
    pub widths_us: Vec<f64>,
    /// Currents of the pulses of a train, over and over, mA; at least one.
    pub currents_ma: Vec<f64>,
    /// How long a train is on.
    pub on: SimTime,
    /// The pause after it; none for a single train.
    pub off: Option<SimTime>,
    /// How long all of it takes.
    pub until: SimTime,
}

/// The most pulses of a stimulation. Ours: a day at 20 Hz is 1.7 million.
pub const MOST_PULSES: usize = 20_000_000;

impl Pattern {
    /// When pulse `index` of a train comes after its first.
    fn offset(&self, index: usize) -> SimTime {
        if self.intervals.is_empty() {
            return SimTime::from_nanos((index as f64 / self.rate_hz * 1e9).round() as i64);
        }
        let round = self.intervals.iter().fold(SimTime::ZERO, |sum, &interval| sum + interval);
        let rest = &self.intervals[..index % self.intervals.len()];
        rest.iter().fold(round * (index / self.intervals.len()) as i64, |sum, &interval| sum + interval)
    }

    /// The offsets of a train's pulses, shorter than its on-time.
    fn offsets(&self, on: SimTime) -> Vec<SimTime> {
        let most = self.most_pulses.unwrap_or(MOST_PULSES + 1);
        let mut offsets: Vec<SimTime> =
            (0..most).map(|index| self.offset(index)).take_while(|&offset| offset < on).collect();
        if let Some(doublet) = self.doublet.filter(|&doublet| doublet < on) {
            let at = offsets.partition_point(|&offset| offset < doublet);
            if offsets.get(at) != Some(&doublet) {
                offsets.insert(at, doublet);
            }
        }
        offsets
    }

    /// The trains and their pulses.
    ///
    /// # Errors
    /// There would be more than [`MOST_PULSES`].
    pub fn stimulation(&self) -> Result<Stimulation, String> {
        let (mut trains, mut start, mut count) = (Vec::new(), SimTime::ZERO, 0);
        let full = self.offsets(self.on.min(self.until));
        while start < self.until {
            let end = (start + self.on).min(self.until);
            let pulses: Vec<Pulse> = full
                .iter()
                .take_while(|&&offset| start + offset < end)
                .enumerate()
                .map(|(index, &offset)| Pulse {
                    at: start + offset,
                    width_us: self.widths_us[index % self.widths_us.len()],
                    current_ma: self.currents_ma[index % self.currents_ma.len()],
                })
                .collect();
            count += pulses.len();
            if count > MOST_PULSES {
                return Err(format!("these are more than {MOST_PULSES} pulses; allowed are so many"));
            }
            trains.push(Train { start, end, pulses });
            let Some(off) = self.off else { break };
            start = end + off;
        }
        Ok(Stimulation { trains, until: self.until })
    }
}

impl Train {
    /// Where force counts as steady, for its ripple: the last intervals between pulses that together last a second or
    /// more, of a shorter train its second half. From which pulse to which; none of a train of one pulse.
    pub fn steady(&self) -> Option<(usize, usize)> {
        let last = self.pulses.len() - 1;
        let middle = last / 2;
        let far = |index: usize| self.pulses[last].at - self.pulses[index].at >= SimTime::SECOND;
        let from = (0..last).rev().find(|&index| far(index)).unwrap_or(middle);
        (last > 0).then_some((from, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(rate_hz: f64, on_s: i64, off_s: Option<i64>, until_s: i64) -> Pattern {
        Pattern {
            rate_hz,
            intervals: Vec::new(),
            doublet: None,
            most_pulses: None,
            widths_us: vec![600.0],
            currents_ma: vec![100.0, 50.0],
            on: SimTime::from_secs(on_s),
            off: off_s.map(SimTime::from_secs),
            until: SimTime::from_secs(until_s),
        }
    }

    fn ms(ms: i64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn verif_a_session_has_its_trains_and_pulses() {
        let session = pattern(20.0, 10, Some(20), 1800).stimulation().unwrap();
        assert_eq!(session.trains.len(), 60);
        assert!(session.trains.iter().all(|train| train.pulses.len() == 200));
        let last = &session.trains[59];
        assert_eq!(
            (last.start.as_secs(), last.end.as_secs(), last.pulses[199].at.as_secs()),
            (1770.0, 1780.0, 1779.95)
        );
        assert_eq!((last.pulses[0].current_ma, last.pulses[1].current_ma), (100.0, 50.0));
        assert_eq!(last.steady(), Some((179, 199)));
    }

    #[test]
    fn verif_doublets_intervals_and_counts() {
        let mut six = Pattern { intervals: vec![ms(70)], most_pulses: Some(6), ..pattern(20.0, 1, Some(1), 4) };
        six.doublet = Some(ms(5));
        let trains = six.stimulation().unwrap().trains;
        let at: Vec<i64> = trains[1].pulses.iter().map(|pulse| pulse.at.nanos() / 1_000_000).collect();
        assert_eq!(at, [2000, 2005, 2070, 2140, 2210, 2280, 2350]);
        let uneven = Pattern { intervals: vec![ms(10), ms(40)], ..pattern(1.0, 1, None, 10) }.stimulation().unwrap();
        assert_eq!((uneven.trains.len(), uneven.trains[0].pulses.len()), (1, 40));
        assert_eq!(uneven.trains[0].pulses[3].at, ms(60));
    }

    #[test]
    fn verif_a_train_stops_with_the_watch() {
        let cut = pattern(12.5, 10, Some(1), 15).stimulation().unwrap();
        assert_eq!((cut.trains[1].start.as_secs(), cut.trains[1].end.as_secs()), (11.0, 15.0));
        assert_eq!(cut.trains[1].pulses.len(), 50);
        assert!(pattern(1000.0, 100_000, None, 100_000).stimulation().is_err());
    }
}
