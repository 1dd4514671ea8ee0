//! Figures of waiting and of `status`, for benches/README.md:
//! `GITOPS_TEST_FIGURES=1 cargo test --test it -- --nocapture figures`.
//! Without the variable the same is done in small, and what it costs in calls and
//! memory is held to its limits.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::pull_requests::Scene;
use crate::support::azure_devops::Azure;
use crate::support::git_server::GitServer;
use crate::support::github::Hub;
use crate::support::program::{Program, Workspace};
use crate::wait::{Cluster, Says, on_both_hosts};

on_both_hosts! {
    a_wait_costs_little_and_ends_soon_after_the_status,
    status_of_many_environments_with_statuses_is_one_call_more,
}

/// What a run may take; pages of a program that is not optimized count too.
const MEMORY: u64 = if cfg!(debug_assertions) {
    60 << 20
} else {
    30 << 20
};

fn is_measured() -> bool {
    std::env::var_os("GITOPS_TEST_FIGURES").is_some()
}

/// The most memory that a process had in use until it ended, where the system tells.
fn peak(id: u32) -> u64 {
    let mut peak = 0;
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let Some(kib) = line.and_then(|line| line.trim().strip_suffix(" kB")) else {
            break;
        };
        peak = kib.trim().parse::<u64>().unwrap() * 1024;
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

/// Runs to the end: what it printed, how long it took, and its memory.
fn measured(program: &Program) -> (String, Duration, u64) {
    let start = Instant::now();
    let child = program
        .command()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let memory = std::thread::spawn(move || peak(id));
    let output = child.wait_with_output().unwrap();
    let time = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    (text, time, memory.join().unwrap())
}

/// Mebibytes with one digit after the point.
fn mib(bytes: u64) -> String {
    let tenths = (bytes * 10) >> 20;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn environments(number: usize) -> Vec<String> {
    (0..number).map(|at| format!("env{at:03}")).collect()
}

/// Environments that each wait for a target of their own.
fn a_wait_costs_little_and_ends_soon_after_the_status<H: Cluster>() {
    let names = environments(20);
    let scene = Scene::<H>::new();
    // As both hosts do.
    scene.git(|git| {
        git.config("uploadpack.allowFilter", "true");
        git.config("uploadpack.allowReachableSHA1InWant", "true");
    });
    let settings = "waitFor: 'kustomization/{environment}'\nstatusAuthors: cluster\n";
    scene.workspace.write("gitops.yaml", settings);
    let list = names.join(",");
    scene.run(&[("mode", "push"), ("environments", &list)]);
    let tip = scene.tip("main").unwrap();
    let say = |names: &[String]| {
        scene.server.with(|state| {
            for name in names {
                state.flux(
                    &tip,
                    &format!("kustomization/{name}"),
                    Says::Healthy,
                    "cluster",
                );
            }
        });
    };
    let inputs = [
        ("command", "wait"),
        ("mode", "push"),
        ("environments", list.as_str()),
    ];
    if !is_measured() {
        say(&names);
        scene.server.forget();
        let (text, _, memory) = measured(&scene.task(&inputs));
        assert_eq!(
            text.matches(".outcome;isOutput=true]rolledOut").count(),
            20,
            "{text}"
        );
        assert!(memory < MEMORY, "{memory}");
        // The default branch once, and one poll of at most two.
        let calls = scene.server.requests().len();
        assert!(calls <= 3, "{calls}");
        return;
    }
    scene.server.forget();
    let start = Instant::now();
    let reported = std::thread::scope(|scope| {
        let reporting = scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(13));
            say(&names);
            start.elapsed()
        });
        let (text, ended, memory) = measured(&scene.task(&inputs));
        assert!(!text.contains("result=Failed"), "{text}");
        let calls = scene.server.requests().len();
        println!(
            "{}: 20 environments, {calls} calls in {:.1} s, peak {} MiB",
            H::KIND,
            ended.as_secs_f64(),
            mib(memory)
        );
        assert!(memory < MEMORY, "{memory}");
        ended.saturating_sub(reporting.join().unwrap())
    });
    println!(
        "{}: status to end of run: {:.1} s",
        H::KIND,
        reported.as_secs_f64()
    );
    assert!(reported <= Duration::from_secs(11), "{reported:?}");
}

/// Three waits in a row end alike and write nothing.
#[test]
fn three_waits_in_a_row_are_one() {
    three_waits::<Azure>();
    three_waits::<Hub>();
}

fn three_waits<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.run(&[("mode", "push")]);
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, "kustomization/dev", Says::Healthy, "cluster"));
    let inputs = [
        ("command", "wait"),
        ("mode", "push"),
        ("waitFor", "kustomization/dev"),
        ("statusAuthors", "cluster"),
    ];
    let waits: Vec<_> = (0..3)
        .map(|_| {
            scene.server.forget();
            let ended = scene.run(&inputs);
            let asked = scene.server.requests();
            assert!(asked.iter().all(|one| !one.writes()));
            let outputs = ended.stdout.lines();
            let outputs = outputs.filter(|line| line.starts_with("##vso[task.setvariable"));
            (outputs.collect::<Vec<_>>().join("\n"), asked.len())
        })
        .collect();
    assert!(waits[0].0.contains("rolledOut"), "{}", waits[0].0);
    assert!(waits.iter().all(|one| *one == waits[0]), "{waits:#?}");
    assert_eq!(scene.tip("main").unwrap(), tip);
}

/// A build of a pull request asks nobody.
#[test]
fn a_wait_of_a_pull_request_build_ends_at_once() {
    let scene = Scene::<Azure>::new();
    let task = scene.task(&[("command", "wait"), ("statusAuthors", "cluster")]);
    let build = task.variable("BUILD_REASON", "PullRequest");
    let (text, time, _) = measured(&build);
    assert!(text.contains("there is nothing to wait for"), "{text}");
    assert_eq!(scene.server.requests().len(), 0);
    assert!(time < Duration::from_secs(5), "{time:?}");
}

/// Many environments of one repository.
#[test]
fn status_of_many_environments_in_one_repository() {
    let number = if is_measured() { 500 } else { 25 };
    let names = environments(number);
    let server = GitServer::start();
    server.create("manifests");
    let workspace = Workspace::new();
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: web, image: contoso/web:1.4.2}]}}}\n";
    workspace.write("src/web.yaml", deployment);
    let settings = format!(
        "source: src\nmanifestRepo: {}\ngitHost: git\nfolder: 'clusters/{{environment}}'\nenvironments: [{}]\n",
        server.url("manifests"),
        names.join(", ")
    );
    workspace.write("gitops.yaml", &settings);
    workspace.program(&["publish"]).succeed();
    server.forget();
    let rounds = if is_measured() { 5 } else { 1 };
    for _ in 0..rounds {
        let (text, time, memory) = measured(&workspace.program(&["status"]));
        assert_eq!(text.matches("contoso/web:1.4.2").count(), 1, "{text}");
        assert_eq!(
            text.lines().filter(|line| line.starts_with("env")).count(),
            number + 1
        );
        println!(
            "status of {number} environments: {} ms, {} turns, {:?} bytes, peak {} MiB",
            time.as_millis(),
            server.turns(),
            server.bytes(),
            mib(memory)
        );
        assert_eq!(server.turns(), 3);
        server.forget();
    }
}

/// The same on a host where a cluster has reported on each of them, and people have
/// edited some.
fn status_of_many_environments_with_statuses_is_one_call_more<H: Cluster>() {
    let number = if is_measured() { 500 } else { 25 };
    let names = environments(number);
    let scene = Scene::<H>::new();
    // As both hosts do.
    scene.git(|git| {
        git.config("uploadpack.allowFilter", "true");
        git.config("uploadpack.allowReachableSHA1InWant", "true");
    });
    let settings = format!(
        "source: src\nmanifestRepo: {}\ngitHost: {}\nbranch: main\nfolder: 'clusters/{{environment}}'\nwaitFor: 'kustomization/{{environment}}'\nstatusAuthors: cluster\nenvironments: [{}]\n",
        scene.url,
        H::KIND,
        names.join(", ")
    );
    scene.workspace.write("gitops.yaml", &settings);
    let program = |command: &str| {
        let program = scene.workspace.program(&[command]);
        program.variable("GITOPS_TOKEN", "marked-token-7f3a")
    };
    program("publish").succeed();
    let published = scene.tip("main").unwrap();
    let edited = names.iter().take(number / 25);
    let edited: Vec<_> = edited
        .map(|name| format!("clusters/{name}/by-hand.yaml"))
        .collect();
    let edited: Vec<_> = edited
        .iter()
        .map(|path| (path.as_str(), "100644", "x: 1"))
        .collect();
    scene.git(|git| drop(git.commit("main", "by hand", &edited)));
    scene.server.with(|state| {
        for name in &names {
            let target = format!("kustomization/{name}");
            state.flux(&published, &target, Says::Healthy, "cluster");
        }
    });
    scene.server.forget();
    let rounds = if is_measured() { 5 } else { 1 };
    for _ in 0..rounds {
        let (text, time, memory) = measured(&program("status"));
        assert_eq!(
            text.matches("  rolled out  ").count(),
            number - edited.len(),
            "{text}"
        );
        println!(
            "{}: status of {number} environments with statuses: {} ms, {} calls, peak {} MiB",
            H::KIND,
            time.as_millis(),
            scene.server.requests().len(),
            mib(memory)
        );
        scene.server.forget();
    }
}
