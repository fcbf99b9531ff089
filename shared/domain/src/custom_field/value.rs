//! Values of custom fields.

use super::{CustomField, FieldSet, FieldType};
use crate::{Address, Email, Invalid, WebLink, members, text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How many bytes the values of one client or company have at most, as JSON.
/// A client is written once for each of its 30 companies, and an event that
/// tells of a change holds its values three times.
const MAX_BYTES: usize = 32 * 1024;

/// The values that one client or company has, by the keys of their fields.
///
/// In a change, `null` stands for a value that is taken away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomValues(Map<String, Value>);

impl CustomValues {
    /// Takes over the values of a change; the others stay.
    pub(crate) fn merge(&mut self, change: Self) {
        for (key, value) in change.0 {
            if value.is_null() {
                self.0.shift_remove(&key);
            } else {
                self.0.insert(key, value);
            }
        }
    }

    /// The values as callers see them: nothing rather than an empty object.
    pub(crate) fn shown(&self) -> Option<Map<String, Value>> {
        let mut values = self.0.clone();
        members::sort(&mut values);
        Some(values).filter(|values| !values.is_empty())
    }

    /// The change that takes away the value of the field with this key, if
    /// there is one.
    pub fn clearing(&self, key: &str) -> Option<Self> {
        let change = Map::from_iter([(key.to_owned(), Value::Null)]);
        self.0.contains_key(key).then_some(Self(change))
    }

    /// The change after which there are the `given` values and no others.
    #[must_use]
    pub fn replacement(&self, given: Self) -> Self {
        let cleared = self.0.keys().map(|key| (key.clone(), Value::Null));
        let mut change: Map<String, Value> = cleared.collect();
        change.extend(given.0);
        Self(change)
    }

    /// Only the values that have a field.
    #[must_use]
    pub fn of_fields(&self, set: &FieldSet) -> Self {
        let has_field = |key: &str| set.present().any(|field| field.key == key);
        let values = self.0.iter().filter(|(key, _)| has_field(key));
        Self(
            values
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        )
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses more than one client or company can have.
    pub fn refuse_too_many(&self) -> Result<(), Invalid> {
        let bytes = Value::Object(self.0.clone()).to_string().len();
        if bytes <= MAX_BYTES {
            return Ok(());
        }
        let message = format!("the values have {bytes} bytes together; the limit is {MAX_BYTES}");
        Err(Invalid::new(
            "customFields",
            "custom_fields_too_large",
            message,
        ))
    }
}

/// The values that a caller gives: an object, or the same written as a text,
/// as programs for the compatible API may do.
pub fn given_values(given: Option<&Value>) -> Result<Map<String, Value>, Invalid> {
    let parsed = match given {
        Some(Value::String(text)) if text.trim().is_empty() => Value::Null,
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Bool(false)),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    match parsed {
        Value::Null => Ok(Map::new()),
        Value::Object(values) => Ok(values),
        _ => {
            let message = "customFields is an object of values by the keys of their fields";
            Err(Invalid::new("customFields", "field_invalid", message))
        }
    }
}

impl FieldSet {
    /// Checks the values that a caller gives: what they come to as a change.
    pub fn check(&self, given: Map<String, Value>) -> Result<CustomValues, Invalid> {
        let mut change = Map::with_capacity(given.len());
        for (key, value) in given {
            let place = format!("customFields.{key}");
            let Some(field) = self.present().find(|field| field.key == key) else {
                let entity = self.entity.name();
                let message = format!("this workspace has no custom field {key:?} for a {entity}");
                return Err(Invalid::new(&place, "custom_field_unknown", message));
            };
            change.insert(key, field.check(&place, value)?);
        }
        Ok(CustomValues(change))
    }
}

impl CustomField {
    /// The value as it is stored; `null` if it clears the field.
    fn check(&self, place: &str, value: Value) -> Result<Value, Invalid> {
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(values) => values.is_empty(),
            _ => false,
        };
        if is_empty {
            return Ok(Value::Null);
        }
        match (self.kind, value) {
            (FieldType::Text, Value::String(text)) => {
                text::block(place, &text, 2_000).map(Value::from)
            }
            (FieldType::Number, Value::Number(given)) => number(place, &given.to_string()),
            (FieldType::Number, Value::String(text)) => number(place, &text),
            (FieldType::Email, Value::String(text)) => {
                Email::parse(place, &text).map(|email| email.as_str().into())
            }
            (FieldType::Url, Value::String(text)) => {
                WebLink::http(place, &text).map(|link| link.as_str().into())
            }
            (FieldType::PhoneNumber, Value::String(text)) => {
                text::phone(place, &text).map(Value::from)
            }
            (FieldType::Address, value) => Ok(json!(Address::parse(place, &value)?)),
            (FieldType::MultiSelect, Value::Array(keys)) => self.chosen(place, keys),
            (kind, _) => {
                let holds = match kind {
                    FieldType::Number => "a number",
                    FieldType::MultiSelect => "a list of keys of its options",
                    _ => "a text",
                };
                let message = format!("a value of this field is {holds}");
                Err(Invalid::new(place, "custom_field_invalid", message))
            }
        }
    }

    /// The options that are chosen, each once.
    fn chosen(&self, place: &str, keys: Vec<Value>) -> Result<Value, Invalid> {
        let mut chosen: Vec<Value> = Vec::with_capacity(keys.len());
        for (number, key) in keys.into_iter().enumerate() {
            let is_option = |text: &str| self.options.iter().any(|option| option.key == text);
            if !key.as_str().is_some_and(is_option) {
                let message = format!("the field has no option with the key {key}");
                let place = format!("{place}[{number}]");
                return Err(Invalid::new(&place, "custom_field_option_unknown", message));
            }
            if !chosen.contains(&key) {
                chosen.push(key);
            }
        }
        Ok(Value::Array(chosen))
    }
}

/// A number, also one that is written as a text, as forms and spreadsheets do.
/// The table keeps 38 digits; what programs make of more than 15 differs.
fn number(place: &str, text: &str) -> Result<Value, Invalid> {
    let parsed: Option<serde_json::Number> = serde_json::from_str(text.trim()).ok();
    let fits = |number: &serde_json::Number| {
        let size = number.as_f64().unwrap_or(f64::INFINITY).abs();
        size == 0.0 || (1e-15..=1e15).contains(&size)
    };
    parsed.filter(fits).map(Value::Number).ok_or_else(|| {
        let message = format!("{text:?} is not a number of up to 15 digits");
        Invalid::new(place, "custom_field_invalid", message)
    })
}
