//! From settings and environment to manifest repositories with their
//! credentials, and to the variables that tokens get.

use std::sync::Arc;

use crate::agent::{self, Environment, SourcePullRequest};
use crate::error::{Error, Kind};
use crate::git::{self, Remote};
use crate::host::{self, Api, ApiOptions, Credentials, Home, HostKind, Location, Place};
use crate::http;
use crate::identity::Identity;
use crate::model::{RedactedUrl, Secret};
use crate::pipeline::Connection;
use crate::report::Reporter;
use crate::settings::Target;
use crate::tokens::{Layer, Matching, Placeholder};
use crate::tools::Tools;

use super::app::Apps;
use super::login;
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

/// The source repository of the pipeline, and the host that it is at.
pub(super) fn source_host(environment: &Environment) -> Option<(String, HostKind)> {
    let (repository, github) = agent::source_repository(environment)?;
    let kind = if github {
        HostKind::GitHub
    } else {
        HostKind::Azure
    };
    Some((repository, kind))
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

/// The variables of the pipeline run, with placeholders for the secret ones.
/// The placeholders are hidden like the secrets that they stand for.
pub(super) fn without_secrets(layers: Vec<Layer>, reporter: &Reporter) -> Vec<Layer> {
    let hide = |layer: Layer| {
        let (layer, placeholders) = layer.with_placeholders(Placeholder::First);
        for placeholder in placeholders {
            reporter.hide(&Secret::new(&placeholder));
        }
        layer
    };
    layers.into_iter().map(hide).collect()
}

/// Opens manifest repositories: the only place that hands out a way to write to
/// one.
pub(super) struct Connector {
    pub(super) environment: Arc<Environment>,
    pub(super) reporter: Arc<Reporter>,
    pub(super) tokens: Tokens,
    pub(super) app: Option<Apps>,
    /// Who signs in to Azure DevOps.
    pub(super) identity: Option<Arc<Identity>>,
    pub(super) tools: Tools,
    pub(super) http: http::Options,
    /// This is a build of a pull request.
    pub(super) pull_request: bool,
    /// Where requests may go that only the settings file asks for.
    pub(super) addresses: http::Addresses,
    /// Nothing is written, whatever the command is.
    pub(super) read_only: bool,
}

/// Who we are to one repository: to git, and to the host's interface.
type Access = (host::Authorization, Credentials);

impl Connector {
    /// Prepares one manifest repository. `create` makes a local one where
    /// there is nothing yet. With a token that somebody gave, the way to a
    /// repository that was named by its SSH address is HTTPS where that is
    /// known; the job's own does not count: whoever names SSH has keys.
    pub(super) async fn open(&self, target: &Target, create: bool) -> Result<Connection, Error> {
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
        let (authorization, credentials) = self.access(&web, target).await?.unzip();
        let has_own = self.app.is_some() || self.identity.is_some();
        let is_given = self.tokens.is_given() || has_own;
        let location = match over_https {
            Some(web) if is_given && authorization.is_some() => web,
            _ => location,
        };
        if self.tokens.is_given() && matches!(location.place, Place::Ssh(_)) {
            self.reporter.info(&format!(
                "the token is not used for {}: SSH takes keys",
                location.place
            ));
        }
        let http = self.http_for(&location, target)?;
        let options = git::Options {
            http: http.clone(),
            authorization,
            temp_root: self.environment.temp_root(),
            tools: self.tools.clone(),
            create_if_missing: create && !self.read_only,
        };
        let remote = Remote::open(&location, options);
        let api = match &web.place {
            Place::Url(url) => {
                let credentials = credentials.unwrap_or(Credentials::None);
                let options = ApiOptions {
                    http,
                    ..self.api_options(url.url(), credentials)
                };
                Api::open(url, web.kind, options)?
            }
            Place::Ssh(_) | Place::Path(_) => None,
        };
        if self.read_only {
            let (remote, api) = (remote.read_only(), api.map(Api::read_only));
            return Ok(Connection { remote, api });
        }
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
        let is_theirs = |target: &&Target| self.is_at(target, url);
        let app = self.app.as_ref().filter(|_| pull_request.github);
        if let Some(app) = app.filter(|_| targets.iter().any(is_theirs)) {
            let options = self.api_options(url.url(), Credentials::App(app.tokens(url)?));
            return Ok(Api::open(url, location.kind, options)?);
        }
        let Some(token) = self.source_token(url, targets) else {
            return Ok(None);
        };
        self.reporter.mask(&token);
        let options = self.api_options(url.url(), Credentials::Token(token));
        Ok(Api::open(url, location.kind, options)?)
    }

    /// How the interface of the collection that runs the pipeline is reached, with the
    /// job's own token; `None` for a step that was given none.
    pub(super) fn own_collection(&self, collection: &url::Url) -> Option<ApiOptions> {
        let token = agent::own_token(&self.environment)?;
        self.reporter.mask(&token);
        Some(self.api_options(collection, Credentials::Token(token)))
    }

    /// The source repository in git, to be read only. As with [`Self::source_api`], a token
    /// that was given goes to no other host than that of the manifest repositories.
    pub(super) fn source_remote(
        &self,
        pull_request: &SourcePullRequest,
        targets: &[&Target],
    ) -> Result<Remote, Error> {
        let kind = if pull_request.github {
            HostKind::GitHub
        } else {
            HostKind::Azure
        };
        let location = host::resolve(&pull_request.repository, Some(kind))?;
        let authorization = match &location.place {
            Place::Url(url) => self
                .source_token(url, targets)
                .map(|token| {
                    self.reporter.mask(&token);
                    host::authorization(location.kind, &token, None)
                })
                .transpose()?,
            Place::Ssh(_) | Place::Path(_) => None,
        };
        if let Some(authorization) = &authorization {
            self.reporter
                .mask_with(|redactor| authorization.register(redactor));
        }
        let options = git::Options {
            http: self.http.clone(),
            authorization,
            temp_root: self.environment.temp_root(),
            tools: self.tools.clone(),
            create_if_missing: false,
        };
        Ok(Remote::open(&location, options).read_only())
    }

    /// The token for the source repository.
    fn source_token(&self, url: &RedactedUrl, targets: &[&Target]) -> Option<Secret> {
        let token = self.tokens.for_repository(&self.environment, url.url());
        let own = agent::job_token(&self.environment, url.url());
        match token {
            Some(token)
                if token.is_jobs_own || targets.iter().any(|target| self.is_at(target, url)) =>
            {
                Some(token.secret)
            }
            _ => own,
        }
    }

    /// Whether a manifest repository that the run itself names is on this host.
    fn is_at(&self, target: &Target, url: &RedactedUrl) -> bool {
        let location = self.locate(target).ok();
        let place = location.map(|it| it.over_https().unwrap_or(it).place);
        !target.named_by_file
            && matches!(place, Some(Place::Url(other)) if other.url().origin() == url.url().origin())
    }

    /// How a host's interface is reached.
    fn api_options(&self, repository: &url::Url, credentials: Credentials) -> ApiOptions {
        ApiOptions {
            collection: agent::collection_of(&self.environment, repository),
            ..ApiOptions::new(self.http.clone(), credentials)
        }
    }

    /// Where a manifest repository is.
    pub(super) fn locate(&self, target: &Target) -> Result<Location, host::Error> {
        let home = home(&self.environment);
        host::resolve_at(&target.repository, target.host, &home)
    }

    /// The credentials for one repository, masked before they are used.
    async fn access(&self, location: &Location, target: &Target) -> Result<Option<Access>, Error> {
        let Place::Url(url) = &location.place else {
            return Ok(None);
        };
        let app = self
            .app
            .as_ref()
            .filter(|_| location.kind == HostKind::GitHub);
        if let Some(app) = app {
            if !self.may_send("GitHub App's proof", url, target, false) {
                return Ok(None);
            }
            let tokens = app.tokens(url)?;
            // Good for the better part of an hour, and made after rendering.
            let secret = tokens.token().await?;
            let authorization = host::authorization(location.kind, &secret, None)?;
            let authorization = authorization.made_at(tokens.made().await);
            self.reporter
                .mask_with(|redactor| authorization.register(redactor));
            return Ok(Some((authorization, Credentials::App(tokens))));
        }
        let identity = self
            .identity
            .as_ref()
            .filter(|_| location.kind == HostKind::Azure);
        if let Some(identity) = identity {
            login::refuse_elsewhere(url)?;
            if !self.may_send("identity's token", url, target, false) {
                return Ok(None);
            }
            // Good for an hour or more, and made after rendering.
            let secret = identity.token().await?;
            let authorization = host::authorization(location.kind, &secret, None)?;
            self.reporter
                .mask_with(|redactor| authorization.register(redactor));
            let credentials = Credentials::Entra(Arc::clone(identity));
            return Ok(Some((authorization, credentials)));
        }
        let Some(token) = self.tokens.for_repository(&self.environment, url.url()) else {
            return Ok(None);
        };
        if !self.may_send("token", url, target, token.is_jobs_own) {
            return Ok(None);
        }
        let user = target.user.as_deref().or(token.user.as_deref());
        let authorization = host::authorization(location.kind, &token.secret, user)?;
        self.reporter.mask(&token.secret);
        self.reporter
            .mask_with(|redactor| authorization.register(redactor));
        Ok(Some((authorization, Credentials::Token(token.secret))))
    }

    /// How a repository is reached. On a build of a pull request anybody may
    /// have written the settings file: what it alone names is no folder of this
    /// machine, is not reached with the machine's SSH keys, and is on the public
    /// internet or on the pipeline's own server.
    fn http_for(&self, location: &Location, target: &Target) -> Result<http::Options, Error> {
        let mut http = self.http.clone();
        if !(self.pull_request && target.named_by_file) {
            return Ok(http);
        }
        let refused = |what: &str| {
            let said = format!(
                "the manifest repository {} is {what}, and only the settings file names it, which anybody may have written on a build of a pull request",
                location.place
            );
            Error::message(Kind::Policy, said).hint("set the input `manifestRepo` on the task")
        };
        match &location.place {
            Place::Path(_) => Err(refused("a folder on the agent")),
            Place::Ssh(_) => Err(refused("reached with the agent's SSH keys")),
            Place::Url(url) => {
                let own = agent::servers(&self.environment);
                if !own.iter().any(|own| own.origin() == url.url().origin()) {
                    http.addresses = self.addresses;
                }
                Ok(http)
            }
        }
    }

    /// Whether a secret may go to a repository; says why not.
    fn may_send(&self, what: &str, url: &RedactedUrl, target: &Target, is_jobs_own: bool) -> bool {
        if self.pull_request && target.named_by_file && !is_jobs_own {
            self.reporter.warning(&format!(
                "the {what} is not sent to {url}: on a build of a pull request anybody may have written the settings file, and nothing else names that repository. Set the input `manifestRepo` on the task"
            ));
            return false;
        }
        if url.url().scheme() == "http" && !host::is_this_machine(url.url()) {
            self.reporter.warning(&format!(
                "the {what} goes to {url} without encryption; use https"
            ));
        }
        true
    }
}

#[cfg(test)]
mod tests;
