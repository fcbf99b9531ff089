//! The audit log: who changed what, when, with which key and from where.
//!
//! Each change leaves one entry, written in the same transaction. It names
//! things by their ids and the fields that changed by their names; it holds no
//! values, so it can outlive what it tells of.

mod compatible;
mod view;

pub use compatible::{audit_types, is_audit_type};
pub use view::AuditEntryView;

use crate::{AuditEntryId, Change, CompanyId, Event, EventId, Origin, Time, WorkspaceId, members};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// How long entries are kept: 400 days, a year and a month to look at it.
pub const RETENTION: Duration = Duration::from_hours(9_600);

/// What one change did, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// Where it happened.
    pub workspace_id: WorkspaceId,
    /// Who asked for it, with what, and from where.
    pub origin: Origin,
    /// What it was, in one word, such as `client.created`; the other things
    /// that happened with it are in [`AuditEntry::items`].
    pub event_type: String,
    /// What it was, in a sentence, where somebody gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The company that it concerns, if it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// More about it, where somebody gave more.
    #[serde(
        default,
        deserialize_with = "members::sorted",
        skip_serializing_if = "Map::is_empty"
    )]
    pub context: Map<String, Value>,
    /// Everything that happened, in order.
    pub items: Vec<AuditItem>,
    /// When.
    pub created_at: Time,
}

/// One thing that happened in a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditItem {
    /// What happened, such as `client.updated` or `apiKey.created`.
    pub event_type: String,
    /// The kind of thing that it happened to.
    pub object: String,
    /// The thing.
    pub object_id: String,
    /// The event that tells of it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The names of the fields that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

/// What the audit log is to say of a change beside its events: what happens
/// that no webhook tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditNote {
    /// What happened, such as `apiKey.created`.
    pub event_type: String,
    /// The kind of thing that it happened to.
    pub object: &'static str,
    /// The thing.
    pub object_id: String,
    /// The same in a sentence.
    pub description: Option<String>,
    /// The company that it concerns, if it concerns one.
    pub company_id: Option<CompanyId>,
    /// More about it.
    pub context: Map<String, Value>,
}

impl AuditNote {
    /// That this happened to the thing with this id.
    pub fn new(
        event_type: impl Into<String>,
        object: &'static str,
        object_id: &impl ToString,
    ) -> Self {
        Self {
            event_type: event_type.into(),
            object,
            object_id: object_id.to_string(),
            description: None,
            company_id: None,
            context: Map::new(),
        }
    }
}

impl AuditEntry {
    /// What a change leaves in the log; nothing if nothing happened, such as
    /// when a letter is put off.
    pub fn of(change: &Change<'_>, workspace_id: WorkspaceId) -> Option<Self> {
        let events = change.events.iter().map(AuditItem::from);
        let items: Vec<AuditItem> = events
            .chain(change.notes.iter().map(AuditItem::from))
            .collect();
        // A status follows from something else that happened, if anything did.
        let main = items
            .iter()
            .find(|item| item.event_type != "client.statusChanged")
            .or(items.first())?;
        let note = change.notes.first();
        let company_id = note
            .and_then(|note| note.company_id)
            .or_else(|| change.events.iter().find_map(company_of));
        Some(Self {
            id: change.audit_entry_id,
            workspace_id,
            origin: change.origin.clone(),
            event_type: main.event_type.clone(),
            description: note.and_then(|note| note.description.clone()),
            company_id,
            context: note.map(|note| note.context.clone()).unwrap_or_default(),
            created_at: change.moment.now,
            items,
        })
    }
}

impl From<&Event> for AuditItem {
    fn from(event: &Event) -> Self {
        let changed = event.previous_attributes.iter().flat_map(Map::keys);
        Self {
            event_type: event.event_type.name().to_owned(),
            object: event.object.clone(),
            object_id: event.object_id.to_string(),
            event_id: Some(event.id),
            changed: changed.cloned().collect(),
        }
    }
}

impl From<&AuditNote> for AuditItem {
    fn from(note: &AuditNote) -> Self {
        Self {
            event_type: note.event_type.clone(),
            object: note.object.to_owned(),
            object_id: note.object_id.clone(),
            event_id: None,
            changed: Vec::new(),
        }
    }
}

fn company_of(event: &Event) -> Option<CompanyId> {
    let id = match event.object.as_str() {
        "company" => event.data.get("id"),
        _ => event.data.get("companyId"),
    };
    id.and_then(Value::as_str).and_then(|id| id.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, IdSource, Moment, samples};

    fn moment(ids: &IdSource) -> Moment<'_> {
        Moment::new(Time::from_unix_millis(1_795_300_000_000), ids)
    }

    #[test]
    fn an_entry_names_what_changed_and_holds_no_values() {
        let ids = IdSource::new();
        let workspace_id = moment(&ids).id();
        let mut change = Change::by_system(moment(&ids));
        change.events = samples(workspace_id, moment(&ids))
            .into_iter()
            .filter(|event| event.event_type.name() == "client.updated")
            .collect();

        let entry = AuditEntry::of(&change, workspace_id).expect("something happened");

        assert_eq!(entry.event_type, "client.updated");
        assert_eq!(entry.items[0].changed, ["position"]);
        assert_eq!(entry.items[0].event_id, Some(change.events[0].id));
        assert_eq!(entry.origin.actor, Actor::System);
        let text = serde_json::to_string(&entry).expect("it serializes");
        for value in ["John", "Doe", "example.com", "Head of Rides"] {
            assert!(!text.contains(value), "{text}");
        }
    }

    #[test]
    fn what_no_webhook_tells_of_has_an_entry_too() {
        let ids = IdSource::new();
        let mut change = Change::by_system(moment(&ids));
        assert_eq!(AuditEntry::of(&change, moment(&ids).id()), None);

        change.note(AuditNote::new("apiKey.created", "apiKey", &"k1"));
        let entry = AuditEntry::of(&change, moment(&ids).id()).expect("something happened");

        assert_eq!(entry.event_type, "apiKey.created");
        assert_eq!(entry.items.len(), 1);
    }
}
