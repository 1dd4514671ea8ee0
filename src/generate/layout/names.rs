//! File names of resources, made from their identity alone.
//!
//! A name stays when other resources come and go, and when the API version
//! changes. It is plain lower-case ASCII: whatever else an object's name has is
//! percent-encoded as in a URL, so two objects never share a name, not even
//! where upper and lower case, or forms of Unicode, are one.

use sha2::{Digest as _, Sha256};

use crate::model::ResourceId;

/// The folder of objects without a namespace. No namespace begins like that.
const NO_NAMESPACE: &str = "_cluster";

/// The longest name of a file or folder, in bytes.
const LONGEST: usize = 200;

const EXTENSION: &str = ".yaml";

/// `<namespace>/<kind>.<group>_<name>.yaml`, without `.<group>` for the core group.
pub(super) fn path(id: &ResourceId) -> String {
    let folder = match &id.namespace {
        None => NO_NAMESPACE.to_owned(),
        Some(namespace) => bounded(guarded(namespace_folder(namespace)), LONGEST),
    };
    let mut stem = encoded(&id.kind.to_ascii_lowercase(), is_word);
    if !id.group().is_empty() {
        stem.push('.');
        stem.push_str(&encoded(id.group(), is_plain));
    }
    stem.push('_');
    stem.push_str(&encoded(&id.name, is_plain));
    let stem = bounded(guarded(stem), LONGEST - EXTENSION.len());
    format!("{folder}/{stem}{EXTENSION}")
}

/// A file name for a source, without extension: its path with hyphens.
pub(super) fn of_source(label: &str) -> String {
    let label = label.trim().to_lowercase();
    let bare = [".yaml", ".yml", ".json", ".jsonnet"]
        .iter()
        .find_map(|end| label.strip_suffix(end))
        .unwrap_or(&label);
    let mut name = String::with_capacity(bare.len());
    for c in bare.chars() {
        if is_plain(c) || c == '_' {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches(['-', '.', '_']);
    match name {
        "" => "manifests".to_owned(),
        // Flux and Argo CD would take the file for their own.
        "kustomization" => "kustomization-manifests".to_owned(),
        name => bounded(guarded(name.to_owned()), LONGEST - "-crds.yaml".len()),
    }
}

fn namespace_folder(namespace: &str) -> String {
    let mut folder = encoded(namespace, is_plain);
    // A folder that begins with a dot is hidden, and Windows drops one at the end.
    if folder.starts_with(['.', '-']) {
        let first = escape(folder.as_bytes()[0]);
        folder.replace_range(..1, &first);
    }
    if folder.ends_with('.') {
        folder.pop();
        folder.push_str(&escape(b'.'));
    }
    folder
}

/// What a legal name consists of.
fn is_plain(c: char) -> bool {
    is_word(c) || matches!(c, '-' | '.')
}

/// What a kind consists of, in lower case.
fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn encoded(text: &str, stays: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push_str(&escape(byte));
            }
        }
    }
    out
}

fn escape(byte: u8) -> String {
    format!("%{byte:02x}")
}

/// Changes the names that Windows keeps for devices: `con`, and `con.x` too.
fn guarded(mut name: String) -> String {
    let end = name.find('.').unwrap_or(name.len());
    if is_device(&name[..end]) {
        let last = escape(name.as_bytes()[end - 1]);
        name.replace_range(end - 1..end, &last);
    }
    name
}

fn is_device(base: &str) -> bool {
    match base {
        "con" | "prn" | "aux" | "nul" => true,
        _ => {
            let number = base.strip_prefix("com").or(base.strip_prefix("lpt"));
            number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
        }
    }
}

/// Cuts a long name and adds a hash of the whole. `~` is in no other name.
fn bounded(name: String, longest: usize) -> String {
    if name.len() <= longest {
        return name;
    }
    let hash = Sha256::digest(name.as_bytes());
    let number = (hash.iter().take(8)).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    let digits = format!("{number:016x}");
    let room = longest - digits.len() - 1;
    let mut end = room;
    // Not in the middle of an escape.
    if let Some(sign) = name[..room].rfind('%').filter(|sign| sign + 3 > room) {
        end = sign;
    }
    format!("{}~{digits}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RelPath;
    use proptest::prelude::*;

    #[rstest::rstest]
    #[case("v1 ConfigMap shop/web", "shop/configmap_web.yaml")]
    #[case("apps/v1 Deployment shop/web", "shop/deployment.apps_web.yaml")]
    #[case("apps/v1beta2 Deployment shop/web", "shop/deployment.apps_web.yaml")]
    #[case("v1 Namespace shop", "_cluster/namespace_shop.yaml")]
    #[case(
        "rbac.authorization.k8s.io/v1 ClusterRole system:node",
        "_cluster/clusterrole.rbac.authorization.k8s.io_system%3anode.yaml"
    )]
    #[case("v1 Secret shop/Admin", "shop/secret_%41dmin.yaml")]
    #[case("v1 Pod shop/p-*", "shop/pod_p-%2a.yaml")]
    #[case("v1 Pod shop/a_b c/é.", "shop/pod_a%5fb%20c%2f%c3%a9..yaml")]
    #[case("v1 Pod con/a", "co%6e/pod_a.yaml")]
    #[case("v1 Pod com7/a", "com%37/pod_a.yaml")]
    #[case("con.example.com/v1 Con a", "_cluster/co%6e.con.example.com_a.yaml")]
    #[case("v1 Nul a", "_cluster/nul_a.yaml")]
    #[case("v1 Pod ../a", "%2e%2e/pod_a.yaml")]
    #[case("v1 Pod .git/a", "%2egit/pod_a.yaml")]
    #[case("v1 Pod git~1/a", "git%7e1/pod_a.yaml")]
    #[case("v1 Pod _cluster/a", "%5fcluster/pod_a.yaml")]
    #[case("v1 Pod a. /a", "a.%20/pod_a.yaml")]
    fn a_file_is_named_after_its_resource(#[case] id: &str, #[case] name: &str) {
        let (first, rest) = id.split_once(' ').unwrap();
        let (kind, name_text) = rest.split_once(' ').unwrap();
        let id = match name_text.rsplit_once("../").or(name_text.split_once('/')) {
            Some((namespace, name)) => identity(
                first,
                kind,
                Some(if namespace.is_empty() {
                    ".."
                } else {
                    namespace
                }),
                name,
            ),
            None => identity(first, kind, None, name_text),
        };
        assert_eq!(path(&id), name);
    }

    fn identity(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> ResourceId {
        ResourceId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(ToOwned::to_owned),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_long_name_is_cut_and_keeps_apart_from_its_like() {
        let long = |end: &str| path(&identity("v1", "Pod", None, &("ü".repeat(200) + end)));
        let (one, other) = (long("a"), long("b"));
        assert_ne!(one, other);
        for name in [&one, &other] {
            let segment = name.rsplit('/').next().unwrap();
            assert!((190..=LONGEST).contains(&segment.len()), "{segment}");
        }
    }

    #[rstest::rstest]
    #[case("charts/web", "charts-web")]
    #[case("./hld/", "hld")]
    #[case(".", "manifests")]
    #[case(
        "oci://contoso.azurecr.io/charts/Web",
        "oci-contoso.azurecr.io-charts-web"
    )]
    #[case("main.jsonnet", "main")]
    #[case("con", "co%6e")]
    #[case("kustomization.yaml", "kustomization-manifests")]
    fn a_file_is_named_after_its_source(#[case] label: &str, #[case] name: &str) {
        assert_eq!(of_source(label), name);
    }

    fn words() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-c.:_%~-]{1,4}",
            "[aAbB]{1,3}",
            "(con|aux|COM1|nul)(\\.[a-z]{1,2})?",
            "\\PC{1,3}",
            "[a-b%é]{150,220}",
            "%[0-9a-f]{2}",
        ]
    }

    fn identities() -> impl Strategy<Value = ResourceId> {
        let kind = prop_oneof!["[A-C][a-c]{0,2}", words()];
        let parts = (
            words(),
            kind,
            prop::option::of(words()),
            words(),
            any::<bool>(),
        );
        parts.prop_map(|(group, kind, namespace, name, core)| {
            let api_version = if core {
                "v1".to_owned()
            } else {
                format!("{}/v1", group.replace('/', ""))
            };
            identity(&api_version, &kind, namespace.as_deref(), &name)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn two_identities_never_share_a_file_on_any_system(one in identities(), other in identities()) {
            let folded = |id: &ResourceId| path(id).to_lowercase();
            let same = |id: &ResourceId| {
                let (group, kind, namespace, name) = id.key();
                // Kinds that differ only in case are refused before anything is written.
                (group.to_owned(), kind.to_ascii_lowercase(), namespace.map(str::to_owned), name.to_owned())
            };
            prop_assert_eq!(folded(&one) == folded(&other), same(&one) == same(&other));
        }

        #[test]
        fn every_name_suits_every_system(id in identities()) {
            let path = path(&id);
            prop_assert!(RelPath::parse(&path).is_ok());
            prop_assert_eq!(path.split('/').count(), 2);
            for segment in path.split('/') {
                prop_assert!(segment.len() <= LONGEST);
                prop_assert!(segment.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase() && !b"<>:\"\\|?*".contains(&b)));
                prop_assert!(!segment.ends_with(['.', ' ']) && !segment.starts_with(['.', '-']));
                prop_assert!(!is_device(segment.split('.').next().unwrap()));
            }
        }
    }
}
