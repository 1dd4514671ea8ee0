//! Which run this is, and of which commit of which source.

use crate::agent::{self, Environment};
use crate::git::source::Source;
use crate::host;
use crate::model::PublicationStamp;
use crate::settings::{EnvironmentSettings, Settings};

/// Which run this is, and of which source. The checkout of the source has the
/// last word on its commit: it may be another repository than that of the
/// pipeline, and a step may have checked out another commit.
pub(super) fn publication(environment: &Environment, settings: &Settings) -> PublicationStamp {
    let stamp = agent::publication(environment);
    let source = settings
        .environments
        .first()
        .map(EnvironmentSettings::first_source);
    let checkout = source.and_then(|source| Source::discover(source).ok().flatten());
    let Some((checkout, head)) = checkout.and_then(|checkout| {
        let head = checkout.head()?;
        Some((checkout, head.to_string()))
    }) else {
        return stamp;
    };
    if stamp.source_commit.as_ref() == Some(&head) {
        return stamp;
    }
    let named = stamp.source_repository.as_deref();
    let origin = checkout.origin();
    let other =
        origin.filter(|origin| named.is_none_or(|named| !is_same_repository(named, origin)));
    PublicationStamp {
        source_commit: Some(head),
        source_repository: other.or(stamp.source_repository),
        ..stamp
    }
}

/// Whether two addresses name one repository, as far as they tell.
pub(super) fn is_same_repository(one: &str, other: &str) -> bool {
    let identity = |text: &str| {
        let location = host::resolve(text, None);
        let identity = location.map_or_else(|_| text.to_owned(), |found| found.identity);
        identity
            .trim_end_matches('/')
            .trim_end_matches(".git")
            .to_owned()
    };
    identity(one) == identity(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/hld",
        "https://contoso@dev.azure.com/contoso/shop/_git/hld",
        true
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/hld",
        "git@ssh.dev.azure.com:v3/contoso/shop/hld",
        true
    )]
    #[case(
        "https://github.com/contoso/hld",
        "https://github.com/contoso/hld.git",
        true
    )]
    #[case("https://git.contoso.com/hld", "https://git.contoso.com/hld.git", true)]
    #[case("https://git.contoso.com/hld", "https://git.contoso.com/other", false)]
    #[case("/srv/hld.git", "/srv/hld.git", true)]
    fn one_source_repository_may_be_written_in_several_ways(
        #[case] one: &str,
        #[case] other: &str,
        #[case] same: bool,
    ) {
        assert_eq!(is_same_repository(one, other), same);
    }
}
