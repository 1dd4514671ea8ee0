//! A source with its tokens replaced, in a private folder.
//!
//! Owns the use of this stage before a generator runs. The source itself is
//! never written to; a source without tokens is not copied at all. The private
//! folder stands for the whole checkout: the source is copied into it, at the
//! same place, and everything beside it is linked.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::parallel;
use crate::source::{self, Kind};

use super::BLOCK;
use super::bytes::Content;
use super::engine::{Engine, FileName};
use super::error::Error;
use super::outcome::{Counters, Message};

/// How deep folders may nest.
const DEPTH: usize = 64;

/// Which files of a source a generator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every file, hidden ones too.
    Everything,
    /// `.yaml`, `.yml` and `.json`, hidden ones left out.
    Manifests,
}

/// A source, and what is around it.
#[derive(Debug, Clone, Copy)]
pub struct SourceTree<'a> {
    /// What reads it.
    pub reader: &'a source::SourceTree,
    /// The source: a folder or a file.
    pub source: &'a Path,
    /// The checkout that it lies in, or the source itself.
    pub checkout: &'a Path,
    /// Which files count.
    pub scope: Scope,
    /// Files and folders that are no part of it.
    pub exclude: &'a [PathBuf],
}

/// What became of a source.
#[derive(Debug)]
pub struct Prepared {
    /// The private folder, gone when this is dropped, and the source in it;
    /// absent when no file holds a token.
    copy: Option<(TempDir, PathBuf)>,
    /// What was counted.
    pub counters: Counters,
    /// What is to be told.
    pub messages: Vec<Message>,
    /// What secret variables became: transformed or escaped, and not to be shown.
    pub secret_forms: Vec<String>,
}

impl Prepared {
    /// Where to generate from, when it is not the source itself.
    pub fn path(&self) -> Option<&Path> {
        self.copy.as_ref().map(|(_, path)| path.as_path())
    }

    /// The folder that stands for the checkout, when there is a copy.
    pub fn checkout(&self) -> Option<&Path> {
        self.copy.as_ref().map(|(folder, _)| folder.path())
    }
}

/// One entry of the source that has to be in a copy.
struct Item {
    /// By path from the source, `/` between segments; empty for a single file.
    path: String,
    /// Where its content is.
    real: PathBuf,
    /// Taken as it is: no file, or a link that leaves the checkout, which the
    /// generator explains when it meets it.
    as_is: bool,
}

/// Replaces the tokens of the files of a source.
///
/// When one holds a token, all are copied to a private folder below
/// `temp_root`: a generator needs its files beside each other.
pub fn prepare(
    engine: &Engine<'_>,
    tree: SourceTree<'_>,
    temp_root: &Path,
) -> Result<Prepared, Error> {
    let mut prepared = Prepared {
        copy: None,
        counters: Counters::default(),
        messages: Vec::new(),
        secret_forms: Vec::new(),
    };
    let absent = || Error::io("reading", tree.source)(std::io::ErrorKind::NotFound.into());
    let source = tree.reader.resolve(tree.source)?.ok_or_else(absent)?;
    let items = list(&source, tree)?;
    let mut contents = Vec::with_capacity(items.len());
    for result in parallel::map(&items, BLOCK, |item| replace(engine, item, tree)) {
        let Some((content, counters, messages)) = result? else {
            contents.push(None);
            continue;
        };
        prepared.counters += counters;
        prepared.messages.extend(messages);
        contents.push(content);
    }
    prepared.secret_forms = engine.secret_forms();
    if contents.iter().any(Option::is_some) {
        let jobs: Vec<_> = items.iter().zip(&contents).collect();
        prepared.copy = Some(copy(&source, tree.checkout, &jobs, temp_root)?);
    }
    Ok(prepared)
}

/// Everything of the source that a generator may look at.
fn list(source: &Path, tree: SourceTree<'_>) -> Result<Vec<Item>, Error> {
    let exclude = tree.exclude.iter();
    let mut walk = Walk {
        reader: tree.reader,
        scope: tree.scope,
        // What lies elsewhere is no part of the source anyway.
        exclude: exclude
            .filter_map(|path| tree.reader.resolve(path).ok().flatten())
            .collect(),
        above: Vec::new(),
        items: Vec::new(),
    };
    if tree.reader.is_file(source)? {
        walk.items.push(Item {
            path: String::new(),
            real: source.to_path_buf(),
            as_is: false,
        });
    } else {
        walk.folder(source, "")?;
    }
    Ok(walk.items)
}

/// One walk through a source. Links are followed and keep their names, as the
/// generators follow them.
struct Walk<'a> {
    reader: &'a source::SourceTree,
    scope: Scope,
    exclude: Vec<PathBuf>,
    /// The real paths of the folders that are being walked.
    above: Vec<PathBuf>,
    items: Vec<Item>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, path: &str) -> Result<(), Error> {
        // A link back to where we are would never end.
        if self.above.iter().any(|above| above == folder) || self.above.len() > DEPTH {
            return Ok(());
        }
        self.above.push(folder.to_path_buf());
        for entry in self.reader.entries(folder)?.unwrap_or_default() {
            // A name that is no text is the generator's to refuse.
            if let Some(name) = entry.name.to_str().filter(|name| *name != ".git") {
                let below = if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{path}/{name}")
                };
                self.entry(&folder.join(name), entry.kind, name, below)?;
            }
        }
        self.above.pop();
        Ok(())
    }

    fn entry(&mut self, file: &Path, kind: Kind, name: &str, path: String) -> Result<(), Error> {
        let plain = self.scope == Scope::Manifests;
        if plain && name.starts_with('.') {
            return Ok(());
        }
        // A link that leads nowhere, or out, is taken as it is.
        let found = match kind {
            Kind::Link => self.linked(file)?,
            kind => Some((file.to_path_buf(), kind)),
        };
        let Some((real, kind)) = found else {
            self.items.push(Item {
                path,
                real: file.to_path_buf(),
                as_is: true,
            });
            return Ok(());
        };
        if self.exclude.contains(&real) {
            return Ok(());
        }
        if kind == Kind::Folder {
            return self.folder(&real, &path);
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let manifests = ["yaml", "yml", "json"];
        let is_manifest = manifests
            .iter()
            .any(|it| extension.eq_ignore_ascii_case(it));
        if !plain || is_manifest {
            let as_is = kind != Kind::File;
            self.items.push(Item { path, real, as_is });
        }
        Ok(())
    }

    /// Where a link leads, and to what, unless it leads nowhere or out.
    fn linked(&self, link: &Path) -> Result<Option<(PathBuf, Kind)>, Error> {
        let kind = match self.reader.kind(link) {
            Err(source::Error::Outside { .. } | source::Error::Git(_)) => None,
            kind => kind?,
        };
        let Some(kind) = kind else { return Ok(None) };
        let real = self.reader.resolve(link)?;
        Ok(real.map(|real| (real, kind)))
    }
}

/// What replacing the tokens of one file came to.
type Outcome = (Option<Content>, Counters, Vec<Message>);

/// Reads one file and replaces its tokens.
fn replace(
    engine: &Engine<'_>,
    item: &Item,
    tree: SourceTree<'_>,
) -> Result<Option<Outcome>, Error> {
    if item.as_is {
        return Ok(None);
    }
    let name = if item.path.is_empty() {
        tree.source
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    } else {
        item.path.clone()
    };
    let bytes = match tree.reader.bytes(&item.real) {
        // It holds no token that anybody wrote; generators refuse it.
        Err(source::Error::TooLarge { .. }) => return Ok(None),
        bytes => bytes?.unwrap_or_default(),
    };
    let replaced = engine.replace(FileName::in_place(&name), bytes)?;
    let content = replaced.content.is_changed().then_some(replaced.content);
    Ok(Some((content, replaced.counters, replaced.messages)))
}

/// Makes the private folder; gives back it and the source in it.
fn copy(
    source: &Path,
    checkout: &Path,
    jobs: &[(&Item, &Option<Content>)],
    temp_root: &Path,
) -> Result<(TempDir, PathBuf), Error> {
    let folder = tempfile::Builder::new()
        .prefix("gitops-source-")
        .tempdir_in(temp_root)
        .map_err(Error::io("making a folder in", temp_root))?;
    let checkout = fs::canonicalize(checkout).unwrap_or_else(|_| source.to_path_buf());
    let inner = source.strip_prefix(&checkout).unwrap_or(Path::new(""));
    let name = source.file_name().unwrap_or_default();
    let copy = if inner.as_os_str().is_empty() && source.is_file() {
        folder.path().join(name)
    } else {
        folder.path().join(inner)
    };
    link_around(&checkout, folder.path(), inner).map_err(Error::io("linking beside", source))?;
    let copies = parallel::map(jobs, BLOCK, |(item, content)| {
        let target = if item.path.is_empty() {
            copy.clone()
        } else {
            copy.join(&item.path)
        };
        place(item, content.as_ref(), &target).map_err(Error::io("copying", &item.real))
    });
    copies.into_iter().collect::<Result<(), _>>()?;
    Ok((folder, copy))
}

/// Puts one file where it belongs. Permissions stay as they are, as hooks may
/// run scripts.
fn place(item: &Item, content: Option<&Content>, target: &Path) -> std::io::Result<()> {
    if let Some(above) = target.parent() {
        fs::create_dir_all(above)?;
    }
    if item.as_is {
        return link(&item.real, target);
    }
    fs::copy(&item.real, target)?;
    match content {
        Some(content) => content.write_to(&mut fs::File::create(target)?),
        None => Ok(()),
    }
}

/// Makes the folders down to `inner`, and links everything beside them.
fn link_around(checkout: &Path, copy: &Path, inner: &Path) -> std::io::Result<()> {
    let (mut from, mut to) = (checkout.to_path_buf(), copy.to_path_buf());
    for step in inner {
        for entry in fs::read_dir(&from)? {
            let name = entry?.file_name();
            if name != step {
                link(&from.join(&name), &to.join(&name))?;
            }
        }
        from.push(step);
        to.push(step);
        if from.is_dir() {
            fs::create_dir(&to)?;
        }
    }
    // The source is the checkout itself: only its history lies beside it.
    if inner.as_os_str().is_empty() && from.join(".git").exists() {
        link(&from.join(".git"), &to.join(".git"))?;
    }
    Ok(())
}

/// Links `target` to what is at `path`.
#[cfg(unix)]
fn link(path: &Path, target: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(path, target)
}

/// Links `target` to what is at `path`. Without the right to make links, what
/// lies beside the source is missing, and the generator says so.
#[cfg(windows)]
fn link(path: &Path, target: &Path) -> std::io::Result<()> {
    let made = if path.is_dir() {
        std::os::windows::fs::symlink_dir(path, target)
    } else {
        std::os::windows::fs::symlink_file(path, target)
    };
    match made {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::super::{Compatibility, Layer, Matching, Options, Variables};
    use super::*;
    use std::os::unix::fs::symlink;

    struct Scene {
        temp: TempDir,
    }

    impl Scene {
        fn new(files: &[(&str, &str)]) -> Self {
            let scene = Self {
                temp: tempfile::tempdir().unwrap(),
            };
            for (path, text) in files {
                let path = scene.path(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                #[expect(clippy::disallowed_methods, reason = "the test makes its own source")]
                fs::write(path, text).unwrap();
            }
            scene
        }

        fn path(&self, path: &str) -> PathBuf {
            self.temp.path().join("repo").join(path)
        }

        fn prepared(&self, name: &str, scope: Scope, exclude: &[PathBuf]) -> Prepared {
            let options = Options::new(Compatibility::Own);
            let mut variables = Variables::new(Compatibility::Own);
            variables.add(Layer::new("test", Matching::Exact).with("tag", "1.2"));
            let engine = Engine::new(&options, &variables).unwrap();
            let tree = SourceTree {
                reader: &source::SourceTree::open(&self.path("")).unwrap(),
                source: &self.path(name),
                checkout: &self.path(""),
                scope,
                exclude,
            };
            prepare(&engine, tree, self.temp.path()).unwrap()
        }
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_source_without_tokens_is_not_copied() {
        let scene = Scene::new(&[("src/a.yaml", "kind: X\n")]);
        assert_eq!(scene.prepared("src", Scope::Everything, &[]).path(), None);
    }

    #[test]
    fn a_source_with_tokens_is_copied_whole_and_stays_as_it_is() {
        let scene = Scene::new(&[
            ("src/sub/a.yaml", "image: web:#{tag}#\n"),
            ("src/b.yaml", "kind: X\n"),
        ]);
        let done = scene.prepared("src", Scope::Everything, &[]);
        let copy = done.path().unwrap().to_path_buf();
        assert_eq!(read(&copy.join("sub/a.yaml")), "image: web:1.2\n");
        assert_eq!(read(&copy.join("b.yaml")), "kind: X\n");
        assert_eq!(read(&scene.path("src/sub/a.yaml")), "image: web:#{tag}#\n");
        drop(done);
        assert!(!copy.exists());
    }

    #[test]
    fn what_lies_beside_the_source_is_within_reach() {
        let scene = Scene::new(&[
            ("apps/src/a.yaml", "#{tag}#"),
            ("common/c.yaml", "c"),
            ("apps/b.yaml", "b"),
        ]);
        let done = scene.prepared("apps/src", Scope::Everything, &[]);
        let copy = done.path().unwrap();
        assert_eq!(read(&copy.join("../../common/c.yaml")), "c");
        assert_eq!(read(&copy.join("../b.yaml")), "b");
    }

    #[test]
    fn every_name_of_a_linked_file_stays() {
        let scene = Scene::new(&[("src/one.yaml", "tag: #{tag}#"), ("src/base/two.yaml", "2")]);
        symlink("one.yaml", scene.path("src/again.yaml")).unwrap();
        symlink("base", scene.path("src/zbase")).unwrap();
        symlink("..", scene.path("src/base/back")).unwrap();
        symlink("/etc/hostname", scene.path("src/out")).unwrap();
        let done = scene.prepared("src", Scope::Everything, &[]);
        let copy = done.path().unwrap();
        assert_eq!(read(&copy.join("again.yaml")), "tag: 1.2");
        assert_eq!(read(&copy.join("zbase/two.yaml")), "2");
        assert!(
            copy.join("out").is_symlink(),
            "the generator refuses it, as it does without tokens"
        );
    }

    #[test]
    fn among_manifests_nothing_else_is_looked_at_and_nothing_that_is_excluded() {
        let scene = Scene::new(&[
            ("readme.md", "#{tag}#"),
            (".hidden/a.yaml", "#{tag}#"),
            ("gitops.yaml", "#{tag}#"),
            ("a/b.yml", "#{tag}#"),
        ]);
        let done = scene.prepared("", Scope::Manifests, &[scene.path("gitops.yaml")]);
        assert_eq!(done.counters.replaced, 1);
        assert!(!done.path().unwrap().join("gitops.yaml").exists());
    }

    #[test]
    fn a_single_file_is_a_source_too() {
        let scene = Scene::new(&[("src/a.yaml", "v: #{tag}#"), ("src/b.yaml", "b")]);
        let done = scene.prepared("src/a.yaml", Scope::Manifests, &[]);
        assert_eq!(read(done.path().unwrap()), "v: 1.2");
    }
}
