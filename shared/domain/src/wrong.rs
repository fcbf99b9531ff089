//! What is wrong with a body, in words of whoever wrote it: serde's messages
//! speak of Rust.

use crate::Invalid;

/// Says which field is wrong, and how. serde's message ends with a place in the
/// text, which says nothing to a person who sees the field's name.
pub fn wrong_field(path: &str, message: &str) -> Invalid {
    let message = message.split(" at line ").next().unwrap_or(message);
    let within = |name: &str| match path.rsplit_once('.') {
        Some((outer, last)) if last == name => format!("{outer}.{name}"),
        _ if matches!(path, "." | "") || path == name => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    if let Some((name, rest)) = quoted(message, "unknown field ") {
        let known = rest.trim_start_matches(", ");
        let message = format!("there is no field {name}; {known}");
        return Invalid::new(&within(name), "field_unknown", message);
    }
    if let Some((name, _)) = quoted(message, "missing field ") {
        return Invalid::missing(&within(name));
    }
    if let Some((name, _)) = quoted(message, "duplicate field ") {
        let message = format!("{name} is given twice");
        return Invalid::new(&within(name), "field_invalid", message);
    }
    let field = if path == "." { "body" } else { path };
    Invalid::new(
        field,
        "field_invalid",
        format!("{field} {}", sentence(message)),
    )
}

/// What stands in backquotes after `before`, and what follows it.
fn quoted<'a>(message: &'a str, before: &str) -> Option<(&'a str, &'a str)> {
    message
        .strip_prefix(before)?
        .strip_prefix('`')?
        .split_once('`')
}

/// The rest of a sentence that begins with the name of the field.
fn sentence(message: &str) -> String {
    if let Some((name, rest)) = quoted(message, "unknown variant ") {
        let known = rest
            .replace(", expected one of ", "")
            .replace(", expected ", "");
        return format!(
            "cannot be {name:?}; it is one of {}",
            known.replace('`', "")
        );
    }
    let wrong = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        Some((found, expected)) => format!("is {}, not {}", kind(expected), given(found)),
        None => format!("is wrong: {message}"),
    }
}

/// What serde expects, for people.
fn kind(expected: &str) -> String {
    let number = expected.strip_prefix(['i', 'u', 'f']);
    match (expected, number) {
        // The last is what serde calls the names of an enum.
        ("a string" | "a borrowed string" | "string or map", _) => "a text".to_owned(),
        ("a sequence", _) => "a list".to_owned(),
        ("a boolean", _) => "true or false".to_owned(),
        ("f64" | "f32", _) => "a number".to_owned(),
        (_, Some("8" | "16" | "32" | "64" | "size")) if expected.starts_with('u') => {
            "a whole number of 0 or more".to_owned()
        }
        (_, Some("8" | "16" | "32" | "64" | "size")) => "a whole number".to_owned(),
        _ if expected.starts_with("struct ") || expected == "a map" => "an object".to_owned(),
        _ => expected.to_owned(),
    }
}

/// What serde found, for people.
fn given(found: &str) -> String {
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "boolean", value)) => value.replace('`', ""),
        Some(("floating", value)) => value.replace("point ", "").replace('`', ""),
        _ => match found {
            "sequence" => "a list".to_owned(),
            "map" => "an object".to_owned(),
            found => found.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_told_in_plain_words() {
        for (path, message, field, code, told) in [
            (
                "nickname",
                "unknown field `nickname`, expected `name` at line 1 column 12",
                "nickname",
                "field_unknown",
                "there is no field nickname; expected `name`",
            ),
            (
                "labels.x",
                "unknown field `x`, expected `groupTerm` at line 1 column 12",
                "labels.x",
                "field_unknown",
                "there is no field x; expected `groupTerm`",
            ),
            (
                ".",
                "missing field `into` at line 1 column 2",
                "into",
                "field_required",
                "into is required",
            ),
            (
                "customFields[0]",
                "missing field `name` at line 1 column 2",
                "customFields[0].name",
                "field_required",
                "customFields[0].name is required",
            ),
            (
                "name",
                "duplicate field `name` at line 1 column 20",
                "name",
                "field_invalid",
                "name is given twice",
            ),
            (
                "companyIds[1]",
                "invalid type: integer `5`, expected a string at line 1 column 9",
                "companyIds[1]",
                "field_invalid",
                "companyIds[1] is a text, not 5",
            ),
            (
                "tags",
                "invalid type: string \"x, y\", expected a sequence at line 1 column 9",
                "tags",
                "field_invalid",
                "tags is a list, not the text \"x, y\"",
            ),
            (
                "labels",
                "invalid type: null, expected struct LabelFields at line 1 column 9",
                "labels",
                "field_invalid",
                "labels is an object, not null",
            ),
            (
                "expiresInDays",
                "invalid type: floating point `1.5`, expected i64 at line 1 column 9",
                "expiresInDays",
                "field_invalid",
                "expiresInDays is a whole number, not 1.5",
            ),
            (
                "rateLimit",
                "invalid value: integer `-1`, expected u32 at line 1 column 9",
                "rateLimit",
                "field_invalid",
                "rateLimit is a whole number of 0 or more, not -1",
            ),
            (
                "include",
                "invalid type: null, expected string or map",
                "include",
                "field_invalid",
                "include is a text, not null",
            ),
            (
                "companies",
                "unknown variant `x`, expected one of `off`, `optional`, `required` at line 1 column 9",
                "companies",
                "field_invalid",
                "companies cannot be \"x\"; it is one of off, optional, required",
            ),
        ] {
            let wrong = wrong_field(path, message);

            assert_eq!(
                (&*wrong.field, wrong.code, &*wrong.message),
                (field, code, told)
            );
        }
    }
}
