//! Paths for messages: as seen from the source.

use std::path::{Component, Path, PathBuf};

use crate::generate::reading::Reader;

/// How paths below the confining folder look from the source.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The source's own place below the confining folder.
    source: PathBuf,
    /// Folders that stand for the confining folder: itself, the checkout that
    /// a copy links to, a private copy.
    roots: Vec<PathBuf>,
    /// The source as the user wrote it.
    name: String,
}

impl Shown {
    pub(super) fn new(reader: &Reader) -> Self {
        let source = reader.below_root(&reader.source).unwrap_or(Path::new(""));
        Self {
            source: source.to_owned(),
            roots: reader.roots().map(Path::to_path_buf).collect(),
            name: reader.show(&reader.source),
        }
    }

    /// With another folder that stands for the confining folder.
    pub(super) fn with(mut self, root: &Path) -> Self {
        self.roots.push(root.to_owned());
        self
    }

    /// A path as seen from the source.
    pub(super) fn path(&self, path: &Path) -> String {
        let mut below = self
            .roots
            .iter()
            .filter_map(|root| path.strip_prefix(root).ok());
        let Some(position) = below.next() else {
            return path.display().to_string();
        };
        let seen = relative(&self.source, position);
        if seen.as_os_str().is_empty() {
            self.name.clone()
        } else {
            seen.to_string_lossy().replace('\\', "/")
        }
    }

    /// A text of a program, with the paths in it as seen from the source.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for root in &self.roots {
            // Longest first: what is below the source, the source, what is beside it.
            let own = root.join(&self.source);
            let above = relative(&self.source, Path::new(""));
            let mut above = above.to_string_lossy().replace('\\', "/");
            if !above.is_empty() {
                above.push('/');
            }
            let separator = std::path::MAIN_SEPARATOR;
            let (own, root) = (own.display().to_string(), root.display().to_string());
            let own = own.trim_end_matches(separator);
            let root = root.trim_end_matches(separator);
            // The root of the machine would be found everywhere.
            if root.is_empty() {
                continue;
            }
            text = text.replace(&format!("{own}{separator}"), "");
            text = replace_whole(&text, own, ".");
            text = text.replace(&format!("{root}{separator}"), &above);
        }
        text
    }
}

/// Replaces a path where it is not the beginning of a longer name.
fn replace_whole(text: &str, path: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let after = &rest[at + path.len()..];
        let longer = after.starts_with(|c: char| c.is_alphanumeric() || "-_.".contains(c));
        out.push_str(&rest[..at]);
        out.push_str(if longer { path } else { by });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `to` as seen from the folder `from`; both stand below the same folder.
pub(super) fn relative(from: &Path, to: &Path) -> PathBuf {
    let from: Vec<_> = from.components().collect();
    let to: Vec<_> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_a_text_are_seen_from_the_source() {
        let shown = Shown {
            source: "overlays/dev".into(),
            roots: vec!["/srv/shop".into()],
            name: "overlays/dev".to_owned(),
        };
        let text = "file '/srv/shop/base/a.yaml' is not in or below '/srv/shop/overlays/dev', \
                    nor '/srv/shop/overlays/dev/b' nor '/srv/shop/overlays/dev-2'";
        if cfg!(unix) {
            assert_eq!(
                shown.text(text),
                "file '../../base/a.yaml' is not in or below '.', nor 'b' nor '../../overlays/dev-2'"
            );
        }
    }

    #[rstest::rstest]
    #[case("overlays/dev", "overlays/dev/a.yaml", "a.yaml")]
    #[case("overlays/dev", "base/a.yaml", "../../base/a.yaml")]
    #[case("", "base/a.yaml", "base/a.yaml")]
    #[case("overlays/dev", "overlays/dev", "")]
    fn one_path_from_another(#[case] from: &str, #[case] to: &str, #[case] seen: &str) {
        assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(seen));
    }
}
