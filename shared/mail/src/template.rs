//! The mails, written out.
//!
//! All have one form, a text part and an HTML part of the same [`Content`], so
//! the two cannot say different things. The HTML part has its styles inline
//! and needs no image, and what it is filled with is escaped.

use crate::{Brand, Written};
use askama::{Error as RenderError, Template};

mod account;
mod endpoint;
mod invitation;
mod request;

pub use account::{AccountLink, AddressChanged, LinkPurpose, PasswordChanged};
pub use endpoint::EndpointDisabled;
pub use invitation::{Invitation, Inviter};
pub use request::{RequestMade, RequestMoved};

/// What a mail says.
#[derive(Debug, Default)]
struct Content {
    heading: String,
    /// Paragraphs before the link.
    before: Vec<String>,
    link: Option<Link>,
    /// Something to copy.
    code: Option<String>,
    /// What is said in smaller letters.
    after: Vec<String>,
}

/// What a mail is for: a link, and what it does.
#[derive(Debug)]
struct Link {
    label: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    brand: Brand<'a>,
    subject: &'a str,
    content: &'a Content,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    brand: Brand<'a>,
    content: &'a Content,
}

fn write(
    brand: Brand<'_>,
    to: &str,
    subject: String,
    content: &Content,
) -> Result<Written, RenderError> {
    let html = Html {
        brand,
        subject: &subject,
        content,
    };
    Ok(Written {
        from_name: brand.name.to_owned(),
        to: to.to_owned(),
        reply_to: brand.reply_to.map(ToOwned::to_owned),
        html: html.render()?,
        text: Text { brand, content }.render()?,
        subject,
    })
}

#[cfg(test)]
mod tests;
