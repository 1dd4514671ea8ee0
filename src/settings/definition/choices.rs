//! The values that settings can choose from and that mean nothing to a stage
//! as they are. Other choices are the types of the stages themselves.

use clap::ValueEnum;

/// The setting `leftoverTokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Leftover {
    /// The run fails and names them.
    Fail,
    /// The run warns.
    Warn,
    /// They are published as they are.
    Allow,
}

/// The setting `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum Mode {
    /// Pushes to the branch.
    Push,
    /// Opens a pull request.
    PullRequest,
    /// Pushes, and opens a pull request where the branch does not take pushes.
    Auto,
}

/// The setting `pullRequestPer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Per {
    /// One that is kept current.
    Environment,
    /// A new one for each change; those before it are closed.
    Change,
}

/// The setting `azureLogin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzureLogin {
    /// Whoever signed in with `az login`.
    Cli,
    /// The identity of the machine; of several, the one with this client id.
    ManagedIdentity(Option<String>),
}

/// Reads `az`, `managedIdentity` or `managedIdentity:<client id>`.
pub(super) fn azure_login(text: &str) -> Result<AzureLogin, String> {
    let (name, client) = text
        .split_once(':')
        .map_or((text, None), |(name, client)| (name, Some(client)));
    let is_id = |id: &str| id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    match (name, client) {
        ("az", None) => Ok(AzureLogin::Cli),
        ("managedIdentity", None) => Ok(AzureLogin::ManagedIdentity(None)),
        ("managedIdentity", Some(id)) if !id.is_empty() && is_id(id) => {
            Ok(AzureLogin::ManagedIdentity(Some(id.to_owned())))
        }
        _ => Err("it can be `az`, `managedIdentity` or `managedIdentity:<client id>`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("az", Some(AzureLogin::Cli))]
    #[case("managedIdentity", Some(AzureLogin::ManagedIdentity(None)))]
    #[case(
        "managedIdentity:0a1b-2c",
        Some(AzureLogin::ManagedIdentity(Some("0a1b-2c".to_owned())))
    )]
    #[case("managedIdentity:", None)]
    #[case("managedIdentity:a&b", None)]
    #[case("az:x", None)]
    #[case("AZ", None)]
    fn a_way_to_sign_in_is_one_of_three(#[case] text: &str, #[case] login: Option<AzureLogin>) {
        assert_eq!(azure_login(text).ok(), login);
    }
}
