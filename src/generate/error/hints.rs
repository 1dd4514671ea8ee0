//! What to do about each fault.

use super::Fault;

impl Fault {
    pub(super) fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Tool(error) => return error.hints(),
            Self::Chart(fault) => return fault.hints(),
            Self::Kustomize(fault) => {
                return fault.hint().iter().map(|&hint| hint.to_owned()).collect();
            }
            Self::SourceMissing(_) => {
                "check `source`: on the command line and in inputs it is relative to the working directory"
            }
            Self::Jsonnet { hint, .. } => return hint.iter().cloned().collect(),
            Self::Program { .. } => {
                "a field that isn't a resource can be hidden with `::`, or moved to a `.libsonnet` file"
            }
            Self::NoProgram(_) => {
                "name a folder with programs as `source`; `.libsonnet` files are libraries, which are not rendered"
            }
            Self::FolderMissing(_) => {
                "check `jsonnetPaths`; in gitops.yaml, paths are relative to that file"
            }
            Self::Unfit(_) => {
                "give the file a name that ends in `.yaml`, so that every value stays the text it is"
            }
            Self::Source(error) => {
                return error.hint().iter().map(|&hint| hint.to_owned()).collect();
            }
            Self::ComponentMissing { method, .. } if method == "git" => {
                "it comes from git and is not installed: run `gitops-publisher fab install` before, or commit the `components` folder"
            }
            Self::ComponentMissing { method, .. } if method == "url" => {
                "an entry whose `source` is a URL needs `method: git`"
            }
            Self::HelmFailed { missing: true, .. } => {
                "the chart is not installed: run `gitops-publisher fab install` before, or commit the `helm_repos` folder"
            }
            Self::Cycle(_) => {
                "an entry needs a `source` or a `path` that leads to another component"
            }
            Self::Subfolder { .. } => "move its files up, or make it a static component of its own",
            Self::StaticMissing(_) => {
                "check its `path`; what comes by http is installed by `gitops-publisher fab install`"
            }
            Self::HookRefused(_) => {
                "a pull request build executes nothing from the source; set `allowHooks` if its authors are trusted"
            }
            Self::EmptyChart(_) => {
                "disable the component in this environment, or set `allowEmptyCharts`"
            }
            Self::UnknownEnvironment(_) => {
                "check the spelling; names are those of the files in `config` folders"
            }
            Self::NoResource { .. } => {
                "move it out of the source, or name the folder with the manifests as `source`"
            }
            Self::RepeatedKey { .. } => {
                "remove one of them: kubectl takes the last one, Kustomize and Flux refuse the file. `layout: source` passes the file on as it is, with a warning"
            }
            Self::Fields(_) => "the API server refuses this: correct the template or its values",
            Self::Clash { .. } => "use the same shape in both layers",
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}
