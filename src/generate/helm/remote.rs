//! Charts from registries, repositories and addresses: pulled by helm, with
//! credentials in private files, and compared with what is pinned.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;
use url::Url;

use super::archive;
use super::chart::name_and_version;
use super::error::HelmFault;
use super::origin::{Origin, is_loopback};
use super::{HelmLogin, HelmOptions, program};
use crate::generate::cache::{Cache, Key, hex};
use crate::generate::{Fault, Policy};
use crate::model::Finding;
use crate::tools::{self, Invocation, Output, Tools};

/// How many lines of output an error quotes.
const TAIL: usize = 10;

/// The name that the one repository has in a private configuration.
const REPOSITORY: &str = "charts";

/// A chart in memory, and the digests that it goes by.
#[derive(Debug)]
pub(super) struct Pulled {
    pub(super) bytes: Vec<u8>,
    /// The digest to pin first.
    digests: Vec<String>,
}

/// The chart that settings pin: from the cache, or else pulled.
pub(super) async fn chart(
    tools: &Tools,
    options: &HelmOptions,
    origin: &Origin,
    version: &str,
) -> Result<(Vec<u8>, Vec<Finding>), Fault> {
    let shown = origin.shown(version);
    let cache = options
        .cache
        .as_ref()
        .map(|root| Cache::new(root, "charts"));
    let key = options.digest.as_deref().map(|digest| {
        let mut key = Key::new("chart");
        key.part("chart", shown.as_bytes());
        key.part("digest", digest.as_bytes());
        key
    });
    if let (Some(cache), Some(key)) = (&cache, &key)
        && let Some(bytes) = cache.get(key)
    {
        return Ok((bytes.to_vec(), Vec::new()));
    }
    let pulled = pull(tools, options, origin, version).await?;
    let first = pulled.digests[0].clone();
    let mut findings = Vec::new();
    match &options.digest {
        Some(wanted) if !pulled.digests.contains(wanted) => {
            return Err(HelmFault::WrongDigest {
                chart: shown,
                found: first,
                wanted: wanted.clone(),
            }
            .into());
        }
        Some(_) => {}
        None if options.unpinned == Policy::Refuse => {
            return Err(HelmFault::Unpinned {
                chart: shown,
                digest: first,
            }
            .into());
        }
        None => findings.push(Finding::warning(
            format!("chart {shown}"),
            format!("it is not pinned by a digest: set `chartDigest: {first}`"),
        )),
    }
    if let (Some(cache), Some(key)) = (&cache, &key) {
        cache.put(key, &pulled.bytes);
    }
    Ok((pulled.bytes.clone(), findings))
}

/// The charts that a run has pulled, so that its environments share them.
#[derive(Debug, Clone, Default)]
pub struct Pulls(Arc<Mutex<HashMap<String, Shared>>>);

/// A chart that is pulled by the first who asks for it.
type Shared = Arc<OnceCell<Arc<Pulled>>>;

impl Pulls {
    fn cell(&self, key: String) -> Shared {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(key).or_default())
    }
}

/// One version of a chart, pulled unless the run has it already from the same
/// place with the same credentials.
pub(super) async fn pull(
    tools: &Tools,
    options: &HelmOptions,
    origin: &Origin,
    version: &str,
) -> Result<Arc<Pulled>, Fault> {
    let mut key = Key::new("pull");
    key.part("chart", origin.shown(version).as_bytes());
    key.part("url", origin.url().as_str().as_bytes());
    if let Some(login) = login(options, origin.url()) {
        key.part("user", login.username.as_bytes());
        key.part("password", login.password.expose().as_bytes());
    }
    let cell = options.pulls.cell(key.name());
    let pulled = cell
        .get_or_try_init(async || {
            pull_anew(tools, options, origin, version)
                .await
                .map(Arc::new)
        })
        .await?;
    Ok(Arc::clone(pulled))
}

/// Pulls one version of a chart and checks that it is this one.
async fn pull_anew(
    tools: &Tools,
    options: &HelmOptions,
    origin: &Origin,
    version: &str,
) -> Result<Pulled, Fault> {
    if tools.is_offline() {
        return Err(HelmFault::Offline(origin.shown(version)).into());
    }
    tools.check_address(origin.url().as_str()).await?;
    let helm = program(tools).await?;
    let folder = tools.private_folder()?;
    let shown = origin.shown(version);
    let login = login(options, origin.url());
    let failed = |output: &Output| HelmFault::Pull {
        chart: shown.clone(),
        status: output.status,
        output: output.tail(TAIL),
    };
    let file = |name: &str, content: String| {
        let path = folder.path().join(name);
        write(&path, content.as_bytes()).map(|()| path)
    };
    let out = folder.path().join("out");
    let online = |invocation: Invocation| invocation.writes(folder.path()).on_network();
    let mut pull = online(Invocation::new(&helm).arg("pull"));
    match origin {
        Origin::Registry(url) => {
            let config = file("registry.json", registry_config(url, login))?;
            pull = pull.arg(url.as_str()).arg("--registry-config").arg(config);
            if is_loopback(url) {
                pull = pull.arg("--plain-http");
            }
        }
        Origin::Repository(url, name) => {
            let config = file("repositories.json", repository_config(url, login))?;
            let cache = folder.path().join("indexes");
            let with_config = |invocation: Invocation| {
                let invocation = invocation.arg("--repository-config").arg(&config);
                invocation.arg("--repository-cache").arg(&cache)
            };
            let update = online(Invocation::new(&helm).arg("repo").arg("update"));
            let output = tools.run(&with_config(update)).await?;
            // Helm 3 ends well without an index too.
            let index = cache.join(format!("{REPOSITORY}-index.yaml"));
            if !output.status.success() || !index.exists() {
                return Err(failed(&output).into());
            }
            pull = with_config(pull.arg(format!("{REPOSITORY}/{name}")));
        }
        Origin::Archive(_) if login.is_some() => {
            return Err(HelmFault::Setting {
                name: "chart",
                value: shown,
                reason: "credentials are for registries and repositories, not for the address of an archive",
            }
            .into());
        }
        Origin::Archive(url) => pull = pull.arg(url.as_str()),
    }
    if !matches!(origin, Origin::Archive(_)) {
        pull = pull.arg("--version").arg(version);
    }
    std::fs::create_dir(&out).map_err(|source| temporary(&out, source))?;
    let output = tools.run(&pull.arg("--destination").arg(&out)).await?;
    if !output.status.success() {
        return Err(failed(&output).into());
    }
    let bytes = only_file(&out).map_err(|source| temporary(&out, source))?;
    let archive = format!("sha256:{}", hex(&Sha256::digest(&bytes)));
    let digests = printed_digest(&output)
        .into_iter()
        .chain([archive])
        .collect();
    check(&bytes, origin, version, &shown)?;
    Ok(Pulled { bytes, digests })
}

/// Whether the archive is the chart that was asked for.
fn check(bytes: &[u8], origin: &Origin, version: &str, shown: &str) -> Result<(), Fault> {
    let text = archive::chart_file(bytes).map_err(|reason| HelmFault::Archive {
        file: shown.to_owned(),
        reason,
    })?;
    let (name, found) = name_and_version(&text, shown)?;
    let wanted = match origin {
        // The name in the address of an archive is anybody's choice.
        Origin::Archive(_) => name.as_str(),
        _ => origin.name(),
    };
    if name == wanted && same_version(&found, version) {
        return Ok(());
    }
    Err(HelmFault::OtherChart {
        chart: shown.to_owned(),
        found: format!("{name} {found}"),
        wanted: format!("{wanted} {version}"),
    }
    .into())
}

/// Whether two versions are one; a `v` in front means nothing.
pub(super) fn same_version(a: &str, b: &str) -> bool {
    a.strip_prefix('v').unwrap_or(a) == b.strip_prefix('v').unwrap_or(b)
}

/// The login for the host of an address.
fn login<'o>(options: &'o HelmOptions, url: &Url) -> Option<&'o HelmLogin> {
    let host = authority(url);
    let mut logins = options.logins.iter();
    logins.find(|login| login.host.eq_ignore_ascii_case(&host))
}

/// Host and port, as registries are named.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn registry_config(url: &Url, login: Option<&HelmLogin>) -> String {
    let mut auths = serde_json::Map::new();
    if let Some(login) = login {
        let pair = format!("{}:{}", login.username, login.password.expose());
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        auths.insert(authority(url), serde_json::json!({ "auth": pair }));
    }
    serde_json::json!({ "auths": auths }).to_string()
}

fn repository_config(url: &Url, login: Option<&HelmLogin>) -> String {
    let mut repository = serde_json::json!({ "name": REPOSITORY, "url": url.as_str() });
    if let Some(login) = login {
        repository["username"] = login.username.as_str().into();
        repository["password"] = login.password.expose().into();
    }
    serde_json::json!({ "apiVersion": "", "repositories": [repository] }).to_string()
}

/// Writes a file into a private folder.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let written = std::fs::File::create(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, content));
    written.map_err(|source| temporary(path, source))
}

/// The fault of not being able to write `path`.
pub(super) fn temporary(path: &Path, source: std::io::Error) -> Fault {
    let folder = path.parent().unwrap_or(path).to_path_buf();
    tools::Error::Temporary { folder, source }.into()
}

/// The content of the one file in a folder.
fn only_file(folder: &Path) -> std::io::Result<Vec<u8>> {
    let mut entries = folder.read_dir()?;
    match (entries.next(), entries.next()) {
        (Some(entry), None) => std::fs::read(entry?.path()),
        _ => Err(std::io::Error::other("helm left no chart, or several")),
    }
}

/// The digest that helm prints for a chart from a registry: that of its manifest.
fn printed_digest(output: &Output) -> Option<String> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let lines = stdout.lines().map(ToOwned::to_owned);
    let digest = |line: String| line.strip_prefix("Digest: ").map(|it| it.trim().to_owned());
    lines.chain(output.stderr_lines()).find_map(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(host: &str) -> HelmOptions {
        HelmOptions {
            logins: vec![HelmLogin {
                host: host.to_owned(),
                username: "me".to_owned(),
                password: crate::model::Secret::new("hunter2"),
            }],
            ..HelmOptions::default()
        }
    }

    #[test]
    fn a_login_is_for_its_host_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        let options = login("contoso.azurecr.io");
        let found = |text: &str| super::login(&options, &url(text)).is_some();
        assert!(found("oci://contoso.azurecr.io/web"));
        assert!(found("https://Contoso.azurecr.io/web"));
        assert!(!found("oci://contoso.azurecr.io:8443/web"));
        assert!(!found("oci://evil.example/contoso.azurecr.io"));
        let config = registry_config(&url("oci://contoso.azurecr.io/web"), options.logins.first());
        assert_eq!(
            config,
            r#"{"auths":{"contoso.azurecr.io":{"auth":"bWU6aHVudGVyMg=="}}}"#
        );
    }

    #[test]
    fn a_v_in_front_of_a_version_means_nothing() {
        assert!(same_version("v1.2.3", "1.2.3"));
        assert!(!same_version("1.2.3", "1.2.4"));
    }
}
