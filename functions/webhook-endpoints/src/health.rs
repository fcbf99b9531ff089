//! `GET /v1/webhook-endpoints/{id}/health`: how an endpoint is doing.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{Disabled, Endpoint, EndpointHealth, Gate, Permission, Time, WebhookDelivery};
use portico_store::{DeliveryFilter, Index, PageRequest};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get(
    "webhook-endpoints-health",
    "/v1/webhook-endpoints/{id}/health",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "See how a webhook endpoint is doing",
    description: "Rates and latencies are those of the latest attempts of its latest 100 deliveries.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<HealthView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// How many deliveries the figures are made from.
const SAMPLE: u16 = 100;

/// How an endpoint is doing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookEndpointHealth")]
struct HealthView {
    /// Always `webhookEndpointHealth`.
    object: &'static str,
    /// What is done with it.
    state: State,
    /// Since when it gets nothing, and why, if it is disabled.
    disabled: Option<Disabled>,
    /// How many attempts have failed in a row.
    consecutive_failures: u32,
    /// When the first of them failed. After five days of this, or as many as
    /// the installation's operator has set, the endpoint is disabled.
    failing_since: Option<Time>,
    /// Until when nothing is sent, because it asked for that or because its
    /// circuit is open.
    paused_until: Option<Time>,
    /// How many of its latest deliveries the figures below are made from: those
    /// that have been tried.
    deliveries: usize,
    /// How many of their attempts succeeded, from 0 to 1; null without any.
    success_rate: Option<f64>,
    /// Half of the attempts took no longer than this, in milliseconds.
    latency_p50_ms: Option<u64>,
    /// 95 of 100 attempts took no longer than this, in milliseconds.
    latency_p95_ms: Option<u64>,
}

/// What is done with an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum State {
    /// It gets what it wants.
    Healthy,
    /// Its latest attempts failed; it goes on getting what it wants.
    Failing,
    /// It asked for less; sending waits until `pausedUntil`.
    SlowedDown,
    /// It failed ten times in a row; after `pausedUntil` one delivery tries.
    CircuitOpen,
    /// It gets nothing until it is enabled.
    Disabled,
}

/// Answers with an endpoint's health.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let workspace = caller.store(app);
    let endpoint = find(&workspace, request.path_id("webhook endpoint")?).await?;
    let health = workspace.health(&endpoint).await?;
    let page = PageRequest {
        limit: SAMPLE,
        after: None,
    };
    let latest = workspace
        .deliveries(endpoint.id, &DeliveryFilter::default(), &page)
        .await?
        .items;
    Ok(ok(&view(&endpoint, &health, &latest, app.now())))
}

fn view(
    endpoint: &Endpoint,
    health: &EndpointHealth,
    latest: &[WebhookDelivery],
    now: Time,
) -> HealthView {
    let attempts = latest.iter().flat_map(|delivery| &delivery.attempts);
    let mut latencies: Vec<u64> = attempts.clone().map(|attempt| attempt.latency_ms).collect();
    latencies.sort_unstable();
    let successes = attempts.filter(|attempt| attempt.is_success()).count();
    let percentile = |percent: usize| {
        let place = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
        latencies.get(place).copied()
    };
    let tried = latest.iter().filter(|one| !one.attempts.is_empty());
    HealthView {
        object: "webhookEndpointHealth",
        state: match health.gate(now) {
            _ if endpoint.disabled.is_some() => State::Disabled,
            _ if health.is_circuit_open() => State::CircuitOpen,
            Gate::Paused(_) => State::SlowedDown,
            Gate::Open | Gate::Probe if health.failures > 0 => State::Failing,
            Gate::Open | Gate::Probe => State::Healthy,
        },
        disabled: endpoint.disabled.clone(),
        consecutive_failures: health.failures,
        failing_since: health.failing_since,
        paused_until: health.paused_until.filter(|until| now < *until),
        deliveries: tried.count(),
        success_rate: ratio(successes, latencies.len()),
        latency_p50_ms: percentile(50),
        latency_p95_ms: percentile(95),
    }
}

/// To three places: there are a few hundred attempts at most.
fn ratio(part: usize, whole: usize) -> Option<f64> {
    let thousandths = (part * 1_000 + whole / 2).checked_div(whole)?;
    u32::try_from(thousandths)
        .ok()
        .map(|thousandths| f64::from(thousandths) / 1_000.0)
}
