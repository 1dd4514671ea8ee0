//! Which differences nobody has to read. Owns that judgement; what it collapses stays in
//! the plan.

use std::collections::{HashMap, HashSet};

use crate::compare::Found;
use crate::field::{Change, Noise};
use crate::path::Path;
use crate::resource::Resource;
use crate::value::Value;

/// Labels and annotations with the chart's name and version.
const CHART: &[&str] = &["helm.sh/chart", "chart"];
/// Labels and annotations with the version of the application or of a generator.
const VERSION: &[&str] = &[
    "app.kubernetes.io/version",
    "controller-gen.kubebuilder.io/version",
    "olm.operatorframework.io/version",
];
/// Words in the names of annotations whose time says when something was made.
const MADE: &[&str] = &[
    "built",
    "build",
    "creat",
    "deployed",
    "generat",
    "modified",
    "released",
    "render",
    "timestamp",
    "updated",
];
/// Words in the names of annotations whose time says when something ends or begins:
/// controllers act on it.
const ENDS: &[&str] = &[
    "after", "before", "clean", "deadline", "delet", "end", "expir", "force", "request", "reset",
    "restart", "schedul", "start", "terminat", "ttl", "until", "valid",
];

/// What is known about the whole change.
#[derive(Default)]
pub(crate) struct Context<'a> {
    /// New names of configuration by the old ones: kind, namespace, name.
    pub(crate) renamed: HashMap<(Option<&'a str>, &'a str), HashSet<&'a str>>,
    /// Namespaces in which configuration changes; nothing for those that do not say.
    pub(crate) configured: HashSet<Option<&'a str>>,
    /// Labels that something selects by.
    pub(crate) selected: HashSet<&'a str>,
}

impl<'a> Context<'a> {
    /// Collects the labels that the resources select by.
    pub(crate) fn selecting(&mut self, resources: &'a [Resource<'a>]) {
        for one in resources {
            if let Some((_, spec)) = one.value.pairs().iter().find(|(key, _)| key == "spec") {
                selectors(spec, 0, &mut self.selected);
            }
        }
    }

    /// Why nobody has to read this difference, when nobody has to.
    pub(crate) fn judge(&self, found: &Found, namespace: Option<&str>) -> Option<Noise> {
        let field = &found.field;
        if field.noise.is_some() {
            return field.noise;
        }
        if found.path.starts_with(&["sops"]) {
            return Some(Noise::EncryptionNote);
        }
        if field.change != Change::Replaced {
            return None;
        }
        let (old, new) = (text(field.old.as_ref())?, text(field.new.as_ref())?);
        if let Some(key) = mark(&found.path) {
            let is_in_template = found.path.has_key("template");
            return self.mark(key, (old, new), namespace, is_in_template);
        }
        let names = self.renamed.get(&(namespace, old));
        let is_reference = names.is_some_and(|names| names.contains(new)) && is_name(&found.path);
        is_reference.then_some(Noise::Reference)
    }

    /// Judges a label or annotation. Any change within a template replaces the pods.
    fn mark(
        &self,
        key: &str,
        (old, new): (&str, &str),
        namespace: Option<&str>,
        is_in_template: bool,
    ) -> Option<Noise> {
        if self.selected.contains(key) {
            return None;
        }
        if CHART.contains(&key) {
            return Some(Noise::ChartLabel);
        }
        if VERSION.contains(&key) {
            return Some(Noise::VersionLabel);
        }
        if is_checksum(key, old) && is_checksum(key, new) {
            let shown = self.configured.contains(&namespace) || self.configured.contains(&None);
            return shown.then_some(Noise::Checksum);
        }
        let name = key.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let is_note = !is_in_template && says(MADE) && !says(ENDS);
        (is_note && is_moment(old) && is_moment(new)).then_some(Noise::Timestamp)
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::text)
}

/// Whether a difference of this sort at this place may turn out to be noise.
pub(crate) fn may_be(path: &Path, change: Change) -> bool {
    match change {
        Change::Formatting | Change::Order => true,
        Change::Replaced => mark(path).is_some() || is_name(path) || path.starts_with(&["sops"]),
        _ => path.starts_with(&["sops"]),
    }
}

/// The label or annotation at this path, of the resource or of its pods.
fn mark(path: &Path) -> Option<&str> {
    let parent = path.last_key(1);
    let of_metadata = path.last_key(2) == "metadata";
    let known = of_metadata && matches!(parent, "labels" | "annotations");
    known.then(|| path.last_key(0))
}

/// Whether a field names another resource.
fn is_name(path: &Path) -> bool {
    matches!(path.last_key(0), "name" | "secretName" | "configMapName")
}

fn is_checksum(key: &str, value: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let of = |words: &[&str]| words.iter().any(|word| key.contains(word));
    let of_configuration = of(&["config", "secret", "env", "values"]);
    let is_hash = key.ends_with("hash") || key.ends_with("-sha256");
    let named = of(&["checksum"]) || is_hash && of_configuration;
    named && value.len() >= 8 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `2026-11-28T10:00:00Z`, with anything after the seconds.
fn is_moment(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let bytes = text.as_bytes();
    (SHAPE.len()..=35).contains(&bytes.len())
        && SHAPE.iter().zip(bytes).all(|(shape, byte)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't' | b' '),
            other => other == byte,
        })
}

/// So deep selectors are looked for.
const DEPTH: usize = 6;

/// The keys of everything that is called a selector.
fn selectors<'a>(value: &'a Value, depth: usize, out: &mut HashSet<&'a str>) {
    if depth > DEPTH {
        return;
    }
    for (key, inner) in value.pairs() {
        let lower = key.ends_with("Selector") || key == "selector";
        if lower || key == "matchLabels" {
            out.extend(inner.pairs().iter().map(|(key, _)| key.as_str()));
        }
        if key == "subsets" {
            // Istio's DestinationRule.
            let labels = inner.items().iter().map(|item| item.at(&["labels"]));
            out.extend(
                labels.flat_map(|labels| labels.pairs().iter().map(|(key, _)| key.as_str())),
            );
        }
        if key == "matchExpressions" || key == "topologySpreadConstraints" {
            let keys = inner
                .items()
                .iter()
                .filter_map(|item| item.at(&["key"]).text());
            out.extend(keys);
        }
        if key != "data" && key != "values" {
            selectors(inner, depth + 1, out);
            inner
                .items()
                .iter()
                .for_each(|item| selectors(item, depth + 1, out));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    fn judge(context: &Context<'_>, path: &[&str], old: &str, new: &str) -> Option<Noise> {
        let path = Path::of(path);
        let mut field = Field::bare(path.text(), Change::Replaced);
        field.old = Some(Value::Str(old.to_owned()));
        field.new = Some(Value::Str(new.to_owned()));
        context.judge(&Found { path, field }, Some("shop"))
    }

    const HASH: &str = "0123456789abcdef";
    const OTHER: &str = "fedcba9876543210";

    #[rstest::rstest]
    #[case::chart(&["metadata", "labels", "helm.sh/chart"], "a-1", "a-2", Some(Noise::ChartLabel))]
    #[case::version(&["spec", "template", "metadata", "labels", "app.kubernetes.io/version"], "1", "2", Some(Noise::VersionLabel))]
    #[case::a_label_elsewhere(&["spec", "selector", "matchLabels", "app.kubernetes.io/version"], "1", "2", None)]
    #[case::another_label(&["metadata", "labels", "app"], "1", "2", None)]
    #[case::selected(&["metadata", "labels", "chart"], "1", "2", None)]
    #[case::checksum(&["spec", "template", "metadata", "annotations", "checksum/config"], HASH, OTHER, Some(Noise::Checksum))]
    #[case::moment(&["metadata", "annotations", "built"], "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", Some(Noise::Timestamp))]
    #[case::moment_that_restarts_pods(&["spec", "template", "metadata", "annotations", "built"], "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", None)]
    #[case::end(&["metadata", "annotations", "janitor/expires"], "2026-01-01T00:00:00Z", "2036-01-02T00:00:00Z", None)]
    #[case::restart(&["metadata", "annotations", "kubectl.kubernetes.io/restartedAt"], "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", None)]
    #[case::reference(&["spec", "volumes", "configMap", "name"], "a-1", "a-2", Some(Noise::Reference))]
    #[case::a_value_like_a_reference(&["spec", "args"], "a-1", "a-2", None)]
    fn judged(
        #[case] path: &[&str],
        #[case] old: &str,
        #[case] new: &str,
        #[case] expected: Option<Noise>,
    ) {
        let mut context = Context::default();
        context.selected.insert("chart");
        context.configured.insert(Some("shop"));
        context
            .renamed
            .insert((Some("shop"), "a-1"), HashSet::from(["a-2"]));
        assert_eq!(judge(&context, path, old, new), expected);
    }

    #[test]
    fn a_checksum_without_a_change_that_explains_it_is_read() {
        let path = &[
            "spec",
            "template",
            "metadata",
            "annotations",
            "checksum/config",
        ];
        assert_eq!(judge(&Context::default(), path, HASH, OTHER), None);
    }
}
