//! A file in the other language: RON as JSON, and JSON as RON.
//!
//! The file is read as it would be for a run, and what its values were read as tells how the other language writes
//! them. So only a file without a mistake is converted, and what is read of both is the same. Comments are lost, since
//! JSON has none.

use std::path::Path;

use crate::scenario::forms::{Form, Forms};
use crate::scenario::library::Kind;
use crate::scenario::read_any;
use crate::scenario::reader::{Problem, Reader, Syntax};

/// The longest line that a value is written in (ours).
const LINE: usize = 100;

/// The kind of a file, by a field that only such files have; a scenario where there is none.
const TELLING: [(&str, Kind); 7] = [
    ("output", Kind::Devices),
    ("contacts_mm", Kind::Implants),
    ("through_mm", Kind::Nerve),
    ("units", Kind::Muscles),
    ("activity", Kind::Patients),
    ("growth_days", Kind::Adaptation),
    ("joints_mm", Kind::Spine),
];

/// A scenario or a profile in the other language; files that it names are looked for from `folder`.
///
/// # Errors
/// Every mistake in it and in the files that it names.
pub fn convert(file: &str, text: &str, folder: &Path) -> Result<String, Vec<Problem>> {
    let from = Syntax::of(file);
    let to = if from == Syntax::Ron { Syntax::Json } else { Syntax::Ron };
    let values = read(file, text, folder)?;
    let Some(root) = values.tree(text) else {
        let message = "a value in it is never read, and cannot be converted".to_string();
        return Err(vec![Problem { file: file.to_string(), line: 0, column: 0, message }]);
    };
    let name = match values.form(text) {
        Some(Form::Struct(name)) if to == Syntax::Ron => name,
        _ => "",
    };
    Ok(format!("{name}{}\n", root.broken(to, 0)))
}

/// Reads a file, and what its values are.
///
/// # Errors
/// Every mistake in it and in the files that it names.
pub(super) fn read<'a>(file: &str, text: &'a str, folder: &Path) -> Result<Values<'a>, Vec<Problem>> {
    let (values, read) = look(file, text, folder);
    read.map_err(|problems| {
        let message = "the file is not complete".to_string();
        let incomplete = || vec![Problem { file: file.to_string(), line: 0, column: 0, message }];
        if problems.is_empty() { incomplete() } else { problems }
    })?;
    Ok(values)
}

/// What the values of a file are as far as it can be read, and every mistake in it.
pub(super) fn look<'a>(file: &str, text: &'a str, folder: &Path) -> (Values<'a>, Result<(), Vec<Problem>>) {
    let syntax = Syntax::of(file);
    let (_, body) = syntax.structure(syntax.trimmed(text));
    let fields = syntax.fields(body).unwrap_or_default();
    let telling = TELLING.iter().find(|(telling, _)| fields.iter().any(|(name, _)| name == telling));
    let kind = telling.map_or(Kind::Scenarios, |(_, kind)| *kind);
    let reader = Reader::noting(file, text);
    let read = reader.root().and_then(|root| read_any(kind, root, folder));
    let forms = reader.forms();
    (Values { text, syntax, forms }, reader.finish(read))
}

/// A file that was read, and what its values are.
pub(super) struct Values<'a> {
    pub text: &'a str,
    pub syntax: Syntax,
    pub forms: Forms,
}

impl<'a> Values<'a> {
    /// Where a value begins that is a part of the text, bytes.
    pub fn place(&self, value: &str) -> usize {
        self.syntax.trimmed(value).as_ptr() as usize - self.text.as_ptr() as usize
    }

    /// What a value was read as.
    pub fn form(&self, value: &str) -> Option<&Form> {
        self.forms.of(self.place(value))
    }

    /// The fields of a struct, or of a name; none where it has no body.
    pub fn fields(&self, value: &'a str) -> Vec<(String, &'a str)> {
        let value = self.syntax.trimmed(value);
        let body = match self.form(value) {
            Some(Form::Variant(..)) => self.syntax.variant(value).1,
            _ => self.syntax.structure(value).1,
        };
        let mut fields = self.syntax.fields(body).unwrap_or_default();
        fields.retain(|(name, _)| name != "$schema");
        fields
    }

    /// The parts of a list.
    pub fn items(&self, value: &'a str) -> Vec<&'a str> {
        self.syntax.list(value).unwrap_or_default()
    }

    /// The value without its language; none where it was not read.
    fn tree(&self, value: &'a str) -> Option<Tree> {
        let raw = self.syntax.trimmed(value);
        let fields = || {
            let fields = self.fields(value).into_iter().map(|(name, value)| Some((name, self.tree(value)?)));
            Some(Tree::Fields(fields.collect::<Option<_>>()?))
        };
        Some(match self.form(value)? {
            Form::Number(_) => Tree::Plain(number(raw, self.syntax.number(raw)?)),
            Form::Integer(_) => Tree::Plain(self.syntax.integer(raw)?.to_string()),
            Form::Text | Form::Span(_) | Form::TimeOfDay | Form::Profile(_) => Tree::Text(self.syntax.text(raw)?),
            Form::Choice(_) => match &*self.syntax.name(raw) {
                bare @ ("true" | "false") => Tree::Plain(bare.to_string()),
                name => Tree::Name(name.to_string()),
            },
            Form::List => Tree::List(self.items(value).into_iter().map(|item| self.tree(item)).collect::<Option<_>>()?),
            Form::Struct(_) => fields()?,
            Form::Variant(name, _) if self.syntax.variant(raw).1.is_empty() => Tree::Name(name.to_string()),
            Form::Variant(name, _) => Tree::Named(name.to_string(), Box::new(fields()?)),
            Form::Newtype(name) => {
                let inner = self.syntax.newtype(self.syntax.variant(raw).1)?;
                Tree::Named(name.to_string(), Box::new(self.tree(inner)?))
            }
        })
    }
}

/// A number as both languages read it: as it was written, where that is so.
fn number(raw: &str, value: f64) -> String {
    let both =
        [Syntax::Ron, Syntax::Json].iter().all(|syntax| syntax.check(raw).is_ok() && syntax.number(raw) == Some(value));
    if both { raw.to_string() } else { value.to_string() }
}

/// A value without its language.
enum Tree {
    /// A number, `true` or `false`.
    Plain(String),
    /// A bare name.
    Name(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// A struct.
    Fields(Vec<(String, Tree)>),
    /// A name with fields or with a single value.
    Named(String, Box<Tree>),
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is a string in JSON")
}

impl Tree {
    /// The value in a language: in one line if it fits, else with its parts in lines of their own.
    fn write(&self, to: Syntax, indent: usize, before: usize) -> String {
        let line = self.line(to);
        if indent + before + line.chars().count() <= LINE { line } else { self.broken(to, indent) }
    }

    fn line(&self, to: Syntax) -> String {
        let all = |parts: Vec<String>| parts.join(", ");
        match self {
            Self::Plain(text) => text.clone(),
            Self::Name(name) if to == Syntax::Json => quoted(name),
            Self::Name(name) => name.clone(),
            Self::Text(text) if to == Syntax::Json => quoted(text),
            Self::Text(text) => ron::to_string(text).expect("a text is a string in RON"),
            Self::List(items) => format!("[{}]", all(items.iter().map(|item| item.line(to)).collect())),
            Self::Fields(fields) => {
                let part = |(name, value): &(String, Tree)| format!("{}{}", key(name, to), value.line(to));
                let [open, close] = brackets(to);
                format!("{open}{}{close}", all(fields.iter().map(part).collect()))
            }
            Self::Named(name, value) => match (to, &**value) {
                (Syntax::Json, value) => format!("{{{}: {}}}", quoted(name), value.line(to)),
                (Syntax::Ron, Self::Fields(_)) => format!("{name}{}", value.line(to)),
                (Syntax::Ron, _) => format!("{name}({})", value.line(to)),
            },
        }
    }

    fn broken(&self, to: Syntax, indent: usize) -> String {
        let inner = indent + 4;
        let [open, close] = brackets(to);
        let lines = |open: &str, parts: Vec<String>, close: &str| {
            let last = if to == Syntax::Ron { "," } else { "" };
            let parts = parts.join(&format!(",\n{:inner$}", ""));
            format!("{open}\n{:inner$}{parts}{last}\n{:indent$}{close}", "", "")
        };
        match self {
            Self::List(items) if !items.is_empty() => {
                lines("[", items.iter().map(|item| item.write(to, inner, 1)).collect(), "]")
            }
            Self::Fields(fields) if !fields.is_empty() => {
                let part = |(name, value): &(String, Tree)| {
                    let key = key(name, to);
                    format!("{key}{}", value.write(to, inner, key.len() + 1))
                };
                lines(open, fields.iter().map(part).collect(), close)
            }
            Self::Named(name, value) if to == Syntax::Json => {
                format!("{{{}: {}}}", quoted(name), value.broken(to, indent))
            }
            Self::Named(name, value) if matches!(**value, Self::Fields(_)) => {
                format!("{name}{}", value.broken(to, indent))
            }
            _ => self.line(to),
        }
    }
}

fn key(name: &str, to: Syntax) -> String {
    if to == Syntax::Json { format!("{}: ", quoted(name)) } else { format!("{name}: ") }
}

fn brackets(to: Syntax) -> [&'static str; 2] {
    if to == Syntax::Json { ["{", "}"] } else { ["(", ")"] }
}
