//! The search for the least current that fires, from what single currents do.
//!
//! Three things can come of a current. It is **quiet**: no node of the fibre rises to where a node has fired. It
//! **fires**: an action potential arrives. Or it does something **locally**: a node rises, and nothing arrives. That is
//! so just below a threshold, and again far above it, where the flanks of the field are an anode that blocks what the
//! middle begins. So that the upper end of a block is never taken for a threshold, a current is accepted as silent only
//! on the way up from one that is quiet: below a local one the search goes on down, and what lies between the two is
//! combed.

use std::fmt;

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

/// Below this a current does nothing at all, mA.
const NOTHING_MA: f64 = 1e-12;

/// The search for one threshold: what is known so far.
#[derive(Clone, Debug)]
pub(super) struct Search {
    tried: Vec<(f64, Outcome)>,
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
        Self { tried: Vec::new(), stride, tolerance, limit_ma, current_ma: guess_ma.min(limit_ma) }
    }

    /// The extreme among the currents of some outcome below a limit.
    fn found(&self, of: &[Outcome], below: f64, better: fn(f64, f64) -> f64) -> Option<f64> {
        let matching = self.tried.iter().filter(|(ma, outcome)| of.contains(outcome) && *ma < below);
        matching.map(|(ma, _)| *ma).reduce(better)
    }

    /// Notes what the current did; the answer, if it is known now.
    pub(super) fn learn(&mut self, outcome: Outcome) -> Option<Threshold> {
        self.tried.push((self.current_ma, outcome));
        let fires = self.found(&[Outcome::Fired], f64::INFINITY, f64::min);
        let below = fires.unwrap_or(f64::INFINITY);
        let silent = self.found(&[Outcome::Quiet, Outcome::Local], below, f64::max);
        let quiet = self.found(&[Outcome::Quiet], below, f64::max);
        let local = self
            .tried
            .iter()
            .filter(|(ma, outcome)| *outcome == Outcome::Local && *ma < below && quiet.is_none_or(|quiet| *ma > quiet));
        let local = local.map(|(ma, _)| *ma).reduce(f64::min);
        self.current_ma = match (silent, fires, quiet, local) {
            // On the way down, to something quiet.
            (_, _, None, Some(lowest)) | (None, Some(lowest), ..) => lowest / self.stride_on(WIDEST),
            (_, _, Some(quiet), Some(local)) if local > COMB * quiet => COMB * quiet,
            (Some(silent), Some(fires), ..) => {
                let middle = 0.5 * (silent + fires);
                if fires - silent <= self.tolerance * middle {
                    return Some(Threshold::At(middle));
                }
                middle
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
            if let Some(answer) = search.learn(outcome) {
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

    #[test]
    fn verif_no_threshold_has_a_name() {
        assert_eq!(search(1.0, |_| Outcome::Quiet).0, Threshold::NoneBelow(1e6));
        let blocked = |ma: f64| if ma < 3.0 { Outcome::Quiet } else { Outcome::Local };
        assert_eq!(search(1.0, blocked).0, Threshold::Blocked(1e6));
        assert_eq!(search(1e7, blocked).0, Threshold::Blocked(1e6));
    }
}
