//! What a function reads from its environment, once, at its start.

use portico_google::{GoogleSettings, ISSUER};
use portico_keys::{RootKey, RootKeyError, Secret};
use portico_mail::MailSettings;
use portico_queue::QueueUrls;
use portico_webhook::schedule::{Patience, PatienceError};

/// The settings of an installation.
#[derive(Debug)]
pub struct Config {
    /// Which function this is: the name of a route or of a trigger.
    pub function: String,
    /// The table's name.
    pub table: String,
    /// Where the API and the pages are.
    pub base_url: String,
    /// Where API Gateway itself answers, beside a domain of the installation's
    /// own.
    pub api_url: Option<String>,
    /// From whom mail comes.
    pub mail: MailSettings,
    /// The bucket's name; empty for functions that keep no files.
    pub bucket: String,
    /// Where the queues are.
    pub queues: QueueUrls,
    /// As what the installation is registered with Google, if it is.
    pub google: Option<GoogleSettings>,
    /// How long webhooks and endpoints that fail are borne with.
    pub patience: Patience,
}

/// The environment lacks something.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The root key is not one.
    #[error("the environment variable PORTICO_ROOT_KEY cannot be used")]
    RootKey(#[from] RootKeyError),
    /// The schedule or the days are none.
    #[error(transparent)]
    Patience(#[from] PatienceError),
}

impl Config {
    /// Reads the settings with `variable`, which answers with the value of an
    /// environment variable. Variables of queues that the function never
    /// writes to may be missing: its role could not write to them either.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(ConfigError::Missing(name));
        let base_url = required("PORTICO_BASE_URL")?;
        Ok(Self {
            function: required("PORTICO_FUNCTION")?,
            table: required("PORTICO_TABLE")?,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_url: optional("PORTICO_API_URL"),
            mail: MailSettings {
                from: required("PORTICO_MAIL_FROM")?,
                configuration_set: optional("PORTICO_MAIL_CONFIGURATION_SET"),
            },
            google: optional("PORTICO_GOOGLE_CLIENT_ID").map(|client_id| GoogleSettings {
                issuer: ISSUER.to_owned(),
                client_id,
                client_secret: optional("PORTICO_GOOGLE_CLIENT_SECRET").map(Secret::new),
            }),
            patience: Patience::read(
                optional("PORTICO_WEBHOOK_RETRIES").as_deref(),
                optional("PORTICO_WEBHOOK_DAYS_UNTIL_DISABLED").as_deref(),
            )?,
            bucket: optional("PORTICO_BUCKET").unwrap_or_default(),
            queues: QueueUrls {
                mail: optional("PORTICO_QUEUE_MAIL").unwrap_or_default(),
                deliveries: optional("PORTICO_QUEUE_DELIVERIES").unwrap_or_default(),
                recoveries: optional("PORTICO_QUEUE_RECOVERIES").unwrap_or_default(),
                companies: optional("PORTICO_QUEUE_COMPANIES").unwrap_or_default(),
                mail_events: optional("PORTICO_QUEUE_MAIL_EVENTS").unwrap_or_default(),
            },
        })
    }
}

impl Config {
    /// The installation's own domains, to which no webhook may go.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        let urls = [&self.base_url].into_iter().chain(&self.api_url);
        urls.map(|url| {
            let (_, rest) = url.split_once("://").unwrap_or(("", url));
            rest.split(['/', ':']).next().unwrap_or_default()
        })
    }
}

/// Reads the root key; apart from the rest, so that it is never printed.
pub fn root_key(variable: impl Fn(&str) -> Option<String>) -> Result<RootKey, ConfigError> {
    let text = variable("PORTICO_ROOT_KEY").ok_or(ConfigError::Missing("PORTICO_ROOT_KEY"))?;
    Ok(RootKey::parse(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_domains_are_the_one_it_has_and_that_of_api_gateway() {
        let variable = |name: &str| {
            let value = match name {
                "PORTICO_BASE_URL" => "https://portal.example.com:8443/",
                "PORTICO_API_URL" => "https://a1b2c3.execute-api.eu-west-1.amazonaws.com",
                "PORTICO_WEBHOOK_RETRIES" => "5s, 1m",
                "PORTICO_WEBHOOK_DAYS_UNTIL_DISABLED" => "3",
                _ => "x",
            };
            Some(value.to_owned())
        };

        let config = Config::read(variable).expect("everything is set");

        assert_eq!(config.patience.schedule.attempts(), 3);

        assert_eq!(
            config.domains().collect::<Vec<_>>(),
            [
                "portal.example.com",
                "a1b2c3.execute-api.eu-west-1.amazonaws.com"
            ]
        );
    }

    #[test]
    fn a_missing_variable_is_named() {
        let read = Config::read(|name| (name != "PORTICO_TABLE").then(|| "x".to_owned()));

        assert_eq!(
            read.map(drop).map_err(|error| error.to_string()),
            Err("the environment variable PORTICO_TABLE is not set".into())
        );
    }
}
