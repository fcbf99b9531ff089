//! The page of the webhook tester.

use super::{BASE, Hooks, Received};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header};
use portico_domain::Time;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

// More than anyone reads; the list as JSON has the others.
const ROWS: usize = 200;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// What the page is asked to show.
#[derive(Deserialize)]
pub(super) struct Wish {
    /// `off` stops the page from loading itself anew.
    #[serde(default)]
    refresh: String,
}

#[derive(Template)]
#[template(path = "hooks.html")]
struct HooksPage {
    base: &'static str,
    refreshes: bool,
    total: usize,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    received_at: Time,
    path: String,
    event: String,
    webhook_id: String,
    attempt: usize,
    received: Arc<Received>,
    body: String,
}

/// `GET /`: deliveries, newest first.
pub(super) async fn list(State(hooks): State<Hooks>, Query(wish): Query<Wish>) -> Response {
    let all = hooks.all();
    let page = HooksPage {
        base: BASE,
        refreshes: wish.refresh != "off",
        total: all.len(),
        rows: rows(all),
    };
    match page.render() {
        Ok(html) => ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to render the webhook tester");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn rows(all: Vec<Arc<Received>>) -> Vec<Row> {
    let older = all.len().saturating_sub(ROWS);
    let mut attempts = HashMap::new();
    let mut rows = Vec::new();
    for (index, received) in all.into_iter().enumerate() {
        let webhook_id = received.headers.get("webhook-id").cloned();
        let webhook_id = webhook_id.unwrap_or_default();
        let attempt = attempts.entry(webhook_id.clone()).or_insert(0);
        *attempt += 1;
        if index >= older {
            rows.push(row(received, webhook_id, *attempt));
        }
    }
    rows.reverse();
    rows
}

fn row(received: Arc<Received>, webhook_id: String, attempt: usize) -> Row {
    let body = serde_json::from_str::<Value>(&received.body).ok();
    // Other senders, which can be tried out here too, call it `type`.
    let event = body.as_ref().and_then(|body| {
        let event = body.get("type").or_else(|| body.get("eventType"))?;
        event.as_str().map(str::to_owned)
    });
    let pretty = body.and_then(|body| serde_json::to_string_pretty(&body).ok());
    Row {
        id: received.id.clone(),
        received_at: received.received_at,
        path: received.path.clone(),
        event: event.unwrap_or_else(|| "(no event type)".to_owned()),
        webhook_id,
        attempt,
        body: pretty.unwrap_or_else(|| received.body.clone()),
        received,
    }
}
