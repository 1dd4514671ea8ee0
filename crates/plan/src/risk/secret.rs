//! Secrets: in plain text, no longer encrypted, changed.

use super::{Case, case};
use crate::field::Change;
use crate::path::Path;
use crate::value::Value;
use crate::veil::Side;

/// How a resource brings a Secret about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// It is none.
    None,
    /// Readable for everybody who can read the repository.
    Plain,
    /// Encrypted, or kept elsewhere.
    Protected,
}

fn form(value: &Value) -> Form {
    match value.at(&["kind"]).text() {
        Some("SealedSecret" | "ExternalSecret" | "SecretProviderClass") => return Form::Protected,
        Some("Secret") if value.at(&["apiVersion"]).text() == Some("v1") => {}
        _ => return Form::None,
    }
    if is_reference(value) {
        return Form::None;
    }
    let data = value.at(&["data"]).pairs().iter();
    let mut values = data
        .chain(value.at(&["stringData"]).pairs())
        .map(|(_, value)| value)
        .peekable();
    if values.peek().is_none() {
        return Form::None;
    }
    let is_encrypted = |value: &Value| value.text().is_some_and(|text| text.starts_with("ENC["));
    if values.all(is_encrypted) {
        Form::Protected
    } else {
        Form::Plain
    }
}

/// What the Secret of a repository of Argo CD says besides credentials.
const SETTINGS: &[&str] = &[
    "enableLfs",
    "enableOCI",
    "name",
    "project",
    "type",
    "url",
    "useAzureWorkloadIdentity",
];

/// Whether a Secret is one to Argo CD alone: it says where a repository is, and
/// holds no credentials.
/// <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories>
fn is_reference(value: &Value) -> bool {
    let labels = value.at(&["metadata", "labels"]);
    let sort = labels.at(&["argocd.argoproj.io/secret-type"]).text();
    let is_setting = |(key, value): &(String, Value)| {
        let has_login = || value.text().is_none_or(|text| text.contains('@'));
        SETTINGS.contains(&key.as_str()) && !(key == "url" && has_login())
    };
    matches!(sort, Some("repository" | "repo-creds"))
        && value.at(&["data"]).pairs().is_empty()
        && value.at(&["stringData"]).pairs().iter().all(is_setting)
}

/// Whether a resource is a Secret in plain text.
pub fn is_plain(value: &Value) -> bool {
    form(value) == Form::Plain
}

pub(super) fn check(case: &mut Case<'_, '_>) {
    let (old, new) = (form(case.was()), form(case.now()));
    let changed = changed(case);
    if new == Form::Plain {
        // A new value is one more that git keeps.
        plain(case, old == Form::Plain && changed.is_empty());
        if old == Form::Protected {
            let message = "the Secret was encrypted or kept elsewhere and is now in plain text";
            case.report("secret-encryption-lost", "data", message.to_owned());
        }
    }
    if old != new || old == Form::None || !case.is_kept() {
        return;
    }
    if let Some((field, _)) = changed.first() {
        let keys = changed.iter().map(|(_, key)| key.clone()).collect();
        let message = format!("the values of {} change", case::listed(keys));
        let field = field.clone();
        case.report("secret-changed", &field, message);
    }
}

/// The fields whose values change for certain, and their keys as a message quotes them.
fn changed(case: &Case<'_, '_>) -> Vec<(String, String)> {
    let is_value = |path: &Path| {
        path.starts_with(&["data"])
            || path.starts_with(&["stringData"])
            || path.has_key("encryptedData")
    };
    let found = case.found.iter().filter(|one| is_value(&one.path));
    found
        .filter(|one| one.field.change != Change::Unknown)
        .map(|one| {
            let side = match one.field.change {
                Change::Removed => Side::Old,
                _ => Side::New,
            };
            let key = case.text(side, one.path.last_key(0));
            (one.field.path.clone(), key)
        })
        .collect()
}

/// Reports that a Secret is readable.
pub(super) fn plain(case: &mut Case<'_, '_>, was_before: bool) {
    let message = "everybody who can read the repository can read this Secret; encrypt it (SOPS, SealedSecret), refer to it (ExternalSecret), or allow it with a reason";
    case.report("secret-plaintext", "data", message.to_owned());
    if let Some(finding) = case.last() {
        finding.existing = was_before;
    }
}
