//! The one definition of every setting of a run.
//!
//! The doc comments are the help at the terminal, in the task editor, in the
//! JSON schema and in the docs; a test compares them. What else holds for a
//! setting is a mark on its argument ([`Marks`]).

mod choices;
mod cluster;
mod helm;
mod manifests;
mod marks;
mod promote;
mod pull_request;
mod source;
mod tools;
mod update;
mod wait;

use std::any::TypeId;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use clap::{ArgAction, Args, Command, ValueHint};
use gitops_plan::RiskPolicy;

use crate::host::HostKind;
use crate::model::BranchName;
use crate::plan::{ForeignFiles, HandEdits, Orphans};
use crate::settings::risk::policy;

use choices::azure_login;
pub use choices::{AzureLogin, Leftover, Mode, Per};
pub use cluster::{ArgoCdArgs, FluxArgs};
pub use helm::HelmArgs;
pub use manifests::ManifestArgs;
pub(crate) use marks::id;
use marks::{FREE, LITERAL, NOT_IN_FILE, SOURCE_PATTERN, TRUSTED_ONLY, between, or_auto, switch};
pub use marks::{Maps, Marks, OrAuto, is_number, is_switch};
pub use promote::PromoteArgs;
pub use pull_request::PullRequestArgs;
pub use source::SourceArgs;
pub use tools::ToolArgs;
pub use update::UpdateArgs;
pub use wait::{WaitArgs, WaitForArgs};

/// The id of the setting that names the settings file.
pub(crate) const CONFIG: &str = id!(RunArgs, config);

/// The id of the setting that names the environments.
pub(crate) const ENVIRONMENTS: &str = id!(RunArgs, environments);

/// The id of the setting that names the manifest repository.
pub(crate) const MANIFEST_REPO: &str = id!(EnvironmentArgs, manifest_repo);

/// Settings of the whole run.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct RunArgs {
    /// The settings file. `gitops.yaml` in the working directory is used when it exists. Not in gitops.yaml.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = NOT_IN_FILE)]
    pub config: Option<PathBuf>,

    /// The environments to render, separated by commas or lines. All environments of the settings file when not given. In gitops.yaml, `environments` is the list or map of environments itself.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', add = NOT_IN_FILE)]
    pub environments: Vec<String>,

    /// The file of a plan: `plan` writes it, and `publish` and `promote` publish exactly what it says, or nothing. Not in gitops.yaml.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = NOT_IN_FILE)]
    pub plan_file: Option<PathBuf>,

    /// The hash of a plan, as `plan` tells it in the variable `planHash`: exactly what it stands for is published, or nothing. Not in gitops.yaml.
    #[arg(long, value_name = "HASH", add = NOT_IN_FILE)]
    pub plan_hash: Option<String>,

    /// The message of the commit. Names the environments and the source commit when not given.
    #[arg(long, value_name = "TEXT", add = FREE)]
    pub commit_message: Option<String>,

    /// The author's name in the commit.
    #[arg(long, value_name = "NAME", default_value = "GitOps Publisher", add = FREE)]
    pub author_name: String,

    /// The author's e-mail address in the commit.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "gitops-publisher@localhost"
    )]
    pub author_email: String,

    /// What to do with a folder that was published by way of this settings file for an environment that left it: warn, remove the folder within the limits of every removal, or stop.
    #[arg(long, value_enum, default_value = "warn")]
    pub orphans: Orphans,

    /// Publish although a newer run or source commit was published before, for a rollback.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub allow_older: bool,

    /// Publish from pull request builds too. Otherwise `publish`, `promote` and `update` only plan there. Not in gitops.yaml.
    #[arg(long, default_value = "false", action = ArgAction::Set, add = NOT_IN_FILE)]
    pub allow_pull_request_publish: bool,

    /// Give secret variables to the source in pull request builds too. Otherwise they are replaced by placeholders. Not in gitops.yaml.
    #[arg(long, default_value = "false", action = ArgAction::Set, add = NOT_IN_FILE)]
    pub allow_pull_request_secrets: bool,

    /// In pull request builds, `plan` posts the planned changes as one comment on the pull request, and sets a status per environment.
    #[arg(long, default_value = "true", action = ArgAction::Set)]
    pub comment: bool,

    /// Names of variables to explain: every place that has one, and which wins.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub explain: Vec<String>,

    /// A file that holds the token for the manifest repository.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = TRUSTED_ONLY)]
    pub token_file: Option<PathBuf>,

    /// How to sign in to Azure DevOps without a stored token, outside of a service connection: `az` as whoever ran `az login`, `managedIdentity` as the identity of the Azure machine, `managedIdentity:<client id>` as one of several.
    #[arg(long, value_name = "LOGIN", value_parser = azure_login, add = TRUSTED_ONLY)]
    pub azure_login: Option<AzureLogin>,

    /// The id or client id of the GitHub App that publishes, instead of a token. Its private key is the input `githubAppKey`, the variable `GITOPS_GITHUB_APP_KEY`, or `githubAppKeyFile`.
    #[arg(long, value_name = "ID")]
    pub github_app_id: Option<String>,

    /// The number of the app's installation. Found by the repository when not given.
    #[arg(long, value_name = "NUMBER")]
    pub github_app_installation: Option<u64>,

    /// A file that holds the private key of the GitHub App (PEM).
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = TRUSTED_ONLY)]
    pub github_app_key_file: Option<PathBuf>,

    /// A file that holds a client certificate and its private key (PEM), for servers and gateways that ask for one. The agent's own is used when not given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = TRUSTED_ONLY)]
    pub client_certificate: Option<PathBuf>,

    /// How long to keep trying, in seconds, while others are faster to publish to the same branch; 0 tries once.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(0..=86_400), add = between(0, 86_400))]
    pub push_timeout: u64,

    /// How long to wait for a server's answer, in seconds, at least 1. When not given, 60 for the host's REST API and 120 for git.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400), add = between(1, 86_400))]
    pub request_timeout: Option<u64>,

    /// Whether it waits for the rollout.
    #[command(flatten)]
    pub wait: WaitArgs,

    /// The programs that it needs.
    #[command(flatten)]
    pub tools: ToolArgs,
}

/// Settings that each environment can have for itself.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct EnvironmentArgs {
    /// What is rendered.
    #[command(flatten)]
    pub source: SourceArgs,

    /// What happens to the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,

    /// The folder of the environment in the manifest repository; `.` is the root, and `{environment}`, here as in other settings, stands for the environment's name. The environment's name when not given.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<String>,

    /// Another folder in the manifest repository, outside of what Flux or Argo CD reads, for the files of the sources with their tokens replaced: reviewers then see what a change comes from.
    #[arg(long, value_name = "FOLDER")]
    pub definition_folder: Option<String>,

    /// The manifest repository: an https URL, `organization/project/_git/repository`, `owner/repository`, an SSH address, or a local path. At a terminal, without it, `publish` uses `.gitops/manifests.git` in the working directory.
    #[arg(long, value_name = "REPOSITORY")]
    pub manifest_repo: Option<String>,

    /// The branch to publish to. The repository's default branch when not given.
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<BranchName>,

    /// Create the branch when it does not exist: from the default branch, or empty for an environment whose `folder` is the root. Otherwise a branch that does not exist is an error.
    #[arg(long, default_value = "true", action = ArgAction::Set)]
    pub create_branch: bool,

    /// Where the manifest repository lives. `auto` looks at its URL.
    #[arg(long, value_name = "HOST", default_value = "auto", value_parser = or_auto::<HostKind>())]
    pub git_host: OrAuto<HostKind>,

    /// The user name for the token on a host of kind `git`.
    #[arg(long, value_name = "NAME")]
    pub git_user: Option<String>,

    /// How it is published.
    #[command(flatten)]
    pub pull_request: PullRequestArgs,

    /// Whose rollout is waited for.
    #[command(flatten)]
    pub wait: WaitForArgs,

    /// What happens to a change by the highest severity of its risks: a map from `info`, `medium`, `high` and `critical` to `report`, `pullRequest`, `complete`, `fail` or `reviewers: [names]`, or a list of these, such as `{high: pullRequest, critical: fail}`. When not given, risks are only reported. In pull request builds, the settings file of the target branch says it, not the proposed one.
    #[arg(long, value_name = "MAP", value_parser = policy, add = LITERAL)]
    pub risk_policy: Option<RiskPolicy>,

    /// What to do when the folder holds files that were not written by this program: stop, keep them, or take the folder over.
    #[arg(long, value_enum, default_value = "fail")]
    pub foreign_files: ForeignFiles,

    /// What to do when a person changed a published file: stop, or write over it.
    #[arg(long, value_enum, default_value = "fail")]
    pub hand_edits: HandEdits,

    /// Take the folder over from another source or environment that published there, such as the same repository under its former name.
    #[arg(long, default_value = "false", action = ArgAction::Set, add = TRUSTED_ONLY)]
    pub take_over: bool,

    /// Accept an environment that renders to no resource.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub allow_empty: bool,

    /// Accept any removal in this run, of protected kinds and in any number.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub allow_removal: bool,

    /// The share of an environment's resources, in percent, that one run may remove.
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u8).range(0..=100), add = between(0, 100))]
    pub max_removed_percent: u8,

    /// Kinds of which no resource may be removed.
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        default_value = "Namespace,CustomResourceDefinition,PersistentVolume,PersistentVolumeClaim,Kustomization"
    )]
    pub protected_kinds: Vec<String>,

    /// Replace the tokens in the source before it is rendered.
    #[arg(long, default_value = "true", action = ArgAction::Set)]
    pub replace_tokens: bool,

    /// Files with variables for tokens, as patterns separated by commas or lines; later ones win. Those of the top of the settings file come first, then the environment's, then those given with the run.
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_hint = ValueHint::FilePath, add = SOURCE_PATTERN)]
    pub variable_files: Vec<String>,

    /// What tokens look like: `default` is `#{name}#`; also `azpipelines`, `doublebraces`, `doubleunderscores`, `githubactions`, `octopus`, `rm`, and `custom` with prefix and suffix.
    #[arg(long, value_name = "PATTERN", default_value = "default", add = LITERAL)]
    pub token_pattern: String,

    /// What a token of the pattern `custom` begins with.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = LITERAL)]
    pub token_prefix: Option<String>,

    /// What a token of the pattern `custom` ends with.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = LITERAL)]
    pub token_suffix: Option<String>,

    /// Replace the tokens in values of variables as well.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub recursive: bool,

    /// Understand transforms in tokens, such as `#{upper(name)}#`.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub transforms: bool,

    /// What to do when a token is left in the manifests because it has no variable.
    #[arg(long, value_enum, default_value = "fail")]
    pub leftover_tokens: Leftover,

    /// Run the hooks of a Fabrikate definition on a pull request build too, where anybody may have written them.
    #[arg(long, default_value = "false", action = ArgAction::Set, add = TRUSTED_ONLY)]
    pub allow_hooks: bool,
}

/// All settings of a run and its environments.
#[derive(Debug, Clone, Args)]
pub(crate) struct AllArgs {
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    environment: EnvironmentArgs,
}

/// The arguments of a part of the definition. Each part is made once: there may be very
/// many environments and sources.
pub(crate) fn arguments<A: Args + 'static>() -> &'static Command {
    static ALL: LazyLock<Mutex<HashMap<TypeId, &'static Command>>> = LazyLock::new(Mutex::default);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || -> &'static Command {
        let command = Command::new("settings").no_binary_name(true);
        Box::leak(Box::new(A::augment_args(command)))
    };
    all.entry(TypeId::of::<A>()).or_insert_with(make)
}

/// The settings of an environment by id, with what holds for each. Made once: there
/// may be very many environments.
pub(crate) fn of_environments() -> &'static [(String, Marks)] {
    static ALL: OnceLock<Vec<(String, Marks)>> = OnceLock::new();
    ALL.get_or_init(|| marked(arguments::<EnvironmentArgs>()))
}

/// The settings of a run and of its environments, alike.
pub(crate) fn of_runs() -> &'static [(String, Marks)] {
    static ALL: OnceLock<Vec<(String, Marks)>> = OnceLock::new();
    ALL.get_or_init(|| marked(arguments::<AllArgs>()))
}

fn marked(definition: &Command) -> Vec<(String, Marks)> {
    let all = definition.get_arguments();
    all.map(|argument| (argument.get_id().to_string(), Marks::of(argument)))
        .collect()
}

/// Where `render` puts what it renders.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct OutputArgs {
    /// The folder to render into, one folder per environment; `-` for stdout.
    #[arg(long, value_name = "FOLDER", default_value = "-", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,

    /// Replace the environments' folders below the output folder when they hold something.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub replace: bool,
}

impl OutputArgs {
    /// Whether the manifests go to stdout.
    pub fn is_stdout(&self) -> bool {
        self.output.as_os_str() == "-"
    }
}
