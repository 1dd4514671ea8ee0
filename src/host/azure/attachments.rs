//! Attachments of builds.

use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::wire::List;
use crate::host::fault::Fault;
use crate::host::rest::Call;

/// So many attachments of one build are read: each step that publishes has one for
/// each of its attempts.
const MOST: usize = 200;

#[derive(Deserialize)]
struct Attachment {
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
struct Links {
    #[serde(rename = "self")]
    own: Link,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

impl Client {
    /// The contents of a build's attachments of one type, which hold JSON
    /// (one read, and one more for each).
    pub(in crate::host) async fn attachments(
        &self,
        build: u64,
        kind: &str,
    ) -> Result<Vec<Value>, Fault> {
        let place = self.place().await?;
        let build = build.to_string();
        let list = place.api(true, &["build", "builds", &build, "attachments", kind]);
        let list: List<Attachment> = self.read(Call::get, list).await?;
        let mut contents = Vec::new();
        for one in list.value.iter().take(MOST) {
            // The answer's address may be another name of the server; credentials go
            // to the one that was asked.
            let Some([timeline, record, name]) = parts(&one.links.own.href, kind) else {
                let said = format!(
                    "{:?} is not the address of an attachment",
                    one.links.own.href
                );
                return Err(Fault::answer(said));
            };
            let tail = [
                "build",
                "builds",
                &build,
                &timeline,
                &record,
                "attachments",
                kind,
                &name,
            ];
            let file = |url| Call::get(url).file();
            contents.push(self.send(file, place.api(true, &tail)).await?.json);
        }
        Ok(contents)
    }
}

/// Timeline, record and name of `…/{timeline}/{record}/attachments/{type}/{name}`.
fn parts(href: &str, kind: &str) -> Option<[String; 3]> {
    let url = Url::parse(href).ok()?;
    let segments: Vec<_> = url
        .path_segments()?
        .map(|one| {
            percent_encoding::percent_decode_str(one)
                .decode_utf8_lossy()
                .into_owned()
        })
        .collect();
    let [.., timeline, record, fixed, own, name] = segments.as_slice() else {
        return None;
    };
    let is_right = fixed == "attachments" && own.eq_ignore_ascii_case(kind);
    is_right.then(|| [timeline.clone(), record.clone(), name.clone()])
}
