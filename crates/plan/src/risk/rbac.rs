//! Roles and bindings that allow more than before.

use super::Case;
use crate::value::Value;
use crate::veil::Side;

/// So many permissions of a role are looked at one by one.
const EACH: usize = 5_000;

pub(super) fn check(case: &mut Case<'_, '_>) {
    match case.new_kind() {
        "Role" | "ClusterRole" => role(case),
        "RoleBinding" | "ClusterRoleBinding" => binding(case),
        _ => {}
    }
}

/// What a role allows to do to one kind of resource.
type Permission<'v> = (&'v str, &'v str, &'v str);

fn list<'v>(rule: &'v Value, key: &str) -> Vec<&'v str> {
    rule.at(&[key])
        .items()
        .iter()
        .filter_map(Value::text)
        .collect()
}

fn allows(rule: &Value, (group, resource, verb): Permission<'_>, names: &[&str]) -> bool {
    let has = |key: &str, wanted: &str| {
        list(rule, key)
            .iter()
            .any(|found| *found == "*" || *found == wanted)
    };
    let own = list(rule, "resourceNames");
    let covers =
        own.is_empty() || (!names.is_empty() && names.iter().all(|name| own.contains(name)));
    covers && has("apiGroups", group) && has("resources", resource) && has("verbs", verb)
}

fn role(case: &mut Case<'_, '_>) {
    let before = case.was().at(&["rules"]).items();
    let mut gained = Vec::new();
    let mut looked_at = 0_usize;
    for rule in case.now().at(&["rules"]).items() {
        if before.contains(rule) {
            continue;
        }
        let names = list(rule, "resourceNames");
        for group in list(rule, "apiGroups") {
            for resource in list(rule, "resources") {
                for verb in list(rule, "verbs") {
                    looked_at += 1 + before.len() / 16;
                    let wanted = (group, resource, verb);
                    let had =
                        looked_at < EACH && before.iter().any(|old| allows(old, wanted, &names));
                    let matters = !case.is_created() || is_powerful(wanted, &names);
                    if !had && matters && gained.len() < EACH {
                        gained.push(format!("{verb} {resource}"));
                    }
                }
            }
        }
        let urls = list(rule, "nonResourceURLs");
        let had = |url: &&str| {
            before
                .iter()
                .any(|old| list(old, "nonResourceURLs").contains(url))
        };
        let new = urls
            .iter()
            .filter(|url| !had(url) && (!case.is_created() || **url == "*"));
        gained.extend(new.map(|url| format!("access to {url}")));
    }
    let collects = |value: &Value| value.at(&["aggregationRule"]).clone();
    if case.is_kept()
        && !collects(case.now()).is_null()
        && collects(case.now()) != collects(case.was())
    {
        gained.push("the rules of all roles with certain labels".to_owned());
    }
    gained.dedup();
    if !gained.is_empty() {
        let message = format!("it allows more: {}", case.listed(Side::New, &gained));
        case.report("rbac-broadened", "rules", message);
    }
}

/// Resources through which whoever may write them gets the rights of others.
const RIGHTS: &[&str] = &[
    "roles",
    "clusterroles",
    "rolebindings",
    "clusterrolebindings",
    "serviceaccounts/token",
    "pods/exec",
    "pods/*",
    "*/*",
    "nodes/proxy",
];

/// What is worth a word in a role that is new as a whole.
fn is_powerful((group, resource, verb): Permission<'_>, names: &[&str]) -> bool {
    let writes = matches!(verb, "*" | "create" | "update" | "patch");
    let reads = matches!(verb, "*" | "get" | "list" | "watch");
    // All resources of the core group include Secrets.
    let secrets = resource == "secrets" || resource == "*" && matches!(group, "" | "*");
    matches!(verb, "escalate" | "bind" | "impersonate")
        || (resource == "*" && verb == "*")
        || (secrets && names.is_empty() && (reads || writes))
        || (RIGHTS.contains(&resource) && writes)
}

fn binding(case: &mut Case<'_, '_>) {
    let role = case.now().at(&["roleRef", "name"]).scalar();
    let everybody = [
        "system:authenticated",
        "system:unauthenticated",
        "system:anonymous",
        "system:serviceaccounts",
    ];
    let subjects = case.now().at(&["subjects"]).items();
    let is_for_all = subjects.iter().any(|subject| {
        let name = subject.at(&["name"]).scalar();
        everybody.contains(&name.as_str())
    });
    if case.is_created() && role != "cluster-admin" && !is_for_all {
        return;
    }
    // Of another role, or for all namespaces, the subjects had nothing.
    let is_same = case.old_kind() == case.new_kind()
        && case.was().at(&["roleRef"]) == case.now().at(&["roleRef"]);
    let before: &[Value] = if is_same {
        case.was().at(&["subjects"]).items()
    } else {
        &[]
    };
    let gained: Vec<_> = (case.now().at(&["subjects"]).items().iter())
        .filter(|subject| !before.contains(subject))
        .map(|subject| {
            let text = |key: &str| subject.at(&[key]).scalar();
            format!("{} {}", text("kind"), text("name"))
        })
        .collect();
    if !gained.is_empty() {
        let role = case.text(Side::New, &role);
        let message = format!("{} get what {role} allows", case.listed(Side::New, &gained));
        case.report("rbac-broadened", "subjects", message);
    }
}
