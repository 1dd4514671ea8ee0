//! From two sets of resources to the plan. Owns the order of the steps: match, compare,
//! judge noise, run the rules, count.

use std::collections::BTreeMap;

use crate::compare::{self, Found, Outcome};
use crate::image::ImageMove;
use crate::matching::{self, Matched, Pair, Relation};
use crate::noise::Context;
use crate::options::Options;
use crate::path::Path;
use crate::plan::{Action, Plan, ResourceChange, Summary, VERSION};
use crate::resource::Resource;
use crate::risk::{self, Case, Facts, Finding, Revert};
use crate::schema::crd::Declared;
use crate::value::Value;
use crate::veil::{self, Veil};

/// What publishing `new` over `old` would change.
pub fn plan(old: &[Resource<'_>], new: &[Resource<'_>], options: &Options<'_>) -> Plan {
    let matched = matching::pair(old, new);
    let crds = options.crds.iter().copied();
    let crds = crds
        .chain(old.iter().map(|one| one.value))
        .chain(new.iter().map(|one| one.value));
    let declared = Declared::of(crds);
    let mut outcomes: Vec<_> = matched
        .pairs
        .iter()
        .map(|pair| outcome(pair, &declared, options))
        .collect();
    let context = context(&matched, &outcomes, old, new);
    for (pair, outcome) in matched.pairs.iter().zip(&mut outcomes) {
        let one = pair.new.or(pair.old);
        let namespace = one.and_then(|one| one.id.namespace.as_deref());
        for found in &mut outcome.found {
            found.field.noise = context.judge(found, namespace);
        }
    }
    let mut veil = Veil::default();
    for outcome in &mut outcomes {
        veil.extend(std::mem::take(&mut outcome.veil));
    }
    veil::identities(&matched, options, &mut veil);
    let (before, after) = (Facts::of(old), Facts::of(new));
    let mut builder = Builder {
        options,
        before: &before,
        after: &after,
        findings: Vec::new(),
        resources: Vec::new(),
        summary: Summary::default(),
        veil,
    };
    for (pair, outcome) in matched.pairs.iter().zip(outcomes) {
        builder.pair(*pair, outcome);
    }
    builder.whole(&matched);
    builder.finish()
}

/// Compares the two of a pair, as far as comparing says something.
fn outcome(pair: &Pair<'_>, declared: &Declared, options: &Options<'_>) -> Outcome {
    let (Some(old), Some(new)) = (pair.old, pair.new) else {
        return Outcome::default();
    };
    // What stays is often one value on both sides.
    let is_same = std::ptr::eq(old.value, new.value) || old.value == new.value;
    if pair.relation == Relation::OtherKind || is_same {
        return Outcome::default();
    }
    let declared = declared.kind(new.id.group(), &new.id.kind);
    let kind = (new.id.group(), new.id.kind.as_str());
    let mut outcome = compare::resources(kind, old.value, new.value, declared, options);
    // The resource's own line already shows the new name or namespace.
    let told: Option<&[&str]> = match pair.relation {
        Relation::GeneratorHash | Relation::Similar => Some(&["metadata", "name"]),
        Relation::Moved => Some(&["metadata", "namespace"]),
        _ => None,
    };
    if let Some(told) = told {
        outcome.found.retain(|found| found.path != Path::of(told));
    }
    outcome
}

fn context<'a>(
    matched: &Matched<'a>,
    outcomes: &[Outcome],
    old: &'a [Resource<'a>],
    new: &'a [Resource<'a>],
) -> Context<'a> {
    let mut context = Context::default();
    context.selecting(old);
    context.selecting(new);
    for (pair, outcome) in matched.pairs.iter().zip(outcomes) {
        let Some(one) = pair.new.or(pair.old) else {
            continue;
        };
        let namespace = one.id.namespace.as_deref();
        if let (Relation::GeneratorHash, Some(old), Some(new)) = (pair.relation, pair.old, pair.new)
        {
            let names = context
                .renamed
                .entry((namespace, old.id.name.as_str()))
                .or_default();
            names.insert(new.id.name.as_str());
        }
        let is_configuration = matching::is_generated(&one.id.kind)
            || matches!(one.id.kind.as_str(), "SealedSecret" | "ExternalSecret");
        let differs = pair.relation != Relation::Same || !outcome.found.is_empty();
        if is_configuration && differs {
            context.configured.insert(namespace);
        }
    }
    context
}

struct Builder<'b> {
    options: &'b Options<'b>,
    before: &'b Facts<'b>,
    after: &'b Facts<'b>,
    findings: Vec<Finding>,
    resources: Vec<ResourceChange>,
    summary: Summary,
    veil: Veil,
}

impl<'b> Builder<'b> {
    fn case<'f>(&'f self, pair: Pair<'b>, found: &'f [Found]) -> Case<'b, 'f> {
        Case {
            pair,
            before: self.before,
            after: self.after,
            found,
            options: self.options,
            veil: &self.veil,
            is_cut: false,
            is_back: false,
            out: Vec::new(),
        }
    }

    fn pair(&mut self, pair: Pair<'b>, outcome: Outcome) {
        let action = action(&pair, &outcome);
        let Some(one) = pair.new.or(pair.old) else {
            return;
        };
        let Some(action) = action else {
            self.summary.unchanged += 1;
            let findings = risk::standing(self.case(pair, &[]));
            self.findings.extend(findings);
            return;
        };
        let mut outcome = outcome;
        let mut case = self.case(pair, &outcome.found);
        case.is_cut = outcome.is_cut;
        let findings = risk::run_back(case);
        outcome.shorten();
        let revert = findings.iter().map(|finding| finding.revert).max();
        self.findings.extend(findings);
        let from = pair.old.map(|old| &old.id).filter(|old| {
            let same = (&old.kind, &old.name) == (&one.id.kind, &one.id.name);
            let moved = pair.relation == Relation::Moved;
            !same || moved || old.group() != one.id.group()
        });
        let images = images(&pair);
        self.resources.push(ResourceChange {
            action,
            resource: one.id.clone(),
            from: from.cloned(),
            recreated: matches!(
                pair.relation,
                Relation::Moved | Relation::OtherKind | Relation::Similar
            ),
            file: one.file.to_owned(),
            line: one.line,
            fields: outcome.found.into_iter().map(|found| found.field).collect(),
            fields_cut: outcome.is_cut,
            images,
            risk: None,
            revert: revert.unwrap_or(Revert::Full),
        });
    }

    /// What concerns more than one pair.
    fn whole(&mut self, matched: &Matched<'b>) {
        for twice in &matched.twice {
            let pair = Pair {
                old: None,
                new: Some(twice.copy),
                relation: Relation::Alone,
            };
            let mut case = self.case(pair, &[]);
            risk::twice(&mut case, twice.first.file, twice.existing);
            let findings = case.out;
            self.findings.extend(findings);
        }
        let lost = matched
            .pairs
            .iter()
            .filter(|pair| pair.new.is_none())
            .count();
        let nobody = Pair {
            old: None,
            new: None,
            relation: Relation::Alone,
        };
        let mut case = self.case(nobody, &[]);
        risk::counts(&mut case, lost);
        let findings = case.out;
        self.findings.extend(findings);
    }

    fn finish(mut self) -> Plan {
        risk::run(&mut self.findings, self.options);
        let mut worst = BTreeMap::new();
        for finding in &self.findings {
            if finding.allowed.is_some() {
                self.summary.allowed += 1;
                continue;
            }
            *self.summary.severities.entry(finding.severity).or_default() += 1;
            *self.summary.reverts.entry(finding.revert).or_default() += 1;
            if let Some(resource) = &finding.resource {
                let worst = worst.entry(resource.clone()).or_insert(finding.severity);
                *worst = (*worst).max(finding.severity);
            }
        }
        for change in &mut self.resources {
            let both = [Some(&change.resource), change.from.as_ref()];
            let both = both.into_iter().flatten();
            change.risk = both.filter_map(|id| worst.get(id)).max().copied();
            *self.summary.actions.entry(change.action).or_default() += 1;
            let to_read = change.to_read().count();
            self.summary.fields += to_read;
            let only_noise = to_read == 0 && !change.fields.is_empty() && !change.fields_cut;
            self.summary.noise_only += usize::from(only_noise && change.action == Action::Changed);
            for noise in change.fields.iter().filter_map(|field| field.noise) {
                *self.summary.noise.entry(noise).or_default() += 1;
            }
        }
        let mut plan = Plan {
            version: VERSION,
            summary: self.summary,
            commits: None,
            findings: self.findings,
            resources: self.resources,
        };
        crate::mask::plan(&mut plan, self.options, &self.veil);
        plan
    }
}

/// What happens to a pair; nothing when it stays as it is.
fn action(pair: &Pair<'_>, outcome: &Outcome) -> Option<Action> {
    let (Some(old), Some(_)) = (pair.old, pair.new) else {
        return Some(if pair.old.is_none() {
            Action::Created
        } else {
            Action::Deleted
        });
    };
    match pair.relation {
        Relation::GeneratorHash | Relation::Similar => Some(Action::Renamed),
        Relation::Moved => Some(Action::Moved),
        Relation::OtherKind => Some(Action::Replaced),
        Relation::Same | Relation::Alone if !old.is_ours => Some(Action::Adopted),
        Relation::Same | Relation::Alone => (!outcome.found.is_empty()).then_some(Action::Changed),
    }
}

/// The containers that get another image.
fn images(pair: &Pair<'_>) -> Vec<ImageMove> {
    let mut moves = Vec::new();
    for (old, new) in risk::container_pairs(pair) {
        let image = |value: &Value| value.at(&["image"]).scalar();
        let (before, after) = (image(old.value), image(new.value));
        if before != after {
            moves.push(ImageMove {
                path: format!("{}.image", new.path),
                old: before,
                new: after,
            });
        }
    }
    moves
}
