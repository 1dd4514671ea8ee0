//! access.yaml: which variable holds the token for which source.
//!
//! Only the files of the checkout itself count: a component from elsewhere
//! must not be able to name both a variable and a server that its value is
//! sent to. On a build of a pull request the checkout's own are not trusted
//! either, unless the caller says so.

use std::collections::BTreeMap;
use std::path::Path;

use url::Url;

use super::files::Files;
use super::{AccessPolicy, Fault, Surroundings};
use crate::definition::Source;
use crate::host::{self, Authorization};
use crate::model::{RedactedUrl, Secret};

/// The file's name.
const FILE: &str = "access.yaml";

/// What the access files say, the first one about a source wins.
#[derive(Debug, Default)]
pub(super) struct Access {
    variables: BTreeMap<String, String>,
}

impl Access {
    /// Reads the access file of a component's folder, when there is one.
    pub(super) fn load(&mut self, files: &Files, folder: &Path) -> Result<(), Fault> {
        let path = folder.join(FILE);
        let Some(text) = files.text(&path)? else {
            return Ok(());
        };
        let file = files.show(&path);
        let source = Source {
            file: &file,
            json: false,
        };
        let Some(root) = source.parse(&text)? else {
            return Ok(());
        };
        for (key, value) in root.pairs().unwrap_or_default() {
            let (Some(address), Some(variable)) = (key.text(), value.text()) else {
                let message = "each line is `<source>: <VARIABLE>`";
                return Err(source.wrong(value, message).into());
            };
            self.variables
                .entry(address.to_owned())
                .or_insert_with(|| variable.to_owned());
        }
        Ok(())
    }

    /// The credentials for a source as its component file writes it.
    pub(super) fn authorization(
        &self,
        written: &str,
        url: &Url,
        policy: AccessPolicy,
        around: &dyn Surroundings,
    ) -> Result<Option<Authorization>, Fault> {
        let Some(variable) = self.variables.get(written) else {
            return Ok(None);
        };
        let address = RedactedUrl::new(url.clone()).to_string();
        if policy == AccessPolicy::Refuse {
            return Err(Fault::AccessRefused {
                address,
                variable: variable.clone(),
            });
        }
        let secret = around.token(variable).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| Fault::TokenMissing {
            address: address.clone(),
            variable: variable.clone(),
        })?;
        if url.scheme() == "http" && !host::is_this_machine(url) {
            around.warn(&format!(
                "the token of the variable `{variable}` goes to {address} without encryption; use https"
            ));
        }
        let kind = host::detect(url);
        let user = Some(url.username()).filter(|user| !user.is_empty());
        let made = host::authorization(kind, &secret, user);
        let made = made.map_err(|error| Fault::Token {
            variable: variable.clone(),
            reason: error.to_string(),
        })?;
        around.mask(&secret);
        around.mask_forms(&made);
        Ok(Some(made))
    }
}

/// Hides a password that stands in an address; it is not used.
pub(super) fn hide_embedded(url: &Url, around: &dyn Surroundings) {
    // A user name alone is a token where it is as long as one.
    const TOKEN: usize = 20;
    let alone = Some(url.username()).filter(|user| user.len() >= TOKEN);
    let Some(embedded) = url.password().or(alone) else {
        return;
    };
    around.mask(&Secret::new(embedded));
    around.warn(&format!(
        "the source {} contains a password; it is not used. Put the token into a variable that access.yaml names",
        RedactedUrl::new(url.clone())
    ));
}
