//! The index of a chart repository.

use url::Url;

use super::{Error, version};
use crate::model::RedactedUrl;
use crate::text::{Kind, Node, yaml};

/// The index file's name.
pub(super) const INDEX: &str = "index.yaml";
/// The largest index that is read: public repositories reach 30 MB.
pub(super) const LARGEST: u64 = 128 << 20;

/// What a repository offers.
#[derive(Debug)]
pub struct Index {
    /// The repository, as it is shown.
    repository: String,
    base: Url,
    root: Node,
}

/// One version of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As the index writes it.
    pub version: String,
    /// Where its archive is.
    pub url: Url,
    /// SHA-256 in hexadecimal digits, where the repository promises one.
    pub digest: Option<String>,
}

/// The address of a file of the repository, as the index names it.
pub(super) fn below(repository: &Url, name: &str) -> Result<Url, url::ParseError> {
    let mut base = repository.clone();
    base.set_query(None);
    base.set_path(&format!("{}/", repository.path().trim_end_matches('/')));
    base.join(name)
}

impl Index {
    /// Reads an index file.
    pub(super) fn parse(repository: &Url, bytes: Vec<u8>) -> Result<Self, Error> {
        let shown = RedactedUrl::new(repository.clone()).to_string();
        let wrong = |reason: String| Error::Index {
            address: format!("{}/{INDEX}", shown.trim_end_matches('/')),
            reason,
        };
        let text =
            String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".to_owned()))?;
        // What people write into descriptions is no reason to refuse a repository.
        let text = text.replace(['\u{85}', '\u{2028}', '\u{2029}'], " ");
        let documents = yaml::parse(&text).map_err(|error| wrong(error.to_string()))?;
        let root = documents.into_iter().next().map(|first| first.root);
        let root = root.filter(|root| field(root, "entries").is_some());
        Ok(Self {
            root: root.ok_or_else(|| wrong("it has no `entries`".to_owned()))?,
            base: repository.clone(),
            repository: shown,
        })
    }

    /// The version of a chart that is wanted.
    pub fn choose(&self, chart: &str, wanted: &str) -> Result<Offer, Error> {
        let offers = field(&self.root, "entries").and_then(|entries| field(entries, chart));
        let offers = match offers.map(|offers| &offers.kind) {
            Some(Kind::Sequence(offers)) if !offers.is_empty() => offers,
            _ => {
                return Err(Error::NoChart {
                    chart: chart.to_owned(),
                    repository: self.repository.clone(),
                });
            }
        };
        let versions: Vec<String> = offers
            .iter()
            .map(|offer| text(offer, "version").unwrap_or_default().to_owned())
            .collect();
        let at =
            version::choose(wanted, &versions).map_err(|()| Error::Version(wanted.to_owned()))?;
        let Some(at) = at else {
            let newest = version::choose("*", &versions).ok().flatten();
            return Err(Error::NoVersion {
                chart: chart.to_owned(),
                version: wanted.to_owned(),
                place: format!("repository {}", self.repository),
                newest: newest.map(|at| versions[at].clone()),
            });
        };
        self.offer(chart, &offers[at], versions[at].clone())
    }

    fn offer(&self, chart: &str, node: &Node, version: String) -> Result<Offer, Error> {
        let wrong = |reason: String| Error::Index {
            address: self.repository.clone(),
            reason: format!("`{chart}` {version}: {reason}"),
        };
        let urls = field(node, "urls").map(|urls| &urls.kind);
        let first = match urls {
            Some(Kind::Sequence(urls)) => urls.first().and_then(Node::text),
            _ => None,
        };
        let first = first.ok_or_else(|| wrong("it has no address".to_owned()))?;
        let url = below(&self.base, first).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme();
            return Err(wrong(format!(
                "its address has the scheme {scheme:?}; name that address as `source`"
            )));
        }
        Ok(Offer {
            digest: text(node, "digest").map(str::to_owned),
            url,
            version,
        })
    }
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let mut pairs = node.pairs()?.iter().rev();
    let found = pairs.find(|(key, _)| key.text() == Some(name));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    field(node, name)
        .and_then(Node::text)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> Result<Index, Error> {
        let repository = Url::parse("https://charts.contoso.com/stable").unwrap();
        Index::parse(&repository, text.as_bytes().to_vec())
    }

    const CHARTS: &str = "\
entries:
  web:
  - {version: 1.0.0, urls: [web-1.0.0.tgz], digest: aa}
  - {version: 1.1.0, urls: ['https://cdn.contoso.com/web-1.1.0.tgz']}
  - {version: 2.0.0, urls: ['oci://registry.contoso.com/web']}
";

    #[test]
    fn addresses_are_seen_from_the_repository() {
        let index = index(CHARTS).unwrap();
        let offer = index.choose("web", "1.0.0").unwrap();
        assert_eq!(
            offer.url.as_str(),
            "https://charts.contoso.com/stable/web-1.0.0.tgz"
        );
        assert_eq!(offer.digest.as_deref(), Some("aa"));
        let offer = index.choose("web", "^1").unwrap();
        assert_eq!(offer.url.as_str(), "https://cdn.contoso.com/web-1.1.0.tgz");
    }

    #[rstest::rstest]
    #[case(
        "web",
        "3.0.0",
        "has no version \"3.0.0\" of `web`; the newest is 2.0.0"
    )]
    #[case("cache", "", "has no chart `cache`")]
    #[case("web", "latest", "\"latest\" is neither a version nor a range")]
    #[case("web", "2.0.0", "`web` 2.0.0: its address has the scheme \"oci\"")]
    fn what_is_not_on_offer_is_told(
        #[case] chart: &str,
        #[case] version: &str,
        #[case] reason: &str,
    ) {
        let error = index(CHARTS).unwrap().choose(chart, version).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }

    #[test]
    fn a_page_is_no_index() {
        let error = index("<html>").map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            error,
            "https://charts.contoso.com/stable/index.yaml is not the index of a chart repository: it has no `entries`"
        );
    }
}
