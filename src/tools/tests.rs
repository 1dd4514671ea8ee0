#![expect(clippy::disallowed_methods, reason = "files that the tests made")]
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn tools(temp: &Path) -> Tools {
    Tools::new("/usr/bin:/bin", temp).environment([("ALLOWED", "yes")])
}

fn shell(tools: &Tools, script: &str) -> Invocation {
    Invocation::new(tools.find("sh").unwrap())
        .arg("-c")
        .arg(script)
}

#[tokio::test]
async fn a_child_sees_the_allow_list_and_a_private_home_only() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path());
    let script = r#"echo "$ALLOWED $CARGO_MANIFEST_DIR ${HOME#*/home-}" | wc -w; echo oops >&2"#;
    let output = tools.run(&shell(&tools, script)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "2");
    assert_eq!(output.stderr_lines(), ["oops"]);
    assert_eq!(
        temp.path().read_dir().unwrap().count(),
        0,
        "the home is gone"
    );
}

#[tokio::test]
async fn in_the_users_name_a_child_sees_the_users_home_and_a_private_temporary_folder() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path()).user_environment([("HOME", "/home/ada"), ("LC_ALL", "de")]);
    let invocation = shell(&tools, r#"echo "$HOME $LC_ALL $MORE $(dirname "$TMPDIR")""#);
    let invocation = invocation.in_users_name().variable("MORE", "more");
    let output = tools.run(&invocation).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let place = said.strip_prefix("/home/ada de more ").map(str::trim_end);
    let private = Path::new(place.unwrap_or_default()).parent().unwrap();
    let name = private.file_name().unwrap_or_default().to_string_lossy();
    assert!(name.starts_with("gitops-publisher-"), "{said}");
    assert_eq!(
        private.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(tools.has_user_variable("home") && !tools.has_user_variable("GIT_SSH"));
}

#[tokio::test]
async fn what_programs_are_given_is_in_one_private_folder_that_goes_with_its_owner() {
    let temp = tempfile::tempdir().unwrap();
    let first = tools(temp.path());
    let (file, folder) = (
        first.private_file(".json", b"secret").unwrap(),
        first.private_folder().unwrap(),
    );
    let scratch = first.scratch_folder().unwrap();
    assert!(scratch.path().starts_with(temp.path()), "on disk");
    let run = file.parent().unwrap().parent().unwrap().to_path_buf();
    assert_eq!(folder.path().parent(), file.parent());
    assert_eq!(run.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    drop((file, folder, scratch, first));
    assert!(!run.exists(), "its owner is gone");
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn an_exit_code_is_reported_with_the_tail_of_the_output() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path());
    let output = tools
        .run(&shell(&tools, "echo a; echo b >&2; exit 3"))
        .await
        .unwrap();
    assert_eq!(output.status.to_string(), "exit code 3");
    assert_eq!(output.tail(5), "a\nb");
}

#[tokio::test]
async fn dropping_the_run_kills_the_program_and_what_it_started() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path());
    let fifo = temp.path().join("pid");
    let script = format!(
        "sleep 600 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait",
        fifo.display()
    );
    let invocation = shell(&tools, &script).writes(temp.path());
    let mut run = Box::pin(tools.run(&invocation));
    let started = async {
        while !fifo.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut run => panic!("it ended by itself"),
        () = started => {}
    }
    let pid = std::fs::read_to_string(&fifo).unwrap();
    drop(run);
    let process = PathBuf::from(format!("/proc/{}", pid.trim()));
    if Path::new("/proc/self").exists() {
        let gone =
            || std::fs::read_to_string(process.join("stat")).map_or(true, |s| s.contains(") Z "));
        while !gone() {
            std::thread::yield_now();
        }
    }
}

#[tokio::test]
async fn a_background_process_does_not_keep_the_run_waiting() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path());
    let output = tools
        .run(&shell(&tools, "sleep 600 & echo done"))
        .await
        .unwrap();
    assert_eq!(output.stdout, b"done\n");
}

#[tokio::test]
async fn endless_output_is_an_error() {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path());
    let mut invocation = shell(&tools, "yes");
    invocation.output_limit = 1000;
    let error = tools.run(&invocation).await.unwrap_err();
    assert_eq!(error.to_string(), "`sh` wrote more than 1000 bytes");
}

#[rstest::rstest]
#[case("helm-v4.3.0-linux-amd64.tar.gz", 1)]
#[case("kustomize_v5.8.1_linux_amd64.tar.gz", 2)]
fn a_failed_download_names_the_ways_without_one(#[case] archive: &str, #[case] ways: usize) {
    let error = Error::Download {
        archive: archive.to_owned(),
        source: Box::new(crate::http::Error::Client("none".to_owned())),
    };
    let hints = error.hints();
    assert_eq!(hints.len(), ways, "{hints:?}");
    assert!(
        hints[0].contains("without internet access, name a mirror in the setting `toolMirror`")
    );
    assert!(
        hints
            .iter()
            .skip(1)
            .all(|hint| hint.contains("`tools: path`"))
    );
}

#[test]
fn a_missing_helm_says_how_to_get_one() {
    let tools = Tools::new("/nowhere:.", "/tmp");
    let error = crate::error::Error::from(tools.find("helm").unwrap_err());
    assert_eq!(error.to_string(), "`helm` was not found on PATH");
    assert!(error.all_hints()[0].ends_with("or set `tools` to `auto` to have it downloaded"));
    let tools = tools.helm(Some("/nowhere/helm".into()));
    assert_eq!(
        tools.find("helm").unwrap_err().to_string(),
        "`/nowhere/helm` is not an executable file"
    );
}
