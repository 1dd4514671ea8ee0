//! The task's launcher, run by a real node with a stand-in for the program.
//!
//! Owns what `task/gitops/launcher.js` promises: it finds the binary, makes it
//! executable, relays signals, and passes bytes and exit codes on.
#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the test builds a task folder, starts node itself and says when there is none"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rstest::rstest;
use tempfile::TempDir;

const LAUNCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/task/gitops/launcher.js");

/// A task folder as the agent unpacks it: the launcher and one program, which
/// is a shell script without an execute bit.
struct Task {
    folder: TempDir,
}

impl Task {
    /// Nothing when this machine has no node, which is said.
    fn with_program(script: &str) -> Option<Self> {
        if Command::new("node").arg("--version").output().is_err() {
            println!("skipped: there is no `node` on PATH");
            return None;
        }
        let task = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::copy(LAUNCHER, task.path("launcher.js")).unwrap();
        fs::create_dir(task.path("temp")).unwrap();
        fs::create_dir_all(task.program().parent().unwrap()).unwrap();
        fs::write(task.program(), format!("#!/bin/sh\n{script}\n")).unwrap();
        Some(task)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> PathBuf {
        let system = if cfg!(target_os = "macos") {
            "darwin"
        } else {
            "linux"
        };
        let machine = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "x64"
        };
        self.path(&format!("bin/{system}-{machine}/gitops-publisher.bin"))
    }

    fn command(&self) -> Command {
        let mut node = Command::new("node");
        node.arg(self.path("launcher.js"))
            .current_dir(self.folder.path())
            .env_remove("NODE_OPTIONS")
            .env("AGENT_TEMPDIRECTORY", self.path("temp"))
            .stdin(Stdio::null());
        node
    }

    /// Node with a few lines of JavaScript that run before the launcher.
    fn command_after(&self, javascript: &str) -> Command {
        let preload = self.path("preload.js");
        fs::write(&preload, javascript).unwrap();
        let mut node = Command::new("node");
        node.arg("--require")
            .arg(preload)
            .args(self.command().get_args())
            .current_dir(self.folder.path())
            .env_remove("NODE_OPTIONS")
            .env("AGENT_TEMPDIRECTORY", self.path("temp"))
            .stdin(Stdio::null());
        node
    }

    fn left_in_temp(&self) -> usize {
        fs::read_dir(self.path("temp")).unwrap().count()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_program_without_execute_bit_is_made_executable_and_gets_the_word_task() {
    let Some(task) = Task::with_program(r#"echo "arguments: $*""#) else {
        return;
    };
    let output = task.command().output().unwrap();
    assert_eq!(stdout(&output), "arguments: task\n");
    assert_eq!(output.status.code(), Some(0));
    let mode = fs::metadata(task.program()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[rstest]
#[case::read_only_file_system("EROFS")]
#[case::folder_of_somebody_else("EPERM")]
fn a_read_only_task_folder_means_a_private_copy_that_is_removed_again(#[case] code: &str) {
    let Some(task) = Task::with_program(r#"echo "$0"; ls -ld "$(dirname "$0")" "$0" | cut -c1-10"#)
    else {
        return;
    };
    // Mounting read-only needs rights that a test does not have; the call fails as it would there.
    let preload = format!(
        "const fs = require('fs'); const real = fs.chmodSync;
         fs.chmodSync = (file, mode) => {{
           if (file.includes('/bin/')) throw Object.assign(new Error('{code}'), {{ code: '{code}' }});
           return real(file, mode);
         }};"
    );
    let output = task.command_after(&preload).output().unwrap();
    let text = stdout(&output);
    let lines: Vec<_> = text.lines().collect();
    assert!(Path::new(lines[0]).starts_with(task.path("temp")), "{text}");
    assert_eq!(lines[1..], ["drwx------", "-rwx------"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(task.left_in_temp(), 0);
    let mode = fs::metadata(task.program()).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0, "the original stays as it was");
}

#[test]
fn a_folder_that_forbids_execution_means_a_private_copy() {
    let Some(task) = Task::with_program(r#"echo "$0""#) else {
        return;
    };
    // What a noexec mount does: the bit can be set and execution is denied all the same.
    let preload = "const fs = require('fs'); const real = fs.accessSync;
         fs.accessSync = (file, mode) => {
           if (file.includes('/bin/')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
           return real(file, mode);
         };";
    let output = task.command_after(preload).output().unwrap();
    let text = stdout(&output);
    assert!(
        Path::new(text.trim()).starts_with(task.path("temp")),
        "{text}"
    );
    assert_eq!(task.left_in_temp(), 0);
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(2)]
#[case(130)]
fn the_exit_code_is_passed_on(#[case] code: i32) {
    let Some(task) = Task::with_program(&format!("exit {code}")) else {
        return;
    };
    let output = task.command().output().unwrap();
    assert_eq!(output.status.code(), Some(code));
    assert_eq!(stdout(&output), "");
}

#[rstest]
#[case("KILL", 137)]
#[case("ABRT", 134)]
fn an_exit_by_signal_is_128_and_its_number(#[case] signal: &str, #[case] code: i32) {
    let Some(task) = Task::with_program(&format!("kill -{signal} $$")) else {
        return;
    };
    let output = task.command().output().unwrap();
    assert_eq!(output.status.code(), Some(code));
}

#[rstest]
#[case("INT")]
#[case("TERM")]
#[case("HUP")]
fn a_signal_reaches_the_program_and_the_launcher_waits_for_its_clean_up(#[case] signal: &str) {
    // `read` on a pipe that nobody writes to blocks without another process.
    let script = format!(
        r"mkfifo block
        trap 'echo cleaning; read _ <release; echo clean; exit 7' {signal}
        echo ready
        while :; do read _ <>block; done"
    );
    let Some(task) = Task::with_program(&script) else {
        return;
    };
    let made = Command::new("mkfifo").arg(task.path("release")).status();
    assert!(made.unwrap().success());
    let mut child = task.command().stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(next(&mut lines), "ready\n");
    send(signal, &child);
    assert_eq!(next(&mut lines), "cleaning\n");
    assert_eq!(child.try_wait().unwrap(), None, "the launcher left first");
    fs::write(task.path("release"), "go\n").unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "clean\n");
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn a_signal_in_the_instant_of_the_start_is_relayed_too() {
    // Without the streams, an orphan would not keep the test waiting.
    let Some(task) = Task::with_program("exec >&- 2>&-; mkfifo block; read _ <>block") else {
        return;
    };
    let preload = "const c = require('child_process'); const real = c.spawn;
         c.spawn = (...all) => {
           const child = real(...all);
           process.kill(process.pid, 'SIGTERM');
           return child;
         };";
    let output = task.command_after(preload).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(128 + 15),
        "the launcher left first"
    );
}

fn next(lines: &mut impl BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line
}

fn send(signal: &str, to: &Child) {
    let status = Command::new("kill")
        .arg(format!("-{signal}"))
        .arg(to.id().to_string())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn output_is_unchanged_to_the_byte_on_both_streams() {
    let bytes: Vec<u8> = (0..=255u8).cycle().take(200_000).collect();
    let Some(task) = Task::with_program("cat all.bin; cat all.bin >&2") else {
        return;
    };
    fs::write(task.path("all.bin"), &bytes).unwrap();
    let output = task.command().output().unwrap();
    assert!(output.stdout == bytes, "stdout differs");
    assert!(output.stderr == bytes, "stderr differs");
}

#[test]
fn environment_and_folder_stay_and_nothing_is_read_from_the_agent() {
    let Some(task) =
        Task::with_program(r#"pwd -P; echo "$INPUT_COMMAND"; cat | wc -c | tr -d ' '"#)
    else {
        return;
    };
    let output = task
        .command()
        .env("INPUT_COMMAND", "verify")
        .output()
        .unwrap();
    let folder = task.folder.path().canonicalize().unwrap();
    assert_eq!(
        stdout(&output),
        format!("{}\nverify\n0\n", folder.display())
    );
}

#[test]
fn an_unknown_platform_fails_the_step_with_the_list_of_known_ones() {
    let Some(task) = Task::with_program("echo never") else {
        return;
    };
    let preload = "Object.defineProperty(process, 'platform', { value: 'aix' });
         Object.defineProperty(process, 'arch', { value: 'ppc64' });";
    let output = task.command_after(preload).output().unwrap();
    let message = "GitOps does not run on aix-ppc64. Supported: linux-x64, linux-arm64, \
                   darwin-x64, darwin-arm64, win32-x64, win32-arm64.";
    assert_eq!(
        stdout(&output),
        format!(
            "##vso[task.logissue type=error]{message}\n##vso[task.complete result=Failed]{message}\n"
        )
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_program_that_cannot_start_fails_the_step_with_an_escaped_message() {
    let Some(task) = Task::with_program("") else {
        return;
    };
    // A file name with a line break and a percent sign must not make a command of its own.
    let odd = task.path("50%\n##vso[task.setvariable variable=x]y");
    fs::create_dir(&odd).unwrap();
    fs::copy(LAUNCHER, odd.join("launcher.js")).unwrap();
    let output = Command::new("node")
        .arg(odd.join("launcher.js"))
        .env_remove("NODE_OPTIONS")
        .output()
        .unwrap();
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("50%AZP25%0A##vso"), "{text}");
    assert!(
        text.contains("##vso[task.complete result=Failed]GitOps has no program for"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(0));
}
