//! The range of source commits: a line that counts them, and their subjects.

use super::describe::count;
use super::{Plans, safe};
use crate::commits::{Between, Commits};

/// Digits of a commit that are shown.
const SHORT: usize = 10;

/// The different ranges of some plans, each with the environments that have it where
/// there are several.
pub(super) fn ranges(plans: Plans<'_>) -> Vec<(Option<String>, &Commits)> {
    let mut ranges: Vec<(Vec<&str>, &Commits)> = Vec::new();
    for (name, plan) in plans {
        let Some(range) = &plan.commits else {
            continue;
        };
        match ranges.iter_mut().find(|(_, one)| *one == range) {
            Some((names, _)) => names.push(*name),
            None => ranges.push((vec![*name], range)),
        }
    }
    let named = |names: Vec<&str>| (plans.len() > 1).then(|| super::named(plans, &names));
    ranges
        .into_iter()
        .map(|(names, range)| (named(names), range))
        .collect()
}

/// How many commits come since which, in Markdown, with a link where there is one.
pub(super) fn marked_down(commits: &Commits, environments: Option<&str>) -> String {
    let short = safe::code(&short(commits));
    let from = match page(commits) {
        Some(link) => format!("[{short}]({})", address(link)),
        None => short,
    };
    told(commits, environments.map(safe::environments), &from)
}

/// The same as plain text, with the address behind it.
pub(super) fn plain(commits: &Commits, environments: Option<&str>) -> String {
    let environments = environments.map(str::to_owned);
    let told = told(commits, environments, &short(commits));
    match page(commits) {
        Some(link) => format!("{told} ({})", address(link)),
        None => told,
    }
}

/// The page of the host, and nothing else that a link can be.
fn page(commits: &Commits) -> Option<&str> {
    let link = commits.link.as_deref()?;
    let is_page = |scheme| link.starts_with(scheme);
    (is_page("https://") || is_page("http://")).then_some(link)
}

fn short(commits: &Commits) -> String {
    commits.from.chars().take(SHORT).collect()
}

fn told(commits: &Commits, environments: Option<String>, from: &str) -> String {
    let what = environments.map_or_else(
        || "Source commits".to_owned(),
        |names| format!("Source commits of {names}"),
    );
    let Some(Between { added, removed, .. }) = &commits.between else {
        return format!("{what}: compared with {from}");
    };
    match (added, removed) {
        (0, removed) => format!("{what}: back by {} from {from}", count(*removed, "commit")),
        (added, 0) => format!("{what}: {added} since {from}"),
        (added, removed) => format!(
            "{what}: {added} that {from} does not have; {removed} of its own {}",
            if *removed == 1 { "goes" } else { "go" }
        ),
    }
}

/// What stands above the subjects.
pub(super) fn heading(commits: &Commits) -> &'static str {
    let between = commits.between.as_ref();
    if between.is_some_and(|between| between.added == 0) {
        "Source commits taken back"
    } else {
        "Source commits"
    }
}

/// The subjects of the commits, and a line that counts those that are not listed.
pub(super) fn subjects(commits: &Commits) -> (Vec<String>, Option<String>) {
    let Some(Between {
        added,
        removed,
        subjects,
    }) = &commits.between
    else {
        return (Vec::new(), None);
    };
    let all = if *added == 0 { *removed } else { *added };
    let left = all.saturating_sub(subjects.len());
    (
        subjects.clone(),
        (left > 0).then(|| format!("… {left} more")),
    )
}

/// An address that cannot end the link that it is in.
fn address(link: &str) -> String {
    let mut safe = String::new();
    for c in link.chars() {
        match c {
            '(' => safe.push_str("%28"),
            ')' => safe.push_str("%29"),
            '<' => safe.push_str("%3C"),
            '>' => safe.push_str("%3E"),
            '\\' => safe.push_str("%5C"),
            c if c.is_whitespace() || c.is_control() => safe.push_str("%20"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(between: Option<(usize, usize, &[&str])>) -> Commits {
        Commits {
            from: "0123456789abcdef".into(),
            to: "f".into(),
            link: Some("https://contoso.com/a (1)/compare".into()),
            between: between.map(|(added, removed, subjects)| Between {
                added,
                removed,
                subjects: subjects.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    #[rstest::rstest]
    #[case(
        None,
        "Source commits: compared with [`0123456789`](https://contoso.com/a%20%281%29/compare)",
        &[]
    )]
    #[case(
        Some((3, 0, &["one", "two"][..])),
        "Source commits: 3 since [`0123456789`](https://contoso.com/a%20%281%29/compare)",
        &["one", "two", "… 1 more"]
    )]
    #[case(
        Some((0, 1, &["`](javascript:x) <b>"][..])),
        "Source commits: back by 1 commit from [`0123456789`](https://contoso.com/a%20%281%29/compare)",
        &["`](javascript:x) <b>"]
    )]
    #[case(
        Some((1, 1, &["one"][..])),
        "Source commits: 1 that [`0123456789`](https://contoso.com/a%20%281%29/compare) does not have; 1 of its own goes",
        &["one"]
    )]
    fn a_range_is_a_line_and_subjects(
        #[case] between: Option<(usize, usize, &[&str])>,
        #[case] line: &str,
        #[case] all: &[&str],
    ) {
        let range = range(between);
        assert_eq!(marked_down(&range, None), line);
        let (mut lines, left) = subjects(&range);
        lines.extend(left);
        assert_eq!(lines, all);
    }

    #[rstest::rstest]
    #[case(None)]
    #[case(Some("javascript:alert(1)"))]
    fn without_a_page_there_is_no_link(#[case] link: Option<&str>) {
        let range = Commits {
            link: link.map(str::to_owned),
            ..range(None)
        };
        assert_eq!(
            marked_down(&range, Some("dev, prod")),
            "Source commits of `dev, prod`: compared with `0123456789`"
        );
        assert_eq!(
            plain(&range, None),
            "Source commits: compared with 0123456789"
        );
    }
}
