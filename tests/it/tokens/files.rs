//! Which files are taken, and how they are written.

use super::{folder, read, run, tree};

const VARIABLES: &str = r#"{"a":"1"}"#;

#[test]
fn the_git_folder_is_never_touched() {
    let folder = folder(&[
        (".git/config", b"#{a}#"),
        (".x/a", b"#{a}#"),
        ("a", b"#{a}#"),
    ]);
    let flags = [
        "--sources",
        "**/*",
        "--include-dot-paths",
        "--variables",
        VARIABLES,
    ];
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(summary.counters.files, 2);
    assert_eq!(read(&folder, ".git/config"), "#{a}#");
}

/// A run that was killed left its new contents beside the files, which may hold
/// secrets; one that still runs keeps its own.
#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let mut ended = std::process::Command::new("true");
    let mut ended = ended.spawn().unwrap();
    ended.wait().unwrap();
    let left = format!("d/.tokens-{}-Ab12Cd", ended.id());
    let running = format!("d/.tokens-{}-Ab12Cd", std::os::unix::process::parent_id());
    let folder = folder(&[
        ("d/a.txt", b"#{a}#"),
        (&left, b"secret"),
        (&running, b"secret"),
        ("d/.tokens-x", b"not ours"),
        ("e/.tokens-1-x.txt", b"not ours"),
    ]);
    let flags = ["--sources", "**/*.txt", "--variables", VARIABLES];
    run(&folder, &flags).unwrap();
    let names = tree(folder.path());
    assert!(!names.contains_key(&left), "{names:?}");
    assert!(names.contains_key(&running), "{names:?}");
    assert!(names.contains_key("d/.tokens-x"), "{names:?}");
    assert!(names.contains_key("e/.tokens-1-x.txt"), "{names:?}");
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_end_and_linked_files_stay_links() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("d/a.txt", b"#{a}#"), ("real.cfg", b"#{a}#")]);
    let at = |name: &str| folder.path().join(name);
    symlink("..", at("d/up")).unwrap();
    symlink("../d", at("d/self")).unwrap();
    symlink("real.cfg", at("link.cfg")).unwrap();
    symlink("nowhere", at("broken.txt")).unwrap();
    let flags = ["--sources", "**/*.{txt,cfg}", "--variables", VARIABLES];
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(summary.counters.files, 2);
    assert_eq!(read(&folder, "real.cfg"), "1");
    assert!(at("link.cfg").is_symlink());
}

#[cfg(unix)]
#[test]
fn modes_are_kept_and_copies_take_the_mode_of_their_source() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("run.sh", b"#{a}#"), ("plain.sh", b"x")]);
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    for name in ["run.sh", "plain.sh"] {
        std::fs::set_permissions(
            folder.path().join(name),
            std::fs::Permissions::from_mode(0o750),
        )
        .unwrap();
    }
    let flags = [
        "--sources",
        "run.sh",
        "--sources",
        "plain.sh => copy.sh",
        "--variables",
        VARIABLES,
    ];
    run(&folder, &flags).unwrap();
    assert_eq!((mode("run.sh"), mode("copy.sh")), (0o750, 0o750));
    assert_eq!(read(&folder, "copy.sh"), "x");
}

#[test]
fn the_output_of_one_line_is_input_of_a_later_one() {
    let folder = folder(&[("a.tpl", b"#{b}#")]);
    let flags = [
        "--sources",
        "a.tpl => b.txt",
        "--sources",
        "*.txt",
        "--variables",
        r##"{"b":"#{a}#","a":"1"}"##,
    ];
    run(&folder, &flags).unwrap();
    assert_eq!(read(&folder, "b.txt"), "1");
    assert_eq!(read(&folder, "a.tpl"), "#{b}#");
}

#[rstest::rstest]
#[case::the_output_itself(&["a.tpl => b", "b => c", "c => b"])]
#[case::the_same_source_twice(&["*.tpl => b", "a.tpl => b"])]
#[case::a_file_that_was_there(&["a.tpl => old.txt", "old.txt => b"])]
fn an_output_may_be_written_again_where_nothing_is_lost(#[case] sources: &[&str]) {
    let folder = folder(&[("a.tpl", b"#{a}#"), ("old.txt", b"x")]);
    let mut flags = vec!["--sources"];
    flags.extend(sources);
    flags.extend(["--variables", VARIABLES]);
    run(&folder, &flags).unwrap();
    assert_eq!(read(&folder, "b"), "1");
}

#[test]
fn a_file_without_change_is_not_written() {
    let folder = folder(&[("a.txt", b"x"), ("b.txt", b"#{no}#")]);
    let flags = [
        "--sources",
        "*",
        "--missing-var-action",
        "keep",
        "--variables",
        VARIABLES,
    ];
    let summary = run(&folder, &flags).unwrap();
    assert!(summary.written.is_empty());
    assert_eq!(summary.counters.files, 2);
}

#[test]
fn no_temporary_file_is_left() {
    let folder = folder(&[("a.txt", b"#{a}#"), ("d/b.txt", b"#{a}#")]);
    run(
        &folder,
        &[
            "--sources",
            "**/*.txt => out/*.txt",
            "--variables",
            VARIABLES,
        ],
    )
    .unwrap();
    let names: Vec<String> = tree(folder.path()).into_keys().collect();
    assert_eq!(names, ["a.txt", "d/b.txt", "d/out/b.txt", "out/a.txt"]);
}

#[test]
fn two_runs_give_the_same_as_one() {
    let folder = folder(&[
        ("a.txt", b"#{a}# \xff"),
        ("b.json", b"\xef\xbb\xbf{\"x\":\"#{a}#\"}"),
    ]);
    let flags = ["--sources", "*", "--variables", VARIABLES];
    run(&folder, &flags).unwrap();
    let once = tree(folder.path());
    assert!(run(&folder, &flags).unwrap().written.is_empty());
    assert_eq!(tree(folder.path()), once);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_mode_its_other_names_and_its_attributes() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = folder(&[
        ("a.txt", b"#{ok}#"),
        ("b.txt", b"#{ok}#"),
        ("c.txt", b"#{ok}#"),
    ]);
    let at = |name: &str| folder.path().join(name);
    std::fs::set_permissions(at("a.txt"), std::fs::Permissions::from_mode(0o444)).unwrap();
    std::fs::hard_link(at("b.txt"), at("b.dat")).unwrap();
    let inode = std::fs::metadata(at("b.txt")).unwrap().ino();
    let file = std::fs::File::open(at("c.txt")).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    let attributes = rustix::fs::fsetxattr(&file, "user.note", b"kept", flags).is_ok();
    let owner = std::os::unix::fs::chown(at("c.txt"), Some(12345), Some(12345)).is_ok();
    let flags = ["--sources", "*.txt", "--variables", r#"{"ok":"1"}"#];
    run(&folder, &flags).unwrap();
    for name in ["a.txt", "b.txt", "b.dat", "c.txt"] {
        assert_eq!(read(&folder, name), "1", "{name}");
    }
    let mode = std::fs::metadata(at("a.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o444);
    assert_eq!(std::fs::metadata(at("b.txt")).unwrap().ino(), inode);
    let there = std::fs::metadata(at("c.txt")).unwrap();
    assert!(!owner || there.uid() == 12345, "the owner is kept");
    if attributes {
        let file = std::fs::File::open(at("c.txt")).unwrap();
        let mut value = [0; 16];
        let length = rustix::fs::fgetxattr(&file, "user.note", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"kept");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_root_is_left_alone() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("x.txt", b"#{ok}#"), ("d/y.txt", b"#{ok}#")]);
    let folder = folder(&[("a.txt", b"#{ok}#")]);
    symlink(outside.path().join("x.txt"), folder.path().join("x.txt")).unwrap();
    symlink(outside.path().join("d"), folder.path().join("d")).unwrap();
    let flags = ["--sources", "**/*.txt", "--variables", r#"{"ok":"1"}"#];
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(read(&folder, "a.txt"), "1");
    for name in ["x.txt", "d/y.txt"] {
        assert_eq!(read(&outside, name), "#{ok}#", "{name}");
        let said = format!("{name} is left alone: it is a link to a file outside of ");
        let messages = super::messages(&summary);
        assert!(messages.iter().any(|it| it.contains(&said)), "{messages:?}");
    }
}
