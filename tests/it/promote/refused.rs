//! What stands in the way of a promotion, and what the user is told.

use super::*;
use crate::support::program::git;

fn fails(workspace: &Workspace, arguments: &[&str]) -> String {
    let before = commits(workspace);
    let ended = workspace.program(arguments).fail();
    assert_eq!(commits(workspace), before);
    assert!(temp_is_empty(workspace));
    said(&ended)
}

#[test]
fn environments_that_cannot_be_meant() {
    let workspace = shop();
    publish(&workspace, "dev");
    insta::assert_snapshot!(fails(&workspace, &promote("dev", &[])), @"error: the environment `dev` cannot be promoted to itself");
    insta::assert_snapshot!(fails(&workspace, &promote("live", &[])), @r"
    error: there is no environment `live` in the settings file
      help: it has: dev, qa, prod
    ");
    insta::assert_snapshot!(fails(&workspace, &promote("prod,prod", &[])), @"error: the environment `prod` is named twice");
    insta::assert_snapshot!(fails(&workspace, &["promote", "--from", "dev"]), @r"
    error: no environment to promote to is named
      help: name at least one with `to`, such as `prod`
    ");
    insta::assert_snapshot!(fails(&workspace, &promote("prod", &["--environments", "qa"])), @r"
    error: the flag `--environments` cannot be used with `promote`
      help: `from` and `to` name the environments; leave `environments` out
    ");
}

#[test]
fn an_environment_that_was_never_published() {
    let workspace = shop();
    publish(&workspace, "dev");
    let arguments = ["promote", "--from", "qa", "--to", "prod"];
    insta::assert_snapshot!(fails(&workspace, &arguments), @r"
    error: environment qa: nothing was published to the folder `qa` of ./manifests.git (branch main) yet, so there is nothing to promote
      help: publish `qa` first
      help: when it is published by pull request, the pull request has to be merged first
    ");
}

#[test]
fn a_folder_that_a_person_changed() {
    let workspace = shop();
    publish(&workspace, "dev");
    by_hand(&workspace, |workspace| {
        workspace.write("clone/dev/web.yaml", "changed");
    });
    insta::assert_snapshot!(fails(&workspace, &promote("prod", &[])), @r"
    error: environment dev: the folder `dev` of ./manifests.git (branch main) is not as gitops-publisher left it, so the commit that was published does not describe it; somebody changed or removed web.yaml
      help: make the change in the source, and name the commit that has it with `commit` (`--commit`); it is taken when it renders to exactly what is there
      help: to undo the change instead, publish the environment again with `handEdits: overwrite`
    ");
}

#[test]
fn a_change_by_hand_that_the_source_has_by_now_is_promoted_from_the_commit_that_is_named() {
    let workspace = shop();
    publish(&workspace, "dev");
    by_hand(&workspace, |workspace| {
        let text = std::fs::read_to_string(workspace.path().join("clone/dev/web.yaml")).unwrap();
        let text = text.replace("zone: 'north'", "zone: 'south'");
        workspace.write("clone/dev/web.yaml", &text);
    });
    workspace.write("vars/shop.yaml", "zone: south\n");
    commit(&workspace);
    let nothing = publish(&workspace, "dev");
    assert!(
        nothing.stderr.contains("Nothing changed"),
        "{}",
        nothing.stderr
    );
    workspace
        .program(&promote("prod", &["--commit", "HEAD"]))
        .succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in south, 1 replicas"
    );
    // A commit without the change does not pass for it.
    let error = fails(&workspace, &promote("qa", &["--commit", "HEAD~1"]));
    assert!(error.contains("it differs in web.yaml"), "{error}");
}

#[test]
fn a_publication_with_uncommitted_changes() {
    let workspace = shop();
    workspace.write("vars/shop.yaml", "zone: south\n");
    publish(&workspace, "dev");
    commit(&workspace);
    let error = fails(&workspace, &promote("prod", &[]));
    let advice = "help: `dev` was published with changes that were in no commit: name the commit that has them now with `commit` (`--commit HEAD` for what is checked out)";
    assert!(error.contains(advice), "{error}");
    workspace
        .program(&promote("prod", &["--commit", "HEAD"]))
        .succeed();
}

#[test]
fn a_folder_that_a_person_added_to_unless_files_of_others_are_kept() {
    let workspace = shop();
    publish(&workspace, "dev");
    by_hand(&workspace, |workspace| {
        workspace.write("clone/dev/more.yaml", "added");
    });
    insta::assert_snapshot!(fails(&workspace, &promote("prod", &[])), @r"
    error: environment dev: the folder `dev` of ./manifests.git (branch main) is not as gitops-publisher left it, so the commit that was published does not describe it; somebody added more.yaml
      help: make the change in the source, and name the commit that has it with `commit` (`--commit`); it is taken when it renders to exactly what is there
      help: to undo the change instead, delete the files that were added
      help: set `foreignFiles` to `keep` when files of others belong there
    ");
    let arguments = promote("prod", &["--foreign-files", "keep"]);
    workspace.program(&arguments).succeed();
}

#[test]
fn a_publication_that_does_not_name_its_commit() {
    let workspace = shop();
    by_hand_without_commit(&workspace);
    insta::assert_snapshot!(fails(&workspace, &promote("prod", &[])), @r"
    error: what was published for `dev` does not say from which commit of the source it was rendered
      help: publish it from a git checkout, or name the commit with `commit`
    ");
    let arguments = promote("prod", &["--commit", "HEAD"]);
    workspace.program(&arguments).succeed();
}

/// Publishes from files that are in no checkout.
fn by_hand_without_commit(workspace: &Workspace) {
    std::fs::rename(workspace.path().join(".git"), workspace.path().join("away")).unwrap();
    publish(workspace, "dev");
    std::fs::rename(workspace.path().join("away"), workspace.path().join(".git")).unwrap();
}

#[test]
fn a_source_that_is_in_no_checkout() {
    let workspace = shop();
    publish(&workspace, "dev");
    workspace.remove(".git");
    insta::assert_snapshot!(fails(&workspace, &promote("prod", &[])), @r"
    error: the source is in no git checkout, so no commit of it can be taken
      help: check the source repository out before this step, in a pipeline with `fetchDepth: 0`
    ");
}

#[test]
fn a_source_that_comes_from_another_repository() {
    let workspace = shop();
    workspace.git(&["remote", "add", "origin", "https://git.contoso.com/hld.git"]);
    publish(&workspace, "dev");
    workspace.git(&[
        "remote",
        "set-url",
        "origin",
        "https://git.contoso.com/fork.git",
    ]);
    insta::assert_snapshot!(fails(&workspace, &promote("prod", &[])), @r"
    error: what was published for `dev` comes from the source repository https://git.contoso.com/hld.git, which is not the one that is checked out here
      help: run the promotion in a checkout of that repository
    ");
}

#[test]
fn a_commit_that_a_shallow_checkout_does_not_have() {
    let workspace = shop();
    publish(&workspace, "dev");
    let first = head(&workspace);
    workspace.write("new.txt", "");
    commit(&workspace);
    let url = format!("file://{}", workspace.path().display());
    workspace.git(&["clone", "--quiet", "--depth", "1", &url, "clone"]);
    workspace.git(&["-C", "clone", "remote", "remove", "origin"]);
    let mut command = workspace
        .program(&promote("prod", &["--manifest-repo", "../manifests.git"]))
        .command();
    let output = command
        .current_dir(workspace.path().join("clone"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let folder = workspace
        .path()
        .canonicalize()
        .unwrap()
        .display()
        .to_string();
    let text = text
        .replace(&first, "<commit>")
        .replace(&folder, "<folder>");
    insta::assert_snapshot!(text, @r"
    error: <commit>, from which `dev` was published, is not in the git checkout <folder>/clone
      help: the checkout has only the latest commits: run `git fetch --unshallow`, or in a pipeline set `fetchDepth: 0` on its `checkout` step
    ");
    git(
        &workspace.path().join("clone"),
        &["fetch", "--quiet", "--unshallow", &url],
    );
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// `dev` was published from a branch that was squashed into the main branch: the
/// commit is in no checkout any more, and the one with the same content has another name.
#[rstest::rstest]
#[case::squashed("", true)]
#[case::and_more_came_after("a later file", true)]
#[case::with_other_content("", false)]
fn a_commit_whose_branch_was_squashed(#[case] later: &str, #[case] same: bool) {
    let workspace = shop();
    let start = head(&workspace);
    let with_grace = |seconds: u8| {
        let grace = format!("{{terminationGracePeriodSeconds: {seconds}, containers:");
        let text = WEB.replace("{containers:", &grace);
        workspace.write("hld/web.yaml", &text);
        commit(&workspace);
    };
    with_grace(7);
    publish(&workspace, "dev");
    let published = head(&workspace);
    workspace.git(&["reset", "--quiet", "--soft", &start]);
    workspace.git(&["commit", "--quiet", "--amend", "-m", "squashed"]);
    if !same {
        with_grace(8);
    }
    let squashed = head(&workspace);
    if !later.is_empty() {
        workspace.write("later.txt", later);
        commit(&workspace);
    }
    let url = format!("file://{}", workspace.path().display());
    workspace.git(&["clone", "--quiet", &url, "clone"]);
    workspace.git(&["-C", "clone", "remote", "remove", "origin"]);
    let run = |more: &[&str]| {
        let more = [&["--manifest-repo", "../manifests.git"], more].concat();
        workspace
            .program(&promote("prod", &more))
            .command()
            .current_dir(workspace.path().join("clone"))
            .output()
            .unwrap()
    };
    let text = String::from_utf8(run(&[]).stderr).unwrap();
    let folder = workspace.path().canonicalize().unwrap();
    let text = text
        .replace(&published, "<commit>")
        .replace(&folder.display().to_string(), "<folder>");
    insta::allow_duplicates! {
        insta::assert_snapshot!(text, @r"
        error: <commit>, from which `dev` was published, is not in the git checkout <folder>/clone
          help: fetch it first; on the `checkout` step of a pipeline, `fetchDepth: 0` fetches all commits of the branch
          help: when its branch was squashed or deleted, it is gone: name the commit that has the same content with `commit` (`--commit`); it is taken when it renders to exactly what was published
        ");
    }
    // The advice helps, and only where the content is the same.
    let output = run(&["--commit", &squashed]);
    assert_eq!(output.status.success(), same, "{output:?}");
    if !same {
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("does not render to what was published"),
            "{said}"
        );
    }
}

#[test]
fn variables_that_are_not_those_of_the_publication() {
    let workspace = shop();
    workspace.write("hld/web.yaml", &WEB.replace("web:0", "web:#{tag}#"));
    workspace.remove("images.json");
    workspace.write(
        "gitops.yaml",
        &settings("1").replace("imageFiles: images.json\n", ""),
    );
    let commit = commit(&workspace);
    let run = |command: &str, inputs: &[(&str, &str)], tag: &str| {
        let command = [("command", command)];
        workspace
            .task(&[&command, inputs].concat())
            .variable("BUILD_SOURCEVERSION", &commit)
            .variable("TAG", tag)
            .variable("VSTS_PUBLIC_VARIABLES", r#"["tag"]"#)
            .run()
            .stdout
    };
    run("publish", &[("environments", "dev")], "1.1");
    let inputs = [("from", "dev"), ("to", "prod")];
    let failed = run("promote", &inputs, "1.2");
    let lines: Vec<_> = failed
        .lines()
        .filter(|line| line.contains("does not render"))
        .collect();
    insta::assert_snapshot!(lines[0].replace(&commit[..10], "<commit>"), @"##vso[task.logissue type=error]environment dev: commit <commit> of the source does not render to what was published: it differs in web.yaml%0AHint: run the promotion with the variables and inputs of the publication; what changes from run to run, such as the tag of an image, belongs in a file of the source%0AHint: `plan` for that environment, on that commit, shows what differs");
    assert_eq!(commits(&workspace), 1);
    let done = run("promote", &inputs, "1.1");
    assert!(
        done.contains(&format!(
            "task.setvariable variable=sourceCommit;isOutput=true]{commit}"
        )),
        "{done}"
    );
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.1 in north, 1 replicas"
    );
}

#[test]
fn an_environment_that_moved_since_the_commit() {
    let workspace = shop();
    publish(&workspace, "dev");
    workspace.write(
        "gitops.yaml",
        &settings("1").replace("clusters/prod", "live"),
    );
    commit(&workspace);
    let first = workspace.git(&["rev-parse", "HEAD~1"]);
    let folder = workspace
        .path()
        .canonicalize()
        .unwrap()
        .display()
        .to_string();
    let said = fails(&workspace, &promote("prod", &[]));
    let said = said
        .replace(&first[..10], "<commit>")
        .replace(&folder, "<folder>");
    insta::assert_snapshot!(said, @r"
    error: environment `prod` is published to `clusters/prod` of <folder>/manifests.git by the settings of commit <commit>, and to `live` of <folder>/manifests.git by those of the checkout
      help: publish from a commit that has the new place first
    ");
}

#[test]
fn a_settings_file_that_was_never_committed() {
    let workspace = shop();
    workspace.git(&["rm", "--quiet", "--cached", "gitops.yaml"]);
    workspace.git(&["commit", "--quiet", "-m", "without"]);
    publish(&workspace, "dev");
    let first = head(&workspace);
    let said = fails(&workspace, &promote("prod", &[]));
    insta::assert_snapshot!(said.replace(&first[..10], "<commit>"), @r"
    error: the settings file that is used here is not in commit <commit>
      help: name one that is outside of the checkout with `config`, or promote a commit that has it
    ");
}

#[test]
fn a_branch_that_does_not_exist_though_the_default_branch_has_the_folder() {
    let workspace = shop();
    publish(&workspace, "dev");
    let said = fails(&workspace, &promote("prod", &["--branch", "live"]));
    assert!(
        said.contains("(branch live) yet, so there is nothing to promote"),
        "{said}"
    );
}

#[test]
fn a_build_of_a_pull_request_promotes_nothing_and_says_so() {
    let workspace = shop();
    publish(&workspace, "dev");
    let manifests = workspace.path().join("manifests.git").display().to_string();
    let ended = workspace
        .task(&[
            ("command", "promote"),
            ("from", "dev"),
            ("to", "prod"),
            ("manifestRepo", &manifests),
        ])
        .variable("BUILD_REASON", "PullRequest")
        .succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    let said = "This is a pull request build, so `promote` acts like `plan`: it publishes nothing. To publish from pull request builds, set `allowPullRequestPublish` on the task";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("Publishing would change"),
        "{}",
        ended.stdout
    );
    assert_eq!(commits(&workspace), 1);
    let ended = workspace
        .task(&[
            ("command", "promote"),
            ("from", "dev"),
            ("to", "prod"),
            ("allowPullRequestPublish", "true"),
        ])
        .variable("BUILD_REASON", "PullRequest")
        .succeed();
    assert!(
        ended
            .stdout
            .contains("environment `dev` is not published: on a build of a pull request"),
        "{}",
        ended.stdout
    );
    assert_eq!(commits(&workspace), 1);
}

#[test]
fn inputs_of_the_task_that_are_empty() {
    let workspace = shop();
    let ended = workspace
        .task(&[("command", "promote"), ("from", "dev")])
        .succeed();
    assert!(
        ended
            .stdout
            .contains("no environment to promote to is named"),
        "{}",
        ended.stdout
    );
}
