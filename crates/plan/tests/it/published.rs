//! For a reader who may not be allowed to see what was published: nothing of the old side
//! is in the plan but which resources there were.

use std::collections::BTreeSet;

use gitops_plan::view::{Detail, Heading, View, html, junit, markdown, text};
use gitops_plan::{Options, Plan, Value, plan};

use crate::examples::*;
use crate::read::{documents, options, resources};

fn closed(old: &str, new: &str) -> Plan {
    let (old, new) = (documents(old), documents(new));
    let options = Options {
        hide_old: true,
        kube_minor: Some(34),
        ..options()
    };
    plan(&resources(&old), &resources(&new), &options)
}

/// Everything that a plan says about changes: the JSON form and what people read.
fn shown(plan: &Plan) -> String {
    let plans = [("", plan)];
    let view = View {
        detail: Detail::Full,
        ..View::default()
    };
    let heading = Heading {
        title: "",
        lines: &[],
    };
    [
        serde_json::to_string(&plan).unwrap(),
        text(&plans, view),
        markdown(&plans, view),
        main(&html(&plans, heading, &str::to_owned)),
        junit(&plans, None, &str::to_owned),
    ]
    .join("\n")
}

/// The text of a page.
fn main(page: &str) -> String {
    let (_, main) = page.split_once("<main>").unwrap();
    let (main, _) = main.split_once("</main>").unwrap();
    let texts = main.split('<').filter_map(|part| part.split_once('>'));
    texts.map(|(_, text)| text).collect()
}

/// Maps whose keys people choose.
const FREE: &[&str] = &["data", "labels", "annotations", "limits", "matchLabels"];

/// The words in values, and in the keys of free maps; those of what resources are called
/// apart.
fn words(values: &[Value], said: &mut BTreeSet<String>, called: &mut BTreeSet<String>) {
    fn add(text: &str, out: &mut BTreeSet<String>) {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        out.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    fn walk(value: &Value, parent: &str, out: &mut BTreeSet<String>) {
        match value {
            Value::Map(pairs) => {
                for (key, value) in pairs {
                    if FREE.contains(&parent) {
                        add(key, out);
                    }
                    walk(value, key, out);
                }
            }
            Value::List(items) => items.iter().for_each(|item| walk(item, parent, out)),
            Value::Bool(_) | Value::Null => {}
            single => add(&single.scalar(), out),
        }
    }
    for value in values {
        walk(value, "", said);
        let called_by: [&[&str]; 5] = [
            &["metadata", "name"],
            &["metadata", "namespace"],
            &["kind"],
            &["apiVersion"],
            &["spec", "names", "kind"],
        ];
        for path in called_by {
            add(&value.at(path).scalar(), called);
        }
    }
}

/// The words of the old side alone that a plan says.
fn leaked(old: &str, new: &str) -> Vec<String> {
    let shown = shown(&closed(old, new));
    let (mut before, mut after, mut called) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    words(&documents(old), &mut before, &mut called);
    words(&documents(new), &mut after, &mut called);
    let said: BTreeSet<&str> = shown
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let old_only = before.difference(&after);
    old_only
        .filter(|word| said.contains(word.as_str()) && !called.contains(*word))
        .cloned()
        .collect()
}

/// Words that rules and views say themselves, and numbers that a plan counts with.
const OURS: &[&str] = &[
    "service",
    "load",
    "balancer",
    "internal",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "helm",
    "policy",
    "resource",
    "sh",
    "resources",
    "a",
];

#[test]
fn no_rule_says_what_was_published() {
    let mut seen = Vec::new();
    for (rule, (old, new), harmless) in examples() {
        for (old, new) in [
            (&old, &new),
            (&new, &old),
            (&harmless.0, &harmless.1),
            (&harmless.1, &harmless.0),
        ] {
            let leaked: Vec<_> = leaked(old, new)
                .into_iter()
                .filter(|word| !OURS.contains(&word.as_str()))
                .collect();
            if !leaked.is_empty() {
                seen.push(format!(
                    "{rule}: {leaked:?} in\n{}",
                    text(&[("", &closed(old, new))], View::default())
                ));
            }
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
}

/// Manifests before and after; of the first, `OLD…` and numbers that begin with 77 may not be
/// seen.
fn changes() -> Vec<(String, String)> {
    let widget = |spec: &str| other("contoso.com/v1", "Widget", spec);
    let pairs: Vec<(String, String)> = vec![
        (widget("{x: OLDTEXT}"), widget("{x: NEW}")),
        (widget("{x: 771147}"), widget("{x: 5}")),
        (widget("{x: 771147.5}"), widget("{}")),
        (widget("{x: {k: {z: OLDTEXT}}}"), widget("{x: NEW}")),
        (widget("{x: {OLDKEY: 1}}"), widget("{x: {b: 2}}")),
        (widget("{OLDKEY: {a: b}}"), widget("{}")),
        (
            widget("{x: [{name: OLDKEY, v: 1}]}"),
            widget("{x: [{name: b}]}"),
        ),
        (widget("{x: [OLDITEM, a]}"), widget("{x: [a]}")),
        (config("OLD_KEY: x"), config("b: y")),
        (
            config("a: x, b: y").replace(
                "name: cfg",
                "name: cfg, labels: {OLDLABEL: OLDVALUE}, finalizers: [OLD/f]",
            ),
            config("a: x"),
        ),
        (
            config("a: \"foo\\nk OLDTEXT x\\nbar\\n\""),
            config("a: \"foo\\nk NEW x\\nbar\\n\""),
        ),
        (
            config("conf: '{\"OLDKEY\": 771147, \"t\": \"x\"}'"),
            config("conf: '{}'"),
        ),
        (
            config("a.properties: \"OLDKEY=771147\\nx=1\\n\""),
            config("a.properties: \"x=1\\n\""),
        ),
        (
            secret("stringData: {OLDKEY: a, b: c}"),
            secret("stringData: {b: d}"),
        ),
        (image("old.OLDREG.io/oldtext:77.1.2"), image("b:2.0.0")),
        (image("b:77.1.2"), image("b:2.0.0")),
        (container("env: [{name: OLD_ENV, value: x}]"), container("")),
        (
            container("resources: {limits: {OLDLIMIT: 1}}"),
            container("resources: {limits: {}}"),
        ),
        (
            deployment("replicas: 77", "", ""),
            deployment("replicas: 0", "", ""),
        ),
        (
            deployment("replicas: 77", "", ""),
            deployment("replicas: 2", "", ""),
        ),
        (deployment("replicas: 77", "", ""), deployment("", "", "")),
        (
            other("batch/v1", "CronJob", "{schedule: '77 3 * * 6'}"),
            other("batch/v1", "CronJob", "{schedule: '1 1 * * 6'}"),
        ),
        (
            ingress("{rules: [{host: OLD.contoso.com}], tls: [{hosts: [OLD.contoso.com]}]}"),
            ingress("{rules: [{host: x.contoso.com}]}"),
        ),
        (
            service("{type: ClusterIP, selector: {app: OLDSELECTOR}, ports: [{port: 7711}]}"),
            service("{type: LoadBalancer, selector: {app: new}, ports: [{port: 1}]}"),
        ),
        (
            release(
                "{interval: 1m, releaseName: OLDREL, chart: {spec: {chart: OLDCHART, version: 77.0.0, sourceRef: {kind: HelmRepository, name: OLDREPO}}}}",
            ),
            release(
                "{interval: 1m, releaseName: new, chart: {spec: {chart: new, version: 1.0.0, sourceRef: {kind: HelmRepository, name: new}}}}",
            ),
        ),
        (claim("77Gi"), claim("7Gi")),
        (
            other(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "{minReplicas: 77, maxReplicas: 7711, scaleTargetRef: {name: OLDDEP}}",
            ),
            other(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "{minReplicas: 1, maxReplicas: 2, scaleTargetRef: {name: new}}",
            ),
        ),
        (
            CRD.replace("name: v2", "name: v77"),
            CRD.replace(", {name: v2, served: true}", ""),
        ),
    ];
    pairs
}

#[test]
fn no_place_of_a_plan_says_what_was_published() {
    let mut seen = Vec::new();
    for (old, new) in changes() {
        let plan = closed(&old, &new);
        assert!(!plan.is_empty(), "{old}");
        let shown = shown(&plan);
        let leaks = shown.contains("OLD")
            || shown.contains("oldtext")
            || shown
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word.starts_with("77") && word.len() < 8 || word == "v77");
        if leaks {
            seen.push(text(&[("", &plan)], View::default()));
        }
    }
    assert!(
        seen.is_empty(),
        "{} of them:\n{}",
        seen.len(),
        seen.join("\n")
    );
}

#[test]
fn what_becomes_of_it_is_shown() {
    let mut all = String::new();
    for (old, new) in changes().iter().filter(|(_, new)| !new.contains("Widget")) {
        all.push_str(&text(&[("", &closed(old, new))], View::default()));
        all.push('\n');
    }
    assert_eq!(all, include_str!("published.txt"));
}
