//! What a chart depends on and does not bring along.
//!
//! A lock file of the chart is held to; without one the newest fitting version
//! is taken, as `helm dependency update` does. What is in `charts` already
//! stays.

use std::path::{Path, PathBuf};

use url::Url;

use super::Fault;
use super::access::Access;
use super::charts::{self, CHART_FILE};
use super::repositories::Repositories;
use crate::source::{self, SourceTree};
use crate::text::{Kind, Node, yaml};

/// The largest chart file that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// Dependencies of one chart, at most.
const MOST: usize = 200;
/// Folders below each other in a chart that is copied, at most.
const DEEPEST: usize = 64;

/// One line of a list of dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dependency {
    name: String,
    version: String,
    repository: String,
}

/// Brings what is missing into the chart's `charts` folder; tells whether
/// something was. Nothing is taken from outside of `root`.
pub(super) async fn complete(
    repositories: &Repositories<'_>,
    access: &Access,
    chart: &Path,
    root: &Path,
) -> Result<bool, Fault> {
    let tree = SourceTree::open(root)?;
    let mut missing = Vec::new();
    for dependency in listed(&tree, chart)? {
        if !is_there(&tree, chart, &dependency.name)? && !missing.contains(&dependency) {
            missing.push(dependency);
        }
    }
    if missing.is_empty() {
        return Ok(false);
    }
    let locked = locked(&tree, chart)?;
    let folder = chart.join("charts");
    std::fs::create_dir_all(&folder).map_err(Fault::write(&folder))?;
    for dependency in &missing {
        let version = match &locked {
            None => dependency.version.clone(),
            Some(locked) => exact(dependency, locked)?,
        };
        bring(repositories, access, dependency, &version, chart, &tree).await?;
    }
    Ok(true)
}

/// The version that the chart's lock file has for a dependency.
fn exact(dependency: &Dependency, locked: &[Dependency]) -> Result<String, Fault> {
    let found = locked.iter().find(|locked| {
        locked.name == dependency.name && locked.repository == dependency.repository
    });
    found
        .map(|locked| locked.version.clone())
        .ok_or_else(|| refused(dependency, "is not in its lock file, which is out of date"))
}

async fn bring(
    repositories: &Repositories<'_>,
    access: &Access,
    dependency: &Dependency,
    version: &str,
    chart: &Path,
    tree: &SourceTree,
) -> Result<(), Fault> {
    let name = &dependency.name;
    let known = repositories.address_of(&dependency.repository);
    let repository = known.as_ref().unwrap_or(&dependency.repository);
    let address = repository.trim_end_matches('/');
    let packed = if let Some(path) = repository.strip_prefix("file://") {
        let from = crate::definition::join(chart, path);
        return copy(dependency, &from, chart, tree);
    } else if address.starts_with("oci://") {
        let reference = format!("{address}/{name}");
        charts::pull(repositories, &reference, version).await?
    } else if address.starts_with("http://") || address.starts_with("https://") {
        let url = Url::parse(address)
            .map_err(|error| refused(dependency, &format!("has a bad repository: {error}")))?;
        charts::fetch(repositories, access, repository, &url, name, version).await?
    } else if address.is_empty() {
        return Err(refused(
            dependency,
            "is not in its `charts` folder and has no repository",
        ));
    } else {
        return Err(refused(
            dependency,
            "names its repository by an alias that the definition does not explain: add it to `repositories` in the component file, as `name: address`",
        ));
    };
    let safe = |text: &str| crate::model::RelPath::parse(text).is_ok() && !text.contains('/');
    let file = format!("{name}-{}.tgz", packed.version);
    if !safe(&file) {
        return Err(refused(dependency, "has a name that cannot be a file's"));
    }
    let path = chart.join("charts").join(file);
    super::place::write_file(&path, &packed.bytes)
}

/// Copies a chart that is beside the one that needs it.
fn copy(
    dependency: &Dependency,
    from: &Path,
    chart: &Path,
    tree: &SourceTree,
) -> Result<(), Fault> {
    // What lies outside is not there for it.
    let is_chart = tree.is_file(&from.join(CHART_FILE)).unwrap_or_default();
    if !is_chart {
        return Err(refused(
            dependency,
            "is not in the repository at the path that it names",
        ));
    }
    let safe = crate::model::RelPath::parse(&dependency.name).is_ok();
    if !safe || dependency.name.contains('/') {
        return Err(refused(dependency, "has a name that cannot be a folder's"));
    }
    // Listed before anything is written: the chart may contain the copy.
    let mut files = Vec::new();
    list(tree, from, Path::new(""), 0, &mut files)?;
    let into = chart.join("charts").join(&dependency.name);
    for inner in files {
        let Some(content) = tree.bytes(&from.join(&inner))? else {
            continue;
        };
        let target = into.join(inner);
        let above = target.parent().unwrap_or(&into);
        std::fs::create_dir_all(above).map_err(Fault::write(above))?;
        super::place::write_file(&target, &content)?;
    }
    Ok(())
}

/// The files below a folder, by path from `top`; links to files of the repository
/// among them, other links not.
fn list(
    tree: &SourceTree,
    top: &Path,
    inner: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
) -> Result<(), Fault> {
    if depth > DEEPEST {
        return Err(Fault::TooDeep(DEEPEST));
    }
    for entry in tree.entries(&top.join(inner))?.unwrap_or_default() {
        let path = inner.join(&entry.name);
        match entry.kind {
            source::Kind::Folder => list(tree, top, &path, depth + 1, files)?,
            _ if tree.is_file(&top.join(&path)).unwrap_or_default() => files.push(path),
            _ => {}
        }
    }
    Ok(())
}

/// The dependencies that a chart lists.
fn listed(tree: &SourceTree, chart: &Path) -> Result<Vec<Dependency>, Fault> {
    let mut all = Vec::new();
    for file in [CHART_FILE, "requirements.yaml"] {
        all.extend(read(tree, &chart.join(file))?.unwrap_or_default());
    }
    if all.len() > MOST {
        return Err(Fault::TooMany(MOST));
    }
    Ok(all)
}

/// What the chart's lock file says, when there is one.
fn locked(tree: &SourceTree, chart: &Path) -> Result<Option<Vec<Dependency>>, Fault> {
    match read(tree, &chart.join("Chart.lock"))? {
        Some(locked) => Ok(Some(locked)),
        None => read(tree, &chart.join("requirements.lock")),
    }
}

/// The list `dependencies` of a file; `None` when there is no such file.
fn read(tree: &SourceTree, file: &Path) -> Result<Option<Vec<Dependency>>, Fault> {
    let Some(root) = node(tree, file)? else {
        return Ok(None);
    };
    let list = root.as_ref().and_then(|root| field(root, "dependencies"));
    let items = match list.map(|list| &list.kind) {
        Some(Kind::Sequence(items)) => items.as_slice(),
        _ => &[],
    };
    let text = |node: &Node, name| {
        let found = field(node, name).and_then(Node::text);
        found.unwrap_or_default().to_owned()
    };
    let dependencies = items.iter().map(|item| Dependency {
        name: text(item, "name"),
        version: text(item, "version"),
        repository: text(item, "repository"),
    });
    Ok(Some(dependencies.collect()))
}

/// A parsed file; `None` when there is none, `Some(None)` when it is empty.
#[expect(clippy::option_option, reason = "no file and an empty file differ")]
fn node(tree: &SourceTree, file: &Path) -> Result<Option<Option<Node>>, Fault> {
    let shown = || {
        let name = file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let Some(bytes) = tree.bytes_up_to(file, LARGEST)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| Fault::NotText(shown()))?;
    let documents = yaml::parse(&text).map_err(|source| {
        Fault::Definition(crate::definition::Fault::Syntax {
            file: shown(),
            source,
        })
    })?;
    Ok(Some(documents.into_iter().next().map(|first| first.root)))
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let mut pairs = node.pairs()?.iter().rev();
    let found = pairs.find(|(key, _)| key.text() == Some(name));
    found.map(|(_, value)| value)
}

/// Whether a chart of this name is in the `charts` folder, packed or not.
fn is_there(tree: &SourceTree, chart: &Path, name: &str) -> Result<bool, Fault> {
    let folder = chart.join("charts");
    for entry in tree.entries(&folder)?.unwrap_or_default() {
        let path = folder.join(&entry.name);
        if tree.is_folder(&path).unwrap_or_default() {
            let root = node(tree, &path.join(CHART_FILE)).ok().flatten().flatten();
            let found = root.as_ref().and_then(|root| field(root, "name"));
            if found.and_then(Node::text) == Some(name) {
                return Ok(true);
            }
        } else if is_archive_of(&entry.name.to_string_lossy(), name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a file is called as the archive of a chart is.
fn is_archive_of(file: &str, chart: &str) -> bool {
    let version = file
        .strip_suffix(".tgz")
        .and_then(|file| file.strip_prefix(chart))
        .and_then(|rest| rest.strip_prefix('-'));
    version.is_some_and(|version| {
        version
            .trim_start_matches('v')
            .starts_with(|first: char| first.is_ascii_digit())
    })
}

fn refused(dependency: &Dependency, reason: &str) -> Fault {
    Fault::Dependency {
        name: dependency.name.clone(),
        reason: reason.to_owned(),
    }
}
