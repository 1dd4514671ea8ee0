//! Promotion to an environment that is published by pull request, and the way
//! back.

use crate::support::azure_devops::AzureDevOps;
use crate::support::program::{Ended, Workspace};

const TOKEN: &str = "marked-token-91bc";

/// A source whose `prod` is published by pull request, and a fake of the host.
fn scene() -> (Workspace, AzureDevOps) {
    let server = AzureDevOps::start_shop();
    let start = [("README.md", "100644", "hello")];
    server.with(|state| state.git.commit("main", "start", &start));
    let workspace = Workspace::new();
    let settings = format!(
        "source: hld\ngitHost: azure\nmanifestRepo: {}\nenvironments: {{dev: , prod: {{mode: pullRequest}}}}\n",
        server.url("contoso/shop/_git/manifests")
    );
    workspace.write("gitops.yaml", &settings);
    workspace.git(&["init", "--quiet", "."]);
    (workspace, server)
}

/// Commits a source with this port; gives back the commit.
fn commit(workspace: &Workspace, port: u16) -> String {
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {{ports: [{{port: {port}}}]}}\n"
    );
    workspace.write("hld/web.yaml", &text);
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "-m", "change"]);
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

fn run(workspace: &Workspace, number: &str, inputs: &[(&str, &str)]) -> Ended {
    let commit = workspace.git(&["rev-parse", "HEAD"]);
    let ended = workspace
        .task(&[&[("token", TOKEN)], inputs].concat())
        .variable("BUILD_BUILDID", number)
        .variable("BUILD_SOURCEVERSION", commit.trim())
        .succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    ended
}

const PROMOTE: [(&str, &str); 3] = [("command", "promote"), ("from", "dev"), ("to", "prod")];

#[test]
fn prod_is_proposed_from_the_commit_of_dev_and_rolled_back_by_another_pull_request() {
    let (workspace, server) = scene();
    let content = |branch: &str| server.with(|state| state.git.content(branch, "prod/web.yaml"));
    let merge = |at: usize| {
        server.with(|state| {
            let merged = state.git.merge("gitops/prod", "main", "Merged");
            let request = &mut state.pull_requests[at];
            request.merged = Some(merged);
            "completed".clone_into(&mut request.status);
        });
    };
    let first = commit(&workspace, 1);
    run(&workspace, "200", &[("environments", "dev")]);
    commit(&workspace, 2);
    let ended = run(&workspace, "201", &PROMOTE);
    assert!(content("gitops/prod").contains("port: 1"));
    for output in [
        format!("sourceCommit;isOutput=true]{first}"),
        "pullRequestId;".to_owned(),
    ] {
        assert!(ended.stdout.contains(&output), "{}", ended.stdout);
    }
    let title = server.with(|state| state.pull_requests[0].fields["title"].clone());
    assert_eq!(title, format!("Publish prod from hld@{}", &first[..10]));
    merge(0);

    run(&workspace, "202", &[("environments", "dev")]);
    run(&workspace, "203", &PROMOTE);
    merge(1);
    assert!(content("main").contains("port: 2"));

    workspace.git(&["checkout", "--quiet", &first]);
    let back = [("environments", "prod"), ("allowOlder", "true")];
    run(&workspace, "204", &back);
    assert!(content("main").contains("port: 2"));
    merge(2);
    assert!(content("main").contains("port: 1"));
    assert_eq!(server.take_wrong(), Vec::<String>::new());
}
