//! What a kustomization names, entry by entry: where each leads, whether that
//! may be, and how it is written for Kustomize.

use std::path::{Path, PathBuf};

use super::error::{KustomizeFault, Place};
use super::fields::{Entry, What};
use super::graph::{At, Content, Walk};
use super::remote::{self, Origin, Repository};
use crate::generate::Fault;
use crate::generate::reading::join;
use crate::text::yaml;
use crate::text::{Kind, Node};

impl Walk<'_> {
    /// An entry as it is written; `None` when nothing is left of it.
    pub(super) fn entry(&mut self, entry: Entry<'_>, at: &At<'_>) -> Result<Option<String>, Fault> {
        let place = at.place(entry.line);
        if matches!(entry.what, What::Plugin | What::Patch) && is_inline(entry.text) {
            return self.inline(&entry, place.line, at);
        }
        if entry.what == What::KeyedFile {
            let (key, path) = match entry.text.split_once('=') {
                Some((key, path)) => (Some(key), path),
                None => (None, entry.text),
            };
            let file = Entry {
                text: path,
                what: What::File,
                ..entry
            };
            let written = self.entry(file, at)?;
            return Ok(written.map(|path| key.map_or(path.clone(), |key| format!("{key}={path}"))));
        }
        if entry.text.is_empty() {
            // Kustomize says what is wrong with it, or takes it for nothing.
            return Ok(Some(String::new()));
        }
        if let Some((repository, folder)) = self.remote(&entry, &place)? {
            return self.fetched(&entry, repository, &folder, at, place);
        }
        let path = self.local(entry.field, entry.text, at, &place)?;
        if entry.what == What::ChartHome {
            return Ok(self.seen_from(at, self.position(at.tree, &path)));
        }
        let Some(real) = self.resolve(entry.field, entry.text, &path, at, &place)? else {
            return self.absent(&entry, &path, at, place);
        };
        if self.trees[at.tree].reader.is_folder(&real)? {
            if matches!(entry.what, What::File | What::Patch) {
                return Err(KustomizeFault::NoFile {
                    place,
                    field: entry.field,
                    entry: entry.text.to_owned(),
                }
                .into());
            }
            return self.base(at.tree, &real, &entry, at);
        }
        if entry.what == What::Folder {
            return Err(KustomizeFault::NoFolder {
                place,
                field: entry.field,
                entry: entry.text.to_owned(),
            }
            .into());
        }
        self.file(&entry, &path, real, at, place)
    }

    /// A file that an entry names.
    fn file(
        &mut self,
        entry: &Entry<'_>,
        path: &Path,
        real: PathBuf,
        at: &At<'_>,
        place: Place,
    ) -> Result<Option<String>, Fault> {
        if !real.starts_with(at.folder) {
            return Err(KustomizeFault::Restricted {
                place,
                field: entry.field,
                entry: entry.text.to_owned(),
            }
            .into());
        }
        // By way of a linked folder it may stand elsewhere by its letters.
        let stays = path.starts_with(at.folder) || path.file_name() != real.file_name();
        let position = self.position(at.tree, if stays { path } else { &real });
        let plugins = match entry.what {
            What::Plugin => Some(entry.field),
            What::Resource => at.plugins,
            _ => None,
        };
        if let Some(field) = plugins {
            let tree = &self.trees[at.tree];
            let text = tree.reader.text(&real)?.unwrap_or_default();
            let file = tree.show(path);
            let at_file = At { file: &file, ..*at };
            let written = self.plugins(&text, field, &at_file)?;
            self.put(position.as_deref(), Content::Written(written), &file)?;
        } else {
            let file = self.trees[at.tree].show(path);
            self.put(position.as_deref(), Content::Same(at.tree, real), &file)?;
        }
        Ok(self.seen_from(at, position))
    }

    /// A folder with a kustomization that an entry names.
    fn base(
        &mut self,
        tree: usize,
        real: &Path,
        entry: &Entry<'_>,
        at: &At<'_>,
    ) -> Result<Option<String>, Fault> {
        let plugins = match entry.what {
            What::Plugin => Some(entry.field),
            _ => at.plugins,
        };
        self.kustomization(tree, real, plugins, at.depth + 1)?;
        Ok(self.seen_from(at, self.position(tree, real)))
    }

    /// An entry that is not there; a values file may come with its chart.
    fn absent(
        &self,
        entry: &Entry<'_>,
        path: &Path,
        at: &At<'_>,
        place: Place,
    ) -> Result<Option<String>, Fault> {
        let mut pulled = self.graph.charts.iter().filter(|chart| chart.missing);
        if entry.what == What::File
            && pulled.any(|chart| {
                chart.tree == at.tree && chart.folders().iter().any(|home| path.starts_with(home))
            })
        {
            return Ok(self.seen_from(at, self.position(at.tree, path)));
        }
        Err(KustomizeFault::Missing {
            place,
            field: entry.field,
            entry: entry.text.to_owned(),
        }
        .into())
    }

    /// The text of a patch, or of configurations of plugins.
    fn inline(
        &mut self,
        entry: &Entry<'_>,
        line: usize,
        at: &At<'_>,
    ) -> Result<Option<String>, Fault> {
        if entry.what == What::Patch {
            // With a line feed it is no path and no address for Kustomize.
            return Ok(Some(format!("{}\n", entry.text)));
        }
        let at = At {
            line: Some(line),
            ..*at
        };
        let text = self.plugins(entry.text, entry.field, &at)?;
        Ok((!text.is_empty()).then_some(text))
    }

    /// Whether an entry comes from elsewhere. Refuses what may not be.
    fn remote(
        &self,
        entry: &Entry<'_>,
        place: &Place,
    ) -> Result<Option<(Repository, String)>, KustomizeFault> {
        let (place, field, shown) = (place.clone(), entry.field, remote::shown(entry.text));
        // Single files are fetched over HTTP only.
        let file = matches!(entry.what, What::File | What::Patch | What::ChartHome);
        match remote::origin(entry.text) {
            Origin::Local => Ok(None),
            Origin::Git { .. } if file && !entry.text.contains("://") => Ok(None),
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
            Origin::Git { .. } if file => Err(KustomizeFault::RemoteFile {
                place,
                field,
                entry: shown,
            }),
            Origin::Git { pinned: true } => match remote::repository(entry.text) {
                Some(_) if self.offline => Err(KustomizeFault::Offline {
                    place,
                    entry: shown,
                }),
                Some(found) => Ok(Some(found)),
                None => Err(KustomizeFault::Address {
                    place,
                    field,
                    entry: shown,
                }),
            },
        }
    }

    /// A folder of a repository that was fetched, or has to be.
    fn fetched(
        &mut self,
        entry: &Entry<'_>,
        repository: Repository,
        folder: &str,
        at: &At<'_>,
        place: Place,
    ) -> Result<Option<String>, Fault> {
        let mut trees = self.trees.iter();
        let known = trees.position(|tree| tree.repository.as_ref() == Some(&repository));
        let Some(tree) = known else {
            self.graph.wanted.push((repository, place));
            return Ok(None);
        };
        let reader = &self.trees[tree].reader;
        let path = join(reader.root(), folder);
        let inside = reader.below_root(&path).is_some();
        let real = if inside { reader.resolve(&path)? } else { None };
        match real {
            Some(real) if reader.is_folder(&real)? => self.base(tree, &real, entry, at),
            _ => Err(KustomizeFault::Missing {
                place,
                field: entry.field,
                entry: remote::shown(entry.text),
            }
            .into()),
        }
    }
}

/// Whether an entry is itself the text of a plugin or patch.
fn is_inline(text: &str) -> bool {
    let maps = |node: &Node| !matches!(node.kind, Kind::Scalar(..));
    text.contains('\n')
        || yaml::parse(text).is_ok_and(|all| all.iter().any(|document| maps(&document.root)))
}
