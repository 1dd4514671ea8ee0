//! The walk over everything that an overlay names, before Kustomize runs.
//!
//! Nothing that is named may be outside the confining folder, come from the
//! network without being pinned, or run a program. Kustomize checks some of
//! that itself; here it is said with file, line and entry.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::charts::Chart;
use super::error::{KustomizeFault, Place};
use super::fields::{self, Entry, What, get, text};
use super::remote::{self, Origin};
use super::shown::Shown;
use crate::generate::Fault;
use crate::generate::reading::{Reader, join};
use crate::source;
use crate::text::yaml;
use crate::text::{Kind, Node};

/// The names that a kustomization may have.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How deep kustomizations may nest.
const DEPTH: usize = 64;

/// How many files an overlay may name.
const FILES: usize = 20_000;

/// What marks a function, which runs in a container or as a program.
const FUNCTIONS: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];

/// What an overlay is made of.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Every file: its place below the confining folder, and its real path.
    pub(super) files: BTreeMap<PathBuf, PathBuf>,
    /// Folders that are reached through links: both places.
    pub(super) links: BTreeMap<PathBuf, PathBuf>,
    /// Charts that helm renders.
    pub(super) charts: Vec<Chart>,
    /// The overlay is a Component.
    pub(super) component: bool,
}

/// Looks at the overlay in the real folder `folder` and all that it names.
pub(super) fn walk(reader: &Reader, folder: &Path, offline: bool) -> Result<Graph, Fault> {
    let mut walk = Walk {
        reader,
        shown: Shown::new(reader),
        offline,
        seen: HashSet::new(),
        graph: Graph::default(),
    };
    walk.kustomization(folder, false, 0)?;
    Ok(walk.graph)
}

struct Walk<'r> {
    reader: &'r Reader,
    shown: Shown,
    offline: bool,
    /// Folders, and whether they were read as plugins.
    seen: HashSet<(PathBuf, bool)>,
    graph: Graph,
}

/// Where an entry stands.
struct At<'a> {
    /// The folder that it is seen from.
    folder: &'a Path,
    /// The file as shown.
    file: &'a str,
    /// The line of a text in the file that holds it.
    line: Option<usize>,
    /// Whether resources are configurations of plugins.
    plugins: bool,
    depth: usize,
}

impl At<'_> {
    fn place(&self, line: usize) -> Place {
        Place {
            file: self.file.to_owned(),
            line: self.line.unwrap_or(line),
        }
    }
}

impl Walk<'_> {
    fn kustomization(&mut self, folder: &Path, plugins: bool, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(KustomizeFault::TooMany("64 levels of kustomizations").into());
        }
        if !self.seen.insert((folder.to_owned(), plugins)) {
            return Ok(());
        }
        let mut found = Vec::new();
        for name in NAMES {
            let path = folder.join(name);
            if let Some(text) = self.reader.text(&path)? {
                found.push((name, path, text));
            }
        }
        if found.len() > 1 {
            let names: Vec<_> = found.iter().map(|(name, ..)| *name).collect();
            return Err(KustomizeFault::Several {
                folder: self.shown.path(folder),
                names: names.join(" and "),
            }
            .into());
        }
        let Some((_, path, text)) = found.pop() else {
            return Err(KustomizeFault::NoKustomization(self.shown.path(folder)).into());
        };
        let file = self.shown.path(&path);
        self.note(&path, &path)?;
        let malformed = |source| Fault::Syntax {
            file: file.clone(),
            source,
        };
        let documents = yaml::parse(&text).map_err(malformed)?;
        let Some(root) = documents.into_iter().map(|document| document.root).next() else {
            return Ok(());
        };
        if root.pairs().is_none() {
            return Err(KustomizeFault::NoMap(file).into());
        }
        if depth == 0 {
            self.graph.component = fields::text(&root, "kind") == Some("Component");
        }
        let at = At {
            folder,
            file: &file,
            line: None,
            plugins,
            depth,
        };
        self.charts(&root, &at)?;
        for entry in fields::entries(&root) {
            self.entry(entry, &at)?;
        }
        Ok(())
    }

    fn charts(&mut self, root: &Node, at: &At<'_>) -> Result<(), Fault> {
        let globals = get(root, "helmGlobals");
        if let Some(config) = globals.and_then(|globals| get(globals, "configHome")) {
            return Err(KustomizeFault::Plugin {
                place: at.place(config.line),
                what: "`configHome` can hold plugins of helm, which".to_owned(),
            }
            .into());
        }
        let home = globals.and_then(|globals| text(globals, "chartHome"));
        for field in ["helmCharts", "helmChartInflationGenerator"] {
            let Some(list) = get(root, field) else {
                continue;
            };
            for item in fields::items(list) {
                self.chart(item, home, at)?;
            }
        }
        Ok(())
    }

    fn chart(&mut self, node: &Node, home: Option<&str>, at: &At<'_>) -> Result<(), Fault> {
        let place = at.place(node.line);
        let home = text(node, "chartHome").or(home).unwrap_or("charts");
        let path = self.local("chartHome", home, at, &place)?;
        let _ = self.resolve("chartHome", home, &path, &place)?;
        let chart = Chart::read(node, path, place)?;
        let mut there = false;
        for folder in chart.folders() {
            let found = self.resolve("helmCharts", &chart.name, &folder, &chart.place)?;
            if let Some(real) = found {
                self.reader.check_below(&real)?;
                there |= self.reader.is_folder(&real)?;
            }
        }
        if !there && chart.repo.is_none() {
            return Err(KustomizeFault::ChartMissing {
                home: self.shown.path(&chart.home),
                place: chart.place,
                chart: chart.name,
            }
            .into());
        }
        if !there && self.offline {
            return Err(KustomizeFault::Offline {
                place: chart.place,
                entry: chart.name,
            }
            .into());
        }
        self.graph.charts.push(chart);
        Ok(())
    }

    fn entry(&mut self, entry: Entry<'_>, at: &At<'_>) -> Result<(), Fault> {
        let place = at.place(entry.line);
        if matches!(entry.what, What::Plugin | What::Patch) && is_inline(entry.text) {
            if entry.what == What::Plugin {
                let at = At {
                    line: Some(place.line),
                    plugins: true,
                    ..*at
                };
                self.plugins(entry.text, &at)?;
            }
            return Ok(());
        }
        if self.remote(&entry, &place)? {
            return Ok(());
        }
        let path = self.local(entry.field, entry.text, at, &place)?;
        let Some(real) = self.resolve(entry.field, entry.text, &path, &place)? else {
            let mut pulled = self.graph.charts.iter();
            if pulled.any(|chart| chart.repo.is_some() && path.starts_with(&chart.home)) {
                return Ok(());
            }
            return Err(KustomizeFault::Missing {
                place,
                field: entry.field,
                entry: entry.text.to_owned(),
            }
            .into());
        };
        if self.reader.is_folder(&real)? {
            if matches!(entry.what, What::File | What::Patch) {
                // Kustomize says what it expects there.
                return Ok(());
            }
            let (from, to) = (self.position(&path), self.position(&real));
            if let (Some(from), Some(to)) = (from, to)
                && from != to
            {
                self.graph.links.insert(from, to);
            }
            let plugins = at.plugins || entry.what == What::Plugin;
            return self.kustomization(&real, plugins, at.depth + 1);
        }
        if !real.starts_with(at.folder) {
            return Err(KustomizeFault::Restricted {
                place,
                field: entry.field,
                entry: entry.text.to_owned(),
            }
            .into());
        }
        self.note(&path, &real)?;
        if entry.what == What::Plugin || (at.plugins && entry.what == What::Resource) {
            let text = self.reader.text(&path)?.unwrap_or_default();
            let file = self.shown.path(&path);
            self.plugins(&text, &At { file: &file, ..*at })?;
        }
        Ok(())
    }

    /// Whether an entry is fetched by Kustomize. Refuses what may not be.
    fn remote(&self, entry: &Entry<'_>, place: &Place) -> Result<bool, KustomizeFault> {
        let (place, field, shown) = (place.clone(), entry.field, remote::shown(entry.text));
        // Single files are fetched over HTTP only.
        let file = matches!(entry.what, What::File | What::Patch);
        match remote::origin(entry.text) {
            Origin::Local => Ok(false),
            Origin::Git { .. } if file && !entry.text.contains("://") => Ok(false),
            Origin::Disk => Err(self.outside(field, entry.text, &place)),
            Origin::File => Err(KustomizeFault::RemoteFile {
                place,
                field,
                entry: shown,
            }),
            Origin::Git { .. } if entry.what == What::Plugin => Err(KustomizeFault::Plugin {
                place,
                what: format!("a plugin from elsewhere, `{shown}`,"),
            }),
            Origin::Git { pinned: false } => Err(KustomizeFault::Unpinned {
                place,
                field,
                entry: shown,
            }),
            Origin::Git { .. } if remote::has_credentials(entry.text) => {
                Err(KustomizeFault::Credentials {
                    place,
                    entry: shown,
                })
            }
            Origin::Git { pinned: true } if self.offline => Err(KustomizeFault::Offline {
                place,
                entry: shown,
            }),
            Origin::Git { pinned: true } => Ok(true),
        }
    }

    /// Configurations of plugins: built-in ones only.
    fn plugins(&mut self, text: &str, at: &At<'_>) -> Result<(), Fault> {
        let malformed = |source| Fault::Syntax {
            file: at.file.to_owned(),
            source,
        };
        for document in yaml::parse(text).map_err(malformed)? {
            let root = document.root;
            if root.pairs().is_none() {
                continue;
            }
            let place = at.place(document.line);
            let kind = fields::text(&root, "kind").unwrap_or("without a kind");
            let annotations = get(&root, "metadata").and_then(|meta| get(meta, "annotations"));
            let function = annotations
                .is_some_and(|notes| FUNCTIONS.iter().any(|name| get(notes, name).is_some()));
            if function || fields::text(&root, "apiVersion") != Some("builtin") {
                let noun = if function { "function" } else { "plugin" };
                return Err(KustomizeFault::Plugin {
                    place,
                    what: format!("the {noun} `{kind}`"),
                }
                .into());
            }
            if kind == "HelmChartInflationGenerator" {
                self.chart(&root, None, at)?;
            }
            for entry in fields::plugin_entries(&root) {
                self.entry(entry, at)?;
            }
        }
        Ok(())
    }

    /// The path of a local entry, by its letters.
    fn local(
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
        if self.position(&path).is_none() {
            return Err(self.outside(field, entry, place));
        }
        Ok(path)
    }

    fn resolve(
        &self,
        field: &'static str,
        entry: &str,
        path: &Path,
        place: &Place,
    ) -> Result<Option<PathBuf>, Fault> {
        self.reader.resolve(path).map_err(|fault| match fault {
            source::Error::Outside { .. } => self.outside(field, entry, place).into(),
            other => other.into(),
        })
    }

    fn outside(&self, field: &'static str, entry: &str, place: &Place) -> KustomizeFault {
        KustomizeFault::Outside {
            place: place.clone(),
            field,
            entry: entry.to_owned(),
            root: self.reader.root().display().to_string(),
        }
    }

    fn position(&self, path: &Path) -> Option<PathBuf> {
        self.reader.below_root(path).map(Path::to_path_buf)
    }

    fn note(&mut self, path: &Path, real: &Path) -> Result<(), KustomizeFault> {
        if let Some(position) = self.position(path) {
            self.graph.files.insert(position, real.to_owned());
        }
        if self.graph.files.len() > FILES {
            return Err(KustomizeFault::TooMany("20,000 files"));
        }
        Ok(())
    }
}

/// Whether an entry is itself the text of a plugin or patch.
fn is_inline(text: &str) -> bool {
    let maps = |node: &Node| !matches!(node.kind, Kind::Scalar(..));
    text.contains('\n')
        || yaml::parse(text).is_ok_and(|all| all.iter().any(|document| maps(&document.root)))
}
