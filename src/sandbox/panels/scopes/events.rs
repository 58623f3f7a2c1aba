//! Events as people read them, and their colours.

use egui::Color32;

use super::Seen;
use crate::record::events::{Event, EventKind};
use crate::sandbox::theme::Theme;
use crate::time::SimTime;

/// Lines that a tooltip shows at the most.
const MOST_LINES: usize = 6;

/// What happened, in words: its name apart, and its values.
pub fn words(kind: &EventKind) -> String {
    let text = format!("{kind:?}");
    let (name, values) = text.split_once(' ').unwrap_or((&text, ""));
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    let values = values.trim_matches(|c| "{} ".contains(c)).replace(['"', '_'], " ").replace("  ", " ");
    if values.is_empty() { words } else { format!("{words}: {}", values.trim()) }
}

/// The events close to an instant, as lines.
pub fn near(seen: &Seen<'_>, at: SimTime, within: SimTime) -> Vec<String> {
    let events = seen.memory.events(at - within, at + within + SimTime::from_nanos(1));
    let lines = events.iter().take(MOST_LINES).map(|event| words(&event.kind));
    let more = events.len().saturating_sub(MOST_LINES);
    lines.chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// The colour of an event: by how much it matters.
pub fn color(theme: &Theme, event: &Event) -> Color32 {
    match event.kind {
        EventKind::LimitPassed { .. } | EventKind::OpenCircuit { .. } | EventKind::EndOfService { .. } => theme.alarm,
        EventKind::ComplianceLimited { .. }
        | EventKind::SessionMissed { .. }
        | EventKind::ElectiveReplacement { .. }
        | EventKind::AmplitudeLowered { .. }
        | EventKind::WidthCut { .. }
        | EventKind::CommandIgnored { .. }
        | EventKind::MessageLost { .. }
        | EventKind::MessageRefused { .. } => theme.caution,
        EventKind::SessionStarted { .. } => theme.good,
        _ => theme.faint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_events_read_as_sentences_begin() {
        assert_eq!(words(&EventKind::ProgramSet {}), "program set");
    }
}
