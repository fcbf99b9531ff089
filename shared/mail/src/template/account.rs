//! The mails about an account: links that are good once, and what changed.

use super::{Content, Link, write};
use crate::{Brand, Written};
use askama::Error as RenderError;

/// A mail with a link that is good once.
#[derive(Clone, Copy, Debug)]
pub struct AccountLink<'a> {
    /// The business whose portal it is.
    pub brand: Brand<'a>,
    /// Where it goes.
    pub to: &'a str,
    /// The given name of whoever has the account.
    pub given_name: &'a str,
    /// What the link does.
    pub purpose: LinkPurpose,
    /// The link.
    pub url: &'a str,
    /// Until when the link is good, for a person to read.
    pub expires: &'a str,
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Lets a new password be set.
    ResetPassword,
    /// Signs in.
    SignIn,
    /// Proves that a new account's address is right.
    VerifyEmail,
    /// Proves that an account's new address is right.
    ChangeEmail,
}

/// The mail that tells that an account has a new password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChanged<'a> {
    /// The business whose portal it is.
    pub brand: Brand<'a>,
    /// Where it goes.
    pub to: &'a str,
    /// The given name of whoever has the account.
    pub given_name: &'a str,
    /// When it was changed, for a person to read.
    pub at: &'a str,
}

/// The mail that tells the old address that an account has a new one.
#[derive(Clone, Copy, Debug)]
pub struct AddressChanged<'a> {
    /// The business whose portal it is.
    pub brand: Brand<'a>,
    /// Where it goes: the old address.
    pub to: &'a str,
    /// The given name of whoever has the account.
    pub given_name: &'a str,
    /// When it was changed, for a person to read.
    pub at: &'a str,
}

impl AccountLink<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let business = self.brand.name;
        let (subject, text, label, otherwise) = match self.purpose {
            LinkPurpose::ResetPassword => (
                format!("Choose a new password for {business}"),
                "Somebody, probably you, asked for a new password for your account.",
                "Choose a new password",
                "If that was not you, you can ignore this mail: your password stays as it is.",
            ),
            LinkPurpose::SignIn => (
                format!("Sign in to {business}"),
                "Somebody, probably you, asked for a link to sign in with.",
                "Sign in",
                "If that was not you, you can ignore this mail; nobody is signed in without it.",
            ),
            LinkPurpose::VerifyEmail => (
                format!("Confirm your e-mail address for {business}"),
                "Thank you for signing up. Please confirm that this is your e-mail address.",
                "Confirm my address",
                "If you did not sign up, you can ignore this mail; the account does not work without it.",
            ),
            LinkPurpose::ChangeEmail => (
                format!("Confirm your new e-mail address for {business}"),
                "This is to be the new e-mail address of your account. Please confirm that it is yours.",
                "Confirm my new address",
                "Until you do, the old address stays in use. If you did not ask for this, you can ignore this mail.",
            ),
        };
        let content = Content {
            heading: format!("Hello {}", self.given_name).trim_end().to_owned(),
            before: vec![text.to_owned()],
            link: Some(Link {
                label,
                url: self.url.to_owned(),
            }),
            code: None,
            after: vec![
                format!("The link works once, until {}.", self.expires),
                otherwise.to_owned(),
            ],
        };
        write(self.brand, self.to, subject, &content)
    }
}

impl PasswordChanged<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let business = self.brand.name;
        let content = Content {
            heading: format!("Hello {}", self.given_name),
            before: vec![format!(
                "Your account with {business} got a new password on {}.",
                self.at
            )],
            after: vec![format!(
                "If that was not you, tell {business} at once, and choose a new password for your e-mail account too."
            )],
            ..Content::default()
        };
        let subject = format!("Your password for {business} was changed");
        write(self.brand, self.to, subject, &content)
    }
}

impl AddressChanged<'_> {
    /// Writes the mail out.
    pub fn write(&self) -> Result<Written, RenderError> {
        let business = self.brand.name;
        let content = Content {
            heading: format!("Hello {}", self.given_name),
            before: vec![format!(
                "Your account with {business} got another e-mail address on {}. This one is not used any more.",
                self.at
            )],
            after: vec![format!("If that was not you, tell {business} at once.")],
            ..Content::default()
        };
        let subject = format!("Your e-mail address for {business} was changed");
        write(self.brand, self.to, subject, &content)
    }
}
