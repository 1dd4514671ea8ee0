//! The versions that are used by default, and their published SHA-256.
//!
//! Each sum was compared with what the project publishes for the release and
//! with another place that repeats it. To raise a version, replace all rows of
//! the one before.

use super::{Platform, Tool};

/// Version by tool.
const VERSIONS: [(Tool, &str); 2] = [(Tool::Helm, "4.3.0"), (Tool::Kustomize, "5.8.1")];

/// Tool, version, platform, SHA-256 of the archive. The last Helm 3 that was
/// the default stays known, for those who still need it.
const SUMS: [(Tool, &str, &str, &str); 15] = [
    (
        Tool::Helm,
        "4.3.0",
        "linux-x64",
        "86584a54def73570558f66f5111cc53dfed56689637ae32c1201205d494f54fb",
    ),
    (
        Tool::Helm,
        "4.3.0",
        "linux-arm64",
        "31c5794dd55c66a51e6b7d2e2ac7a114ae8b1de41ff1d9ba51748ac973b06a08",
    ),
    (
        Tool::Helm,
        "4.3.0",
        "windows-x64",
        "304ea163cce4d9ad14e189c01846c6a34de9cfdfe48536ae54b2e8ba7884e67c",
    ),
    (
        Tool::Helm,
        "4.3.0",
        "darwin-x64",
        "347a784877e0e20eac865e8d1c36a80f6bb0861d6f29abd34defb6570ef95d92",
    ),
    (
        Tool::Helm,
        "4.3.0",
        "darwin-arm64",
        "d3870437e1e95b67f8edbde964156c84a26503f560821d40c542441658934fba",
    ),
    (
        Tool::Helm,
        "3.21.4",
        "linux-x64",
        "61f88ab166748cb19604d7884cb100ae9ccb13804ddeb98e08af167eacbb6a14",
    ),
    (
        Tool::Helm,
        "3.21.4",
        "linux-arm64",
        "b54c04b4e0b2540bbdc08c17a121dab70e9a2ed0de5705528fec68a5fd3b85a7",
    ),
    (
        Tool::Helm,
        "3.21.4",
        "windows-x64",
        "268a7b98b313403055e4f31807aeaac529c90e1188acd7857ae3e960b0f67cce",
    ),
    (
        Tool::Helm,
        "3.21.4",
        "darwin-x64",
        "9173d05edf9592c6be1d0412ffafd935448dfc7a63c2bc732b8c67e55503e8a8",
    ),
    (
        Tool::Helm,
        "3.21.4",
        "darwin-arm64",
        "6e0bf5eb6daafc2b1ec34bb5ba04ef103f3afc16192fb19805c2924d7ea1033f",
    ),
    (
        Tool::Kustomize,
        "5.8.1",
        "linux-x64",
        "029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d",
    ),
    (
        Tool::Kustomize,
        "5.8.1",
        "linux-arm64",
        "0953ea3e476f66d6ddfcd911d750f5167b9365aa9491b2326398e289fef2c142",
    ),
    (
        Tool::Kustomize,
        "5.8.1",
        "windows-x64",
        "8ec7f5e815e526d4622c06df0a7793d8cfb6eb1c74f816b46166097fef8b26c6",
    ),
    (
        Tool::Kustomize,
        "5.8.1",
        "darwin-x64",
        "ee7cf0c1e3592aa7bb66ba82b359933a95e7f2e0b36e5f53ed0a4535b017f2f8",
    ),
    (
        Tool::Kustomize,
        "5.8.1",
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
    let platform = platform.to_string();
    let row = SUMS
        .iter()
        .find(|(name, own, place, _)| (*name, *own, *place) == (tool, version, &*platform));
    row.map(|(.., sum)| *sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helm_3_is_still_known() {
        for platform in Platform::ALL {
            assert!(sum(Tool::Helm, "3.21.4", platform).is_some());
        }
        assert_eq!(sum(Tool::Helm, "3.21.3", Platform::ALL[0]), None);
    }

    /// Current controllers render with it, so what is shown and published has to
    /// come from it, too.
    #[test]
    fn the_default_is_helm_4() {
        assert_eq!(default_version(Tool::Helm).split('.').next(), Some("4"));
    }

    #[test]
    fn every_platform_has_a_sum_of_each_tool() {
        for tool in Tool::ALL {
            for platform in Platform::ALL {
                let sum = sum(tool, tool.default_version(), platform).unwrap();
                assert_eq!(sum.len(), 64);
                assert!(sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            }
        }
        let mut all: Vec<_> = SUMS.iter().map(|(.., sum)| sum).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), SUMS.len(), "no sum stands in two rows");
    }
}
