//! Attempts: the requests of a delivery, as the log has them.
//!
//! A delivery keeps the latest of them itself. The few that are sent again so
//! often that more come together move the earlier ones, [`MOVED`] at a time,
//! to items of their own, in the write that notes the attempt. So all of them
//! are kept for as long as the delivery is, and most deliveries are one item.

use super::WebhookDelivery;
use crate::{DeliveryId, RecoveryId, Time, WorkspaceId};
use serde::{Deserialize, Serialize};

/// How many attempts a delivery has in its own item at most; the schedule makes
/// 12.
pub(super) const MOST: usize = 25;

/// How many are moved out of it at a time.
pub const MOVED: usize = 13;

/// Why a request was made. The retries of an order to send again count as the
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The event happened, and the schedule had it tried until it was taken or
    /// given up.
    Schedule,
    /// Somebody ordered it to be sent again.
    Resend,
    /// A recovery had it sent again.
    Recovery,
}

/// One request of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it began.
    pub at: Time,
    /// Where it went, without what stands behind a `?`, 200 characters at most;
    /// of other kinds than `standard`, the API, org or channel. Those of earlier
    /// versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it was made. Those of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The recovery that had it made, if one had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_id: Option<RecoveryId>,
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

/// An attempt with its place among those of its delivery.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookAttempt")]
pub struct NumberedAttempt {
    /// 1 for the first attempt of the delivery, then one more each time.
    pub number: u32,
    /// The attempt.
    #[serde(flatten)]
    pub attempt: Attempt,
}

/// Attempts that have moved out of their delivery, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EarlierAttempts {
    /// Where this happens.
    pub workspace_id: WorkspaceId,
    /// Whose they are.
    pub delivery_id: DeliveryId,
    /// The number of the first of them.
    pub first: u32,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// When the delivery was made; they are kept as long as it is.
    pub created_at: Time,
}

impl Attempt {
    /// Whether the endpoint took the event.
    pub fn is_success(&self) -> bool {
        let is_taken = self.response_status.is_some_and(|status| status / 100 == 2);
        self.error.is_none() && (is_taken || self.note.is_some())
    }

    /// The attempt as callers see it. What an endpoint answered may repeat what
    /// it was told of a person, and who is erased is looked for at the endpoints
    /// that there are; so the answers of one that was deleted are not shown.
    #[must_use]
    pub fn shown(mut self, is_endpoint_there: bool) -> Self {
        if !is_endpoint_there {
            self.response_excerpt.clear();
        }
        self
    }
}

impl NumberedAttempt {
    /// The attempt as callers see it; see [`Attempt::shown`].
    #[must_use]
    pub fn shown(self, is_endpoint_there: bool) -> Self {
        Self {
            attempt: self.attempt.shown(is_endpoint_there),
            ..self
        }
    }
}

impl EarlierAttempts {
    /// The attempts with their numbers, newest first.
    pub fn newest_first(self) -> impl Iterator<Item = NumberedAttempt> {
        newest_first(self.first, self.attempts)
    }

    /// Forgets what the endpoint answered; answers whether there was anything.
    pub fn forget_answers(&mut self) -> bool {
        forget(&mut self.attempts)
    }
}

impl WebhookDelivery {
    /// The number of the first attempt that it has in its own item.
    pub fn first_kept(&self) -> u32 {
        let kept = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        self.attempt_count.saturating_sub(kept) + 1
    }

    /// The attempts in its own item with their numbers, newest first.
    pub fn newest_attempts(&self) -> impl Iterator<Item = NumberedAttempt> {
        newest_first(self.first_kept(), self.attempts.clone())
    }

    /// Takes the earliest attempts out of it, if it has too many.
    pub(super) fn move_earlier(&mut self) -> Option<EarlierAttempts> {
        if self.attempts.len() <= MOST {
            return None;
        }
        let first = self.first_kept();
        Some(EarlierAttempts {
            workspace_id: self.workspace_id,
            delivery_id: self.id,
            first,
            attempts: self.attempts.drain(..MOVED).collect(),
            created_at: self.created_at,
        })
    }
}

fn newest_first(first: u32, attempts: Vec<Attempt>) -> impl Iterator<Item = NumberedAttempt> {
    let mut numbered: Vec<NumberedAttempt> = (first..)
        .zip(attempts)
        .map(|(number, attempt)| NumberedAttempt { number, attempt })
        .collect();
    numbered.reverse();
    numbered.into_iter()
}

/// Forgets what was answered; answers whether there was anything.
pub(super) fn forget(attempts: &mut [Attempt]) -> bool {
    let answered = |attempt: &&mut Attempt| !attempt.response_excerpt.is_empty();
    let mut is_any = false;
    for attempt in attempts.iter_mut().filter(answered) {
        attempt.response_excerpt.clear();
        is_any = true;
    }
    is_any
}
