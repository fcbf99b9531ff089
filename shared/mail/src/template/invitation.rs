//! The mails of an invitation.

use super::{Content, Link, write};
use crate::{Brand, Written};
use askama::Error as RenderError;

/// The mail that invites somebody.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// The business that invites.
    pub brand: Brand<'a>,
    /// Where it goes.
    pub to: &'a str,
    /// The invited person's given name.
    pub given_name: &'a str,
    /// Who invites whom.
    pub inviter: Inviter<'a>,
    /// Whether it was sent before.
    pub is_reminder: bool,
    /// The link.
    pub url: &'a str,
    /// Until when the link is good, for a person to read.
    pub expires: &'a str,
}

/// Who invites whom.
#[derive(Clone, Copy, Debug)]
pub enum Inviter<'a> {
    /// The business invites a client.
    Business,
    /// A client, of this name, invites a colleague.
    Colleague(&'a str),
    /// The business invites a team member.
    Team,
}

impl Invitation<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let (business, client) = (self.brand.name, self.brand.client);
        let (subject, welcome) = match self.inviter {
            Inviter::Business => (
                format!("{business} invites you to their {client} portal"),
                format!(
                    "{business} has set up their {client} portal for you: one place for your messages, files and everything else you work on together."
                ),
            ),
            Inviter::Colleague(name) => (
                format!("{name} invites you to the {client} portal of {business}"),
                format!(
                    "{name} invites you to work with {business} together, in their {client} portal: one place for your messages, files and everything else."
                ),
            ),
            Inviter::Team => (
                format!("{business} invites you to their team"),
                format!(
                    "{business} uses Portico to look after its {}, and has added you to its team.",
                    self.brand.clients
                ),
            ),
        };
        let subject = if self.is_reminder {
            format!("Reminder: {subject}")
        } else {
            subject
        };
        let content = Content {
            heading: format!("Welcome, {}", self.given_name),
            before: vec![
                welcome,
                "To get in, open the link and choose a password.".to_owned(),
            ],
            link: Some(Link {
                label: "Set up my account",
                url: self.url.to_owned(),
            }),
            code: None,
            after: vec![format!(
                "The link is good until {} and is meant for you alone; please do not forward it. If you did not expect this mail, you can ignore it.",
                self.expires
            )],
        };
        write(self.brand, self.to, subject, &content)
    }
}
