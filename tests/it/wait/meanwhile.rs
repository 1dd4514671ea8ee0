//! What others push after a run found nothing to publish, and before it looks for what is
//! there: what it compared with counts.

use super::program::{inputs, unchanged, variable};
use super::{APPS, Cluster, Says, on_both_hosts};

on_both_hosts! {
    what_others_push_meanwhile_is_not_what_the_run_compared_with,
}

fn what_others_push_meanwhile_is_not_what_the_run_compared_with<H: Cluster>() {
    let scene = unchanged::<H>();
    let brought = scene.tip("main").unwrap();
    let files = scene.git(|git| git.git(&["ls-tree", "-r", "--name-only", "main", "dev"]));
    let gone: Vec<_> = files.lines().map(str::to_owned).collect();
    let other = vec!["dev/other.yaml".to_owned()];
    let elsewhere = vec!["other/x".to_owned()];
    for (paths, kind, outcome) in [
        (elsewhere, "100644", "unchanged"),
        (other, "100644", "superseded"),
        (gone, "delete", "reverted"),
    ] {
        let start = brought.clone();
        scene.git(|git| drop(git.git(&["update-ref", "refs/heads/main", &start])));
        scene.server.before_refs(1, move |state: &mut H| {
            let files: Vec<_> = paths
                .iter()
                .map(|path| (path.as_str(), kind, "1"))
                .collect();
            let newer = state.git().commit("main", "meanwhile", &files);
            state.flux(&newer, APPS, Says::Healthy, "cluster");
        });
        let ended = scene.task(&inputs(&[("waitTimeout", "1")])).succeed();
        let found = variable(&ended, "dev.outcome");
        assert_eq!(found.as_deref(), Some(outcome), "{}", ended.stdout);
        let rolled_out = variable(&ended, "dev.rolledOutCommit").unwrap_or_default();
        let expected = match outcome {
            "unchanged" => brought.as_str(),
            _ => "",
        };
        assert_eq!(rolled_out, expected, "{}", ended.stdout);
    }
}
