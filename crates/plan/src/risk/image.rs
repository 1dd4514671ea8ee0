//! Images of containers.

use super::{Case, pods};
use crate::image::Image;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if case.is_created() {
        for container in pods::containers(case.now()) {
            let text = container.value.at(&["image"]).scalar();
            if !text.is_empty() && Image::parse(&text).is_mutable() {
                mutable(case, &container, &text);
            }
        }
    }
    if !case.is_kept() {
        return;
    }
    for (old, new) in pods::pairs(case.was(), case.now()) {
        let (a, b) = (
            old.value.at(&["image"]).scalar(),
            new.value.at(&["image"]).scalar(),
        );
        if a != b && !a.is_empty() && !b.is_empty() {
            changed(case, &new, &a, &b);
        }
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
