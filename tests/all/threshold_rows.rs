//! The table of `stimtwin threshold`: what it takes, what it refuses, what it writes.

use std::fs;
use std::process::Output;

use stimtwin::nerve::axon::threshold::TOLERANCE;
use stimtwin::run::threshold::{COLUMNS, Rows};
use stimtwin::time::SimTime;

use crate::root;

fn threshold(arguments: &[&str]) -> Output {
    crate::program().arg("threshold").args(arguments).current_dir(root()).output().expect("the program runs")
}

/// The mistakes of a table, a line each.
fn mistakes(text: &str) -> Vec<String> {
    match Rows::from_text("rows.csv", text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

const HEADER: &str = "fiber_diameter_um,distance_mm,width_us";

#[test]
fn verif_every_bad_cell_is_told_with_its_place() {
    let text = format!(
        "{HEADER},phases,gap_us,polarity,return_mm\n10,1,214,1,0,,\n4,1,214,1,0,,\n10,near,214,1,0,,\n10,1,,2,0,,\n\
         10,1,214,3,0,,\n10,1,214,1,30,,\n10,1,214,2,30,upward,0.01\n10,1\n10,NaN,inf,1,0,,\n"
    );
    let found = mistakes(&text);
    let expected = [
        "rows.csv:3:1: fiber_diameter_um: found 4; allowed are numbers from 5.7 to 16 µm",
        "rows.csv:4:4: distance_mm: found near; allowed are numbers from 0.1 to 30 mm",
        "rows.csv:5:6: width_us: found nothing; allowed are numbers from 1 to 5000 µs",
        "rows.csv:6:10: phases: found 3; allowed are 1 and 2",
        "rows.csv:7:12: gap_us: found 30; a pulse of one phase has no gap: allowed is 0, or phases of 2",
        "rows.csv:8:15: polarity: found upward; allowed are cathodic and anodic",
        "rows.csv:8:22: return_mm: found 0.01; allowed are distances of 0.1 mm and more, to either side",
        "rows.csv:9:1: found 2 cells; allowed are as many as the header has, 7",
        "rows.csv:10:4: distance_mm: found NaN; allowed are numbers from 0.1 to 30 mm",
        "rows.csv:10:8: width_us: found inf; allowed are numbers from 1 to 5000 µs",
    ];
    assert_eq!(found, expected);
}

#[test]
fn verif_every_bad_header_is_told() {
    for (text, words) in [
        ("", "no column fiber_diameter_um"),
        ("fiber_diameter_um,distance_mm\n", "no column width_us"),
        ("distance_mm\n", "found no column fiber_diameter_um, no column width_us"),
        ("fiber_diameter_um;distance_mm;width_us\n10;1;214\n", "commas stand between columns"),
        (
            "fiber_diameter_um,distance_mm,width_us,fazes,polarty\n",
            "1:46: found the column polarty; did you mean polarity",
        ),
        ("fiber_diameter_um,distance_mm,width_us,width_us\n", "1:40: found the column width_us a second time"),
        ("fiber_diameter_um,distance_mm,width_us,threshold_ma\n", "which is one that is written"),
    ] {
        let found = mistakes(text);
        assert!(found.iter().any(|line| line.contains(words)), "{words}: {found:#?}");
    }
}

#[test]
fn verif_rows_come_back_with_their_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, out) = (folder.path().join("rows.csv"), folder.path().join("out.csv"));
    let (rows, out) = (rows.to_str().unwrap(), out.to_str().unwrap());
    fs::write(rows, format!("name,{HEADER}\n\"a, b\",10.0, 1 ,214\nc,16,3,60\n")).unwrap();
    let printed = threshold(&["--rows", rows, "--step", "2us"]);
    assert_eq!(printed.status.code(), Some(0), "{}", String::from_utf8_lossy(&printed.stderr));
    let text = String::from_utf8(printed.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("name,{HEADER},threshold_ma"));
    assert!(lines[1].starts_with("\"a, b\",10.0,1,214,0.0785"), "{text}");
    assert!(lines[2].starts_with("c,16,3,60,0.768"), "{text}");
    assert_eq!(threshold(&["--rows", rows, "--step", "2us", "--out", out]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(out).unwrap(), text);
    let refused = threshold(&["--rows", rows, "--out", out]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--overwrite"));
}

#[test]
fn verif_bad_input_and_usage_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let rows = folder.path().join("rows.csv");
    fs::write(&rows, format!("{HEADER}\n10,1,x\n")).unwrap();
    let rows = rows.to_str().unwrap();
    for arguments in [
        &["--rows", rows][..],
        &["--rows", "nowhere.csv"],
        &["--rows", "docs/threshold_rows.csv", "--step", "1ms"],
        &["--rows", "docs/threshold_rows.csv", "--step", "2"],
        &[],
    ] {
        let output = threshold(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn verif_a_second_contact_and_conductivity_along_the_fibre_are_read() {
    let text = format!(
        "{HEADER},return_mm,conductivity_s_per_m,conductivity_along_s_per_m,recovery_ratio,phases\n\
         10,2,214,,,,,\n10,2,214,1,,,,\n10,2,214,,0.1,,,\n10,2,214,,0.1,0.5,,\n10,2,214,,,,10,2\n"
    );
    let rows = Rows::from_text("rows.csv", &text).unwrap();
    let found: Vec<f64> =
        rows.thresholds(SimTime::from_nanos(2_000), TOLERANCE).into_iter().map(|found| found.ma().unwrap()).collect();
    let alone = found[0];
    assert!((found[2] / alone - 0.5).abs() < 1e-4, "half the conductivity, half the current: {found:?}");
    assert!(found[1] > alone && found[3] > found[2] && found[4] > alone, "{found:?}");
}

#[test]
fn verif_every_column_is_on_its_page() {
    let page = fs::read_to_string(root().join("docs/threshold.md")).unwrap();
    for column in COLUMNS {
        assert!(page.contains(&format!("`{column}`")), "{column} is not in threshold.md");
    }
}

#[test]
fn verif_the_layout_of_contacts_is_read() {
    let text = format!(
        "{HEADER},contact,contact_length_mm,contact_radius_mm,contact_angle_deg,encapsulation_mm,\
         encapsulation_s_per_m\n10,2,214,,,,,,\n10,2,214,line,0.01,,,,\n10,2,214,line,6,,0,,\n\
         10,2,214,line,6,,90,,\n10,2,214,ring,0.01,0.01,,,\n\
         10,2,214,,,,,1.5,0.05\n10,2,214,,,,,2.5,0.05\n"
    );
    let rows = Rows::from_text("rows.csv", &text).unwrap();
    let found: Vec<f64> =
        rows.thresholds(SimTime::from_nanos(2_000), TOLERANCE).into_iter().map(|found| found.ma().unwrap()).collect();
    let point = found[0];
    assert!((found[1] / point - 1.0).abs() < 1e-4, "a short line is a point: {found:?}");
    assert!((found[4] / point - 1.0).abs() < 1e-3, "a small ring is a point: {found:?}");
    assert!(found[2] > 1.1 * point, "along the fibre a line is flatter: {found:?}");
    assert!(found[3] < found[2] && found[3] > point, "{found:?}");
    assert!((found[5] / point - 1.0).abs() < 1e-4, "outside of a shell nothing changes: {found:?}");
    assert!(found[6] < point, "inside of it the field is steeper: {found:?}");
    let bad = format!(
        "{HEADER},contact,contact_length_mm,contact_radius_mm,encapsulation_mm,conductivity_along_s_per_m\n\
         10,1,214,disk,,,,\n10,1,214,point,3,,,\n10,1,214,line,3,0.5,,\n10,0.5,214,ring,3,,,\n10,1,214,,,,1,0.5\n"
    );
    let expected = [
        "rows.csv:2:10: contact: found disk; allowed are point, line and ring",
        "rows.csv:3:16: contact_length_mm: found 3; lines and rings have it: allowed is an empty cell",
        "rows.csv:4:17: contact_radius_mm: found 0.5; a ring has a radius: allowed is an empty cell",
        "rows.csv:5:4: distance_mm: found 0.5; the fibre is beside the ring: allowed is more than its radius, 0.635 mm",
        "rows.csv:6:13: encapsulation_mm: found 1; a shell is known for a point in tissue that conducts alike in every \
         direction: allowed is 0",
    ];
    assert_eq!(mistakes(&bad), expected);
}

/// Trains and second pulses of a table are those that the library knows, whatever stands beside them.
#[test]
fn verif_trains_and_second_pulses_are_read() {
    let text = format!(
        "{HEADER},pulses,rate_hz,interval_ms\n10,2,214,,,1.4\n10,2,214,,,\n10,2,214,3,714.285714,\n\
         10,2,214,1,,3\n10,2,60,,,1.4\n10,2,214,,,0.5\n10,2,214,2,20,\n"
    );
    let rows = Rows::from_text("rows.csv", &text).unwrap();
    let found = rows.thresholds(SimTime::from_nanos(10_000), TOLERANCE);
    let factor = |row: usize| found[row].ma().unwrap() / found[1].ma().unwrap();
    assert!(factor(0) > 1.03 && factor(3) < 0.95, "refractory, then supernormal: {found:?}");
    assert!(factor(2) > factor(0), "a third pulse is no easier than a second: {found:?}");
    assert!(factor(4) > 1.5, "a shorter pulse needs more: {found:?}");
    assert_eq!(found[5].ma(), None, "nothing is conducted so soon");
    assert!(factor(6) > 1.03, "two pulses of 20 Hz meet the late subnormal phase: {found:?}");
    let bad = format!(
        "{HEADER},pulses,rate_hz,interval_ms\n10,2,214,2.5,20,\n10,2,214,3,,\n10,2,214,,20,\n\
         10,2,214,2,20,5\n10,2,214,2,5000,\n10,2,5000,2,300,\n10,2,214,50,20,\n10,2,214,,,0.2\n"
    );
    let expected = [
        "rows.csv:2:10: pulses: found 2.5; allowed are whole numbers",
        "rows.csv:3:10: pulses: found 3; a train has a rate: allowed is 1, or a rate_hz",
        "rows.csv:4:11: rate_hz: found 20; one pulse has no rate: allowed is an empty cell, or pulses of 2 and more",
        "rows.csv:5:15: interval_ms: found 5; a train has no pulse before it: allowed is an empty cell, or pulses of 1",
        "rows.csv:6:12: rate_hz: found 5000; allowed are numbers from 1 to 1000 Hz",
        "rows.csv:7:13: rate_hz: found 300; a pulse takes 5 ms: allowed is a rate that leaves time for it",
        "rows.csv:8:10: pulses: found 50; at 20 Hz allowed are as many as begin within 2 s",
        "rows.csv:9:12: interval_ms: found 0.2; allowed is no less than the pulse before takes, 214 us",
    ];
    assert_eq!(mistakes(&bad), expected);
}
