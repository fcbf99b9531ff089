//! The mails about webhook endpoints.

use super::{Content, write};
use crate::{Brand, Written};
use askama::Error as RenderError;

/// The mail that tells whoever looks after a webhook endpoint that it was
/// disabled because it fails.
#[derive(Clone, Copy, Debug)]
pub struct EndpointDisabled<'a> {
    /// The business whose endpoint it is.
    pub brand: Brand<'a>,
    /// Where it goes.
    pub to: &'a str,
    /// The endpoint's URL.
    pub url: &'a str,
    /// What it is for, in its owner's words.
    pub description: &'a str,
    /// Since when it gets nothing, for a person to read.
    pub since: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Its id.
    pub endpoint_id: &'a str,
    /// Where the API is.
    pub base_url: &'a str,
}

impl EndpointDisabled<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let business = self.brand.name;
        let name = match self.description {
            "" => String::new(),
            description => format!(" “{description}”"),
        };
        let content = Content {
            heading: "A webhook endpoint was disabled".to_owned(),
            before: vec![
                format!(
                    "The webhook endpoint{name} of {business} was disabled on {}, because {}:",
                    self.since, self.reason
                ),
                self.url.to_owned(),
                "Nothing is lost. What happens from now on is held for 30 days, and everything that is held is sent when you enable the endpoint again:".to_owned(),
            ],
            code: Some(format!(
                "curl -X PATCH {}/v1/webhook-endpoints/{} -H \"X-API-KEY: $PORTICO_API_KEY\" -d '{{\"enabled\":true}}'",
                self.base_url, self.endpoint_id
            )),
            after: vec![
                "You get this mail because your address is the contact of this endpoint."
                    .to_owned(),
            ],
            link: None,
        };
        let subject = format!("A webhook endpoint of {business} was disabled");
        write(self.brand, self.to, subject, &content)
    }
}
