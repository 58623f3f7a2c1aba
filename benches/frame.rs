//! What a frame of the window costs, the picture itself aside: simulation, panels and their tessellation.
//!
//! One thread, a window of 1600 by 1000 points, all tabs of the first layout open, the scopes full of ten minutes of a
//! session.

use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use stimtwin::sandbox::act::Act;
use stimtwin::sandbox::desk::Desk;
use stimtwin::sandbox::session::Session;
use stimtwin::sandbox::settings::{Keeper, Settings};
use stimtwin::sandbox::window::SIZE;
use stimtwin::time::SimTime;

/// A frame of a screen that draws sixty a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// The first session, ten minutes in, playing at that many simulated seconds a second.
fn playing(speed: f64) -> Session {
    let mut session = Session::built_in("first-session").unwrap_or_else(|problems| panic!("{problems:#?}"));
    session.act(Act::Seek(SimTime::from_secs(660)));
    session.arrive().unwrap_or_else(|fault| panic!("{fault}"));
    session.act(Act::Speed(speed));
    session.act(Act::Play);
    session
}

/// Draws a frame as bevy_egui has it drawn, down to triangles; returns how many there were.
fn draw(ctx: &egui::Context, desk: &mut Desk, frame: usize) -> usize {
    let size = egui::vec2(SIZE.0 as f32, SIZE.1 as f32);
    let input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
        time: Some(frame as f64 * FRAME.as_secs_f64()),
        ..Default::default()
    };
    let output = ctx.run_ui(input, |ui| desk.ui(ui, FRAME));
    let meshes = ctx.tessellate(output.shapes, output.pixels_per_point);
    let triangles = |clipped: &egui::ClippedPrimitive| match &clipped.primitive {
        egui::epaint::Primitive::Mesh(mesh) => mesh.indices.len() / 3,
        egui::epaint::Primitive::Callback(_) => 0,
    };
    meshes.iter().map(triangles).sum()
}

/// Simulation and panels together at real time: what the issue of the window allows is 4 ms.
fn real_time(c: &mut Criterion) {
    let ctx = egui::Context::default();
    let mut desk = Desk::new(playing(1.0), Settings::default(), Keeper::off());
    (0..8).for_each(|frame| {
        draw(&ctx, &mut desk, frame);
    });
    println!("a frame: {} triangles", draw(&ctx, &mut desk, 8));
    let mut frame = 9;
    c.bench_function("frame at real time, all panels", |b| {
        b.iter(|| {
            frame += 1;
            draw(&ctx, &mut desk, frame)
        });
    });
}

/// The simulation alone, ten simulated minutes a second: a frame has 16.7 ms for it, and must not fall behind.
fn ten_minutes_a_second(c: &mut Criterion) {
    c.bench_function("simulation of a frame at ten minutes a second", |b| {
        b.iter_batched_ref(
            || playing(600.0),
            |session| {
                let before = session.transport().cursor;
                session.frame(FRAME);
                let passed = session.transport().cursor - before;
                assert!(passed.as_secs() > 9.9, "fell behind: {passed} in a frame");
            },
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = frame;
    config = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(5))
        .warm_up_time(Duration::from_secs(1));
    targets = real_time, ten_minutes_a_second
}
criterion_main!(frame);
