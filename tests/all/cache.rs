//! Surrogates that are kept from one run to the next change no bit of any result, whatever becomes of them.
//!
//! Thresholds: of the axon; what is kept of it is the subject.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use crate::therapy_by_axons;

/// A scenario whose surrogate does not come with the program.
fn scenario(folder: &Path) -> PathBuf {
    let file = folder.join("unusual.ron");
    let text = "program: (both: (amplitude_ma: 0.9, width_us: 177)), timeline: [(at: \"0 s\", do: StartSession)],";
    fs::write(&file, therapy_by_axons("3 s", text)).unwrap();
    file
}

fn start(file: &Path, cache: &Path, arguments: &[&str]) -> Child {
    let mut command = crate::program();
    command.arg("run").arg(file).args(arguments).env("STIMTWIN_CACHE", cache);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs")
}

/// The report of a run, its digest in it, and that nothing else is said.
fn report(child: Child) -> String {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), String::from_utf8_lossy(&stderr).as_ref()), (Some(0), ""));
    String::from_utf8(stdout).unwrap()
}

fn kept(cache: &Path) -> Vec<PathBuf> {
    fs::read_dir(cache).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

#[test]
fn verif_what_is_kept_changes_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let (file, cache) = (scenario(folder.path()), folder.path().join("cache/of/mine"));
    let expected = report(start(&file, &cache, &["--no-cache"]));
    assert!(expected.contains("digest ") && !cache.exists(), "{expected}");
    // Two processes at once make the same one, and the next finds it.
    let both = [start(&file, &cache, &[]), start(&file, &cache, &[])];
    for child in both {
        assert_eq!(report(child), expected);
    }
    let [entry] = &kept(&cache)[..] else { panic!("{:?}", kept(&cache)) };
    let whole = fs::read(entry).unwrap();
    assert_eq!(report(start(&file, &cache, &[])), expected);
    // Nowhere to keep it: an empty name, and a file where the folder should be.
    assert_eq!(report(start(&file, Path::new(""), &[])), expected);
    assert_eq!(report(start(&file, &file, &[])), expected);
    // Damaged in any way, it is made anew without a word.
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let text = String::from_utf8(whole.clone()).unwrap();
    let (check, line) = text.split_once('\n').unwrap();
    let other_key = format!("{check}\n{}{line}", if line.starts_with('0') { "1" } else { "0" });
    let damaged: [&[u8]; 6] =
        [b"", &whole[..whole.len() - 7], &flipped, b"\xff\xfe", other_key.as_bytes(), b"stimtwin surrogate 0\nx y\n"];
    for damage in damaged {
        fs::write(entry, damage).unwrap();
        assert_eq!(report(start(&file, &cache, &[])), expected, "{:?}", String::from_utf8_lossy(damage));
        assert_eq!(fs::read(entry).unwrap(), whole, "it is whole again");
    }
}

/// What is no plain file is not read: a pipe would have the run wait for ever.
#[cfg(unix)]
#[test]
fn verif_what_is_no_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (file, cache) = (scenario(folder.path()), folder.path().join("cache"));
    let expected = report(start(&file, &cache, &[]));
    let entry = kept(&cache).remove(0);
    fs::remove_file(&entry).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&entry).status().unwrap().success());
    assert_eq!(report(start(&file, &cache, &[])), expected);
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    assert_eq!(report(start(&file, &cache, &[])), expected);
}

#[test]
fn verif_the_verb_says_what_is_kept_and_takes_away_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, cache) = (scenario(folder.path()), folder.path().join("cache"));
    let verb = |arguments: &[&str]| {
        let output = crate::program().arg("cache").args(arguments).env("STIMTWIN_CACHE", &cache).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = verb(&[]);
    assert!(code == Some(0) && said.contains("cache: 0 surrogates, 0 KiB; at most 64 MiB\nin the program: "), "{said}");
    report(start(&file, &cache, &[]));
    let others = ["mine.surrogate", "mine.txt", "notes.surrogate-partial"].map(|name| cache.join(name));
    others.iter().for_each(|path| fs::write(path, "keep me").unwrap());
    fs::write(cache.join(format!("{:032x}-1-2.surrogate-partial", 7)), "half").unwrap();
    let (code, said) = verb(&[]);
    assert!(code == Some(0) && said.contains("cache: 2 surrogates, 6 KiB; at most 64 MiB"), "{said}");
    let (code, said) = verb(&["--clear"]);
    assert!(code == Some(0) && said.contains("cache: 2 surrogates, 6 KiB taken away"), "{said}");
    let mut left = kept(&cache);
    left.sort();
    assert_eq!(left, others);
    // A folder that cannot be read is said, since somebody asked.
    fs::remove_dir_all(&cache).unwrap();
    fs::write(&cache, "a file").unwrap();
    assert_eq!(verb(&[]).0, Some(2));
}
