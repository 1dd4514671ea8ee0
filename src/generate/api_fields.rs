//! Fields that the API server refuses whatever else is in the cluster: text
//! that is a number, names and images that no template filled in.
//!
//! Owns which fields of which kinds these are. Looks at the resource as
//! Kubernetes reads it. An absent or null field is the API server's to judge.

mod image;

use std::fmt;

use super::documents::{field, list_items};
use crate::text::yaml::{Dialect, Value};
use crate::text::{Kind, Node};

/// A field that cannot be what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The line it is in, from 1; that of the resource where it has none.
    pub line: usize,
    /// Kind, namespace and name of the resource, as far as it has them.
    pub resource: String,
    /// The way to the field: `spec.containers[0].env[1].value`.
    pub field: String,
    /// What is wrong, for a sentence that begins with the field.
    pub message: String,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            resource,
            field,
            message,
            ..
        } = self;
        write!(f, "{resource}: `{field}` {message}")
    }
}

/// What a field must be.
#[derive(Clone, Copy)]
enum Rule {
    /// Any text.
    Text,
    /// Text that a template filled in.
    Filled,
    /// The reference of an image.
    Image,
}

/// Where pods are in the kinds that make some.
const PODS: &[(&str, &str, &[&str])] = &[
    ("", "Pod", &["spec"]),
    ("", "PodTemplate", &["template", "spec"]),
    ("", "ReplicationController", &["spec", "template", "spec"]),
    ("apps", "Deployment", &["spec", "template", "spec"]),
    ("apps", "StatefulSet", &["spec", "template", "spec"]),
    ("apps", "DaemonSet", &["spec", "template", "spec"]),
    ("apps", "ReplicaSet", &["spec", "template", "spec"]),
    ("extensions", "Deployment", &["spec", "template", "spec"]),
    ("extensions", "DaemonSet", &["spec", "template", "spec"]),
    ("extensions", "ReplicaSet", &["spec", "template", "spec"]),
    ("batch", "Job", &["spec", "template", "spec"]),
    (
        "batch",
        "CronJob",
        &["spec", "jobTemplate", "spec", "template", "spec"],
    ),
];

/// The lists of containers in a pod.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Every fault in a document, in the order of its fields.
pub(super) fn check(root: &Node, line: usize) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if list_items(root).is_none() {
        resource(root, line, &mut faults);
    }
    faults
}

fn resource(root: &Node, line: usize, faults: &mut Vec<FieldFault>) {
    let text = |name| field(root, name).and_then(Node::text).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if version.is_empty() || kind.is_empty() {
        return;
    }
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let mut check = Check {
        resource: name_of(root, kind),
        line,
        way: Vec::new(),
        faults,
    };
    check.at(root, "metadata", Check::metadata);
    match (group, kind) {
        ("", "ConfigMap") => check.at(root, "data", |check, data| {
            check.each(data, Rule::Text);
        }),
        ("", "Secret") => {
            for name in ["data", "stringData"] {
                check.at(root, name, |check, data| check.each(data, Rule::Text));
            }
        }
        ("", "Service" | "ReplicationController") => check.at(root, "spec", |check, spec| {
            check.at(spec, "selector", |check, all| {
                check.each(all, Rule::Filled);
            });
        }),
        ("apps" | "extensions" | "batch" | "policy", _) => {
            check.at(root, "spec", Check::selector);
        }
        _ => {}
    }
    let pods = PODS
        .iter()
        .find(|(own, name, _)| *own == group && *name == kind);
    if let Some((_, _, way)) = pods {
        check.pod_below(root, way);
    }
}

/// `ConfigMap shop/web`, or what there is of it.
fn name_of(root: &Node, kind: &str) -> String {
    let text = |name| field(field(root, "metadata")?, name).and_then(Node::text);
    let name = text("name").filter(|name| !name.is_empty());
    match (text("namespace").filter(|name| !name.is_empty()), name) {
        (Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (None, Some(name)) => format!("{kind} {name}"),
        _ => kind.to_owned(),
    }
}

struct Check<'f> {
    resource: String,
    /// The line of the resource.
    line: usize,
    way: Vec<String>,
    faults: &'f mut Vec<FieldFault>,
}

impl Check<'_> {
    /// Goes on in a field, when it is there and not null.
    fn at(&mut self, node: &Node, name: &str, then: impl FnOnce(&mut Self, &Node)) {
        let Some(inner) = field(node, name).filter(|inner| !inner.is_null()) else {
            return;
        };
        self.way.push(name.to_owned());
        then(self, inner);
        self.way.pop();
    }

    /// Goes on in each item of a list.
    fn items(&mut self, node: &Node, name: &str, mut then: impl FnMut(&mut Self, &Node)) {
        self.at(node, name, |check, list| {
            let Kind::Sequence(items) = &list.kind else {
                return;
            };
            for (at, item) in items.iter().enumerate() {
                check.way.push(format!("[{at}]"));
                then(check, item);
                check.way.pop();
            }
        });
    }

    /// Every value of a map.
    fn each(&mut self, map: &Node, rule: Rule) {
        let Some(pairs) = map.pairs() else {
            let found = noun(map);
            self.fault(map, format!("is {found}, but has to be a map"));
            return;
        };
        for (key, value) in pairs.iter().filter(|(_, value)| !value.is_null()) {
            self.way.push(key.text().unwrap_or_default().to_owned());
            self.value(value, rule);
            self.way.pop();
        }
    }

    fn value(&mut self, node: &Node, rule: Rule) {
        let text = match Value::of(node, Dialect::Kubernetes) {
            Ok(Value::Str(text)) => text,
            Ok(Value::Null) if !matches!(rule, Rule::Image) => return,
            Ok(Value::Null) => String::new(),
            _ => {
                let found = noun(node);
                self.fault(
                    node,
                    match &node.kind {
                        Kind::Scalar(..) => format!("is {found}, but has to be a string: quote it"),
                        _ => format!("is {found}, but has to be a string"),
                    },
                );
                return;
            }
        };
        match rule {
            Rule::Text => {}
            Rule::Filled => {
                if let Some(left) = left_over(&text) {
                    self.fault(node, format!("contains `{left}`: a template left it there"));
                }
            }
            Rule::Image => {
                if let Some(reason) = image::fault(&text) {
                    self.fault(node, reason);
                }
            }
        }
    }

    fn fault(&mut self, node: &Node, message: String) {
        let mut field = String::new();
        for step in &self.way {
            if !field.is_empty() && !step.starts_with('[') {
                field.push('.');
            }
            field.push_str(step);
        }
        self.faults.push(FieldFault {
            // JSON has no lines.
            line: node.line.max(self.line),
            resource: self.resource.clone(),
            field,
            message,
        });
    }

    fn metadata(&mut self, metadata: &Node) {
        if metadata.pairs().is_none() {
            let found = noun(metadata);
            self.fault(metadata, format!("is {found}, but has to be a map"));
            return;
        }
        for name in ["name", "generateName", "namespace"] {
            self.at(metadata, name, |check, value| {
                check.value(value, Rule::Filled);
            });
        }
        self.labels(metadata);
    }

    fn labels(&mut self, metadata: &Node) {
        self.at(metadata, "labels", |check, all| {
            check.each(all, Rule::Filled);
        });
        self.at(metadata, "annotations", |check, all| {
            check.each(all, Rule::Text);
        });
    }

    fn selector(&mut self, spec: &Node) {
        self.at(spec, "selector", |check, selector| {
            check.at(selector, "matchLabels", |check, all| {
                check.each(all, Rule::Filled);
            });
        });
    }

    /// The templates on the way to a pod, and the pod.
    fn pod_below(&mut self, node: &Node, way: &[&str]) {
        let Some((step, rest)) = way.split_first() else {
            self.pod(node);
            return;
        };
        self.at(node, step, |check, inner| {
            if matches!(*step, "template" | "jobTemplate") {
                check.at(inner, "metadata", Check::labels);
            }
            check.pod_below(inner, rest);
        });
    }

    fn pod(&mut self, pod: &Node) {
        self.at(pod, "nodeSelector", |check, all| {
            check.each(all, Rule::Filled);
        });
        for list in CONTAINERS {
            self.items(pod, list, Check::container);
        }
        self.items(pod, "volumes", |check, volume| {
            check.at(volume, "image", |check, image| {
                check.at(image, "reference", |check, text| {
                    check.value(text, Rule::Image);
                });
            });
        });
    }

    fn container(&mut self, container: &Node) {
        self.at(container, "name", |check, name| {
            check.value(name, Rule::Filled);
        });
        // Null is as bad as empty here, and absent is not: admission may set it.
        if let Some(image) = field(container, "image") {
            self.way.push("image".to_owned());
            self.value(image, Rule::Image);
            self.way.pop();
        }
        for list in ["command", "args"] {
            self.items(container, list, |check, word| {
                check.value(word, Rule::Text);
            });
        }
        self.items(container, "env", |check, variable| {
            check.at(variable, "name", |check, name| {
                check.value(name, Rule::Filled);
            });
            check.at(variable, "value", |check, value| {
                check.value(value, Rule::Text);
            });
        });
    }
}

/// What templates leave behind where they should have put something.
fn left_over(text: &str) -> Option<&'static str> {
    ["<no value>", "{{", "}}"]
        .into_iter()
        .find(|left| text.contains(left))
}

/// What a value is, as Kubernetes reads it.
fn noun(node: &Node) -> &'static str {
    match Value::of(node, Dialect::Kubernetes) {
        Ok(Value::Null) => "null",
        Ok(Value::Bool(_)) => "a boolean",
        Ok(Value::Int(_) | Value::Uint(_) | Value::Float(_)) => "a number",
        Ok(Value::Str(_) | Value::Disputed(_)) => "a string",
        Ok(Value::List(_)) => "a list",
        Ok(Value::Map(_)) | Err(_) => "a map",
    }
}

#[cfg(test)]
mod tests;
