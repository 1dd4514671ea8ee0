//! What a rule sees: one pair of resources, and facts about both sets. Owns how findings
//! are reported; knows no rule.

use std::collections::{HashMap, HashSet};

use super::{Finding, Revert, Severity, table};
use crate::compare::Found;
use crate::matching::{Pair, Relation};
use crate::options::Options;
use crate::resource::Resource;
use crate::secrecy;
use crate::value::Value;
use crate::veil::{Side, Veil};

/// Facts about one set of resources.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    pub(crate) all: Vec<&'a Resource<'a>>,
    /// Host names that something routes.
    pub(crate) hosts: HashSet<&'a str>,
    /// Kind and name of everything, by namespace.
    pub(crate) names: HashSet<Name<'a>>,
    /// How many resources there are of a group and kind.
    pub(crate) kinds: HashMap<(&'a str, &'a str), usize>,
    /// How many resources there are in a namespace.
    pub(crate) namespaces: HashMap<&'a str, usize>,
    /// Who refers to something, by kind, namespace and name.
    pub(crate) users: HashMap<Name<'a>, Vec<&'a Resource<'a>>>,
    /// What autoscalers set the number of pods of, by kind, namespace and name.
    pub(crate) scaled: HashSet<Name<'a>>,
    /// Workloads that have pods, by namespace and each label of these.
    pub(crate) labeled: HashMap<Name<'a>, Vec<&'a Resource<'a>>>,
}

/// Kind, namespace and name; or key, namespace and value.
type Name<'a> = (&'a str, Option<&'a str>, &'a str);

impl<'a> Facts<'a> {
    pub(crate) fn of(resources: &'a [Resource<'a>]) -> Self {
        let mut facts = Self::default();
        for one in resources {
            let id = &one.id;
            facts.all.push(one);
            facts
                .names
                .insert((id.kind.as_str(), id.namespace.as_deref(), id.name.as_str()));
            *facts
                .kinds
                .entry((id.group(), id.kind.as_str()))
                .or_default() += 1;
            facts.hosts.extend(super::network::hosts(one.value));
            let namespace = id.namespace.as_deref();
            if let Some((kind, name)) = super::autoscaling::target(one) {
                facts.scaled.insert((kind, namespace, name));
            }
            if let Some(namespace) = namespace {
                *facts.namespaces.entry(namespace).or_default() += 1;
            }
            for (kind, name) in super::references::of(one.value) {
                facts
                    .users
                    .entry((kind, namespace, name))
                    .or_default()
                    .push(one);
            }
            let has_pods = one.value.at(&["spec", "replicas"]).int() != Some(0);
            if let Some((template, _)) = super::pods::template(one.value).filter(|_| has_pods) {
                for (key, value) in template.at(&["metadata", "labels"]).pairs() {
                    if let Some(value) = value.text() {
                        facts
                            .labeled
                            .entry((key, namespace, value))
                            .or_default()
                            .push(one);
                    }
                }
            }
        }
        facts
    }
}

/// One pair of resources under the eyes of the rules.
pub(crate) struct Case<'a, 'f> {
    pub(crate) pair: Pair<'a>,
    pub(crate) before: &'f Facts<'a>,
    pub(crate) after: &'f Facts<'a>,
    pub(crate) found: &'f [Found],
    /// More fields differ than were found.
    pub(crate) is_cut: bool,
    pub(crate) options: &'f Options<'f>,
    /// What is not shown because it stands in the place of a secret.
    pub(crate) veil: &'f Veil,
    /// Whether this is the way back, on which the old side is what would be published.
    pub(crate) is_back: bool,
    pub(crate) out: Vec<Finding>,
}

static NOTHING: Value = Value::Null;

impl<'a> Case<'a, '_> {
    /// What was there.
    pub(crate) fn was(&self) -> &'a Value {
        self.pair.old.map_or(&NOTHING, |one| one.value)
    }

    /// What is there.
    pub(crate) fn now(&self) -> &'a Value {
        self.pair.new.map_or(&NOTHING, |one| one.value)
    }

    pub(crate) fn old_kind(&self) -> &'a str {
        self.pair.old.map_or("", |one| &one.id.kind)
    }

    pub(crate) fn new_kind(&self) -> &'a str {
        self.pair.new.map_or("", |one| &one.id.kind)
    }

    /// The kind of both, or of the one that there is, where no kind takes another's place.
    pub(crate) fn kind(&self) -> &'a str {
        match self.pair.relation {
            Relation::OtherKind => "",
            _ if self.pair.new.is_some() => self.new_kind(),
            _ => self.old_kind(),
        }
    }

    pub(crate) fn group(&self) -> &'a str {
        self.pair
            .new
            .or(self.pair.old)
            .map_or("", |one| one.id.group())
    }

    /// Whether it is the same resource before and after.
    pub(crate) fn is_kept(&self) -> bool {
        let whole = self.pair.old.is_some() && self.pair.new.is_some();
        whole && matches!(self.pair.relation, Relation::Same | Relation::GeneratorHash)
    }

    /// Whether the old resource goes from the cluster, whatever comes in its place.
    pub(crate) fn is_gone(&self) -> bool {
        self.pair.old.is_some() && !self.is_kept()
    }

    /// Whether the old resource goes and nothing takes its place.
    pub(crate) fn is_lost(&self) -> bool {
        self.pair.new.is_none()
    }

    /// Whether the new resource has no forerunner.
    pub(crate) fn is_created(&self) -> bool {
        self.pair.old.is_none()
    }

    /// Reports what a rule found.
    pub(crate) fn report(&mut self, rule: &str, field: &str, message: String) {
        self.report_of(self.pair.new.or(self.pair.old), rule, field, message);
    }

    /// Reports that the old resource goes, whatever comes in its place: what accepts a
    /// finding about the new one does not accept that.
    pub(crate) fn report_gone(&mut self, rule: &str, field: &str, message: String) {
        self.report_of(self.pair.old, rule, field, message);
    }

    fn report_of(&mut self, one: Option<&Resource<'_>>, rule: &str, field: &str, message: String) {
        let of_table = table::rule(rule);
        self.out.push(Finding {
            rule: rule.to_owned(),
            severity: of_table.map_or(Severity::High, |rule| rule.severity),
            message,
            resource: one.map(|one| one.id.clone()),
            file: one.map_or_else(String::new, |one| one.file.to_owned()),
            line: one.map_or(0, |one| one.line),
            field: (!field.is_empty()).then(|| field.to_owned()),
            existing: false,
            revert: of_table.map_or(Revert::Full, |rule| rule.forward),
            allowed: None,
            expired: None,
        });
    }

    /// The finding that was reported last.
    pub(crate) fn last(&mut self) -> Option<&mut Finding> {
        self.out.last_mut()
    }

    /// Reports with a severity of its own.
    pub(crate) fn report_as(
        &mut self,
        severity: Severity,
        rule: &str,
        field: &str,
        message: String,
    ) {
        self.report(rule, field, message);
        if let Some(finding) = self.last() {
            finding.severity = severity;
        }
    }

    /// A single value of the old side as a message quotes it.
    pub(crate) fn old_value(&self, value: &Value) -> String {
        self.value(Side::Old, value)
    }

    /// A single value of the new side as a message quotes it.
    pub(crate) fn new_value(&self, value: &Value) -> String {
        self.value(Side::New, value)
    }

    fn value(&self, side: Side, value: &Value) -> String {
        match value {
            _ if self.is_closed(side) => NOT_SHOWN.to_owned(),
            Value::Null => "nothing".to_owned(),
            value if value.is_scalar() => self.text(side, &value.scalar()),
            Value::List(_) => "a list".to_owned(),
            _ => "a map".to_owned(),
        }
    }

    /// Whether nothing of a side may be shown.
    fn is_closed(&self, side: Side) -> bool {
        let published = if self.is_back { Side::New } else { Side::Old };
        self.options.hide_old && side == published
    }

    /// A text of one side as a message quotes it: without secrets, on one line, not longer
    /// than fits. Every text of a resource gets into a message here, or as a name.
    pub(crate) fn text(&self, side: Side, text: &str) -> String {
        if self.is_closed(side) {
            return NOT_SHOWN.to_owned();
        }
        if self.veil.covers(text) {
            return secrecy::HIDDEN.to_owned();
        }
        self.name(text)
    }

    /// A number of one side as a message says it.
    pub(crate) fn number(&self, side: Side, number: i64) -> String {
        self.text(side, &number.to_string()).replace('`', "")
    }

    /// What a resource is called, as a message quotes it: which there were is always shown.
    pub(crate) fn name(&self, text: &str) -> String {
        const SHOWN: usize = 160;
        if self.veil.is_in(text) {
            return secrecy::HIDDEN.to_owned();
        }
        let masked = self.options.masked(text);
        let text = masked.as_deref().unwrap_or(text);
        let mut out: String = (text.chars().take(SHOWN))
            .map(|c| match c {
                // A backtick would end the quote.
                '`' => '\'',
                c if c.is_control() => ' ',
                c => c,
            })
            .collect();
        if out.len() < text.len() {
            out.push('…');
        }
        format!("`{out}`")
    }

    /// The first texts of a list, quoted, and how many more there are.
    pub(crate) fn listed<S: AsRef<str>>(&self, side: Side, texts: &[S]) -> String {
        let texts = texts.iter();
        let texts = texts.map(|text| self.text(side, text.as_ref())).collect();
        listed(texts)
    }
}

/// The first quotes, and how many more there are; what is not shown once.
pub(crate) fn listed(mut quotes: Vec<String>) -> String {
    const SHOWN: usize = 3;
    let mut seen = HashSet::new();
    quotes.retain(|quote| quote.starts_with('`') || seen.insert(quote.clone()));
    let more = quotes.len().saturating_sub(SHOWN);
    quotes.truncate(SHOWN);
    match more {
        0 => quotes.join(", "),
        more => format!("{} and {more} more", quotes.join(", ")),
    }
}

/// What stands for a text that the reader may not be allowed to see.
const NOT_SHOWN: &str = "(not shown)";
