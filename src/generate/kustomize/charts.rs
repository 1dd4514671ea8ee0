//! Helm charts in a kustomization.

use std::path::PathBuf;

use super::error::{KustomizeFault, Place};
use super::fields::{self, get, text};
use super::graph::{At, Walk};
use super::remote;
use super::shape::RUNS;
use crate::generate::Fault;
use crate::text::Node;

/// One chart that Kustomize has rendered by helm.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    pub(super) name: String,
    /// The repository that it is pulled from when it is not there.
    pub(super) repo: Option<String>,
    pub(super) version: Option<String>,
    /// The folder with charts, in the tree of the kustomization.
    pub(super) home: PathBuf,
    /// That tree.
    pub(super) tree: usize,
    /// It has to be pulled.
    pub(super) missing: bool,
    /// Whether it is said if its CRDs are rendered, too.
    pub(super) decided: bool,
    /// Whether it names the Kubernetes version that it sees.
    pub(super) versioned: bool,
    pub(super) place: Place,
}

impl Chart {
    /// Reads an entry of `helmCharts`, of the older
    /// `helmChartInflationGenerator`, or a generator of that kind.
    pub(super) fn read(
        node: &Node,
        (tree, home): (usize, PathBuf),
        place: Place,
    ) -> Result<Self, KustomizeFault> {
        let either = |new, old| {
            text(node, new)
                .or_else(|| text(node, old))
                .map(str::to_owned)
        };
        let wrong = |message: &str| KustomizeFault::Chart {
            place: place.clone(),
            message: message.to_owned(),
        };
        for key in RUNS {
            if get(node, key).is_some() {
                return Err(KustomizeFault::Plugin {
                    what: format!("`{key}` of a chart"),
                    place,
                });
            }
        }
        // It is an argument of helm: `--post-renderer=…` would run a program.
        if text(node, "releaseName").is_some_and(|name| name.starts_with('-')) {
            return Err(wrong(
                "`releaseName` begins with `-`, and no release's name does",
            ));
        }
        // Unlike a chart, it may read helm's environment, look up names and roll dice.
        if text(node, "nameTemplate").is_some_and(|name| name.contains("{{")) {
            return Err(wrong(
                "`nameTemplate` is a template, which may read what no chart may; give a `releaseName`",
            ));
        }
        let name = either("name", "chartName").ok_or_else(|| wrong("a chart has no name"))?;
        let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if !name.chars().all(fine) || name.starts_with(['.', '-']) {
            return Err(wrong(
                "the name of a chart has characters that no chart's name has",
            ));
        }
        let chart = Self {
            repo: either("repo", "chartRepoUrl"),
            version: either("version", "chartVersion"),
            decided: get(node, "includeCRDs").is_some(),
            versioned: get(node, "kubeVersion").is_some(),
            missing: false,
            name,
            home,
            tree,
            place,
        };
        let Some(repo) = &chart.repo else {
            return Ok(chart);
        };
        let scheme = repo.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("https" | "http" | "oci")) {
            return Err(KustomizeFault::Chart {
                place: chart.place,
                message: format!(
                    "the `repo` of the chart `{}` is neither `https://` nor `oci://`",
                    chart.name
                ),
            });
        }
        if remote::has_credentials(repo) || repo.contains('?') {
            return Err(KustomizeFault::Credentials {
                entry: remote::shown(repo),
                place: chart.place,
            });
        }
        let version = chart.version.as_deref();
        if version.is_some_and(is_exact) {
            return Ok(chart);
        }
        Err(KustomizeFault::ChartVersion {
            place: chart.place,
            chart: chart.name,
            version: match version {
                Some(version) => format!("its version `{version}` is not exact"),
                None => "it has no version".to_owned(),
            },
        })
    }

    /// Where Kustomize looks for it, and unpacks it: with a repository in a
    /// folder of its version, in older releases directly in the home.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        if let (Some(_), Some(version)) = (&self.repo, &self.version) {
            let versioned = format!("{}-{version}", self.name);
            folders.push(self.home.join(versioned).join(&self.name));
        }
        folders.push(self.home.join(&self.name));
        folders
    }
}

impl Walk<'_> {
    /// Looks at every chart of a kustomization.
    pub(super) fn charts(&mut self, root: &Node, at: &At<'_>) -> Result<(), Fault> {
        let globals = get(root, "helmGlobals");
        if let Some(config) = globals.and_then(|globals| get(globals, "configHome")) {
            return Err(KustomizeFault::Plugin {
                place: at.place(config.line),
                what: "`configHome` can hold plugins of helm, which".to_owned(),
            }
            .into());
        }
        let mut home = globals.and_then(|globals| text(globals, "chartHome"));
        for field in ["helmCharts", "helmChartInflationGenerator"] {
            let Some(list) = get(root, field) else {
                continue;
            };
            if globals.is_none() {
                // Of the older form, the last home is that of all charts.
                let mut homes = fields::items(list).iter().rev();
                home = homes.find_map(|item| text(item, "chartHome")).or(home);
            }
            for item in fields::items(list) {
                self.chart(item, home, at)?;
            }
        }
        Ok(())
    }

    /// Looks at one chart, and whether it is there.
    pub(super) fn chart(
        &mut self,
        node: &Node,
        home: Option<&str>,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let place = at.place(node.line);
        let home = text(node, "chartHome").or(home).unwrap_or("charts");
        let path = self.local("chartHome", home, at, &place)?;
        // Helm gets its values files by their whole paths, as one of a list with commas.
        for folder in [at.folder, path.as_path()] {
            self.for_helm(folder, at, &place)?;
        }
        let _ = self.resolve("chartHome", home, &path, at, &place)?;
        let mut chart = Chart::read(node, (at.tree, path), place)?;
        let mut there = Vec::new();
        for folder in chart.folders() {
            let found = self.resolve("helmCharts", &chart.name, &folder, at, &chart.place)?;
            let reader = &self.trees[at.tree].reader;
            if let Some(real) = &found {
                reader.check_below(real)?;
            }
            there.push(found.map_or(Ok(false), |real| reader.is_folder(&real))?);
        }
        let any = there.contains(&true);
        if !any && chart.repo.is_none() {
            return Err(KustomizeFault::ChartMissing {
                home: self.trees[at.tree].show(&chart.home),
                place: chart.place,
                chart: chart.name,
            }
            .into());
        }
        if !any && self.rules.offline {
            return Err(KustomizeFault::Offline {
                place: chart.place,
                entry: chart.name,
            }
            .into());
        }
        // Kustomize from 5.0.2 looks into the folder of the version only.
        chart.missing = chart.repo.is_some() && !there[0] && !self.rules.offline;
        self.graph.charts.push(chart);
        Ok(())
    }
}

/// `1.2.3`, `v1.2.3-rc.1`: no range, no `latest`.
fn is_exact(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let parts: Vec<_> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fine = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    parts.len() == 3 && parts.iter().all(number) && version.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::is_exact;

    #[rstest::rstest]
    #[case("1.2.3", true)]
    #[case("v1.2.3-rc.1+build", true)]
    #[case("1.2", false)]
    #[case("^1.2.3", false)]
    #[case("1.2.x", false)]
    #[case(">=1.2.3 <2.0.0", false)]
    #[case("1.2.3 - 2.0.0", false)]
    #[case("", false)]
    fn a_version_is_exact_or_not(#[case] version: &str, #[case] exact: bool) {
        assert_eq!(is_exact(version), exact);
    }
}
