//! Two runs with the same inputs are one run: whatever the mode, and whatever
//! people left in the folders, the second and the third run write nothing, to
//! git or to the host.

use rstest::rstest;

use crate::pull_requests::Scene;
use crate::pull_requests::host::{Host, Seen};
use crate::support::azure_devops::Azure;
use crate::support::github::Hub;

/// How it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Push,
    PullRequest,
    PerChange,
    /// `auto`, and the branch takes pushes.
    AutoOpen,
    /// `auto`, and the branch takes none.
    AutoProtected,
}

/// What the repository looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Situation {
    Plain,
    /// A file that is not ours is in the folder before we are.
    ForeignFirst,
    /// A person adds a file to the folder of the target branch.
    ForeignOnTarget,
    /// A reviewer adds a file to the folder on the head branch.
    ForeignOnHead,
    /// A person changes our file on the target branch.
    EditOnTarget,
    /// A reviewer changes our file on the head branch.
    EditOnHead,
    /// The same, and hand edits stop the run.
    EditRefused,
    Definition,
    /// With a file that is not ours in both folders.
    DefinitionForeign,
    /// Several environments on one branch, one of them with a file that is not ours.
    Environments,
    /// Each environment has a branch.
    Branches,
    /// Somebody presses "Update branch" after others published.
    UpdatedHead,
    /// Others publish to the target branch.
    OthersPublish,
    /// An environment left the settings file.
    LeftBehind,
    /// The same, and its folder is to be removed.
    LeftBehindRemoved,
}

use Situation as S;

impl Situation {
    fn inputs(self) -> Vec<(&'static str, &'static str)> {
        match self {
            S::Plain | S::UpdatedHead | S::OthersPublish | S::EditRefused | S::LeftBehind => {
                Vec::new()
            }
            S::LeftBehindRemoved => vec![("orphans", "remove"), ("allowRemoval", "true")],
            S::ForeignFirst | S::ForeignOnTarget | S::ForeignOnHead => {
                vec![("foreignFiles", "keep")]
            }
            S::EditOnTarget | S::EditOnHead => vec![("handEdits", "overwrite")],
            S::Definition => vec![("definitionFolder", "definitions/dev")],
            S::DefinitionForeign => vec![
                ("definitionFolder", "definitions/dev"),
                ("foreignFiles", "keep"),
            ],
            S::Environments | S::Branches => {
                vec![("environments", "dev,prod"), ("foreignFiles", "keep")]
            }
        }
    }

    /// What is there before the first run.
    fn before<H: Host>(self, scene: &Scene<H>) {
        let commit = |files: &[(&str, &str, &str)]| {
            scene.git(|git| drop(git.commit("main", "before", files)));
        };
        match self {
            S::ForeignFirst => commit(&[("dev/NOTES.md", "100644", "hello")]),
            S::DefinitionForeign => commit(&[
                ("dev/NOTES.md", "100644", "hello"),
                ("definitions/dev/NOTES.md", "100644", "hello"),
            ]),
            S::Environments => commit(&[("prod/NOTES.md", "100644", "hello")]),
            S::Branches => {
                scene.git(|git| drop(git.git(&["branch", "live", "main"])));
                let file =
                    "source: src\nenvironments:\n  dev: {branch: main}\n  prod: {branch: live}\n";
                scene.workspace.write("gitops.yaml", file);
            }
            S::LeftBehind | S::LeftBehindRemoved => {
                scene.workspace.git(&["init", "--quiet"]);
                scene.list("dev: , old: ");
                scene.run(&[("environments", "dev,old"), ("mode", "push")]);
                scene.list("dev: ");
            }
            _ => {}
        }
    }

    /// What people do after the first run; whether they do anything.
    fn between<H: Host>(self, scene: &Scene<H>) -> bool {
        let branches = scene.branches();
        let head = branches.iter().find(|name| name.starts_with("gitops/dev"));
        let head = head.cloned().unwrap_or_else(|| "main".to_owned());
        let commit = |branch: &str, path: &str| {
            let file = (path, "100644", "# by hand\n");
            scene.git(|git| drop(git.commit(branch, "by hand", &[file])));
        };
        match self {
            S::ForeignOnTarget => commit("main", "dev/NOTES.md"),
            S::ForeignOnHead => commit(&head, "dev/NOTES.md"),
            S::EditOnTarget => commit("main", "dev/web.yaml"),
            S::EditOnHead | S::EditRefused => commit(&head, "dev/web.yaml"),
            S::OthersPublish => commit("main", "other/x.yaml"),
            S::UpdatedHead => {
                commit("main", "other/x.yaml");
                if head != "main" {
                    scene.git(|git| drop(git.update_branch(&head, "main")));
                }
            }
            _ => return false,
        }
        true
    }
}

/// Everything that a run could write to, as it is now.
fn state<H: Host>(scene: &Scene<H>) -> (String, Vec<Seen>) {
    let refs = scene.git(|git| git.git(&["for-each-ref", "--format=%(objectname) %(refname)"]));
    (refs, scene.seen())
}

fn three_runs<H: Host>(mode: Mode, situation: Situation, published: bool) {
    let scene = Scene::<H>::new();
    situation.before(&scene);
    let mut inputs = situation.inputs();
    inputs.push(("mode", "push"));
    if published {
        scene.source(79).run(&inputs);
        scene.source(80);
    }
    inputs.pop();
    inputs.extend(match mode {
        Mode::Push => vec![("mode", "push")],
        Mode::PullRequest => vec![("mode", "pullRequest")],
        Mode::PerChange => vec![("mode", "pullRequest"), ("pullRequestPer", "change")],
        Mode::AutoOpen | Mode::AutoProtected => vec![("mode", "auto")],
    });
    if mode == Mode::AutoProtected {
        scene.git(|git| git.protect("main", H::PROTECTED));
    }
    let run = || scene.task(&inputs).succeed();
    run();
    if situation.between(&scene) {
        run();
    }
    let before = state(&scene);
    for number in ["second", "third"] {
        scene.server.forget();
        let ended = run();
        let asked = scene.server.requests();
        assert_eq!(state(&scene), before, "the {number} run: {}", ended.stdout);
        assert_eq!(scene.server.writes(), 0, "the {number} run: {asked:#?}");
        // Only a push tells whether the branch takes one.
        if mode != Mode::AutoProtected {
            assert_eq!(scene.server.pushes(), 0, "the {number} run");
        }
        let stopped = ended.stdout.contains("result=Failed");
        assert_eq!(
            stopped,
            situation == S::EditRefused,
            "the {number} run: {}",
            ended.stdout
        );
    }
    let open = scene
        .seen()
        .iter()
        .filter(|one| one.state == "open")
        .count();
    let proposed = match (mode, situation) {
        (Mode::Push | Mode::AutoOpen, _) => 0,
        // Only the branch `main` is protected.
        (Mode::AutoProtected, S::Branches) => 1,
        (_, S::Environments | S::Branches) => 2,
        _ => 1,
    };
    assert_eq!(open, proposed, "{:#?}", scene.seen());
}

/// Into folders that hold an earlier publication; on GitHub.
#[rstest]
fn the_second_and_the_third_write_nothing(
    #[values(
        Mode::Push,
        Mode::PullRequest,
        Mode::PerChange,
        Mode::AutoOpen,
        Mode::AutoProtected
    )]
    mode: Mode,
    #[values(
        S::Plain,
        S::ForeignFirst,
        S::ForeignOnTarget,
        S::ForeignOnHead,
        S::EditOnTarget,
        S::EditOnHead,
        S::EditRefused,
        S::Definition,
        S::DefinitionForeign,
        S::Environments,
        S::Branches,
        S::UpdatedHead,
        S::OthersPublish,
        S::LeftBehind,
        S::LeftBehindRemoved
    )]
    situation: Situation,
) {
    three_runs::<Hub>(mode, situation, true);
}

/// Into folders that nothing was published to; on Azure DevOps.
#[rstest]
fn nor_do_they_in_a_new_folder(
    #[values(Mode::PullRequest, Mode::PerChange, Mode::AutoProtected)] mode: Mode,
    #[values(
        S::Plain,
        S::ForeignFirst,
        S::ForeignOnTarget,
        S::ForeignOnHead,
        S::EditOnHead,
        S::DefinitionForeign,
        S::Branches,
        S::UpdatedHead
    )]
    situation: Situation,
) {
    three_runs::<Azure>(mode, situation, false);
}
