//! From settings and environment to the things that touch the world: tools,
//! the HTTP client's options, and manifest repositories with their credentials.

use std::sync::Arc;

use crate::agent::{self, Environment, SourcePullRequest};
use crate::error::{Error, Kind};
use crate::git::{self, Remote};
use crate::host::{self, Api, ApiOptions, Credentials, Home, HostKind, Location, Place};
use crate::http;
use crate::model::Secret;
use crate::pipeline::Connection;
use crate::report::Reporter;
use crate::settings::Target;
use crate::tokens::{Layer, Matching};
use crate::tools::Tools;

use super::token::Tokens;

/// Where short forms of a manifest repository are read.
pub(super) fn home(environment: &Environment) -> Home {
    let (collection, project) = agent::team_project(environment).unzip();
    Home {
        collection,
        project,
        github: agent::github_server(environment),
    }
}

/// The variables of the pipeline run, for tokens.
pub(super) fn variables(environment: &Environment) -> Option<Layer> {
    if !environment.is_pipeline() {
        return None;
    }
    let mut layer = Layer::new("pipeline", Matching::Pipeline);
    for variable in agent::variables(environment) {
        layer.push(variable.name, variable.value.into(), variable.secret, 0);
    }
    Some(layer)
}

/// Opens manifest repositories.
pub(super) struct Connector {
    environment: Arc<Environment>,
    reporter: Arc<Reporter>,
    tokens: Tokens,
    tools: Tools,
    http: http::Options,
    pull_request: bool,
}

impl Connector {
    /// Reads what the environment says about the way out.
    pub(super) fn new(
        environment: &Arc<Environment>,
        tokens: Tokens,
        tools: Tools,
        reporter: &Arc<Reporter>,
        pull_request: bool,
    ) -> Result<Self, Error> {
        let http = http_options(environment)?;
        Ok(Self {
            environment: Arc::clone(environment),
            reporter: Arc::clone(reporter),
            tokens,
            tools,
            http,
            pull_request,
        })
    }

    /// Prepares one manifest repository. `create` makes a local one where
    /// there is nothing yet. With a token that somebody gave, the way to a
    /// repository that was named by its SSH address is HTTPS where that is
    /// known; the job's own does not count: whoever names SSH has keys.
    pub(super) fn open(&self, target: &Target, create: bool) -> Result<Connection, Error> {
        let location = self.locate(target)?;
        if let Some(embedded) = &location.embedded {
            self.reporter.mask(embedded);
            self.reporter.warning(
                "the manifest repository's URL contains a password; it is not used. Give the token as a secret, and take it out of the URL",
            );
        }
        // Also behind SSH, the host's interface is spoken to over HTTPS.
        let over_https = location.over_https();
        let web = over_https.as_ref().unwrap_or(&location).clone();
        let (authorization, token) = self.authorization(&web, target)?.unzip();
        let location = match over_https {
            Some(web) if self.tokens.is_given() && authorization.is_some() => web,
            _ => location,
        };
        if self.tokens.is_given() && matches!(location.place, Place::Ssh(_)) {
            self.reporter.info(&format!(
                "the token is not used for {}: SSH takes keys",
                location.place
            ));
        }
        let options = git::Options {
            http: self.http.clone(),
            authorization,
            temp_root: self.environment.temp_root(),
            tools: self.tools.clone(),
            create_if_missing: create,
        };
        let remote = Remote::open(&location, options);
        let api = match &web.place {
            Place::Url(url) => Api::open(url, web.kind, self.api_options(url.url(), token))?,
            Place::Ssh(_) | Place::Path(_) => None,
        };
        Ok(Connection { remote, api })
    }

    /// The interface of the source repository, to comment on its pull request.
    ///
    /// The job's own token serves on Azure DevOps. A token that was given is
    /// for the manifest repositories, and goes to no other host than theirs.
    pub(super) fn source_api(
        &self,
        pull_request: &SourcePullRequest,
        targets: &[&Target],
    ) -> Result<Option<Api>, Error> {
        let kind = if pull_request.github {
            HostKind::GitHub
        } else {
            HostKind::Azure
        };
        let location = host::resolve(&pull_request.repository, Some(kind))?;
        let Place::Url(url) = &location.place else {
            return Ok(None);
        };
        let is_theirs = |target: &&Target| {
            let location = self.locate(target).ok();
            let place = location.map(|it| it.over_https().unwrap_or(it).place);
            !target.named_by_file
                && matches!(place, Some(Place::Url(other)) if other.url().origin() == url.url().origin())
        };
        let token = self.tokens.for_repository(&self.environment, url.url());
        let own = agent::job_token(&self.environment, url.url());
        let token = match token {
            Some(token) if token.is_jobs_own || targets.iter().any(is_theirs) => Some(token.secret),
            _ => own,
        };
        let Some(token) = token else {
            return Ok(None);
        };
        self.reporter.mask(&token);
        let options = self.api_options(url.url(), Some(token));
        Ok(Api::open(url, location.kind, options)?)
    }

    /// How a host's interface is reached with a token.
    fn api_options(&self, repository: &url::Url, token: Option<Secret>) -> ApiOptions {
        let credentials = token.map_or(Credentials::None, Credentials::Token);
        ApiOptions {
            collection: agent::collection_of(&self.environment, repository),
            ..ApiOptions::new(self.http.clone(), credentials)
        }
    }

    /// Where a manifest repository is.
    fn locate(&self, target: &Target) -> Result<Location, host::Error> {
        let home = home(&self.environment);
        host::resolve_at(&target.repository, target.host.kind(), &home)
    }

    /// The credentials for one repository, masked before they are used.
    fn authorization(
        &self,
        location: &Location,
        target: &Target,
    ) -> Result<Option<(host::Authorization, Secret)>, Error> {
        let Place::Url(url) = &location.place else {
            return Ok(None);
        };
        let Some(token) = self.tokens.for_repository(&self.environment, url.url()) else {
            return Ok(None);
        };
        if self.pull_request && target.named_by_file && !token.is_jobs_own {
            self.reporter.warning(&format!(
                "the token is not sent to {url}: on a build of a pull request anybody may have written the settings file, and nothing else names that repository. Set the input `manifestRepo` on the task"
            ));
            return Ok(None);
        }
        if url.url().scheme() == "http" && !host::is_this_machine(url.url()) {
            self.reporter.warning(&format!(
                "the token goes to {url} without encryption; use https"
            ));
        }
        let user = target.user.as_deref().or(token.user.as_deref());
        let authorization = host::authorization(location.kind, &token.secret, user)?;
        self.reporter.mask(&token.secret);
        self.reporter
            .mask_with(|redactor| authorization.register(redactor));
        Ok(Some((authorization, token.secret)))
    }
}

/// What the environment says about the way out: proxy and certificates.
pub(super) fn http_options(environment: &Environment) -> Result<http::Options, Error> {
    let mut http = http::Options::new(concat!("gitops-publisher/", env!("CARGO_PKG_VERSION")));
    http.proxy = agent::proxy(environment).map(|proxy| {
        let (user, password) = proxy.credentials.unzip();
        http::Proxy {
            url: proxy.url,
            user,
            password,
            bypass: proxy.bypass,
        }
    });
    if let Some(path) = agent::extra_ca(environment) {
        let read = std::fs::read(&path);
        http.ca_bundle_pem = Some(read.map_err(|source| {
            let said = format!(
                "cannot read the agent's certificate file {}",
                path.display()
            );
            Error::new(Kind::Input, anyhow::Error::new(source).context(said))
        })?);
    }
    Ok(http)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Target;

    #[test]
    fn behind_ssh_the_hosts_interface_is_reached_with_the_jobs_own_token() {
        let environment = Arc::new(Environment::from([
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            ("SYSTEM_TEAMPROJECT", "shop"),
            (
                "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
                "marked-token",
            ),
        ]));
        let reporter = Arc::new(Reporter::new(crate::agent::AgentSink));
        let tools = Tools::new("/nowhere", "/nowhere");
        let connector =
            Connector::new(&environment, Tokens::default(), tools, &reporter, false).unwrap();
        let place = |repository: &str| {
            let target = Target {
                repository: repository.to_owned(),
                host: crate::settings::definition::GitHostSetting::Auto,
                ..Target::local("unused")
            };
            let connection = connector.open(&target, false).unwrap();
            (connection.remote.display(), connection.api.is_some())
        };
        let ssh = "git@ssh.dev.azure.com:v3/contoso/shop/manifests";
        assert_eq!(place(ssh), (ssh.to_owned(), true));
        let short = "https://dev.azure.com/contoso/shop/_git/manifests";
        assert_eq!(place("manifests"), (short.to_owned(), true));
        let unknown = "git@git.contoso.com:manifests";
        assert_eq!(place(unknown), (unknown.to_owned(), false));
    }
}
