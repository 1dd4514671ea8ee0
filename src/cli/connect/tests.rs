//! Who gets a token, and which way a repository is reached.

use super::*;
use crate::settings::Target;

#[tokio::test]
async fn behind_ssh_the_hosts_interface_is_reached_with_the_jobs_own_token() {
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
    let connector = Connector {
        http: crate::cli::network::http_options(&environment, None, &reporter).unwrap(),
        environment,
        reporter,
        tokens: Tokens::default(),
        app: None,
        identity: None,
        tools,
        pull_request: false,
        addresses: http::Addresses::Any,
        read_only: false,
    };
    let place = async |repository: &str| {
        let target = Target {
            repository: repository.to_owned(),
            host: None,
            ..Target::local("unused")
        };
        let connection = connector.open(&target, false).await.unwrap();
        (connection.remote.display(), connection.api.is_some())
    };
    let ssh = "git@ssh.dev.azure.com:v3/contoso/shop/manifests";
    assert_eq!(place(ssh).await, (ssh.to_owned(), true));
    let short = "https://dev.azure.com/contoso/shop/_git/manifests";
    assert_eq!(place("manifests").await, (short.to_owned(), true));
    let unknown = "git@git.contoso.com:manifests";
    assert_eq!(place(unknown).await, (unknown.to_owned(), false));
}

#[tokio::test]
async fn what_is_opened_to_be_read_cannot_be_written_to_by_any_command() {
    let folder = tempfile::tempdir().unwrap();
    let reporter = Arc::new(Reporter::new(crate::agent::AgentSink));
    let environment = Arc::new(Environment::from([("TMPDIR", "/tmp")]));
    let mut connector = Connector {
        http: crate::cli::network::http_options(&environment, None, &reporter).unwrap(),
        environment,
        reporter,
        tokens: Tokens::default(),
        app: None,
        identity: None,
        tools: Tools::new("/nowhere", "/nowhere"),
        pull_request: true,
        addresses: http::Addresses::Any,
        read_only: false,
    };
    let repository = folder.path().join("m.git").display().to_string();
    let target = Target::local(&repository);
    let made = connector.open(&target, true).await.unwrap();
    let tip = made.remote.read(None, &[]).await.unwrap();
    connector.read_only = true;
    let opened = connector.open(&target, true).await.unwrap();
    let draft = git::CommitDraft {
        author: git::Identity {
            name: "a".into(),
            email: "a@contoso.com".into(),
        },
        committer: git::Identity {
            name: "a".into(),
            email: "a@contoso.com".into(),
        },
        message: "m".into(),
        seconds: 0,
        tree_trailer: None,
    };
    let said = "this is a pull request build, so nothing is written";
    let pushed = opened.remote.push(&tip, &[], &draft).await.unwrap_err();
    assert!(pushed.to_string().ends_with(said), "{pushed}");
    let deleted = opened.remote.delete(&tip).await.unwrap_err();
    assert!(deleted.to_string().ends_with(said), "{deleted}");
    let none = folder.path().join("none.git");
    let target = Target::local(&none.display().to_string());
    let absent = connector.open(&target, true).await.unwrap();
    assert!(absent.remote.read(None, &[]).await.is_err());
    assert!(!none.exists());
}
