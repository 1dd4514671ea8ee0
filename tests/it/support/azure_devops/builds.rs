//! Attachments of builds.

use serde_json::{Value, json};

use super::{Azure, PROJECT, Reply, error, list};

const TIMELINE: &str = "96ac2280-8cb4-5df5-99de-dd2da759617d";
const RECORD: &str = "12f1170f-54f2-53f3-20dd-22fc7dff55f9";

/// What a step attached to a build.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub build: u64,
    pub kind: String,
    pub name: String,
    pub content: Value,
}

impl Azure {
    pub(super) fn builds(&self, build: &str, tail: &[&str]) -> Result<Reply, String> {
        let own = || {
            let all = self.attachments.iter();
            all.filter(|one| one.build.to_string() == build)
        };
        match tail {
            ["attachments", kind] => {
                let described = own().filter(|one| one.kind == *kind).map(|one| {
                    let at = format!("{}/{}", self.base, self.collection.join("/"));
                    let href = format!(
                        "{at}/{PROJECT}/_apis/build/builds/{build}/{TIMELINE}/{RECORD}/attachments/{kind}/{}",
                        one.name
                    );
                    json!({"_links": {"self": {"href": href}}, "name": one.name})
                });
                Ok(list(&described.collect::<Vec<_>>()))
            }
            [TIMELINE, RECORD, "attachments", kind, name] => {
                let found = own().find(|one| one.kind == *kind && one.name == *name);
                Ok(match found {
                    Some(one) => Reply {
                        headers: vec![("content-type", "application/octet-stream".to_owned())],
                        ..Reply::json(200, &one.content)
                    },
                    None => error(404, "AttachmentNotFoundException", "no such attachment"),
                })
            }
            _ => Err("there is no such address".to_owned()),
        }
    }
}
