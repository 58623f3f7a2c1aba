//! The command line: reads what is asked for and calls the library.

mod cli;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use stimtwin::run::RunOptions;
#[cfg(feature = "sandbox")]
use stimtwin::sandbox::launch::{LaunchError, SandboxArgs, launch};
use stimtwin::scenario::Scenario;

use crate::cli::cache::{CacheArgs, cache, set_up};
use crate::cli::fuzz::{FuzzArgs, fuzz};
use crate::cli::muscle::{MuscleArgs, muscle};
use crate::cli::record::{RecordArgs, record_file};
use crate::cli::recruit::{RecruitArgs, recruit};
use crate::cli::replay::{ReplayArgs, replay};
use crate::cli::run::{RunArgs, run_file, run_scenario};
use crate::cli::shrink::{ShrinkArgs, shrink_file};
use crate::cli::test::{TestArgs, test};
use crate::cli::threshold::{ThresholdArgs, thresholds};
use crate::cli::{BAD_INPUT, explain};
#[cfg(feature = "sandbox")]
use crate::cli::{INTERNAL_FAULT, complain};

/// Hardware simulator and digital twin of restorative neurostimulation.
///
/// Without a command the window opens on the built-in scenario; without a display it runs here and now.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all well, 1 the scenario expects what did not come, 2 bad input or usage, \
                  3 an internal fault (an invariant broke)."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Verb>,
    /// Make every surrogate of the nerve anew: use none that is kept, keep none, change no result
    #[arg(long, global = true)]
    no_cache: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a scenario from start to end
    #[command(after_help = "Example:\n  stimtwin run scenarios/first-session.ron --out out/")]
    Run(RunArgs),
    /// Run a scenario and record it: the scenario, its commands, digests and states in one file
    #[command(after_help = "Example:\n  stimtwin record scenarios/first-session.ron --out session.jsonl")]
    Record(RecordArgs),
    /// Run a recording again, and name the first difference
    #[command(
        after_help = "Example:\n  stimtwin record scenarios/sham.ron --out sham.jsonl && stimtwin replay sham.jsonl\n\n\
                      Exit codes: 0 the same, 1 it differs, 2 it cannot be read, 3 an invariant broke."
    )]
    Replay(ReplayArgs),
    /// Read scenarios and report every mistake, without running them
    #[command(after_help = "Example:\n  stimtwin check scenarios/first-session.ron scenarios/sham.ron")]
    Check {
        /// The scenario files
        #[arg(required = true, value_name = "SCENARIO")]
        scenarios: Vec<PathBuf>,
    },
    /// Run scenarios and whole folders of them, and hold them to what they expect
    #[command(after_help = "Example:\n  stimtwin test scenarios/faults --junit out/junit.xml")]
    Test(TestArgs),
    /// List the built-in profiles and scenarios, or print one to start your own from
    #[command(after_help = "Example:\n  stimtwin assets devices/restorative > my-device.ron")]
    Assets {
        /// The one to print, such as devices/restorative
        name: Option<String>,
    },
    /// Print a scenario or a profile in JSON if it is in RON, and in RON if it is in JSON
    #[command(after_help = "Example:\n  stimtwin convert scenarios/first-session.ron > first-session.json")]
    Convert {
        /// The file
        file: PathBuf,
    },
    /// Print the JSON Schema of scenarios, for editors that complete and check them
    #[command(after_help = "Example:\n  stimtwin schema > scenario.schema.json")]
    Schema,
    /// Open the window: edit the waveform, see the patient answer
    #[cfg(feature = "sandbox")]
    #[command(
        after_help = "Example:\n  stimtwin sandbox scenarios/first-session.ron --capture out.png --at \"1 min 12 s\""
    )]
    Sandbox(SandboxArgs),
    /// Compute the least current that fires a nerve fibre, for every row of a table or along a curve
    #[command(after_help = "Examples:\n  stimtwin threshold --rows docs/threshold_rows.csv\n  \
                      stimtwin threshold --curve strength-duration --distance 1,2,5 --picture strength.svg\n  \
                      stimtwin threshold --curve current-distance --diameter 5.7,10,16 --picture distance.png\n  \
                      stimtwin threshold --curve recovery --interval 1ms..200ms --step 2us")]
    Threshold(ThresholdArgs),
    /// Compute whom a scenario's pulses fire at each amplitude: motor axons and afferents
    #[command(after_help = "Example:\n  stimtwin recruit scenarios/first-session.ron --picture recruitment.svg")]
    Recruit(RecruitArgs),
    /// Stimulate one muscle by itself: force, ripple and fatigue by one force model, or by all side by side
    #[command(after_help = "Examples:\n  \
        stimtwin muscle --model ding2003 --rate-hz 20 --on 10s --off 20s --for 30min --picture session.svg\n  \
        stimtwin muscle --compare --rate-hz 20 --on 10s --off 20s --for 5min")]
    Muscle(Box<MuscleArgs>),
    /// Make a failing scenario small: the smallest that fails the same expectation
    #[command(after_help = "Example:\n  stimtwin shrink failing.ron --out small.ron")]
    Shrink(ShrinkArgs),
    /// Try random programs, behaviour and faults, and save and shrink what breaks
    #[command(after_help = "Example:\n  stimtwin fuzz --device opennerve-gen2 --cases 20 --seed 7")]
    Fuzz(FuzzArgs),
    /// Say where surrogates of the nerve are kept from one run to the next, and how much; or take them away
    #[command(after_help = "Example:\n  stimtwin cache --clear\n\n\
                      They are kept in the folder that STIMTWIN_CACHE names, or else in the desktop's for caches.")]
    Cache(CacheArgs),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not mistakes; clap prints both to the right place and knows which they are.
            let code = if error.use_stderr() { BAD_INPUT } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    set_up(cli.no_cache);
    match cli.command {
        None => no_verb(),
        #[cfg(feature = "sandbox")]
        Some(Verb::Sandbox(args)) => window_closed(launch(args)),
        Some(Verb::Run(args)) => run_file(args),
        Some(Verb::Record(args)) => record_file(&args),
        Some(Verb::Replay(args)) => replay(&args),
        Some(Verb::Check { scenarios }) => cli::check::check(&scenarios),
        Some(Verb::Test(args)) => test(&args),
        Some(Verb::Assets { name }) => cli::assets::assets(name.as_deref()),
        Some(Verb::Convert { file }) => cli::convert::convert(&file),
        Some(Verb::Schema) => cli::schema::schema(),
        Some(Verb::Threshold(args)) => thresholds(&args),
        Some(Verb::Recruit(args)) => recruit(&args),
        Some(Verb::Muscle(args)) => muscle(&args),
        Some(Verb::Shrink(args)) => shrink_file(&args),
        Some(Verb::Fuzz(args)) => fuzz(&args),
        Some(Verb::Cache(args)) => cache(&args),
    }
}

/// Without a command: the window where there can be one, and otherwise the built-in scenario.
fn no_verb() -> ExitCode {
    #[cfg(feature = "sandbox")]
    match launch(SandboxArgs::plain()) {
        Err(LaunchError::Window(why)) => complain(format_args!("{why}; the built-in scenario runs without a window")),
        outcome => return window_closed(outcome),
    }
    match Scenario::built_in() {
        Ok(scenario) => run_scenario(&scenario, RunOptions::default(), None, false),
        Err(problems) => explain(&problems),
    }
}

/// What became of the window.
#[cfg(feature = "sandbox")]
fn window_closed(outcome: Result<(), LaunchError>) -> ExitCode {
    let (why, code): (&dyn std::fmt::Display, u8) = match &outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(LaunchError::Problems(problems)) => return explain(problems),
        Err(LaunchError::Refused(why)) => (why, BAD_INPUT),
        Err(LaunchError::Window(why)) => (why, BAD_INPUT),
        Err(LaunchError::Fault(why)) => (why, INTERNAL_FAULT),
    };
    complain(format_args!("error: {why}"));
    ExitCode::from(code)
}
