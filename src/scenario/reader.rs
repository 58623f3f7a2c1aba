//! Reading RON and JSON so that every mistake is found at once, each with its place.
//!
//! The crates `ron` and `serde_json` do the grammar. A [`Node`] is the raw text of one value; a struct is opened into
//! its fields, each a node again, so that a wrong field does not keep the others from being read. Every reading method
//! takes a value to go on with: a mistake is noted in the [`Reader`] and the reading goes on; [`Reader::finish`] hands
//! out the result only if there was none.
//!
//! What differs between the two languages is in `raw.rs`.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use crate::scenario::forms::{Form, Forms};
use crate::scenario::library::{Kind, Shelf};
pub use crate::scenario::problem::Problem;
pub use crate::scenario::raw::Syntax;
use crate::time::{SimTime, parse_time_of_day};

/// What messages call the value that a file holds.
const ROOT: &str = "the file";

/// The largest file that is read, bytes: a scenario is written by hand.
pub const MAX_FILE_BYTES: usize = 4 << 20;

/// A file while it is read: its text, and the mistakes found so far.
pub struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    syntax: Syntax,
    shelf: Option<&'a Shelf>,
    problems: RefCell<Vec<Problem>>,
    /// What the values were read as, where somebody wants to know.
    forms: Option<RefCell<Forms>>,
}

impl<'a> Reader<'a> {
    /// A reader of that text, which came from that file, whose ending tells the language; files that it names come
    /// from the shelf, or from the disk.
    pub fn new(file: &'a str, text: &'a str, shelf: Option<&'a Shelf>) -> Self {
        Self { file, text, syntax: Syntax::of(file), shelf, problems: RefCell::default(), forms: None }
    }

    /// A reader that also notes what the values are read as.
    pub fn noting(file: &'a str, text: &'a str) -> Self {
        Self { forms: Some(RefCell::default()), ..Self::new(file, text, None) }
    }

    /// What the values were read as so far.
    pub fn forms(&self) -> Forms {
        self.forms.as_ref().map(|forms| forms.borrow().clone()).unwrap_or_default()
    }

    /// The value that the file holds, if its syntax is right; else the mistake is noted.
    pub fn root(&self) -> Option<Node<'_>> {
        if self.text.len() > MAX_FILE_BYTES {
            self.note(0, 0, format!("the file has {} bytes; at most {MAX_FILE_BYTES} are read", self.text.len()));
            return None;
        }
        match self.syntax.check(self.text) {
            Ok(()) => Some(Node { reader: self, text: self.text, name: ROOT }),
            Err((line, column, message)) => {
                self.note(line, column, message);
                None
            }
        }
    }

    /// Notes a mistake at a place of the text.
    fn note(&self, line: usize, column: usize, message: String) {
        self.problems.borrow_mut().push(Problem { file: self.file.to_string(), line, column, message });
    }

    fn note_at(&self, offset: usize, message: String) {
        let before = &self.text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        self.note(line, column, message);
    }

    /// The value read, if no mistake was found.
    ///
    /// # Errors
    /// All mistakes, in the order of their places.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        problems.dedup();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(problems),
        }
    }
}

/// One value in the file: its raw text, and what it is called.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    reader: &'a Reader<'a>,
    text: &'a str,
    name: &'a str,
}

impl<'a> Node<'a> {
    /// Where the value begins in the file, bytes.
    fn offset(&self) -> usize {
        // A node's text is always a part of the reader's.
        let start = self.text.as_ptr() as usize - self.reader.text.as_ptr() as usize;
        let blank = self.text.len() - self.text.trim_start().len();
        start + blank
    }

    /// Where the files are that it names; none for the disk.
    pub fn shelf(&self) -> Option<&'a Shelf> {
        self.reader.shelf
    }

    /// Where the value stands in the file, bytes, without comments and blanks around it.
    pub fn range(&self) -> std::ops::Range<usize> {
        let value = self.trimmed();
        let start = value.offset();
        start..start + value.text.trim().len()
    }

    /// The file, as the user named it.
    pub fn file(&self) -> &'a str {
        self.reader.file
    }

    /// The line of the file that the value begins in, from 1.
    pub fn line(&self) -> usize {
        self.reader.text[..self.range().start].matches('\n').count() + 1
    }

    /// What stands in the file, in one line.
    pub fn written(&self) -> String {
        self.trimmed().text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What stands in the file, shortened.
    fn found(&self) -> String {
        let text = self.text.trim();
        let short: String = text.chars().take_while(|&c| c != '\n').take(40).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    }

    /// Notes a mistake about this value.
    pub fn problem(&self, message: impl std::fmt::Display) {
        self.reader.note_at(self.offset(), format!("{}: {message}", self.name));
    }

    /// Takes over mistakes found in a file that this value names.
    pub fn adopt(&self, problems: Vec<Problem>) {
        self.reader.problems.borrow_mut().extend(problems);
    }

    /// Notes that the value is not what is allowed.
    pub fn wrong(&self, allowed: impl std::fmt::Display) {
        self.problem(format!("found {}; {allowed}", self.found()));
    }

    /// The language of the file.
    pub fn syntax(&self) -> Syntax {
        self.reader.syntax
    }

    /// Notes what the value is read as, where somebody wants to know.
    fn is(&self, form: impl FnOnce() -> Form) {
        if let Some(forms) = &self.reader.forms {
            forms.borrow_mut().note(self.range().start, form());
        }
    }

    /// Says that the value names a profile of that kind.
    pub fn is_profile(&self, kind: Kind) {
        self.is(|| Form::Profile(kind));
    }

    /// A finite number within `allowed`, in `unit`.
    pub fn number(&self, allowed: &RangeInclusive<f64>, unit: &str) -> f64 {
        let (min, max) = (*allowed.start(), *allowed.end());
        self.is(|| Form::Number(Some(allowed.clone())));
        match self.syntax().number(self.text) {
            Some(value) if allowed.contains(&value) => value,
            _ => {
                let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
                self.wrong(format!("allowed is a number from {min} to {max}{unit}"));
                min
            }
        }
    }

    /// A finite number, whose range somebody else checks.
    pub fn any_number(&self) -> Option<f64> {
        self.is(|| Form::Number(None));
        let value = self.syntax().number(self.text).filter(|value| value.is_finite());
        if value.is_none() {
            self.wrong("expected a number");
        }
        value
    }

    /// A whole number within `allowed`.
    pub fn integer(&self, allowed: &RangeInclusive<u64>) -> u64 {
        self.is(|| Form::Integer(allowed.clone()));
        match self.syntax().integer(self.text) {
            Some(value) if allowed.contains(&value) => value,
            _ => {
                self.wrong(format!("allowed is a whole number from {} to {}", allowed.start(), allowed.end()));
                *allowed.start()
            }
        }
    }

    /// A text in quotes.
    pub fn text(&self) -> String {
        let is_plain = |text: &String| !text.trim().is_empty() && !text.contains(char::is_control);
        self.is(|| Form::Text);
        self.syntax().text(self.text).filter(is_plain).unwrap_or_else(|| {
            self.wrong("expected a text in quotes, of one line");
            String::new()
        })
    }

    /// A span of time within `allowed`, such as `"12 min"`.
    pub fn span(&self, allowed: &RangeInclusive<SimTime>) -> Option<SimTime> {
        self.is(|| Form::Span(allowed.clone()));
        let span = self.with_text(|text| text.parse::<SimTime>())?;
        if !allowed.contains(&span) {
            self.wrong(format!("allowed is \"{}\" to \"{}\"", allowed.start(), allowed.end()));
            return None;
        }
        Some(span)
    }

    /// A time of day, such as `"08:00"`.
    pub fn time_of_day(&self) -> SimTime {
        self.is(|| Form::TimeOfDay);
        self.with_text(parse_time_of_day).unwrap_or_default()
    }

    /// A text, read by a function that says what is wrong with it.
    pub fn with_text<T>(&self, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.is(|| Form::Text);
        let Some(text) = self.syntax().text(self.text) else {
            self.wrong("expected a text in quotes");
            return None;
        };
        read(&text).map_err(|why| self.wrong(why)).ok()
    }

    /// One of a few names, written without quotes in RON.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.is(|| Form::Choice(choices.iter().map(|(name, _)| name.to_string()).collect()));
        let text = self.syntax().name(self.trimmed().text);
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(among(&text, &names));
        }
        found
    }

    /// The values of a list in brackets.
    pub fn list(&self) -> Vec<Node<'a>> {
        self.is(|| Form::List);
        match self.syntax().list(self.text) {
            Some(items) => items.into_iter().map(|text| Node { text, ..*self }).collect(),
            None => {
                self.wrong("expected a list in brackets");
                Vec::new()
            }
        }
    }

    /// The fields of a struct, whose name may be left out.
    pub fn fields(&self, name: &str) -> Fields<'a> {
        // Comments before the value belong to its raw text: ron skips them, and so does `trimmed`.
        let node = self.trimmed();
        self.is(|| Form::Struct(name.to_string()));
        let (found, body) = self.syntax().structure(node.text);
        if !found.is_empty() && found != name {
            node.wrong(format!("expected {name}(...)"));
            return Fields::nothing(node);
        }
        node.open(body)
    }

    /// Which of a few variants this is, and its fields; a variant without fields is its bare name.
    pub fn variant(&self, names: &[&'static str]) -> Option<(&'static str, Fields<'a>)> {
        let node = self.trimmed();
        let (found, body) = self.syntax().variant(node.text);
        let Some(name) = names.iter().find(|name| **name == found) else {
            node.wrong(among(&found, names));
            return None;
        };
        self.is(|| Form::Variant(name, names.to_vec()));
        let fields = if body.is_empty() { Fields::empty(node) } else { node.open(body) };
        Some((name, fields))
    }

    /// The name and the single unnamed value of `Name(value)`, where it is one of a few.
    pub fn newtype(&self, names: &[&'static str]) -> Option<(&'static str, Node<'a>)> {
        let (found, body) = self.syntax().variant(self.trimmed().text);
        let name = names.iter().find(|name| **name == found)?;
        let text = self.syntax().newtype(body)?;
        self.is(|| Form::Newtype(name));
        Some((name, Node { text, ..*self }))
    }

    /// Without comments and blanks around the value.
    fn trimmed(&self) -> Self {
        Self { text: self.syntax().trimmed(self.text), ..*self }
    }

    /// The fields in the body of this value.
    fn open(self, body: &'a str) -> Fields<'a> {
        match self.syntax().fields(body) {
            // An editor finds the schema of a file in JSON by a key of its own.
            Ok(mut entries) => {
                if self.syntax() == Syntax::Json && self.name == ROOT {
                    entries.retain(|(key, _)| key != "$schema");
                }
                Fields::new(self, entries)
            }
            Err(why) => {
                self.wrong(why);
                Fields::nothing(self)
            }
        }
    }
}

/// What is allowed, and the closest of it to what was found.
fn among(found: &str, names: &[&str]) -> String {
    let allowed = names.join(", ");
    match closest(found, names) {
        Some(name) => format!("did you mean {name}? allowed: {allowed}"),
        None => format!("allowed: {allowed}"),
    }
}

/// The closest valid name to a misspelt one, if any is close: a third of its letters may be wrong.
pub fn closest<'n>(found: &str, names: &[&'n str]) -> Option<&'n str> {
    let wrong = |name: &str| strsim::damerau_levenshtein(&found.to_lowercase(), &name.to_lowercase());
    names.iter().min_by_key(|name| wrong(name)).filter(|name| 3 * wrong(name) <= name.len().max(found.len())).copied()
}

/// The fields of a struct.
pub struct Fields<'a> {
    owner: Node<'a>,
    entries: Vec<(String, Node<'a>)>,
    asked: RefCell<Vec<&'static str>>,
    /// Nothing can be said about single fields: the struct itself was wrong.
    hopeless: bool,
}

impl<'a> Fields<'a> {
    fn new(owner: Node<'a>, entries: Vec<(String, &'a str)>) -> Self {
        let mut fields = Self::empty(owner);
        for (key, text) in entries {
            if fields.entries.iter().any(|(other, _)| *other == key) {
                Node { text, ..owner }.problem(format!("{key} is given twice"));
            }
            fields.entries.push((key, Node { text, ..owner }));
        }
        fields
    }

    fn empty(owner: Node<'a>) -> Self {
        Self { owner, entries: Vec::new(), asked: RefCell::default(), hopeless: false }
    }

    /// Stands for a struct that is missing, which has been noted: nothing more is to be said of its fields.
    pub fn absent(owner: Node<'a>) -> Self {
        Self::nothing(owner)
    }

    fn nothing(owner: Node<'a>) -> Self {
        Self { owner, entries: Vec::new(), asked: RefCell::default(), hopeless: true }
    }

    /// The last field that is written.
    pub fn last(&self) -> Option<Node<'a>> {
        self.entries.last().map(|(_, node)| *node)
    }

    /// The struct itself, for what is wrong with it as a whole.
    pub fn owner(&self) -> Node<'a> {
        self.owner
    }

    /// A field that may be left out.
    pub fn optional(&self, name: &'static str) -> Option<Node<'a>> {
        self.ask(name, false)
    }

    fn ask(&self, name: &'static str, required: bool) -> Option<Node<'a>> {
        if let Some(forms) = &self.owner.reader.forms {
            forms.borrow_mut().ask(self.owner.range().start, name, required);
        }
        if !self.asked.borrow().contains(&name) {
            self.asked.borrow_mut().push(name);
        }
        self.entries.iter().find(|(key, _)| key == name).map(|(_, node)| Node { name, ..*node })
    }

    /// A field that must be there; its absence is noted.
    pub fn required(&self, name: &'static str) -> Option<Node<'a>> {
        let node = self.ask(name, true);
        if node.is_none() && !self.hopeless {
            // A misspelt name says enough: it is noted when the fields are let go, with the right one.
            let misspelt = |(key, _): &(String, Node<'_>)| closest(key, &[name]).is_some();
            if !self.entries.iter().any(misspelt) {
                self.owner.problem(format!("the field {name} is missing"));
            }
        }
        node
    }
}

impl Drop for Fields<'_> {
    /// Notes the fields that nobody asked for: misspelt, or not known. It happens here so that no reader can forget it.
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        for (key, node) in &self.entries {
            if !asked.contains(&key.as_str()) {
                let before = &node.reader.text[..node.offset()];
                let at = before.rfind(key.as_str()).unwrap_or(before.len());
                let allowed = if asked.is_empty() { "none is allowed here".to_string() } else { among(key, &asked) };
                node.reader.note_at(at, format!("unknown field {key}; {allowed}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let reader = Reader::new("f.ron", text, None);
        let value = reader.root().map(|root| {
            let fields = root.fields("Thing");
            let amount = fields.required("amount_ma").map(|node| node.number(&(0.0..=5.0), "mA"));
            let wait = fields.optional("wait").and_then(|node| node.span(&(SimTime::ZERO..=SimTime::DAY)));
            let kind = fields.optional("kind").and_then(|node| node.choice(&[("Red", 1), ("Blue", 2)]));
            let many = fields.optional("many").map(|node| node.list().iter().map(|n| n.integer(&(0..=9))).sum::<u64>());
            (amount, wait, kind, many)
        });
        reader.finish(value).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn verif_all_mistakes_are_found_each_at_its_place() {
        assert_eq!(problems("Thing(amount_ma: 1.5, wait: \"2 s\", kind: Red, many: [1, 2])"), [""; 0]);
        assert_eq!(problems("// a comment\n(\n  amount_ma: 1, // fine\n)"), [""; 0]);
        let found =
            problems("(\n  amount_ma: 9,\n  wait: \"2 parsecs\",\n  knid: Red,\n  kind: Rde,\n  many: [1, 20],\n)");
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(
            found[0].starts_with("f.ron:2:14: amount_ma: found 9; allowed is a number from 0 to 5 mA"),
            "{}",
            found[0]
        );
        assert!(found[1].starts_with("f.ron:3:9: wait: found \"2 parsecs\""), "{}", found[1]);
        assert!(found[2].contains("4:3: unknown field knid; did you mean kind?"), "{}", found[2]);
        assert!(found[3].contains("5:9: kind: found Rde; did you mean Red?"), "{}", found[3]);
        assert!(found[4].contains("6:13: many: found 20"), "{}", found[4]);
    }

    #[test]
    fn verif_syntax_is_explained_with_its_place() {
        assert!(problems("(amount_ma: 1")[0].starts_with("f.ron:1:13: "), "{:?}", problems("(amount_ma: 1"));
        assert!(problems("")[0].contains("Unexpected end"));
        assert!(problems("(wait: \"1 s\")")[0].contains("the field amount_ma is missing"));
        assert!(problems("Other(amount_ma: 1)")[0].contains("expected Thing"));
        assert!(problems("(1, 2)")[0].contains("expected fields"));
        assert!(problems("(amount_ma: NaN)")[0].contains("found NaN"));
        assert!(problems("(amount_ma: 1, amount_ma: 2)")[0].contains("given twice"));
    }
}
