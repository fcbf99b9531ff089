//! Names that are nearly ours: slips of who types them.

use super::EventType;
use crate::near::{distance, letters};

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
}
