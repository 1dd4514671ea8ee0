//! Component files: `component.yaml`, or else `component.json`.

use std::path::Path;

use super::Fault;
use super::fields::Source;
use crate::generate::reading::Reader;
use crate::text::Node;

/// What a component is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generator {
    /// A component file in a folder of its own.
    Component,
    /// A Helm chart.
    Helm,
    /// Files as they are.
    Static,
    /// A type that Fabrikate does not know: it generates nothing.
    Unknown,
}

/// A component, from its own file or as an entry of its parent.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub name: String,
    pub generator: Generator,
    /// The deprecated `generator` field was used.
    pub migrated: bool,
    pub source: String,
    pub method: String,
    pub path: String,
    pub before_generate: Vec<String>,
    pub after_generate: Vec<String>,
    pub entries: Vec<Component>,
}

impl Component {
    /// Loads the component file of a checked folder; `None` when there is none.
    pub(super) fn load(reader: &Reader, folder: &Path) -> Result<Option<Self>, Fault> {
        for (name, json) in [("component.yaml", false), ("component.json", true)] {
            let path = folder.join(name);
            let Some(text) = reader.text(&path)? else {
                continue;
            };
            let file = reader.show(&path);
            let source = Source { file: &file, json };
            return Ok(Some(match source.parse(&text)? {
                Some(root) => Self::of(source, &root)?,
                None => Self::empty(),
            }));
        }
        Ok(None)
    }

    fn empty() -> Self {
        Self {
            name: String::new(),
            generator: Generator::Component,
            migrated: false,
            source: String::new(),
            method: String::new(),
            path: String::new(),
            before_generate: Vec::new(),
            after_generate: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn of(source: Source<'_>, node: &Node) -> Result<Self, Fault> {
        // Before `type` there was `generator`; where it is set, it counts.
        let old = source.text(node, "generator")?;
        let new = source.text(node, "type")?;
        let generator = match if old.is_empty() { &new } else { &old }.as_str() {
            "" | "component" => Generator::Component,
            "helm" => Generator::Helm,
            "static" => Generator::Static,
            _ => Generator::Unknown,
        };
        let entries = source.list(node, "subcomponents")?.iter();
        let entries = entries.map(|entry| match entry.pairs() {
            Some(_) => Self::of(source, entry),
            None if entry.is_null() => Ok(Self::empty()),
            None => Err(source.wrong(
                entry,
                &format!("a subcomponent is {}, not a map", entry.noun()),
            )),
        });
        Ok(Self {
            name: source.text(node, "name")?,
            generator,
            migrated: !old.is_empty(),
            source: source.text(node, "source")?,
            method: source.text(node, "method")?,
            path: source.text(node, "path")?,
            before_generate: hook(source, node, "before-generate")?,
            after_generate: hook(source, node, "after-generate")?,
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// Whether its generation runs shell lines.
    pub(super) fn has_generate_hooks(&self) -> bool {
        !self.before_generate.is_empty() || !self.after_generate.is_empty()
    }
}

/// The lines of one hook that are not empty.
fn hook(source: Source<'_>, node: &Node, name: &str) -> Result<Vec<String>, Fault> {
    let hooks = source.map(node, "hooks")?;
    let Some((_, lines)) = hooks.iter().rev().find(|(key, _)| key.text() == Some(name)) else {
        return Ok(Vec::new());
    };
    if lines.is_null() {
        return Ok(Vec::new());
    }
    let crate::text::Kind::Sequence(lines) = &lines.kind else {
        return Err(source.wrong(lines, &format!("`{name}` is {}, not a list", lines.noun())));
    };
    let line = |line: &Node| match line.text() {
        Some(text) => Ok(text.to_owned()),
        None => Err(source.wrong(
            line,
            &format!("a line of `{name}` is {}, not text", line.noun()),
        )),
    };
    let lines: Vec<String> = lines.iter().map(line).collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| !line.is_empty()).collect())
}
