//! What stands for a secret variable that the source must not see.
//!
//! Owns the texts: always the same for a name, so that the same source renders
//! the same, and made from nothing but the name.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Which of two texts stands for a secret. What differs between a render with the
/// first and one with the second is made from secrets, in whatever way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The usual one.
    First,
    /// Another, of another length.
    Second,
}

impl Placeholder {
    /// The text for a variable: a word, a valid host name, and valid base64.
    pub fn of(self, name: &str) -> String {
        let (salt, length) = match self {
            Self::First => ("1", 26),
            Self::Second => ("2", 30),
        };
        let digest = Sha256::digest(format!("{salt}{}", name.to_uppercase()));
        let mut digits = String::with_capacity(2 * digest.len());
        for byte in digest {
            let _ = write!(digits, "{byte:02x}");
        }
        format!("secret{}", &digits[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_follows_from_the_name_alone_and_is_a_word_in_base64() {
        use base64::Engine as _;
        let first = Placeholder::First.of("Db.Password");
        let second = Placeholder::Second.of("Db.Password");
        assert_eq!(first, Placeholder::First.of("DB.PASSWORD"));
        assert_ne!(first, Placeholder::First.of("other"));
        assert_ne!(first.len(), second.len());
        for text in [first, second] {
            assert!(
                text.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            );
            base64::engine::general_purpose::STANDARD
                .decode(&text)
                .unwrap();
        }
    }
}
