//! The configuration of Argo CD's notifications that writes a commit status
//! when an application is synced and healthy, and when it fails.
//!
//! Health is believed once it changed since the last sync began, or has stayed
//! the same for a minute: right after a sync it is still that of the version
//! before (<https://github.com/argoproj/argo-cd/issues/9070>).
//!
//! Sources: <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/triggers/>,
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/>,
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/github/>

use serde_json::{Map, Value, json};

use super::argocd::{ArgoCdObjects, TARGET};
use super::digits;
use super::repository::{Repository, Statuses};
use crate::text::yaml;

/// What services, triggers and templates are called. With the domain in front,
/// the name of an annotation may have 63 characters.
const NAME: &str = "gitops-status";

/// The key of the token in the Secret `argocd-notifications-secret`.
const TOKEN: &str = "$gitops-status-token";

/// The key of the private key of a GitHub App there.
const PRIVATE_KEY: &str = "$gitops-github-private-key";

/// Health that is not that of the version before.
const SETTLED: &str = "app.status?.health?.lastTransitionTime != nil && app.status?.operationState?.finishedAt != nil && (!time.Parse(app.status.health.lastTransitionTime).Before(time.Parse(app.status.operationState.startedAt)) || time.Now().Sub(time.Parse(app.status.operationState.finishedAt)).Minutes() >= 1)";

/// The commit that an application was compared with last.
const COMPARED: &str = "{{.app.status.sync.revision}}";

/// The commit of a sync that failed.
const SYNCED: &str = "{{with .app.status.operationState.syncResult}}{{.revision}}{{else}}{{.app.status.sync.revision}}{{end}}";

/// What is said of a sync that failed. The text may hold anything.
const FAILED: &str = r#"(printf "%s: %s" .app.status.operationState.phase (default "" .app.status.operationState.message) | trunc 120)"#;

/// One thing that is told.
struct Told {
    name: &'static str,
    when: String,
    once_per: &'static str,
    commit: &'static str,
    success: bool,
    words: Words,
}

/// What is said.
#[derive(Clone, Copy)]
enum Words {
    /// This.
    Plain(&'static str),
    /// What a term of a template yields.
    Term(&'static str),
}

impl Words {
    /// As it stands in a template of text.
    fn text(self) -> String {
        match self {
            Self::Plain(text) => text.to_owned(),
            Self::Term(term) => format!("{{{{{term}}}}}"),
        }
    }

    /// As it stands in a template of JSON.
    fn json(self) -> String {
        match self {
            Self::Plain(text) => format!("\"{text}\""),
            Self::Term(term) => format!("{{{{{term} | toJson}}}}"),
        }
    }
}

fn told() -> [Told; 3] {
    // Until the next sync, both the phase and the health are those of the commit
    // before, while the revision is already the new one.
    let synced =
        "app.status?.operationState?.phase == 'Succeeded' && app.status?.sync?.status == 'Synced'";
    [
        Told {
            name: "healthy",
            when: format!("{synced} && app.status?.health?.status == 'Healthy' && {SETTLED}"),
            once_per: "app.status?.sync?.revision",
            commit: COMPARED,
            success: true,
            words: Words::Plain("Synced and healthy"),
        },
        Told {
            name: "degraded",
            when: format!("{synced} && app.status?.health?.status == 'Degraded' && {SETTLED}"),
            once_per: "app.status?.sync?.revision",
            commit: COMPARED,
            success: false,
            words: Words::Plain("Degraded"),
        },
        Told {
            name: "failed",
            when: "app.status?.operationState?.phase in ['Error', 'Failed']".to_owned(),
            once_per: "app.status?.operationState?.finishedAt",
            commit: SYNCED,
            success: false,
            words: Words::Term(FAILED),
        },
    ]
}

/// The name of the service and trigger that tell a repository; `None` where it
/// takes no statuses.
pub(super) fn service(objects: &ArgoCdObjects, repository: &Repository) -> Option<String> {
    if repository.statuses == Statuses::None {
        return None;
    }
    let is_told = |it: &&&Repository| it.statuses != Statuses::None;
    let several = objects.repositories().iter().filter(is_told).count() > 1;
    Some(if several {
        format!("{NAME}-{}", digits(&repository.url))
    } else {
        NAME.to_owned()
    })
}

/// The configuration. It holds no more than is ours: with server-side apply the
/// rest of it stays as it is.
pub(super) fn config(objects: &ArgoCdObjects) -> Option<Value> {
    let mut data = Map::new();
    for repository in objects.repositories() {
        let Some(service) = service(objects, repository) else {
            continue;
        };
        let app =
            objects.github_app.is_some() && matches!(repository.statuses, Statuses::GitHub { .. });
        let sort = if app { "github" } else { "webhook" };
        let mut put = |key: String, value: Value| {
            let text = yaml::emit_manifest(&super::value(value));
            data.insert(key, Value::String(text));
        };
        put(
            format!("service.{sort}.{service}"),
            sender(objects, repository),
        );
        let conditions = told().map(|one| {
            json!({
                "when": one.when,
                "oncePer": one.once_per,
                "send": [format!("{service}-{}", one.name)],
            })
        });
        put(format!("trigger.{service}"), json!(conditions));
        for one in told() {
            let template = if app {
                app_template(objects, &one)
            } else {
                webhook_template(objects, repository, &service, &one)
            };
            put(format!("template.{service}-{}", one.name), template);
        }
    }
    (!data.is_empty()).then(|| {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "argocd-notifications-cm",
                "namespace": objects.cluster.namespace,
                // The installation of Argo CD has it, too.
                "annotations": { "argocd.argoproj.io/sync-options": "ServerSideApply=true,Prune=false" },
            },
            "data": data,
        })
    })
}

/// How a host is spoken to.
fn sender(objects: &ArgoCdObjects, repository: &Repository) -> Value {
    let content = json!({ "name": "Content-Type", "value": "application/json" });
    match (&repository.statuses, objects.github_app) {
        (Statuses::GitHub { server, .. }, Some(app)) => {
            let mut service = json!({
                "appID": app.id,
                "installationID": app.installation,
                "privateKey": PRIVATE_KEY,
            });
            if let Some(server) = server {
                service["enterpriseBaseURL"] = json!(format!("{server}/"));
            }
            service
        }
        (Statuses::GitHub { api, .. }, None) => json!({
            "url": api,
            "headers": [content, { "name": "Authorization", "value": format!("Bearer {TOKEN}") }],
        }),
        (Statuses::Azure { collection, .. }, _) => json!({
            "url": collection,
            "headers": [content],
            "basicAuth": { "username": "", "password": TOKEN },
        }),
        (Statuses::None, _) => json!({}),
    }
}

/// The link to an application: `namespace/name`.
fn link(objects: &ArgoCdObjects) -> Option<String> {
    let url = objects.url.as_deref()?.trim_end_matches('/');
    let namespace = &objects.cluster.namespace;
    Some(format!(
        "{url}/applications/{namespace}/{{{{.app.metadata.name}}}}"
    ))
}

/// The name of an application's target.
fn target() -> String {
    format!("{{{{index .app.metadata.annotations \"{TARGET}\"}}}}")
}

fn webhook_template(
    objects: &ArgoCdObjects,
    repository: &Repository,
    service: &str,
    told: &Told,
) -> Value {
    let words = told.words.json();
    let name = target();
    let link = link(objects);
    let (path, body) = match &repository.statuses {
        Statuses::Azure {
            project,
            repository,
            ..
        } => {
            let state = if told.success { "succeeded" } else { "failed" };
            let link = link.map_or_else(String::new, |link| format!(r#","targetUrl":"{link}""#));
            (
                format!(
                    "/{project}/_apis/git/repositories/{repository}/commits/{}/statuses?api-version=7.1",
                    told.commit
                ),
                format!(
                    r#"{{"state":"{state}","description":{words},"context":{{"genre":"argocd","name":"{name}"}}{link}}}"#
                ),
            )
        }
        Statuses::GitHub { path, .. } => {
            let state = if told.success { "success" } else { "failure" };
            let link = link.map_or_else(String::new, |link| format!(r#","target_url":"{link}""#));
            (
                format!("/repos/{path}/statuses/{}", told.commit),
                format!(
                    r#"{{"state":"{state}","description":{words},"context":"argocd/{name}"{link}}}"#
                ),
            )
        }
        Statuses::None => (String::new(), String::new()),
    };
    let call = json!({ "method": "POST", "path": path, "body": body });
    json!({ "webhook": Map::from_iter([(service.to_owned(), call)]) })
}

fn app_template(objects: &ArgoCdObjects, told: &Told) -> Value {
    let name = target();
    let mut status = json!({
        "state": if told.success { "success" } else { "failure" },
        "label": format!("argocd/{name}"),
    });
    if let Some(link) = link(objects) {
        status["targetURL"] = json!(link);
    }
    json!({
        "message": told.words.text(),
        "github": { "revisionPath": told.commit, "status": status },
    })
}
