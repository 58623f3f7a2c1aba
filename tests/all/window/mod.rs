//! The panels of the window, as a person uses them: by label, by mouse and by key.
//!
//! Thresholds: of the axon; what the window shows of them is compared with a run.

mod desk;
mod files;
mod gallery;
mod keys;
mod programmer;
mod scene;
mod scopes;
mod session;
mod settings;
mod spine;
mod transport;
mod waveform;

use std::time::Duration;

use egui::{Ui, Vec2};
use egui_kittest::Harness;
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::theme::Theme;
use stimtwin::sandbox::view::View;

/// A panel as a function.
type Panel<S> = fn(&mut Ui, &View<'_>, &mut S, &mut Vec<Act>);

/// A panel over a session, and what it asked for so far.
struct Bench<S> {
    session: Session,
    theme: Theme,
    panel: Panel<S>,
    state: S,
    acts: Vec<Act>,
}

/// A panel of that size over a scenario that is built in; what it asks for, the session does.
fn bench<S: Default>(scenario: &str, size: [f32; 2], panel: Panel<S>) -> Harness<'static, Bench<S>> {
    let session = Session::built_in(scenario).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let bench = Bench { session, theme: Theme::dark(), panel, state: S::default(), acts: Vec::new() };
    let mut harness = Harness::builder().with_size(Vec2::from(size)).with_max_steps(16).build_ui_state(
        |ui, bench: &mut Bench<S>| {
            let mut out = Vec::new();
            let view = View { session: &bench.session, theme: &bench.theme };
            (bench.panel)(ui, &view, &mut bench.state, &mut out);
            for act in out {
                bench.acts.push(act.clone());
                bench.session.act(act);
            }
        },
        bench,
    );
    harness.run();
    harness
}

/// Lets some frames of a sixtieth of a second pass.
fn frames(session: &mut Session, count: usize) {
    (0..count).for_each(|_| session.frame(Duration::from_micros(16_667)));
}
