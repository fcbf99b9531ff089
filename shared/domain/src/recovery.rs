//! Recoveries: orders to send the deliveries of a time again.
//!
//! A recovery goes through an endpoint's deliveries in the order of their
//! events, a page at a time, and notes after each page how far it has come. A
//! worker that dies half-way loses no more than a page, and what that page had
//! ordered already is recognized by the recovery's id.

use crate::{
    AuditNote, Change, DeliveryStatus, Endpoint, EndpointId, EventId, RecoveryId, Time,
    WebhookDelivery, WorkspaceId, delivery::RETENTION,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// An order to send deliveries again, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Its id.
    pub id: RecoveryId,
    /// Always `webhookRecovery`; earlier versions read it.
    pub object: String,
    /// Where this happens.
    pub workspace_id: WorkspaceId,
    /// The endpoint whose deliveries are sent again.
    pub endpoint_id: EndpointId,
    /// Events that were made then or later,
    pub since: Time,
    /// and before then.
    pub until: Time,
    /// Which of their deliveries.
    pub include: Include,
    /// How far it is.
    pub status: RecoveryStatus,
    /// How many deliveries were looked at.
    pub examined: u64,
    /// How many of them were ordered to be sent again.
    pub resent: u64,
    /// The event up to which it has come.
    #[serde(default)]
    pub position: Option<EventId>,
    /// When it was ordered.
    pub created_at: Time,
    /// When it last went on.
    pub updated_at: Time,
    /// How often it was written; each write names the version it replaces.
    #[serde(default)]
    pub version: u64,
}

/// An order to send deliveries again, as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookRecovery")]
pub struct RecoveryView {
    /// Its id.
    pub id: RecoveryId,
    /// Always `webhookRecovery`.
    pub object: String,
    /// The endpoint whose deliveries are sent again.
    pub endpoint_id: EndpointId,
    /// Events that were made then or later,
    pub since: Time,
    /// and before then.
    pub until: Time,
    /// Which of their deliveries.
    pub include: Include,
    /// How far it is.
    pub status: RecoveryStatus,
    /// How many deliveries were looked at.
    pub examined: u64,
    /// How many of them were ordered to be sent again.
    pub resent: u64,
    /// When it was ordered.
    pub created_at: Time,
    /// When it last went on.
    pub updated_at: Time,
}

/// Why the time of a recovery is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeRefusal {
    /// It begins in the future.
    #[error("since lies in the future; it is now {0}")]
    NotYet(Time),
    /// It begins with what is no longer kept.
    #[error("deliveries are kept for 30 days, so begin at {0} or later")]
    TooEarly(Time),
    /// It ends in the future.
    #[error("until lies in the future; leave it out to mean now, which is {0}")]
    EndsLater(Time),
    /// It ends before it begins.
    #[error("until is not later than since, so there is nothing in between")]
    Empty,
}

impl RangeRefusal {
    /// Which end of the time is wrong.
    pub const fn field(self) -> &'static str {
        match self {
            Self::NotYet(_) | Self::TooEarly(_) => "since",
            Self::EndsLater(_) | Self::Empty => "until",
        }
    }
}

/// Which deliveries are sent again.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Include {
    /// Those that failed: `exhausted`, and `waiting` for the next attempt.
    #[default]
    Failed,
    /// All of them, also what was delivered.
    All,
}

/// How far a recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RecoveryStatus {
    /// It goes on.
    Running,
    /// Everything was ordered.
    Done,
    /// The endpoint was disabled or deleted before it was done.
    Stopped,
    /// Somebody has ended it before it was done.
    Cancelled,
}

impl Recovery {
    /// Checks the time whose deliveries are to be sent again; it ends now unless
    /// something else is given.
    pub fn range(
        since: Time,
        until: Option<Time>,
        now: Time,
    ) -> Result<(Time, Time), RangeRefusal> {
        let end = until.unwrap_or(now);
        if since > now {
            return Err(RangeRefusal::NotYet(now));
        }
        if now.since(since) > RETENTION {
            // With a minute to write the request in.
            return Err(RangeRefusal::TooEarly(now - RETENTION + MINUTE));
        }
        if end > now {
            return Err(RangeRefusal::EndsLater(now));
        }
        if end <= since {
            return Err(RangeRefusal::Empty);
        }
        Ok((since, end))
    }

    /// Orders the deliveries of a time to be sent again.
    pub fn order(
        change: &mut Change<'_>,
        endpoint: &Endpoint,
        since: Time,
        until: Time,
        include: Include,
    ) -> Self {
        let moment = change.moment;
        let recovery = Self {
            id: moment.id(),
            object: "webhookRecovery".to_owned(),
            workspace_id: endpoint.workspace_id,
            endpoint_id: endpoint.id,
            since,
            until,
            include,
            status: RecoveryStatus::Running,
            examined: 0,
            resent: 0,
            position: None,
            created_at: moment.now,
            updated_at: moment.now,
            version: 1,
        };
        let ordered = "webhookEndpoint.recoveryOrdered";
        change.note(AuditNote::new(ordered, "webhookEndpoint", &endpoint.id));
        change.recoveries.push(recovery.clone());
        recovery
    }

    /// Whether it wants this delivery sent again.
    pub fn wants(&self, delivery: &WebhookDelivery) -> bool {
        let is_ordered_already = delivery.recovery_id == Some(self.id);
        !is_ordered_already
            && match (self.include, delivery.status) {
                (_, DeliveryStatus::Pending) | (Include::Failed, DeliveryStatus::Delivered) => {
                    false
                }
                (_, DeliveryStatus::Waiting | DeliveryStatus::Exhausted)
                | (Include::All, DeliveryStatus::Delivered) => true,
            }
    }

    /// Where it goes on: what sorts after this.
    pub fn begins_after(&self) -> EventId {
        self.position
            .unwrap_or_else(|| EventId::least_at(self.since))
    }

    /// Notes a page: how many were looked at and ordered, and the last event
    /// if there is more.
    #[must_use]
    pub fn advance(&self, examined: u64, resent: u64, last: Option<EventId>, now: Time) -> Self {
        Self {
            examined: self.examined + examined,
            resent: self.resent + resent,
            position: last.or(self.position),
            status: if last.is_some() {
                RecoveryStatus::Running
            } else {
                RecoveryStatus::Done
            },
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Ends it before it is done, because nothing can be sent.
    #[must_use]
    pub fn stop(&self, now: Time) -> Self {
        self.end(RecoveryStatus::Stopped, now)
    }

    /// Ends it because somebody says so; one that has ended stays as it is. What
    /// it has ordered already goes out.
    pub fn cancel(&self, change: &mut Change<'_>) -> Self {
        if self.status != RecoveryStatus::Running {
            return self.clone();
        }
        let cancelled = self.end(RecoveryStatus::Cancelled, change.moment.now);
        let kind = "webhookEndpoint.recoveryCancelled";
        let mut note = AuditNote::new(kind, "webhookEndpoint", &self.endpoint_id);
        note.context
            .insert("recoveryId".to_owned(), self.id.to_string().into());
        change.note(note);
        change.recoveries.push(cancelled.clone());
        cancelled
    }

    /// The recovery as callers see it.
    pub fn view(&self) -> RecoveryView {
        RecoveryView {
            id: self.id,
            object: "webhookRecovery".to_owned(),
            endpoint_id: self.endpoint_id,
            since: self.since,
            until: self.until,
            include: self.include,
            status: self.status,
            examined: self.examined,
            resent: self.resent,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    fn end(&self, status: RecoveryStatus, now: Time) -> Self {
        Self {
            status,
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}
