//! Keys, made of names: `Support Email` becomes `supportEmail`.

use std::collections::BTreeSet;

/// The key of this name that is not among those `taken`; `otherwise` if the
/// name has no letter or digit that a key can have.
pub(super) fn unique(name: &str, otherwise: &str, taken: &BTreeSet<&str>) -> String {
    let key = camel_case(name);
    let key = if key.is_empty() {
        otherwise.to_owned()
    } else {
        key
    };
    if !taken.contains(key.as_str()) {
        return key;
    }
    // There are fewer names than numbers.
    (2..taken.len() + 3)
        .map(|number| format!("{key}{number}"))
        .find(|key| !taken.contains(key.as_str()))
        .unwrap_or(key)
}

fn camel_case(name: &str) -> String {
    let words = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut key = String::new();
    for word in words {
        let is_acronym = word.bytes().all(|byte| !byte.is_ascii_lowercase());
        let (first, rest) = word.split_at(1);
        if key.is_empty() {
            key.push_str(&first.to_ascii_lowercase());
        } else {
            key.push_str(&first.to_ascii_uppercase());
        }
        if is_acronym {
            key.push_str(&rest.to_ascii_lowercase());
        } else {
            key.push_str(rest);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_camel_case() {
        for (name, key) in [
            ("Support Email", "supportEmail"),
            ("VAT ID", "vatId"),
            ("tier", "tier"),
            ("already camelCase", "alreadyCamelCase"),
            ("2nd phone", "2ndPhone"),
            ("  a - b/c ", "aBC"),
            ("名前", ""),
        ] {
            assert_eq!(camel_case(name), key, "{name}");
        }
    }

    #[test]
    fn a_taken_key_gets_a_number() {
        let taken = BTreeSet::from(["tier", "tier2", "field"]);

        assert_eq!(unique("Tier", "field", &taken), "tier3");
        assert_eq!(unique("名前", "field", &taken), "field2");
    }
}
