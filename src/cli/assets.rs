//! `stimtwin assets`: what is built in.

use std::process::ExitCode;

use stimtwin::scenario::library::{ASSETS, Asset};
use stimtwin::scenario::reader::closest;

use super::{refuse, say};

/// Lists what is built in, or prints one of it.
pub fn assets(name: Option<&str>) -> ExitCode {
    let path = |asset: &Asset| format!("{}/{}", asset.kind.folder(), asset.name);
    let Some(name) = name else {
        let list: Vec<String> = ASSETS.iter().map(path).collect();
        return say(&list.join("\n"));
    };
    if let Some(asset) = ASSETS.iter().find(|asset| path(asset) == name) {
        return say(&asset.text.trim_end());
    }
    let paths: Vec<String> = ASSETS.iter().map(path).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let hint = closest(name, &paths).map_or(String::new(), |close| format!("did you mean {close}? "));
    refuse(format_args!("{name} is not built in; {hint}built in: {}", paths.join(", ")))
}
