//! The last look over a plan: everything that comes from resources and is shown passes here,
//! whatever found it. Owns that no secret that the run knows, nothing that stands in the
//! place of one, and, for a reader who may not see it, nothing of the old side is left.

use crate::field::{Change, Field, Hidden, Secrecy};
use crate::image::ImageMove;
use crate::options::Options;
use crate::plan::Plan;
use crate::resource::Identity;
use crate::secrecy::HIDDEN;
use crate::value::Value;
use crate::veil::Veil;

/// What stands for a text in a path.
const PLACE: &str = "***";

pub(crate) fn plan(plan: &mut Plan, options: &Options<'_>, veil: &Veil) {
    let gate = Gate { options, veil };
    for finding in &mut plan.findings {
        if let Some(message) = veil.message(&finding.message) {
            finding.message = message;
        }
        gate.mask(&mut finding.message);
        gate.path(&mut finding.file);
        finding.field.iter_mut().for_each(|field| gate.path(field));
        let resource = finding.resource.iter_mut();
        resource.for_each(|id| gate.identity(id));
    }
    for change in &mut plan.resources {
        gate.identity(&mut change.resource);
        change.from.iter_mut().for_each(|id| gate.identity(id));
        gate.path(&mut change.file);
        change.images.iter_mut().for_each(|image| gate.image(image));
        change.fields.iter_mut().for_each(|field| gate.field(field));
    }
}

struct Gate<'g> {
    options: &'g Options<'g>,
    veil: &'g Veil,
}

impl Gate<'_> {
    fn mask(&self, text: &mut String) {
        if let Some(masked) = self.options.masked(text) {
            *text = masked;
        }
    }

    fn path(&self, path: &mut String) {
        if let Some(cleaned) = self.veil.cleaned(path, PLACE) {
            *path = cleaned;
        }
        self.mask(path);
    }

    fn name(&self, name: &mut String) {
        if self.veil.is_in(name) {
            HIDDEN.clone_into(name);
        }
        self.mask(name);
    }

    fn identity(&self, id: &mut Identity) {
        self.name(&mut id.name);
        id.namespace.iter_mut().for_each(|name| self.name(name));
        self.mask(&mut id.kind);
        self.mask(&mut id.api_version);
    }

    /// The image of a container before and after.
    fn image(&self, image: &mut ImageMove) {
        self.path(&mut image.path);
        let sides = [&image.old, &image.new];
        let is_secret = |text: &String| self.options.masked(text).is_some();
        if sides.into_iter().any(is_secret) {
            let hidden = |text: &str| {
                let masked = self.options.masked(text);
                masked.unwrap_or_else(|| HIDDEN.to_owned())
            };
            (image.old, image.new) = (hidden(&image.old), hidden(&image.new));
        }
        self.name(&mut image.new);
        if self.options.hide_old {
            "(not shown)".clone_into(&mut image.old);
        } else {
            self.name(&mut image.old);
        }
    }

    fn field(&self, field: &mut Field) {
        self.path(&mut field.path);
        if self.options.hide_old {
            field.old = None;
            if let Some(text) = &mut field.text {
                text.lines.retain(|line| line.starts_with(['+', '@']));
            }
        }
        let shown = field.old.iter().chain(&field.new);
        if shown.into_iter().any(|value| self.is_veiled(value)) {
            (field.old, field.new, field.cut) = (None, None, false);
            field.hidden.get_or_insert(Hidden {
                why: Secrecy::Sensitive,
                old: None,
                new: None,
            });
        }
        let Some(text) = &mut field.text else { return };
        let veiled = |line: &String| self.veil.cleaned(line, PLACE).is_some();
        if text.lines.iter().any(veiled) {
            field.text = None;
            field.cut = false;
            field.change = Change::Replaced;
            field.hidden = Some(Hidden {
                why: Secrecy::Sensitive,
                old: None,
                new: None,
            });
            return;
        }
        text.lines.iter_mut().for_each(|line| self.mask(line));
    }

    /// Whether a value holds what stands in the place of a secret elsewhere.
    fn is_veiled(&self, value: &Value) -> bool {
        let is_veiled = |text: &str| self.veil.cleaned(text, PLACE).is_some();
        match value {
            Value::Null => false,
            Value::List(items) => items.iter().any(|item| self.is_veiled(item)),
            Value::Map(pairs) => pairs
                .iter()
                .any(|(key, value)| is_veiled(key) || self.is_veiled(value)),
            single => is_veiled(&single.scalar()),
        }
    }
}
