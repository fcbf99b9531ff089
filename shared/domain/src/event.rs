//! Events: what happened, in the shape that receivers get.
//!
//! An event is written in the same transaction as the change that it tells.
//! Receivers tell duplicates by its id, and gaps by its sequence, which counts
//! the events of one object without a hole.

use crate::{EventId, Invalid, Moment, Time, WorkspaceId};
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
    /// A client is gone for users of the API; follows `client.archived`.
    ClientDeleted = "client.deleted",
    /// A company was added.
    CompanyCreated = "company.created",
    /// A company's fields changed.
    CompanyUpdated = "company.updated",
    /// A company was deleted.
    CompanyDeleted = "company.deleted",
    /// A client joined a company.
    CompanyClientAdded = "company.clientAdded",
    /// A client left a company.
    CompanyClientRemoved = "company.clientRemoved",
    /// The mail of an invitation was handed to the mail service.
    InvitationSent = "invitation.sent",
    /// The invited person set up the account.
    InvitationAccepted = "invitation.accepted",
    /// An invitation ran out unaccepted.
    InvitationExpired = "invitation.expired",
    /// An invitation was withdrawn.
    InvitationCancelled = "invitation.cancelled",
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

    /// Says that the type named in `field` does not exist.
    pub fn unknown(field: &str, name: &str) -> Invalid {
        let shown: String = name.chars().take(100).collect();
        let message = format!("there is no event type {shown:?}; GET /v1/event-types lists them");
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
    pub event_type: EventType,
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
    /// Whom it is about: the client, for an invitation, else the object itself.
    /// Events about one subject go through the same lane.
    pub fn subject(&self) -> Uuid {
        let client = self.data.get("clientId").and_then(Value::as_str);
        client
            .and_then(|id| id.parse().ok())
            .unwrap_or(self.object_id)
    }
}

/// Numbers the events of one object and makes them.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    moment: &'a Moment<'a>,
    workspace_id: WorkspaceId,
    object_id: Uuid,
    sequence: &'a mut u64,
}

impl<'a> Recorder<'a> {
    /// A recorder of events about the object that keeps count in `sequence`.
    pub(crate) fn new(
        moment: &'a Moment<'a>,
        workspace_id: WorkspaceId,
        object_id: Uuid,
        sequence: &'a mut u64,
    ) -> Self {
        Self {
            moment,
            workspace_id,
            object_id,
            sequence,
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
        *self.sequence += 1;
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
            id: self.moment.id(),
            event_type,
            object: object.to_owned(),
            object_id: self.object_id,
            created: self.moment.now,
            workspace_id: self.workspace_id,
            sequence: *self.sequence,
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
        let mut sequence = 6;
        let mut recorder = Recorder::new(&moment, moment.id(), Uuid::nil(), &mut sequence);

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
    fn every_event_type_is_found_by_its_name() {
        for kind in EventType::ALL {
            assert_eq!(EventType::parse(kind.name()), Some(*kind));
        }
    }
}
