//! Chart repositories: an index over HTTP, and the archives that it names.

use reqwest::header::HeaderValue;
use url::Url;

use super::index::{self, Index, Offer};
use super::{Error, LARGEST_CHART, file, promised};
use crate::http::{self, Http};
use crate::model::RedactedUrl;
use crate::parallel::blocking;

/// Reads the index of a repository.
pub async fn index(
    http: &Http,
    repository: &Url,
    login: Option<&HeaderValue>,
) -> Result<Index, Error> {
    let url = index::below(repository, index::INDEX).map_err(|error| Error::Index {
        address: RedactedUrl::new(repository.clone()).to_string(),
        reason: error.to_string(),
    })?;
    let bytes = file(http, &url, login, index::LARGEST).await?;
    let repository = repository.clone();
    blocking(move || Index::parse(&repository, bytes)).await
}

/// Fetches the archive of an offer, and gives its digest, too. The index may
/// point anywhere; the credentials go to the repository's own host and port.
pub async fn archive(
    http: &Http,
    repository: &Url,
    chart: &str,
    offer: &Offer,
    login: Option<&HeaderValue>,
) -> Result<(Vec<u8>, String), Error> {
    let own = offer.url.origin() == repository.origin();
    let given = login.filter(|_| own);
    let bytes = file(http, &offer.url, given, LARGEST_CHART).await;
    let bytes = bytes.map_err(|error| match error {
        Error::Http(source @ http::Error::Status(_))
            if login.is_some() && !own && wants_credentials(&source) =>
        {
            let shown = |url: &Url| RedactedUrl::new(url.clone()).to_string();
            Error::Elsewhere {
                repository: shown(repository),
                chart: chart.to_owned(),
                archive: shown(&offer.url),
                source: Box::new(source),
            }
        }
        other => other,
    })?;
    let digest = promised(&offer.url, &bytes, offer.digest.as_deref())?;
    Ok((bytes, digest))
}

fn wants_credentials(error: &http::Error) -> bool {
    matches!(error, http::Error::Status(failure) if matches!(failure.status, 401 | 403 | 404))
}
