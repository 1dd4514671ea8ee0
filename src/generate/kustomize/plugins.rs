//! Configurations of plugins: built-in ones only, written again as
//! kustomizations are.

use super::error::KustomizeFault;
use super::fields::{self, get};
use super::graph::{At, Walk, no_disputed_character};
use super::rewrite::Within;
use super::shape;
use crate::generate::Fault;
use crate::text::yaml;

/// What marks a function, which runs in a container or as a program.
const FUNCTIONS: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];

impl Walk<'_> {
    /// Configurations of plugins, built-in ones only, as they are written.
    pub(super) fn plugins(
        &mut self,
        text: &str,
        field: &'static str,
        at: &At<'_>,
    ) -> Result<String, Fault> {
        let malformed = |source| Fault::Syntax {
            file: at.file.to_owned(),
            source,
        };
        no_disputed_character(text, &|line| at.place(line))?;
        let mut written = Vec::new();
        for document in yaml::parse(text).map_err(malformed)? {
            let root = document.root;
            if root.is_null() {
                continue;
            }
            let place = at.place(document.line);
            let kind = fields::text(&root, "kind").unwrap_or("without a kind");
            let annotations = get(&root, "metadata").and_then(|meta| get(meta, "annotations"));
            let function = annotations
                .is_some_and(|notes| FUNCTIONS.iter().any(|name| get(notes, name).is_some()));
            let known = shape::plugin(kind)
                .filter(|_| !function && fields::text(&root, "apiVersion") == Some("builtin"));
            let Some(known) = known else {
                let noun = if function { "function" } else { "plugin" };
                return Err(KustomizeFault::Plugin {
                    place,
                    what: format!("the {noun} `{kind}`"),
                }
                .into());
            };
            if kind == "HelmChartInflationGenerator" {
                self.chart(&root, None, at)?;
            }
            let within = Within {
                noun: "a built-in plugin",
                field: Some(field),
            };
            written.push(self.fields(&root, known, within, at)?.document());
        }
        Ok(written.join("---\n"))
    }
}
