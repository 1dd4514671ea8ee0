//! What a kustomization names, entry by entry: where each leads, whether that
//! may be, and how it is written for Kustomize.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::KustomizeAllow;
use super::error::{KustomizeFault, Place};
use super::fields::{Entry, What};
use super::graph::{At, Content, Walk, Wanted};
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
                what: What::Data,
                ..entry
            };
            let written = self.entry(file, at)?;
            return Ok(written.map(|path| key.map_or(path.clone(), |key| format!("{key}={path}"))));
        }
        if entry.text.is_empty() {
            // Kustomize says what is wrong with it, or takes it for nothing.
            return Ok(Some(String::new()));
        }
        match self.remote(&entry, at, &place)? {
            Elsewhere::Nowhere => {}
            Elsewhere::File => return self.served(&entry, at, place),
            Elsewhere::Repository(repository, folder) => {
                return self.fetched(&entry, repository, &folder, at, place);
            }
        }
        let path = self.local(entry.field, entry.text, at, &place)?;
        if entry.what == What::ChartHome {
            return Ok(self.seen_from(&entry, at, self.position(at.tree, &path))?);
        }
        let Some(real) = self.resolve(entry.field, entry.text, &path, at, &place)? else {
            return self.absent(&entry, &path, at, place);
        };
        if self.trees[at.tree].reader.is_folder(&real)? {
            if entry.what.names_a_file() || entry.what == What::Patch {
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
        // What comes from elsewhere never gets more, as with Kustomize itself.
        let own = self.trees[at.tree].repository.is_none();
        let free = own && self.allows(KustomizeAllow::FilesOutsideRoot);
        if !real.starts_with(at.folder) && !free {
            return Err(KustomizeFault::Restricted {
                place,
                field: entry.field,
                entry: entry.text.to_owned(),
                own,
            }
            .into());
        }
        if let Some((formats, ends)) = entry.what.formats()
            && !self.trees[at.tree].reader.fits(&real, formats)
        {
            return Err(KustomizeFault::Format {
                place,
                field: entry.field,
                entry: entry.text.to_owned(),
                ends,
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
        Ok(self.seen_from(entry, at, position)?)
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
        Ok(self.seen_from(entry, at, self.position(tree, real))?)
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
        if entry.what.names_a_file()
            && pulled.any(|chart| {
                chart.tree == at.tree && chart.folders().iter().any(|home| path.starts_with(home))
            })
        {
            return Ok(self.seen_from(entry, at, self.position(at.tree, path))?);
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
        at: &At<'_>,
        place: &Place,
    ) -> Result<Elsewhere, KustomizeFault> {
        let (place, field, shown) = (place.clone(), entry.field, remote::shown(entry.text));
        // Single files are fetched over HTTP only.
        let file = entry.what.names_a_file() || matches!(entry.what, What::Patch | What::ChartHome);
        // What a plugin names is data; what stands where plugins stand is none.
        let in_place = entry.what == What::Resource && at.plugins.is_some();
        let plugin = entry.what == What::Plugin || in_place;
        let origin = remote::origin(entry.text);
        match origin {
            Origin::Local => Ok(Elsewhere::Nowhere),
            Origin::Git { .. } if file && !entry.text.contains("://") => Ok(Elsewhere::Nowhere),
            Origin::Disk => Err(self.outside(field, entry.text, &place)),
            Origin::File => self.may_be_served(entry, plugin, place, shown),
            Origin::Git { .. } if entry.what == What::Plugin => Err(foreign_plugin(place, &shown)),
            Origin::Git { pinned: false } if !self.is_tagged(entry.text) => {
                Err(KustomizeFault::Unpinned {
                    place,
                    field,
                    entry: shown,
                })
            }
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
                served: false,
            }),
            Origin::Git { pinned } => match remote::repository(entry.text) {
                Some(_) if self.rules.offline => Err(KustomizeFault::Offline {
                    place,
                    entry: shown,
                }),
                // A commit proves what it is; a tag does not.
                Some((found, _)) if !pinned && remote::is_plain(&found.address) => {
                    Err(KustomizeFault::Plain {
                        place,
                        field,
                        entry: shown,
                    })
                }
                Some((found, folder)) => Ok(Elsewhere::Repository(found, folder)),
                None => Err(KustomizeFault::Address {
                    place,
                    field,
                    entry: shown,
                }),
            },
        }
    }

    fn is_tagged(&self, entry: &str) -> bool {
        self.allows(KustomizeAllow::Tags) && remote::tag(entry).is_some()
    }

    /// Whether a file on a server may be taken for an entry.
    fn may_be_served(
        &self,
        entry: &Entry<'_>,
        plugin: bool,
        place: Place,
        shown: String,
    ) -> Result<Elsewhere, KustomizeFault> {
        let field = entry.field;
        let served =
            entry.what.names_a_file() || matches!(entry.what, What::Resource | What::Patch);
        if plugin {
            return Err(foreign_plugin(place, &shown));
        }
        if !served || !self.allows(KustomizeAllow::Urls) {
            return Err(KustomizeFault::RemoteFile {
                place,
                field,
                entry: shown,
                served,
            });
        }
        if remote::has_credentials(entry.text) {
            return Err(KustomizeFault::Credentials {
                place,
                entry: shown,
            });
        }
        if !remote::is_encrypted(entry.text) {
            return Err(KustomizeFault::Plain {
                place,
                field,
                entry: shown,
            });
        }
        if self.rules.offline {
            return Err(KustomizeFault::Offline {
                place,
                entry: shown,
            });
        }
        Ok(Elsewhere::File)
    }

    /// A file of a server that was fetched, or has to be. It stands below the
    /// folder that names it, under its own name.
    fn served(
        &mut self,
        entry: &Entry<'_>,
        at: &At<'_>,
        place: Place,
    ) -> Result<Option<String>, Fault> {
        let url = entry.text.trim();
        let Some(content) = self.fetched.get(url).map(Arc::clone) else {
            self.graph
                .wanted
                .push((Wanted::File(url.to_owned()), place));
            return Ok(None);
        };
        if entry.what == What::Resource {
            let text = std::str::from_utf8(&content).map_err(|_| "it is not UTF-8 text".to_owned());
            let parsed = text.and_then(|text| yaml::parse(text).map_err(|it| it.to_string()));
            parsed.map_err(|reason| KustomizeFault::Served {
                place,
                entry: remote::shown(url),
                reason,
            })?;
        }
        let name = remote::file_name(url);
        let folder = at.folder.join(remote::private_name(url));
        let position = self.position(at.tree, &folder.join(name));
        let content = Content::Fetched(content);
        self.put(position.as_deref(), content, &remote::shown(url))?;
        Ok(self.seen_from(entry, at, position)?)
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
            let wanted = Wanted::Repository(repository);
            self.graph.wanted.push((wanted, place));
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

/// Where an entry leads.
enum Elsewhere {
    /// To a path.
    Nowhere,
    /// To a file on a server.
    File,
    /// To a folder of a repository.
    Repository(Repository, String),
}

fn foreign_plugin(place: Place, shown: &str) -> KustomizeFault {
    KustomizeFault::Plugin {
        place,
        what: format!("a plugin from elsewhere, `{shown}`,"),
    }
}

/// Whether an entry is itself the text of a plugin or patch.
fn is_inline(text: &str) -> bool {
    let maps = |node: &Node| !matches!(node.kind, Kind::Scalar(..));
    text.contains('\n')
        || yaml::parse(text).is_ok_and(|all| all.iter().any(|document| maps(&document.root)))
}
