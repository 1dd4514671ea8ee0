//! From settings to external programs: where they come from, and what is kept
//! of what they made.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::generate::RenderCache;
use crate::http::{self, Addresses};
use crate::report::Reporter;
use crate::settings::definition::ToolArgs;
use crate::tools::{Managed, Progress, Tool, Tools};

/// External programs, as this run may use them.
pub(super) fn tools(
    args: &ToolArgs,
    environment: &Environment,
    http: &http::Options,
    reporter: &Arc<Reporter>,
) -> Result<Tools, Error> {
    let path = environment.get("PATH").unwrap_or_default();
    let relay = http.proxy.clone().and_then(http::Relay::start);
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
    // What it cannot stand before is given as it is, unless it has a password.
    let plain = http.proxy.as_ref().filter(|proxy| proxy.user.is_none());
    let way = relay.as_ref().map(http::Relay::address);
    let way = way.or(plain.map(|proxy| proxy.url.as_str()));
    let relayed: Vec<_> = names.into_iter().zip(way.into_iter().cycle()).collect();
    let tools = Tools::new(path, environment.temp_root())
        .environment(agent::child_environment(environment))
        .environment(
            relayed
                .into_iter()
                .map(|(name, way)| (name, way.to_owned())),
        )
        .keeping(relay)
        .user_environment(agent::user_environment(environment))
        .own_program(std::env::current_exe().ok())
        .network(http.clone())
        .addresses(addresses(args, environment))
        .program(Tool::Helm, args.helm.clone())
        .program(Tool::Kustomize, args.kustomize.clone());
    let weak = Arc::clone(reporter);
    let tools = tools.on_weakness(move |text| weak.info(text));
    // Without any place of its own, the cache is as short-lived as the run.
    let cache = agent::tools_directory(environment);
    let cache = cache.unwrap_or_else(|| environment.temp_root().join("gitops-tools"));
    let versions = [
        (Tool::Helm, &args.helm_version),
        (Tool::Kustomize, &args.kustomize_version),
    ];
    let versions = versions.into_iter().filter_map(|(tool, version)| {
        let version = version.as_ref()?.trim_start_matches('v');
        Some((tool, version.to_owned()))
    });
    let shown = Arc::clone(reporter);
    let progress = move |progress: Progress<'_>| show(&shown, progress);
    Ok(tools.managed(Managed {
        mirror: mirror(args)?,
        versions: versions.collect(),
        checksums: checksums(args)?,
        progress: Some(Arc::new(progress)),
        ..Managed::new(args.tools, cache, http.clone())
    }))
}

/// Where what the source names may be fetched from.
pub(super) fn addresses(args: &ToolArgs, environment: &Environment) -> Addresses {
    if agent::is_pull_request(environment) && !args.allow_private_addresses {
        Addresses::Public
    } else {
        Addresses::Any
    }
}

/// Where what charts render to is kept, when it may be.
pub(super) fn render_cache(args: &ToolArgs, environment: &Environment) -> Option<RenderCache> {
    if !args.render_cache {
        tracing::debug!("there is no render cache: `renderCache` is false");
        return None;
    }
    let tools = agent::tools_directory(environment);
    if tools.is_none() {
        tracing::debug!(
            "there is no render cache: none of the variables AGENT_TOOLSDIRECTORY, XDG_CACHE_HOME, LOCALAPPDATA and HOME names a folder"
        );
    }
    tools.map(|tools| RenderCache {
        folder: tools.join("gitops-publisher"),
        is_read_only: agent::is_pull_request(environment),
    })
}

/// Tells the start and the end of a download; a line per piece would fill the log.
fn show(reporter: &Reporter, progress: Progress<'_>) {
    const MIB: u64 = 1 << 20;
    let Progress {
        archive,
        done,
        total,
    } = progress;
    if done == 0 {
        let size = total.map_or_else(String::new, |total| {
            format!(" ({} MiB)", total.div_ceil(MIB))
        });
        reporter.info(&format!("Downloading {archive}{size}"));
    } else if total == Some(done) {
        reporter.info(&format!("Downloaded {archive}"));
    }
}

fn mirror(args: &ToolArgs) -> Result<Option<Url>, Error> {
    let Some(text) = &args.tool_mirror else {
        return Ok(None);
    };
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(Some).ok_or_else(|| {
        Error::message(Kind::Usage, "`toolMirror` is not an http or https URL")
            .hint("such as `https://files.contoso.com/tools`")
    })
}

fn checksums(args: &ToolArgs) -> Result<BTreeMap<String, String>, Error> {
    let items = args.tool_checksums.iter().filter(|item| !item.is_empty());
    let pair = |item: &String| {
        let (name, sum) = item.split_once('=')?;
        let (name, sum) = (name.trim(), sum.trim().trim_start_matches("sha256:"));
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!name.is_empty() && is_sum).then(|| (name.to_owned(), sum.to_ascii_lowercase()))
    };
    items
        .map(|item| {
            pair(item).ok_or_else(|| {
                let said = format!("an item of `toolChecksums` is {item:?}");
                Error::message(Kind::Usage, said).hint(
                    "write the name of the archive, `=`, and 64 hexadecimal digits: `helm-v3.18.6-linux-amd64.tar.gz=3f43…`",
                )
            })
        })
        .collect()
}
