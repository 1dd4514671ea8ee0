//! Every view of a plan whose every text is hostile: what a text holds changes the text
//! and nothing else.

use gitops_plan::Plan;
use gitops_plan::view::{Detail, Heading, View, html, junit, markdown, text};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A plan with `X` wherever a manifest, a name or a person has a say.
fn template() -> Value {
    let id = json!({"apiVersion": "X", "kind": "X", "namespace": "X", "name": "X"});
    let field = |change: &str, more: Value| {
        let mut field = json!({"path": "X", "change": change});
        let pairs = more.as_object().unwrap().clone();
        field.as_object_mut().unwrap().extend(pairs);
        field
    };
    let finding = |severity: &str, more: Value| {
        let mut finding = json!({
            "rule": "X", "severity": severity, "message": "X", "resource": id, "file": "X",
            "line": 3, "field": "X", "revert": "losesData",
        });
        let pairs = more.as_object().unwrap().clone();
        finding.as_object_mut().unwrap().extend(pairs);
        finding
    };
    let fields = json!([
        field("added", json!({"new": "X"})),
        field("removed", json!({"old": "X"})),
        field("replaced", json!({"old": "X", "new": {"X": ["X", 1]}})),
        field(
            "text",
            json!({"text": {"removed": 1, "added": 1, "lines": ["@ 2", "-X", "+X", " X"], "leftOut": 3}})
        ),
        field("order", json!({})),
        field("unknown", json!({})),
        field(
            "replaced",
            json!({"hidden": {"why": "secret", "old": "X", "new": "X"}})
        ),
        field(
            "replaced",
            json!({"old": "X", "new": "X", "noise": "checksum"})
        ),
    ]);
    let change = |action: &str, more: Value| {
        let mut change = json!({
            "action": action, "resource": id, "file": "X", "line": 7, "fields": fields, "revert": "recreates",
        });
        let pairs = more.as_object().unwrap().clone();
        change.as_object_mut().unwrap().extend(pairs);
        change
    };
    json!({
        "version": 1,
        "summary": {
            "actions": {"changed": 1, "deleted": 1}, "unchanged": 2, "noiseOnly": 0, "fields": 14,
            "noise": {"checksum": 2}, "severities": {"critical": 1, "medium": 1}, "allowed": 1,
            "reverts": {"losesData": 2},
        },
        "commits": {
            "from": "X", "to": "X", "link": "X",
            "between": {"added": 3, "removed": 1, "subjects": ["X", "X"]},
        },
        "findings": [
            finding("critical", json!({})),
            finding("high", json!({"allowed": {"reason": "X", "until": "X"}})),
            finding("high", json!({"existing": true})),
            finding("medium", json!({"expired": "X"})),
        ],
        "resources": [
            change("renamed", json!({"from": id, "recreated": true, "risk": "critical", "fieldsCut": true,
                "images": [{"path": "X", "old": "X", "new": "X"}]})),
            change("deleted", json!({})),
        ],
    })
}

fn filled(value: &Value, with: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('X', with)),
        Value::Array(items) => items.iter().map(|item| filled(item, with)).collect(),
        Value::Object(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.replace('X', with), filled(value, with)))
            .collect(),
        other => other.clone(),
    }
}

/// The views of two environments whose names, too, are hostile.
fn views(with: &str) -> [(&'static str, String); 6] {
    let plan = Plan::from_json(&filled(&template(), with).to_string()).unwrap();
    let mut other = plan.clone();
    other.resources.pop();
    let (first, second) = (format!("a{with}"), format!("b{with}"));
    let plans = [(first.as_str(), &plan), (second.as_str(), &other)];
    let lines = [with.to_owned()];
    let heading = Heading {
        title: with,
        lines: &lines,
    };
    let clean = |text: &str| text.to_owned();
    let view = |detail| View {
        detail,
        ..View::default()
    };
    [
        ("text", text(&plans, view(Detail::Full))),
        ("stat", text(&plans, view(Detail::Stat))),
        ("markdown", markdown(&plans, view(Detail::Full))),
        ("html", html(&plans, heading, &clean)),
        ("junit", junit(&plans, Some(with), &clean)),
        ("junit alone", junit(&[], None, &clean)),
    ]
}

/// The markup of a page or a file: everything between angle brackets, without the places
/// of code in sentences, which backticks make.
fn markup(view: &str, attributes: bool) -> Vec<String> {
    let mut tags = Vec::new();
    for part in view.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.split(' ').next().unwrap();
        if !["code", "/code"].contains(&name) {
            tags.push(if attributes { tag } else { name }.to_owned());
        }
    }
    tags
}

/// What is in Markdown outside of code.
fn outside_of_code(view: &str) -> String {
    let mut fence: Option<String> = None;
    let mut outside = String::new();
    for line in view.lines() {
        let trimmed = line.trim_start();
        match &fence {
            None if trimmed.starts_with("```") => {
                fence = Some(trimmed.trim_end_matches("diff").to_owned());
            }
            Some(end) if trimmed == end => fence = None,
            None => outside.extend(trimmed.split('`').step_by(2)),
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "{view}");
    outside
}

fn check(with: &str) {
    let benign = views("x");
    for ((name, shown), (_, benign)) in views(with).iter().zip(&benign) {
        let bad = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{61c}')
        };
        assert!(!shown.contains(bad), "{name}: {shown:?}");
        let lower = shown.to_lowercase();
        assert!(
            !lower.contains("##vso[") && !lower.contains("##["),
            "{name}: {shown}"
        );
        assert_eq!(
            shown.lines().count(),
            benign.lines().count(),
            "{name}: {shown}"
        );
        match *name {
            "html" => {
                assert_eq!(markup(shown, true), markup(benign, true), "{shown}");
            }
            "junit" | "junit alone" => {
                assert_eq!(markup(shown, false), markup(benign, false), "{shown}");
                assert!(!shown.contains(['\u{fffe}', '\u{ffff}']), "{shown:?}");
                let quotes = |view: &str| view.matches('"').count();
                assert_eq!(quotes(shown), quotes(benign), "{shown}");
                let entity = |part: &str| {
                    ["amp;", "lt;", "gt;", "quot;", "#39;"]
                        .iter()
                        .any(|known| part.starts_with(known))
                };
                assert!(shown.split('&').skip(1).all(entity), "{shown}");
            }
            "markdown" => {
                let outside = outside_of_code(shown);
                let unescaped = |special: char| {
                    let mut before = ' ';
                    outside.chars().any(|c| {
                        let found = c == special && before != '\\';
                        before = if before == '\\' { ' ' } else { c };
                        found
                    })
                };
                for special in ['<', '[', '@', '|', '#', '!'] {
                    assert!(!unescaped(special), "{special}: {outside}");
                }
            }
            _ => {}
        }
    }
}

const HOSTILE: [&str; 24] = [
    "##vso[task.setvariable variable=a]b",
    "##VSO[task.complete]",
    "###[error]x",
    "`</details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "--><!-- ]]> <![CDATA[",
    "&lt;b&gt;&#x3c;",
    "</script></style></title></pre>",
    "a|b|c\n|---|",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "```\n# title",
    "~~~\n<img src=x>",
    "[x](http://contoso.com) ![y](http://contoso.com)",
    "@team #1 !2",
    "\u{202e}abc\u{2066}",
    "a\u{200b}\u{ad}\u{feff}b",
    "\r\n##vso[x]",
    "\0\u{85}\u{9b}31m",
    "\u{fffe}\u{ffff}\u{2028}\u{2029}",
    "\\",
    "\\`<b>`\\",
    "+ a\n- b\n    ! critical x",
];

#[test]
fn hostile_texts_change_nothing_but_the_text() {
    for bad in HOSTILE {
        check(bad);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_text_changes_anything_but_the_text(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
                "[#vso\\[\\]`<>&\"'\\\\|+-]{1,6}",
                any::<char>().prop_map(String::from),
            ],
            1..6,
        )
    ) {
        check(&parts.concat());
    }
}

#[test]
fn a_page_runs_and_loads_nothing_but_what_it_brings() {
    let [.., (_, page), _, _] = views("x");
    let policy = page
        .split("content=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    // Each of them would ask somebody for something.
    for part in ["http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(part), "{part}");
    }
    for (tag, hashed) in [("style", "style-src"), ("script", "script-src")] {
        let (_, rest) = page.split_once(&format!("<{tag}>")).unwrap();
        let (inside, _) = rest.split_once(&format!("</{tag}>")).unwrap();
        let hash = sha256(inside);
        assert!(
            policy.contains(&format!("{hashed} 'sha256-{hash}'")),
            "{tag}: {policy}"
        );
    }
}

fn sha256(text: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text.as_bytes()))
}

#[test]
fn findings_become_tests_that_fail_pass_or_are_skipped() {
    let plan = Plan::from_json(&filled(&template(), "x").to_string()).unwrap();
    let mut other = plan.clone();
    other.findings.truncate(1);
    let plans = [("dev", &plan), ("prod", &other)];
    let shown = junit(&plans, Some("too much goes"), &|text| {
        text.replace("goes", "***")
    });
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"GitOps plan\" tests=\"5\" failures=\"2\" errors=\"0\" skipped=\"2\">
<testsuite name=\"GitOps plan\" tests=\"5\" failures=\"2\" errors=\"0\" skipped=\"2\">
<testcase classname=\"gitops.publishing\" name=\"nothing stops publishing\" time=\"0\"><failure type=\"stopped\" message=\"too much ***\"/></testcase>
<testcase classname=\"gitops.x\" name=\"x: x x/x x [dev, prod]\" time=\"0\"><failure type=\"critical\" message=\"critical: x (git brings it back without its data)\"/></testcase>
<testcase classname=\"gitops.x\" name=\"x: x x/x x [dev]\" time=\"0\"><skipped message=\"high: x (git brings it back without its data) (allowed until `x`: `x`)\"/></testcase>
<testcase classname=\"gitops.x\" name=\"x: x x/x x [dev]\" time=\"0\"><skipped message=\"high: x (git brings it back without its data) (it was so before)\"/></testcase>
<testcase classname=\"gitops.x\" name=\"x: x x/x x [dev]\" time=\"0\"><system-out>medium: x (git brings it back without its data) (was allowed until `x`)</system-out></testcase>
</testsuite>
</testsuites>
";
    assert_eq!(shown, expected);
    let none = junit(&[], None, &str::to_owned);
    assert!(none.contains("tests=\"1\" failures=\"0\""), "{none}");
    assert!(none.contains("name=\"no risk was found\""), "{none}");
}

#[test]
fn of_very_many_findings_the_most_severe_are_tests() {
    let mut plan = Plan::from_json(&filled(&template(), "x").to_string()).unwrap();
    let one = plan.findings[0].clone();
    plan.findings = (0..10_000)
        .map(|n| gitops_plan::risk::Finding {
            message: format!("m{n} {}", "long ".repeat(1_000)),
            ..one.clone()
        })
        .collect();
    let shown = junit(&[("dev", &plan)], None, &str::to_owned);
    assert_eq!(shown.matches("<testcase ").count(), 1_001);
    assert!(shown.contains("name=\"9000 more findings are not listed\""));
    assert!(shown.len() < 4 << 20, "{}", shown.len());
}

#[test]
fn a_page_that_would_be_too_large_names_every_resource_without_its_fields() {
    let mut plan = Plan::from_json(&filled(&template(), "x").to_string()).unwrap();
    let mut one = plan.resources[1].clone();
    one.fields[0].new = Some(gitops_plan::Value::Str("v".repeat(20_000)));
    plan.resources = (0..1_000)
        .map(|n| {
            let mut one = one.clone();
            one.resource.name = format!("n{n}");
            one
        })
        .collect();
    let lines = Vec::new();
    let heading = Heading {
        title: "t",
        lines: &lines,
    };
    let page = html(&[("dev", &plan)], heading, &str::to_owned);
    assert!(page.len() < 6 << 20, "{}", page.len());
    assert!((0..1_000).all(|n| page.contains(&format!("<code class=\"name\">x x/n{n}</code>"))));
    let said = "The page would be too large: the fields of ";
    assert!(page.contains(said) && page.contains(" resources left out."));
}

#[test]
fn a_page_counts_what_a_browser_could_not_hold() {
    let mut plan = Plan::from_json(&filled(&template(), "x").to_string()).unwrap();
    let (finding, change) = (plan.findings[0].clone(), plan.resources[1].clone());
    plan.findings = (0..30_000)
        .map(|n| gitops_plan::risk::Finding {
            message: format!("m{n}"),
            ..finding.clone()
        })
        .collect();
    plan.resources = (0..60_000)
        .map(|n| {
            let mut one = change.clone();
            one.resource.name = format!("n{n}");
            one
        })
        .collect();
    let heading = Heading {
        title: "t",
        lines: &[],
    };
    let page = html(&[("dev", &plan)], heading, &str::to_owned);
    assert!(page.len() < 9 << 20, "{}", page.len());
    assert!(page.contains(" more findings left out."));
    assert!(page.contains(" more resources left out."));
    // What matters most comes first.
    assert!(page.contains("m0") && page.contains("<code class=\"name\">x x/n0</code>"));
}
