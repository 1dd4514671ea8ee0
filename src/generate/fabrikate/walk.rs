//! The walk over the component tree: which components there are, where they
//! stand, and what configuration reaches them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::{self, Config};
use super::{BLOCK, Error, Fault, Options, doubtful, ignored, off_thread};
use crate::definition::{COMPONENT_FILES, Component, Generator, Source};
use crate::generate::reading::{Reader, join};
use crate::model::Finding;
use crate::parallel;

/// How deep components may nest.
const DEPTH: usize = 64;

/// How many components there may be.
const COUNT: usize = 50_000;

/// A component that takes part.
#[derive(Debug)]
pub(super) struct Visit {
    pub component: Component,
    /// Its merged configuration.
    pub config: Config,
    /// Where it stands on disk.
    pub folder: PathBuf,
    /// Where its file goes: names from the parents' lists, joined by `/`.
    pub output: String,
    /// The path of names by which it is spoken of.
    pub label: String,
    /// The component that lists it.
    pub parent: Option<usize>,
    /// Folders of the component files that led here, outermost first.
    loaded: Vec<PathBuf>,
    depth: usize,
}

/// The tree so far.
pub(super) struct Walk {
    reader: Arc<Reader>,
    environments: Arc<[String]>,
    found: Vec<bool>,
    /// What is ignored, in the order of the components.
    ignored: Vec<Finding>,
    /// Every component, parents first, in the order of the lists.
    pub visits: Vec<Arc<Visit>>,
    next: usize,
}

/// An entry that is about to be visited.
struct Pending {
    entry: Component,
    parent: Option<(usize, Arc<Visit>)>,
}

impl Walk {
    pub(super) fn new(reader: Arc<Reader>, options: &Options) -> Self {
        Self {
            reader,
            environments: options.fabrikate_environments.clone().into(),
            found: vec![false; options.fabrikate_environments.len()],
            ignored: Vec::new(),
            visits: Vec::new(),
            next: 0,
        }
    }

    /// Visits the next level, the root at first; false when there is none.
    pub(super) async fn descend(&mut self) -> Result<bool, Error> {
        let level = if self.visits.is_empty() {
            None
        } else {
            let level = self.pending();
            if level.is_empty() {
                return Ok(false);
            }
            Some(level)
        };
        let (reader, environments) = (Arc::clone(&self.reader), Arc::clone(&self.environments));
        let visited = off_thread(move || match level {
            None => vec![root(&reader, &environments)],
            Some(level) => parallel::map(&level, BLOCK, |pending| {
                visit(&reader, &environments, pending)
            }),
        })
        .await;
        for visited in visited {
            let (visit, found, ignored) = visited?;
            self.ignored.extend(ignored);
            for (all, here) in self.found.iter_mut().zip(found) {
                *all |= here;
            }
            self.visits.push(Arc::new(visit));
        }
        if self.visits.len() > COUNT {
            return Err(Fault::TooMany(COUNT).into());
        }
        Ok(true)
    }

    /// The entries of the last level that are not disabled.
    fn pending(&mut self) -> Vec<Pending> {
        let last = self.next..self.visits.len();
        self.next = last.end;
        let mut pending = Vec::new();
        for at in last {
            let parent = &self.visits[at];
            for entry in &parent.component.entries {
                let config = parent.config.entries.get(&entry.name);
                if !config.is_some_and(|config| config.disabled) {
                    pending.push(Pending {
                        entry: entry.clone(),
                        parent: Some((at, Arc::clone(parent))),
                    });
                }
            }
        }
        pending
    }

    /// What is worth telling about the environments and the components.
    pub(super) fn findings(&self, options: &Options) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        for (environment, &found) in self.environments.iter().zip(&self.found) {
            if environment == "common" {
                findings.push(Finding::warning(
                    "environment common",
                    "`common` always applies; named as an environment it applies twice, and its lists double",
                ));
            } else if !found {
                let fault = Fault::UnknownEnvironment(environment.clone());
                let place = format!("environment {environment}");
                findings.push(
                    doubtful(options.unknown_environment, &place, fault).map_err(|mut error| {
                        error.component = None;
                        error
                    })?,
                );
            }
        }
        findings.extend(self.ignored.iter().cloned());
        for visit in self.visits.iter().filter(|visit| visit.component.migrated) {
            findings.push(Finding::warning(
                &visit.label,
                "the field `generator` is deprecated; its value is taken as the `type`",
            ));
        }
        Ok(findings)
    }
}

/// A component, which environments have a file there, and what is ignored in its
/// files.
type Seen = (Visit, Vec<bool>, Vec<Finding>);

type Visited = Result<Seen, Error>;

/// The root component. With method git it is replaced by what is installed
/// for it; its own configuration stays the higher layer.
fn root(reader: &Reader, environments: &[String]) -> Visited {
    let start = reader.source.clone();
    let (own, misspelt) = load(reader, &start, "").map_err(Error::from)?;
    let label = if own.name.is_empty() {
        ".".to_owned()
    } else {
        own.name.clone()
    };
    let build = || -> Result<_, Fault> {
        let mut loaded = config::load(reader, &start, environments, Config::default())?;
        loaded.findings.splice(..0, misspelt);
        if own.method != "git" || own.generator != Generator::Component {
            return Ok((own.clone(), loaded, start.clone()));
        }
        let folder = join(&own.installed(&start), &own.path);
        reader.check(&folder)?;
        let (replaced, misspelt) = load(reader, &folder, "git")?;
        let mut below = config::load(reader, &folder, environments, loaded.config)?;
        below.findings.splice(..0, misspelt);
        for (here, above) in below.found.iter_mut().zip(loaded.found) {
            *here |= above;
        }
        below.findings.splice(..0, loaded.findings);
        Ok((replaced, below, folder))
    };
    let (component, mut loaded, folder) = build().map_err(|fault| fault.of(&label))?;
    ignored::subcomponents(&component, &loaded.config, &mut loaded.findings);
    let visit = Visit {
        component,
        config: loaded.config,
        loaded: vec![folder.clone()],
        folder,
        output: String::new(),
        label,
        parent: None,
        depth: 0,
    };
    Ok((visit, loaded.found, loaded.findings))
}

fn visit(reader: &Reader, environments: &[String], pending: &Pending) -> Visited {
    let (at, parent) = pending
        .parent
        .as_ref()
        .expect("only the root has no parent");
    let entry = &pending.entry;
    let label = match parent.label.as_str() {
        "." => entry.name.clone(),
        above => format!("{above}/{}", entry.name),
    };
    let result = if parent.depth >= DEPTH {
        Err(Fault::TooDeep(DEPTH))
    } else if entry.generator == Generator::Component {
        in_folder(reader, environments, entry, parent)
    } else {
        Ok(inlined(environments, entry, parent))
    };
    let (mut visit, found, mut findings) = result.map_err(|fault| fault.of(&label))?;
    ignored::subcomponents(&visit.component, &visit.config, &mut findings);
    visit.label = label;
    visit.parent = Some(*at);
    visit.depth = parent.depth + 1;
    Ok((visit, found, findings))
}

/// The configuration that the parent hands down to an entry.
fn handed_down(entry: &Component, parent: &Visit) -> Config {
    parent
        .config
        .entries
        .get(&entry.name)
        .cloned()
        .unwrap_or_default()
}

/// An entry that shares its parent's folder.
fn inlined(environments: &[String], entry: &Component, parent: &Visit) -> Seen {
    let visit = Visit {
        component: entry.clone(),
        config: handed_down(entry, parent),
        folder: parent.folder.clone(),
        output: parent.output.clone(),
        label: String::new(),
        parent: None,
        loaded: parent.loaded.clone(),
        depth: 0,
    };
    (visit, vec![false; environments.len()], Vec::new())
}

/// An entry with a component file of its own.
fn in_folder(
    reader: &Reader,
    environments: &[String],
    entry: &Component,
    parent: &Visit,
) -> Result<Seen, Fault> {
    let folder = entry.folder(&parent.folder);
    if parent.loaded.contains(&folder) {
        return Err(Fault::Cycle(reader.show(&folder)));
    }
    reader.check(&folder)?;
    let method = if entry.source.contains("://") && entry.method != "git" {
        "url"
    } else {
        &entry.method
    };
    let (component, mut findings) = load(reader, &folder, method)?;
    let loaded = config::load(reader, &folder, environments, handed_down(entry, parent))?;
    findings.extend(loaded.findings);
    let mut chain = parent.loaded.clone();
    chain.push(folder.clone());
    let visit = Visit {
        component,
        config: loaded.config,
        folder,
        output: below(&parent.output, &entry.name),
        label: String::new(),
        parent: None,
        loaded: chain,
        depth: 0,
    };
    Ok((visit, loaded.found, findings))
}

/// The component file of a checked folder.
fn load(reader: &Reader, folder: &Path, method: &str) -> Result<(Component, Vec<Finding>), Fault> {
    for (name, json) in COMPONENT_FILES {
        let path = folder.join(name);
        if let Some(text) = reader.text(&path)? {
            let file = reader.show(&path);
            let component = Component::parse(&file, json, &text)?;
            let mut findings = Vec::new();
            ignored::documents(Source { file: &file, json }, &text, &mut findings);
            ignored::fields(&file, &component, &mut findings);
            return Ok((component, findings));
        }
    }
    Err(Fault::ComponentMissing {
        folder: reader.show(folder),
        method: method.to_owned(),
    })
}

/// `name` below the output folder `folder`.
pub(super) fn below(folder: &str, name: &str) -> String {
    match (folder, name) {
        (_, "") => folder.to_owned(),
        ("", name) => name.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}
