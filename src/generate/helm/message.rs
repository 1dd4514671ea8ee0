//! What helm says on standard error: what failed and where, and warnings.

use std::path::Path;

use super::error::{HelmFault, Misfit, NOT_YAML};
use super::places::Places;
use crate::tools::Output;

/// How many lines of output an error quotes.
const TAIL: usize = 20;

/// What helm says after most errors, and means nothing here.
const DEBUG_HINT: &str = "Use --debug flag to render out invalid YAML";

/// Paths of this machine, and what stands for them in messages.
pub(super) type Names = Vec<(String, String)>;

/// The lines of standard error, as warnings: without time stamps, and with
/// names that mean something to a reader.
pub(super) fn warnings(output: &Output, names: &Names) -> Vec<String> {
    let lines = output.stderr_lines().into_iter();
    lines
        .filter(|line| line != DEBUG_HINT)
        .map(|line| {
            let line = without_level(without_time(&line)).into_owned();
            format!("helm: {}", renamed(&line, names))
        })
        .collect()
}

/// Whether a line of [`warnings`] only tells what helm does: nobody has to act.
pub(super) fn is_note(line: &str) -> bool {
    // Helm 3 goes on with a colon, Helm 4 with a full stop.
    line.contains("found symbolic link in path")
}

/// Why helm failed.
pub(super) fn fault(output: &Output, places: &Places, release: &str, names: &Names) -> HelmFault {
    let lines: Vec<String> = output
        .stderr_lines()
        .iter()
        .filter(|line| *line != DEBUG_HINT)
        .map(|line| renamed(without_time(line), names))
        .collect();
    let text = lines.join("\n");
    let said = text.find("Error: ").map_or("", |at| &text[at + 7..]);
    schema(said)
        .or_else(|| template(said))
        .or_else(|| frames(said))
        .map_or_else(
            || HelmFault::Failed {
                chart: places.chart().to_owned(),
                release: release.to_owned(),
                status: output.status,
                output: said_or_silent(quoted(&lines).join("\n")),
            },
            |fault| in_source(fault, places),
        )
}

/// The fault with its templates as they are called from the working folder:
/// those of two charts look alike. A chart from elsewhere has no folder there.
fn in_source(fault: HelmFault, places: &Places) -> HelmFault {
    let HelmFault::Template {
        file,
        line,
        message,
        callers,
    } = fault
    else {
        return fault;
    };
    let caller = |place: String| {
        let (file, line) = position(&place);
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line}", places.template(file))
    };
    HelmFault::Template {
        file: places.template(&file),
        line,
        message,
        callers: callers.into_iter().map(caller).collect(),
    }
}

/// A message does not end in nothing.
fn said_or_silent(output: String) -> String {
    if output.trim().is_empty() {
        return "it said nothing: is that helm?".to_owned();
    }
    output
}

/// What an error quotes: the end, or, when helm itself crashed, what it says
/// before it lists its own functions.
fn quoted(lines: &[String]) -> &[String] {
    let crashed = lines.iter().position(|line| line.starts_with("panic: "));
    match crashed {
        Some(at) => {
            let rest = lines[at..].iter();
            let end = rest
                .take_while(|line| !line.starts_with("goroutine "))
                .count();
            &lines[at..at + end.min(TAIL)]
        }
        None => &lines[lines.len().saturating_sub(TAIL)..],
    }
}

fn renamed(line: &str, names: &Names) -> String {
    let mut line = line.to_owned();
    for (path, name) in names {
        line = line.replace(path.as_str(), name);
    }
    line
}

/// The line without what Go's logger starts it with: the time, and the line of
/// helm's own source.
fn without_time(line: &str) -> &str {
    let stamp = line.get(..20).unwrap_or("");
    let shape = stamp.bytes().map(|byte| match byte {
        b'0'..=b'9' => b'0',
        other => other,
    });
    let line = if shape.eq(*b"0000/00/00 00:00:00 ") {
        &line[20..]
    } else {
        line
    };
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match line.split_once(": ") {
        Some((place, rest)) if place.split_once(".go:").is_some_and(|(_, at)| number(at)) => rest,
        _ => line,
    }
}

/// What helm 4 logs (`level=WARN msg="no value" key=a`) without its frame.
fn without_level(line: &str) -> std::borrow::Cow<'_, str> {
    let Some((_, rest)) = line
        .strip_prefix("level=")
        .and_then(|rest| rest.split_once(" msg="))
    else {
        return line.into();
    };
    // Go quotes as JSON does, but for a few escapes that no message has.
    let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    match texts.next() {
        Some(Ok(text)) => format!("{text}{}", &rest[texts.byte_offset()..]).into(),
        _ => rest.into(),
    }
}

/// Errors about a template as helm 4 writes them, a frame for each template,
/// innermost last:
///
/// ```text
/// <place>
///   executing "<name>" at <code>:
///     …
/// ```
fn frames(said: &str) -> Option<HelmFault> {
    let mut places = Vec::new();
    let mut message = Vec::new();
    for line in said.lines() {
        if line.starts_with(' ') {
            message.push(line.trim());
        } else if is_place(line) {
            places.push(line);
            message.clear();
        } else if message
            .last()
            .is_some_and(|last| last.starts_with("error calling "))
        {
            // What was called is not there: it has no place, and no frame.
            message.push(line.trim());
        } else if !line.is_empty() {
            return None;
        }
    }
    let place = places.pop()?;
    let callers = places.iter().rev().map(|place| caller(place)).collect();
    Some(at(place, message.join(" "), callers))
}

/// Errors about a template come in four forms:
///
/// ```text
/// template: <place>: executing "<name>" at <code>: …
/// execution error at (<place>): …
/// parse error at (<place>): …
/// YAML parse error on <file>: …
/// ```
fn template(said: &str) -> Option<HelmFault> {
    if let Some(rest) = said.strip_prefix("YAML parse error on ") {
        let (file, message) = rest.split_once(": ")?;
        let message = message.strip_prefix("error converting YAML to JSON: ");
        let message = message.unwrap_or(rest).trim_start_matches("yaml: ");
        return Some(HelmFault::Template {
            file: in_chart(file).to_owned(),
            line: None,
            message: format!("{NOT_YAML}{}", of_rendered(message)),
            callers: Vec::new(),
        });
    }
    for form in ["execution error at (", "parse error at ("] {
        if let Some((place, message)) = said.strip_prefix(form).and_then(|it| it.split_once("): "))
        {
            return Some(at(place, message.to_owned(), Vec::new()));
        }
    }
    // Innermost last: `… error calling include: template: <place>: executing …`.
    let mut places = Vec::new();
    let mut rest = said.strip_prefix("template: ")?;
    loop {
        let (place, message) = rest.split_once(": ")?;
        places.push(place);
        match message.find(": template: ") {
            Some(next) if message[..next].contains("error calling") => {
                let inner = &message[next + ": template: ".len()..];
                if !inner.split(": ").next().is_some_and(is_place) {
                    rest = message;
                    break;
                }
                rest = inner;
            }
            _ => {
                rest = message;
                break;
            }
        }
    }
    let place = places.pop()?;
    let callers = places.iter().rev().map(|place| caller(place)).collect();
    Some(at(place, rest.to_owned(), callers))
}

/// The line is one of the rendered text, which nobody wrote.
fn of_rendered(message: &str) -> String {
    let rest = message.strip_prefix("line ");
    match rest.and_then(|rest| rest.split_once(": ")) {
        Some((line, what)) => format!("line {line} of the rendered text: {what}"),
        None => message.to_owned(),
    }
}

/// Whether this is `file:line:column`.
fn is_place(text: &str) -> bool {
    let mut parts = text.rsplit(':');
    let number = |part: Option<&str>| part.is_some_and(|part| part.parse::<usize>().is_ok());
    number(parts.next()) && number(parts.next()) && parts.next().is_some()
}

fn at(place: &str, message: String, callers: Vec<String>) -> HelmFault {
    let (file, line) = position(place);
    HelmFault::Template {
        file: in_chart(file).to_owned(),
        line,
        message,
        callers,
    }
}

fn caller(place: &str) -> String {
    let (file, line) = position(place);
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}", in_chart(file))
}

/// The file and line of `file:line:column` or `file:line`.
fn position(place: &str) -> (&str, Option<usize>) {
    let mut parts = place.splitn(3, ':');
    let file = parts.next().unwrap_or(place);
    (file, parts.next().and_then(|line| line.parse().ok()))
}

/// The path below the chart: helm puts the chart's name in front.
fn in_chart(file: &str) -> &str {
    file.split_once('/').map_or(file, |(_, inner)| inner)
}

/// Values that do not fit are listed below the chart that refuses them, as
/// `- path: …` or, since 3.18, as `- at '/path': …`.
fn schema(said: &str) -> Option<HelmFault> {
    let (_, list) = said.split_once("don't meet the specifications of the schema(s)")?;
    let mut misfits: Vec<Misfit> = Vec::new();
    let mut charts = Vec::new();
    for line in list.lines().skip(1) {
        if let Some(entry) = line.strip_prefix("- ") {
            let (path, message) = misfit(entry);
            misfits.push(Misfit {
                chart: charts.last().cloned(),
                path,
                message: message.to_owned(),
            });
        } else if let Some(chart) = line.strip_suffix(':').filter(|name| !name.contains(' ')) {
            charts.push(chart.to_owned());
        } else if let Some(last) = misfits.last_mut() {
            last.message = format!("{} {}", last.message, line.trim());
        }
    }
    if charts.len() < 2 {
        for misfit in &mut misfits {
            misfit.chart = None;
        }
    }
    (!misfits.is_empty()).then_some(HelmFault::Schema(misfits))
}

fn misfit(entry: &str) -> (String, &str) {
    if let Some((path, message)) = entry
        .strip_prefix("at '")
        .and_then(|it| it.split_once("': "))
    {
        let path = path.trim_start_matches('/').replace('/', ".");
        return (path, message);
    }
    match entry.split_once(": ") {
        Some(("(root)", message)) => (String::new(), message),
        Some((path, message)) => (path.to_owned(), message),
        None => (String::new(), entry),
    }
}

/// A path and its name for messages.
pub(super) fn name(path: &Path, shown: &str) -> (String, String) {
    (path.display().to_string(), shown.to_owned())
}

#[cfg(test)]
mod tests;
