//! Programs that are brought along: the tool cache, downloads, and everything
//! that can go wrong with them. Archives come from a server of our own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gitops_publisher::http;
use gitops_publisher::tools::{Error, Managed, Mode, Platform, Tool, Tools};
use sha2::{Digest as _, Sha256};

use crate::support::file_server::{Fault, FileServer};

/// The version that is asked for; no sum of it is in the program.
const VERSION: &str = "3.0.9";
const ARCHIVE: &str = "helm-v3.0.9-linux-amd64.tar.gz";

/// A release as Helm packs it, with a program that says its version.
fn release() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let files = [
        (
            "linux-amd64/helm",
            "#!/bin/sh\necho run >> \"$0.runs\"\necho v3.0.9+gabc\n",
            0o755,
        ),
        ("linux-amd64/LICENSE", "a licence\n", 0o644),
    ];
    for (name, content, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        builder
            .append_data(&mut header, name, content.as_bytes())
            .unwrap();
    }
    // Large enough to come in several pieces.
    let padding: Vec<u8> = (0..200_000).map(|_| fastrand::u8(..)).collect();
    let mut header = tar::Header::new_gnu();
    header.set_size(padding.len() as u64);
    header.set_mode(0o644);
    builder
        .append_data(&mut header, "linux-amd64/padding", &padding[..])
        .unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A server with one release, and an empty tool cache.
struct World {
    server: FileServer,
    folder: tempfile::TempDir,
    archive: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let server = FileServer::start();
        let archive = release();
        server.put(&format!("/tools/{ARCHIVE}"), archive.clone());
        let folder = tempfile::tempdir().unwrap();
        for name in ["cache", "temp", "bin"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self {
            server,
            folder,
            archive,
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// The folder of the version in the cache.
    fn slot(&self) -> PathBuf {
        self.cache().join("helm").join(VERSION)
    }

    fn program(&self) -> PathBuf {
        self.slot().join("x64/linux-amd64/helm")
    }

    fn managed(&self, mode: Mode) -> Managed {
        let mut options = http::Options::new("test");
        options.retry = http::Retry::requests().without_pauses();
        let mut managed = Managed::new(mode, self.cache(), options);
        managed.platform = Some(Platform::LINUX_X64);
        managed.mirror = Some(self.server.url("/tools").parse().unwrap());
        managed.versions.insert(Tool::Helm, VERSION.to_owned());
        managed
            .checksums
            .insert(ARCHIVE.to_owned(), sha256(&self.archive));
        managed
    }

    fn tools(&self, managed: Managed) -> Tools {
        let path = self.folder.path().join("bin");
        Tools::new(path, self.folder.path().join("temp")).managed(managed)
    }

    async fn get(&self, managed: Managed) -> Result<PathBuf, Error> {
        self.tools(managed).tool(Tool::Helm).await
    }

    /// Puts a version into the cache, as another task would.
    fn warm(&self, inner: &str, marker: bool) -> PathBuf {
        let program = self.slot().join("x64").join(inner);
        executable(&program, "#!/bin/sh\necho warm\n");
        if marker {
            std::fs::write(self.slot().join("x64.complete"), "").unwrap();
        }
        program
    }

    /// What is in the folder of the version.
    fn left(&self) -> Vec<String> {
        let Ok(entries) = self.slot().read_dir() else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn executable(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn explained(error: Error) -> (String, Vec<String>) {
    let error = gitops_publisher::error::Error::from(error);
    (error.to_string(), error.all_hints().to_vec())
}

#[tokio::test]
async fn a_program_that_is_nowhere_is_downloaded_into_the_tool_cache() {
    let world = World::new();
    let program = world.get(world.managed(Mode::Auto)).await.unwrap();
    assert_eq!(program, world.program());
    assert_eq!(world.server.requests(), [format!("/tools/{ARCHIVE}")]);
    assert_eq!(world.left(), ["x64", "x64.complete", "x64.lock"]);
    assert!(world.slot().join("x64/linux-amd64/LICENSE").is_file());

    let again = world.get(world.managed(Mode::Pinned)).await.unwrap();
    assert_eq!(again, program);
    assert_eq!(world.server.requests().len(), 1, "it was there");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_is_asked_once_for_its_version() {
    let world = World::new();
    // It counts its runs beside itself.
    let tools = world.tools(world.managed(Mode::Auto));
    let tools = tools.confinement(gitops_publisher::tools::Confinement::Absent);
    for _ in 0..3 {
        assert_eq!(tools.version(Tool::Helm).await.unwrap(), "3.0.9+gabc");
    }
    let runs = std::fs::read_to_string(world.slot().join("x64/linux-amd64/helm.runs")).unwrap();
    assert_eq!(runs, "run\n");
}

#[tokio::test]
async fn what_other_tasks_put_into_the_cache_is_used_without_any_request() {
    for inner in ["helm", "linux-amd64/helm"] {
        let world = World::new();
        let warm = world.warm(inner, true);
        for mode in [Mode::Auto, Mode::Pinned, Mode::Offline] {
            let mut managed = world.managed(mode);
            managed.checksums.clear();
            assert_eq!(world.get(managed).await.unwrap(), warm);
        }
        assert!(world.server.requests().is_empty());
    }
}

#[tokio::test]
async fn a_folder_without_its_marker_is_not_used() {
    let world = World::new();
    let half = world.warm("linux-amd64/helm", false);
    let error = world.get(world.managed(Mode::Offline)).await.unwrap_err();
    assert!(
        error.to_string().contains("nor in the tool cache"),
        "{error}"
    );
    let program = world.get(world.managed(Mode::Auto)).await.unwrap();
    assert_eq!(program, half, "it stands in the same place");
    let text = std::fs::read_to_string(program).unwrap();
    assert!(text.contains("3.0.9"), "and is the downloaded one: {text}");
    assert_eq!(world.left(), ["x64", "x64.complete", "x64.lock"]);
}

#[tokio::test]
async fn the_search_path_comes_first_unless_the_version_is_pinned() {
    let world = World::new();
    let own = world.folder.path().join("bin/helm");
    if cfg!(windows) {
        return;
    }
    executable(&own, "#!/bin/sh\n");
    for mode in [Mode::Auto, Mode::Path, Mode::Offline] {
        assert_eq!(world.get(world.managed(mode)).await.unwrap(), own);
    }
    assert!(world.server.requests().is_empty());
    let pinned = world.get(world.managed(Mode::Pinned)).await.unwrap();
    assert_eq!(pinned, world.program());

    let named = world.folder.path().join("named-helm");
    executable(&named, "#!/bin/sh\n");
    let tools = world.tools(world.managed(Mode::Pinned));
    let tools = tools.program(Tool::Helm, Some(named.clone()));
    assert_eq!(tools.tool(Tool::Helm).await.unwrap(), named);
}

#[tokio::test]
async fn the_mode_path_looks_nowhere_else() {
    let world = World::new();
    world.warm("helm", true);
    let error = world.get(world.managed(Mode::Path)).await.unwrap_err();
    let (message, hints) = explained(error);
    assert_eq!(message, "`helm` was not found on PATH");
    assert!(hints[0].contains("install Helm"), "{hints:?}");
    assert!(world.server.requests().is_empty());
}

#[tokio::test]
async fn without_a_network_it_is_said_what_is_missing_and_how_to_bring_it() {
    let world = World::new();
    let error = world.get(world.managed(Mode::Offline)).await.unwrap_err();
    let (message, hints) = explained(error);
    assert_eq!(
        message,
        "`helm` is neither on PATH nor in the tool cache, and nothing may be downloaded"
    );
    assert!(hints[0].contains("setting `helm`"), "{hints:?}");
    let home = world.slot().join("x64");
    assert!(
        hints[1].contains(&home.display().to_string()) && hints[1].contains("3.0.9"),
        "{hints:?}"
    );
    assert!(world.server.requests().is_empty());
    assert!(world.left().is_empty(), "the cache is not touched");
}

#[tokio::test]
async fn many_environments_at_once_download_it_once() {
    let world = World::new();
    let tools = world.tools(world.managed(Mode::Auto));
    let all = (0..8).map(|_| tools.tool(Tool::Helm));
    for program in futures_util::future::join_all(all).await {
        assert_eq!(program.unwrap(), world.program());
    }
    assert_eq!(world.server.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_at_once_download_it_once() {
    let world = World::new();
    let all = (0..4).map(|_| world.get(world.managed(Mode::Auto)));
    for program in futures_util::future::join_all(all).await {
        assert_eq!(program.unwrap(), world.program());
    }
    assert_eq!(world.server.requests().len(), 1);
    assert_eq!(world.left(), ["x64", "x64.complete", "x64.lock"]);
}

#[tokio::test]
async fn another_archive_than_the_expected_one_is_refused() {
    let world = World::new();
    let page = "<html>Sign in</html>";
    world.server.put(&format!("/tools/{ARCHIVE}"), page);
    let error = world.get(world.managed(Mode::Auto)).await.unwrap_err();
    let (message, hints) = explained(error);
    assert_eq!(
        message,
        format!(
            "`{ARCHIVE}` from {} has the SHA-256 {}, but {} is expected",
            world.server.url(&format!("/tools/{ARCHIVE}")),
            sha256(page.as_bytes()),
            sha256(&world.archive)
        )
    );
    assert!(hints[0].contains("`toolChecksums`"), "{hints:?}");
    assert_eq!(world.left(), ["x64.lock"], "nothing of it is kept");
}

#[tokio::test]
async fn nothing_runs_unchecked() {
    let world = World::new();
    let mut managed = world.managed(Mode::Auto);
    managed.checksums.clear();
    let (message, hints) = explained(world.get(managed).await.unwrap_err());
    assert_eq!(
        message,
        format!("the checksum of `{ARCHIVE}` is not known, and nothing runs unchecked")
    );
    assert_eq!(
        hints,
        [format!(
            "add `{ARCHIVE}=<sha256>` to the setting `toolChecksums`; the project publishes it at https://get.helm.sh/{ARCHIVE}.sha256sum"
        )]
    );
    assert!(world.server.requests().is_empty());

    let mut managed = world.managed(Mode::Auto);
    managed.checksums = [("helm-3.0.9-linux-x64".to_owned(), "abc".to_owned())].into();
    assert_eq!(
        explained(world.get(managed).await.unwrap_err()).0,
        "the checksum of `helm-3.0.9-linux-x64` is not a SHA-256 in 64 hexadecimal digits"
    );
    let mut managed = world.managed(Mode::Auto);
    let sum = format!("sha256:{}", sha256(&world.archive).to_uppercase());
    managed.checksums = [("helm-3.0.9-linux-x64".to_owned(), sum)].into();
    assert_eq!(world.get(managed).await.unwrap(), world.program());
}

#[tokio::test]
async fn what_is_no_version_never_becomes_a_path() {
    let world = World::new();
    let mut managed = world.managed(Mode::Auto);
    managed.versions = [(Tool::Helm, "../../3.0.9".to_owned())].into();
    let (message, hints) = explained(world.get(managed).await.unwrap_err());
    assert_eq!(message, "\"../../3.0.9\" is not a version of `helm`");
    assert_eq!(hints, ["write all three numbers, as in `3.21.4`"]);
}

#[tokio::test]
async fn a_machine_without_releases_is_told_so() {
    let world = World::new();
    let mut managed = world.managed(Mode::Auto);
    managed.platform = None;
    let (message, _) = explained(world.get(managed).await.unwrap_err());
    assert!(message.starts_with("there is no release of `helm` for this machine"));
}

#[tokio::test]
async fn an_archive_that_leads_out_is_refused() {
    let world = World::new();
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..7].copy_from_slice(b"../evil");
    header.set_size(1);
    header.set_mode(0o755);
    header.set_cksum();
    builder.append(&header, &b"x"[..]).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    let evil = encoder.finish().unwrap();
    world.server.put(&format!("/tools/{ARCHIVE}"), evil.clone());
    let mut managed = world.managed(Mode::Auto);
    managed.checksums.insert(ARCHIVE.to_owned(), sha256(&evil));
    let (message, _) = explained(world.get(managed).await.unwrap_err());
    assert_eq!(
        message,
        format!(
            "`{ARCHIVE}` could not be unpacked: the entry \"../evil\" is refused: it has a `.` or `..` segment"
        )
    );
    assert_eq!(world.left(), ["x64.lock"]);
}

#[tokio::test]
async fn the_windows_release_is_a_zip() {
    let world = World::new();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer
        .start_file("windows-amd64/helm.exe", options)
        .unwrap();
    writer.write_all(b"MZ").unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let name = "helm-v3.0.9-windows-amd64.zip";
    world.server.put(&format!("/tools/{name}"), archive.clone());
    let mut managed = world.managed(Mode::Pinned);
    managed.platform = Some(Platform::WINDOWS_X64);
    managed.checksums = [(name.to_owned(), sha256(&archive))].into();
    assert_eq!(
        world.get(managed).await.unwrap(),
        world.slot().join("x64/windows-amd64/helm.exe")
    );
}

#[tokio::test]
async fn a_lost_connection_is_tried_again_from_the_start() {
    let world = World::new();
    world.server.inject(Fault::Half);
    world.server.inject(Fault::Status(503));
    world.server.inject(Fault::Half);
    let program = world.get(world.managed(Mode::Auto)).await.unwrap();
    assert_eq!(program, world.program());
    assert_eq!(world.server.requests().len(), 4);
}

#[tokio::test]
async fn a_server_that_has_it_not_is_not_asked_again() {
    let world = World::new();
    let mut managed = world.managed(Mode::Auto);
    managed.mirror = Some(world.server.url("/elsewhere").parse().unwrap());
    let tools = world.tools(managed);
    for _ in 0..2 {
        let (message, hints) = explained(tools.tool(Tool::Helm).await.unwrap_err());
        assert_eq!(
            message,
            format!(
                "`{ARCHIVE}` could not be downloaded: GET {} answered 404",
                world.server.url(&format!("/elsewhere/{ARCHIVE}"))
            )
        );
        assert!(hints[0].contains("`toolMirror`"), "{hints:?}");
    }
    assert_eq!(world.server.requests().len(), 1, "once in a run");
}

#[tokio::test]
async fn a_release_page_may_send_us_to_another_host() {
    let world = World::new();
    let other = FileServer::start();
    other.put("/blob", world.archive.clone());
    world.server.inject(Fault::Redirect(other.url("/blob")));
    world.get(world.managed(Mode::Auto)).await.unwrap();
    assert_eq!(other.requests(), ["/blob"]);
}

#[tokio::test]
async fn a_password_stays_on_its_host() {
    let world = World::new();
    let other = FileServer::start();
    other.put("/blob", world.archive.clone());
    world.server.inject(Fault::Redirect(other.url("/blob")));
    let mut managed = world.managed(Mode::Auto);
    let mirror = managed.mirror.as_mut().unwrap();
    mirror.set_username("me").unwrap();
    mirror.set_password(Some("pat")).unwrap();
    world.get(managed).await.unwrap();
    let asked = world.server.requests();
    assert!(asked[0].ends_with("with credentials"), "{asked:?}");
    assert_eq!(other.requests(), ["/blob"]);
}

#[tokio::test]
async fn the_proxy_of_the_run_is_used() {
    let world = World::new();
    let mut managed = world.managed(Mode::Auto);
    managed.mirror = Some("http://files.contoso.invalid/tools".parse().unwrap());
    managed.http.proxy = Some(http::Proxy {
        url: world.server.url(""),
        user: None,
        password: None,
        bypass: http::Bypass::default(),
    });
    world.get(managed).await.unwrap();
    assert_eq!(
        world.server.requests(),
        [format!("http://files.contoso.invalid/tools/{ARCHIVE}")]
    );
}

#[tokio::test]
async fn progress_is_told_from_nothing_to_everything() {
    let world = World::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut managed = world.managed(Mode::Auto);
    let list = Arc::clone(&told);
    managed.progress = Some(Arc::new(move |progress| {
        assert_eq!(progress.archive, ARCHIVE);
        list.lock().unwrap().push((progress.done, progress.total));
    }));
    world.get(managed).await.unwrap();
    let told = told.lock().unwrap();
    let size = world.archive.len() as u64;
    assert_eq!(told[0], (0, Some(size)));
    assert_eq!(*told.last().unwrap(), (size, Some(size)));
}

#[tokio::test]
async fn an_interrupted_install_leaves_nothing_that_is_used() {
    let world = World::new();
    world.server.inject(Fault::Stall);
    let started = Arc::new(tokio::sync::Notify::new());
    let mut managed = world.managed(Mode::Auto);
    let note = Arc::clone(&started);
    managed.progress = Some(Arc::new(move |progress| {
        if progress.done > 0 {
            note.notify_one();
        }
    }));
    {
        let install = world.get(managed);
        tokio::pin!(install);
        tokio::select! {
            _ = &mut install => panic!("it ended by itself"),
            () = started.notified() => {}
        }
    }
    assert_eq!(world.left(), ["x64.lock"]);

    // A process that is killed cannot clean up; the next one does.
    let killed = world.slot().join(".new-x64-killed");
    executable(&killed.join("unpacked/linux-amd64/helm"), "#!/bin/sh\n");
    let program = world.get(world.managed(Mode::Auto)).await.unwrap();
    assert_eq!(program, world.program());
    assert_eq!(world.left(), ["x64", "x64.complete", "x64.lock"]);
}
