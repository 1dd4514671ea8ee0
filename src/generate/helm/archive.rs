//! Looking into packed charts, in memory and within bounds.

use std::io::Read as _;
use std::ops::ControlFlow;

/// How much a chart may hold unpacked, and how much one file of it: the bounds
/// that helm has.
const TOTAL: u64 = 100 << 20;
const FILE: u64 = 5 << 20;

/// Hands over the files of a `.tgz` by path and content, until it is told to
/// stop. Larger files than helm would read are left out.
pub(super) fn files(
    bytes: &[u8],
    mut each: impl FnMut(&str, &[u8]) -> ControlFlow<()>,
) -> Result<(), String> {
    let broken = |error: std::io::Error| error.to_string();
    let unpacked = flate2::read::GzDecoder::new(bytes).take(TOTAL);
    let mut archive = tar::Archive::new(unpacked);
    let mut content = Vec::new();
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() || entry.size() > FILE {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        content.clear();
        entry.take(FILE).read_to_end(&mut content).map_err(broken)?;
        if each(&path, &content).is_break() {
            break;
        }
    }
    Ok(())
}

/// The text of `<chart>/Chart.yaml`.
pub(super) fn chart_file(bytes: &[u8]) -> Result<String, String> {
    let mut found = None;
    files(bytes, |path, content| {
        let path = path.strip_prefix("./").unwrap_or(path);
        if path
            .split_once('/')
            .is_some_and(|(_, inner)| inner == "Chart.yaml")
        {
            found = Some(String::from_utf8_lossy(content).into_owned());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    found.ok_or_else(|| "it has no Chart.yaml".to_owned())
}

/// A packed chart of these files.
#[cfg(test)]
pub(super) fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(packed);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, path, text.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_file_is_found_at_the_top_only() {
        let packed = pack(&[("web/charts/db/Chart.yaml", "b"), ("web/Chart.yaml", "a")]);
        assert_eq!(chart_file(&packed).unwrap(), "a");
        let packed = pack(&[("web/charts/db/Chart.yaml", "b")]);
        assert_eq!(chart_file(&packed).unwrap_err(), "it has no Chart.yaml");
        assert!(chart_file(b"no archive").is_err());
    }
}
