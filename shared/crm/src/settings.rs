//! The settings of an endpoint, read and shown.

use crate::{hubspot, reach::Reach, salesforce, slack};
use portico_domain::{EndpointKind, Invalid, wrong_field};
use portico_keys::Secret;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The longest credential that is accepted, in bytes.
const MAX_CREDENTIAL: usize = 1_000;

/// How long settings can be as JSON, in bytes: a hundred endpoints are read
/// with every event.
const MAX_SETTINGS: usize = 16 * 1024;

/// The settings of an endpoint, checked.
#[derive(Clone, Debug)]
pub enum Settings {
    /// Of a HubSpot account.
    HubSpot(hubspot::Settings),
    /// Of a Salesforce org.
    Salesforce(salesforce::Settings),
    /// Of a Slack channel.
    Slack(slack::Settings),
}

/// Mappings as they are given.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mappings {
    pub(crate) contact: Map<String, Value>,
    pub(crate) company: Map<String, Value>,
}

impl Settings {
    pub(crate) fn read(
        reach: Reach,
        kind: EndpointKind,
        given: &Map<String, Value>,
    ) -> Result<Self, Invalid> {
        if serde_json::to_string(given).map_or(0, |text| text.len()) > MAX_SETTINGS {
            let message = format!("settings have at most {MAX_SETTINGS} bytes");
            return Err(Invalid::new("settings", "settings_too_long", message));
        }
        match kind {
            EndpointKind::Standard => Err(Invalid::new(
                "settings",
                "field_not_for_kind",
                "an endpoint of kind standard has no settings",
            )),
            EndpointKind::HubSpot => hubspot::Settings::read(reach, given).map(Self::HubSpot),
            EndpointKind::Salesforce => {
                salesforce::Settings::read(reach, given).map(Self::Salesforce)
            }
            EndpointKind::Slack => slack::Settings::read(reach, given).map(Self::Slack),
        }
    }

    /// Where requests go, for the log of attempts, without what is secret.
    pub fn place(&self) -> &str {
        match self {
            Self::HubSpot(settings) => settings.place(),
            Self::Salesforce(settings) => settings.place(),
            Self::Slack(settings) => settings.place(),
        }
    }

    /// The settings that were `given`, without what is secret and with what
    /// was left out.
    pub fn view(&self, given: &Map<String, Value>) -> Map<String, Value> {
        let mut view = match self {
            Self::HubSpot(settings) => settings.view(),
            Self::Salesforce(settings) => settings.view(),
            Self::Slack(settings) => settings.view(),
        };
        if let Some(mapping) = given.get("mapping") {
            view.insert("mapping".to_owned(), mapping.clone());
        }
        view
    }
}

/// Reads settings of one kind, and says what is wrong by its path.
pub(crate) fn parse<T: DeserializeOwned>(given: &Map<String, Value>) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(Value::Object(given.clone())).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => "settings".to_owned(),
            path => format!("settings.{path}"),
        };
        wrong_field(&path, &error.into_inner().to_string())
    })
}

/// A credential, which has to fit into a header.
pub(crate) fn credential(field: &str, text: String) -> Result<Secret, Invalid> {
    let text = Secret::new(text);
    let bytes = text.expose().as_bytes();
    if bytes.is_empty() {
        return Err(Invalid::missing(field));
    }
    if bytes.len() > MAX_CREDENTIAL || !bytes.iter().all(u8::is_ascii_graphic) {
        let message =
            format!("{field} has at most {MAX_CREDENTIAL} visible ASCII characters and no spaces");
        return Err(Invalid::new(field, "credential_invalid", message));
    }
    Ok(text)
}

pub(crate) const fn yes() -> bool {
    true
}
