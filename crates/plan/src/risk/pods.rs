//! The pod that a workload makes, whatever its kind.

use crate::image::Image;
use crate::matching::{Pair, Relation};
use crate::resource::Resource;
use crate::value::Value;

/// The places of a pod template: of jobs with a schedule, of workloads, and a pod is one itself.
const TEMPLATES: &[(&[&str], &str)] = &[
    (
        &["spec", "jobTemplate", "spec", "template"],
        "spec.jobTemplate.spec.template",
    ),
    (&["spec", "template"], "spec.template"),
];

/// The template, and how the path to it is written.
pub(crate) fn template(value: &Value) -> Option<(&Value, &'static str)> {
    if value.at(&["kind"]).text() == Some("Pod") {
        return Some((value, ""));
    }
    // Where the other field is there as well, the server ignores it.
    let is_scheduled = value.at(&["kind"]).text() == Some("CronJob");
    let order = if is_scheduled { [0, 1] } else { [1, 0] };
    order.into_iter().find_map(|at| {
        let (keys, path) = &TEMPLATES[at];
        let template = value.at(keys);
        let is_pod = !template.at(&["spec", "containers"]).is_null();
        is_pod.then_some((template, *path))
    })
}

/// The pod's specification, and how the path to it is written.
pub(crate) fn spec(value: &Value) -> Option<(&Value, String)> {
    let (template, path) = template(value)?;
    let path = if path.is_empty() {
        "spec".to_owned()
    } else {
        format!("{path}.spec")
    };
    Some((template.at(&["spec"]), path))
}

/// The number of percent that a text says.
pub(crate) fn percent(value: &Value) -> Option<i64> {
    value.text()?.strip_suffix('%')?.parse().ok()
}

/// A container of a pod.
pub(crate) struct Container<'a> {
    pub(crate) list: &'static str,
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
    pub(crate) path: String,
}

impl Container<'_> {
    /// Whether both run an image of the same name, whatever its registry and version.
    fn is_like(&self, other: &Self) -> bool {
        let name = |one: &Self| {
            let text = one.value.at(&["image"]).scalar();
            let image = Image::parse(&text);
            let name = image.repository.rsplit('/').next().unwrap_or_default();
            name.to_owned()
        };
        name(self) == name(other) && !name(self).is_empty()
    }
}

/// All containers of a resource.
pub(crate) fn containers(value: &Value) -> Vec<Container<'_>> {
    let Some((spec, path)) = spec(value) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for value in spec.at(&[list]).items() {
            let name = value.at(&["name"]).text().unwrap_or("");
            let item = vec![("name".to_owned(), name.to_owned())];
            let step = crate::path::Path(vec![crate::path::Step::Item(item)]).text();
            all.push(Container {
                list,
                name,
                value,
                path: format!("{path}.{list}{step}"),
            });
        }
    }
    all
}

/// The containers of the new side, each with its predecessor: the one of its name, else the
/// one whose image it has, else the one in its place where as many go as come. A workload of
/// another kind may be another application: there, only the image tells.
pub(crate) fn successors<'a>(pair: &Pair<'a>) -> Vec<(Option<Container<'a>>, Container<'a>)> {
    let of =
        |side: Option<&'a Resource<'a>>| side.map_or_else(Vec::new, |one| containers(one.value));
    let mut old: Vec<_> = of(pair.old).into_iter().map(Some).collect();
    let mut out: Vec<_> = of(pair.new).into_iter().map(|new| (None, new)).collect();
    let same = pair.relation != Relation::OtherKind;
    let is_init = |one: &Container<'_>| one.list == "initContainers";
    let list = |a: &Container<'_>, b: &Container<'_>| is_init(a) == is_init(b);
    let name = |a: &Container<'_>, b: &Container<'_>| a.name == b.name;
    let fits = |a: &Container<'_>, b: &Container<'_>| name(a, b) && (same || a.is_like(b));
    take(&mut old, &mut out, |a, b| list(a, b) && fits(a, b));
    take(&mut old, &mut out, fits);
    take(&mut old, &mut out, |a, b| list(a, b) && a.is_like(b));
    for is_init in [false, true].into_iter().filter(|_| same) {
        let of_list = |one: &Container<'_>| (one.list == "initContainers") == is_init;
        let come = out
            .iter()
            .filter(|(old, new)| old.is_none() && of_list(new));
        if come.count() == old.iter().flatten().filter(|one| of_list(one)).count() {
            take(&mut old, &mut out, |a, b| of_list(a) && of_list(b));
        }
    }
    out
}

/// Gives each new container without a predecessor the first old one that fits.
fn take<'a>(
    old: &mut [Option<Container<'a>>],
    out: &mut [(Option<Container<'a>>, Container<'a>)],
    fits: impl Fn(&Container<'a>, &Container<'a>) -> bool,
) {
    for (place, new) in out.iter_mut().filter(|(place, _)| place.is_none()) {
        let found = old
            .iter_mut()
            .find(|one| one.as_ref().is_some_and(|one| fits(one, new)));
        *place = found.and_then(Option::take);
    }
}

/// The containers that have a predecessor, which comes first.
pub(crate) fn pairs<'a>(pair: &Pair<'a>) -> Vec<(Container<'a>, Container<'a>)> {
    let all = successors(pair).into_iter();
    all.filter_map(|(old, new)| Some((old?, new))).collect()
}

/// The old containers that one that comes is measured by; none where nothing of the old
/// workload goes on.
pub(crate) fn others<'a>(pair: &Pair<'a>) -> Vec<Container<'a>> {
    let goes_on = pair.relation != Relation::OtherKind || !pairs(pair).is_empty();
    let old = pair.old.filter(|_| goes_on);
    old.map_or_else(Vec::new, |one| containers(one.value))
}
