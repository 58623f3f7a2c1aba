//! The instants of a scenario's tree, moved: gaps between them made shorter, the start made later.

use crate::scenario::tree::{Path, Tree};
use crate::time::{DayClock, SimTime, parse_instant, parse_time_of_day, show_time_of_day};

/// The text of a leaf in quotes, without them.
pub fn quoted(tree: &Tree) -> Option<&str> {
    let Tree::Leaf(text) = tree else { return None };
    text.strip_prefix('"')?.strip_suffix('"')
}

/// A leaf that says a span or an instant since the start.
pub fn span_leaf(time: SimTime) -> Tree {
    Tree::Leaf(format!("\"{time}\""))
}

/// The clock that a scenario starts at.
fn clock(tree: &Tree) -> DayClock {
    let starts_at = tree.field("starts_at").and_then(quoted).and_then(|text| parse_time_of_day(text).ok());
    DayClock::starting_at(starts_at.unwrap_or_default())
}

/// Every instant that a scenario names, with its place: of its timeline, of what it expects and records, and its end.
pub fn instants(tree: &Tree) -> Vec<(Path, SimTime)> {
    const PLACES: [(&str, &[&str]); 3] =
        [("timeline", &["at"]), ("expect", &["from", "until"]), ("record", &["from", "until"])];
    let clock = clock(tree);
    let Tree::Struct(_, fields) = tree else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |path: Path, leaf: &Tree| {
        let at = quoted(leaf).and_then(|text| parse_instant(text, clock).ok());
        found.extend(at.map(|at| (path, at)));
    };
    for (place, (name, value)) in fields.iter().enumerate() {
        if name == "duration" {
            add(vec![place], value);
        }
        let Some((_, names)) = PLACES.iter().find(|(list, _)| list == name) else { continue };
        for (item, entry) in value.parts().into_iter().enumerate() {
            let Tree::Struct(_, parts) = entry else { continue };
            for (part, (name, leaf)) in parts.iter().enumerate().filter(|(_, (name, _))| names.contains(&name.as_str()))
            {
                debug_assert!(names.contains(&name.as_str()));
                add(vec![place, item, part], leaf);
            }
        }
    }
    found
}

/// The instants that a scenario names, each once, in the order of time.
pub fn points(tree: &Tree) -> Vec<SimTime> {
    let mut points: Vec<SimTime> = instants(tree).into_iter().map(|(_, at)| at).collect();
    points.sort();
    points.dedup();
    points
}

/// The same with every instant from one on earlier.
fn moved(tree: &Tree, from: SimTime, by: SimTime) -> Tree {
    let mut changed = tree.clone();
    for (path, at) in instants(tree).into_iter().filter(|(_, at)| *at >= from) {
        if let Some(leaf) = changed.at_mut(&path) {
            *leaf = span_leaf(at - by);
        }
    }
    changed
}

/// The time from the point before a point, or from the start, to it.
pub fn gap(tree: &Tree, point: usize) -> Option<SimTime> {
    let points = points(tree);
    let before = point.checked_sub(1).map_or(SimTime::ZERO, |before| points[before]);
    points.get(point).map(|&at| at - before)
}

/// The same with another time before a point; all that comes later moves with it.
pub fn with_gap(tree: &Tree, point: usize, wanted: SimTime) -> Option<Tree> {
    let by = gap(tree, point)? - wanted;
    Some(moved(tree, points(tree)[point], by))
}

/// The same begun later by the clock, so that the first point comes after that span; by whole seconds.
pub fn begun_later(tree: &Tree, wanted: SimTime) -> Option<Tree> {
    let by = gap(tree, 0)? - wanted;
    let by = SimTime::from_secs(by.whole_second());
    let mut changed = moved(tree, SimTime::ZERO, by);
    let (_, now) = clock(tree).read(by);
    let leaf = Tree::Leaf(format!("\"{}\"", show_time_of_day(now)));
    match changed.field_mut("starts_at") {
        Some(field) => *field = leaf,
        None => {
            let Tree::Struct(_, fields) = &mut changed else { return None };
            fields.push(("starts_at".to_string(), leaf));
        }
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree::parse(
            "(duration: \"2 h\", starts_at: \"07:00\", timeline: [(at: \"day 0 08:00\", do: A), (at: \"61 min\", \
             do: B)], expect: [Never(event: \"x\", until: \"61 min\")])",
        )
        .unwrap()
    }

    #[test]
    fn verif_a_shorter_gap_moves_all_that_is_later() {
        let minutes = |tree: &Tree| points(tree).iter().map(|at| at.whole_second() / 60).collect::<Vec<_>>();
        let tree = tree();
        assert_eq!(minutes(&tree), [60, 61, 120]);
        assert_eq!(gap(&tree, 2), Some(SimTime::from_secs(59 * 60)));
        assert_eq!(minutes(&with_gap(&tree, 0, SimTime::ZERO).unwrap()), [0, 1, 60]);
        let merged = with_gap(&tree, 1, SimTime::ZERO).unwrap();
        assert_eq!(minutes(&merged), [60, 119]);
        assert!(merged.to_string().contains("until: \"1 h\""), "{merged}");
    }

    #[test]
    fn verif_a_later_start_keeps_the_clock() {
        let later = begun_later(&tree(), SimTime::from_secs(60)).unwrap();
        assert_eq!(later.field("starts_at"), Some(&Tree::Leaf("\"07:59:00\"".to_string())));
        assert_eq!(points(&later)[0], SimTime::from_secs(60));
        assert_eq!(clock(&later).show(SimTime::from_secs(60)), "day 0 08:00:00");
    }
}
