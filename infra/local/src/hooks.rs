//! The webhook tester: takes every delivery, shows what came and whether its
//! signatures hold, and answers as it is told.
//!
//! A delivery that arrives twice is listed twice; the page counts the attempts
//! by `webhook-id`, because that is what a receiver would go by. A wrong or
//! missing signature makes a negative verdict and is answered like any other,
//! so that both can be watched. A body over 1 MiB is refused with 413 and not
//! listed. If a delivery cannot be written, the answer is a 500 and the sender
//! tries again.

mod page;

use crate::journal::{Journal, id_at};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use portico_domain::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt, io, path::PathBuf, pin::Pin, sync::Arc};

/// Where [`router`] has everything; links on the page start with it.
pub const BASE: &str = "/_dev/hooks";

const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Which signatures of a delivery hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// `webhook-signature` holds.
    pub standard: bool,
    /// `x-copilot-signature` holds.
    pub copilot: bool,
    /// The endpoint whose secret it is, if one was found.
    pub endpoint_id: Option<String>,
}

/// Checks the signatures of a delivery, given its headers and its exact body.
pub type Verify =
    Arc<dyn Fn(HeaderMap, Bytes) -> Pin<Box<dyn Future<Output = Verdict> + Send>> + Send + Sync>;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// One delivery that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    /// Names this arrival; every attempt has its own.
    pub id: String,
    /// When it arrived.
    pub received_at: Time,
    /// Where it arrived, with the query.
    pub path: String,
    /// Its headers by lower-case name; several values are joined with commas.
    pub headers: BTreeMap<String, String>,
    /// Its body. What is not UTF-8 is replaced here, not when verifying.
    pub body: String,
    /// Which signatures hold.
    pub verdict: Verdict,
    /// The status it was answered with.
    pub answered: u16,
}

/// All deliveries that arrived. Clones share them.
#[derive(Clone)]
pub struct Hooks {
    journal: Arc<Journal<Received>>,
    verify: Verify,
    clock: Clock,
}

impl Hooks {
    /// A tester that forgets when the process ends.
    pub fn in_memory(verify: Verify, clock: Clock) -> Self {
        Self::of(Journal::in_memory(), verify, clock)
    }

    /// The tester that keeps its deliveries in this file, which is created if
    /// it is missing.
    pub fn open(path: impl Into<PathBuf>, verify: Verify, clock: Clock) -> io::Result<Self> {
        Ok(Self::of(Journal::open(path)?, verify, clock))
    }

    fn of(journal: Journal<Received>, verify: Verify, clock: Clock) -> Self {
        Self {
            journal: Arc::new(journal),
            verify,
            clock,
        }
    }

    /// All deliveries, oldest first.
    pub fn all(&self) -> Vec<Arc<Received>> {
        self.journal.all()
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// The tester's page, its receiving end and its list, to be merged: the paths
/// begin with [`BASE`] already.
pub fn router(hooks: Hooks) -> Router {
    let both = get(page::list).post(receive);
    Router::new()
        .route("/_dev/hooks", both.clone())
        .route("/_dev/hooks/", both)
        .route("/_dev/hooks/{*rest}", post(receive))
        .route("/_dev/hooks/api/v1/requests", get(list).delete(clear))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(hooks)
}

/// How a delivery wants to be answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    status: Option<u16>,
    retry_after: Option<String>,
}

async fn receive(
    State(hooks): State<Hooks>,
    Query(wish): Query<Wish>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, (StatusCode, &'static str)> {
    let status = wish_status(&wish)?;
    let retry_after = wish_retry_after(&wish)?;
    let verdict = (hooks.verify)(headers.clone(), body.clone()).await;
    let now = (hooks.clock)();
    let received = Received {
        id: id_at(now),
        received_at: now,
        path: uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: texts(&headers),
        body: String::from_utf8_lossy(&body).into_owned(),
        verdict,
        answered: status.as_u16(),
    };
    hooks
        .journal
        .append(received)
        .map_err(|error| not_written(&error))?;
    let mut response = (status, Json(json!({ "received": true }))).into_response();
    if let Some(value) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
}

async fn list(State(hooks): State<Hooks>) -> Json<Value> {
    let all = hooks.all();
    let data: Vec<&Received> = all.iter().map(AsRef::as_ref).collect();
    Json(json!({ "data": data }))
}

async fn clear(State(hooks): State<Hooks>) -> Result<StatusCode, (StatusCode, &'static str)> {
    hooks.journal.clear().map_err(|error| not_written(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn wish_status(wish: &Wish) -> Result<StatusCode, (StatusCode, &'static str)> {
    let status = wish.status.unwrap_or(200);
    // Below 200 the answer would not be the final one.
    StatusCode::from_u16(status)
        .ok()
        .filter(|_| (200..600).contains(&status))
        .ok_or((StatusCode::BAD_REQUEST, "status must be 200 to 599"))
}

fn wish_retry_after(wish: &Wish) -> Result<Option<HeaderValue>, (StatusCode, &'static str)> {
    let value = wish.retry_after.as_deref().map(HeaderValue::try_from);
    value
        .transpose()
        .map_err(|_| (StatusCode::BAD_REQUEST, "retryAfter cannot be a header"))
}

fn not_written(error: &io::Error) -> (StatusCode, &'static str) {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    tracing::error!(%error, "failed to write the webhook tester's journal");
    (status, "failed to write the journal")
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        texts
            .entry(name.to_string())
            .and_modify(|text| {
                text.push_str(", ");
                text.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    texts
}

#[cfg(test)]
#[path = "hooks/tests.rs"]
mod tests;
