//! The `kustomize` generator: one overlay, built by Kustomize itself.
//!
//! Owns what an overlay may name (`graph`, `entries`) and be (`shape`), the
//! private copy that is written from that (`rewrite`, `copy`) and the run of
//! the program (`build`), which sees nothing else. Kustomize's own load
//! restriction stays on unless settings lift it in that copy; plugins, functions and exec are never switched on.

mod advice;
mod build;
mod charts;
mod copy;
mod entries;
mod error;
mod fetch;
mod fields;
#[cfg(feature = "fuzz")]
pub(super) mod fuzz;
mod graph;
mod plugins;
mod remote;
mod rewrite;
mod said;
mod shape;
mod shown;
mod tree;
mod written;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::{KustomizeFault, Place};

use self::graph::{Graph, Known, Rules, Wanted};
use self::shown::Shown;
use self::tree::Tree;
use super::helm::{Places, check_chart};
use super::reading::{Reader, join};
use super::{Error, Fault, KUBE_VERSION, Options, off_thread};
use crate::model::{FileSet, Finding, RelPath};
use crate::source::{self, SourceTree};
use crate::text::yaml;
use crate::tools::Tools;

/// The one file that an overlay makes.
const OUTPUT: &str = "manifests.yaml";

/// How many files on servers an overlay may be made of.
const FILES: usize = 64;

/// Something that overlays may do only when it is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum KustomizeAllow {
    /// Name files outside of the folder of their kustomization, in the checkout.
    FilesOutsideRoot,
    /// Pin bases by a tag instead of a commit.
    Tags,
    /// Name files on servers.
    Urls,
}

/// How overlays are built.
#[derive(Debug, Clone, Default)]
pub struct KustomizeOptions {
    /// What overlays may do besides the usual.
    pub allow: Vec<KustomizeAllow>,
    /// The folder in the source that is built, when it is not the source.
    pub overlay: Option<String>,
    /// The Kubernetes version that charts see, whatever they name themselves.
    /// Without one, and where no chart names one: [`KUBE_VERSION`].
    pub kube_version: Option<String>,
    /// API versions that charts see besides the usual ones.
    pub api_versions: Vec<String>,
}

/// Whether this looks like a source of this generator.
pub(super) fn is_source(tree: &SourceTree, source: &Path) -> Result<bool, source::Error> {
    for name in graph::NAMES {
        if tree.is_file(&source.join(name))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Builds the overlay of the source.
pub(super) async fn run(
    tools: &Tools,
    options: &Options,
) -> Result<(FileSet, Vec<Finding>), Error> {
    let Looked {
        trees,
        folder,
        graph,
        notes,
    } = look(tools, options).await?;
    let (trees, graph) = (Arc::new(trees), Arc::new(graph));
    let source = &trees[0].reader;
    let position = source.below_root(&folder).unwrap_or(Path::new(""));
    let program = build::program(tools).await.map_err(Fault::Tool)?;
    options.record_program("kustomize", &program.0);
    let private = tools.private_folder().map_err(Fault::Tool)?;
    // As the program will say it.
    let root = private.path().canonicalize();
    let root = root.unwrap_or_else(|_| private.path().to_owned());
    fetch::charts(tools, options, &trees, &graph, &root).await?;
    let copied = {
        let (trees, graph, into) = (Arc::clone(&trees), Arc::clone(&graph), root.clone());
        off_thread(move || copy::copy(&trees, &graph, &into)).await
    };
    copied?;
    let checked = {
        let (trees, graph, into) = (Arc::clone(&trees), Arc::clone(&graph), root.clone());
        off_thread(move || check_charts(&trees, &graph, &into)).await?
    };
    let shown = Shown::new(source).with(&root);
    let place = shown.path(&folder);
    let copy = root.join(position);
    let built = build::build(
        tools,
        program,
        (&root, &copy),
        &graph,
        &options.kustomize,
        &shown,
    )
    .await?;
    let (files, mut findings) = take(built, place).await?;
    let versioned = graph.charts.iter().any(|chart| chart.versioned);
    if !graph.charts.is_empty() && options.kustomize.kube_version.is_none() && !versioned {
        findings.push(Finding::info(
            shown.path(&folder),
            format!(
                "`kubeVersion` is not set, so charts are rendered for Kubernetes {KUBE_VERSION}"
            ),
        ));
    }
    findings.extend(notes);
    findings.extend(checked);
    findings.extend(left_out(&trees, &graph, &root));
    Ok((files, findings))
}

/// An overlay, and everything that it is made of.
struct Looked {
    trees: Vec<Tree>,
    folder: PathBuf,
    graph: Graph,
    /// What was fetched and can change without a commit.
    notes: Vec<Finding>,
}

/// Finds the overlay, and looks at everything that it names. What comes from
/// elsewhere is fetched, and then looked at, too.
async fn look(tools: &Tools, options: &Options) -> Result<Looked, Fault> {
    let own = options.clone();
    let (source, folder) = off_thread(move || overlay(&own)).await?;
    let rules = Rules {
        offline: tools.is_offline(),
        allow: options.kustomize.allow.clone(),
    };
    let mut known = Known {
        trees: vec![Tree::source(source)],
        files: BTreeMap::new(),
    };
    let mut notes = Vec::new();
    loop {
        let (of, rules) = (folder.clone(), rules.clone());
        let (walked, graph) = off_thread(move || {
            let graph = graph::walk(&known, &of, &rules);
            (known, graph)
        })
        .await;
        known = walked;
        let graph = graph?;
        let Some((wanted, place)) = graph.wanted.first().cloned() else {
            return Ok(Looked {
                trees: known.trees,
                folder,
                graph,
                notes,
            });
        };
        match wanted {
            Wanted::Repository(repository) => {
                let number = known.trees.len();
                let (tree, note) =
                    fetch::repository(tools, options, repository, place, number).await?;
                notes.extend(note);
                known.trees.push(tree);
            }
            Wanted::File(url) => {
                if known.files.len() >= FILES {
                    return Err(KustomizeFault::TooMany("64 files on servers").into());
                }
                let (content, note) = fetch::file(tools, options, &url, place).await?;
                notes.push(note);
                known.files.insert(url, content);
            }
        }
    }
}

/// The source's reader, and the real folder of the overlay.
fn overlay(options: &Options) -> Result<(Reader, PathBuf), Fault> {
    let reader = Reader::new(options)?;
    if !reader.is_folder(&reader.source)? {
        return Err(Fault::SourceIsFile(reader.show(&reader.source)));
    }
    let folder = match &options.kustomize.overlay {
        Some(overlay) => {
            let absent = || KustomizeFault::Overlay(overlay.clone());
            if Path::new(overlay).has_root() {
                return Err(absent().into());
            }
            let found = reader.resolve(&join(&reader.source, overlay))?;
            let found = found.ok_or_else(absent)?;
            if !reader.is_folder(&found)? {
                return Err(absent().into());
            }
            found
        }
        None => reader.source.clone(),
    };
    Ok((reader, folder))
}

/// What was built as a file, and the warnings as findings.
async fn take(built: build::Built, place: String) -> Result<(FileSet, Vec<Finding>), Error> {
    let warning = |line| Finding::warning(&place, line);
    let mut findings: Vec<_> = built.warnings.into_iter().map(warning).collect();
    let overlay = place.clone();
    let checked = off_thread(move || {
        let text = std::str::from_utf8(&built.text);
        let text = text.map_err(|_| Fault::NotText(OUTPUT.to_owned()))?;
        let documents =
            yaml::parse(text).map_err(|source| KustomizeFault::Built { overlay, source })?;
        let any = documents.iter().any(|document| !document.root.is_null());
        Ok::<_, Fault>((built.text, any))
    });
    let (text, any) = checked.await?;
    let mut files = FileSet::new();
    if any {
        let path = RelPath::parse(OUTPUT).map_err(Fault::Name)?;
        files.insert(path, text);
    } else {
        findings.push(Finding::warning(&place, "the overlay yields no resource"));
    }
    Ok((files, findings))
}

/// Looks at the charts in the private copy as at every chart that helm gets.
fn check_charts(trees: &[Tree], graph: &Graph, copy: &Path) -> Result<Vec<Finding>, Fault> {
    let mut findings = Vec::new();
    let mut known = HashSet::new();
    for chart in &graph.charts {
        for folder in chart.folders() {
            let position = trees[chart.tree].position(&folder);
            let folder = position.map(|position| copy.join(position));
            let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
                continue;
            };
            if known.insert(folder.clone()) {
                findings.extend(check_chart(&folder, &mut Places::of(&chart.name))?);
            }
        }
    }
    Ok(findings)
}

/// Charts whose CRDs Kustomize leaves out unless it is told otherwise.
fn left_out(trees: &[Tree], graph: &Graph, copy: &Path) -> Vec<Finding> {
    let has_crds = |tree: usize, folder: PathBuf| {
        let position = trees[tree].position(&folder);
        let crds = position.map(|position| copy.join(position).join("crds"));
        crds.and_then(|crds| crds.read_dir().ok())
            .is_some_and(|mut entries| entries.next().is_some())
    };
    let silent = graph.charts.iter().filter(|chart| !chart.decided);
    silent
        .filter(|chart| {
            let mut folders = chart.folders().into_iter();
            folders.any(|folder| has_crds(chart.tree, folder))
        })
        .map(|chart| {
            Finding::warning(
                format!("{}:{}", chart.place.file, chart.place.line),
                format!(
                    "the CRDs of the chart `{}` are left out: set `includeCRDs` to `true`, or to `false` if they are installed otherwise",
                    chart.name
                ),
            )
        })
        .collect()
}
