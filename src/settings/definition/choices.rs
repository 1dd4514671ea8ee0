//! The values that settings can choose from.

use clap::ValueEnum;

use crate::generate::{Keep, Kind, Layout};
use crate::host::HostKind;
use crate::tools;

/// The setting `leftoverTokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LeftoverSetting {
    /// The run fails and names them.
    Fail,
    /// The run warns.
    Warn,
    /// They are published as they are.
    Allow,
}

/// The setting `generator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GeneratorSetting {
    /// Looks at the source.
    Auto,
    /// A Fabrikate high-level definition.
    Fabrikate,
    /// A Helm chart.
    Helm,
    /// A Kustomize overlay.
    Kustomize,
    /// Jsonnet programs.
    Jsonnet,
    /// Plain manifests, taken as they are.
    Manifests,
}

impl GeneratorSetting {
    /// The generator; `None` looks at the source.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Auto => None,
            Self::Fabrikate => Some(Kind::Fabrikate),
            Self::Helm => Some(Kind::Helm),
            Self::Kustomize => Some(Kind::Kustomize),
            Self::Jsonnet => Some(Kind::Jsonnet),
            Self::Manifests => Some(Kind::Manifests),
        }
    }
}

/// The setting `gitHost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GitHostSetting {
    /// Looks at the URL.
    Auto,
    /// Azure DevOps Services or Server.
    Azure,
    /// github.com or GitHub Enterprise.
    Github,
    /// Any other git server.
    Git,
}

impl GitHostSetting {
    /// The kind of host; `None` looks at the URL.
    pub fn kind(self) -> Option<HostKind> {
        match self {
            Self::Auto => None,
            Self::Azure => Some(HostKind::Azure),
            Self::Github => Some(HostKind::GitHub),
            Self::Git => Some(HostKind::Git),
        }
    }
}

/// The setting `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum ModeSetting {
    /// Pushes to the branch.
    Push,
    /// Opens a pull request.
    PullRequest,
    /// Pushes, and opens a pull request where the branch does not take pushes.
    Auto,
}

/// The setting `pullRequestPer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PerSetting {
    /// One that is kept current.
    Environment,
    /// A new one for each change; those before it are closed.
    Change,
}

/// The setting `mergeStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum MergeStrategySetting {
    /// A merge commit.
    Merge,
    /// One commit.
    Squash,
    /// The commit on top of the branch.
    Rebase,
    /// The commit on top of the branch, and a merge commit (Azure DevOps).
    RebaseMerge,
}

/// The settings `helmHooks` and `helmTests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeepSetting {
    /// They are part of the manifests.
    Keep,
    /// They are left out.
    Drop,
}

impl From<KeepSetting> for Keep {
    fn from(setting: KeepSetting) -> Self {
        match setting {
            KeepSetting::Keep => Self::Keep,
            KeepSetting::Drop => Self::Drop,
        }
    }
}

/// The setting `layout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayoutSetting {
    /// What suits the generator of each source.
    Auto,
    /// One file per Fabrikate component, or per source.
    Component,
    /// One file per resource.
    Resource,
    /// One file for everything.
    Single,
    /// The files that the generator made.
    Source,
}

impl From<LayoutSetting> for Layout {
    fn from(setting: LayoutSetting) -> Self {
        match setting {
            LayoutSetting::Auto => Self::Auto,
            LayoutSetting::Component => Self::Component,
            LayoutSetting::Resource => Self::Resource,
            LayoutSetting::Single => Self::Single,
            LayoutSetting::Source => Self::Source,
        }
    }
}

/// The setting `tools`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ToolsSetting {
    /// The search path, the tool cache, a download.
    Auto,
    /// The tool cache, a download.
    Pinned,
    /// The search path.
    Path,
    /// The search path, the tool cache.
    Offline,
}

impl From<ToolsSetting> for tools::Mode {
    fn from(setting: ToolsSetting) -> Self {
        match setting {
            ToolsSetting::Auto => Self::Auto,
            ToolsSetting::Pinned => Self::Pinned,
            ToolsSetting::Path => Self::Path,
            ToolsSetting::Offline => Self::Offline,
        }
    }
}
