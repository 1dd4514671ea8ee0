//! The walk over everything that an overlay names, before Kustomize runs.
//!
//! Nothing that is named may be outside the confining folder, come from the
//! network without being pinned, or run a program. What Kustomize will read is
//! decided here, file by file: kustomizations and configurations of plugins
//! are written again (`rewrite`), and every path in them leads to a file or
//! folder that was looked at.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::KustomizeAllow;
use super::charts::Chart;
use super::error::{KustomizeFault, Place};
use super::fields::{self, Entry, What};
use super::remote::Repository;
use super::rewrite::Within;
use super::shape;
use super::shown::relative;
use super::tree::Tree;
use crate::generate::Fault;
use crate::generate::reading::join;
use crate::source;
use crate::text::yaml;

/// The names that a kustomization may have.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How deep kustomizations may nest.
const DEPTH: usize = 64;

/// How many files an overlay may name.
const FILES: usize = 20_000;

/// A file of the private copy.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The file of this tree at this real path: Kustomize takes it as data,
    /// and nothing in it names a file or a program.
    Same(usize, PathBuf),
    /// This text.
    Written(String),
    /// What a server gave.
    Fetched(Arc<Vec<u8>>),
}

/// What is there to look at.
pub(super) struct Known {
    /// The source's own tree, and what was fetched by git.
    pub(super) trees: Vec<Tree>,
    /// Files of servers, by their addresses.
    pub(super) files: BTreeMap<String, Arc<Vec<u8>>>,
}

/// What an overlay may do.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// Nothing may be fetched.
    pub(super) offline: bool,
    pub(super) allow: Vec<KustomizeAllow>,
}

/// Something that has to be fetched.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    Repository(Repository),
    /// A file, by its address.
    File(String),
}

/// What an overlay is made of.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Every file, by its place in the private copy.
    pub(super) files: BTreeMap<PathBuf, Content>,
    /// Charts that helm renders.
    pub(super) charts: Vec<Chart>,
    /// The overlay is a Component.
    pub(super) component: bool,
    /// What has to be fetched before the walk can go on.
    pub(super) wanted: Vec<(Wanted, Place)>,
}

/// Looks at the overlay in the real folder `folder` of the first tree and at
/// all that it names.
pub(super) fn walk(known: &Known, folder: &Path, rules: &Rules) -> Result<Graph, Fault> {
    let mut walk = Walk {
        trees: &known.trees,
        fetched: &known.files,
        rules,
        seen: HashSet::new(),
        graph: Graph::default(),
    };
    walk.kustomization(0, folder, None, 0)?;
    Ok(walk.graph)
}

pub(super) struct Walk<'r> {
    pub(super) trees: &'r [Tree],
    pub(super) fetched: &'r BTreeMap<String, Arc<Vec<u8>>>,
    pub(super) rules: &'r Rules,
    /// Folders, and whether they were read as plugins.
    seen: HashSet<(PathBuf, bool)>,
    pub(super) graph: Graph,
}

/// Where an entry stands.
pub(super) struct At<'a> {
    /// The tree that it is in.
    pub(super) tree: usize,
    /// The folder that paths in it are relative to.
    pub(super) folder: &'a Path,
    /// The file as shown.
    pub(super) file: &'a str,
    /// The line of a text in the file that holds it.
    pub(super) line: Option<usize>,
    /// The field that made resources configurations of plugins.
    pub(super) plugins: Option<&'static str>,
    pub(super) depth: usize,
}

impl At<'_> {
    pub(super) fn place(&self, line: usize) -> Place {
        Place {
            file: self.file.to_owned(),
            line: self.line.unwrap_or(line),
        }
    }
}

impl Walk<'_> {
    /// Whether settings allow this.
    pub(super) fn allows(&self, what: KustomizeAllow) -> bool {
        self.rules.allow.contains(&what)
    }

    pub(super) fn kustomization(
        &mut self,
        tree: usize,
        folder: &Path,
        plugins: Option<&'static str>,
        depth: usize,
    ) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(KustomizeFault::TooMany("64 levels of kustomizations").into());
        }
        if !self.seen.insert((folder.to_owned(), plugins.is_some())) {
            return Ok(());
        }
        let (path, text) = self.only_kustomization(tree, folder)?;
        let file = self.trees[tree].show(&path);
        no_disputed_character(&text, &|line| Place {
            file: file.clone(),
            line,
        })?;
        let malformed = |source| Fault::Syntax {
            file: file.clone(),
            source,
        };
        let mut documents = yaml::parse(&text).map_err(malformed)?.into_iter();
        let first = documents.next();
        if let Some(key) = first.iter().flat_map(|first| &first.repeated).next() {
            return Err(KustomizeFault::Repeated {
                place: Place {
                    file,
                    line: key.line,
                },
                key: key.key.clone(),
                first: key.first,
            }
            .into());
        }
        let first = first.map(|document| document.root);
        if documents.any(|document| !document.root.is_null()) {
            return Err(KustomizeFault::Documents(file).into());
        }
        let Some(root) = first.filter(|root| !root.is_null()) else {
            return self.written(tree, &path, String::new());
        };
        if root.pairs().is_none() {
            return Err(KustomizeFault::NoMap(file).into());
        }
        if depth == 0 {
            self.graph.component = fields::text(&root, "kind") == Some("Component");
        }
        let at = At {
            tree,
            folder,
            file: &file,
            line: None,
            plugins,
            depth,
        };
        self.charts(&root, &at)?;
        let (known, noun) = match plugins {
            Some(_) => (shape::PLUGIN_FOLDER, "a kustomization of plugins"),
            None => (shape::KUSTOMIZATION, "a kustomization"),
        };
        let within = Within { noun, field: None };
        let written = self.fields(&root, &[known], within, &at)?;
        self.written(tree, &path, written.document())
    }

    /// The one kustomization of a folder: its path and text.
    fn only_kustomization(&self, tree: usize, folder: &Path) -> Result<(PathBuf, String), Fault> {
        let tree = &self.trees[tree];
        let mut found = Vec::new();
        for name in NAMES {
            let path = folder.join(name);
            if let Some(text) = tree.reader.text(&path)? {
                found.push((name, path, text));
            }
        }
        if found.len() > 1 {
            let names: Vec<_> = found.iter().map(|(name, ..)| *name).collect();
            return Err(KustomizeFault::Several {
                folder: tree.show(folder),
                names: names.join(" and "),
            }
            .into());
        }
        match found.pop() {
            Some((_, path, text)) => Ok((path, text)),
            None => Err(KustomizeFault::NoKustomization(tree.show(folder)).into()),
        }
    }

    /// The path of a local entry, by its letters.
    pub(super) fn local(
        &self,
        field: &'static str,
        entry: &str,
        at: &At<'_>,
        place: &Place,
    ) -> Result<PathBuf, KustomizeFault> {
        let path = Path::new(entry);
        if path.is_absolute() || path.has_root() {
            return Err(self.outside(field, entry, place));
        }
        let path = join(at.folder, entry);
        if self.position(at.tree, &path).is_none() {
            return Err(self.outside(field, entry, place));
        }
        Ok(path)
    }

    pub(super) fn resolve(
        &self,
        field: &'static str,
        entry: &str,
        path: &Path,
        at: &At<'_>,
        place: &Place,
    ) -> Result<Option<PathBuf>, Fault> {
        let found = self.trees[at.tree].reader.resolve(path);
        found.map_err(|fault| match fault {
            source::Error::Outside { .. } => self.outside(field, entry, place).into(),
            other => other.into(),
        })
    }

    pub(super) fn outside(
        &self,
        field: &'static str,
        entry: &str,
        place: &Place,
    ) -> KustomizeFault {
        KustomizeFault::Outside {
            place: place.clone(),
            field,
            entry: entry.to_owned(),
            root: self.trees[0].reader.shown_root(),
        }
    }

    pub(super) fn position(&self, tree: usize, path: &Path) -> Option<PathBuf> {
        self.trees[tree].position(path)
    }

    /// A place in the copy as the kustomization names it. `./` in front keeps
    /// Kustomize from taking it for an address. Kustomize takes what it can parse as
    /// resources for the text of plugins, so that no name may hold what YAML, Windows or
    /// an argument of helm give a meaning.
    pub(super) fn seen_from(
        &self,
        entry: &Entry<'_>,
        at: &At<'_>,
        position: Option<PathBuf>,
    ) -> Result<Option<String>, KustomizeFault> {
        let (Some(from), Some(position)) = (self.position(at.tree, at.folder), position) else {
            return Ok(None);
        };
        let path = relative(&from, &position);
        let text = slashed(&path).ok_or(None);
        let text = text.and_then(
            |text| match text.chars().find(|c| entry.what.disputes(*c)) {
                Some(character) => Err(Some(character)),
                None => Ok(text),
            },
        );
        let text = text.map_err(|character| KustomizeFault::Name {
            place: at.place(entry.line),
            field: entry.field,
            path: path.to_string_lossy().escape_debug().to_string(),
            character,
        })?;
        Ok(Some(match text.as_str() {
            "" => ".".to_owned(),
            _ if text.starts_with("../") || text == ".." => text,
            _ if text.contains(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)) => {
                format!("./{text}")
            }
            _ => text,
        }))
    }

    /// Refuses a folder whose place in the copy helm would take for several.
    pub(super) fn for_helm(
        &self,
        folder: &Path,
        at: &At<'_>,
        place: &Place,
    ) -> Result<(), KustomizeFault> {
        let position = self.position(at.tree, folder).unwrap_or_default();
        let text = position.to_string_lossy();
        let mut characters = text.chars();
        let found = characters.find(|c| *c != '\\' && What::Values.disputes(*c));
        found.map_or(Ok(()), |character| {
            Err(KustomizeFault::Name {
                place: place.clone(),
                field: "helmCharts",
                path: text.escape_debug().to_string(),
                character: Some(character),
            })
        })
    }

    pub(super) fn written(&mut self, tree: usize, path: &Path, text: String) -> Result<(), Fault> {
        let file = self.trees[tree].show(path);
        let position = self.position(tree, path);
        Ok(self.put(position.as_deref(), Content::Written(text), &file)?)
    }

    pub(super) fn put(
        &mut self,
        position: Option<&Path>,
        content: Content,
        file: &str,
    ) -> Result<(), KustomizeFault> {
        if let Some(position) = position {
            let files = &mut self.graph.files;
            let same =
                |known: &Content| std::mem::discriminant(known) == std::mem::discriminant(&content);
            if files.get(position).is_some_and(|known| !same(known)) {
                return Err(KustomizeFault::TwoRoles(file.to_owned()));
            }
            files.insert(position.to_owned(), content);
        }
        if self.graph.files.len() > FILES {
            return Err(KustomizeFault::TooMany("20,000 files"));
        }
        Ok(())
    }
}

/// A relative path with `/` between its parts; `None` where a part is no text.
fn slashed(path: &Path) -> Option<String> {
    let parts = path.components().map(|part| part.as_os_str().to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

/// Refuses what ends a line for go-yaml and for others does not (YAML 1.1 has
/// these breaks, 1.2 has not), and control characters.
pub(super) fn no_disputed_character(
    text: &str,
    place: &dyn Fn(usize) -> Place,
) -> Result<(), KustomizeFault> {
    let disputed = |c: char| {
        matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') || (c.is_control() && !"\t\n\r".contains(c))
    };
    for (at, line) in text.split('\n').enumerate() {
        if let Some(character) = line.chars().find(|c| disputed(*c)) {
            return Err(KustomizeFault::Character {
                place: place(at + 1),
                code: u32::from(character),
            });
        }
    }
    Ok(())
}
