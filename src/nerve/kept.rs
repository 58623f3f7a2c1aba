//! Surrogates that are made once: kept in memory, in the program and in a folder of the user's.
//!
//! Making one takes 64 exact axons, about a second of work; reading it back takes none. What is kept stands under a
//! [`Key`]: a digest of the whole question and of the code that answers it. So a result never depends on what is kept:
//! the same bits come from memory, program and folder as from the axons.

use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use xxhash_rust::const_xxh3::xxh3_64_with_seed;
use xxhash_rust::xxh3::xxh3_128;

use crate::nerve::recruitment::{Domain, Stimulus};
use crate::nerve::store::Store;
use crate::nerve::surrogate::Surrogate;

/// Surrogates that stay in memory.
const IN_MEMORY: usize = 256;

/// What a surrogate is made by: its bits are those of these files. A test holds the list against the folder.
const CODE: [&[u8]; 20] = [
    include_bytes!("recruitment.rs"),
    include_bytes!("surrogate.rs"),
    include_bytes!("excitation.rs"),
    include_bytes!("layout.rs"),
    include_bytes!("tissue.rs"),
    include_bytes!("sampled.rs"),
    include_bytes!("thresholds.rs"),
    include_bytes!("../../assets/nerve/mrg_thresholds.csv"),
    include_bytes!("axon/mod.rs"),
    include_bytes!("axon/cable.rs"),
    include_bytes!("axon/fibre.rs"),
    include_bytes!("axon/gates.rs"),
    include_bytes!("axon/parameters.rs"),
    include_bytes!("axon/recovery.rs"),
    include_bytes!("axon/search.rs"),
    include_bytes!("axon/setup.rs"),
    include_bytes!("axon/threshold.rs"),
    include_bytes!("../math.rs"),
    include_bytes!("../time.rs"),
    include_bytes!("../device/pulse.rs"),
];

/// The libraries whose arithmetic a surrogate's bits are, too. A test holds the versions against `Cargo.lock`.
const LIBRARIES: [&str; 3] = ["libm 0.2.16", "nalgebra 0.35.0", "simba 0.10.2"];

/// The digest of all that.
const CODE_DIGEST: u64 = {
    let (mut digest, mut index) = (0, 0);
    while index < CODE.len() {
        digest = xxh3_64_with_seed(CODE[index], digest);
        index += 1;
    }
    index = 0;
    while index < LIBRARIES.len() {
        digest = xxh3_64_with_seed(LIBRARIES[index].as_bytes(), digest);
        index += 1;
    }
    digest
};

/// The surrogates that come with the program: the digest of the code that made them, then one a line.
const BUILT_IN: &str = include_str!("../../assets/nerve/surrogates.txt");

/// What a surrogate stands under: all that it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub u128);

impl Key {
    /// The key of a question. Every field is in it, because the text that is digested is derived from the types.
    fn of(stimulus: &Stimulus, domain: &Domain) -> Self {
        Self(xxh3_128(format!("{CODE_DIGEST:016x} {stimulus:?} {domain:?}").as_bytes()))
    }
}

/// A surrogate, or that too few fibres can be fired for one.
pub type Made = Option<Surrogate>;

/// What is kept beyond the memory of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing: every surrogate is made anew.
    Nothing,
    /// Those that come with the program.
    Program,
    /// Those that come with the program, and the others in a folder.
    Folder(Store),
}

static KEEPING: OnceLock<Keeping> = OnceLock::new();

/// Says what is kept, once and before anything is asked for; without that it is [`Keeping::Program`].
pub fn keep(keeping: Keeping) {
    KEEPING.set(keeping).expect("it is said once, before the first question");
}

/// A surrogate in its one line: its key, and what was made.
pub fn line(key: Key, made: &Made) -> String {
    let text = ron::to_string(made).expect("numbers can be written");
    format!("{:032x} {text}", key.0)
}

/// What a line of [`line()`] says.
pub fn read_line(text: &str) -> Option<(Key, Made)> {
    let (key, made) = text.split_once(' ')?;
    Some((Key(u128::from_str_radix(key, 16).ok()?), ron::from_str(made).ok()?))
}

/// The lines of the surrogates that come with the program; none where they were made by other code.
fn built_in() -> impl Iterator<Item = &'static str> {
    let mut lines = BUILT_IN.lines();
    let is_of_this_code = lines.next() == Some(format!("{CODE_DIGEST:016x}").as_str());
    lines.filter(move |_| is_of_this_code)
}

/// How many surrogates come with the program.
pub fn count_built_in() -> usize {
    built_in().count()
}

fn find_built_in(key: Key) -> Option<Made> {
    let head = format!("{:032x} ", key.0);
    built_in().find(|line| line.starts_with(&head)).and_then(read_line).map(|(_, made)| made)
}

/// The file of the surrogates that come with the program, of what was asked for in this process.
pub fn as_built_in() -> String {
    let memory = MEMORY.lock().expect("nobody panics while holding it");
    let mut lines: Vec<String> = memory
        .iter()
        .filter_map(|kept| Some(line(Key::of(&kept.stimulus, &kept.domain), &kept.made.get()?.as_deref().cloned())))
        .collect();
    lines.sort();
    format!("{CODE_DIGEST:016x}\n{}\n", lines.join("\n"))
}

/// A surrogate in memory, once it is made.
struct Kept {
    stimulus: Stimulus,
    domain: Domain,
    made: Arc<OnceLock<Option<Arc<Surrogate>>>>,
}

static MEMORY: LazyLock<Mutex<Vec<Kept>>> = LazyLock::new(Mutex::default);

/// The surrogate for a stimulus: kept from before, or made now, while others who ask for the same wait.
pub fn surrogate(stimulus: &Stimulus, domain: &Domain, make: impl FnOnce() -> Made) -> Option<Arc<Surrogate>> {
    let made = {
        let mut memory = MEMORY.lock().expect("nobody panics while holding it");
        match memory.iter().find(|kept| kept.stimulus == *stimulus && kept.domain == *domain) {
            Some(kept) => kept.made.clone(),
            None => {
                if memory.len() == IN_MEMORY {
                    memory.remove(0);
                }
                let made = Arc::default();
                memory.push(Kept { stimulus: stimulus.clone(), domain: *domain, made: Arc::clone(&made) });
                made
            }
        }
    };
    made.get_or_init(|| found_or_made(stimulus, domain, make).map(Arc::new)).clone()
}

fn found_or_made(stimulus: &Stimulus, domain: &Domain, make: impl FnOnce() -> Made) -> Made {
    let store = match KEEPING.get().unwrap_or(&Keeping::Program) {
        Keeping::Nothing => return make(),
        Keeping::Program => None,
        Keeping::Folder(store) => Some(store),
    };
    let key = Key::of(stimulus, domain);
    if let Some(made) = find_built_in(key).or_else(|| store?.get(key)) {
        return made;
    }
    let made = make();
    if let Some(store) = store {
        store.put(key, &made);
    }
    made
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Files of the room that no surrogate depends on.
    const OTHERS: [&str; 8] =
        ["bundle.rs", "fibres.rs", "kept.rs", "mod.rs", "profile.rs", "recovery.rs", "store.rs", "volley.rs"];

    #[test]
    fn verif_every_file_that_a_surrogate_depends_on_is_in_its_key() {
        let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nerve");
        for folder in [room.clone(), room.join("axon")] {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&room).unwrap().display().to_string();
                if path.is_file() && !OTHERS.contains(&name.as_str()) {
                    let bytes = fs::read(&path).unwrap();
                    assert!(CODE.contains(&bytes.as_slice()), "{name} is neither in CODE nor among those without part");
                }
            }
        }
    }

    #[test]
    fn verif_the_libraries_have_the_versions_that_are_in_the_key() {
        let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
        for library in LIBRARIES {
            let (name, version) = library.split_once(' ').unwrap();
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&entry), "Cargo.lock has another {name} than {version}");
        }
    }

    #[test]
    fn verif_the_surrogates_of_the_program_are_of_this_code() {
        let head = BUILT_IN.lines().next().unwrap();
        assert_eq!(head, format!("{CODE_DIGEST:016x}"), "make them anew: see assets/nerve/README.md");
        for line in built_in() {
            assert!(read_line(line).is_some(), "{line}");
        }
    }
}
