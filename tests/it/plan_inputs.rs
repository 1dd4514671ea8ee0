//! What the plan says when the manifest repository holds what it should not: files that
//! do not parse, a ledger that says what is not so.

use crate::support::program::{Ended, Workspace};

const FLAGS: [&str; 9] = [
    "--source",
    "src",
    "--environments",
    "dev",
    "--manifest-repo",
    "./manifests.git",
    "--allow-removal",
    "--hand-edits",
    "overwrite",
];

fn settings(port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web, namespace: shop}}\ndata: {{port: \"{port}\"}}\n"
    )
}

/// Published once; then somebody changes a file of the repository, and the source changes.
fn spoiled(path: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("src/web.yaml", &settings(80));
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace
        .program(&[&["publish"], &FLAGS[..]].concat())
        .succeed();
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    let file = workspace.path().join("clone").join(path);
    let content = change(&std::fs::read(&file).unwrap());
    std::fs::write(&file, content).unwrap();
    for command in [
        &["commit", "--quiet", "-a", "-m", "Spoil"][..],
        &["push", "--quiet", "origin", "main"],
    ] {
        workspace.git(&[&["-C", "clone"], command].concat());
    }
    workspace.write("src/web.yaml", &settings(81));
    workspace
}

fn verify(workspace: &Workspace) -> Ended {
    workspace
        .program(&[&["verify"], &FLAGS[..]].concat())
        .succeed()
}

#[rstest::rstest]
#[case::no_yaml(b"a: [1\n".to_vec(), "is malformed, line 1, column 4: unclosed bracket '['")]
#[case::no_text(b"\xff\xfe\x00".to_vec(), "is not UTF-8 text")]
#[case::an_alias_bomb(
    bomb(),
    "is malformed, line 6, column 9: its aliases expand to too many values"
)]
#[case::deep("[".repeat(5_000).into_bytes(), "is malformed, line 1, column 129: recursion limit exceeded")]
fn a_published_file_that_does_not_parse_is_named(#[case] content: Vec<u8>, #[case] expected: &str) {
    let workspace = spoiled("dev/web.yaml", |_| content.clone());
    let ended = verify(&workspace);
    // The list of what changes stands without the fields.
    assert!(
        ended.stderr.contains("0 added, 1 changed"),
        "{}",
        ended.stderr
    );
    let said = ended.stderr.lines();
    let said: Vec<_> = said
        .filter(|line| line.contains("field by field"))
        .collect();
    let start = "warning: environment dev: what changes is not shown field by field, and no risks are: in the manifest repository, `web.yaml` ";
    assert_eq!(said, [format!("{start}{expected}")], "{}", ended.stderr);
    // Whoever proposes a change may not be allowed to read the manifest repository.
    let mut proposed = workspace.program(&[&["verify"], &FLAGS[..]].concat());
    for (name, value) in [("TF_BUILD", "True"), ("BUILD_REASON", "PullRequest")] {
        proposed = proposed.variable(name, value);
    }
    let said = proposed.succeed();
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(
        said.contains("in the manifest repository, `web.yaml` does not parse"),
        "{said}"
    );
    assert!(!said.contains(expected), "{said}");
    // Publishing writes the file again, and all is well.
    workspace
        .program(&[&["publish"], &FLAGS[..]].concat())
        .succeed();
    workspace.write("src/web.yaml", &settings(82));
    assert!(verify(&workspace).stderr.contains("+ data.port: 82"));
}

/// Few bytes that stand for very many.
fn bomb() -> Vec<u8> {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        let nine = vec![format!("*a{before}"); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{nine}]\n"));
    }
    text.into_bytes()
}

#[test]
fn a_ledger_that_lies_about_a_file_changes_nothing_of_the_plan() {
    let lie = |content: &[u8]| {
        let text = String::from_utf8(content.to_vec()).unwrap();
        assert!(text.contains("v1 ConfigMap shop/web"), "{text}");
        let text = text.replace("v1 ConfigMap shop/web", "v1 Secret shop/other");
        text.into_bytes()
    };
    let ended = verify(&spoiled("dev/.gitops-publisher", lie));
    let said = ended.stderr;
    assert!(said.contains("1 changed; 1 field to read"), "{said}");
    assert!(said.contains("- data.port: 80\n"), "{said}");
    assert!(said.contains("+ data.port: 81\n"), "{said}");
    assert!(!said.contains("secret-plaintext"), "{said}");
}

#[test]
fn a_ledger_that_names_another_content_makes_the_file_an_edit_by_hand() {
    let lie = |content: &[u8]| {
        let text = String::from_utf8(content.to_vec()).unwrap();
        let at = text.find("\"blob\": \"").unwrap() + 9;
        // The id of an empty file, which is no part of this repository.
        let other = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        format!("{}{other}{}", &text[..at], &text[at + 40..]).into_bytes()
    };
    let workspace = spoiled("dev/.gitops-publisher", lie);
    let said = verify(&workspace).stderr;
    assert!(said.contains("- data.port: 80\n"), "{said}");
    let flags = &FLAGS[..7];
    let ended = workspace.program(&[&["verify"], flags].concat()).fail();
    assert!(
        ended
            .stderr
            .contains("changed since gitops-publisher wrote it: web.yaml"),
        "{}",
        ended.stderr
    );
}
