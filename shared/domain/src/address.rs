//! Postal addresses, in the form of the compatible API.

use crate::{Invalid, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Address {
    /// Two letters of ISO 3166, such as `US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// State, province or county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line1: Option<String>,
    /// What else finds the door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The whole address as it is printed; made of the parts unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_address: Option<String>,
}

impl Address {
    /// Checks the address in `field`: an object of its parts, or the whole
    /// address as one text. `None` is an empty one, which clears the field.
    pub fn parse(field: &str, value: &Value) -> Result<Option<Self>, Invalid> {
        let given = match value {
            Value::Null => Self::default(),
            Value::String(text) => Self {
                full_address: Some(text.clone()),
                ..Self::default()
            },
            Value::Object(_) => Self::deserialize(value)
                .map_err(|error| Invalid::new(field, "address_invalid", error.to_string()))?,
            _ => {
                let message = format!("{field} is an object such as {{\"city\": …}}, or a text");
                return Err(Invalid::new(field, "address_invalid", message));
            }
        };
        let part = |name: &str, text: Option<String>, max: usize| {
            let checked = text.map(|text| text::line(&format!("{field}.{name}"), &text, 0, max));
            let checked = checked.transpose()?;
            Ok::<_, Invalid>(checked.filter(|text| !text.is_empty()))
        };
        let whole = given
            .full_address
            .map(|text| text::block(&format!("{field}.fullAddress"), &text, 500));
        let mut address = Self {
            country: country(field, part("country", given.country, 2)?)?,
            region: part("region", given.region, 100)?,
            postal_code: part("postalCode", given.postal_code, 20)?,
            address_line1: part("addressLine1", given.address_line1, 200)?,
            address_line2: part("addressLine2", given.address_line2, 200)?,
            city: part("city", given.city, 100)?,
            full_address: whole.transpose()?.filter(|text| !text.is_empty()),
        };
        if address == Self::default() {
            return Ok(None);
        }
        if address.full_address.is_none() {
            address.full_address = Some(address.printed());
        }
        Ok(Some(address))
    }

    /// The parts, line by line: `1201 Broadway`, `704`,
    /// `New York, New York, 10001`, `US`.
    fn printed(&self) -> String {
        let present = |parts: &[&Option<String>], between: &str| {
            let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
            parts.join(between)
        };
        let lines = [
            present(&[&self.address_line1], ""),
            present(&[&self.address_line2], ""),
            present(&[&self.city, &self.region, &self.postal_code], ", "),
            present(&[&self.country], ""),
        ];
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }
}

fn country(field: &str, code: Option<String>) -> Result<Option<String>, Invalid> {
    match code {
        Some(code) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok(Some(code.to_ascii_uppercase()))
        }
        Some(_) => {
            let message = "a country is two letters of ISO 3166, such as US";
            let field = format!("{field}.country");
            Err(Invalid::new(&field, "country_invalid", message))
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_the_whole_address() {
        let address = Address::parse("address", &json!("1 Main St\nOslo")).expect("fine");

        assert_eq!(
            serde_json::to_value(address).expect("it serializes"),
            json!({ "fullAddress": "1 Main St\nOslo" })
        );
    }

    #[test]
    fn the_whole_address_is_made_of_its_parts() {
        let parts = json!({
            "country": "us", "region": "New York", "postalCode": "10001",
            "addressLine1": "1201 Broadway", "addressLine2": "704", "city": "New York",
        });

        let address = Address::parse("address", &parts)
            .expect("fine")
            .expect("not empty");

        assert_eq!(address.country.as_deref(), Some("US"));
        assert_eq!(
            address.full_address.as_deref(),
            Some("1201 Broadway\n704\nNew York, New York, 10001\nUS")
        );
    }

    #[test]
    fn an_address_of_nothing_clears_the_field() {
        for empty in [json!(null), json!(""), json!({}), json!({ "city": " " })] {
            assert_eq!(Address::parse("address", &empty), Ok(None), "{empty}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let field = |value| {
            Address::parse("address", &value)
                .expect_err("it is wrong")
                .field
        };

        assert_eq!(field(json!({ "country": "Norway" })), "address.country");
        assert_eq!(field(json!({ "city": "a\nb" })), "address.city");
        assert_eq!(field(json!({ "town": "Oslo" })), "address");
        assert_eq!(field(json!(7)), "address");
    }
}
