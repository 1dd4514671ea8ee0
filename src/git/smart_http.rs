//! A repository behind smart HTTP: its requests, and how each is answered.
//! Which objects are asked for is decided beside this (`remote_read`).

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use url::Url;

use super::Options;
use super::advertisement::{Advertisement, Capabilities};
use super::answer;
use super::commit::CommitDraft;
use super::error::{Error, Fault};
use super::fetch::{self, Answer, Wants};
use super::history::Ancestor;
use super::intake::Store;
use super::merge::Merge;
use super::objects;
use super::pkt;
use super::report::{self, Verdict};
use super::tip::{FolderChange, Pushed, Tip, Wanted};
use crate::host::{Api, Authorization, HostKind, Refusal, young};
use crate::http::{self, Http, Request, Response};
use crate::model::{ObjectId, RedactedUrl};
use crate::parallel::blocking;

/// Bytes of the list of branches, at most.
const LONGEST_LIST: u64 = 128 << 20;
/// Bytes of the answer to a push, at most.
const LONGEST_REPORT: u64 = 1 << 20;

/// The type of the answer to a push.
const PUSH_ANSWER: &str = "git-receive-pack-result";

/// A repository behind HTTP or HTTPS.
pub struct SmartHttp {
    url: RedactedUrl,
    pub(super) kind: HostKind,
    http: Http,
    options: Options,
    /// The server refused a filter or a want that the narrow read needs.
    pub(super) narrow_refused: AtomicBool,
    /// The server refused, or broke at, a filter that it offered.
    pub(super) filter_refused: AtomicBool,
}

/// What the first answer told, for the requests that follow it.
pub(super) struct Session {
    base: Url,
    pub(super) capabilities: Capabilities,
}

impl SmartHttp {
    pub(super) fn new(url: RedactedUrl, kind: HostKind, options: Options) -> Self {
        let mut http = options.http.clone();
        http.http1_only |= kind.http1_only();
        Self {
            url,
            kind,
            http: Http::new(http),
            options,
            narrow_refused: AtomicBool::new(false),
            filter_refused: AtomicBool::new(false),
        }
    }

    pub(super) fn display(&self) -> String {
        self.url.to_string()
    }

    pub(super) async fn read(&self, branch: Option<&str>, wanted: &[Wanted]) -> Result<Tip, Error> {
        self.try_read(branch, wanted)
            .await
            .map_err(|fault| self.error(branch, fault))
    }

    pub(super) async fn push(
        &self,
        tip: &Tip,
        changes: &[FolderChange],
        draft: &CommitDraft,
    ) -> Result<Pushed, Error> {
        let result = self.try_push(tip, changes, draft).await;
        result.map_err(|fault| self.error(Some(tip.moves()), fault))
    }

    /// Deletes the branch of `tip`, on condition that it is still there.
    pub(super) async fn delete(&self, tip: &Tip) -> Result<(), Error> {
        let result = self.try_delete(tip).await;
        result.map_err(|fault| self.error(Some(tip.moves()), fault))
    }

    pub(super) fn see_everything(&self) {
        self.narrow_refused
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }

    pub(super) async fn blobs(
        &self,
        tip: &Tip,
        ids: &[ObjectId],
        api: Option<&Api>,
    ) -> Result<Vec<Bytes>, Error> {
        let result = self.try_blobs(tip, ids, api).await;
        result.map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn contains(&self, tip: &Tip, commit: ObjectId) -> Result<bool, Error> {
        let result = self.try_contains(tip, commit).await;
        result.map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn own_commits(&self, tip: &Tip, other: &Tip) -> Result<Vec<Ancestor>, Error> {
        let result = self.try_own_commits(tip, other).await;
        result.map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn merge(
        &self,
        ours: &Tip,
        theirs: &Tip,
        wanted: &[Wanted],
    ) -> Result<Merge, Error> {
        let result = self.try_merge(ours, theirs, wanted).await;
        result.map_err(|fault| self.error(Some(&ours.branch), fault))
    }

    pub(super) fn error(&self, branch: Option<&str>, fault: Fault) -> Error {
        let fault = match fault {
            Fault::Refused {
                meaning: Refusal::Authentication,
                said,
            } if self.options.authorization.is_none() => Fault::NoCredentials(said),
            fault => fault,
        };
        Error {
            repository: self.display(),
            kind: self.kind,
            branch: branch.map(str::to_owned),
            fault: Box::new(fault),
        }
    }

    /// Turn 1: the branches and what the server can do.
    pub(super) async fn advertisement(&self) -> Result<(Session, Advertisement), Fault> {
        let (base, refs) = self.list(self.url.url(), "git-upload-pack").await?;
        let capabilities = refs.capabilities.clone();
        Ok((Session { base, capabilities }, refs))
    }

    /// What one of git's services says of the repository at `base`; and where it is now.
    async fn list(&self, base: &Url, service: &str) -> Result<(Url, Advertisement), Fault> {
        let mut url = extended(base, "info/refs");
        url.set_query(Some(&format!("service={service}")));
        let expected = format!("{service}-advertisement");
        let response = self.send_young(&Request::get(url), &expected).await?;
        let base = base_of(response.url());
        let mut answer = Answer::new(response, LONGEST_LIST);
        let first = answer.next().await.ok().flatten();
        let first = first.map(|packet| packet.text());
        if first.as_deref() != Some(&format!("# service={service}")) {
            return Err(Fault::NotARepository(
                "the answer does not start as git's does".to_owned(),
            ));
        }
        let mut refs = Advertisement::default();
        while let Some(packet) = answer.next().await? {
            refs.take(&packet)?;
        }
        Ok((base, refs))
    }

    /// Refuses a repository with ids that we do not speak, where the list of
    /// branches is empty. Git before 2.41 says nothing at all then; only its
    /// receiving side names the object format. Any other trouble with that side
    /// is told by the push.
    pub(super) async fn refuse_other_ids(&self, session: &Session) -> Result<(), Fault> {
        match self.list(&session.base, "git-receive-pack").await {
            Err(fault @ Fault::ObjectFormat(_)) => Err(fault),
            _ => Ok(()),
        }
    }

    /// The branch that HEAD of a repository without commits names. Only the
    /// newer protocol tells (<https://git-scm.com/docs/protocol-v2#_ls_refs>);
    /// `None` where the server does not speak it.
    pub(super) async fn unborn_head(&self, session: &Session) -> Option<String> {
        let mut body = Vec::new();
        pkt::line(&mut body, "command=ls-refs\n");
        body.extend_from_slice(b"0001");
        for argument in ["symrefs\n", "unborn\n", "ref-prefix HEAD\n"] {
            pkt::line(&mut body, argument);
        }
        pkt::flush(&mut body);
        let content = HeaderValue::from_static("application/x-git-upload-pack-request");
        let accept = HeaderValue::from_static("application/x-git-upload-pack-result");
        let protocol = HeaderName::from_static("git-protocol");
        let request = Request::post(extended(&session.base, "git-upload-pack"), body)
            .idempotent()
            .header(CONTENT_TYPE, content)
            .header(ACCEPT, accept)
            .header(protocol, HeaderValue::from_static("version=2"));
        let mut response = self.send(request, "git-upload-pack-result").await.ok()?;
        let body = response.bytes(LONGEST_REPORT).await.ok()?;
        let packets = pkt::all(&body)?;
        packets.iter().find_map(|packet| {
            let text = packet.text();
            let target = text.strip_prefix("unborn HEAD symref-target:refs/heads/")?;
            Some(target.to_owned())
        })
    }

    /// One request for objects, which land in a temporary folder.
    pub(super) async fn fetch(&self, session: &Session, wants: &Wants<'_>) -> Result<Store, Fault> {
        let body = wants.request(&session.capabilities);
        let url = extended(&session.base, "git-upload-pack");
        let request = Request::post(url, body)
            .idempotent()
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-git-upload-pack-request"),
            )
            .header(
                ACCEPT,
                HeaderValue::from_static("application/x-git-upload-pack-result"),
            );
        let response = self.send(request, "git-upload-pack-result").await?;
        fetch::receive(
            response,
            wants,
            &session.capabilities,
            &self.options.temp_root,
        )
        .await
    }

    /// Turn 4: the commit, on condition that the branch is where it was read.
    async fn try_push(
        &self,
        tip: &Tip,
        changes: &[FolderChange],
        draft: &CommitDraft,
    ) -> Result<Pushed, Fault> {
        let session = session(tip)?;
        let (at, changes, draft) = (tip.clone(), changes.to_vec(), draft.clone());
        let (pushed, body) = blocking(move || {
            let built = objects::build(&at, &changes, &draft)?;
            Ok::<_, Fault>((built.pushed, push_body(&at, &built)))
        })
        .await?;
        if tip.is_at(pushed.commit) {
            return Ok(pushed);
        }
        let request = push_request(session, body);
        self.verdict(request, tip, pushed).await
    }

    async fn try_delete(&self, tip: &Tip) -> Result<(), Fault> {
        let session = session(tip)?;
        let mut body = Vec::new();
        pkt::line(&mut body, &command(tip, ObjectId::ZERO));
        pkt::flush(&mut body);
        let nothing = Pushed {
            commit: ObjectId::ZERO,
            tree: ObjectId::ZERO,
        };
        let request = push_request(session, body);
        self.verdict(request, tip, nothing).await.map(|_| ())
    }

    async fn verdict(&self, request: Request, tip: &Tip, pushed: Pushed) -> Result<Pushed, Fault> {
        let unknown = |reason: String| Fault::OutcomeUnknown { pushed, reason };
        let mut response = match self.send(request, PUSH_ANSWER).await {
            Ok(response) => response,
            Err(Fault::Http(http::Error::Connection {
                progress, reason, ..
            })) if progress != http::Progress::Connecting => return Err(unknown(reason)),
            // A gateway may give up on a request that the server goes on with.
            Err(Fault::Http(http::Error::Status(failure)))
                if matches!(failure.status, 500 | 502 | 504) =>
            {
                return Err(unknown(failure.to_string()));
            }
            Err(fault) => return Err(fault),
        };
        let body = match response.bytes(LONGEST_REPORT).await {
            Ok(body) => body,
            Err(error) => return Err(unknown(error.to_string())),
        };
        match report::read(&body, &tip.reference()) {
            Verdict::Landed => Ok(pushed),
            Verdict::Unknown(reason) => Err(unknown(reason)),
            Verdict::Silent => Err(Fault::Silent {
                pushed,
                looked: false,
            }),
            Verdict::Refused(fault) => Err(fault),
        }
    }

    /// Sends a request that only reads, again while the host may not know our
    /// token yet.
    async fn send_young(&self, request: &Request, expected: &str) -> Result<Response, Fault> {
        let authorization = self.options.authorization.as_ref();
        let made = authorization.and_then(Authorization::made);
        let mut backoff = young::retry(&self.options.http.retry).start();
        loop {
            let result = self.send(request.clone(), expected).await;
            let late = matches!(&result, Err(Fault::Refused { meaning, .. }) if young::is_late(*meaning, made));
            let Some(pause) = late.then(|| backoff.pause(None)).flatten() else {
                return result;
            };
            tracing::debug!(?pause, "the app's token is not known everywhere yet");
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends a request with our credentials; only an answer of git comes back.
    async fn send(&self, mut request: Request, expected: &str) -> Result<Response, Fault> {
        if let Some(authorization) = &self.options.authorization {
            request = request.header(AUTHORIZATION, authorization.header().clone());
        }
        let response = self.http.send(&request).await.map_err(answer::redirected)?;
        if expected == PUSH_ANSWER && matches!(response.status(), 429 | 503) {
            let failure = response.into_failure().await;
            return Err(Fault::Busy {
                after: failure.retry_after,
                said: failure.to_string(),
            });
        }
        answer::check(response, expected, self.kind).await
    }
}

/// What the tip was read with.
fn session(tip: &Tip) -> Result<&Session, Fault> {
    let session = tip.session.as_deref();
    session.ok_or_else(|| Fault::protocol("pushing", "the tip was read from another repository"))
}

/// A request that moves a branch.
fn push_request(session: &Session, body: Vec<u8>) -> Request {
    let content = HeaderValue::from_static("application/x-git-receive-pack-request");
    let accept = HeaderValue::from_static("application/x-git-receive-pack-result");
    Request::post(extended(&session.base, "git-receive-pack"), body)
        .header(CONTENT_TYPE, content)
        .header(ACCEPT, accept)
}

/// Moves the branch of `tip` to `new`. The two capabilities are those that
/// every receiving side has; asking for its list first would cost another turn.
fn command(tip: &Tip, new: ObjectId) -> String {
    let (old, name) = (tip.old_id(), tip.reference());
    format!("{old} {new} {name}\0 report-status side-band-64k\n")
}

/// The command and the pack.
fn push_body(tip: &Tip, built: &objects::Built) -> Vec<u8> {
    let command = command(tip, built.pushed.commit);
    let mut body = Vec::with_capacity(built.pack.len() + command.len() + 8);
    pkt::line(&mut body, &command);
    pkt::flush(&mut body);
    body.extend_from_slice(&built.pack);
    body
}

/// `base` with a path below it.
fn extended(base: &Url, tail: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{tail}", base.path().trim_end_matches('/')));
    url
}

/// The repository's URL behind the URL that answered: a renamed repository
/// redirects, and the requests that follow go where it went.
fn base_of(answered: &Url) -> Url {
    let mut url = answered.clone();
    url.set_query(None);
    let path = answered.path().trim_end_matches("/info/refs").to_owned();
    url.set_path(&path);
    url
}
