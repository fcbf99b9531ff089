//! What lists are made of: the clients and companies that an event is about,
//! and by what they are found and sorted.

use crate::{
    Client, ClientId, Company, CompanyId, Event, Time,
    search::{searchable, sortable},
};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A thing that lists and searches show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// A client.
    Client(ClientId),
    /// A company.
    Company(CompanyId),
}

impl Event {
    /// What has to be listed anew after this event. What happens to a client's
    /// invitation or membership happens to the client; what it asks for and
    /// is billed is in no list of clients, and what an app tells changes nothing
    /// here.
    pub fn listed(&self) -> Option<Listed> {
        self.event_type.ours()?;
        let client = self.data.get("clientId").and_then(Value::as_str);
        let client: Option<Uuid> = client.and_then(|id| id.parse().ok());
        match (self.object.as_str(), client) {
            ("request" | "invoice" | "payment", _) => None,
            (_, Some(id)) => Some(Listed::Client(ClientId::from_uuid(id))),
            ("client", None) => Some(Listed::Client(ClientId::from_uuid(self.object_id))),
            ("company", None) => Some(Listed::Company(CompanyId::from_uuid(self.object_id))),
            _ => None,
        }
    }
}

impl Client {
    /// Whether lists show it.
    pub const fn is_listed(&self) -> bool {
        self.archived_at.is_none()
    }

    /// When it was archived, if it is archived and can be restored or erased: it
    /// was not merged into another client, and something is left of it.
    pub fn restorable_since(&self) -> Option<Time> {
        self.archived_at
            .filter(|_| self.merged_into.is_none() && self.purged_at.is_none())
    }

    /// The words by which it is found.
    pub fn words(&self) -> BTreeSet<String> {
        let position = self.position.as_deref().unwrap_or_default();
        searchable(&[&self.name.full(), self.email.as_str(), position])
    }

    /// What it is sorted by when sorted by name.
    pub fn sort_name(&self) -> String {
        sortable(&self.name.full())
    }
}

impl Company {
    /// Whether lists by anything but creation show it.
    pub const fn is_listed(&self) -> bool {
        self.deleted_at.is_none() && !self.is_placeholder
    }

    /// The words by which it is found.
    pub fn words(&self) -> BTreeSet<String> {
        searchable(&[self.name.as_str()])
    }

    /// What it is sorted by when sorted by name.
    pub fn sort_name(&self) -> String {
        sortable(self.name.as_str())
    }
}
