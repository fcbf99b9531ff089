//! The mailbox for people: a list, and one page per mail.

use super::{BASE, Mail, Mailbox};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;

// More rows than anyone reads; the search box finds the others.
const ROWS: usize = 200;

// A mail is somebody else's HTML: it may be shown with its images, but neither
// run nor load anything else. The frame inherits this policy.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:; form-action 'self'";

/// What the list is asked to show.
#[derive(Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    query: String,
    /// `off` stops the page from loading itself anew.
    #[serde(default)]
    refresh: String,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct ListPage {
    base: &'static str,
    query: String,
    refreshes: bool,
    total: usize,
    found: usize,
    mails: Vec<Arc<Mail>>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    base: &'static str,
    mail: Arc<Mail>,
    document: String,
}

/// `GET /`: the list, newest first.
pub(super) async fn list(State(mailbox): State<Mailbox>, Query(wish): Query<Wish>) -> Response {
    let total = mailbox.newest_first().len();
    let mut mails = mailbox.search(&wish.query);
    let found = mails.len();
    mails.truncate(ROWS);
    answer(&ListPage {
        base: BASE,
        refreshes: wish.refresh != "off",
        query: wish.query,
        total,
        found,
        mails,
    })
}

/// `GET /message/{id}`: one mail.
pub(super) async fn one(State(mailbox): State<Mailbox>, Path(id): Path<String>) -> Response {
    let Some(mail) = mailbox.find(&id) else {
        return (StatusCode::NOT_FOUND, "there is no such mail").into_response();
    };
    // Without a target, a link would open inside the frame, where the sandbox
    // lets no form be sent and no script run.
    let document = format!("<base target=\"_blank\">{}", mail.html);
    answer(&MailPage {
        base: BASE,
        mail,
        document,
    })
}

fn answer(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to render a mailbox page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
