//! Bodies: JSON in, with the name of whatever is wrong.

use crate::{Problem, Request};
use portico_domain::{Invalid, wrong_field};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny},
};

/// Reads the JSON body of a request.
///
/// API Gateway leaves the content type to the caller and so do we: a body is
/// JSON or it is refused, whatever it calls itself.
pub fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::malformed("the request needs a JSON body"));
    }
    // serde would take a list for a struct.
    let first = request.body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first
        .is_some_and(|byte| matches!(byte, b'[' | b'"' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n'))
    {
        serde_json::from_slice::<IgnoredAny>(&request.body).map_err(|error| malformed(&error))?;
        return Err(Invalid::new("body", "field_invalid", "the body is a JSON object").into());
    }
    let mut json = serde_json::Deserializer::from_slice(&request.body);
    let read = serde_path_to_error::deserialize(&mut json);
    let value = read.map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            wrong_field(&path, &inner.to_string()).into()
        } else {
            why_not::<T>(&request.body, &inner)
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Reads a part of a body that is JSON already, such as an item of a batch.
pub(crate) fn read<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    if !value.is_object() {
        return Err(Invalid::new("body", "field_invalid", "an item is a JSON object").into());
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        wrong_field(&path, &error.into_inner().to_string()).into()
    })
}

/// The same for a body that may be left out.
pub fn body_or_default<T: DeserializeOwned + Default>(request: &Request) -> Result<T, Problem> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    body(request)
}

/// Reads a member that may be absent, `null`, or a value, each of which means
/// something: nothing is said, the field is cleared, or it is set. To be used
/// with `#[serde(default, deserialize_with = "portico_web::given")]`.
pub fn given<'de, T, D>(member: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(member).map(Some)
}

/// Reads a member that may be absent but not `null`: there is always a value.
/// To be used with
/// `#[serde(default, deserialize_with = "portico_web::filled")]`.
pub fn filled<'de, T, D>(member: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let value = Option::deserialize(member)?;
    if value.is_none() {
        return Err(D::Error::custom(
            "it cannot be null; leave it out or give a value",
        ));
    }
    Ok(value)
}

/// serde calls a value that cannot begin a name bad JSON, such as `null` where
/// one of several words stands.
fn why_not<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> Problem {
    match serde_json::from_slice(body) {
        Ok(value) => read::<T>(value).err().unwrap_or_else(|| malformed(error)),
        Err(error) => malformed(&error),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::malformed(&format!("the body is not valid JSON: {error}"))
}
