//! The platforms that the package carries a binary for, and the size limits.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};

/// Largest compressed binary, in bytes: five of them must fit in [`MAX_PACKAGE`].
pub const MAX_BINARY: u64 = 19 << 19;
/// Largest package, in bytes.
pub const MAX_PACKAGE: u64 = 50 << 20;

/// A platform that the launcher knows, named as Node names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// macOS on Apple silicon.
    DarwinArm64,
    /// macOS on Intel.
    DarwinX64,
    /// Linux on ARM, any C library.
    LinuxArm64,
    /// Linux on x86-64, any C library.
    LinuxX64,
    /// Windows on x86-64, and by emulation on ARM.
    Win32X64,
}

impl Platform {
    /// All of them, sorted by name.
    pub const ALL: [Self; 5] = [
        Self::DarwinArm64,
        Self::DarwinX64,
        Self::LinuxArm64,
        Self::LinuxX64,
        Self::Win32X64,
    ];

    /// The name of its folder below `bin`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DarwinArm64 => "darwin-arm64",
            Self::DarwinX64 => "darwin-x64",
            Self::LinuxArm64 => "linux-arm64",
            Self::LinuxX64 => "linux-x64",
            Self::Win32X64 => "win32-x64",
        }
    }

    /// Where the launcher looks for its binary, seen from the task folder.
    /// A file without an extension would need a content type of its own.
    pub fn binary(self) -> String {
        let extension = if self == Self::Win32X64 { "exe" } else { "bin" };
        format!("bin/{}/gitops-publisher.{extension}", self.name())
    }

    /// Whether `bytes` begin like an executable of this platform.
    pub fn accepts(self, bytes: &[u8]) -> bool {
        let half = |at: usize| {
            bytes
                .get(at..at + 2)
                .map(|b| u16::from_le_bytes([b[0], b[1]]))
        };
        let word = |at: usize| {
            bytes
                .get(at..at + 4)
                .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        };
        let elf = |machine| bytes.starts_with(b"\x7fELF") && half(18) == Some(machine);
        let mach_o = |cpu| word(0) == Some(0xfeed_facf) && word(4) == Some(cpu);
        match self {
            Self::LinuxX64 => elf(62),
            Self::LinuxArm64 => elf(183),
            Self::DarwinX64 => mach_o(0x0100_0007),
            Self::DarwinArm64 => mach_o(0x0100_000c),
            Self::Win32X64 => bytes.starts_with(b"MZ"),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One `--bin PLATFORM=PATH`.
#[derive(Debug, Clone)]
pub struct Binary {
    /// What it runs on.
    pub platform: Platform,
    /// Where it was built.
    pub path: PathBuf,
}

impl FromStr for Binary {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (name, path) = text
            .split_once('=')
            .with_context(|| format!("`{text}` is not of the form PLATFORM=PATH"))?;
        let Some(platform) = Platform::ALL.into_iter().find(|p| p.name() == name) else {
            let known = Platform::ALL.map(Platform::name).join(", ");
            bail!("there is no platform `{name}`; known are {known}");
        };
        Ok(Self {
            platform,
            path: path.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_names_a_known_platform() {
        let binary: Binary = "linux-x64=target/a=b".parse().unwrap();
        assert_eq!(binary.platform, Platform::LinuxX64);
        assert_eq!(binary.path, PathBuf::from("target/a=b"));
        let error = "plan9-x64=a".parse::<Binary>().unwrap_err().to_string();
        assert!(
            error.contains("`plan9-x64`") && error.contains("win32-x64"),
            "{error}"
        );
    }

    #[test]
    fn an_executable_of_another_platform_is_told_apart() {
        let mut elf = b"\x7fELF".to_vec();
        elf.resize(18, 0);
        elf.extend([183, 0]);
        assert!(Platform::LinuxArm64.accepts(&elf));
        assert!(!Platform::LinuxX64.accepts(&elf));
        assert!(!Platform::LinuxArm64.accepts(b"\x7fELF"));
        assert!(Platform::Win32X64.accepts(b"MZ\x90"));
    }
}
