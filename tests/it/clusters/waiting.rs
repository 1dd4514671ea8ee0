//! A wait without `waitFor`: for the objects that the file's clusters have.

use crate::pull_requests::Scene;
use crate::pull_requests::host::Host;
use crate::support::azure_devops::Azure;
use crate::support::github::Hub;

const SETTINGS: &str = "branch: main
statusAuthors: cluster
environments:
  dev: {}
  clusters/prod-weu:
    generator: flux
    flux: { version: '2.9', secret: manifests }
";

/// A host to whose commits a cluster reports.
trait Reports: Host {
    /// From now on, by these names and with these words.
    fn reported(&mut self, all: &[(&str, &str)]);
}

fn report(
    all: &[(&str, &str)],
    genre: &str,
    good: &str,
    bad: &str,
) -> Vec<(String, String, String)> {
    let one = |(name, words): &(&str, &str)| {
        let state = if words.ends_with("succeeded") {
            good
        } else {
            bad
        };
        (
            format!("{genre}{name}"),
            state.to_owned(),
            (*words).to_owned(),
        )
    };
    all.iter().map(one).collect()
}

impl Reports for Azure {
    fn reported(&mut self, all: &[(&str, &str)]) {
        self.cluster = report(all, "fluxcd//", "succeeded", "error");
    }
}

impl Reports for Hub {
    fn reported(&mut self, all: &[(&str, &str)]) {
        self.cluster = report(all, "", "success", "failure");
    }
}

fn waits_for_its_own_object<H: Reports>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("gitops.yaml", SETTINGS);
    scene.server.with(|state| {
        state.reported(&[
            (
                "prod-weu/kustomization/flux-system/dev",
                "reconciliation succeeded",
            ),
            (
                "prod-neu/kustomization/flux-system/dev",
                "health check failed",
            ),
        ]);
    });
    let ended = scene.run(&[("mode", "push"), ("wait", "true")]);
    let told = "##vso[task.setvariable variable=dev.outcome;isOutput=true]rolledOut";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
}

fn publishes_and_waits_for_the_objects_themselves<H: Reports>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("gitops.yaml", SETTINGS);
    scene.server.with(|state| {
        state.reported(&[(
            "prod-weu/kustomization/flux-system/clusters-prod-weu",
            "reconciliation succeeded",
        )]);
    });
    let inputs = [
        ("environments", "clusters/prod-weu"),
        ("mode", "push"),
        ("wait", "true"),
    ];
    let ended = scene.run(&inputs);
    let told = "variable=clusters_prod-weu.outcome;isOutput=true]rolledOut";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    let unchanged = scene.run(&inputs);
    let told = "variable=clusters_prod-weu.outcome;isOutput=true]unchanged";
    assert!(unchanged.stdout.contains(told), "{}", unchanged.stdout);
}

#[test]
fn on_azure_devops_each_environment_waits_for_its_own_object() {
    waits_for_its_own_object::<Azure>();
}

#[test]
fn on_github_each_environment_waits_for_its_own_object() {
    waits_for_its_own_object::<Hub>();
}

#[test]
fn objects_are_published_and_waited_for_like_anything_else() {
    publishes_and_waits_for_the_objects_themselves::<Azure>();
}

#[test]
fn an_environment_that_flux_would_delete_with_its_volumes_stops_the_run() {
    let scene = Scene::<Azure>::new();
    let settings = "branch: main
environments:
  dev: {}
  prod: {}
  clusters/prod-weu:
    generator: flux
    flux: { version: '2.9', secret: manifests }
";
    let inputs = [("mode", "push"), ("environments", "")];
    scene.workspace.write("gitops.yaml", settings);
    scene.run(&inputs);
    scene
        .workspace
        .write("gitops.yaml", &settings.replace("  prod: {}\n", ""));
    let error = scene.fails(&inputs);
    assert!(
        error.contains("publishing would remove `kustomize.toolkit.fluxcd.io/v1 Kustomization flux-system/prod` from the folder `clusters/prod-weu`; Kustomization is a protected kind"),
        "{error}"
    );
    scene.run(&[&inputs[..], &[("allowRemoval", "true")]].concat());
}
