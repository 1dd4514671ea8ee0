//! access.yaml: tokens reach their servers and nobody else.

use super::*;
use crate::support::web_server::WebServer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const TOKEN: &str = "t0ken-that-nobody-may-see";

/// A private repository, and a definition that knows the variable.
fn private(server: &GitServer) -> Workspace {
    web(server);
    server.require("git", TOKEN);
    let workspace = uses_web(server, "");
    workspace.write(
        "access.yaml",
        &format!("{}: WEB_TOKEN\n", server.url("web")),
    );
    workspace
}

fn assert_unseen(workspace: &Workspace, ended: &Ended) {
    let forms = [TOKEN.to_owned(), STANDARD.encode(format!("git:{TOKEN}"))];
    for form in forms {
        assert!(!ended.stdout.contains(&form), "{ended:#?}");
        assert!(!ended.stderr.contains(&form), "{ended:#?}");
        for (path, content) in everything(workspace) {
            let text = String::from_utf8_lossy(&content).into_owned();
            assert!(!text.contains(&form), "{path}");
        }
    }
}

#[test]
fn the_token_travels_in_the_header_and_is_written_nowhere() {
    let server = GitServer::start();
    let workspace = private(&server);
    let ended = install(&workspace, &["--verbose"])
        .variable("WEB_TOKEN", TOKEN)
        .variable("GITOPS_LOG", "trace")
        .succeed();
    assert_unseen(&workspace, &ended);
    for request in server.requests() {
        assert!(!request.target.contains(TOKEN));
        assert!(
            request
                .headers
                .iter()
                .any(|(name, _)| name == "authorization")
        );
    }
}

#[rstest::rstest]
#[case(
    None,
    "names the variable `WEB_TOKEN`",
    "a secret variable of a pipeline reaches a step only through its `env`"
)]
#[case(Some("$(WEB_TOKEN)"), "names the variable `WEB_TOKEN`", "env")]
#[case(Some("wrong"), "refused the credentials", "check the address")]
fn a_token_that_is_missing_or_wrong(
    #[case] value: Option<&str>,
    #[case] said: &str,
    #[case] hint: &str,
) {
    let server = GitServer::start();
    let workspace = private(&server);
    let mut program = install(&workspace, &[]);
    if let Some(value) = value {
        program = program.variable("WEB_TOKEN", value);
    }
    let ended = program.fail();
    assert_said(&ended, said);
    assert_said(&ended, hint);
    for request in server.requests() {
        // The variable's name is no token.
        let sent = request.headers.iter().any(|(name, value)| {
            name == "authorization" && value.contains(&STANDARD.encode("git:WEB_TOKEN"))
        });
        assert!(!sent);
    }
}

#[test]
fn without_access_a_private_repository_says_how_to_give_some() {
    let server = GitServer::start();
    let workspace = private(&server);
    workspace.remove("access.yaml");
    let ended = install(&workspace, &[]).variable("WEB_TOKEN", TOKEN).fail();
    assert_said(&ended, "asks for credentials, and this run has none for it");
    assert_said(
        &ended,
        "access.yaml beside the component file names the variable",
    );
}

#[test]
fn on_a_pull_request_no_token_is_sent_unless_its_authors_are_trusted() {
    let server = GitServer::start();
    let workspace = private(&server);
    let on_pull_request = |arguments: &[&str]| {
        install(&workspace, arguments)
            .variable("BUILD_REASON", "PullRequest")
            .variable("WEB_TOKEN", TOKEN)
    };
    let ended = on_pull_request(&[]).fail();
    assert_said(
        &ended,
        "the token in the variable `WEB_TOKEN` is not sent to ",
    );
    assert_said(&ended, "--allow-access");
    assert_eq!(server.turns(), 0);
    let ended = on_pull_request(&["--allow-access"]).fail();
    assert_said(
        &ended,
        "pull request builds fetch from the public internet only, and 127.0.0.1 is not part of it",
    );
    assert_said(
        &ended,
        "help: set `allowPrivateAddresses` on the task (`--allow-private-addresses`)",
    );
    assert_eq!(server.turns(), 0);
    on_pull_request(&["--allow-access", "--allow-private-addresses"]).succeed();
    // What is there needs no token.
    on_pull_request(&[]).succeed();
}

#[test]
fn a_component_from_elsewhere_cannot_ask_for_a_token() {
    let server = GitServer::start();
    let thief = WebServer::start();
    thief.put("x.yaml", "kind: X\n");
    server.create("web").commit(
        "main",
        "x",
        &[
            (
                "component.yaml",
                "100644",
                &format!(
                    "name: web\nsubcomponents:\n- {{name: x, type: static, method: http, source: '{}'}}\n",
                    thief.url("x.yaml")
                ),
            ),
            ("access.yaml", "100644", &format!("{}: WEB_TOKEN\n", thief.url("x.yaml"))),
        ],
    );
    let workspace = uses_web(&server, "");
    install(&workspace, &[])
        .variable("WEB_TOKEN", TOKEN)
        .succeed();
    assert_eq!(thief.requests(), [("/x.yaml".to_owned(), None)]);
}

#[test]
fn the_root_can_give_access_to_what_a_component_from_elsewhere_needs() {
    let server = GitServer::start();
    web(&server);
    server.require("git", TOKEN);
    let outer = WebServer::start();
    drop(outer);
    let stack = format!(
        "name: stack\nsubcomponents:\n- {{name: web, method: git, source: '{}'}}\n",
        server.url("web")
    );
    server
        .create("stack")
        .commit("main", "x", &[("component.yaml", "100644", &stack)]);
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: stack, method: git, source: '{}'}}\n",
        server.url("stack")
    ));
    workspace.write(
        "access.yaml",
        &format!("{}: ALL\n{}: ALL\n", server.url("web"), server.url("stack")),
    );
    install(&workspace, &[]).variable("ALL", TOKEN).succeed();
    assert!(
        workspace
            .path()
            .join("components/stack/components/web/files/one.yaml")
            .exists()
    );
}

#[test]
fn the_token_does_not_follow_a_redirect_to_another_host() {
    let (first, second) = (WebServer::start(), WebServer::start());
    let url = first.url("x.yaml");
    first.answer(
        "x.yaml",
        302,
        &[("location", &second.url("there.yaml"))],
        "",
    );
    second.put("there.yaml", "kind: X\n");
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: x, type: static, method: http, source: '{url}'}}\n"
    ));
    workspace.write("access.yaml", &format!("{url}: X_TOKEN\n"));
    let ended = install(&workspace, &[])
        .variable("X_TOKEN", TOKEN)
        .succeed();
    assert!(first.requests()[0].1.is_some());
    assert_eq!(second.requests(), [("/there.yaml".to_owned(), None)]);
    assert_eq!(workspace.read("components/x/x.yaml"), "kind: X\n");
    assert_unseen(&workspace, &ended);
}

#[test]
fn a_password_in_an_address_is_neither_used_nor_shown() {
    let server = GitServer::start();
    web(&server);
    let url = server
        .url("web")
        .replace("http://", "http://me:hunter2-secret@");
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: web, method: git, source: '{url}'}}\n"
    ));
    let ended = install(&workspace, &["--verbose"]).succeed();
    assert_said(&ended, "contains a password; it is not used");
    assert!(!ended.stderr.contains("hunter2") && !ended.stdout.contains("hunter2"));
    assert!(!workspace.read("fabrikate.lock").contains("hunter2"));
    assert!(
        !workspace
            .read("components/.web.installed")
            .contains("hunter2")
    );
    for request in server.requests() {
        assert!(
            !request
                .headers
                .iter()
                .any(|(name, _)| name == "authorization")
        );
    }
}

#[test]
fn an_access_file_of_another_shape_is_told() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    workspace.write("access.yaml", "https://x: {token: A}\n");
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, "`access.yaml`, line 1, column");
    assert_said(&ended, "each line is `<source>: <VARIABLE>`");
}

#[test]
fn the_task_knows_the_secret_variables_of_the_pipeline() {
    let server = GitServer::start();
    let workspace = private(&server);
    let task = || {
        workspace
            .task(&[("command", "install"), ("source", ".")])
            .variable("VSTS_SECRET_VARIABLES", "[\"WEB_TOKEN\"]")
            .variable("SECRET_WEB_TOKEN", TOKEN)
    };
    let ended = task().variable("BUILD_REASON", "PullRequest").run();
    assert_said(&ended, "is not sent to ");
    assert_eq!(server.turns(), 0);
    let ended = task().succeed();
    assert_said(&ended, "Installed 1, unchanged 0");
    // The agent is told what to mask, and nobody else is told anything.
    let said = ended
        .stdout
        .lines()
        .filter(|line| !line.contains("setsecret"));
    assert!(!said.collect::<String>().contains(TOKEN), "{ended:#?}");
    assert!(
        workspace
            .path()
            .join("components/web/files/one.yaml")
            .exists()
    );
}
