//! The pages that an invited client meets.

use askama::Template;
use portico_domain::{Invitation, Workspace};

/// The page on which the invited client chooses a password.
#[derive(Debug, Template)]
#[template(path = "invitation.html")]
pub(crate) struct InvitationPage<'a> {
    workspace: &'a str,
    client: &'a str,
    email: &'a str,
    token: &'a str,
    csrf: &'a str,
    expires: String,
    error: Option<&'a str>,
    /// The field that is wrong; empty if it is none.
    wrong: &'a str,
    has_google: bool,
}

/// The page on which whoever is invited to the team chooses a password, and what
/// it is called.
#[derive(Debug, Template)]
#[template(path = "joining.html")]
pub(crate) struct JoiningPage<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) given_name: &'a str,
    pub(crate) family_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) token: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) expires: String,
    pub(crate) error: Option<&'a str>,
    /// The field that is wrong; empty if it is none.
    pub(crate) wrong: &'a str,
    pub(crate) has_google: bool,
}

/// The page of a link that works no more.
#[derive(Debug, Template)]
#[template(path = "dead.html")]
pub(crate) struct DeadPage<'a> {
    pub(crate) title: &'a str,
    pub(crate) message: &'a str,
    pub(crate) code: &'a str,
    /// The token, if a new link can be asked for with it.
    pub(crate) renew: Option<&'a str>,
    /// Where to sign in, if there is an account by now.
    pub(crate) sign_in: Option<String>,
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
        csrf: &'a str,
        (error, wrong): (Option<&'a str>, &'a str),
        has_google: bool,
    ) -> Self {
        Self {
            workspace: &workspace.name,
            client: &workspace.labels.individual_term,
            email: invitation.email.as_str(),
            token,
            csrf,
            expires: invitation.expires_at.for_people(),
            error,
            wrong,
            has_google,
        }
    }

    pub(crate) fn title(&self) -> String {
        let problem = if self.error.is_some() { "Error: " } else { "" };
        format!("{problem}{}: set up your account", self.workspace)
    }
}
