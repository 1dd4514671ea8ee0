//! Words of others, made fit to be shown.

/// How many characters of somebody else's words are shown.
const LONGEST: usize = 200;

/// One line of plain words: no control characters, no runs of blanks, nothing
/// that changes the direction of the text, and never longer than a line.
pub fn words(text: &str) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !shown.is_empty() {
            shown.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length == LONGEST {
                shown.push('…');
                return shown;
            }
            shown.push(c);
            length += 1;
        }
    }
    shown
}

/// Characters without a shape, some of which turn around what follows.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("health check failed", "health check failed")]
    #[case("a\r\n##vso[task.complete]\tb", "a ##vso[task.complete] b")]
    #[case("\u{1b}[31mred\u{202e}der", " [31mredder".trim())]
    #[case("  ", "")]
    fn words_of_others_are_one_plain_line(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(words(text), shown);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let shown = words(&"é".repeat(500));
        assert_eq!(shown.chars().count(), 201);
        assert!(shown.ends_with("é…"));
    }
}
