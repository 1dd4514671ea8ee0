//! Admission webhooks that stop everything when they are down.

use super::{Case, Severity};
use crate::value::Value;

pub(super) fn check(case: &mut Case<'_, '_>) {
    let kind = case.kind();
    if !matches!(
        kind,
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration"
    ) {
        return;
    }
    let before = case.was().at(&["webhooks"]).items();
    for webhook in case.now().at(&["webhooks"]).items() {
        let name = webhook.at(&["name"]);
        let was = before
            .iter()
            .any(|old| old.at(&["name"]) == name && closes(old));
        if was || !closes(webhook) {
            continue;
        }
        let (severity, what) = if covers_basics(webhook) {
            (Severity::High, "pods and other basic resources")
        } else {
            (Severity::Medium, "what it covers")
        };
        let message = format!(
            "when webhook {} does not answer, {what} cannot be changed in any namespace, its own included; exclude namespaces or set failurePolicy to Ignore",
            case.new_value(name)
        );
        case.report_as(severity, "webhook-fail-closed", "webhooks", message);
    }
}

fn closes(webhook: &Value) -> bool {
    let must_answer = webhook.at(&["failurePolicy"]).text() != Some("Ignore");
    let restricted = ["namespaceSelector", "objectSelector", "matchConditions"]
        .iter()
        .any(|key| {
            // `{matchLabels: {}}` restricts nothing.
            let value = webhook.at(&[key]);
            let says = |value: &Value| !value.pairs().is_empty() || !value.items().is_empty();
            !value.items().is_empty() || value.pairs().iter().any(|(_, inner)| says(inner))
        });
    must_answer && !restricted
}

fn covers_basics(webhook: &Value) -> bool {
    webhook.at(&["rules"]).items().iter().any(|rule| {
        let groups = rule.at(&["apiGroups"]).items().iter().map(Value::scalar);
        let mut basic =
            groups.filter(|group| matches!(group.as_str(), "*" | "" | "apps" | "batch"));
        basic.next().is_some()
    })
}
