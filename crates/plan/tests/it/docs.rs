//! The page of rules is the table of rules. `UPDATE_DOCS=1` writes it.

use gitops_plan::risk::{RULES, Revert, Severity};

const START: &str = "<!-- rules: written by `UPDATE_DOCS=1 cargo test -p gitops-plan` -->\n";
const END: &str = "<!-- end of rules -->\n";

fn table() -> String {
    let mut out = String::from(
        "| rule | severity | what git can take back | what it is about |\n|---|---|---|---|\n",
    );
    for rule in RULES {
        let severity = match rule.severity {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Info => "info",
        };
        let revert = match rule.forward {
            Revert::Full => "all of it",
            Revert::Recreates => "recreates",
            Revert::LosesData => "loses data",
            Revert::Impossible => "nothing",
        };
        out.push_str(&format!(
            "| `{}` | {severity} | {revert} | {} |\n",
            rule.id, rule.about
        ));
    }
    out
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test writes the page that it checks"
)]
fn the_page_of_rules_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/risks.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{START}\n{}\n{END}{after}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, expected).unwrap();
    } else {
        assert_eq!(
            page, expected,
            "run `UPDATE_DOCS=1 cargo test -p gitops-plan`"
        );
    }
}
