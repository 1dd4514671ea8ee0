//! What somebody may have meant by a misspelt word.

/// How alike two words must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// Shorter words are one mistake away from everything.
const SHORTEST: usize = 3;

/// The known word that is most like this one, when one is like it at all.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .filter_map(|known| Some((likeness(&known.to_lowercase(), &word)?, known)))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

/// How alike two words are; none when they are not.
fn likeness(known: &str, word: &str) -> Option<f64> {
    let likeness = strsim::jaro_winkler(known, word);
    // Of short words one mistake, such as two letters that changed places, is a
    // large part.
    let is_one_mistake = word.len() >= SHORTEST && strsim::osa_distance(known, word) == 1;
    (likeness >= ALIKE || is_one_mistake).then_some(likeness)
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
        assert_eq!(super::nearest("wbe", ["db", "web"]), Some("web"));
        assert_eq!(super::nearest("ab", ["b", "abc"]), Some("abc"));
        assert_eq!(super::nearest("dx", ["db", "cache"]), None);
        assert_eq!(nearest("replicas"), None);
        assert_eq!(nearest(""), None);
    }
}
