//! What was rendered before comes without helm, and nothing else does.

use super::*;

/// A change of settings.
type Change = fn(&mut Options);

/// A chart and a cache.
struct Fixture {
    helm: PathBuf,
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Fixture {
    fn new(template: &str) -> Option<Self> {
        Some(Self {
            helm: helm()?,
            folder: source(&[
                ("Chart.yaml", CHART),
                ("values.yaml", "tag: v1\n"),
                ("prod.yaml", "extra: 1\n"),
                ("templates/a.yaml", template),
            ]),
            cache: tempfile::tempdir().unwrap(),
        })
    }

    fn options(&self) -> Options {
        let mut options = options(self.folder.path());
        options.helm.values_files = vec![self.folder.path().join("prod.yaml").into()];
        options.helm.cache = Some(generate::RenderCache::new(self.cache.path().join("tools")));
        options
    }

    fn entries(&self) -> usize {
        let folder = self.cache.path().join("tools/rendered");
        folder.read_dir().map_or(0, Iterator::count)
    }

    /// Whether rendering adds an entry, which means that helm ran.
    async fn renders(&self, options: &Options) -> bool {
        let before = self.entries();
        files(&self.helm, options).await;
        self.entries() > before
    }
}

#[tokio::test]
async fn the_same_content_is_rendered_once_and_anything_else_anew() {
    let Some(fixture) = Fixture::new(CONFIG) else {
        return;
    };
    let options = fixture.options();
    assert!(fixture.renders(&options).await);
    assert!(!fixture.renders(&options).await);

    let changes: [Change; 8] = [
        |options| options.helm.release = Some("other".to_owned()),
        |options| options.helm.namespace = Some("default".to_owned()),
        |options| options.helm.kube_version = Some("1.30.0".to_owned()),
        |options| options.helm.api_versions = vec!["a/v1".to_owned()],
        |options| options.helm.include_crds = false,
        |options| options.helm.hooks = generate::Keep::Drop,
        |options| options.helm.values_files.clear(),
        |options| options.helm.set = vec![("tag".to_owned(), "v2".to_owned())],
    ];
    for change in changes {
        let mut options = fixture.options();
        change(&mut options);
        assert!(fixture.renders(&options).await);
        assert!(!fixture.renders(&options).await);
    }
    for (file, text) in [
        ("prod.yaml", "extra: 2\n"),
        ("values.yaml", "tag: v3\n"),
        (".helmignore", "x\n"),
    ] {
        std::fs::write(fixture.folder.path().join(file), text).unwrap();
        assert!(fixture.renders(&options).await, "{file}");
    }
    // The same content elsewhere; only the folder's name in messages differs.
    let copy = tempfile::tempdir().unwrap();
    crate::fabrikate::copy(fixture.folder.path(), copy.path());
    let mut elsewhere = fixture.options();
    elsewhere.original = Some(elsewhere.source.clone());
    elsewhere.source = copy.path().to_path_buf();
    elsewhere.confine = Some(copy.path().to_path_buf());
    elsewhere.linked = Some(fixture.folder.path().to_path_buf());
    assert!(!fixture.renders(&elsewhere).await);
}

#[cfg(unix)]
#[tokio::test]
async fn a_cached_result_needs_no_helm_to_run_and_is_the_same() {
    let Some(mut fixture) = Fixture::new(CONFIG) else {
        return;
    };
    // A helm that counts how often it is started.
    let count = fixture.cache.path().join("count");
    let text = format!(
        "echo x >> '{}'; exec '{}' \"$@\"",
        count.display(),
        fixture.helm.display()
    );
    fixture.helm = crate::fabrikate::script(fixture.cache.path(), &text);
    let options = fixture.options();
    let first = counted(&fixture.helm, &options).await.unwrap();
    let second = counted(&fixture.helm, &options).await.unwrap();
    assert_eq!(first.files, second.files);
    assert_eq!(first.findings, second.findings);
    assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");

    // Another program under the same name may render something else.
    let text = format!(
        "echo yy >> '{}'; exec '{}' \"$@\"",
        count.display(),
        fixture.helm.display()
    );
    let other = tempfile::tempdir().unwrap();
    let other_helm = crate::fabrikate::script(other.path(), &text);
    counted(&other_helm, &options).await.unwrap();
    assert!(std::fs::read_to_string(&count).unwrap().contains("yy"));
}

/// With a helm that writes where a confined one could not.
#[cfg(unix)]
async fn counted(helm: &Path, options: &Options) -> Result<Generated, Error> {
    let temp = tempfile::tempdir().unwrap();
    let tools = crate::fabrikate::tools(temp.path()).helm(Some(helm.to_path_buf()));
    generate::run(
        &tools.confinement(gitops_publisher::tools::Confinement::Absent),
        options,
    )
    .await
}

#[tokio::test]
async fn what_differs_every_time_is_not_kept() {
    let Some(fixture) = Fixture::new("a: {{ randAlphaNum 20 }}\n") else {
        return;
    };
    let options = fixture.options();
    let first = files(&fixture.helm, &options).await;
    assert_eq!(fixture.entries(), 0);
    assert_ne!(files(&fixture.helm, &options).await, first);
}

#[tokio::test]
async fn the_folder_of_git_is_no_part_of_a_chart() {
    let template = "a: {{ .Files.Get \".git/config\" | quote }}\n";
    let Some(fixture) = Fixture::new(template) else {
        return;
    };
    let git = fixture.folder.path().join(".git");
    std::fs::create_dir(&git).unwrap();
    std::fs::write(git.join("config"), "extraheader = AUTHORIZATION: hunter2\n").unwrap();
    let rendered = files(&fixture.helm, &fixture.options()).await;
    let rendered = format!("{rendered:?}");
    assert!(!rendered.contains("hunter2"), "{rendered}");
    assert_eq!(fixture.entries(), 1);
    std::fs::write(git.join("HEAD"), "x").unwrap();
    assert!(!fixture.renders(&fixture.options()).await, "it was kept");
}

/// At a terminal nobody names a folder for the cache: the user's own is taken, and
/// where there is none, `-v` says so.
#[cfg(unix)]
#[rstest::rstest]
#[case::of_the_agent(&["AGENT_TOOLSDIRECTORY=@/agent", "XDG_CACHE_HOME=@/xdg"], Some("agent/gitops-publisher"))]
#[case::of_the_desktop(&["XDG_CACHE_HOME=@/xdg", "LOCALAPPDATA=@/local"], Some("xdg/gitops-publisher/tools"))]
#[case::of_windows(&["LOCALAPPDATA=@/local"], Some("local/gitops-publisher/tools"))]
#[case::of_the_home(&[], Some("home/.cache/gitops-publisher/tools"))]
#[case::a_relative_one_is_none(&["XDG_CACHE_HOME=xdg"], Some("home/.cache/gitops-publisher/tools"))]
#[case::no_home(&["HOME="], None)]
#[case::a_relative_home(&["HOME=home"], None)]
fn the_cache_is_in_the_users_folder_and_its_lack_is_told(
    #[case] variables: &[&str],
    #[case] folder: Option<&str>,
) {
    let top = tempfile::tempdir().unwrap();
    let shop = crate::support::program::Workspace::new();
    shop.write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let helm = crate::fabrikate::script(
        top.path(),
        "echo 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}'",
    );
    let helm = helm.display().to_string();
    let at = |text: &str| text.replace('@', &top.path().display().to_string());
    let run = |more: &[&str]| {
        let flags = ["render", "-v", "--environments", "dev", "--helm", &helm];
        let run = shop.program(&[&flags[..], more].concat());
        let run = run.variable("HOME", &at("@/home"));
        let set = variables.iter().map(|it| it.split_once('=').unwrap());
        set.fold(run, |run, (name, value)| run.variable(name, &at(value)))
            .succeed()
            .stderr
    };
    let lack = "there is no render cache: none of the variables AGENT_TOOLSDIRECTORY, XDG_CACHE_HOME, LOCALAPPDATA and HOME names a folder";
    let (first, second) = (run(&[]), run(&[]));
    assert!(!first.contains("rendered before"), "{first}");
    assert_eq!(
        second.contains("rendered before"),
        folder.is_some(),
        "{second}"
    );
    assert_eq!(second.contains(lack), folder.is_none(), "{second}");
    if let Some(folder) = folder {
        let kept = top.path().join(folder);
        assert!(kept.is_dir(), "{} is not there", kept.display());
        let off = run(&["--render-cache=false"]);
        assert!(
            off.contains("there is no render cache: `renderCache` is false")
                && !off.contains("rendered before"),
            "{off}"
        );
    }
}
