//! Looking for what breaks: random scenarios held to what must always hold, and failing ones made small.
//!
//! `docs/fuzz.md` tells users what is drawn, what is checked and how a scenario shrinks.

pub mod case;
pub mod commands;
pub mod dice;
pub mod failure;
pub mod judge;
pub mod programs;
pub mod shrink;
pub mod times;
pub mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::device::profile::DeviceProfile;
use crate::device::program::Program;
use crate::fuzz::judge::{Finding, Prepare, judge};
use crate::fuzz::shrink::{Answer, Bounds, Shrunk, shrink};
use crate::lead::implant::ImplantProfile;
use crate::nerve::recruitment::Speed;
use crate::scenario::Scenario;
use crate::scenario::program::Maker;
use crate::scenario::reader::Problem;
use crate::scenario::tree::Tree;
use crate::scenario::write::WrittenProgram;
use crate::time::SimTime;

/// What is tested: a device, with the leads that are built in.
pub struct Bench {
    /// The device as a scenario names it; a path is from [`Bench::folder`].
    pub device_name: String,
    /// The folder that cases stand in.
    pub folder: PathBuf,
    /// The device.
    pub device: Arc<DeviceProfile>,
    /// The leads.
    pub implant: Arc<ImplantProfile>,
    /// The device's own program.
    pub program: WrittenProgram,
    /// How it is found out whom a pulse of a case fires. By guesses unless somebody says otherwise: what is held of a
    /// case holds whoever fires, and a surrogate for every random pulse would be nearly all of the work.
    pub thresholds: Speed,
}

impl Bench {
    /// A device by its name, or by the absolute path of its file.
    ///
    /// # Errors
    /// Every mistake in its file, or that there is none.
    pub fn new(device_name: &str) -> Result<Self, Vec<Problem>> {
        let text = format!(
            "(version: 1, name: \"bench\", duration: \"1 s\", patient: \"healthy\", implant: \"l2-medial-branch\", \
             device: {})",
            ron_text(device_name)
        );
        let folder = PathBuf::from(".");
        let named = |problem: Problem| match problem.file.as_str() {
            "--device" => Problem { line: 0, ..problem },
            _ => problem,
        };
        let scenario = Scenario::from_text("--device", &text, &folder)
            .map_err(|problems| problems.into_iter().map(named).collect::<Vec<_>>())?;
        let program = WrittenProgram::of(&scenario.program, &scenario.device);
        let Scenario { device, implant, .. } = scenario;
        let device_name = device_name.to_string();
        Ok(Self { device_name, folder, device, implant, program, thresholds: Speed::Guess })
    }

    /// What makes pulses of a program here.
    pub fn maker(&self) -> Maker<'_> {
        Maker { device: &self.device, implant: &self.implant }
    }

    /// A written program as the device runs it.
    pub fn program_of(&self, written: &WrittenProgram) -> Program {
        written.program(&self.device)
    }
}

/// A text in quotes, as a file has it.
fn ron_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A case that was tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Its scenario.
    pub text: String,
    /// How long it lasts.
    pub simulated: SimTime,
    /// What broke, if anything did.
    pub finding: Option<Finding>,
}

/// Draws a case and judges it.
pub fn try_case(bench: &Bench, seed: u64, case: u64, prepare: Prepare<'_>) -> Tried {
    let text = case::text(bench, seed, case);
    match Scenario::from_text("case", &text, &bench.folder) {
        Ok(scenario) => {
            let finding = judge(&scenario, &text, &bench.folder, prepare);
            Tried { text, simulated: scenario.duration, finding }
        }
        Err(problems) => {
            let what = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Tried { text, simulated: SimTime::ZERO, finding: Some(Finding::new("case", "not read", what)) }
        }
    }
}

/// Makes a case that broke something small: what is left breaks in the same way. None where its text has no tree.
pub fn shrink_broken(
    text: &str,
    broken: &Finding,
    folder: &Path,
    bounds: &Bounds<'_>,
    prepare: Prepare<'_>,
) -> Option<Shrunk> {
    let tree = Tree::parse(text)?;
    Some(shrink(tree, bounds, &mut |text| {
        let Ok(scenario) = Scenario::from_text("case", text, folder) else { return Answer::Invalid };
        let finding = judge(&scenario, text, folder, prepare);
        let same = finding.is_some_and(|finding| finding.is_like(broken));
        if same { Answer::Same } else { Answer::Differs }
    }))
}

/// What a function returns, or the message of its panic.
///
/// # Errors
/// The message.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    // What a panic leaves half done is dropped with it.
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
        text.unwrap_or_else(|| "without a message".to_string())
    })
}
