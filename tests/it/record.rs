//! What an environment was rendered from is known in full: a checkout that is
//! rebuilt from the record renders to the same, and nothing else matters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gitops_publisher::context::Context;
use gitops_publisher::generate::Pulls;
use gitops_publisher::model::{FileSet, PublicationStamp};
use gitops_publisher::pipeline;
use gitops_publisher::report::{Event, Reporter, Sink};
use gitops_publisher::settings::{self, Layer};
use gitops_publisher::source::{Answer, Kind, Record, real};

use crate::fabrikate::{real_helm::helm, tools};

struct Quiet;

impl Sink for Quiet {
    fn write(&self, _: Event<'_>) {}
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\ndata:\n  a: '#{a}#'\n";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A checkout with a source of every generator, and much that none of them needs.
fn checkout(settings: &str) -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let map = |name: &str| MAP.replace("NAME", name);
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let deployment = "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: c, image: redis:1 }] }\n";
    for (path, text) in [
        ("README.md", "nobody reads this\n".to_owned()),
        ("unused/a.yaml", map("unused")),
        ("vars/dev.yaml", "a: 1\n".to_owned()),
        ("vars/prod.yaml", "a: 2\n".to_owned()),
        ("images.json", "[\"redis:7\"]\n".to_owned()),
        ("plain/a.yaml", map("a")),
        ("plain/sub/pod.yaml", deployment.to_owned()),
        ("plain/notes.txt", "x\n".to_owned()),
        (
            "programs/main.jsonnet",
            "local l = import 'lib.libsonnet'; l + { data: { t: importstr '../text.txt' } }".to_owned(),
        ),
        (
            "programs/vendor/lib.libsonnet",
            "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'j' } }".to_owned(),
        ),
        ("programs/README", "x\n".to_owned()),
        ("text.txt", "t\n".to_owned()),
        (
            "hld/component.yaml",
            "name: hld\nsubcomponents:\n- name: static\n  type: static\n  path: ../statics\n- name: inner\n  source: ./inner\n".to_owned(),
        ),
        ("statics/s.yaml", map("s").replace("#{a}#", "1")),
        ("hld/inner/component.yaml", "name: inner\ntype: static\npath: files\n".to_owned()),
        ("hld/inner/files/b.yaml", map("b")),
        ("hld/config/common.yaml", "subcomponents: {}\n".to_owned()),
        ("chart/Chart.yaml", chart("web")),
        ("chart/values.yaml", "b: 1\n".to_owned()),
        (
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  b: {{ .Values.b | quote }}\n  f: {{ .Files.Get \"extra.txt\" | quote }}\n".to_owned(),
        ),
        ("chart/extra.txt", "extra\n".to_owned()),
        ("chart/charts/sub/Chart.yaml", chart("sub")),
        ("chart/charts/sub/templates/s.yaml", map("sub").replace("#{a}#", "1")),
        ("values/dev.yaml", "b: 2\n".to_owned()),
        ("values/prod.yaml", "b: 3\n".to_owned()),
        (
            "overlay/kustomization.yaml",
            "resources: [../base]\npatches: [{ path: patch.yaml }]\nconfigMapGenerator: [{ name: g, files: [g.txt] }]\n".to_owned(),
        ),
        ("overlay/patch.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: k }\ndata: { p: q }\n".to_owned()),
        ("overlay/g.txt", "g\n".to_owned()),
        ("overlay/unused.yaml", "x\n".to_owned()),
        ("base/kustomization.yaml", "resources: [k.yaml]\n".to_owned()),
        ("base/k.yaml", map("k").replace("#{a}#", "1")),
    ] {
        write(folder, path, &text);
    }
    write(folder, "gitops.yaml", settings);
    temp
}

/// What a checkout renders to, and from what.
async fn render(folder: &Path, helm: Option<&Path>) -> Result<(FileSet, Record), String> {
    let folder = real(folder).unwrap();
    let temp = tempfile::tempdir().unwrap();
    let file = settings::read_file(&folder.join("gitops.yaml")).unwrap();
    let none = Layer::new();
    let mut settings = settings::resolve(&none, &file, &none, false).unwrap();
    for environment in &mut settings.environments {
        environment.root.clone_from(&folder);
    }
    let context = Context {
        source_host: None,
        reporter: Arc::new(Reporter::new(Quiet)),
        tools: tools(temp.path())
            .helm(helm.map(Path::to_path_buf))
            .own_program(Some(env!("CARGO_BIN_EXE_gitops-publisher").into())),
        render_cache: None,
        pulls: Pulls::default(),
        of_commit: false,
        chart_password: None,
        publication: PublicationStamp::default(),
        variables: Vec::new(),
        placeholders: false,
        secret_used: Arc::default(),
        temp_root: temp.path().to_path_buf(),
        exclude: vec![folder.join("gitops.yaml")],
        seconds: 0,
        plan_key: Arc::default(),
        pull_request: false,
        after_merge: None,
        approved: None,
    };
    let rendered = pipeline::render(&context, &settings).await;
    let mut rendered = rendered.map_err(|error| error.to_string())?;
    let rendered = rendered.remove(0);
    Ok((rendered.files, rendered.record))
}

/// Builds a checkout from nothing but the record: of `from` only what is in it
/// is looked at.
fn rebuild(from: &Path, record: &Record, into: &Path) {
    for (path, answer) in &record.answers {
        let (old, new) = (from.join(path), into.join(path));
        let above = new.parent().unwrap();
        match answer {
            Answer::Absent => {}
            Answer::Content(_) => {
                std::fs::create_dir_all(above).unwrap();
                std::fs::copy(&old, &new).unwrap();
            }
            Answer::There(Kind::Folder) | Answer::Subtree(_) => {
                std::fs::create_dir_all(&new).unwrap();
            }
            Answer::There(_) => touch(&new),
            Answer::Link(target) => {
                std::fs::create_dir_all(above).unwrap();
                #[cfg(unix)]
                std::os::unix::fs::symlink(target, &new).unwrap();
                #[cfg(not(unix))]
                let _ = target;
            }
            Answer::Listing(_) => {
                std::fs::create_dir_all(&new).unwrap();
                for entry in old.read_dir().unwrap() {
                    let entry = entry.unwrap();
                    let new = new.join(entry.file_name());
                    if entry.file_type().unwrap().is_dir() {
                        std::fs::create_dir_all(new).unwrap();
                    } else if new.symlink_metadata().is_err() {
                        touch(&new);
                    }
                }
            }
        }
    }
}

/// A file of which nothing is known but that it is there.
fn touch(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if !path.exists() {
        std::fs::write(path, "").unwrap();
    }
}

/// Every file of a checkout but the settings, which the caller reads.
fn files(folder: &Path, below: &str, all: &mut Vec<PathBuf>) {
    for entry in folder.join(below).read_dir().unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            files(folder, &path, all);
        } else if path != "gitops.yaml" {
            all.push(path.into());
        }
    }
}

/// Rendering needs what is recorded, and nothing else.
async fn holds(settings: &str, helm: Option<&Path>) {
    let checkout = checkout(&format!(
        "{settings}\nenvironments: {{ dev: {{}} }}\nkubeVersion: 1.31.0\nnamespace: web\n"
    ));
    let folder = checkout.path();
    let (rendered, record) = render(folder, helm).await.unwrap();
    assert!(rendered.iter().next().is_some());
    assert_eq!(render(folder, helm).await.unwrap().1.id(), record.id());

    let rebuilt = tempfile::tempdir().unwrap();
    std::fs::copy(
        folder.join("gitops.yaml"),
        rebuilt.path().join("gitops.yaml"),
    )
    .unwrap();
    rebuild(folder, &record, rebuilt.path());
    let again = render(rebuilt.path(), helm).await.unwrap();
    assert_eq!(again.0, rendered, "{settings}");
    assert_eq!(again.1.answers, record.answers, "{settings}");

    let mut all = Vec::new();
    files(folder, "", &mut all);
    let mut counts = [0, 0];
    for path in all {
        let recorded = matches!(record.answers.get(&path), Some(Answer::Content(_)));
        counts[usize::from(recorded)] += 1;
        let whole = folder.join(&path);
        let before = std::fs::read(&whole).unwrap();
        std::fs::write(&whole, [&before[..], b"\n"].concat()).unwrap();
        let changed = render(folder, helm).await;
        std::fs::write(&whole, before).unwrap();
        let shown = path.display();
        if recorded {
            let id = changed.map(|(_, record)| record.id());
            assert_ne!(id, Ok(record.id()), "{settings}: {shown}");
        } else {
            let (files, other) = changed.unwrap();
            assert_eq!(files, rendered, "{settings}: {shown}");
            assert_eq!(other.id(), record.id(), "{settings}: {shown}");
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[rstest::rstest]
#[case::manifests("source: plain\nvariableFiles: ['vars/d*.yaml']\nimageFiles: [images.json]")]
#[case::jsonnet("source: programs")]
#[case::fabrikate("source: hld\nvariableFiles: [vars/dev.yaml]")]
#[case::several(
    "sources: [{ source: plain }, { source: programs, name: more }]\nvariables: { a: 3 }"
)]
#[tokio::test]
async fn a_render_is_what_it_read(#[case] settings: &str) {
    holds(settings, None).await;
}

#[tokio::test]
async fn an_overlay_is_what_was_read_of_it() {
    let tools = tools(Path::new(""));
    if tools.find("kustomize").is_err() && tools.find("kubectl").is_err() {
        println!("skipped: there is neither kustomize nor kubectl on PATH");
        return;
    }
    holds("source: overlay\nvariables: { a: 3 }", None).await;
}

#[tokio::test]
async fn a_chart_is_what_was_read_of_it() {
    let Some(helm) = helm() else { return };
    holds(
        "source: chart\nvaluesFiles: ['values/{environment}.yaml']",
        Some(&helm),
    )
    .await;
    let checkout = checkout("source: chart\nenvironments: { dev: {} }\nkubeVersion: 1.31.0\n");
    let (_, record) = render(checkout.path(), Some(&helm)).await.unwrap();
    let inputs: Vec<_> = record.inputs.keys().map(String::as_str).collect();
    assert_eq!(inputs.len(), 4, "{inputs:?}");
    assert!(inputs.contains(&"program helm"), "{inputs:?}");
    assert!(inputs.contains(&"settings"), "{inputs:?}");
    assert!(inputs.contains(&"program"), "{inputs:?}");
    assert!(
        inputs.iter().any(|name| name.starts_with("chart ")),
        "{inputs:?}"
    );
}

#[tokio::test]
async fn every_setting_and_variable_is_in_the_record() {
    let checkout = checkout("");
    let id = async |settings: &str| {
        write(checkout.path(), "gitops.yaml", settings);
        let (_, record) = render(checkout.path(), None).await.unwrap();
        (record.inputs, record.answers)
    };
    let base = "source: plain\nvariables: { a: 1 }\nenvironments: { dev: {} }\n";
    let first = id(base).await;
    assert_eq!(id(base).await, first, "nothing else is in it");
    for other in [
        base.replace("a: 1", "a: 2"),
        format!("{base}layout: resource\n"),
        format!("{base}images: [redis=8]\n"),
        format!("{base}tokenPattern: octopus\nleftoverTokens: allow\n"),
    ] {
        let second = id(&other).await;
        assert_ne!(second.0, first.0, "{other}");
        assert_eq!(second.1, first.1, "{other}");
    }
}
