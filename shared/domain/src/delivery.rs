//! Deliveries: events on their way to endpoints.
//!
//! ```text
//! pending ── attempt ─┬─ 2xx ─────────────→ delivered
//!    ↑                ├─ anything else ───→ waiting ── attempt ─→ …
//!    │                └─ the last failure → exhausted
//!    └─ resend, recovery ─── whatever became of it
//! ```
//!
//! An attempt is made by the one worker that has the delivery's lane on lease
//! ([`crate::Lane`]); while it does, what is due in the lane is *in flight*. If
//! the endpoint is disabled, what is not over is *held*: nothing is written for
//! that, and enabling the endpoint goes on where it stopped. If the endpoint is
//! deleted, what is not over is *cancelled*, in the same way: its lanes find
//! nothing to serve.

mod attempt;
mod view;

pub use attempt::{Attempt, Cause, EarlierAttempts, MOVED as MOVED_ATTEMPTS, NumberedAttempt};
pub use view::{DeliveryView, ShownStatus};

use crate::{
    DeliveryId, Endpoint, EndpointId, Event, EventId, EventName, LaneId, RecoveryId, Time,
    WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long deliveries are kept.
pub const RETENTION: Duration = Duration::from_hours(30 * 24);

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
    /// The latest recovery that had it sent again, if one had.
    #[serde(default)]
    pub recovery_id: Option<RecoveryId>,
    /// Whose order it follows, since one was given; those that earlier versions
    /// ordered do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<Cause>,
    /// When the event was dispatched.
    pub created_at: Time,
    /// When this last changed.
    pub updated_at: Time,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
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

impl WebhookDelivery {
    /// Forgets what the endpoint answered; answers whether there was anything.
    pub fn forget_answers(&mut self) -> bool {
        let is_any = attempt::forget(&mut self.attempts);
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
            ordered: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Why it is sent.
    pub fn cause(&self) -> Cause {
        // Those that earlier versions ordered had a recovery exactly if it was
        // one that ordered them.
        let of_earlier = self.recovery_id.map(|_| Cause::Recovery);
        self.ordered.or(of_earlier).unwrap_or(Cause::Schedule)
    }

    /// The recovery that it is sent for, if it is.
    pub fn recovery(&self) -> Option<RecoveryId> {
        self.recovery_id.filter(|_| self.cause() == Cause::Recovery)
    }

    /// Notes an attempt and what follows from it; answers the attempts for which
    /// it has no more room, to be kept elsewhere.
    #[must_use]
    pub fn record(
        &mut self,
        attempt: Attempt,
        verdict: Verdict,
        now: Time,
    ) -> Option<EarlierAttempts> {
        let attempt = Attempt {
            cause: Some(self.cause()),
            recovery_id: self.recovery(),
            ..attempt
        };
        self.failures += u32::from(verdict != Verdict::Delivered);
        let (status, due_at) = match verdict {
            Verdict::Delivered => (DeliveryStatus::Delivered, None),
            Verdict::Failed(Some(wait)) => (DeliveryStatus::Waiting, Some(now + wait)),
            Verdict::Failed(None) => (DeliveryStatus::Exhausted, None),
        };
        self.step(status, due_at, now);
        self.keep(attempt)
    }

    /// Notes an attempt from which nothing follows any more, because the
    /// delivery was ordered to be sent again while it was made; answers as
    /// [`Self::record`] does.
    #[must_use]
    pub fn add(&mut self, attempt: Attempt) -> Option<EarlierAttempts> {
        self.version += 1;
        self.keep(attempt)
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
    /// schedule before it. A recovery that had it sent before stays noted.
    pub fn resend(
        &mut self,
        endpoint: &Endpoint,
        recovery: Option<RecoveryId>,
        now: Time,
    ) -> Result<(), EndpointDisabled> {
        if endpoint.disabled.is_some() {
            return Err(EndpointDisabled);
        }
        self.ordered = Some(if recovery.is_some() {
            Cause::Recovery
        } else {
            Cause::Resend
        });
        self.recovery_id = recovery.or(self.recovery_id);
        self.failures = 0;
        self.step(DeliveryStatus::Pending, Some(now), now);
        Ok(())
    }

    fn keep(&mut self, attempt: Attempt) -> Option<EarlierAttempts> {
        self.attempt_count += 1;
        self.attempts.push(attempt);
        self.move_earlier()
    }

    fn step(&mut self, status: DeliveryStatus, due_at: Option<Time>, now: Time) {
        self.status = status;
        self.due_at = due_at;
        self.updated_at = now;
        self.version += 1;
    }
}

#[cfg(test)]
mod tests;
