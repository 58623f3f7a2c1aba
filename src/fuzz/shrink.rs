//! Making a scenario that fails small: what does not matter is left out, what stays is made simpler.
//!
//! The work is done on the tree of the scenario's text, and every candidate is read like any file. The passes follow
//! each other until none makes anything smaller: entries and other items of lists by halves, quarters and so on down
//! to single ones (Zeller and Hildebrandt 2002), fields, commands out of messages, times, values. Whether a candidate
//! fails in the same way is for somebody else to say. Nothing is drawn: the same scenario shrinks the same way.

use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_128;

use crate::fuzz::times::{begun_later, gap, points, quoted, span_leaf, with_gap};
use crate::scenario::tree::{Path, Tree};
use crate::time::{SimTime, parse_time_of_day};

/// How many candidates are run unless somebody says otherwise (ours).
pub const CANDIDATES: u64 = 2_000;

/// What came of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is no scenario.
    Invalid,
    /// It ran, and did not fail in the same way.
    Differs,
    /// It fails in the same way.
    Same,
}

/// How far shrinking goes.
pub struct Bounds<'a> {
    /// Candidates that are run at most.
    pub candidates: u64,
    /// Entries of the timeline with one of these texts in them stay.
    pub keep: &'a [String],
    /// Whether somebody wants it to stop.
    pub stop: &'a dyn Fn() -> bool,
}

/// What a scenario has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// Its text, with a line feed at its end.
    pub text: String,
    /// Whether it is smaller than it was.
    pub smaller: bool,
    /// Whether no pass makes it smaller; else a bound was met first.
    pub smallest: bool,
    /// Candidates that were run.
    pub tried: u64,
}

/// Makes a scenario small that fails; `ask` tells what comes of a candidate.
pub fn shrink(tree: Tree, bounds: &Bounds<'_>, ask: &mut dyn FnMut(&str) -> Answer) -> Shrunk {
    let before = tree.clone();
    let mut shrinker = Shrinker { best: tree, bounds, ask, tried: 0, seen: BTreeSet::new() };
    loop {
        let mut changed = shrinker.lists();
        changed |= shrinker.fields();
        changed |= shrinker.simpler();
        changed |= shrinker.times();
        changed |= shrinker.values();
        if !changed || shrinker.is_over() {
            break;
        }
    }
    Shrunk {
        smaller: shrinker.best != before,
        smallest: !shrinker.is_over(),
        tried: shrinker.tried,
        text: format!("{}\n", shrinker.best),
    }
}

/// The tree of a scenario with that expectation alone, or with none: expectations change nothing in a run.
pub fn expecting(tree: &Tree, only: Option<usize>) -> Tree {
    let mut tree = tree.clone();
    let Tree::Struct(_, fields) = &mut tree else { return tree };
    match only {
        None => fields.retain(|(name, _)| name != "expect"),
        Some(place) => {
            if let Some((_, Tree::List(items))) = fields.iter_mut().find(|(name, _)| name == "expect") {
                let only = items.get(place).cloned();
                *items = only.into_iter().collect();
            }
        }
    }
    tree
}

/// Fields that every file of their kind has: no candidate is without them.
const REQUIRED: [&str; 8] = ["version", "name", "duration", "patient", "device", "implant", "at", "do"];

/// Spans that people say, from the shortest, ns (ours): what a time is made of in the end.
const LADDER: [i64; 36] = {
    let (ms, s) = (1_000_000, 1_000_000_000);
    let (min, h, day) = (60 * s, 3_600 * s, 86_400 * s);
    [
        0,
        ms,
        2 * ms,
        5 * ms,
        10 * ms,
        20 * ms,
        50 * ms,
        100 * ms,
        200 * ms,
        500 * ms,
        s,
        2 * s,
        3 * s,
        5 * s,
        10 * s,
        20 * s,
        30 * s,
        min,
        2 * min,
        3 * min,
        5 * min,
        10 * min,
        20 * min,
        30 * min,
        h,
        2 * h,
        3 * h,
        6 * h,
        12 * h,
        day,
        2 * day,
        5 * day,
        10 * day,
        30 * day,
        100 * day,
        365 * day,
    ]
};

/// What times are rounded down to where no shorter one will do, ns.
const ROUND: [i64; 7] =
    [86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000, 100_000_000, 1_000_000, 1_000];

struct Shrinker<'a> {
    best: Tree,
    bounds: &'a Bounds<'a>,
    ask: &'a mut dyn FnMut(&str) -> Answer,
    tried: u64,
    /// Candidates that have been asked about.
    seen: BTreeSet<u128>,
}

impl Shrinker<'_> {
    fn is_over(&self) -> bool {
        self.tried >= self.bounds.candidates || (self.bounds.stop)()
    }

    /// Takes a candidate in the place of the best one if it fails in the same way; tells whether it did.
    fn take(&mut self, candidate: Tree) -> bool {
        if candidate == self.best || self.is_over() {
            return false;
        }
        let text = candidate.to_string();
        if !self.seen.insert(xxh3_128(text.as_bytes())) {
            return false;
        }
        let answer = (self.ask)(&text);
        self.tried += u64::from(answer != Answer::Invalid);
        if answer == Answer::Same {
            self.best = candidate;
        }
        answer == Answer::Same
    }

    /// Whether a value belongs to what is expected, which stays as it is.
    fn is_expected(&self, path: &[usize]) -> bool {
        let Tree::Struct(_, fields) = &self.best else { return false };
        path.first().is_some_and(|&place| fields[place].0 == "expect")
    }

    /// Whether an item of a list is to stay.
    fn is_kept(&self, item: &Tree) -> bool {
        let text = item.to_string();
        item.field("at").is_some() && self.bounds.keep.iter().any(|keep| text.contains(keep.as_str()))
    }

    /// Leaves items out of lists.
    fn lists(&mut self) -> bool {
        let mut changed = false;
        let mut next = 0;
        while let Some(path) = self.best.paths().get(next).cloned() {
            next += 1;
            let is_list = matches!(self.best.at(&path), Some(Tree::List(_)));
            if is_list && !self.is_expected(&path) {
                changed |= self.thin(&path);
            }
        }
        changed
    }

    /// Leaves items out of a list: all, halves, quarters, down to single ones.
    fn thin(&mut self, path: &[usize]) -> bool {
        let items = |best: &Tree| match best.at(path) {
            Some(Tree::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        let mut changed = false;
        let mut size = items(&self.best).len();
        while size > 0 {
            let mut from = 0;
            loop {
                let now = items(&self.best);
                if from >= now.len() {
                    break;
                }
                let is_out = |place: usize| (from..from + size).contains(&place);
                let stays = |(place, item): &(usize, Tree)| !is_out(*place) || self.is_kept(item);
                let rest: Vec<Tree> = now.into_iter().enumerate().filter(stays).map(|(_, item)| item).collect();
                let mut candidate = self.best.clone();
                if let Some(list) = candidate.at_mut(path) {
                    *list = Tree::List(rest);
                }
                if self.take(candidate) {
                    changed = true;
                } else {
                    from += size;
                }
            }
            size /= 2;
        }
        changed
    }

    /// Leaves fields out, a struct's as a whole before those within.
    fn fields(&mut self) -> bool {
        let mut changed = false;
        let mut next = 0;
        while let Some(path) = self.best.paths().get(next).cloned() {
            next += 1;
            let Some((&last, before)) = path.split_last() else { continue };
            let Some(Tree::Struct(_, fields)) = self.best.at(before) else { continue };
            let (name, value) = &fields[last];
            let kept = value.parts().into_iter().any(|item| self.is_kept(item));
            if REQUIRED.contains(&name.as_str()) || kept || self.is_expected(&path) {
                continue;
            }
            let mut candidate = self.best.clone();
            candidate.remove(&path);
            if self.take(candidate) {
                changed = true;
                next -= 1;
            }
        }
        changed
    }

    /// Takes commands out of messages and interference, and one side for both.
    fn simpler(&mut self) -> bool {
        let mut changed = false;
        for path in self.best.paths() {
            let Some(value) = self.best.at(&path).filter(|_| !self.is_expected(&path)) else { continue };
            let instead = match value {
                Tree::Leaf(name) if name == "Both" => ["Left", "Right"].map(|side| Tree::Leaf(side.into())).to_vec(),
                Tree::Struct(..) => value.field("command").cloned().into_iter().collect(),
                _ => Vec::new(),
            };
            changed |= instead.into_iter().any(|instead| self.replace(&path, instead));
        }
        changed
    }

    fn replace(&mut self, path: &Path, value: Tree) -> bool {
        let mut candidate = self.best.clone();
        match candidate.at_mut(path) {
            Some(place) => *place = value,
            None => return false,
        }
        self.take(candidate)
    }

    /// Makes times shorter: from each point that the scenario names to the next, its end the last; and begins later.
    fn times(&mut self) -> bool {
        let mut changed = false;
        let mut point = points(&self.best).len();
        while point > 0 {
            point -= 1;
            let Some(now) = gap(&self.best, point) else { continue };
            changed |= self.lower_span(now, &|best, span| with_gap(best, point, span));
        }
        if let Some(now) = gap(&self.best, 0) {
            changed |= self.lower_span(now, &|best, span| begun_later(best, span));
        }
        changed
    }

    /// Makes a span shorter, or at least rounder.
    fn lower_span(&mut self, now: SimTime, make: &dyn Fn(&Tree, SimTime) -> Option<Tree>) -> bool {
        let make = |best: &Tree, nanos: i64| make(best, SimTime::from_nanos(nanos));
        let steps: Vec<i64> = LADDER.into_iter().filter(|&step| step < now.nanos()).collect();
        let rounded = ROUND.map(|unit| now.nanos() / unit * unit);
        let rounder: Vec<i64> = rounded.into_iter().filter(|&nanos| nanos > 0 && nanos < now.nanos()).collect();
        self.lower(&steps, &rounder, &make)
    }

    /// Takes the least of rising steps that still fails, as far as halving finds it; else the first of them, or of the
    /// others, that does.
    fn lower<T: Copy>(&mut self, steps: &[T], others: &[T], make: &dyn Fn(&Tree, T) -> Option<Tree>) -> bool {
        let mut attempt = |step: T| make(&self.best, step).is_some_and(|candidate| self.take(candidate));
        if steps.first().is_some_and(|&least| attempt(least)) {
            return true;
        }
        let (mut low, mut high) = (1, steps.len());
        while low < high {
            let middle = (low + high) / 2;
            if attempt(steps[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low < steps.len() || steps.iter().chain(others).any(|&step| attempt(step))
    }

    /// Makes numbers and spans smaller or rounder, but for what is expected and instants.
    fn values(&mut self) -> bool {
        let mut changed = false;
        for path in self.best.paths() {
            let Some(Tree::Leaf(text)) = self.best.at(&path).filter(|_| !self.is_expected(&path)) else { continue };
            let instants = crate::fuzz::times::instants(&self.best);
            if instants.iter().any(|(instant, _)| *instant == path) || path == self.version() {
                continue;
            }
            let set = |best: &Tree, leaf: Tree| {
                let mut candidate = best.clone();
                *candidate.at_mut(&path)? = leaf;
                Some(candidate)
            };
            let leaf = Tree::Leaf(text.clone());
            if let Ok(number) = text.parse::<f64>() {
                let (steps, rounder) = simpler_numbers(number);
                changed |= self.lower(&steps, &rounder, &|best, value| set(best, Tree::Leaf(value.to_string())));
            } else if let Some(text) = quoted(&leaf).filter(|text| parse_time_of_day(text).is_err())
                && let Ok(span) = text.parse::<SimTime>()
            {
                changed |= self.lower_span(span, &|best, span| set(best, span_leaf(span)));
            }
        }
        changed
    }

    /// The place of the version of the format.
    fn version(&self) -> Path {
        let Tree::Struct(_, fields) = &self.best else { return Path::new() };
        fields.iter().position(|(name, _)| name == "version").into_iter().collect()
    }
}

/// Numbers that are nearer to 0 and simple, rising in size; and the number itself with fewer digits.
fn simpler_numbers(number: f64) -> (Vec<f64>, Vec<f64>) {
    if !number.is_finite() {
        return (Vec::new(), Vec::new());
    }
    let size = number.abs();
    let scale = |power: i32| (0..power.abs()).fold(1.0, |scale, _| scale * 10.0);
    let of_power = |mantissa: f64, power: i32| match power {
        0.. => mantissa * scale(power),
        _ => mantissa / scale(power),
    };
    let whole = size.fract() == 0.0;
    let powers = if whole { 0..10 } else { -3..10 };
    let simple = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|mantissa| of_power(mantissa, power)));
    let steps = std::iter::once(0.0).chain(simple).filter(|&step| step < size);
    let rounded = (-3..10).rev().map(|power| (size / of_power(1.0, power)).floor() * of_power(1.0, power));
    let tidy = |value: f64| (value * 1e6).round() / 1e6;
    let rounder = rounded.map(tidy).filter(|&value| value > 0.0 && value < size);
    let signed = |value: f64| if number < 0.0 && value > 0.0 { -value } else { value };
    (steps.map(signed).collect(), rounder.map(signed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shrunk(text: &str, keep: &[String], candidates: u64, fails: impl Fn(&Tree) -> bool) -> Shrunk {
        let bounds = Bounds { candidates, keep, stop: &|| false };
        let tree = Tree::parse(text).unwrap();
        assert!(fails(&tree));
        shrink(tree, &bounds, &mut |text| {
            let tree = Tree::parse(text).expect("candidates are well-formed");
            if fails(&tree) { Answer::Same } else { Answer::Differs }
        })
    }

    const TEXT: &str = "(version: 1, name: \"n\", duration: \"3 h 7 min\", seed: 12, timeline: [\
        (at: \"1 min\", do: A(side: Both, ohm: 47123)), (at: \"2 min\", do: B), (at: \"125 s\", do: C), \
        (at: \"1 h\", do: Message(number: 3, command: D(steps: -7))), (at: \"2 h\", do: E(for: \"17 min\"))], \
        expect: [Never(event: \"x\", from: \"1 min\"), Never(event: \"y\")])";

    #[test]
    fn verif_what_matters_stays_and_nothing_else() {
        let has = |tree: &Tree, text: &str| tree.to_string().contains(text);
        let found =
            shrunk(TEXT, &[], 1_000, |tree| has(tree, "do: A(") && has(tree, "D(") && has(tree, "event: \"x\""));
        assert!(found.smaller && found.smallest, "{found:?}");
        let expected = "(\n    version: 1,\n    name: \"n\",\n    duration: \"0 s\",\n    timeline: [\n        \
            (at: \"0 s\", do: A()),\n        (at: \"0 s\", do: D()),\n    ],\n    expect: [\n        \
            Never(event: \"x\", from: \"0 s\"),\n        Never(event: \"y\"),\n    ],\n)\n";
        assert_eq!(found.text, expected);
        assert!(!shrunk(&found.text, &[], 1_000, |tree| has(tree, "do: A(") && has(tree, "D(")).smaller);
    }

    #[test]
    fn verif_times_and_values_come_to_simple_ones() {
        let ohm = |tree: &Tree| {
            let timeline =
                tree.field("timeline")?.parts().into_iter().find_map(|entry| entry.field("do")?.field("ohm"));
            let Tree::Leaf(text) = timeline? else { return None };
            text.parse::<f64>().ok()
        };
        let late = |tree: &Tree| points(tree).last().is_some_and(|&end| end >= SimTime::from_secs(3_000));
        let found = shrunk(TEXT, &[], 1_000, |tree| ohm(tree).is_some_and(|ohm| ohm >= 1_500.0) && late(tree));
        assert!(found.text.contains("ohm: 2000") && found.text.contains("duration: \"1 h\""), "{}", found.text);
    }

    #[test]
    fn verif_entries_can_be_kept_and_bounds_are_held() {
        let found = shrunk(TEXT, &["do: C".to_string()], 1_000, |_| true);
        assert!(found.text.contains("do: C") && !found.text.contains("do: B"), "{}", found.text);
        let bounded = shrunk(TEXT, &[], 3, |tree| tree.to_string().contains("do: A("));
        assert_eq!((bounded.tried, bounded.smallest), (3, false));
    }

    #[test]
    fn verif_one_expectation_is_left() {
        let tree = Tree::parse(TEXT).unwrap();
        let one = expecting(&tree, Some(1));
        assert_eq!(one.field("expect").unwrap().parts(), [tree.field("expect").unwrap().parts()[1]]);
        assert!(expecting(&tree, None).field("expect").is_none());
    }

    #[test]
    fn verif_simpler_numbers_are_nearer_to_zero() {
        let (steps, rounder) = simpler_numbers(-12.5);
        assert!(steps.iter().chain(&rounder).all(|&value| value > -12.5 && value <= 0.0), "{steps:?} {rounder:?}");
        assert!(rounder.contains(&-12.0) && steps.contains(&-0.002));
        assert_eq!(simpler_numbers(3.0).0, [0.0, 1.0, 2.0]);
    }
}
