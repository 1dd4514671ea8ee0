//! The rules for a tab on the page of a run: the server takes a tab that names a file that
//! is not there, a task that does not exist, or too few rights, and shows nothing.

use anyhow::ensure;
use serde_json::{Value, json};

use crate::extension::Extension;

/// The type of a contribution that is a tab on the page of a run.
pub const TYPE: &str = "ms.vss-build-web.build-results-tab";

/// What a tab needs to read the attachments of a run; asking for more would make every
/// installation wait for the consent of an administrator.
const SCOPES: [&str; 1] = ["vso.build"];

/// Checks every tab of an extension.
///
/// # Errors
/// When a tab has another target, loads a file that is not addressable, belongs to other
/// tasks than those of the extension, or when the rights are not those that it needs.
pub fn check(extension: &Extension, tasks: &[Value], addressable: &[String]) -> anyhow::Result<()> {
    let is_tab = |one: &&Value| one["type"] == TYPE;
    let mut found = false;
    for tab in extension.contributions.iter().filter(is_tab) {
        found = true;
        let id = tab["id"].as_str().unwrap_or_default();
        ensure!(
            tab["targets"] == json!(["ms.vss-build-web.build-results-view"]),
            "the tab `{id}` is not for ms.vss-build-web.build-results-view"
        );
        let properties = &tab["properties"];
        ensure!(
            properties["name"]
                .as_str()
                .is_some_and(|name| !name.is_empty()),
            "the tab `{id}` has no name"
        );
        let uri = properties["uri"].as_str().unwrap_or_default();
        ensure!(
            addressable.iter().any(|path| path == uri),
            "the tab `{id}` loads `{uri}`, which is no addressable file of the package"
        );
        ensure!(
            properties["supportsTasks"]
                .as_array()
                .is_some_and(|ids| ids == tasks),
            "the tab `{id}` is not for the tasks of this extension: its `supportsTasks` must be their ids"
        );
    }
    let wanted: &[&str] = if found { &SCOPES } else { &[] };
    ensure!(
        extension.scopes == wanted,
        "the scopes are {:?} and should be {wanted:?}",
        extension.scopes
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension() -> Extension {
        let mut extension: Extension = serde_json::from_value(json!({
            "manifestVersion": 1, "id": "a", "version": "1.0.0", "name": "a", "publisher": "a",
            "description": "a", "public": false, "categories": [], "tags": [], "targets": [],
            "icons": { "default": "a", "large": "a" },
            "content": { "details": { "path": "a" }, "license": { "path": "a" } },
            "branding": { "color": "a", "theme": "a" }, "files": [], "scopes": ["vso.build"],
            "contributions": [],
        }))
        .expect("an extension");
        extension.contributions.push(json!({
            "id": "tab", "type": TYPE, "targets": ["ms.vss-build-web.build-results-view"],
            "properties": { "name": "T", "uri": "tab/index.html", "supportsTasks": ["1-2"] },
        }));
        extension
    }

    fn said(extension: &Extension) -> String {
        let checked = check(extension, &[json!("1-2")], &["tab/index.html".to_owned()]);
        checked.map_or_else(|error| error.to_string(), |()| "sound".to_owned())
    }

    #[test]
    fn each_slip_is_named() {
        assert_eq!(said(&extension()), "sound");
        for (pointer, value, problem) in [
            (
                "/targets/0",
                json!("x"),
                "is not for ms.vss-build-web.build-results-view",
            ),
            ("/properties/name", json!(""), "has no name"),
            (
                "/properties/uri",
                json!("tab/x.html"),
                "loads `tab/x.html`, which is no addressable file",
            ),
            (
                "/properties/supportsTasks/0",
                json!("1-3"),
                "is not for the tasks of this extension",
            ),
        ] {
            let mut extension = extension();
            *extension.contributions[0]
                .pointer_mut(pointer)
                .expect("a place") = value;
            assert!(
                said(&extension).contains(problem),
                "{pointer}: {}",
                said(&extension)
            );
        }
    }

    #[test]
    fn the_rights_are_those_that_a_tab_needs_and_no_more() {
        for scopes in [&[][..], &["vso.build", "vso.code"], &["vso.build_execute"]] {
            let mut extension = extension();
            extension.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
            assert!(
                said(&extension).contains("should be [\"vso.build\"]"),
                "{scopes:?}"
            );
        }
        let mut extension = extension();
        extension.contributions.clear();
        assert!(said(&extension).contains("should be []"));
    }
}
