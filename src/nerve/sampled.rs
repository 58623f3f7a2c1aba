//! A field that was computed elsewhere, by finite elements for instance: the potential along a fibre for a milliampere
//! out of each contact.
//!
//! A table, CSV: `along_mm`, then a column for each contact that it knows, `E0` to `E3` and `Case`, in mV for a
//! milliampere out of that contact; without `Case` the case is far away. A column `path` numbers several fibres' ways
//! through the field; each axon takes one of them. Between its rows the potential follows the cubic through the four
//! nearest; beyond its ends it falls off as that of a point beside its highest place, as far from the fibre as its
//! width there tells.

use crate::device::pulse::{CONTACT_NAMES, CONTACTS_PER_LEAD};
use crate::lead::conductor::TERMINALS;
use crate::math;
use crate::scenario::reader::{Problem, closest};

/// The column of the places, mm, and that of the paths.
const ALONG: &str = "along_mm";
const PATH: &str = "path";

/// The fewest rows of a path: fewer are no field.
const FEWEST: usize = 8;

/// The potential of one contact along one path.
#[derive(Clone, Debug, PartialEq)]
struct Profile {
    potentials_mv: Vec<f64>,
    /// Where it is highest, mm, and about how far the contact is from there: it has half the height √3 distances away.
    site: (f64, f64),
}

/// A path through the field.
#[derive(Clone, Debug, PartialEq)]
struct Path {
    name: String,
    along_mm: Vec<f64>,
    contacts: [Option<Profile>; TERMINALS],
}

/// A field from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledField {
    /// The file that it was read from.
    pub file: String,
    paths: Vec<Path>,
}

impl Path {
    /// The potential of a contact at a place, mV for a milliampere.
    fn potential_mv(&self, profile: &Profile, z_mm: f64) -> f64 {
        let (xs, last) = (&self.along_mm, self.along_mm.len() - 1);
        let end = if z_mm < xs[0] { Some(0) } else { (z_mm > xs[last]).then_some(last) };
        if let Some(end) = end {
            let (site_mm, away_mm) = profile.site;
            let square = |z_mm: f64| away_mm * away_mm + (z_mm - site_mm) * (z_mm - site_mm);
            return profile.potentials_mv[end] * (square(xs[end]) / square(z_mm)).sqrt();
        }
        let upper = xs.partition_point(|&x| x < z_mm).max(1);
        let (from, to) = (upper.saturating_sub(2), (upper + 1).min(last));
        math::curve(&xs[from..=to], &profile.potentials_mv[from..=to], z_mm)
    }

    /// Finds where each potential is highest and how wide it is there.
    fn survey(&mut self) {
        for profile in self.contacts.iter_mut().flatten() {
            let height = |index: &usize| profile.potentials_mv[*index].abs();
            let indices = 0..self.along_mm.len();
            let top = indices.clone().max_by(|a, b| height(a).total_cmp(&height(b))).unwrap_or(0);
            let wide = indices.filter(|index| height(index) >= 0.5 * height(&top));
            let (from, to) = wide.fold((top, top), |(from, to), index| (from.min(index), to.max(index)));
            // To the farther side: a table may end where the potential is highest.
            let at_mm = self.along_mm[top];
            let half_mm = (at_mm - self.along_mm[from]).max(self.along_mm[to] - at_mm).max(1e-3);
            profile.site = (at_mm, half_mm / 3.0_f64.sqrt());
        }
    }
}

impl SampledField {
    fn path(&self, path: f64) -> &Path {
        let index = (path * self.paths.len() as f64) as usize;
        &self.paths[index.min(self.paths.len() - 1)]
    }

    /// The potential there along a path, from 0 for the first to 1 past the last, mV for a milliampere of the pulse.
    pub fn potential_mv(&self, path: f64, shares: &[f64; TERMINALS], z_mm: f64) -> f64 {
        let path = self.path(path);
        let known = path.contacts.iter().zip(shares).filter(|(_, share)| **share != 0.0);
        known.filter_map(|(profile, share)| Some(share * path.potential_mv(profile.as_ref()?, z_mm))).sum()
    }

    /// Where the contacts that carry current are along a path, and how far from it, mm.
    pub fn sites(&self, path: f64, shares: &[f64; TERMINALS]) -> Vec<(f64, f64)> {
        let carrying = self.path(path).contacts.iter().zip(shares).filter(|(_, share)| **share != 0.0);
        carrying.filter_map(|(profile, _)| Some(profile.as_ref()?.site)).collect()
    }

    /// Reads a field from its text.
    ///
    /// # Errors
    /// Every mistake in it, with its line.
    pub fn from_text(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut table = Table { file, header: csv::StringRecord::new(), problems: Vec::new() };
        let paths = table.read(text);
        if table.problems.is_empty() { Ok(Self { file: file.to_string(), paths }) } else { Err(table.problems) }
    }
}

/// A table while it is read.
struct Table<'a> {
    file: &'a str,
    header: csv::StringRecord,
    problems: Vec<Problem>,
}

impl Table<'_> {
    fn problem(&mut self, line: usize, message: impl Into<String>) {
        self.problems.push(Problem { file: self.file.to_string(), line, column: 1, message: message.into() });
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    fn read(&mut self, text: &str) -> Vec<Path> {
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
        match reader.headers() {
            Ok(header) => self.header = header.clone(),
            Err(error) => self.problem(1, format!("is not a row of CSV: {error}")),
        }
        self.check_header();
        if !self.problems.is_empty() {
            return Vec::new();
        }
        let mut paths: Vec<Path> = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) => self.row(&record, &mut paths),
                Err(error) => {
                    let line = error.position().map_or(0, |position| position.line() as usize);
                    self.problem(line, format!("is not a row like the header: {error}"));
                }
            }
        }
        if paths.is_empty() {
            self.problem(1, "found no rows; a field has 8 or more");
        }
        for path in &mut paths {
            if path.along_mm.len() < FEWEST {
                let (name, found) = (&path.name, path.along_mm.len());
                let message = format!("found {found} rows of the path {name:?}; a path has {FEWEST} or more");
                self.problem(1, message);
            }
            path.survey();
        }
        paths
    }

    fn check_header(&mut self) {
        let header = self.header.clone();
        let known: Vec<&str> = [ALONG, PATH].into_iter().chain(CONTACT_NAMES).collect();
        for (index, name) in header.iter().enumerate() {
            if header.iter().take(index).any(|other| other == name) {
                self.problem(1, format!("found the column {name} a second time"));
            } else if !known.contains(&name) {
                let hint = closest(name, &known).map_or(String::new(), |name| format!("did you mean {name}? "));
                self.problem(1, format!("found the column {name}; {hint}allowed are {}", known.join(", ")));
            }
        }
        if self.column(ALONG).is_none() {
            self.problem(1, format!("found no column {ALONG}"));
        }
        for name in &CONTACT_NAMES[..CONTACTS_PER_LEAD] {
            if self.column(name).is_none() {
                self.problem(1, format!("found no column {name}; every ring has one, and the case may have one"));
            }
        }
    }

    fn number(&mut self, record: &csv::StringRecord, column: usize, line: usize) -> f64 {
        match record[column].parse::<f64>() {
            Ok(number) if number.is_finite() && number.abs() <= 1e9 => number,
            _ => {
                let name = self.header[column].to_string();
                self.problem(line, format!("{name}: found {:?}; allowed are numbers up to 1e9", &record[column]));
                0.0
            }
        }
    }

    fn row(&mut self, record: &csv::StringRecord, paths: &mut Vec<Path>) {
        let line = record.position().map_or(0, |position| position.line() as usize);
        let name = self.column(PATH).map_or("", |column| &record[column]);
        if paths.last().is_none_or(|path| path.name != name) {
            if paths.iter().any(|path| path.name == name) {
                self.problem(line, format!("found the path {name:?} again; its rows stand together"));
            }
            let has = |contact: usize| self.column(CONTACT_NAMES[contact]);
            let empty = Profile { potentials_mv: Vec::new(), site: (0.0, 0.0) };
            let contacts = std::array::from_fn(|contact| has(contact).map(|_| empty.clone()));
            paths.push(Path { name: name.to_string(), along_mm: Vec::new(), contacts });
        }
        let path = paths.last_mut().expect("one was just pushed");
        let z = self.number(record, self.column(ALONG).expect("the header was checked"), line);
        if path.along_mm.last().is_some_and(|before| *before >= z) {
            self.problem(
                line,
                format!("{ALONG}: found {z} after {}; places rise", path.along_mm[path.along_mm.len() - 1]),
            );
        }
        path.along_mm.push(z);
        for (contact, name) in CONTACT_NAMES.iter().enumerate() {
            if let Some(column) = self.column(name) {
                let potential = self.number(record, column, line);
                path.contacts[contact].as_mut().expect("it has its column").potentials_mv.push(potential);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_points() -> SampledField {
        let mut text = "path,along_mm,E0,E1,E2,E3\n".to_string();
        for path in 0..2 {
            for i in -100..=100 {
                let (z, d) = (f64::from(i) * 0.3, 1.0 + f64::from(path));
                text += &format!("{path},{z},0,{},0,0\n", 100.0 / (d * d + (z - 1.0) * (z - 1.0)).sqrt());
            }
        }
        SampledField::from_text("field.csv", &text).unwrap()
    }

    #[test]
    fn verif_a_sampled_field_is_the_field_between_its_rows_and_beyond() {
        let field = of_points();
        let shares = [0.0, -1.0, 0.0, 0.0, 1.0];
        for (path, d) in [(0.0, 1.0_f64), (0.49, 1.0), (0.5, 2.0), (0.999, 2.0)] {
            for z in [-45.0, -30.0, -3.3, 0.05, 1.0, 2.21, 33.0] {
                let exact = -100.0 / (d * d + (z - 1.0) * (z - 1.0_f64)).sqrt();
                let found = field.potential_mv(path, &shares, z);
                assert!((found / exact - 1.0).abs() < 3e-3, "{path} {z}: {found} for {exact}");
            }
        }
        let (z, d) = field.sites(0.0, &shares)[0];
        assert!((z - 1.0).abs() < 0.31 && (d - 1.0).abs() < 0.2, "{z} {d}");
    }

    /// A table that ends where the potential is highest goes on from there without a step.
    #[test]
    fn verif_beyond_its_ends_a_field_has_no_step() {
        let mut text = "along_mm,E0,E1,E2,E3\n".to_string();
        for i in 0..=100 {
            let z = f64::from(i) * 0.3;
            text += &format!("{z},{},0,0,0\n", 100.0 / (1.0 + z * z).sqrt());
        }
        let field = SampledField::from_text("field.csv", &text).unwrap();
        let of = |z_mm: f64| field.potential_mv(0.0, &[1.0, 0.0, 0.0, 0.0, -1.0], z_mm);
        for end in [0.0, 30.0] {
            assert!((of(end - 1e-6) / of(end + 1e-6) - 1.0).abs() < 1e-5, "at {end}: {} {}", of(end - 1e-6), of(end));
        }
        assert!(of(-1.0) < of(0.0) && of(-1.0) > 0.5 * of(0.0), "{}", of(-1.0));
    }

    #[test]
    fn verif_mistakes_are_told_with_their_lines() {
        let told = |text: &str| match SampledField::from_text("f.csv", text) {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        };
        assert!(
            told("along_mm,E7\n").contains("f.csv:1:1: found the column E7")
                && told("along_mm,E0\n").contains("no column E3")
        );
        assert!(told("along_m,E1\n").contains("did you mean along_mm"));
        let rows = |rows: &str| told(&format!("along_mm,E0,E1,E2,E3\n{rows}"));
        let rising = "0,1,0,0,0\n0,2,0,0,0\n";
        assert!(rows(rising).contains("f.csv:3:1: along_mm: found 0 after 0; places rise"), "{}", rows(rising));
        assert!(rows("0,0,x,0,0\n").contains("f.csv:2:1: E1: found \"x\""));
        assert!(rows("0,1,0,0,0\n1,2,0,0,0\n").contains("a path has 8 or more"));
        assert!(rows("").contains("no rows"));
    }
}
