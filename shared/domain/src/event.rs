//! Events: what happened, in the shape that receivers get.
//!
//! An event is written in the same transaction as the change that it tells.
//! Receivers tell duplicates by its id, and gaps by its sequence, which counts
//! the events of one object without a hole.

mod name;
mod near;

pub use name::{AppEvent, EventName};
pub(crate) use name::{is_ours, parts};
pub(crate) use near::{nearest, resembled};

use crate::{Change, EventId, Invalid, Moment, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use uuid::Uuid;

macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// What kind of fact an event tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum EventType { $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)* }

        impl EventType {
            /// The whole catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that receivers see.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// When it happens.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim(),)* }
            }
        }
    };
}

event_types! {
    /// A client was added.
    ClientCreated = "client.created",
    /// A client's own fields or companies changed.
    ClientUpdated = "client.updated",
    /// A client signed in for the first time.
    ClientActivated = "client.activated",
    /// A client's status changed after its creation.
    ClientStatusChanged = "client.statusChanged",
    /// A client was archived.
    ClientArchived = "client.archived",
    /// A client is gone for users of the API; follows `client.archived`, or
    /// `client.merged` of the client that it was merged into.
    ClientDeleted = "client.deleted",
    /// An archived client is back.
    ClientRestored = "client.restored",
    /// Another client was merged into this one; its id leads here from now on.
    ClientMerged = "client.merged",
    /// A company was added.
    CompanyCreated = "company.created",
    /// A company's fields changed.
    CompanyUpdated = "company.updated",
    /// A company was deleted.
    CompanyDeleted = "company.deleted",
    /// The last client has left a company that was deleted.
    CompanyEmptied = "company.emptied",
    /// A client joined a company.
    CompanyClientAdded = "company.clientAdded",
    /// A client left a company.
    CompanyClientRemoved = "company.clientRemoved",
    /// The mail of an invitation was handed to the mail service.
    InvitationSent = "invitation.sent",
    /// The recipient's mail server took the mail.
    InvitationDelivered = "invitation.delivered",
    /// The recipient's mail server refused the mail.
    InvitationBounced = "invitation.bounced",
    /// The recipient called the mail spam.
    InvitationComplained = "invitation.complained",
    /// The mail was not sent and will not be: it was refused, or nothing is
    /// sent to its address.
    InvitationFailed = "invitation.failed",
    /// The invited person set up the account.
    InvitationAccepted = "invitation.accepted",
    /// An invitation ran out unaccepted.
    InvitationExpired = "invitation.expired",
    /// An invitation was withdrawn.
    InvitationCancelled = "invitation.cancelled",
    /// An internal user was added.
    InternalUserCreated = "internalUser.created",
    /// An internal user's fields, role or companies changed.
    InternalUserUpdated = "internalUser.updated",
    /// An internal user was removed.
    InternalUserDeleted = "internalUser.deleted",
    /// An API key was made; its secret is not told.
    ApiKeyCreated = "apiKey.created",
    /// An API key was renamed, or allows something else.
    ApiKeyUpdated = "apiKey.updated",
    /// An API key was revoked.
    ApiKeyRevoked = "apiKey.revoked",
    /// A role of the workspace's own was made.
    RoleCreated = "role.created",
    /// A role was renamed, or allows something else.
    RoleUpdated = "role.updated",
    /// A role was deleted.
    RoleDeleted = "role.deleted",
    /// There are as many clients as the plan allows, and one more was refused.
    LimitReached = "limit.reached",
    /// A custom field was added.
    CustomFieldCreated = "customField.created",
    /// A custom field was renamed or moved, or its options changed.
    CustomFieldUpdated = "customField.updated",
    /// A custom field was deleted; its values follow.
    CustomFieldDeleted = "customField.deleted",
    /// A service was added.
    ServiceCreated = "service.created",
    /// A service was renamed, described anew, or switched on or off.
    ServiceUpdated = "service.updated",
    /// A service was deleted.
    ServiceDeleted = "service.deleted",
    /// A client asked for a service, or somebody did on its behalf.
    RequestCreated = "request.created",
    /// A request was taken up, done, declined or cancelled.
    RequestStatusChanged = "request.statusChanged",
    /// Something was billed to a company or a client.
    InvoiceCreated = "invoice.created",
    /// An invoice's number, memo or due date changed, or a part of it was paid.
    InvoiceUpdated = "invoice.updated",
    /// All of an invoice was paid.
    InvoicePaid = "invoice.paid",
    /// An invoice was voided: it was not to be paid.
    InvoiceVoided = "invoice.voided",
    /// A payment of an invoice was recorded.
    PaymentSucceeded = "payment.succeeded",
    /// That a payment of an invoice failed was recorded.
    PaymentFailed = "payment.failed",
    /// The settings of the workspace changed.
    WorkspaceUpdated = "workspace.updated",
    /// An endpoint said that it is gone, or was disabled by hand, and gets
    /// nothing any more.
    WebhookEndpointDisabled = "webhookEndpoint.disabled",
}

impl EventType {
    /// The type with this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Says that the type named in `field` does not exist, and what was probably
    /// meant.
    pub fn unknown(field: &str, name: &str) -> Invalid {
        let shown: String = name.chars().take(100).collect();
        let message = match nearest(name) {
            Some(meant) => format!("there is no event type {shown:?}; did you mean {meant}?"),
            None => format!("there is no event type {shown:?}; GET /v1/event-types lists them"),
        };
        Invalid::new(field, "event_type_unknown", message)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One fact, in the shape of `GET /v1/events` and of every webhook body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The same on every delivery and retry; receivers deduplicate by it.
    pub id: EventId,
    /// What happened.
    pub event_type: EventName,
    /// The kind of thing that it happened to, such as `client`.
    pub object: String,
    /// The thing whose events [`Event::sequence`] counts.
    pub object_id: Uuid,
    /// When it happened.
    pub created: Time,
    /// Where it happened.
    pub workspace_id: WorkspaceId,
    /// 1 for the first event of the object, then one more each time.
    pub sequence: u64,
    /// The version of this shape.
    pub api_version: String,
    /// The thing after the change.
    pub data: Map<String, Value>,
    /// For changes: the fields that changed, with their values before. It
    /// stands here and within [`Event::data`], because programs written for
    /// the compatible API look in both places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_attributes: Option<Map<String, Value>>,
}

impl Event {
    /// Has an event of an app's own told, with what the app says of it. Nobody
    /// counts an app's things, so each event is the only one of its object.
    pub fn of_app(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        event: AppEvent,
        data: Map<String, Value>,
    ) -> Self {
        let id: EventId = change.moment.id();
        let previous = data.get("previousAttributes").and_then(Value::as_object);
        let event = Self {
            id,
            object: event.object().to_owned(),
            event_type: EventName::OfApp(event),
            object_id: id.uuid(),
            created: change.moment.now,
            workspace_id,
            sequence: 1,
            api_version: "1".to_owned(),
            previous_attributes: previous.cloned(),
            data,
        };
        change.events.push(event.clone());
        event
    }

    /// Whom it is about: the client, for an invitation, else the object itself.
    /// Events about one subject go through the same lane.
    pub fn subject(&self) -> Uuid {
        let client = self.data.get("clientId").and_then(Value::as_str);
        client
            .and_then(|id| id.parse().ok())
            .unwrap_or(self.object_id)
    }
}

impl Event {
    /// The event without anything personal: what is left are ids. Its id, its
    /// type and its place in the sequence stay.
    #[must_use]
    pub fn erased(&self) -> Self {
        let is_id = |name: &str| {
            matches!(
                name,
                "id" | "object" | "clientId" | "companyId" | "invoiceId"
            )
        };
        let ids = self.data.iter().filter(|(name, _)| is_id(name));
        let mut data: Map<String, Value> = ids
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        data.insert(ERASED.to_owned(), Value::Bool(true));
        Self {
            data,
            previous_attributes: None,
            ..self.clone()
        }
    }

    /// Whether it is what [`Event::erased`] leaves.
    pub fn is_erased(&self) -> bool {
        self.data.contains_key(ERASED)
    }
}

/// The member of [`Event::data`] that says that the rest was erased.
const ERASED: &str = "erased";

/// What an object remembers of its events, so that the next one comes after
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// How many there were.
    #[serde(default)]
    pub sequence: u64,
    /// The latest; items of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<EventId>,
}

/// Numbers the events of one object and makes them.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    moment: &'a Moment<'a>,
    workspace_id: WorkspaceId,
    object_id: Uuid,
    told: &'a mut Told,
}

impl<'a> Recorder<'a> {
    /// A recorder of events about the object that keeps count in `told`.
    pub(crate) fn new(
        moment: &'a Moment<'a>,
        workspace_id: WorkspaceId,
        object_id: Uuid,
        told: &'a mut Told,
    ) -> Self {
        Self {
            moment,
            workspace_id,
            object_id,
            told,
        }
    }

    /// The next event of the object: `view` is the thing after the change.
    pub(crate) fn record(&mut self, event_type: EventType, view: &impl Serialize) -> Event {
        self.event(event_type, fields(view), None)
    }

    /// The next event, for a change from `before` to `after`.
    pub(crate) fn record_change(
        &mut self,
        event_type: EventType,
        before: &impl Serialize,
        after: &impl Serialize,
    ) -> Event {
        let after = fields(after);
        let previous = difference(&fields(before), &after);
        self.event(event_type, after, Some(previous))
    }

    fn event(
        &mut self,
        event_type: EventType,
        mut data: Map<String, Value>,
        previous: Option<Map<String, Value>>,
    ) -> Event {
        let last = self.told.last_event_id;
        let id = last.map_or_else(|| self.moment.id(), |last| self.moment.id_after(last));
        self.told.sequence += 1;
        self.told.last_event_id = Some(id);
        if let Some(previous) = &previous {
            data.insert(
                "previousAttributes".to_owned(),
                Value::Object(previous.clone()),
            );
        }
        let object = data
            .get("object")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Event {
            id,
            event_type: event_type.into(),
            object: object.to_owned(),
            object_id: self.object_id,
            created: self.moment.now,
            workspace_id: self.workspace_id,
            sequence: self.told.sequence,
            api_version: "1".to_owned(),
            data,
            previous_attributes: previous,
        }
    }
}

/// The members of a view as JSON.
fn fields(view: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(view) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => unreachable!("views are structs that always serialize to objects"),
    }
}

/// The members of `before` that are other in `after`. When it was last
/// changed says nothing about what changed.
fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    before
        .iter()
        .filter(|(name, value)| name.as_str() != "updatedAt" && after.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IdSource;
    use serde_json::json;

    #[test]
    fn a_change_carries_what_was_before_in_both_places() {
        let ids = IdSource::new();
        let moment = Moment::new(Time::from_unix_millis(0), &ids);
        let mut told = Told {
            sequence: 6,
            last_event_id: None,
        };
        let mut recorder = Recorder::new(&moment, moment.id(), Uuid::nil(), &mut told);

        let event = recorder.record_change(
            EventType::ClientUpdated,
            &json!({"object": "client", "familyName": "L", "email": "a@b.co", "updatedAt": "1"}),
            &json!({"object": "client", "familyName": "Lovelace", "email": "a@b.co", "updatedAt": "2"}),
        );

        let previous = json!({"familyName": "L"});
        assert_eq!(event.sequence, 7);
        assert_eq!(event.data["previousAttributes"], previous);
        assert_eq!(event.previous_attributes.map(Value::Object), Some(previous));
    }

    #[test]
    fn events_of_an_object_sort_by_their_sequence_though_clocks_differ() {
        let start = 1_795_300_000_000;
        let mut told = Told::default();
        let mut events = Vec::new();
        // Each function has its own clock and its own source of ids.
        for (at, off) in [(0, 2_000), (1, -2_000), (2, -1_000), (2, 500), (9_000, 0)] {
            let ids = IdSource::new();
            let moment = Moment::new(Time::from_unix_millis(start + at + off), &ids);
            let workspace = EventId::least_at(moment.now).uuid();
            let mut recorder = Recorder::new(
                &moment,
                WorkspaceId::from_uuid(workspace),
                workspace,
                &mut told,
            );
            events.push(recorder.record(EventType::ClientUpdated, &json!({"object": "client"})));
        }

        assert!(
            events.is_sorted_by(|one, next| one.id < next.id),
            "{events:#?}"
        );
        assert!(events.iter().map(|event| event.sequence).eq(1..=5));
    }

    #[test]
    fn a_clock_that_is_far_ahead_does_not_move_all_that_follows() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let ids = IdSource::new();
        let moment = Moment::new(now, &ids);
        let ahead = EventId::least_at(now + std::time::Duration::from_hours(24));
        let mut told = Told {
            sequence: 1,
            last_event_id: Some(ahead),
        };

        let event = Recorder::new(&moment, moment.id(), Uuid::nil(), &mut told)
            .record(EventType::ClientUpdated, &json!({"object": "client"}));

        assert_eq!((event.id.time(), event.sequence), (now, 2));
    }

    #[test]
    fn every_event_type_is_found_by_its_name() {
        for kind in EventType::ALL {
            assert_eq!(EventType::parse(kind.name()), Some(*kind));
        }
    }
}
