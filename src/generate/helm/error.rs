//! Why a chart could not be rendered.

use crate::error::Kind;
use crate::fetch;
use crate::text::SyntaxError;
use crate::tools::Status;

/// Why a chart could not be rendered. Templates are shown by path from the chart.
#[derive(Debug, thiserror::Error)]
pub enum HelmFault {
    /// A setting that cannot be.
    #[error("`{name}` cannot be {value:?}: {reason}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        value: String,
        /// Why that cannot be.
        reason: &'static str,
    },
    /// A chart from elsewhere without a version.
    #[error("the chart `{0}` needs a `chartVersion`")]
    NoVersion(String),
    /// A path in the settings' values.
    #[error("the path {path:?} in `values` leads nowhere: {reason}")]
    ValuePath {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No chart in the folder.
    #[error("there is no Chart.yaml in `{0}`")]
    NoChart(String),
    /// A values file that is not there.
    #[error("the values file `{0}` does not exist")]
    ValuesMissing(String),
    /// A packed chart that is not there.
    #[error("the packed chart `{0}` does not exist")]
    ArchiveMissing(String),
    /// Dependencies without a lock.
    #[error(
        "the chart depends on `{dependency}`, which is not in its folder `charts`, and there is no {lock} to say which version it is"
    )]
    NoLock {
        /// The dependency.
        dependency: String,
        /// The lock file's name.
        lock: &'static str,
    },
    /// The lock was written for other dependencies.
    #[error("`{lock}` does not fit `{file}`: the dependencies were changed after it was written")]
    StaleLock {
        /// The lock file's name.
        lock: &'static str,
        /// The file with the dependencies.
        file: &'static str,
    },
    /// An archive of another version than the locked one.
    #[error("`{place}` is {name} {found}, but `{wanted_by}` says {wanted}")]
    WrongVersion {
        /// The archive or folder.
        place: String,
        /// The dependency.
        name: String,
        /// The version that is there.
        found: String,
        /// The version that should be there.
        wanted: String,
        /// The file that says so.
        wanted_by: &'static str,
    },
    /// Two archives of one dependency.
    #[error("the dependency `{name}` is there twice: in `{first}` and in `{second}`")]
    TwoArchives {
        /// The dependency.
        name: String,
        /// One archive.
        first: String,
        /// The other one.
        second: String,
    },
    /// A dependency that nobody says the origin of.
    #[error(
        "the chart depends on `{0}`, which is not in its folder `charts` and has no repository that it could come from"
    )]
    NoRepository(String),
    /// An archive that is none.
    #[error("`{file}` is not a packed chart: {reason}")]
    Archive {
        /// The archive.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A chart that would have to be downloaded, where nothing may be.
    #[error("the chart `{0}` is not in the cache, and nothing may be downloaded")]
    Offline(String),
    /// A chart could not be brought here.
    #[error("the chart `{chart}` could not be pulled: {source}")]
    Pull {
        /// Its address and version.
        chart: String,
        /// Why.
        source: Box<fetch::Error>,
    },
    /// Another content than the pinned one.
    #[error("the chart `{chart}` has the digest {found}, but {wanted} is pinned")]
    WrongDigest {
        /// Its address and version.
        chart: String,
        /// Its digest.
        found: String,
        /// The pinned one.
        wanted: String,
    },
    /// A content that is not pinned, where it has to be.
    #[error("the chart `{chart}` is not pinned by a digest; it has {digest}")]
    Unpinned {
        /// Its address and version.
        chart: String,
        /// Its digest.
        digest: String,
    },
    /// Another chart than the one that was asked for.
    #[error("`{chart}` holds {found}, but {wanted} was asked for")]
    OtherChart {
        /// Its address and version.
        chart: String,
        /// Name and version of what is in it.
        found: String,
        /// Name and version that were asked for.
        wanted: String,
    },
    /// A template failed.
    #[error("the template `{file}`{} failed: {message}{}", .line.map(|line| format!(", line {line},")).unwrap_or_default(), called(.callers))]
    Template {
        /// The template, by path from the chart.
        file: String,
        /// Its line, from 1.
        line: Option<usize>,
        /// What went wrong.
        message: String,
        /// The templates that led there, innermost first: `file:line`.
        callers: Vec<String>,
    },
    /// Values that the chart's schema refuses.
    #[error("the values do not fit the schema of the chart:{}", listed(.0))]
    Schema(Vec<Misfit>),
    /// What came out is not YAML.
    #[error("what the chart's `{file}` renders to is malformed, {source}")]
    Rendered {
        /// The template.
        file: String,
        /// Where in the document, and why.
        source: SyntaxError,
    },
    /// A file with values is not YAML.
    #[error("the values file `{file}` is malformed, {source}")]
    Values {
        /// The file.
        file: String,
        /// Where in it, and why.
        source: SyntaxError,
    },
    /// helm failed in another way.
    #[error(
        "helm could not render the chart `{chart}` as release `{release}` ({status}):\n{output}"
    )]
    Failed {
        /// The chart.
        chart: String,
        /// The release.
        release: String,
        /// How it ended.
        status: Status,
        /// The end of what it said.
        output: String,
    },
}

/// How the error about a template that renders to something else begins.
pub(super) const NOT_YAML: &str = "it does not render to YAML: ";

/// A value that a schema refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The chart, when it is one below.
    pub chart: Option<String>,
    /// The value's path: `image.tag`; empty for all values together.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

fn called(callers: &[String]) -> String {
    callers.iter().fold(String::new(), |mut text, caller| {
        text.push_str("\n  called from ");
        text.push_str(caller);
        text
    })
}

fn listed(misfits: &[Misfit]) -> String {
    let mut text = String::new();
    for Misfit {
        chart,
        path,
        message,
    } in misfits
    {
        text.push_str("\n  ");
        if let Some(chart) = chart {
            text.push_str(&format!("chart `{chart}`, "));
        }
        match path.as_str() {
            "" => text.push_str(message),
            path => text.push_str(&format!("`{path}`: {message}")),
        }
    }
    text
}

impl HelmFault {
    /// What sort of failure this is.
    pub(in crate::generate) fn kind(&self) -> Kind {
        match self {
            Self::WrongDigest { .. } | Self::Unpinned { .. } => Kind::Policy,
            Self::Pull { source, .. } => source.kind(),
            _ => Kind::Input,
        }
    }

    /// What the user can do about it.
    pub(in crate::generate) fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::NoVersion(_) => "give the exact version; a range would change without a commit",
            Self::NoChart(_) => {
                "name the folder of a chart as `source`, or a chart from elsewhere in `chart`"
            }
            Self::ValuesMissing(_) => {
                "check `valuesFiles`; in gitops.yaml, paths are relative to that file"
            }
            Self::ArchiveMissing(_) => {
                "check `chart`; what a build publishes has to be downloaded before this step"
            }
            Self::NoLock { .. } | Self::StaleLock { .. } => {
                "run `helm dependency update` in the chart and commit the lock file"
            }
            Self::WrongVersion { .. } => {
                "run `helm dependency build` in the chart and commit what it brings, or delete the old archive"
            }
            Self::TwoArchives { .. } => "delete the one that is not meant: helm would take either",
            Self::NoRepository(_) => "commit it, or give it a `repository`",
            Self::Offline(_) => "allow downloads, or commit the chart",
            Self::Pull { source, .. } => return pull_hint(source),
            Self::WrongDigest { .. } => {
                "somebody has published other content under this version; if that is meant, change `chartDigest`"
            }
            Self::Unpinned { digest, .. } => return vec![format!("set `chartDigest: {digest}`")],
            Self::OtherChart { .. } => "check `chart` and `chartVersion`",
            Self::Template { message, .. } if message.contains("nil pointer evaluating") => {
                "a value that the template takes for granted is missing: give it in `valuesFiles` or `values`"
            }
            Self::Template { message, .. } if message.starts_with(NOT_YAML) => {
                "look for wrong indentation (`nindent`), a missing `quote`, or a value that is empty; `helm template --debug` shows the rendered text"
            }
            Self::Values { source, .. } | Self::Rendered { source, .. } => {
                return source.hint.iter().map(|&hint| hint.to_owned()).collect();
            }
            Self::Schema(_) => "the schema is values.schema.json in the chart",
            Self::Failed { output, .. } => return failed_hint(output),
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

fn pull_hint(error: &fetch::Error) -> Vec<String> {
    let hint = match (error.status(), error) {
        (Some(401 | 403), _) => {
            "the registry wants credentials, or those that it got do not permit this"
        }
        (Some(404), _) | (_, fetch::Error::NoChart { .. } | fetch::Error::NoVersion { .. }) => {
            "check the address and `chartVersion`: no such chart was found there"
        }
        (_, fetch::Error::Realm { realm, .. }) => {
            return vec![format!(
                "if {realm} gives out the tokens of this registry, set `chartTokenHost: {realm}`; without `chartUser` and password, public charts are pulled without credentials"
            )];
        }
        (_, fetch::Error::Elsewhere { .. }) => {
            "let the repository serve its archives itself, or take the chart from a registry (`oci://…`)"
        }
        (_, fetch::Error::Digest { .. }) => {
            "run again; if it stays so, the repository or something on the way to it is broken"
        }
        (_, fetch::Error::Page(_)) => {
            "check the address: it leads to a web page, perhaps one to sign in"
        }
        (_, fetch::Error::Http(error)) => return error.hints(),
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

fn failed_hint(output: &str) -> Vec<String> {
    let hint = if output.contains("unknown flag") {
        "this helm is too old: 3.15 or later is needed"
    } else if output.contains("requires kubeVersion") {
        "set `kubeVersion` to the version of the cluster"
    } else if output.contains("missing in charts/") {
        "commit what the chart depends on in its folder `charts`"
    } else {
        return Vec::new();
    };
    vec![hint.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_on_another_host_has_a_hint_that_names_the_setting() {
        let error = fetch::Error::Realm {
            registry: "registry.contoso.com".to_owned(),
            realm: "git.contoso.com".to_owned(),
        };
        let hints = pull_hint(&error);
        assert!(
            hints[0].contains("`chartTokenHost: git.contoso.com`"),
            "{hints:?}"
        );
    }

    #[rstest::rstest]
    #[case("Error: unknown flag: --skip-tests", "3.15 or later")]
    #[case(
        "found in Chart.yaml, but missing in charts/ directory: db",
        "`charts`"
    )]
    fn another_failure_has_a_hint_where_one_is_known(#[case] output: &str, #[case] part: &str) {
        assert!(failed_hint(output)[0].contains(part));
        assert_eq!(failed_hint("something else"), [""; 0]);
    }
}
