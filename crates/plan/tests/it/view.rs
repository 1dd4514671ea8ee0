//! What people see of a plan, and that nothing in a manifest gets out of its place.

use gitops_plan::risk::Severity;
use gitops_plan::view::{Detail, Mark, View, mark, markdown, text};
use gitops_plan::{Value, fold, plan};

use crate::read::{documents, options, planned, resources};

const OLD: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {helm.sh/chart: a-1}}
spec: {replicas: 3}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: shop}
data: {run.sh: \"a\\nb\\n\", one: x}
---
apiVersion: v1
kind: Service
metadata: {name: gone, namespace: shop}
";
const NEW: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {helm.sh/chart: a-2}}
spec: {replicas: 1, paused: true, template: {spec: {containers: []}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: shop}
data: {run.sh: \"a\\nc\\n\", one: x}
";

#[test]
fn for_a_terminal() {
    let plan = planned(OLD, NEW);
    let expected = "\
2 changed, 1 deleted; 4 fields to read
! high replicas-drop: Deployment shop/web: replicas fall from 3 to 1
~ apps/v1 Deployment shop/web
    + spec.paused: true
    - spec.replicas: 3
    + spec.replicas: 1
    + spec.template: {\"spec\":{\"containers\":[]}}
    noise not shown: 1 chart label
- v1 Service shop/gone
~ v1 ConfigMap shop/c
    ~ data[\"run.sh\"]:
      @ 2
    - b
    + c
";
    assert_eq!(text(&[("dev", &plan)], View::default()), expected);
    let full = text(
        &[("dev", &plan)],
        View {
            detail: Detail::Full,
            ..View::default()
        },
    );
    assert!(
        full.contains("    - metadata.labels[\"helm.sh/chart\"]: a-1\n"),
        "{full}"
    );
}

#[test]
fn for_a_pull_request() {
    let expected = "\
2 changed, 1 deleted; 4 fields to read

- **high** `replicas-drop` `Deployment shop/web` replicas fall from 3 to 1

- changed `Deployment shop/web`

  ```diff
  + spec.paused: true
  - spec.replicas: 3
  + spec.replicas: 1
  + spec.template: {\"spec\":{\"containers\":[]}}
  ```

  noise not shown: 1 chart label
- deleted `Service shop/gone`
- changed `ConfigMap shop/c`

  ```diff
  ~ data[\"run.sh\"]:
    @ 2
  - b
  + c
  ```

";
    assert_eq!(
        markdown(&[("dev", &planned(OLD, NEW))], View::default()),
        expected
    );
}

#[test]
fn resources_with_noise_only_are_one_line() {
    let labeled = |version: u32| {
        let one = |n| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}, labels: {{helm.sh/chart: a-{version}}}}}\n"
            )
        };
        (0..20).map(one).collect::<Vec<_>>().join("---\n")
    };
    let plan = planned(&labeled(1), &labeled(2));
    let line = "20 resources with noise only; noise not shown: 20 chart labels\n";
    let plans = [("dev", &plan)];
    assert_eq!(text(&plans, View::default()).lines().count(), 2);
    assert!(text(&plans, View::default()).ends_with(line));
    assert!(markdown(&plans, View::default()).ends_with(line));
    let full = View {
        detail: Detail::Full,
        ..View::default()
    };
    assert_eq!(text(&plans, full).lines().count(), 1 + 20 * 3);
}

#[test]
fn what_does_not_fit_is_left_out_from_the_least_risky_and_counted() {
    let one = |n: usize, replicas: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: 'd{n}😀'}}\nspec: {{replicas: {replicas}, template: {{spec: {{containers: []}}}}}}\n"
        )
    };
    let all = |replicas: &dyn Fn(usize) -> u32| {
        (0..300)
            .map(|n| one(n, replicas(n)))
            .collect::<Vec<_>>()
            .join("---\n")
    };
    // The last hundred are scaled to nothing.
    let plan = planned(&all(&|_| 3), &all(&|n| if n < 200 { 4 } else { 0 }));
    let plans = [("dev", &plan)];
    assert!(!markdown(&plans, View::default()).contains("left out"));
    for limit in [0, 100, 1_000, 3_500, 10_000, 40_000] {
        let view = View {
            limit,
            ..View::default()
        };
        let cut = markdown(&plans, view);
        assert!(cut.encode_utf16().count() <= limit, "{limit}");
        if (3_500..40_000).contains(&limit) {
            assert!(cut.contains("resources left out\n"), "{cut}");
            assert!(cut.contains("findings left out\n"), "{cut}");
            let risky = cut.matches(": 0\n").count();
            assert!(
                risky > 0 && (risky == 100 || !cut.contains(": 4\n")),
                "{limit}"
            );
        }
    }
}

#[test]
fn the_log_names_every_risk_and_everything_that_goes_whatever_the_limit() {
    let gone = |n: usize| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: gone{n}}}\n");
    let new = |n: usize| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: new{n}}}\n");
    let web = |replicas: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {replicas}, template: {{spec: {{containers: []}}}}}}\n"
        )
    };
    let all = |one: &dyn Fn(usize) -> String, replicas| {
        let all = (0..50).map(one).chain([web(replicas)]);
        all.collect::<Vec<_>>().join("---\n")
    };
    let plan = planned(&all(&gone, 3), &all(&new, 1));
    let plans = [("dev", &plan)];
    for limit in [0, 500, 2_000, 8_000] {
        let view = View {
            limit,
            ..View::default()
        };
        let cut = text(&plans, view);
        for n in 0..50 {
            assert!(cut.contains(&format!("- v1 Service gone{n}\n")), "{cut}");
        }
        assert!(
            cut.contains("! high replicas-drop: Deployment web"),
            "{cut}"
        );
        assert!(cut.contains("~ apps/v1 Deployment web\n"), "{cut}");
        let whole = cut.contains("    + spec.replicas: 1\n");
        let said = cut.contains("… the fields of 1 resource left out\n");
        assert_eq!((whole, said), (limit > 0, limit == 0), "{limit}: {cut}");
        let all_new = (0..50).all(|n| cut.contains(&format!("+ v1 Service new{n}\n")));
        assert_eq!(all_new, limit == 8_000, "{limit}: {cut}");
        assert_eq!(
            cut.contains("resources left out\n"),
            (1_000..8_000).contains(&limit),
            "{cut}"
        );
    }
}

#[test]
fn in_brief_each_resource_is_a_line() {
    let plan = planned(OLD, NEW);
    let view = View {
        detail: Detail::Stat,
        ..View::default()
    };
    let expected = "\
2 changed, 1 deleted; 4 fields to read; risks: 1 high
~ apps/v1 Deployment shop/web: 3 fields, high
- v1 Service shop/gone
~ v1 ConfigMap shop/c: 1 field
";
    assert_eq!(text(&[("dev", &plan)], view), expected);
}

#[test]
fn the_mark_of_a_line_is_where_the_view_puts_it() {
    let plan = planned(OLD, NEW);
    let shown = text(&[("dev", &plan)], View::default());
    let marks: Vec<_> = shown.lines().map(mark).collect();
    let expected = [
        Mark::Plain,
        Mark::Risk(Severity::High),
        Mark::Changed,
        Mark::Added,
        Mark::Removed,
        Mark::Added,
        Mark::Added,
        Mark::Plain,
        Mark::Removed,
        Mark::Changed,
        Mark::Changed,
        Mark::Plain,
        Mark::Removed,
        Mark::Added,
    ];
    assert_eq!(marks, expected, "{shown}");
    // Content that looks like a marker is shown as content.
    assert_eq!(mark("      - a list in a text"), Mark::Plain);
    assert_eq!(mark("! loud"), Mark::Plain);
}

#[test]
fn hostile_texts_stay_where_they_are() {
    let hostile = [
        "##vso[task.setvariable variable=a]b",
        "##[error]x",
        "`</details><script>alert(1)</script>",
        "a|b|c\n|---|",
        "\u{1b}[2Jx",
        "```\n# title",
        "[x](http://a.b)",
        "@team",
        "\u{202e}abc",
        "\r\n##vso[x]",
        "~~~\n<img src=x>",
    ];
    for bad in hostile {
        let mut documents = documents(NEW);
        let Value::Map(pairs) = &mut documents[1] else {
            unreachable!()
        };
        pairs.retain(|(key, _)| key != "data" && key != "metadata");
        let text_of = |text: &str| Value::Str(text.to_owned());
        pairs.push((
            "metadata".into(),
            Value::Map(vec![
                ("name".into(), text_of(bad)),
                ("namespace".into(), text_of(bad)),
            ]),
        ));
        pairs.push((
            "data".into(),
            Value::Map(vec![
                (bad.into(), text_of(bad)),
                ("lines".into(), text_of(&format!("{bad}\n{bad}\n"))),
                ("flux".into(), text_of(&format!("#{{{bad}}}# ${{A}}"))),
            ]),
        ));
        let image = format!(
            "{{\"name\": {0}, \"image\": {0}, \"securityContext\": {{\"capabilities\": {{\"add\": [{0}]}}}}}}",
            serde_json::to_string(bad).unwrap()
        );
        let pod = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p\"}},\"spec\":{{\"containers\":[{image}]}}}}"
        );
        documents.push(serde_json::from_str(&pod).unwrap());
        let mut old = documents.clone();
        if let Value::Map(pairs) = &mut old[1] {
            pairs.pop();
        }
        for (old, new) in [
            (&old, &documents),
            (&documents, &old),
            (&Vec::new(), &documents),
        ] {
            let plan = plan(&resources(old), &resources(new), &options());
            let (lines, marked) = (
                text(&[("dev", &plan)], View::default()),
                markdown(&[("dev", &plan)], View::default()),
            );
            for out in [&lines, &marked] {
                assert!(!out.contains("##"), "{out}");
                assert!(out.chars().all(|c| c == '\n' || !c.is_control()), "{out:?}");
                assert!(!out.contains('\u{202e}'));
            }
            let mut fence: Option<String> = None;
            for line in marked.lines() {
                let trimmed = line.trim_start();
                match &fence {
                    None if trimmed.starts_with("```") => {
                        fence = Some(trimmed.trim_end_matches("diff").to_owned());
                    }
                    Some(end) if trimmed.starts_with(end.as_str()) => fence = None,
                    // Outside of code, there is nothing of the manifest.
                    None => {
                        let outside: String = trimmed.split('`').step_by(2).collect();
                        let rest = outside
                            .replace("\\<", "")
                            .replace("\\[", "")
                            .replace("\\@", "")
                            .replace("\\|", "");
                        assert!(!rest.contains(['<', '[', '@', '|']), "{line}");
                    }
                    Some(_) => {}
                }
            }
            assert_eq!(fence, None, "{marked}");
        }
    }
}

#[test]
fn the_same_change_in_several_environments_is_one() {
    let (dev, prod) = (
        planned(OLD, NEW),
        planned(OLD, &NEW.replace("replicas: 1", "replicas: 2")),
    );
    let plans = [("dev", &dev), ("qa", &dev), ("prod", &prod)];
    let folded: Vec<_> = fold::resources(&plans)
        .iter()
        .map(|one| (one.change.resource.short(), one.environments.join(" ")))
        .collect();
    let expected = [
        ("ConfigMap shop/c", "dev qa prod"),
        ("Deployment shop/web", "dev qa"),
        ("Service shop/gone", "dev qa prod"),
        ("Deployment shop/web", "prod"),
    ];
    assert_eq!(
        folded,
        expected.map(|(name, environments)| (name.to_owned(), environments.to_owned()))
    );
    let shown = text(&plans, View::default());
    let expected = [
        "dev: 2 changed, 1 deleted; 4 fields to read",
        "! high replicas-drop: Deployment shop/web: replicas fall from 3 to 1 [dev, qa]",
        "~ apps/v1 Deployment shop/web [dev, qa]",
        "- v1 Service shop/gone [dev, qa, prod]",
    ];
    for line in expected {
        assert!(shown.lines().any(|found| found == line), "{shown}");
    }
    let shown = markdown(&plans, View::default());
    assert!(
        shown.contains("- deleted `Service shop/gone` in `dev, qa, prod`\n"),
        "{shown}"
    );
    let findings = fold::findings(&plans);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].environments, ["dev", "qa"]);
}

#[test]
fn of_many_environments_all_of_them_have_no_names() {
    let plan = planned(OLD, NEW);
    let names: Vec<_> = (0..50).map(|n| format!("e{n}")).collect();
    let mut plans: Vec<_> = names.iter().map(|name| (name.as_str(), &plan)).collect();
    let shown = text(&plans, View::default());
    assert!(
        shown.contains("- v1 Service shop/gone [all 50 environments]\n"),
        "{shown}"
    );
    let shown = markdown(&plans, View::default());
    assert!(
        shown.contains("- deleted `Service shop/gone` in all 50 environments\n"),
        "{shown}"
    );
    // Of some, the names are needed.
    let other = planned(OLD, OLD);
    plans.push(("other", &other));
    let shown = text(&plans, View::default());
    assert!(
        shown.contains("- v1 Service shop/gone [e0, e1, e2"),
        "{shown}"
    );
}
