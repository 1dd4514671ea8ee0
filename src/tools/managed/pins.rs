//! The versions that are used by default, and their published SHA-256.
//!
//! Each sum was compared with what the project publishes for the release and
//! with another place that repeats it. To raise a version, replace all rows of
//! the tool.

use super::{Platform, Tool};

/// Version by tool.
const VERSIONS: [(Tool, &str); 2] = [(Tool::Helm, "3.21.4"), (Tool::Kustomize, "5.8.1")];

/// Tool, platform, SHA-256 of the archive of the version above.
const SUMS: [(Tool, &str, &str); 10] = [
    (
        Tool::Helm,
        "linux-x64",
        "61f88ab166748cb19604d7884cb100ae9ccb13804ddeb98e08af167eacbb6a14",
    ),
    (
        Tool::Helm,
        "linux-arm64",
        "b54c04b4e0b2540bbdc08c17a121dab70e9a2ed0de5705528fec68a5fd3b85a7",
    ),
    (
        Tool::Helm,
        "windows-x64",
        "268a7b98b313403055e4f31807aeaac529c90e1188acd7857ae3e960b0f67cce",
    ),
    (
        Tool::Helm,
        "darwin-x64",
        "9173d05edf9592c6be1d0412ffafd935448dfc7a63c2bc732b8c67e55503e8a8",
    ),
    (
        Tool::Helm,
        "darwin-arm64",
        "6e0bf5eb6daafc2b1ec34bb5ba04ef103f3afc16192fb19805c2924d7ea1033f",
    ),
    (
        Tool::Kustomize,
        "linux-x64",
        "029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d",
    ),
    (
        Tool::Kustomize,
        "linux-arm64",
        "0953ea3e476f66d6ddfcd911d750f5167b9365aa9491b2326398e289fef2c142",
    ),
    (
        Tool::Kustomize,
        "windows-x64",
        "8ec7f5e815e526d4622c06df0a7793d8cfb6eb1c74f816b46166097fef8b26c6",
    ),
    (
        Tool::Kustomize,
        "darwin-x64",
        "ee7cf0c1e3592aa7bb66ba82b359933a95e7f2e0b36e5f53ed0a4535b017f2f8",
    ),
    (
        Tool::Kustomize,
        "darwin-arm64",
        "8886f8a78474e608cc81234f729fda188a9767da23e28925802f00ece2bab288",
    ),
];

pub(super) fn default_version(tool: Tool) -> &'static str {
    let found = VERSIONS.iter().find(|(name, _)| *name == tool);
    found.expect("each tool has a row").1
}

/// The known sum of an archive.
pub(super) fn sum(tool: Tool, version: &str, platform: Platform) -> Option<&'static str> {
    if version != default_version(tool) {
        return None;
    }
    let platform = platform.to_string();
    let row = SUMS
        .iter()
        .find(|(name, place, _)| *name == tool && *place == platform);
    row.map(|(_, _, sum)| *sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_a_sum_of_each_tool() {
        for tool in Tool::ALL {
            for platform in Platform::ALL {
                let sum = sum(tool, tool.default_version(), platform).unwrap();
                assert_eq!(sum.len(), 64);
                assert!(sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            }
        }
        let mut all: Vec<_> = SUMS.iter().map(|(_, _, sum)| sum).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), SUMS.len(), "no sum stands in two rows");
    }
}
