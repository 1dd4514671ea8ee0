//! What the reader answers, and what it refuses.

use super::*;
use std::fs;

struct Scene {
    temp: tempfile::TempDir,
    root: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the test makes its own files")]
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl Scene {
    /// A checkout with these files, and `secret.yaml` and `outside/` beside it.
    fn new(files: &[&str]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let top = real(temp.path()).unwrap();
        write(&top.join("secret.yaml"), "token: hunter2\n");
        write(&top.join("outside/inner/secret.yaml"), "token: hunter2\n");
        let root = top.join("checkout");
        fs::create_dir(&root).unwrap();
        for file in files {
            write(&root.join(file), &format!("{file}\n"));
        }
        Self { temp, root }
    }

    fn tree(&self) -> SourceTree {
        SourceTree::open(&self.root).unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    #[cfg(unix)]
    fn link(&self, path: &str, target: impl AsRef<Path>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    fn text(&self, path: &str) -> Result<Option<String>, String> {
        let text = self.tree().text(&self.path(path));
        text.map_err(|error| error.to_string())
    }
}

#[test]
fn files_are_read_and_what_is_absent_is_absent() {
    let scene = Scene::new(&["a/b.yaml", "c.yaml"]);
    let text = |path| scene.text(path).unwrap();
    assert_eq!(text("a/b.yaml").unwrap(), "a/b.yaml\n");
    assert_eq!(text("a/./../c.yaml").unwrap(), "c.yaml\n");
    for absent in ["x", "x/y/z", "a/x", "c.yaml/x", "a/b.yaml/../c", "a"] {
        assert_eq!(text(absent), None, "{absent}");
    }
}

#[test]
fn a_path_may_pass_through_the_folders_above_back_into_the_checkout() {
    let scene = Scene::new(&["a/b.yaml"]);
    let text = scene.text("../checkout/a/../../checkout/a/b.yaml");
    assert_eq!(text.unwrap().unwrap(), "a/b.yaml\n");
}

#[rstest::rstest]
#[case("../secret.yaml")]
#[case("../missing.yaml")]
#[case("..")]
#[case("../..")]
#[case("a/../../secret.yaml")]
#[case("../outside/../checkout/a/b.yaml")]
#[case("../checkout2/a.yaml")]
#[case("/etc/passwd")]
#[case("/dev/zero")]
#[case("/proc/self/environ")]
#[case("//etc/passwd")]
fn no_path_leads_out_and_no_error_says_what_is_there(#[case] path: &str) {
    let scene = Scene::new(&["a/b.yaml"]);
    let tree = scene.tree();
    let whole = scene.path(path);
    let said = format!(
        "`{}` leads out of `{}`",
        tree.show(&whole),
        scene.root.display()
    );
    let errors = [
        tree.text(&whole).unwrap_err(),
        tree.kind(&whole).unwrap_err(),
        tree.entries(&whole).unwrap_err(),
        tree.resolve(&whole).unwrap_err(),
        tree.subtree(&whole).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.to_string(), said);
    }
}

#[rstest::rstest]
#[case(".git/config")]
#[case("a/.git/config")]
#[case(".GIT/config")]
#[case(".git./config")]
#[case(".git /config")]
#[case("git~1/config")]
#[case(".g\u{200c}it/config")]
#[case(".git::$INDEX_ALLOCATION/config")]
#[case(".git")]
fn the_folder_of_git_is_not_part_of_the_source(#[case] path: &str) {
    let scene = Scene::new(&["a/b.yaml", ".git/config"]);
    let error = scene.text(path).unwrap_err();
    assert_eq!(
        error,
        format!("`{path}` leads into the folder of git, which is not part of the source")
    );
}

#[cfg(unix)]
#[test]
fn links_inside_are_followed_wherever_they_stand() {
    let scene = Scene::new(&["lib/x/main.yaml", "a/b.yaml"]);
    scene.link("vendor/x", "../lib/x");
    scene.link("vendor/y", scene.path("vendor/x"));
    scene.link("a/up", "..");
    let text = |path| scene.text(path).unwrap();
    for path in [
        "vendor/x/main.yaml",
        "vendor/y/main.yaml",
        "a/up/vendor/y/../../lib/x/main.yaml",
        // As the system sees it: up from where the link leads.
        "vendor/x/../x/main.yaml",
    ] {
        assert_eq!(text(path).unwrap(), "lib/x/main.yaml\n", "{path}");
    }
    let real = scene.tree().resolve(&scene.path("vendor/y/main.yaml"));
    assert_eq!(real.unwrap().unwrap(), scene.path("lib/x/main.yaml"));
}

#[cfg(unix)]
#[rstest::rstest]
#[case("../secret.yaml")]
#[case("../missing")]
#[case("../outside")]
#[case("../outside/inner/secret.yaml")]
#[case("/etc/passwd")]
#[case("/dev/zero")]
#[case("/proc/self/environ")]
#[case("other")]
fn a_link_that_leads_out_is_refused(#[case] target: &str) {
    let scene = Scene::new(&["a.yaml"]);
    scene.link("other", "../outside");
    scene.link("link", target);
    let said = format!("`link` leads out of `{}`", scene.root.display());
    assert_eq!(scene.text("link").unwrap_err(), said);
    let error = scene.tree().subtree(&scene.root).unwrap_err().to_string();
    assert!(error.ends_with(&said[6..]), "{error}");
    // What lies below it is not looked for either.
    let below = scene.text("link/inner/secret.yaml").unwrap_err();
    assert!(below.contains("leads out of"), "{below}");
}

#[cfg(unix)]
#[test]
fn a_link_into_the_folder_of_git_is_refused() {
    let scene = Scene::new(&[".git/config"]);
    scene.link("link.yaml", ".git/config");
    assert_eq!(
        scene.text("link.yaml").unwrap_err(),
        "`link.yaml` leads into the folder of git, which is not part of the source"
    );
}

#[cfg(unix)]
#[test]
fn links_in_circles_and_to_nowhere_end() {
    let scene = Scene::new(&["a/b.yaml"]);
    scene.link("one", "two");
    scene.link("two", "one");
    scene.link("nowhere", "missing/x");
    scene.link("a/back", "..");
    assert_eq!(scene.text("one").unwrap_err(), "`one` could not be read");
    assert_eq!(scene.text("nowhere").unwrap(), None);
    let error = scene.tree().subtree(&scene.path("a")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a/back/a` is a link back to a folder that it lies in"
    );
}

#[cfg(unix)]
#[test]
fn pipes_and_sockets_are_refused_without_waiting() {
    let scene = Scene::new(&[]);
    let mode = rustix::fs::Mode::RWXU;
    rustix::fs::mkfifoat(rustix::fs::CWD, scene.path("pipe"), mode).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(scene.path("socket")).unwrap();
    scene.link("link", "pipe");
    for name in ["pipe", "socket", "link"] {
        let said = format!("`{name}` is not an ordinary file");
        assert_eq!(scene.text(name).unwrap_err(), said);
    }
}

#[test]
fn everything_has_a_bound() {
    let scene = Scene::new(&["a/1.yaml", "a/2.yaml", "a/3.yaml", "d/d/d/x.yaml"]);
    let tree = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        scene.tree().with_limits(limits)
    };
    let said = |tree: SourceTree, path: &str| {
        let error = tree.subtree(&scene.path(path)).unwrap_err();
        error.to_string()
    };
    let small = tree(|limits| limits.file = 3);
    assert_eq!(
        small
            .bytes(&scene.path("a/1.yaml"))
            .unwrap_err()
            .to_string(),
        "`a/1.yaml` has 9 bytes; at most 3 are read"
    );
    assert_eq!(small.subtree(&scene.path("a")).unwrap(), None);
    assert_eq!(
        said(tree(|limits| limits.total = 20), "a"),
        "reading the source was stopped: its files have more than 20 bytes together"
    );
    assert_eq!(
        said(tree(|limits| limits.entries = 2), "a"),
        "reading the source was stopped: its folders have more than 2 entries together"
    );
    assert_eq!(
        said(tree(|limits| limits.depth = 2), "d"),
        "`d/d/d` is nested more than 2 levels deep"
    );
    let slow = tree(|limits| limits.time = std::time::Duration::ZERO);
    slow.kind(&scene.path("a")).unwrap();
    assert_eq!(
        said(slow, "a"),
        "reading the source was stopped: the file system took more than 0 s"
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_is_swapped_while_it_is_read_never_leads_out() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let scene = Scene::new(&["inside/inner/secret.yaml"]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (link, new) = (scene.path("x"), scene.path("new"));
            while !stop.load(Ordering::Relaxed) {
                for target in ["inside", "../outside"] {
                    std::os::unix::fs::symlink(target, &new).unwrap();
                    fs::rename(&new, &link).unwrap();
                }
            }
        });
        let tree = scene.tree();
        let mut read = 0;
        for _ in 0..20_000 {
            if let Ok(Some(text)) = tree.text(&scene.path("x/inner/secret.yaml")) {
                assert_eq!(text, "inside/inner/secret.yaml\n");
                read += 1;
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(read > 0);
    });
}

#[test]
fn a_second_folder_of_the_caller_is_within_reach() {
    let scene = Scene::new(&["a.yaml"]);
    let outside = scene.temp.path().join("outside");
    let tree = scene.tree().and(&outside).unwrap();
    let text = tree.text(&scene.path("../outside/inner/secret.yaml"));
    assert_eq!(text.unwrap().unwrap(), "token: hunter2\n");
    assert!(tree.text(&scene.path("../secret.yaml")).is_err());
}

#[test]
fn a_relative_path_is_seen_from_the_working_folder() {
    let working = working_folder();
    let whole = |path: &str| root::whole(Path::new(path)).unwrap();
    assert_eq!(whole("a/../b"), working.join("a/../b"));
    assert_eq!(whole(""), working);
    assert_eq!(whole("./x"), working.join("x"));
    let above = working.parent().unwrap();
    assert_eq!(whole("../x"), above.join("x"));
    assert_eq!(whole("./.././x"), above.join("x"));
}

#[cfg(unix)]
#[test]
fn a_folder_is_known_by_the_name_that_the_caller_gives_it_too() {
    let scene = Scene::new(&["a.yaml"]);
    let link = scene.temp.path().join("link");
    std::os::unix::fs::symlink(&scene.root, &link).unwrap();
    let tree = SourceTree::open(&link).unwrap();
    for path in [link.join("a.yaml"), scene.path("a.yaml")] {
        assert_eq!(tree.text(&path).unwrap().unwrap(), "a.yaml\n");
    }
    let error = tree.text(&link.join("../secret.yaml")).unwrap_err();
    assert!(error.to_string().contains("leads out of"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_the_caller_names_in_the_checkout_stays_confined_to_it() {
    let scene = Scene::new(&["a/b.yaml"]);
    scene.link("link.yaml", "../secret.yaml");
    scene.link("folder", "../outside");
    for name in [
        "link.yaml",
        "folder",
        "a/../link.yaml",
        "folder/inner/secret.yaml",
    ] {
        let path = scene.path(name);
        let tree = scene.tree().and(&path).unwrap();
        let error = tree.kind(&path).unwrap_err().to_string();
        assert!(error.contains("leads out of"), "{name}: {error}");
    }
}

#[test]
fn a_single_file_of_the_caller_is_within_reach_and_nothing_beside_it() {
    let scene = Scene::new(&["a.yaml"]);
    let file = real(scene.temp.path()).unwrap().join("secret.yaml");
    let tree = scene.tree().and(&file).unwrap();
    assert_eq!(tree.text(&file).unwrap().unwrap(), "token: hunter2\n");
    assert_eq!(tree.kind(&file).unwrap(), Some(Kind::File));
    let beside = file.with_file_name("outside/inner/secret.yaml");
    assert!(tree.text(&beside).is_err());
    assert_eq!(tree.kind(&file.join("below")).unwrap(), None);
    let tree = scene.tree().and(&scene.path("../secret.yaml")).unwrap();
    assert_eq!(tree.text(&file).unwrap().unwrap(), "token: hunter2\n");
    let missing = file.with_file_name("missing.yaml");
    assert_eq!(
        scene.tree().and(&missing).unwrap().text(&missing).unwrap(),
        None
    );
}

#[cfg(unix)]
#[test]
fn the_record_holds_contents_absence_listings_and_links() {
    let scene = Scene::new(&["a/1.yaml", "a/2.yaml", "b/x.yaml", "c/y.yaml"]);
    scene.link("link", "a");
    let recorder = Recorder::new(&scene.root);
    let tree = scene.tree().recorded_by(Some(&recorder));
    tree.text(&scene.path("link/1.yaml")).unwrap();
    tree.text(&scene.path("missing/z.yaml")).unwrap();
    tree.entries(&scene.path("b")).unwrap();
    tree.subtree(&scene.path("c")).unwrap();
    recorder.input("tool helm", b"3.17.3");
    let record = recorder.record();
    let shown: Vec<_> = record
        .answers
        .iter()
        .map(|(path, answer)| {
            let what = match answer {
                Answer::Absent => "absent".to_owned(),
                Answer::There(kind) => format!("{kind:?}"),
                Answer::Link(target) => format!("-> {}", target.display()),
                Answer::Content(_) => "content".to_owned(),
                Answer::Listing(_) => "listing".to_owned(),
                Answer::Subtree(_) => "subtree".to_owned(),
            };
            format!("{} {what}", path.display())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a/1.yaml content",
            "b listing",
            "c subtree",
            "c/y.yaml content",
            "link -> a",
            "missing absent",
        ]
    );
    assert_eq!(record.inputs.keys().collect::<Vec<_>>(), ["tool helm"]);
}

#[test]
fn the_id_of_a_record_changes_with_everything_in_it() {
    let id = |change: &dyn Fn(&Path, &Recorder)| {
        let scene = Scene::new(&["a/1.yaml", "a/2.yaml"]);
        let recorder = Recorder::new(&scene.root);
        change(&scene.root, &recorder);
        let tree = scene.tree().recorded_by(Some(&recorder));
        tree.subtree(&scene.path("a")).unwrap();
        tree.text(&scene.path("b.yaml")).unwrap();
        recorder.record().id()
    };
    let same = id(&|_, _| {});
    assert_eq!(same, id(&|_, _| {}));
    assert_eq!(same, id(&|root, _| write(&root.join("other.yaml"), "x")));
    let others = [
        id(&|root, _| write(&root.join("a/1.yaml"), "x")),
        id(&|root, _| write(&root.join("a/3.yaml"), "x")),
        id(&|root, _| write(&root.join("b.yaml"), "x")),
        id(&|root, _| fs::rename(root.join("a/1.yaml"), root.join("a/0.yaml")).unwrap()),
        id(&|_, recorder| recorder.input("setting", b"x")),
    ];
    for (at, other) in others.iter().enumerate() {
        assert!(*other != same && !others[..at].contains(other), "{at}");
    }
}

#[test]
fn the_checkout_of_the_working_folder_confines_unless_the_caller_leads_elsewhere() {
    let scene = Scene::new(&[".git/HEAD", "hld/a.yaml", "sub/.git/HEAD", "sub/b.yaml"]);
    let other = real(scene.temp.path()).unwrap().join("outside");
    let root = |place: &Path, working: &Path| root_for(place, working);
    assert_eq!(root(&scene.path("hld"), &scene.root), scene.root);
    assert_eq!(root(&scene.path("hld"), &scene.path("hld")), scene.root);
    // A checkout in the checkout does not narrow it, and a link in the source cannot widen it.
    assert_eq!(root(&scene.path("sub"), &scene.root), scene.root);
    assert_eq!(root(&other, &scene.root), other);
    assert_eq!(
        root(&other.join("inner/secret.yaml"), &scene.root),
        other.join("inner")
    );
    assert_eq!(root(&other.join("inner"), &other), other);
}

mod shown;
