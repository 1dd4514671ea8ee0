//! What one entry of a definition asks for, and where it goes.

use std::path::{Path, PathBuf};

use url::Url;

use super::access::hide_embedded;
use super::files::Files;
use super::lock::Wanted;
use super::{AccessPolicy, Fault, Surroundings};
use crate::definition::{Component, Generator};
use crate::git::Revision;
use crate::host::{self, HostKind, Location, Place};
use crate::model::{Finding, RedactedUrl, RelPath};

/// One thing to install.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// The entry's names from the root.
    pub label: String,
    /// The folder that it becomes.
    pub target: PathBuf,
    /// The same, as it stands in the lock file.
    pub key: String,
    pub wanted: Wanted,
    pub how: How,
    /// The source as it is written, for access.yaml.
    pub written: String,
}

/// How it comes.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// The files of a commit; `chart` is where in them a chart is.
    Git {
        location: Location,
        revision: Revision,
        chart: Option<String>,
    },
    /// A chart of a repository.
    Chart { repository: Url, name: String },
    /// A chart of a registry.
    Oci { reference: String },
    /// One file, and its name.
    File { url: Url, name: String },
}

/// A component that asks for things, as far as that is concerned.
pub(super) struct Asker<'a> {
    pub files: &'a Files,
    pub folder: &'a Path,
    /// It comes from elsewhere.
    pub foreign: bool,
    /// Whether what only this machine can open is opened.
    pub access: AccessPolicy,
    pub around: &'a dyn Surroundings,
}

impl Asker<'_> {
    /// What a listed component asks for: a repository, or nothing.
    pub(super) fn repository(&self, entry: &Component, label: &str) -> Result<Option<Wish>, Fault> {
        if entry.generator != Generator::Component || entry.method != "git" {
            return Ok(None);
        }
        if entry.source.is_empty() {
            return Err(Fault::NoSource);
        }
        let target = entry.installed(self.folder);
        self.git(entry, label, target, None).map(Some)
    }

    /// What a component's own generator needs.
    pub(super) fn own(
        &self,
        component: &Component,
        label: &str,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Wish>, Fault> {
        let http = component.method.eq_ignore_ascii_case("http");
        match (component.generator, component.method.as_str()) {
            (Generator::Helm, "git" | "helm") if component.source.is_empty() => Ok(None),
            (Generator::Helm, "git") => {
                let target = component.installed_chart(self.folder);
                let chart = Some(component.path.clone());
                self.git(component, label, target, chart).map(Some)
            }
            (Generator::Helm, "helm") if component.path.is_empty() => {
                findings.push(Finding::warning(
                    label,
                    "no chart is installed: for the method helm, `path` names the chart",
                ));
                Ok(None)
            }
            (Generator::Helm, "helm") => self.chart(component, label).map(Some),
            (Generator::Static, "git") => {
                findings.push(Finding::warning(
                    label,
                    "nothing is installed: static files do not come by git. Make it a component, with the static one inside it",
                ));
                Ok(None)
            }
            (Generator::Static, _) if http => self.file(component, label).map(Some),
            _ => Ok(None),
        }
    }

    fn git(
        &self,
        entry: &Component,
        label: &str,
        target: PathBuf,
        chart: Option<String>,
    ) -> Result<Wish, Fault> {
        let location = self.location(&entry.source)?;
        let revision = match (entry.version.as_str(), entry.branch.as_str()) {
            ("", "") => Revision::Default,
            ("", branch) => Revision::Branch(branch.to_owned()),
            (version, _) => Revision::Version(version.to_owned()),
        };
        let source = match &location.place {
            Place::Path(_) => entry.source.clone(),
            Place::Url(url) => url.to_string(),
            Place::Ssh(address) => address.to_string(),
        };
        let wanted = Wanted {
            method: "git".to_owned(),
            source,
            branch: entry.branch.clone(),
            version: entry.version.clone(),
            chart: String::new(),
        };
        let how = How::Git {
            location,
            revision,
            chart,
        };
        self.wish(entry, label, target, wanted, how)
    }

    /// Where a repository is. What has no scheme is a path, as for git.
    fn location(&self, source: &str) -> Result<Location, Fault> {
        let resolved = host::resolve(source, None);
        let is_path = !source.contains("://")
            && !matches!(&resolved, Ok(it) if matches!(it.place, Place::Ssh(_)));
        let location = if is_path {
            let path = self.files.source.join(source);
            // A relative path could be read as the short form of an address.
            let path = std::path::absolute(&path).unwrap_or(path);
            host::resolve(&path.display().to_string(), Some(HostKind::Git))
        } else {
            resolved
        };
        let location = location.map_err(|error| Fault::Address(in_words(&error)))?;
        match &location.place {
            // The keys of this machine open more than the author of a pull
            // request may see.
            Place::Ssh(address) if self.access == AccessPolicy::Refuse => {
                return Err(Fault::SshRefused(address.to_string()));
            }
            Place::Path(_) if self.foreign => return Err(Fault::ForeignPath(source.to_owned())),
            Place::Path(path) if self.access == AccessPolicy::Refuse => {
                if self.files.real(path).is_err() {
                    return Err(Fault::PathRefused(source.to_owned()));
                }
            }
            Place::Path(_) | Place::Ssh(_) => {}
            Place::Url(_) => {
                if let Ok(url) = Url::parse(source) {
                    hide_embedded(&url, self.around);
                }
            }
        }
        Ok(location)
    }

    fn chart(&self, component: &Component, label: &str) -> Result<Wish, Fault> {
        let source = component.source.trim_end_matches('/');
        let name = component.path.clone();
        RelPath::parse(&name)?;
        let (how, shown) = if source.starts_with("oci://") {
            let reference = format!("{source}/{name}");
            (How::Oci { reference }, source.to_owned())
        } else {
            let repository = self.url(source)?;
            let shown = RedactedUrl::new(repository.clone()).to_string();
            (
                How::Chart {
                    repository,
                    name: name.clone(),
                },
                shown,
            )
        };
        let wanted = Wanted {
            method: "helm".to_owned(),
            source: shown,
            branch: String::new(),
            version: component.version.clone(),
            chart: name,
        };
        let target = component.installed_chart(self.folder);
        self.wish(component, label, target, wanted, how)
    }

    fn file(&self, component: &Component, label: &str) -> Result<Wish, Fault> {
        let url = self.url(&component.source)?;
        let shown = RedactedUrl::new(url.clone()).to_string();
        let ending = url.path().to_ascii_lowercase();
        let written = component.source.to_ascii_lowercase();
        let is_yaml = |text: &str| [".yaml", ".yml"].iter().any(|end| text.ends_with(end));
        if !is_yaml(&ending) && !is_yaml(&written) {
            return Err(Fault::NotYaml(shown));
        }
        let wanted = Wanted {
            method: "http".to_owned(),
            source: shown,
            branch: String::new(),
            version: String::new(),
            chart: String::new(),
        };
        let name = format!("{}.yaml", component.name);
        let target = component.installed(self.folder);
        self.wish(component, label, target, wanted, How::File { url, name })
    }

    fn url(&self, text: &str) -> Result<Url, Fault> {
        let url = Url::parse(text).map_err(|error| {
            Fault::Address(format!("is not an address that can be understood: {error}"))
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            let said = format!(
                "has the scheme {:?}; only https and http are supported",
                url.scheme()
            );
            return Err(Fault::Address(said));
        }
        hide_embedded(&url, self.around);
        Ok(url)
    }

    fn wish(
        &self,
        entry: &Component,
        label: &str,
        target: PathBuf,
        wanted: Wanted,
        how: How,
    ) -> Result<Wish, Fault> {
        let name = RelPath::parse(&entry.name)?;
        if name.segments().count() > 1 {
            return Err(Fault::NameHasSlash(entry.name.clone()));
        }
        Ok(Wish {
            label: label.to_owned(),
            key: self.files.key(&target),
            target,
            wanted,
            how,
            written: entry.source.clone(),
        })
    }
}

/// What is wrong with an address, without the words for the manifest repository.
fn in_words(error: &host::Error) -> String {
    match error {
        host::Error::Scheme(scheme) => {
            format!("has the scheme {scheme:?}; only https, http and file are supported")
        }
        host::Error::Address { text, reason } => {
            format!("{text:?} is not an address that can be understood: {reason}")
        }
        host::Error::Empty => "is empty".to_owned(),
        error @ host::Error::Credentials(_) => error.to_string(),
    }
}
