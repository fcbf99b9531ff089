//! Attempts the deliveries that are due.
//!
//! A delivery is leased, sent, and recorded; only one worker has it at a time.
//! A worker that dies after sending and before recording lets the lease run
//! out, and the same event, with the same id, is sent once more. Deliveries to
//! one endpoint go out one after the other in the order of their messages;
//! different endpoints do not wait for each other.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use bytes::Bytes;
use futures_util::future::join_all;
use portico_app::{App, BatchFailures, Grant, Source, Trigger, TriggerError};
use portico_domain::{
    Attempt, Change, DELIVERY_LEASE, DeliveryStatus, Endpoint, EndpointId, Event, Task, Verdict,
    WebhookDelivery, kind,
};
use portico_queue::{MAX_DELAY, Queue};
use portico_store::CommitError;
use portico_webhook::{Attempt as Sent, Outcome, SigningSecret, schedule, sign};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "deliverer",
    source: Source::Queue(Queue::Deliveries),
    grants: &[
        Grant::GET,
        Grant::PUT,
        Grant::UPDATE,
        Grant::wake(Queue::Deliveries),
    ],
    handle: |app, event| Box::pin(handle(app, event)),
};

async fn handle(app: &App, event: Value) -> Result<Value, TriggerError> {
    let event: SqsEvent = serde_json::from_value(event)?;
    let mut failures = BatchFailures::default();
    let mut lanes: BTreeMap<EndpointId, Vec<(String, WebhookDelivery)>> = BTreeMap::new();
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        match lease(app, &message).await {
            Ok(Some(delivery)) => lanes
                .entry(delivery.endpoint_id)
                .or_default()
                .push((id, delivery)),
            Ok(None) => {}
            Err(error) => failures.add(&id, &error),
        }
    }
    let lanes = lanes.into_values().map(|lane| async move {
        let mut failed = Vec::new();
        for (id, delivery) in lane {
            if let Err(error) = attempt(app, delivery).await {
                failed.push((id, error));
            }
        }
        failed
    });
    for (id, error) in join_all(lanes).await.into_iter().flatten() {
        failures.add(&id, &error);
    }
    failures.into_answer()
}

async fn lease(app: &App, message: &SqsMessage) -> Result<Option<WebhookDelivery>, TriggerError> {
    let body = message.body.as_deref().unwrap_or_default();
    let task: Task<kind::Delivery> = serde_json::from_str(body)?;
    let now = app.now();
    let workspace = app.store.workspace(task.workspace_id);
    Ok(workspace
        .lease_delivery(task.id, now, now + DELIVERY_LEASE)
        .await?)
}

async fn attempt(app: &App, mut delivery: WebhookDelivery) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(delivery.workspace_id);
    let endpoint = workspace.endpoint(delivery.endpoint_id).await?;
    let event = workspace.event(delivery.event_id).await?;
    match (endpoint, event) {
        (Some(endpoint), Some(_)) if endpoint.disabled.is_some() => {
            delivery.end(DeliveryStatus::Held, app.now());
        }
        (Some(endpoint), Some(event)) => {
            let began = app.now();
            let sent = send(app, &endpoint, &event).await?;
            let verdict = judge(app, &delivery, &sent);
            let is_gone = sent.is_gone();
            delivery.record(noted(began, sent), verdict, app.now());
            if is_gone {
                delivery.end(DeliveryStatus::Held, app.now());
                disable(app, &endpoint).await?;
            }
        }
        _ => delivery.end(DeliveryStatus::Cancelled, app.now()),
    }
    let is_ours = workspace.record_delivery(&delivery, delivery.lease).await?;
    if !is_ours {
        tracing::warn!(delivery = %delivery.id, "a lease ended during an attempt; another worker records");
        return Ok(());
    }
    wake_later(app, &delivery).await
}

async fn send(app: &App, endpoint: &Endpoint, event: &Event) -> Result<Sent, TriggerError> {
    let sealed = app.keys.open(
        &Endpoint::seal_context(endpoint.id),
        &endpoint.sealed_secret,
    );
    let secret = sealed.and_then(|secret| secret.expose().parse::<SigningSecret>().ok());
    let secret = secret.ok_or(TriggerError::Seal(endpoint.id))?;
    let body = Bytes::from(serde_json::to_vec(event)?);
    let headers = sign(
        &[secret],
        &event.id.to_string(),
        app.now().unix_seconds(),
        &body,
    );
    Ok(app.sender.send(&endpoint.url, &headers, body).await)
}

/// What follows from an attempt, by the retry schedule and what the receiver
/// asks for.
fn judge(app: &App, delivery: &WebhookDelivery, sent: &Sent) -> Verdict {
    if sent.is_success() {
        return Verdict::Delivered;
    }
    let attempts = delivery.attempt_count + 1;
    let wait = schedule::delay_after(attempts, jitter(delivery, attempts)).map(|scheduled| {
        let asked = sent.retry_after.as_deref();
        let asked =
            asked.and_then(|text| schedule::parse_retry_after(text, app.now().unix_seconds()));
        schedule::honour(scheduled, asked)
    });
    Verdict::Failed(wait)
}

/// A number from -1 to 1 that differs between deliveries and attempts, so that
/// what failed together is not tried again together.
fn jitter(delivery: &WebhookDelivery, attempts: u32) -> f64 {
    let bytes = delivery.id.uuid().into_bytes();
    // The eighth byte begins with the bits that mark a UUID.
    let place = 9 + usize::try_from(attempts % 7).unwrap_or(0);
    f64::from(bytes[place]) / 127.5 - 1.0
}

fn noted(began: portico_domain::Time, sent: Sent) -> Attempt {
    let (response_status, error) = match sent.outcome {
        Outcome::Answered(status) => (Some(status), None),
        Outcome::Failed(failure) => (None, Some(failure.code().to_owned())),
    };
    Attempt {
        at: began,
        latency_ms: u64::try_from(sent.latency.as_millis()).unwrap_or(u64::MAX),
        response_status,
        error,
        response_excerpt: sent.excerpt,
    }
}

async fn disable(app: &App, endpoint: &Endpoint) -> Result<(), TriggerError> {
    let mut change = Change::at(app.moment());
    endpoint.disable(&mut change, "the endpoint answered that it is gone");
    match app
        .store
        .workspace(endpoint.workspace_id)
        .commit(&change)
        .await
    {
        // Somebody else has just disabled, changed or deleted it.
        Ok(()) | Err(CommitError::Stale) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Asks to be woken when the delivery is due again. What is further away than
/// a queue can hold back is left to the sweep, and so is what the queue does
/// not take.
async fn wake_later(app: &App, delivery: &WebhookDelivery) -> Result<(), TriggerError> {
    let Some(due_at) = delivery.due_at else {
        return Ok(());
    };
    // SQS counts whole seconds; a message that comes early finds nothing due.
    let wait = due_at.since(app.now()) + Duration::from_secs(1);
    if wait <= MAX_DELAY {
        let task = Task {
            workspace_id: delivery.workspace_id,
            id: delivery.id,
        };
        app.queues.send(Queue::Deliveries, &[task], wait).await?;
    }
    Ok(())
}
