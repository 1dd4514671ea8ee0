//! A page of its own: one file that loads nothing, for a browser and for a frame that
//! may do nothing. Owns its markup; every text passes [`Html::text`].

mod head;

use super::safe::escape;
use super::{Detail, Plans, commits, describe, environments, must_be_named, ranked, summaries};
use crate::commits::Commits;
use crate::fold::{self, Folded};
use crate::plan::ResourceChange;
use crate::risk::Finding;

/// Beyond so many bytes, fields are left out: a browser has to hold the page.
const LONGEST: usize = 4 << 20;

/// Beyond so many bytes, findings are only counted, the least severe first.
const FINDINGS: usize = 2 << 20;

/// Beyond so many bytes, resources are only counted, the least risky first.
const RESOURCES: usize = 8 << 20;

/// With so few resources, all are unfolded.
const FEW: usize = 10;

/// What stands above the plan.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// The title of the page.
    pub title: &'a str,
    /// What it is about, a paragraph each.
    pub lines: &'a [String],
}

/// The plans as a page of HTML. `clean` takes out what may not be shown; it is asked for
/// each text, so that it cannot break the page.
pub fn html(plans: Plans<'_>, heading: Heading<'_>, clean: &dyn Fn(&str) -> String) -> String {
    let mut page = Html {
        out: String::new(),
        clean,
    };
    let title = escape(&clean(heading.title));
    page.out.push_str(&head::head(&title));
    page.open("header", "");
    page.element("h1", "", heading.title);
    for line in heading.lines {
        page.element("p", "about", line);
    }
    page.open("ul", "summary");
    for (name, summary) in summaries(plans, Detail::Stat) {
        let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
        page.element("li", "", &format!("{name}{summary}"));
    }
    page.close("ul");
    for (names, range) in commits::ranges(plans) {
        let line = commits::plain(range, names.as_deref());
        page.element("p", "about", &line);
        page.subjects(range);
    }
    page.out.push_str(head::TOOLS);
    page.close("header");
    page.open("main", "");
    page.findings(plans);
    page.resources(plans);
    page.close("main");
    page.out.push_str("<script>");
    page.out.push_str(head::SCRIPT);
    page.out.push_str("</script></body></html>\n");
    page.out
}

struct Html<'c> {
    out: String,
    clean: &'c dyn Fn(&str) -> String,
}

impl Html<'_> {
    fn open(&mut self, tag: &str, class: &str) {
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        self.out.push_str(&format!("<{tag}{class}>"));
    }

    fn close(&mut self, tag: &str) {
        self.out.push_str(&format!("</{tag}>\n"));
    }

    fn text(&mut self, text: &str) {
        let text = escape(&(self.clean)(text));
        self.out.push_str(&text);
    }

    /// An element with nothing but a text; tags and classes are ours.
    fn element(&mut self, tag: &str, class: &str, text: &str) {
        self.open(tag, class);
        self.text(text);
        self.close(tag);
    }

    /// A sentence of ours with code between backticks.
    fn sentence(&mut self, text: &str) {
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.open("code", "");
                self.text(part);
                self.out.push_str("</code>");
            } else {
                self.text(part);
            }
        }
    }

    /// The subjects of the commits, folded away.
    fn subjects(&mut self, range: &Commits) {
        let (all, more) = commits::subjects(range);
        if all.is_empty() {
            return;
        }
        self.open("details", "noise");
        self.element("summary", "", commits::heading(range));
        self.open("ul", "");
        for line in all.iter().chain(&more) {
            self.element("li", "", line);
        }
        self.close("ul");
        self.close("details");
    }

    /// Counts what a browser could not hold.
    fn left_out(&mut self, before: &str, number: usize, what: &str) {
        if number > 0 {
            let what = describe::count(number, what);
            let said = format!(
                "The page would be too large: {before}{what} left out. `gitops-publisher plan --full` shows everything."
            );
            self.element("p", "", &said);
        }
    }

    fn findings(&mut self, plans: Plans<'_>) {
        let findings = fold::findings(plans);
        if findings.is_empty() {
            return;
        }
        self.out
            .push_str("<section aria-labelledby=\"risks\"><h2 id=\"risks\">Risks</h2>\n");
        self.open("ul", "findings");
        let mut left = findings.iter();
        for one in left.by_ref() {
            self.finding(plans, one);
            if self.out.len() > FINDINGS {
                break;
            }
        }
        self.close("ul");
        self.left_out("", left.len(), "more finding");
        self.close("section");
    }

    fn finding(&mut self, plans: Plans<'_>, one: &Folded<'_, Finding>) {
        let finding = one.change;
        let severity = describe::severity(finding.severity);
        let allowed = if finding.allowed.is_some() {
            " allowed"
        } else {
            ""
        };
        self.out
            .push_str(&format!("<li data-entry class=\"finding{allowed}\">"));
        self.element("b", &format!("badge {severity}"), severity);
        if let Some(id) = &finding.resource {
            self.element("code", "name", &id.short());
        }
        self.open("span", "said");
        self.sentence(&describe::finding(finding));
        self.close("span");
        self.element("code", "rule", &finding.rule);
        if let Some(names) = environments(plans, one) {
            self.element("span", "places", &format!("in {names}"));
        }
        self.close("li");
    }

    fn resources(&mut self, plans: Plans<'_>) {
        // Where nothing was compared field by field, the heading has the list.
        if plans.is_empty() {
            return;
        }
        let (mut resources, _) = ranked(plans, Detail::Full);
        // What nobody has to read comes last.
        resources.sort_by_key(|one| is_noise(one.change));
        self.out
            .push_str("<section aria-labelledby=\"changes\"><h2 id=\"changes\">Changes</h2>\n");
        if resources.is_empty() {
            self.element("p", "", "No resource changes.");
        }
        let few = resources.len() <= FEW;
        let mut cut = 0_usize;
        let mut left = resources.iter();
        for one in left.by_ref() {
            let open = (few || must_be_named(one.change)) && !is_noise(one.change);
            let room = self.out.len() < LONGEST;
            cut += usize::from(!room);
            self.resource(plans, one, open && room, room);
            if self.out.len() > RESOURCES {
                break;
            }
        }
        self.left_out("the fields of ", cut, "resource");
        self.left_out("", left.len(), "more resource");
        self.close("section");
    }

    fn resource(
        &mut self,
        plans: Plans<'_>,
        one: &Folded<'_, ResourceChange>,
        open: bool,
        fields: bool,
    ) {
        let change = one.change;
        let open = if open { " open" } else { "" };
        self.out
            .push_str(&format!("<details data-entry{open}><summary>"));
        let action = describe::action(change.action);
        self.element("b", &format!("badge {action}"), action);
        self.element("code", "name", &change.resource.short());
        if let Some(before) = describe::before(change) {
            self.element("span", "before", &format!("({before})"));
        }
        if let Some(risk) = change.risk.map(describe::severity) {
            self.element("b", &format!("badge {risk}"), risk);
        }
        let count = change.to_read().count();
        let count = match count {
            0 if is_noise(change) => "noise only".to_owned(),
            0 => String::new(),
            count => describe::count(count, "field"),
        };
        self.element("span", "count", &count);
        if let Some(names) = environments(plans, one) {
            self.element("span", "places", &format!("in {names}"));
        }
        self.close("summary");
        let mut about = format!("{} · {}", change.resource.api_version, change.file);
        if change.line > 0 {
            about.push_str(&format!(", line {}", change.line));
        }
        if let Some(revert) = describe::revert(change.revert) {
            about.push_str(&format!(" · {revert}"));
        }
        self.element("p", "about", &about);
        if fields {
            self.lines(describe::fields(change, Detail::Fields));
            self.noise(change);
        }
        self.close("details");
    }

    /// The fields that nobody has to read, folded away.
    fn noise(&mut self, change: &ResourceChange) {
        let Some(counted) = describe::noises(change.fields.iter()) else {
            return;
        };
        let mut only = change.clone();
        only.fields.retain(|field| field.noise.is_some());
        only.fields_cut = false;
        self.open("details", "noise");
        let counted = counted.replacen("noise not shown", "noise", 1);
        self.element("summary", "", &counted);
        self.lines(describe::fields(&only, Detail::Full));
        self.close("details");
    }

    fn lines(&mut self, lines: Vec<(char, String)>) {
        if lines.is_empty() {
            return;
        }
        self.out.push_str("<pre dir=\"ltr\" tabindex=\"0\">");
        for (mark, line) in lines {
            let tag = match mark {
                '+' => "ins",
                '-' => "del",
                _ => "span",
            };
            // Each is a block of its own: a line break would be an empty line.
            self.open(tag, "");
            self.text(&format!("{mark} {line}"));
            self.out.push_str(&format!("</{tag}>"));
        }
        self.out.push_str("</pre>\n");
    }
}

/// Whether nobody has to read anything of it.
fn is_noise(change: &ResourceChange) -> bool {
    let only_noise = !change.fields.is_empty() && change.to_read().next().is_none();
    only_noise && !must_be_named(change)
}
