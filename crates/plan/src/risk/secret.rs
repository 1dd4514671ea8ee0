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
    if is_repeated(value) {
        return Form::Plain;
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
    // Without what SOPS writes beside them, nothing can decrypt such values.
    let by_sops = !value.at(&["sops"]).pairs().is_empty();
    let is_encrypted = |value: &Value| {
        let text = value.text().unwrap_or_default();
        by_sops && text.starts_with("ENC[") && text.ends_with(']')
    };
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
        let text = value.scalar();
        let is_word = |words: &[&str]| words.contains(&text.as_str());
        SETTINGS.contains(&key.as_str())
            && match key.as_str() {
                "type" => is_word(&["git", "helm", "oci"]),
                "url" => !text.contains(['@', '?']) && !text.split('/').any(is_random),
                "name" | "project" => !is_random(&text),
                _ => is_word(&["true", "false", ""]),
            }
    };
    matches!(sort, Some("repository" | "repo-creds"))
        && value.at(&["data"]).pairs().is_empty()
        && value.at(&["stringData"]).pairs().iter().all(is_setting)
}

/// Whether a part of a name or an address looks made by no person.
fn is_random(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    let is_word = text.contains(['-', '.', '_']);
    text.len() >= 12 && !is_word && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
}

/// Whether the data of a Secret stand in plain text in what kubectl notes about it.
fn is_repeated(value: &Value) -> bool {
    const NOTE: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let note = value.at(&["metadata", "annotations", NOTE]).text();
    let note = note.and_then(|text| serde_json::from_str::<Value>(text).ok());
    note.is_some_and(|note| {
        let data = note.at(&["data"]).pairs().iter();
        let mut data = data.chain(note.at(&["stringData"]).pairs());
        data.any(|(_, value)| !value.scalar().starts_with("ENC["))
    })
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
    let mut all: Vec<_> = found
        .filter(|one| one.field.change != Change::Unknown)
        .map(|one| {
            let side = match one.field.change {
                Change::Removed => Side::Old,
                _ => Side::New,
            };
            let key = case.text(side, one.path.last_key(0));
            (one.field.path.clone(), key)
        })
        .collect();
    let places: [&[&str]; 3] = [&["data"], &["stringData"], &["spec", "encryptedData"]];
    let differ = || {
        let mut places = places.iter();
        places.any(|keys| case.was().at(keys) != case.now().at(keys))
    };
    if all.is_empty() && case.is_cut && differ() {
        all.push(("data".to_owned(), "some keys".to_owned()));
    }
    all
}

/// Reports that a Secret is readable.
pub(super) fn plain(case: &mut Case<'_, '_>, was_before: bool) {
    let message = "everybody who can read the repository can read this Secret; encrypt it (SOPS, SealedSecret), refer to it (ExternalSecret), or allow it with a reason";
    case.report("secret-plaintext", "data", message.to_owned());
    if let Some(finding) = case.last() {
        finding.existing = was_before;
    }
}
