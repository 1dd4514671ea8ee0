//! Fetching single files.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use url::Url;

use super::{Error, digest, refused};
use crate::http::{self, Http, Progress, Request};
use crate::model::RedactedUrl;

/// How often a download is begun when its connection breaks.
const TRIES: usize = 3;

/// Fetches a file. The credentials go to this address's own host and to no
/// other that it may lead to.
pub async fn file(
    http: &Http,
    url: &Url,
    login: Option<&HeaderValue>,
    limit: u64,
) -> Result<Vec<u8>, Error> {
    let mut plain = url.clone();
    // Both fail only for URLs that cannot have credentials.
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    plain.set_fragment(None);
    let mut request = Request::get(plain).anywhere();
    if let Some(login) = login {
        request = request.header(AUTHORIZATION, login.clone());
    }
    let mut tried = 1;
    loop {
        match once(http, &request, login, limit).await {
            Err(Error::Http(http::Error::Connection {
                progress: Progress::Answering,
                ..
            })) if tried < TRIES => tried += 1,
            result => return result,
        }
    }
}

async fn once(
    http: &Http,
    request: &Request,
    login: Option<&HeaderValue>,
    limit: u64,
) -> Result<Vec<u8>, Error> {
    let mut response = http.send(request).await?;
    if response.status() != 200 {
        return Err(refused(response.into_failure().await, login));
    }
    if response.content_type() == "text/html" {
        let address = RedactedUrl::new(response.url().clone()).to_string();
        return Err(Error::Page(address));
    }
    Ok(response.bytes(limit).await?)
}

/// Fails unless these bytes have the SHA-256 that was promised, with or
/// without `sha256:` in front. Gives it back.
pub fn promised(url: &Url, bytes: &[u8], promised: Option<&str>) -> Result<String, Error> {
    let found = digest(bytes);
    let plain = |text: &str| text.trim_start_matches("sha256:").to_ascii_lowercase();
    match promised.map(plain) {
        Some(expected) if !expected.is_empty() && expected != plain(&found) => Err(Error::Digest {
            address: RedactedUrl::new(url.clone()).to_string(),
            by: "its repository",
            expected,
            found: plain(&found),
        }),
        _ => Ok(found),
    }
}
