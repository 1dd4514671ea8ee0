//! Signing in to Azure DevOps without a stored token: by a service connection, as the
//! machine, or with what `az login` left.

use std::sync::Arc;

use url::Url;

use crate::agent::env::AZURE_POD_IDENTITY_AUTHORITY_HOST;
use crate::agent::{self, AzureConnection, AzureScheme, Environment};
use crate::error::{Error, Kind};
use crate::host::is_this_machine;
use crate::http;
use crate::identity::{
    AZURE_DEVOPS, Application, Identity, Login, ManagedIdentity, OidcRequest, Proof,
};
use crate::model::{RedactedUrl, Secret};
use crate::report::Reporter;
use crate::settings::definition::{AzureLogin, RunArgs};
use crate::tools::Tools;

use super::invocation::Doors;

/// The inputs that name a service connection of Azure.
const CONNECTIONS: [&str; 2] = ["azureDevOpsServiceConnection", "azureSubscription"];

/// Who signs in to Azure DevOps, when the run says so.
pub(super) fn find(
    (environment, doors): (&Environment, &Doors),
    run: &RunArgs,
    (http, tools): (&http::Options, &Tools),
    reporter: &Arc<Reporter>,
) -> Result<Option<Arc<Identity>>, Error> {
    let mut named = CONNECTIONS.into_iter().filter_map(|input| {
        let connection = agent::azure_connection(environment, input);
        Some((input, connection.filter(|_| doors.task)?))
    });
    let (login, name) = if let Some((input, connection)) = named.next() {
        if named.next().is_some() {
            let [one, other] = CONNECTIONS;
            return Err(
                Error::message(Kind::Usage, format!("`{one}` and `{other}` are both set"))
                    .hint("one of them says who signs in to Azure DevOps: leave the other one out"),
            );
        }
        let login = of_connection(environment, input, connection)?;
        (
            login,
            format!("the service connection of the input `{input}`"),
        )
    } else {
        match &run.azure_login {
            None => return Ok(None),
            Some(AzureLogin::Cli) => (Login::AzureCli(tools.clone()), "`az`".to_owned()),
            Some(AzureLogin::ManagedIdentity(client)) => (
                Login::Managed(managed(environment, client.clone())?),
                "the managed identity of this machine".to_owned(),
            ),
        }
    };
    let masking = Arc::clone(reporter);
    let on_secret = Arc::new(move |secret: &Secret| masking.mask(secret));
    let identity = Identity::new(login, name, AZURE_DEVOPS, http.clone(), on_secret);
    Ok(Some(Arc::new(identity)))
}

fn of_connection(
    environment: &Environment,
    input: &str,
    connection: AzureConnection,
) -> Result<Login, Error> {
    let wrong = |what: &str, hint: &str| {
        let said = format!("the service connection of the input `{input}` {what}");
        Error::message(Kind::Input, said).hint(hint.to_owned())
    };
    let check =
        "check that the pipeline is authorized to use it, and its fields in the project's settings";
    let proof = match connection.scheme {
        AzureScheme::Managed => {
            return Ok(Login::Managed(managed(environment, connection.client)?));
        }
        AzureScheme::Other(scheme) => {
            let what = format!("signs in by `{scheme}`, which gives no token for Azure DevOps");
            let hint = "use a connection of type Azure DevOps, or of Azure Resource Manager with workload identity federation";
            return Err(wrong(&what, hint));
        }
        AzureScheme::Secret(secret) | AzureScheme::Certificate(secret) if secret.is_empty() => {
            return Err(wrong("holds neither a secret nor a certificate", check));
        }
        AzureScheme::Secret(secret) => Proof::Secret(secret),
        AzureScheme::Certificate(pem) => Proof::Certificate(pem),
        AzureScheme::Federated => {
            let Some((address, job_token)) = agent::oidc_request(environment) else {
                return Err(wrong(
                    "needs an OIDC token of the run, and this job has no address to request one from",
                    "Azure DevOps Services only has workload identity: on Azure DevOps Server leave the input out, so that the job's own token is used",
                ));
            };
            refuse_plain(&address, "SYSTEM_OIDCREQUESTURI")?;
            Proof::Federated(OidcRequest {
                address,
                connection: connection.id,
                job_token,
            })
        }
    };
    let (Some(client), Some(tenant)) = (connection.client, connection.tenant) else {
        return Err(wrong("has no client id or no tenant id", check));
    };
    let authority = Url::parse(&connection.authority).map_err(|_| {
        let what = format!("has an invalid authority, `{}`", connection.authority);
        wrong(&what, check)
    })?;
    refuse_plain(&authority, "the authority of the service connection")?;
    Ok(Login::Application(Application {
        authority,
        tenant,
        client,
        proof,
    }))
}

/// The identity of the machine, and where it is asked for.
fn managed(environment: &Environment, client: Option<String>) -> Result<ManagedIdentity, Error> {
    let variable = AZURE_POD_IDENTITY_AUTHORITY_HOST;
    let service = environment.get(variable).map(|text| {
        Url::parse(text).map_err(|_| {
            let said = format!("the variable `{variable}` is not a valid URL: {text}");
            Error::message(Kind::Usage, said).hint("correct it, or leave it out")
        })
    });
    Ok(ManagedIdentity {
        client,
        service: service.transpose()?,
    })
}

/// Secrets do not travel without encryption.
fn refuse_plain(address: &Url, what: &str) -> Result<(), Error> {
    if address.scheme() == "https" || is_this_machine(address) {
        return Ok(());
    }
    let address = RedactedUrl::new(address.clone());
    let said = format!("{what} is {address}, to which a secret would go without encryption");
    Err(Error::message(Kind::Policy, said).hint("it has to begin with `https://`"))
}

/// Refuses to hand a token of Entra to a server that is not Azure DevOps Services: it would
/// be good for every organization that the identity belongs to.
pub(super) fn refuse_elsewhere(repository: &RedactedUrl) -> Result<(), Error> {
    let host = repository.url().host_str().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let is_service = host == "dev.azure.com" || host.ends_with(".visualstudio.com");
    if (is_service && repository.url().scheme() == "https") || is_this_machine(repository.url()) {
        return Ok(());
    }
    let said = format!("{repository} is not at Azure DevOps Services, and takes no token of Entra");
    Err(Error::message(Kind::Usage, said).hint(
        "leave the service connection or `azureLogin` out: the job's own token is used for its own collection. For another one, set `token` to a personal access token of that collection",
    ))
}
