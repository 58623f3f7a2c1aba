//! The two languages of files, as far as readers see them: a value is its raw text, and so are the parts of a list, a
//! struct or a name with fields.
//!
//! JSON says what RON says in the way of serde: a name is a string, `Name(field: value)` is `{"Name": {"field":
//! value}}`, `Name("text")` is `{"Name": "text"}`, and names of structs are left out.

use std::borrow::Cow;

use ron::value::RawValue as RawRon;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue as RawJson;

/// The language of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Rusty Object Notation.
    Ron,
    /// JSON.
    Json,
}

impl Syntax {
    /// The language of a file, by its ending.
    pub fn of(file: &str) -> Self {
        if file.ends_with(".json") { Self::Json } else { Self::Ron }
    }

    /// Whether a text is one value.
    ///
    /// # Errors
    /// Line and column, from 1, and what is wrong there.
    pub(super) fn check(self, text: &str) -> Result<(), (usize, usize, String)> {
        match self {
            Self::Ron => RawRon::from_ron(text)
                .map(drop)
                .map_err(|error| (error.span.start.line, error.span.start.col, error.code.to_string())),
            Self::Json => serde_json::from_str::<&RawJson>(text).map(drop).map_err(|error| {
                // Its columns count bytes, up to and with the one that is wrong; its sentence ends with the place.
                let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
                let before = line.get(..error.column().saturating_sub(1)).unwrap_or(line);
                let said = error.to_string();
                let said = said.rsplit_once(" at line ").map_or(&*said, |(said, _)| said).to_string();
                (error.line().max(1), before.chars().count() + 1, said)
            }),
        }
    }

    /// Without comments and blanks around the value.
    pub(super) fn trimmed(self, text: &str) -> &str {
        match self {
            Self::Ron => ron::from_str::<&RawRon>(text).map_or(text, |raw| raw.trim().get_ron()),
            Self::Json => text.trim(),
        }
    }

    /// A number.
    pub(super) fn number(self, text: &str) -> Option<f64> {
        match self {
            Self::Ron => ron::from_str(text).ok(),
            // The standard library's reading is exact; JSON knows no other value that begins so.
            Self::Json => {
                text.trim().parse().ok().filter(|_| text.trim().starts_with(|c: char| c.is_numeric() || c == '-'))
            }
        }
    }

    /// A whole number.
    pub(super) fn integer(self, text: &str) -> Option<u64> {
        match self {
            Self::Ron => ron::from_str(text).ok(),
            Self::Json => text.trim().parse().ok(),
        }
    }

    /// A text in quotes.
    pub(super) fn text(self, text: &str) -> Option<String> {
        match self {
            Self::Ron => ron::from_str(text).ok(),
            Self::Json => serde_json::from_str(text).ok(),
        }
    }

    /// A name: bare in RON, a string in JSON; `true` and `false` are bare in both.
    pub(super) fn name(self, text: &str) -> Cow<'_, str> {
        let named = if self == Self::Json { self.text(text) } else { None };
        match named.filter(|name| name != "true" && name != "false") {
            Some(name) => Cow::Owned(name),
            None => Cow::Borrowed(text.trim()),
        }
    }

    /// The parts of a list.
    pub(super) fn list(self, text: &str) -> Option<Vec<&str>> {
        match self {
            Self::Ron => ron::from_str::<RawList<'_>>(text).ok().map(|RawList(items)| items),
            Self::Json => {
                let items = serde_json::from_str::<Vec<&RawJson>>(text).ok()?;
                Some(items.into_iter().map(RawJson::get).collect())
            }
        }
    }

    /// The name of a struct, which may be left out, and its body.
    pub(super) fn structure(self, text: &str) -> (&str, &str) {
        match self {
            Self::Ron => head(text),
            Self::Json => ("", text),
        }
    }

    /// The name of `Name(...)` or `Name` and its body, which is empty where there is none; no name where the value is
    /// something else.
    pub(super) fn variant(self, text: &str) -> (Cow<'_, str>, &str) {
        if self == Self::Ron {
            let (name, body) = head(text);
            return (Cow::Borrowed(name), body);
        }
        if let Some(name) = self.text(text) {
            return (Cow::Owned(name), "");
        }
        match self.fields(text).ok().and_then(|entries| <[_; 1]>::try_from(entries).ok()) {
            Some([(name, body)]) => (Cow::Owned(name), body),
            None => (Cow::Borrowed(""), ""),
        }
    }

    /// The single unnamed value in the body of `Name(value)`.
    pub(super) fn newtype(self, body: &str) -> Option<&str> {
        match self {
            Self::Ron => {
                let inner = body.strip_prefix('(')?.strip_suffix(')')?;
                Some(inner.trim().trim_end_matches(',').trim_end())
            }
            Self::Json => (!body.is_empty()).then_some(body),
        }
    }

    /// `Name("text")` as this language writes it, for messages.
    pub(super) fn show_newtype(self, name: &str, text: &str) -> String {
        match self {
            Self::Ron => format!("{name}(\"{text}\")"),
            Self::Json => format!("{{\"{name}\": \"{text}\"}}"),
        }
    }

    /// The fields in the body of a struct or of a name, with their values.
    ///
    /// # Errors
    /// What is expected.
    pub(super) fn fields(self, body: &str) -> Result<Vec<(String, &str)>, String> {
        match self {
            Self::Ron => {
                let mut deserializer = ron::Deserializer::from_str(body).map_err(|error| error.code.to_string())?;
                deserializer
                    .deserialize_struct("", &[], RonFields)
                    .map_err(|_| "expected fields in parentheses, each with its name: (name: value, ...)".to_string())
            }
            Self::Json => {
                let mut deserializer = serde_json::Deserializer::from_str(body);
                deserializer
                    .deserialize_map(JsonFields)
                    .map_err(|_| "expected fields in braces, each with its name: {\"name\": value, ...}".to_string())
            }
        }
    }
}

/// The name and the rest of `Name(...)` or `Name`, in RON.
fn head(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

/// The raw texts of a list in RON.
struct RawList<'a>(Vec<&'a str>);

impl<'de> Deserialize<'de> for RawList<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = RawList<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(raw) = seq.next_element::<&'de RawRon>()? {
                    items.push(raw.get_ron());
                }
                Ok(RawList(items))
            }
        }
        deserializer.deserialize_seq(ListVisitor)
    }
}

/// Collects the fields of a struct in RON, whatever they are called.
struct RonFields;

impl<'de> Visitor<'de> for RonFields {
    type Value = Vec<(String, &'de str)>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("named fields")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            entries.push((key, map.next_value::<&'de RawRon>()?.get_ron()));
        }
        Ok(entries)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        // `()` has no fields and may come as an empty sequence.
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(Vec::new()),
            Some(_) => Err(serde::de::Error::custom("fields without names")),
        }
    }
}

/// Collects the fields of an object in JSON, those that are given twice as well.
struct JsonFields;

impl<'de> Visitor<'de> for JsonFields {
    type Value = Vec<(String, &'de str)>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &'de RawJson>()? {
            entries.push((key, value.get()));
        }
        Ok(entries)
    }
}

/// The name of a field in RON.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = String;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field name")
            }
            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
                Ok(key.to_string())
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}
