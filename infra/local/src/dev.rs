//! The helpers below `/_dev` that look into the running server: the clock, what
//! lists show, and what the webhook tester needs to know to check signatures.

use crate::{
    clock::{MovableClock, parse_duration},
    hooks::{self, Hooks},
    server::{Core, Data, Options, StartError},
};
use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use portico_app::{
    App,
    index::rebuild::{self, Place},
};
use portico_domain::{Endpoint, WorkspaceId};
use portico_webhook::SigningSecret;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::sync::Arc;

/// Opens the webhook tester, which knows the secrets of the first workspace.
pub(crate) fn open_hooks(
    options: &Options,
    app: &Arc<App>,
    workspace_id: WorkspaceId,
    clock: &MovableClock,
) -> Result<Hooks, StartError> {
    let (app, time, now) = (Arc::clone(app), clock.clone(), clock.clone());
    let verify: hooks::Verify = Arc::new(move |headers, body| {
        let (app, now) = (Arc::clone(&app), time.now().unix_seconds());
        Box::pin(async move { verify(&app, workspace_id, &headers, &body, now).await })
    });
    let tell: hooks::Clock = Arc::new(move || now.now());
    match &options.data {
        Data::Memory => Ok(Hooks::in_memory(verify, tell)),
        Data::Directory(directory) => Hooks::open(directory.join("hooks.jsonl"), verify, tell)
            .map_err(|error| StartError::Directory(directory.clone(), error)),
    }
}

/// Whether both signatures hold under the secret of one of the first
/// workspace's endpoints.
async fn verify(
    app: &App,
    workspace_id: WorkspaceId,
    headers: &http::HeaderMap,
    body: &[u8],
    now: i64,
) -> hooks::Verdict {
    let endpoints = app
        .store
        .workspace(workspace_id)
        .all_endpoints()
        .await
        .unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    for endpoint in endpoints {
        let context = Endpoint::seal_context(endpoint.id);
        let secret = app.keys.open(&context, &endpoint.sealed_secret);
        let Some(secret) = secret.and_then(|secret| secret.expose().parse::<SigningSecret>().ok())
        else {
            continue;
        };
        let verdict = portico_webhook::verify(&secret, header, body, now);
        if verdict.standard || verdict.copilot {
            return hooks::Verdict {
                standard: verdict.standard,
                copilot: verdict.copilot,
                endpoint_id: Some(endpoint.id.to_string()),
            };
        }
    }
    hooks::Verdict {
        standard: false,
        copilot: false,
        endpoint_id: None,
    }
}

/// `GET /_dev/clock`.
pub(crate) async fn tell_time(State(core): State<Arc<Core>>) -> Json<Value> {
    Json(json!({ "now": core.clock.now() }))
}

/// `POST /_dev/clock {"advance":"8d"}`: answers when everything that the time
/// brings has happened.
pub(crate) async fn move_clock(
    State(core): State<Arc<Core>>,
    body: bytes::Bytes,
) -> impl IntoResponse {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(by) = body["advance"].as_str().and_then(parse_duration) else {
        let message = "send {\"advance\": \"8d\"}; units are d, h, m and s";
        let problem = json!({ "code": "advance_invalid", "message": message, "field": "advance" });
        return (StatusCode::BAD_REQUEST, Json(problem));
    };
    core.advance(by).await;
    (StatusCode::OK, Json(json!({ "now": core.clock.now() })))
}

/// `POST /_dev/index {"after":…}`: derives a page of what the lists of the
/// first workspace show anew; `after` is the `next` of the page before, or null.
pub(crate) async fn rebuild_index(
    State(core): State<Arc<Core>>,
    body: bytes::Bytes,
) -> impl IntoResponse {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let place = match &body["after"] {
        Value::Null => Ok(Place::start()),
        place => Place::deserialize(place),
    };
    let Ok(place) = place else {
        let message = "send {\"after\": …} with the next of the answer before, or null";
        let problem = json!({ "code": "after_invalid", "message": message, "field": "after" });
        return (StatusCode::BAD_REQUEST, Json(problem));
    };
    let app = &core.app;
    match rebuild::step(&app.store, core.workspace_id(), app.now(), place).await {
        Ok(progress) => (StatusCode::OK, Json(json!(progress))),
        Err(error) => {
            tracing::error!(?error, "lists could not be derived anew");
            let problem =
                json!({ "code": "unavailable", "message": "the table did not answer; try again" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(problem))
        }
    }
}
