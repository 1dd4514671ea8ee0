//! The keys of the settings file about single rules: `riskSeverities`, `riskAllowances`.

use std::collections::BTreeMap;
use std::path::Path;

use gitops_plan::BRAKES;
use gitops_plan::risk::{Allowance, RULES, Severity, rule};

use crate::error::{Error, Kind as ErrorKind};
use crate::settings::risk::RiskLayer;
use crate::text::{Kind, Node, nearest, yaml};

use super::File;
use super::read::decode;

/// The key of other severities, at the top and in an environment.
pub(in crate::settings) const SEVERITIES: &str = "riskSeverities";

/// The key of accepted findings, at the top and in an environment.
pub(in crate::settings) const ALLOWANCES: &str = "riskAllowances";

/// The keys of an accepted finding.
pub(in crate::settings) const OF_ALLOWANCE: [&str; 4] = ["rule", "resource", "reason", "until"];

/// Reads a file that says nothing but what is accepted, such as one beside the manifests.
/// `path` is what it is called in messages.
pub fn parse_risks(path: &Path, bytes: &[u8]) -> Result<RiskLayer, Error> {
    let file = File { path };
    let documents = yaml::parse_strict(&decode(path, bytes)?);
    let documents = documents.map_err(|error| {
        let hint = error.hint.map(str::to_owned);
        Error::message(ErrorKind::Input, format!("{}, {error}", path.display())).hints(hint)
    })?;
    if let Some(second) = documents.get(1) {
        return Err(file.fault(second.line, "a second document begins here"));
    }
    let mut layer = RiskLayer::default();
    let Some(document) = documents.first() else {
        return Ok(layer);
    };
    let hint = format!("there are `{SEVERITIES}` and `{ALLOWANCES}`");
    for (key, node) in file.pairs(&document.root, "the file", &hint)? {
        if !file.risk(key, key, node, &mut layer)? {
            let said = format!("unknown setting `{key}`");
            return Err(file.fault(node.line, &said).hint(hint));
        }
    }
    Ok(layer)
}

impl File<'_> {
    /// Reads one of the two keys into a layer; `false` when it is another key.
    pub(super) fn risk(
        self,
        key: &str,
        full: &str,
        node: &Node,
        layer: &mut RiskLayer,
    ) -> Result<bool, Error> {
        match key {
            SEVERITIES => layer.severities = self.severities(node, full)?,
            ALLOWANCES => layer.allowances = self.allowances(node, full)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn severities(self, node: &Node, full: &str) -> Result<BTreeMap<String, Severity>, Error> {
        let hint = "write a rule and its severity, such as `image-mutable-tag: medium`";
        let mut out = BTreeMap::new();
        for (id, node) in self.pairs(node, &format!("`{full}`"), hint)? {
            self.known_rule(id, full, node.line)?;
            let text = node.text().unwrap_or_default();
            let severity = serde_json::from_value(serde_json::Value::from(text));
            let severity: Severity = severity.map_err(|_| {
                let said =
                    format!("`{full}.{id}` must be one of `info`, `medium`, `high`, `critical`");
                self.fault(node.line, &said)
            })?;
            out.insert(id.to_owned(), severity);
        }
        Ok(out)
    }

    fn known_rule(self, id: &str, full: &str, line: usize) -> Result<(), Error> {
        if rule(id).is_some() {
            return Ok(());
        }
        let said = format!("`{full}` names the rule `{id}`, and there is no such rule");
        if BRAKES.iter().any(|brake| brake.id == id) {
            let said = format!("`{full}` names `{id}`, which is a safety limit and no rule");
            return Err(self.fault(line, &said).hint(
                "to remove it all the same, publish once with `allowRemoval`, or change `maxRemovedPercent` or `protectedKinds`",
            ));
        }
        let meant = nearest(id, RULES.iter().map(|rule| rule.id));
        let hint = meant.map_or_else(
            || "docs/risks.md lists the rules".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        Err(self.fault(line, &said).hint(hint))
    }

    fn allowances(self, node: &Node, full: &str) -> Result<Vec<Allowance>, Error> {
        if node.is_null() {
            return Ok(Vec::new());
        }
        let Kind::Sequence(items) = &node.kind else {
            let said = format!("`{full}` must be a list, not {}", node.noun());
            return Err(self.fault(node.line, &said));
        };
        let items = items.iter().enumerate();
        items
            .map(|(at, item)| self.allowance(item, &format!("{full}[{at}]")))
            .collect()
    }

    fn allowance(self, node: &Node, full: &str) -> Result<Allowance, Error> {
        let hint = "write `rule`, `reason` and `until`, and `resource` for one resource only";
        let mut texts = BTreeMap::new();
        for (key, value) in self.pairs(node, &format!("`{full}`"), hint)? {
            if !OF_ALLOWANCE.contains(&key) {
                let said = format!("unknown setting `{full}.{key}`");
                return Err(self.fault(value.line, &said).hint(hint));
            }
            let text = value.text().map(str::trim).filter(|text| !text.is_empty());
            let text = text.filter(|_| !value.is_null()).ok_or_else(|| {
                let said = format!("`{full}.{key}` must be a text, not {}", value.noun());
                self.fault(value.line, &said)
            })?;
            texts.insert(key, text.to_owned());
        }
        let mut needed = |key: &str| {
            texts.remove(key).ok_or_else(|| {
                let said = format!("`{full}` has no `{key}`");
                self.fault(node.line, &said).hint(hint)
            })
        };
        let (rule, reason, until) = (needed("rule")?, needed("reason")?, needed("until")?);
        self.known_rule(&rule, full, node.line)?;
        if !gitops_plan::risk::is_day(&until) {
            let said = format!("`{full}.until` must be a day such as `2027-03-31`, not `{until}`");
            return Err(self.fault(node.line, &said));
        }
        let resource = texts.remove("resource");
        if let Some(name) = resource.as_deref().filter(|name| !is_short_name(name)) {
            let said = format!("`{full}.resource` cannot be `{name}`");
            return Err(self.fault(node.line, &said).hint(
                "write it as the plan does: kind, namespace and name, such as `Deployment shop/web`, or `Namespace shop`",
            ));
        }
        Ok(Allowance {
            rule,
            resource,
            reason,
            until,
        })
    }
}

/// Whether a text can be the name of a resource as plans write it: `Deployment shop/web`,
/// `Namespace shop`.
fn is_short_name(text: &str) -> bool {
    let Some((kind, name)) = text.split_once(' ') else {
        return false;
    };
    let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase());
    let mut parts = name.split('/');
    let is_name = parts
        .by_ref()
        .take(2)
        .all(|part| !part.is_empty() && !part.contains(' '));
    is_kind && is_name && parts.next().is_none()
}
