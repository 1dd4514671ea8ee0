//! Images of containers.

use super::{Case, pods};
use crate::image::Image;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    for (old, new) in pods::successors(&case.pair) {
        let image = |one: &pods::Container<'_>| one.value.at(&["image"]).scalar();
        let (before, after) = (old.as_ref().map(image).unwrap_or_default(), image(&new));
        if after.is_empty() || before == after {
            continue;
        }
        if before.is_empty() {
            added(case, &new, &after);
        } else {
            changed(case, &new, &before, &after);
        }
    }
}

/// An image that no container had before it: it is measured by the others of the workload.
fn added(case: &mut Case<'_, '_>, container: &pods::Container<'_>, text: &str) {
    let field = format!("{}.image", container.path);
    let image = Image::parse(text);
    if image.is_mutable() {
        mutable(case, container, text);
    }
    let all = pods::others(&case.pair).into_iter();
    let all: Vec<_> = all
        .map(|one| one.value.at(&["image"]).scalar())
        .filter(|one| !one.is_empty())
        .collect();
    let all: Vec<_> = all.iter().map(|one| Image::parse(one)).collect();
    if all.is_empty() {
        return;
    }
    if all.iter().all(|one| one.registry != image.registry) {
        let message = format!(
            "the image comes from {}, as no other of it did",
            case.text(Side::New, image.registry)
        );
        case.report("image-registry-changed", &field, message);
    }
    if image.digest.is_none() && all.iter().all(|one| one.digest.is_some()) {
        let message = format!(
            "{} is not pinned by a digest, as the other images are",
            case.text(Side::New, text)
        );
        case.report("image-digest-lost", &field, message);
    }
}

fn mutable(case: &mut Case<'_, '_>, container: &pods::Container<'_>, text: &str) {
    let message = format!(
        "{} can be another image tomorrow; pin a version or a digest",
        case.text(Side::New, text)
    );
    case.report(
        "image-mutable-tag",
        &format!("{}.image", container.path),
        message,
    );
}

fn changed(case: &mut Case<'_, '_>, container: &pods::Container<'_>, old: &str, new: &str) {
    let field = format!("{}.image", container.path);
    let (before, after) = (Image::parse(old), Image::parse(new));
    let both = format!(
        "from {} to {}",
        case.text(Side::Old, old),
        case.text(Side::New, new)
    );
    case.report("image-changed", &field, format!("the image goes {both}"));
    if before.registry != after.registry {
        let message = format!(
            "the image comes from {} and no longer from {}",
            case.text(Side::New, after.registry),
            case.text(Side::Old, before.registry)
        );
        case.report("image-registry-changed", &field, message);
    }
    let same = before.repository.rsplit('/').next() == after.repository.rsplit('/').next();
    if same && after.is_older_than(&before) {
        case.report(
            "image-downgrade",
            &field,
            format!("the image goes back {both}"),
        );
    }
    if before.digest.is_some() && after.digest.is_none() {
        let message = format!(
            "{} is no longer pinned by a digest",
            case.text(Side::New, new)
        );
        case.report("image-digest-lost", &field, message);
    }
    if after.is_mutable() && !before.is_mutable() {
        mutable(case, container, new);
    }
}
