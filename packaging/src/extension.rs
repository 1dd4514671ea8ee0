//! `vss-extension.json`, its rules, and the files that it puts into the package.
//!
//! Unknown keys are errors: what this program does not carry over into the
//! package would otherwise be lost in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::archive::{Part, Parts};
use crate::manifest;
use crate::platform::{Binary, Platform};
use crate::{tab, task};

/// The type of a contribution that is a task.
const TASK: &str = "ms.vss-distributed-task.task";

/// The extension as `vss-extension.json` describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct Extension {
    pub manifest_version: u32,
    pub id: String,
    pub version: String,
    pub name: String,
    pub publisher: String,
    pub description: String,
    pub public: bool,
    pub categories: Vec<String>,
    pub tags: Vec<String>,
    pub targets: Vec<Target>,
    pub icons: Icons,
    pub content: Content,
    pub branding: Branding,
    pub files: Vec<File>,
    pub scopes: Vec<String>,
    pub contributions: Vec<serde_json::Value>,
}

/// A product that the extension can be installed in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct Target {
    pub id: String,
    pub version: Option<String>,
}

/// Paths of the icons.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct Icons {
    pub default: String,
    pub large: String,
}

/// The pages of the Marketplace entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct Content {
    pub details: Page,
    pub license: Page,
}

/// One page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct Page {
    pub path: String,
}

/// Colours of the Marketplace entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct Branding {
    pub color: String,
    pub theme: String,
}

/// A folder that goes into the package; pages may load the files of one that is addressable.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the file format")]
pub struct File {
    pub path: String,
    pub package_path: String,
    #[serde(default)]
    pub addressable: bool,
}

impl Extension {
    /// Reads and checks `vss-extension.json` in `root`.
    ///
    /// # Errors
    /// When it cannot be read or breaks a rule of the Marketplace.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let path = root.join("vss-extension.json");
        let text =
            fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let extension: Self =
            serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
        extension.check().context("vss-extension.json")?;
        Ok(extension)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.manifest_version == 1, "manifestVersion is not 1");
        ensure!(
            self.id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-')
                && self.id.starts_with(|c: char| c.is_ascii_alphanumeric()),
            "the id `{}` has other characters than letters, digits and hyphens",
            self.id
        );
        let numbers: Vec<_> = self.version.split('.').map(str::parse::<u32>).collect();
        ensure!(
            matches!(numbers.len(), 3 | 4) && numbers.iter().all(Result::is_ok),
            "the version `{}` is not three or four numbers",
            self.version
        );
        ensure!(self.name.len() <= 200, "the name is longer than 200");
        ensure!(
            self.description.len() <= 200,
            "the description is longer than 200"
        );
        ensure!(!self.publisher.is_empty(), "there is no publisher");
        ensure!(!self.targets.is_empty(), "there is no target");
        ensure!(
            self.categories == ["Azure Pipelines"],
            "the category is not Azure Pipelines"
        );
        Ok(())
    }

    /// The folders of the contributed tasks, seen from the root.
    ///
    /// # Errors
    /// When a contribution appears twice, is neither a task nor a tab, or names a folder
    /// that `files` does not put at that place in the package.
    pub fn task_folders(&self) -> anyhow::Result<Vec<&str>> {
        let mut ids = BTreeSet::new();
        let mut folders = Vec::new();
        for contribution in &self.contributions {
            let id = contribution["id"]
                .as_str()
                .context("a contribution has no id")?;
            ensure!(ids.insert(id), "the contribution `{id}` is there twice");
            if contribution["type"] == tab::TYPE {
                continue;
            }
            ensure!(
                contribution["type"] == TASK
                    && contribution["targets"]
                        == serde_json::json!(["ms.vss-distributed-task.tasks"]),
                "the contribution `{id}` is no task for ms.vss-distributed-task.tasks and no tab"
            );
            let name = contribution["properties"]["name"]
                .as_str()
                .with_context(|| format!("the contribution `{id}` names no folder"))?;
            let file = self
                .files
                .iter()
                .find(|f| f.package_path == name)
                .with_context(|| {
                    format!("no entry in `files` has the package path `{name}` of `{id}`")
                })?;
            folders.push(file.path.as_str());
        }
        Ok(folders)
    }

    /// The folders of the contributed tasks, relative to the root of the package.
    fn task_names(&self) -> impl Iterator<Item = &str> {
        let tasks = self.contributions.iter().filter(|one| one["type"] == TASK);
        tasks.filter_map(|one| one["properties"]["name"].as_str())
    }

    /// Every part of the package. A `bin` folder on disk is not taken: the
    /// binaries are those that are named.
    ///
    /// # Errors
    /// When a file cannot be read, a task breaks a rule, a binary is for
    /// another platform, or a name is not possible in a package.
    pub fn parts(&self, root: &Path, binaries: &[Binary]) -> anyhow::Result<Parts> {
        let mut parts = Parts::new();
        for path in [
            &self.icons.default,
            &self.icons.large,
            &self.content.details.path,
            &self.content.license.path,
        ] {
            parts.insert(path.clone(), Part::file(read(root, path)?));
        }
        let mut addressable = Vec::new();
        for file in &self.files {
            for name in list(&root.join(&file.path))? {
                let bytes = read(root, &format!("{}/{name}", file.path))?;
                let place = format!("{}/{name}", file.package_path);
                addressable.extend(file.addressable.then(|| place.clone()));
                parts.insert(place, Part::file(bytes));
            }
        }
        addressable.sort();
        tab::check(self, &task_ids(root, &self.task_folders()?)?, &addressable)?;
        for folder in self.task_folders()? {
            let problems = task::check(&root.join(folder))?;
            ensure!(
                problems.is_empty(),
                "{folder}/task.json:\n- {}",
                problems.join("\n- ")
            );
        }
        for binary in binaries {
            let bytes = fs::read(&binary.path)
                .with_context(|| format!("reading the binary {}", binary.path.display()))?;
            ensure!(
                binary.platform.accepts(&bytes),
                "{} is not an executable for {}",
                binary.path.display(),
                binary.platform
            );
            let executable = binary.platform != Platform::Win32X64;
            for folder in self.task_names() {
                parts.insert(
                    format!("{folder}/{}", binary.platform.binary()),
                    Part {
                        bytes: bytes.clone(),
                        executable,
                    },
                );
            }
        }
        parts.insert(
            manifest::VSIX.into(),
            Part::file(manifest::vsix(self, addressable.iter().map(String::as_str))),
        );
        parts.insert(manifest::VSO.into(), Part::file(manifest::vso(self)));
        let types = manifest::content_types(parts.keys().map(String::as_str))?;
        check_names(&parts)?;
        parts.insert(manifest::CONTENT_TYPES.into(), Part::file(types));
        Ok(parts)
    }
}

/// The ids of tasks.
fn task_ids(root: &Path, folders: &[&str]) -> anyhow::Result<Vec<serde_json::Value>> {
    let id = |folder: &&str| {
        let task: serde_json::Value =
            serde_json::from_slice(&read(root, &format!("{folder}/task.json"))?)
                .with_context(|| format!("reading {folder}/task.json"))?;
        Ok(task["id"].clone())
    };
    folders.iter().map(id).collect()
}

fn read(root: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    fs::read(root.join(name)).with_context(|| format!("reading {name} for the package"))
}

/// The files of a task folder but for its binaries, seen from it.
fn list(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry.with_context(|| format!("listing {}", folder.display()))?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| anyhow::anyhow!("the name {} is not UTF-8", name.display()))?;
        let directory = entry.path().is_dir();
        ensure!(
            !directory || name == "bin",
            "{} holds the folder {name}; only bin is expected",
            folder.display()
        );
        if !directory {
            names.push(name);
        }
    }
    Ok(names)
}

/// What the package format (OPC) permits in the name of a part.
fn check_names(parts: &Parts) -> anyhow::Result<()> {
    let mut seen = BTreeMap::new();
    for name in parts.keys() {
        ensure!(
            !name.contains(|c: char| c.is_whitespace() || "#^[]<>?\\%".contains(c))
                && name.split('/').all(|s| !s.is_empty() && !s.ends_with('.')),
            "`{name}` cannot be the name of a part"
        );
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            anyhow::bail!("`{other}` and `{name}` differ in case only");
        }
    }
    Ok(())
}
