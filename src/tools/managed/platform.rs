//! Machines, and what the projects call the archives for them.

use std::fmt;

use url::Url;

use super::Tool;

/// A machine that released programs are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, `windows` or `darwin`.
    os: &'static str,
    /// As the agent calls it: `x64` or `arm64`.
    arch: &'static str,
}

impl Platform {
    /// Linux on x86-64.
    pub const LINUX_X64: Self = Self::of("linux", "x64");
    /// Linux on arm64.
    pub const LINUX_ARM64: Self = Self::of("linux", "arm64");
    /// Windows on x86-64.
    pub const WINDOWS_X64: Self = Self::of("windows", "x64");
    /// macOS on x86-64.
    pub const MACOS_X64: Self = Self::of("darwin", "x64");
    /// macOS on arm64.
    pub const MACOS_ARM64: Self = Self::of("darwin", "arm64");
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::LINUX_X64,
        Self::LINUX_ARM64,
        Self::WINDOWS_X64,
        Self::MACOS_X64,
        Self::MACOS_ARM64,
    ];

    const fn of(os: &'static str, arch: &'static str) -> Self {
        Self { os, arch }
    }

    /// This machine, when there are releases for it.
    pub fn here() -> Option<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Some(Self::LINUX_X64),
            ("linux", "aarch64") => Some(Self::LINUX_ARM64),
            ("windows", "x86_64") => Some(Self::WINDOWS_X64),
            ("macos", "x86_64") => Some(Self::MACOS_X64),
            ("macos", "aarch64") => Some(Self::MACOS_ARM64),
            _ => None,
        }
    }

    /// The folder of a version in the tool cache.
    pub(super) fn arch(self) -> &'static str {
        self.arch
    }

    /// The architecture as Go names it.
    fn go_arch(self) -> &'static str {
        match self.arch {
            "x64" => "amd64",
            other => other,
        }
    }

    /// The file name of a program.
    pub(super) fn program(self, tool: Tool) -> String {
        match self.os {
            "windows" => format!("{tool}.exe"),
            _ => tool.name().to_owned(),
        }
    }

    /// The folder in an archive that programs may stand in.
    pub(super) fn folder(self) -> String {
        format!("{}-{}", self.os, self.go_arch())
    }

    /// The file name of a release.
    pub(super) fn archive(self, tool: Tool, version: &str) -> String {
        let (os, arch) = (self.os, self.go_arch());
        let ending = if os == "windows" { "zip" } else { "tar.gz" };
        match tool {
            Tool::Helm => format!("helm-v{version}-{os}-{arch}.{ending}"),
            Tool::Kustomize => format!("kustomize_v{version}_{os}_{arch}.{ending}"),
        }
    }
}

/// As it stands in the keys of checksums: `linux-x64`.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.os, self.arch)
    }
}

/// Where the project publishes an archive, or where the mirror has it.
pub(super) fn address(tool: Tool, version: &str, archive: &str, mirror: Option<&Url>) -> Url {
    if let Some(mirror) = mirror {
        let mut url = mirror.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(archive);
        }
        return url;
    }
    let text = match tool {
        Tool::Helm => format!("https://get.helm.sh/{archive}"),
        Tool::Kustomize => format!(
            "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv{version}/{archive}"
        ),
    };
    text.parse()
        .expect("a version is made of letters, digits, dots, `+` and `-`")
}

/// Where the project publishes the checksum of an archive.
pub(super) fn checksum_address(tool: Tool, version: &str, archive: &str) -> String {
    let base = address(tool, version, archive, None);
    match tool {
        Tool::Helm => format!("{base}.sha256sum"),
        Tool::Kustomize => base.as_str().replace(archive, "checksums.txt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        Tool::Helm,
        Platform::LINUX_X64,
        None,
        "https://get.helm.sh/helm-v3.1.0-linux-amd64.tar.gz"
    )]
    #[case(
        Tool::Helm,
        Platform::WINDOWS_X64,
        None,
        "https://get.helm.sh/helm-v3.1.0-windows-amd64.zip"
    )]
    #[case(
        Tool::Kustomize,
        Platform::MACOS_ARM64,
        None,
        "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv3.1.0/kustomize_v3.1.0_darwin_arm64.tar.gz"
    )]
    #[case(
        Tool::Helm,
        Platform::LINUX_ARM64,
        Some("https://files.contoso.com/tools"),
        "https://files.contoso.com/tools/helm-v3.1.0-linux-arm64.tar.gz"
    )]
    #[case(
        Tool::Helm,
        Platform::LINUX_ARM64,
        Some("https://files.contoso.com/tools/?sig=abc"),
        "https://files.contoso.com/tools/helm-v3.1.0-linux-arm64.tar.gz?sig=abc"
    )]
    fn archives_are_found_by_their_names(
        #[case] tool: Tool,
        #[case] platform: Platform,
        #[case] mirror: Option<&str>,
        #[case] expected: &str,
    ) {
        let archive = platform.archive(tool, "3.1.0");
        let mirror = mirror.map(|mirror| mirror.parse().unwrap());
        let url = address(tool, "3.1.0", &archive, mirror.as_ref());
        assert_eq!(url.as_str(), expected);
    }

    #[test]
    fn it_is_known_where_sums_are_published() {
        let archive = Platform::LINUX_X64.archive(Tool::Kustomize, "5.0.0");
        assert_eq!(
            checksum_address(Tool::Kustomize, "5.0.0", &archive),
            "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv5.0.0/checksums.txt"
        );
    }
}
