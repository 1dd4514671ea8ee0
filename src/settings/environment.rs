//! The settings of one environment, validated.

use std::path::{Path, PathBuf};

use crate::check::Brakes;
use crate::error::{Error, Kind};
use crate::generate::JsonnetOptions;
use crate::host::{self, Place};
use crate::model::{Folder, RelPath};
use crate::plan;
use crate::tokens;

use super::definition::{EnvironmentArgs, GeneratorSetting, GitHostSetting, LeftoverSetting};

/// One environment, validated.
#[derive(Debug, Clone)]
pub struct EnvironmentSettings {
    /// The environment's name.
    pub name: String,
    /// The folder with the templates.
    pub source: PathBuf,
    /// What turns it into manifests.
    pub generator: GeneratorSetting,
    /// The configurations of a Fabrikate definition, most important first.
    pub fabrikate_environments: Vec<String>,
    /// What Jsonnet programs are given.
    pub jsonnet: JsonnetOptions,
    /// How its tokens are replaced.
    pub tokens: TokenSettings,
    /// Hooks may run on a pull request build.
    pub allow_hooks: bool,
    /// A Helm chart may render to nothing.
    pub allow_empty_charts: bool,
    /// A configuration that is nowhere is an error.
    pub require_configuration: bool,
    /// The folder it owns in the manifest repository.
    pub folder: Folder,
    /// Where it is published to; absent when no manifest repository is set.
    pub target: Option<Target>,
    /// How to treat files that are not as we left them.
    pub ownership: plan::Options,
    /// What stops a publication.
    pub brakes: Brakes,
}

impl EnvironmentSettings {
    /// Whether both are published to one branch, as far as the settings tell.
    pub fn goes_with(&self, other: &EnvironmentSettings) -> bool {
        match (&self.target, &other.target) {
            (Some(one), Some(two)) => one.is_same_branch(two),
            (None, None) => true,
            _ => false,
        }
    }
}

/// Token replacement in the source of one environment.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// Whether it happens at all.
    pub enabled: bool,
    /// How.
    pub options: tokens::Options,
    /// What a token without variable means in the end.
    pub leftover: LeftoverSetting,
    /// Variables of the settings file: for every environment, then for this one.
    pub variables: (tokens::Layer, tokens::Layer),
    /// Patterns of files with variables.
    pub files: Vec<String>,
}

/// A branch of a manifest repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository as the user wrote it.
    pub repository: String,
    /// The repository in its one form: URL or absolute path.
    pub place: String,
    /// The branch; the default branch when absent.
    pub branch: Option<String>,
    /// Where the repository lives.
    pub host: GitHostSetting,
    /// The user name for hosts of kind `git`.
    pub user: Option<String>,
    /// Nothing but the settings file names the repository.
    pub named_by_file: bool,
}

impl Target {
    /// Whether both are one branch, as far as the settings tell.
    pub fn is_same_branch(&self, other: &Target) -> bool {
        self.place == other.place && self.branch == other.branch
    }

    /// A repository at a local path.
    pub fn local(path: &str) -> Self {
        Self {
            repository: path.to_owned(),
            place: absolute(Path::new(path)),
            branch: None,
            host: GitHostSetting::Git,
            user: None,
            named_by_file: false,
        }
    }
}

/// Validates the settings of one environment.
pub(super) fn environment(
    name: String,
    configurations: Vec<String>,
    variables: (tokens::Layer, tokens::Layer),
    args: EnvironmentArgs,
) -> Result<EnvironmentSettings, Error> {
    let wrong = |error| {
        Error::new(
            Kind::Usage,
            anyhow::Error::new(error).context(format!("environment `{name}`")),
        )
    };
    RelPath::parse(&name).map_err(wrong)?;
    let folder = Folder::parse(args.folder.as_deref().unwrap_or(&name)).map_err(wrong)?;
    let tokens = token_settings(&args, variables)?;
    let jsonnet = jsonnet(&args).map_err(|error| error.context(format!("environment {name}")))?;
    let target = match args.manifest_repo {
        Some(repository) => Some(Target {
            place: place(&repository, args.git_host)
                .map_err(|error| error.context(format!("environment {name}")))?,
            repository,
            branch: args
                .branch
                .map(|name| name.trim_start_matches("refs/heads/").to_owned()),
            host: args.git_host,
            user: args.git_user,
            named_by_file: false,
        }),
        None => None,
    };
    let own = !args.fabrikate_environments.is_empty();
    Ok(EnvironmentSettings {
        source: args.source,
        generator: args.generator,
        fabrikate_environments: if own {
            args.fabrikate_environments
        } else {
            configurations
        },
        jsonnet,
        tokens,
        allow_hooks: args.allow_hooks,
        allow_empty_charts: args.allow_empty_charts,
        require_configuration: args.require_configuration,
        folder,
        target,
        ownership: plan::Options {
            foreign_files: args.foreign_files,
            hand_edits: args.hand_edits,
        },
        brakes: Brakes {
            allow_empty: args.allow_empty,
            allow_removal: args.allow_removal,
            max_removed_percent: args.max_removed_percent,
            protected_kinds: args.protected_kinds,
        },
        name,
    })
}

/// The one form of a repository that users can write in several ways.
fn place(repository: &str, host: GitHostSetting) -> Result<String, Error> {
    Ok(match host::resolve(repository, host.kind())?.place {
        Place::Url(url) => url.to_string().trim_end_matches('/').to_owned(),
        Place::Path(path) => absolute(&path),
    })
}

/// A path without `.` and independent of the working folder.
fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute.display().to_string()
}

/// Validates how tokens are replaced. A missing variable leaves its token,
/// and the manifests are searched for what is left: a token in a part of the
/// source that is not rendered does no harm.
fn token_settings(
    args: &EnvironmentArgs,
    variables: (tokens::Layer, tokens::Layer),
) -> Result<TokenSettings, Error> {
    let prefix = args.token_prefix.as_deref();
    let suffix = args.token_suffix.as_deref();
    let mut options = tokens::Options::of_pattern(&args.token_pattern, prefix, suffix)?;
    options.missing = tokens::Missing::Keep;
    if args.leftover_tokens != LeftoverSetting::Fail {
        // The search of the manifests says it, or nobody wants to know.
        options.missing_log = tokens::Level::Off;
    }
    options.recursive = args.recursive;
    if args.transforms {
        options.transforms = Some(tokens::Delimiters::new("transform", "(", ")")?);
    }
    options.check()?;
    Ok(TokenSettings {
        enabled: args.replace_tokens,
        options,
        leftover: args.leftover_tokens,
        variables,
        files: args.variable_files.clone(),
    })
}

/// What Jsonnet programs are given.
fn jsonnet(args: &EnvironmentArgs) -> Result<JsonnetOptions, Error> {
    let pairs = |setting, items: &[String]| {
        let pair = |item: &String| match item.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            // The text may be a secret.
            _ => Err(Error::message(
                Kind::Usage,
                format!("an item of `{setting}` is no `name=value`"),
            )
            .hint("write each on a line of its own")),
        };
        items.iter().map(pair).collect::<Result<Vec<_>, _>>()
    };
    Ok(JsonnetOptions {
        paths: args.jsonnet_paths.iter().map(PathBuf::from).collect(),
        variables: pairs("jsonnetVariables", &args.jsonnet_variables)?,
        arguments: pairs("jsonnetArguments", &args.jsonnet_arguments)?,
    })
}
