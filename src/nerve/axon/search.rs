//! The search for the least current that fires, from what single currents do.
//!
//! Three things can come of a current. It is **quiet**: no node of the fibre rises to where a node has fired. It
//! **fires**: an action potential arrives. Or it does something **locally**: a node rises, and nothing arrives. That is
//! so just below a threshold, and again far above it, where the flanks of the field are an anode that blocks what the
//! middle begins. So that the upper end of a block is never taken for a threshold, a current is accepted as silent only
//! on the way up from one that is quiet: below a local one the search goes on down, and what lies between the two is
//! combed.
//!
//! Near its threshold T a fibre lingers where it neither fires nor rests: how long a run takes grows as −τ·ln|I/T − 1|,
//! on both sides and with the same τ for all fibres. Two runs on one side so tell about where T is, and the next
//! current is tried a little beyond it. That only chooses what is tried; where it does not halve what is between in two
//! tries, the middle is tried.

use std::fmt;

use crate::math;

/// What a current does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No node rises to where a node has fired.
    Quiet,
    /// A node does, and no action potential arrives.
    Local,
    /// An action potential arrives.
    Fired,
}

/// What comes of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// The least current that fires, mA, without sign.
    At(f64),
    /// No current up to this one, mA, excites any node.
    NoneBelow(f64),
    /// Currents up to this one, mA, excite nodes, and none of them sends an action potential to where it is looked for.
    Blocked(f64),
}

impl Threshold {
    /// The threshold, mA; none where there is none.
    pub fn ma(self) -> Option<f64> {
        if let Self::At(ma) = self { Some(ma) } else { None }
    }

    /// The name of the answer, as tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::At(_) => "threshold",
            Self::NoneBelow(_) => "none-in-range",
            Self::Blocked(_) => "blocked",
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(ma) => write!(out, "{ma} mA"),
            Self::NoneBelow(ma) => write!(out, "no current up to {ma} mA excites the fibre"),
            Self::Blocked(ma) => write!(out, "currents up to {ma} mA excite the fibre, and none of them is conducted"),
        }
    }
}

/// Every further step away from what is known is twice as wide as the last, up to this.
const WIDEST: f64 = 1.0;

/// Above a current that is excited and blocked the steps are no wider than this.
const WIDEST_IN_A_BLOCK: f64 = 0.25;

/// From a quiet current to the lowest local one it is no farther than this when a threshold above them is accepted.
const COMB: f64 = 1.1;

/// τ of the time that a run near its threshold takes, ms. Measured: 0.091 to 0.095 for 5.7 to 16 µm, 60 and 214 µs.
const LINGERS_MS: f64 = 0.094;

/// How much longer a run takes that fires than one as near that is silent, ms; about.
const FIRES_LATER_MS: f64 = 0.1;

/// Below this a current does nothing at all, mA.
const NOTHING_MA: f64 = 1e-12;

/// The search for one threshold: what is known so far.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// Current, mA, what it did, and how long that took, ms.
    tried: Vec<(f64, Outcome, f64)>,
    /// What lay between before the last two tries.
    widths: [f64; 2],
    stride: f64,
    tolerance: f64,
    limit_ma: f64,
    /// The current that is to be tried now.
    pub(super) current_ma: f64,
}

impl Search {
    /// A search that begins at a guess and goes that share of it up or down first.
    pub(super) fn new(guess_ma: f64, stride: f64, tolerance: f64, limit_ma: f64) -> Self {
        assert!(guess_ma > 0.0 && stride > 0.0 && tolerance > 0.0, "a guess, a stride and a tolerance are positive");
        let widths = [f64::INFINITY; 2];
        Self { tried: Vec::new(), widths, stride, tolerance, limit_ma, current_ma: guess_ma.min(limit_ma) }
    }

    /// The extreme among the currents of some outcome below a limit.
    fn found(&self, of: &[Outcome], below: f64, better: fn(f64, f64) -> f64) -> Option<f64> {
        let matching = self.tried.iter().filter(|(ma, outcome, _)| of.contains(outcome) && *ma < below);
        matching.map(|(ma, ..)| *ma).reduce(better)
    }

    /// Notes what the current did and how long that took, ms; the answer, if it is known now.
    pub(super) fn learn(&mut self, outcome: Outcome, took_ms: f64) -> Option<Threshold> {
        self.tried.push((self.current_ma, outcome, took_ms));
        let fires = self.found(&[Outcome::Fired], f64::INFINITY, f64::min);
        let below = fires.unwrap_or(f64::INFINITY);
        let silent = self.found(&[Outcome::Quiet, Outcome::Local], below, f64::max);
        let quiet = self.found(&[Outcome::Quiet], below, f64::max);
        let above_quiet = |ma: f64| ma < below && quiet.is_none_or(|quiet| ma > quiet);
        let local = self.tried.iter().filter(|tried| tried.1 == Outcome::Local && above_quiet(tried.0));
        let local = local.map(|tried| tried.0).reduce(f64::min);
        self.current_ma = match (silent, fires, quiet, local) {
            // On the way down, to something quiet.
            (_, _, None, Some(lowest)) | (None, Some(lowest), ..) => lowest / self.stride_on(WIDEST),
            (_, _, Some(quiet), Some(local)) if local > COMB * quiet => COMB * quiet,
            (Some(silent), Some(fires), ..) => {
                let middle = 0.5 * (silent + fires);
                if fires - silent <= self.tolerance * middle {
                    return Some(Threshold::At(middle));
                }
                self.between(silent, fires)
            }
            (Some(silent), None, _, local) => {
                let blocked = local.is_some();
                if silent >= self.limit_ma {
                    let limit = self.limit_ma;
                    return Some(if blocked { Threshold::Blocked(limit) } else { Threshold::NoneBelow(limit) });
                }
                let widest = if blocked { WIDEST_IN_A_BLOCK } else { WIDEST };
                (silent * self.stride_on(widest)).min(self.limit_ma)
            }
            (None, None, ..) => unreachable!("one current was tried"),
        };
        assert!(self.current_ma > NOTHING_MA, "a fibre does not fire without a current");
        None
    }

    /// What to try between a silent and a firing current.
    fn between(&mut self, silent: f64, fires: f64) -> f64 {
        let width = fires - silent;
        let slow = width > 0.5 * self.widths[0];
        self.widths = [self.widths[1], width];
        let middle = 0.5 * (silent + fires);
        let Some((threshold, off)) = self.about(silent, fires).filter(|_| !slow) else { return middle };
        // A little beyond it, on the side of which less is known.
        let off = off.max(0.4 * self.tolerance * middle);
        let next = if fires - threshold > threshold - silent { threshold + off } else { threshold - off };
        if (silent + 0.02 * width..=fires - 0.02 * width).contains(&next) { next } else { middle }
    }

    /// About where the threshold between two currents is, and how far that may be off; none where nothing tells.
    fn about(&self, silent: f64, fires: f64) -> Option<(f64, f64)> {
        let took = |ma: f64| self.tried.iter().find(|tried| tried.0 == ma).map_or(0.0, |tried| tried.2);
        let fired = |tried: &&(f64, Outcome, f64)| tried.1 == Outcome::Fired && tried.0 > fires;
        let farther_up = self.tried.iter().filter(fired).map(|tried| tried.0).reduce(f64::min);
        let quiet = |tried: &&(f64, Outcome, f64)| tried.1 != Outcome::Fired && tried.0 < silent;
        let farther_down = self.tried.iter().filter(quiet).map(|tried| tried.0).reduce(f64::max);
        // How far the nearer of two on one side is from the threshold.
        let nearer = |near: f64, far: f64| {
            let ratio = math::exp((took(near) - took(far)) / LINGERS_MS);
            (near - far).abs() / (ratio - 1.0)
        };
        let above = farther_up.map(|far| nearer(fires, far)).map(|by| (fires - by, 0.2 * by));
        let below = farther_down.map(|far| nearer(silent, far)).map(|by| (silent + by, 0.2 * by));
        let part = math::exp((took(silent) + FIRES_LATER_MS - took(fires)) / LINGERS_MS);
        let across = silent + (fires - silent) / (1.0 + part);
        let both = Some((across, 0.4 * (fires - across).min(across - silent)));
        let inside = |&(ma, off): &(f64, f64)| ma > silent && ma < fires && off > 0.0;
        let told = [above, below, both].into_iter().flatten().filter(inside);
        told.reduce(|best, other| if other.1 < best.1 { other } else { best })
    }

    /// The factor of a step outwards; the next is wider.
    fn stride_on(&mut self, widest: f64) -> f64 {
        let factor = 1.0 + self.stride.min(widest);
        self.stride = (2.0 * self.stride).min(WIDEST);
        factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer for a fibre that does `what`, and how many currents were tried.
    fn search(guess_ma: f64, what: impl Fn(f64) -> Outcome) -> (Threshold, usize) {
        let mut search = Search::new(guess_ma, 0.01, 1e-4, 1e6);
        loop {
            let outcome = what(search.current_ma);
            if let Some(answer) = search.learn(outcome, 0.0) {
                return (answer, search.tried.len());
            }
        }
    }

    /// Quiet below 0.9, local up to 1, firing up to 7, blocked up to 30, firing above.
    fn fibre(ma: f64) -> Outcome {
        match ma {
            ..0.9 => Outcome::Quiet,
            ..1.0 => Outcome::Local,
            ..7.0 => Outcome::Fired,
            ..30.0 => Outcome::Local,
            _ => Outcome::Fired,
        }
    }

    #[test]
    fn verif_a_block_is_not_taken_for_a_threshold_whatever_the_guess() {
        for step in 0..400 {
            let guess = 1e-4 * crate::math::exp(0.05 * f64::from(step));
            let (answer, tried) = search(guess, fibre);
            let ma = answer.ma().expect("a threshold");
            assert!((ma - 1.0).abs() < 1e-4, "from {guess}: {ma}");
            assert!(tried < 50, "from {guess}: {tried} currents");
        }
    }

    /// Where runs take as long as they do in a fibre, few are needed; where they do not, not many more.
    #[test]
    fn verif_how_long_runs_take_saves_some_of_them() {
        for (lingers_ms, most) in [(LINGERS_MS, 7), (0.5 * LINGERS_MS, 20), (3.0 * LINGERS_MS, 20), (0.0, 20)] {
            for guess in [0.997, 0.9999, 1.0003, 1.006] {
                let mut search = Search::new(guess, 0.01, 5e-5, 1e6);
                let answer = loop {
                    let ma = search.current_ma;
                    let outcome = if ma < 1.0 { Outcome::Quiet } else { Outcome::Fired };
                    let later = if ma < 1.0 { 0.0 } else { FIRES_LATER_MS };
                    if let Some(answer) = search.learn(outcome, later - lingers_ms * math::ln((ma - 1.0).abs() + 1e-12))
                    {
                        break answer;
                    }
                };
                assert!((answer.ma().expect("a threshold") - 1.0).abs() < 5e-5, "{answer:?}");
                assert!(search.tried.len() <= most, "{lingers_ms}, {guess}: {} currents", search.tried.len());
            }
        }
    }

    #[test]
    fn verif_no_threshold_has_a_name() {
        assert_eq!(search(1.0, |_| Outcome::Quiet).0, Threshold::NoneBelow(1e6));
        let blocked = |ma: f64| if ma < 3.0 { Outcome::Quiet } else { Outcome::Local };
        assert_eq!(search(1.0, blocked).0, Threshold::Blocked(1e6));
        assert_eq!(search(1e7, blocked).0, Threshold::Blocked(1e6));
    }
}
