//! What a chart depends on, its lock, and the folder `charts`.

use super::*;
use crate::fabrikate::files_below;
use crate::support::chart_server::ChartServer;

const DB: [(&str, &str); 2] = [
    ("Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
    ("templates/a.yaml", "db: {{ .Chart.Version }}\n"),
];

/// A checkout with `web`, which depends on `db` in this way.
fn checkout(dependency: &str) -> tempfile::TempDir {
    let chart = format!("{CHART}dependencies:\n- {dependency}\n");
    source(&[
        ("web/Chart.yaml", &chart),
        ("web/values.yaml", "db: {enabled: true}\n"),
        ("web/templates/a.yaml", "web: 1\n"),
        ("db/Chart.yaml", DB[0].1),
        ("db/templates/a.yaml", DB[1].1),
    ])
}

fn web(folder: &Path) -> Options {
    let mut options = options(&folder.join("web"));
    options.confine = Some(folder.to_path_buf());
    options
}

/// The lock that helm itself writes; the archives it brings are removed.
fn locked_by(helm: &Path, folder: &Path) {
    let home = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(helm)
        .args(["dependency", "update"])
        .arg(folder.join("web"))
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::remove_dir_all(folder.join("web/charts")).unwrap();
}

fn write(folder: &Path, path: &str, content: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn packed(helm: &Path, version: &str) -> Vec<u8> {
    let description = DB[0].1.replace("1.0.0", version);
    let values = ("values.yaml", "x: {size: 1}\n");
    let chart = source(&[("Chart.yaml", &description), values, DB[1]]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(package(helm, chart.path(), folder.path())).unwrap()
}

/// A checkout whose lock fits, for a repository on this machine.
async fn with_repository(helm: &Path) -> (ChartServer, tempfile::TempDir) {
    let server = ChartServer::start().await;
    server.add("db", "1.0.0", packed(helm, "1.0.0"));
    server.add("db", "1.1.0", packed(helm, "1.1.0"));
    let repository = server.repository("");
    let repository = repository.trim_end_matches('/');
    let folder = checkout(&format!(
        "{{name: db, version: '>=1.0.0 <1.1.0', repository: '{repository}', condition: db.enabled, tags: [a, b], import-values: [{{child: x, parent: up}}], alias: store}}"
    ));
    let (helm, path) = (helm.to_path_buf(), folder.path().to_path_buf());
    tokio::task::spawn_blocking(move || locked_by(&helm, &path))
        .await
        .unwrap();
    (server, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_pulled_in_the_locked_version_and_the_checkout_stays() {
    let Some(helm) = helm() else { return };
    let (_server, folder) = with_repository(&helm).await;
    let before = files_below(folder.path());
    let found = files(&helm, &web(folder.path())).await;
    assert_eq!(
        paths(&found),
        ["web/charts/store/templates/a.yaml", "web/templates/a.yaml"]
    );
    assert_eq!(found[0].1, "db: 1.0.0\n");
    assert_eq!(files_below(folder.path()), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_pulled_again() {
    let Some(helm) = helm() else { return };
    let (server, folder) = with_repository(&helm).await;
    write(
        folder.path(),
        "web/charts/db-1.0.0.tgz",
        &packed(&helm, "1.0.0"),
    );
    let requests = server.requests();
    let found = files(&helm, &web(folder.path())).await;
    assert_eq!(found[0].1, "db: 1.0.0\n");
    assert_eq!(server.requests(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_another_version_than_the_locked_one_is_refused() {
    let Some(helm) = helm() else { return };
    let (_server, folder) = with_repository(&helm).await;
    write(
        folder.path(),
        "web/charts/db-1.0.0.tgz",
        &packed(&helm, "1.1.0"),
    );
    let (message, hints) = refused(&helm, &web(folder.path())).await;
    assert_eq!(
        message,
        "`charts/db-1.0.0.tgz` is db 1.1.0, but `Chart.lock` says 1.0.0"
    );
    assert!(hints[0].contains("helm dependency build"), "{hints:?}");

    write(
        folder.path(),
        "web/charts/db-1.0.0.tgz",
        &packed(&helm, "1.0.0"),
    );
    write(folder.path(), "web/charts/db.tgz", &packed(&helm, "1.0.0"));
    let (message, _) = refused(&helm, &web(folder.path())).await;
    assert_eq!(
        message,
        "the dependency `db` is there twice: in `charts/db-1.0.0.tgz` and in `charts/db.tgz`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_for_other_dependencies_is_refused() {
    let Some(helm) = helm() else { return };
    let (_server, folder) = with_repository(&helm).await;
    let chart = folder.path().join("web/Chart.yaml");
    let text = std::fs::read_to_string(&chart).unwrap();
    std::fs::write(&chart, text.replace("<1.1.0", "<1.2.0")).unwrap();
    let (message, hints) = refused(&helm, &web(folder.path())).await;
    assert_eq!(
        message,
        "`Chart.lock` does not fit `Chart.yaml`: the dependencies were changed after it was written"
    );
    assert!(hints[0].contains("helm dependency update"), "{hints:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_of_the_checkout_need_no_lock_and_are_taken_as_they_are() {
    let Some(helm) = helm() else { return };
    let folder = checkout("{name: db, version: '*', repository: 'file://../db'}");
    let before = files_below(folder.path());
    let found = files(&helm, &web(folder.path())).await;
    assert_eq!(found[0].1, "db: 1.0.0\n");
    assert_eq!(files_below(folder.path()), before);

    // An old archive does not win over what is in the checkout now.
    write(
        folder.path(),
        "web/charts/db-0.9.0.tgz",
        &packed(&helm, "0.9.0"),
    );
    let found = files(&helm, &web(folder.path())).await;
    assert_eq!(
        paths(&found),
        ["web/charts/db/templates/a.yaml", "web/templates/a.yaml"]
    );
    assert_eq!(found[0].1, "db: 1.0.0\n");

    // With a lock, the version counts.
    std::fs::remove_dir_all(folder.path().join("web/charts")).unwrap();
    locked_by(&helm, folder.path());
    files(&helm, &web(folder.path())).await;
    let newer = DB[0].1.replace("1.0.0", "1.0.1");
    write(folder.path(), "db/Chart.yaml", newer.as_bytes());
    let (message, _) = refused(&helm, &web(folder.path())).await;
    assert!(
        message.ends_with("is db 1.0.1, but `Chart.lock` says db 1.0.0"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_of_the_checkout_bring_their_own_dependencies() {
    let Some(helm) = helm() else { return };
    let folder = checkout("{name: db, version: 1.0.0, repository: 'file://../db'}");
    let db = format!(
        "{}dependencies:\n- {{name: disk, version: 1.0.0, repository: 'file://../disk'}}\n",
        DB[0].1
    );
    write(folder.path(), "db/Chart.yaml", db.as_bytes());
    let disk = DB[0].1.replace("name: db", "name: disk");
    write(folder.path(), "disk/Chart.yaml", disk.as_bytes());
    write(folder.path(), "disk/templates/d.yaml", b"disk: 1\n");
    let found = files(&helm, &web(folder.path())).await;
    assert_eq!(
        paths(&found),
        [
            "web/charts/db/charts/disk/templates/d.yaml",
            "web/charts/db/templates/a.yaml",
            "web/templates/a.yaml"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_dependency_is_not_rendered_but_has_to_be_there() {
    let Some(helm) = helm() else { return };
    let (_server, folder) = with_repository(&helm).await;
    let mut options = web(folder.path());
    options.helm.set = vec![("db.enabled".to_owned(), "false".to_owned())];
    let found = files(&helm, &options).await;
    assert_eq!(paths(&found), ["web/templates/a.yaml"]);
}

#[tokio::test]
async fn without_a_lock_only_what_is_there_can_be_rendered() {
    let Some(helm) = helm() else { return };
    let folder = checkout("{name: db, version: ^1.0.0, repository: 'https://charts.contoso.com'}");
    let (message, hints) = refused(&helm, &web(folder.path())).await;
    assert_eq!(
        message,
        "the chart depends on `db`, which is not in its folder `charts`, and there is no Chart.lock to say which version it is"
    );
    assert!(hints[0].contains("helm dependency update"), "{hints:?}");

    write(
        folder.path(),
        "web/charts/db-1.0.0.tgz",
        &packed(&helm, "1.0.0"),
    );
    write(
        folder.path(),
        "web/charts/old/Chart.yaml",
        b"apiVersion: v2\nname: old\nversion: 1.0.0\n",
    );
    let generated = run(&helm, &web(folder.path())).await.unwrap();
    assert_eq!(
        findings(&generated),
        [
            "Chart.yaml: nothing says which version of `db` is meant: there is no Chart.lock, so whatever is in `charts` is rendered",
            "charts/old: Chart.yaml does not name it, but helm renders it: delete it if it is left over",
        ]
    );
}

#[tokio::test]
async fn charts_of_the_first_form_have_files_of_their_own() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        (
            "web/Chart.yaml",
            "apiVersion: v1\nname: web\nversion: 1.0.0\n",
        ),
        (
            "web/requirements.yaml",
            "dependencies:\n- {name: db, version: 1.0.0, repository: 'https://charts.contoso.com'}\n",
        ),
        ("web/templates/a.yaml", "web: 1\n"),
    ]);
    let (message, _) = refused(&helm, &web(folder.path())).await;
    assert!(
        message.ends_with("there is no requirements.lock to say which version it is"),
        "{message}"
    );
    // The digest of Helm 2: of the dependencies alone.
    let json = r#"{"dependencies":[{"name":"db","version":"1.0.0","repository":"https://charts.contoso.com"}]}"#;
    let digest = crate::support::chart_server::digest(json.as_bytes());
    let lock = format!(
        "dependencies:\n- {{name: db, version: 1.0.0, repository: 'https://charts.contoso.com'}}\ndigest: {digest}\n"
    );
    write(folder.path(), "web/requirements.lock", lock.as_bytes());
    write(
        folder.path(),
        "web/charts/db-1.0.0.tgz",
        &packed(&helm, "1.0.0"),
    );
    let found = files(&helm, &web(folder.path())).await;
    assert_eq!(found[0].1, "db: 1.0.0\n");
}

#[tokio::test]
async fn a_lock_names_versions_and_no_paths() {
    let Some(helm) = helm() else { return };
    let folder = checkout("{name: db, version: ^1.0.0, repository: 'https://charts.contoso.com'}");
    let json = r#"[[{"name":"db","version":"^1.0.0","repository":"https://charts.contoso.com"}],[{"name":"db","version":"../../x","repository":"https://charts.contoso.com"}]]"#;
    let digest = crate::support::chart_server::digest(json.as_bytes());
    let lock = format!(
        "dependencies:\n- {{name: db, version: ../../x, repository: 'https://charts.contoso.com'}}\ndigest: {digest}\n"
    );
    write(folder.path(), "web/Chart.lock", lock.as_bytes());
    let (message, _) = refused(&helm, &web(folder.path())).await;
    assert_eq!(message, "`Chart.lock`: the version of `db` is not exact");
}

#[tokio::test]
async fn a_dependency_outside_of_the_checkout_is_refused() {
    let Some(helm) = helm() else { return };
    let folder = checkout("{name: db, version: 1.0.0, repository: 'file://../../db'}");
    let (message, _) = refused(&helm, &web(folder.path())).await;
    assert!(message.contains("leads out of"), "{message}");
    let folder = checkout("{name: db, version: 1.0.0}");
    let (message, _) = refused(&helm, &web(folder.path())).await;
    assert!(
        message.ends_with("has no repository that it could come from"),
        "{message}"
    );
}
