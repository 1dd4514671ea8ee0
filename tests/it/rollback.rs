//! Rolling back, as a user sees it: an older commit of the source is published
//! on purpose.

use crate::support::program::{Ended, Workspace};

/// Two commits of a source, of which the second is checked out.
struct Shop {
    workspace: Workspace,
    first: String,
    second: String,
}

fn shop() -> Shop {
    let workspace = Workspace::new();
    let settings = "source: hld\nmanifestRepo: ./manifests.git\nenvironments: {dev: }\n";
    workspace
        .write(".gitignore", "manifests.git\n")
        .write("gitops.yaml", settings);
    workspace.git(&["init", "--quiet", "."]);
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace.git(&[
        "remote",
        "add",
        "origin",
        "https://contoso@dev.azure.com/contoso/shop/_git/hld",
    ]);
    let commit = |port: u16| {
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {{ports: [{{port: {port}}}]}}\n"
        );
        workspace.write("hld/web.yaml", &text);
        workspace.git(&["add", "--all"]);
        workspace.git(&["commit", "--quiet", "-m", "change"]);
        workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
    };
    let (first, second) = (commit(1), commit(2));
    Shop {
        workspace,
        first,
        second,
    }
}

impl Shop {
    fn check_out(&self, commit: &str) {
        self.workspace.git(&["checkout", "--quiet", commit]);
    }

    /// A run of the pipeline with this id, started for the second commit.
    fn run(&self, pipeline: &str, number: &str, inputs: &[(&str, &str)]) -> Ended {
        self.workspace
            .task(inputs)
            .variable("SYSTEM_DEFINITIONID", pipeline)
            .variable("BUILD_BUILDID", number)
            .variable("BUILD_SOURCEVERSION", &self.second)
            .succeed()
    }

    /// The port that is published, and the commit that it is said to be of.
    fn published(&self) -> (String, String) {
        let show = |path: &str| {
            let place = format!("main:dev/{path}");
            self.workspace.git(&["-C", "manifests.git", "show", &place])
        };
        let (_, port) = show("web.yaml")
            .split_once("port: ")
            .map(|(a, b)| (a.to_owned(), b[..1].to_owned()))
            .unwrap();
        let ledger: serde_json::Value = serde_json::from_str(&show(".gitops-publisher")).unwrap();
        let stamp = &ledger["publication"];
        assert_eq!(
            stamp["sourceRepository"],
            "https://dev.azure.com/contoso/shop/_git/hld"
        );
        (port, stamp["sourceCommit"].as_str().unwrap().to_owned())
    }
}

#[test]
fn a_later_run_of_the_pipeline_may_publish_an_older_commit_that_it_checked_out() {
    let shop = shop();
    shop.run("12", "200", &[]);
    assert_eq!(shop.published(), ("2".to_owned(), shop.second.clone()));
    shop.check_out(&shop.first);
    shop.run("12", "201", &[]);
    assert_eq!(shop.published(), ("1".to_owned(), shop.first.clone()));
}

#[test]
fn another_pipeline_needs_to_be_allowed_to_go_back_and_nothing_to_go_on() {
    let shop = shop();
    shop.run("12", "200", &[]);
    shop.check_out(&shop.first);
    let ended = shop.run("13", "7", &[]);
    assert!(
        ended.stdout.contains("Set `allowOlder` to roll back"),
        "{}",
        ended.stdout
    );
    assert_eq!(shop.published().0, "2");
    shop.run("13", "8", &[("allowOlder", "true")]);
    assert_eq!(shop.published(), ("1".to_owned(), shop.first.clone()));
    shop.check_out(&shop.second);
    shop.run("12", "202", &[]);
    assert_eq!(shop.published(), ("2".to_owned(), shop.second.clone()));
}

#[test]
fn what_was_rolled_back_can_be_promoted_from_there() {
    let shop = shop();
    let settings = shop
        .workspace
        .read("gitops.yaml")
        .replace("{dev: }", "{dev: , prod: }");
    shop.workspace.write(
        "../outside.yaml",
        &settings
            .replace("hld", "files/hld")
            .replace("./", "./files/"),
    );
    let config = ("config", "../outside.yaml");
    shop.run("12", "200", &[config]);
    shop.check_out(&shop.first);
    shop.run("12", "201", &[config, ("environments", "dev")]);
    shop.check_out(&shop.second);
    shop.run(
        "12",
        "202",
        &[
            config,
            ("command", "promote"),
            ("from", "dev"),
            ("to", "prod"),
        ],
    );
    let promoted = ["-C", "manifests.git", "show", "main:prod/web.yaml"];
    assert!(shop.workspace.git(&promoted).contains("port: 1"));
}

#[test]
fn a_commit_may_be_reverted_in_the_manifest_repository_and_the_next_run_goes_forward() {
    let shop = shop();
    shop.check_out(&shop.first);
    shop.run("12", "200", &[]);
    shop.check_out(&shop.second);
    shop.run("12", "201", &[]);
    let git = |arguments: &[&str]| shop.workspace.git(arguments);
    git(&["clone", "--quiet", "manifests.git", "../clone"]);
    git(&["-C", "../clone", "revert", "--no-edit", "HEAD"]);
    git(&["-C", "../clone", "push", "--quiet", "origin", "main"]);
    assert_eq!(shop.published(), ("1".to_owned(), shop.first.clone()));
    shop.run("12", "202", &[]);
    assert_eq!(shop.published(), ("2".to_owned(), shop.second.clone()));
}
