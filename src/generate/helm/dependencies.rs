//! What a chart depends on: compared with the lock, and brought together.
//!
//! helm renders whatever it finds in `charts`, whichever version that is. So
//! everything there is compared with the lock before. What is missing is
//! pulled, in exactly the locked version, into a private copy of the chart;
//! charts of the same checkout (`file://`) are always taken as they are now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::chart::{Chart, Dependency, name_and_version};
use super::error::HelmFault;
use super::origin::Origin;
use super::remote::{self, same_version, temporary, write};
use super::{HelmOptions, archive, copy};
use crate::generate::reading::{Reader, join};
use crate::generate::{Fault, off_thread};
use crate::model::Finding;
use crate::tools::Tools;

/// How deep charts of a checkout may depend on each other.
const DEPTH: usize = 16;

/// What is to be done before a chart can be rendered.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Charts of the checkout, by the path of what depends on them.
    local: Vec<Local>,
    /// Charts to pull: the `charts` folder below the copy, and which.
    missing: Vec<(PathBuf, Dependency)>,
    /// Warnings.
    pub findings: Vec<Finding>,
}

/// A chart of the checkout that another one depends on.
#[derive(Debug)]
struct Local {
    /// Its folder.
    from: PathBuf,
    /// Where it belongs, below the copy.
    to: PathBuf,
    /// What it replaces in that `charts` folder.
    replaced: Vec<std::ffi::OsString>,
}

impl Plan {
    /// Whether the chart can be rendered where it is.
    pub(super) fn is_empty(&self) -> bool {
        self.local.is_empty() && self.missing.is_empty()
    }

    /// Where the charts of the checkout will be below the chart, and how they are shown.
    pub(super) fn places(&self, reader: &Reader) -> Vec<(String, String)> {
        let local = self.local.iter();
        local
            .map(|local| (local.to.display().to_string(), reader.show(&local.from)))
            .collect()
    }
}

/// Something in a `charts` folder.
struct Present {
    file: std::ffi::OsString,
    shown: String,
    name: String,
    version: String,
}

/// Compares the dependencies of the chart in a checked folder with its lock
/// and with what is there.
pub(super) fn plan(reader: &Reader, folder: &Path, chart: &Chart) -> Result<Plan, Fault> {
    let mut plan = Plan::default();
    add(reader, folder, Path::new(""), chart, 0, &mut plan)?;
    Ok(plan)
}

fn add(
    reader: &Reader,
    folder: &Path,
    below: &Path,
    chart: &Chart,
    depth: usize,
    plan: &mut Plan,
) -> Result<(), Fault> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH));
    }
    if chart.dependencies.is_empty() {
        return Ok(());
    }
    let present = present(reader, folder)?;
    let lock = chart.fitting_lock()?;
    let charts = below.join("charts");
    for (at, wanted) in chart.dependencies.iter().enumerate() {
        // Both lists have the same order.
        let locked = lock.and_then(|lock| lock.dependencies.get(at));
        let locked = locked.filter(|locked| locked.name == wanted.name);
        let there: Vec<_> = present.iter().filter(|it| it.name == wanted.name).collect();
        if let Some(path) = wanted.repository.strip_prefix("file://") {
            let from = local_folder(reader, folder, path)?;
            let inner = Chart::read(reader, &from)?;
            check_local(reader, &from, &inner, wanted, locked, chart)?;
            let to = charts.join(&wanted.name);
            if plan.local.iter().all(|local| local.to != to) {
                add(reader, &from, &to, &inner, depth + 1, plan)?;
                let replaced = there.iter().map(|it| it.file.clone()).collect();
                plan.local.push(Local { from, to, replaced });
            }
            continue;
        }
        let version = match locked {
            Some(locked) => Some((locked.version.as_str(), chart.files.1)),
            None if is_exact(&wanted.version) => Some((wanted.version.as_str(), chart.files.0)),
            None => None,
        };
        check_present(&there, wanted, version, chart)?;
        match (there.is_empty(), locked) {
            (false, None) if version.is_none() => plan.findings.push(Finding::warning(
                reader.show(&folder.join(chart.files.0)),
                format!(
                    "nothing says which version of `{}` is meant: there is no {}, so whatever is in `charts` is rendered",
                    wanted.name, chart.files.1
                ),
            )),
            (false, _) => {}
            (true, _) if wanted.repository.is_empty() => {
                return Err(HelmFault::NoRepository(wanted.name.clone()).into());
            }
            (true, Some(locked)) if !is_exact(&locked.version) => {
                return Err(Fault::Shape {
                    file: reader.show(&folder.join(chart.files.1)),
                    place: String::new(),
                    message: format!("the version of `{}` is not exact", locked.name),
                });
            }
            (true, Some(locked)) => plan.missing.push((charts.clone(), locked.clone())),
            (true, None) => {
                return Err(HelmFault::NoLock {
                    dependency: wanted.name.clone(),
                    lock: chart.files.1,
                }
                .into());
            }
        }
    }
    let unknown = present.iter().filter(|it| {
        let mut names = chart.dependencies.iter().map(|wanted| &wanted.name);
        names.all(|name| *name != it.name)
    });
    plan.findings.extend(unknown.map(|it| {
        Finding::warning(
            &it.shown,
            format!(
                "{} does not name it, but helm renders it: delete it if it is left over",
                chart.files.0
            ),
        )
    }));
    Ok(())
}

/// What is in the folder `charts`, as helm sees it.
fn present(reader: &Reader, folder: &Path) -> Result<Vec<Present>, Fault> {
    let folder = folder.join("charts");
    if !reader.is_folder(&folder)? {
        return Ok(Vec::new());
    }
    let mut present = Vec::new();
    for entry in reader.entries(&folder)? {
        let name = entry.name.to_string_lossy().into_owned();
        let path = folder.join(&entry.name);
        if name.starts_with(['.', '_']) {
            continue;
        }
        let shown = reader.show(&path);
        let text = if reader.is_folder(&path)? {
            reader.text(&path.join("Chart.yaml"))?
        } else if path.extension().is_some_and(|end| end == "tgz") {
            let bytes = reader.bytes(&path)?.unwrap_or_default();
            let text = archive::chart_file(&bytes).map_err(|reason| HelmFault::Archive {
                file: shown.clone(),
                reason,
            });
            Some(text?)
        } else {
            None
        };
        if let Some(text) = text {
            let (name, version) = name_and_version(&text, &shown)?;
            present.push(Present {
                file: entry.name,
                shown,
                name,
                version,
            });
        }
    }
    Ok(present)
}

/// What is there must be the version that is meant, and be there once.
fn check_present(
    there: &[&Present],
    wanted: &Dependency,
    version: Option<(&str, &'static str)>,
    chart: &Chart,
) -> Result<(), Fault> {
    let Some((version, wanted_by)) = version else {
        return match there {
            [first, second, ..] => Err(twice(first, second)),
            _ => Ok(()),
        };
    };
    let mut right = there.iter().filter(|it| same_version(&it.version, version));
    let (first, second) = (right.next(), right.next());
    if let (Some(first), Some(second)) = (first, second) {
        return Err(twice(first, second));
    }
    // The same chart may be meant in another version too, under an alias.
    let meant = |found: &str| {
        let locked = chart.lock.iter().flat_map(|lock| &lock.dependencies);
        let mut all = locked.chain(&chart.dependencies);
        all.any(|other| other.name == wanted.name && same_version(&other.version, found))
    };
    match there.iter().find(|it| !meant(&it.version)) {
        Some(wrong) => Err(HelmFault::WrongVersion {
            place: wrong.shown.clone(),
            name: wrong.name.clone(),
            found: wrong.version.clone(),
            wanted: version.to_owned(),
            wanted_by,
        }
        .into()),
        None => Ok(()),
    }
}

fn twice(first: &Present, second: &Present) -> Fault {
    HelmFault::TwoArchives {
        name: first.name.clone(),
        first: first.shown.clone(),
        second: second.shown.clone(),
    }
    .into()
}

/// The folder that `file://` leads to, in the checkout.
fn local_folder(reader: &Reader, folder: &Path, path: &str) -> Result<PathBuf, Fault> {
    let target = if Path::new(path).is_absolute() {
        PathBuf::from(path)
    } else {
        join(folder, path)
    };
    reader.check(&target)?;
    Ok(target)
}

fn check_local(
    reader: &Reader,
    from: &Path,
    inner: &Chart,
    wanted: &Dependency,
    locked: Option<&Dependency>,
    chart: &Chart,
) -> Result<(), Fault> {
    let (version, wanted_by) = match locked {
        Some(locked) => (&locked.version, chart.files.1),
        None if is_exact(&wanted.version) => (&wanted.version, chart.files.0),
        None => (&inner.version, chart.files.0),
    };
    if inner.name == wanted.name && same_version(&inner.version, version) {
        return Ok(());
    }
    Err(HelmFault::WrongVersion {
        place: reader.show(from),
        name: inner.name.clone(),
        found: inner.version.clone(),
        wanted: format!("{} {version}", wanted.name),
        wanted_by,
    }
    .into())
}

/// Whether a version is one, and not a range.
pub(super) fn is_exact(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let numbers: Vec<_> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    numbers.len() == 3 && numbers.iter().all(number) && version.chars().all(letter)
}

/// A private copy of the chart with everything that it depends on.
pub(super) async fn together(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &HelmOptions,
    chart: &Path,
    plan: Plan,
) -> Result<(TempDir, PathBuf), Fault> {
    let folder = tools.private_folder()?;
    let copy = folder.path().join("chart");
    let missing = plan.missing.clone();
    {
        let (reader, chart, copy) = (Arc::clone(reader), chart.to_path_buf(), copy.clone());
        off_thread(move || copied(&reader, &chart, &copy, &plan)).await?;
    }
    for (charts, dependency) in &missing {
        let origin = Origin::of_dependency(&dependency.repository, &dependency.name)?;
        let pulled = remote::pull(tools, options, &origin, &dependency.version).await?;
        let charts = copy.join(charts);
        let file = charts.join(format!("{}-{}.tgz", dependency.name, dependency.version));
        std::fs::create_dir_all(&charts).map_err(|source| temporary(&file, source))?;
        write(&file, &pulled.bytes)?;
    }
    Ok((folder, copy))
}

fn copied(reader: &Reader, chart: &Path, copy: &Path, plan: &Plan) -> Result<(), Fault> {
    copy::copy(reader, chart, copy)?;
    // The outermost come last in the plan, and must not overwrite the others.
    for local in plan.local.iter().rev() {
        let to = copy.join(&local.to);
        let charts = to.parent().unwrap_or(copy);
        for old in &local.replaced {
            let old = charts.join(old);
            remove(&old).map_err(|source| temporary(&old, source))?;
        }
        copy::copy(reader, &local.from, &to)?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the copy is private, and this is its owner"
)]
fn remove(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else if path.exists() {
        std::fs::remove_file(path)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("1.2.3", true)]
    #[case("v1.2.3", true)]
    #[case("1.2.3-rc.1+build.5", true)]
    #[case("1.2", false)]
    #[case("1.2.x", false)]
    #[case("^1.2.3", false)]
    #[case(">=1.2.3", false)]
    #[case("1.2.3 - 2.0.0", false)]
    #[case("1.2.3 || 2.0.0", false)]
    #[case("", false)]
    fn a_range_is_no_version(#[case] version: &str, #[case] exact: bool) {
        assert_eq!(is_exact(version), exact);
    }
}
