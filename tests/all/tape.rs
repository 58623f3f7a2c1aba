//! Recordings: what was run can be run again anywhere, and what differs is named.
//!
//! Thresholds: guesses; a tape holds whatever bits there are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use stimtwin::record::digest::StateWriter;
use stimtwin::record::state::State;
use stimtwin::record::tape::{Header, Tape, TapeWriter};
use stimtwin::record::write_state;
use stimtwin::run::progress::Silent;
use stimtwin::run::record::{RecordError, RecordOptions, Recorded, Source, golden_path, record};
use stimtwin::run::replay::{First, Verdict, explain, verify};
use stimtwin::scenario::Scenario;
use stimtwin::sim::Simulation;
use stimtwin::time::SimTime;

use crate::{root, scenario, therapy};

/// A scenario of a few seconds with two commands, the second one with that amplitude.
fn short(amplitude_ma: f64) -> String {
    therapy(
        "12500 ms",
        &format!(
            "program: (both: (amplitude_ma: 0.5)), timeline: [(at: \"3 s\", do: StartSession), \
             (at: \"5500 ms\", do: SetAmplitude(side: Left, amplitude_ma: {amplitude_ma}))],"
        ),
    )
}

/// Records a text, whose scenario names files from that folder; returns the tape's bytes.
fn recorded(text: &str, folder: &Path) -> Vec<u8> {
    let source = Source { file: PathBuf::from("short.ron"), text: text.to_string(), folder: folder.to_path_buf() };
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("tape.jsonl");
    record(&source, &file, RecordOptions::default(), &mut Silent).unwrap_or_else(|error| panic!("{error}"));
    fs::read(file).unwrap()
}

fn read(bytes: &[u8]) -> Tape {
    Tape::from_bytes("tape.jsonl", bytes).unwrap_or_else(|problem| panic!("{problem}"))
}

fn replayed(tape: &Tape, until: Option<SimTime>) -> Verdict {
    let scenario = tape.header.scenario().unwrap_or_else(|problems| panic!("{problems:#?}"));
    verify(&scenario, tape, until, &mut Silent).unwrap_or_else(|fault| panic!("{fault}"))
}

fn difference(tape: &Tape) -> String {
    match replayed(tape, None) {
        Verdict::Differs(difference) => difference.to_string(),
        Verdict::Same(until) => panic!("the same up to {until}"),
    }
}

fn stimtwin(arguments: &[&str], folder: &Path) -> (i32, String) {
    let output = crate::program().args(arguments).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("it exits"), String::from_utf8(text).unwrap())
}

#[test]
fn verif_what_is_recorded_replays() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["first-session", "titration", "faults/message-delayed", "faults/intermittent-conductor", "sham"] {
        let path = root().join(format!("scenarios/{name}.ron"));
        let out = folder.path().join("tape.jsonl");
        let options = RecordOptions { overwrite: true, ..RecordOptions::default() };
        let Recorded { end, bytes } =
            record(&Source::from_file(&path).unwrap(), &out, options, &mut Silent).unwrap_or_else(|e| panic!("{e}"));
        let tape = Tape::read(&out).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!((tape.end, fs::metadata(&out).unwrap().len()), (Some(end), bytes));
        assert!(bytes < 256 << 10, "{name}: a recording can be kept, and this one has {bytes} bytes");
        let scenario = Scenario::from_file(&path).unwrap();
        let mut simulation = Simulation::new(&scenario, None);
        simulation.advance_to(scenario.duration).unwrap();
        assert_eq!(tape.run_digest(), Some(simulation.digest().value()), "{name}");
        assert_eq!(replayed(&tape, None), Verdict::Same(scenario.duration), "{name}");
        let some = SimTime::from_nanos(61_234_567_890);
        assert_eq!(replayed(&tape, Some(some)), Verdict::Same(some), "{name}");
    }
    assert_eq!(golden_path(Path::new("a/first-session.ron")), Path::new("a/first-session.golden.jsonl"));
}

#[test]
fn verif_a_tape_holds_all_that_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("people")).unwrap();
    fs::copy(root().join("assets/patients/healthy.ron"), folder.path().join("people/me.ron")).unwrap();
    let muscle = fs::read_to_string(root().join("assets/muscles/multifidus-l2.ron")).unwrap();
    fs::write(folder.path().join("people/muscle.ron"), &muscle).unwrap();
    let me = fs::read_to_string(folder.path().join("people/me.ron")).unwrap();
    let me = me.replace("muscle: \"multifidus-l2\"", "muscle: \"muscle.ron\"");
    assert!(me.contains("muscle.ron"), "{me}");
    fs::write(folder.path().join("people/me.ron"), &me).unwrap();
    let text = short(0.7).replace("\"mechanical-clbp\"", "\"people/me.ron\"");
    let tape = read(&recorded(&text, folder.path()));
    drop(folder);
    let files: Vec<_> = tape.header.files.iter().map(|(path, text)| (path.to_str().unwrap(), text.as_str())).collect();
    assert_eq!(files, [("people/me.ron", me.as_str()), ("people/muscle.ron", muscle.as_str())]);
    let built_in: Vec<&str> = tape.header.built_in.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        built_in,
        [
            "nerve/l2-medial-branch",
            "adaptation/default",
            "spine/lumbar",
            "devices/restorative",
            "implants/l2-medial-branch"
        ]
    );
    assert!(tape.header.changed_profiles().is_empty());
    assert_eq!(replayed(&tape, None), Verdict::Same(SimTime::from_nanos(12_500_000_000)));
    let commands: Vec<String> = tape.commands.iter().map(|entry| format!("{} {}", entry.at, entry.command)).collect();
    assert_eq!(commands, ["3 s StartSession", "5.5 s SetAmplitude(side: Left, amplitude_ma: 0.7)"]);
    // What changed is explained by what the tape has, not by what lies there now.
    let healthy = scenario(&short(0.7).replace("mechanical-clbp", "healthy"));
    assert_eq!(explain(&healthy, &text, &tape), Ok(None));
    let difference = explain(&scenario(&short(0.7)), &text, &tape).unwrap().unwrap().to_string();
    assert!(difference.starts_with("first differs at 0 s (day 0 00:00:00): left/pool."), "{difference}");
    assert!(difference.ends_with("; a file that the scenario names has changed"), "{difference}");
}

/// Every place in a tape's short lines; of long ones, which are states, those near their ends and some between.
fn places(bytes: &[u8]) -> Vec<usize> {
    let mut start = 0;
    let mut places = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        let near = |at: usize| at < start + 50 || at + 50 > end || line.len() < 200;
        places.extend((start..end).filter(|&at| near(at) || at % 89 == 0));
        start = end;
    }
    places
}

/// What was written can be read and replayed, wherever it breaks off.
#[test]
fn verif_a_tape_may_break_off_at_any_byte() {
    let bytes = recorded(&short(0.7), Path::new("."));
    let whole = read(&bytes);
    let header = bytes.iter().position(|&byte| byte == b'\n').unwrap();
    let mut last: Option<Tape> = None;
    for length in places(&bytes) {
        let part = Tape::from_bytes("tape.jsonl", &bytes[..length]);
        if length <= header {
            let message = "tape.jsonl: breaks off within its header, so there is nothing to replay";
            assert_eq!(part.unwrap_err().to_string(), message, "{length} bytes");
            continue;
        }
        let part = part.unwrap_or_else(|problem| panic!("{length} bytes: {problem}"));
        if last.as_ref() == Some(&part) {
            continue;
        }
        assert_eq!(part.header, whole.header);
        assert!(whole.commands.starts_with(&part.commands) && whole.digests.starts_with(&part.digests));
        assert!(whole.states.starts_with(&part.states) && part.end.is_none());
        assert_eq!(replayed(&part, None), Verdict::Same(part.until()), "{length} bytes");
        last = Some(part);
    }
    assert_eq!(last.unwrap().until(), whole.until());
}

#[test]
fn verif_a_byte_that_was_changed_is_found() {
    let bytes = recorded(&short(0.7), Path::new("."));
    for at in places(&bytes[..bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let problem = Tape::from_bytes("tape.jsonl", &changed).expect_err("a byte was changed");
        let line = 1 + bytes[..at].iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(problem.line, line, "byte {at}: {problem}");
    }
    // A line that was taken out is found as well; one that ends as on Windows is not another one.
    let text = String::from_utf8(bytes.clone()).unwrap();
    let without: String =
        text.split_inclusive('\n').enumerate().filter(|(i, _)| *i != 5).map(|(_, line)| line).collect();
    let problem = Tape::from_bytes("tape.jsonl", without.as_bytes()).unwrap_err().to_string();
    assert_eq!(problem, "tape.jsonl:6:1: is not what was written: the line does not come to its check");
    assert_eq!(read(text.replace('\n', "\r\n").as_bytes()), read(&bytes));
}

/// The state at an instant, by the way that nobody optimised.
fn state_at(text: &str, at: SimTime) -> State {
    let mut simulation = Simulation::new(&scenario(text), Some(SimTime::from_nanos(1_000_000)));
    simulation.advance_to(at).unwrap();
    let mut writer = StateWriter::labelled();
    write_state(simulation.world(), &mut writer);
    writer.state()
}

#[test]
fn verif_a_changed_scenario_is_explained() {
    let tape = read(&recorded(&short(0.7), Path::new(".")));
    let explained =
        |text: &str| explain(&scenario(text), text, &tape).unwrap().map(|difference| difference.to_string());
    assert_eq!(explained(&short(0.7)), None);
    let changed = short(0.8);
    let second = (0..12).find(|&s| {
        let at = SimTime::from_secs(s);
        state_at(&short(0.7), at) != state_at(&changed, at)
    });
    assert_eq!(second, Some(6));
    let parting =
        state_at(&short(0.7), SimTime::from_secs(6)).first_difference(&state_at(&changed, SimTime::from_secs(6)));
    assert_eq!(parting.unwrap().to_string(), "patient/generator.amplitude_na[0] was 700000, is 800000");
    let said = "first differs at 6 s (day 0 00:00:06): patient/generator.amplitude_na[0] was 700000, is 800000; \
                the scenario has changed";
    assert_eq!(explained(&changed).as_deref(), Some(said));
    // One that begins another time goes its own way from its first second on, and one that ends later does not.
    let earlier = short(0.7).replace("\"3 s\"", "\"1 s\"");
    let said = explained(&earlier).unwrap();
    assert!(said.starts_with("first differs at 2 s (day 0 00:00:02): patient/generator.state was 2, is"), "{said}");
    let longer = short(0.7).replace("12500 ms", "20 s");
    let said = "is the same while both last, but lasted 12.5 s, and lasts 20 s; the scenario has changed";
    assert_eq!(explained(&longer).as_deref(), Some(said));
    let later = short(0.7).replace("12500 ms", "12501 ms");
    assert!(explained(&later).unwrap().starts_with("is the same while both last"));
}

/// Of a program that was, a tape is all that is known: it is made to say what this program does not do.
#[test]
fn verif_a_changed_program_is_explained() {
    let tape = read(&recorded(&short(0.7), Path::new(".")));
    let seconds: Vec<String> = tape.digests.iter().map(|mark| mark.at.to_string()).collect();
    assert_eq!(seconds[..6], ["0 s", "4 s", "5 s", "6 s", "7 s", "8 s"], "a second without a change has no digest");
    let states: Vec<String> = tape.states.iter().map(|(at, _)| at.to_string()).collect();
    assert_eq!(states, ["0 s", "4 s", "5 s", "6 s", "12.5 s"]);
    // From 5 s on another digest, and from 6 s on another value on the tape.
    let mut other = tape.clone();
    other.digests[2..].iter_mut().for_each(|mark| mark.run ^= 1);
    other.end.as_mut().unwrap().run ^= 1;
    for (_, state) in &mut other.states[3..] {
        let field = state.fields.iter_mut().find(|field| field.name == "left/pool.active").unwrap();
        field.values[3] = "0.5".to_string();
    }
    other.header.program = "stimtwin 0.0.1".to_string();
    other.header.built_in[1].1 = "0".to_string();
    let is = tape.states[3].1.fields.iter().find(|field| field.name == "left/pool.active").unwrap().values[3].clone();
    let version = env!("CARGO_PKG_VERSION");
    let said = |first: &str| {
        format!(
            "{first} (day 0 00:00:06), left/pool.active[3] was 0.5, is {is}; \
             it was recorded by stimtwin 0.0.1, this is stimtwin {version}; \
             not built in as it was: nerve/l2-medial-branch"
        )
    };
    let first = "first differs at 5 s (day 0 00:00:05); in the next state on the tape, at 6 s";
    assert_eq!(difference(&other), said(first));
    // The explanation of a golden is the same: the tape's own scenario does not come to it.
    let explained = explain(&scenario(&short(0.7)), &short(0.7), &other).unwrap().unwrap();
    assert_eq!(explained.to_string(), said(first));
    let explained = explain(&scenario(&short(0.8)), &short(0.8), &other).unwrap().unwrap();
    assert!(explained.to_string().ends_with("; the scenario has changed too"), "{explained}");
    // Where digests were left out, only that much is known of when.
    other.digests.drain(2..5);
    let first = "first differs after 4 s and by 8 s (day 0 00:00:08); in the next state on the tape, at 12.5 s";
    assert!(difference(&other).starts_with(first), "{}", difference(&other));
    // The state of that very second, and a tape on which nothing happens for longer, or something more at its end.
    other = tape.clone();
    other.digests[1..].iter_mut().for_each(|mark| mark.run ^= 1);
    other.states[1].1.fields[0].values[0] = "9".to_string();
    let said = "first differs at 4 s (day 0 00:00:04): patient/generator.state was 9, is 6";
    assert_eq!(difference(&other), said);
    other = tape.clone();
    other.digests.remove(1);
    other.digests[1..].iter_mut().for_each(|mark| mark.folded -= 1);
    let said = "first differs at 4 s (day 0 00:00:04); no later state on the tape differs";
    assert_eq!(difference(&other), said);
    other = tape.clone();
    other.digests.pop();
    let Verdict::Differs(found) = replayed(&other, None) else { panic!("it differs") };
    assert_eq!(found.first, First::At(SimTime::from_nanos(12_500_000_000)));
}

#[test]
fn verif_the_command_line_records_and_replays() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("short.ron"), short(0.7)).unwrap();
    let run = |arguments: &[&str]| stimtwin(arguments, here);
    let (code, text) = run(&["record", "short.ron", "--out", "a.jsonl"]);
    assert_eq!(code, 0, "{text}");
    let digest = Simulation::new(&scenario(&short(0.7)), None);
    assert!(text.starts_with("a.jsonl: 12.5 s, ") && text.contains("\ndigest ") && digest.now() == SimTime::ZERO);
    assert_eq!(run(&["replay", "a.jsonl"]), (0, "a.jsonl: the same to its end, 12.5 s\n".to_string()));
    assert_eq!(run(&["replay", "a.jsonl", "--until", "7 s"]), (0, "a.jsonl: the same up to 7 s\n".to_string()));
    let bytes = fs::read(here.join("a.jsonl")).unwrap();
    fs::write(here.join("cut.jsonl"), &bytes[..bytes.len() - 9]).unwrap();
    let broken_off = "cut.jsonl: the same up to 12.5 s; there the recording breaks off\n";
    assert_eq!(run(&["replay", "cut.jsonl"]), (0, broken_off.to_string()));
    let (code, text) = run(&["record", "short.ron", "--out", "b.jsonl", "--until", "7100 ms", "--seed", "8"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(run(&["replay", "b.jsonl"]), (0, "b.jsonl: the same to its end, 7.1 s\n".to_string()));
    // Another seed: the digests are those of one run, the scenario is that of another.
    let tape = Tape::read(&here.join("b.jsonl")).unwrap();
    let header = Header { seed: 9, ..tape.header.clone() };
    let mut writer = TapeWriter::new(fs::File::create(here.join("c.jsonl")).unwrap(), &header).unwrap();
    for mark in &tape.digests {
        writer.digest(*mark).unwrap();
    }
    writer.state(tape.states[2].0, tape.states[2].1.clone()).unwrap();
    writer.end(tape.end.unwrap()).unwrap();
    let (code, text) = run(&["replay", "c.jsonl"]);
    assert_eq!(code, 1, "{text}");
    let said = "error: c.jsonl: first differs at 4 s (day 0 00:00:04); in the next state on the tape, at 5 s";
    assert!(text.starts_with(said), "{text}");
}

#[test]
fn verif_nothing_is_half_written_and_bad_input_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("short.ron"), short(0.7)).unwrap();
    fs::write(here.join("wrong.ron"), short(700.0)).unwrap();
    fs::write(here.join("there.jsonl"), "mine").unwrap();
    fs::write(here.join("left.jsonl.partial"), "mine").unwrap();
    fs::write(here.join("empty.jsonl"), "").unwrap();
    fs::write(here.join("other.jsonl"), "{\"tape\":2,\"news\":[]}\n").unwrap();
    for (arguments, words) in [
        (vec!["record", "short.ron", "--out", "there.jsonl"], "there.jsonl: is there already; add --overwrite"),
        (vec!["record", "short.ron", "--out", "left.jsonl"], "left.jsonl.partial: is there already"),
        (vec!["record", "short.ron", "--out", "short.ron", "--overwrite"], "short.ron: is the scenario itself"),
        (vec!["record", "short.ron", "--out", ".", "--overwrite"], ".: is there, and is no plain file"),
        (vec!["record", "wrong.ron", "--out", "a.jsonl"], "wrong.ron:1:"),
        (vec!["record", "nowhere.ron", "--out", "a.jsonl"], "nowhere.ron: cannot be read"),
        (vec!["record", "short.ron", "--out", "nowhere/a.jsonl"], "nowhere/a.jsonl.partial: cannot be written"),
        (
            vec!["record", "short.ron", "--out", "a.jsonl", "--until", "1 h"],
            "until 1 h, and the scenario ends at 12.5 s",
        ),
        (vec!["replay", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
        (vec!["replay", "empty.jsonl"], "empty.jsonl: breaks off within its header"),
        (vec!["replay", "short.ron"], "breaks off within its header"),
        (vec!["replay", "other.jsonl"], "other.jsonl:1:1: is a tape of format 2; this program, stimtwin"),
    ] {
        let (code, text) = stimtwin(&arguments, here);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains(words) && text.lines().count() == 1, "{arguments:?}: {text}");
    }
    assert_eq!(fs::read(here.join("there.jsonl")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(here).unwrap().count(), 6, "nothing was made");
    let (code, text) = stimtwin(&["record", "short.ron", "--out", "there.jsonl", "--overwrite"], here);
    assert_eq!((code, Tape::read(&here.join("there.jsonl")).unwrap().end.is_some()), (0, true), "{text}");
    assert_eq!(fs::read_dir(here).unwrap().count(), 6, "and nothing is left over");
    let (code, text) = stimtwin(&["replay", "there.jsonl", "--until", "13 s"], here);
    assert_eq!((code, text.contains("--until is 13 s, and the recording goes to 12.5 s")), (2, true), "{text}");
}

#[test]
fn verif_a_recorder_that_is_killed_leaves_a_tape() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = crate::program();
    let scenario = root().join("scenarios/six-months.ron");
    let mut child =
        command.arg("record").arg(scenario).arg("--out").arg(folder.path().join("a.jsonl")).spawn().unwrap();
    let partial = folder.path().join("a.jsonl.partial");
    let enough = || fs::metadata(&partial).is_ok_and(|metadata| metadata.len() > 60_000);
    for _ in 0..6_000 {
        if enough() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let tape = Tape::read(&partial).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(!folder.path().join("a.jsonl").exists() && tape.end.is_none());
    let until = SimTime::from_secs(8 * 3600 + 60);
    assert!(tape.until() > until, "{}", tape.until());
    assert_eq!(replayed(&tape, Some(until)), Verdict::Same(until));
}

#[test]
fn verif_an_error_says_what_it_is() {
    let source = Source { file: "a.ron".into(), text: "Scenario(".into(), folder: ".".into() };
    let error = record(&source, Path::new("a.jsonl"), RecordOptions::default(), &mut Silent).unwrap_err();
    assert!(matches!(&error, RecordError::Problems(_)) && error.to_string().starts_with("a.ron:1:"), "{error}");
}
