//! The pages that an invited client meets.

use askama::Template;
use portico_domain::{Invitation, Workspace};

/// The page on which the invited client chooses a password.
#[derive(Debug, Template)]
#[template(path = "invitation.html")]
pub(crate) struct InvitationPage<'a> {
    workspace: &'a str,
    email: &'a str,
    token: &'a str,
    expires: String,
    error: Option<&'a str>,
}

/// The page that says that the client is in.
#[derive(Debug, Template)]
#[template(path = "welcome.html")]
pub(crate) struct WelcomePage<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) given_name: &'a str,
}

/// The page of a link that works no more, but can be asked for anew.
#[derive(Debug, Template)]
#[template(path = "dead.html")]
pub(crate) struct DeadPage<'a> {
    pub(crate) title: &'a str,
    pub(crate) message: &'a str,
    pub(crate) code: &'a str,
    pub(crate) token: &'a str,
}

/// The page that says the same to everybody who asked for a new link.
#[derive(Debug, Template)]
#[template(path = "renewed.html")]
pub(crate) struct RenewedPage;

impl<'a> InvitationPage<'a> {
    pub(crate) fn new(
        workspace: &'a Workspace,
        invitation: &'a Invitation,
        token: &'a str,
    ) -> Self {
        Self {
            workspace: &workspace.name,
            email: invitation.email.as_str(),
            token,
            expires: invitation.expires_at.for_people(),
            error: None,
        }
    }

    pub(crate) fn title(&self) -> String {
        format!("{}: set up your account", self.workspace)
    }

    pub(crate) fn with_error(self, error: &'a str) -> Self {
        Self {
            error: Some(error),
            ..self
        }
    }
}
