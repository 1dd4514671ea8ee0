//! The page on which a host shows what lies between two commits.

use super::{HostKind, Place, resolve};
use crate::model::ObjectId;

/// The page of a repository's host that compares two commits; `None` where no host is
/// known. `kind` says which host it is where the address does not tell.
pub fn comparison(
    repository: &str,
    kind: Option<HostKind>,
    from: ObjectId,
    to: ObjectId,
) -> Option<String> {
    let find = |kind| {
        let location = resolve(repository, kind).ok()?;
        let location = location.over_https().unwrap_or(location);
        match location.place {
            Place::Url(url) => Some((location.kind, url)),
            _ => None,
        }
    };
    let (kind, url) = match find(None)? {
        (HostKind::Git, _) => find(Some(kind?))?,
        found => found,
    };
    let page = url.to_string();
    let page = page.trim_end_matches('/');
    match kind {
        HostKind::Azure => Some(format!(
            "{page}/branchCompare?baseVersion=GC{from}&targetVersion=GC{to}"
        )),
        HostKind::GitHub => {
            let page = page.trim_end_matches(".git");
            Some(format!("{page}/compare/{from}...{to}"))
        }
        HostKind::Git => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AZURE: &str = "/branchCompare?baseVersion=GC1111111111111111111111111111111111111111&targetVersion=GC2222222222222222222222222222222222222222";
    const GITHUB: &str = "/compare/1111111111111111111111111111111111111111...2222222222222222222222222222222222222222";

    #[rstest::rstest]
    #[case(
        "https://dev.azure.com/contoso/my%20shop/_git/hld",
        None,
        "https://dev.azure.com/contoso/my%20shop/_git/hld",
        AZURE
    )]
    #[case(
        "https://me:secret@dev.azure.com/contoso/shop/_git/hld",
        None,
        "https://dev.azure.com/contoso/shop/_git/hld",
        AZURE
    )]
    #[case(
        "https://server/tfs/Main/shop/_git/hld",
        None,
        "https://server/tfs/Main/shop/_git/hld",
        AZURE
    )]
    #[case(
        "git@ssh.dev.azure.com:v3/contoso/shop/hld",
        None,
        "https://dev.azure.com/contoso/shop/_git/hld",
        AZURE
    )]
    #[case(
        "https://github.com/contoso/hld.git",
        None,
        "https://github.com/contoso/hld",
        GITHUB
    )]
    #[case(
        "git@github.com:contoso/hld.git",
        None,
        "https://github.com/contoso/hld",
        GITHUB
    )]
    #[case(
        "https://git.contoso.com/shop/hld",
        Some(HostKind::GitHub),
        "https://git.contoso.com/shop/hld",
        GITHUB
    )]
    // What the address tells counts more.
    #[case(
        "https://github.com/contoso/hld",
        Some(HostKind::Azure),
        "https://github.com/contoso/hld",
        GITHUB
    )]
    fn both_hosts_have_a_page(
        #[case] repository: &str,
        #[case] kind: Option<HostKind>,
        #[case] page: &str,
        #[case] tail: &str,
    ) {
        let id = |digit: &str| ObjectId::parse(&digit.repeat(40)).unwrap();
        let found = comparison(repository, kind, id("1"), id("2"));
        assert_eq!(found.unwrap(), format!("{page}{tail}"));
    }

    #[rstest::rstest]
    #[case("https://git.contoso.com/shop/hld")]
    #[case("/srv/hld.git")]
    #[case("git@git.contoso.com:hld")]
    fn others_have_none(#[case] repository: &str) {
        let id = ObjectId::of_blob(b"");
        assert_eq!(comparison(repository, None, id, id), None);
    }
}
