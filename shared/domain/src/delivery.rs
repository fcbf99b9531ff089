//! Deliveries: events on their way to endpoints.
//!
//! ```text
//! pending ─┬─ lease ─→ inFlight ─┬─ 2xx ─────────────→ delivered
//!          │                     ├─ anything else ───→ waiting ── lease ─→ inFlight
//!          │                     ├─ twelfth failure ─→ exhausted
//!          │                     └─ lease runs out ──→ (may be leased again)
//!          ├─ endpoint disabled ─→ held
//!          └─ endpoint deleted ──→ cancelled
//! ```
//!
//! Whatever is not over has a due time; a lease only moves it. So one rule
//! finds work whose worker died, work that waits and work that was never
//! taken up: its time has come.

use crate::{DeliveryId, Endpoint, EndpointId, Event, EventId, EventType, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// For how long one worker has a delivery to itself: an attempt takes 15
/// seconds at most, and a batch of ten for one endpoint is sent one by one.
pub const LEASE: Duration = Duration::from_mins(3);

/// How long deliveries are kept.
pub const RETENTION: Duration = Duration::from_hours(30 * 24);

/// How many attempts a delivery remembers; the schedule makes 12.
const KEPT_ATTEMPTS: usize = 25;

/// One event on its way to one endpoint, as it is stored and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookDelivery")]
pub struct WebhookDelivery {
    /// Its id, decided by event and endpoint.
    pub id: DeliveryId,
    /// Always `webhookDelivery`.
    pub object: String,
    /// Where this happens.
    pub workspace_id: WorkspaceId,
    /// Where the event goes.
    pub endpoint_id: EndpointId,
    /// The event.
    pub event_id: EventId,
    /// What kind of event.
    pub event_type: EventType,
    /// How far it is.
    pub status: DeliveryStatus,
    /// When it is taken up, or taken up again; null once it is over.
    #[serde(default)]
    pub due_at: Option<Time>,
    /// How many requests were made.
    pub attempt_count: u32,
    /// The latest requests, oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// When the event was dispatched.
    pub created_at: Time,
    /// When this last changed.
    pub updated_at: Time,
    /// Counts leases; a worker records only while it has the latest.
    #[serde(default)]
    #[schemars(skip)]
    pub lease: u64,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryStatus {
    /// Not taken up yet.
    Pending,
    /// A worker has it.
    InFlight,
    /// It failed and will be tried again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It failed as often as the schedule allows.
    Exhausted,
    /// The endpoint is disabled; it waits to be recovered.
    Held,
    /// The endpoint is gone.
    Cancelled,
}

/// One request of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it began.
    pub at: Time,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
    /// The status that came back, if any did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u16>,
    /// What went wrong if none did, such as `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of what came back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response_excerpt: String,
}

/// Why a delivery cannot be sent again now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResendRefusal {
    /// A worker has it.
    #[error("the delivery is being sent at this moment; try again when it is done")]
    InFlight,
    /// Its endpoint gets nothing.
    #[error("the endpoint is disabled; enable it first")]
    EndpointDisabled,
}

/// What an attempt means for its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint took it.
    Delivered,
    /// Try again after this time; give up if there is none.
    Failed(Option<Duration>),
}

impl WebhookDelivery {
    /// The delivery of an event to an endpoint, due at once, or held if the
    /// endpoint is disabled.
    pub fn new(event: &Event, endpoint: &Endpoint, now: Time) -> Self {
        let held = endpoint.disabled.is_some();
        Self {
            id: DeliveryId::of(event.id, endpoint.id),
            object: "webhookDelivery".to_owned(),
            workspace_id: event.workspace_id,
            endpoint_id: endpoint.id,
            event_id: event.id,
            event_type: event.event_type,
            status: if held {
                DeliveryStatus::Held
            } else {
                DeliveryStatus::Pending
            },
            due_at: (!held).then_some(now),
            attempt_count: 0,
            attempts: Vec::new(),
            created_at: now,
            updated_at: now,
            lease: 0,
        }
    }

    /// Notes an attempt and what follows from it.
    pub fn record(&mut self, attempt: Attempt, verdict: Verdict, now: Time) {
        self.attempt_count += 1;
        self.attempts.push(attempt);
        let surplus = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..surplus);
        match verdict {
            Verdict::Delivered => self.end(DeliveryStatus::Delivered, now),
            Verdict::Failed(Some(wait)) => {
                self.status = DeliveryStatus::Waiting;
                self.due_at = Some(now + wait);
                self.updated_at = now;
            }
            Verdict::Failed(None) => self.end(DeliveryStatus::Exhausted, now),
        }
    }

    /// Makes the delivery due at once, whatever became of it.
    pub fn resend(&mut self, endpoint: &Endpoint, now: Time) -> Result<(), ResendRefusal> {
        if endpoint.disabled.is_some() {
            return Err(ResendRefusal::EndpointDisabled);
        }
        // A lease that has run out is nobody's any more.
        let is_leased = self.due_at.is_some_and(|end| now < end);
        if self.status == DeliveryStatus::InFlight && is_leased {
            return Err(ResendRefusal::InFlight);
        }
        // Whoever still works under the old lease does not record any more.
        self.lease += 1;
        self.status = DeliveryStatus::Pending;
        self.due_at = Some(now);
        self.updated_at = now;
        Ok(())
    }

    /// Ends the delivery without another attempt.
    pub fn end(&mut self, status: DeliveryStatus, now: Time) {
        self.status = status;
        self.due_at = None;
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests;
