//! Which of the vendor's properties get which of our fields.
//!
//! A mapping starts from the vendor's usual one. What an endpoint's settings
//! name replaces or adds one property, and `null` takes one away. A property
//! gets a field, the first of several fields that is not empty, or a constant:
//!
//! ```json
//! { "jobtitle": "position", "lastname": ["familyName", "name"],
//!   "lifecyclestage": { "value": "customer" }, "phone": null }
//! ```
//!
//! A field that is empty here is left alone there, because somebody may have
//! filled it in, unless the event says that it has just become empty.

use crate::story::Story;
use portico_domain::Invalid;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many properties a mapping can have.
const MAX_PROPERTIES: usize = 50;

/// How many fields stand in for each other.
const MAX_ALTERNATIVES: usize = 5;

const MAX_CONSTANT: usize = 1_000;

const MAX_NAME: usize = 100;

/// How long the path of a field can be.
const MAX_PATH: usize = 200;

/// The fields of a client that can be mapped.
pub(crate) const CLIENT_FIELDS: &[&str] = &[
    "id",
    "createdAt",
    "updatedAt",
    "givenName",
    "familyName",
    "name",
    "email",
    "emailState",
    "companyId",
    "companyIds",
    "status",
    "avatarImageUrl",
    "fallbackColor",
    "firstLoginDate",
    "lastLoginDate",
    "lastActivityAt",
    "creationMethod",
    "position",
    "phone",
    "accountManagerIds",
    "tags",
    "mergedIds",
    "customFields",
];

/// The fields of a company that can be mapped.
pub(crate) const COMPANY_FIELDS: &[&str] = &[
    "id",
    "createdAt",
    "updatedAt",
    "name",
    "fallbackColor",
    "iconImageUrl",
    "description",
    "website",
    "address",
    "accountManagerIds",
    "tags",
    "serviceIds",
    "isActive",
    "customFields",
];

/// Which properties get what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mapping(BTreeMap<String, Source>);

#[derive(Clone, Debug, PartialEq)]
enum Source {
    /// The first of these that is not empty.
    Fields(Vec<String>),
    Constant(Value),
}

/// What a property gets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mapped {
    /// This value, which is not empty.
    Value(Value),
    /// Nothing any more.
    Cleared,
}

/// What a mapping may be.
pub(crate) struct Rules {
    /// Where the mapping stands in the settings.
    pub(crate) field: &'static str,
    /// The vendor's usual mapping.
    pub(crate) usual: &'static [(&'static str, &'static [&'static str])],
    /// The fields that there are.
    pub(crate) known: &'static [&'static str],
}

impl Mapping {
    /// The usual mapping with what is given over it. `reserved` are the
    /// properties that records are found by.
    pub(crate) fn read(
        rules: &Rules,
        given: &Map<String, Value>,
        reserved: &[&str],
    ) -> Result<Self, Invalid> {
        let usual = rules.usual.iter().map(|(name, fields)| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            ((*name).to_owned(), Source::Fields(fields))
        });
        let mut mapping: BTreeMap<String, Source> = usual.collect();
        for (name, source) in given {
            let field = format!("{}.{name}", rules.field);
            let invalid = |message: &str| Err(Invalid::new(&field, "mapping_invalid", message));
            if !is_name(name) {
                return invalid(
                    "a property's name has letters, digits and underscores, begins with a letter, and is 100 characters long at most",
                );
            }
            if reserved.iter().any(|one| one.eq_ignore_ascii_case(name)) {
                return invalid("records are found by this property; it cannot be mapped");
            }
            match source {
                Value::Null => {
                    mapping.remove(name);
                }
                source => {
                    mapping.insert(name.clone(), Source::read(&field, source, rules.known)?);
                }
            }
        }
        if mapping.len() > MAX_PROPERTIES {
            let message = format!("a mapping has at most {MAX_PROPERTIES} properties");
            return Err(Invalid::new(rules.field, "mapping_invalid", message));
        }
        Ok(Self(mapping))
    }

    /// The properties that get something.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Those of them that not every account of the vendor has.
    pub(crate) fn own_properties<'a>(&'a self, rules: &'a Rules) -> impl Iterator<Item = &'a str> {
        let is_usual = |name: &str| rules.usual.iter().any(|(usual, _)| *usual == name);
        self.properties().filter(move |name| !is_usual(name))
    }

    /// What the properties of these fields get.
    pub(crate) fn apply<'a>(
        &'a self,
        fields: &Map<String, Value>,
        story: &Story<'_>,
    ) -> Vec<(&'a str, Mapped)> {
        let mapped = |(name, source): (&'a String, &Source)| {
            Some((name.as_str(), source.apply(fields, story)?))
        };
        self.0.iter().filter_map(mapped).collect()
    }
}

impl Source {
    fn read(field: &str, given: &Value, known: &[&str]) -> Result<Self, Invalid> {
        let invalid = |message: String| Invalid::new(field, "mapping_invalid", message);
        let path = |given: &Value| {
            let path = given.as_str().unwrap_or_default();
            let first = path.split('.').next().unwrap_or_default();
            if known.contains(&first) && path.len() <= MAX_PATH && path.split('.').all(is_name) {
                return Ok(path.to_owned());
            }
            let known = known.join(", ");
            Err(invalid(format!(
                "there is no such field; there are {known}"
            )))
        };
        match given {
            Value::String(_) => Ok(Self::Fields(vec![path(given)?])),
            Value::Array(several) if (1..=MAX_ALTERNATIVES).contains(&several.len()) => {
                let fields = several.iter().map(path).collect::<Result<_, _>>()?;
                Ok(Self::Fields(fields))
            }
            Value::Object(members) if members.len() == 1 => match members.get("value") {
                Some(value @ (Value::Bool(_) | Value::Number(_))) => {
                    Ok(Self::Constant(value.clone()))
                }
                Some(Value::String(text)) if (1..=MAX_CONSTANT).contains(&text.chars().count()) => {
                    Ok(Self::Constant(Value::String(text.clone())))
                }
                Some(_) | None => Err(invalid(format!(
                    "a constant is {{\"value\": …}} with a text of 1 to {MAX_CONSTANT} characters, a number, true or false"
                ))),
            },
            _ => Err(invalid(format!(
                "a property gets the name of a field, a list of 1 to {MAX_ALTERNATIVES} of them, {{\"value\": …}}, or null"
            ))),
        }
    }

    fn apply(&self, fields: &Map<String, Value>, story: &Story<'_>) -> Option<Mapped> {
        let paths = match self {
            Self::Constant(value) => return Some(Mapped::Value(value.clone())),
            Self::Fields(paths) => paths,
        };
        let values = paths.iter().filter_map(|path| find(fields, path));
        if let Some(value) = values.into_iter().find(|value| !is_empty(value)) {
            return Some(Mapped::Value(flat(value)));
        }
        let first = |path: &String| path.split('.').next().unwrap_or_default().to_owned();
        let is_new = paths.iter().any(|path| story.has_changed(&first(path)));
        is_new.then_some(Mapped::Cleared)
    }
}

fn find<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = fields.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Lists as both CRMs write several choices, separated by semicolons, so that
/// one within a choice becomes a comma; objects as JSON.
fn flat(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(|one| text(one).replace(';', ",")).collect();
            Value::String(texts.join(";"))
        }
        Value::Object(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

/// A value as text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether this can be the name of a property.
pub(crate) fn is_name(text: &str) -> bool {
    let is_letter_first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic());
    is_letter_first
        && text.len() <= MAX_NAME
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
