//! Words that are nearly others.
//!
//! How far two words are from each other is how many letters have to be
//! changed, added, left out or swapped with the next (optimal string
//! alignment; Damerau 1964, Wagner and Fischer 1974).

/// A part of a word tells which one it is if it has so many letters.
const TELLING: usize = 4;

/// Which of these words was probably meant by this one: that which has it as a
/// part (`types` for `eventType`), or is so near that at most a third of its
/// letters are wrong. Case and other marks than letters make no difference.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = letters(&word.to_lowercase()).chars().take(100).collect();
    let length = word.chars().count();
    let stem = word.strip_suffix('s').unwrap_or(&word);
    let far = |known: &str| {
        let known = letters(&known.to_lowercase());
        if stem.len() >= TELLING && known.contains(stem) {
            0
        } else {
            distance(&word, &known)
        }
    };
    let known = known.into_iter().map(|known| (far(known), known));
    let near = known.filter(|(far, _)| far * 3 <= length);
    near.min_by_key(|(far, _)| *far).map(|(_, known)| known)
}

pub(crate) fn letters(text: &str) -> String {
    text.chars().filter(|one| one.is_alphanumeric()).collect()
}

pub(crate) fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, here) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, there) in other.iter().enumerate() {
            let changed = last[column] + usize::from(here != there);
            let mut far = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let is_swap =
                row > 0 && column > 0 && *here == other[column - 1] && one[row - 1] == *there;
            if is_swap {
                far = far.min(before[column - 1] + 1);
            }
            next.push(far);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found_and_nothing_else() {
        let known = ["limit", "nextToken", "status", "eventType", "sort"];
        for (word, is_meant) in [
            ("types", Some("eventType")),
            ("event_type", Some("eventType")),
            ("EventType", Some("eventType")),
            ("evntTpe", Some("eventType")),
            ("token", Some("nextToken")),
            ("limt", Some("limit")),
            ("statsu", Some("status")),
            ("from", None),
            ("to", None),
            ("x", None),
            ("", None),
            ("nope", None),
        ] {
            assert_eq!(meant(word, known), is_meant, "{word}");
        }
    }

    #[test]
    fn distances_count_changes_gaps_and_swaps() {
        for (one, other, far) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "", 3),
            ("abc", "acb", 1),
            ("abc", "abd", 1),
            ("abcd", "bcd", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), far, "{one} {other}");
            assert_eq!(distance(other, one), far, "{other} {one}");
        }
    }
}
