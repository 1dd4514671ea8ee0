//! The pending status of a published commit, for whoever reports the rollout.

use super::{Host, Scene, on_both_hosts, warnings};
use crate::support::rest_fake::{Fault, Reply};

const PUSH: [(&str, &str); 2] = [("mode", "push"), ("commitStatus", "true")];

on_both_hosts!(
    each_environment_that_changed_has_a_pending_status,
    a_status_that_cannot_be_set_is_a_warning,
);

fn each_environment_that_changed_has_a_pending_status<H: Host>() {
    let scene = Scene::<H>::new();
    scene.workspace.write(
        "gitops.yaml",
        "environments:\n  dev: {source: src}\n  prod: {source: prod}\n",
    );
    let prod = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: prod, namespace: shop}\n";
    scene.workspace.write("prod/web.yaml", prod);
    let inputs = [&PUSH[..], &[("environments", ""), ("source", "")]].concat();
    scene.run(&inputs);
    let status = |name: &str| {
        let tip = scene.tip("main").unwrap();
        [tip, format!("gitops/{name}"), "pending".to_owned()]
    };
    let statuses = || scene.server.with(|state| state.commit_statuses());
    assert_eq!(statuses(), [status("dev"), status("prod")]);
    scene.source(81).run(&inputs);
    assert_eq!(statuses()[2..], [status("dev")]);
    scene.server.forget();
    scene.run(&inputs);
    assert_eq!(scene.server.requests().len(), 0);
}

fn a_status_that_cannot_be_set_is_a_warning<H: Host>() {
    let scene = Scene::<H>::new();
    let reply = Reply::json(403, &serde_json::json!({"message": "no"}));
    scene.server.inject(0, Fault::Answer(reply));
    let ended = scene.run(&PUSH);
    let warned = warnings(&ended).join("\n");
    assert!(
        warned.starts_with("the commit has no status: setting the statuses of commit"),
        "{warned}"
    );
    assert!(
        ended.stdout.contains("result=SucceededWithIssues"),
        "{}",
        ended.stdout
    );
    assert!(
        scene
            .git(|git| git.paths("main"))
            .contains(&"dev/web.yaml".to_owned())
    );
}
