//! What somebody may have meant by a misspelt word.

/// How alike two words must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The known word that is most like this one, when one is like it at all.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &word), known))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_recognised() {
        let known = ["config", "subcomponents", "namespace"];
        let nearest = |word| nearest(word, known);
        assert_eq!(nearest("confg"), Some("config"));
        assert_eq!(nearest("Config"), Some("config"));
        assert_eq!(nearest("subcomponent"), Some("subcomponents"));
        assert_eq!(nearest("sub-components"), Some("subcomponents"));
        assert_eq!(nearest("replicas"), None);
        assert_eq!(nearest(""), None);
    }
}
