//! What helm printed: cut into documents, and put into files by template.

use std::collections::BTreeMap;

use super::error::HelmFault;
use super::{HelmOptions, Keep};
use crate::model::{FileSet, Finding, PathError, RelPath};
use crate::text::{Kind, Node, yaml};

/// What helm puts in front of every document of a template.
const SOURCE: &str = "# Source: ";

/// The namespace that counts as none.
const DEFAULT: &str = "default";

/// The annotation that makes a resource a hook.
const HOOK: &str = "helm.sh/hook";

/// Files by template, and what is worth telling.
#[derive(Debug)]
pub(super) struct Sorted {
    pub files: FileSet,
    /// How many documents are in them.
    pub documents: usize,
    /// How many of these are in the namespace `default`.
    pub in_default: usize,
    pub findings: Vec<Finding>,
}

/// Why output cannot be sorted.
#[derive(Debug)]
pub(super) enum SortError {
    Helm(HelmFault),
    Path(PathError),
}

/// Puts each document into the file of the template that made it, in the order
/// in which helm printed them. Lines end in line feeds, comments about the
/// source are gone, empty documents too.
pub(super) fn sort(stdout: &str, options: &HelmOptions) -> Result<Sorted, SortError> {
    let text = without_carriage_returns(stdout);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let (mut documents, mut in_default, mut findings) = (0, 0, Vec::new());
    let mut file = "templates".to_owned();
    for piece in pieces(&text) {
        let piece = match piece.split_once('\n').unwrap_or((piece, "")) {
            (first, rest) if first.starts_with(SOURCE) => {
                first[SOURCE.len()..].trim_end().clone_into(&mut file);
                rest
            }
            _ => piece,
        };
        let has_default = options.namespace.is_none() && piece.contains(DEFAULT);
        match shape(piece) {
            Shape::Nothing => continue,
            // Whoever reads the file next sees whether the rest is YAML, too.
            Shape::Map if !has_default && !asks_for_hooks(options) => {}
            Shape::Map | Shape::Unclear => {
                let parsed = yaml::parse(piece).map_err(|source| {
                    SortError::Helm(HelmFault::Rendered {
                        file: file.clone(),
                        source,
                    })
                })?;
                let Some(root) = parsed.into_iter().map(|document| document.root).next() else {
                    continue;
                };
                match &root.kind {
                    _ if root.is_null() => continue,
                    Kind::Mapping(pairs) if pairs.is_empty() => continue,
                    Kind::Mapping(_) => {}
                    _ => {
                        findings.push(Finding::warning(
                            &file,
                            format!("a document is {}, not a map: it is dropped", root.noun()),
                        ));
                        continue;
                    }
                }
                if dropped(&root, options) {
                    continue;
                }
                let namespace = below(&root, &["metadata", "namespace"]);
                in_default += usize::from(namespace == Some(DEFAULT));
            }
        }
        documents += 1;
        let content = files.entry(file_name(&file)).or_default();
        if !content.is_empty() {
            content.push_str("---\n");
        }
        content.push_str(trimmed(piece));
        content.push('\n');
    }
    let mut set = FileSet::new();
    for (path, content) in files {
        set.insert(RelPath::parse(&path).map_err(SortError::Path)?, content);
    }
    Ok(Sorted {
        files: set,
        documents,
        in_default,
        findings,
    })
}

/// CRLF becomes LF, as templates that were written on Windows print it.
fn without_carriage_returns(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains("\r\n") {
        text.replace("\r\n", "\n").into()
    } else {
        text.into()
    }
}

/// The text between lines that are `---`; what stands behind the dashes
/// belongs to the document.
fn pieces(text: &str) -> Vec<&str> {
    let mut starts = Vec::new();
    let (mut at, mut start) = (0, 0);
    for line in text.split_inclusive('\n') {
        let marker = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with([' ', '\t']));
        if marker {
            starts.push(&text[start..at]);
            start = at
                + line.len().min(if line.trim_end() == "---" {
                    line.len()
                } else {
                    4
                });
        }
        at += line.len();
    }
    starts.push(&text[start..]);
    starts
}

/// Without the blank lines around it. A block text may keep its last line feeds,
/// and spaces at the end of its last line are part of it.
fn trimmed(piece: &str) -> &str {
    let piece = piece.trim_start_matches('\n');
    if piece.contains('+') && (piece.contains('|') || piece.contains('>')) {
        piece.strip_suffix('\n').unwrap_or(piece)
    } else if piece.contains(['|', '>']) {
        piece.trim_end_matches('\n')
    } else {
        piece.trim_end()
    }
}

/// The file of a template: always one that readers of manifests look at.
fn file_name(template: &str) -> String {
    let extension = template.rsplit_once('.').map_or("", |(_, end)| end);
    if matches!(extension, "yaml" | "yml") {
        template.to_owned()
    } else {
        format!("{template}.yaml")
    }
}

/// What a document is, as far as its first line tells.
#[derive(Debug, PartialEq)]
enum Shape {
    /// Blank lines and comments.
    Nothing,
    /// A map with something in it.
    Map,
    /// Only a parser can tell.
    Unclear,
}

/// Nearly every document begins with a plain key, and then it need not be
/// parsed here: that takes longer than everything else that happens to it.
fn shape(piece: &str) -> Shape {
    let mut lines = piece.lines().filter(|line| {
        let text = line.trim_start();
        !text.is_empty() && !text.starts_with('#')
    });
    let Some(line) = lines.next() else {
        return Shape::Nothing;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rest = line.trim_start_matches(plain);
    match rest.strip_prefix(':') {
        Some(value) if rest.len() < line.len() && (value.is_empty() || value.starts_with(' ')) => {
            Shape::Map
        }
        _ => Shape::Unclear,
    }
}

/// Whether it has to be known what is a hook.
fn asks_for_hooks(options: &HelmOptions) -> bool {
    options.hooks == Keep::Drop && options.tests == Keep::Keep
}

/// Whether this is a hook that settings drop, where helm has no flag for it:
/// all hooks but tests.
fn dropped(root: &Node, options: &HelmOptions) -> bool {
    let events = below(root, &["metadata", "annotations", HOOK]);
    asks_for_hooks(options) && events.is_some_and(|events| !events.split(',').any(is_test))
}

fn is_test(event: &str) -> bool {
    matches!(event.trim(), "test" | "test-success" | "test-failure")
}

/// The text at this place of a document.
fn below<'n>(root: &'n Node, path: &[&str]) -> Option<&'n str> {
    let mut node = root;
    for name in path {
        let mut pairs = node.pairs()?.iter().rev();
        node = &pairs.find(|(key, _)| key.text() == Some(name))?.1;
    }
    node.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(stdout: &str) -> Vec<(String, String)> {
        let sorted = sort(stdout, &HelmOptions::default()).unwrap();
        let show = |(path, content): (RelPath, bytes::Bytes)| {
            let content = String::from_utf8(content.to_vec()).unwrap();
            (path.to_string(), content)
        };
        sorted.files.into_iter().map(show).collect()
    }

    #[test]
    fn each_template_has_a_file_and_crds_of_several_documents_stay_together() {
        let stdout = "---\n# Source: web/crds/c.yaml\na: 1\n---\na: 2\n\n---\n# Source: web/templates/x.yaml\n# why\nb: 1\n---\n# Source: web/charts/db/templates/y.tpl\n\nc: 1\n---\n# Source: web/templates/x.yaml\nb: 2\n---\n# Source: web/templates/none.yaml\n# nothing\n";
        let expected = [
            ("web/charts/db/templates/y.tpl.yaml", "c: 1\n"),
            ("web/crds/c.yaml", "a: 1\n---\na: 2\n"),
            ("web/templates/x.yaml", "# why\nb: 1\n---\nb: 2\n"),
        ];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(sorted(stdout), expected);
    }

    #[test]
    fn windows_line_ends_and_blank_lines_go_but_a_text_keeps_its_own() {
        let stdout = "---\r\n# Source: w/templates/a.yaml\r\na: |\r\n  x\r\n\r\n\r\n---\r\n# Source: w/templates/b.yaml\r\na: |+\r\n  x\r\n\r\n";
        let files = sorted(stdout);
        assert_eq!(files[0].1, "a: |\n  x\n");
        assert_eq!(files[1].1, "a: |+\n  x\n\n");
    }

    #[rstest::rstest]
    #[case("a: |\n  x   \n")]
    #[case("a: |\n  x\n    \n")]
    #[case("a: |-\n  x\t\n")]
    #[case("a: >+2\n  x\n\n\n")]
    #[case("a: |2+\n  x\n\n")]
    fn a_text_at_the_end_of_a_document_stays_what_it_is(#[case] text: &str) {
        let value = |text: &str| yaml::parse(text).unwrap().remove(0).root;
        let files = sorted(&format!("---\n# Source: w/templates/a.yaml\n{text}"));
        assert_eq!(value(&files[0].1), value(text));
    }

    #[test]
    fn dashes_inside_of_a_text_are_no_boundary() {
        let stdout = "---\n# Source: w/templates/a.yaml\na: |\n  ---\n  x\nb: ---x\n";
        assert_eq!(sorted(stdout)[0].1, "a: |\n  ---\n  x\nb: ---x\n");
        assert_eq!(
            sorted("--- {a: 1}\n---\nb: 2\n")[0].1,
            "{a: 1}\n---\nb: 2\n"
        );
    }

    #[test]
    fn a_template_cannot_name_a_file_elsewhere() {
        let error = sort("---\n# Source: ../x.yaml\na: 1\n", &HelmOptions::default());
        assert!(matches!(error, Err(SortError::Path(_))));
    }

    #[test]
    fn what_is_no_map_is_dropped_with_a_finding() {
        let stdout = "---\n# Source: w/templates/a.yaml\n- a\n";
        let sorted = sort(stdout, &HelmOptions::default()).unwrap();
        assert_eq!(sorted.documents, 0);
        assert_eq!(
            sorted.findings[0].to_string(),
            "w/templates/a.yaml: a document is a list, not a map: it is dropped"
        );
    }

    #[rstest::rstest]
    #[case("", Shape::Nothing)]
    #[case("\n# why\n  # not\n\t\n", Shape::Nothing)]
    #[case("# why\napiVersion: v1\n", Shape::Map)]
    #[case("metadata:\n  name: a\n", Shape::Map)]
    #[case("a:b\n", Shape::Unclear)]
    #[case("just text\n", Shape::Unclear)]
    #[case(" a: 1\n", Shape::Unclear)]
    #[case(": a\n", Shape::Unclear)]
    #[case("'a': 1\n", Shape::Unclear)]
    #[case("{a: 1}\n", Shape::Unclear)]
    #[case("- a: 1\n", Shape::Unclear)]
    #[case("null\n", Shape::Unclear)]
    #[case("%YAML 1.1\n", Shape::Unclear)]
    fn what_a_document_is_shows_in_its_first_line(#[case] piece: &str, #[case] expected: Shape) {
        assert_eq!(shape(piece), expected);
    }

    #[test]
    fn resources_in_the_default_namespace_are_counted_unless_there_is_another() {
        let stdout = "---\na: default\n---\nmetadata: {namespace: default}\n---\nmetadata:\n  namespace: other\n";
        let mut options = HelmOptions::default();
        assert_eq!(sort(stdout, &options).unwrap().in_default, 1);
        options.namespace = Some("shop".to_owned());
        assert_eq!(sort(stdout, &options).unwrap().in_default, 0);
    }

    #[test]
    fn hooks_can_be_dropped_while_tests_are_kept() {
        let hook = |event: &str| {
            format!(
                "---\n# Source: w/templates/{event}.yaml\nmetadata:\n  annotations: {{helm.sh/hook: '{event}'}}\n"
            )
        };
        let stdout = hook("pre-install,post-install")
            + &hook("test")
            + "---\n# Source: w/templates/a.yaml\na: 1\n";
        let options = HelmOptions {
            hooks: Keep::Drop,
            tests: Keep::Keep,
            ..HelmOptions::default()
        };
        let sorted = sort(&stdout, &options).unwrap();
        let names: Vec<_> = sorted.files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["w/templates/a.yaml", "w/templates/test.yaml"]);
    }
}
