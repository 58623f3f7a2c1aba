//! The device's own clock: what it believes the time to be, as a function of the true simulated time.
//!
//! A crystal runs a little fast or slow, a programmer sets it wrong, a loss of power sets it back. Between two such
//! changes the clock is a straight line, so it is three numbers, and both directions are exact in whole numbers:
//! a schedule that the device keeps by its own clock fires at one definite nanosecond of true time.

use crate::record::digest::StateWriter;
use crate::time::SimTime;

/// A clock that runs true gains this many nanoseconds in a second.
const BILLION: i128 = 1_000_000_000;

/// The largest rate error, parts per billion either way: a tenth. Ours; crystals are within 50 000 (devices.md §6),
/// RC oscillators within some ten million.
pub const MOST_PPB: i64 = 100_000_000;

/// The date that OpenNerve's clock starts with, 1 January 2023 (devices.md §1.10), as days since 1 January 2000.
pub const OPENNERVE_EPOCH: i64 = 8401;

/// Days in the century 2000 to 2099; every fourth year is a leap year.
pub const CENTURY_DAYS: i64 = 36_525;

/// The device's clock.
///
/// Device time counts nanoseconds since the midnight, as the device believes, of day 0 of the scenario. It may be
/// negative: a clock can be set back before day 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceClock {
    /// The true instant of the last change.
    anchor: SimTime,
    /// What the clock showed then.
    shown: SimTime,
    /// How much too fast it runs, parts per billion; negative is too slow.
    drift_ppb: i64,
}

impl DeviceClock {
    /// A clock that shows `shown` at the true instant `at` and runs `drift_ppb` parts per billion too fast, at most
    /// [`MOST_PPB`] either way. OpenNerve's crystal is within 20 000 (devices.md §1.1).
    pub fn new(at: SimTime, shown: SimTime, drift_ppb: i64) -> Self {
        check(drift_ppb);
        Self { anchor: at, shown, drift_ppb }
    }

    /// The device time at the true instant `at`, rounded down to a nanosecond. An instant before the last change is
    /// read as if the clock had always run like now.
    pub fn read(&self, at: SimTime) -> SimTime {
        let elapsed = i128::from(at.nanos()) - i128::from(self.anchor.nanos());
        let gone = (elapsed * self.rate()).div_euclid(BILLION);
        SimTime::from_nanos(within(i128::from(self.shown.nanos()) + gone))
    }

    /// The first true instant at which the clock reads at least `device_time`, exactly inverse to [`read`](Self::read):
    /// one nanosecond before, it reads less. It may lie in the past, also before the last change; whoever asks must
    /// compare it with now. None if it is further off than an instant can be.
    pub fn when(&self, device_time: SimTime) -> Option<SimTime> {
        let ahead = i128::from(device_time.nanos()) - i128::from(self.shown.nanos());
        // Rounded up: floor(elapsed * rate / billion) >= ahead exactly if elapsed * rate >= ahead * billion.
        let elapsed = -(-ahead * BILLION).div_euclid(self.rate());
        i64::try_from(i128::from(self.anchor.nanos()) + elapsed).ok().map(SimTime::from_nanos)
    }

    /// How much too fast the clock runs, parts per billion.
    pub fn drift_ppb(&self) -> i64 {
        self.drift_ppb
    }

    /// Moves the clock by `by`, forwards or backwards, at the true instant `at`.
    pub fn jump(&mut self, at: SimTime, by: SimTime) {
        let shown = i128::from(self.read(at).nanos()) + i128::from(by.nanos());
        self.set(at, SimTime::from_nanos(within(shown)));
    }

    /// Sets the clock to `device_time` at the true instant `at`; it drifts on as before.
    pub fn set(&mut self, at: SimTime, device_time: SimTime) {
        (self.anchor, self.shown) = (at, device_time);
    }

    /// From the true instant `at` on the clock runs `drift_ppb` parts per billion too fast, at most [`MOST_PPB`] either
    /// way. What it shows at `at` stays; the fraction of a nanosecond is lost.
    pub fn set_drift(&mut self, at: SimTime, drift_ppb: i64) {
        check(drift_ppb);
        self.set(at, self.read(at));
        self.drift_ppb = drift_ppb;
    }

    /// Writes the state, for the digest.
    pub fn write_state(&self, w: &mut StateWriter) {
        w.time("clock_anchor", Some(self.anchor));
        w.time("clock_shown", Some(self.shown));
        w.signed("clock_drift_ppb", self.drift_ppb);
    }

    /// Device nanoseconds in a true second.
    fn rate(&self) -> i128 {
        BILLION + i128::from(self.drift_ppb)
    }
}

fn check(drift_ppb: i64) {
    assert!((-MOST_PPB..=MOST_PPB).contains(&drift_ppb), "a clock does not run {drift_ppb} ppb wrong");
}

/// The clock stops at the ends of what an instant can be, 292 years either way; no scenario comes near.
fn within(nanos: i128) -> i64 {
    nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// The day that a device time lies in, negative before day 0, and its time of day: at least zero, less than a day.
pub fn day_and_time(device_time: SimTime) -> (i64, SimTime) {
    let day = device_time.nanos().div_euclid(SimTime::DAY.nanos());
    (day, SimTime::from_nanos(device_time.nanos().rem_euclid(SimTime::DAY.nanos())))
}

/// The minute of the day that a device time lies in, 0 to 1439: the unit of OpenNerve's schedule (devices.md §1.2).
pub fn minute_of_day(device_time: SimTime) -> i64 {
    day_and_time(device_time).1.whole_second() / 60
}

/// The year of the century, the month and the day of the month, of a day counted from 1 January 2000: (23, 1, 1) is
/// 1 January 2023. A real-time clock with a year of two digits begins again after 2099.
pub fn date(days: i64) -> (i64, i64, i64) {
    let days = days.rem_euclid(CENTURY_DAYS);
    let (fours, rest) = (days / 1461, days % 1461);
    // The first of four years has 366 days.
    let years = ((rest - 1) / 365).max(0);
    let mut day = rest - years * 365 - i64::from(years > 0);
    let february = if years == 0 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (fours * 4 + years, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn verif_twenty_ppm_is_1728_ms_a_day() {
        let clock = DeviceClock::new(SimTime::ZERO, SimTime::ZERO, 20_000);
        assert_eq!(clock.read(SimTime::DAY) - SimTime::DAY, SimTime::from_nanos(1_728_000_000));
        let slow = DeviceClock::new(SimTime::ZERO, SimTime::ZERO, -20_000);
        assert_eq!(slow.read(SimTime::DAY) - SimTime::DAY, SimTime::from_nanos(-1_728_000_000));
    }

    #[test]
    fn verif_a_jump_a_setting_and_a_drift_begin_when_they_do() {
        let hour = SimTime::from_secs(3600);
        let mut clock = DeviceClock::new(SimTime::ZERO, hour * 8, 0);
        clock.jump(hour, hour * -2);
        assert_eq!(clock.read(hour), hour * 7);
        assert_eq!(clock.when(hour * 7), Some(hour));
        assert_eq!(clock.when(hour * 5), Some(hour * -1));
        clock.set_drift(hour * 2, 1_000_000);
        assert_eq!(clock.read(hour * 2), hour * 8);
        assert_eq!(clock.read(hour * 2 + SimTime::from_secs(1000)), hour * 8 + SimTime::from_secs(1001));
        clock.set(hour * 3, SimTime::ZERO);
        assert_eq!(clock.read(hour * 3), SimTime::ZERO);
        assert_eq!(clock.drift_ppb(), 1_000_000);
    }

    #[test]
    fn verif_days_and_minutes() {
        let minute = SimTime::from_secs(60);
        assert_eq!(day_and_time(minute * -1), (-1, minute * 1439));
        assert_eq!(minute_of_day(SimTime::from_nanos(-1)), 1439);
        assert_eq!(day_and_time(SimTime::DAY * 3), (3, SimTime::ZERO));
        assert_eq!(minute_of_day(SimTime::DAY * 3 + minute * 480 + SimTime::from_secs(59)), 480);
    }

    #[test]
    fn verif_the_far_end_is_not_reached() {
        let clock = DeviceClock::new(SimTime::ZERO, SimTime::from_nanos(-1), -MOST_PPB);
        assert_eq!(clock.when(SimTime::from_nanos(i64::MAX)), None);
        let fast = DeviceClock::new(SimTime::ZERO, SimTime::ZERO, MOST_PPB);
        assert_eq!(fast.read(SimTime::from_nanos(i64::MAX)).nanos(), i64::MAX);
    }

    #[test]
    fn verif_the_clock_counts_every_day_of_the_century() {
        assert_eq!(date(OPENNERVE_EPOCH), (23, 1, 1));
        assert_eq!((date(0), date(-1), date(CENTURY_DAYS)), ((0, 1, 1), (99, 12, 31), (0, 1, 1)));
        let (mut day, mut counted) = (0, Vec::new());
        for year in 0..100 {
            let february = if year % 4 == 0 { 29 } else { 28 };
            for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                counted.extend((1..=length).map(|day| (year, month, day)));
            }
        }
        assert_eq!(counted.len() as i64, CENTURY_DAYS);
        for expected in counted {
            assert_eq!(date(day), expected);
            day += 1;
        }
    }

    proptest! {
        #[test]
        fn verif_when_is_the_inverse_of_read(
            anchor in 0..crate::time::LONGEST.nanos(),
            shown in -1_000_000_000_000_000_i64..1_000_000_000_000_000_000,
            drift in -1_000_000_i64..=1_000_000,
            jump in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
            later in 0..1_000_000_000_000_000_i64,
            asked in -1_000_000_000_000_000_i64..1_000_000_000_000_000_000,
        ) {
            let mut clock = DeviceClock::new(SimTime::from_nanos(anchor), SimTime::from_nanos(shown), -drift);
            let now = SimTime::from_nanos(anchor + later);
            clock.set_drift(now, drift);
            let before = clock.read(now);
            clock.jump(now, SimTime::from_nanos(jump));
            prop_assert_eq!(clock.read(now) - before, SimTime::from_nanos(jump));
            let asked = SimTime::from_nanos(asked);
            let when = clock.when(asked).expect("well within range");
            prop_assert!(clock.read(when) >= asked);
            prop_assert!(clock.read(when - SimTime::from_nanos(1)) < asked);
        }
    }
}
