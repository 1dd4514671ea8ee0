//! Whether planning and showing a plan stay linear: `cargo bench -p gitops-plan`.
//!
//! Each row is measured at one size and at four times that. Fails where four times as much
//! takes more than [`MOST`] times as long.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a measurement prints what it finds"
)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use gitops_plan::view::{self, Detail, Heading, View};
use gitops_plan::{Options, Plan, Resource, Value, plan};

const SMALL: usize = 5_000;
const LARGE: usize = 4 * SMALL;
/// How many times as long four times as much may take: caches get colder.
const MOST: f64 = 7.0;

/// Two sets of resources.
type Sides = (Vec<Value>, Vec<Value>);

fn main() {
    println!("| what | {SMALL}, ms | {LARGE}, ms | factor |\n|---|---|---|---|");
    let steep: Vec<_> = plans().into_iter().chain(views()).flatten().collect();
    assert!(steep.is_empty(), "not linear: {}", steep.join("; "));
}

fn deployments(n: usize, version: usize) -> Vec<Value> {
    all(n, |at| deployment("d", at, version, &format!("a{at}")))
}

fn changed(n: usize) -> Sides {
    (deployments(n, 0), deployments(n, 1))
}

/// Plans of several kinds; the names of what is not linear.
fn plans() -> Vec<Option<String>> {
    let plans = |name: &str, sides: &dyn Fn(usize) -> Sides| {
        row(name, sides, |sides| planned(sides).findings.len())
    };
    vec![
        plans("three findings in each", &changed),
        plans("the same, all with the same labels", &|n| {
            let side = |version| all(n, |at| deployment("d", at, version, "a"));
            (side(0), side(1))
        }),
        plans("created", &|n| (Vec::new(), deployments(n, 1))),
        plans("deleted", &|n| (deployments(n, 0), Vec::new())),
        plans("renamed", &|n| {
            let named = |name| all(n, |at| deployment(name, at, 0, &format!("a{at}")));
            (named("d"), named("e"))
        }),
        plans(
            "replicas that nothing sets any longer, with autoscalers",
            &|n| {
                let one = |at, version| match at % 2 {
                    0 => scaled(at, version),
                    _ => autoscaler(at - 1),
                };
                (all(n, |at| one(at, 0)), all(n, |at| one(at, 1)))
            },
        ),
        plans("pods and their budgets, all with the same labels", &|n| {
            let one = |at, version| match at % 2 {
                0 => deployment("d", at, 0, "a"),
                _ => budget(at, version),
            };
            (all(n, |at| one(at, 0)), all(n, |at| one(at, 1)))
        }),
        plans("a value that was a secret in each", &|n| {
            (
                all(n, |at| moved_secret(at, 0)),
                all(n, |at| moved_secret(at, 1)),
            )
        }),
    ]
}

/// A plan in each view; the names of what is not linear.
fn views() -> Vec<Option<String>> {
    let one = |n| planned(&changed(n));
    let views = |name: &str, show: &dyn Fn(&Plan) -> usize| row(name, one, show);
    let heading = Heading {
        title: "Plan",
        lines: &[],
    };
    let mut rows = vec![
        views("as JSON", &|plan| {
            serde_json::to_string(plan).unwrap().len()
        }),
        views("as a page", &|plan| {
            view::html(&[("dev", plan)], heading, &str::to_owned).len()
        }),
        views("as test results", &|plan| {
            view::junit(&[("dev", plan)], None, &str::to_owned).len()
        }),
    ];
    for (how, limit) in [
        ("all of it", usize::MAX),
        ("cut to 30,000 characters", 30_000),
    ] {
        let view = View {
            limit,
            detail: Detail::Fields,
        };
        rows.push(views(&format!("for a terminal, {how}"), &|plan| {
            view::text(&[("dev", plan)], view).len()
        }));
        rows.push(views(&format!("as Markdown, {how}"), &|plan| {
            view::markdown(&[("dev", plan)], view).len()
        }));
    }
    rows
}

/// Measures one thing at both sizes; its name where it is not linear.
fn row<T>(name: &str, make: impl Fn(usize) -> T, run: impl Fn(&T) -> usize) -> Option<String> {
    let best = |n| {
        let subject = make(n);
        let times = (0..3).map(|_| {
            let start = now();
            std::hint::black_box(run(&subject));
            now().saturating_sub(start)
        });
        times.min().unwrap_or_default()
    };
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let (small, large) = (millis(best(SMALL)), millis(best(LARGE)));
    let factor = large / small;
    println!("| {name} | {small:.1} | {large:.1} | {factor:.1} |");
    // What takes next to nothing is noise.
    let is_linear = factor <= MOST || large < 20.0;
    (!is_linear).then(|| name.to_owned())
}

/// The time that this thread has had on a core, where the system says it: other work on the
/// machine does not count.
fn now() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|first| first.parse().ok());
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn planned((old, new): &Sides) -> Plan {
    plan(
        &resources(old),
        &resources(new),
        &Options::new(b"the key of this run"),
    )
}

fn resources(side: &[Value]) -> Vec<Resource<'_>> {
    let side = side.iter();
    side.map(|one| Resource::new("all.yaml", 1, one)).collect()
}

fn all(n: usize, one: impl Fn(usize) -> String) -> Vec<Value> {
    (0..n)
        .map(|at| serde_json::from_str(&one(at)).unwrap())
        .collect()
}

/// Its second version is scaled to nothing, and has an image of another registry without a
/// fixed tag.
fn deployment(name: &str, at: usize, version: usize, label: &str) -> String {
    let (replicas, image) = [(3, "contoso.azurecr.io/web:1"), (0, "ghcr.io/web:latest")][version];
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"{name}{at}","namespace":"shop"}},"spec":{{"replicas":{replicas},"selector":{{"matchLabels":{{"app":"{label}"}}}},"template":{{"metadata":{{"labels":{{"app":"{label}"}}}},"spec":{{"containers":[{{"name":"web","image":"{image}"}}]}}}}}}}}"#
    )
}

fn scaled(at: usize, version: usize) -> String {
    let text = deployment("d", at, 0, "a");
    match version {
        0 => text,
        _ => text.replace(r#""replicas":3,"#, ""),
    }
}

fn autoscaler(at: usize) -> String {
    format!(
        r#"{{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{{"name":"h{at}","namespace":"shop"}},"spec":{{"scaleTargetRef":{{"kind":"Deployment","name":"d{at}"}}}}}}"#
    )
}

fn budget(at: usize, version: usize) -> String {
    let least = 1 + version;
    format!(
        r#"{{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{{"name":"p{at}","namespace":"shop"}},"spec":{{"minAvailable":{least},"selector":{{"matchLabels":{{"app":"a"}}}}}}}}"#
    )
}

fn moved_secret(at: usize, version: usize) -> String {
    let data = match version {
        0 => format!(r#"{{"password":"s3cr3t-{at}","url":"https://s3cr3t-{at}.contoso.com"}}"#),
        _ => format!(r#"{{"password":"other-{at}","url":"https://other-{at}.contoso.com"}}"#),
    };
    format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c{at}","namespace":"shop"}},"data":{data}}}"#
    )
}
