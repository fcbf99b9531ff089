//! Deliveries as callers see them. What is in flight, held or cancelled is
//! written nowhere: it follows from the lane and the endpoint at the moment of
//! looking (ADR 68).

use super::{Attempt, DeliveryStatus, WebhookDelivery};
use crate::{DeliveryId, Endpoint, EndpointId, EventId, EventName, Lane, RecoveryId, Time};
use serde::{Deserialize, Serialize};

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
    /// The latest requests, oldest first: all of the first 25, later on from 13
    /// to 25 of them. `GET /v1/webhook-deliveries/{id}/attempts` has all.
    pub attempts: Vec<Attempt>,
    /// The latest recovery that had it sent again, if one had.
    pub recovery_id: Option<RecoveryId>,
    /// When the event was dispatched.
    pub created_at: Time,
    /// When this last changed.
    pub updated_at: Time,
}

/// How far a delivery is, for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ShownStatus {
    /// Not attempted yet, or to be attempted again by order.
    Pending,
    /// It is due, and a worker has taken up its lane: it is being sent, or comes
    /// after others of the lane.
    InFlight,
    /// It failed and will be tried again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It failed as often as the schedule allows.
    Exhausted,
    /// The endpoint is disabled; it goes on when the endpoint is enabled.
    Held,
    /// The endpoint was deleted before it was over; it is not sent any more.
    Cancelled,
}

impl ShownStatus {
    /// How what is shown so can be stored.
    pub const fn stored(self) -> &'static [DeliveryStatus] {
        match self {
            Self::Pending => &[DeliveryStatus::Pending],
            Self::Waiting => &[DeliveryStatus::Waiting],
            Self::InFlight | Self::Held | Self::Cancelled => {
                &[DeliveryStatus::Pending, DeliveryStatus::Waiting]
            }
            Self::Delivered => &[DeliveryStatus::Delivered],
            Self::Exhausted => &[DeliveryStatus::Exhausted],
        }
    }
}

impl WebhookDelivery {
    /// How far it is at `now`, with its endpoint, if that is still there, and
    /// its lane, if it has one.
    pub fn shown_status(
        &self,
        endpoint: Option<&Endpoint>,
        lane: Option<&Lane>,
        now: Time,
    ) -> ShownStatus {
        let is_taken_up = self.is_due(now) && lane.is_some_and(|lane| lane.is_leased(now));
        match (self.status, endpoint) {
            (DeliveryStatus::Delivered, _) => ShownStatus::Delivered,
            (DeliveryStatus::Exhausted, _) => ShownStatus::Exhausted,
            (DeliveryStatus::Pending | DeliveryStatus::Waiting, None) => ShownStatus::Cancelled,
            (DeliveryStatus::Pending | DeliveryStatus::Waiting, Some(endpoint))
                if endpoint.disabled.is_some() =>
            {
                ShownStatus::Held
            }
            (DeliveryStatus::Pending | DeliveryStatus::Waiting, Some(_)) if is_taken_up => {
                ShownStatus::InFlight
            }
            (DeliveryStatus::Pending, Some(_)) => ShownStatus::Pending,
            (DeliveryStatus::Waiting, Some(_)) => ShownStatus::Waiting,
        }
    }

    /// The delivery as callers see it at `now`.
    pub fn view(
        &self,
        endpoint: Option<&Endpoint>,
        lane: Option<&Lane>,
        now: Time,
    ) -> DeliveryView {
        let status = self.shown_status(endpoint, lane, now);
        let shown = |attempt: &Attempt| attempt.clone().shown(endpoint.is_some());
        let is_off = matches!(status, ShownStatus::Held | ShownStatus::Cancelled);
        DeliveryView {
            id: self.id,
            object: "webhookDelivery".to_owned(),
            endpoint_id: self.endpoint_id,
            event_id: self.event_id,
            event_type: self.event_type.clone(),
            status,
            due_at: self.due_at.filter(|_| !is_off),
            attempt_count: self.attempt_count,
            attempts: self.attempts.iter().map(shown).collect(),
            recovery_id: self.recovery_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Whether it is to be attempted by now.
    pub fn is_due(&self, now: Time) -> bool {
        self.due_at.is_some_and(|due_at| due_at <= now)
    }
}
