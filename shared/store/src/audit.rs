//! The audit log in the table: one entry for each change, in a partition of
//! its own for each workspace.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, expire_after, item},
    list::{Filter, Order, Question},
    pattern::Key,
    text,
};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::{AUDIT_RETENTION, AuditEntry, AuditEntryId, Time, WorkspaceId};
use std::collections::BTreeSet;

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "audit entries of a workspace in order, and this one",
    Index::Table,
    "WS#<workspace>#AU",
    "<entry>",
);

const ENTITY: &str = "auditEntry";

/// Attributes that are there to be filtered by.
const ACTOR: &str = "actorId";
const TYPES: &str = "eventTypes";
const OBJECTS: &str = "objectIds";

/// Which entries to list: those to which all of these apply.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// What happened then or later.
    pub since: Option<Time>,
    /// What happened before then.
    pub until: Option<Time>,
    /// What one of these did; everybody's, if empty.
    pub actor_ids: Vec<String>,
    /// What was, among other things, of one of these types; all, if empty.
    pub event_types: Vec<String>,
    /// What happened, among other things, to this object.
    pub object_id: Option<String>,
}

impl WorkspaceStore<'_> {
    /// The entry with this id.
    pub async fn audit_entry(&self, id: AuditEntryId) -> Result<Option<AuditEntry>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// Entries that pass the filter, newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Error> {
        let is_sifted = filter.object_id.is_some()
            || !filter.actor_ids.is_empty()
            || !filter.event_types.is_empty();
        let mut question =
            Question::new(THIS.index, THIS.partition(&[&self.id]), Order::NewestFirst)
                .after(
                    filter
                        .since
                        .map(|time| AuditEntryId::least_at(time).to_string()),
                )
                .filter_any(Filter::Is, ACTOR, filter.actor_ids.clone())
                .filter_any(Filter::Contains, TYPES, filter.event_types.clone())
                .filter(Filter::Contains, OBJECTS, filter.object_id.clone());
        if let Some(until) = filter.until {
            question = question.until(&AuditEntryId::least_at(until));
        }
        if is_sifted {
            self.store.sift(ENTITY, question, page).await
        } else {
            self.store.list(ENTITY, question, page).await
        }
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: AuditEntryId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn audit_item(entry: &AuditEntry) -> Result<Attributes, Error> {
    let mut item = item(
        ENTITY,
        entry,
        &[THIS.key(&[&entry.workspace_id, &entry.id])],
    )?;
    if let Some(actor) = entry.origin.actor.id() {
        item.insert(ACTOR.to_owned(), text(&actor));
    }
    let items = || entry.items.iter();
    item.insert(
        TYPES.to_owned(),
        list(items().map(|item| &*item.event_type)),
    );
    item.insert(
        OBJECTS.to_owned(),
        list(items().map(|item| &*item.object_id)),
    );
    expire_after(&mut item, entry.created_at + AUDIT_RETENTION);
    Ok(item)
}

fn list<'a>(values: impl Iterator<Item = &'a str>) -> AttributeValue {
    let values: BTreeSet<&str> = values.collect();
    AttributeValue::L(values.iter().map(text).collect())
}
