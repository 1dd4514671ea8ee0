//! Contents of files in one request, by their git ids. Servers of any age have it.

use serde_json::json;

use super::client::Client;
use crate::host::fault::Fault;
use crate::host::rest::Call;
use crate::model::ObjectId;

impl Client {
    /// The contents as a zip archive, whose names mean nothing to us.
    /// <https://learn.microsoft.com/rest/api/azure/devops/git/blobs/get-blobs-zip>
    pub(in crate::host) async fn blobs(&self, ids: &[ObjectId]) -> Result<Vec<u8>, Fault> {
        let url = self.place().await?.git(&["blobs"]);
        let make = |url| Call::post(url, json!(ids)).safe().zipped();
        Ok(self.send(make, url).await?.archive)
    }
}
