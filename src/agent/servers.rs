//! The servers that a run knows by itself, and the token that its job has for
//! one of them.

use crate::model::Secret;

use super::Environment;
use super::env::{
    BUILD_BUILDID, BUILD_REPOSITORY_URI, GITHUB_SERVER_URL, JOB_TOKEN, SYSTEM_ACCESSTOKEN,
    SYSTEM_COLLECTIONURI, SYSTEM_HOSTTYPE, SYSTEM_TEAMFOUNDATIONCOLLECTIONURI, SYSTEM_TEAMPROJECT,
};

/// URL of the organisation or collection that runs the pipeline.
pub(super) fn collection(environment: &Environment) -> Option<&str> {
    environment
        .get(SYSTEM_COLLECTIONURI)
        .or_else(|| environment.get(SYSTEM_TEAMFOUNDATIONCOLLECTIONURI))
}

/// The servers that this run works with in any case: the one that runs the
/// pipeline, and the one that the source comes from.
pub fn servers(environment: &Environment) -> Vec<url::Url> {
    let source = environment.get(BUILD_REPOSITORY_URI);
    [collection(environment), source]
        .into_iter()
        .flatten()
        .filter_map(|text| url::Url::parse(text).ok())
        .collect()
}

/// The organisation or collection that runs the pipeline, and the project.
pub fn team_project(environment: &Environment) -> Option<(url::Url, String)> {
    let collection = url::Url::parse(collection(environment)?).ok()?;
    let project = environment.get(SYSTEM_TEAMPROJECT)?;
    Some((collection, project.to_owned()))
}

/// The build that this run belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBuild {
    /// The organisation or collection.
    pub collection: url::Url,
    /// The project.
    pub project: String,
    /// Its number.
    pub id: u64,
}

/// The build that this run belongs to. A classic release belongs to none: its
/// variables name the build of an artifact.
pub fn own_build(environment: &Environment) -> Option<OwnBuild> {
    if !environment.is_pipeline() || environment.get(SYSTEM_HOSTTYPE) == Some("release") {
        return None;
    }
    let (collection, project) = team_project(environment)?;
    let id = environment.get(BUILD_BUILDID)?.parse().ok()?;
    Some(OwnBuild {
        collection,
        project,
        id,
    })
}

/// The GitHub server that runs the workflow.
pub fn github_server(environment: &Environment) -> Option<url::Url> {
    let server = url::Url::parse(environment.get(GITHUB_SERVER_URL)?).ok()?;
    (server.scheme() == "https").then_some(server)
}

/// The job's own token, for the organisation or collection that runs the pipeline. A
/// script step has it where it maps it.
pub fn own_token(environment: &Environment) -> Option<Secret> {
    let mapped = || environment.get(SYSTEM_ACCESSTOKEN);
    environment.get(JOB_TOKEN).or_else(mapped).map(Secret::new)
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[rstest::rstest]
    #[case(&[], Some(100))]
    #[case(&[("SYSTEM_HOSTTYPE", "build")], Some(100))]
    #[case(&[("SYSTEM_HOSTTYPE", "release")], None)]
    #[case(&[("BUILD_BUILDID", "")], None)]
    fn a_release_has_no_build_of_its_own(
        #[case] more: &[(&str, &str)],
        #[case] expected: Option<u64>,
    ) {
        let usual = [
            ("TF_BUILD", "True"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            ("SYSTEM_TEAMPROJECT", "shop"),
            ("BUILD_BUILDID", "100"),
        ];
        let all = usual.iter().chain(more);
        let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Environment = all.collect();
        assert_eq!(own_build(&environment).map(|build| build.id), expected);
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
}
