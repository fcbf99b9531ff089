//! The mails, written out.

use crate::Written;
use askama::{Error as RenderError, Template};

/// The mail that invites a client.
#[derive(Clone, Debug)]
pub struct Invitation<'a> {
    /// Where it goes.
    pub to: &'a str,
    /// The client's given name.
    pub given_name: &'a str,
    /// The business that invites.
    pub workspace: &'a str,
    /// The link.
    pub url: &'a str,
    /// Until when the link is good, for a person to read.
    pub expires: &'a str,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationHtml<'a>(&'a Invitation<'a>);

#[derive(Template)]
#[template(path = "invitation.txt")]
struct InvitationText<'a>(&'a Invitation<'a>);

/// The mail that tells whoever looks after a webhook endpoint that it was
/// disabled because it fails.
#[derive(Clone, Debug)]
pub struct EndpointDisabled<'a> {
    /// Where it goes.
    pub to: &'a str,
    /// The business whose endpoint it is.
    pub workspace: &'a str,
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

#[derive(Template)]
#[template(path = "endpoint_disabled.html")]
struct EndpointDisabledHtml<'a>(&'a EndpointDisabled<'a>);

#[derive(Template)]
#[template(path = "endpoint_disabled.txt")]
struct EndpointDisabledText<'a>(&'a EndpointDisabled<'a>);

impl EndpointDisabled<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        Ok(Written {
            from_name: self.workspace.to_owned(),
            to: self.to.to_owned(),
            subject: format!("A webhook endpoint of {} was disabled", self.workspace),
            text: EndpointDisabledText(self).render()?,
            html: EndpointDisabledHtml(self).render()?,
        })
    }
}

impl Invitation<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        Ok(Written {
            from_name: self.workspace.to_owned(),
            to: self.to.to_owned(),
            subject: format!("{} invites you to their client portal", self.workspace),
            text: InvitationText(self).render()?,
            html: InvitationHtml(self).render()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_carry_the_link_and_names_cannot_add_markup() -> Result<(), RenderError> {
        let url = "https://portal.example.com/i/token";
        let invitation = Invitation {
            to: "ada@example.com",
            given_name: "Ada <script>",
            workspace: "Rocket & Sons",
            url,
            expires: "28 November 2026",
        };

        let mail = invitation.write()?;

        assert_eq!(
            mail.subject,
            "Rocket & Sons invites you to their client portal"
        );
        assert!(mail.text.contains(url) && mail.html.contains(url));
        assert!(mail.text.contains("Hello Ada <script>"));
        assert!(mail.html.contains("Rocket &#38; Sons") && !mail.html.contains("<script>"));
        Ok(())
    }
}
