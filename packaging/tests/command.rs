//! The command as the pipelines call it, on the real extension.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test makes binaries and starts the command; a failed assumption should fail it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// An ELF header for x86-64, then `size` bytes that do not compress.
fn binary(folder: &TempDir, size: u64) -> PathBuf {
    let mut bytes = b"\x7fELF".to_vec();
    bytes.resize(18, 0);
    bytes.extend([62, 0]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while (bytes.len() as u64) < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    let path = folder.path().join(format!("program-{size}"));
    fs::write(&path, bytes).unwrap();
    path
}

fn vsix(out: &Path, program: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vsix"))
        .args(["--root", concat!(env!("CARGO_MANIFEST_DIR"), "/..")])
        .arg("--out")
        .arg(out)
        .arg("--bin")
        .arg(format!("linux-x64={}", program.display()))
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn a_package_with_one_binary_is_written_the_same_twice_and_its_sizes_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let program = binary(&folder, 5000);
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let output = vsix(&first, &program, &[]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(report.contains("linux-x64"), "{report}");
    assert!(report.contains("darwin-arm64       not given"), "{report}");
    assert!(vsix(&second, &program, &[]).status.success());
    assert!(fs::read(first).unwrap() == fs::read(second).unwrap());
}

#[test]
fn a_binary_above_the_limit_fails_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    let output = vsix(&out, &binary(&folder, vsix::platform::MAX_BINARY + 1), &[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.starts_with("error: too large: linux-x64\n"),
        "{message}"
    );
    assert!(!out.exists());
}

#[test]
fn a_release_needs_every_platform_and_a_check_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    let program = binary(&folder, 5000);
    let output = vsix(&out, &program, &["--require-all"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message, "error: there is no binary for darwin-arm64\n");
    assert!(vsix(&out, &program, &["--check"]).status.success());
    assert!(!out.exists());
}
