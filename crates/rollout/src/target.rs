//! Who reports: the names of targets, and patterns that people write for them.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::report::Context;
use crate::words::words;

/// Kinds whose names Flux puts first into a context.
const FLUX_KINDS: [&str; 9] = [
    "kustomization",
    "helmrelease",
    "gitrepository",
    "ocirepository",
    "helmchart",
    "helmrepository",
    "bucket",
    "externalartifact",
    "artifactgenerator",
];

/// Something in a cluster that reports on commits.
#[derive(Debug, Clone)]
pub struct Target {
    /// The whole context in lower case, the only thing that two targets are compared by:
    /// GitHub ignores case, too. Only the case of ASCII is folded, so that what
    /// looks like another context is not taken for it.
    key: String,
    /// The part that people know, fit to be shown.
    name: String,
    /// The same as it was written, in lower case, for patterns.
    lower: String,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Target {}

impl PartialOrd for Target {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Target {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Target {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Target {
    /// The target that a context is about.
    pub fn of(context: &Context) -> Self {
        let name = name(context);
        Self {
            key: context.full().to_ascii_lowercase(),
            lower: name.to_ascii_lowercase(),
            // It is shown wherever targets are named.
            name: words(&name),
        }
    }

    /// The part that people know: `kustomization/apps`, `prod-weu/Kustomization/flux-system/apps`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole context, in lower case.
    pub fn context(&self) -> &str {
        &self.key
    }
}

/// Whether Flux's own provider writes such contexts: `kind/name/` and the first
/// part of the provider's id, or what the generator `flux` has it write.
/// <https://github.com/fluxcd/notification-controller/blob/main/internal/notifier/util.go>
pub(crate) fn is_flux(context: &Context) -> bool {
    let genre = context.genre.as_deref().unwrap_or_default();
    genre == "fluxcd"
        || genre.starts_with("fluxcd:")
        || flux_name(&context.name).is_some()
        || generated_kind(&context.full()).is_some()
}

/// The kind in `<cluster>/<kind>/<namespace>/<name>`, as the generator `flux` has it
/// in `commitStatusExpr`.
pub(crate) fn generated_kind(name: &str) -> Option<&str> {
    let parts: Vec<_> = name.split('/').collect();
    let [cluster, kind, namespace, object] = parts[..] else {
        return None;
    };
    let is_whole = [cluster, namespace, object].iter().all(|it| !it.is_empty());
    (is_whole && is_kind(kind)).then_some(kind)
}

fn is_kind(text: &str) -> bool {
    FLUX_KINDS
        .iter()
        .any(|kind| kind.eq_ignore_ascii_case(text))
}

/// `kind/name` of a context that Flux's own provider made up.
fn flux_name(name: &str) -> Option<&str> {
    let (own, id) = name.rsplit_once('/')?;
    let (kind, object) = own.split_once('/')?;
    let is_id = id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
    (is_id && is_kind(kind) && !object.is_empty()).then_some(own)
}

fn name(context: &Context) -> String {
    if let Some(own) = flux_name(&context.name) {
        return own.to_owned();
    }
    let genre = context.genre.as_deref();
    match genre {
        Some(genre) if genre.starts_with("fluxcd") => context.name.clone(),
        Some("promoter") => context.name.clone(),
        _ => {
            let full = context.full();
            let known = ["gitops/", "continuous-delivery/", "argocd/"];
            let found = known.iter().find_map(|start| {
                let head = full.get(..start.len())?;
                let rest = &full[start.len()..];
                // No application of Argo CD is called like an object of Flux.
                let is_own = *start == "gitops/" || generated_kind(rest).is_none();
                (head.eq_ignore_ascii_case(start) && is_own).then(|| rest.to_owned())
            });
            found.filter(|name| !name.is_empty()).unwrap_or(full)
        }
    }
}

/// A name that people write for one or more targets: `*` stands for any text,
/// `?` for one character, and the case of ASCII letters does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    lower: Vec<char>,
    /// What stands before the first sign that stands for something else, and
    /// whether that is all.
    start: String,
    is_plain: bool,
}

impl Pattern {
    /// Reads a pattern; `None` when there is nothing in it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let start = lower.find(['*', '?']).unwrap_or(lower.len());
        Some(Self {
            text: text.to_owned(),
            is_plain: start == lower.len(),
            start: lower[..start].to_owned(),
            lower: lower.chars().collect(),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it means this target, by the name that people know or by the
    /// whole context.
    pub fn fits(&self, target: &Target) -> bool {
        [&target.lower, &target.key].into_iter().any(|text| {
            if self.is_plain {
                return *text == self.start;
            }
            // Most do not even begin alike.
            text.starts_with(&self.start) && fits(&self.lower, &text.chars().collect::<Vec<_>>())
        })
    }
}

/// Matches in one pass with one place to come back to.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(context: &str) -> Target {
        Target::of(&match context.split_once("//") {
            Some((genre, name)) => Context::with_genre(genre, name),
            None => Context::named(context),
        })
    }

    #[rstest::rstest]
    #[case("fluxcd//kustomization/apps/0a1b2c3d", "kustomization/apps")]
    #[case("kustomization/apps/0a1b2c3d", "kustomization/apps")]
    #[case("fluxcd:prod//kustomization/apps/0a1b2c3d", "kustomization/apps")]
    #[case(
        "fluxcd//prod/flux-system/kustomization/apps",
        "prod/flux-system/kustomization/apps"
    )]
    #[case(
        "gitops/prod-weu//Kustomization/flux-system/apps",
        "prod-weu/Kustomization/flux-system/apps"
    )]
    #[case("gitops/prod-weu/kustomization/ns/a", "prod-weu/kustomization/ns/a")]
    #[case("continuous-delivery/shop", "shop")]
    #[case("promoter//argocd-health", "argocd-health")]
    #[case("ci/build/deadbeef", "ci/build/deadbeef")]
    #[case("gitops/", "gitops/")]
    fn a_target_is_called_by_the_part_that_people_know(#[case] context: &str, #[case] name: &str) {
        assert_eq!(target(context).name(), name);
    }

    #[rstest::rstest]
    #[case("kustomization/apps", "kustomization/apps/0a1b2c3d", true)]
    #[case("Kustomization/Apps", "fluxcd//kustomization/apps/0a1b2c3d", true)]
    #[case("kustomization/*", "kustomization/apps/0a1b2c3d", true)]
    #[case("*/apps", "kustomization/apps/0a1b2c3d", true)]
    #[case("kustomization/apps", "kustomization/apps-dev/0a1b2c3d", false)]
    #[case("kustomization/app?", "kustomization/apps/0a1b2c3d", true)]
    #[case("prod-*/kustomization/*", "gitops/prod-weu//Kustomization/ns/a", true)]
    #[case("*", "anything", true)]
    #[case("a*b*c", "axxbyyc", true)]
    #[case("a*b*c", "axxbyy", false)]
    #[case(
        "fluxcd/kustomization/apps/0a1b2c3d",
        "fluxcd//kustomization/apps/0a1b2c3d",
        true
    )]
    fn patterns_mean_names_and_whole_contexts(
        #[case] pattern: &str,
        #[case] context: &str,
        #[case] fits: bool,
    ) {
        let pattern = Pattern::parse(pattern).unwrap();
        assert_eq!(pattern.fits(&target(context)), fits);
    }

    /// Characters that are not seen, and letters that only look or fold alike.
    #[rstest::rstest]
    #[case("kustomization/apps\u{200b}")]
    #[case("kustomization/\u{202e}apps")]
    #[case("kustomization/ap\u{1}ps")]
    #[case("kustomization/apps ")]
    #[case(" kustomization/apps")]
    #[case("\u{212a}ustomization/apps")]
    #[case("gitops/kustomization/apps\u{feff}")]
    fn a_look_alike_is_another_target(#[case] context: &str) {
        let own = target("kustomization/apps");
        let other = target(context);
        let pattern = Pattern::parse("kustomization/apps").unwrap();
        assert!(pattern.fits(&own) && !pattern.fits(&other));
        assert_ne!(own, other);
    }

    #[test]
    fn a_context_of_argo_cd_is_no_object_of_flux() {
        let pattern = Pattern::parse("prod/kustomization/ns/apps").unwrap();
        assert!(pattern.fits(&target("prod/kustomization/ns/apps")));
        assert!(pattern.fits(&target("gitops/prod/kustomization/ns/apps")));
        assert!(!pattern.fits(&target("argocd/prod/kustomization/ns/apps")));
    }

    #[test]
    fn an_empty_pattern_is_none() {
        assert_eq!(Pattern::parse("  "), None);
    }
}
