//! The mail catcher: what the embedded SES was given, to be read by people as
//! a page and by tests through Mailpit's API.
//!
//! [`ses`](crate::ses) delivers into the [`Mailbox`]; [`router`] shows it below
//! [`BASE`]. A mail that is sent twice is shown twice, as an inbox would. Mail is listed in order of arrival, so one that is sent late is
//! simply on top. Deleted or unknown mail answers 404. Read marks are not
//! kept: every mail counts as unread.

mod address;
mod api;
mod page;
mod search;

pub use address::{Address, AddressError};

use crate::journal::Journal;
use axum::{Router, routing::get};
use portico_domain::Time;
use serde::{Deserialize, Serialize};
use std::{io, path::PathBuf, sync::Arc};

/// Where [`router`] has everything; links on the pages start with it.
pub const BASE: &str = "/_dev/mail";

/// One mail, as SES would have sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Names the mail in addresses, and is what SES answered as `MessageId`.
    pub id: String,
    /// The value of the `Message-ID` header, without angle brackets.
    pub message_id: String,
    /// When SES took it.
    pub created: Time,
    /// The sender.
    pub from: Address,
    /// The recipients.
    pub to: Vec<Address>,
    /// Who gets a visible copy.
    pub cc: Vec<Address>,
    /// Who gets a hidden copy.
    pub bcc: Vec<Address>,
    /// Where answers go.
    pub reply_to: Vec<Address>,
    /// The subject.
    pub subject: String,
    /// The plain text part; empty if there is none.
    pub text: String,
    /// The HTML part; empty if there is none.
    pub html: String,
    /// SES's tags, each as `name=value`.
    pub tags: Vec<String>,
    /// Further headers, as name and value.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}

impl Mail {
    /// Bytes of subject and parts. SES has the size of the whole MIME message,
    /// which is never built here.
    fn size(&self) -> usize {
        self.subject.len() + self.text.len() + self.html.len()
    }
}

/// All mail that was caught. Clones share it.
#[derive(Clone, Debug)]
pub struct Mailbox {
    journal: Arc<Journal<Mail>>,
}

impl Mailbox {
    /// A mailbox that ends with the process.
    pub fn in_memory() -> Self {
        Self {
            journal: Arc::new(Journal::in_memory()),
        }
    }

    /// The mailbox in this file, which is created if it is missing.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self {
            journal: Arc::new(Journal::open(path)?),
        })
    }

    /// Adds a mail; it is written before this returns.
    pub fn deliver(&self, mail: Mail) -> io::Result<()> {
        self.journal.append(mail)
    }

    /// All mail, newest first.
    pub fn newest_first(&self) -> Vec<Arc<Mail>> {
        self.journal.newest_first()
    }

    /// The mail with this id; `latest` is the newest one.
    pub fn find(&self, id: &str) -> Option<Arc<Mail>> {
        let mut mails = self.journal.newest_first().into_iter();
        mails.find(|mail| id == "latest" || mail.id == id)
    }

    /// The mail that fits this query in Mailpit's search syntax, newest first.
    pub fn search(&self, query: &str) -> Vec<Arc<Mail>> {
        let query = search::Query::parse(query);
        let mut mails = self.journal.newest_first();
        mails.retain(|mail| query.fits(mail));
        mails
    }

    /// Deletes the mails with these ids; unknown ones are passed over.
    pub fn delete(&self, ids: &[String]) -> io::Result<()> {
        self.journal.retain(|mail| !ids.contains(&mail.id))
    }

    /// Deletes all mail.
    pub fn clear(&self) -> io::Result<()> {
        self.journal.clear()
    }
}

/// The pages and Mailpit's API, to be merged: the paths begin with [`BASE`]
/// already, because a nested router cannot answer both with and without a
/// slash at the end.
pub fn router(mailbox: Mailbox) -> Router {
    let below = Router::new()
        .route("/", get(page::list))
        .route("/message/{id}", get(page::one))
        .route("/api/v1/info", get(api::info))
        .route("/api/v1/messages", get(api::list).delete(api::delete))
        .route("/api/v1/message/{id}", get(api::one))
        .route("/api/v1/search", get(api::search));
    Router::new()
        .nest(BASE, below)
        .route("/_dev/mail/", get(page::list))
        .with_state(mailbox)
}

#[cfg(test)]
#[path = "mailbox/tests.rs"]
mod tests;
