//! The data of Secrets: the keys, and whether a value changed. Owns that `stringData` and
//! base64 in `data` are the same to the server.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Comparison;
use crate::field::Secrecy;
use crate::path::Step;
use crate::value::Value;
use crate::veil::Side;

/// Whether one of the two is encrypted, so that its values are not those of the Secret.
pub(super) fn is_encrypted(old: &Value, new: &Value) -> bool {
    !old.at(&["sops"]).is_null() || !new.at(&["sops"]).is_null()
}

/// The Secret without its data.
pub(super) fn without_data(value: &Value) -> Value {
    let rest = value.pairs().iter();
    let rest = rest.filter(|(key, _)| key != "data" && key != "stringData");
    Value::Map(rest.cloned().collect())
}

/// The bytes of each key, as the server has them in the end.
fn data(secret: &Value) -> BTreeMap<&str, Vec<u8>> {
    let mut all = BTreeMap::new();
    for (key, value) in secret.at(&["data"]).pairs() {
        let text = value.scalar();
        let compact: String = text.split_whitespace().collect();
        // What is no base64 is refused by the server; it is still compared.
        let bytes = STANDARD
            .decode(&compact)
            .unwrap_or_else(|_| text.into_bytes());
        all.insert(key.as_str(), bytes);
    }
    for (key, value) in secret.at(&["stringData"]).pairs() {
        all.insert(key.as_str(), value.scalar().into_bytes());
    }
    all
}

impl Comparison<'_> {
    pub(super) fn secret_data(&mut self, old: &Value, new: &Value) {
        let (old, new) = (data(old), data(new));
        let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
        let nothing = Value::Null;
        let only = |one: &BTreeMap<&str, _>, other: &BTreeMap<&str, _>| -> Vec<_> {
            let only = one.keys().filter(|key| !other.contains_key(*key));
            only.map(|key| ((*key).to_owned(), &nothing)).collect()
        };
        let apart = self.apart(&only(&old, &new), &only(&new, &old));
        for key in keys {
            let (old, new) = (old.get(key), new.get(key));
            if old == new {
                continue;
            }
            let unknown = new
                .and_then(|new| std::str::from_utf8(new).ok())
                .is_some_and(|new| self.sink.is_unknown(new));
            let bytes = |side: Option<&Vec<u8>>| side.map(Vec::as_slice).map(<[u8]>::to_vec);
            let (old, new) = (bytes(old), bytes(new));
            let work = |this: &mut Self| {
                this.sink
                    .conceal(Secrecy::Secret, old.as_deref(), new.as_deref(), unknown);
            };
            let step = Step::Key(key.to_owned());
            self.inside(Step::Key("data".to_owned()), |this| match (&old, &new) {
                (Some(_), None) => this.inside_apart(step, Side::Old, apart, work),
                (None, Some(_)) => this.inside_apart(step, Side::New, apart, work),
                _ => this.inside(step, work),
            });
        }
    }
}
