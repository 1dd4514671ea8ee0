//! Service connections of Azure: which identity they stand for, and how it signs in.

use url::Url;

use crate::model::Secret;

use super::Environment;
use super::env::{
    JOB_TOKEN, SYSTEM_HOSTTYPE, SYSTEM_JOBID, SYSTEM_OIDCREQUESTURI, SYSTEM_PLANID,
    SYSTEM_TEAMPROJECTID,
};
use super::inputs::input;
use super::servers::collection;

/// The public cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com/";

/// A service connection of type Azure DevOps or Azure Resource Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureConnection {
    /// Its id.
    pub id: String,
    /// How it signs in.
    pub scheme: AzureScheme,
    /// The client id of its application.
    pub client: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The authority of its cloud.
    pub authority: String,
}

/// How a connection signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzureScheme {
    /// By an assertion of the run; nothing is stored.
    Federated,
    /// With a secret.
    Secret(Secret),
    /// With a certificate and its key (PEM).
    Certificate(Secret),
    /// As the machine.
    Managed,
    /// In a way that is not known.
    Other(String),
}

/// The connection that an input names; `None` when it names none.
///
/// The agent hands over each field of a connection as a variable, see
/// [`taskLib.getEndpointAuthorizationParameter`](https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/docs/azure-pipelines-task-lib.md).
pub fn azure_connection(environment: &Environment, input_name: &str) -> Option<AzureConnection> {
    let id = input(environment, input_name)?.trim().to_owned();
    let given = |name: String| {
        let text = environment.get(&name)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let parameter = |key: &str| given(format!("ENDPOINT_AUTH_PARAMETER_{id}_{key}"));
    let data = |key: &str| given(format!("ENDPOINT_DATA_{id}_{key}"));
    let named = given(format!("ENDPOINT_AUTH_SCHEME_{id}")).unwrap_or_default();
    let secret = |key: &str| Secret::new(&parameter(key).unwrap_or_default());
    let by_certificate = parameter("AUTHENTICATIONTYPE")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("spnCertificate"));
    let scheme = match named.to_ascii_lowercase().as_str() {
        "workloadidentityfederation" => AzureScheme::Federated,
        "managedserviceidentity" => AzureScheme::Managed,
        "serviceprincipal" | "" if by_certificate => {
            AzureScheme::Certificate(secret("SERVICEPRINCIPALCERTIFICATE"))
        }
        "serviceprincipal" | "" => AzureScheme::Secret(secret("SERVICEPRINCIPALKEY")),
        _ => AzureScheme::Other(named),
    };
    let client = match scheme {
        AzureScheme::Managed => data("MSICLIENTID"),
        _ => parameter("SERVICEPRINCIPALID"),
    };
    let authority = data("ACTIVEDIRECTORYAUTHORITY").or_else(|| data("ENVIRONMENTAUTHORITYURL"));
    Some(AzureConnection {
        scheme,
        client,
        tenant: parameter("TENANTID"),
        authority: authority.unwrap_or_else(|| AUTHORITY.to_owned()),
        id,
    })
}

/// Where this job asks for assertions, and the token that it does so with.
pub fn oidc_request(environment: &Environment) -> Option<(Url, Secret)> {
    let token = Secret::new(environment.get(JOB_TOKEN)?);
    let given = environment.get(SYSTEM_OIDCREQUESTURI);
    if let Some(address) = given.and_then(|text| Url::parse(text).ok()) {
        return Some((address, token));
    }
    // What the agent sets the variable to, where it does.
    let part = |name: &str| environment.get(name).filter(|text| !text.is_empty());
    let hub = part(SYSTEM_HOSTTYPE).unwrap_or("build");
    let address = format!(
        "{}/{}/_apis/distributedtask/hubs/{hub}/plans/{}/jobs/{}/oidctoken",
        collection(environment)?.trim_end_matches('/'),
        part(SYSTEM_TEAMPROJECTID)?,
        part(SYSTEM_PLANID)?,
        part(SYSTEM_JOBID)?,
    );
    Some((Url::parse(&address).ok()?, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(more: &[(&str, &str)]) -> AzureConnection {
        let usual = [
            ("INPUT_AZURESUBSCRIPTION", "0a-1b"),
            ("ENDPOINT_AUTH_PARAMETER_0a-1b_SERVICEPRINCIPALID", "client"),
            ("ENDPOINT_AUTH_PARAMETER_0a-1b_TENANTID", "tenant"),
            ("ENDPOINT_AUTH_PARAMETER_0a-1b_SERVICEPRINCIPALKEY", "k3y"),
        ];
        let all = usual.iter().chain(more);
        let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Environment = all.collect();
        azure_connection(&environment, "azureSubscription").unwrap()
    }

    #[rstest::rstest]
    #[case(&[("ENDPOINT_AUTH_SCHEME_0a-1b", "WorkloadIdentityFederation")], AzureScheme::Federated)]
    #[case(&[("ENDPOINT_AUTH_SCHEME_0a-1b", "workloadidentityfederation")], AzureScheme::Federated)]
    #[case(&[("ENDPOINT_AUTH_SCHEME_0a-1b", "ManagedServiceIdentity")], AzureScheme::Managed)]
    #[case(&[], AzureScheme::Secret(Secret::new("k3y")))]
    #[case(
        &[("ENDPOINT_AUTH_PARAMETER_0a-1b_AUTHENTICATIONTYPE", "spnCertificate"), ("ENDPOINT_AUTH_PARAMETER_0a-1b_SERVICEPRINCIPALCERTIFICATE", "pem")],
        AzureScheme::Certificate(Secret::new("pem"))
    )]
    #[case(&[("ENDPOINT_AUTH_SCHEME_0a-1b", "PublishProfile")], AzureScheme::Other("PublishProfile".into()))]
    fn a_connection_says_how_it_signs_in(
        #[case] more: &[(&str, &str)],
        #[case] scheme: AzureScheme,
    ) {
        assert_eq!(connection(more).scheme, scheme);
    }

    #[test]
    fn the_cloud_of_a_connection_is_its_own_and_otherwise_the_public_one() {
        assert_eq!(connection(&[]).authority, AUTHORITY);
        let other = "https://login.microsoftonline.us/";
        let data = [("ENDPOINT_DATA_0a-1b_ENVIRONMENTAUTHORITYURL", other)];
        assert_eq!(connection(&data).authority, other);
    }

    #[test]
    fn assertions_are_asked_for_where_the_agent_says_or_where_the_job_is() {
        let mut all = vec![
            (JOB_TOKEN, "t0ken"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            (SYSTEM_TEAMPROJECTID, "p"),
            (SYSTEM_HOSTTYPE, "build"),
            (SYSTEM_PLANID, "1"),
            (SYSTEM_JOBID, "2"),
        ];
        let address = |all: &[(&str, &str)]| {
            let all = all
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let environment: Environment = all.collect();
            oidc_request(&environment).map(|(url, _)| url.to_string())
        };
        let built = "https://dev.azure.com/contoso/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken";
        assert_eq!(address(&all).as_deref(), Some(built));
        all.push((SYSTEM_OIDCREQUESTURI, "https://dev.azure.com/contoso/oidc"));
        assert_eq!(
            address(&all).as_deref(),
            Some("https://dev.azure.com/contoso/oidc")
        );
        assert_eq!(address(&all[1..]), None);
    }
}
