//! The last look over a plan: secrets that the run knows are removed from everything that
//! comes from resources and is shown. Values were masked when they were written down.

use crate::options::Options;
use crate::plan::Plan;
use crate::resource::Identity;

pub(crate) fn plan(plan: &mut Plan, options: &Options<'_>) {
    let Some(mask) = options.mask else { return };
    let one = |text: &mut String| {
        if let Some(masked) = mask(text) {
            *text = masked;
        }
    };
    let identity = |id: &mut Identity| {
        one(&mut id.name);
        id.namespace.iter_mut().for_each(one);
        one(&mut id.kind);
        one(&mut id.api_version);
    };
    for finding in &mut plan.findings {
        one(&mut finding.message);
        one(&mut finding.file);
        finding.field.iter_mut().for_each(one);
        finding.resource.iter_mut().for_each(identity);
    }
    for change in &mut plan.resources {
        identity(&mut change.resource);
        change.from.iter_mut().for_each(identity);
        one(&mut change.file);
        change
            .images
            .iter_mut()
            .for_each(|image| one(&mut image.path));
        for field in &mut change.fields {
            one(&mut field.path);
            let lines = field.text.iter_mut().flat_map(|text| &mut text.lines);
            lines.for_each(one);
        }
    }
}
