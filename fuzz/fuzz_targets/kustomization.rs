//! Any bytes as a kustomization: it is refused, or written again in a form that
//! is read the same, and no file of it lies outside of the folder.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "makes the folder that is read")]

use std::path::{Component, Path};

use gitops_publisher::generate::fuzz_kustomization as kustomization;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("there is a memory file system");
    let put = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder"))
            .expect("it can be made");
        std::fs::write(path, content).expect("it can be written");
    };
    put("kustomization.yaml", data);
    put(
        "a.yaml",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
    );
    put("base/kustomization.yaml", b"resources: [b.yaml]\n");
    put(
        "base/b.yaml",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n",
    );
    let Ok(files) = kustomization(folder.path()) else {
        return;
    };
    for path in files.keys() {
        assert!(
            path.components()
                .all(|part| matches!(part, Component::Normal(_))),
            "{}",
            path.display()
        );
    }
    let Some(Some(written)) = files.get(Path::new("kustomization.yaml")) else {
        panic!("the kustomization itself is written again: {files:?}");
    };
    put("kustomization.yaml", written.as_bytes());
    let again = kustomization(folder.path());
    assert_eq!(again.as_ref(), Ok(&files), "{written:?}");
});
