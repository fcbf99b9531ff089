//! Names that are nearly ours: slips of who types them.
//!
//! How far two names are from each other is how many letters have to be
//! changed, added, left out or swapped with the next (optimal string
//! alignment; Damerau 1964, Wagner and Fischer 1974), whatever their case.

use super::EventType;

/// At most so far is a suggestion from what was written.
const SUGGESTED: usize = 2;

/// The name of the catalogue, or the object of it with `.*`, that was probably
/// meant by this one.
pub(crate) fn nearest(text: &str) -> Option<String> {
    let text: String = text.to_lowercase().chars().take(100).collect();
    let is_group = text.ends_with(".*");
    let plain = letters(&text);
    let candidates = EventType::ALL.iter().map(|kind| kind.name());
    let candidates = candidates.map(|name| match (is_group, name.split_once('.')) {
        (true, Some((object, _))) => format!("{object}.*"),
        _ => name.to_owned(),
    });
    let far = |name: &String| {
        let lower = name.to_lowercase();
        // Another mark between the words, or none, is no slip of the letters.
        distance(&text, &lower).min(distance(&plain, &letters(&lower)))
    };
    let nearest = candidates.map(|name| (far(&name), name));
    let nearest = nearest.filter(|(far, _)| *far <= SUGGESTED);
    nearest.min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

/// The object of the catalogue that this one is probably a slip of. Short words
/// have many others near them that an app may mean (`rule` beside `role`), so
/// the shorter the word, the nearer it has to be.
pub(crate) fn resembled(object: &str) -> Option<&'static str> {
    let object = object.to_lowercase();
    let of_catalogue = EventType::ALL
        .iter()
        .filter_map(|kind| kind.name().split_once('.'))
        .map(|(known, _)| known);
    let mut of_catalogue = of_catalogue.filter(|known| known.to_lowercase() != object);
    of_catalogue.find(|known| {
        let known = known.to_lowercase();
        let near = match known.len() {
            0..5 => 0,
            5..9 => 1,
            9.. => 2,
        };
        distance(&object, &known) <= near || is_plural(&object, &known)
    })
}

fn is_plural(object: &str, known: &str) -> bool {
    object.strip_suffix('s') == Some(known)
        || object
            .strip_suffix("ies")
            .zip(known.strip_suffix('y'))
            .is_some_and(|(stem, known)| stem == known)
}

fn letters(text: &str) -> String {
    text.chars().filter(|one| one.is_alphanumeric()).collect()
}

fn distance(one: &str, other: &str) -> usize {
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
    fn slips_are_told_from_names_of_other_things() {
        for (slip, meant) in [
            ("clint", "client"),
            ("cleint", "client"),
            ("clients", "client"),
            ("companies", "company"),
            ("compnay", "company"),
            ("invitaton", "invitation"),
            ("invittaions", "invitation"),
            ("webhookendpont", "webhookEndpoint"),
            ("roles", "role"),
        ] {
            assert_eq!(resembled(slip), Some(meant), "{slip}");
        }
        for object in [
            "task", "rule", "clinic", "agent", "export", "campaign", "ticket",
        ] {
            assert_eq!(resembled(object), None, "{object}");
        }
    }

    #[test]
    fn what_was_probably_meant_is_found() {
        for (text, meant) in [
            ("clint.created", "client.created"),
            ("client.craeted", "client.created"),
            ("client.create", "client.created"),
            ("Client.Created", "client.created"),
            ("clientCreated", "client.created"),
            ("client_created", "client.created"),
            ("invitation.canceled", "invitation.cancelled"),
            ("clients.*", "client.*"),
        ] {
            assert_eq!(nearest(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "task.created", "client.eaten", "no body.*"] {
            assert_eq!(nearest(text), None, "{text}");
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
