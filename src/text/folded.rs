//! Names of fields as Go's JSON compares them.

/// A name in the form that is equal for all that Go takes for one field: the case does
/// not count, and two letters fold to those of ASCII
/// (<https://pkg.go.dev/encoding/json#Unmarshal>).
pub(crate) fn folded(name: &str) -> String {
    let fold = |c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c,
    };
    name.chars()
        .map(fold)
        .flat_map(char::to_lowercase)
        .collect()
}
