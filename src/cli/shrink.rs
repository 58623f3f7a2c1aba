//! `stimtwin shrink`: a failing scenario made small.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use stimtwin::fuzz::failure::Failure;
use stimtwin::fuzz::shrink::{Answer, Bounds, CANDIDATES, Shrunk, expecting, shrink};
use stimtwin::fuzz::times::{points, quoted};
use stimtwin::scenario::Scenario;
use stimtwin::scenario::library::read_file;
use stimtwin::scenario::tree::Tree;
use stimtwin::time::{SimTime, positive};

use super::{explain, refuse, say};

/// The arguments.
#[derive(clap::Args)]
pub struct ShrinkArgs {
    /// The scenario file, which fails
    scenario: PathBuf,
    /// Write to this file instead of NAME.shrunk.ron beside the scenario
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    overwrite: bool,
    /// Keep entries of the timeline that have this text in them; can be given several times
    #[arg(long, value_name = "TEXT")]
    keep: Vec<String>,
    /// Run so many smaller candidates at most
    #[arg(long, value_name = "N", default_value_t = CANDIDATES)]
    candidates: u64,
    /// Stop after this long by the clock on the wall, such as "5 min", with what there is then
    #[arg(long = "for", value_name = "T", value_parser = positive)]
    wall: Option<SimTime>,
}

/// Makes a failing scenario small and saves it.
pub fn shrink_file(args: &ShrinkArgs) -> ExitCode {
    // A panic is a way to fail, and is told as one.
    std::panic::set_hook(Box::new(|_| {}));
    match saved(args) {
        Ok(code) | Err(code) => code,
    }
}

fn saved(args: &ShrinkArgs) -> Result<ExitCode, ExitCode> {
    let path = &args.scenario;
    if path.extension().is_some_and(|ending| ending == "json") {
        return Err(refuse(format_args!(
            "{}: a scenario in JSON is shrunk as RON; stimtwin convert makes that of it",
            path.display()
        )));
    }
    let out = args.out.clone().unwrap_or_else(|| path.with_extension("shrunk.ron"));
    may_write(&out, args.overwrite).map_err(refuse)?;
    let scenario = Scenario::from_file(path).map_err(|problems| explain(&problems))?;
    let named = |why: &str| refuse(format_args!("{}: {why}", path.display()));
    let text = read_file(path).map_err(|why| named(&format!("cannot be read: {why}")))?;
    let Some(whole) = Tree::parse(&text) else { return Err(named("its parts cannot be told apart")) };
    let Some(failure) = Failure::of(&scenario) else {
        return Err(named("it does not fail; there is nothing to shrink"));
    };
    let only = match &failure {
        Failure::Unmet { place, .. } => Some(*place),
        Failure::Broken(_) | Failure::Panicked(_) => None,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let stop = timer(args.wall);
    let bounds = Bounds { candidates: args.candidates, keep: &args.keep, stop: &stop };
    let start = expecting(&whole, only);
    let mut shrunk = shrink(start, &bounds, &mut |text| {
        let Ok(scenario) = Scenario::from_text("candidate", text, folder) else { return Answer::Invalid };
        let same = Failure::of(&scenario).is_some_and(|other| other.is_like(&failure));
        if same { Answer::Same } else { Answer::Differs }
    });
    let Some(small) = Tree::parse(&shrunk.text) else { return Err(named("its parts cannot be told apart")) };
    shrunk.smaller |= small != whole;
    if !shrunk.smaller {
        return Ok(say(&format_args!(
            "{}: is as small as can be, {} candidates tried; nothing is written",
            path.display(),
            shrunk.tried
        )));
    }
    let small = rooted(small, folder, out.parent().unwrap_or(Path::new("."))).map_err(refuse)?;
    let last = Scenario::from_text("candidate", &small.to_string(), out.parent().unwrap_or(Path::new(".")));
    let fails = last.ok().and_then(|scenario| Failure::of(&scenario)).unwrap_or(failure);
    let comment = one_line(&format!("Shrunk from {}, and fails as it does: {fails}", path.display()));
    write_whole(&out, &format!("// {comment}\n{small}\n")).map_err(refuse)?;
    Ok(report(&out, &whole, &small, &shrunk, &fails.to_string()))
}

/// Says what a scenario has become.
pub fn report(out: &Path, whole: &Tree, small: &Tree, shrunk: &Shrunk, fails: &str) -> ExitCode {
    let size = |tree: &Tree| {
        let entries = tree.field("timeline").map_or(0, |timeline| timeline.parts().len());
        let end = points(tree).last().copied().unwrap_or_default();
        format!("{entries} {} in {end}", if entries == 1 { "entry" } else { "entries" })
    };
    let smallest = if shrunk.smallest { "" } else { "; a bound was met, and it may get smaller still" };
    say(&format_args!(
        "{}: {} made of {}, {} candidates tried{smallest}\n    {fails}",
        out.display(),
        size(small),
        size(whole),
        shrunk.tried
    ))
}

/// A comment of one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a file may be written.
///
/// # Errors
/// It is there already: a sentence for the user.
fn may_write(path: &Path, overwrite: bool) -> Result<(), String> {
    if path.exists() && !overwrite {
        return Err(format!("{}: is there already; add --overwrite to replace it", path.display()));
    }
    Ok(())
}

/// Writes a file under a name ending in `.partial`, and gives it its own when it is whole.
///
/// # Errors
/// It cannot be written: a sentence for the user.
pub fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let partial = PathBuf::from(format!("{}.partial", path.display()));
    let written = std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}

/// Whether that long has gone by on the wall since now.
#[expect(clippy::disallowed_methods, reason = "how long a user waits is measured by the wall clock, and no result is")]
pub fn timer(wall: Option<SimTime>) -> impl Fn() -> bool {
    let began = Instant::now();
    let longest = wall.map(|wall| Duration::from_nanos(wall.nanos().unsigned_abs()));
    move || longest.is_some_and(|longest| began.elapsed() >= longest)
}

/// Profiles named by a path from one folder, named so that they are found from another one.
fn rooted(mut tree: Tree, from: &Path, to: &Path) -> Result<Tree, String> {
    // A bare file name has the empty folder.
    let whole = |path: &Path| {
        std::path::absolute(Path::new(".").join(path)).map_err(|error| format!("{}: {error}", path.display()))
    };
    if whole(from)? == whole(to)? {
        return Ok(tree);
    }
    for field in ["patient", "device", "implant"] {
        let Some(leaf) = tree.field_mut(field) else { continue };
        let named = quoted(leaf).filter(|name| name.contains('/') || name.ends_with(".ron"));
        if let Some(name) = named {
            let path = whole(&from.join(name))?;
            *leaf = Tree::Leaf(format!("\"{}\"", path.display().to_string().replace('\\', "\\\\")));
        }
    }
    Ok(tree)
}
