//! What a child can reach: nothing but what its call names.
#![cfg(target_os = "linux")]

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use gitops_publisher::tools::{Confinement, Invocation, Output, Tools};
use rstest::rstest;

use crate::fabrikate::{script, source, tools};
use crate::support::file_server::FileServer;
use crate::support::program::Workspace;

/// Whether this kernel confines files and network.
async fn able() -> bool {
    let temp = tempfile::tempdir().unwrap();
    let (tools, said) = telling(&tools(temp.path()));
    bash(&tools, "true", |call| call).await;
    let able = said.lock().unwrap().is_empty();
    if !able {
        println!("skipped: this kernel cannot confine children");
    }
    able
}

/// The same tools, and what they say about a weak confinement.
fn telling(tools: &Tools) -> (Tools, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&said);
    let tools = tools
        .clone()
        .on_weakness(move |text| into.lock().unwrap().push(text.to_owned()));
    (tools, said)
}

async fn bash(tools: &Tools, text: &str, with: impl Fn(Invocation) -> Invocation) -> Output {
    let call = Invocation::new(tools.find("bash").unwrap())
        .arg("-c")
        .arg(text);
    tools.run(&with(call)).await.unwrap()
}

#[rstest]
#[case::environment_of_the_run("cat /proc/@RUN/environ")]
#[case::environment_of_its_parent("cat /proc/@PARENT/environ")]
#[case::environment_of_init("cat /proc/1/environ")]
#[case::its_own("cat /proc/self/environ")]
#[case::by_its_parent_id("cat /proc/$PPID/environ")]
#[case::memory("cat /proc/@RUN/maps")]
#[case::arguments("cat /proc/@RUN/cmdline")]
#[case::list_of_processes("ls /proc/")]
#[case::open_files("ls /proc/@RUN/fd/")]
#[case::through_a_link("ln -s /proc/@RUN/environ \"$HOME/x\" && cat \"$HOME/x\"")]
#[case::through_a_hard_link("ln @OUTSIDE/secret \"$HOME/x\" && cat \"$HOME/x\"")]
#[case::a_home("cat @OUTSIDE/.ssh/id_ed25519")]
#[case::a_list_of_a_home("ls @OUTSIDE")]
#[case::a_file_beside_the_copy("cat @OUTSIDE/secret")]
#[case::writing_beside("echo x > @OUTSIDE/new")]
#[case::cutting_a_file("> @OUTSIDE/secret")]
#[case::removing("rm @OUTSIDE/secret")]
#[case::renaming("mv @OUTSIDE/secret \"$HOME/x\"")]
#[case::writing_what_may_be_read("echo x > @READ/file")]
#[case::the_temporary_folder("ls @TEMP/")]
#[case::git_of_a_folder_that_may_be_read("cat @READ/.git/config")]
#[case::shadow("cat /etc/shadow")]
#[case::the_network("exec 3<>/dev/tcp/127.0.0.1/@PORT")]
#[case::a_server_of_its_own(
    "/usr/bin/python3 -c 'import socket; socket.socket().bind((\"127.0.0.1\", 0))'"
)]
#[case::tracing(
    "/usr/bin/python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(16, @RUN, 0, 0) != 0)'"
)]
#[case::a_signal("kill -0 @RUN")]
#[case::a_signal_to_its_parent("kill -0 @PARENT")]
#[case::more_rights("unshare -r cat @OUTSIDE/secret")]
#[tokio::test]
async fn a_child_reaches_nothing_that_its_call_does_not_name(#[case] attempt: &str) {
    if !able().await {
        return;
    }
    let outside = source(&[("secret", "s3cret"), (".ssh/id_ed25519", "s3cret")]);
    let read = source(&[("file", "fine"), (".git/config", "s3cret")]);
    let temp = tempfile::tempdir().unwrap();
    let server = FileServer::start();
    let (_, port) = server
        .url("")
        .rsplit_once(':')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let attempt = attempt
        .replace("@RUN", &std::process::id().to_string())
        .replace("@PARENT", &std::os::unix::process::parent_id().to_string())
        .replace("@OUTSIDE", &outside.path().display().to_string())
        .replace("@READ", &read.path().display().to_string())
        .replace("@TEMP", &temp.path().display().to_string())
        .replace("@PORT", port.trim_end_matches('/'));
    let tools = tools(temp.path());
    let confined = bash(&tools, &attempt, |call| call.reads(read.path())).await;
    assert!(!confined.status.success(), "{attempt}: {confined:?}");
    assert!(!String::from_utf8_lossy(&confined.stdout).contains("s3cret"));
    assert_eq!(
        std::fs::read_to_string(outside.path().join("secret")).unwrap(),
        "s3cret"
    );
    assert!(!outside.path().join("new").exists());
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn a_child_reaches_no_socket_in_the_abstract() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::SocketAddr;
    if !able().await || !Path::new("/usr/bin/python3").exists() {
        return;
    }
    let name = format!("gitops-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let text = format!(
        "/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0{name}\")'"
    );
    let temp = tempfile::tempdir().unwrap();
    let weak = tools(temp.path()).confinement(Confinement::Absent);
    let reached = bash(&weak, &text, |call| call).await;
    assert!(reached.status.success(), "{reached:?}");
    let refused = bash(&tools(temp.path()), &text, |call| call).await;
    assert!(!refused.status.success(), "{refused:?}");
}

#[tokio::test]
async fn a_child_reads_and_writes_what_its_call_names() {
    let read = source(&[("file", "fine")]);
    let write = source(&[]);
    let temp = tempfile::tempdir().unwrap();
    let server = FileServer::start();
    let text = format!(
        "set -e; cat {0}/file > {1}/new; cat {1}/new; echo x > \"$HOME/x\"; echo x > /dev/null; echo x > \"$TMPDIR/y\"; exec 3<>/dev/tcp/{2}",
        read.path().display(),
        write.path().display(),
        server
            .url("")
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .replace(':', "/"),
    );
    let tools = tools(temp.path());
    let reach = |call: Invocation| call.reads(read.path()).writes(write.path()).on_network();
    let output = bash(&tools, &text, reach).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"fine");
}

#[tokio::test]
async fn where_the_system_cannot_confine_that_is_said_once() {
    let temp = tempfile::tempdir().unwrap();
    let absent = tools(temp.path()).confinement(Confinement::Absent);
    let (tools, said) = telling(&absent);
    for _ in 0..3 {
        bash(&tools, "cat /proc/self/environ", |call| call).await;
    }
    assert_eq!(
        *said.lock().unwrap(),
        [
            "helm, kustomize and hooks are not confined on this system, and can read what this run can read: confinement takes Linux 5.13 with Landlock"
        ]
    );
}

#[tokio::test]
async fn what_is_cancelled_while_it_starts_leaves_no_process() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path());
    for _ in 0..20 {
        let call = Invocation::new(tools.find("sleep").unwrap()).arg("600");
        let run = tools.run(&call);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(1), run).await;
    }
    let out = std::process::Command::new("ps")
        .args(["--ppid", &std::process::id().to_string(), "-o", "args="])
        .output();
    if let Ok(out) = out {
        let list = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(
            !list.lines().any(|line| line.trim() == "sleep 600"),
            "{list}"
        );
    }
}

/// A helm that a source could have brought along, in a run with a token.
#[tokio::test]
async fn the_token_of_a_run_is_out_of_reach_for_helm() {
    if !able().await {
        return;
    }
    let shop = Workspace::new();
    shop.write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let helm = tempfile::tempdir().unwrap();
    let helm = script(
        helm.path(),
        "seen=$(cat /proc/$PPID/environ /proc/*/environ /proc/self/environ 2>/dev/null | tr '\\0' ' ')\n\
         echo \"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {seen: '$seen', core: '$(ulimit -c)'}\"",
    );
    let helm = helm.display().to_string();
    let run = shop.program(&[
        "render",
        "--environments",
        "dev",
        "--output",
        "out",
        "--helm",
        &helm,
    ]);
    let ended = run.variable("GITOPS_TOKEN", "s3cret-token").succeed();
    let files = crate::fabrikate::files_below(&shop.path().join("out"));
    let text: Vec<_> = files
        .iter()
        .map(|(_, file)| String::from_utf8_lossy(file))
        .collect();
    let text = text.join("\n").replace('"', "'");
    assert!(
        text.contains("seen: ''") && text.contains("core: '0'"),
        "{text}"
    );
    assert!(!ended.stderr.contains("not confined"), "{ended:?}");
}

/// A child starts nearly as quickly as without.
#[tokio::test]
async fn confining_costs_little() {
    if !able().await {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let confined = tools(temp.path());
    let free = confined.clone().confinement(Confinement::Absent);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        for (tools, times) in [(&confined, &mut with), (&free, &mut without)] {
            let start = std::time::Instant::now();
            bash(tools, "true", |call| call).await;
            times.push(start.elapsed());
        }
    }
    with.sort();
    without.sort();
    let (with, without) = (with[20], without[20]);
    println!("a confined child takes {with:?}, another one {without:?}");
    assert!(
        with < without + std::time::Duration::from_millis(15),
        "{with:?}, {without:?}"
    );
}

/// The process holds tokens: nobody else of the same user looks into it, and no
/// crash leaves its memory on disk.
#[test]
fn nobody_looks_into_the_process_itself() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::tempdir().unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let pipe = folder.path().join("token");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    std::fs::set_permissions(&pipe, std::fs::Permissions::from_mode(0o666)).unwrap();
    std::fs::write(
        folder.path().join("gitops.yaml"),
        "manifestRepo: http://127.0.0.1:1/x\nenvironments: [dev]\n",
    )
    .unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gitops-publisher"));
    command
        .args(["publish", "--token-file", "token"])
        .env_clear()
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    if rustix::process::getuid().is_root() {
        // What root owns, root owns in any case.
        command.gid(65534).uid(65534);
    }
    let Ok(mut child) = command.spawn() else {
        println!("skipped: another user cannot run the program from here");
        return;
    };
    // Opens once the program reads its token from the other end.
    let held = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let entry = |name: &str| format!("/proc/{}/{name}", child.id());
    let limits = std::fs::read_to_string(entry("limits")).unwrap();
    // Where a process may be looked into, these belong to its user.
    let names = ["environ", "mem", "maps", "auxv", "fd", "cwd"];
    let others = names.map(|name| (name, std::fs::symlink_metadata(entry(name)).unwrap().uid()));
    drop(held);
    child.wait().unwrap();
    assert_eq!(others, names.map(|name| (name, 0)));
    let cores = limits.lines().find(|line| line.starts_with("Max core"));
    let words: Vec<_> = cores.unwrap().split_whitespace().collect();
    assert_eq!(words, ["Max", "core", "file", "size", "0", "0", "bytes"]);
}
