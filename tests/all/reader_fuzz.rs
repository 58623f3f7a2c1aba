//! A million mutated files, in RON and in JSON: every one is read or explained, and none makes the reader panic.

use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use stimtwin::scenario::Scenario;

const FILES: u64 = 1_000_000;

/// A small scenario with every kind of value in it.
const SEED_TEXT: &str = r#"Scenario(version:1,name:"f",duration:"1 h",starts_at:"07:00",patient:"nope",device:"nope",
implant:"nope",adherence:0.5,/*c*/program:(both:(amplitude_ma:1.0,recharge:Active(times:2),cathodes:[E0,E1])),
timeline:[(at:"1 s",do:StartSession),(at:"day 0 07:30",do:SetAmplitude(side:Both,amplitude_ma:2))],// c
record:[(file:"x.csv",every:"1 ms",probes:["left.force_n"])])"#;

/// The same in JSON.
const SEED_JSON: &str = r#"{"$schema":"s","version":1,"name":"f","duration":"1 h","starts_at":"07:00","patient":"nope",
"device":"nope","implant":"nope","adherence":0.5,
"program":{"both":{"amplitude_ma":1.0,"recharge":{"Active":{"times":2}},
"cathodes":["E0","E1"]}},"timeline":[{"at":"1 s","do":"StartSession"},
{"at":"day 0 07:30","do":{"SetAmplitude":{"side":"Both","amplitude_ma":2}}}],
"record":[{"file":"x.edf","every":"1 ms","probes":["left.force_n"]}]}"#;

/// Pieces that mean something to the reader.
const PIECES: [&str; 26] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "//",
    "/*",
    "*/",
    "#![enable(implicit_some)]",
    "r#\"",
    "'",
    "inf",
    "NaN",
    "1e999",
    "-",
    "\u{0}",
    "µ",
    "day 99999999999999 00:00",
    "Scenario",
    "null",
    "\\u0000",
];

fn mutate(text: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    for _ in 0..=rng.next_u32() % 4 {
        let at = rng.next_u32() as usize % (text.len() + 1);
        let length = (rng.next_u32() as usize % 12).min(text.len() - at);
        match rng.next_u32() % 5 {
            0 => drop(text.drain(at..at + length)),
            1 => drop(text.splice(at..at, PIECES[rng.next_u32() as usize % PIECES.len()].bytes())),
            2 => text.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (rng.next_u32() % 8)),
            3 => {
                let copy = text[at..at + length].to_vec();
                let to = rng.next_u32() as usize % (text.len() + 1);
                drop(text.splice(to..to, copy));
            }
            _ => text.truncate(at.max(1)),
        }
    }
}

#[test]
fn verif_a_million_mutated_files_make_no_panic() {
    let threads = 2;
    let explained: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || {
                    let mut explained = 0;
                    for i in (worker..FILES).step_by(threads as usize) {
                        let mut rng = ChaCha8Rng::seed_from_u64(i);
                        let (file, text) = [("f.ron", SEED_TEXT), ("f.json", SEED_JSON)][i as usize / 2 % 2];
                        let mut text = text.as_bytes().to_vec();
                        mutate(&mut text, &mut rng);
                        let text = String::from_utf8_lossy(&text);
                        if let Err(problems) = Scenario::from_text(file, &text, Path::new("/nowhere")) {
                            assert!(!problems.is_empty(), "{text}");
                            assert!(problems.iter().all(|problem| !problem.message.is_empty()), "{text}");
                            explained += 1;
                        }
                    }
                    explained
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).sum()
    });
    assert_eq!(explained, FILES, "the device of the seed text does not exist, so none is right");
}
