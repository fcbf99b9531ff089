//! Mailpit's API, version 1, in the member names of its own documentation
//! (`https://mailpit.axllent.org/docs/api-v1/`), so that test helpers written
//! for Mailpit work unchanged.

use super::{Address, Mail, Mailbox};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

type Answer<T> = Result<T, (StatusCode, String)>;

// What Mailpit answers if no limit is asked.
const DEFAULT_LIMIT: usize = 50;

// As long as Mailpit makes it.
const SNIPPET_CHARS: usize = 250;

/// Which part of a list is wanted.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    start: usize,
    limit: Option<usize>,
    #[serde(default)]
    query: String,
}

#[derive(Default, Deserialize)]
struct Deletion {
    #[serde(default, rename = "IDs")]
    ids: Vec<String>,
}

/// `GET info`: how much there is.
pub(super) async fn info(State(mailbox): State<Mailbox>) -> Json<Value> {
    let total = mailbox.newest_first().len();
    let version = concat!("portico-", env!("CARGO_PKG_VERSION"));
    Json(json!({ "Version": version, "Messages": total, "Unread": total }))
}

/// `GET messages`: summaries, newest first.
pub(super) async fn list(State(mailbox): State<Mailbox>, Query(page): Query<Page>) -> Json<Value> {
    let all = mailbox.newest_first();
    Json(summaries(&all, &all, &page))
}

/// `GET search`: the summaries that fit `query`, newest first.
pub(super) async fn search(
    State(mailbox): State<Mailbox>,
    Query(page): Query<Page>,
) -> Answer<Json<Value>> {
    if page.query.trim().is_empty() {
        return Err((StatusCode::BAD_REQUEST, "Error: no search query".into()));
    }
    let all = mailbox.newest_first();
    Ok(Json(summaries(&all, &mailbox.search(&page.query), &page)))
}

/// `GET message/{ID}`: one mail with its parts.
pub(super) async fn one(
    State(mailbox): State<Mailbox>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let mail = mailbox.find(&id);
    let mail = mail.ok_or((StatusCode::NOT_FOUND, "Error: message not found".into()))?;
    Ok(Json(message(&mail)))
}

/// `DELETE messages`: those named in the body, or all.
pub(super) async fn delete(State(mailbox): State<Mailbox>, body: Bytes) -> Answer<&'static str> {
    let deletion = if body.is_empty() {
        Deletion::default()
    } else {
        // Mailpit deletes everything if it cannot read the body. A mistyped
        // request deleting all mail helps nobody.
        serde_json::from_slice(&body)
            .map_err(|error| (StatusCode::BAD_REQUEST, format!("Error: {error}")))?
    };
    let deleted = if deletion.ids.is_empty() {
        mailbox.clear()
    } else {
        mailbox.delete(&deletion.ids)
    };
    deleted.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("Error: {error}")))?;
    Ok("ok")
}

fn summaries(all: &[Arc<Mail>], matching: &[Arc<Mail>], page: &Page) -> Value {
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    let shown = matching.iter().skip(page.start).take(limit);
    let shown: Vec<_> = shown.map(|mail| summary(mail)).collect();
    let tags: BTreeSet<_> = all.iter().flat_map(|mail| &mail.tags).collect();
    json!({
        "total": all.len(),
        "unread": all.len(),
        "count": shown.len(),
        "messages_count": matching.len(),
        "messages_unread": matching.len(),
        "start": page.start,
        "tags": tags,
        "messages": shown,
    })
}

fn summary(mail: &Mail) -> Value {
    json!({
        "ID": mail.id,
        "MessageID": mail.message_id,
        "Read": false,
        "From": address(&mail.from),
        "To": addresses(&mail.to),
        "Cc": addresses(&mail.cc),
        "Bcc": addresses(&mail.bcc),
        "ReplyTo": addresses(&mail.reply_to),
        "Subject": mail.subject,
        "Created": mail.created,
        "Tags": mail.tags,
        "Size": mail.size(),
        "Attachments": 0,
        "Snippet": snippet(mail),
    })
}

fn message(mail: &Mail) -> Value {
    json!({
        "ID": mail.id,
        "MessageID": mail.message_id,
        "From": address(&mail.from),
        "To": addresses(&mail.to),
        "Cc": addresses(&mail.cc),
        "Bcc": addresses(&mail.bcc),
        "ReplyTo": addresses(&mail.reply_to),
        "ReturnPath": mail.from.address,
        "Subject": mail.subject,
        "ListUnsubscribe": list_unsubscribe(mail),
        "Date": mail.created,
        "Tags": mail.tags,
        "Text": mail.text,
        "HTML": mail.html,
        "Size": mail.size(),
        "Inline": [],
        "Attachments": [],
    })
}

fn list_unsubscribe(mail: &Mail) -> Value {
    let header = |name: &str| {
        let mut headers = mail.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    };
    let value = header("List-Unsubscribe");
    let links: Vec<_> = value
        .split(',')
        .filter_map(|link| link.trim().strip_prefix('<')?.strip_suffix('>'))
        .collect();
    json!({
        "Header": value,
        "Links": links,
        "Errors": "",
        "HeaderPost": header("List-Unsubscribe-Post"),
    })
}

fn address(address: &Address) -> Value {
    json!({ "Name": address.name, "Address": address.address })
}

fn addresses(list: &[Address]) -> Vec<Value> {
    list.iter().map(address).collect()
}

fn snippet(mail: &Mail) -> String {
    let words: Vec<_> = mail.text.split_whitespace().collect();
    words.join(" ").chars().take(SNIPPET_CHARS).collect()
}
