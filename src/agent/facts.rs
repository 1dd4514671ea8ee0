//! What the environment says about this run.

use std::path::PathBuf;

use crate::model::{PublicationStamp, RedactedUrl, Secret, SourceStamp, WriterStamp};

use super::Environment;
use super::env::{
    AGENT_CAINFO, AGENT_CLIENTCERT, AGENT_CLIENTCERTKEY, AGENT_PROXYBYPASSLIST,
    AGENT_PROXYPASSWORD, AGENT_PROXYURL, AGENT_PROXYUSERNAME, AGENT_TOOLSDIRECTORY, BUILD_BUILDID,
    BUILD_REPOSITORY_ID, BUILD_REPOSITORY_PROVIDER, BUILD_REPOSITORY_URI, BUILD_SOURCEVERSION,
    GITHUB_SERVER_URL, JOB_TOKEN, RELEASE_PRIMARYARTIFACTSOURCEALIAS, RELEASE_RELEASEID,
    SYSTEM_COLLECTIONURI, SYSTEM_DEFINITIONID, SYSTEM_HOSTTYPE, SYSTEM_JOBATTEMPT, SYSTEM_JOBNAME,
    SYSTEM_PULLREQUEST_PULLREQUESTID, SYSTEM_PULLREQUEST_PULLREQUESTNUMBER, SYSTEM_STAGEATTEMPT,
    SYSTEM_STAGENAME, SYSTEM_TEAMFOUNDATIONCOLLECTIONURI, SYSTEM_TEAMPROJECT,
    VSTS_PUBLIC_VARIABLES, VSTS_SECRET_VARIABLES,
};

/// The agent's proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// `http://proxy:8080`
    pub url: String,
    /// User and password, when it wants them.
    pub credentials: Option<(String, Secret)>,
    /// Regular expressions of hosts that need no proxy.
    pub bypass: Vec<String>,
}

/// Where this run comes from. In a classic release the source is that of the
/// primary artifact, and the run is the release.
pub fn publication(environment: &Environment) -> PublicationStamp {
    let get = |name: &str| environment.get(name).map(str::to_owned);
    let artifact = |fact: &str| {
        let alias = environment.get(RELEASE_PRIMARYARTIFACTSOURCEALIAS)?;
        let alias = alias.replace(['.', ' '], "_").to_uppercase();
        get(&format!("RELEASE_ARTIFACTS_{alias}_{fact}"))
    };
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
        newest_commit: source.commit.clone(),
    };
    PublicationStamp { source, writer }
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

/// The pull request that this run is a build of, where it can be spoken to.
pub fn pull_request(environment: &Environment) -> Option<SourcePullRequest> {
    let provider = environment.get(BUILD_REPOSITORY_PROVIDER)?;
    let github = match provider {
        "GitHub" | "GitHubEnterprise" => true,
        "TfsGit" => false,
        _ => return None,
    };
    // On GitHub the id is an internal one.
    let number = environment.get(if github {
        SYSTEM_PULLREQUEST_PULLREQUESTNUMBER
    } else {
        SYSTEM_PULLREQUEST_PULLREQUESTID
    });
    Some(SourcePullRequest {
        repository: environment.get(BUILD_REPOSITORY_URI)?.to_owned(),
        number: number?.parse().ok()?,
        github,
    })
}

/// The pipeline definition: run numbers compare only within it.
fn pipeline(environment: &Environment) -> Option<String> {
    let collection = collection(environment)?.trim_end_matches('/');
    let project = environment.get(SYSTEM_TEAMPROJECT)?;
    let host = environment.get(SYSTEM_HOSTTYPE).unwrap_or("build");
    let definition = environment.get(SYSTEM_DEFINITIONID)?;
    Some(format!("{collection}/{project}/{host}/{definition}"))
}

/// URL of the organisation or collection that runs the pipeline.
fn collection(environment: &Environment) -> Option<&str> {
    environment
        .get(SYSTEM_COLLECTIONURI)
        .or_else(|| environment.get(SYSTEM_TEAMFOUNDATIONCOLLECTIONURI))
}

/// The organisation or collection that runs the pipeline, and the project.
pub fn team_project(environment: &Environment) -> Option<(url::Url, String)> {
    let collection = url::Url::parse(collection(environment)?).ok()?;
    let project = environment.get(SYSTEM_TEAMPROJECT)?;
    Some((collection, project.to_owned()))
}

/// The GitHub server that runs the workflow.
pub fn github_server(environment: &Environment) -> Option<url::Url> {
    let server = url::Url::parse(environment.get(GITHUB_SERVER_URL)?).ok()?;
    (server.scheme() == "https").then_some(server)
}

/// The URL as it may be shown and stored.
fn without_credentials(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |url| RedactedUrl::new(url).to_string())
}

/// The job's own token, for repositories of the organisation it belongs to.
pub fn job_token(environment: &Environment, repository: &url::Url) -> Option<Secret> {
    let collection = url::Url::parse(collection(environment)?).ok()?;
    if !below(&collection, repository) && !same_organisation(&collection, repository) {
        return None;
    }
    environment.get(JOB_TOKEN).map(Secret::new)
}

/// The URL of the collection that a repository is in, where it is the one
/// that runs the pipeline.
pub fn collection_of(environment: &Environment, repository: &url::Url) -> Option<url::Url> {
    let collection = url::Url::parse(collection(environment)?).ok()?;
    below(&collection, repository).then_some(collection)
}

/// Whether the repository's URL lies below the collection's.
fn below(collection: &url::Url, repository: &url::Url) -> bool {
    let folder = format!("{}/", collection.path().trim_end_matches('/'));
    collection.origin() == repository.origin() && repository.path().starts_with(&folder)
}

/// `contoso.visualstudio.com` and `dev.azure.com/contoso` are one organisation.
fn same_organisation(collection: &url::Url, repository: &url::Url) -> bool {
    let organisation = |url: &url::Url| -> Option<String> {
        let host = url.host_str()?.to_ascii_lowercase();
        match host.strip_suffix(".visualstudio.com") {
            Some(name) => Some(name.to_owned()),
            None if host == "dev.azure.com" => {
                Some(url.path_segments()?.next()?.to_ascii_lowercase())
            }
            None => None,
        }
    };
    let secure = repository.scheme() == "https";
    secure && organisation(collection).is_some_and(|name| Some(name) == organisation(repository))
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

/// The agent's proxy. The agent does not set `HTTPS_PROXY` for tasks.
pub fn proxy(environment: &Environment) -> Option<Proxy> {
    let user = environment.get(AGENT_PROXYUSERNAME);
    let bypass = environment.get(AGENT_PROXYBYPASSLIST).unwrap_or("[]");
    Some(Proxy {
        url: environment.get(AGENT_PROXYURL)?.to_owned(),
        credentials: user.map(|user| {
            let password = environment.get(AGENT_PROXYPASSWORD).unwrap_or_default();
            (user.to_owned(), Secret::new(password))
        }),
        bypass: serde_json::from_str(bypass).unwrap_or_default(),
    })
}

/// Whether the environment says that no proxy is used for any host. A star is
/// a host name for some readers, and no address is like that name.
pub fn bypasses_everything(environment: &Environment) -> bool {
    let mut values = ["NO_PROXY", "no_proxy"].into_iter();
    let found = values.find_map(|name| environment.get(name));
    found.is_some_and(|value| value.split(',').any(|entry| entry.trim() == "*"))
}

/// The PEM file with the company's certification authorities.
pub fn extra_ca(environment: &Environment) -> Option<PathBuf> {
    environment.get(AGENT_CAINFO).map(PathBuf::from)
}

/// The agent's own certificate and its private key, both PEM files.
pub fn client_certificate(environment: &Environment) -> Option<(PathBuf, PathBuf)> {
    let path = |name: &str| environment.get(name).map(PathBuf::from);
    Some((path(AGENT_CLIENTCERT)?, path(AGENT_CLIENTCERTKEY)?))
}

/// What programs that we start may see: how to find programs and libraries,
/// the language, the way through the proxy, and nothing of the run. The
/// agent's own proxy stands above those of variables, and is not among them:
/// programs reach it by way of `http::Relay`.
pub fn child_environment(environment: &Environment) -> Vec<(String, String)> {
    const KEPT: [&str; 20] = [
        "PATH",
        "PATHEXT",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "LD_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
        "OS",
    ];
    let with_agents_proxy = environment.get(AGENT_PROXYURL).is_some();
    environment
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.to_ascii_uppercase().as_str()))
        .filter(|(name, _)| !with_agents_proxy || !name.to_ascii_uppercase().ends_with("_PROXY"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What programs see that act in the user's name, beyond what all see: where
/// keys and known servers are, and which program speaks SSH.
pub fn user_environment(environment: &Environment) -> Vec<(String, String)> {
    const KEPT: [&str; 16] = [
        "HOME",
        "USERPROFILE",
        "HOMEDRIVE",
        "HOMEPATH",
        "PROGRAMDATA",
        "ALLUSERSPROFILE",
        "USER",
        "LOGNAME",
        "USERNAME",
        "USERDOMAIN",
        "KRB5CCNAME",
        "SSH_AUTH_SOCK",
        "SSH_AGENT_PID",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
    ];
    let kept = |name: &str| KEPT.contains(&name.to_ascii_uppercase().as_str());
    environment
        .iter()
        .filter(|(name, value)| kept(name) && !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
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

    #[rstest::rstest]
    #[case("https://dev.azure.com/contoso/shop/_git/manifests", true)]
    #[case("https://contoso.visualstudio.com/shop/_git/manifests", true)]
    #[case("https://dev.azure.com/contoso-two/shop/_git/manifests", false)]
    #[case(
        "https://dev.azure.com.evil.example/contoso/shop/_git/manifests",
        false
    )]
    #[case("https://github.com/contoso/manifests", false)]
    #[case("http://dev.azure.com/contoso/shop/_git/manifests", false)]
    fn the_job_token_goes_only_to_its_own_organisation(#[case] url: &str, #[case] sent: bool) {
        let environment = Environment::from([
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            (
                "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
                "t0ken",
            ),
        ]);
        let url = url::Url::parse(url).unwrap();
        assert_eq!(job_token(&environment, &url).is_some(), sent);
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

    #[test]
    fn short_forms_are_read_where_the_run_is() {
        let environment = Environment::from([
            (
                "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
                "https://dev.azure.com/contoso/",
            ),
            ("SYSTEM_TEAMPROJECT", "my shop"),
            ("GITHUB_SERVER_URL", "https://ghes.contoso.com"),
        ]);
        let (collection, project) = team_project(&environment).unwrap();
        assert_eq!(collection.as_str(), "https://dev.azure.com/contoso/");
        assert_eq!(project, "my shop");
        let server = github_server(&environment).unwrap();
        assert_eq!(server.as_str(), "https://ghes.contoso.com/");
        assert_eq!(team_project(&Environment::default()), None);
    }

    #[test]
    fn programs_in_the_users_name_see_keys_and_no_secrets() {
        let kept = user_environment(&Environment::from([
            ("HOME", "/home/ada"),
            ("SSH_AUTH_SOCK", "/tmp/agent"),
            ("GIT_SSH_COMMAND", ""),
            ("SSH_ASKPASS", "/bin/x"),
            ("GIT_DIR", "/x"),
            ("SECRET_X", "s3cret"),
        ]));
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["HOME", "SSH_AUTH_SOCK"]);
    }

    #[test]
    fn programs_see_nothing_of_the_run() {
        let kept = child_environment(&Environment::from([
            ("PATH", "/bin"),
            ("SECRET_X", "s3cret"),
            ("INPUT_TOKEN", "t0ken"),
            ("SYSTEM_ACCESSTOKEN", "t0ken"),
            ("HTTPS_PROXY", "http://proxy:8080"),
            ("no_proxy", "contoso.com"),
        ]));
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["HTTPS_PROXY", "PATH", "no_proxy"]);
    }

    #[rstest::rstest]
    #[case("NO_PROXY", "*", true)]
    #[case("no_proxy", "a, * ", true)]
    #[case("NO_PROXY", "*.contoso.com", false)]
    #[case("NO_PROXY", "", false)]
    fn a_star_alone_means_every_host(
        #[case] name: &str,
        #[case] value: &str,
        #[case] everything: bool,
    ) {
        let environment = Environment::from([(name, value)]);
        assert_eq!(bypasses_everything(&environment), everything);
    }

    #[test]
    fn the_agents_proxy_stands_above_those_of_variables() {
        let kept = child_environment(&Environment::from([
            ("AGENT_PROXYURL", "http://proxy:8080"),
            ("HTTPS_PROXY", "http://other:8080"),
            ("no_proxy", "contoso.com"),
        ]));
        assert_eq!(kept, []);
    }
}
