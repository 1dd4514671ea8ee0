//! Builds the Marketplace extension package (VSIX).
//!
//! [`extension`] reads `vss-extension.json` and collects the files that go
//! into the package, [`task`] and [`tab`] hold the rules for a task folder and a tab,
//! [`manifest`] writes the package's own three descriptions, [`archive`]
//! writes and reopens the zip, and [`platform`] knows the binaries and how
//! large they may be. Same inputs give the same bytes on every machine.

#![expect(
    clippy::disallowed_methods,
    reason = "it reads the files of this repository"
)]

pub mod archive;
pub mod extension;
pub mod manifest;
pub mod platform;
pub mod tab;
pub mod task;
