//! From what people call a reviewer to the id that Azure DevOps wants.

use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::wire::{List, own_name};
use crate::host::Refusal;
use crate::host::fault::Fault;
use crate::host::rest::Call;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    id: String,
    #[serde(default)]
    provider_display_name: String,
    #[serde(default)]
    custom_display_name: Option<String>,
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    properties: Value,
}

impl Identity {
    /// Its name, with the account that tells it from others.
    fn shown(&self) -> String {
        match self.properties["Account"]["$value"].as_str() {
            Some(account) if !account.is_empty() => {
                format!("{} <{account}>", self.provider_display_name)
            }
            _ => self.provider_display_name.clone(),
        }
    }

    /// Whether `name` is one of its names in full.
    fn is(&self, name: &str) -> bool {
        let property = |name: &str| self.properties[name]["$value"].as_str().unwrap_or_default();
        let shown = &self.provider_display_name;
        [
            shown.as_str(),
            own_name(shown),
            self.custom_display_name.as_deref().unwrap_or_default(),
            property("Mail"),
            property("Account"),
        ]
        .iter()
        .any(|own| own.to_lowercase() == name.to_lowercase())
    }
}

impl Client {
    /// The id of a person or group; otherwise why there is none.
    pub(super) async fn identity(&self, name: &str) -> Result<String, String> {
        if is_guid(name) {
            return Ok(name.to_lowercase());
        }
        let found = match self.identities(name).await {
            Ok(found) => found,
            Err(fault) if fault.meaning() == Some(Refusal::Permission) => {
                return Err(format!(
                    "{fault}. The token needs the scope Identity (read); a reviewer's GUID needs no look-up"
                ));
            }
            Err(fault) => return Err(fault.to_string()),
        };
        let exact: Vec<&Identity> = found.iter().filter(|found| found.is(name)).collect();
        let left = if exact.is_empty() {
            found.iter().collect()
        } else {
            exact
        };
        match left.as_slice() {
            [] => Err("there is no such person or group in the organization".to_owned()),
            [one] => Ok(one.id.clone()),
            many => {
                let names: Vec<String> = many.iter().take(3).map(|one| one.shown()).collect();
                Err(format!(
                    "the name fits {} identities ({}); write the e-mail address or the GUID",
                    many.len(),
                    names.join(", ")
                ))
            }
        }
    }

    async fn identities(&self, name: &str) -> Result<Vec<Identity>, Fault> {
        let mut url = self.place().await?.identities();
        url.query_pairs_mut()
            .append_pair("searchFilter", "General")
            .append_pair("filterValue", name)
            .append_pair("queryMembership", "None");
        let found: List<Option<Identity>> = self.read(Call::get, url).await?;
        let mut found: Vec<Identity> = found.value.into_iter().flatten().collect();
        if found.iter().any(|one| one.is_active == Some(true)) {
            found.retain(|one| one.is_active != Some(false));
        }
        Ok(found)
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
