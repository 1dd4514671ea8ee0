//! Fetching single files.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use url::Url;

use super::{Fault, content};
use crate::host::Authorization;
use crate::http::{self, Http, Progress, Request};
use crate::model::RedactedUrl;

/// How often a download is begun when its connection breaks.
const TRIES: usize = 3;

/// Fetches a file. The credentials go to this address's own host and to no
/// other that it may lead to.
pub(super) async fn file(
    http: &Http,
    url: &Url,
    authorization: Option<&Authorization>,
    limit: u64,
) -> Result<Vec<u8>, Fault> {
    let mut plain = url.clone();
    // Both fail only for URLs that cannot have credentials.
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    plain.set_fragment(None);
    let mut request = Request::get(plain).anywhere();
    let given = authorization.map(|authorization| authorization.header().clone());
    if let Some(header) = given as Option<HeaderValue> {
        request = request.header(AUTHORIZATION, header);
    }
    let mut tried = 1;
    loop {
        match once(http, &request, limit).await {
            Err(Fault::Http(http::Error::Connection {
                progress: Progress::Answering,
                ..
            })) if tried < TRIES => tried += 1,
            result => return result,
        }
    }
}

async fn once(http: &Http, request: &Request, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut response = http.send(request).await?;
    if response.status() != 200 {
        let failure = response.into_failure().await;
        return Err(http::Error::from(Box::new(failure)).into());
    }
    if response.content_type() == "text/html" {
        let address = RedactedUrl::new(response.url().clone()).to_string();
        return Err(Fault::Page(address));
    }
    Ok(response.bytes(limit).await?)
}

/// Fails unless these bytes have the SHA-256 that was promised, with or
/// without `sha256:` in front. Gives it back.
pub(super) fn check(url: &Url, bytes: &[u8], promised: Option<&str>) -> Result<String, Fault> {
    let found = content::of_bytes(bytes);
    let plain = |text: &str| text.trim_start_matches("sha256:").to_ascii_lowercase();
    match promised.map(plain) {
        Some(expected) if !expected.is_empty() && expected != plain(&found) => Err(Fault::Digest {
            address: RedactedUrl::new(url.clone()).to_string(),
            expected,
            found: plain(&found),
        }),
        _ => Ok(found),
    }
}
