//! Endpoints that are no webhooks: HubSpot, Salesforce and Slack.
//!
//! A standard endpoint gets the event as it is. Here the event is turned into
//! the requests that a vendor's API takes: a record is written over under an
//! id that stays the same, so a delivery that is made twice, late or after a
//! crash leaves what one would. Slack alone knows no ids; there a delivery that
//! is made twice is a message too many.
//!
//! [`Adapters::read`] checks the settings of an endpoint, [`Adapters::deliver`]
//! makes the requests of one delivery, and [`Adapters::test`] finds out whether
//! the settings are good. Several requests of one delivery share the time that
//! one webhook has ([`portico_webhook::sender::TOTAL_DEADLINE`]), because the
//! worker has its lane on lease for no longer. Nothing is remembered between
//! deliveries except the access token of a Salesforce org, for some minutes.

mod hubspot;
mod line;
mod mapping;
mod reach;
mod salesforce;
mod settings;
mod slack;
mod story;

pub use line::{Judged, Verdict};
pub use settings::Settings;
pub use story::Story;

use line::Line;
use portico_domain::{EndpointId, EndpointKind, Invalid, Time};
use portico_webhook::Sender;
use reach::Reach;
use salesforce::Tokens;
use serde_json::{Map, Value};

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Requests were made.
    Judged(Judged),
    /// The event means nothing there, for this reason.
    NothingToDo(&'static str),
}

/// The adapters, and the access tokens that are good for some minutes.
#[derive(Debug)]
pub struct Adapters {
    reach: Reach,
    tokens: Tokens,
}

impl Adapters {
    /// Adapters that talk to the vendors alone.
    pub fn new() -> Self {
        Self::with(Reach::Vendors)
    }

    /// Adapters whose settings may also name a stand-in on loopback.
    #[cfg(any(test, feature = "local"))]
    pub fn local() -> Self {
        Self::with(Reach::Loopback)
    }

    fn with(reach: Reach) -> Self {
        Self {
            reach,
            tokens: Tokens::default(),
        }
    }

    /// Checks the settings of an endpoint of this kind; what is wrong is named
    /// like `settings.accessToken`.
    pub fn read(
        &self,
        kind: EndpointKind,
        given: &Map<String, Value>,
    ) -> Result<Settings, Invalid> {
        Settings::read(self.reach, kind, given)
    }

    /// Tells the endpoint of the event, within the time that one webhook has.
    pub async fn deliver(
        &self,
        sender: &Sender,
        endpoint: EndpointId,
        settings: &Settings,
        story: &Story<'_>,
        now: Time,
    ) -> Done {
        let line = Line::open(sender);
        match settings {
            Settings::HubSpot(settings) => hubspot::deliver(&line, settings, story).await,
            Settings::Salesforce(settings) => {
                let door = self.tokens.door(&line, endpoint, settings, now);
                salesforce::deliver(&door, story).await
            }
            Settings::Slack(settings) => slack::deliver(&line, settings, story, "").await,
        }
    }

    /// Finds out whether the settings are good. HubSpot and Salesforce are
    /// only asked; Slack gets a message that says that it is a test.
    pub async fn test(
        &self,
        sender: &Sender,
        endpoint: EndpointId,
        settings: &Settings,
        story: &Story<'_>,
        now: Time,
    ) -> Done {
        let line = Line::open(sender);
        match settings {
            Settings::HubSpot(settings) => hubspot::test(&line, settings).await,
            Settings::Salesforce(settings) => {
                let door = self.tokens.door(&line, endpoint, settings, now);
                salesforce::test(&door).await
            }
            Settings::Slack(settings) => slack::deliver(&line, settings, story, "[Test] ").await,
        }
    }
}

impl Default for Adapters {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(
        adapters: &Adapters,
        kind: EndpointKind,
        given: Value,
    ) -> Option<(String, &'static str)> {
        let Value::Object(given) = given else {
            panic!("an object")
        };
        let refused = adapters.read(kind, &given).err()?;
        Some((refused.field, refused.code))
    }

    #[test]
    fn what_is_deployed_knows_the_vendors_alone() {
        use EndpointKind::{HubSpot, Salesforce, Slack};
        let stand_in = "http://127.0.0.1:4000";
        let org = |url: &str| json!({ "instanceUrl": url, "clientId": "a", "clientSecret": "b" });
        let hook = |base: &str| json!({ "webhookUrl": format!("{base}/services/T0/B0/secret") });
        let hubspot = json!({ "accessToken": "pat-1", "apiBase": stand_in });
        for (kind, given, refused) in [
            (HubSpot, json!({ "accessToken": "pat-1" }), None),
            (
                HubSpot,
                hubspot,
                Some(("settings.apiBase", "field_unknown")),
            ),
            (
                Salesforce,
                org("https://acme--dev.sandbox.my.salesforce.com"),
                None,
            ),
            (
                Salesforce,
                org(stand_in),
                Some(("settings.instanceUrl", "url_refused")),
            ),
            (Slack, hook("https://hooks.slack.com"), None),
            (
                Slack,
                hook(stand_in),
                Some(("settings.webhookUrl", "url_refused")),
            ),
        ] {
            let expected = refused.map(|(field, code): (&str, _)| (field.to_owned(), code));
            assert_eq!(
                refusal(&Adapters::new(), kind, given.clone()),
                expected,
                "{given}"
            );
            assert_eq!(refusal(&Adapters::local(), kind, given), None);
        }
    }

    #[test]
    fn settings_have_a_length() {
        let constant = json!({ "value": "a".repeat(1_000) });
        let contact: Map<String, Value> = (0..20)
            .map(|n| (format!("p{n}"), constant.clone()))
            .collect();
        let given = json!({ "accessToken": "pat-1", "mapping": { "contact": contact } });

        let refused = refusal(&Adapters::new(), EndpointKind::HubSpot, given);

        assert_eq!(refused, Some(("settings".to_owned(), "settings_too_long")));
    }
}
