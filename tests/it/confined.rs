//! Whatever the source names is read in the checkout, or not at all.

use std::path::Path;

use gitops_publisher::generate::Kind;
use gitops_publisher::source::SourceTree;

use crate::fabrikate::real_helm::helm;
use crate::support::program::{Program, Workspace};

/// What must never be seen.
const SECRET: &str = "hunter2";

const CONFIG: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { token: '#{token}#' }\n";
const PROGRAM: &str = "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }";
const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.2.3\n";
const TEMPLATE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  token: {{ .Values.token | quote }}\n";

/// The generator that a source looks like.
pub fn detect(source: &Path) -> Kind {
    let folder = source.ancestors().find(|folder| folder.is_dir()).unwrap();
    Kind::detect(&SourceTree::open(folder).unwrap(), source).unwrap()
}

/// A checkout with one source of each sort, and beside it what nobody may read.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let outside = workspace.path().parent().unwrap().join("outside");
    for folder in ["chart/templates", "overlay", "vars"] {
        std::fs::create_dir_all(outside.join(folder)).unwrap();
    }
    let secret = format!("token: {SECRET}\n");
    for file in ["vars.yaml", "vars/vars.yaml", "chart/values.yaml"] {
        std::fs::write(outside.join(file), &secret).unwrap();
    }
    let images = format!("[\"{SECRET}/web:1\"]\n");
    std::fs::write(outside.join("images.json"), images).unwrap();
    std::fs::write(
        outside.join("web.yaml"),
        CONFIG.replace("#{token}#", SECRET),
    )
    .unwrap();
    let program = PROGRAM.replace("'x'", &format!("'{SECRET}'"));
    std::fs::write(outside.join("main.jsonnet"), program).unwrap();
    std::fs::write(outside.join("lib.libsonnet"), format!("'{SECRET}'")).unwrap();
    std::fs::write(
        outside.join("overlay/kustomization.yaml"),
        "resources: []\n",
    )
    .unwrap();
    std::fs::write(outside.join("chart/Chart.yaml"), CHART).unwrap();
    std::fs::write(outside.join("chart/templates/a.yaml"), TEMPLATE).unwrap();
    workspace
        .write(".git/HEAD", "ref: refs/heads/main\n")
        .write(".git/config", &format!("extraheader: {SECRET}\n"))
        .write("plain/web.yaml", CONFIG)
        .write("programs/main.jsonnet", PROGRAM)
        .write("chart/Chart.yaml", CHART)
        .write("chart/templates/a.yaml", TEMPLATE)
        .write("overlay/kustomization.yaml", "resources: []\n");
    #[cfg(unix)]
    {
        let link = |target: &Path, name: &str| {
            std::os::unix::fs::symlink(target, workspace.path().join(name)).unwrap();
        };
        link(&outside, "link");
        link(&outside.join("vars.yaml"), "link.yaml");
        link(&outside.join("images.json"), "link.json");
        link(Path::new("../outside"), "relative");
        link(Path::new("/dev/zero"), "zero.yaml");
        link(Path::new(".git"), "git");
    }
    workspace
}

/// A task on a build of a pull request.
fn pull_request(workspace: &Workspace, inputs: &[(&str, &str)]) -> Program {
    let inputs: Vec<_> = [("command", "verify"), ("environments", "dev")]
        .iter()
        .chain(inputs)
        .copied()
        .collect();
    workspace
        .task(&inputs)
        .variable("BUILD_REASON", "PullRequest")
}

/// Runs with these settings in the file, and expects that it is refused: with
/// this in the message, and nothing from outside.
fn refused(settings: &str, said: &str) {
    let workspace = workspace();
    let outside = workspace.path().parent().unwrap().join("outside");
    let settings = settings.replace("OUTSIDE", &outside.display().to_string());
    let token = "explain: [token]\nleftoverTokens: allow\n";
    workspace.write("gitops.yaml", &format!("{settings}\n{token}"));
    let ended = pull_request(&workspace, &[]).run();
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!all.contains(SECRET), "{settings}: {all}");
    assert!(all.contains(said), "{settings}: {all}");
    assert!(all.contains("result=Failed"), "{settings}: {all}");
}

#[cfg(unix)]
#[rstest::rstest]
#[case::absolute("OUTSIDE/vars.yaml")]
#[case::upwards("../outside/vars.yaml")]
#[case::detour("plain/../../outside/vars.yaml")]
#[case::link("link.yaml")]
#[case::link_of_a_folder("link/vars.yaml")]
#[case::relative_link("relative/vars.yaml")]
#[case::pattern("../outside/*.yaml")]
#[case::absolute_pattern("OUTSIDE/**/*.yaml")]
#[case::pattern_through_a_link("link/*.yaml")]
#[case::pattern_of_links("link.*")]
#[case::device("/dev/zero")]
#[case::link_to_a_device("zero.yaml")]
#[case::environment("/proc/self/environ")]
fn files_with_variables_lie_in_the_checkout(#[case] path: &str) {
    refused(
        &format!("source: plain\nvariableFiles: [\"{path}\"]"),
        "leads out of",
    );
}

#[cfg(unix)]
#[rstest::rstest]
#[case(".git/config")]
#[case("git/config")]
#[case("plain/../.GIT/config")]
fn the_folder_of_git_is_no_source_of_variables(#[case] path: &str) {
    refused(
        &format!("source: plain\nvariableFiles: ['{path}']"),
        "leads into the folder of git, which is not part of the source",
    );
}

#[cfg(unix)]
#[rstest::rstest]
#[case("OUTSIDE/images.json")]
#[case("../outside/images.json")]
#[case("link.json")]
#[case("link/images.json")]
#[case("/dev/zero")]
#[case("zero.yaml")]
fn files_of_images_lie_in_the_checkout(#[case] path: &str) {
    refused(
        &format!("source: plain\nimageFiles: ['{path}']"),
        "leads out of",
    );
}

#[cfg(unix)]
#[rstest::rstest]
#[case("OUTSIDE/vars.yaml")]
#[case("../outside/vars.yaml")]
#[case("link.yaml")]
#[case("relative/vars.yaml")]
#[case("/dev/zero")]
#[case("zero.yaml")]
fn values_files_lie_in_the_checkout(#[case] path: &str) {
    refused(
        &format!("source: chart\nvaluesFiles: ['{path}']"),
        "leads out of",
    );
}

#[cfg(unix)]
#[rstest::rstest]
#[case("source: OUTSIDE/chart")]
#[case("source: ../outside/chart")]
#[case("source: link/chart")]
#[case("source: relative")]
#[case("source: link.yaml")]
#[case("source: ../outside/web.yaml")]
#[case("source: ../outside/main.jsonnet")]
#[case("source: OUTSIDE/overlay")]
#[case("source: ..")]
#[case("source: /")]
#[case("sources: [{source: plain}, {source: ../outside, name: more}]")]
#[case("environments: {dev: {source: link}}")]
#[case("source: chart\nchart: ../outside/chart.tgz")]
#[case("source: chart\nchart: link/chart.tgz")]
#[case("source: ../outside/chart.tgz")]
#[case("source: programs\njsonnetPaths: [OUTSIDE]")]
#[case("source: programs\njsonnetPaths: [../outside]")]
#[case("source: programs\njsonnetPaths: [link]")]
fn sources_lie_in_the_checkout(#[case] settings: &str) {
    refused(settings, "leads out of");
}

#[cfg(unix)]
#[test]
fn a_settings_file_that_is_a_link_out_of_the_checkout_is_refused() {
    let workspace = workspace();
    std::os::unix::fs::symlink("../outside/vars.yaml", workspace.path().join("gitops.yaml"))
        .unwrap();
    let ended = pull_request(&workspace, &[]).run();
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(all.contains("leads out of"), "{all}");
    assert!(!all.contains(SECRET), "{all}");
}

#[cfg(unix)]
#[rstest::rstest]
#[case(&[("source", "plain"), ("variableFiles", "OUTSIDE/vars.yaml")])]
#[case(&[("source", "plain"), ("variableFiles", "OUTSIDE/*.yaml")])]
#[case(&[("source", "plain"), ("variableFiles", "../outside/vars/*.yaml")])]
#[case(&[("source", "OUTSIDE/web.yaml")])]
#[case(&[("source", "../outside/main.jsonnet")])]
#[case(&[("source", "plain"), ("imageFiles", "OUTSIDE/images.json"), ("variableFiles", "OUTSIDE/vars.yaml")])]
#[case(&[("source", "programs"), ("jsonnetPaths", "OUTSIDE")])]
fn what_the_task_names_may_lie_anywhere(#[case] inputs: &[(&str, &str)]) {
    let workspace = workspace();
    let outside = workspace.path().parent().unwrap().join("outside");
    let outside = outside.display().to_string();
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(name, value)| (*name, value.replace("OUTSIDE", &outside)))
        .collect();
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let ended = pull_request(&workspace, &inputs).succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{ended:#?}");
}

#[cfg(unix)]
#[rstest::rstest]
#[case(&[("source", "plain"), ("variableFiles", "link.yaml")])]
#[case(&[("source", "plain"), ("variableFiles", "link/*.yaml")])]
#[case(&[("source", "plain"), ("imageFiles", "link.json")])]
#[case(&[("source", "chart"), ("valuesFiles", "link.yaml")])]
#[case(&[("source", "link")])]
#[case(&[("source", "link/web.yaml")])]
#[case(&[("source", "programs"), ("jsonnetPaths", "link")])]
#[case(&[("source", "plain"), ("config", "link.yaml")])]
fn what_the_task_names_in_the_checkout_stays_there(#[case] inputs: &[(&str, &str)]) {
    let workspace = workspace();
    let ended = pull_request(&workspace, inputs).run();
    assert!(ended.stdout.contains("leads out of"), "{}", ended.stdout);
    assert!(!ended.stdout.contains(SECRET), "{}", ended.stdout);
}

#[test]
fn a_variable_is_explained_without_its_value_on_a_build_of_a_pull_request() {
    let workspace = workspace();
    workspace
        .write("vars.yaml", "token: visible-value\n")
        .write(
            "gitops.yaml",
            "source: plain\nvariableFiles: [vars.yaml]\nexplain: [token]\n",
        );
    let ended = pull_request(&workspace, &[]).succeed();
    assert!(
        ended
            .stdout
            .contains("dev: token = (hidden in pull request builds) from file vars.yaml, line 1"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("visible-value"), "{}", ended.stdout);
    let ended = workspace
        .task(&[("command", "verify"), ("environments", "dev")])
        .succeed();
    assert!(
        ended
            .stdout
            .contains("dev: token = visible-value from file vars.yaml, line 1"),
        "{}",
        ended.stdout
    );
}

/// A chart whose schema refers to an address where somebody listens: nobody may
/// be asked.
#[test]
fn no_schema_of_a_chart_makes_helm_ask_anybody_or_read_anything() {
    let Some(helm) = helm() else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/x.json", listener.local_addr().unwrap());
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), SECRET).unwrap();
    let file = format!("file://{}", secret.path().display());
    let schema =
        |target: &str| format!("{{\"properties\": {{\"token\": {{\"$ref\": \"{target}\"}}}}}}");
    let language = format!("{{\"$schema\": \"{address}\"}}");
    let places = ["", "charts/sub/", "charts/packed/"];
    for (at, text) in [
        schema(&address),
        schema(&file),
        schema("../../x.json"),
        language,
    ]
    .into_iter()
    .enumerate()
    {
        for place in places {
            let workspace = Workspace::new();
            workspace
                .write("chart/Chart.yaml", CHART)
                .write("chart/templates/a.yaml", TEMPLATE)
                .write("chart/charts/sub/Chart.yaml", &CHART.replace("web", "sub"))
                .write(
                    "chart/charts/packed/Chart.yaml",
                    &CHART.replace("web", "packed"),
                )
                .write(&format!("chart/{place}values.schema.json"), &text);
            let charts = workspace.path().join("chart/charts");
            let packed = std::process::Command::new("tar")
                .args(["-czf", "packed-1.2.3.tgz", "packed"])
                .current_dir(&charts)
                .status();
            assert!(packed.unwrap().success());
            std::fs::remove_dir_all(charts.join("packed")).unwrap();
            workspace.write(
                "gitops.yaml",
                "source: chart\nvalues: { token: x }\nkubeVersion: 1.31.0\nnamespace: web\n",
            );
            let ended =
                pull_request(&workspace, &[("helm", &helm.display().to_string())]).succeed();
            let all = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!all.contains("result=Failed"), "{at} {place}: {all}");
            assert!(!all.contains(SECRET), "{all}");
            assert!(
                all.contains("values are not checked against this schema: its `$"),
                "{at} {place}: {all}"
            );
        }
    }
    assert!(listener.accept().is_err(), "somebody was asked");
}

#[test]
fn a_packed_chart_is_a_source_and_can_be_named_by_its_path() {
    let Some(helm) = helm() else { return };
    let helm = helm.display().to_string();
    let workspace = Workspace::new();
    workspace
        .write("web/Chart.yaml", CHART)
        .write("web/values.yaml", "token: '#{token}#'\n")
        .write("web/templates/a.yaml", TEMPLATE);
    let status = std::process::Command::new("tar")
        .args(["-czf", "web-1.2.3.tgz", "web"])
        .current_dir(workspace.path())
        .status();
    assert!(status.unwrap().success());
    std::fs::create_dir(workspace.path().join("drop")).unwrap();
    std::fs::rename(
        workspace.path().join("web-1.2.3.tgz"),
        workspace.path().join("drop/web-1.2.3.tgz"),
    )
    .unwrap();
    workspace.remove("web");
    let common = "values: { token: x }\nkubeVersion: 1.31.0\nnamespace: web\n";
    for named in [
        "source: drop/web-1.2.3.tgz",
        "chart: drop/web-1.2.3.tgz",
        "chart: drop/web-1.2.3.tgz\nchartVersion: v1.2.3",
        "sources: [{ chart: drop/web-1.2.3.tgz }]",
    ] {
        workspace.write("gitops.yaml", &format!("{named}\n{common}"));
        let arguments = ["render", "--environments", "dev", "--helm", &helm];
        let ended = workspace.program(&arguments).succeed();
        assert!(ended.stdout.contains("  token: x\n"), "{named}: {ended:#?}");
    }
    for (named, said) in [
        (
            "chart: drop/web-1.2.3.tgz\nchartVersion: 2.0.0",
            "web 1.2.3",
        ),
        (
            "chart: drop/web-9.tgz",
            "the packed chart `drop/web-9.tgz` does not exist",
        ),
        ("chart: drop/bad.tgz", "bad.tgz"),
    ] {
        workspace.write("drop/bad.tgz", "no archive");
        workspace.write("gitops.yaml", &format!("{named}\n{common}"));
        let arguments = ["render", "--environments", "dev", "--helm", &helm];
        let ended = workspace.program(&arguments).fail();
        assert!(ended.stderr.contains(said), "{named}: {}", ended.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_packed_chart_with_a_link_or_a_path_that_leads_out_is_refused() {
    let Some(helm) = helm() else { return };
    let helm = helm.display().to_string();
    let workspace = Workspace::new();
    workspace.write("web/Chart.yaml", CHART);
    std::os::unix::fs::symlink("/etc/passwd", workspace.path().join("web/values.yaml")).unwrap();
    let status = std::process::Command::new("tar")
        .args(["-czf", "web.tgz", "web"])
        .current_dir(workspace.path())
        .status();
    assert!(status.unwrap().success());
    let arguments = [
        "render",
        "--environments",
        "dev",
        "--source",
        "web.tgz",
        "--helm",
        &helm,
    ];
    let ended = workspace.program(&arguments).fail();
    assert!(ended.stderr.contains("a symbolic link"), "{}", ended.stderr);
}

/// On a build of a pull request nothing that the source names is asked for on
/// this machine; the task can allow it.
#[rstest::rstest]
#[case("chart: http://ADDRESS/charts/web\nchartVersion: 1.0.0")]
#[case("chart: oci://ADDRESS/charts/web\nchartVersion: 1.0.0")]
#[case("chart: http://ADDRESS/web-1.0.0.tgz\nchartVersion: 1.0.0")]
fn nothing_on_this_machine_is_asked_on_a_build_of_a_pull_request(#[case] settings: &str) {
    let Some(helm) = helm() else { return };
    let helm = helm.display().to_string();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let workspace = Workspace::new();
    workspace.write(
        "gitops.yaml",
        &format!(
            "{}\nkubeVersion: 1.31.0\nnamespace: web\n",
            settings.replace("ADDRESS", &address)
        ),
    );
    let ended = pull_request(&workspace, &[("helm", &helm)]).run();
    let host =
        "pull request builds fetch from the public internet only, and 127.0.0.1 is not part of it";
    assert!(ended.stdout.contains(host), "{}", ended.stdout);
    assert!(
        listener.accept().is_err(),
        "somebody was asked: {}",
        ended.stdout
    );
    // What only the source wants, the source cannot allow.
    let text = workspace.read("gitops.yaml");
    workspace.write(
        "gitops.yaml",
        &format!("{text}allowPrivateAddresses: true\n"),
    );
    let ended = pull_request(&workspace, &[("helm", &helm)]).run();
    assert!(
        ended
            .stdout
            .contains("`allowPrivateAddresses` in gitops.yaml"),
        "{}",
        ended.stdout
    );
    assert!(
        listener.accept().is_err(),
        "somebody was asked: {}",
        ended.stdout
    );
}
