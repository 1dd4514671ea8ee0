//! What sort of failure a fault of an overlay is, and what to do about it.

use super::error::KustomizeFault;
use crate::error::Kind;
use crate::fetch;

impl KustomizeFault {
    pub(in crate::generate) fn kind(&self) -> Kind {
        match self {
            Self::Unpinned { .. }
            | Self::RemoteFile { .. }
            | Self::Plain { .. }
            | Self::NoTag { .. }
            | Self::Credentials { .. }
            | Self::Plugin { .. }
            | Self::ChartVersion { .. } => Kind::Policy,
            Self::Moved { .. } => Kind::Conflict,
            Self::Download { source, .. } => source.kind(),
            _ => Kind::Input,
        }
    }

    pub(in crate::generate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoKustomization(_) => {
                "name the folder of an overlay as `source`, or choose another `generator`"
            }
            Self::Overlay(_) => "check `kustomizeOverlay`; it is relative to the source",
            Self::Missing { entry, .. } if entry.rsplit(['.', '/']).next() == Some("env") => {
                "files named `.env` are often not committed: write it in a step before, or take the entry out"
            }
            Self::Missing { .. } => {
                "check the spelling; the path is relative to the folder of the file that names it"
            }
            Self::Format { ends, .. } if ends.contains("env") => {
                "give the file a name that ends in `.env` or `.properties`, so that no value adds a setting"
            }
            Self::Format { .. } => {
                "give the file a name that ends in `.yaml` or `.json`, so that every value stays the text it is"
            }
            Self::Name { .. } => "rename the file or folder",
            Self::Outside { .. } => "nothing outside the checkout is read: copy the files into it",
            Self::Restricted { own: true, .. } => {
                "move the file into that folder, give its own folder a kustomization.yaml and name the folder, or set `kustomizeAllow: filesOutsideRoot`"
            }
            Self::Restricted { .. } => {
                "what comes from elsewhere is held to this rule by Kustomize itself: copy it into the source"
            }
            Self::Unpinned { .. } => {
                "add `?ref=` with the full id of a commit (40 digits), or copy the files into the source; `kustomizeAllow: tags` permits `?ref=` with a tag"
            }
            Self::RemoteFile { served: true, .. } => {
                "copy the file into the source, or set `kustomizeAllow: urls`"
            }
            Self::RemoteFile { .. } => "copy the file into the source",
            Self::Plain { .. } => "use https",
            Self::NoTag { .. } => {
                "check the spelling; a branch is not taken, as it changes without a commit of the source, nor is a part of a commit's id"
            }
            Self::Moved { .. } => "run again, or pin the base to a commit",
            Self::Download { source, .. } if source.is_not_public() => fetch::NOT_PUBLIC,
            Self::Download { .. } => {
                "check the address, the network and the proxy settings; the file is fetched without credentials"
            }
            Self::Served { .. } => "check the address; it has to lead to resources in YAML or JSON",
            Self::Credentials { .. } => {
                "take them out and make them invalid, as they are in the history of the source; what is not public has to be copied into it"
            }
            Self::Offline { .. } => {
                "copy it into the source, or allow downloads with the setting `tools`"
            }
            Self::Plugin { .. } => "use a built-in generator or transformer",
            Self::ChartVersion { .. } => "give an exact `version`, as in `1.2.3`",
            Self::ChartMissing { .. } => "put the chart there, or give its `repo` and `version`",
            Self::Shape { .. } => "write it in the form that is expected",
            Self::NotText { .. } => "put it in quotes",
            Self::Character { .. } => "take it out, or write it as an escape in double quotes",
            Self::UnknownField { .. } => {
                "fields are spelt exactly as Kustomize documents them; take out what it does not know"
            }
            Self::Repeated { .. } => "put all of it under one of the two",
            Self::Documents(_) => "put each kustomization into a folder of its own",
            Self::TwoRoles(_) => "give one of the two a copy of its own",
            Self::Address { .. } => {
                "check the spelling; an address begins with `https://` or `ssh://`"
            }
            Self::Fetch { .. } => {
                "a remote base is read by git without credentials: copy it into the source if it is not public"
            }
            Self::Failed { hint, .. } => return *hint,
            _ => return None,
        })
    }
}
