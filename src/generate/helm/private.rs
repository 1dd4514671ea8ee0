//! A chart in a private folder, as helm gets it: everything in it was read,
//! unpacked and looked at by us before.
//!
//! Owns the unpacking of packed charts, those in `charts` included, by the
//! rules for archives from elsewhere; helm itself opens no archive.

use std::path::{Path, PathBuf};

use super::chart;
use super::error::HelmFault;
use super::places::Places;
use super::remote::temporary;
use super::schema;
use crate::generate::Fault;
use crate::model::{Finding, RelPath};
use crate::source::{Kind, SourceTree};
use crate::tools::archive::{self, Limits};

/// How deep packed charts may lie in each other.
const DEPTH: usize = 16;

/// Unpacks a packed chart below the empty folder `into`; gives back its own
/// folder there.
pub(in crate::generate) fn unpack(
    bytes: &[u8],
    into: &Path,
    shown: &str,
) -> Result<PathBuf, HelmFault> {
    unpack_within(bytes, into, shown, &mut Limits::text())
}

/// The same within what is left of the limits.
fn unpack_within(
    bytes: &[u8],
    into: &Path,
    shown: &str,
    limits: &mut Limits,
) -> Result<PathBuf, HelmFault> {
    let broken = |reason: String| HelmFault::Archive {
        file: shown.to_owned(),
        reason,
    };
    let files = archive::unpack_bytes(bytes, archive::Kind::TarGz, into, limits)
        .map_err(|error| broken(error.to_string()))?;
    let size = |file: &RelPath| file.on_disk(into).metadata().map_or(0, |meta| meta.len());
    let total: u64 = files.iter().map(size).sum();
    limits.total = limits.total.saturating_sub(total);
    limits.entries = limits.entries.saturating_sub(files.len());
    let tops = files
        .iter()
        .filter_map(|file| file.as_str().split_once('/'));
    let mut own = tops.filter(|(_, inner)| *inner == "Chart.yaml");
    match (own.next(), own.next()) {
        (Some((top, _)), None) => Ok(into.join(top)),
        (None, _) => Err(broken("it has no Chart.yaml".to_owned())),
        (Some(_), Some(_)) => Err(broken("it holds several charts".to_owned())),
    }
}

/// Unpacks what is packed in the `charts` folders of a private copy, and takes
/// schemas out that refer to anything outside of themselves; each is a warning.
///
/// Our reader of YAML refuses the characters that end a line for helm's and not for ours
/// (U+0085, U+2028, U+2029), so what is looked at here means the same to both. Nothing of
/// ours looks at the `values.yaml` of a chart before helm does: it may hold them.
pub(in crate::generate) fn check(chart: &Path, places: &mut Places) -> Result<Vec<Finding>, Fault> {
    // Together they may hold as much as one chart.
    unpack_dependencies(chart, "", places, 0, &mut Limits::text())?;
    let tree = SourceTree::open(chart)?.seen_from(chart.to_path_buf(), PathBuf::from("."));
    let mut findings = Vec::new();
    for file in tree.below(chart)? {
        if describes(&file.name) {
            let text = tree.text(&file.path)?.unwrap_or_default();
            chart::check(&text, &places.file(&file.name))?;
        }
        if !schema::is_schema(&file.name) {
            continue;
        }
        let text = tree.bytes(&file.path)?.unwrap_or_default();
        let Some(reason) = schema::leads_out(&text) else {
            continue;
        };
        remove(&file.path).map_err(|source| temporary(&file.path, source))?;
        findings.push(Finding::warning(
            places.file(&file.name),
            format!("values are not checked against this schema: {reason}"),
        ));
    }
    Ok(findings)
}

/// Whether helm reads a file for what a chart is: its own, or that of a chart in it.
fn describes(name: &str) -> bool {
    let mut steps: Vec<_> = name.split('/').collect();
    let file = steps.pop();
    let is_hidden = |step: &&str| step.starts_with(['.', '_']);
    matches!(file, Some("Chart.yaml" | "requirements.yaml"))
        && steps.chunks(2).all(|pair| {
            pair.first() == Some(&"charts") && pair.get(1).is_some_and(|name| !is_hidden(name))
        })
}

/// `below` is the chart's own place in the outermost one: empty, or with a `/` at its end.
fn unpack_dependencies(
    chart: &Path,
    below: &str,
    places: &mut Places,
    depth: usize,
    limits: &mut Limits,
) -> Result<(), Fault> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH));
    }
    let charts = chart.join("charts");
    let tree = SourceTree::open(chart)?;
    for entry in tree.entries(&charts)?.unwrap_or_default() {
        let path = charts.join(&entry.name);
        let name = entry.name.to_string_lossy();
        let inner = format!("{below}charts/{name}");
        if entry.kind == Kind::Folder {
            called(&tree, &path, below, &inner, places)?;
            unpack_dependencies(&path, &format!("{inner}/"), places, depth + 1, limits)?;
        }
        let packed = name
            .strip_suffix(".tgz")
            .filter(|_| !name.starts_with(['.', '_']));
        let Some(stem) = packed.filter(|_| entry.kind == Kind::File) else {
            continue;
        };
        let bytes = tree.bytes(&path)?.unwrap_or_default();
        let beside = tempfile::Builder::new()
            .prefix(".unpack-")
            .tempdir_in(&charts)
            .map_err(|source| temporary(&path, source))?;
        let shown = places.file(&inner);
        let own = unpack_within(&bytes, beside.path(), &shown, limits)?;
        let mut target = charts.join(stem);
        while target.symlink_metadata().is_ok() {
            let name = target.file_name().unwrap_or_default().to_string_lossy();
            target = charts.join(format!("{name}-packed"));
        }
        replace(&path, &own, &target).map_err(|source| temporary(&path, source))?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let inner = format!("{below}charts/{name}");
        places.add(&inner, shown);
        called(&tree, &target, below, &inner, places)?;
        unpack_dependencies(&target, &format!("{inner}/"), places, depth + 1, limits)?;
    }
    Ok(())
}

/// helm calls a chart by its name, whatever its folder is called.
fn called(
    tree: &SourceTree,
    folder: &Path,
    below: &str,
    inner: &str,
    places: &mut Places,
) -> Result<(), Fault> {
    let text = tree.text(&folder.join("Chart.yaml"))?.unwrap_or_default();
    // A malformed file is reported where its content matters.
    if let Ok((name, _)) = chart::name_and_version(&text, inner)
        && folder.file_name().is_some_and(|folder| *folder != *name)
    {
        let place = format!("{below}charts/{name}");
        places.add(&place, places.file(inner));
    }
    Ok(())
}

fn replace(packed: &Path, own: &Path, target: &Path) -> std::io::Result<()> {
    std::fs::rename(own, target)?;
    remove(packed)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the copy is private, and this is its owner"
)]
fn remove(path: &Path) -> std::io::Result<()> {
    std::fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "files to unpack")]

    use std::io::Write as _;

    use super::*;

    /// A packed chart with a file of this size.
    fn packed(name: &str, size: usize) -> Vec<u8> {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut archive = tar::Builder::new(encoder);
        let files = [("Chart.yaml", 10), ("values.yaml", size)];
        for (file, size) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(size as u64);
            header.set_mode(0o644);
            let content = vec![b'#'; size];
            let path = format!("{name}/{file}");
            archive
                .append_data(&mut header, path, &content[..])
                .unwrap();
        }
        let mut encoder = archive.into_inner().unwrap();
        encoder.flush().unwrap();
        encoder.finish().unwrap()
    }

    #[rstest::rstest]
    #[case::size(1000, 100, false)]
    #[case::entries(5, 10_000, false)]
    #[case::both_fit(6, 10_000, true)]
    fn packed_charts_share_one_limit(
        #[case] entries: usize,
        #[case] total: u64,
        #[case] fits: bool,
    ) {
        let chart = tempfile::tempdir().unwrap();
        let charts = chart.path().join("charts");
        std::fs::create_dir(&charts).unwrap();
        for name in ["a", "b", "c"] {
            std::fs::write(charts.join(format!("{name}.tgz")), packed(name, 60)).unwrap();
        }
        let mut limits = Limits {
            entries,
            file: 100,
            total,
        };
        let done = unpack_dependencies(chart.path(), "", &mut Places::of("web"), 0, &mut limits);
        assert_eq!(done.is_ok(), fits, "{done:?}");
    }

    #[rstest::rstest]
    #[case::dependencies(
        "Chart.yaml",
        "name: c\nversion: 1.0.0\nDependencies: []\n",
        "`web/Chart.yaml`, line 3, column 1: helm reads `Dependencies` as `dependencies`: write it so"
    )]
    #[case::folded(
        "Chart.yaml",
        "name: c\nver\u{17f}ion: 1.0.0\n",
        "`version`: write it so"
    )]
    #[case::of_a_chart_in_it("charts/db/Chart.yaml", "NAME: db\n", "`name`: write it so")]
    #[case::deeper("charts/a/charts/b/Chart.yaml", "Type: x\n", "`type`: write it so")]
    #[case::the_older_file("requirements.yaml", "DEPENDENCIES: []\n", "`dependencies`: write")]
    #[case::in_a_dependency(
        "Chart.yaml",
        "dependencies:\n- name: db\n  Condition: db.on\n",
        "`condition`: write it so"
    )]
    #[case::break_in_a_chart_in_it(
        "charts/db/Chart.yaml",
        "version: 2.0.0 # \u{2028}version: 9.9.9\n",
        "the character U+2028 ends the line for some readers"
    )]
    fn what_helm_would_read_otherwise_is_refused(
        #[case] file: &str,
        #[case] text: &str,
        #[case] said: &str,
    ) {
        let chart = tempfile::tempdir().unwrap();
        let at = chart.path().join(file);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(&at, text).unwrap();
        let error = check(chart.path(), &mut Places::of("web"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{error}");
    }

    #[rstest::rstest]
    #[case("templates/Chart.yaml")]
    #[case("files/charts/db/Chart.yaml")]
    #[case("charts/_db/Chart.yaml")]
    #[case("charts/Chart.yaml")]
    fn what_helm_does_not_read_is_not_looked_at(#[case] file: &str) {
        let chart = tempfile::tempdir().unwrap();
        let at = chart.path().join(file);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(&at, "Name: [\n").unwrap();
        assert!(check(chart.path(), &mut Places::of("web")).is_ok());
    }
}
