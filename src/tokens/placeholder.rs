//! What stands for a secret variable that the source must not see.
//!
//! Owns the texts: always the same for a name, so that the same source renders
//! the same, and made from nothing but the name.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Which of the texts stands for a secret. What differs between a render with the first and
/// one with another is made from secrets, in whatever way: the texts have nothing in common
/// that a source could ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The usual one: a word, a valid host name, and valid base64.
    First,
    /// Short, with capitals and with what separates the parts of connection strings.
    Parts,
    /// A short word without digits, for sources that the other one breaks.
    Word,
}

/// How long the shorter ones are: on the other side of most lengths that are asked about.
const SHORT: usize = 12;

impl Placeholder {
    /// The text for a variable.
    pub fn of(self, name: &str) -> String {
        let salt = match self {
            Self::First => "1",
            Self::Parts => "2",
            Self::Word => "3",
        };
        let digest = Sha256::digest(format!("{salt}{}", name.to_uppercase()));
        if self == Self::First {
            let mut digits = String::with_capacity(2 * digest.len());
            for byte in digest {
                let _ = write!(digits, "{byte:02x}");
            }
            return format!("secret{}", &digits[..26]);
        }
        // None of them begins or ends as the first one does.
        let mut letters = digest.iter().map(|byte| char::from(b'g' + byte % 12));
        let mut letter = || letters.next().unwrap_or('g');
        if self == Self::Word {
            let rest: String = (1..SHORT).map(|_| letter()).collect();
            return format!("w{rest}");
        }
        let mut word = || format!("{}{}", letter(), letter().to_ascii_uppercase());
        format!("Z={};{}:/,{}", word(), word(), word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_follows_from_the_name_alone_and_is_a_word_in_base64() {
        use base64::Engine as _;
        for which in [Placeholder::First, Placeholder::Word] {
            let text = which.of("Db.Password");
            assert_eq!(text, which.of("DB.PASSWORD"));
            assert_ne!(text, which.of("other"));
            assert!(
                text.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            );
            base64::engine::general_purpose::STANDARD
                .decode(&text)
                .unwrap();
        }
    }

    /// What sources ask about a secret.
    type Question = (&'static str, fn(&str) -> String);

    fn answers_differ(which: Placeholder, questions: &[Question]) {
        for (question, ask) in questions {
            for name in ["a", "Db.Password", "conn", "x-1", "TOKEN"] {
                let (first, other) = (Placeholder::First.of(name), which.of(name));
                assert_ne!(ask(&first), ask(&other), "{question}: {first} {other}");
            }
        }
    }

    #[test]
    fn the_others_differ_from_the_first_in_every_way() {
        let questions: &[Question] = &[
            ("first character", |text| text[..1].to_owned()),
            ("first five", |text| text[..5].to_owned()),
            ("length", |text| text.len().to_string()),
            ("is long", |text| (text.len() > 20).to_string()),
            ("is longer than a word", |text| {
                (text.len() > 12).to_string()
            }),
            ("has a digit", |text| {
                text.contains(|c: char| c.is_ascii_digit()).to_string()
            }),
        ];
        answers_differ(Placeholder::Word, questions);
        answers_differ(Placeholder::Parts, questions);
        let of_parts: &[Question] = &[
            ("parts", |text| text.split(';').count().to_string()),
            ("pairs", |text| text.split('=').count().to_string()),
            ("fields", |text| text.split(',').count().to_string()),
            ("port", |text| text.contains(':').to_string()),
            ("path", |text| text.contains('/').to_string()),
            ("capitals", |text| (text.to_lowercase() == text).to_string()),
            ("last character", |text| text[text.len() - 1..].to_owned()),
        ];
        answers_differ(Placeholder::Parts, of_parts);
    }
}
