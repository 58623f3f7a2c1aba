//! A file as a tree of its values, without comments: to take it apart and to write what is left.

use crate::scenario::raw::Syntax;

/// The language of the files that are taken apart.
const SYNTAX: Syntax = Syntax::Ron;

/// The width that a line is filled to, characters (ours).
const WIDTH: usize = 110;

/// A value of a file, with the values that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A number, a name, a text in quotes or anything else without named parts, as it is written.
    Leaf(String),
    /// A list in brackets.
    List(Vec<Self>),
    /// A struct: its name, which may be left out, and its fields.
    Struct(String, Vec<(String, Self)>),
}

/// The way to a value: at each struct or list which of its parts.
pub type Path = Vec<usize>;

impl Tree {
    /// The tree of a text; none where its grammar is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        SYNTAX.check(text).ok()?;
        let text = SYNTAX.trimmed(text);
        if text.starts_with('[') {
            return SYNTAX.list(text)?.into_iter().map(Self::parse).collect::<Option<_>>().map(Self::List);
        }
        let (name, body) = SYNTAX.structure(text);
        let leaf = Self::Leaf(text.to_string());
        if !body.starts_with('(') {
            return Some(leaf);
        }
        // A value without names in parentheses stays whole.
        let Ok(fields) = SYNTAX.fields(body) else { return Some(leaf) };
        let parsed = fields.into_iter().map(|(name, text)| Some((name, Self::parse(text)?)));
        Some(Self::Struct(name.to_string(), parsed.collect::<Option<_>>()?))
    }

    /// The parts of a struct or a list.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::List(items) => items.iter().collect(),
            Self::Struct(_, fields) => fields.iter().map(|(_, value)| value).collect(),
        }
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Struct(_, fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The field of that name, to change it.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Struct(_, fields) = self else { return None };
        fields.iter_mut().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The value at the end of a way; none where the way leads nowhere.
    pub fn at(&self, path: &[usize]) -> Option<&Self> {
        path.iter().try_fold(self, |tree, &part| tree.parts().get(part).copied())
    }

    /// The value at the end of a way, to change it.
    pub fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter().try_fold(self, |tree, &part| match tree {
            Self::Leaf(_) => None,
            Self::List(items) => items.get_mut(part),
            Self::Struct(_, fields) => fields.get_mut(part).map(|(_, value)| value),
        })
    }

    /// The ways to all values, a struct or a list before its parts.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = vec![Vec::new()];
        let mut next = 0;
        while next < paths.len() {
            let parts = self.at(&paths[next]).map_or(0, |tree| tree.parts().len());
            for part in 0..parts {
                paths.push([&paths[next][..], &[part]].concat());
            }
            next += 1;
        }
        paths.sort();
        paths
    }

    /// Takes the value at the end of a way out of what it is a part of.
    pub fn remove(&mut self, path: &[usize]) {
        let Some((&last, before)) = path.split_last() else { return };
        match self.at_mut(before) {
            Some(Self::List(items)) if last < items.len() => drop(items.remove(last)),
            Some(Self::Struct(_, fields)) if last < fields.len() => drop(fields.remove(last)),
            _ => {}
        }
    }

    /// On one line.
    fn inline(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(", ");
        match self {
            Self::Leaf(text) => text.clone(),
            Self::List(items) => format!("[{}]", joined(items.iter().map(Self::inline).collect())),
            Self::Struct(name, fields) => {
                let field = |(name, value): &(String, Self)| format!("{name}: {}", value.inline());
                format!("{name}({})", joined(fields.iter().map(field).collect()))
            }
        }
    }

    /// On as many lines as it needs, after so many characters of its first line.
    fn write(&self, indent: usize, before: usize, text: &mut String) {
        let inline = self.inline();
        let of_structs = matches!(self, Self::List(items) if matches!(items.first(), Some(Self::Struct(..))));
        let fits = before + inline.chars().count() <= WIDTH && indent > 0 && !of_structs;
        if fits || self.parts().is_empty() {
            text.push_str(&inline);
            return;
        }
        let (open, close) = match self {
            Self::Struct(name, _) => (format!("{name}("), ")"),
            _ => ("[".to_string(), "]"),
        };
        let indent_in = indent + 4;
        text.push_str(&open);
        for (place, part) in self.parts().into_iter().enumerate() {
            let label = match self {
                Self::Struct(_, fields) => format!("{}: ", fields[place].0),
                _ => String::new(),
            };
            text.push_str(&format!("\n{:indent_in$}{label}", ""));
            part.write(indent_in, indent_in + label.chars().count(), text);
            text.push(',');
        }
        text.push_str(&format!("\n{:indent$}{close}", ""));
    }
}

impl std::fmt::Display for Tree {
    /// The tree as a file: four blanks for each level, an entry of a list of structs on a line of its own.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write(0, 0, &mut text);
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "// why\nScenario(\n  name: \"a (b), [c] // d\", /* e */\n  list: [E0, /* f */ E1],\n  \
        timeline: [\n    (at: \"1 s\", do: Active(times: 2)), // g\n    (at: \"2 s\", do: Published(\"x\")),\n  ],\n\
        empty: (), none: [],\n)\n";

    #[test]
    fn verif_what_is_written_reads_as_what_was_read() {
        let tree = Tree::parse(TEXT).unwrap();
        let written = "Scenario(\n    name: \"a (b), [c] // d\",\n    list: [E0, E1],\n    timeline: [\n        \
            (at: \"1 s\", do: Active(times: 2)),\n        (at: \"2 s\", do: Published(\"x\")),\n    ],\n    \
            empty: (),\n    none: [],\n)";
        assert_eq!(tree.to_string(), written);
        assert_eq!(Tree::parse(written), Some(tree));
        assert_eq!(Tree::parse("(a: "), None);
    }

    #[test]
    fn verif_parts_are_found_and_removed_by_their_ways() {
        let mut tree = Tree::parse(TEXT).unwrap();
        assert_eq!(tree.paths().len(), 15);
        assert_eq!(tree.at(&[1, 1]), Some(&Tree::Leaf("E1".to_string())));
        assert_eq!(tree.at(&[2, 0, 1, 0]), Some(&Tree::Leaf("2".to_string())));
        tree.remove(&[1, 0]);
        tree.remove(&[2, 0]);
        tree.remove(&[0]);
        assert_eq!(tree.field("list"), Some(&Tree::List(vec![Tree::Leaf("E1".to_string())])));
        assert_eq!(tree.field("timeline").unwrap().parts().len(), 1);
        assert!(tree.field("name").is_none() && tree.at(&[9, 9]).is_none());
    }
}
