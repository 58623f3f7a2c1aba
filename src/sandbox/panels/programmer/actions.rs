//! What is done to device and patient beside the program: single pulses, measurements, the patient's own buttons.

use egui::Ui;

use crate::device::therapy::State;
use crate::sandbox::act::Act;
use crate::sandbox::panels::fields::button;
use crate::sandbox::panels::programmer::facts::Facts;
use crate::sandbox::panels::programmer::side::Which;

/// The buttons.
pub fn actions_ui(ui: &mut Ui, facts: &Facts<'_>, which: Which, out: &mut Vec<Act>) {
    let generator = facts.generator;
    let state = generator.state();
    let side = Which::ALL.iter().find(|(_, w)| *w == which).map_or("Both", |(name, _)| name);
    let in_session = state.in_session();
    let busy = if in_session { Some("a session runs".to_string()) } else { generator.begins_not() };
    let no_session = (!in_session).then_some("no session runs");
    let mut give = |command: String| out.push(Act::Give(command));
    ui.horizontal_wrapped(|ui| {
        let hint = "One pulse of the program that the device has, at full amplitude, or one burst.";
        if button(ui, &format!("⚡ Single pulse ({})", side.to_lowercase()), hint, busy.as_deref()) {
            give(format!("SinglePulse(side: {side})"));
        }
        let hint = "The device measures the impedance of both leads, left then right.";
        if button(ui, "Measure impedance", hint, busy.as_deref()) {
            give("TestImpedance".to_string());
        }
        let hint = "Let therapy begin again after a limit has stopped it.";
        let no_fault = (state != State::Fault).then_some("there is no fault to clear");
        if button(ui, "Clear fault", hint, no_fault) {
            give("ClearFault".to_string());
        }
        let (text, command) = match generator.is_scheduling() {
            true => ("Schedule off", "ScheduleOff"),
            false => ("Schedule on", "ScheduleOn"),
        };
        if button(ui, text, "Scheduled sessions take place by themselves, or do not.", None) {
            give(command.to_string());
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.label("Patient:").on_hover_text("What the patient does with the handheld activator.");
        let refused = if in_session { Some("a session runs".to_string()) } else { generator.begins_not() };
        if button(ui, "Patient start", "The patient begins a session.", refused.as_deref()) {
            give("PatientStart".to_string());
        }
        if button(ui, "Patient stop", "The patient ends it.", no_session) {
            give("PatientStop".to_string());
        }
        if state == State::Paused {
            if button(ui, "Resume", "The patient goes on with the session.", None) {
                give("ResumeSession".to_string());
            }
        } else if button(ui, "Pause", "The patient pauses the session.", no_session) {
            give("PauseSession".to_string());
        }
        for (text, steps, hint) in
            [("Step −", -1, "a step less"), ("Step +", 1, "a step more, up to the patient's limit")]
        {
            if button(ui, text, &format!("The patient asks for {hint}."), None) {
                give(format!("StepAmplitude(side: {side}, steps: {steps})"));
            }
        }
    });
}
