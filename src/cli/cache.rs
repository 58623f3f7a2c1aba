//! `stimtwin cache`: surrogates that are kept from one run to the next.

use std::path::PathBuf;
use std::process::ExitCode;

use stimtwin::nerve::kept::{self, Keeping};
use stimtwin::nerve::store::{Holding, LIMIT_BYTES, Store};
use stimtwin::run::built_in::built_in_surrogates;
use stimtwin::run::suite::collect;

use super::{refuse, say};

/// The variable of the environment that names another folder; empty, nothing is kept.
const VARIABLE: &str = "STIMTWIN_CACHE";

/// The arguments.
#[derive(clap::Args)]
pub struct CacheArgs {
    /// Take away what the folder keeps
    #[arg(long)]
    clear: bool,
    /// Print the surrogates that the shipped profiles ask for at their default programs, and these scenarios and
    /// folders as they run: what assets/nerve/surrogates.txt is made by
    #[arg(long, value_name = "PATH", num_args = 0.., conflicts_with = "clear")]
    built_in: Option<Vec<PathBuf>>,
}

/// The folder of surrogates: that of the environment, or the desktop's for caches; none where neither is known.
fn folder() -> Option<PathBuf> {
    match std::env::var_os(VARIABLE) {
        Some(named) => (!named.is_empty()).then(|| PathBuf::from(named)),
        None => dirs::cache_dir().map(|folder| folder.join("stimtwin")),
    }
}

/// Says where surrogates are kept, before the first is asked for.
pub fn set_up(no_cache: bool) {
    kept::keep(match folder() {
        _ if no_cache => Keeping::Nothing,
        Some(folder) => Keeping::Folder(Store::new(folder, LIMIT_BYTES)),
        None => Keeping::Program,
    });
}

/// Says what is kept, or takes it away.
pub fn cache(args: &CacheArgs) -> ExitCode {
    if let Some(paths) = &args.built_in {
        return match collect(paths).and_then(|files| built_in_surrogates(&files)) {
            Ok(text) => say(&text.trim_end()),
            Err(why) => refuse(why),
        };
    }
    let in_program = format!("in the program: {}", kept::count_built_in());
    let Some(folder) = folder() else {
        let why = format!("{VARIABLE} is empty, or the system names no folder for caches");
        return say(&format_args!("no folder: {why}\n{in_program}"));
    };
    let store = Store::new(folder, LIMIT_BYTES);
    let absolute = std::path::absolute(store.folder()).unwrap_or_else(|_| store.folder().to_path_buf());
    let shown = absolute.display();
    let told = |Holding { files, bytes }: Holding| {
        format!("{files} surrogate{}, {} KiB", if files == 1 { "" } else { "s" }, bytes.div_ceil(1024))
    };
    let held = if args.clear { store.clear() } else { store.holding() };
    match held {
        Ok(held) if args.clear => say(&format_args!("{shown}: {} taken away", told(held))),
        Ok(held) => {
            let most = LIMIT_BYTES >> 20;
            say(&format_args!("{shown}: {}; at most {most} MiB\n{in_program}", told(held)))
        }
        Err(error) => {
            refuse(format_args!("{shown}: cannot be {}: {error}", if args.clear { "cleared" } else { "read" }))
        }
    }
}
