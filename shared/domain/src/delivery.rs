//! Deliveries: events on their way to endpoints.
//!
//! ```text
//! pending ── attempt ─┬─ 2xx ─────────────→ delivered
//!    ↑                ├─ anything else ───→ waiting ── attempt ─→ …
//!    │                └─ twelfth failure ─→ exhausted
//!    └─ resend, recovery ─── whatever became of it
//! ```
//!
//! An attempt is made by the one worker that has the delivery's lane on lease
//! ([`crate::Lane`]); while it does, the delivery is in flight. If the endpoint
//! is disabled, what is not over is *held*: nothing is written for that, and
//! enabling the endpoint goes on where it stopped. If the endpoint is deleted,
//! what is not over is *cancelled*, in the same way: nobody can ask for it any
//! more, and its lanes find nothing to serve.

use crate::{
    DeliveryId, Endpoint, EndpointId, Event, EventId, EventName, LaneId, RecoveryId, Time,
    WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long deliveries are kept.
pub const RETENTION: Duration = Duration::from_hours(30 * 24);

/// How many attempts a delivery remembers; the schedule makes 12.
const KEPT_ATTEMPTS: usize = 25;

/// One event on its way to one endpoint, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// Its id, decided by event and endpoint.
    pub id: DeliveryId,
    /// Where this happens.
    pub workspace_id: WorkspaceId,
    /// Where the event goes.
    pub endpoint_id: EndpointId,
    /// The event.
    pub event_id: EventId,
    /// What kind of event.
    pub event_type: EventName,
    /// The lane that it goes through.
    pub lane_id: LaneId,
    /// How far it is.
    pub status: DeliveryStatus,
    /// When it is attempted, or attempted again; `None` once it is over.
    #[serde(default)]
    pub due_at: Option<Time>,
    /// How many requests were made.
    pub attempt_count: u32,
    /// How many of them failed since it was last ordered to be sent; the
    /// schedule goes by this.
    #[serde(default)]
    pub failures: u32,
    /// The latest requests, oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// The recovery that has it sent again, if one has.
    #[serde(default)]
    pub recovery_id: Option<RecoveryId>,
    /// When the event was dispatched.
    pub created_at: Time,
    /// When this last changed.
    pub updated_at: Time,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// One event on its way to one endpoint, as callers see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookDelivery")]
pub struct DeliveryView {
    /// Its id.
    pub id: DeliveryId,
    /// Always `webhookDelivery`.
    pub object: String,
    /// Where the event goes.
    pub endpoint_id: EndpointId,
    /// The event; also the `webhook-id` of every attempt.
    pub event_id: EventId,
    /// What kind of event.
    pub event_type: EventName,
    /// How far it is.
    pub status: ShownStatus,
    /// When it is attempted, or attempted again; null once it is over and
    /// while it is held.
    pub due_at: Option<Time>,
    /// How many requests were made.
    pub attempt_count: u32,
    /// The latest requests, oldest first.
    pub attempts: Vec<Attempt>,
    /// The recovery that had it sent again, if one had.
    pub recovery_id: Option<RecoveryId>,
    /// When the event was dispatched.
    pub created_at: Time,
    /// When this last changed.
    pub updated_at: Time,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryStatus {
    /// Not attempted yet, or to be attempted again by order.
    Pending,
    /// It failed and will be tried again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It failed as often as the schedule allows.
    Exhausted,
}

impl DeliveryStatus {
    /// Its name, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Exhausted => "exhausted",
        }
    }
}

/// How far a delivery is, for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ShownStatus {
    /// Not attempted yet, or to be attempted again by order.
    Pending,
    /// It failed and will be tried again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It failed as often as the schedule allows.
    Exhausted,
    /// The endpoint is disabled; it goes on when the endpoint is enabled.
    Held,
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
    /// What went wrong if none did, such as `timeout`, or although one did,
    /// such as `partial_failure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why there was nothing to send: the event means nothing to an endpoint
    /// of this kind. It counts as delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The beginning of what came back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response_excerpt: String,
}

/// The endpoint gets nothing, so nothing can be sent to it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint is disabled; enable it first")]
pub struct EndpointDisabled;

/// What an attempt means for its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint took it.
    Delivered,
    /// Try again after this time; give up if there is none.
    Failed(Option<Duration>),
}

impl Attempt {
    /// Whether the endpoint took the event.
    pub fn is_success(&self) -> bool {
        let is_taken = self.response_status.is_some_and(|status| status / 100 == 2);
        self.error.is_none() && (is_taken || self.note.is_some())
    }
}

impl WebhookDelivery {
    /// Forgets what the endpoint answered; answers whether there was anything.
    pub fn forget_answers(&mut self) -> bool {
        let answered = |attempt: &&mut Attempt| !attempt.response_excerpt.is_empty();
        let mut is_any = false;
        for attempt in self.attempts.iter_mut().filter(answered) {
            attempt.response_excerpt.clear();
            is_any = true;
        }
        self.version += u64::from(is_any);
        is_any
    }

    /// The delivery of an event to an endpoint, due at once.
    pub fn new(event: &Event, endpoint: &Endpoint, now: Time) -> Self {
        Self {
            id: DeliveryId::of(event.id, endpoint.id),
            workspace_id: event.workspace_id,
            endpoint_id: endpoint.id,
            event_id: event.id,
            event_type: event.event_type.clone(),
            lane_id: LaneId::of(endpoint.id, event.subject()),
            status: DeliveryStatus::Pending,
            due_at: Some(now),
            attempt_count: 0,
            failures: 0,
            attempts: Vec::new(),
            recovery_id: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Notes an attempt and what follows from it.
    pub fn record(&mut self, attempt: Attempt, verdict: Verdict, now: Time) {
        self.attempt_count += 1;
        self.attempts.push(attempt);
        self.failures += u32::from(verdict != Verdict::Delivered);
        let surplus = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..surplus);
        let (status, due_at) = match verdict {
            Verdict::Delivered => (DeliveryStatus::Delivered, None),
            Verdict::Failed(Some(wait)) => (DeliveryStatus::Waiting, Some(now + wait)),
            Verdict::Failed(None) => (DeliveryStatus::Exhausted, None),
        };
        self.step(status, due_at, now);
    }

    /// Puts the attempt off, without one having been made.
    pub fn postpone(&mut self, until: Time, now: Time) {
        self.step(self.status, Some(until), now);
    }

    /// Gives it up: what it was to tell is no longer kept.
    pub fn lapse(&mut self, now: Time) {
        self.step(DeliveryStatus::Exhausted, None, now);
    }

    /// Makes the delivery due at once, whatever became of it, with the whole
    /// schedule before it.
    pub fn resend(
        &mut self,
        endpoint: &Endpoint,
        recovery: Option<RecoveryId>,
        now: Time,
    ) -> Result<(), EndpointDisabled> {
        if endpoint.disabled.is_some() {
            return Err(EndpointDisabled);
        }
        self.recovery_id = recovery;
        self.failures = 0;
        self.step(DeliveryStatus::Pending, Some(now), now);
        Ok(())
    }

    fn step(&mut self, status: DeliveryStatus, due_at: Option<Time>, now: Time) {
        self.status = status;
        self.due_at = due_at;
        self.updated_at = now;
        self.version += 1;
    }

    /// The delivery as callers see it.
    pub fn view(&self, endpoint: &Endpoint) -> DeliveryView {
        let is_held = self.due_at.is_some() && endpoint.disabled.is_some();
        DeliveryView {
            id: self.id,
            object: "webhookDelivery".to_owned(),
            endpoint_id: self.endpoint_id,
            event_id: self.event_id,
            event_type: self.event_type.clone(),
            status: match self.status {
                DeliveryStatus::Pending | DeliveryStatus::Waiting if is_held => ShownStatus::Held,
                DeliveryStatus::Pending => ShownStatus::Pending,
                DeliveryStatus::Waiting => ShownStatus::Waiting,
                DeliveryStatus::Delivered => ShownStatus::Delivered,
                DeliveryStatus::Exhausted => ShownStatus::Exhausted,
            },
            due_at: self.due_at.filter(|_| !is_held),
            attempt_count: self.attempt_count,
            attempts: self.attempts.clone(),
            recovery_id: self.recovery_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

#[cfg(test)]
mod tests;
