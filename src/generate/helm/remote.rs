//! Charts from registries, repositories and addresses: fetched (`crate::fetch`)
//! with the credentials for their host, and compared with what is pinned.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::HeaderValue;
use tokio::sync::OnceCell;
use url::Url;

use super::archive;
use super::chart::name_and_version;
use super::error::HelmFault;
use super::origin::Origin;
use super::{HelmLogin, HelmOptions};
use crate::fetch;
use crate::generate::cache::{Cache, Key};
use crate::generate::{Fault, Policy};
use crate::model::Finding;
use crate::tools::{self, Tools};

/// A chart in memory, and the digests that it goes by.
#[derive(Debug)]
pub(super) struct Pulled {
    pub(super) bytes: Vec<u8>,
    /// That to pin comes first.
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

/// What a run has fetched: charts, indexes, files, and the commits of tags. Its
/// environments share it, so that a server cannot give them different things.
#[derive(Debug, Clone, Default)]
pub struct Pulls {
    charts: Cells<Pulled>,
    indexes: Cells<fetch::Index>,
    files: Cells<Vec<u8>>,
    tags: Arc<Mutex<HashMap<String, String>>>,
}

/// What is brought by the first who asks for it.
type Cells<T> = Arc<Mutex<HashMap<String, Shared<T>>>>;
type Shared<T> = Arc<OnceCell<Arc<T>>>;

impl Pulls {
    fn cell(&self, key: String) -> Shared<Pulled> {
        of(&self.charts, key)
    }

    /// A file of a server, by its address.
    pub(in crate::generate) fn file(&self, address: String) -> Shared<Vec<u8>> {
        of(&self.files, address)
    }

    /// The commit that a tag was when the run first saw it: now this one.
    pub(in crate::generate) fn tag(&self, tag: String, commit: &str) -> String {
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.entry(tag).or_insert_with(|| commit.to_owned()).clone()
    }

    fn index(&self, key: String) -> Shared<fetch::Index> {
        of(&self.indexes, key)
    }
}

fn of<T>(cells: &Cells<T>, key: String) -> Shared<T> {
    let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(cells.entry(key).or_default())
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
    let shown = origin.shown(version);
    if tools.is_offline() {
        return Err(HelmFault::Offline(shown).into());
    }
    tools.check_address(origin.url().as_str()).await?;
    let login = login(options, origin.url());
    if matches!(origin, Origin::Archive(_)) && login.is_some() {
        return Err(HelmFault::Setting {
            name: "chart",
            value: shown,
            reason: "credentials are for registries and repositories, not for the address of an archive",
        }
        .into());
    }
    let login = login.map(header).transpose()?;
    let pulled = brought(tools, options, origin, version, login).await;
    let pulled = pulled.map_err(|source| HelmFault::Pull {
        chart: shown.clone(),
        source: Box::new(source),
    })?;
    check(&pulled.bytes, origin, version, &shown)?;
    Ok(pulled)
}

async fn brought(
    tools: &Tools,
    options: &HelmOptions,
    origin: &Origin,
    version: &str,
    login: Option<HeaderValue>,
) -> Result<Pulled, fetch::Error> {
    let http = tools.http();
    match origin {
        Origin::Registry(url) => {
            let access = fetch::Access {
                login,
                token_host: options.token_host.clone(),
            };
            let chart = fetch::pull(http, url, version, &access).await?;
            Ok(Pulled {
                bytes: chart.bytes,
                digests: vec![chart.manifest, chart.archive],
            })
        }
        Origin::Repository(url, name) => {
            let login = login.as_ref();
            let mut key = Key::new("index");
            key.part("url", url.as_str().as_bytes());
            key.part("login", login.map_or(b"", HeaderValue::as_bytes));
            let cell = options.pulls.index(key.name());
            let index = cell
                .get_or_try_init(|| async { fetch::index(http, url, login).await.map(Arc::new) })
                .await?;
            let offer = index.choose(name, version)?;
            let (bytes, digest) = fetch::archive(http, url, name, &offer, login).await?;
            Ok(Pulled {
                bytes,
                digests: vec![digest],
            })
        }
        Origin::Archive(url) => {
            let bytes = fetch::file(http, url, None, fetch::LARGEST_CHART).await?;
            Ok(Pulled {
                digests: vec![fetch::digest(&bytes)],
                bytes,
            })
        }
    }
}

/// The login as a header.
fn header(login: &HelmLogin) -> Result<HeaderValue, HelmFault> {
    let header = fetch::basic(&login.username, &login.password);
    header.ok_or_else(|| HelmFault::Setting {
        name: "chartUser",
        value: login.username.clone(),
        reason: "no header can carry it, or the password that goes with it",
    })
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
        let header = header(&options.logins[0]).unwrap();
        assert_eq!(header, "Basic bWU6aHVudGVyMg==");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_v_in_front_of_a_version_means_nothing() {
        assert!(same_version("v1.2.3", "1.2.3"));
        assert!(!same_version("1.2.3", "1.2.4"));
    }
}
