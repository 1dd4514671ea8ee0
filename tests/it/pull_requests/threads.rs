//! Critical findings as threads at the lines of a pull request: written once, left to
//! the people who answer and resolve them, resolved when their matter is gone.

use super::host::Thread;
use super::{Host, Scene, on_both_hosts, warnings};
use crate::support::github::Hub;
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts!(
    a_critical_finding_is_a_thread_at_its_line_and_is_written_once,
    what_people_resolve_stays_resolved,
    what_is_gone_is_resolved_and_what_is_back_is_opened,
    what_goes_has_its_thread_in_the_file_as_it_was,
    a_line_that_the_host_does_not_show_is_still_found,
    twenty_threads_are_enough,
    where_threads_are_refused_the_run_warns,
    a_lost_answer_makes_no_second_thread,
);

const SECRET: &str = "# A comment first.\napiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: shop}\nstringData: {password: hunter2}\n";

fn threads<H: Host>(scene: &Scene<H>) -> Vec<Thread> {
    scene.server.with(|state| state.threads())
}

/// Runs again, which writes nothing.
fn same_again<H: Host>(scene: &Scene<H>) {
    for _ in 0..2 {
        scene.server.forget();
        scene.run(&[]);
        assert_eq!(scene.server.writes(), 0, "{:?}", scene.server.requests());
    }
}

fn with_secret<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.workspace.write("src/login.yaml", SECRET);
    scene.run(&[]);
    scene
}

fn a_critical_finding_is_a_thread_at_its_line_and_is_written_once<H: Host>() {
    let scene = with_secret::<H>();
    let [thread] = <[Thread; 1]>::try_from(threads(&scene)).unwrap();
    assert!(thread.open);
    let (marker, text) = thread.text.split_once('\n').unwrap();
    assert!(
        marker.starts_with("<!-- gitops-publisher risk/dev/secret-plaintext/"),
        "{marker}"
    );
    insta::allow_duplicates! {
        insta::assert_snapshot!(format!("{}\n{text}", thread.at), @r"
        dev/login.yaml:2
        **critical** `secret-plaintext` `Secret shop/login` everybody who can read the repository can read this Secret; encrypt it (SOPS, SealedSecret), refer to it (ExternalSecret), or allow it with a reason (git cannot undo it)

        This change to `dev` brings it. Resolve this thread to accept it. If a later run no longer finds it, the thread is resolved automatically.
        ");
    }
    same_again(&scene);
    // Another change of the pull request: the thread is the same.
    scene.source(81).run(&[]);
    assert_eq!(threads(&scene), [thread]);
}

fn what_people_resolve_stays_resolved<H: Host>() {
    let scene = with_secret::<H>();
    scene.server.with(|state| {
        state.say(0);
        state.resolve(0, true);
    });
    same_again(&scene);
    scene.source(81).run(&[]);
    assert!(!threads(&scene)[0].open);
    // It is gone: there is nothing to say any more.
    scene.workspace.remove("src/login.yaml");
    scene.run(&[]);
    let thread = &threads(&scene)[0];
    assert!(
        !thread.open && !thread.text.contains("no longer the case"),
        "{thread:?}"
    );
    same_again(&scene);
}

fn what_is_gone_is_resolved_and_what_is_back_is_opened<H: Host>() {
    let scene = with_secret::<H>();
    let before = threads(&scene);
    scene.workspace.remove("src/login.yaml");
    scene.run(&[]);
    let thread = &threads(&scene)[0];
    assert!(!thread.open);
    assert!(
        thread.text.contains("This is no longer the case."),
        "{thread:?}"
    );
    same_again(&scene);
    scene.workspace.write("src/login.yaml", SECRET);
    scene.run(&[]);
    assert_eq!(threads(&scene), before);
    same_again(&scene);
    // Gone again, and somebody wants to talk about it all the same.
    scene.workspace.remove("src/login.yaml");
    scene.run(&[]);
    scene.server.with(|state| {
        state.say(0);
        state.resolve(0, false);
    });
    same_again(&scene);
    assert!(threads(&scene)[0].open);
}

/// Services, so that one that goes is no large share.
fn services<H: Host>(scene: &Scene<H>) {
    for name in ["a", "b", "c", "d", "e"] {
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{ports: [{{port: 80}}]}}\n"
        );
        scene.workspace.write(&format!("src/{name}.yaml"), &text);
    }
}

fn claim(class: &str) -> String {
    let labels: String = (0..20).map(|at| format!("    l{at}: x\n")).collect();
    format!(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n  namespace: shop\n  labels:\n{labels}spec:\n  storageClassName: {class}\n"
    )
}

fn what_goes_has_its_thread_in_the_file_as_it_was<H: Host>() {
    let scene = Scene::<H>::new();
    services(&scene);
    scene.workspace.write("src/data.yaml", &claim("slow"));
    scene.run(&[("mode", "push")]);
    scene.workspace.remove("src/data.yaml");
    scene.run(&[("allowRemoval", "true")]);
    let [thread] = <[Thread; 1]>::try_from(threads(&scene)).unwrap();
    assert_eq!(thread.at, "dev/data.yaml:-1");
    assert!(thread.text.contains("`pvc-deleted`"), "{thread:?}");
}

fn a_line_that_the_host_does_not_show_is_still_found<H: Host>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("src/data.yaml", &claim("slow"));
    scene.run(&[("mode", "push")]);
    scene.workspace.write("src/data.yaml", &claim("fast"));
    scene.run(&[]);
    let [thread] = <[Thread; 1]>::try_from(threads(&scene)).unwrap();
    // GitHub takes lines that the difference shows; any other stands at its file.
    let at = if H::KIND == "azure" {
        "dev/data.yaml:1"
    } else {
        "dev/data.yaml"
    };
    assert_eq!(thread.at, at);
    assert!(thread.text.contains("`immutable-field`"), "{thread:?}");
    same_again(&scene);
}

fn twenty_threads_are_enough<H: Host>() {
    let scene = Scene::<H>::new();
    for at in 10..33 {
        let text = SECRET.replace("login", &format!("login-{at}"));
        scene
            .workspace
            .write(&format!("src/login-{at}.yaml"), &text);
    }
    let ended = scene.run(&[]);
    let all = threads(&scene);
    assert_eq!(all.len(), 21);
    let rest = all.last().unwrap();
    assert!(
        rest.open && rest.text.contains("\n3 more critical findings"),
        "{rest:?}"
    );
    insta::allow_duplicates! {
        insta::assert_snapshot!(warnings(&ended).join("\n"), @"environment dev, pull request: 3 critical findings have no thread of their own; the plan of the run lists them");
    }
    same_again(&scene);
    // Once there are fewer, the others get their threads, and the rest is resolved.
    for at in 10..15 {
        scene.workspace.remove(&format!("src/login-{at}.yaml"));
    }
    let ended = scene.run(&[("allowRemoval", "true")]);
    assert_eq!(warnings(&ended), [""; 0]);
    let all = threads(&scene);
    assert_eq!(all.iter().filter(|thread| thread.open).count(), 18);
    assert!(!all[20].open, "{:?}", all[20]);
}

fn where_threads_are_refused_the_run_warns<H: Host>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("src/login.yaml", SECRET);
    // Opening it, and looking for threads, come first.
    let is_thread = |line: &str| line.contains("thread") || line.contains("graphql");
    scene.run(&[]);
    let asked = scene.server.requests();
    let at = asked
        .iter()
        .position(|asked| is_thread(&asked.path))
        .unwrap();
    let fresh = Scene::<H>::new();
    fresh.workspace.write("src/login.yaml", SECRET);
    fresh.server.inject(at, Fault::Answer(Reply::status(403)));
    let ended = fresh.run(&[]);
    let said = warnings(&ended).join("\n");
    assert!(
        said.contains("its critical findings are not shown as threads: "),
        "{said}"
    );
    assert_eq!(fresh.only().state, "open");
    assert!(threads(&fresh).is_empty());
    // The next run makes up for it.
    fresh.run(&[]);
    assert_eq!(threads(&fresh).len(), 1);
}

fn a_lost_answer_makes_no_second_thread<H: Host>() {
    let scene = with_secret::<H>();
    let writes = |asked: &crate::support::rest_fake::Asked| {
        asked.method == "POST"
            && (asked.path.ends_with("/threads") || asked.path.ends_with("/comments"))
    };
    let at = scene.server.requests().iter().position(writes).unwrap();
    let fresh = Scene::<H>::new();
    fresh.workspace.write("src/login.yaml", SECRET);
    fresh.server.inject(at, Fault::DropAfter);
    fresh.run(&[]);
    assert_eq!(threads(&fresh).len(), 1);
}

#[test]
fn more_threads_than_are_read_are_no_reason_to_write_ours_again() {
    let scene = with_secret::<Hub>();
    scene.server.with(|state| {
        let threads = &mut state.pull_requests[0].threads;
        let ours = threads.remove(0);
        for at in 0..50 {
            let mut other = ours.clone();
            (other.id, other.body) = (format!("PRRT_other_{at}"), "I wonder".to_owned());
            threads.push(other);
        }
        threads.push(ours);
    });
    scene.server.forget();
    let ended = scene.run(&[]);
    let said = warnings(&ended).join("\n");
    let expected = "its critical findings are not shown as threads: ";
    assert!(said.contains(expected), "{said}");
    let reason = "the pull request has more than 2000 review threads";
    assert!(said.contains(reason), "{said}");
    assert_eq!(scene.server.writes(), 0, "{:?}", scene.server.requests());
}
