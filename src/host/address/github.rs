//! Addresses of GitHub: github.com, ghe.com, GitHub Enterprise Server.

use url::Url;

use super::Known;
use super::ssh::SshAddress;
use super::text::{at_names, is_below, names};

/// The public host.
const PUBLIC: &str = "github.com";
/// The host of GitHub Enterprise Cloud with data residency.
const TENANTS: &str = "ghe.com";

/// Whether the host can only be one of GitHub.
pub(super) fn is_known(host: &str) -> bool {
    is_below(host, PUBLIC) || is_below(host, TENANTS)
}

/// The address of `owner/repository`; `server` where another one than the
/// public host is meant.
pub(super) fn short(text: &str, server: Option<&Url>) -> String {
    let server = server.map_or("https://github.com", |url| url.as_str());
    format!("{}/{text}", server.trim_end_matches('/'))
}

/// Reads the address of a repository behind HTTP.
pub(super) fn read(url: &Url) -> Result<Known, String> {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let mut path = names(url.path());
    let suffixed = path.last().and_then(|name| name.strip_suffix(".git"));
    let bare = suffixed.filter(|name| !name.is_empty()).map(str::to_owned);
    if let (Some(bare), Some(last)) = (bare, path.last_mut()) {
        *last = bare;
    }
    let name = path.join("/");
    let segments = path.iter().map(String::as_str);
    if !is_known(&host) {
        let identity = at_names(url, segments).as_str().to_lowercase();
        return Ok(Known {
            identity,
            ..Known::plain(url, name)
        });
    }
    if path.len() != 2 {
        return Err(format!(
            "a repository there has the address https://{host}/owner/repository"
        ));
    }
    let mut root = url.clone();
    // Neither can fail: the URL is http or https and has a host.
    let _ = root.set_scheme("https");
    let _ = root.set_port(None);
    if host == "www.github.com" {
        let _ = root.set_host(Some(PUBLIC));
    }
    let url = at_names(&root, segments);
    Ok(Known {
        identity: url.as_str().to_lowercase(),
        name,
        url,
    })
}

/// The https address of a repository that was named by its SSH address.
pub(super) fn from_ssh(address: &SshAddress) -> Option<Url> {
    let host = match address.host() {
        "ssh.github.com" => PUBLIC,
        host => host,
    };
    let path = names(address.path());
    let [owner, name] = path.as_slice() else {
        return None;
    };
    let root = Url::parse(&format!("https://{host}/")).ok()?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    Some(at_names(&root, [owner, name]))
}
