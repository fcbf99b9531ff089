//! Recoveries: orders to send the deliveries of a time again.
//!
//! A recovery goes through an endpoint's deliveries in the order of their
//! events, a page at a time, and notes after each page how far it has come. A
//! worker that dies half-way loses no more than a page, and what that page had
//! ordered already is recognized by the recovery's id.
//!
//! An endpoint has one running recovery at most. It names the latest one, which
//! holds the place until it has ended, however that comes about: nobody has to
//! give the place back.

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
    /// Why it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
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
    /// Why it was stopped, if it was.
    pub stop_reason: Option<StopReason>,
    /// What has not been looked at begins here, if it was stopped or cancelled:
    /// `since` of another recovery that does the rest. `null` if nothing is
    /// left.
    pub resume_since: Option<Time>,
    /// When it was ordered.
    pub created_at: Time,
    /// When it last went on.
    pub updated_at: Time,
}

/// Why a recovery was stopped before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RecoveryStopReason")]
pub enum StopReason {
    /// The endpoint was disabled, so that nothing could be sent to it.
    EndpointDisabled,
    /// The endpoint was deleted.
    EndpointDeleted,
}

/// A recovery of the endpoint is running, so there can be no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the recovery {0} of this endpoint is still running, and there is one at a time; order the next when it is done, or cancel it first"
)]
pub struct RecoveryRunning(pub RecoveryId);

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

    /// Orders the deliveries of a time to be sent again, unless that is being
    /// done: `latest` is the recovery that was ordered last, if it is there.
    pub fn order(
        change: &mut Change<'_>,
        endpoint: &Endpoint,
        latest: Option<&Self>,
        (since, until): (Time, Time),
        include: Include,
    ) -> Result<Self, RecoveryRunning> {
        if let Some(latest) = latest.filter(|latest| latest.is_running()) {
            return Err(RecoveryRunning(latest.id));
        }
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
            stop_reason: None,
            created_at: moment.now,
            updated_at: moment.now,
            version: 1,
        };
        let ordered = "webhookEndpoint.recoveryOrdered";
        change.note(AuditNote::new(ordered, "webhookEndpoint", &endpoint.id));
        change.recoveries.push(recovery.clone());
        // Written on condition that nobody has changed the endpoint since it
        // was read: of two orders at the same moment one decides anew.
        let mut after = endpoint.clone();
        after.latest_recovery = Some(recovery.id);
        change.save_endpoint(Some(endpoint), after);
        Ok(recovery)
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        self.status == RecoveryStatus::Running
    }

    /// Whether it has ordered this delivery already, before it died or while
    /// another worker had the same page.
    pub fn has_ordered(&self, delivery: &WebhookDelivery) -> bool {
        delivery.recovery_id == Some(self.id)
    }

    /// Whether it wants this delivery sent again.
    pub fn wants(&self, delivery: &WebhookDelivery) -> bool {
        !self.has_ordered(delivery)
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

    /// How many events of a page that has more behind it are gone through, and
    /// where the next page goes on after.
    ///
    /// Those of the last millisecond are left to the next page, because others
    /// behind this one may share it. So the rest begins with a millisecond and
    /// can be ordered by its time, without anything twice; unless a whole page
    /// shares one.
    pub fn part(page: &[EventId]) -> Option<(usize, EventId)> {
        let last = *page.last()?;
        let earlier = page.partition_point(|event| event.time() < last.time());
        Some(match earlier {
            0 => (page.len(), last),
            _ => (earlier, EventId::least_at(last.time())),
        })
    }

    /// Notes a page: how many were looked at and ordered, and where it goes on
    /// after, if there is more. One that somebody ended meanwhile stays ended.
    #[must_use]
    pub fn advance(&self, examined: u64, resent: u64, rest: Option<EventId>, now: Time) -> Self {
        let status = match (self.status, rest) {
            (RecoveryStatus::Running, None) => RecoveryStatus::Done,
            (status, _) => status,
        };
        Self {
            examined: self.examined + examined,
            resent: self.resent + resent,
            position: Some(rest.unwrap_or_else(|| EventId::least_at(self.until))),
            status,
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Ends it before it is done, because nothing can be sent.
    #[must_use]
    pub fn stop(&self, reason: StopReason, now: Time) -> Self {
        Self {
            stop_reason: Some(reason),
            ..self.end(RecoveryStatus::Stopped, now)
        }
    }

    /// Ends it because somebody says so; one that has ended stays as it is. What
    /// it has ordered already goes out.
    pub fn cancel(&self, change: &mut Change<'_>) -> Self {
        if !self.is_running() {
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
            stop_reason: self.stop_reason,
            resume_since: self.resume_since(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Where more than a page shares a millisecond, all of that millisecond is
    /// in the rest: rather twice than not at all.
    fn resume_since(&self) -> Option<Time> {
        match self.status {
            RecoveryStatus::Running | RecoveryStatus::Done => None,
            RecoveryStatus::Stopped | RecoveryStatus::Cancelled => {
                let rest = self.position.map_or(self.since, EventId::time);
                Some(rest).filter(|rest| *rest < self.until)
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IdSource;

    fn running(since: Time) -> Recovery {
        let ids = IdSource::new();
        Recovery {
            id: crate::Moment::new(since, &ids).id(),
            object: "webhookRecovery".to_owned(),
            workspace_id: crate::Moment::new(since, &ids).id(),
            endpoint_id: crate::Moment::new(since, &ids).id(),
            since,
            until: since + MINUTE,
            include: Include::All,
            status: RecoveryStatus::Running,
            examined: 0,
            resent: 0,
            position: None,
            stop_reason: None,
            created_at: since + MINUTE,
            updated_at: since + MINUTE,
            version: 1,
        }
    }

    #[test]
    fn the_rest_of_a_recovery_begins_where_it_has_come_to() {
        let since = Time::from_unix_millis(1_795_300_000_000);
        let later = since + Duration::from_secs(7);
        let fresh = running(since);
        let half = fresh.advance(100, 100, Some(EventId::least_at(later)), since + MINUTE);

        let rest = |recovery: &Recovery| {
            let stopped = recovery.stop(StopReason::EndpointDisabled, since + MINUTE);
            stopped.view().resume_since
        };
        assert_eq!(rest(&fresh), Some(since));
        assert_eq!(rest(&half), Some(later));
        assert_eq!(half.view().resume_since, None, "it goes on by itself");
        let done = half.advance(1, 1, None, since + MINUTE);
        assert_eq!(done.view().resume_since, None);
    }

    #[test]
    fn a_page_ends_with_a_whole_millisecond_if_it_can() {
        let since = Time::from_unix_millis(1_795_300_000_000);
        let ids = IdSource::new();
        let event = |millis| -> EventId {
            let at = since + Duration::from_millis(millis);
            crate::Moment::new(at, &ids).id()
        };
        let page = [0, 1, 1, 2, 2].map(event);
        let rest = EventId::least_at(since + Duration::from_millis(2));
        assert_eq!(Recovery::part(&page), Some((3, rest)));

        let same = [7, 7, 7].map(event);
        assert_eq!(Recovery::part(&same), Some((3, same[2])));
        assert_eq!(Recovery::part(&same[..1]), Some((1, same[0])));
        assert_eq!(Recovery::part(&[]), None);
    }

    #[test]
    fn a_page_counts_though_its_recovery_was_ended_meanwhile() {
        let since = Time::from_unix_millis(1_795_300_000_000);
        let stopped = running(since).stop(StopReason::EndpointDisabled, since + MINUTE);
        let later = since + Duration::from_secs(7);

        let more = stopped.advance(99, 98, Some(EventId::least_at(later)), since + MINUTE);
        assert_eq!(
            (more.status, more.examined, more.resent),
            (RecoveryStatus::Stopped, 99, 98)
        );
        assert_eq!(more.view().resume_since, Some(later));
        let all = stopped.advance(99, 98, None, since + MINUTE);
        assert_eq!(all.status, RecoveryStatus::Stopped);
        assert_eq!(all.view().resume_since, None, "nothing is left");
    }
}
