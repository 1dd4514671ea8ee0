//! What lies beside a copied source: linked, not copied.

use std::fs;
use std::path::Path;

/// Makes the folders down to `inner`, and links everything beside them.
pub(super) fn link_around(checkout: &Path, copy: &Path, inner: &Path) -> std::io::Result<()> {
    let (mut from, mut to) = (checkout.to_path_buf(), copy.to_path_buf());
    for step in inner {
        for entry in fs::read_dir(&from)? {
            let name = entry?.file_name();
            if name != step {
                link(&from.join(&name), &to.join(&name))?;
            }
        }
        from.push(step);
        to.push(step);
        if from.is_dir() {
            fs::create_dir(&to)?;
        }
    }
    // The source is the checkout itself: only its history lies beside it.
    if inner.as_os_str().is_empty() && from.join(".git").exists() {
        link(&from.join(".git"), &to.join(".git"))?;
    }
    Ok(())
}

/// Links `target` to what is at `path`.
#[cfg(unix)]
pub(super) fn link(path: &Path, target: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(path, target)
}

/// Links `target` to what is at `path`. Without the right to make links, what
/// lies beside the source is missing, and the generator says so.
#[cfg(windows)]
pub(super) fn link(path: &Path, target: &Path) -> std::io::Result<()> {
    let made = if path.is_dir() {
        std::os::windows::fs::symlink_dir(path, target)
    } else {
        std::os::windows::fs::symlink_file(path, target)
    };
    match made {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}
