//! What the settings say about risks: what happens at a severity, other severities for
//! single rules, and findings that are accepted.
//!
//! Owns their forms, and that on a build of a pull request the proposed file has no say.

use std::collections::BTreeMap;

use gitops_plan::RiskPolicy;
use gitops_plan::risk::{Allowance, Severity, rule};

use crate::error::Error;
use crate::text::yaml::{self, Dialect};

use super::Settings;
use super::definition::{EnvironmentArgs, id};
use super::file::{FileSettings, json};
use super::layer::{Layer, parse};

/// What an environment's settings say about risks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskSettings {
    /// What happens at a severity.
    pub policy: RiskPolicy,
    /// Other severities, by the id of the rule.
    pub severities: BTreeMap<String, Severity>,
    /// Findings that are accepted.
    pub allowances: Vec<Allowance>,
}

/// What one part of the settings file says about single rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskLayer {
    /// Other severities, by the id of the rule.
    pub severities: BTreeMap<String, Severity>,
    /// Findings that are accepted.
    pub allowances: Vec<Allowance>,
}

impl RiskLayer {
    /// What a part that says more about an environment adds.
    fn and(mut self, own: &Self) -> Self {
        self.severities.extend(own.severities.clone());
        self.allowances.extend(own.allowances.iter().cloned());
        self
    }
}

/// The setting `riskPolicy`, written as YAML or JSON. A severity that stands twice would
/// leave it to chance which action counts.
pub(super) fn policy(text: &str) -> Result<RiskPolicy, String> {
    let documents = yaml::parse_strict(text).map_err(|error| error.to_string())?;
    let [document] = documents.as_slice() else {
        return Err("it must be one map".to_owned());
    };
    let value = yaml::Value::of(&document.root, Dialect::Kubernetes);
    let value = value.map_err(|error| error.to_string())?;
    RiskPolicy::from_json(&json(&value)?)
}

impl RiskSettings {
    /// Adds what a file beside the manifests says; of a rule's severity, that one decides.
    pub fn add(&mut self, beside: RiskLayer) {
        self.severities.extend(beside.severities);
        self.allowances.extend(beside.allowances);
    }
}

impl FileSettings {
    /// What the file says about the rules for an environment.
    pub(super) fn risk(&self, environment: &str) -> RiskLayer {
        let nothing = RiskLayer::default();
        let own = self.environment_risk.get(environment).unwrap_or(&nothing);
        self.risk.clone().and(own)
    }

    /// Whether it accepts any risk, or calls one by another severity.
    pub fn accepts_risks(&self) -> bool {
        let layers = self.environment_risk.values().chain([&self.risk]);
        layers
            .into_iter()
            .any(|layer| *layer != RiskLayer::default())
    }

    /// Takes out everything that it says about risks: somebody else decides that.
    pub fn forget_risks(&mut self) {
        let layers = self.environments.values_mut().chain([&mut self.top]);
        for layer in layers {
            layer.remove(id!(EnvironmentArgs, risk_policy));
        }
        self.risk = RiskLayer::default();
        self.environment_risk.clear();
    }

    /// Takes out what is more permissive than another version of the file: accepted
    /// findings and lower severities that this one does not have. Gives back what that is.
    pub fn keep_risks_of(&mut self, before: &FileSettings) -> Vec<String> {
        let mut dropped = Vec::new();
        let layers = std::iter::once((None, &mut self.risk));
        let own = self.environment_risk.iter_mut();
        for (name, layer) in layers.chain(own.map(|(name, layer)| (Some(name.as_str()), layer))) {
            let known = name.map_or_else(|| before.risk.clone(), |name| before.risk(name));
            layer.allowances.retain(|allowance| {
                let keeps = known.allowances.contains(allowance);
                if !keeps {
                    dropped.push(format!("`riskAllowances` for `{}`", allowance.rule));
                }
                keeps
            });
            layer.severities.retain(|id, severity| {
                let default = rule(id).map_or(Severity::Critical, |rule| rule.severity);
                let keeps = *severity >= known.severities.get(id).copied().unwrap_or(default);
                if !keeps {
                    dropped.push(format!("`riskSeverities` for `{id}`"));
                }
                keeps
            });
        }
        dropped
    }
}

impl Settings {
    /// Whether any environment has something to say about risks.
    pub fn judges_risks(&self) -> bool {
        let mut environments = self.environments.iter();
        environments.any(|one| one.risk != RiskSettings::default())
    }

    /// Lets another settings file, such as that of the target branch, say what happens to
    /// risks. What was given with the run stays.
    pub fn take_risks(&mut self, given: &Layer, file: &FileSettings) -> Result<(), Error> {
        let id = id!(EnvironmentArgs, risk_policy);
        let nothing = Layer::new();
        for environment in &mut self.environments {
            let RiskLayer {
                severities,
                allowances,
            } = file.risk(&environment.name);
            let own = file.environments.get(&environment.name);
            let own = own.unwrap_or(&nothing);
            let said = [given, own, &file.top]
                .into_iter()
                .find_map(|layer| layer.get(id));
            let layer: Layer = said
                .map(|value| (id.to_owned(), value.clone()))
                .into_iter()
                .collect();
            let args: EnvironmentArgs = parse(&[&layer])?;
            environment.risk = RiskSettings {
                policy: args.risk_policy.unwrap_or_default(),
                severities,
                allowances,
            };
        }
        Ok(())
    }
}
