//! What the environment says about this run.

use std::path::PathBuf;

use crate::model::{PublicationStamp, RedactedUrl, Secret, SourceStamp, WriterStamp};

use super::Environment;
use super::env::{
    AGENT_TOOLSDIRECTORY, BUILD_BUILDID, BUILD_REPOSITORY_ID, BUILD_REPOSITORY_PROVIDER,
    BUILD_REPOSITORY_URI, BUILD_SOURCEBRANCH, BUILD_SOURCEVERSION,
    RELEASE_PRIMARYARTIFACTSOURCEALIAS, RELEASE_RELEASEID, SYSTEM_DEFINITIONID, SYSTEM_HOSTTYPE,
    SYSTEM_JOBATTEMPT, SYSTEM_JOBNAME, SYSTEM_PULLREQUEST_PULLREQUESTID,
    SYSTEM_PULLREQUEST_PULLREQUESTNUMBER, SYSTEM_PULLREQUEST_TARGETBRANCH, SYSTEM_STAGEATTEMPT,
    SYSTEM_STAGENAME, SYSTEM_TEAMPROJECT, VSTS_PUBLIC_VARIABLES, VSTS_SECRET_VARIABLES,
};
use super::servers::collection;

/// Where this run comes from. In a classic release the source is that of the
/// primary artifact, and the run is the release.
pub fn publication(environment: &Environment) -> PublicationStamp {
    let get = |name: &str| environment.get(name).map(str::to_owned);
    let artifact = |fact: &str| artifact(environment, fact).map(str::to_owned);
    let release = environment.get(SYSTEM_HOSTTYPE) == Some("release");
    let number = get(if release {
        RELEASE_RELEASEID
    } else {
        BUILD_BUILDID
    });
    let repository = get(BUILD_REPOSITORY_URI).or_else(|| artifact("REPOSITORY_URI"));
    let source = SourceStamp {
        repository: repository.map(|url| without_credentials(&url)),
        repository_id: get(BUILD_REPOSITORY_ID).filter(|id| is_guid(id)),
        commit: get(BUILD_SOURCEVERSION).or_else(|| artifact("SOURCEVERSION")),
        ..SourceStamp::default()
    };
    let writer = WriterStamp {
        pipeline: pipeline(environment),
        run: number.and_then(|number| number.parse().ok()),
        job: job(environment),
        attempt: attempt(environment),
        source_ref: source_ref(environment).map(str::to_owned),
        newest_commit: source.commit.clone(),
    };
    PublicationStamp { source, writer }
}

/// What the environment says of a classic release's primary artifact.
fn artifact<'e>(environment: &'e Environment, fact: &str) -> Option<&'e str> {
    let alias = environment.get(RELEASE_PRIMARYARTIFACTSOURCEALIAS)?;
    let alias = alias.replace(['.', ' '], "_").to_uppercase();
    environment.get(&format!("RELEASE_ARTIFACTS_{alias}_{fact}"))
}

/// The ref that the source is of.
fn source_ref(environment: &Environment) -> Option<&str> {
    let build = environment.get(BUILD_SOURCEBRANCH);
    build.or_else(|| artifact(environment, "SOURCEBRANCH"))
}

/// Whether an id outlives a new name of the repository: some hosts give its
/// name as its id.
fn is_guid(id: &str) -> bool {
    let parts: Vec<_> = id.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// The job within its run.
fn job(environment: &Environment) -> Option<String> {
    let job = environment.get(SYSTEM_JOBNAME)?;
    let stage = environment.get(SYSTEM_STAGENAME).unwrap_or_default();
    Some(format!("{stage}/{job}"))
}

/// Which attempt of its job this is. A stage that is run again may count its
/// jobs from 1 again.
fn attempt(environment: &Environment) -> Option<u32> {
    let number = |name: &str| environment.get(name)?.parse::<u32>().ok();
    number(SYSTEM_STAGEATTEMPT).max(number(SYSTEM_JOBATTEMPT))
}

/// The pull request of the source that this run is a build of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePullRequest {
    /// URL of the source repository.
    pub repository: String,
    /// The number that people call it by.
    pub number: u64,
    /// The repository is on GitHub or GitHub Enterprise; otherwise it is the
    /// server's own.
    pub github: bool,
}

/// The repository that this run is a build of, at one of the two hosts, and whether that
/// is GitHub.
pub fn source_repository(environment: &Environment) -> Option<(String, bool)> {
    let github = match environment.get(BUILD_REPOSITORY_PROVIDER)? {
        "GitHub" | "GitHubEnterprise" => true,
        "TfsGit" => false,
        _ => return None,
    };
    Some((environment.get(BUILD_REPOSITORY_URI)?.to_owned(), github))
}

/// The pull request that this run is a build of, where it can be spoken to.
pub fn pull_request(environment: &Environment) -> Option<SourcePullRequest> {
    let (repository, github) = source_repository(environment)?;
    // On GitHub the id is an internal one.
    let number = environment.get(if github {
        SYSTEM_PULLREQUEST_PULLREQUESTNUMBER
    } else {
        SYSTEM_PULLREQUEST_PULLREQUESTID
    });
    Some(SourcePullRequest {
        repository,
        number: number?.parse().ok()?,
        github,
    })
}

/// The branch that the pull request of this run goes to, without `refs/heads/`.
pub fn target_branch(environment: &Environment) -> Option<String> {
    let name = environment.get(SYSTEM_PULLREQUEST_TARGETBRANCH)?;
    Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned())
}

/// The pipeline definition: run numbers compare only within it.
fn pipeline(environment: &Environment) -> Option<String> {
    let collection = collection(environment)?.trim_end_matches('/');
    let project = environment.get(SYSTEM_TEAMPROJECT)?;
    let host = environment.get(SYSTEM_HOSTTYPE).unwrap_or("build");
    let definition = environment.get(SYSTEM_DEFINITIONID)?;
    Some(format!("{collection}/{project}/{host}/{definition}"))
}

/// The URL as it may be shown and stored.
fn without_credentials(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |url| RedactedUrl::new(url).to_string())
}

/// Where tools are kept: the agent's folder for them, or at a terminal the
/// user's cache.
pub fn tools_directory(environment: &Environment) -> Option<PathBuf> {
    let folder = |name: &str| {
        let path = PathBuf::from(environment.get(name)?);
        path.is_absolute().then_some(path)
    };
    let user = || {
        let cache = folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA"));
        let cache = cache.or_else(|| Some(folder("HOME")?.join(".cache")))?;
        Some(cache.join("gitops-publisher").join("tools"))
    };
    folder(AGENT_TOOLSDIRECTORY).or_else(user)
}

/// Every secret that the agent gave this run: they are masked before anything
/// is printed.
pub fn secrets(environment: &Environment) -> Vec<Secret> {
    let secret = |name: &str| {
        name.starts_with("SECRET_")
            || name.starts_with("ENDPOINT_AUTH_PARAMETER_")
            || name.starts_with("VSTS_TASKVARIABLE_")
            || name.starts_with("SECUREFILE_TICKET_")
    };
    // Parameters that are no secret and would hide ordinary words.
    let public = [
        "_USERNAME",
        "_SCHEME",
        "_AUTHORITY",
        "_ISCREATEDAUTOMATICALLY",
        "_SCOPE",
    ];
    environment
        .iter()
        .filter(|(name, _)| secret(name) && !public.iter().any(|end| name.ends_with(end)))
        .map(|(_, value)| Secret::new(value))
        .filter(|secret| !secret.is_empty())
        .collect()
}

/// A variable of the pipeline run.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name as it was defined.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether it must not be shown.
    pub secret: bool,
}

/// The variables of the run. The agent lists their names in two variables of
/// its own, as JSON; a secret's value stands under `SECRET_` and its name.
pub fn variables(environment: &Environment) -> Vec<Variable> {
    let names = |list: &str| -> Vec<String> {
        serde_json::from_str(environment.get(list).unwrap_or("[]")).unwrap_or_default()
    };
    let variable = |name: String, secret: bool| {
        let mangled = super::inputs::mangle(&name);
        let key = if secret {
            format!("SECRET_{mangled}")
        } else {
            mangled
        };
        let value = environment.get(&key).unwrap_or_default().to_owned();
        Variable {
            name,
            value,
            secret,
        }
    };
    let public = names(VSTS_PUBLIC_VARIABLES)
        .into_iter()
        .map(|name| variable(name, false));
    let secret = names(VSTS_SECRET_VARIABLES)
        .into_iter()
        .map(|name| variable(name, true));
    public.chain(secret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_names_its_source_and_number() {
        let stamp = publication(&Environment::from([
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            ("SYSTEM_TEAMPROJECT", "shop"),
            ("SYSTEM_DEFINITIONID", "12"),
            ("SYSTEM_HOSTTYPE", "build"),
            ("BUILD_BUILDID", "345"),
            ("BUILD_SOURCEVERSION", "abc"),
            (
                "BUILD_REPOSITORY_URI",
                "https://contoso@dev.azure.com/contoso/shop/_git/hld",
            ),
        ]));
        assert_eq!(
            stamp.writer.pipeline.as_deref(),
            Some("https://dev.azure.com/contoso/shop/build/12")
        );
        assert_eq!(stamp.writer.run, Some(345));
        assert_eq!(
            stamp.source.repository.as_deref(),
            Some("https://dev.azure.com/contoso/shop/_git/hld")
        );
    }

    #[rstest::rstest]
    #[case("2f3d611a-f012-4b39-b157-8db63f380226", true)]
    #[case("2F3D611A-F012-4B39-B157-8DB63F380226", true)]
    #[case("contoso/hld", false)]
    #[case("https://git.contoso.com/hld", false)]
    #[case("", false)]
    fn an_id_is_taken_only_where_it_outlives_a_new_name(#[case] id: &str, #[case] taken: bool) {
        let stamp = publication(&Environment::from([("BUILD_REPOSITORY_ID", id)]));
        assert_eq!(stamp.source.repository_id.is_some(), taken);
    }

    #[rstest::rstest]
    #[case::a_stage_again("2", "1", Some(2))]
    #[case::a_job_again("1", "3", Some(3))]
    #[case::nothing_known("", "", None)]
    fn the_attempt_is_that_of_the_stage_or_the_job(
        #[case] stage: &str,
        #[case] job: &str,
        #[case] attempt: Option<u32>,
    ) {
        let stamp = publication(&Environment::from([
            ("SYSTEM_STAGENAME", "deploy"),
            ("SYSTEM_JOBNAME", "publish"),
            ("SYSTEM_STAGEATTEMPT", stage),
            ("SYSTEM_JOBATTEMPT", job),
        ]));
        assert_eq!(stamp.writer.attempt, attempt);
        assert_eq!(stamp.writer.job.as_deref(), Some("deploy/publish"));
    }

    #[test]
    fn a_classic_release_takes_its_source_from_the_primary_artifact() {
        let stamp = publication(&Environment::from([
            ("SYSTEM_HOSTTYPE", "release"),
            ("RELEASE_RELEASEID", "9"),
            ("RELEASE_PRIMARYARTIFACTSOURCEALIAS", "_hld repo"),
            ("RELEASE_ARTIFACTS__HLD_REPO_SOURCEVERSION", "def"),
        ]));
        assert_eq!(
            (stamp.writer.run, stamp.source.commit.as_deref()),
            (Some(9), Some("def"))
        );
    }

    #[test]
    fn variables_are_found_by_the_names_that_the_agent_lists() {
        let found = variables(&Environment::from([
            ("VSTS_PUBLIC_VARIABLES", r#"["image.tag", "empty"]"#),
            ("VSTS_SECRET_VARIABLES", r#"["db password"]"#),
            ("IMAGE_TAG", "1.2"),
            ("SECRET_DB_PASSWORD", "s3cret"),
        ]));
        let shown: Vec<_> = found
            .iter()
            .map(|v| (v.name.as_str(), v.value.as_str(), v.secret))
            .collect();
        assert_eq!(
            shown,
            [
                ("image.tag", "1.2", false),
                ("empty", "", false),
                ("db password", "s3cret", true)
            ]
        );
    }
}
