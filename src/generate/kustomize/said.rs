//! What Kustomize says, without what only its authors need.

use super::shown::Shown;

/// How many lines of output an error quotes.
const TAIL: usize = 20;

/// The end of what it said when it failed, with paths as seen from the source.
pub(super) fn failure(output: &str, shown: &Shown) -> String {
    let lines: Vec<_> = output
        .lines()
        .filter_map(plain)
        .filter(|line| !line.starts_with("# Warning: "))
        .collect();
    let text = shown.text(&without_command(&lines.join("\n")));
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// Each warning once.
pub(super) fn warnings(lines: &[String], shown: &Shown) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines.iter().filter_map(|line| plain(line)) {
        let line = line.trim_start_matches("# ");
        let line = line.strip_prefix("Warning: ").unwrap_or(line);
        let line = format!("kustomize: {}", shown.text(line));
        if !found.contains(&line) {
            found.push(line);
        }
    }
    found
}

/// A line without what kubectl's log puts around it; `None` when that is all.
fn plain(line: &str) -> Option<String> {
    let line = line.trim();
    let logged = line.split_once("] ").filter(|(head, _)| {
        let mut head = head.chars();
        let level = head.next().is_some_and(|c| "IWEF".contains(c));
        level && head.take(4).filter(char::is_ascii_digit).count() == 4
    });
    let text = logged.map_or(line, |(_, text)| text);
    let text = text.strip_prefix("\"command failed\" err=").unwrap_or(text);
    if logged.is_some() && text.starts_with('"') {
        // Quoted as Go does, which is nearly always what JSON does.
        return Some(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned()));
    }
    let frame =
        matches!(text, "<" | ">" | "") || text == "Use --debug flag to render out invalid YAML";
    (!frame).then(|| text.to_owned())
}

/// A text without the command line and environment that helm was run with.
fn without_command(text: &str) -> String {
    const START: &str = "unable to run: '";
    const END: &str = "' installed?)";
    let Some((before, rest)) = text.split_once(START) else {
        return text.to_owned();
    };
    match rest.split_once(END) {
        Some((_, after)) => format!(
            "{}helm failed{after}",
            before.trim_end_matches([' ', ':', '\n']).to_owned() + ": "
        ),
        None => text.to_owned(),
    }
}

/// What to do about a failure that is known.
pub(super) fn hint(said: &str, component: bool) -> Option<&'static str> {
    let unknown_target = "a patch is for a resource that is not in the overlay: check kind, name and namespace as they are before the overlay changes them";
    let known: [(&str, &str); 12] = [
        (
            "expected kind != 'Component'",
            "list it under `components` instead of `resources`",
        ),
        (
            "values.yaml' is not in or below",
            "give the chart a `valuesFile` in the folder of the kustomization, which may be empty: its own is read only where the chart is below that folder, or where `kustomizeAllow: filesOutsideRoot` is set",
        ),
        (
            "is not in or below",
            "move the file into the folder of the kustomization, or give its own folder a kustomization.yaml and name the folder, or set `kustomizeAllow: filesOutsideRoot`",
        ),
        (
            ".env'",
            "files named `.env` are often not committed: write it in a step before, or take the entry out",
        ),
        (
            "already registered id",
            "the same resource comes from two places: take one out, or make it a patch",
        ),
        ("no matches for Id", unknown_target),
        ("failed to find unique target for patch", unknown_target),
        (
            "unknown field",
            "a misspelled field, or one that this release of Kustomize does not know: see `kustomizeVersion`",
        ),
        (
            "unknown shorthand flag: 'c'",
            "this Kustomize cannot call Helm 4: use Kustomize 5.8.1 or later, or Helm 3 with `helmVersion: 3.21.4`",
        ),
        (
            "unknown flag",
            "this Kustomize is too old for charts: set `tools` to `pinned`, or use release 5.3 or later",
        ),
        (
            "git fetch",
            "a remote base is read by git without credentials: copy it into the source if it is not public",
        ),
        (
            "evalsymlink failure",
            "a file that is named is not there: check its spelling, and that it is committed",
        ),
    ];
    if component {
        return Some(
            "a Component cannot be built alone: name an overlay that lists it under `components`",
        );
    }
    let found = known.iter().find(|(part, _)| said.contains(part));
    found.map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("Error: no such file", Some("Error: no such file"))]
    #[case(
        "E1121 12:34:16.893181   23255 run.go:72] \"command failed\" err=\"lstat \\\"a\\\": gone\"",
        Some("lstat \"a\": gone")
    )]
    #[case(
        "E1121 12:34:17.071777   23272 run.go:72] \"command failed\" err=<",
        None
    )]
    #[case("\tError: no shop today", Some("Error: no shop today"))]
    #[case(" >", None)]
    fn a_line_of_a_log_is_told_plainly(#[case] line: &str, #[case] plain_: Option<&str>) {
        assert_eq!(plain(line).as_deref(), plain_);
    }

    #[test]
    fn a_kustomize_that_is_too_old_for_helm_4_is_told() {
        let said = "Error: unknown shorthand flag: 'c' in -c: helm failed: exit status 1";
        assert_eq!(
            hint(said, false),
            Some(
                "this Kustomize cannot call Helm 4: use Kustomize 5.8.1 or later, or Helm 3 with `helmVersion: 3.21.4`"
            )
        );
    }

    #[test]
    fn helms_command_line_is_left_out() {
        let said = "Error: no shop today\n: unable to run: '/x/helm template' with env=[A=b] (is '/x/helm' installed?): exit status 1";
        assert_eq!(
            without_command(said),
            "Error: no shop today: helm failed: exit status 1"
        );
    }
}
