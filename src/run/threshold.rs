//! Thresholds of fibres that a table asks for, a row each: `stimtwin threshold`.

use std::io::Write;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::nerve::axon::fibre::Conductivity;
use crate::nerve::axon::recovery::{recovery, train_task};
use crate::nerve::axon::setup::{ContactLayout, Polarity, Setup};
use crate::nerve::axon::threshold::{Task, Threshold, thresholds};
use crate::nerve::thresholds::TABLE_S_PER_M;
use crate::nerve::tissue::{Shape, Shell};
use crate::scenario::reader::{MAX_FILE_BYTES, Problem, closest};
use crate::time::SimTime;

/// The column that is written.
pub const RESULT: &str = "threshold_ma";

/// The column that says why a row has no threshold.
pub const NOTE: &str = "threshold_note";

/// The time step unless another is asked for: with it thresholds are within 1 % of those at no step at all.
pub const STEP: SimTime = SimTime::from_nanos(1_000);

/// The time steps that may be asked for.
pub const STEPS: RangeInclusive<SimTime> = SimTime::from_nanos(50)..=SimTime::from_nanos(20_000);

/// The diameters that may be asked for, µm: those of the model's table.
pub const DIAMETERS_UM: RangeInclusive<f64> = 5.7..=16.0;

/// The distances, mm.
pub const DISTANCES_MM: RangeInclusive<f64> = 0.1..=30.0;

/// The widths of the first phase, µs.
pub const WIDTHS_US: RangeInclusive<f64> = 1.0..=5000.0;

/// A column of numbers: its name, what is allowed, and the value where the column or its cell is empty.
struct Column {
    name: &'static str,
    allowed: RangeInclusive<f64>,
    unit: &'static str,
    default: Option<f64>,
}

const fn required(name: &'static str, allowed: RangeInclusive<f64>, unit: &'static str) -> Column {
    Column { name, allowed, unit, default: None }
}

const fn optional(name: &'static str, allowed: RangeInclusive<f64>, unit: &'static str, default: f64) -> Column {
    Column { name, allowed, unit, default: Some(default) }
}

const DIAMETER: Column = required("fiber_diameter_um", DIAMETERS_UM, " µm");
const DISTANCE: Column = required("distance_mm", DISTANCES_MM, " mm");
const WIDTH: Column = required("width_us", WIDTHS_US, " µs");
const GAP: Column = optional("gap_us", 0.0..=5000.0, " µs", 0.0);
const RECOVERY: Column = optional("recovery_ratio", 1.0..=100.0, "", 1.0);
const OFFSET: Column = optional("offset_mm", -30.0..=30.0, " mm", 0.0);
const RETURN: Column = optional("return_mm", -60.0..=60.0, " mm", 0.0);
const CONDUCTIVITY: Column = optional("conductivity_s_per_m", 0.001..=10.0, " S/m", TABLE_S_PER_M);
const ALONG: Column = optional("conductivity_along_s_per_m", 0.001..=10.0, " S/m", 0.0);
const LENGTH: Column = optional("contact_length_mm", 0.01..=50.0, " mm", 3.0);
const RADIUS: Column = optional("contact_radius_mm", 0.01..=5.0, " mm", 0.635);
const ANGLE: Column = optional("contact_angle_deg", -180.0..=180.0, " degrees", 0.0);
const SHELL: Column = optional("encapsulation_mm", 0.0..=10.0, " mm", 0.0);
const SHELL_CONDUCTIVITY: Column = optional("encapsulation_s_per_m", 0.001..=10.0, " S/m", 0.159);
const PULSES: Column = optional("pulses", 1.0..=100.0, "", 1.0);
const RATE: Column = optional("rate_hz", 1.0..=1000.0, " Hz", 0.0);
const INTERVAL: Column = optional("interval_ms", 0.1..=1000.0, " ms", 0.0);
const CONTACT: &str = "contact";
const POLARITY: &str = "polarity";
const PHASES: &str = "phases";

/// The names of all columns that mean something, in the order of the page.
pub const COLUMNS: [&str; 20] = [
    DIAMETER.name,
    DISTANCE.name,
    WIDTH.name,
    POLARITY,
    PHASES,
    GAP.name,
    RECOVERY.name,
    OFFSET.name,
    RETURN.name,
    CONDUCTIVITY.name,
    ALONG.name,
    CONTACT,
    LENGTH.name,
    RADIUS.name,
    ANGLE.name,
    SHELL.name,
    SHELL_CONDUCTIVITY.name,
    PULSES.name,
    RATE.name,
    INTERVAL.name,
];

/// The longest train, from the onset of its first pulse to that of its last: more would take minutes.
const LONGEST_TRAIN: SimTime = SimTime::from_nanos(2_000_000_000);

/// What else happens to the fibre than one pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Company {
    /// Nothing.
    Alone,
    /// So many pulses follow each other, and all of them have to be answered.
    Train { pulses: usize, period: SimTime },
    /// A stronger pulse so long before.
    After(SimTime),
}

/// A table that was read.
#[derive(Clone, Debug)]
pub struct Rows {
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
    /// What each row asks for.
    asked: Vec<(Setup, Company)>,
}

/// A row while it is read, and the mistakes found so far.
struct Row<'a> {
    file: &'a str,
    header: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
    line: usize,
    problems: &'a mut Vec<Problem>,
}

/// The column, in characters from 1, that the field of that index begins in, where no field is in quotes.
fn place(record: &csv::StringRecord, index: usize) -> usize {
    1 + record.iter().take(index).map(|field| field.chars().count() + 1).sum::<usize>()
}

impl Row<'_> {
    /// What stands in the column of that name; none where it is not there or empty.
    fn cell(&self, name: &str) -> Option<(usize, &str)> {
        let index = self.header.iter().position(|column| column == name)?;
        let cell = self.record.get(index).unwrap_or_default();
        (!cell.is_empty()).then_some((index, cell))
    }

    fn wrong(&mut self, name: &str, found: &str, allowed: &str) {
        let index = self.header.iter().position(|column| column == name).unwrap_or(0);
        self.problems.push(Problem {
            file: self.file.to_string(),
            line: self.line,
            column: place(self.record, index),
            message: format!("{name}: found {found}; {allowed}"),
        });
    }

    /// The number in a column; where it is wrong, one to go on with.
    fn number(&mut self, column: &Column) -> f64 {
        let (least, most) = (column.allowed.start(), column.allowed.end());
        let found = match (self.cell(column.name), column.default) {
            (Some((_, cell)), _) => cell.to_string(),
            (None, Some(default)) => return default,
            (None, None) => "nothing".to_string(),
        };
        match found.parse::<f64>() {
            Ok(number) if column.allowed.contains(&number) => number,
            _ => {
                let allowed = format!("allowed are numbers from {least} to {most}{}", column.unit);
                self.wrong(column.name, &found, &allowed);
                *least
            }
        }
    }

    fn polarity(&mut self) -> Polarity {
        match self.cell(POLARITY).map(|(_, cell)| cell.to_string()).as_deref() {
            None | Some("cathodic") => Polarity::Cathodic,
            Some("anodic") => Polarity::Anodic,
            Some(found) => {
                self.wrong(POLARITY, found, "allowed are cathodic and anodic");
                Polarity::Cathodic
            }
        }
    }

    /// The second phase and the gap before it.
    fn recovery(&mut self) -> (Option<f64>, f64) {
        let (gap_us, ratio) = (self.number(&GAP), self.number(&RECOVERY));
        let phases = self.cell(PHASES).map_or("1", |(_, cell)| cell).to_string();
        if phases == "2" {
            return (Some(ratio), gap_us);
        }
        if phases != "1" {
            self.wrong(PHASES, &phases, "allowed are 1 and 2");
        } else if gap_us != 0.0 {
            self.wrong(GAP.name, &gap_us.to_string(), "a pulse of one phase has no gap: allowed is 0, or phases of 2");
        } else if ratio != 1.0 {
            let allowed = "a pulse of one phase has no recovery: allowed is 1, or phases of 2";
            self.wrong(RECOVERY.name, &ratio.to_string(), allowed);
        }
        (None, 0.0)
    }

    /// What the contacts are.
    fn contact(&mut self, distance_mm: f64, tissue: Conductivity) -> ContactLayout {
        let names = ["point", "line", "ring"];
        let found = self.cell(CONTACT).map_or(names[0], |(_, cell)| cell).to_string();
        let shape = match names.iter().position(|name| *name == found) {
            Some(place) => Shape::NAMES[place].1,
            None => {
                self.wrong(CONTACT, &found, "allowed are point, line and ring");
                Shape::Point
            }
        };
        for column in [&LENGTH, &RADIUS, &ANGLE] {
            let of_ring = column.name == RADIUS.name;
            let idle = shape == Shape::Point || (of_ring && shape == Shape::Line);
            if let Some(cell) = self.cell(column.name).map(|(_, cell)| cell.to_string()).filter(|_| idle) {
                let whose = if of_ring { "a ring has a radius" } else { "lines and rings have it" };
                self.wrong(column.name, &cell, &format!("{whose}: allowed is an empty cell"));
            }
        }
        let (length_mm, radius_mm, angle_deg) = (self.number(&LENGTH), self.number(&RADIUS), self.number(&ANGLE));
        if shape == Shape::Ring && distance_mm <= radius_mm {
            let allowed = format!("the fibre is beside the ring: allowed is more than its radius, {radius_mm} mm");
            self.wrong(DISTANCE.name, &distance_mm.to_string(), &allowed);
        }
        let (shell_mm, s_per_m) = (self.number(&SHELL), self.number(&SHELL_CONDUCTIVITY));
        if shell_mm > 0.0 && (shape != Shape::Point || tissue.across_s_per_m != tissue.along_s_per_m) {
            let allowed = "a shell is known for a point in tissue that conducts alike in every direction: allowed is 0";
            self.wrong(SHELL.name, &shell_mm.to_string(), allowed);
        }
        let shell = (shell_mm > 0.0).then_some(Shell { radius_mm: shell_mm, s_per_m });
        ContactLayout { shape, length_mm, radius_mm, angle_deg, shell }
    }

    /// What a cell says that is not empty.
    fn given(&mut self, column: &Column) -> Option<f64> {
        self.cell(column.name).is_some().then(|| self.number(column))
    }

    /// A train that the pulse is one of, or a pulse before it.
    fn company(&mut self, length: SimTime) -> Company {
        let (pulses, rate_hz, interval_ms) = (self.number(&PULSES), self.given(&RATE), self.given(&INTERVAL));
        let nanos = |ns: f64| SimTime::from_nanos(ns.round() as i64);
        if pulses.fract() != 0.0 {
            self.wrong(PULSES.name, &pulses.to_string(), "allowed are whole numbers");
        }
        match (pulses > 1.0, rate_hz, interval_ms) {
            (false, None, None) => Company::Alone,
            (true, Some(rate_hz), None) => {
                let (count, period) = (pulses as usize, nanos(1e9 / rate_hz));
                if period < length {
                    let allowed = format!("a pulse takes {length}: allowed is a rate that leaves time for it");
                    self.wrong(RATE.name, &rate_hz.to_string(), &allowed);
                } else if period * (count as i64 - 1) > LONGEST_TRAIN {
                    let allowed = format!("at {rate_hz} Hz allowed are as many as begin within {LONGEST_TRAIN}");
                    self.wrong(PULSES.name, &pulses.to_string(), &allowed);
                }
                Company::Train { pulses: count, period }
            }
            (false, None, Some(interval_ms)) => {
                let interval = nanos(interval_ms * 1e6);
                if interval < length {
                    let allowed = format!("allowed is no less than the pulse before takes, {length}");
                    self.wrong(INTERVAL.name, &interval_ms.to_string(), &allowed);
                }
                Company::After(interval)
            }
            (true, None, None) => {
                self.wrong(PULSES.name, &pulses.to_string(), "a train has a rate: allowed is 1, or a rate_hz");
                Company::Alone
            }
            (false, Some(rate_hz), _) => {
                let allowed = "one pulse has no rate: allowed is an empty cell, or pulses of 2 and more";
                self.wrong(RATE.name, &rate_hz.to_string(), allowed);
                Company::Alone
            }
            (true, _, Some(interval_ms)) => {
                let allowed = "a train has no pulse before it: allowed is an empty cell, or pulses of 1";
                self.wrong(INTERVAL.name, &interval_ms.to_string(), allowed);
                Company::Alone
            }
        }
    }

    fn asked(&mut self) -> (Setup, Company) {
        let setup = self.setup();
        let company = self.company(setup.length());
        (setup, company)
    }

    fn setup(&mut self) -> Setup {
        let nanos = |us: f64| SimTime::from_nanos((us * 1e3).round() as i64);
        let (diameter_um, distance_mm, width_us) =
            (self.number(&DIAMETER), self.number(&DISTANCE), self.number(&WIDTH));
        let polarity = self.polarity();
        let (recovery, gap_us) = self.recovery();
        let (offset_mm, return_mm) = (self.number(&OFFSET), self.number(&RETURN));
        let return_mm = self.cell(RETURN.name).is_some().then_some(return_mm);
        if return_mm.is_some_and(|mm| mm.abs() < 0.1) {
            self.wrong(
                RETURN.name,
                &return_mm.unwrap_or_default().to_string(),
                "allowed are distances of 0.1 mm and more, to either side",
            );
        }
        let across_s_per_m = self.number(&CONDUCTIVITY);
        let along_s_per_m = self.number(&ALONG);
        let along_s_per_m = if along_s_per_m == 0.0 { across_s_per_m } else { along_s_per_m };
        let tissue = Conductivity { across_s_per_m, along_s_per_m };
        let (width, gap) = (nanos(width_us), nanos(gap_us));
        let contact = self.contact(distance_mm, tissue);
        Setup { diameter_um, distance_mm, width, polarity, recovery, gap, offset_mm, return_mm, tissue, contact }
    }
}

impl Rows {
    /// Reads a table.
    ///
    /// # Errors
    /// All mistakes, in the order of their places.
    pub fn from_file(path: &Path) -> Result<Self, Vec<Problem>> {
        let file = path.display().to_string();
        let whole = |message: String| vec![Problem { file: file.clone(), line: 0, column: 0, message }];
        let bytes = std::fs::metadata(path).map_err(|error| whole(format!("cannot be read: {error}")))?.len();
        if bytes > MAX_FILE_BYTES as u64 {
            return Err(whole(format!("the file has {bytes} bytes; at most {MAX_FILE_BYTES} are read")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| whole(format!("cannot be read: {error}")))?;
        Self::from_text(&file, &text)
    }

    /// The same from its text.
    ///
    /// # Errors
    /// All mistakes, in the order of their places.
    pub fn from_text(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let syntax = |error: &csv::Error, line: usize| {
            let line = error.position().map_or(line, |position| position.line() as usize);
            let message = match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("found {len} cells; allowed are as many as the header has, {expected_len}")
                }
                _ => format!("is not a row of CSV: {error}"),
            };
            Problem { file: file.to_string(), line, column: 1, message }
        };
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| vec![syntax(&error, 1)])?.clone();
        check_header(file, &header, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let (mut records, mut asked) = (Vec::new(), Vec::new());
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record.position().map_or(0, |position| position.line() as usize);
                    let mut row = Row { file, header: &header, record: &record, line, problems: &mut problems };
                    asked.push(row.asked());
                    records.push(record);
                }
                Err(error) => problems.push(syntax(&error, 1)),
            }
        }
        problems.sort();
        if problems.is_empty() { Ok(Self { header, records, asked }) } else { Err(problems) }
    }

    /// The threshold of each row at a time step, to a tolerance.
    pub fn thresholds(&self, step: SimTime, tolerance: f64) -> Vec<Threshold> {
        let task = |&(setup, company): &(Setup, Company)| match company {
            Company::Alone => Some(setup.task(step)),
            Company::Train { pulses, period } => Some(train_task(&setup, pulses, period, step)),
            Company::After(_) => None,
        };
        let tasks: Vec<Task> = self.asked.iter().filter_map(task).map(|task| Task { tolerance, ..task }).collect();
        let (mut found, mut later) = (thresholds(&tasks, step).into_iter(), self.after(step, tolerance).into_iter());
        let of = |(_, company): &(Setup, Company)| {
            let after = matches!(company, Company::After(_));
            if after { later.next() } else { found.next() }.expect("every row has its answer")
        };
        self.asked.iter().map(of).collect()
    }

    /// The thresholds of the rows that have a pulse before theirs.
    fn after(&self, step: SimTime, tolerance: f64) -> Vec<Threshold> {
        let after = |&(setup, company): &(Setup, Company)| match company {
            Company::After(interval) => Some((setup, interval)),
            _ => None,
        };
        let asked: Vec<(Setup, SimTime)> = self.asked.iter().filter_map(after).collect();
        // What is alike has its first pulse once.
        let mut alike: Vec<(Setup, Vec<SimTime>)> = Vec::new();
        for (setup, interval) in &asked {
            match alike.iter_mut().find(|(other, _)| other == setup) {
                Some((_, intervals)) => intervals.push(*interval),
                None => alike.push((*setup, vec![*interval])),
            }
        }
        alike.iter_mut().for_each(|(_, intervals)| intervals.sort());
        let firsts: Vec<(Setup, &[SimTime])> =
            alike.iter().map(|(setup, intervals)| (*setup, intervals.as_slice())).collect();
        let found = recovery(&firsts, step, tolerance);
        let answer = |(setup, interval): &(Setup, SimTime)| {
            let of = alike.iter().position(|(other, _)| other == setup).expect("it is one of them");
            let at = alike[of].1.iter().position(|other| other == interval).expect("it is one of them");
            // Without a threshold at rest there is no first pulse either.
            found[of].after.get(at).copied().unwrap_or(found[of].rest)
        };
        asked.iter().map(answer).collect()
    }

    /// Writes the rows as they were read, each with its threshold, to six digits. Where a row has none its cell is
    /// empty, and all rows have one more column, [`NOTE`], with the name of the answer.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, thresholds: &[Threshold], out: impl Write) -> csv::Result<()> {
        let noted = thresholds.iter().any(|threshold| threshold.ma().is_none());
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.header.iter().chain([RESULT]).chain(noted.then_some(NOTE)))?;
        for (record, threshold) in self.records.iter().zip(thresholds) {
            let ma = threshold.ma().map_or(String::new(), six_digits);
            let note = if threshold.ma().is_some() { "" } else { threshold.name() };
            writer.write_record(record.iter().chain([ma.as_str()]).chain(noted.then_some(note)))?;
        }
        writer.flush()?;
        Ok(())
    }
}

/// A positive number to six significant digits, without an exponent.
pub(super) fn six_digits(number: f64) -> String {
    let rounded: f64 = format!("{number:.5e}").parse().expect("a number that was just written");
    rounded.to_string()
}

fn check_header(file: &str, header: &csv::StringRecord, problems: &mut Vec<Problem>) {
    let mut wrong =
        |column: usize, message: String| problems.push(Problem { file: file.to_string(), line: 1, column, message });
    for (index, name) in header.iter().enumerate() {
        if header.iter().take(index).any(|other| other == name) {
            wrong(place(header, index), format!("found the column {name} a second time; allowed is one of a name"));
        } else if name == RESULT || name == NOTE {
            wrong(place(header, index), format!("found the column {name}, which is one that is written"));
        } else if !COLUMNS.contains(&name)
            && let Some(close) = closest(name, &COLUMNS)
        {
            wrong(place(header, index), format!("found the column {name}; did you mean {close}?"));
        }
    }
    let missing: Vec<&str> = [&DIAMETER, &DISTANCE, &WIDTH]
        .into_iter()
        .map(|column| column.name)
        .filter(|name| !header.iter().any(|other| other == *name))
        .collect();
    if let [column] = header.iter().collect::<Vec<_>>()[..]
        && column.contains([';', '\t'])
    {
        wrong(1, "found one column only; commas stand between columns".to_string());
    } else if !missing.is_empty() {
        let (missing, columns) = (missing.join(", no column "), COLUMNS.join(", "));
        wrong(1, format!("found no column {missing}; columns that mean something: {columns}"));
    }
}
