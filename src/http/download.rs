//! Downloads: a body that goes somewhere piece by piece.

use std::io;

use url::Url;

use super::error::{Error, Progress};
use super::{Http, Request};
use crate::model::RedactedUrl;

/// Where a download goes.
pub trait Sink: Send {
    /// The body begins, of this length when the server says so. When it begins
    /// again, what came before is void.
    fn begin(&mut self, total: Option<u64>) -> io::Result<()>;
    /// The next piece.
    fn piece(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Http {
    /// Gets `url`, wherever redirects lead, into `sink`; at most `limit` bytes.
    /// A connection that is lost on the way is tried again, from the start.
    /// Gives back the length.
    pub async fn download(&self, url: &Url, limit: u64, sink: &mut dyn Sink) -> Result<u64, Error> {
        let request = Request::get(url.clone()).anywhere();
        let mut backoff = self.retry().start();
        loop {
            // Whatever fails before the body is tried again in there.
            let error = match self.receive(&request, limit, sink).await {
                Ok(length) => return Ok(length),
                Err(error) => error,
            };
            let lost = matches!(
                &error,
                Error::Connection {
                    progress: Progress::Answering,
                    ..
                }
            );
            let Some(pause) = lost.then(|| backoff.pause(None)).flatten() else {
                return Err(error);
            };
            tracing::debug!(url = %RedactedUrl::new(url.clone()), ?pause, "downloading again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn receive(
        &self,
        request: &Request,
        limit: u64,
        sink: &mut dyn Sink,
    ) -> Result<u64, Error> {
        let mut response = self.send(request).await?;
        if response.status() != 200 {
            return Err(Error::Status(Box::new(response.into_failure().await)));
        }
        let address = Box::new(RedactedUrl::new(response.url().clone()));
        let kept = |source| Error::Kept {
            url: address.clone(),
            source,
        };
        let total = response.length();
        if total.is_some_and(|total| total > limit) {
            return Err(Error::TooLong {
                method: response.method().clone(),
                url: address,
                limit,
            });
        }
        sink.begin(total).map_err(kept)?;
        let mut length = 0;
        while let Some(piece) = response.chunk(limit).await? {
            length += piece.len() as u64;
            sink.piece(&piece).map_err(kept)?;
        }
        Ok(length)
    }
}
