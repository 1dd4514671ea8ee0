//! The settings of one environment, validated.

use std::path::{Path, PathBuf};

use crate::check::Brakes;
use crate::error::{Error, Kind as ErrorKind};
use crate::generate::{ClusterObjects, HelmOptions, Images, Kind};
use crate::host::{self, Home, HostKind, Place};
use crate::model::ledger::is_reserved;
use crate::model::{BranchName, Folder, RelPath, SourceStamp};
use crate::plan;
use crate::source::{root_for, working_folder};
use crate::tokens;

use super::definition::{EnvironmentArgs, Leftover};
use super::manifests::{ManifestSettings, manifests};
use super::pull_request::{PullRequestSettings, pull_request};
use super::risk::RiskSettings;
use super::source::SourceSettings;
use super::wait::{WaitSettings, wait};

/// One environment, validated.
#[derive(Debug, Clone)]
pub struct EnvironmentSettings {
    /// The environment's name.
    pub name: String,
    /// What it is made of; at least one.
    pub sources: Vec<SourceSettings>,
    /// Where that lies in its repository, at which commit. Filled in by the
    /// command, which may look at the checkout.
    pub made_from: SourceStamp,
    /// The cluster that it describes, in place of sources.
    pub cluster: Option<ClusterObjects>,
    /// What happens to what they generate.
    pub manifests: ManifestSettings,
    /// How their tokens are replaced.
    pub tokens: TokenSettings,
    /// Hooks may run on a pull request build.
    pub allow_hooks: bool,
    /// The folder it owns in the manifest repository.
    pub folder: Folder,
    /// The settings file, or a default, says so: an input may give one environment
    /// several folders.
    pub is_folder_of_file: bool,
    /// The folder for what it is made from, where reviewers want to see that.
    pub definition_folder: Option<Folder>,
    /// Where it is published to; absent when no manifest repository is set.
    pub target: Option<Target>,
    /// A branch that does not exist is created by a push.
    pub create_branch: bool,
    /// Whether by push or by pull request, and what that looks like.
    pub pull_request: PullRequestSettings,
    /// What is waited for after it was published.
    pub wait: WaitSettings,
    /// How to treat files that are not as we left them.
    pub ownership: plan::Options,
    /// What stops a publication.
    pub brakes: Brakes,
    /// What happens to risks, and which are accepted.
    pub risk: RiskSettings,
    /// The folder that nothing is read outside of, a real path.
    pub root: PathBuf,
    /// What the command line or the task names: it may lie elsewhere.
    pub reachable: Vec<PathBuf>,
}

impl EnvironmentSettings {
    /// The folder of its first source: where its checkout is looked for.
    pub fn first_source(&self) -> &Path {
        let first = self.sources.first();
        first.map_or(Path::new("."), |source| source.source.as_path())
    }

    /// Makes it the description of a cluster: there is no source, and nothing in
    /// what is written is a token or an image.
    ///
    /// `folder` is that of the settings file, which it is made from.
    pub(super) fn describe(&mut self, generator: Kind, objects: ClusterObjects, folder: &Path) {
        self.sources.truncate(1);
        for source in &mut self.sources {
            generator.name().clone_into(&mut source.name);
            folder.clone_into(&mut source.source);
            source.named_in = None;
            source.generator = Some(generator);
            source.namespace = None;
            source.helm = HelmOptions::default();
        }
        self.manifests.images = Images::default();
        self.manifests.image_files.clear();
        self.manifests.image_paths.clear();
        self.tokens.enabled = false;
        self.definition_folder = None;
        self.cluster = Some(objects);
    }

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
    pub leftover: Leftover,
    /// Variables of the settings file: for every environment, then for this one.
    pub variables: (tokens::Layer, tokens::Layer),
    /// Patterns of files with variables.
    pub files: Vec<String>,
    /// How many of them, the last ones, the command line or the task names:
    /// these may lie anywhere.
    pub files_of_caller: usize,
    /// The folder that these are relative to.
    pub root: PathBuf,
}

/// A branch of a manifest repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository as the user wrote it.
    pub repository: String,
    /// The repository in its one form: URL or absolute path.
    pub place: String,
    /// The branch; the default branch when absent.
    pub branch: Option<BranchName>,
    /// What kind of host it lives on; its address tells when absent.
    pub host: Option<HostKind>,
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
            host: Some(HostKind::Git),
            user: None,
            named_by_file: false,
        }
    }
}

/// Validates the settings of one environment.
pub(super) fn environment(
    name: String,
    sources: Vec<SourceSettings>,
    variables: (tokens::Layer, tokens::Layer),
    args: EnvironmentArgs,
    home: &Home,
) -> Result<EnvironmentSettings, Error> {
    let wrong = |error| {
        Error::new(
            ErrorKind::Usage,
            anyhow::Error::new(error).context(format!("environment `{name}`")),
        )
    };
    RelPath::parse(&name).map_err(wrong)?;
    let folder = folder(&name, "folder", args.folder.as_deref().unwrap_or(&name))?;
    let definition_folder = args.definition_folder.as_deref();
    let definition_folder =
        definition_folder.map(|text| self::folder(&name, "definitionFolder", text));
    let definition_folder = definition_folder.transpose()?;
    for folder in std::iter::once(&folder).chain(&definition_folder) {
        refuse_reserved(&name, folder)?;
    }
    let tokens = token_settings(&args, variables)?;
    let manifests =
        manifests(&args.manifests).map_err(|error| error.context(format!("environment {name}")))?;
    let pull_request = pull_request(&name, &folder, args.pull_request)
        .map_err(|error| error.context(format!("environment {name}")))?;
    let target = match args.manifest_repo {
        Some(repository) => Some(Target {
            place: place(&repository, args.git_host, home)
                .map_err(|error| error.context(format!("environment {name}")))?,
            repository,
            branch: args.branch,
            host: args.git_host,
            user: args.git_user,
            named_by_file: false,
        }),
        None => None,
    };
    Ok(EnvironmentSettings {
        sources,
        made_from: SourceStamp::default(),
        cluster: None,
        manifests,
        tokens,
        allow_hooks: args.allow_hooks,
        folder,
        is_folder_of_file: true,
        definition_folder,
        target,
        create_branch: args.create_branch,
        pull_request,
        wait: wait(&args.wait),
        ownership: plan::Options {
            foreign_files: args.foreign_files,
            hand_edits: args.hand_edits,
            take_over: args.take_over,
        },
        risk: RiskSettings {
            policy: args.risk_policy.unwrap_or_default(),
            ..RiskSettings::default()
        },
        brakes: Brakes {
            allow_empty: args.allow_empty,
            allow_removal: args.allow_removal,
            max_removed_percent: args.max_removed_percent,
            protected_kinds: args.protected_kinds,
        },
        root: root_for(&working_folder(), &working_folder()),
        reachable: Vec::new(),
        name,
    })
}

/// A folder of the manifest repository that a setting names.
fn folder(environment: &str, setting: &str, text: &str) -> Result<Folder, Error> {
    Folder::parse(text).map_err(|error| {
        let said = format!("environment `{environment}`: `{setting}`");
        Error::new(ErrorKind::Usage, anyhow::Error::new(error).context(said))
    })
}

/// Some names are only this program's to write.
fn refuse_reserved(name: &str, folder: &Folder) -> Result<(), Error> {
    let mut segments = folder.path().into_iter().flat_map(RelPath::segments);
    if !segments.any(is_reserved) {
        return Ok(());
    }
    let said = format!(
        "environment {name}: the folder `{folder}` cannot be used: names that begin with `.gitops-publisher` are reserved"
    );
    Err(Error::message(ErrorKind::Usage, said).hint("choose another `folder`"))
}

/// The one form of a repository that users can write in several ways.
fn place(repository: &str, host: Option<HostKind>, home: &Home) -> Result<String, Error> {
    let location = host::resolve_at(repository, host, home)?;
    Ok(match location.place {
        Place::Path(path) => absolute(&path),
        Place::Url(_) | Place::Ssh(_) => location.identity,
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
    options.kept_is_text = true;
    if args.leftover_tokens != Leftover::Fail {
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
        files_of_caller: 0,
        root: PathBuf::from("."),
    })
}
