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
        Ok(Self { device_name: device_name.to_string(), folder, device, implant, program })
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

/// A case that breaks something.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The number of the case.
    pub case: u64,
    /// Its scenario.
    pub text: String,
    /// What broke.
    pub finding: Finding,
}

/// Draws a case and judges it: how long it is, and what broke if anything did.
pub fn try_case(bench: &Bench, seed: u64, case: u64, prepare: Prepare<'_>) -> (SimTime, Option<Broken>) {
    let text = case::text(bench, seed, case);
    let scenario = match Scenario::from_text("case", &text, &bench.folder) {
        Ok(scenario) => scenario,
        Err(problems) => {
            let what = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let finding = Finding::new("case", "not read", what);
            return (SimTime::ZERO, Some(Broken { case, text, finding }));
        }
    };
    let finding = judge(&scenario, &text, &bench.folder, prepare);
    (scenario.duration, finding.map(|finding| Broken { case, text, finding }))
}

/// Makes a case that broke small: what is left breaks in the same way.
pub fn shrink_broken(broken: &Broken, folder: &Path, bounds: &Bounds<'_>, prepare: Prepare<'_>) -> Option<Shrunk> {
    let tree = Tree::parse(&broken.text)?;
    Some(shrink(tree, bounds, &mut |text| {
        let Ok(scenario) = Scenario::from_text("case", text, folder) else { return Answer::Invalid };
        let finding = judge(&scenario, text, folder, prepare);
        let same = finding.is_some_and(|finding| finding.is_like(&broken.finding));
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
