//! Every environment variable that is read, and the one place that reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Set to `True` in every pipeline run.
pub const TF_BUILD: &str = "TF_BUILD";
/// A private folder that the agent empties after the job.
pub const AGENT_TEMPDIRECTORY: &str = "AGENT_TEMPDIRECTORY";
/// URL of the organisation or collection, the same in builds and releases.
pub const SYSTEM_COLLECTIONURI: &str = "SYSTEM_COLLECTIONURI";
/// Older name of the same.
pub const SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: &str = "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI";
/// The project's name.
pub const SYSTEM_TEAMPROJECT: &str = "SYSTEM_TEAMPROJECT";
/// The pipeline definition's id.
pub const SYSTEM_DEFINITIONID: &str = "SYSTEM_DEFINITIONID";
/// `build`, `release`, `deployment`, `gates`, `checks`.
pub const SYSTEM_HOSTTYPE: &str = "SYSTEM_HOSTTYPE";
/// `true` when the run was started with diagnostics.
pub const SYSTEM_DEBUG: &str = "SYSTEM_DEBUG";
/// Why the run started; `PullRequest` for a pull request's build.
pub const BUILD_REASON: &str = "BUILD_REASON";
/// The ref that is built: `refs/heads/main`, `refs/pull/7/merge`.
pub const BUILD_SOURCEBRANCH: &str = "BUILD_SOURCEBRANCH";
/// The run's id, rising within the organisation.
pub const BUILD_BUILDID: &str = "BUILD_BUILDID";
/// URL of the repository that the run checked out.
pub const BUILD_REPOSITORY_URI: &str = "BUILD_REPOSITORY_URI";
/// The repository's id at its host; on GitHub, its name.
pub const BUILD_REPOSITORY_ID: &str = "BUILD_REPOSITORY_ID";
/// Id of this step in this run.
pub const SYSTEM_TASKINSTANCEID: &str = "SYSTEM_TASKINSTANCEID";
/// The stage that the job belongs to.
pub const SYSTEM_STAGENAME: &str = "SYSTEM_STAGENAME";
/// The job's name within its stage.
pub const SYSTEM_JOBNAME: &str = "SYSTEM_JOBNAME";
/// Which attempt of the stage this is, from 1.
pub const SYSTEM_STAGEATTEMPT: &str = "SYSTEM_STAGEATTEMPT";
/// Which attempt of the job this is, from 1.
pub const SYSTEM_JOBATTEMPT: &str = "SYSTEM_JOBATTEMPT";
/// Where the source repository lives: `TfsGit`, `GitHub`, …
pub const BUILD_REPOSITORY_PROVIDER: &str = "BUILD_REPOSITORY_PROVIDER";
/// What the names of the variables of a pull request that is built begin with.
pub const SYSTEM_PULLREQUEST: &str = "SYSTEM_PULLREQUEST_";
/// Id of the pull request that is built; an internal one on GitHub.
pub const SYSTEM_PULLREQUEST_PULLREQUESTID: &str = "SYSTEM_PULLREQUEST_PULLREQUESTID";
/// Number of the pull request that is built, on GitHub.
pub const SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: &str = "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER";
/// The branch that the pull request that is built goes to.
pub const SYSTEM_PULLREQUEST_TARGETBRANCH: &str = "SYSTEM_PULLREQUEST_TARGETBRANCH";
/// The commit that the run checked out.
pub const BUILD_SOURCEVERSION: &str = "BUILD_SOURCEVERSION";
/// A classic release's id, rising within the organisation.
pub const RELEASE_RELEASEID: &str = "RELEASE_RELEASEID";
/// Why the release started; `PullRequest` for one of a pull request.
pub const RELEASE_REASON: &str = "RELEASE_REASON";
/// The alias of the artifact that names the source of a classic release.
pub const RELEASE_PRIMARYARTIFACTSOURCEALIAS: &str = "RELEASE_PRIMARYARTIFACTSOURCEALIAS";
/// The job's own token, always sent to tasks.
pub const JOB_TOKEN: &str = "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN";
/// Where a job asks for the assertion of a service connection.
pub const SYSTEM_OIDCREQUESTURI: &str = "SYSTEM_OIDCREQUESTURI";
/// The project's id.
pub const SYSTEM_TEAMPROJECTID: &str = "SYSTEM_TEAMPROJECTID";
/// Id of the run as the server plans it.
pub const SYSTEM_PLANID: &str = "SYSTEM_PLANID";
/// Id of the job in it.
pub const SYSTEM_JOBID: &str = "SYSTEM_JOBID";
/// Another address of the service that gives out tokens of the machine, as Azure's own
/// libraries take it.
pub const AZURE_POD_IDENTITY_AUTHORITY_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
/// The same token in a script step that maps it.
pub const SYSTEM_ACCESSTOKEN: &str = "SYSTEM_ACCESSTOKEN";
/// The agent's proxy.
pub const AGENT_PROXYURL: &str = "AGENT_PROXYURL";
/// User of the agent's proxy.
pub const AGENT_PROXYUSERNAME: &str = "AGENT_PROXYUSERNAME";
/// Password of the agent's proxy.
pub const AGENT_PROXYPASSWORD: &str = "SECRET_AGENT_PROXYPASSWORD";
/// JSON array of regular expressions of hosts that need no proxy.
pub const AGENT_PROXYBYPASSLIST: &str = "AGENT_PROXYBYPASSLIST";
/// A PEM file with the company's certification authorities.
pub const AGENT_CAINFO: &str = "AGENT_CAINFO";
/// A PEM file with the agent's own certificate, for servers that ask for one.
pub const AGENT_CLIENTCERT: &str = "AGENT_CLIENTCERT";
/// A PEM file with the private key of that certificate.
pub const AGENT_CLIENTCERTKEY: &str = "AGENT_CLIENTCERTKEY";
/// JSON array with the names of the run's public variables.
pub const VSTS_PUBLIC_VARIABLES: &str = "VSTS_PUBLIC_VARIABLES";
/// JSON array with the names of the run's secret variables.
pub const VSTS_SECRET_VARIABLES: &str = "VSTS_SECRET_VARIABLES";
/// URL of the GitHub server that runs a workflow.
pub const GITHUB_SERVER_URL: &str = "GITHUB_SERVER_URL";
/// What started a workflow of GitHub: `push`, `pull_request`.
pub const GITHUB_EVENT_NAME: &str = "GITHUB_EVENT_NAME";
/// The branch that a pull request of a GitHub workflow comes from.
pub const GITHUB_HEAD_REF: &str = "GITHUB_HEAD_REF";
/// The ref that a workflow of GitHub is of.
pub const GITHUB_REF: &str = "GITHUB_REF";
/// The token for the manifest repository, at a terminal.
pub const GITOPS_TOKEN: &str = "GITOPS_TOKEN";
/// The private key of the GitHub App that publishes.
pub const GITOPS_GITHUB_APP_KEY: &str = "GITOPS_GITHUB_APP_KEY";
/// The password for registries and repositories of Helm charts.
pub const GITOPS_CHART_PASSWORD: &str = "GITOPS_CHART_PASSWORD";
/// Where the agent keeps tools that tasks bring along.
pub const AGENT_TOOLSDIRECTORY: &str = "AGENT_TOOLSDIRECTORY";
/// Level of the debug log, at a terminal: `debug`, or a `tracing` filter.
pub const GITOPS_LOG: &str = "GITOPS_LOG";
/// `1` makes `publish` act as `plan`, as in the script this replaces.
pub const VERIFY_ONLY: &str = "VERIFY_ONLY";

/// The environment as it was when the program started.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Reads the process environment, once. Values that are not Unicode are left out.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that reads the environment"
    )]
    pub fn capture() -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        std::env::vars_os()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect()
    }

    /// The value of a variable; `None` when it is absent or empty, which the
    /// agent does not tell apart.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = match self.0.get(name) {
            None if cfg!(windows) => self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?.1,
            found => found?,
        };
        (!value.is_empty()).then_some(value.as_str())
    }

    /// Every variable.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a pipeline agent runs us.
    pub fn is_pipeline(&self) -> bool {
        self.get(TF_BUILD).is_some()
    }

    /// Where temporary files go: the agent's private folder, else the system's.
    pub fn temp_root(&self) -> PathBuf {
        self.get(AGENT_TEMPDIRECTORY)
            .map_or_else(std::env::temp_dir, PathBuf::from)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        variables.into_iter().map(text).collect()
    }
}
