//! The completions, as shells use them.

use std::process::Command;

use crate::support::program::Workspace;

/// What bash offers for the last of some words: it calls the function that the
/// script registers, as for a person who presses the tab key.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    let version = Command::new("bash").arg("--version").output();
    if version.is_err() {
        println!("skipped: there is no bash");
        return None;
    }
    let workspace = Workspace::new();
    let script = workspace.program(&["completions", "bash"]).succeed().stdout;
    workspace.write("script.bash", &script);
    let complete = r#"
        source ./script.bash
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        registered=$(complete -p gitops-publisher)
        function=${registered##*-F }
        function=${function%% *}
        previous=${COMP_WORDS[COMP_CWORD - 1]}
        "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "$previous"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", complete, "bash"])
        .args(words)
        .current_dir(workspace.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.split_whitespace().map(str::to_owned).collect())
}

#[rstest::rstest]
#[case(&["gitops-publisher", "pu"], &["publish"])]
#[case(&["gitops-publisher", "publish", "--max"], &["--max-removed-percent"])]
#[case(&["gitops-publisher", "publish", "--mode", ""], &["push", "pullRequest", "auto"])]
#[case(&["gitops-publisher", "publish", "--folder", "x", "--hand-e"], &["--hand-edits"])]
#[case(&["gitops-publisher", "verify", "--git-host", "gi"], &["github", "git"])]
#[case(&["gitops-publisher", "render", "--outp"], &["--output"])]
#[case(&["gitops-publisher", "promote", "--fr"], &["--from"])]
#[case(&["gitops-publisher", "fab", "gen"], &["generate"])]
#[case(&["gitops-publisher", "fab", "generate", "--kustomize-v"], &["--kustomize-version"])]
#[case(&["gitops-publisher", "completions", "z"], &["zsh"])]
#[case(&["gitops-publisher", "help", "pla"], &["plan"])]
#[case(&["./bin/gitops-publisher", "publish", "--max"], &["--max-removed-percent"])]
fn bash_completes_every_word(#[case] words: &[&str], #[case] expected: &[&str]) {
    let Some(offered) = offered(words) else {
        return;
    };
    assert_eq!(offered, expected, "{words:?}");
}

#[rstest::rstest]
#[case("zsh", "#compdef gitops-publisher")]
#[case("fish", "complete -c gitops-publisher")]
#[case("powershell", "-CommandName 'gitops-publisher'")]
#[case("elvish", "set edit:completion:arg-completer[gitops-publisher]")]
#[case("bash", " gitops-publisher\n")]
fn every_script_is_for_the_program_by_its_name(#[case] shell: &str, #[case] part: &str) {
    let workspace = Workspace::new();
    let script = workspace.program(&["completions", shell]).succeed().stdout;
    assert!(
        script.contains(part),
        "{part} is not in the script for {shell}"
    );
    assert!(shell == "bash" || !script.contains("gitopspublisher"));
}
