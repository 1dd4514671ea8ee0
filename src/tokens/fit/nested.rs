//! Texts of a kustomization that are YAML themselves: patches, and plugins.
//!
//! Kustomize reads such a text again, so that a value in it has to stay one text there
//! as well.

use super::read::{Reading, Slot};
use super::rule::{Reader, stays_plain};
use super::template::Template;
use super::{Given, How, Misfit, Reason};
use crate::text::{Form, Kind, Node, yaml};

/// Refuses a value that would add to what such a text holds, or become another.
pub(super) fn check(
    given: &Given<'_>,
    template: &Template,
    reading: &Reading,
) -> Result<(), Misfit> {
    let file = given.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let named = file == "Kustomization" || file.starts_with("kustomization.");
    for slot in &reading.slots {
        let kind = reading.documents[slot.document].kind.as_deref();
        let counts = named || matches!(kind, Some("Kustomization" | "Component"));
        if counts && !fits(given, template, slot) {
            return Err(Misfit {
                edit: template.edits_in(&slot.at).start,
                reason: Reason::Nested,
            });
        }
    }
    Ok(())
}

fn fits(given: &Given<'_>, template: &Template, slot: &Slot) -> bool {
    let is_free = |edit| matches!(given.how(edit), How::Raw | How::Kept | How::Laid);
    if template.edits_in(&slot.at).any(is_free) {
        return true;
    }
    let Ok(meant) = yaml::parse(&slot.value) else {
        return true;
    };
    if !meant
        .iter()
        .any(|it| !matches!(it.root.kind, Kind::Scalar(..)))
    {
        return true;
    }
    let filled = |text: &str| template.filled(text, |edit| given.value(edit));
    let Ok(now) = yaml::parse(&filled(&slot.value)) else {
        return false;
    };
    let mut pairs = meant.iter().zip(&now);
    meant.len() == now.len() && pairs.all(|(meant, now)| same(&meant.root, &now.root, &filled))
}

/// Whether a node is what was meant, with the values in the place of the words.
fn same(meant: &Node, now: &Node, filled: &impl Fn(&str) -> String) -> bool {
    match (&meant.kind, &now.kind) {
        (Kind::Scalar(meant, _), Kind::Scalar(now, form)) => {
            let stays = meant == now || *form == Form::Text || stays_plain(now, Reader::Kubernetes);
            filled(meant) == *now && stays
        }
        (Kind::Sequence(meant), Kind::Sequence(now)) => {
            meant.len() == now.len() && meant.iter().zip(now).all(|(a, b)| same(a, b, filled))
        }
        (Kind::Mapping(meant), Kind::Mapping(now)) => {
            let pair = |(a, b): (&(Node, Node), &(Node, Node))| {
                same(&a.0, &b.0, filled) && same(&a.1, &b.1, filled)
            };
            meant.len() == now.len() && meant.iter().zip(now).all(pair)
        }
        _ => false,
    }
}
