//! Where the files of the chart that helm gets are in the source.
//!
//! Owns the translation: in the private copy, what a chart depends on lies in its `charts`
//! folder, wherever the user keeps it, and what was packed is unpacked.

use std::path::Path;

/// Places of files, by their paths below the chart.
#[derive(Debug, Clone)]
pub(in crate::generate) struct Places {
    /// How the chart is shown.
    chart: String,
    /// Paths below the chart, and how they are shown.
    others: Vec<(String, String)>,
}

impl Places {
    /// Of a chart that is called `chart` and holds everything itself.
    pub(in crate::generate) fn of(chart: &str) -> Self {
        Self {
            chart: chart.to_owned(),
            others: Vec::new(),
        }
    }

    /// Notes that what is at `inner` comes from `shown`.
    pub(super) fn add(&mut self, inner: &str, shown: String) {
        self.others.push((inner.replace('\\', "/"), shown));
    }

    /// How the chart itself is shown.
    pub(super) fn chart(&self) -> &str {
        &self.chart
    }

    /// How a file is shown, by its path below the chart.
    pub(in crate::generate) fn file(&self, inner: &str) -> String {
        self.elsewhere(inner)
            .unwrap_or_else(|| format!("{}/{inner}", self.chart))
    }

    /// The file that a template's error names: relative to the chart, where the chart is not in
    /// the working folder.
    pub(super) fn template(&self, inner: &str) -> String {
        let chart = self.chart.as_str();
        let is_here = Path::new(chart).is_relative() && !chart.contains("://") && chart != ".";
        match self.elsewhere(inner) {
            Some(shown) => shown,
            None if is_here => format!("{chart}/{inner}"),
            None => inner.to_owned(),
        }
    }

    /// Paths below `copy`, where the chart is, and how they are shown; the longest first.
    pub(in crate::generate) fn names(&self, copy: &Path) -> Vec<(String, String)> {
        let mut others: Vec<_> = self.others.iter().collect();
        others.sort_by_key(|(inner, _)| std::cmp::Reverse(inner.len()));
        let others = others.into_iter().map(|(inner, shown)| {
            let path = inner
                .split('/')
                .fold(copy.to_path_buf(), |path, step| path.join(step));
            (path.display().to_string(), shown.clone())
        });
        others
            .chain([(copy.display().to_string(), self.chart.clone())])
            .collect()
    }

    fn elsewhere(&self, inner: &str) -> Option<String> {
        let found = self.others.iter().filter_map(|(place, shown)| {
            let rest = inner.strip_prefix(place.as_str())?;
            let is_whole = rest.is_empty() || rest.starts_with('/');
            is_whole.then(|| (place.len(), format!("{shown}{rest}")))
        });
        found
            .max_by_key(|(length, _)| *length)
            .map(|(_, shown)| shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("templates/a.yaml", "c/web/templates/a.yaml")]
    #[case("charts/db/a.yaml", "c/db/a.yaml")]
    #[case("charts/db", "c/db")]
    #[case("charts/db-2/a.yaml", "c/web/charts/db-2/a.yaml")]
    #[case("charts/db/charts/x/a.yaml", "c/x.tgz/a.yaml")]
    fn a_file_is_shown_where_the_user_keeps_it(#[case] inner: &str, #[case] shown: &str) {
        let mut places = Places::of("c/web");
        places.add("charts/db", "c/db".to_owned());
        places.add("charts/db/charts/x", "c/x.tgz".to_owned());
        assert_eq!(places.file(inner), shown);
        assert_eq!(places.template(inner), shown);
        let whole = format!("/tmp/x/{inner}");
        let names = places.names(Path::new("/tmp/x"));
        assert!(
            names
                .windows(2)
                .all(|pair| pair[0].0.len() >= pair[1].0.len())
        );
        if cfg!(unix) && !inner.starts_with("charts/db-2") {
            let (path, name) = names
                .iter()
                .find(|(path, _)| whole.starts_with(path))
                .unwrap();
            assert_eq!(whole.replace(path, name), shown);
        }
    }
}
