//! The mails about requests: to an account manager about one that was made or
//! cancelled, and to the client about where its own has come.

use super::{Content, write};
use crate::{Brand, Written};
use askama::Error as RenderError;
use portico_domain::RequestStatus;

/// Tells an account manager that a client asks for a service, or does so no
/// longer.
#[derive(Debug)]
pub struct RequestMade<'a> {
    /// How the workspace looks.
    pub brand: Brand<'a>,
    /// The account manager's address.
    pub to: &'a str,
    /// What the account manager is called first.
    pub given_name: &'a str,
    /// The client's name.
    pub client: &'a str,
    /// The company for which it asks.
    pub company: Option<&'a str>,
    /// The service.
    pub service: &'a str,
    /// What it is about.
    pub title: &'a str,
    /// More about it.
    pub details: Option<&'a str>,
    /// The request's id.
    pub request_id: &'a str,
    /// Whether the client has cancelled it.
    pub is_cancelled: bool,
}

/// Tells a client where its request has come.
#[derive(Debug)]
pub struct RequestMoved<'a> {
    /// How the workspace looks.
    pub brand: Brand<'a>,
    /// The client's address.
    pub to: &'a str,
    /// What the client is called first.
    pub given_name: &'a str,
    /// The service.
    pub service: &'a str,
    /// What it is about.
    pub title: &'a str,
    /// Where it has come.
    pub status: RequestStatus,
    /// What the business says with it.
    pub note: Option<&'a str>,
}

impl RequestMade<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let Self {
            client, service, ..
        } = self;
        let who = match self.company {
            Some(company) => format!("{client} of {company}"),
            None => (*client).to_owned(),
        };
        let (asks, subject) = if self.is_cancelled {
            ("has cancelled a request for", "Request cancelled")
        } else {
            ("asks for", "New request")
        };
        let mut before = vec![
            format!("{who} {asks} {service}:"),
            format!("“{}”", self.title),
        ];
        before.extend(paragraphs(self.details));
        let content = Content {
            heading: format!("Hello {}", self.given_name),
            before,
            after: vec![
                format!("You get this mail because you are an account manager of {who}."),
                format!("The request has the id {}.", self.request_id),
            ],
            ..Content::default()
        };
        let subject = format!("{subject}: {}", self.title);
        write(self.brand, self.to, subject, &content)
    }
}

impl RequestMoved<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let (business, service) = (self.brand.name, self.service);
        let said = match self.status {
            RequestStatus::Open => "is open",
            RequestStatus::InProgress => "is in progress",
            RequestStatus::Done => "is done",
            RequestStatus::Declined => "was declined",
            RequestStatus::Cancelled => "was cancelled",
        };
        let mut before = vec![format!(
            "What you asked {business} for, {service}, {said}: “{}”",
            self.title
        )];
        if self.note.is_some() {
            before.push(format!("{business} says:"));
            before.extend(paragraphs(self.note));
        }
        let content = Content {
            heading: format!("Hello {}", self.given_name),
            before,
            after: vec![format!(
                "You get this mail because {business} works on a request of yours."
            )],
            ..Content::default()
        };
        let subject = format!("Your request {said}: {}", self.title);
        write(self.brand, self.to, subject, &content)
    }
}

/// The lines of a text that have something in them, as paragraphs.
fn paragraphs(text: Option<&str>) -> impl Iterator<Item = String> {
    let lines = text.unwrap_or_default().lines();
    lines
        .filter(|line| !line.trim().is_empty())
        .map(ToOwned::to_owned)
}
