//! Surrogates in a folder, a file each, for the next process.
//!
//! A file holds its key, the surrogate and a check over both. It is written beside and renamed, so that processes may
//! share a folder. What is damaged, of another program or not to be read counts as not there, and what cannot be
//! written is not kept: nobody waits for a cache, and nobody hears of it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use crate::nerve::kept::{Key, Made, line, read_line};

/// How much a folder holds at most, bytes (ours): about ten thousand surrogates.
pub const LIMIT_BYTES: u64 = 64 << 20;

/// A file over this is none of ours, bytes.
const FILE_BYTES: u64 = 1 << 16;

/// How names end: of whole files, and of those that are being written.
const WHOLE: &str = ".surrogate";
const PARTIAL: &str = ".surrogate-partial";

/// A folder of surrogates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
    limit_bytes: u64,
}

/// A file of a folder.
struct Entry {
    path: PathBuf,
    bytes: u64,
}

/// What a folder holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Files, those half written included.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Store {
    /// A folder, which need not be there yet, and how much it may hold.
    pub fn new(folder: impl Into<PathBuf>, limit_bytes: u64) -> Self {
        Self { folder: folder.into(), limit_bytes }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, key: Key) -> PathBuf {
        self.folder.join(format!("{:032x}{WHOLE}", key.0))
    }

    /// What is kept under a key.
    pub fn get(&self, key: Key) -> Option<Made> {
        let path = self.path(key);
        // A pipe would have us wait for ever.
        if !fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut text = String::new();
        File::open(&path).ok()?.take(FILE_BYTES).read_to_string(&mut text).ok()?;
        let (check, rest) = text.split_once('\n')?;
        let line = rest.strip_suffix('\n')?;
        if check != checked(line) {
            return None;
        }
        read_line(line).filter(|(of, _)| *of == key).map(|(_, made)| made)
    }

    /// Keeps something under a key, and lets go of the oldest where there is too much.
    pub fn put(&self, key: Key, made: &Made) {
        let line = line(key, made);
        let text = format!("{}\n{line}\n", checked(&line));
        // An error leaves things as they were: then it is made again another time.
        if self.write(key, &text).is_ok() {
            let _ = self.trim(&self.path(key));
        }
    }

    fn write(&self, key: Key, text: &str) -> io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(&self.folder)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let partial = self.folder.join(format!("{:032x}-{}-{number}{PARTIAL}", key.0, std::process::id()));
        // A new file: what has that name already, a link perhaps, is somebody else's.
        let mut file = File::create_new(&partial)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&partial, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&partial);
        }
        written
    }

    /// The files of ours in the folder, the oldest first; whatever else is there is somebody else's.
    fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut dated = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // Another process may have taken it away in the meantime.
            let Ok(data) = entry.metadata() else { continue };
            if data.is_file() && name.to_str().is_some_and(is_ours) {
                dated.push((data.modified()?, entry.path(), data.len()));
            }
        }
        dated.sort();
        Ok(dated.into_iter().map(|(_, path, bytes)| Entry { path, bytes }).collect())
    }

    /// Lets go of the oldest, but for one that was written just now: the clock of another file may be ahead.
    fn trim(&self, new: &Path) -> io::Result<()> {
        let entries = self.entries()?;
        let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
        for entry in entries.into_iter().filter(|entry| entry.path != new) {
            if bytes <= self.limit_bytes {
                break;
            }
            bytes -= entry.bytes;
            let _ = fs::remove_file(entry.path);
        }
        Ok(())
    }

    /// What it holds; nothing where there is no folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn holding(&self) -> io::Result<Holding> {
        match self.entries() {
            Ok(entries) => Ok(Holding { files: entries.len(), bytes: entries.iter().map(|entry| entry.bytes).sum() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Holding::default()),
            Err(error) => Err(error),
        }
    }

    /// Takes away what it holds, and says what that was; other files in the folder stay.
    ///
    /// # Errors
    /// The folder cannot be read, or a file cannot be taken away.
    pub fn clear(&self) -> io::Result<Holding> {
        let held = self.holding()?;
        if held.files > 0 {
            for entry in self.entries()? {
                match fs::remove_file(entry.path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(held)
    }
}

/// Whether a file is ours by its name: a key, and for one that is being written process and number behind it.
fn is_ours(name: &str) -> bool {
    let is_key = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (name.strip_suffix(WHOLE), name.strip_suffix(PARTIAL)) {
        (Some(key), _) => is_key(key),
        (_, Some(rest)) => rest.split('-').count() == 3 && rest.split('-').next().is_some_and(is_key),
        _ => false,
    }
}

/// The first line of a file: what it is, and the check of the other one.
fn checked(line: &str) -> String {
    format!("stimtwin surrogate {:016x}", xxh3_64(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verif_a_folder_holds_no_more_than_it_may_and_lets_go_of_the_oldest() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let probe = Store::new(folder.path().join("probe"), u64::MAX);
        probe.put(Key(1), &None);
        let each = probe.holding().expect("a folder").bytes;
        let store = Store::new(folder.path().join("kept"), 3 * each);
        for key in 1..=6 {
            store.put(Key(key), &None);
            // Files of one instant go by name, as these keys do.
            assert_eq!(store.get(Key(key)), Some(None));
            assert_eq!(store.holding().expect("a folder").files as u128, key.min(3));
        }
        assert_eq!((1..=6).filter(|&key| store.get(Key(key)).is_some()).collect::<Vec<_>>(), [4, 5, 6]);
        assert_eq!(store.get(Key(7)), None);
        assert_eq!(store.clear().expect("a folder"), Holding { files: 3, bytes: 3 * each });
        assert_eq!(store.holding().expect("a folder"), Holding::default());
    }
}
