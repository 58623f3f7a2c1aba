//! The JSON Schema of scenarios, for editors that complete and check them: published as
//! `docs/schema/scenario.schema.json`, printed by `stimtwin schema`.
//!
//! It is made of a scenario that has every field and every command, `docs/schema/every-field.ron`: what a field takes
//! is what the reader asked of it there, and the comment above a field is its description. Only what a text may say is
//! written here. What several fields decide together, and the grid of the device, is left to `stimtwin check`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::expect::events::EVENTS;
use crate::record::probe::Probe;
use crate::record::trace::Format;
use crate::scenario::convert::{Values, look};
use crate::scenario::forms::{Asked, Form};
use crate::scenario::library::ASSETS;
use crate::time::unit_names;

/// The scenario that has everything.
pub const EVERY_FIELD: &str = include_str!("../../docs/schema/every-field.ron");

/// Where the schema is published.
const ID: &str = "https://raw.githubusercontent.com/stimtwin/stimtwin/main/docs/schema/scenario.schema.json";

/// The schema.
pub fn schema() -> Value {
    // A trace that the scenario names is not built in, and changes nothing of the forms; a test reads both.
    let (values, _) = look("every-field.ron", EVERY_FIELD, Path::new("."));
    let mut making = Making::of(values);
    making.whole();
    let mut defs = Map::new();
    let mut root = Value::Null;
    let Making { structs, variants, .. } = making;
    // A list of names may be a part of another one; what is said of a name there holds here as well.
    let said: BTreeMap<&str, String> = variants.values().flat_map(|(_, said)| said.clone()).collect();
    for (key, (names, _)) in &variants {
        defs.insert(key.clone(), one_of(names, &said, &structs));
    }
    for (name, body) in &structs {
        if name == "Scenario" {
            root = body.schema();
        } else if !body.asked.is_empty() {
            defs.insert(name.clone(), body.schema());
        }
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["$id"] = json!(ID);
    root["title"] = json!("stimtwin scenario");
    root["description"] = json!("A therapy, as stimtwin runs it: docs/scenario.md describes every field.");
    root["properties"]["$schema"] = json!({"type": "string", "description": "Where an editor finds this schema."});
    root["$defs"] = Value::Object(defs);
    root
}

/// The schema as it is published: a text of its own file.
pub fn published() -> String {
    format!("{:#}\n", schema())
}

/// A struct, or the body of a name with fields: what it was asked for wherever it stands, and the schemas of its
/// fields.
#[derive(Default)]
struct Body {
    /// What fields of the same name say the same in: a struct, or the list that names with fields are of.
    scope: String,
    asked: Vec<Asked>,
    properties: Map<String, Value>,
}

impl Body {
    fn schema(&self) -> Value {
        let required: Vec<&str> = self.asked.iter().filter(|(_, required)| *required).map(|(name, _)| *name).collect();
        let mut schema = json!({"type": "object", "properties": self.properties, "additionalProperties": false});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    /// Takes over what was asked for in one place: a field is required if it is everywhere.
    fn merge(&mut self, asked: &[Asked]) {
        if self.asked.is_empty() {
            self.asked = asked.to_vec();
            return;
        }
        for (name, required) in &mut self.asked {
            *required &= asked.iter().any(|(other, required)| other == name && *required);
        }
        let more: Vec<Asked> =
            asked.iter().filter(|(name, _)| self.asked.iter().all(|(known, _)| known != name)).copied().collect();
        self.asked.extend(more.into_iter().map(|(name, _)| (name, false)));
    }
}

/// The schema while it is made.
struct Making<'a> {
    values: Values<'a>,
    structs: BTreeMap<String, Body>,
    /// The names that a field takes, by the field, and what is said of each that was seen.
    variants: BTreeMap<String, (Vec<&'static str>, BTreeMap<&'static str, String>)>,
    /// What was first said of a field of that name in a scope and anywhere, and its schema there.
    words: BTreeMap<[String; 2], String>,
    schemas: BTreeMap<[String; 2], Value>,
}

impl<'a> Making<'a> {
    fn of(values: Values<'a>) -> Self {
        Self {
            values,
            structs: BTreeMap::new(),
            variants: BTreeMap::new(),
            words: BTreeMap::new(),
            schemas: BTreeMap::new(),
        }
    }

    /// Looks at the whole file.
    fn whole(&mut self) {
        self.value(self.values.text, "");
        // Not every name with fields stands there with each that it may have: one of the same name stands for it.
        for Body { scope, asked, properties } in self.structs.values_mut() {
            for (field, _) in asked {
                let same = self.schemas.get(&[scope.clone(), field.to_string()]);
                if let (false, Some(schema)) = (properties.contains_key(*field), same) {
                    properties.insert(field.to_string(), schema.clone());
                }
            }
        }
    }

    /// The schema of a value in the field of that name.
    fn value(&mut self, value: &'a str, key: &str) -> Value {
        let Some(form) = self.values.form(value).cloned() else { return json!({}) };
        match form {
            Form::Number(None) => json!({"type": "number"}),
            Form::Number(Some(range)) => {
                json!({"type": "number", "minimum": plain(*range.start()), "maximum": plain(*range.end())})
            }
            Form::Integer(range) => json!({"type": "integer", "minimum": range.start(), "maximum": range.end()}),
            Form::Text => text_in(key),
            Form::Span(range) => {
                let allowed = format!("\"{}\" to \"{}\"", range.start(), range.end());
                json!({"type": "string", "pattern": anchored(&span()), "$comment": allowed})
            }
            Form::TimeOfDay => json!({"type": "string", "pattern": anchored(TIME_OF_DAY), "examples": ["08:00"]}),
            Form::Profile(kind) => {
                let names: Vec<_> = ASSETS.iter().filter(|asset| asset.kind == kind).map(|asset| asset.name).collect();
                json!({"type": "string", "examples": names})
            }
            Form::Choice(names) if names == ["true", "false"] => json!({"type": "boolean"}),
            Form::Choice(names) => json!({"enum": names}),
            Form::List => {
                let mut items: Vec<Value> = Vec::new();
                for item in self.values.items(value) {
                    let schema = self.value(item, key);
                    if !items.contains(&schema) {
                        items.push(schema);
                    }
                }
                let items = if items.len() == 1 { items.remove(0) } else { json!({"anyOf": items}) };
                json!({"type": "array", "items": items})
            }
            Form::Struct(name) => {
                self.body(&name, &name, value);
                reference(&name)
            }
            Form::Variant(name, names) => {
                self.body(name, key, value);
                let said = comment(&value[..self.values.place(value) - place(self.values.text, value)]);
                let known = self.variants.entry(key.to_string()).or_insert_with(|| (names, BTreeMap::new()));
                if !said.is_empty() {
                    known.1.insert(name, said);
                }
                reference(key)
            }
            // No scenario has any; only profiles do.
            Form::Newtype(_) => json!({}),
        }
    }

    /// Takes over a struct or a name with fields.
    fn body(&mut self, name: &str, scope: &str, value: &'a str) {
        let asked = self.values.forms.fields_of(self.values.place(value)).to_vec();
        let body = self.structs.entry(name.to_string()).or_default();
        body.scope = scope.to_string();
        body.merge(&asked);
        for (key, field) in self.values.fields(value) {
            let mut schema = self.value(field, &key);
            let words = self.words_of(&key, scope, field);
            let comment = schema.as_object_mut().and_then(|schema| schema.remove("$comment"));
            let allowed = comment.as_ref().and_then(Value::as_str).map(|allowed| format!(" Allowed: {allowed}."));
            schema["description"] = json!(words + &allowed.unwrap_or_default());
            self.schemas.entry([scope.to_string(), key.clone()]).or_insert_with(|| schema.clone());
            self.structs.entry(name.to_string()).or_default().properties.entry(key).or_insert(schema);
        }
    }

    /// What is said of a field: the comment above it, or the first one of a field of that name.
    fn words_of(&mut self, key: &str, scope: &str, field: &str) -> String {
        let before = self.values.text[..place(self.values.text, field)].trim_end();
        let said = before.strip_suffix(':').and_then(|before| before.trim_end().strip_suffix(key)).map(comment);
        let scopes = [scope, ""].map(|scope| [scope.to_string(), key.to_string()]);
        match said.filter(|said| !said.is_empty()) {
            Some(said) => {
                for scope in scopes {
                    self.words.entry(scope).or_insert_with(|| said.clone());
                }
                said
            }
            None => scopes.iter().find_map(|scope| self.words.get(scope)).cloned().unwrap_or_default(),
        }
    }
}

/// One of a few names: a string where it has no fields or can do without, an object with that key where it has some.
fn one_of(names: &[&str], said: &BTreeMap<&str, String>, bodies: &BTreeMap<String, Body>) -> Value {
    let (mut kinds, mut with_fields) = (Vec::new(), Map::new());
    for name in names {
        let words = said.get(name).cloned().unwrap_or_default();
        let body = bodies.get(*name);
        let asked = body.map_or(&[][..], |body| &body.asked);
        if asked.iter().all(|(_, required)| !required) {
            kinds.push(json!({"const": name, "description": words}));
        }
        if !asked.is_empty() {
            let mut schema = reference(name);
            schema["description"] = json!(words);
            with_fields.insert(name.to_string(), schema);
        }
    }
    if !with_fields.is_empty() {
        kinds.push(json!({
            "type": "object",
            "properties": with_fields,
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        }));
    }
    json!({"anyOf": kinds})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// A number as JSON has it in the shortest way.
fn plain(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

/// The words of the comments that end a text, one line after the other.
fn comment(text: &str) -> String {
    let lines = text.trim_end().lines().rev().map(str::trim).map_while(|line| line.strip_prefix("//"));
    let mut lines: Vec<&str> = lines.map(str::trim).collect();
    lines.reverse();
    lines.join(" ")
}

/// Where a part of a text begins in it, bytes.
fn place(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

const TIME_OF_DAY: &str = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?";

fn anchored(pattern: &str) -> String {
    format!("^\\s*({pattern})\\s*$")
}

fn span() -> String {
    let units: Vec<&str> = unit_names().collect();
    format!("(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)\\s*({})\\s*)+", units.join("|"))
}

/// What a text in the field of that name may say.
fn text_in(key: &str) -> Value {
    match key {
        "at" | "from" | "until" => {
            let instant = format!("{}|day +[0-9]+ +{TIME_OF_DAY}", span());
            json!({"type": "string", "pattern": anchored(&instant), "examples": ["12 min", "day 3 08:00"]})
        }
        "event" => json!({"enum": EVENTS.map(|(name, _)| name)}),
        "probe" | "probes" => {
            let names: Vec<String> = Probe::all().into_iter().map(|probe| probe.name).collect();
            json!({"anyOf": [
                {"enum": names},
                {"type": "string", "pattern": "^(left|right)\\.unit_[1-9][0-9]*\\.force_n$"},
            ]})
        }
        "file" => {
            let endings = Format::KINDS.map(|(_, ending)| ending).join("|");
            let pattern = format!("^[A-Za-z0-9][A-Za-z0-9._-]*\\.({endings})$");
            json!({"type": "string", "maxLength": 100, "pattern": pattern})
        }
        _ => json!({"type": "string", "minLength": 1}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::pulse::CONTACT_NAMES;

    /// Every name that a reader takes stands in the file, and everything in it is explained.
    #[test]
    fn verif_the_scenario_with_everything_has_everything_and_explains_it() {
        let schema = schema();
        let defs = schema["$defs"].as_object().expect("definitions");
        let mut missing = Vec::new();
        let mut look = |place: &str, body: &Value| {
            let wanted = body["properties"].as_object().into_iter().flatten();
            missing.extend(
                wanted
                    .filter(|(_, field)| field["description"].as_str().is_none_or(str::is_empty))
                    .map(|(field, _)| format!("{place}.{field}")),
            );
        };
        look("Scenario", &schema);
        for (name, def) in defs {
            look(name, def);
            for kind in def["anyOf"].as_array().into_iter().flatten() {
                look(name, kind);
                if kind["const"].is_string() && kind["description"].as_str().is_none_or(str::is_empty) {
                    look(name, &json!({"properties": {kind["const"].as_str().unwrap_or_default(): {}}}));
                }
            }
        }
        assert!(missing.is_empty(), "docs/schema/every-field.ron explains no {missing:?}");
        assert!(CONTACT_NAMES.iter().all(|name| schema.to_string().contains(name)));
    }

    #[test]
    fn verif_every_field_that_is_asked_for_is_in_the_schema() {
        let (values, _) = look("every-field.ron", EVERY_FIELD, Path::new("."));
        let mut making = Making::of(values);
        making.whole();
        for (name, body) in &making.structs {
            for (field, _) in &body.asked {
                assert!(body.properties.contains_key(*field), "docs/schema/every-field.ron has no {field} of {name}");
            }
        }
        for (key, (names, _)) in &making.variants {
            for name in names {
                assert!(making.structs.contains_key(*name), "docs/schema/every-field.ron has no {name} for {key}");
            }
        }
    }
}
